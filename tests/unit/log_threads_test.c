/* targets: threads */
/* Lines stay whole and none is lost when many threads log, while levels and sinks change. */
#include "../../perfkit_log.h"
#include "../support/test.h"
#include <pthread.h>
#include <stdlib.h>

enum { THREADS = 8, LINES = 2000 };
static unsigned lines, broken, other_lines;

static pk_status check_line(void *user, int level, const char *text, size_t length) { /* under the logger's lock: plain counters */
    const char *digits;
    size_t i;
    (void)user;
    (void)level;
    if (length == 0) return PK_OK;
    lines++;
    digits = strstr(text, "<<");
    if (digits == NULL || text[length - 1] != '\n') broken++;
    else
        for (i = 2; digits[i] != '>'; i++)
            if (digits[i] != digits[2]) broken++;
    return PK_OK;
}
static pk_status count_line(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)level;
    (void)text;
    if (length) other_lines++;
    return PK_OK;
}

static pk_log logger;
static pk_log *target;
static void *log_many(void *number) {
    int i, n = (int)(intptr_t)number;
    for (i = 0; i < LINES; i++) {
        PK_LOG_TO(target, PK_LOG_ERROR, "<<%d%d%d%d%d%d%d%d%d%d>>", n, n, n, n, n, n, n, n, n, n);
        PK_LOG_TO(target, PK_LOG_DEBUG, "<<%d>>", n);
        PK_PERF_COUNT("lines", 1u);
        PK_PERF_SCOPE("loop") { (void)pk_log_enabled(target, PK_LOG_TRACE); }
    }
    return NULL;
}
static void run_threads(void) {
    pthread_t threads[THREADS];
    int i;
    lines = broken = other_lines = 0;
    for (i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, log_many, (void *)(intptr_t)i) == 0);
    for (i = 0; i < 200; i++) { /* meanwhile */
        pk_log_set_level(target, i % 2 ? PK_LOG_WARN : PK_LOG_ERROR);
        pk_log_add_sink(target, count_line, NULL, PK_LOG_TRACE);
        pk_log_remove_sink(target, count_line, NULL);
    }
    for (i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    CHECK_EQ(lines, THREADS * LINES);
    CHECK_EQ(broken, 0);
}
static void lines_stay_whole(void) {
    pk_log_desc desc;
    pk_log_counts counts;
    memset(&desc, 0, sizeof desc);
    desc.threads = true;
    desc.sink = check_line;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    target = &logger;
    run_threads();
    pk_log_get_counts(&logger, &counts);
    CHECK_EQ(counts.lines, THREADS * LINES);
    pk_log_close(&logger);
}
static void the_default_logger_needs_no_init(void) {
#if PERFKIT_THREADS
    pk_log_remove_sink(&pk_log_default, pk_log_to_stderr, NULL);
    pk_log_add_sink(&pk_log_default, check_line, NULL, PK_LOG_TRACE);
    target = &pk_log_default;
    pk_log_set_level(&pk_perf_default, PK_LOG_ERROR);
    run_threads();
    {
        pk_perf_values values;
        CHECK_STATUS(pk_perf_get(&pk_perf_default, "lines", &values), PK_OK);
        CHECK_EQ(values.total, THREADS * LINES);
        CHECK_STATUS(pk_perf_get(&pk_perf_default, "loop", &values), PK_OK);
        CHECK_EQ(values.count, THREADS * LINES);
    }
#endif
}

static unsigned wanted, told;
static pk_status add_up(void *user, int level, const char *text, size_t length) {
    const char *held = strstr(text, "suppressed ");
    (void)user;
    (void)level;
    if (length == 0) return PK_OK;
    if (held) told += (unsigned)atoi(held + 11);
    else lines++;
    return PK_OK;
}
static volatile uint32_t every;
static void *log_limited(void *unused) {
    int i;
    (void)unused;
    for (i = 0; i < LINES; i++) {
        PK_LOG_LIMITED_TO(&logger, PK_LOG_WARN, 3, 1, "limited");
        (void)pk__log_every(&logger, &every, 10);
        PK_LOG_FAILED_TO(&logger, i & 7, "noted");
    }
    return NULL;
}
static void limits_add_up(void) {
    static pk_log_errors errors;
    pthread_t threads[THREADS];
    pk_log_desc desc;
    pk_count all = 0;
    int i;
    memset(&desc, 0, sizeof desc);
    desc.threads = true;
    desc.sink = add_up;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    pk_log_set_errors(&logger, &errors);
    lines = told = 0;
    wanted = THREADS * LINES;
    for (i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, log_limited, NULL) == 0);
    for (i = 0; i < 20; i++) pk_log_flush(&logger);
    for (i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (i = 0; i < 8; i++) all += pk_log_error_count(&logger, i);
    CHECK_EQ(all, wanted);
    CHECK_EQ(pk_log_error_total(&logger), wanted);
    pk_log_close(&logger);
#if PERFKIT_ATOMICS
    CHECK_EQ(lines - wanted + told, wanted); /* those noted are as many again */
    CHECK_EQ(every, wanted % 10);
#endif
}

/* Two loggers, each with a clock of its own: the date that a thread keeps from its last line must not get into another's. */
static volatile uint32_t moments;
static uint32_t wall_of(void *base, uint16_t *ms) {
    uint32_t n = pk__add32(&moments, 1);
    *ms = (uint16_t)(n % 1000u);
    return *(const uint32_t *)base + n / 16u % 60u;
}
static pk_log walls[2];
static unsigned right_dates[2];
static char last_line[25];
static pk_status check_date(void *which, int level, const char *text, size_t length) { /* under its logger's lock */
    unsigned i = which == NULL ? 0 : 1;
    (void)level;
    if (length == 0) return PK_OK;
    if (strncmp(text, i == 0 ? "2001-09-09T01:4" : "2033-05-18T03:3", 15) == 0 && memcmp(text + 23, "Z ERROR ", 8) == 0 &&
        text[length - 2] == (i == 0 ? 'a' : 'b'))
        right_dates[i]++;
    if (pk__load32(&moments) < 8) memcpy(last_line, text, 24);
    return PK_OK;
}
static void *log_to_both(void *unused) {
    int i;
    (void)unused;
    for (i = 0; i < 500; i++) {
        PK_LOG_TO(&walls[0], PK_LOG_ERROR, "a");
        PK_LOG_TO(&walls[1], PK_LOG_ERROR, "b");
    }
    return NULL;
}
static void dates_are_those_of_each_clock(void) {
    static uint32_t bases[2] = {1000000000u, 2000000000u};
    pthread_t threads[4];
    pk_log_desc desc;
    int i;
    memset(&desc, 0, sizeof desc);
    desc.sink = check_date;
    desc.threads = true;
    desc.wall = wall_of;
    for (i = 0; i < 2; i++) {
        desc.sink_user = i == 0 ? NULL : &walls[1];
        desc.user = &bases[i];
        CHECK_STATUS(pk_log_init(&walls[i], &desc), PK_OK);
    }
    PK_LOG_TO(&walls[0], PK_LOG_ERROR, "a");
    CHECK_TEXT(last_line, "2001-09-09T01:46:40.000Z");
    PK_LOG_TO(&walls[1], PK_LOG_ERROR, "b");
    CHECK_TEXT(last_line, "2033-05-18T03:33:20.001Z");
    PK_LOG_TO(&walls[0], PK_LOG_ERROR, "a");
    CHECK_TEXT(last_line, "2001-09-09T01:46:40.002Z");
    PK_LOG_TO(&walls[0], PK_LOG_ERROR, "a"); /* the same second */
    CHECK_TEXT(last_line, "2001-09-09T01:46:40.003Z");
    moments = 8;
    for (i = 0; i < 4; i++) CHECK(pthread_create(&threads[i], NULL, log_to_both, NULL) == 0);
    for (i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    CHECK_EQ(right_dates[0], 2003);
    CHECK_EQ(right_dates[1], 2001);
    for (i = 0; i < 2; i++) pk_log_close(&walls[i]);
}

TESTS {
    RUN("L05", "with desc.threads lines stay whole and none is lost", lines_stay_whole)
    RUN("L07 L20", "limited lines and those held back, and noted errors, add up over threads", limits_add_up)
    RUN("L24", "the date of a line is that of its logger's clock, whatever the thread logged before", dates_are_those_of_each_clock)
    RUN("L05 C45", "default logger and perf channel are safe for threads without init", the_default_logger_needs_no_init)
}
