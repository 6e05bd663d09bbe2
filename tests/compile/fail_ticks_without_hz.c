/* expect: PERFKIT_TICKS needs PERFKIT_TICKS_HZ */
#define PERFKIT_TICKS() 0u
#include "perfkit.h"
