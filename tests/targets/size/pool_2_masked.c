/* pool with the interrupt mask */
/* flags: -include tests/targets/critical.h */
#include "pool_1_plain.c"
#include "perfkit_pool.h"
