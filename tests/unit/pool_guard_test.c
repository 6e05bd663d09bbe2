/* targets: hosted */
/* Tools that watch memory know which objects are free: AddressSanitizer where it is on; valgrind where PERFKIT_POOL_VALGRIND is,
   which tests/run has in a suite of its own. Elsewhere nothing is watched, and the same calls only have to work. */
#define PERFKIT_POOL_IMPLEMENTATION
#include "../../perfkit_pool.h"
#include "../support/test.h"
#include "../support/pools.h"

#if PK__POOL_ASAN
#define WATCHED 1
#define IS_SHUT(at) __asan_address_is_poisoned(at)
#elif PERFKIT_POOL_VALGRIND
#define WATCHED RUNNING_ON_VALGRIND
#define IS_SHUT(at) VALGRIND_CHECK_MEM_IS_ADDRESSABLE(at, 1)
#else
#define WATCHED 0
#define IS_SHUT(at) 0
#endif

enum { BYTES_EACH = 48 };
typedef struct item {
    unsigned char bytes[BYTES_EACH];
} item;
PK_POOL_DEFINE(items, item, 4)
PK_POOL_DEFINE_INTRUSIVE(linked, item, 4)

/* Open to its user in full, or shut but for `link` bytes at its start. */
static void check_open(void *object) {
    memset(object, 1, BYTES_EACH);
    CHECK(!IS_SHUT((unsigned char *)object) && !IS_SHUT((unsigned char *)object + BYTES_EACH - 1));
}
static void check_shut(void *object, size_t link) {
    size_t i;
    if (WATCHED)
        for (i = link; i < BYTES_EACH; i++) CHECK(IS_SHUT((unsigned char *)object + i));
    (void)object;
    (void)i;
}

static void at_file_scope(void) {
    item *a = items_acquire(), *b = linked_acquire(), *c = linked_acquire();
    check_open(a);
    check_open(b);
    CHECK_STATUS(items_release(a), PK_OK);
    linked_release(b);
    check_shut(a, 0);
    check_shut(b, 0); /* its link too */
    check_open(c);
    CHECK(items_acquire() == a && linked_acquire() == b);
    check_open(a);
    check_open(b);
    CHECK_STATUS(items_release(a), PK_OK);
    linked_release(b);
    linked_release(c);
}
/* Made at run time, in every form: shut from the start. */
static void in_form(const pk_pool_desc *desc, bool cached, size_t link) {
    static pk_pool_cache cache;
    pk_pool pool;
    void *object, *chunk = NULL;
    pk_handle handle = 0;
    CHECK_STATUS(pk_pool_init(&pool, desc), PK_OK);
    if (cached) CHECK_STATUS(pk_pool_cache_init(&cache, &pool, 16), PK_OK);
    check_shut(pk_pool_at(&pool, 0), 0);
    object = cached ? pk_pool_cache_acquire(&cache) : pk_pool_acquire(&pool);
    CHECK(object != NULL);
    check_open(object);
    if (desc->max_capacity) {
        chunk = cached ? pk_pool_cache_acquire(&cache) : pk_pool_acquire(&pool);
        CHECK(chunk != NULL);
        check_open(chunk);
    }
    CHECK_STATUS(cached ? pk_pool_cache_release(&cache, object) : pk_pool_release(&pool, object), PK_OK);
    check_shut(object, link);
    if (chunk) {
        CHECK_STATUS(cached ? pk_pool_cache_release(&cache, chunk) : pk_pool_release(&pool, chunk), PK_OK);
        check_shut(chunk, link);
    }
    if (cached) pk_pool_cache_flush(&cache);
    if (desc->handles) {
        CHECK_STATUS(pk_pool_acquire_handle(&pool, &handle, &object), PK_OK);
        check_open(object);
        CHECK_STATUS(pk_pool_release_handle(&pool, handle), PK_OK);
        check_shut(object, 0);
    }
    if (cached) pk_pool_cache_close(&cache);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK); /* and its memory goes back open */
}
static void in_every_form(void) {
    static union { uint64_t align; unsigned char bytes[2048]; } memory;
    pk_pool_desc desc = pool_desc_of(BYTES_EACH, 1, 0);
    desc.handles = true;
    in_form(&desc, false, 0);
    desc.max_capacity = 6;
    in_form(&desc, false, 0);
    desc.threads = PERFKIT_THREADS;
    in_form(&desc, PERFKIT_THREADS, 0);
    desc.handles = false;
    desc.threads = false;
    desc.intrusive = true;
    in_form(&desc, false, sizeof(void *));
    desc.check = PK_POOL_UNCHECKED;
    in_form(&desc, false, sizeof(void *));
    desc.intrusive = false;
    desc.check = PK_POOL_CHECKED;
    desc.max_capacity = 0;
    desc.lock_free = true;
    if (PK__POOL_CAN_LOCK_FREE) in_form(&desc, false, 0);
    desc.lock_free = false;
    desc.memory = &memory;
    desc.memory_size = sizeof memory;
    in_form(&desc, false, 0);
    memset(&memory, 7, sizeof memory);
}
static void use_after_release_is_found(void) {
    volatile item *a = items_acquire();
    volatile int sum = 0; /* or valgrind would not look at a read that nobody needs */
    CHECK_STATUS(items_release((item *)(uintptr_t)a), PK_OK);
#if PERFKIT_POOL_VALGRIND
    {
        unsigned before = VALGRIND_COUNT_ERRORS;
        sum = a->bytes[9]; /* valgrind says: invalid read of size 1 */
        a->bytes[BYTES_EACH - 1] = 3;
        CHECK_EQ(VALGRIND_COUNT_ERRORS - before, WATCHED ? 2 : 0);
    }
#endif
    (void)sum;
}

TESTS {
    RUN("P33", "objects of pools at file scope are shut from their release to the next acquire", at_file_scope)
    RUN("P33", "and those of every form made at run time, but for an intrusive pool's link", in_every_form)
    RUN("P33", "a use after the release is found", use_after_release_is_found)
}
