/* expect: remembered_has_a_ttl_without_PERFKIT_NOW_MS */
#define PERFKIT_HOSTED 0
#include "perfkit_cache.h"
PK_CACHE_STATIC(remembered, 32, 2, 8, 250)
