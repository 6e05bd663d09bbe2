/* expect: is 0 or 1 */
#define PERFKIT_STATS 2
#include "perfkit.h"
