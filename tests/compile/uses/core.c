/* core.c - uses what is switched on of perfkit.h itself; the three other headers only where that needs them. */
#if defined MEASURED && !defined WITH_MODULES
#define PERFKIT_CORE_ONLY
#endif
#include "perfkit.h"
#include "uses.h"

static pk_scope user_scope, user_other;
static pk_scope_desc user_desc;
static union { uint64_t align; unsigned char bytes[PK_SCOPE_BYTES(12)]; } user_memory, user_memory2;
static unsigned user_cleaned;
static pk_status user_cleanup(void *context) {
    ++*(unsigned *)context;
    return PK_OK;
}
static union { uint64_t align; unsigned char bytes[PERFKIT_HOSTED ? 40000 : 2000]; } user_heap;
#if PERFKIT_SCOPE_GROW || PERFKIT_MEM || PERFKIT_SCOPE_MORE
static size_t user_used;
static void *user_alloc(size_t size, size_t align, void *user) {
    size_t at = (user_used + align - 1) / align * align;
    (void)user;
    if (size > sizeof user_heap - at) return NULL;
    user_used = at + size;
    return user_heap.bytes + at;
}
static void user_free(void *memory, size_t size, void *user) { (void)memory, (void)size, (void)user; }
static pk_allocator user_allocator;
#endif
#if PERFKIT_REGISTRY
static pk_status user_create(pk_registry *r, pk_scope *scope, void *user, void **object) {
    (void)r, (void)scope, (void)user;
    *object = &user_cleaned;
    return PK_OK;
}
static const char user_name[] PK_ROM = "a";
static const pk_provider user_table[] PK_ROM = {{user_name, user_create, NULL, NULL, NULL, PK_SINGLETON, PK_CORE, 0, 0}};
static union { uint64_t align; unsigned char bytes[PK_REGISTRY_BYTES(1)]; } user_states;
static pk_registry user_registry;
static pk_registry_desc user_registry_desc;
#endif
#if PERFKIT_TICKER
static pk_ticker user_ticker;
static pk_tick user_tick;
static uint32_t user_sweep(void *object, pk_time now, uint32_t budget) {
    (void)object, (void)now, (void)budget;
    return 0;
}
#endif
#if PERFKIT_RETRY
static pk_status user_attempt(void *context) { return ++*(unsigned *)context % 2 ? PK_AGAIN : PK_OK; }
static pk_retry user_retry;
static pk_breaker user_breaker;
static pk_time user_clock(void *user) {
    (void)user;
    return 1;
}
#endif
#if PERFKIT_MEM
static pk_mem user_mem;
static pk_mem_desc user_mem_desc;
#endif
#if PERFKIT_CONFIG
static pk_config user_config;
#endif
#if PERFKIT_CONFIG || PERFKIT_MONITOR || PERFKIT_EVENTS
static pk_status user_writer(void *user, int level, const char *text, size_t length) {
    (void)user, (void)level, (void)text, (void)length;
    return PK_OK;
}
#endif
#if PERFKIT_MONITOR
static pk_monitor user_monitor;
static pk_monitored user_monitored;
static uint32_t user_wall(void *user, uint16_t *ms) {
    (void)user;
    *ms = 0;
    return 0;
}
static pk_monitor_desc user_monitor_desc;
#endif
#if PERFKIT_EVENTS
PK_LOG_DEFINE(user_log, "u", PK_LOG_OFF, user_writer, NULL)
static pk_event user_event;
#endif

int main(void) {
    user_desc.memory = user_memory.bytes;
    user_desc.memory_size = sizeof user_memory;
#if PERFKIT_SCOPE_GROW || PERFKIT_MEM || PERFKIT_SCOPE_MORE
    user_allocator.alloc_fn = user_alloc;
    user_allocator.free_fn = user_free;
#endif
#if PERFKIT_SCOPE_GROW
    user_desc.allocator = &user_allocator;
#endif
    EXPECT(pk_scope_init(&user_scope, &user_desc) == PK_OK);
    user_desc.memory = user_memory2.bytes;
    EXPECT(pk_scope_init(&user_other, &user_desc) == PK_OK);
    EXPECT(pk_scope_defer(&user_scope, user_cleanup, &user_cleaned, NULL) == PK_OK);
    {
        pk_scope_mark mark = pk_scope_mark_here(&user_scope);
        EXPECT(pk_scope_defer(&user_scope, user_cleanup, &user_cleaned, NULL) == PK_OK);
        EXPECT(pk_scope_unwind(&user_scope, mark) == PK_OK && user_cleaned == 1);
    }
    EXPECT(pk_scope_move(&user_scope, &user_other) == PK_OK);
    EXPECT(pk_scope_close(&user_other) == PK_OK && user_cleaned == 2);
#if PERFKIT_SCOPE_MORE
    {
        static pk_track user_track;
        static pk_scope_watch_desc user_watch;
        static uint32_t user_id;
        user_watch.no_ages = true;
        user_track.fn = user_cleanup;
        user_track.context = &user_cleaned;
        EXPECT(pk_scope_watch(&user_scope, &user_watch) == PK_OK);
        EXPECT(pk_scope_track(&user_scope, &user_track, &user_id) == PK_OK);
        EXPECT(pk_scope_leaks(&user_scope, 0, 0, NULL, NULL) == 0 && pk_scope_reap(&user_scope, 0) == 0);
        EXPECT(pk_scope_release(&user_scope, user_id) == PK_OK && user_cleaned == 3);
    }
#endif
    EXPECT(pk_scope_close(&user_scope) == PK_OK);
#if PERFKIT_REGISTRY
    {
        static void *user_object;
        user_registry_desc.providers = user_table;
        user_registry_desc.provider_count = 1;
        user_registry_desc.memory = user_states.bytes;
        user_registry_desc.memory_size = sizeof user_states;
        EXPECT(pk_registry_init(&user_registry, &user_registry_desc) == PK_OK);
        EXPECT(pk_registry_check(&user_registry, NULL, 0) == PK_OK);
        EXPECT(pk_registry_get(&user_registry, NULL, 0, &user_object) == PK_OK && user_object == (void *)&user_cleaned);
#if PERFKIT_REGISTRY_MORE
        EXPECT(pk_registry_get_named(&user_registry, NULL, "a", &user_object) == PK_OK);
        EXPECT(pk_registry_start(&user_registry, NULL) == PK_OK);
#endif
        EXPECT(pk_registry_close(&user_registry) == PK_OK);
    }
#endif
#if PERFKIT_TICKER
    EXPECT(pk_ticker_add(&user_ticker, &user_tick, user_sweep, NULL, 100, 0) == PK_OK);
    EXPECT(pk_ticker_run(&user_ticker, 5) == 100);
    EXPECT(pk_ticker_remove(&user_ticker, &user_tick) == PK_OK);
#endif
#if PERFKIT_RETRY
    user_cleaned = 0;
    user_retry.clock = user_clock;
    user_retry.breaker = &user_breaker;
    EXPECT(pk_retry_run(&user_retry, user_attempt, &user_cleaned) == PK_OK && user_cleaned == 2);
    {
        static unsigned user_served;
        static pk_fallback user_ways[2];
        user_ways[0].fn = user_ways[1].fn = user_attempt;
        EXPECT(pk_try_chain(NULL, user_ways, 2, &user_cleaned, &user_served) == PK_OK && user_served == 1);
    }
#endif
#if PERFKIT_MEM
    user_mem_desc.limit = 100;
    user_mem_desc.allocator = &user_allocator;
    EXPECT(pk_mem_init(&user_mem, &user_mem_desc) == PK_OK);
    {
        void *memory = pk_mem_malloc(&user_mem, 40);
        EXPECT(memory != NULL && pk_mem_malloc(&user_mem, 90) == NULL);
        pk_mem_free(&user_mem, memory);
    }
    EXPECT(pk_mem_close(&user_mem) == PK_OK);
#endif
#if PERFKIT_CONFIG
    EXPECT(pk_config_preset(&user_config, PK_CONFIG_FIRMWARE) == PK_OK);
    EXPECT(pk_config_parse(&user_config, "max_size = 77", NULL, NULL) == PK_OK && user_config.cache_size == 77);
    EXPECT(pk_config_write(&user_config, user_writer, NULL) == PK_OK);
#endif
#if PERFKIT_MONITOR
    user_monitor_desc.wall = user_wall;
    EXPECT(pk_monitor_init(&user_monitor, &user_monitor_desc) == PK_OK);
    EXPECT(pk_monitor_add(&user_monitor, &user_monitored, PK_MONITOR_CACHE, "m", NULL, NULL) == PK_OK);
    pk_monitor_record_access(&user_monitor, &user_monitored, true, 5);
    EXPECT(pk_monitor_tick(&user_monitor, 1, 0) == 1);
    EXPECT(pk_monitor_health(&user_monitor) == PK_HEALTHY && pk_monitor_advice(&user_monitored) == 0);
#if PERFKIT_PERF_TEXT
    EXPECT(pk_monitor_text(&user_monitor, user_writer, NULL) == PK_OK);
#endif
    pk_monitor_close(&user_monitor);
#endif
#if PERFKIT_EVENTS
    user_event.kind = PK_CACHE_EVENT_TOO_BIG;
    pk_log_event(&user_log, PK_EVENTS_CACHE, &user_event);
    EXPECT(pk_log_close(&user_log) == PK_OK);
#endif
    (void)user_heap;
    return DONE;
}
