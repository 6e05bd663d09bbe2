/* sync.h - shim: the Pico SDK's cores, interrupt mask and spinlocks. A core is a thread of the host, and a spinlock is C11's flag. */
#ifndef HARDWARE_SYNC_SHIM_H
#define HARDWARE_SYNC_SHIM_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
typedef atomic_flag spin_lock_t;
enum { PICO_SPINLOCK_ID_OS1 = 14 };
static spin_lock_t spin_shim[32];
static _Thread_local uint32_t core_shim, interrupts_shim; /* number; 1: masked */
static inline uint32_t get_core_num(void) { return core_shim; }
static inline uint32_t save_and_disable_interrupts(void) {
    uint32_t before = interrupts_shim;
    interrupts_shim = 1;
    return before;
}
static inline void restore_interrupts(uint32_t before) { interrupts_shim = before; }
static inline spin_lock_t *spin_lock_instance(unsigned number) { return &spin_shim[number]; }
static inline void spin_lock_unsafe_blocking(spin_lock_t *lock) {
    while (atomic_flag_test_and_set_explicit(lock, memory_order_acquire)) {}
}
static inline void spin_unlock_unsafe(spin_lock_t *lock) { atomic_flag_clear_explicit(lock, memory_order_release); }
#endif
