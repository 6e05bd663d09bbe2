/* targets: threads */
/* Caches for threads, race-proof releases, lock-free pools. */
#define PERFKIT_POOL_IMPLEMENTATION
#include "../../perfkit_pool.h"
#include "../support/test.h"
#include "../support/pools.h"
#include <pthread.h>

enum { THREADS = 4, ROUNDS = 1500, HELD = 40 };
typedef struct object {
    unsigned owner;
    unsigned rest[5];
} object;
static pk_pool pool;
static pk_pool_desc desc;
static unsigned errors[THREADS + 1];
static pk_event last;

static void see(void *user, const pk_event *event) {
    (void)user;
    last = *event;
}
static pool_memory memory;
static void a_desc(uint32_t capacity, uint32_t max_capacity, uint8_t check) {
    desc = pool_desc_of(sizeof(object), capacity, max_capacity);
    desc.allocator = pool_memory_begin(&memory);
    desc.threads = true;
    desc.check = check;
}
static unsigned active(void) {
    pk_pool_stats stats;
    pk_pool_get_stats(&pool, &stats);
    CHECK_EQ(stats.active + stats.idle, stats.capacity);
    CHECK_EQ(stats.active, pk_pool_count(&pool));
    return stats.active;
}

/* ---- One thread, two caches: what is counted, and refused ---- */

static void idle_in_caches(void) {
    static pk_pool_cache a, b, c;
    static void *out[300];
    uint32_t i, cursor = 0, n = 0;
    uint8_t grown, check;
    for (grown = 0; grown < 2; grown++)
        for (check = PK_POOL_CHECKED; check <= PK_POOL_UNCHECKED; check++) {
            a_desc(grown ? 20 : 300, grown ? 300 : 0, check);
            desc.on_event = see;
            CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
            CHECK_STATUS(pk_pool_cache_init(&a, &pool, 15), PK_INVALID);
            CHECK_STATUS(pk_pool_cache_init(&a, &pool, 129), PK_INVALID);
            CHECK(pk_pool_cache_acquire(&a) == NULL); /* a closed one */
            CHECK_STATUS(pk_pool_cache_init(&a, &pool, 16), PK_OK);
            CHECK_STATUS(pk_pool_cache_init(&b, &pool, 0), PK_OK);
            CHECK_STATUS(pk_pool_cache_init(&c, &pool, 128), PK_OK);
            CHECK_STATUS(pk_pool_close(&pool), PK_BUSY);
            for (i = 0; i < 300; i++) {
                out[i] = i % 3 ? pk_pool_cache_acquire(&a) : pk_pool_acquire(&pool);
                if (out[i] == NULL) out[i] = pk_pool_cache_acquire(&a); /* which has the last ones */
                if (out[i] == NULL) break;
                ((object *)out[i])->owner = i;
                CHECK_EQ(active(), i + 1);
            }
            CHECK_EQ(i, 300);
            CHECK(pk_pool_cache_acquire(&a) == NULL);
            CHECK_EQ(last.status, PK_EXHAUSTED);
            CHECK_EQ(last.a, 300);
            for (i = 0; i < 300; i++) {
                pk_pool_cache *by = i % 2 ? &b : &c;
                CHECK_EQ(((object *)out[i])->owner, i);
                CHECK_STATUS(pk_pool_cache_release(by, out[i]), PK_OK);
                CHECK_EQ(active(), 299 - i);
                if (check == PK_POOL_CHECKED) {
                    CHECK(!pk_pool_owns(&pool, out[i]));
                    CHECK_STATUS(pk_pool_cache_release(by, out[i]), PK_INVALID); /* double, in every way */
                    CHECK_STATUS(pk_pool_cache_release(&a, out[i]), PK_INVALID);
                    CHECK_STATUS(pk_pool_release(&pool, out[i]), PK_INVALID);
                    CHECK_STATUS(pk_pool_cache_release(&a, (char *)out[i] + 8), PK_INVALID);
                }
                CHECK_STATUS(pk_pool_cache_release(&a, &desc), PK_INVALID); /* foreign */
            }
            CHECK(pk_pool_next(&pool, &cursor) == NULL);
            CHECK_EQ(pk_pool_trim(&pool), 0);
            CHECK_STATUS(pk_pool_close(&pool), PK_BUSY);
            for (n = 0; pk_pool_acquire(&pool) != NULL; n++) {} /* those in caches are not found ... */
            CHECK(n > 0 && (n < 300 || !PERFKIT_ATOMICS));
            pk_pool_cache_flush(&b);
            pk_pool_cache_close(&c);
            pk_pool_cache_close(&c);
            for (; (out[0] = pk_pool_cache_acquire(&a)) != NULL; n++) {} /* ... until they are flushed */
            CHECK_EQ(n, 300);
            for (i = 0; i < 300; i++) CHECK_STATUS(pk_pool_cache_release(&b, pk_pool_at(&pool, i)), PK_OK);
            pk_pool_cache_close(&a);
            pk_pool_cache_close(&b);
            CHECK_STATUS(pk_pool_cache_release(&b, out[1]), PK_CLOSED);
            CHECK_STATUS(pk_pool_close(&pool), PK_OK);
        }
    a_desc(10, 0, PK_POOL_CHECKED);
    desc.threads = false;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    CHECK_STATUS(pk_pool_cache_init(&a, &pool, 0), PK_UNSUPPORTED);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
/* What two threads have in hand nearly always lies in different lines of marks, whoever had it before: or each would wait for the
   other's. */
static void apart(void) {
    static pk_pool_cache a, b;
    static void *out[2][1500];
    static uint8_t whose[3200 / 64 + 1];
    uint32_t turn, i, shared = 0, lines = 0;
    a_desc(3200, 0, PK_POOL_CHECKED);
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    for (turn = 0; turn < 8 && PERFKIT_ATOMICS; turn++) {
        CHECK_STATUS(pk_pool_cache_init(&a, &pool, 64), PK_OK);
        CHECK_STATUS(pk_pool_cache_init(&b, &pool, 64), PK_OK);
        out[0][0] = pk_pool_cache_acquire(&a);
        out[1][0] = pk_pool_cache_acquire(&b);
        if (pk_pool_index_of(&pool, out[0][0]) / 64 == pk_pool_index_of(&pool, out[1][0]) / 64) shared++;
        for (i = 1; i < 1500; i++) {
            out[0][i] = pk_pool_cache_acquire(&a);
            out[1][i] = pk_pool_cache_acquire(&b);
        }
        memset(whose, 0, sizeof whose);
        for (i = 0; i < 3000; i++) whose[pk_pool_index_of(&pool, out[i % 2][i / 2]) / 64] |= (uint8_t)(i % 2 ? 1 : 2);
        for (i = 0; i < sizeof whose; i++) lines += whose[i] == 3;
        for (i = 0; i < 1500; i++) {
            CHECK_STATUS(pk_pool_cache_release(&a, out[0][i]), PK_OK);
            CHECK_STATUS(pk_pool_cache_release(&b, out[1][i]), PK_OK);
        }
        pk_pool_cache_close(turn % 2 ? &a : &b);
        pk_pool_cache_close(turn % 2 ? &b : &a);
    }
    CHECK(shared <= 2);
    CHECK(lines <= 20); /* of 8 times 47: parts of lines are seldom given */
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static int made, unmade, fail_at;
static pk_status make(void *o, void *user) {
    (void)user;
    if (made == fail_at) {
        fail_at = -1;
        return PK_IO;
    }
    ((object *)o)->rest[0] = 77;
    made++;
    return PK_OK;
}
static void unmake(void *o, void *user) {
    (void)user;
    (void)o;
    unmade++;
}
static void wipe(void *o, void *user) {
    (void)user;
    ((object *)o)->owner = 0;
}
static void made_through_caches(void) {
    static pk_pool_cache c;
    static object *out[100];
    int i, round;
    a_desc(10, 100, PK_POOL_CHECKED);
    desc.allocator = NULL;
    desc.init = make;
    desc.fini = unmake;
    desc.reset = wipe;
    made = unmade = 0;
    fail_at = 30;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    CHECK_STATUS(pk_pool_cache_init(&c, &pool, 32), PK_OK);
    for (round = 0; round < 3; round++) {
        for (i = 0; i < 100; i++) {
            out[i] = (object *)pk_pool_cache_acquire(&c);
            if (i == 30 && round == 0) {
                CHECK(out[i] == NULL);
                CHECK_EQ(active(), 30);
                out[i] = (object *)pk_pool_cache_acquire(&c);
            }
            CHECK(out[i] != NULL && out[i]->owner == 0 && out[i]->rest[0] == 77);
            if (out[i] == NULL) return;
            out[i]->owner = 5;
            if (round == 0) CHECK_EQ(made, i + 1);
        }
        for (i = 0; i < 100; i++) CHECK_STATUS(pk_pool_cache_release(&c, out[i]), PK_OK);
    }
    CHECK_EQ(made, 100);
    pk_pool_cache_close(&c);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
    CHECK_EQ(unmade, 100);
}

/* ---- Many threads ---- */

static object *volatile passed_on[THREADS + 1]; /* to the next thread, under `turn` */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static object *swap(unsigned at, object *o) {
    object *was;
    pthread_mutex_lock(&turn);
    was = passed_on[at];
    passed_on[at] = o;
    pthread_mutex_unlock(&turn);
    return was;
}
static void *work(void *number) {
    unsigned me = 1 + (unsigned)(uintptr_t)number, round, i;
    pk_pool_cache *c = NULL;
    object *held[HELD], *o;
    if (desc.threads) {
        c = (pk_pool_cache *)malloc(sizeof *c); /* not freed here: it is closed when the thread has ended */
        if (pk_pool_cache_init(c, &pool, me % 2 ? 16 : 64) != PK_OK || pk_pool_cache_close_at_exit(c) != PK_OK) errors[me]++;
    }
    for (round = 0; round < ROUNDS; round++) {
        unsigned n = 1 + (round * 7 + me) % HELD;
        for (i = 0; i < n; i++) {
            held[i] = (object *)(c ? pk_pool_cache_acquire(c) : pk_pool_acquire(&pool));
            if (held[i] == NULL) continue;
            if (held[i]->owner != 0) errors[me]++;
            held[i]->owner = me;
        }
        o = held[0];
        if (o) o->owner = 99;
        o = swap(me % THREADS + 1, o); /* somebody else's */
        if (o) {
            if (o->owner != 99) errors[me]++;
            held[0] = o;
            o->owner = me;
        } else
            held[0] = NULL;
        for (i = 0; i < n; i++) {
            if (held[i] == NULL) continue;
            if (held[i]->owner != me) errors[me]++;
            held[i]->owner = 0;
            if ((c && i % 8 ? pk_pool_cache_release(c, held[i]) : pk_pool_release(&pool, held[i])) != PK_OK) errors[me]++;
        }
        if (round % 64 == 0 && pk_pool_count(&pool) > THREADS * (HELD + 1)) errors[me]++;
    }
    return c;
}
static void many_threads(void) {
    pthread_t threads[THREADS];
    void *cache;
    uintptr_t i;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    memset(errors, 0, sizeof errors);
    for (i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], &cache) == 0);
        free(cache);
    }
    for (i = 1; i <= THREADS; i++) CHECK_EQ(errors[i], 0);
    for (i = 1; i <= THREADS; i++) {
        object *o = swap((unsigned)i, NULL);
        if (o) CHECK_STATUS(pk_pool_release(&pool, o), PK_OK);
    }
    CHECK_EQ(pk_pool_count(&pool), 0);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void caches_of_a_fixed_pool(void) {
    a_desc(THREADS * (HELD + 66) - 40, 0, PK_POOL_CHECKED);
    many_threads();
}
static void caches_of_a_growing_pool(void) {
    a_desc(2, 1000, PK_POOL_CHECKED);
    many_threads();
}
static void lock_free(void) {
    a_desc(THREADS * HELD - 10, 0, PK_POOL_CHECKED);
    desc.threads = false;
    desc.lock_free = true;
    if (PK__POOL_CAN_LOCK_FREE) many_threads();
}

/* ---- Two threads release one object at once ---- */

static void *target[ROUNDS];
static pthread_barrier_t start;
static unsigned won[2][ROUNDS];
static void *release_all(void *number) {
    unsigned me = (unsigned)(uintptr_t)number, i;
    static pk_pool_cache caches[2];
    pk_pool_cache *c = desc.threads ? &caches[me] : NULL;
    if (c) CHECK_STATUS(pk_pool_cache_init(c, &pool, 64), PK_OK);
    pthread_barrier_wait(&start);
    for (i = 0; i < ROUNDS; i++) {
        pk_status status = c ? pk_pool_cache_release(c, target[i]) : pk_pool_release(&pool, target[i]);
        won[me][i] = status == PK_OK;
        if (status != PK_OK && status != PK_INVALID) errors[me]++;
    }
    if (c) pk_pool_cache_close(c);
    return NULL;
}
static void race(void) {
    pthread_t threads[2];
    pk_pool_stats stats;
    uintptr_t i;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    memset(errors, 0, sizeof errors);
    for (i = 0; i < ROUNDS; i++) CHECK((target[i] = pk_pool_acquire(&pool)) != NULL);
    pthread_barrier_init(&start, NULL, 2);
    for (i = 0; i < 2; i++) CHECK(pthread_create(&threads[i], NULL, release_all, (void *)i) == 0);
    for (i = 0; i < 2; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    pthread_barrier_destroy(&start);
    for (i = 0; i < ROUNDS; i++) CHECK_EQ(won[0][i] + won[1][i], 1); /* exactly one */
    CHECK_EQ(errors[0] + errors[1], 0);
    pk_pool_get_stats(&pool, &stats);
    CHECK_EQ(stats.misused, ROUNDS);
    CHECK_EQ(stats.active, 0);
    for (i = 0; pk_pool_acquire(&pool) != NULL; i++) {}
    CHECK_EQ(i, ROUNDS); /* each is there once */
    for (i = 0; i < ROUNDS; i++) CHECK_STATUS(pk_pool_release(&pool, target[i]), PK_OK);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void racing_releases(void) {
    a_desc(ROUNDS, 0, PK_POOL_RACEPROOF);
    if (!PK__POOL_CAN_RACE) {
        CHECK_STATUS(pk_pool_init(&pool, &desc), PK_UNSUPPORTED);
        return;
    }
    race();
    a_desc(ROUNDS, 0, PK_POOL_CHECKED);
    desc.threads = false;
    desc.lock_free = true;
    if (PK__POOL_CAN_LOCK_FREE) race();
}

TESTS {
    RUN("P13 P33", "objects in caches count as idle; wrong releases are refused across caches; a flush brings them back",
        idle_in_caches)
    RUN("P32", "what two caches of 64 hand out seldom lies in one line of marks", apart)
    RUN("P27", "objects that init makes, through a cache", made_through_caches)
    RUN("P32 P13", "four threads, each with a cache that is closed when the thread ends; objects pass between them",
        caches_of_a_fixed_pool)
    RUN("P32 P13", "the same on a pool that grows", caches_of_a_growing_pool)
    RUN("P32 P13", "four threads on a lock-free pool", lock_free)
    RUN("P33", "two threads release the same objects at once: exactly one of the two succeeds, each time", racing_releases)
}
