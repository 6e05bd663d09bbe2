/* adapter_test.c - what examples/firmware/adapters makes of an RTOS, over the shims beside this: -DADAPTER names it. The same code
   plays a task and an interrupt by turns. -DADAPTER_WAITS: it has conditions too. */
#include ADAPTER
#define PERFKIT_HOSTED 0
#define PERFKIT_CACHE_THREADS 1
#define PERFKIT_LOG_DEFERRED 1
#ifdef ADAPTER_WAITS
#define PERFKIT_POOL_RESOURCES 1
#endif
#define PERFKIT_IMPLEMENTATION
#include "../../perfkit.h"
#include "../support/test.h"

typedef struct block { uint32_t words[4]; } block;
PK_POOL_DEFINE(blocks, block, 4)

static void balanced(void) {
    CHECK_EQ(rtos.wrong, 0);
    CHECK_EQ(rtos.masked, 0);
    CHECK_EQ(rtos.locked, 0);
}
static void masks_nest(void) {
    PERFKIT_CRITICAL_STATE outer, inner;
    int turn;
    for (turn = 0; turn < 2; turn++) {
        rtos.in_interrupt = turn == 1;
        PERFKIT_CRITICAL_ENTER(outer);
        CHECK(rtos.masked > 0);
        PERFKIT_CRITICAL_ENTER(inner);
        PERFKIT_CRITICAL_EXIT(inner);
        CHECK(rtos.masked > 0);
        PERFKIT_CRITICAL_EXIT(outer);
        CHECK_EQ(rtos.masked, 0);
    }
    rtos.in_interrupt = false;
    balanced();
}
static void before_the_scheduler(void) {
    block *a;
    rtos.not_started = true;
    CHECK((a = blocks_acquire()) != NULL);
    CHECK_EQ(rtos.masked, 0);
    CHECK_STATUS(blocks_release(a), PK_OK);
    masks_nest();
    rtos.not_started = false;
}
static void pool_in_tasks_and_interrupts(void) {
    block *a, *b;
    unsigned before = rtos.masks;
    CHECK((a = blocks_acquire()) != NULL);
    rtos.in_interrupt = true;
    CHECK((b = blocks_acquire()) != NULL && b != a);
    CHECK_STATUS(blocks_release(a), PK_OK);
    rtos.in_interrupt = false;
    CHECK_STATUS(blocks_release(b), PK_OK);
    CHECK_EQ(rtos.masks - before, 4);
    CHECK_EQ(rtos.takes, 0); /* no lock of tasks for what interrupts use */
    balanced();
}

static unsigned lines;
static pk_status count_line(void *user, int level, const char *text, size_t length) {
    (void)user, (void)level;
    lines += length > 0 && text[length - 1] == '\n';
    return PK_OK;
}
static void log_in_tasks_and_interrupts(void) {
    static unsigned char memory[PK_LOG_QUEUE_BYTES(1, 256)];
    pk_log log;
    pk_log_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.sink = count_line;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    desc.threads = true;
    CHECK_STATUS(pk_log_init(&log, &desc), PK_OK);
    PK_LOG_TO(&log, PK_LOG_WARN, "from a task");
    rtos.in_interrupt = true;
    PK_LOG_TO(&log, PK_LOG_WARN, "from an interrupt %d", 7); /* asks the clock, by its name for interrupts */
    rtos.in_interrupt = false;
    CHECK_EQ(lines, 0);
    CHECK_STATUS(pk_log_drain(&log, 0), PK_OK);
    CHECK_EQ(lines, 2);
    CHECK_STATUS(pk_log_close(&log), PK_OK);
    balanced();
#ifndef ADAPTER_WAITS /* Zephyr's locks have no end */
    CHECK_EQ(rtos.locks, 0);
#endif
}
static void cache_of_all_tasks(void) {
    static unsigned char memory[4096];
    pk_cache cache;
    pk_cache_desc desc;
    uint32_t key = 7, value = 8, found = 0;
    unsigned before;
    memset(&desc, 0, sizeof desc);
    desc.capacity = 8;
    desc.key_size = sizeof key;
    desc.value_size = sizeof value;
    desc.ttl_ms = 100;
    desc.threads = true;
    desc.shards = 1;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
    before = rtos.takes;
    CHECK_STATUS(pk_cache_put(&cache, &key, sizeof key, &value, sizeof value, 0), PK_OK);
    rtos.ticks += 9; /* of 10 ms */
    CHECK_STATUS(pk_cache_get(&cache, &key, sizeof key, &found, sizeof found, NULL), PK_OK);
    CHECK_EQ(found, 8);
    rtos.ticks++;
    CHECK_STATUS(pk_cache_get(&cache, &key, sizeof key, &found, sizeof found, NULL), PK_NOT_FOUND);
    CHECK_EQ(rtos.takes - before, 3);
    CHECK(rtos.locks > 0);
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    balanced();
}
#ifdef ADAPTER_WAITS
static pk_status make(void **object, uint32_t limit_ms, void *user) {
    (void)limit_ms;
    *object = user;
    return PK_OK;
}
static void waits_until_the_deadline(void) {
    static unsigned char memory[PK_RESPOOL_BYTES(1)];
    pk_respool pool;
    pk_respool_desc desc;
    pk_resource lease, other;
    memset(&desc, 0, sizeof desc);
    desc.create = make;
    desc.user = memory;
    desc.max_size = 1;
    desc.threads = true;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    CHECK_STATUS(pk_respool_init(&pool, &desc), PK_OK);
    CHECK_STATUS(pk_respool_acquire(&pool, 50, &lease), PK_OK);
    CHECK_STATUS(pk_respool_acquire(&pool, 50, &other), PK_TIMEOUT);
    CHECK(rtos.waits > 0);
    CHECK_STATUS(pk_respool_release(&pool, lease), PK_OK);
    CHECK_STATUS(pk_respool_close(&pool, 0), PK_OK);
    balanced();
}
#endif

TESTS {
    RUN("D08", "the mask nests, in tasks and in interrupts", masks_nest)
    RUN("D08", "before the scheduler starts a mask is taken away again too", before_the_scheduler)
    RUN("P32", "tasks and interrupts share a pool, each by its own names", pool_in_tasks_and_interrupts)
    RUN("D08", "tasks and interrupts log into one ring", log_in_tasks_and_interrupts)
    RUN("D08 D10", "tasks share a cache under the RTOS's lock, by the RTOS's clock", cache_of_all_tasks)
#ifdef ADAPTER_WAITS
    RUN("D08", "who finds all resources out waits until its deadline", waits_until_the_deadline)
#endif
}
