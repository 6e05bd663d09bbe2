/* targets: posix */
/* The firmware engine where an RTOS has threads: its chains in place of groups, under the locks of its shards. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define PERFKIT_CACHE_IMPLEMENTATION
#define PERFKIT_PROFILE PERFKIT_PROFILE_FIRMWARE
#define PERFKIT_THREADS 1
#define PERFKIT_HEAP 1
#define PERFKIT_CACHE_THREADS 1
#define PERFKIT_CACHE_SNAPSHOT 1
#define PERFKIT_CACHE_CHAINS 1
#include "../../perfkit_cache.h"
#include "../support/test.h"
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static pk_cache cache;
static pk_cache_desc desc_of(uint32_t capacity, unsigned shards, uint32_t value_size) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.capacity = capacity;
    desc.shards = (uint16_t)shards;
    desc.key_size = sizeof(uint32_t);
    desc.value_size = value_size;
    desc.threads = true;
    return desc;
}
static void open_cache(uint32_t capacity, unsigned shards, uint32_t value_size) {
    pk_cache_desc desc = desc_of(capacity, shards, value_size);
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
}
static pk_status put(uint32_t key, uint32_t value) { return pk_cache_put(&cache, &key, sizeof key, &value, sizeof value, 0); }
static uint32_t got(uint32_t key) {
    uint32_t value = 0;
    return pk_cache_get(&cache, &key, sizeof key, &value, sizeof value, NULL) == PK_OK ? value : 0;
}

static int in_the_child(uint32_t keys) {
    uint32_t key;
    if (put(1, 1) != PK_FORKED || pk_cache_after_fork(&cache) != PK_OK || pk_cache_count(&cache) != 0) return 1;
    for (key = 0; key < keys; key++)
        if (got(key) != 0 || put(key, ~key) != PK_OK || got(key) != ~key) return 2;
    return pk_cache_close(&cache) == PK_OK ? 0 : 3;
}
static void a_forked_child_starts_afresh(void) {
    uint32_t key, vary;
    for (vary = 0; vary < 2; vary++) {
        int status = -1;
        pid_t child;
        open_cache(64, 1, vary ? 0 : sizeof key);
        for (key = 0; key < 80; key++) CHECK_STATUS(put(key, key + 1), PK_OK);
        child = fork();
        if (child == 0) _exit(in_the_child(80));
        CHECK(child > 0 && waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        CHECK_EQ(got(79), 80);
        CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    }
}

static unsigned char image[40000];
static size_t written, at;
static size_t write_image(void *user, const void *bytes, size_t n) {
    (void)user;
    if (n > sizeof image - written) return 0;
    memcpy(image + written, bytes, n);
    written += n;
    return n;
}
static size_t read_image(void *user, void *bytes, size_t n) {
    (void)user;
    if (n > written - at) n = written - at;
    memcpy(bytes, image + at, n);
    at += n;
    return n;
}
static void shards_come_back(void) {
    static const uint32_t sizes[] = {4, 400, 0}; /* a value longer than the buffer goes to its slots as it comes */
    unsigned char value[400], back[400];
    uint32_t key, kept, before;
    unsigned kind;
    for (kind = 0; kind < 3; kind++) {
        size_t size = sizes[kind] ? sizes[kind] : 20;
        open_cache(64, 4, sizes[kind]);
        for (key = 0; key < 40; key++) {
            memset(value, (int)key, sizeof value);
            CHECK_STATUS(pk_cache_put(&cache, &key, sizeof key, value, size, 0), PK_OK);
        }
        before = pk_cache_count(&cache);
        written = at = 0;
        CHECK_STATUS(pk_cache_save(&cache, write_image, NULL), PK_OK);
        CHECK_STATUS(pk_cache_load(&cache, read_image, NULL, 0, &kept), PK_OK);
        CHECK_EQ(kept, before);
        CHECK_EQ(pk_cache_count(&cache), before);
        for (key = 0; key < 40; key++) {
            size_t len = 0;
            if (pk_cache_get(&cache, &key, sizeof key, back, sizeof back, &len) != PK_OK) continue;
            memset(value, (int)key, sizeof value);
            CHECK(len == size && memcmp(back, value, size) == 0);
            before--;
        }
        CHECK_EQ(before, 0);
        CHECK_STATUS(put(1000, 1), sizes[kind] == 400 ? PK_INVALID : PK_OK);
        CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    }
}

/* ---- Leases: of a key there is one at a time ---- */

enum { THREADS = 4, KEYS = 6, ROUNDS = 3000 };
static uint64_t leases[PK_CACHE_LEASE_BYTES(KEYS, sizeof(uint32_t)) / 8 + 1];
static uint32_t holders[KEYS], wrong;
static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;
static void holds(uint32_t key, uint32_t change, bool good) {
    (void)pthread_mutex_lock(&counting);
    holders[key] += change;
    if (holders[key] > 1 || !good) wrong++;
    (void)pthread_mutex_unlock(&counting);
}
static void *leases_and_fills(void *number) {
    uint32_t i, key, value, random = 1u + (uint32_t)(uintptr_t)number;
    for (i = 0; i < ROUNDS; i++) {
        pk_cache_lease lease;
        pk_status status;
        random = random * 1664525u + 1013904223u;
        key = (random >> 16) % KEYS;
        status = pk_cache_get_or_lease(&cache, &key, sizeof key, &value, sizeof value, NULL, &lease);
        if (status == PK_OK && value != ~key) holds(key, 0, false);
        if (status != PK_NOT_FOUND) continue;
        holds(key, 1, true);
        value = ~key;
        holds(key, 0u - 1u, true);
        status = i & 1 ? pk_cache_abandon(&cache, &lease, PK_OK) : pk_cache_fill(&cache, &lease, &value, sizeof value, 0);
        if (status != PK_OK && status != PK_STALE) holds(key, 0, false); /* stale: another's removal came between */
        if (!(i & 1)) (void)pk_cache_remove(&cache, &key, sizeof key);
    }
    return NULL;
}
static void one_lease_for_a_key(void) {
    pthread_t threads[THREADS];
    pk_cache_lease lease;
    uint32_t key = 1, value = 7;
    unsigned i;
    open_cache(64, 4, sizeof key);
    CHECK_STATUS(pk_cache_set_leases(&cache, leases, sizeof leases, PK_TTL_NEVER), PK_OK);
    for (i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, leases_and_fills, (void *)(uintptr_t)i) == 0);
    for (i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK_EQ(wrong, 0);
    CHECK_STATUS(pk_cache_clear(&cache), PK_OK);
    CHECK_STATUS(pk_cache_get_or_lease(&cache, &key, sizeof key, &value, sizeof value, NULL, &lease), PK_NOT_FOUND);
    CHECK_STATUS(put(1, 8), PK_OK);
    CHECK_STATUS(pk_cache_remove(&cache, &key, sizeof key), PK_OK);
    CHECK_STATUS(pk_cache_fill(&cache, &lease, &value, sizeof value, 0), PK_STALE);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}

TESTS {
    RUN("T02", "a forked child starts afresh", a_forked_child_starts_afresh)
    RUN("K27", "a lease of a key is one thread's, and a put, removal or clear ends it", one_lease_for_a_key)
    RUN("K41", "a snapshot comes back among shards, whatever its values' length", shards_come_back)
}
