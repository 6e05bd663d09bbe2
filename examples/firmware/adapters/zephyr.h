/* zephyr.h - perfkit's hooks for Zephyr: locks and conditions for threads, a mask for threads and interrupts, clock and ticks. Include it
   before perfkit, in all files alike. irq_lock nests, and on several cores it takes a lock that they share. Compiled against shims written
   from the documented interface (tests/firmware/shims), never against Zephyr itself. */
#ifndef PK_ZEPHYR_H
#define PK_ZEPHYR_H
#include <zephyr/kernel.h>
#define PERFKIT_CRITICAL_STATE unsigned int
#define PERFKIT_CRITICAL_ENTER(s) ((s) = irq_lock())
#define PERFKIT_CRITICAL_EXIT(s) irq_unlock(s)
#define PERFKIT_NOW_MS() k_uptime_get() /* 64 bits, for PERFKIT_TIME_BITS 64 too; k_uptime_get_32 is no cheaper */
#define PERFKIT_TICKS() k_cycle_get_32()
#define PERFKIT_TICKS_HZ CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC /* of boards that don't find it out when they start */

#define PK_ZEPHYR_MUTEX(m) ((struct k_mutex *)(void *)(m))
#define PK_ZEPHYR_COND(c) ((struct k_condvar *)(void *)(c))
#define PERFKIT_THREADS 1
#define PERFKIT_MUTEX_BYTES (sizeof(struct k_mutex) > sizeof(struct k_condvar) ? sizeof(struct k_mutex) : sizeof(struct k_condvar))
#define PERFKIT_MUTEX_INIT(m) (k_mutex_init(PK_ZEPHYR_MUTEX(m)) == 0)
#define PERFKIT_MUTEX_DESTROY(m) ((void)(m)) /* Zephyr's objects are not ended */
#define PERFKIT_MUTEX_LOCK(m) (void)k_mutex_lock(PK_ZEPHYR_MUTEX(m), K_FOREVER)
#define PERFKIT_MUTEX_UNLOCK(m) (void)k_mutex_unlock(PK_ZEPHYR_MUTEX(m))
#define PERFKIT_COND_INIT(c) (k_condvar_init(PK_ZEPHYR_COND(c)) == 0)
#define PERFKIT_COND_DESTROY(c) ((void)(c))
#define PERFKIT_COND_WAIT(c, m, ms) (k_condvar_wait(PK_ZEPHYR_COND(c), PK_ZEPHYR_MUTEX(m), K_MSEC(ms)) == 0)
#define PERFKIT_COND_SIGNAL(c) (void)k_condvar_signal(PK_ZEPHYR_COND(c))
#define PERFKIT_COND_BROADCAST(c) (void)k_condvar_broadcast(PK_ZEPHYR_COND(c))
#define PERFKIT_THREAD_ID() ((uintptr_t)k_current_get())
#endif
