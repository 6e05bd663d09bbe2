/* targets: all */
/* Statistics: exact counts, rates in 1/100 %, bytes. */
#include "../../perfkit_cache.h"
#include "../support/test.h"

static unsigned char memory[PK_CACHE_BYTES(4, 1, 3)];
static pk_cache cache;
static pk_cache_stats s;
static pk_time now;
static pk_time clock_of_test(void *user) {
    (void)user;
    return now;
}
static void open_cache(void) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    now = 0;
    desc.capacity = 4;
    desc.key_size = 1;
    desc.value_size = 3;
    desc.ttl_ms = 100;
    desc.clock = clock_of_test;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
}
static void put(uint8_t key) {
    uint8_t value[3] = {1, 2, 3};
    CHECK_STATUS(pk_cache_put(&cache, &key, 1, value, 3, 0), PK_OK);
}
static void get(uint8_t key) {
    uint8_t value[3];
    (void)pk_cache_get(&cache, &key, 1, value, 3, NULL);
}
static void read_stats(void) { CHECK_STATUS(pk_cache_get_stats(&cache, &s), PK_OK); }

static void hits_and_misses_are_the_gets(void) {
    uint8_t key, value[3];
    open_cache();
    put(1);
    get(1);
    get(1);
    get(2);
    key = 1;
    CHECK_STATUS(pk_cache_get(&cache, &key, 1, value, 1, NULL), PK_TOO_BIG); /* a hit all the same */
    (void)pk_cache_contains(&cache, &key, 1);
    (void)pk_cache_peek(&cache, &key, 1, value, 3, NULL, NULL);
    read_stats();
    CHECK_EQ(s.hits, 3);
    CHECK_EQ(s.misses, 1);
    CHECK_EQ(pk_cache_hit_rate(&s), 7500);
    CHECK_EQ(pk_cache_miss_rate(&s), 2500);
    now = 100;
    get(1);
    read_stats();
    CHECK_EQ(s.hits, 3);
    CHECK_EQ(s.misses, 2);
    CHECK_EQ(s.left[PK_EVICT_EXPIRED], 1);
    CHECK_EQ(pk_cache_hit_rate(&s) + pk_cache_miss_rate(&s), 10000);
    CHECK_STATUS(pk_cache_clear(&cache), PK_OK);
    read_stats();
    CHECK_EQ(s.hits, 3); /* clear does not reset */
    pk_cache_reset_stats(&cache);
    read_stats();
    CHECK_EQ(s.hits + s.misses + s.puts, 0);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    CHECK_STATUS(pk_cache_get_stats(&cache, &s), PK_CLOSED);
}
static void reasons_are_counted_apart(void) {
    uint8_t key;
    open_cache();
    for (key = 1; key <= 6; key++) put(key);
    put(6);
    key = 5;
    CHECK_STATUS(pk_cache_remove(&cache, &key, 1), PK_OK);
    CHECK_STATUS(pk_cache_remove(&cache, &key, 1), PK_NOT_FOUND);
    read_stats();
    CHECK_EQ(s.puts, 7);
    CHECK_EQ(s.left[PK_EVICT_LRU], 2);
    CHECK_EQ(s.left[PK_EVICT_REPLACED], 1);
    CHECK_EQ(s.left[PK_EVICT_REMOVED], 1);
    CHECK_EQ(s.left[PK_EVICT_EXPIRED], 0);
    CHECK_EQ(pk_cache_eviction_rate(&s), 2857); /* 2 of 7 puts; neither removals nor expiries */
    now = 100;
    CHECK_EQ(pk_cache_tick(&cache, now, 4), 3);
    put(1);
    CHECK_STATUS(pk_cache_clear(&cache), PK_OK);
    read_stats();
    CHECK_EQ(s.left[PK_EVICT_EXPIRED], 3);
    CHECK_EQ(s.left[PK_EVICT_CLEARED], 1);
    CHECK_EQ(s.left[PK_EVICT_LRU], 2);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void bytes_and_capacity_are_exact(void) {
    open_cache();
    read_stats();
    CHECK_EQ(s.bytes, 0);
    CHECK_EQ(s.max_bytes, 16);
    CHECK_EQ(s.capacity, 4);
    CHECK(s.memory == sizeof memory);
    put(1);
    put(2);
    put(2);
    read_stats();
    CHECK_EQ(s.count, 2);
    CHECK_EQ(s.bytes, 8);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void rates_without_data_say_so(void) {
    memset(&s, 0, sizeof s);
    CHECK_EQ(pk_cache_hit_rate(&s), PK_RATE_NONE);
    CHECK_EQ(pk_cache_miss_rate(&s), PK_RATE_NONE);
    CHECK_EQ(pk_cache_eviction_rate(&s), PK_RATE_NONE);
    s.misses = 1;
    CHECK_EQ(pk_cache_hit_rate(&s), 0);
    CHECK_EQ(pk_cache_miss_rate(&s), 10000);
    s.hits = 3000000000u;
    s.misses = 1000000000u;
    CHECK_EQ(pk_cache_hit_rate(&s), 7500);
    s.puts = 5;
    s.left[PK_EVICT_LRU] = 9; /* counters that were reset between reads: never above 100 % */
    CHECK_EQ(pk_cache_eviction_rate(&s), 10000);
}

TESTS {
    RUN("K09 K16", "hits + misses = gets, and their rates are 100 %", hits_and_misses_are_the_gets)
    RUN("K17 K10", "evictions, expiries, removals and clears are counted apart", reasons_are_counted_apart)
    RUN("K19 K13", "bytes and capacity are exact", bytes_and_capacity_are_exact)
    RUN("K16 K17", "rates without data say so", rates_without_data_say_so)
}
