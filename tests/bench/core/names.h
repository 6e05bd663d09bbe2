/* names.h - what main.cpp uses of ours.c. */
#ifndef BENCH_NAMES_H
#define BENCH_NAMES_H
#include "../../../perfkit.h"
#ifdef __cplusplus
extern "C" {
#endif
pk_status bench_cleanup(void *context); /* adds one to a uint64_t */
uint64_t bench_hash_and_compare(const char *const *asked, const char *const *there, size_t count);
#ifdef __cplusplus
}
#endif
#endif
