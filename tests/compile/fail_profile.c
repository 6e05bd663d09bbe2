/* expect: PERFKIT_PROFILE is PERFKIT_PROFILE_TINY, _FIRMWARE or _HOSTED */
#define PERFKIT_PROFILE 4
#include "perfkit.h"
