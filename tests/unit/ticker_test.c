/* targets: all */
/* Periodic work in a superloop, by a clock that the test turns. */
#define PERFKIT_CORE_ONLY
#include "../../perfkit.h"
#include "../support/test.h"

static pk_ticker ticker;
static pk_tick ticks[3];
static uint8_t ran[3];
static pk_time ran_at;
static uint32_t last_budget, work_left;

static uint32_t count_run(void *object, pk_time now, uint32_t budget) {
    ++*(uint8_t *)object;
    ran_at = now;
    last_budget = budget;
    return 0;
}
static void start(void) {
    memset(&ticker, 0, sizeof ticker);
    memset(ticks, 0, sizeof ticks);
    memset(ran, 0, sizeof ran);
}

static void runs_at_once_and_then_by_the_period(void) {
    start();
    CHECK(pk_ticker_run(&ticker, 5) == PK_TTL_NEVER);
    CHECK_STATUS(pk_ticker_add(&ticker, &ticks[0], count_run, &ran[0], 100, 7), PK_OK);
    CHECK_EQ(pk_ticker_run(&ticker, 1000), 100);
    CHECK_EQ(ran[0], 1);
    CHECK_EQ(last_budget, 7);
    CHECK_EQ(pk_ticker_run(&ticker, 1099), 1);
    CHECK_EQ(ran[0], 1);
    CHECK_EQ(pk_ticker_run(&ticker, 1100), 100);
    CHECK_EQ(ran[0], 2);
    CHECK(ran_at == 1100);
}
static void a_late_one_runs_once_and_keeps_the_period(void) {
    start();
    (void)pk_ticker_add(&ticker, &ticks[0], count_run, &ran[0], 100, 0);
    (void)pk_ticker_run(&ticker, 0);
    CHECK_EQ(last_budget, 64);
    CHECK_EQ(pk_ticker_run(&ticker, 130), 70); /* the next is due at 200 */
    CHECK_EQ(pk_ticker_run(&ticker, 950), 100); /* more than a period late: not made up for */
    CHECK_EQ(ran[0], 3);
}
static void several_wait_for_the_earliest(void) {
    start();
    (void)pk_ticker_add(&ticker, &ticks[0], count_run, &ran[0], 70, 0);
    (void)pk_ticker_add(&ticker, &ticks[1], count_run, &ran[1], 50, 0);
    CHECK_EQ(pk_ticker_run(&ticker, 0), 50);
    CHECK_EQ(pk_ticker_run(&ticker, 50), 20);
    CHECK_EQ(pk_ticker_run(&ticker, 70), 30);
    CHECK_EQ(ran[0], 2);
    CHECK_EQ(ran[1], 2);
}
static uint32_t half_done(void *object, pk_time now, uint32_t budget) {
    uint32_t did = work_left < budget ? work_left : budget;
    (void)now;
    work_left -= did;
    ++*(uint8_t *)object;
    return did;
}
static void what_used_its_budget_up_runs_again_at_once(void) {
    start();
    work_left = 25;
    (void)pk_ticker_add(&ticker, &ticks[0], half_done, &ran[0], 1000, 10);
    CHECK_EQ(pk_ticker_run(&ticker, 0), 0);
    CHECK_EQ(pk_ticker_run(&ticker, 1), 0);
    CHECK_EQ(pk_ticker_run(&ticker, 2), 1000 - 1); /* done: a period after it was due, at 1 */
    CHECK_EQ(ran[0], 3);
    CHECK_EQ(work_left, 0);
}
static void across_the_wrap_of_the_clock(void) {
    const pk_time end = (pk_time)~(pk_time)0;
    start();
    (void)pk_ticker_add(&ticker, &ticks[0], count_run, &ran[0], 100, 0);
    (void)pk_ticker_run(&ticker, end - 49);
    CHECK_EQ(pk_ticker_run(&ticker, end), 51);
    CHECK_EQ(ran[0], 1);
    CHECK_EQ(pk_ticker_run(&ticker, 50), 100);
    CHECK_EQ(ran[0], 2);
}
static uint32_t takes_all_off(void *object, pk_time now, uint32_t budget) {
    uint8_t i;
    (void)now;
    (void)budget;
    ++*(uint8_t *)object;
    for (i = 0; i < 3; i++) (void)pk_ticker_remove(&ticker, &ticks[i]);
    return 0;
}
static uint32_t adds_another(void *object, pk_time now, uint32_t budget) {
    (void)now;
    (void)budget;
    ++*(uint8_t *)object;
    CHECK_STATUS(pk_ticker_add(&ticker, &ticks[2], count_run, &ran[2], 10, 0), PK_OK);
    CHECK(pk_ticker_run(&ticker, now) == PK_TTL_NEVER); /* not inside a tick */
    return 0;
}
static void ticks_may_add_and_remove(void) {
    start();
    (void)pk_ticker_add(&ticker, &ticks[0], count_run, &ran[0], 10, 0);
    (void)pk_ticker_add(&ticker, &ticks[1], takes_all_off, &ran[1], 10, 0);
    CHECK(pk_ticker_run(&ticker, 0) == PK_TTL_NEVER);
    CHECK_EQ(ran[0], 0); /* it stood behind the one that took it off */
    CHECK_EQ(ran[1], 1);
    CHECK_STATUS(pk_ticker_add(&ticker, &ticks[1], adds_another, &ran[1], 1000, 0), PK_OK);
    CHECK_EQ(pk_ticker_run(&ticker, 0), 0); /* the new one is due */
    CHECK_EQ(ran[2], 0);
    CHECK_EQ(pk_ticker_run(&ticker, 0), 10);
    CHECK_EQ(ran[2], 1);
}
/* What a freed one's memory may be used for at once: nothing may be written there. */
static uint32_t takes_itself_off(void *object, pk_time now, uint32_t budget) {
    pk_tick *tick = (pk_tick *)object;
    (void)budget;
    CHECK_STATUS(pk_ticker_remove(&ticker, tick), PK_OK);
    CHECK(pk_ticker_run(&ticker, now) == PK_TTL_NEVER);
    memset(tick, 2, sizeof *tick);
    return 0;
}
static void a_tick_may_end_itself_and_its_memory(void) {
    pk_tick used;
    start();
    memset(&used, 2, sizeof used);
    (void)pk_ticker_add(&ticker, &ticks[0], takes_itself_off, &ticks[0], 10, 0);
    (void)pk_ticker_add(&ticker, &ticks[1], count_run, &ran[1], 10, 0);
    CHECK_EQ(pk_ticker_run(&ticker, 0), 10);
    CHECK(memcmp(&ticks[0], &used, sizeof used) == 0);
    CHECK_EQ(pk_ticker_run(&ticker, 10), 10);
    CHECK_EQ(ran[1], 2);
}
static void wrong_ones_are_refused(void) {
    pk_ticker other;
    memset(&other, 0, sizeof other);
    start();
    CHECK_STATUS(pk_ticker_add(&ticker, &ticks[0], NULL, NULL, 10, 0), PK_INVALID);
    CHECK_STATUS(pk_ticker_add(&ticker, &ticks[0], count_run, &ran[0], 0, 0), PK_INVALID);
    CHECK_STATUS(pk_ticker_add(&ticker, &ticks[0], count_run, &ran[0], PK_TTL_MAX + 1, 0), PK_INVALID);
    CHECK_STATUS(pk_ticker_remove(&ticker, &ticks[0]), PK_NOT_FOUND);
    CHECK_STATUS(pk_ticker_add(&ticker, &ticks[0], count_run, &ran[0], PK_TTL_MAX, 0), PK_OK);
    CHECK_STATUS(pk_ticker_add(&ticker, &ticks[0], count_run, &ran[0], 10, 0), PK_EXISTS);
    CHECK_STATUS(pk_ticker_add(&other, &ticks[0], count_run, &ran[0], 10, 0), PK_EXISTS);
    CHECK_STATUS(pk_ticker_remove(&other, &ticks[0]), PK_NOT_FOUND);
    CHECK_STATUS(pk_ticker_remove(&ticker, &ticks[0]), PK_OK);
    CHECK_STATUS(pk_ticker_add(&other, &ticks[0], count_run, &ran[0], 10, 0), PK_OK);
}

TESTS {
    RUN("K22", "a tick runs at once and then every period", runs_at_once_and_then_by_the_period)
    RUN("K22", "a late tick runs once, and the next is due by the old period", a_late_one_runs_once_and_keeps_the_period)
    RUN("K22", "run says how long to wait for the earliest", several_wait_for_the_earliest)
    RUN("K22", "a tick that used its budget up runs again at once", what_used_its_budget_up_runs_again_at_once)
    RUN("K22", "ticks run on time when the clock wraps", across_the_wrap_of_the_clock)
    RUN("K22", "ticks may add and remove ticks, themselves too", ticks_may_add_and_remove)
    RUN("K22", "a tick may end itself, and its memory be used for something else", a_tick_may_end_itself_and_its_memory)
    RUN("D10", "a tick without fn, period or place is refused, and nothing changes", wrong_ones_are_refused)
}
