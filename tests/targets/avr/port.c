/* port.c - the port of the test harness to an AVR in simavr: tests/targets/avr/runner.c prints what is written to GPIOR0 and
   ends with the status that is written to GPIOR1. */
#define TEST_PORT
#include "../../support/test.h"
#include <avr/io.h>

void test_putc(char c) { GPIOR0 = (uint8_t)c; }
int main(void) {
    GPIOR1 = (uint8_t)test_main();
    for (;;) {}
}
