/* targets: all */
/* 16-bit handles start over: how far a stale one is safe, and what desc.retire does about it. */
#define PERFKIT_POOL_HANDLES 1
#define PERFKIT_POOL_HANDLE_BITS 16
#include "../../perfkit_pool.h"
#include "../support/test.h"
#include "../support/pools.h"

enum { OBJECTS = 10, GENERATIONS = 4096 }; /* 10 takes 4 bits: 12 are left */
static unsigned char memory[PK_POOL_BYTES(4, 0, OBJECTS) + PK_POOL_HANDLE_BYTES(OBJECTS)];
static pk_pool pool;
static pk_event last;
static uint8_t events;

static void see(void *user, const pk_event *event) {
    (void)user;
    last = *event;
    events++;
}
static void open_pool(bool retire) {
    pk_pool_desc desc;
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
    pool_describe_in(&desc, 4, OBJECTS, memory, sizeof memory);
    desc.handles = true;
    desc.retire = retire;
    desc.on_event = see;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    events = 0;
}
static void reuse(uint16_t times) {
    pk_handle handle = 0;
    for (; times > 0; times--) {
        CHECK_STATUS(pk_pool_acquire_handle(&pool, &handle, NULL), PK_OK);
        CHECK_STATUS(pk_pool_release_handle(&pool, handle), PK_OK);
    }
}

static void caught_until_the_wrap(void) {
    pk_handle old = 0, now = 0;
    uint16_t i;
    open_pool(false);
    CHECK_STATUS(pk_pool_acquire_handle(&pool, &old, NULL), PK_OK);
    CHECK_STATUS(pk_pool_release_handle(&pool, old), PK_OK);
    for (i = 1; i < GENERATIONS; i++) {
        CHECK_STATUS(pk_pool_acquire_handle(&pool, &now, NULL), PK_OK);
        if (now == old || now == 0 || pk_pool_get(&pool, old) != NULL) break;
        CHECK_STATUS(pk_pool_release_handle(&pool, now), PK_OK);
    }
    CHECK_EQ(i, GENERATIONS);
    CHECK_STATUS(pk_pool_acquire_handle(&pool, &now, NULL), PK_OK);
    CHECK_EQ(now, old); /* reused exactly 2^12 times: the documented gap */
    CHECK(pk_pool_get(&pool, old) != NULL);
    CHECK_STATUS(pk_pool_release_handle(&pool, now), PK_OK);
    CHECK(pk_pool_get(&pool, old) == NULL);
    CHECK_EQ(events, 0);
}
static void retiring_closes_the_gap(void) {
    pk_handle first = 0, handle = 0;
    pk_pool_stats stats;
    uint8_t slot;
    open_pool(true);
    CHECK_STATUS(pk_pool_acquire_handle(&pool, &first, NULL), PK_OK);
    CHECK_STATUS(pk_pool_release_handle(&pool, first), PK_OK);
    reuse(GENERATIONS - 1);
    pk_pool_get_stats(&pool, &stats);
    CHECK_EQ(stats.retired, 1);
    CHECK_EQ(stats.active, 0);
    CHECK_EQ(stats.idle, OBJECTS - 1);
    CHECK(pk_pool_get(&pool, first) == NULL);
    for (slot = 1; slot < OBJECTS - 2; slot++) reuse(GENERATIONS);
    CHECK_EQ(events, 0);
    reuse(GENERATIONS); /* nine of ten */
    CHECK_EQ(events, 1);
    CHECK_EQ(last.kind, PK_POOL_EVENT_RETIRING);
    CHECK_EQ(last.a, OBJECTS - 1);
    CHECK_EQ(last.b, OBJECTS);
    reuse(GENERATIONS);
    CHECK_EQ(events, 1); /* once */
    CHECK_STATUS(pk_pool_acquire_handle(&pool, &handle, NULL), PK_EXHAUSTED);
    CHECK(pk_pool_acquire(&pool) == NULL);
    CHECK_EQ(pk_pool_count(&pool), 0);
    CHECK(pk_pool_get(&pool, first) == NULL);
}
static void too_many_for_16_bits(void) {
    pk_pool_desc desc;
    static pk_pool other;
    pool_describe_in(&desc, 4, 4096, memory, sizeof memory);
    desc.handles = true;
    CHECK_STATUS(pk_pool_init(&other, &desc), PK_INVALID); /* fewer than 4 bits would be left */
    CHECK_EQ(pk_pool_memory_needed(&desc), 0);
    desc.capacity = 255;
    CHECK_STATUS(pk_pool_init(&other, &desc), PK_NO_MEMORY);
}

TESTS {
    RUN("C29", "a stale handle is caught at every distance up to 2^g - 1 reuses, and not at 2^g", caught_until_the_wrap)
    RUN("C29", "desc.retire: slots retire instead, counted, and reported once at 90 %", retiring_closes_the_gap)
    RUN("C29", "more objects than handles can number are refused", too_many_for_16_bits)
}
