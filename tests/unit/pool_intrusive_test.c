/* targets: all */
/* Pools whose free list lies in their free objects: at file scope everywhere, made at run time in hosted builds. */
#include "../../perfkit_pool.h"
#include "../support/test.h"
#include "../support/pools.h"

typedef struct timer {
    uint32_t due;
    unsigned char rest[5];
} timer;
enum { TIMERS = 9, BYTES = 5 };
PK_POOL_DEFINE_INTRUSIVE(timers, timer, TIMERS)
PK_POOL_DEFINE_INTRUSIVE(bytes, unsigned char, BYTES) /* smaller than a link */

static timer *out[TIMERS];
static void all_and_no_more(void) {
    uint8_t i, j, round;
    for (round = 0; round < 3; round++) { /* fresh ones the first time */
        for (i = 0; i < TIMERS; i++) {
            out[i] = timers_acquire();
            CHECK(out[i] != NULL);
            if (out[i] == NULL) return;
            if (round == 0) CHECK(out[i]->due == 0 && out[i]->rest[4] == 0);
            for (j = 0; j < i; j++) CHECK(out[j] != out[i]);
            memset(out[i], 0xE0 + i, sizeof(timer));
        }
        CHECK(timers_acquire() == NULL);
        CHECK(timers_acquire() == NULL);
        for (i = 0; i < TIMERS; i++) CHECK(out[i]->rest[4] == 0xE0 + i); /* nobody wrote to it */
        for (i = 0; i < TIMERS; i++) timers_release(out[(i * 4 + round) % TIMERS]);
    }
    CHECK_EQ(timers_capacity(), TIMERS);
}
static void last_in_first_out(void) {
    timer *a = timers_acquire(), *b = timers_acquire(), *c = timers_acquire();
    timers_release(a);
    timers_release(c);
    CHECK(timers_acquire() == c);
    timers_release(b);
    CHECK(timers_acquire() == b);
    CHECK(timers_acquire() == a);
    timers_release(c);
    timers_release(b);
    timers_release(a);
}
static void small_types(void) {
    unsigned char *all[BYTES];
    uint8_t i;
    for (i = 0; i < BYTES; i++) {
        all[i] = bytes_acquire();
        *all[i] = i;
    }
    CHECK(bytes_acquire() == NULL);
    for (i = 0; i < BYTES; i++) CHECK_EQ(*all[i], i);
    for (i = 0; i < BYTES; i++) bytes_release(all[i]);
    for (i = BYTES; i > 0; i--) CHECK(bytes_acquire() == all[i - 1]);
    for (i = 0; i < BYTES; i++) bytes_release(all[i]);
}

static unsigned char memory[PK__FULL ? 640 : 100];
#if !PK__FULL
static void not_at_run_time(void) {
    pk_pool_desc desc;
    static pk_pool pool;
    pool_describe_in(&desc, 8, 3, memory, sizeof memory);
    desc.intrusive = true;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_UNSUPPORTED);
}
#else
static pk_pool pool;
static unsigned char *objects[1000];
static pk_pool_desc desc_of(size_t size, uint32_t capacity, uint8_t check) {
    pk_pool_desc desc = pool_desc_of(size, capacity, 0);
    desc.intrusive = true;
    desc.check = check;
    return desc;
}
static void made_at_run_time(void) {
    uint8_t check;
    uint32_t n, i, round, cursor = 0;
    pk_pool_stats stats;
    for (check = PK_POOL_CHECKED; check <= PK_POOL_UNCHECKED; check++) {
        pk_pool_desc desc = desc_of(12, 10, check);
        desc.max_capacity = 1000; /* over several chunks */
        CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
        for (round = 0; round < 3; round++) {
            for (n = 0; (objects[n] = (unsigned char *)pk_pool_acquire(&pool)) != NULL; n++) {
                memset(objects[n], (int)(n & 255), 12);
                if (n == 999) break;
            }
            CHECK_EQ(n, 999);
            CHECK(pk_pool_acquire(&pool) == NULL);
            CHECK_EQ(pk_pool_count(&pool), 1000);
            for (i = 0; i < 1000; i++) {
                CHECK_EQ(objects[i][11], i & 255);
                if (check == PK_POOL_CHECKED) CHECK(pk_pool_owns(&pool, objects[i]));
                CHECK_STATUS(pk_pool_release(&pool, objects[i]), PK_OK);
            }
            CHECK_EQ(pk_pool_count(&pool), 0);
            CHECK(pk_pool_acquire(&pool) == objects[999]);
            CHECK_STATUS(pk_pool_close(&pool), PK_BUSY);
            CHECK_STATUS(pk_pool_release(&pool, objects[999]), PK_OK);
        }
        pk_pool_get_stats(&pool, &stats);
        CHECK_EQ(stats.high_water, 1000);
        CHECK_EQ(stats.idle, 1000);
        CHECK_EQ(stats.exhausted, 3);
        CHECK(pk_pool_next(&pool, &cursor) == NULL);
        CHECK_EQ(pk_pool_trim(&pool), 0);
        CHECK_STATUS(pk_pool_close(&pool), PK_OK);
    }
}
static void checks_as_others_do(void) {
    pk_pool_desc desc = desc_of(24, 40, PK_POOL_CHECKED);
    pk_pool_stats stats;
    uint32_t i, k, refused = 0;
    desc.memory = memory; /* 40 * 24 do not fit */
    desc.memory_size = sizeof memory;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_NO_MEMORY);
    desc.capacity = 7;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    CHECK(pk_pool_memory_needed(&desc) <= sizeof memory);
    for (i = 0; i < 7; i++) objects[i] = (unsigned char *)pk_pool_acquire(&pool);
    for (i = 1; i < 7; i += 2) CHECK_STATUS(pk_pool_release(&pool, objects[i]), PK_OK);
    for (i = 0; i < 7; i++)
        for (k = 0; k < 24; k++) {
            if (k == 0 && i % 2 == 0) continue;
            CHECK_STATUS(pk_pool_release(&pool, objects[i] + k), PK_INVALID);
            refused++;
        }
    CHECK_STATUS(pk_pool_release(&pool, &desc), PK_INVALID);
    pk_pool_get_stats(&pool, &stats);
    CHECK_EQ(stats.misused, refused + 1);
    CHECK_EQ(stats.active, 4);
    CHECK(pk_pool_acquire(&pool) == objects[5] && pk_pool_acquire(&pool) == objects[3] && pk_pool_acquire(&pool) == objects[1]);
    CHECK(pk_pool_acquire(&pool) == NULL);
    for (i = 0; i < 7; i++) CHECK_STATUS(pk_pool_release(&pool, objects[i]), PK_OK);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void wipe(void *object, void *user) { memset(object, *(int *)user, 24); }
static void reset_comes_last(void) {
    pk_pool_desc desc = desc_of(24, 3, PK_POOL_UNCHECKED);
    int pattern = 7, round, i;
    desc.reset = wipe;
    desc.user = &pattern;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    for (round = 0; round < 3; round++) {
        unsigned char *object = (unsigned char *)pk_pool_acquire(&pool);
        for (i = 0; i < 24; i++) CHECK_EQ(object[i], 7);
        memset(object, 9, 24);
        CHECK_STATUS(pk_pool_release(&pool, object), PK_OK);
    }
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}
static void what_does_not_go_together(void) {
    pk_pool_desc desc = desc_of(8, 3, PK_POOL_CHECKED);
    desc.handles = true;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_INVALID);
    desc = desc_of(8, 3, PK_POOL_CHECKED);
    desc.no_touch = true;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_INVALID);
}
#endif

TESTS {
    RUN("P32", "an intrusive pool at file scope hands out all its objects, zeroed the first time, and no more", all_and_no_more)
    RUN("P32", "the object released last is acquired first", last_in_first_out)
    RUN("P32", "types smaller than a link", small_types)
#if !PK__FULL
    RUN("D08", "desc.intrusive is PK_UNSUPPORTED outside hosted builds", not_at_run_time)
#else
    RUN("P32 P13", "intrusive pools made at run time grow and count, checked or not", made_at_run_time)
    RUN("P33", "checked intrusive pools refuse foreign, misaligned and double releases", checks_as_others_do)
    RUN("P27", "an object acquired from an intrusive pool is as reset leaves it, the first time too", reset_comes_last)
    RUN("D08", "intrusive pools refuse what needs the objects' bytes", what_does_not_go_together)
#endif
}
