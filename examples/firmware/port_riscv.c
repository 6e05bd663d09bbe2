/* port_riscv.c - the node on a 32-bit RISC-V: QEMU's board "virt". Reset, timer interrupt, serial line.
   `make riscv` in this folder builds and runs it. */
#include "port.h"

#define REGISTER(type, address) (*(volatile type *)(uintptr_t)(address))
#define MTIMECMP_LOW REGISTER(uint32_t, 0x02004000) /* the CLINT: a count of 10 MHz, and what it is compared with */
#define MTIMECMP_HIGH REGISTER(uint32_t, 0x02004004)
#define MTIME_LOW REGISTER(uint32_t, 0x0200BFF8)
#define UART_DATA REGISTER(uint8_t, 0x10000000) /* a 16550 */
#define UART_STATE REGISTER(uint8_t, 0x10000005)
#define POWER REGISTER(uint32_t, 0x00100000) /* QEMU ends when told here */
enum { TICKS_A_MS = PERFKIT_TICKS_HZ / 1000u };

static volatile uint32_t milliseconds;

static void next_at(uint32_t time) { /* the node runs for seconds: the upper half of the time stays 0 */
    MTIMECMP_HIGH = 0;
    MTIMECMP_LOW = time;
}
static __attribute__((interrupt("machine"), aligned(4))) void trap(void) {
    uint32_t cause;
    __asm volatile(PK_WITH_ZICSR("csrr %0, mcause") : "=r"(cause));
    if (cause != 0x80000007u) port_end(1); /* no timer interrupt: a fault */
    next_at(MTIMECMP_LOW + TICKS_A_MS);
    milliseconds++;
    node_tick();
}
void port_start(void) {
    next_at(MTIME_LOW + TICKS_A_MS);
    __asm volatile(PK_WITH_ZICSR("csrw mtvec, %0") : : "r"(trap));
    __asm volatile(PK_WITH_ZICSR("csrs mie, %0") : : "r"(0x80));         /* the timer's */
    __asm volatile(PK_WITH_ZICSR("csrsi mstatus, 8") : : : "memory"); /* all */
}
void port_stop(void) { __asm volatile(PK_WITH_ZICSR("csrc mie, %0") : : "r"(0x80) : "memory"); }
uint32_t port_ms(void) { return milliseconds; }
uint32_t port_ticks(void) { return MTIME_LOW; }
void port_sleep(void) { __asm volatile("wfi" : : : "memory"); } /* wakes for what is pending, masked or not */
void port_putc(char c) {
    while (!(UART_STATE & 0x20u)) {} /* full */
    UART_DATA = (uint8_t)c;
}
void port_end(int status) {
    POWER = status == 0 ? 0x5555u : (uint32_t)status << 16 | 0x3333u;
    for (;;) {}
}

/* ---- Reset ---- */

extern uint32_t link_bss_start[], link_bss_end[]; /* riscv.ld */

void reset(void);
void reset(void) { /* C expects variables without values to be 0; QEMU has loaded the others */
    volatile uint32_t *to;
    for (to = link_bss_start; to < link_bss_end; to++) *to = 0;
    port_end(main());
}
__asm(".section .reset, \"ax\"\n"
      ".globl _start\n"
      "_start: .option push\n"
      "    .option norelax\n"
      "    la gp, __global_pointer$\n"
      "    .option pop\n"
      "    la sp, link_stack_top\n"
      "    j reset\n"
      ".text\n");
