/* Ours with the implementation, and so the engine, in the unit of the loops. */
#define PERFKIT_CACHE_IMPLEMENTATION
#include "shapes.h"
#define BENCH_FORM inline
#include "loops.h"
