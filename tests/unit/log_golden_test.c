/* targets: all */
/* The exact lines of five levels on two channels in three forms. */
#define PERFKIT_LOG_IMPLEMENTATION
#define PERFKIT_LOG_SITE 0
#ifdef __AVR__
#define PERFKIT_LOG_LINE 48
#else
#define PERFKIT_LOG_LINE 160
#endif
#include "../../perfkit_log.h"
#include "../support/test.h"

static char got[PERFKIT_LOG_LINE];
static pk_status keep(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)level;
    memcpy(got, text, length + 1);
    return PK_OK;
}
static pk_time fake_clock(void *user) {
    (void)user;
    return 4711;
}
static void start(pk_log *log, const char *name, int level) {
    pk_log_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.name = name;
    desc.sink = keep;
    desc.clock = fake_clock;
    CHECK_STATUS(pk_log_init(log, &desc), PK_OK);
    pk_log_set_level(log, level);
    got[0] = 0;
}
#define GIVES(log, level, want)          \
    do {                                 \
        got[0] = 0;                      \
        PK_LOG_TO(log, level, "n=%d", 1); \
        CHECK_TEXT(got, want);           \
    } while (0)

#if PERFKIT_LOG_FORMS
#define GIVES_FORMS(log, level, logfmt, json)                                             \
    do {                                                                                  \
        CHECK_STATUS(pk_log_set_form(log, keep, NULL, PK_LOG_LOGFMT), PK_OK);             \
        GIVES(log, level, logfmt);                                                        \
        CHECK_STATUS(pk_log_set_form(log, keep, NULL, PK_LOG_JSON), PK_OK);               \
        GIVES(log, level, json);                                                          \
    } while (0)
static void main_channel_forms(void) {
    start(&pk_log_default, NULL, PK_LOG_TRACE);
    GIVES_FORMS(&pk_log_default, PK_LOG_ERROR, "time=4711 level=error msg=\"n=1\"\n",
                "{\"time\":4711,\"level\":\"error\",\"message\":\"n=1\"}\n");
    GIVES_FORMS(&pk_log_default, PK_LOG_WARN, "time=4711 level=warn msg=\"n=1\"\n",
                "{\"time\":4711,\"level\":\"warn\",\"message\":\"n=1\"}\n");
    GIVES_FORMS(&pk_log_default, PK_LOG_INFO, "time=4711 level=info msg=\"n=1\"\n",
                "{\"time\":4711,\"level\":\"info\",\"message\":\"n=1\"}\n");
    GIVES_FORMS(&pk_log_default, PK_LOG_DEBUG, "time=4711 level=debug msg=\"n=1\"\n",
                "{\"time\":4711,\"level\":\"debug\",\"message\":\"n=1\"}\n");
    GIVES_FORMS(&pk_log_default, PK_LOG_TRACE, "time=4711 level=trace msg=\"n=1\"\n",
                "{\"time\":4711,\"level\":\"trace\",\"message\":\"n=1\"}\n");
    pk_log_set_level(&pk_log_default, PK_LOG_WARN);
    GIVES_FORMS(&pk_log_default, PK_LOG_INFO, "", "");
}
static void perf_channel_forms(void) {
    start(&pk_perf_default, "perf", PK_LOG_TRACE);
    GIVES_FORMS(&pk_perf_default, PK_LOG_ERROR, "time=4711 level=error name=perf msg=\"n=1\"\n",
                "{\"time\":4711,\"level\":\"error\",\"name\":\"perf\",\"message\":\"n=1\"}\n");
    GIVES_FORMS(&pk_perf_default, PK_LOG_WARN, "time=4711 level=warn name=perf msg=\"n=1\"\n",
                "{\"time\":4711,\"level\":\"warn\",\"name\":\"perf\",\"message\":\"n=1\"}\n");
    GIVES_FORMS(&pk_perf_default, PK_LOG_INFO, "time=4711 level=info name=perf msg=\"n=1\"\n",
                "{\"time\":4711,\"level\":\"info\",\"name\":\"perf\",\"message\":\"n=1\"}\n");
    GIVES_FORMS(&pk_perf_default, PK_LOG_DEBUG, "time=4711 level=debug name=perf msg=\"n=1\"\n",
                "{\"time\":4711,\"level\":\"debug\",\"name\":\"perf\",\"message\":\"n=1\"}\n");
    GIVES_FORMS(&pk_perf_default, PK_LOG_TRACE, "time=4711 level=trace name=perf msg=\"n=1\"\n",
                "{\"time\":4711,\"level\":\"trace\",\"name\":\"perf\",\"message\":\"n=1\"}\n");
    pk_log_set_level(&pk_perf_default, PK_LOG_INFO);
    GIVES_FORMS(&pk_perf_default, PK_LOG_DEBUG, "", "");
}
#endif

static void main_channel(void) {
    start(&pk_log_default, NULL, PK_LOG_TRACE);
    GIVES(&pk_log_default, PK_LOG_ERROR, "4711 ERROR n=1\n");
    GIVES(&pk_log_default, PK_LOG_WARN, "4711 WARN  n=1\n");
    GIVES(&pk_log_default, PK_LOG_INFO, "4711 INFO  n=1\n");
    GIVES(&pk_log_default, PK_LOG_DEBUG, "4711 DEBUG n=1\n");
    GIVES(&pk_log_default, PK_LOG_TRACE, "4711 TRACE n=1\n");
    pk_log_set_level(&pk_log_default, PK_LOG_WARN);
    GIVES(&pk_log_default, PK_LOG_INFO, "");
}
#if PERFKIT_PERF
static void perf_channel(void) {
    start(&pk_perf_default, "perf", PK_LOG_TRACE);
    GIVES(&pk_perf_default, PK_LOG_ERROR, "4711 ERROR perf n=1\n");
    GIVES(&pk_perf_default, PK_LOG_WARN, "4711 WARN  perf n=1\n");
    GIVES(&pk_perf_default, PK_LOG_INFO, "4711 INFO  perf n=1\n");
    GIVES(&pk_perf_default, PK_LOG_DEBUG, "4711 DEBUG perf n=1\n");
    GIVES(&pk_perf_default, PK_LOG_TRACE, "4711 TRACE perf n=1\n");
    pk_log_set_level(&pk_perf_default, PK_LOG_INFO);
    GIVES(&pk_perf_default, PK_LOG_DEBUG, "");
}
#endif

#if PERFKIT_PERF
#define RUN_PERF RUN("L24", "the perf channel's lines at each level", perf_channel)
#else
#define RUN_PERF
#endif
TESTS {
    RUN("L24", "the main channel's lines at each level", main_channel)
        RUN_PERF
#if PERFKIT_LOG_FORMS
    RUN("L24", "the main channel's lines at each level, as logfmt and JSON", main_channel_forms)
    RUN("L24", "the perf channel's lines at each level, as logfmt and JSON", perf_channel_forms)
#endif
}
