/* targets: all */
/* What init refuses, and that it changes nothing then. */
#include "../../perfkit_cache.h"
#include "../support/test.h"

static unsigned char memory[PK_CACHE_BYTES(3, 4, 4) + 2];
static pk_cache cache;
static pk_cache_desc desc;
static void good_desc(void) {
    memset(&desc, 0, sizeof desc);
    desc.capacity = 3;
    desc.key_size = 4;
    desc.value_size = 4;
    desc.memory = memory;
    desc.memory_size = sizeof memory - 2;
}
static void put_is_closed(void) {
    uint32_t key = 1;
    CHECK_STATUS(pk_cache_put(&cache, &key, 4, &key, 4, 0), PK_CLOSED);
}
static void refused(pk_status status) {
    CHECK_STATUS(pk_cache_init(&cache, &desc), status);
    put_is_closed();
}

static void bad_descs_are_refused(void) {
    good_desc();
    desc.capacity = 0xFFFFFFFFu;
    refused(PK_INVALID);
    CHECK_EQ(pk_cache_memory_needed(&desc), 0);
    good_desc();
    desc.policy = 7;
    refused(PK_INVALID);
    good_desc();
    desc.key_size = 0xFFFFFFFFu;
    refused(PK_INVALID);
    good_desc();
    desc.value_size = 0xFFFFFFFFu;
    refused(PK_INVALID);
    good_desc();
#if PERFKIT_CACHE_THREADS /* needs more memory than there is */
#define NO_THREADS PK_NO_MEMORY
#else
#define NO_THREADS PK_UNSUPPORTED
#endif
    desc.threads = true;
    refused(NO_THREADS);
    good_desc();
    desc.shards = 2;
    refused(NO_THREADS);
    good_desc();
    desc.ttl_ms = PK_TTL_MAX + 1;
    refused(PK_INVALID);
    CHECK_EQ(pk_cache_memory_needed(&desc), 0);
#if !PERFKIT_HOSTED
    good_desc();
    desc.capacity = 0; /* there is no default for it */
    refused(PK_INVALID);
    CHECK_STATUS(pk_cache_init(&cache, NULL), PK_INVALID);
#endif
}
static void too_little_memory_is_refused(void) {
    good_desc();
    CHECK_EQ(pk_cache_memory_needed(&desc), PK_CACHE_BYTES(3, 4, 4));
    desc.memory_size--;
    refused(PK_NO_MEMORY);
#if !PERFKIT_HEAP
    good_desc();
    desc.memory = NULL;
    refused(PK_NO_MEMORY);
#endif
}
static void memory_of_any_alignment_will_do(void) {
    uint32_t key, value;
    uint8_t skew;
    for (skew = 0; skew <= 2; skew++) {
        good_desc();
        desc.memory = memory + skew;
        memset(memory, 0xA5, sizeof memory); /* and dirty */
        CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
        for (key = 1; key <= 5; key++) CHECK_STATUS(pk_cache_put(&cache, &key, 4, &key, 4, 0), PK_OK);
        for (key = 1; key <= 5; key++) {
            CHECK_STATUS(pk_cache_get(&cache, &key, 4, &value, 4, NULL), key > 2 ? PK_OK : PK_NOT_FOUND);
        }
        CHECK_STATUS(pk_cache_close(&cache), PK_OK);
        if (skew == 0) CHECK_EQ(memory[sizeof memory - 1], 0xA5); /* and stays within it */
    }
}
static void a_mixed_configuration_is_refused(void) {
    good_desc();
    CHECK_STATUS(pk__cache_init(&cache, sizeof cache, PK__CACHE_CONFIG_WORD ^ 1u, &desc, 0, 0), PK_INVALID);
    CHECK_STATUS(pk__cache_init(&cache, sizeof cache - 1, PK__CACHE_CONFIG_WORD, &desc, 0, 0), PK_INVALID);
    put_is_closed();
}
static void times_without_a_clock_are_refused(void) {
#if !PERFKIT_HOSTED && !defined PERFKIT_NOW_MS
    uint32_t key = 1;
    good_desc();
    desc.ttl_ms = 100;
    refused(PK_UNSUPPORTED);
    good_desc();
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK); /* never is the default there */
    CHECK_STATUS(pk_cache_put(&cache, &key, 4, &key, 4, 100), PK_UNSUPPORTED);
    CHECK(!pk_cache_contains(&cache, &key, 4));
    CHECK_STATUS(pk_cache_put(&cache, &key, 4, &key, 4, PK_TTL_NEVER), PK_OK);
    CHECK(pk_cache_contains(&cache, &key, 4));
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
#endif
}
static pk_hash lower_hash(void *user, const void *key, size_t len) { /* letters whatever their case */
    const uint8_t *k = (const uint8_t *)key;
    pk_hash h = *(const uint8_t *)user;
    for (; len > 0; len--) h = (pk_hash)(h * 31u + (*k++ | 32u));
    return h;
}
static bool lower_equal(void *user, const void *a, const void *b, size_t len) {
    const char *x = (const char *)a, *y = (const char *)b;
    (void)user;
    for (; len > 0; len--)
        if ((*x++ | 32) != (*y++ | 32)) return false;
    return true;
}
static void hashes_and_equality_can_be_the_callers(void) {
    uint32_t value = 5;
    uint8_t salt = 3;
    good_desc();
    desc.hash = lower_hash;
    desc.equal = lower_equal;
    desc.user = &salt;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
    CHECK_STATUS(pk_cache_put(&cache, "Anna", 4, &value, 4, 0), PK_OK);
    value = 6;
    CHECK_STATUS(pk_cache_put(&cache, "ANNA", 4, &value, 4, 0), PK_OK);
    CHECK_EQ(pk_cache_count(&cache), 1);
    value = 0;
    CHECK_STATUS(pk_cache_get(&cache, "anna", 4, &value, 4, NULL), PK_OK);
    CHECK_EQ(value, 6);
    CHECK_STATUS(pk_cache_get(&cache, "otto", 4, &value, 4, NULL), PK_NOT_FOUND);
    CHECK_STATUS(pk_cache_remove(&cache, "annA", 4), PK_OK);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}

TESTS {
    RUN("K02 K13", "bad descs are refused", bad_descs_are_refused)
    RUN("K13", "too little memory is refused", too_little_memory_is_refused)
    RUN("D04", "memory of any alignment will do, dirty or not", memory_of_any_alignment_will_do)
    RUN("D04", "a unit of another configuration is refused", a_mixed_configuration_is_refused)
    RUN("D10 K05", "times without a clock are refused", times_without_a_clock_are_refused)
    RUN("K03", "hash and equality can be the caller's", hashes_and_equality_can_be_the_callers)
}
