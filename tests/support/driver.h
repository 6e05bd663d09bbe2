/* driver.h - a resource driver for tests, which fails on demand. Its resources are places in an array, so that a resource that
   is destroyed twice, used after that, or lent to two at once is noticed. It allocates nothing and runs wherever resource pools do.

     static driver db;
     pk_respool_desc desc = driver_desc(&db); // create, destroy, validate, reset, clock and on_event of the driver */
#ifndef PERFKIT_DRIVER_H
#define PERFKIT_DRIVER_H
#include <string.h>

#ifndef DRIVER_MOST /* resources alive at once */
#define DRIVER_MOST 64
#endif
#define DRIVER_EVENTS 16
#if PERFKIT_ATOMICS && defined __GNUC__
#define DRIVER_ADD(x, n) __atomic_fetch_add(&(x), (n), __ATOMIC_SEQ_CST)
#define DRIVER_GET(x) __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define DRIVER_SET(x, value) __atomic_store_n(&(x), (value), __ATOMIC_SEQ_CST)
#else /* one thread; or define DRIVER_LOCK() and DRIVER_UNLOCK() before */
#ifndef DRIVER_LOCK
#define DRIVER_LOCK() ((void)0)
#define DRIVER_UNLOCK() ((void)0)
#endif
static uint32_t driver_add(uint32_t *x, uint32_t n, int set) { /* what it was */
    uint32_t was;
    DRIVER_LOCK();
    was = *x;
    *x = set ? n : was + n;
    DRIVER_UNLOCK();
    return was;
}
#define DRIVER_ADD(x, n) driver_add(&(x), n, 0)
#define DRIVER_GET(x) driver_add(&(x), 0, 0)
#define DRIVER_SET(x, value) (void)driver_add(&(x), value, 1)
#endif

/* The callbacks, for what `inside` is told. */
enum { DRIVER_CREATE, DRIVER_DESTROY, DRIVER_VALIDATE, DRIVER_RESET, DRIVER_EVENT, DRIVER_CALLBACKS };

typedef struct driver_resource { uint32_t claims, alive, users, dead, uses; } driver_resource;
typedef struct driver {
    driver_resource all[DRIVER_MOST];
    uint32_t created, destroyed, validated, reset, creating, creating_peak;
    uint32_t wrong;          /* destroyed twice, used after that, or by two at once */
    uint32_t now;            /* the clock */
    uint32_t fail_create, fail_validate, fail_reset; /* so many of the next calls fail; UINT32_MAX: all */
    uint32_t create_takes, validate_takes;           /* ms that the clock moves in a call */
    uint32_t limit;          /* that the last create or validate was given */
    uint32_t events[DRIVER_EVENTS]; /* by kind */
    uint32_t reasons[8];     /* of destroying, by kind */
    int (*inside)(struct driver *d, int callback); /* called in each callback: does what it likes; not 0: that one fails */
    pk_event last;
    pk_respool *pool;        /* where set (one thread only), on_event asks it for figures */
    pk_respool_stats at_event;
} driver;

static int driver_fails(driver *d, uint32_t *n, int callback) {
    if (d->inside && d->inside(d, callback)) return 1;
    if (n == NULL || DRIVER_GET(*n) == 0) return 0;
    if (DRIVER_GET(*n) != UINT32_MAX) DRIVER_ADD(*n, (uint32_t)-1);
    return 1;
}
/* Resources are only touched by who has them: what is wrong is counted. */
static void driver_in_hand(driver *d, driver_resource *r) {
    if (DRIVER_GET(r->alive) != 1 || DRIVER_GET(r->users)) DRIVER_ADD(d->wrong, 1u);
}
static pk_status driver_create(void **resource, uint32_t limit_ms, void *user) {
    driver *d = (driver *)user;
    uint32_t at, tries = 0, creating = DRIVER_ADD(d->creating, 1u) + 1u;
    pk_status status = PK_IO;
    DRIVER_SET(d->limit, limit_ms);
    if (creating > DRIVER_GET(d->creating_peak)) DRIVER_SET(d->creating_peak, creating);
    DRIVER_ADD(d->now, d->create_takes);
    if (!driver_fails(d, &d->fail_create, DRIVER_CREATE)) {
        at = DRIVER_ADD(d->created, 1u) % DRIVER_MOST;
        while (DRIVER_ADD(d->all[at].claims, 1u) != 0) { /* somebody's, who must not see `alive` move */
            DRIVER_ADD(d->all[at].claims, (uint32_t)-1);
            at = (at + 1) % DRIVER_MOST;
            if (++tries == 2 * DRIVER_MOST) DRIVER_ADD(d->wrong, 1u); /* lost, or far too many */
        }
        DRIVER_SET(d->all[at].alive, 1u);
        DRIVER_SET(d->all[at].dead, 0u);
        DRIVER_SET(d->all[at].uses, 0u);
        *resource = &d->all[at];
        status = PK_OK;
    }
    DRIVER_ADD(d->creating, (uint32_t)-1);
    return status;
}
static void driver_destroy(void *resource, int reason, void *user) {
    driver *d = (driver *)user;
    driver_resource *r = (driver_resource *)resource;
    driver_in_hand(d, r);
    (void)driver_fails(d, NULL, DRIVER_DESTROY);
    driver_in_hand(d, r);
    DRIVER_ADD(d->reasons[reason & 7], 1u);
    DRIVER_ADD(d->destroyed, 1u);
    DRIVER_ADD(r->alive, (uint32_t)-1);
    DRIVER_ADD(r->claims, (uint32_t)-1);
}
static pk_status driver_validate(void *resource, uint32_t limit_ms, void *user) {
    driver *d = (driver *)user;
    driver_resource *r = (driver_resource *)resource;
    int fails;
    DRIVER_SET(d->limit, limit_ms);
    DRIVER_ADD(d->validated, 1u);
    DRIVER_ADD(d->now, d->validate_takes);
    driver_in_hand(d, r);
    fails = driver_fails(d, &d->fail_validate, DRIVER_VALIDATE);
    driver_in_hand(d, r);
    return fails || DRIVER_GET(r->dead) ? PK_IO : PK_OK;
}
static pk_status driver_reset(void *resource, void *user) {
    driver *d = (driver *)user;
    driver_resource *r = (driver_resource *)resource;
    int fails;
    DRIVER_ADD(d->reset, 1u);
    driver_in_hand(d, r);
    fails = driver_fails(d, &d->fail_reset, DRIVER_RESET);
    driver_in_hand(d, r);
    return fails || DRIVER_GET(r->dead) ? PK_IO : PK_OK;
}
static pk_time driver_clock(void *user) { return (pk_time)DRIVER_GET(((driver *)user)->now); }
static void driver_event(void *user, const pk_event *event) {
    driver *d = (driver *)user;
    if (event->kind > 0 && event->kind < DRIVER_EVENTS) DRIVER_ADD(d->events[event->kind], 1u);
    (void)driver_fails(d, NULL, DRIVER_EVENT);
    if (d->pool == NULL) return;
    d->last = *event;
    pk_respool_get_stats(d->pool, &d->at_event);
}

/* A user's part: a resource is in use from here to there. */
static void driver_use(driver *d, pk_resource lease) {
    driver_resource *r = (driver_resource *)lease.it;
    if (DRIVER_ADD(r->users, 1u) != 0 || DRIVER_GET(r->alive) != 1) DRIVER_ADD(d->wrong, 1u);
    DRIVER_ADD(r->uses, 1u);
}
static void driver_done(driver *d, pk_resource lease) {
    driver_resource *r = (driver_resource *)lease.it;
    if (DRIVER_ADD(r->users, (uint32_t)-1) != 1 || DRIVER_GET(r->alive) != 1) DRIVER_ADD(d->wrong, 1u);
}
/* Resources that exist, for all the driver knows. */
static uint32_t driver_alive(driver *d) { return DRIVER_GET(d->created) - DRIVER_GET(d->destroyed); }

/* With the driver's clock, which stands still until a test moves it, and neither jitter, nor lazy defaults, nor a reset. */
static pk_respool_desc driver_desc(driver *d) {
    pk_respool_desc desc;
    memset(&desc, 0, sizeof desc);
    memset(d, 0, sizeof *d);
    (void)driver_reset;
    (void)driver_use;
    (void)driver_done;
    (void)driver_alive;
    desc.name = "db";
    desc.create = driver_create;
    desc.destroy = driver_destroy;
    desc.validate = driver_validate;
    desc.on_event = driver_event;
    desc.user = d;
    desc.min_size = PK_RESPOOL_NONE;
    desc.jitter_pct = PK_RESPOOL_NO_JITTER;
    desc.backoff.jitter_pct = PK_BACKOFF_NO_JITTER;
    desc.clock = driver_clock;
    desc.clock_user = d;
    return desc;
}
#endif
