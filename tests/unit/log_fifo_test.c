/* targets: large, avr-large */
/* Deferred mode's firmware form: one ring. Lines of a drain are those written at once, and none is lost uncounted. */
#define PERFKIT_PROFILE PERFKIT_PROFILE_FIRMWARE
#define PERFKIT_LOG_DEFERRED 1
#define PERFKIT_LOG_KV 1
#define PERFKIT_LOG_INT64 1
#define PERFKIT_LOG_SIGNALS 1
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../perfkit_log.h"
#include "../support/test.h"
#define LINES_ROOM 640
#include "../support/deferred.h"
#ifdef __GNUC__
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#endif

static char memory[PK_LOG_QUEUE_BYTES(1, 512)];
static pk_time now;
static pk_time clock_of_test(void *user) {
    (void)user;
    return now;
}
static void begin(pk_log *log, pk_log_sink_fn sink, void *user, bool deferred) {
    pk_log_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.sink = sink;
    desc.sink_user = user;
    desc.level = PK_LOG_TRACE;
    desc.clock = clock_of_test;
    desc.name = "fw";
    if (deferred) {
        desc.memory = memory;
        desc.memory_size = sizeof memory;
    }
    CHECK_STATUS(pk_log_init(log, &desc), PK_OK);
    calls = told = last_number = out_of_order = 0;
}
static void drain(void) {
    now++; /* the time is that of the call */
    CHECK_STATUS(pk_log_drain(&later, 0), PK_OK);
    now--;
    CHECK_TEXT(lines[1], lines[0]);
    ends[0] = ends[1] = 0;
    lines[0][0] = lines[1][0] = 0;
}

static void lines_are_the_same_as_at_once(void) {
    static const char open_end[3] = {'a', 'b', 'c'}; /* no 0 behind it */
    static char long_text[2 * PERFKIT_LOG_LINE];
    const char *const volatile none = NULL;
    char format[12];
    int i, turn;
    memset(long_text, 'l', sizeof long_text - 1);
    begin(&at_once, keep, NULL, false);
    begin(&later, keep, lines, true);
    for (i = 0; i < 3; i++) {
        now = (pk_time)i * 1000u;
        for (turn = 0; turn < 2; turn++) {
            pk_log *log = turn ? &later : &at_once;
            PK_LOG_TO(log, PK_LOG_ERROR, "plain 100%%");
            PK_LOG_TO(log, PK_LOG_WARN, "%d %5u %x %#o %c|", -i, 2u, 3u, 4u, 'a' + i);
            PK_LOG_TO(log, PK_LOG_INFO, "%ld %lu %lld %hd %p", -5L, 6ul, -7ll, (short)-9, (void *)memory);
        }
        drain();
        for (turn = 0; turn < 2; turn++) {
            pk_log *log = turn ? &later : &at_once;
            PK_LOG_TO(log, PK_LOG_DEBUG, "%s|%4s|%s", "text\n", "b", none);
            PK_LOG_TO(log, PK_LOG_DEBUG, "%.*s|%.3s|%*s|%.*s|%s", 2 + i % 2, open_end, open_end, 5, "x", -1, "all", "end");
            PK_LOG_TO(log, PK_LOG_TRACE, "%*d %-*d %.*d", 5, i, -4, i, 3, i);
        }
        drain();
        for (turn = 0; turn < 2; turn++) {
            pk_log *log = turn ? &later : &at_once;
            PK_LOG_TO(log, PK_LOG_INFO, "%s %d", long_text, i);
            memcpy(format, "run %s %d", 10);
            pk_log_write(log, PK_LOG_ERROR, format, "time", i);
            memset(format, 'x', sizeof format);
        }
        drain();
        for (turn = 0; turn < 2; turn++) {
            pk_log *log = turn ? &later : &at_once;
            PK_LOG_KV_TO(log, PK_LOG_WARN, "fields", PK_KV_I("i", -i), PK_KV_U("u", 2u), PK_KV_S("s", "x \"y\""));
            PK_LOG_KV_TO(log, PK_LOG_INFO, "more", PK_KV_B("b", true), PK_KV_S("none", none), PK_KV_P("p", memory));
        }
        drain();
    }
    pk_log_close(&later);
    pk_log_close(&at_once);
}

static void what_finds_no_room_is_counted(void) {
    unsigned n;
    begin(&later, count, NULL, true);
    send(1, 101);
    for (n = 102; n <= 103; n++) PK_LOG_TO(&later, PK_LOG_ERROR, "n=%u", n); /* room is kept for them */
    CHECK_EQ(calls, 0);
    CHECK_STATUS(pk_log_drain(&later, 0), PK_OK);
    CHECK_EQ(last_number, 103);
    check_sums(103);
    for (n = 0; n < 40; n++) { /* round and round */
        send(104 + n * 5, 108 + n * 5);
        CHECK_STATUS(pk_log_drain(&later, 3), PK_AGAIN);
        CHECK_STATUS(pk_log_drain(&later, 3), PK_OK);
    }
    check_sums(303);
    CHECK_EQ(last_number, 303);
    send(304, 400);
    CHECK_STATUS(pk_log_flush(&later), PK_OK);
    check_sums(400);
    send(401, 402);
    pk_log_close(&later);
    CHECK_EQ(last_number, 402);
}
static void a_drain_stops_at_a_record_that_is_not_ready(void) {
    pk__queue *q;
    uint8_t *p;
    begin(&later, count, NULL, true);
    q = later.queue;
    last_number = 0;
    send(1, 2);
    p = pk__fifo_reserve(q, NULL, PK_LOG_INFO, 4); /* somebody is writing it */
    CHECK(p != NULL);
    send(3, 4);
    CHECK_STATUS(pk_log_drain(&later, 0), PK_OK);
    CHECK_EQ(calls, 2);
    pk__fifo_free(q, p[1] * PK__SLOT);
    CHECK_STATUS(pk_log_drain(&later, 0), PK_OK);
    CHECK_EQ(calls, 4);
    pk_log_close(&later);
}
static void a_drop_is_told_behind_what_was_before(void) {
    pk_log_queue queue;
    pk__queue *q;
    uint8_t *p;
    begin(&later, count, NULL, true);
    q = later.queue;
    send(1, 2);
    p = pk__fifo_reserve(q, NULL, PK_LOG_INFO, 4); /* somebody is writing it */
    send(3, 100);
    CHECK_STATUS(pk_log_drain(&later, 0), PK_OK);
    CHECK_EQ(calls, 2);
    CHECK_EQ(told, 0);
    pk__fifo_free(q, p[1] * PK__SLOT);
    CHECK_STATUS(pk_log_drain(&later, 0), PK_OK);
    pk_log_get_queue(&later, &queue);
    CHECK(queue.dropped > 0);
    CHECK_EQ(told, queue.dropped);
    CHECK_EQ(calls + told, 100);
    pk_log_close(&later);
}
#ifndef __MSP430__ /* clang 14 reads structs among variable arguments from the wrong place */
static void what_is_too_large_is_dropped(void) {
    static char text[PERFKIT_LOG_LINE + 20];
    unsigned i;
    memset(text, 'a', sizeof text - 1);
    begin(&later, count, NULL, true);
    for (i = 0; i < 6; i++) {
        send(1 + i * 3, 1 + i * 3);
        PK_LOG_TO(&later, PK_LOG_INFO, "n=%u %s %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d", i * 3 + 2, text, 1, 2, 3, 4, 5, 6, 7, 8, 9,
                  10, 11, 12, 13, 14, 15, 16, 17);
        PK_LOG_KV_TO(&later, PK_LOG_INFO, "n=", PK_KV_I("a", 1), PK_KV_I("b", 2), PK_KV_I("c", 3), PK_KV_I("d", 4), PK_KV_I("e", 5),
                     PK_KV_I("f", 6), PK_KV_I("g", 7), PK_KV_I("h", 8), PK_KV_I("i", 9), PK_KV_I("j", 10), PK_KV_I("k", 11));
        CHECK_STATUS(pk_log_drain(&later, 0), PK_OK);
    }
    CHECK_EQ(calls, 6);
    check_sums(18);
    pk_log_close(&later);
}
#endif
static void interrupts_lines_keep_their_time(void) {
    static pk_log_signals signals;
    int i;
    begin(&later, keep, lines, true);
    CHECK_STATUS(pk_log_set_signals(&later, &signals), PK_OK);
    now = 100;
    PK_LOG_SIGNAL(&signals, PK_LOG_WARN, "interrupt %d", 7);
    now = 900;
    CHECK_STATUS(pk_log_drain(&later, 0), PK_OK);
    CHECK_TEXT(lines[1], "100 WARN  fw interrupt 7\n");
    for (i = 0; i < 5; i++) PK_LOG_SIGNAL(&signals, PK_LOG_WARN, "interrupt %d", i);
    CHECK_EQ(pk_log_signals_dropped(&signals), 1); /* four wait */
    pk_log_close(&later);
    now = 0;
    ends[1] = 0;
    lines[1][0] = 0;
}
static pk_status busy;
static pk_status log_inside(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)text;
    if (length != 0 && level == PK_LOG_INFO) PK_LOG_TO(&later, PK_LOG_ERROR, "n=%u", 1000u + calls);
    busy = pk_log_drain(&later, 0);
    return PK_OK;
}
static void sinks_may_log(void) {
    begin(&later, count, NULL, true);
    pk_log_add_sink(&later, log_inside, NULL, PK_LOG_TRACE);
    send(1, 5);
    CHECK_STATUS(pk_log_drain(&later, 0), PK_OK);
    CHECK_STATUS(busy, PK_BUSY);
    CHECK_EQ(calls, 10);
    check_sums(10);
    pk_log_close(&later);
}
static void wrong_use_is_told(void) {
    begin(&later, count, NULL, true);
    CHECK_STATUS(pk_log_defer(&later, memory, sizeof memory, 1, 0), PK_BUSY);
    pk_log_close(&later);
    begin(&later, count, NULL, false);
    CHECK_STATUS(pk_log_defer(&later, memory, 20, 1, 0), PK_NO_MEMORY);
    CHECK_STATUS(pk_log_defer(&later, memory, sizeof memory, 1, PK_LOG_OVERWRITE_OLDEST), PK_UNSUPPORTED);
    CHECK_STATUS(pk_log_defer(&later, memory, sizeof memory, 1, 9), PK_INVALID);
    CHECK_STATUS(pk_log_drain(&later, 0), PK_OK);
    CHECK_STATUS(pk_log_defer(&later, memory + 1, sizeof memory - 1, 1, 0), PK_OK);
    send(1, 3);
    pk_log_drain(&later, 0);
    check_sums(3);
    pk_log_close(&later);
}

static void a_fault_handler_drains(void) {
    unsigned n;
    begin(&later, count, NULL, true);
    for (n = 1; n <= 5; n++) PK_LOG_TO(&later, PK_LOG_INFO, "n=%u", n);
    later.queue->draining = 1; /* the fault was in a drain */
    CHECK_STATUS(pk_log_drain(&later, 0), PK_BUSY);
    pk_log_panic(&later);
    CHECK_EQ(calls, 5);
    CHECK_EQ(last_number, 5);
    CHECK_EQ(out_of_order, 0);
    pk_log_close(&later);
}

TESTS {
    RUN("L22 L24", "deferred lines are those written at once", lines_are_the_same_as_at_once)
    RUN("L22", "what finds no room is counted and told, and room is kept for errors", what_finds_no_room_is_counted)
    RUN("L22", "a drain stops at a record that is still being written", a_drain_stops_at_a_record_that_is_not_ready)
    RUN("L22", "what was dropped is not told before the records that wait", a_drop_is_told_behind_what_was_before)
#ifndef __MSP430__
    RUN("L22", "what is too large for a record is dropped, counted and told", what_is_too_large_is_dropped)
#endif
    RUN("L22", "a line from an interrupt goes out with a drain, with its own time", interrupts_lines_keep_their_time)
    RUN("L22", "a sink may log to the logger that calls it", sinks_may_log)
    RUN("L22", "a fault in the middle of a drain: its handler drains the rest", a_fault_handler_drains)
    RUN("L22", "wrong use is told", wrong_use_is_told)
}
