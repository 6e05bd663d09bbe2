/* targets: all */
/* The exact lines of five levels on two channels. */
#define PERFKIT_LOG_IMPLEMENTATION
#define PERFKIT_LOG_SITE 0
#define PERFKIT_LOG_LINE 48
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
}
