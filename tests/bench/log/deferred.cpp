/* deferred - calls in deferred mode, and whole messages from the call to a file.

   log/deferred/steady     one call after the other, each timed by itself with the CPU's counter; drained now and then
   log/deferred/burst-20   20 calls, then a pause of 50 us in which what was left is drained
   …/2-threads, …/busy     the same by two threads at once; drained by a thread of its own meanwhile, on the second thread's processor
   log/deferred/to-file    processor time of call and drain together for each line that is in the file at the end: through
                           pk_log_to_buffer with 64 KB, or a FILE as it comes, which is what spdlog writes through

   Times of calls are less the time of two readings of the counter with nothing between; floor: one reading of the counter and a
   record of 32 bytes. The message has an integer, a string and a double. In C99, C11 and C++ the same function takes it. */
#define PERFKIT_LOG_NAME "net"
#include "../../../perfkit_log.h"

#include "../contest.hpp"
#include "themes.hpp"
#include <atomic>
#include <fcntl.h>
#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <thread>

namespace {

constexpr size_t ring_bytes = 1 << 20;
const char *const peer_name = "10.20.30.40";

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
double ns_of_tick() {
    static const double value = [] {
        double from = bench::now_ns();
        uint64_t ticks = raw();
        while (bench::now_ns() < from + 2e7) {}
        return (bench::now_ns() - from) / static_cast<double>(raw() - ticks);
    }();
    return value;
}
pk_status nowhere(void *, int, const char *, size_t) { return PK_OK; }

class logger {
  public:
    logger(pk_log_sink_fn sink, void *user, unsigned rings = 2) : memory_(PK_LOG_QUEUE_BYTES(rings, ring_bytes)) {
        pk_log_desc desc = {};
        desc.sink = sink;
        desc.sink_user = user;
        desc.level = PK_LOG_INFO;
        desc.threads = true;
        desc.memory = memory_.data();
        desc.memory_size = memory_.size();
        desc.rings = static_cast<uint8_t>(rings);
        if (pk_log_init(&log, &desc) != PK_OK) bench::complain("pk_log_init fails");
    }
    ~logger() { pk_log_close(&log); }
    __attribute__((noinline)) void one(int i) {
        PK_LOG_TO(&log, PK_LOG_INFO, "request %d of %s took %.3f ms", i, peer_name, i * 0.0123);
    }
    void lost_none() {
        pk_log_queue queue;
        pk_log_get_queue(&log, &queue);
        if (queue.dropped != 0) bench::complain(std::to_string(queue.dropped) + " records were dropped");
    }
    pk_log log;

  private:
    std::vector<char> memory_;
};

/* Samples of single calls, in ns, less what the readings take. */
template <class Call, class Between> std::vector<double> sample(int count, Call call, Between between) {
    std::vector<double> all, empty;
    for (int i = 0; i < 20000; i++) {
        uint64_t from = raw();
        bench::keep(from);
        empty.push_back(static_cast<double>(raw() - from));
    }
    double nothing = bench::percentile(empty, 0.5);
    for (int i = 0; i < count; i++) {
        uint64_t from = raw();
        call(i);
        bench::keep(0);
        uint64_t to = raw();
        all.push_back((static_cast<double>(to - from) - nothing) * ns_of_tick());
        between(i);
    }
    return all;
}
double floor_p50() {
    static uint64_t ring[1 << 14];
    size_t at = 0;
    return bench::percentile(sample(
                                 100000,
                                 [&](int i) {
                                     uint64_t *r = ring + (at & 0x3FFF);
                                     r[0] = raw();
                                     r[1] = static_cast<uint64_t>(i);
                                     r[2] = r[3] = at;
                                     at += 4;
                                 },
                                 [](int) {}),
                             0.5);
}
void latency(bench::report &report, const std::string &name, const std::string &goal, std::vector<double> samples) {
    double floor = floor_p50(), p50 = bench::percentile(samples, 0.5);
    bench::row row(name);
    row.number("ours", p50, 2).text("unit", "ns").number("p99", bench::percentile(samples, 0.99), 1);
    row.number("p99.9", bench::percentile(samples, 0.999), 1).number("floor", floor, 2).number("floor_ratio", p50 / floor, 3);
    row.number("p99_ratio", bench::percentile(samples, 0.99) / p50, 2).number("p99.9_ratio", bench::percentile(samples, 0.999) / p50, 2);
    report.add(row.goal(goal));
}
void pause_us(double us) {
    double until = bench::now_ns() + us * 1000;
    while (bench::now_ns() < until) {}
}
/* Calls of so many threads, one after the other or in bursts; what they leave is drained between the calls, or by a busy thread. */
std::vector<double> measure_calls(int producers, bool bursts, bool busy, int count) {
    logger l(nowhere, nullptr);
    std::atomic<bool> running{true};
    std::thread backend;
    if (busy)
        backend = std::thread([&] {
            bench::pin(1);
            while (running.load())
                if (pk_log_drain(&l.log, 0) == PK_OK) std::this_thread::sleep_for(std::chrono::microseconds(20));
        });
    auto between = [&](int i) {
        if (i % (bursts ? 20 : 1000) != (bursts ? 19 : 999)) return;
        while (!busy && pk_log_drain(&l.log, 0) == PK_BUSY) {} /* the other thread does */
        if (bursts)
            pause_us(50);
        else if (busy)
            std::this_thread::sleep_for(std::chrono::milliseconds(1)); /* a line takes longer to make than to record */
    };
    auto produce = [&] {
        sample(20000, [&](int i) { l.one(i); }, between); /* every page is there */
        return sample(count, [&](int i) { l.one(i); }, between);
    };
    std::vector<double> all, others;
    std::thread second;
    if (producers == 2)
        second = std::thread([&] {
            bench::pin(1);
            others = produce();
        });
    all = produce();
    if (producers == 2) second.join();
    all.insert(all.end(), others.begin(), others.end());
    running = false;
    if (busy) backend.join();
    l.lost_none();
    return all;
}
void latencies(bench::report &report) {
    for (bool bursts : {false, true})
        for (int producers : {1, 2})
            for (bool busy : {false, true}) {
                std::string name = bursts ? "log/deferred/burst-20" : "log/deferred/steady", goal;
                if (producers == 1 && !busy) goal = bursts ? "p99_ratio<=2.4,p99.9_ratio<=8" : "floor_ratio<=2.2";
                if (producers == 2) name += "/2-threads";
                if (busy) name += "/busy";
                if (report.wanted(name)) latency(report, name, goal, measure_calls(producers, bursts, busy, bursts ? 60000 : 200000));
            }
}

/* ---- From the call to the file ---- */

constexpr int lines = 20000;
double process_ns() { /* of all threads */
    rusage r;
    getrusage(RUSAGE_SELF, &r);
    auto ns = [](const timeval &t) { return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_usec) * 1e3; };
    return ns(r.ru_utime) + ns(r.ru_stime);
}
void check_file(const std::string &path, long want) {
    std::ifstream in(path);
    std::string line;
    long count = 0;
    while (std::getline(in, line)) count++;
    if (count != want) bench::complain(path + " has " + std::to_string(count) + " lines of " + std::to_string(want));
}
contest::maker ours_to_file(bool through_buffer) {
    return [=]() -> std::function<double()> {
        std::string path = through_buffer ? "build/bench/log-deferred.txt" : "build/bench/log-deferred-FILE.txt";
        std::shared_ptr<FILE> file(fopen(path.c_str(), "w"), fclose);
        auto memory = std::make_shared<std::vector<char>>(65536);
        auto buffer = std::make_shared<pk_log_buffer>();
        pk_log_buffer_desc desc = {};
        desc.memory = memory->data();
        desc.size = memory->size();
        desc.user = reinterpret_cast<void *>(static_cast<intptr_t>(fileno(file.get())));
        if (pk_log_buffer_init(buffer.get(), &desc) != PK_OK) bench::complain("pk_log_buffer_init fails");
        auto l = through_buffer ? std::make_shared<logger>(pk_log_to_buffer, buffer.get())
                                : std::make_shared<logger>(pk_log_to_file, file.get());
        auto total = std::make_shared<long>(0);
        return [=] {
            double start = process_ns();
            for (int i = 0; i < lines; i++) {
                l->one(i);
                if (i % 1000 == 999) pk_log_drain(&l->log, 0);
            }
            if (pk_log_flush(&l->log) != PK_OK || ferror(file.get()) || buffer->failures) bench::complain("pk_log_flush fails");
            (void)memory; /* the buffer's */
            double spent = process_ns() - start;
            check_file(path, *total += lines);
            return spent / lines;
        };
    };
}
contest::maker spdlog_to_file(bool async) {
    return [=]() -> std::function<double()> {
        std::string path = async ? "build/bench/log-spdlog-async.txt" : "build/bench/log-spdlog.txt";
        auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path, true);
        std::shared_ptr<spdlog::details::thread_pool> pool;
        std::shared_ptr<spdlog::logger> log;
        if (async) {
            pool = std::make_shared<spdlog::details::thread_pool>(8192, 1);
            log = std::make_shared<spdlog::async_logger>("net", sink, pool, spdlog::async_overflow_policy::block);
        } else
            log = std::make_shared<spdlog::logger>("net", sink);
        auto total = std::make_shared<long>(0);
        return [=] {
            double start = process_ns();
            for (int i = 0; i < lines; i++) SPDLOG_LOGGER_INFO(log, "request {} of {} took {:.3f} ms", i, peer_name, i * 0.0123);
            log->flush();
            while (pool && pool->queue_size() > 0) usleep(100);
            if (pool) usleep(20000); /* the flush itself */
            double spent = process_ns() - start;
            check_file(path, *total += lines);
            return spent / lines;
        };
    };
}
} // namespace

void deferred(bench::report &report, bool goals_only) {
    latencies(report);
    contest e(report, goals_only, "log/deferred/to-file");
    e.peer("spdlog", spdlog_to_file(false)).peer("spdlog-async", spdlog_to_file(true));
    e.ours("buffer", ours_to_file(true)).ours("FILE", ours_to_file(false));
    e.row("buffer", "ratio>=1/0.30", "spdlog").row("buffer", "ratio>=1/0.12", "spdlog-async");
    e.row("FILE", "", "spdlog").row("FILE", "", "spdlog-async").measure();
}
