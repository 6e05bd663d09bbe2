/* targets: all */
/* Object pools at file scope: ready before anything has run, typed, with every shape of type. */
#ifndef PERFKIT_POOL_INLINE
#endif
#include "../../perfkit_pool.h"
#include "../support/test.h"

typedef struct message {
    uint8_t kind;
    uint32_t time;
    uint16_t length;
} message;
typedef struct odd {
    unsigned char bytes[7];
} odd;
typedef struct big {
    uint32_t words[16];
} big;
PK_POOL_DEFINE(messages, message, 5)
PK_POOL_DEFINE(odds, odd, 13)
PK_POOL_DEFINE(bigs, big, 2)
PK_POOL_DEFINE(bytes, unsigned char, 255)
PK_POOL_DEFINE(pointers, void *, 1)

#define EXERCISE(pool, Type) \
    static void exercise_##pool(void) { \
        Type *all[14]; \
        uint8_t n = 0, i; \
        CHECK_EQ(pool##_count(), 0); \
        CHECK_EQ(pool##_high_water(), 0); \
        while ((all[n] = pool##_acquire()) != NULL) { \
            CHECK(pool##_owns(all[n])); \
            CHECK_EQ(pool##_index_of(all[n]), n); \
            memset((void *)all[n], 0xEE, sizeof(Type)); \
            n++; \
        } \
        CHECK_EQ(n, pool##_capacity()); \
        CHECK_EQ(pool##_count(), n); \
        for (i = 0; i < n; i++) { \
            CHECK_STATUS(pool##_release((Type *)((uintptr_t)all[i] + (sizeof(Type) > 1 ? 1 : 1000))), PK_INVALID); \
            CHECK_STATUS(pool##_release(all[i]), PK_OK); \
            CHECK_STATUS(pool##_release(all[i]), PK_INVALID); \
            CHECK(!pool##_owns(all[i])); \
        } \
        for (i = n; i > 0; i--) CHECK(pool##_acquire() == all[i - 1]); \
        CHECK(pool##_acquire() == NULL); \
        CHECK_STATUS(pool##_release(NULL), PK_INVALID); \
        for (i = 0; i < n; i++) CHECK_STATUS(pool##_release(all[i]), PK_OK); \
        CHECK_EQ(pool##_count(), 0); \
        CHECK_EQ(pool##_high_water(), n); \
    }
EXERCISE(messages, message)
EXERCISE(odds, odd)
EXERCISE(bigs, big)
EXERCISE(pointers, void *)

static void many_small_ones(void) {
    uint16_t n = 0;
    unsigned char *first = bytes_acquire(), *object = first;
    while (object != NULL) {
        CHECK(object == first + n);
        n++;
        object = bytes_acquire();
    }
    CHECK_EQ(n, 255);
    while (n > 0) CHECK_STATUS(bytes_release(first + --n), PK_OK);
    CHECK_EQ(bytes_count(), 0);
}
/* The shift and inverse that a compiler computes are those that init computes. */
#define SAME(size) \
    memset(&desc, 0, sizeof desc); \
    desc.object_size = (size); \
    desc.align = 1; \
    desc.capacity = 1; \
    desc.memory = memory; \
    desc.memory_size = sizeof memory; \
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK); \
    CHECK(pool.inverse == (size_t)PK__POOL_INVERSE((size_t)(size)) && pool.shift == PK__POOL_SHIFT((size_t)(size))); \
    CHECK((size_t)(((size_t)(size) >> pool.shift) * pool.inverse) == 1)
static void constants_are_right(void) {
    static unsigned char memory[PK_POOL_BYTES(192, 0, 1)];
    static pk_pool pool;
    pk_pool_desc desc;
    SAME(1);
    SAME(2);
    SAME(3);
    SAME(5);
    SAME(6);
    SAME(24);
    SAME(64);
    SAME(100);
    SAME(127);
    SAME(192);
}

static uint8_t events;
static void see(void *user, const pk_event *event) {
    CHECK(user == NULL);
    CHECK_TEXT(event->object, "pointers");
    CHECK_STATUS(event->status, PK_INVALID);
    events++;
}
static void events_can_be_asked_for(void) {
    void **object;
    pointers_set_on_event(see, NULL);
    CHECK_STATUS(pk_pool_release(&pointers, NULL), PK_INVALID);
    CHECK_EQ(events, 1);
    object = pointers_acquire();
    CHECK_STATUS(pk_pool_release(&pointers, object), PK_OK); /* typed and plain functions see one pool */
    CHECK_EQ(events, 1);
}
static void closing_is_harmless(void) {
    message *m = messages_acquire();
    CHECK_STATUS(pk_pool_close(&messages), PK_BUSY);
    CHECK_STATUS(messages_release(m), PK_OK);
    CHECK_STATUS(pk_pool_close(&messages), PK_OK);
    CHECK_STATUS(pk_pool_close(&messages), PK_OK);
    m = messages_acquire();
    CHECK(m != NULL);
    CHECK_STATUS(messages_release(m), PK_OK);
}

#if PERFKIT_POOL_HANDLES
PK_POOL_DEFINE_HANDLES(sessions, message, 6)
static void typed_handles(void) {
    pk_handle handle = 0, other = 0;
    message *m = sessions_acquire_handle(&handle);
    CHECK(m != NULL && handle != 0);
    CHECK(sessions_get(handle) == m);
    CHECK_STATUS(sessions_release_handle(handle), PK_OK);
    CHECK(sessions_get(handle) == NULL);
    CHECK(sessions_acquire() == m);
    CHECK(sessions_get(handle) == NULL);
    CHECK_STATUS(sessions_release(m), PK_OK);
    CHECK(sessions_acquire_handle(&other) == m && other != handle);
    CHECK_STATUS(sessions_release(m), PK_INVALID); /* only its handle releases it */
    CHECK_STATUS(sessions_release_handle(handle), PK_STALE);
    CHECK_EQ(sessions_count(), 1);
    CHECK(sessions_get(other) == m);
    CHECK_STATUS(sessions_release_handle(other), PK_OK);
    CHECK_STATUS(sessions_release_handle(other), PK_STALE);
    CHECK_STATUS(sessions_release_handle(0), PK_INVALID);
    CHECK_EQ(sessions_count(), 0);
}
#define RUN_TYPED_HANDLES RUN("C29 P32", "a pool with handles at file scope", typed_handles)
#else
#define RUN_TYPED_HANDLES
#endif

TESTS {
    RUN("P32", "a pool of structs at file scope needs no init", exercise_messages)
    RUN("P32", "objects of an odd size", exercise_odds)
    RUN("P32", "objects whose size is a power of two", exercise_bigs)
    RUN("P32", "a pool of one", exercise_pointers)
    RUN("P32", "255 objects of one byte", many_small_ones)
    RUN("P33", "shift and inverse of the stride are the same as constants and at run time", constants_are_right)
    RUN("P33", "misuse of a pool at file scope is reported where asked for", events_can_be_asked_for)
    RUN("P32", "closing a pool at file scope is harmless", closing_is_harmless)
        RUN_TYPED_HANDLES
}
