/* config.c - 0 where the init of every header answers EXPECT, or that of the cache EXPECT and the others' EXPECT_OTHERS,
   or with ONLY_POOL that of pools; tests/compile/run builds it with other switches than the implementation. */
#ifdef ONLY_POOL
#include "perfkit_pool.h"
int main(void) {
    static pk_pool pool;
    static pk_pool_desc desc;
    desc.object_size = 16;
    return pk_pool_init(&pool, &desc) != EXPECT;
}
#else
#include "perfkit.h"
#ifndef EXPECT_OTHERS
#define EXPECT_OTHERS EXPECT
#endif

int main(void) {
    static pk_cache cache;
    static pk_pool pool;
    static pk_log log;
    static pk_scope scope;
    static pk_registry registry;
    static pk_pool_desc pool_desc;
    int wrong = 0;
    pool_desc.object_size = 16;
    wrong += pk_cache_init(&cache, NULL) != EXPECT;
    wrong += pk_pool_init(&pool, &pool_desc) != EXPECT_OTHERS;
    wrong += pk_log_init(&log, NULL) != EXPECT_OTHERS;
    wrong += pk_scope_init(&scope, NULL) != EXPECT_OTHERS;
    wrong += pk_registry_init(&registry, NULL) != EXPECT_OTHERS;
    return wrong;
}
#endif
