/* isr.h - the timer interrupts of the targets, for tests that share something between an interrupt and main. A test defines
   isr_tick(), starts it, every `period` cycles or so, and stops it. Where interrupts have priorities (a Cortex-M), it may have
   a second one, isr_above(), that comes in the middle of the first. */
#ifndef ISR_H
#define ISR_H
#include <stdint.h>
enum { INTERRUPTS = 10000 }; /* of each kind, in each test */
#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))
void isr_tick(void);
static inline uint32_t isr_read(const volatile uint32_t *count) { /* what an interrupt writes, and an AVR reads byte by byte */
    uint32_t a, b;
    do {
        a = *count;
        b = *count;
    } while (a != b);
    return b;
}

#if defined __arm__
#define ISR_ABOVE 1
void SysTick_Handler(void);
void SysTick_Handler(void) { isr_tick(); }
static inline void isr_start(uint16_t period) {
    REGISTER(0xE000ED20u) = 0xC0000000u; /* of low priority */
    REGISTER(0xE000E014u) = period - 1u; /* reload, count; on with interrupt at the core's clock */
    REGISTER(0xE000E018u) = 0;
    REGISTER(0xE000E010u) = 7;
}
static inline void isr_stop(void) { REGISTER(0xE000E010u) = 0; }
#ifdef ISR_WANT_ABOVE
void isr_above(void);
/* A timer of the board, interrupt 8 on both. */
#if defined __ARM_ARCH_6M__ /* microbit: TIMER0 of the nRF51 */
static inline void isr_above_start(uint16_t period) {
    REGISTER(0x40008508u) = 3; /* 32 bits */
    REGISTER(0x40008510u) = 0; /* 16 MHz */
    REGISTER(0x40008540u) = period;
    REGISTER(0x40008200u) = 1;        /* begin again at the compare value */
    REGISTER(0x40008304u) = 1u << 16; /* interrupt there */
    REGISTER(0xE000E408u) = 0x80u;    /* between the others' priority and the highest */
    REGISTER(0xE000E100u) = 1u << 8;
    REGISTER(0x40008000u) = 1;
}
static inline void isr_above_stop(void) { REGISTER(0x40008004u) = 1; }
static inline void isr_acknowledge(void) { REGISTER(0x40008140u) = 0; }
#else /* mps2: TIMER0 of the CMSDK */
static inline void isr_above_start(uint16_t period) {
    REGISTER(0x40000004u) = REGISTER(0x40000008u) = period;
    REGISTER(0xE000E408u) = 0x80u;
    REGISTER(0xE000E100u) = 1u << 8;
    REGISTER(0x40000000u) = 9; /* on, with interrupt */
}
static inline void isr_above_stop(void) { REGISTER(0x40000000u) = 0; }
static inline void isr_acknowledge(void) { REGISTER(0x4000000Cu) = 1; }
#endif
void Interrupt8_Handler(void);
void Interrupt8_Handler(void) {
    isr_acknowledge();
    isr_above();
}
#endif

#elif defined __AVR__
#define ISR_ABOVE 0
#include <avr/interrupt.h>
#include <avr/io.h>
ISR(TIMER1_COMPA_vect) { isr_tick(); }
static inline void isr_start(uint16_t period) {
    OCR1A = period - 1;
    TIMSK1 = _BV(OCIE1A);
    TCCR1B = _BV(WGM12) | _BV(CS10); /* begins again there; at the core's clock */
    sei();
}
static inline void isr_stop(void) {
    TIMSK1 = 0;
    TCCR1B = 0;
}

#elif defined __riscv
#define ISR_ABOVE 0
#define ISR_ZICSR(instruction) ".option push\n\t.option arch, +zicsr\n\t" instruction "\n\t.option pop"
enum { ISR_MTIME = 0x0200BFF8, ISR_MTIMECMP = 0x02004000 };
static uint32_t isr_period; /* of 10 MHz; the upper half of the time stays 0 for seven minutes */
static __attribute__((interrupt("machine"), aligned(4))) void isr_trap(void) {
    REGISTER(ISR_MTIMECMP) = REGISTER(ISR_MTIME) + isr_period;
    isr_tick();
}
static inline void isr_start(uint16_t period) {
    isr_period = period / 3u;
    REGISTER(ISR_MTIMECMP + 4) = 0;
    REGISTER(ISR_MTIMECMP) = REGISTER(ISR_MTIME) + isr_period;
    __asm volatile(ISR_ZICSR("csrw mtvec, %0") : : "r"(isr_trap));
    __asm volatile(ISR_ZICSR("csrs mie, %0") : : "r"(0x80));
    __asm volatile(ISR_ZICSR("csrsi mstatus, 8") : : : "memory");
}
static inline void isr_stop(void) { __asm volatile(ISR_ZICSR("csrc mie, %0") : : "r"(0x80) : "memory"); }
#endif
#endif
