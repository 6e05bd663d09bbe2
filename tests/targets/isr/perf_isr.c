/* The perf channel and a histogram, written by an interrupt, where there are priorities by one above it too, and by main. With the
   interrupt mask every figure is exact; built with -DNOLOCK=FORM, without the mask, each form alone must fail, or this proves nothing. */
#include <stdint.h>
#ifndef NOLOCK
#include "../critical.h"
#endif
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../../perfkit_log.h"
#include "../../support/test.h"
#define ISR_WANT_ABOVE
#include "isr.h"

enum { COUNTER = 1, VALUE, GAUGE, HISTOGRAM };
PK_HIST_DEFINE(sizes, 2, 12, uint32_t)
static uint8_t form;
static volatile uint32_t ticks, above;

static void note(uint16_t n) {
    switch (form) {
    case COUNTER: PK_PERF_COUNT("bytes", n); break;
    case VALUE: PK_PERF_VALUE("size", n); break;
    case GAUGE: PK_PERF_GAUGE_ADD("open", 1); break;
    default:
#ifndef NOLOCK
        pk_hist_record_atomic(&sizes, n);
#else
        pk_hist_record(&sizes, n);
#endif
    }
}
void isr_tick(void) {
    ticks++;
    note(3);
}
#if ISR_ABOVE
void isr_above(void) {
    above++;
    note(5);
}
#else
static void isr_above_start(uint16_t period) { above = period > 0 ? INTERRUPTS : 0; }
static void isr_above_stop(void) {}
#endif

/* Records from everywhere; how often, and the sum of what was recorded. */
static uint32_t share(uint8_t what, uint32_t *sum) {
    uint32_t i, others;
    uint8_t phase;
    form = what;
    ticks = above = 0;
    CHECK_STATUS(pk_log_set_level(&pk_perf_default, PK_LOG_INFO), PK_OK);
    note(7); /* the place is reached outside of interrupts first */
    isr_start(1009);
    isr_above_start(907);
    for (i = 1; (isr_read(&ticks) < INTERRUPTS || isr_read(&above) < INTERRUPTS) && i < 400000000u; i++) {
        note(7);
        for (phase = (uint8_t)(i % 13); phase > 0; phase--) (void)isr_read(&ticks); /* else some loops are always met in the same places */
    }
    isr_above_stop();
    isr_stop();
    CHECK(ticks >= INTERRUPTS);
    CHECK(above >= INTERRUPTS);
    others = ISR_ABOVE ? above : 0;
    *sum = 7 * i + 3 * ticks + 5 * others;
    return i + ticks + others;
}
static void counters(void) {
    uint32_t sum, count = share(COUNTER, &sum);
    pk_perf_values v;
    CHECK_STATUS(pk_perf_get(&pk_perf_default, "bytes", &v), PK_OK);
    CHECK_EQ(v.count, count);
    CHECK(v.total == sum);
}
static void distributions(void) {
    uint32_t sum, count = share(VALUE, &sum);
    pk_perf_values v;
    CHECK_STATUS(pk_perf_get(&pk_perf_default, "size", &v), PK_OK);
    CHECK_EQ(v.count, count);
    CHECK(v.total == sum);
    CHECK_EQ(v.max, 7);
}
static void gauges(void) {
    uint32_t sum, count = share(GAUGE, &sum);
    pk_perf_values v;
    CHECK_STATUS(pk_perf_get(&pk_perf_default, "open", &v), PK_OK);
    CHECK_EQ(v.count, count);
    CHECK_EQ(v.level, count);
    CHECK_EQ(v.highest, count);
}
static void histograms(void) {
    uint32_t sum, count = share(HISTOGRAM, &sum), i, in_buckets = 0;
    for (i = 0; i < PK_HIST_BUCKETS(2, 12); i++) in_buckets += sizes_counters[i];
    CHECK_EQ(sizes.count, count);
    CHECK_EQ(in_buckets, count);
    CHECK(pk_hist_sum(&sizes) == sum);
}

#ifndef NOLOCK
#define NOLOCK 0
#endif
TESTS {
    if (NOLOCK == 0 || NOLOCK == COUNTER) RUN("L10 L22", "interrupts and main add to one counter: it is exact", counters)
    if (NOLOCK == 0 || NOLOCK == VALUE) RUN("L10 L22", "the same with a distribution", distributions)
    if (NOLOCK == 0 || NOLOCK == GAUGE) RUN("L10 L22", "the same with a gauge", gauges)
    if (NOLOCK == 0 || NOLOCK == HISTOGRAM) RUN("L10 L22", "the same with pk_hist_record_atomic", histograms)
}
