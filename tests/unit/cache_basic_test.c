/* targets: all */
/* The cache's first five functions: what is put is got, until it is removed, cleared or pushed out. */
#include "../../perfkit_cache.h"
#include "../support/test.h"

static unsigned char memory[PK_CACHE_BYTES(6, 2, 4)];
static pk_cache cache;

static void open_cache(void) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.capacity = 6;
    desc.key_size = 2;
    desc.value_size = 4;
    desc.ttl_ms = PK_TTL_NEVER;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
}
static pk_status put(uint16_t key, uint32_t value) { return pk_cache_put(&cache, &key, 2, &value, 4, 0); }
static uint32_t got(uint16_t key) { /* 0: not there */
    uint32_t value = 0;
    size_t len = 0;
    if (pk_cache_get(&cache, &key, 2, &value, 4, &len) != PK_OK) return 0;
    return len == 4 ? value : 999;
}

static void put_then_get(void) {
    open_cache();
    CHECK_EQ(got(1), 0);
    CHECK_STATUS(put(1, 100), PK_OK);
    CHECK_STATUS(put(2, 200), PK_OK);
    CHECK_EQ(got(1), 100);
    CHECK_EQ(got(2), 200);
    CHECK_EQ(got(3), 0);
    CHECK_EQ(pk_cache_count(&cache), 2);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void overwriting_evicts_nothing(void) {
    uint16_t key;
    open_cache();
    for (key = 1; key <= 6; key++) CHECK_STATUS(put(key, key), PK_OK);
    CHECK_STATUS(put(1, 11), PK_OK);
    CHECK_EQ(pk_cache_count(&cache), 6);
    CHECK_EQ(got(1), 11);
    for (key = 2; key <= 6; key++) CHECK_EQ(got(key), key);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void a_new_key_evicts_exactly_the_oldest(void) {
    uint16_t key;
    open_cache();
    for (key = 1; key <= 6; key++) CHECK_STATUS(put(key, key), PK_OK);
    CHECK_STATUS(put(1, 11), PK_OK); /* now 2 is the oldest */
    CHECK_STATUS(put(7, 7), PK_OK);
    CHECK_EQ(pk_cache_count(&cache), 6);
    CHECK_EQ(got(2), 0);
    CHECK_EQ(got(1), 11);
    for (key = 3; key <= 7; key++) CHECK_EQ(got(key), key);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void remove_says_whether_it_was_there(void) {
    uint16_t key = 5;
    open_cache();
    CHECK_STATUS(pk_cache_remove(&cache, &key, 2), PK_NOT_FOUND);
    CHECK_STATUS(put(5, 50), PK_OK);
    CHECK_STATUS(pk_cache_remove(&cache, &key, 2), PK_OK);
    CHECK_STATUS(pk_cache_remove(&cache, &key, 2), PK_NOT_FOUND);
    CHECK_EQ(got(5), 0);
    CHECK_EQ(pk_cache_count(&cache), 0);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void clear_leaves_a_usable_empty_cache(void) {
    uint16_t key;
    open_cache();
    for (key = 1; key <= 9; key++) CHECK_STATUS(put(key, key), PK_OK);
    CHECK_STATUS(pk_cache_clear(&cache), PK_OK);
    CHECK_EQ(pk_cache_count(&cache), 0);
    for (key = 1; key <= 9; key++) CHECK_EQ(got(key), 0);
    for (key = 1; key <= 9; key++) CHECK_STATUS(put(key, (uint32_t)key + 1), PK_OK);
    for (key = 4; key <= 9; key++) CHECK_EQ(got(key), key + 1);
    CHECK_EQ(pk_cache_count(&cache), 6);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void wrong_lengths_change_nothing(void) {
    uint16_t key = 1;
    uint32_t value = 77;
    size_t len = 0;
    open_cache();
    CHECK_STATUS(put(1, 10), PK_OK);
    CHECK_STATUS(pk_cache_put(&cache, &key, 1, &value, 4, 0), PK_INVALID);
    CHECK_STATUS(pk_cache_put(&cache, &key, 2, &value, 3, 0), PK_INVALID);
    CHECK_STATUS(pk_cache_get(&cache, &key, 3, &value, 4, NULL), PK_INVALID);
    CHECK_STATUS(pk_cache_remove(&cache, &key, 1), PK_INVALID);
    CHECK_STATUS(pk_cache_get(&cache, &key, 2, &value, 3, &len), PK_TOO_BIG);
    CHECK_EQ(len, 4);
    CHECK_EQ(value, 77);
    CHECK_EQ(got(1), 10);
    CHECK_EQ(pk_cache_count(&cache), 1);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void many_rounds_of_put_and_remove_stay_exact(void) { /* the index keeps no tombstones: nothing degrades */
    uint16_t round, key;
    open_cache();
    for (round = 0; round < 3000; round++) {
        CHECK_STATUS(put(round, round), PK_OK);
        if (round >= 3) {
            key = (uint16_t)(round - 3);
            CHECK_STATUS(pk_cache_remove(&cache, &key, 2), PK_OK);
        }
        if (round >= 2) CHECK_EQ(got((uint16_t)(round - 2)), round - 2);
    }
    CHECK_EQ(pk_cache_count(&cache), 3);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void a_closed_or_zeroed_cache_says_so(void) {
    static pk_cache never;
    uint16_t key = 1;
    uint32_t value = 1;
    CHECK_STATUS(pk_cache_put(&never, &key, 2, &value, 4, 0), PK_CLOSED);
    CHECK_STATUS(pk_cache_get(&never, &key, 2, &value, 4, NULL), PK_CLOSED);
    CHECK_STATUS(pk_cache_close(&never), PK_OK);
    open_cache();
    CHECK_STATUS(put(1, 10), PK_OK);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    CHECK_STATUS(put(1, 10), PK_CLOSED);
    CHECK_STATUS(pk_cache_remove(&cache, &key, 2), PK_CLOSED);
    CHECK_STATUS(pk_cache_clear(&cache), PK_CLOSED);
    CHECK_EQ(pk_cache_count(&cache), 0);
}

TESTS {
    RUN("K03 K10", "what is put is got", put_then_get)
    RUN("K04", "overwriting a key in a full cache evicts nothing", overwriting_evicts_nothing)
    RUN("K04 K11", "a new key in a full cache evicts exactly the oldest", a_new_key_evicts_exactly_the_oldest)
    RUN("K10", "remove says whether the key was there", remove_says_whether_it_was_there)
    RUN("K10", "clear leaves a usable empty cache", clear_leaves_a_usable_empty_cache)
    RUN("K01 K13", "wrong lengths and a small buffer change nothing", wrong_lengths_change_nothing)
    RUN("K07", "thousands of puts and removes leave the index exact", many_rounds_of_put_and_remove_stay_exact)
    RUN("K29", "a closed or zeroed cache says so", a_closed_or_zeroed_cache_says_so)
}
