/* targets: all */
/* Times to live: the boundary, defaults, never, and the wrap of a 32-bit clock. */
#include "../../perfkit_cache.h"
#include "../support/test.h"

static unsigned char memory[PK_CACHE_BYTES(4, 1, 1)];
static pk_cache cache;
static pk_time now;
static pk_time clock_of_test(void *user) {
    (void)user;
    return now;
}
static pk_status open_with(pk_time ttl) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.capacity = 4;
    desc.key_size = 1;
    desc.value_size = 1;
    desc.ttl_ms = ttl;
    desc.clock = clock_of_test;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    return pk_cache_init(&cache, &desc);
}
static pk_status put(uint8_t key, pk_time ttl) { return pk_cache_put(&cache, &key, 1, &key, 1, ttl); }
static bool get(uint8_t key) {
    uint8_t value = 0;
    return pk_cache_get(&cache, &key, 1, &value, 1, NULL) == PK_OK && value == key;
}
static bool there(uint8_t key) { return pk_cache_contains(&cache, &key, 1); }

static void valid_while_now_is_before_the_end(void) {
    now = 5000;
    CHECK_STATUS(open_with(100), PK_OK);
    CHECK_STATUS(put(1, 0), PK_OK);
    CHECK_STATUS(put(2, 50), PK_OK);
    now = 5049;
    CHECK(get(2));
    now = 5050;
    CHECK(!get(2));
    CHECK(get(1));
    now = 5099;
    CHECK(get(1)); /* and no use made it longer */
    now = 5100;
    CHECK(!there(1));
    CHECK(!get(1));
    CHECK_EQ(pk_cache_count(&cache), 0);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void an_expired_entrys_slot_is_free_at_once(void) {
    uint8_t key;
    now = 0;
    CHECK_STATUS(open_with(100), PK_OK);
    for (key = 1; key <= 4; key++) CHECK_STATUS(put(key, key == 3 ? 10 : 1000), PK_OK);
    now = 10;
    CHECK(!get(3));
    CHECK_STATUS(put(5, 0), PK_OK);
    for (key = 1; key <= 5; key++) CHECK_EQ(get(key), key != 3);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void an_expired_key_is_put_as_a_new_one(void) {
    uint8_t key;
    now = 0;
    CHECK_STATUS(open_with(PK_TTL_NEVER), PK_OK);
    for (key = 1; key <= 4; key++) CHECK_STATUS(put(key, key == 3 ? 10 : 0), PK_OK);
    now = 10;
    CHECK_STATUS(put(3, 10), PK_OK);
    for (key = 1; key <= 4; key++) CHECK(get(key));
    now = 20;
    CHECK(!get(3));
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void zero_is_the_default_and_never_is_never(void) {
    pk_time left = 0;
    uint8_t key = 3;
    now = 0;
    CHECK_STATUS(open_with(60), PK_OK);
    CHECK_STATUS(put(1, 0), PK_OK);
    CHECK_STATUS(put(2, PK_TTL_NEVER), PK_OK);
    CHECK_STATUS(put(3, PK_TTL_MAX), PK_OK);
    CHECK_STATUS(put(4, PK_TTL_MAX + 1), PK_INVALID);
    CHECK_STATUS(put(3, PK_TTL_MAX + 1), PK_INVALID);
    CHECK(!there(4));
    now = 60;
    CHECK(!there(1));
    CHECK(there(2));
    CHECK_STATUS(pk_cache_peek(&cache, &key, 1, &key, 1, NULL, &left), PK_OK);
    CHECK(left == PK_TTL_MAX - 60);
    now = PK_TTL_MAX - 1;
    CHECK(there(3));
    now = PK_TTL_MAX;
    CHECK(!there(3));
    CHECK(there(2));
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    CHECK_STATUS(open_with(PK_TTL_MAX + 1), PK_INVALID);
}
static void touch_starts_the_time_again_and_get_does_not(void) {
    uint8_t key = 1;
    now = 0;
    CHECK_STATUS(open_with(100), PK_OK);
    CHECK_STATUS(put(1, 0), PK_OK);
    CHECK_STATUS(put(2, 0), PK_OK);
    now = 60;
    CHECK(get(2));
    CHECK_STATUS(pk_cache_touch(&cache, &key, 1, 0), PK_OK);
    now = 100;
    CHECK(there(1));
    CHECK(!there(2));
    CHECK_STATUS(pk_cache_touch(&cache, &key, 1, PK_TTL_NEVER), PK_OK);
    CHECK_STATUS(pk_cache_touch(&cache, &key, 1, PK_TTL_MAX + 1), PK_INVALID);
    now = 100000;
    CHECK(there(1));
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void a_default_of_never_still_takes_single_times(void) {
    now = 77;
    CHECK_STATUS(open_with(PK_TTL_NEVER), PK_OK);
    CHECK_STATUS(put(1, 0), PK_OK);
    now = 1000000; /* the clock was not needed so far */
    CHECK_STATUS(put(2, 10), PK_OK);
    now += 9;
    CHECK(there(2));
    now += 1;
    CHECK(!there(2));
    CHECK(there(1));
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void tick_removes_what_has_expired(void) {
    uint8_t key;
    now = 0;
    CHECK_STATUS(open_with(10), PK_OK);
    for (key = 1; key <= 4; key++) CHECK_STATUS(put(key, key == 2 ? PK_TTL_NEVER : 0), PK_OK);
    CHECK_EQ(pk_cache_tick(&cache, 9, 4), 0);
    now = 9;
    CHECK_EQ(pk_cache_tick(&cache, 10, 4), 3);
    CHECK_EQ(pk_cache_count(&cache), 1);
    CHECK_EQ(pk_cache_tick(&cache, 11, 0), 0);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    CHECK_EQ(pk_cache_tick(&cache, 12, 4), 0);
}
static void a_clock_that_steps_back_stands_still(void) {
    now = 100000;
    CHECK_STATUS(open_with(100), PK_OK);
    CHECK_STATUS(put(1, 0), PK_OK);
    now -= 30000;
    CHECK(there(1));
    CHECK_STATUS(put(2, 50), PK_OK); /* until 100050 */
    now = 100049;
    CHECK(there(2));
    now = 100050;
    CHECK(!there(2));
    CHECK(there(1));
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}

#if PERFKIT_TIME_BITS == 32
static void times_are_right_across_the_wrap(void) {
    now = 0xFFFFFFF0u;
    CHECK_STATUS(open_with(0x20), PK_OK);
    CHECK_STATUS(put(1, 0), PK_OK);
    CHECK_STATUS(put(2, 0x10), PK_OK);
    now = 0xFFFFFFFFu;
    CHECK(there(1) && there(2));
    now = 0;
    CHECK(there(1));
    CHECK(!there(2));
    now = 0xF;
    CHECK(there(1));
    now = 0x10;
    CHECK(!there(1));
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void nothing_comes_back_to_life_after_a_long_sleep(void) { /* one operation after each gap, and never on the entry itself */
    static const pk_time gaps[] = {0x3FFFFFFFu, 0x40000000u, 0x40000001u, 0x7FFFFFFFu, 0x80000000u, 0x80000001u, 0xC0000000u, 0xFFFE0000u};
    uint8_t i;
    for (i = 0; i < PK__COUNTOF(gaps); i++) {
        now = 0x12345678u;
        CHECK_STATUS(open_with(1000), PK_OK);
        CHECK_STATUS(put(1, 0), PK_OK);
        CHECK_STATUS(put(2, PK_TTL_NEVER), PK_OK);
        now += gaps[i];
        CHECK(!there(1));
        CHECK(there(2));
        now += gaps[i];
        CHECK(!there(1));
        CHECK(there(2));
        CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    }
}
static void nothing_comes_back_to_life_in_steps_either(void) { /* 2^32 ms in steps of 3 days: the sweep has to pass it in time */
    uint8_t i;
    now = 0;
    CHECK_STATUS(open_with(1000), PK_OK);
    CHECK_STATUS(put(1, 0), PK_OK);
    CHECK_STATUS(put(2, PK_TTL_NEVER), PK_OK);
    for (i = 0; i < 40; i++) {
        now += 0x10000000u;
        (void)get(9); /* looks for another key */
        CHECK(!there(1));
        if (i % 8 == 7) CHECK(there(2));
    }
    CHECK_EQ(pk_cache_count(&cache), 1);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
#define WRAP_TESTS                                                                                                     \
    RUN("D10 K06", "times are right across the wrap of the clock", times_are_right_across_the_wrap)                    \
    RUN("D10 K06", "nothing comes back to life after a long sleep", nothing_comes_back_to_life_after_a_long_sleep)     \
    RUN("D10 K06", "nothing comes back to life over 2^32 ms in steps", nothing_comes_back_to_life_in_steps_either)
#else
#define WRAP_TESTS
#endif

TESTS {
    RUN("K06 K12", "an entry is valid while now < put + ttl, used or not", valid_while_now_is_before_the_end)
    RUN("K03", "the slot of an expired entry is free at once", an_expired_entrys_slot_is_free_at_once)
    RUN("K04 K06", "an expired key is put as a new one", an_expired_key_is_put_as_a_new_one)
    RUN("K05", "0 is the default, NEVER is never, more than the maximum is refused", zero_is_the_default_and_never_is_never)
    RUN("K12", "touch starts the time again, get does not", touch_starts_the_time_again_and_get_does_not)
    RUN("K05", "a cache without a default takes single times", a_default_of_never_still_takes_single_times)
    RUN("K06", "tick removes what has expired", tick_removes_what_has_expired)
    RUN("D10", "a clock that steps back stands still", a_clock_that_steps_back_stands_still)
    WRAP_TESTS
}
