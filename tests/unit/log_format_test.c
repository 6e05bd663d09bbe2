/* targets: all */
/* The formatter's text for given arguments. tests/model/log_format_model.c compares it with the C library's. */
#include "../../perfkit_log.h"
#include "../support/test.h"
#ifdef __GNUC__
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#endif

static char out[48];
#define FORMATS(want, ...)                                       \
    do {                                                         \
        CHECK_EQ(PK_FORMAT(out, sizeof out, __VA_ARGS__), sizeof(want) - 1); \
        CHECK_TEXT(out, want);                                   \
    } while (0)

static void integers(void) {
    FORMATS("0 -1 42", "%d %i %u", 0, -1, 42u);
    FORMATS("-32768 32767 65535", "%d %d %u", -32767 - 1, 32767, 65535u);
    FORMATS("-2147483648 4294967295", "%ld %lu", -2147483647L - 1, 4294967295uL);
    FORMATS("beef BEEF 177777", "%x %X %o", 0xBEEFu, 0xBEEFu, 0xFFFFu);
    FORMATS("0xff 0XFF 017 0", "%#x %#X %#o %#x", 255u, 255u, 15u, 0u);
    FORMATS("-1 255 -2", "%hhd %hhu %hd", (signed char)-1, (unsigned char)255, (short)-2);
}
static void widths_and_flags(void) {
    FORMATS("   42|42   |00042|+42| 42", "%5d|%-5d|%05d|%+d|% d", 42, 42, 42, 42, 42);
    FORMATS("-0042|  -42|-42  |", "%05d|%*d|%*d|", -42, 5, -42, -5, -42);
    FORMATS("  007|007||", "%5.3d|%.*d|%.0d|", 7, 3, 7, 0);
    FORMATS("0x002a|  0x2a|0x2a  ", "%#06x|%#6x|%-#6x", 42u, 42u, 42u);
    FORMATS("00|0", "%.2o|%#.0o", 0u, 0u);
}
static void strings(void) {
    const char *volatile null = NULL; /* so that the compiler does not see it */
    char unended[2];
    unended[0] = 'a';
    unended[1] = 'b';
    FORMATS("abc|  abc|abc  |ab", "%s|%5s|%-5s|%.2s", "abc", "abc", "abc", "abc");
    FORMATS("ab|", "%.2s|%.0s", unended, unended);
    FORMATS("(null)", "%s", null);
    FORMATS("x|  x|100%", "%c|%3c|%d%%", 'x', 'x', 100);
    FORMATS("a\nb", "%s", "a\nb"); /* escaping is for lines */
    FORMATS("plain", "plain");
}
static void cuts_like_snprintf(void) {
    char small[4];
    small[3] = '!';
    CHECK_EQ(pk_format(small, 3, "%d", 12345), 5);
    CHECK_TEXT(small, "12");
    CHECK_EQ(small[3], '!');
    CHECK_EQ(pk_format(small, 1, "%s", "abc"), 3);
    CHECK_TEXT(small, "");
    CHECK_EQ(pk_format(NULL, 0, "%s", "abc"), 3);
}
/* Formats that the compiler would refuse come as variables. */
static void what_it_does_not_know_stays_as_it_is(void) {
    const char *formats[4];
    uint8_t i;
    formats[0] = "%d%y %s";
    formats[1] = "%d%n%s";
    formats[2] = "%d%-5.3q";
    formats[3] = "%d%";
    for (i = 0; i < 4; i++) {
        pk_format(out, sizeof out, formats[i], 1, 2);
        CHECK_EQ(out[0], '1');
        CHECK_TEXT(out + 1, formats[i] + 2);
    }
#if !PERFKIT_FLOAT
    FORMATS("1 %f %d", "%d %f %d", 1, 1.0, 2);
#endif
#if !PERFKIT_LOG_INT64
    FORMATS("%lld %s", "%lld %s", 1LL, "x");
#endif
}
static void pointers(void) {
    FORMATS("0xff|0x0", "%p|%p", (void *)(uintptr_t)255, (void *)(uintptr_t)0);
}
static void sizes(void) {
#if PERFKIT_LOG_INT64
    FORMATS("-9223372036854775808 18446744073709551615", "%lld %llu", -9223372036854775807LL - 1, 18446744073709551615uLL);
    FORMATS("123456789012345678|ffffffffffffffff", "%lld|%llx", 123456789012345678LL, 18446744073709551615uLL);
    FORMATS("1777777777777777777777", "%llo", 18446744073709551615uLL);
    FORMATS("-5 7", "%jd %ju", (intmax_t)-5, (uintmax_t)7);
#endif
#if UINTPTR_MAX > 0xFFFFFFFFu && !defined _WIN32
    FORMATS("-123456789012345678 ffffffffffffffff", "%ld %lx", -123456789012345678L, 18446744073709551615uL);
#endif
    FORMATS("65535 -3", "%zu %td", (size_t)65535u, (ptrdiff_t)-3);
}

/* Also where a thread keeps what it read of a format. */
static void a_format_is_what_its_text_says_now(void) {
    static const char long_one[] = "a text of more than sixteen, of more than sixty-three characters: %d, and behind it one more %s, %lu";
    char text[160], format[16];
    unsigned i;
    for (i = 0; i < 6; i++) {
        bool odd = (i & 1) != 0;
        strcpy(format, odd ? "%d of %s" : "%s, not %d");
        if (odd) CHECK_EQ(pk_format(text, sizeof text, format, 7, "nine"), 9);
        else CHECK_EQ(pk_format(text, sizeof text, format, "nine", 7), 11);
        CHECK_TEXT(text, odd ? "7 of nine" : "nine, not 7");
        CHECK_EQ(pk_format(text, sizeof text, long_one, (int)i - 3, "time", 4000000000uL), sizeof(long_one) - 1 - 7 + (i < 3 ? 2 : 1) + 14);
        CHECK(strstr(text, i < 3 ? "characters: -" : "characters: ") != NULL);
        CHECK(strstr(text, ", and behind it one more time, 4000000000") != NULL);
        CHECK_EQ(pk_format(text, sizeof text, "%d%d%d%d%d%d%d%d%d%d%d%d%d%s", 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, -3, "!"), 15);
        CHECK_TEXT(text, "123456789012-3!");
    }
}

TESTS {
    RUN("L22", "integers of each base and type", integers)
    RUN("L22", "width, precision and flags", widths_and_flags)
    RUN("L22", "strings and characters; precision bounds the read", strings)
    RUN("L22", "a cut text is ended and its full length returned", cuts_like_snprintf)
    RUN("L22", "an unknown conversion and all behind it is printed as it stands", what_it_does_not_know_stays_as_it_is)
    RUN("L22", "pointers", pointers)
    RUN("L22", "a format at the address of another, longer than most, or with more conversions", a_format_is_what_its_text_says_now)
    RUN("L22", "64-bit integers and sizes", sizes)
}
