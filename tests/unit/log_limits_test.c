/* targets: avr-large */
/* Fewer lines from one place: buckets, once, every n-th; and the last errors with a count for each code. */
#define PERFKIT_LOG_IMPLEMENTATION
#define PERFKIT_LOG_LIMITS 1
#define PERFKIT_LOG_ERRORS 1
#define PERFKIT_LOG_NAME "db"
#include "../../perfkit_log.h"
#include "../support/test.h"

static char got[PERFKIT_LOG_LINE];
static unsigned lines, levels[6], evaluated;
static pk_status keep(void *user, int level, const char *text, size_t length) {
    (void)user;
    if (length == 0) return PK_OK;
    memcpy(got, text, length + 1);
    lines++;
    levels[level]++;
    return PK_OK;
}
static pk_time now;
static pk_time fake_clock(void *user) {
    (void)user;
    return now;
}
static pk_log logger;
static void start(int level) {
    pk_log_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.sink = keep;
    desc.clock = fake_clock;
    desc.level = (uint8_t)level;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    lines = evaluated = 0;
    memset(levels, 0, sizeof levels);
    got[0] = 0;
}
static bool ends_in(const char *end) {
    size_t length = strlen(got), n = strlen(end);
    return length >= n && strcmp(got + length - n, end) == 0;
}

static void storm(int from, int to) {
    int i;
    for (i = from; i < to; i++) {
        now = (pk_time)i;
        PK_LOG_LIMITED_TO(&logger, PK_LOG_WARN, 10, 1000, "n=%u", ++evaluated);
    }
}
static void a_thousand_events_are_ten_lines(void) {
    start(PK_LOG_WARN);
    storm(5000, 6000);
    CHECK_EQ(lines, 10);
    CHECK_EQ(evaluated, 10);
    pk_log_flush(&logger);
    CHECK_EQ(lines, 11);
    CHECK(ends_in("suppressed 990\n"));
    CHECK(strstr(got, "WARN  db ") != NULL);
    pk_log_flush(&logger); /* told */
    CHECK_EQ(lines, 11);
    storm(6000, 7000); /* the next second: the rest is told before its first line */
    CHECK_EQ(lines, 21);
    storm(7000, 7001);
    CHECK_EQ(lines, 23);
    CHECK_EQ(levels[PK_LOG_WARN], 23);
    CHECK_EQ(evaluated, 21);
    CHECK(ends_in("n=21\n"));
    pk_log_set_level(&logger, PK_LOG_ERROR); /* off: not counted */
    storm(7002, 7100);
    pk_log_flush(&logger);
    CHECK_EQ(lines, 23);
    CHECK_STATUS(pk_log_close(&logger), PK_OK);
}
static void what_close_finds_held_back_is_told(void) {
    int i;
    start(PK_LOG_WARN);
    for (i = 0; i < 5; i++) PK_LOG_LIMITED_TO(&logger, PK_LOG_WARN, 2, 1000, "x");
    CHECK_EQ(lines, 2);
    pk_log_close(&logger);
    CHECK(ends_in("suppressed 3\n"));
}
static void each_life_tells_what_it_held_back(void) {
    int i, life;
    for (life = 0; life < 2; life++) {
        start(PK_LOG_WARN);
        for (i = 0; i < 5; i++) PK_LOG_LIMITED_TO(&logger, PK_LOG_WARN, 2, 1000, "x");
        pk_log_close(&logger);
        CHECK(ends_in("suppressed 3\n"));
    }
}
static void errors_pass_by_default(void) {
    int i, first;
    pk_log_add_sink(&pk_log_default, keep, NULL, PK_LOG_TRACE);
    pk_log_set_level(&pk_log_default, PK_LOG_WARN);
#if PERFKIT_STDIO
    pk_log_remove_sink(&pk_log_default, pk_log_to_stderr, NULL);
#endif
    pk_log_default.clock = fake_clock;
    start(PK_LOG_WARN);
    now = 1000000;
    for (i = 0; i < 30; i++) PK_LOG_LIMITED(PK_LOG_ERROR, "e");
    CHECK_EQ(lines, 30);
    for (i = 0; i < 32; i++) {
        if (i >= 30) now = 999970u + 999u + (pk_time)i; /* 999 ms later, and 1000 */
        if (i == 31) CHECK_EQ(lines, 40);
        PK_LOG_LIMITED(PK_LOG_WARN, "w");
    }
    CHECK_EQ(lines, 42);
    for (i = 0; i < 5; i++) PK_LOG_ONCE(PK_LOG_WARN, "o");
    CHECK_EQ(lines, 43);
    first = (int)lines;
    for (i = 0; i < 21; i++) PK_LOG_EVERY_N(10, PK_LOG_WARN, "%d", i);
    CHECK_EQ(lines - (unsigned)first, 3);
    CHECK(ends_in(" 20\n"));
    pk_log_remove_sink(&pk_log_default, keep, NULL);
}
static void once_and_every_keep_the_level(void) {
    int i;
    start(PK_LOG_INFO);
    for (i = 0; i < 7; i++) {
        PK_LOG_ONCE_TO(&logger, PK_LOG_INFO, "once %u", ++evaluated);
        PK_LOG_ONCE_TO(&logger, PK_LOG_DEBUG, "never %u", ++evaluated);
        PK_LOG_EVERY_N_TO(&logger, 3, PK_LOG_WARN, "every %u", ++evaluated);
        PK_LOG_EVERY_N_TO(&logger, 1, PK_LOG_ERROR, "all");
    }
    CHECK_EQ(levels[PK_LOG_INFO], 1);
    CHECK_EQ(levels[PK_LOG_WARN], 3);
    CHECK_EQ(levels[PK_LOG_ERROR], 7);
    CHECK_EQ(evaluated, 4);
    if (i == 7) PK_LOG_ONCE_TO(&logger, PK_LOG_INFO, "a statement");
    else CHECK(false);
    pk_log_close(&logger);
}

static pk_log_errors errors;
static void the_last_errors_can_be_asked_for(void) {
    static pk_log_error error;
    int32_t i;
    start(PK_LOG_ERROR);
    PK_LOG_FAILED_TO(&logger, 7, "not noted");
    CHECK_STATUS(pk_log_last_error(&logger, 0, &error), PK_NOT_FOUND);
    CHECK_EQ(pk_log_error_total(&logger), 0);
    memset(&errors, 0, sizeof errors);
    CHECK_STATUS(pk__log_set_errors(&logger, &errors, sizeof errors - 4), PK_INVALID); /* of another configuration */
    CHECK_STATUS(pk_log_set_errors(&logger, &errors), PK_OK);
    for (i = 1; i <= 20; i++) {
        now = 100 + (pk_time)i;
        PK_LOG_FAILED_TO(&logger, -i, "failed %d", (int)i);
    }
    CHECK(ends_in("failed 20\n"));
    CHECK_EQ(levels[PK_LOG_ERROR], 21);
    CHECK_EQ(pk_log_error_total(&logger), 20);
    CHECK_STATUS(pk_log_last_error(&logger, 0, &error), PK_OK);
    CHECK_EQ(error.code, -20);
    CHECK_EQ(error.time, 120);
#ifndef __AVR__ /* in flash */
    CHECK_TEXT(error.name, "db");
#endif
    CHECK_STATUS(pk_log_last_error(&logger, 15, &error), PK_OK);
    CHECK_EQ(error.code, -5);
    CHECK_STATUS(pk_log_last_error(&logger, 16, &error), PK_NOT_FOUND);
    pk_log_set_level(&logger, PK_LOG_OFF); /* noted all the same */
    PK_LOG_FAILED_TO(&logger, -20, "not logged");
    CHECK_EQ(levels[PK_LOG_ERROR], 21);
    CHECK_EQ(pk_log_error_count(&logger, -20), 2);
    CHECK_EQ(pk_log_error_count(&logger, -1), 1);
    CHECK_EQ(pk_log_error_count(&logger, 99), 0);
    for (i = 0; i < 40; i++) PK_LOG_FAILED_TO(&logger, i, "x");
    CHECK_EQ(pk_log_error_count(&logger, 11), 1);
    CHECK_EQ(pk_log_error_count(&logger, 12), 0); /* beyond the table: only in the total */
    CHECK_EQ(pk_log_error_total(&logger), 61);
    pk_log_close(&logger);
    PK_LOG_FAILED_TO(&logger, 1, "x"); /* they may be gone now */
    CHECK_EQ(errors.total, 61);
}

TESTS {
    RUN("L07", "1000 events in a second are 10 lines and one that tells of the 990; their arguments are not evaluated", a_thousand_events_are_ten_lines)
    RUN("L07", "what was held back is told at close at the latest", what_close_finds_held_back_is_told)
    RUN("L07", "and again in the next life of the logger", each_life_tells_what_it_held_back)
    RUN("L07", "ERROR is never held back by default", errors_pass_by_default)
    RUN("L07", "once and every n-th keep their level", once_and_every_keep_the_level)
    RUN("L20", "the last 16 errors and the count of each code can be asked for", the_last_errors_can_be_asked_for)
}
