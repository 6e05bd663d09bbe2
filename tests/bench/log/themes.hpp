/* themes.hpp - the parts of this bench, one file each. */
#ifndef BENCH_THEMES_HPP
#define BENCH_THEMES_HPP
#include "../bench.hpp"

void disabled(bench::report &report);                     /* calls of a level that is off */
void synchronous(bench::report &report, bool goals_only); /* lines to a file */
void deferred(bench::report &report, bool goals_only);    /* calls and drains of deferred mode */
void perf(bench::report &report, bool goals_only);        /* the perf channel */
void program(bench::report &report);                      /* a whole program, with and without */
#endif
