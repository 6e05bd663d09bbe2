/* targets: all */
/* Percentiles against an exact sort, and what happens at the ends of the range. */
#include "../../perfkit_log.h"
#include "../support/test.h"

#if PERFKIT_PERF
PK_HIST_DEFINE(fine, 5, 16, uint16_t)
PK_HIST_DEFINE(small, 2, 20, uint16_t)
PK_HIST_DEFINE(other, 2, 20, uint32_t)

static uint32_t seed;
static uint16_t next_value(void) { /* the same 10,000 values each time: 0 to 1023 by a full-period generator, squared up to 16 bits */
    seed = (seed * 1664525u + 1013904223u) & 0xFFFFFFFFu;
    {
        uint16_t x = (uint16_t)(seed >> 22);
        return (uint16_t)((uint32_t)x * x >> 4);
    }
}
/* The exact value of that rank, by bisection with one pass over the values for each step: no room to sort them on a small target. */
static uint16_t exact(uint16_t count, uint16_t rank) {
    uint16_t low = 0, high = 0xFFFF;
    while (low < high) {
        uint16_t middle = (uint16_t)(low + (high - low) / 2), below = 0, i;
        for (seed = 1, i = 0; i < count; i++) below = (uint16_t)(below + (next_value() <= middle));
        if (below >= rank) high = middle;
        else low = (uint16_t)(middle + 1);
    }
    return low;
}
static void percentiles_are_within_half_a_bucket(void) {
    static const uint16_t percents[5] = {100, 5000, 9500, 9900, 9990};
    uint16_t i, low = 0xFFFF, high = 0;
    uint64_t sum = 0;
    pk_hist_reset(&fine);
    for (seed = 1, i = 0; i < 10000; i++) {
        uint16_t v = next_value();
        if (v < low) low = v;
        if (v > high) high = v;
        sum += v;
        pk_hist_record(&fine, v);
    }
    CHECK_EQ(fine.count, 10000);
    CHECK_EQ(pk_hist_min(&fine), low);
    CHECK_EQ(fine.max, high);
    CHECK(pk_hist_sum(&fine) == sum);
    CHECK_EQ(fine.over, 0);
    for (i = 0; i < 5; i++) {
        long want = (long)exact(10000, percents[i]), got = (long)pk_hist_percentile(&fine, percents[i]);
        long error = got > want ? got - want : want - got;
        CHECK(error * 64 <= want); /* 1 / 2^(5+1) */
    }
    CHECK_EQ(pk_hist_percentile(&fine, 10000), high);
    CHECK_EQ(pk_hist_percentile(&fine, 0), low);
}
static void small_values_are_exact(void) {
    uint8_t v;
    pk_hist_reset(&fine);
    for (v = 0; v < 64; v++) pk_hist_record(&fine, v);
    for (v = 1; v <= 64; v++) CHECK_EQ(pk_hist_percentile(&fine, (unsigned)(v * 10000ul / 64)), v - 1);
    pk_hist_reset(&fine);
    for (v = 0; v < 3; v++) pk_hist_record(&fine, 1007); /* not the middle of its bucket, where no value is */
    CHECK_EQ(pk_hist_percentile(&fine, 5000), 1007);
}
static void an_empty_one_answers_nothing(void) {
    pk_hist_reset(&small);
    CHECK_EQ(pk_hist_percentile(&small, 5000), 0);
    CHECK_EQ(small.count, 0);
    pk_hist_record(&small, 7);
    CHECK_EQ(pk_hist_percentile(&small, 1), 7);
    CHECK_EQ(pk_hist_percentile(&small, 9999), 7);
    pk_hist_reset(&small);
    CHECK_EQ(pk_hist_percentile(&small, 10000), 0);
    CHECK_EQ(small.max, 0);
}
static void larger_values_go_to_the_last_bucket(void) {
    pk_ticks huge = (pk_ticks)~(pk_ticks)0;
    pk_hist_reset(&small);
    pk_hist_record(&small, ((pk_ticks)1 << 20) - 1);
    CHECK_EQ(small.over, 0);
    CHECK_EQ(pk_hist_percentile(&small, 5000), ((long)1 << 20) - 1);
    pk_hist_record(&small, (pk_ticks)1 << 20);
    pk_hist_record(&small, huge);
    CHECK_EQ(small.over, 2);
    CHECK_EQ(small.count, 3);
    CHECK(small.max == huge);
    CHECK(pk_hist_percentile(&small, 9900) == huge);
    CHECK_EQ(((uint16_t *)small.counters)[PK_HIST_BUCKETS(2, 20) - 1], 3);
}
static void full_counters_stay_full_and_say_so(void) {
    uint32_t i;
    pk_hist_reset(&small);
    for (i = 0; i < 65535u; i++) pk_hist_record(&small, 3);
    CHECK_EQ(small.saturated, 0);
    pk_hist_record(&small, 3);
    CHECK_EQ(small.saturated, 1);
    CHECK_EQ(((uint16_t *)small.counters)[3], 0xFFFF);
    CHECK_EQ(small.count, 65536);
    CHECK_EQ(pk_hist_percentile(&small, 5000), 3);
    CHECK_EQ(pk_hist_percentile(&small, 9999), 3);
    pk_hist_reset(&small);
    CHECK_EQ(small.saturated, 0);
    CHECK_EQ(((uint16_t *)small.counters)[3], 0);
}
static void merging_adds_all(void) {
    uint16_t v;
    pk_hist_reset(&small);
    pk_hist_reset(&other);
    for (v = 10; v < 60; v++) pk_hist_record(&small, v);
    CHECK_STATUS(pk_hist_merge(&other, &small), PK_OK); /* other counters, same buckets */
    CHECK_EQ(pk_hist_min(&other), 10);
    CHECK_EQ(other.max, 59);
    for (v = 60; v < 110; v++) pk_hist_record(&other, v);
    CHECK_STATUS(pk_hist_merge(&small, &other), PK_OK);
    CHECK_EQ(small.count, 150);
    CHECK_EQ(pk_hist_min(&small), 10);
    CHECK_EQ(small.max, 109);
    CHECK_EQ(pk_hist_sum(&small), 7675);
    pk_hist_reset(&other);
    CHECK_STATUS(pk_hist_merge(&small, &other), PK_OK); /* an empty one changes nothing */
    CHECK_EQ(pk_hist_min(&small), 10);
    CHECK_STATUS(pk_hist_merge(&small, &fine), PK_INVALID);
    CHECK_EQ(small.count, 150);
}
static void the_sum_carries(void) {
    pk_hist_reset(&small);
    pk_hist_record(&small, 0xFFFFFFFFu);
    pk_hist_record(&small, 0xFFFFFFFFu);
    pk_hist_record(&small, 3);
    CHECK(pk_hist_sum(&small) == (uint64_t)0xFFFFFFFFu * 2u + 3u);
}
static void subtracting_leaves_what_came_later(void) {
    uint16_t v;
    pk_hist_reset(&small);
    pk_hist_reset(&other);
    for (v = 0; v < 5; v++) pk_hist_record(&small, v); /* exact buckets */
    CHECK_STATUS(pk_hist_merge(&other, &small), PK_OK); /* the earlier copy */
    pk_hist_record(&small, 5);
    pk_hist_record(&small, 7);
    pk_hist_record(&small, (pk_ticks)1 << 21);
    CHECK_STATUS(pk_hist_subtract(&other, &small), PK_INVALID); /* the wrong way round */
    CHECK_EQ(other.count, 5);
    CHECK_STATUS(pk_hist_subtract(&small, &fine), PK_INVALID);
    CHECK_STATUS(pk_hist_subtract(&small, &other), PK_OK);
    CHECK_EQ(small.count, 3);
    CHECK_EQ(small.over, 1);
    CHECK(pk_hist_sum(&small) == 12 + ((uint32_t)1 << 21));
    CHECK_EQ(pk_hist_min(&small), 5);
    CHECK(small.max == (pk_ticks)1 << 21);
    CHECK_EQ(pk_hist_percentile(&small, 5000), 7);
    CHECK_STATUS(pk_hist_subtract(&other, &other), PK_OK);
    CHECK_EQ(other.count, 0);
    CHECK_EQ(pk_hist_min(&other), 0);
    CHECK_EQ(other.max, 0);
}
static void several_percentiles_at_once(void) {
    static const uint16_t percents[4] = {0, 5000, 9900, 10000};
    pk_ticks values[4];
    uint8_t i;
    pk_hist_reset(&fine);
    pk_hist_percentiles(&fine, percents, values, 4);
    for (i = 0; i < 4; i++) CHECK_EQ(values[i], 0);
    for (seed = 1, i = 0; i < 200; i++) pk_hist_record(&fine, next_value());
    pk_hist_percentiles(&fine, percents, values, 4);
    for (i = 0; i < 4; i++) CHECK(values[i] == pk_hist_percentile(&fine, percents[i]));
}
#ifdef __AVR__
PK__STATIC_ASSERT(table_bytes, sizeof(uint16_t) * PK_HIST_BUCKETS(2, 20) == 152);
#endif
PK__STATIC_ASSERT(firmware_table_bytes, sizeof(uint16_t) * PK_HIST_BUCKETS(3, 24) == 352);
PK__STATIC_ASSERT(hosted_table_bytes, sizeof(uint32_t) * PK_HIST_BUCKETS(5, 40) < 5000);

TESTS {
    RUN("C52", "percentiles of 10,000 values are within half a bucket of the exact ones", percentiles_are_within_half_a_bucket)
    RUN("C52", "small values are exact", small_values_are_exact)
    RUN("C52", "an empty histogram answers 0, one value answers itself", an_empty_one_answers_nothing)
    RUN("C52", "values beyond the range go to the last bucket and are counted", larger_values_go_to_the_last_bucket)
    RUN("C52", "a full counter stays full and says so; count and extremes stay exact", full_counters_stay_full_and_say_so)
    RUN("C52", "merging adds all; other geometry is refused", merging_adds_all)
    RUN("C52", "subtracting an earlier copy leaves what came later", subtracting_leaves_what_came_later)
    RUN("C52", "several percentiles at once are those of one at a time", several_percentiles_at_once)
    RUN("C52", "the sum is exact beyond 32 bits", the_sum_carries)
}
#else
TESTS {}
#endif
