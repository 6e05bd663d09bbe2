/* expect: needs the PERFKIT_MUTEX_INIT _LOCK _UNLOCK _DESTROY hooks */
#define PERFKIT_HOSTED 0
#define PERFKIT_THREADS 1
#include "perfkit.h"
