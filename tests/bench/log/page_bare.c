/* All log calls are compiled out. */
#define PERFKIT_LOG_LEVEL PK_LOG_OFF
#define PERFKIT_CACHE_INLINE
#include "program.h"
#undef PK_PERF_SCOPE
#undef PK_PERF_COUNT
#define PK_PERF_SCOPE(name)
#define PK_PERF_COUNT(name, n) ((void)0)
#define PAGE_FUNCTION page_bare
#include "page.h"
