/* expect: NEEDS_A_LEVEL_NAME_level */
#include "perfkit_log.h"
void report(int level);
void report(int level) { PK_LOG_TO(&pk_log_default, level, "levels known at run time are for pk_log_write"); }
