/* All log calls are there; what the levels are is decided at run time. */
#define PERFKIT_CACHE_INLINE
#include "program.h"
#define PAGE_FUNCTION page_logged
#include "page.h"
