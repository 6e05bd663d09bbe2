/* log.c - uses what is switched on of perfkit_log.h. */
#include "perfkit_log.h"
#include "uses.h"
#ifndef MEASURED
#include <string.h>
#endif

static pk_log user_log;
static pk_log_desc user_desc;
static unsigned user_lines;
static pk_status user_sink(void *user, int level, const char *text, size_t length) {
    (void)user, (void)level, (void)text;
    if (length > 0) user_lines++;
    return PK_OK;
}
static pk_time user_clock(void *user) {
    (void)user;
    return 12345;
}
#if PERFKIT_LOG_WALL
static uint32_t user_wall(void *user, uint16_t *ms) {
    (void)user;
    *ms = 678;
    return 1767323045u;
}
#endif
#if PERFKIT_LOG_DEFERRED
static union { uint64_t align; char bytes[PERFKIT_HOSTED ? 40000 : 1000]; } user_queue;
#endif
#if PERFKIT_LOG_DICTIONARY
static pk_status user_out(void *user, const uint8_t *bytes, size_t size) {
    (void)bytes;
    *(unsigned *)user += (unsigned)size;
    return PK_OK;
}
#endif
#if PERFKIT_LOG_RULES
static pk_log_rules user_rules;
#endif
#if PERFKIT_LOG_ERRORS
static pk_log_errors user_errors;
#endif
#if PERFKIT_LOG_SIGNALS
static pk_log_signals user_signals;
#endif
#if PERFKIT_LOG_BUFFER
static char user_held[PERFKIT_LOG_LINE + 100];
static pk_log_buffer user_buffer;
static pk_log_buffer_desc user_buffer_desc;
static size_t user_write(void *user, const char *bytes, size_t n) {
    (void)user, (void)bytes;
    return n;
}
#endif
#if PERFKIT_LOG_RING
static uint32_t user_last[(PERFKIT_LOG_LINE * 2 + 200) / 4];
static pk_log_ring user_ring;
static pk_log_ring_desc user_ring_desc;
#endif
#if PERFKIT_PERF && defined PERFKIT_PERF_DEFAULT
#define PERF 1
PK_PERF_DEFINE(user_site, "q")
#endif
#if PERFKIT_PERF
PK_HIST_DEFINE(user_hist, 3, 24, uint16_t)
#endif
#if PERFKIT_PERF && PERFKIT_PERF_PROGRESS
static pk_progress user_progress;
#endif
#if PERFKIT_PERF && PERFKIT_PERF_STAGES
static pk_stopwatch user_stopwatch;
static pk_lap user_laps[2];
static pk_metric user_table[2];
static pk_metrics user_metrics = {user_table, NULL, 2, 0, 0};
#endif

int main(void) {
    user_desc.sink = user_sink;
    user_desc.clock = user_clock;
#if PERFKIT_LOG_WALL
    user_desc.wall = user_wall;
#endif
#if PERFKIT_THREADS && (FULL || !PERFKIT_LOG_DEFERRED) /* firmware: by the interrupt mask, or not at all */
    user_desc.threads = true;
#endif
    EXPECT(pk_log_init(&user_log, &user_desc) == PK_OK);
    PK_LOG_TO(&user_log, PK_LOG_WARN, "%d", user_log.sink_count);
    PK_LOG_TO(&user_log, PK_LOG_DEBUG, "d");
    EXPECT(user_lines == !PERFKIT_LOG_DICTIONARY);
#if PERFKIT_LOG_INT64
    PK_LOG_TO(&user_log, PK_LOG_WARN, "%lld", (long long)user_lines);
#endif
#if PERFKIT_FLOAT
    PK_LOG_TO(&user_log, PK_LOG_WARN, "%f", (double)user_lines);
    if (user_lines > 1000) PK_LOG_TO(&user_log, PK_LOG_WARN, "%Lf", (long double)1); /* compiles */
#endif
#if PERFKIT_LOG_KV
    PK_LOG_KV_TO(&user_log, PK_LOG_WARN, "k", PK_KV_I("i", 1), PK_KV_S("s", "a b"));
#endif
#if PERFKIT_LOG_FORMS
    EXPECT(pk_log_set_form(&user_log, user_sink, NULL, PK_LOG_JSON) == PK_OK);
    PK_LOG_TO(&user_log, PK_LOG_WARN, "j");
#endif
#if PERFKIT_LOG_RULES
    EXPECT(pk_log_set_rules(&user_log, &user_rules, "*=INFO") == PK_OK);
    PK_LOG_TO(&user_log, PK_LOG_INFO, "r");
#endif
#if PERFKIT_LOG_LIMITS
    PK_LOG_LIMITED_TO(&user_log, PK_LOG_WARN, 1, 1000, "l");
    PK_LOG_ONCE_TO(&user_log, PK_LOG_WARN, "o");
#endif
#if PERFKIT_LOG_ERRORS
    pk_log_set_errors(&user_log, &user_errors);
    PK_LOG_FAILED_TO(&user_log, PK_IO, "f");
    EXPECT(pk_log_error_count(&user_log, PK_IO) == 1 && pk_log_error_total(&user_log) == 1);
#endif
#if PERFKIT_LOG_SIGNALS
    EXPECT(pk_log_set_signals(&user_log, &user_signals) == PK_OK);
    PK_LOG_SIGNAL(&user_signals, PK_LOG_WARN, "s");
#endif
    EXPECT(pk_log_flush(&user_log) == PK_OK);
#if PERFKIT_LOG_BUFFER
    user_buffer_desc.memory = user_held;
    user_buffer_desc.size = sizeof user_held;
    user_buffer_desc.write_fn = user_write;
    EXPECT(pk_log_buffer_init(&user_buffer, &user_buffer_desc) == PK_OK);
    EXPECT(pk_log_add_sink(&user_log, pk_log_to_buffer, &user_buffer, PK_LOG_TRACE) == (PERFKIT_LOG_SINKS < 2 ? PK_FULL : PK_OK));
#endif
#if PERFKIT_LOG_RING
    user_ring_desc.memory = user_last;
    user_ring_desc.size = sizeof user_last;
    EXPECT(pk_log_ring_init(&user_ring, &user_ring_desc) == PK_OK);
    EXPECT(pk_log_add_sink(&user_log, pk_log_to_ring, &user_ring, PK_LOG_TRACE) == (PERFKIT_LOG_SINKS < 2 + PERFKIT_LOG_BUFFER ? PK_FULL : PK_OK));
#endif
#if PERFKIT_LOG_DEFERRED
    EXPECT(pk_log_defer(&user_log, user_queue.bytes, sizeof user_queue, 1, PK_LOG_DROP_NEWEST) == PK_OK);
    user_lines = 0;
    PK_LOG_TO(&user_log, PK_LOG_WARN, "%d %s", 1, "x");
    EXPECT(user_lines == 0);
#if PERFKIT_LOG_DICTIONARY
    EXPECT(pk_log_drain_raw(&user_log, 0, user_out, &user_lines) == PK_OK && user_lines >= 8);
#else
    EXPECT(pk_log_drain(&user_log, 0) == PK_OK && user_lines >= 1);
#endif
#else
    PK_LOG_TO(&user_log, PK_LOG_ERROR, "e");
#endif
#if PERFKIT_LOG_RING
    user_lines = 0;
    EXPECT(pk_log_ring_dump(NULL, &user_ring, user_sink, NULL) == PK_OK);
    EXPECT(user_lines >= 1 || PERFKIT_LOG_SINKS < 2 + PERFKIT_LOG_BUFFER || PERFKIT_LOG_DICTIONARY);
#endif
    EXPECT(pk_log_close(&user_log) == PK_OK);
#if PERFKIT_PERF
    pk_hist_record(&user_hist, 5);
    EXPECT(pk_hist_percentile(&user_hist, 5000) == 5);
#endif
#ifdef PERF
    {
        pk_timer timer;
        EXPECT(pk_log_set_level(&PERFKIT_PERF_DEFAULT, PK_LOG_INFO) == PK_OK);
        timer = pk_timer_begin(&user_site);
        PK_PERF_COUNT("c", 3);
        (void)pk_timer_end(&timer);
    }
#if PERFKIT_PERF_TEXT
    user_lines = 0;
    EXPECT(pk_perf_report(&PERFKIT_PERF_DEFAULT, user_sink, NULL, 9) == PK_OK && user_lines > 0);
#endif
#if PERFKIT_PERF_JSON
    EXPECT(pk_perf_json(&PERFKIT_PERF_DEFAULT, user_sink, NULL) == PK_OK);
#endif
#if PERFKIT_PERF_OPENMETRICS
    EXPECT(pk_perf_openmetrics(&PERFKIT_PERF_DEFAULT, user_sink, NULL) == PK_OK);
#endif
#endif
#if PERFKIT_PERF && PERFKIT_PERF_PROGRESS
    EXPECT(pk_progress_init(&user_progress, NULL) == PK_OK);
    pk_progress_step(&user_progress, "a", true);
    pk_progress_close(&user_progress);
#endif
#if PERFKIT_PERF && PERFKIT_PERF_STAGES
    pk_stopwatch_start(&user_stopwatch, user_laps, 2);
    (void)pk_stopwatch_lap(&user_stopwatch, "a");
    EXPECT(pk_stopwatch_report(&user_stopwatch, user_sink, NULL) == PK_OK);
    EXPECT(pk_metrics_record(&user_metrics, PK_METRIC_LOAD, "m", 5) == PK_OK);
#endif
    return DONE;
}
