/* worst.h - what the traced process (load.c) and the one that counts its instructions (main.cpp) share. */
#ifndef PERFKIT_BENCH_WORST_H
#define PERFKIT_BENCH_WORST_H
#include <stdint.h>

enum {
    WORST_GET_HIT, WORST_GET_MISS, WORST_PUT_NEW, WORST_PUT_REPLACE, WORST_REMOVE, WORST_TICK, WORST_PEEK, WORST_OPERATIONS
};
enum { WORST_LRU, WORST_LRU_CHAINS, WORST_S3, WORST_KINDS };
enum { WORST_LONGEST = 4096, WORST_SLOT = 64 }; /* bytes of the longest value with chains, and of a slot */
/* In memory of both: what the operation between the next two marks is; operation -1: nothing, which is what marks cost. */
struct worst_now {
    volatile int operation, worst, wrong; /* wrong: lines of load.c where something was not as it was built to be */
};

#ifdef __cplusplus
extern "C"
#endif
void worst_load(struct worst_now *now, int kind, unsigned capacity);
#endif
