/* targets: all */
/* Several sinks, sinks that fail, long lines, values that try to forge a line. */
#define PERFKIT_LOG_IMPLEMENTATION
#define PERFKIT_LOG_LINE 64
#define PERFKIT_LOG_SITE 0
#include "../../perfkit_log.h"
#include "../support/test.h"

static char got[80];
static unsigned calls, flushes, events;
static pk_event heard;
static pk_status outcome;

static pk_status keep(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)level;
    if (length == 0) flushes++;
    else {
        CHECK(length < sizeof got);
        memcpy(got, text, length + 1);
        calls++;
    }
    return PK_OK;
}
static pk_status fail(void *user, int level, const char *text, size_t length) {
    (void)level;
    (void)text;
    (void)length;
    ++*(unsigned *)user;
    return outcome;
}
static pk_time fake_clock(void *user) { return *(pk_time *)user; }
static void hear(void *user, const pk_event *event) {
    (void)user;
    events++;
    heard = *event;
}

static pk_log logger;
static pk_time now;
static pk_log_desc desc;
static void fresh(void) {
    memset(&desc, 0, sizeof desc);
    desc.sink = keep;
    desc.no_time = true;
    calls = flushes = events = 0;
    got[0] = 0;
    outcome = PK_OK;
}

static void a_line_has_time_level_name_and_message(void) {
    fresh();
    desc.no_time = false;
    desc.clock = fake_clock;
    desc.user = &now;
    desc.name = "net";
    now = 12345;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    PK_LOG_TO(&logger, PK_LOG_WARN, "peer %u is slow", 7u);
    CHECK_TEXT(got, "12345 WARN  net peer 7 is slow\n");
    desc.no_time = true;
    desc.name = NULL;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    PK_LOG_TO(&logger, PK_LOG_ERROR, "plain");
    CHECK_TEXT(got, "ERROR plain\n");
}
static void values_cannot_forge_a_line(void) {
    fresh();
    pk_log_init(&logger, &desc);
    PK_LOG_TO(&logger, PK_LOG_WARN, "user=%s%c", "a\r\n\tERROR\x1b[0m\x7f", 7);
    CHECK_TEXT(got, "WARN  user=a\\r\\n\\tERROR\\x1B[0m\\x7F\\x07\n");
    PK_LOG_TO(&logger, PK_LOG_WARN, "%.3s|%6s|", "\n\nabc", "\xC3\xA9");
    CHECK_TEXT(got, "WARN  \\n\\na|    \xC3\xA9|\n"); /* UTF-8 passes */
}
static void long_lines_end_in_dots(void) {
    pk_log_counts counts;
    fresh();
    pk_log_init(&logger, &desc);
    PK_LOG_TO(&logger, PK_LOG_WARN, "%056d", 1); /* 6 + 56 + newline + 0 = 64 */
    CHECK_EQ(strlen(got), 63);
    CHECK_EQ(got[61], '1');
    PK_LOG_TO(&logger, PK_LOG_WARN, "%057d", 1);
    CHECK_EQ(strlen(got), 63);
    CHECK_TEXT(got + 57, "00...\n");
    PK_LOG_TO(&logger, PK_LOG_WARN, "%052d\xC3\xA9%05d", 1, 1); /* no half of a character */
    CHECK_TEXT(got + 56, "01...\n");
    pk_log_get_counts(&logger, &counts);
    CHECK_EQ(counts.lines, 3);
    CHECK_EQ(counts.truncated, 2);
}
static void a_failing_sink_stops_no_other(void) {
    unsigned tries = 0;
    pk_log_counts counts;
    fresh();
    desc.name = "x";
    desc.on_event = hear;
    desc.sink = fail;
    desc.sink_user = &tries;
    outcome = PK_IO;
    pk_log_init(&logger, &desc);
    CHECK_STATUS(pk_log_add_sink(&logger, keep, NULL, PK_LOG_TRACE), PK_OK);
    PK_LOG_TO(&logger, PK_LOG_ERROR, "one");
    PK_LOG_TO(&logger, PK_LOG_ERROR, "two");
    CHECK_EQ(tries, 2);
    CHECK_EQ(calls, 2);
    CHECK_TEXT(got, "ERROR x two\n");
    CHECK_EQ(pk_log_sink_failed(&logger, fail, &tries), 2);
    CHECK_EQ(pk_log_sink_failed(&logger, keep, NULL), 0);
    pk_log_get_counts(&logger, &counts);
    CHECK_EQ(counts.lines, 2);
    CHECK_EQ(counts.failed, 2);
    CHECK_EQ(events, 1); /* reported once */
    CHECK_EQ(heard.kind, PK_LOG_EVENT_SINK_FAILED);
    CHECK_EQ(heard.status, PK_IO);
    CHECK_EQ(heard.a, 0);
    CHECK_EQ(heard.b, 1);
    CHECK_TEXT(heard.object, "x");
    CHECK_STATUS(pk_log_flush(&logger), PK_IO);
    CHECK_EQ(flushes, 1); /* asked all the same */
}
static void sinks_have_their_own_level_and_place(void) {
    unsigned other = 0, n;
    static char users[PERFKIT_LOG_SINKS + 1];
    fresh();
    pk_log_init(&logger, &desc);
    pk_log_set_level(&logger, PK_LOG_TRACE);
    CHECK_STATUS(pk_log_add_sink(&logger, keep, NULL, PK_LOG_INFO), PK_EXISTS);
    CHECK_STATUS(pk_log_add_sink(&logger, NULL, NULL, PK_LOG_INFO), PK_INVALID);
    CHECK_STATUS(pk_log_add_sink(&logger, fail, &other, PK_LOG_WARN), PK_OK);
    PK_LOG_TO(&logger, PK_LOG_INFO, "info");
    PK_LOG_TO(&logger, PK_LOG_WARN, "warn");
    CHECK_EQ(calls, 2);
    CHECK_EQ(other, 1);
    CHECK_STATUS(pk_log_remove_sink(&logger, keep, NULL), PK_OK);
    CHECK_STATUS(pk_log_remove_sink(&logger, keep, NULL), PK_NOT_FOUND);
    CHECK(!pk_log_enabled(&logger, PK_LOG_INFO)); /* nobody listens */
    PK_LOG_TO(&logger, PK_LOG_WARN, "warn");
    CHECK_EQ(calls, 2);
    CHECK_EQ(other, 2);
    for (n = 1; n < PERFKIT_LOG_SINKS; n++) CHECK_STATUS(pk_log_add_sink(&logger, keep, users + n, PK_LOG_ERROR), PK_OK);
    CHECK_STATUS(pk_log_add_sink(&logger, keep, users + n, PK_LOG_ERROR), PK_FULL);
}
static void a_closed_logger_passes_nothing(void) {
    fresh();
    pk_log_init(&logger, &desc);
    CHECK_STATUS(pk_log_close(&logger), PK_OK);
    CHECK_EQ(flushes, 1);
    PK_LOG_TO(&logger, PK_LOG_ERROR, "lost");
    CHECK_STATUS(pk_log_close(&logger), PK_OK);
    CHECK_EQ(calls, 0);
}
static void init_refuses_what_it_cannot_do(void) {
    fresh();
    CHECK_STATUS(pk__log_init(&logger, sizeof logger + 1, PK__CONFIG_WORD, &desc), PK_INVALID);
    CHECK_STATUS(pk__log_init(&logger, sizeof logger, PK__CONFIG_WORD ^ 1u, &desc), PK_INVALID);
    desc.level = PK_LOG_TRACE + 1;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_INVALID);
#if !PERFKIT_THREADS
    fresh();
    desc.threads = true;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_UNSUPPORTED);
#endif
    CHECK_STATUS(pk_log_init(&logger, NULL), PK_OK);
    CHECK_EQ(logger.level, PK_LOG_WARN);
}
PK_LOG_DEFINE(audit, "audit", PK_LOG_INFO, keep, NULL)
static void a_logger_can_be_made_before_main(void) {
    fresh();
    audit.flags |= PK__LOG_NO_TIME;
    PK_LOG_TO(&audit, PK_LOG_INFO, "in");
    CHECK_TEXT(got, "INFO  audit in\n");
    PK_LOG_TO(&audit, PK_LOG_DEBUG, "no");
    CHECK_EQ(calls, 1);
}
static void rom_strings_can_be_values(void) {
    fresh();
    pk_log_init(&logger, &desc);
    PK_LOG_TO(&logger, PK_LOG_WARN, "%" PK_PRI_ROM "|%5" PK_PRI_ROM, PK_ROM_ARG(PK_ROM_STR("rom")), PK_ROM_ARG(PK_ROM_STR("abc")));
    CHECK_TEXT(got, "WARN  rom|  abc\n");
}

TESTS {
    RUN("L24", "a line has time, level, name and message", a_line_has_time_level_name_and_message)
    RUN("L22", "values cannot forge a line or drive a terminal", values_cannot_forge_a_line)
    RUN("L22", "a line too long ends in dots, between characters, and is counted", long_lines_end_in_dots)
    RUN("L05", "a failing sink is counted, reported once and stops no other", a_failing_sink_stops_no_other)
    RUN("L05", "each sink has its own level; none is there twice", sinks_have_their_own_level_and_place)
    RUN("L05", "a closed logger passes nothing; closing again is harmless", a_closed_logger_passes_nothing)
    RUN("L05", "init refuses other configurations and what the build lacks", init_refuses_what_it_cannot_do)
    RUN("L05", "PK_LOG_DEFINE makes a logger that needs no init", a_logger_can_be_made_before_main)
    RUN("L22", "a string in flash can be a value", rom_strings_can_be_values)
}
