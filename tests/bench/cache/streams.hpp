/* streams.hpp - what is asked for: keys made beforehand, and for each of them where its entry lies, for the floor. */
#ifndef BENCH_STREAMS_HPP
#define BENCH_STREAMS_HPP

#include "../bench.hpp"
#include "shapes.h"

enum class workload { zipf, uniform, hit, churn };

template <class Key> Key make_key(uint64_t id);
template <> inline uint64_t make_key(uint64_t id) { return bench::mix(id); }
template <> inline bench_key32 make_key(uint64_t id) {
    return {{bench::mix(4 * id), bench::mix(4 * id + 1), bench::mix(4 * id + 2), bench::mix(4 * id + 3)}};
}

/* The slot that an exact LRU of `capacity` has an id in: when full, the new one takes the victim's. */
class lru_slots {
  public:
    lru_slots(size_t ids, size_t capacity)
        : capacity_(capacity), slot_(ids, 0), id_(capacity + 1), next_(capacity + 1), prev_(capacity + 1) {}
    uint32_t touch(uint64_t id) { /* from 1 on; 0 is the end of the list */
        uint32_t s = slot_[id];
        if (s == 0) {
            if (used_ < capacity_) {
                s = static_cast<uint32_t>(++used_);
            } else {
                s = prev_[0];
                slot_[id_[s]] = 0;
                unlink(s);
            }
            slot_[id] = s;
            id_[s] = id;
        } else {
            unlink(s);
        }
        next_[s] = next_[0];
        prev_[s] = 0;
        prev_[next_[0]] = s;
        next_[0] = s;
        return s;
    }

  private:
    void unlink(uint32_t s) {
        prev_[next_[s]] = prev_[s];
        next_[prev_[s]] = next_[s];
    }
    size_t capacity_, used_ = 0;
    std::vector<uint32_t> slot_;
    std::vector<uint64_t> id_;
    std::vector<uint32_t> next_, prev_;
};

struct place {
    uint32_t line, slot; /* of the index, from 0 on; of the slots, from 0 on */
};
/* The entries of an index line of 64 B are 9.25 on average when full, as in ours with 32-bit entry numbers. */
inline size_t index_lines(size_t capacity) { return capacity * 4 / 37 + 1; }

/* A stream is first what fills the cache (unpopular keys, in no order), then warms it, and then segments of equal length: one
   for each round, so that no request comes again just because a round does. */
template <class Key> struct stream {
    size_t capacity, warm, segment, segments;
    std::vector<Key> keys;
    std::vector<place> places; /* of the segments only */
    const Key *at(size_t s) const { return &keys[warm + s * segment]; }
    const place *places_at(size_t s) const { return &places[s * segment]; }
};

template <class Key> stream<Key> make_stream(workload w, size_t n, size_t segment, size_t segments) {
    bench::random r(20260101);
    size_t universe = w == workload::zipf ? 2 * n : w == workload::uniform ? n * 10 / 9 : w == workload::hit ? n : 10 * n;
    size_t more = w == workload::hit ? 0 : w == workload::zipf ? std::min<size_t>(4 * n, 4000000) : n / 2;
    stream<Key> s;
    s.capacity = n;
    s.warm = n + more;
    s.segment = segment;
    s.segments = segments;
    std::vector<uint64_t> fill(n);
    for (size_t i = 0; i < n; i++) fill[i] = universe - n + i;
    for (size_t i = n; i > 1; i--) std::swap(fill[i - 1], fill[r.below(i)]);
    bench::zipf skewed(universe, 0.99);
    lru_slots slots(universe, n);
    size_t total = s.warm + segment * segments, lines = index_lines(n);
    s.keys.reserve(total);
    s.places.reserve(segment * segments);
    for (size_t i = 0; i < total; i++) {
        uint64_t id = i < n ? fill[i] : w == workload::zipf ? skewed(r) : r.below(universe);
        uint32_t slot = slots.touch(id) - 1;
        s.keys.push_back(make_key<Key>(id));
        if (i >= s.warm) s.places.push_back({static_cast<uint32_t>(bench::mix(~id) % lines), slot});
    }
    return s;
}

/* The floor: nothing but the reads that no cache can do without: the line of the index, and the whole entry that it names. */
class bare_reads {
  public:
    bare_reads(size_t capacity, size_t entry_words)
        : words_(entry_words), index_(index_lines(capacity) * 8), slots_(capacity * entry_words) {}
    /* Requests do not wait for each other; within one the slot's number comes from the index (which holds 0 to add to it). */
    uint64_t independent(const place *p, size_t n) const {
        uint64_t sum = 0;
        for (size_t i = 0; i < n; i++) sum += entry(p[i].slot + index_[p[i].line * 8ull]);
        return sum;
    }
    /* And the next request waits for the value of this one. */
    uint64_t dependent(const place *p, size_t n) const {
        uint64_t zero = 0;
        for (size_t i = 0; i < n; i++) {
            zero |= index_[(p[i].line + zero) * 8];
            zero |= entry(p[i].slot + zero);
        }
        return zero;
    }
    /* Both known, and asked for, 16 requests before. */
    uint64_t prefetched(const place *p, size_t n) const {
        uint64_t sum = 0;
        for (size_t i = 0; i < n; i++) {
            const place &ahead = p[i + 16 < n ? i + 16 : i];
            const uint64_t *first = &slots_[ahead.slot * words_];
            __builtin_prefetch(&index_[ahead.line * 8ull]);
            __builtin_prefetch(first);
            __builtin_prefetch(first + words_ - 1);
            sum += index_[p[i].line * 8ull] + entry(p[i].slot);
        }
        return sum;
    }

  private:
    uint64_t entry(uint64_t slot) const {
        const uint64_t *e = &slots_[slot * words_];
        uint64_t sum = 0;
        if (words_ == 9)
            for (size_t i = 0; i < 9; i++) sum += e[i];
        else
            for (size_t i = 0; i < 12; i++) sum += e[i];
        return sum;
    }
    size_t words_; /* 9 or 12 */
    std::vector<uint64_t> index_, slots_;
};
#endif
