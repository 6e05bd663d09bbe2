/* targets: all */
/* Making pools: memory, alignment, descriptions that are wrong, reset. */
#include "../../perfkit_pool.h"
#include "../support/test.h"
#include "../support/pools.h"

static unsigned char memory[220];
static pk_pool pool;

static pk_pool_desc desc;

static void describe(size_t object_size, uint32_t capacity) {
    pool_describe_in(&desc, object_size, capacity, memory, sizeof memory);
}

/* Exactly the memory it asks for, at every misalignment, is enough, and nothing beside it is touched. */
static void memory_is_enough(size_t object_size, size_t align, uint32_t capacity, size_t constant) {
    size_t needed, skew, i;
    uint32_t n;
    void *object;
    describe(object_size, capacity);
    desc.align = align;
    needed = pk_pool_memory_needed(&desc);
    CHECK(needed > 0 && needed <= constant && constant <= needed + 16);
    for (skew = 0; skew < 17; skew++) {
        memset(memory, 0x5A, sizeof memory);
        desc.memory = memory + skew;
        desc.memory_size = needed;
        CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
        for (n = 0; (object = pk_pool_acquire(&pool)) != NULL; n++) {
            CHECK_EQ((uintptr_t)object % (align ? align : 1), 0);
            memset(object, 0, object_size);
        }
        CHECK_EQ(n, capacity);
        for (n = 0; n < capacity; n++) CHECK_STATUS(pk_pool_release(&pool, pk_pool_at(&pool, n)), PK_OK);
        CHECK_STATUS(pk_pool_close(&pool), PK_OK);
        for (i = 0; i < sizeof memory; i++)
            if (i < skew || i >= skew + needed) CHECK_EQ(memory[i], 0x5A);
    }
    desc.memory_size = needed - 1;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_NO_MEMORY);
    CHECK(pk_pool_acquire(&pool) == NULL); /* a closed pool, not a broken one */
}
static void sizes_hold(void) {
    memory_is_enough(1, 0, 20, PK_POOL_BYTES(1, 0, 20));
    memory_is_enough(7, 0, 9, PK_POOL_BYTES(7, 0, 9));
    memory_is_enough(8, 8, 5, PK_POOL_BYTES(8, 8, 5));
    memory_is_enough(20, 16, 4, PK_POOL_BYTES(20, 16, 4));
    memory_is_enough(3, 32, 2, PK_POOL_BYTES(3, 32, 2));
}
static void aligned_by_default(void) {
    size_t size, want, i;
    void *object;
    for (size = 1; size <= 24; size++) {
        describe(size, 3);
        for (want = 1; size % (2 * want) == 0 && want < 8 && want < sizeof(void *); want *= 2) {}
        desc.memory = memory + 1;
        desc.memory_size = sizeof memory - 1;
        CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
        for (i = 0; i < 3; i++) {
            object = pk_pool_acquire(&pool);
            CHECK_EQ((uintptr_t)object % want, 0);
        }
        for (i = 0; i < 3; i++) CHECK_STATUS(pk_pool_release(&pool, pk_pool_at(&pool, (uint32_t)i)), PK_OK);
        CHECK_STATUS(pk_pool_close(&pool), PK_OK);
    }
}
static void wrong_descriptions_are_refused(void) {
    describe(0, 4);
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_INVALID);
    CHECK_STATUS(pk_pool_init(&pool, NULL), PK_INVALID);
    CHECK_EQ(pk_pool_memory_needed(&desc), 0);
    CHECK_EQ(pk_pool_memory_needed(NULL), 0);
    describe(8, 4);
    desc.align = 6;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_INVALID);
    describe(8, 4);
    desc.max_capacity = 3;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_INVALID);
    describe(8, 4);
    desc.check = 9;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_INVALID);
    describe(8, UINT32_MAX);
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_INVALID);
    describe((size_t)-1 / 2, 200); /* more than there are addresses */
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_NO_MEMORY);
    describe((size_t)-1, 2);
    desc.align = 16;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_NO_MEMORY);
#if !PERFKIT_HEAP
    describe(8, 4);
    desc.memory = NULL;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_NO_MEMORY);
#endif
    CHECK(pk_pool_acquire(&pool) == NULL);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void what_is_left_out_is_unsupported(void) {
    describe(8, 4);
#if !PERFKIT_POOL_HANDLES
    desc.handles = true;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_UNSUPPORTED);
#endif
#if !PERFKIT_THREADS
    describe(8, 4);
    desc.threads = true;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_UNSUPPORTED);
#endif
#if !PERFKIT_POOL_UNCHECKED
    describe(8, 4);
    desc.check = PK_POOL_UNCHECKED;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_UNSUPPORTED);
#endif
#if !PERFKIT_POOL_GROW
    describe(8, 4);
    desc.max_capacity = 5;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_UNSUPPORTED);
    describe(8, 0);
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_INVALID);
#endif
    describe(8, 4);
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void mixed_configurations_are_refused(void) {
    describe(8, 4);
    CHECK_STATUS(pk__pool_init(&pool, sizeof pool + 4, PK__POOL_CONFIG_WORD, &desc), PK_INVALID);
    CHECK_STATUS(pk__pool_init(&pool, sizeof pool, PK__POOL_CONFIG_WORD ^ 1u << 9, &desc), PK_INVALID);
    CHECK_STATUS(pk__pool_init(&pool, sizeof pool, PK__POOL_CONFIG_WORD, &desc), PK_OK);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}

static uint8_t resets;
static void wipe(void *object, void *user) {
    CHECK(user == memory);
    memset(object, 7, 8);
    resets++;
}
static void reset_on_release(void) {
    unsigned char *object;
    uint8_t round, i;
    describe(8, 3);
    desc.reset = wipe;
    desc.user = memory;
    resets = 0;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    CHECK_EQ(resets, 3); /* for their first use */
    resets = 0;
    object = (unsigned char *)pk_pool_acquire(&pool);
    for (i = 0; i < 8; i++) CHECK_EQ(object[i], 7);
    for (round = 1; round < 4; round++) {
        memset(object, 0xEE, 8);
        CHECK_STATUS(pk_pool_release(&pool, object), PK_OK);
        CHECK_EQ(resets, round);
        CHECK_STATUS(pk_pool_release(&pool, object), PK_INVALID); /* a wrong release resets nothing */
        CHECK_STATUS(pk_pool_release(&pool, object + 1), PK_INVALID);
        CHECK_EQ(resets, round);
        CHECK(pk_pool_acquire(&pool) == object);
        for (i = 0; i < 8; i++) CHECK_EQ(object[i], 7);
    }
    CHECK_STATUS(pk_pool_release(&pool, object), PK_OK);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void beside_the_objects(void) {
    const size_t once = sizeof(void *) > 4 && !PK__FULL ? 36 : 28; /* a pointer's alignment counts too */
    CHECK(PK_POOL_BYTES(8, 0, 200) - 8 * 200 <=
          200 * (PK__FULL + (PERFKIT_POOL_INDEX_BITS > 8 ? PERFKIT_POOL_INDEX_BITS / 8 : 1)) + once);
    CHECK(PK_POOL_BYTES(8, 0, 2000) - 8 * 2000u <= 2000u * 3 + once);
#if PERFKIT_POOL_INDEX_BITS == 0
    CHECK((PK_POOL_BYTES(8, 0, 1000000) - 8u * 1000000u) * 10 <= 42u * 1000000u); /* 4.2 bytes */
    CHECK((PK_POOL_BYTES(8, 0, 1000000) + PK_POOL_HANDLE_BYTES(1000000) - 8u * 1000000u) <= 12u * 1000000u);
#endif
}

TESTS {
    RUN("P32", "the memory asked for is enough at every misalignment, and a byte less is PK_NO_MEMORY", sizes_hold)
    RUN("P32", "objects are aligned for their size by default", aligned_by_default)
    RUN("P34", "descriptions that are wrong are refused, a capacity of 0 without growth among them",
        wrong_descriptions_are_refused)
    RUN("D08", "what this build lacks is PK_UNSUPPORTED", what_is_left_out_is_unsupported)
    RUN("D02", "units of different configurations get PK_INVALID", mixed_configurations_are_refused)
    RUN("P27", "reset runs once for each right release and before the first use: whoever acquires finds its state", reset_on_release)
    RUN("P32", "at most 4.2 bytes beside an object, 12 with handles", beside_the_objects)
}
