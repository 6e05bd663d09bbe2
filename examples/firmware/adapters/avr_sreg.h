/* avr_sreg.h - perfkit's interrupt hook for 8-bit AVRs: the I flag of SREG. Here it guards pointers and 16-bit counts too, which an
   AVR reads and writes in two steps. Include it before perfkit, in all files alike. */
#ifndef AVR_SREG_H
#define AVR_SREG_H
#define PERFKIT_CRITICAL_STATE unsigned char
#define PERFKIT_CRITICAL_ENTER(s) __asm volatile("in %0, __SREG__\n\tcli" : "=r"(s) : : "memory")
#define PERFKIT_CRITICAL_EXIT(s) __asm volatile("out __SREG__, %0" : : "r"(s) : "memory")
#endif
