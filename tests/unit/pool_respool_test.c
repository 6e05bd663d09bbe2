/* targets: large */
#define PERFKIT_POOL_RESOURCES 1
#include "../../perfkit_pool.h"
#include "../support/driver.h"
#include "../support/test.h"
#define RESPOOL_MOST 8
#include "../support/respools.h"

static void describe(void) { describe_pool(3); }

static void lends_and_takes_back(void) {
    pk_resource a, b;
    describe();
    open_pool();
    a = take();
    CHECK_STATUS(pk_respool_try_acquire(&pool, &b), PK_OK);
    CHECK(a.it != b.it);
    give(a);
    look();
    CHECK_EQ(stats.active, 1);
    CHECK_EQ(stats.idle, 1);
    CHECK_EQ(stats.total, 2);
    give(b);
    look();
    CHECK_EQ(stats.active, 0);
    CHECK_EQ(stats.idle, 2);
    CHECK_EQ(db.created, 2);
    a = take(); /* the warmest */
    CHECK(a.it == b.it);
    give(a);
    close_pool();
    CHECK_STATUS(pk_respool_close(&pool, 0), PK_OK);
    CHECK_EQ(db.reasons[PK_RESPOOL_CLOSING], 2);
}

static void never_more_than_max(void) {
    pk_resource lease[4], none;
    unsigned i;
    describe();
    open_pool();
    CHECK_EQ(db.created, 0); /* lazy: nothing is made before it is asked for */
    for (i = 0; i < 3; i++) lease[i] = take();
    none.slot = 77;
    for (i = 0; i < 5; i++) CHECK_STATUS(pk_respool_acquire(&pool, 0, &none), PK_EXHAUSTED);
    CHECK_EQ(none.slot, 77); /* an error writes nothing */
    look();
    CHECK_EQ(stats.total, 3);
    CHECK_EQ(stats.active, 3);
    for (i = 0; i < 3; i++) give(lease[i]);
    CHECK_EQ(db.created, 3);
    close_pool();
}

static void warms_up(void) {
    describe();
    desc.min_size = 2;
    open_pool();
    look();
    CHECK_EQ(stats.total, 0);
    CHECK_EQ(pk_respool_tick(&pool, 0, 1), 1); /* lazily, and no more at once than the budget says */
    look();
    CHECK_EQ(stats.idle, 1);
    CHECK_EQ(pk_respool_tick(&pool, 0, 0), 1);
    CHECK_EQ(pk_respool_tick(&pool, 0, 0), 0);
    look();
    CHECK_EQ(stats.idle, 2);
    close_pool();

    describe();
    desc.min_size = 2;
    desc.eager = true;
    open_pool();
    look();
    CHECK_EQ(stats.idle, 2);
    CHECK_EQ(stats.active, 0);
    close_pool();
}
static int second_create_fails(driver *d, int callback) { return callback == DRIVER_CREATE && d->created == 1; }
static void eager_fails_whole(void) {
    pk_resource lease;
    describe();
    desc.min_size = 3;
    desc.eager = true;
    db.inside = second_create_fails;
    CHECK_STATUS(pk_respool_init(&pool, &desc), PK_CREATE_FAILED);
    CHECK_EQ(driver_alive(&db), 0);
    CHECK_EQ(db.created, 1);
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_CREATE], 1);
    CHECK_STATUS(pk_respool_acquire(&pool, 0, &lease), PK_CLOSED);
    CHECK_STATUS(pk_respool_close(&pool, 0), PK_OK);
}

static void refused(void) {
    CHECK(pk_respool_init(&pool, &desc) != PK_OK);
    CHECK_STATUS(pk_respool_close(&pool, 0), PK_OK); /* a closed one */
    CHECK_EQ(driver_alive(&db), 0);
    describe();
}
static void wrong_descriptions(void) {
    describe();
    CHECK_STATUS(pk_respool_init(&pool, NULL), PK_INVALID);
    desc.create = NULL;
    CHECK_EQ(pk_respool_memory_needed(&desc), 0);
    CHECK_STATUS(pk_respool_init(&pool, &desc), PK_INVALID);
    refused();
    desc.min_size = 4; /* of 3 */
    CHECK_STATUS(pk_respool_init(&pool, &desc), PK_INVALID);
    refused();
    desc.max_size = 2048;
    CHECK_STATUS(pk_respool_init(&pool, &desc), PK_INVALID);
    refused();
    desc.jitter_pct = 101;
    CHECK_STATUS(pk_respool_init(&pool, &desc), PK_INVALID);
    refused();
    desc.backoff.jitter_pct = 101;
    CHECK_STATUS(pk_respool_init(&pool, &desc), PK_INVALID);
    refused();
    desc.memory_size = pk_respool_memory_needed(&desc) - 1;
    CHECK_STATUS(pk_respool_init(&pool, &desc), PK_NO_MEMORY);
    refused();
    CHECK_STATUS(pk__respool_init(&pool, sizeof pool, PK__POOL_CONFIG_WORD + 1, &desc), PK_INVALID);
    CHECK_STATUS(pk__respool_init(&pool, sizeof pool + 1, PK__POOL_CONFIG_WORD, &desc), PK_INVALID);
    desc.max_size = 1; /* below the default of min_size, which gives way */
    desc.min_size = 0;
    CHECK(pk_respool_memory_needed(&desc) <= PK_RESPOOL_BYTES(1));
    open_pool();
    look();
    CHECK_EQ(stats.min_size, 1);
    close_pool();
    memset(&desc, 0, sizeof desc);
    CHECK_EQ(pk_respool_memory_needed(&desc), 0);
}

static void preset(int which, uint32_t min_size, uint32_t max_size, uint32_t wait_s, uint32_t connect_s, uint32_t idle_s) {
    describe();
    pk_respool_preset(&desc, which);
    CHECK_EQ(desc.min_size, min_size);
    CHECK_EQ(desc.max_size, max_size);
    CHECK_EQ(desc.wait_ms, wait_s * 1000);
    CHECK_EQ(desc.connect_ms, connect_s * 1000);
    CHECK_EQ(desc.idle_ms, idle_s * 1000);
    CHECK_EQ(desc.life_ms, 1800000);
    CHECK_EQ(desc.health_ms, 60000);
    CHECK(desc.create == driver_create); /* the rest stays */
    CHECK(pk_respool_memory_needed(&desc) > 0 && pk_respool_memory_needed(&desc) <= PK_RESPOOL_BYTES(max_size));
}
static void preset_db(void) { preset(PK_RESPOOL_DB, 20, 100, 60, 60, 1200); }
static void preset_redis(void) { preset(PK_RESPOOL_REDIS, 5, 20, 30, 30, 300); }
static void preset_http(void) { preset(PK_RESPOOL_HTTP, 10, 100, 10, 10, 300); }
static void preset_client(void) { preset(PK_RESPOOL_CLIENT, PK_RESPOOL_NONE, 20, 10, 5, 300); }
static void preset_default(void) {
    preset(PK_RESPOOL_DEFAULT, 5, 20, 30, 30, 300);
    describe(); /* what zeroes mean */
    desc.max_size = 8;
    desc.min_size = 0;
    desc.eager = true;
    open_pool();
    look();
    CHECK_EQ(stats.idle, 5);
    CHECK_EQ(db.limit, 30000); /* for create */
    close_pool();
}

static void exhausted_says_so(void) {
    pk_resource a, b;
    describe();
    desc.max_size = 1;
    open_pool();
    a = take();
    CHECK_STATUS(pk_respool_acquire(&pool, 5000, &b), PK_EXHAUSTED); /* without threads there is nobody to wait for */
    CHECK_STATUS(pk_respool_acquire(&pool, PK_WAIT_FOREVER, &b), PK_EXHAUSTED);
    CHECK_STATUS(pk_respool_acquire_until(&pool, 100, PK_HERE, 0, &b), PK_EXHAUSTED);
    CHECK_EQ(db.now, 0);
    CHECK_TEXT(db.last.object, "db");
    CHECK_EQ(db.last.kind, PK_RESPOOL_EVENT_EXHAUSTED);
    CHECK_STATUS(db.last.status, PK_EXHAUSTED);
    CHECK_EQ(db.last.a, 1); /* used */
    CHECK_EQ(db.last.b, 1); /* of so many */
    CHECK_EQ(db.at_event.active, 1);
    CHECK_EQ(db.at_event.idle, 0);
    CHECK_EQ(db.at_event.waiting, 0);
    look();
    CHECK_EQ(stats.exhaustions, 3);
    CHECK_EQ(stats.exhausted, 3);
    CHECK_EQ(stats.utilization, 10000);
    give(a);
    look();
    CHECK_EQ(stats.utilization, 0);
    CHECK_EQ(stats.exhaustions, 3);
    a = take();
    look();
    CHECK_EQ(stats.exhaustions, 3);
    give(a);
    close_pool();
}

static void counts_attempts(void) {
    pk_resource lease[3];
    unsigned i;
    describe();
    open_pool();
    for (i = 0; i < 3; i++) lease[i] = take();
    CHECK_STATUS(pk_respool_try_acquire(&pool, &lease[0]), PK_EXHAUSTED);
    look();
    CHECK_EQ(stats.hits, 0);
    CHECK_EQ(stats.misses, 4);
    CHECK_EQ(stats.peak, 3);
    CHECK_EQ(stats.created, 3);
    for (i = 0; i < 3; i++) give(lease[i]);
    for (i = 0; i < 10; i++) give(take());
    look();
    CHECK_EQ(stats.hits, 10);
    CHECK_EQ(stats.misses, 4);
    CHECK_EQ(stats.peak, 3);
    CHECK_STATUS(pk_respool_release_broken(&pool, take()), PK_OK);
    look();
    CHECK_EQ(stats.hits, 11); /* what was destroyed still counts */
    CHECK_EQ(stats.destroyed[PK_RESPOOL_BROKEN], 1);
    CHECK_EQ(stats.total, 2);
    CHECK_EQ(stats.peak, 3);
    CHECK_TEXT(stats.name, "db");
    CHECK_EQ(stats.max_size, 3);
    close_pool();
}

static void counts_errors_by_kind(void) {
    pk_resource lease;
    describe();
    desc.reset = driver_reset;
    desc.validate_on_acquire = true;
    open_pool();
    db.fail_create = 1;
    CHECK_STATUS(pk_respool_try_acquire(&pool, &lease), PK_CREATE_FAILED);
    db.now += 1000;
    give(take());
    db.fail_validate = 1;
    give(take());
    db.fail_reset = 1;
    give(take());
    look();
    CHECK_EQ(stats.create_errors, 1);
    CHECK_EQ(stats.validate_errors, 1);
    CHECK_EQ(stats.reset_errors, 1);
    CHECK_EQ(stats.errors, 3);
    CHECK_EQ(stats.create_failed, 1);
    CHECK_EQ(stats.destroyed[PK_RESPOOL_INVALID], 1);
    CHECK_EQ(stats.destroyed[PK_RESPOOL_DIRTY], 1);
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_CREATE], 1); /* each is told once */
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_REFUSED], 1);
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_VALIDATE], 1);
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_RESET], 1);
    close_pool();
}

static void wrong_releases(void) {
    pk_resource a, b, foreign, stale;
    pk_respool_stats before;
    unsigned i;
    describe();
    open_pool();
    a = take();
    b = take();
    stale = b;
    give(b);
    b = take();
    look();
    before = stats;
    foreign = a;
    foreign.it = &desc;
    for (i = 0; i < 5; i++) {
        pk_resource wrong = i == 0 ? foreign : stale;
        if (i == 2) wrong.slot = 2; /* never lent */
        if (i == 3) wrong.slot = 3; /* there is none */
        if (i == 4) wrong.slot = UINT32_MAX;
        CHECK_STATUS(pk_respool_release(&pool, wrong), PK_INVALID);
        CHECK_STATUS(pk_respool_release_broken(&pool, wrong), PK_INVALID);
    }
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_MISUSE], 10);
    CHECK_STATUS(db.last.status, PK_INVALID);
    look();
    CHECK_EQ(stats.misused, 10);
    before.misused = 10;
    CHECK(memcmp(&before, &stats, sizeof stats) == 0); /* nothing else has changed */
    give(a);
    CHECK_STATUS(pk_respool_release(&pool, a), PK_INVALID); /* twice */
    give(b);
    close_pool();
    CHECK_STATUS(pk_respool_release(&pool, a), PK_CLOSED);
}

static void wears_out(void) {
    pk_resource lease;
    void *first;
    describe();
    desc.max_uses = 3;
    open_pool();
    lease = take();
    first = lease.it;
    give(lease);
    give(take());
    lease = take();
    CHECK(lease.it == first);
    CHECK_EQ(db.destroyed, 0);
    give(lease);
    CHECK_EQ(db.destroyed, 1);
    look();
    CHECK_EQ(stats.destroyed[PK_RESPOOL_WORN], 1);
    CHECK_EQ(stats.hits, 2);
    close_pool();
}

static void resets_what_comes_back(void) {
    pk_resource lease;
    describe();
    desc.reset = driver_reset;
    open_pool();
    lease = take();
    CHECK_EQ(db.reset, 0);
    give(lease);
    CHECK_EQ(db.reset, 1);
    give(take());
    CHECK_EQ(db.reset, 2);
    CHECK_STATUS(pk_respool_release_broken(&pool, take()), PK_OK); /* what is broken is not asked */
    CHECK_EQ(db.reset, 2);
    close_pool();
}

static void closing_waits_for_holders(void) {
    pk_resource a, b;
    describe();
    open_pool();
    a = take();
    b = take();
    give(b);
    CHECK_STATUS(pk_respool_close(&pool, 0), PK_BUSY);
    b = take(); /* nothing has changed */
    give(b);
    CHECK_STATUS(pk_respool_close(&pool, 10), PK_BUSY); /* it has stopped */
    look();
    CHECK_EQ(stats.total, 1);
    CHECK_EQ(db.reasons[PK_RESPOOL_CLOSING], 1);
    CHECK_STATUS(pk_respool_acquire(&pool, 0, &b), PK_CLOSED);
    CHECK_EQ(db.last.kind, PK_RESPOOL_EVENT_CLOSED);
    look();
    CHECK_EQ(stats.closed, 1);
    give(a);
    look();
    CHECK_EQ(stats.total, 0);
    CHECK_EQ(db.reasons[PK_RESPOOL_CLOSING], 2);
    close_pool();
    CHECK_STATUS(pk_respool_acquire(&pool, 0, &b), PK_CLOSED);
    CHECK_EQ(pk_respool_tick(&pool, 0, 0), 0);
    pk_respool_stop(&pool);
    pk_respool_get_stats(&pool, &stats);
    CHECK_EQ(stats.total, 0);
}

/* Any kind of thing: here numbers of files, made and closed by the operating system. */
static int files;
static pk_status open_file(void **resource, uint32_t limit_ms, void *user) {
    (void)limit_ms;
    (void)user;
    *resource = (void *)(uintptr_t)files++; /* 0 is a good one */
    return PK_OK;
}
static void any_kind_of_thing(void) {
    pk_resource a, b;
    describe();
    desc.create = open_file;
    desc.destroy = NULL; /* all but create are optional */
    desc.validate = NULL;
    desc.validate_on_acquire = true;
    desc.on_event = NULL;
    open_pool();
    a = take();
    b = take();
    CHECK_EQ((uintptr_t)a.it, 0);
    CHECK_EQ((uintptr_t)b.it, 1);
    give(a);
    give(b);
    CHECK_STATUS(pk_respool_release(&pool, a), PK_INVALID);
    CHECK_EQ(pk_respool_tick(&pool, 0, 0), 0);
    CHECK_STATUS(pk_respool_close(&pool, 0), PK_OK);
}

static int callbacks_seen;
static int calls_back(driver *d, int callback) {
    pk_resource lease;
    (void)d;
    if (callbacks_seen & 1 << callback) return 0;
    callbacks_seen |= 1 << callback;
    CHECK_STATUS(pk_respool_acquire(&pool, 0, &lease), PK_OK);
    CHECK_STATUS(pk_respool_release(&pool, lease), PK_OK);
    CHECK_EQ(pk_respool_tick(&pool, 0, 1), 0);
    pk_respool_get_stats(&pool, &stats);
    CHECK_EQ(stats.active + stats.idle + stats.creating, stats.total);
    CHECK_STATUS(pk_respool_close(&pool, 0), PK_BUSY);
    return 0;
}
static void callbacks_may_call_the_pool(void) {
    describe();
    desc.reset = driver_reset;
    desc.validate_on_acquire = true;
    open_pool();
    db.inside = calls_back;
    give(take());
    give(take());
    CHECK_STATUS(pk_respool_release_broken(&pool, take()), PK_OK);
    CHECK_EQ(callbacks_seen, 1 << DRIVER_CREATE | 1 << DRIVER_VALIDATE | 1 << DRIVER_RESET | 1 << DRIVER_DESTROY);
    db.inside = NULL;
    close_pool();
}

static void leases_are_listed(void) {
    pk_resource a;
    pk_respool_lease held;
    uint32_t cursor = 0;
    describe();
    open_pool();
    CHECK_STATUS(pk_respool_acquire_until(&pool, 0, "here", 42, &a), PK_OK);
    db.now += 10;
    give(take());
    CHECK(!pk_respool_next_lease(&pool, 10, &cursor, &held)); /* longer than that */
    cursor = 0;
    CHECK(pk_respool_next_lease(&pool, 9, &cursor, &held));
    CHECK(held.lease.it == a.it && held.lease.lease == a.lease && held.lease.slot == a.slot);
    CHECK_TEXT(held.site, "here");
    CHECK_EQ(held.tag, 42);
    CHECK_EQ(held.held_ms, 10);
    CHECK(!pk_respool_next_lease(&pool, 9, &cursor, &held));
    give(held.lease); /* the same lease */
    close_pool();
}

static void has_words_and_time(void) {
    int i, j;
    describe();
    open_pool();
    db.now = 77;
    CHECK_EQ(pk_respool_now(&pool), 77);
    CHECK_TEXT(pk_respool_event_text(PK_RESPOOL_EVENT_LEAK), "leak");
    CHECK_TEXT(pk_respool_reason_text(PK_RESPOOL_OLD), "old");
    for (i = 0; i <= PK_RESPOOL_EVENT_ERRORS + 1; i++) /* each its own, and one for all others */
        for (j = i + 1; j <= PK_RESPOOL_EVENT_ERRORS; j++) CHECK(strcmp(pk_respool_event_text(i), pk_respool_event_text(j)) != 0);
    for (i = 0; i <= PK_RESPOOL_REASONS; i++)
        for (j = i + 1; j <= PK_RESPOOL_REASONS; j++) CHECK(strcmp(pk_respool_reason_text(i), pk_respool_reason_text(j)) != 0);
    close_pool();
}

TESTS {
    RUN("P13 P01", "resources are lent and taken back, the warmest first; what is out and what is idle is known", lends_and_takes_back)
    RUN("P01", "a pool never makes more than max_size, and nothing before it is asked for", never_more_than_max)
    RUN("P01", "min_size is made by ticks, or by init if eager", warms_up)
    RUN("P01", "an eager pool that can't make min_size is none, and leaves nothing behind", eager_fails_whole)
    RUN("P01", "wrong descriptions are refused, and leave a closed pool", wrong_descriptions)
    RUN("P02", "the database preset", preset_db)
    RUN("P03", "the Redis preset", preset_redis)
    RUN("P04", "the HTTP preset", preset_http)
    RUN("P28", "the client preset", preset_client)
    RUN("P01 P20", "zeroes mean the default preset", preset_default)
    RUN("P07 P16 P26 P34", "a pool that is exhausted says so: its name, how many are in use, of how many", exhausted_says_so)
    RUN("P17", "attempts are hits and misses; the peak stays", counts_attempts)
    RUN("P15", "errors are counted by kind and all together, and told once", counts_errors_by_kind)
    RUN("P33", "wrong releases are PK_INVALID and change nothing", wrong_releases)
    RUN("P31", "a resource that was lent max_uses times is destroyed", wears_out)
    RUN("P27", "what comes back is reset before it is lent again", resets_what_comes_back)
    RUN("P01", "close is PK_BUSY while leases are out; a pool that drains lends no more", closing_waits_for_holders)
    RUN("P31", "a resource is whatever create makes", any_kind_of_thing)
    RUN("P31", "callbacks may call the pool", callbacks_may_call_the_pool)
    RUN("P26", "events and reasons have words, and the pool tells its time", has_words_and_time)
    RUN("P33", "what is lent can be listed, with who has it and for how long", leases_are_listed)
}
