/* cache + peek touch clear tick foreach */
#define MORE
#include "cache_1_basic.c"
#include "perfkit_cache.h"
