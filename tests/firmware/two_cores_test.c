/* two_cores_test.c - the adapter for two cores, over the Pico SDK's shim: two threads play the cores and share a pool, a counter and a log
   ring without any other lock. Run under the thread sanitizer; with -DNOLOCK, without the adapter, it must fail. */
#ifndef NOLOCK
#include "rp2040.h"
uint32_t pk_spinlock_owner;
#else
#include "hardware/sync.h"
#define PERFKIT_CRITICAL_STATE uint32_t
#define PERFKIT_CRITICAL_ENTER(s) ((s) = save_and_disable_interrupts()) /* this core's interrupts alone: not enough */
#define PERFKIT_CRITICAL_EXIT(s) restore_interrupts(s)
#endif
#define PERFKIT_HOSTED 0
#define PERFKIT_LOG_DEFERRED 1
#define PERFKIT_IMPLEMENTATION
#include "../../perfkit.h"
#include "../support/test.h"
#include <pthread.h>

enum { TURNS = 20000, OBJECTS = 3 };
typedef struct block { uint32_t owner; } block;
PK_POOL_DEFINE_HANDLES(blocks, block, OBJECTS)
static pk_log logger;
static uint32_t lines, torn, wrong[2], got[2];

static pk_status check_line(void *user, int level, const char *text, size_t length) {
    (void)user, (void)level;
    if (length > 0 && strstr(text, "dropped") == NULL) lines++, torn += strstr(text, " end\n") == NULL;
    return PK_OK;
}
static void count(void) { PK_PERF_COUNT("turns", 1); }
static void *core(void *number) {
    uint32_t me = core_shim = *(const uint32_t *)number, i;
    for (i = 0; i < TURNS; i++) {
        pk_handle handle = 0;
        block *b = i & 1 ? blocks_acquire() : blocks_acquire_handle(&handle);
        count();
        PK_LOG_TO(&logger, PK_LOG_WARN, "core %u turn %lu end", (unsigned)me, (unsigned long)i);
        if (me == 0) (void)pk_log_drain(&logger, 2); /* one core drains */
        if (b == NULL) continue;
        got[me]++;
        b->owner = me + 1;
        wrong[me] += b->owner != me + 1;
        b->owner = 0;
        wrong[me] += (i & 1 ? blocks_release(b) : blocks_release_handle(handle)) != PK_OK;
    }
    return NULL;
}
static void two_cores_share(void) {
    static char memory[PK_LOG_QUEUE_BYTES(1, 512)];
    static uint32_t numbers[2] = {0, 1};
    pk_log_desc desc;
    pk_log_queue queue;
    pk_perf_values turns;
    pthread_t threads[2];
    int i;
    memset(&desc, 0, sizeof desc);
    desc.sink = check_line;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    CHECK_STATUS(pk_log_set_level(&pk_perf_default, PK_LOG_INFO), PK_OK);
    for (i = 0; i < 2; i++) CHECK_EQ(pthread_create(&threads[i], NULL, core, &numbers[i]), 0);
    for (i = 0; i < 2; i++) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_STATUS(pk_log_drain(&logger, 0), PK_OK);
    pk_log_get_queue(&logger, &queue);
    CHECK_STATUS(pk_perf_get(&pk_perf_default, "turns", &turns), PK_OK);
    CHECK_EQ(wrong[0] + wrong[1], 0);
    CHECK_EQ(got[0] + got[1], 2 * TURNS); /* three objects for two cores: none ever waits */
    CHECK_EQ(blocks_count(), 0);
    CHECK_EQ(turns.count, 2 * TURNS);
    CHECK_EQ(queue.sent, 2 * TURNS);
    CHECK_EQ(lines + queue.dropped, 2 * TURNS);
    CHECK_EQ(torn, 0);
#ifndef NOLOCK
    CHECK_EQ(pk_spinlock_owner, 0);
#endif
    CHECK_EQ(interrupts_shim, 0);
}
static void sections_nest(void) {
    PERFKIT_CRITICAL_STATE outer, inner;
    PERFKIT_CRITICAL_ENTER(outer);
    PERFKIT_CRITICAL_ENTER(inner); /* with a plain spinlock it would end here */
    PERFKIT_CRITICAL_EXIT(inner);
    CHECK_EQ(interrupts_shim, 1);
    PERFKIT_CRITICAL_EXIT(outer);
    CHECK_EQ(interrupts_shim, 0);
}
TESTS {
    RUN("P32 D08", "two cores share a pool, a counter and a ring: nothing is lost, torn or given twice", two_cores_share)
    RUN("D08", "sections nest on one core", sections_nest)
}
