/* objects.h - bytes of RAM of each kind of object in the firmware profile, as the sizes of arrays: tests/size reads them. What says
   README stands there, too; the others only in tests/size.md. */
#define PERFKIT_POOL_RESOURCES 1
#define PERFKIT_LOG_BUFFER 1
#define PERFKIT_SCOPE_MORE 1
#define PERFKIT_MEM 1
#define PERFKIT_MONITOR 1
#include "perfkit.h"

#define OBJECT(name, bytes) extern char size_##name[bytes]; char size_##name[bytes];
#define README OBJECT
#define EACH(of_200, of_100) (((of_200) - (of_100) + 99) / 100)

README(cache, sizeof(pk_cache) + sizeof(struct pk__cache_cold)) /* a cache: pk_cache, and what lies before its entries */
README(cache_entry, EACH(PK_CACHE_BYTES(200, 8, 8), PK_CACHE_BYTES(100, 8, 8)) - 16) /* an entry of it, beside key and value (rounded up to their alignment) */
OBJECT(cache_lease, EACH(PK_CACHE_LEASE_BYTES(200, 4), PK_CACHE_LEASE_BYTES(100, 4)) - 4) /* a lease of a cache, beside the key */
README(pool, sizeof(pk_pool)) /* an object pool (PK_POOL_DEFINE) */
README(pool_object, EACH(PK_POOL_BYTES(8, 0, 200), PK_POOL_BYTES(8, 0, 100)) - 8) /* an object of it, beside itself */
README(pool_handle, EACH(PK_POOL_HANDLE_BYTES(200), PK_POOL_HANDLE_BYTES(100))) /* the same with handles: so much more */
README(pool_list, sizeof(pk__pool_list)) /* an intrusive pool; its objects take nothing */
OBJECT(gate, sizeof(pk_gate)) /* a gate or budget */
OBJECT(respool, sizeof(pk_respool)) /* a resource pool, */
OBJECT(respool_4, PK_RESPOOL_BYTES(4)) /* and its memory for 4 resources */
OBJECT(respool_resource, EACH(PK_RESPOOL_BYTES(200), PK_RESPOOL_BYTES(100))) /* of these, one more */
README(log, sizeof(pk_log) - sizeof(pk_log_sink) * PERFKIT_LOG_SINKS) /* a logger, */
README(log_sink, sizeof(pk_log_sink)) /* and each of its PERFKIT_LOG_SINKS */
OBJECT(log_ring, sizeof(pk_log_ring) + sizeof(pk_log_ring_head)) /* a ring of lines, beside them */
OBJECT(log_buffer, sizeof(pk_log_buffer)) /* a buffer of lines, beside them */
README(histogram, sizeof(pk_histogram)) /* a histogram, */
README(hist_counters, 2 * PK_HIST_BUCKETS(3, 24)) /* and its counters of 16 bits for 24-bit values within 6 % */
OBJECT(perf_site, sizeof(pk_perf_site)) /* a named place of the perf channel, beside its counters */
OBJECT(timer, sizeof(pk_timer)) /* a running span */
README(scope, sizeof(pk_scope)) /* a scope, */
README(scope_entry, sizeof(pk_scope_entry)) /* and each cleanup on it */
OBJECT(scope_tracked, sizeof(pk_tracked)) /* a tracked resource on it */
README(registry, sizeof(pk_registry)) /* a registry, */
README(registry_provider, EACH(PK_REGISTRY_BYTES(200), PK_REGISTRY_BYTES(100))) /* and each provider of it, its row in ROM aside */
OBJECT(ticker, sizeof(pk_ticker)) /* a ticker, */
OBJECT(tick, sizeof(pk_tick)) /* and each thing to do on it */
OBJECT(retry, sizeof(pk_retry)) /* how often to try again: pk_retry */
OBJECT(breaker, sizeof(pk_breaker)) /* a circuit breaker */
OBJECT(mem, sizeof(pk_mem)) /* an allocator that counts */
OBJECT(monitor, sizeof(pk_monitor)) /* a monitor, */
OBJECT(monitored, sizeof(pk_monitored)) /* and each object that it watches */
OBJECT(mutex, sizeof(pk_mutex)) /* the room for a mutex in what can be shared by threads: PERFKIT_MUTEX_BYTES */
