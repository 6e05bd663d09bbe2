/* The cache under an allocator that fails: for every n, the n-th allocation; and none after init. */
#define PERFKIT_CACHE_IMPLEMENTATION
#include "../../perfkit_cache.h"
#include "../support/test.h"
#include "../support/fault.h"

static void use(pk_cache *cache, size_t len) {
    unsigned char value[300];
    uint32_t key;
    memset(value, 1, sizeof value);
    for (key = 0; key < 500; key++) {
        pk_time ttl = key % 7 * 100000; /* far from expiry, however slow the run */
        CHECK_STATUS(pk_cache_put(cache, &key, sizeof key, value, len ? len : key % 300, ttl), PK_OK);
        (void)pk_cache_get(cache, &key, sizeof key, value, sizeof value, NULL);
        if (key % 3 == 0) CHECK_STATUS(pk_cache_remove(cache, &key, sizeof key), PK_OK);
    }
    CHECK_STATUS(pk_cache_clear(cache), PK_OK);
}
static void scenario(pk_allocator allocator) {
    static const struct { uint32_t key_size, value_size; } shapes[] = {{4, 8}, {4, 0}, {0, 0}};
    size_t i;
    for (i = 0; i < PK__COUNTOF(shapes); i++) {
        pk_cache cache;
        pk_cache_desc desc;
        pk_status status;
        long before;
        memset(&desc, 0, sizeof desc);
        desc.capacity = 60;
        desc.key_size = shapes[i].key_size;
        desc.value_size = shapes[i].value_size;
        desc.allocator = allocator;
        before = fault.live;
        status = pk_cache_init(&cache, &desc);
        CHECK(status == PK_OK || (status == PK_NO_MEMORY && fault.failed));
        if (status != PK_OK) {
            uint32_t key = 1;
            CHECK_EQ(fault.live, before);
            CHECK_STATUS(pk_cache_put(&cache, &key, 4, &key, 4, 0), PK_CLOSED);
            CHECK_STATUS(pk_cache_close(&cache), PK_OK);
            continue;
        }
        before = fault.allocations;
        use(&cache, shapes[i].value_size);
        CHECK_EQ(fault.allocations, before); /* none after init */
        CHECK_STATUS(pk_cache_close(&cache), PK_OK);
        CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    }
}
static void every_allocation_may_fail(void) { FAULT_EVERY(scenario); }

static void memory_of_the_caller_needs_no_allocator(void) {
    static unsigned char memory[PK_CACHE_BYTES(60, 4, 8)];
    pk_cache cache;
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.capacity = 60;
    desc.key_size = 4;
    desc.value_size = 8;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    desc.allocator = fault_allocator(1);
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
    use(&cache, 8);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    CHECK_EQ(fault.allocations, 0);
}

TESTS {
    RUN("K29 K01", "init survives any failing allocation, and nothing allocates after it", every_allocation_may_fail)
    RUN("K01", "with the caller's memory nothing is allocated", memory_of_the_caller_needs_no_allocator)
}
