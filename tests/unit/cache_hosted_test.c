/* targets: hosted */
/* What only a hosted cache has: defaults, the heap, events, large capacities, and keys chosen to collide. */
#define PERFKIT_CACHE_IMPLEMENTATION
#include "../../perfkit_cache.h"
#include "../support/test.h"

typedef struct payload { uint64_t words[8]; } payload;
PK_CACHE_DEFINE(payloads, uint64_t, payload)

static pk_event last_event;
static int events;
static void see(void *user, const pk_event *event) {
    (void)user;
    last_event = *event;
    events++;
}
static pk_time now;
static pk_time clock_of_test(void *user) {
    (void)user;
    return now;
}

static void the_defaults_are_1000_entries_for_5_minutes(void) {
    payloads cache;
    payload p;
    pk_time left = 0;
    uint64_t key;
    memset(&p, 0, sizeof p);
    CHECK_STATUS(payloads_init(&cache, NULL), PK_OK);
    for (key = 0; key < 1500; key++) CHECK_STATUS(payloads_put(&cache, key, &p, 0), PK_OK);
    CHECK_EQ(payloads_count(&cache), 1000);
    key = 1499;
    CHECK_STATUS(pk_cache_peek(&cache.cache, &key, sizeof key, &p, sizeof p, NULL, &left), PK_OK);
    CHECK(left <= 300000 && left > 290000);
    CHECK_STATUS(payloads_close(&cache), PK_OK);
}
static void the_defaults_for_varying_lengths(void) {
    pk_cache cache;
    pk_cache_stats s;
    memset(&s, 0, sizeof s);
    CHECK_STATUS(pk_cache_init(&cache, NULL), PK_OK);
    CHECK_STATUS(pk_cache_put(&cache, "key", 3, "value", 5, 0), PK_OK);
    CHECK_STATUS(pk_cache_get_stats(&cache, &s), PK_OK);
    CHECK_EQ(s.capacity, 1000);
    CHECK_EQ(s.max_bytes, 1000 * 4 * 64);
    CHECK_EQ(s.bytes, 64);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void recommended_times_are_in_their_ranges(void) {
    CHECK(PK_TTL_VOLATILE >= 30000 && PK_TTL_VOLATILE <= 60000);
    CHECK(PK_TTL_STATIC >= 300000 && PK_TTL_STATIC <= 1800000);
}
static void overhead_per_entry_is_within_its_bounds(void) {
    static const uint32_t capacities[] = {254, 65534, 1000000};
    static const unsigned most[] = {10, 16, 20};
    pk_cache_desc desc;
    size_t i, fixed;
    memset(&desc, 0, sizeof desc);
    desc.key_size = 8;
    desc.value_size = 64;
    desc.capacity = 1;
    desc.max_pins = 1; /* their table is beside */
    fixed = pk_cache_memory_needed(&desc); /* what does not depend on the capacity, and one entry */
    for (i = 0; i < 3; i++) {
        if (PERFKIT_CACHE_LINK_BITS || PERFKIT_TIME_BITS != 32) continue;
        desc.capacity = capacities[i];
        CHECK((pk_cache_memory_needed(&desc) - fixed) / desc.capacity < 72 + most[i]);
    }
    CHECK(sizeof(pk_cache) <= 96);
}
static void a_capacity_of_each_link_width_works(void) {
    static const uint32_t capacities[] = {1, 7, 254, 255, 3000, 65534, 65535};
    size_t i;
    for (i = 0; i < PK__COUNTOF(capacities); i++) {
        payloads cache;
        pk_cache_desc desc;
        payload p;
        uint64_t key, n = capacities[i], last = n < 4000 ? 2 * n : n + 2000, wrong = 0;
        memset(&desc, 0, sizeof desc);
        memset(&p, 0, sizeof p);
        desc.capacity = capacities[i];
        if (PERFKIT_CACHE_LINK_BITS == 8 && n > 254) continue;
        if (PERFKIT_CACHE_LINK_BITS == 16 && n > 65534) continue;
        CHECK_STATUS(payloads_init(&cache, &desc), PK_OK);
        for (key = 0; key < last; key++) {
            p.words[7] = key;
            if (payloads_put(&cache, key, &p, 0) != PK_OK) wrong++;
        }
        for (key = 0; key < last; key++) {
            if (payloads_get(&cache, key, &p) != (key < last - n ? PK_NOT_FOUND : PK_OK)) wrong++;
            if (key >= last - n && p.words[7] != key) wrong++;
        }
        CHECK_EQ(wrong, 0);
        CHECK_EQ(payloads_count(&cache), n);
        CHECK_STATUS(payloads_close(&cache), PK_OK);
    }
}
/* K07: the groups that lookups visit, counted from the index itself, in a cache through which many keys have passed: 1.3 or so,
   whatever the capacity. The seed is random, so that a small cache may be unlucky. */
static void lookups_visit_few_groups(void) {
    static const uint32_t capacities[] = {200, 1000, 30000}, most_percent[] = {400, 200, 150}; /* of groups, a lookup */
    size_t i;
    for (i = 0; i < 3; i++) {
        payloads cache;
        pk_cache_desc desc;
        payload p;
        uint64_t key;
        unsigned long visited = 0, n = capacities[i] < 4000 ? 4000 : capacities[i];
        if (PERFKIT_CACHE_LINK_BITS == 8 || (PERFKIT_CACHE_LINK_BITS == 16 && i == 2)) continue;
        memset(&desc, 0, sizeof desc);
        memset(&p, 0, sizeof p);
        desc.capacity = capacities[i];
        CHECK_STATUS(payloads_init(&cache, &desc), PK_OK);
        for (key = 0; key < 4 * n; key++) CHECK_STATUS(payloads_put(&cache, key, &p, 0), PK_OK);
        for (key = 0; key < n; key++) { /* the way of a key that is not there */
            pk_hash hash = pk__cache_hash_bytes(cache.cache.seed, &key, sizeof key);
            pk__cache_n g = pk__cache_home(&cache.cache, hash), probes = 1;
            while (pk__cache_was_passed(cache.cache.index + (size_t)g * 16 * cache.cache.width, cache.cache.width, hash) && probes < 64)
                g = pk__cache_onward(&cache.cache, g, hash, probes++);
            visited += probes;
        }
        CHECK(visited * 100 / n < most_percent[i]);
        CHECK_STATUS(payloads_clear(&cache), PK_OK);
        CHECK_STATUS(payloads_close(&cache), PK_OK);
    }
}
static pk_hash same_hash(void *user, const void *key, size_t len) {
    (void)user;
    (void)key;
    (void)len;
    return 42;
}
static unsigned crowded;
static void count_crowded(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    (void)user;
    (void)item;
    if (reason == PK_EVICT_CROWDED) crowded++;
}
static void colliding_keys_cost_no_more_than_64_groups(void) {
    payloads cache;
    pk_cache_stats stats;
    pk_cache_desc desc;
    payload p;
    uint64_t key, found = 0, lanes = 0;
    if (PERFKIT_CACHE_LINK_BITS == 8) return; /* 64 groups hold more than it does */
    memset(&desc, 0, sizeof desc);
    memset(&p, 0, sizeof p);
    crowded = 0;
    desc.capacity = 5000;
    desc.hash = same_hash;
    desc.on_evict = count_crowded;
    desc.on_event = see;
    events = 0;
    CHECK_STATUS(payloads_init(&cache, &desc), PK_OK);
    lanes = 64 * PK__CACHE_LANES(cache.cache.width);
    for (key = 0; key < lanes + 100; key++) CHECK_STATUS(payloads_put(&cache, key, &p, 0), PK_OK);
    CHECK_EQ(payloads_count(&cache), lanes);
    CHECK_EQ(crowded, 100);
    CHECK_EQ(events, 100);
    CHECK_EQ(last_event.kind, PK_CACHE_EVENT_CROWDED);
    CHECK_STATUS(pk_cache_get_stats(&cache.cache, &stats), PK_OK);
    CHECK_EQ(stats.left[PK_EVICT_CROWDED], 100);
    CHECK_EQ(pk_cache_eviction_rate(&stats), 1000000 / (lanes + 100));
    for (key = 0; key < lanes + 100; key++) found += payloads_get(&cache, key, &p) == PK_OK;
    CHECK_EQ(found, lanes);
    for (key = 0; key < lanes + 100; key++) (void)payloads_remove(&cache, key);
    CHECK_EQ(payloads_count(&cache), 0);
    for (key = 0; key < cache.cache.groups * (uint64_t)16 * cache.cache.width; key++) /* nothing of them is left in the index */
        if (key % (16u * cache.cache.width) < PK__CACHE_LANES(cache.cache.width)) found += cache.cache.index[key];
    CHECK_EQ(found, lanes);
    CHECK_STATUS(payloads_close(&cache), PK_OK);
}
/* All groups in reach are full, and some or all of their entries pinned: an unpinned one in reach goes, if there is one. */
static void pins_in_crowded_groups_stay(void) {
#if PERFKIT_CACHE_PINS
    static pk_cache_item items[64 * 12];
    payloads cache;
    pk_cache_desc desc;
    payload p;
    uint64_t key, lanes, pinned;
    if (PERFKIT_CACHE_LINK_BITS == 8) return;
    memset(&desc, 0, sizeof desc);
    memset(&p, 0, sizeof p);
    crowded = 0;
    desc.capacity = 5000;
    desc.max_pins = 5000;
    desc.hash = same_hash;
    desc.on_evict = count_crowded;
    CHECK_STATUS(payloads_init(&cache, &desc), PK_OK);
    lanes = 64 * PK__CACHE_LANES(cache.cache.width);
    for (key = 0; key < lanes; key++) CHECK_STATUS(payloads_put(&cache, key, &p, 0), PK_OK);
    for (pinned = 0; pinned < lanes; pinned++)
        CHECK_STATUS(pk_cache_get_ref(&cache.cache, &pinned, sizeof pinned, &items[pinned]), PK_OK);
    key = 5000000;
    CHECK_STATUS(payloads_put(&cache, key, &p, 0), PK_FULL);
    CHECK_EQ(payloads_count(&cache), lanes);
    CHECK_EQ(crowded, 0);
    CHECK_STATUS(pk_cache_release(&cache.cache, &items[lanes / 2]), PK_OK); /* far from the home group */
    CHECK_STATUS(payloads_put(&cache, key, &p, 0), PK_OK);
    CHECK_EQ(crowded, 1);
    CHECK(payloads_contains(&cache, key) && !payloads_contains(&cache, lanes / 2));
    CHECK_STATUS(payloads_put(&cache, key + 1, &p, 0), PK_OK); /* in its place again */
    CHECK_EQ(crowded, 2);
    CHECK_EQ(payloads_count(&cache), lanes);
    for (pinned = 0; pinned < lanes; pinned++) {
        if (pinned == lanes / 2) continue;
        CHECK(payloads_contains(&cache, pinned));
        CHECK_STATUS(pk_cache_release(&cache.cache, &items[pinned]), PK_OK);
    }
    CHECK_STATUS(payloads_close(&cache), PK_OK);
#endif
}
static void filling_up_is_told_once_a_crossing(void) {
    payloads cache;
    pk_cache_desc desc;
    payload p;
    uint64_t key;
    memset(&desc, 0, sizeof desc);
    memset(&p, 0, sizeof p);
    desc.capacity = 100;
    desc.name = "pages";
    desc.on_event = see;
    events = 0;
    CHECK_STATUS(payloads_init(&cache, &desc), PK_OK);
    for (key = 0; key < 79; key++) CHECK_STATUS(payloads_put(&cache, key, &p, 0), PK_OK);
    CHECK_EQ(events, 0);
    for (; key < 300; key++) CHECK_STATUS(payloads_put(&cache, key, &p, 0), PK_OK);
    CHECK_EQ(events, 1);
    CHECK_EQ(last_event.kind, PK_CACHE_EVENT_FILLING);
    CHECK_EQ(last_event.a, 80);
    CHECK_EQ(last_event.b, 100);
    CHECK_TEXT(last_event.object, "pages");
    CHECK_EQ(pk_cache_clear_step(&cache.cache, 50), 50);
    for (; key < 400; key++) CHECK_STATUS(payloads_put(&cache, key, &p, 0), PK_OK);
    CHECK_EQ(events, 2);
    CHECK_STATUS(payloads_close(&cache), PK_OK);
}
static void a_refused_put_is_told(void) {
    pk_cache cache;
    pk_cache_desc desc;
    static char large[70];
    memset(&desc, 0, sizeof desc);
    desc.max_bytes = 64;
    desc.on_event = see;
    events = 0;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
    CHECK_STATUS(pk_cache_put(&cache, "k", 1, large, sizeof large, 0), PK_TOO_BIG);
    CHECK_EQ(events, 1);
    CHECK_EQ(last_event.kind, PK_CACHE_EVENT_TOO_BIG);
    CHECK_EQ(last_event.status, PK_TOO_BIG);
    CHECK_EQ(last_event.a, 71);
    CHECK_EQ(last_event.b, 64);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void the_sweep_passes_every_entry_in_2_to_the_30_ms(void) { /* by operations that never touch the entries themselves */
    payloads cache;
    pk_cache_desc desc;
    payload p;
    uint64_t key;
    int i;
    memset(&desc, 0, sizeof desc);
    memset(&p, 0, sizeof p);
    now = 0xFFFFFF00u;
    desc.capacity = 5000;
    if (PERFKIT_CACHE_LINK_BITS == 8) desc.capacity = 254;
    desc.clock = clock_of_test;
    desc.ttl_ms = 1000;
    CHECK_STATUS(payloads_init(&cache, &desc), PK_OK);
    for (key = 0; key < desc.capacity; key++) CHECK_STATUS(payloads_put(&cache, key, &p, key % 2 ? PK_TTL_NEVER : 0), PK_OK);
    for (i = 0; i < 1100; i++) {
        now += 1u << 20;
        (void)payloads_get(&cache, 1u << 30, &p);
    }
    CHECK_EQ(payloads_count(&cache), desc.capacity / 2);
    for (key = 1; key < desc.capacity; key += 2) CHECK_STATUS(payloads_get(&cache, key, &p), PK_OK);
    CHECK_STATUS(payloads_close(&cache), PK_OK);
}

#if PK__CACHE_SECONDS /* hits that ask for the second instead of reading the clock: of both policies, inline and called */
static void open_timed(payloads *cache, int policy, pk_time ttl) {
    pk_cache_desc desc;
    const struct timespec tick = {0, 1000000};
    payload p;
    unsigned tries;
    memset(&desc, 0, sizeof desc);
    memset(&p, 0, sizeof p);
    desc.policy = (uint8_t)policy;
    desc.capacity = 1000; /* links of 16 bits */
    desc.ttl_ms = ttl;
    CHECK_STATUS(payloads_init(cache, &desc), PK_OK);
    CHECK_STATUS(payloads_put(cache, 1, &p, 0), PK_OK);
    for (tries = 0; cache->cache.second == 0 && tries < 50; tries++) { /* until the clock has gone on once */
        (void)nanosleep(&tick, NULL);
        (void)payloads_get(cache, 2, &p);
    }
}
static pk_status get_in_form(payloads *cache, uint64_t key, int form) {
    payload p;
    return form == 0 ? payloads_get(cache, key, &p) : pk_cache_get(&cache->cache, &key, sizeof key, &p, sizeof p, NULL);
}
/* Whether a hit reads the clock, which was last read 1.5 s ago. */
static bool reads_the_clock(payloads *cache, uint64_t key, int form) {
    unsigned tries;
    for (tries = 0; tries < 3; tries++) { /* the second may end meanwhile */
        const pk_time before = cache->cache.last -= 1500;
        cache->cache.second = (uint32_t)time(NULL);
        CHECK_STATUS(get_in_form(cache, key, form), PK_OK);
        if (cache->cache.last == before) return false;
    }
    return true;
}
static void hits_within_a_second_need_no_clock(void) {
    const struct timespec soon = {0, 30 * 1000000};
    payloads cache;
    payload p;
    int form;
    memset(&p, 0, sizeof p);
    for (form = 0; form < 4; form++) {
        open_timed(&cache, form & 1 ? PK_CACHE_S3FIFO : PK_CACHE_LRU, 0);
        CHECK(cache.cache.second != 0);
        CHECK(!reads_the_clock(&cache, 1, form >> 1));
        cache.cache.second--; /* another one has begun: the clock is read again, and from then on not */
        CHECK_STATUS(get_in_form(&cache, 1, form >> 1), PK_OK);
        CHECK(cache.cache.second != 0 && (uint32_t)time(NULL) - cache.cache.second < 2);
        CHECK_STATUS(payloads_put(&cache, 3, &p, 400), PK_OK); /* what has not that long to live is looked up by the clock */
        CHECK(reads_the_clock(&cache, 3, form >> 1));
        CHECK_STATUS(payloads_put(&cache, 4, &p, 10), PK_OK);
        (void)nanosleep(&soon, NULL);
        CHECK_STATUS(get_in_form(&cache, 4, form >> 1), PK_NOT_FOUND);
        CHECK_STATUS(get_in_form(&cache, 1, form >> 1), PK_OK);
        CHECK_STATUS(payloads_close(&cache), PK_OK);
    }
}
static void short_lived_caches_read_the_clock_at_each_hit(void) {
    payloads cache;
    int form;
    for (form = 0; form < 4; form++) {
        open_timed(&cache, form & 1 ? PK_CACHE_S3FIFO : PK_CACHE_LRU, 4000);
        CHECK_STATUS(get_in_form(&cache, 1, form >> 1), PK_OK);
        CHECK_EQ(cache.cache.second, 0);
        CHECK_STATUS(payloads_close(&cache), PK_OK);
    }
}
#endif

TESTS {
    RUN("K02", "the defaults are 1000 entries for 5 minutes", the_defaults_are_1000_entries_for_5_minutes)
    RUN("K02 K13", "and slots of 64 bytes, 4 an entry, where lengths vary", the_defaults_for_varying_lengths)
    RUN("K24", "the recommended times are in their ranges", recommended_times_are_in_their_ranges)
    RUN("K01 D04", "overhead per entry: 10, 16 and 20 bytes at most", overhead_per_entry_is_within_its_bounds)
    RUN("D04", "capacities of each link width work", a_capacity_of_each_link_width_works)
#if PK__CACHE_SECONDS
    RUN("K03 K06", "hits of what lives for seconds read the clock once a second; others see their end at once", hits_within_a_second_need_no_clock)
    RUN("K06", "and in a cache of short times to live at each hit", short_lived_caches_read_the_clock_at_each_hit)
#endif
    RUN("K07", "a lookup visits few groups, whatever the capacity", lookups_visit_few_groups)
    RUN("K07", "colliding keys cost no more than 64 groups", colliding_keys_cost_no_more_than_64_groups)
    RUN("K07 K13 K29", "pinned entries of crowded groups stay: one in reach that is not pinned goes, else put is refused", pins_in_crowded_groups_stay)
    RUN("K15", "filling up is told once a crossing", filling_up_is_told_once_a_crossing)
    RUN("K13", "a refused put is told", a_refused_put_is_told)
    RUN("D10 K06", "the sweep passes every entry within 2^30 ms", the_sweep_passes_every_entry_in_2_to_the_30_ms)
}
