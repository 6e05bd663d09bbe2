/* targets: large */
/* Puts on a condition, versions, times to live that slide, and the times of entries. */
#define PERFKIT_CACHE_MORE 1
#include "../../perfkit_cache.h"
#include "../support/test.h"

enum { CAPACITY = 4 };
static uint64_t memory[256];
static pk_cache cache;
static pk_cache_desc desc;
static pk_time now;
static pk_time clock_of_test(void *user) {
    (void)user;
    return now;
}
static void ask(pk_time ttl) { /* a desc to complete, then open it */
    memset(&desc, 0, sizeof desc);
    desc.capacity = CAPACITY;
    desc.key_size = 1;
    desc.value_size = 1;
    desc.ttl_ms = ttl;
    desc.clock = clock_of_test;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    now = 1000;
}
static void open_it(void) { CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK); }
static void close_it(void) { CHECK_STATUS(pk_cache_close(&cache), PK_OK); }
static pk_status put(uint8_t key, uint8_t value) { return pk_cache_put(&cache, &key, 1, &value, 1, 0); }
static pk_status put_if_absent(uint8_t key, uint8_t value) { return pk_cache_put_if_absent(&cache, &key, 1, &value, 1, 0); }
static pk_status replace(uint8_t key, uint8_t value) { return pk_cache_replace(&cache, &key, 1, &value, 1, 0); }
static pk_status swap(uint8_t key, uint8_t value, uint32_t version) {
    return pk_cache_compare_and_swap(&cache, &key, 1, &value, 1, 0, version);
}
static int get(uint8_t key) { /* -1: not there */
    uint8_t value = 0;
    return pk_cache_get(&cache, &key, 1, &value, 1, NULL) == PK_OK ? value : -1;
}
static int peek(uint8_t key) {
    uint8_t value = 0;
    return pk_cache_peek(&cache, &key, 1, &value, 1, NULL, NULL) == PK_OK ? value : -1;
}
static uint32_t version_of(uint8_t key) {
    uint32_t version = 0;
    uint8_t value;
    CHECK_STATUS(pk_cache_get_version(&cache, &key, 1, &value, 1, NULL, &version), PK_OK);
    CHECK(version != 0);
    return version;
}
static pk_time left_of(uint8_t key) {
    pk_time left = 0;
    uint8_t value;
    CHECK_STATUS(pk_cache_peek(&cache, &key, 1, &value, 1, NULL, &left), PK_OK);
    return left;
}

/* ---- Puts on a condition ---- */

static void put_if_absent_keeps_what_is_there(void) {
    uint8_t key;
    ask(PK_TTL_NEVER);
    open_it();
    for (key = 1; key <= CAPACITY; key++) CHECK_STATUS(put_if_absent(key, key), PK_OK);
    CHECK_STATUS(put_if_absent(1, 9), PK_EXISTS);
    for (key = 1; key <= CAPACITY; key++) CHECK_EQ(peek(key), key);
    CHECK_STATUS(put_if_absent(5, 5), PK_OK); /* and the refused put was no use of key 1: it is the oldest */
    CHECK_EQ(peek(1), -1);
    CHECK_EQ(peek(2), 2);
    close_it();
    CHECK_STATUS(put_if_absent(1, 1), PK_CLOSED);
}
static void replace_puts_nothing_new(void) {
    uint8_t key;
    ask(PK_TTL_NEVER);
    open_it();
    for (key = 1; key <= CAPACITY; key++) CHECK_STATUS(put(key, key), PK_OK);
    CHECK_STATUS(replace(7, 7), PK_NOT_FOUND);
    CHECK_EQ(pk_cache_count(&cache), CAPACITY);
    for (key = 1; key <= CAPACITY; key++) CHECK_EQ(peek(key), key);
    CHECK_STATUS(replace(1, 11), PK_OK); /* which is a use */
    CHECK_STATUS(put(7, 7), PK_OK);
    CHECK_EQ(peek(1), 11);
    CHECK_EQ(peek(2), -1);
    close_it();
    CHECK_STATUS(replace(1, 1), PK_CLOSED);
}
static void an_expired_entry_is_absent(void) {
    ask(100);
    desc.versions = true;
    open_it();
    CHECK_STATUS(put(1, 1), PK_OK);
    CHECK_STATUS(put(2, 2), PK_OK);
    {
        uint32_t version = version_of(2);
        now += 100;
        CHECK_STATUS(replace(1, 3), PK_NOT_FOUND);
        CHECK_STATUS(swap(2, 3, version), PK_NOT_FOUND);
    }
    CHECK_STATUS(put_if_absent(1, 4), PK_OK);
    CHECK_EQ(get(1), 4);
    now += 99;
    CHECK_STATUS(put_if_absent(1, 5), PK_EXISTS);
    now += 1;
    CHECK_EQ(get(1), -1); /* the refused put gave it no more time */
    close_it();
}
static void what_is_refused_for_its_form_is_refused_in_every_mode(void) {
    uint8_t two[2] = {1, 1};
    ask(100);
    desc.versions = true;
    open_it();
    CHECK_STATUS(put(1, 1), PK_OK);
    CHECK_STATUS(pk_cache_replace(&cache, two, 2, two, 1, 0), PK_INVALID);
    CHECK_STATUS(pk_cache_replace(&cache, two, 1, two, 2, 0), PK_INVALID);
    CHECK_STATUS(pk_cache_replace(&cache, two, 1, two, 1, PK_TTL_MAX + 1), PK_INVALID);
    CHECK_STATUS(pk_cache_put_if_absent(&cache, two, 2, two, 1, 0), PK_INVALID);
    CHECK_STATUS(pk_cache_compare_and_swap(&cache, two, 2, two, 1, 0, version_of(1)), PK_INVALID);
    close_it();
}

/* ---- Versions ---- */

static void a_swap_takes_only_the_version_that_stands(void) {
    uint32_t first, second;
    ask(PK_TTL_NEVER);
    desc.versions = true;
    open_it();
    CHECK_STATUS(put(1, 1), PK_OK);
    CHECK_STATUS(put(2, 2), PK_OK);
    first = version_of(1);
    CHECK(first != version_of(2));
    CHECK(first == version_of(1));
    CHECK_STATUS(swap(1, 10, first), PK_OK);
    CHECK_EQ(peek(1), 10);
    second = version_of(1);
    CHECK(second != first);
    CHECK_STATUS(swap(1, 20, first), PK_STALE);
    CHECK_STATUS(swap(1, 20, 0), PK_STALE);
    CHECK_STATUS(swap(3, 20, first), PK_NOT_FOUND);
    CHECK_EQ(peek(1), 10);
    CHECK(version_of(1) == second);
    CHECK_STATUS(put(1, 10), PK_OK); /* the same value, put again, is another version */
    CHECK_STATUS(swap(1, 20, second), PK_STALE);
    close_it();
}
static void a_key_that_came_back_has_another_version(void) {
    uint32_t version;
    uint8_t key = 1;
    ask(PK_TTL_NEVER);
    desc.versions = true;
    open_it();
    CHECK_STATUS(put(1, 1), PK_OK);
    version = version_of(1);
    CHECK_STATUS(pk_cache_remove(&cache, &key, 1), PK_OK);
    CHECK_STATUS(put(1, 1), PK_OK);
    CHECK_STATUS(swap(1, 2, version), PK_STALE);
    version = version_of(1);
    CHECK_STATUS(pk_cache_touch(&cache, &key, 1, 50), PK_OK);
    CHECK(version_of(1) == version);
    CHECK_STATUS(pk_cache_clear(&cache), PK_OK);
    CHECK_STATUS(put(1, 1), PK_OK);
    CHECK_STATUS(swap(1, 2, version), PK_STALE);
    close_it();
}
static void versions_wrap_past_0(void) {
    uint32_t version;
    ask(PK_TTL_NEVER);
    desc.versions = true;
    open_it();
    cache.cold->version = 0xFFFFFFFEu; /* as after so many puts */
    CHECK_STATUS(put(1, 1), PK_OK);
    version = version_of(1);
    CHECK(version == 0xFFFFFFFFu);
    CHECK_STATUS(swap(1, 2, version), PK_OK);
    CHECK(version_of(1) == 1);
    CHECK_STATUS(swap(1, 3, version), PK_STALE);
    close_it();
}
static void versions_are_to_be_asked_for(void) {
    uint32_t version = 77;
    pk_time created = 5;
    uint8_t key = 1, value;
    ask(PK_TTL_NEVER);
    open_it();
    CHECK_STATUS(put(1, 1), PK_OK);
    CHECK_STATUS(pk_cache_get_version(&cache, &key, 1, &value, 1, NULL, &version), PK_UNSUPPORTED);
    CHECK_STATUS(swap(1, 2, 1), PK_UNSUPPORTED);
    CHECK_STATUS(pk_cache_peek_times(&cache, &key, 1, &created, NULL), PK_UNSUPPORTED);
    CHECK(version == 77 && created == 5);
    close_it();
    CHECK_STATUS(pk_cache_get_version(&cache, &key, 1, &value, 1, NULL, &version), PK_CLOSED);
    CHECK_STATUS(swap(1, 2, 1), PK_CLOSED);
    CHECK_STATUS(pk_cache_peek_times(&cache, &key, 1, &created, NULL), PK_CLOSED);
}
static void a_get_of_the_version_is_a_get(void) {
    pk_cache_stats s;
    uint32_t version = 77;
    uint8_t key, value = 0;
    size_t len = 0;
    ask(PK_TTL_NEVER);
    desc.versions = true;
    open_it();
    for (key = 1; key <= CAPACITY; key++) CHECK_STATUS(put(key, key), PK_OK);
    key = 1;
    CHECK_STATUS(pk_cache_get_version(&cache, &key, 1, &value, 1, &len, &version), PK_OK);
    CHECK(value == 1 && len == 1 && version != 77);
    key = 9;
    version = 77;
    CHECK_STATUS(pk_cache_get_version(&cache, &key, 1, &value, 1, &len, &version), PK_NOT_FOUND);
    CHECK(version == 77);
    key = 2;
    CHECK_STATUS(pk_cache_get_version(&cache, &key, 1, &value, 0, &len, &version), PK_TOO_BIG);
    CHECK(version != 77 && value == 1);
    CHECK_STATUS(put(5, 5), PK_OK);
    CHECK_EQ(peek(3), -1);
    CHECK_EQ(peek(1), 1);
    CHECK_STATUS(pk_cache_get_stats(&cache, &s), PK_OK);
    CHECK(s.hits == 2 && s.misses == 1);
    close_it();
}

/* ---- Sliding ---- */

static void half_way(bool sliding) { /* a hit in the middle of the time to live */
    uint8_t key = 1, value;
    ask(100);
    desc.sliding = sliding;
    open_it();
    CHECK_STATUS(put(1, 1), PK_OK);
    now += 50;
    CHECK_EQ(get(1), 1);
    now += 49;
    CHECK_EQ(peek(1), 1);
    now += 1; /* 100 after the put, 50 after the hit */
    CHECK_EQ(peek(1), sliding ? 1 : -1);
    now += 49;
    CHECK_EQ(peek(1), sliding ? 1 : -1);
    now += 1; /* 100 after the hit */
    CHECK_STATUS(pk_cache_peek(&cache, &key, 1, &value, 1, NULL, NULL), PK_NOT_FOUND);
    CHECK_EQ(get(1), -1);
    close_it();
}
static void absolute(void) { half_way(false); }
static void sliding(void) { half_way(true); }

static void each_entry_slides_by_its_own_time(void) {
    uint8_t key, value = 1;
    ask(100);
    desc.sliding = true;
    desc.versions = true;
    open_it();
    key = 1;
    CHECK_STATUS(pk_cache_put(&cache, &key, 1, &value, 1, 30), PK_OK);
    key = 2;
    CHECK_STATUS(pk_cache_put(&cache, &key, 1, &value, 1, PK_TTL_NEVER), PK_OK);
    key = 3;
    CHECK_STATUS(pk_cache_put(&cache, &key, 1, &value, 1, PK_TTL_MAX), PK_OK);
    key = 4;
    CHECK_STATUS(pk_cache_put(&cache, &key, 1, &value, 1, 0), PK_OK);
    now += 20;
    for (key = 1; key <= 4; key++) CHECK_EQ(get(key), 1);
    CHECK(left_of(1) == 30 && left_of(2) == PK_TTL_NEVER && left_of(3) == PK_TTL_MAX && left_of(4) == 100);
    now += 20;
    key = 1;
    CHECK_STATUS(pk_cache_touch(&cache, &key, 1, 60), PK_OK); /* which is its own time from now on */
    now += 20;
    CHECK(left_of(1) == 40);
    CHECK(pk_cache_contains(&cache, &key, 1));
    CHECK(left_of(1) == 40); /* neither peek nor contains was a hit */
    (void)version_of(1);
    CHECK(left_of(1) == 60);
    CHECK_STATUS(put_if_absent(1, 1), PK_EXISTS);
    CHECK_STATUS(swap(1, 1, 0), PK_STALE);
    now += 60;
    CHECK_EQ(get(1), -1);
    CHECK_EQ(get(2), 1);
    close_it();
}
static void what_slides_may_live_past_the_wrap_of_the_clock(void) {
    uint8_t key = 1, value = 1;
    int i;
    ask(100);
    desc.sliding = true;
    now = (pk_time)0 - 1000;
    open_it();
    CHECK_STATUS(pk_cache_put(&cache, &key, 1, &value, 1, PK_TTL_MAX), PK_OK);
    for (i = 0; i < 12; i++) { /* three times around 2^32 ms */
        now += PK_TTL_MAX - 1;
        CHECK_EQ(get(1), 1);
    }
    now += PK_TTL_MAX;
    CHECK_EQ(get(1), -1);
    close_it();
}

/* ---- Times ---- */

static void times_tell_when_it_was_put_and_used(void) {
    pk_time created = 0, accessed = 0;
    uint8_t key = 1;
    ask(PK_TTL_NEVER); /* nothing expires, but the clock is needed all the same */
    desc.times = true;
    open_it();
    now = 1500;
    CHECK_STATUS(put(1, 1), PK_OK);
    now = 1700;
    CHECK_EQ(peek(1), 1);
    CHECK_STATUS(pk_cache_peek_times(&cache, &key, 1, &created, &accessed), PK_OK);
    CHECK(created == 1500 && accessed == 1500);
    CHECK_EQ(get(1), 1);
    now = 1800;
    CHECK_STATUS(put_if_absent(1, 2), PK_EXISTS);
    CHECK_STATUS(pk_cache_peek_times(&cache, &key, 1, &created, &accessed), PK_OK);
    CHECK(created == 1500 && accessed == 1700);
    CHECK_STATUS(pk_cache_touch(&cache, &key, 1, 0), PK_OK);
    CHECK_STATUS(pk_cache_peek_times(&cache, &key, 1, NULL, &accessed), PK_OK);
    CHECK(accessed == 1800);
    now = 1900;
    CHECK_STATUS(replace(1, 2), PK_OK);
    CHECK_STATUS(pk_cache_peek_times(&cache, &key, 1, &created, NULL), PK_OK);
    CHECK(created == 1900);
    key = 2;
    CHECK_STATUS(pk_cache_peek_times(&cache, &key, 1, &created, &accessed), PK_NOT_FOUND);
    CHECK(created == 1900 && accessed == 1800);
    close_it();
}
static void a_look_at_the_times_moves_nothing(void) {
    pk_time created, accessed;
    pk_cache_stats s;
    uint8_t key;
    ask(100);
    desc.times = true;
    desc.sliding = true;
    open_it();
    for (key = 1; key <= CAPACITY; key++) CHECK_STATUS(put(key, key), PK_OK);
    now += 50;
    key = 1;
    CHECK_STATUS(pk_cache_peek_times(&cache, &key, 1, &created, &accessed), PK_OK);
    CHECK(left_of(1) == 50);
    CHECK_STATUS(put(5, 5), PK_OK);
    CHECK_STATUS(pk_cache_peek_times(&cache, &key, 1, &created, &accessed), PK_NOT_FOUND);
    CHECK_STATUS(pk_cache_get_stats(&cache, &s), PK_OK);
    CHECK(s.hits == 0 && s.misses == 0);
    key = 2;
    now += 50;
    CHECK_STATUS(pk_cache_peek_times(&cache, &key, 1, &created, &accessed), PK_NOT_FOUND);
    close_it();
}

/* ---- With what else there is ---- */

#if PERFKIT_CACHE_CHAINS
static void chains_versions_and_sliding_together(void) {
    char value[100], wanted[100];
    pk_cache_stats s;
    uint32_t version = 0, second = 0;
    pk_time created, accessed;
    size_t len = 0;
    ask(100);
    desc.key_size = desc.value_size = 0;
    desc.slot_size = 32;
    desc.max_bytes = 8 * 32;
    desc.sliding = desc.versions = desc.times = true;
    open_it();
    memset(wanted, 'w', sizeof wanted);
    CHECK_STATUS(pk_cache_put_if_absent(&cache, "long", 4, wanted, 100, 0), PK_OK); /* 106 bytes: 4 slots */
    CHECK_STATUS(pk_cache_put_if_absent(&cache, "short", 5, "s", 1, 40), PK_OK);
    CHECK_STATUS(pk_cache_put_if_absent(&cache, "long", 4, "x", 1, 0), PK_EXISTS);
    CHECK_STATUS(pk_cache_replace(&cache, "none", 4, "x", 1, 0), PK_NOT_FOUND);
    CHECK_STATUS(pk_cache_get_stats(&cache, &s), PK_OK);
    CHECK_EQ(s.bytes, 5 * 32); /* what was refused holds no slot */
    now += 30;
    CHECK_STATUS(pk_cache_get_version(&cache, "long", 4, value, 10, &len, &version), PK_TOO_BIG);
    CHECK(len == 100 && version != 0);
    CHECK_STATUS(pk_cache_get_version(&cache, "short", 5, value, sizeof value, &len, &second), PK_OK);
    CHECK(len == 1 && version != second);
    now += 39;
    CHECK_STATUS(pk_cache_compare_and_swap(&cache, "short", 5, wanted, 60, 40, second), PK_OK);
    CHECK_STATUS(pk_cache_compare_and_swap(&cache, "short", 5, "y", 1, 40, second), PK_STALE);
    CHECK_STATUS(pk_cache_compare_and_swap(&cache, "long", 4, wanted, 1000, 0, version), PK_TOO_BIG);
    CHECK_STATUS(pk_cache_get(&cache, "short", 5, value, sizeof value, &len), PK_OK);
    CHECK(len == 60 && memcmp(value, wanted, 60) == 0);
    CHECK_STATUS(pk_cache_peek_times(&cache, "long", 4, &created, &accessed), PK_OK);
    CHECK(created == 1000 && accessed == 1030);
    now += 40;
    CHECK_STATUS(pk_cache_replace(&cache, "short", 5, "y", 1, 0), PK_NOT_FOUND);
    now += 20; /* 129 after the put, 99 after the hit */
    CHECK_STATUS(pk_cache_get(&cache, "long", 4, value, sizeof value, &len), PK_OK);
    CHECK(len == 100 && memcmp(value, wanted, 100) == 0);
    close_it();
}
#endif

#if PERFKIT_CACHE_HOOKS
static int heard;
static uint8_t put_in_hook; /* the value the hook puts for the key that is being replaced; 0: none */
static void meddle(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    uint8_t key = *(const uint8_t *)item->key, value = put_in_hook;
    (void)user;
    heard = heard * 10 + (int)reason + 1;
    if (reason != PK_EVICT_REPLACED || value == 0) return;
    put_in_hook = 0;
    CHECK_STATUS(replace(key, value), PK_NOT_FOUND); /* it has left */
    CHECK_STATUS(put_if_absent(key, value), PK_OK);
}
static void a_hook_may_put_during_a_replace(void) {
    uint32_t version;
    ask(PK_TTL_NEVER);
    desc.versions = true;
    desc.on_evict = meddle;
    open_it();
    CHECK_STATUS(put(1, 1), PK_OK);
    heard = 0;
    put_in_hook = 50;
    CHECK_STATUS(replace(1, 2), PK_EXISTS);
    CHECK_EQ(get(1), 50); /* what the hook put stands */
    CHECK_EQ(heard, PK_EVICT_REPLACED + 1);
    CHECK_EQ(pk_cache_count(&cache), 1);
    version = version_of(1);
    put_in_hook = 60;
    CHECK_STATUS(swap(1, 3, version), PK_EXISTS);
    CHECK_EQ(get(1), 60);
    CHECK_STATUS(swap(1, 3, version), PK_STALE);
    version = version_of(1);
    heard = 0;
    CHECK_STATUS(swap(1, 4, version), PK_OK);
    CHECK_EQ(heard, PK_EVICT_REPLACED + 1);
    heard = 0;
    CHECK_STATUS(put_if_absent(1, 9), PK_EXISTS);
    CHECK_STATUS(replace(2, 9), PK_NOT_FOUND);
    CHECK_STATUS(swap(1, 9, version), PK_STALE);
    CHECK_EQ(heard, 0); /* what is refused tells nothing */
    CHECK_EQ(get(1), 4);
    close_it();
}
#endif

static void the_count_of_bytes_is_exact(void) {
    pk_cache_stats s;
    uint8_t key;
    ask(PK_TTL_NEVER);
    desc.key_size = 1;
    desc.value_size = 1;
    open_it();
    for (key = 1; key <= 3; key++) {
        CHECK_STATUS(put(key, key), PK_OK);
        CHECK_STATUS(pk_cache_get_stats(&cache, &s), PK_OK);
        CHECK_EQ(s.bytes, key * 2);
    }
    CHECK_STATUS(replace(1, 9), PK_OK);
    CHECK_STATUS(pk_cache_get_stats(&cache, &s), PK_OK);
    CHECK_EQ(s.bytes, 3 * 2);
    CHECK_EQ(s.max_bytes, CAPACITY * 2);
    close_it();
#if PERFKIT_CACHE_CHAINS
    {
        static const uint8_t lengths[] = {0, 1, 13, 14, 15, 30, 31, 60}; /* beside 2 bytes of key: 16 a slot */
        size_t bytes = 0;
        ask(PK_TTL_NEVER);
        desc.value_size = 0;
        desc.capacity = 8;
        desc.slot_size = 16;
        desc.max_bytes = 20 * 16 + 15; /* whole slots only */
        open_it();
        for (key = 0; key < PK__COUNTOF(lengths); key++) {
            CHECK_STATUS(pk_cache_put(&cache, &key, 1, memory, lengths[key], 0), PK_OK);
            bytes += (size_t)(1 + lengths[key] + 15) / 16 * 16;
            CHECK_STATUS(pk_cache_get_stats(&cache, &s), PK_OK);
            CHECK_EQ(s.bytes, bytes);
        }
        CHECK_EQ(s.max_bytes, 20 * 16);
        key = 7;
        CHECK_STATUS(pk_cache_remove(&cache, &key, 1), PK_OK);
        CHECK_STATUS(pk_cache_get_stats(&cache, &s), PK_OK);
        CHECK_EQ(s.bytes, bytes - 64);
        close_it();
    }
#endif
#if PERFKIT_HEAP
    desc.memory = NULL; /* and the whole is what memory_needed said, to the byte */
    desc.versions = desc.times = desc.sliding = true;
    open_it();
    CHECK_STATUS(pk_cache_get_stats(&cache, &s), PK_OK);
    CHECK(s.memory == pk_cache_memory_needed(&desc));
    close_it();
#endif
}

TESTS {
    RUN("K04", "put_if_absent keeps what is there, and where it is", put_if_absent_keeps_what_is_there)
    RUN("K04", "replace puts nothing new", replace_puts_nothing_new)
    RUN("K03 K06", "an expired entry counts as absent", an_expired_entry_is_absent)
    RUN("K05", "what is refused for its form is refused in every mode", what_is_refused_for_its_form_is_refused_in_every_mode)
    RUN("K04", "a swap takes only the version that stands", a_swap_takes_only_the_version_that_stands)
    RUN("K04", "a key that came back has another version", a_key_that_came_back_has_another_version)
    RUN("K04", "versions wrap past 0", versions_wrap_past_0)
    RUN("K04 K33", "versions and times are to be asked for", versions_are_to_be_asked_for)
    RUN("K09", "a get of the version is a get", a_get_of_the_version_is_a_get)
    RUN("K12", "an absolute time to live: a hit half-way changes nothing", absolute)
    RUN("K12", "a sliding time to live: a hit half-way starts it again", sliding)
    RUN("K12", "each entry slides by its own time, and never stays never", each_entry_slides_by_its_own_time)
    RUN("K12", "what slides may live past the wrap of the clock", what_slides_may_live_past_the_wrap_of_the_clock)
    RUN("K33", "times tell when it was put and used", times_tell_when_it_was_put_and_used)
    RUN("K33", "a look at the times moves nothing", a_look_at_the_times_moves_nothing)
#if PERFKIT_CACHE_CHAINS
    RUN("K12 K13", "chains, versions, sliding and times in one cache", chains_versions_and_sliding_together)
#endif
#if PERFKIT_CACHE_HOOKS
    RUN("K29", "a hook may put during a replace", a_hook_may_put_during_a_replace)
#endif
    RUN("K14 K19", "the count of bytes is exact, fixed and chained", the_count_of_bytes_is_exact)
}
