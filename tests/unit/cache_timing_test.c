/* targets: hosted */
/* PERFKIT_CACHE_TIMING, with ticks of the test's own. */
static unsigned long long ticks_of_test;
static unsigned long long tick(void) { return ticks_of_test += 70; }
#define PERFKIT_TICKS() tick()
#define PERFKIT_TICKS_HZ 100000000u
#define PERFKIT_CACHE_TIMING 1
#define PERFKIT_CACHE_IMPLEMENTATION
#include "../../perfkit_cache.h"
#include "../support/test.h"

PK_CACHE_DEFINE(numbers, uint32_t, uint32_t)
PK_CACHE_STATIC_OF(numbers, fixed, 10, 0)

static void every_64th_get_is_timed(void) {
    pk_cache_timing t;
    uint32_t i, value = 0;
    CHECK_STATUS(numbers_put(&fixed, 1, &value, 0), PK_OK);
    CHECK_STATUS(pk_cache_get_timing(&fixed.cache, &t), PK_OK);
    CHECK(t.samples == 0 && pk_cache_timing_ns(&t) == 0);
    for (i = 0; i < 129; i++) (void)numbers_get(&fixed, i % 2, &value);
    CHECK_STATUS(pk_cache_get_timing(&fixed.cache, &t), PK_OK);
    CHECK_EQ(t.samples, 3);
    CHECK_EQ(t.ticks, 210);
    CHECK_EQ(t.longest, 70);
    CHECK_EQ(pk_cache_timing_ns(&t), 700);
    pk_cache_reset_stats(&fixed.cache);
    CHECK_STATUS(pk_cache_get_timing(&fixed.cache, &t), PK_OK);
    CHECK_EQ(t.samples, 0);
}

TESTS { RUN("K18", "every 64th get is timed, exactly", every_64th_get_is_timed) }
