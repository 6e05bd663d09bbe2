/* targets: all */
/* Object pools: what goes out, comes back, and is counted. */
#include "../../perfkit_pool.h"
#include "../support/test.h"

enum { OBJECTS = 11, SIZE = 6 };
static unsigned char memory[PK_POOL_BYTES(SIZE, 0, OBJECTS)];
static pk_pool pool;
static unsigned char *out[OBJECTS + 1];

static uint8_t events;
static pk_event last;
static void see(void *user, const pk_event *event) {
    CHECK(user == &last);
    events++;
    last = *event;
}
static void open_pool(void) {
    pk_pool_desc desc;
    uint32_t cursor = 0;
    void *object;
    while ((object = pk_pool_next(&pool, &cursor)) != NULL) (void)pk_pool_release(&pool, object); /* of the test before */
    (void)pk_pool_close(&pool);
    memset(&desc, 0, sizeof desc);
    desc.name = "jobs";
    desc.object_size = SIZE;
    desc.capacity = OBJECTS;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    desc.on_event = see;
    desc.user = &last;
    memset(memory, 0xA5, sizeof memory); /* memory comes dirty */
    events = 0;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
}
static uint8_t take_all(void) {
    uint8_t n = 0;
    while (n <= OBJECTS && (out[n] = (unsigned char *)pk_pool_acquire(&pool)) != NULL) n++;
    return n;
}
static void give_back(uint8_t n) {
    while (n > 0) CHECK_STATUS(pk_pool_release(&pool, out[--n]), PK_OK);
}

static void all_objects_come_once(void) {
    uint8_t i, j, n;
    open_pool();
    n = take_all();
    CHECK_EQ(n, OBJECTS);
    for (i = 0; i < n; i++) {
        CHECK(out[i] >= memory && out[i] + SIZE <= memory + sizeof memory);
        for (j = 0; j < i; j++) CHECK(out[i] >= out[j] + SIZE || out[j] >= out[i] + SIZE);
        memset(out[i], i, SIZE);
    }
    for (i = 0; i < n; i++)
        for (j = 0; j < SIZE; j++) CHECK_EQ(out[i][j], i); /* the pool's own data is elsewhere */
    give_back(n);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void exhaustion_is_null_counted_and_told(void) {
    pk_pool_stats stats;
    open_pool();
    CHECK_EQ(take_all(), OBJECTS);
    CHECK(pk_pool_acquire(&pool) == NULL);
    CHECK_EQ(events, 2);
    CHECK_EQ(last.kind, PK_POOL_EVENT_EXHAUSTED);
    CHECK_EQ(last.status, PK_EXHAUSTED);
    CHECK_EQ(last.a, OBJECTS);
    CHECK_EQ(last.b, OBJECTS);
    CHECK_TEXT(last.object, "jobs");
    pk_pool_get_stats(&pool, &stats);
#if PERFKIT_STATS
    CHECK_EQ(stats.exhausted, 2);
#endif
    CHECK_EQ(stats.misused, 0);
    CHECK_EQ(pk_pool_count(&pool), OBJECTS);
    CHECK_STATUS(pk_pool_release(&pool, out[4]), PK_OK); /* and goes on afterwards */
    CHECK(pk_pool_acquire(&pool) == out[4]);
}
static void last_released_is_first_acquired(void) {
    open_pool();
    (void)take_all();
    CHECK_STATUS(pk_pool_release(&pool, out[7]), PK_OK);
    CHECK_STATUS(pk_pool_release(&pool, out[2]), PK_OK);
    CHECK(pk_pool_acquire(&pool) == out[2]);
    CHECK(pk_pool_acquire(&pool) == out[7]);
}
static void released_objects_keep_their_bytes(void) {
    uint8_t i;
    open_pool();
    out[0] = (unsigned char *)pk_pool_acquire(&pool);
    for (i = 0; i < SIZE; i++) out[0][i] = (unsigned char)(i + 1);
    CHECK_STATUS(pk_pool_release(&pool, out[0]), PK_OK);
    CHECK(pk_pool_acquire(&pool) == out[0]);
    for (i = 0; i < SIZE; i++) CHECK_EQ(out[0][i], i + 1);
}
static void figures_add_up(void) {
    pk_pool_stats stats;
    uint8_t step, n = 0, high = 0, refused = 0;
    open_pool();
    for (step = 0; step < 200; step++) {
        if (test_random() & 0x10000) {
            if ((out[n] = (unsigned char *)pk_pool_acquire(&pool)) != NULL)
                n++;
            else
                refused++;
        } else if (n > 0) {
            uint8_t which = (uint8_t)(test_random() >> 8) % n;
            CHECK_STATUS(pk_pool_release(&pool, out[which]), PK_OK);
            out[which] = out[--n];
        }
        if (n > high) high = n;
        pk_pool_get_stats(&pool, &stats);
        CHECK_EQ(stats.active, n);
        CHECK_EQ(stats.active + stats.idle, stats.capacity);
        CHECK_EQ(stats.capacity, OBJECTS);
        CHECK_EQ(stats.max_capacity, OBJECTS);
        CHECK_EQ(stats.high_water, high);
        CHECK_EQ(pk_pool_high_water(&pool), high);
        CHECK_EQ(pk_pool_count(&pool), n);
        CHECK_EQ(stats.utilization, (long)n * 10000 / OBJECTS);
#if PERFKIT_STATS
        CHECK_EQ(stats.exhausted, refused);
#endif
    }
    CHECK_TEXT(stats.name, "jobs");
    CHECK_EQ(pk_pool_capacity(&pool), OBJECTS);
}
static void indices_and_addresses_agree(void) {
    uint8_t i;
    open_pool();
    (void)take_all();
    for (i = 0; i < OBJECTS; i++) {
        CHECK(pk_pool_at(&pool, pk_pool_index_of(&pool, out[i])) == out[i]);
        CHECK(pk_pool_index_of(&pool, pk_pool_at(&pool, i)) == i);
        CHECK(pk_pool_index_of(&pool, out[i] + 1) == PK_POOL_NO_INDEX);
        CHECK(pk_pool_owns(&pool, out[i]));
    }
    CHECK(pk_pool_at(&pool, OBJECTS) == NULL);
    CHECK(pk_pool_at(&pool, PK_POOL_NO_INDEX) == NULL);
    CHECK_STATUS(pk_pool_release(&pool, out[3]), PK_OK);
    CHECK(!pk_pool_owns(&pool, out[3]));
    CHECK(pk_pool_index_of(&pool, out[3]) != PK_POOL_NO_INDEX); /* its place stays */
    CHECK(!pk_pool_owns(&pool, NULL));
    CHECK(!pk_pool_owns(&pool, &events));
    CHECK_EQ(events, 1); /* asking is no misuse: that one is take_all's */
}
static void next_visits_what_is_out(void) {
    uint32_t cursor = 0;
    uint16_t seen = 0, want = 0;
    uint8_t i;
    void *object;
    open_pool();
    CHECK(pk_pool_next(&pool, &cursor) == NULL);
    (void)take_all();
    for (i = 0; i < OBJECTS; i++)
        if (i % 3 == 1)
            want = (uint16_t)(want | 1u << pk_pool_index_of(&pool, out[i]));
        else
            CHECK_STATUS(pk_pool_release(&pool, out[i]), PK_OK);
    for (cursor = 0; (object = pk_pool_next(&pool, &cursor)) != NULL;) {
        uint32_t index = pk_pool_index_of(&pool, object);
        CHECK(index < OBJECTS && !(seen >> index & 1));
        seen = (uint16_t)(seen | 1u << index);
        CHECK_STATUS(pk_pool_release(&pool, object), PK_OK); /* allowed meanwhile */
    }
    CHECK_EQ(seen, want);
    CHECK_EQ(pk_pool_count(&pool), 0);
}
static void close_with_objects_out_is_busy(void) {
    open_pool();
    (void)take_all();
    CHECK_STATUS(pk_pool_close(&pool), PK_BUSY);
    CHECK_EQ(pk_pool_count(&pool), OBJECTS); /* nothing has changed */
    give_back(OBJECTS);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
    CHECK(pk_pool_acquire(&pool) == NULL); /* closed: refuses, and says so */
    CHECK_STATUS(pk_pool_release(&pool, out[0]), PK_INVALID);
    CHECK_EQ(pk_pool_count(&pool), 0);
    CHECK_EQ(pk_pool_capacity(&pool), 0);
}

TESTS {
    RUN("P32", "as many objects as the capacity, none overlapping another or the pool's own data", all_objects_come_once)
    RUN("P16 P26", "an exhausted pool gives NULL, counts it, reports used and capacity, and goes on",
        exhaustion_is_null_counted_and_told)
    RUN("P32", "the object released last is acquired first", last_released_is_first_acquired)
    RUN("P32", "a released object's bytes are not touched", released_objects_keep_their_bytes)
    RUN("P13 P17 P34", "active + idle = capacity, the high-water mark and the utilization follow every operation",
        figures_add_up)
    RUN("P32", "an object has an index, which leads back to it", indices_and_addresses_agree)
    RUN("P32", "next visits each object that is out once", next_visits_what_is_out)
    RUN("P32", "closing with objects out is PK_BUSY and changes nothing; closing twice is harmless",
        close_with_objects_out_is_busy)
}
