/* targets: hosted */
/* 32-bit handles over 40,000 objects: 16 bits number those, 16 are left for generations. */
#define PERFKIT_POOL_HANDLE_BITS 32
#define PERFKIT_POOL_IMPLEMENTATION
#include "../../perfkit_pool.h"
#include "../support/test.h"
#include "../support/pools.h"

enum { OBJECTS = 40000, GENERATIONS = 65536 };
static void caught_until_the_wrap(void) {
    pk_pool pool;
    pk_pool_desc desc = pool_desc_of(4, OBJECTS, 0);
    pk_handle old = 0, now = 0;
    uint32_t i, caught = 0;
    desc.handles = true;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    CHECK_STATUS(pk_pool_acquire_handle(&pool, &old, NULL), PK_OK);
    CHECK_STATUS(pk_pool_release_handle(&pool, old), PK_OK);
    for (i = 1; i < GENERATIONS; i++) {
        if (pk_pool_acquire_handle(&pool, &now, NULL) != PK_OK || now == old) break;
        if (pk_pool_get(&pool, old) == NULL && pk_pool_release_handle(&pool, old) == PK_STALE) caught++;
        if (pk_pool_release_handle(&pool, now) != PK_OK) break;
    }
    CHECK_EQ(caught, GENERATIONS - 1);
    CHECK_STATUS(pk_pool_acquire_handle(&pool, &now, NULL), PK_OK);
    CHECK_EQ(now, old); /* reused exactly 2^16 times: the documented gap */
    CHECK_STATUS(pk_pool_release_handle(&pool, now), PK_OK);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}

TESTS {
    RUN("C29", "a stale 32-bit handle is caught at every distance up to 2^g - 1 reuses, and not at 2^g", caught_until_the_wrap)
}
