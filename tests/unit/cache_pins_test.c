/* targets: avr-large */
/* Pins: values in place that stay whole until they are released, whatever happens to the cache meanwhile. */
#define PERFKIT_CACHE_PINS 1
#define PERFKIT_CACHE_CHAINS 1
#include "../../perfkit_cache.h"
#include "../support/test.h"

PK_CACHE_DEFINE(numbers, uint16_t, uint32_t)

enum { CAPACITY = 6, PINS = 4, SLOT = 16, SLOTS = 12 };
static union {
    uint64_t align;
    unsigned char bytes[PK_CACHE_BYTES(CAPACITY, 2, 4) + 8 * CAPACITY + SLOT * SLOTS + 400];
} memory;
static numbers cache;
static pk_cache chained;
static pk_time now;
static uint8_t told[PK_EVICT_REASONS];
static uint16_t told_key;
static uint32_t told_value;

static pk_time clock_of_test(void *user) {
    (void)user;
    return now;
}
static void note(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    (void)user;
    told[reason]++;
    memcpy(&told_key, item->key, sizeof told_key);
    if (item->value) memcpy(&told_value, item->value, sizeof told_value);
}
static void open_with(pk_evict_fn on_evict) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    memset(told, 0, sizeof told);
    memset(&memory, 0xA5, sizeof memory);
    now = 0;
    desc.capacity = CAPACITY;
    desc.max_pins = PINS;
    desc.ttl_ms = 100;
    desc.clock = clock_of_test;
    desc.on_evict = on_evict;
    desc.memory = memory.bytes;
    desc.memory_size = sizeof memory;
    CHECK_STATUS(numbers_init(&cache, &desc), PK_OK);
}
static pk_status put(uint16_t key, uint32_t value) { return numbers_put(&cache, key, &value, 0); }
static uint32_t got(uint16_t key) {
    uint32_t value = 0;
    return numbers_get(&cache, key, &value) == PK_OK ? value : 0;
}
static pk_status pin(uint16_t key, pk_cache_item *item) { return pk_cache_get_ref(&cache.cache, &key, sizeof key, item); }
static pk_status release(pk_cache_item *item) { return pk_cache_release(&cache.cache, item); }
static bool shows(const pk_cache_item *item, uint16_t key, uint32_t value) {
    pk_span span;
    uint32_t read = 0;
    memset(&span, 0, sizeof span);
    return memcmp(item->key, &key, sizeof key) == 0 && memcmp(item->value, &value, sizeof value) == 0 && pk_cache_span(item, &span) &&
           span.bytes == item->value && span.len == sizeof value && !pk_cache_span(item, &span) &&
           pk_cache_item_read(item, 0, &read, sizeof read) == sizeof read && read == value;
}
static uint16_t told_in_all(void) {
    uint16_t n = 0;
    uint8_t i;
    for (i = 0; i < PK_EVICT_REASONS; i++) n = (uint16_t)(n + told[i]);
    return n;
}
static void fill(void) { /* keys 1 to 6, of which 1 is the least recent */
    uint16_t key;
    for (key = 1; key <= CAPACITY; key++) CHECK_STATUS(put(key, key * 100u), PK_OK);
}
static void all_room_is_there_again(void) {
    uint16_t key;
    CHECK_STATUS(pk_cache_clear(&cache.cache), PK_OK);
    memset(told, 0, sizeof told);
    for (key = 1001; key <= 1000 + CAPACITY; key++) CHECK_STATUS(put(key, key), PK_OK);
    for (key = 1001; key <= 1000 + CAPACITY; key++) CHECK_EQ(got(key), key);
    CHECK_EQ(told_in_all(), 0);
    CHECK_EQ(numbers_count(&cache), CAPACITY);
    CHECK_STATUS(numbers_close(&cache), PK_OK);
}

static void a_pin_holds_its_bytes(void) {
    pk_cache_item a, b, c, d;
    uint16_t key;
    open_with(note);
    fill();
    CHECK_STATUS(pin(1, &a), PK_OK);
    CHECK_STATUS(pin(2, &b), PK_OK);
    CHECK_STATUS(pin(3, &c), PK_OK);
    CHECK_STATUS(pin(4, &d), PK_OK);
    CHECK_STATUS(put(1, 111), PK_OK); /* 5 makes room for it */
    CHECK_EQ(told[PK_EVICT_LRU], 1);
    CHECK_EQ(told_key, 5);
    CHECK_EQ(got(1), 111);
    key = 2;
    CHECK_STATUS(pk_cache_remove(&cache.cache, &key, sizeof key), PK_OK);
    CHECK_EQ(got(2), 0);
    now = 100;
    CHECK_EQ(got(3), 0); /* over */
    CHECK_STATUS(pk_cache_clear(&cache.cache), PK_OK);
    CHECK_EQ(numbers_count(&cache), 0);
    for (key = 11; key <= 20; key++) CHECK_STATUS(put(key, key), PK_OK);
    CHECK_EQ(numbers_count(&cache), CAPACITY - PINS); /* the others' room is not free */
    CHECK(shows(&a, 1, 100));
    CHECK(shows(&b, 2, 200));
    CHECK(shows(&c, 3, 300));
    CHECK(shows(&d, 4, 400));
    CHECK_EQ(told[PK_EVICT_REPLACED] + told[PK_EVICT_REMOVED] + told[PK_EVICT_EXPIRED], 0); /* not before they are gone */
    CHECK_STATUS(release(&a), PK_OK);
    CHECK_EQ(told[PK_EVICT_REPLACED], 1);
    CHECK(told_key == 1 && told_value == 100);
    CHECK_STATUS(release(&b), PK_OK);
    CHECK_EQ(told[PK_EVICT_REMOVED], 1);
    CHECK(told_key == 2 && told_value == 200);
    CHECK_STATUS(release(&c), PK_OK);
    CHECK_EQ(told[PK_EVICT_EXPIRED], 1);
    CHECK(told_key == 3 && told_value == 300);
    CHECK_STATUS(release(&d), PK_OK);
    CHECK(told_key == 4 && told_value == 400);
    all_room_is_there_again();
}
static void typed_puts_do_not_write_over_a_pinned_value(void) {
    pk_cache_item item, newer;
    open_with(NULL); /* nothing hears: values are overwritten in place otherwise */
    fill();
    CHECK_STATUS(pin(6, &item), PK_OK);
    CHECK_STATUS(put(6, 666), PK_OK);
    CHECK(shows(&item, 6, 600));
    CHECK_STATUS(pin(6, &newer), PK_OK);
    CHECK(shows(&newer, 6, 666));
    CHECK_STATUS(release(&newer), PK_OK);
    CHECK_STATUS(put(6, 667), PK_OK);
    CHECK(shows(&item, 6, 600));
    CHECK_EQ(got(6), 667);
    CHECK_STATUS(release(&item), PK_OK);
    CHECK_EQ(cache.cache.special & PK__CACHE_IS_PINNED, 0); /* and the short path is open again */
    all_room_is_there_again();
}
static void no_put_evicts_a_pinned_entry(void) {
    pk_cache_item a, b, c;
    open_with(note);
    fill();
    CHECK_STATUS(pin(1, &a), PK_OK);
    CHECK_STATUS(pin(2, &b), PK_OK);
    CHECK_STATUS(pin(2, &c), PK_OK); /* shares the record */
    CHECK_EQ(cache.cache.cold->pins_out, 2);
    CHECK_EQ(got(3) + got(4) + got(5) + got(6), 1800); /* 1 and 2 are the least recent again */
    CHECK_STATUS(put(7, 700), PK_OK);
    CHECK_EQ(told_key, 3);
    CHECK_STATUS(put(8, 800), PK_OK);
    CHECK_EQ(told_key, 4);
    CHECK_STATUS(release(&b), PK_OK);
    CHECK_STATUS(put(9, 900), PK_OK); /* c holds it still */
    CHECK_EQ(told_key, 5);
    CHECK_STATUS(release(&c), PK_OK); /* 2 is the least recent from here on */
    CHECK_STATUS(put(10, 1000), PK_OK);
    CHECK_EQ(told_key, 2);
    CHECK_EQ(got(1), 100); /* a parked one that is used takes its place in the order again */
    CHECK_STATUS(put(11, 1100), PK_OK);
    CHECK_EQ(told_key, 6);
    CHECK_STATUS(release(&a), PK_OK);
    CHECK_STATUS(put(12, 1200), PK_OK);
    CHECK_EQ(told_key, 7);
    CHECK_EQ(got(1), 100);
    CHECK_EQ(told_in_all(), 6);
    CHECK_EQ(told[PK_EVICT_LRU], 6);
    all_room_is_there_again();
}
static void get_ref_is_a_hit_like_get(void) {
    pk_cache_item item;
    uint8_t i;
    open_with(note);
    fill();
    CHECK_STATUS(pin(1, &item), PK_OK);
    CHECK_STATUS(release(&item), PK_OK);
    CHECK_STATUS(pin(99, &item), PK_NOT_FOUND);
    CHECK_STATUS(put(7, 700), PK_OK);
    CHECK_EQ(told_key, 2); /* not 1, the most recent but one */
    now = 100;
    CHECK_STATUS(pin(1, &item), PK_NOT_FOUND);
#if PERFKIT_STATS
    {
        pk_cache_stats s;
        CHECK_STATUS(pk_cache_get_stats(&cache.cache, &s), PK_OK);
        CHECK_EQ(s.hits, 1);
        CHECK_EQ(s.misses, 2);
    }
#endif
    CHECK_STATUS(pk_cache_get_ref(&cache.cache, "xyz", 3, &item), PK_INVALID);
    for (i = 0; i < 100; i++) { /* pins come and go */
        CHECK_STATUS(put(1, i), PK_OK);
        CHECK_STATUS(pin(1, &item), PK_OK);
        CHECK(shows(&item, 1, i));
        CHECK_STATUS(release(&item), PK_OK);
    }
    all_room_is_there_again();
    CHECK_STATUS(pin(1, &item), PK_CLOSED);
    CHECK_STATUS(release(&item), PK_CLOSED);
}
static void the_end_of_pins_changes_nothing(void) {
    pk_cache_item items[PINS], item;
    uint16_t key;
    open_with(note);
    fill();
    for (key = 1; key <= PINS; key++) CHECK_STATUS(pin(key, &items[key - 1]), PK_OK);
    CHECK_STATUS(pin(5, &item), PK_FULL);
    CHECK_STATUS(pin(1, &item), PK_OK); /* no further record */
    CHECK_STATUS(release(&item), PK_OK);
#if PERFKIT_STATS
    {
        pk_cache_stats s;
        CHECK_STATUS(pk_cache_get_stats(&cache.cache, &s), PK_OK);
        CHECK_EQ(s.hits + s.misses, PINS + 1);
    }
#endif
    CHECK_STATUS(put(7, 700), PK_OK);
    CHECK_EQ(told_key, 5); /* it did not become the most recent */
    CHECK_STATUS(release(&items[1]), PK_OK);
    CHECK_STATUS(pin(6, &items[1]), PK_OK);
    for (key = 0; key < PINS; key++) CHECK_STATUS(release(&items[key]), PK_OK);
    all_room_is_there_again();
}
static void all_pinned_refuses_puts(void) {
    pk_cache_item items[3], old;
    pk_cache_desc desc;
    uint16_t key;
    memset(&desc, 0, sizeof desc);
    open_with(note);
    CHECK_STATUS(numbers_close(&cache), PK_OK);
    desc.capacity = 3;
    desc.memory = memory.bytes;
    desc.memory_size = sizeof memory;
    desc.ttl_ms = PK_TTL_NEVER;
    desc.on_evict = note;
    CHECK_STATUS(numbers_init(&cache, &desc), PK_OK);
    for (key = 1; key <= 3; key++) {
        CHECK_STATUS(put(key, key * 100u), PK_OK);
        CHECK_STATUS(pin(key, &items[key - 1]), PK_OK);
    }
    CHECK_STATUS(put(4, 400), PK_FULL);
    CHECK_STATUS(put(2, 222), PK_FULL);
    CHECK_EQ(numbers_count(&cache), 3);
    for (key = 1; key <= 3; key++) CHECK_EQ(got(key), key * 100u);
    CHECK_EQ(told_in_all(), 0);
    CHECK_STATUS(release(&items[2]), PK_OK);
    CHECK_STATUS(put(2, 222), PK_OK); /* 3 makes room, and the pin keeps 200 */
    CHECK_EQ(told_key, 3);
    CHECK_EQ(got(2), 222);
    CHECK(shows(&items[1], 2, 200));
    CHECK_STATUS(pin(2, &old), PK_OK);
    CHECK_STATUS(put(2, 223), PK_FULL);
    CHECK_EQ(got(2), 222);
    CHECK_STATUS(release(&items[1]), PK_OK); /* which leaves a free entry */
    CHECK_STATUS(put(2, 223), PK_OK);
    CHECK(shows(&old, 2, 222));
    CHECK_EQ(got(2), 223);
    CHECK_STATUS(release(&old), PK_OK);
    CHECK_STATUS(release(&items[0]), PK_OK);
    CHECK_STATUS(put(8, 800), PK_OK);
    CHECK_STATUS(put(9, 900), PK_OK);
    CHECK_EQ(numbers_count(&cache), 3);
    CHECK_STATUS(numbers_close(&cache), PK_OK);
}
static void a_stale_item_is_nobodys(void) {
    pk_cache_item item, copy, foreign;
    pk_span span;
    uint32_t value = 0;
    uint16_t i;
    open_with(NULL);
    fill();
    CHECK_STATUS(pin(1, &item), PK_OK);
    copy = item;
    CHECK_STATUS(release(&item), PK_OK);
    CHECK(item.key == NULL && item.value == NULL);
    CHECK_STATUS(release(&item), PK_INVALID);
    CHECK_STATUS(release(&copy), PK_INVALID);
    for (i = 0; i < 500; i++) { /* the entry and its place among the pins are used again: the old item is never the new one */
        CHECK_STATUS(pk_cache_remove(&cache.cache, copy.key, 2), PK_OK);
        CHECK_STATUS(put((uint16_t)(50 + i), 5000), PK_OK);
        CHECK_STATUS(pin((uint16_t)(50 + i), &item), PK_OK);
        CHECK(item.value == copy.value && item.entry != copy.entry);
        memset(&span, 0, sizeof span);
        CHECK(!pk_cache_span(&copy, &span) && span.bytes == NULL);
        CHECK_EQ(pk_cache_item_read(&copy, 0, &value, 4), 0);
        CHECK_STATUS(release(&copy), PK_INVALID);
        CHECK(shows(&item, (uint16_t)(50 + i), 5000));
        CHECK_STATUS(release(&item), PK_OK);
    }
    memset(&foreign, 0, sizeof foreign);
    CHECK_STATUS(release(&foreign), PK_INVALID);
    CHECK_STATUS(pin(2, &item), PK_OK);
    foreign = item;
    foreign.cache = &chained;
    CHECK_STATUS(release(&foreign), PK_INVALID);
    memset(&foreign, 0xEE, sizeof foreign);
    foreign.cache = &cache.cache;
    CHECK_STATUS(release(&foreign), PK_INVALID);
    CHECK(shows(&item, 2, 200));
    CHECK_STATUS(release(&item), PK_OK);
    CHECK_EQ(value, 0);
    all_room_is_there_again();
}
static void close_waits_for_pins(void) {
    pk_cache_item item;
    open_with(note);
    fill();
    CHECK_STATUS(pin(3, &item), PK_OK);
    CHECK_STATUS(numbers_close(&cache), PK_BUSY);
    CHECK_EQ(numbers_count(&cache), CAPACITY);
    CHECK_EQ(got(5), 500);
    CHECK_STATUS(pk_cache_clear(&cache.cache), PK_OK);
    CHECK_STATUS(numbers_close(&cache), PK_BUSY); /* though it left */
    CHECK_EQ(told_in_all(), CAPACITY - 1);
    CHECK(shows(&item, 3, 300));
    CHECK_STATUS(release(&item), PK_OK);
    CHECK_EQ(told[PK_EVICT_CLEARED], CAPACITY);
    CHECK_STATUS(numbers_close(&cache), PK_OK);
}
static void clear_finds_parked_entries(void) {
    pk_cache_item a, b;
    open_with(note);
    fill();
    CHECK_STATUS(pin(1, &a), PK_OK);
    CHECK_STATUS(pin(2, &b), PK_OK);
    CHECK_EQ(got(3) + got(4) + got(5) + got(6), 1800);
    CHECK_STATUS(put(7, 700), PK_OK); /* 1 and 2 were parked */
    CHECK_EQ(pk_cache_clear_step(&cache.cache, 2), CAPACITY - 2);
    CHECK(!numbers_contains(&cache, 1) && !numbers_contains(&cache, 2)); /* the least recent ones */
    CHECK_STATUS(pk_cache_clear(&cache.cache), PK_OK);
    CHECK_EQ(numbers_count(&cache), 0);
    CHECK(shows(&a, 1, 100));
    CHECK(shows(&b, 2, 200));
    CHECK_STATUS(release(&a), PK_OK);
    CHECK_STATUS(release(&b), PK_OK);
    all_room_is_there_again();
}
static void touch_and_time_keep_the_pin(void) {
    pk_cache_item item;
    uint16_t key = 2;
    open_with(note);
    fill();
    CHECK_STATUS(pin(2, &item), PK_OK);
    now = 60;
    CHECK_STATUS(pk_cache_touch(&cache.cache, &key, sizeof key, 0), PK_OK);
    now = 120;
    CHECK_EQ(got(2), 200);
    CHECK_EQ(pk_cache_tick(&cache.cache, now, 100), CAPACITY - 1);
    now = (pk_time)0x7FFFFFFFu; /* a jump: it is over, pinned or not */
    (void)pk_cache_tick(&cache.cache, now, 100);
    CHECK_EQ(numbers_count(&cache), 0);
    CHECK(shows(&item, 2, 200));
    CHECK_EQ(told_in_all(), CAPACITY - 1);
    CHECK_STATUS(release(&item), PK_OK);
    CHECK_EQ(told[PK_EVICT_EXPIRED], CAPACITY);
    all_room_is_there_again();
}

/* ---- Chains ---- */

static unsigned char bytes[SLOT * SLOTS], back[SLOT * SLOTS];
static void open_chained(pk_evict_fn on_evict) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    memset(told, 0, sizeof told);
    desc.capacity = CAPACITY;
    desc.max_pins = PINS;
    desc.slot_size = SLOT;
    desc.max_bytes = SLOT * SLOTS;
    desc.ttl_ms = PK_TTL_NEVER;
    desc.on_evict = on_evict;
    desc.memory = memory.bytes;
    desc.memory_size = sizeof memory;
    CHECK_STATUS(pk_cache_init(&chained, &desc), PK_OK);
}
static pk_status put_bytes(const char *key, size_t len) { /* a value made of its key's last letter */
    size_t n = 0, i;
    while (key[n]) n++;
    for (i = 0; i < len; i++) bytes[i] = (unsigned char)(key[n - 1] + (int)i);
    return pk_cache_put(&chained, key, n, bytes, len, 0);
}
static bool is_whole(const pk_cache_item *item, char letter, size_t len, uint8_t parts) {
    pk_span span;
    size_t at = 0, i;
    memset(&span, 0, sizeof span);
    if (item->value_len != len) return false;
    for (; pk_cache_span(item, &span); parts--)
        for (i = 0; i < span.len; i++)
            if (((const unsigned char *)span.bytes)[i] != (unsigned char)(letter + (int)at++)) return false;
    if (at != len || parts != 0) return false;
    memset(back, 0, sizeof back);
    if (pk_cache_item_read(item, 0, back, sizeof back) != len) return false;
    for (i = 0; i < len; i++)
        if (back[i] != (unsigned char)(letter + (int)i)) return false;
    return true;
}
static void spans_show_every_part(void) {
    pk_cache_item item;
    open_chained(NULL);
    CHECK_STATUS(put_bytes("a", 0), PK_OK);
    CHECK_STATUS(pk_cache_get_ref(&chained, "a", 1, &item), PK_OK);
    CHECK(is_whole(&item, 'a', 0, 0));
    CHECK_STATUS(pk_cache_release(&chained, &item), PK_OK);
    CHECK_STATUS(put_bytes("b", 13), PK_OK); /* 2 + 1 + 13: just one slot */
    CHECK_STATUS(pk_cache_get_ref(&chained, "b", 1, &item), PK_OK);
    CHECK(item.value != NULL && is_whole(&item, 'b', 13, 1));
    CHECK_STATUS(pk_cache_release(&chained, &item), PK_OK);
    CHECK_STATUS(put_bytes("c", 50), PK_OK); /* 13 + 16 + 16 + 5 */
    CHECK_STATUS(pk_cache_get_ref(&chained, "c", 1, &item), PK_OK);
    CHECK(item.value == NULL && is_whole(&item, 'c', 50, 4));
    CHECK_STATUS(pk_cache_release(&chained, &item), PK_OK);
    CHECK_STATUS(put_bytes("0123456789ABCD", 17), PK_OK); /* a key that fills the first slot: 16 + 1 */
    CHECK_STATUS(pk_cache_get_ref(&chained, "0123456789ABCD", 14, &item), PK_OK);
    CHECK(is_whole(&item, 'D', 17, 2));
    CHECK_STATUS(pk_cache_release(&chained, &item), PK_OK);
    CHECK_STATUS(pk_cache_close(&chained), PK_OK);
}
static void slots_of_a_pin_are_never_taken(void) {
    pk_cache_item item, newer;
    open_chained(note);
    CHECK_STATUS(put_bytes("p", 70), PK_OK); /* 5 of 12 slots */
    CHECK_STATUS(pk_cache_get_ref(&chained, "p", 1, &item), PK_OK);
    CHECK_STATUS(put_bytes("a", 29), PK_OK); /* 2 */
    CHECK_STATUS(put_bytes("b", 70), PK_OK); /* 5: full */
    CHECK_STATUS(put_bytes("c", 120), PK_FULL); /* 8: more than all that is not pinned */
    CHECK_STATUS(put_bytes("p", 120), PK_FULL);
    CHECK_EQ(told_in_all(), 0);
    CHECK_EQ(pk_cache_count(&chained), 3);
    CHECK(pk_cache_contains(&chained, "p", 1));
    CHECK_STATUS(put_bytes("c", 107), PK_OK); /* 7: all of them */
    CHECK_EQ(told[PK_EVICT_BYTES] + told[PK_EVICT_LRU], 2);
    CHECK(is_whole(&item, 'p', 70, 5));
    CHECK_STATUS(put_bytes("p", 80), PK_OK); /* 6 */
    CHECK(is_whole(&item, 'p', 70, 5));
    CHECK_STATUS(pk_cache_get_ref(&chained, "p", 1, &newer), PK_OK);
    CHECK(is_whole(&newer, 'p', 80, 6));
    CHECK_STATUS(put_bytes("d", 29), PK_FULL); /* 5 + 6 are pinned */
    CHECK_STATUS(put_bytes("d", 13), PK_OK);
    CHECK_STATUS(pk_cache_release(&chained, &item), PK_OK);
    CHECK_EQ(told[PK_EVICT_REPLACED], 1);
    CHECK_STATUS(put_bytes("d", 93), PK_OK); /* 6 */
    CHECK_STATUS(pk_cache_remove(&chained, "p", 1), PK_OK);
    CHECK_STATUS(put_bytes("e", 107), PK_FULL); /* the removed one has its slots still */
    CHECK(is_whole(&newer, 'p', 80, 6));
    CHECK_STATUS(pk_cache_release(&chained, &newer), PK_OK);
    CHECK_STATUS(put_bytes("e", SLOT * SLOTS - 3), PK_OK); /* and now all is there again */
    CHECK_EQ(pk_cache_count(&chained), 1);
    CHECK_STATUS(pk_cache_close(&chained), PK_OK);
}

/* ---- The cursor ---- */

static void foreach_pins_what_it_shows(void) {
    pk_cache_cursor cursor = {0};
    pk_cache_item item;
    uint32_t sum = 0, value;
    uint16_t key;
    uint8_t shown = 0;
    open_with(note);
    fill();
    key = 6;
    CHECK_STATUS(pk_cache_remove(&cache.cache, &key, sizeof key), PK_OK); /* room, or what is put would push others out */
    while (pk_cache_foreach(&cache.cache, &cursor, &item) == PK_OK) {
        memcpy(&key, item.key, sizeof key);
        CHECK_STATUS(pk_cache_remove(&cache.cache, &key, sizeof key), PK_OK); /* under its feet */
        CHECK_STATUS(put(key, 5), PK_OK);
        CHECK_STATUS(release(&item), PK_INVALID); /* it is the cursor's */
        memcpy(&value, item.value, sizeof value);
        CHECK(value == key * 100u || value == 5);
        CHECK(pk_cache_item_read(&item, 0, &value, 4) == 4);
        if (value != 5) sum += value;
        CHECK(++shown < 20);
        CHECK_STATUS(numbers_close(&cache), PK_BUSY);
    }
    CHECK_EQ(sum, 1500); /* each value that was there */
    CHECK_STATUS(pk_cache_foreach(&cache.cache, &cursor, &item), PK_NOT_FOUND);
    CHECK_EQ(cache.cache.cold->pins_out, 0);
    all_room_is_there_again();
}
static void a_walk_can_end_early_and_go_in_portions(void) {
    pk_cache_cursor cursor = {0};
    pk_cache_item item, items[PINS];
    uint16_t key;
    open_with(note);
    fill();
    CHECK_STATUS(pk_cache_foreach(&cache.cache, &cursor, &item), PK_OK);
    CHECK(shows(&item, 1, 100));
    CHECK_STATUS(pk_cache_foreach_end(&cache.cache, &cursor), PK_OK);
    CHECK_STATUS(pk_cache_foreach_end(&cache.cache, &cursor), PK_OK);
    for (key = 2; key <= 5; key++) CHECK_STATUS(pk_cache_remove(&cache.cache, &key, sizeof key), PK_OK);
    CHECK_STATUS(pk_cache_foreach_step(&cache.cache, &cursor, &item, 3), PK_AGAIN);
    CHECK_STATUS(pk_cache_foreach_step(&cache.cache, &cursor, &item, 0), PK_AGAIN);
    CHECK_STATUS(pk_cache_foreach_step(&cache.cache, &cursor, &item, 3), PK_OK);
    CHECK(shows(&item, 6, 600));
    CHECK_STATUS(pk_cache_foreach_step(&cache.cache, &cursor, &item, 3), PK_NOT_FOUND);
    CHECK_STATUS(pk_cache_foreach_end(&cache.cache, &cursor), PK_OK);
    for (key = 2; key <= 5; key++) CHECK_STATUS(put(key, key * 100u), PK_OK);
    CHECK_STATUS(put(7, 700), PK_OK); /* neither 1 nor 6 became the most recent by being shown */
    CHECK_EQ(told_key, 1);
    for (key = 2; key <= 5; key++) CHECK_STATUS(pin(key, &items[key - 2]), PK_OK);
    memset(&cursor, 0, sizeof cursor);
    CHECK_STATUS(pk_cache_foreach(&cache.cache, &cursor, &item), PK_FULL); /* 7 lies first */
    CHECK_STATUS(release(&items[0]), PK_OK);
    CHECK_STATUS(pk_cache_foreach(&cache.cache, &cursor, &item), PK_OK);
    CHECK(shows(&item, 7, 700));
    CHECK_STATUS(pk_cache_foreach_end(&cache.cache, &cursor), PK_OK);
    for (key = 1; key < PINS; key++) CHECK_STATUS(release(&items[key]), PK_OK);
    all_room_is_there_again();
    CHECK_STATUS(pk_cache_foreach_end(&cache.cache, &cursor), PK_CLOSED);
}

/* ---- on_evict that calls back ---- */

static pk_cache_item held;
static uint8_t calls, wrong;
static void meddle(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    pk_cache_item mine;
    uint32_t value;
    uint16_t key;
    (void)user;
    told[reason]++;
    if (reason == PK_EVICT_CLOSED || ++calls > 30) return;
    memcpy(&key, item->key, sizeof key);
    memcpy(&value, item->value, sizeof value);
    if (pin(key, &mine) != PK_NOT_FOUND) wrong++; /* it has left */
    if (pk_cache_release(&cache.cache, &held) == PK_OK || pin(6, &held) != PK_OK) (void)pin(5, &held);
    if (calls % 3 == 0) (void)put((uint16_t)(100 + calls), calls);
    if (calls % 4 == 0) (void)put(6, 600u + calls);
    if (memcmp(item->value, &value, sizeof value) != 0 || memcmp(item->key, &key, sizeof key) != 0) wrong++;
    if (numbers_close(&cache) != PK_BUSY) wrong++;
}
static void hooks_may_pin_put_and_release(void) {
    uint16_t key;
    open_with(meddle);
    memset(&held, 0, sizeof held);
    calls = wrong = 0;
    fill();
    for (key = 20; key < 60; key++) {
        pk_status status = put(key, key);
        CHECK(status == PK_OK || status == PK_FULL || status == PK_EXISTS);
        CHECK(numbers_count(&cache) <= CAPACITY);
    }
    CHECK_EQ(wrong, 0);
    CHECK(calls > 30);
    (void)release(&held);
    CHECK_EQ(cache.cache.cold->pins_out, 0);
    all_room_is_there_again();
}
static void put_once(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    note(user, item, reason);
    if (calls++ == 0) CHECK_STATUS(put(9, 900), PK_OK);
}
static void a_put_meanwhile_does_not_end_a_clear(void) { /* it parks what clear had put back into the order */
    pk_cache_item items[PINS];
    uint16_t key;
    open_with(put_once);
    calls = 0;
    fill();
    for (key = 2; key <= 5; key++) CHECK_STATUS(pin(key, &items[key - 2]), PK_OK);
    CHECK_EQ(got(6), 600); /* so that the pinned ones are next */
    CHECK_STATUS(numbers_clear(&cache), PK_OK);
    CHECK_EQ(numbers_count(&cache), 0);
    for (key = 2; key <= 5; key++) CHECK(shows(&items[key - 2], key, key * 100u));
    for (key = 2; key <= 5; key++) CHECK_STATUS(release(&items[key - 2]), PK_OK);
    all_room_is_there_again();
}

TESTS {
    RUN("K29 C29", "a pinned value stays whole; on_evict hears at its last release why it left", a_pin_holds_its_bytes)
    RUN("K29", "typed puts give a pinned key another entry", typed_puts_do_not_write_over_a_pinned_value)
    RUN("K11", "no put evicts a pinned entry; the next one goes", no_put_evicts_a_pinned_entry)
    RUN("K09", "get_ref counts and uses as get does", get_ref_is_a_hit_like_get)
    RUN("K29", "without a free pin nothing changes", the_end_of_pins_changes_nothing)
    RUN("K13", "where all is pinned put is refused and nothing changes", all_pinned_refuses_puts)
    RUN("C29", "a stale item never shows the new occupant", a_stale_item_is_nobodys)
    RUN("K29", "close waits for pins", close_waits_for_pins)
    RUN("K29", "clear takes parked entries out as well", clear_finds_parked_entries)
    RUN("K06", "touch, expiry and jumps of the clock leave pins alone", touch_and_time_keep_the_pin)
    RUN("K29", "spans show every part of a chain", spans_show_every_part)
    RUN("K13", "slots of pinned chains are never taken", slots_of_a_pin_are_never_taken)
    RUN("K29", "foreach pins what it shows", foreach_pins_what_it_shows)
    RUN("K29", "a walk can end early, and go in portions", a_walk_can_end_early_and_go_in_portions)
    RUN("K29", "on_evict may pin, put and release", hooks_may_pin_put_and_release)
    RUN("K29", "a clear with pins takes out all, though on_evict puts", a_put_meanwhile_does_not_end_a_clear)
}
