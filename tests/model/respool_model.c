/* Resource pools against a slow obvious model, which says of every call what it returns, which resource it lends, which ones are
   destroyed and why, and what the figures are then: limits, order, life, idle and health times, uses, resting, breaker, leaks.
   One thread, which never waits (tests/fault/respool_fault.c does); a clock that only goes forward.

     ./respool_model [SEED [STEPS]] */
#define PERFKIT_POOL_IMPLEMENTATION
#include "../../perfkit_pool.h"
#include "../support/driver.h"
#include "../support/model.h"

enum { MOST = 12, OLD = 32 };
#define DIFFERS(...) (printf("  " __VA_ARGS__), printf("\n"), 0)

static driver db;
static pk_respool pool;
static pk_respool_desc desc;

/* The model: places, of which the empty ones and the idle ones lie in two stacks. */
static struct place {
    bool lent, leaked, mine;
    driver_resource *it;
    uint32_t lease, ends, stamp, checked, uses, tag;
} places[MOST];
static uint32_t idle[MOST], idles, empty[MOST], empties; /* the last is the top */
static uint32_t made, peak, home, cursor, failures, retry_at, rest_ms, tried, tripped_at, now;
static bool resting, tripped, alarmed, stopped, alive[DRIVER_MOST];
static uint32_t events[DRIVER_EVENTS], reasons[8];
static pk_respool_stats count; /* the counters of it */
static pk_resource old[OLD];
static uint32_t tags, next_fails, driver_next_fails; /* the n-th of the coming calls of create fails; 0: none */

static bool ended(const struct place *s, uint32_t at) { return desc.life_ms != PK_RESPOOL_NONE && (int32_t)(at - s->ends) >= 0; }

/* The driver's answers, which the model knows beforehand: it does what the driver does. */
static bool model_create(struct place *s) {
    uint32_t at;
    now += db.create_takes;
    if (next_fails && --next_fails == 0) return false;
    at = count.created % DRIVER_MOST;
    while (alive[at]) at = (at + 1) % DRIVER_MOST;
    alive[at] = true;
    s->it = &db.all[at];
    return true;
}
static void model_destroy(struct place *s, int reason) {
    count.destroyed[reason]++;
    reasons[reason]++;
    alive[s->it - db.all] = false;
    s->it = NULL;
    s->lent = s->leaked = false;
    made--;
    empty[empties++] = (uint32_t)(s - places);
}
static void model_made(struct place *s) {
    s->uses = 0;
    s->mine = false;
    s->checked = s->stamp = now;
    s->ends = now + desc.life_ms;
    made++;
    if (made - idles > peak) peak = made - idles;
    failures = tried = 0;
    resting = tripped = false;
    count.created++;
}
static void model_not_made(struct place *s) {
    uint32_t i, delay = desc.backoff.base_ms;
    for (i = 0; i < tried && delay < desc.backoff.cap_ms; i++) delay *= 2;
    if (delay > desc.backoff.cap_ms) delay = desc.backoff.cap_ms;
    tried++;
    failures++;
    count.create_errors++;
    events[PK_RESPOOL_EVENT_CREATE]++;
    if (tripped || failures >= desc.breaker.failures) {
        tripped = true;
        tripped_at = now;
        delay = (uint32_t)desc.breaker.open_ms;
    }
    resting = true;
    rest_ms = delay;
    retry_at = now + delay;
    empty[empties++] = (uint32_t)(s - places);
}
static bool model_valid(struct place *s) { /* and how long it takes */
    now += db.validate_takes;
    if (!s->it->dead && db.validate_takes <= desc.validate_ms) {
        s->checked = now;
        return true;
    }
    count.validate_errors++;
    events[PK_RESPOOL_EVENT_VALIDATE]++;
    return false;
}
static void take_out(uint32_t position) {
    for (idles--; position < idles; position++) idle[position] = idle[position + 1];
    if (made - idles > peak) peak = made - idles;
}
static bool model_may_create(uint32_t at) {
    if (made == desc.max_size) return false;
    if (resting && (int32_t)(at - retry_at) < 0) return false;
    resting = false;
    return true;
}
/* What an acquire that doesn't wait returns, and the place that it lends. */
static pk_status model_acquire(struct place **lent) {
    uint32_t asked = now, i;
    bool failed = false, exhausted = false;
    for (;;) {
        struct place *s;
        if (stopped) break;
        if (idles > 0) {
            i = idles - 1; /* the warmest, but rather one of its own */
            if (!places[idle[i]].mine && idles > 1 && home < MOST && places[home].mine)
                for (i = 0; i < idles && idle[i] != home; i++) {}
            if (i == idles) i = idles - 1;
            s = &places[idle[i]];
            take_out(i);
            if (ended(s, asked)) {
                model_destroy(s, PK_RESPOOL_OLD);
            } else if (desc.validate_on_acquire && asked - s->stamp >= desc.validate_after_ms && !model_valid(s)) {
                model_destroy(s, PK_RESPOOL_INVALID);
            } else {
                count.hits++;
                s->stamp = asked;
                *lent = s;
                return PK_OK;
            }
            asked = now;
            continue;
        }
        if (failed || !model_may_create(asked)) {
            if (made == desc.max_size && !exhausted) count.exhaustions++;
            exhausted = made == desc.max_size;
            break;
        }
        s = &places[empty[--empties]];
        if (model_create(s)) {
            model_made(s);
            count.misses++;
            *lent = s;
            return PK_OK;
        }
        model_not_made(s);
        failed = true;
        asked = now;
    }
    count.misses++;
    if (stopped) {
        count.closed++;
        events[PK_RESPOOL_EVENT_CLOSED]++;
        return PK_CLOSED;
    }
    if (!failed && made == desc.max_size) {
        count.exhausted++;
        events[PK_RESPOOL_EVENT_EXHAUSTED]++;
        return PK_EXHAUSTED;
    }
    if (!failed && tripped) {
        count.breaker_open++;
        events[PK_RESPOOL_EVENT_BREAKER]++;
        return PK_BREAKER_OPEN;
    }
    count.create_failed++;
    events[PK_RESPOOL_EVENT_REFUSED]++;
    return PK_CREATE_FAILED;
}
static void model_lay_back(struct place *s) {
    if (stopped)
        model_destroy(s, PK_RESPOOL_CLOSING);
    else
        idle[idles++] = (uint32_t)(s - places);
}
static void model_release(struct place *s, bool broken) {
    if (s->leaked) {
        count.late++;
        events[PK_RESPOOL_EVENT_LATE]++;
    }
    s->lent = s->leaked = false;
    if (broken) {
        model_destroy(s, PK_RESPOOL_BROKEN);
    } else if (desc.max_uses && s->uses >= desc.max_uses) {
        model_destroy(s, PK_RESPOOL_WORN);
    } else if (ended(s, now)) {
        model_destroy(s, PK_RESPOOL_OLD);
    } else if (desc.reset && s->it->dead) {
        count.reset_errors++;
        events[PK_RESPOOL_EVENT_RESET]++;
        model_destroy(s, PK_RESPOOL_DIRTY);
    } else {
        s->stamp = now;
        model_lay_back(s);
    }
}
static uint32_t model_look_after(uint32_t at, uint32_t due) {
    struct place *s = &places[at];
    uint32_t i;
    int reason = PK_RESPOOL_REASONS;
    if (s->lent && !s->leaked && desc.leak_ms && due - s->stamp > desc.leak_ms) {
        s->leaked = true;
        count.leaks++;
        events[PK_RESPOOL_EVENT_LEAK]++;
    }
    for (i = 0; i < idles && idle[i] != at; i++) {}
    if (i == idles) return 0;
    if (ended(s, due))
        reason = PK_RESPOOL_OLD;
    else if (desc.idle_ms != PK_RESPOOL_NONE && due - s->stamp > desc.idle_ms && made > desc.min_size)
        reason = PK_RESPOOL_IDLE;
    else if (desc.health_ms == PK_RESPOOL_NONE || (int32_t)(due - s->checked) < (int32_t)desc.health_ms)
        return 0;
    take_out(i);
    if (reason == PK_RESPOOL_REASONS && !model_valid(s)) reason = PK_RESPOOL_INVALID;
    if (reason != PK_RESPOOL_REASONS) {
        model_destroy(s, reason);
        return 1;
    }
    if (stopped) {
        model_destroy(s, PK_RESPOOL_CLOSING);
        return 1;
    }
    for (i = idles++; i > 0 && (int32_t)(places[idle[i - 1]].stamp - s->stamp) >= 0; i--) idle[i] = idle[i - 1];
    idle[i] = at;
    return 1;
}
static uint32_t model_tick(uint32_t budget) {
    uint32_t done = 0, i, due = now;
    if (budget == 0 || budget > desc.max_size) budget = desc.max_size;
    for (i = 0; i < budget; i++) {
        done += model_look_after(cursor, due);
        cursor = (cursor + 1) % desc.max_size;
    }
    for (i = 0; i < budget && made < desc.min_size && !stopped && model_may_create(now); i++) {
        struct place *s = &places[empty[--empties]];
        if (!model_create(s)) {
            model_not_made(s);
            break;
        }
        model_made(s);
        model_lay_back(s);
        done++;
    }
    count.errors = count.create_errors + count.validate_errors + count.reset_errors;
    if (count.errors * 20 > count.hits + count.misses) {
        if (!alarmed) events[PK_RESPOOL_EVENT_ERRORS]++;
        alarmed = true;
    } else
        alarmed = false;
    return done;
}

/* ---- Both ---- */

static int agree(void) {
    pk_respool_stats s;
    unsigned i;
    pk_respool_get_stats(&pool, &s);
    if (db.now != now) return DIFFERS("clock: %u, model %u", db.now, now);
    if (s.total != made || s.idle != idles || s.active != made - idles || s.peak != peak)
        return DIFFERS("total %u idle %u peak %u; model %u %u %u", s.total, s.idle, s.peak, made, idles, peak);
    if (s.hits != count.hits || s.misses != count.misses || s.created != count.created || s.exhaustions != count.exhaustions ||
        s.exhausted != count.exhausted || s.breaker_open != count.breaker_open || s.create_failed != count.create_failed ||
        s.closed != count.closed || s.misused != count.misused || s.leaks != count.leaks || s.late != count.late)
        return DIFFERS("counters");
    if (s.create_errors != count.create_errors || s.validate_errors != count.validate_errors || s.reset_errors != count.reset_errors ||
        s.waits + s.timeouts + s.waiting + s.creating != 0)
        return DIFFERS("errors");
    for (i = 0; i < PK_RESPOOL_REASONS; i++)
        if (s.destroyed[i] != count.destroyed[i] || db.reasons[i] != reasons[i])
            return DIFFERS("reason %u: %u destroyed, model %u", i, db.reasons[i], reasons[i]);
    for (i = 0; i < DRIVER_EVENTS; i++)
        if (db.events[i] != events[i]) return DIFFERS("event %u: %u, model %u", i, db.events[i], events[i]);
    return db.wrong == 0 ? 1 : DIFFERS("the driver saw something wrong");
}
static int fails_now(driver *d, int callback) {
    (void)d;
    return callback == DRIVER_CREATE && driver_next_fails && --driver_next_fails == 0;
}

static int acquire(void *unused) {
    struct place *s = NULL;
    pk_resource lease;
    uint32_t tag = ++tags;
    pk_status want = model_acquire(&s), got;
    (void)unused;
    if (model_below(2)) {
        tag = 0;
        got = pk_respool_try_acquire(&pool, &lease);
    } else
        got = pk_respool_acquire_until(&pool, db.now, "x", tag, &lease);
    if (got != want) return DIFFERS("acquire: %d, model %d", got, want);
    if (got != PK_OK) return agree();
    if (lease.it != s->it || lease.slot != (uint32_t)(s - places))
        return DIFFERS("lent place %u, model %u", lease.slot, (uint32_t)(s - places));
    if (s->lent || lease.lease != ++s->lease) return DIFFERS("lease %u, model %u", lease.lease, s->lease);
    if (!s->mine) home = lease.slot;
    s->mine = s->lent = true;
    s->uses++;
    s->tag = tag;
    driver_use(&db, lease);
    return agree();
}
static pk_resource lease_of(const struct place *s) {
    pk_resource lease;
    lease.it = s->it;
    lease.slot = (uint32_t)(s - places);
    lease.lease = s->lease;
    return lease;
}
static int release_one(struct place *s) {
    pk_resource lease = lease_of(s);
    bool broken = model_below(s->it->dead ? 2 : 12) == 0;
    pk_status got;
    old[model_below(OLD)] = lease;
    driver_done(&db, lease);
    model_release(s, broken);
    got = broken ? pk_respool_release_broken(&pool, lease) : pk_respool_release(&pool, lease);
    return got == PK_OK ? agree() : DIFFERS("release: %d", got);
}
static int release(void *unused) {
    struct place *s = &places[model_below(desc.max_size)];
    (void)unused;
    return !s->lent || release_one(s);
}
static int release_wrong(void *unused) {
    pk_resource lease = old[model_below(OLD)];
    (void)unused;
    if (model_below(3) == 0) lease.slot = model_below(desc.max_size + 2);
    if (lease.slot < desc.max_size) { /* unless it is right by chance */
        const struct place *s = &places[lease.slot];
        if (s->lent && s->lease == lease.lease && s->it == lease.it) return 1;
    }
    count.misused++;
    events[PK_RESPOOL_EVENT_MISUSE]++;
    if (pk_respool_release(&pool, lease) != PK_INVALID) return DIFFERS("wrong release taken");
    return agree();
}
static int tick(void *unused) {
    uint32_t budget = model_below(2) ? 0 : model_below(5), want, got, at = db.now;
    (void)unused;
    want = model_tick(budget);
    got = pk_respool_tick(&pool, at, budget);
    return got == want ? agree() : DIFFERS("tick: %u, model %u", got, want);
}
static int time_passes(void *unused) {
    uint32_t ms = model_below(100) == 0 ? model_below(5000) : model_below(60);
    (void)unused;
    db.now += ms;
    now += ms;
    return 1;
}
static int fault(void *unused) {
    (void)unused;
    if (model_below(3) == 0) {
        driver_next_fails = next_fails = model_below(4);
    } else if (model_below(8) == 0) {
        db.create_takes = model_below(2) ? model_below(50) : 0;
        db.validate_takes = model_below(2) ? model_below(150) : 0;
    } else
        db.all[model_below(DRIVER_MOST)].dead = 1;
    return 1;
}
static int leases(void *unused) {
    pk_respool_lease lease;
    uint32_t at = 0, i, min_ms = model_below(50);
    (void)unused;
    for (i = 0; i < desc.max_size; i++) {
        struct place *s = &places[i];
        if (!s->lent || now - s->stamp <= min_ms) continue;
        if (!pk_respool_next_lease(&pool, min_ms, &at, &lease)) return DIFFERS("a lease is not listed");
        if (lease.lease.slot != i || lease.lease.it != s->it || lease.lease.lease != s->lease || lease.tag != s->tag ||
            lease.held_ms != now - s->stamp || (lease.site != NULL) != (s->tag != 0))
            return DIFFERS("lease %u", i);
    }
    return pk_respool_next_lease(&pool, min_ms, &at, &lease) ? DIFFERS("too many leases are listed") : 1;
}
static int make_pool(void) {
    uint32_t i;
    desc = driver_desc(&db);
    db.now = now = model_random();
    db.inside = fails_now;
    desc.max_size = 1 + model_below(MOST);
    desc.min_size = model_below(2) ? PK_RESPOOL_NONE : 1 + model_below(desc.max_size);
    desc.max_uses = model_below(4) ? 0 : 1 + model_below(6);
    desc.validate_ms = 1 + model_below(100);
    desc.validate_after_ms = model_below(2) ? model_below(60) : 0;
    desc.idle_ms = model_below(3) ? 1 + model_below(200) : PK_RESPOOL_NONE;
    desc.life_ms = model_below(3) ? 1 + model_below(1000) : PK_RESPOOL_NONE;
    desc.health_ms = model_below(3) ? 1 + model_below(200) : PK_RESPOOL_NONE;
    desc.leak_ms = model_below(2) ? 1 + model_below(200) : 0;
    desc.reset = model_below(2) ? driver_reset : NULL;
    desc.validate_on_acquire = model_below(2);
    desc.race_proof = model_below(2);
    desc.backoff.base_ms = 1 + model_below(30);
    desc.backoff.cap_ms = desc.backoff.base_ms + model_below(200);
    desc.breaker.failures = (uint8_t)(1 + model_below(6));
    desc.breaker.open_ms = 1 + model_below(300);
    if (pk_respool_init(&pool, &desc) != PK_OK) return DIFFERS("init");
    if (desc.min_size == PK_RESPOOL_NONE) desc.min_size = 0;
    memset(places, 0, sizeof places);
    memset(&count, 0, sizeof count);
    memset(events, 0, sizeof events);
    memset(reasons, 0, sizeof reasons);
    memset(old, 0, sizeof old);
    memset(alive, 0, sizeof alive);
    idles = made = peak = cursor = failures = tried = next_fails = driver_next_fails = 0;
    home = MOST;
    resting = tripped = alarmed = stopped = false;
    for (empties = 0, i = desc.max_size; i > 0; i--) empty[empties++] = i - 1;
    return agree();
}
static int stop_and_close(void *unused) {
    uint32_t i;
    (void)unused;
    if (!stopped) {
        if (made > idles && pk_respool_close(&pool, 0) != PK_BUSY) return DIFFERS("closed under leases");
        stopped = true;
        while (idles > 0) {
            struct place *s = &places[idle[idles - 1]];
            take_out(idles - 1);
            model_destroy(s, PK_RESPOOL_CLOSING);
        }
        pk_respool_stop(&pool);
        return agree();
    }
    for (i = 0; i < desc.max_size; i++)
        if (places[i].lent && !release_one(&places[i])) return 0;
    if (pk_respool_close(&pool, 0) != PK_OK || driver_alive(&db) != 0) return DIFFERS("close");
    return make_pool();
}

static const model_op operations[] = {{"acquire", 300, acquire},        {"release", 400, release}, {"wrong release", 20, release_wrong},
                                      {"tick", 60, tick},               {"time", 150, time_passes}, {"fault", 30, fault},
                                      {"leases", 10, leases},           {"stop, close", 2, stop_and_close}};

int main(int argc, char **argv) {
    unsigned long steps = argc > 2 ? strtoul(argv[2], NULL, 0) : 200000;
    uint64_t seed = model_seed(argc, argv);
    int agreed;
    model_state = seed;
    agreed = make_pool() && model_run("respool", operations, PK__COUNTOF(operations), NULL, seed, steps);
    printf("%d passed, %d failed\n", agreed, !agreed);
    return agreed ? 0 : 1;
}
