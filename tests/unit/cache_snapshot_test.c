/* targets: avr-large */
/* Snapshots by callbacks, as firmware uses them: what is saved comes back, in its order and with its time, or nothing does. */
#define PERFKIT_CACHE_SNAPSHOT 1
#define PERFKIT_CACHE_CHAINS 1
#define PERFKIT_CACHE_SNAPSHOT_BUFFER 128
#define PERFKIT_CACHE_IMPLEMENTATION
#include "../../perfkit_cache.h"
#include "../support/test.h"
#include <string.h>

static pk_time now;
static pk_time clock_of_test(void *user) {
    (void)user;
    return now;
}
static uint64_t wall;
static uint64_t wall_of_test(void *user) {
    (void)user;
    return wall;
}

/* What callbacks write to and read from: at most `portion` bytes a time, and it fails, or has nothing for now, after `good`. */
#define TAPE 1600
typedef struct tape {
    unsigned char bytes[TAPE];
    size_t len, at, portion, good;
    size_t answer; /* after `good` */
} tape;
static tape first, second;
static void rewind_tape(tape *t) {
    t->at = 0;
    t->portion = t->good = TAPE;
    t->answer = 0;
}
static size_t write_tape(void *user, const void *bytes, size_t n) {
    tape *t = (tape *)user;
    if (t->len >= t->good) return t->answer;
    if (n > t->portion) n = t->portion;
    if (n > TAPE - t->len) n = TAPE - t->len;
    memcpy(t->bytes + t->len, bytes, n);
    t->len += n;
    return n;
}
static size_t read_tape(void *user, void *bytes, size_t n) {
    tape *t = (tape *)user;
    if (t->at >= t->good) return t->answer;
    if (n > t->portion) n = t->portion;
    if (n > t->len - t->at) n = t->len - t->at;
    if (n == 0) return 0;
    memcpy(bytes, t->bytes + t->at, n);
    t->at += n;
    return n;
}
static pk_status save(pk_cache *c, tape *t) {
    t->len = 0;
    rewind_tape(t);
    return pk_cache_save(c, write_tape, t);
}
static uint32_t kept;
static pk_status load(pk_cache *c, tape *t, unsigned flags) {
    rewind_tape(t);
    return pk_cache_load(c, read_tape, t, flags, &kept);
}

static union { uint64_t align; unsigned char bytes[PERFKIT_HOSTED ? 2600 : 1400]; } memory_a, memory_b;
static pk_cache a, b;
static pk_cache_desc desc;
static void describe(uint32_t key_size, uint32_t value_size) {
    memset(&desc, 0, sizeof desc);
    desc.capacity = 8;
    desc.key_size = key_size;
    desc.value_size = value_size;
    desc.slot_size = 16;
    desc.max_bytes = key_size && value_size ? 0 : 640;
    desc.clock = clock_of_test;
    desc.ttl_ms = PK_TTL_NEVER;
    desc.memory_size = sizeof memory_a;
    now = 1000;
}
static void open_one(pk_cache *c) {
    desc.memory = c == &a ? memory_a.bytes : memory_b.bytes;
    CHECK_STATUS(pk_cache_init(c, &desc), PK_OK);
}
static void open_both(uint32_t key_size, uint32_t value_size) {
    describe(key_size, value_size);
    open_one(&a);
    open_one(&b);
}
static void close_both(void) {
    CHECK_STATUS(pk_cache_close(&a), PK_OK);
    CHECK_STATUS(pk_cache_close(&b), PK_OK);
}
static void put(pk_cache *c, unsigned key, unsigned value, pk_time ttl) {
    uint16_t k = (uint16_t)key;
    uint32_t v = value;
    CHECK_STATUS(pk_cache_put(c, &k, sizeof k, &v, sizeof v, ttl), PK_OK);
}
static bool holds(pk_cache *c, unsigned key, unsigned value) {
    uint16_t k = (uint16_t)key;
    uint32_t v = 0;
    return pk_cache_peek(c, &k, sizeof k, &v, sizeof v, NULL, NULL) == PK_OK && v == value;
}
static void fill(pk_cache *c, unsigned n) {
    unsigned i;
    for (i = 1; i <= n; i++) put(c, i, 100 + i, 0);
}
static bool same_tapes(void) { return first.len == second.len && memcmp(first.bytes, second.bytes, first.len) == 0; }

static void a_cache_comes_back_whole_and_in_order(void) {
    unsigned i;
    uint32_t v;
    uint16_t key = 1;
    open_both(2, 4);
    fill(&a, 8);
    CHECK_STATUS(pk_cache_get(&a, &key, sizeof key, &v, sizeof v, NULL), PK_OK); /* 1 is the most recent now, 2 the least */
    put(&b, 77, 7, 0);
    CHECK_STATUS(save(&a, &first), PK_OK);
    CHECK_EQ(first.len, 44 + 8 * (8 + 2 + 4 + 4) + 12);
    CHECK_STATUS(load(&b, &first, 0), PK_OK);
    CHECK_EQ(kept, 8);
    CHECK(!holds(&b, 77, 7)); /* it was emptied first */
    CHECK_EQ(pk_cache_count(&b), 8);
    for (i = 1; i <= 8; i++) CHECK(holds(&b, i, 100 + i));
    CHECK_STATUS(save(&b, &second), PK_OK);
    CHECK(same_tapes());
    put(&b, 9, 109, 0);
    CHECK(!holds(&b, 2, 102) && holds(&b, 1, 101));
    close_both();
}
static void an_empty_cache_comes_back_empty(void) {
    open_both(2, 4);
    CHECK_STATUS(save(&a, &first), PK_OK);
    fill(&b, 3);
    CHECK_STATUS(load(&b, &first, 0), PK_OK);
    CHECK_EQ(pk_cache_count(&b), 0);
    close_both();
}
static void lengths_that_vary_come_back(void) { /* and a value longer than the buffer */
    static unsigned char value[300], got[300];
    char key[10];
    unsigned i;
    size_t len;
    open_both(0, 0);
    for (i = 0; i < sizeof value; i++) value[i] = (unsigned char)(i * 7);
    for (i = 0; i < 5; i++) {
        memset(key, (char)('a' + (int)i), sizeof key);
        CHECK_STATUS(pk_cache_put(&a, key, i * 2, value + i, i == 3 ? 290 : i * 9, 0), PK_OK);
    }
    CHECK_STATUS(save(&a, &first), PK_OK);
    CHECK_STATUS(load(&b, &first, 0), PK_OK);
    CHECK_EQ(kept, 5);
    for (i = 0; i < 5; i++) {
        memset(key, (char)('a' + (int)i), sizeof key);
        CHECK_STATUS(pk_cache_peek(&b, key, i * 2, got, sizeof got, &len, NULL), PK_OK);
        CHECK_EQ(len, i == 3 ? 290 : i * 9);
        CHECK(memcmp(got, value + i, len) == 0);
    }
    CHECK_STATUS(save(&b, &second), PK_OK);
    CHECK(same_tapes());
    close_both();
}
static void only_one_length_varies(void) {
    unsigned char got[40];
    unsigned i, form;
    for (form = 0; form < 2; form++) {
        open_both(form ? 3 : 0, form ? 0 : 5);
        for (i = 0; i < 4; i++)
            CHECK_STATUS(pk_cache_put(&a, &"abcdefgh"[i], form ? 3 : i, &"0123456789"[i], form ? i : 5, 0), PK_OK);
        CHECK_STATUS(save(&a, &first), PK_OK);
        CHECK_STATUS(load(&b, &first, 0), PK_OK);
        CHECK_EQ(kept, 4);
        for (i = 0; i < 4; i++) {
            CHECK_STATUS(pk_cache_peek(&b, &"abcdefgh"[i], form ? 3 : i, got, sizeof got, NULL, NULL), PK_OK);
            CHECK(memcmp(got, &"0123456789"[i], form ? i : 5) == 0);
        }
        close_both();
    }
}
static pk_time left_of(pk_cache *c, unsigned key) {
    uint16_t k = (uint16_t)key;
    uint32_t v;
    pk_time left = 0;
    (void)pk_cache_peek(c, &k, sizeof k, &v, sizeof v, NULL, &left);
    return left;
}
static void times_to_live_go_on(void) {
    open_both(2, 4);
    put(&a, 1, 1, 500);
    put(&a, 2, 2, PK_TTL_NEVER);
    put(&a, 3, 3, 100);
    put(&a, 4, 4, PK_TTL_MAX);
    now += 100; /* 3 is over */
    CHECK_STATUS(save(&a, &first), PK_OK);
    now = 77; /* another clock */
    CHECK_STATUS(load(&b, &first, 0), PK_OK);
    CHECK_EQ(kept, 3);
    CHECK_EQ(left_of(&b, 1), 400);
    CHECK(left_of(&b, 2) == PK_TTL_NEVER);
    CHECK(left_of(&b, 4) == PK_TTL_MAX - 100);
    CHECK(!holds(&b, 3, 3));
    now += 399;
    CHECK(holds(&b, 1, 1));
    now += 1;
    CHECK(!holds(&b, 1, 1) && holds(&b, 2, 2));
    close_both();
}
static void with_a_wall_clock_they_age_while_they_lie(void) {
    describe(2, 4);
    desc.wall_clock = wall_of_test;
    open_one(&a);
    open_one(&b);
    wall = ((uint64_t)1 << 40) + 5000;
    put(&a, 1, 1, 500);
    put(&a, 2, 2, 1000);
    put(&a, 3, 3, PK_TTL_NEVER);
    CHECK_STATUS(save(&a, &first), PK_OK);
    wall += 500;
    CHECK_STATUS(load(&b, &first, 0), PK_OK);
    CHECK_EQ(kept, 2);
    CHECK_EQ(left_of(&b, 2), 500);
    CHECK(holds(&b, 3, 3) && !holds(&b, 1, 1));
    wall -= 700; /* stepped back: as if no time had passed */
    CHECK_STATUS(load(&b, &first, 0), PK_OK);
    CHECK_EQ(left_of(&b, 1), 500);
    wall += (uint64_t)1 << 50;
    CHECK_STATUS(load(&b, &first, 0), PK_OK);
    CHECK_EQ(kept, 1);
    first.bytes[30] ^= 1; /* in the header: nobody knows how long it lay */
    CHECK_STATUS(load(&b, &first, PK_CACHE_SALVAGE), PK_CORRUPT);
    CHECK_EQ(kept, 1);
    CHECK(holds(&b, 3, 3));
    close_both();
}
static void without_a_clock_there_are_no_times(void) {
    open_both(2, 4);
    put(&a, 1, 1, 500);
    put(&a, 2, 2, PK_TTL_NEVER);
    CHECK_STATUS(save(&a, &first), PK_OK);
    CHECK_STATUS(pk_cache_close(&b), PK_OK);
    desc.clock = NULL;
    open_one(&b);
    if (!PK__CACHE_HAS_CLOCK) {
        CHECK_STATUS(load(&b, &first, 0), PK_UNSUPPORTED);
        CHECK_EQ(pk_cache_count(&b), 0);
        CHECK_STATUS(load(&b, &first, PK_CACHE_SALVAGE), PK_UNSUPPORTED);
        CHECK_EQ(kept, 1);
    }
    close_both();
}
static void what_does_not_fit_is_refused_and_changes_nothing(void) {
    unsigned i;
    for (i = 0; i < 4; i++) {
        describe(2, 4);
        desc.schema = 7;
        open_one(&a);
        fill(&a, 8);
        CHECK_STATUS(save(&a, &first), PK_OK);
        if (i == 0) desc.schema = 8;
        if (i == 1) desc.key_size = 4;
        if (i == 2) desc.value_size = 8;
        if (i == 3) { /* a newer version */
            first.bytes[8] = 2;
            pk__cache_store32(first.bytes + 40, pk__cache_crc(0, first.bytes, 40));
        }
        open_one(&b);
        {
            unsigned char zeros[8] = {0};
            CHECK_STATUS(pk_cache_put(&b, zeros, (size_t)desc.key_size, zeros, (size_t)desc.value_size, 0), PK_OK);
            CHECK_STATUS(load(&b, &first, 0), PK_MISMATCH);
            CHECK_STATUS(load(&b, &first, PK_CACHE_SALVAGE), PK_MISMATCH);
            CHECK_EQ(pk_cache_count(&b), 1);
            CHECK(pk_cache_contains(&b, zeros, (size_t)desc.key_size));
        }
        close_both();
    }
}
static void a_smaller_cache_keeps_the_most_recent(void) {
    unsigned i;
    open_both(2, 4);
    fill(&a, 8);
    CHECK_STATUS(save(&a, &first), PK_OK);
    CHECK_STATUS(pk_cache_close(&b), PK_OK);
    desc.capacity = 3;
    open_one(&b);
    CHECK_STATUS(load(&b, &first, 0), PK_OK);
    CHECK_EQ(pk_cache_count(&b), 3);
    for (i = 6; i <= 8; i++) CHECK(holds(&b, i, 100 + i));
    close_both();
}
static void portions_of_any_size_do(void) {
    size_t portion;
    open_both(0, 0);
    CHECK_STATUS(pk_cache_put(&a, "long", 4, first.bytes, 200, 0), PK_OK);
    CHECK_STATUS(pk_cache_put(&a, "short", 5, "1", 1, 0), PK_OK);
    CHECK_STATUS(save(&a, &first), PK_OK);
    for (portion = 1; portion < 60; portion += portion < 14 ? 1 : 13) {
        second.len = 0;
        rewind_tape(&second);
        second.portion = portion;
        CHECK_STATUS(pk_cache_save(&a, write_tape, &second), PK_OK);
        CHECK(same_tapes());
        rewind_tape(&second);
        second.portion = portion;
        CHECK_STATUS(pk_cache_load(&b, read_tape, &second, 0, &kept), PK_OK);
        CHECK_EQ(kept, 2);
    }
    close_both();
}
static void failing_callbacks_are_io_errors(void) {
    static const size_t answers[] = {PK_CACHE_IO_FAILED, PK_CACHE_IO_LATER, TAPE};
    size_t good, i;
    open_both(2, 4);
    fill(&a, 5);
    CHECK_STATUS(save(&a, &first), PK_OK);
    for (good = 0; good + 9 < first.len; good += 9) {
        second.len = 0;
        rewind_tape(&second);
        second.portion = 9;
        second.good = good;
        CHECK_STATUS(pk_cache_save(&a, write_tape, &second), PK_IO);
        CHECK_EQ(pk_cache_count(&a), 5);
        for (i = 0; i < 3; i++) {
            fill(&b, 1);
            rewind_tape(&first);
            first.portion = 9;
            first.good = good;
            first.answer = answers[i];
            CHECK_STATUS(pk_cache_load(&b, read_tape, &first, 0, &kept), PK_IO);
            CHECK_EQ(pk_cache_count(&b), good < 44 ? 1 : 0); /* nothing was read of it */
            CHECK_EQ(kept, 0);
        }
    }
    CHECK_STATUS(save(&a, &second), PK_OK); /* it works on, and so does b */
    CHECK(same_tapes());
    CHECK_STATUS(load(&b, &first, 0), PK_OK);
    CHECK_EQ(kept, 5);
    close_both();
}
static void steps_are_bounded_and_wait(void) {
    static pk_cache_transfer t;
    pk_status status;
    unsigned steps = 0;
    open_both(2, 4);
    fill(&a, 8);
    CHECK_STATUS(save(&a, &first), PK_OK);
    second.len = 0;
    rewind_tape(&second);
    CHECK_STATUS(pk_cache_save_begin(&a, &t, write_tape, &second), PK_OK);
    CHECK_STATUS(pk_cache_save(&a, write_tape, &second), PK_BUSY);
    CHECK_STATUS(pk_cache_close(&a), PK_BUSY);
    second.good = 50; /* the second buffer can't be written for now */
    second.answer = PK_CACHE_IO_LATER;
    while ((status = pk_cache_save_step(&t, 1)) == PK_AGAIN && steps < 30) steps++;
    CHECK_STATUS(status, PK_AGAIN);
    second.good = TAPE;
    while ((status = pk_cache_save_step(&t, 1)) == PK_AGAIN) steps++;
    CHECK_STATUS(status, PK_OK);
    CHECK(steps >= 8);
    CHECK(same_tapes());
    CHECK_STATUS(pk_cache_save_step(&t, 1), PK_INVALID); /* it is over */
    steps = 0;
    rewind_tape(&first);
    CHECK_STATUS(pk_cache_load_begin(&b, &t, read_tape, &first, 0), PK_OK);
    first.portion = 20;
    while ((status = pk_cache_load_step(&t, 1)) == PK_AGAIN) {
        first.good = steps % 2 ? TAPE : first.at; /* nothing there every second time */
        first.answer = PK_CACHE_IO_LATER;
        steps++;
    }
    CHECK_STATUS(status, PK_OK);
    CHECK(steps >= 8);
    CHECK_STATUS(save(&b, &second), PK_OK);
    CHECK(same_tapes());
    close_both();
}
static void operations_go_on_between_steps(void) {
    static pk_cache_transfer t;
    uint16_t key;
    uint32_t v;
    unsigned i;
    open_both(2, 4);
    fill(&a, 8);
    second.len = 0;
    rewind_tape(&second);
    CHECK_STATUS(pk_cache_save_begin(&a, &t, write_tape, &second), PK_OK);
    for (i = 0; pk_cache_save_step(&t, 1) == PK_AGAIN; i++) { /* whatever is next is used before it is written */
        for (key = 1; key <= 7; key++) CHECK_STATUS(pk_cache_get(&a, &key, sizeof key, &v, sizeof v, NULL), PK_OK);
        if (i == 2) CHECK_STATUS(pk_cache_remove(&a, (key = 8, &key), sizeof key), PK_OK);
        if (i == 2) put(&a, 9, 109, 0);
        CHECK(i < 40);
    }
    CHECK((second.len - 44 - 12) / 18 <= 16);
    CHECK_STATUS(load(&b, &second, 0), PK_OK);
    for (i = 1; i <= 7; i++) CHECK(holds(&b, i, 100 + i));
    CHECK_STATUS(save(&b, &first), PK_OK);
    CHECK_STATUS(save(&a, &second), PK_OK); /* and no trace is left */
    CHECK_EQ(first.len, second.len);

    CHECK_STATUS(pk_cache_clear(&b), PK_OK);
    rewind_tape(&second); /* what is put while a load goes on is newer than what it loads */
    CHECK_STATUS(pk_cache_load_begin(&b, &t, read_tape, &second, 0), PK_OK);
    for (i = 0; i < 5; i++) CHECK_STATUS(pk_cache_load_step(&t, 1), PK_AGAIN);
    put(&b, 3, 333, 0);
    CHECK_STATUS(pk_cache_clear(&b), PK_OK);
    put(&b, 5, 555, 0);
    CHECK_STATUS(pk_cache_close(&b), PK_BUSY);
    while (pk_cache_load_step(&t, 1) == PK_AGAIN) continue;
    CHECK(holds(&b, 5, 555) && holds(&b, 7, 107));
    rewind_tape(&second);
    CHECK_STATUS(pk_cache_load_begin(&b, &t, read_tape, &second, 0), PK_OK); /* one that nobody ends */
    CHECK_STATUS(pk_cache_load_step(&t, 5), PK_AGAIN);
    CHECK_STATUS(pk_cache_save(&b, write_tape, &first), PK_BUSY);
    pk_cache_transfer_end(&t);
    pk_cache_transfer_end(&t);
    CHECK_STATUS(save(&b, &first), PK_OK);
    close_both();
}
static void salvage_keeps_every_record_that_is_whole(void) {
    size_t i, record = 8 + 2 + 4 + 4;
    open_both(2, 4);
    fill(&a, 8);
    CHECK_STATUS(save(&a, &first), PK_OK);
    for (i = 0; i < first.len; i++) {
        bool in_record = i >= 44 && i < 44 + 8 * record;
        first.bytes[i] ^= 0x40;
        CHECK_STATUS(load(&b, &first, PK_CACHE_SALVAGE), PK_CORRUPT);
        CHECK_EQ(kept, in_record ? 7 : 8);
        CHECK_EQ(pk_cache_count(&b), kept);
        first.bytes[i] ^= 0x40;
    }
    for (i = 0; i < first.len; i++) { /* torn */
        size_t whole = first.len;
        first.len = i;
        CHECK_STATUS(load(&b, &first, PK_CACHE_SALVAGE), PK_CORRUPT);
        CHECK_EQ(kept, i < 44 ? 0 : (i - 44) / record < 8 ? (i - 44) / record : 8);
        first.len = whole;
    }
    memmove(first.bytes + 44 + record, first.bytes + 44, 7 * record); /* good records, but not in their places */
    CHECK_STATUS(load(&b, &first, PK_CACHE_SALVAGE), PK_CORRUPT);
    CHECK_EQ(kept, 1);
    close_both();
}
static void salvage_finds_its_way_where_lengths_are_damaged(void) {
    static const size_t lens[] = {10, 3, 250, 0, 30};
    unsigned i;
    size_t at = 44, k, record[6];
    char key = 'a';
    open_both(0, 0);
    for (i = 0; i < 5; i++, key++) {
        CHECK_STATUS(pk_cache_put(&a, &key, 1, second.bytes, lens[i], 0), PK_OK);
        record[i] = at;
        at += 20 + 1 + lens[i] + 4;
    }
    record[5] = at;
    CHECK_STATUS(save(&a, &first), PK_OK);
    CHECK_EQ(first.len, at + 12);
    for (i = 0; i < 5; i++)
        for (k = record[i]; k < record[i + 1]; k += k - record[i] < 24 ? 1 : 17) {
            first.bytes[k] ^= 1;
            CHECK_STATUS(load(&b, &first, PK_CACHE_SALVAGE), PK_CORRUPT);
            CHECK_EQ(kept, 4);
            CHECK_STATUS(load(&b, &first, 0), PK_CORRUPT);
            CHECK_EQ(pk_cache_count(&b), 0);
            first.bytes[k] ^= 1;
        }
    close_both();
}
static void bytes_that_follow_are_not_looked_at(void) { /* flash is longer than what was written to it */
    open_both(2, 4);
    fill(&a, 3);
    memset(first.bytes, 0xFF, sizeof first.bytes);
    CHECK_STATUS(save(&a, &first), PK_OK);
    first.len = TAPE;
    CHECK_STATUS(load(&b, &first, 0), PK_OK);
    CHECK_EQ(kept, 3);
    close_both();
}
static void the_checksum_is_crc_32c(void) { /* RFC 3720, B.4 */
    unsigned char bytes[32];
    unsigned i, n;
    uint32_t whole;
    memset(bytes, 0, sizeof bytes);
    CHECK(pk__cache_crc(0, "123456789", 9) == 0xE3069283u);
    CHECK(pk__cache_crc(0, bytes, 32) == 0x8A9136AAu);
    memset(bytes, 0xFF, sizeof bytes);
    CHECK(pk__cache_crc(0, bytes, 32) == 0x62A8AB43u);
    for (i = 0; i < 32; i++) bytes[i] = (unsigned char)i;
    whole = pk__cache_crc(0, bytes, 32);
    CHECK(whole == 0x46DD794Eu);
    for (n = 0; n <= 32; n++) { /* in any parts */
        uint32_t crc = pk__cache_crc(pk__cache_crc(0, bytes, n), bytes + n, 32 - n), bit = 0xFFFFFFFFu;
        CHECK(crc == whole);
        for (i = 0; i < n * 8; i++) bit = (bit >> 1) ^ (((bit ^ (uint32_t)bytes[i / 8] >> i % 8) & 1) ? 0x82F63B78u : 0);
        CHECK(pk__cache_crc(0, bytes, n) == ~bit);
    }
}

TESTS {
    RUN("K41", "a cache comes back whole and in order, and saved again gives the same bytes", a_cache_comes_back_whole_and_in_order)
    RUN("K41", "an empty cache comes back empty", an_empty_cache_comes_back_empty)
    RUN("K41", "keys and values of varying lengths come back, longer than the buffer too", lengths_that_vary_come_back)
    RUN("K41", "and where only one of the two varies", only_one_length_varies)
    RUN("K41", "times to live go on where they stood", times_to_live_go_on)
    RUN("K41", "with a wall clock they age while they lie", with_a_wall_clock_they_age_while_they_lie)
    RUN("K41", "a cache without a clock takes none", without_a_clock_there_are_no_times)
    RUN("K43", "other sizes, schemas and versions are refused and change nothing", what_does_not_fit_is_refused_and_changes_nothing)
    RUN("K41", "a smaller cache keeps the most recent", a_smaller_cache_keeps_the_most_recent)
    RUN("K41", "callbacks may take and give portions of any size", portions_of_any_size_do)
    RUN("K43", "callbacks that fail are PK_IO, and the cache is usable", failing_callbacks_are_io_errors)
    RUN("K41", "steps are bounded, and wait for a callback that has nothing now", steps_are_bounded_and_wait)
    RUN("K41", "operations go on between steps", operations_go_on_between_steps)
    RUN("K43", "salvage keeps every record that is whole", salvage_keeps_every_record_that_is_whole)
    RUN("K43", "salvage finds its way where lengths are damaged", salvage_finds_its_way_where_lengths_are_damaged)
    RUN("K41", "bytes that follow a snapshot are not looked at", bytes_that_follow_are_not_looked_at)
    RUN("K41", "the checksum is CRC-32C", the_checksum_is_crc_32c)
}
