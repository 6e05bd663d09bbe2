/* tx_api.h - shim: ThreadX's interrupt control, clock and mutexes. */
#ifndef TX_API_SHIM_H
#define TX_API_SHIM_H
#include "rtos.h"
typedef char CHAR;
typedef unsigned int UINT;
typedef unsigned long ULONG;
typedef struct TX_MUTEX_STRUCT { const CHAR *name; rtos_lock lock; } TX_MUTEX;
typedef struct TX_THREAD_STRUCT TX_THREAD;
enum { TX_SUCCESS = 0, TX_INHERIT = 1, TX_INT_ENABLE = 0, TX_INT_DISABLE = 1, TX_TIMER_TICKS_PER_SECOND = 100 };
#define TX_WAIT_FOREVER ((ULONG)0xFFFFFFFFul)
static inline UINT tx_interrupt_control(UINT posture) { /* on and off only, as on processors with one bit for it */
    UINT before = rtos.masked ? TX_INT_DISABLE : TX_INT_ENABLE;
    if (posture == TX_INT_DISABLE) rtos.masks++;
    rtos.masked = posture;
    return before;
}
static inline ULONG tx_time_get(void) { return rtos.ticks; }
static inline TX_THREAD *tx_thread_identify(void) { return (TX_THREAD *)(void *)&rtos; }
static inline UINT tx_mutex_create(TX_MUTEX *m, CHAR *name, UINT inherit) {
    m->name = name;
    rtos.wrong += inherit != TX_INHERIT;
    rtos_lock_make(&m->lock);
    return TX_SUCCESS;
}
static inline UINT tx_mutex_delete(TX_MUTEX *m) {
    rtos_lock_end(&m->lock);
    return TX_SUCCESS;
}
static inline UINT tx_mutex_get(TX_MUTEX *m, ULONG ticks) {
    rtos.wrong += ticks != TX_WAIT_FOREVER;
    rtos_lock_take(&m->lock);
    return TX_SUCCESS;
}
static inline UINT tx_mutex_put(TX_MUTEX *m) {
    rtos_lock_give(&m->lock);
    return TX_SUCCESS;
}
#endif
