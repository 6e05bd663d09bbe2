/* targets: threads */
/* S3-FIFO with desc.threads: gets that take no lock beside writers, in whatever order the threads run. In the environment STEPS gives
   the operations of each thread (6000): a longer run of the first test, e.g. tests/run's program with 1000000. */
#define PERFKIT_CACHE_IMPLEMENTATION
#include "../../perfkit_cache.h"
#include "../support/test.h"
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#if PK__CACHE_FORKS
#include <sys/wait.h>
#endif

static unsigned long steps = 6000;
enum { THREADS = 8, CAPACITY = 200, KEYS = 400, WORDS = 9 };
static pk_cache cache;
static pk_time now;
static uint32_t hooked, wrong_in_hook;
static bool varying, has_hook;
typedef struct worker {
    unsigned number, errors;
    uint32_t gets, hits, puts;
} worker;

static pk_time clock_of_test(void *user) {
    (void)user;
    return (pk_time)pk__load32((volatile uint32_t *)&now);
}
/* A value is its key and a round, mixed into every word: a torn one shows. */
static void make(uint64_t *value, uint64_t key, uint64_t round) {
    unsigned i;
    value[0] = key << 32 | round;
    for (i = 1; i < WORDS; i++) value[i] = value[0] * (2 * i + 1);
}
static bool whole(const uint64_t *value, uint64_t key, size_t len) {
    unsigned i;
    if (value[0] >> 32 != key || len % 8 != 0 || len < 8 || len > 8 * WORDS) return false;
    for (i = 1; i < len / 8; i++)
        if (value[i] != value[0] * (2 * i + 1)) return false;
    return true;
}
static uint32_t next(uint32_t *state) { /* xorshift32: Marsaglia, 2003 */
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}
static void note(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    uint64_t key, value[WORDS];
    (void)user;
    (void)pk__add32(&hooked, 1);
    memcpy(&key, item->key, 8);
    if (pk_cache_item_read(item, 0, value, sizeof value) != item->value_len || !whole(value, key, item->value_len)) (void)pk__add32(&wrong_in_hook, 1);
    if (reason == PK_EVICT_CLOSED) return;
    if (pk_cache_count(&cache) > CAPACITY) (void)pk__add32(&wrong_in_hook, 1);
    if (key % 64 == 0) { /* it may call the cache, which locks its set again */
        uint64_t other = key + 1;
        size_t len = 0;
        if (pk_cache_get(&cache, &other, 8, value, sizeof value, &len) == PK_OK && !whole(value, other, len)) (void)pk__add32(&wrong_in_hook, 1);
    }
}
static void *work(void *argument) {
    worker *w = (worker *)argument;
    uint32_t random = 0x9E3779B9u * (w->number + 1), round, what;
    uint64_t key, value[WORDS];
    for (round = 1; round <= steps; round++) {
        size_t len = 0;
        pk_status status;
        what = next(&random) % 64;
        key = next(&random) % 4 ? next(&random) % (KEYS / 8) : next(&random) % KEYS;
        if (what < 40) {
            status = pk_cache_get(&cache, &key, 8, value, sizeof value, &len);
            w->gets++;
            w->hits += status == PK_OK;
            if (status == PK_OK ? !whole(value, key, len) : status != PK_NOT_FOUND) w->errors++;
        } else if (what < 56) {
            make(value, key, round);
            status = pk_cache_put(&cache, &key, 8, value, varying ? 8 + next(&random) % WORDS * 8 : sizeof value, 1 + next(&random) % 50);
            w->puts += status == PK_OK;
            if (status != PK_OK && !(has_hook && (status == PK_EXISTS || status == PK_FULL))) w->errors++;
        } else if (what < 59) {
            (void)pk_cache_remove(&cache, &key, 8);
        } else if (what == 59) {
            (void)pk_cache_touch(&cache, &key, 8, 20);
        } else if (what == 60) {
            status = pk_cache_peek(&cache, &key, 8, value, sizeof value, &len, NULL);
            if (status == PK_OK && !whole(value, key, len)) w->errors++;
        } else if (what == 61) {
            (void)pk__add32((volatile uint32_t *)&now, 1);
            (void)pk_cache_tick(&cache, clock_of_test(NULL), 5);
        } else if (what == 62) {
            (void)pk_cache_contains(&cache, &key, 8);
        } else if (round % 1024 == 0) {
            (void)pk_cache_clear_step(&cache, 10);
        }
        if (pk_cache_count(&cache) > CAPACITY) w->errors++;
    }
    return NULL;
}
static bool opened(const pk_cache_desc *desc) { /* where there are neither atomics nor locks there are no threads */
    pk_status status = pk_cache_init(&cache, desc);
    if (!PK__S3_SHARED && status == PK_UNSUPPORTED) return false;
    CHECK_STATUS(status, PK_OK);
    return status == PK_OK;
}
static void run_all(void) {
    pthread_t threads[THREADS];
    worker workers[THREADS];
    pk_cache_desc desc;
    pk_cache_stats stats;
    pk_count left = 0;
    uint32_t gets = 0, hits = 0, puts = 0;
    unsigned i;
    memset(&desc, 0, sizeof desc);
    memset(workers, 0, sizeof workers);
    desc.policy = PK_CACHE_S3FIFO;
    desc.threads = true;
    desc.capacity = CAPACITY;
    if (!varying) {
        desc.key_size = 8;
        desc.value_size = 8 * WORDS;
    }
    desc.slot_size = 8 + 8 * WORDS;
    desc.clock = clock_of_test;
    if (has_hook) desc.on_evict = note;
    hooked = wrong_in_hook = 0;
    if (!opened(&desc)) return;
    for (i = 0; i < THREADS; i++) {
        workers[i].number = i;
        CHECK_EQ(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (i = 0; i < THREADS; i++) {
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
        CHECK_EQ(workers[i].errors, 0);
        gets += workers[i].gets;
        hits += workers[i].hits;
        puts += workers[i].puts;
    }
    CHECK_EQ(wrong_in_hook, 0);
    CHECK_STATUS(pk_cache_get_stats(&cache, &stats), PK_OK);
    for (i = 0; i < PK_EVICT_REASONS; i++) left += stats.left[i];
    CHECK_EQ(stats.puts, puts);
    if (has_hook)
        CHECK(stats.hits + stats.misses >= gets && stats.hits >= hits); /* and those of the hook */
    else
        CHECK(stats.hits == hits && stats.hits + stats.misses == gets);
    CHECK_EQ(stats.puts - left, pk_cache_count(&cache)); /* what came and did not leave is there */
    CHECK_EQ(stats.count, pk_cache_count(&cache));
    if (has_hook) CHECK_EQ(hooked, left);
    CHECK_STATUS(pk_cache_clear(&cache), PK_OK);
    CHECK_EQ(pk_cache_count(&cache), 0);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void mixed(void) {
    varying = has_hook = false;
    run_all();
}
static void mixed_varying(void) {
    varying = true;
    has_hook = false;
    run_all();
}
static void mixed_hooked(void) {
    varying = false;
    has_hook = true;
    run_all();
}

static void *write_two(void *argument) { /* overwrites two keys as fast as it can */
    uint64_t value[WORDS], key, round;
    (void)argument;
    for (round = 1; round <= 20000; round++) {
        key = round & 1;
        make(value, key, round);
        if (pk_cache_put(&cache, &key, 8, value, sizeof value, 0) != PK_OK) return argument;
    }
    return NULL;
}
typedef struct line { uint64_t words[WORDS]; } line;
PK_CACHE_DEFINE(lines, uint64_t, line)
static void *read_two(void *argument) {
    lines *typed = (lines *)(void *)&cache;
    worker *w = (worker *)argument;
    uint64_t key, last[2] = {0, 0};
    line value;
    uint32_t round;
    size_t len = sizeof value;
    for (round = 1; round <= 20000; round++) {
        key = round & 1;
        if ((round & 2 ? pk_cache_get(&cache, &key, 8, &value, sizeof value, &len) : lines_get(typed, key, &value)) != PK_OK) continue;
        if (!whole(value.words, key, len) || (value.words[0] & 0xFFFFFFFFu) < last[key]) w->errors++; /* never torn, never back in time */
        last[key] = value.words[0] & 0xFFFFFFFFu;
        w->hits++;
    }
    return NULL;
}
static void writers_and_readers(void) {
    pthread_t threads[4];
    worker workers[4];
    pk_cache_desc desc;
    unsigned i;
    memset(&desc, 0, sizeof desc);
    memset(workers, 0, sizeof workers);
    desc.policy = PK_CACHE_S3FIFO;
    desc.threads = true;
    desc.capacity = 16;
    desc.key_size = 8;
    desc.value_size = 8 * WORDS;
    if (!opened(&desc)) return;
    CHECK_EQ(pthread_create(&threads[0], NULL, write_two, workers), 0);
    for (i = 1; i < 4; i++) CHECK_EQ(pthread_create(&threads[i], NULL, read_two, &workers[i]), 0);
    for (i = 0; i < 4; i++) {
        void *result = workers;
        CHECK_EQ(pthread_join(threads[i], &result), 0);
        CHECK(result == NULL);
        CHECK_EQ(workers[i].errors, 0);
    }
    { /* and take no lock, which would change the version of the only set; the sweep may do so now and then */
        const pk__s3_set *set = (const pk__s3_set *)(const void *)cache.index;
        const uint32_t version = set->version;
        CHECK(read_two(&workers[1]) == NULL);
        CHECK(workers[1].hits >= 20000);
        CHECK(set->version - version < 1000);
    }
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}

#if PK__CACHE_FORKS
/* fork while threads write: in the child a set may be locked for ever, which it is told, and can start afresh. */
static uint32_t forked;
static void *write_on(void *argument) {
    worker *w = (worker *)argument;
    uint32_t random = 77u * (w->number + 1);
    uint64_t value[WORDS];
    while (pk__load32((volatile uint32_t *)&forked) == 0) {
        uint64_t key = next(&random) % KEYS;
        make(value, key, 1);
        if (pk_cache_put(&cache, &key, 8, value, sizeof value, 0) != PK_OK) w->errors++;
    }
    return NULL;
}
static int refused_in_the_child(void) {
    uint64_t key, value[WORDS];
    size_t len = 0;
    pk_cache_stats s;
    pk_cache_cursor cursor;
    pk_cache_item item;
    memset(&cursor, 0, sizeof cursor);
    make(value, 1, 1);
    for (key = 0; key < KEYS; key++) /* of all sets, whichever is locked */
        if (pk_cache_get(&cache, &key, 8, value, sizeof value, &len) != PK_FORKED ||
            pk_cache_put(&cache, &key, 8, value, sizeof value, 0) != PK_FORKED || pk_cache_remove(&cache, &key, 8) != PK_FORKED ||
            pk_cache_peek(&cache, &key, 8, value, sizeof value, &len, NULL) != PK_FORKED ||
            pk_cache_touch(&cache, &key, 8, 0) != PK_FORKED || pk_cache_contains(&cache, &key, 8))
            return 1;
    if (pk_cache_clear(&cache) != PK_FORKED || pk_cache_close(&cache) != PK_FORKED) return 2;
    if (pk_cache_count(&cache) != 0 || pk_cache_clear_step(&cache, 9) != 0 || pk_cache_tick(&cache, 99, 1000) != 0) return 3;
    if (pk_cache_get_stats(&cache, &s) != PK_FORKED || pk_cache_foreach(&cache, &cursor, &item) != PK_FORKED) return 4;
#if PERFKIT_CACHE_PINS
    if (pk_cache_get_ref(&cache, &key, 8, &item) != PK_FORKED || pk_cache_foreach_end(&cache, &cursor) != PK_FORKED) return 5;
#endif
    return 0;
}
static int in_the_child(void) {
    uint64_t key, value[WORDS], got[WORDS];
    size_t len = 0;
    pk_cache_stats s;
    uint32_t heard = hooked;
    int wrong = refused_in_the_child();
    if (wrong != 0) return wrong;
    if (pk_cache_after_fork(&cache) != PK_OK || pk_cache_count(&cache) != 0 || hooked != heard) return 6;
    for (key = 0; key < 2 * KEYS; key++) {
        make(value, key, 2);
        if (pk_cache_put(&cache, &key, 8, value, sizeof value, 0) != PK_OK) return 7;
        if (pk_cache_get(&cache, &key, 8, got, sizeof got, &len) != PK_OK || memcmp(value, got, len) != 0) return 8;
    }
    if (pk_cache_count(&cache) != CAPACITY || pk_cache_get_stats(&cache, &s) != PK_OK || s.hits != 2 * KEYS) return 9;
#ifdef __SANITIZE_THREAD__ /* in a child, free may wait for a lock of gcc's runtime that a thread held at the fork */
    return 0;
#else
    return pk_cache_close(&cache) == PK_OK ? 0 : 10;
#endif
}
static void fork_five_times(void) {
    unsigned i;
    for (i = 0; i < 5; i++) {
        int status = -1;
        pid_t child = fork();
        if (child == 0) {
            (void)alarm(20);
            _exit(in_the_child());
        }
        CHECK(child > 0 && waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status));
        CHECK_EQ(WEXITSTATUS(status), 0);
    }
}
#if !PK__S3_SHARED /* the test ends before it comes to this */
#define pk__s3_lock(s) ((void)(s))
#define pk__s3_unlock(s) ((void)(s))
#endif
/* Every set is locked for certain. */
static void fork_with_all_locked(void) {
    size_t set;
    int status = -1;
    pid_t child;
    for (set = 0; set < cache.groups; set++) pk__s3_lock(pk__s3_at(&cache, pk__cache_shape_of(&cache), set));
    child = fork();
    if (child == 0) {
        (void)alarm(20);
        _exit(in_the_child());
    }
    for (set = 0; set < cache.groups; set++) pk__s3_unlock(pk__s3_at(&cache, pk__cache_shape_of(&cache), set));
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), 0);
}
static void count_hook(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    (void)user;
    (void)item;
    (void)reason;
    (void)pk__add32(&hooked, 1);
}
static void a_forked_child_starts_afresh(void) {
    pthread_t threads[2];
    worker workers[2];
    pk_cache_desc desc;
    unsigned i;
    memset(&desc, 0, sizeof desc);
    memset(workers, 0, sizeof workers);
    desc.policy = PK_CACHE_S3FIFO;
    desc.threads = true;
    desc.capacity = CAPACITY;
    desc.key_size = 8;
    desc.value_size = 8 * WORDS;
    desc.clock = clock_of_test;
    if (!opened(&desc)) return;
    CHECK_STATUS(pk_cache_after_fork(&cache), PK_OK);
    forked = 0;
    for (i = 0; i < 2; i++) {
        workers[i].number = i;
        CHECK_EQ(pthread_create(&threads[i], NULL, write_on, &workers[i]), 0);
    }
    fork_five_times();
    pk__store32((volatile uint32_t *)&forked, 1);
    for (i = 0; i < 2; i++) {
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
        CHECK_EQ(workers[i].errors, 0);
    }
    CHECK(pk_cache_count(&cache) > 0); /* the parent noticed nothing */
    pk_cache_set_on_evict(&cache, count_hook, NULL);
    fork_with_all_locked();
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
/* fork in the middle of a save, or of a load: the child's is over, for good, and it may begin another. */
static size_t take_all(void *user, const void *bytes, size_t n) {
    (void)user;
    (void)bytes;
    return n;
}
static size_t give_later(void *user, void *bytes, size_t n) {
    (void)user;
    (void)bytes;
    (void)n;
    return PK_CACHE_IO_LATER;
}
static pk_cache_transfer transfer;
static pk_status step_of_transfer(bool load) { return load ? pk_cache_load_step(&transfer, 1) : pk_cache_save_step(&transfer, 1); }
static int child_with_a_transfer(bool load) {
    if (step_of_transfer(load) != PK_FORKED || pk_cache_after_fork(&cache) != PK_OK) return 1;
    if (step_of_transfer(load) != PK_FORKED) return 2; /* it is of the parent's entries */
    if (pk_cache_save(&cache, take_all, NULL) != PK_OK) return 3;
    if (pk_cache_close(&cache) != PK_OK) return 4;
    pk_cache_transfer_end(&transfer);
    return 0;
}
static void a_transfer_does_not_go_on_in_a_forked_child(void) {
    pk_cache_desc desc;
    unsigned way;
    memset(&desc, 0, sizeof desc);
    desc.threads = true;
    desc.capacity = CAPACITY;
    desc.key_size = 8;
    desc.value_size = 8;
    for (way = 0; way < 4; way++) {
        bool load = way & 1;
        uint64_t key;
        int status = -1;
        pid_t child;
        desc.policy = way & 2 ? PK_CACHE_S3FIFO : PK_CACHE_LRU;
        if (!opened(&desc)) return;
        for (key = 0; key < KEYS; key++) CHECK_STATUS(pk_cache_put(&cache, &key, 8, &key, 8, 0), PK_OK);
        CHECK_STATUS(load ? pk_cache_load_begin(&cache, &transfer, give_later, NULL, 0)
                          : pk_cache_save_begin(&cache, &transfer, take_all, NULL), PK_OK);
        CHECK_STATUS(step_of_transfer(load), PK_AGAIN);
        child = fork();
        if (child == 0) {
            (void)alarm(20);
            _exit(child_with_a_transfer(load));
        }
        CHECK(child > 0 && waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status));
        CHECK_EQ(WEXITSTATUS(status), 0);
        CHECK_STATUS(step_of_transfer(load), PK_AGAIN); /* the parent's goes on */
        pk_cache_transfer_end(&transfer);
        CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    }
}
#endif

static void ticks_of_a_shard_remove_what_is_over(void) {
    pk_cache_desc desc;
    uint64_t key;
    memset(&desc, 0, sizeof desc);
    desc.policy = PK_CACHE_S3FIFO;
    desc.threads = true;
    desc.capacity = 64;
    desc.key_size = 8;
    desc.value_size = 8;
    desc.clock = clock_of_test;
    if (!opened(&desc)) return;
    for (key = 0; key < 8; key++) CHECK_STATUS(pk_cache_put(&cache, &key, 8, &key, 8, 50), PK_OK);
    CHECK_EQ(pk_cache_tick_shard(&cache, 0, now + 50, 1000), 8);
    CHECK_EQ(pk_cache_tick_shard(&cache, 1, now + 50, 1000), 0);
    CHECK_EQ(pk_cache_count(&cache), 0);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}

TESTS {
    const char *given = getenv("STEPS");
    if (given) steps = strtoul(given, NULL, 10);
#ifndef _WIN32
    (void)alarm(given ? 3000 : 60);
#endif
    RUN("K08", "8 threads, mixed operations: no value torn or wrong, bounds hold, the counters add up when it is quiet", mixed)
    if (given) return;
    RUN("K08", "the same with lengths that vary", mixed_varying)
    RUN("K08 K29", "on_evict hears once of each entry, outside the lock, and may call the cache", mixed_hooked)
#if PK__CACHE_FORKS
    RUN("K08 T02", "after fork the child's operations are refused, even with every set locked, until it starts afresh",
        a_forked_child_starts_afresh)
    RUN("K08 T02", "a snapshot under way is over in a forked child, which may begin another", a_transfer_does_not_go_on_in_a_forked_child)
#endif
    RUN("K21", "pk_cache_tick_shard 0 is pk_cache_tick", ticks_of_a_shard_remove_what_is_over)
    RUN("K08", "gets, typed or not, beside a writer see whole values, none in the wrong order, and take no lock", writers_and_readers)
}
