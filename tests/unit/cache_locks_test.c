/* targets: hosted */
/* The order of locks, from mutex hooks that record who is locked within whom: every operation, and hooks and loaders that call the
   cache in turn. Which locks a thread holds at once does not depend on other threads, so one is enough. */
#include <stdbool.h>
#include <stddef.h>
static bool lock_made(void *m);
static void lock_gone(void *m), lock_taken(void *m), lock_left(void *m);
static bool waited(void *c);
#define PERFKIT_MUTEX_INIT(m) lock_made(m)
#define PERFKIT_MUTEX_DESTROY(m) lock_gone(m)
#define PERFKIT_MUTEX_LOCK(m) lock_taken(m)
#define PERFKIT_MUTEX_UNLOCK(m) lock_left(m)
#define PERFKIT_COND_INIT(c) ((void)(c), true)
#define PERFKIT_COND_DESTROY(c) ((void)(c))
#define PERFKIT_COND_WAIT(c, m, ms) ((void)(m), (void)(ms), waited(c))
#define PERFKIT_COND_SIGNAL(c) ((void)(c))
#define PERFKIT_COND_BROADCAST(c) ((void)(c))
#define PERFKIT_THREAD_ID() ((uintptr_t)1)
#define PERFKIT_CACHE_IMPLEMENTATION
#include "../../perfkit_cache.h"
#include "../support/test.h"

enum { LOCKS = 8, STEPS = 20000, KEYS = 120, LARGE = 20000 };
static void *locks[LOCKS];
static bool within[LOCKS][LOCKS]; /* [a][b]: b was taken while a was held */
static unsigned held[LOCKS], made, gone, taken, twice, called_while_held, writes_while_held, calls;
static bool saving;

static unsigned number_of(const void *m) {
    unsigned i;
    for (i = 0; i < LOCKS && locks[i] != m; i++) {}
    CHECK(i < LOCKS);
    return i < LOCKS ? i : 0;
}
static bool lock_made(void *m) {
    CHECK(made < LOCKS);
    if (made < LOCKS) locks[made++] = m;
    return true;
}
static void lock_gone(void *m) {
    CHECK_EQ(held[number_of(m)], 0);
    gone++;
}
static void lock_taken(void *m) {
    unsigned n = number_of(m), i;
    for (i = 0; i < LOCKS; i++)
        if (held[i]) within[i][n] = true;
    twice += held[n];
    held[n]++;
    taken++;
}
static void lock_left(void *m) { held[number_of(m)]--; }
static bool waited(void *c) {
    (void)c;
    CHECK(false); /* for whom? */
    return false;
}
static pk_cache cache;
static unsigned held_now(void) {
    unsigned i, n = 0;
    for (i = 0; i < LOCKS; i++) n += held[i];
#if PK__S3_SHARED /* whose sets are locked by their versions */
    for (i = 0; i < cache.groups && (cache.special & PK__CACHE_IS_S3); i++)
        n += pk__s3_at(&cache, pk__cache_shape_of(&cache), i)->version & 1u;
    if (cache.special & PK__CACHE_IS_S3) n += pk__s3_common(&cache)->pinning + pk__s3_common(&cache)->moving;
#endif
    return n;
}

static pk_time now;
static uint32_t random_state;
static unsigned depth; /* of hooks that call the cache */
static unsigned char value[LARGE], got[LARGE];

static uint32_t below(uint32_t n) { /* xorshift32: Marsaglia, 2003 */
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % n;
}
static pk_time clock_of_test(void *user) {
    (void)user;
    return now;
}
static void step(void);
static void called(void) { /* what may call the cache: no lock is held, and it does */
    calls++;
    called_while_held += held_now() != 0;
    if (depth >= 3) return;
    depth++;
    step();
    depth--;
}
static void on_evict(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    (void)user;
    (void)item;
    if (reason != PK_EVICT_CLOSED) called();
}
static void on_event(void *user, const pk_event *event) {
    (void)user;
    (void)event;
    called();
}
static pk_status loader(void *user, const void *key, size_t key_len, void *to, size_t size, size_t *len, pk_time *ttl) {
    (void)user;
    (void)key;
    (void)key_len;
    (void)ttl;
    called();
    if (below(4) == 0) return PK_IO;
    *len = size < 20 ? size : 20;
    memset(to, 7, *len);
    return PK_OK;
}
static size_t write_out(void *user, const void *bytes, size_t n) {
    (void)user;
    (void)bytes;
    writes_while_held += held_now() != 0;
    return n;
}
static size_t read_none(void *user, void *bytes, size_t n) {
    (void)user;
    (void)bytes;
    (void)n;
    called_while_held += held_now() != 0;
    return 0;
}
static void walk(void) {
    pk_cache_cursor cursor;
    pk_cache_item item;
    memset(&cursor, 0, sizeof cursor);
    while (pk_cache_foreach(&cache, &cursor, &item) == PK_OK) (void)pk_cache_item_read(&item, 0, got, 8);
#if PERFKIT_CACHE_PINS
    (void)pk_cache_foreach_end(&cache, &cursor);
#endif
}
static void look(uint32_t key) {
    pk_cache_stats s;
    pk_cache_load_stats l;
    uint32_t version = 0;
    size_t len = 0;
    (void)pk_cache_peek(&cache, &key, 4, got, sizeof got, &len, NULL);
    (void)pk_cache_contains(&cache, &key, 4);
    (void)pk_cache_get_stats(&cache, &s);
    (void)pk_cache_get_load_stats(&cache, &l);
    (void)pk_cache_get_version(&cache, &key, 4, got, sizeof got, &len, &version);
    (void)pk_cache_compare_and_swap(&cache, &key, 4, value, 8, 0, version);
}
static void lease(uint32_t key) {
    pk_cache_lease one;
    size_t len = 0;
    (void)pk_cache_get_or_lease(&cache, &key, 4, got, sizeof got, &len, &one);
    if (!pk_cache_lease_granted(&one)) return;
    if (below(2))
        (void)pk_cache_fill(&cache, &one, value, 12, 0);
    else
        (void)pk_cache_abandon(&cache, &one, PK_IO);
}
#if PERFKIT_CACHE_PINS
static void pin(uint32_t key) {
    pk_cache_item item;
    pk_span span;
    memset(&span, 0, sizeof span);
    if (pk_cache_get_ref(&cache, &key, 4, &item) != PK_OK) return;
    (void)pk_cache_remove(&cache, &key, 4);
    while (pk_cache_span(&item, &span)) {}
    (void)pk_cache_release(&cache, &item);
}
#endif
static void snapshot(void) {
    if (depth > 0 || saving) return;
    saving = true;
    (void)pk_cache_save(&cache, write_out, NULL);
    if (below(20) == 0) (void)pk_cache_load(&cache, read_none, NULL, 0, NULL);
    saving = false;
}
static void step(void) {
    uint32_t key = below(KEYS);
    size_t len = 0;
    switch (below(24)) {
    case 0: now += below(30); break;
    case 1: (void)pk_cache_tick(&cache, now, 20); break;
    case 2: (void)pk_cache_tick_shard(&cache, below(pk_cache_shards(&cache)), now, 20); break;
    case 3: (void)pk_cache_remove(&cache, &key, 4); break;
    case 4: (void)pk_cache_touch(&cache, &key, 4, 50); break;
    case 5: look(key); break;
    case 6: lease(key); break;
    case 7: (void)pk_cache_put_if_absent(&cache, &key, 4, value, 8, 0); break;
    case 8: (void)pk_cache_prefetch(&cache, &key, 4, 1, got, sizeof got, loader, NULL, NULL); break;
#if PERFKIT_CACHE_PINS
    case 9: pin(key); break;
#endif
    case 10: if (below(8) == 0) walk(); break;
    case 11: if (below(16) == 0) (void)pk_cache_clear_step(&cache, 20); break;
    case 12: if (below(32) == 0) (void)pk_cache_clear(&cache); break;
    case 13: if (below(32) == 0) snapshot(); break;
    case 14: (void)pk_cache_put(&cache, &key, 4, value, below(100) ? below(300) : sizeof value, 0); break;
    case 15:
    case 16: (void)pk_cache_get_or_load(&cache, &key, 4, got, sizeof got, &len, loader, NULL); break;
    case 17: (void)pk_cache_get(&cache, &key, 4, got, sizeof got, &len); break;
    default: (void)pk_cache_put(&cache, &key, 4, value, below(300), 1 + below(60)); break;
    }
}
static pk_status start(uint8_t policy) {
    pk_cache_desc desc;
    memset(locks, 0, sizeof locks);
    memset(within, 0, sizeof within);
    made = gone = taken = twice = called_while_held = writes_while_held = calls = depth = 0;
    now = 1;
    random_state = 12345;
    memset(&desc, 0, sizeof desc);
    desc.policy = policy;
    desc.capacity = 64;
    desc.threads = true;
    desc.versions = true;
    desc.clock = clock_of_test;
    desc.stale_ms = 20;
    desc.negative_ttl_ms = 20;
    desc.max_loads = 8;
    desc.on_evict = on_evict;
    desc.on_event = on_event;
    if (policy == PK_CACHE_LRU) {
        desc.shards = 4;
        desc.max_bytes = 64 * 1500;
        desc.prompt_expiry = PERFKIT_CACHE_WHEEL;
    } else {
        desc.slot_size = 304;
    }
    return pk_cache_init(&cache, &desc);
}
static void run_steps(void) {
    unsigned i;
    for (i = 0; i < STEPS; i++) {
        step();
        if (held_now() != 0) break;
    }
    CHECK_EQ(held_now(), 0);
    CHECK_EQ(twice, 0);
    CHECK_EQ(called_while_held, 0);
    CHECK(calls > STEPS / 10 && taken > STEPS / 10);
}
static void close_and_count(void) {
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    CHECK_EQ(gone, made);
}
static void no_two_locks_in_both_orders(void) {
    uint32_t key = KEYS;
    unsigned i, j, k, orders = 0;
    CHECK_STATUS(start(PK_CACHE_LRU), PK_OK);
    CHECK_EQ(made, 5); /* of four shards, and of the loads */
    run_steps();
    depth = 3; /* hooks call nothing from here on */
    CHECK_STATUS(pk_cache_put(&cache, &key, 4, value, sizeof value, 0), PK_OK);
    CHECK_STATUS(pk_cache_save(&cache, write_out, NULL), PK_OK);
    CHECK(writes_while_held > 0); /* of values longer than the buffer, as said there */
    for (k = 0; k < LOCKS; k++) /* who is locked, by way of others, within whom: nobody within itself */
        for (i = 0; i < LOCKS; i++)
            for (j = 0; j < LOCKS; j++)
                if (within[i][k] && within[k][j]) within[i][j] = true;
    for (i = 0; i < LOCKS; i++) {
        CHECK(!within[i][i]);
        for (j = 0; j < LOCKS; j++) orders += within[i][j];
    }
    CHECK_EQ(orders, 4); /* the lock of the loads, within each shard's: no shard within another's */
    close_and_count();
}
static void no_set_is_locked_either(void) {
    pk_status status = start(PK_CACHE_S3FIFO);
    if (!PK__S3_SHARED && status == PK_UNSUPPORTED) return;
    CHECK_STATUS(status, PK_OK);
    run_steps();
    CHECK_EQ(writes_while_held, 0);
    close_and_count();
}

TESTS {
    RUN("T02 K08", "no lock is held while the user's functions run, no shard is locked within another, none in two orders",
        no_two_locks_in_both_orders)
    RUN("T02 K08", "the same where sets have locks of their own", no_set_is_locked_either)
}
