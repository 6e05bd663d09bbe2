/* targets: all */
/* Calls above PERFKIT_LOG_LEVEL are not in the program. tests/compile checks that their strings are gone too. */
#define PERFKIT_LOG_IMPLEMENTATION
#define PERFKIT_LOG_LEVEL PK_LOG_WARN
#define PERFKIT_LOG_NAME "floor"
#define PERFKIT_LOG_SITE 0
#define PERFKIT_LOG_LIMITS 1
#include "../../perfkit_log.h"
#include "../support/test.h"

static unsigned lines, evaluated;
static char got[PERFKIT_LOG_LINE];
static pk_status keep(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)level;
    if (length) lines++;
    memcpy(got, text, length + 1);
    return PK_OK;
}
static pk_log logger;
static void start(void) {
    pk_log_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.sink = keep;
    desc.level = PK_LOG_TRACE;
    desc.no_time = true;
    desc.name = "logger";
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    lines = evaluated = 0;
}

static void calls_above_the_floor_do_nothing(void) {
    int used_only_here = 1; /* no warning about it */
    start();
    PK_LOG_TO(&logger, PK_LOG_INFO, "%d", used_only_here);
    PK_LOG_TO(&logger, PK_LOG_DEBUG, "%u", ++evaluated);
    PK_LOG_TO(&logger, PK_LOG_TRACE, "%u", ++evaluated);
    PK_LOG_INFO("%u", ++evaluated);
    PK_LOG_ONCE_TO(&logger, PK_LOG_INFO, "%u", ++evaluated);
    PK_LOG_LIMITED_TO(&logger, PK_LOG_DEBUG, 1, 1000, "%u", ++evaluated);
    CHECK_EQ(lines, 0);
    CHECK_EQ(evaluated, 0);
}
static void calls_at_the_floor_work(void) {
    start();
    PK_LOG_TO(&logger, PK_LOG_WARN, "%d", 1);
    PK_LOG_TO(&logger, PK_LOG_ERROR, "%d", 2);
    CHECK_EQ(lines, 2);
}
static void a_file_has_its_own_name(void) {
    start();
    PK_LOG_TO(&logger, PK_LOG_WARN, "hello");
    CHECK_TEXT(got, "WARN  floor hello\n");
    pk_log_write(&logger, PK_LOG_WARN, "hello");
    CHECK_TEXT(got, "WARN  logger hello\n");
}

TESTS {
    RUN("L23", "calls above the floor do nothing and evaluate nothing", calls_above_the_floor_do_nothing)
    RUN("L23", "calls at the floor and below work", calls_at_the_floor_work)
    RUN("L18", "PERFKIT_LOG_NAME names the lines of its file", a_file_has_its_own_name)
}
