/* perf - what the perf channel costs where it is on, each in a loop of its own; nanoseconds of the thread's processor time.

   perf/timer      PK_PERF_SCOPE around nothing; floor: two readings of the counter that it uses, and their difference kept
   perf/record     pk_hist_record of values as latencies have them (log-normal), 5 sub_bits, 40 max_bits; floor: their bucket added up
   perf/percentiles  p50, p95 and p99 of that histogram at once; floor: one walk over its counters
   perf/counter    PK_PERF_COUNT; floor: one addition to a variable in memory */
#include "../../../perfkit_log.h"

#include "../contest.hpp"
#include "themes.hpp"

namespace {

constexpr int turns = 500000;
template <class Turn> contest::maker loop(int times, Turn turn) {
    return [=]() -> std::function<double()> {
        return [=] {
            double start = bench::thread_ns();
            for (int i = 0; i < times; i++) turn(i);
            return (bench::thread_ns() - start) / times;
        };
    };
}

/* The counter that the channel reads on this machine; else the clock. */
inline uint64_t raw() {
#if defined __x86_64__
    return __builtin_ia32_rdtsc();
#elif defined __aarch64__
    uint64_t ticks;
    __asm__ __volatile__("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return static_cast<uint64_t>(bench::now_ns());
#endif
}

PK_HIST_DEFINE(histogram, 5, 40, uint32_t)
PK_PERF_DEFINE(by_hand, "by hand")
const std::vector<uint64_t> &latencies() { /* median 2000, a tail to some 10^6 */
    static const std::vector<uint64_t> all = [] {
        std::vector<uint64_t> v;
        bench::random r(20260403);
        for (int i = 0; i < 1024; i++)
            v.push_back(static_cast<uint64_t>(
                2000 * std::exp(1.5 * std::sqrt(-2 * std::log(1 - r.unit())) * std::cos(6.283185307 * r.unit()))));
        return v;
    }();
    return all;
}
uint64_t sum, counters[64 * 40];
constexpr uint16_t three[3] = {5000, 9500, 9900};
} // namespace

void perf(bench::report &report, bool goals_only) {
    pk_log_set_level(&pk_perf_default, PK_LOG_ERROR); /* record, and write no lines */
    const uint64_t *values = latencies().data();
    for (int i = 0; i < 10000; i++) pk_hist_record(&histogram, values[i & 1023]);

    contest timer(report, goals_only, "perf/timer");
    timer.floor("two-ticks", loop(turns, [](int) {
                    uint64_t from = raw();
                    bench::keep(0);
                    bench::keep(raw() - from);
                }));
    timer.peer("two-clock_gettime", loop(turns, [](int) {
                   double from = bench::now_ns();
                   bench::keep(0);
                   bench::keep(static_cast<uint64_t>(bench::now_ns() - from));
               }));
    timer.aside("two-ticks+record", loop(turns, [](int) {
                    uint64_t from = raw();
                    bench::keep(0);
                    pk_hist_record(&histogram, raw() - from);
                }));
    timer.ours("scope", loop(turns, [](int) {
                   PK_PERF_SCOPE("scope") { bench::keep(0); }
               }));
    timer.ours("begin-end", loop(turns, [](int) {
                   pk_timer t = pk_timer_begin(&by_hand);
                   bench::keep(0);
                   (void)pk_timer_end(&t);
               }));
    timer.row("scope", "floor_ratio<=1.10").row("begin-end").measure();

    contest record(report, goals_only, "perf/record");
    record.floor("add-to-bucket", loop(turns, [=](int i) {
                     uint64_t v = values[i & 1023], lost = 58 - static_cast<uint64_t>(__builtin_clzll(v | 32));
                     counters[(lost << 5) + (v >> lost)]++;
                     sum += v;
                     bench::keep(sum);
                 }));
    record.ours("record", loop(turns, [=](int i) { pk_hist_record(&histogram, values[i & 1023]); }));
    record.ours("record-atomic", loop(turns, [=](int i) { pk_hist_record_atomic(&histogram, values[i & 1023]); }));
    record.ours("value", loop(turns, [=](int i) { PK_PERF_VALUE("value", values[i & 1023]); }));
    record.row("record", "ours<=2.5").row("record-atomic").row("value").measure();

    contest percentiles(report, goals_only, "perf/percentiles");
    percentiles.floor("add-up-counters", loop(turns / 100, [](int) {
                          uint64_t all = 0;
                          const uint32_t *c = static_cast<const uint32_t *>(histogram.counters);
                          for (size_t i = 0; i < PK_HIST_BUCKETS(5, 40); i++) all += c[i];
                          bench::keep(all);
                      }));
    percentiles.ours("three", loop(turns / 100, [](int) {
                         pk_ticks found[3];
                         pk_hist_percentiles(&histogram, three, found, 3);
                         bench::keep(found[0] + found[1] + found[2]);
                     }));
    percentiles.row("three", "ours<=400").measure();

    contest counter(report, goals_only, "perf/counter");
    counter.floor("add", loop(turns, [](int i) {
                      sum += static_cast<uint64_t>(i);
                      bench::keep(sum);
                  }));
    counter.ours("count", loop(turns, [](int i) { PK_PERF_COUNT("count", i); }));
    counter.ours("gauge", loop(turns, [](int i) { PK_PERF_GAUGE("gauge", i); }));
    counter.row("count", "ours<=2.5").row("gauge").measure();
    pk_log_set_level(&pk_perf_default, PK_LOG_OFF);
}
