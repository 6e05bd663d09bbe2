/* What a pool with 32-bit handles needs: another configuration, so all to itself. */
#define PERFKIT_STATIC
#define PERFKIT_POOL_HANDLE_BITS 32
#include "../../../perfkit_pool.h"

double bench_needed_with_handles32(size_t size, uint32_t capacity);
double bench_needed_with_handles32(size_t size, uint32_t capacity) {
    pk_pool_desc desc = {0};
    desc.object_size = size;
    desc.capacity = capacity;
    desc.handles = true;
    return (double)pk_pool_memory_needed(&desc);
}
