/* Pools of every form that firmware has, shared between a timer's interrupt and main. With the interrupt mask nothing is ever
   lost or handed out twice; built with -DNOLOCK=FORM, without the mask, each form alone must fail, or this proves nothing. */
#include <stdint.h>
#ifndef NOLOCK
#include "../critical.h"
#endif
#define PERFKIT_POOL_IMPLEMENTATION
#include "../../../perfkit_pool.h"
#include "../../support/test.h"
#include "isr.h"

enum { OBJECTS = 16 };

typedef struct block {
    uint32_t first; /* where an intrusive pool has its link */
    volatile uint32_t owner;
    uint32_t rest[4];
} block;
PK_POOL_DEFINE_HANDLES(blocks, block, OBJECTS)
PK_POOL_DEFINE_INTRUSIVE(lists, block, OBJECTS)
PK_POOL_DEFINE(plain, block, 3)

enum { POINTERS = 1, HANDLES, INTRUSIVE, MIXED };
static uint8_t form;
static volatile uint32_t interrupts, errors;

/* Where pointers and handles are mixed, `wish` asks for a handle. *handle is 0 for what has none. */
static block *take(bool wish, pk_handle *handle, uint32_t owner) {
    block *b;
    *handle = 0;
    if (form == INTRUSIVE) b = lists_acquire();
    else if (form == HANDLES || (form == MIXED && wish)) b = blocks_acquire_handle(handle);
    else b = blocks_acquire();
    if (b == NULL) return NULL;
    if (b->owner != 0) errors++; /* somebody has it already */
    b->owner = owner;
    return b;
}
static void give(block *b, pk_handle handle, uint32_t owner) {
    if (b == NULL) return;
    if (b->owner != owner) errors++;
    b->owner = 0;
    if (form == INTRUSIVE) lists_release(b);
    else if (handle ? blocks_get(handle) != b || blocks_release_handle(handle) != PK_OK : blocks_release(b) != PK_OK) errors++;
}

/* One object of the other pool, in and out. */
static void pass_plain(uint32_t owner) {
    block *b;
    if (form != POINTERS && form != MIXED) return;
    b = plain_acquire();
    if (b == NULL || b->owner != 0) {
        errors++;
        return;
    }
    b->owner = owner;
    if (plain_count() == 0 || b->owner != owner) errors++;
    b->owner = 0;
    if (plain_release(b) != PK_OK) errors++;
}

static block *kept; /* by the interrupt, over a few turns: so objects come back in another order */
static pk_handle kept_handle;
void isr_tick(void) {
    pk_handle of_a, of_b;
    block *a = take(false, &of_a, 2), *b = take(true, &of_b, 3);
    interrupts++;
    pass_plain(2);
    if (a != NULL && a == b) errors++;
    if ((interrupts & 3u) == 0) {
        give(kept, kept_handle, 4);
        kept = take(true, &kept_handle, 4);
    }
    give(a, of_a, 2);
    give(b, of_b, 3);
}

static void share(uint8_t what) {
    block *all[OBJECTS + 1];
    pk_handle handles[OBJECTS + 1], of_a, of_b;
    uint32_t i, got = 0;
    form = what;
    interrupts = errors = 0;
    kept = NULL;
    isr_start(2003);
    for (i = 0; isr_read(&interrupts) < INTERRUPTS && i < 400000000u; i++) {
        block *a = take(false, &of_a, 1), *b = take((i & 1u) != 0, &of_b, 1);
        pass_plain(1);
        give(a, of_a, 1);
        give(b, of_b, 1);
    }
    isr_stop();
    give(kept, kept_handle, 4);
    CHECK(interrupts >= INTERRUPTS);
    CHECK_EQ(errors, 0);
    CHECK_EQ(blocks_count(), 0);
    CHECK_EQ(plain_count(), 0);
    CHECK(plain_high_water() <= 2);
    while (got <= OBJECTS && (all[got] = take(true, &handles[got], 5)) != NULL) got++;
    CHECK_EQ(got, OBJECTS); /* every object is still there */
    CHECK_EQ(errors, 0);
    while (got-- > 0) give(all[got], handles[got], 5);
    CHECK_EQ(blocks_count(), 0);
}
static void pointers(void) { share(POINTERS); }
static void handles(void) { share(HANDLES); }
static void intrusive(void) { share(INTRUSIVE); }
static void mixed(void) { share(MIXED); }

#ifndef NOLOCK
#define NOLOCK 0
#endif
TESTS {
    if (NOLOCK == 0 || NOLOCK == POINTERS)
        RUN("P32", "an interrupt and main acquire and release the same pool's objects: none is lost or out twice", pointers)
    if (NOLOCK == 0 || NOLOCK == HANDLES) RUN("P32 C29", "the same by handles", handles)
    if (NOLOCK == 0 || NOLOCK == INTRUSIVE) RUN("P32", "the same with an intrusive pool", intrusive)
    if (NOLOCK == 0) RUN("P32 C29", "the same with pointers and handles mixed", mixed)
}
