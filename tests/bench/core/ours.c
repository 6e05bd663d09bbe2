/* The implementation, compiled as C, in a unit of its own: calls to it are calls. And what a lookup by name can't do without. */
#define PERFKIT_IMPLEMENTATION
#include "../../../perfkit.h"
#include "names.h"

pk_status bench_cleanup(void *context) {
    ++*(uint64_t *)context;
    return PK_OK;
}
uint64_t bench_hash_and_compare(const char *const *asked, const char *const *there, size_t count) {
    uint64_t sum = 0;
    size_t i, k;
    for (i = 0; i < count; i++) {
        size_t len = strlen(asked[i]);
        uint32_t hash = 2166136261u; /* FNV-1a, as in a table of one's own */
        for (k = 0; k < len; k++) hash = (hash ^ (unsigned char)asked[i][k]) * 16777619u;
        sum += hash;
        sum += memcmp(asked[i], there[i], len + 1) == 0;
    }
    return sum;
}
uint64_t bench_own_hash_and_compare(const char *const *asked, const char *const *there, size_t count) {
    uint64_t sum = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        size_t len = strlen(asked[i]);
        sum += pk__name_hash(asked[i], len);
        sum += memcmp(asked[i], there[i], len + 1) == 0;
    }
    return sum;
}
