/* targets: avr-large */
/* The table. */
static unsigned long test_ticks;
#define PERFKIT_TICKS() test_ticks
#define PERFKIT_TICKS_HZ 1000000u
#define PERFKIT_PERF_JSON 1
#define PERFKIT_PERF_OPENMETRICS 1
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../perfkit_log.h"
#include "../support/test.h"

#if PERFKIT_PERF
static char table[1500];
static size_t used;
static unsigned rows;
static pk_status keep(void *user, int level, const char *text, size_t length) {
    (void)user;
    CHECK_EQ(level, PK_LOG_INFO);
    CHECK(used + length < sizeof table);
    memcpy(table + used, text, length + 1);
    used += length;
    rows++;
    return PK_OK;
}
static pk_status refuse(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)level;
    (void)text;
    (void)length;
    return PK_IO;
}
static void work(void) {
    uint8_t i;
    pk_perf_reset(&pk_perf_default);
    pk_log_set_level(&pk_perf_default, PK_LOG_ERROR);
    for (i = 0; i < 3; i++) {
        PK_PERF_SCOPE("short") { test_ticks += 7; }
    }
    PK_PERF_SCOPE("long") { test_ticks += 1500000; }
    PK_PERF_COUNT("rows", 12u);
    PK_PERF_GAUGE("depth", 3);
    PK_PERF_GAUGE_ADD("depth", 1);
    PK_PERF_GAUGE("depth", -2);
    for (i = 0; i < 3; i++) PK_PERF_VALUE("bytes", i + 1u);
    used = rows = 0;
}
static void the_greatest_total_comes_first(void) {
    work();
    CHECK_STATUS(pk_perf_report(&pk_perf_default, keep, NULL, 20), PK_OK);
    CHECK_TEXT(table, "name                    count   total    self     p50     p95     p99     max\n"
                      "long                        1    1.5s    1.5s    1.5s    1.5s    1.5s    1.5s\n"
                      "short                       3  21.0us  21.0us   7.0us   7.0us   7.0us   7.0us\n"
                      "bytes                       3       6       -       2       3       3       3\n"
                      "rows                        1      12\n"
                      "depth                       3 -2 (-2 to 4)\n");
}
static void only_the_top_timers_are_listed(void) {
    work();
    CHECK_STATUS(pk_perf_report(&pk_perf_default, keep, NULL, 1), PK_OK);
    CHECK_EQ(rows, 5); /* heading, long, the distribution, counter and gauge */
    rows = 0;
    used = 0;
    CHECK_STATUS(pk_perf_report(&pk_perf_default, keep, NULL, 0), PK_OK);
    CHECK_EQ(rows, 4);
}
static void totals_may_be_beyond_32_bits(void) {
    uint8_t i;
    pk_perf_default.sites = NULL; /* the other tests' */
    for (i = 0; i < 4; i++) PK_PERF_COUNT("sum", 3000000001ul);
    for (i = 0; i < 2; i++) PK_PERF_VALUE("values", 3000000000ul);
    used = 0;
    CHECK_STATUS(pk_perf_report(&pk_perf_default, keep, NULL, 9), PK_OK);
    CHECK(strstr(table, sizeof(pk__count_arg) < 8 ? " 12.0G\n" : " 12000000004\n") != NULL);
    used = 0;
    CHECK_STATUS(pk_perf_json(&pk_perf_default, keep, NULL), PK_OK);
    CHECK(strstr(table, ",\"sum\":12000000004}") != NULL);
    CHECK(strstr(table, ",\"sum\":6000000000,") != NULL);
    used = 0;
    CHECK_STATUS(pk_perf_openmetrics(&pk_perf_default, keep, NULL), PK_OK);
    CHECK(strstr(table, "} 12000000004\n") != NULL);
}
static void a_failing_writer_ends_it(void) {
    work();
    CHECK_STATUS(pk_perf_report(&pk_perf_default, refuse, NULL, 9), PK_IO);
}

TESTS {
    RUN("C52", "a row a name, greatest total first, then distributions, counters, gauges", the_greatest_total_comes_first)
    RUN("C52", "only the top timers are listed", only_the_top_timers_are_listed)
    RUN("C52", "totals beyond 32 bits are right in every form", totals_may_be_beyond_32_bits)
    RUN("C52", "a failing writer ends the report with its status", a_failing_writer_ends_it)
}
#else
TESTS {}
#endif
