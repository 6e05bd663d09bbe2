/* report.hpp - what main.cpp uses of report.cpp. */
#ifndef BENCH_REPORT_HPP
#define BENCH_REPORT_HPP
void report_under_load(bench::report &report);
#endif
