/* cycles.c - instructions of single operations on a Cortex-M in QEMU with -icount, where an instruction takes 1024 ns exactly and
   SysTick tells the time: so they repeat exactly. Each operation is counted in an ordinary state and in the worst that there is;
   tests/cycles prints, compares and writes the tables. A line: name, ordinary, worst, and the bound that a header's comment gives
   for what interrupts may call, or 0. Built with -DMASKED it tells instead how long the operation held interrupts off at once. */
#include <stdint.h>
#define SYSTICK(offset) (*(volatile uint32_t *)(uintptr_t)(0xE000E010u + (offset)))
#ifdef MASKED
static uint32_t masked_since, masked_most;
#define PERFKIT_CRITICAL_STATE unsigned long
#define PERFKIT_CRITICAL_ENTER(s)                                           \
    do {                                                                    \
        __asm volatile("mrs %0, primask\n\tcpsid i" : "=r"(s) : : "memory"); \
        masked_since = SYSTICK(8);                                          \
    } while (0)
#define PERFKIT_CRITICAL_EXIT(s)                                            \
    do {                                                                    \
        uint32_t masked_for = (masked_since - SYSTICK(8)) & 0xFFFFFFu;      \
        if (masked_for > masked_most) masked_most = masked_for;             \
        __asm volatile("msr primask, %0" : : "r"(s) : "memory");            \
    } while (0)
#else
#include "critical.h"
#endif
#include "ticks.h"
#define PERFKIT_LOG_DEFERRED 1
#define PERFKIT_LOG_SIGNALS 1
#define PERFKIT_CORE_ONLY
#define PERFKIT_IMPLEMENTATION
#include "../../perfkit.h"
#define PERFKIT_CACHE_IMPLEMENTATION
#include "../../perfkit_cache.h"
#define PERFKIT_POOL_IMPLEMENTATION
#include "../../perfkit_pool.h"
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../perfkit_log.h"
#include "../support/test.h"

#if defined __ARM_ARCH_6M__ /* ticks of SysTick in 1024 ns, times 1000 */
#define TICKS_1000 16384u   /* microbit: 16 MHz */
#else
#define TICKS_1000 25600u /* mps2: 25 MHz */
#endif

/* ---- Counting ---- */

static uint32_t empty; /* ticks that a count of nothing takes */
static void nothing(void) {}
static void hundred(void) { __asm volatile(".rept 100\n\tnop\n\t.endr"); }
static uint32_t ticks_of(void (*volatile operation)(void)) {
    uint32_t from, to;
    from = SYSTICK(8);
    operation();
    to = SYSTICK(8);
    return (from - to) & 0xFFFFFFu;
}
static uint32_t instructions(void (*operation)(void)) {
    uint32_t ticks;
#ifdef MASKED
    masked_most = empty;
    (void)ticks_of(operation);
    ticks = masked_most;
#else
    ticks = ticks_of(operation);
#endif
    return ((ticks - empty) * 1000u + TICKS_1000 / 2) / TICKS_1000; /* right for up to 160,000 */
}
static const char *name_of;
static uint32_t ordinary, worst, bound;
static void report(void) {
    if (name_of == NULL) return;
    test__puts("count ");
    test__puts(name_of);
    test__puts(": ");
    test__put_number((long)ordinary);
    test_putc(' ');
    test__put_number((long)worst);
    test_putc(' ');
    test__put_number((long)bound);
    test_putc('\n');
    CHECK(bound == 0 || worst <= bound);
    name_of = NULL;
}
/* The next operation, the bound that its header gives, and its ordinary run; worse: a further one. */
static void count(const char *name, uint32_t most, void (*operation)(void)) {
    report();
    name_of = name;
    bound = most;
    ordinary = worst = instructions(operation);
}
static void worse(void (*operation)(void)) {
    uint32_t n = instructions(operation);
    if (n > worst) worst = n;
}
static void clock_is_exact(void) {
    SYSTICK(4) = 0xFFFFFFu;
    SYSTICK(8) = 0;
    SYSTICK(0) = 5; /* on, by the core's clock, without interrupt */
#ifdef MASKED
    {
        PERFKIT_CRITICAL_STATE state;
        PERFKIT_CRITICAL_ENTER(state);
        PERFKIT_CRITICAL_EXIT(state);
        empty = masked_most;
    }
    CHECK_EQ(instructions(nothing), 0);
    (void)hundred;
#else
    (void)ticks_of(nothing);
    empty = ticks_of(nothing);
    CHECK_EQ(instructions(nothing), 0);
    CHECK_EQ(instructions(hundred), 100);
#endif
}

/* ---- Pools ---- */

typedef struct block { uint32_t words[6]; } block; /* 24 bytes: no power of two */
enum { BLOCKS = 60 };
PK_POOL_DEFINE(plain, block, BLOCKS)
PK_POOL_DEFINE_HANDLES(held, block, BLOCKS)
PK_POOL_DEFINE_INTRUSIVE(list, block, 4)
static block *taken, *all[BLOCKS];
static pk_handle handle, stale;
static pk_status status;
static volatile uint32_t counted;
static void do_acquire(void) { taken = plain_acquire(); }
static void do_release(void) { status = plain_release(taken); }
static void do_acquire_held(void) { taken = held_acquire(); }
static void do_release_held(void) { status = held_release(taken); }
static void do_acquire_handle(void) { taken = held_acquire_handle(&handle); }
static void do_get(void) { taken = held_get(handle); }
static void do_release_handle(void) { status = held_release_handle(handle); }
static void do_acquire_list(void) { taken = list_acquire(); }
static void do_release_list(void) { list_release(taken); }
static void do_count(void) { counted = pk_pool_count(&held); }

static void release_of(void *object) {
    taken = (block *)object;
    worse(do_release);
    CHECK_STATUS(status, PK_INVALID);
}
static void pools(void) {
    unsigned i;
    /* a fresh pool and one where all came back, all out; wrong releases; with a listener, which is called */
    for (i = 0; i < 2; i++) {
        if (i == 0) count("pool acquire", 40, do_acquire);
        else worse(do_acquire);
        all[0] = taken;
        while (pk_pool_count(&plain) < BLOCKS) {
            worse(do_acquire);
            all[pk_pool_count(&plain) - 1] = taken;
        }
        worse(do_acquire);
        CHECK(taken == NULL);
        while (pk_pool_count(&plain) > 0) CHECK_STATUS(plain_release(all[pk_pool_count(&plain) - 1]), PK_OK);
    }
    taken = plain_acquire();
    count("pool release", 50, do_release);
    release_of(taken);                     /* again */
    release_of((char *)all[3] + 1);        /* into the middle */
    release_of(all[BLOCKS - 1] + 1);       /* behind */
    release_of((void *)(uintptr_t)4);      /* somewhere else */
    release_of(NULL);
    do_acquire_handle();
    count("pool get by handle", 40, do_get);
    CHECK(taken != NULL);
    stale = handle;
    do_release_handle();
    worse(do_get);
    CHECK(taken == NULL);
    handle = 0;
    worse(do_get);
    handle = 0xFFFFFFFFu;
    worse(do_get);
    count("pool acquire by handle", 50, do_acquire_handle);
    for (i = 1; i <= BLOCKS; i++) worse(do_acquire_handle); /* all out at the end */
    CHECK(taken == NULL);
    count("pool release by handle", 50, do_release_handle);
    CHECK_STATUS(status, PK_OK);
    worse(do_release_handle);
    CHECK_STATUS(status, PK_STALE);
    handle = stale;
    worse(do_release_handle);
    handle = 0;
    worse(do_release_handle);
    handle = 0xFFFFFFFFu;
    worse(do_release_handle);
    do_acquire_held();
    do_release_held();
    count("pool count, of 60", 0, do_count);
    count("intrusive pool acquire", 30, do_acquire_list);
    for (i = 0; i < 4; i++) worse(do_acquire_list);
    CHECK(taken == NULL);
    taken = &list_slots[0].object;
    count("intrusive pool release", 20, do_release_list);
    report();
}

/* ---- Gates ---- */

static pk_gate gate;
static pk_gate_desc gate_desc;
static void do_enter(void) { status = pk_gate_try_enter(&gate); }
static void do_leave(void) { status = pk_gate_leave(&gate); }
static void gates(void) {
    gate_desc.limit = 1;
    CHECK_STATUS(pk_gate_init(&gate, &gate_desc), PK_OK);
    count("gate try_enter", 120, do_enter);
    worse(do_enter);
    CHECK_STATUS(status, PK_EXHAUSTED);
    count("gate leave", 80, do_leave);
    worse(do_leave);
    CHECK_STATUS(status, PK_INVALID);
    report();
}

/* ---- Logging ---- */

static pk_log at_once, deferred;
static pk_log_desc log_desc;
static char queue[PK_LOG_QUEUE_BYTES(1, 600)];
static pk_log_signals signals;
#define FIFTY "01234567890123456789012345678901234567890123456789"
static const char longest[] = FIFTY FIFTY FIFTY FIFTY;
static const char *text = "pump";
static pk_status sink(void *user, int level, const char *line, size_t length) {
    (void)user, (void)level, (void)line, (void)length;
    return PK_OK;
}
static void do_log_off(void) { PK_LOG_TO(&deferred, PK_LOG_DEBUG, "temperature %d of %u", 21, 4u); }
static void do_log_bare(void) { PK_LOG_TO(&deferred, PK_LOG_WARN, "overrun"); }
static void do_log_two(void) { PK_LOG_TO(&deferred, PK_LOG_WARN, "temperature %d of %u", 21, 4u); }
static void do_log_text(void) { PK_LOG_TO(&deferred, PK_LOG_WARN, "state %s", text); }
static void do_log_eight(void) { PK_LOG_TO(&deferred, PK_LOG_WARN, "%d %d %d %d %d %d %d %d", 1, 2, 3, 4, 5, 6, 7, 8); }
static void do_log_now(void) { PK_LOG_TO(&at_once, PK_LOG_WARN, "temperature %d of %u", 21, 4u); }
static void do_log_now_long(void) { PK_LOG_TO(&at_once, PK_LOG_WARN, "%s", longest); }
static void do_signal(void) { PK_LOG_SIGNAL(&signals, PK_LOG_WARN, "temperature %d of %u", 21, 4u); }
static void do_signal_long(void) { PK_LOG_SIGNAL(&signals, PK_LOG_WARN, "%s", longest); }
/* A ring at every fill that it can have, full and with its end anywhere; the first record of a site is another matter. */
static void everywhere(void (*log_it)(void)) {
    unsigned i, k;
    for (i = 0; i < 40; i++) {
        for (k = 0; k < i % 7; k++) do_log_bare();
        for (k = 0; k < 20; k++) worse(log_it);
        CHECK_STATUS(pk_log_drain(&deferred, 0), PK_OK);
        worse(log_it);
        if (i % 3 == 0) CHECK_STATUS(pk_log_drain(&deferred, 1), PK_OK);
    }
    CHECK_STATUS(pk_log_drain(&deferred, 0), PK_OK);
}
static void logging(void) {
    log_desc.sink = sink;
    CHECK_STATUS(pk_log_init(&at_once, &log_desc), PK_OK);
    log_desc.memory = queue;
    log_desc.memory_size = sizeof queue;
    CHECK_STATUS(pk_log_init(&deferred, &log_desc), PK_OK);
    count("log, level off", 10, do_log_off);
    do_log_bare();
    count("log deferred, no argument", 140, do_log_bare);
    everywhere(do_log_bare);
    do_log_two();
    count("log deferred, 2 integers", 160, do_log_two);
    everywhere(do_log_two);
    do_log_eight();
    count("log deferred, 8 integers", 220, do_log_eight);
    everywhere(do_log_eight);
    do_log_text();
    count("log deferred, text of 4, of 200", 3000, do_log_text);
    text = longest;
    everywhere(do_log_text);
    count("log at once, 2 integers, text of 200", 0, do_log_now);
    worse(do_log_now_long);
    CHECK_STATUS(pk_log_set_signals(&at_once, &signals), PK_OK);
    count("log signal, 2 integers, text of 200", 0, do_signal);
    worse(do_signal_long);
    worse(do_signal);
    worse(do_signal);
    worse(do_signal_long); /* no place left */
    report();
}

/* ---- Perf channel ---- */

PK_PERF_DEFINE(site, "site")
PK_HIST_DEFINE(values, 3, 24, uint16_t)
static pk_timer timer;
static pk_ticks value;
static void do_perf_off(void) { PK_PERF_COUNT("c", 1); }
static void do_perf_count(void) { PK_PERF_COUNT("c", 1); }
static void do_record(void) { pk_hist_record(&values, value); }
static void do_record_atomic(void) { pk_hist_record_atomic(&values, value); }
static void do_begin(void) { timer = pk_timer_begin(&site); }
static void do_end(void) { (void)pk_timer_end(&timer); }
static void perf(void) {
    unsigned bit;
    count("perf count, channel off", 10, do_perf_off);
    CHECK_STATUS(pk_log_set_level(&pk_perf_default, PK_LOG_INFO), PK_OK);
    do_perf_count();
    count("perf count", 80, do_perf_count);
    count("histogram record", 300, do_record);
    for (bit = 0; bit < 33; bit++) {
        value = bit < 32 ? (pk_ticks)1 << bit : (pk_ticks)~(pk_ticks)0;
        worse(do_record);
    }
    value = 0;
    count("histogram record_atomic", 300, do_record_atomic);
    for (bit = 0; bit < 33; bit++) {
        value = bit < 32 ? (pk_ticks)1 << bit : (pk_ticks)~(pk_ticks)0;
        worse(do_record_atomic);
    }
    do_begin();
    do_end();
    count("timer begin", 30, do_begin);
    count("timer end", 400, do_end);
    for (bit = 0; bit < 24; bit++) { /* spans of 2^bit ticks */
        do_begin();
        timer.start = (SYSTICK(8) + ((uint32_t)1 << bit)) & 0xFFFFFFu;
        worse(do_end);
    }
    report();
}

#ifndef MASKED
/* ---- Caches and scopes: never from an interrupt ---- */

enum { ENTRIES = 100 };
static pk_cache cache;
static pk_cache_desc cache_desc;
static union { uint64_t align; unsigned char bytes[PK_CACHE_BYTES(ENTRIES, 4, 8)]; } cache_memory;
static uint32_t key, pair[2];
static pk_time now = 1000;
static pk_time clock_of(void *user) {
    (void)user;
    return now;
}
static pk_hash same_hash(void *user, const void *bytes, size_t length) {
    (void)user, (void)bytes, (void)length;
    return 7;
}
static void do_cache_get(void) { status = pk_cache_get(&cache, &key, sizeof key, pair, sizeof pair, NULL); }
static void do_cache_put(void) { status = pk_cache_put(&cache, &key, sizeof key, pair, sizeof pair, 0); }
static void do_cache_remove(void) { status = pk_cache_remove(&cache, &key, sizeof key); }
static void open_cache(pk_hash_fn hash) {
    cache_desc.capacity = ENTRIES;
    cache_desc.key_size = sizeof key;
    cache_desc.value_size = sizeof pair;
    cache_desc.memory = cache_memory.bytes;
    cache_desc.memory_size = sizeof cache_memory;
    cache_desc.clock = clock_of;
    cache_desc.ttl_ms = 5000;
    cache_desc.hash = hash;
    CHECK_STATUS(pk_cache_init(&cache, &cache_desc), PK_OK);
    for (key = 1; key <= ENTRIES; key++) do_cache_put();
}
/* With keys that all have one hash: each walk as far as it can be. Of what is there the last on the way, and one that is not. */
static void adversary(void (*operation)(void), bool expired) {
    unsigned i;
    for (i = 0; i < 4; i++) {
        CHECK_STATUS(pk_cache_close(&cache), PK_OK);
        open_cache(same_hash);
        if (expired) now += 5001;
        else now++;
        key = i == 0 ? ENTRIES : i == 1 ? 40 : i == 2 ? 1000 : ENTRIES - 63;
        worse(operation);
    }
    CHECK_STATUS(pk_cache_close(&cache), PK_OK);
    open_cache(NULL);
}
static void caches(void) {
    open_cache(NULL);
    key = 50;
    now++;
    count("cache get, hit", 0, do_cache_get);
    CHECK_STATUS(status, PK_OK);
    adversary(do_cache_get, false);
    adversary(do_cache_get, true);
    key = 5000;
    now++;
    count("cache get, miss", 0, do_cache_get);
    adversary(do_cache_get, false);
    key = 50;
    now++;
    count("cache put, same key", 0, do_cache_put);
    adversary(do_cache_put, false);
    key = 5001;
    now++;
    count("cache put, new key, evicting", 0, do_cache_put);
    adversary(do_cache_put, false);
    adversary(do_cache_put, true);
    key = 60;
    now++;
    count("cache remove", 0, do_cache_remove);
    adversary(do_cache_remove, false);
    report();
}

static pk_scope scope;
static pk_scope_desc scope_desc;
static uint32_t scope_memory[64];
static pk_status cleanup(void *context) {
    (void)context;
    return PK_OK;
}
static void do_defer(void) { status = pk_scope_defer(&scope, cleanup, NULL, NULL); }
static void do_unwind(void) { status = pk_scope_unwind(&scope, 0); }
static pk_ticker ticker;
static pk_tick ticks[8];
static uint32_t tick(void *object, pk_time at, uint32_t budget) {
    (void)object, (void)at, (void)budget;
    return 0;
}
static void do_tick(void) { (void)pk_ticker_run(&ticker, now); }
static void scopes(void) {
    unsigned i;
    scope_desc.memory = scope_memory;
    scope_desc.memory_size = sizeof scope_memory;
    CHECK_STATUS(pk_scope_init(&scope, &scope_desc), PK_OK);
    count("scope defer", 0, do_defer);
    count("scope unwind, 1 cleanup", 0, do_unwind);
    do_unwind();
    for (i = 0; i < 8; i++) CHECK_STATUS(pk_ticker_add(&ticker, &ticks[i], tick, NULL, 100, 0), PK_OK);
    do_tick();
    count("ticker run, 8 ticks, none due, all due", 0, do_tick);
    now += 100;
    worse(do_tick);
    report();
}
#endif

TESTS {
    RUN("C24", "instructions are counted exactly", clock_is_exact)
    RUN("P32", "what interrupts may do with a pool stays within its bound, in the worst state and misused", pools)
    RUN("P32", "the same of gates", gates)
    RUN("L22", "the same of log calls", logging)
    RUN("L22", "the same of the perf channel", perf)
#ifndef MASKED
    RUN("K01", "caches with keys that all collide", caches)
    RUN("C24", "scopes and tickers", scopes)
#endif
}
