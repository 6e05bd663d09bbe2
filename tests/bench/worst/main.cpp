/* Machine instructions of single operations of perfkit_cache.h, counted one by one (PTRACE_SINGLESTEP): the median in the
   steady state, and the most under the worst loads that could be built, beside the bound that the steps named in the header
   come to. Linux only. */
#include "../bench.hpp"
#include "worst.h"
#include <csignal>
#include <map>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

namespace {

const char *const kinds[] = {"lru", "lru-chains", "s3fifo"};
const char *const operations[] = {"get-hit", "get-miss", "put-new", "put-replace", "remove", "tick-1", "peek"};

/* Bounds: the steps that the header names, and what one costs at most: what gcc 12 -O2 comes to on x86-64 with glibc, and a
   fifth or more for other compilers and libraries. Measured where all 640 entries in reach have the tag of the key: 20100
   instructions for a removal, 40000 for a search, that is 31 and 62 an entry. */
enum {
    LINES = 64, LANES = 10, /* of the index around a hash, and the entries in one, with 16-bit links */
    LINE = 40,              /* a line: its tags, whether someone passed it, where the next is */
    KEY = 72,               /* an entry of the key's tag: its link, and a call of memcmp */
    LINK = 32,              /* the same where the entry itself is sought: two numbers */
    REST = 1500,            /* once: hash, clock, sweep, order, two values copied */
    LEAVES = 200, SLOT = 120, /* an entry leaves; a slot is taken, filled, and given back */
    SEARCH = LINES * (LINE + LANES * KEY),
    REMOVAL = LINES * (LINE + LANES * LINK),
    ROOM = LINES * LINE, /* a free lane is sought, or taken */
    SLOTS = WORST_LONGEST / WORST_SLOT + 1,
    WAYS = 16, STEPS = 80, STEP = 20, WAY = 100, /* S3-FIFO: 80 steps within a line; a way looked at or given up */
    REST_OF_S3 = 600
};
/* LRU: each operation may remove what the sweep finds to be over; an expired entry of the key is found, and removed, too, and
   then put and remove look again. */
double bound_of_lru(int operation) {
    switch (operation) {
    case WORST_TICK: return REST + REMOVAL;
    case WORST_GET_MISS: return REST + REMOVAL + SEARCH + REMOVAL;
    case WORST_PUT_NEW:
    case WORST_REMOVE: return REST + REMOVAL + 2 * SEARCH + REMOVAL + 2 * ROOM;
    default: return REST + REMOVAL + SEARCH;
    }
}
double bound(int kind, int operation) {
    bool puts = operation == WORST_PUT_NEW || operation == WORST_PUT_REPLACE;
    if (kind == WORST_S3) {
        if (operation == WORST_TICK) return REST_OF_S3 + WAY;
        return REST_OF_S3 + WAYS * KEY + WAYS * WAY + (puts ? STEPS * STEP : 0);
    }
    double slots = kind == WORST_LRU_CHAINS ? SLOTS : 0;
    double leaving = slots > 0 && puts ? slots + 1 : 0;
    return bound_of_lru(operation) + slots * SLOT + leaving * (LEAVES + REMOVAL);
}

struct counts {
    std::vector<double> steady, worst;
};
using counts_by_operation = std::map<int, counts>;

bool stopped_by(pid_t child, int signal) {
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFSTOPPED(status) && WSTOPSIG(status) == signal;
}
/* From one mark to the next. 0: the child ended. */
uint64_t count_to_mark(pid_t child) {
    for (uint64_t n = 1;; n++) {
        int status = 0;
        if (ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) != 0 || waitpid(child, &status, 0) != child) return 0;
        if (!WIFSTOPPED(status)) return 0;
        if (WSTOPSIG(status) == SIGUSR1) return n;
        if (WSTOPSIG(status) != SIGTRAP) return 0;
    }
}
/* All operations on one cache; false: it could not be traced, or a load was not as intended. */
bool trace(worst_now *now, int kind, unsigned capacity, counts_by_operation &all) {
    now->wrong = 0;
    pid_t child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        raise(SIGUSR2);
        worst_load(now, kind, capacity);
        _exit(now->wrong ? 1 : 0);
    }
    if (!stopped_by(child, SIGUSR2)) return false;
    for (uint64_t marks = 0;;) {
        int status = 0;
        if (ptrace(PTRACE_CONT, child, nullptr, nullptr) != 0 || waitpid(child, &status, 0) != child) return false;
        if (WIFEXITED(status)) {
            if (now->wrong) std::fprintf(stderr, "load.c:%d: not as intended\n", now->wrong);
            return WEXITSTATUS(status) == 0;
        }
        if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGUSR1) {
            std::fprintf(stderr, "the traced process stopped with status %d\n", status);
            kill(child, SIGKILL);
            return false;
        }
        uint64_t n = count_to_mark(child);
        if (n == 0) return false;
        const int operation = now->operation;
        if (operation < 0)
            marks = n;
        else
            (now->worst ? all[operation].worst : all[operation].steady).push_back(static_cast<double>(n - marks));
    }
}

} // namespace

int main(int argc, char **argv) {
    bench::report report("worst", std::vector<std::string>(argv + 1, argv + argc));
    void *memory = mmap(nullptr, sizeof(worst_now), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return 2;
    for (int kind = 0; kind < WORST_KINDS; kind++)
        for (unsigned capacity : {1000u, 20000u}) {
            std::string name = std::string("worst/") + kinds[kind] + "/" + std::to_string(capacity) + "/";
            bool wanted = false;
            for (const char *operation : operations) wanted = wanted || report.wanted(name + operation);
            if (!wanted) continue;
            counts_by_operation all;
            if (!trace(static_cast<worst_now *>(memory), kind, capacity, all)) {
                std::fprintf(stderr, "%s: not counted (is ptrace allowed here?)\n", name.c_str());
                return 2;
            }
            for (int operation = 0; operation < WORST_OPERATIONS; operation++) {
                if (!report.wanted(name + operations[operation])) continue;
                const counts &c = all[operation];
                double most = std::max(*std::max_element(c.worst.begin(), c.worst.end()),
                                       *std::max_element(c.steady.begin(), c.steady.end()));
                report.add(bench::row(name + operations[operation])
                               .number("median", bench::median(c.steady), 0)
                               .number("max", most, 0)
                               .text("unit", "instructions")
                               .number("bound", bound(kind, operation), 0)
                               .goal("max<=" + std::to_string(static_cast<long>(bound(kind, operation)))));
            }
        }
    return report.end();
}
