/* port.h - what a target supplies to the test harness (test_putc, and a main that calls test_main) and gets from it. */
#ifndef PERFKIT_TEST_PORT_H
#define PERFKIT_TEST_PORT_H
#ifdef __cplusplus
extern "C" {
#endif
void test_putc(char c);
int test_main(void); /* the number of failed tests, at most 99 */
#ifdef __cplusplus
}
#endif
#endif
