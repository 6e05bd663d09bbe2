/* ticks.h - a tick source for programs that are only measured: a 24-bit counter that counts down, like a Cortex-M's SysTick. */
#ifndef TICKS_H
#define TICKS_H
#define PERFKIT_TICKS() (*(const volatile uint32_t *)0xE000E018u)
#define PERFKIT_TICKS_HZ 16000000u
#define PERFKIT_TICKS_MASK 0xFFFFFFu
#define PERFKIT_TICKS_DOWN 1
#endif
