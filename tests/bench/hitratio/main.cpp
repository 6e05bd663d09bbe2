/* hitratio - how many requests a cache of a given size answers: perfkit_cache.h beside LRU, full S3-FIFO, W-TinyLFU and OPT.

   hitratio [--size N]… [--no-synthetic] [TRACE…]
       a TRACE is little-endian u64 keys, one a request, or text, one key a line; either may be gzipped. Sizes: 1 % and 10 % of
       the distinct keys, or N entries
   hitratio --selftest
       the simulators against sequences worked out by hand */
#define PERFKIT_CACHE_IMPLEMENTATION
#include "../../../perfkit_cache.h"
#include "policies.hpp"
#include <unordered_map>
#include <zlib.h>

namespace {

/* ---- Traces ---- */

struct trace {
    std::string name;
    bool real = false;
    std::vector<uint64_t> keys;  /* as they were given */
    std::vector<uint32_t> ids;   /* the same, numbered in the order in which they appear */
    size_t distinct = 0;
    void number() {
        std::unordered_map<uint64_t, uint32_t> seen;
        ids.reserve(keys.size());
        for (uint64_t key : keys) ids.push_back(seen.emplace(key, static_cast<uint32_t>(seen.size())).first->second);
        distinct = seen.size();
    }
};

/* A text key stands for itself by 64 bits of FNV-1a (Fowler, Noll, Vo). */
uint64_t text_key(const char *text, size_t len) {
    uint64_t h = 0xCBF29CE484222325u;
    for (size_t i = 0; i < len; i++) h = (h ^ static_cast<unsigned char>(text[i])) * 0x100000001B3u;
    return h;
}
/* u64 where the name says so, or where the beginning has a NUL byte, which no text has. */
bool is_binary(const std::string &file, const std::string &bytes) {
    return file.find(".u64") != std::string::npos || bytes.substr(0, 4096).find('\0') != std::string::npos;
}
bool read_trace(const std::string &file, trace &t) {
    std::string bytes;
    std::vector<char> buffer(1 << 20);
    gzFile in = gzopen(file.c_str(), "rb"); /* reads what is not gzipped as it is */
    if (!in) return false;
    int n;
    while ((n = gzread(in, buffer.data(), static_cast<unsigned>(buffer.size()))) > 0)
        bytes.append(buffer.data(), static_cast<size_t>(n));
    if (gzclose(in) != Z_OK || n < 0) return false;
    t.name = file.substr(file.find_last_of('/') + 1);
    t.name = t.name.substr(0, t.name.find('.'));
    t.real = true;
    if (is_binary(file, bytes)) {
        for (size_t at = 0; at + 8 <= bytes.size(); at += 8) {
            uint64_t key = 0;
            for (size_t i = 8; i-- > 0;) key = key << 8 | static_cast<unsigned char>(bytes[at + i]);
            t.keys.push_back(key);
        }
    } else {
        for (size_t at = 0, end; at < bytes.size(); at = end + 1) {
            end = std::min(bytes.find('\n', at), bytes.size());
            size_t len = end - at - (end > at && bytes[end - 1] == '\r');
            if (len > 0) t.keys.push_back(text_key(bytes.data() + at, len));
        }
    }
    t.number();
    return !t.keys.empty();
}

constexpr size_t requests = 1000000, universe = 100000;

trace synthetic(const std::string &name, const std::function<uint64_t(bench::random &, size_t)> &key) {
    trace t;
    bench::random r(20231023);
    t.name = name;
    t.keys.reserve(requests);
    for (size_t i = 0; i < requests; i++) t.keys.push_back(bench::mix(key(r, i)));
    t.number();
    return t;
}
std::vector<trace> synthetic_traces() {
    std::vector<trace> all;
    for (double s : {0.8, 0.99, 1.1}) {
        bench::zipf zipf(universe, s);
        char name[32];
        std::snprintf(name, sizeof name, "zipf-%.4g", s);
        all.push_back(synthetic(name, [zipf](bench::random &r, size_t) { return zipf(r); }));
    }
    bench::zipf zipf(universe, 0.99);
    /* One request in five belongs to a scan over keys that never come again; scans are 20,000 long. */
    all.push_back(synthetic("scan-mixed", [zipf](bench::random &r, size_t i) {
        return i % 100000 < 20000 ? (uint64_t{1} << 40) + i : zipf(r);
    }));
    /* Round and round over 20,000 keys, mixed with as many skewed requests. */
    all.push_back(synthetic("loop-mixed", [zipf](bench::random &r, size_t i) {
        return i % 2 ? (uint64_t{1} << 40) + i / 2 % 20000 : zipf(r);
    }));
    all.push_back(synthetic("loop", [](bench::random &, size_t i) { return i % 20000; }));
    /* What is popular changes altogether ten times. */
    all.push_back(synthetic("shift", [zipf](bench::random &r, size_t i) { return zipf(r) + i / (requests / 10) * universe; }));
    return all;
}

/* ---- Runs ---- */

template <class Policy> double hit_ratio(Policy &policy, const std::vector<uint32_t> &ids) { /* percent */
    size_t hits = 0;
    for (uint32_t id : ids) hits += policy.access(id);
    return ids.empty() ? 0 : 100.0 * static_cast<double>(hits) / static_cast<double>(ids.size());
}

PK_CACHE_DEFINE(id_cache, uint64_t, uint32_t)

bool have_s3fifo() { /* the header may be built without it */
    static const bool there = [] {
        id_cache cache;
        pk_cache_desc desc = {};
        desc.policy = PK_CACHE_S3FIFO;
        return id_cache_init(&cache, &desc) == PK_OK && id_cache_close(&cache) == PK_OK;
    }();
    return there;
}

/* perfkit_cache.h through its public functions. */
class ours {
  public:
    ours(const std::vector<uint64_t> &keys, size_t capacity, uint8_t policy) : keys_(keys) {
        pk_cache_desc desc = {};
        desc.capacity = static_cast<uint32_t>(capacity);
        desc.ttl_ms = PK_TTL_NEVER;
        desc.policy = policy;
        ok_ = id_cache_init(&cache_, &desc) == PK_OK;
        capacity_ = capacity;
    }
    ours(const ours &) = delete;
    ours &operator=(const ours &) = delete;
    ~ours() { if (ok_) id_cache_close(&cache_); }
    bool access(uint32_t id) {
        uint64_t key = keys_[at_++];
        uint32_t found;
        if (id_cache_get(&cache_, key, &found) == PK_OK) {
            wrong_ += found != id;
            return true;
        }
        wrong_ += id_cache_put(&cache_, key, &id, 0) != PK_OK || id_cache_count(&cache_) > capacity_;
        return false;
    }
    bool right() const { return ok_ && wrong_ == 0; }

  private:
    const std::vector<uint64_t> &keys_;
    id_cache cache_;
    size_t capacity_, at_ = 0, wrong_ = 0;
    bool ok_;
};
/* The hit ratio of ours; the mean of three seeds where the seed of the hash matters. */
double ours_ratio(const trace &t, size_t capacity, uint8_t policy, int seeds, bool &right) {
    double sum = 0;
    for (int i = 0; i < seeds; i++) {
        ours cache(t.keys, capacity, policy);
        sum += hit_ratio(cache, t.ids);
        right = right && cache.right();
    }
    return sum / seeds;
}

struct results {
    double lru, ours_lru, s3fifo, ours_s3fifo, wtinylfu, opt;
    bool right;
};
results run(const trace &t, size_t capacity) {
    results r = {};
    policies::lru lru(t.distinct, capacity);
    policies::s3fifo s3fifo(t.distinct, capacity);
    policies::wtinylfu wtinylfu(t.distinct, capacity);
    policies::opt opt(t.ids, t.distinct, capacity);
    r.right = true;
    r.lru = hit_ratio(lru, t.ids);
    r.s3fifo = hit_ratio(s3fifo, t.ids);
    r.wtinylfu = hit_ratio(wtinylfu, t.ids);
    r.opt = hit_ratio(opt, t.ids);
    r.ours_lru = ours_ratio(t, capacity, PK_CACHE_LRU, 1, r.right);
    if (have_s3fifo()) r.ours_s3fifo = ours_ratio(t, capacity, PK_CACHE_S3FIFO, 3, r.right);
    return r;
}

/* Means and worst cases over many runs of ours against a reference. */
struct difference {
    double sum = 0, worst = 1e9;
    size_t n = 0;
    void add(double points) {
        sum += points;
        worst = std::min(worst, points);
        n++;
    }
    double mean() const { return n ? sum / static_cast<double>(n) : 0; }
};

int compare(std::vector<trace> &traces, const std::vector<size_t> &sizes) {
    bench::report report("hitratio", {});
    difference to_lru[2], to_full[2], full_to_lru[2]; /* [real] */
    bool right = true;
    std::printf("%-18s %9s %9s %8s  %7s %9s %7s %11s %9s %7s\n", "trace, hits in %", "requests", "distinct", "entries", "LRU",
                "ours LRU", "S3-FIFO", "ours S3", "W-TinyLFU", "OPT");
    for (const trace &t : traces) {
        std::vector<size_t> capacities = sizes;
        if (capacities.empty()) capacities = {std::max<size_t>(1, t.distinct / 100), std::max<size_t>(1, t.distinct / 10)};
        for (size_t capacity : capacities) {
            results r = run(t, capacity);
            char ours_s3[32] = "-";
            if (have_s3fifo()) std::snprintf(ours_s3, sizeof ours_s3, "%.2f", r.ours_s3fifo);
            std::printf("%-18s %9zu %9zu %8zu  %7.2f %9.2f %7.2f %11s %9.2f %7.2f\n", t.name.c_str(), t.keys.size(), t.distinct,
                        capacity, r.lru, r.ours_lru, r.s3fifo, ours_s3, r.wtinylfu, r.opt);
            std::fflush(stdout);
            right = right && r.right && r.lru == r.ours_lru;
            to_lru[t.real].add(r.ours_s3fifo - r.lru);
            to_full[t.real].add(r.ours_s3fifo - r.s3fifo);
            full_to_lru[t.real].add(r.s3fifo - r.lru);
            bench::row row("cache/hitratio/" + t.name + "/" + std::to_string(capacity));
            row.number("ours", have_s3fifo() ? r.ours_s3fifo : r.ours_lru, 2).text("unit", "%").number("lru", r.lru, 2);
            row.number("s3fifo", r.s3fifo, 2).number("wtinylfu", r.wtinylfu, 2).number("opt", r.opt, 2);
            report.add_quietly(row);
        }
    }
    if (!right) std::printf("WRONG: ours gave another value, held too much, or its LRU is not exact\n");
    for (int real = 0; real < 2 && have_s3fifo(); real++) {
        if (to_lru[real].n == 0) continue;
        bench::row lru(std::string("cache/hitratio/") + (real ? "traces" : "synthetic") + "/s3fifo-lru");
        lru.number("ours", to_lru[real].mean(), 2).text("unit", "points").text("peer", "lru");
        lru.number("mean", to_lru[real].mean(), 2).number("worst", to_lru[real].worst, 2);
        lru.number("full_s3fifo_mean", full_to_lru[real].mean(), 2);
        bench::row full(std::string("cache/hitratio/") + (real ? "traces" : "synthetic") + "/s3fifo-full");
        full.number("ours", to_full[real].mean(), 2).text("unit", "points").text("peer", "s3fifo");
        full.number("mean", to_full[real].mean(), 2).number("worst", to_full[real].worst, 2);
        report.add(lru.goal(real ? "mean>=3.5,worst>=-1.5" : ""));
        report.add(full.goal(real ? "mean>=-1" : ""));
    }
    return report.end() == 0 && right ? 0 : 1;
}

/* ---- Self-test ---- */

int passed, failed;
void check(const char *what, bool good) {
    good ? passed++ : failed++;
    if (!good) std::printf("not ok %s\n", what);
}
std::vector<uint32_t> numbers(const char *text) { /* a letter a key */
    std::vector<uint32_t> ids;
    for (; *text; text++)
        if (*text != ' ') ids.push_back(static_cast<uint32_t>(*text - 'a'));
    return ids;
}
template <class Policy> std::string hits_of(Policy policy, const std::vector<uint32_t> &ids) { /* h or . for each request */
    std::string out;
    for (uint32_t id : ids) out += policy.access(id) ? 'h' : '.';
    return out;
}
/* What a cache of 10 does with keys of which each of the 26 letters is one. */
void test_s3fifo() {
    /* small 1, main 9. Up to 10 keys all stay; k then evicts from the small queue: a, read once, is not promoted. */
    check("S3-FIFO: read once in the small queue is not enough to stay",
          hits_of(policies::s3fifo(26, 10), numbers("abcdefghij a k a")) == "..........h..");
    check("S3-FIFO: read twice moves to the main queue; b goes instead",
          hits_of(policies::s3fifo(26, 10), numbers("abcdefghij aa k a b")) == "..........hh.h.");
    /* a: evicted as a ghost by k, comes back into the main queue (evicting b); there it outlives l m n o p, for which the
       small queue gives c d e f g. */
    check("S3-FIFO: a ghost comes back into the main queue",
          hits_of(policies::s3fifo(26, 10), numbers("abcdefghij k a lmnop a c")) == ".................h.");
    /* Capacity 2: small 1, main 1, one ghost. c evicts a (a ghost), d evicts b (which pushes a out of the ghosts): a is new
       again and goes to the small queue, where e evicts c, then f evicts d and g evicts a. */
    check("S3-FIFO: there are as many ghosts as the main queue has entries",
          hits_of(policies::s3fifo(26, 2), numbers("abcd a efg a")) == ".........");
    /* Capacity 2: c promotes a, its count cleared, and evicts b; d promotes b, which finds the main queue full: a goes. */
    check("S3-FIFO: the count is cleared on the way to the main queue",
          hits_of(policies::s3fifo(26, 2), numbers("aaa b c bbb d a b")) == ".hh...hh..h");
}
void test_long_traces() {
    trace t = synthetic("zipf", [](bench::random &r, size_t) { return r.below(r.below(5000) + 1); });
    t.keys.resize(50000);
    t.ids.resize(50000);
    bool right = true;
    double ours_lru = ours_ratio(t, 300, PK_CACHE_LRU, 1, right);
    policies::lru lru(t.distinct, 300);
    policies::opt opt(t.ids, t.distinct, 300);
    policies::s3fifo s3fifo(t.distinct, 300);
    policies::wtinylfu wtinylfu(t.distinct, 300);
    double of_lru = hit_ratio(lru, t.ids), of_opt = hit_ratio(opt, t.ids);
    check("ours is exactly LRU", right && ours_lru == of_lru);
    check("OPT is above all", of_opt > of_lru && of_opt > hit_ratio(s3fifo, t.ids) && of_opt > hit_ratio(wtinylfu, t.ids));
    double ours_s3fifo = have_s3fifo() ? ours_ratio(t, 300, PK_CACHE_S3FIFO, 1, right) : of_lru;
    check("ours S3-FIFO is right and below OPT", right && ours_s3fifo > 0 && ours_s3fifo < of_opt);
    /* Frequency decides: a scan does not displace what was asked for often. */
    policies::wtinylfu window(2000, 100);
    for (int round = 0; round < 5; round++)
        for (uint32_t id = 0; id < 90; id++) window.access(id);
    for (uint32_t id = 1000; id < 2000; id++) window.access(id);
    size_t stayed = 0;
    for (uint32_t id = 0; id < 90; id++) stayed += window.access(id);
    check("W-TinyLFU: a scan of 1000 leaves at least 80 of 90 frequent keys", stayed >= 80);
    bench::zipf zipf(universe, 0.99);
    bench::random r(1);
    size_t first = 0;
    for (int i = 0; i < 100000; i++) first += zipf(r) == 0;
    check("Zipf: rank 0 of 100,000 at 0.99 is 7.9 % of all", first > 7500 && first < 8300);
}
void test_files() {
    char file[] = "/tmp/hitratio-......";
    std::memset(file + sizeof file - 7, 'X', 6); // the six places that mkstemp fills
    int fd = mkstemp(file);
    const char text[] = "alpha\nbeta\r\n\nalpha\nbeta";
    bool written = fd >= 0 && write(fd, text, sizeof text - 1) == static_cast<ssize_t>(sizeof text - 1);
    trace t;
    check("text: a key a line, empty lines skipped",
          written && read_trace(file, t) && t.real && t.keys.size() == 4 && t.distinct == 2 && t.ids == numbers("abab"));
    const uint64_t words[] = {7, uint64_t{1} << 63, 7};
    unsigned char bytes[24];
    for (size_t i = 0; i < 24; i++) bytes[i] = static_cast<unsigned char>(words[i / 8] >> i % 8 * 8);
    gzFile out = gzopen(file, "wb");
    gzwrite(out, bytes, sizeof bytes);
    gzclose(out);
    trace u;
    check("u64: little-endian, gzipped", read_trace(file, u) && u.keys == std::vector<uint64_t>(words, words + 3) &&
                                             u.ids == numbers("aba"));
    close(fd);
    std::remove(file);
}
int selftest() {
    /* The example of the textbooks: 20 requests, 3 frames: LRU has 12 misses, OPT 9. */
    std::vector<uint32_t> book = numbers("hab cad aec dad cbc abh ab");
    std::string lru = hits_of(policies::lru(26, 3), book), opt = hits_of(policies::opt(book, 26, 3), book);
    check("the textbook's sequence", book.size() == 20);
    check("LRU has the textbook's 12 misses", std::count(lru.begin(), lru.end(), '.') == 12);
    check("OPT has the textbook's 9 misses", std::count(opt.begin(), opt.end(), '.') == 9);
    check("LRU: the least recent goes", hits_of(policies::lru(26, 2), numbers("ab a c b a")) == "..h...");
    check("LRU: a loop one too long never hits", hits_of(policies::lru(26, 3), numbers("abcdabcd")) == "........");
    check("OPT: a loop one too long hits all but one",
          hits_of(policies::opt(numbers("abcdabcd"), 26, 3), numbers("abcdabcd")) == "....hh.h");
    test_s3fifo();
    check("W-TinyLFU: a hit in the window, then on probation and protected",
          hits_of(policies::wtinylfu(26, 10), numbers("aa b aaa")) == ".h.hhh");
    test_long_traces();
    test_files();
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char **argv) {
    std::vector<trace> traces;
    std::vector<size_t> sizes;
    bool with_synthetic = true;
    for (int i = 1; i < argc; i++) {
        std::string word = argv[i];
        if (word == "--selftest") return selftest();
        if (word == "--no-synthetic") {
            with_synthetic = false;
        } else if (word == "--size" && i + 1 < argc) {
            sizes.push_back(std::max<size_t>(1, std::strtoull(argv[++i], nullptr, 10)));
        } else {
            trace t;
            if (!read_trace(word, t)) {
                std::fprintf(stderr, "%s: not a trace that can be read\n", argv[i]);
                return 2;
            }
            traces.push_back(std::move(t));
        }
    }
    if (with_synthetic)
        for (trace &t : synthetic_traces()) traces.push_back(std::move(t));
    return compare(traces, sizes);
}
