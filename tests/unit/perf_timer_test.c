/* targets: all */
/* Timers and counters on a counter of 24 bits that counts down at 1 MHz, as SysTick does. */
static unsigned long test_ticks = 0xFFFFFF;
#define PERFKIT_TICKS() test_ticks
#define PERFKIT_TICKS_HZ 1000000u
#define PERFKIT_TICKS_MASK 0xFFFFFFu
#define PERFKIT_TICKS_DOWN 1
#define PERFKIT_LOG_IMPLEMENTATION
#define PERFKIT_LOG_SITE 0
#include "../../perfkit_log.h"
#include "../support/test.h"

#if PERFKIT_PERF
static char got[PERFKIT_LOG_LINE];
static unsigned lines;
static pk_status keep(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)level;
    if (length == 0) return PK_OK;
    memcpy(got, text, length + 1);
    lines++;
    return PK_OK;
}
static void spend(uint32_t us) { test_ticks = (test_ticks - us) & 0xFFFFFFul; }
static void start(int level) {
    pk_log_close(&pk_perf_default);
    pk_perf_default.flags = PK__LOG_NO_TIME;
    CHECK_STATUS(pk_log_set_level(&pk_perf_default, level), PK_OK);
    CHECK_STATUS(pk_log_add_sink(&pk_perf_default, keep, NULL, PK_LOG_INFO), PK_OK);
    pk_perf_reset(&pk_perf_default);
    lines = 0;
    got[0] = 0;
}
static pk_count count_of(const char *name) {
    const pk_perf_site *site = pk_perf_find(&pk_perf_default, name);
    return site ? site->values.count : 0;
}
static void scoped(uint32_t us) {
    PK_PERF_SCOPE("scoped") { spend(us); }
}

PK_PERF_DEFINE(query, "name")
static void a_line_says_name_and_duration(void) {
    pk_timer t;
    start(PK_LOG_INFO);
    t = pk_timer_begin(&query);
    spend(12340);
    CHECK_EQ(pk_timer_end_log(&t), 12340);
    CHECK_TEXT(got, "INFO  perf name executed in 12.3ms\n");
    t = pk_timer_begin(&query);
    spend(999950);
    pk_timer_end_log(&t);
    CHECK_TEXT(got, "INFO  perf name executed in 1000.0ms\n"); /* to the nearest */
    CHECK_EQ(pk_timer_end_log(&t), 0); /* ended already */
    CHECK_EQ(lines, 2);
    CHECK_EQ(count_of("name"), 2);
}
static void a_scope_times_its_block(void) {
    start(PK_LOG_INFO);
    scoped(5);
    scoped(7);
    CHECK_EQ(count_of("scoped"), 2);
    CHECK_EQ(pk_hist_sum(&pk_perf_find(&pk_perf_default, "scoped")->values), 12);
    CHECK_EQ(pk_perf_find(&pk_perf_default, "scoped")->values.max, 7);
    CHECK_EQ(lines, 0);
}
static void the_wrap_of_the_counter_does_not_show(void) {
    start(PK_LOG_INFO);
    test_ticks = 10;
    scoped(30); /* 10 down to 0, then from 0xFFFFFF */
    CHECK_EQ(pk_perf_find(&pk_perf_default, "scoped")->values.max, 30);
}
static void nothing_is_recorded_while_the_channel_is_off(void) {
    unsigned evaluated = 0, ran = 0;
    pk_timer t;
    start(PK_LOG_OFF);
    PK_PERF_SCOPE("off") { ran++; }
    PK_PERF_COUNT("off", ++evaluated);
    t = pk_timer_begin(&query);
    spend(5);
    CHECK_EQ(pk_timer_end_log(&t), 0);
    CHECK_EQ(ran, 1);
    CHECK_EQ(evaluated, 0);
    CHECK_EQ(count_of("off"), 0);
    CHECK_EQ(count_of("name"), 0);
    CHECK_EQ(lines, 0);
}
static void counters_add_up(void) {
    uint8_t i;
    start(PK_LOG_ERROR); /* any level but OFF */
    for (i = 1; i <= 4; i++) PK_PERF_COUNT("rows", i);
    PK_PERF_COUNT("rows", 100u); /* another place of that name */
    CHECK_EQ(count_of("rows"), 5);
    CHECK_EQ(pk_hist_sum(&pk_perf_find(&pk_perf_default, "rows")->values), 110);
    CHECK(pk_perf_find(&pk_perf_default, "none") == NULL);
}
static void ticks_become_microseconds(void) {
    CHECK_EQ(pk_perf_us(1500), 1500);
    CHECK(pk_perf_us(0xFFFFFFFFu) == 0xFFFFFFFFu);
    CHECK(pk_perf_us((uint64_t)1 << 40) == 0xFFFFFFFFu);
}

TESTS {
    RUN("C45 L14", "a line reads `name executed in 12.3ms` after 12.34 ms", a_line_says_name_and_duration)
    RUN("C45", "a scope times its block", a_scope_times_its_block)
    RUN("C45", "a 24-bit counter that counts down may wrap inside a span", the_wrap_of_the_counter_does_not_show)
    RUN("L01 L03", "a channel that is off records nothing and evaluates nothing", nothing_is_recorded_while_the_channel_is_off)
    RUN("C52", "counters add up under their name", counters_add_up)
    RUN("C45", "ticks become microseconds", ticks_become_microseconds)
}
#else
TESTS {}
#endif
