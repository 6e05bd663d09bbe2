/* pools.h - what tests of object pools share: descriptions, and an allocator that clears and counts. After perfkit_pool.h. */
#ifndef PERFKIT_TEST_POOLS_H
#define PERFKIT_TEST_POOLS_H
#include <string.h>

PK__INLINE void pool_describe_in(pk_pool_desc *desc, size_t object_size, uint32_t capacity, void *memory, size_t memory_size) {
    memset(desc, 0, sizeof *desc);
    desc->object_size = object_size;
    desc->capacity = capacity;
    desc->memory = memory;
    desc->memory_size = memory_size;
}

#if PK__FULL
PK__INLINE pk_pool_desc pool_desc_of(size_t object_size, uint32_t capacity, uint32_t max_capacity) {
    pk_pool_desc desc;
    pool_describe_in(&desc, object_size, capacity, NULL, 0);
    desc.max_capacity = max_capacity;
    return desc;
}
#endif

#if PERFKIT_HOSTED
#include <stdlib.h>
typedef struct pool_memory { /* an allocator, for one thread at a time: fresh objects of new chunks are all zero */
    pk_allocator allocator;
    unsigned allocations; /* so far */
} pool_memory;
PK__INLINE void *pool_memory_get(size_t size, size_t align, void *user) {
    (void)align;
    ((pool_memory *)user)->allocations++;
    return calloc(1, size);
}
PK__INLINE void pool_memory_put(void *memory, size_t size, void *user) {
    (void)size;
    (void)user;
    free(memory);
}
PK__INLINE const pk_allocator *pool_memory_begin(pool_memory *m) {
    m->allocator.alloc_fn = pool_memory_get;
    m->allocator.free_fn = pool_memory_put;
    m->allocator.user = m;
    m->allocations = 0;
    return &m->allocator;
}
#endif
#endif
