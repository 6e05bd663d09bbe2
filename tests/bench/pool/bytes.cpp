/* bytes - memory beside the objects: what a pool asks for, and what allocators take of the system, counted in pages. */
#include "../contest.hpp"
#include "pools.hpp"
#include "themes.hpp"
#include <sys/wait.h>

extern "C" double bench_needed_with_handles32(size_t size, uint32_t capacity);

namespace {

struct form {
    const char *name;
    uint32_t capacity;
    void (*change)(pk_pool_desc &);
    const char *goal;
};
const form forms[] = {{"checked", 100000, ours::unchanged, "ours<=4.2"},
                      {"checked", 60000, ours::unchanged, ""},
                      {"checked", 250, ours::unchanged, ""},
                      {"unchecked", 100000, ours::without_check, ""},
                      {"intrusive", 100000, ours::linked_without_check, ""},
                      {"intrusive-checked", 100000, ours::linked, ""},
                      {"locked", 100000, ours::with_lock, ""},
                      {"lock-free", 100000, ours::without_lock, ""},
                      {"handles-64-bit", 100000, ours::with_handles, "ours<=12"}};

double beyond(const form &f) {
    pk_pool_desc desc = ours::desc_of(64, f.capacity);
    f.change(desc);
    return static_cast<double>(pk_pool_memory_needed(&desc)) / f.capacity - 64;
}

/* What a process of its own takes more when it has 200,000 objects of 64 bytes out, each written to in full. */
template <class P> double resident_beyond() {
    const size_t n = 200000, size = 64;
    int pipe_ends[2];
    double figure = -1;
    if (pipe(pipe_ends) != 0) return figure;
    pid_t child = fork();
    if (child == 0) {
        auto resident = [] {
            std::ifstream in("/proc/self/statm");
            double all = 0, pages = 0;
            in >> all >> pages;
            return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
        };
        std::vector<typename P::ref> out(n);
        for (typename P::ref &r : out) r = {};
        std::memset(static_cast<void *>(out.data()), 1, n * sizeof out[0]);
        double before = resident();
        P pool(size, n);
        for (typename P::ref &r : out) std::memset(pool.acquire(r), 1, size);
        figure = (resident() - before) / static_cast<double>(n) - static_cast<double>(size);
        ssize_t written = write(pipe_ends[1], &figure, sizeof figure);
        _exit(written == sizeof figure ? 0 : 1);
    }
    close(pipe_ends[1]);
    if (read(pipe_ends[0], &figure, sizeof figure) != sizeof figure) figure = -1;
    close(pipe_ends[0]);
    if (child > 0) waitpid(child, nullptr, 0);
    return figure;
}

} // namespace

void bytes(bench::report &report) {
    auto add = [&](const std::string &name, double figure, const char *goal) {
        if (report.wanted(name)) report.add(bench::row(name).number("ours", figure, 2).text("unit", "B/object").goal(goal));
    };
    for (const form &f : forms)
        add(std::string("pool/bytes/") + f.name + "/" + bench::size_name(f.capacity), beyond(f), f.goal);
    add("pool/bytes/handles-32-bit/100k", bench_needed_with_handles32(64, 100000) / 100000.0 - 64, "ours<=8");
    const char *name = "pool/bytes/peers/64";
    if (!report.wanted(name)) return;
    bench::row row(name);
    row.number("ours", resident_beyond<ours::checked>(), 2).text("unit", "B/object");
    row.number("boost.pool", resident_beyond<peers::boost_pool>(), 2);
    row.number("boost.lockfree", resident_beyond<peers::boost_lockfree>(), 2);
    row.number("glibc", resident_beyond<peers::general<peers::glibc>>(), 2);
    row.number("jemalloc", resident_beyond<peers::general<peers::jemalloc>>(), 2);
    row.number("mimalloc", resident_beyond<peers::general<peers::mimalloc>>(), 2);
    row.number("tcmalloc", resident_beyond<peers::general<peers::tcmalloc>>(), 2);
    row.number("gslice", resident_beyond<peers::gslice>(), 2);
    row.number("talloc", resident_beyond<peers::talloc_context>(), 2).number("apr", resident_beyond<peers::apr>(), 2);
    report.add(row);
}
