/* targets: large */
/* Nested spans, gauges, distributions and channels, on a counter of 24 bits that counts down and a clock of milliseconds. */
static unsigned long test_ticks = 0xFFFFFF, test_ms;
#define PERFKIT_TICKS() test_ticks
#define PERFKIT_TICKS_HZ 1000000u
#define PERFKIT_TICKS_MASK 0xFFFFFFu
#define PERFKIT_TICKS_DOWN 1
#define PERFKIT_NOW_MS() test_ms
#define PERFKIT_LOG_IMPLEMENTATION
#define PERFKIT_LOG_SITE 0
#include "../../perfkit_log.h"
#include "../support/test.h"

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
static pk_status to_main(void *user, int level, const char *text, size_t length) {
    (void)level;
    (void)text;
    if (length) ++*(unsigned *)user;
    return PK_OK;
}
static void spend(uint32_t us) {
    test_ticks = (test_ticks - us) & 0xFFFFFFul;
    test_ms += us / 1000u;
}
static void start(void) {
    pk_log_close(&pk_perf_default);
    pk_perf_default.flags = PK__LOG_NO_TIME;
    CHECK_STATUS(pk_log_set_level(&pk_perf_default, PK_LOG_INFO), PK_OK);
    CHECK_STATUS(pk_log_add_sink(&pk_perf_default, keep, NULL, PK_LOG_TRACE), PK_OK);
    pk_perf_reset(&pk_perf_default);
    lines = 0;
}
static pk_perf_values of(const char *name) {
    pk_perf_values v;
    memset(&v, 0, sizeof v);
    CHECK_STATUS(pk_perf_get(&pk_perf_default, name, &v), PK_OK);
    return v;
}

static void inner(void) {
    PK_PERF_SCOPE("inner") { spend(30); }
}
static void self_time_leaves_out_inner_spans(void) {
    start();
    PK_PERF_SCOPE("outer") {
        spend(100);
        inner();
        spend(7);
        inner();
        PK_PERF_SCOPE("middle") {
            spend(1);
            inner();
        }
    }
    CHECK_EQ(of("outer").total, 198);
    CHECK_EQ(of("middle").total, 31);
    CHECK_EQ(of("inner").total, 90);
#if PERFKIT_HOSTED
    if (PK__PERF_NEST) {
        CHECK_EQ(of("outer").self, 107);
        CHECK_EQ(of("middle").self, 1);
        CHECK_EQ(of("outer").self + of("middle").self + of("inner").self, 198);
    }
#endif
    CHECK_EQ(of("inner").self, 90);
}
static void an_abandoned_span_does_not_harm(void) {
    int i;
    start();
    for (i = 0; i < 2; i++) {
        PK_PERF_SCOPE("left") {
            spend(5);
            break;
        }
    }
    PK_PERF_SCOPE("after") { spend(9); }
    CHECK_EQ(of("after").total, 9);
    CHECK_EQ(of("after").self, 9);
}

PK_PERF_DEFINE(load, "load")
static void a_long_span_is_right_and_marked(void) {
    pk_timer t;
    start();
    t = pk_timer_begin(&load);
    spend(16777000u); /* just below one wrap */
    CHECK_EQ(pk_timer_end(&t), 16777000);
    CHECK(!of("load").wrapped);
    t = pk_timer_begin(&load);
    spend(0x1000000ul + 500);
    CHECK_EQ(pk_timer_end(&t), 0x1000000l + 500);
    CHECK(of("load").wrapped);
    t = pk_timer_begin(&load);
    spend(1000000000ul); /* a thousand seconds: 59 wraps and a rest */
    CHECK_EQ(pk_timer_end(&t), 1000000000l);
    CHECK(of("load").max == 1000000000ul);
    pk_perf_reset(&pk_perf_default);
    CHECK(!of("load").wrapped);
}
#if PERFKIT_PERF_TRACE
static char json[600];
static pk_status gather(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)level;
    if (strlen(json) + length < sizeof json) memcpy(json + strlen(json), text, length + 1);
    return PK_OK;
}
static void a_span_older_than_the_trace_begins_with_it(void) {
    pk_perf_event events[2];
    pk_perf_trace trace;
    pk_timer t;
    start();
    t = pk_timer_begin(&load);
    spend(100);
    CHECK_STATUS(pk_perf_trace_start(&pk_perf_default, &trace, events, 2), PK_OK);
    spend(20);
    (void)pk_timer_end(&t);
    spend(5);
    t = pk_timer_begin(&load);
    spend(7);
    (void)pk_timer_end(&t);
    pk_perf_trace_stop(&pk_perf_default);
    json[0] = 0;
    CHECK_STATUS(pk_perf_trace_json(&trace, gather, NULL), PK_OK);
    CHECK(strstr(json, "\"ts\":0.000,\"dur\":20.000}") != NULL);
    CHECK(strstr(json, "\"ts\":25.000,\"dur\":7.000}") != NULL);
    CHECK_EQ(of("load").total, 127);
}
#endif
static void a_short_span_beside_a_coarse_clock_is_not_marked(void) {
    pk_timer t;
    start();
    t = pk_timer_begin(&load);
    test_ms += 5;
    CHECK_EQ(pk_timer_end(&t), 0);
    CHECK(!of("load").wrapped);
}
static void gauges_keep_the_last_and_the_ends(void) {
    pk_level i;
    start();
    for (i = 0; i < 5; i++) PK_PERF_GAUGE_ADD("open", 2);
    PK_PERF_GAUGE_ADD("open", -13);
    PK_PERF_GAUGE("open", 4);
    CHECK_EQ(of("open").level, 4);
    CHECK_EQ(of("open").lowest, -3);
    CHECK_EQ(of("open").highest, 10);
    CHECK_EQ(of("open").count, 7);
    pk_perf_reset(&pk_perf_default);
    CHECK_EQ(of("open").level, 4);
    CHECK_EQ(of("open").count, 0);
}
static void kinds_of_one_name_are_entries_each(void) {
    pk_perf_values v;
    const pk_perf_site *site;
    unsigned found = 0;
    start();
    PK_PERF_SCOPE("queue") { spend(30); }
    PK_PERF_GAUGE("queue", 5);
    PK_PERF_SCOPE("queue") { spend(50); }
    for (site = pk_perf_default.sites; site != NULL; site = site->next) {
        if (strcmp(site->name, "queue") != 0) continue;
        found++;
        pk__perf_read(site, &v);
        if (v.kind == PK_PERF_LEVEL) CHECK_EQ(v.level, 5);
        else {
            CHECK_EQ(v.count, 2);
            CHECK_EQ(v.max, 50);
        }
    }
    CHECK_EQ(found, 2);
}
static void distributions_have_percentiles(void) {
    uint8_t i;
    pk_perf_values v;
    start();
    for (i = 1; i <= 8; i++) PK_PERF_VALUE("size", i);
    v = of("size");
    CHECK_EQ(v.p50, 4);
    CHECK_EQ(v.p99, 8);
    CHECK_EQ(v.min, 1);
    CHECK_EQ(v.total, 36);
    CHECK_EQ(v.kind, PK_PERF_DISTRIBUTION);
    for (i = 1; i <= 100; i++) PK_PERF_VALUE("rank", i <= 94 ? 1 : i == 95 ? 2 : i <= 99 ? 3 : 4);
    v = of("rank");
    CHECK(v.p50 == 1 && v.p95 == 2 && v.p99 == 3 && v.max == 4);
}
static void timed_blocks_write_a_line(void) {
    start();
    PK_TIMED("name") { spend(12340); }
    CHECK_TEXT(got, "INFO  perf name executed in 12.3ms\n");
    CHECK_EQ(of("name").count, 1);
}
static void a_note_stands_in_braces(void) {
    pk_timer t;
    start();
    t = pk_timer_begin(&load);
    spend(12345);
    CHECK_EQ(pk_timer_end_note(&t, "rows=%d table=%s", 7, "a\nb"), 12345);
    CHECK_TEXT(got, "INFO  perf load: 12.35ms {rows=7 table=a\\nb}\n");
    pk_log_set_level(&pk_perf_default, PK_LOG_ERROR);
    t = pk_timer_begin(&load);
    (void)pk_timer_end_note(&t, "none");
    CHECK_EQ(lines, 1);
    CHECK_EQ(of("load").count, 2);
}

static unsigned in_main;
PK_LOG_DEFINE(second, "second", PK_LOG_INFO, to_main, &in_main)
PK_PERF_DEFINE_ON(elsewhere, second, "elsewhere")
static void channels_are_independent(void) {
    pk_timer t;
    pk_perf_values v;
    start();
    in_main = 0;
    CHECK_STATUS(pk_log_set_level(&second, PK_LOG_INFO), PK_OK);
    t = pk_timer_begin(&elsewhere);
    spend(3);
    (void)pk_timer_end_log(&t);
    CHECK_EQ(in_main, 1); /* its own sink */
    CHECK_EQ(lines, 0);
    CHECK_STATUS(pk_perf_get(&pk_perf_default, "elsewhere", &v), PK_NOT_FOUND);
    CHECK_STATUS(pk_perf_get(&second, "elsewhere", &v), PK_OK);
    CHECK_EQ(v.total, 3);
    CHECK_STATUS(pk_log_set_level(&second, PK_LOG_OFF), PK_OK); /* its own level */
    t = pk_timer_begin(&elsewhere);
    (void)pk_timer_end_log(&t);
    PK_PERF_COUNT("still on", 1);
    CHECK_EQ(of("still on").count, 1);
    CHECK_EQ(in_main, 1);
    CHECK_STATUS(pk_log_set_level(&pk_log_default, PK_LOG_TRACE), PK_OK); /* the main logger leaves the perf channel alone */
    CHECK_EQ(pk_perf_default.level, PK_LOG_INFO);
    CHECK_STATUS(pk_log_set_level(&pk_perf_default, PK_LOG_OFF), PK_OK);
    CHECK_EQ(pk_log_default.level, PK_LOG_TRACE);
    PK_PERF_COUNT("still on", 1);
    CHECK_EQ(of("still on").count, 1);
}

TESTS {
    RUN("C45", "self time leaves out what spans inside took", self_time_leaves_out_inner_spans)
    RUN("C45", "a span left by break does not harm those after it", an_abandoned_span_does_not_harm)
    RUN("C45", "a span longer than one wrap of the counter is right, and marked", a_long_span_is_right_and_marked)
    RUN("C45", "a clock that runs ahead of the counter marks nothing", a_short_span_beside_a_coarse_clock_is_not_marked)
#if PERFKIT_PERF_TRACE
    RUN("C45 C52", "of a span that began before a trace the trace shows the rest", a_span_older_than_the_trace_begins_with_it)
#endif
    RUN("C52", "a gauge keeps its last, least and greatest value", gauges_keep_the_last_and_the_ends)
    RUN("C52", "one name for a timer and a gauge is an entry each", kinds_of_one_name_are_entries_each)
    RUN("C52", "a distribution has percentiles", distributions_have_percentiles)
    RUN("C45", "a timed block writes its line", timed_blocks_write_a_line)
    RUN("L14", "`name: 12.35ms {k=v}`, and only where INFO passes", a_note_stands_in_braces)
    RUN("L01 L05", "channels have their own names, level and sinks; neither changes the other", channels_are_independent)
}
