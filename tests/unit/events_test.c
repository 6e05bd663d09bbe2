/* targets: hosted */
/* What the modules report, as log lines: each kind of event at its level, and not too many of them. */
#include "../../perfkit.h"
#include "../support/test.h"

static char lines[4000];
static size_t used;
static unsigned count;
static int last_level;
static pk_status keep(void *user, int level, const char *text, size_t length) {
    (void)user;
    count++;
    last_level = level;
    if (used + length < sizeof lines) {
        memcpy(lines + used, text, length + 1);
        used += length;
    }
    return PK_OK;
}
static pk_time now;
static pk_time clock_ms(void *user) {
    (void)user;
    return now;
}
static pk_log logger;
static void start(int level) {
    pk_log_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.sink = keep;
    desc.level = (uint8_t)level;
    desc.clock = clock_ms;
    desc.no_time = true;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    used = 0;
    lines[0] = 0;
    count = 0;
    now += 100000; /* a new second for every kind */
}
static void report(int module, int kind, pk_status status, const char *detail, uint32_t a, uint32_t b) {
    pk_event event;
    memset(&event, 0, sizeof event);
    event.object = "x";
    event.detail = detail;
    event.kind = kind;
    event.status = status;
    event.a = a;
    event.b = b;
    pk_log_event(&logger, module, &event);
}

static void each_kind_has_its_level(void) {
    static const struct { uint8_t module, kind, level; } rows[] = {
        {PK_EVENTS_CACHE, PK_CACHE_EVENT_TOO_BIG, PK_LOG_WARN},
        {PK_EVENTS_POOL, PK_POOL_EVENT_EXHAUSTED, PK_LOG_ERROR},
        {PK_EVENTS_POOL, PK_POOL_EVENT_MISUSE, PK_LOG_ERROR},
        {PK_EVENTS_POOL, PK_POOL_EVENT_RETIRING, PK_LOG_WARN},
        {PK_EVENTS_POOL, PK_POOL_EVENT_WRITTEN, PK_LOG_ERROR},
        {PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_EXHAUSTED, PK_LOG_ERROR},
        {PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_CREATE, PK_LOG_WARN},
        {PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_LEAK, PK_LOG_WARN},
        {PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_LATE, PK_LOG_INFO},
        {PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_ERRORS, PK_LOG_ERROR},
        {PK_EVENTS_GATE, PK_GATE_EVENT_MISUSE, PK_LOG_ERROR},
        {PK_EVENTS_SCOPE, PK_SCOPE_EVENT_CLEANUP_FAILED, PK_LOG_WARN},
        {PK_EVENTS_SCOPE, PK_SCOPE_EVENT_LEAK, PK_LOG_WARN},
        {PK_EVENTS_REGISTRY, PK_REGISTRY_EVENT_CREATE_FAILED, PK_LOG_ERROR},
        {PK_EVENTS_REGISTRY, PK_REGISTRY_EVENT_CLEANUP_FAILED, PK_LOG_WARN},
        {PK_EVENTS_REGISTRY, PK_REGISTRY_EVENT_CYCLE, PK_LOG_ERROR},
        {PK_EVENTS_REGISTRY, PK_REGISTRY_EVENT_OVERRIDDEN, PK_LOG_WARN},
        {PK_EVENTS_REGISTRY, PK_REGISTRY_EVENT_CONFLICT, PK_LOG_ERROR},
        {PK_EVENTS_MEM, PK_MEM_EVENT_FAILED, PK_LOG_ERROR},
        {PK_EVENTS_FALLBACK, PK_FALLBACK_EVENT_DOWNGRADE, PK_LOG_WARN},
        {PK_EVENTS_MONITOR, PK_MONITOR_EVENT_LEAKS, PK_LOG_WARN}};
    size_t i;
    int kinds = 0, module, kind;
    start(PK_LOG_TRACE);
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_EQ(pk_log_event_level(rows[i].module, rows[i].kind), rows[i].level);
        report(rows[i].module, rows[i].kind, PK_BUSY, NULL, 1, 2);
        CHECK_EQ(count, i + 1);
        CHECK_EQ(last_level, rows[i].level);
    }
    for (module = 0; module <= PK_EVENTS_MONITOR; module++)
        for (kind = 0; kind < 32; kind++) kinds += pk_log_event_level(module, kind) != PK_LOG_OFF;
    CHECK_EQ(kinds, 44); /* all that the headers declare */
    count = 0;
    report(PK_EVENTS_POOL, 99, PK_OK, NULL, 0, 0);
    report(99, 1, PK_OK, NULL, 0, 0);
    CHECK_EQ(count, 0);
}
static void lines_say_what_and_how_much(void) {
    start(PK_LOG_INFO);
    report(PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_EXHAUSTED, PK_EXHAUSTED, NULL, 20, 20);
    CHECK_TEXT(lines, "ERROR resource pool x: exhausted (20/20, all are in use)\n");
    start(PK_LOG_INFO);
    report(PK_EVENTS_SCOPE, PK_SCOPE_EVENT_CLEANUP_FAILED, PK_IO, "fopen", 1, 0);
    CHECK_TEXT(lines, "WARN  scope x: cleanup failed fopen (reading or writing failed)\n");
    start(PK_LOG_INFO);
    report(PK_EVENTS_SCOPE, PK_SCOPE_EVENT_LEAK, PK_BUSY, "socket", 3600001, 17);
    CHECK(strstr(lines, "WARN  scope x: a resource is too old socket_17 (3600001 ms, ") == lines);
    start(PK_LOG_INFO);
    report(PK_EVENTS_SCOPE, PK_SCOPE_EVENT_FULL, PK_FULL, NULL, 100, 100);
    CHECK(strstr(lines, "ERROR scope x: full (100/100, ") == lines);
    start(PK_LOG_INFO);
    report(PK_EVENTS_REGISTRY, PK_REGISTRY_EVENT_CYCLE, PK_CYCLE, "A -> B -> A", 0, 0);
    CHECK_TEXT(lines, "ERROR registry x: needs itself A -> B -> A (needs itself): have one of them get the next only when it is used\n");
    start(PK_LOG_INFO);
    report(PK_EVENTS_MONITOR, PK_MONITOR_EVENT_HIT_RATE, PK_FULL, "sessions", 4900, 5000);
    report(PK_EVENTS_MONITOR, PK_MONITOR_EVENT_HIT_RATE, PK_OK, "sessions", 5600, 5000);
    CHECK(strstr(lines, "WARN  monitor x: hit rate in 1/100 % sessions (4900, limit 5000, ") == lines);
    CHECK(strstr(lines, "INFO  monitor x: hit rate in 1/100 % sessions (5600, limit 5000, over)\n") != NULL);
    start(PK_LOG_WARN);
    report(PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_LATE, PK_OK, "here", 1, 2);
    CHECK_EQ(count, 0); /* INFO, and the logger passes WARN */
}
static void many_of_a_kind_are_held_back_but_errors(void) {
    unsigned i;
    start(PK_LOG_INFO);
    for (i = 0; i < 1000; i++) report(PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_VALIDATE, PK_IO, NULL, i, 0);
    CHECK_EQ(count, 10);
    CHECK_STATUS(pk_log_flush(&logger), PK_OK);
    CHECK(strstr(lines, "suppressed 990\n") != NULL);
    count = 0;
    for (i = 0; i < 100; i++) report(PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_EXHAUSTED, PK_EXHAUSTED, NULL, 1, 1);
    CHECK_EQ(count, 100);
}
static void a_pool_tells_a_logger(void) {
    static pk_pool pool;
    pk_pool_desc desc;
    pk_pool_stats stats;
    void *object;
    int i;
    start(PK_LOG_WARN);
    memset(&desc, 0, sizeof desc);
    desc.name = "jobs";
    desc.object_size = 16;
    desc.capacity = 1;
    desc.on_event = pk_log_pool_event;
    desc.user = &logger;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    object = pk_pool_acquire(&pool);
    for (i = 0; i < 30; i++) CHECK(pk_pool_acquire(&pool) == NULL);
    CHECK(strstr(lines, "ERROR pool jobs: exhausted (1/1, all are in use)\n") == lines);
    pk_pool_get_stats(&pool, &stats);
    CHECK(stats.exhausted == 30); /* none is lost from the counters */
    CHECK_EQ(count, 30);
    CHECK_STATUS(pk_pool_release(&pool, object), PK_OK);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void without_a_logger_the_default_one_hears(void) {
    pk_event event;
    start(PK_LOG_WARN);
    CHECK_STATUS(pk_log_add_sink(&pk_log_default, keep, NULL, PK_LOG_TRACE), PK_OK);
    memset(&event, 0, sizeof event);
    event.kind = PK_MEM_EVENT_FAILED;
    event.status = PK_NO_MEMORY;
    pk_log_mem_event(NULL, &event);
    CHECK_EQ(count, 1);
    CHECK(strstr(lines, "memory -: no memory (0/0 KiB, the allocator gave nothing") != NULL);
    CHECK_STATUS(pk_log_remove_sink(&pk_log_default, keep, NULL), PK_OK);
}

TESTS {
    RUN("L02", "each kind of event is logged at exactly its level", each_kind_has_its_level)
    RUN("P26 L12 L13 C36 C37 C39", "a line has the object's name, what it is about, figures and the status", lines_say_what_and_how_much)
    RUN("L07", "at most 10 lines a second of a kind, the rest is counted and told; errors all pass", many_of_a_kind_are_held_back_but_errors)
    RUN("P26 P33", "a pool tells a logger, and its counters lose nothing", a_pool_tells_a_logger)
    RUN("L02", "without a logger the default one hears", without_a_logger_the_default_one_hears)
}
