/* expect: this header is older than a perfkit header included before it */
#define PK_PRELUDE 1000
#include "perfkit.h"
