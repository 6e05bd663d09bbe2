/* targets: threads */
/* Several threads record under the same names while others read, export and trace; the counts add up. */
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../perfkit_log.h"
#include "../support/test.h"
#include <pthread.h>

enum { THREADS = 4, TURNS = 3000 };
static size_t written;
static pk_status swallow(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)level;
    (void)text;
    written += length;
    return PK_OK;
}
static void *record(void *number) {
    int i;
    (void)number;
    for (i = 0; i < TURNS; i++) {
        PK_PERF_SCOPE("work") { PK_PERF_COUNT("rows", 2); }
        PK_PERF_VALUE("size", (unsigned)i);
        PK_PERF_GAUGE_ADD("open", i % 2 ? -1 : 1);
    }
    return NULL;
}
static pk_perf_event events[1000];
static pk_perf_trace trace;
static void all_that_threads_record_is_there(void) {
    pthread_t threads[THREADS];
    pk_perf_values v;
    int i;
    CHECK_STATUS(pk_log_set_level(&pk_perf_default, PK_LOG_ERROR), PK_OK);
    CHECK_STATUS(pk_perf_trace_start(&pk_perf_default, &trace, events, 1000), PK_OK);
    CHECK_STATUS(pk_perf_trace_start(&pk_perf_default, &trace, events, 1000), PK_BUSY);
    for (i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, record, NULL) == 0);
    for (i = 0; i < 10; i++) {
        CHECK_STATUS(pk_perf_report(&pk_perf_default, swallow, NULL, 9), PK_OK);
        CHECK_STATUS(pk_perf_json(&pk_perf_default, swallow, NULL), PK_OK);
        CHECK_STATUS(pk_perf_openmetrics(&pk_perf_default, swallow, NULL), PK_OK);
        CHECK_STATUS(pk_perf_trace_json(&trace, swallow, NULL), PK_OK);
    }
    for (i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    pk_perf_trace_stop(&pk_perf_default);
    CHECK_EQ(pk_perf_trace_lost(&trace), THREADS * TURNS - 1000);
    CHECK_STATUS(pk_perf_get(&pk_perf_default, "work", &v), PK_OK);
    CHECK_EQ(v.count, THREADS * TURNS);
    CHECK(v.self <= v.total);
    CHECK_STATUS(pk_perf_get(&pk_perf_default, "rows", &v), PK_OK);
    CHECK_EQ(v.total, 2 * THREADS * TURNS);
    CHECK_STATUS(pk_perf_get(&pk_perf_default, "size", &v), PK_OK);
    CHECK_EQ(v.count, THREADS * TURNS);
    CHECK_EQ(v.total, THREADS * (long)TURNS * (TURNS - 1) / 2);
    CHECK_EQ(v.min, 0);
    CHECK_EQ(v.max, TURNS - 1);
    CHECK((long)v.p50 >= 1450 && (long)v.p50 <= 1550);
    CHECK_STATUS(pk_perf_get(&pk_perf_default, "open", &v), PK_OK);
    CHECK_EQ(v.level, 0);
    CHECK_EQ(v.count, THREADS * TURNS);
    pk_perf_reset(&pk_perf_default);
    CHECK_STATUS(pk_perf_get(&pk_perf_default, "work", &v), PK_OK);
    CHECK_EQ(v.count, 0);
}
#if PK__WORD_ATOMICS
PK_HIST_DEFINE(shared, 2, 10, uint16_t)
static void *record_atomic(void *number) {
    unsigned i;
    (void)number;
    for (i = 0; i < 20000; i++) pk_hist_record_atomic(&shared, i % 4 ? 3 : 5000);
    return NULL;
}
static void atomic_records_add_up(void) {
    pthread_t threads[THREADS];
    int i;
    for (i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, record_atomic, NULL) == 0);
    for (i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    CHECK_EQ(shared.count, 80000);
    CHECK_EQ(shared.over, 20000);
    CHECK_EQ(pk_hist_sum(&shared), 60000 * 3l + 20000 * 5000l);
    CHECK_EQ(pk_hist_min(&shared), 3);
    CHECK_EQ(shared.max, 5000);
    CHECK_EQ(shared.saturated, 0);
    CHECK_EQ(((uint16_t *)shared.counters)[3], 60000);
    for (i = 0; i < 6000; i++) pk_hist_record_atomic(&shared, 3);
    CHECK_EQ(shared.saturated, 1);
    CHECK_EQ(((uint16_t *)shared.counters)[3], 0xFFFF);
}
#endif
static uint32_t changed;
static void *change_a_gauge(void *unused) {
    int i;
    (void)unused;
    for (i = 0; i < 100000; i++) {
        PK_PERF_GAUGE_ADD("drift", 1);
        PK_PERF_GAUGE_ADD("drift", -1);
    }
    pk__store32(&changed, 1);
    return NULL;
}
static void a_reset_leaves_gauges_alone(void) {
    pthread_t thread;
    pk_perf_values v;
    CHECK_STATUS(pk_log_set_level(&pk_perf_default, PK_LOG_ERROR), PK_OK);
    CHECK(pthread_create(&thread, NULL, change_a_gauge, NULL) == 0);
    while (!pk__load32(&changed)) pk_perf_reset(&pk_perf_default);
    pthread_join(thread, NULL);
    CHECK_STATUS(pk_perf_get(&pk_perf_default, "drift", &v), PK_OK);
    CHECK_EQ(v.level, 0);
}
static void ticks_are_near_the_clock(void) {
    uint64_t before, after, ns;
    pk_ticks start, spent;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    before = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    start = pk__perf_now();
    do {
        clock_gettime(CLOCK_MONOTONIC, &t);
        after = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    } while (after - before < 20000000u);
    spent = pk__perf_now() - start;
    ns = pk_perf_ns(spent);
    CHECK(ns >= 19000000u); /* the loop may have been held up after its last reading, so no more than this */
    CHECK(pk_perf_us(spent) >= ns / 1000u - 1 && pk_perf_us(spent) <= ns / 1000u + 1);
    clock_gettime(CLOCK_MONOTONIC, &t);
    after = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    CHECK(ns <= (after - before) / 100u * 105u);
    CHECK_EQ(pk_perf_ns(0), 0);
}

static pk_progress progress;
static uint32_t told, running, last_done;
static void count_up(void *user, pk_progress *p, const pk_progress_values *v) {
    pk_progress_values inside;
    (void)user;
    CHECK_EQ(pk__add32(&running, 1), 0); /* one at a time */
    CHECK(v->done >= last_done);
    last_done = v->done;
    pk_progress_get(p, &inside);
    told++;
    pk__add32(&running, (uint32_t)-1);
}
static void *step_ten(void *name) {
    int i;
    for (i = 0; i < 10; i++) pk_progress_step(&progress, (const char *)name, true);
    return NULL;
}
static void five_threads_step(void) {
    static char names[5][2] = {"a", "b", "c", "d", "e"};
    pthread_t threads[5];
    pk_progress_desc desc;
    pk_progress_values v;
    int i;
    memset(&desc, 0, sizeof desc);
    desc.total = 50;
    desc.threads = true;
    CHECK_STATUS(pk_progress_init(&progress, &desc), PK_OK);
    CHECK_STATUS(pk_progress_add_observer(&progress, count_up, NULL), PK_OK);
    for (i = 0; i < 5; i++) CHECK(pthread_create(&threads[i], NULL, step_ten, names[i]) == 0);
    for (i = 0; i < 5; i++) pthread_join(threads[i], NULL);
    pk_progress_get(&progress, &v);
    CHECK_EQ(v.done, 50);
    CHECK_EQ(v.percent_100, 10000);
    CHECK_EQ(last_done, 50);
    CHECK(told >= 1 && told <= 50);
    pk_progress_close(&progress);
}

TESTS {
    RUN("C52", "a reset while a gauge changes loses no change", a_reset_leaves_gauges_alone) /* first, while it is the only place */
    RUN("C45 C52", "what threads record adds up, while others read, export and trace", all_that_threads_record_is_there)
#if PK__WORD_ATOMICS
    RUN("C52", "a histogram that several threads record into atomically is exact, and saturates", atomic_records_add_up)
#endif
    RUN("C59", "50 steps from 5 threads are 50; one observer at a time, and the last hears of all", five_threads_step)
    RUN("C45", "ticks of the CPU become nanoseconds of the clock", ticks_are_near_the_clock)
}
