/* FreeRTOS.h - shim: types and constants. */
#ifndef FREERTOS_SHIM_H
#define FREERTOS_SHIM_H
#include "rtos.h"
typedef unsigned long UBaseType_t;
typedef long BaseType_t;
#if defined configUSE_16_BIT_TICKS && configUSE_16_BIT_TICKS
typedef uint16_t TickType_t;
#else
typedef uint32_t TickType_t;
#endif
typedef struct StaticSemaphore { rtos_lock lock; } StaticSemaphore_t;
#define portMAX_DELAY ((TickType_t)0xFFFFFFFFu)
#ifndef configTICK_RATE_HZ
#define configTICK_RATE_HZ ((TickType_t)100)
#endif
/* Of a Cortex-M: in tasks and interrupts alike. */
static inline UBaseType_t portSET_INTERRUPT_MASK_FROM_ISR(void) { return rtos_mask(); }
static inline void portCLEAR_INTERRUPT_MASK_FROM_ISR(UBaseType_t before) { rtos_unmask((unsigned)before); }
#ifndef __arm__
#define pk_freertos_interrupt() rtos.in_interrupt
#endif
#endif
