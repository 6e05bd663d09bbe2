/* targets: hosted */
/* What resource pools say about themselves: waits, score, suggestions, advice. The threads are this one, as in pool_gate_test.c. */
#include <stdbool.h>
#include <stddef.h>
static bool waited(unsigned long ms);
#define PERFKIT_MUTEX_INIT(m) ((void)(m), true)
#define PERFKIT_MUTEX_DESTROY(m) ((void)(m))
#define PERFKIT_MUTEX_LOCK(m) ((void)(m))
#define PERFKIT_MUTEX_UNLOCK(m) ((void)(m))
#define PERFKIT_COND_INIT(c) ((void)(c), true)
#define PERFKIT_COND_DESTROY(c) ((void)(c))
#define PERFKIT_COND_WAIT(c, m, ms) ((void)(c), (void)(m), waited(ms))
#define PERFKIT_COND_SIGNAL(c) ((void)(c))
#define PERFKIT_COND_BROADCAST(c) ((void)(c))
#define PERFKIT_POOL_IMPLEMENTATION
#include "../../perfkit_pool.h"
#include "../support/driver.h"
#include "../support/test.h"

static driver db;
static pk_respool pool;
static pk_resource out, mine;
static pk_respool_stats stats;
static uint32_t takes; /* ms until the resource comes back */
static unsigned sleeps;
static bool (*meanwhile)(void);

static bool waited(unsigned long ms) {
    sleeps++;
    CHECK(sleeps < 100);
    if (meanwhile && sleeps < 100) return meanwhile();
    db.now += (uint32_t)ms;
    return false;
}
static void made(uint32_t max_size, uint32_t barge_us) {
    pk_respool_desc desc = driver_desc(&db);
    desc.max_size = max_size;
    desc.threads = true;
    desc.barge_us = barge_us;
    desc.health_ms = desc.life_ms = PK_RESPOOL_NONE;
    CHECK_STATUS(pk_respool_init(&pool, &desc), PK_OK);
    sleeps = 0;
    meanwhile = NULL;
    (void)driver_reset;
}
static void gone(pk_resource last) {
    driver_use(&db, last);
    driver_done(&db, last);
    CHECK_STATUS(pk_respool_release(&pool, last), PK_OK);
    CHECK_STATUS(pk_respool_close(&pool, 0), PK_OK);
    CHECK_EQ(db.wrong, 0);
    CHECK_EQ(driver_alive(&db), 0);
}

/* ---- Waiting ---- */

static uint32_t gauge;
static bool comes_back(void) {
    pk_respool_get_stats(&pool, &stats);
    gauge = stats.waiting;
    db.now += takes;
    CHECK_STATUS(pk_respool_release(&pool, out), PK_OK);
    return true;
}
static void waits_are_counted_exactly(void) {
    static const uint32_t ms[] = {0, 1, 4, 5, 16, 17, 65, 66, 262, 263, 1048, 1049, 4194, 4195, 16777, 16778, 29999};
    static const unsigned bucket[] = {0, 3, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11};
    unsigned counts[PK_RESPOOL_BUCKETS];
    uint64_t sum = 0;
    unsigned i, n = (unsigned)(sizeof ms / sizeof ms[0]);
    memset(counts, 0, sizeof counts);
    made(1, 0);
    CHECK_STATUS(pk_respool_acquire(&pool, 0, &out), PK_OK);
    for (i = 0; i < n; i++) {
        takes = ms[i];
        meanwhile = comes_back;
        sleeps = 0;
        CHECK_STATUS(pk_respool_acquire(&pool, PK_WAIT_DEFAULT, &mine), PK_OK);
        out = mine;
        sum += ms[i];
        counts[bucket[i]]++;
        CHECK_EQ(gauge, 1);
        pk_respool_get_stats(&pool, &stats);
        CHECK_EQ(stats.waiting, 0);
        CHECK_EQ(stats.waits, i + 1);
        CHECK_EQ(stats.wait_us, sum * 1000u);
        CHECK_EQ(stats.wait_max_us, ms[i] * 1000u);
    }
    meanwhile = NULL; /* one in vain counts, too */
    CHECK_STATUS(pk_respool_acquire(&pool, 100, &mine), PK_TIMEOUT);
    counts[7]++;
    pk_respool_get_stats(&pool, &stats);
    CHECK_EQ(stats.wait_us, (sum + 100) * 1000u);
    CHECK_EQ(stats.exhaustions, n + 1);
    for (i = 0; i < PK_RESPOOL_BUCKETS; i++) CHECK_EQ(stats.wait_histogram[i], counts[i]);
    gone(out);
}
static bool comes_back_in_the_last_moment(void) {
    db.now += takes;
    CHECK_STATUS(pk_respool_release(&pool, out), PK_OK);
    return false; /* it was not the signal that ended the sleep */
}
static void the_last_moment_loses_nothing(void) {
    unsigned i;
    made(1, 0);
    CHECK_STATUS(pk_respool_acquire(&pool, 0, &out), PK_OK);
    for (i = 0; i < 2; i++) {
        meanwhile = comes_back_in_the_last_moment;
        takes = i ? 10 : 0; /* handed to it, and laid open */
        CHECK_STATUS(pk_respool_acquire(&pool, 10, &mine), PK_OK);
        out = mine;
    }
    pk_respool_get_stats(&pool, &stats);
    CHECK(stats.active == 1 && stats.idle == 0 && stats.total == 1 && stats.timeouts == 0 && stats.waiting == 0);
    gone(out);
}
static pk_status newcomer;
static bool newcomer_asks(void) {
    db.now += takes;
    if (sleeps == 1 || newcomer == PK_OK) CHECK_STATUS(pk_respool_release(&pool, out), PK_OK);
    if (sleeps == 1) newcomer = pk_respool_try_acquire(&pool, &out);
    return true;
}
static void newcomers_are_served_by_barge_us(void) {
    static const uint32_t barge[] = {0, 0, PK_RESPOOL_STRICT, PK_RESPOOL_UNFAIR, 3000, 3000};
    static const uint32_t ms[] = {0, 1, 0, 1000, 2, 3};
    static const bool first[] = {true, false, false, true, true, false}; /* the newcomer gets it */
    unsigned i;
    for (i = 0; i < 6; i++) {
        made(1, barge[i]);
        takes = ms[i];
        CHECK_STATUS(pk_respool_acquire(&pool, 0, &out), PK_OK);
        meanwhile = newcomer_asks;
        CHECK_STATUS(pk_respool_acquire(&pool, PK_WAIT_FOREVER, &mine), PK_OK);
        CHECK_EQ(newcomer == PK_OK, first[i]);
        CHECK_EQ(sleeps, first[i] ? 2 : 1);
        gone(mine);
    }
}
static bool stops(void) {
    pk_respool_stop(&pool);
    CHECK_STATUS(pk_respool_close(&pool, 0), PK_BUSY);
    return true;
}
static void who_waits_hears_that_it_stopped(void) {
    made(1, 0);
    CHECK_STATUS(pk_respool_acquire(&pool, 0, &out), PK_OK);
    meanwhile = stops;
    CHECK_STATUS(pk_respool_acquire(&pool, PK_WAIT_FOREVER, &mine), PK_CLOSED);
    CHECK_EQ(sleeps, 1);
    gone(out);
}
/* The first that comes back is bad, and a new one can't be created; the second is good. */
static pk_resource second;
static bool first_is_bad(void) {
    db.now += sleeps == 1 ? 5 : 7;
    if (sleeps == 1) {
        db.fail_create = UINT32_MAX;
        db.fail_validate = 1;
    }
    CHECK_STATUS(pk_respool_release(&pool, sleeps == 1 ? out : second), PK_OK);
    return true;
}
static void who_gets_a_bad_one_waits_on(void) {
    pk_respool_desc desc = driver_desc(&db);
    unsigned i;
    uint64_t counted = 0;
    desc.max_size = 2;
    desc.threads = true;
    desc.validate_on_acquire = true;
    CHECK_STATUS(pk_respool_init(&pool, &desc), PK_OK);
    CHECK_STATUS(pk_respool_acquire(&pool, 0, &out), PK_OK);
    CHECK_STATUS(pk_respool_acquire(&pool, 0, &second), PK_OK);
    meanwhile = first_is_bad;
    sleeps = 0;
    CHECK_STATUS(pk_respool_acquire(&pool, 500, &mine), PK_OK);
    CHECK_EQ(sleeps, 2);
    CHECK(mine.it == second.it);
    pk_respool_get_stats(&pool, &stats);
    CHECK_EQ(stats.waits, 1);
    CHECK_EQ(stats.wait_us, 12000);
    for (i = 0; i < PK_RESPOOL_BUCKETS; i++) counted += stats.wait_histogram[i];
    CHECK_EQ(counted, 1);
    CHECK_EQ(stats.exhaustions, 1);
    CHECK_EQ(stats.destroyed[PK_RESPOOL_INVALID], 1);
    CHECK_EQ(stats.create_errors, 1);
    gone(mine);
}
static void who_comes_back_takes_its_place(void) {
    static const uint64_t since[] = {20, 30, 10, 20, 30, 5};
    static const unsigned order[] = {5, 2, 0, 3, 1, 4};
    pk__waitq q;
    pk__waiter all[6], *w;
    unsigned i;
    CHECK_STATUS(pk__waitq_init(&q, true, 0, 0, driver_clock, &db), PK_OK);
    for (i = 0; i < 6; i++) CHECK(pk__waitq_join(&q, &all[i], 1, since[i], true));
    for (w = q.first, i = 0; w != NULL && i < 6; w = w->next, i++) CHECK(w == &all[order[i]]);
    CHECK_EQ(q.waiting, 6);
    CHECK(q.last == &all[4]);
    for (i = 0; i < 6; i++) pk__waitq_leave(&q, &all[i]);
    CHECK(q.first == NULL && q.last == NULL && q.waiting == 0);
}

/* ---- Figures ---- */

static void say(uint32_t active, uint32_t total) {
    memset(&stats, 0, sizeof stats);
    stats.active = active;
    stats.total = stats.max_size = total;
    stats.utilization = total ? (int32_t)(active * 10000u / total) : 0;
}
static int32_t score(uint32_t active, uint32_t total, uint32_t wait_ms, uint32_t errors, uint32_t attempts) {
    say(active, total);
    stats.waits = 3;
    stats.wait_us = (uint64_t)wait_ms * 3000u;
    stats.errors = errors;
    stats.hits = attempts / 2;
    stats.misses = attempts - attempts / 2;
    return pk_respool_score(&stats);
}
static void scores(void) {
    CHECK_EQ(score(0, 0, 0, 0, 0), PK_RESPOOL_NO_DATA);
    CHECK_EQ(score(0, 0, 0, 0, 1), 6000);
    CHECK_EQ(score(2, 10, 0, 0, 100), 7333);
    CHECK_EQ(score(6, 10, 0, 0, 100), 10000);
    CHECK_EQ(score(7, 10, 0, 0, 100), 10000);
    CHECK_EQ(score(8, 10, 0, 0, 100), 10000);
    CHECK_EQ(score(9, 10, 0, 0, 100), 9000);
    CHECK_EQ(score(10, 10, 0, 0, 100), 8000);
    CHECK_EQ(score(7, 10, 100, 5, 100), 8850);
    CHECK_EQ(score(10, 10, 300, 100, 100), 2000);
    CHECK_EQ(score(10, 10, 5000, 200, 100), 2000); /* the parts don't go below 0 */
    CHECK_EQ(score(7, 10, 299, 0, 100), 7010);
    CHECK_EQ(score(599, 1000, 0, 0, 1), 9993);
    CHECK_EQ(score(801, 1000, 0, 0, 1), 9990);
    CHECK_EQ(score(1, 3, 0, 0, 1), 8222);
    CHECK_EQ(score(7, 10, 0, 1, 7), 9571);
    say(1, 1);
    stats.hits = 1; /* no waits at all */
    CHECK_EQ(pk_respool_score(&stats), 8000);
}
static void suggests(uint32_t active, uint32_t total, uint32_t min_size, uint32_t max_size) {
    uint32_t least = 99, most = 99;
    say(active, total);
    pk_respool_suggest(&stats, &least, &most);
    CHECK_EQ(least, min_size);
    CHECK_EQ(most, max_size);
}
static void sizes_are_suggested(void) {
    suggests(9, 10, 5, 15);
    suggests(81, 100, 50, 150);
    suggests(80, 100, 30, 100);
    suggests(30, 100, 30, 100);
    suggests(29, 100, 30, 70);
    suggests(10, 20, 6, 20);
    suggests(3, 4, 4, 4);
    suggests(0, 0, 5, 10);
    suggests(0, 12, 5, 10); /* max(10, 8) */
    suggests(1, 1, 0, 1);
    suggests(2047, 2047, 1023, 3070);
}
static void loads(void) {
    unsigned i, n;
    for (n = 1; n <= 2047; n += 23)
        for (i = 0; i <= n; i++) {
            say(i, n);
            if (pk_respool_load(&stats) != (100 * i < 60 * n ? PK_RESPOOL_LOW : 100 * i <= 80 * n ? PK_RESPOOL_GOOD : PK_RESPOOL_HIGH)) break;
        }
    CHECK(n > 2047);
    say(0, 0);
    CHECK_EQ(pk_respool_load(&stats), PK_RESPOOL_GOOD);
}
static void advises(void) {
    say(900, 1000);
    CHECK_EQ(pk_respool_advice(&stats), 0);
    say(901, 1000);
    CHECK_EQ(pk_respool_advice(&stats), PK_RESPOOL_ADVICE_GROW);
    say(200, 1000);
    CHECK_EQ(pk_respool_advice(&stats), 0);
    say(199, 1000);
    CHECK_EQ(pk_respool_advice(&stats), PK_RESPOOL_ADVICE_SHRINK);
    say(0, 1000);
    stats.total = 0;
    CHECK_EQ(pk_respool_advice(&stats), 0);
    say(700, 1000);
    stats.waits = 4;
    stats.wait_us = 400000;
    CHECK_EQ(pk_respool_advice(&stats), 0);
    stats.wait_us = 404000;
    CHECK_EQ(pk_respool_advice(&stats), PK_RESPOOL_ADVICE_WAITS);
    say(700, 1000);
    stats.hits = 60;
    stats.misses = 40;
    stats.errors = 5;
    CHECK_EQ(pk_respool_advice(&stats), 0);
    stats.errors = 6;
    CHECK_EQ(pk_respool_advice(&stats), PK_RESPOOL_ADVICE_ERRORS);
    stats.exhaustions = 1;
    stats.active = 1000;
    CHECK_EQ(pk_respool_advice(&stats), PK_RESPOOL_ADVICE_ERRORS | PK_RESPOOL_ADVICE_EXHAUSTED | PK_RESPOOL_ADVICE_GROW);
    CHECK(PK_RESPOOL_ADVICE_EXHAUSTED < PK_RESPOOL_ADVICE_GROW); /* the most urgent is the lowest */
    say(700, 1000);
    stats.exhaustions = 1;
    CHECK_EQ(pk_respool_advice(&stats), PK_RESPOOL_ADVICE_EXHAUSTED);
}

TESTS {
    RUN("P14 P16", "who waits is counted, and for how long: sum, longest and histogram are exact", waits_are_counted_exactly)
    RUN("P14", "what comes back in the moment in which a wait ends is not lost", the_last_moment_loses_nothing)
    RUN("P14", "newcomers go before who waits for less than barge_us, never, or always", newcomers_are_served_by_barge_us)
    RUN("P14", "who waits hears that the pool stopped", who_waits_hears_that_it_stopped)
    RUN("P14 P11", "who is handed a bad one waits on, and counts as one that waited", who_gets_a_bad_one_waits_on)
    RUN("P14", "who waits on takes the place that it had", who_comes_back_takes_its_place)
    RUN("C62", "the score: every vector and boundary", scores)
    RUN("P19", "suggested sizes: every vector and boundary", sizes_are_suggested)
    RUN("P20", "load is low, good or high at 60 and 80 %", loads)
    RUN("P21 P22 P23 P24 P25", "advice at every boundary", advises)
}
