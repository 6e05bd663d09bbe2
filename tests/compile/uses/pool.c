/* pool.c - uses what is switched on of perfkit_pool.h. */
#include "perfkit_pool.h"
#include "uses.h"


PK_POOL_DEFINE(user_pool, uint64_t, 4)
static uint64_t *user_object, *user_other;
#if PERFKIT_POOL_HANDLES
PK_POOL_DEFINE_HANDLES(user_held, uint64_t, 4)
static pk_handle user_handle;
#endif
#if PERFKIT_POOL_INTRUSIVE
PK_POOL_DEFINE_INTRUSIVE(user_list, uint64_t, 4)
#endif
#if !defined MADE && (PERFKIT_POOL_GROW || PERFKIT_POOL_UNCHECKED || PERFKIT_THREADS || FULL)
#define MADE 1 /* pools at run time, too */
#endif
#ifdef MADE
#if PERFKIT_POOL_GROW
#define MOST 12
#else
#define MOST 4
#endif
static pk_pool user_made;
static pk_pool_desc user_desc;
static union { uint64_t align; unsigned char bytes[PERFKIT_HOSTED ? 40000 : 2000]; } user_memory;
static size_t user_used;
static void *user_alloc(size_t size, size_t align, void *user) {
    size_t at = (user_used + align - 1) / align * align;
    (void)user;
    if (size > sizeof user_memory - at) return NULL;
    user_used = at + size;
    return user_memory.bytes + at;
}
static void user_free(void *memory, size_t size, void *user) { (void)memory, (void)size, (void)user; }
static pk_allocator user_allocator;
#endif
#if PERFKIT_POOL_INIT
static pk_status user_init(void *object, void *user) {
    (void)object, (void)user;
    return PK_OK;
}
#endif
#if PERFKIT_POOL_RESOURCES
static pk_respool user_respool;
static pk_respool_desc user_respool_desc;
static pk_resource user_lease;
static union { uint64_t align; unsigned char bytes[PK_RESPOOL_BYTES(4)]; } user_respool_memory;
static pk_time user_clock(void *user) {
    (void)user;
    return 0;
}
static pk_status user_create(void **resource, uint32_t limit_ms, void *user) {
    (void)limit_ms, (void)user;
    *resource = &user_respool;
    return PK_OK;
}
#endif

int main(void) {
    user_object = user_pool_acquire();
    user_other = user_pool_acquire();
    EXPECT(user_object != NULL && user_other != NULL && user_other != user_object);
    EXPECT(user_pool_release(user_object) == PK_OK);
    EXPECT(user_pool_release(user_object) == PK_INVALID);
#ifndef MEASURED
    EXPECT(user_pool_release(user_other) == PK_OK);
    EXPECT(user_pool_count() == 0);
#endif
#if PERFKIT_POOL_HANDLES
    user_object = user_held_acquire_handle(&user_handle);
    EXPECT(user_object != NULL && user_held_get(user_handle) == user_object);
    EXPECT(user_held_release_handle(user_handle) == PK_OK);
    EXPECT(user_held_get(user_handle) == NULL);
#endif
#if PERFKIT_POOL_INTRUSIVE
    user_object = user_list_acquire();
    EXPECT(user_object != NULL);
    user_list_release(user_object);
#endif
#ifdef MADE
    user_allocator.alloc_fn = user_alloc;
    user_allocator.free_fn = user_free;
    user_desc.object_size = 8;
    user_desc.capacity = 4;
    user_desc.allocator = &user_allocator;
#if PERFKIT_POOL_GROW
    user_desc.max_capacity = 12;
#endif
#if PERFKIT_THREADS
    user_desc.threads = true;
#endif
#if PERFKIT_POOL_INIT
    user_desc.init = user_init;
#endif
    EXPECT(pk_pool_init(&user_made, &user_desc) == PK_OK);
    {
        static void *user_all[MOST];
        unsigned i;
        for (i = 0; i < MOST; i++) EXPECT((user_all[i] = pk_pool_acquire(&user_made)) != NULL);
        EXPECT(pk_pool_acquire(&user_made) == NULL);
        for (i = 0; i < MOST; i++) EXPECT(pk_pool_release(&user_made, user_all[i]) == PK_OK);
    }
#if PERFKIT_POOL_CACHES
    {
        static pk_pool_cache user_cache;
        EXPECT(pk_pool_cache_init(&user_cache, &user_made, 16) == PK_OK);
        user_object = (uint64_t *)pk_pool_cache_acquire(&user_cache);
        EXPECT(user_object != NULL && pk_pool_cache_release(&user_cache, user_object) == PK_OK);
        pk_pool_cache_close(&user_cache);
    }
#endif
    EXPECT(pk_pool_close(&user_made) == PK_OK);
#if PERFKIT_POOL_UNCHECKED
    user_desc.check = PK_POOL_UNCHECKED;
    user_desc.threads = false;
    EXPECT(pk_pool_init(&user_made, &user_desc) == PK_OK);
    user_object = (uint64_t *)pk_pool_acquire(&user_made);
    EXPECT(user_object != NULL && pk_pool_release(&user_made, user_object) == PK_OK);
    EXPECT(pk_pool_close(&user_made) == PK_OK);
#endif
#endif
#if PERFKIT_STATS
    {
        static pk_pool_stats user_stats;
        pk_pool_get_stats(&user_pool, &user_stats);
        EXPECT(user_stats.capacity == 4 && user_stats.misused == 1);
    }
#endif
#if PERFKIT_POOL_GATE
    {
        static pk_gate user_gate;
        static pk_gate_desc user_gate_desc;
        static pk_budget user_budget;
        user_gate_desc.limit = 1;
        EXPECT(pk_gate_init(&user_gate, &user_gate_desc) == PK_OK);
        EXPECT(pk_gate_try_enter(&user_gate) == PK_OK);
        EXPECT(pk_gate_try_enter(&user_gate) == PK_EXHAUSTED);
        EXPECT(pk_gate_leave(&user_gate) == PK_OK);
        user_gate_desc.limit = 100;
        EXPECT(pk_budget_init(&user_budget, &user_gate_desc) == PK_OK);
        EXPECT(pk_budget_try(&user_budget, 60) == PK_OK && pk_budget_try(&user_budget, 60) == PK_EXHAUSTED);
        EXPECT(pk_budget_release(&user_budget, 60) == PK_OK);
    }
#endif
#if PERFKIT_POOL_RESOURCES
    user_respool_desc.create = user_create;
    user_respool_desc.max_size = 4;
    user_respool_desc.clock = user_clock;
    user_respool_desc.memory = user_respool_memory.bytes;
    user_respool_desc.memory_size = sizeof user_respool_memory;
    EXPECT(pk_respool_init(&user_respool, &user_respool_desc) == PK_OK);
    EXPECT(pk_respool_acquire(&user_respool, 0, &user_lease) == PK_OK && user_lease.it == (void *)&user_respool);
    EXPECT(pk_respool_release(&user_respool, user_lease) == PK_OK);
    EXPECT(pk_respool_release(&user_respool, user_lease) == PK_INVALID);
    EXPECT(pk_respool_tick(&user_respool, 0, 1) <= 4);
    EXPECT(pk_respool_close(&user_respool, 0) == PK_OK);
#endif
    return DONE;
}
