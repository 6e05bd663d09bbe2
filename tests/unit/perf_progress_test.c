/* targets: large */
/* Progress, stages, memory growth, single figures and trends, on a clock and a counter of the test's. */
static unsigned long test_ticks, test_ms;
#define PERFKIT_TICKS() test_ticks
#define PERFKIT_TICKS_HZ 1000000u
#define PERFKIT_NOW_MS() test_ms
#define PERFKIT_PERF_PROGRESS 1
#define PERFKIT_PERF_STAGES 1
#define PERFKIT_LOG_IMPLEMENTATION
#define PERFKIT_LOG_SITE 0
#include "../../perfkit_log.h"
#include "../support/test.h"

static char got[700];
static size_t used;
static unsigned lines;
static pk_status keep(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)level;
    if (length == 0) return PK_OK; /* a flush */
    CHECK(used + length < sizeof got);
    memcpy(got + used, text, length + 1);
    used += length;
    lines++;
    return PK_OK;
}
static void start(void) {
    used = 0;
    lines = 0;
    got[0] = 0;
    (void)pk_log_close(&pk_perf_default);
    pk_perf_default.flags = PK__LOG_NO_TIME;
    CHECK_STATUS(pk_log_set_level(&pk_perf_default, PK_LOG_INFO), PK_OK);
    CHECK_STATUS(pk_log_add_sink(&pk_perf_default, keep, NULL, PK_LOG_TRACE), PK_OK);
}
static pk_progress p;
static void begin(uint32_t total) {
    pk_progress_desc desc;
    start();
    memset(&desc, 0, sizeof desc);
    desc.name = "Processing";
    desc.total = total;
    CHECK_STATUS(pk_progress_init(&p, &desc), PK_OK);
}

static void figures_are_those_of_the_table(void) {
    pk_progress_values v;
    begin(1247);
    pk_progress_get(&p, &v);
    CHECK_EQ(v.percent_100 + v.success_100 + v.rate_100, 0); /* nothing done, in no time */
    CHECK(v.left_ms == PK_PROGRESS_UNKNOWN);
    test_ms += 12400;
    pk_progress_add(&p, 1243, 4);
    pk_progress_get(&p, &v);
    CHECK_EQ(v.success_100, 9968); /* 99.7 % */
    CHECK_EQ(v.rate_100, 10024);   /* 100.2 a second */
    CHECK_EQ(v.percent_100, 10000);
    CHECK_EQ(v.left_ms, 0);
    CHECK_EQ(v.elapsed_ms, 12400);
    CHECK_STATUS(pk_progress_set_total(&p, 2494), PK_OK);
    pk_progress_get(&p, &v);
    CHECK_EQ(v.percent_100, 5000);
    CHECK_EQ(v.left_ms, 12400);
    CHECK_STATUS(pk_progress_set_total(&p, 0x80000000u), PK_INVALID);
    CHECK_STATUS(pk_progress_init(&p, NULL), PK_OK); /* no total: no percentage */
    pk_progress_step(&p, NULL, true);
    pk_progress_get(&p, &v);
    CHECK_EQ(v.percent_100, 0);
    CHECK_EQ(v.done, 1);
    pk_progress_close(&p);
    pk_progress_close(&p);
}

static unsigned told, last_told;
static void once(void *user, pk_progress *progress, const pk_progress_values *v) {
    pk_progress_values inside;
    told++;
    pk_progress_get(progress, &inside); /* may ask */
    CHECK_EQ(inside.done, v->done);
    CHECK_STATUS(pk_progress_remove_observer(progress, once, user), PK_OK); /* and go */
}
static void again(void *user, pk_progress *progress, const pk_progress_values *v) {
    (void)user;
    CHECK(v->done >= last_told); /* never back */
    last_told = v->done;
    if (v->done == 2) pk_progress_step(progress, "by an observer", true);
}
static void observers_may_ask_step_and_go(void) {
    begin(10);
    told = last_told = 0;
    CHECK_STATUS(pk_progress_add_observer(&p, once, NULL), PK_OK);
    CHECK_STATUS(pk_progress_add_observer(&p, once, NULL), PK_EXISTS);
    CHECK_STATUS(pk_progress_add_observer(&p, again, NULL), PK_OK);
    CHECK_STATUS(pk_progress_add_observer(&p, once, &told), PK_OK);
    CHECK_STATUS(pk_progress_add_observer(&p, again, &told), PK_OK);
    CHECK_STATUS(pk_progress_add_observer(&p, again, &p), PK_FULL);
    pk_progress_step(&p, "a.c", true);
    CHECK_EQ(told, 2);
    CHECK_STATUS(pk_progress_remove_observer(&p, again, &told), PK_OK);
    CHECK_STATUS(pk_progress_remove_observer(&p, again, &told), PK_NOT_FOUND);
    pk_progress_step(&p, "b.c", true);
    CHECK_EQ(told, 2);
    CHECK_EQ(last_told, 3);
    pk_progress_close(&p);
}

static void elsewhere_it_is_lines(void) {
    pk_progress_values values;
    pk_progress_bar bar;
    begin(3);
    pk_progress_bar_init(&bar, keep, NULL);
    CHECK_EQ(bar.columns, 0);
    CHECK_STATUS(pk_progress_add_observer(&p, pk_progress_print, &bar), PK_OK);
    pk_progress_step(&p, "a.c", true);
    pk_progress_step(&p, "b\nc.c", false); /* within a second of the one before */
    pk_progress_step(&p, "c\033.c", true);
    CHECK_TEXT(got, "Processing: a.c (1/3)\nProcessing: c\\x1B.c (3/3), 1 failed\n");
    pk_progress_close(&p);
    begin(2);
    pk_progress_bar_init(&bar, keep, NULL);
    bar.every_ms = PK_PROGRESS_EACH;
    CHECK_STATUS(pk_progress_add_observer(&p, pk_progress_print, &bar), PK_OK);
    pk_progress_step(&p, "a.c", true);
    pk_progress_step(&p, "b.c", true);
    CHECK_TEXT(got, "Processing: a.c (1/2)\nProcessing: b.c (2/2)\n");
    CHECK_STATUS(pk_progress_set_total(&p, 3), PK_OK); /* more was found */
    pk_progress_step(&p, "c.c", true);
    pk_progress_step(&p, "d.c", true); /* one too many */
    pk_progress_get(&p, &values);
    CHECK_EQ(values.percent_100, 10000);
    CHECK_TEXT(got, "Processing: a.c (1/2)\nProcessing: b.c (2/2)\nProcessing: b.c (2/3)\nProcessing: c.c (3/3)\n");
    pk_progress_close(&p);
}
static void a_terminal_gets_a_bar(void) {
    pk_progress_bar bar;
    begin(200);
    pk_progress_bar_init(&bar, keep, NULL);
    bar.columns = 80;
    CHECK_STATUS(pk_progress_add_observer(&p, pk_progress_print, &bar), PK_OK);
    test_ms += 1000;
    pk_progress_add(&p, 49, 0);
    test_ms += 1000;
    pk_progress_step(&p, "folder/of/some/length/with/a/file.c", false);
    pk_progress_step(&p, "too soon", true);
    test_ms += 3000;
    pk_progress_add(&p, 149, 0);
    CHECK_TEXT(got, "\rProcessing [####................] 24.5% 49/200 49.0/s 0:04 left\033[K"
                    "\rProcessing [#####...............] 25.0% 50/200, 1 failed 24.5/s 0:06 left folde\033[K"
                    "\rProcessing [####################] 100.0% 200/200, 1 failed 39.8/s too soon\033[K\n");
    pk_progress_close(&p);
}

static void laps_add_up_to_the_whole(void) {
    pk_lap laps[3];
    pk_stopwatch w;
    const unsigned long from = test_ticks;
    start();
    pk_stopwatch_start(&w, laps, 3);
    test_ticks += 1000;
    CHECK_EQ(pk_stopwatch_lap(&w, "read"), 1000);
    test_ticks += 34500;
    CHECK_EQ(pk_stopwatch_lap(&w, "create"), 34500);
    test_ticks += 4250;
    (void)pk_stopwatch_lap(&w, "connect");
    test_ticks += 250;
    (void)pk_stopwatch_lap(&w, "no room");
    CHECK(pk_stopwatch_total(&w) == test_ticks - from);
    CHECK_STATUS(pk_stopwatch_report(&w, keep, NULL), PK_OK);
    CHECK_TEXT(got, "create                         34.5ms    86.3%\n"
                    "connect                         4.3ms    10.6%\n"
                    "read                            1.0ms     2.5%\n"
                    "(others)                        0.3ms     0.6%\n"
                    "total                          40.0ms   100.0%\n");
}

static uint64_t bytes_now, bytes_to_trim;
static unsigned trims;
static uint64_t now_in_use(void *user) {
    (void)user;
    return bytes_now;
}
static void trim(void *user) {
    (void)user;
    trims++;
    bytes_now -= bytes_to_trim;
    bytes_to_trim = 0;
}
static void growth_is_what_stays_after_trimming(void) {
    pk_growth g;
    start();
    memset(&g, 0, sizeof g);
    g.now = now_in_use;
    g.trim = trim;
    g.channel = &pk_perf_default;
    bytes_now = 9000000;
    bytes_to_trim = 1000000;
    pk_growth_begin(&g, "load");
    bytes_now += 5 * 1048576ul;
    bytes_now += bytes_to_trim = 4096; /* an entry that has expired meanwhile */
    CHECK_EQ(pk_growth_end(&g), 5l * 1048576);
    CHECK_EQ(trims, 2);
    CHECK_TEXT(got, "INFO  perf load memory increase: 5.0MB\n");
    used = 0;
    pk_growth_begin(&g, "unload");
    bytes_now -= 1572864;
    CHECK_EQ(pk_growth_end(&g), -1572864l);
    CHECK_TEXT(got, "INFO  perf unload memory increase: -1.5MB\n");
    used = 0;
    pk_growth_begin(&g, "more");
    bytes_now += 5 * 1048576ul + 52429; /* just above 5.05 */
    (void)pk_growth_end(&g);
    CHECK_TEXT(got, "INFO  perf more memory increase: 5.1MB\n");
}

static void metrics_keep_the_last_value(void) {
    pk_metric table[4];
    pk_metrics m;
    uint64_t value = 0;
    start();
    memset(&m, 0, sizeof m);
    m.table = table;
    m.channel = &pk_perf_default;
    m.room = 4;
    CHECK_STATUS(pk_metrics_record(&m, PK_METRIC_STARTUP, NULL, 326000), PK_OK);
    CHECK_STATUS(pk_metrics_record(&m, PK_METRIC_LOAD, "parser", 12340), PK_OK);
    CHECK_STATUS(pk_metrics_record(&m, PK_METRIC_MEMORY, "heap", 47900000), PK_OK);
    CHECK_STATUS(pk_metrics_record(&m, PK_METRIC_HIT_RATE, "users", 9416), PK_OK);
    CHECK_TEXT(got, "INFO  perf startup 326.0ms\nINFO  perf load parser 12.3ms\n"
                    "INFO  perf memory heap 45.7MB\nINFO  perf hit rate users 94.2%\n");
    CHECK_STATUS(pk_metrics_record(&m, PK_METRIC_LOAD, "users", 1), PK_FULL);
    CHECK_EQ(m.lost, 1);
    CHECK_EQ(lines, 4);
    CHECK_STATUS(pk_metrics_record(&m, PK_METRIC_LOAD, "parser", 99), PK_OK);
    CHECK_STATUS(pk_metrics_get(&m, PK_METRIC_LOAD, "parser", &value), PK_OK);
    CHECK_EQ(value, 99);
    CHECK_STATUS(pk_metrics_get(&m, PK_METRIC_LOAD, "users", &value), PK_NOT_FOUND);
    CHECK_STATUS(pk_metrics_record(&m, 7, "x", 1), PK_INVALID);
}
static void trends_go_from_the_oldest_to_the_newest(void) {
    pk_level values[3];
    pk_trend t = {values, 3, 0, 0}, none = {NULL, 0, 0, 0};
    CHECK_EQ(pk_trend_change(&t), 0);
    pk_trend_add(&t, 10);
    CHECK_EQ(pk_trend_change(&t), 0);
    pk_trend_add(&t, 4);
    CHECK_EQ(pk_trend_change(&t), -6);
    pk_trend_add(&t, 7);
    pk_trend_add(&t, 9); /* 4 7 9 */
    CHECK_EQ(pk_trend_change(&t), 5);
    pk_trend_add(&none, 1);
    CHECK_EQ(pk_trend_change(&none), 0);
}

TESTS {
    RUN("C58", "1243 done and 4 failed in 12.4 s are 99.7 % and 100.2 a second; nothing in no time is 0", figures_are_those_of_the_table)
    RUN("C59", "observers may ask, step, and take themselves off", observers_may_ask_step_and_go)
    RUN("E19 C59", "where there is no terminal: `Processing: file (done/total)`, the last total/total", elsewhere_it_is_lines)
    RUN("E19", "a terminal gets a bar that fits it", a_terminal_gets_a_bar)
    RUN("C48", "laps add up to the whole; the longest first", laps_add_up_to_the_whole)
    RUN("C46 C47", "5 MiB kept is 5.0MB; what can be trimmed is not counted", growth_is_what_stays_after_trimming)
    RUN("C50", "a metric keeps its last value and writes a line; a full table counts", metrics_keep_the_last_value)
    RUN("C57", "a trend is the newest less the oldest of the last ones", trends_go_from_the_oldest_to_the_newest)
}
