/* Loading where things fail: the loader at its n-th call, for every n, and the allocation of init. */
#define PERFKIT_CACHE_IMPLEMENTATION
#include "../../perfkit_cache.h"
#include "../support/test.h"
#include "../support/fault.h"

enum { KEYS = 40, ROUNDS = 3 };
static long load_fails_at, loads;
static pk_status loader(void *user, const void *key, size_t key_len, void *value, size_t size, size_t *len, pk_time *ttl_ms) {
    (void)user;
    (void)size;
    (void)ttl_ms;
    memset(value, 0xEE, 8); /* whatever it leaves there */
    if (++loads == load_fails_at) return PK_IO;
    memcpy(value, key, key_len);
    *len = 8;
    return PK_OK;
}
/* Every key is asked for three times; one load fails, and all else goes on as if it had not. */
static void load_all(pk_cache *cache) {
    uint32_t key, found[2];
    long failures = 0;
    int round;
    loads = 0;
    for (round = 0; round < ROUNDS; round++) {
        for (key = 0; key < KEYS; key++) {
            pk_status status = pk_cache_get_or_load(cache, &key, sizeof key, found, sizeof found, NULL, loader, NULL);
            CHECK_STATUS(status, loads == load_fails_at && loads > 0 && round == 0 && failures == 0 ? PK_IO : PK_OK);
            if (status == PK_OK) {
                CHECK_EQ(found[0], key);
                continue;
            }
            failures++;
            CHECK(!pk_cache_contains(cache, &key, sizeof key));
        }
    }
    CHECK_EQ(failures, load_fails_at > 0 && load_fails_at <= KEYS);
    CHECK_EQ(loads, KEYS + failures);
    CHECK_EQ(pk_cache_count(cache), KEYS);
}
static void any_load_may_fail(void) {
    static const uint32_t sizes[] = {8, 0};
    size_t i;
    for (i = 0; i < PK__COUNTOF(sizes); i++) {
        for (load_fails_at = 0; load_fails_at <= KEYS + 1; load_fails_at++) {
            pk_cache cache;
            pk_cache_desc desc;
            memset(&desc, 0, sizeof desc);
            desc.capacity = 2 * KEYS;
            desc.key_size = 4;
            desc.value_size = sizes[i];
            desc.ttl_ms = PK_TTL_NEVER;
            desc.max_loads = 1;
            CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
            load_all(&cache);
            CHECK_STATUS(pk_cache_close(&cache), PK_OK);
        }
    }
}
static void scenario(pk_allocator allocator) {
    pk_cache cache;
    pk_cache_desc desc;
    pk_status status;
    long before;
    memset(&desc, 0, sizeof desc);
    desc.capacity = 2 * KEYS;
    desc.key_size = 4;
    desc.max_loads = 8;
    desc.stale_ms = 1000;
    desc.negative_ttl_ms = 1000;
    desc.allocator = allocator;
    status = pk_cache_init(&cache, &desc);
    CHECK(status == PK_OK || (status == PK_NO_MEMORY && fault.failed));
    before = fault.allocations;
    load_fails_at = 0;
    if (status == PK_OK) load_all(&cache);
    CHECK_EQ(fault.allocations, before); /* none after init */
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void every_allocation_may_fail(void) { FAULT_EVERY(scenario); }

TESTS {
    RUN("K27", "a loader that fails at any call leaves the cache as it was", any_load_may_fail)
    RUN("K27 K01", "init survives any failing allocation, and loading allocates nothing", every_allocation_may_fail)
}
