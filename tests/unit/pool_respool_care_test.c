/* targets: large */
#define PERFKIT_POOL_RESOURCES 1
#include "../../perfkit_pool.h"
#define DRIVER_MOST 24
#include "../support/driver.h"
#include "../support/test.h"
#define RESPOOL_MOST 8
#include "../support/respools.h"

static void describe(void) {
    describe_pool(8);
    desc.idle_ms = desc.life_ms = desc.health_ms = PK_RESPOOL_NONE;
}
static uint32_t tick(void) { return pk_respool_tick(&pool, db.now, 0); }
static void make(unsigned n) { /* so many idle ones; the first made is lent first */
    pk_resource lease[8];
    unsigned i;
    for (i = 0; i < n; i++) lease[i] = take();
    while (i > 0) give(lease[--i]);
}

static void idle_ones_go(void) {
    pk_resource warm;
    describe();
    desc.min_size = 2;
    desc.idle_ms = 100;
    open_pool();
    make(4);
    db.now = 50;
    give(take());
    db.now = 100;
    CHECK_EQ(tick(), 0);
    db.now = 101;
    CHECK_EQ(tick(), 2); /* of three that are idle for longer: two must stay */
    look();
    CHECK_EQ(stats.idle, 2);
    CHECK_EQ(stats.destroyed[PK_RESPOOL_IDLE], 2);
    warm = take();
    CHECK(warm.it == &db.all[0]);
    give(warm);
    db.now = 10000;
    CHECK_EQ(tick(), 0); /* never below min_size */
    close_pool();
}

static void old_ones_go(void) {
    pk_resource a, b;
    describe();
    desc.life_ms = 1000;
    open_pool();
    a = take();
    b = take();
    give(b);
    db.now = 999;
    b = take();
    CHECK(b.it == &db.all[1]);
    give(b);
    db.now = 1000;
    b = take(); /* not that one any more */
    CHECK(b.it == &db.all[2]);
    CHECK_EQ(db.reasons[PK_RESPOOL_OLD], 1);
    give(a); /* has ended while it was out */
    CHECK_EQ(db.reasons[PK_RESPOOL_OLD], 2);
    give(b);
    look();
    CHECK_EQ(stats.idle, 1);
    CHECK_EQ(stats.misses, 3);
    CHECK_EQ(stats.hits, 1);
    db.now = 1999;
    CHECK_EQ(tick(), 0);
    db.now = 2000;
    CHECK_EQ(tick(), 1);
    CHECK_EQ(db.reasons[PK_RESPOOL_OLD], 3);
    close_pool();
}
static void not_all_at_once(void) {
    unsigned gone_before = 0;
    describe();
    desc.life_ms = 1000;
    desc.jitter_pct = 10;
    open_pool();
    make(8);
    for (db.now = 899; db.now < 1000; db.now++) {
        CHECK(db.now > 900 || tick() == 0); /* at most 10 % shorter */
        if (db.now == 950) {
            (void)tick();
            gone_before = db.destroyed;
        }
    }
    CHECK(gone_before > 0 && gone_before < 8);
    db.now = 1001; /* and never longer */
    (void)tick();
    look();
    CHECK_EQ(stats.total, 0);
    close_pool();
}

static void health_is_checked(void) {
    pk_resource out, warm;
    describe();
    desc.min_size = 3;
    desc.health_ms = 60000;
    open_pool();
    make(4);
    out = take(); /* lent: nobody else touches it */
    CHECK(out.it == &db.all[0]);
    db.now = 59999;
    CHECK_EQ(tick(), 0);
    CHECK_EQ(db.validated, 0);
    db.now = 60000;
    db.all[2].dead = 1;
    CHECK_EQ(pk_respool_tick(&pool, db.now, 2), 1); /* a step looks at two, of which one is lent */
    CHECK_EQ(db.validated, 1);
    CHECK_EQ(pk_respool_tick(&pool, db.now, 2), 2);
    CHECK_EQ(db.validated, 3);
    CHECK_EQ(db.limit, 5000);
    look();
    CHECK_EQ(stats.destroyed[PK_RESPOOL_INVALID], 1);
    CHECK_EQ(stats.validate_errors, 1);
    CHECK_EQ(stats.total, 3);
    CHECK_EQ(tick(), 0); /* not again before another minute */
    warm = take();
    CHECK(warm.it == &db.all[1]); /* their order is what it was */
    give(warm);
    give(out);
    db.now = 120000;
    db.all[0].dead = db.all[1].dead = db.all[3].dead = 1;
    CHECK_EQ(tick(), 6); /* three destroyed, three created */
    look();
    CHECK_EQ(stats.idle, 3);
    CHECK_EQ(stats.total, 3);
    db.now = 180000;
    db.validate_takes = 5001; /* too slow is dead */
    CHECK_EQ(tick(), 6);
    CHECK_STATUS(db.last.status, PK_TIMEOUT);
    CHECK_EQ(db.last.kind, PK_RESPOOL_EVENT_VALIDATE);
    close_pool();
}
static void warmest_stays_first(void) {
    unsigned i;
    describe();
    desc.health_ms = 10;
    open_pool();
    make(5);
    for (i = 0; i < 20; i++) {
        pk_resource warm, next;
        db.now++;
        warm = take();
        db.now++;
        next = take();
        give(warm);
        db.now += 20;
        give(next);
        CHECK_EQ(tick(), 5);
        warm = take();
        CHECK(warm.it == next.it);
        give(warm);
    }
    close_pool();
}

static void validated_before_it_is_lent(void) {
    pk_resource lease;
    describe();
    desc.validate_on_acquire = true;
    desc.validate_ms = 50;
    desc.connect_ms = 70;
    open_pool();
    make(2);
    CHECK_EQ(db.limit, 70);
    CHECK_EQ(db.validated, 0); /* what is new is good */
    db.all[0].dead = 1;
    lease = take(); /* the caller never sees the dead one */
    CHECK(lease.it == &db.all[1]);
    CHECK_EQ(db.limit, 50);
    give(lease);
    look();
    CHECK_EQ(stats.errors, 1);
    CHECK_EQ(stats.hits, 1);
    db.all[1].dead = 1;
    lease = take(); /* nor that there is none any more */
    CHECK(lease.it == &db.all[2]);
    give(lease);
    db.validate_takes = 50;
    lease = take();
    CHECK(lease.it == &db.all[2]);
    give(lease);
    db.validate_takes = 51; /* longer than it may take */
    lease = take();
    CHECK(lease.it == &db.all[3]);
    CHECK_STATUS(db.last.status, PK_TIMEOUT);
    give(lease);
    look();
    CHECK_EQ(stats.validate_errors, 3);
    CHECK_EQ(stats.destroyed[PK_RESPOOL_INVALID], 3);
    close_pool();
}
static void validated_after_a_pause(void) {
    describe();
    desc.validate_on_acquire = true;
    desc.validate_after_ms = 1000;
    open_pool();
    make(1);
    db.now = 999;
    give(take());
    CHECK_EQ(db.validated, 0);
    db.now += 1000;
    give(take());
    CHECK_EQ(db.validated, 1);
    close_pool();
}
static void dead_ones_all_at_once(void) {
    pk_resource lease;
    unsigned i;
    describe();
    desc.validate_on_acquire = true;
    open_pool();
    make(8);
    for (i = 0; i < 8; i++) db.all[i].dead = 1;
    db.fail_create = 1;
    CHECK_STATUS(pk_respool_try_acquire(&pool, &lease), PK_CREATE_FAILED);
    look();
    CHECK_EQ(stats.total, 0);
    CHECK_EQ(stats.errors, 9);
    CHECK_EQ(stats.misses, 9);
    close_pool();
}

static void failing_create_backs_off(void) {
    pk_resource lease;
    unsigned i;
    uint32_t wait = 1000;
    describe();
    desc.breaker.failures = 255;
    open_pool();
    db.fail_create = 7;
    for (i = 0; i < 7; i++) { /* 1, 2, 4, 8, 16, 30, 30 s */
        CHECK_STATUS(pk_respool_try_acquire(&pool, &lease), PK_CREATE_FAILED);
        CHECK_EQ(db.fail_create, 6 - i);
        CHECK_EQ(db.last.kind, PK_RESPOOL_EVENT_REFUSED);
        CHECK_STATUS(db.last.status, PK_CREATE_FAILED);
        db.now += wait - 1;
        CHECK_STATUS(pk_respool_try_acquire(&pool, &lease), PK_CREATE_FAILED); /* without asking create */
        CHECK_EQ(db.fail_create, 6 - i);
        db.now++;
        wait = wait * 2 < 30000 ? wait * 2 : 30000;
    }
    make(2); /* and it is as if nothing had been */
    look();
    CHECK_EQ(stats.create_errors, 7);
    CHECK_EQ(stats.create_failed, 14);
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_CREATE], 7);
    close_pool();
}
static void failing_create_leaves_the_rest_alone(void) {
    pk_resource a, b;
    describe();
    open_pool();
    a = take();
    db.fail_create = UINT32_MAX;
    CHECK_STATUS(pk_respool_try_acquire(&pool, &b), PK_CREATE_FAILED);
    give(a);
    b = take(); /* what there is is lent all the same */
    CHECK(b.it == a.it);
    give(b);
    close_pool();
}
static void breaker_opens(void) {
    pk_resource lease;
    unsigned i;
    describe();
    desc.backoff.base_ms = 1;
    desc.backoff.cap_ms = 1;
    open_pool();
    db.fail_create = UINT32_MAX;
    for (i = 0; i < 5; i++) {
        CHECK_STATUS(pk_respool_try_acquire(&pool, &lease), PK_CREATE_FAILED);
        CHECK_EQ(db.last.kind, PK_RESPOOL_EVENT_REFUSED);
        db.now++;
    }
    db.now--;
    for (i = 0; i < 60; i++) {
        CHECK_STATUS(pk_respool_try_acquire(&pool, &lease), PK_BREAKER_OPEN);
        CHECK_EQ(db.last.kind, PK_RESPOOL_EVENT_BREAKER);
        CHECK_STATUS(db.last.status, PK_BREAKER_OPEN);
        db.now += i == 0 ? 999 : i == 59 ? 1001 : 1000;
        CHECK_EQ(db.events[PK_RESPOOL_EVENT_CREATE], 5);
        CHECK_EQ(tick(), 0);
    }
    CHECK_STATUS(pk_respool_try_acquire(&pool, &lease), PK_CREATE_FAILED); /* one trial, which fails */
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_CREATE], 6);
    CHECK_STATUS(pk_respool_try_acquire(&pool, &lease), PK_BREAKER_OPEN);
    db.now += 60000;
    db.fail_create = 4;
    CHECK_STATUS(pk_respool_try_acquire(&pool, &lease), PK_CREATE_FAILED);
    db.now += 60000;
    db.fail_create = 0;
    lease = take(); /* one that works: closed, and counting from 0 */
    db.fail_create = 4;
    for (i = 0; i < 4; i++) {
        pk_resource other;
        CHECK_STATUS(pk_respool_try_acquire(&pool, &other), PK_CREATE_FAILED);
        db.now++;
    }
    make(1);
    give(lease);
    look();
    CHECK_EQ(stats.breaker_open, 61);
    close_pool();
}
static int in_trial(driver *d, int callback) { /* somebody else asks during the trial, which takes too long */
    pk_resource lease;
    if (callback != DRIVER_CREATE) return 0;
    d->inside = NULL;
    CHECK_STATUS(pk_respool_try_acquire(&pool, &lease), PK_EXHAUSTED); /* it is being made */
    d->now += 30000;
    CHECK_STATUS(pk_respool_try_acquire(&pool, &lease), PK_EXHAUSTED);
    d->now += 1;
    return 0;
}
static void one_trial_at_a_time(void) {
    pk_resource lease;
    describe();
    desc.breaker.failures = 1;
    desc.max_creating = 1;
    open_pool();
    db.fail_create = 1;
    CHECK_STATUS(pk_respool_try_acquire(&pool, &lease), PK_CREATE_FAILED);
    CHECK_STATUS(pk_respool_try_acquire(&pool, &lease), PK_BREAKER_OPEN);
    db.now += 60000;
    db.inside = in_trial;
    give(take());
    close_pool();
    describe();
    desc.breaker.failures = 1;
    open_pool();
    db.fail_create = 1;
    CHECK_STATUS(pk_respool_try_acquire(&pool, &lease), PK_CREATE_FAILED);
    db.now = 60000;
    CHECK_EQ(tick(), 0);
    give(take());
    close_pool();
}

static uint32_t asked, refused;
static int storm(driver *d, int callback) {
    pk_resource lease;
    if (callback != DRIVER_CREATE || asked == 6) return 0;
    asked++;
    if (pk_respool_try_acquire(&pool, &lease) == PK_OK)
        CHECK_STATUS(pk_respool_release(&pool, lease), PK_OK);
    else
        refused++;
    (void)d;
    return 0;
}
static void no_storms(void) {
    describe();
    desc.max_creating = 3;
    open_pool();
    db.inside = storm;
    give(take());
    CHECK_EQ(db.creating_peak, 3);
    CHECK(refused > 0);
    look();
    CHECK_EQ(stats.creating, 0);
    CHECK_EQ(stats.exhaustions, 0); /* there was room */
    close_pool();
}

static void error_rate_alerts(void) {
    unsigned i;
    describe();
    desc.validate_on_acquire = true;
    open_pool();
    for (i = 0; i < 20; i++) make(1);
    db.fail_validate = 1;
    make(1); /* 1 of 21 is less than 5 % */
    CHECK_EQ(tick(), 0);
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_ERRORS], 0);
    db.fail_validate = 1;
    make(1); /* 2 of 22 is more */
    (void)tick();
    (void)tick();
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_ERRORS], 1); /* once */
    for (i = 0; i < 18; i++) make(1);
    (void)tick(); /* 2 of 40 */
    db.fail_validate = 1;
    make(1);
    (void)tick();
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_ERRORS], 2); /* and again */
    close_pool();
}

static void leaks_are_told(void) {
    pk_resource a, b;
    describe();
    desc.leak_ms = 100;
    open_pool();
    CHECK_STATUS(pk_respool_acquire_until(&pool, 0, PK_HERE, 7, &a), PK_OK);
    b = take();
    db.now = 100;
    (void)tick();
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_LEAK], 0);
    give(b);
    b = take();
    db.now = 101;
    CHECK_EQ(tick(), 0);
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_LEAK], 1);
    CHECK(db.last.detail != NULL && strstr(db.last.detail, "care_test.c:") != NULL);
    CHECK_EQ(db.last.a, 101);
    CHECK_EQ(db.last.b, 7);
    CHECK_STATUS(db.last.status, PK_BUSY);
    (void)tick();
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_LEAK], 1); /* once */
    db.now = 150;
    give(b);
    give(a); /* after all */
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_LATE], 1);
    CHECK_EQ(db.last.a, 150);
    CHECK_EQ(db.last.b, 7);
    CHECK_STATUS(pk_respool_release(&pool, a), PK_INVALID);
    look();
    CHECK_EQ(stats.leaks, 1);
    CHECK_EQ(stats.late, 1);
    CHECK_EQ(stats.idle, 2);
    a = take();
    db.now = 251;
    (void)tick();
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_LEAK], 2);
    CHECK(db.last.detail == NULL); /* of another lease */
    CHECK_STATUS(pk_respool_release_broken(&pool, a), PK_OK);
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_LATE], 2);
    close_pool();
}
static void leaks_are_told_while_it_drains(void) {
    pk_resource a;
    describe();
    desc.leak_ms = 100;
    open_pool();
    a = take();
    pk_respool_stop(&pool);
    db.now = 101;
    CHECK_EQ(tick(), 0);
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_LEAK], 1);
    give(a);
    close_pool();
}

static void clock_jumps(void) {
    pk_resource lease;
    describe();
    desc.idle_ms = 1000;
    desc.life_ms = 10000;
    desc.health_ms = 100;
    db.now = 0xFFFFFF00u; /* the wrap of a 32-bit clock is near */
    open_pool();
    db.fail_create = 1;
    CHECK_STATUS(pk_respool_try_acquire(&pool, &lease), PK_CREATE_FAILED);
#if PERFKIT_TIME_BITS == 32
    db.now = 500; /* 756 ms later */
    CHECK_STATUS(pk_respool_try_acquire(&pool, &lease), PK_CREATE_FAILED);
#endif
    db.now = 0xF0000000u; /* back: create does not rest for longer than a second */
    CHECK_STATUS(pk_respool_try_acquire(&pool, &lease), PK_CREATE_FAILED);
    db.now += 1000;
    make(3);
    db.now -= 1000000; /* back: nothing ends before its time, nothing is lost */
    CHECK_EQ(tick(), 0);
    give(take());
    lease = take();
    db.now += 1000000 + 9999; /* forward */
    (void)tick();
    give(lease);
    look();
    CHECK(stats.total <= 1);
    db.now += 10000;
    (void)tick();
    look();
    CHECK_EQ(stats.total, 0);
    close_pool();
}

/* ---- Pools by name ---- */

static driver web_db;
static pk_respool web;
static unsigned char web_memory[PK_RESPOOL_BYTES(2)];
static unsigned seen;
static void add_up(const pk_respool_stats *one, void *user) {
    seen++;
    *(uint32_t *)user += one->total;
}
static void hear(const char *name, pk_status health, void *user) {
    pk_status *of = (pk_status *)user;
    seen++;
    of[strcmp(name, "db") == 0 ? 0 : 1] = health;
}
static void pools_have_names(void) {
    pk_respool *room[2];
    pk_pools pools;
    pk_respool_desc other;
    pk_resource a, b;
    pk_status health[2];
    uint32_t total = 0;
    pools.pools = room;
    pools.room = 2;
    pools.count = 0;
    describe();
    desc.min_size = 2;
    open_pool();
    other = driver_desc(&web_db);
    other.max_size = 2;
    other.memory = web_memory;
    other.memory_size = sizeof web_memory;
    CHECK_STATUS(pk_respool_init(&web, &other), PK_OK);
    CHECK_STATUS(pk_pools_add(&pools, &pool), PK_OK);
    CHECK_STATUS(pk_pools_add(&pools, &web), PK_EXISTS); /* the name */
    CHECK_STATUS(pk_respool_close(&web, 0), PK_OK);
    CHECK_STATUS(pk_pools_add(&pools, &web), PK_INVALID); /* has none */
    other.name = "web";
    CHECK_STATUS(pk_respool_init(&web, &other), PK_OK);
    CHECK_STATUS(pk_pools_add(&pools, &web), PK_OK);
    CHECK(pk_pools_get(&pools, "db") == &pool);
    CHECK(pk_pools_get(&pools, "web") == &web);
    CHECK(pk_pools_get(&pools, "cache") == NULL);
    CHECK_EQ(pk_pools_tick(&pools, 0), 2);
    CHECK_STATUS(pk_respool_try_acquire(&web, &a), PK_OK);
    pk_pools_stats(&pools, add_up, &total);
    CHECK_EQ(seen, 2);
    CHECK_EQ(total, 3);

    seen = 0; /* one that fails does not keep the other from being asked */
    db.fail_validate = UINT32_MAX;
    pk_pools_health(&pools, hear, health);
    CHECK_EQ(seen, 2);
    CHECK_STATUS(health[0], PK_IO); /* not even what is new works */
    CHECK_EQ(db.destroyed, 3);
    CHECK_STATUS(health[1], PK_OK);
    db.fail_validate = 0;
    CHECK_EQ(tick(), 2);
    db.fail_validate = 1; /* one that is bad is none of its troubles: another works */
    CHECK_STATUS(pk_respool_health(&pool), PK_OK);
    CHECK_EQ(db.destroyed, 4);
    CHECK_STATUS(pk_respool_try_acquire(&web, &b), PK_OK);
    pk_pools_health(&pools, hear, health);
    CHECK_STATUS(health[0], PK_OK);
    CHECK_STATUS(health[1], PK_BUSY); /* all in use */
    look();
    CHECK_EQ(stats.misses + stats.hits + stats.exhaustions, 0); /* which counts as no acquire */
    pk_respool_get_stats(&web, &stats);
    CHECK_EQ(stats.exhaustions, 0);
    CHECK_STATUS(pk_respool_release_broken(&web, a), PK_OK);
    CHECK_STATUS(pk_respool_release_broken(&web, b), PK_OK);
    web_db.fail_create = 1;
    CHECK_STATUS(pk_respool_health(&web), PK_CREATE_FAILED);
    CHECK_STATUS(pk_respool_health(&web), PK_CREATE_FAILED); /* it rests */
    CHECK_EQ(web_db.wrong, 0);
    CHECK_STATUS(pk_pools_remove(&pools, &pool), PK_OK);
    CHECK_STATUS(pk_pools_remove(&pools, &pool), PK_NOT_FOUND);
    CHECK(pk_pools_get(&pools, "db") == NULL);
    CHECK(pk_pools_get(&pools, "web") == &web);
    CHECK_STATUS(pk_respool_close(&web, 0), PK_OK);
    CHECK(pk_pools_get(&pools, "web") == NULL); /* closed */
    CHECK_STATUS(pk_respool_health(&web), PK_CLOSED);
    close_pool();
}

TESTS {
    RUN("P08", "what is idle for longer than idle_ms is destroyed, down to min_size", idle_ones_go)
    RUN("P09", "what has lived for life_ms is not lent again, and destroyed when it comes back", old_ones_go)
    RUN("P09", "with jitter, what was made together does not end together, and none lives for longer", not_all_at_once)
    RUN("P10", "ticks validate what is idle every health_ms, and replace what is bad, up to min_size", health_is_checked)
    RUN("P10", "a health check leaves the order of what is idle", warmest_stays_first)
    RUN("P11", "a bad resource is replaced before anybody sees it, a slow one is bad", validated_before_it_is_lent)
    RUN("P11", "only what was idle for validate_after_ms is validated", validated_after_a_pause)
    RUN("P11 P15", "where all are dead and none can be made, the acquire says so", dead_ones_all_at_once)
    RUN("P18 C69", "after create failed it is left alone for 1, 2, 4, 8, 16, 30, 30 s", failing_create_backs_off)
    RUN("P18", "where create fails what is there is lent all the same", failing_create_leaves_the_rest_alone)
    RUN("P18 C70", "five failures open the breaker for a minute, then one trial closes it or opens it again", breaker_opens)
    RUN("P18 C70", "there is one trial at a time", one_trial_at_a_time)
    RUN("P18", "no more than max_creating are made at once", no_storms)
    RUN("P18 P24", "an error rate above 5 % is told once, and again after it was less", error_rate_alerts)
    RUN("P33", "a lease that is held for too long is told once, with site and tag, and again when it comes back", leaks_are_told)
    RUN("P33", "leaks are told while the pool drains", leaks_are_told_while_it_drains)
    RUN("P08 P09 P18", "clocks that wrap, jump forward or back lose nothing", clock_jumps)
    RUN("P05 P12", "pools by name, their statistics and their health", pools_have_names)
}
