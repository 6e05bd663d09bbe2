/* targets: large */
/* prompt_expiry: entries leave when their time is over, found by a timing wheel. cache_wheel64_test.c is the same with 64-bit
   times. */
#define PERFKIT_CACHE_WHEEL 1
#define PERFKIT_CACHE_PINS 1
#define PERFKIT_CACHE_MORE 1
#define PERFKIT_CACHE_IMPLEMENTATION
#include "../../perfkit_cache.h"
#include "../support/test.h"

enum { CAPACITY = 40 };
static union {
    uint64_t align;
    unsigned char bytes[PK_CACHE_BYTES(CAPACITY, 2, 4) + 16 * (CAPACITY + 1) + sizeof(pk__cache_wheel) + 64];
} memory;
static pk_cache cache;
static pk_time now;
static uint16_t told[PK_EVICT_REASONS];
static struct {
    bool live, never;
    pk_time end;
} entries[2 * CAPACITY + 1]; /* by key */
static uint16_t wrong;

static pk_time clock_of_test(void *user) {
    (void)user;
    return now;
}
static void note(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    uint16_t key;
    (void)user;
    memcpy(&key, item->key, sizeof key);
    told[reason]++;
    if (!entries[key].live) wrong++;
    if (reason == PK_EVICT_EXPIRED && (entries[key].never || !pk__time_reached(now, entries[key].end))) wrong++;
    entries[key].live = false;
}
static void open_with(pk_time start, pk_evict_fn on_evict, bool sliding) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    memset(told, 0, sizeof told);
    memset(entries, 0, sizeof entries);
    memset(&memory, 0xA5, sizeof memory);
    wrong = 0;
    now = start;
    desc.capacity = CAPACITY;
    desc.key_size = 2;
    desc.value_size = 4;
    desc.ttl_ms = 1000;
    desc.clock = clock_of_test;
    desc.on_evict = on_evict;
    desc.prompt_expiry = true;
    desc.sliding = sliding;
    desc.memory = memory.bytes;
    desc.memory_size = sizeof memory;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
    cache.seed = 12345; /* the same each time */
}
static void note_put(uint16_t key, pk_time ttl) {
    entries[key].live = true;
    entries[key].never = ttl == PK_TTL_NEVER;
    entries[key].end = now + ttl;
}
static void put(uint16_t key, pk_time ttl) {
    uint32_t value = key * 1000u;
    CHECK_STATUS(pk_cache_put(&cache, &key, sizeof key, &value, sizeof value, ttl), PK_OK);
    note_put(key, ttl);
}
static bool there(uint16_t key) { return pk_cache_contains(&cache, &key, sizeof key); }
static uint32_t tick(uint32_t budget) { return pk_cache_tick(&cache, now, budget); }
static uint16_t live(void) {
    uint16_t n = 0, key;
    for (key = 0; key < PK__COUNTOF(entries); key++) n = (uint16_t)(n + entries[key].live);
    return n;
}
/* Each list is whole, its slot's bit right, and every entry that ends is in one, where its end is. */
static void wheel_is_sound(void) {
    const pk__cache_wheel *wheel = cache.cold->wheel;
    uint32_t list, n, before, counted = 0, endings = 0;
    uint16_t bad = 0;
    for (list = 0; list <= PK__CACHE_PENDING; list++) {
        before = cache.capacity + 1 + list;
        for (n = wheel->heads[2 * list]; n <= cache.capacity; n = pk__cache_turn_next(&cache, n)) {
            if (++counted > CAPACITY) break;
            if (pk__cache_turn_prev(&cache, n) != before || !(cache.cold->flags[n] & PK__CACHE_LIVE)) bad++;
            before = n;
        }
        if (counted > CAPACITY || wheel->heads[2 * list + 1] != before) bad++;
        if (list < PK__CACHE_DUE && ((wheel->occupied[list / 64] >> list % 64 & 1) != 0) != (wheel->heads[2 * list] <= cache.capacity)) bad++;
    }
    for (n = 1; n <= cache.fresh; n++) endings += (cache.cold->flags[n] & (PK__CACHE_LIVE | PK__CACHE_NEVER)) == PK__CACHE_LIVE;
    CHECK_EQ(bad, 0);
    CHECK_EQ(counted, endings);
    CHECK_EQ(counted, wheel->count);
}

static void entries_leave_on_their_millisecond(void) {
    static const uint32_t ttls[] = {1, 2, 63, 64, 65, 100, 4095, 4096, 4097, 262143, 262144, 300000, 1u << 24, (1u << 30) - 1, 1u << 30};
    static const pk_time starts[] = {0, 63, 4095, 0xFFFFFFFFu, 0xFFFFFFF0u, 0x7FFFFFFFu, 0xC0000000u, 0xBFFFFFFEu};
    uint16_t s, i;
    for (s = 0; s < PK__COUNTOF(starts); s++) {
        open_with(starts[s], note, false);
        for (i = 0; i < PK__COUNTOF(ttls); i++) put((uint16_t)(i + 1), ttls[i]);
        put(20, PK_TTL_NEVER);
        for (i = 0; i < PK__COUNTOF(ttls); i++) {
            now = starts[s] + ttls[i] - 1;
            CHECK_EQ(tick(10000), 0);
            wheel_is_sound();
            now++;
            CHECK_EQ(tick(10000), 1);
            CHECK(!entries[i + 1].live);
        }
        CHECK_EQ(pk_cache_count(&cache), 1); /* the one that never ends */
        CHECK(there(20));
        CHECK_EQ(wrong, 0);
        CHECK_EQ(told[PK_EVICT_EXPIRED], PK__COUNTOF(ttls));
        CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    }
}
static void a_tick_does_no_more_than_its_budget(void) {
    uint16_t key, calls = 0;
    uint32_t removed = 0, one;
    open_with(5000, note, false);
    for (key = 1; key <= CAPACITY; key++) put(key, 100000);
    now += 100000;
    do {
        one = tick(3);
        CHECK(one <= (calls ? 3u : 3u + 7u)); /* the sweep goes its own pace: 1 entry, or in firmware 1 + 100000 / 2^14 */
        removed += one;
    } while (++calls < 200 && pk_cache_count(&cache) > 0);
    CHECK_EQ(removed, CAPACITY);
    CHECK(calls >= CAPACITY / 3 && calls <= CAPACITY * (6 + 1) / 3 + 10);
    CHECK_EQ(wrong, 0);
    wheel_is_sound();
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void a_put_that_needs_room_takes_what_is_over_first(void) {
    uint16_t key;
    open_with(1, note, false);
    for (key = 1; key <= CAPACITY; key++) put(key, key == 30 ? 50 : 1000); /* 1 is the least recent */
    now += 49;
    put(50, 1000);
    CHECK_EQ(told[PK_EVICT_LRU], 1);
    CHECK(!entries[1].live);
    now += 1;
    put(51, 1000);
    CHECK_EQ(told[PK_EVICT_LRU], 1);
    CHECK_EQ(told[PK_EVICT_EXPIRED], 1);
    CHECK(!entries[30].live && entries[2].live);
    put(52, 1000);
    CHECK_EQ(told[PK_EVICT_LRU], 2);
    CHECK(!entries[2].live);
    CHECK_EQ(wrong, 0);
    wheel_is_sound();
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void what_changes_its_end_moves(void) {
    uint16_t key = 1;
    open_with(77, note, false);
    put(1, 100);
    put(2, 100);
    put(3, 100);
    put(4, 5000);
    now += 50;
    CHECK_STATUS(pk_cache_touch(&cache, &key, sizeof key, 200), PK_OK);
    note_put(1, 200);
    key = 2;
    CHECK_STATUS(pk_cache_remove(&cache, &key, sizeof key), PK_OK);
    put(3, PK_TTL_NEVER);
    put(4, 60); /* sooner */
    wheel_is_sound();
    now += 59;
    CHECK_EQ(tick(1000), 0);
    now += 1;
    CHECK_EQ(tick(1000), 1);
    CHECK(!entries[4].live);
    now += 139;
    CHECK_EQ(tick(1000), 0);
    now += 1;
    CHECK_EQ(tick(1000), 1);
    CHECK(!entries[1].live && entries[3].live);
    key = 3;
    CHECK_STATUS(pk_cache_touch(&cache, &key, sizeof key, 10), PK_OK);
    note_put(3, 10);
    now += 10;
    CHECK_EQ(tick(1000), 1);
    CHECK_EQ(pk_cache_count(&cache), 0);
    CHECK_EQ(wrong, 0);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void hits_that_slide_move_the_end(void) {
    uint16_t key = 1;
    uint32_t value;
    open_with(1u << 20, note, true);
    put(1, 100);
    put(2, 100);
    now += 60;
    CHECK_STATUS(pk_cache_get(&cache, &key, sizeof key, &value, sizeof value, NULL), PK_OK);
    note_put(1, 100);
    now += 60;
    CHECK_EQ(tick(1000), 1);
    CHECK(there(1) && !there(2));
    now += 40;
    CHECK_EQ(tick(1000), 1);
    CHECK_EQ(wrong, 0);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void pinned_entries_leave_as_well(void) {
    pk_cache_item item;
    uint16_t key;
    uint32_t value = 1000;
    open_with(10, note, false);
    for (key = 1; key <= CAPACITY; key++) put(key, key == 1 ? 100 : 2000);
    key = 1;
    CHECK_STATUS(pk_cache_get_ref(&cache, &key, sizeof key, &item), PK_OK);
    now += 100;
    put(50, 2000); /* 1 is due, but gives no room: 2 does */
    CHECK(!entries[2].live);
    CHECK_EQ(told[PK_EVICT_EXPIRED], 0);
    CHECK_EQ(pk_cache_count(&cache), CAPACITY - 1);
    CHECK(!there(1));
    CHECK(memcmp(item.value, &value, sizeof value) == 0);
    CHECK_STATUS(pk_cache_release(&cache, &item), PK_OK);
    CHECK_EQ(told[PK_EVICT_EXPIRED], 1);
    wheel_is_sound();
    CHECK_EQ(wrong, 0);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void the_clock_may_jump_and_step_back(void) {
    uint16_t key;
    open_with(0xFFFFFF00u, note, false);
    for (key = 1; key <= 20; key++) put(key, 1u << 30);
    put(30, PK_TTL_NEVER);
    now += 5000;
    (void)tick(1000);
    now -= 4000; /* the clock stands still until it has caught up */
    (void)tick(1000);
    CHECK_EQ(pk_cache_count(&cache), 21);
    put(31, 100);
    entries[31].end = now + 4000 + 100;
    now += 4000 + 99;
    CHECK_EQ(tick(1000), 0);
    now += 1;
    CHECK_EQ(tick(1000), 1);
    now += (pk_time)3 << 30; /* far over all ends, to where 32-bit times look as if they had not come */
    for (key = 1; key <= 20; key++) entries[key].end = now;
    CHECK_EQ(tick(1), 20);
    wheel_is_sound();
    CHECK_EQ(pk_cache_count(&cache), 1);
    for (key = 1; key <= 20; key++) put(key, 100u * key);
    for (key = 1; key <= 20; key++) {
        now += 99;
        CHECK_EQ(tick(1000), 0);
        now += 1;
        CHECK_EQ(tick(1000), 1);
    }
    for (key = 1; key <= 20; key++) put(key, 100u * key);
    told[PK_EVICT_CLEARED] = 0;
    CHECK_STATUS(pk_cache_clear(&cache), PK_OK);
    CHECK_EQ(told[PK_EVICT_CLEARED], 21);
    CHECK_EQ(wrong, 0);
    wheel_is_sound();
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void clear_at_once_empties_the_wheel(void) {
    uint16_t key;
    open_with(3, NULL, false);
    for (key = 1; key <= CAPACITY; key++) put(key, 100u * key);
    CHECK_STATUS(pk_cache_clear(&cache), PK_OK);
    wheel_is_sound();
    for (key = 1; key <= CAPACITY; key++) put(key, 100);
    wheel_is_sound();
    now += 100;
    CHECK_EQ(tick(1000), CAPACITY);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static uint32_t random_state = 1;
static uint32_t below(uint32_t n) { /* xorshift32: Marsaglia, 2003 */
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return (uint32_t)((uint64_t)random_state * n >> 32);
}
static pk_time some_ttl(void) {
    return below(8) == 0 ? PK_TTL_NEVER : 1 + (pk_time)below((uint32_t)1 << below(31));
}
/* Random operations; where `ticking`, nothing that is over stays after a tick, else the wheel lives on what operations give it. */
static void random_life(bool ticking) {
    uint16_t step, key, over;
    uint32_t value;
    open_with(0xFFF00000u, note, false);
    for (step = 0; step < 3000 && wrong == 0; step++) {
        key = (uint16_t)(1 + below(2 * CAPACITY));
        switch (below(6)) {
        case 0:
        case 1:
        case 2: put(key, some_ttl()); break;
        case 3:
            if (pk_cache_get(&cache, &key, sizeof key, &value, sizeof value, NULL) == PK_OK) {
                if (!entries[key].live || (!entries[key].never && pk__time_reached(now, entries[key].end))) wrong++;
            } else if (entries[key].live) {
                wrong++;
            }
            break;
        case 4:
            if (pk_cache_remove(&cache, &key, sizeof key) == PK_OK && entries[key].live) wrong++;
            break;
        default: now += below(20) ? below((uint32_t)1 << below(16)) : below((uint32_t)1 << 30); break;
        }
        if (ticking && below(2)) {
            (void)tick(100000);
            for (over = 0, key = 1; key <= 2 * CAPACITY; key++)
                if (entries[key].live && !entries[key].never && pk__time_reached(now, entries[key].end)) over++;
            if (over > 0) wrong++;
        }
        if (step % 64 == 0) wheel_is_sound();
        if (pk_cache_count(&cache) != live()) wrong++;
    }
    CHECK_EQ(step, 3000);
    CHECK_EQ(wrong, 0);
    CHECK(told[PK_EVICT_EXPIRED] > 100);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
}
static void random_lives_with_ticks(void) { random_life(true); }
static void random_lives_without(void) { random_life(false); }

TESTS {
    RUN("K06", "entries leave on their millisecond, over every level and every wrap", entries_leave_on_their_millisecond)
    RUN("K22", "a tick does no more than its budget", a_tick_does_no_more_than_its_budget)
    RUN("K03", "a put that needs room takes what is over first", a_put_that_needs_room_takes_what_is_over_first)
    RUN("K05", "put, touch and remove move an entry's end", what_changes_its_end_moves)
    RUN("K12", "hits that slide move it as well", hits_that_slide_move_the_end)
    RUN("K29", "pinned entries leave on time, and their room later", pinned_entries_leave_as_well)
    RUN("K06", "the clock may jump over the whole wheel, and step back", the_clock_may_jump_and_step_back)
    RUN("K29", "clear empties the wheel", clear_at_once_empties_the_wheel)
    RUN("K06 K22", "after a tick nothing is there that is over", random_lives_with_ticks)
    RUN("K06", "without ticks nothing comes back to life", random_lives_without)
}
