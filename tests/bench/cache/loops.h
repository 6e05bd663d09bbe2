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

#define BENCH_GET_MANY(Cache) BENCH_GET_MANY_(Cache)
#define BENCH_GET_MANY_(Cache) Cache##_get_many
#define BENCH_PUT_MANY(Cache) BENCH_PUT_MANY_(Cache)
#define BENCH_PUT_MANY_(Cache) Cache##_put_many
#define BENCH_BATCH(name, Cache, Key, FIRST_WORD)                                            \
    bench_result BENCH_NAME(BENCH_FORM, name)(Cache *c, const Key *keys, size_t n) {         \
        bench_result r = {0, 0};                                                             \
        bench_value v[16];                                                                   \
        pk_status status[16];                                                                \
        Key missed[16];                                                                      \
        size_t i, j, misses;                                                                 \
        for (i = 0; i + 16 <= n; i += 16) {                                                  \
            BENCH_GET_MANY(Cache)(c, keys + i, v, status, 16);                               \
            for (j = misses = 0; j < 16; j++) {                                              \
                if (status[j] == PK_OK) {                                                    \
                    r.sum += bench_sum(&v[j]);                                               \
                    r.hits++;                                                                \
                } else {                                                                     \
                    Key key = missed[misses] = keys[i + j];                                  \
                    bench_make(&v[misses++], FIRST_WORD);                                    \
                }                                                                            \
            }                                                                                \
            if (misses > 0) BENCH_PUT_MANY(Cache)(c, missed, v, 0, NULL, misses);            \
        }                                                                                    \
        return r;                                                                            \
    }

BENCH_LOOP(run64, cache64, uint64_t, key, 0)
BENCH_LOOP(dep64, cache64, uint64_t, key, 1)
BENCH_LOOP(run32, cache32, bench_key32, key.word[0], 0)
BENCH_LOOP(dep32, cache32, bench_key32, key.word[0], 1)
BENCH_BATCH(batch64, cache64, uint64_t, key)
BENCH_BATCH(batch32, cache32, bench_key32, key.word[0])
