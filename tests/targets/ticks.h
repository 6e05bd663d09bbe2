/* ticks.h - a tick source for programs that are only measured: a 24-bit counter that counts down, like a Cortex-M's SysTick; on an
   AVR timer 1. */
#ifndef TICKS_H
#define TICKS_H
#define PERFKIT_TICKS_HZ 16000000u
#ifdef __AVR__
#define PERFKIT_TICKS() (*(const volatile uint16_t *)0x84u)
#define PERFKIT_TICKS_MASK 0xFFFFu
#else
#define PERFKIT_TICKS() (*(const volatile uint32_t *)0xE000E018u)
#define PERFKIT_TICKS_MASK 0xFFFFFFu
#define PERFKIT_TICKS_DOWN 1
#endif
#endif
