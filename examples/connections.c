/* connections.c - pools of three kinds of things that are expensive to make: connections to a server, open files, and parsers.
   cc -I. examples/connections.c -o build/connections -lpthread && build/connections
   Four threads share two connections to a server that hangs up after 25 requests. Nobody sees a request fail. */
#define PERFKIT_POOL_IMPLEMENTATION
#include "perfkit_pool.h"
#include <pthread.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { THREADS = 4, REQUESTS = 100, PATIENCE = 25 };

static void *serve(void *end) { /* the server: a thread for each connection */
    int socket = (int)(intptr_t)end, i;
    char c;
    for (i = 0; i < PATIENCE && read(socket, &c, 1) == 1; i++) {
        c = (char)(c + 1);
        if (write(socket, &c, 1) != 1) break;
    }
    close(socket);
    return NULL;
}
static pk_status dial(void **connection, uint32_t limit_ms, void *user) {
    int ends[2];
    pthread_t server;
    (void)limit_ms;
    (void)user;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return PK_IO;
    if (pthread_create(&server, NULL, serve, (void *)(intptr_t)ends[1]) != 0) {
        close(ends[0]);
        close(ends[1]);
        return PK_IO;
    }
    pthread_detach(server);
    *connection = (void *)(intptr_t)ends[0];
    return PK_OK;
}
static void hang_up(void *connection, int reason, void *user) {
    (void)reason;
    (void)user;
    close((int)(intptr_t)connection);
}
static pk_status still_there(void *connection, uint32_t limit_ms, void *user) {
    struct pollfd fd = {(int)(intptr_t)connection, POLLIN, 0};
    (void)limit_ms;
    (void)user;
    return poll(&fd, 1, 0) == 0 ? PK_OK : PK_IO; /* something to read, unasked: the end */
}

static pk_respool connections, files, parsers;
static void *ask(void *wrong) {
    int i;
    for (i = 0; i < REQUESTS; i++) {
        pk_resource lease;
        char c = 'a';
        int tries = 2, socket; /* it may hang up between the check and the request */
        do {
            if (pk_respool_acquire(&connections, PK_WAIT_DEFAULT, &lease) != PK_OK) return wrong;
            socket = (int)(intptr_t)lease.it;
            if (send(socket, &c, 1, MSG_NOSIGNAL) == 1 && read(socket, &c, 1) == 1) break;
            pk_respool_release_broken(&connections, lease);
        } while (--tries);
        if (tries == 0 || c != 'b') return wrong;
        pk_respool_release(&connections, lease);
    }
    return NULL;
}

static pk_status open_file(void **file, uint32_t limit_ms, void *name) {
    (void)limit_ms;
    *file = fopen((const char *)name, "r");
    return *file ? PK_OK : PK_IO;
}
static void close_file(void *file, int reason, void *user) {
    (void)reason;
    (void)user;
    fclose((FILE *)file);
}
static pk_status rewind_file(void *file, void *user) {
    (void)user;
    return fseek((FILE *)file, 0, SEEK_SET) == 0 ? PK_OK : PK_IO;
}

typedef struct parser { char buffer[65536]; } parser;
static pk_status make_parser(void **made, uint32_t limit_ms, void *user) {
    (void)limit_ms;
    (void)user;
    *made = calloc(1, sizeof(parser));
    return *made ? PK_OK : PK_NO_MEMORY;
}
static void free_parser(void *made, int reason, void *user) {
    (void)reason;
    (void)user;
    free(made);
}

static void print(const pk_respool_stats *s, void *user) {
    (void)user;
    printf("%s: %u of at most %u made, %u idle, %u lent\n", s->name, s->total, s->max_size, s->idle, s->active);
}
static void print_health(const char *name, pk_status health, void *user) {
    (void)user;
    printf("%s: %s\n", name, pk_status_text(health));
}
static pk_status open_all(char *file) {
    pk_respool_desc desc;
    pk_status status;
    memset(&desc, 0, sizeof desc);
    pk_respool_preset(&desc, PK_RESPOOL_CLIENT);
    desc.name = "connections";
    desc.max_size = 2;
    desc.create = dial;
    desc.destroy = hang_up;
    desc.validate = still_there;
    desc.validate_on_acquire = true;
    desc.threads = true;
    status = pk_respool_init(&connections, &desc);
    if (status != PK_OK) return status;
    memset(&desc, 0, sizeof desc);
    desc.name = "files";
    desc.max_size = 3;
    desc.create = open_file;
    desc.destroy = close_file;
    desc.reset = rewind_file;
    desc.user = file;
    status = pk_respool_init(&files, &desc);
    if (status != PK_OK) return status;
    memset(&desc, 0, sizeof desc);
    desc.name = "parsers";
    desc.min_size = 2;
    desc.eager = true;
    desc.create = make_parser;
    desc.destroy = free_parser;
    return pk_respool_init(&parsers, &desc);
}
int main(int argc, char **argv) {
    pthread_t threads[THREADS];
    pk_respool *room[3];
    pk_pools all = {room, 3, 0};
    pk_respool_stats stats;
    pk_resource lease;
    void *wrong;
    int i, failed = 0;
    (void)argc;
    if (open_all(argv[0]) != PK_OK) return 1;
    pk_pools_add(&all, &connections);
    pk_pools_add(&all, &files);
    pk_pools_add(&all, &parsers);
    for (i = 0; i < THREADS; i++) failed += pthread_create(&threads[i], NULL, ask, &failed) != 0;
    for (i = 0; i < THREADS; i++) failed += pthread_join(threads[i], &wrong) != 0 || wrong != NULL;
    pk_respool_get_stats(&connections, &stats);
    printf("%d requests, %d threads that failed, at most %u at once; more than %d connections: %s\n", THREADS * REQUESTS, failed,
           stats.peak, THREADS * REQUESTS / PATIENCE - 1, stats.created > THREADS * REQUESTS / PATIENCE - 1 ? "yes" : "no");
    if (pk_respool_acquire(pk_pools_get(&all, "files"), 0, &lease) != PK_OK) return 1;
    pk_pools_stats(&all, print, NULL);
    pk_pools_health(&all, print_health, NULL);
    printf("close: %s\n", pk_status_text(pk_respool_close(&files, 0)));
    pk_respool_release(&files, lease);
    failed += pk_respool_close(&connections, 0) != PK_OK || pk_respool_close(&files, 0) != PK_OK || pk_respool_close(&parsers, 0) != PK_OK;
    return failed != 0;
}
