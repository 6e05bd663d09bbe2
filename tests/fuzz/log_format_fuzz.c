/* What any format of the formatter's own language does, with an argument of its type, in any room: never more bytes than there is room,
   an end, and the same length whatever the room. Two bytes: room and value; then characters of one conversion, chosen from all that a
   format may hold. */
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../perfkit_log.h"
#include <stdio.h>
#include <stdlib.h>

#define demand(condition) ((condition) ? (void)0 : (fprintf(stderr, "line %d: %s\n", __LINE__, #condition), abort()))
#pragma clang diagnostic ignored "-Wformat-nonliteral"
#pragma clang diagnostic ignored "-Wformat-security"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char letters[] = "-+ #0123456789.hljztab%";
    static const char conversions[] = "diuxXocpsfFeEgG%nqk";
    char format[64], *tight, *wide;
    size_t i, n = 0, room, length, again;
    uint64_t bits = 0;
    double number;
    char last;
    if (size < 12) return 0;
    room = data[0];
    memcpy(&bits, data + 1, 8);
    memcpy(&number, data + 1, 8);
    format[n++] = (char)('a' + data[9] % 3);
    format[n++] = '%';
    for (i = 11; i < size && n < 40; i++) {
        char c = letters[data[i] % (sizeof letters - 1)];
        if (c == '%' || c == 'a' || c == 'b') break;
        format[n++] = c;
    }
    last = format[n++] = conversions[data[10] % (sizeof conversions - 1)];
    format[n++] = '<';
    format[n] = 0;
    tight = (char *)malloc(room + 1); /* of its own: a byte too many is found */
    wide = (char *)malloc(20000);
#define BOTH(value)                                              \
    do {                                                         \
        length = pk_format(tight, room, format, value);          \
        again = pk_format(wide, 20000, format, value);           \
    } while (0)
    if (strchr("fFeEgG", last)) BOTH(number);
    else if (last == 's') BOTH("text of \n some \x80 length");
    else if (last == 'p') BOTH((void *)(uintptr_t)bits);
    else BOTH((long long)bits); /* integers of all widths are read from one place on 64 bits */
    demand(length == again);
    if (room > 0) {
        demand(strlen(tight) < room && strlen(tight) <= length);
        demand(memcmp(tight, wide, strlen(tight)) == 0);
        demand(length < room ? strlen(tight) == length || last == 'c' : strlen(tight) == room - 1 || last == 'c');
    }
    free(tight);
    free(wide);
    return 0;
}
