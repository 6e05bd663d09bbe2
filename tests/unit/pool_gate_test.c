/* targets: all */
/* Gates and budgets, without threads and with them. The threads are this one: who waits is in waited(), where a test does what
   others would do meanwhile, and moves the clock. */
#include <stdbool.h>
#include <stddef.h>
static void locked(int by);
static bool waited(unsigned long ms);
static unsigned signals;
#define PERFKIT_THREADS 1
#define PERFKIT_MUTEX_INIT(m) ((void)(m), true)
#define PERFKIT_MUTEX_DESTROY(m) ((void)(m))
#define PERFKIT_MUTEX_LOCK(m) ((void)(m), locked(1))
#define PERFKIT_MUTEX_UNLOCK(m) ((void)(m), locked(-1))
#define PERFKIT_COND_INIT(c) ((void)(c), true)
#define PERFKIT_COND_DESTROY(c) ((void)(c))
#define PERFKIT_COND_WAIT(c, m, ms) ((void)(c), (void)(m), waited(ms))
#define PERFKIT_COND_SIGNAL(c) ((void)(c), (void)signals++)
#define PERFKIT_COND_BROADCAST(c) ((void)(c))
#define PERFKIT_POOL_IMPLEMENTATION
#include "../../perfkit_pool.h"
#include "../support/test.h"

static pk_gate gate;
static pk_budget budget;
static pk_gate_stats stats;
static uint32_t now, asked; /* the clock; for how long a waiter wants to sleep */
static int held;
static unsigned sleeps, events;
static pk_event last;
static bool (*meanwhile)(void); /* false: the time it asked for has passed */

static void locked(int by) {
    held += by;
    CHECK(held == (by > 0));
}
static bool waited(unsigned long ms) {
    bool told = false;
    CHECK_EQ(held, 1);
    held = 0; /* others may have the lock */
    asked = (uint32_t)ms;
    sleeps++;
    CHECK(sleeps < 100); /* or it never ends */
    if (meanwhile && sleeps < 100)
        told = meanwhile();
    else
        now += (uint32_t)ms;
    held = 1;
    return told;
}
static pk_time clock_now(void *user) {
    (void)user;
    return (pk_time)now;
}
static void on_event(void *user, const pk_event *event) {
    CHECK(user == &gate);
    CHECK_EQ(held, 0);
    last = *event;
    events++;
}
static pk_gate_desc plain(size_t limit) {
    pk_gate_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.limit = limit;
    desc.name = "uploads";
    desc.on_event = on_event;
    desc.user = &gate;
    events = sleeps = signals = 0;
    meanwhile = NULL;
    return desc;
}
static pk_gate_desc shared(size_t limit) {
    pk_gate_desc desc = plain(limit);
    desc.threads = true;
    desc.clock = clock_now;
    return desc;
}
static void made(pk_gate_desc desc) { CHECK_STATUS(pk_gate_init(&gate, &desc), PK_OK); }
static void is_in(unsigned used, unsigned waiting) {
    pk_gate_get_stats(&gate, &stats);
    CHECK_EQ(stats.used, used);
    CHECK_EQ(stats.waiting, waiting);
}
static void told(int kind, pk_status status, unsigned a, unsigned b) {
    CHECK_EQ(events, 1);
    CHECK_EQ(last.kind, kind);
    CHECK_EQ(last.status, status);
    CHECK_EQ(last.a, a);
    CHECK_EQ(last.b, b);
    events = 0;
}

static void lets_so_many_in(void) {
    made(plain(2));
    CHECK_STATUS(pk_gate_enter(&gate, PK_WAIT_DEFAULT), PK_OK);
    CHECK_STATUS(pk_gate_try_enter(&gate), PK_OK);
    CHECK_EQ(events, 0);
    CHECK_STATUS(pk_gate_enter(&gate, 1000), PK_EXHAUSTED); /* nobody could leave meanwhile */
    told(PK_GATE_EVENT_FULL, PK_EXHAUSTED, 2, 2);
    is_in(2, 0);
    CHECK_EQ(stats.utilization, 10000);
    CHECK_STATUS(pk_gate_close(&gate), PK_BUSY);
    CHECK_STATUS(pk_gate_leave(&gate), PK_OK);
    CHECK_STATUS(pk_gate_leave(&gate), PK_OK);
    CHECK_STATUS(pk_gate_leave(&gate), PK_INVALID);
    told(PK_GATE_EVENT_MISUSE, PK_INVALID, 0, 2);
    is_in(0, 0);
    CHECK_EQ(stats.limit, 2);
    CHECK_EQ(stats.peak, 2);
    CHECK_EQ(stats.refused, 1);
    CHECK_EQ(stats.misused, 1);
    CHECK_EQ(stats.waits + stats.timeouts, 0);
    CHECK_EQ(stats.utilization, 0);
    CHECK_EQ(sleeps, 0);
}
static void closes(void) {
    pk_gate_desc desc = plain(0);
    CHECK_STATUS(pk_gate_init(&gate, &desc), PK_INVALID);
    CHECK_STATUS(pk_gate_init(&gate, NULL), PK_INVALID);
    CHECK_STATUS(pk_gate_enter(&gate, 0), PK_CLOSED);
    desc.limit = 1;
    CHECK_STATUS(pk__gate_init(&gate, sizeof gate, PK__POOL_CONFIG_WORD ^ 1u, &desc), PK_INVALID);
    made(desc);
    CHECK_STATUS(pk_gate_enter(&gate, 0), PK_OK);
    pk_gate_stop(&gate);
    CHECK_STATUS(pk_gate_enter(&gate, 0), PK_CLOSED);
    told(PK_GATE_EVENT_CLOSED, PK_CLOSED, 1, 1);
    CHECK_STATUS(pk_gate_close(&gate), PK_BUSY);
    CHECK_STATUS(pk_gate_leave(&gate), PK_OK);
    CHECK_STATUS(pk_gate_after_fork(&gate), PK_OK);
    CHECK_STATUS(pk_gate_enter(&gate, 0), PK_CLOSED);
    CHECK_STATUS(pk_gate_close(&gate), PK_OK);
    CHECK_STATUS(pk_gate_close(&gate), PK_OK);
    CHECK_STATUS(pk_gate_leave(&gate), PK_CLOSED);
    CHECK_STATUS(pk_gate_enter(&gate, PK_WAIT_FOREVER), PK_CLOSED);
    CHECK_STATUS(pk_gate_after_fork(&gate), PK_CLOSED);
    pk_gate_stop(&gate);
    is_in(0, 0);
}

/* ---- Waiting ---- */

static pk_status left;
static bool one_leaves(void) {
    left = pk_gate_leave(&gate);
    return true;
}
static bool one_leaves_late(void) { /* in the moment in which the time ends: the signal is not what ends the sleep */
    now += asked;
    left = pk_gate_leave(&gate);
    return false;
}
static bool nothing_thrice(void) { /* woken for nothing, 40 ms each; then the rest */
    bool early = sleeps <= 3;
    now += early ? 40u : asked;
    return early;
}
static bool clock_stands_still(void) { return false; }
static void waits_for_one_to_leave(void) {
    made(shared(1));
    meanwhile = one_leaves;
    CHECK_STATUS(pk_gate_enter(&gate, PK_WAIT_DEFAULT), PK_OK);
    CHECK_STATUS(pk_gate_try_enter(&gate), PK_EXHAUSTED);
    CHECK_EQ(sleeps, 0);
    CHECK_STATUS(pk_gate_enter(&gate, PK_WAIT_DEFAULT), PK_OK);
    CHECK_EQ(asked, 30000);
    CHECK_EQ(sleeps, 1);
    CHECK_EQ(signals, 1);
    is_in(1, 0);
    CHECK_EQ(stats.waits, 1);
    CHECK_EQ(stats.peak, 1);
    meanwhile = one_leaves_late;
    CHECK_STATUS(pk_gate_enter(&gate, 7), PK_OK);
    CHECK_STATUS(pk_gate_enter(&gate, PK_WAIT_FOREVER), PK_OK);
    is_in(1, 0);
    CHECK_EQ(stats.timeouts, 0);
}
static void gives_up_in_time(void) {
    uint32_t began;
    made(shared(1));
    now = UINT32_MAX - 50; /* the clock wraps meanwhile */
    began = now;
    CHECK_STATUS(pk_gate_enter(&gate, 0), PK_OK);
    meanwhile = nothing_thrice;
    CHECK_STATUS(pk_gate_enter(&gate, 200), PK_TIMEOUT);
    told(PK_GATE_EVENT_FULL, PK_TIMEOUT, 1, 1);
    CHECK_EQ(now - began, 200);
    CHECK_EQ(asked, 80);
    meanwhile = clock_stands_still; /* as coarse ones do: what was slept counts */
    CHECK_STATUS(pk_gate_enter(&gate, 5), PK_TIMEOUT);
    is_in(1, 0);
    CHECK_EQ(stats.timeouts, 2);
    CHECK_EQ(stats.waits, 2);
    CHECK_EQ(stats.refused, 0);
    CHECK_STATUS(pk_gate_leave(&gate), PK_OK);
    CHECK_STATUS(pk_gate_enter(&gate, 0), PK_OK);
}
static bool closes_meanwhile(void) {
    CHECK_STATUS(pk_gate_close(&gate), PK_BUSY);
    CHECK_STATUS(pk_gate_leave(&gate), PK_OK);
    CHECK_STATUS(pk_gate_leave(&gate), PK_INVALID);
    CHECK_STATUS(pk_gate_enter(&gate, 0), PK_OK); /* takes its place */
    CHECK_STATUS(pk_gate_close(&gate), PK_BUSY);
    is_in(1, 1);
    pk_gate_stop(&gate);
    return true;
}
static void tells_who_waits_that_it_stopped(void) {
    made(shared(1));
    meanwhile = closes_meanwhile;
    CHECK_STATUS(pk_gate_enter(&gate, 0), PK_OK);
    CHECK_STATUS(pk_gate_enter(&gate, PK_WAIT_FOREVER), PK_CLOSED);
    CHECK_EQ(sleeps, 1);
    CHECK_EQ(events, 2);
    CHECK_EQ(last.kind, PK_GATE_EVENT_CLOSED);
    CHECK_STATUS(pk_gate_leave(&gate), PK_OK);
    CHECK_STATUS(pk_gate_close(&gate), PK_OK);
}
static pk_status newcomer;
static bool newcomer_comes(void) {
    if (sleeps > 1) return one_leaves();
    now++; /* more than the 500 us for which they may push in */
    CHECK_STATUS(pk_gate_leave(&gate), PK_OK);
    newcomer = pk_gate_try_enter(&gate);
    return true;
}
static bool newcomer_comes_at_once(void) {
    now--;
    return newcomer_comes();
}
static void newcomers_push_in_for_a_while(void) {
    pk_gate_desc desc = shared(1);
    made(desc);
    CHECK_STATUS(pk_gate_enter(&gate, 0), PK_OK);
    meanwhile = newcomer_comes_at_once;
    CHECK_STATUS(pk_gate_enter(&gate, 1000), PK_OK); /* the newcomer's leave wakes it */
    CHECK_STATUS(newcomer, PK_OK);
    CHECK_EQ(sleeps, 2);
    sleeps = 0;
    meanwhile = newcomer_comes;
    CHECK_STATUS(pk_gate_enter(&gate, 1000), PK_OK); /* it was its turn */
    CHECK_STATUS(newcomer, PK_EXHAUSTED);
    CHECK_EQ(sleeps, 1);
    CHECK_STATUS(pk_gate_leave(&gate), PK_OK);
    CHECK_STATUS(pk_gate_close(&gate), PK_OK);

    desc.barge_us = PK_RESPOOL_STRICT;
    sleeps = 0;
    made(desc);
    meanwhile = newcomer_comes_at_once;
    CHECK_STATUS(pk_gate_enter(&gate, 0), PK_OK);
    CHECK_STATUS(pk_gate_enter(&gate, 1000), PK_OK);
    CHECK_STATUS(newcomer, PK_EXHAUSTED);
    CHECK_EQ(sleeps, 1);
    CHECK_STATUS(pk_gate_leave(&gate), PK_OK);
    CHECK_STATUS(pk_gate_close(&gate), PK_OK);

    desc.barge_us = PK_RESPOOL_UNFAIR;
    sleeps = 0;
    made(desc);
    meanwhile = newcomer_comes;
    CHECK_STATUS(pk_gate_enter(&gate, 0), PK_OK);
    CHECK_STATUS(pk_gate_enter(&gate, 1000), PK_OK);
    CHECK_STATUS(newcomer, PK_OK);
    CHECK_EQ(sleeps, 2);
}
/* What a program writes around a gate: 50 items in chunks of 20, each chunk waited for; ten at once, 5 s for each. */
enum { ITEMS = 50, CHUNK = 20, AT_ONCE = 10 };
static uint8_t results[ITEMS];
static uint8_t running, most, chunks[3];
static bool first_in_is_done(void) {
    running--;
    return one_leaves();
}
static void item(unsigned i) {
    uint32_t began;
    pk_status status = pk_gate_enter(&gate, PK_WAIT_FOREVER);
    CHECK_STATUS(status, PK_OK);
    running++;
    if (running > most) most = running;
    began = now;
    now += i == 31 ? 5001u : 5000u; /* what it does; one takes too long */
    results[i] = now - began > 5000 ? (uint8_t)PK_TIMEOUT : (uint8_t)PK_OK;
}
static void batches_go_through_it(void) {
    unsigned done = 0, i, chunk = 0;
    made(shared(AT_ONCE));
    memset(results, 255, sizeof results);
    meanwhile = first_in_is_done;
    for (; done < ITEMS; done += chunks[chunk++]) {
        chunks[chunk] = (uint8_t)(ITEMS - done < CHUNK ? ITEMS - done : (unsigned)CHUNK);
        for (i = 0; i < chunks[chunk]; i++) {
            sleeps = 0;
            item(done + i);
        }
        for (; running > 0; running--) CHECK_STATUS(pk_gate_leave(&gate), PK_OK);
    }
    CHECK(chunks[0] == 20 && chunks[1] == 20 && chunks[2] == 10);
    for (i = 0; i < ITEMS; i++) CHECK_EQ(results[i], i == 31 ? (int)PK_TIMEOUT : (int)PK_OK);
    CHECK_EQ(most, AT_ONCE);
    is_in(0, 0);
    CHECK_EQ(stats.peak, AT_ONCE);
    CHECK_EQ(stats.waits, 10 + 10);
}

/* ---- Budgets ---- */

static void bytes_are_counted(void) {
    pk_budget_desc desc = plain(1000);
    CHECK_STATUS(pk_budget_init(&budget, &desc), PK_OK);
    CHECK_STATUS(pk_budget_take(&budget, 600, 5000), PK_OK);
    CHECK_STATUS(pk_budget_try(&budget, 401), PK_EXHAUSTED);
    told(PK_GATE_EVENT_FULL, PK_EXHAUSTED, 600, 1000);
    CHECK_STATUS(pk_budget_try(&budget, 400), PK_OK);
    CHECK_STATUS(pk_budget_try(&budget, 1), PK_EXHAUSTED);
    CHECK_STATUS(pk_budget_try(&budget, 0), PK_OK);
    events = 0;
    CHECK_STATUS(pk_budget_take(&budget, 1001, PK_WAIT_FOREVER), PK_TOO_BIG);
    told(PK_GATE_EVENT_TOO_BIG, PK_TOO_BIG, 1000, 1000);
    CHECK_STATUS(pk_budget_try(&budget, SIZE_MAX), PK_TOO_BIG);
    pk_budget_get_stats(&budget, &stats);
    CHECK_EQ(stats.utilization, 10000);
    CHECK_STATUS(pk_budget_release(&budget, 250), PK_OK);
    events = 0;
    CHECK_STATUS(pk_budget_release(&budget, 751), PK_INVALID);
    told(PK_GATE_EVENT_MISUSE, PK_INVALID, 750, 1000);
    CHECK_STATUS(pk_budget_release(&budget, SIZE_MAX), PK_INVALID);
    CHECK_STATUS(pk_budget_close(&budget), PK_BUSY);
    pk_budget_get_stats(&budget, &stats);
    CHECK_EQ(stats.used, 750);
    CHECK_EQ(stats.utilization, 7500);
    CHECK_EQ(stats.refused, 4);
    CHECK_EQ(stats.misused, 2);
    CHECK_EQ(stats.peak, 1000);
    CHECK_STATUS(pk_budget_release(&budget, 750), PK_OK);
    CHECK_STATUS(pk_budget_close(&budget), PK_OK);
    desc.limit = SIZE_MAX;
    CHECK_STATUS(pk_budget_init(&budget, &desc), PK_OK);
    CHECK_STATUS(pk_budget_try(&budget, SIZE_MAX), PK_OK);
    CHECK_STATUS(pk_budget_try(&budget, 1), PK_EXHAUSTED);
    pk_budget_get_stats(&budget, &stats);
    CHECK(stats.utilization == 10000);
    CHECK_STATUS(pk_budget_release(&budget, SIZE_MAX), PK_OK);
#if SIZE_MAX > 0xFFFFFFFFu
    CHECK_STATUS(pk_budget_close(&budget), PK_OK);
    desc.limit = (size_t)1 << 33; /* its low 32 bits are 0 */
    CHECK_STATUS(pk_budget_init(&budget, &desc), PK_OK);
    CHECK_STATUS(pk_budget_try(&budget, 7), PK_OK);
    events = 0;
    CHECK_STATUS(pk_budget_try(&budget, desc.limit), PK_EXHAUSTED);
    told(PK_GATE_EVENT_FULL, PK_EXHAUSTED, 7, UINT32_MAX);
    CHECK_STATUS(pk_budget_release(&budget, 7), PK_OK);
#endif
}
/* 90 of 100 are out; 50 are asked for. Others want little, again and again. */
static bool others_want_little(void) {
    if (sleeps < 10) {
        if (sleeps == 2) now++; /* it waits for longer than 500 us now */
        newcomer = pk_budget_try(&budget, 10);
        CHECK_STATUS(newcomer, sleeps < 2 ? (pk_status)PK_OK : (pk_status)PK_EXHAUSTED);
        CHECK_STATUS(pk_budget_try(&budget, 0), PK_OK);
        CHECK_STATUS(pk_budget_release(&budget, 10), PK_OK);
        return true;
    }
    return false;
}
static void who_wants_much_gets_it(void) {
    pk_budget_desc desc = shared(100);
    CHECK_STATUS(pk_budget_init(&budget, &desc), PK_OK);
    CHECK_STATUS(pk_budget_try(&budget, 90), PK_OK);
    meanwhile = others_want_little;
    CHECK_STATUS(pk_budget_take(&budget, 50, PK_WAIT_DEFAULT), PK_OK); /* after 4 leaves of 10 */
    CHECK_EQ(sleeps, 5);
    pk_budget_get_stats(&budget, &stats);
    CHECK_EQ(stats.used, 100);
    CHECK_EQ(stats.peak, 100);
    CHECK_EQ(stats.waiting, 0);
    sleeps = 0;
    CHECK_STATUS(pk_budget_take(&budget, 101, PK_WAIT_DEFAULT), PK_TOO_BIG);
    CHECK_EQ(sleeps, 0);
    meanwhile = NULL;
    CHECK_STATUS(pk_budget_take(&budget, 1, 10), PK_TIMEOUT);
    pk_budget_stop(&budget);
    CHECK_STATUS(pk_budget_take(&budget, 1, 10), PK_CLOSED);
    CHECK_STATUS(pk_budget_take(&budget, 0, 10), PK_CLOSED);
    CHECK_STATUS(pk_budget_release(&budget, 100), PK_OK);
    CHECK_STATUS(pk_budget_close(&budget), PK_OK);
}

TESTS {
    RUN("P29", "a gate lets no more in than its limit; a wrong leave is refused and changes nothing", lets_so_many_in)
    RUN("P29", "a gate that stopped or closed lets nobody in; closing is refused while somebody is in", closes)
    RUN("P29", "who finds it full waits until somebody leaves, if that is in its last moment", waits_for_one_to_leave)
    RUN("P29", "who waited for its time gives up, however often it was woken for nothing", gives_up_in_time)
    RUN("P29", "stopping a gate ends all waiting; closing it is refused while somebody waits", tells_who_waits_that_it_stopped)
    RUN("P29", "newcomers go before who waits for less than barge_us, never, or always", newcomers_push_in_for_a_while)
    RUN("P29 P30", "50 items in chunks of 20, 20 and 10, ten at once; one that takes too long does not change the others' results",
        batches_go_through_it)
    RUN("C73", "bytes in flight never exceed the budget; what never fits has a status of its own", bytes_are_counted)
    RUN("C73", "a request for much is not starved by those for little", who_wants_much_gets_it)
}
