/* port_cortex_m.c - the node on a Cortex-M3: Arm's board MPS2 with image AN385, as QEMU has it. Reset, vectors, timer, serial line.
   `make` in this folder builds and runs it. */
#include "port.h"

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define SYSTICK_CONTROL REGISTER(0xE000E010u)
#define SYSTICK_RELOAD REGISTER(0xE000E014u)
#define SYSTICK_NOW REGISTER(0xE000E018u) /* counts down */
#define UART_DATA REGISTER(0x40004000u)
#define UART_STATE REGISTER(0x40004004u)
#define UART_CONTROL REGISTER(0x40004008u)
#define UART_DIVIDER REGISTER(0x40004010u)
enum { TICKS_A_MS = PERFKIT_TICKS_HZ / 1000u };

static volatile uint32_t milliseconds;

void SysTick_Handler(void);
void SysTick_Handler(void) {
    milliseconds++;
    node_tick();
}
void port_start(void) {
    UART_DIVIDER = PERFKIT_TICKS_HZ / 115200u;
    UART_CONTROL = 1; /* sends */
    SYSTICK_RELOAD = TICKS_A_MS - 1;
    SYSTICK_NOW = 0;
    SYSTICK_CONTROL = 7; /* on, with interrupt, at the core's clock */
}
void port_stop(void) { SYSTICK_CONTROL = 5; /* counts on, without interrupt */ }
uint32_t port_ms(void) { return milliseconds; }
uint32_t port_ticks(void) { /* the core has no finer clock that runs up, so: whole milliseconds and what SysTick has counted since */
    uint32_t ms, left;
    do {
        ms = milliseconds;
        left = SYSTICK_NOW;
    } while (ms != milliseconds); /* the interrupt came in between: once more */
    return ms * TICKS_A_MS + (TICKS_A_MS - 1 - left);
}
void port_sleep(void) { __asm volatile("wfi" : : : "memory"); } /* wakes for what is pending, masked or not */
void port_putc(char c) {
    while (UART_STATE & 1u) {} /* full */
    UART_DATA = (uint8_t)c;
}
void port_end(int status) { /* semihosting: a breakpoint that the debugger, here QEMU, takes as "exit, with this reason" */
    register uint32_t operation __asm("r0") = 0x18;
    register uint32_t reason __asm("r1") = status == 0 ? 0x20026u : 0x20023u;
    __asm volatile("bkpt 0xAB" : : "r"(operation), "r"(reason) : "memory");
    for (;;) {}
}

/* ---- Reset ---- */

extern uint32_t link_stack_top[], link_data_from[], link_data_start[], link_data_end[], link_bss_start[], link_bss_end[]; /* cortex_m.ld */

void Reset_Handler(void);
void Reset_Handler(void) { /* C expects variables with values copied from flash, and the others 0 */
    volatile uint32_t *to;
    const uint32_t *from = link_data_from;
    for (to = link_data_start; to < link_data_end; to++) *to = *from++;
    for (to = link_bss_start; to < link_bss_end; to++) *to = 0;
    port_end(main());
}
static void fault(void) { port_end(1); }

typedef void (*vector)(void);
__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    (vector)(uintptr_t)link_stack_top, Reset_Handler, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, fault, 0, fault, SysTick_Handler};
