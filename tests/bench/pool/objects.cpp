/* objects - one thread over objects of 32, 64 and 256 bytes, in four patterns:

   lifo      acquire one, release it
   batch64   acquire 64, release them, the first first
   churn     100,000 are out; release one of them at random, acquire one in its place
   shuffled  acquire 100,000, release them all in random order: so the next are acquired in that order */
#include "contest.hpp"
#include "patterns.hpp"
#include "pools.hpp"
#include "themes.hpp"

namespace {

constexpr size_t capacity = 100000, pairs = 500000, batch = 64, passes = 4;

/* ---- Ours ---- */

/* PK_POOL_DEFINE at file scope; its sizes are constants where it is inlined. */
struct object32 { uint64_t word[4]; };
struct object64 { uint64_t word[8]; };
struct object256 { uint64_t word[32]; };
PK_POOL_DEFINE(pool32, object32, capacity)
PK_POOL_DEFINE(pool64, object64, capacity)
PK_POOL_DEFINE(pool256, object256, capacity)

PK_POOL_DEFINE(called32, object32, capacity)
PK_POOL_DEFINE(called64, object64, capacity)
PK_POOL_DEFINE(called256, object256, capacity)

template <class Object, Object *(*acquire_)(), pk_status (*release_)(Object *), pk_pool *pool_> class defined {
  public:
    using ref = void *;
    defined(size_t size, size_t all) {
        if (size != sizeof(Object) || all != capacity) bench::complain("this pool was made for others");
    }
    void *acquire(ref &r) { return r = acquire_(); }
    bool release(ref r) { return release_(static_cast<Object *>(r)) == PK_OK; }
    static pk_pool *get() { return pool_; }
};
#define DEFINED(size) defined<object##size, pool##size##_acquire, pool##size##_release, &pool##size>
#define CALLED(size) ours::called<defined<object##size, called##size##_acquire, called##size##_release, &called##size>>

/* Which object is next to go: the same for all. For each round a part of its own. */
struct stream {
    std::vector<uint32_t> victims;             /* of churn */
    std::vector<std::vector<uint32_t>> orders; /* of shuffled */
    std::vector<uint32_t> everyone;            /* each once, to begin with */
    stream() {
        bench::random r(20260401);
        for (size_t i = 0; i < pairs * (rounds + 1); i++) victims.push_back(static_cast<uint32_t>(r.below(capacity)));
        for (size_t pass = 0; pass <= passes * (rounds + 1); pass++) {
            std::vector<uint32_t> order(capacity);
            for (size_t i = 0; i < capacity; i++) order[i] = static_cast<uint32_t>(i);
            for (size_t i = capacity; i > 1; i--) std::swap(order[i - 1], order[r.below(i)]);
            orders.push_back(std::move(order));
        }
        everyone = orders.back();
    }
};
const stream &the_stream() {
    static const stream s;
    return s;
}

/* ---- One contestant ---- */

/* A pool, what is out of it, and the round it is in. */
template <class P> struct player {
    P pool;
    std::vector<typename P::ref> out;
    size_t round = 0;
    bool churns = false;
    explicit player(size_t size) : pool(size, capacity), out(capacity) {}
    ~player() {
        if (churns)
            for (typename P::ref &r : out) pool.release(r);
    }
};
enum pattern { lifo_pairs, batch64, churn100k, shuffled };
const char *const names[] = {"lifo", "batch64", "churn", "shuffled"};

template <class P> bool play(player<P> &p, pattern pattern) {
    const stream &s = the_stream();
    bool good = true;
    switch (pattern) {
    case lifo_pairs: return pairs_of(p.pool, pairs);
    case batch64: return batches_of<batch>(p.pool, pairs);
    case churn100k: return churn(p.pool, p.out, &s.victims[p.round * pairs], pairs);
    case shuffled:
        for (size_t pass = 0; pass < passes && good; pass++)
            good = acquire_all(p.pool, p.out) && release_all(p.pool, p.out, s.orders[p.round * passes + pass]);
    }
    return good;
}
/* What the others displaced from the processor's caches is back before the time is taken. */
template <class P> contest::maker of(pattern pattern, size_t size) {
    return [=]() -> std::function<double()> {
        auto p = std::make_shared<player<P>>(size);
        if (pattern == churn100k) p->churns = acquire_all(p->pool, p->out);
        return [=] {
            bool good = true;
            if (pattern == churn100k) good = churn(p->pool, p->out, the_stream().everyone.data(), capacity);
            if (pattern == shuffled) good = acquire_all(p->pool, p->out) && release_all(p->pool, p->out, the_stream().everyone);
            double start = bench::thread_ns();
            good = play(*p, pattern) && good;
            double ns = bench::thread_ns() - start;
            p->round++;
            if (!good) bench::complain(std::string(names[pattern]) + ": an acquire or a release failed");
            return ns / static_cast<double>(pattern == shuffled ? passes * capacity : pairs);
        };
    };
}

void add_peers(contest &c, pattern p, size_t size) {
    c.floor("pointers", of<array_stack>(p, size));
    c.floor("indices", size == 32 ? of<index_stack<32>>(p, size) : size == 64 ? of<index_stack<64>>(p, size)
                                                                             : of<index_stack<256>>(p, size));
    c.peer("boost.pool", of<peers::boost_pool>(p, size)).peer("boost.lockfree", of<peers::boost_lockfree>(p, size));
    c.peer("glibc", of<peers::general<peers::glibc>>(p, size)).peer("jemalloc", of<peers::general<peers::jemalloc>>(p, size));
    c.peer("mimalloc", of<peers::general<peers::mimalloc>>(p, size));
    c.peer("tcmalloc", of<peers::general<peers::tcmalloc>>(p, size));
    c.peer("gslice", of<peers::gslice>(p, size)).peer("talloc", of<peers::talloc_context>(p, size));
    if (p != churn100k) c.aside("apr", of<peers::apr>(p, size));
    c.peer("mutexed", of<peers::mutexed<array_stack>>(p, size));
}
void add_ours(contest &c, pattern p, size_t size) {
    c.ours("checked", of<ours::checked>(p, size)).ours("checked-extern", of<ours::called<ours::checked>>(p, size));
    c.ours("unchecked", of<ours::unchecked>(p, size));
    c.ours("handles", of<ours::handles>(p, size));
    c.ours("locked", of<ours::locked>(p, size));
    if (size == 32) c.ours("define", of<DEFINED(32)>(p, size)).ours("define-extern", of<CALLED(32)>(p, size));
    if (size == 64) c.ours("define", of<DEFINED(64)>(p, size)).ours("define-extern", of<CALLED(64)>(p, size));
    if (size == 256) c.ours("define", of<DEFINED(256)>(p, size)).ours("define-extern", of<CALLED(256)>(p, size));
}
void add_rows(contest &c, pattern p) {
    const char *const checked[] = {"", "", "floor_ratio<=1.25", "floor_ratio<=1.4"};
    const char *const handles[] = {"floor_ratio<=1.5", "", "floor_ratio<=1.4", "floor_ratio<=1.2"};
    c.row("checked", checked[p]);
    if (p == shuffled) c.row("checked", "ratio>=1/0.26", "boost.pool");
    c.row("checked-extern").row("define").row("define-extern").row("unchecked");
    c.row("handles", handles[p]);
    c.row("locked", "", "mutexed");
}

} // namespace

void objects(bench::report &report, bool goals_only) {
    for (size_t size : {32, 64, 256})
        for (pattern p : {lifo_pairs, batch64, churn100k, shuffled}) {
            contest c(report, goals_only, "pool/" + std::to_string(size) + "/" + names[p]);
            add_peers(c, p, size);
            add_ours(c, p, size);
            add_rows(c, p);
            c.measure();
        }
}
