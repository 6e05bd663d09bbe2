/* targets: all */
/* Object pools: every wrong release is refused, and leaves the pool as it was. */
#include "../../perfkit_pool.h"
#include "../support/test.h"

enum { OBJECTS = 9, LARGEST = 24 };
static unsigned char memory[64 + PK_POOL_BYTES(LARGEST, 16, OBJECTS) + 64];
static pk_pool pool;
static void *out[OBJECTS];
static uint16_t events;
static pk_event last;

static void see(void *user, const pk_event *event) {
    (void)user;
    events++;
    last = *event;
}
static void open_pool(size_t object_size, size_t align) {
    pk_pool_desc desc;
    uint32_t cursor = 0;
    void *object;
    while ((object = pk_pool_next(&pool, &cursor)) != NULL) (void)pk_pool_release(&pool, object); /* of the test before */
    (void)pk_pool_close(&pool);
    memset(&desc, 0, sizeof desc);
    desc.object_size = object_size;
    desc.align = align;
    desc.capacity = OBJECTS;
    desc.memory = memory + 64;
    desc.memory_size = sizeof memory - 128;
    desc.on_event = see;
    events = 0;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
}

/* Objects 1, 3, 5 … are free; releases at every address near the pool: right only where an object that is out begins. */
static void every_offset(size_t object_size, size_t align) {
    unsigned char *at;
    unsigned i, right = 0, refused = 0;
    open_pool(object_size, align);
    for (i = 0; i < OBJECTS; i++) out[i] = pk_pool_acquire(&pool);
    for (i = 1; i < OBJECTS; i += 2) CHECK_STATUS(pk_pool_release(&pool, out[i]), PK_OK);
    for (at = memory; at < memory + sizeof memory; at++) {
        bool is_out = false;
        for (i = 0; i < OBJECTS; i += 2) is_out = is_out || out[i] == at;
        if (is_out) {
            CHECK(pk_pool_owns(&pool, at));
            right++;
            continue;
        }
        CHECK(!pk_pool_owns(&pool, at));
        CHECK_STATUS(pk_pool_release(&pool, at), PK_INVALID);
        refused++;
    }
    CHECK_EQ(right, (OBJECTS + 1) / 2);
    CHECK_EQ(events, refused);
#if PERFKIT_STATS
    {
        pk_pool_stats stats;
        pk_pool_get_stats(&pool, &stats);
        CHECK_EQ(stats.misused, refused);
    }
#endif
    CHECK_EQ(pk_pool_count(&pool), right);
    for (i = 1; i < OBJECTS; i += 2) CHECK(pk_pool_acquire(&pool) == out[OBJECTS / 2 * 2 - i]); /* the stack is whole */
    CHECK(pk_pool_acquire(&pool) == NULL);
    for (i = 0; i < OBJECTS; i++) CHECK_STATUS(pk_pool_release(&pool, out[i]), PK_OK);
    CHECK_EQ(pk_pool_count(&pool), 0);
}
static void odd_sizes(void) {
    every_offset(1, 0);
    every_offset(3, 0);
    every_offset(7, 1);
    every_offset(21, 0);
}
static void even_sizes(void) {
    every_offset(2, 0);
    every_offset(12, 0);
    every_offset(16, 0);
    every_offset(24, 8);
    every_offset(20, 16);
}
static void far_away(void) {
    size_t offset = 1;
    open_pool(12, 0);
    out[0] = pk_pool_acquire(&pool);
    for (; offset != 0; offset <<= 1) { /* every power of two around the object */
        CHECK_STATUS(pk_pool_release(&pool, (void *)((uintptr_t)out[0] + offset)), PK_INVALID);
        CHECK_STATUS(pk_pool_release(&pool, (void *)((uintptr_t)out[0] - offset)), PK_INVALID);
        CHECK_STATUS(pk_pool_release(&pool, (void *)((uintptr_t)out[0] + 12 * offset + 4)), PK_INVALID);
    }
    CHECK_STATUS(pk_pool_release(&pool, NULL), PK_INVALID);
    CHECK_STATUS(pk_pool_release(&pool, &events), PK_INVALID);
    CHECK_STATUS(pk_pool_release(&pool, out[0]), PK_OK);
}
static void never_acquired(void) {
    uint8_t i;
    open_pool(8, 0);
    for (i = 0; i < OBJECTS; i++) CHECK_STATUS(pk_pool_release(&pool, pk_pool_at(&pool, i)), PK_INVALID);
    out[0] = pk_pool_acquire(&pool);
    CHECK_STATUS(pk_pool_release(&pool, pk_pool_at(&pool, 1)), PK_INVALID);
    CHECK_EQ(pk_pool_count(&pool), 1);
}
static void reported_once(void) {
    open_pool(8, 0);
    out[0] = pk_pool_acquire(&pool);
    out[1] = pk_pool_acquire(&pool);
    CHECK_STATUS(pk_pool_release(&pool, out[0]), PK_OK);
    CHECK_EQ(events, 0);
    CHECK_STATUS(pk_pool_release(&pool, out[0]), PK_INVALID);
    CHECK_EQ(events, 1);
    CHECK_EQ(last.kind, PK_POOL_EVENT_MISUSE);
    CHECK_EQ(last.status, PK_INVALID);
    CHECK_EQ(last.a, 1);
    CHECK_EQ(last.b, OBJECTS);
    pk_pool_set_on_event(&pool, NULL, NULL); /* only counted from here */
    CHECK_STATUS(pk_pool_release(&pool, out[0]), PK_INVALID);
    CHECK_EQ(events, 1);
}
/* A random mixture of right and wrong releases: every object is out at most once, always. */
static void fuzz(void) {
    uint16_t step;
    uint16_t is_out = 0;
    open_pool(10, 0);
    for (step = 0; step < 3000; step++) {
        uint32_t random = test_random();
        if (random & 0x100) {
            void *object = pk_pool_acquire(&pool);
            uint32_t index = pk_pool_index_of(&pool, object);
            CHECK((object == NULL) == (is_out == (1u << OBJECTS) - 1));
            if (object == NULL) continue;
            CHECK(!(is_out >> index & 1));
            is_out = (uint16_t)(is_out | 1u << index);
        } else {
            uint8_t i = (uint8_t)(random >> 16) % OBJECTS, skew = random & 0x1000 ? (uint8_t)(random >> 24) % 10 : 0;
            bool right = skew == 0 && is_out >> i & 1;
            CHECK_STATUS(pk_pool_release(&pool, (unsigned char *)pk_pool_at(&pool, i) + skew), right ? PK_OK : PK_INVALID);
            if (right) is_out = (uint16_t)(is_out & ~(1u << i));
        }
    }
}

TESTS {
    RUN("P33", "at every byte offset, odd sizes: foreign, misaligned and double releases are refused", odd_sizes)
    RUN("P33", "at every byte offset, sizes with a power of two in them", even_sizes)
    RUN("P33", "addresses far away are foreign", far_away)
    RUN("P33", "an object that was never out can't be released", never_acquired)
    RUN("P33", "each misuse is reported once, with the objects out and the capacity", reported_once)
    RUN("P33", "random right and wrong releases never hand an object out twice", fuzz)
}
