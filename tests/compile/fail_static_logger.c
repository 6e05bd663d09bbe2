/* expect: PERFKIT_LOG_DEFAULT */
#define PERFKIT_STATIC
#include "perfkit.h"
void report(void);
void report(void) { PK_LOG_WARN("to which logger?"); }
