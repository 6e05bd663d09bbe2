/* targets: large */
/* cache_wheel_test.c with 64-bit times. */
#define PERFKIT_TIME_BITS 64
#include "cache_wheel_test.c"
