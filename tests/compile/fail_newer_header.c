/* expect: a perfkit header included before this one is older than it */
#define PK_PRELUDE 0
#include "perfkit.h"
