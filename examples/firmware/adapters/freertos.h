/* freertos.h - perfkit's hooks for FreeRTOS: locks for tasks, a mask for tasks and interrupts, and the clock. Include it before perfkit, in
   all files alike. Interrupts above configMAX_SYSCALL_INTERRUPT_PRIORITY are not masked and must not share anything. Needs static
   allocation, and a port that has xPortIsInsideInterrupt (those for Cortex-M do). */
#ifndef PK_FREERTOS_H
#define PK_FREERTOS_H
#include "FreeRTOS.h"
#include "semphr.h"
#include "task.h"
/* The same objects are used from tasks and interrupts, and FreeRTOS has two names for everything: here it is decided which. */
static inline UBaseType_t pk_freertos_enter(void) {
    if (xPortIsInsideInterrupt()) return taskENTER_CRITICAL_FROM_ISR();
    taskENTER_CRITICAL();
    return 0;
}
#define PERFKIT_CRITICAL_STATE UBaseType_t
#define PERFKIT_CRITICAL_ENTER(s) ((s) = pk_freertos_enter())
#define PERFKIT_CRITICAL_EXIT(s) \
    do { if (xPortIsInsideInterrupt()) taskEXIT_CRITICAL_FROM_ISR(s); else taskEXIT_CRITICAL(); } while ((void)(s), 0)
#define PERFKIT_NOW_MS() ((xPortIsInsideInterrupt() ? xTaskGetTickCountFromISR() : xTaskGetTickCount()) * portTICK_PERIOD_MS)

typedef struct pk_freertos_mutex { SemaphoreHandle_t handle; StaticSemaphore_t memory; } pk_freertos_mutex;
#define PK_FREERTOS_MUTEX(m) ((pk_freertos_mutex *)(void *)(m))
#define PERFKIT_THREADS 1
#define PERFKIT_MUTEX_BYTES sizeof(pk_freertos_mutex)
#define PERFKIT_MUTEX_INIT(m) ((PK_FREERTOS_MUTEX(m)->handle = xSemaphoreCreateMutexStatic(&PK_FREERTOS_MUTEX(m)->memory)) != NULL)
#define PERFKIT_MUTEX_DESTROY(m) vSemaphoreDelete(PK_FREERTOS_MUTEX(m)->handle)
#define PERFKIT_MUTEX_LOCK(m) (void)xSemaphoreTake(PK_FREERTOS_MUTEX(m)->handle, portMAX_DELAY)
#define PERFKIT_MUTEX_UNLOCK(m) (void)xSemaphoreGive(PK_FREERTOS_MUTEX(m)->handle)
#define PERFKIT_THREAD_ID() ((uintptr_t)xTaskGetCurrentTaskHandle())
#endif
