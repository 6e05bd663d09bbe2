/* targets: threads */
/* A ticker with a thread of its own. */
#if !defined _POSIX_C_SOURCE && !defined _GNU_SOURCE
#define _POSIX_C_SOURCE 200809L /* nanosleep */
#endif
#define PERFKIT_CORE_ONLY
#include "../../perfkit.h"
#include "../support/test.h"
#include <pthread.h>
#include <sys/types.h>
#ifndef _WIN32
#include <sys/wait.h>
#endif
#include <time.h>
#include <unistd.h>

static pk_ticker ticker;
static pk_ticker_thread thread;
static pk_tick ticks[2];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int runs, held, hold;
static pk_status inside[3];

static void pause_ms(long ms) {
    struct timespec t;
    t.tv_sec = ms / 1000;
    t.tv_nsec = ms % 1000 * 1000000;
    (void)nanosleep(&t, NULL);
}
static uint32_t count_run(void *object, pk_time now, uint32_t budget) {
    (void)object;
    (void)now;
    (void)budget;
    pthread_mutex_lock(&lock);
    runs++;
    held = hold;
    pthread_cond_broadcast(&changed);
    while (hold) pthread_cond_wait(&changed, &lock);
    held = 0;
    pthread_mutex_unlock(&lock);
    return 0;
}
static void wait_for_runs(int n) {
    pthread_mutex_lock(&lock);
    while (runs < n) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}
static void start(void) {
    memset(&ticker, 0, sizeof ticker);
    memset(ticks, 0, sizeof ticks);
    runs = hold = held = 0;
}

static void runs_by_itself_until_stopped(void) {
    int after;
    start();
    CHECK_STATUS(pk_ticker_start(&ticker, &thread, NULL, NULL), PK_OK);
    CHECK_STATUS(pk_ticker_start(&ticker, &thread, NULL, NULL), PK_BUSY);
    CHECK_STATUS(pk_ticker_add(&ticker, &ticks[0], count_run, NULL, 2, 0), PK_OK);
    wait_for_runs(3);
    CHECK(pk_ticker_run(&ticker, 0) == PK_TTL_NEVER);
    CHECK_STATUS(pk_ticker_stop(&ticker), PK_OK);
    after = runs;
    pause_ms(10);
    CHECK_EQ(runs, after);
    CHECK_STATUS(pk_ticker_stop(&ticker), PK_OK);
    CHECK_STATUS(pk_ticker_start(&ticker, &thread, NULL, NULL), PK_OK); /* the tick is on it still */
    wait_for_runs(after + 2);
    CHECK_STATUS(pk_ticker_stop(&ticker), PK_OK);
}

static void *release_later(void *nothing) {
    pause_ms(20);
    pthread_mutex_lock(&lock);
    hold = 0;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return nothing;
}
static void remove_waits_for_the_tick_that_runs(void) {
    pthread_t releaser;
    start();
    hold = 1;
    (void)pk_ticker_add(&ticker, &ticks[0], count_run, NULL, 1000, 0);
    CHECK_STATUS(pk_ticker_start(&ticker, &thread, NULL, NULL), PK_OK);
    wait_for_runs(1);
    CHECK(pthread_create(&releaser, NULL, release_later, NULL) == 0);
    CHECK_STATUS(pk_ticker_remove(&ticker, &ticks[0]), PK_OK);
    CHECK_EQ(held, 0);
    pthread_join(releaser, NULL);
    CHECK_STATUS(pk_ticker_stop(&ticker), PK_OK);
}

static uint32_t from_inside(void *object, pk_time now, uint32_t budget) {
    (void)object;
    inside[0] = pk_ticker_stop(&ticker);
    inside[1] = pk_ticker_add(&ticker, &ticks[1], count_run, NULL, 1, 0);
    inside[2] = pk_ticker_remove(&ticker, &ticks[0]); /* itself */
    return (uint32_t)now & budget & 0u;
}
static void ticks_may_change_the_ticker(void) {
    start();
    (void)pk_ticker_add(&ticker, &ticks[0], from_inside, NULL, 1, 0);
    CHECK_STATUS(pk_ticker_start(&ticker, &thread, NULL, NULL), PK_OK);
    wait_for_runs(2);
    CHECK_STATUS(pk_ticker_stop(&ticker), PK_OK);
    CHECK_STATUS(inside[0], PK_BUSY);
    CHECK_STATUS(inside[1], PK_OK);
    CHECK_STATUS(inside[2], PK_OK);
}

#ifndef _WIN32
static void a_forked_child_forgets_the_thread(void) {
    int status = -1;
    pid_t child;
    start();
    (void)pk_ticker_add(&ticker, &ticks[0], count_run, NULL, 1, 0);
    CHECK_STATUS(pk_ticker_start(&ticker, &thread, NULL, NULL), PK_OK);
    wait_for_runs(1);
    child = fork();
    if (child == 0) {
        int wrong = pk_ticker_remove(&ticker, &ticks[0]) != PK_FORKED;
        wrong |= pk_ticker_stop(&ticker) != PK_OK;
        wrong |= pk_ticker_remove(&ticker, &ticks[0]) != PK_OK;
        _exit(wrong);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK_EQ(status, 0);
    CHECK_STATUS(pk_ticker_stop(&ticker), PK_OK);
}
#endif

TESTS {
    RUN("K22 T02", "a ticker with a thread runs its ticks until it is stopped", runs_by_itself_until_stopped)
    RUN("K22 T02", "remove returns after the tick that is running", remove_waits_for_the_tick_that_runs)
    RUN("K22 T02", "ticks add and remove ticks on the ticker's thread, and cannot stop it", ticks_may_change_the_ticker)
#ifndef _WIN32
    RUN("T02", "in a forked child all is PK_FORKED until stop", a_forked_child_forgets_the_thread)
#endif
}
