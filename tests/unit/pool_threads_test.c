/* targets: threads */
/* desc.threads: one pool for many threads. */
#include "../../perfkit_pool.h"
#include "../support/test.h"
#include "../support/pools.h"
#include <pthread.h>
#include <stdlib.h>

enum { THREADS = 4, ROUNDS = 3000, HELD = 9 };
typedef struct object {
    unsigned owner;
} object;
static pk_pool pool;
static unsigned errors[THREADS + 1];
static bool trimmed; /* the pool at hand gives chunks back meanwhile */

static void wipe(void *o, void *user) {
    (void)user;
    ((object *)o)->owner = 0;
}
static void *work(void *number) {
    unsigned me = 1 + (unsigned)(uintptr_t)number, round, i;
    object *held[HELD];
    pk_handle handles[HELD];
    pk_pool_stats stats;
    pk_status again;
    uint32_t cursor = 0;
    for (round = 0; round < ROUNDS; round++) {
        for (i = 0; i < HELD; i++) {
            void *o = NULL;
            handles[i] = 0;
            if ((round + i) % 3 == 0)
                (void)pk_pool_acquire_handle(&pool, &handles[i], &o);
            else
                o = pk_pool_acquire(&pool);
            held[i] = (object *)o;
            if (o == NULL) continue;
            if (held[i]->owner != 0) errors[me]++;
            held[i]->owner = me;
        }
        for (i = 0; i < HELD; i++) {
            if (held[i] == NULL) continue;
            if (held[i]->owner != me) errors[me]++;
            if (handles[i]) {
                if (pk_pool_get(&pool, handles[i]) != held[i]) errors[me]++;
                if (pk_pool_release_handle(&pool, handles[i]) != PK_OK) errors[me]++;
                again = pk_pool_release_handle(&pool, handles[i]);
                if (again != PK_STALE && !(trimmed && again == PK_INVALID)) errors[me]++; /* its chunk may be gone by now */
            } else if (pk_pool_release(&pool, held[i]) != PK_OK)
                errors[me]++;
        }
        if (round % 64 == 0) {
            pk_pool_get_stats(&pool, &stats);
            if (stats.active + stats.idle != stats.capacity || stats.active > THREADS * HELD) errors[me]++;
            (void)pk_pool_next(&pool, &cursor);
            (void)pk_pool_count(&pool);
            (void)pk_pool_trim(&pool);
        }
    }
    return NULL;
}
static void many_threads(uint32_t capacity, uint32_t max_capacity) {
    pthread_t threads[THREADS];
    pk_pool_desc desc = pool_desc_of(sizeof(object), capacity, max_capacity);
    uintptr_t i;
    memset(errors, 0, sizeof errors);
    trimmed = max_capacity != 0;
    desc.threads = true;
    desc.handles = true;
    desc.reset = wipe;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    for (i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    for (i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    for (i = 1; i <= THREADS; i++) CHECK_EQ(errors[i], 0);
    CHECK_EQ(pk_pool_count(&pool), 0);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void fixed_pool(void) { many_threads(THREADS * HELD - 5, 0); } /* now and then exhausted */
static void growing_pool(void) { many_threads(2, 1000); }

/* ---- Whoever looks at a pool sees one moment of it, and nothing of what a trim frees ---- */

static uint32_t ended;
static pthread_mutex_t end_lock = PTHREAD_MUTEX_INITIALIZER;
static void *grows_and_trims(void *unused) {
    void *out[200];
    unsigned round, i;
    for (round = 0; round < ROUNDS / 10; round++) {
        for (i = 0; i < 200; i++) out[i] = pk_pool_acquire(&pool);
        for (i = 0; i < 200; i++) (void)pk_pool_release(&pool, out[i]);
        (void)pk_pool_trim(&pool);
    }
    pthread_mutex_lock(&end_lock);
    ended = 1;
    pthread_mutex_unlock(&end_lock);
    return unused;
}
static void looking_meanwhile(void) {
    pk_pool_desc desc = pool_desc_of(sizeof(object), 16, 1000);
    pk_pool_stats stats;
    pthread_t thread;
    unsigned mixed = 0, over = 0;
    ended = 0;
    desc.threads = desc.handles = true;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    CHECK(pthread_create(&thread, NULL, grows_and_trims, NULL) == 0);
    while (!over) {
        pk_pool_get_stats(&pool, &stats);
        mixed += stats.active + stats.idle != stats.capacity || stats.idle > 1000;
        (void)pk_pool_at(&pool, 100);
        (void)pk_pool_get(&pool, (pk_handle)101);
        pthread_mutex_lock(&end_lock);
        over = ended;
        pthread_mutex_unlock(&end_lock);
    }
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_EQ(mixed, 0);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}

/* ---- fork: while another thread is busy with the pool, maybe under its lock ---- */

#if PERFKIT_POOL_CACHES && !defined _WIN32
#include <sys/wait.h>
#include <unistd.h>
static int stop; /* under `guard` */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static void *keep_busy(void *unused) {
    int over = 0;
    while (!over) {
        unsigned i;
        for (i = 0; i < 200; i++) {
            void *o = pk_pool_acquire(&pool);
            if (o) (void)pk_pool_release(&pool, o);
        }
        pthread_mutex_lock(&guard);
        over = stop;
        pthread_mutex_unlock(&guard);
    }
    return unused;
}
static pk_pool_cache cache;
static unsigned told;
static void hears(void *user, const pk_event *event) {
    (void)user;
    (void)event;
    told++;
}
static int child(void *own, pk_handle handle, bool cached, uint32_t capacity) { /* what is wrong */
    pk_pool_stats stats;
    void *o = NULL;
    uint32_t n;
    if (pk_pool_acquire(&pool) != NULL) return 1;
    if (pk_pool_release(&pool, own) != PK_FORKED) return 2;
    if (handle && (pk_pool_get(&pool, handle) != NULL || pk_pool_release_handle(&pool, handle) != PK_FORKED ||
                   pk_pool_acquire_handle(&pool, &handle, &o) != PK_FORKED))
        return 3;
    if (pk_pool_close(&pool) != PK_FORKED || pk_pool_trim(&pool) != 0) return 4;
    pk_pool_get_stats(&pool, &stats);
    if (stats.misused + stats.exhausted + told != 0) return 13;
    (void)pk_pool_count(&pool); /* doesn't hang */
    while (cached && (o = pk_pool_cache_acquire(&cache)) != NULL && o != own) {}
    if (pk_pool_after_fork(&pool) != PK_OK || pk_pool_after_fork(&pool) != PK_OK) return 5;
    if (pk_pool_count(&pool) != 0) return 6;
    if (pk_pool_release(&pool, own) != PK_INVALID) return 7;
    if (handle && (pk_pool_get(&pool, handle) != NULL || pk_pool_release_handle(&pool, handle) != PK_STALE)) return 8;
    if (cached && (pk_pool_cache_acquire(&cache) != NULL || pk_pool_cache_release(&cache, own) != PK_CLOSED)) return 9;
    for (n = 0; (o = pk_pool_acquire(&pool)) != NULL; n++) memset(o, 0, sizeof(object));
    if (n != capacity) return 10;
    for (n = 0; n < capacity; n++)
        if (pk_pool_release(&pool, pk_pool_at(&pool, n)) != PK_OK) return 11;
    return pk_pool_close(&pool) == PK_OK ? 0 : 12;
}
static void fork_in(pk_pool_desc desc, bool cached) {
    pthread_t thread;
    unsigned turn, capacity = desc.max_capacity ? desc.max_capacity : desc.capacity;
    void *own;
    pk_handle handle = 0;
    desc.on_event = hears;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    CHECK_STATUS(pk_pool_after_fork(&pool), PK_OK); /* there was none: nothing changes */
    if (cached) CHECK_STATUS(pk_pool_cache_init(&cache, &pool, 16), PK_OK);
    own = cached ? pk_pool_cache_acquire(&cache) : pk_pool_acquire(&pool);
    if (desc.handles) CHECK_STATUS(pk_pool_acquire_handle(&pool, &handle, NULL), PK_OK);
    stop = 0;
    CHECK(pthread_create(&thread, NULL, keep_busy, NULL) == 0);
    for (turn = 0; turn < 5; turn++) {
        int status = 1;
        pid_t id = fork();
        if (id == 0) {
            alarm(20); /* ends it where it hangs */
            _exit(child(own, handle, cached, capacity));
        }
        CHECK(waitpid(id, &status, 0) == id && WIFEXITED(status));
        CHECK_EQ(WEXITSTATUS(status), 0);
    }
    pthread_mutex_lock(&guard);
    stop = 1;
    pthread_mutex_unlock(&guard);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_EQ(pk_pool_count(&pool), desc.handles ? 2 : 1); /* the parent's is as it was */
    CHECK_STATUS(cached ? pk_pool_cache_release(&cache, own) : pk_pool_release(&pool, own), PK_OK);
    if (handle) CHECK_STATUS(pk_pool_release_handle(&pool, handle), PK_OK);
    if (cached) pk_pool_cache_close(&cache);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void forks(void) {
    pk_pool_desc desc = pool_desc_of(sizeof(object), 100, 0);
    desc.threads = true;
    desc.handles = true;
    fork_in(desc, true);
    desc.max_capacity = 300;
    fork_in(desc, false);
    desc.handles = false;
    desc.intrusive = true;
    fork_in(desc, false);
    desc.intrusive = false;
    desc.threads = false;
    desc.max_capacity = 0;
    desc.lock_free = true;
    if (pk_pool_memory_needed(&desc) != 0) fork_in(desc, false); /* there are such pools here */
}
#define RUN_FORKS \
    RUN("P32", "in a forked child pools are PK_FORKED, never hang, and start again empty; the parent's are untouched", forks)
#else
#define RUN_FORKS
#endif

TESTS {
    RUN_FORKS
    RUN("P32 P13", "four threads on a fixed pool: none meets another's object, none is lost", fixed_pool)
    RUN("P32 P13", "four threads on a pool that grows and is trimmed meanwhile", growing_pool)
    RUN("P32 P15", "statistics are of one moment, and what is looked up is no freed memory", looking_meanwhile)
}
