/* patterns.hpp - what is done with a pool, or with a thread's part of one: the same loops over ours and over all others. Each
   gives false when an acquire or a release failed. */
#ifndef BENCH_PATTERNS_HPP
#define BENCH_PATTERNS_HPP
#include <cstddef>
#include <cstdint>
#include <vector>

/* Whatever a contestant does in functions that the compiler sees is in the loop itself: otherwise it calls those that are more than
   a few instructions, as it does with ours and not with the floor, and what is measured is calls and the words that they push. */
#if defined __GNUC__
#define EVERYTHING_INLINE __attribute__((flatten))
#else
#define EVERYTHING_INLINE
#endif

/* The last step of each acquire: the object is written to, once. And what is in memory has to be there: nobody keeps his state
   in registers from one operation to the next, as nobody could in a program. */
inline void use(void *object, uint64_t value) {
    *static_cast<uint64_t *>(object) = value;
    __asm__ volatile("" : : "r"(object) : "memory");
}
template <class P> bool acquire_and_use(P &pool, typename P::ref &r, uint64_t value) {
    void *object = pool.acquire(r);
    if (!object) return false;
    use(object, value);
    return true;
}
template <class P> EVERYTHING_INLINE bool pairs_of(P &pool, size_t n) {
    bool good = true;
    for (size_t i = 0; i < n; i++) {
        typename P::ref r;
        if (!acquire_and_use(pool, r, i)) return false;
        good &= pool.release(r);
    }
    return good;
}
template <size_t batch, class P> EVERYTHING_INLINE bool batches_of(P &pool, size_t n) {
    typename P::ref out[batch];
    bool good = true;
    for (size_t i = 0; i < n; i += batch) {
        for (typename P::ref &r : out)
            if (!acquire_and_use(pool, r, i)) return false;
        for (typename P::ref &r : out) good &= pool.release(r);
    }
    return good;
}
template <class P> EVERYTHING_INLINE bool acquire_all(P &pool, std::vector<typename P::ref> &out) {
    for (typename P::ref &r : out)
        if (!acquire_and_use(pool, r, 1)) return false;
    return true;
}
template <class P> EVERYTHING_INLINE bool release_all(P &pool, const std::vector<typename P::ref> &out, const std::vector<uint32_t> &order) {
    bool good = true;
    for (uint32_t i : order) good &= pool.release(out[i]);
    return good;
}
/* One goes, one comes in its place. */
template <class P> EVERYTHING_INLINE bool churn(P &pool, std::vector<typename P::ref> &out, const uint32_t *victims, size_t n) {
    bool good = true;
    for (size_t i = 0; i < n; i++) {
        typename P::ref &r = out[victims[i]];
        good &= pool.release(r);
        if (!acquire_and_use(pool, r, i)) return false;
    }
    return good;
}
#endif
