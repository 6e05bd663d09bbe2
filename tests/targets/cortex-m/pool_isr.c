/* Pools of PK_POOL_DEFINE, one with handles, shared between the SysTick interrupt and main. With the interrupt mask
   nothing is ever lost or handed out twice; built with -DNOLOCK, without the mask, this program must fail, or it proves nothing. */
#include <stdint.h>
#ifndef NOLOCK
#include "../critical.h"
#endif
#define PERFKIT_POOL_IMPLEMENTATION
#include "../../../perfkit_pool.h"
#include "../../support/test.h"

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))
enum { OBJECTS = 16, INTERRUPTS = 12000 };

typedef struct block {
    volatile uint32_t owner;
    uint32_t rest[5];
} block;
PK_POOL_DEFINE_HANDLES(blocks, block, OBJECTS)
PK_POOL_DEFINE(plain, block, 3)

static volatile uint32_t interrupts, errors;

static block *take(pk_handle *handle, uint32_t owner) {
    block *b = handle ? blocks_acquire_handle(handle) : blocks_acquire();
    if (b == NULL) return NULL;
    if (b->owner != 0) errors++; /* somebody has it already */
    b->owner = owner;
    return b;
}
static void give(block *b, pk_handle handle, uint32_t owner) {
    if (b == NULL) return;
    if (b->owner != owner) errors++;
    b->owner = 0;
    if (handle ? blocks_get(handle) != b || blocks_release_handle(handle) != PK_OK : blocks_release(b) != PK_OK) errors++;
}

/* One object of the other pool, in and out. */
static void pass_plain(uint32_t owner) {
    block *b = plain_acquire();
    if (b == NULL || b->owner != 0) {
        errors++;
        return;
    }
    b->owner = owner;
    if (plain_count() == 0 || b->owner != owner) errors++;
    b->owner = 0;
    if (plain_release(b) != PK_OK) errors++;
}

void SysTick_Handler(void);
static block *kept; /* by the interrupt, over a few turns: so indices come back in another order */
static pk_handle kept_handle;
void SysTick_Handler(void) {
    pk_handle handle = 0;
    block *a = take(NULL, 2), *b = take(&handle, 3);
    interrupts++;
    pass_plain(2);
    if (a != NULL && a == b) errors++;
    if ((interrupts & 3u) == 0) {
        give(kept, kept_handle, 4);
        kept = take(&kept_handle, 4);
    }
    give(a, 0, 2);
    give(b, handle, 3);
}

static void interrupt_and_main_share_a_pool(void) {
    block *all[OBJECTS + 1];
    uint32_t i, got = 0;
    REGISTER(0xE000E014u) = 3989; /* SysTick: reload, count, enable with interrupt at the core's clock */
    REGISTER(0xE000E018u) = 0;
    REGISTER(0xE000E010u) = 7;
    for (i = 0; interrupts < INTERRUPTS && i < 4000000u; i++) {
        pk_handle handle = 0;
        block *a = take(NULL, 1), *b = i & 1u ? take(&handle, 1) : take(NULL, 1);
        pass_plain(1);
        give(a, 0, 1);
        give(b, handle, 1);
    }
    REGISTER(0xE000E010u) = 0;
    give(kept, kept_handle, 4);
    CHECK(interrupts >= 10000);
    CHECK_EQ(errors, 0);
    CHECK_EQ(blocks_count(), 0);
    CHECK_EQ(plain_count(), 0);
    CHECK(plain_high_water() <= 2);
    while (got <= OBJECTS && (all[got] = blocks_acquire()) != NULL) got++;
    CHECK_EQ(got, OBJECTS); /* every object is still there */
    for (i = 0; i < got; i++) CHECK_STATUS(blocks_release(all[i]), PK_OK);
    CHECK_EQ(blocks_count(), 0);
}

TESTS {
    RUN("P32", "an interrupt and main acquire and release the same pool's objects, and none is lost or out twice",
        interrupt_and_main_share_a_pool)
}
