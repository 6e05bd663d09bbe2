/* program - a whole program (program.h): what it takes more, in percent, with logging at WARN, and with WARN and the perf channel
   recording a span for each request and a counter, than with all of it compiled out. 100,000 records, keys by Zipf(0.99) over
   200,000. Requests are for pages of 16 and of 128 records: a span takes the same for both. */
#include "program.h"
#include "themes.hpp"

#include <memory>

namespace {

constexpr size_t all_keys = 320000, capacity = 100000;
constexpr int rounds = 21;

void make(uint64_t key, page_record *r) {
    for (uint64_t &word : r->word) word = key = bench::mix(key);
}
struct world {
    service s = {};
    std::vector<uint64_t> keys;
    world() {
        pk_cache_desc desc = {};
        desc.capacity = capacity;
        if (store_init(&s.cache, &desc) != PK_OK) bench::complain("store_init fails");
        s.make = make;
        s.tokens = 4;
        bench::random r(20260404);
        bench::zipf zipf(2 * capacity, 0.99);
        keys.resize(all_keys);
        for (uint64_t &key : keys) key = bench::mix(zipf(r));
    }
    ~world() { store_close(&s.cache); }
};
double run(world &w, size_t n, uint64_t (*page)(service *, const uint64_t *, size_t), int perf_level) {
    pk_log_set_level(&pk_perf_default, perf_level);
    uint64_t failed = 0, sum = 0;
    double start = bench::thread_ns();
    for (size_t i = 0; i < all_keys; i += n) {
        uint64_t answer = page(&w.s, &w.keys[i], n);
        failed += answer == 0;
        sum += answer;
    }
    double spent = (bench::thread_ns() - start) / static_cast<double>(all_keys / n);
    pk_log_set_level(&pk_perf_default, PK_LOG_OFF);
    bench::keep(sum);
    if (failed) bench::complain("a page failed");
    return spent;
}
void compare(bench::report &report, const std::shared_ptr<world> &w, size_t n) {
    const std::string name = "program/page-of-" + std::to_string(n),
                      names[] = {"", name + "/at-warn", name + "/at-warn-and-perf"};
    if (!report.wanted(names[1]) && !report.wanted(names[2])) return;
    std::vector<bench::contestant> all;
    all.push_back({"compiled out", [=] { return run(*w, n, page_bare, PK_LOG_OFF); }, {}});
    all.push_back({names[1], [=] { return run(*w, n, page_logged, PK_LOG_OFF); }, {}});
    all.push_back({names[2], [=] { return run(*w, n, page_logged, PK_LOG_ERROR); }, {}});
    bench::interleave(all, rounds);
    report.noise(bench::spread(all[0].samples));
    for (size_t i = 1; i < all.size(); i++) {
        std::vector<double> more; /* round by round: what slows the machine for a while slows both */
        for (size_t round = 0; round < rounds; round++)
            more.push_back((all[i].samples[round] / all[0].samples[round] - 1) * 100);
        bench::row row(names[i]);
        row.number("ours", all[i].median()).text("unit", "ns").number("compiled_out", all[0].median());
        row.number("overhead", bench::median(more), 2).goal("overhead<=2").number("noise", bench::spread(all[0].samples));
        if (report.wanted(names[i])) report.add(row);
    }
}
} // namespace

void program(bench::report &report) {
    auto w = std::make_shared<world>(); /* one for all: where its memory lies is the same for them */
    for (size_t n : {16, 128}) compare(report, w, n);
}
