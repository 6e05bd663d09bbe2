/* targets: hosted */
/* The policy PK_CACHE_S3FIFO: sets of 16 entries with S3-FIFO in each. */
#if defined __STRICT_ANSI__ && !defined _POSIX_C_SOURCE && !defined _GNU_SOURCE
#define _POSIX_C_SOURCE 200809L /* for the implementation, which comes second */
#endif
#include "../../perfkit_cache.h"
PK_CACHE_DEFINE(calls, uint32_t, uint64_t) /* as in a unit without the engine: calls */
#define PERFKIT_CACHE_IMPLEMENTATION
#include "../../perfkit_cache.h"
PK_CACHE_DEFINE(inlined, uint32_t, uint64_t)
#include "../support/test.h"

static pk_cache cache;
static pk_time now;
static unsigned left[PK_EVICT_REASONS], wrong;
static uint64_t last_key;
static enum { ONLY_NOTE, PUT_SAME, PUT_OTHERS, CLOSE } then;

static pk_time clock_of_test(void *user) {
    (void)user;
    return now;
}
static pk_hash one_set(void *user, const void *key, size_t len) { /* all keys in one set, of different tags or of one */
    (void)len;
    return user ? *(const uint64_t *)key << 56 : 0;
}
static pk_status put(uint64_t key, uint64_t value) { return pk_cache_put(&cache, &key, 8, &value, 8, 0); }
static uint64_t got(uint64_t key) {
    uint64_t value = 0;
    return pk_cache_get(&cache, &key, 8, &value, 8, NULL) == PK_OK ? value : 0;
}
static bool has(uint64_t key) { return pk_cache_contains(&cache, &key, 8); }
static void note(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    uint64_t key, value;
    (void)user;
    memcpy(&key, item->key, 8);
    memcpy(&value, item->value, 8);
    if (item->key_len != 8 || item->value_len != 8 || value / 1000 != key) wrong++;
    left[reason]++;
    last_key = key;
    if (then == PUT_SAME) {
        then = ONLY_NOTE;
        if (put(777, 777999) != PK_OK) wrong++;
    }
    if (then == PUT_OTHERS) { /* as many as there are ways, and the entry told of stays whole */
        unsigned i;
        then = ONLY_NOTE;
        for (i = 0; i < 40; i++)
            if (put(5000 + i, (5000 + i) * 1000) != PK_OK) wrong++;
    }
    if (then == CLOSE && pk_cache_close(&cache) != PK_BUSY) wrong++;
    if (memcmp(&key, item->key, 8) != 0 || memcmp(&value, item->value, 8) != 0) wrong++;
}
static void open_cache(uint32_t capacity, pk_evict_fn on_evict, bool in_one_set) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    memset(left, 0, sizeof left);
    wrong = 0;
    then = ONLY_NOTE;
    now = 5;
    desc.policy = PK_CACHE_S3FIFO;
    desc.capacity = capacity;
    desc.key_size = 8;
    desc.value_size = 8;
    desc.ttl_ms = 100;
    desc.clock = clock_of_test;
    desc.on_evict = on_evict;
    if (in_one_set) desc.hash = one_set;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
    cache.seed = 2024; /* the same tags in each run: a chance match of a ghost would change the queue */
}
static void done(void) {
    CHECK_EQ(wrong, 0);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}

static void queues(void) { /* with one set: the small queue is 4 of 16 */
    uint64_t k;
    open_cache(16, note, false);
    for (k = 1; k <= 16; k++) CHECK_STATUS(put(k, k * 1000), PK_OK);
    CHECK_EQ(got(1), 1000); /* used: it goes on to the main queue, and 2 has to go */
    CHECK_STATUS(put(17, 17000), PK_OK);
    CHECK(last_key == 2 && left[PK_EVICT_LRU] == 1 && has(1) && !has(2));
    CHECK_STATUS(put(18, 18000), PK_OK);
    CHECK(last_key == 3 && has(1));
    CHECK_STATUS(put(2, 2000), PK_OK); /* its ghost is there: straight to the main queue */
    CHECK_EQ(last_key, 4);
    for (k = 100; k < 200; k++) CHECK_STATUS(put(k, k * 1000), PK_OK); /* a scan */
    CHECK(has(1) && has(2));
    CHECK_EQ(pk_cache_count(&cache), 16);
    done();
}
static void bounds(void) {
    static const uint32_t capacities[] = {1, 2, 15, 16, 17, 33, 100, 1000};
    unsigned i;
    uint64_t k;
    for (i = 0; i < sizeof capacities / sizeof capacities[0]; i++) {
        open_cache(capacities[i], NULL, false);
        for (k = 0; k < 20 * capacities[i]; k++) {
            CHECK_STATUS(put(k, k + 1), PK_OK);
            CHECK_EQ(got(k), k + 1);
            CHECK(pk_cache_count(&cache) <= capacities[i]);
        }
        CHECK_EQ(pk_cache_count(&cache), capacities[i]); /* all sets are full by now */
        done();
    }
    CHECK_EQ(sizeof(pk__s3_set) + 16 * sizeof(pk_time), 16 * (PERFKIT_TIME_BITS == 32 ? 8 : 12)); /* 8 B an entry */
}
static void crowded(void) { /* adversarial keys: all in one set, then all with one tag too */
    uint64_t k;
    pk_cache_stats stats;
    open_cache(1008, NULL, true); /* 63 sets of 16 */
    for (k = 1; k < 2000; k++) {
        CHECK_STATUS(put(k, k), PK_OK);
        CHECK_EQ(got(k), k);
    }
    CHECK_EQ(pk_cache_count(&cache), 16);
    CHECK_STATUS(pk_cache_get_stats(&cache, &stats), PK_OK);
    CHECK(stats.puts == 1999 && stats.left[PK_EVICT_LRU] == 1983 && stats.hits == 1999);
    done();
}
static void ends(void) {
    uint64_t k, v;
    pk_time ttl;
    open_cache(100, note, false);
    for (k = 1; k <= 40; k++) CHECK_STATUS(put(k, k * 1000), PK_OK);
    now += 99;
    CHECK_EQ(got(1), 1000);
    CHECK_STATUS(pk_cache_peek(&cache, &k, 8, &v, 8, NULL, &ttl), PK_NOT_FOUND);
    k = 2;
    CHECK_STATUS(pk_cache_peek(&cache, &k, 8, &v, 8, NULL, &ttl), PK_OK);
    CHECK_EQ(ttl, 1);
    CHECK_STATUS(pk_cache_touch(&cache, &k, 8, PK_TTL_NEVER), PK_OK);
    now += 1;
    CHECK(got(1) == 0 && got(2) == 2000);
    CHECK(pk_cache_tick(&cache, now, 1000) > 0);
    CHECK_EQ(pk_cache_count(&cache), 1);
    CHECK_EQ(left[PK_EVICT_EXPIRED], 39);
    for (k = 0; k < 8; k++) { /* round the clock and on: what never ends stays, what ended stays dead */
        uint64_t brief = 60 + k;
        CHECK_STATUS(put(brief, brief * 1000), PK_OK);
        now += PK_TTL_MAX;
        CHECK(got(2) == 2000 && got(brief) == 0);
    }
    done();
}
static void expired_first(void) {
    uint64_t k, v = 0;
    open_cache(16, note, false);
    for (k = 1; k <= 16; k++) {
        v = k * 1000;
        CHECK_STATUS(pk_cache_put(&cache, &k, 8, &v, 8, k == 9 ? 10 : 1000), PK_OK);
    }
    CHECK_EQ(got(9), 9000);
    CHECK_EQ(got(9), 9000);
    now += 50;
    k = 9; /* no get may meet it; nor the sweep, which is at the first entry */
    CHECK_STATUS(put(17, 17000), PK_OK);
    CHECK(left[PK_EVICT_EXPIRED] == 1 && left[PK_EVICT_LRU] == 0 && !has(9) && has(1));
    done();
}
static void expired_first_unheard(void) { /* as above with no hook, which takes another path */
    pk_cache_stats stats;
    uint64_t k, v = 0;
    open_cache(16, NULL, false);
    for (k = 1; k <= 16; k++) CHECK_STATUS(pk_cache_put(&cache, &k, 8, &v, 8, k == 9 ? 10 : PK_TTL_NEVER), PK_OK);
    now += 50;
    CHECK_STATUS(put(17, 17000), PK_OK);
    pk_cache_get_stats(&cache, &stats);
    CHECK(stats.left[PK_EVICT_EXPIRED] == 1 && stats.left[PK_EVICT_LRU] == 0 && !has(9) && has(1) && has(17));
    for (k = 20; k < 120; k++) CHECK_STATUS(put(k, k * 1000), PK_OK);
    CHECK(pk_cache_count(&cache) == 16 && got(119) == 119000);
    now += 100; /* what came where entries had been that never end does end */
    for (k = 1; k < 120; k++) CHECK_EQ(got(k), 0);
    CHECK_EQ(pk_cache_count(&cache), 0);
    done();
}
PK_CACHE_DEFINE(numbers, uint64_t, uint64_t)
static void typed(void) { /* the inline path, with times to live and nothing special */
    numbers n;
    pk_cache_desc desc;
    pk_cache_stats stats;
    uint64_t k, v;
    memset(&desc, 0, sizeof desc);
    now = 0xFFFFF000u;
    desc.policy = PK_CACHE_S3FIFO;
    desc.capacity = 64;
    desc.ttl_ms = 100;
    desc.clock = clock_of_test;
    CHECK_STATUS(numbers_init(&n, &desc), PK_OK);
    for (k = 0; k < 10000; k++) { /* every key is put at its time, looked for until it ends, and never found afterwards */
        v = k;
        CHECK_STATUS(numbers_put(&n, k % 50, &v, (pk_time)(10 + k % 50)), PK_OK);
        now += 3;
        for (v = 0; v < 3; v++) {
            uint64_t back = v * 7, value = 0;
            pk_status status;
            if (back > k || back >= 50) continue;
            status = numbers_get(&n, (k - back) % 50, &value);
            if (3 * (back + 1) >= 10 + (k - back) % 50)
                CHECK_STATUS(status, PK_NOT_FOUND);
            else if (status == PK_OK)
                CHECK_EQ(value, k - back);
        }
    }
    CHECK_STATUS(pk_cache_get_stats(&n.cache, &stats), PK_OK);
    CHECK_EQ(stats.puts - stats.count,
             stats.left[PK_EVICT_LRU] + stats.left[PK_EVICT_EXPIRED] + stats.left[PK_EVICT_REPLACED]);
    CHECK(stats.hits > 10000);
    CHECK_STATUS(numbers_remove(&n, 49), PK_OK);
    CHECK_STATUS(numbers_clear(&n), PK_OK);
    CHECK_EQ(numbers_count(&n), 0);
    CHECK_STATUS(numbers_close(&n), PK_OK);
}
static void typed_and_stale(void) {
    numbers n;
    pk_cache_desc desc;
    uint64_t value = 70;
    memset(&desc, 0, sizeof desc);
    now = 100;
    desc.policy = PK_CACHE_S3FIFO;
    desc.capacity = 64;
    desc.ttl_ms = 100;
    desc.stale_ms = 50;
    desc.clock = clock_of_test;
    CHECK_STATUS(numbers_init(&n, &desc), PK_OK);
    CHECK_STATUS(numbers_put(&n, 7, &value, 0), PK_OK);
    now += 99;
    CHECK_STATUS(numbers_get(&n, 7, &value), PK_OK);
    for (now = 200; now < 250; now += 10) { /* but it is kept for loads */
        CHECK_STATUS(numbers_get(&n, 7, &value), PK_NOT_FOUND);
        CHECK_STATUS(numbers_get(&n, 7, &value), PK_NOT_FOUND); /* by the shorter way: the clock stands still */
    }
    CHECK_EQ(numbers_count(&n), 1);
    CHECK_STATUS(numbers_close(&n), PK_OK);
}
static void hooks(void) {
    uint64_t k;
    open_cache(16, note, true);
    for (k = 1; k <= 16; k++) CHECK_STATUS(put(k, k * 1000), PK_OK);
    then = PUT_SAME; /* on_evict puts the very key */
    CHECK_STATUS(put(777, 777000), PK_EXISTS);
    CHECK_EQ(got(777), 777999);
    CHECK_EQ(pk_cache_count(&cache), 15);
    then = PUT_OTHERS;
    CHECK_STATUS(put(20, 20000), PK_OK);
    CHECK_STATUS(put(21, 21000), PK_OK);
    CHECK_EQ(pk_cache_count(&cache), 16);
    then = CLOSE;
    CHECK_STATUS(put(22, 22000), PK_OK);
    then = ONLY_NOTE;
    CHECK_STATUS(put(22, 22001), PK_OK);
    CHECK_EQ(left[PK_EVICT_REPLACED], 1);
    k = 22;
    CHECK_STATUS(pk_cache_remove(&cache, &k, 8), PK_OK);
    CHECK_EQ(left[PK_EVICT_REMOVED], 1);
    CHECK_EQ(pk_cache_clear_step(&cache, 5), 10);
    CHECK_STATUS(pk_cache_clear(&cache), PK_OK);
    CHECK_EQ(left[PK_EVICT_CLEARED], 15);
    CHECK_STATUS(put(1, 1000), PK_OK);
    done();
    CHECK_EQ(left[PK_EVICT_CLOSED], 1);
}
static void portions(void) { /* entries in a few of many sets */
    uint32_t k, left_over = 20, steps = 0;
    open_cache(1000, NULL, false);
    for (k = 0; k < 20; k++) CHECK_STATUS(put(k, k), PK_OK);
    while (left_over > 0 && steps++ < 100) {
        CHECK(pk_cache_clear_step(&cache, 10) <= left_over);
        left_over = pk_cache_count(&cache);
    }
    CHECK(steps <= 7); /* of 63 sets */
    for (k = 0; k < 20; k++) CHECK_STATUS(put(k, k), PK_OK);
    CHECK_EQ(pk_cache_clear_step(&cache, 0), 20);
    CHECK_EQ(pk_cache_clear_step(&cache, 1000), 0);
    done();
}
static void lengths(void) {
    pk_cache_desc desc;
    pk_cache_stats stats;
    unsigned char key[50], value[50], back[50];
    size_t len, i, j;
    memset(&desc, 0, sizeof desc);
    desc.policy = PK_CACHE_S3FIFO;
    desc.capacity = 100;
    desc.slot_size = 50;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
    cache.seed = 2024; /* with 50 keys one seed in 30 brings a set more than its ways */
    for (i = 1; i <= 50; i++) {
        memset(key, (int)i, sizeof key);
        for (j = 0; j <= 50; j++) {
            memset(value, (int)(i ^ j), sizeof value);
            CHECK_STATUS(pk_cache_put(&cache, key, i, value, j, 0), i + j <= 50 ? PK_OK : PK_TOO_BIG);
            if (i + j > 50) break;
            len = 99;
            CHECK_STATUS(pk_cache_get(&cache, key, i, back, sizeof back, &len), PK_OK);
            CHECK(len == j && memcmp(back, value, j) == 0);
        }
        CHECK_STATUS(pk_cache_get(&cache, key, i, back, sizeof back, &len), PK_OK); /* the older value stays */
        CHECK_EQ(len, 50 - i);
    }
    CHECK_STATUS(pk_cache_get(&cache, key, 50, back, 0, &len), PK_OK);
    CHECK_STATUS(pk_cache_get_stats(&cache, &stats), PK_OK);
    CHECK_EQ(stats.rejected, 50);
    CHECK_EQ(stats.count, 50);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    desc.max_bytes = 50 * 20 + 49;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
    CHECK_STATUS(pk_cache_get_stats(&cache, &stats), PK_OK);
    CHECK_EQ(stats.capacity, 20);
    CHECK_EQ(stats.max_bytes, 50 * 20); /* without the lengths */
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
/* Typed caches with the engine inline and without it, of one seed, answer alike whatever is done to both. */
#define BOTH(verb, of_calls, of_inlined) CHECK_EQ(calls_##verb of_calls, inlined_##verb of_inlined)
static void forms_of(uint8_t policy, uint32_t capacity) {
    calls a;
    inlined b;
    pk_cache_desc desc;
    uint32_t state = 1, step, keys[5], i;
    uint64_t in[5], out_a[5], out_b[5];
    pk_status status_a[5], status_b[5];
    pk_time left_a = 0, left_b = 0;
    memset(&desc, 0, sizeof desc);
    now = 0xFFFFF000u;
    desc.policy = policy;
    desc.capacity = capacity;
    desc.ttl_ms = 200;
    desc.clock = clock_of_test;
    CHECK_STATUS(calls_init(&a, &desc), PK_OK);
    CHECK_STATUS(inlined_init(&b, &desc), PK_OK);
    b.cache.seed = a.cache.seed;
    for (step = 0; step < 6000; step++) {
        for (i = 0; i < 5; i++) {
            state = state * 1664525u + 1013904223u;
            keys[i] = (state >> 8) % (capacity + capacity / 2);
            in[i] = (uint64_t)keys[i] << 32 | step;
            out_a[i] = out_b[i] = 0;
            status_a[i] = status_b[i] = PK_OK;
        }
        switch (state >> 24 & 7) {
        case 0: BOTH(remove, (&a, keys[0]), (&b, keys[0])); break;
        case 1: BOTH(touch, (&a, keys[0], 50), (&b, keys[0], 50)); break;
        case 2: BOTH(peek, (&a, keys[0], out_a, &left_a), (&b, keys[0], out_b, &left_b)); break;
        case 3: BOTH(get_many, (&a, keys, out_a, status_a, 5), (&b, keys, out_b, status_b, 5)); break;
        case 4: BOTH(put_many, (&a, keys, in, 0, status_a, 5), (&b, keys, in, 0, status_b, 5)); break;
        case 5: BOTH(get, (&a, keys[0], out_a), (&b, keys[0], out_b)); break;
        case 6: BOTH(put_if_absent, (&a, keys[0], in, 9), (&b, keys[0], in, 9)); break;
        default: BOTH(put, (&a, keys[0], in, 0), (&b, keys[0], in, 0)); break;
        }
        now += step % 16 == 0;
        if (memcmp(out_a, out_b, sizeof out_a) != 0 || memcmp(status_a, status_b, sizeof status_a) != 0 || left_a != left_b) break;
    }
    CHECK_EQ(step, 6000);
    (void)pk_cache_tick(&a.cache, now, 100000); /* an inline get of S3-FIFO may remove more of what is over */
    (void)pk_cache_tick(&b.cache, now, 100000);
    CHECK_EQ(calls_count(&a), inlined_count(&b));
    CHECK_STATUS(calls_close(&a), PK_OK);
    CHECK_STATUS(inlined_close(&b), PK_OK);
}
static void forms(void) {
    forms_of(PK_CACHE_S3FIFO, 500);
    forms_of(PK_CACHE_LRU, 200);
    forms_of(PK_CACHE_LRU, 500);
    if (PERFKIT_CACHE_LINK_BITS == 0) forms_of(PK_CACHE_LRU, 70000);
}

static void extras(void) {
    pk_cache_desc desc;
    uint64_t key = 7, value = 1;
    uint32_t version = 0;
    pk_time created = 0, accessed = 0;
    memset(&desc, 0, sizeof desc);
    now = 1000;
    desc.policy = PK_CACHE_S3FIFO;
    desc.key_size = desc.value_size = 8;
    desc.clock = clock_of_test;
    desc.versions = desc.sliding = desc.times = true;
    desc.ttl_ms = 100;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
    CHECK_STATUS(pk_cache_replace(&cache, &key, 8, &value, 8, 0), PK_NOT_FOUND);
    CHECK_STATUS(pk_cache_put_if_absent(&cache, &key, 8, &value, 8, 0), PK_OK);
    CHECK_STATUS(pk_cache_put_if_absent(&cache, &key, 8, &value, 8, 0), PK_EXISTS);
    CHECK_STATUS(pk_cache_get_version(&cache, &key, 8, &value, 8, NULL, &version), PK_OK);
    CHECK_STATUS(pk_cache_compare_and_swap(&cache, &key, 8, &value, 8, 0, version + 1), PK_STALE);
    CHECK_STATUS(pk_cache_compare_and_swap(&cache, &key, 8, &value, 8, 0, version), PK_OK);
    now += 60;
    CHECK_STATUS(pk_cache_get(&cache, &key, 8, &value, 8, NULL), PK_OK); /* which starts its time again */
    now += 60;
    CHECK_STATUS(pk_cache_peek_times(&cache, &key, 8, &created, &accessed), PK_OK);
    CHECK(created == 1000 && accessed == 1060);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void refused(void) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.policy = 2;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_INVALID);
    desc.policy = PK_CACHE_S3FIFO;
    desc.prompt_expiry = true;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_UNSUPPORTED);
    desc.prompt_expiry = false;
    desc.slot_size = 70000;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_INVALID);
}
/* Hits of a stream against what an exact LRU of the same size has. */
static uint32_t hits_of(uint8_t policy) {
    pk_cache c;
    pk_cache_desc desc;
    uint32_t random = 12345, hits = 0, round;
    uint64_t key, value, scan = 1000000;
    memset(&desc, 0, sizeof desc);
    desc.policy = policy;
    desc.capacity = 400;
    desc.key_size = desc.value_size = 8;
    if (pk_cache_init(&c, &desc) != PK_OK) return 0;
    c.seed = 2024;
    for (round = 0; round < 60000; round++) { /* a skewed choice from 4000, and now and then a scan of what never comes back */
        random = random * 1664525u + 1013904223u;
        key = (uint64_t)(random >> 16) * (random >> 16) >> 16;
        key = key * key * 4000u >> 32;
        if (round % 2000 < 500) key = scan++;
        value = key;
        if (pk_cache_get(&c, &key, 8, &value, 8, NULL) == PK_OK)
            hits++;
        else
            (void)pk_cache_put(&c, &key, 8, &value, 8, 0);
    }
    (void)pk_cache_close(&c);
    return hits;
}
static void beats_lru(void) {
    uint32_t lru = hits_of(PK_CACHE_LRU), s3 = hits_of(PK_CACHE_S3FIFO);
    CHECK(s3 > lru + 600); /* by a point at least */
}

TESTS {
    RUN("K11 K13", "what is used once passes through the small queue; what was used, or comes back, stays", queues)
    RUN("K13", "the capacity is never passed, and reached when all sets are full", bounds)
    RUN("K07 K13", "keys that all fall into one set share its 16 ways, and nothing else suffers", crowded)
    RUN("K05 K06", "times to live, NEVER, ticks, and the clock's wrap", ends)
    RUN("K06", "a full set evicts what has expired first", expired_first)
    RUN("K05 K06", "the same without on_evict; an entry in the place of one that never ends does end", expired_first_unheard)
    RUN("K03 K06 K09", "typed caches take the inline path: no expired value, and the counters add up", typed)
    RUN("K06 K27", "a value that is kept for stale_ms is over for a typed get", typed_and_stale)
    RUN("D04", "typed caches answer alike whether the engine is inline or called, of both policies", forms)
    RUN("K29", "on_evict hears of each entry with its reason and may call the cache", hooks)
    RUN("K13 K04", "lengths vary up to a slot; what is longer is PK_TOO_BIG and the older value stays", lengths)
    RUN("K12 K33", "puts on a condition, versions, sliding and entry times", extras)
    RUN("K10", "clear in portions of n empties n sets, or all of a cache with fewer", portions)
    RUN("K02", "what the policy cannot do is refused", refused)
    RUN("K11", "a scan does not push out what is used: more hits than LRU", beats_lru)
}
