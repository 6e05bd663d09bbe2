/* basepri.h - perfkit's interrupt hook for Cortex-M3 and up (M0 and M23 lack the register): only interrupts of PK_BASEPRI and less
   urgent ones are held off. More urgent ones, with smaller numbers, run at once, and must not use what they would share. */
#ifndef BASEPRI_H
#define BASEPRI_H
#ifndef PK_BASEPRI /* a priority as the NVIC has it, in the upper bits: 0x40 is 2 of 0 to 7 with three bits. Never 0: that masks nothing */
#define PK_BASEPRI 0x40
#endif
#define PERFKIT_CRITICAL_STATE unsigned long
/* basepri_max takes only what is more urgent than now, so an outer, stricter mask stays. The isb: nothing of the inside runs before. */
#define PERFKIT_CRITICAL_ENTER(s) \
    __asm volatile("mrs %0, basepri\n\tmsr basepri_max, %1\n\tisb" : "=&r"(s) : "r"(PK_BASEPRI) : "memory")
#define PERFKIT_CRITICAL_EXIT(s) __asm volatile("msr basepri, %0" : : "r"(s) : "memory")
#endif
