/* port.c - the port of the test harness to an MSP430 in mspdebug's simulator: its console device takes bytes at CONSOLE. */
#define TEST_PORT
#include "../../support/test.h"

#define CONSOLE (*(volatile uint8_t *)0x00FFu)
void test_putc(char c) { CONSOLE = (uint8_t)c; }
int main(void);
int main(void) { return test_main(); }
