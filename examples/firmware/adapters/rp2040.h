/* rp2040.h - perfkit's hooks for two cores without an RTOS: the mask keeps this core's interrupts out, a hardware spinlock the other core.
   For the Pico SDK; compiled against tests/firmware/shims, never against the SDK itself. Include it before perfkit, in all files alike. */
#ifndef PK_RP2040_H
#define PK_RP2040_H
#include "hardware/sync.h"
#include "pico/time.h"
#include <stdint.h>
#ifndef PK_SPINLOCK
#define PK_SPINLOCK PICO_SPINLOCK_ID_OS1 /* one for all of perfkit; the SDK leaves this one to systems like us */
#endif
typedef struct pk_two_cores { uint32_t interrupts; bool nested; } pk_two_cores;
extern uint32_t pk_spinlock_owner; /* 0, or a core's number + 1. In one file: uint32_t pk_spinlock_owner; */
static inline pk_two_cores pk_two_cores_enter(void) {
    const uint32_t me = get_core_num() + 1u;
    pk_two_cores s;
    s.interrupts = save_and_disable_interrupts(); /* first: an interrupt that wants the lock of the core it is on would wait for ever */
    s.nested = __atomic_load_n(&pk_spinlock_owner, __ATOMIC_RELAXED) == me; /* only this core can have written that */
    if (!s.nested) spin_lock_unsafe_blocking(spin_lock_instance(PK_SPINLOCK));
    __atomic_store_n(&pk_spinlock_owner, me, __ATOMIC_RELAXED);
    return s;
}
static inline void pk_two_cores_exit(pk_two_cores s) {
    if (!s.nested) __atomic_store_n(&pk_spinlock_owner, 0, __ATOMIC_RELAXED), spin_unlock_unsafe(spin_lock_instance(PK_SPINLOCK));
    restore_interrupts(s.interrupts);
}
#define PERFKIT_CRITICAL_STATE pk_two_cores
#define PERFKIT_CRITICAL_ENTER(s) ((s) = pk_two_cores_enter())
#define PERFKIT_CRITICAL_EXIT(s) pk_two_cores_exit(s)
#define PERFKIT_NOW_MS() to_ms_since_boot(get_absolute_time())
#endif
