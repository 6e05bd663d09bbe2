/* What a firmware sends in dictionary mode, in hexadecimal ("H "), and the same lines from its own formatter ("T "): tests/dictionary
   compares what the decoder makes of the one with the other. */
#define PERFKIT_LOG_DEFERRED 1 /* and, in a second build, PERFKIT_LOG_DICTIONARY */
#define PERFKIT_LOG_KV 1
#define PERFKIT_LOG_SITE 1
#define PERFKIT_LOG_INT64 1
#define PERFKIT_LOG_LINE 160
#define PERFKIT_LOG_NAME "dict"
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../perfkit_log.h"
#include "../support/test.h"

static char memory[PK_LOG_QUEUE_BYTES(1, 300)];
static pk_log at_once, later;
static pk_time now;
static pk_time clock_of_test(void *user) {
    (void)user;
    return now;
}
static pk_status put_text(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)level;
    if (length == 0) return PK_OK;
    test_putc('T');
    for (test_putc(' '); *text; text++) test_putc(*text);
    return PK_OK;
}
static pk_status put_hex(void *user, const uint8_t *bytes, size_t size) {
    (void)user;
    test_putc('H');
    for (test_putc(' '); size > 0; size--, bytes++) {
        test_putc((char)(*bytes >> 4 < 10 ? '0' + (*bytes >> 4) : 'a' - 10 + (*bytes >> 4)));
        test_putc((char)((*bytes & 15) < 10 ? '0' + (*bytes & 15) : 'a' - 10 + (*bytes & 15)));
    }
    test_putc('\n');
    return PK_OK;
}
static void send(void) {
    pk_log_drain_raw(&later, 0, put_hex, NULL);
    now += 1001;
}
static void records_leave_as_they_are(void) {
    pk_log_desc desc;
    char open_end[3];
    const char *volatile none = NULL;
    int i, turn;
    memset(&desc, 0, sizeof desc);
    memset(open_end, 'o', sizeof open_end);
    desc.sink = put_text;
    desc.clock = clock_of_test;
    desc.level = PK_LOG_TRACE;
    desc.name = "fw";
    CHECK_STATUS(pk_log_init(&at_once, &desc), PK_OK);
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    if (PERFKIT_LOG_DICTIONARY) desc.sink = NULL; /* none is needed */
    CHECK_STATUS(pk_log_init(&later, &desc), PK_OK);
    for (i = 0; i < 3; i++) {
        for (turn = 0; turn < 2; turn++) {
            pk_log *log = turn ? &later : &at_once;
            PK_LOG_TO(log, PK_LOG_ERROR, "plain 100%%");
            PK_LOG_TO(log, PK_LOG_WARN, "%d %5u %x %#o %#X %c|%-4d|%+d", -i, 2u, 300u, 4u, 255u, 'a' + i, i, 7);
            PK_LOG_TO(log, PK_LOG_INFO, "%ld %lu %lld %llx %hd %hhu %05d %.3d %8.3d", -5L, 6ul, -7ll, ~0ull, (short)-9, (unsigned char)200, i, i, -i);
        }
        send();
        for (turn = 0; turn < 2; turn++) {
            pk_log *log = turn ? &later : &at_once;
            PK_LOG_TO(log, PK_LOG_DEBUG, "%s|%8s|%-6s|%p", "text\n\x01", "b", none, (void *)(uintptr_t)(0x1234 + i));
            PK_LOG_TO(log, PK_LOG_TRACE, "%.*s|%.3s|%*s|%*d", 2 + i % 2, open_end, open_end, 5, "x", -6, i);
            PK_LOG_TO(log, PK_LOG_TRACE, "as it stands: %d %f %d", i, 1.5, i);
            pk_log_write(log, PK_LOG_WARN, "run %s %d", "time", i);
        }
        send();
        for (turn = 0; turn < 2; turn++) {
            pk_log *log = turn ? &later : &at_once;
            PK_LOG_KV_TO(log, PK_LOG_INFO, "fields", PK_KV_I("i", -i), PK_KV_U("u", 2u), PK_KV_S("s", "x \"y\""), PK_KV_S("none", none));
            PK_LOG_KV_TO(log, PK_LOG_INFO, "more", PK_KV_B("b", true), PK_KV_X("x", 255u), PK_KV_P("p", (void *)(uintptr_t)0x10));
        }
        send();
    }
    for (i = 0; i < 90; i++) PK_LOG_TO(&later, PK_LOG_INFO, "many"); /* some find no room: told with the next */
    send();
    PK_LOG_TO(&later, PK_LOG_INFO, "the end");
    send();
}

TESTS { RUN("L22", "records leave as they are", records_leave_as_they_are) }
