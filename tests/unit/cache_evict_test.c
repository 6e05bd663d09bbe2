/* targets: all */
/* on_evict: once for each entry that leaves, with its bytes and the reason, and free to call the cache. */
#include "../../perfkit_cache.h"
#include "../support/test.h"

static unsigned char memory[PK_CACHE_BYTES(4, 1, 2)];
static pk_cache cache;
static pk_time now;
static pk_time clock_of_test(void *user) {
    (void)user;
    return now;
}

static uint8_t left[PK_EVICT_REASONS]; /* entries told of, by reason */
static uint8_t last_key, wrong;
static uint16_t last_value;
static enum { ONLY_NOTE, LOOK, PUT_BACK, PUT_SAME, REMOVE_ALL, CLOSE } then;

static pk_status put(uint8_t key, uint16_t value) { return pk_cache_put(&cache, &key, 1, &value, 2, 0); }
static uint16_t got(uint8_t key) {
    uint16_t value = 0;
    return pk_cache_get(&cache, &key, 1, &value, 2, NULL) == PK_OK ? value : (uint16_t)0;
}
static void note(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    uint8_t key = *(const uint8_t *)item->key, k;
    uint16_t value = 0;
    if (user != &cache || item->key_len != 1 || item->value_len != 2) wrong++;
    if (pk_cache_item_read(item, 0, &value, 2) != 2 || memcmp(&value, item->value, 2) != 0) wrong++;
    left[reason]++;
    last_key = key;
    last_value = value;
    if (reason == PK_EVICT_CLOSED || then == ONLY_NOTE) return;
    if (then == LOOK && (got(key) != 0 || pk_cache_contains(&cache, &key, 1))) wrong++; /* it has left already */
    if (then == PUT_BACK) {
        then = ONLY_NOTE; /* once: it pushes out another one */
        if (put((uint8_t)(key + 100), value) != PK_OK) wrong++;
    }
    if (then == PUT_SAME) {
        then = ONLY_NOTE;
        if (put(9, 999) != PK_OK) wrong++;
    }
    if (then == REMOVE_ALL)
        for (k = 0; k < 10; k++) (void)pk_cache_remove(&cache, &k, 1);
    if (then == CLOSE && pk_cache_close(&cache) != PK_BUSY) wrong++;
    if (memcmp(&value, item->value, 2) != 0 || *(const uint8_t *)item->key != key) wrong++; /* whole until the hook returns */
}
static void open_cache(void) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    memset(left, 0, sizeof left);
    wrong = 0;
    then = ONLY_NOTE;
    now = 0;
    desc.capacity = 4;
    desc.key_size = 1;
    desc.value_size = 2;
    desc.ttl_ms = 100;
    desc.clock = clock_of_test;
    desc.on_evict = note;
    desc.user = &cache;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
}
static void close_cache(void) {
    uint8_t live = (uint8_t)pk_cache_count(&cache);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    CHECK_EQ(left[PK_EVICT_CLOSED], live);
    CHECK_EQ(wrong, 0);
}

static void each_reason_is_told(void) {
    uint8_t key;
    open_cache();
    for (key = 1; key <= 5; key++) CHECK_STATUS(put(key, (uint16_t)(key * 100)), PK_OK);
    CHECK_EQ(left[PK_EVICT_LRU], 1);
    CHECK_EQ(last_key, 1);
    CHECK_EQ(last_value, 100);
    CHECK_STATUS(put(3, 333), PK_OK);
    CHECK_EQ(left[PK_EVICT_REPLACED], 1);
    CHECK_EQ(last_value, 300); /* the old one */
    CHECK_EQ(got(3), 333);
    key = 2;
    CHECK_STATUS(pk_cache_remove(&cache, &key, 1), PK_OK);
    CHECK_EQ(left[PK_EVICT_REMOVED], 1);
    CHECK_EQ(last_value, 200);
    now = 100;
    CHECK_EQ(got(5), 0);
    CHECK(left[PK_EVICT_EXPIRED] >= 1);
    CHECK_STATUS(put(6, 600), PK_OK);
    CHECK_STATUS(pk_cache_clear(&cache), PK_OK);
    CHECK_EQ(left[PK_EVICT_EXPIRED] + left[PK_EVICT_CLEARED], 4);
    CHECK_EQ(left[PK_EVICT_LRU], 1);
    CHECK_STATUS(put(7, 700), PK_OK);
    close_cache();
}
static void the_entry_has_left_when_it_is_told(void) {
    uint8_t key;
    open_cache();
    then = LOOK;
    for (key = 1; key <= 9; key++) CHECK_STATUS(put(key, key), PK_OK);
    CHECK_STATUS(put(9, 10), PK_OK);
    CHECK_EQ(left[PK_EVICT_LRU], 5);
    CHECK_EQ(left[PK_EVICT_REPLACED], 1);
    CHECK_EQ(pk_cache_count(&cache), 4);
    close_cache();
}
static void the_hook_may_put(void) {
    uint8_t key;
    open_cache();
    for (key = 1; key <= 4; key++) CHECK_STATUS(put(key, key), PK_OK);
    then = PUT_BACK;
    CHECK_STATUS(put(5, 5), PK_OK); /* 1 leaves and comes back as 101, for which 2 leaves */
    CHECK_EQ(left[PK_EVICT_LRU], 2);
    CHECK_EQ(pk_cache_count(&cache), 4);
    CHECK_EQ(got(101), 1);
    CHECK_EQ(got(5), 5);
    CHECK_EQ(got(2), 0);
    CHECK_EQ(got(3) + got(4), 7);
    close_cache();
}
static void what_the_hook_put_under_the_same_key_stands(void) {
    uint8_t key;
    open_cache();
    for (key = 1; key <= 4; key++) CHECK_STATUS(put(key, key), PK_OK);
    then = PUT_SAME;
    CHECK_STATUS(put(9, 111), PK_EXISTS);
    CHECK_EQ(got(9), 999);
    CHECK(pk_cache_count(&cache) <= 4);
    for (key = 20; key < 30; key++) CHECK_STATUS(put(key, key), PK_OK); /* no entry was lost */
    CHECK_EQ(pk_cache_count(&cache), 4);
    then = PUT_SAME;
    CHECK_STATUS(put(29, 1), PK_OK); /* replaced, while the hook put 9 */
    CHECK_EQ(got(29), 1);
    CHECK_EQ(got(9), 999);
    close_cache();
}
static void the_hook_may_remove_all_others(void) {
    uint8_t key;
    open_cache();
    for (key = 1; key <= 4; key++) CHECK_STATUS(put(key, key), PK_OK);
    then = REMOVE_ALL;
    CHECK_STATUS(put(5, 5), PK_OK);
    CHECK_EQ(pk_cache_count(&cache), 1);
    CHECK_EQ(left[PK_EVICT_LRU], 1);
    CHECK_EQ(left[PK_EVICT_REMOVED], 3);
    then = ONLY_NOTE;
    for (key = 1; key <= 4; key++) CHECK_STATUS(put(key, key), PK_OK);
    CHECK_EQ(pk_cache_count(&cache), 4);
    close_cache();
}
static void the_hook_cannot_close(void) {
    uint8_t key;
    open_cache();
    then = CLOSE;
    for (key = 1; key <= 5; key++) CHECK_STATUS(put(key, key), PK_OK);
    CHECK_EQ(pk_cache_count(&cache), 4);
    close_cache();
}
/* Each hook puts another key, which pushes out another entry, until all four are in hooks. */
static uint8_t depth, full;
static void always_put(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    uint8_t key = (uint8_t)(50 + depth);
    uint16_t value = 1;
    (void)user;
    (void)item;
    if (reason != PK_EVICT_LRU || depth >= 8) return;
    depth++;
    if (pk_cache_put(&cache, &key, 1, &value, 2, 0) == PK_FULL) full++;
}
static void hooks_within_hooks_end_at_full(void) {
    uint8_t key;
    open_cache();
    for (key = 1; key <= 4; key++) CHECK_STATUS(put(key, key), PK_OK);
    pk_cache_set_on_evict(&cache, always_put, &cache);
    CHECK_STATUS(put(5, 5), PK_OK);
    CHECK_EQ(full, 1);
    CHECK_EQ(depth, 4);
    CHECK_EQ(pk_cache_count(&cache), 4);
    CHECK_EQ(got(5), 5);
    pk_cache_set_on_evict(&cache, note, &cache);
    for (key = 1; key <= 20; key++) CHECK_STATUS(put(key, key), PK_OK);
    CHECK_EQ(pk_cache_count(&cache), 4);
    close_cache();
}

/* With 8-bit links a chain may hold them all, and hosted builds have groups: cache_hosted_test. */
#define HAS_FULL_CHAINS (!PK__FULL && PERFKIT_CACHE_LINK_BITS != 8)
#if HAS_FULL_CHAINS
static unsigned char more_memory[PK_CACHE_BYTES(80, 1, 2)];
static pk_hash same_hash(void *user, const void *key, size_t len) {
    (void)user;
    (void)key;
    (void)len;
    return 42;
}
static unsigned found_of_80(void) {
    unsigned found = 0;
    uint8_t key;
    for (key = 1; key <= 80; key++) found += got(key) == key;
    return found;
}
#endif
static void colliding_keys_cost_no_more_than_64_entries(void) {
#if HAS_FULL_CHAINS
    pk_cache_desc desc;
    uint8_t key;
    memset(&desc, 0, sizeof desc);
    desc.capacity = 80;
    desc.key_size = 1;
    desc.value_size = 2;
    desc.memory = more_memory;
    desc.memory_size = sizeof more_memory;
    desc.hash = same_hash;
    desc.on_evict = note;
    desc.user = &cache;
    memset(left, 0, sizeof left);
    wrong = 0;
    then = ONLY_NOTE;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
    for (key = 1; key <= 80; key++) CHECK_STATUS(put(key, key), PK_OK);
    CHECK_EQ(pk_cache_count(&cache), 64);
    CHECK_EQ(left[PK_EVICT_CROWDED], 16);
    CHECK_EQ(found_of_80(), 64);
    for (key = 20; key <= 80; key += 3) CHECK_STATUS(pk_cache_remove(&cache, &key, 1), PK_OK); /* from anywhere in the chain */
    CHECK_EQ(found_of_80(), 64 - 21);
    for (key = 1; key <= 16; key++) CHECK_STATUS(put(key, key), PK_OK);
    CHECK_EQ(found_of_80(), 64 - 21 + 16);
    CHECK_EQ(left[PK_EVICT_CROWDED], 16);
    for (key = 81; key <= 85; key++) CHECK_STATUS(put(key, key), PK_OK);
    then = PUT_BACK; /* which takes the place that was made */
    CHECK_STATUS(put(86, 86), PK_FULL);
    CHECK_EQ(left[PK_EVICT_CROWDED], 17);
    CHECK_EQ(pk_cache_count(&cache), 64);
    CHECK_EQ(wrong, 0);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
#endif
}

TESTS {
    RUN("K29", "each entry that leaves is told of once, with its value and the reason", each_reason_is_told)
    RUN("K29", "the entry has left when it is told of, and its bytes are whole", the_entry_has_left_when_it_is_told)
    RUN("K29", "the hook may put", the_hook_may_put)
    RUN("K29", "what the hook put under the same key stands", what_the_hook_put_under_the_same_key_stands)
    RUN("K29", "the hook may remove all others", the_hook_may_remove_all_others)
    RUN("K29", "the hook cannot close the cache", the_hook_cannot_close)
    RUN("K29", "hooks within hooks end at PK_FULL", hooks_within_hooks_end_at_full)
    RUN("K07", "colliding keys cost no more than 64 entries of a chain", colliding_keys_cost_no_more_than_64_entries)
}
