/* lenders.hpp - pools of resources, and what they are compared with: as pools.hpp, where acquire waits until there is one. */
#ifndef BENCH_LENDERS_HPP
#define BENCH_LENDERS_HPP
#include "../../../perfkit_pool.h"
#include "../bench.hpp"
#include <apr_pools.h>
#include <apr_reslist.h>
#include <condition_variable>
#include <mutex>

/* ---- Ours: with its defaults, statistics and ages of resources included; `barge_us` says who is served first ---- */

template <uint32_t barge_us> class respool {
  public:
    using ref = pk_resource;
    respool(size_t size, size_t capacity) : size_(size) {
        pk_respool_desc desc = {};
        desc.create = [](void **resource, uint32_t, void *self) -> pk_status {
            *resource = std::malloc(static_cast<respool *>(self)->size_);
            return PK_OK;
        };
        desc.destroy = [](void *resource, int, void *) { std::free(resource); };
        desc.user = this;
        desc.min_size = desc.max_size = static_cast<uint32_t>(capacity);
        desc.barge_us = barge_us;
        desc.eager = desc.threads = true;
        if (pk_respool_init(&pool_, &desc) != PK_OK) bench::complain("pk_respool_init fails");
    }
    respool(const respool &) = delete;
    respool &operator=(const respool &) = delete;
    ~respool() {
        if (pk_respool_close(&pool_, 0) != PK_OK) bench::complain("resources are still out");
    }
    void *acquire(ref &r) { return pk_respool_acquire(&pool_, PK_WAIT_DEFAULT, &r) == PK_OK ? r.it : nullptr; }
    bool release(ref r) { return pk_respool_release(&pool_, r) == PK_OK; }

  private:
    size_t size_;
    pk_respool pool_;
};

/* ---- The floor: two atomic operations that change a word, a reading of the coarse clock, and 32 bytes written ---- */

class bare_lending {
  public:
    using ref = void *;
    bare_lending(size_t size, size_t) : resource_(size) {}
    void *acquire(ref &r) {
        timespec now;
        head_.fetch_add(1);
        clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
        for (uint64_t &word : notes_) word = static_cast<uint64_t>(now.tv_nsec);
        return r = resource_.data();
    }
    bool release(ref) {
        head_.fetch_sub(1);
        return true;
    }

  private:
    std::vector<unsigned char> resource_;
    alignas(64) std::atomic<uint64_t> head_{0};
    alignas(64) uint64_t notes_[4];
};

/* The floor of a stack whose head, count and changing number are one word, as a pool's are: both operations read the word, and
   taking reads the link of what is on top, before they can swap it; processors read nothing before the last locked operation is
   through. */
class bare_stack {
  public:
    using ref = size_t;
    bare_stack(size_t size, size_t capacity) : memory_(size * capacity), size_(size), slots_(capacity) {
        for (size_t i = 0; i < capacity; i++) release(i);
    }
    void *acquire(ref &r) {
        timespec now;
        uint64_t word = word_.load(), then;
        do then = ((word & ~links) | slots_[(word & links) - 1].next) + step;
        while (!word_.compare_exchange_strong(word, then));
        r = (word & links) - 1;
        clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
        for (uint64_t &note : slots_[r].notes) note = static_cast<uint64_t>(now.tv_nsec);
        return &memory_[r * size_];
    }
    bool release(ref r) {
        uint64_t word = word_.load(), then;
        do {
            slots_[r].next = word & links;
            then = ((word & ~links) | (r + 1)) + step;
        } while (!word_.compare_exchange_strong(word, then));
        return true;
    }

  private:
    static constexpr uint64_t links = 0x7FF, step = 0x800;
    struct alignas(64) slot { uint64_t next, notes[4]; };
    std::vector<unsigned char> memory_;
    size_t size_;
    std::vector<slot> slots_;
    alignas(64) std::atomic<uint64_t> word_{0};
};

/* ---- Peers ---- */

/* What one writes by hand: who comes while one is idle takes it, whoever waits. */
class barging {
  public:
    using ref = void *;
    barging(size_t size, size_t capacity) : memory_(size * capacity) {
        for (size_t i = 0; i < capacity; i++) idle_.push_back(&memory_[i * size]);
    }
    void *acquire(ref &r) {
        std::unique_lock<std::mutex> lock(mutex_);
        while (idle_.empty()) released_.wait(lock);
        r = idle_.back();
        idle_.pop_back();
        return r;
    }
    bool release(ref r) {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            idle_.push_back(r);
        }
        released_.notify_one();
        return true;
    }

  private:
    std::vector<unsigned char> memory_;
    std::vector<void *> idle_;
    std::mutex mutex_;
    std::condition_variable released_;
};

/* Its times to live are on, as ours. */
class apr_reslist {
  public:
    using ref = void *;
    apr_reslist(size_t size, size_t capacity) : size_(size) {
        int n = static_cast<int>(capacity);
        apr_pool_create(&memory_, nullptr);
        auto make = [](void **resource, void *self, apr_pool_t *) -> apr_status_t {
            *resource = std::malloc(static_cast<apr_reslist *>(self)->size_);
            return APR_SUCCESS;
        };
        auto unmake = [](void *resource, void *, apr_pool_t *) -> apr_status_t {
            std::free(resource);
            return APR_SUCCESS;
        };
        if (apr_reslist_create(&list_, n, n, n, apr_time_from_sec(300), make, unmake, this, memory_) != APR_SUCCESS)
            bench::complain("apr_reslist_create fails");
    }
    apr_reslist(const apr_reslist &) = delete;
    apr_reslist &operator=(const apr_reslist &) = delete;
    ~apr_reslist() {
        apr_reslist_destroy(list_);
        apr_pool_destroy(memory_);
    }
    void *acquire(ref &r) { return apr_reslist_acquire(list_, &r) == APR_SUCCESS ? r : nullptr; }
    bool release(ref r) { return apr_reslist_release(list_, r) == APR_SUCCESS; }

  private:
    size_t size_;
    apr_pool_t *memory_;
    apr_reslist_t *list_;
};
#endif
