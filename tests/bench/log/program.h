/* program.h - what program.cpp measures, for C and C++: a service in small. A request is for a page of records, each from the cache or
   made anew; a token is taken for it, which its scope gives back. Each step has its log calls, as programs have. */
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H
#include "../../../perfkit.h"

typedef struct page_record {
    uint64_t word[8];
} page_record;
PK_CACHE_DEFINE(store, uint64_t, page_record)

typedef struct service { /* a registry's providers may join here: who makes a record is looked up for each request */
    store cache;
    void (*make)(uint64_t key, page_record *r);
    unsigned tokens;
} service;

#ifdef __cplusplus
extern "C" {
#endif
/* The sum of all words of the n records of a page; 0: it failed. Without any log call, and with all. */
uint64_t page_bare(service *s, const uint64_t *keys, size_t n);
uint64_t page_logged(service *s, const uint64_t *keys, size_t n);
#ifdef __cplusplus
}
#endif
#endif
