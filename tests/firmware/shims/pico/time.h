/* time.h - shim: the Pico SDK's clock. */
#ifndef PICO_TIME_SHIM_H
#define PICO_TIME_SHIM_H
#include <stdint.h>
typedef uint64_t absolute_time_t;
static inline absolute_time_t get_absolute_time(void) { return 5000; }
static inline uint32_t to_ms_since_boot(absolute_time_t t) { return (uint32_t)(t / 1000); }
#endif
