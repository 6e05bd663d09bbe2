/* host.c - the port of the test harness to anything with an operating system. */
#define TEST_PORT
#include "../support/test.h"
#include <stdio.h>

void test_putc(char c) { putchar(c); }
int main(void) {
    int failed = test_main();
    return fflush(stdout) == 0 ? failed : 99;
}
