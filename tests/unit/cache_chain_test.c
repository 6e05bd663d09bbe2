/* targets: avr-large */
/* Keys and values of varying length, in chains of slots: both bounds are exact. */
#define PERFKIT_CACHE_CHAINS 1
#include "../../perfkit_cache.h"
#include "../support/test.h"

enum { CAPACITY = 6, SLOT = 16, SLOTS = 10 };
static unsigned char memory[1600];
static pk_cache cache;
static uint8_t bytes[200], back[200];
static size_t len;
static uint8_t told[PK_EVICT_REASONS], wrong;

static void note(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    uint8_t copy[SLOT * SLOTS];
    size_t i, n = pk_cache_item_read(item, 0, copy, sizeof copy);
    (void)user;
    told[reason]++;
    if (n != item->value_len) wrong++;
    for (i = 0; i < n; i++) /* each value is made of its key's first letter */
        if (copy[i] != *(const uint8_t *)item->key) wrong++;
    if ((item->value != NULL) != (2 + item->key_len + item->value_len <= SLOT)) wrong++;
    if (n > 3 && (pk_cache_item_read(item, 3, copy, 1000) != n - 3 || pk_cache_item_read(item, n - 1, copy, 5) != 1)) wrong++;
}
static void open_cache(pk_evict_fn on_evict) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    memset(told, 0, sizeof told);
    wrong = 0;
    desc.capacity = CAPACITY;
    desc.slot_size = SLOT;
    desc.max_bytes = SLOT * SLOTS + 5; /* whole slots count */
    desc.ttl_ms = PK_TTL_NEVER;
    desc.on_evict = on_evict;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    CHECK(pk_cache_memory_needed(&desc) <= sizeof memory);
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
}
static pk_status put(const char *key, size_t n) {
    size_t key_len = 0;
    while (key[key_len]) key_len++;
    memset(bytes, key[0], sizeof bytes);
    return pk_cache_put(&cache, key, key_len, bytes, n, 0);
}
static bool holds(const char *key, size_t n) {
    size_t key_len = 0, i;
    while (key[key_len]) key_len++;
    memset(back, 0, sizeof back);
    len = 9999;
    if (pk_cache_get(&cache, key, key_len, back, sizeof back, &len) != PK_OK || len != n) return false;
    for (i = 0; i < n; i++)
        if (back[i] != (uint8_t)key[0]) return false;
    return back[n] == 0;
}
static size_t slots_used(void) {
    pk_cache_stats s;
    (void)pk_cache_get_stats(&cache, &s);
    return s.bytes / SLOT;
}

static void lengths_may_vary(void) {
    open_cache(NULL);
    CHECK_STATUS(put("a", 0), PK_OK);
    CHECK_STATUS(put("bc", 12), PK_OK); /* exactly one slot: 2 + 2 + 12 */
    CHECK_STATUS(put("bb", 13), PK_OK); /* one byte more: two */
    CHECK_STATUS(put("dddddddddddddd", 33), PK_OK);
    CHECK_EQ(slots_used(), 1 + 1 + 2 + 4);
    CHECK(holds("a", 0));
    CHECK(holds("bc", 12));
    CHECK(holds("bb", 13));
    CHECK(holds("dddddddddddddd", 33));
    CHECK(!holds("d", 33));
    CHECK_STATUS(pk_cache_get(&cache, "bb", 2, back, 12, &len), PK_TOO_BIG);
    CHECK_EQ(len, 13);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void never_more_than_max_bytes(void) {
    open_cache(note);
    CHECK_STATUS(put("a", 29), PK_OK); /* 2 slots each */
    CHECK_STATUS(put("b", 29), PK_OK);
    CHECK_STATUS(put("c", 29), PK_OK);
    CHECK_STATUS(put("d", 29), PK_OK);
    CHECK_STATUS(put("e", 29), PK_OK);
    CHECK_EQ(slots_used(), 10);
    CHECK_EQ(told[PK_EVICT_BYTES], 0);
    CHECK_STATUS(put("f", 1), PK_OK);
    CHECK_EQ(told[PK_EVICT_BYTES], 1);
    CHECK(!holds("a", 29));
    CHECK_EQ(slots_used(), 9);
    CHECK_STATUS(put("g", 13 + 4 * SLOT), PK_OK); /* 5 slots: 1 is free, b and c have 4 */
    CHECK_EQ(told[PK_EVICT_BYTES], 3);
    CHECK(!holds("b", 29) && !holds("c", 29));
    CHECK(holds("d", 29) && holds("e", 29) && holds("f", 1) && holds("g", 13 + 4 * SLOT));
    CHECK_EQ(slots_used(), 10);
    CHECK_STATUS(put("h", 13 + 9 * SLOT), PK_OK); /* all there is */
    CHECK_EQ(pk_cache_count(&cache), 1);
    CHECK(holds("h", 13 + 9 * SLOT));
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    CHECK_EQ(wrong, 0);
    CHECK_EQ(told[PK_EVICT_CLOSED], 1);
}
static void never_more_than_capacity(void) {
    static const char *const keys[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    uint8_t i;
    open_cache(note);
    for (i = 0; i < 8; i++) CHECK_STATUS(put(keys[i], 1), PK_OK);
    CHECK_EQ(pk_cache_count(&cache), CAPACITY);
    CHECK_EQ(told[PK_EVICT_LRU], 2);
    CHECK_EQ(told[PK_EVICT_BYTES], 0);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    CHECK_EQ(wrong, 0);
}
static void what_never_fits_changes_nothing(void) {
    pk_cache_stats s;
    open_cache(note);
    CHECK_STATUS(put("a", 100), PK_OK);
    CHECK_STATUS(put("b", 10), PK_OK);
    CHECK_STATUS(put("a", 14 + 9 * SLOT), PK_TOO_BIG);
    CHECK_STATUS(put("c", 14 + 9 * SLOT), PK_TOO_BIG);
    CHECK_STATUS(put("a key of 15 byt", 1), PK_TOO_BIG); /* a key has to fit one slot */
    CHECK_STATUS(pk_cache_put(&cache, "a", 1, bytes, (size_t)-1, 0), PK_TOO_BIG);
    CHECK(holds("a", 100) && holds("b", 10));
    (void)pk_cache_get_stats(&cache, &s);
    CHECK_EQ(s.rejected, 4);
    CHECK_EQ(s.puts, 2);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    CHECK_EQ(told[PK_EVICT_BYTES] + told[PK_EVICT_LRU] + told[PK_EVICT_REPLACED], 0);
}
static void overwriting_uses_the_old_slots(void) {
    open_cache(note);
    CHECK_STATUS(put("a", 13 + 4 * SLOT), PK_OK); /* 5 slots */
    CHECK_STATUS(put("b", 13 + 4 * SLOT), PK_OK);
    CHECK_STATUS(put("a", 13 + 3 * SLOT), PK_OK);
    CHECK(holds("b", 13 + 4 * SLOT));
    CHECK(holds("a", 13 + 3 * SLOT));
    CHECK_STATUS(put("a", 13 + 4 * SLOT), PK_OK);
    CHECK(holds("b", 13 + 4 * SLOT));
    CHECK_EQ(told[PK_EVICT_BYTES], 0);
    CHECK_EQ(told[PK_EVICT_REPLACED], 2);
    CHECK_STATUS(pk_cache_remove(&cache, "b", 1), PK_OK);
    CHECK_EQ(slots_used(), 5);
    CHECK_STATUS(pk_cache_clear(&cache), PK_OK);
    CHECK_EQ(slots_used(), 0);
    CHECK_STATUS(put("c", 13 + 9 * SLOT), PK_OK); /* every slot came back */
    CHECK(holds("c", 13 + 9 * SLOT));
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    CHECK_EQ(wrong, 0);
}
static void one_of_the_two_may_be_fixed(void) {
    pk_cache_desc desc;
    uint32_t key = 7;
    memset(&desc, 0, sizeof desc);
    desc.capacity = CAPACITY;
    desc.key_size = 4;
    desc.slot_size = SLOT;
    desc.max_bytes = SLOT * SLOTS;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
    CHECK_STATUS(pk_cache_put(&cache, &key, 4, bytes, 12, 0), PK_OK);
    CHECK_EQ(slots_used(), 1);
    CHECK_STATUS(pk_cache_put(&cache, &key, 3, bytes, 12, 0), PK_INVALID);
    CHECK_STATUS(pk_cache_get(&cache, &key, 4, back, sizeof back, &len), PK_OK);
    CHECK_EQ(len, 12);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    desc.key_size = 0;
    desc.value_size = 30;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
    CHECK_STATUS(pk_cache_put(&cache, "key", 3, bytes, 30, 0), PK_OK);
    CHECK_STATUS(pk_cache_put(&cache, "key", 3, bytes, 29, 0), PK_INVALID);
    CHECK_STATUS(pk_cache_get(&cache, "key", 3, back, sizeof back, &len), PK_OK);
    CHECK_EQ(len, 30);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void bad_slots_are_refused(void) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.capacity = CAPACITY;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    desc.slot_size = 2; /* no room for a key behind its length */
    desc.max_bytes = 100;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_INVALID);
    desc.slot_size = 16;
    desc.key_size = 17;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_INVALID);
    desc.key_size = 0;
    desc.max_bytes = 15; /* not one slot */
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_INVALID);
}

TESTS {
    RUN("K13", "keys and values may have any length", lengths_may_vary)
    RUN("K13", "never more than max_bytes in whole slots", never_more_than_max_bytes)
    RUN("K13", "never more than capacity entries", never_more_than_capacity)
    RUN("K13", "what never fits evicts nothing, and the old value stays", what_never_fits_changes_nothing)
    RUN("K13 K04", "overwriting uses the old value's slots", overwriting_uses_the_old_slots)
    RUN("K13", "either keys or values may be of fixed size", one_of_the_two_may_be_fixed)
    RUN("K13", "slots that cannot work are refused", bad_slots_are_refused)
}
