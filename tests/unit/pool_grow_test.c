/* targets: hosted */
/* Pools that grow: objects never move, chunks come and go, big pools. */
#define PERFKIT_POOL_IMPLEMENTATION
#include "../../perfkit_pool.h"
#include "../support/test.h"

enum { MANY = 10000 };
static void *out[MANY];
static pk_handle handles[MANY];
static pk_pool pool;

static pk_pool_desc growing(uint32_t capacity, uint32_t max_capacity) {
    pk_pool_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.object_size = 12;
    desc.capacity = capacity;
    desc.max_capacity = max_capacity;
    return desc;
}
static void open_pool(pk_pool_desc desc) { CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK); }
static void take(uint32_t n) {
    uint32_t i;
    for (i = 0; i < n; i++) CHECK((out[i] = pk_pool_acquire(&pool)) != NULL);
}
static void give(uint32_t from, uint32_t to) {
    uint32_t i;
    for (i = from; i < to; i++) CHECK_STATUS(pk_pool_release(&pool, out[i]), PK_OK);
}

static void defaults_grow_without_limit(void) {
    pk_pool_stats stats;
    uint32_t i, cursor = 0;
    open_pool(growing(0, 0));
    CHECK_EQ(pk_pool_capacity(&pool), 64);
    take(MANY);
    for (i = 0; i < MANY; i++) memset(out[i], (int)(i & 255), 12);
    for (i = 0; i < MANY; i++) {
        CHECK_EQ(*(unsigned char *)out[i], i & 255); /* none moved, none overlaps */
        CHECK_EQ(pk_pool_index_of(&pool, out[i]), i);
        CHECK(pk_pool_at(&pool, i) == out[i]);
        CHECK(pk_pool_next(&pool, &cursor) == out[i]);
    }
    CHECK(pk_pool_next(&pool, &cursor) == NULL);
    pk_pool_get_stats(&pool, &stats);
    CHECK_EQ(stats.active, MANY);
    CHECK_EQ(stats.capacity, 16384);
    CHECK_EQ(stats.idle, 16384 - MANY);
    CHECK_EQ(stats.high_water, MANY);
    CHECK_STATUS(pk_pool_close(&pool), PK_BUSY);
    give(0, MANY);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void limit_holds(void) {
    uint32_t max;
    for (max = 4; max < 40; max++) {
        pk_pool_stats stats;
        open_pool(growing(3, max));
        take(max);
        CHECK(pk_pool_acquire(&pool) == NULL);
        pk_pool_get_stats(&pool, &stats);
        CHECK_EQ(stats.capacity, max);
        CHECK_EQ(stats.max_capacity, max);
        CHECK_EQ(stats.utilization, 10000);
        CHECK_EQ(stats.exhausted, 1);
        give(0, max);
        CHECK_STATUS(pk_pool_close(&pool), PK_OK);
    }
}
static void misuse_in_chunks(void) {
    unsigned char *at;
    uint32_t i;
    open_pool(growing(4, 100));
    take(60);
    for (i = 0; i < 60; i++)
        for (at = (unsigned char *)out[i] + 1; at < (unsigned char *)out[i] + 12; at++)
            CHECK_STATUS(pk_pool_release(&pool, at), PK_INVALID);
    for (i = 0; i < 60; i += 2) {
        CHECK_STATUS(pk_pool_release(&pool, out[i]), PK_OK);
        CHECK_STATUS(pk_pool_release(&pool, out[i]), PK_INVALID);
    }
    CHECK_STATUS(pk_pool_release(&pool, &pool), PK_INVALID);
    CHECK_EQ(pk_pool_count(&pool), 30);
    for (i = 1; i < 60; i += 2) CHECK_STATUS(pk_pool_release(&pool, out[i]), PK_OK);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void trim_and_grow_again(void) {
    uint32_t i, cursor, seen, capacity;
    open_pool(growing(8, 0x7FFFFFFF));
    take(1000);
    give(8, 500); /* the chunks 8, 16 … 128 are free, the ones from 256 on only in part */
    CHECK(pk_pool_trim(&pool) > 0);
    CHECK_EQ(pk_pool_trim(&pool), 0);
    CHECK_EQ(pk_pool_capacity(&pool), 8 + 256 + 512);
    CHECK_EQ(pk_pool_count(&pool), 508);
    for (seen = 0, cursor = 0; pk_pool_next(&pool, &cursor) != NULL; seen++) {}
    CHECK_EQ(seen, 508); /* over the gap */
    CHECK_STATUS(pk_pool_release(&pool, out[999]), PK_OK);
    CHECK(pk_pool_at(&pool, 8) == NULL && pk_pool_at(&pool, 255) == NULL && pk_pool_at(&pool, 256) != NULL);
    for (i = 8; i < 500; i++) CHECK((out[i] = pk_pool_acquire(&pool)) != NULL);
    capacity = pk_pool_capacity(&pool);
    CHECK(capacity >= 999 && capacity <= 1024);
    give(0, 999);
    CHECK(pk_pool_trim(&pool) > 0);
    CHECK_EQ(pk_pool_capacity(&pool), 8);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void handles_outlive_chunks(void) {
    pk_pool_desc desc = growing(4, 0x7FFFFFFF);
    uint32_t i, round;
    static pk_handle old[200];
    desc.handles = true;
    open_pool(desc);
    for (round = 0; round < 5; round++) {
        for (i = 0; i < 200; i++) {
            CHECK_STATUS(pk_pool_acquire_handle(&pool, &handles[i], &out[i]), PK_OK);
            CHECK(pk_pool_get(&pool, handles[i]) == out[i]);
            if (round > 0) CHECK(pk_pool_get(&pool, old[i]) == NULL); /* though its chunk went and came back */
        }
        for (i = 0; i < 200; i++) {
            CHECK_STATUS(pk_pool_release_handle(&pool, handles[i]), PK_OK);
            old[i] = handles[i];
        }
        CHECK(pk_pool_trim(&pool) > 0);
        CHECK_STATUS(pk_pool_release_handle(&pool, old[199]), PK_INVALID);
        CHECK(pk_pool_get(&pool, old[199]) == NULL);
    }
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void memory_first_then_chunks(void) {
    static unsigned char memory[4096];
    pk_pool_desc desc = growing(10, 200);
    uint32_t i;
    desc.memory = memory;
    desc.memory_size = pk_pool_memory_needed(&desc);
    CHECK(desc.memory_size > 0 && desc.memory_size < sizeof memory);
    open_pool(desc);
    take(200);
    for (i = 0; i < 200; i++) {
        unsigned char *o = (unsigned char *)out[i];
        CHECK((o >= memory && o < memory + sizeof memory) == (i < 10));
    }
    give(0, 200);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void big_pools(void) {
    pk_pool_desc desc = growing(200000, 0); /* indices of 32 bits */
    uint32_t i;
    static void *all[200000];
    open_pool(desc);
    for (i = 0; i < 200000; i++) CHECK((all[i] = pk_pool_acquire(&pool)) != NULL);
    CHECK(pk_pool_acquire(&pool) == NULL);
    for (i = 0; i < 200000; i++) {
        uint32_t other = test_random() % 200000;
        void *swap = all[i];
        all[i] = all[other];
        all[other] = swap;
    }
    for (i = 0; i < 200000; i++) {
        CHECK_STATUS(pk_pool_release(&pool, all[i]), PK_OK);
        if (i % 1000 == 0) CHECK_STATUS(pk_pool_release(&pool, all[i]), PK_INVALID);
    }
    for (i = 200000; i > 0; i--) CHECK(pk_pool_acquire(&pool) == all[i - 1]);
    for (i = 0; i < 200000; i++) CHECK_STATUS(pk_pool_release(&pool, all[i]), PK_OK);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void every_index_width(void) {
    static const uint32_t capacities[] = {1, 2, 254, 255, 256, 257, 65534, 65535, 65536, 65537};
    unsigned c;
    uint32_t i;
    for (c = 0; c < PK__COUNTOF(capacities); c++) {
        pk_pool_desc desc = growing(capacities[c], 0);
        void *first, *last = NULL;
        desc.object_size = 1;
        open_pool(desc);
        first = pk_pool_acquire(&pool);
        for (i = 1; i < capacities[c]; i++) CHECK((last = pk_pool_acquire(&pool)) == (unsigned char *)first + i);
        CHECK(pk_pool_acquire(&pool) == NULL);
        for (i = 0; i < capacities[c]; i++) CHECK_STATUS(pk_pool_release(&pool, (unsigned char *)first + i), PK_OK);
        CHECK_STATUS(pk_pool_release(&pool, first), PK_INVALID);
        if (last) CHECK(pk_pool_acquire(&pool) == last);
        if (last) CHECK_STATUS(pk_pool_release(&pool, last), PK_OK);
        CHECK_STATUS(pk_pool_close(&pool), PK_OK);
    }
}
static void handles_of_64_bits_retire(void) {
    pk_pool_desc desc = growing(3, 0);
    pk_handle handle, old;
    void *object;
    pk_pool_stats stats;
    desc.handles = true;
    open_pool(desc);
    CHECK_STATUS(pk_pool_acquire_handle(&pool, &old, &object), PK_OK);
    CHECK_STATUS(pk_pool_release_handle(&pool, old), PK_OK);
    pk__pool_set_word(&pool, 0, ~(pool.names | 1)); /* as after 2^46 - 1 uses */
    CHECK_STATUS(pk_pool_acquire_handle(&pool, &handle, &object), PK_OK);
    CHECK(pk_pool_get(&pool, handle) == object);
    CHECK_STATUS(pk_pool_release_handle(&pool, handle), PK_OK);
    CHECK(pk_pool_get(&pool, handle) == NULL);
    pk_pool_get_stats(&pool, &stats);
    CHECK_EQ(stats.retired, 1);
    CHECK(pk_pool_acquire(&pool) != object);
    CHECK_STATUS(pk_pool_release(&pool, object), PK_INVALID);
    CHECK_STATUS(pk_pool_release(&pool, pk_pool_at(&pool, 1)), PK_OK);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static pk_handle word_of(uint64_t generation) { /* 31 bits of it above a 0, the others above the name */
    return (generation >> 31) * (pool.names + ((pk_handle)1 << 32)) | ((generation << 1) & UINT32_MAX);
}
static void generations_carry(void) { /* from the 31st bit on, and to the last */
    pk_pool_desc desc = growing(1, 0);
    pk_handle handle, unheld, old = 0, name = ((pk_handle)1 << 32) + 1;
    void *object;
    unsigned bit, step;
    desc.handles = true;
    for (bit = 29; bit < 46; bit++) {
        open_pool(desc);
        pk__pool_set_word(&pool, 0, word_of(((uint64_t)1 << bit) - 2));
        for (step = 0; step < 4; step++, old = handle) {
            CHECK_STATUS(pk_pool_acquire_handle(&pool, &handle, &object), PK_OK);
            CHECK(handle == word_of(((uint64_t)1 << bit) - 2 + step) + name);
            if (step > 0) CHECK(pk_pool_get(&pool, old) == NULL);
            if (step > 0) CHECK_STATUS(pk_pool_release_handle(&pool, old), PK_STALE);
            CHECK(pk_pool_get(&pool, handle) == object);
            CHECK_STATUS(pk_pool_release_handle(&pool, handle), PK_OK);
            unheld = word_of(((uint64_t)1 << bit) - 1 + step) + name - 1; /* what is stored for the free slot, with its name */
            CHECK_STATUS(pk_pool_release_handle(&pool, unheld), PK_STALE);
            CHECK(pk_pool_get(&pool, unheld) == NULL);
        }
        CHECK_STATUS(pk_pool_close(&pool), PK_OK);
    }
}
static void unchecked_pools_refuse_foreign_ones(void) {
    pk_pool_desc desc = growing(100, 0);
    desc.check = PK_POOL_UNCHECKED;
    open_pool(desc);
    take(100);
    CHECK(pk_pool_acquire(&pool) == NULL);
    CHECK_STATUS(pk_pool_release(&pool, (unsigned char *)out[5] + 3), PK_INVALID);
    CHECK_STATUS(pk_pool_release(&pool, &pool), PK_INVALID);
    give(0, 100);
    CHECK_EQ(pk_pool_count(&pool), 0);
    CHECK(pk_pool_memory_needed(&desc) > 0);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}

TESTS {
    RUN("P32", "a desc with nothing but object_size grows from 64 without limit; objects never move",
        defaults_grow_without_limit)
    RUN("P32 P34", "max_capacity holds exactly", limit_holds)
    RUN("P33", "misuse is refused in every chunk", misuse_in_chunks)
    RUN("P32", "trim gives free chunks back, and the pool grows into the gaps again", trim_and_grow_again)
    RUN("C29", "a handle stays stale when its chunk is freed and made again", handles_outlive_chunks)
    RUN("P32", "the caller's memory first, then chunks", memory_first_then_chunks)
    RUN("P33", "200,000 objects, released in random order", big_pools)
    RUN("P32", "capacities around the widths of indices", every_index_width)
    RUN("C29", "a slot of 64-bit handles retires when its generations are used up", handles_of_64_bits_retire)
    RUN("C29", "generations count right to their last bit", generations_carry)
    RUN("P33", "an unchecked pool still refuses what is not its own", unchecked_pools_refuse_foreign_ones)
}
