/* targets: large */
#include "../support/scheduler.h"
#define PERFKIT_POOL_RESOURCES 1
#define PERFKIT_POOL_IMPLEMENTATION
#include "../../perfkit_pool.h"
#define DRIVER_MOST 24
#include "../support/driver.h"
#include "../support/test.h"
#define RESPOOL_MOST 4
#include "../support/respools.h"

static pk_resource held[4], got[4];
static unsigned step, waiting_seen;
static void (*steps[8])(void); /* what happens while somebody waits: one at each wait */

static bool lock_is_free(driver *d, int callback) {
    (void)d;
    (void)callback;
    if (scheduler.locked) scheduler.wrong++;
    return false;
}
static int outside_of_locks(driver *d, int callback) { return lock_is_free(d, callback); }
static bool next_step(uint32_t ms) {
    pk_respool_get_stats(&pool, &stats);
    if (stats.waiting > waiting_seen) waiting_seen = stats.waiting;
    if (step < PK__COUNTOF(steps) && steps[step]) {
        steps[step++]();
        return true;
    }
    db.now += ms; /* nobody comes: its time passes */
    return false;
}
static void describe(void) {
    describe_pool(1);
    desc.threads = true;
    desc.barge_us = PK_RESPOOL_STRICT;
    db.inside = outside_of_locks;
}
static void open_among_others(void) {
    memset(&scheduler, 0, sizeof scheduler);
    scheduler.while_waiting = next_step;
    memset(steps, 0, sizeof steps);
    step = waiting_seen = 0;
    open_pool();
}
static void close_after_all(void) {
    close_pool();
    CHECK_EQ(scheduler.wrong, 0);
    CHECK_EQ(scheduler.locked + scheduler.mutexes + scheduler.conditions, 0);
}

static void after_120_ms_it_comes_back(void) {
    db.now += 120;
    give(held[0]);
}
static void after_20_ms_it_comes_back(void) {
    db.now += 20;
    give(held[0]);
}
static void waits_until_one_comes_back(void) {
    describe();
    open_among_others();
    held[0] = take();
    steps[0] = after_120_ms_it_comes_back;
    CHECK_STATUS(pk_respool_acquire(&pool, 1000, &got[0]), PK_OK);
    CHECK(got[0].it == held[0].it && got[0].lease != held[0].lease);
    held[0] = got[0];
    steps[1] = after_20_ms_it_comes_back;
    CHECK_STATUS(pk_respool_acquire_until(&pool, db.now + 1000, PK_HERE, 0, &got[0]), PK_OK);
    CHECK_EQ(waiting_seen, 1);
    look();
    CHECK_EQ(stats.waiting, 0);
    CHECK_EQ(stats.waits, 2);
    CHECK_EQ(stats.wait_us, 140000); /* on average 70 ms */
    CHECK_EQ(stats.wait_max_us, 120000);
    CHECK_EQ(stats.wait_histogram[7], 1); /* from 16 * 4^5 us to 16 * 4^6 us */
    CHECK_EQ(stats.wait_histogram[6], 1);
    CHECK_EQ(stats.exhaustions, 2); /* whether or not waiting succeeded */
    CHECK_EQ(stats.exhausted + stats.timeouts, 0);
    CHECK_EQ(stats.hits, 2);
    give(got[0]);
    close_after_all();
}

static void a_wake_up_for_nothing(void) { db.now += 400; }
static void waits_no_longer_than_asked(void) {
    describe();
    desc.wait_ms = 2500;
    open_among_others();
    held[0] = take();
    CHECK_STATUS(pk_respool_acquire(&pool, 100, &got[0]), PK_TIMEOUT);
    CHECK_EQ(db.now, 100);
    CHECK_EQ(db.last.kind, PK_RESPOOL_EVENT_TIMEOUT);
    CHECK_STATUS(db.last.status, PK_TIMEOUT);
    CHECK_TEXT(db.last.object, "db");
    CHECK_EQ(db.last.a, 1);
    CHECK_EQ(db.last.b, 0); /* it doesn't wait any more */
    CHECK_EQ(db.at_event.active, 1);
    CHECK_EQ(db.at_event.idle, 0);
    steps[0] = steps[1] = a_wake_up_for_nothing;
    CHECK_STATUS(pk_respool_acquire(&pool, 1000, &got[0]), PK_TIMEOUT);
    CHECK_EQ(db.now, 1100);
    CHECK_STATUS(pk_respool_acquire(&pool, PK_WAIT_DEFAULT, &got[0]), PK_TIMEOUT);
    CHECK_EQ(db.now, 3600);
    CHECK_STATUS(pk_respool_acquire_until(&pool, 3700, NULL, 0, &got[0]), PK_TIMEOUT);
    CHECK_EQ(db.now, 3700);
    CHECK_STATUS(pk_respool_acquire_until(&pool, 3700, NULL, 0, &got[0]), PK_EXHAUSTED);
    CHECK_STATUS(pk_respool_acquire(&pool, 0, &got[0]), PK_EXHAUSTED);
    look();
    CHECK_EQ(stats.timeouts, 4);
    CHECK_EQ(stats.exhausted, 2);
    CHECK_EQ(stats.exhaustions, 6);
    CHECK_EQ(stats.misses, 7);
    give(held[0]);
    close_after_all();
}
static uint32_t slept;
static bool the_clock_goes_back(uint32_t ms) {
    slept += ms;
    db.now -= 1000000;
    return step++ == 0; /* once for nothing */
}
static void clocks_that_go_back(void) {
    describe();
    open_among_others();
    db.now = 10000000;
    held[0] = take();
    scheduler.while_waiting = the_clock_goes_back;
    slept = 0;
    CHECK_STATUS(pk_respool_acquire(&pool, 100, &got[0]), PK_TIMEOUT);
    CHECK_EQ(slept, 200);
    give(held[0]);
    close_after_all();
}

static void it_stops(void) { pk_respool_stop(&pool); }
static void somebody_closes_it(void) {
    CHECK_STATUS(pk_respool_close(&pool, 0), PK_BUSY);
    CHECK_STATUS(pk_respool_close(&pool, 5), PK_BUSY); /* which waits itself */
}
static void stopping_ends_all_waiting(void) {
    describe();
    open_among_others();
    held[0] = take();
    steps[0] = it_stops;
    CHECK_STATUS(pk_respool_acquire(&pool, PK_WAIT_FOREVER, &got[0]), PK_CLOSED);
    CHECK_EQ(db.last.kind, PK_RESPOOL_EVENT_CLOSED);
    CHECK_STATUS(pk_respool_acquire(&pool, PK_WAIT_FOREVER, &got[0]), PK_CLOSED);
    give(held[0]);
    look();
    CHECK_EQ(stats.total, 0);
    CHECK_EQ(stats.closed, 2);
    close_after_all();
    describe();
    open_among_others();
    held[0] = take();
    steps[0] = somebody_closes_it;
    CHECK_STATUS(pk_respool_acquire(&pool, 1000, &got[0]), PK_CLOSED);
    give(held[0]);
    close_after_all();
}
static void the_last_comes_back(void) {
    CHECK_STATUS(pk_respool_close(&pool, 10), PK_BUSY); /* somebody else is at it */
    db.now += 10;
    give(held[0]);
}
static void closing_drains(void) {
    describe();
    open_among_others();
    held[0] = take();
    CHECK_STATUS(pk_respool_close(&pool, 100), PK_BUSY);
    CHECK_EQ(db.now, 100);
    steps[0] = the_last_comes_back;
    CHECK_STATUS(pk_respool_close(&pool, 100), PK_OK);
    CHECK_EQ(db.now, 110);
    CHECK_EQ(driver_alive(&db) + db.wrong + scheduler.wrong, 0);
    CHECK_EQ(scheduler.mutexes + scheduler.conditions, 0);
}
/* While the last waiter is told, in the event, that the pool has stopped, it is still inside. */
static int closes_in_the_event(driver *d, int callback) {
    (void)d;
    if (callback == DRIVER_EVENT && step == 1) {
        step = 2;
        CHECK_STATUS(pk_respool_close(&pool, 0), PK_BUSY);
    }
    return 0;
}
static void it_stops_and_the_last_comes_back(void) {
    pk_respool_stop(&pool);
    give(held[0]);
}
static void close_waits_for_who_is_told(void) {
    describe();
    open_among_others();
    db.inside = closes_in_the_event;
    held[0] = take();
    steps[0] = it_stops_and_the_last_comes_back;
    CHECK_STATUS(pk_respool_acquire(&pool, 1000, &got[0]), PK_CLOSED);
    CHECK_EQ(step, 2);
    db.inside = outside_of_locks;
    close_after_all();
}

static void second_waits_too(void) { /* in a thread of its own; nothing comes for it */
    CHECK_STATUS(pk_respool_acquire(&pool, 50, &got[1]), PK_TIMEOUT);
}
static void first_come_first_served(void) {
    describe();
    open_among_others();
    held[0] = take();
    steps[0] = second_waits_too;
    steps[1] = after_20_ms_it_comes_back; /* while both wait: it is for the first */
    CHECK_STATUS(pk_respool_acquire(&pool, 1000, &got[0]), PK_OK);
    CHECK_EQ(waiting_seen, 2);
    CHECK_EQ(db.now, 50); /* the second was told so in between */
    give(got[0]);
    look();
    CHECK_EQ(stats.waits, 2);
    CHECK_EQ(stats.wait_us, 50000 + 50000);
    close_after_all();
}
static void somebody_barges_in(void) {
    give(held[0]); /* nobody has waited for long */
    CHECK_STATUS(pk_respool_try_acquire(&pool, &held[0]), PK_OK);
}
static void nobody_barges_in(void) {
    db.now++; /* long enough */
    give(held[0]);
    CHECK_STATUS(pk_respool_try_acquire(&pool, &held[0]), PK_EXHAUSTED);
}
static void barging_ends(void) {
    describe();
    desc.barge_us = 0; /* 500 */
    open_among_others();
    held[0] = take();
    steps[0] = steps[1] = somebody_barges_in;
    steps[2] = nobody_barges_in;
    CHECK_STATUS(pk_respool_acquire(&pool, 1000, &got[0]), PK_OK);
    CHECK_EQ(step, 3);
    give(got[0]);
    close_after_all();
}

static void it_is_broken(void) { CHECK_STATUS(pk_respool_release_broken(&pool, held[0]), PK_OK); }
static void makes_another_itself(void) {
    describe();
    open_among_others();
    held[0] = take();
    steps[0] = it_is_broken;
    CHECK_STATUS(pk_respool_acquire(&pool, 1000, &got[0]), PK_OK);
    CHECK_EQ(db.created, 2);
    CHECK_EQ(db.limit, 1000); /* of its time */
    give(got[0]);
    close_after_all();
}
static void it_is_broken_after_a_while(void) {
    db.now++; /* long enough: what can be created is for who waits, not for who comes now */
    it_is_broken();
    CHECK_STATUS(pk_respool_try_acquire(&pool, &got[1]), PK_EXHAUSTED);
    CHECK_EQ(db.created, 1);
}
static void newcomers_do_not_create_in_its_place(void) {
    describe();
    desc.barge_us = 0;
    open_among_others();
    held[0] = take();
    steps[0] = it_is_broken_after_a_while;
    CHECK_STATUS(pk_respool_acquire(&pool, 1000, &got[0]), PK_OK);
    CHECK_EQ(db.created, 2);
    give(got[0]);
    close_after_all();
}
static void it_comes_back_dead(void) {
    db.now += 300;
    ((driver_resource *)held[0].it)->dead = 1;
    give(held[0]);
}
static void is_never_handed_a_bad_one(void) {
    describe();
    desc.validate_on_acquire = true;
    open_among_others();
    held[0] = take();
    steps[0] = it_comes_back_dead;
    CHECK_STATUS(pk_respool_acquire(&pool, 1000, &got[0]), PK_OK);
    CHECK_EQ(db.created, 2);
    CHECK_EQ(db.limit, 700); /* what is left */
    db.validate_takes = 600;
    desc.max_size = 1;
    held[0] = got[0];
    steps[1] = it_comes_back_dead; /* after 300 ms; validating takes too long then */
    CHECK_STATUS(pk_respool_acquire(&pool, 800, &got[0]), PK_TIMEOUT);
    CHECK_EQ(db.created, 2); /* it creates nothing when its time is over */
    look();
    CHECK_EQ(stats.total, 0);
    close_after_all();
}

static bool while_it_rests(uint32_t ms) {
    slept = ms;
    db.now += ms;
    return false;
}
static void tries_again_when_create_may(void) {
    describe();
    desc.max_size = 2;
    open_among_others();
    held[0] = take();
    db.fail_create = 2;
    scheduler.while_waiting = while_it_rests;
    CHECK_STATUS(pk_respool_acquire(&pool, 10000, &got[0]), PK_OK); /* at once, after 1 s, after 2 s more */
    CHECK_EQ(db.now, 3000);
    CHECK_EQ(slept, 2000);
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_CREATE], 2);
    CHECK_STATUS(pk_respool_release_broken(&pool, got[0]), PK_OK);
    db.fail_create = UINT32_MAX;
    CHECK_STATUS(pk_respool_acquire(&pool, 2500, &got[0]), PK_CREATE_FAILED); /* why nothing came */
    CHECK_EQ(db.now, 5500);
    CHECK_STATUS(db.last.status, PK_CREATE_FAILED);
    CHECK_STATUS(pk_respool_acquire(&pool, 100, &got[0]), PK_TIMEOUT); /* it rests for longer than that */
    CHECK_STATUS(pk_respool_release_broken(&pool, held[0]), PK_OK);
    CHECK_STATUS(pk_respool_acquire(&pool, 100, &got[0]), PK_CREATE_FAILED); /* there is nothing to wait for */
    CHECK_EQ(db.now, 5600);
    close_after_all();
}
/* The first waits, as all are out or being made. Then somebody's create fails: the first has to know, so that it tries again. */
static bool tells(uint32_t ms) {
    if (step++ == 1) {
        db.fail_create = 1;
        CHECK_STATUS(pk_respool_release_broken(&pool, held[1]), PK_OK);
        CHECK_STATUS(pk_respool_try_acquire(&pool, &got[1]), PK_CREATE_FAILED);
        return false; /* nobody wakes it for nothing */
    }
    slept += ms;
    db.now += ms;
    return false;
}
static void resting_is_not_forgotten(void) {
    describe();
    desc.max_size = 2;
    desc.barge_us = PK_RESPOOL_UNFAIR;
    open_among_others();
    held[0] = take();
    held[1] = take();
    scheduler.while_waiting = tells;
    slept = 0;
    step = 1;
    CHECK_STATUS(pk_respool_acquire(&pool, 100000, &got[0]), PK_OK);
    CHECK_EQ(slept, 1000);
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_CREATE], 1);
    give(held[0]);
    give(got[0]);
    close_after_all();
}
static void no_polling_where_all_are_out(void) {
    describe();
    open_among_others();
    db.fail_create = 1;
    CHECK_STATUS(pk_respool_try_acquire(&pool, &got[0]), PK_CREATE_FAILED);
    db.now += 1000;
    held[0] = take();
    CHECK_STATUS(pk_respool_acquire(&pool, 5000, &got[0]), PK_TIMEOUT);
    CHECK_EQ(scheduler.waits, 1);
    give(held[0]);
    close_after_all();
    describe();
    desc.max_size = 2;
    desc.min_size = 2;
    open_among_others();
    held[0] = take();
    db.fail_create = 1;
    CHECK_EQ(pk_respool_tick(&pool, db.now, 0), 0);
    scheduler.while_waiting = while_it_rests;
    CHECK_STATUS(pk_respool_acquire(&pool, 5000, &got[0]), PK_OK);
    CHECK_EQ(scheduler.waits, 1);
    give(held[0]);
    give(got[0]);
    close_after_all();
}
/* While one waits the others are refused, each for another reason. */
static void refused(uint32_t wait_ms, pk_status status, int kind, uint32_t active, uint32_t b) {
    CHECK_STATUS(pk_respool_acquire(&pool, wait_ms, &got[1]), status);
    CHECK_STATUS(db.last.status, status);
    CHECK_EQ(db.last.kind, kind);
    CHECK_TEXT(db.last.object, "db");
    CHECK_EQ(db.last.a, active);
    CHECK_EQ(db.last.b, b);
    CHECK_EQ(db.at_event.active, active);
    CHECK_EQ(db.at_event.idle, 0);
    CHECK_EQ(db.at_event.waiting, 1);
    CHECK_EQ(db.events[kind], 1); /* once */
}
static void all_are_out(void) {
    refused(0, PK_EXHAUSTED, PK_RESPOOL_EVENT_EXHAUSTED, 2, 2);
    scheduler.while_waiting = while_it_rests; /* for this one only the time passes */
    refused(50, PK_TIMEOUT, PK_RESPOOL_EVENT_TIMEOUT, 2, 1);
    scheduler.while_waiting = next_step;
    db.fail_create = UINT32_MAX;
    CHECK_STATUS(pk_respool_release_broken(&pool, held[1]), PK_OK);
}
static void none_can_be_made(void) { refused(0, PK_CREATE_FAILED, PK_RESPOOL_EVENT_REFUSED, 1, 1); }
static void the_breaker_is_open(void) {
    db.now += 1000;
    CHECK_STATUS(pk_respool_try_acquire(&pool, &got[1]), PK_CREATE_FAILED); /* once more: that trips it */
    refused(0, PK_BREAKER_OPEN, PK_RESPOOL_EVENT_BREAKER, 1, 1);
    pk_respool_stop(&pool);
    refused(0, PK_CLOSED, PK_RESPOOL_EVENT_CLOSED, 1, 1);
}
static void every_refusal_has_its_figures(void) {
    describe();
    desc.max_size = 2;
    desc.barge_us = PK_RESPOOL_UNFAIR;
    desc.breaker.failures = 2;
    open_among_others();
    held[0] = take();
    held[1] = take();
    steps[0] = all_are_out;
    steps[1] = none_can_be_made;
    steps[2] = the_breaker_is_open;
    CHECK_STATUS(pk_respool_acquire(&pool, 100000, &got[0]), PK_CLOSED);
    CHECK_EQ(step, 3);
    give(held[0]);
    look();
    CHECK_EQ(stats.exhausted + stats.timeouts + stats.breaker_open + stats.closed + stats.create_failed, 7);
    CHECK_EQ(stats.errors, 2);
    close_after_all();
}
static int closes_it(driver *d, int callback) {
    (void)d;
    if (callback == DRIVER_EVENT) CHECK_STATUS(pk_respool_close(&pool, 0), PK_BUSY);
    return 0;
}
static void close_waits_for_a_look_at_its_health(void) {
    describe();
    open_among_others();
    db.fail_create = 1;
    db.inside = closes_it;
    CHECK_STATUS(pk_respool_health(&pool), PK_CREATE_FAILED);
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_CREATE], 1);
    db.inside = NULL;
    CHECK_STATUS(pk_respool_health(&pool), PK_CREATE_FAILED); /* it rests */
    close_after_all();
}
static void broken_after_the_deadline(void) {
    db.now += 1200;
    CHECK_STATUS(pk_respool_release_broken(&pool, held[0]), PK_OK);
}
static void creates_none_after_the_deadline(void) { /* which would have all of the wait again */
    describe();
    open_among_others();
    held[0] = take();
    steps[0] = broken_after_the_deadline;
    CHECK_STATUS(pk_respool_acquire(&pool, 1000, &got[0]), PK_TIMEOUT);
    CHECK_EQ(db.created, 1);
    close_after_all();
}
static void hits_never_go_back(void) {
    pk_count hits;
    describe();
    open_among_others();
    give(take());
    pk__respool_at(&pool, 0)->uses = UINT32_MAX; /* as after so many leases */
    look();
    hits = stats.hits;
    give(take());
    look();
    CHECK_EQ(stats.hits - hits, 1);
    give(take());
    look();
    CHECK_EQ(stats.hits - hits, 2);
    CHECK_EQ(stats.misses, 1);
    close_after_all();
}
static void the_platform_has_no_more(void) {
    describe();
    memset(&scheduler, 0, sizeof scheduler);
    scheduler.fail_mutex = 1;
    CHECK_STATUS(pk_respool_init(&pool, &desc), PK_NO_MEMORY);
    scheduler.fail_condition = 1;
    CHECK_STATUS(pk_respool_init(&pool, &desc), PK_NO_MEMORY);
    CHECK_EQ(scheduler.mutexes + scheduler.conditions, 0);
    open_among_others();
    held[0] = take();
    scheduler.fail_condition = 1;
    CHECK_STATUS(pk_respool_acquire(&pool, 1000, &got[0]), PK_NO_MEMORY);
    CHECK_STATUS(db.last.status, PK_NO_MEMORY);
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_NO_MEMORY], 1);
    give(held[0]);
    look();
    CHECK_EQ(stats.no_memory, 1);
    CHECK_EQ(stats.create_failed, 0);
    close_after_all();
}
static void objects_need_a_lock_too(void) {
    static unsigned char room[1024];
    pk_pool objects;
    pk_pool_desc of_objects;
    memset(&scheduler, 0, sizeof scheduler);
    memset(&of_objects, 0, sizeof of_objects);
    of_objects.object_size = 4;
    of_objects.capacity = 2;
    of_objects.threads = true;
    of_objects.memory = room;
    of_objects.memory_size = sizeof room;
    scheduler.fail_mutex = 1;
    CHECK_STATUS(pk_pool_init(&objects, &of_objects), PK_NO_MEMORY);
    CHECK(pk_pool_acquire(&objects) == NULL);
    CHECK_STATUS(pk_pool_init(&objects, &of_objects), PK_OK);
    CHECK_STATUS(pk_pool_close(&objects), PK_OK);
    CHECK_EQ(scheduler.mutexes + scheduler.conditions, 0);
}

TESTS {
    RUN("P07 P14 P16", "acquire waits until a resource comes back; waits and their sum are exact", waits_until_one_comes_back)
    RUN("P07 P26", "it waits no longer than asked, whatever wakes it", waits_no_longer_than_asked)
    RUN("P07", "a clock that goes back makes no wait longer", clocks_that_go_back)
    RUN("P07", "stopping the pool ends all waiting", stopping_ends_all_waiting)
    RUN("P01", "close waits for what is out, for drain_ms", closing_drains)
    RUN("P01", "close waits for those that are being told", close_waits_for_who_is_told)
    RUN("P01", "close waits for who looks whether the pool works", close_waits_for_a_look_at_its_health)
    RUN("P07", "who is woken after its time creates nothing", creates_none_after_the_deadline)
    RUN("P15", "hits count on beyond 2^32 leases of one resource", hits_never_go_back)
    RUN("P07", "strict: first come, first served", first_come_first_served)
    RUN("P07", "who waits for barge_us is served next", barging_ends)
    RUN("P07 P10", "who waits creates one where one was destroyed", makes_another_itself)
    RUN("P07 P10", "and newcomers don't do so in its place", newcomers_do_not_create_in_its_place)
    RUN("P07 P11", "who waits is never handed a bad one, and creates none when its time is over", is_never_handed_a_bad_one)
    RUN("P18 C69", "who waits tries create again when it has rested", tries_again_when_create_may)
    RUN("P18", "and does so where it failed for somebody else", resting_is_not_forgotten)
    RUN("P18", "who waits sleeps, and does not poll", no_polling_where_all_are_out)
    RUN("P26 P15", "each refusal has its own status, and tells once how many are active, idle and waiting", every_refusal_has_its_figures)
    RUN("P07", "a platform without further locks and conditions is no harm", the_platform_has_no_more)
    RUN("P07", "a pool of objects for threads that gets no lock is PK_NO_MEMORY, and closed", objects_need_a_lock_too)
}
