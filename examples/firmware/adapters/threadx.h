/* threadx.h - perfkit's hooks for ThreadX (Azure RTOS, Eclipse ThreadX): locks for threads, a mask for threads and interrupts, the clock.
   Include it before perfkit, in all files alike. Serves no PERFKIT_TIME_BITS 64. Compiled against shims written from the documented
   interface (tests/firmware/shims), never against ThreadX itself. */
#ifndef PK_THREADX_H
#define PK_THREADX_H
#include "tx_api.h"
#define PERFKIT_CRITICAL_STATE UINT
#define PERFKIT_CRITICAL_ENTER(s) ((s) = tx_interrupt_control(TX_INT_DISABLE)) /* tells what was before */
#define PERFKIT_CRITICAL_EXIT(s) (void)tx_interrupt_control(s)
#define PERFKIT_NOW_MS() (tx_time_get() * (1000u / TX_TIMER_TICKS_PER_SECOND)) /* it wraps at 2^32 */
typedef char pk_threadx_rate_that_divides_1000[1000u % TX_TIMER_TICKS_PER_SECOND == 0 ? 1 : -1];

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
