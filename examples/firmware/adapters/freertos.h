/* freertos.h - perfkit's hooks for FreeRTOS on a Cortex-M, one core: locks for tasks, a mask for tasks and interrupts, and the clock.
   Include it before perfkit, in all files alike. Needs configSUPPORT_STATIC_ALLOCATION and configUSE_MUTEXES; serves no PERFKIT_TIME_BITS 64.
   Interrupts above configMAX_SYSCALL_INTERRUPT_PRIORITY are not masked and must not share anything. Compiled against shims written
   from the documented interface (tests/firmware/shims), never against FreeRTOS itself. */
#ifndef PK_FREERTOS_H
#define PK_FREERTOS_H
#include "FreeRTOS.h"
#include "semphr.h"
#include "task.h"
/* It puts back what was: so it nests, also in interrupts and before vTaskStartScheduler, when taskEXIT_CRITICAL (and locks) open nothing. */
#define PERFKIT_CRITICAL_STATE UBaseType_t
#define PERFKIT_CRITICAL_ENTER(s) ((s) = portSET_INTERRUPT_MASK_FROM_ISR())
#define PERFKIT_CRITICAL_EXIT(s) portCLEAR_INTERRUPT_MASK_FROM_ISR(s)
#if defined __ARM_ARCH_PROFILE && __ARM_ARCH_PROFILE == 'M' && !(defined configNUMBER_OF_CORES && configNUMBER_OF_CORES > 1)
static inline unsigned long pk_freertos_interrupt(void) { unsigned long n; __asm volatile("mrs %0, ipsr" : "=r"(n)); return n; }
#elif !defined pk_freertos_interrupt /* define it, not 0 in interrupts, for a port of one core where those two names do mask */
#error "freertos.h: for Cortex-M and one core"
#endif
#define PERFKIT_NOW_MS() ((pk_freertos_interrupt() ? xTaskGetTickCountFromISR() : xTaskGetTickCount()) * (1000u / configTICK_RATE_HZ))
typedef char pk_freertos_ticks_of_32_bits_and_a_rate_that_divides_1000[sizeof(TickType_t) >= 4 && 1000u % configTICK_RATE_HZ == 0 ? 1 : -1];
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
