/* port.c - the port of the test harness to a Cortex-M in QEMU: console and exit status by semihosting (a breakpoint with an
   operation in r0 and its argument in r1). */
#define TEST_PORT
#include "../../support/test.h"
#include <stdint.h>

enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, ADP_STOPPED_APPLICATION_EXIT = 0x20026 };

static void semihost(uint32_t operation, const void *argument) {
    register uint32_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = argument;
    __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

void target_write(const char *text);
void target_write(const char *text) { semihost(SYS_WRITE0, text); }

void target_exit(int status);
void target_exit(int status) {
    uint32_t block[2];
    block[0] = ADP_STOPPED_APPLICATION_EXIT;
    block[1] = (uint32_t)status;
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
    target_write(line);
}

int main(void);
int main(void) { return test_main(); }
