/* targets: hosted */
/* Deferred mode: the lines of a drain are those that would have been written at once, and none is lost without being counted. */
#define PERFKIT_THREADS 0 /* nobody tells of a thread's end; log_deferred_threads_test.c has the rest */
#define PERFKIT_LOG_IMPLEMENTATION
#define PERFKIT_LOG_NAME "net"
#include "../../perfkit_log.h"
#include "../support/test.h"
#define LINES_ROOM (64 * 1024)
#include "../support/deferred.h"
#ifdef __GNUC__
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#endif

enum { SMALL = 2 * (int)PK__RECORD_MAX };
static char memory[PK_LOG_QUEUE_BYTES(2, 65536)];
static bool small; /* rings, soon full */
static void begin(pk_log *log, void *which, bool deferred, int full) {
    pk_log_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.sink = keep;
    desc.sink_user = which;
    desc.level = PK_LOG_TRACE;
    desc.no_time = true;
    if (deferred) {
        desc.memory = memory;
        desc.memory_size = small ? PK_LOG_QUEUE_BYTES(2, SMALL) : sizeof memory;
        desc.rings = 2;
        desc.full = (uint8_t)full;
    }
    CHECK_STATUS(pk_log_init(log, &desc), PK_OK);
}
static void begin_counting(int full) {
    small = true;
    begin(&later, lines, true, full);
    small = false;
    pk_log_remove_sink(&later, keep, lines);
    pk_log_add_sink(&later, count, NULL, PK_LOG_TRACE);
    calls = told = last_number = out_of_order = 0;
}
static void drain(void) {
    CHECK_STATUS(pk_log_drain(&later, 0), PK_OK);
    CHECK_TEXT(lines[1], lines[0]);
    ends[0] = ends[1] = 0;
    lines[0][0] = lines[1][0] = 0;
}

static char long_text[2 * PERFKIT_LOG_LINE];
/* Each site is used three times: its first record is made by a walk of the format, the next without. */
static void all_kinds(int form) {
    static const char open_end[3] = {'a', 'b', 'c'}; /* no 0 behind it */
    const char *const volatile none = NULL;
    int i, turn;
    begin(&at_once, NULL, false, 0);
    begin(&later, lines, true, PK_LOG_DROP_NEWEST);
    pk_log_set_form(&at_once, keep, NULL, form);
    pk_log_set_form(&later, keep, lines, form);
    for (i = 0; i < 3; i++) {
        for (turn = 0; turn < 2; turn++) {
            pk_log *log = turn ? &later : &at_once;
            PK_LOG_TO(log, PK_LOG_ERROR, "plain 100%%");
            PK_LOG_TO(log, PK_LOG_WARN, "%d %5u %x %#o %c|", -i, 2u, 3u, 4u, 'a' + i);
            PK_LOG_TO(log, PK_LOG_INFO, "%ld %lu %lld %llx %zu %hhd %hd", -5L, 6ul, -7ll, ~0ull, sizeof i, (signed char)-8, (short)-9);
            PK_LOG_TO(log, PK_LOG_INFO, "%jd %td %p %p", (intmax_t)-1, (ptrdiff_t)2, (void *)memory, (const void *)none);
            PK_LOG_TO(log, PK_LOG_DEBUG, "%s|%8s|%-8s|%s", "text\n", "b", i ? "" : "c\t", none);
            PK_LOG_TO(log, PK_LOG_DEBUG, "%.*s|%.3s|%*s|%.*s|%s", 2 + i % 2, open_end, open_end, 5, "x", -1, "all", "end");
            PK_LOG_TO(log, PK_LOG_TRACE, "%*d %-*d %.*d %*.*f", 5, i, -4, i, 3, i, 9, 2, 1.5 * i);
#if PERFKIT_FLOAT
            PK_LOG_TO(log, PK_LOG_TRACE, "%f %e %g %.3f %s %d", 1.5 * i, 2e10, 1e-5, -0.125, "then", 7);
#endif
            PK_LOG_TO(log, PK_LOG_INFO, "%s %d", long_text, i);
            PK_LOG_TO(log, PK_LOG_INFO, "%.900s %.*s %s %d", long_text, 300, long_text, long_text, i);
            PK_LOG_TO(log, PK_LOG_INFO, "%d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %s", 1, 2, 3, 4, 5, 6, 7, 8,
                      9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, i, "many");
            PK_LOG_KV_TO(log, PK_LOG_WARN, "fields", PK_KV_I("i", -i), PK_KV_U("u", 2u), PK_KV_X("x", 255u), PK_KV_B("b", true),
                         PK_KV_S("s", "x \"y\""), PK_KV_S("none", none), PK_KV_P("p", memory), PK_KV_S("long", long_text + 900));
#if PERFKIT_FLOAT
            PK_LOG_KV_TO(log, PK_LOG_WARN, "double", PK_KV_D("d", 0.1 * i), PK_KV_S("cut", long_text), PK_KV_I("lost", 1));
#endif
            PK_LOG_KV_TO(log, PK_LOG_WARN, "no fields");
            {
                char format[16];
                memcpy(format, "run %s %d", 10);
                pk_log_write(log, PK_LOG_ERROR, format, "time", i);
                memset(format, 'x', sizeof format);
            }
        }
        drain();
    }
    pk_log_close(&later);
    pk_log_close(&at_once);
}
static void lines_are_the_same_as_at_once(void) {
    int form;
    memset(long_text, 'l', sizeof long_text - 1);
    for (form = PK_LOG_TEXT; form <= PK_LOG_JSON; form++) all_kinds(form);
}

static void the_newest_is_dropped(void) {
    begin_counting(PK_LOG_DROP_NEWEST);
    send(1, 1000);
    CHECK_EQ(calls, 0);
    CHECK_STATUS(pk_log_drain(&later, 0), PK_OK);
    CHECK(calls > 50 && calls < 1000);
    CHECK_EQ(last_number, calls); /* the first ones are there */
    check_sums(1000);
    send(1001, 1010);
    CHECK_STATUS(pk_log_drain(&later, 0), PK_OK);
    CHECK_EQ(last_number, 1010);
    check_sums(1010);
    pk_log_close(&later);
}
static void dropped_is_told_where_it_was(void) {
    const char *p;
    small = true;
    begin(&later, lines, true, PK_LOG_DROP_NEWEST);
    small = false;
    send(1, 1000);
    pk_log_drain(&later, 1);
    send(1001, 1001); /* there is room for one again */
    ends[1] = 0;
    pk_log_drain(&later, 0);
    p = strstr(lines[1], " dropped\n");
    CHECK(p != NULL && strstr(p, "n=1001") != NULL && strstr(p + 1, " dropped") == NULL);
    pk_log_close(&later);
    ends[1] = 0;
}
static void the_oldest_is_overwritten(void) {
    begin_counting(PK_LOG_OVERWRITE_OLDEST);
    send(1, 1000);
    CHECK_STATUS(pk_log_drain(&later, 0), PK_OK);
    CHECK(calls > 50 && calls < 1000);
    CHECK_EQ(last_number, 1000); /* the last ones are there */
    check_sums(1000);
    send(1001, 1003);
    CHECK_STATUS(pk_log_drain(&later, 0), PK_OK);
    check_sums(1003);
    pk_log_close(&later);
}
static void room_is_kept_for_errors(void) {
    unsigned n, before;
    begin_counting(PK_LOG_DROP_NEWEST);
    send(1, 1000);
    for (n = 1001; n <= 1005; n++) PK_LOG_TO(&later, PK_LOG_ERROR, "n=%u", n);
    pk_log_drain(&later, 0);
    CHECK_EQ(last_number, 1005);
    check_sums(1005);
    before = calls;
    for (n = 2001; n <= 3000; n++) PK_LOG_TO(&later, PK_LOG_ERROR, "n=%u", n); /* but no more than there is */
    pk_log_drain(&later, 0);
    CHECK(calls - before < 1000);
    check_sums(2005);
    pk_log_close(&later);
}
/* How many short lines of one thread find room in so many rings of this memory. */
static unsigned fitting(unsigned rings, unsigned level) {
    pk_log_queue queue;
    unsigned n;
    begin(&later, NULL, false, 0);
    CHECK_STATUS(pk_log_defer(&later, memory, PK_LOG_QUEUE_BYTES(4, 2 * SMALL), rings, PK_LOG_DROP_NEWEST), PK_OK);
    pk_log_remove_sink(&later, keep, NULL);
    pk_log_add_sink(&later, count, NULL, PK_LOG_TRACE);
    for (n = 0; n < 2000; n++) pk_log_write(&later, (int)level, "short");
    pk_log_get_queue(&later, &queue);
    pk_log_close(&later);
    return 2000 - (unsigned)queue.dropped;
}
static void defaults_of_rings(void) {
    unsigned errors = fitting(0, PK_LOG_ERROR), infos = fitting(0, PK_LOG_INFO);
    CHECK_EQ(errors, fitting(4, PK_LOG_ERROR));
    CHECK(fitting(3, PK_LOG_ERROR) > errors && fitting(5, PK_LOG_ERROR) < errors);
    CHECK(infos * 8 + 8 > errors * 7 && infos * 8 < errors * 7 + 8);
}
static void a_budget_bounds_a_drain(void) {
    begin_counting(PK_LOG_DROP_NEWEST);
    send(1, 10);
    CHECK_STATUS(pk_log_drain(&later, 4), PK_AGAIN);
    CHECK_EQ(calls, 4);
    CHECK_STATUS(pk_log_drain(&later, 6), PK_OK);
    CHECK_EQ(calls, 10);
    send(11, 20);
    CHECK_STATUS(pk_log_flush(&later), PK_OK); /* drains all */
    CHECK_EQ(calls, 20);
    send(21, 25);
    CHECK_STATUS(pk_log_close(&later), PK_OK); /* and so does close */
    CHECK_EQ(calls, 25);
}
static pk_status busy;
static pk_status log_inside(void *user, int level, const char *text, size_t length) {
    (void)user;
    if (length != 0 && level == PK_LOG_INFO) PK_LOG_TO(&later, PK_LOG_ERROR, "n=%u heard %.4s", 9000u + calls, text);
    busy = pk_log_drain(&later, 0);
    return PK_OK;
}
static void sinks_may_log(void) {
    begin_counting(PK_LOG_DROP_NEWEST);
    pk_log_add_sink(&later, log_inside, NULL, PK_LOG_TRACE);
    send(1, 5);
    busy = PK_OK;
    pk_log_drain(&later, 0);
    CHECK_STATUS(busy, PK_BUSY);
    CHECK_EQ(calls, 5);
    pk_log_drain(&later, 0);
    CHECK_EQ(calls, 10);
    check_sums(10);
    pk_log_close(&later);
}
static pk_time now;
static pk_time clock_of_test(void *user) {
    (void)user;
    return now;
}
static void the_time_is_that_of_the_call(void) {
    pk_log_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.sink = keep;
    desc.sink_user = lines;
    desc.clock = clock_of_test;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    desc.rings = 200;
    CHECK_STATUS(pk_log_init(&later, &desc), PK_NO_MEMORY);
    desc.rings = 1;
    CHECK_STATUS(pk_log_init(&later, &desc), PK_OK);
    for (now = 100; now < 103; now++) pk_log_write(&later, PK_LOG_WARN, "a");
    ends[1] = 0;
    pk_log_drain(&later, 0);
    CHECK_TEXT(lines[1], "100 WARN  a\n101 WARN  a\n102 WARN  a\n");
    pk_log_close(&later);
}
static void the_system_time_is_right(void) {
    uint64_t before = pk__wall_ns() / 1000000u, after, got;
    pk__moment m;
    pk__queue *q;
    pk_log_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.sink = keep;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    CHECK_STATUS(pk_log_init(&later, &desc), PK_OK);
    q = later.queue;
    {
        uint64_t tick = pk__queue_tick();
        pk__queue_anchor(q);
        pk__queue_moment(q, tick, &m);
    }
    after = pk__wall_ns() / 1000000u;
    got = (uint64_t)m.number * 1000u + m.ms;
    CHECK(got + 2 >= before && got <= after + 2);
    pk_log_close(&later);
}
static void two_loggers_in_turn_take_a_ring_each(void) {
    static char more[PK_LOG_QUEUE_BYTES(2, SMALL)];
    pk_log other;
    pk_log_desc desc;
    int i;
    memset(&desc, 0, sizeof desc);
    desc.sink = count;
    desc.memory = more;
    desc.memory_size = sizeof more;
    desc.rings = 2;
    CHECK_STATUS(pk_log_init(&other, &desc), PK_OK);
    begin_counting(PK_LOG_DROP_NEWEST);
    for (i = 0; i < 6; i++) PK_LOG_TO(i & 1 ? &other : &later, PK_LOG_WARN, "n=%d", i + 1);
#if PK__LOG_OWN_RINGS
    CHECK_EQ(later.queue->rings[0].sent, 3);
    CHECK_EQ(other.queue->rings[0].sent, 3);
#endif
    pk_log_close(&other);
    pk_log_close(&later);
    CHECK_EQ(calls, 6);
}
static void wrong_use_is_told(void) {
    begin(&later, lines, true, 0);
    CHECK_STATUS(pk_log_defer(&later, memory, sizeof memory, 1, 0), PK_BUSY);
    pk_log_close(&later);
    CHECK_STATUS(pk_log_drain(&later, 0), PK_OK);
    begin(&later, lines, false, 0);
    CHECK_STATUS(pk_log_defer(&later, memory, 100, 1, 0), PK_NO_MEMORY);
    CHECK_STATUS(pk_log_defer(&later, memory, sizeof memory, 200, 0), PK_NO_MEMORY);
    CHECK_STATUS(pk_log_defer(&later, memory, sizeof memory, 1, 7), PK_INVALID);
    CHECK_STATUS(pk_log_defer(&later, NULL, sizeof memory, 1, 0), PK_INVALID);
    CHECK_STATUS(pk_log_defer(&later, memory, sizeof memory, 1, PK_LOG_BLOCK), PK_UNSUPPORTED); /* without desc.threads */
    CHECK_STATUS(pk_log_defer(&later, memory + 1, sizeof memory - 1, 1, 0), PK_OK);
    PK_LOG_TO(&later, PK_LOG_WARN, "x");
    pk_log_close(&later);
    CHECK_STATUS(pk__log_init(&later, sizeof later, PK__LOG_CONFIG_WORD ^ 1u << 8, NULL), PK_INVALID); /* built without */
}

TESTS {
    RUN("L24", "deferred lines are those written at once, for all levels, forms and kinds of arguments", lines_are_the_same_as_at_once)
    RUN("L22", "full, newest dropped: those delivered and dropped add up, and are told", the_newest_is_dropped)
    RUN("L22", "what was dropped is told where it would have stood", dropped_is_told_where_it_was)
    RUN("L22", "full, oldest overwritten: they add up", the_oldest_is_overwritten)
    RUN("L22", "room is kept for errors", room_is_kept_for_errors)
    RUN("L22", "four rings unless told otherwise, an eighth of each for errors", defaults_of_rings)
    RUN("L22", "a drain keeps to its budget; flush and close drain all", a_budget_bounds_a_drain)
    RUN("L22", "a sink may log to the logger that calls it", sinks_may_log)
    RUN("L22", "a line's time is that of the call", the_time_is_that_of_the_call)
    RUN("L22", "ticks become the time of day", the_system_time_is_right)
    RUN("L22", "two loggers in turn take one ring each of a thread", two_loggers_in_turn_take_a_ring_each)
    RUN("L22", "wrong use is told", wrong_use_is_told)
}
