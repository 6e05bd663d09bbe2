/* pools.hpp - what is measured: the forms of ours, the floor, and the peers, each behind the same few words.

       P(size, capacity)      for so many objects of so many bytes
       ref                    what a user keeps of an object: a pointer, or a handle
       void *acquire(ref &)   NULL: there is none
       bool release(ref)      false: refused

   Peers that replace malloc are loaded beside it (RTLD_LOCAL), and reached by their own functions: malloc stays glibc's. */
#ifndef BENCH_POOLS_HPP
#define BENCH_POOLS_HPP

#define PERFKIT_POOL_INLINE
#include "../../../perfkit_pool.h"

#include "../bench.hpp"
#include <apr_general.h>
#include <apr_pools.h>
#include <boost/lockfree/stack.hpp>
#include <boost/pool/pool.hpp>
#include <dlfcn.h>
#include <glib.h>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <talloc.h>

/* ---- Ours ---- */

namespace ours {

inline pk_pool_desc desc_of(size_t size, size_t capacity) {
    pk_pool_desc desc = {};
    desc.object_size = size;
    desc.capacity = static_cast<uint32_t>(capacity);
    return desc;
}
/* A pk_pool as `change` has its description, calls inlined (PERFKIT_POOL_INLINE). */
inline void unchanged(pk_pool_desc &) {}
template <void (*change)(pk_pool_desc &)> class pool {
  public:
    using ref = void *;
    pool(size_t size, size_t capacity) {
        pk_pool_desc desc = desc_of(size, capacity);
        change(desc);
        if (pk_pool_init(&pool_, &desc) != PK_OK) bench::complain("pk_pool_init fails");
    }
    pool(const pool &) = delete;
    pool &operator=(const pool &) = delete;
    ~pool() {
        if (pk_pool_close(&pool_) != PK_OK) bench::complain("objects are still out");
    }
    void *acquire(ref &r) { return r = pk_pool_acquire(&pool_); }
    bool release(ref r) { return pk_pool_release(&pool_, r) == PK_OK; }
    pk_pool *get() { return &pool_; }

  private:
    pk_pool pool_;
};
inline void without_check(pk_pool_desc &desc) { desc.check = PK_POOL_UNCHECKED; }
inline void with_handles(pk_pool_desc &desc) { desc.handles = true; }
inline void with_lock(pk_pool_desc &desc) { desc.threads = true; }
inline void with_lock_raceproof(pk_pool_desc &desc) {
    desc.threads = true;
    desc.check = PK_POOL_RACEPROOF;
}
inline void with_lock_without_check(pk_pool_desc &desc) {
    desc.threads = true;
    desc.check = PK_POOL_UNCHECKED;
}
inline void linked(pk_pool_desc &desc) { desc.intrusive = true; }
inline void linked_without_check(pk_pool_desc &desc) {
    desc.intrusive = true;
    desc.check = PK_POOL_UNCHECKED;
}
inline void without_lock(pk_pool_desc &desc) { desc.lock_free = true; }
using checked = pool<unchanged>;
using unchecked = pool<without_check>;
using intrusive = pool<linked_without_check>;
using intrusive_checked = pool<linked>;
using locked = pool<with_lock>;
using locked_raceproof = pool<with_lock_raceproof>;
using locked_unchecked = pool<with_lock_without_check>;
using lock_free = pool<without_lock>;

/* The functions of the implementation called, not inlined: their names in parentheses are no macros. */
template <class Base> class called : public Base {
  public:
    using Base::Base;
    void *acquire(void *&r) { return r = (pk_pool_acquire)(this->get()); }
    bool release(void *r) { return (pk_pool_release)(this->get(), r) == PK_OK; }
};

/* A thread's cache of a pool. */
template <class Pool, uint32_t size> class cache {
  public:
    using ref = void *;
    explicit cache(Pool &pool) {
        if (pk_pool_cache_init(&cache_, pool.get(), size) != PK_OK) bench::complain("pk_pool_cache_init fails");
    }
    cache(const cache &) = delete;
    cache &operator=(const cache &) = delete;
    ~cache() { pk_pool_cache_close(&cache_); }
    void *acquire(ref &r) { return r = pk_pool_cache_acquire(&cache_); }
    bool release(ref r) { return pk_pool_cache_release(&cache_, r) == PK_OK; }

  private:
    pk_pool_cache cache_;
};
/* A pool and the one cache of its one thread. */
template <class Pool> class cached {
  public:
    using ref = void *;
    cached(size_t size, size_t capacity) : pool_(size, capacity), cache_(pool_) {}
    void *acquire(ref &r) { return cache_.acquire(r); }
    bool release(ref r) { return cache_.release(r); }

  private:
    Pool pool_;
    cache<Pool, 64> cache_;
};

class handles {
  public:
    using ref = pk_handle;
    handles(size_t size, size_t capacity) : pool_(size, capacity) {}
    void *acquire(ref &r) {
        void *object;
        return pk_pool_acquire_handle(pool_.get(), &r, &object) == PK_OK ? object : nullptr;
    }
    bool release(ref r) { return pk_pool_release_handle(pool_.get(), r) == PK_OK; }

  private:
    pool<with_handles> pool_;
};

} // namespace ours

/* ---- The floor: what no pool can do without ---- */

/* An array of pointers as a stack, or of indices, whichever is faster; nothing is checked. */
class array_stack {
  public:
    using ref = void *;
    array_stack(size_t size, size_t capacity) : objects_(size * capacity), free_(capacity), count_(capacity) {
        for (size_t i = 0; i < capacity; i++) free_[i] = &objects_[(capacity - 1 - i) * size];
    }
    void *acquire(ref &r) { return r = free_[--count_]; }
    bool release(ref r) {
        free_[count_++] = r;
        return true;
    }

  private:
    std::vector<unsigned char> objects_;
    std::vector<void *> free_;
    size_t count_;
};
template <size_t size> class index_stack {
  public:
    using ref = void *;
    index_stack(size_t, size_t capacity) : objects_(size * capacity), free_(capacity), count_(capacity) {
        for (size_t i = 0; i < capacity; i++) free_[i] = static_cast<uint32_t>(capacity - 1 - i);
    }
    void *acquire(ref &r) { return r = &objects_[free_[--count_] * size]; }
    bool release(ref r) {
        size_t offset = static_cast<size_t>(static_cast<unsigned char *>(r) - objects_.data());
        free_[count_++] = static_cast<uint32_t>(offset / size);
        return true;
    }

  private:
    std::vector<unsigned char> objects_;
    std::vector<uint32_t> free_;
    size_t count_;
};

/* ---- Peers ---- */

namespace peers {

/* An allocator by two of its functions. */
struct allocator {
    void *(*malloc_fn)(size_t);
    void (*free_fn)(void *);
    explicit operator bool() const { return malloc_fn && free_fn; }
};
inline allocator load(const char *library, const char *malloc_name, const char *free_name) {
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        bench::complain(dlerror());
        return {nullptr, nullptr};
    }
    return {reinterpret_cast<void *(*)(size_t)>(dlsym(handle, malloc_name)),
            reinterpret_cast<void (*)(void *)>(dlsym(handle, free_name))};
}
inline allocator glibc = {std::malloc, std::free}, jemalloc, mimalloc, tcmalloc;
/* Once, in main. jemalloc's thread-local variables need room that dlopen has only when asked
   (glibc.rtld.optional_static_tls). */
inline void load_all() {
    jemalloc = load("libjemalloc.so", "malloc", "free");
    mimalloc = load("libmimalloc.so", "mi_malloc", "mi_free");
    tcmalloc = load("libtcmalloc_minimal.so", "tc_malloc", "tc_free");
    apr_initialize();
}
template <const allocator &a> class general {
  public:
    using ref = void *;
    general(size_t size, size_t) : size_(size) {}
    void *acquire(ref &r) { return r = a.malloc_fn(size_); }
    bool release(ref r) {
        a.free_fn(r);
        return true;
    }

  private:
    size_t size_;
};

class boost_pool {
  public:
    using ref = void *;
    boost_pool(size_t size, size_t capacity) : pool_(size, capacity) {} /* all of them in its first block */
    void *acquire(ref &r) { return r = pool_.malloc(); }
    bool release(ref r) {
        pool_.free(r);
        return true;
    }

  private:
    boost::pool<boost::default_user_allocator_malloc_free> pool_;
};

/* A lock-free stack of the free objects. */
class boost_lockfree {
  public:
    using ref = void *;
    boost_lockfree(size_t size, size_t capacity) : objects_(size * capacity), free_(capacity) {
        for (size_t i = capacity; i-- > 0;) free_.bounded_push(&objects_[i * size]);
    }
    void *acquire(ref &r) { return free_.pop(r) ? r : nullptr; }
    bool release(ref r) { return free_.bounded_push(r); }

  private:
    std::vector<unsigned char> objects_;
    boost::lockfree::stack<void *> free_;
};

class gslice {
  public:
    using ref = void *;
    gslice(size_t size, size_t) : size_(size) {}
    void *acquire(ref &r) { return r = g_slice_alloc(size_); }
    bool release(ref r) {
        g_slice_free1(size_, r);
        return true;
    }

  private:
    size_t size_;
};

class talloc_context {
  public:
    using ref = void *;
    talloc_context(size_t size, size_t) : size_(size), context_(talloc_new(nullptr)) {}
    talloc_context(const talloc_context &) = delete;
    talloc_context &operator=(const talloc_context &) = delete;
    ~talloc_context() { talloc_free(context_); }
    void *acquire(ref &r) { return r = talloc_named_const(context_, size_, "object"); }
    bool release(ref r) { return talloc_free(r) == 0; }

  private:
    size_t size_;
    void *context_;
};

/* Frees only all at once: for patterns after which nothing is out. */
class apr {
  public:
    using ref = void *;
    apr(size_t size, size_t) : size_(size) { apr_pool_create(&pool_, nullptr); }
    apr(const apr &) = delete;
    apr &operator=(const apr &) = delete;
    ~apr() { apr_pool_destroy(pool_); }
    void *acquire(ref &r) {
        out_++;
        return r = apr_palloc(pool_, size_);
    }
    bool release(ref) {
        if (--out_ == 0) apr_pool_clear(pool_);
        return true;
    }

  private:
    size_t size_, out_ = 0;
    apr_pool_t *pool_;
};

/* Any of them under a mutex. */
template <class P> class mutexed {
  public:
    using ref = typename P::ref;
    mutexed(size_t size, size_t capacity) : pool_(size, capacity) {}
    void *acquire(ref &r) {
        std::lock_guard<std::mutex> lock(mutex_);
        return pool_.acquire(r);
    }
    bool release(ref r) {
        std::lock_guard<std::mutex> lock(mutex_);
        return pool_.release(r);
    }

  private:
    std::mutex mutex_;
    P pool_;
};

} // namespace peers
#endif
