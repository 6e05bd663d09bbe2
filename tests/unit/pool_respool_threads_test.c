/* targets: threads */
/* Resource pools among threads: faults, races, closing, threads that end while they hold something, forks. */
#if !defined _XOPEN_SOURCE && !defined _GNU_SOURCE
#define _XOPEN_SOURCE 700
#endif
#define PERFKIT_POOL_IMPLEMENTATION
#include "../../perfkit_pool.h"
#define DRIVER_MOST 256
#include <pthread.h>
#if !PERFKIT_ATOMICS
static pthread_mutex_t driver_lock = PTHREAD_MUTEX_INITIALIZER;
#define DRIVER_LOCK() pthread_mutex_lock(&driver_lock)
#define DRIVER_UNLOCK() pthread_mutex_unlock(&driver_lock)
#endif
#include "../support/driver.h"
#include "../support/test.h"
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#ifndef _WIN32
#include <sys/wait.h>
#endif
#include <unistd.h>

#if defined __SANITIZE_THREAD__ || defined __SANITIZE_ADDRESS__ || defined __clang__
enum { THREADS = 8, MANY = 1500 };
#else
enum { THREADS = 8, MANY = 6000 };
#endif
static driver db;
static pk_respool pool;
static pk_respool_desc desc;
static uint32_t attempts, served, closed, failed, stop_all, calls, fault_each, here, everybody;
static unsigned rounds;

static void nap(uint32_t us) {
    struct timespec pause;
    pause.tv_sec = 0;
    pause.tv_nsec = (long)us * 1000;
    nanosleep(&pause, NULL);
}
static void start_threads(pthread_t *threads, void *(*work)(void *), unsigned n) {
    unsigned i;
    for (i = 0; i < n; i++) CHECK_EQ(pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)i), 0);
}
static void join_threads(pthread_t *threads, unsigned n) {
    unsigned i;
    for (i = 0; i < n; i++) pthread_join(threads[i], NULL);
}
static int fails_now_and_then(driver *d, int callback) {
    uint32_t n = DRIVER_ADD(calls, 1u) * 0x9E3779B9u >> 16;
    (void)d;
    if (n % 64 == 1) sched_yield();
    return callback <= DRIVER_RESET && n % fault_each == 0;
}
static void describe(void) {
    desc = driver_desc(&db);
    desc.clock = NULL; /* time is real */
    desc.threads = true;
    desc.max_size = 3;
    desc.backoff.base_ms = desc.backoff.cap_ms = 1;
    desc.breaker.open_ms = 2;
    attempts = served = closed = failed = stop_all = here = 0;
    everybody = THREADS;
    calls = 1;
    fault_each = 50;
}
static void open_pool(void) { CHECK_STATUS(pk_respool_init(&pool, &desc), PK_OK); }
static void close_pool(void) {
    CHECK_STATUS(pk_respool_close(&pool, 0), PK_OK);
    CHECK_EQ(driver_alive(&db), 0);
    CHECK_EQ(db.wrong, 0);
}

static void *uses_it(void *number) {
    uint32_t random = 17u + (uint32_t)(uintptr_t)number;
    unsigned i;
    DRIVER_ADD(here, 1u);
    while (DRIVER_GET(here) < everybody) sched_yield(); /* so that they meet */
    for (i = 0; i < rounds; i++) {
        pk_resource lease;
        pk_status status;
        random = random * 1664525u + 1013904223u;
        status = random >> 30 == 0 ? pk_respool_try_acquire(&pool, &lease) : pk_respool_acquire(&pool, random >> 26 & 15u, &lease);
        DRIVER_ADD(attempts, 1u);
        if (status != PK_OK) {
            DRIVER_ADD(failed, 1u);
            if (status == PK_CREATE_FAILED || status == PK_BREAKER_OPEN) nap(100); /* it rests for a millisecond or two */
            continue;
        }
        DRIVER_ADD(served, 1u);
        driver_use(&db, lease);
        if ((random >> 12 & 15u) == 0) sched_yield();
        if ((random >> 16 & 127u) == 0) DRIVER_SET(((driver_resource *)lease.it)->dead, 1u);
        driver_done(&db, lease);
        status = (random >> 8 & 63u) == 0 ? pk_respool_release_broken(&pool, lease) : pk_respool_release(&pool, lease);
        if (status != PK_OK) DRIVER_ADD(db.wrong, 1u);
    }
    return NULL;
}
static void *looks_after_it(void *unused) {
    (void)unused;
    while (!DRIVER_GET(stop_all)) {
        pk_respool_stats stats;
        pk_respool_lease lease;
        uint32_t cursor = 0;
        (void)pk_respool_tick(&pool, pk__now_ms(NULL), 0);
        pk_respool_get_stats(&pool, &stats);
        if (stats.active + stats.idle + stats.creating != stats.total || stats.total > stats.max_size || stats.peak > stats.max_size ||
            stats.hits > DRIVER_GET(attempts) + THREADS)
            DRIVER_ADD(db.wrong, 1u);
        while (pk_respool_next_lease(&pool, 0, &cursor, &lease)) {}
        (void)pk_respool_health(&pool);
        sched_yield();
    }
    return NULL;
}
static void run_threads(void) {
    pthread_t threads[THREADS], keeper;
    pk_respool_stats stats;
    open_pool();
    db.inside = fails_now_and_then;
    CHECK_EQ(pthread_create(&keeper, NULL, looks_after_it, NULL), 0);
    start_threads(threads, uses_it, THREADS);
    join_threads(threads, THREADS);
    DRIVER_SET(stop_all, 1u);
    pthread_join(keeper, NULL);
    pk_respool_get_stats(&pool, &stats);
    CHECK_EQ(stats.active + stats.waiting + stats.creating, 0);
    CHECK_EQ(stats.total, driver_alive(&db));
    CHECK_EQ(stats.created, db.created);
    CHECK_EQ(stats.hits + stats.misses, attempts);
    CHECK_EQ(stats.exhausted + stats.timeouts + stats.breaker_open + stats.create_failed, failed);
    CHECK(served > 0);
    CHECK_EQ(served + failed, attempts);
    CHECK_EQ(stats.misused, 0);
    CHECK_EQ(stats.leaks, stats.late); /* all came back, and each was told */
    CHECK(db.creating_peak <= 4);
    close_pool();
}
static void accounts_are_exact(void) {
    describe();
    desc.min_size = 2;
    rounds = MANY;
    run_threads();
}
static void with_everything_on(void) {
    describe();
    desc.reset = driver_reset;
    desc.validate_on_acquire = true;
    desc.race_proof = true;
    desc.leak_ms = 1;
    desc.max_uses = 20;
    desc.life_ms = 10;
    desc.idle_ms = 3;
    desc.health_ms = 2;
    desc.barge_us = PK_RESPOOL_STRICT;
    rounds = MANY / 2;
    run_threads();
    describe();
    desc.max_size = 8;
    desc.leak_ms = 1;
    desc.life_ms = 10;
    desc.health_ms = 1;
    desc.barge_us = PK_RESPOOL_UNFAIR;
    fault_each = 10;
    run_threads();
}

/* ---- Two that release one lease ---- */

static pk_resource shared;
static uint32_t turn, accepted, refused, ready;
static void *releases_it_too(void *unused) {
    uint32_t i;
    (void)unused;
    for (i = 1; i <= 400; i++) {
        while (DRIVER_GET(turn) != i) sched_yield();
        if ((i & 7u ? pk_respool_release(&pool, shared) : pk_respool_release_broken(&pool, shared)) == PK_OK)
            DRIVER_ADD(accepted, 1u);
        else
            DRIVER_ADD(refused, 1u);
        DRIVER_ADD(ready, 1u);
    }
    return NULL;
}
static void one_release_wins(void) {
    pthread_t threads[3];
    uint32_t i;
    describe();
    desc.race_proof = true;
    turn = accepted = refused = ready = 0;
    open_pool();
    start_threads(threads, releases_it_too, 3);
    for (i = 1; i <= 400; i++) {
        CHECK_STATUS(pk_respool_acquire(&pool, 0, &shared), PK_OK);
        DRIVER_SET(turn, i);
        while (DRIVER_GET(ready) != 3 * i) sched_yield();
        CHECK_EQ(accepted, i);
    }
    join_threads(threads, 3);
    CHECK_EQ(refused, 800);
    close_pool();
}

/* ---- Closing ---- */

static void *waits_forever(void *number) {
    pk_resource lease;
    pk_status status = pk_respool_acquire(&pool, (uintptr_t)number & 1 ? PK_WAIT_FOREVER : 60000, &lease);
    if (status == PK_CLOSED) DRIVER_ADD(closed, 1u);
    return NULL;
}
static void *closes_it(void *unused) {
    (void)unused;
    CHECK_STATUS(pk_respool_close(&pool, 60000), PK_OK);
    return NULL;
}
static void wait_for_waiters(uint32_t n) {
    pk_respool_stats stats;
    do {
        nap(200);
        pk_respool_get_stats(&pool, &stats);
    } while (stats.waiting < n);
}
static void closed_under_waiters(void) {
    pthread_t threads[THREADS], closer;
    pk_resource held[3];
    unsigned round, i;
    for (round = 0; round < 20; round++) {
        describe();
        desc.memory_size = pk_respool_memory_needed(&desc);
        desc.memory = malloc(desc.memory_size);
        desc.barge_us = round & 1 ? PK_RESPOOL_STRICT : 0;
        open_pool();
        for (i = 0; i < 3; i++) CHECK_STATUS(pk_respool_acquire(&pool, 0, &held[i]), PK_OK);
        start_threads(threads, waits_forever, THREADS);
        wait_for_waiters(THREADS);
        if (round & 2) { /* it drains */
            CHECK_EQ(pthread_create(&closer, NULL, closes_it, NULL), 0);
            while (DRIVER_GET(closed) < 3) sched_yield();
            for (i = 0; i < 3; i++) CHECK_STATUS(pk_respool_release(&pool, held[i]), PK_OK);
            pthread_join(closer, NULL); /* the waiters may still be on their way out: they touch nothing of it any more */
            memset(desc.memory, 0xA5, desc.memory_size);
            free(desc.memory);
            desc.memory = NULL;
        } else {
            pk_respool_stop(&pool);
        }
        join_threads(threads, THREADS);
        CHECK_EQ(closed, THREADS);
        if (desc.memory) {
            for (i = 0; i < 3; i++) CHECK_STATUS(pk_respool_release(&pool, held[i]), PK_OK);
            close_pool();
            free(desc.memory);
        }
        CHECK_EQ(driver_alive(&db) + db.wrong, 0);
    }
}

static int hangs(driver *d, int callback) {
    (void)d;
    while (callback == DRIVER_CREATE && !DRIVER_GET(turn)) nap(100);
    return 0;
}
static void *asks_for_another(void *unused) {
    pk_resource lease;
    (void)unused;
    if (pk_respool_acquire(&pool, 60000, &lease) == PK_OK && pk_respool_release(&pool, lease) == PK_OK) DRIVER_ADD(served, 1u);
    return NULL;
}
static void hanging_create(void) {
    pthread_t threads[2];
    pk_resource lease, other;
    pk_respool_stats stats;
    describe();
    desc.max_creating = 1;
    open_pool();
    turn = 0;
    CHECK_STATUS(pk_respool_acquire(&pool, 0, &lease), PK_OK);
    db.inside = hangs;
    start_threads(threads, asks_for_another, 1);
    do pk_respool_get_stats(&pool, &stats);
    while (stats.creating == 0);
    CHECK_STATUS(pk_respool_try_acquire(&pool, &other), PK_EXHAUSTED); /* nobody else hangs */
    CHECK_STATUS(pk_respool_acquire(&pool, 5, &other), PK_TIMEOUT);
    CHECK_EQ(pk_respool_tick(&pool, pk_respool_now(&pool), 0), 0);
    start_threads(threads + 1, asks_for_another, 1);
    wait_for_waiters(1);
    CHECK_STATUS(pk_respool_release(&pool, lease), PK_OK); /* for the second, at once */
    pthread_join(threads[1], NULL);
    CHECK_EQ(served, 1);
    CHECK_STATUS(pk_respool_acquire(&pool, 1000, &lease), PK_OK);
    CHECK_STATUS(pk_respool_release(&pool, lease), PK_OK);
    CHECK_STATUS(pk_respool_close(&pool, 0), PK_BUSY); /* it is still creating */
    CHECK_STATUS(pk_respool_close(&pool, 5), PK_BUSY);
    DRIVER_SET(turn, 1u);
    pthread_join(threads[0], NULL);
    CHECK_EQ(served, 2); /* what came of it is lent all the same, and destroyed when it comes back */
    pk_respool_get_stats(&pool, &stats);
    CHECK_EQ(stats.total, 0);
    close_pool();
}
static void *ends_while_holding(void *unused) {
    pk_resource lease;
    (void)unused;
    if (pk_respool_acquire_until(&pool, pk__now_ms(NULL) + 1000u, "the worker", 99, &lease) != PK_OK) DRIVER_ADD(db.wrong, 1u);
    return NULL;
}
static void a_holder_vanishes(void) {
    pthread_t thread;
    pk_respool_lease lease;
    uint32_t cursor = 0;
    describe();
    desc.leak_ms = 100;
    desc.clock = driver_clock;
    open_pool();
    db.pool = &pool;
    start_threads(&thread, ends_while_holding, 1);
    join_threads(&thread, 1);
    DRIVER_SET(db.now, 101u);
    CHECK_EQ(pk_respool_tick(&pool, 101, 0), 0);
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_LEAK], 1);
    CHECK_TEXT(db.last.detail, "the worker");
    CHECK_EQ(db.last.b, 99);
    CHECK(pk_respool_next_lease(&pool, 100, &cursor, &lease)); /* somebody else can give it back */
    CHECK_STATUS(pk_respool_release_broken(&pool, lease.lease), PK_OK);
    CHECK_EQ(db.events[PK_RESPOOL_EVENT_LATE], 1);
    db.pool = NULL;
    close_pool();
}

#ifndef _WIN32
/* ---- Forks ---- */

static pk_resource parents;
static int child(void) { /* what is wrong */
    pk_resource lease;
    pk_respool_stats stats;
    uint32_t destroyed = db.destroyed, created = db.created, cursor = 0;
    pk_respool_lease listed;
#if !PERFKIT_ATOMICS
    pthread_mutex_init(&driver_lock, NULL); /* one of the parent's threads may hold it */
#endif
    if (pk_respool_acquire(&pool, 1000, &lease) != PK_FORKED) return 1;
    if (pk_respool_try_acquire(&pool, &lease) != PK_FORKED) return 2;
    if (pk_respool_release(&pool, parents) != PK_FORKED || pk_respool_release_broken(&pool, parents) != PK_FORKED) return 3;
    if (pk_respool_tick(&pool, 0, 0) != 0 || pk_respool_close(&pool, 1000) != PK_FORKED || pk_respool_health(&pool) != PK_FORKED) return 4;
    pk_respool_get_stats(&pool, &stats);
    if (stats.total || stats.max_size || pk_respool_next_lease(&pool, 0, &cursor, &listed)) return 5;
    pk_respool_stop(&pool);
    if (pk_respool_after_fork(&pool) != PK_OK || pk_respool_after_fork(&pool) != PK_OK) return 6;
    pk_respool_get_stats(&pool, &stats);
    if (stats.total || stats.active || stats.waiting || stats.max_size != 3) return 7;
    if (pk_respool_release(&pool, parents) != PK_INVALID) return 8;
    db.inside = NULL;
    if (pk_respool_acquire(&pool, 0, &lease) != PK_OK || db.created != created + 1) return 9;
    if (pk_respool_release(&pool, lease) != PK_OK) return 10;
    if (db.destroyed != destroyed) return 11; /* nothing of the parent's */
    if (pk_respool_close(&pool, 0) != PK_OK || db.destroyed != destroyed + 1) return 12;
    return 0;
}
static bool ends_well(pid_t id) { /* within seconds */
    int status = 1, tries;
    for (tries = 0; tries < 20000; tries++) {
        if (waitpid(id, &status, WNOHANG) == id) {
            if (WIFEXITED(status)) CHECK_EQ(WEXITSTATUS(status), 0);
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        }
        nap(500);
    }
    kill(id, SIGKILL);
    (void)waitpid(id, &status, 0);
    return false;
}
static void forks(void) {
    pthread_t threads[4], keeper;
    pk_respool_stats stats;
    unsigned i;
    describe();
    CHECK_STATUS(pk_respool_after_fork(&pool), PK_CLOSED);
    open_pool();
    CHECK_STATUS(pk_respool_acquire(&pool, 0, &parents), PK_OK);
    CHECK_STATUS(pk_respool_after_fork(&pool), PK_OK); /* there was none: nothing changes */
    db.inside = fails_now_and_then;
    rounds = 2500;
    everybody = 4;
    start_threads(threads, uses_it, 4); /* which hold the lock, or wait, at any moment */
    CHECK_EQ(pthread_create(&keeper, NULL, looks_after_it, NULL), 0);
    for (i = 0; i < 8; i++) {
        pid_t id = fork();
        if (id == 0) _exit(child());
        CHECK(ends_well(id));
    }
    join_threads(threads, 4);
    DRIVER_SET(stop_all, 1u);
    pthread_join(keeper, NULL);
    CHECK_STATUS(pk_respool_release(&pool, parents), PK_OK);
    pk_respool_get_stats(&pool, &stats);
    CHECK_EQ(stats.active, 0);
    CHECK_EQ(stats.hits + stats.misses, attempts + 1);
    close_pool();
}
#endif

TESTS {
    RUN("P13 P14 P15 P17", "eight threads and faults: all accounts are exact afterwards, and nobody waits", accounts_are_exact)
    RUN("P08 P09 P10 P11", "the same with every feature on", with_everything_on)
    RUN("P33", "of threads that release one lease at once exactly one succeeds", one_release_wins)
    RUN("P07", "a pool that closes ends all waiting, and is touched by none of them afterwards", closed_under_waiters)
    RUN("P01 P18", "a create that hangs holds up only the one that called it", hanging_create)
    RUN("P33", "a thread that ends while it holds a resource is told as a leak", a_holder_vanishes)
#ifndef _WIN32
    RUN("P13", "a forked child starts anew and leaves the parent's resources alone", forks)
#endif
}
