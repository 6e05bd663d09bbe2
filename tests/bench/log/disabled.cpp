/* disabled - a call whose level is off, above the same loop without it. */
#define PERFKIT_LOG_LEVEL PK_LOG_DEBUG
#include "../../../perfkit_log.h"

#include "themes.hpp"

namespace {

constexpr uint64_t calls = 5000000;
constexpr int rounds = 15;
uint64_t evaluated;
int costly(uint64_t i) { return static_cast<int>(evaluated += i); }

template <class Call> double time_of(Call call) {
    double start = bench::thread_ns();
    for (uint64_t i = 0; i < calls;
         i += 4) { /* four a turn: where a loop of one or two instructions happens to lie would decide */
        bench::keep(i), call(i);
        bench::keep(i), call(i + 1);
        bench::keep(i), call(i + 2);
        bench::keep(i), call(i + 3);
    }
    return (bench::thread_ns() - start) / static_cast<double>(calls);
}
} // namespace

void disabled(bench::report &report) {
    const char *const names[] = {"log/disabled/level-off", "log/disabled/below-floor", "perf/disabled/scope",
                                 "perf/disabled/counter"};
    if (!std::any_of(names, names + 4, [&](const char *name) { return report.wanted(name); })) return;
    std::vector<bench::contestant> all;
    all.push_back({"empty", [] { return time_of([](uint64_t) {}); }, {}});
    all.push_back({names[0], [] { return time_of([](uint64_t i) { PK_LOG_DEBUG("%d of %s", costly(i), "many"); }); }, {}});
    all.push_back({names[1], [] { return time_of([](uint64_t i) { PK_LOG_TRACE("%d of %s", costly(i), "many"); }); }, {}});
    all.push_back({names[2],
                   [] {
                       return time_of([](uint64_t) {
                           PK_PERF_SCOPE("off") {}
                       });
                   },
                   {}});
    all.push_back({names[3], [] { return time_of([](uint64_t i) { PK_PERF_COUNT("off", costly(i)); }); }, {}});
    bench::interleave(all, rounds);
    if (evaluated) bench::complain("an argument was evaluated");
    report.noise(bench::spread(all[0].samples));
    for (size_t i = 1; i < all.size(); i++) {
        bench::row row(names[i - 1]);
        row.number("ours", all[i].median(), 2).text("unit", "ns").number("floor", all[0].median(), 2);
        row.number("above", std::max(0.0, all[i].median() - all[0].median()), 2).goal(i <= 2 ? "above<=0.3" : "");
        if (report.wanted(names[i - 1])) report.add(row);
    }
}
