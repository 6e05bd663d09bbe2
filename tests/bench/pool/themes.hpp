/* themes.hpp - the parts of this bench, one file each. */
#ifndef BENCH_THEMES_HPP
#define BENCH_THEMES_HPP
#include "../bench.hpp"

void bytes(bench::report &report);                      /* memory beside the objects */
void objects(bench::report &report, bool goals_only);   /* one thread */
void threads(bench::report &report, bool goals_only);   /* two threads over objects */
void resources(bench::report &report, bool goals_only); /* pools of resources */
#endif
