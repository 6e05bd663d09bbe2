/* expect: PERFKIT_LOG_DEFAULT */
#define PERFKIT_STATIC
#include "perfkit.h"
