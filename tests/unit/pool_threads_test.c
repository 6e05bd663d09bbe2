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

TESTS {
    RUN("P32 P13", "four threads on a fixed pool: none meets another's object, none is lost", fixed_pool)
    RUN("P32 P13", "four threads on a pool that grows and is trimmed meanwhile", growing_pool)
}
