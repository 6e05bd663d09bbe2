/* objects - one thread over objects of 32, 64 and 256 bytes, in four patterns:

   lifo      acquire one, release it
   batch64   acquire 64, release them, the first first
   churn     100,000 are out; release one of them at random, acquire one in its place
   shuffled  acquire 100,000, release them all in random order: so the next are acquired in that order; also with 1,000,000,
             which no processor's cache holds

   All of ours are inline (PERFKIT_POOL_INLINE), handles too, as the floors and Boost.Pool are; but for -extern, and for what takes a
   lock. What bounds those that fall short, by leaving parts out, and as reasoned from the code:

   lifo       each word that is stored and loaded again in the next operation is a step of 4 to 5 clocks, unless the processor
              renames memory, which it decides anew for each pool. The floor has two such words, a count and a pointer; checked
              adds the mark; handles the generation, which the handle goes through.
   batch64    define-intrusive compares with its end, and knows fresh objects by a zero link: two tests that Boost.Pool, which links
              all objects in advance, does not make. They are predicted branches; as a conditional move the second cost 1.1 ns.
   churn,     checked touches a line of bits (or bytes) that the floor does not have, handles one of 6 bytes an object: 600 KB for
   shuffled   100,000, beside 6.4 MB of objects in a second-level cache of 2 MB. Fewer instructions an operation are more misses under
              way at once: so the check of a handle is two compares. */
#include "../contest.hpp"
#include "patterns.hpp"
#include "pools.hpp"
#include "themes.hpp"
#include <map>

namespace {

constexpr size_t capacity = 100000, pairs = 500000;

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

PK_POOL_DEFINE_INTRUSIVE(list32, object32, capacity)
PK_POOL_DEFINE_INTRUSIVE(list64, object64, capacity)
PK_POOL_DEFINE_INTRUSIVE(list256, object256, capacity)

template <class Object, Object *(*acquire_)(), void (*release_)(Object *)> class defined_list {
  public:
    using ref = void *;
    defined_list(size_t size, size_t all) {
        if (size != sizeof(Object) || all != capacity) bench::complain("this pool was made for others");
    }
    void *acquire(ref &r) { return r = acquire_(); }
    bool release(ref r) {
        release_(static_cast<Object *>(r));
        return true;
    }
};
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
template <class Object, Object *(*acquire_)(), pk_status (*release_)(Object *), pk_pool *pool_>
using called = ours::called<defined<Object, acquire_, release_, pool_>>;
#define FORMS_OF_DEFINE(size)                                                                                      \
    c.ours("define", of<defined<object##size, pool##size##_acquire, pool##size##_release, &pool##size>>(t)) \
        .ours("define-extern", of<called<object##size, called##size##_acquire, called##size##_release, &called##size>>(t)) \
        .ours("define-intrusive", of<defined_list<object##size, list##size##_acquire, list##size##_release>>(t))

/* Which object is next to go: the same for all. For each round a part of its own. */
struct stream {
    size_t objects, passes;                    /* of shuffled, a round */
    std::vector<uint32_t> victims;             /* of churn */
    std::vector<std::vector<uint32_t>> orders; /* of shuffled; the last is for whoever begins */
    stream(size_t objects_, size_t passes_) : objects(objects_), passes(passes_) {
        bench::random r(20260401);
        for (size_t i = 0; i < pairs * (rounds + 1); i++) victims.push_back(static_cast<uint32_t>(r.below(objects)));
        for (size_t pass = 0; pass <= passes * (rounds + 1); pass++) {
            std::vector<uint32_t> order(objects);
            for (size_t i = 0; i < objects; i++) order[i] = static_cast<uint32_t>(i);
            for (size_t i = objects; i > 1; i--) std::swap(order[i - 1], order[r.below(i)]);
            orders.push_back(std::move(order));
        }
    }
};
std::shared_ptr<const stream> stream_over(size_t objects) { /* made when it is first asked for */
    static std::map<size_t, std::shared_ptr<const stream>> all;
    if (!all[objects]) all[objects] = std::make_shared<const stream>(objects, objects > capacity ? 1 : 4);
    return all[objects];
}

/* ---- One contestant ---- */

/* A pattern over objects of a size, and what is needed for it. */
enum pattern { lifo, batch64, churning, shuffled };
const char *const names[] = {"lifo", "batch64", "churn", "shuffled"};
struct task {
    pattern what;
    size_t size, objects;
};

/* A pool, what is out of it, and the round it is in. */
template <class P> class player {
  public:
    explicit player(const task &t) : task_(t), stream_(stream_over(t.objects)), out_(t.objects) {
        begin();
        if (t.what == churning) check(acquire_all(*pool_, out_));
    }
    ~player() {
        if (task_.what == churning)
            for (typename P::ref &r : out_) pool_->release(r);
    }
    /* Nanoseconds a pair. */
    double play() {
        const stream &s = *stream_;
        warm_up();
        double start = bench::thread_ns();
        switch (task_.what) {
        case lifo: check(pairs_of(*pool_, pairs)); break;
        case batch64: check(batches_of<64>(*pool_, pairs)); break;
        case churning: check(churn(*pool_, out_, &s.victims[round_ * pairs], pairs)); break;
        case shuffled:
            for (size_t pass = 0; pass < s.passes; pass++)
                check(acquire_all(*pool_, out_) && release_all(*pool_, out_, s.orders[round_ * s.passes + pass]));
        }
        round_++;
        return (bench::thread_ns() - start) / static_cast<double>(task_.what == shuffled ? s.passes * s.objects : pairs);
    }

  private:
    void begin() {
        pool_.reset();
        pool_ = std::make_unique<P>(task_.size, task_.objects);
    }
    /* What others displaced from the processor's caches comes back before the time is taken. With lifo and batch64 another
       thing matters more: loads that the processor predicts to get what was stored just before take no time, and whether it
       does so is decided anew for each pool, by chance (Boost.Pool: 0.6 or 2.8 ns). So each round has a pool of its own. */
    void warm_up() {
        const std::vector<uint32_t> &everyone = stream_->orders.back();
        switch (task_.what) {
        case lifo: begin(), check(pairs_of(*pool_, pairs / 10)); break;
        case batch64: begin(), check(batches_of<64>(*pool_, pairs / 10)); break;
        case churning: check(churn(*pool_, out_, everyone.data(), task_.objects)); break;
        case shuffled: check(acquire_all(*pool_, out_) && release_all(*pool_, out_, everyone));
        }
    }
    void check(bool good) {
        if (!good) bench::complain(std::string(names[task_.what]) + ": an acquire or a release failed");
    }
    task task_;
    std::shared_ptr<const stream> stream_;
    std::unique_ptr<P> pool_;
    std::vector<typename P::ref> out_;
    size_t round_ = 0;
};
template <class P> contest::maker of(const task &t) {
    return [=]() -> std::function<double()> {
        auto p = std::make_shared<player<P>>(t);
        return [=] { return p->play(); };
    };
}

void add_peers(contest &c, const task &t) {
    c.floor("pointers", of<array_stack>(t));
    c.floor("indices", t.size == 32   ? of<index_stack<32>>(t)
                       : t.size == 64 ? of<index_stack<64>>(t)
                                      : of<index_stack<256>>(t));
    c.peer("boost.pool", of<peers::boost_pool>(t)).peer("boost.lockfree", of<peers::boost_lockfree>(t));
    c.peer("glibc", of<peers::general<peers::glibc>>(t)).peer("jemalloc", of<peers::general<peers::jemalloc>>(t));
    c.peer("mimalloc", of<peers::general<peers::mimalloc>>(t)).peer("tcmalloc", of<peers::general<peers::tcmalloc>>(t));
    c.peer("gslice", of<peers::gslice>(t)).peer("talloc", of<peers::talloc_context>(t));
    if (t.what != churning) c.aside("apr", of<peers::apr>(t));
    c.peer("mutexed", of<peers::mutexed<array_stack>>(t));
}
void add_ours(contest &c, const task &t) {
    c.ours("checked", of<ours::checked>(t)).ours("checked-extern", of<ours::called<ours::checked>>(t));
    c.ours("unchecked", of<ours::unchecked>(t)).ours("handles", of<ours::handles>(t));
    c.ours("intrusive", of<ours::intrusive>(t)).ours("intrusive-checked", of<ours::intrusive_checked>(t));
    c.ours("locked", of<ours::locked>(t)).ours("lock-free", of<ours::lock_free>(t));
    c.ours("cached", of<ours::cached<ours::locked>>(t)).ours("cached-unchecked", of<ours::cached<ours::locked_unchecked>>(t));
    c.ours("cached-raceproof", of<ours::cached<ours::locked_raceproof>>(t));
}
void add_defined(contest &c, const task &t) {
    switch (t.size) {
    case 32: FORMS_OF_DEFINE(32); break;
    case 64: FORMS_OF_DEFINE(64); break;
    case 256: FORMS_OF_DEFINE(256); break;
    }
    c.row("define").row("define-extern").row("define-intrusive", t.what == shuffled ? "" : "ratio>=1/1.05", "boost.pool");
}
void add_rows(contest &c, pattern what) {
    c.row("intrusive", what == shuffled ? "" : "ratio>=1/1.05", "boost.pool").row("intrusive-checked");
    c.row("checked", what == churning ? "floor_ratio<=1.25" : what == shuffled ? "floor_ratio<=1.4" : "");
    if (what == shuffled) c.row("checked", "ratio>=1/0.26", "boost.pool");
    c.row("checked-extern").row("unchecked");
    const char *const handles[] = {"floor_ratio<=1.5", "", "floor_ratio<=1.4", "floor_ratio<=1.2"};
    c.row("handles", handles[what]);
    c.row("cached").row("cached-unchecked").row("cached-raceproof", what == lifo ? "ratio>=1/0.45" : "", "mutexed");
    c.row("locked", "", "mutexed").row("lock-free", "", "boost.lockfree");
}

} // namespace

void objects(bench::report &report, bool goals_only) {
    for (size_t size : {32, 64, 256})
        for (pattern what : {lifo, batch64, churning, shuffled}) {
            contest c(report, goals_only, "pool/" + std::to_string(size) + "/" + names[what]);
            task t = {what, size, capacity};
            add_peers(c, t);
            add_ours(c, t);
            add_defined(c, t);
            add_rows(c, what);
            c.measure();
        }
    contest c(report, goals_only, "pool/64/shuffled-1M");
    task t = {shuffled, 64, 1000000};
    add_peers(c, t);
    add_ours(c, t);
    add_rows(c, shuffled);
    c.measure();
}
