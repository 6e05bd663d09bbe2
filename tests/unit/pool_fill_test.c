/* targets: all */
/* Debugging: whoever writes to an object after its release is found out. */
#define PERFKIT_POOL_FILL 1
#define PERFKIT_POOL_IMPLEMENTATION
#include "../../perfkit_pool.h"
#include "../support/test.h"

typedef struct item {
    unsigned char bytes[10];
} item;
PK_POOL_DEFINE(items, item, 3)

static pk_event last;
static uint8_t events;
static void see(void *user, const pk_event *event) {
    (void)user;
    last = *event;
    events++;
}
static void write_after_release(item *i) {
#if !PK__POOL_ASAN /* which would stop the program here: the other way of being found out */
    i->bytes[9] = 1;
#else
    (void)i;
#endif
}
static void found_out(void) {
    item *a, *b;
    pk_pool_set_on_event(&items, see, NULL);
    a = items_acquire();
    b = items_acquire();
    CHECK_STATUS(items_release(a), PK_OK);
    CHECK(items_acquire() == a);
    CHECK_EQ(events, 0);
    CHECK_STATUS(items_release(a), PK_OK);
    write_after_release(a);
    CHECK(items_acquire() == a); /* handed out all the same */
#if !PK__POOL_ASAN
    CHECK_EQ(events, 1);
    CHECK_EQ(last.kind, PK_POOL_EVENT_WRITTEN);
    CHECK_EQ(last.status, PK_CORRUPT);
    CHECK_EQ(last.a, items_index_of(a));
#endif
    CHECK_STATUS(items_release(a), PK_OK);
    CHECK_STATUS(items_release(b), PK_OK);
    CHECK_STATUS(items_release(b), PK_INVALID);
}

static void set_up(void *object, void *user) {
    (void)user;
    memset(object, 3, sizeof(item));
}
static void reset_is_kept(void) {
    static unsigned char memory[PK_POOL_BYTES(sizeof(item), 0, 2)];
    pk_pool pool;
    pk_pool_desc desc;
    item *i;
    memset(&desc, 0, sizeof desc);
    desc.object_size = sizeof(item);
    desc.capacity = 2;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    desc.reset = set_up;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    i = (item *)pk_pool_acquire(&pool);
    CHECK_STATUS(pk_pool_release(&pool, i), PK_OK);
    i = (item *)pk_pool_acquire(&pool);
    CHECK_EQ(i->bytes[0] + i->bytes[9], 6);
    CHECK_STATUS(pk_pool_release(&pool, i), PK_OK);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
}

TESTS {
    RUN("P33", "a write after the release is counted and reported when the object is used again", found_out)
    RUN("P27", "what reset made is not filled over", reset_is_kept)
}
