/* targets: threads */
/* Gates, budgets and the order in which threads that wait are served. */
#if !defined _POSIX_C_SOURCE && !defined _GNU_SOURCE
#define _POSIX_C_SOURCE 200809L /* nanosleep */
#endif
#include "../../perfkit_pool.h"
#include "../support/test.h"
#include <pthread.h>
#include <sched.h>
#include <sys/types.h>
#ifndef _WIN32
#include <sys/wait.h>
#endif
#include <unistd.h>

enum { THREADS = 8, ROUNDS = 1000, LIMIT = 3, BYTES = 1000 };
static pk_gate gate;
static pk_budget budget;
static pk_respool pool;
static uint32_t in, most, wrong, served, entered, timeouts; /* under the lock */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t order[THREADS];
static bool patient; /* they wait for as long as it takes */

static uint32_t add(uint32_t *n, uint32_t by) { /* what it was */
    uint32_t was;
    pthread_mutex_lock(&lock);
    was = *n;
    *n = was + by;
    pthread_mutex_unlock(&lock);
    return was;
}
static uint32_t get(uint32_t *n) { return add(n, 0); }
static void nap(uint32_t us) {
    struct timespec pause;
    pause.tv_sec = 0;
    pause.tv_nsec = (long)us * 1000;
    nanosleep(&pause, NULL);
}
static void run_all(void *(*work)(void *), unsigned n) {
    pthread_t threads[50];
    unsigned i;
    in = most = wrong = served = entered = timeouts = 0;
    for (i = 0; i < n; i++) CHECK_EQ(pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)i), 0);
    for (i = 0; i < n; i++) pthread_join(threads[i], NULL);
    CHECK_EQ(wrong, 0);
}
/* Between taking n and giving it back; what is in use is counted by us, too. */
static void use(uint32_t n, uint32_t limit, bool yields) {
    pthread_mutex_lock(&lock);
    in += n;
    if (in > most) most = in;
    if (in > limit) wrong++;
    pthread_mutex_unlock(&lock);
    if (yields) sched_yield();
    (void)add(&in, 0u - n);
}

static void *comes_and_goes(void *number) {
    uint32_t random = 1u + (uint32_t)(uintptr_t)number, i;
    for (i = 0; i < ROUNDS; i++) {
        pk_status status;
        random = random * 1664525u + 1013904223u;
        status = pk_gate_enter(&gate, patient ? PK_WAIT_FOREVER : random >> 16 & 1u);
        if (status == PK_OK) {
            use(1, LIMIT, (random >> 20 & 3u) == 0);
            if (pk_gate_leave(&gate) != PK_OK) (void)add(&wrong, 1);
            (void)add(&entered, 1);
        } else if (patient || (status != PK_TIMEOUT && status != PK_EXHAUSTED)) {
            (void)add(&wrong, 1);
        } else {
            (void)add(&timeouts, 1);
        }
    }
    return NULL;
}
static void never_more_than_the_limit(void) {
    static const uint32_t barge[] = {0, PK_RESPOOL_STRICT, PK_RESPOOL_UNFAIR};
    pk_gate_desc desc;
    pk_gate_stats stats;
    unsigned i;
    memset(&desc, 0, sizeof desc);
    desc.limit = LIMIT;
    desc.threads = true;
    for (i = 0; i < 4; i++) {
        patient = i < 3;
        desc.barge_us = barge[i % 3];
        CHECK_STATUS(pk_gate_init(&gate, &desc), PK_OK);
        run_all(comes_and_goes, THREADS);
        pk_gate_get_stats(&gate, &stats);
        CHECK_EQ(stats.used, 0);
        CHECK_EQ(stats.waiting, 0);
        CHECK(stats.peak <= LIMIT && stats.peak >= most);
        CHECK_EQ(stats.misused, 0);
        CHECK_EQ(stats.refused + stats.timeouts, timeouts);
        CHECK_EQ(entered + timeouts, THREADS * ROUNDS);
        CHECK_STATUS(pk_gate_close(&gate), PK_OK);
    }
}
static void *takes_bytes(void *number) {
    uint32_t random = 1u + (uint32_t)(uintptr_t)number, i;
    for (i = 0; i < ROUNDS / 2; i++) {
        uint32_t n;
        random = random * 1664525u + 1013904223u;
        n = number == NULL ? BYTES - 1 : (random >> 16) % 400u; /* one wants nearly all */
        if (pk_budget_take(&budget, n, PK_WAIT_FOREVER) != PK_OK) (void)add(&wrong, 1);
        use(n, BYTES, (random >> 12 & 3u) == 0);
        if (pk_budget_release(&budget, n) != PK_OK) (void)add(&wrong, 1);
    }
    return NULL;
}
static void never_more_than_the_budget(void) {
    pk_budget_desc desc;
    pk_budget_stats stats;
    memset(&desc, 0, sizeof desc);
    desc.limit = BYTES;
    desc.threads = true;
    CHECK_STATUS(pk_budget_init(&budget, &desc), PK_OK);
    run_all(takes_bytes, THREADS);
    pk_budget_get_stats(&budget, &stats);
    CHECK(stats.used == 0 && stats.waiting == 0 && stats.peak <= BYTES && stats.peak >= BYTES - 1);
    CHECK_STATUS(pk_budget_close(&budget), PK_OK);
}

static void wait_until(uint32_t waiting) {
    pk_gate_stats stats;
    do {
        nap(200);
        pk_gate_get_stats(&gate, &stats);
    } while (stats.waiting != waiting);
}
static void *is_told_that_it_closes(void *number) {
    pk_status status = pk_gate_enter(&gate, (uintptr_t)number % 2 ? PK_WAIT_FOREVER : 60000u);
    if (status != PK_CLOSED) (void)add(&wrong, 1);
    (void)add(&served, 1);
    return NULL;
}
static void *closes_it(void *number) {
    if (number != NULL) return is_told_that_it_closes(number);
    wait_until(THREADS - 1);
    if (pk_gate_close(&gate) != PK_BUSY || get(&served) != 0) (void)add(&wrong, 1);
    pk_gate_stop(&gate);
    if (pk_gate_leave(&gate) != PK_OK) (void)add(&wrong, 1);
    while (pk_gate_close(&gate) == PK_BUSY) nap(100); /* nobody is in it any more, though all may still be about to return */
    return NULL;
}
static void all_who_wait_hear_that_it_stopped(void) {
    pk_gate_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.limit = 1;
    desc.threads = true;
    CHECK_STATUS(pk_gate_init(&gate, &desc), PK_OK);
    CHECK_STATUS(pk_gate_enter(&gate, 0), PK_OK);
    run_all(closes_it, THREADS);
    CHECK_EQ(served, THREADS - 1);
}
static void *one_item(void *number) {
    (void)number;
    if (pk_gate_enter(&gate, PK_WAIT_DEFAULT) != PK_OK) (void)add(&wrong, 1);
    nap(50000);
    use(1, 10, false);
    if (pk_gate_leave(&gate) != PK_OK) (void)add(&wrong, 1);
    (void)add(&served, 1);
    return NULL;
}
static void a_batch_of_50(void) {
    pk_gate_desc desc;
    struct timespec began, ended;
    long ms;
    memset(&desc, 0, sizeof desc);
    desc.limit = 10;
    desc.threads = true;
    CHECK_STATUS(pk_gate_init(&gate, &desc), PK_OK);
    clock_gettime(CLOCK_MONOTONIC, &began);
    run_all(one_item, 50);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    ms = (long)(ended.tv_sec - began.tv_sec) * 1000 + (ended.tv_nsec - began.tv_nsec) / 1000000;
    CHECK_EQ(served, 50);
    CHECK(ms >= 245 && ms < 5000);
    CHECK_STATUS(pk_gate_close(&gate), PK_OK);
}

#ifndef _WIN32
static void *waits_at_the_fork(void *number) {
    (void)number;
    if (pk_gate_enter(&gate, PK_WAIT_FOREVER) != PK_CLOSED) (void)add(&wrong, 1);
    return NULL;
}
static int child(void) { /* 0: all was right */
    pk_gate_stats stats;
    pk_gate_get_stats(&gate, &stats);
    if (stats.limit != 0 || pk_gate_enter(&gate, 10) != PK_FORKED || pk_gate_leave(&gate) != PK_FORKED) return 1;
    if (pk_gate_close(&gate) != PK_FORKED || pk_gate_after_fork(&gate) != PK_OK) return 2;
    pk_gate_get_stats(&gate, &stats);
    if (stats.used != 0 || stats.waiting != 0 || stats.limit != 1) return 3;
    if (pk_gate_leave(&gate) != PK_INVALID || pk_gate_enter(&gate, 0) != PK_OK) return 4;
    if (pk_gate_enter(&gate, 1) != PK_TIMEOUT || pk_gate_leave(&gate) != PK_OK || pk_gate_close(&gate) != PK_OK) return 5;
    return 0;
}
static void a_forked_child_has_an_empty_gate(void) {
    pk_gate_desc desc;
    pthread_t waiter;
    pid_t pid;
    int status = -1;
    memset(&desc, 0, sizeof desc);
    desc.limit = 1;
    desc.threads = true;
    CHECK_STATUS(pk_gate_init(&gate, &desc), PK_OK);
    CHECK_STATUS(pk_gate_after_fork(&gate), PK_OK); /* nothing has forked: nothing changes */
    CHECK_STATUS(pk_gate_enter(&gate, 0), PK_OK);
    CHECK_EQ(pthread_create(&waiter, NULL, waits_at_the_fork, NULL), 0);
    wait_until(1);
    pid = fork();
    if (pid == 0) _exit(child());
    CHECK(pid > 0);
    if (pid > 0) CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ(status, 0);
    pk_gate_stop(&gate);
    pthread_join(waiter, NULL);
    CHECK_STATUS(pk_gate_leave(&gate), PK_OK);
    CHECK_STATUS(pk_gate_close(&gate), PK_OK);
}
#endif

/* ---- The order of arrival: each begins to wait when the one before it does ---- */

static void *arrives(void *number) {
    uint32_t n = (uint32_t)(uintptr_t)number;
    pk_gate_stats stats;
    do {
        nap(100);
        pk_gate_get_stats(&gate, &stats);
    } while (stats.waiting + get(&served) < n);
    if (pk_gate_enter(&gate, PK_WAIT_FOREVER) != PK_OK) (void)add(&wrong, 1);
    order[add(&served, 1)] = n;
    return NULL;
}
static void *lets_them_in(void *number) {
    uint32_t n = THREADS - 1;
    if (number != NULL) return arrives((void *)((uintptr_t)number - 1));
    wait_until(n);
    for (; n > 0; n--) {
        if (pk_gate_leave(&gate) != PK_OK) (void)add(&wrong, 1);
        while (get(&served) != THREADS - n) nap(100);
    }
    return NULL;
}
static uint32_t millis;
static pk_time clock_that_wraps(void *user) {
    (void)user;
    return (pk_time)add(&millis, 1);
}
static void gate_serves_in_order(void) {
    pk_gate_desc desc;
    unsigned i, turn;
    memset(&desc, 0, sizeof desc);
    desc.limit = 1;
    desc.threads = true;
    for (turn = 0; turn < 3; turn++) { /* by default it is the same for those who wait already */
        desc.barge_us = turn == 1 ? 0 : PK_RESPOOL_STRICT;
        if (turn == 2) desc.clock = clock_that_wraps; /* while they arrive */
        millis = 0u - 4u;
        CHECK_STATUS(pk_gate_init(&gate, &desc), PK_OK);
        CHECK_STATUS(pk_gate_enter(&gate, 0), PK_OK);
        run_all(lets_them_in, THREADS);
        for (i = 0; i < THREADS - 1; i++) CHECK_EQ(order[i], i);
        CHECK_STATUS(pk_gate_leave(&gate), PK_OK);
        CHECK_STATUS(pk_gate_close(&gate), PK_OK);
    }
}
static pk_status create(void **resource, uint32_t limit_ms, void *user) {
    (void)limit_ms;
    *resource = user;
    return PK_OK;
}
static pk_resource lease;
static uint32_t waiting_in_pool(void) {
    pk_respool_stats stats;
    pk_respool_get_stats(&pool, &stats);
    return stats.waiting;
}
static void *borrows(void *number) {
    uint32_t n = (uint32_t)(uintptr_t)number;
    pk_resource mine;
    if (n == 0) {
        while (waiting_in_pool() != THREADS - 1) nap(100);
        if (pk_respool_release(&pool, lease) != PK_OK) (void)add(&wrong, 1);
        return NULL;
    }
    while (waiting_in_pool() != n - 1) nap(100);
    if (pk_respool_acquire(&pool, PK_WAIT_FOREVER, &mine) != PK_OK) (void)add(&wrong, 1);
    order[add(&served, 1)] = n;
    while (get(&served) < n) nap(100);
    if (n < THREADS - 1 && pk_respool_try_acquire(&pool, &mine) != PK_EXHAUSTED) (void)add(&wrong, 1); /* no way around who waits */
    if (pk_respool_release(&pool, mine) != PK_OK) (void)add(&wrong, 1);
    return NULL;
}
static void pool_serves_in_order(void) {
    pk_respool_desc desc;
    pk_respool_stats stats;
    unsigned i;
    memset(&desc, 0, sizeof desc);
    desc.create = create;
    desc.max_size = 1;
    desc.threads = true;
    desc.barge_us = PK_RESPOOL_STRICT;
    CHECK_STATUS(pk_respool_init(&pool, &desc), PK_OK);
    CHECK_STATUS(pk_respool_acquire(&pool, 0, &lease), PK_OK);
    run_all(borrows, THREADS);
    for (i = 0; i < THREADS - 1; i++) CHECK_EQ(order[i], i + 1);
    pk_respool_get_stats(&pool, &stats);
    CHECK_EQ(stats.waiting, 0);
    CHECK_EQ(stats.waits, THREADS - 1);
    CHECK_EQ(stats.exhaustions, THREADS - 1 + THREADS - 2);
    CHECK_STATUS(pk_respool_close(&pool, 0), PK_OK);
}

TESTS {
    RUN("P29", "never more threads in a gate than its limit, whoever is served first, and all get in", never_more_than_the_limit)
    RUN("C73", "bytes in flight never exceed the budget under 8 threads, of which one wants nearly all", never_more_than_the_budget)
    RUN("P29", "all who wait at a gate hear that it stopped", all_who_wait_hear_that_it_stopped)
    RUN("P30", "a batch of 50 items of 50 ms each, ten at once, takes less than 5 s", a_batch_of_50)
#ifndef _WIN32
    RUN("P29", "a gate is PK_FORKED in a forked child, and empty after pk_gate_after_fork; the parent's goes on",
        a_forked_child_has_an_empty_gate)
#endif
    RUN("P29", "a gate serves threads that wait in the order of their arrival", gate_serves_in_order)
    RUN("P14", "a strict pool serves threads in the order of their arrival; nobody is left waiting", pool_serves_in_order)
}
