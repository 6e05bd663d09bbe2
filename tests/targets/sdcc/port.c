/* port.c - the port of the test harness to sdcc's simulators (STM8, Z80): what is written to their interface, 'p' and a character, is
   printed, 's' ends. They exit with 0 always, so the last line tells the status. */
#define TEST_PORT
#include "../../support/test.h"

#ifdef __SDCC_stm8
#define INTERFACE (*(volatile unsigned char *)0x57FF)
#else
__sfr __at(0xFF) INTERFACE;
#endif
void test_putc(char c) {
    INTERFACE = 'p';
    INTERFACE = (unsigned char)c;
}
void main(void) {
    const char *end = test_main() == 0 ? "exit 0\n" : "exit 1\n";
    while (*end) test_putc(*end++);
    INTERFACE = 's';
    for (;;) {}
}
