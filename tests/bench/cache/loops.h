/* loops.h - the loops of shapes.h for one form, BENCH_FORM. */
#define BENCH_NAME_(form, name) form##_##name
#define BENCH_NAME(form, name) BENCH_NAME_(form, name)

#define BENCH_LOOP(name, Cache, Key, FIRST_WORD, DEPENDS)                                    \
    bench_result BENCH_NAME(BENCH_FORM, name)(Cache *c, const Key *keys, size_t n) {         \
        bench_result r = {0, 0};                                                             \
        bench_value v;                                                                       \
        size_t i;                                                                            \
        v.word[7] = 0;                                                                       \
        for (i = 0; i < n; i++) {                                                            \
            Key key = keys[i];                                                               \
            if (DEPENDS) FIRST_WORD ^= v.word[7];                                            \
            if (BENCH_GET(Cache)(c, key, &v) == PK_OK) {                                     \
                r.sum += bench_sum(&v);                                                      \
                r.hits++;                                                                    \
            } else {                                                                         \
                bench_make(&v, FIRST_WORD);                                                  \
                BENCH_PUT(Cache)(c, key, &v, 0);                                             \
            }                                                                                \
        }                                                                                    \
        return r;                                                                            \
    }
#define BENCH_GET(Cache) BENCH_GET_(Cache)
#define BENCH_GET_(Cache) Cache##_get
#define BENCH_PUT(Cache) BENCH_PUT_(Cache)
#define BENCH_PUT_(Cache) Cache##_put

BENCH_LOOP(run64, cache64, uint64_t, key, 0)
BENCH_LOOP(dep64, cache64, uint64_t, key, 1)
BENCH_LOOP(run32, cache32, bench_key32, key.word[0], 0)
BENCH_LOOP(dep32, cache32, bench_key32, key.word[0], 1)
