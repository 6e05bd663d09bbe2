/* cmsis_os2.h - shim: CMSIS-RTOS2's clock and mutexes. On the host, which is no Arm, it has a mask as well. */
#ifndef CMSIS_OS2_SHIM_H
#define CMSIS_OS2_SHIM_H
#include "rtos.h"
typedef void *osMutexId_t;
typedef void *osThreadId_t;
typedef int32_t osStatus_t;
typedef struct osMutexAttr { const char *name; uint32_t attr_bits; void *cb_mem; uint32_t cb_size; } osMutexAttr_t;
#define osMutexPrioInherit 0x00000002u
#define osWaitForever 0xFFFFFFFFu
#define PK_CMSIS_TICK_HZ 100u
static rtos_lock cmsis_shim_locks[8];
static inline osMutexId_t osMutexNew(const osMutexAttr_t *with) {
    rtos_lock *l = cmsis_shim_locks;
    rtos.wrong += with->attr_bits != osMutexPrioInherit;
    while (l->self != NULL) l++;
    rtos_lock_make(l);
    return l;
}
static inline osStatus_t osMutexDelete(osMutexId_t id) {
    rtos_lock_end((rtos_lock *)id);
    return 0;
}
static inline osStatus_t osMutexAcquire(osMutexId_t id, uint32_t timeout) {
    rtos.wrong += timeout != osWaitForever;
    rtos_lock_take((rtos_lock *)id);
    return 0;
}
static inline osStatus_t osMutexRelease(osMutexId_t id) {
    rtos_lock_give((rtos_lock *)id);
    return 0;
}
static inline uint32_t osKernelGetTickCount(void) { return rtos.ticks; }
static inline osThreadId_t osThreadGetId(void) { return &rtos; }
#ifndef __arm__
#define PERFKIT_CRITICAL_STATE unsigned
#define PERFKIT_CRITICAL_ENTER(s) ((s) = rtos_mask())
#define PERFKIT_CRITICAL_EXIT(s) rtos_unmask(s)
#endif
#endif
