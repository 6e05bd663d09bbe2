/* targets: hosted */
/* Descriptors, FILE, dates, colour, doubles: what only a system with files has. */
#if !defined _XOPEN_SOURCE && !defined _GNU_SOURCE
#define _XOPEN_SOURCE 700 /* pseudo-terminals */
#endif
#include "../../perfkit_log.h"
#include "../support/test.h"
#include <math.h>
#include <stdio.h>
#include <time.h>
#ifndef _WIN32
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#endif

static char got[2048];

#ifndef _WIN32
static int pipe_ends[2], saved_stderr;
static void take_stderr(void) {
    CHECK(pipe(pipe_ends) == 0);
    saved_stderr = dup(2);
    dup2(pipe_ends[1], 2);
}
static void give_stderr_back(void) {
    ssize_t n;
    dup2(saved_stderr, 2);
    close(saved_stderr);
    close(pipe_ends[1]);
    n = read(pipe_ends[0], got, sizeof got - 1);
    close(pipe_ends[0]);
    got[n > 0 ? n : 0] = 0;
}
static void the_default_logger_writes_to_stderr(void) {
    const char *message;
    take_stderr();
    PK_LOG_INFO("not this");
    PK_LOG_WARN("disk %d%% full", 93);
    give_stderr_back();
    message = strstr(got, "Z WARN  log_hosted_test.c:");
    CHECK(message == got + 23);
    CHECK(got[4] == '-' && got[7] == '-' && got[10] == 'T' && got[13] == ':' && got[16] == ':' && got[19] == '.');
    CHECK(strcmp(got + strlen(got) - 15, " disk 93% full\n") == 0);
    CHECK(strchr(got, '\033') == NULL); /* a pipe is no terminal */
}
static void configure_adds_stderr_once(void) {
    take_stderr();
    pk_log_configure(PK_LOG_INFO);
    pk_log_configure(PK_LOG_INFO);
    PK_LOG_INFO("once");
    pk_log_configure(PK_LOG_WARN);
    give_stderr_back();
    CHECK(strchr(got, '\n') == got + strlen(got) - 1);
}
#endif

static uint32_t wall_seconds;
static uint32_t fake_wall(void *user, uint16_t *ms) {
    (void)user;
    *ms = 678;
    return wall_seconds;
}
static pk_status keep(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)level;
    if (length) memcpy(got, text, length + 1);
    return PK_OK;
}
static void a_default_logger_is_safe_for_threads_after_its_close(void) {
    const uint8_t flags = pk_log_default.flags;
    CHECK_STATUS(pk_log_close(&pk_log_default), PK_OK);
    CHECK_EQ(pk_log_default.flags, flags);
    CHECK_STATUS(pk_log_configure(PK_LOG_WARN), PK_OK);
    CHECK_EQ(pk_log_default.gate, PK_LOG_WARN);
}
static void dates_are_utc(void) {
    static const struct { uint32_t seconds; const char *date; } dates[] = {
        {0, "1970-01-01T00:00:00.678Z"},           {951782399u, "2000-02-28T23:59:59.678Z"},
        {951782400u, "2000-02-29T00:00:00.678Z"},  {951868800u, "2000-03-01T00:00:00.678Z"},
        {1767323045u, "2026-01-02T03:04:05.678Z"}, {4102444800u, "2100-01-01T00:00:00.678Z"},
        {4107542400u, "2100-03-01T00:00:00.678Z"}, {4294967295u, "2106-02-07T06:28:15.678Z"}};
    pk_log logger;
    pk_log_desc desc;
    size_t i;
    memset(&desc, 0, sizeof desc);
    desc.sink = keep;
    desc.wall = fake_wall;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    for (i = 0; i < PK__COUNTOF(dates); i++) {
        wall_seconds = dates[i].seconds;
        PK_LOG_TO(&logger, PK_LOG_ERROR, "x");
        got[24] = 0;
        CHECK_TEXT(got, dates[i].date);
    }
    pk_log_close(&logger);
}
#ifndef _WIN32
static uint16_t ms_of_two;
static uint32_t wall_of_two(void *user, uint16_t *ms) {
    *ms = ms_of_two;
    return *(const uint32_t *)user;
}
static void dates_of_two_clocks_do_not_mix(void) { /* a thread keeps the text of its last date */
    static uint32_t seconds[2] = {1767323045u, 951868799u};
    pk_log loggers[2];
    pk_log_desc desc;
    struct tm parts;
    char want[32];
    unsigned i, wrong = 0;
    memset(&desc, 0, sizeof desc);
    desc.sink = keep;
    desc.wall = wall_of_two;
    for (i = 0; i < 2; i++) {
        desc.user = &seconds[i];
        CHECK_STATUS(pk_log_init(&loggers[i], &desc), PK_OK);
    }
    for (i = 0; i < 3000; i++) {
        const unsigned which = i * 7 % 3 != 0;
        time_t now;
        if (i % 5 == 0) seconds[which]++;
        ms_of_two = (uint16_t)(i * 37 % 1000);
        pk_log_write(&loggers[which], PK_LOG_ERROR, "x");
        now = (time_t)seconds[which];
        (void)gmtime_r(&now, &parts);
        (void)strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S", &parts);
        pk_format(want + 19, sizeof want - 19, ".%03uZ ERROR", (unsigned)ms_of_two);
        wrong += strncmp(got, want, strlen(want)) != 0;
    }
    CHECK_EQ(wrong, 0);
    for (i = 0; i < 2; i++) pk_log_close(&loggers[i]);
}
#endif
static void files_and_descriptors_are_sinks(void) {
    pk_log logger;
    pk_log_desc desc;
    FILE *file = tmpfile();
    size_t n;
    CHECK(file != NULL);
    if (file == NULL) return;
    memset(&desc, 0, sizeof desc);
    desc.no_time = true;
    desc.sink = pk_log_to_file;
    desc.sink_user = file;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    PK_LOG_TO(&logger, PK_LOG_ERROR, "to a file");
    CHECK_STATUS(pk_log_flush(&logger), PK_OK);
    rewind(file);
    n = fread(got, 1, sizeof got - 1, file);
    got[n] = 0;
    CHECK(strstr(got, "ERROR log_hosted_test.c:") == got && strstr(got, " to a file\n") != NULL);
    pk_log_close(&logger);
    fclose(file);
    CHECK_STATUS(pk_log_to_fd((void *)(intptr_t)-1, PK_LOG_ERROR, "x", 1), PK_IO);
    CHECK_STATUS(pk_log_to_file(NULL, PK_LOG_ERROR, "x", 1), PK_INVALID); /* an fopen that nobody looked at */
}
#ifdef __linux__
/* What a logger writes to a pseudo-terminal. */
static void through_a_terminal(int master, int slave) {
    pk_log logger;
    pk_log_desc desc;
    ssize_t n;
    size_t have = 0;
    memset(&desc, 0, sizeof desc);
    desc.no_time = true;
    desc.sink = pk_log_to_fd;
    desc.sink_user = (void *)(intptr_t)slave;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    CHECK_STATUS(pk_log_add_sink(&logger, keep, NULL, PK_LOG_TRACE), PK_OK);
    pk_log_write(&logger, PK_LOG_ERROR, "red");
    CHECK_TEXT(got, "ERROR red\n"); /* the other sink's stays plain */
    do { /* a terminal gives the line in pieces of its own */
        n = read(master, got + have, sizeof got - 1 - have);
        have += n > 0 ? (size_t)n : 0;
    } while (n > 0 && got[have - 1] != '\n');
    got[have] = 0;
    pk_log_close(&logger);
}
static void colour_is_for_terminals_without_no_color(void) {
    int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) return;
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    CHECK(slave >= 0);
    unsetenv("NO_COLOR");
    through_a_terminal(master, slave);
    CHECK_TEXT(got, "\033[31mERROR red\033[0m\r\n");
    setenv("NO_COLOR", "1", 1);
    through_a_terminal(master, slave);
    CHECK_TEXT(got, "ERROR red\r\n");
    unsetenv("NO_COLOR");
    close(slave);
    close(master);
}
#endif
#define FORMATS(want, ...)                              \
    do {                                                \
        PK_FORMAT(got, sizeof got, __VA_ARGS__);        \
        CHECK_TEXT(got, want);                          \
    } while (0)
static void doubles_are_rounded_correctly(void) {
    FORMATS("0.5 0 2 2 4", "%g %.0f %.0f %.0f %.0f", 0.5, 0.5, 1.5, 2.5, 3.5);
    FORMATS("0.1000000000000000055511151231257827", "%.34f", 0.1);
    FORMATS("1.00e+01 9.99e+00 -0.00", "%.2e %.2e %.2f", 9.995000001, 9.99, -0.001);
    FORMATS("4.9406564584124654e-324 1.7976931348623157e+308", "%.17g %.17g", 4.9406564584124654e-324, 1.7976931348623157e308);
    FORMATS("1e+06 100000 1e-05 0.0001 0", "%g %g %g %g %g", 1e6, 1e5, 1e-5, 1e-4, 0.0);
    FORMATS("1.00000|1.|  1.5|1.5  |0001.5|+1.5", "%#g|%#.0f|%5.1f|%-5.1f|%06.1f|%+.1f", 1.0, 1.0, 1.5, 1.5, 1.5, 1.5);
    FORMATS("1.0e+02|1.00e+03", "%#.2g|%#.3g", 99.6, 999.7); /* glibc 2.36 prints 1.e+02 */
    FORMATS("inf -INF   inf|inf  ", "%f %F %5e|%-5g", (double)INFINITY, -(double)INFINITY, (double)INFINITY, (double)INFINITY);
    CHECK_EQ(pk_format(got, 10, "%.400f", 1e300), 301 + 1 + 400);
}

#ifdef _WIN32
#define RUN_STDERR
#else
#define RUN_STDERR                                                                                                        \
    RUN("L03", "the default logger writes dated lines to stderr, without colour to a pipe", the_default_logger_writes_to_stderr) \
    RUN("L04", "configuring twice leaves one stderr", configure_adds_stderr_once)
#endif
#ifdef __linux__
#define RUN_TERMINAL RUN("L03", "colour is for terminals, and not with NO_COLOR", colour_is_for_terminals_without_no_color)
#else
#define RUN_TERMINAL
#endif
TESTS {
        RUN_STDERR
    RUN("T01", "the default logger keeps its lock when it is closed and configured again", a_default_logger_is_safe_for_threads_after_its_close)
#ifndef _WIN32
    RUN("L24", "dates of two loggers with clocks of their own are each right", dates_of_two_clocks_do_not_mix)
#endif
    RUN("L24", "dates are right around leap days and to 2106", dates_are_utc)
    RUN("L05", "a FILE is a sink, flushed on request; a bad descriptor fails", files_and_descriptors_are_sinks)
        RUN_TERMINAL
    RUN("L22", "doubles are rounded correctly at any precision", doubles_are_rounded_correctly)
}
