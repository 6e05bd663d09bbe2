/* FreeRTOS.h - shim: types and constants. */
#ifndef FREERTOS_SHIM_H
#define FREERTOS_SHIM_H
#include "rtos.h"
typedef unsigned long UBaseType_t;
typedef long BaseType_t;
typedef uint32_t TickType_t;
typedef struct StaticSemaphore { rtos_lock lock; } StaticSemaphore_t;
#define portMAX_DELAY ((TickType_t)0xFFFFFFFFu)
#define portTICK_PERIOD_MS ((TickType_t)10) /* configTICK_RATE_HZ 100 */
static inline BaseType_t xPortIsInsideInterrupt(void) { return rtos.in_interrupt; }
#endif
