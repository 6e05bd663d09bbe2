/* fault.h - fails the n-th allocation, for every n, as SQLite's tests do (hosted). An allocator for desc.allocator that counts,
   checks sizes on free, and fails on demand; and a loop that runs a scenario once for each allocation it makes.

     static void scenario(pk_allocator a) { ... every call may meet PK_NO_MEMORY; check that nothing changed; close ... }
     FAULT_EVERY(scenario);   // ends after the first run in which no allocation failed; checks that nothing leaked in any */
#ifndef PERFKIT_FAULT_H
#define PERFKIT_FAULT_H
#include <stdlib.h>
#include <string.h>

static struct {
    long fail_at;     /* the allocation to fail, from 1; 0 = none */
    long allocations; /* tried since the reset */
    long live;        /* blocks not yet freed */
    int failed;       /* one was failed */
    int wrong_size;   /* a free named another size than its allocation */
} fault;

static void *fault_alloc(size_t size, size_t align, void *user) {
    size_t *block;
    (void)align;
    (void)user;
    if (++fault.allocations == fault.fail_at) {
        fault.failed = 1;
        return NULL;
    }
    block = (size_t *)malloc(size + 16);
    if (block == NULL) abort();
    block[0] = size;
    memset((char *)block + 16, 0xA5, size); /* memory comes dirty */
    fault.live++;
    return (char *)block + 16;
}
static void fault_free(void *memory, size_t size, void *user) {
    size_t *block;
    (void)user;
    if (memory == NULL) return;
    block = (size_t *)(void *)((char *)memory - 16);
    if (block[0] != size) fault.wrong_size = 1;
    fault.live--;
    free(block);
}
static pk_allocator fault_allocator(long fail_at) {
    pk_allocator a;
    memset(&fault, 0, sizeof fault);
    fault.fail_at = fail_at;
    a.alloc_fn = fault_alloc;
    a.free_fn = fault_free;
    a.user = NULL;
    return a;
}
#define FAULT_EVERY(scenario) \
    do { \
        long fault_n = 0; \
        do { \
            scenario(fault_allocator(++fault_n)); \
            CHECK_EQ(fault.live, 0); \
            CHECK(!fault.wrong_size); \
        } while (fault.failed && fault_n < 10000); \
        CHECK(fault_n > 1); /* a scenario that allocates nothing proves nothing */ \
    } while (0)
#endif
