/* targets: avr-large */
/* The ring of the last lines: whole lines at every moment, dumped on an error, read after a reset that left anything there. */
#define PERFKIT_LOG_IMPLEMENTATION
#define PERFKIT_LOG_LINE 96
#define PERFKIT_LOG_SITE 0
#define PERFKIT_LOG_BUFFER 1
#define PERFKIT_LOG_SIGNALS 1
#include "../../perfkit_log.h"
#include "../support/test.h"

enum { SENT = sizeof(int) == 2 ? 40 : 64, BUILD = 4711 };
static char sent[SENT][PERFKIT_LOG_LINE]; /* the last lines, by number */
static unsigned newest, next, handed, wrong;
#ifdef PK_LOG_NOINIT
PK_LOG_NOINIT
#endif
static uint32_t memory[100];
static uint32_t copy[100];
static pk_log_ring ring;
static pk_log_ring_desc desc;
static pk_log_ring_counts counts;

static pk_status check_line(void *user, int level, const char *text, size_t length) { /* in order, one behind the other */
    (void)user;
    handed++;
    if (handed == 1)
        while (next < newest && strcmp(text, sent[next % SENT]) != 0) next++;
    if (next >= newest || level != (int)(next % 4) + 2 || length != strlen(text) || strcmp(text, sent[next % SENT]) != 0) wrong++;
    next++;
    return PK_OK;
}
static void expect_from(unsigned first) {
    next = first;
    handed = wrong = 0;
}
static void fresh(size_t size) {
    memset(&desc, 0, sizeof desc);
    desc.memory = memory;
    desc.size = size;
    desc.build = BUILD;
    CHECK_STATUS(pk_log_ring_init(&ring, &desc), PK_OK);
    newest = 0;
}
static void add_line(void) {
    char *line = sent[newest % SENT];
    unsigned n = (unsigned)test_random() % 60, i;
    pk_format(line, PERFKIT_LOG_LINE, "%u:", newest);
    for (i = (unsigned)strlen(line); i < n; i++) line[i] = (char)('a' + i % 26);
    line[i] = '\n';
    line[i + 1] = 0;
    CHECK_STATUS(pk_log_to_ring(&ring, (int)(newest % 4) + 2, line, i + 1), PK_OK);
    newest++;
}

static void the_newest_lines_are_there(void) {
    size_t size;
    unsigned i;
    for (size = 256; size <= sizeof memory; size += 44) {
        fresh(size);
        for (i = 0; i < 150; i++) {
            add_line();
            expect_from(newest > SENT ? newest - SENT : 0);
            CHECK_STATUS(pk_log_ring_dump(NULL, &ring, check_line, NULL), PK_OK);
            CHECK_EQ(wrong, 0);
            CHECK_EQ(next, newest);
            CHECK(handed >= (size - sizeof(pk_log_ring_head) - 80) / 72 || handed == newest);
            CHECK_STATUS(pk_log_ring_read(memory, size, BUILD, false, NULL, NULL, &counts), PK_OK);
            CHECK_EQ(counts.lines, handed);
            CHECK_EQ(counts.lines + counts.overwritten, newest);
        }
    }
    CHECK_STATUS(pk_log_to_ring(&ring, PK_LOG_WARN, sent[0], sizeof memory), PK_TOO_BIG);
    desc.size = 255;
    CHECK_STATUS(pk_log_ring_init(&ring, &desc), PK_NO_MEMORY);
    desc.memory = NULL;
    CHECK_STATUS(pk_log_ring_init(&ring, &desc), PK_INVALID);
    CHECK_STATUS(pk_log_ring_dump(NULL, &ring, check_line, NULL), PK_CLOSED);
}

static char dumped[400];
static unsigned dumps;
static pk_status gather(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)level;
    if (strlen(dumped) + length < sizeof dumped) strcat(dumped, text);
    dumps++;
    return PK_OK;
}
static void an_error_dumps_what_led_to_it(void) {
    static pk_log logger;
    pk_log_desc log_desc;
    fresh(sizeof memory);
    desc.dump_fn = gather;
    CHECK_STATUS(pk_log_ring_init(&ring, &desc), PK_OK);
    memset(&log_desc, 0, sizeof log_desc);
    log_desc.sink = pk_log_to_ring;
    log_desc.sink_user = &ring;
    log_desc.no_time = true;
    log_desc.level = PK_LOG_TRACE;
    CHECK_STATUS(pk_log_init(&logger, &log_desc), PK_OK);
    dumped[0] = 0;
    PK_LOG_TO(&logger, PK_LOG_TRACE, "one");
    PK_LOG_TO(&logger, PK_LOG_WARN, "two");
    CHECK_TEXT(dumped, "");
    PK_LOG_TO(&logger, PK_LOG_ERROR, "three");
    CHECK_TEXT(dumped, "TRACE one\nWARN  two\nERROR three\n");
    PK_LOG_TO(&logger, PK_LOG_INFO, "four");
    PK_LOG_TO(&logger, PK_LOG_ERROR, "five");
    CHECK_TEXT(dumped, "TRACE one\nWARN  two\nERROR three\nINFO  four\nERROR five\n");
    CHECK_STATUS(pk_log_flush(&logger), PK_OK);
    CHECK_EQ(dumps, 5);
    PK_LOG_TO(&logger, PK_LOG_DEBUG, "six");
    dumped[0] = 0;
    CHECK_STATUS(pk_log_ring_dump(&logger, &ring, gather, NULL), PK_OK); /* by call: they stay */
    CHECK_STATUS(pk_log_ring_dump(&logger, &ring, gather, NULL), PK_OK);
    CHECK_TEXT(dumped, "DEBUG six\nDEBUG six\n");
}

static bool same_head(void) { return memcmp(copy, memory, sizeof(pk_log_ring_head)) == 0; }
static void what_is_altered_is_told(void) {
    size_t i, size = sizeof memory, last = size;
    unsigned whole, best = 0;
    uint8_t *bytes = (uint8_t *)copy;
    fresh(size);
    for (i = 0; i < 40; i++) add_line();
    expect_from(0);
    CHECK_STATUS(pk_log_ring_read(memory, size, 0, false, check_line, NULL, &counts), PK_OK);
    CHECK_EQ(wrong, 0);
    whole = handed;
    CHECK(whole > 3);
    CHECK_STATUS(pk_log_ring_read(memory, size, BUILD + 1, true, check_line, NULL, &counts), PK_MISMATCH);
    for (i = 0; i < size; i++) { /* any byte altered: refused, or it was none of the ring's; salvaged: only lines that were sent */
        memcpy(copy, memory, size);
        bytes[i] = (uint8_t)(bytes[i] ^ 1u << i % 8);
        expect_from(0);
        if (pk_log_ring_read(copy, size, BUILD, false, check_line, NULL, &counts) == PK_OK) {
            CHECK(handed == whole || !same_head());
            CHECK(handed >= whole - 1); /* an index that says less is still sound */
            CHECK_EQ(wrong, 0);
        } else CHECK_EQ(handed, 0);
        if (same_head()) {
            expect_from(0);
            CHECK_STATUS(pk_log_ring_read(copy, size, BUILD, true, check_line, NULL, &counts), PK_OK);
            CHECK(handed >= whole - 1 && handed <= whole);
            CHECK_EQ(handed + counts.damaged, whole + (counts.damaged && handed == whole));
            if (handed > best) best = handed;
        }
    }
    CHECK_EQ(best, whole);
    for (last = 0; last < size; last += 4) { /* the rest of it torn off */
        memcpy(copy, memory, size);
        memset(bytes + last, 0xFF, size - last);
        expect_from(0);
        if (pk_log_ring_read(copy, size, BUILD, false, NULL, NULL, &counts) == PK_OK) CHECK_EQ(counts.lines, whole);
        (void)pk_log_ring_read(copy, last, BUILD, true, NULL, NULL, &counts);
        CHECK(counts.lines <= whole + 2); /* with the indices gone, lines that were overwritten turn up again */
    }
    memset(copy, 0x5A, sizeof copy);
    CHECK_STATUS(pk_log_ring_read(copy, size, 0, true, NULL, NULL, &counts), PK_MISMATCH);
    CHECK_STATUS(pk_log_ring_read(NULL, 0, 0, true, NULL, NULL, NULL), PK_MISMATCH);
}
static void a_spoilt_ring_goes_on(void) {
    unsigned i;
    fresh(sizeof memory);
    for (i = 0; i < 10; i++) add_line();
    memset(memory + sizeof(pk_log_ring_head) / 4, 0x77, 200);
    for (i = 0; i < 20; i++) (void)pk_log_to_ring(&ring, PK_LOG_WARN, "0123456789\n", 11);
    CHECK_STATUS(pk_log_to_ring(&ring, PK_LOG_WARN, "0123456789\n", 11), PK_OK);
    ring.head->end = 0xFFFFFFF0u;
    CHECK_STATUS(pk_log_ring_dump(NULL, &ring, gather, NULL), PK_CORRUPT);
    CHECK_STATUS(pk_log_to_ring(&ring, PK_LOG_WARN, "0123456789\n", 11), PK_CORRUPT);
    CHECK_STATUS(pk_log_to_ring(&ring, PK_LOG_WARN, "0123456789\n", 11), PK_OK);
    CHECK_STATUS(pk_log_ring_read(memory, sizeof memory, BUILD, false, NULL, NULL, &counts), PK_OK);
    CHECK_EQ(counts.lines, 1);
}

static pk_time now = 5;
static pk_time clock_of_test(void *user) {
    (void)user;
    return now;
}
static size_t uart_room;
static size_t to_uart(void *user, const char *bytes, size_t n) { /* takes so many and no more */
    (void)user;
    if (n > uart_room) n = uart_room;
    uart_room -= n;
    strncat(dumped, bytes, n);
    dumps++;
    return n;
}
static void lines_are_gathered_and_handlers_log(void) {
    static char room[PERFKIT_LOG_LINE + 16];
    static pk_log logger, other;
    static pk_log_buffer buffer;
    static pk_log_signals signals;
    pk_log_buffer_desc buffer_desc;
    pk_log_desc log_desc;
    memset(&buffer_desc, 0, sizeof buffer_desc);
    memset(&log_desc, 0, sizeof log_desc);
    buffer_desc.memory = room;
    buffer_desc.size = sizeof room;
    buffer_desc.write_fn = to_uart;
    CHECK_STATUS(pk_log_buffer_init(&buffer, &buffer_desc), PK_OK);
    log_desc.sink = pk_log_to_buffer;
    log_desc.sink_user = &buffer;
    log_desc.clock = clock_of_test;
    CHECK_STATUS(pk_log_init(&logger, &log_desc), PK_OK);
    CHECK_STATUS(pk_log_set_signals(&logger, &signals), PK_OK);
    dumped[0] = 0;
    dumps = 0;
    uart_room = 8;
    PK_LOG_TO(&logger, PK_LOG_WARN, "one");
    PK_LOG_SIGNAL(&signals, PK_LOG_WARN, "interrupt %d", 7);
    PK_LOG_SIGNAL(&signals, PK_LOG_INFO, "off %d", 7);
    PK_LOG_TO(&logger, PK_LOG_WARN, "two");
    CHECK_EQ(dumps, 0);
    now = 9; /* the time of the line is that of the interrupt */
    CHECK_STATUS(pk_log_flush(&logger), PK_IO);
    CHECK_TEXT(dumped, "5 WARN  ");
    uart_room = 100;
    CHECK_STATUS(pk_log_flush(&logger), PK_OK); /* the rest, from where it stopped */
    CHECK_TEXT(dumped, "5 WARN  one\n5 WARN  two\n5 WARN  interrupt 7\n");
    CHECK_EQ(dumps, 2);
    CHECK_STATUS(pk_log_close(&logger), PK_OK);
    PK_LOG_SIGNAL(&signals, PK_LOG_ERROR, "nowhere");
    CHECK_EQ(signals.next, 1);
    CHECK_STATUS(pk__log_set_signals(&other, &signals, sizeof signals - 4), PK_INVALID); /* of another configuration */
    CHECK_STATUS(pk_log_set_signals(&other, &signals), PK_OK); /* free for another logger */
}

TESTS {
    RUN("L22", "a ring keeps the newest lines, whole, in order, and counts those overwritten", the_newest_lines_are_there)
    RUN("L20", "a flight recorder hands over with an error all that led to it, once; by call at any time", an_error_dumps_what_led_to_it)
    RUN("L22", "a ring that was altered or torn is refused, or salvaged line by line", what_is_altered_is_told)
    RUN("L22", "lines are gathered for a function that takes bytes; those of interrupts come with the next flush", lines_are_gathered_and_handlers_log)
    RUN("L22", "a ring that something else wrote over is emptied and goes on", a_spoilt_ring_goes_on)
}
