/* targets: hosted */
/* Loading: what is missing is produced once; failures, stale values, loads within loads; leases that know of them. One thread. */
#include "../../perfkit_cache.h"
#include "../support/test.h"

static pk_cache cache;
static pk_time now;
static pk_time clock_of_test(void *user) {
    (void)user;
    return now;
}
static pk_cache_desc desc_of(uint32_t key_size, uint32_t value_size) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.capacity = 64;
    desc.key_size = key_size;
    desc.value_size = value_size;
    desc.ttl_ms = 1000;
    desc.clock = clock_of_test;
    now = 100;
    return desc;
}
static void open_as(const pk_cache_desc *desc) { CHECK_STATUS(pk_cache_init(&cache, desc), PK_OK); }
static void close_it(void) { CHECK_STATUS(pk_cache_close(&cache), PK_OK); }

/* A source of numbers: the value of a key is 10 × key + round. */
static struct {
    unsigned calls, round;
    pk_status fail; /* PK_OK: it doesn't */
    pk_time ttl;
    void (*during)(uint32_t key); /* what happens while it works */
} source;
static pk_status from_source(void *user, const void *key, size_t key_len, void *value, size_t size, size_t *len, pk_time *ttl_ms) {
    uint32_t k, v;
    CHECK(user == &source);
    CHECK_EQ(key_len, 4);
    CHECK_EQ(*ttl_ms, 0);
    memcpy(&k, key, 4);
    source.calls++;
    v = 10 * k + source.round;
    if (source.during) source.during(k);
    if (size < 4) return PK_TOO_BIG;
    memcpy(value, &v, 4);
    *len = 4;
    *ttl_ms = source.ttl;
    return source.fail;
}
static void reset_source(void) { memset(&source, 0, sizeof source); }
static uint32_t got;
static pk_status load(uint32_t key) {
    size_t len = 0;
    pk_status status;
    got = 0;
    status = pk_cache_get_or_load(&cache, &key, sizeof key, &got, sizeof got, &len, from_source, &source);
    if (status == PK_OK) CHECK_EQ(len, 4);
    return status;
}
static pk_status get(uint32_t key) { return pk_cache_get(&cache, &key, sizeof key, &got, sizeof got, NULL); }
static pk_status put(uint32_t key, uint32_t value) { return pk_cache_put(&cache, &key, sizeof key, &value, sizeof value, 0); }
static pk_status drop(uint32_t key) { return pk_cache_remove(&cache, &key, sizeof key); }
static pk_cache_load_stats stats(void) {
    pk_cache_load_stats s;
    CHECK_STATUS(pk_cache_get_load_stats(&cache, &s), PK_OK);
    return s;
}
static pk_cache_stats counts(void) {
    pk_cache_stats s;
    CHECK_STATUS(pk_cache_get_stats(&cache, &s), PK_OK);
    return s;
}
static const struct {
    uint32_t key_size, value_size;
    uint8_t policy;
} kinds[] = {{4, 4, PK_CACHE_LRU}, {4, 0, PK_CACHE_LRU}, {0, 4, PK_CACHE_LRU}, {0, 0, PK_CACHE_LRU},
             {4, 4, PK_CACHE_S3FIFO}, {0, 4, PK_CACHE_S3FIFO}, {0, 0, PK_CACHE_S3FIFO}};
static void for_each_kind(void (*test)(pk_cache_desc desc)) {
    size_t i;
    for (i = 0; i < PK__COUNTOF(kinds); i++) {
        pk_cache_desc desc = desc_of(kinds[i].key_size, kinds[i].value_size);
        desc.policy = kinds[i].policy;
        reset_source();
        test(desc);
    }
}

static void a_miss_loads_once(pk_cache_desc desc) {
    pk_cache_load_stats s;
    open_as(&desc);
    CHECK_STATUS(load(7), PK_OK);
    CHECK_EQ(got, 70);
    CHECK_STATUS(load(7), PK_OK);
    CHECK_EQ(got, 70);
    CHECK_EQ(source.calls, 1);
    CHECK_EQ(counts().hits, 1);
    CHECK_EQ(counts().misses, 1);
    CHECK_EQ(counts().puts, 1);
    now += 999;
    CHECK_STATUS(load(7), PK_OK);
    CHECK_EQ(source.calls, 1);
    now += 1; /* the default time to live is over */
    source.round = 1;
    source.ttl = 50;
    CHECK_STATUS(load(7), PK_OK);
    CHECK_EQ(got, 71);
    now += 50; /* the loader's own, too */
    source.ttl = PK_TTL_NEVER;
    CHECK_STATUS(load(7), PK_OK);
    CHECK_EQ(source.calls, 3);
    now += PK_TTL_MAX;
    CHECK_STATUS(load(7), PK_OK);
    CHECK_EQ(source.calls, 3);
    s = stats();
    CHECK_EQ(s.loads, 3);
    CHECK_EQ(s.load_failures + s.waits + s.stale_served + s.negative_hits + s.discarded + s.loading, 0);
    close_it();
    CHECK_STATUS(load(7), PK_CLOSED);
}
static void each_kind_loads_once(void) { for_each_kind(a_miss_loads_once); }

static void failures_are_not_put(pk_cache_desc desc) {
    open_as(&desc);
    source.fail = PK_IO;
    CHECK_STATUS(load(7), PK_IO);
    CHECK_EQ(pk_cache_count(&cache), 0);
    CHECK_STATUS(load(7), PK_IO);
    CHECK_EQ(source.calls, 2);
    source.fail = PK_OK;
    CHECK_STATUS(load(7), PK_OK);
    CHECK_EQ(got, 70);
    CHECK_EQ(stats().load_failures, 2);
    close_it();
}
static void each_kind_forgets_failures(void) { for_each_kind(failures_are_not_put); }

static unsigned told;
static void on_evict(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    (void)user;
    (void)item;
    (void)reason;
    told++;
}
static void failures_are_remembered(pk_cache_desc desc) {
    uint32_t key;
    desc.negative_ttl_ms = 200;
    desc.on_evict = on_evict;
    told = 0;
    open_as(&desc);
    source.fail = PK_NOT_FOUND;
    CHECK_STATUS(load(7), PK_NOT_FOUND);
    CHECK_STATUS(load(7), PK_NOT_FOUND);
    source.fail = PK_IO;
    CHECK_STATUS(load(7), PK_NOT_FOUND); /* as it was remembered */
    CHECK_EQ(source.calls, 1);
    CHECK_EQ(stats().negative_hits, 2);
    CHECK_STATUS(get(7), PK_NOT_FOUND);
    CHECK(!pk_cache_contains(&cache, "\7\0\0", 4));
    CHECK_EQ(counts().misses, 4);
    CHECK_EQ(counts().puts, 0);
    now += 199;
    CHECK_STATUS(load(7), PK_NOT_FOUND);
    now += 1;
    CHECK_STATUS(load(7), PK_IO);
    CHECK_EQ(source.calls, 2);
    CHECK_STATUS(put(7, 5), PK_OK); /* a put ends it */
    CHECK_STATUS(load(7), PK_OK);
    CHECK_EQ(got, 5);
    CHECK_STATUS(load(8), PK_IO);
    CHECK_STATUS(drop(8), PK_NOT_FOUND); /* and a removal */
    source.fail = PK_OK;
    CHECK_STATUS(load(8), PK_OK);
    CHECK_EQ(got, 80);
    CHECK_EQ(told, 0); /* nothing of the user's has left */
    source.fail = PK_IO;
    for (key = 100; key < 400; key++) CHECK_STATUS(load(key), PK_IO); /* they are entries, and evict */
    CHECK(pk_cache_count(&cache) <= 64);
    if (desc.policy == PK_CACHE_LRU) CHECK_EQ(told, 2);
    now += 200;
    (void)pk_cache_tick(&cache, now, 200);
    CHECK(pk_cache_count(&cache) <= 2 - told);
    CHECK_STATUS(load(9), PK_IO);
    close_it();
    CHECK_EQ(told, 2);
}
static void each_kind_remembers_failures(void) { for_each_kind(failures_are_remembered); }

static void stale_values_are_served(pk_cache_desc desc) {
    desc.stale_ms = 300;
    open_as(&desc);
    CHECK_STATUS(load(7), PK_OK);
    now += 1000;
    CHECK_STATUS(get(7), PK_NOT_FOUND); /* to a plain get it is over */
    CHECK_EQ(pk_cache_tick(&cache, now, 64), 0); /* and yet it is kept */
    source.fail = PK_IO;
    CHECK_STATUS(load(7), PK_OK);
    CHECK_EQ(got, 70); /* better than the failure */
    CHECK_EQ(source.calls, 2);
    CHECK_EQ(stats().load_failures, 1);
    CHECK_EQ(stats().stale_served, 1);
    now += 299;
    CHECK_STATUS(load(7), PK_OK);
    CHECK_EQ(source.calls, 3);
    now += 1; /* now it has gone too far */
    CHECK_STATUS(load(7), PK_IO);
    CHECK_EQ(pk_cache_count(&cache), 0);
    source.fail = PK_OK;
    source.round = 2;
    CHECK_STATUS(load(7), PK_OK);
    CHECK_EQ(got, 72);
    now += 1000;
    source.round = 3;
    CHECK_STATUS(load(7), PK_OK); /* refreshed */
    CHECK_EQ(got, 73);
    now += 1000;
    CHECK_STATUS(drop(7), PK_NOT_FOUND); /* a removal ends stale values */
    source.fail = PK_IO;
    CHECK_STATUS(load(7), PK_IO);
    source.fail = PK_OK;
    CHECK_STATUS(load(7), PK_OK);
    now += 1000;
    CHECK_STATUS(put(7, 1), PK_OK);
    CHECK_STATUS(load(7), PK_OK);
    CHECK_EQ(got, 1);
    now += 1300;
    CHECK_EQ(pk_cache_tick(&cache, now, 64), 1);
    CHECK_STATUS(load(7), PK_OK);
    now += PK_TTL_MAX + 5000; /* long asleep: nothing comes back, not as stale either */
    source.fail = PK_IO;
    CHECK_STATUS(load(7), PK_IO);
    close_it();
}
static void each_kind_serves_stale(void) { for_each_kind(stale_values_are_served); }

static void a_failed_refresh_is_put_off(pk_cache_desc desc) {
    desc.stale_ms = 1000;
    desc.negative_ttl_ms = 100;
    open_as(&desc);
    CHECK_STATUS(load(7), PK_OK);
    now += 1000;
    source.fail = PK_IO;
    CHECK_STATUS(load(7), PK_OK);
    CHECK_EQ(source.calls, 2);
    now += 99;
    CHECK_STATUS(load(7), PK_OK);
    CHECK_EQ(got, 70);
    CHECK_EQ(source.calls, 2);
    CHECK_EQ(stats().stale_served, 2);
    now += 1;
    source.fail = PK_OK;
    source.round = 1;
    CHECK_STATUS(load(7), PK_OK);
    CHECK_EQ(got, 71);
    CHECK_EQ(source.calls, 3);
    now += 2000; /* past stale: a failure is one again */
    source.fail = PK_IO;
    CHECK_STATUS(load(7), PK_IO);
    CHECK_STATUS(load(7), PK_IO);
    CHECK_EQ(source.calls, 4);
    close_it();
}
static void each_kind_puts_refreshes_off(void) { for_each_kind(a_failed_refresh_is_put_off); }

static pk_status within; /* what a call within the loader answered */
static void asks_for_itself(uint32_t key) { within = load(key); }
static void asks_for_the_next(uint32_t key) {
    if (key < 5) within = load(key + 1);
}
static void asks_around(uint32_t key) { within = load(key == 3 ? 1 : key + 1); }
static void asks_for_ever(uint32_t key) { within = load(key + 1); }
static unsigned times_removed;
static void removes_and_asks(uint32_t key) {
    if (times_removed++ > 9) return;
    (void)drop(key);
    within = load(key);
}
static void loads_within_loads(pk_cache_desc desc) {
    uint32_t key;
    desc.max_loads = 6;
    desc.stale_ms = 300;
    open_as(&desc);
    source.during = asks_for_itself;
    CHECK_STATUS(load(9), PK_OK);
    CHECK_STATUS(within, PK_CYCLE);
    CHECK_EQ(source.calls, 1);
    source.during = asks_for_the_next;
    CHECK_STATUS(load(1), PK_OK);
    CHECK_EQ(source.calls, 6);
    for (key = 1; key <= 5; key++) CHECK_STATUS(get(key), PK_OK);
    CHECK_STATUS(pk_cache_clear(&cache), PK_OK);
    source.during = asks_around;
    source.calls = 0;
    within = PK_OK;
    CHECK_STATUS(load(1), PK_OK);
    CHECK_EQ(source.calls, 3);
    CHECK_STATUS(pk_cache_clear(&cache), PK_OK);
    source.during = asks_for_ever;
    source.calls = 0;
    CHECK_STATUS(load(1), PK_OK);
    CHECK_EQ(source.calls, 6);
    CHECK_EQ(stats().loading, 0);
    CHECK_STATUS(pk_cache_clear(&cache), PK_OK);
    source.during = removes_and_asks;
    times_removed = 0;
    CHECK_STATUS(load(1), PK_OK);
    CHECK_EQ(times_removed, 1);
    CHECK_STATUS(within, PK_CYCLE);
    source.during = NULL;
    CHECK_STATUS(load(2), PK_OK);
    now += 1000;
    source.during = asks_for_itself; /* a stale value breaks the cycle */
    source.round = 1;
    CHECK_STATUS(load(2), PK_OK);
    CHECK_STATUS(within, PK_OK);
    CHECK_EQ(stats().stale_served, 1);
    close_it();
}
static void each_kind_nests(void) { for_each_kind(loads_within_loads); }

static void puts_it(uint32_t key) { within = put(key, 5); }
static void removes_it(uint32_t key) { within = drop(key); }
static void clears_all(uint32_t key) {
    (void)key;
    within = pk_cache_clear(&cache);
}
static void touches_others(uint32_t key) {
    within = put(key + 1, 5);
    (void)drop(key + 1);
}
static void closes_it(uint32_t key) {
    (void)key;
    within = pk_cache_close(&cache);
}
static void what_happens_meanwhile_stands(pk_cache_desc desc) {
    desc.negative_ttl_ms = 500;
    open_as(&desc);
    source.during = puts_it;
    CHECK_STATUS(load(1), PK_OK);
    CHECK_EQ(got, 10); /* who asked before gets what was loaded */
    CHECK_STATUS(get(1), PK_OK);
    CHECK_EQ(got, 5); /* who asks after, what was put */
    source.during = removes_it;
    CHECK_STATUS(load(2), PK_OK);
    CHECK_EQ(got, 20);
    CHECK_STATUS(get(2), PK_NOT_FOUND);
    source.during = clears_all;
    CHECK_STATUS(load(3), PK_OK);
    CHECK_EQ(pk_cache_count(&cache), 0);
    CHECK_EQ(stats().discarded, 3);
    source.during = touches_others;
    CHECK_STATUS(load(4), PK_OK);
    CHECK_STATUS(get(4), PK_OK);
    CHECK_EQ(stats().discarded, 3);
    source.during = removes_it; /* a failure from before a removal is not remembered either */
    source.fail = PK_IO;
    CHECK_STATUS(load(5), PK_IO);
    source.during = NULL;
    source.fail = PK_OK;
    CHECK_STATUS(load(5), PK_OK);
    source.during = closes_it;
    CHECK_STATUS(load(6), PK_OK);
    CHECK_STATUS(within, PK_BUSY);
    CHECK_STATUS(get(6), PK_OK);
    close_it();
}
static void each_kind_heeds_what_happens(void) { for_each_kind(what_happens_meanwhile_stands); }

static pk_status long_value(void *user, const void *key, size_t key_len, void *value, size_t size, size_t *len, pk_time *ttl_ms) {
    size_t wanted = *(const size_t *)user;
    (void)key;
    (void)key_len;
    (void)ttl_ms;
    *len = wanted;
    if (size < wanted) return PK_TOO_BIG;
    memset(value, 0x5A, wanted);
    return PK_OK;
}
static void lengths_have_bounds(void) {
    static unsigned char room[3000];
    pk_cache_desc desc = desc_of(4, 0);
    size_t wanted = 100, len = 0;
    uint32_t key = 1;
    desc.capacity = 4;
    desc.slot_size = 64;
    desc.max_bytes = 1024;
    open_as(&desc);
    CHECK_STATUS(pk_cache_get_or_load(&cache, &key, 4, room, 99, &len, long_value, &wanted), PK_TOO_BIG);
    CHECK_EQ(len, 100);
    CHECK_EQ(pk_cache_count(&cache), 0);
    CHECK_STATUS(pk_cache_get_or_load(&cache, &key, 4, room, 100, &len, long_value, &wanted), PK_OK);
    CHECK_EQ(len, 100);
    CHECK_STATUS(pk_cache_get_or_load(&cache, &key, 4, room, 99, &len, long_value, &wanted), PK_TOO_BIG); /* there, by now */
    wanted = 2000; /* fits the room, but no slots */
    key = 2;
    CHECK_STATUS(pk_cache_get_or_load(&cache, &key, 4, room, sizeof room, &len, long_value, &wanted), PK_TOO_BIG);
    CHECK_EQ(pk_cache_count(&cache), 1);
    close_it();
    desc = desc_of(4, 4);
    open_as(&desc);
    CHECK_STATUS(pk_cache_get_or_load(&cache, &key, 4, room, 3, &len, long_value, &wanted), PK_TOO_BIG);
    CHECK_EQ(len, 4);
    CHECK_STATUS(pk_cache_get_or_load(&cache, &key, 3, room, 4, &len, long_value, &wanted), PK_INVALID);
    wanted = 8; /* a loader that errs about a fixed size */
    CHECK_STATUS(pk_cache_get_or_load(&cache, &key, 4, room, 8, &len, long_value, &wanted), PK_INVALID);
    CHECK_EQ(pk_cache_count(&cache), 0);
    close_it();
}
static void ttls_have_bounds(void) {
    pk_cache_desc desc = desc_of(4, 4);
    reset_source();
    open_as(&desc);
    source.ttl = PK_TTL_MAX + 1;
    CHECK_STATUS(load(1), PK_INVALID);
    CHECK_EQ(pk_cache_count(&cache), 0);
    close_it();
    desc.stale_ms = PK_TTL_MAX / 2 + 1;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_INVALID);
    desc.stale_ms = 0;
    desc.negative_ttl_ms = PK_TTL_MAX / 2 + 1;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_INVALID);
    desc.negative_ttl_ms = 0;
    desc.lease_ms = PK_TTL_MAX + 1;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_INVALID);
}

static void prefetch_loads_what_is_missing(pk_cache_desc desc) {
    static const uint32_t keys[6] = {1, 2, 3, 4, 5, 6};
    uint32_t room;
    size_t failed = 99;
    uint32_t key;
    open_as(&desc);
    CHECK_STATUS(put(2, 5), PK_OK);
    CHECK_STATUS(pk_cache_prefetch(&cache, keys, 4, 6, &room, sizeof room, from_source, &source, &failed), PK_OK);
    CHECK_EQ(failed, 0);
    CHECK_EQ(source.calls, 5);
    CHECK_EQ(counts().misses + counts().hits, 0);
    for (key = 1; key <= 6; key++) {
        CHECK_STATUS(get(key), PK_OK);
        CHECK_EQ(got, key == 2 ? 5 : 10 * key);
    }
    CHECK_STATUS(pk_cache_clear(&cache), PK_OK);
    source.fail = PK_IO;
    CHECK_STATUS(put(2, 5), PK_OK);
    CHECK_STATUS(pk_cache_prefetch(&cache, keys, 4, 6, &room, sizeof room, from_source, &source, &failed), PK_IO);
    CHECK_EQ(failed, 5);
    CHECK_EQ(pk_cache_count(&cache), 1);
    CHECK_STATUS(pk_cache_prefetch(&cache, keys, 4, 0, &room, sizeof room, from_source, &source, NULL), PK_OK);
    close_it();
}
static void prefetch_uses_what_is_there(void) {
    static const uint32_t key = 1;
    pk_cache_desc desc = desc_of(4, 4);
    uint32_t room;
    desc.capacity = 2;
    open_as(&desc);
    CHECK_STATUS(put(1, 5), PK_OK);
    CHECK_STATUS(put(2, 5), PK_OK);
    CHECK_STATUS(pk_cache_prefetch(&cache, &key, 4, 1, &room, sizeof room, from_source, &source, NULL), PK_OK);
    CHECK_STATUS(put(3, 5), PK_OK);
    CHECK_STATUS(get(1), PK_OK);
    CHECK_EQ(counts().puts, 3);
    close_it();
}
static void each_kind_prefetches(void) { for_each_kind(prefetch_loads_what_is_missing); }

/* A second level: what the first evicts goes there, and what it misses comes from there, or else from the source. */
static pk_cache second;
static void to_second(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    (void)user;
    if (reason == PK_EVICT_LRU) (void)pk_cache_put(&second, item->key, item->key_len, item->value, item->value_len, 0);
}
static pk_status from_second(void *user, const void *key, size_t key_len, void *value, size_t size, size_t *len, pk_time *ttl_ms) {
    (void)ttl_ms;
    return pk_cache_get_or_load(&second, key, key_len, value, size, len, from_source, user);
}
static void a_second_level_plugs_in(void) {
    pk_cache_desc desc = desc_of(4, 4);
    uint32_t key, found;
    reset_source();
    desc.capacity = 1000;
    CHECK_STATUS(pk_cache_init(&second, &desc), PK_OK);
    desc.capacity = 10;
    desc.on_evict = to_second;
    open_as(&desc);
    for (key = 0; key < 100; key++) {
        CHECK_STATUS(pk_cache_get_or_load(&cache, &key, 4, &found, 4, NULL, from_second, &source), PK_OK);
        CHECK_EQ(found, 10 * key);
    }
    for (key = 0; key < 100; key++) {
        CHECK_STATUS(pk_cache_get_or_load(&cache, &key, 4, &found, 4, NULL, from_second, &source), PK_OK);
        CHECK_EQ(found, 10 * key);
    }
    CHECK_EQ(source.calls, 100);
    close_it();
    CHECK_STATUS(pk_cache_close(&second), PK_OK);
}

/* With prompt_expiry entries leave when what they may still be used for is over. */
static void a_wheel_waits_for_stale_values(void) {
    pk_cache_desc desc = desc_of(4, 4);
    reset_source();
    desc.prompt_expiry = true;
    desc.stale_ms = 300;
    desc.negative_ttl_ms = 100;
    open_as(&desc);
    CHECK_STATUS(load(1), PK_OK);
    source.fail = PK_IO;
    CHECK_STATUS(load(2), PK_IO);
    CHECK_EQ(pk_cache_count(&cache), 2);
    now += 99;
    CHECK_EQ(pk_cache_tick(&cache, now, 100), 0);
    CHECK_STATUS(load(2), PK_IO);
    CHECK_EQ(source.calls, 2);
    now += 1;
    CHECK_EQ(pk_cache_tick(&cache, now, 100), 1); /* the failure */
    now += 1199;
    CHECK_EQ(pk_cache_tick(&cache, now, 100), 0);
    CHECK_STATUS(load(1), PK_OK); /* stale, at the last moment */
    CHECK_EQ(got, 10);
    now += 1;
    CHECK_EQ(pk_cache_tick(&cache, now, 100), 1);
    CHECK_EQ(pk_cache_count(&cache), 0);
    close_it();
}

/* Leases where there are stale values and failures. */
static pk_cache_lease lease;
static pk_status lease_of(uint32_t key) {
    return pk_cache_get_or_lease(&cache, &key, sizeof key, &got, sizeof got, NULL, &lease);
}
static void leases_know_stale_values(pk_cache_desc desc) {
    pk_cache_lease first;
    uint32_t value = 8;
    desc.stale_ms = 300;
    desc.negative_ttl_ms = 100;
    desc.max_loads = 2;
    desc.lease_ms = 50;
    open_as(&desc);
    CHECK_STATUS(put(1, 7), PK_OK);
    CHECK_STATUS(lease_of(1), PK_OK);
    now += 1000;
    CHECK_STATUS(lease_of(1), PK_STALE); /* this caller refreshes */
    CHECK_EQ(got, 7);
    CHECK(pk_cache_lease_granted(&lease));
    first = lease;
    got = 0;
    CHECK_STATUS(lease_of(1), PK_OK); /* the others need not care */
    CHECK_EQ(got, 7);
    CHECK(!pk_cache_lease_granted(&lease));
    CHECK_EQ(stats().stale_served, 2);
    CHECK_STATUS(pk_cache_fill(&cache, &first, &value, sizeof value, 0), PK_OK);
    CHECK_STATUS(lease_of(1), PK_OK);
    CHECK_EQ(got, 8);
    CHECK_EQ(pk_cache_count(&cache), 1);
    CHECK_STATUS(lease_of(2), PK_NOT_FOUND); /* failures */
    CHECK_STATUS(pk_cache_abandon(&cache, &lease, PK_IO), PK_OK);
    CHECK_STATUS(lease_of(2), PK_IO);
    CHECK_STATUS(load(2), PK_IO);
    now += 100;
    CHECK_STATUS(lease_of(2), PK_NOT_FOUND);
    CHECK_STATUS(pk_cache_abandon(&cache, &lease, PK_NOT_FOUND), PK_OK);
    CHECK_STATUS(lease_of(2), PK_CREATE_FAILED); /* for PK_NOT_FOUND would mean a lease */
    CHECK_STATUS(load(2), PK_NOT_FOUND);
    now += 100;
    CHECK_STATUS(lease_of(2), PK_NOT_FOUND);
    CHECK_STATUS(load(2), PK_OK); /* a load is no lease, and its put ends one */
    CHECK_STATUS(pk_cache_fill(&cache, &lease, &value, sizeof value, 0), PK_STALE);
    close_it();
}
static void each_kind_leases(void) { for_each_kind(leases_know_stale_values); }

static void memory_of_leases_is_asked_for(void) {
    pk_cache_desc desc = desc_of(4, 4);
    size_t without = pk_cache_memory_needed(&desc);
    reset_source();
    open_as(&desc);
    CHECK_STATUS(lease_of(1), PK_UNSUPPORTED);
    CHECK_STATUS(load(1), PK_OK); /* which loads don't need */
    close_it();
    CHECK(without <= PK_CACHE_BYTES(64, 4, 4));
    desc.max_loads = 100;
    CHECK(pk_cache_memory_needed(&desc) >= without + 100 * (4 + 4));
    open_as(&desc);
    CHECK_STATUS(lease_of(1), PK_NOT_FOUND);
    close_it();
}

TESTS {
    RUN("K27 K34", "a miss loads once, with the loader's time to live; a second get calls no loader", each_kind_loads_once)
    RUN("K27", "a failure is handed out and not stored", each_kind_forgets_failures)
    RUN("K27", "with negative_ttl_ms it is remembered for so long, or until the key is put or removed", each_kind_remembers_failures)
    RUN("K27", "within stale_ms an old value is better than a failure, and plain gets don't see it", each_kind_serves_stale)
    RUN("K27", "a failed refresh is not tried again at once where failures are remembered", each_kind_puts_refreshes_off)
    RUN("K27", "loaders may load other keys, not their own, and not without end", each_kind_nests)
    RUN("K27", "put, remove, clear and close while a load runs", each_kind_heeds_what_happens)
    RUN("K27", "a value that does not fit is PK_TOO_BIG", lengths_have_bounds)
    RUN("K27", "times out of range are PK_INVALID", ttls_have_bounds)
    RUN("K49", "prefetch loads what is missing and counts what fails", each_kind_prefetches)
    RUN("K27", "what prefetch finds becomes the most recent", prefetch_uses_what_is_there)
    RUN("K49 K29", "a second level plugs in by a loader and on_evict", a_second_level_plugs_in)
    RUN("K27", "prompt expiry waits for stale values and failures", a_wheel_waits_for_stale_values)
    RUN("K27", "leases serve stale values and remember failures", each_kind_leases)
    RUN("K27", "leases take memory only where asked for", memory_of_leases_is_asked_for)
}
