/* Pools under an allocator that fails: for every n, the n-th allocation. */
#define PERFKIT_POOL_IMPLEMENTATION
#include "../../perfkit_pool.h"
#include "../support/test.h"
#include "../support/fault.h"

enum { MOST = 300 };
static unsigned events;
static void see(void *user, const pk_event *event) {
    (void)user;
    CHECK_EQ(event->kind, PK_POOL_EVENT_NO_MEMORY);
    CHECK_STATUS(event->status, PK_NO_MEMORY);
    events++;
}

static void run(pk_allocator allocator, bool handles, bool threads) {
    static void *out[MOST];
    static pk_handle named[MOST];
    pk_pool_desc desc;
    pk_pool_stats stats;
    pk_pool pool;
    unsigned round, n, i, refused = 0;
    memset(&desc, 0, sizeof desc);
    desc.object_size = 24;
    desc.capacity = 5;
    desc.max_capacity = MOST;
    desc.allocator = &allocator;
    desc.handles = handles;
    desc.threads = threads;
    desc.on_event = see;
    events = 0;
    if (pk_pool_init(&pool, &desc) != PK_OK) {
        CHECK(fault.failed);
        CHECK(pk_pool_acquire(&pool) == NULL); /* a closed pool */
        CHECK_STATUS(pk_pool_close(&pool), PK_OK);
        return;
    }
    for (round = 0; round < 3; round++) {
        for (n = 0; n < MOST;) {
            uint32_t capacity = pk_pool_capacity(&pool);
            int failed_before = fault.failed;
            pk_status status = PK_OK;
            if (handles && n % 2)
                status = pk_pool_acquire_handle(&pool, &named[n], &out[n]);
            else if ((out[n] = pk_pool_acquire(&pool)) == NULL)
                status = PK_NO_MEMORY;
            if (status == PK_OK) {
                memset(out[n], (int)(n & 255), 24);
                n++;
                continue;
            }
            CHECK_STATUS(status, PK_NO_MEMORY);
            CHECK(fault.failed && !failed_before);
            CHECK_EQ(pk_pool_capacity(&pool), capacity); /* nothing has changed */
            CHECK_EQ(pk_pool_count(&pool), n);
            refused++;
        }
        for (i = 0; i < n; i++) {
            CHECK_EQ(*(unsigned char *)out[i], i & 255);
            if (handles && i % 2) {
                CHECK(pk_pool_get(&pool, named[i]) == out[i]);
                CHECK_STATUS(pk_pool_release_handle(&pool, named[i]), PK_OK);
            } else
                CHECK_STATUS(pk_pool_release(&pool, out[i]), PK_OK);
        }
        CHECK(pk_pool_trim(&pool) > 0);
        CHECK_EQ(fault.live, 1);
    }
    pk_pool_get_stats(&pool, &stats);
    CHECK_EQ(stats.no_memory, refused);
    CHECK_EQ(stats.exhausted + stats.misused, 0);
    CHECK_EQ(events, refused);
    CHECK_EQ(refused, fault.failed);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void plain(pk_allocator allocator) { run(allocator, false, false); }
static void with_handles(pk_allocator allocator) { run(allocator, true, false); }
static void with_lock(pk_allocator allocator) { run(allocator, true, true); }

static void plain_growth(void) { FAULT_EVERY(plain); }
static void growth_with_handles(void) { FAULT_EVERY(with_handles); }
static void growth_with_a_lock(void) { FAULT_EVERY(with_lock); }

TESTS {
    RUN("P32", "a pool whose allocator fails at any point loses nothing and grows later", plain_growth)
    RUN("P32 C29", "the same with handles", growth_with_handles)
    RUN("P32", "the same with a lock", growth_with_a_lock)
}
