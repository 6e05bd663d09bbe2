/* cache + the above + slot chains; not: avr */
/* flags: -DPERFKIT_CACHE_CHAINS=1 */
#define MORE
#include "cache_1_basic.c"
#include "perfkit_cache.h"
