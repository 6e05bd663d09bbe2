/* The formatter against the C library's snprintf: random formats, arguments and buffer sizes, doubles of every magnitude. And
   deferred mode against lines that are written at once: the same formats and arguments, the first time and when they are known. */
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../perfkit_log.h"
#include "../support/model.h"
#ifdef __GNUC__
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#endif

static char ours[4096], theirs[4096], format[64];

static unsigned put_flags(void) { /* flags, width and precision into format; returns the length so far */
    static const char flags[] = "-+ 0#";
    unsigned n = 0, i;
    format[n++] = '<';
    format[n++] = '%';
    for (i = 0; i < 5; i++)
        if (model_below(4) == 0) format[n++] = flags[i];
    if (model_below(2)) n += (unsigned)snprintf(format + n, 8, "%u", model_below(40) + 1);
    if (model_below(2)) n += (unsigned)snprintf(format + n, 8, ".%u", model_below(model_below(8) ? 25 : 400));
    return n;
}
static void end_format(unsigned n, const char *modifier, char conversion) {
    while (*modifier) format[n++] = *modifier++;
    format[n++] = conversion;
    format[n++] = '>';
    format[n] = 0;
}
static int same(size_t got, int want, size_t size) {
    if (got == (size_t)want && (size == 0 || strcmp(ours, theirs) == 0)) return 1;
    printf("format \"%s\" size %lu: got %lu \"%s\", want %d \"%s\"\n", format, (unsigned long)size, (unsigned long)got, ours, want, theirs);
    return 0;
}
static size_t some_size(void) { return model_below(4) ? sizeof ours : model_below(30); }
static char queue[PK_LOG_QUEUE_BYTES(1, 16384)];
static pk_log at_once, later;
static pk__log_word word;
static pk__defer_site site; /* of the format in hand */
static pk_status keep(void *user, int level, const char *text, size_t length) {
    char *line = user == NULL ? ours : theirs;
    (void)level;
    if (length != 0) memcpy(line, text, length + 1);
    return PK_OK;
}
static void begin_loggers(void) {
    pk_log_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.no_time = true;
    desc.level = PK_LOG_TRACE;
    desc.sink = keep;
    (void)pk_log_init(&at_once, &desc);
    desc.sink_user = theirs;
    desc.memory = queue;
    desc.memory_size = sizeof queue;
    desc.rings = 1;
    (void)pk_log_init(&later, &desc);
    site.level = PK_LOG_INFO;
    site.word = &word;
}
static int same_line(void) {
    theirs[0] = 0;
    (void)pk_log_drain(&later, 0);
    if (strcmp(ours, theirs) == 0) return 1;
    printf("deferred, format \"%s\": \"%s\", want \"%s\"\n", format, theirs, ours);
    return 0;
}
#define DEFERRED(...)                                                                             \
    ((word = 0, pk__log_defer(&at_once, &site, format, __VA_ARGS__),                              \
      pk__log_defer(&later, &site, format, __VA_ARGS__), same_line()) &&                          \
     (pk__log_defer(&later, &site, format, __VA_ARGS__), same_line()))
#define BOTH(value)                                                     \
    do {                                                                \
        size_t size = some_size(), got;                                 \
        int want;                                                       \
        if (model_below(4) == 0 && !DEFERRED(value)) return 0;          \
        got = pk_format(ours, size, format, value);                     \
        want = snprintf(theirs, size, format, value);                   \
        return same(got, want, size);                                   \
    } while (0)

static uint64_t some_bits(void) { /* of every length */
    uint64_t bits = (uint64_t)model_random() << 32 | model_random();
    return bits >> model_below(64);
}
static int integers(void *unused) {
    static const char conversions[] = "diuxXo";
    char conversion = conversions[model_below(6)];
    unsigned n = put_flags(), kind = model_below(8), i, kept = 0;
    uint64_t bits = some_bits();
    int is_signed = conversion == 'd' || conversion == 'i';
    (void)unused;
    for (i = 0; i < n; i++) /* combinations that C leaves undefined: # with d i u; and + space with others do nothing */
        if (format[i] != '#' || !(is_signed || conversion == 'u')) format[kept++] = format[i];
    n = kept;
    switch (kind) {
    case 0: end_format(n, "hh", conversion); if (is_signed) BOTH((int)(signed char)bits); BOTH((unsigned)(unsigned char)bits);
    case 1: end_format(n, "h", conversion); if (is_signed) BOTH((int)(short)bits); BOTH((unsigned)(unsigned short)bits);
    case 2: end_format(n, "l", conversion); if (is_signed) BOTH((long)bits); BOTH((unsigned long)bits);
    case 3: end_format(n, "ll", conversion); if (is_signed) BOTH((long long)bits); BOTH((unsigned long long)bits);
    case 4: end_format(n, "z", conversion); if (is_signed) BOTH((ptrdiff_t)bits); BOTH((size_t)bits);
    case 5: end_format(n, "j", conversion); if (is_signed) BOTH((intmax_t)bits); BOTH((uintmax_t)bits);
    case 6: end_format(n, "t", conversion); if (is_signed) BOTH((ptrdiff_t)bits); BOTH((size_t)bits);
    default: end_format(n, "", conversion); if (is_signed) BOTH((int)bits); BOTH((unsigned)bits);
    }
}
static int doubles(void *unused) {
    static const char conversions[] = "fFeEgG";
    char conversion = conversions[model_below(6)];
    unsigned n = put_flags(), kind = model_below(6);
    uint64_t bits = (uint64_t)model_random() << 32 | model_random();
#ifdef __GLIBC__ /* prints 99.6 by %#.2g as 1.e+02; C99 7.19.6.1 and musl say 1.0e+02 */
    unsigned i, kept = 0;
    for (i = 0; i < n; i++)
        if (format[i] != '#' || (conversion != 'g' && conversion != 'G')) format[kept++] = format[i];
    n = kept;
#endif
    double value;
    (void)unused;
    end_format(n, "", conversion);
    if (kind == 0) value = (double)(int64_t)some_bits();
    else if (kind == 1) value = (double)model_below(100000) / 1000.0;
    else if (kind == 2) value = (double)model_below(2000) / 16.0; /* ties */
    else if (kind == 3) value = (double)model_below(1000) * 1e-9;
    else memcpy(&value, &bits, sizeof value); /* any, also subnormal, infinite and not a number */
    BOTH(value);
}
static int texts(void *unused) {
    char text[40];
    unsigned n, i, length = model_below(sizeof text - 1), kept = 0;
    (void)unused;
    for (i = 0; i < length; i++) text[i] = (char)(' ' + model_below(90));
    text[length] = 0;
    n = put_flags();
    for (i = 0; i < n; i++) /* - is the only flag that C defines for %s and %c */
        if (i < 2 || format[i] == '-' || format[i] == '.' || (format[i] >= '1' && format[i] <= '9') ||
            (format[i] == '0' && kept > 2 && format[kept - 1] != '-'))
            format[kept++] = format[i];
    if (model_below(4) == 0) {
        int c = 1 + (int)model_below(126);
        end_format(2, "", 'c');
        BOTH(c);
    }
    end_format(kept, "", 's');
    BOTH(text);
}
static int stars(void *unused) {
    int width = (int)model_below(60) - 30, precision = (int)model_below(30) - 5;
    int value = (int)some_bits(), want;
    size_t size = some_size(), got;
    (void)unused;
    memcpy(format, "<%*.*d|%+.*e>", 14);
    if (!DEFERRED(width, precision, value, precision, (double)value / 7.0)) return 0;
    got = pk_format(ours, size, format, width, precision, value, precision, (double)value / 7.0);
    want = snprintf(theirs, size, format, width, precision, value, precision, (double)value / 7.0);
    return same(got, want, size);
}

/* A double written out in decimal digits, all of them, by doubling and by multiplying with 5; and rounded, half to even. */
static char digit[1400]; /* digit[0] is the lowest */
static int digits, behind;
static void times(int factor) {
    int i, carry = 0;
    for (i = 0; i < digits; i++) {
        carry += digit[i] * factor;
        digit[i] = (char)(carry % 10);
        carry /= 10;
    }
    if (carry) digit[digits++] = (char)carry;
}
static void write_out(double value) {
    uint64_t bits, mantissa;
    int exponent;
    memcpy(&bits, &value, sizeof bits);
    exponent = (int)(bits >> 52 & 0x7FF);
    mantissa = bits & (((uint64_t)1 << 52) - 1);
    if (exponent) mantissa |= (uint64_t)1 << 52;
    else exponent = 1;
    for (digits = 0; mantissa; mantissa /= 10) digit[digits++] = (char)(mantissa % 10);
    for (behind = 0, exponent -= 1075; exponent < 0; exponent++, behind++) times(5); /* a half is 5 tenths */
    for (; exponent > 0; exponent--) times(2);
}
static int exact(void *unused) {
    unsigned precision = model_below(4) ? model_below(12) : model_below(1100), n = 0;
    uint64_t bits = (uint64_t)model_random() << 32 | model_random();
    size_t got;
    double value;
    int i, cut;
    (void)unused;
    if (model_below(8)) bits = (bits & ~((uint64_t)0x7FF << 52)) | (uint64_t)(1023 - 60 + model_below(120)) << 52;
    if (model_below(3) == 0) bits &= ~(uint64_t)0 << model_below(53); /* ties */
    if ((bits >> 52 & 0x7FF) == 0x7FF) bits ^= (uint64_t)1 << 60;
    memcpy(&value, &bits, sizeof value);
    write_out(value);
    cut = behind - (int)precision; /* digits to lose */
    if (cut > 0) {
        int more = 0, up;
        for (i = 0; i < cut - 1 && i < digits; i++) more |= digit[i];
        up = cut - 1 < digits ? digit[cut - 1] : 0;
        up = up > 5 || (up == 5 && (more || (cut < digits && digit[cut] % 2)));
        for (i = 0; i < cut && i < digits; i++) digit[i] = 0;
        while (digits <= cut) digit[digits++] = 0;
        for (i = cut; up; i++) {
            if (i == digits) digit[digits++] = 0;
            up = ++digit[i] == 10;
            if (up) digit[i] = 0;
        }
    }
    while (digits <= behind) digit[digits++] = 0;
    while (digits > behind + 1 && digit[digits - 1] == 0) digits--;
    if (bits >> 63) theirs[n++] = '-';
    for (i = digits - 1; i >= behind; i--) theirs[n++] = (char)('0' + digit[i]);
    if (precision) theirs[n++] = '.';
    for (; (unsigned)(behind - 1 - i) < precision && precision; i--) theirs[n++] = (char)(i >= 0 ? '0' + digit[i] : '0');
    theirs[n] = 0;
    snprintf(format, sizeof format, "%%.%uf", precision);
    got = pk_format(ours, sizeof ours, format, value);
    return same(got, (int)n, sizeof ours);
}

static const model_op operations[] = {{"integers", 5, integers}, {"doubles", 4, doubles}, {"texts", 2, texts}, {"stars", 1, stars},
                                      {"exact", 1, exact}};

int main(int argc, char **argv) {
    unsigned long steps = argc > 2 ? strtoul(argv[2], NULL, 0) : 200000;
    int agreed;
    begin_loggers();
    agreed = model_run("log_format", operations, PK__COUNTOF(operations), NULL, model_seed(argc, argv), steps);
    printf("%d passed, %d failed\n", agreed, !agreed);
    return agreed ? 0 : 1;
}
