/* test.h - the harness of every unit test. No heap, no stdio, no setjmp: one output hook, so that the same test file runs on a
   workstation and in 2 KB of RAM. C99 and C++11.

     static void entry_expires_on_time(void) { CHECK(...); CHECK_EQ(got, 3); CHECK_STATUS(call(), PK_OK); }
     TESTS {
         RUN("K06", "an entry is valid while now < expires_at", entry_expires_on_time)
         RUN(...)
     }

   Each RUN is one behaviour and names the requirement rows it proves. The program ends with "N passed, N failed", which the
   runner asks for beside the exit status: some simulators always exit 0. Each target supplies test_putc and a main that calls
   test_main (tests/targets). -DTEST_VERBOSE names each test as it passes. */
#ifndef PERFKIT_TEST_H
#define PERFKIT_TEST_H
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif
void test_putc(char c);
#if defined __GNUC__ && !defined __clang__ && !defined __TINYC__
__attribute__((externally_visible)) /* with -fwhole-program (tests/run) too */
#endif
int test_main(void); /* the number of failed tests, at most 99 */
#ifdef __cplusplus
}
#endif

#ifndef TEST_PORT /* ports (tests/targets) need the two declarations only */
#ifdef __AVR__
#include <avr/pgmspace.h>
#define TEST__ROM(text) PSTR(text)
#define TEST__READ(p) ((char)pgm_read_byte(p))
#define TEST__EXPRESSION(text) PSTR("") /* flash is short: the line number says it */
#else
#define TEST__ROM(text) (text)
#define TEST__READ(p) (*(p))
#define TEST__EXPRESSION(text) (text)
#endif
#if defined __GNUC__ || defined __clang__
#define TEST__UNUSED __attribute__((unused))
#define TEST__NOINLINE __attribute__((noinline, unused))
#else
#define TEST__UNUSED
#define TEST__NOINLINE
#endif

static uint16_t test__passed, test__failed;
static uint8_t test__bad;                        /* the running test has failed */
static const char *test__rows, *test__behaviour; /* of the running test, in ROM */

static void test__puts(const char *rom_text) {
    char c;
    while ((c = TEST__READ(rom_text)) != 0) {
        test_putc(c);
        rom_text++;
    }
}
static void test__put_number(long value) {
    char digits[21];
    uint8_t n = 0;
    unsigned long rest = value < 0 ? 0ul - (unsigned long)value : (unsigned long)value;
    if (value < 0) test_putc('-');
    do {
        digits[n++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest != 0);
    while (n > 0) test_putc(digits[--n]);
}
static TEST__NOINLINE void test__fail(uint16_t line, const char *expression) {
    if (!test__bad) {
        test__puts(TEST__ROM("FAIL "));
        test__puts(test__rows);
        test__puts(TEST__ROM(": "));
        test__puts(test__behaviour);
        test_putc('\n');
    }
    test__bad = 1;
    test__puts(TEST__ROM("  line "));
    test__put_number((long)line);
    test__puts(TEST__ROM(": "));
    test__puts(expression);
    test_putc('\n');
}
static TEST__NOINLINE void test__same(long got, long want, uint16_t line, const char *expression) {
    if (got == want) return;
    test__fail(line, expression);
    test__puts(TEST__ROM("    got "));
    test__put_number(got);
    test__puts(TEST__ROM(", want "));
    test__put_number(want);
    test_putc('\n');
}
static TEST__NOINLINE void test__same_text(const char *got, const char *want, uint16_t line, const char *expression) {
    const char *a = got, *b = want;
    for (; *a && *a == *b; a++) b++;
    if (*a == *b) return;
    test__fail(line, expression);
    for (test__puts(TEST__ROM("    got  \"")); *got; got++) test_putc(*got);
    for (test__puts(TEST__ROM("\"\n    want \"")); *want; want++) test_putc(*want);
    test__puts(TEST__ROM("\"\n"));
}
static TEST__NOINLINE void test__run(const char *rows, const char *behaviour, void (*test)(void)) {
    test__rows = rows;
    test__behaviour = behaviour;
    test__bad = 0;
    test();
    if (test__bad)
        test__failed++;
    else
        test__passed++;
#ifdef TEST_VERBOSE
    test__puts(test__bad ? TEST__ROM("not ok ") : TEST__ROM("ok "));
    test__puts(rows);
    test__puts(TEST__ROM(": "));
    test__puts(behaviour);
    test_putc('\n');
#endif
}
static int test__end(void) {
    test__put_number((long)test__passed);
    test__puts(TEST__ROM(" passed, "));
    test__put_number((long)test__failed);
    test__puts(TEST__ROM(" failed\n"));
    return test__failed > 99 ? 99 : (int)test__failed;
}

#define CHECK(condition) \
    do { \
        if (!(condition)) test__fail(__LINE__, TEST__EXPRESSION(#condition)); \
    } while (0)
#define CHECK_EQ(got, want) test__same((long)(got), (long)(want), __LINE__, TEST__EXPRESSION(#got " == " #want))
#define CHECK_STATUS(call, want) CHECK_EQ(call, want)
#define CHECK_TEXT(got, want) test__same_text(got, want, __LINE__, TEST__EXPRESSION(#got)) /* both in RAM */
#define RUN(rows, behaviour, test) test__run(TEST__ROM(rows), TEST__ROM(behaviour), test);
#define TESTS \
    static void test__all(void); \
    int test_main(void) { \
        test__all(); \
        return test__end(); \
    } \
    static void test__all(void)

/* Repeatable random numbers (xorshift32; Marsaglia, 2003). */
static uint32_t test__random_state = 0x2545F491u;
static TEST__UNUSED uint32_t test_random(void) {
    test__random_state ^= test__random_state << 13;
    test__random_state ^= test__random_state >> 17;
    test__random_state ^= test__random_state << 5;
    return test__random_state;
}
#endif /* TEST_PORT */
#endif
