/* targets: hosted */
/* Shards: what is split is split exactly, one shard is the exact LRU, and every function sees all of them. */
#include "../../perfkit_cache.h"
#include "../support/test.h"

PK_CACHE_DEFINE(numbers, uint32_t, uint32_t)

static pk_time now;
static pk_time clock_of_test(void *user) {
    (void)user;
    return now;
}
static unsigned left[PK_EVICT_REASONS];
static void count_left(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    (void)user;
    (void)item;
    left[reason]++;
}
static pk_event last_event;
static unsigned events[8];
static void see(void *user, const pk_event *event) {
    (void)user;
    last_event = *event;
    events[event->kind]++;
}

static pk_cache_desc desc_of(uint32_t capacity, unsigned shards) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.capacity = capacity;
    desc.shards = (uint16_t)shards;
    desc.clock = clock_of_test;
    return desc;
}
static numbers sharded(uint32_t capacity, unsigned shards) {
    pk_cache_desc desc = desc_of(capacity, shards);
    numbers n;
    CHECK_STATUS(numbers_init(&n, &desc), PK_OK);
    return n;
}

static void capacity_and_bytes_are_split_exactly(void) {
    static const uint32_t capacities[] = {7, 100, 509, 1000, 70001};
    size_t k;
    for (k = 0; k < PK__COUNTOF(capacities); k++) {
        pk_cache_desc desc = desc_of(capacities[k], 7);
        pk_cache_stats one;
        pk_cache cache;
        uint32_t i, entries = 0;
        size_t bytes = 0;
        desc.max_bytes = 64 * (size_t)(capacities[k] + 3);
        CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
        CHECK_EQ(pk_cache_shards(&cache), 7);
        for (i = 0; i < 7; i++) {
            CHECK_STATUS(pk_cache_get_shard_stats(&cache, i, &one), PK_OK);
            CHECK(one.capacity == capacities[k] / 7 || one.capacity == capacities[k] / 7 + 1);
            entries += one.capacity;
            bytes += one.max_bytes;
        }
        CHECK_EQ(entries, capacities[k]);
        CHECK_EQ(bytes, desc.max_bytes);
        CHECK_STATUS(pk_cache_get_shard_stats(&cache, 7, &one), PK_INVALID);
        CHECK_STATUS(pk_cache_get_stats(&cache, &one), PK_OK);
        CHECK_EQ(one.capacity, capacities[k]);
        CHECK_EQ(one.max_bytes, desc.max_bytes);
        CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    }
}

static void the_number_of_shards_has_its_bounds_and_defaults(void) {
    static const uint32_t capacities[] = {1, 31, 32, 100, 255, 256, 100000}, shards[] = {1, 1, 2, 4, 8, 16, 16};
    pk_cache_desc desc = desc_of(300, 256);
    pk_cache cache;
    size_t k;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
    CHECK_EQ(pk_cache_shards(&cache), 256);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    CHECK_EQ(pk_cache_shards(&cache), 0);
    desc.shards = 257;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_INVALID);
    desc.shards = 20;
    desc.capacity = 19;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_INVALID);
    desc.capacity = 20;
    desc.max_bytes = 19 * 64;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_INVALID);
    desc.max_bytes = 0;
    desc.shards = 0;
    for (k = 0; k < PK__COUNTOF(capacities); k++) {
        desc.capacity = capacities[k];
        desc.threads = true;
        CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
        CHECK_EQ(pk_cache_shards(&cache), shards[k]);
        CHECK_STATUS(pk_cache_close(&cache), PK_OK);
        desc.threads = false;
        CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
        CHECK_EQ(pk_cache_shards(&cache), 1);
        CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    }
}

static void memory_needed_is_what_it_takes(void) {
    static unsigned char memory[200000];
    pk_cache_desc desc = desc_of(500, 5);
    pk_cache_stats stats;
    pk_cache cache;
    size_t need, at;
    uint32_t key;
    unsigned char value[16] = {0};
    desc.key_size = 4;
    desc.value_size = 16;
    desc.threads = true;
    need = pk_cache_memory_needed(&desc);
    CHECK(need > 0 && need + 66 < sizeof memory);
    desc.memory_size = need - 1;
    desc.memory = memory;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_NO_MEMORY);
    desc.memory_size = need;
    for (at = 0; at < 65; at += 13) {
        memset(memory, 0xA5, sizeof memory);
        desc.memory = memory + 1 + at;
        CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
        for (key = 0; key < 2000; key++) CHECK_STATUS(pk_cache_put(&cache, &key, 4, value, 16, 0), PK_OK);
        CHECK_EQ(pk_cache_count(&cache), 500);
        CHECK_STATUS(pk_cache_get_stats(&cache, &stats), PK_OK);
        CHECK_EQ(stats.memory, need);
        CHECK_STATUS(pk_cache_close(&cache), PK_OK);
        CHECK(memory[at] == 0xA5 && memory[1 + at + need] == 0xA5);
    }
}

/* The same random operations on a cache without shards and on one with one shard: every answer is the same. */
static void one_shard_is_the_exact_lru(void) {
    numbers plain = sharded(50, 0), one;
    pk_cache_desc desc = desc_of(50, 1);
    pk_cache_stats a, b;
    unsigned step;
    desc.threads = true;
    CHECK_STATUS(numbers_init(&one, &desc), PK_OK);
    CHECK_EQ(pk_cache_shards(&one.cache), 1);
    for (step = 0; step < 20000; step++) {
        uint32_t random = test_random(), key = random % 80, x = 0, y = 0;
        pk_time ttl = random >> 20 & 1 ? 500 : 0;
        now += random >> 16 & 3;
        switch (random >> 8 & 7) {
        case 0: CHECK_EQ(numbers_remove(&plain, key), numbers_remove(&one, key)); break;
        case 1:
        case 2: CHECK_EQ(numbers_put(&plain, key, &step, ttl), numbers_put(&one, key, &step, ttl)); break;
        case 3: CHECK_EQ(pk_cache_touch(&plain.cache, &key, 4, ttl), pk_cache_touch(&one.cache, &key, 4, ttl)); break;
        case 4: CHECK_EQ(numbers_contains(&plain, key), numbers_contains(&one, key)); break;
        default: CHECK_EQ(numbers_get(&plain, key, &x), numbers_get(&one, key, &y)); break;
        }
        CHECK_EQ(x, y);
        CHECK_EQ(numbers_count(&plain), numbers_count(&one));
    }
    CHECK_STATUS(pk_cache_get_stats(&plain.cache, &a), PK_OK);
    CHECK_STATUS(pk_cache_get_stats(&one.cache, &b), PK_OK);
    CHECK(a.hits == b.hits && a.misses == b.misses && a.puts == b.puts && a.bytes == b.bytes);
    CHECK(memcmp(a.left, b.left, sizeof a.left) == 0);
    CHECK(a.left[PK_EVICT_LRU] > 0 && a.left[PK_EVICT_EXPIRED] > 0);
    CHECK_STATUS(numbers_close(&plain), PK_OK);
    CHECK_STATUS(numbers_close(&one), PK_OK);
}

static void counts_and_statistics_are_sums(void) {
    numbers cache = sharded(1600, 16);
    pk_cache_stats sum, one;
    uint32_t key, value, i, count = 0, low = 1600, high = 0;
    pk_count hits = 0, puts = 0;
    for (key = 0; key < 1000; key++) CHECK_STATUS(numbers_put(&cache, key, &key, 0), PK_OK);
    for (key = 0; key < 2000; key++)
        if (numbers_get(&cache, key, &value) == PK_OK) CHECK_EQ(value, key);
    for (i = 0; i < 16; i++) {
        CHECK_STATUS(pk_cache_get_shard_stats(&cache.cache, i, &one), PK_OK);
        count += one.count;
        hits += one.hits;
        puts += one.puts;
        if (one.count < low) low = one.count;
        if (one.count > high) high = one.count;
    }
    CHECK(low > 15 && high < 130); /* about 62 */
    CHECK_STATUS(pk_cache_get_stats(&cache.cache, &sum), PK_OK);
    CHECK_EQ(count, numbers_count(&cache));
    CHECK_EQ(count, sum.count);
    CHECK_EQ(count, sum.puts - sum.left[PK_EVICT_LRU]);
    CHECK_EQ(hits, sum.hits);
    CHECK_EQ(puts, 1000);
    CHECK_EQ(sum.puts, 1000);
    CHECK_EQ(sum.hits + sum.misses, 2000);
    pk_cache_reset_stats(&cache.cache);
    CHECK_STATUS(pk_cache_get_stats(&cache.cache, &sum), PK_OK);
    CHECK_EQ(sum.hits + sum.misses + sum.puts, 0);
    CHECK_STATUS(numbers_close(&cache), PK_OK);
}

static void walking_and_clearing_see_every_shard(void) {
    numbers cache = sharded(300, 7);
    pk_cache_cursor cursor;
    pk_cache_item item;
    unsigned char seen[200] = {0};
    uint32_t key, n = 0;
    memset(&cursor, 0, sizeof cursor);
    for (key = 0; key < 200; key++) (void)numbers_put(&cache, key, &key, 0);
    while (pk_cache_foreach(&cache.cache, &cursor, &item) == PK_OK) {
        memcpy(&key, item.value, sizeof key);
        CHECK(key < 200);
        seen[key]++;
        n++;
    }
    CHECK_EQ(n, numbers_count(&cache));
    for (key = 0; key < 200; key++) CHECK(seen[key] == numbers_contains(&cache, key));
    CHECK_EQ(pk_cache_clear_step(&cache.cache, 50), n - 50);
    CHECK_EQ(numbers_count(&cache), n - 50);
    CHECK_STATUS(numbers_clear(&cache), PK_OK);
    CHECK_EQ(numbers_count(&cache), 0);
    memset(&cursor, 0, sizeof cursor);
    CHECK_STATUS(pk_cache_foreach(&cache.cache, &cursor, &item), PK_NOT_FOUND);
    CHECK_STATUS(numbers_close(&cache), PK_OK);
    CHECK_STATUS(numbers_put(&cache, 1, &key, 0), PK_CLOSED);
    CHECK_EQ(numbers_count(&cache), 0);
}

static void ticks_visit_shards_in_turn(void) {
    numbers cache = sharded(400, 4);
    pk_cache_stats one;
    uint32_t key, i, n, removed;
    unsigned ticks = 0;
    for (key = 0; key < 200; key++) CHECK_STATUS(numbers_put(&cache, key, &key, 1000), PK_OK);
    n = numbers_count(&cache);
    CHECK_EQ(pk_cache_tick(&cache.cache, now, 1000), 0);
    now += 1000;
    CHECK_STATUS(pk_cache_get_shard_stats(&cache.cache, 2, &one), PK_OK);
    CHECK_EQ(pk_cache_tick_shard(&cache.cache, 2, now, 1000), one.count);
    CHECK_EQ(numbers_count(&cache), n - one.count);
    CHECK_EQ(pk_cache_tick_shard(&cache.cache, 4, now, 1000), 0);
    for (removed = one.count; removed < n && ticks < 100; ticks++) {
        i = pk_cache_tick(&cache.cache, now, 10);
        CHECK(i <= 10 + 4);
        removed += i;
    }
    CHECK_EQ(removed, n);
    CHECK_EQ(numbers_count(&cache), 0);
    CHECK_STATUS(numbers_close(&cache), PK_OK);
}
#if PERFKIT_CACHE_WHEEL
static void one_tick_has_steps_for_every_shard(void) {
    pk_cache_desc desc = desc_of(400, 4);
    numbers cache;
    uint32_t key;
    desc.prompt_expiry = true;
    CHECK_STATUS(numbers_init(&cache, &desc), PK_OK);
    for (key = 0; key < 100; key++) CHECK_STATUS(numbers_put(&cache, key, &key, 1000), PK_OK);
    now += 1000;
    CHECK_EQ(pk_cache_tick(&cache.cache, now, 100000), 100);
    CHECK_STATUS(numbers_close(&cache), PK_OK);
}
#endif

static void hooks_hear_of_every_entry_once(void) {
    pk_cache_desc desc = desc_of(100, 4);
    pk_cache_stats stats;
    numbers cache;
    uint32_t key;
    unsigned reason;
    memset(left, 0, sizeof left);
    desc.on_evict = count_left;
    CHECK_STATUS(numbers_init(&cache, &desc), PK_OK);
    for (key = 0; key < 500; key++) CHECK_STATUS(numbers_put(&cache, key % 300, &key, 0), PK_OK);
    (void)numbers_remove(&cache, 199);
    CHECK_STATUS(pk_cache_get_stats(&cache.cache, &stats), PK_OK);
    for (reason = 0; reason < PK_EVICT_REASONS; reason++) CHECK_EQ(left[reason], stats.left[reason]);
    key = numbers_count(&cache);
    CHECK_STATUS(numbers_close(&cache), PK_OK);
    CHECK_EQ(left[PK_EVICT_CLOSED], key);
}

static void filling_is_told_once_for_all_shards(void) {
    pk_cache_desc desc = desc_of(1000, 8);
    numbers cache;
    uint32_t key;
    memset(events, 0, sizeof events);
    desc.on_event = see;
    CHECK_STATUS(numbers_init(&cache, &desc), PK_OK);
    for (key = 0; numbers_count(&cache) < 800; key++) {
        CHECK_EQ(events[PK_CACHE_EVENT_FILLING], 0);
        (void)numbers_put(&cache, key, &key, 0);
    }
    CHECK_EQ(events[PK_CACHE_EVENT_FILLING], 1);
    CHECK_EQ(last_event.a, 800);
    CHECK_EQ(last_event.b, 1000);
    for (; key < 5000; key++) (void)numbers_put(&cache, key, &key, 0);
    CHECK_EQ(events[PK_CACHE_EVENT_FILLING], 1);
    CHECK_STATUS(numbers_clear(&cache), PK_OK);
    for (key = 0; key < 5000; key++) (void)numbers_put(&cache, key, &key, 0);
    CHECK_EQ(events[PK_CACHE_EVENT_FILLING], 2);
    CHECK_EQ(events[PK_CACHE_EVENT_UNEVEN], 0);
    CHECK_STATUS(numbers_close(&cache), PK_OK);
}

static void a_hash_that_fills_one_shard_is_told(void) {
    pk_cache_desc desc = desc_of(1000, 8);
    pk_cache_stats stats;
    numbers cache;
    uint32_t key;
    pk_count before;
    memset(events, 0, sizeof events);
    desc.on_event = see;
    CHECK_STATUS(numbers_init(&cache, &desc), PK_OK);
    for (key = 0; key < 3000; key++) { /* keep only the keys of one shard */
        CHECK_STATUS(pk_cache_get_shard_stats(&cache.cache, 3, &stats), PK_OK);
        before = stats.puts;
        (void)numbers_put(&cache, key, &key, 0);
        CHECK_STATUS(pk_cache_get_shard_stats(&cache.cache, 3, &stats), PK_OK);
        if (stats.puts == before) CHECK_STATUS(numbers_remove(&cache, key), PK_OK);
    }
    CHECK_EQ(events[PK_CACHE_EVENT_UNEVEN], 1);
    CHECK(last_event.kind == PK_CACHE_EVENT_UNEVEN && last_event.a / 3 > last_event.b);
    CHECK_STATUS(numbers_close(&cache), PK_OK);
}
static void uneven_is_more_than_three_times_the_average(void) { /* 6 entries in three shards: 18 in the fourth are 3 times it */
    pk_cache_desc desc = desc_of(400, 4);
    pk_cache_stats stats;
    numbers cache;
    uint32_t key, full;
    memset(events, 0, sizeof events);
    desc.on_event = see;
    CHECK_STATUS(numbers_init(&cache, &desc), PK_OK);
    for (key = 0; numbers_count(&cache) < 6; key++) {
        (void)numbers_put(&cache, key, &key, 0);
        CHECK_STATUS(pk_cache_get_shard_stats(&cache.cache, 0, &stats), PK_OK);
        if (stats.count > 0) CHECK_STATUS(numbers_remove(&cache, key), PK_OK);
    }
    for (full = 0; full < 19; key++) {
        CHECK_EQ(events[PK_CACHE_EVENT_UNEVEN], 0);
        (void)numbers_put(&cache, key, &key, 0);
        CHECK_STATUS(pk_cache_get_shard_stats(&cache.cache, 0, &stats), PK_OK);
        if (stats.count == full) CHECK_STATUS(numbers_remove(&cache, key), PK_OK);
        full = stats.count;
    }
    CHECK_EQ(events[PK_CACHE_EVENT_UNEVEN], 1);
    CHECK(last_event.a == 19 && last_event.b == 6);
    CHECK_STATUS(numbers_close(&cache), PK_OK);
}

static void windows_have_rates_of_their_own(void) {
    numbers cache = sharded(100, 4);
    pk_cache_stats then, at;
    pk_cache_rates rates;
    uint32_t key, value;
    for (key = 0; key < 50; key++) CHECK_STATUS(numbers_put(&cache, key, &key, 0), PK_OK);
    for (key = 0; key < 100; key++) (void)numbers_get(&cache, key, &value);
    CHECK_STATUS(pk_cache_get_stats(&cache.cache, &then), PK_OK);
    pk_cache_rates_between(&then, &then, &rates);
    CHECK(rates.hit == PK_RATE_NONE && rates.miss == PK_RATE_NONE && rates.eviction == PK_RATE_NONE);
    CHECK_STATUS(numbers_clear(&cache), PK_OK);
    CHECK_STATUS(numbers_put(&cache, 1, &key, 0), PK_OK);
    for (key = 0; key < 4; key++) (void)numbers_get(&cache, key, &value);
    CHECK_STATUS(pk_cache_get_stats(&cache.cache, &at), PK_OK);
    pk_cache_rates_between(&at, &then, &rates);
    CHECK_EQ(rates.hit, 2500);
    CHECK_EQ(rates.miss, 7500);
    CHECK_EQ(rates.eviction, 0);
    CHECK_STATUS(numbers_close(&cache), PK_OK);
}
static void presets_have_their_numbers(void) {
    pk_cache_desc desc;
    pk_cache cache;
    memset(&desc, 0, sizeof desc);
    PK_CACHE_PRESET_ASYNC(&desc);
    CHECK_EQ(desc.ttl_ms, 60000);
    CHECK_EQ(PK_CACHE_ASYNC_TICK_MS, 30000);
    CHECK_EQ(desc.shards, 8);
    CHECK_EQ(desc.capacity, 100000);
    CHECK_EQ(desc.max_bytes, 100 * 1048576);
    if (PERFKIT_CACHE_LINK_BITS == 0) {
        CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
        CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    }
    PK_CACHE_PRESET_COMPONENT(&desc);
    CHECK_EQ(desc.capacity, 100);
    CHECK_EQ(desc.ttl_ms, 300000);
    CHECK_EQ(desc.max_bytes, 500 * 1048576);
    CHECK(pk_cache_memory_needed(&desc) > desc.max_bytes);
}

TESTS {
    RUN("K20 K13", "capacity and bytes are split exactly among shards", capacity_and_bytes_are_split_exactly)
    RUN("K20", "up to 256 shards, 16 by default with threads, fewer for few entries", the_number_of_shards_has_its_bounds_and_defaults)
    RUN("K01 K20", "memory_needed is exact with shards, and the caller's memory is honoured", memory_needed_is_what_it_takes)
    RUN("K20 K11", "one shard answers as a cache without shards", one_shard_is_the_exact_lru)
    RUN("K20 K19", "count and statistics are the sums of the shards'", counts_and_statistics_are_sums)
    RUN("K20", "foreach, clear_step and clear see every shard", walking_and_clearing_see_every_shard)
    RUN("K21 K22", "a tick visits the shards in turn, tick_shard one", ticks_visit_shards_in_turn)
#if PERFKIT_CACHE_WHEEL
    RUN("K21 K22", "one tick serves every shard with a wheel", one_tick_has_steps_for_every_shard)
#endif
    RUN("K29", "on_evict hears of every entry of every shard once", hooks_hear_of_every_entry_once)
    RUN("K15", "80 % of all shards together are told once a crossing", filling_is_told_once_for_all_shards)
    RUN("K16 K17", "a window has rates of its own", windows_have_rates_of_their_own)
    RUN("K23 K28", "presets have their numbers", presets_have_their_numbers)
    RUN("K20", "a shard with more than 3 times the average is told once", a_hash_that_fills_one_shard_is_told)
    RUN("K20", "not at 3 times, but above", uneven_is_more_than_three_times_the_average)
}
