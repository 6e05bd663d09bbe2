/* rtos.h - the RTOS behind the shims: one thread of the host that plays task and interrupt by turns. It knows how deep interrupts are
   masked and how many locks are held, and counts what no RTOS would forgive in `wrong`: a name for tasks used in an interrupt or the
   other way round, a mask given back twice, a lock taken twice. The headers beside it declare what the adapters use of each RTOS's
   documented interface, in our words. */
#ifndef RTOS_H
#define RTOS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
static struct rtos {
    bool in_interrupt, not_started; /* not_started: main, before the scheduler */
    unsigned masked, masks; /* depth now; how often */
    unsigned locks, locked, takes; /* made and not ended; held now; how often */
    unsigned waits, signals;
    uint32_t ticks;
    unsigned wrong;
} rtos;
typedef struct rtos_lock { const void *self; bool held; } rtos_lock;

static inline unsigned rtos_mask(void) { /* what was before */
    rtos.masks++;
    return rtos.masked++;
}
static inline void rtos_unmask(unsigned before) {
    rtos.wrong += rtos.masked != before + 1;
    rtos.masked = before;
}
static inline void rtos_lock_make(rtos_lock *l) {
    l->self = l;
    l->held = false;
    rtos.locks++;
}
static inline void rtos_lock_end(rtos_lock *l) {
    rtos.wrong += l->self != l || l->held;
    l->self = NULL;
    rtos.locks--;
}
static inline void rtos_lock_take(rtos_lock *l) {
    rtos.wrong += l->self != l || l->held || rtos.in_interrupt || rtos.masked > 0;
    l->held = true;
    rtos.locked++;
    rtos.takes++;
}
static inline void rtos_lock_give(rtos_lock *l) {
    rtos.wrong += l->self != l || !l->held || rtos.in_interrupt;
    l->held = false;
    rtos.locked--;
}
#endif
