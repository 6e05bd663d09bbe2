/* expect: PERFKIT_CRITICAL_STATE, PERFKIT_CRITICAL_ENTER(s) and PERFKIT_CRITICAL_EXIT(s) come together */
#define PERFKIT_CRITICAL_STATE unsigned
#define PERFKIT_CRITICAL_ENTRE(s) ((s) = 0)
#define PERFKIT_CRITICAL_EXIT(s) ((void)(s))
#include "perfkit.h"
