/* expect: PERFKIT_TIME_BITS is 32 or 64 */
#define PERFKIT_TIME_BITS 16
#include "perfkit.h"
