/* primask.h - perfkit's interrupt hook for every Cortex-M: all interrupts are held off while the hook is in force.
   Include it before perfkit, in all files alike: #define PERFKIT_CONFIG_FILE "primask.h". For GNU C (gcc, clang, IAR 8+). */
#ifndef PRIMASK_H
#define PRIMASK_H
/* What was masked before is put back, not "on": so it nests, and works inside of interrupts. "memory" keeps accesses inside. */
#define PERFKIT_CRITICAL_STATE unsigned long
#define PERFKIT_CRITICAL_ENTER(s) __asm volatile("mrs %0, primask\n\tcpsid i" : "=r"(s) : : "memory")
#define PERFKIT_CRITICAL_EXIT(s) __asm volatile("msr primask, %0" : : "r"(s) : "memory")
#endif
