/* targets: all */
/* Object pools: every wrong release is refused, and leaves the pool as it was. */
#include "../../perfkit_pool.h"
#include "../support/test.h"
#include "../support/pools.h"

#if defined __SANITIZE_ADDRESS__
#define WATCHED 1
#elif defined __has_feature
#define WATCHED (__has_feature(address_sanitizer) || __has_feature(memory_sanitizer))
#else
#define WATCHED 0
#endif
enum { OBJECTS = 9, LARGEST = 24, AROUND = 64, MORE = PK__FULL ? 1024 : 0 }; /* more: for locks, lines of their own, handles */
static unsigned char memory[AROUND + PK_POOL_BYTES(LARGEST, 16, OBJECTS) + OBJECTS * sizeof(pk_handle) + MORE + AROUND];
static volatile bool watched = WATCHED; /* a sanitizer would complain about reading free objects */
static pk_pool pool;
static void *out[OBJECTS];
static uint16_t events;
static pk_event last;

static void see(void *user, const pk_event *event) {
    (void)user;
    events++;
    last = *event;
}
/* Every form of pool that this build has. */
enum { PLAIN, HANDLES, GROWING, LOCKED, CACHED, RACEPROOF, INTRUSIVE, LOCK_FREE, MAKING, FORMS };
static uint8_t form;
#if PERFKIT_POOL_CACHES
static pk_pool_cache cache;
#endif
#if PERFKIT_POOL_INIT
static pk_status make(void *object, void *user) {
    (void)object;
    (void)user;
    return PK_OK;
}
#endif
static pk_status release(void *object) {
#if PERFKIT_POOL_CACHES
    if (form == CACHED) return pk_pool_cache_release(&cache, object);
#endif
    return pk_pool_release(&pool, object);
}
static bool open_form(uint8_t which, size_t object_size, size_t align) {
    pk_pool_desc desc;
    uint32_t cursor = 0;
    void *object;
    pk_status status;
    while ((object = pk_pool_next(&pool, &cursor)) != NULL) (void)pk_pool_release(&pool, object); /* of the test before */
    (void)pk_pool_close(&pool);
    pool_describe_in(&desc, object_size, OBJECTS, memory + AROUND, sizeof memory - 2 * AROUND);
    desc.align = align;
    desc.on_event = see;
    desc.handles = which == HANDLES;
    desc.threads = which == LOCKED || which == CACHED || which == RACEPROOF;
    desc.check = which == RACEPROOF ? PK_POOL_RACEPROOF : PK_POOL_CHECKED;
    desc.max_capacity = which == GROWING ? OBJECTS + 1 : 0;
    desc.intrusive = which == INTRUSIVE;
    desc.lock_free = which == LOCK_FREE;
#if PERFKIT_POOL_INIT
    if (which == MAKING) desc.init = make;
#else
    if (which == MAKING) return false;
#endif
    form = which;
    events = 0;
    status = pk_pool_init(&pool, &desc);
    if (status == PK_UNSUPPORTED || (status == PK_NO_MEMORY && which == GROWING && !PERFKIT_HEAP)) return false;
    CHECK_STATUS(status, PK_OK);
#if PERFKIT_POOL_CACHES
    if (form == CACHED) CHECK_STATUS(pk_pool_cache_init(&cache, &pool, 16), PK_OK);
#else
    if (form == CACHED) return false;
#endif
    return true;
}
static void open_pool(size_t object_size, size_t align) { CHECK(open_form(PLAIN, object_size, align)); }

/* What is in the pool, but for the figures: wrong releases leave all of it as it was. */
static struct {
    unsigned char bytes[sizeof memory];
    pk_pool whole;
} before;
static void remember(void) {
    memcpy(&before.whole, &pool, sizeof pool);
    if (!watched) memcpy(before.bytes, memory, sizeof memory);
}
static void check_unchanged(uint32_t refused) {
    CHECK_EQ(events, refused);
#if PERFKIT_STATS
    {
        pk_pool_stats stats;
        pk_pool_get_stats(&pool, &stats);
        CHECK_EQ(stats.misused, refused);
    }
#endif
    memcpy(before.whole.failed, pool.failed, sizeof pool.failed);
    CHECK(memcmp(&before.whole, &pool, sizeof pool) == 0);
    if (!watched) CHECK(memcmp(before.bytes, memory, sizeof memory) == 0);
}

/* Objects 1, 3, 5 … are free; releases at every address near the pool: right only where an object that is out begins. */
static void every_offset(void) {
    unsigned char *at;
    unsigned i, right = 0, refused = 0;
    for (i = 0; i < OBJECTS; i++) CHECK((out[i] = pk_pool_acquire(&pool)) != NULL);
    for (i = 1; i < OBJECTS; i += 2) CHECK_STATUS(release(out[i]), PK_OK);
    remember();
    for (at = memory; at < memory + sizeof memory; at++) {
        bool is_out = false;
        for (i = 0; i < OBJECTS; i += 2) is_out = is_out || out[i] == at;
        if (is_out) {
            CHECK(pk_pool_owns(&pool, at));
            right++;
            continue;
        }
        CHECK(!pk_pool_owns(&pool, at));
        CHECK_STATUS(release(at), PK_INVALID);
        refused++;
    }
    CHECK_EQ(right, (OBJECTS + 1) / 2);
    CHECK_EQ(refused, sizeof memory - right);
    check_unchanged(refused);
    CHECK_EQ(pk_pool_count(&pool), right);
#if PERFKIT_POOL_CACHES
    if (form == CACHED) pk_pool_cache_close(&cache);
    if (form == CACHED) form = LOCKED;
    else
#endif
        for (i = 1; i < OBJECTS; i += 2) CHECK(pk_pool_acquire(&pool) == out[OBJECTS / 2 * 2 - i]); /* the stack is whole */
    for (i = 0; i < OBJECTS; i++)
        if (pk_pool_owns(&pool, out[i])) CHECK_STATUS(release(out[i]), PK_OK);
    CHECK_EQ(pk_pool_count(&pool), 0);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void every_form(size_t object_size, size_t align) {
    uint8_t which;
    for (which = PLAIN; which < FORMS; which++)
        if (open_form(which, object_size, align)) every_offset();
}
static void odd_sizes(void) {
    every_form(1, 0);
    every_form(3, 0);
    every_form(7, 1);
    every_form(21, 0);
}
static void even_sizes(void) {
    every_form(2, 0);
    every_form(12, 0);
    every_form(16, 0);
    every_form(24, 8);
    every_form(20, 16);
}
#if PERFKIT_POOL_HANDLES
/* Handles of many uses of each slot, all over; those that are held, with a bit wrong; and objects that handles hold, by pointer. */
static void stale_handles(void) {
    enum { USES = 5 };
    pk_handle old[(int)USES * (int)OBJECTS], held[OBJECTS], bit;
    uint32_t refused = 0;
    unsigned use, i;
    if (!open_form(HANDLES, 8, 0)) return;
    for (use = 0; use <= USES; use++) {
        for (i = 0; i < OBJECTS; i++) CHECK_STATUS(pk_pool_acquire_handle(&pool, &held[i], &out[i]), PK_OK);
        if (use == USES) break; /* these stay */
        for (i = 0; i < OBJECTS; i++) CHECK_STATUS(pk_pool_release_handle(&pool, old[use * (unsigned)OBJECTS + i] = held[i]), PK_OK);
    }
    for (i = 1; i < OBJECTS; i += 2) CHECK_STATUS(pk_pool_release_handle(&pool, held[i]), PK_OK);
    remember();
    for (i = 0; i < (unsigned)USES * (unsigned)OBJECTS; i++, refused++) {
        CHECK(pk_pool_get(&pool, old[i]) == NULL);
        CHECK_STATUS(pk_pool_release_handle(&pool, old[i]), PK_STALE);
    }
    for (i = 0; i < OBJECTS; i++) {
        for (bit = 1; bit != 0; bit = (pk_handle)(bit << 1)) {
            pk_handle altered = (pk_handle)(held[i] ^ bit);
            bool right = false; /* by chance another that is held */
            for (use = 0; use < OBJECTS; use += 2) right = right || held[use] == altered;
            if (right) continue;
            CHECK(pk_pool_get(&pool, altered) == NULL);
            CHECK(pk_pool_release_handle(&pool, altered) != PK_OK);
            refused++;
        }
        CHECK_STATUS(pk_pool_release(&pool, out[i]), PK_INVALID);
        CHECK((pk_pool_get(&pool, held[i]) == out[i]) == (i % 2 == 0));
        refused++;
    }
    CHECK_STATUS(pk_pool_release_handle(&pool, 0), PK_INVALID);
    check_unchanged(refused + 1);
    for (i = 0; i < OBJECTS; i += 2) CHECK_STATUS(pk_pool_release_handle(&pool, held[i]), PK_OK);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
#define RUN_STALE_HANDLES \
    RUN("P33 C29", "every stale, altered or foreign handle is refused and counted, and nothing else has changed", stale_handles)
#else
#define RUN_STALE_HANDLES
#endif
static void far_away(void) {
    size_t offset = 1;
    open_pool(12, 0);
    out[0] = pk_pool_acquire(&pool);
    for (; offset != 0; offset <<= 1) { /* every power of two around the object */
        CHECK_STATUS(pk_pool_release(&pool, (void *)((uintptr_t)out[0] + offset)), PK_INVALID);
        CHECK_STATUS(pk_pool_release(&pool, (void *)((uintptr_t)out[0] - offset)), PK_INVALID);
        CHECK_STATUS(pk_pool_release(&pool, (void *)((uintptr_t)out[0] + 12 * offset + 4)), PK_INVALID);
    }
    CHECK_STATUS(pk_pool_release(&pool, NULL), PK_INVALID);
    CHECK_STATUS(pk_pool_release(&pool, &events), PK_INVALID);
    CHECK_STATUS(pk_pool_release(&pool, out[0]), PK_OK);
}
static void never_acquired(void) {
    uint8_t i;
    open_pool(8, 0);
    for (i = 0; i < OBJECTS; i++) CHECK_STATUS(pk_pool_release(&pool, pk_pool_at(&pool, i)), PK_INVALID);
    out[0] = pk_pool_acquire(&pool);
    CHECK_STATUS(pk_pool_release(&pool, pk_pool_at(&pool, 1)), PK_INVALID);
    CHECK_EQ(pk_pool_count(&pool), 1);
}
static void reported_once(void) {
    open_pool(8, 0);
    out[0] = pk_pool_acquire(&pool);
    out[1] = pk_pool_acquire(&pool);
    CHECK_STATUS(pk_pool_release(&pool, out[0]), PK_OK);
    CHECK_EQ(events, 0);
    CHECK_STATUS(pk_pool_release(&pool, out[0]), PK_INVALID);
    CHECK_EQ(events, 1);
    CHECK_EQ(last.kind, PK_POOL_EVENT_MISUSE);
    CHECK_EQ(last.status, PK_INVALID);
    CHECK_EQ(last.a, 1);
    CHECK_EQ(last.b, OBJECTS);
    pk_pool_set_on_event(&pool, NULL, NULL); /* only counted from here */
    CHECK_STATUS(pk_pool_release(&pool, out[0]), PK_INVALID);
    CHECK_EQ(events, 1);
}
/* A random mixture of right and wrong releases: every object is out at most once, always. */
static void fuzz(void) {
    uint16_t step;
    uint16_t is_out = 0;
    open_pool(10, 0);
    for (step = 0; step < 3000; step++) {
        uint32_t random = test_random();
        if (random & 0x100) {
            void *object = pk_pool_acquire(&pool);
            uint32_t index = pk_pool_index_of(&pool, object);
            CHECK((object == NULL) == (is_out == (1u << OBJECTS) - 1));
            if (object == NULL) continue;
            CHECK(!(is_out >> index & 1));
            is_out = (uint16_t)(is_out | 1u << index);
        } else {
            uint8_t i = (uint8_t)(random >> 16) % OBJECTS, skew = random & 0x1000 ? (uint8_t)(random >> 24) % 10 : 0;
            bool right = skew == 0 && is_out >> i & 1;
            CHECK_STATUS(pk_pool_release(&pool, (unsigned char *)pk_pool_at(&pool, i) + skew), right ? PK_OK : PK_INVALID);
            if (right) is_out = (uint16_t)(is_out & ~(1u << i));
        }
    }
}

TESTS {
    RUN("P33", "in every form, at every byte offset: foreign, misaligned and double releases are refused and counted; nothing changes",
        odd_sizes)
    RUN("P33", "the same with sizes that have a power of two in them", even_sizes)
    RUN_STALE_HANDLES
    RUN("P33", "addresses far away are foreign", far_away)
    RUN("P33", "an object that was never out can't be released", never_acquired)
    RUN("P33", "each misuse is reported once, with the objects out and the capacity", reported_once)
    RUN("P33", "random right and wrong releases never hand an object out twice", fuzz)
}
