/* port.c - the port of the test harness to a RISC-V in QEMU: console and exit status by semihosting (a marked breakpoint with an
   operation in a0 and its argument in a1). */
#define TEST_PORT
#include "../../support/test.h"
#include <stdint.h>

enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, ADP_STOPPED_APPLICATION_EXIT = 0x20026 };

static __attribute__((noinline)) void semihost(long operation, const void *argument) {
    register long a0 __asm("a0") = operation;
    register const void *a1 __asm("a1") = argument;
    __asm volatile(".balign 16\n .option push\n .option norvc\n slli x0, x0, 0x1f\n ebreak\n srai x0, x0, 7\n .option pop"
                   : "+r"(a0)
                   : "r"(a1)
                   : "memory");
}

void target_exit(int status);
void target_exit(int status) {
    uintptr_t block[2];
    block[0] = ADP_STOPPED_APPLICATION_EXIT;
    block[1] = (uintptr_t)status;
    semihost(SYS_EXIT_EXTENDED, block);
    for (;;) {}
}

void test_putc(char c) { /* by the line: each call stops the simulator */
    static char line[81];
    static uint8_t used;
    line[used++] = c;
    if (c != '\n' && used < sizeof line - 1) return;
    line[used] = 0;
    used = 0;
    semihost(SYS_WRITE0, line);
}

int main(void);
int main(void) { return test_main(); }
