/* shapes.h - what is cached in the bench, and the loops over ours, which are C in two forms: the engine inline in the unit, and
   calls into another unit. C and C++ see the same. */
#ifndef BENCH_SHAPES_H
#define BENCH_SHAPES_H
#include "../../../perfkit_cache.h"

typedef struct bench_value {
    uint64_t word[8]; /* the last one is 0: a key is the same xor it, and yet has to wait for it */
} bench_value;
typedef struct bench_key32 {
    uint64_t word[4];
} bench_key32;
PK_CACHE_DEFINE(cache64, uint64_t, bench_value)
PK_CACHE_DEFINE(cache32, bench_key32, bench_value)

typedef struct bench_result {
    uint64_t sum, hits; /* of all words of all values found: the same for all that keep the same entries */
} bench_result;

#ifdef __cplusplus
extern "C" {
#endif
/* A get for each key, its value read in full, and a put where it was not there. dep: each key depends on the value before;
   batch: 16 keys in one get_many, and in one put_many those that were not there. */
#define BENCH_LOOPS(form)                                                                 \
    bench_result form##_run64(cache64 *c, const uint64_t *keys, size_t n);                \
    bench_result form##_dep64(cache64 *c, const uint64_t *keys, size_t n);                \
    bench_result form##_run32(cache32 *c, const bench_key32 *keys, size_t n);             \
    bench_result form##_dep32(cache32 *c, const bench_key32 *keys, size_t n);             \
    bench_result form##_batch64(cache64 *c, const uint64_t *keys, size_t n);              \
    bench_result form##_batch32(cache32 *c, const bench_key32 *keys, size_t n);
BENCH_LOOPS(inline)
BENCH_LOOPS(extern)
#ifdef __cplusplus
}
#endif

static inline uint64_t bench_sum(const bench_value *v) {
    return v->word[0] + v->word[1] + v->word[2] + v->word[3] + v->word[4] + v->word[5] + v->word[6] + v->word[7];
}
static inline void bench_make(bench_value *v, uint64_t key) {
    unsigned i;
    for (i = 0; i < 7; i++) v->word[i] = key + i;
    v->word[7] = 0;
}
#endif
