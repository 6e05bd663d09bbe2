/* kernel.h - shim: Zephyr's irq_lock, clocks, mutexes and conditions. */
#ifndef ZEPHYR_KERNEL_SHIM_H
#define ZEPHYR_KERNEL_SHIM_H
#include "../rtos.h"
#define CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC 1000000
typedef struct k_timeout { int64_t ticks; } k_timeout_t;
typedef struct k_thread *k_tid_t;
struct k_mutex { rtos_lock lock; };
struct k_condvar { void *waiting[2]; };
static inline k_timeout_t k_shim_timeout(int64_t ticks) {
    k_timeout_t t;
    t.ticks = ticks;
    return t;
}
#define K_FOREVER k_shim_timeout(-1)
#define K_MSEC(ms) k_shim_timeout((int64_t)(ms))
static inline unsigned int irq_lock(void) { return rtos_mask(); }
static inline void irq_unlock(unsigned int key) { rtos_unmask(key); }
static inline int64_t k_uptime_get(void) { return (int64_t)rtos.ticks * 10; }
static inline uint32_t k_cycle_get_32(void) { return rtos.ticks * 10000; }
static inline k_tid_t k_current_get(void) { return (k_tid_t)(void *)&rtos; }
static inline int k_mutex_init(struct k_mutex *m) {
    rtos_lock_make(&m->lock);
    return 0;
}
static inline int k_mutex_lock(struct k_mutex *m, k_timeout_t timeout) {
    rtos.wrong += timeout.ticks != -1;
    rtos_lock_take(&m->lock);
    return 0;
}
static inline int k_mutex_unlock(struct k_mutex *m) {
    rtos_lock_give(&m->lock);
    return 0;
}
static inline int k_condvar_init(struct k_condvar *c) {
    c->waiting[0] = c->waiting[1] = c;
    return 0;
}
static inline int k_condvar_wait(struct k_condvar *c, struct k_mutex *m, k_timeout_t timeout) { /* nobody is there to signal: its time ends */
    rtos.wrong += c->waiting[0] != c;
    rtos_lock_give(&m->lock);
    rtos.waits++;
    rtos.ticks += (uint32_t)timeout.ticks / 10 + 1;
    rtos_lock_take(&m->lock);
    return -11; /* -EAGAIN */
}
static inline int k_condvar_signal(struct k_condvar *c) {
    rtos.wrong += c->waiting[0] != c;
    rtos.signals++;
    return 0;
}
static inline int k_condvar_broadcast(struct k_condvar *c) { return k_condvar_signal(c); }
#endif
