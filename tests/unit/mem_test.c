/* targets: hosted */
/* Memory under account: limits, peaks, pressure, and an allocator behind it that fails. */
#define PERFKIT_CORE_ONLY
#include "../../perfkit.h"
#include "../support/test.h"
#include <stdlib.h>

static int events[4];
static pk_event last;
static void hear(void *user, const pk_event *event) {
    (void)user;
    events[event->kind]++;
    last = *event;
}
static long fail_in = -1; /* allocations until one fails */
static void *take(size_t size, size_t align, void *user) {
    (void)align;
    (void)user;
    return fail_in >= 0 && fail_in-- == 0 ? NULL : malloc(size);
}
static void give(void *memory, size_t size, void *user) {
    (void)size;
    (void)user;
    free(memory);
}
static const pk_allocator behind = {take, give, NULL};

static pk_mem mem;
static void start(size_t limit) {
    pk_mem_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.name = "cache memory";
    desc.limit = limit;
    desc.on_event = hear;
    desc.allocator = &behind;
    CHECK_STATUS(pk_mem_init(&mem, &desc), PK_OK);
    memset(events, 0, sizeof events);
    fail_in = -1;
}
static pk_mem_stats stats(void) {
    pk_mem_stats s;
    pk_mem_get_stats(&mem, &s);
    return s;
}

static void counts_what_is_out_and_the_peak(void) {
    pk_allocator a;
    void *one, *two;
    start(0);
    a = pk_mem_allocator(&mem);
    one = a.alloc_fn(1000, 8, a.user);
    two = a.alloc_fn(500, 8, a.user);
    CHECK(stats().current == 1500);
    CHECK_STATUS(pk_mem_close(&mem), PK_BUSY);
    a.free_fn(one, 1000, a.user);
    CHECK(stats().current == 500);
    CHECK(stats().peak == 1500);
    a.free_fn(two, 500, a.user);
    CHECK_EQ(stats().allocated, 2);
    CHECK_EQ(stats().freed, 2);
    CHECK_STATUS(pk_mem_close(&mem), PK_OK);
}
static void never_exceeds_the_limit(void) {
    void *most;
    start(1024);
    most = pk_mem_malloc(&mem, 1024 - 16);
    CHECK(most != NULL);
    CHECK_EQ(stats().utilization, 10000);
    CHECK(pk_mem_malloc(&mem, 1) == NULL);
    CHECK(pk_mem_malloc(&mem, (size_t)-1) == NULL);
    CHECK(pk_mem_realloc(&mem, most, (size_t)-8) == NULL); /* nor has this a size with its front */
    CHECK_EQ(stats().refused, PERFKIT_HOSTED ? 3 : 1);
    CHECK_EQ(events[PK_MEM_EVENT_REFUSED], PERFKIT_HOSTED ? 3 : 1);
    CHECK_TEXT(last.object, "cache memory");
    CHECK_STATUS(last.status, PK_FULL);
    CHECK_EQ(last.b, 1);
    pk_mem_free(&mem, most);
    pk_mem_free(&mem, NULL);
    CHECK(stats().current == 0);
}
static void pressure_is_told_once_each_time(void) {
    void *parts[10];
    pk_allocator account;
    int i;
    start(1000);
    account = pk_mem_allocator(&mem);
    for (i = 0; i < 9; i++) parts[i] = pk_mem_malloc(&mem, 84); /* 100 each */
    CHECK_EQ(events[PK_MEM_EVENT_PRESSURE], 0);                 /* 900: not above 90 % */
    CHECK(!pk_mem_pressed(&mem));
    parts[9] = account.alloc_fn(1, 1, account.user); /* 901 */
    CHECK_EQ(events[PK_MEM_EVENT_PRESSURE], 1);
    account.free_fn(parts[9], 1, account.user);
    events[PK_MEM_EVENT_PRESSURE] = 0;
    parts[9] = pk_mem_malloc(&mem, 84);
    CHECK_EQ(events[PK_MEM_EVENT_PRESSURE], 1);
    CHECK(pk_mem_pressed(&mem));
    pk_mem_free(&mem, parts[9]);
    CHECK(!pk_mem_pressed(&mem));
    parts[9] = pk_mem_malloc(&mem, 84);
    CHECK_EQ(events[PK_MEM_EVENT_PRESSURE], 2);
    for (i = 0; i < 10; i++) pk_mem_free(&mem, parts[i]);
}
static void a_failing_allocator_changes_nothing(void) {
    char *text;
    start(0);
    text = (char *)pk_mem_malloc(&mem, 6);
    memcpy(text, "hello", 6);
    fail_in = 0;
    CHECK(pk_mem_realloc(&mem, text, 100) == NULL);
    CHECK_TEXT(text, "hello");
    CHECK(stats().current == 22);
    CHECK_EQ(stats().failed, 1);
    CHECK_EQ(events[PK_MEM_EVENT_FAILED], 1);
    text = (char *)pk_mem_realloc(&mem, text, 100);
    CHECK_TEXT(text, "hello");
    CHECK(stats().current == 116);
    pk_mem_free(&mem, text);
    CHECK(stats().current == 0);
}
static void a_block_at_the_limit_may_be_resized(void) {
    pk_mem_desc desc;
    char *text;
    int over_malloc;
    for (over_malloc = 0; over_malloc < 2; over_malloc++) {
        start(1024);
        if (over_malloc) {
            memset(&desc, 0, sizeof desc);
            desc.limit = 1024;
            desc.on_event = hear;
            CHECK_STATUS(pk_mem_init(&mem, &desc), PK_OK);
        }
        text = (char *)pk_mem_malloc(&mem, 1000);
        memcpy(text, "hello", 6);
        text = (char *)pk_mem_realloc(&mem, text, 500); /* at the limit there is no room for both */
        CHECK(text != NULL && strcmp(text, "hello") == 0);
        CHECK_EQ(events[PK_MEM_EVENT_REFUSED], 0);
        if (over_malloc) { /* what it grows by is all that is booked */
            CHECK(stats().current == 516);
            text = (char *)pk_mem_realloc(&mem, text, 1008);
            CHECK(text != NULL && strcmp(text, "hello") == 0 && stats().current == 1024 && stats().peak == 1024);
        }
        CHECK(pk_mem_realloc(&mem, text, 1009) == NULL);
        CHECK_EQ(events[PK_MEM_EVENT_REFUSED], 1);
        CHECK_TEXT(text, "hello");
        pk_mem_free(&mem, text);
        CHECK(stats().current == 0 && stats().allocated == stats().freed);
    }
}
static void serves_any_alignment_over_malloc(void) {
    pk_mem plain;
    pk_allocator a;
    size_t align;
    CHECK_STATUS(pk_mem_init(&plain, NULL), PK_OK);
    a = pk_mem_allocator(&plain);
    for (align = 1; align <= 4096; align *= 2) {
        void *memory = a.alloc_fn(100, align, a.user);
        CHECK(memory != NULL && ((uintptr_t)memory & (align - 1)) == 0);
        a.free_fn(memory, 100, a.user);
    }
    CHECK_STATUS(pk_mem_close(&plain), PK_OK);
}
static void accounts_for_scopes(void) {
    pk_scope s;
    pk_scope_desc desc;
    pk_allocator a;
    start(0);
    a = pk_mem_allocator(&mem);
    memset(&desc, 0, sizeof desc);
    desc.allocator = &a;
    CHECK_STATUS(pk_scope_init(&s, &desc), PK_OK);
    CHECK(pk_scope_malloc(&s, 10) != NULL);
    CHECK(stats().current > 0);
    CHECK_STATUS(pk_scope_close(&s), PK_OK);
    CHECK(stats().current == 0);
}
static void wrong_descriptions_are_refused(void) {
    pk_mem_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.alert_percent = 101;
    CHECK_STATUS(pk_mem_init(&mem, &desc), PK_INVALID);
}
static void estimates_what_a_task_needs(void) {
    CHECK_EQ(pk_mem_estimate_mb(0), 5);
    CHECK_EQ(pk_mem_estimate_mb(1), 1);
    CHECK_EQ(pk_mem_estimate_mb(349525), 1);
    CHECK_EQ(pk_mem_estimate_mb(1 << 20), 3);
    CHECK_EQ(pk_mem_estimate_mb((uint64_t)10 << 20), 30);
    CHECK(pk_mem_estimate_mb(~(uint64_t)0) == 0xFFFFFFFFu);
}

TESTS {
    RUN("C46", "the account knows what is out now, and the most that ever was", counts_what_is_out_and_the_peak)
    RUN("C73", "allocations above the limit are refused and told", never_exceeds_the_limit)
    RUN("C74", "pressure is told when the bytes out rise above 90 %, once each time", pressure_is_told_once_each_time)
    RUN("C73", "a failing allocator loses and changes nothing", a_failing_allocator_changes_nothing)
    RUN("C73", "a block at the limit may be made smaller, and larger again", a_block_at_the_limit_may_be_resized)
    RUN("D09", "over malloc any alignment is served", serves_any_alignment_over_malloc)
    RUN("D09", "what takes an allocator can be put under account", accounts_for_scopes)
    RUN("C73", "a wrong description is refused", wrong_descriptions_are_refused)
    RUN("C73", "a task's need is three times its input, 1 MB at least, 5 MB where unknown", estimates_what_a_task_needs)
}
