/* threadx.h - perfkit's hooks for ThreadX (Azure RTOS, Eclipse ThreadX): locks for threads, a mask for threads and interrupts, the clock.
   Include it before perfkit, in all files alike. */
#ifndef PK_THREADX_H
#define PK_THREADX_H
#include "tx_api.h"
#define PERFKIT_CRITICAL_STATE UINT
#define PERFKIT_CRITICAL_ENTER(s) ((s) = tx_interrupt_control(TX_INT_DISABLE)) /* tells what was before */
#define PERFKIT_CRITICAL_EXIT(s) (void)tx_interrupt_control(s)
#define PERFKIT_NOW_MS() (tx_time_get() * (1000u / TX_TIMER_TICKS_PER_SECOND)) /* a rate that divides 1000: so it wraps as it should */

#define PK_THREADX_MUTEX(m) ((TX_MUTEX *)(void *)(m))
#define PERFKIT_THREADS 1
#define PERFKIT_MUTEX_BYTES sizeof(TX_MUTEX)
/* Inheriting: a thread of low priority that has the lock is not held up by one of middle priority while one of high priority waits. */
#define PERFKIT_MUTEX_INIT(m) (tx_mutex_create(PK_THREADX_MUTEX(m), (CHAR *)0, TX_INHERIT) == TX_SUCCESS)
#define PERFKIT_MUTEX_DESTROY(m) (void)tx_mutex_delete(PK_THREADX_MUTEX(m))
#define PERFKIT_MUTEX_LOCK(m) (void)tx_mutex_get(PK_THREADX_MUTEX(m), TX_WAIT_FOREVER)
#define PERFKIT_MUTEX_UNLOCK(m) (void)tx_mutex_put(PK_THREADX_MUTEX(m))
#define PERFKIT_THREAD_ID() ((uintptr_t)tx_thread_identify())
#endif
