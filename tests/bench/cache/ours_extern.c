/* Ours from a unit that has the declarations only: every get and put is a call of pk_cache_get and pk_cache_put. */
#include "shapes.h"
#define BENCH_FORM extern
#include "loops.h"
