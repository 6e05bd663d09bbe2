/* critical.h - interrupt masks of the targets for perfkit's critical-section hook. What an application would put into its
   PERFKIT_CONFIG_FILE. Each saves the state, masks, and puts the state back, so that they nest. */
#ifndef CRITICAL_H
#define CRITICAL_H
#if defined __arm__
#define PERFKIT_CRITICAL_STATE unsigned long
#define PERFKIT_CRITICAL_ENTER(s) __asm volatile("mrs %0, primask\n\tcpsid i" : "=r"(s) : : "memory")
#define PERFKIT_CRITICAL_EXIT(s) __asm volatile("msr primask, %0" : : "r"(s) : "memory")
#elif defined __AVR__
#define PERFKIT_CRITICAL_STATE unsigned char
#define PERFKIT_CRITICAL_ENTER(s) __asm volatile("in %0, __SREG__\n\tcli" : "=r"(s) : : "memory")
#define PERFKIT_CRITICAL_EXIT(s) __asm volatile("out __SREG__, %0" : : "r"(s) : "memory")
#elif defined __riscv
#define PERFKIT_CRITICAL_STATE unsigned long
#define PERFKIT_CRITICAL_ENTER(s) \
    __asm volatile(".option push\n\t.option arch, +zicsr\n\tcsrrci %0, mstatus, 8\n\t.option pop" : "=r"(s) : : "memory")
#define PERFKIT_CRITICAL_EXIT(s) \
    __asm volatile(".option push\n\t.option arch, +zicsr\n\tcsrs mstatus, %0\n\t.option pop" : : "r"((s) & 8) : "memory")
#endif
#endif
