/* targets: hosted */
/* Objects that are expensive to make (init, fini), and lock-free pools, by one thread. */
#define PERFKIT_POOL_IMPLEMENTATION
#include "../../perfkit_pool.h"
#include "../support/test.h"
#include "../support/pools.h"

typedef struct thing {
    int *buffer; /* made once */
    int state;
} thing;
static int made, unmade, resets, fail_at;
static pk_pool pool;
static pk_event last;

static void see(void *user, const pk_event *event) {
    (void)user;
    last = *event;
}
static pk_status make(void *object, void *user) {
    (void)user;
    if (made == fail_at) {
        fail_at = -1;
        return PK_IO;
    }
    ((thing *)object)->buffer = (int *)malloc(sizeof(int));
    ((thing *)object)->state = 99;
    made++;
    return PK_OK;
}
static void unmake(void *object, void *user) {
    (void)user;
    free(((thing *)object)->buffer);
    unmade++;
}
static void reset(void *object, void *user) {
    (void)user;
    ((thing *)object)->state = 0;
    *((thing *)object)->buffer = 0;
    resets++;
}
static pk_pool_desc things(uint32_t capacity, uint32_t max_capacity) {
    pk_pool_desc desc = pool_desc_of(sizeof(thing), capacity, max_capacity);
    desc.init = make;
    desc.fini = unmake;
    desc.reset = reset;
    desc.on_event = see;
    made = unmade = resets = 0;
    fail_at = -1;
    return desc;
}
static void made_once(void) {
    pk_pool_desc desc = things(3, 50);
    thing *out[50];
    int round, i;
    uint8_t form;
    for (form = 0; form < 3; form++) { /* plain, with threads, unchecked */
        desc = things(3, 50);
        desc.threads = form == 1;
        desc.check = form == 2 ? PK_POOL_UNCHECKED : PK_POOL_CHECKED;
        CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
        CHECK_EQ(made, 0);
        for (round = 0; round < 4; round++) {
            for (i = 0; i < 50; i++) {
                out[i] = (thing *)pk_pool_acquire(&pool);
                CHECK(out[i] != NULL && out[i]->state == 0 && *out[i]->buffer == 0); /* always as reset leaves it */
                CHECK_EQ(made, round == 0 ? i + 1 : 50);
                out[i]->state = *out[i]->buffer = i + 1;
            }
            for (i = 0; i < 50; i++) {
                CHECK_EQ(out[i]->state, i + 1);
                CHECK_STATUS(pk_pool_release(&pool, out[i]), PK_OK);
                CHECK_STATUS(pk_pool_release(&pool, out[i]), PK_INVALID);
            }
        }
        CHECK_EQ(unmade, 0);
        CHECK(pk_pool_trim(&pool) > 0);
        CHECK_EQ(unmade, 47); /* those of the chunks */
        out[0] = (thing *)pk_pool_acquire(&pool);
        CHECK_EQ(made, 50);
        CHECK_STATUS(pk_pool_close(&pool), PK_BUSY);
        CHECK_STATUS(pk_pool_release(&pool, out[0]), PK_OK);
        CHECK_STATUS(pk_pool_close(&pool), PK_OK);
        CHECK_EQ(unmade, 50);
    }
}
static void failing_init_loses_nothing(void) {
    pk_pool_desc desc = things(4, 4);
    pk_pool_stats stats;
    thing *a, *b;
    pk_handle handle = 5;
    void *object = &desc;
    desc.handles = true;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    a = (thing *)pk_pool_acquire(&pool);
    fail_at = 1;
    CHECK(pk_pool_acquire(&pool) == NULL);
    CHECK_EQ(last.status, PK_CREATE_FAILED);
    CHECK_EQ(last.kind, PK_POOL_EVENT_CREATE_FAILED);
    CHECK_EQ(pk_pool_count(&pool), 1);
    fail_at = 1;
    CHECK_STATUS(pk_pool_acquire_handle(&pool, &handle, &object), PK_CREATE_FAILED);
    CHECK(handle == 5 && object == &desc);
    CHECK_EQ(pk_pool_count(&pool), 1);
    CHECK_STATUS(pk_pool_acquire_handle(&pool, &handle, &object), PK_OK); /* tried again */
    CHECK_EQ(made, 2);
    b = (thing *)pk_pool_acquire(&pool);
    CHECK(b != NULL && pk_pool_acquire(&pool) != NULL && pk_pool_acquire(&pool) == NULL);
    CHECK_EQ(last.status, PK_EXHAUSTED);
    pk_pool_get_stats(&pool, &stats);
    CHECK_EQ(stats.create_failed, 2);
    CHECK_EQ(stats.active, 4);
    CHECK_STATUS(pk_pool_release_handle(&pool, handle), PK_OK);
    CHECK_STATUS(pk_pool_release(&pool, pk_pool_at(&pool, 0)), PK_OK);
    CHECK_STATUS(pk_pool_release(&pool, pk_pool_at(&pool, 2)), PK_OK);
    CHECK_STATUS(pk_pool_release(&pool, pk_pool_at(&pool, 3)), PK_OK);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
    CHECK_EQ(unmade, 4);
    (void)a;
}

static void lock_free_by_one_thread(void) {
    pk_pool_desc desc = pool_desc_of(20, 9, 0);
    pk_pool_stats stats;
    void *out[9];
    uint32_t cursor = 0;
    int i, round;
    pk_status status;
    desc.lock_free = true;
    desc.on_event = see;
    status = pk_pool_init(&pool, &desc);
    if (!PK__POOL_CAN_LOCK_FREE) {
        CHECK_STATUS(status, PK_UNSUPPORTED);
        return;
    }
    CHECK_STATUS(status, PK_OK);
    for (round = 0; round < 3; round++) {
        for (i = 0; i < 9; i++) {
            out[i] = pk_pool_acquire(&pool);
            CHECK(out[i] != NULL && pk_pool_owns(&pool, out[i]));
            memset(out[i], i, 20);
        }
        for (i = 0; i < 9; i++) CHECK(pk_pool_next(&pool, &cursor) == pk_pool_at(&pool, (uint32_t)i));
        CHECK_EQ(pk_pool_count(&pool), 9);
        CHECK(pk_pool_acquire(&pool) == NULL);
        CHECK_EQ(last.status, PK_EXHAUSTED);
        for (i = 0; i < 9; i++) {
            CHECK_STATUS(pk_pool_release(&pool, (char *)out[i * 2 % 9] + 4), PK_INVALID);
            CHECK_STATUS(pk_pool_release(&pool, out[i * 2 % 9]), PK_OK);
            CHECK_STATUS(pk_pool_release(&pool, out[i * 2 % 9]), PK_INVALID);
        }
        CHECK(pk_pool_acquire(&pool) == out[7]);
        CHECK_EQ(pk_pool_count(&pool), 1);
        CHECK_STATUS(pk_pool_close(&pool), PK_BUSY);
        CHECK_STATUS(pk_pool_release(&pool, out[7]), PK_OK);
        cursor = 0;
        CHECK(pk_pool_next(&pool, &cursor) == NULL);
        cursor = 0;
    }
    pk_pool_get_stats(&pool, &stats);
    CHECK(stats.high_water == 9 && stats.misused == 54 && stats.exhausted == 3 && stats.active == 0 && stats.idle == 9);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
    desc.max_capacity = 20;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_INVALID);
    desc.max_capacity = 0;
    desc.handles = true;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_INVALID);
    desc.handles = desc.lock_free = false;
    desc.check = PK_POOL_RACEPROOF;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_INVALID); /* one thread has no races */
}

/* Every form with a reset: whoever acquires finds an object as it leaves it, the first time too; and once a pool has grown to what
   is needed it asks for no memory. */
enum { STEADY = 60 };
static void wipe(void *object, void *user) {
    (void)user;
    memset(object, 0x77, 24);
}
static void steady(const char *form, pk_pool_desc desc, bool by_handle, bool by_cache) {
    static pool_memory memory;
    static pk_pool_cache cache;
    static unsigned char *out[STEADY];
    static pk_handle handles[STEADY];
    unsigned round, i, k, allocations = 0, wrong = 0;
    void *object = NULL;
    desc.allocator = pool_memory_begin(&memory);
    desc.reset = wipe;
    desc.handles = by_handle;
    desc.threads = by_cache;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    if (by_cache) CHECK_STATUS(pk_pool_cache_init(&cache, &pool, 32), PK_OK);
    for (round = 0; round < 100; round++) {
        unsigned n = round ? 1 + test_random() % STEADY : (unsigned)STEADY;
        for (i = 0; i < n; i++) {
            object = NULL;
            if (by_handle) (void)pk_pool_acquire_handle(&pool, &handles[i], &object);
            else object = by_cache ? pk_pool_cache_acquire(&cache) : pk_pool_acquire(&pool);
            out[i] = (unsigned char *)object;
            if (object == NULL) {
                wrong++;
                n = i;
                break;
            }
            for (k = 0; k < 24; k++) wrong += out[i][k] != 0x77;
            memset(object, (int)i, 24);
        }
        for (i = 0; i < n; i++)
            wrong += (by_handle  ? pk_pool_release_handle(&pool, handles[i])
                      : by_cache ? pk_pool_cache_release(&cache, out[i])
                                 : pk_pool_release(&pool, out[i])) != PK_OK;
        if (round == 0) allocations = memory.allocations;
    }
    CHECK_TEXT(wrong ? form : "", "");
    CHECK_EQ(memory.allocations, allocations);
    if (by_cache) pk_pool_cache_close(&cache);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void steady_state(void) {
    pk_pool_desc fixed = pool_desc_of(24, STEADY, 0), growing = pool_desc_of(24, 3, STEADY + 40);
    steady("fixed", fixed, false, false);
    steady("growing", growing, false, false);
    steady("fixed, handles", fixed, true, false);
    steady("growing, handles", growing, true, false);
    steady("fixed, cache", pool_desc_of(24, STEADY + 32, 0), false, true);
    steady("growing, cache", growing, false, true);
    growing.check = PK_POOL_UNCHECKED;
    steady("growing, unchecked", growing, false, false);
    growing.intrusive = true;
    steady("intrusive", growing, false, false);
    growing.check = PK_POOL_CHECKED;
    steady("intrusive, checked", growing, false, false);
    fixed.lock_free = true;
    if (PK__POOL_CAN_LOCK_FREE) steady("lock-free", fixed, false, false);
}

TESTS {
    RUN("P27", "in every form an acquired object is as reset leaves it, and the steady state allocates nothing", steady_state)
    RUN("P27", "init runs once for each object, fini when its chunk or the pool goes; an acquired object is as reset leaves it",
        made_once)
    RUN("P27 P15", "an init that fails is PK_CREATE_FAILED, counted, and tried again; nothing is lost", failing_init_loses_nothing)
    RUN("P32 P33", "a lock-free pool by one thread: all of its objects, every misuse refused and counted", lock_free_by_one_thread)
}
