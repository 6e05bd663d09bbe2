/* targets: all */
/* Which lines pass, and that nothing is done for those that do not. */
#include "../../perfkit_log.h"
#include "../support/test.h"

static unsigned lines, perf_lines, evaluated;
static int last_level;
static pk_status count_line(void *user, int level, const char *text, size_t length) {
    if (length == 0) return PK_OK;
    CHECK(text[length] == 0 && text[length - 1] == '\n');
    ++*(unsigned *)user;
    last_level = level;
    return PK_OK;
}
static int costly(void) {
    evaluated++;
    return 1;
}
static void each_level(void) {
    PK_LOG_ERROR("error");
    PK_LOG_WARN("warn");
    PK_LOG_INFO("info");
    PK_LOG_DEBUG("debug");
    PK_LOG_TRACE("trace");
}
static void each_level_to(pk_log *log) {
    PK_LOG_TO(log, PK_LOG_ERROR, "error");
    PK_LOG_TO(log, PK_LOG_WARN, "warn");
    PK_LOG_TO(log, PK_LOG_INFO, "info");
    PK_LOG_TO(log, PK_LOG_DEBUG, "debug");
    PK_LOG_TO(log, PK_LOG_TRACE, "trace");
}
static void reset(void) { /* the default logger as it is before main, but with our sink */
#if PERFKIT_STDIO
    pk_log_remove_sink(&pk_log_default, pk_log_to_stderr, NULL);
#endif
    pk_log_add_sink(&pk_log_default, count_line, &lines, PK_LOG_TRACE);
    pk_log_set_level(&pk_log_default, PK_LOG_WARN);
    lines = perf_lines = evaluated = 0;
}

static void only_warn_and_error_pass_at_first(void) {
    CHECK_EQ(pk_log_default.level, PK_LOG_WARN);
    reset();
    each_level();
    CHECK_EQ(lines, 2);
    CHECK_EQ(last_level, PK_LOG_WARN);
    CHECK(pk_log_enabled(&pk_log_default, PK_LOG_WARN));
    CHECK(!pk_log_enabled(&pk_log_default, PK_LOG_INFO));
}
static void each_level_includes_those_before_it(void) {
    int level;
    reset();
    for (level = PK_LOG_OFF; level <= PK_LOG_TRACE; level++) {
        lines = 0;
        CHECK_STATUS(pk_log_set_level(&pk_log_default, level), PK_OK);
        each_level();
        CHECK_EQ(lines, level);
    }
}
static void unknown_levels_are_refused(void) {
    reset();
    CHECK_STATUS(pk_log_set_level(&pk_log_default, -1), PK_INVALID);
    CHECK_STATUS(pk_log_set_level(&pk_log_default, PK_LOG_TRACE + 1), PK_INVALID);
    CHECK_STATUS(pk_log_configure(6), PK_INVALID);
    CHECK_STATUS(pk_log_add_sink(&pk_log_default, count_line, NULL, PK_LOG_OFF), PK_INVALID);
    each_level();
    CHECK_EQ(lines, 2);
    pk_log_write(&pk_log_default, PK_LOG_TRACE + 1, "no such level");
    pk_log_write(&pk_log_default, PK_LOG_OFF, "no level");
    pk_log_write(&pk_log_default, -1, "no such level");
    CHECK_EQ(lines, 2);
}
static void arguments_of_a_level_that_is_off_are_not_evaluated(void) {
    reset();
    PK_LOG_INFO("%d", costly());
    PK_LOG_TO(&pk_log_default, PK_LOG_TRACE, "%d %d", costly(), costly());
    CHECK_EQ(evaluated, 0);
    PK_LOG_WARN("%d", costly());
    CHECK_EQ(evaluated, 1);
    CHECK_EQ(lines, 1);
}
static void without_a_sink_nothing_is_evaluated(void) {
    reset();
    CHECK_STATUS(pk_log_remove_sink(&pk_log_default, count_line, &lines), PK_OK);
    PK_LOG_ERROR("%d", costly());
    CHECK_EQ(evaluated, 0);
    reset();
    PK_LOG_ERROR("%d", costly());
    CHECK_EQ(evaluated, 1);
}
static void configuring_twice_doubles_no_line(void) {
    reset();
    CHECK_STATUS(pk_log_configure(PK_LOG_INFO), PK_OK);
    CHECK_STATUS(pk_log_configure(PK_LOG_INFO), PK_OK);
    each_level();
    CHECK_EQ(lines, 3);
    CHECK_EQ(pk_log_default.sink_count, 1);
}
#if PERFKIT_PERF
static void the_channels_never_mix(void) {
    reset();
    CHECK_EQ(pk_perf_default.level, PK_LOG_OFF);
    CHECK_STATUS(pk_log_add_sink(&pk_perf_default, count_line, &perf_lines, PK_LOG_INFO), PK_OK);
    each_level_to(&pk_perf_default);
    CHECK_EQ(perf_lines, 0); /* off by default */
    pk_log_set_level(&pk_perf_default, PK_LOG_TRACE);
    CHECK_EQ(pk_log_default.level, PK_LOG_WARN);
    pk_log_configure(PK_LOG_ERROR);
    CHECK_EQ(pk_perf_default.level, PK_LOG_TRACE);
    each_level_to(&pk_perf_default);
    CHECK_EQ(perf_lines, 3); /* the sink's own level is INFO */
    CHECK_EQ(lines, 0);
    each_level();
    CHECK_EQ(perf_lines, 3);
    CHECK_EQ(lines, 1);
    pk_log_close(&pk_perf_default);
}
#endif
static void a_runtime_level_is_compared_too(void) {
    reset();
    pk_log_write(&pk_log_default, PK_LOG_ERROR, "%u", 1u);
    pk_log_write(&pk_log_default, PK_LOG_INFO, "%u", 1u);
    CHECK_EQ(lines, 1);
}
static void log_calls_are_one_statement(void) {
    reset();
    if (lines != 0) PK_LOG_ERROR("not here");
    else PK_LOG_ERROR("here");
    CHECK_EQ(lines, 1);
}

#if PERFKIT_PERF
#define RUN_PERF RUN("L01 L05", "perf lines reach only the perf sinks, and the levels are independent", the_channels_never_mix)
#else
#define RUN_PERF
#endif
TESTS {
    RUN("L03", "a logger that nobody configured passes WARN and ERROR only", only_warn_and_error_pass_at_first)
    RUN("L02 L24", "each level includes those before it", each_level_includes_those_before_it)
    RUN("L03", "levels that do not exist are refused and change nothing", unknown_levels_are_refused)
    RUN("L06", "arguments of a level that is off are not evaluated", arguments_of_a_level_that_is_off_are_not_evaluated)
    RUN("L06", "a logger without a sink evaluates nothing", without_a_sink_nothing_is_evaluated)
    RUN("L04", "configuring twice doubles no line", configuring_twice_doubles_no_line)
        RUN_PERF
    RUN("L06", "a level known only at run time is compared like the others", a_runtime_level_is_compared_too)
    RUN("L06", "a log call is one statement, also between if and else", log_calls_are_one_statement)
}
