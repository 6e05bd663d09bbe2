/* names.h - what main.cpp uses of ours.c. */
#ifndef BENCH_NAMES_H
#define BENCH_NAMES_H
#include "../../../perfkit.h"
#ifdef __cplusplus
extern "C" {
#endif
pk_status bench_cleanup(void *context); /* adds one to a uint64_t */
/* Each name's length, hash, and whether it is the one that is there: by FNV-1a, and by perfkit's hash. */
uint64_t bench_hash_and_compare(const char *const *asked, const char *const *there, size_t count);
uint64_t bench_own_hash_and_compare(const char *const *asked, const char *const *there, size_t count);
#ifdef __cplusplus
}
#endif
#endif
