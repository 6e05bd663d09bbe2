/* policies.hpp - caches that only count hits, written from the papers, to hold the hit ratio of perfkit_cache.h against.

   Each has access(id): true for a hit; a miss brings the key in. Keys are numbered from 0 on. */
#ifndef PERFKIT_BENCH_POLICIES_HPP
#define PERFKIT_BENCH_POLICIES_HPP

#include "../bench.hpp"
#include <limits>
#include <set>

namespace policies {

/* A list of ids through arrays; several lists may share the arrays, as an id is on one of them at most. */
struct links {
    explicit links(size_t ids) : next(ids), prev(ids) {}
    std::vector<uint32_t> next, prev;
};
class list {
  public:
    explicit list(links &all) : all_(all) {}
    size_t size() const { return size_; }
    uint32_t oldest() const { return last_; }
    void push(uint32_t id) { /* as the newest */
        all_.next[id] = first_;
        all_.prev[id] = none;
        (first_ == none ? last_ : all_.prev[first_]) = id;
        first_ = id;
        size_++;
    }
    void remove(uint32_t id) {
        uint32_t next = all_.next[id], prev = all_.prev[id];
        (prev == none ? first_ : all_.next[prev]) = next;
        (next == none ? last_ : all_.prev[next]) = prev;
        size_--;
    }

  private:
    static constexpr uint32_t none = UINT32_MAX;
    links &all_;
    uint32_t first_ = none, last_ = none;
    size_t size_ = 0;
};

class lru {
  public:
    lru(size_t ids, size_t capacity) : capacity_(capacity), links_(ids), order_(links_), in_(ids) {}
    bool access(uint32_t id) {
        if (in_[id]) {
            order_.remove(id);
            order_.push(id);
            return true;
        }
        if (order_.size() == capacity_) {
            uint32_t victim = order_.oldest();
            order_.remove(victim);
            in_[victim] = false;
        }
        order_.push(id);
        in_[id] = true;
        return false;
    }

  private:
    size_t capacity_;
    links links_;
    list order_;
    std::vector<bool> in_;
};

/* S3-FIFO: Yang, Zhang, Qiu, Yue, Vinayak, "FIFO queues are all you need for cache eviction", SOSP 2023, section 4 and
   algorithm 1. The small queue has 10 % of the cache, the main queue 90 %, the ghost queue as many keys as the main one. Two
   bits count accesses after the insertion. From the small queue's tail what was accessed more than once moves to the main
   queue, its count cleared, and the rest to the ghosts. The main queue gives an accessed tail another round for one count. */
class s3fifo {
  public:
    s3fifo(size_t ids, size_t capacity)
        : capacity_(capacity), small_capacity_(std::max<size_t>(1, capacity / 10)),
          main_capacity_(std::max<size_t>(1, capacity - small_capacity_)), links_(ids), small_(links_), main_(links_),
          ghost_links_(ids), ghosts_(ghost_links_), place_(ids, out), count_(ids), ghost_(ids) {}
    bool access(uint32_t id) {
        if (place_[id] != out) {
            if (count_[id] < 3) count_[id]++;
            return true;
        }
        while (small_.size() + main_.size() >= capacity_) {
            if (small_.size() >= small_capacity_) evict_small();
            else evict_main();
        }
        if (ghost_[id]) {
            forget(id);
            put(id, main_, in_main);
        } else {
            put(id, small_, in_small);
        }
        return false;
    }

  private:
    enum place : uint8_t { out, in_small, in_main };
    void put(uint32_t id, list &queue, place where) {
        queue.push(id);
        place_[id] = where;
        count_[id] = 0;
    }
    void forget(uint32_t id) {
        ghosts_.remove(id);
        ghost_[id] = false;
    }
    void evict_small() {
        while (small_.size() > 0) {
            uint32_t id = small_.oldest();
            small_.remove(id);
            if (count_[id] > 1) {
                put(id, main_, in_main);
                if (main_.size() > main_capacity_) evict_main();
                continue;
            }
            place_[id] = out;
            ghosts_.push(id);
            ghost_[id] = true;
            if (ghosts_.size() > main_capacity_) forget(ghosts_.oldest());
            return;
        }
    }
    void evict_main() {
        while (main_.size() > 0) {
            uint32_t id = main_.oldest();
            main_.remove(id);
            if (count_[id] == 0) {
                place_[id] = out;
                return;
            }
            count_[id]--;
            main_.push(id);
        }
    }
    size_t capacity_, small_capacity_, main_capacity_;
    links links_;
    list small_, main_;
    links ghost_links_;
    list ghosts_;
    std::vector<place> place_;
    std::vector<uint8_t> count_;
    std::vector<bool> ghost_;
};

/* W-TinyLFU: Einziger, Friedman, Manes, "TinyLFU: a highly efficient cache admission policy", ACM Transactions on Storage
   13(4), 2017. A window of 1 % (LRU) in front of a segmented LRU, 20 % of it on probation and 80 % protected. What falls out
   of the window gets in only where a count-min sketch of 4-bit counters (4 rows) has seen it more often than probation's
   victim; after 10 accesses an entry all counters are halved. Without the optional doorkeeper. */
class wtinylfu {
  public:
    wtinylfu(size_t ids, size_t capacity)
        : window_capacity_(std::max<size_t>(1, capacity / 100)), main_capacity_(capacity - window_capacity_),
          protected_capacity_(main_capacity_ * 8 / 10), links_(ids), window_(links_), probation_(links_), protected_(links_),
          place_(ids, out), sample_(capacity * 10) {
        size_t counters = 16;
        while (counters < capacity * 4) counters *= 2;
        mask_ = counters - 1;
        for (auto &r : rows_) r.resize(counters);
    }
    bool access(uint32_t id) {
        count(id);
        switch (place_[id]) {
        case in_window:
            window_.remove(id);
            window_.push(id);
            return true;
        case on_probation:
            probation_.remove(id);
            put(id, protected_, is_protected);
            if (protected_.size() > protected_capacity_) {
                uint32_t demoted = protected_.oldest();
                protected_.remove(demoted);
                put(demoted, probation_, on_probation);
            }
            return true;
        case is_protected:
            protected_.remove(id);
            protected_.push(id);
            return true;
        case out: break;
        }
        put(id, window_, in_window);
        if (window_.size() > window_capacity_) admit();
        return false;
    }

  private:
    enum place : uint8_t { out, in_window, on_probation, is_protected };
    void put(uint32_t id, list &queue, place where) {
        queue.push(id);
        place_[id] = where;
    }
    void admit() {
        uint32_t candidate = window_.oldest(), victim;
        window_.remove(candidate);
        place_[candidate] = out;
        if (main_capacity_ == 0) return;
        if (probation_.size() + protected_.size() >= main_capacity_) {
            list &queue = probation_.size() ? probation_ : protected_;
            victim = queue.oldest();
            if (frequency(candidate) <= frequency(victim)) return;
            queue.remove(victim);
            place_[victim] = out;
        }
        put(candidate, probation_, on_probation);
    }
    size_t at(size_t row, uint32_t id) const { return bench::mix(id * 4ull + row) & mask_; }
    void count(uint32_t id) {
        bool added = false;
        for (size_t row = 0; row < 4; row++) {
            uint8_t &counter = rows_[row][at(row, id)];
            if (counter < 15) {
                counter++;
                added = true;
            }
        }
        if (!added || ++seen_ < sample_) return;
        for (auto &r : rows_)
            for (uint8_t &counter : r) counter = static_cast<uint8_t>(counter >> 1);
        seen_ /= 2;
    }
    unsigned frequency(uint32_t id) const {
        unsigned least = 15;
        for (size_t row = 0; row < 4; row++) least = std::min<unsigned>(least, rows_[row][at(row, id)]);
        return least;
    }
    size_t window_capacity_, main_capacity_, protected_capacity_;
    links links_;
    list window_, probation_, protected_;
    std::vector<place> place_;
    std::vector<uint8_t> rows_[4];
    size_t mask_, sample_, seen_ = 0;
};

/* OPT: Belady, "A study of replacement algorithms for a virtual-storage computer", IBM Systems Journal 5(2), 1966: the victim
   is the key whose next request is farthest away. It has to know the requests beforehand; every miss brings its key in. */
class opt {
  public:
    opt(const std::vector<uint32_t> &requests, size_t ids, size_t capacity) : capacity_(capacity), next_(requests.size()) {
        std::vector<size_t> seen(ids, never);
        for (size_t i = requests.size(); i-- > 0;) {
            /* never again: any order will do, but each its own place */
            next_[i] = seen[requests[i]] == never ? requests.size() + i : seen[requests[i]];
            seen[requests[i]] = i;
        }
    }
    bool access(uint32_t) { /* in the order of the requests: a cached key is known by its next one */
        bool hit = cached_.erase(at_) > 0;
        if (!hit && cached_.size() == capacity_) cached_.erase(std::prev(cached_.end()));
        cached_.insert(next_[at_++]);
        return hit;
    }

  private:
    static constexpr size_t never = std::numeric_limits<size_t>::max();
    size_t capacity_, at_ = 0;
    std::vector<size_t> next_;
    std::set<size_t> cached_;
};

} // namespace policies
#endif
