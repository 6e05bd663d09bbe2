/* targets: all */
/* Handles: they lead to their object until it is released, and never to the next one. */
#define PERFKIT_POOL_HANDLES 1
#define PERFKIT_POOL_IMPLEMENTATION
#include "../../perfkit_pool.h"
#include "../support/test.h"

enum { OBJECTS = 7 };
static unsigned char memory[PK_POOL_BYTES(8, 0, OBJECTS) + PK_POOL_HANDLE_BYTES(OBJECTS)];
static pk_pool pool;
static pk_event last;
static uint8_t events;

static void see(void *user, const pk_event *event) {
    (void)user;
    last = *event;
    events++;
}
static pk_handle held_by(void *object) { /* no public way: handles belong to those who took them */
    return pk__pool_word(&pool, (pk__pool_index)pk_pool_index_of(&pool, object), pk_pool_index_of(&pool, object) + 1);
}
static void open_pool(bool handles) {
    pk_pool_desc desc;
    uint32_t cursor = 0;
    void *object;
    while ((object = pk_pool_next(&pool, &cursor)) != NULL) /* of the test before */
        if (pk_pool_release(&pool, object) != PK_OK) (void)pk_pool_release_handle(&pool, held_by(object));
    (void)pk_pool_close(&pool);
    memset(&desc, 0, sizeof desc);
    memset(memory, 0xA5, sizeof memory);
    desc.object_size = 8;
    desc.capacity = OBJECTS;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    desc.handles = handles;
    desc.on_event = see;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    events = 0;
}
static pk_handle take(void) {
    pk_handle handle = 0;
    CHECK_STATUS(pk_pool_acquire_handle(&pool, &handle, NULL), PK_OK);
    return handle;
}

static void leads_to_its_object(void) {
    pk_handle handles[OBJECTS], extra = 77;
    void *objects[OBJECTS], *other = &extra;
    uint8_t i, j;
    open_pool(true);
    for (i = 0; i < OBJECTS; i++) {
        CHECK_STATUS(pk_pool_acquire_handle(&pool, &handles[i], &objects[i]), PK_OK);
        CHECK(handles[i] != 0);
        for (j = 0; j < i; j++) CHECK(handles[j] != handles[i] && objects[j] != objects[i]);
    }
    CHECK_STATUS(pk_pool_acquire_handle(&pool, &extra, &other), PK_EXHAUSTED);
    CHECK(extra == 77 && other == &extra); /* an error leaves them alone */
    CHECK_EQ(events, 1);
    for (i = 0; i < OBJECTS; i++) CHECK(pk_pool_get(&pool, handles[i]) == objects[i]);
    for (i = 0; i < OBJECTS; i++) {
        CHECK_STATUS(pk_pool_release_handle(&pool, handles[i]), PK_OK);
        CHECK(pk_pool_get(&pool, handles[i]) == NULL);
    }
    CHECK_EQ(pk_pool_count(&pool), 0);
}
static void stale_after_release(void) {
    pk_handle old, fresh;
    void *object;
    open_pool(true);
    old = take();
    object = pk_pool_get(&pool, old);
    CHECK_STATUS(pk_pool_release_handle(&pool, old), PK_OK);
    CHECK_STATUS(pk_pool_release_handle(&pool, old), PK_STALE);
    CHECK_EQ(events, 1);
    CHECK_EQ(last.kind, PK_POOL_EVENT_MISUSE);
    CHECK_EQ(last.status, PK_STALE);
    fresh = take();
    CHECK(pk_pool_get(&pool, fresh) == object); /* the same slot */
    CHECK(fresh != old);
    CHECK(pk_pool_get(&pool, old) == NULL);
    CHECK_STATUS(pk_pool_release_handle(&pool, old), PK_STALE);
    CHECK(pk_pool_get(&pool, fresh) == object); /* which that has not hurt */
    CHECK_EQ(pk_pool_count(&pool), 1);
}
static void pointers_and_handles_mix(void) {
    pk_handle old;
    void *object, *again;
    open_pool(true);
    old = take();
    object = pk_pool_get(&pool, old);
    CHECK(pk_pool_owns(&pool, object));
    CHECK_STATUS(pk_pool_release(&pool, object), PK_INVALID); /* only its handle releases it */
    CHECK(pk_pool_get(&pool, old) == object);
    CHECK_STATUS(pk_pool_release_handle(&pool, old), PK_OK);
    CHECK(pk_pool_get(&pool, old) == NULL);
    again = pk_pool_acquire(&pool);
    CHECK(again == object);
    CHECK(pk_pool_get(&pool, old) == NULL); /* whoever took it without a handle is not met either */
    CHECK_STATUS(pk_pool_release_handle(&pool, old), PK_STALE);
    CHECK_STATUS(pk_pool_release(&pool, again), PK_OK);
    CHECK_STATUS(pk_pool_release(&pool, again), PK_INVALID);
    CHECK_STATUS(pk_pool_release(&pool, (unsigned char *)again + 1), PK_INVALID);
}
static void nonsense_is_refused(void) {
    pk_handle handle, bit;
    open_pool(true);
    handle = take();
    CHECK(pk_pool_get(&pool, 0) == NULL);
    CHECK_STATUS(pk_pool_release_handle(&pool, 0), PK_INVALID);
    for (bit = 1; bit != 0; bit = (pk_handle)(bit << 1)) { /* one bit wrong */
        pk_status status = pk_pool_release_handle(&pool, (pk_handle)(handle ^ bit));
        CHECK(status == PK_INVALID || status == PK_STALE);
        CHECK(pk_pool_get(&pool, (pk_handle)(handle ^ bit)) == NULL);
    }
    CHECK(pk_pool_get(&pool, (pk_handle)~(pk_handle)0) == NULL);
    CHECK(pk_pool_get(&pool, handle) != NULL);
}
static void pointer_use_does_not_age(void) {
    pk_handle before, after;
    uint16_t i;
    open_pool(true);
    before = take();
    CHECK_STATUS(pk_pool_release_handle(&pool, before), PK_OK);
    for (i = 0; i < 1000; i++) CHECK_STATUS(pk_pool_release(&pool, pk_pool_acquire(&pool)), PK_OK);
    after = take();
    CHECK(after != before);
    CHECK_STATUS(pk_pool_release_handle(&pool, after), PK_OK);
    CHECK(take() - after == after - before); /* one generation each time a handle is taken */
}
static void pools_without_handles_say_so(void) {
    pk_handle handle = 5;
    open_pool(false);
    CHECK_STATUS(pk_pool_acquire_handle(&pool, &handle, NULL), PK_UNSUPPORTED);
    CHECK_EQ(handle, 5);
    CHECK(pk_pool_get(&pool, handle) == NULL);
    CHECK_STATUS(pk_pool_release_handle(&pool, handle), PK_INVALID);
    CHECK_EQ(pk_pool_count(&pool), 0);
}

TESTS {
    RUN("C29", "a handle is never 0 and leads to its object until that is released", leads_to_its_object)
    RUN("C29", "a stale handle never leads to the next user of its slot", stale_after_release)
    RUN("C29", "what a handle holds is not released by pointer; users without a handle are not met",
        pointers_and_handles_mix)
    RUN("C29 P33", "handles that were never given are refused", nonsense_is_refused)
    RUN("C29", "only taking a handle uses up a generation", pointer_use_does_not_age)
    RUN("C29", "a pool without handles says PK_UNSUPPORTED", pools_without_handles_say_so)
}
