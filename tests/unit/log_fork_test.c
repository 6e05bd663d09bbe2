/* targets: posix */
/* A forked child logs at once, whatever the parent's threads were doing, and writes none of the parent's lines. */
#if !defined _XOPEN_SOURCE && !defined _GNU_SOURCE
#define _XOPEN_SOURCE 700
#endif
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../perfkit_log.h"
#include "../support/test.h"
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

static int pipe_ends[2];
static char got[8192];
static void read_pipe(void) { /* all that was written, when every writer has ended */
    size_t n = 0;
    ssize_t more;
    close(pipe_ends[1]);
    while ((more = read(pipe_ends[0], got + n, sizeof got - 1 - n)) > 0) n += (size_t)more;
    got[n] = 0;
    close(pipe_ends[0]);
}
static unsigned count_of(const char *what) {
    unsigned n = 0;
    const char *p = got;
    while ((p = strstr(p, what)) != NULL) {
        p++;
        n++;
    }
    return n;
}
/* Whether the child ends with status 0 within a second; with sanitizers, emulators and the like, ten. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__ || defined __clang__ || !(defined __x86_64__ || defined __i386__)
#define MOST_MS 10000
#else
#define MOST_MS 1000
#endif
static bool ends(pid_t child) {
    int status = 1;
    struct timespec begin, now, nap = {0, 1000000};
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do {
        if (waitpid(child, &status, WNOHANG) == child) return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        nanosleep(&nap, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 < MOST_MS);
    kill(child, SIGKILL);
    (void)waitpid(child, &status, 0);
    return false;
}

static pk_log logger;
static void start(pk_log_sink_fn fn, void *user) {
    pk_log_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.no_time = true;
    desc.threads = true;
    desc.sink = fn;
    desc.sink_user = user;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
}
static volatile uint32_t inside, go_on, stop;
static pk_status slow_sink(void *user, int level, const char *line, size_t length) { /* holds the lock until told */
    (void)user;
    (void)level;
    (void)line;
    (void)length;
    pk__store32(&inside, 1);
    while (!pk__load32(&go_on)) sched_yield();
    return PK_OK;
}
static void *log_one(void *unused) {
    (void)unused;
    pk_log_write(&logger, PK_LOG_ERROR, "parent");
    return NULL;
}
static void a_lock_that_was_held_does_not_hang_the_child(void) {
    pthread_t thread;
    pid_t child;
    CHECK(pipe(pipe_ends) == 0);
    pk__store32(&go_on, 0);
    start(slow_sink, NULL);
    CHECK(pthread_create(&thread, NULL, log_one, NULL) == 0);
    while (!pk__load32(&inside)) sched_yield();
    child = fork();
    if (child == 0) {
        pk__store32(&go_on, 1);
        CHECK_STATUS(pk_log_add_sink(&logger, pk_log_to_fd, (void *)(intptr_t)pipe_ends[1], PK_LOG_TRACE), PK_OK);
        pk_log_write(&logger, PK_LOG_ERROR, "child");
        CHECK_STATUS(pk_log_close(&logger), PK_OK);
        _exit(test__bad);
    }
    CHECK(ends(child));
    pk__store32(&go_on, 1);
    pthread_join(thread, NULL);
    read_pipe();
    CHECK_TEXT(got, "ERROR child\n");
    pk_log_close(&logger);
}
static void *log_many(void *unused) {
    (void)unused;
    while (!pk__load32(&stop)) pk_log_write(&logger, PK_LOG_ERROR, "parent");
    return NULL;
}
static pk_status nowhere(void *user, int level, const char *line, size_t length) {
    (void)user;
    (void)level;
    (void)line;
    (void)length;
    return PK_OK;
}
static void children_of_a_busy_logger_end(void) {
    pthread_t threads[2];
    int i;
    start(nowhere, NULL);
    pk__store32(&stop, 0);
    for (i = 0; i < 2; i++) CHECK(pthread_create(&threads[i], NULL, log_many, NULL) == 0);
    for (i = 0; i < 15; i++) {
        pid_t child = fork();
        if (child == 0) {
            int n;
            for (n = 0; n < 50; n++) pk_log_write(&logger, PK_LOG_ERROR, "child");
            _exit(pk_log_close(&logger));
        }
        CHECK(ends(child));
    }
    pk__store32(&stop, 1);
    for (i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    pk_log_close(&logger);
}
static void held_lines_are_the_parents(void) {
    static char memory[4096];
    pk_log_buffer buffer;
    pk_log_buffer_desc desc;
    pid_t child;
    int i;
    memset(&desc, 0, sizeof desc);
    CHECK(pipe(pipe_ends) == 0);
    desc.memory = memory;
    desc.size = sizeof memory;
    desc.user = (void *)(intptr_t)pipe_ends[1];
    CHECK_STATUS(pk_log_buffer_init(&buffer, &desc), PK_OK);
    start(pk_log_to_buffer, &buffer);
    for (i = 0; i < 10; i++) pk_log_write(&logger, PK_LOG_WARN, "parent %d", i);
    child = fork();
    if (child == 0) {
        pk_log_write(&logger, PK_LOG_ERROR, "refused");
        CHECK_EQ(pk_log_sink_failed(&logger, pk_log_to_buffer, &buffer), 1);
        CHECK_STATUS(pk_log_flush(&logger), PK_FORKED);
        pk_log_after_fork(&logger);
        pk_log_write(&logger, PK_LOG_WARN, "child");
        CHECK_STATUS(pk_log_close(&logger), PK_OK);
        _exit(test__bad);
    }
    CHECK(ends(child));
    CHECK_STATUS(pk_log_close(&logger), PK_OK);
    read_pipe();
    CHECK_EQ(count_of("parent"), 10);
    CHECK_EQ(count_of("child"), 1);
    CHECK_EQ(count_of("\n"), 11);
}

#if PERFKIT_LOG_DEFERRED
static void *drain_many(void *unused) {
    (void)unused;
    while (!pk__load32(&stop)) (void)pk_log_drain(&logger, 0);
    return NULL;
}
static void children_end_while_a_drain_runs(void) {
    static char memory[PK_LOG_QUEUE_BYTES(2, 8192)];
    pthread_t threads[2];
    pk_log_queue queue;
    int i;
    CHECK(pipe(pipe_ends) == 0);
    start(nowhere, NULL);
    CHECK_STATUS(pk_log_defer(&logger, memory, sizeof memory, 2, PK_LOG_DROP_NEWEST), PK_OK);
    pk__store32(&stop, 0);
    CHECK(pthread_create(&threads[0], NULL, log_many, NULL) == 0 && pthread_create(&threads[1], NULL, drain_many, NULL) == 0);
    for (i = 0; i < 15; i++) {
        pid_t child = fork();
        if (child == 0) {
            PK_LOG_TO(&logger, PK_LOG_ERROR, "lost");
            CHECK_STATUS(pk_log_drain(&logger, 0), PK_FORKED);
            pk_log_remove_sink(&logger, nowhere, NULL);
            CHECK_STATUS(pk_log_add_sink(&logger, pk_log_to_fd, (void *)(intptr_t)pipe_ends[1], PK_LOG_TRACE), PK_OK);
            pk_log_after_fork(&logger);
            PK_LOG_TO(&logger, PK_LOG_ERROR, "child");
            CHECK_STATUS(pk_log_close(&logger), PK_OK);
            _exit(test__bad);
        }
        CHECK(ends(child));
    }
    pk__store32(&stop, 1);
    for (i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    pk_log_get_queue(&logger, &queue);
    CHECK(queue.sent > 0);
    pk_log_close(&logger);
    read_pipe();
    CHECK_EQ(count_of("child"), 15);
    CHECK_EQ(count_of("\n"), 15);
}
static void *log_500(void *unused) {
    int i;
    (void)unused;
    for (i = 0; i < 500; i++) PK_LOG_TO(&logger, PK_LOG_ERROR, "more than there is room for");
    return NULL;
}
static void a_child_closes_while_a_thread_waits_for_room(void) {
    static char memory[PK_LOG_QUEUE_BYTES(2, 8192)];
    pthread_t drain, blocked;
    struct timespec nap = {0, 30000000};
    pid_t child;
    start(slow_sink, NULL);
    CHECK_STATUS(pk_log_defer(&logger, memory, sizeof memory, 2, PK_LOG_BLOCK), PK_OK);
    pk__store32(&inside, 0);
    pk__store32(&stop, 0);
    pk__store32(&go_on, 0);
    PK_LOG_TO(&logger, PK_LOG_ERROR, "parent");
    CHECK(pthread_create(&drain, NULL, drain_many, NULL) == 0);
    while (!pk__load32(&inside)) sched_yield();
    CHECK(pthread_create(&blocked, NULL, log_500, NULL) == 0);
    nanosleep(&nap, NULL);
    child = fork();
    if (child == 0) {
        pk__store32(&go_on, 1);
        CHECK_STATUS(pk_log_close(&logger), PK_OK);
        _exit(test__bad);
    }
    CHECK(ends(child));
    pk__store32(&go_on, 1);
    pthread_join(blocked, NULL);
    pk__store32(&stop, 1);
    pthread_join(drain, NULL);
    pk_log_close(&logger);
}
#endif

TESTS {
    RUN("L05", "a child of a process whose thread was logging logs at once, and ends", a_lock_that_was_held_does_not_hang_the_child)
    RUN("L05", "15 children of a logger in use by two threads end", children_of_a_busy_logger_end)
#if PERFKIT_LOG_DEFERRED
    RUN("L05", "15 children end while a thread logs and another drains; each writes its own line, once", children_end_while_a_drain_runs)
    RUN("L05", "a child closes its logger while a thread of the parent waits for room", a_child_closes_while_a_thread_waits_for_room)
#endif
    RUN("L05", "lines that a buffer holds at a fork are written once", held_lines_are_the_parents)
}
