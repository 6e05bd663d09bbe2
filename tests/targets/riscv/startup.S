/* startup.S - reset and trap of a RISC-V on QEMU's virt board. (The architecture is widened here: with _zicsr on the command
   line Debian's compiler picks the wrong library.) */
    .option arch, +zicsr
    .section .reset, "ax"
    .globl _start
_start:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la sp, link_stack_top
    la a0, link_bss_start
    la a1, link_bss_end
1:  bgeu a0, a1, 2f
    sw zero, 0(a0)
    addi a0, a0, 4
    j 1b
2:  la t0, trap
    csrw mtvec, t0
    call main
    call target_exit
    .balign 4
trap:
    li a0, 98
    call target_exit
