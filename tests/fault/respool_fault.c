/* A resource pool whose world fails in every way, at random: create, validate and reset fail, or are slow, or call the pool;
   resources die while lent or idle; the clock jumps; holders vanish; the pool stops and closes under those that wait. An oracle
   that owns a table of all leases sees that no resource is lost, destroyed twice or lent to two, and that all figures are true.
   One thread plays all (scheduler.h), so a run can be repeated.

     STEPS=10000000 SEED=1 ./respool_fault */
#include "../support/scheduler.h"
#define PERFKIT_POOL_IMPLEMENTATION
#include "../../perfkit_pool.h"
#include "../support/driver.h"
#include "../support/model.h"
#include "../support/test.h"
#include "../support/fault.h"

enum { MOST = 8, DEEPEST = 3, OLD = 64 };
static driver db;
static pk_respool pool;
static pk_respool_desc desc;
static struct lease {
    pk_resource it;
    uint32_t tag;
    bool vanished, told; /* nobody will release it for long; reported as a leak */
} held[MOST + 1];
static unsigned out;                    /* leases in the table */
static pk_resource old[OLD];            /* leases that have ended */
static unsigned depth;                  /* of calls within calls */
static bool open_now, stopped, releasing_told;
static unsigned closing;                /* calls of close and init, which may stop it */
static uint32_t tags, releasing, steps; /* releasing: the tag of what is being released */
static pk_count attempts, refused, misused, told, late, events_at_open[DRIVER_EVENTS];
static pk_respool_stats stats;

static uint32_t below(uint32_t n) { return model_below(n); }
static bool chance(uint32_t one_in) { return below(one_in) == 0; }
static void act(void);

static void observe(void) {
    pk_respool_get_stats(&pool, &stats);
    if (!open_now) {
        CHECK_EQ(stats.total + stats.max_size, 0);
        return;
    }
    CHECK_EQ(stats.active + stats.idle + stats.creating, stats.total);
    CHECK(stats.total <= desc.max_size);
    CHECK(stats.active >= out);
    CHECK(stats.peak >= stats.active && stats.peak <= desc.max_size);
    CHECK_EQ(stats.leaks, told);
    CHECK(db.creating_peak <= desc.max_creating);
    if (depth > 0) return;
    CHECK_EQ(stats.total, driver_alive(&db));
    CHECK_EQ(stats.active, out);
    CHECK_EQ(stats.waiting + stats.creating, 0);
    CHECK_EQ(stats.hits + stats.misses, attempts);
    CHECK_EQ(stats.exhausted + stats.timeouts + stats.breaker_open + stats.closed + stats.create_failed, refused);
    CHECK_EQ(stats.misused, misused);
    CHECK_EQ(stats.late, late);
    CHECK_EQ(stats.exhausted, db.events[PK_RESPOOL_EVENT_EXHAUSTED] - events_at_open[PK_RESPOOL_EVENT_EXHAUSTED]);
    CHECK_EQ(stats.create_errors, db.events[PK_RESPOOL_EVENT_CREATE] - events_at_open[PK_RESPOOL_EVENT_CREATE]);
    CHECK_EQ(stats.validate_errors, db.events[PK_RESPOOL_EVENT_VALIDATE] - events_at_open[PK_RESPOOL_EVENT_VALIDATE]);
    CHECK_EQ(stats.reset_errors, db.events[PK_RESPOOL_EVENT_RESET] - events_at_open[PK_RESPOOL_EVENT_RESET]);
    CHECK(stats.wait_max_us <= stats.wait_us && (stats.waits > 0 || stats.wait_us == 0));
    CHECK_EQ(db.wrong + scheduler.wrong + scheduler.locked, 0);
}
static void list_leases(void) { /* what the pool lists is what the table says */
    pk_respool_lease lease;
    uint32_t cursor = 0;
    unsigned n = 0, i;
    while (pk_respool_next_lease(&pool, 0, &cursor, &lease)) {
        for (i = 0; i < out && held[i].it.slot != lease.lease.slot; i++) {}
        CHECK(i < out && lease.lease.it == held[i].it.it && lease.lease.lease == held[i].it.lease && lease.tag == held[i].tag);
        n++;
    }
    CHECK(n <= out);
}
static void acquire(void) {
    pk_resource lease;
    pk_status status;
    uint32_t wait = chance(2) ? 0 : depth == 0 && chance(20) ? PK_WAIT_FOREVER : depth == DEEPEST ? 0 : below(3000), tag = ++tags;
    bool was_open = open_now;
    memset(&lease, 0xEE, sizeof lease);
    if (wait != PK_WAIT_FOREVER && chance(2)) {
        status = pk_respool_acquire_until(&pool, db.now + wait, "here", tag, &lease);
    } else {
        status = pk_respool_acquire(&pool, wait, &lease);
        tag = 0;
    }
    if (was_open) attempts++;
    if (status != PK_OK) {
        if (was_open) refused++;
        CHECK_EQ(lease.slot, 0xEEEEEEEEu);
        CHECK(status == PK_EXHAUSTED || status == PK_TIMEOUT || status == PK_CREATE_FAILED || status == PK_BREAKER_OPEN ||
              (status == PK_CLOSED && (stopped || closing || !open_now)));
        CHECK(status != PK_TIMEOUT || wait != 0);
        CHECK(wait != PK_WAIT_FOREVER || (status != PK_TIMEOUT && status != PK_EXHAUSTED) || !desc.threads);
        return;
    }
    CHECK(out < desc.max_size);
    if (out == MOST) return;
    driver_use(&db, lease);
    held[out].it = lease;
    held[out].tag = tag;
    held[out].told = held[out].vanished = false;
    out++;
}
static void release_at(unsigned i) {
    struct lease one = held[i];
    bool broken = DRIVER_GET(((driver_resource *)one.it.it)->dead) && chance(2);
    uint32_t before = releasing;
    bool told_before = releasing_told;
    held[i] = held[--out];
    driver_done(&db, one.it);
    releasing = one.tag;
    releasing_told = one.told;
    CHECK_STATUS((broken ? pk_respool_release_broken : pk_respool_release)(&pool, one.it), PK_OK);
    releasing = before;
    releasing_told = told_before;
    old[below(OLD)] = one.it;
}
static void release(void) {
    unsigned i = below(out + 1);
    if (i < out && (!held[i].vanished || chance(50))) release_at(i);
}
static void release_wrong(void) {
    pk_resource wrong = old[below(OLD)];
    unsigned i;
    if (!open_now) return;
    if (chance(3)) wrong.slot = below(MOST + 2);
    if (chance(3)) wrong.it = &desc;
    for (i = 0; i < out; i++) /* unless it is right by chance */
        if (wrong.slot == held[i].it.slot && wrong.lease == held[i].it.lease && wrong.it == held[i].it.it) return;
    misused++;
    CHECK_STATUS((chance(2) ? pk_respool_release : pk_respool_release_broken)(&pool, wrong), PK_INVALID);
}
static void tick(void) { (void)pk_respool_tick(&pool, db.now, chance(3) ? 0 : 1 + below(3)); }
static void time_passes(void) {
    switch (below(40)) {
    case 0: db.now += below(100000); break;
    case 1: db.now += below(0x40000000u); break;
    case 2: db.now -= below(1000); break;
    case 3: db.now -= below(0x10000000u); break;
    default: db.now += below(40); break;
    }
}
static void faults(void) {
    switch (below(8)) {
    case 0: db.fail_create = below(3); break;
    case 1: db.fail_create = chance(4) ? below(12) : 0; break;
    case 2: db.fail_validate = below(3); break;
    case 3: db.fail_reset = below(3); break;
    case 4: db.create_takes = chance(3) ? below(5000) : 0; break;
    case 5: db.validate_takes = chance(3) ? below(300) : 0; break;
    case 6: DRIVER_SET(db.all[below(DRIVER_MOST)].dead, 1u); break; /* lent, idle, or none */
    default:
        if (out) held[below(out)].vanished = true;
    }
}
static void check_health(void) {
    pk_status status = pk_respool_health(&pool);
    CHECK(status != PK_INVALID && status != PK_EXHAUSTED && (status != PK_CLOSED || stopped || closing || !open_now));
}
static void stop_or_close(void) {
    pk_status status;
    if (chance(3)) {
        stopped = true;
        pk_respool_stop(&pool);
    }
    closing++;
    if (chance(2) && depth < DEEPEST) {
        stopped = true;
        status = pk_respool_close(&pool, 1 + below(100));
    } else
        status = pk_respool_close(&pool, 0);
    closing--;
    if (status == PK_OK) {
        CHECK_EQ(out, 0);
        open_now = false;
        CHECK_EQ(driver_alive(&db), 0);
        CHECK_EQ(scheduler.mutexes + scheduler.conditions, 0);
    } else {
        CHECK_STATUS(status, PK_BUSY);
        CHECK(out > 0 || depth > 0 || closing > 0);
    }
}
static void act(void) {
    unsigned n = below(1000);
    if (test__bad || depth > DEEPEST) return;
    steps++;
    if (n < 330) acquire();
    else if (n < 700) release();
    else if (n < 740) release_wrong();
    else if (n < 800) tick();
    else if (n < 900) time_passes();
    else if (n < 950) faults();
    else if (n < 960) check_health();
    else if (n < 970) list_leases();
    else if (n < 971) stop_or_close();
    else observe();
}
static bool others(uint32_t ms) { /* while somebody waits */
    unsigned n = 1 + below(4);
    depth++;
    while (n-- > 0) act();
    depth--;
    if (chance(3)) return true;
    if (chance(2)) db.now += ms; /* or the clock stands still, though ms passed */
    return false;
}
static int inside(driver *d, int callback) { /* callbacks call the pool */
    if (scheduler.locked) scheduler.wrong++;
    (void)d;
    (void)callback;
    if (depth < DEEPEST && chance(30)) {
        depth++;
        act();
        depth--;
    }
    return 0;
}
static void hear(void *user, const pk_event *event) {
    unsigned i;
    if (event->kind == PK_RESPOOL_EVENT_LEAK) {
        told++;
        CHECK(event->a > desc.leak_ms);
        CHECK_EQ(event->detail != NULL, event->b != 0);
        for (i = 0; i < out && (held[i].tag != event->b || held[i].told || event->b == 0); i++) {}
        if (event->b != 0) CHECK(i < out); /* held, and told once */
        if (i < out && event->b != 0) held[i].told = true;
    } else if (event->kind == PK_RESPOOL_EVENT_LATE) {
        CHECK_EQ(event->b, releasing);
        CHECK(releasing == 0 || releasing_told);
        late++;
    }
    CHECK_TEXT(event->object, "db");
    driver_event(user, event);
}
static void open_one(void) {
    uint32_t now = db.now;
    static unsigned char memory[PK_RESPOOL_BYTES(MOST)];
    pk_status status;
    desc = driver_desc(&db);
    db.now = now;
    db.inside = inside;
    desc.on_event = hear;
    desc.max_size = 1 + below(MOST);
    desc.min_size = chance(2) ? PK_RESPOOL_NONE : 1 + below(desc.max_size);
    desc.max_creating = 1 + below(4);
    desc.max_uses = chance(4) ? 1 + below(10) : 0;
    desc.wait_ms = 1 + below(1000);
    desc.connect_ms = 1 + below(1000);
    desc.validate_ms = 1 + below(300);
    desc.validate_after_ms = chance(2) ? below(100) : 0;
    desc.idle_ms = chance(3) ? PK_RESPOOL_NONE : 1 + below(500);
    desc.life_ms = chance(3) ? PK_RESPOOL_NONE : 1 + below(3000);
    desc.health_ms = chance(3) ? PK_RESPOOL_NONE : 1 + below(300);
    desc.leak_ms = chance(2) ? 1 + below(300) : 0;
    desc.barge_us = chance(3) ? PK_RESPOOL_STRICT : chance(2) ? PK_RESPOOL_UNFAIR : 1 + below(10000);
    desc.jitter_pct = chance(2) ? (uint8_t)(1 + below(100)) : PK_RESPOOL_NO_JITTER;
    desc.validate_on_acquire = chance(2);
    if (chance(4)) desc.validate = NULL;
    if (chance(2)) desc.reset = driver_reset;
    desc.eager = chance(3);
    desc.threads = !chance(4);
    desc.race_proof = chance(2);
    desc.backoff.base_ms = 1 + below(50);
    desc.backoff.cap_ms = 1 + below(200);
    desc.backoff.jitter_pct = chance(2) ? PK_BACKOFF_NO_JITTER : 50;
    desc.breaker.failures = (uint8_t)below(8);
    desc.breaker.open_ms = 1 + below(1000);
    desc.breaker.half_open_ms = 1 + below(1000);
    if (chance(2)) {
        desc.memory = memory;
        desc.memory_size = sizeof memory;
    }
    memset(old, 0, sizeof old);
    attempts = refused = misused = told = late = 0;
    stopped = false;
    depth++; /* eager ones call back */
    closing++;
    open_now = true;
    status = pk_respool_init(&pool, &desc);
    closing--;
    depth--;
    if (status == PK_OK) return;
    CHECK_STATUS(status, PK_CREATE_FAILED);
    CHECK(desc.eager && out == 0);
    open_now = false;
}
static void run(unsigned long most) {
    while (steps < most && !test__bad) {
        if (!open_now) open_one();
        act();
        if (chance(16)) observe();
        if (stopped && chance(200)) {
            while (out > 0 && !test__bad) release_at(below(out));
            stop_or_close();
        }
    }
    db.inside = NULL;
    while (out > 0 && !test__bad) release_at(out - 1);
    if (!test__bad) {
        CHECK_STATUS(pk_respool_close(&pool, 0), PK_OK);
        CHECK_EQ(driver_alive(&db) + db.wrong + scheduler.wrong, 0);
    }
}
#ifdef __SANITIZE_ADDRESS__
#define STEPS 60000ul
#else
#define STEPS 400000ul
#endif
static void everything_fails(void) {
    const char *seed = getenv("SEED"), *most = getenv("STEPS");
    model_state = seed ? strtoull(seed, NULL, 0) : 1;
    scheduler.while_waiting = others;
    run(most ? strtoul(most, NULL, 0) : STEPS);
    if (test__bad) printf("  SEED=%s, step %lu\n", seed ? seed : "1", (unsigned long)steps);
    (void)model_seed;
    (void)model_run;
}

static void uses_an_allocator(pk_allocator allocator) {
    pk_resource lease;
    pk_respool_desc d = driver_desc(&db);
    pk_status status;
    d.allocator = &allocator;
    d.threads = true;
    status = pk_respool_init(&pool, &d);
    memset(&allocator, 0, sizeof allocator); /* it was copied */
    if (status != PK_OK) {
        CHECK_STATUS(status, PK_NO_MEMORY);
        CHECK(fault.failed);
        CHECK_STATUS(pk_respool_acquire(&pool, 0, &lease), PK_CLOSED);
        CHECK_STATUS(pk_respool_close(&pool, 0), PK_OK);
        return;
    }
    CHECK_STATUS(pk_respool_acquire(&pool, 0, &lease), PK_OK);
    CHECK_STATUS(pk_respool_release(&pool, lease), PK_OK);
    CHECK_EQ(fault.allocations, 1); /* all there ever is */
    CHECK_STATUS(pk_respool_close(&pool, 0), PK_OK);
}
static void no_memory(void) { FAULT_EVERY(uses_an_allocator); }

TESTS {
    RUN("P01 P10 P13 P18 P33", "whatever fails, no resource is lost, destroyed twice or lent to two, and all figures are true", everything_fails)
    RUN("P01", "a pool allocates once, and without memory there is none", no_memory)
}
