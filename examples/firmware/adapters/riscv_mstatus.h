/* riscv_mstatus.h - perfkit's interrupt hook for RISC-V in machine mode: the MIE bit of mstatus, read and cleared at once.
   Include it before perfkit, in all files alike. */
#ifndef RISCV_MSTATUS_H
#define RISCV_MSTATUS_H
#define PERFKIT_CRITICAL_STATE unsigned long
/* The option: since 2019 these instructions are an extension, which -march=rv32imac does not name but every core with interrupts has. */
#define PK_WITH_ZICSR(instruction) ".option push\n\t.option arch, +zicsr\n\t" instruction "\n\t.option pop"
#define PERFKIT_CRITICAL_ENTER(s) __asm volatile(PK_WITH_ZICSR("csrrci %0, mstatus, 8") : "=r"(s) : : "memory")
#define PERFKIT_CRITICAL_EXIT(s) __asm volatile(PK_WITH_ZICSR("csrs mstatus, %0") : : "r"((s) & 8u) : "memory")
#endif
