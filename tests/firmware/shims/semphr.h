/* semphr.h - shim: FreeRTOS's mutexes. */
#ifndef SEMPHR_SHIM_H
#define SEMPHR_SHIM_H
#include "FreeRTOS.h"
typedef struct QueueDefinition { rtos_lock lock; } *SemaphoreHandle_t;
static inline SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *memory) {
    rtos_lock_make(&memory->lock);
    return (SemaphoreHandle_t)(void *)memory;
}
static inline void vSemaphoreDelete(SemaphoreHandle_t s) { rtos_lock_end(&s->lock); }
static inline BaseType_t xSemaphoreTake(SemaphoreHandle_t s, TickType_t ticks) {
    rtos.wrong += ticks != portMAX_DELAY;
    rtos_lock_take(&s->lock);
    return 1;
}
static inline BaseType_t xSemaphoreGive(SemaphoreHandle_t s) {
    rtos_lock_give(&s->lock);
    return 1;
}
#endif
