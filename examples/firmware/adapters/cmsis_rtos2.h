/* cmsis_rtos2.h - perfkit's hooks for CMSIS-RTOS2 (Keil RTX5, FreeRTOS and others below it): locks for threads, and the clock. The
   interface has no mask for interrupts, so that is the processor's. Include it before perfkit, in all files alike. Serves no
   PERFKIT_TIME_BITS 64. Compiled against shims written from the documented interface (tests/firmware/shims), never against an RTOS. */
#ifndef PK_CMSIS_RTOS2_H
#define PK_CMSIS_RTOS2_H
#include "cmsis_os2.h"
#ifdef __arm__
#include "primask.h" /* or basepri.h */
#endif
#ifndef PK_CMSIS_TICK_HZ
#define PK_CMSIS_TICK_HZ 1000u /* what osKernelGetTickFreq() tells; one that divides 1000 */
#endif
typedef char pk_cmsis_rate_that_divides_1000[1000u % PK_CMSIS_TICK_HZ == 0 ? 1 : -1];
#define PERFKIT_NOW_MS() (osKernelGetTickCount() * (1000u / PK_CMSIS_TICK_HZ)) /* may be asked in interrupts */

#define PK_CMSIS_MUTEX(m) (*(osMutexId_t *)(void *)(m))
#define PERFKIT_THREADS 1
#define PERFKIT_MUTEX_BYTES sizeof(osMutexId_t)
static inline osMutexId_t pk_cmsis_mutex_new(void) { /* its memory is the RTOS's */
    static const osMutexAttr_t with = {"perfkit", osMutexPrioInherit, NULL, 0};
    return osMutexNew(&with);
}
#define PERFKIT_MUTEX_INIT(m) ((PK_CMSIS_MUTEX(m) = pk_cmsis_mutex_new()) != NULL)
#define PERFKIT_MUTEX_DESTROY(m) (void)osMutexDelete(PK_CMSIS_MUTEX(m))
#define PERFKIT_MUTEX_LOCK(m) (void)osMutexAcquire(PK_CMSIS_MUTEX(m), osWaitForever)
#define PERFKIT_MUTEX_UNLOCK(m) (void)osMutexRelease(PK_CMSIS_MUTEX(m))
#define PERFKIT_THREAD_ID() ((uintptr_t)osThreadGetId())
#endif
