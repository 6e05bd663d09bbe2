/* targets: hosted */
/* pool_respool_care_test.c with 64-bit times. */
#define PERFKIT_TIME_BITS 64
#define PERFKIT_POOL_IMPLEMENTATION
#include "pool_respool_care_test.c"
