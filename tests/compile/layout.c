/* layout.c - the size of every public struct, as the size of a variable: `nm -S` shows them. */
#include "perfkit.h"
#define SIZE(type) extern char size_of_##type[sizeof(type)]; char size_of_##type[sizeof(type)]
SIZE(pk_event); SIZE(pk_allocator); SIZE(pk_mutex); SIZE(pk_backoff); SIZE(pk_breaker);
SIZE(pk_cache); SIZE(pk_cache_desc); SIZE(pk_cache_item); SIZE(pk_cache_cursor);
SIZE(pk_pool); SIZE(pk_pool_desc);
SIZE(pk_log); SIZE(pk_log_sink); SIZE(pk_log_desc); SIZE(pk_log_counts); SIZE(pk_histogram); SIZE(pk_perf_site); SIZE(pk_timer);
SIZE(pk_scope); SIZE(pk_scope_entry); SIZE(pk_scope_desc); SIZE(pk_tracked); SIZE(pk_track); SIZE(pk_registry); SIZE(pk_provider); SIZE(pk_provider_state); SIZE(pk_registry_desc);
