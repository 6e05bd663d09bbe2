/* model.h - random operations on the real thing and on a slow obvious model, side by side (hosted). Each module gives a table of
   weighted operations; each operation acts on both and returns false where they differ.

     ./build/cache_model                 a seed from the clock, printed
     ./build/cache_model SEED [STEPS]    the same run again */
#ifndef PERFKIT_MODEL_H
#define PERFKIT_MODEL_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct model_op {
    const char *name;
    unsigned weight;
    int (*run)(void *subject); /* 0 where model and subject differ, having printed how */
} model_op;

static uint64_t model_state;
static uint32_t model_random(void) { /* splitmix64: Steele, Lea, Flood, 2014 */
    uint64_t z = (model_state += 0x9E3779B97F4A7C15u);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (uint32_t)((z ^ z >> 31) >> 32);
}
static uint32_t model_below(uint32_t n) { return (uint32_t)((uint64_t)model_random() * n >> 32); }

static uint64_t model_seed(int argc, char **argv) {
    return argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL) * 1000003u ^ (uint64_t)clock();
}
/* 1 where `steps` random operations agreed; the first difference ends the run with the seed and step to repeat it. */
static int model_run(const char *name, const model_op *ops, size_t op_count, void *subject, uint64_t seed, unsigned long steps) {
    unsigned total = 0;
    unsigned long step;
    size_t i;
    model_state = seed;
    for (i = 0; i < op_count; i++) total += ops[i].weight;
    for (step = 0; step < steps; step++) {
        uint32_t pick = model_below(total);
        for (i = 0; pick >= ops[i].weight; i++) pick -= ops[i].weight;
        if (!ops[i].run(subject)) {
            printf("%s: seed %llu: step %lu (%s) differs from the model\n", name, (unsigned long long)seed, step, ops[i].name);
            return 0;
        }
    }
    printf("%s: seed %llu: %lu steps agree\n", name, (unsigned long long)seed, steps);
    return 1;
}
#endif
