/* targets: hosted */
/* The modules together, as a service has them: what each reports ends in one log, and one ticker looks after all. */
#include "../../perfkit.h"
#include "../support/test.h"

static char lines[4000];
static size_t used;
static pk_status keep(void *user, int level, const char *text, size_t length) {
    (void)user, (void)level;
    if (used + length < sizeof lines) {
        memcpy(lines + used, text, length + 1);
        used += length;
    }
    return PK_OK;
}
static bool said(const char *text) { /* since the last time: what it asks about is forgotten */
    bool found = strstr(lines, text) != NULL;
    used = 0;
    lines[0] = 0;
    return found;
}
static pk_time now;
static pk_time clock_ms(void *user) {
    (void)user;
    return now;
}
static pk_log logger;
static void start(void) {
    pk_log_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.sink = keep;
    desc.level = PK_LOG_INFO;
    desc.clock = clock_ms;
    desc.no_time = true;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    (void)said("");
    now += 100000; /* a new second for every kind */
}

static int resource, creates_fail;
static pk_status create(void **made, uint32_t limit_ms, void *user) {
    (void)limit_ms, (void)user;
    if (creates_fail) return PK_IO;
    *made = &resource;
    return PK_OK;
}
static pk_respool respool;
static void open_respool(uint32_t most) {
    pk_respool_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.name = "database";
    desc.create = create;
    desc.min_size = 1;
    desc.max_size = most;
    desc.clock = clock_ms;
    desc.on_event = pk_log_respool_event;
    desc.user = &logger;
    CHECK_STATUS(pk_respool_init(&respool, &desc), PK_OK);
}
static pk_cache cache;
static void open_cache(void) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.name = "pages";
    desc.capacity = 8;
    desc.ttl_ms = 1000;
    desc.clock = clock_ms;
    desc.on_event = pk_log_cache_event;
    desc.user = &logger;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
}

static void a_cache_tells(void) {
    static char page[8 * 4 * 64 + 1];
    start();
    open_cache();
    CHECK_STATUS(pk_cache_put(&cache, "a", 1, page, sizeof page, 0), PK_TOO_BIG);
    CHECK(said("cache pages: "));
    pk_cache_close(&cache);
}
static void a_resource_pool_tells(void) {
    pk_resource one, two;
    start();
    open_respool(1);
    creates_fail = 1;
    CHECK_STATUS(pk_respool_acquire(&respool, 0, &one), PK_CREATE_FAILED);
    CHECK(said("database: "));
    creates_fail = 0;
    now += 60000;
    CHECK_STATUS(pk_respool_acquire(&respool, 0, &one), PK_OK);
    (void)said("");
    CHECK_STATUS(pk_respool_try_acquire(&respool, &two), PK_EXHAUSTED);
    CHECK(said("database: "));
    CHECK_STATUS(pk_respool_release(&respool, one), PK_OK);
    CHECK_STATUS(pk_respool_close(&respool, 0), PK_OK);
}
static void a_gate_tells(void) {
    pk_gate gate;
    pk_gate_desc desc;
    start();
    memset(&desc, 0, sizeof desc);
    desc.name = "uploads";
    desc.limit = 1;
    desc.clock = clock_ms;
    desc.on_event = pk_log_gate_event;
    desc.user = &logger;
    CHECK_STATUS(pk_gate_init(&gate, &desc), PK_OK);
    CHECK_STATUS(pk_gate_leave(&gate), PK_INVALID);
    CHECK(said("uploads: "));
    CHECK_STATUS(pk_gate_close(&gate), PK_OK);
}
static pk_status refuses(void *context) {
    (void)context;
    return PK_IO;
}
static pk_status serves(void *context) {
    (void)context;
    return PK_OK;
}
static void a_chain_of_fallbacks_tells(void) {
    static const pk_fallback ways[] = {{"replica", refuses}, {"disk", serves}};
    pk_fallback_desc desc;
    unsigned served = 9;
    start();
    memset(&desc, 0, sizeof desc);
    desc.name = "read";
    desc.on_event = pk_log_fallback_event;
    desc.user = &logger;
    CHECK_STATUS(pk_try_chain(&desc, ways, 2, NULL, &served), PK_OK);
    CHECK_EQ(served, 1);
    CHECK(strstr(lines, "replica") != NULL);
    CHECK(said("read: "));
}

static void one_ticker_looks_after_all(void) {
    static pk_ticker ticker;
    static pk_tick sweep, care, watch;
    static pk_monitor monitor;
    static pk_monitored pages, database;
    pk_monitor_desc desc;
    pk_resource lease;
    char value[4] = "";
    int i;
    start();
    open_cache();
    open_respool(2);
    memset(&desc, 0, sizeof desc);
    desc.on_event = pk_log_monitor_event;
    desc.user = &logger;
    CHECK_STATUS(pk_monitor_init(&monitor, &desc), PK_OK);
    CHECK_STATUS(pk_monitor_add_cache(&monitor, &pages, "pages", &cache), PK_OK);
    CHECK_STATUS(pk_monitor_add_respool(&monitor, &database, "database", &respool), PK_OK);
    CHECK_STATUS(pk_ticker_add_cache(&ticker, &sweep, &cache, 100, 1000), PK_OK);
    CHECK_STATUS(pk_ticker_add_respool(&ticker, &care, &respool, 100, 1000), PK_OK);
    CHECK_STATUS(pk_ticker_add_monitor(&ticker, &watch, &monitor, 100), PK_OK);

    CHECK_STATUS(pk_cache_put(&cache, "a", 1, "1", 1, 0), PK_OK);
    CHECK_STATUS(pk_respool_acquire(&respool, 0, &lease), PK_OK);
    for (i = 0; i < 100; i++) CHECK_STATUS(pk_cache_get(&cache, "b", 1, value, sizeof value, NULL), PK_NOT_FOUND);
    (void)pk_ticker_run(&ticker, now);
    CHECK_EQ(pages.figures.entries, 1);
    CHECK_EQ(pages.figures.misses, 100);
    CHECK_EQ(database.figures.active, 1);
    CHECK_EQ(database.figures.max, 2);
    CHECK(said("pages (")); /* not one hit of 100 gets */

    now += 1000;
    (void)pk_ticker_run(&ticker, now);
    CHECK_EQ(pk_cache_count(&cache), 0); /* by its tick: nobody asked for "a" */
    CHECK_STATUS(pk_respool_release(&respool, lease), PK_OK);
    now += 100;
    (void)pk_ticker_run(&ticker, now);
    CHECK_EQ(database.figures.active, 0);
    CHECK_EQ(database.figures.idle, 1);

    pk_ticker_remove(&ticker, &sweep);
    pk_ticker_remove(&ticker, &care);
    pk_ticker_remove(&ticker, &watch);
    pk_monitor_close(&monitor);
    CHECK_STATUS(pk_respool_close(&respool, 0), PK_OK);
    pk_cache_close(&cache);
}

TESTS {
    RUN("L02", "a cache's events end in a log by its handler", a_cache_tells)
    RUN("P26 L02", "a resource pool's events end in a log by its handler", a_resource_pool_tells)
    RUN("P26 L02", "a gate's events end in a log by its handler", a_gate_tells)
    RUN("C70 L02", "a chain of fallbacks tells each downgrade by its handler", a_chain_of_fallbacks_tells)
    RUN("K22 C53 C64", "one ticker sweeps a cache, cares for a pool, and has a monitor read both and alert", one_ticker_looks_after_all)
}
