/* runtime.c - start-up of an MSP430, and what clang's code calls and no package brings: arithmetic of the EABI (TI's SLAA534) without a
   multiplier, and the few functions of string.h. The simulator stops at target_done. */
#include <stdint.h>
#include <string.h>

extern unsigned char link_data_from[], link_data_start[], link_data_end[], link_bss_start[], link_bss_end[];
int main(void);
void target_main(void);
volatile int target_status = 255;

__attribute__((naked, used, section(".reset"))) void target_reset(void);
void target_reset(void) {
    __asm volatile("mov #0x5A80, &0x0120\n" /* no watchdog */
                   "mov #link_stack_top, r1\n"
                   "call #target_main\n"
                   ".global target_done\n"
                   "target_done: jmp target_done\n");
}
void target_main(void) {
    const unsigned char *from = link_data_from;
    unsigned char *to;
    for (to = link_data_start; to < link_data_end; to++) *to = *from++;
    for (to = link_bss_start; to < link_bss_end; to++) *to = 0;
    target_status = main();
}

/* In each loop something that the compiler does not take for the very function it is in. */
#define STAY() __asm volatile("")
void *memcpy(void *to, const void *from, size_t n) {
    unsigned char *t = (unsigned char *)to;
    const unsigned char *f = (const unsigned char *)from;
    for (; n > 0; n--) {
        *t++ = *f++;
        STAY();
    }
    return to;
}
void *memmove(void *to, const void *from, size_t n) {
    unsigned char *t = (unsigned char *)to;
    const unsigned char *f = (const unsigned char *)from;
    if (t < f) return memcpy(to, from, n);
    while (n-- > 0) {
        t[n] = f[n];
        STAY();
    }
    return to;
}
void *memset(void *to, int c, size_t n) {
    unsigned char *t = (unsigned char *)to;
    for (; n > 0; n--) {
        *t++ = (unsigned char)c;
        STAY();
    }
    return to;
}
int memcmp(const void *a, const void *b, size_t n) {
    const unsigned char *x = (const unsigned char *)a, *y = (const unsigned char *)b;
    for (; n > 0; n--, x++, y++)
        if (*x != *y) return *x < *y ? -1 : 1;
    return 0;
}
size_t strlen(const char *s) {
    size_t n = 0;
    while (s[n] != 0) {
        n++;
        STAY();
    }
    return n;
}
int strncmp(const char *a, const char *b, size_t n) {
    for (; n > 0; n--, a++, b++) {
        if (*a != *b) return *a < *b ? -1 : 1;
        if (*a == 0) break;
    }
    return 0;
}
int strcmp(const char *a, const char *b) { return strncmp(a, b, (size_t)-1); }
char *strchr(const char *s, int c) {
    for (; *s != (char)c; s++)
        if (*s == 0) return NULL;
    return (char *)(uintptr_t)s;
}
char *strrchr(const char *s, int c) {
    const char *found = NULL;
    for (;; s++) {
        if (*s == (char)c) found = s;
        if (*s == 0) return (char *)(uintptr_t)found;
    }
}
char *strstr(const char *s, const char *part) {
    size_t n = strlen(part);
    for (;; s++) {
        if (strncmp(s, part, n) == 0) return (char *)(uintptr_t)s;
        if (*s == 0) return NULL;
    }
}
char *strcpy(char *to, const char *from) { return (char *)memcpy(to, from, strlen(from) + 1); }
char *strncat(char *to, const char *from, size_t n) {
    char *end = to + strlen(to);
    for (; n > 0 && *from != 0; n--) *end++ = *from++;
    *end = 0;
    return to;
}
char *strcat(char *to, const char *from) { return strncat(to, from, (size_t)-1); }
char *strncpy(char *to, const char *from, size_t n) {
    size_t i;
    for (i = 0; i < n && from[i] != 0; i++) to[i] = from[i];
    memset(to + i, 0, n - i);
    return to;
}

/* Products and quotients by shifting and adding; quotients of negative numbers are of their absolute values. */
#define DEFINE_ARITHMETIC(type, signed_type, bits, mul, divu, remu, div, rem)        \
    type mul(type a, type b);                                                        \
    type divu(type n, type d);                                                       \
    type remu(type n, type d);                                                       \
    signed_type div(signed_type n, signed_type d);                                   \
    signed_type rem(signed_type n, signed_type d);                                   \
    type mul(type a, type b) {                                                       \
        type product = 0;                                                            \
        for (; a != 0; a >>= 1, b += b)                                              \
            if (a & 1) product += b;                                                 \
        return product;                                                              \
    }                                                                                \
    static type divide_##bits(type n, type d, type *left) {                          \
        type quotient = 0, rest = 0;                                                 \
        unsigned char i;                                                             \
        for (i = 0; i < (bits); i++) {                                               \
            unsigned char out = (rest >> ((bits) - 1)) != 0;                         \
            rest = (type)(rest + rest) | (type)(n >> ((bits) - 1));                  \
            n += n;                                                                  \
            quotient += quotient;                                                    \
            if (out || rest >= d) {                                                  \
                rest -= d;                                                           \
                quotient |= 1;                                                       \
            }                                                                        \
        }                                                                            \
        *left = rest;                                                                \
        return quotient;                                                             \
    }                                                                                \
    type divu(type n, type d) {                                                      \
        type left;                                                                   \
        return divide_##bits(n, d, &left);                                           \
    }                                                                                \
    type remu(type n, type d) {                                                      \
        type left;                                                                   \
        (void)divide_##bits(n, d, &left);                                            \
        return left;                                                                 \
    }                                                                                \
    signed_type div(signed_type n, signed_type d) {                                  \
        type q = divu(n < 0 ? 0 - (type)n : (type)n, d < 0 ? 0 - (type)d : (type)d); \
        return (signed_type)((n < 0) != (d < 0) ? 0 - q : q);                        \
    }                                                                                \
    signed_type rem(signed_type n, signed_type d) {                                  \
        type r = remu(n < 0 ? 0 - (type)n : (type)n, d < 0 ? 0 - (type)d : (type)d); \
        return (signed_type)(n < 0 ? 0 - r : r);                                     \
    }
DEFINE_ARITHMETIC(uint16_t, int16_t, 16, __mspabi_mpyi, __mspabi_divu, __mspabi_remu, __mspabi_divi, __mspabi_remi)
DEFINE_ARITHMETIC(uint32_t, int32_t, 32, __mspabi_mpyl, __mspabi_divul, __mspabi_remul, __mspabi_divli, __mspabi_remli)

/* Products of 64 bits come in r8 to r11 and r12 to r15. */
__attribute__((used)) uint64_t target_multiply(uint64_t a, uint64_t b);
uint64_t target_multiply(uint64_t a, uint64_t b) {
    uint64_t product = 0;
    for (; a != 0; a >>= 1, b += b)
        if (a & 1) product += b;
    return product;
}
__attribute__((naked)) void __mspabi_mpyll(void);
void __mspabi_mpyll(void) {
    __asm volatile("push r11\npush r10\npush r9\npush r8\n"
                   "call #target_multiply\n"
                   "add #8, r1\n"
                   "ret\n");
}

/* Shifts by a number that is not known, a bit at a time. */
#define DEFINE_SHIFTS(type, signed_type, left, right, arithmetic) \
    type left(type v, int n);                                     \
    type right(type v, int n);                                    \
    signed_type arithmetic(signed_type v, int n);                 \
    type left(type v, int n) {                                    \
        while (n-- > 0) v += v;                                   \
        return v;                                                 \
    }                                                             \
    type right(type v, int n) {                                   \
        while (n-- > 0) v >>= 1;                                  \
        return v;                                                 \
    }                                                             \
    signed_type arithmetic(signed_type v, int n) {                \
        while (n-- > 0) v >>= 1;                                  \
        return v;                                                 \
    }
DEFINE_SHIFTS(uint16_t, int16_t, __mspabi_slli, __mspabi_srli, __mspabi_srai)
DEFINE_SHIFTS(uint32_t, int32_t, __mspabi_slll, __mspabi_srll, __mspabi_sral)
