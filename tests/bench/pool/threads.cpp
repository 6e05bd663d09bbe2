/* threads - two threads, each on a processor of its own, over objects of 64 bytes:

   pair      each acquires one and releases it
   churn     each has 50,000 out; releases one of them at random, acquires one in its place
   handover  one acquires and writes, the other releases; in between a ring of 1024, published by 32. The other does not read,
             or else what is measured is how the objects' lines go from one processor to the other, whatever the pool:
   handover-read   and the other does read

   A cache's pair can't be faster than its count comes back from memory, 5 clocks: unchecked is at that bound. Checked objects have a
   byte each to be marked in, 64 on a line: a cache that is filled takes neighbours to the end of their line where it can, for two
   threads that mark on one line wait for each other (13 ns a pair, not 2). */
#include "../contest.hpp"
#include "patterns.hpp"
#include "pools.hpp"
#include "themes.hpp"

namespace {

constexpr size_t object_size = 64, pairs = 500000, each_out = 50000, capacity = 2 * each_out + 4096;
enum pattern { pair, churning, handover, handover_read };
const char *const names[] = {"pair", "churn", "handover", "handover-read"};

/* What a thread uses of a pool that all may use: itself. */
template <class P> struct shared {
    using ref = typename P::ref;
    P &pool;
    explicit shared(P &p) : pool(p) {}
    void *acquire(ref &r) { return pool.acquire(r); }
    bool release(ref r) { return pool.release(r); }
};

/* ---- The floors ---- */

/* Each thread has an array-stack of its own; what is handed over was there before, and is not given back. */
class apart {
  public:
    apart(size_t size, size_t capacity) : first_(size, capacity), second_(size, capacity) {}
    struct user {
        using ref = void *;
        array_stack &stack;
        explicit user(apart &a) : stack(a.users_++ % 2 ? a.second_ : a.first_) {}
        void *acquire(ref &r) { return stack.acquire(r); }
        bool release(ref r) { return stack.release(r); }
    };

  private:
    std::atomic<size_t> users_{0};
    array_stack first_;
    char between_[128]; /* their counts are on lines of their own */
    array_stack second_;
};
class nothing_but_ring {
  public:
    nothing_but_ring(size_t size, size_t) : size_(size), objects_(size * count) {}
    struct user {
        using ref = void *;
        nothing_but_ring &all;
        size_t next = 0;
        explicit user(nothing_but_ring &a) : all(a) {}
        void *acquire(ref &r) { return r = &all.objects_[next++ % count * all.size_]; }
        bool release(ref) { return true; }
    };

  private:
    static constexpr size_t count = 2048; /* more than are under way */
    size_t size_;
    std::vector<unsigned char> objects_;
};

/* ---- The ring ---- */

/* Of one producer and one consumer. What one side writes is apart from what the other writes. */
template <class Ref> class ring {
  public:
    static constexpr size_t size = 1024, step = 32;
    ring() : slots_(size) {}
    void send(Ref r) {
        if (sent_ - seen_taken_ == size)
            while (sent_ - (seen_taken_ = taken_.load(std::memory_order_acquire)) == size) wait();
        slots_[sent_++ % size] = r;
        if (sent_ % step == 0) ready_.store(sent_, std::memory_order_release);
    }
    Ref receive() {
        if (received_ == seen_ready_)
            while (received_ == (seen_ready_ = ready_.load(std::memory_order_acquire))) wait();
        Ref r = slots_[received_++ % size];
        if (received_ % step == 0) taken_.store(received_, std::memory_order_release);
        return r;
    }

  private:
    static void wait() {
#if defined __x86_64__
        __builtin_ia32_pause();
#endif
    }
    std::vector<Ref> slots_;
    alignas(128) size_t sent_ = 0, seen_taken_ = 0;
    alignas(128) std::atomic<size_t> ready_{0};
    alignas(128) size_t received_ = 0, seen_ready_ = 0;
    alignas(128) std::atomic<size_t> taken_{0};
};
static_assert(pairs % 32 == 0, "all are published");

/* ---- The patterns, for one of the threads ---- */

template <class U> bool produce(U &user, ring<void *> &to) {
    for (size_t i = 0; i < pairs; i++) {
        void *object;
        if (!acquire_and_use(user, object, i)) return false;
        to.send(object);
    }
    return true;
}
template <class U> bool consume(U &user, ring<void *> &from, bool read) {
    bool good = true;
    for (size_t i = 0; i < pairs; i++) {
        void *object = from.receive();
        if (read) good &= *static_cast<uint64_t *>(object) == i;
        good &= user.release(object);
    }
    return good;
}

const std::vector<uint32_t> &victims() { /* for each thread of each round its own */
    static const std::vector<uint32_t> all = [] {
        std::vector<uint32_t> v;
        bench::random r(20260402);
        for (size_t i = 0; i < 2 * pairs * (rounds + 1); i++) v.push_back(static_cast<uint32_t>(r.below(each_out)));
        return v;
    }();
    return all;
}

/* Setting up is not timed: the threads start together when both are through with it. */
template <class P, class U> double play(P &pool, pattern pattern, size_t round) {
    ring<void *> ring;
    std::atomic<int> set_up{0};
    bool good[2] = {false, false};
    double from[2], to[2];
    bench::time_threads(2, [&](size_t t) {
        U user(pool);
        std::vector<void *> out(pattern == churning ? each_out : 0);
        bool all_there = acquire_all(user, out);
        for (set_up++; set_up.load() < 2;) {}
        from[t] = bench::now_ns();
        if (pattern == pair) good[t] = pairs_of(user, pairs);
        else if (pattern == churning) good[t] = all_there && churn(user, out, &victims()[(2 * round + t) * pairs], pairs);
        else if (t == 0) good[t] = produce(user, ring);
        else good[t] = consume(user, ring, pattern == handover_read);
        to[t] = bench::now_ns();
        for (void *r : out) good[t] &= user.release(r);
    });
    if (!good[0] || !good[1]) bench::complain(std::string(names[pattern]) + ": an acquire or a release failed");
    return (std::max(to[0], to[1]) - std::min(from[0], from[1])) / static_cast<double>(pairs);
}
template <class P, class U = shared<P>> contest::maker of(pattern pattern) {
    return [=]() -> std::function<double()> {
        auto pool = std::make_shared<P>(object_size, capacity);
        auto round = std::make_shared<size_t>(0);
        return [=] { return play<P, U>(*pool, pattern, (*round)++); };
    };
}

template <class P, uint32_t size> contest::maker of_cached(pattern pattern) { return of<P, ours::cache<P, size>>(pattern); }

void add_all(contest &c, pattern p) {
    if (p >= handover) c.floor("ring", of<nothing_but_ring, nothing_but_ring::user>(p));
    else c.floor("array-stack-each", of<apart, apart::user>(p));
    c.peer("glibc", of<peers::general<peers::glibc>>(p)).peer("jemalloc", of<peers::general<peers::jemalloc>>(p));
    c.peer("mimalloc", of<peers::general<peers::mimalloc>>(p)).peer("tcmalloc", of<peers::general<peers::tcmalloc>>(p));
    c.peer("gslice", of<peers::gslice>(p)).peer("boost.lockfree", of<peers::boost_lockfree>(p));
    c.peer("mutexed", of<peers::mutexed<array_stack>>(p));
    c.ours("cached", of_cached<ours::locked, 64>(p)).ours("cached-128", of_cached<ours::locked, 128>(p));
    c.ours("cached-raceproof", of_cached<ours::locked_raceproof, 64>(p));
    c.ours("cached-unchecked", of_cached<ours::locked_unchecked, 64>(p));
    c.ours("locked", of<ours::locked>(p)).ours("lock-free", of<ours::lock_free>(p));
}

} // namespace

void threads(bench::report &report, bool goals_only) {
    if (bench::processors().size() < 2) return report.note("threads", "one processor only: no rows");
    for (pattern p : {pair, churning, handover, handover_read}) {
        contest c(report, goals_only, std::string("pool/threads/64/") + names[p]);
        add_all(c, p);
        if (p == pair) {
            c.row("cached", "ratio>=1/1.3", "tcmalloc").row("cached-unchecked", "ratio>=1/0.30", "tcmalloc");
            c.row("cached-raceproof", "ratio>=1/0.45", "mutexed");
        } else {
            c.row("cached", p == churning ? "ratio>=1/0.75" : p == handover ? "ratio>=1/0.30" : "", "jemalloc");
            c.row("cached-unchecked", "", "jemalloc").row("cached-raceproof", "", "mutexed");
        }
        c.row("cached-128", p == handover ? "ratio>=1/0.30" : "", p == pair ? "tcmalloc" : "jemalloc");
        c.row("locked", "", "mutexed").row("lock-free", "", "boost.lockfree");
        c.measure();
    }
    bench::pin(0);
}
