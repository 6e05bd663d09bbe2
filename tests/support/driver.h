/* driver.h - a resource driver for tests, which fails on demand (hosted). Its resources are places in an array, so that a
   resource that is destroyed twice, used after that, or lent to two at once is noticed.

     static driver db;
     pk_respool_desc desc = driver_desc(&db); // create, destroy, validate, reset, clock and on_event of the driver */
#ifndef PERFKIT_DRIVER_H
#define PERFKIT_DRIVER_H
#include <string.h>

#define DRIVER_MOST 4096
#define DRIVER_EVENTS 16
#ifdef __GNUC__
#define DRIVER_ADD(x, n) __atomic_fetch_add(&(x), (n), __ATOMIC_SEQ_CST)
#define DRIVER_GET(x) __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define DRIVER_SET(x, value) __atomic_store_n(&(x), (value), __ATOMIC_SEQ_CST)
#else /* tcc: one thread */
#define DRIVER_ADD(x, n) (((x) += (n)) - (n))
#define DRIVER_GET(x) (x)
#define DRIVER_SET(x, value) ((x) = (value))
#endif

typedef struct driver_resource { uint32_t alive, users, dead, uses; } driver_resource;
typedef struct driver {
    driver_resource all[DRIVER_MOST];
    uint32_t created, destroyed, validated, reset, creating, creating_peak;
    uint32_t wrong;          /* destroyed twice, used after that, or by two at once */
    uint32_t now;            /* the clock */
    uint32_t fail_create, fail_validate, fail_reset; /* so many of the next calls fail; UINT32_MAX: all */
    uint32_t create_takes, validate_takes;           /* ms that the clock moves in a call */
    uint32_t events[DRIVER_EVENTS];                  /* by kind */
    int last_reason;
    pk_event last;
    pk_respool *pool;        /* where set, on_event asks it for figures */
    pk_respool_stats at_event;
} driver;

static int driver_fails(uint32_t *n) {
    if (DRIVER_GET(*n) == 0) return 0;
    if (DRIVER_GET(*n) != UINT32_MAX) DRIVER_ADD(*n, (uint32_t)-1);
    return 1;
}
static pk_status driver_create(void **resource, uint32_t limit_ms, void *user) {
    driver *d = (driver *)user;
    uint32_t at, creating = DRIVER_ADD(d->creating, 1u) + 1u;
    pk_status status = PK_IO;
    (void)limit_ms;
    if (creating > DRIVER_GET(d->creating_peak)) DRIVER_SET(d->creating_peak, creating);
    DRIVER_ADD(d->now, d->create_takes);
    if (!driver_fails(&d->fail_create)) {
        at = DRIVER_ADD(d->created, 1u) % DRIVER_MOST;
        if (DRIVER_GET(d->all[at].alive)) DRIVER_ADD(d->wrong, 1u); /* more than DRIVER_MOST alive, or one lost */
        DRIVER_SET(d->all[at].dead, 0u);
        DRIVER_SET(d->all[at].alive, 1u);
        *resource = &d->all[at];
        status = PK_OK;
    }
    DRIVER_ADD(d->creating, (uint32_t)-1);
    return status;
}
static void driver_destroy(void *resource, int reason, void *user) {
    driver *d = (driver *)user;
    driver_resource *r = (driver_resource *)resource;
    if (!DRIVER_GET(r->alive) || DRIVER_GET(r->users)) DRIVER_ADD(d->wrong, 1u);
    DRIVER_SET(r->alive, 0u);
    DRIVER_ADD(d->destroyed, 1u);
    DRIVER_SET(d->last_reason, reason);
}
static pk_status driver_validate(void *resource, uint32_t limit_ms, void *user) {
    driver *d = (driver *)user;
    driver_resource *r = (driver_resource *)resource;
    (void)limit_ms;
    DRIVER_ADD(d->validated, 1u);
    DRIVER_ADD(d->now, d->validate_takes);
    if (!DRIVER_GET(r->alive) || DRIVER_GET(r->users)) DRIVER_ADD(d->wrong, 1u);
    return DRIVER_GET(r->dead) || driver_fails(&d->fail_validate) ? PK_IO : PK_OK;
}
static pk_status driver_reset(void *resource, void *user) {
    driver *d = (driver *)user;
    driver_resource *r = (driver_resource *)resource;
    DRIVER_ADD(d->reset, 1u);
    if (!DRIVER_GET(r->alive) || DRIVER_GET(r->users)) DRIVER_ADD(d->wrong, 1u);
    DRIVER_SET(r->uses, 0u);
    return driver_fails(&d->fail_reset) ? PK_IO : PK_OK;
}
static pk_time driver_clock(void *user) { return (pk_time)DRIVER_GET(((driver *)user)->now); }
static void driver_event(void *user, const pk_event *event) {
    driver *d = (driver *)user;
    if (event->kind > 0 && event->kind < DRIVER_EVENTS) DRIVER_ADD(d->events[event->kind], 1u);
    if (d->pool == NULL) return; /* the rest is for one thread */
    d->last = *event;
    pk_respool_get_stats(d->pool, &d->at_event);
}

/* A user's part: a resource is in use from here to there. */
static void driver_use(driver *d, pk_resource lease) {
    driver_resource *r = (driver_resource *)lease.it;
    if (DRIVER_ADD(r->users, 1u) != 0 || !DRIVER_GET(r->alive)) DRIVER_ADD(d->wrong, 1u);
    DRIVER_ADD(r->uses, 1u);
}
static void driver_done(driver *d, pk_resource lease) {
    driver_resource *r = (driver_resource *)lease.it;
    if (DRIVER_ADD(r->users, (uint32_t)-1) != 1 || !DRIVER_GET(r->alive)) DRIVER_ADD(d->wrong, 1u);
}
/* Resources that exist, for all the driver knows. */
static uint32_t driver_alive(driver *d) { return DRIVER_GET(d->created) - DRIVER_GET(d->destroyed); }

/* With the driver's clock, which stands still until a test moves it, and neither jitter nor lazy defaults. */
static pk_respool_desc driver_desc(driver *d) {
    pk_respool_desc desc;
    memset(&desc, 0, sizeof desc);
    memset(d, 0, sizeof *d);
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
