/* targets: large */
/* The keyed hash against a plain implementation of the paper, and keys chosen to collide. */
#define PERFKIT_CACHE_SIPHASH 1
#define PERFKIT_CACHE_IMPLEMENTATION
#include "../../perfkit_cache.h"
#include "../support/test.h"
#include <string.h>

/* SipHash-c-d as the paper writes it down. */
static uint64_t rotated(uint64_t x, int n) { return (x << n) | (x >> (64 - n)); }
static uint64_t v0, v1, v2, v3;
static void rounds(int n) {
    for (; n > 0; n--) {
        v0 += v1;
        v2 += v3;
        v1 = rotated(v1, 13) ^ v0;
        v3 = rotated(v3, 16) ^ v2;
        v0 = rotated(v0, 32);
        v2 += v1;
        v0 += v3;
        v1 = rotated(v1, 17) ^ v2;
        v3 = rotated(v3, 21) ^ v0;
        v2 = rotated(v2, 32);
    }
}
static uint64_t of_paper(int c, int d, const unsigned char *key, const unsigned char *text, size_t len) {
    uint64_t k0 = 0, k1 = 0, word = 0;
    size_t i;
    for (i = 0; i < 8; i++) k0 |= (uint64_t)key[i] << 8 * i;
    for (i = 0; i < 8; i++) k1 |= (uint64_t)key[i + 8] << 8 * i;
    v0 = k0 ^ 0x736f6d6570736575u;
    v1 = k1 ^ 0x646f72616e646f6du;
    v2 = k0 ^ 0x6c7967656e657261u;
    v3 = k1 ^ 0x7465646279746573u;
    for (i = 0; i < len; i++) {
        word |= (uint64_t)text[i] << i % 8 * 8;
        if (i % 8 == 7) {
            v3 ^= word;
            rounds(c);
            v0 ^= word;
            word = 0;
        }
    }
    word |= (uint64_t)(len & 255) << 56;
    v3 ^= word;
    rounds(c);
    v0 ^= word;
    v2 ^= 255;
    rounds(d);
    return v0 ^ v1 ^ v2 ^ v3;
}

static void it_is_siphash_1_3(void) {
    unsigned char key[16], text[70];
    unsigned i;
    for (i = 0; i < 16; i++) key[i] = (unsigned char)i;
    for (i = 0; i < sizeof text; i++) text[i] = (unsigned char)i;
    CHECK(of_paper(2, 4, key, text, 15) == 0xA129CA6149BE45E5u); /* the paper's own vector, and its reference implementation's */
    CHECK(of_paper(2, 4, key, text, 0) == 0x726FDB47DD0E0E31u);
    CHECK(of_paper(2, 4, key, text, 1) == 0x74F839C593DC67FDu);
    CHECK((pk_hash)0xABAC0158050FC4DCu == pk_cache_siphash(key, text, 0)); /* of 1-3, as Rust's library has it */
    for (i = 0; i <= sizeof text; i++) CHECK(pk_cache_siphash(key, text, i) == (pk_hash)of_paper(1, 3, key, text, i));
}

static union { uint64_t align; unsigned char bytes[PK_CACHE_BYTES(100, 8, 4)]; } memory;
static pk_cache cache;
static void used_by_a_cache(void) {
    static const unsigned char key[16] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3};
    pk_cache_desc desc;
    uint64_t k;
    uint32_t value;
    memset(&desc, 0, sizeof desc);
    desc.capacity = 100;
    desc.key_size = 8;
    desc.value_size = 4;
    desc.ttl_ms = PK_TTL_NEVER;
    desc.memory = memory.bytes;
    desc.memory_size = sizeof memory;
    desc.hash = pk_cache_siphash;
    desc.user = &desc; /* goes to other hooks: the key is the cache's own */
    if (!PERFKIT_HOSTED) {
        CHECK_STATUS(pk_cache_init(&cache, &desc), PK_UNSUPPORTED); /* there are no random bytes */
        desc.hash_key = key;
    }
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
    for (k = 0; k < 150; k++) {
        value = (uint32_t)k * 3;
        CHECK_STATUS(pk_cache_put(&cache, &k, sizeof k, &value, sizeof value, 0), PK_OK);
    }
    for (k = 0; k < 150; k++) {
        CHECK_STATUS(pk_cache_get(&cache, &k, sizeof k, &value, sizeof value, NULL), k < 50 ? PK_NOT_FOUND : PK_OK);
        if (k >= 50) CHECK_EQ(value, (long)k * 3);
    }
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}

#if PERFKIT_HOSTED && PERFKIT_CACHE_LINK_BITS != 8
/* An attacker who knows the seed of the built-in hash finds keys that all go to one group; whoever does not know it can't. */
static pk_hash built_in(pk_cache *c, uint64_t key) {
    return pk__cache_hash_bytes(c->seed, &key, sizeof key);
}
static unsigned long crowd(pk_cache *c, const uint64_t *keys, unsigned n) {
    uint32_t value = 0;
    unsigned i;
    pk_cache_stats s;
    memset(&s, 0, sizeof s);
    for (i = 0; i < n; i++) CHECK_STATUS(pk_cache_put(c, &keys[i], sizeof keys[i], &value, sizeof value, 0), PK_OK);
    CHECK_STATUS(pk_cache_get_stats(c, &s), PK_OK);
    return (unsigned long)s.left[PK_EVICT_CROWDED];
}
static void keys_that_collide_for_the_built_in_hash_are_spread(void) {
    enum { KEYS = 5000 };
    static uint64_t keys[KEYS];
    pk_cache known, other, keyed;
    pk_cache_desc desc;
    uint64_t k;
    unsigned n = 0;
    memset(&desc, 0, sizeof desc);
    desc.capacity = 8000;
    desc.key_size = 8;
    desc.value_size = 4;
    CHECK_STATUS(pk_cache_init(&known, &desc), PK_OK);
    CHECK_STATUS(pk_cache_init(&other, &desc), PK_OK);
    desc.hash = pk_cache_siphash;
    CHECK_STATUS(pk_cache_init(&keyed, &desc), PK_OK);
    CHECK(known.seed != other.seed);
    known.seed = 42; /* it leaked */
    for (k = 0; n < KEYS && k < 20000000; k++)
        if (pk__cache_home(&known, built_in(&known, k)) < 2) keys[n++] = k;
    CHECK_EQ(n, KEYS);
    CHECK(crowd(&known, keys, n) > KEYS / 5);
    CHECK_EQ(crowd(&other, keys, n), 0); /* each cache of each process has another seed */
    CHECK_EQ(crowd(&keyed, keys, n), 0);
    CHECK(memcmp(keyed.cold->hash_key, other.cold->hash_key, 16) != 0);
    CHECK_STATUS(pk_cache_close(&known), PK_OK);
    CHECK_STATUS(pk_cache_close(&other), PK_OK);
    CHECK_STATUS(pk_cache_close(&keyed), PK_OK);
}
#endif

TESTS {
    RUN("K07", "it is SipHash-1-3", it_is_siphash_1_3)
    RUN("K07", "a cache with it has a key of its own", used_by_a_cache)
#if PERFKIT_HOSTED && PERFKIT_CACHE_LINK_BITS != 8
    RUN("K07", "keys chosen to collide are spread by it, and by another seed", keys_that_collide_for_the_built_in_hash_are_spread)
#endif
}
