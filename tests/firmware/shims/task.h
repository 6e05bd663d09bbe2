/* task.h - shim: FreeRTOS's critical sections, clock and tasks. A port counts the depth of sections of tasks by itself,
   and that count is far above 0 until the scheduler starts: so leaving a section takes no mask away before. */
#ifndef TASK_SHIM_H
#define TASK_SHIM_H
#include "FreeRTOS.h"
typedef struct tskTaskControlBlock *TaskHandle_t;
static inline void taskENTER_CRITICAL(void) {
    rtos.wrong += rtos.in_interrupt;
    (void)rtos_mask();
}
static inline void taskEXIT_CRITICAL(void) {
    rtos.wrong += rtos.in_interrupt || rtos.masked == 0;
    if (!rtos.not_started) rtos_unmask(rtos.masked - 1);
}
static inline UBaseType_t taskENTER_CRITICAL_FROM_ISR(void) {
    rtos.wrong += !rtos.in_interrupt;
    return rtos_mask();
}
static inline void taskEXIT_CRITICAL_FROM_ISR(UBaseType_t before) {
    rtos.wrong += !rtos.in_interrupt;
    rtos_unmask((unsigned)before);
}
static inline TickType_t xTaskGetTickCount(void) {
    rtos.wrong += rtos.in_interrupt;
    return rtos.ticks;
}
static inline TickType_t xTaskGetTickCountFromISR(void) {
    rtos.wrong += !rtos.in_interrupt;
    return rtos.ticks;
}
static inline TaskHandle_t xTaskGetCurrentTaskHandle(void) { return (TaskHandle_t)(void *)&rtos; }
#endif
