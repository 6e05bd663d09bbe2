/* targets: threads */
/* Loading with threads: one load for a key however many ask, loads that wait for each other, and what happens meanwhile. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../../perfkit_cache.h"
#include "../support/test.h"
#include <pthread.h>

enum { THREADS = 6, KEYS = 40 };
static pk_cache cache;

/* What threads and loaders tell each other. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct {
    unsigned calls, running, most; /* loaders: runs so far, now, at once at most */
    unsigned calls_of[KEYS];
    unsigned arrived; /* at a meeting */
    bool open;        /* the gate that slow loaders wait at */
    pk_status fail;
} shared;
static void tell(void) { (void)pthread_cond_broadcast(&changed); }
static void wait_for_change(void) { (void)pthread_cond_wait(&changed, &lock); }

static pk_status slow(void *user, const void *key, size_t key_len, void *value, size_t size, size_t *len, pk_time *ttl_ms) {
    uint32_t k;
    pk_status status;
    (void)user;
    (void)key_len;
    (void)size;
    (void)ttl_ms;
    memcpy(&k, key, 4);
    (void)pthread_mutex_lock(&lock);
    shared.calls++;
    shared.calls_of[k % KEYS]++;
    if (++shared.running > shared.most) shared.most = shared.running;
    tell();
    while (!shared.open) wait_for_change();
    shared.running--;
    status = shared.fail;
    (void)pthread_mutex_unlock(&lock);
    k *= 10;
    memcpy(value, &k, 4);
    *len = 4;
    return status;
}
static void open_with(const pk_cache_desc *with, bool gate_open) {
    pk_cache_desc desc;
    if (with)
        desc = *with;
    else
        memset(&desc, 0, sizeof desc);
    desc.capacity = 1000;
    desc.key_size = 4;
    desc.value_size = 4;
    desc.threads = true;
    if (!PERFKIT_ATOMICS) desc.policy = PK_CACHE_LRU; /* the other one needs them for threads */
    memset(&shared, 0, sizeof shared);
    shared.open = gate_open;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
}
static void open_gate(void) {
    (void)pthread_mutex_lock(&lock);
    shared.open = true;
    tell();
    (void)pthread_mutex_unlock(&lock);
}
static pk_cache_load_stats stats(void) {
    pk_cache_load_stats s;
    CHECK_STATUS(pk_cache_get_load_stats(&cache, &s), PK_OK);
    return s;
}
static void nap(void) {
    struct timespec t = {0, 1000000};
    (void)nanosleep(&t, NULL);
}
static void until_waiting(pk_count n) { /* n callers wait for a load */
    while (stats().waits < n) nap();
}

typedef struct asker {
    pthread_t thread;
    uint32_t key, got;
    size_t size, len;
    pk_status status;
} asker;
static void *ask(void *self) {
    asker *a = (asker *)self;
    a->status = pk_cache_get_or_load(&cache, &a->key, 4, &a->got, a->size, &a->len, slow, NULL);
    return NULL;
}
static void start(asker *a, uint32_t key) {
    memset(a, 0, sizeof *a);
    a->key = key;
    a->size = 4;
    CHECK(pthread_create(&a->thread, NULL, ask, a) == 0);
}
static void end(asker *a) { CHECK(pthread_join(a->thread, NULL) == 0); }

static void one_load_for_all_who_ask(void) {
    asker askers[THREADS];
    unsigned i;
    open_with(NULL, false);
    for (i = 0; i < THREADS; i++) start(&askers[i], 7);
    until_waiting(THREADS - 1);
    CHECK_STATUS(pk_cache_close(&cache), PK_BUSY);
    open_gate();
    for (i = 0; i < THREADS; i++) {
        end(&askers[i]);
        CHECK_STATUS(askers[i].status, PK_OK);
        CHECK_EQ(askers[i].got, 70);
        CHECK_EQ(askers[i].len, 4);
    }
    CHECK_EQ(shared.calls, 1);
    CHECK_EQ(stats().loading, 0);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void a_failure_is_everyones(void) {
    asker askers[THREADS], after;
    unsigned i;
    open_with(NULL, false);
    shared.fail = PK_IO;
    for (i = 0; i < THREADS; i++) start(&askers[i], 7);
    until_waiting(THREADS - 1);
    open_gate();
    for (i = 0; i < THREADS; i++) {
        end(&askers[i]);
        CHECK_STATUS(askers[i].status, PK_IO);
    }
    CHECK_EQ(shared.calls, 1);
    shared.fail = PK_OK;
    start(&after, 7);
    end(&after);
    CHECK_STATUS(after.status, PK_OK);
    CHECK_EQ(shared.calls, 2);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}

/* Each thread asks for each key, beginning elsewhere: with no entry leaving, every key is loaded once. */
static void *ask_for_all(void *number) {
    unsigned i, errors = 0, me = (unsigned)(uintptr_t)number;
    for (i = 0; i < 4 * KEYS; i++) {
        uint32_t key = (i + me * (KEYS / THREADS)) % KEYS, got = 0;
        if (pk_cache_get_or_load(&cache, &key, 4, &got, 4, NULL, slow, NULL) != PK_OK || got != 10 * key) errors++;
    }
    return (void *)(uintptr_t)errors;
}
static void many_keys_once_each(void) {
    static const uint8_t policies[] = {PK_CACHE_LRU, PK_CACHE_S3FIFO};
    pthread_t threads[THREADS];
    size_t p;
    for (p = 0; p < 2; p++) {
        pk_cache_desc desc;
        uintptr_t i;
        void *errors;
        memset(&desc, 0, sizeof desc);
        desc.policy = policies[p];
        desc.max_loads = p == 0 ? 0 : 2;
        open_with(&desc, true);
        for (i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, ask_for_all, (void *)i) == 0);
        for (i = 0; i < THREADS; i++) {
            CHECK(pthread_join(threads[i], &errors) == 0);
            CHECK_EQ((uintptr_t)errors, 0);
        }
        CHECK_EQ(shared.calls, KEYS);
        for (i = 0; i < KEYS; i++) CHECK_EQ(shared.calls_of[i], 1);
        if (p == 1) CHECK(shared.most <= 2);
        CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    }
}
static void no_more_than_max_loads_at_once(void) {
    asker askers[THREADS];
    pk_cache_desc desc;
    uint32_t i;
    memset(&desc, 0, sizeof desc);
    desc.max_loads = 2;
    open_with(&desc, false);
    for (i = 0; i < THREADS; i++) start(&askers[i], i);
    (void)pthread_mutex_lock(&lock);
    while (shared.running < 2) wait_for_change();
    (void)pthread_mutex_unlock(&lock);
    nap();
    CHECK_EQ(stats().loading, 2);
    open_gate();
    for (i = 0; i < THREADS; i++) {
        end(&askers[i]);
        CHECK_STATUS(askers[i].status, PK_OK);
        CHECK_EQ(askers[i].got, 10 * i);
    }
    CHECK_EQ(shared.calls, THREADS);
    CHECK_EQ(shared.most, 2);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}

/* Two loads that need each other: 1 asks for 2 while 2 asks for 1. One of them is told, and both end. */
static pk_status crossing(void *user, const void *key, size_t key_len, void *value, size_t size, size_t *len, pk_time *ttl_ms) {
    uint32_t k, other, got = 0;
    pk_status status;
    memcpy(&k, key, 4);
    (void)pthread_mutex_lock(&lock);
    shared.arrived++;
    tell();
    while (shared.arrived < 2) wait_for_change();
    (void)pthread_mutex_unlock(&lock);
    other = 3 - k;
    status = pk_cache_get_or_load(&cache, &other, 4, &got, 4, NULL, crossing, user);
    (void)key_len;
    (void)size;
    (void)ttl_ms;
    if (status != PK_OK) return status;
    memcpy(value, &got, 4);
    *len = 4;
    return PK_OK;
}
static void *cross(void *self) {
    asker *a = (asker *)self;
    a->status = pk_cache_get_or_load(&cache, &a->key, 4, &a->got, 4, NULL, crossing, NULL);
    return NULL;
}
static void a_cycle_across_threads_is_told(void) {
    asker askers[2];
    unsigned i;
    open_with(NULL, true);
    for (i = 0; i < 2; i++) {
        memset(&askers[i], 0, sizeof askers[i]);
        askers[i].key = i + 1;
        CHECK(pthread_create(&askers[i].thread, NULL, cross, &askers[i]) == 0);
    }
    for (i = 0; i < 2; i++) {
        end(&askers[i]);
        CHECK_STATUS(askers[i].status, PK_CYCLE); /* one of them directly, the other for its sake */
    }
    CHECK_EQ(pk_cache_count(&cache), 0);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
/* A chain is no cycle: 1 needs 2, which another thread loads, slowly. */
static pk_status needs_two(void *user, const void *key, size_t key_len, void *value, size_t size, size_t *len, pk_time *ttl_ms) {
    uint32_t two = 2;
    (void)key;
    (void)key_len;
    (void)ttl_ms;
    return pk_cache_get_or_load(&cache, &two, 4, value, size, len, slow, user);
}
static void *ask_by_two(void *self) {
    asker *a = (asker *)self;
    a->status = pk_cache_get_or_load(&cache, &a->key, 4, &a->got, 4, NULL, needs_two, NULL);
    return NULL;
}
static void a_chain_across_threads_is_none(void) {
    asker one, two;
    open_with(NULL, false);
    start(&two, 2);
    (void)pthread_mutex_lock(&lock);
    while (shared.running < 1) wait_for_change();
    (void)pthread_mutex_unlock(&lock);
    memset(&one, 0, sizeof one);
    one.key = 1;
    CHECK(pthread_create(&one.thread, NULL, ask_by_two, &one) == 0);
    until_waiting(1);
    open_gate();
    end(&one);
    end(&two);
    CHECK_STATUS(one.status, PK_OK);
    CHECK_EQ(one.got, 20);
    CHECK_EQ(shared.calls, 1);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}

static void who_asks_after_a_removal_loads_anew(void) {
    static const uint8_t policies[] = {PK_CACHE_LRU, PK_CACHE_S3FIFO};
    size_t p;
    for (p = 0; p < 2; p++) {
        asker before, after;
        pk_cache_desc desc;
        uint32_t key = 7, got = 0;
        memset(&desc, 0, sizeof desc);
        desc.policy = policies[p];
        open_with(&desc, false);
        start(&before, key);
        (void)pthread_mutex_lock(&lock);
        while (shared.running < 1) wait_for_change();
        (void)pthread_mutex_unlock(&lock);
        CHECK_STATUS(pk_cache_remove(&cache, &key, 4), PK_NOT_FOUND);
        start(&after, key);
        (void)pthread_mutex_lock(&lock);
        while (shared.running < 2) wait_for_change();
        (void)pthread_mutex_unlock(&lock);
        CHECK_STATUS(pk_cache_put(&cache, &key, 4, "abc", 4, 0), PK_OK);
        open_gate();
        end(&before);
        end(&after);
        CHECK_STATUS(before.status, PK_OK);
        CHECK_STATUS(after.status, PK_OK);
        CHECK_EQ(shared.calls, 2);
        CHECK_STATUS(pk_cache_get(&cache, &key, 4, &got, 4, NULL), PK_OK);
        CHECK(memcmp(&got, "abc", 4) == 0); /* neither was put */
        CHECK_EQ(stats().discarded, 2);
        CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    }
}

static pk_time now; /* under `lock` */
static pk_time clock_of_test(void *user) {
    pk_time t;
    (void)user;
    (void)pthread_mutex_lock(&lock);
    t = now;
    (void)pthread_mutex_unlock(&lock);
    return t;
}
static void others_get_the_stale_value_at_once(void) {
    asker one, other;
    pk_cache_desc desc;
    uint32_t key = 7, five = 5;
    memset(&desc, 0, sizeof desc);
    desc.ttl_ms = 100;
    desc.stale_ms = 100;
    desc.clock = clock_of_test;
    now = 1000;
    open_with(&desc, false);
    CHECK_STATUS(pk_cache_put(&cache, &key, 4, &five, 4, 0), PK_OK);
    (void)pthread_mutex_lock(&lock);
    now = 1100;
    (void)pthread_mutex_unlock(&lock);
    start(&one, key);
    (void)pthread_mutex_lock(&lock);
    while (shared.running < 1) wait_for_change();
    (void)pthread_mutex_unlock(&lock);
    start(&other, key); /* and ends while the loader still works */
    end(&other);
    CHECK_STATUS(other.status, PK_OK);
    CHECK_EQ(other.got, 5);
    CHECK_EQ(stats().loading, 1);
    CHECK_EQ(stats().stale_served, 1);
    open_gate();
    end(&one);
    CHECK_STATUS(one.status, PK_OK);
    CHECK_EQ(one.got, 70);
    CHECK_EQ(shared.calls, 1);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}

static pk_status eight_bytes(void *user, const void *key, size_t key_len, void *value, size_t size, size_t *len, pk_time *ttl_ms) {
    (void)user;
    (void)key;
    (void)key_len;
    (void)ttl_ms;
    (void)pthread_mutex_lock(&lock);
    shared.calls++;
    shared.running++;
    tell();
    while (!shared.open) wait_for_change();
    (void)pthread_mutex_unlock(&lock);
    *len = 8;
    if (size < 8) return PK_TOO_BIG;
    memcpy(value, "12345678", 8);
    return PK_OK;
}
static unsigned char room[8];
static void *ask_for_eight(void *size) {
    uint32_t key = 1;
    size_t len = 0;
    return (void *)(uintptr_t)pk_cache_get_or_load(&cache, &key, 4, room, (size_t)(uintptr_t)size, &len, eight_bytes, NULL);
}
static void who_has_more_room_tries_again(void) {
    pthread_t small, large;
    pk_cache_desc desc;
    void *status;
    memset(&desc, 0, sizeof desc);
    desc.capacity = 100;
    desc.key_size = 4;
    desc.threads = true;
    if (!PERFKIT_ATOMICS) desc.policy = PK_CACHE_LRU; /* the other one needs them for threads */
    memset(&shared, 0, sizeof shared);
    if (pk_cache_init(&cache, &desc) != PK_OK) return; /* lengths vary: not with every policy */
    CHECK(pthread_create(&small, NULL, ask_for_eight, (void *)(uintptr_t)0) == 0);
    (void)pthread_mutex_lock(&lock);
    while (shared.running < 1) wait_for_change();
    (void)pthread_mutex_unlock(&lock);
    CHECK(pthread_create(&large, NULL, ask_for_eight, (void *)(uintptr_t)8) == 0);
    until_waiting(1);
    open_gate();
    CHECK(pthread_join(small, &status) == 0);
    CHECK_EQ((uintptr_t)status, PK_TOO_BIG);
    CHECK(pthread_join(large, &status) == 0);
    CHECK_EQ((uintptr_t)status, PK_OK);
    CHECK(memcmp(room, "12345678", 8) == 0);
    CHECK_EQ(shared.calls, 2);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}

#if PERFKIT_ATOMICS
/* A counter outside, of which the cache shows the last value: bump, then remove. Nobody who asks after a removal may see an older
   value than the one that was there then. */
static uint32_t outside[4];
static pk_status read_outside(void *user, const void *key, size_t key_len, void *value, size_t size, size_t *len, pk_time *ttl_ms) {
    uint32_t k, v;
    (void)user;
    (void)key_len;
    (void)size;
    (void)ttl_ms;
    memcpy(&k, key, 4);
    v = __atomic_load_n(&outside[k], __ATOMIC_SEQ_CST);
    memcpy(value, &v, 4);
    *len = 4;
    return PK_OK;
}
enum { ROUNDS = 1500 };
static void *bump_and_look(void *number) {
    unsigned round, errors = 0, me = (unsigned)(uintptr_t)number;
    pk_cache_lease lease;
    for (round = 0; round < ROUNDS; round++) {
        uint32_t key = (me + round) % 4, got = 0, least;
        if (round % 3 == 0) {
            least = __atomic_fetch_add(&outside[key], 1, __ATOMIC_SEQ_CST) + 1;
            (void)pk_cache_remove(&cache, &key, 4);
            if (pk_cache_get_or_load(&cache, &key, 4, &got, 4, NULL, read_outside, NULL) != PK_OK || got < least) errors++;
        } else {
            switch (pk_cache_get_or_lease(&cache, &key, 4, &got, 4, NULL, &lease)) {
            case PK_NOT_FOUND:
                got = __atomic_load_n(&outside[key], __ATOMIC_SEQ_CST);
                (void)pk_cache_fill(&cache, &lease, &got, 4, 0);
                break;
            case PK_OK:
            case PK_AGAIN: break;
            default: errors++;
            }
        }
    }
    return (void *)(uintptr_t)errors;
}
static void what_is_removed_is_not_seen_again(void) {
    static const uint8_t policies[] = {PK_CACHE_LRU, PK_CACHE_S3FIFO};
    pthread_t threads[THREADS];
    size_t p;
    for (p = 0; p < 2; p++) {
        pk_cache_desc desc;
        uintptr_t i;
        uint32_t key, got;
        void *errors;
        memset(&desc, 0, sizeof desc);
        memset(outside, 0, sizeof outside);
        desc.policy = policies[p];
        desc.max_loads = 8;
        open_with(&desc, true);
        for (i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, bump_and_look, (void *)i) == 0);
        for (i = 0; i < THREADS; i++) {
            CHECK(pthread_join(threads[i], &errors) == 0);
            CHECK_EQ((uintptr_t)errors, 0);
        }
        for (key = 0; key < 4; key++) /* all is quiet: what the cache has is what is outside */
            if (pk_cache_get(&cache, &key, 4, &got, 4, NULL) == PK_OK) CHECK_EQ(got, outside[key]);
        CHECK_EQ(stats().loading, 0);
        CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    }
}
#endif

TESTS {
    RUN("K27", "threads that ask for one key share one load", one_load_for_all_who_ask)
    RUN("K27", "a failure goes to all who waited, and the next one tries again", a_failure_is_everyones)
    RUN("K27", "every key is loaded once, under both policies", many_keys_once_each)
    RUN("K27", "no more than max_loads run at once", no_more_than_max_loads_at_once)
    RUN("K27", "loads that wait for each other across threads are PK_CYCLE", a_cycle_across_threads_is_told)
    RUN("K27", "a chain of loads across threads is not", a_chain_across_threads_is_none)
    RUN("K27", "who asks after a removal does not get what was loaded before it", who_asks_after_a_removal_loads_anew)
    RUN("K27", "while one refreshes, the others get the stale value", others_get_the_stale_value_at_once)
    RUN("K27", "who waits with more room than the loader had tries again", who_has_more_room_tries_again)
#if PERFKIT_ATOMICS
    RUN("K27", "what was removed does not come back by loads and leases", what_is_removed_is_not_seen_again)
#endif
}
