/* targets: all */
/* Which entry goes first, what counts as a use, and walking over all of them. */
#include "../../perfkit_cache.h"
#include "../support/test.h"

static unsigned char memory[PK_CACHE_BYTES(8, 1, 1)];
static pk_cache cache;

static void open_cache(void) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.capacity = 8;
    desc.key_size = 1;
    desc.value_size = 1;
    desc.ttl_ms = PK_TTL_NEVER;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
}
static void put(uint8_t key) { CHECK_STATUS(pk_cache_put(&cache, &key, 1, &key, 1, 0), PK_OK); }
static bool get(uint8_t key) {
    uint8_t value = 0;
    return pk_cache_get(&cache, &key, 1, &value, 1, NULL) == PK_OK && value == key;
}
static bool there(uint8_t key) { return pk_cache_contains(&cache, &key, 1); }

static void victims_leave_in_the_order_of_last_use(void) {
    static const uint8_t order[8] = {5, 7, 8, 1, 6, 4, 3, 2};
    uint8_t i, j;
    open_cache();
    for (i = 1; i <= 8; i++) put(i);
    for (i = 0; i < 8; i++) CHECK(get(order[i]));
    for (i = 0; i < 8; i++) {
        put((uint8_t)(100 + i));
        for (j = 0; j < 8; j++) CHECK_EQ(there(order[j]), j > i);
    }
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}

static void random_operations_agree_with_an_array(void) { /* the slow obvious model: an array, oldest first */
    uint8_t model[8], n = 0, key, i, found;
    uint16_t step;
    open_cache();
    for (step = 0; step < 4000; step++) {
        key = (uint8_t)(test_random() % 13);
        for (found = 0; found < n && model[found] != key; found++) {}
        switch (test_random() % 4) {
        case 0:
            CHECK_EQ(get(key), found < n);
            break;
        case 1:
            CHECK_STATUS(pk_cache_touch(&cache, &key, 1, 0), found < n ? PK_OK : PK_NOT_FOUND);
            break;
        case 2:
            CHECK_STATUS(pk_cache_remove(&cache, &key, 1), found < n ? PK_OK : PK_NOT_FOUND);
            if (found < n) {
                for (i = found; i + 1 < n; i++) model[i] = model[i + 1];
                n--;
            }
            found = n;
            break;
        default:
            put(key);
            if (found == n) {
                if (n == 8) {
                    CHECK(!there(model[0]));
                    for (i = 0; i + 1 < n; i++) model[i] = model[i + 1];
                    n--;
                }
                found = n;
                model[n++] = key;
            }
        }
        if (found < n) { /* it was used: it goes to the end */
            for (i = found; i + 1 < n; i++) model[i] = model[i + 1];
            model[n - 1] = key;
        }
        CHECK_EQ(pk_cache_count(&cache), n);
        for (i = 0; i < n; i++) CHECK(there(model[i]));
    }
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}

static void looking_does_not_count_as_a_use(void) {
    uint8_t i, key = 1, value = 0;
    size_t len = 0;
    pk_time left = 0;
    open_cache();
    for (i = 1; i <= 8; i++) put(i);
    CHECK_STATUS(pk_cache_peek(&cache, &key, 1, &value, 1, &len, &left), PK_OK);
    CHECK_EQ(value, 1);
    CHECK_EQ(len, 1);
    CHECK(left == PK_TTL_NEVER);
    CHECK(there(1));
    put(9);
    CHECK(!there(1)); /* still the oldest */
    CHECK_STATUS(pk_cache_peek(&cache, &key, 1, &value, 1, NULL, NULL), PK_NOT_FOUND);
    key = 2;
    CHECK_STATUS(pk_cache_touch(&cache, &key, 1, 0), PK_OK);
    put(10);
    CHECK(there(2));
    CHECK(!there(3));
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}

static void foreach_shows_each_entry_once(void) {
    pk_cache_cursor cursor = {0};
    pk_cache_item item;
    uint16_t seen = 0;
    uint8_t i, shown = 0;
    open_cache();
    for (i = 0; i < 11; i++) put(i); /* 3 to 10 stay */
    i = 6;
    CHECK_STATUS(pk_cache_remove(&cache, &i, 1), PK_OK);
    while (pk_cache_foreach(&cache, &cursor, &item) == PK_OK) {
        uint8_t key = *(const uint8_t *)item.key, copy = 0;
        CHECK_EQ(item.key_len, 1);
        CHECK_EQ(item.value_len, 1);
        CHECK_EQ(*(const uint8_t *)item.value, key);
        CHECK_EQ(pk_cache_item_read(&item, 0, &copy, 1), 1);
        CHECK_EQ(copy, key);
        CHECK_EQ(pk_cache_item_read(&item, 1, &copy, 1), 0);
        seen = (uint16_t)(seen | 1u << key);
        shown++;
    }
    CHECK_EQ(shown, 7);
    CHECK_EQ(seen, 0x7F8 & ~(1 << 6));
    CHECK_STATUS(pk_cache_foreach(&cache, &cursor, &item), PK_NOT_FOUND);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void foreach_allows_any_operation_between(void) {
    pk_cache_cursor cursor = {0};
    pk_cache_item item;
    uint8_t i, stayed = 0;
    open_cache();
    for (i = 0; i < 8; i++) put(i);
    while (pk_cache_foreach(&cache, &cursor, &item) == PK_OK) {
        i = *(const uint8_t *)item.key;
        if (i < 8 && i % 2 == 0) stayed++;
        i |= 1; /* remove the odd ones, used or not yet shown; use the even ones */
        (void)pk_cache_remove(&cache, &i, 1);
        (void)get((uint8_t)(i - 1));
    }
    CHECK_EQ(stayed, 4);
    CHECK_EQ(pk_cache_count(&cache), 4);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void clear_in_portions_takes_the_oldest_first(void) {
    uint8_t i;
    open_cache();
    for (i = 1; i <= 8; i++) put(i);
    CHECK_EQ(pk_cache_clear_step(&cache, 3), 5);
    CHECK(!there(3));
    CHECK(there(4));
    CHECK_EQ(pk_cache_clear_step(&cache, 100), 0);
    CHECK_EQ(pk_cache_clear_step(&cache, 1), 0);
    put(1);
    CHECK(get(1));
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    CHECK_EQ(pk_cache_clear_step(&cache, 1), 0);
}

TESTS {
    RUN("K11", "victims leave in the order of their last use", victims_leave_in_the_order_of_last_use)
    RUN("K11", "4000 random operations agree with an array", random_operations_agree_with_an_array)
    RUN("K33", "peek and contains are no uses, touch is one", looking_does_not_count_as_a_use)
    RUN("K10", "foreach shows each entry once", foreach_shows_each_entry_once)
    RUN("K10", "foreach allows any operation between two steps", foreach_allows_any_operation_between)
    RUN("K10", "clear in portions takes the oldest first", clear_in_portions_takes_the_oldest_first)
}
