/* targets: threads */
/* Scores, advice, alerts, health, trends and reports, with the figures of FEATURES' formulas. */
#if !defined _POSIX_C_SOURCE && !defined _GNU_SOURCE
#define _POSIX_C_SOURCE 200809L /* nanosleep */
#endif
#include "../../perfkit.h"
#include "../support/test.h"
#include <stdio.h>
#ifndef _WIN32
#include <pthread.h>
#include <time.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

static pk_monitor m;
static pk_monitored cache_m, pool_m, other_m, check_m, times_m, sizes_m;
static pk_event heard[8];
static unsigned events;
static void hear(void *user, const pk_event *event) {
    (void)user;
    if (events < 8) heard[events] = *event;
    events++;
}
static uint32_t wall(void *user, uint16_t *ms) {
    (void)user;
    *ms = 250;
    return 1700000000; /* 2023-11-14T22:13:20Z */
}
static pk_monitor_figures cache_f, pool_f, other_f;
static void give(void *object, pk_monitor_figures *figures) { *figures = *(pk_monitor_figures *)object; }
static int64_t startup_us;
static int64_t startup(void *user) {
    (void)user;
    return startup_us;
}
static void start(void) {
    pk_monitor_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.name = "monitor";
    desc.on_event = hear;
    desc.wall = wall;
    CHECK_STATUS(pk_monitor_init(&m, &desc), PK_OK);
    memset(&cache_m, 0, sizeof cache_m);
    memset(&pool_m, 0, sizeof pool_m);
    memset(&other_m, 0, sizeof other_m);
    memset(&check_m, 0, sizeof check_m);
    memset(&times_m, 0, sizeof times_m);
    memset(&sizes_m, 0, sizeof sizes_m);
    memset(&cache_f, 0, sizeof cache_f);
    memset(&pool_f, 0, sizeof pool_f);
    memset(&other_f, 0, sizeof other_f);
    events = 0;
    startup_us = 0;
}
static void add_all(void) {
    CHECK_STATUS(pk_monitor_add(&m, &cache_m, PK_MONITOR_CACHE, "sessions", give, &cache_f), PK_OK);
    CHECK_STATUS(pk_monitor_add(&m, &pool_m, PK_MONITOR_POOL, "database", give, &pool_f), PK_OK);
    CHECK_STATUS(pk_monitor_add(&m, &other_m, PK_MONITOR_RESOURCES, "files", give, &other_f), PK_OK);
    CHECK_STATUS(pk_monitor_add_check(&m, &check_m, "startup", startup, NULL, PK_TARGET_STARTUP_US, PK_UNHEALTHY, PK_UNIT_MICROSECONDS), PK_OK);
}

static pk_time scope_now;
static pk_time scope_clock(void *user) {
    (void)user;
    return scope_now;
}

static void cache_scores_are_those_of_the_vectors(void) {
    static const struct {
        uint32_t hits, misses, evictions, puts, mb;
        int32_t score;
    } v[] = {{0, 1, 0, 1, 0, 4000},          {1, 0, 0, 1, 0, 10000},         {1, 0, 0, 1, 100, 9000}, {1, 0, 0, 1, 150, 8000},
             {0, 1, 1, 1, 200, 0},           {855, 145, 300, 1000, 65, 8230}, {855, 145, 50, 1000, 40, 9030}, {1, 1, 3, 10, 80, 5800},
             {7, 3, 3, 10, 100, 6600}};
    size_t i;
    for (i = 0; i < sizeof v / sizeof v[0]; i++)
        CHECK_EQ(pk_cache_score(v[i].hits, v[i].misses, v[i].evictions, v[i].puts, (uint64_t)v[i].mb << 20, (uint64_t)100 << 20), v[i].score);
    CHECK_EQ(pk_cache_score(0, 0, 0, 0, 0, 100), PK_NO_DATA);
    CHECK_EQ(pk_cache_score(1, 0, 0, 0, 4096, 0), 10000);    /* no limit */
    CHECK_EQ(pk_cache_score(1, 0, 5, 1, 0, 4096), 8000);     /* more evictions than puts count as one each */
    CHECK_EQ(pk_cache_score(1, 0, 0, 1, 4096, 4096), 9000);  /* the same curve for 4 KB */
}
static void pool_scores_are_those_of_the_vectors(void) {
    static const struct {
        uint32_t active, total, wait_ms, errors, requests;
        int32_t score;
    } v[] = {{0, 0, 0, 0, 0, PK_NO_DATA}, {2, 10, 0, 0, 100, 7333}, {6, 10, 0, 0, 100, 10000},   {7, 10, 0, 0, 100, 10000}, {8, 10, 0, 0, 100, 10000},
             {9, 10, 0, 0, 100, 9000},    {10, 10, 0, 0, 100, 8000}, {7, 10, 100, 5, 100, 8850}, {10, 10, 300, 100, 100, 2000}};
    size_t i;
    start();
    CHECK_STATUS(pk_monitor_add(&m, &pool_m, PK_MONITOR_POOL, "database", give, &pool_f), PK_OK);
    for (i = 0; i < sizeof v / sizeof v[0]; i++) {
        memset(&pool_f, 0, sizeof pool_f);
        pool_f.active = v[i].active;
        pool_f.total = pool_f.max = v[i].total;
        pool_f.hits = v[i].requests;
        pool_f.waits = v[i].wait_ms ? 1 : 0;
        pool_f.wait_us = v[i].wait_ms * 1000;
        pool_f.errors = v[i].errors;
        (void)pk_monitor_tick(&m, 0, 0);
        CHECK_EQ(pk_monitor_score(&pool_m), v[i].score);
    }
}
static void words_change_at_their_boundaries(void) {
    CHECK_TEXT(pk_score_word(8000), "excellent");
    CHECK_TEXT(pk_score_word(7999), "good");
    CHECK_TEXT(pk_score_word(6000), "good");
    CHECK_TEXT(pk_score_word(5999), "fair");
    CHECK_TEXT(pk_score_word(4000), "fair");
    CHECK_TEXT(pk_score_word(3999), "poor");
    CHECK_TEXT(pk_score_word(PK_NO_DATA), "no data");
    CHECK_EQ(pk_hit_rate_state(7000), PK_HIT_RATE_FINE);
    CHECK_EQ(pk_hit_rate_state(6999), PK_HIT_RATE_WATCH);
    CHECK_EQ(pk_hit_rate_state(5000), PK_HIT_RATE_WATCH);
    CHECK_EQ(pk_hit_rate_state(4999), PK_HIT_RATE_LOW);
}

static unsigned advice_for(pk_count hits, pk_count misses, pk_count puts, pk_count evictions, uint64_t bytes, uint64_t us) {
    cache_f.hits = hits;
    cache_f.misses = misses;
    cache_f.puts = puts;
    cache_f.evictions = evictions;
    cache_f.bytes = bytes;
    cache_f.max_bytes = 100;
    cache_f.access_us = us;
    (void)pk_monitor_tick(&m, 0, 0);
    return pk_monitor_advice(&cache_m);
}
static void each_rule_of_cache_advice_stands_alone(void) {
    unsigned bit;
    start();
    CHECK_STATUS(pk_monitor_add(&m, &cache_m, PK_MONITOR_CACHE, "sessions", give, &cache_f), PK_OK);
    CHECK_EQ(advice_for(0, 0, 0, 0, 0, 0), PK_ADVICE_NO_DATA);
    CHECK_EQ(advice_for(50, 50, 10, 3, 80, 10000), 0);
    CHECK_EQ(advice_for(49, 51, 10, 3, 80, 10000), PK_ADVICE_HIT_RATE);
    CHECK_EQ(advice_for(50, 50, 10, 4, 80, 10000), PK_ADVICE_EVICTIONS);
    CHECK_EQ(advice_for(50, 50, 10, 3, 81, 10000), PK_ADVICE_MEMORY);
    CHECK_EQ(advice_for(50, 50, 10, 3, 80, 10001), PK_ADVICE_SLOW);
    CHECK_TEXT(pk_monitor_advice_text(PK_MONITOR_CACHE, 0), "optimal");
    for (bit = 1; bit <= PK_ADVICE_NO_DATA; bit <<= 1) {
        CHECK(strlen(pk_monitor_advice_text(PK_MONITOR_CACHE, bit)) > 5);
        CHECK(strlen(pk_monitor_advice_text(PK_MONITOR_POOL, bit)) > 5);
    }
}
static void pool_advice_comes_with_leaks(void) {
    start();
    add_all();
    pool_f.hits = 100;
    pool_f.active = pool_f.total = pool_f.max = 10;
    pool_f.exhaustions = 1;
    pool_f.leaks = 1;
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK_EQ(pk_monitor_advice(&pool_m), PK_RESPOOL_ADVICE_EXHAUSTED | PK_RESPOOL_ADVICE_GROW | PK_ADVICE_LEAKS);
    CHECK_EQ(pk_monitor_advice(&other_m), 0);
    CHECK_EQ(pk_monitor_advice(&check_m), 0);
}

static void alerts_are_told_at_each_edge(void) {
    start();
    add_all();
    cache_f.hits = cache_f.misses = 50;
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK_EQ(events, 0); /* 50.0 %: not below */
    start();
    add_all();
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK_EQ(events, 0); /* no data */
    cache_f.hits = 49;
    cache_f.misses = 50; /* 99 gets: too few to judge */
    other_f.active = 9;
    other_f.max = 10; /* 90.0 %: not above */
    (void)pk_monitor_tick(&m, 1, 0);
    CHECK_EQ(events, 0);
    cache_f.misses = 51;
    (void)pk_monitor_tick(&m, 2, 0);
    CHECK_EQ(events, 1);
    CHECK_EQ(heard[0].kind, PK_MONITOR_EVENT_HIT_RATE);
    CHECK_STATUS(heard[0].status, PK_FULL);
    CHECK_TEXT(heard[0].object, "monitor");
    CHECK_TEXT(heard[0].detail, "sessions");
    CHECK_EQ(heard[0].a, 4900);
    CHECK_EQ(heard[0].b, 5000);
    cache_f.hits += 54; /* the next hundred: 54 %, within the hysteresis */
    cache_f.misses += 46;
    (void)pk_monitor_tick(&m, 3, 0);
    CHECK_EQ(events, 1);
    cache_f.hits += 55;
    cache_f.misses += 45;
    other_f.active = 91;
    other_f.max = 100;
    (void)pk_monitor_tick(&m, 4, 0);
    CHECK_EQ(events, 3);
    CHECK_STATUS(heard[1].status, PK_OK); /* over */
    CHECK_EQ(heard[2].kind, PK_MONITOR_EVENT_UTILIZATION);
    CHECK_EQ(heard[2].a, 9100);
    other_f.active = 86;
    (void)pk_monitor_tick(&m, 5, 0);
    CHECK_EQ(events, 3);
    other_f.active = 85;
    pool_f.leaks = 2;
    startup_us = 500000;
    (void)pk_monitor_tick(&m, 6, 0);
    CHECK_EQ(events, 6);
    CHECK_EQ(heard[3].kind, PK_MONITOR_EVENT_LEAKS); /* in the order of the objects */
    CHECK_EQ(heard[3].a, 2);
    CHECK_STATUS(heard[4].status, PK_OK);
    CHECK_EQ(heard[5].kind, PK_MONITOR_EVENT_CHECK);
    (void)pk_monitor_tick(&m, 7, 0);
    CHECK_EQ(events, 6); /* not told again */
}
static void limits_of_alerts_can_be_set(void) {
    pk_monitor_desc desc;
    start();
    memset(&desc, 0, sizeof desc);
    desc.on_event = hear;
    desc.min_hit_rate = 8000;
    desc.hysteresis = 100;
    CHECK_STATUS(pk_monitor_init(&m, &desc), PK_OK);
    CHECK_STATUS(pk_monitor_add(&m, &cache_m, PK_MONITOR_CACHE, "sessions", give, &cache_f), PK_OK);
    cache_f.hits = 79;
    cache_f.misses = 21;
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK_EQ(events, 1);
    cache_f.hits += 81;
    cache_f.misses += 19;
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK_EQ(events, 2);
}

static void alerts_end_at_any_limit(void) {
    pk_monitor_desc desc;
    start();
    memset(&desc, 0, sizeof desc);
    desc.on_event = hear;
    desc.min_hit_rate = 9600; /* and 500 more is above what there can be */
    desc.max_utilization = 300;
    CHECK_STATUS(pk_monitor_init(&m, &desc), PK_OK);
    CHECK_STATUS(pk_monitor_add(&m, &cache_m, PK_MONITOR_CACHE, "sessions", give, &cache_f), PK_OK);
    CHECK_STATUS(pk_monitor_add(&m, &other_m, PK_MONITOR_RESOURCES, "files", give, &other_f), PK_OK);
    cache_f.hits = 90;
    cache_f.misses = 10;
    other_f.active = 5;
    other_f.max = 100;
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK_EQ(events, 2);
    cache_f.hits += 100;
    other_f.active = 0;
    (void)pk_monitor_tick(&m, 1, 0);
    CHECK_EQ(events, 4);
    cache_f.hits = cache_f.misses = 20; /* its statistics were reset: too few to judge */
    (void)pk_monitor_tick(&m, 2, 0);
    CHECK_EQ(events, 4);
    cache_f.misses = 80;
    (void)pk_monitor_tick(&m, 3, 0);
    CHECK_EQ(events, 5);
    CHECK_EQ(heard[4].a, 2000);
    desc.hysteresis = -1;
    CHECK_STATUS(pk_monitor_init(&m, &desc), PK_INVALID);
    desc.hysteresis = 0;
    desc.min_hit_rate = 10001;
    CHECK_STATUS(pk_monitor_init(&m, &desc), PK_INVALID);
}

static void health_is_the_worst_of_all(void) {
    start();
    add_all();
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK_EQ(pk_monitor_health(&m), PK_HEALTHY); /* no data never degrades */
    startup_us = 499999;
    cache_f.hits = cache_f.misses = 50;
    cache_f.evictions = cache_f.puts = 1;
    pool_f.errors = 10;
    other_f.active = 9;
    other_f.max = 10;
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK_EQ(pk_monitor_score(&cache_m), 5000);
    CHECK_EQ(pk_monitor_health(&m), PK_HEALTHY);
    cache_f.misses = 51;
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK_EQ(pk_monitor_health(&m), PK_DEGRADED);
    cache_f.misses = 50;
    cache_f.bytes = 51;
    cache_f.max_bytes = 100; /* a score below 50 */
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK_EQ(pk_monitor_health(&m), PK_DEGRADED);
    cache_f.bytes = 0;
    pool_f.errors = 11;
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK_EQ(pk_monitor_health(&m), PK_DEGRADED);
    pool_f.errors = 0;
    pool_f.exhaustions = 1;
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK_EQ(pk_monitor_health(&m), PK_DEGRADED);
    pool_f.exhaustions = 0;
    pool_f.leaks = 1;
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK_EQ(pk_monitor_health(&m), PK_DEGRADED);
    pool_f.leaks = 0;
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK_EQ(pk_monitor_health(&m), PK_HEALTHY);
    other_f.leaks = 1;
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK_EQ(pk_monitor_health(&m), PK_DEGRADED);
    startup_us = 500000;
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK_EQ(pk_monitor_health(&m), PK_UNHEALTHY);
    CHECK_TEXT(pk_health_word(PK_UNHEALTHY), "unhealthy");
}
static void targets_are_those_of_the_table(void) {
    CHECK_EQ(PK_TARGET_STARTUP_US, 500000);
    CHECK_EQ(PK_TARGET_HELP_US, 1000000);
    CHECK_EQ(PK_TARGET_FIRST_ACCESS_US, 1000000);
    CHECK_EQ(PK_TARGET_GROWTH_BYTES, 50 << 20);
    CHECK_EQ(PK_TARGET_RESIDENT_BYTES, 200 << 20);
    start();
    add_all();
    startup_us = 499900;
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK_EQ(pk_monitored_health(&check_m), PK_HEALTHY);
    startup_us = 500000;
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK_EQ(pk_monitored_health(&check_m), PK_UNHEALTHY);
}
static void resident_memory_is_a_check(void) {
    start();
    CHECK_STATUS(pk_monitor_add_check(&m, &check_m, "memory", pk_resident_bytes, NULL, PK_TARGET_RESIDENT_BYTES, PK_DEGRADED, PK_UNIT_BYTES), PK_OK);
    (void)pk_monitor_tick(&m, 0, 0);
#ifdef __linux__
    CHECK(check_m.figures.value > 100000);
#endif
    CHECK_STATUS(pk_monitor_add_check(&m, &other_m, "none", NULL, NULL, 1, PK_DEGRADED, PK_UNIT_NONE), PK_INVALID);
    CHECK_STATUS(pk_monitor_add_check(&m, &other_m, "healthy", startup, NULL, 1, PK_HEALTHY, PK_UNIT_NONE), PK_INVALID);
    CHECK_STATUS(pk_monitor_add_check(&m, &other_m, "unit", startup, NULL, 1, PK_DEGRADED, 9), PK_INVALID);
}

static void names_are_of_one_object_each(void) {
    start();
    CHECK_STATUS(pk_monitor_add(&m, &cache_m, PK_MONITOR_CACHE, "a", NULL, NULL), PK_OK);
    CHECK_STATUS(pk_monitor_add(&m, &other_m, PK_MONITOR_CACHE, "a", NULL, NULL), PK_EXISTS);
    CHECK_STATUS(pk_monitor_add(&m, &cache_m, PK_MONITOR_CACHE, "b", NULL, NULL), PK_EXISTS);
    CHECK_STATUS(pk_monitor_add(&m, &other_m, PK_MONITOR_POOL, "a", NULL, NULL), PK_OK); /* another kind */
    CHECK_STATUS(pk_monitor_add(&m, &pool_m, 0, "c", NULL, NULL), PK_INVALID);
    CHECK_STATUS(pk_monitor_add(&m, &pool_m, PK_MONITOR_POOL, NULL, NULL, NULL), PK_INVALID);
    CHECK(pk_monitor_find(&m, PK_MONITOR_CACHE, "a") == &cache_m);
    CHECK(pk_monitor_find(&m, PK_MONITOR_CACHE, "b") == NULL);
    CHECK_STATUS(pk_monitor_remove(&m, &cache_m), PK_OK);
    CHECK_STATUS(pk_monitor_remove(&m, &cache_m), PK_NOT_FOUND);
    CHECK_STATUS(pk_monitor_add(&m, &cache_m, PK_MONITOR_CACHE, "b", NULL, NULL), PK_OK);
    pk_monitor_close(&m);
    pk_monitor_close(&m);
    CHECK(pk_monitor_find(&m, PK_MONITOR_CACHE, "b") == NULL);
}
static void what_is_fed_is_averaged_over_its_window(void) {
    static uint32_t waits[PK_MONITOR_WAITS], accesses[PK_MONITOR_ACCESSES];
    uint32_t i;
    start();
    CHECK_STATUS(pk_monitor_add(&m, &cache_m, PK_MONITOR_CACHE, "mine", NULL, NULL), PK_OK);
    CHECK_STATUS(pk_monitor_add(&m, &other_m, PK_MONITOR_CACHE, "yours", NULL, NULL), PK_OK);
    CHECK_STATUS(pk_monitor_add(&m, &pool_m, PK_MONITOR_POOL, "database", NULL, NULL), PK_OK);
    pk_monitor_set_window(&m, &cache_m, accesses, PK_MONITOR_ACCESSES);
    pk_monitor_set_window(&m, &pool_m, waits, PK_MONITOR_WAITS);
    pk_monitor_record_access(&m, &cache_m, true, 100000);
    for (i = 0; i < 100; i++) pk_monitor_record_access(&m, &cache_m, false, 20);
    CHECK(cache_m.figures.access_us == 20); /* the first is out of it */
    CHECK(cache_m.figures.hits == 1 && cache_m.figures.misses == 100);
    CHECK(other_m.figures.misses == 0);
    pk_monitor_record_access(&m, &other_m, true, 10);
    pk_monitor_record_access(&m, &other_m, true, 20);
    CHECK(other_m.figures.access_us == 15); /* without a window, of all */
    pk_monitor_record_put(&m, &other_m, true, 100);
    pk_monitor_record_put(&m, &other_m, false, -40);
    CHECK(other_m.figures.puts == 2 && other_m.figures.evictions == 1 && other_m.figures.bytes == 60);
    pk_monitor_record_put(&m, &other_m, false, -100);
    CHECK(other_m.figures.bytes == 0);
    pk_monitor_record_acquire(&m, &pool_m, true, false);
    pk_monitor_record_wait(&m, &pool_m, 5000000);
    for (i = 0; i < 1000; i++) pk_monitor_record_wait(&m, &pool_m, 101000);
    CHECK(pool_m.figures.waits == 1001);
    CHECK_EQ(pk_monitor_advice(&pool_m) & PK_RESPOOL_ADVICE_WAITS, PK_RESPOOL_ADVICE_WAITS);
    for (i = 0; i < 1000; i++) pk_monitor_record_wait(&m, &pool_m, 100000);
    CHECK_EQ(pk_monitor_advice(&pool_m) & PK_RESPOOL_ADVICE_WAITS, 0);
    pk_monitor_record_acquire(&m, &pool_m, false, true);
    CHECK(pool_m.figures.misses == 1 && pool_m.figures.errors == 1);
}
static void trends_go_from_the_oldest_kept_to_the_newest(void) {
    pk_monitor_point points[3];
    int64_t change = 77;
    start();
    CHECK_STATUS(pk_monitor_add(&m, &cache_m, PK_MONITOR_CACHE, "sessions", give, &cache_f), PK_OK);
    CHECK_STATUS(pk_monitor_trend(&m, &cache_m, PK_TREND_RATE, &change), PK_NOT_FOUND);
    pk_monitor_set_history(&m, &cache_m, points, 3);
    cache_f.bytes = 10;
    (void)pk_monitor_tick(&m, 1, 0);
    CHECK_STATUS(pk_monitor_trend(&m, &cache_m, PK_TREND_AMOUNT, &change), PK_NOT_FOUND);
    cache_f.bytes = 25;
    (void)pk_monitor_tick(&m, 2, 0);
    CHECK_STATUS(pk_monitor_trend(&m, &cache_m, PK_TREND_AMOUNT, &change), PK_OK);
    CHECK_EQ(change, 15);
    CHECK_STATUS(pk_monitor_trend(&m, &cache_m, PK_TREND_RATE, &change), PK_NOT_FOUND); /* no gets in either */
    cache_f.hits = cache_f.misses = 1;
    (void)pk_monitor_tick(&m, 3, 0);
    cache_f.misses = 3;
    cache_f.bytes = 5;
    (void)pk_monitor_tick(&m, 4, 0); /* the first is forgotten */
    CHECK_STATUS(pk_monitor_trend(&m, &cache_m, PK_TREND_AMOUNT, &change), PK_OK);
    CHECK_EQ(change, -20);
    CHECK_STATUS(pk_monitor_trend(&m, &cache_m, PK_TREND_RATE, &change), PK_OK);
    CHECK_EQ(change, -2500);
    CHECK_STATUS(pk_monitor_trend(&m, &cache_m, PK_TREND_SCORE, &change), PK_OK);
    CHECK_EQ(change, -1500);
    CHECK_STATUS(pk_monitor_trend(&m, &cache_m, 9, &change), PK_INVALID);
}

static void reads_caches_and_pools(void) {
    pk_cache cache;
    pk_cache_desc cache_desc;
    pk_pool objects;
    pk_pool_desc pool_desc;
    pk_ticker ticker;
    pk_tick tick;
    uint32_t key, value = 7;
    void *object;
    start();
    memset(&cache_desc, 0, sizeof cache_desc);
    cache_desc.capacity = 4;
    cache_desc.key_size = cache_desc.value_size = sizeof key;
    CHECK_STATUS(pk_cache_init(&cache, &cache_desc), PK_OK);
    memset(&pool_desc, 0, sizeof pool_desc);
    pool_desc.object_size = 32;
    pool_desc.capacity = 4;
    CHECK_STATUS(pk_pool_init(&objects, &pool_desc), PK_OK);
    CHECK_STATUS(pk_monitor_add_cache(&m, &cache_m, "sessions", &cache), PK_OK);
    CHECK_STATUS(pk_monitor_add_pool(&m, &pool_m, "objects", &objects), PK_OK);
    for (key = 0; key < 6; key++) CHECK_STATUS(pk_cache_put(&cache, &key, sizeof key, &value, sizeof value, PK_TTL_NEVER), PK_OK);
    key = 5;
    CHECK_STATUS(pk_cache_get(&cache, &key, sizeof key, &value, sizeof value, NULL), PK_OK);
    object = pk_pool_acquire(&objects);
    memset(&ticker, 0, sizeof ticker);
    memset(&tick, 0, sizeof tick);
    CHECK_STATUS(pk_ticker_add_monitor(&ticker, &tick, &m, 1000), PK_OK);
    CHECK_EQ(pk_ticker_run(&ticker, 0), 1000);
    CHECK(cache_m.figures.hits == 1 && cache_m.figures.puts == 6 && cache_m.figures.evictions == 2 && cache_m.figures.entries == 4);
    CHECK(pool_m.figures.active == 1 && pool_m.figures.max == 4);
    CHECK_STATUS(pk_pool_release(&objects, object), PK_OK);
    CHECK(pk_monitor_trim(&m, 0) == 0);
    CHECK_STATUS(pk_pool_close(&objects), PK_OK);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}

/* An expired entry goes once a thousand operations were told of, however they are told of. */
static pk_hash same_hash(void *user, const void *key, size_t len) {
    (void)user;
    (void)key;
    (void)len;
    return 42;
}
static void poor_hashes_cost_evictions(void) {
    pk_cache cache;
    pk_cache_desc cache_desc;
    uint32_t key;
    start();
    memset(&cache_desc, 0, sizeof cache_desc);
    cache_desc.capacity = 5000;
    cache_desc.key_size = cache_desc.value_size = sizeof key;
    cache_desc.hash = same_hash;
    CHECK_STATUS(pk_cache_init(&cache, &cache_desc), PK_OK);
    CHECK_STATUS(pk_monitor_add_cache(&m, &cache_m, "poor", &cache), PK_OK);
    for (key = 0; key < 1100; key++) CHECK_STATUS(pk_cache_put(&cache, &key, sizeof key, &key, sizeof key, PK_TTL_NEVER), PK_OK);
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK(cache_m.figures.entries < 1000);
    CHECK(cache_m.figures.evictions == 1100 - cache_m.figures.entries); /* in a cache that is not full */
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static pk_status make_thing(void **resource, uint32_t limit_ms, void *user) {
    (void)limit_ms;
    *resource = user;
    return PK_OK;
}
/* Two caches with expired entries and two pools that grew, in mixed order; a resource pool and a scope keep what they have. */
static void a_trim_takes_what_is_over_and_unused(void) {
    static pk_monitored caches_m[2], pools_m[2];
    static const char *const names[2] = {"first", "second"};
    pk_cache caches[2];
    pk_pool pools[2];
    pk_respool things;
    pk_scope scope;
    pk_cache_desc cache_desc;
    pk_pool_desc pool_desc;
    pk_respool_desc desc;
    pk_pool_stats stats;
    void *objects[2][16];
    pk_resource thing;
    uint32_t key;
    size_t gone;
    int i, n;
    start();
    scope_now = 0;
    memset(caches_m, 0, sizeof caches_m);
    memset(pools_m, 0, sizeof pools_m);
    memset(&cache_desc, 0, sizeof cache_desc);
    cache_desc.capacity = 100;
    cache_desc.key_size = cache_desc.value_size = sizeof key;
    cache_desc.clock = scope_clock;
    memset(&pool_desc, 0, sizeof pool_desc);
    pool_desc.object_size = 32;
    pool_desc.capacity = 4;
    pool_desc.max_capacity = 16;
    memset(&desc, 0, sizeof desc);
    desc.min_size = PK_RESPOOL_NONE;
    desc.create = make_thing;
    desc.user = &desc;
    CHECK_STATUS(pk_respool_init(&things, &desc), PK_OK);
    CHECK_STATUS(pk_respool_acquire(&things, 0, &thing), PK_OK);
    CHECK_STATUS(pk_respool_release(&things, thing), PK_OK);
    CHECK_STATUS(pk_scope_init(&scope, NULL), PK_OK);
    CHECK_STATUS(pk_monitor_add_respool(&m, &pool_m, "things", &things), PK_OK);
    CHECK_STATUS(pk_monitor_add_scope(&m, &other_m, "scope", &scope), PK_OK);
    for (i = 0; i < 2; i++) {
        CHECK_STATUS(pk_cache_init(&caches[i], &cache_desc), PK_OK);
        CHECK_STATUS(pk_pool_init(&pools[i], &pool_desc), PK_OK);
        CHECK_STATUS(pk_monitor_add_cache(&m, &caches_m[i], names[i], &caches[i]), PK_OK);
        CHECK_STATUS(pk_monitor_add_pool(&m, &pools_m[i], names[i], &pools[i]), PK_OK);
        for (key = 0; key < 90; key++) CHECK_STATUS(pk_cache_put(&caches[i], &key, sizeof key, &key, sizeof key, 10), PK_OK);
        CHECK_STATUS(pk_cache_put(&caches[i], &key, sizeof key, &key, sizeof key, 11), PK_OK);
        for (n = 0; n < 16; n++) objects[i][n] = pk_pool_acquire(&pools[i]);
        for (n = 0; n < 16; n++)
            if (n != 5) CHECK_STATUS(pk_pool_release(&pools[i], objects[i][n]), PK_OK);
    }
    scope_now = 10;
    gone = pk_monitor_trim(&m, scope_now);
    CHECK(gone > 2 * 90 + 2 * 8 * 32);
    for (i = 0; i < 2; i++) {
        CHECK_EQ(pk_cache_count(&caches[i]), 1); /* in one go all that is over */
        pk_pool_get_stats(&pools[i], &stats);
        CHECK_EQ(stats.capacity, 8); /* the first four and a chunk with one out */
    }
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK(pool_m.figures.idle == 1 && pool_m.figures.total == 1);
    CHECK(pk_monitor_trim(&m, scope_now) == 0);
    for (i = 0; i < 2; i++) {
        CHECK_STATUS(pk_pool_release(&pools[i], objects[i][5]), PK_OK);
    }
    pk_monitor_close(&m);
    for (i = 0; i < 2; i++) CHECK_STATUS(pk_cache_close(&caches[i]), PK_OK);
    for (i = 0; i < 2; i++) CHECK_STATUS(pk_pool_close(&pools[i]), PK_OK);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_STATUS(pk_respool_close(&things, 0), PK_OK);
}
static void work_trims_every_thousand_operations(void) {
    pk_cache cache;
    pk_cache_desc cache_desc;
    pk_monitor_desc desc;
    uint32_t key = 1, i, gone = 0;
    start();
    memset(&cache_desc, 0, sizeof cache_desc);
    cache_desc.capacity = 4;
    cache_desc.key_size = cache_desc.value_size = sizeof key;
    cache_desc.clock = scope_clock;
    scope_now = 0;
    CHECK_STATUS(pk_cache_init(&cache, &cache_desc), PK_OK);
    CHECK_STATUS(pk_monitor_add_cache(&m, &cache_m, "sessions", &cache), PK_OK);
    CHECK_STATUS(pk_cache_put(&cache, &key, sizeof key, &key, sizeof key, 10), PK_OK);
    scope_now = 10;
    for (i = 0; i < 999; i++) gone += (uint32_t)pk_monitor_worked(&m, scope_now, 1);
    CHECK_EQ(gone, 0);
    CHECK_EQ(pk_monitor_worked(&m, scope_now, 1), 1);
    CHECK_STATUS(pk_cache_put(&cache, &key, sizeof key, &key, sizeof key, 10), PK_OK);
    scope_now = 20;
    CHECK_EQ(pk_monitor_worked(&m, scope_now, 999), 0);
    CHECK_EQ(pk_monitor_worked(&m, scope_now, 2500), 1);
    CHECK_EQ(m.worked, 499);
    memset(&desc, 0, sizeof desc);
    desc.maintain_every = 5;
    CHECK_STATUS(pk_monitor_init(&m, &desc), PK_OK);
    memset(&cache_m, 0, sizeof cache_m);
    CHECK_STATUS(pk_monitor_add_cache(&m, &cache_m, "sessions", &cache), PK_OK);
    CHECK_STATUS(pk_cache_put(&cache, &key, sizeof key, &key, sizeof key, 10), PK_OK);
    scope_now = 30;
    CHECK_EQ(pk_monitor_worked(&m, scope_now, 4), 0);
    CHECK_EQ(pk_monitor_worked(&m, scope_now, 1), 1);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
#ifndef _WIN32
static void a_forked_child_says_so_until_told(void) {
    pk_monitor_desc desc;
    int status = 0;
    pid_t child;
    start();
    memset(&desc, 0, sizeof desc);
    desc.threads = true;
    CHECK_STATUS(pk_monitor_init(&m, &desc), PK_OK);
    CHECK_STATUS(pk_monitor_add(&m, &cache_m, PK_MONITOR_CACHE, "a", give, &cache_f), PK_OK);
    CHECK_STATUS(pk_monitor_after_fork(&m), PK_OK); /* nothing to do */
#ifndef __SANITIZE_THREAD__ /* which takes the child's new lock for the old one */
    (void)pthread_mutex_lock((pthread_mutex_t *)(void *)&m.lock); /* as if another thread were in it */
#endif
    fflush(NULL);
    child = fork();
    if (child == 0) {
        int good = pk_monitor_add(&m, &pool_m, PK_MONITOR_POOL, "b", NULL, NULL) == PK_FORKED && pk_monitor_tick(&m, 0, 0) == 0;
        good = good && pk_monitor_remove(&m, &cache_m) == PK_FORKED && pk_monitor_find(&m, PK_MONITOR_CACHE, "a") == NULL;
        pk_monitor_record_access(&m, &cache_m, true, 1);
        good = good && cache_m.figures.hits == 0 && pk_monitor_after_fork(&m) == PK_OK;
        good = good && pk_monitor_add(&m, &pool_m, PK_MONITOR_POOL, "b", NULL, NULL) == PK_OK && pk_monitor_tick(&m, 0, 0) == 2;
        pk_monitor_close(&m);
        _exit(good ? 7 : 1);
    }
#ifndef __SANITIZE_THREAD__
    (void)pthread_mutex_unlock((pthread_mutex_t *)(void *)&m.lock);
#endif
    CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    CHECK_EQ(pk_monitor_tick(&m, 0, 0), 1);
    pk_monitor_close(&m);
}
#endif

static pk_status nothing(void *context) {
    (void)context;
    return PK_OK;
}
static void tracked_resources_are_watched(void) {
    pk_scope s;
    pk_scope_watch_desc watch;
    pk_track what;
    start();
    scope_now = 5;
    memset(&watch, 0, sizeof watch);
    watch.limit = 10;
    watch.clock = scope_clock;
    memset(&what, 0, sizeof what);
    what.fn = nothing;
    what.type = "socket";
    CHECK_STATUS(pk_scope_init(&s, NULL), PK_OK);
    CHECK_STATUS(pk_scope_watch(&s, &watch), PK_OK);
    CHECK_STATUS(pk_scope_track(&s, &what, NULL), PK_OK);
    CHECK_STATUS(pk_monitor_add_scope(&m, &other_m, "sockets", &s), PK_OK);
    scope_now += 3600000;
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK(other_m.figures.active == 1 && other_m.figures.max == 10 && other_m.figures.leaks == 0);
    CHECK_EQ(events, 0);
    scope_now++;
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK_EQ(other_m.figures.leaks, 1);
    CHECK_EQ(pk_monitor_advice(&other_m), PK_ADVICE_LEAKS);
    CHECK_EQ(pk_monitor_health(&m), PK_DEGRADED);
    CHECK_EQ(events, 1);
    CHECK_EQ(heard[0].kind, PK_MONITOR_EVENT_LEAKS);
    CHECK_STATUS(pk_monitor_remove(&m, &other_m), PK_OK);
    CHECK_STATUS(pk_scope_close(&s), PK_OK);
}

static char text[6000];
static size_t used, longest;
static pk_status keep(void *user, int level, const char *piece, size_t length) {
    (void)user;
    (void)level;
    if (used + length >= sizeof text) return PK_FULL;
    memcpy(text + used, piece, length + 1);
    used += length;
    return PK_OK;
}
static void fill(void) {
    start();
    add_all();
    cache_f.hits = 855;
    cache_f.misses = 145;
    cache_f.puts = 1000;
    cache_f.evictions = 300;
    cache_f.bytes = (uint64_t)65 << 20;
    cache_f.max_bytes = (uint64_t)100 << 20;
    cache_f.entries = 1234567;
    pool_f.hits = 99;
    pool_f.misses = 1;
    pool_f.active = 7;
    pool_f.total = 10;
    pool_f.max = 20;
    pool_f.waits = 2;
    pool_f.wait_us = 3000;
    other_f.active = 3;
    other_f.max = 100;
    startup_us = 326049;
    (void)pk_monitor_tick(&m, 0, 0);
    used = 0;
}
static void the_table_fits_80_columns(void) {
    const char *p, *end;
    fill();
    CHECK_STATUS(pk_monitor_text(&m, keep, NULL), PK_OK);
    for (p = text, longest = 0; (end = strchr(p, '\n')) != NULL; p = end + 1)
        if ((size_t)(end - p) > longest) longest = (size_t)(end - p);
    CHECK(*p == 0);
    CHECK(longest <= 80);
    CHECK(strstr(text, "sessions                85.5    30.0    82.3    1.2M   68.1M       0\n") != NULL);
    CHECK(strstr(text, "database                35.0    99.9       7      20    1500       0       0\n") != NULL);
    CHECK(strstr(text, "startup               healthy, 326.0ms of 500.0ms\n") != NULL);
    CHECK(strstr(text, "health: healthy\n") != NULL);
    cache_f.hits = 1; /* the longest advice ends its line too */
    (void)pk_monitor_tick(&m, 0, 0);
    used = 0;
    CHECK_STATUS(pk_monitor_text(&m, keep, NULL), PK_OK);
    CHECK(strstr(text, "  > hits below 50 %: more room, longer times to live, or other keys\n") != NULL);
}
static void json_has_the_shape_of_the_report(void) {
    fill();
    CHECK_STATUS(pk_monitor_json(&m, keep, NULL), PK_OK);
    CHECK(strstr(text, "{\"timestamp\":\"2023-11-14T22:13:20.250Z\",\"caches\":{\n\"sessions\":{\"metrics\":{\"rating\":\"excellent\","
                       "\"efficiency_score\":\"82.3/100\",\"hit_rate\":\"85.5%\",\"miss_rate\":\"14.5%\",\"eviction_rate\":\"30.0%\"") != NULL);
    CHECK(strstr(text, "},\"recommendations\":[\"optimal\"]}},\"connection_pools\":{\n\"database\":{") != NULL);
    CHECK(strstr(text, "\"resources\":{\"active_count\":10,\"potential_leaks\":0,\"objects\":{\n\"files\":") != NULL);
    CHECK(strstr(text, "\"startup\":{\"status\":\"healthy\",\"value\":\"326.0ms\",\"threshold\":\"500.0ms\"}},\"histograms\":{},\"overall_health\":\"healthy\"}\n") != NULL);
}
static pk_status refuse_second(void *user, int level, const char *piece, size_t length) {
    (void)level;
    (void)piece;
    (void)length;
    return ++*(int *)user == 2 ? PK_IO : PK_OK;
}
static void a_failing_writer_ends_the_report(void) {
    int calls = 0;
    fill();
    CHECK_STATUS(pk_monitor_json(&m, refuse_second, &calls), PK_IO);
    CHECK_EQ(calls, 2);
    calls = 0;
    CHECK_STATUS(pk_monitor_text(&m, refuse_second, &calls), PK_IO);
    CHECK_EQ(calls, 2);
    calls = 0;
    CHECK_STATUS(pk_monitor_openmetrics(&m, refuse_second, &calls), PK_IO);
    CHECK_EQ(calls, 2);
}
PK_HIST_DEFINE(times, 5, 40, uint32_t)
PK_HIST_DEFINE(sizes, 5, 40, uint32_t)
static void histograms_are_reported_with_their_percentiles(void) {
    pk_monitor_point points[2];
    int64_t change = 0;
    pk_ticks i;
    start();
    CHECK_STATUS(pk_monitor_add_histogram(&m, &times_m, "queries", &times, PK_UNIT_BYTES), PK_INVALID);
    CHECK_STATUS(pk_monitor_add_histogram(&m, &times_m, "queries", &times, PK_UNIT_TICKS), PK_OK);
    CHECK_STATUS(pk_monitor_add_histogram(&m, &sizes_m, "bodies", &sizes, PK_UNIT_NONE), PK_OK);
    pk_monitor_set_history(&m, &sizes_m, points, 2);
    (void)pk_monitor_tick(&m, 0, 0);
    for (i = 1; i <= 50; i++) pk_hist_record(&sizes, i);
    pk_hist_record(&times, PERFKIT_TICKS_HZ);
    (void)pk_monitor_tick(&m, 1, 0);
    CHECK(sizes_m.figures.values == 50 && sizes_m.figures.p50 == 25 && sizes_m.figures.most == 50 && sizes_m.figures.sum == 1275);
    CHECK_STATUS(pk_monitor_trend(&m, &sizes_m, PK_TREND_AMOUNT, &change), PK_OK);
    CHECK(change == 50);
    CHECK_EQ(pk_monitor_score(&sizes_m), PK_NO_DATA);
    CHECK_EQ(pk_monitor_advice(&sizes_m), 0);
    CHECK_EQ(pk_monitor_health(&m), PK_HEALTHY);
    used = 0;
    CHECK_STATUS(pk_monitor_text(&m, keep, NULL), PK_OK);
    CHECK(strstr(text, "histogram              count     p50     p95     p99     max\n") != NULL);
    CHECK(strstr(text, "bodies                    50      25      48      50      50\n") != NULL);
    used = 0;
    CHECK_STATUS(pk_monitor_json(&m, keep, NULL), PK_OK);
    CHECK(strstr(text, "\"histograms\":{\n\"queries\":{\"count\":1,\"total_ns\":") != NULL);
    CHECK(strstr(text, "\"bodies\":{\"count\":50,\"sum\":1275,\"min\":1,\"p50\":25,") != NULL);
    used = 0;
    CHECK_STATUS(pk_monitor_openmetrics(&m, keep, NULL), PK_OK);
    CHECK(strstr(text, "perfkit_histogram{name=\"bodies\",quantile=\"0.5\"} 25\n") != NULL);
    CHECK(strstr(text, "perfkit_histogram_seconds_count{name=\"queries\"} 1\n") != NULL);
}
static pk_monitored *goes;
static pk_status take_off(void *user, int level, const char *line, size_t size) {
    (void)user;
    if (strstr(line, "narrow")) (void)pk_monitor_remove(&m, goes);
    return keep(NULL, level, line, size);
}
PK_HIST_DEFINE(narrow, 3, 8, uint16_t)
/* Beyond 2^8, and more than a narrow counter counts. */
static void histograms_tell_what_did_not_fit(void) {
    unsigned i;
    start();
    CHECK_STATUS(pk_monitor_add_histogram(&m, &sizes_m, "narrow", &narrow, PK_UNIT_NONE), PK_OK);
    for (i = 0; i < 66000; i++) pk_hist_record(&narrow, 7);
    for (i = 0; i < 5; i++) pk_hist_record(&narrow, 5000);
    (void)pk_monitor_tick(&m, 0, 0);
    used = 0;
    CHECK_STATUS(pk_monitor_json(&m, keep, NULL), PK_OK);
    CHECK(strstr(text, "\"over\":5,\"saturated\":true") != NULL);
    goes = &sizes_m; /* its own thread may take off what is reported */
    used = 0;
    CHECK_STATUS(pk_monitor_json(&m, take_off, NULL), PK_OK);
    CHECK(!sizes_m.on && m.asking == NULL);
}
static void openmetrics_names_every_object(void) {
    fill();
    CHECK_STATUS(pk_monitor_openmetrics(&m, keep, NULL), PK_OK);
    CHECK(strstr(text, "# TYPE perfkit_cache_hits counter\nperfkit_cache_hits_total{name=\"sessions\"} 855\n") != NULL);
    CHECK(strstr(text, "perfkit_pool_active{name=\"database\"} 7\n") != NULL);
    CHECK(strstr(text, "perfkit_cache_score{name=\"sessions\"} 82.30\n") != NULL);
    CHECK(strstr(text, "perfkit_check{name=\"startup\"} 1.00\n") != NULL);
    CHECK(strstr(text, "perfkit_health 0\n# EOF\n") != NULL);
}

static pk_monitored *to_remove;
static void remove_while_sampled(void *object, pk_monitor_figures *figures) {
    (void)object;
    figures->hits = 1;
    (void)pk_monitor_remove(&m, to_remove);
}
static void objects_may_go_while_they_are_read(void) {
    start();
    CHECK_STATUS(pk_monitor_add(&m, &cache_m, PK_MONITOR_CACHE, "a", remove_while_sampled, NULL), PK_OK);
    CHECK_STATUS(pk_monitor_add(&m, &other_m, PK_MONITOR_CACHE, "b", give, &cache_f), PK_OK);
    to_remove = &cache_m;
    (void)pk_monitor_tick(&m, 0, 0);
    CHECK(pk_monitor_find(&m, PK_MONITOR_CACHE, "a") == NULL);
    CHECK(pk_monitor_find(&m, PK_MONITOR_CACHE, "b") == &other_m);
}

#ifndef _WIN32
/* Another thread ticks: what is taken off meanwhile is read no longer when the removal is over. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int reading, read_whole;
static void read_slowly(int whole) {
    struct timespec t = {0, 30000000};
    pthread_mutex_lock(&lock);
    reading = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    (void)nanosleep(&t, NULL);
    pthread_mutex_lock(&lock);
    read_whole = whole;
    pthread_mutex_unlock(&lock);
}
static void sample_slowly(void *object, pk_monitor_figures *figures) {
    (void)object;
    (void)figures;
    read_slowly(1);
}
static void *ticks_once(void *unused) {
    (void)pk_monitor_tick(&m, 0, 0);
    return unused;
}
static void removal_waits_for_the_thread_that_reads(void) {
    pk_monitor_desc desc;
    pthread_t thread;
    start();
    memset(&desc, 0, sizeof desc);
    desc.threads = true;
    CHECK_STATUS(pk_monitor_init(&m, &desc), PK_OK);
    CHECK_STATUS(pk_monitor_add(&m, &cache_m, PK_MONITOR_CACHE, "a", sample_slowly, NULL), PK_OK);
    CHECK_STATUS(pk_monitor_add(&m, &other_m, PK_MONITOR_CACHE, "b", give, &cache_f), PK_OK);
    CHECK_EQ(pthread_create(&thread, NULL, ticks_once, NULL), 0);
    pthread_mutex_lock(&lock);
    while (!reading) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    CHECK_STATUS(pk_monitor_remove(&m, &other_m), PK_OK); /* another one: at once */
    CHECK_STATUS(pk_monitor_remove(&m, &cache_m), PK_OK);
    pthread_mutex_lock(&lock);
    CHECK(read_whole);
    pthread_mutex_unlock(&lock);
    (void)pthread_join(thread, NULL);
    CHECK_EQ(m.count, 0);
    pk_monitor_close(&m);
}
static void tell_slowly(void *user, const pk_event *event) {
    (void)user;
    read_slowly(strcmp(event->detail, "a") == 0);
}
static void removal_waits_for_the_thread_that_tells_an_alert(void) {
    pk_monitor_desc desc;
    pthread_t thread;
    char name[2] = "a";
    start();
    reading = read_whole = 0;
    memset(&desc, 0, sizeof desc);
    desc.threads = true;
    desc.on_event = tell_slowly;
    CHECK_STATUS(pk_monitor_init(&m, &desc), PK_OK);
    startup_us = 1;
    CHECK_STATUS(pk_monitor_add_check(&m, &check_m, name, startup, NULL, 1, PK_DEGRADED, PK_UNIT_NONE), PK_OK);
    CHECK_EQ(pthread_create(&thread, NULL, ticks_once, NULL), 0);
    pthread_mutex_lock(&lock);
    while (!reading) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    CHECK_STATUS(pk_monitor_remove(&m, &check_m), PK_OK);
    name[0] = 0; /* the caller's again */
    memset(&check_m, 0, sizeof check_m);
    pthread_mutex_lock(&lock);
    CHECK(read_whole);
    pthread_mutex_unlock(&lock);
    (void)pthread_join(thread, NULL);
    pk_monitor_close(&m);
}
#endif

TESTS {
#ifndef _WIN32
    RUN("C64", "a removal waits for the thread that reads what is taken off", removal_waits_for_the_thread_that_reads)
    RUN("C64", "a removal waits for the thread that tells of what is taken off", removal_waits_for_the_thread_that_tells_an_alert)
#endif
    RUN("C55", "alerts end at any limit, and begin again with the statistics", alerts_end_at_any_limit)
    RUN("C60", "a cache's score is that of every vector V1", cache_scores_are_those_of_the_vectors)
    RUN("C62", "a pool's score is that of every vector V2", pool_scores_are_those_of_the_vectors)
    RUN("C61 C65", "ratings change at 80, 60, 40; hit rates at 70 and 50 %", words_change_at_their_boundaries)
    RUN("C63", "each rule of advice alone gives its own advice; none: optimal", each_rule_of_cache_advice_stands_alone)
    RUN("C55", "pools are advised as by themselves, and about leaks", pool_advice_comes_with_leaks)
    RUN("C64", "an alert is told when it begins and when it is over", alerts_are_told_at_each_edge)
    RUN("C64", "limits of alerts are settings", limits_of_alerts_can_be_set)
    RUN("C66 C67", "health is the worst of all; without traffic nothing is ill", health_is_the_worst_of_all)
    RUN("C67 C68", "targets are those of the table, stock checks keep to them", targets_are_those_of_the_table)
    RUN("C67 C46", "the process's memory is a check", resident_memory_is_a_check)
    RUN("C53", "a name is of one object of its kind", names_are_of_one_object_each)
    RUN("C53 C54", "fed accesses and waits are averaged over their windows, apart for each object", what_is_fed_is_averaged_over_its_window)
    RUN("C57", "a trend is the change from the oldest moment kept to the newest", trends_go_from_the_oldest_kept_to_the_newest)
    RUN("C53 C74", "caches and pools are read by a tick, and trimmed", reads_caches_and_pools)
    RUN("C53", "entries that a poor hash forces out are evictions", poor_hashes_cost_evictions)
    RUN("C47 C74", "a trim sweeps all caches and frees the pools' empty chunks, and leaves the rest", a_trim_takes_what_is_over_and_unused)
    RUN("C74", "each thousand operations the caches are swept and the pools trimmed", work_trims_every_thousand_operations)
#ifndef _WIN32
    RUN("C56 C08", "a forked child's monitor waits for after_fork, and its parent's goes on", a_forked_child_says_so_until_told)
#endif
    RUN("C52 C56", "histograms are reported with their percentiles", histograms_are_reported_with_their_percentiles)
    RUN("C37 C55", "tracked resources of a scope are watched, and their leaks told", tracked_resources_are_watched)
    RUN("C52 C56", "a histogram's report says what was beyond it, and that it is full", histograms_tell_what_did_not_fit)
    RUN("C56", "the table is readable at 80 columns", the_table_fits_80_columns)
    RUN("C56 E01", "the JSON report has the shape of the endpoint", json_has_the_shape_of_the_report)
    RUN("C56", "a report ends with its writer's first failure", a_failing_writer_ends_the_report)
    RUN("C56", "OpenMetrics names every object", openmetrics_names_every_object)
    RUN("C64", "an object may be taken off while it is read", objects_may_go_while_they_are_read)
}
