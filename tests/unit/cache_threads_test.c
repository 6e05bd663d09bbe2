/* targets: threads */
/* desc.threads: one cache for many threads. In the environment STEPS gives the operations of each thread (3000): a longer run for the
   patient, e.g. tests/run's program with 1000000. A deadlock ends the program after a minute. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../../perfkit_cache.h"
#include "../support/test.h"
#include "../support/files.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#ifndef _WIN32
#include <sys/wait.h>
#endif
#include <unistd.h>

#ifndef STEPS
#define STEPS 3000
#endif
enum { THREADS = 8, KEYS = 400, CAPACITY = 200 };
typedef struct record {
    uint32_t key, check; /* check = ~key: so that a torn value shows */
    uint64_t filling[3];
} record;
PK_CACHE_DEFINE(records, uint32_t, record)

typedef struct worker {
    pthread_t thread;
    uint32_t number, random;
    unsigned errors;
    pk_count gets, hits, puts, removed;
} worker;
static worker workers[THREADS];
static records cache;
static volatile uint32_t left[PK_EVICT_REASONS], puts_by_hook;
static volatile uint32_t millis; /* the clock */

static pthread_mutex_t adding = PTHREAD_MUTEX_INITIALIZER;
static uint32_t add(volatile uint32_t *p, uint32_t n) { /* where there are no atomics, pk__add32 is none */
    uint32_t was;
    if (PERFKIT_ATOMICS) return pk__add32(p, n);
    (void)pthread_mutex_lock(&adding);
    was = *p;
    *p = was + n;
    (void)pthread_mutex_unlock(&adding);
    return was;
}
static pk_time clock_of_test(void *user) {
    (void)user;
    return pk__load32(&millis);
}
static uint32_t random_of(worker *w) {
    w->random ^= w->random << 13;
    w->random ^= w->random >> 17;
    w->random ^= w->random << 5;
    return w->random;
}
static void fill_in(record *r, uint32_t key) {
    memset(r, 0, sizeof *r);
    r->key = key;
    r->check = ~key;
    r->filling[2] = key;
}
static bool is_whole(const record *r, uint32_t key) {
    return r->key == key && r->check == ~key && r->filling[2] == key;
}

static void start(void *(*work)(void *), unsigned n) {
    unsigned i;
    memset(workers, 0, sizeof workers);
    for (i = 0; i < n; i++) {
        workers[i].number = i;
        workers[i].random = 0x9E3779B9u * (i + 1);
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) CHECK_EQ(i, n); /* which it is not */
    }
}
static unsigned finish(unsigned n) {
    unsigned i, errors = 0;
    for (i = 0; i < n; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        errors += workers[i].errors;
    }
    return errors;
}
static pk_cache_desc desc_of(uint32_t capacity, unsigned shards) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.capacity = capacity;
    desc.shards = (uint16_t)shards;
    desc.threads = true;
    desc.clock = clock_of_test;
    return desc;
}

/* Any operation with any other. */
static void one_step(worker *w, uint32_t random) {
    uint32_t key = random % KEYS;
    pk_status status;
    record r;
    switch (random >> 16 & 15) {
    case 0:
        status = records_remove(&cache, key);
        if (status == PK_OK) w->removed++;
        break;
    case 1:
        status = pk_cache_touch(&cache.cache, &key, sizeof key, 0);
        break;
    case 2:
        status = pk_cache_peek(&cache.cache, &key, sizeof key, &r, sizeof r, NULL, NULL);
        if (status == PK_OK && !is_whole(&r, key)) w->errors++;
        break;
    case 3:
        (void)records_contains(&cache, key);
        status = PK_OK;
        break;
    case 4:
    case 5:
    case 6:
    case 7:
        fill_in(&r, key);
        status = records_put(&cache, key, &r, random & 1u << 24 ? 5 : 0);
        if (status == PK_OK) w->puts++;
        if (status == PK_FULL && cache.cache.cold->on_evict) return; /* all of a shard are in hooks */
        break;
    default:
        status = records_get(&cache, key, &r);
        w->gets++;
        if (status == PK_OK) w->hits++;
        if (status == PK_OK && !is_whole(&r, key)) w->errors++;
        break;
    }
    if (status != PK_OK && status != PK_NOT_FOUND) w->errors++;
}
static void observe(worker *w) {
    pk_cache_stats s;
    if (records_count(&cache) > CAPACITY) w->errors++;
    if (pk_cache_get_stats(&cache.cache, &s) != PK_OK || s.count > CAPACITY || s.bytes > s.max_bytes) w->errors++;
}
static unsigned long steps = STEPS;
static void *mixed(void *argument) {
    worker *w = (worker *)argument;
    unsigned long i;
    for (i = 0; i < steps; i++) {
        one_step(w, random_of(w));
        if (i % 64 == 0) observe(w);
        if (i % 128 == 0) (void)add(&millis, 1);
        if (i % 256 == 255) (void)pk_cache_tick(&cache.cache, pk__load32(&millis), 20);
        if (i % 1024 == 1023) (void)pk_cache_clear_step(&cache.cache, 30);
        if (i % 2048 == 2047) (void)pk_cache_clear(&cache.cache);
    }
    return NULL;
}
/* What the threads counted is what the cache counted. */
static void counters_add_up(void) {
    pk_count gets = 0, hits = 0, puts = 0, removed = 0, gone = 0;
    pk_cache_stats s;
    unsigned i;
    for (i = 0; i < THREADS; i++) {
        gets += workers[i].gets;
        hits += workers[i].hits;
        puts += workers[i].puts;
        removed += workers[i].removed;
    }
    CHECK_STATUS(pk_cache_get_stats(&cache.cache, &s), PK_OK);
    CHECK(s.hits == hits && s.hits + s.misses == gets);
    CHECK(s.puts == puts + puts_by_hook);
    CHECK(s.left[PK_EVICT_REMOVED] == removed);
    for (i = 0; i < PK_EVICT_REASONS; i++) gone += s.left[i];
    CHECK(s.puts == gone + s.count);
    CHECK_EQ(s.count, records_count(&cache));
}
static void mixed_operations_on(unsigned shards) {
    pk_cache_desc desc = desc_of(CAPACITY, shards);
    puts_by_hook = 0;
    CHECK_STATUS(records_init(&cache, &desc), PK_OK);
    start(mixed, THREADS);
    CHECK_EQ(finish(THREADS), 0);
    counters_add_up();
    CHECK_STATUS(records_close(&cache), PK_OK);
}
static void mixed_operations_keep_the_bounds(void) {
    mixed_operations_on(0);
    mixed_operations_on(1);
}

/* on_evict calls the cache: it puts, gets, and walks. */
static volatile uint32_t depth;
static void call_back(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    record r;
    uint32_t key;
    (void)user;
    (void)add(&left[reason], 1);
    memcpy(&key, item->key, sizeof key);
    if (item->value_len != sizeof r || pk_cache_item_read(item, 0, &r, sizeof r) != sizeof r || !is_whole(&r, key))
        (void)add(&workers[0].errors, 1);
    if (reason == PK_EVICT_CLOSED) return;
    (void)records_get(&cache, key ^ 1u, &r);
    if (key % 8 == 0 && add(&depth, 1) < 3) {
        fill_in(&r, key + KEYS);
        if (records_put(&cache, key + KEYS, &r, 0) == PK_OK) (void)add(&puts_by_hook, 1);
    }
    if (key % 8 == 0) (void)add(&depth, ~0u);
    if (reason == PK_EVICT_REMOVED) (void)records_remove(&cache, key);
}
static void hooks_may_call_the_cache_from_every_thread(void) {
    pk_cache_desc desc = desc_of(CAPACITY, 4);
    pk_count gone = 0;
    pk_cache_stats s;
    unsigned i;
    for (i = 0; i < PK_EVICT_REASONS; i++) left[i] = 0;
    puts_by_hook = 0;
    desc.on_evict = call_back;
    CHECK_STATUS(records_init(&cache, &desc), PK_OK);
    start(mixed, THREADS);
    CHECK_EQ(finish(THREADS), 0);
    CHECK_STATUS(pk_cache_get_stats(&cache.cache, &s), PK_OK);
    for (i = 0; i < PK_EVICT_REASONS; i++) {
        CHECK_EQ(left[i], s.left[i]);
        gone += s.left[i];
    }
    CHECK(s.puts == gone + s.count);
    CHECK_STATUS(records_close(&cache), PK_OK);
    CHECK_EQ(left[PK_EVICT_CLOSED], s.count);
}

/* Two threads, one key, and a hook that takes its time: every put is stored, and every value but the last is told. */
static void *same_key(void *argument) {
    worker *w = (worker *)argument;
    unsigned i;
    record r;
    fill_in(&r, 7);
    for (i = 0; i < 2000; i++) {
        if (records_put(&cache, 7, &r, 0) != PK_OK) w->errors++;
        if (records_get(&cache, 7, &r) == PK_OK && !is_whole(&r, 7)) w->errors++;
        fill_in(&r, 7);
    }
    return NULL;
}
static void count_and_yield(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    (void)user;
    (void)item;
    if (add(&left[reason], 1) % 16 == 0) (void)sched_yield();
}
static void two_threads_put_one_key(void) {
    pk_cache_desc desc = desc_of(16, 1);
    unsigned i;
    for (i = 0; i < PK_EVICT_REASONS; i++) left[i] = 0;
    desc.on_evict = count_and_yield;
    CHECK_STATUS(records_init(&cache, &desc), PK_OK);
    start(same_key, 2);
    CHECK_EQ(finish(2), 0);
    CHECK_EQ(records_count(&cache), 1);
    CHECK_EQ(left[PK_EVICT_REPLACED], 3999);
    CHECK_STATUS(records_close(&cache), PK_OK);
}

/* Sweepers beside each other: each entry is removed once. */
static void *sweep(void *argument) {
    worker *w = (worker *)argument;
    uint32_t i, shards = pk_cache_shards(&cache.cache);
    for (i = w->number; i < shards; i += 4) w->removed += pk_cache_tick_shard(&cache.cache, i, pk__load32(&millis), 10000);
    for (i = 0; i < shards; i++) w->removed += pk_cache_tick_shard(&cache.cache, i, pk__load32(&millis), 10000);
    return NULL;
}
static void four_sweepers_remove_each_entry_once(void) {
    pk_cache_desc desc = desc_of(5000, 8);
    pk_count removed = 0;
    uint32_t key, count;
    record r;
    unsigned i;
    for (i = 0; i < PK_EVICT_REASONS; i++) left[i] = 0;
    desc.on_evict = count_and_yield;
    CHECK_STATUS(records_init(&cache, &desc), PK_OK);
    for (key = 0; key < 4000; key++) {
        fill_in(&r, key);
        CHECK_STATUS(records_put(&cache, key, &r, 100), PK_OK);
    }
    count = records_count(&cache);
    (void)add(&millis, 100);
    start(sweep, 4);
    CHECK_EQ(finish(4), 0);
    for (i = 0; i < 4; i++) removed += workers[i].removed;
    CHECK_EQ(removed, count);
    CHECK_EQ(left[PK_EVICT_EXPIRED], count);
    CHECK_EQ(records_count(&cache), 0);
    CHECK_STATUS(records_close(&cache), PK_OK);
}

/* Lengths that vary, few slots, and walks meanwhile. */
static pk_cache texts;
static void *chained(void *argument) {
    worker *w = (worker *)argument;
    pk_cache_cursor cursor;
    pk_cache_item item;
    unsigned char value[600], got[600];
    unsigned i, k;
    size_t n, len;
    for (i = 0; i < 1500; i++) {
        uint32_t random = random_of(w), key = random % 100;
        n = random >> 8 & 511;
        memset(value, (int)key, sizeof value);
        if (i % 3 == 0) {
            pk_status status = pk_cache_put(&texts, &key, sizeof key, value, n, 0);
            if (status != PK_OK && status != PK_FULL) w->errors++;
        } else if (pk_cache_get(&texts, &key, sizeof key, got, sizeof got, &len) == PK_OK && memcmp(value, got, len) != 0)
            w->errors++;
        if (i % 100 == 0) {
            memset(&cursor, 0, sizeof cursor);
            while (PERFKIT_CACHE_PINS && pk_cache_foreach(&texts, &cursor, &item) == PK_OK) {
                memcpy(&key, item.key, sizeof key);
                n = pk_cache_item_read(&item, 0, got, sizeof got);
                for (k = 0; k < n; k++)
                    if (got[k] != (unsigned char)key) w->errors++;
            }
        }
    }
    return NULL;
}
static void entries_of_any_length_stay_whole(void) {
    pk_cache_desc desc = desc_of(60, 4);
    pk_cache_stats s;
    desc.max_bytes = 64 * 120;
    CHECK_STATUS(pk_cache_init(&texts, &desc), PK_OK);
    start(chained, 4);
    CHECK_EQ(finish(4), 0);
    CHECK_STATUS(pk_cache_get_stats(&texts, &s), PK_OK);
    CHECK(s.bytes <= s.max_bytes && s.left[PK_EVICT_BYTES] > 0);
    CHECK_STATUS(pk_cache_close(&texts), PK_OK);
}

static volatile uint32_t forked; /* and what goes on meanwhile ends */
#ifndef _WIN32
/* fork while threads use the cache: the child, whose locks may be taken, is told so, and can start afresh. */
static void *busy(void *argument) {
    worker *w = (worker *)argument;
    while (pk__load32(&forked) == 0) one_step(w, random_of(w));
    return NULL;
}
#if PERFKIT_CACHE_LOAD
static pk_status loads(void *user, const void *key, size_t key_len, void *value, size_t size, size_t *len, pk_time *ttl_ms) {
    uint32_t n;
    (void)user, (void)size, (void)len, (void)ttl_ms;
    memcpy(&n, key, key_len);
    fill_in((record *)value, n);
    return PK_OK;
}
static bool counts_loads(pk_count n) {
    pk_cache_load_stats s;
    return pk_cache_get_load_stats(&cache.cache, &s) == PK_OK && s.loads == n;
}
#endif
static int in_the_child(void) {
    uint32_t key = 1;
    record r;
    pk_cache_stats s;
    fill_in(&r, 1);
    if (records_get(&cache, 1, &r) != PK_FORKED || records_put(&cache, 1, &r, 0) != PK_FORKED) return 1;
    if (records_remove(&cache, 1) != PK_FORKED || records_clear(&cache) != PK_FORKED || records_close(&cache) != PK_FORKED) return 2;
    if (records_contains(&cache, 1) || records_count(&cache) != 0) return 3;
    if (pk_cache_get_stats(&cache.cache, &s) != PK_FORKED || pk_cache_tick(&cache.cache, 0, 10) != 0) return 4;
    if (pk_cache_touch(&cache.cache, &key, 4, 0) != PK_FORKED) return 5;
    if (pk_cache_after_fork(&cache.cache) != PK_OK || records_count(&cache) != 0) return 6;
#if PERFKIT_CACHE_LOAD
    if (!counts_loads(0)) return 11;
#endif
    for (key = 0; key < 1000; key++) {
        fill_in(&r, key);
        if (records_put(&cache, key, &r, 0) != PK_OK || records_get(&cache, key, &r) != PK_OK || !is_whole(&r, key)) return 7;
    }
    if (records_count(&cache) != CAPACITY) return 8;
    if (pk_cache_get_stats(&cache.cache, &s) != PK_OK || s.hits != 1000) return 9;
    return records_close(&cache) == PK_OK ? 0 : 10;
}
static void a_forked_child_starts_afresh(void) {
    pk_cache_desc desc = desc_of(CAPACITY, 0);
    unsigned i;
    CHECK_STATUS(records_init(&cache, &desc), PK_OK);
    CHECK_STATUS(pk_cache_after_fork(&cache.cache), PK_OK);
#if PERFKIT_CACHE_LOAD
    {
        static const uint32_t key = 1;
        record r;
        CHECK_STATUS(pk_cache_get_or_load(&cache.cache, &key, sizeof key, &r, sizeof r, NULL, loads, NULL), PK_OK);
        CHECK(counts_loads(1));
    }
#endif
    forked = 0;
    start(busy, 2);
    for (i = 0; i < 5; i++) {
        int status = -1;
        pid_t child = fork();
        if (child == 0) _exit(in_the_child());
        CHECK(child > 0 && waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status));
        CHECK_EQ(WEXITSTATUS(status), 0);
    }
    pk__store32(&forked, 1);
    CHECK_EQ(finish(2), 0);
    CHECK(records_count(&cache) > 0); /* the parent noticed nothing */
    CHECK_STATUS(records_close(&cache), PK_OK);
}
#endif

/* Two threads save one cache, a third another one, all to the same path: whoever loads it meets a whole file. */
static char path[] = FILES_TEMPORARY "perfkit-threads-??????";
static pk_cache saved[3]; /* the last one loads */
static volatile uint32_t saves;
static void *save(void *argument) {
    worker *w = (worker *)argument;
    while (pk__load32(&forked) == 0) {
        pk_status status = pk_cache_save_file(&saved[w->number == 2], path);
        if (status == PK_OK) (void)add(&saves, 1);
        if (status != PK_OK && status != PK_BUSY) w->errors++;
    }
    return NULL;
}
static void saves_to_one_path_leave_it_whole(void) {
    pk_cache_desc desc = desc_of(500, 1);
    char temporary[sizeof path + 4];
    unsigned i, whole = 0;
    uint32_t key;
    memset(path + sizeof path - 7, 'X', 6); /* the six places that mkstemp fills */
#ifdef _WIN32
    CHECK(_mktemp(path) != NULL);
#else
    {
        int fd = mkstemp(path);
        CHECK(fd >= 0);
        (void)close(fd);
    }
#endif
    desc.key_size = desc.value_size = 4;
    for (i = 0; i < 3; i++) CHECK_STATUS(pk_cache_init(&saved[i], &desc), PK_OK);
    for (key = 0; key < 500; key++)
        for (i = 0; i < 2; i++) CHECK_STATUS(pk_cache_put(&saved[i], &key, 4, &key, 4, 0), PK_OK);
    CHECK_STATUS(pk_cache_save_file(&saved[0], path), PK_OK);
    forked = 0;
    saves = 0;
    start(save, 3);
    for (i = 0; i < 20 || pk__load32(&saves) < 10; i++) {
        whole += pk_cache_load_file(&saved[2], path, 0, NULL) == PK_OK && pk_cache_count(&saved[2]) == 500;
        (void)sched_yield();
    }
    pk__store32(&forked, 1);
    CHECK_EQ(finish(3), 0);
    CHECK_EQ(whole, i);
    for (i = 0; i < 3; i++) CHECK_STATUS(pk_cache_close(&saved[i]), PK_OK);
    (void)snprintf(temporary, sizeof temporary, "%s.tmp", path);
    CHECK(unlink(path) == 0);
    (void)unlink(temporary);
}

TESTS {
    const char *given = getenv("STEPS");
    if (given) steps = strtoul(given, NULL, 10);
#ifndef _WIN32
    (void)alarm(given ? 3000 : 60);
#endif
    RUN("K08 T01 T02", "8 threads' mixed operations keep the bounds, and the counters add up", mixed_operations_keep_the_bounds)
    if (given) return;
    RUN("K08 K29", "on_evict may call the cache from every thread, and hears of each entry once", hooks_may_call_the_cache_from_every_thread)
    RUN("K08", "two threads that put one key are both stored", two_threads_put_one_key)
    RUN("K21", "four threads sweep, each entry is removed once", four_sweepers_remove_each_entry_once)
    RUN("K08 K13", "entries of any length stay whole among threads", entries_of_any_length_stay_whole)
#ifndef _WIN32
    RUN("T02", "a child forked meanwhile is told so, and starts afresh", a_forked_child_starts_afresh)
#endif
    RUN("K42 K08", "threads that save to one path leave it whole", saves_to_one_path_leave_it_whole)
}
