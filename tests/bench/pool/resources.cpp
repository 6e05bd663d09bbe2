/* resources - pools of two resources: one thread that finds one idle, and 2 and 8 threads that use what they got for 0 or 50
   microseconds, and ask again at once.

   ours is nanoseconds an acquire and a release, of all threads together; p50, p99 and max_wait are microseconds that an acquire
   took; jain is Jain's index of fairness over the threads' numbers of acquires, from 1 / threads to 1 (Jain, Chiu and Hawe,
   1984). All are medians over the rounds; so is max_wait, of each round's longest. The threads may run on any processor, and
   hold what they got without sleeping. */
#include "../contest.hpp"
#include "lenders.hpp"
#include "patterns.hpp"
#include "themes.hpp"

namespace {

constexpr size_t resource_size = 64, resource_count = 2, pairs = 500000;
using hybrid = respool<0>;
using strict = respool<PK_RESPOOL_STRICT>;
using unfair = respool<PK_RESPOOL_UNFAIR>;

/* ---- One thread ---- */

template <class P> contest::maker of() {
    return []() -> std::function<double()> {
        auto p = std::make_shared<P>(resource_size, resource_count);
        return [p] {
            double start = bench::thread_ns();
            if (!pairs_of(*p, pairs)) bench::complain("an acquire or a release failed");
            return (bench::thread_ns() - start) / static_cast<double>(pairs);
        };
    };
}
void uncontended(bench::report &report, bool goals_only) {
    contest c(report, goals_only, "pool/resources/uncontended");
    c.floor("bare", of<bare_lending>()).peer("apr_reslist", of<apr_reslist>()).peer("barging", of<barging>());
    c.ours("hybrid", of<hybrid>()).ours("strict", of<strict>()).ours("bare-stack", of<bare_stack>());
    c.row("hybrid", "floor_ratio<=1.15").row("hybrid", "ratio>=1/0.40", "apr_reslist").row("strict");
    c.row("bare-stack"); /* what is left of ours without leases, checks, counts and ages */
    c.measure();
}

/* ---- Many threads ---- */

/* Times in classes of 1.6 %. */
class histogram {
  public:
    void add(uint64_t ns) {
        most_ = std::max(most_, ns);
        total_++;
        if (ns < 64) {
            counts_[ns]++;
            return;
        }
        unsigned shift = static_cast<unsigned>(63 - __builtin_clzll(ns)) - 6;
        counts_[(shift + 1) * 64 + (ns >> shift) - 64]++;
    }
    void add(const histogram &other) {
        for (size_t i = 0; i < counts_.size(); i++) counts_[i] += other.counts_[i];
        most_ = std::max(most_, other.most_);
        total_ += other.total_;
    }
    double percentile(double part) const {
        uint64_t left = static_cast<uint64_t>(part * static_cast<double>(total_));
        for (size_t i = 0; i < counts_.size(); i++) {
            if (left < counts_[i])
                return i < 64 ? static_cast<double>(i)
                              : std::ldexp(static_cast<double>(64 + i % 64), static_cast<int>(i / 64) - 1);
            left -= counts_[i];
        }
        return static_cast<double>(most_);
    }
    uint64_t total() const { return total_; }
    double most() const { return static_cast<double>(most_); }

  private:
    std::vector<uint64_t> counts_ = std::vector<uint64_t>(59 * 64);
    uint64_t most_ = 0, total_ = 0;
};
struct outcome {
    double ns, p50, p99, most, jain;
};
double jain_index(const std::vector<histogram> &waits) {
    double sum = 0, squares = 0;
    for (const histogram &w : waits) {
        double n = static_cast<double>(w.total());
        sum += n;
        squares += n * n;
    }
    return sum * sum / (squares * static_cast<double>(waits.size()));
}

constexpr double duration = 3e8; /* ns, of each round */
template <class P> outcome play(P &pool, size_t threads, double hold) {
    std::vector<histogram> waits(threads);
    std::vector<std::thread> all;
    std::atomic<size_t> ready{0};
    std::atomic<bool> good{true};
    double start = 0, end = 0;
    std::atomic<bool> go{false}, stop{false};
    for (size_t t = 0; t < threads; t++)
        all.emplace_back([&, t] {
            histogram mine;
            ready++;
            while (!go.load()) sched_yield();
            while (!stop.load(std::memory_order_relaxed)) {
                typename P::ref r;
                double asked = bench::now_ns();
                bool got = acquire_and_use(pool, r, t);
                double began = bench::now_ns();
                mine.add(static_cast<uint64_t>(began - asked));
                if (hold > 0)
                    while (bench::now_ns() - began < hold) {}
                if (!got || !pool.release(r)) good = false;
            }
            waits[t] = mine;
        });
    while (ready.load() < threads) sched_yield();
    start = bench::now_ns();
    go = true;
    timespec pause = {0, static_cast<long>(duration)};
    nanosleep(&pause, nullptr);
    stop = true;
    end = bench::now_ns();
    for (std::thread &t : all) t.join();
    if (!good) bench::complain("an acquire or a release failed");
    histogram sum;
    for (const histogram &w : waits) sum.add(w);
    double jain = jain_index(waits);
    return {(end - start) / static_cast<double>(sum.total()), sum.percentile(0.5) / 1e3, sum.percentile(0.99) / 1e3,
            sum.most() / 1e3, jain};
}

struct entrant {
    std::string name;
    std::function<outcome()> play;
    std::vector<outcome> outcomes;
    double median(double outcome::*figure) const {
        std::vector<double> all;
        for (const outcome &o : outcomes) all.push_back(o.*figure);
        return bench::median(all);
    }
};
template <class P> entrant entrant_of(const std::string &name, size_t threads, double hold) {
    auto p = std::make_shared<P>(resource_size, resource_count);
    return {name, [=] { return play(*p, threads, hold); }, {}};
}

/* The hybrid queue beside the two that it lies between: strict order of arrival, and none. */
struct expectation {
    size_t threads;
    double hold;
    const char *goal, *against_apr;
};
void contended(bench::report &report, bool goals_only, const expectation &e) {
    const std::string base =
        "pool/resources/" + std::to_string(e.threads) + "-threads/" + (e.hold > 0 ? "50us-hold" : "no-hold");
    const std::string name = base + "/hybrid", vs_name = name + "/vs-apr_reslist";
    bool wanted = report.wanted(name) && !(goals_only && !*e.goal), vs_wanted = report.wanted(vs_name) && *e.against_apr;
    if (!wanted && !vs_wanted) return;
    std::vector<entrant> all = {
        entrant_of<hybrid>("hybrid", e.threads, e.hold),   entrant_of<strict>("strict", e.threads, e.hold),
        entrant_of<unfair>("unfair", e.threads, e.hold),   entrant_of<barging>("barging", e.threads, e.hold),
        entrant_of<apr_reslist>("apr_reslist", e.threads, e.hold)};
    std::vector<bench::contestant> players;
    for (entrant &a : all)
        players.push_back({a.name, [&a] { return a.outcomes.push_back(a.play()), a.outcomes.back().ns; }, {}});
    bench::interleave(players, rounds);
    for (entrant &a : all) a.outcomes.erase(a.outcomes.begin()); /* the round that does not count */
    const entrant &ours = all[0], &fifo = all[1], &free = all[3], &apr = all[4];
    const entrant &best = free.median(&outcome::ns) < apr.median(&outcome::ns) ? free : apr;
    auto compared = [&](const std::string &row_name, const entrant &peer) {
        bench::row row(row_name);
        row.number("ours", ours.median(&outcome::ns)).text("unit", "ns").number("best", peer.median(&outcome::ns));
        row.text("peer", peer.name).number("ratio", peer.median(&outcome::ns) / ours.median(&outcome::ns), 3);
        return row.number("noise", bench::spread(players[0].samples));
    };
    if (wanted) {
        bench::row row = compared(name, best);
        row.number("p50", ours.median(&outcome::p50), 2).number("p99", ours.median(&outcome::p99), 2);
        row.number("max_wait", ours.median(&outcome::most), 0).number("jain", ours.median(&outcome::jain), 3);
        row.number("of_barging_throughput", free.median(&outcome::ns) / ours.median(&outcome::ns), 3);
        row.number("of_strict_p99", ours.median(&outcome::p99) / fifo.median(&outcome::p99), 3);
        row.number("of_strict_max", ours.median(&outcome::most) / fifo.median(&outcome::most), 3);
        report.add(row.goal(e.goal));
    }
    if (vs_wanted) report.add(compared(vs_name, apr).goal(e.against_apr));
    for (size_t i = 1; i < all.size() && !goals_only; i++) {
        bench::row row(base + "/" + all[i].name);
        row.number("ns", all[i].median(&outcome::ns)).number("p50", all[i].median(&outcome::p50), 2);
        row.number("p99", all[i].median(&outcome::p99), 2).number("max_wait", all[i].median(&outcome::most), 0);
        report.add(row.number("jain", all[i].median(&outcome::jain), 3));
    }
}

} // namespace

void resources(bench::report &report, bool goals_only) {
    uncontended(report, goals_only);
    const expectation all[] = {
        {2, 0, "", ""},
        {8, 0, "", "ratio>=1/1.2"},
        {2, 50000, "", ""},
        {8, 50000, "of_strict_max<=1.2,of_strict_p99<=1.25,of_barging_throughput>=0.88,jain>=0.99", ""}};
    bench::unpin();
    for (const expectation &e : all) contended(report, goals_only, e);
    bench::pin(0);
}
