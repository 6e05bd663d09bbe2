/* targets: large */
/* Batches do what so many single calls in their order do. */
#define PERFKIT_CACHE_MORE 1
#define PERFKIT_CACHE_LINK_BITS 32 /* as in large caches, which have batches of their own */
#define PERFKIT_CACHE_IMPLEMENTATION
#include "../../perfkit_cache.h"
#include "../support/test.h"

enum { CAPACITY = 20, MOST = 40, ROOM = 40, ROUNDS = 300 }; /* items in a batch: more than two runs of the engine */

PK_CACHE_DEFINE(numbers, uint16_t, uint32_t)

static pk_time now;
static int looks;
static pk_time clock_of_test(void *user) {
    (void)user;
    looks++;
    return now;
}
static uint64_t blocks[2][340 + PERFKIT_CACHE_PINS * 40];
static pk_cache_desc desc;
static void ask(int which) {
    memset(&desc, 0, sizeof desc);
    desc.capacity = CAPACITY;
    desc.clock = clock_of_test;
    desc.ttl_ms = 500;
    desc.memory = blocks[which];
    desc.memory_size = sizeof blocks[which];
}

/* ---- Typed ---- */

static void arrays_of_a_typed_cache(void) {
    static const uint16_t keys[6] = {1, 2, 3, 2, 5, 1};
    static const uint32_t values[6] = {10, 20, 30, 21, 50, 11};
    uint32_t got[6] = {0, 0, 0, 0, 0, 0};
    pk_status statuses[6];
    numbers cache;
    int i;
    ask(0);
    CHECK_STATUS(numbers_init(&cache, &desc), PK_OK);
    CHECK_EQ(numbers_put_many(&cache, keys, values, 0, statuses, 4), 4); /* 1 2 3 2 */
    for (i = 0; i < 4; i++) CHECK_STATUS(statuses[i], PK_OK);
    CHECK_EQ(numbers_count(&cache), 3);
    got[4] = 99;
    CHECK_EQ(numbers_get_many(&cache, keys, got, statuses, 6), 5);
    CHECK(got[0] == 10 && got[1] == 21 && got[2] == 30 && got[3] == 21 && got[5] == 10);
    CHECK_STATUS(statuses[4], PK_NOT_FOUND);
    CHECK_EQ(got[4], 99);
    CHECK_EQ(numbers_get_many(&cache, keys, got, NULL, 0), 0);
    CHECK_EQ(numbers_get_many(&cache, keys, got, NULL, 6), 5);
    CHECK_EQ(numbers_put_many(&cache, keys, values, PK_TTL_MAX + 1, statuses, 6), 0);
    CHECK_STATUS(statuses[5], PK_INVALID);
    CHECK_STATUS(numbers_close(&cache), PK_OK);
    CHECK_EQ(numbers_get_many(&cache, keys, got, statuses, 6), 0);
    for (i = 0; i < 6; i++) CHECK_STATUS(statuses[i], PK_CLOSED);
    CHECK_EQ(numbers_put_many(&cache, keys, values, 0, NULL, 6), 0);
}
static void the_other_typed_calls(void) {
    numbers cache;
    uint32_t value = 7;
    pk_time left = 0;
    ask(0);
    CHECK_STATUS(numbers_init(&cache, &desc), PK_OK);
    CHECK_STATUS(numbers_replace(&cache, 3, &value, 0), PK_NOT_FOUND);
    CHECK_STATUS(numbers_put_if_absent(&cache, 3, &value, 0), PK_OK);
    value = 8;
    CHECK_STATUS(numbers_put_if_absent(&cache, 3, &value, 0), PK_EXISTS);
    CHECK_STATUS(numbers_peek(&cache, 3, &value, &left), PK_OK);
    CHECK(value == 7 && left == 500);
    CHECK_STATUS(numbers_touch(&cache, 3, 900), PK_OK);
    CHECK_STATUS(numbers_peek(&cache, 3, &value, &left), PK_OK);
    CHECK(left == 900);
    value = 9;
    CHECK_STATUS(numbers_replace(&cache, 3, &value, 0), PK_OK);
    CHECK_STATUS(numbers_get(&cache, 3, &value), PK_OK);
    CHECK_EQ(value, 9);
    CHECK_STATUS(numbers_close(&cache), PK_OK);
}

/* ---- Records, and equality with single calls ---- */

static void each_record_has_its_own_status(void) {
    pk_cache cache;
    pk_cache_many r[5];
    uint16_t keys[5] = {1, 2, 3, 4, 1};
    uint32_t values[5] = {1, 2, 3, 4, 5};
    int i;
    ask(0);
    desc.key_size = 2;
    desc.value_size = 4;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
    memset(r, 0, sizeof r);
    for (i = 0; i < 5; i++) {
        r[i].key = &keys[i];
        r[i].key_len = 2;
        r[i].value = &values[i];
        r[i].len = 4;
    }
    r[1].len = 3;
    r[2].ttl_ms = PK_TTL_MAX + 1;
    r[3].key_len = 1;
    CHECK_EQ(pk_cache_put_many(&cache, r, 5), 2);
    CHECK_STATUS(r[0].status, PK_OK);
    CHECK_STATUS(r[1].status, PK_INVALID);
    CHECK_STATUS(r[2].status, PK_INVALID);
    CHECK_STATUS(r[3].status, PK_INVALID);
    CHECK_EQ(pk_cache_count(&cache), 1);
    for (i = 0; i < 5; i++) values[i] = 0;
    r[4].len = 1;
    CHECK_EQ(pk_cache_get_many(&cache, r, 5), 1);
    CHECK(values[0] == 5 && r[0].len == 4);
    CHECK_STATUS(r[1].status, PK_NOT_FOUND);
    CHECK_STATUS(r[2].status, PK_NOT_FOUND);
    CHECK_STATUS(r[3].status, PK_INVALID);
    CHECK_STATUS(r[4].status, PK_TOO_BIG);
    CHECK(r[4].len == 4 && values[4] == 0); /* the length it needs */
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    CHECK_EQ(pk_cache_get_many(&cache, r, 5), 0);
    CHECK_STATUS(r[0].status, PK_CLOSED);
}
static void the_clock_is_read_once(void) {
    static uint16_t keys[MOST];
    static uint32_t values[MOST];
    numbers cache;
    uint16_t i;
    ask(0);
    CHECK_STATUS(numbers_init(&cache, &desc), PK_OK);
    for (i = 0; i < MOST; i++) keys[i] = i;
    looks = 0;
    (void)numbers_put_many(&cache, keys, values, 0, NULL, MOST);
    if (PK__FULL) CHECK_EQ(looks, 1);
    looks = 0;
    (void)numbers_get_many(&cache, keys, values, NULL, MOST);
    if (PK__FULL) CHECK_EQ(looks, 1);
    CHECK_STATUS(numbers_close(&cache), PK_OK);
}

/* Two caches alike; one takes batches, the other their items one by one. */
static pk_cache batched, single;
static uint32_t told[2]; /* a sum over what left, and why, in its order */
#if PERFKIT_CACHE_HOOKS
static void hear(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    uint32_t *sum = (uint32_t *)user;
    *sum = (*sum * 31u + *(const uint8_t *)item->key) * 31u + (uint32_t)reason + (uint32_t)item->value_len;
}
#endif
static void open_both(int kind) {
    int i;
    for (i = 0; i < 2; i++) {
        ask(i);
        if (kind != 2) {
            desc.key_size = 2;
            desc.value_size = 9;
        }
#if PERFKIT_CACHE_HOOKS
        if (kind == 1 || kind == 2 || kind == 4) desc.on_evict = hear;
        desc.user = &told[i];
#endif
        if (kind == 2) {
            desc.slot_size = 16;
            desc.max_bytes = (size_t)16 * 50;
        }
        if (kind > 2) desc.policy = PK_CACHE_S3FIFO;
        if (kind == 1 || kind == 2 || kind == 4) desc.sliding = desc.versions = desc.times = true;
        CHECK_STATUS(pk_cache_init(i ? &single : &batched, &desc), PK_OK);
        told[i] = 0;
    }
    single.seed = batched.seed;
}
static bool same_entries(void) { /* in the same slots, with the same records of extras */
    pk_cache_cursor a = {0}, b = {0};
    pk_cache_item x, y;
    static unsigned char left[ROOM], right[ROOM];
    for (;;) {
        pk_status status = pk_cache_foreach(&batched, &a, &x);
        if (pk_cache_foreach(&single, &b, &y) != status) return false;
        if (status != PK_OK) return true;
        if (x.entry != y.entry || x.key_len != y.key_len || memcmp(x.key, y.key, x.key_len) != 0) return false;
        if (x.value_len != y.value_len || pk_cache_item_read(&x, 0, left, ROOM) != pk_cache_item_read(&y, 0, right, ROOM)) return false;
        if (memcmp(left, right, x.value_len) != 0) return false;
        if (batched.cold->extra &&
            memcmp(pk__cache_extra(&batched, x.entry, 0), pk__cache_extra(&single, y.entry, 0), batched.cold->extra_size) != 0)
            return false;
    }
}
static void as_single_calls(int kind) {
    static pk_cache_many r[MOST];
    static unsigned char keys[MOST][2], values[MOST][ROOM], others[MOST][ROOM];
    static pk_status wanted[MOST];
    int round, i, wrong = 0;
    open_both(kind);
    for (round = 0; round < ROUNDS; round++) {
        int n = 1 + (int)(test_random() % MOST);
        bool put = (test_random() & 1) != 0;
        size_t good = 0, counted;
        for (i = 0; i < n; i++) {
            keys[i][0] = (unsigned char)(test_random() % 31);
            keys[i][1] = (unsigned char)(kind == 2 ? 'k' : 0);
            memset(values[i], (int)(test_random() & 255), ROOM);
            memcpy(others[i], values[i], ROOM);
            r[i].key = keys[i];
            r[i].key_len = i > 0 && test_random() % 16 == 0 ? 1 : 2; /* what is refused for its form doesn't look at the clock */
            r[i].value = values[i];
            r[i].len = kind == 2 ? test_random() % (ROOM + 1) : i > 0 && test_random() % 16 == 0 ? 8 : 9;
            r[i].ttl_ms = test_random() % 4 == 0 ? PK_TTL_NEVER : test_random() % 3 * 100;
        }
        if (kind == 2 && put && n > 1 && test_random() % 4 == 0) r[1].len = 5000; /* refused before its bytes are read */
        for (i = 0; i < n; i++) {
            size_t len = r[i].len;
            wanted[i] = put ? pk_cache_put(&single, keys[i], r[i].key_len, others[i], len, r[i].ttl_ms)
                            : pk_cache_get(&single, keys[i], r[i].key_len, others[i], len, &len);
            good += wanted[i] == PK_OK;
            r[i].status = -1;
            r[i].ttl_ms = put ? r[i].ttl_ms : (pk_time)len;
        }
        counted = put ? pk_cache_put_many(&batched, r, (size_t)n) : pk_cache_get_many(&batched, r, (size_t)n);
        wrong += counted != good;
        for (i = 0; i < n; i++) {
            wrong += r[i].status != wanted[i];
            if (!put) wrong += (pk_time)r[i].len != r[i].ttl_ms || memcmp(values[i], others[i], ROOM) != 0;
        }
        now += test_random() % 120;
        if (round % 16 == 0) wrong += !same_entries();
    }
#if PERFKIT_STATS
    {
        pk_cache_stats a, b;
        CHECK_STATUS(pk_cache_get_stats(&batched, &a), PK_OK);
        CHECK_STATUS(pk_cache_get_stats(&single, &b), PK_OK);
        CHECK(a.hits == b.hits && a.misses == b.misses && a.puts == b.puts && a.rejected == b.rejected);
        CHECK(memcmp(a.left, b.left, sizeof a.left) == 0 && a.count == b.count && a.bytes == b.bytes);
        CHECK(a.hits > 0 && a.left[PK_EVICT_LRU] > 0 && a.left[PK_EVICT_EXPIRED] > 0);
    }
#endif
    CHECK_EQ(wrong, 0);
    CHECK(told[0] == told[1]);
    CHECK_STATUS(pk_cache_close(&batched), PK_OK);
    CHECK_STATUS(pk_cache_close(&single), PK_OK);
    CHECK(told[0] == told[1]); /* close tells of entries from the least recent on: the same order */
}
static void plain(void) { as_single_calls(0); }
static void special(void) { as_single_calls(1); }
#if PERFKIT_CACHE_CHAINS
static void chained(void) { as_single_calls(2); }
#endif

#if PERFKIT_CACHE_S3FIFO
static void sets(void) { as_single_calls(3); }
static void special_sets(void) { as_single_calls(4); }
#endif

TESTS {
    RUN("K10", "arrays of a typed cache, with a key twice", arrays_of_a_typed_cache)
    RUN("K10", "typed put_if_absent, replace, peek and touch", the_other_typed_calls)
    RUN("K10", "each record has its own status", each_record_has_its_own_status)
    RUN("K10", "a batch reads the clock once", the_clock_is_read_once)
    RUN("K11", "a batch is so many single calls", plain)
    RUN("K11 K12 K29 K33", "the same with hooks, sliding, versions and times", special)
#if PERFKIT_CACHE_CHAINS
    RUN("K11 K13", "and with varying lengths", chained)
#endif
#if PERFKIT_CACHE_S3FIFO
    RUN("K04", "a batch on S3-FIFO is so many single calls", sets)
    RUN("K12 K29 K33", "the same with hooks, sliding, versions and times", special_sets)
#endif
}
