/* cache - time and memory of perfkit_cache.h beside caches built from what Debian has, and beside the bare memory reads.

   Ours has times to live (300 s, the default, with the real clock) and statistics on, which no peer has. Single-threaded
   figures are processor time of the thread. `best` is the fastest peer of that row; the floor is, for each request, a read of
   an index line and of the whole entry that it names, requests independent of each other ("dep": each waits for the one
   before; "batch": prefetched by 16). `flat_hash_map` is the plainest form of the headline peer, which counts in its best. */
#include "peers.hpp"
#include "streams.hpp"
#include <malloc.h>
#include <memory>

namespace {

constexpr int rounds = 7;
bool goals_only = false;
const char *name_of(workload w) {
    const char *const names[] = {"zipf", "uniform", "hit", "churn"};
    return names[static_cast<int>(w)];
}
template <class Key> const char *name_of_key() { return sizeof(Key) == 8 ? "u64" : "key32"; }

/* ---- Ours behind one type for both keys ---- */

template <class Key> struct ours_of;
template <> struct ours_of<uint64_t> {
    using type = cache64;
    static pk_status init(type *c, const pk_cache_desc *d) { return cache64_init(c, d); }
    static constexpr auto run_inline = inline_run64, run_extern = extern_run64, dep_inline = inline_dep64;
    static constexpr auto batch_inline = inline_batch64;
};
template <> struct ours_of<bench_key32> {
    using type = cache32;
    static pk_status init(type *c, const pk_cache_desc *d) { return cache32_init(c, d); }
    static constexpr auto run_inline = inline_run32, run_extern = extern_run32, dep_inline = inline_dep32;
    static constexpr auto batch_inline = inline_batch32;
};
template <class Key> class ours {
  public:
    explicit ours(const pk_cache_desc &desc) { status_ = ours_of<Key>::init(&cache_, &desc); }
    ours(const ours &) = delete;
    ours &operator=(const ours &) = delete;
    ~ours() {
        if (status_ == PK_OK) pk_cache_close(&cache_.cache);
    }
    bool ok() const { return status_ == PK_OK; }
    typename ours_of<Key>::type *get() { return &cache_; }
    pk_cache *cache() { return &cache_.cache; }

  private:
    typename ours_of<Key>::type cache_;
    pk_status status_;
};
pk_cache_desc desc_of(size_t capacity, uint8_t policy) {
    pk_cache_desc desc = {};
    desc.capacity = static_cast<uint32_t>(capacity);
    desc.policy = policy;
    return desc;
}
bool have_s3fifo() {
    static const bool there = ours<uint64_t>(desc_of(1000, PK_CACHE_S3FIFO)).ok();
    return there;
}

/* ---- The same loop over a peer ---- */

inline uint64_t first_word(uint64_t key) { return key; }
inline uint64_t first_word(const bench_key32 &key) { return key.word[0]; }
inline void add_to_first(uint64_t &key, uint64_t x) { key ^= x; }
inline void add_to_first(bench_key32 &key, uint64_t x) { key.word[0] ^= x; }

template <bool depends, class Peer, class Key> bench_result run_peer(Peer &peer, const Key *keys, size_t n) {
    bench_result r = {0, 0};
    uint64_t zero = 0;
    for (size_t i = 0; i < n; i++) {
        Key key = keys[i];
        if (depends) add_to_first(key, zero);
        if (const bench_value *v = peer.get(key)) {
            r.sum += bench_sum(v);
            r.hits++;
            if (depends) zero = v->word[7];
        } else {
            bench_value made;
            bench_make(&made, first_word(key));
            peer.put(key, made);
        }
    }
    return r;
}

/* ---- One case: everyone on the same stream ---- */

template <class Key> class contest {
  public:
    contest(workload w, size_t n, bool depends, size_t segment, int rounds_ = rounds)
        : depends_(depends), rounds_(rounds_), stream_(make_stream<Key>(w, n, segment, static_cast<size_t>(rounds_) + 1)) {}

    /* `exact`: an LRU, which has to find the same as all others. */
    void add(const std::string &name, bool exact, std::function<bench_result(const Key *, size_t)> run) {
        run(stream_.keys.data(), stream_.warm);
        add_bare(name, exact, [this, run](size_t s) { return run(stream_.at(s), stream_.segment); });
    }
    using loop_of_ours = bench_result (*)(typename ours_of<Key>::type *, const Key *, size_t);
    void add_ours(const std::string &name, uint8_t policy, loop_of_ours loop, const pk_cache_desc *desc = nullptr,
                  bool exact = true) {
        auto cache = std::make_shared<ours<Key>>(desc ? *desc : desc_of(stream_.capacity, policy));
        if (!cache->ok()) return bench::complain(name + " does not start");
        add(name, exact && policy == PK_CACHE_LRU,
            [cache, loop](const Key *keys, size_t n) { return loop(cache->get(), keys, n); });
    }
    template <class Peer> void add_peer(const std::string &name) {
        auto peer = std::make_shared<Peer>(stream_.capacity);
        if (depends_) add(name, true, [peer](const Key *k, size_t n) { return run_peer<true>(*peer, k, n); });
        else add(name, true, [peer](const Key *k, size_t n) { return run_peer<false>(*peer, k, n); });
    }
    void add_floor(const std::string &name, uint64_t (bare_reads::*how)(const place *, size_t) const) {
        if (!bare_) bare_ = std::make_shared<bare_reads>(stream_.capacity, sizeof(Key) / 8 + 8);
        auto bare = bare_;
        add_bare(name, false, [this, bare, how](size_t s) {
            return bench_result{(*bare.*how)(stream_.places_at(s), stream_.segment), 0};
        });
    }
    void run() {
        std::vector<bench::contestant> all;
        for (entrant &e : entrants_) {
            all.push_back({e.name, [this, &e] {
                               double start = bench::thread_ns();
                               bench_result r = e.run(e.at);
                               double end = bench::thread_ns();
                               bench::keep(r.sum);
                               e.at++;
                               e.total.sum += r.sum;
                               e.total.hits += r.hits;
                               return (end - start) / static_cast<double>(stream_.segment);
                           },
                           {}});
        }
        bench::interleave(all, rounds_);
        const entrant *reference = nullptr;
        for (size_t i = 0; i < entrants_.size(); i++) {
            entrant &e = entrants_[i];
            e.samples = all[i].samples;
            if (!e.exact) continue;
            if (reference && (reference->total.sum != e.total.sum || reference->total.hits != e.total.hits))
                bench::complain(e.name + " does not find the same as " + reference->name);
            if (!reference) reference = &e;
        }
    }
    bool has(const std::string &name) const { return find(name) != nullptr; }
    double ns(const std::string &name) const { return bench::median(find(name)->samples); }
    double noise(const std::string &name) const { return bench::spread(find(name)->samples); }
    double hit_rate(const std::string &name) const {
        return 100.0 * static_cast<double>(find(name)->total.hits) /
               static_cast<double>(stream_.segment * static_cast<size_t>(rounds_ + 1));
    }
    /* The fastest of these peers. */
    std::string best(const std::vector<std::string> &peers) const {
        std::string found;
        for (const std::string &p : peers)
            if (has(p) && (found.empty() || ns(p) < ns(found))) found = p;
        return found;
    }

  private:
    struct entrant {
        std::string name;
        bool exact;
        std::function<bench_result(size_t)> run;
        size_t at = 0;
        bench_result total = {0, 0};
        std::vector<double> samples = {};
    };
    void add_bare(const std::string &name, bool exact, std::function<bench_result(size_t)> run) {
        entrants_.push_back({name, exact, std::move(run)});
    }
    const entrant *find(const std::string &name) const {
        for (const entrant &e : entrants_)
            if (e.name == name) return &e;
        return nullptr;
    }
    bool depends_;
    int rounds_;
    stream<Key> stream_;
    std::shared_ptr<bare_reads> bare_;
    std::vector<entrant> entrants_;
};

/* ---- Rows of speed ---- */

/* The headline peer in its three forms; the best one counts. */
const std::vector<std::string> absl_forms = {"absl+list", "absl-set+list", "absl-numbers+list"};

struct speed_row {
    std::string name, ours, floor, goal;
    std::vector<std::string> peers;
};

template <class Key> class speed {
  public:
    speed(bench::report &report, workload w, size_t n, bool depends = false)
        : report_(report), w_(w), n_(n), depends_(depends) {}
    std::string name(const std::string &engine, const std::string &form = "") const {
        return "cache/" + engine + "/" + bench::size_name(n_) + "/" + (depends_ ? "dep" : name_of(w_)) + "/" +
               name_of_key<Key>() + (form.empty() ? "" : "/" + form);
    }
    /* A row of ours (one of those that measure() knows), with its goal, if it is wanted. */
    void want(const std::string &engine, const std::string &ours, const std::string &goal, const std::string &floor = "floor",
              const std::string &form = "", const std::vector<std::string> &peers = absl_forms) {
        if (goals_only && goal.empty()) return;
        if (report_.wanted(name(engine, form))) rows_.push_back({name(engine, form), ours, floor, goal, peers});
    }
    void measure() {
        if (rows_.empty()) return;
        size_t segment = n_ <= 1000 ? 1000000 : 500000;
        contest<Key> c(w_, n_, depends_, segment);
        auto needs = [&](const std::string &who) {
            return std::any_of(rows_.begin(), rows_.end(), [&](const speed_row &r) {
                return r.ours == who || r.floor == who || std::find(r.peers.begin(), r.peers.end(), who) != r.peers.end();
            });
        };
        auto loop = depends_ ? ours_of<Key>::dep_inline : ours_of<Key>::run_inline;
        if (needs("lru")) c.add_ours("lru", PK_CACHE_LRU, loop);
        if (needs("lru-extern")) c.add_ours("lru-extern", PK_CACHE_LRU, ours_of<Key>::run_extern);
        if (needs("lru-never")) {
            pk_cache_desc desc = desc_of(n_, PK_CACHE_LRU);
            desc.ttl_ms = PK_TTL_NEVER;
            c.add_ours("lru-never", PK_CACHE_LRU, loop, &desc);
        }
        if (needs("lru-batch")) c.add_ours("lru-batch", PK_CACHE_LRU, ours_of<Key>::batch_inline, nullptr, false);
        if (needs("s3fifo-batch")) c.add_ours("s3fifo-batch", PK_CACHE_S3FIFO, ours_of<Key>::batch_inline);
        if (needs("s3fifo")) c.add_ours("s3fifo", PK_CACHE_S3FIFO, loop);
        if (needs("s3fifo-extern")) c.add_ours("s3fifo-extern", PK_CACHE_S3FIFO, ours_of<Key>::run_extern);
        if (needs(absl_forms[0])) c.template add_peer<peers::absl_map<Key>>(absl_forms[0]);
        if (needs(absl_forms[1])) c.template add_peer<peers::absl_set<Key>>(absl_forms[1]);
        if (needs(absl_forms[2])) c.template add_peer<peers::absl_numbers<Key>>(absl_forms[2]);
        if (needs("boost")) c.template add_peer<peers::boost_multi_index<Key>>("boost");
        if (needs("std")) c.template add_peer<peers::std_list<Key>>("std");
        if constexpr (sizeof(Key) == 8) {
            if (needs("glib")) c.template add_peer<peers::glib_queue>("glib");
            if (needs("uthash")) c.template add_peer<peers::uthash_list>("uthash");
            if (needs("stb_ds")) c.template add_peer<peers::stb_list>("stb_ds");
        }
        if (needs("floor")) c.add_floor("floor", depends_ ? &bare_reads::dependent : &bare_reads::independent);
        if (needs("floor-prefetched")) c.add_floor("floor-prefetched", &bare_reads::prefetched);
        c.run();
        for (const speed_row &r : rows_) {
            if (!c.has(r.ours)) continue;
            std::string best = c.best(r.peers);
            double ns = c.ns(r.ours), floor = c.ns(r.floor);
            bench::row row(r.name);
            row.number("ours", ns).text("unit", "ns").number("best", c.ns(best)).text("peer", best);
            row.number("ratio", c.ns(best) / ns, 2).number("floor", floor).number("floor_ratio", ns / floor, 2);
            if (r.peers == absl_forms) row.number("flat_hash_map", c.ns(absl_forms[0]));
            row.number("hits", c.hit_rate(r.ours)).number("noise", c.noise(r.floor));
            report_.add(row.goal(r.goal));
            report_.noise(c.noise(r.floor));
        }
    }
  private:
    bench::report &report_;
    workload w_;
    size_t n_;
    bool depends_;
    std::vector<speed_row> rows_;
};

void headlines(bench::report &report) {
    const std::string lru_goal = "ratio>=2.0,floor_ratio<=1.7";
    for (workload w : {workload::zipf, workload::uniform, workload::hit, workload::churn}) {
        bool zipf = w == workload::zipf;
        speed<uint64_t> s(report, w, 1000000);
        s.want("lru", "lru", zipf ? "ratio>=1.9,floor_ratio<=1.7" : lru_goal);
        if (have_s3fifo())
            s.want("s3fifo", "s3fifo", zipf ? "ratio>=2.4,floor_ratio<=1.4" : w == workload::churn ? "ratio>=4" : "");
        if (zipf) {
            if (have_s3fifo()) s.want("s3fifo", "s3fifo-batch", "ratio>=3.4,floor_ratio<=2.2", "floor-prefetched", "batch16");
            s.want("lru", "lru-batch", "", "floor-prefetched", "batch16");
            s.want("lru", "lru-extern", "", "floor", "extern");
            s.want("lru", "lru-never", "", "floor", "no-ttl");
            if (have_s3fifo()) s.want("s3fifo", "s3fifo-extern", "", "floor", "extern");
            for (const std::string &form : absl_forms) s.want("lru", "lru", "", "floor", "vs-" + form, {form});
            for (const char *peer : {"boost", "glib", "uthash", "stb_ds", "std"})
                s.want("lru", "lru", "", "floor", std::string("vs-") + peer, {peer});
        }
        s.measure();
    }
    for (size_t n : {100000, 1000}) {
        speed<uint64_t> s(report, workload::zipf, n);
        s.want("lru", "lru", n == 1000 ? "ratio>=1.3,floor_ratio<=6" : "ratio>=1.5,floor_ratio<=2");
        s.want("lru", "lru-extern", "", "floor", "extern");
        if (have_s3fifo()) s.want("s3fifo", "s3fifo", "");
        for (const char *peer : {"boost", "glib", "uthash", "stb_ds", "std"})
            s.want("lru", "lru", "", "floor", std::string("vs-") + peer, {peer});
        s.measure();
    }
    speed<bench_key32> wide(report, workload::zipf, 1000000);
    wide.want("lru", "lru", "ratio>=1.7,floor_ratio<=1.8");
    wide.want("lru", "lru-extern", "", "floor", "extern");
    wide.want("lru", "lru-batch", "", "floor-prefetched", "batch16");
    if (have_s3fifo()) {
        wide.want("s3fifo", "s3fifo-batch", "ratio>=3.4,floor_ratio<=1.8", "floor-prefetched", "batch16");
        wide.want("s3fifo", "s3fifo", "");
    }
    wide.measure();
    for (size_t n : {1000000, 1000}) {
        speed<uint64_t> dep(report, workload::hit, n, true);
        dep.want("lru", "lru", "");
        if (have_s3fifo()) dep.want("s3fifo", "s3fifo", "");
        dep.measure();
    }
}

/* ---- Time against size ---- */

void against_size(bench::report &report) {
    if (goals_only) return;
    for (size_t n : {1000, 8000, 64000, 512000, 1000000, 8000000}) {
        speed<uint64_t> s(report, workload::zipf, n);
        s.want("lru", "lru", "", "floor", "by-size");
        if (have_s3fifo()) s.want("s3fifo", "s3fifo", "", "floor", "by-size");
        s.measure();
    }
}

/* ---- Bytes an entry ---- */

size_t counted;
void *count_alloc(size_t size, size_t, void *) {
    counted += size;
    return std::malloc(size);
}
void count_free(void *memory, size_t size, void *) {
    counted -= size;
    std::free(memory);
}
double bytes_beyond(pk_cache_desc desc) { /* key and value, an entry; -1: not there */
    const uint32_t key_size = 8, value_size = 64;
    pk_cache c;
    if (desc.slot_size) { /* lengths vary: a slot of the same size each */
        desc.max_bytes = size_t{desc.capacity} * desc.slot_size;
    } else {
        desc.key_size = key_size;
        desc.value_size = value_size;
    }
    desc.allocator = {count_alloc, count_free, nullptr};
    counted = 0;
    if (pk_cache_init(&c, &desc) != PK_OK) return -1;
    double beyond = static_cast<double>(counted) / desc.capacity - (key_size + value_size);
    pk_cache_close(&c);
    if (counted != 0) bench::complain("memory is not given back");
    return beyond;
}
template <class Peer> double bytes_beyond_peer(size_t n) {
    auto in_use = [] {
        struct mallinfo2 info = mallinfo2();
        return static_cast<double>(info.uordblks + info.hblkhd);
    };
    double before = in_use();
    auto peer = std::make_unique<Peer>(n);
    bench_value v = {};
    for (size_t i = 0; i < n; i++) peer->put(bench::mix(i), v);
    return (in_use() - before) / static_cast<double>(n) - 72;
}
void bytes(bench::report &report) {
    struct item {
        const char *name;
        uint8_t policy;
        uint32_t capacity;
        const char *goal;
    };
    std::vector<item> items = {{"lru/32-bit-links", PK_CACHE_LRU, 1000000, "ours<=20"},
                               {"lru/16-bit-links", PK_CACHE_LRU, 65534, "ours<=16"},
                               {"lru/8-bit-links", PK_CACHE_LRU, 254, ""}};
    if (have_s3fifo()) {
        items.push_back({"s3fifo", PK_CACHE_S3FIFO, 1000000, "ours<=8"});
        items.push_back({"s3fifo/1000", PK_CACHE_S3FIFO, 1000, ""});
    }
    for (const item &i : items) {
        std::string name = std::string("cache/bytes/") + i.name;
        if (!report.wanted(name) || (goals_only && !*i.goal)) continue;
        bench::row row(name);
        row.number("ours", bytes_beyond(desc_of(i.capacity, i.policy)), 2).text("unit", "B/entry");
        double map = bytes_beyond_peer<peers::absl_map<uint64_t>>(i.capacity);
        double set = bytes_beyond_peer<peers::absl_set<uint64_t>>(i.capacity);
        double numbers = bytes_beyond_peer<peers::absl_numbers<uint64_t>>(i.capacity);
        double best = std::min(map, std::min(set, numbers));
        row.number("best", best, 2).text("peer", absl_forms[best == map ? 0 : best == set ? 1 : 2]);
        report.add(row.goal(i.goal));
    }
    /* What is asked for in addition, and its price over the plain cache of 1M. */
    struct option {
        const char *name;
        void (*set)(pk_cache_desc &);
        const char *goal;
    };
    const std::vector<option> options = {
        {"lengths", [](pk_cache_desc &d) { d.slot_size = 72; }, "ours<=8"},
        {"versions", [](pk_cache_desc &d) { d.versions = true; }, "ours<=4"},
        {"sliding", [](pk_cache_desc &d) { d.sliding = true; }, "ours<=4"},
        {"prompt-expiry", [](pk_cache_desc &d) { d.prompt_expiry = true; }, "ours<=8"},
        {"times", [](pk_cache_desc &d) { d.times = true; }, ""},
        {"negative", [](pk_cache_desc &d) { d.negative_ttl_ms = 1000; }, ""}};
    double plain = bytes_beyond(desc_of(1000000, PK_CACHE_LRU));
    for (const option &o : options) {
        std::string name = std::string("cache/bytes/lru/plus-") + o.name;
        pk_cache_desc desc = desc_of(1000000, PK_CACHE_LRU);
        o.set(desc);
        double with = report.wanted(name) && !goals_only ? bytes_beyond(desc) : -1;
        if (with < 0) continue;
        report.add(bench::row(name).number("ours", with - plain, 2).text("unit", "B/entry").goal(o.goal));
    }
}

/* ---- Snapshots ---- */

struct buffer {
    std::vector<unsigned char> bytes;
    size_t at, end;
    static size_t write(void *user, const void *from, size_t n) {
        buffer *b = static_cast<buffer *>(user);
        n = std::min(n, b->end - b->at);
        std::memcpy(b->bytes.data() + b->at, from, n);
        b->at += n;
        return n;
    }
    static size_t read(void *user, void *to, size_t n) {
        buffer *b = static_cast<buffer *>(user);
        n = std::min(n, b->end - b->at);
        std::memcpy(to, b->bytes.data() + b->at, n);
        b->at += n;
        return n;
    }
};
/* CRC-32C, by the processor's instruction where there is one. */
#if defined __x86_64__
__attribute__((target("sse4.2"))) uint32_t crc32c(const unsigned char *p, size_t n) {
    uint64_t crc = 0xFFFFFFFFu, word;
    for (; n >= 8; p += 8, n -= 8) {
        std::memcpy(&word, p, 8);
        crc = __builtin_ia32_crc32di(crc, word);
    }
    for (; n > 0; n--) crc = __builtin_ia32_crc32qi(static_cast<uint32_t>(crc), *p++);
    return ~static_cast<uint32_t>(crc);
}
#else
uint32_t crc32c(const unsigned char *p, size_t n) {
    static const std::vector<uint32_t> table = [] {
        std::vector<uint32_t> t(256);
        for (uint32_t i = 0; i < 256; i++) {
            t[i] = i;
            for (int bit = 0; bit < 8; bit++) t[i] = t[i] >> 1 ^ (t[i] & 1 ? 0x82F63B78u : 0);
        }
        return t;
    }();
    uint32_t crc = 0xFFFFFFFFu;
    for (; n > 0; n--) crc = table[(crc ^ *p++) & 255] ^ crc >> 8;
    return ~crc;
}
#endif
/* 1M entries to memory and back: ratio is the time of memcpy and CRC-32C over the same bytes, to ours. */
void snapshots(bench::report &report) {
    const size_t n = 1000000;
    for (uint8_t policy : {PK_CACHE_LRU, PK_CACHE_S3FIFO}) {
        std::string name = std::string("cache/") + (policy == PK_CACHE_LRU ? "lru" : "s3fifo") + "/1M/snapshot";
        if (goals_only || !(report.wanted(name + "/save") || report.wanted(name + "/load"))) continue;
        ours<uint64_t> cache(desc_of(n, policy)), back(desc_of(n, policy));
        if (!cache.ok()) continue;
        for (size_t i = 0; i < n; i++) {
            bench_value v;
            bench_make(&v, i);
            cache64_put(cache.get(), bench::mix(i), &v, 0);
        }
        buffer b = {std::vector<unsigned char>(n * 160), 0, n * 160};
        if (pk_cache_save(cache.cache(), buffer::write, &b) == PK_UNSUPPORTED) continue;
        size_t used = 0;
        std::vector<unsigned char> copy(b.bytes.size());
        std::vector<bench::contestant> all;
        auto timed = [](const std::function<void()> &work) {
            double start = bench::thread_ns();
            work();
            return (bench::thread_ns() - start) / 1e6;
        };
        all.push_back({"save", [&] {
                           return timed([&] {
                               b.at = 0;
                               b.end = b.bytes.size();
                               if (pk_cache_save(cache.cache(), buffer::write, &b) != PK_OK) bench::complain("save fails");
                               used = b.at;
                           });
                       },
                       {}});
        all.push_back({"load", [&] {
                           return timed([&] {
                               uint32_t kept = 0;
                               b.at = 0;
                               b.end = used;
                               pk_status status = pk_cache_load(back.cache(), buffer::read, &b, 0, &kept);
                               if (status != PK_OK || kept != cache64_count(cache.get())) bench::complain("load fails");
                           });
                       },
                       {}});
        all.push_back({"bytes", [&] {
                           return timed([&] {
                               std::memcpy(copy.data(), b.bytes.data(), used);
                               bench::keep(crc32c(copy.data(), used));
                           });
                       },
                       {}});
        bench::interleave(all, 5);
        for (size_t i = 0; i < 2; i++) {
            bench::row row(name + "/" + all[i].name);
            row.number("ours", all[i].median(), 2).text("unit", "ms").number("best", all[2].median(), 2);
            row.text("peer", "memcpy+crc32c").number("ratio", all[2].median() / all[i].median(), 2);
            if (report.wanted(row.name())) report.add(row.number("bytes", static_cast<double>(used), 0));
        }
    }
}

/* ---- Latency of single calls ---- */

/* Puts of ever new keys into a full cache of 1M. `tail` is p99.9 over p50: max is printed, but it is what the system did
   meanwhile (interrupts, other programs), so no goal is on it. */
void churn_latency(bench::report &report) {
    const size_t n = 1000000, calls = 1000000;
    struct item {
        const char *name;
        uint8_t policy;
        pk_time ttl;
    };
    std::vector<item> items = {{"lru/1M/churn/put-latency/no-ttl", PK_CACHE_LRU, PK_TTL_NEVER},
                               {"lru/1M/churn/put-latency/ttl-300s", PK_CACHE_LRU, 300000},
                               {"lru/1M/churn/put-latency/ttl-50ms", PK_CACHE_LRU, 50},
                               {"lru/1M/churn/put-latency/ttl-50ms-prompt", PK_CACHE_LRU, 50}};
    if (have_s3fifo())
        for (pk_time ttl : {PK_TTL_NEVER, pk_time{300000}, pk_time{50}})
            items.push_back({ttl == 50 ? "s3fifo/1M/churn/put-latency/ttl-50ms"
                             : ttl == 300000 ? "s3fifo/1M/churn/put-latency/ttl-300s" : "s3fifo/1M/churn/put-latency/no-ttl",
                             PK_CACHE_S3FIFO, ttl});
    double peer_p999 = 0, peer_tail = 0;
    bench_value v = {};
    for (const item &i : items) {
        std::string name = std::string("cache/") + i.name;
        if (!report.wanted(name) || goals_only) continue;
        if (peer_p999 == 0) {
            peers::absl_map<uint64_t> peer(n);
            for (size_t k = 0; k < n * 3 / 2; k++) peer.put(bench::mix(k), v);
            bench::latency l(bench::time_each(calls, [&](size_t k) { peer.put(bench::mix(n * 3 / 2 + k), v); }));
            peer_p999 = l.p999;
            peer_tail = l.p999 / l.p50;
        }
        pk_cache_desc desc = desc_of(n, i.policy);
        desc.ttl_ms = i.ttl;
        desc.prompt_expiry = name.find("prompt") != std::string::npos;
        ours<uint64_t> cache(desc);
        if (!cache.ok()) continue;
        for (size_t k = 0; k < n * 3 / 2; k++) cache64_put(cache.get(), bench::mix(k), &v, 0);
        bench::latency l(
            bench::time_each(calls, [&](size_t k) { cache64_put(cache.get(), bench::mix(n * 3 / 2 + k), &v, 0); }));
        bench::row row(name);
        l.to(row);
        row.number("best", peer_p999).text("peer", "absl+list-p99.9").number("ratio", peer_p999 / l.p999, 2);
        report.add(row.number("peer_tail", peer_tail, 2).goal("tail<=8"));
    }
}

/* K30: single calls at 1000 entries, the two clock readings around them included. */
void small_latency(bench::report &report) {
    const size_t n = 1000, calls = 400000;
    bench_value v = {};
    struct item {
        const char *name;
        uint8_t policy;
    };
    std::vector<item> items = {{"lru", PK_CACHE_LRU}};
    if (have_s3fifo()) items.push_back({"s3fifo", PK_CACHE_S3FIFO});
    for (const item &i : items) {
        std::string name = std::string("cache/") + i.name + "/1k/K30";
        ours<uint64_t> cache(desc_of(n, i.policy));
        for (size_t k = 0; k < n; k++) cache64_put(cache.get(), bench::mix(k), &v, 0);
        bench::random r(1);
        if (report.wanted(name + "/get")) {
            uint64_t sum = 0;
            bench::row row(name + "/get");
            bench::latency(bench::time_each(calls, [&](size_t) {
                if (cache64_get(cache.get(), bench::mix(r.below(n)), &v) == PK_OK) sum += bench_sum(&v);
            })).to(row);
            bench::keep(sum);
            report.add(row.goal("ours<=250"));
        }
        if (report.wanted(name + "/set")) {
            bench::row row(name + "/set");
            bench::latency(bench::time_each(calls, [&](size_t k) { cache64_put(cache.get(), bench::mix(k), &v, 0); })).to(row);
            report.add(row.goal("ours<=500"));
        }
    }
}

/* K31: against the cache that looks for its victim at every entry, full all the time. */
void against_naive(bench::report &report) {
    for (workload w : {workload::zipf, workload::churn}) {
        std::string name = std::string("cache/lru/1k/") + name_of(w) + "/K31";
        if (!report.wanted(name)) continue;
        contest<uint64_t> c(w, 1000, false, 50000);
        c.add_ours("lru", PK_CACHE_LRU, extern_run64);
        c.add_peer<peers::naive>("naive");
        c.run();
        bench::row row(name);
        row.number("ours", c.ns("lru")).text("unit", "ns").number("best", c.ns("naive")).text("peer", "naive");
        report.add(row.number("ratio", c.ns("naive") / c.ns("lru"), 2).goal("ratio>=2"));
    }
}

/* ---- Two threads ---- */

/* Requests a nanosecond of `threads` threads, each over its own part of the stream. */
double throughput(size_t threads, size_t n, const std::function<uint64_t(size_t thread)> &work) {
    return static_cast<double>(n * threads) / bench::time_threads(threads, [&](size_t t) { bench::keep(work(t)); });
}
void two_threads(bench::report &report) {
    if (bench::processors().size() < 2) return report.note("threads", "one processor only: no rows");
    struct item {
        const char *name;
        uint8_t policy;
        uint16_t shards;
        const char *goal;
    };
    std::vector<item> items = {{"cache/lru-16-shards/1M/hit/u64/2-threads", PK_CACHE_LRU, 16, "floor_share>=0.8"}};
    if (have_s3fifo()) items.push_back({"cache/s3fifo/1M/hit/u64/2-threads", PK_CACHE_S3FIFO, 0, "floor_share>=0.95"});
    const size_t n = 1000000, part = 1000000;
    for (const item &i : items) {
        if (!report.wanted(i.name)) continue;
        pk_cache_desc desc = desc_of(n, i.policy);
        desc.threads = true;
        desc.shards = i.shards;
        ours<uint64_t> cache(desc);
        if (!cache.ok()) continue;
        stream<uint64_t> s = make_stream<uint64_t>(workload::hit, n, part, 2);
        bare_reads bare(n, 9);
        inline_run64(cache.get(), s.keys.data(), s.warm);
        size_t kept = 0; /* hits only: sets and shards do not fill evenly, and what they had no room for is asked for by none */
        for (uint64_t key : s.keys)
            if (pk_cache_contains(cache.cache(), &key, sizeof key)) s.keys[kept++] = key;
        for (size_t k = kept; k < s.keys.size(); k++) s.keys[k] = s.keys[k - kept];
        auto get = [&](size_t t) { return inline_run64(cache.get(), s.at(t), part).sum; };
        auto read = [&](size_t t) { return bare.independent(s.places_at(t), part); };
        std::vector<double> samples[4];
        for (int round = 0; round < rounds + 1; round++) {
            double figures[4] = {throughput(1, part, get), throughput(2, part, get), throughput(1, part, read),
                                 throughput(2, part, read)};
            for (size_t k = 0; k < 4 && round > 0; k++) samples[k].push_back(figures[k]);
        }
        double one = bench::median(samples[0]), two = bench::median(samples[1]);
        double floor = bench::median(samples[3]) / bench::median(samples[2]);
        bench::row row(i.name);
        row.number("ours", 2 / two).text("unit", "ns").number("one_thread", 1 / one).number("scaling", two / one, 2);
        row.number("floor", 2 / bench::median(samples[3])).number("floor_scaling", floor, 2);
        row.number("floor_share", two / one / floor, 2);
        report.add(row.number("noise", bench::spread(samples[3])).goal(i.goal));
    }
}

} // namespace

int main(int argc, char **argv) {
    bench::same_pages_for_all(argv);
    std::vector<std::string> words;
    for (int i = 1; i < argc; i++) {
        if (std::string(argv[i]) == "--goals-only") goals_only = true;
        else words.push_back(argv[i]);
    }
    bench::report report("cache", words);
    if (!have_s3fifo()) report.note("left out", "S3-FIFO, which this perfkit_cache.h does not have");
    bench::pin(0);
    headlines(report);
    two_threads(report);
    bench::pin(0);
    bytes(report);
    small_latency(report);
    against_naive(report);
    snapshots(report);
    churn_latency(report);
    against_size(report);
    return report.end();
}
