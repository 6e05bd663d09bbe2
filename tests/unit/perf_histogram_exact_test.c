/* targets: hosted */
/* Percentiles beside an exact sort, over distributions of several shapes and the shapes of table of all profiles: the error is never above
   half a bucket, 1 in 2^(sub_bits+1) of the value (after HdrHistogram, G. Tene), and the sum, count and ends are exact. */
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../perfkit_log.h"
#include "../support/test.h"
#include <stdlib.h>

#if PERFKIT_PERF
PK_HIST_DEFINE(hosted_shape, 5, 40, uint32_t)
PK_HIST_DEFINE(firmware_shape, 3, 24, uint16_t)
PK_HIST_DEFINE(avr_shape, 2, 20, uint16_t)
PK_HIST_DEFINE(wide_shape, 8, 64, uint32_t)
PK_HIST_DEFINE(part, 5, 40, uint32_t)
PK_HIST_DEFINE(whole, 5, 40, uint32_t)
static pk_histogram *const shapes[4] = {&hosted_shape, &firmware_shape, &avr_shape, &wide_shape};

enum { VALUES = 8000 };
static uint64_t values[VALUES];
static int compare(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}
static uint64_t random_below(uint64_t n) { return ((uint64_t)test_random() << 32 | test_random()) % n; }

/* Shape 0: uniform; 1: long-tailed, each doubling half as often, as log-normal latencies nearly are; 2: two humps; 3: one value; 4: powers
   of two and their neighbours; 5: 0, 1 and the greatest that the table holds. */
static uint64_t value_of(int shape, unsigned max_bits) {
    uint64_t top = max_bits == 64 ? ~(uint64_t)0 : ((uint64_t)1 << max_bits) - 1;
    unsigned bits;
    switch (shape) {
    case 0: return random_below(top);
    case 1:
        for (bits = 8; bits < max_bits - 1 && test_random() % 2; bits++) {}
        return random_below((uint64_t)1 << bits);
    case 2: return test_random() % 10 ? 900 + random_below(200) : 500000 + random_below(1000);
    case 3: return 12345;
    case 4: return ((uint64_t)1 << (1 + test_random() % (max_bits - 1))) + test_random() % 3 - 1;
    default: return test_random() % 3 ? test_random() % 2 : top;
    }
}
static uint64_t exact(unsigned percent_100) { /* the least value that so many are not above */
    uint64_t rank = ((uint64_t)VALUES * percent_100 + 9999) / 10000;
    return values[rank == 0 ? 0 : rank - 1];
}
static void errors_stay_within_half_a_bucket(void) {
    static const uint16_t percents[9] = {1, 100, 1000, 2500, 5000, 9000, 9900, 9990, 9999};
    int table, shape, i;
    for (table = 0; table < 4; table++)
        for (shape = 0; shape < 6; shape++) {
            pk_histogram *h = shapes[table];
            uint64_t sum = 0;
            pk_ticks all[9];
            pk_hist_reset(h);
            for (i = 0; i < VALUES; i++) {
                values[i] = value_of(shape, h->max_bits);
                sum += values[i];
                pk_hist_record(h, (pk_ticks)values[i]);
            }
            qsort(values, VALUES, sizeof values[0], compare);
            CHECK(h->count == VALUES && h->over == 0 && !h->saturated);
            CHECK(pk_hist_sum(h) == sum && pk_hist_min(h) == values[0] && h->max == values[VALUES - 1]);
            pk_hist_percentiles(h, percents, all, 9);
            for (i = 0; i < 9; i++) {
                const uint64_t want = exact(percents[i]), got = all[i], error = got > want ? got - want : want - got;
                CHECK(error <= want >> (h->sub_bits + 1));
                if (want < (uint64_t)2 << h->sub_bits) CHECK(error == 0);
                CHECK(pk_hist_percentile(h, percents[i]) == got);
            }
            CHECK(pk_hist_percentile(h, 10000) == values[VALUES - 1]);
        }
}
static void every_bucket_holds_what_it_should(void) { /* the first and last value of each power of two's buckets, in all tables */
    int table;
    for (table = 0; table < 4; table++) {
        pk_histogram *h = shapes[table];
        unsigned bucket = 0, bits, part_of;
        for (bits = h->sub_bits; bits < h->max_bits; bits++)
            for (part_of = 0; part_of < 1u << h->sub_bits; part_of++) {
                uint64_t width = (uint64_t)1 << (bits - h->sub_bits), first = ((uint64_t)1 << bits) + part_of * width;
                bucket = (1u << h->sub_bits) * (bits - h->sub_bits + 1) + part_of;
                CHECK_EQ(pk__hist_bucket(h, (pk_ticks)first), bucket);
                CHECK_EQ(pk__hist_bucket(h, (pk_ticks)(first + width - 1)), bucket);
            }
        CHECK_EQ(bucket + 1, PK_HIST_BUCKETS(h->sub_bits, h->max_bits));
    }
}
static void beyond_the_range(void) {
    const uint64_t edge = (uint64_t)1 << 24;
    int i;
    pk_hist_reset(&firmware_shape);
    for (i = 0; i < 90; i++) pk_hist_record(&firmware_shape, 100);
    for (i = 0; i < 10; i++) pk_hist_record(&firmware_shape, (pk_ticks)(edge << i));
    CHECK_EQ(firmware_shape.over, 10);
    CHECK(firmware_shape.max == edge << 9);
    CHECK(pk_hist_percentile(&firmware_shape, 9500) == edge << 9); /* where in the last bucket is not known: no less than it is */
    CHECK_EQ(pk_hist_percentile(&firmware_shape, 9000), 100 / 8 * 8 + 4); /* 96 to 103: its middle */
}
static bool same(const pk_histogram *a, const pk_histogram *b) {
    return a->count == b->count && a->over == b->over && pk_hist_sum(a) == pk_hist_sum(b) &&
           memcmp(a->counters, b->counters, 4 * PK_HIST_BUCKETS(5, 40)) == 0;
}
static void merging_and_subtracting_have_their_laws(void) {
    int i;
    pk_hist_reset(&hosted_shape);
    pk_hist_reset(&part);
    pk_hist_reset(&whole);
    for (i = 0; i < 5000; i++) {
        uint64_t v = value_of(1, 42); /* some beyond the range */
        pk_hist_record(i % 3 ? &hosted_shape : &part, (pk_ticks)v);
        pk_hist_record(&whole, (pk_ticks)v);
    }
    CHECK_STATUS(pk_hist_merge(&part, &hosted_shape), PK_OK); /* recording apart and merging = recording together */
    CHECK(same(&part, &whole) && part.max == whole.max && pk_hist_min(&part) == pk_hist_min(&whole));
    CHECK_STATUS(pk_hist_subtract(&whole, &hosted_shape), PK_OK); /* a + b - b = a, but for the ends, which stay outside */
    CHECK_STATUS(pk_hist_subtract(&part, &whole), PK_OK);         /* (a + b) - a = b */
    CHECK(same(&part, &hosted_shape));
    CHECK(part.max >= hosted_shape.max && pk_hist_min(&part) <= pk_hist_min(&hosted_shape));
    CHECK_STATUS(pk_hist_merge(&part, &whole), PK_OK);
    CHECK_STATUS(pk_hist_merge(&whole, &hosted_shape), PK_OK); /* a + b = b + a */
    CHECK(same(&part, &whole));
}
static void a_merge_can_saturate(void) {
    pk_hist_reset(&avr_shape);
    pk_hist_reset(&firmware_shape);
    ((uint32_t *)part.counters)[7] = 0xFFFFFFFFu;
    pk_hist_reset(&whole);
    pk_hist_record(&whole, 7);
    part.saturated = 0;
    CHECK_STATUS(pk_hist_merge(&part, &whole), PK_OK);
    CHECK(part.saturated);
    CHECK(((uint32_t *)part.counters)[7] == 0xFFFFFFFFu);
}

TESTS {
    RUN("C52", "percentiles are within half a bucket of an exact sort, for 6 distributions and 4 tables", errors_stay_within_half_a_bucket)
    RUN("C52", "each bucket holds its part of a power of two, and the last one is the last", every_bucket_holds_what_it_should)
    RUN("C52", "values beyond the range are counted, and a percentile among them is the greatest", beyond_the_range)
    RUN("C52", "recorded apart and merged = recorded together; what is subtracted is gone", merging_and_subtracting_have_their_laws)
    RUN("C52", "a counter that a merge fills stays full, and says so", a_merge_can_saturate)
}
#else
TESTS {}
#endif
