/* startup.c - reset, vector table and faults of any Cortex-M, from v6-M (M0) to v8-M (M33), in plain C. A test that wants
   interrupts defines SysTick_Handler or Interrupt8_Handler, which is a timer's on the boards that the tests use. */
#include <stdint.h>

void target_exit(int status);
void target_write(const char *text);
int main(void);

extern uint32_t link_stack_top[], link_data_from[], link_data_start[], link_data_end[], link_bss_start[], link_bss_end[];

#if defined __ARM_FP
static void enable_fpu(void) {
    volatile uint32_t *cpacr = (volatile uint32_t *)0xE000ED88u;
    *cpacr |= 0xFu << 20; /* full access to coprocessors 10 and 11 */
    __asm volatile("dsb\n\tisb");
}
#else
static void enable_fpu(void) {}
#endif

void Reset_Handler(void);
void Reset_Handler(void) {
    volatile uint32_t *to; /* volatile: else the compiler makes these loops calls of memcpy and memset */
    const uint32_t *from = link_data_from;
    for (to = link_data_start; to < link_data_end; to++) *to = *from++;
    for (to = link_bss_start; to < link_bss_end; to++) *to = 0;
    enable_fpu();
    target_exit(main());
}

static void fault(void) {
    target_write("FAULT: an exception that no test expects\n");
    target_exit(98);
}
void SysTick_Handler(void);
__attribute__((weak)) void SysTick_Handler(void) { fault(); }
void Interrupt8_Handler(void);
__attribute__((weak)) void Interrupt8_Handler(void) { fault(); }

typedef void (*vector)(void);
#define FOUR(handler) handler, handler, handler, handler
__attribute__((section(".vectors"), used)) static const vector vectors[16 + 32] = {
    (vector)(uintptr_t)link_stack_top, Reset_Handler, fault, fault, /* NMI, hard fault */
    fault, fault, fault, 0, 0, 0, 0, fault, fault, 0, fault, SysTick_Handler,
    FOUR(fault), FOUR(fault), Interrupt8_Handler, fault, fault, fault,
    FOUR(fault), FOUR(fault), FOUR(fault), FOUR(fault), FOUR(fault)};
