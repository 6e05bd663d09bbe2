/* bench.hpp - what all benches share: the output line and its JSON, goals, medians, interleaving, processors. C++17.

   A bench is a program that runs cases, each by name, and prints a line for each:

       bench case=cache/lru/1M/zipf/u64 ours=34.1 unit=ns best=66.0 peer=absl+list ratio=1.94 goal=ratio>=1.9 met

   met or short is what the goal's own terms say of the figures of that line; without a goal there is no word. */
#ifndef PERFKIT_BENCH_HPP
#define PERFKIT_BENCH_HPP

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <sched.h>
#include <sstream>
#include <string>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace bench {

inline double now_ns() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

/* Processor time of the calling thread. */
inline double thread_ns() {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

/* Keeps the compiler from dropping the work whose result this is. */
inline void keep(uint64_t value) { __asm__ volatile("" : : "r"(value) : "memory"); }

inline double percentile(std::vector<double> samples, double part) {
    if (samples.empty()) return 0;
    size_t at = std::min(samples.size() - 1, static_cast<size_t>(part * static_cast<double>(samples.size())));
    std::nth_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(at), samples.end());
    return samples[at];
}
inline double median(const std::vector<double> &samples) { return percentile(samples, 0.5); }
inline std::string size_name(size_t n) {
    if (n % 1000000 == 0) return std::to_string(n / 1000000) + "M";
    return n % 1000 == 0 ? std::to_string(n / 1000) + "k" : std::to_string(n);
}

/* What was measured did not do its work: the bench says so, and fails. */
inline int wrong = 0;
inline void complain(const std::string &what) {
    std::printf("WRONG: %s\n", what.c_str());
    wrong++;
}

/* How far apart the middle half of the samples lies, in percent of the median: the noise of the machine. */
inline double spread(const std::vector<double> &samples) {
    double middle = median(samples);
    return middle > 0 ? (percentile(samples, 0.75) - percentile(samples, 0.25)) / middle * 100 : 0;
}

/* The processors that this process may use, the last first: the first one serves everyone's interrupts. */
inline std::vector<int> processors() {
    static const std::vector<int> all = [] {
        std::vector<int> found;
        cpu_set_t set;
        if (sched_getaffinity(0, sizeof set, &set) == 0)
            for (int i = CPU_SETSIZE - 1; i >= 0; i--)
                if (CPU_ISSET(i, &set)) found.push_back(i);
        return found;
    }();
    return all;
}
/* Keep the calling thread on the nth of them. */
inline void pin(size_t nth) {
    if (processors().empty()) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processors()[nth % processors().size()], &set);
    sched_setaffinity(0, sizeof set, &set);
}

/* Let the calling thread, and those that it starts, run on any of them. */
inline void unpin() {
    if (processors().empty()) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int processor : processors()) CPU_SET(processor, &set);
    sched_setaffinity(0, sizeof set, &set);
}

/* Have this tunable of glibc (2.35 or later) at this value. It takes a start of the program again. */
inline void tune_glibc(char **argv, const std::string &tunable, const std::string &value) {
    const char *present = std::getenv("GLIBC_TUNABLES");
    char path[4096] = {};
    if ((present && std::strstr(present, tunable.c_str())) || readlink("/proc/self/exe", path, sizeof path - 1) <= 0) return;
    setenv("GLIBC_TUNABLES", ((present ? std::string(present) + ":" : "") + tunable + "=" + value).c_str(), 1);
    execv(path, argv);
}
/* Has malloc ask for huge pages wherever the system gives them on request, for ours and for all peers alike. */
inline void same_pages_for_all(char **argv) {
    if (!std::getenv("BENCH_SMALL_PAGES")) tune_glibc(argv, "glibc.malloc.hugetlb", "1");
}
/* For peers that don't take their memory from malloc: no huge pages, for ours and for all peers alike. */
inline void small_pages_for_all() { prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); }
inline std::string first_line(const char *file, const char *start = "") {
    std::ifstream in(file);
    std::string line;
    while (std::getline(in, line))
        if (line.compare(0, std::strlen(start), start) == 0) return line;
    return "";
}
inline std::string pages() {
    if (prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1) return "small ones, for all alike";
    const char *tunables = std::getenv("GLIBC_TUNABLES");
    std::string system = first_line("/sys/kernel/mm/transparent_hugepage/enabled");
    return std::string(tunables && std::strstr(tunables, "hugetlb=1") ? "malloc asks for huge pages" : "malloc does not ask") +
           ", for all alike; system: " + (system.empty() ? "unknown" : system);
}

struct field {
    std::string key, text;
    double number;
    bool is_number;
};

class report;

/* One line of output: figures in the order in which they are given. */
class row {
  public:
    explicit row(const std::string &name) { text("case", name); }
    row &text(const std::string &key, const std::string &value) {
        fields_.push_back({key, value, 0, false});
        return *this;
    }
    row &number(const std::string &key, double value, int digits = 1) {
        char buffer[64];
        std::snprintf(buffer, sizeof buffer, "%.*f", digits, value);
        fields_.push_back({key, buffer, std::strtod(buffer, nullptr), true}); /* what is printed is what goals look at */
        return *this;
    }
    /* Terms like ratio>=1.9,floor_ratio<=1.7 over the figures of this row; empty: no goal. A bound may be a quotient: what may
       take 1.05 times the peer's time has ratio>=1/1.05. */
    row &goal(const std::string &terms) {
        goal_ = terms;
        return *this;
    }
    bool met() const {
        std::stringstream all(goal_);
        for (std::string term; std::getline(all, term, ',');) {
            size_t sign = term.find_first_of("<>");
            const field *figure = find(term.substr(0, sign));
            char *after;
            double bound = std::strtod(term.c_str() + sign + 2, &after);
            if (*after == '/') bound /= std::strtod(after + 1, nullptr);
            if (!figure || !(term[sign] == '>' ? figure->number >= bound : figure->number <= bound)) return false;
        }
        return true;
    }
    std::string line() const {
        std::string out = "bench";
        for (const field &f : fields_) out += " " + f.key + "=" + f.text;
        if (!goal_.empty()) out += " goal=" + goal_ + (met() ? " met" : " short");
        return out;
    }
    std::string json() const {
        std::string out = "{";
        for (const field &f : fields_) out += "\"" + f.key + "\": " + (f.is_number ? f.text : quoted(f.text)) + ", ";
        if (goal_.empty()) out.resize(out.size() - 2);
        else out += "\"goal\": " + quoted(goal_) + ", \"met\": " + (met() ? "true" : "false");
        return out + "}";
    }
    bool has_goal() const { return !goal_.empty(); }
    const std::string &name() const { return fields_[0].text; }
    static std::string quoted(const std::string &text) {
        std::string out = "\"";
        for (char c : text) {
            if (c == '"' || c == '\\') out += '\\';
            if (static_cast<unsigned char>(c) >= ' ') out += c;
        }
        return out + "\"";
    }

  private:
    const field *find(const std::string &key) const {
        for (const field &f : fields_)
            if (f.key == key && f.is_number) return &f;
        return nullptr;
    }
    std::vector<field> fields_;
    std::string goal_;
};

/* All rows of a run. BENCH_JSON names the file that takes them, BENCH_PACKAGES the peers' packages with their versions. */
class report {
  public:
    report(const std::string &bench, const std::vector<std::string> &words) : bench_(bench), words_(words) {
        utsname system;
        note("machine", uname(&system) == 0 ? std::string(system.machine) + ", " + model() : model());
        note("compiler", std::string(
#ifdef __clang__
                             "clang "
#else
                             "gcc "
#endif
                             __VERSION__ " ") +
                             text_of("BENCH_FLAGS"));
        note("pages", pages());
        if (std::getenv("BENCH_PACKAGES")) note("peers", text_of("BENCH_PACKAGES"));
    }
    /* Whether the words of the command line, which all have to be in its name, ask for this case. */
    bool wanted(const std::string &name) const {
        return std::all_of(words_.begin(), words_.end(),
                           [&](const std::string &word) { return name.find(word) != std::string::npos; });
    }
    void note(const std::string &key, const std::string &value) {
        notes_.emplace_back(key, value);
        std::printf("# %s: %s\n", key.c_str(), value.c_str());
        std::fflush(stdout);
    }
    void add_quietly(const row &r) { rows_.push_back(r); } /* what a table shows anyway */
    void add(const row &r) {
        add_quietly(r);
        std::printf("%s\n", r.line().c_str());
        std::fflush(stdout);
    }
    /* The spread of a floor's repetitions, for the note about the machine's noise. */
    void noise(double percent) { noise_.push_back(percent); }
    /* The last lines, and the file. What main returns. */
    int end() {
        char text[128];
        std::snprintf(text, sizeof text,
                      "the middle half of the floor's repetitions lies within %.1f %% (median over the rows)", median(noise_));
        if (!noise_.empty()) note("noise", text);
        size_t goals = 0, met = 0;
        for (const row &r : rows_) {
            goals += r.has_goal();
            met += r.has_goal() && r.met();
        }
        std::printf("# %s: %zu rows, %zu of %zu goals met\n", bench_.c_str(), rows_.size(), met, goals);
        const char *file = std::getenv("BENCH_JSON");
        if (!file) return wrong != 0;
        std::ofstream out(file);
        out << "{\"bench\": " << row::quoted(bench_);
        for (const auto &n : notes_) out << ", " << row::quoted(n.first) << ": " << row::quoted(n.second);
        out << ", \"rows\": [\n";
        for (size_t i = 0; i < rows_.size(); i++) out << "  " << rows_[i].json() << (i + 1 < rows_.size() ? ",\n" : "\n");
        out << "]}\n";
        return out.good() && wrong == 0 ? 0 : 1;
    }

  private:
    static std::string text_of(const char *name) {
        const char *text = std::getenv(name);
        return text ? text : "";
    }
    static std::string model() {
        std::string line = first_line("/proc/cpuinfo", "model name");
        size_t at = line.find(": ");
        return at == std::string::npos ? "processor unknown" : line.substr(at + 2);
    }
    std::string bench_;
    std::vector<std::string> words_;
    std::vector<std::pair<std::string, std::string>> notes_;
    std::vector<row> rows_;
    std::vector<double> noise_;
};

/* One thing measured: run() does the whole work once and gives its figure (nanoseconds an operation). */
struct contestant {
    std::string name;
    std::function<double()> run;
    std::vector<double> samples;
    double median() const { return bench::median(samples); }
};

/* Runs all of them in turn, so that what disturbs the machine disturbs each of them: one round that does not count, then
   `rounds`, each starting with another one. */
inline void interleave(std::vector<contestant> &all, int rounds) {
    for (contestant &c : all) c.run();
    for (int round = 0; round < rounds; round++)
        for (size_t i = 0; i < all.size(); i++) {
            contestant &c = all[(i + static_cast<size_t>(round)) % all.size()];
            c.samples.push_back(c.run());
        }
}

/* ---- Single calls ---- */

/* A reading of the finest clock that there is; the difference of two, times ns_per_tick(), is nanoseconds. */
#if defined __x86_64__
inline uint64_t tick() {
    unsigned aux;
    uint64_t t = __builtin_ia32_rdtscp(&aux);
    __builtin_ia32_lfence();
    return t;
}
inline double ns_per_tick() {
    static const double ratio = [] {
        double start = now_ns();
        uint64_t t = tick();
        while (now_ns() - start < 2e7) {}
        return (now_ns() - start) / static_cast<double>(tick() - t);
    }();
    return ratio;
}
#else
inline uint64_t tick() { return static_cast<uint64_t>(now_ns()); }
inline double ns_per_tick() { return 1; }
#endif
/* Nanoseconds of each of n calls, two readings of the clock included. */
inline std::vector<double> time_each(size_t n, const std::function<void(size_t)> &call) {
    std::vector<double> all(n);
    for (size_t i = 0; i < n; i++) {
        uint64_t start = tick();
        call(i);
        all[i] = static_cast<double>(tick() - start) * ns_per_tick();
    }
    return all;
}
struct latency {
    double p50, p99, p999, most;
    explicit latency(const std::vector<double> &all)
        : p50(percentile(all, 0.5)), p99(percentile(all, 0.99)), p999(percentile(all, 0.999)),
          most(*std::max_element(all.begin(), all.end())) {}
    void to(row &row) const {
        row.number("ours", p50).text("unit", "ns").number("p99", p99).number("p99.9", p999).number("max", most, 0);
        row.number("tail", p999 / p50, 2);
    }
};

/* ---- Threads ---- */

/* Nanoseconds from the first start to the last end of work(0) to work(threads - 1), each in a thread on a processor of its own,
   as far as there are so many. */
inline double time_threads(size_t threads, const std::function<void(size_t thread)> &work) {
    std::vector<std::thread> all;
    std::vector<double> from(threads), to(threads);
    std::atomic<size_t> ready{0};
    for (size_t t = 0; t < threads; t++)
        all.emplace_back([&, t] {
            pin(t);
            ready++;
            while (ready.load() < threads) {}
            from[t] = now_ns();
            work(t);
            to[t] = now_ns();
        });
    for (std::thread &t : all) t.join();
    return *std::max_element(to.begin(), to.end()) - *std::min_element(from.begin(), from.end());
}

/* ---- Random numbers, and keys as skewed as those of real caches ---- */

/* SplitMix64 (Steele, Lea, Flood 2014): a bijection on 64 bits, so that numbers become keys without order. */
inline uint64_t mix(uint64_t x) {
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}
class random {
  public:
    explicit random(uint64_t seed) : state_(seed) {}
    uint64_t next() { return mix(state_++); }
    uint64_t below(uint64_t n) { return static_cast<uint64_t>(static_cast<unsigned __int128>(next()) * n >> 64); }
    double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  private:
    uint64_t state_;
};
/* Ranks 0 to n - 1, rank k as often as 1 / (k + 1)^s: rejection-inversion (Hörmann and Derflinger 1996). */
class zipf {
  public:
    zipf(uint64_t n, double s) : n_(static_cast<double>(n)), s_(s) {
        low_ = integral(1.5) - 1;
        high_ = integral(n_ + 0.5);
        near_ = 2 - inverse(integral(2.5) - power(2));
    }
    uint64_t operator()(random &r) const {
        for (;;) {
            double u = high_ + r.unit() * (low_ - high_), x = inverse(u);
            double k = std::min(n_, std::max(1.0, std::floor(x + 0.5)));
            if (k - x <= near_ || u >= integral(k + 0.5) - power(k)) return static_cast<uint64_t>(k) - 1;
        }
    }

  private:
    double power(double x) const { return std::exp(-s_ * std::log(x)); }
    double integral(double x) const {
        double l = std::log(x), t = (1 - s_) * l;
        return (std::fabs(t) > 1e-8 ? std::expm1(t) / t : 1 + t / 2) * l;
    }
    double inverse(double u) const {
        double t = std::max(-1.0, u * (1 - s_));
        return std::exp((std::fabs(t) > 1e-8 ? std::log1p(t) / t : 1 - t / 2) * u);
    }
    double n_, s_, low_, high_, near_;
};

} // namespace bench
#endif
