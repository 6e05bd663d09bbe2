/* perfkit_cache.h - a cache with a hard memory limit: exact LRU or S3-FIFO, times to live, no allocation after init.

   Everything lives in one block of memory of a size known beforehand: entries in numbered slots, a tag index over them, and a
   recency list of slot numbers. A put into a full cache evicts the least recently used entry, exactly; an entry past its time
   to live is never returned. Keys and values are bytes: of one fixed size each (fastest), or of any length, in chains of slots.
   Instead of the list, desc.policy PK_CACHE_S3FIFO has sets of 16 entries with queues of their own: smaller, not swept clean by
   scans, and with threads its hits take no lock.

   Do this: in exactly one C or C++ file, before any other include,

       #define PERFKIT_CACHE_IMPLEMENTATION
       #include "perfkit_cache.h"

   and in the others only the #include. Then:

       PK_CACHE_DEFINE(users, uint64_t, struct user)        // a type `users` and functions users_init, users_get, users_put …

       users cache;
       pk_cache_desc desc = {0};                            // (C++: {}) all default: 1000 entries, 300 s each, memory from malloc
       desc.capacity = 50000;
       if (users_init(&cache, &desc) != PK_OK) return -1;

       struct user u;
       if (users_get(&cache, id, &u) != PK_OK) {            // PK_NOT_FOUND: never put, evicted or expired
           u = load_user(id);
           users_put(&cache, id, &u, 0);                    // 0 = the default time to live
       }
       users_close(&cache);

   Without types, pk_cache_get and pk_cache_put take bytes with lengths; with key_size and value_size 0 the lengths may vary.
   In firmware, PK_CACHE_STATIC(table, 32, sizeof(uint16_t), 8, 0) at file scope is a cache that needs no init at all.

   Configuration: define before including, with -D, or in a file named by PERFKIT_CONFIG_FILE. The same in every file.

     macro                       TINY  FIRMWARE  HOSTED   what
     PERFKIT_PROFILE             PERFKIT_PROFILE_TINY, _FIRMWARE or _HOSTED; default by PERFKIT_HOSTED
     PERFKIT_CACHE_TTL           0     1         1        times to live, pk_cache_tick
     PERFKIT_CACHE_CHAINS        0     0         1        keys and values of varying length
     PERFKIT_CACHE_HOOKS         0     1         1        desc.on_evict
     PERFKIT_CACHE_EVENTS        0     0         1        desc.on_event
     PERFKIT_CACHE_LINK_BITS     8     16 (AVR 8) 0       width of entry numbers: 8, 16 or 32; 0: by each cache's capacity
     PERFKIT_CACHE_S3FIFO        0     0         1        the policy PK_CACHE_S3FIFO
     PERFKIT_CACHE_PINS          0     0         1        pk_cache_get_ref: values in place, pinned
     PERFKIT_CACHE_MORE          0     0         1        put_if_absent, replace, versions, sliding, times, batches
     PERFKIT_CACHE_WHEEL         0     0         1        desc.prompt_expiry
     PERFKIT_CACHE_LEASES        0     1         1        pk_cache_get_or_lease
     PERFKIT_CACHE_LOAD          0     0         1        pk_cache_get_or_load, stale and negative values
     PERFKIT_CACHE_SNAPSHOT      0     0         1        pk_cache_save, pk_cache_load
     PERFKIT_CACHE_SIPHASH       0     0         1        pk_cache_siphash
     PERFKIT_CACHE_SNAPSHOT_BUFFER 128 128       16384    bytes in a pk_cache_transfer: see there
     PERFKIT_CACHE_THREADS       0     0         1        desc.threads, desc.shards; needs PERFKIT_THREADS
     PERFKIT_CACHE_TIMING        0     0         0        sampled time of gets in the statistics
     PERFKIT_CACHE_SIMD          1 where SSE2 or NEON is there, else 0; the results are the same
     PERFKIT_CACHE_INLINE        defined, in a unit: PK_CACHE_DEFINE compiles the engine for its sizes there (HOSTED only).
                                 Units with the implementation do that anyway
     PERFKIT_STATS               0     1         1        pk_cache_get_stats
     PERFKIT_HEAP                0     0         1        malloc where neither memory nor an allocator is given
     PERFKIT_THREADS             0     0         1        locks of the platform, or the PERFKIT_MUTEX_* and _COND_* hooks: see there
     PERFKIT_MUTEX_BYTES         8     8         64       room for a platform mutex
     PERFKIT_ATOMICS             found out by the compiler; 0: locks serve instead, and S3-FIFO has no threads
     PERFKIT_TIME_BITS           32    32        32       or 64: width of milliseconds
     PERFKIT_NOW_MS()            -     -         monotonic clock; milliseconds, where desc.clock is NULL
     PERFKIT_THREAD_ID()         -     -         pthread_self, GetCurrentThreadId; a uintptr_t, for pk_cache_get_or_load
     PERFKIT_ASSERT(c)           -     -         assert   broken preconditions only: NULL objects and keys
     PERFKIT_STATIC              everything private to each file that includes it; no separate implementation
   TINY has init, get, put, remove, clear, count and close, for fixed sizes.

   Guarantees
     Order       LRU: exact: the victim is the entry whose last get, put or touch is longest ago. peek and contains do not count.
                 S3-FIFO: by the queues of the key's set, which may evict while other sets have room.
     Bounds      never more than `capacity` entries, never more than max_bytes (in whole slots) of keys and values. A put evicts
                 at most 1 entry (fixed sizes) or ⌈bytes / slot⌉ + 1. What cannot fit at all is PK_TOO_BIG: nothing is evicted
                 and an older value stays.
     Cost        get, put, remove: O(1): one line of the index on average (1.2 when full), at most 64 for a search whatever the
                 keys, and at most two searches and two removals an operation; no rehash, no tombstones, no division.
                 Firmware: 1.5 entries of a chain for a search on average, at most 64 (8-bit links: all), four searches a put.
                 Each operation that sees a new millisecond visits 1 entry of the sweep more (1 + capacity × elapsed / 2^30 ms;
                 firmware takes the capacity for 65536, with 8-bit links for 16384).
                 clear: O(capacity); clear_step and tick: O(budget).
     Memory      key + value rounded up to their alignment, and beyond that with times to live: 19.9 B an entry above 65534
                 entries (32-bit links), 13.9 B up to there, 9.9 B up to 254; lengths and chains 8 B more, and a link a slot.
                 Firmware: 19, 13 and 9 B.
                 Where PERFKIT_CACHE_PINS, 16 B for each of desc.max_pins. prompt_expiry: 3 KB, and 8 B an entry.
                 pk_cache itself is 96 B (64-bit), 68 B (Cortex-M), 32 B (AVR). PK_CACHE_BYTES and pk_cache_memory_needed tell
                 it all in advance.
     Time        an entry is valid while now < put + ttl. Expired ones leave when met, swept or ticked, and until then count as
                 entries. With 32-bit milliseconds the longest ttl is 2^30 (12 days), and none comes back to life when the clock
                 wraps. A clock that steps back by up to 65 s stands still.
     Keys        compared and hashed as bytes: clear the padding of struct keys. Each cache has a random hash seed when hosted.
                 Where 64 groups around a hash, in firmware 64 entries, are full (keys chosen to collide), put evicts one of the
                 first of them (PK_EVICT_CROWDED). For keys that others choose there is pk_cache_siphash.
     Hooks       on_evict hears once of each entry that leaves, after it is out of the cache while its bytes are still whole;
                 it may call the cache. hash, equal, clock and the allocator must not.
     Threads     one thread at a time; with desc.threads any thread, each operation under the lock of one shard of 16 (see
                 desc.shards), hooks that may call the cache outside of it. After a fork see pk_cache_after_fork. Never call it
                 from an interrupt.
     Loading     pk_cache_get_or_load runs one loader for a key however many ask, outside all locks; the others get its value or
                 its failure. A loader that comes to need what it loads is PK_CYCLE, across threads too. What is put, removed or
                 cleared meanwhile stands: the value loaded before is handed out, but not put.
     Errors      pk_status; an error leaves the cache as it was. Every call on a closed or all-zero cache is PK_CLOSED, false or 0;
                 only pk_cache_set_on_evict and pk_cache_reset_stats want an open one.
     Snapshots   saved and loaded entries keep their order and the time they have left. A file is the old one or the new one
                 whole, whatever happens meanwhile. Altered or torn ones are told (CRC-32C) and never loaded as if they were good.
     Alignment   fixed sizes: keys and values lie aligned to the largest power of two that divides their size, up to 8.

   The index: Swiss tables (Kulukundis, CppCon 2017) with overflow counts as in F14 (Bronson and Shi, 2019), here in classes by
   hash. S3-FIFO: Yang et al., SOSP 2023.
*/
/* SPDX-License-Identifier: MIT OR Unlicense */

/* ==== perfkit prelude 1: begin ==== the same lines stand in all four headers; `tests/prelude --sync` copies them from perfkit.h.
   Macros, plain types and static inline functions only: it adds no symbol and no state to your program. */

#if defined PK_PRELUDE && PK_PRELUDE > 1
#error "perfkit: this header is older than a perfkit header included before it: update this one"
#elif defined PK_PRELUDE && PK_PRELUDE < 1
#error "perfkit: a perfkit header included before this one is older than it: update that one"
#endif

#ifndef PK_PRELUDE
#define PK_PRELUDE 1
#define PERFKIT_VERSION "0.1.0"

#ifdef PERFKIT_CONFIG_FILE
#include PERFKIT_CONFIG_FILE
#endif

/* Strict -std=c99 hides clock_gettime and friends; an implementation asks for them before the first libc header. */
#if defined PERFKIT_IMPLEMENTATION || defined PERFKIT_CACHE_IMPLEMENTATION || defined PERFKIT_POOL_IMPLEMENTATION || \
    defined PERFKIT_LOG_IMPLEMENTATION || defined PERFKIT_STATIC
#if defined __STRICT_ANSI__ && defined __unix__ && !defined _POSIX_C_SOURCE && !defined _GNU_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#endif

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Profiles and switches: set any of these before including, with -D, or in PERFKIT_CONFIG_FILE. ---- */

#define PERFKIT_PROFILE_TINY 1     /* AVR class: 2 KB of RAM or less */
#define PERFKIT_PROFILE_FIRMWARE 2 /* no heap, stdio, threads or float */
#define PERFKIT_PROFILE_HOSTED 3   /* everything */

/* An operating system; __STDC_HOSTED__ says nothing, bare-metal compilers set it. */
#if defined PERFKIT_HOSTED
#elif defined _WIN32 || defined __linux__ || defined __APPLE__ || defined __unix__
#define PERFKIT_HOSTED 1
#else
#define PERFKIT_HOSTED 0
#endif
#if !defined PERFKIT_PROFILE && PERFKIT_HOSTED
#define PERFKIT_PROFILE PERFKIT_PROFILE_HOSTED
#elif !defined PERFKIT_PROFILE
#define PERFKIT_PROFILE PERFKIT_PROFILE_FIRMWARE
#elif PERFKIT_PROFILE < PERFKIT_PROFILE_TINY || PERFKIT_PROFILE > PERFKIT_PROFILE_HOSTED
#error "perfkit: PERFKIT_PROFILE is PERFKIT_PROFILE_TINY, _FIRMWARE or _HOSTED"
#endif
#define PK__TINY (PERFKIT_PROFILE == PERFKIT_PROFILE_TINY)
#define PK__FULL (PERFKIT_PROFILE == PERFKIT_PROFILE_HOSTED)

#ifndef PERFKIT_HEAP /* fall back to malloc where neither memory nor an allocator is given */
#define PERFKIT_HEAP PK__FULL
#endif
#ifndef PERFKIT_STDIO /* FILE, stderr, file descriptors */
#define PERFKIT_STDIO PK__FULL
#endif
#ifndef PERFKIT_FLOAT /* %f %e %g in the formatter */
#define PERFKIT_FLOAT PK__FULL
#endif
#ifndef PERFKIT_THREADS /* mutexes and conditions of the platform, or of the PERFKIT_MUTEX_* and _COND_* hooks */
#define PERFKIT_THREADS PK__FULL
#endif
#ifndef PERFKIT_GLOBALS /* the default logger */
#define PERFKIT_GLOBALS 1
#endif
#ifndef PERFKIT_STRINGS /* the texts behind pk_status_text and of reports */
#define PERFKIT_STRINGS (!PK__TINY)
#endif
#ifndef PERFKIT_STATS /* counters that only statistics read */
#define PERFKIT_STATS (!PK__TINY)
#endif
/* Lock-free paths; where off, the lock or critical-section hook serves. */
#if defined PERFKIT_ATOMICS
#elif defined _MSC_VER || (defined __GCC_ATOMIC_POINTER_LOCK_FREE && !defined __TINYC__ && __GCC_ATOMIC_POINTER_LOCK_FREE == 2)
#define PERFKIT_ATOMICS 1
#else
#define PERFKIT_ATOMICS 0
#endif
#define PK__NOT_01(x) ((x) != 0 && (x) != 1)
#if PK__NOT_01(PERFKIT_HOSTED) || PK__NOT_01(PERFKIT_HEAP) || PK__NOT_01(PERFKIT_STDIO) || PK__NOT_01(PERFKIT_FLOAT) || \
    PK__NOT_01(PERFKIT_THREADS) || PK__NOT_01(PERFKIT_GLOBALS) || PK__NOT_01(PERFKIT_STRINGS) || PK__NOT_01(PERFKIT_STATS) || \
    PK__NOT_01(PERFKIT_ATOMICS)
#error "perfkit: each of PERFKIT_HOSTED _HEAP _STDIO _FLOAT _THREADS _GLOBALS _STRINGS _STATS _ATOMICS is 0 or 1"
#elif PERFKIT_THREADS && !PERFKIT_HOSTED && !defined PERFKIT_MUTEX_LOCK
#error "perfkit: PERFKIT_THREADS without an operating system needs the PERFKIT_MUTEX_INIT _LOCK _UNLOCK _DESTROY hooks"
#endif

#ifndef PERFKIT_TIME_BITS /* 32: times to live up to 2^30 ms (12 days); 64: any */
#define PERFKIT_TIME_BITS 32
#endif
#if PERFKIT_TIME_BITS == 64
typedef uint64_t pk_time; /* milliseconds on a monotonic clock of any origin */
#elif PERFKIT_TIME_BITS == 32
typedef uint32_t pk_time; /* milliseconds on a monotonic clock of any origin; wraps after 49 days, which is handled */
#else
#error "perfkit: PERFKIT_TIME_BITS is 32 or 64"
#endif
#define PK_TTL_MAX ((pk_time)1 << (PERFKIT_TIME_BITS - 2)) /* longest time to live, in milliseconds */
#define PK_TTL_NEVER ((pk_time)~(pk_time)0)                /* a time to live that never ends */

#if PERFKIT_HOSTED
typedef uint64_t pk_count; /* a statistic */
typedef uint64_t pk_ticks; /* a reading of PERFKIT_TICKS() */
#else
typedef uint32_t pk_count; /* a statistic; counts modulo 2^32 */
typedef uint32_t pk_ticks; /* a reading of PERFKIT_TICKS() */
#endif

/* ---- Language ---- */

#ifdef __cplusplus
#define PK__EXTERN extern "C"
#else
#define PK__EXTERN extern
#endif
#if defined __GNUC__ || defined __clang__ || defined __TINYC__
#define PK__UNUSED __attribute__((unused))
#else
#define PK__UNUSED
#endif
#if defined __GNUC__ || defined __clang__
#define PK__LIKELY(x) __builtin_expect(!!(x), 1)
#define PK__UNLIKELY(x) __builtin_expect(!!(x), 0)
#define PK__COLD __attribute__((noinline, cold))
#ifdef __OPTIMIZE__
#define PK__HOT_INLINE static inline __attribute__((always_inline, unused)) /* small, or specialised by constant arguments */
#else /* for the debugger, and three times as fast to compile */
#define PK__HOT_INLINE static inline __attribute__((unused))
#endif
#if defined __MINGW32__ && !defined __clang__ /* whose printf is Microsoft's: perfkit's formatter is C99's */
#define PK__PRINTF(format_at, args_at) __attribute__((format(gnu_printf, format_at, args_at)))
#else
#define PK__PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#endif
#else
#define PK__LIKELY(x) (x)
#define PK__UNLIKELY(x) (x)
#define PK__COLD
#define PK__HOT_INLINE static inline PK__UNUSED
#define PK__PRINTF(format_at, args_at)
#endif
#define PK__INLINE static inline PK__UNUSED /* unused: the DEFINE macros leave such functions in the user's own file */
#ifdef PERFKIT_STATIC /* every function private to this unit, which holds the implementation too */
#define PK_API static PK__UNUSED
#else
#define PK_API PK__EXTERN
#endif
#if defined __cplusplus
#define PK__STATIC_ASSERT(name, condition) static_assert(condition, #name)
#elif defined __STDC_VERSION__ && __STDC_VERSION__ >= 201112L
#define PK__STATIC_ASSERT(name, condition) _Static_assert(condition, #name)
#else
#define PK__STATIC_ASSERT(name, condition) typedef char pk__assert_##name[(condition) ? 1 : -1]
#endif
#define PK__JOIN_(a, b) a##b
#define PK__JOIN(a, b) PK__JOIN_(a, b)
#define PK__COUNTOF(array) (sizeof(array) / sizeof((array)[0]))

/* A broken precondition (NULL object, one never initialised) is a bug of the caller; all else is a pk_status. */
#ifndef PERFKIT_ASSERT
#if PERFKIT_HOSTED
#define PERFKIT_ASSERT(condition) assert(condition) /* <assert.h> comes with the implementation */
#else
#define PERFKIT_ASSERT(condition) ((void)0)
#endif
#endif

/* ---- Constants in ROM: AVR keeps what is not marked in RAM; elsewhere these are plain reads. ---- */

#ifdef __AVR__
#include <avr/pgmspace.h>
#define PK_ROM PROGMEM
#define PK_ROM_STR(text) PSTR(text)
PK__INLINE uint8_t pk__rom_read8(const void *p) { return pgm_read_byte(p); }
PK__INLINE uint16_t pk__rom_read16(const void *p) { return pgm_read_word(p); }
PK__INLINE uint32_t pk__rom_read32(const void *p) { return pgm_read_dword(p); }
PK__INLINE const void *pk__rom_read_ptr(const void *p) { return (const void *)pgm_read_word(p); }
#else
#define PK_ROM
#define PK_ROM_STR(text) (text)
PK__INLINE uint8_t pk__rom_read8(const void *p) { return *(const uint8_t *)p; }
PK__INLINE uint16_t pk__rom_read16(const void *p) { return *(const uint16_t *)p; }
PK__INLINE uint32_t pk__rom_read32(const void *p) { return *(const uint32_t *)p; }
PK__INLINE const void *pk__rom_read_ptr(const void *p) { return *(const void *const *)p; }
#endif

/* ---- Status: what every function that can fail returns. Results go out through pointers; an error changes nothing. ---- */

typedef int pk_status;
#define PK_STATUS_LIST(X)                                                            \
    X(PK_OK, "ok")                                                                   \
    X(PK_INVALID, "an argument or description is wrong")                             \
    X(PK_UNSUPPORTED, "needs a hook, switch or option that is not set")              \
    X(PK_NO_MEMORY, "the allocator gave nothing, or the memory given is too small") \
    X(PK_FULL, "no room within the limits")                                          \
    X(PK_TOO_BIG, "larger than the space for it")                                    \
    X(PK_EXISTS, "already there")                                                    \
    X(PK_NOT_FOUND, "not there")                                                     \
    X(PK_STALE, "the handle's object is gone")                                       \
    X(PK_MISMATCH, "made with another layout or version")                            \
    X(PK_BUSY, "still in use")                                                       \
    X(PK_AGAIN, "not now; try again")                                                \
    X(PK_TIMEOUT, "the time limit passed")                                           \
    X(PK_EXHAUSTED, "all are in use")                                                \
    X(PK_CLOSED, "closed")                                                           \
    X(PK_CREATE_FAILED, "the create callback failed")                                \
    X(PK_BREAKER_OPEN, "the circuit breaker is open")                                \
    X(PK_CYCLE, "needs itself")                                                      \
    X(PK_CLEANUP_FAILED, "a cleanup failed; the others ran")                         \
    X(PK_DEFERRED, "will run at a later tick")                                       \
    X(PK_FORKED, "this process is a forked copy: call the after_fork function")      \
    X(PK_CORRUPT, "the data is damaged")                                             \
    X(PK_IO, "reading or writing failed")
#define PK__STATUS_ENUM(name, text) name,
enum { PK_STATUS_LIST(PK__STATUS_ENUM) PK_STATUS_COUNT };

#if PERFKIT_STRINGS
/* The text of a status for people, in ROM (on AVR: a PROGMEM address). Never NULL. Interrupt-safe. */
PK__INLINE const char *pk_status_text(pk_status status) {
#define PK__STATUS_CASE(name, text) \
    case name: return PK_ROM_STR(text);
    switch (status) {
        PK_STATUS_LIST(PK__STATUS_CASE)
    default: return PK_ROM_STR("not a pk_status");
    }
}
#endif

/* What a module reports: handed to desc.on_event outside any lock, once for each failure, after it was counted. */
typedef struct pk_event {
    const char *object; /* desc.name of the reporting object, or NULL */
    const char *detail; /* what it is about: the name of a cleanup, a site, a file; or NULL */
    int kind;           /* PK_<MODULE>_EVENT_… of the reporting module */
    pk_status status;
    uint32_t a, b; /* figures; the kind says which */
} pk_event;
typedef void (*pk_event_fn)(void *user, const pk_event *event);
/* An event is filled here, and told by PK__TELL to what hears `of`, which has on_event and user; where that would cost firmware some
   bytes it is written out. */
PK__HOT_INLINE void pk__event_fill(pk_event *event, const char *object, int kind, pk_status status, const char *detail, uint32_t a,
                                   uint32_t b) {
    event->object = object;
    event->detail = detail;
    event->kind = kind;
    event->status = status;
    event->a = a;
    event->b = b;
}
#define PK__TELL(of, object, kind, status, detail, a, b)                        \
    do { /* a macro, as a call's arguments would take registers, and flash */   \
        pk_event event;                                                         \
        if ((of)->on_event == NULL) break;                                      \
        pk__event_fill(&event, object, kind, status, detail, a, b);             \
        (of)->on_event((of)->user, &event);                                     \
    } while (0)

/* ---- Hooks ---- */

typedef pk_time (*pk_clock_fn)(void *user); /* milliseconds, never backwards; called inside operations: no perfkit calls in it */
typedef struct pk_allocator {               /* all zero: malloc and free where PERFKIT_HEAP, else none */
    void *(*alloc_fn)(size_t size, size_t align, void *user); /* NULL when out of memory; align is a power of two */
    void (*free_fn)(void *memory, size_t size, void *user);   /* the size that was asked for */
    void *user;
} pk_allocator;

#ifndef PERFKIT_MUTEX_BYTES /* room for the platform's mutex or condition inside public structs */
#define PERFKIT_MUTEX_BYTES (PERFKIT_HOSTED ? 64 : 8)
#endif
#ifdef __m68k__ /* aligns nothing to more than 2, and Linux's futexes want 4 */
typedef union pk_mutex { __attribute__((aligned(4))) void *align_pointer; unsigned char bytes[PERFKIT_MUTEX_BYTES]; } pk_mutex;
#else
typedef union pk_mutex { void *align_pointer; uint64_t align_64; unsigned char bytes[PERFKIT_MUTEX_BYTES]; } pk_mutex;
#endif
typedef pk_mutex pk_cond;

/* Locks where PERFKIT_THREADS: those of the platform, or all of PERFKIT_MUTEX_INIT(m) (true when made) _DESTROY(m) _LOCK(m) _UNLOCK(m);
   and, for what waits, PERFKIT_COND_INIT(c) _DESTROY(c) _WAIT(c, m, ms) (false when ms passed) _SIGNAL(c) _BROADCAST(c). */

/* Interrupt exclusion, e.g. for Cortex-M: STATE uint32_t, ENTER(s) (s = primask, cpsid i), EXIT(s) (primask = s). Saves, restores, nests.
   Both must keep the compiler from moving memory accesses over them (asm volatile, clobber "memory"), which SREG = s alone does not. */
#if defined PERFKIT_CRITICAL_STATE != defined PERFKIT_CRITICAL_ENTER || defined PERFKIT_CRITICAL_EXIT != defined PERFKIT_CRITICAL_ENTER
#error "perfkit: PERFKIT_CRITICAL_STATE, PERFKIT_CRITICAL_ENTER(s) and PERFKIT_CRITICAL_EXIT(s) come together"
#elif defined PERFKIT_CRITICAL_ENTER
#define PK__CRITICAL_ENTER(s) \
    PERFKIT_CRITICAL_STATE s; \
    PERFKIT_CRITICAL_ENTER(s)
#define PK__CRITICAL_EXIT(s) PERFKIT_CRITICAL_EXIT(s)
#define PK__HAS_CRITICAL 1
#else
#define PK__CRITICAL_ENTER(s) ((void)0)
#define PK__CRITICAL_EXIT(s) ((void)0)
#define PK__HAS_CRITICAL 0
#endif

/* Ticks for the perf channel: PERFKIT_TICKS() with PERFKIT_TICKS_HZ, the counter's width as _MASK, and _DOWN 1 where it counts down
   (SysTick: mask 0xFFFFFF, down 1). Hosted builds default to the monotonic clock in nanoseconds. */
#if defined PERFKIT_TICKS && !defined PERFKIT_TICKS_HZ
#error "perfkit: PERFKIT_TICKS needs PERFKIT_TICKS_HZ, its ticks per second"
#elif defined PERFKIT_TICKS
#define PK__HAS_TICKS 1
#else
#define PK__HAS_TICKS PERFKIT_HOSTED
#endif
#ifndef PERFKIT_TICKS_HZ
#define PERFKIT_TICKS_HZ 1000000000u
#endif
#ifndef PERFKIT_TICKS_MASK
#define PERFKIT_TICKS_MASK (~(pk_ticks)0)
#endif
#ifndef PERFKIT_TICKS_DOWN
#define PERFKIT_TICKS_DOWN 0
#endif
PK__INLINE pk_ticks pk__ticks_between(pk_ticks from, pk_ticks to) { /* right for spans below one wrap */
    return (pk_ticks)((PERFKIT_TICKS_DOWN ? from - to : to - from) & PERFKIT_TICKS_MASK);
}

/* Units built with other answers to these get PK_INVALID from init, not corruption. */
#define PK__CONFIG_WORD                                                                                             \
    ((uint32_t)PK_PRELUDE << 24 | (uint32_t)(PERFKIT_TIME_BITS / 32) << 20 | (uint32_t)(sizeof(pk_count) / 4) << 16 | \
     (uint32_t)PERFKIT_MUTEX_BYTES)

/* ---- Arithmetic ---- */

PK__INLINE bool pk__mul_fits(size_t a, size_t b, size_t *product) {
    if (a != 0 && b > (size_t)-1 / a) return false;
    *product = a * b;
    return true;
}
PK__INLINE bool pk__add_fits(size_t a, size_t b, size_t *sum) {
    if (b > (size_t)-1 - a) return false;
    *sum = a + b;
    return true;
}
#define PK__ALIGN_UP(n, align) (((n) + ((align) - 1)) / (align) * (align)) /* for constant expressions; align > 0 */
PK__INLINE void *pk__align_pointer(void *p, size_t align) { /* align is a power of two */
    size_t past = (size_t)((uintptr_t)p & (align - 1));
    return past == 0 ? p : (void *)((unsigned char *)p + (align - past));
}
/* Whether the moment `at` has come, across the wrap of the clock: right while the two are less than half the range apart. */
PK__INLINE bool pk__time_reached(pk_time now, pk_time at) { return (pk_time)(now - at) < (pk_time)1 << (PERFKIT_TIME_BITS - 1); }

/* ---- Atomics on plain words: acquire loads, release stores, read-modify-write both. Plain accesses where PERFKIT_ATOMICS is 0. ---- */

#if PERFKIT_ATOMICS && defined _MSC_VER && !defined __clang__
#include <intrin.h>
PK__INLINE uint32_t pk__load32(const volatile uint32_t *p) { uint32_t v = *p; _ReadWriteBarrier(); return v; }
PK__INLINE void pk__store32(volatile uint32_t *p, uint32_t v) { _InterlockedExchange((volatile long *)p, (long)v); }
PK__INLINE uint32_t pk__add32(volatile uint32_t *p, uint32_t n) { return (uint32_t)_InterlockedExchangeAdd((volatile long *)p, (long)n); }
PK__INLINE bool pk__cas32(volatile uint32_t *p, uint32_t was, uint32_t now) {
    return (uint32_t)_InterlockedCompareExchange((volatile long *)p, (long)now, (long)was) == was;
}
#elif PERFKIT_ATOMICS
PK__INLINE uint32_t pk__load32(const volatile uint32_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
PK__INLINE void pk__store32(volatile uint32_t *p, uint32_t v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }
PK__INLINE uint32_t pk__add32(volatile uint32_t *p, uint32_t n) { return __atomic_fetch_add(p, n, __ATOMIC_ACQ_REL); }
PK__INLINE bool pk__cas32(volatile uint32_t *p, uint32_t was, uint32_t now) {
    return __atomic_compare_exchange_n(p, &was, now, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
#else
PK__INLINE uint32_t pk__load32(const volatile uint32_t *p) { return *p; }
PK__INLINE void pk__store32(volatile uint32_t *p, uint32_t v) { *p = v; }
PK__INLINE uint32_t pk__add32(volatile uint32_t *p, uint32_t n) { uint32_t was = *p; *p = was + n; return was; }
PK__INLINE bool pk__cas32(volatile uint32_t *p, uint32_t was, uint32_t now) { if (*p != was) return false; *p = now; return true; }
#endif

/* ---- pk_backoff: how long to wait before the next try: min(cap, base * 2^n), then ± jitter, never above the cap. ----
   Zero fields are the defaults. The caller does the waiting. One thread at a time. */

#define PK_BACKOFF_NO_JITTER 255
#define PK_BACKOFF_FOREVER 255
typedef struct pk_backoff {
    uint32_t base_ms;    /* 0: 1000 */
    uint32_t cap_ms;     /* 0: 30000; at most 2^30 */
    uint32_t seed;       /* of the jitter; 0: a constant */
    uint8_t jitter_pct;  /* 0: 10; 1 to 100; PK_BACKOFF_NO_JITTER */
    uint8_t max_retries; /* 0: 3; PK_BACKOFF_FOREVER */
    uint8_t tried;       /* private: retries handed out since the reset */
} pk_backoff;

/* Start again from the base: call it after a success. */
PK__INLINE void pk_backoff_reset(pk_backoff *b) { b->tried = 0; }

/* *delay_ms = the wait before the next try; PK_EXHAUSTED, with *delay_ms untouched, when max_retries were handed out. O(log cap). */
PK__INLINE pk_status pk_backoff_next(pk_backoff *b, uint32_t *delay_ms) {
    uint32_t cap = b->cap_ms ? b->cap_ms : 30000u, delay = b->base_ms ? b->base_ms : 1000u, spread, random;
    uint8_t limit = b->max_retries ? b->max_retries : 3, jitter = b->jitter_pct ? b->jitter_pct : 10, n;
    if (cap > (uint32_t)1 << 30 || (jitter > 100 && jitter != PK_BACKOFF_NO_JITTER)) return PK_INVALID;
    if (limit != PK_BACKOFF_FOREVER && b->tried >= limit) return PK_EXHAUSTED;
    for (n = b->tried; n > 0 && delay < cap; n--) delay <<= 1;
    if (delay > cap) delay = cap;
    if (b->tried < 254) b->tried++;
    if (jitter != PK_BACKOFF_NO_JITTER) {
        random = b->seed ? b->seed : 0x9E3779B9u; /* xorshift32: Marsaglia, 2003 */
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        b->seed = random;
        spread = (uint32_t)((uint64_t)delay * jitter * 42949673u >> 32); /* delay * jitter / 100 without a division */
        delay = delay - spread + (uint32_t)((uint64_t)random * (2 * (uint64_t)spread + 1) >> 32);
        if (delay > cap) delay = cap;
    }
    *delay_ms = delay;
    return PK_OK;
}

/* ---- pk_breaker: stop calling what keeps failing (circuit breaker, Nygard 2007). ----
   Zero fields are the defaults, so an all-zero breaker is closed and ready. One thread at a time. */

enum { PK_BREAKER_CLOSED, PK_BREAKER_TRIPPED, PK_BREAKER_HALF_OPEN };
typedef struct pk_breaker {
    pk_time open_ms;      /* 0: 60000: how long calls are refused after tripping */
    pk_time half_open_ms; /* 0: 30000: how long a trial may take before it counts as failed */
    pk_time since;        /* private: when the state began */
    uint8_t failures;     /* 0: 5: consecutive failures that trip it */
    uint8_t failed;       /* private: consecutive failures so far */
    uint8_t state;        /* PK_BREAKER_CLOSED, _TRIPPED or _HALF_OPEN; read only */
} pk_breaker;

PK__INLINE void pk__breaker_trip(pk_breaker *b, pk_time now) {
    b->state = PK_BREAKER_TRIPPED;
    b->since = now;
}
/* PK_OK: make the call, then report it with pk_breaker_success or _failure. PK_BREAKER_OPEN: don't. After open_ms one trial is let through. */
PK__INLINE pk_status pk_breaker_allow(pk_breaker *b, pk_time now) {
    if (b->state == PK_BREAKER_CLOSED) return PK_OK;
    if (b->state == PK_BREAKER_HALF_OPEN) {
        if ((pk_time)(now - b->since) >= (b->half_open_ms ? b->half_open_ms : 30000u)) pk__breaker_trip(b, now);
        return PK_BREAKER_OPEN;
    }
    if ((pk_time)(now - b->since) < (b->open_ms ? b->open_ms : 60000u)) return PK_BREAKER_OPEN;
    b->state = PK_BREAKER_HALF_OPEN;
    b->since = now;
    return PK_OK;
}
PK__INLINE void pk_breaker_success(pk_breaker *b) {
    b->state = PK_BREAKER_CLOSED;
    b->failed = 0;
}
PK__INLINE void pk_breaker_failure(pk_breaker *b, pk_time now) {
    if (b->failed < 255) b->failed++;
    if (b->state == PK_BREAKER_HALF_OPEN || b->failed >= (b->failures ? b->failures : 5)) pk__breaker_trip(b, now);
}
#endif /* PK_PRELUDE */

/* ---- What implementations add: the platform's heap, clock, ticks, mutex and condition behind the hooks. ---- */

#if (defined PERFKIT_IMPLEMENTATION || defined PERFKIT_CACHE_IMPLEMENTATION || defined PERFKIT_POOL_IMPLEMENTATION || \
     defined PERFKIT_LOG_IMPLEMENTATION || defined PERFKIT_STATIC) && !defined PK__PRELUDE_IMPLEMENTATION
#define PK__PRELUDE_IMPLEMENTATION
#include <string.h>
#if PERFKIT_HOSTED
#include <assert.h>
#endif
#if PERFKIT_HEAP
#include <stdlib.h>
#endif
#if PERFKIT_HOSTED && defined _WIN32
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
#elif PERFKIT_HOSTED
#include <time.h>
#if !defined CLOCK_MONOTONIC && !defined PERFKIT_NOW_MS
#error "perfkit: include perfkit's implementation first, or compile with -D_POSIX_C_SOURCE=200809L"
#endif
#if PERFKIT_THREADS && !defined PERFKIT_MUTEX_LOCK
#include <errno.h>
#include <pthread.h>
#endif
#endif

/* The allocator in force: the caller's, else malloc, else none (NULL). */
PK__INLINE void *pk__alloc(const pk_allocator *a, size_t size, size_t align) {
    if (a->alloc_fn) return a->alloc_fn(size, align, a->user);
#if PERFKIT_HEAP
    return malloc(size); /* callers leave slack and align within it */
#else
    return NULL;
#endif
}
PK__INLINE void pk__free(const pk_allocator *a, void *memory, size_t size) {
    if (a->alloc_fn) {
        if (a->free_fn) a->free_fn(memory, size, a->user);
        return;
    }
#if PERFKIT_HEAP
    free(memory);
#endif
}

/* The clock in force where desc.clock is NULL; without one PK__HAS_CLOCK is 0 and times to live are PK_UNSUPPORTED. */
#ifdef PERFKIT_NOW_MS
#define PK__HAS_CLOCK 1
PK__INLINE pk_time pk__now_ms(void *user) { (void)user; return (pk_time)PERFKIT_NOW_MS(); }
#elif PERFKIT_HOSTED && defined _WIN32
#define PK__HAS_CLOCK 1
PK__INLINE pk_time pk__now_ms(void *user) { (void)user; return (pk_time)GetTickCount64(); }
#elif PERFKIT_HOSTED
#define PK__HAS_CLOCK 1
#ifdef CLOCK_MONOTONIC_COARSE /* a quarter of the price, at the resolution of the kernel's tick (1 to 4 ms) */
#define PK__CLOCK_ID CLOCK_MONOTONIC_COARSE
#else
#define PK__CLOCK_ID CLOCK_MONOTONIC
#endif
PK__INLINE pk_time pk__now_ms(void *user) {
    struct timespec t;
    (void)user;
    clock_gettime(PK__CLOCK_ID, &t);
    return (pk_time)((uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u);
}
#else
#define PK__HAS_CLOCK 0
PK__INLINE pk_time pk__now_ms(void *user) { (void)user; return 0; }
#endif

/* Ticks where PERFKIT_TICKS is not given. */
#ifdef PERFKIT_TICKS
PK__INLINE pk_ticks pk__ticks_now(void) { return (pk_ticks)PERFKIT_TICKS(); }
#elif PERFKIT_HOSTED && defined _WIN32
PK__INLINE pk_ticks pk__ticks_now(void) {
    LARGE_INTEGER count, hz;
    QueryPerformanceFrequency(&hz);
    QueryPerformanceCounter(&count);
    return (pk_ticks)(count.QuadPart / hz.QuadPart * 1000000000 + count.QuadPart % hz.QuadPart * 1000000000 / hz.QuadPart);
}
#elif PERFKIT_HOSTED && defined CLOCK_MONOTONIC
PK__INLINE pk_ticks pk__ticks_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (pk_ticks)t.tv_sec * 1000000000u + (pk_ticks)t.tv_nsec;
}
#else
PK__INLINE pk_ticks pk__ticks_now(void) { return 0; }
#endif

/* In a loop that waits for another thread. */
#if defined __GNUC__ && (defined __x86_64__ || defined __i386__)
#define PK__PAUSE() __builtin_ia32_pause()
#elif defined __GNUC__ && defined __aarch64__
#define PK__PAUSE() __asm__ __volatile__("yield")
#elif defined _WIN32
#define PK__PAUSE() YieldProcessor()
#else
#define PK__PAUSE() ((void)0)
#endif

#if !PERFKIT_THREADS /* desc.threads is refused at init, so these are never reached */
PK__INLINE bool pk__mutex_init(pk_mutex *m) { (void)m; return false; }
PK__INLINE void pk__mutex_destroy(pk_mutex *m) { (void)m; }
PK__INLINE void pk__mutex_lock(pk_mutex *m) { (void)m; }
PK__INLINE void pk__mutex_unlock(pk_mutex *m) { (void)m; }
#elif defined PERFKIT_MUTEX_LOCK
PK__INLINE bool pk__mutex_init(pk_mutex *m) { return PERFKIT_MUTEX_INIT(m); }
PK__INLINE void pk__mutex_destroy(pk_mutex *m) { PERFKIT_MUTEX_DESTROY(m); }
PK__INLINE void pk__mutex_lock(pk_mutex *m) { PERFKIT_MUTEX_LOCK(m); }
PK__INLINE void pk__mutex_unlock(pk_mutex *m) { PERFKIT_MUTEX_UNLOCK(m); }
#ifdef PERFKIT_COND_WAIT
#define PK__HAS_COND 1
PK__INLINE bool pk__cond_init(pk_cond *c) { return PERFKIT_COND_INIT(c); }
PK__INLINE void pk__cond_destroy(pk_cond *c) { PERFKIT_COND_DESTROY(c); }
PK__INLINE bool pk__cond_wait(pk_cond *c, pk_mutex *m, uint32_t ms) { return PERFKIT_COND_WAIT(c, m, ms); }
PK__INLINE void pk__cond_signal(pk_cond *c) { PERFKIT_COND_SIGNAL(c); }
PK__INLINE void pk__cond_broadcast(pk_cond *c) { PERFKIT_COND_BROADCAST(c); }
#endif
#elif defined _WIN32
#define PK__HAS_COND 1
PK__STATIC_ASSERT(mutex_fits, sizeof(SRWLOCK) <= sizeof(pk_mutex) && sizeof(CONDITION_VARIABLE) <= sizeof(pk_cond));
PK__INLINE bool pk__mutex_init(pk_mutex *m) { InitializeSRWLock((SRWLOCK *)(void *)m); return true; }
PK__INLINE void pk__mutex_destroy(pk_mutex *m) { (void)m; }
PK__INLINE void pk__mutex_lock(pk_mutex *m) { AcquireSRWLockExclusive((SRWLOCK *)(void *)m); }
PK__INLINE void pk__mutex_unlock(pk_mutex *m) { ReleaseSRWLockExclusive((SRWLOCK *)(void *)m); }
PK__INLINE bool pk__cond_init(pk_cond *c) { InitializeConditionVariable((CONDITION_VARIABLE *)(void *)c); return true; }
PK__INLINE void pk__cond_destroy(pk_cond *c) { (void)c; }
PK__INLINE bool pk__cond_wait(pk_cond *c, pk_mutex *m, uint32_t ms) {
    return SleepConditionVariableSRW((CONDITION_VARIABLE *)(void *)c, (SRWLOCK *)(void *)m, ms, 0) != 0;
}
PK__INLINE void pk__cond_signal(pk_cond *c) { WakeConditionVariable((CONDITION_VARIABLE *)(void *)c); }
PK__INLINE void pk__cond_broadcast(pk_cond *c) { WakeAllConditionVariable((CONDITION_VARIABLE *)(void *)c); }
#define PK__HAS_KEYS 1 /* a pointer of each thread, handed to a function when that ends (here also when the key is dropped) */
#define PK__KEY_CALL NTAPI
typedef DWORD pk__key;
PK__INLINE bool pk__key_make(pk__key *key, void(PK__KEY_CALL *ends)(void *)) { return (*key = FlsAlloc(ends)) != FLS_OUT_OF_INDEXES; }
PK__INLINE void *pk__key_get(pk__key key) { return FlsGetValue(key); }
PK__INLINE bool pk__key_set(pk__key key, void *p) { return FlsSetValue(key, p) != 0; }
PK__INLINE void pk__key_drop(pk__key key) { (void)FlsFree(key); }
#else
#define PK__HAS_COND 1
PK__STATIC_ASSERT(mutex_fits, sizeof(pthread_mutex_t) <= sizeof(pk_mutex) && sizeof(pthread_cond_t) <= sizeof(pk_cond));
PK__INLINE bool pk__mutex_init(pk_mutex *m) { return pthread_mutex_init((pthread_mutex_t *)(void *)m, NULL) == 0; }
PK__INLINE void pk__mutex_destroy(pk_mutex *m) { pthread_mutex_destroy((pthread_mutex_t *)(void *)m); }
/* What is locked here is let go after some hundred instructions: to try for a microsecond or two takes a third of the time that it
   takes to go to sleep at once, where two threads hand objects over through a pool. */
PK__INLINE void pk__mutex_lock(pk_mutex *m) {
    unsigned tries;
    for (tries = 0; tries < 50; tries++) {
        if (pthread_mutex_trylock((pthread_mutex_t *)(void *)m) != EBUSY) return;
        PK__PAUSE();
    }
    pthread_mutex_lock((pthread_mutex_t *)(void *)m);
}
PK__INLINE void pk__mutex_unlock(pk_mutex *m) { pthread_mutex_unlock((pthread_mutex_t *)(void *)m); }
PK__INLINE bool pk__cond_init(pk_cond *c) {
    pthread_condattr_t attributes;
    bool made;
    if (pthread_condattr_init(&attributes) != 0) return false;
#ifndef __APPLE__ /* which waits for a relative time instead */
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
#endif
    made = pthread_cond_init((pthread_cond_t *)(void *)c, &attributes) == 0;
    pthread_condattr_destroy(&attributes);
    return made;
}
PK__INLINE void pk__cond_destroy(pk_cond *c) { pthread_cond_destroy((pthread_cond_t *)(void *)c); }
/* Wakes for a signal, spuriously, or after ms: then false. */
PK__INLINE bool pk__cond_wait(pk_cond *c, pk_mutex *m, uint32_t ms) {
    struct timespec t;
#ifdef __APPLE__
    t.tv_sec = (time_t)(ms / 1000u);
    t.tv_nsec = (long)(ms % 1000u) * 1000000L;
    return pthread_cond_timedwait_relative_np((pthread_cond_t *)(void *)c, (pthread_mutex_t *)(void *)m, &t) == 0;
#else
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(ms / 1000u);
    t.tv_nsec += (long)(ms % 1000u) * 1000000L;
    if (t.tv_nsec >= 1000000000L) {
        t.tv_nsec -= 1000000000L;
        t.tv_sec++;
    }
    return pthread_cond_timedwait((pthread_cond_t *)(void *)c, (pthread_mutex_t *)(void *)m, &t) == 0;
#endif
}
PK__INLINE void pk__cond_signal(pk_cond *c) { pthread_cond_signal((pthread_cond_t *)(void *)c); }
PK__INLINE void pk__cond_broadcast(pk_cond *c) { pthread_cond_broadcast((pthread_cond_t *)(void *)c); }
#define PK__HAS_KEYS 1
#define PK__KEY_CALL
typedef pthread_key_t pk__key;
PK__INLINE bool pk__key_make(pk__key *key, void (*ends)(void *)) { return pthread_key_create(key, ends) == 0; }
PK__INLINE void *pk__key_get(pk__key key) { return pthread_getspecific(key); }
PK__INLINE bool pk__key_set(pk__key key, void *p) { return pthread_setspecific(key, p) == 0; }
PK__INLINE void pk__key_drop(pk__key key) { (void)pthread_key_delete(key); }
#endif
#endif /* PK__PRELUDE_IMPLEMENTATION */
/* ==== perfkit prelude 1: end ==== */

/* ==== Declarations ==== */
#ifndef PERFKIT_CACHE_H
#define PERFKIT_CACHE_H

#ifndef PERFKIT_CACHE_TTL
#define PERFKIT_CACHE_TTL (!PK__TINY)
#endif
#ifndef PERFKIT_CACHE_CHAINS
#define PERFKIT_CACHE_CHAINS PK__FULL
#endif
#ifndef PERFKIT_CACHE_HOOKS
#define PERFKIT_CACHE_HOOKS (!PK__TINY)
#endif
#ifndef PERFKIT_CACHE_EVENTS
#define PERFKIT_CACHE_EVENTS PK__FULL
#endif
#ifndef PERFKIT_CACHE_S3FIFO
#define PERFKIT_CACHE_S3FIFO PK__FULL
#endif
#ifndef PERFKIT_CACHE_PINS
#define PERFKIT_CACHE_PINS PK__FULL
#endif
#ifndef PERFKIT_CACHE_MORE
#define PERFKIT_CACHE_MORE PK__FULL
#endif
#ifndef PERFKIT_CACHE_WHEEL
#define PERFKIT_CACHE_WHEEL (PK__FULL && PERFKIT_CACHE_TTL)
#endif
#ifndef PERFKIT_CACHE_LEASES
#define PERFKIT_CACHE_LEASES (!PK__TINY)
#endif
#ifndef PERFKIT_CACHE_LOAD
#define PERFKIT_CACHE_LOAD PK__FULL
#endif
#ifndef PERFKIT_CACHE_SNAPSHOT
#define PERFKIT_CACHE_SNAPSHOT PK__FULL
#endif
#ifndef PERFKIT_CACHE_SIPHASH
#define PERFKIT_CACHE_SIPHASH PK__FULL
#endif
#ifndef PERFKIT_CACHE_THREADS
#define PERFKIT_CACHE_THREADS (PK__FULL && PERFKIT_THREADS)
#endif
#ifndef PERFKIT_CACHE_TIMING
#define PERFKIT_CACHE_TIMING 0
#endif
#ifndef PERFKIT_CACHE_LINK_BITS
#if PK__FULL
#define PERFKIT_CACHE_LINK_BITS 0
#elif PK__TINY || defined __AVR__
#define PERFKIT_CACHE_LINK_BITS 8
#else
#define PERFKIT_CACHE_LINK_BITS 16
#endif
#endif
#if (defined __SSE2__ || (defined __aarch64__ && defined __ARM_NEON)) && (defined __GNUC__ || defined __clang__) && \
    !defined __TINYC__
#define PK__CACHE_HAS_SIMD 1
#else
#define PK__CACHE_HAS_SIMD 0
#endif
#ifndef PERFKIT_CACHE_SIMD
#define PERFKIT_CACHE_SIMD PK__CACHE_HAS_SIMD
#endif
#if PK__NOT_01(PERFKIT_CACHE_TTL) || PK__NOT_01(PERFKIT_CACHE_CHAINS) || PK__NOT_01(PERFKIT_CACHE_HOOKS) || \
    PK__NOT_01(PERFKIT_CACHE_EVENTS) || PK__NOT_01(PERFKIT_CACHE_SIMD) || PK__NOT_01(PERFKIT_CACHE_S3FIFO) || \
    PK__NOT_01(PERFKIT_CACHE_PINS) || PK__NOT_01(PERFKIT_CACHE_MORE) || PK__NOT_01(PERFKIT_CACHE_WHEEL) || \
    PK__NOT_01(PERFKIT_CACHE_LEASES) || PK__NOT_01(PERFKIT_CACHE_LOAD) || PK__NOT_01(PERFKIT_CACHE_SNAPSHOT) || \
    PK__NOT_01(PERFKIT_CACHE_SIPHASH) || PK__NOT_01(PERFKIT_CACHE_THREADS) || PK__NOT_01(PERFKIT_CACHE_TIMING)
#error "perfkit: each PERFKIT_CACHE_ switch of the table in the first comment, but for LINK_BITS and INLINE, is 0 or 1"
#elif PERFKIT_CACHE_S3FIFO && (defined __AVR__ || PERFKIT_CACHE_LINK_BITS == 8)
#error "perfkit: PERFKIT_CACHE_S3FIFO needs a processor of 32 bits, and PERFKIT_CACHE_LINK_BITS other than 8"
#elif PERFKIT_CACHE_THREADS && !PERFKIT_THREADS
#error "perfkit: PERFKIT_CACHE_THREADS needs PERFKIT_THREADS"
#elif PERFKIT_CACHE_WHEEL && !PERFKIT_CACHE_TTL
#error "perfkit: PERFKIT_CACHE_WHEEL needs PERFKIT_CACHE_TTL"
#elif PERFKIT_CACHE_LINK_BITS != 0 && PERFKIT_CACHE_LINK_BITS != 8 && PERFKIT_CACHE_LINK_BITS != 16 && \
    PERFKIT_CACHE_LINK_BITS != 32
#error "perfkit: PERFKIT_CACHE_LINK_BITS is 0 (by capacity), 8, 16 or 32"
#elif !PK__FULL && PERFKIT_CACHE_LINK_BITS == 0
#error "perfkit: PERFKIT_CACHE_LINK_BITS 0 needs the HOSTED profile: elsewhere name one width, 8, 16 or 32"
#elif (PERFKIT_CACHE_LOAD && !PK__FULL) || (PERFKIT_CACHE_LEASES && PK__TINY)
#error "perfkit: PERFKIT_CACHE_LOAD needs the HOSTED profile, PERFKIT_CACHE_LEASES HOSTED or FIRMWARE"
#elif PK__TINY && (PERFKIT_CACHE_EVENTS || PERFKIT_CACHE_SNAPSHOT || PERFKIT_CACHE_SIPHASH || PERFKIT_CACHE_TIMING)
#error "perfkit: PERFKIT_CACHE_EVENTS _SNAPSHOT _SIPHASH _TIMING need the profile HOSTED or FIRMWARE"
#elif PERFKIT_CACHE_TIMING && !PERFKIT_STATS
#error "perfkit: PERFKIT_CACHE_TIMING needs PERFKIT_STATS"
#elif PERFKIT_CACHE_SIMD && !PK__CACHE_HAS_SIMD
#error "perfkit: PERFKIT_CACHE_SIMD 1 needs SSE2 or NEON, and gcc or clang"
#endif

/* ---- What a beginner needs ---- */

#define PK_CACHE_LRU 0 /* desc.policy: the entry whose last use is longest ago goes first, exactly */
/* desc.policy: a key belongs to one of many sets of 16 entries, and each set evicts by S3-FIFO on its own: what is asked for once
   passes through, so that a scan pushes nothing good out. 8 B an entry, 4 B without a clock; one line of memory to look at, and
   the slot; with threads, hits take no lock. Its promise differs: the capacity is an upper bound, for a full set evicts while
   others have room, and the victim is of that set: an expired entry first, else by its queues. Key and value share one slot:
   where lengths vary they come to slot_size at most, longer is PK_TOO_BIG; max_bytes, where given, lowers the capacity to as many
   slots. No prompt_expiry (PK_UNSUPPORTED). At most, whatever the keys: 16 tags compared and 16 slots looked at; a put makes 80
   steps within one line and evicts 1 entry; a get removes nothing but expired entries of its set. With desc.threads it needs a
   processor and compiler with atomics of a word (PERFKIT_ATOMICS), else PK_UNSUPPORTED: PK_CACHE_LRU does without. */
#define PK_CACHE_S3FIFO 1

/* Why an entry left the cache: told to on_evict and counted. */
typedef int pk_evict_reason;
enum {
    PK_EVICT_LRU,      /* the cache held `capacity` entries */
    PK_EVICT_BYTES,    /* its slots were needed */
    PK_EVICT_CROWDED,  /* 64 groups of the index around a key's hash were full; firmware: 64 entries were in its chain */
    PK_EVICT_EXPIRED,  /* its time to live was over */
    PK_EVICT_REPLACED, /* put gave its key another value */
    PK_EVICT_REMOVED,  /* pk_cache_remove */
    PK_EVICT_CLEARED,  /* pk_cache_clear */
    PK_EVICT_CLOSED,   /* pk_cache_close */
    PK_EVICT_REASONS
};

struct pk_cache;

/* An entry as on_evict, pk_cache_foreach and pk_cache_get_ref show it. In on_evict it is whole until the hook returns; from
   foreach, until the next call with that cursor (without PERFKIT_CACHE_PINS: of this cache); from get_ref, until its release. */
typedef struct pk_cache_item {
    const void *key;
    size_t key_len;
    const void *value;            /* NULL where it lies in more than one slot: use pk_cache_item_read */
    size_t value_len;
    const struct pk_cache *cache; /* private */
    unsigned entry;               /* private: its number, or which pin holds it */
} pk_cache_item;

typedef void (*pk_evict_fn)(void *user, const pk_cache_item *item, pk_evict_reason reason);

#if PERFKIT_HOSTED
typedef uint64_t pk_hash;
#elif defined __AVR__
typedef uint16_t pk_hash;
#else
typedef uint32_t pk_hash;
#endif
typedef pk_hash (*pk_hash_fn)(void *user, const void *key, size_t key_len); /* of any quality: it is mixed once more */
typedef bool (*pk_equal_fn)(void *user, const void *a, const void *b, size_t key_len);

typedef uint64_t (*pk_wall_clock_fn)(void *user); /* milliseconds since 1970, or since any fixed moment */

typedef struct pk_cache_desc {   /* zero a field (or all) for its default */
    const char *name;            /* for reports; not copied; NULL is fine */
    uint32_t capacity;           /* most entries; 0: 1000 when hosted, else PK_INVALID */
    uint32_t key_size;           /* bytes of every key; 0: lengths vary, up to slot_size - 2. Typed caches fill it in */
    uint32_t value_size;         /* bytes of every value; 0: lengths vary. Typed caches fill it in */
    uint32_t slot_size;          /* where lengths vary: bytes of one slot; 0: 64 */
    size_t max_bytes;            /* where lengths vary: bytes of all slots; 0: capacity × 4 slots */
    pk_time ttl_ms;              /* default; 0: 300000 (5 minutes) when hosted, else never; PK_TTL_NEVER; ≤ PK_TTL_MAX */
    void *memory;                /* of pk_cache_memory_needed(desc) bytes, any alignment; NULL: from the allocator */
    size_t memory_size;
    pk_allocator allocator;      /* zeroed: malloc and free where PERFKIT_HEAP */
    pk_clock_fn clock;           /* NULL: PERFKIT_NOW_MS, or the monotonic clock when hosted (with glibc on x86-64, hits of what
                                    lives 2 s or more only ask time() whether it is still the second in which they read it) */
    pk_hash_fn hash;             /* NULL: the built-in hash */
    pk_equal_fn equal;           /* NULL: keys are equal when their bytes are; one that is laxer needs a hash that agrees */
    pk_evict_fn on_evict;        /* hears of each entry that leaves, once */
    pk_event_fn on_event;        /* hears of PK_CACHE_EVENT_…, where PERFKIT_CACHE_EVENTS */
    void *user;                  /* handed to every hook above but the allocator's */
    uint8_t policy;              /* PK_CACHE_LRU or PK_CACHE_S3FIFO */
    bool threads;                /* any thread may use the cache: see pk_cache_shards; PK_UNSUPPORTED without locks in the build,
                                    or S3-FIFO without atomics */
    uint16_t shards;             /* LRU: parts with an order and a lock of their own, at most 256, each of one entry and slot or
                                    more; 0: 1, or with threads 16, fewer where they would have less than 16 entries (64 slots) */
    uint16_t max_pins;           /* entries pinned at once, of each shard; 0: 256 when hosted, else 16 */
    uint16_t max_loads;          /* keys being loaded at once; 0: 64. Not 0, when hosted: memory for as many leases, too */
    bool versions;               /* a version for each entry, for pk_cache_compare_and_swap: 4 B an entry */
    bool sliding;                /* each hit starts the entry's own time to live again; peek doesn't: 4 B an entry */
    bool times;                  /* when each entry was put and last used, for pk_cache_peek_times, by a clock: 8 B an entry */
    bool prompt_expiry;          /* LRU: a timing wheel finds entries whose time is over: tick removes just these, in order,
                                    and a put that needs room takes one before it evicts. 8 B an entry, and 3 KB */
    pk_time stale_ms;            /* how long past its time a value may still be served while one caller refreshes it; 0: never */
    pk_time negative_ttl_ms;     /* how long a loader's failure is remembered; 0: never; else 8 B an entry. Both ≤ PK_TTL_MAX / 2 */
    pk_time lease_ms;            /* how long a lease holds; 0: 10000; PK_TTL_NEVER; ≤ PK_TTL_MAX. Without a clock: for ever */
    uint32_t schema;             /* your own number for the layout of keys and values: snapshots of another are PK_MISMATCH */
    pk_wall_clock_fn wall_clock; /* for snapshots that age while they lie; NULL: they don't */
    const unsigned char *hash_key; /* 16 bytes for pk_cache_siphash; NULL: random */
} pk_cache_desc;

#if PERFKIT_CACHE_LINK_BITS == 8 && !PK__FULL
typedef uint8_t pk__cache_n; /* the number of an entry or group, or how many there are */
#else
typedef unsigned pk__cache_n;
#endif
/* Where asking for the second costs a tenth of reading the monotonic clock: hits of what lives for seconds do that instead. */
#if PERFKIT_HOSTED && PERFKIT_CACHE_TTL && PERFKIT_TIME_BITS == 32 && defined __GLIBC__ && defined __x86_64__ && !defined PERFKIT_NOW_MS
#define PK__CACHE_SECONDS 1
#define PK__CACHE_SECOND ((pk_time)2000) /* at most: a leap second makes one of two */
#else
#define PK__CACHE_SECONDS 0
#define PK__CACHE_SECOND 0
#define pk__cache_same_second(c) false
#define pk__cache_note_second(c) ((void)0)
#endif
struct pk__cache_cold;
typedef struct pk_cache { /* all private: use the functions */
    unsigned char *index; /* groups: tags, entry numbers, overflow count; one cache line or a half or a quarter of one. Firmware:
                             links of chains */
    unsigned char *meta;  /* for each entry: next and previous by recency, and when it expires; entry 0 is the list's end */
    unsigned char *slots;
    struct pk__cache_cold *cold; /* what operations seldom or never need; NULL: closed */
    uint8_t width;          /* bytes of a link: 1, 2 or 4; S3-FIFO: a set is 1 << width bytes; 0: closed */
    uint8_t special;        /* PK__CACHE_IS_…: what keeps an operation from the short path; 0: nothing */
    uint8_t chains, prefix; /* lengths vary; bytes of the key length before a key. Bytes lie where Thumb reaches them at once */
    pk__cache_n capacity;
    pk_clock_fn clock; /* NULL while no entry can expire */
    pk_hash seed;
    pk_time last; /* the moment up to which the sweep has been paid for */
    pk__cache_n groups;
    pk__cache_n count; /* live entries */
    pk__cache_n fresh; /* entries 1 to fresh were in use at some time: what lies above was never written */
    pk__cache_n free;  /* list of entries that came back, by their next link */
    unsigned key_size, value_size, value_offset, stride;
#if PK__CACHE_SECONDS
    uint32_t second; /* time(NULL) at `last`: while it is the same, hits of what lives longer need not read the clock; 0: they must */
#endif
} pk_cache;

/* pk_cache.special */
#define PK__CACHE_IS_S3 1u      /* the policy */
#define PK__CACHE_IS_LOCKED 2u  /* S3-FIFO: threads; LRU: threads or shards, for the cache of them and for each of them */
#define PK__CACHE_IS_CHAINED 4u /* lengths vary */
#define PK__CACHE_IS_HASHED 8u  /* a hash or equal of the caller's */
#define PK__CACHE_IS_HOOKED 16u /* on_evict or on_event; or, without threads, a lease or load is out */
#define PK__CACHE_IS_EXTRA 32u  /* records of extras */
#define PK__CACHE_IS_PINNED 64u /* some entry is pinned */
#define PK__CACHE_IS_SAVING 128u /* LRU: a snapshot is being saved or loaded */

/* All that changes how a cache lies in memory, or how inline engines work on it; the multiplier keeps different ones different. */
#define PK__CACHE_SWITCHES                                                                                           \
    ((uint32_t)PERFKIT_CACHE_TTL | (uint32_t)PERFKIT_CACHE_CHAINS << 1 | (uint32_t)PERFKIT_CACHE_HOOKS << 2 |         \
     (uint32_t)PERFKIT_CACHE_EVENTS << 3 | (uint32_t)PERFKIT_CACHE_S3FIFO << 4 | (uint32_t)PERFKIT_CACHE_PINS << 5 |   \
     (uint32_t)PERFKIT_CACHE_MORE << 6 | (uint32_t)PERFKIT_CACHE_WHEEL << 7 | (uint32_t)PERFKIT_CACHE_LEASES << 8 |    \
     (uint32_t)PERFKIT_CACHE_LOAD << 9 | (uint32_t)PERFKIT_CACHE_SNAPSHOT << 10 |                                     \
     (uint32_t)PERFKIT_CACHE_SIPHASH << 11 | (uint32_t)PERFKIT_CACHE_THREADS << 12 |                                  \
     (uint32_t)PERFKIT_CACHE_TIMING << 13 | (uint32_t)PERFKIT_STATS << 14 | (uint32_t)PERFKIT_HOSTED << 15 |           \
     (uint32_t)PERFKIT_PROFILE << 16 | (uint32_t)PERFKIT_CACHE_LINK_BITS << 18)
#define PK__CACHE_CONFIG_WORD (PK__CONFIG_WORD ^ (uint32_t)(PK__CACHE_SWITCHES * 0x9E3779B1u))

PK_API pk_status pk__cache_init(pk_cache *c, size_t size, uint32_t config, const pk_cache_desc *desc, size_t key_size,
                                size_t value_size);

/* Make an empty cache; NULL desc: all defaults. The only call that allocates. O(capacity).
   PK_INVALID: a field is out of range, the capacity does not fit PERFKIT_CACHE_LINK_BITS, or this unit and the implementation
   were built with different configurations. PK_NO_MEMORY: none given, or too little, or no lock. PK_UNSUPPORTED: needs a clock or a
   switch that is not there; outside the HOSTED profile a field for which the build has nothing may be ignored instead. */
PK__INLINE pk_status pk_cache_init(pk_cache *c, const pk_cache_desc *desc) {
    return pk__cache_init(c, sizeof(pk_cache), PK__CACHE_CONFIG_WORD, desc, 0, 0);
}

/* Copy the value of a key to `value`, which has room for `size` bytes; *len (may be NULL) = its length. It becomes the most
   recent. PK_NOT_FOUND: not there, or expired. PK_TOO_BIG: there and counted as a hit, but longer than size: nothing is copied,
   *len tells how long (value NULL and size 0 just ask). PK_INVALID: a key_len other than key_size. With S3-FIFO and threads `value`
   may hold anything after an answer other than PK_OK: bytes of an entry that left while they were copied. */
PK_API pk_status pk_cache_get(pk_cache *c, const void *key, size_t key_len, void *value, size_t size, size_t *len);

/* Put a copy of key and value, for ttl_ms (0: the default; PK_TTL_NEVER), in place of an older value, as the most recent entry.
   PK_TOO_BIG: never fits, as a key of more than slot_size - 2 bytes (62 by default); PK_INVALID: a length that is not the fixed size, or
   ttl_ms > PK_TTL_MAX; PK_UNSUPPORTED: a ttl without a clock: nothing evicted, an older value stays. PK_FULL: all room is in use by
   entries that are pinned or, where on_evict itself puts or with threads, by such whose on_evict has not returned. Only where on_evict
   itself puts: PK_EXISTS when it put this key, whose value then stands. */
PK_API pk_status pk_cache_put(pk_cache *c, const void *key, size_t key_len, const void *value, size_t len, pk_time ttl_ms);

/* PK_OK: the entry is gone. PK_NOT_FOUND: it was not there, or expired. */
PK_API pk_status pk_cache_remove(pk_cache *c, const void *key, size_t key_len);

/* Remove all entries. O(capacity), or O(entries) with on_evict. Statistics go on counting. */
PK_API pk_status pk_cache_clear(pk_cache *c);

/* Entries in the cache, with those that expired unnoticed so far. */
#if PK__FULL || PERFKIT_CACHE_THREADS
PK_API uint32_t pk__cache_count_all(const pk_cache *c);
#endif
PK__INLINE uint32_t pk_cache_count(const pk_cache *c) {
#if PK__FULL || PERFKIT_CACHE_THREADS
    if (c->special & PK__CACHE_IS_LOCKED) return pk__cache_count_all(c);
#endif
#if PERFKIT_CACHE_THREADS
    return pk__load32((const volatile uint32_t *)(const void *)&c->count);
#else
    return c->count;
#endif
}

/* Remove all entries (PK_EVICT_CLOSED) and give the memory back. Closing again is PK_OK, in an on_evict that hears of this, too.
   PK_BUSY: called from another on_evict, while something is pinned, a loader runs, or a snapshot is being saved or loaded. */
PK_API pk_status pk_cache_close(pk_cache *c);

/* Bytes that desc.memory must have for this desc; 0 where init would answer PK_INVALID or PK_UNSUPPORTED. For a typed cache
   give key_size and value_size. */
PK_API size_t pk_cache_memory_needed(const pk_cache_desc *desc);

/* The same as a constant expression, for fixed sizes: static unsigned char memory[PK_CACHE_BYTES(100, 4, 16)]; */
#define PK_CACHE_BYTES(capacity, key_size, value_size)                                                    \
    (PK__CACHE_LINE - 1 + PK__CACHE_INDEX_BYTES(capacity) + PK__CACHE_UP(sizeof(struct pk__cache_cold)) + \
     PK__CACHE_UP(PK__CACHE_META_BYTES(capacity)) +                                                       \
     PK__CACHE_UP(PK__CACHE_SLOT_BYTES(capacity, key_size, value_size)) + PK__CACHE_PIN_BYTES(capacity) + (capacity) + 1u)

/* ---- Typed caches: keys by value, no lengths, and in units with the engine inline the sizes are constants of the code. ----
   PK_CACHE_DEFINE(users, uint64_t, struct user) at file scope gives the type `users` and
       users_init(&u, &desc or NULL)   users_get(&u, key, &value)   users_put(&u, key, &value, ttl_ms)   users_remove(&u, key)
       users_contains(&u, key)   users_clear(&u)   users_count(&u)   users_close(&u)
   but for TINY users_peek(&u, key, &value, &ttl_left)   users_touch(&u, key, ttl_ms)
   and with PERFKIT_CACHE_MORE
       users_put_if_absent(&u, key, &value, ttl_ms)   users_replace(&u, key, &value, ttl_ms)
       users_get_many(&u, keys, values, statuses, n)   users_put_many(&u, keys, values, ttl_ms, statuses, n)
   over arrays of n (statuses may be NULL; what is not found leaves its value alone, as get does), telling how many are PK_OK; all
   which answer as their pk_cache_ namesakes; the other functions take &u.cache. Keys are compared as bytes. */
#define PK_CACHE_DEFINE(name, Key, Value)                                                                                    \
    typedef struct name {                                                                                                    \
        pk_cache cache;                                                                                                      \
    } name;                                                                                                                  \
    enum { name##_key_size = (int)sizeof(Key), name##_value_size = (int)sizeof(Value) };                                     \
    PK__INLINE pk_status name##_init(name *typed, const pk_cache_desc *desc) {                                               \
        return pk__cache_init(&typed->cache, sizeof(pk_cache), PK__CACHE_CONFIG_WORD, desc, sizeof(Key), sizeof(Value));     \
    }                                                                                                                        \
    PK__HOT_INLINE pk_status name##_get(name *typed, Key key, Value *value) {                                                 \
        return PK__CACHE_TYPED_GET(&typed->cache, &key, sizeof(Key), value, sizeof(Value));                                  \
    }                                                                                                                        \
    PK__CACHE_TYPED_PUTTING pk_status name##_put(name *typed, Key key, const Value *value, pk_time ttl_ms) {                 \
        return PK__CACHE_TYPED_PUT(&typed->cache, &key, sizeof(Key), value, sizeof(Value), ttl_ms);                          \
    }                                                                                                                        \
    PK__INLINE pk_status name##_remove(name *typed, Key key) { return pk_cache_remove(&typed->cache, &key, sizeof(Key)); }   \
    PK__CACHE_TYPED_LOOKS(name, Key, Value)                                                                                  \
    PK__CACHE_TYPED_MORE(name, Key, Value)                                                                                   \
    PK__INLINE pk_status name##_clear(name *typed) { return pk_cache_clear(&typed->cache); }                                 \
    PK__INLINE uint32_t name##_count(const name *typed) { return pk_cache_count(&typed->cache); }                            \
    PK__INLINE pk_status name##_close(name *typed) { return pk_cache_close(&typed->cache); }

/* At file scope: a cache in memory of its own, ready without init and before main. ttl_ms as in a desc (needs PERFKIT_NOW_MS in
   firmware). All of its hooks are the defaults, and its hash seed is always the same. It takes sizeof(pk_cache) and at most
   PK_CACHE_BYTES(capacity, key_size, value_size) of RAM. Configure the units alike, for there is no init to check it: one that makes
   a cache with other switches than the implementation's corrupts it. */
#define PK_CACHE_STATIC(name, capacity, key_size, value_size, ttl_ms)            \
    PK__CACHE_STATIC_PARTS(name, capacity, key_size, value_size, ttl_ms)         \
    static pk_cache name = PK__CACHE_STATIC_VALUE(name, capacity, key_size, value_size, ttl_ms);

/* The same for a type made by PK_CACHE_DEFINE(users, …): PK_CACHE_STATIC_OF(users, active, 100, 60000) */
#define PK_CACHE_STATIC_OF(type, name, capacity, ttl_ms)                                  \
    PK__CACHE_STATIC_PARTS(name, capacity, type##_key_size, type##_value_size, ttl_ms)    \
    static type name = {PK__CACHE_STATIC_VALUE(name, capacity, type##_key_size, type##_value_size, ttl_ms)};

/* At file scope: `name` is `function` with its last `capacity` results (0: 128) remembered, the least recently used forgotten
   first: in fixed memory, one thread at a time. A status other than PK_OK is handed on and not remembered.
       static pk_status factorial(unsigned n, uint64_t *result) { … }
       PK_MEMOIZE(fast_factorial, unsigned, uint64_t, factorial, 0)
       if (fast_factorial(20, &result) == PK_OK) …
   `function` may itself call `name`, declared before it: static pk_status name(Key key, Value *value). name##_memo is the cache, of
   type name##_cache: fast_factorial_cache_clear(&fast_factorial_memo). Keys are compared as bytes: no padding in them. */
#define PK_MEMOIZE(name, Key, Value, function, capacity)                                             \
    PK_CACHE_DEFINE(name##_cache, Key, Value)                                                        \
    PK_CACHE_STATIC_OF(name##_cache, name##_memo, ((capacity) ? (capacity) : 128), PK_TTL_NEVER)     \
    static pk_status name(Key key, Value *value) {                                                   \
        pk_status status = name##_cache_get(&name##_memo, key, value);                               \
        if (status != PK_NOT_FOUND) return status;                                                   \
        status = function(key, value);                                                               \
        if (status == PK_OK) (void)name##_cache_put(&name##_memo, key, value, PK_TTL_NEVER);         \
        return status;                                                                               \
    }

#if !PK__TINY
/* ---- Looking without touching, touching without looking ---- */

/* As get, but the entry keeps its place in the order and nothing is counted. *ttl_left (may be NULL) = milliseconds it has
   left, or PK_TTL_NEVER. PK_NOT_FOUND leaves *len and *ttl_left alone; PK_TOO_BIG sets them. */
PK_API pk_status pk_cache_peek(pk_cache *c, const void *key, size_t key_len, void *value, size_t size, size_t *len,
                               pk_time *ttl_left);

/* Whether the key is there and not expired. Changes and counts nothing. */
PK_API bool pk_cache_contains(pk_cache *c, const void *key, size_t key_len);

/* Make the entry the most recent and start its time to live again, with ttl_ms as in put. */
PK_API pk_status pk_cache_touch(pk_cache *c, const void *key, size_t key_len, pk_time ttl_ms);

/* ---- Walking, and work in portions ---- */

typedef struct pk_cache_cursor {
    unsigned at; /* 0: the start */
} pk_cache_cursor;

/* The next entry that is not expired, in the order of slots, with no effect on recency or statistics: PK_OK, or PK_NOT_FOUND at
   the end.
       pk_cache_cursor cursor = {0};
       while (pk_cache_foreach(&cache, &cursor, &item) == PK_OK) …
   Any operation is allowed between two calls: what is there all along is seen exactly once, what comes or goes meanwhile
   perhaps. Where PERFKIT_CACHE_PINS, the cursor pins the entry it shows until the next call: leave the loop early only with
   pk_cache_foreach_end. PK_FULL: no pin is to be had; a later call goes on at the same entry. O(capacity) where few entries are
   left of many: see pk_cache_foreach_step. */
PK_API pk_status pk_cache_foreach(pk_cache *c, pk_cache_cursor *cursor, pk_cache_item *item);

/* The same in portions: PK_AGAIN after `budget` places without an entry to show; call it again. O(budget). */
PK_API pk_status pk_cache_foreach_step(pk_cache *c, pk_cache_cursor *cursor, pk_cache_item *item, uint32_t budget);

#if PERFKIT_CACHE_PINS
/* The cursor lets go of the entry it shows. After it, foreach goes on behind that entry. */
PK_API pk_status pk_cache_foreach_end(pk_cache *c, pk_cache_cursor *cursor);
#endif

/* Copy up to n bytes of an item's value, from `offset` on; how many. */
PK_API size_t pk_cache_item_read(const pk_cache_item *item, size_t offset, void *to, size_t n);

/* Remove up to `budget` entries, least recent first (S3-FIFO: those of up to `budget` sets; PK_EVICT_CLEARED); how many are left. */
PK_API uint32_t pk_cache_clear_step(pk_cache *c, uint32_t budget);

#if PERFKIT_CACHE_TTL
/* Visit the next `budget` entries and remove those that have expired; how many were. `now` is what the cache's clock says. It
   never has to be called: it gives memory back, and on_evict its word, without waiting for the key to be asked for. With
   desc.prompt_expiry the budget is one of steps, each of which removes an entry that is over, brings one nearer to its end, or
   passes over time in which none ends: with budget enough all that are over leave, in the order of their ends, and no others are
   visited. An entry takes at most 6 steps (64-bit times: 11) before the one that removes it. */
PK_API uint32_t pk_cache_tick(pk_cache *c, pk_time now, uint32_t budget);
#endif

#endif /* !PK__TINY */
#if PERFKIT_CACHE_PINS
/* ---- Pins: values in place, without a copy ----
       pk_cache_item item;
       if (pk_cache_get_ref(&cache, &id, sizeof id, &item) == PK_OK) {
           pk_span span = {0};
           while (pk_cache_span(&item, &span)) send(span.bytes, span.len);
           pk_cache_release(&cache, &item);
       }
   Until its release an item's key and value stay where and what they are, whatever happens: put gives the key another entry;
   remove, clear and the end of its time take the entry out of the cache at once, and on_evict hears of it with the last release.
   Meanwhile its room is not free, and no put evicts it. While anything is pinned, pk_cache_close is PK_BUSY. */

/* As get, but pins the entry and shows it. It counts as a hit and becomes the most recent. Several pins of one entry are fine.
   PK_NOT_FOUND as get. PK_FULL: desc.max_pins other entries (of its shard) are pinned; nothing changes, and nothing is counted. O(1) on
   average, O(max_pins) at most where entry numbers collide. */
PK_API pk_status pk_cache_get_ref(pk_cache *c, const void *key, size_t key_len, pk_cache_item *item);

/* Give a pin back, and clear *item. An entry that became the least recent meanwhile is the next to go. PK_INVALID: not an item
   of get_ref of this cache, or released before: nothing changes. That holds for copies of items as well, until 2^31 (AVR: 2^15)
   pins later; but items that hold one entry are alike: release each once. O(1). */
PK_API pk_status pk_cache_release(pk_cache *c, pk_cache_item *item);

/* The parts of an item's value, one after another: true while there is a next one; start with a zeroed span. One part, unless the
   value lies in more than one slot. False at once for a copy of an item that was released: never the bytes of another entry.
   O(1). */
typedef struct pk_span {
    const void *bytes;
    size_t len;
    size_t shown;  /* private: bytes of the value handed out */
    unsigned slot; /* private: where the last part lies */
} pk_span;
PK_API bool pk_cache_span(const pk_cache_item *item, pk_span *span);
#endif
#if !PK__TINY

#if PERFKIT_CACHE_HOOKS
/* Change what hears of entries that leave: for PK_CACHE_STATIC, which takes no desc. `user` goes to the other hooks as well. */
PK_API void pk_cache_set_on_evict(pk_cache *c, pk_evict_fn on_evict, void *user);
#endif

#if PERFKIT_CACHE_THREADS
/* ---- Shards and threads ----
   desc.shards makes a cache of that many parts, chosen by the key's hash, each with an order of its own and an equal share of
   capacity and max_bytes (the first ones one more, where it does not come out even): so what is evicted is the least recent of a
   shard, and a value larger than a shard's share of max_bytes is PK_TOO_BIG. One shard is exact LRU again.
   desc.threads gives each shard a lock: then any thread may call any function, but for init, close, pk_cache_after_fork and
   pk_cache_set_on_evict, during which no other thread may use the cache. on_evict and on_event run without a lock; hash, equal
   and clock run under one. While on_evict hears that a value was replaced, other threads miss its key; puts of one key by
   several threads end with one of the values. Where PERFKIT_CACHE_PINS, each shard has room for desc.max_pins, and a pk_cache_foreach
   item stays whole; else only while no other thread changes the cache. */

/* Shards of this cache; 1 where it has none. Any thread. */
PK_API uint32_t pk_cache_shards(const pk_cache *c);

#if PERFKIT_CACHE_TTL
/* pk_cache_tick for shard i, 0 to pk_cache_shards - 1: threads that tick different shards don't wait for each other. Without
   shards, 0 is the cache itself; 0 removed where there is no such shard. Any thread. */
PK_API uint32_t pk_cache_tick_shard(pk_cache *c, uint32_t i, pk_time now, uint32_t budget);
#endif

/* In a forked child every operation on a cache with threads is PK_FORKED (contains: false; counts: 0) until this call, which
   leaves it empty, with statistics from zero: entries are forgotten, on_evict hears of none of them, for they are the parent's.
   Call it in the child, from one thread. PK_OK, and nothing changes, where the process has not forked, or there are no threads. */
PK_API pk_status pk_cache_after_fork(pk_cache *c);
#endif

#if PERFKIT_HOSTED
/* Fill the fields of a desc that fit a purpose; the others stay as they are. PK_CACHE_PRESET_ASYNC(&desc): results of requests and
   tasks, 100000 entries and 100 MB, 60 s, in 8 shards; tick it every PK_CACHE_ASYNC_TICK_MS. PK_CACHE_PRESET_COMPONENT(&desc): few and
   large ones, 100 entries and 500 MB, 300 s. The bytes are taken at init; they count where lengths vary. */
#define PK_CACHE_PRESET_ASYNC(desc) pk__cache_preset(desc, 100000u, (size_t)100 << 20, 256u, 60000u, 8u)
#define PK_CACHE_PRESET_COMPONENT(desc) pk__cache_preset(desc, 100u, (size_t)500 << 20, 4096u, 300000u, 0u)
#define PK_CACHE_ASYNC_TICK_MS ((pk_time)30000u)
PK__INLINE void pk__cache_preset(pk_cache_desc *desc, uint32_t capacity, size_t bytes, uint32_t slot, pk_time ttl, unsigned shards) {
    desc->capacity = capacity;
    desc->max_bytes = bytes;
    desc->slot_size = slot;
    desc->ttl_ms = ttl;
    desc->shards = (uint16_t)shards;
}
#endif

#define PK_TTL_VOLATILE ((pk_time)45000u) /* a good default for what changes often: 45 s */
#define PK_TTL_STATIC ((pk_time)900000u)  /* and for what seldom does: 15 minutes */

#endif /* !PK__TINY */

#if PERFKIT_CACHE_MORE
/* ---- Puts on a condition ----
   Each is a put, with its arguments, statuses and cost, that first looks whether it may: where it may not, nothing is evicted,
   and neither the entry's place in the order nor its time to live changes. An expired entry counts as not there. */

/* Put unless the key is there: PK_EXISTS. */
PK_API pk_status pk_cache_put_if_absent(pk_cache *c, const void *key, size_t key_len, const void *value, size_t len,
                                        pk_time ttl_ms);

/* Put only where the key is there: else PK_NOT_FOUND. */
PK_API pk_status pk_cache_replace(pk_cache *c, const void *key, size_t key_len, const void *value, size_t len, pk_time ttl_ms);

/* As get, and *version = the version of the value, with desc.versions (else PK_UNSUPPORTED). Every successful put gives its entry
   a version that no other value of the key had within the last 2^32 - 1 puts; it is never 0. touch keeps it. PK_NOT_FOUND leaves
   *version alone, PK_TOO_BIG sets it. */
PK_API pk_status pk_cache_get_version(pk_cache *c, const void *key, size_t key_len, void *value, size_t size, size_t *len,
                                      uint32_t *version);

/* Put only where the key's value is still the one of this version. PK_STALE: it was put since. PK_NOT_FOUND: it is gone.
   PK_UNSUPPORTED: no desc.versions.
       do {
           status = pk_cache_get_version(&cache, key, len, &value, sizeof value, NULL, &version);
           if (status != PK_OK) break;
           change(&value);
           status = pk_cache_compare_and_swap(&cache, key, len, &value, sizeof value, 0, version);
       } while (status == PK_STALE); */
PK_API pk_status pk_cache_compare_and_swap(pk_cache *c, const void *key, size_t key_len, const void *value, size_t len,
                                           pk_time ttl_ms, uint32_t version);

/* The moments, by the cache's clock, at which the entry was put and last put, hit or touched; either may be NULL. Needs
   desc.times, else PK_UNSUPPORTED. Like peek it changes and counts nothing. PK_NOT_FOUND leaves both alone. */
PK_API pk_status pk_cache_peek_times(pk_cache *c, const void *key, size_t key_len, pk_time *created, pk_time *accessed);

/* ---- Batches ----
   Many keys in one call: what they need comes from memory at once, instead of one after the other, and plain large caches read
   their clock once.
   Otherwise as so many single calls in that order, with any n, and keys that occur twice. In a cache larger than the processor's
   own, hits take two thirds of the time with batches of 16 or more; small caches and evictions take as long as with single calls.
   With threads others may come between two keys. */
typedef struct pk_cache_many {
    const void *key;
    size_t key_len;
    void *value;      /* get_many: where the value goes; put_many only reads it */
    size_t len;       /* get_many: room at value, then the value's length as in get; put_many: the value's length */
    pk_time ttl_ms;   /* of put_many */
    pk_status status; /* what get or put answered */
} pk_cache_many;

/* Get, or put, for each of n records, and set each one's status; how many of them are PK_OK. */
PK_API size_t pk_cache_get_many(pk_cache *c, pk_cache_many *records, size_t n);
PK_API size_t pk_cache_put_many(pk_cache *c, pk_cache_many *records, size_t n);
#endif

/* ---- Leases: one caller produces what is missing, without anyone waiting. After Nishtala et al. (NSDI 2013). ----
       pk_cache_lease lease;
       switch (pk_cache_get_or_lease(&cache, &key, sizeof key, &value, sizeof value, NULL, &lease)) {
       case PK_OK: use(value); break;
       case PK_NOT_FOUND: ask_the_sensor(key, lease); break; // whose answer calls pk_cache_fill(&cache, &lease, …)
       case PK_AGAIN: break;                                 // it has been asked: come back later
       }
   The same key's put, its remove and a clear end its lease: what was fetched before them is PK_STALE, and not put. In firmware without
   PERFKIT_CACHE_THREADS only a put does, while the entry that it put is there. Leases live in a table: of desc.max_loads when hosted,
   or given by pk_cache_set_leases. Threads as the cache. */

#if PERFKIT_CACHE_LEASES
typedef struct pk_cache_lease { /* private, and may be copied and moved; all zero: none */
    uint32_t token;
    unsigned at;
} pk_cache_lease;

/* Whether the lease was granted: it may have ended since. */
PK__INLINE bool pk_cache_lease_granted(const pk_cache_lease *lease) { return lease->token != 0; }

/* Get, or else be the one who is to produce the value. Each answer counts as a hit or a miss, as get's does.
     PK_OK          the value was copied, as by get; or a stale one, which somebody else refreshes now
     PK_NOT_FOUND   not there, and *lease is granted: call pk_cache_fill or pk_cache_abandon within desc.lease_ms
     PK_STALE       *lease is granted, and the value, which is past its time by less than desc.stale_ms, was copied
     PK_AGAIN       not there; somebody else has the lease
     PK_FULL        not there; all leases of the table are out
     PK_TOO_BIG     as from get; no lease
     PK_UNSUPPORTED there is no table
   A failure that abandon left (desc.negative_ttl_ms) is answered as it was given, or as PK_CREATE_FAILED where it is one of the
   above. A lease not given back by its deadline is anybody's. O(1) + O(leases) where the key is missing. */
PK_API pk_status pk_cache_get_or_lease(pk_cache *c, const void *key, size_t key_len, void *value, size_t size, size_t *len,
                                       pk_cache_lease *lease);

/* Put the value for the key of the lease, and give the lease back. PK_STALE: its time was over, or its key was put, removed or
   cleared meanwhile (as said above): nothing is put. Any other error is put's, and the lease holds on. */
PK_API pk_status pk_cache_fill(pk_cache *c, const pk_cache_lease *lease, const void *value, size_t len, pk_time ttl_ms);

/* Give the lease back without a value: the next caller gets one. With desc.negative_ttl_ms a status other than PK_OK is
   remembered, and answered to all until that is over. PK_STALE as from fill. */
PK_API pk_status pk_cache_abandon(pk_cache *c, const pk_cache_lease *lease, pk_status status);

/* End the lease of a key (NULL: all of them), as put does: in firmware without threads, after a remove or clear that shall stand. */
PK_API void pk_cache_revoke(pk_cache *c, const void *key, size_t key_len);

/* Give a cache its table of leases: for firmware, and PK_CACHE_STATIC. `memory` of PK_CACHE_LEASE_BYTES(leases, key_size) bytes
   (with lengths that vary, slot_size in place of key_size) stays the cache's until it is closed; lease_ms as in a desc.
   PK_INVALID: too small for one lease, or lease_ms > PK_TTL_MAX. PK_BUSY: a lease is out. One thread, before the first lease. */
PK_API pk_status pk_cache_set_leases(pk_cache *c, void *memory, size_t memory_size, pk_time lease_ms);
#define PK_CACHE_LEASE_BYTES(leases, key_size) \
    (7u + sizeof(pk__cache_leases) + (size_t)(leases) * PK__CACHE_LEASE_STRIDE(key_size))
#endif

/* ---- Loading: get, or run a function that produces the value, once for however many threads ask ---- */

#if PERFKIT_CACHE_LOAD
/* Produces the value of a key: writes it to `value`, where there is room for `size` bytes, and its length to *len (which comes
   as value_size, where that is fixed). *ttl_ms comes as 0, the default, and may be set as in put. PK_TOO_BIG with *len set says
   how much room it takes. Any status but PK_OK is a failure: nothing is put. It runs outside all locks and may call the cache,
   load other keys and take its time. PK_OK and failures are positive, as pk_status. */
typedef pk_status (*pk_load_fn)(void *user, const void *key, size_t key_len, void *value, size_t size, size_t *len,
                                pk_time *ttl_ms);

/* Get, or load and put. While one caller loads a key, the others who ask for it wait (threads) and get its value, or its failure.
     - A value past its time by less than desc.stale_ms: one caller loads it anew, the others get the stale value at once. Where
       that load fails, its caller gets the stale value as well (PK_OK), as by stale-if-error of RFC 5861.
     - A failure is not remembered, and the next caller loads again; but with desc.negative_ttl_ms it is answered for so long
       (and a stale value served without another try), or until the key is put or removed.
     - Put, remove and clear of the key meanwhile stand: the loaded value is handed out, and not put. Who asks after them starts
       a load of its own.
   PK_OK: the value was copied. PK_TOO_BIG: as get, or the value is larger than all slots, or than `size`: *len tells.
   PK_CYCLE: the loader of this key, directly or by way of loads of other threads, has come to ask for it. Loads by way of
   other caches are not followed. PK_FULL: loads within loads, more than desc.max_loads deep; without threads no more than that
   many at once; with threads a caller waits until there are fewer. PK_UNSUPPORTED: it would have to wait, and PERFKIT_COND_WAIT
   is missing. Else the loader's status, or that of the put. O(1) on a hit; else O(loads), plus O(loads²) within a loader. */
PK_API pk_status pk_cache_get_or_load(pk_cache *c, const void *key, size_t key_len, void *value, size_t size, size_t *len,
                                      pk_load_fn loader, void *load_user);

/* Load those of n keys that are missing or stale, so that later gets find them: `keys` are n keys of key_len bytes each, one
   after the other. Values pass through `room`, of `size` bytes, which holds nothing useful after. Entries that are there become
   the most recent; hits and misses are not counted. *failed (may be NULL) = how many keys failed. PK_OK, or the status of the
   first that failed; the others are loaded all the same. */
PK_API pk_status pk_cache_prefetch(pk_cache *c, const void *keys, size_t key_len, size_t n, void *room, size_t size,
                                   pk_load_fn loader, void *load_user, size_t *failed);

typedef struct pk_cache_load_stats { /* apart from pk_cache_stats, which costs every cache memory */
    pk_count loads, load_failures; /* loaders run; those that failed */
    pk_count waits;                /* callers who waited for another's load */
    pk_count stale_served;         /* misses answered with a stale value */
    pk_count negative_hits;        /* misses answered with a failure that was remembered */
    pk_count discarded;            /* loaded values not put, as the key was put or removed meanwhile */
    pk_ticks load_ticks;           /* sum of the loaders' times, of PERFKIT_TICKS_HZ a second: nanoseconds when hosted */
    uint32_t loading;              /* at this moment */
} pk_cache_load_stats;

/* Any thread. PK_CLOSED. */
PK_API pk_status pk_cache_get_load_stats(pk_cache *c, pk_cache_load_stats *stats);
#endif

#if !PK__TINY
#if PERFKIT_CACHE_SNAPSHOT
/* ---- Snapshots: the entries as bytes, to a file or by callbacks (flash, a socket), and back into a cache of the same key_size,
   value_size and schema. Capacity, slots, policy and hash may differ: a smaller cache keeps the most recent. ---- */

#ifndef PERFKIT_CACHE_SNAPSHOT_BUFFER /* bytes in a pk_cache_transfer; a key and 40 B have to fit, of S3-FIFO a slot and 48 B */
#define PERFKIT_CACHE_SNAPSHOT_BUFFER (PERFKIT_HOSTED ? 16384 : 128)
#endif

/* They may take or give less than n, and are called again. They may wait, but not use this cache. With threads no lock is held,
   but for the writing of a value longer than the buffer: others who come to its shard wait until it is written. */
typedef size_t (*pk_cache_write_fn)(void *user, const void *bytes, size_t n); /* how many it took; 0: it failed */
typedef size_t (*pk_cache_read_fn)(void *user, void *bytes, size_t n);        /* how many it gave; 0: the end */
#define PK_CACHE_IO_FAILED ((size_t)-1) /* what a callback answers where reading or writing failed */
#define PK_CACHE_IO_LATER ((size_t)-2)  /* nothing now: the step answers PK_AGAIN; where such a long value is written, PK_IO */

/* Write every entry that has not expired, with the time it has left. PK_IO: the callback failed. PK_BUSY: another save or load of
   this cache is under way. PK_UNSUPPORTED: PERFKIT_CACHE_SNAPSHOT_BUFFER is too small for all keys, and PK_TOO_BIG: for one of those
   whose lengths vary. O(capacity). */
PK_API pk_status pk_cache_save(pk_cache *c, pk_cache_write_fn write_fn, void *user);

/* Empty the cache (PK_EVICT_CLEARED) and put what a snapshot holds, in its order; it reads ahead, by one buffer at most. *kept
   (may be NULL) = the keys that were put from it. Times to live go on where they stood, or where both caches have a
   wall_clock as if they had been running all the time. Each entry counts as a put. O(capacity + bytes).
   PK_MISMATCH: of other sizes, another schema or a newer format, and PK_IO before anything was read: the cache is as it was.
   PK_CORRUPT: torn or altered, and PK_IO: it is empty, or, with PK_CACHE_SALVAGE, it has all records that are whole, and *kept tells
   how many these were. PK_BUSY and PK_UNSUPPORTED, as it was: as pk_cache_save.
   PK_UNSUPPORTED, empty: entries have times to live, and this cache has no clock. */
PK_API pk_status pk_cache_load(pk_cache *c, pk_cache_read_fn read_fn, void *user, unsigned flags, uint32_t *kept);
#define PK_CACHE_SALVAGE 1u

/* The same in portions; other operations are allowed in between, but for close (PK_BUSY). Zero the state before.
       pk_cache_transfer t;
       status = pk_cache_save_begin(&cache, &t, write_fn, user);
       while (status == PK_OK && (status = pk_cache_save_step(&t, 100)) == PK_AGAIN) …
   A step handles `budget` entries, or so many buffers of long ones. PK_AGAIN: call it again; all else ends it. PK_FORKED: it
   began in the parent process, and a cache with threads lets only that go on with it.
   Save: what is there from begin to end is in the snapshot; what was not used meanwhile in its exact order. At most 2 × capacity
   records. Load: keys that were put meanwhile keep their newer values; what is only used or touched is loaded as it stands last in the
   snapshot. pk_cache_transfer_end stops either before its end: a load
   then leaves what it has put so far. */
typedef struct pk_cache_transfer { /* all private */
    struct pk_cache *cache;
    struct pk_cache *holder; /* of the long value at hand */
    pk_cache_write_fn write_fn;
    pk_cache_read_fn read_fn;
    void *user;
    uint64_t age;            /* milliseconds since the snapshot was made */
    uint64_t hash_seed;      /* of the cache that it was made of; 0: any does */
    uint32_t offset;         /* of buffer[0] in the whole */
    uint32_t count, kept;    /* records so far */
    uint32_t sum, seed, crc; /* over all; where a record's begins; of the record at hand */
    uint32_t left;           /* of the long value at hand, the bytes to come */
    pk_time began;           /* when, by the cache's clock */
    pk_time ttl, interval;   /* of the record at hand */
    unsigned at, end;        /* what is in the buffer */
    unsigned head;           /* bytes of a record before its key */
    unsigned part;           /* of the cache's parts, the one whose turn it is */
    unsigned entry, slot, slot_at; /* of the long value at hand */
    pk_status result;
    uint8_t record_flags;    /* of the record at hand */
    uint16_t ways;           /* of the set at hand, those that have been saved */
    uint32_t forks;          /* that the cache's process had seen when it began */
    uint8_t phase, flags;
    unsigned char buffer[PERFKIT_CACHE_SNAPSHOT_BUFFER];
} pk_cache_transfer;
PK_API pk_status pk__cache_save_begin(pk_cache *c, pk_cache_transfer *t, size_t size, pk_cache_write_fn write_fn, void *user);
PK_API pk_status pk__cache_load_begin(pk_cache *c, pk_cache_transfer *t, size_t size, pk_cache_read_fn read_fn, void *user,
                                      unsigned flags);
PK__INLINE pk_status pk_cache_save_begin(pk_cache *c, pk_cache_transfer *t, pk_cache_write_fn write_fn, void *user) {
    return pk__cache_save_begin(c, t, sizeof(pk_cache_transfer), write_fn, user);
}
PK__INLINE pk_status pk_cache_load_begin(pk_cache *c, pk_cache_transfer *t, pk_cache_read_fn read_fn, void *user,
                                         unsigned flags) {
    return pk__cache_load_begin(c, t, sizeof(pk_cache_transfer), read_fn, user, flags);
}
PK_API pk_status pk_cache_save_step(pk_cache_transfer *t, uint32_t budget);
PK_API pk_status pk_cache_load_step(pk_cache_transfer *t, uint32_t budget);
PK_API void pk_cache_transfer_end(pk_cache_transfer *t);

#if PERFKIT_HOSTED
/* To a file: written beside it (path.tmp), synced and renamed, so that at every moment, whatever fails, `path` is the old file or
   the new one. PK_IO: errno (Windows: GetLastError) tells; PK_BUSY: another save to it, or another save or load of this cache, is
   under way, and PK_INVALID: a path of more than 4091 bytes: nothing is touched. Else as pk_cache_save. */
PK_API pk_status pk_cache_save_file(pk_cache *c, const char *path);
/* PK_NOT_FOUND: no such file, and PK_IO: it can't be opened: the cache is as it was. Else as pk_cache_load; more bytes than the
   snapshot's are PK_CORRUPT. */
PK_API pk_status pk_cache_load_file(pk_cache *c, const char *path, unsigned flags, uint32_t *kept);
#endif
#endif /* PERFKIT_CACHE_SNAPSHOT */

#if PERFKIT_CACHE_SIPHASH
/* For keys that others choose: as desc.hash, a keyed hash for which nobody without the key finds keys that collide (SipHash-1-3:
   Aumasson and Bernstein, 2012). The key is the cache's: desc.hash_key, or random when hosted. Called directly, `key_of_16_bytes`
   is the key. A get of a small cache takes about twice the time with it (measured: 13 and 28 ns with keys of 8 bytes, 15 and 32 of
   32). */
PK_API pk_hash pk_cache_siphash(void *key_of_16_bytes, const void *key, size_t key_len);
#endif

/* ---- Events and statistics ---- */

#if PERFKIT_CACHE_EVENTS
/* What on_event hears of; a, b: the figures. */
enum {
    PK_CACHE_EVENT_TOO_BIG = 1, /* put refused a key and value of a bytes (a varying key takes 2 more); b are all. Counted as rejected */
    PK_CACHE_EVENT_CROWDED,     /* an entry left as PK_EVICT_CROWDED: a poor hash, or an attack; a = entries, b = capacity */
    PK_CACHE_EVENT_FILLING,     /* entries, or slots where lengths vary, crossed 80 %: a used of b. Once until below 70 % */
    PK_CACHE_EVENT_UNEVEN /* the fullest shard has a of them, over 3 × the average, b, and over 15: a poor hash. Once until below 2 × */
};
#endif

#if PERFKIT_STATS
typedef struct pk_cache_stats {
    pk_count hits, misses;           /* of get; hits + misses = gets */
    pk_count puts;                   /* that succeeded; left[PK_EVICT_REPLACED] of them updated a key */
    pk_count rejected;               /* puts answered PK_TOO_BIG */
    pk_count left[PK_EVICT_REASONS]; /* entries that left, by reason */
    uint32_t count, capacity;        /* entries now, and at most */
    size_t bytes, max_bytes;         /* of slots in use now, and at most */
    size_t memory;                   /* of the whole block, index and links included; 0 for PK_CACHE_STATIC */
} pk_cache_stats;

PK_API pk_status pk_cache_get_stats(const pk_cache *c, pk_cache_stats *stats);
PK_API void pk_cache_reset_stats(pk_cache *c); /* all counters to 0 */
#if PERFKIT_CACHE_TIMING
/* How long gets took, locks included, in ticks of PERFKIT_TICKS(): of every 64th pk_cache_get, or typed get, from the first on.
   Any thread; with threads some may be left out. */
typedef struct pk_cache_timing {
    pk_count samples;
    uint64_t ticks;   /* of all of them */
    pk_ticks longest;
} pk_cache_timing;
PK_API pk_status pk_cache_get_timing(const pk_cache *c, pk_cache_timing *timing);
/* Nanoseconds of a get, on average; 0: no samples. */
PK__INLINE uint64_t pk_cache_timing_ns(const pk_cache_timing *t) {
    return t->samples ? t->ticks / t->samples * 1000000000u / PERFKIT_TICKS_HZ : 0;
}
#endif
#if PERFKIT_CACHE_THREADS
/* The figures of shard i; memory is 0 there. Without shards, 0 is the cache itself. PK_INVALID: there is no such shard. */
PK_API pk_status pk_cache_get_shard_stats(const pk_cache *c, uint32_t i, pk_cache_stats *stats);
#endif

#define PK_RATE_NONE ((int32_t)-1) /* no data yet */

/* part of whole in 1/100 %, 0 to 10000; PK_RATE_NONE where whole is 0. */
PK__INLINE int32_t pk__rate(pk_count part, pk_count whole) {
    if (whole == 0) return PK_RATE_NONE;
    if (part > whole) part = whole;
    while (whole > 400000u) { /* 10000 × 400000 fits 32 bits */
        whole >>= 1;
        part >>= 1;
    }
    return (int32_t)((uint32_t)part * 10000u / (uint32_t)whole);
}
PK__INLINE int32_t pk_cache_hit_rate(const pk_cache_stats *s) { return pk__rate(s->hits, s->hits + s->misses); } /* 1/100 % */
PK__INLINE int32_t pk_cache_miss_rate(const pk_cache_stats *s) { /* 1/100 %; with the hit rate exactly 10000 */
    int32_t hit_rate = pk_cache_hit_rate(s);
    return hit_rate == PK_RATE_NONE ? PK_RATE_NONE : 10000 - hit_rate;
}
PK__INLINE int32_t pk_cache_eviction_rate(const pk_cache_stats *s) { /* forced out per put, 1/100 % */
    return pk__rate(s->left[PK_EVICT_LRU] + s->left[PK_EVICT_BYTES] + s->left[PK_EVICT_CROWDED], s->puts);
}

/* The same for the time between two readings of the statistics, with no reset in between: a window for whoever reads them
   regularly. */
typedef struct pk_cache_rates {
    int32_t hit, miss, eviction; /* 1/100 %, or PK_RATE_NONE: no gets, no puts */
} pk_cache_rates;
PK__INLINE void pk_cache_rates_between(const pk_cache_stats *now, const pk_cache_stats *then, pk_cache_rates *rates) {
    pk_cache_stats window = *now;
    int reason;
    window.hits = (pk_count)(now->hits - then->hits);
    window.misses = (pk_count)(now->misses - then->misses);
    window.puts = (pk_count)(now->puts - then->puts);
    for (reason = 0; reason < PK_EVICT_REASONS; reason++) window.left[reason] = (pk_count)(now->left[reason] - then->left[reason]);
    rates->hit = pk_cache_hit_rate(&window);
    rates->miss = pk_cache_miss_rate(&window);
    rates->eviction = pk_cache_eviction_rate(&window);
}
#endif
#endif /* !PK__TINY */

/* ---- Private: what the macros above expand to. ---- */

/* Places in the array of counters. */
#define PK__CACHE_HITS 0
#define PK__CACHE_MISSES 1
#define PK__CACHE_PUTS 2
#define PK__CACHE_REJECTED 3
#define PK__CACHE_LEFT 4 /* plus the reason */
#define PK__CACHE_COUNTERS (PK__CACHE_LEFT + PK_EVICT_REASONS)

/* What a put may find: it goes on in any case; only without an entry of the key; only with one; only with one of this version.
   A failure is a put without a value. */
enum { PK__CACHE_PUT, PK__CACHE_PUT_FAILURE, PK__CACHE_PUT_IF_ABSENT, PK__CACHE_PUT_IF_THERE, PK__CACHE_PUT_IF_VERSION };

#define PK__CACHE_EXTRAS (PERFKIT_CACHE_MORE || PERFKIT_CACHE_WHEEL || PERFKIT_CACHE_LOAD)
#define PK__CACHE_NONE 255u
#if PERFKIT_CACHE_THREADS
#define PK__CACHE_SHARDED(c) (((c)->special & (PK__CACHE_IS_S3 | PK__CACHE_IS_LOCKED)) == PK__CACHE_IS_LOCKED)
#else
#define PK__CACHE_SHARDED(c) false
#endif
#define PK__CACHE_PLAIN_S3 (PERFKIT_CACHE_S3FIFO ? PK__CACHE_IS_S3 : 0u) /* what has a short path of its own */

#if PERFKIT_CACHE_PINS
/* One pinned entry, in a hash table of them by entry number; places in it count from 1. */
typedef struct pk__cache_pin {
    unsigned token; /* pk_cache_item.entry of the items that show it: the top bit, how often it was used, and its place - 1 */
    pk__cache_n entry;
    uint16_t count; /* of items; 0: not in use */
    uint16_t next;  /* the one behind it in its bucket, or in the list of free ones */
    uint16_t first; /* the first one of the bucket of this place */
    uint8_t reason; /* why the entry left, where it is not live */
} pk__cache_pin;
#endif
#if PERFKIT_CACHE_WHEEL
#define PK__CACHE_LEVELS ((PERFKIT_TIME_BITS + 5) / 6)
#define PK__CACHE_DUE (PK__CACHE_LEVELS * 64u)      /* lists beyond those of the slots: of entries to be removed, */
#define PK__CACHE_PENDING (PK__CACHE_LEVELS * 64u + 1u) /* and of those on their way to a lower level */
/* Level n has 64 slots of 64^n ms; each is a ring of the entries that end within it, through their links and this head. */
typedef struct pk__cache_wheel {
    pk_time at; /* moments up to here have passed */
    uint64_t occupied[PK__CACHE_LEVELS];
    uint32_t heads[(PK__CACHE_PENDING + 1) * 2]; /* next and previous; a head's number is the capacity + 1 + its place */
    uint32_t count, steps; /* entries in it; steps that its last run took */
} pk__cache_wheel;
#endif
#define PK__CACHE_LOADS (PERFKIT_CACHE_LOAD || (PERFKIT_CACHE_LEASES && (PK__FULL || PERFKIT_CACHE_THREADS)))
#if PERFKIT_CACHE_LEASES
/* A lease given out, and behind it its key. Tables are changed under the lock of the loads only. */
typedef struct pk__cache_lease {
    uint32_t token; /* 0: free */
    pk_time until;
    size_t key_len;
    uint32_t voids; /* while it is being filled: how often its key was put or removed, the filling put included */
    uint8_t filling;
} pk__cache_lease;
typedef struct pk__cache_leases { /* the table: then come the leases */
    pk_time ms;
    uint32_t token; /* the last one given out */
    unsigned count, stride;
} pk__cache_leases;
#define PK__CACHE_LEASE_STRIDE(key_size) PK__CACHE_UP(sizeof(pk__cache_lease) + (key_size))
#endif
#if PK__CACHE_LOADS
struct pk__cache_load;
typedef struct pk__cache_loads {
    uint32_t out; /* leases and loads that are out */
    bool threads;
    pk_time stale, negative;
    struct pk__cache_leases *leases;
    struct pk__cache_load *first; /* the loads that run: records on their callers' stacks */
    uint32_t loading, most, queued; /* loads; how many there may be; callers who wait for there to be fewer */
    pk_count counts[6];             /* as the fields of pk_cache_load_stats */
    pk_ticks ticks;
    pk_mutex lock; /* with threads: of all of this */
    pk_cond changed;
} pk__cache_loads;
#define PK__CACHE_LOADS_NONE {0, false, 0, 0, NULL, NULL, 0, 0, 0, {0, 0, 0, 0, 0, 0}, 0, {NULL}, {NULL}}
#endif

typedef struct pk__cache_cold {
    unsigned char *flags; /* for each entry PK__CACHE_LIVE, _NEVER, _PINNED */
    const char *name;
    pk_allocator allocator; /* from here to user as in pk_cache_desc, and copied in one piece */
    pk_clock_fn clock;      /* NULL: there is none */
    pk_hash_fn hash;
    pk_equal_fn equal;
    pk_evict_fn on_evict;
    pk_event_fn on_event;
    void *user;
    void *block; /* to free; NULL: the caller's */
    size_t block_size;
    pk_time ttl;           /* default; PK_TTL_NEVER */
    pk__cache_n sweep;     /* the entry that the sweep visited last */
#if PERFKIT_CACHE_THREADS
    uint32_t hooks_running;
#else
    pk__cache_n hooks_running; /* on_evict calls that have not returned */
#endif
    uint8_t filling;       /* PK_CACHE_EVENT_FILLING was sent */
    /* chains: first slot and value length of each entry; links and counts of slots */
    uint32_t *items;
    unsigned char *next;
    pk__cache_n slots, slots_used, slots_free, slot_fresh, slot_list;
#if PK__CACHE_EXTRAS
    /* what a desc asks for beyond: one record for each entry, and where in it a field is (PK__CACHE_NONE: nowhere) */
    unsigned char *extra;
    uint8_t extra_size, at_version, at_ttl, at_times, at_wheel, at_negative;
    uint32_t version; /* given to the last put */
#endif
#if PERFKIT_CACHE_WHEEL
    pk__cache_wheel *wheel; /* NULL: desc.prompt_expiry was not asked for */
#endif
#if PERFKIT_CACHE_PINS
    pk__cache_pin *pins;
    pk__cache_n pins_live;          /* live entries that are pinned, */
    pk__cache_n slots_pinned;       /* and their slots */
    uint16_t pins_most, pins_out;   /* places, and how many are in use */
    uint16_t pins_fresh, pins_free; /* places used at some time; list of those that came back */
#endif
#if PERFKIT_CACHE_SNAPSHOT
    pk_wall_clock_fn wall_clock;
    uint32_t schema;
    pk__cache_n save_at;    /* the entry that a save writes next; what takes it out of the order puts its successor here */
    pk__cache_n save_left;  /* how many it may write before the sweep for what it missed */
    pk__cache_n save_sweep; /* the entry that the sweep visited last */
    uint32_t transfer;      /* 1 while a snapshot is being saved or loaded */
    uint8_t snapshot;       /* PK__CACHE_TO_…: what a save has to do next */
    uint8_t marked;         /* some entries may have PK__CACHE_MARK */
#endif
#if PERFKIT_CACHE_SIPHASH
    unsigned char hash_key[16];
#endif
    pk_count counters[PERFKIT_STATS ? PK__CACHE_COUNTERS : 1];
#if PK__CACHE_LOADS
    pk__cache_loads *loads; /* of all shards; NULL: own_loads */
    pk__cache_loads own_loads;
#elif PERFKIT_CACHE_LEASES
    pk__cache_leases *leases; /* NULL: there is no table */
#endif
#if PERFKIT_CACHE_TIMING
    volatile uint32_t gets, timing_busy; /* gets begun; the figures are being changed */
    struct { pk_count samples; uint64_t ticks; pk_ticks longest; } timing;
#endif
} pk__cache_cold;

#ifdef __AVR__
#define PK__CACHE_LINE 1u
#define PK__CACHE_UP(n) ((size_t)(n))
#define PK__CACHE_ALIGN(size) 1u
#else
#define PK__CACHE_LINE (PERFKIT_HOSTED ? 64u : 8u)
#define PK__CACHE_UP(n) (((size_t)(n) + 7u) & ~(size_t)7u)
#define PK__CACHE_ALIGN(size) (((unsigned)(size) | 8u) & (0u - ((unsigned)(size) | 8u))) /* lowest bit set, at most 8 */
#endif
#if PERFKIT_CACHE_LINK_BITS
#define PK__CACHE_WIDTH_FOR(n) (PERFKIT_CACHE_LINK_BITS / 8u)
#else
#define PK__CACHE_WIDTH_FOR(n) ((n) <= 254u ? 1u : (n) <= 65534u ? 2u : 4u)
#endif
#define PK__CACHE_MOST (PERFKIT_CACHE_LINK_BITS == 8 ? 254u : PERFKIT_CACHE_LINK_BITS == 16 ? 65534u : 0x7FFFFFFEu)
/* Entries per group on average when full: 5.4 of 7 lanes, 6.5 of 10, 9.25 of 12; by multiplication, as there may be no
   divider. */
#define PK__CACHE_GROUPS_8(n) ((unsigned)((uint32_t)(n) * 47u >> 8) + 1u)
#define PK__CACHE_GROUPS_16(n) ((unsigned)((uint32_t)(n) * 10082u >> 16) + 1u)
#define PK__CACHE_GROUPS_32(n) ((unsigned)((uint64_t)(n) * 7085u >> 16) + 1u)
#if !PK__FULL /* heads of chains */
#define PK__CACHE_GROUPS(n, width) ((PERFKIT_CACHE_LINK_BITS == 32 ? (unsigned)(n) / 2u + 1u : (unsigned)(n)) + 0u * (width))
#elif PERFKIT_CACHE_LINK_BITS
#define PK__CACHE_GROUPS(n, width) PK__JOIN(PK__CACHE_GROUPS_, PERFKIT_CACHE_LINK_BITS)(n)
#else
#define PK__CACHE_GROUPS(n, width) \
    ((width) == 1 ? PK__CACHE_GROUPS_8(n) : (width) == 2 ? PK__CACHE_GROUPS_16(n) : PK__CACHE_GROUPS_32(n))
#endif
#if PK__FULL
#define PK__CACHE_INDEX_OF(n, groups, width) ((groups) * (16u * (width)))
#else /* and a link for each entry, and one that is always 0 */
#define PK__CACHE_INDEX_OF(n, groups, width) ((((groups) + (n) + 1u) * (width) + 7u) / 8u * 8u)
#endif
#define PK__CACHE_INDEX_BYTES(n) \
    ((size_t)PK__CACHE_INDEX_OF((n), (size_t)PK__CACHE_GROUPS(n, PK__CACHE_WIDTH_FOR(n)), PK__CACHE_WIDTH_FOR(n)))
#define PK__CACHE_META(width) (2u * (width) + (PERFKIT_CACHE_TTL ? (unsigned)sizeof(pk_time) : 0u))
#define PK__CACHE_META_BYTES(n) ((size_t)PK__CACHE_META(PK__CACHE_WIDTH_FOR(n)) * ((size_t)(n) + 1u))
#define PK__CACHE_WIDER(a, b) ((a) > (b) ? (a) : (b))
#define PK__CACHE_ROUND(n, align) (((unsigned)(n) + (align) - 1u) & ~((align) - 1u))
#define PK__CACHE_VALUE_AT(key_size, value_size) PK__CACHE_ROUND(key_size, PK__CACHE_ALIGN(value_size))
#define PK__CACHE_STRIDE(key_size, value_size)                                    \
    PK__CACHE_ROUND(PK__CACHE_VALUE_AT(key_size, value_size) + (unsigned)(value_size), \
                    PK__CACHE_WIDER(PK__CACHE_ALIGN(key_size), PK__CACHE_ALIGN(value_size)))
#define PK__CACHE_SLOT_BYTES(n, key_size, value_size) ((size_t)(n) * PK__CACHE_STRIDE(key_size, value_size))

#if PERFKIT_HOSTED || defined PERFKIT_NOW_MS
PK_API pk_time pk__cache_clock(void *user);
#define PK__CACHE_CLOCK pk__cache_clock
#define PK__CACHE_HAS_CLOCK 1
#else
#define PK__CACHE_CLOCK NULL
#define PK__CACHE_HAS_CLOCK 0
#endif
#define PK__CACHE_TTL_DEFAULT (PERFKIT_HOSTED && PERFKIT_CACHE_TTL ? (pk_time)300000u : PK_TTL_NEVER)

#if PERFKIT_HOSTED && (defined __GNUC__ || defined __clang__)
#define PK__CACHE_ALIGNED __attribute__((aligned(64)))
#else
#define PK__CACHE_ALIGNED
#endif
#if PERFKIT_CACHE_WHEEL
#define PK__CACHE_NO_WHEEL NULL,
#else
#define PK__CACHE_NO_WHEEL
#endif
#if PERFKIT_CACHE_PINS
#define PK__CACHE_PINS_WANTED (PERFKIT_HOSTED ? 256u : 16u)
#define PK__CACHE_PINS_FOR(capacity) \
    ((uint16_t)((unsigned)(capacity) < PK__CACHE_PINS_WANTED ? (unsigned)(capacity) : PK__CACHE_PINS_WANTED)) /* ≤ entries */
#define PK__CACHE_PIN_BYTES(capacity) PK__CACHE_UP(PK__CACHE_PINS_FOR(capacity) * sizeof(pk__cache_pin))
#define PK__CACHE_STATIC_PINS(name, capacity) static pk__cache_pin name##_pins[PK__CACHE_PINS_FOR(capacity)];
#define PK__CACHE_PINS_OF(name, capacity) name##_pins, 0, 0, PK__CACHE_PINS_FOR(capacity), 0, 0, 0,
#else
#define PK__CACHE_PIN_BYTES(capacity) 0u
#define PK__CACHE_STATIC_PINS(name, capacity)
#define PK__CACHE_PINS_OF(name, capacity)
#endif
#if PK__CACHE_EXTRAS
#define PK__CACHE_NO_EXTRAS NULL, 0, PK__CACHE_NONE, PK__CACHE_NONE, PK__CACHE_NONE, PK__CACHE_NONE, PK__CACHE_NONE, 0,
#else
#define PK__CACHE_NO_EXTRAS
#endif
#if PERFKIT_CACHE_SNAPSHOT
#define PK__CACHE_NO_SNAPSHOT NULL, 0, 0, 0, 0, 0, 0, 0,
#else
#define PK__CACHE_NO_SNAPSHOT
#endif
#if PERFKIT_CACHE_SIPHASH
#define PK__CACHE_NO_SIPHASH {0},
#else
#define PK__CACHE_NO_SIPHASH
#endif
#if PK__CACHE_LOADS
#define PK__CACHE_NO_LOADS , NULL, PK__CACHE_LOADS_NONE
#elif PERFKIT_CACHE_LEASES
#define PK__CACHE_NO_LOADS , NULL
#else
#define PK__CACHE_NO_LOADS
#endif
#if PERFKIT_CACHE_TIMING
#define PK__CACHE_NO_TIMING , 0, 0, {0, 0, 0}
#else
#define PK__CACHE_NO_TIMING
#endif
#if PK__CACHE_SECONDS
#define PK__CACHE_NO_SECOND , 0
#else
#define PK__CACHE_NO_SECOND
#endif
#define PK__CACHE_STATIC_ARRAY(name, size) \
    static union {                         \
        uint64_t align;                    \
        unsigned char bytes[size];         \
    } name
#define PK__CACHE_STATIC_PARTS(name, capacity, key_size, value_size, ttl_ms)                                              \
    PK__STATIC_ASSERT(name##_has_a_capacity_or_size_of_0_or_more_entries_than_PERFKIT_CACHE_LINK_BITS_number,            \
                      (capacity) >= 1 && (capacity) <= PK__CACHE_MOST && (key_size) >= 1 && (value_size) >= 1);          \
    PK__STATIC_ASSERT(name##_has_a_ttl_without_PERFKIT_NOW_MS_or_PERFKIT_CACHE_TTL_or_above_PK_TTL_MAX,                  \
                      (ttl_ms) == 0 || (pk_time)(ttl_ms) == PK_TTL_NEVER ||                                              \
                          (PERFKIT_CACHE_TTL && PK__CACHE_HAS_CLOCK && (pk_time)(ttl_ms) <= PK_TTL_MAX));                \
    PK__CACHE_STATIC_ARRAY(name##_index, PK__CACHE_INDEX_BYTES(capacity)) PK__CACHE_ALIGNED;                             \
    PK__CACHE_STATIC_ARRAY(name##_meta, PK__CACHE_META_BYTES(capacity));                                                 \
    PK__CACHE_STATIC_ARRAY(name##_slots, PK__CACHE_SLOT_BYTES(capacity, key_size, value_size));                          \
    static unsigned char name##_flags[(capacity) + 1];                                                                   \
    PK__CACHE_STATIC_PINS(name, capacity)                                                                                \
    static pk__cache_cold name##_cold = {name##_flags, PERFKIT_CACHE_EVENTS ? #name : NULL, {NULL, NULL, NULL}, PK__CACHE_CLOCK, \
                                         NULL, NULL, NULL, NULL, NULL, NULL, 0, (ttl_ms) ? (pk_time)(ttl_ms) : PK__CACHE_TTL_DEFAULT, 0, 0, 0, \
                                         NULL, NULL, 0, 0, 0, 0, 0, PK__CACHE_NO_EXTRAS PK__CACHE_NO_WHEEL \
                                         PK__CACHE_PINS_OF(name, capacity) PK__CACHE_NO_SNAPSHOT PK__CACHE_NO_SIPHASH{0}        \
                                             PK__CACHE_NO_LOADS PK__CACHE_NO_TIMING};
#define PK__CACHE_STATIC_VALUE(name, capacity, key_size, value_size, ttl_ms)                                             \
    {name##_index.bytes, name##_meta.bytes, name##_slots.bytes, &name##_cold, PK__CACHE_WIDTH_FOR(capacity), 0, 0, 0,    \
     (capacity), PK__CACHE_CLOCK, 0x2545u, 0, PK__CACHE_GROUPS(capacity, PK__CACHE_WIDTH_FOR(capacity)), 0, 0, 0,       \
     (key_size), (value_size), PK__CACHE_VALUE_AT(key_size, value_size), PK__CACHE_STRIDE(key_size, value_size)       \
     PK__CACHE_NO_SECOND}

#if !PK__TINY
#define PK__CACHE_TYPED_LOOKS(name, Key, Value)                                                                               \
    PK__INLINE bool name##_contains(name *typed, Key key) { return pk_cache_contains(&typed->cache, &key, sizeof(Key)); }    \
    PK__INLINE pk_status name##_peek(name *typed, Key key, Value *value, pk_time *ttl_left) {                                \
        return pk_cache_peek(&typed->cache, &key, sizeof(Key), value, sizeof(Value), NULL, ttl_left);                        \
    }                                                                                                                        \
    PK__INLINE pk_status name##_touch(name *typed, Key key, pk_time ttl_ms) {                                                \
        return pk_cache_touch(&typed->cache, &key, sizeof(Key), ttl_ms);                                                     \
    }
#else
#define PK__CACHE_TYPED_LOOKS(name, Key, Value)
#endif
#if PERFKIT_CACHE_MORE
#define PK__CACHE_TYPED_MORE(name, Key, Value)                                                                               \
    PK__INLINE pk_status name##_put_if_absent(name *typed, Key key, const Value *value, pk_time ttl_ms) {                    \
        return pk_cache_put_if_absent(&typed->cache, &key, sizeof(Key), value, sizeof(Value), ttl_ms);                       \
    }                                                                                                                        \
    PK__INLINE pk_status name##_replace(name *typed, Key key, const Value *value, pk_time ttl_ms) {                          \
        return pk_cache_replace(&typed->cache, &key, sizeof(Key), value, sizeof(Value), ttl_ms);                             \
    }                                                                                                                        \
    PK__INLINE size_t name##_get_many(name *typed, const Key *keys, Value *values, pk_status *statuses, size_t n) {          \
        pk__cache_batch batch;                                                                                               \
        pk__cache_batch_of(&batch, keys, values, NULL, statuses, n);                                                         \
        return PK__CACHE_TYPED_GET_MANY(&typed->cache, &batch, sizeof(Key), sizeof(Value));                                  \
    }                                                                                                                        \
    PK__INLINE size_t name##_put_many(name *typed, const Key *keys, const Value *values, pk_time ttl_ms,                     \
                                      pk_status *statuses, size_t n) {                                                       \
        pk__cache_batch batch;                                                                                               \
        pk__cache_batch_of(&batch, keys, NULL, values, statuses, n);                                                         \
        batch.ttl = ttl_ms;                                                                                                  \
        return PK__CACHE_TYPED_PUT_MANY(&typed->cache, &batch, sizeof(Key), sizeof(Value));                                  \
    }

/* A batch: of records, or of arrays. */
typedef struct pk__cache_batch {
    pk_cache_many *records; /* NULL: these */
    const void *keys, *sources;
    void *values;
    pk_status *statuses; /* or NULL */
    size_t n, key_size, value_size;
    pk_time ttl;
} pk__cache_batch;
PK__INLINE void pk__cache_batch_of(pk__cache_batch *b, const void *keys, void *values, const void *sources, pk_status *statuses,
                                   size_t n) {
    b->records = NULL;
    b->keys = keys;
    b->values = values;
    b->sources = sources;
    b->statuses = statuses;
    b->n = n;
    b->ttl = 0;
}
PK_API size_t pk__cache_get_batch(pk_cache *c, pk__cache_batch *b, size_t key_size, size_t value_size);
PK_API size_t pk__cache_put_batch(pk_cache *c, pk__cache_batch *b, size_t key_size, size_t value_size);
#define PK__CACHE_TYPED_GET_MANY pk__cache_get_batch
#define PK__CACHE_TYPED_PUT_MANY pk__cache_put_batch
#else
#define PK__CACHE_TYPED_MORE(name, Key, Value)
#endif
#define PK__CACHE_TYPED_GET(c, key, key_size, value, value_size) pk_cache_get(c, key, key_size, value, value_size, NULL)
#define PK__CACHE_TYPED_PUTTING PK__INLINE
#define PK__CACHE_TYPED_PUT(c, key, key_size, value, value_size, ttl) pk_cache_put(c, key, key_size, value, value_size, ttl)

PK__STATIC_ASSERT(cache_is_small, sizeof(pk_cache) <= (sizeof(void *) > 2 ? 96 : 72));
#endif /* PERFKIT_CACHE_H */

/* ==== The engine: inline in units that define PERFKIT_CACHE_INLINE (HOSTED), and the body of the implementation. ==== */
#if (defined PERFKIT_IMPLEMENTATION || defined PERFKIT_CACHE_IMPLEMENTATION || defined PERFKIT_STATIC || \
     (defined PERFKIT_CACHE_INLINE && PK__FULL)) && !defined PK__CACHE_ENGINE
#define PK__CACHE_ENGINE
#if PERFKIT_HOSTED
#include <assert.h> /* for PERFKIT_ASSERT, where only the engine is in the unit */
#endif
#include <string.h>
#if PERFKIT_CACHE_SIMD && defined __SSE2__
#include <emmintrin.h>
#elif PERFKIT_CACHE_SIMD
#include <arm_neon.h>
#endif

/* Each part takes the cache and, in hosted builds, a copy of its sizes: where they are constants the compiler folds them
   through all parts, which are always inlined. Elsewhere the parts are functions, one copy each, and read the sizes from the
   cache. */
#if PK__FULL
#define PK__CACHE_PART PK__HOT_INLINE /* PK__HOT_INLINE itself: parts with one caller, or smaller than a call */
#define PK__CACHE_CHAIN_PART PK__CACHE_PART
#define PK__CACHE_SELF pk_cache *c, const pk__cache_shape shape
#define PK__CACHE_THIS c, shape
#define PK__CACHE_NO_SHAPE (void)shape /* of a part that can do without, in some configuration */
#define PK__CACHE_IS(field) (shape.field)
#define PK__CACHE_MAY(what) ((shape.special & (what)) != 0) /* false at compile time on the short path */
#else
#if defined __GNUC__ || defined __clang__
#define PK__CACHE_PART static __attribute__((noinline, unused))
#else
#define PK__CACHE_PART PK__INLINE
#endif
#if PERFKIT_CACHE_CHAINS /* what is smaller than a call without them */
#define PK__CACHE_CHAIN_PART PK__CACHE_PART
#else
#define PK__CACHE_CHAIN_PART PK__HOT_INLINE
#endif
#define PK__CACHE_SELF pk_cache *c
#define PK__CACHE_THIS c
#define PK__CACHE_NO_SHAPE (void)0
#define PK__CACHE_IS(field) (c->field)
#define PK__CACHE_MAY(what) true
#endif
#define PK__CACHE_W (PERFKIT_CACHE_LINK_BITS ? PERFKIT_CACHE_LINK_BITS / 8u : (unsigned)PK__CACHE_IS(width))
#define PK__CACHE_IS_WIDE (PERFKIT_CACHE_LINK_BITS ? PERFKIT_CACHE_LINK_BITS == 32 : PK__CACHE_IS(width) == 4)
#define PK__CACHE_WIDTH_OF(c) (PERFKIT_CACHE_LINK_BITS ? PERFKIT_CACHE_LINK_BITS / 8u : (unsigned)(c)->width)
#define PK__CACHE_PREFIX (PERFKIT_CACHE_CHAINS ? (unsigned)PK__CACHE_IS(prefix) : 0u)
#define PK__CACHE_CHAINED (PERFKIT_CACHE_CHAINS && PK__CACHE_IS(chains))
#if PERFKIT_CACHE_LINK_BITS
#define PK__CACHE_LANES(w) ((unsigned)(PERFKIT_CACHE_LINK_BITS == 8 ? 7 : PERFKIT_CACHE_LINK_BITS == 16 ? 10 : 12) + 0u * (w))
#else
#define PK__CACHE_LANES(w) ((w) == 1 ? 7u : (w) == 2 ? 10u : 12u)
#endif
#define PK__CACHE_CROWDS (PERFKIT_CACHE_LINK_BITS != 8) /* with 8-bit links there are never so many groups, and chains are short */
#define PK__CACHE_PROBES 64u /* groups that a key may be away from its home, in firmware entries of its chain */
enum { PK__CACHE_LIVE = 1, PK__CACHE_NEVER = 2, PK__CACHE_PINNED = 4, PK__CACHE_PARKED = 8, PK__CACHE_NEGATIVE = 16,
       PK__CACHE_MARK = 32 }; /* this save has written it, or this load has put it; with S3-FIFO that of loads alone */
enum { PK__CACHE_TO_CLEAN = 1, PK__CACHE_TO_WALK, PK__CACHE_TO_SWEEP, PK__CACHE_TO_END, PK__CACHE_TO_LOAD }; /* cold->snapshot */
#if PERFKIT_CACHE_SNAPSHOT || PERFKIT_CACHE_PINS || PK__FULL /* live, and not for ever */
#define PK__CACHE_MORTAL(flags) (((flags) & (PK__CACHE_LIVE | PK__CACHE_NEVER)) == PK__CACHE_LIVE)
#else
#define PK__CACHE_MORTAL(flags) ((flags) == PK__CACHE_LIVE)
#endif

/* Whether entry e is pinned, and whether there is a wheel: false at compile time on the short paths. It is the cache that is asked
   for pins: on_evict may have taken one since the operation began. */
#define PK__CACHE_HELD(e)                                                                                                     \
    (PERFKIT_CACHE_PINS && PK__CACHE_MAY(255u & ~PK__CACHE_IS_S3) &&                                                          \
     PK__UNLIKELY((c->special & (PK__CACHE_IS_PINNED | PK__CACHE_IS_LOCKED)) != 0) &&                                         \
     (pk__cache_flags(PK__CACHE_THIS, e) & PK__CACHE_PINNED) != 0)
#define PK__CACHE_WHEELED (PK__CACHE_MAY(PK__CACHE_IS_EXTRA) && c->cold->wheel != NULL)

#if PK__FULL && (defined __GNUC__ || defined __clang__)
/* Sizes that only the cache knows: libc's functions would take more instructions to find out about them than to do the work. Each
   step is two pieces of constant size, which may overlap. gcc, where it sees a program's only object, must not: it would warn of
   the steps for larger ones. */
#define PK__CACHE_HIDE(to, from) __asm__("" : "+r"(to), "+r"(from))
#define PK__CACHE_COPY_ENDS(size)                                                                  \
    if (n >= (size)) {                                                                             \
        PK__CACHE_HIDE(to, from);                                                                  \
        memcpy(to, from, size);                                                                    \
        from = (const unsigned char *)from + (n - (size));                                         \
        if (n != (size)) memcpy((unsigned char *)to + (n - (size)), from, size);                   \
        return;                                                                                    \
    }
PK__HOT_INLINE void pk__cache_copy_short(void *to, const void *from, size_t n) {
    if (n > 128) {
        PK__CACHE_HIDE(to, from);
        memcpy(to, from, n);
        return;
    }
    PK__CACHE_COPY_ENDS(64)
    PK__CACHE_COPY_ENDS(32)
    PK__CACHE_COPY_ENDS(16)
    PK__CACHE_COPY_ENDS(8)
    for (; n > 0; n--) ((unsigned char *)to)[n - 1] = ((const unsigned char *)from)[n - 1];
}
PK__HOT_INLINE int pk__cache_compare_short(const void *a, const void *b, size_t n) {
    const unsigned char *x = (const unsigned char *)a, *y = (const unsigned char *)b;
    uint64_t p, q;
    if (n < 8 || n > 64) return memcmp(a, b, n);
    for (;; x += 8, y += 8, n -= 8) {
        memcpy(&p, x, 8);
        memcpy(&q, y, 8);
        if (p != q) return 1;
        if (n == 8) return 0;
        if (n < 16) break;
    }
    memcpy(&p, x + (n - 8), 8);
    memcpy(&q, y + (n - 8), 8);
    return p != q;
}
#define PK__CACHE_ZERO(p, n) memset(p, 0, n)
#define PK__CACHE_COMPARE(a, b, n) (__builtin_constant_p(n) ? memcmp(a, b, n) : pk__cache_compare_short(a, b, n))
#define PK__CACHE_COPY(to, from, n) \
    (__builtin_constant_p(n) ? (void)memcpy(to, from, n) : pk__cache_copy_short(to, from, n))
#elif PERFKIT_HOSTED || defined __AVR__
#define PK__CACHE_ZERO(p, n) memset(p, 0, n)
#define PK__CACHE_COMPARE(a, b, n) memcmp(a, b, n)
#define PK__CACHE_COPY(to, from, n) memcpy(to, from, n)
#else /* libc's come to more than all of this engine's lookups; they are seldom called, or for few bytes */
PK__CACHE_PART void pk__cache_zero(void *p, size_t n) {
    volatile unsigned char *to = (volatile unsigned char *)p; /* volatile: else the compiler makes this loop a memset again */
    for (; n > 0; n--) *to++ = 0;
}
PK__HOT_INLINE int pk__cache_compare(const unsigned char *a, const unsigned char *b, size_t n) {
    for (; n > 0; n--)
        if (*a++ != *b++) return 1;
    return 0;
}
PK__CACHE_PART void pk__cache_copy_bytes(void *to, const void *from, size_t n) { /* by words where all is aligned to them */
    volatile unsigned char *t = (volatile unsigned char *)to;
    const unsigned char *f = (const unsigned char *)from;
    if ((((uintptr_t)t | (uintptr_t)f | n) & 3) == 0)
        for (; n > 0; n -= 4, t += 4, f += 4) *(volatile uint32_t *)(volatile void *)t = *(const uint32_t *)(const void *)f;
    for (; n > 0; n--) *t++ = *f++;
}
#define PK__CACHE_COPY(to, from, n) pk__cache_copy_bytes(to, from, n)
#define PK__CACHE_ZERO(p, n) pk__cache_zero(p, n)
#define PK__CACHE_COMPARE(a, b, n) pk__cache_compare(a, (const unsigned char *)(b), n)
#endif

#if PK__FULL && (defined __GNUC__ || defined __clang__)
#define PK__CACHE_PREFETCH(p) __builtin_prefetch(p, 1)
#else
#define PK__CACHE_PREFETCH(p) ((void)(p))
#endif

typedef struct pk__cache_shape {
    unsigned key_size, value_size, value_offset, stride, width;
    uint8_t chains, prefix, special;
} pk__cache_shape;

/* Whether a length is one that keys or values may have. */
#define PK__CACHE_LENGTH_OK(len, fixed) ((len) == (fixed) || (PERFKIT_CACHE_CHAINS && (fixed) == 0))

/* A key and its hash, which firmware computes where it is needed: that is smaller. PK__CACHE_PLACE is what of them tells places in
   the index. */
#if PK__FULL
#define PK__CACHE_KEY const void *key, size_t key_len, pk_hash hash
#define PK__CACHE_KEYED key, key_len, hash
#define PK__CACHE_PLACE pk_hash hash
#define PK__CACHE_PLACED hash
#define PK__CACHE_HASH_OF hash
#define PK__CACHE_HASHING(self) pk_hash hash = pk__cache_hash(self, key, key_len)
#else
#define PK__CACHE_KEY const void *key, size_t key_len
#define PK__CACHE_KEYED key, key_len
#define PK__CACHE_PLACE PK__CACHE_KEY
#define PK__CACHE_PLACED PK__CACHE_KEYED
#define PK__CACHE_HASH_OF pk__cache_hash(c, key, key_len)
#define PK__CACHE_HASHING(self) ((void)0)
#endif

/* What is out of line even where the engine is inline. Not marked cold: gcc would take whatever leads to it, an eviction say, for
   cold as well, and copy values there with `rep movs`. */
#if PK__FULL && (defined __GNUC__ || defined __clang__)
#define PK__CACHE_AWAY __attribute__((noinline))
#else
#define PK__CACHE_AWAY PK__COLD
#endif
PK_API pk_status pk__cache_start_clock(pk_cache *c, pk_time ttl);
#if PK__FULL
PK_API void pk__cache_out(pk_cache *c, pk__cache_n e, pk_evict_reason reason);
PK_API void pk__s3_tidy(pk_cache *c, size_t set);
PK_API pk_status pk__cache_get_any(pk_cache *c, const void *key, size_t key_len, void *value, size_t size, size_t *len,
                                   uint32_t *version);
PK_API pk_status pk__cache_put_any(pk_cache *c, const void *key, size_t key_len, const void *value, size_t len, pk_time ttl,
                                   int mode, uint32_t version);
#define PK__CACHE_SHARED PK_API
#else
#define PK__CACHE_SHARED static
#define pk__cache_out pk__cache_leave
#endif
PK_API void pk__cache_drop(pk_cache *c, pk__cache_n e, pk_evict_reason reason);
#if PERFKIT_CACHE_LOAD
PK_API bool pk__cache_lingers(pk_cache *c, pk__cache_n e);
#define PK__CACHE_LINGERS(c, e) pk__cache_lingers(c, e)
PK_API void pk__cache_drop_over(pk_cache *c, pk__cache_n e);
#else
#define PK__CACHE_LINGERS(c, e) false
#define pk__cache_drop_over(c, e) pk__cache_drop(c, e, PK_EVICT_EXPIRED)
#endif
#if PK__CACHE_LOADS
PK_API void pk__cache_void(pk_cache *c, const void *key, size_t key_len);
PK__INLINE pk__cache_loads *pk__cache_loads_of(pk_cache *c) { return c->cold->loads ? c->cold->loads : &c->cold->own_loads; }
PK__INLINE bool pk__cache_is_out(pk_cache *c) { return pk__load32(&pk__cache_loads_of(c)->out) != 0; } /* a lease, or a load */
#define PK__CACHE_IS_OUT(c) PK__UNLIKELY(pk__cache_is_out(c))
#else
#define PK__CACHE_IS_OUT(c) false
#define pk__cache_void(c, key, key_len) ((void)0)
#endif
#if PERFKIT_CACHE_TTL
PK_API pk__cache_n pk__cache_move_on(pk_cache *c, pk_time now, pk__cache_n budget);
PK_API bool pk__cache_really_over(pk_cache *c, pk__cache_n e);
#endif
#if PERFKIT_CACHE_PINS
PK_API pk__cache_n pk__cache_park(pk_cache *c);
PK_API pk__cache_n pk__cache_unpinned_near(pk_cache *c, PK__CACHE_PLACE);
PK_API void pk__cache_outlive(pk_cache *c, pk__cache_n e, pk_evict_reason reason);
PK_API bool pk__cache_has_spare(pk_cache *c, pk__cache_n e);
#endif
#if PERFKIT_CACHE_WHEEL
PK_API void pk__cache_schedule(pk_cache *c, pk__cache_n e, bool again);
PK_API void pk__cache_unschedule(pk_cache *c, pk__cache_n e);
PK_API pk__cache_n pk__cache_due(pk_cache *c);
#endif
#if PERFKIT_CACHE_HOOKS
PK_API void pk__cache_notify(pk_cache *c, pk__cache_n e, pk_evict_reason reason);
#endif
#if PERFKIT_CACHE_MORE
PK_API void pk__cache_note_put(pk_cache *c, pk__cache_n e, pk_time ttl);
PK_API pk_time pk__cache_note_hit(pk_cache *c, pk__cache_n e);
#endif
#if PERFKIT_CACHE_EVENTS
PK_API void pk__cache_report(pk_cache *c, int kind, uint32_t a, uint32_t b);
PK_API void pk__cache_filling(pk_cache *c);
#endif

#if PK__FULL
/* The larger parts are compiled in where the link width is a constant, and called elsewhere: there one copy serves caches of all
   kinds. The part's text is the function with the name _here; _any calls it with what the cache tells. */
#define PK__CACHE_HERE(name) name##_here
#if defined __GNUC__ || defined __clang__
#define PK__CACHE_FOLDS (__builtin_constant_p(shape.width))
#else
#define PK__CACHE_FOLDS false
#endif
#define PK__CACHE_LIST(...) __VA_ARGS__
#define PK__CACHE_SHARED_PARTS(X, V) \
    X(pk_hash, pk__cache_hash, (const void *key, size_t len), (key, len)) \
    X(pk__cache_n, pk__cache_find, (PK__CACHE_KEY), (PK__CACHE_KEYED)) \
    X(bool, pk__cache_walk, (pk_hash hash, pk__cache_n e, int step), (hash, e, step)) \
    X(bool, pk__cache_over, (pk__cache_n e), (e)) \
    V(pk__cache_stamp, (pk__cache_n e, pk_time ttl), (e, ttl)) \
    X(bool, pk__cache_unlink, (pk__cache_n e, pk_evict_reason reason), (e, reason)) \
    V(pk__cache_leave, (pk__cache_n e, pk_evict_reason reason), (e, reason)) \
    V(pk__cache_release, (pk__cache_n e), (e)) \
    X(pk__cache_n, pk__cache_take, (PK__CACHE_PLACE), (PK__CACHE_PLACED)) \
    V(pk__cache_use, (pk__cache_n e), (e)) \
    X(pk_status, pk__cache_read, (pk__cache_n e, void *value, size_t size, size_t *len), (e, value, size, len)) \
    X(pk_status, pk__cache_put_as, (PK__CACHE_KEY, const void *value, size_t len, pk_time ttl, int mode, uint32_t version), \
      (PK__CACHE_KEYED, value, len, ttl, mode, version)) \
    X(pk__cache_n, pk__cache_seek, (PK__CACHE_KEY, bool drop_expired), (PK__CACHE_KEYED, drop_expired)) \
    V(pk__cache_write, (pk__cache_n e, const void *key, size_t key_len, const void *value, size_t len), (e, key, key_len, value, len))
#if PERFKIT_CACHE_CHAINS
#define PK__CACHE_SHARED_CHAIN_PARTS(X, V) \
    V(pk__cache_copy, (pk__cache_n e, size_t at, void *memory, size_t n, bool out), (e, at, memory, n, out)) \
    X(bool, pk__cache_fit, (pk__cache_n e, size_t bytes), (e, bytes)) \
    X(pk_status, pk__cache_room, (size_t key_len, size_t len), (key_len, len))
#else
#define PK__CACHE_SHARED_CHAIN_PARTS(X, V)
#endif
#define PK__CACHE_DECLARE_PART(type, name, params, args)                                     \
    PK__HOT_INLINE type name##_here(PK__CACHE_SELF, PK__CACHE_LIST params);                  \
    PK_API type name##_any(pk_cache *c, PK__CACHE_LIST params);                              \
    PK__HOT_INLINE type name(PK__CACHE_SELF, PK__CACHE_LIST params) {                        \
        if ((PK__CACHE_FOLDS)) return name##_here(PK__CACHE_THIS, PK__CACHE_LIST args);      \
        return name##_any(c, PK__CACHE_LIST args);                                           \
    }
#define PK__CACHE_DECLARE_VOID_PART(name, params, args)                                      \
    PK__HOT_INLINE void name##_here(PK__CACHE_SELF, PK__CACHE_LIST params);                  \
    PK_API void name##_any(pk_cache *c, PK__CACHE_LIST params);                              \
    PK__HOT_INLINE void name(PK__CACHE_SELF, PK__CACHE_LIST params) {                        \
        if (PK__CACHE_FOLDS)                                                                 \
            name##_here(PK__CACHE_THIS, PK__CACHE_LIST args);                                \
        else                                                                                 \
            name##_any(c, PK__CACHE_LIST args);                                              \
    }
PK__CACHE_SHARED_PARTS(PK__CACHE_DECLARE_PART, PK__CACHE_DECLARE_VOID_PART)
PK__CACHE_SHARED_CHAIN_PARTS(PK__CACHE_DECLARE_PART, PK__CACHE_DECLARE_VOID_PART)
#else
#define PK__CACHE_HERE(name) name
#endif

/* ---- Hash ---- */

#if PERFKIT_HOSTED
#ifdef __SIZEOF_INT128__ /* the two halves of the product of 128 bits, as wyhash does (Wang Yi) */
__extension__ typedef unsigned __int128 pk__uint128;
PK__HOT_INLINE pk_hash pk__cache_mix(pk_hash h, uint64_t word) {
    pk__uint128 product = (pk__uint128)(h ^ word) * 0x9E3779B97F4A7C15u;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}
#else
PK__HOT_INLINE pk_hash pk__cache_mix(pk_hash h, uint64_t word) {
    h = (h ^ word) * 0x9E3779B97F4A7C15u;
    h = (h ^ h >> 32) * 0xD6E8FEB86659FD93u;
    return h ^ h >> 32;
}
#endif
PK__HOT_INLINE pk_hash pk__cache_hash_bytes(pk_hash h, const void *key, size_t len) {
    const unsigned char *p = (const unsigned char *)key;
    uint64_t word;
    uint32_t low, high;
    h ^= (uint64_t)len << 56 | len;
    for (; len >= 8; p += 8, len -= 8) {
        memcpy(&word, p, 8);
        h = pk__cache_mix(h, word);
    }
    if (len >= 4) {
        memcpy(&low, p, 4);
        memcpy(&high, p + len - 4, 4);
        h = pk__cache_mix(h, (uint64_t)high << 32 | low);
    } else if (len > 0) {
        h = pk__cache_mix(h, (uint64_t)p[0] << 16 | (uint64_t)p[len >> 1] << 8 | p[len - 1]);
    }
    return h;
}
#else /* FNV-1a (Fowler, Noll, Vo), then a mix for the high bits */
#ifdef __AVR__
#define PK__CACHE_PRIME 0x0193u
#define PK__CACHE_MIX 0x6E4Bu
#else
#define PK__CACHE_PRIME 0x01000193u
#define PK__CACHE_MIX 0x2C1B3C6Du
#endif
PK__HOT_INLINE pk_hash pk__cache_hash_bytes(pk_hash h, const void *key, size_t len) {
    const unsigned char *p = (const unsigned char *)key;
    for (; len > 0; len--) h = (pk_hash)((h ^ *p++) * PK__CACHE_PRIME);
    h = (pk_hash)((h ^ h >> (4 * sizeof h)) * PK__CACHE_MIX);
    return (pk_hash)(h ^ h >> (4 * sizeof h));
}
#endif
#if PERFKIT_CACHE_SIPHASH
#define PK__CACHE_HASH_WITH(c) ((c)->cold->hash == pk_cache_siphash ? (void *)(c)->cold->hash_key : (c)->cold->user)
#else
#define PK__CACHE_HASH_WITH(c) ((c)->cold->user)
#endif
#if PK__FULL
PK__CACHE_PART pk_hash PK__CACHE_HERE(pk__cache_hash)(PK__CACHE_SELF, const void *key, size_t len) {
    pk_hash own;
    if (!PK__CACHE_MAY(PK__CACHE_IS_HASHED) || c->cold->hash == NULL) return pk__cache_hash_bytes(c->seed, key, len);
    own = c->cold->hash(PK__CACHE_HASH_WITH(c), key, len);
    return pk__cache_hash_bytes(c->seed, &own, sizeof own);
}
#else
PK__INLINE pk_hash pk__cache_hash(PK__CACHE_SELF, const void *key, size_t len) {
    pk_hash own;
    if (!PERFKIT_CACHE_CHAINS) len = c->key_size; /* so that callers need not pass it */
    if (c->cold->hash != NULL) {
        own = c->cold->hash(PK__CACHE_HASH_WITH(c), key, len);
        key = &own;
        len = sizeof own;
    }
    return pk__cache_hash_bytes(c->seed, key, len);
}
#endif

/* ---- S3-FIFO sets ----
   A cache of this policy is sets of 16 entries; entry set × 16 + way + 1 has the slot of its number. A set is one line, and where
   there is a clock a second one for when its entries expire. */

#if PERFKIT_CACHE_S3FIFO
enum { PK__S3_WAYS = 16, PK__S3_GHOSTS = 12, PK__S3_MOST = 3 };
typedef struct pk__s3_set {
    uint32_t version;    /* odd while it is locked; where threads share it */
    uint32_t uses;       /* 2 bits a way: hits since it came or was last considered, at most 3 */
    unsigned char tags[16]; /* 0: free */
    uint64_t order;      /* 4 bits a place: ways of the main queue, oldest first, then those of the small one, then what is free */
    unsigned char ghosts[PK__S3_GHOSTS]; /* tags of what the small queue lost last: a ring */
    uint8_t main, small; /* entries in the queues */
    uint8_t ways, ghost; /* ways that there are; where the next ghost goes */
    uint16_t never, pinned, negative, busy; /* a bit a way; busy: in no queue, and not free yet; where
                                                  there is a tag: PK__CACHE_MARK */
    pk_time soonest; /* no entry's time is over before: most hits need not ask when theirs is */
#if PERFKIT_TIME_BITS == 32
    uint32_t spare;
#endif
} pk__s3_set;
PK__STATIC_ASSERT(s3_set_is_a_line, sizeof(pk__s3_set) == 64);
#define PK__CACHE_S3 ((PK__CACHE_IS(special) & PK__CACHE_IS_S3) != 0)

/* With threads a set's version is its lock, and hits take none: the version says whether what they copied was whole (a seqlock;
   Lameter, 2005, with acquire loads and release stores in place of barriers: Boehm, MSPC 2012). Where there are no such atomics
   threads are PK_UNSUPPORTED. */
#if PERFKIT_CACHE_THREADS && PK__FULL && PERFKIT_HOSTED && PERFKIT_ATOMICS && \
    (PERFKIT_TIME_BITS == 32 || UINTPTR_MAX > 0xFFFFFFFFu)
#define PK__S3_SHARED 1
#define PK__S3_SHARES(special) (((special) & (PK__CACHE_IS_S3 | PK__CACHE_IS_LOCKED)) == (PK__CACHE_IS_S3 | PK__CACHE_IS_LOCKED))
#define PK__S3_IS_SHARED PK__S3_SHARES(PK__CACHE_IS(special))
#if defined __GNUC__ || defined __clang__
typedef uintptr_t __attribute__((may_alias)) pk__s3_word;
PK__HOT_INLINE pk__s3_word pk__s3_load(const void *p) { return __atomic_load_n((const pk__s3_word *)p, __ATOMIC_ACQUIRE); }
PK__HOT_INLINE void pk__s3_store(void *p, pk__s3_word w) { __atomic_store_n((pk__s3_word *)p, w, __ATOMIC_RELEASE); }
PK__HOT_INLINE void pk__s3_count(void *p) { (void)__atomic_fetch_add((pk__s3_word *)p, 1, __ATOMIC_RELAXED); }
#define PK__S3_PAUSE() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#else
typedef uintptr_t pk__s3_word;
PK__HOT_INLINE pk__s3_word pk__s3_load(const void *p) {
    pk__s3_word w = *(const volatile pk__s3_word *)p;
    _ReadWriteBarrier();
    return w;
}
PK__HOT_INLINE void pk__s3_store(void *p, pk__s3_word w) {
    _ReadWriteBarrier();
    *(volatile pk__s3_word *)p = w;
}
PK__HOT_INLINE void pk__s3_count(void *p) {
#if UINTPTR_MAX > 0xFFFFFFFFu
    (void)_InterlockedExchangeAdd64((volatile __int64 *)p, 1);
#else
    (void)_InterlockedExchangeAdd((volatile long *)p, 1);
#endif
}
#define PK__S3_PAUSE() _ReadWriteBarrier()
#endif
PK__HOT_INLINE pk_time pk__s3_load_time(const pk_time *t) {
#if PERFKIT_TIME_BITS == 64
    return (pk_time)pk__s3_load(t);
#else
    return pk__load32(t);
#endif
}
PK__HOT_INLINE void pk__s3_store_time(pk_time *t, pk_time now) {
#if PERFKIT_TIME_BITS == 64
    pk__s3_store(t, now);
#elif defined __GNUC__ || defined __clang__
    pk__store32(t, now);
#else
    *(volatile pk_time *)t = now;
#endif
}
/* What all threads of a cache write now and then: two lines; then the counters, two lines for each stripe. */
enum { PK__S3_STRIPES = 16 };
typedef struct pk__s3_shared {
    uint32_t moving, hooks_running, filling;
    pk__cache_n sweep;
    uint32_t pinning; /* the lock of the table of pins: taken last */
    uint32_t spare[11];
    uint32_t forks; /* that the process had seen when it was made; in a line that is only read */
    uint32_t spare2[15];
    pk__s3_word counters[PK__S3_STRIPES][128 / sizeof(pk__s3_word)];
} pk__s3_shared;
#if PERFKIT_CACHE_EVENTS
PK_API void pk__s3_tell(pk_cache *c, pk_hash hash, int kind, uint32_t a, uint32_t b);
#endif
#define PK__S3_IS_PLAINLY_SHARED(c) ((c)->special == (PK__CACHE_IS_S3 | PK__CACHE_IS_LOCKED))
PK_API pk_status pk__s3_get_shared(pk_cache *c, PK__CACHE_KEY, void *value, size_t size, size_t *len);
PK__HOT_INLINE pk__s3_shared *pk__s3_common(const pk_cache *c) { return (pk__s3_shared *)(void *)c->meta; }
/* The stripe of this thread: by its stack. */
PK__HOT_INLINE pk__s3_word *pk__s3_stripe(const pk_cache *c) {
    char here;
    uint32_t stack = (uint32_t)((uintptr_t)&here >> 15) * 0x9E3779B9u;
    return pk__s3_common(c)->counters[stack >> 28];
}
#else
#define PK__S3_SHARED 0
#define PK__S3_IS_SHARED false
#define PK__S3_SHARES(special) false
#define pk__s3_lock(s) ((void)(s))
#define pk__s3_unlock(s) ((void)(s))
#define pk__s3_step(at, n) (*(at))
#endif

/* A set is so many bytes: 64, and the times, in powers of two. */
#define PK__S3_SHIFT (PERFKIT_TIME_BITS == 64 ? 8u : 7u)
#define PK__S3_WIDTH (PERFKIT_CACHE_TTL ? PK__S3_SHIFT : 6u) /* on the short paths: of caches with a clock, where that can be */
PK__HOT_INLINE pk__s3_set *pk__s3_at(PK__CACHE_SELF, size_t set) {
    return (pk__s3_set *)(void *)(c->index + (set << PK__CACHE_IS(width)));
}
PK__HOT_INLINE pk__s3_set *pk__s3_of(PK__CACHE_SELF, pk__cache_n e) { return pk__s3_at(PK__CACHE_THIS, (size_t)(e - 1) >> 4); }
PK__HOT_INLINE unsigned pk__s3_way_of(pk__cache_n e) { return (unsigned)(e - 1) & 15u; }
PK__HOT_INLINE void pk__s3_use(PK__CACHE_SELF, pk__s3_set *s, unsigned way);
PK__HOT_INLINE bool pk__s3_timed(PK__CACHE_SELF) {
    (void)c;
    return PERFKIT_CACHE_TTL && PK__CACHE_IS(width) == PK__S3_SHIFT;
}
PK__HOT_INLINE pk_time *pk__s3_times(pk__s3_set *s) { return (pk_time *)(void *)(s + 1); }
#else
#define PK__CACHE_S3 false
#define PK__S3_SHARED 0
#define PK__S3_IS_SHARED false
#endif

/* Count one more of something: PK__CACHE_ADD in a part, PK__CACHE_ADD_TO where there is only the cache. */
#if PERFKIT_STATS && PK__FULL
PK__HOT_INLINE void pk__cache_add(PK__CACHE_SELF, unsigned counter) {
    (void)shape;
#if PK__S3_SHARED
    if (PK__S3_IS_SHARED) {
        pk__s3_count(pk__s3_stripe(c) + counter);
        return;
    }
#endif
    c->cold->counters[counter]++;
}
#define PK__CACHE_ADD(counter) pk__cache_add(PK__CACHE_THIS, (unsigned)(counter))
#define PK__CACHE_ADD_TO(c, counter) pk__cache_add(c, pk__cache_shape_of(c), (unsigned)(counter))
#elif PERFKIT_STATS
PK__CACHE_PART void pk__cache_add(pk_cache *c, pk__cache_n counter) { c->cold->counters[counter]++; }
#define PK__CACHE_ADD(counter) pk__cache_add(c, (pk__cache_n)(counter))
#define PK__CACHE_ADD_TO(c, counter) pk__cache_add(c, (pk__cache_n)(counter))
#else
#define PK__CACHE_ADD(counter) ((void)0)
#define PK__CACHE_ADD_TO(c, counter) ((void)0)
#endif
/* Entries came or went. */
PK__HOT_INLINE void pk__cache_counted(PK__CACHE_SELF, int by) {
#if PK__S3_SHARED
    if (PK__S3_IS_SHARED) {
        (void)pk__add32((volatile uint32_t *)&c->count, (uint32_t)by);
        return;
    }
#endif
    PK__CACHE_NO_SHAPE;
    c->count = (pk__cache_n)(c->count + (pk__cache_n)by);
}
/* The moment up to which the cache has looked at its clock. */
PK__HOT_INLINE pk_time pk__cache_now(PK__CACHE_SELF) {
#if PK__S3_SHARED
    if (PK__S3_IS_SHARED) return pk__s3_load_time(&c->last);
#endif
    PK__CACHE_NO_SHAPE;
    return c->last;
}

/* ---- Links, entries, slots ---- */

PK__HOT_INLINE pk__cache_n pk__cache_link(const void *p, unsigned width) {
    return (pk__cache_n)(width == 1 ? *(const uint8_t *)p : width == 2 ? *(const uint16_t *)p : *(const uint32_t *)p);
}
PK__HOT_INLINE void pk__cache_set_link(void *p, unsigned width, pk__cache_n to) {
    if (width == 1)
        *(uint8_t *)p = (uint8_t)to;
    else if (width == 2)
        *(uint16_t *)p = (uint16_t)to;
    else
        *(uint32_t *)p = to;
}
PK__HOT_INLINE unsigned char *pk__cache_meta(PK__CACHE_SELF, pk__cache_n e) {
    return c->meta + (size_t)e * PK__CACHE_META(PK__CACHE_W);
}
PK__HOT_INLINE pk__cache_n pk__cache_next(PK__CACHE_SELF, pk__cache_n e) {
    return pk__cache_link(pk__cache_meta(PK__CACHE_THIS, e), PK__CACHE_W);
}
PK__HOT_INLINE pk__cache_n pk__cache_prev(PK__CACHE_SELF, pk__cache_n e) {
    return pk__cache_link(pk__cache_meta(PK__CACHE_THIS, e) + PK__CACHE_W, PK__CACHE_W);
}
PK__HOT_INLINE void pk__cache_set_next(PK__CACHE_SELF, pk__cache_n e, pk__cache_n to) {
    pk__cache_set_link(pk__cache_meta(PK__CACHE_THIS, e), PK__CACHE_W, to);
}
PK__HOT_INLINE void pk__cache_set_prev(PK__CACHE_SELF, pk__cache_n e, pk__cache_n to) {
    pk__cache_set_link(pk__cache_meta(PK__CACHE_THIS, e) + PK__CACHE_W, PK__CACHE_W, to);
}

#if PERFKIT_CACHE_TTL
/* The moment of expiry follows the links: aligned, but for 8-bit links and some 64-bit times. */
#ifdef __AVR__
#define PK__CACHE_TIME_ALIGNED(w) true
#else
#define PK__CACHE_TIME_ALIGNED(w) ((w) * 2u % sizeof(pk_time) == 0 && PK__CACHE_META(w) % sizeof(pk_time) == 0)
#endif
PK__HOT_INLINE pk_time pk__cache_expiry(PK__CACHE_SELF, pk__cache_n e) {
    const void *at;
    pk_time t;
#if PERFKIT_CACHE_S3FIFO
    if (PK__CACHE_S3) return pk__s3_timed(PK__CACHE_THIS) ? pk__s3_times(pk__s3_of(PK__CACHE_THIS, e))[pk__s3_way_of(e)] : 0;
#endif
    at = pk__cache_meta(PK__CACHE_THIS, e) + 2 * PK__CACHE_W;
    if (PK__CACHE_TIME_ALIGNED(PK__CACHE_W)) return *(const pk_time *)at;
    memcpy(&t, at, sizeof t);
    return t;
}
#if PERFKIT_CACHE_S3FIFO
PK__HOT_INLINE void pk__s3_set_expiry(PK__CACHE_SELF, pk__s3_set *s, unsigned way, pk_time t) {
    pk_time *own = pk__s3_times(s) + way;
    pk_time now = pk__cache_now(PK__CACHE_THIS);
    bool past = pk__time_reached(now, s->soonest); /* it may be from long ago, and must not be met by the wrap of the clock */
    if (!pk__s3_timed(PK__CACHE_THIS)) return;
#if PK__S3_SHARED
    if (PK__S3_IS_SHARED) {
        pk__s3_store_time(own, t);
        if (pk__time_reached(s->soonest, t) || past) pk__s3_store_time(&s->soonest, past ? now : t);
        return;
    }
#endif
    *own = t;
    if (pk__time_reached(s->soonest, t) || past) s->soonest = past ? now : t;
}
#endif
PK__HOT_INLINE void pk__cache_set_expiry(PK__CACHE_SELF, pk__cache_n e, pk_time t) {
    void *at;
#if PERFKIT_CACHE_S3FIFO
    if (PK__CACHE_S3) {
        pk__s3_set_expiry(PK__CACHE_THIS, pk__s3_of(PK__CACHE_THIS, e), pk__s3_way_of(e), t);
        return;
    }
#endif
    at = pk__cache_meta(PK__CACHE_THIS, e) + 2 * PK__CACHE_W;
    if (PK__CACHE_TIME_ALIGNED(PK__CACHE_W))
        *(pk_time *)at = t;
    else
        memcpy(at, &t, sizeof t);
}
#endif

/* PK__CACHE_LIVE, _NEVER … of entry e. */
PK__HOT_INLINE unsigned char pk__cache_flags(PK__CACHE_SELF, pk__cache_n e) {
#if PERFKIT_CACHE_S3FIFO
    if (PK__CACHE_S3) {
        const pk__s3_set *s = pk__s3_of(PK__CACHE_THIS, e);
        unsigned way = pk__s3_way_of(e);
        return (unsigned char)((s->tags[way] != 0 ? PK__CACHE_LIVE | (s->busy >> way & 1 ? PK__CACHE_MARK : 0) : 0) |
                               (s->never >> way & 1 ? PK__CACHE_NEVER : 0) |
                               (s->pinned >> way & 1 ? PK__CACHE_PINNED : 0) |
                               (s->negative >> way & 1 ? PK__CACHE_NEGATIVE : 0));
    }
#endif
    PK__CACHE_NO_SHAPE;
    return c->cold->flags[e];
}
#if PERFKIT_CACHE_S3FIFO
PK__HOT_INLINE void pk__s3_set_flags(pk__s3_set *s, unsigned way, unsigned flags) {
    const unsigned bit = 1u << way;
    s->never = (uint16_t)(flags & PK__CACHE_NEVER ? s->never | bit : s->never & ~bit);
    s->pinned = (uint16_t)(flags & PK__CACHE_PINNED ? s->pinned | bit : s->pinned & ~bit);
    s->negative = (uint16_t)(flags & PK__CACHE_NEGATIVE ? s->negative | bit : s->negative & ~bit);
    if (flags & PK__CACHE_LIVE) s->busy = (uint16_t)(flags & PK__CACHE_MARK ? s->busy | bit : s->busy & ~bit);
}
#endif
PK__HOT_INLINE void pk__cache_set_flags(PK__CACHE_SELF, pk__cache_n e, unsigned flags) { /* LIVE of an S3-FIFO entry is its tag */
#if PERFKIT_CACHE_S3FIFO
    if (PK__CACHE_S3) {
        pk__s3_set_flags(pk__s3_of(PK__CACHE_THIS, e), pk__s3_way_of(e), flags);
        return;
    }
#endif
    PK__CACHE_NO_SHAPE;
    c->cold->flags[e] = (unsigned char)flags;
}

PK__HOT_INLINE unsigned char *pk__cache_slot(PK__CACHE_SELF, pk__cache_n s) {
    return c->slots + (size_t)(pk__cache_n)(s - 1) * PK__CACHE_IS(stride);
}
PK__HOT_INLINE pk__cache_n pk__cache_first_slot(PK__CACHE_SELF, pk__cache_n e) {
    return PK__CACHE_CHAINED ? (pk__cache_n)c->cold->items[2 * (size_t)e] : e;
}
PK__CACHE_CHAIN_PART unsigned char *pk__cache_key(PK__CACHE_SELF, pk__cache_n e) { /* behind the prefix, where there is one */
    return pk__cache_slot(PK__CACHE_THIS, pk__cache_first_slot(PK__CACHE_THIS, e)) + PK__CACHE_PREFIX;
}
PK__CACHE_CHAIN_PART size_t pk__cache_key_len(PK__CACHE_SELF, const unsigned char *key) {
    (void)c;
    return PK__CACHE_PREFIX ? (size_t)(key[-2] | (unsigned)key[-1] << 8) : PK__CACHE_IS(key_size);
}

#if PK__CACHE_EXTRAS
/* A field of entry e's record of extras: 4 bytes, or a time. */
PK__HOT_INLINE unsigned char *pk__cache_extra(const pk_cache *c, pk__cache_n e, unsigned at) {
    return c->cold->extra + (size_t)e * c->cold->extra_size + at;
}
PK__HOT_INLINE uint32_t pk__cache_extra32(const pk_cache *c, pk__cache_n e, unsigned at) {
    uint32_t n;
    memcpy(&n, pk__cache_extra(c, e, at), sizeof n);
    return n;
}
PK__HOT_INLINE void pk__cache_set_extra32(pk_cache *c, pk__cache_n e, unsigned at, uint32_t n) {
    memcpy(pk__cache_extra(c, e, at), &n, sizeof n);
}
PK__HOT_INLINE pk_time pk__cache_extra_time(const pk_cache *c, pk__cache_n e, unsigned at) {
    pk_time t;
    memcpy(&t, pk__cache_extra(c, e, at), sizeof t);
    return t;
}
PK__HOT_INLINE void pk__cache_set_extra_time(pk_cache *c, pk__cache_n e, unsigned at, pk_time t) {
    memcpy(pk__cache_extra(c, e, at), &t, sizeof t);
}
#endif

/* ---- Recency: a ring through entry 0, whose next is the most and whose prev the least recent entry. All zero: empty. ---- */

PK__CACHE_PART void pk__cache_push(PK__CACHE_SELF, pk__cache_n e) {
    pk__cache_n first = pk__cache_next(PK__CACHE_THIS, 0);
    pk__cache_set_next(PK__CACHE_THIS, e, first);
    pk__cache_set_prev(PK__CACHE_THIS, e, 0);
    pk__cache_set_prev(PK__CACHE_THIS, first, e);
    pk__cache_set_next(PK__CACHE_THIS, 0, e);
}
PK__CACHE_PART void pk__cache_pull(PK__CACHE_SELF, pk__cache_n e) {
    pk__cache_n next = pk__cache_next(PK__CACHE_THIS, e), prev = pk__cache_prev(PK__CACHE_THIS, e);
#if PERFKIT_CACHE_SNAPSHOT
    if (PK__CACHE_MAY(PK__CACHE_IS_SAVING) && c->cold->save_at == e) c->cold->save_at = prev;
#endif
    pk__cache_set_prev(PK__CACHE_THIS, next, prev);
    pk__cache_set_next(PK__CACHE_THIS, prev, next);
}
PK__CACHE_PART void PK__CACHE_HERE(pk__cache_use)(PK__CACHE_SELF, pk__cache_n e) { /* e becomes the most recent */
#if PERFKIT_CACHE_S3FIFO
    if (PK__CACHE_S3) {
        pk__s3_use(PK__CACHE_THIS, pk__s3_of(PK__CACHE_THIS, e), pk__s3_way_of(e));
        return;
    }
#endif
    if (PK__FULL && pk__cache_prev(PK__CACHE_THIS, e) == 0) return;
    pk__cache_pull(PK__CACHE_THIS, e);
    pk__cache_push(PK__CACHE_THIS, e);
}

/* ---- Index ----
   A group of the index is its tags (0: empty lane), as many entry numbers, and the count of entries that passed it, full, on
   the way from their home group to where they are: a search ends at a group that nobody passed, and removal leaves no
   tombstone. */

#if PK__FULL || PERFKIT_CACHE_S3FIFO
/* Which of 16 bytes are this one, a bit each. */
PK__HOT_INLINE unsigned pk__cache_match16(const unsigned char *bytes, unsigned tag) {
#if PERFKIT_CACHE_SIMD && defined __SSE2__
    __m128i all = _mm_loadu_si128((const __m128i *)(const void *)bytes);
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(all, _mm_set1_epi8((char)(unsigned char)tag)));
#elif PERFKIT_CACHE_SIMD
    static const uint8_t bits[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t same = vandq_u8(vceqq_u8(vld1q_u8(bytes), vdupq_n_u8((uint8_t)tag)), vld1q_u8(bits));
    return (unsigned)vaddv_u8(vget_low_u8(same)) | (unsigned)vaddv_u8(vget_high_u8(same)) << 8;
#elif defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && UINTPTR_MAX > 0xFFFFFFFFu
    const uint64_t low = 0x7F7F7F7F7F7F7F7Fu;
    unsigned found = 0, half;
    uint64_t w;
    for (half = 0; half < 16; half += 8) { /* a byte of w becomes 0x80 where it was equal, then its bit */
        memcpy(&w, bytes + half, 8);
        w ^= tag * 0x0101010101010101u;
        w = ~(((w & low) + low) | w | low);
        found |= (unsigned)((w >> 7) * 0x0102040810204080u >> 56) << half;
    }
    return found;
#else
    unsigned found = 0, i;
    for (i = 0; i < 16; i++) found |= (unsigned)(bytes[i] == tag) << i;
    return found;
#endif
}
PK__HOT_INLINE pk__cache_n pk__cache_lowest(unsigned bits) { /* of at least one */
#if defined __GNUC__ || defined __clang__
    return (pk__cache_n)__builtin_ctz(bits);
#else
    pk__cache_n n = 0;
    while (!(bits >> n & 1)) n++;
    return n;
#endif
}
#endif
#if PK__FULL
/* The lanes of a group that have this tag, as bits. */
PK__HOT_INLINE unsigned pk__cache_match(const unsigned char *group, unsigned width, pk__cache_n tag) {
    return pk__cache_match16(group, tag) & ((1u << PK__CACHE_LANES(width)) - 1);
}
#define PK__CACHE_FOUND unsigned found
#define PK__CACHE_EACH_LANE(lane, group, tag)                                                                          \
    for (found = pk__cache_match(group, PK__CACHE_W, tag); found != 0 && (lane = pk__cache_lowest(found), true); found &= found - 1)
/* The counts of entries that passed a group. */
PK__HOT_INLINE unsigned char *pk__cache_passed(unsigned char *group, unsigned width) {
    return group + PK__CACHE_LANES(width) * (1 + width);
}
#endif
PK__HOT_INLINE pk__cache_n pk__cache_tag(pk_hash hash) {
    pk__cache_n tag = (pk__cache_n)(hash & 255u);
    return (pk__cache_n)(tag + (tag == 0));
}
PK__HOT_INLINE pk__cache_n pk__cache_home(const pk_cache *c, pk_hash hash) { /* multiply-shift in place of a division */
#if PERFKIT_HOSTED
    return (pk__cache_n)((hash >> 32) * c->groups >> 32);
#elif PERFKIT_CACHE_LINK_BITS == 32
    return (pk__cache_n)((uint64_t)hash * c->groups >> 32);
#elif defined __AVR__ && PERFKIT_CACHE_LINK_BITS == 8
    return (pk__cache_n)((unsigned)(uint8_t)(hash >> 8) * c->groups >> 8);
#elif defined __AVR__
    return (pk__cache_n)((uint32_t)hash * c->groups >> 16);
#else
    return (pk__cache_n)((hash >> 16) * c->groups >> 16);
#endif
}

PK__CACHE_PART bool pk__cache_same(PK__CACHE_SELF, pk__cache_n e, const void *key, size_t key_len) {
    const unsigned char *own = pk__cache_key(PK__CACHE_THIS, e);
    if (PERFKIT_CACHE_CHAINS && pk__cache_key_len(PK__CACHE_THIS, own) != key_len) return false;
    if (PK__FULL ? !PK__CACHE_PREFIX : !PERFKIT_CACHE_CHAINS) key_len = PK__CACHE_IS(key_size); /* maybe a constant */
    if (PK__CACHE_MAY(PK__CACHE_IS_HASHED) && c->cold->equal != NULL) return c->cold->equal(c->cold->user, own, key, key_len);
    return PK__CACHE_COMPARE(own, key, key_len) == 0;
}

#if PERFKIT_CACHE_S3FIFO
PK__HOT_INLINE pk__cache_n pk__s3_find(PK__CACHE_SELF, const void *key, size_t key_len, pk_hash hash);
#endif
#if PK__FULL
PK__HOT_INLINE unsigned char *pk__cache_group(PK__CACHE_SELF, unsigned g) { return c->index + (size_t)g * (16 * PK__CACHE_W); }
/* Where entries go that find a group full. Once from home to a group that the tag tells, as overflow into neighbours would pile up
   there (churn: 4.6 groups read for a miss, against 2.4), then to the next one. And who passes is counted in classes by some bits
   of the hash, 8, 4 or 2 in the word of a group, so that few keys follow in vain (1.2 groups for a miss). A count of 15 stays. */
PK__HOT_INLINE pk__cache_n pk__cache_onward(const pk_cache *c, pk__cache_n g, pk_hash hash, pk__cache_n probes) {
    pk__cache_n tag = pk__cache_tag(hash);
    g += probes > 1 ? 1 : c->groups > 256 ? tag : (tag * (c->groups - 1) >> 8) + 1;
    return g >= c->groups ? g - c->groups : g;
}
PK__HOT_INLINE unsigned pk__cache_class(unsigned width, pk_hash hash) { /* its place in the word */
    return (unsigned)(hash >> 8 & (2 * width - 1)) * 4;
}
PK__HOT_INLINE bool pk__cache_was_passed(unsigned char *group, unsigned width, pk_hash hash) {
    return (pk__cache_link(pk__cache_passed(group, width), width) >> pk__cache_class(width, hash) & 15u) != 0;
}
PK__HOT_INLINE void pk__cache_count_passing(unsigned char *group, unsigned width, pk_hash hash, int step) {
    unsigned char *word = pk__cache_passed(group, width);
    unsigned counts = pk__cache_link(word, width), place = pk__cache_class(width, hash);
    if ((counts >> place & 15u) == 15u) return;
    pk__cache_set_link(word, width, counts + ((unsigned)step << place));
}
#define PK__CACHE_ALL_GROUPS(c) ((c)->groups + 1) /* it may come by its home twice */
PK__HOT_INLINE bool pk__cache_find_in(PK__CACHE_SELF, const unsigned char *group, PK__CACHE_KEY, pk__cache_n *e) {
    pk__cache_n tag = pk__cache_tag(hash), lane;
    PK__CACHE_FOUND;
    PK__CACHE_EACH_LANE(lane, group, tag) {
        *e = pk__cache_link(group + PK__CACHE_LANES(PK__CACHE_W) + lane * PK__CACHE_W, PK__CACHE_W);
        PK__CACHE_PREFETCH(pk__cache_meta(PK__CACHE_THIS, *e));
        if (PK__LIKELY(pk__cache_same(PK__CACHE_THIS, *e, key, key_len))) return true;
    }
    return false;
}
/* The entry of a key, expired or not; 0 where there is none. */
PK__CACHE_PART pk__cache_n PK__CACHE_HERE(pk__cache_find)(PK__CACHE_SELF, PK__CACHE_KEY) {
    pk__cache_n g = pk__cache_home(c, hash), probes = 0, e;
    unsigned char *group;
#if PERFKIT_CACHE_S3FIFO
    if (PK__CACHE_S3) return pk__s3_find(PK__CACHE_THIS, key, key_len, hash);
#endif
    for (;;) {
        group = pk__cache_group(PK__CACHE_THIS, g);
        if (pk__cache_find_in(PK__CACHE_THIS, group, PK__CACHE_KEYED, &e)) return e;
        if (PK__LIKELY(!pk__cache_was_passed(group, PK__CACHE_W, hash))) return 0;
        if ((++probes == PK__CACHE_PROBES && PK__CACHE_CROWDS) || probes == PK__CACHE_ALL_GROUPS(c)) return 0;
        g = pk__cache_onward(c, g, hash, probes);
    }
}

/* Step 1 gives entry e the first free lane from the hash's home group on, which there must be; -1 takes e's lane back; both add
   the step to the counts of the groups on the way. Step 0 only says whether there is a free lane within reach. */
PK__CACHE_PART bool PK__CACHE_HERE(pk__cache_walk)(PK__CACHE_SELF, pk_hash hash, pk__cache_n e, int step) {
    pk__cache_n g = pk__cache_home(c, hash), tag = pk__cache_tag(hash), sought = step < 0 ? tag : 0, probes = 0, lane;
    unsigned char *group, *link;
    PK__CACHE_FOUND;
    for (;;) {
        group = pk__cache_group(PK__CACHE_THIS, g);
        PK__CACHE_EACH_LANE(lane, group, sought) {
            link = group + PK__CACHE_LANES(PK__CACHE_W) + lane * PK__CACHE_W;
            if (step > 0) {
                group[lane] = (unsigned char)tag;
                pk__cache_set_link(link, PK__CACHE_W, e);
            } else if (!PK__CACHE_CROWDS || step < 0) {
                if (pk__cache_link(link, PK__CACHE_W) != e) continue;
                group[lane] = 0;
            }
            return true;
        }
        probes++;
        if (!PK__CACHE_CROWDS || step != 0)
            pk__cache_count_passing(group, PK__CACHE_W, hash, step);
        else if (probes == PK__CACHE_PROBES || probes == PK__CACHE_ALL_GROUPS(c))
            return false;
        g = pk__cache_onward(c, g, hash, probes);
    }
}
PK__HOT_INLINE bool pk__cache_vacant(PK__CACHE_SELF, PK__CACHE_PLACE) {
    return !PK__CACHE_CROWDS || PK__CACHE_S3 || pk__cache_walk(PK__CACHE_THIS, hash, 0, 0);
}
PK__HOT_INLINE void pk__cache_place(PK__CACHE_SELF, PK__CACHE_PLACE, pk__cache_n e) {
    (void)pk__cache_walk(PK__CACHE_THIS, hash, e, 1);
}
PK__HOT_INLINE void pk__cache_erase(PK__CACHE_SELF, const void *key, size_t key_len, pk__cache_n e) {
    const pk_hash hash = pk__cache_hash(PK__CACHE_THIS, key, key_len);
    (void)pk__cache_walk(PK__CACHE_THIS, hash, e, -1);
}
/* The first entry whose home is this hash's. */
PK__HOT_INLINE pk__cache_n pk__cache_first_at_home(PK__CACHE_SELF, PK__CACHE_PLACE) {
    const unsigned char *home = pk__cache_group(PK__CACHE_THIS, pk__cache_home(c, hash));
    return pk__cache_link(home + PK__CACHE_LANES(PK__CACHE_W), PK__CACHE_W);
}
#else
/* Firmware, where code is dear, chains the entries of a hash: its index is links, from entry e to the next of its chain at place e,
   and then those to the first entries of the chains. Place 0 is nobody's, and always 0. */
PK__CACHE_PART unsigned char *pk__cache_chain(PK__CACHE_SELF, const void *key, size_t key_len) {
    size_t home = pk__cache_home(c, pk__cache_hash(c, key, key_len));
    return c->index + (c->capacity + 1u + home) * PK__CACHE_W;
}
/* The link to the entry of a key; if there is none, the last one of the chain, which is 0, and in a chain that is full, place 0. */
PK__CACHE_PART unsigned char *pk__cache_link_to(PK__CACHE_SELF, const void *key, size_t key_len) {
    unsigned char *at = pk__cache_chain(c, key, key_len);
    pk__cache_n left = PK__CACHE_PROBES, e;
    for (;;) {
        e = pk__cache_link(at, PK__CACHE_W);
        if (e == 0 || pk__cache_same(c, e, key, key_len)) return at;
        if (PK__CACHE_CROWDS && --left == 0) return c->index;
        at = c->index + (size_t)e * PK__CACHE_W;
    }
}
/* The entry of a key, expired or not; 0 where there is none. */
PK__HOT_INLINE pk__cache_n pk__cache_find(PK__CACHE_SELF, PK__CACHE_KEY) {
#if PERFKIT_CACHE_S3FIFO
    if (PK__CACHE_S3) return pk__s3_find(PK__CACHE_THIS, key, key_len, PK__CACHE_HASH_OF);
#endif
    return pk__cache_link(pk__cache_link_to(c, key, key_len), PK__CACHE_W);
}
PK__HOT_INLINE bool pk__cache_vacant(PK__CACHE_SELF, PK__CACHE_PLACE) {
    return !PK__CACHE_CROWDS || PK__CACHE_S3 || pk__cache_link_to(c, key, key_len) != c->index;
}
PK__HOT_INLINE pk__cache_n pk__cache_first_at_home(PK__CACHE_SELF, PK__CACHE_PLACE) {
    return pk__cache_link(pk__cache_chain(c, key, key_len), PK__CACHE_W);
}
PK__HOT_INLINE void pk__cache_place(PK__CACHE_SELF, PK__CACHE_PLACE, pk__cache_n e) {
    pk__cache_set_link(pk__cache_link_to(c, key, key_len), PK__CACHE_W, e);
    pk__cache_set_link(c->index + (size_t)e * PK__CACHE_W, PK__CACHE_W, 0);
}
/* Entry e becomes the key's and the most recent one, unless hooks let another in first, or filled the chain. */
PK__HOT_INLINE pk_status pk__cache_join(PK__CACHE_SELF, PK__CACHE_KEY, pk__cache_n e) {
    unsigned char *at = pk__cache_link_to(c, key, key_len);
    if (pk__cache_link(at, PK__CACHE_W) != 0) return PK_EXISTS;
    if (PK__CACHE_CROWDS && at == c->index) return PK_FULL;
    pk__cache_set_link(at, PK__CACHE_W, e);
    pk__cache_set_link(c->index + (size_t)e * PK__CACHE_W, PK__CACHE_W, 0);
    pk__cache_push(PK__CACHE_THIS, e);
    return PK_OK;
}
PK__HOT_INLINE void pk__cache_erase(PK__CACHE_SELF, const void *key, size_t key_len, pk__cache_n e) {
    pk__cache_set_link(pk__cache_link_to(c, key, key_len), PK__CACHE_W, pk__cache_link(c->index + (size_t)e * PK__CACHE_W, PK__CACHE_W));
}
#endif

/* ---- Time ---- */

#if PERFKIT_CACHE_TTL && PK__FULL
/* How many of so many entries the sweep visits for the time that has passed. */
PK__HOT_INLINE uint64_t pk__cache_sweep_due(pk__cache_n all, pk_time passed) {
    return passed >> 30 ? all : 1 + ((uint64_t)all * passed >> 30);
}
#endif
/* Look at the clock: from here on, now is c->last. */
PK__HOT_INLINE void pk__cache_look(pk_cache *c) {
#if PERFKIT_CACHE_TTL
    if (c->clock) {
        pk_time now = c->clock(c->cold->user);
        if (now != c->last) (void)pk__cache_move_on(c, now, 0);
    }
#else
    (void)c;
#endif
}
#if PERFKIT_CACHE_S3FIFO
/* Whether there may be an entry in a set whose time is over. */
PK__HOT_INLINE bool pk__s3_some_over(PK__CACHE_SELF, const pk__s3_set *s) {
#if PK__S3_SHARED
    if (PK__S3_IS_SHARED)
        return pk__s3_timed(PK__CACHE_THIS) && pk__time_reached(pk__cache_now(PK__CACHE_THIS), pk__s3_load_time(&s->soonest));
#endif
    return PERFKIT_CACHE_TTL && c->clock != NULL && pk__time_reached(pk__cache_now(PK__CACHE_THIS), s->soonest);
}
#endif
PK__CACHE_PART bool PK__CACHE_HERE(pk__cache_over)(PK__CACHE_SELF, pk__cache_n e) {
#if PERFKIT_CACHE_TTL
#if PERFKIT_CACHE_S3FIFO
    if (PK__CACHE_S3 && !pk__s3_some_over(PK__CACHE_THIS, pk__s3_of(PK__CACHE_THIS, e))) return false;
#endif
    if (PK__LIKELY(!pk__time_reached(pk__cache_now(PK__CACHE_THIS), pk__cache_expiry(PK__CACHE_THIS, e)))) return false;
    return pk__cache_really_over(c, e);
#else
    (void)c, (void)e, PK__CACHE_NO_SHAPE;
    return false;
#endif
}
/* Make *ttl the time to live that 0 stands for, and say whether the cache can keep it. */
PK__HOT_INLINE pk_status pk__cache_ttl(pk_cache *c, pk_time *ttl) {
#if PK__FULL
    if (*ttl == 0) {
        *ttl = c->cold->ttl;
        return PK_OK;
    }
    if (*ttl == PK_TTL_NEVER || (PERFKIT_CACHE_TTL && *ttl <= PK_TTL_MAX && c->clock)) return PK_OK;
#else
    if (*ttl == 0) *ttl = c->cold->ttl;
#endif
    return pk__cache_start_clock(c, *ttl);
}
/* e is live from now on, for ttl. */
PK__CACHE_PART void PK__CACHE_HERE(pk__cache_stamp)(PK__CACHE_SELF, pk__cache_n e, pk_time ttl) {
    unsigned char flags = PK__CACHE_LIVE;
#if PERFKIT_CACHE_WHEEL
    bool again;
#endif
    if (ttl == PK_TTL_NEVER) {
        flags = PK__CACHE_LIVE | PK__CACHE_NEVER;
        ttl = PK_TTL_NEVER >> 1; /* for now: see pk__cache_really_over */
    }
    if (PK__CACHE_HELD(e)) flags |= PK__CACHE_PINNED;
#if PERFKIT_CACHE_WHEEL
    again = PK__CACHE_WHEELED && (c->cold->flags[e] & PK__CACHE_LIVE) != 0;
#endif
#if PERFKIT_CACHE_S3FIFO
    if (PK__CACHE_S3)
        pk__cache_set_flags(PK__CACHE_THIS, e, flags);
    else
#endif
        c->cold->flags[e] = flags;
#if PERFKIT_CACHE_LOAD
    if (PK__CACHE_MAY(PK__CACHE_IS_EXTRA) && c->cold->at_negative != PK__CACHE_NONE)
        pk__cache_set_extra32(c, e, c->cold->at_negative + (unsigned)sizeof(pk_time), 0);
#endif
#if PERFKIT_CACHE_TTL
    pk__cache_set_expiry(PK__CACHE_THIS, e, pk__cache_now(PK__CACHE_THIS) + ttl);
#endif
    PK__CACHE_NO_SHAPE;
#if PERFKIT_CACHE_WHEEL
    if (PK__CACHE_WHEELED) pk__cache_schedule(c, e, again);
#endif
}

/* ---- Chains ---- */

#if PERFKIT_CACHE_CHAINS
PK__HOT_INLINE pk__cache_n pk__cache_slot_next(PK__CACHE_SELF, pk__cache_n s) {
    return pk__cache_link(c->cold->next + (size_t)s * PK__CACHE_W, PK__CACHE_W);
}
PK__HOT_INLINE void pk__cache_set_slot_next(PK__CACHE_SELF, pk__cache_n s, pk__cache_n to) {
    pk__cache_set_link(c->cold->next + (size_t)s * PK__CACHE_W, PK__CACHE_W, to);
}
/* Where in the first slot of entry e its value begins, or would go on. */
PK__CACHE_PART size_t pk__cache_value_at(PK__CACHE_SELF, pk__cache_n e) {
    if (!PK__FULL && !PK__CACHE_CHAINED) return PK__CACHE_IS(value_offset);
    return PK__CACHE_PREFIX + pk__cache_key_len(PK__CACHE_THIS, pk__cache_key(PK__CACHE_THIS, e));
}
/* Bytes that entry e has in its slots. */
PK__CACHE_PART size_t pk__cache_bytes(PK__CACHE_SELF, pk__cache_n e) {
    size_t len = (size_t)c->cold->items[2 * (size_t)e + 1];
    return len + pk__cache_value_at(PK__CACHE_THIS, e);
}
/* The slots that so many bytes take; a loop of as many steps, for there may be no divider. */
PK__CACHE_PART pk__cache_n pk__cache_slots_for(PK__CACHE_SELF, size_t bytes) {
#if PK__FULL
    (void)c;
    return (pk__cache_n)((bytes + PK__CACHE_IS(stride) - 1) / PK__CACHE_IS(stride));
#else
    pk__cache_n n = 1;
    for (; bytes > PK__CACHE_IS(stride); bytes -= PK__CACHE_IS(stride)) n++;
    return n;
#endif
}
/* The slots of an entry of so many bytes come into use, or go out of it: -1. */
PK__CACHE_PART void pk__cache_use_slots(PK__CACHE_SELF, size_t bytes, int by) {
    pk__cache_n n = pk__cache_slots_for(PK__CACHE_THIS, bytes);
    c->cold->slots_used = (pk__cache_n)(by < 0 ? c->cold->slots_used - n : c->cold->slots_used + n);
}
PK__CACHE_PART void pk__cache_free_slots(PK__CACHE_SELF, pk__cache_n s) {
    pk__cache_n next;
    for (; s != 0; s = next) {
        next = pk__cache_slot_next(PK__CACHE_THIS, s);
        pk__cache_set_slot_next(PK__CACHE_THIS, s, c->cold->slot_list);
        c->cold->slot_list = s;
        c->cold->slots_free++;
    }
}
/* Copy n bytes out of the slots of entry e, from byte `at` of its value on, to memory, or from there into them. In firmware a fixed
   entry is a chain of one slot here. */
PK__CACHE_PART void PK__CACHE_HERE(pk__cache_copy)(PK__CACHE_SELF, pk__cache_n e, size_t at, void *memory, size_t n, bool out) {
    unsigned char *bytes;
    pk__cache_n s = pk__cache_first_slot(PK__CACHE_THIS, e);
    size_t part;
    at += pk__cache_value_at(PK__CACHE_THIS, e);
    for (; at >= PK__CACHE_IS(stride) && n > 0; at -= PK__CACHE_IS(stride)) s = pk__cache_slot_next(PK__CACHE_THIS, s);
    while (n > 0) {
        part = PK__CACHE_IS(stride) - at;
        if (part > n) part = n;
        bytes = pk__cache_slot(PK__CACHE_THIS, s) + at;
        if (out)
            PK__CACHE_COPY(memory, bytes, part);
        else
            PK__CACHE_COPY(bytes, memory, part);
        memory = (unsigned char *)memory + part;
        n -= part;
        at = 0;
        if (n > 0) s = pk__cache_slot_next(PK__CACHE_THIS, s);
    }
}
#endif

/* ---- S3-FIFO sets: finding, coming and going ----
   S3-FIFO (Yang, Zhang, Qiu, Yue, Vigfusson: "FIFO queues are all you need for cache eviction", SOSP 2023) within a set: what is new
   enters the small queue, a quarter of the set; what was used there goes on to the main queue, what was not leaves a ghost; what
   comes back while its ghost is there enters the main queue; what was used there goes round again, with one use less. */

#if PERFKIT_CACHE_S3FIFO
PK__HOT_INLINE void pk__s3_prefetch(PK__CACHE_SELF, pk_hash hash) { /* the lines that an operation on this hash reads first */
    pk__s3_set *s = pk__s3_at(PK__CACHE_THIS, pk__cache_home(c, hash));
    PK__CACHE_PREFETCH(s);
    (void)s;
}
PK__HOT_INLINE pk__cache_n pk__s3_find(PK__CACHE_SELF, const void *key, size_t key_len, pk_hash hash) {
    size_t set = pk__cache_home(c, hash);
    pk__s3_set *s = pk__s3_at(PK__CACHE_THIS, set);
    unsigned found = pk__cache_match16(s->tags, pk__cache_tag(hash));
    pk__cache_n e;
    for (; found != 0; found &= found - 1) {
        e = (pk__cache_n)(set * PK__S3_WAYS + pk__cache_lowest(found) + 1);
        if (PK__LIKELY(pk__cache_same(PK__CACHE_THIS, e, key, key_len))) return e;
    }
    return 0;
}

/* The way at a place of the order, and the other way round. */
PK__HOT_INLINE unsigned pk__s3_way(const pk__s3_set *s, unsigned place) { return (unsigned)(s->order >> 4 * place) & 15u; }
PK__HOT_INLINE unsigned pk__s3_place(const pk__s3_set *s, unsigned way) {
    uint64_t w = s->order ^ way * 0x1111111111111111u;
#if defined __GNUC__ || defined __clang__
    return (unsigned)__builtin_ctzll((w - 0x1111111111111111u) & ~w & 0x8888888888888888u) >> 2;
#else
    unsigned place = 0;
    for (; w & 15u; w >>= 4) place++;
    return place;
#endif
}
/* An order where what is at one place goes to another; what is between moves up or down by one. */
PK__HOT_INLINE uint64_t pk__s3_moved(uint64_t order, unsigned from, unsigned to) {
    const uint64_t way = order >> 4 * from & 15u;
    uint64_t span;
    if (from <= to) {
        span = (((uint64_t)2 << (4 * to + 3)) - 1) >> 4 * from << 4 * from;
        return (order & ~span) | ((order & span) >> 4 & span) | way << 4 * to;
    }
    span = (((uint64_t)2 << (4 * from + 3)) - 1) >> 4 * to << 4 * to;
    return (order & ~span) | ((order & span) << 4 & span) | way << 4 * to;
}
PK__HOT_INLINE void pk__s3_move(pk__s3_set *s, unsigned from, unsigned to) { s->order = pk__s3_moved(s->order, from, to); }

/* Hits run along: what they add while a locked set is changed may be lost, which does no harm. */
PK__HOT_INLINE uint32_t pk__s3_uses(PK__CACHE_SELF, const pk__s3_set *s) {
#if PK__S3_SHARED
    if (PK__S3_IS_SHARED) return pk__load32(&s->uses);
#endif
    PK__CACHE_NO_SHAPE, (void)c;
    return s->uses;
}
PK__HOT_INLINE void pk__s3_set_uses(PK__CACHE_SELF, pk__s3_set *s, unsigned way, unsigned n) {
    uint32_t uses = (pk__s3_uses(PK__CACHE_THIS, s) & ~((uint32_t)3 << 2 * way)) | (uint32_t)n << 2 * way;
#if PK__S3_SHARED
    if (PK__S3_IS_SHARED) {
        pk__store32(&s->uses, uses);
        return;
    }
#endif
    s->uses = uses;
}
PK__HOT_INLINE void pk__s3_use(PK__CACHE_SELF, pk__s3_set *s, unsigned way) {
    uint32_t uses = pk__s3_uses(PK__CACHE_THIS, s);
    if ((uses >> 2 * way & 3) == PK__S3_MOST) return;
#if PK__S3_SHARED
    if (PK__S3_IS_SHARED) {
        (void)pk__cas32(&s->uses, uses, uses + ((uint32_t)1 << 2 * way));
        return;
    }
#endif
    s->uses = uses + ((uint32_t)1 << 2 * way);
}
#if PK__S3_SHARED
/* Write n bytes at `at` of memory that others read by words; the rest of the first and the last word stays. */
PK__HOT_INLINE void pk__s3_write(unsigned char *base, size_t at, const void *from, size_t n) {
    const unsigned char *f = (const unsigned char *)from;
    pk__s3_word w;
    size_t skip = at % sizeof w, part;
    base += at - skip;
    for (; skip == 0 && n >= sizeof w; n -= sizeof w, f += sizeof w, base += sizeof w) {
        memcpy(&w, f, sizeof w);
        pk__s3_store(base, w);
    }
    for (; n > 0; n -= part, f += part, base += sizeof w, skip = 0) {
        part = sizeof w - skip < n ? sizeof w - skip : n;
        if (part < sizeof w) w = pk__s3_load(base);
        memcpy((unsigned char *)&w + skip, f, part);
        pk__s3_store(base, w);
    }
}
PK__HOT_INLINE void pk__s3_read(const unsigned char *base, size_t at, void *to, size_t n) {
    unsigned char *t = (unsigned char *)to;
    pk__s3_word w;
    size_t skip = at % sizeof w, part;
    base += at - skip;
    for (; skip == 0 && n >= sizeof w; n -= sizeof w, t += sizeof w, base += sizeof w) {
        w = pk__s3_load(base);
        memcpy(t, &w, sizeof w);
    }
    for (; n > 0; n -= part, t += part, base += sizeof w, skip = 0) {
        part = sizeof w - skip < n ? sizeof w - skip : n;
        w = pk__s3_load(base);
        memcpy(t, (unsigned char *)&w + skip, part);
    }
}
#endif
PK__HOT_INLINE void pk__s3_set_tag(PK__CACHE_SELF, pk__s3_set *s, unsigned way, unsigned tag) {
    unsigned char byte = (unsigned char)tag;
    (void)c;
#if PK__S3_SHARED
    if (PK__S3_IS_SHARED) {
        pk__s3_write((unsigned char *)s, offsetof(pk__s3_set, tags) + way, &byte, 1);
        return;
    }
#endif
    PK__CACHE_NO_SHAPE;
    s->tags[way] = byte;
}

PK__HOT_INLINE void pk__s3_haunt(pk__s3_set *s, unsigned way) { /* it leaves a ghost */
    s->ghosts[s->ghost] = s->tags[way];
    s->ghost = (uint8_t)(s->ghost + 1 == PK__S3_GHOSTS ? 0 : s->ghost + 1);
}
/* Ghosts of a hash, a bit each. */
PK__HOT_INLINE unsigned pk__s3_ghosts(const pk__s3_set *s, pk_hash hash) {
    return pk__cache_match16((const unsigned char *)s + offsetof(pk__s3_set, ghosts), pk__cache_tag(hash)) & ((1u << PK__S3_GHOSTS) - 1);
}

/* Entry e leaves its queue; it is the caller's. Until it is placed or released its uses say how it would come back: bit 0 to the
   main queue, bit 1 as used. */
PK__CACHE_PART void pk__s3_leave(PK__CACHE_SELF, pk__cache_n e, pk_evict_reason reason) {
    pk__s3_set *s = pk__s3_of(PK__CACHE_THIS, e);
    unsigned way = pk__s3_way_of(e), place = pk__s3_place(s, way), bit = 1u << way;
    bool was_main = place < s->main;
    if (reason == PK_EVICT_LRU && !was_main) pk__s3_haunt(s, way);
    pk__s3_set_tag(PK__CACHE_THIS, s, way, 0);
    pk__s3_set_uses(PK__CACHE_THIS, s, way, reason == PK_EVICT_REPLACED ? (was_main ? 3 : 2) : 0);
    pk__s3_move(s, place, s->main + (unsigned)s->small - 1u);
    if (was_main)
        s->main--;
    else
        s->small--;
    s->never = (uint16_t)(s->never & ~bit);
    s->negative = (uint16_t)(s->negative & ~bit);
    s->busy = (uint16_t)(s->busy | bit);
}
/* Entry e, which is the caller's, becomes the one of a hash. */
PK__CACHE_PART void pk__s3_enter(PK__CACHE_SELF, pk_hash hash, pk__cache_n e) {
    pk__s3_set *s = pk__s3_of(PK__CACHE_THIS, e);
    unsigned way = pk__s3_way_of(e), place = pk__s3_place(s, way), how = pk__s3_uses(PK__CACHE_THIS, s) >> 2 * way & 3;
    if (how & 1) {
        pk__s3_move(s, place, s->main);
        s->main++;
    } else {
        pk__s3_move(s, place, s->main + (unsigned)s->small);
        s->small++;
    }
    if (how != 0) pk__s3_set_uses(PK__CACHE_THIS, s, way, how >> 1);
    s->busy = (uint16_t)(s->busy & ~(1u << way));
    pk__s3_set_tag(PK__CACHE_THIS, s, way, pk__cache_tag(hash));
}

/* Entries of a set whose moment has come, a bit each. */
PK__HOT_INLINE unsigned pk__s3_over(PK__CACHE_SELF, pk__s3_set *s) {
#if PERFKIT_CACHE_TTL
    const pk_time *times = pk__s3_times(s);
    pk_time now = pk__cache_now(PK__CACHE_THIS);
    unsigned over = 0, way;
    if (!pk__s3_some_over(PK__CACHE_THIS, s)) return 0;
#if PERFKIT_CACHE_SIMD && defined __SSE2__ && PERFKIT_TIME_BITS == 32
    for (way = 0; way < 16; way += 4)
        over |= (unsigned)_mm_movemask_ps(_mm_castsi128_ps(_mm_sub_epi32(
                    _mm_set1_epi32((int)now), _mm_loadu_si128((const __m128i *)(const void *)(times + way)))))
                << way;
    over = ~over & 0xFFFFu;
#else
    for (way = 0; way < 16; way++) over |= (pk__time_reached(now, times[way]) ? 1u : 0u) << way;
#endif
    return over & ~pk__cache_match16(s->tags, 0);
#else
    (void)c, (void)s, PK__CACHE_NO_SHAPE;
    return 0;
#endif
}
/* Where nothing in a set is over: find when that will change. */
PK__HOT_INLINE void pk__s3_refresh(PK__CACHE_SELF, pk__s3_set *s) {
#if PERFKIT_CACHE_TTL
    pk_time now = pk__cache_now(PK__CACHE_THIS), soonest = now + (PK_TTL_NEVER >> 1);
    unsigned live = ~pk__cache_match16(s->tags, 0) & 0xFFFFu, way;
    if (!pk__s3_some_over(PK__CACHE_THIS, s)) return;
    for (; live != 0; live &= live - 1) {
        way = pk__cache_lowest(live);
        if (pk__time_reached(now, pk__s3_times(s)[way])) {
            soonest = now;
            break;
        }
        if (pk__time_reached(soonest, pk__s3_times(s)[way])) soonest = pk__s3_times(s)[way];
    }
#if PK__S3_SHARED
    if (PK__S3_IS_SHARED) {
        pk__s3_store_time(&s->soonest, soonest);
        return;
    }
#endif
    s->soonest = soonest;
#else
    (void)c, (void)s, PK__CACHE_NO_SHAPE;
#endif
}
/* Ways that are pinned and in a queue. */
PK__HOT_INLINE unsigned pk__s3_held(const pk__s3_set *s) { return s->pinned ? s->pinned & ~pk__cache_match16(s->tags, 0) : 0u; }
/* The entry of a full set that has to go: an expired one, or the policy's; 0: all are pinned or in on_evict. A turn promotes an
   entry, or takes one of its uses: at most 16 + 48, and 16 between two where entries are pinned. */
PK__CACHE_PART pk__cache_n pk__s3_victim(PK__CACHE_SELF, size_t set) {
    pk__s3_set *s = pk__s3_at(PK__CACHE_THIS, set);
    pk__cache_n first = (pk__cache_n)(set * PK__S3_WAYS + 1);
    unsigned held = PERFKIT_CACHE_PINS ? pk__s3_held(s) : 0u, over, way, uses, stuck = 0, share = s->ways >> 2;
    if (held != 0) {
        unsigned n = 0;
        for (way = held; way != 0; way &= way - 1) n++;
        if (n == s->main + (unsigned)s->small) return 0;
    }
    if (s->main + s->small == 0) return 0;
    for (over = pk__s3_over(PK__CACHE_THIS, s) & ~held; over != 0; over &= over - 1) {
        way = pk__cache_lowest(over);
        if (pk__cache_over(PK__CACHE_THIS, (pk__cache_n)(first + way))) return (pk__cache_n)(first + way);
    }
    pk__s3_refresh(PK__CACHE_THIS, s);
    for (;;) {
        bool small = s->main == 0 || (s->small > 0 && (s->small >= share || stuck >= s->main));
        way = pk__s3_way(s, small ? s->main : 0);
        uses = pk__s3_uses(PK__CACHE_THIS, s) >> 2 * way & 3;
        if (uses == 0 && !(held >> way & 1)) return (pk__cache_n)(first + way);
        stuck = !small && (held >> way & 1) ? stuck + 1 : 0;
        if (small) {
            pk__s3_set_uses(PK__CACHE_THIS, s, way, 0);
            s->main++;
            s->small--;
        } else {
            if (!(held >> way & 1)) pk__s3_set_uses(PK__CACHE_THIS, s, way, uses - 1);
            pk__s3_move(s, 0, s->main - 1u);
        }
    }
}
/* A way that is free, or 16. */
PK__HOT_INLINE unsigned pk__s3_free(const pk__s3_set *s) {
    unsigned place = s->main + (unsigned)s->small, way;
    for (; place < s->ways; place++) {
        way = pk__s3_way(s, place);
        if (!(s->busy >> way & 1)) return way;
    }
    return PK__S3_WAYS;
}
#endif

/* ---- Entries come and go ---- */

PK__HOT_INLINE bool pk__cache_hooked(PK__CACHE_SELF) {
    return PERFKIT_CACHE_HOOKS && PK__CACHE_MAY(PK__CACHE_IS_HOOKED) && c->cold->on_evict != NULL;
}

/* Whether an operation may have let hooks run, so that what it knew of the cache is to be looked up again. */
PK__HOT_INLINE bool pk__cache_calls_out(PK__CACHE_SELF) {
#if PK__FULL
    (void)c;
    return PK__CACHE_MAY(PK__CACHE_IS_HOOKED);
#else
    return pk__cache_hooked(PK__CACHE_THIS);
#endif
}

/* Entry e leaves index, order and count; its slots stay with it, and it is the caller's when this returns, or false: it is pinned,
   and stays whole and nobody's until its last pin is released. */
PK__HOT_INLINE bool PK__CACHE_HERE(pk__cache_unlink)(PK__CACHE_SELF, pk__cache_n e, pk_evict_reason reason) {
#if PERFKIT_CACHE_PINS
    bool held = PK__CACHE_HELD(e);
#endif
#if PERFKIT_CACHE_S3FIFO
    if (PK__CACHE_S3)
        pk__s3_leave(PK__CACHE_THIS, e, reason);
    else
#endif
    {
        const unsigned char *key = pk__cache_key(PK__CACHE_THIS, e);
        pk__cache_erase(PK__CACHE_THIS, key, pk__cache_key_len(PK__CACHE_THIS, key), e);
        pk__cache_pull(PK__CACHE_THIS, e);
#if PERFKIT_CACHE_WHEEL
        if (PK__CACHE_WHEELED) pk__cache_unschedule(c, e);
#endif
        c->cold->flags[e] = 0;
    }
    pk__cache_counted(PK__CACHE_THIS, -1);
#if PERFKIT_CACHE_CHAINS
    if (PK__CACHE_CHAINED)
        pk__cache_use_slots(PK__CACHE_THIS, pk__cache_bytes(PK__CACHE_THIS, e), -1);
#endif
    PK__CACHE_ADD(PK__CACHE_LEFT + reason);
    (void)reason;
#if PERFKIT_CACHE_PINS
    if (held) {
        pk__cache_outlive(c, e, reason);
        return false;
    }
#endif
    return true;
}
/* Why an entry leaves that has to make room: for that, or because it was over anyway. */
PK__HOT_INLINE pk_evict_reason pk__cache_forced(PK__CACHE_SELF, pk__cache_n e, pk_evict_reason reason) {
    return pk__cache_over(PK__CACHE_THIS, e) ? PK_EVICT_EXPIRED : reason;
}
#if PK__FULL
#define PK__CACHE_FORCED(e, reason) pk__cache_forced(PK__CACHE_THIS, e, reason)
#else /* in leave: once for all */
#define PK__CACHE_FORCED(e, reason) (reason)
#endif
/* The same, and calls on_evict: meanwhile the hook, and with threads anyone, may do anything to the cache but for e. */
PK__CACHE_PART void PK__CACHE_HERE(pk__cache_leave)(PK__CACHE_SELF, pk__cache_n e, pk_evict_reason reason) {
    if (!PK__FULL && reason < PK_EVICT_EXPIRED) reason = pk__cache_forced(PK__CACHE_THIS, e, reason);
    if (!pk__cache_unlink(PK__CACHE_THIS, e, reason)) return;
#if PERFKIT_CACHE_HOOKS
    if (pk__cache_hooked(PK__CACHE_THIS)) pk__cache_notify(c, e, reason);
#endif
}

/* Entry e, which left, is free to be used again, unless it is pinned. */
PK__CACHE_PART void PK__CACHE_HERE(pk__cache_release)(PK__CACHE_SELF, pk__cache_n e) {
    if (PK__CACHE_HELD(e)) return;
#if PERFKIT_CACHE_CHAINS
    if (PK__CACHE_CHAINED) {
        pk__cache_free_slots(PK__CACHE_THIS, (pk__cache_n)c->cold->items[2 * (size_t)e]);
        c->cold->items[2 * (size_t)e] = 0;
    }
#endif
#if PERFKIT_CACHE_S3FIFO
    if (PK__CACHE_S3) {
        pk__s3_set *set = pk__s3_of(PK__CACHE_THIS, e);
        set->busy = (uint16_t)(set->busy & ~(1u << pk__s3_way_of(e)));
        return;
    }
#endif
    pk__cache_set_next(PK__CACHE_THIS, e, c->free);
    c->free = e;
}

#if PK__FULL
/* Entry e is evicted: have what the next two evictions will read on its way from memory. */
PK__HOT_INLINE void pk__cache_expect(PK__CACHE_SELF, pk__cache_n e) {
    pk__cache_n first = pk__cache_prev(PK__CACHE_THIS, e), second = pk__cache_prev(PK__CACHE_THIS, first);
    const unsigned char *key;
    pk_hash hash;
    if (first == 0 || second == 0) return;
    key = pk__cache_key(PK__CACHE_THIS, first);
    hash = pk__cache_hash(PK__CACHE_THIS, key, pk__cache_key_len(PK__CACHE_THIS, key));
    PK__CACHE_PREFETCH(pk__cache_group(PK__CACHE_THIS, pk__cache_home(c, hash)));
    PK__CACHE_PREFETCH(pk__cache_key(PK__CACHE_THIS, second));
    PK__CACHE_PREFETCH(pk__cache_meta(PK__CACHE_THIS, second));
}
#endif

#if PERFKIT_CACHE_S3FIFO
PK__HOT_INLINE pk__cache_n pk__s3_take(PK__CACHE_SELF, pk_hash hash) {
    size_t set = pk__cache_home(c, hash);
    pk__s3_set *s = pk__s3_at(PK__CACHE_THIS, set);
    unsigned way = pk__s3_free(s);
    unsigned ghosts = pk__s3_ghosts(s, hash);
    pk__cache_n e = (pk__cache_n)(set * PK__S3_WAYS + way + 1);
    if (way < PK__S3_WAYS) {
        s->busy = (uint16_t)(s->busy | 1u << way);
    } else {
        e = pk__s3_victim(PK__CACHE_THIS, set);
        if (PK__UNLIKELY(e == 0)) return 0;
        way = pk__s3_way_of(e);
        pk__cache_leave(PK__CACHE_THIS, e, pk__cache_over(PK__CACHE_THIS, e) ? PK_EVICT_EXPIRED : PK_EVICT_LRU);
    }
    pk__s3_set_uses(PK__CACHE_THIS, s, way, ghosts != 0); /* what comes back too soon goes to the main queue */
    if (ghosts != 0) s->ghosts[pk__cache_lowest(ghosts)] = 0;
    return e;
}
#endif

/* The entry that has to go where room is needed: one whose time is over, where there is a wheel to tell, else the least recent
   one that is not pinned. 0: there is none. */
PK__HOT_INLINE pk__cache_n pk__cache_victim(PK__CACHE_SELF) {
    pk__cache_n e;
#if PERFKIT_CACHE_WHEEL
    if (PK__CACHE_WHEELED && (e = pk__cache_due(c)) != 0) return e;
#endif
    e = pk__cache_prev(PK__CACHE_THIS, 0);
#if PERFKIT_CACHE_PINS
    if (PK__CACHE_HELD(e)) e = pk__cache_park(c);
#endif
    return e;
}

/* An entry for a new key: a free one, or one that leaves for it, with whatever slots it has. 0: all are pinned, or in
   on_evict. */
PK__HOT_INLINE pk__cache_n PK__CACHE_HERE(pk__cache_take)(PK__CACHE_SELF, PK__CACHE_PLACE) {
    pk_evict_reason reason = PK_EVICT_LRU;
    pk__cache_n e;
#if PERFKIT_CACHE_S3FIFO
    if (PK__CACHE_S3) return pk__s3_take(PK__CACHE_THIS, PK__CACHE_HASH_OF);
#endif
    if (PK__LIKELY(pk__cache_vacant(PK__CACHE_THIS, PK__CACHE_PLACED))) {
        e = c->free;
        if (e != 0) {
            c->free = pk__cache_next(PK__CACHE_THIS, e);
            return e;
        }
        if (c->fresh < c->capacity) {
            e = ++c->fresh;
#if PERFKIT_CACHE_CHAINS
            if (PK__FULL && PK__CACHE_CHAINED) c->cold->items[2 * (size_t)e] = 0; /* firmware's init did that */
#endif
            return e;
        }
        e = pk__cache_victim(PK__CACHE_THIS);
        if (PK__UNLIKELY(e == 0)) return 0;
#if PK__FULL /* only a large cache is out of reach of the processor's caches */
        if (PK__CACHE_IS_WIDE) pk__cache_expect(PK__CACHE_THIS, e);
#endif
    } else {
        e = pk__cache_first_at_home(PK__CACHE_THIS, PK__CACHE_PLACED);
        reason = PK_EVICT_CROWDED;
#if PERFKIT_CACHE_PINS
        if (PK__CACHE_HELD(e) && (e = pk__cache_unpinned_near(c, PK__CACHE_PLACED)) == 0) return 0;
#endif
    }
    pk__cache_leave(PK__CACHE_THIS, e, PK__CACHE_FORCED(e, reason));
#if PERFKIT_CACHE_EVENTS
    if (PK__UNLIKELY(reason == PK_EVICT_CROWDED)) pk__cache_report(c, PK_CACHE_EVENT_CROWDED, c->count + 1u, c->capacity);
#endif
    return e;
}

#if PK__FULL && PERFKIT_CACHE_S3FIFO
/* What take, leave and enter come to in a plain set that is full and where nothing is over: the policy's victim leaves, and its
   way is the newest one of a key with this hash. Turns as in pk__s3_victim, at most 64; what they change stays in registers until
   there is a victim: the next turn need not wait for it. */
PK__HOT_INLINE unsigned pk__s3_turn_over(pk__s3_set *s, pk_hash hash) {
    const unsigned ghosts = pk__s3_ghosts(s, hash), all = s->main + (unsigned)s->small, share = s->ways >> 2;
    unsigned first = s->main, from, to = all - 1, way; /* the first place of the small queue */
    uint64_t order = s->order;
    uint32_t uses = s->uses;
    for (;;) {
        from = first == 0 || (first < all && all - first >= share) ? first : 0;
        way = (unsigned)(order >> 4 * from) & 15u;
        if ((uses >> 2 * way & PK__S3_MOST) == 0) break;
        if (from == first) {
            uses &= ~((uint32_t)PK__S3_MOST << 2 * way);
            first++;
        } else {
            uses -= (uint32_t)1 << 2 * way;
            order = pk__s3_moved(order, 0, first - 1);
        }
    }
    if (from != first) {
        if (ghosts != 0)
            to = first - 1;
        else
            first--;
    } else {
        pk__s3_haunt(s, way);
        if (ghosts != 0) to = first++;
    }
    if (ghosts != 0) s->ghosts[pk__cache_lowest(ghosts)] = 0;
    s->order = pk__s3_moved(order, from, to);
    s->uses = uses;
    s->main = (uint8_t)first;
    s->small = (uint8_t)(all - first);
    s->tags[way] = (unsigned char)pk__cache_tag(hash);
    return way;
}
#endif
#if PK__FULL
/* What take, leave and place come to in a plain cache that is full: the least recent entry leaves, and is the most recent one of a
   key with this hash. 0: not such a case, and nothing has changed. */
PK__HOT_INLINE pk__cache_n pk__cache_turn_over(PK__CACHE_SELF, pk_hash hash) {
    unsigned char *group = pk__cache_group(PK__CACHE_THIS, pk__cache_home(c, hash)), *old;
    unsigned vacant = pk__cache_match(group, PK__CACHE_W, 0), found;
    pk__cache_n e = pk__cache_prev(PK__CACHE_THIS, 0), lane = 0;
    pk_hash old_hash;
    if (c->free != 0 || c->fresh < c->capacity || e == 0) return 0;
#if PERFKIT_CACHE_TTL
    if (PK__UNLIKELY(pk__time_reached(c->last, pk__cache_expiry(PK__CACHE_THIS, e)))) return 0;
#endif
    if (vacant == 0 && !pk__cache_walk_any(c, hash, 0, 0)) return 0; /* crowded */
    old_hash = pk__cache_hash(PK__CACHE_THIS, pk__cache_slot(PK__CACHE_THIS, e), PK__CACHE_IS(key_size));
    old = pk__cache_group(PK__CACHE_THIS, pk__cache_home(c, old_hash));
    if (PK__CACHE_IS_WIDE) pk__cache_expect(PK__CACHE_THIS, e); /* what is smaller is within reach of the processor's caches */
    PK__CACHE_EACH_LANE(lane, old, pk__cache_tag(old_hash)) {
        if (pk__cache_link(old + PK__CACHE_LANES(PK__CACHE_W) + lane * PK__CACHE_W, PK__CACHE_W) == e) break;
    }
    if (found != 0)
        old[lane] = 0;
    else
        (void)pk__cache_walk_any(c, old_hash, e, -1);
    if (vacant != 0) {
        lane = pk__cache_lowest(vacant);
        group[lane] = (unsigned char)pk__cache_tag(hash);
        pk__cache_set_link(group + PK__CACHE_LANES(PK__CACHE_W) + lane * PK__CACHE_W, PK__CACHE_W, e);
    } else {
        (void)pk__cache_walk_any(c, hash, e, 1);
    }
    pk__cache_use(PK__CACHE_THIS, e);
    PK__CACHE_ADD(PK__CACHE_LEFT + PK_EVICT_LRU);
    return e;
}
#endif

#if PERFKIT_CACHE_CHAINS
/* A slot for whoever needs one, or more in a chain: a free one, or those of an entry that leaves for it. 0: all are pinned, or in
   on_evict. */
PK__HOT_INLINE pk__cache_n pk__cache_more_slots(PK__CACHE_SELF) {
    pk__cache_cold *cold = c->cold;
    pk__cache_n s, victim;
    while ((s = cold->slot_list) == 0 && cold->slot_fresh == cold->slots) {
        victim = pk__cache_victim(PK__CACHE_THIS);
        if (victim == 0) return 0;
        pk__cache_leave(PK__CACHE_THIS, victim, PK__CACHE_FORCED(victim, PK_EVICT_BYTES));
        if (PK__FULL) { /* all at once; firmware, by the list of free ones, takes less code */
            s = (pk__cache_n)cold->items[2 * (size_t)victim];
            cold->items[2 * (size_t)victim] = 0;
        }
        pk__cache_release(PK__CACHE_THIS, victim);
        if (PK__FULL) return s;
    }
    if (s != 0)
        cold->slot_list = pk__cache_slot_next(PK__CACHE_THIS, s);
    else
        s = ++cold->slot_fresh;
    cold->slots_free--;
    pk__cache_set_slot_next(PK__CACHE_THIS, s, 0);
    return s;
}
/* Give entry e slots for so many bytes and no more, evicting as many entries as that takes. False: all are pinned, or in
   on_evict. */
PK__CACHE_PART bool PK__CACHE_HERE(pk__cache_fit)(PK__CACHE_SELF, pk__cache_n e, size_t bytes) {
    pk__cache_n s = (pk__cache_n)c->cold->items[2 * (size_t)e], last = 0, n = pk__cache_slots_for(PK__CACHE_THIS, bytes);
    c->cold->items[2 * (size_t)e] = 0;
    for (; n > 0; n--) {
        if (s == 0 && (s = pk__cache_more_slots(PK__CACHE_THIS)) == 0) return false;
        if (last == 0)
            c->cold->items[2 * (size_t)e] = s;
        else
            pk__cache_set_slot_next(PK__CACHE_THIS, last, s);
        last = s;
        s = pk__cache_slot_next(PK__CACHE_THIS, s);
    }
    pk__cache_set_slot_next(PK__CACHE_THIS, last, 0);
    pk__cache_free_slots(PK__CACHE_THIS, s);
    return true;
}
#endif

/* ---- The operations ---- */

#if PERFKIT_CACHE_S3FIFO
#define PK__S3_VARIES (PERFKIT_CACHE_CHAINS && PK__CACHE_S3 && PK__CACHE_IS(prefix) != 0)
/* Where the value of entry e is in its slot, and its length: that of varying ones stands before the key's. */
PK__HOT_INLINE size_t pk__s3_value(PK__CACHE_SELF, pk__cache_n e, size_t *len) {
    const unsigned char *key;
    *len = PK__CACHE_IS(value_size);
    if (!PK__S3_VARIES) return PK__CACHE_IS(value_offset);
    key = pk__cache_key(PK__CACHE_THIS, e);
    *len = (size_t)(key[-8] | (uint32_t)key[-7] << 8 | (uint32_t)key[-6] << 16 | (uint32_t)key[-5] << 24);
    return PK__CACHE_IS(prefix) + pk__cache_key_len(PK__CACHE_THIS, key);
}
/* Write the bytes of entry e. */
PK__HOT_INLINE void pk__s3_fill(PK__CACHE_SELF, pk__cache_n e, const void *key, size_t key_len, const void *value, size_t len) {
    unsigned char *slot = pk__cache_slot(PK__CACHE_THIS, e);
    size_t prefix = 0, at = PK__CACHE_IS(value_offset);
    unsigned char lengths[8];
    if (PK__S3_VARIES) {
        prefix = 8;
        at = 8 + key_len;
        lengths[0] = (unsigned char)(len & 255u);
        lengths[1] = (unsigned char)(len >> 8 & 255u);
        lengths[2] = (unsigned char)((uint32_t)len >> 16 & 255u);
        lengths[3] = (unsigned char)((uint32_t)len >> 24);
        lengths[4] = lengths[5] = 0;
        lengths[6] = (unsigned char)(key_len & 255u);
        lengths[7] = (unsigned char)(key_len >> 8);
    } else {
        key_len = PK__CACHE_IS(key_size);
        len = PK__CACHE_IS(value_size);
    }
    if (PERFKIT_CACHE_LOAD && PK__UNLIKELY(value == NULL)) len = 0; /* a loader's failure */
#if PK__S3_SHARED
    if (PK__S3_IS_SHARED) {
        if (prefix) pk__s3_write(slot, 0, lengths, 8);
        pk__s3_write(slot, prefix, key, key_len);
        pk__s3_write(slot, at, value, len);
        return;
    }
#endif
    if (prefix) PK__CACHE_COPY(slot, lengths, 8);
    PK__CACHE_COPY(slot + prefix, key, key_len);
    if (len > 0) PK__CACHE_COPY(slot + at, value, len);
}
#endif

PK__CACHE_PART pk_status PK__CACHE_HERE(pk__cache_read)(PK__CACHE_SELF, pk__cache_n e, void *value, size_t size, size_t *len) {
    size_t n = PK__CACHE_IS(value_size);
#if PERFKIT_CACHE_S3FIFO
    if (PK__S3_VARIES) {
        size_t at = pk__s3_value(PK__CACHE_THIS, e, &n);
        if (len) *len = n;
        if (size < n) return PK_TOO_BIG;
        PK__CACHE_COPY(value, pk__cache_slot(PK__CACHE_THIS, e) + at, n);
        return PK_OK;
    }
#endif
#if PERFKIT_CACHE_CHAINS
    if (PK__CACHE_CHAINED) n = (size_t)c->cold->items[2 * (size_t)e + 1];
#endif
    if (len) *len = n;
    if (PK__UNLIKELY(size < n)) return PK_TOO_BIG;
#if PERFKIT_CACHE_CHAINS
    if (!PK__FULL || PK__CACHE_CHAINED) {
        pk__cache_copy(PK__CACHE_THIS, e, 0, value, n, true);
        return PK_OK;
    }
#endif
    PK__CACHE_COPY(value, pk__cache_slot(PK__CACHE_THIS, e) + PK__CACHE_IS(value_offset), n);
    return PK_OK;
}

/* The entry of a key that has not expired; 0 where there is none. */
PK__CACHE_PART pk__cache_n PK__CACHE_HERE(pk__cache_seek)(PK__CACHE_SELF, PK__CACHE_KEY, bool drop_expired) {
    pk__cache_n e;
#if PERFKIT_CACHE_THREADS && !PK__FULL
    pk__cache_look(c); /* elsewhere that was done: PK__CACHE_BEGIN */
#endif
    e = pk__cache_find(PK__CACHE_THIS, PK__CACHE_KEYED);
    if (e != 0 && PK__UNLIKELY(pk__cache_over(PK__CACHE_THIS, e))) {
        if (drop_expired) pk__cache_drop_over(c, e);
        return 0;
    }
    return e;
}

/* A get found entry e, or none: 0. */
#if PERFKIT_CACHE_SNAPSHOT
/* What is there lives for ttl from now on. That a load put it stays known: a later record of its key is still newer. */
PK__HOT_INLINE void pk__cache_prolong(PK__CACHE_SELF, pk__cache_n e, pk_time ttl) {
    const unsigned mark = c->cold->snapshot == PK__CACHE_TO_LOAD ? pk__cache_flags(PK__CACHE_THIS, e) & (unsigned)PK__CACHE_MARK : 0;
    pk__cache_stamp(PK__CACHE_THIS, e, ttl);
    if (PK__UNLIKELY(mark != 0)) pk__cache_set_flags(PK__CACHE_THIS, e, pk__cache_flags(PK__CACHE_THIS, e) | mark);
}
#else
#define pk__cache_prolong pk__cache_stamp
#endif
PK__HOT_INLINE pk__cache_n pk__cache_hit(PK__CACHE_SELF, pk__cache_n e) {
    if (e == 0) {
        PK__CACHE_ADD(PK__CACHE_MISSES);
        return 0;
    }
    PK__CACHE_ADD(PK__CACHE_HITS);
    pk__cache_use(PK__CACHE_THIS, e);
#if PERFKIT_CACHE_MORE
    if (PK__CACHE_MAY(PK__CACHE_IS_EXTRA)) {
        pk_time ttl = pk__cache_note_hit(c, e);
        if (ttl != 0) pk__cache_prolong(PK__CACHE_THIS, e, ttl);
    }
#endif
    return e;
}
PK__HOT_INLINE pk_status pk__cache_get(PK__CACHE_SELF, PK__CACHE_KEY, void *value, size_t size, size_t *len) {
    pk__cache_n e = pk__cache_hit(PK__CACHE_THIS, pk__cache_seek(PK__CACHE_THIS, PK__CACHE_KEYED, true));
    if (e == 0) return PK_NOT_FOUND;
    return pk__cache_read(PK__CACHE_THIS, e, value, size, len);
}

#if PK__FULL
/* The same in a plain LRU cache whose clock may have gone on by less than `ahead`. */
PK__HOT_INLINE pk_status pk__cache_get_ahead(PK__CACHE_SELF, pk__cache_n home, PK__CACHE_KEY, void *value, size_t *len,
                                            pk_time ahead) {
    unsigned char *group = pk__cache_group(PK__CACHE_THIS, home);
    pk__cache_n e;
    if (!pk__cache_find_in(PK__CACHE_THIS, group, PK__CACHE_KEYED, &e) &&
        (PK__LIKELY(!pk__cache_was_passed(group, PK__CACHE_W, hash)) || (e = pk__cache_find_any(c, PK__CACHE_KEYED)) == 0)) {
        PK__CACHE_ADD(PK__CACHE_MISSES);
        return PK_NOT_FOUND;
    }
#if PERFKIT_CACHE_TTL
    if (PK__UNLIKELY(pk__time_reached(c->last + ahead, pk__cache_expiry(PK__CACHE_THIS, e))))
        return pk__cache_get_any(c, key, key_len, value, PK__CACHE_IS(value_size), len, NULL);
#else
    (void)ahead;
#endif
    PK__CACHE_ADD(PK__CACHE_HITS);
    pk__cache_use(PK__CACHE_THIS, e);
    if (len) *len = PK__CACHE_IS(value_size);
    PK__CACHE_COPY(value, pk__cache_slot(PK__CACHE_THIS, e) + PK__CACHE_IS(value_offset), PK__CACHE_IS(value_size));
    return PK_OK;
}
#endif

/* Entry e, which is the caller's and has slots enough, becomes the entry of the key. */
PK__HOT_INLINE void PK__CACHE_HERE(pk__cache_write)(PK__CACHE_SELF, pk__cache_n e, const void *key, size_t key_len, const void *value,
                                    size_t len) {
    unsigned char *own = pk__cache_key(PK__CACHE_THIS, e);
    bool blank = PERFKIT_CACHE_LOAD && PK__UNLIKELY(value == NULL); /* a loader's failure */
#if PERFKIT_CACHE_S3FIFO
    if (PK__CACHE_S3) {
        pk__s3_fill(PK__CACHE_THIS, e, key, key_len, value, len);
        return;
    }
#endif
#if PERFKIT_CACHE_CHAINS
    if (!PK__FULL || PK__CACHE_CHAINED) {
        if (PK__CACHE_PREFIX) {
            own[-2] = (unsigned char)(key_len & 255u);
            own[-1] = (unsigned char)(key_len >> 8);
        }
        PK__CACHE_COPY(own, key, key_len);
        if (PK__CACHE_CHAINED) {
            c->cold->items[2 * (size_t)e + 1] = (uint32_t)len;
            pk__cache_use_slots(PK__CACHE_THIS, PK__CACHE_PREFIX + key_len + len, 1);
        }
        if (!blank) pk__cache_copy(PK__CACHE_THIS, e, 0, (void *)(uintptr_t)value, len, false); /* which is only read */
        return;
    }
#endif
    (void)key_len, (void)len;
    PK__CACHE_COPY(own, key, PK__CACHE_IS(key_size));
    if (!blank) PK__CACHE_COPY(own + PK__CACHE_IS(value_offset), value, PK__CACHE_IS(value_size));
}

#if PERFKIT_CACHE_CHAINS
/* Whether there is, or can be made, room for an entry of these lengths. */
PK__CACHE_PART pk_status PK__CACHE_HERE(pk__cache_room)(PK__CACHE_SELF, size_t key_len, size_t len) {
    const pk__cache_cold *cold = c->cold;
    size_t all = (size_t)cold->slots * PK__CACHE_IS(stride), fixed = PK__CACHE_PREFIX + key_len;
#if PERFKIT_CACHE_S3FIFO
    if (PK__CACHE_S3) { /* all in one slot; its lengths stand beside it */
        all = PK__CACHE_IS(value_offset);
        if (key_len <= all && len <= all - key_len) return PK_OK;
    }
#endif
    if (PK__CACHE_S3 || key_len > PK__CACHE_IS(stride) - PK__CACHE_PREFIX || len > all - fixed || (uint32_t)len != len) {
        PK__CACHE_ADD(PK__CACHE_REJECTED);
#if PERFKIT_CACHE_EVENTS
        pk__cache_report(c, PK_CACHE_EVENT_TOO_BIG, (uint32_t)(key_len + len), (uint32_t)all);
#endif
        return PK_TOO_BIG;
    }
#if PERFKIT_CACHE_PINS
    if (pk__cache_slots_for(PK__CACHE_THIS, fixed + len) > cold->slots_used - cold->slots_pinned + cold->slots_free)
        return PK_FULL;
#endif
    return pk__cache_slots_for(PK__CACHE_THIS, fixed + len) <= cold->slots_used + cold->slots_free ? PK_OK : PK_FULL;
}
#endif

#if PERFKIT_CACHE_MORE
/* Whether a put of this mode may go on where e (0: none) is the key's entry. */
PK__HOT_INLINE pk_status pk__cache_may_put(const pk_cache *c, pk__cache_n e, int mode, uint32_t version) {
    if (mode == PK__CACHE_PUT_IF_ABSENT) return e == 0 ? PK_OK : PK_EXISTS;
    if (e == 0) return PK_NOT_FOUND;
    return mode == PK__CACHE_PUT_IF_VERSION && pk__cache_extra32(c, e, c->cold->at_version) != version ? PK_STALE : PK_OK;
}
#endif
/* mode is constant where it is PK__CACHE_PUT. */
PK__HOT_INLINE pk_status PK__CACHE_HERE(pk__cache_put_as)(PK__CACHE_SELF, PK__CACHE_KEY, const void *value, size_t len, pk_time ttl, int mode,
                                          uint32_t version) {
    pk_status status = pk__cache_ttl(c, &ttl);
    pk__cache_n e;
#if PERFKIT_CACHE_THREADS && PERFKIT_CACHE_HOOKS
    pk__cache_n replaced = 0;
#endif
    if (PK__UNLIKELY(status != PK_OK)) return status;
#if PERFKIT_CACHE_CHAINS
#if PK__S3_SHARED && PERFKIT_CACHE_EVENTS
    if (PK__S3_IS_SHARED && PK__CACHE_PREFIX && c->cold->on_event != NULL &&
        (key_len > PK__CACHE_IS(value_offset) || len > PK__CACHE_IS(value_offset) - key_len)) {
        PK__CACHE_ADD(PK__CACHE_REJECTED);
        pk__s3_tell(c, hash, PK_CACHE_EVENT_TOO_BIG, (uint32_t)(key_len + len), (uint32_t)PK__CACHE_IS(value_offset));
        return PK_TOO_BIG;
    }
#endif
    if ((PK__CACHE_CHAINED || (PK__CACHE_S3 && PK__CACHE_PREFIX)) &&
        (status = pk__cache_room(PK__CACHE_THIS, key_len, len)) != PK_OK)
        return status;
#endif
#if PK__FULL
    e = pk__cache_find(PK__CACHE_THIS, PK__CACHE_KEYED);
    if (e != 0 && pk__cache_over(PK__CACHE_THIS, e)) {
        pk__cache_drop(c, e, PK_EVICT_EXPIRED);
        e = 0;
    }
#else /* the same, by a function that is there already */
    e = pk__cache_seek(PK__CACHE_THIS, PK__CACHE_KEYED, true);
#endif
#if PERFKIT_CACHE_MORE
    if (mode > PK__CACHE_PUT_FAILURE && (status = pk__cache_may_put(c, e, mode, version)) != PK_OK) return status;
#endif
#if PERFKIT_CACHE_PINS
    if (e != 0 && PK__CACHE_HELD(e)) { /* it keeps its bytes: the key gets another entry */
        if (!pk__cache_has_spare(c, e)) return PK_FULL;
        pk__cache_out(c, e, PK_EVICT_REPLACED);
        e = 0;
    }
#endif
    if (PK__FULL && e != 0 && PK__LIKELY(!PK__CACHE_CHAINED && !pk__cache_hooked(PK__CACHE_THIS))) { /* overwritten in place */
        pk__cache_use(PK__CACHE_THIS, e);
        PK__CACHE_ADD(PK__CACHE_LEFT + PK_EVICT_REPLACED);
    } else {
        if (e != 0)
            pk__cache_out(c, e, PK_EVICT_REPLACED);
        else if ((e = pk__cache_take(PK__CACHE_THIS, PK__CACHE_PLACED)) == 0)
            return PK_FULL;
#if PERFKIT_CACHE_CHAINS
        if (PK__CACHE_CHAINED && !pk__cache_fit(PK__CACHE_THIS, e, PK__CACHE_PREFIX + key_len + len)) status = PK_FULL;
#endif
#if !PK__FULL && !PERFKIT_CACHE_S3FIFO && !PERFKIT_CACHE_THREADS /* the same as below, with one search of the chain */
        if (status == PK_OK)
            status = pk__cache_join(c, key, key_len, e);
        else if (pk__cache_find(c, key, key_len) != 0)
            status = PK_EXISTS;
        if (status != PK_OK) {
            pk__cache_release(PK__CACHE_THIS, e);
            return status;
        }
#else
#if PERFKIT_CACHE_HOOKS
        if (PK__UNLIKELY(pk__cache_calls_out(PK__CACHE_THIS))) { /* who may have put this key, or taken the last lane in reach */
            pk__cache_n other = pk__cache_find(PK__CACHE_THIS, PK__CACHE_KEYED);
#if PERFKIT_CACHE_THREADS
            if (other != 0 && PK__CACHE_SHARDED(c) && mode == PK__CACHE_PUT_IF_VERSION)
                status = PK_STALE;
            else if (other != 0 && PK__CACHE_SHARDED(c) && status == PK_OK && mode != PK__CACHE_PUT_IF_ABSENT &&
                     c->cold->hooks_running < 16) {
                if (pk__cache_unlink(PK__CACHE_THIS, other, PK_EVICT_REPLACED)) replaced = other; /* it came before this one */
            } else
#endif
                if (other != 0)
                status = PK_EXISTS;
            else if (!pk__cache_vacant(PK__CACHE_THIS, PK__CACHE_PLACED))
                status = PK_FULL;
        }
        if (PK__UNLIKELY(status != PK_OK)) {
            pk__cache_release(PK__CACHE_THIS, e);
            return status;
        }
#endif
#if PERFKIT_CACHE_S3FIFO
        if (PK__CACHE_S3)
            pk__s3_enter(PK__CACHE_THIS, PK__CACHE_HASH_OF, e);
        else
#endif
        {
            pk__cache_place(PK__CACHE_THIS, PK__CACHE_PLACED, e);
            pk__cache_push(PK__CACHE_THIS, e);
        }
#endif
        pk__cache_counted(PK__CACHE_THIS, 1);
    }
    if (mode != PK__CACHE_PUT_FAILURE) PK__CACHE_ADD(PK__CACHE_PUTS);
    pk__cache_stamp(PK__CACHE_THIS, e, ttl);
#if PERFKIT_CACHE_MORE
    if (PK__CACHE_MAY(PK__CACHE_IS_EXTRA)) pk__cache_note_put(c, e, ttl);
#endif
    pk__cache_write(PK__CACHE_THIS, e, key, key_len, value, len);
#if PERFKIT_CACHE_THREADS && PERFKIT_CACHE_HOOKS
    if (PK__UNLIKELY(replaced != 0)) {
        if (pk__cache_hooked(PK__CACHE_THIS)) pk__cache_notify(c, replaced, PK_EVICT_REPLACED);
        pk__cache_release(PK__CACHE_THIS, replaced);
    }
#endif
    if (PK__CACHE_MAY(PK__CACHE_IS_HOOKED | PK__CACHE_IS_LOCKED) && PK__CACHE_IS_OUT(c)) pk__cache_void(c, key, key_len);
#if PERFKIT_CACHE_EVENTS
#if PK__S3_SHARED
    if (PK__S3_IS_SHARED && c->cold->on_event != NULL)
        pk__s3_tell(c, hash, PK_CACHE_EVENT_FILLING, 0, 0);
    else
#endif
        if (PK__CACHE_MAY(PK__CACHE_IS_HOOKED) && c->cold->on_event != NULL) pk__cache_filling(c);
#endif
    (void)mode, (void)version;
    return PK_OK;
}
#if PK__FULL
#if PERFKIT_CACHE_S3FIFO
/* A put into a plain S3-FIFO cache, where nothing in the set is over and the set is full or the key is there. */
PK__HOT_INLINE pk_status pk__s3_put(PK__CACHE_SELF, size_t set, PK__CACHE_KEY, const void *value, pk_time ttl) {
    pk__s3_set *s = pk__s3_at(PK__CACHE_THIS, set);
    unsigned char *slots = c->slots + set * PK__S3_WAYS * PK__CACHE_IS(stride), *slot;
    unsigned found = pk__cache_match16(s->tags, pk__cache_tag(hash)), way = 0;
    pk_time own = ttl;
    (void)key_len;
    if (PK__UNLIKELY(pk__cache_ttl(c, &own) != PK_OK || pk__s3_some_over(PK__CACHE_THIS, s)))
        return pk__cache_put_as_any(c, PK__CACHE_KEYED, value, PK__CACHE_IS(value_size), ttl, PK__CACHE_PUT, 0);
    for (; found != 0; found &= found - 1) {
        way = pk__cache_lowest(found);
        if (PK__LIKELY(PK__CACHE_COMPARE(slots + (size_t)way * PK__CACHE_IS(stride), key, PK__CACHE_IS(key_size)) == 0)) break;
    }
    if (found != 0) {
        pk__s3_use(PK__CACHE_THIS, s, way);
        PK__CACHE_ADD(PK__CACHE_LEFT + PK_EVICT_REPLACED);
    } else if (s->main + s->small < s->ways) {
        return pk__cache_put_as_any(c, PK__CACHE_KEYED, value, PK__CACHE_IS(value_size), ttl, PK__CACHE_PUT, 0);
    } else {
        way = pk__s3_turn_over(s, hash);
        PK__CACHE_ADD(PK__CACHE_LEFT + PK_EVICT_LRU);
    }
    PK__CACHE_ADD(PK__CACHE_PUTS);
    if (own == PK_TTL_NEVER) {
        pk__s3_set_flags(s, way, PK__CACHE_LIVE | PK__CACHE_NEVER);
        own = PK_TTL_NEVER >> 1;
    } else if (PK__UNLIKELY(((s->never | s->negative | s->busy) >> way & 1) != 0)) {
        pk__s3_set_flags(s, way, PK__CACHE_LIVE);
    }
#if PERFKIT_CACHE_TTL
    pk__s3_set_expiry(PK__CACHE_THIS, s, way, pk__cache_now(PK__CACHE_THIS) + own);
#endif
    slot = slots + (size_t)way * PK__CACHE_IS(stride);
    PK__CACHE_COPY(slot, key, PK__CACHE_IS(key_size));
    PK__CACHE_COPY(slot + PK__CACHE_IS(value_offset), value, PK__CACHE_IS(value_size));
    return PK_OK;
}
#endif
/* A put into a plain LRU cache, where the cache is full or the key is there; all else is called. */
PK__HOT_INLINE pk_status pk__cache_put_plain(PK__CACHE_SELF, PK__CACHE_KEY, const void *value, size_t len, pk_time ttl) {
    pk_time given = ttl;
    pk_status status = pk__cache_ttl(c, &ttl);
    pk__cache_n e;
    if (PK__UNLIKELY(status != PK_OK)) return status;
    e = pk__cache_find(PK__CACHE_THIS, key, key_len, hash);
    if (e != 0 && !pk__cache_over(PK__CACHE_THIS, e)) {
        pk__cache_use(PK__CACHE_THIS, e);
        PK__CACHE_ADD(PK__CACHE_LEFT + PK_EVICT_REPLACED);
    } else if (e != 0 || (e = pk__cache_turn_over(PK__CACHE_THIS, hash)) == 0) {
        return pk__cache_put_as_any(c, PK__CACHE_KEYED, value, len, given, PK__CACHE_PUT, 0);
    }
    PK__CACHE_ADD(PK__CACHE_PUTS);
    pk__cache_stamp(PK__CACHE_THIS, e, ttl);
    pk__cache_write(PK__CACHE_THIS, e, key, key_len, value, len);
    return PK_OK;
}
#endif
PK__HOT_INLINE pk_status pk__cache_put(PK__CACHE_SELF, PK__CACHE_KEY, const void *value, size_t len, pk_time ttl) {
#if PK__FULL
    if (!PK__CACHE_MAY(~0u)) return pk__cache_put_plain(PK__CACHE_THIS, PK__CACHE_KEYED, value, len, ttl);
#if PERFKIT_CACHE_S3FIFO
    if (!PK__CACHE_MAY(~PK__CACHE_IS_S3)) return pk__s3_put(PK__CACHE_THIS, pk__cache_home(c, hash), PK__CACHE_KEYED, value, ttl);
#endif
#endif
    return pk__cache_put_as(PK__CACHE_THIS, PK__CACHE_KEYED, value, len, ttl, PK__CACHE_PUT, 0);
}

#if PERFKIT_CACHE_MORE
/* Item i of a batch. */
PK__HOT_INLINE const void *pk__cache_batch_key(const pk__cache_batch *b, size_t i, size_t *key_len) {
    *key_len = b->records ? b->records[i].key_len : b->key_size;
    return b->records ? b->records[i].key : (const unsigned char *)b->keys + i * b->key_size;
}
PK__HOT_INLINE size_t pk__cache_batch_done(const pk__cache_batch *b, size_t i, pk_status status) { /* 1: well done */
    if (b->records)
        b->records[i].status = status;
    else if (b->statuses)
        b->statuses[i] = status;
    return status == PK_OK;
}
#endif

/* ---- One operation for each link width ---- */

#if PK__FULL
PK__HOT_INLINE pk__cache_shape pk__cache_shape_of(const pk_cache *c) {
    pk__cache_shape shape;
    shape.key_size = c->key_size;
    shape.value_size = c->value_size;
    shape.value_offset = c->value_offset;
    shape.stride = c->stride;
    shape.width = c->width;
    shape.chains = c->chains;
    shape.prefix = c->prefix;
    shape.special = c->special;
    return shape;
}
#if PERFKIT_CACHE_LINK_BITS
#define PK__CACHE_BY_WIDTH(shape, statement) statement
#else
#define PK__CACHE_BY_WIDTH(shape, statement)   \
    if (PK__LIKELY((shape).width != 1)) {      \
        if ((shape).width == 4) {              \
            (shape).width = 4;                 \
            statement;                         \
        }                                      \
        (shape).width = 2;                     \
        statement;                             \
    }                                          \
    (shape).width = 1;                         \
    statement
#endif

PK__HOT_INLINE pk__cache_shape pk__cache_shape_fixed(unsigned key_size, unsigned value_size) {
    pk__cache_shape shape;
    shape.key_size = key_size;
    shape.value_size = value_size;
    shape.value_offset = PK__CACHE_VALUE_AT(key_size, value_size);
    shape.stride = PK__CACHE_STRIDE(key_size, value_size);
    shape.width = 0;
    shape.chains = 0;
    shape.prefix = 0;
    shape.special = 0;
    return shape;
}
/* The short path is for a cache of which nothing special is asked and that is not closed, with links of 16 or 32 bits; its few
   instructions bound how many operations a processor has on their way to memory at once. The index line comes while the clock
   answers. All else is done out of line. */
PK__HOT_INLINE bool pk__cache_short(const pk_cache *c, unsigned width) {
    return c->width == width && c->special == 0 && (PERFKIT_CACHE_LINK_BITS == 0 || PERFKIT_CACHE_LINK_BITS == width * 8);
}
#if PERFKIT_CACHE_TTL /* whether the clock stands where the last operation saw it */
#define PK__CACHE_STILL(c) PK__LIKELY((c)->clock == NULL || (c)->clock((c)->cold->user) == (c)->last)
#else
#define PK__CACHE_STILL(c) true
#endif
#if PK__CACHE_SECONDS
PK__HOT_INLINE bool pk__cache_same_second(const pk_cache *c) {
    const uint32_t second = pk__load32(&c->second);
    return second != 0 && (uint32_t)time(NULL) == second;
}
#endif
/* For a get: or has gone on from there by less than *ahead. */
PK__HOT_INLINE bool pk__cache_about_still(const pk_cache *c, pk_time *ahead) {
    const bool same = pk__cache_same_second(c);
    (void)c;
    *ahead = same ? PK__CACHE_SECOND : 0;
    return PK__LIKELY(same) || PK__CACHE_STILL(c);
}
#if PERFKIT_CACHE_S3FIFO /* its short path */
PK__HOT_INLINE pk__cache_shape pk__s3_shape_fixed(unsigned key_size, unsigned value_size) {
    pk__cache_shape shape = pk__cache_shape_fixed(key_size, value_size);
    shape.width = PK__S3_WIDTH;
    shape.special = PK__CACHE_IS_S3;
    return shape;
}
#define PK__S3_IS_PLAIN(c) ((c)->special == PK__CACHE_IS_S3 && (c)->width == PK__S3_WIDTH)
/* Who misses will put: have the slot that has to go then on its way. */
PK__HOT_INLINE void pk__s3_expect(PK__CACHE_SELF, const pk__s3_set *s, const unsigned char *slots) {
    const unsigned char *slot;
    (void)c;
    if (s->main + s->small < s->ways) return;
    slot = slots + (size_t)pk__s3_way(s, s->small >= s->ways >> 2 ? s->main : 0) * PK__CACHE_IS(stride);
    PK__CACHE_PREFETCH(slot);
    if (PK__CACHE_IS(stride) > 8) PK__CACHE_PREFETCH(slot + PK__CACHE_IS(stride) - 8);
}
/* pk__cache_get of such a cache. */
PK__HOT_INLINE pk_status pk__s3_get(PK__CACHE_SELF, size_t set, PK__CACHE_KEY, void *value, size_t *len, pk_time ahead) {
    pk__s3_set *s = pk__s3_at(PK__CACHE_THIS, set);
    unsigned char *slots = c->slots + set * PK__S3_WAYS * PK__CACHE_IS(stride), *slot;
    unsigned found = pk__cache_match16(s->tags, pk__cache_tag(hash)), way;
    for (; found != 0; found &= found - 1) {
        way = pk__cache_lowest(found);
        slot = slots + (size_t)way * PK__CACHE_IS(stride);
        if (PK__UNLIKELY(PK__CACHE_COMPARE(slot, key, PK__CACHE_IS(key_size)) != 0)) continue;
#if PERFKIT_CACHE_TTL
        if (PK__UNLIKELY(pk__time_reached(c->last + ahead, s->soonest)) && c->clock != NULL) {
            pk__s3_tidy(c, set);
            if (s->tags[way] == 0 || pk__cache_over(PK__CACHE_THIS, (pk__cache_n)(set * PK__S3_WAYS + way + 1))) break;
        }
#endif
        PK__CACHE_ADD(PK__CACHE_HITS);
        pk__s3_use(PK__CACHE_THIS, s, way);
        if (len) *len = PK__CACHE_IS(value_size);
        PK__CACHE_COPY(value, slot + PK__CACHE_IS(value_offset), PK__CACHE_IS(value_size));
        return PK_OK;
    }
    (void)key_len, (void)ahead;
    PK__CACHE_ADD(PK__CACHE_MISSES);
    pk__s3_expect(PK__CACHE_THIS, s, slots);
    return PK_NOT_FOUND;
}
#endif
/* Where the short path serves, return what `plain` says; `s3`, where that of S3-FIFO does. */
#if PERFKIT_CACHE_S3FIFO
#define PK__CACHE_SHORT_S3(still, s3)                                            \
    shape = pk__s3_shape_fixed(key_size, value_size);                            \
    if (PK__S3_IS_PLAIN(c)) PK__CACHE_PREFETCH(pk__s3_at(PK__CACHE_THIS, home)); \
    if (PK__S3_IS_PLAIN(c) && still) return s3
#else
#define PK__CACHE_SHORT_S3(still, s3) ((void)0)
#endif
#define PK__CACHE_SHORT(still, plain, s3)                                    \
    pk__cache_shape shape = pk__cache_shape_fixed(key_size, value_size);     \
    const pk_hash hash = pk__cache_hash_bytes(c->seed, key, key_size);       \
    const pk__cache_n home = pk__cache_home(c, hash);                        \
    if (pk__cache_short(c, 4)) {                                             \
        shape.width = 4;                                                     \
        PK__CACHE_PREFETCH(pk__cache_group(PK__CACHE_THIS, home));           \
        if (still) return plain;                                             \
    } else if (pk__cache_short(c, 2)) {                                      \
        shape.width = 2;                                                     \
        if (still) return plain;                                             \
    }                                                                        \
    PK__CACHE_SHORT_S3(still, s3)
PK__HOT_INLINE pk_status pk__cache_get_fixed(pk_cache *c, const void *key, unsigned key_size, void *value,
                                             unsigned value_size) {
    pk_time ahead = 0;
    PK__CACHE_SHORT(pk__cache_about_still(c, &ahead),
                    pk__cache_get_ahead(c, shape, home, key, key_size, hash, value, NULL, ahead),
                    pk__s3_get(c, shape, home, key, key_size, hash, value, NULL, ahead));
#if PK__S3_SHARED
    if (PK__S3_IS_PLAINLY_SHARED(c)) return pk__s3_get_shared(c, key, key_size, hash, value, value_size, NULL);
#endif
    return pk_cache_get(c, key, key_size, value, value_size, NULL);
}
PK__HOT_INLINE pk_status pk__cache_put_fixed(pk_cache *c, const void *key, unsigned key_size, const void *value,
                                             unsigned value_size, pk_time ttl) {
    PK__CACHE_SHORT(PK__CACHE_STILL(c), pk__cache_put(c, shape, key, key_size, hash, value, value_size, ttl),
                    pk__s3_put(c, shape, home, key, key_size, hash, value, ttl));
    return pk__cache_put_any(c, key, key_size, value, value_size, ttl, PK__CACHE_PUT, 0);
}

/* ---- Batches ---- */

#if PERFKIT_CACHE_MORE
#define PK__CACHE_RUN_OF 16u /* keys prefetched at a time */

/* What a key's lookup will read comes in three steps, each of which needs what the one before sent for: the line of the index;
   the likely entry's links and slot; the links of its neighbours in the order. */
PK__HOT_INLINE void pk__cache_fetch_group(PK__CACHE_SELF, pk_hash hash) {
#if PERFKIT_CACHE_S3FIFO
    if (PK__CACHE_S3) {
        pk__s3_prefetch(PK__CACHE_THIS, hash);
        return;
    }
#endif
    PK__CACHE_PREFETCH(pk__cache_group(PK__CACHE_THIS, pk__cache_home(c, hash)));
}
PK__HOT_INLINE void pk__cache_fetch_slot(PK__CACHE_SELF, pk__cache_n e) {
    const unsigned char *slot;
#if PERFKIT_CACHE_CHAINS
    if (PK__CACHE_CHAINED && c->cold->items[2 * (size_t)e] == 0) return; /* an on_evict removed it meanwhile */
#endif
    slot = pk__cache_key(PK__CACHE_THIS, e);
    PK__CACHE_PREFETCH(slot);
    if (PK__CACHE_IS(stride) > 8) PK__CACHE_PREFETCH(slot + PK__CACHE_IS(stride) - 8 - PK__CACHE_PREFIX);
}
PK__HOT_INLINE pk__cache_n pk__cache_fetch_entry(PK__CACHE_SELF, pk_hash hash) { /* 0: none there, by the tags of its first group */
    const unsigned char *group = pk__cache_group(PK__CACHE_THIS, pk__cache_home(c, hash));
    pk__cache_n lane, e;
    PK__CACHE_FOUND;
#if PERFKIT_CACHE_S3FIFO
    if (PK__CACHE_S3) { /* where the set has no such tag: the slot that a put would probably take */
        const pk__s3_set *s = pk__s3_at(PK__CACHE_THIS, pk__cache_home(c, hash));
        unsigned way, ways = pk__cache_match16(s->tags, pk__cache_tag(hash));
        way = ways != 0 ? pk__cache_lowest(ways) : pk__s3_way(s, s->main & 15u);
        if (ways == 0) PK__CACHE_PREFETCH(s + 1);
        pk__cache_fetch_slot(PK__CACHE_THIS, (pk__cache_n)(pk__cache_home(c, hash) * PK__S3_WAYS + way + 1));
        return 0;
    }
#endif
    PK__CACHE_EACH_LANE(lane, group, pk__cache_tag(hash)) {
        e = pk__cache_link(group + PK__CACHE_LANES(PK__CACHE_W) + lane * PK__CACHE_W, PK__CACHE_W);
        PK__CACHE_PREFETCH(pk__cache_meta(PK__CACHE_THIS, e));
        if (PK__CACHE_CHAINED)
            PK__CACHE_PREFETCH(c->cold->items + 2 * (size_t)e);
        else
            pk__cache_fetch_slot(PK__CACHE_THIS, e);
        return e;
    }
    return 0;
}
PK__HOT_INLINE void pk__cache_fetch_order(PK__CACHE_SELF, pk__cache_n e) {
    PK__CACHE_PREFETCH(pk__cache_meta(PK__CACHE_THIS, pk__cache_next(PK__CACHE_THIS, e)));
    PK__CACHE_PREFETCH(pk__cache_meta(PK__CACHE_THIS, pk__cache_prev(PK__CACHE_THIS, e)));
    if (PK__CACHE_CHAINED) pk__cache_fetch_slot(PK__CACHE_THIS, e);
}
/* Whether the lengths of item i are ones that there may be. */
PK__HOT_INLINE bool pk__cache_batch_fits(PK__CACHE_SELF, const pk__cache_batch *b, size_t i, bool put) {
    (void)c;
    return b->records == NULL || (PK__CACHE_LENGTH_OK(b->records[i].key_len, PK__CACHE_IS(key_size)) &&
                                  (!put || PK__CACHE_LENGTH_OK(b->records[i].len, PK__CACHE_IS(value_size))));
}
PK__HOT_INLINE pk_status pk__cache_batch_get(PK__CACHE_SELF, const pk__cache_batch *b, size_t i, pk_hash hash) {
    size_t key_len;
    const void *key = pk__cache_batch_key(b, i, &key_len);
    pk__cache_n e = pk__cache_hit(PK__CACHE_THIS, pk__cache_seek(PK__CACHE_THIS, PK__CACHE_KEYED, true));
    if (e == 0) return PK_NOT_FOUND;
    if (b->records) return pk__cache_read(PK__CACHE_THIS, e, b->records[i].value, b->records[i].len, &b->records[i].len);
    return pk__cache_read(PK__CACHE_THIS, e, (unsigned char *)b->values + i * b->value_size, b->value_size, NULL);
}
PK__HOT_INLINE pk_status pk__cache_batch_put(PK__CACHE_SELF, const pk__cache_batch *b, size_t i, pk_hash hash) {
    size_t key_len, len = b->records ? b->records[i].len : b->value_size;
    const void *key = pk__cache_batch_key(b, i, &key_len);
    return pk__cache_put(PK__CACHE_THIS, PK__CACHE_KEYED,
                         b->records ? b->records[i].value : (const unsigned char *)b->sources + i * b->value_size, len,
                         b->records ? b->records[i].ttl_ms : b->ttl);
}
/* The hash of item i, whose place in the index is sent for; 0 of one that won't do. */
PK__HOT_INLINE pk_hash pk__cache_batch_hash(PK__CACHE_SELF, const pk__cache_batch *b, size_t i, bool put) {
    const void *key;
    size_t key_len;
    pk_hash hash;
    if (!pk__cache_batch_fits(PK__CACHE_THIS, b, i, put)) return 0;
    key = pk__cache_batch_key(b, i, &key_len);
    hash = pk__cache_hash(PK__CACHE_THIS, key, key_len);
    pk__cache_fetch_group(PK__CACHE_THIS, hash);
    return hash;
}
/* Items `from` on of a batch, n of them; how many went well. Who will be evicted is told by a walk along the order, a link at a time:
   each put goes one link further than its own run needs, so that the next run finds its victims on their way. */
PK__HOT_INLINE size_t pk__cache_run(PK__CACHE_SELF, const pk__cache_batch *b, size_t from, unsigned n, bool put) {
    pk_hash hashes[PK__CACHE_RUN_OF];
    pk__cache_n entries[PK__CACHE_RUN_OF], victims[PK__CACHE_RUN_OF], victim = 0;
    bool full = put && !PK__CACHE_S3 && c->free == 0 && c->fresh == c->capacity;
    unsigned i;
    size_t key_len, good = 0;
    const void *key;
    for (i = 0; i < n; i++) {
        if (full) victims[i] = victim = pk__cache_prev(PK__CACHE_THIS, victim);
        hashes[i] = pk__cache_batch_hash(PK__CACHE_THIS, b, from + i, put);
    }
    for (i = 0; i < n; i++) {
        entries[i] = pk__cache_fetch_entry(PK__CACHE_THIS, hashes[i]);
        if (full && victims[i] != 0) {
            key = pk__cache_key(PK__CACHE_THIS, victims[i]);
            key_len = pk__cache_key_len(PK__CACHE_THIS, (const unsigned char *)key);
            pk__cache_fetch_group(PK__CACHE_THIS, pk__cache_hash(PK__CACHE_THIS, key, key_len));
        }
    }
    for (i = 0; i < n; i++)
        if (entries[i] != 0) pk__cache_fetch_order(PK__CACHE_THIS, entries[i]);
    for (i = 0; i < n; i++) {
        pk_status status = PK_INVALID;
        if (full && victim != 0) {
            victim = pk__cache_prev(PK__CACHE_THIS, victim);
            if (victim != 0) {
                PK__CACHE_PREFETCH(pk__cache_meta(PK__CACHE_THIS, victim));
                pk__cache_fetch_slot(PK__CACHE_THIS, victim);
            }
        }
        if (pk__cache_batch_fits(PK__CACHE_THIS, b, from + i, put))
            status = put ? pk__cache_batch_put(PK__CACHE_THIS, b, from + i, hashes[i])
                         : pk__cache_batch_get(PK__CACHE_THIS, b, from + i, hashes[i]);
        good += pk__cache_batch_done(b, from + i, status);
    }
    return good;
}
PK__HOT_INLINE void pk__cache_fetch_run(PK__CACHE_SELF, const pk__cache_batch *b, size_t from, unsigned n) {
    pk_hash hashes[PK__CACHE_RUN_OF];
    pk__cache_n e;
    unsigned i;
    for (i = 0; i < n; i++) hashes[i] = pk__cache_batch_hash(PK__CACHE_THIS, b, from + i, false);
    for (i = 0; i < n; i++) {
        e = pk__cache_fetch_entry(PK__CACHE_THIS, hashes[i]);
        if (e != 0 && PK__CACHE_CHAINED) pk__cache_fetch_slot(PK__CACHE_THIS, e);
    }
}
PK__HOT_INLINE size_t pk__cache_runs(PK__CACHE_SELF, const pk__cache_batch *b, bool put) {
    size_t from, good = 0;
    if (b->n != 0) pk__cache_look(c);
    for (from = 0; from < b->n; from += PK__CACHE_RUN_OF)
        good += pk__cache_run(PK__CACHE_THIS, b, from,
                              b->n - from < PK__CACHE_RUN_OF ? (unsigned)(b->n - from) : (unsigned)PK__CACHE_RUN_OF, put);
    return good;
}
/* Runs are compiled for S3-FIFO and the widest links: memory is what a batch hides, and a small cache is seldom out of the
   processor's. */
#define PK__CACHE_LARGE_WIDTH (PERFKIT_CACHE_LINK_BITS ? PERFKIT_CACHE_LINK_BITS / 8u : 4u)
#define PK__CACHE_IS_LARGE(c) ((c)->width == PK__CACHE_LARGE_WIDTH)
PK__HOT_INLINE size_t pk__cache_many_fixed(pk_cache *c, pk__cache_batch *b, unsigned key_size, unsigned value_size, bool put) {
    pk__cache_shape shape;
    PERFKIT_ASSERT(c != NULL && (b->n == 0 || (b->keys != NULL && (put ? b->sources != NULL : b->values != NULL))));
#if PERFKIT_CACHE_S3FIFO
    if (PK__S3_IS_PLAIN(c) && c->cold != NULL) {
        b->key_size = key_size;
        b->value_size = value_size;
        return pk__cache_runs(c, pk__s3_shape_fixed(key_size, value_size), b, put);
    }
#endif
    if (PK__UNLIKELY(c->special != 0 || c->cold == NULL || !PK__CACHE_IS_LARGE(c)))
        return put ? pk__cache_put_batch(c, b, key_size, value_size) : pk__cache_get_batch(c, b, key_size, value_size);
    b->key_size = key_size;
    b->value_size = value_size;
    shape = pk__cache_shape_fixed(key_size, value_size);
    shape.width = PK__CACHE_LARGE_WIDTH;
    return pk__cache_runs(c, shape, b, put);
}
#undef PK__CACHE_TYPED_GET_MANY
#undef PK__CACHE_TYPED_PUT_MANY
#define PK__CACHE_TYPED_GET_MANY(c, b, key_size, value_size) \
    pk__cache_many_fixed(c, b, (unsigned)(key_size), (unsigned)(value_size), false)
#define PK__CACHE_TYPED_PUT_MANY(c, b, key_size, value_size) \
    pk__cache_many_fixed(c, b, (unsigned)(key_size), (unsigned)(value_size), true)
#endif

#undef PK__CACHE_TYPED_PUT
#if defined __GNUC__ || defined __clang__ /* no part of a loop of hits, whose registers it would take */
#undef PK__CACHE_TYPED_PUTTING
#define PK__CACHE_TYPED_PUTTING static __attribute__((noinline, unused))
#endif
#if !PERFKIT_CACHE_TIMING /* which pk_cache_get does */
#undef PK__CACHE_TYPED_GET
#define PK__CACHE_TYPED_GET(c, key, key_size, value, value_size) \
    pk__cache_get_fixed(c, key, (unsigned)(key_size), value, (unsigned)(value_size))
#endif
#define PK__CACHE_TYPED_PUT(c, key, key_size, value, value_size, ttl) \
    pk__cache_put_fixed(c, key, (unsigned)(key_size), value, (unsigned)(value_size), ttl)
#endif
#endif /* PK__CACHE_ENGINE */

/* ==== Implementation ==== */
#if (defined PERFKIT_IMPLEMENTATION || defined PERFKIT_CACHE_IMPLEMENTATION || defined PERFKIT_STATIC) && \
    !defined PERFKIT_CACHE_IMPLEMENTED
#define PERFKIT_CACHE_IMPLEMENTED
#if PERFKIT_CACHE_THREADS && PERFKIT_HOSTED && !defined _WIN32
#include <sched.h> /* sched_yield */
#endif
#if PERFKIT_HOSTED && (PERFKIT_CACHE_SNAPSHOT || PERFKIT_CACHE_SIPHASH) && !defined _WIN32
#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename */
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

/* Parts for whatever the cache tells of itself. */
#if PK__FULL
#define PK__CACHE_ANY c, pk__cache_shape_of(c)
#define PK__CACHE_DEFINE_PART(type, name, params, args)                        \
    PK_API PK__CACHE_AWAY type name##_any(pk_cache *c, PK__CACHE_LIST params) { \
        return name##_here(PK__CACHE_ANY, PK__CACHE_LIST args);                \
    }
#define PK__CACHE_DEFINE_VOID_PART(name, params, args)                         \
    PK_API PK__CACHE_AWAY void name##_any(pk_cache *c, PK__CACHE_LIST params) { \
        name##_here(PK__CACHE_ANY, PK__CACHE_LIST args);                       \
    }
PK__CACHE_SHARED_PARTS(PK__CACHE_DEFINE_PART, PK__CACHE_DEFINE_VOID_PART)
PK__CACHE_SHARED_CHAIN_PARTS(PK__CACHE_DEFINE_PART, PK__CACHE_DEFINE_VOID_PART)
#else
#define PK__CACHE_ANY c
#endif

#if PERFKIT_CACHE_LOAD
/* What a loader left with entry e. 0: nothing; above: the status of its failure, and there is no value; PK__CACHE_PUT_OFF: there
   is one, stale, which is not to be refreshed for a time. */
#define PK__CACHE_PUT_OFF (-1)
static int pk__cache_failure(const pk_cache *c, pk__cache_n e) {
    if (c->cold->at_negative == PK__CACHE_NONE) return 0;
    return (int)(int32_t)pk__cache_extra32(c, e, c->cold->at_negative + (unsigned)sizeof(pk_time));
}
/* Until when. */
static bool pk__cache_remembers(pk_cache *c, pk__cache_n e) {
    return !pk__time_reached(pk__cache_now(PK__CACHE_ANY), pk__cache_extra_time(c, e, c->cold->at_negative));
}
#if PERFKIT_CACHE_TTL
/* Until when entry e, unless it never ends, stays at most: as a value, a stale one, or a failure. */
static pk_time pk__cache_stays(pk_cache *c, pk__cache_n e) {
    if (pk__cache_failure(c, e) > 0) return pk__cache_extra_time(c, e, c->cold->at_negative);
    return pk__cache_expiry(PK__CACHE_ANY, e) + pk__cache_loads_of(c)->stale;
}
#endif
/* Whether entry e, whose time is over, is still to be kept: a failure, or a stale value. */
PK_API PK__CACHE_AWAY bool pk__cache_lingers(pk_cache *c, pk__cache_n e) {
#if PERFKIT_CACHE_TTL
    return !pk__time_reached(pk__cache_now(PK__CACHE_ANY), pk__cache_stays(c, e));
#else
    (void)c, (void)e;
    return false;
#endif
}
PK_API PK__CACHE_AWAY void pk__cache_drop_over(pk_cache *c, pk__cache_n e) {
    if (!pk__cache_lingers(c, e)) pk__cache_drop(c, e, PK_EVICT_EXPIRED);
}
#if PERFKIT_CACHE_TTL
/* Entry e was over before the clock came to look young again. */
static void pk__cache_end_long_ago(pk_cache *c, pk__cache_n e, pk_time now) {
    pk__cache_set_expiry(PK__CACHE_ANY, e, now - pk__cache_loads_of(c)->stale);
    if (c->cold->at_negative != PK__CACHE_NONE) pk__cache_set_extra_time(c, e, c->cold->at_negative, now);
}
#endif
#endif

#if PK__CACHE_SECONDS
/* The clock has gone on: note the second, if the clock stood still meanwhile, and most entries live for longer. A wall clock set
   back by as long as nobody used the cache hides that time for the rest of a second. */
static PK__CACHE_AWAY void pk__cache_note_second(pk_cache *c) {
    uint32_t second = (uint32_t)time(NULL);
    bool counts = c->cold->clock == pk__cache_clock && c->cold->ttl > 2 * PK__CACHE_SECOND &&
                  pk__cache_clock(NULL) == pk__cache_now(PK__CACHE_ANY);
    pk__store32(&c->second, counts ? second : 0);
}
#endif
#if PK__S3_SHARED
static void pk__cache_yield(void) {
#ifdef _WIN32
    (void)SwitchToThread();
#else
    (void)sched_yield();
#endif
}
static void pk__s3_lock(pk__s3_set *s) {
    unsigned turn = 0;
    for (;;) {
        uint32_t version = pk__load32(&s->version);
        if (!(version & 1) && pk__cas32(&s->version, version, version + 1)) return;
        if ((++turn & 63u) == 0)
            pk__cache_yield();
        else
            PK__S3_PAUSE();
    }
}
static void pk__s3_unlock(pk__s3_set *s) { pk__store32(&s->version, pk__load32(&s->version) + 1); }

/* The next number below n, in turn, for whatever thread asks. */
static pk__cache_n pk__s3_step(pk__cache_n *at, pk__cache_n n) {
    volatile uint32_t *p = (volatile uint32_t *)at;
    uint32_t was;
    do was = pk__load32(p);
    while (!pk__cas32(p, was, was + 1 < n ? was + 1 : 0));
    return was;
}
#if PERFKIT_CACHE_TTL
/* Visit the next n entries; how many had expired and are removed. No set is locked. */
static pk__cache_n pk__s3_sweep(pk_cache *c, pk__cache_n n) {
    const pk__cache_shape shape = pk__cache_shape_of(c);
    pk__cache_n removed = 0, e;
    pk__s3_set *s;
    for (; n > 0; n--) {
        e = pk__s3_step(&pk__s3_common(c)->sweep, c->fresh) + 1;
        s = pk__s3_of(PK__CACHE_THIS, e);
        if (!pk__s3_some_over(PK__CACHE_THIS, s)) continue;
        pk__s3_lock(s);
        if (pk__s3_way_of(e) == 0) pk__s3_refresh(PK__CACHE_THIS, s);
        if ((pk__cache_flags(PK__CACHE_THIS, e) & PK__CACHE_LIVE) && pk__cache_over(PK__CACHE_THIS, e) && !PK__CACHE_LINGERS(c, e)) {
            pk__cache_leave(PK__CACHE_THIS, e, PK_EVICT_EXPIRED);
            pk__cache_release(PK__CACHE_THIS, e);
            removed++;
        }
        pk__s3_unlock(s);
    }
    return removed;
}
/* The clock went on by more than the longest time to live: all that can be over is. Others wait. */
static PK__COLD void pk__s3_leap(pk_cache *c, pk_time now) {
    const pk__cache_shape shape = pk__cache_shape_of(c);
    pk__s3_shared *common = pk__s3_common(c);
    pk__cache_n e;
    pk__s3_set *s;
    while (!pk__cas32(&common->moving, 0, 1)) pk__cache_yield();
    if ((pk_time)(now - pk__cache_now(PK__CACHE_THIS)) >= PK_TTL_MAX &&
        (pk_time)(now - pk__cache_now(PK__CACHE_THIS)) <= (pk_time)0 - (pk_time)65536u) {
        for (e = 1; e <= c->fresh; e++) {
            s = pk__s3_of(PK__CACHE_THIS, e);
            pk__s3_lock(s);
            if (!(pk__cache_flags(PK__CACHE_THIS, e) & PK__CACHE_NEVER))
#if PERFKIT_CACHE_LOAD
                pk__cache_end_long_ago(c, e, now);
#else
                pk__cache_set_expiry(PK__CACHE_THIS, e, now);
#endif
            pk__s3_unlock(s);
        }
        pk__s3_store_time(&c->last, now);
    }
    pk__store32(&common->moving, 0);
}
/* As pk__cache_move_on: one of the threads that see a new millisecond moves the sweep. No set is locked. */
static pk__cache_n pk__s3_move_on(pk_cache *c, pk_time now, pk__cache_n budget) {
    pk_time last = pk__s3_load_time(&c->last), passed = now - last;
    uint64_t due = 0;
    if (passed != 0 && passed <= (pk_time)0 - (pk_time)65536u) {
        if (passed >= PK_TTL_MAX) {
            pk__s3_leap(c, now);
            due = c->fresh;
        } else if (
#if PERFKIT_TIME_BITS == 64
            __atomic_compare_exchange_n(&c->last, &last, now, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)
#else
            pk__cas32(&c->last, last, now)
#endif
        ) {
            due = pk__cache_sweep_due(c->fresh, passed);
            pk__cache_note_second(c);
        }
    }
    if (due > c->fresh) due = c->fresh;
    if (budget < due) budget = (pk__cache_n)due;
    return pk_cache_count(c) != 0 ? pk__s3_sweep(c, budget) : 0;
}
#endif
/* Look at the clock, while no set is locked. */
PK__HOT_INLINE void pk__s3_look(pk_cache *c) {
#if PERFKIT_CACHE_TTL
    if (c->cold->clock) {
        pk_time now = c->cold->clock(c->cold->user);
        if (PK__UNLIKELY(now != pk__s3_load_time(&c->last))) (void)pk__s3_move_on(c, now, 0);
    }
#else
    (void)c;
#endif
}

/* The ways that have this tag, while others may write. By way of memory the 16 bytes would wait until two stores have left the
   processor, and with them all that came before. */
PK__HOT_INLINE unsigned pk__s3_match(const pk__s3_set *s, pk__cache_n tag) {
#if PERFKIT_CACHE_SIMD && defined __SSE2__ && defined __x86_64__
    __m128i all = _mm_set_epi64x((long long)pk__s3_load(s->tags + 8), (long long)pk__s3_load(s->tags));
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(all, _mm_set1_epi8((char)(unsigned char)tag)));
#else
    unsigned char tags[16];
    pk__s3_read(s->tags, 0, tags, sizeof tags);
    return pk__cache_match16(tags, tag);
#endif
}
/* Whether the key of a slot is this one; what is read may be torn. A hook compares a copy that is whole, else -1. */
PK__HOT_INLINE int pk__s3_same(PK__CACHE_SELF, const pk__s3_set *s, uint32_t version, const unsigned char *slot, size_t at,
                               const void *key, size_t key_len) {
    const unsigned char *k = (const unsigned char *)key;
    unsigned char copy[128];
    pk__s3_word w;
    size_t part;
    if (PK__CACHE_MAY(PK__CACHE_IS_HASHED) && c->cold->equal != NULL) {
        if (key_len > sizeof copy) return -1;
        pk__s3_read(slot, at, copy, key_len);
        if (pk__load32(&s->version) != version) return -1;
        return c->cold->equal(c->cold->user, copy, key, key_len);
    }
    for (; at % sizeof w == 0 && key_len >= sizeof w; key_len -= sizeof w, k += sizeof w, at += sizeof w) {
        memcpy(&w, k, sizeof w);
        if (pk__s3_load(slot + at) != w) return 0;
    }
    for (; key_len > 0; key_len -= part, k += part, at += part) {
        part = key_len < 16 ? key_len : 16;
        pk__s3_read(slot, at, copy, part);
        if (PK__CACHE_COMPARE(copy, k, part) != 0) return 0;
    }
    return 1;
}
/* A get that takes no lock. PK_AGAIN: a writer was there, or what is found is not simply valid, or will not be `ahead` from now. */
PK__HOT_INLINE pk_status pk__s3_try_get(PK__CACHE_SELF, PK__CACHE_KEY, void *value, size_t size, size_t *len, pk_time ahead) {
    const size_t set = pk__cache_home(c, hash);
    pk__s3_set *s = pk__s3_at(PK__CACHE_THIS, set);
    uint32_t version = pk__load32(&s->version);
    unsigned found, way;
    if (version & 1) return PK_AGAIN;
    for (found = pk__s3_match(s, pk__cache_tag(hash)); found != 0; found &= found - 1) {
        const unsigned char *slot;
        size_t n = shape.value_size, at = shape.value_offset;
        int same;
        way = pk__cache_lowest(found);
        slot = c->slots + (set * PK__S3_WAYS + way) * shape.stride;
        if (shape.prefix) {
            unsigned char lengths[8];
            pk__s3_read(slot, 0, lengths, 8);
            n = (size_t)(lengths[0] | (uint32_t)lengths[1] << 8 | (uint32_t)lengths[2] << 16 | (uint32_t)lengths[3] << 24);
            if ((size_t)(lengths[6] | (unsigned)lengths[7] << 8) != key_len) continue;
            if (key_len > at || n > at - key_len) return PK_AGAIN; /* torn */
            at = 8 + key_len;
        }
        same = pk__s3_same(PK__CACHE_THIS, s, version, slot, shape.prefix, key, key_len);
        if (same < 0) return PK_AGAIN;
        if (!same) continue;
#if PERFKIT_CACHE_TTL
        if (pk__s3_timed(PK__CACHE_THIS)) {
            const pk_time now = pk__s3_load_time(&c->last) + ahead;
            if (PK__UNLIKELY(pk__time_reached(now, pk__s3_load_time(&s->soonest))) &&
                pk__time_reached(now, pk__s3_load_time(pk__s3_times(s) + way)))
                return PK_AGAIN;
        }
#else
        (void)ahead;
#endif
        if (size >= n) pk__s3_read(slot, at, value, n);
        if (pk__load32(&s->version) != version) return PK_AGAIN;
        pk__s3_use(PK__CACHE_THIS, s, way);
        PK__CACHE_ADD(PK__CACHE_HITS);
        if (len) *len = n;
        return size < n ? PK_TOO_BIG : PK_OK;
    }
    if (pk__load32(&s->version) != version) return PK_AGAIN;
    PK__CACHE_ADD(PK__CACHE_MISSES);
    return PK_NOT_FOUND;
}
#endif

/* ---- Shards and locks ---- */

#if PERFKIT_CACHE_PINS
#define PK__CACHE_PINS_OUT(c) ((c)->cold->pins_out)
#else
#define PK__CACHE_PINS_OUT(c) 0u
#endif

#if PERFKIT_CACHE_THREADS
#if PERFKIT_ATOMICS && PERFKIT_HOSTED && !defined PERFKIT_MUTEX_LOCK
#define PK__CACHE_SPINS 1 /* a word: half the price of a mutex, and it need not be made, destroyed or healed after a fork */
typedef volatile uint32_t pk__cache_lock;
#else
#define PK__CACHE_SPINS 0
typedef pk_mutex pk__cache_lock;
#endif
#if PERFKIT_HOSTED && !defined _WIN32
#define PK__CACHE_FORKS 1
#include <pthread.h>
#include <sched.h>
#else
#define PK__CACHE_FORKS 0
#endif

/* A cache with threads or shards is `groups` of these, at `index`; it has no entries itself. `fresh` is 1 with threads, and
   `free` the forks that the process had seen when it was made. */
typedef struct pk__cache_shard {
    pk_cache cache; /* the first member, so that the engine, which knows only caches, is given shards */
    pk__cache_lock lock;
    volatile uint32_t used;   /* entries, or slots where lengths vary, as its last operation left them, for the others to read */
    volatile uint32_t turn;   /* of the first shard: which one the next tick begins with */
    volatile uint32_t alarms; /* of the first shard: events that were sent, and hold */
    uint32_t all;             /* of `used`, in all shards */
    uint32_t forks;           /* as `free` of the whole */
    uint16_t number, shards;  /* the place in the array, and how many they are */
    uint8_t threads;
} pk__cache_shard;
#define PK__CACHE_SHARD_BYTES PK__ALIGN_UP(sizeof(pk__cache_shard), PERFKIT_HOSTED ? 128u : 8u) /* lines come in pairs */
#define PK__CACHE_SHARDS_MOST 256u

PK__HOT_INLINE pk__cache_shard *pk__cache_shard_of(pk_cache *c) { return (pk__cache_shard *)(void *)c; }
PK__HOT_INLINE pk__cache_shard *pk__cache_shard_at(const pk_cache *c, unsigned i) {
    return (pk__cache_shard *)(void *)(c->index + (size_t)i * PK__CACHE_SHARD_BYTES);
}
PK__HOT_INLINE pk__cache_shard *pk__cache_sibling(pk__cache_shard *shard, unsigned i) {
    return (pk__cache_shard *)(void *)((unsigned char *)shard + ((ptrdiff_t)i - shard->number) * (ptrdiff_t)PK__CACHE_SHARD_BYTES);
}
/* The shard of a hash, by bits that inside the shard choose neither group (the highest) nor tag (the lowest 8): so each shard's
   index is as evenly filled as one alone. The 16-bit hashes of AVR have none left, and its tags tell less. */
PK__HOT_INLINE unsigned pk__cache_shard_number(const pk_cache *c, pk_hash hash) {
#if PERFKIT_HOSTED
    return (unsigned)((uint32_t)(hash >> 16 & 0xFFFFu) * c->groups >> 16);
#elif defined __AVR__
    return (unsigned)((hash & 255u) * (unsigned)c->groups >> 8);
#else
    return (unsigned)((hash >> 8 & 255u) * c->groups >> 8);
#endif
}

#if PK__CACHE_SPINS
/* Somebody has the lock: spin for as long as an operation may take, then let others run, then sleep, which gives way to a
   holder of whatever priority. */
static PK__COLD void pk__cache_wait(pk__cache_lock *lock) {
    uint32_t tries = 0;
    do {
        for (; pk__load32(lock) != 0; tries++) {
            if (tries < 100)
                PK__PAUSE();
#ifdef _WIN32
            else
                Sleep(tries < 110 ? 0 : 1);
#else
            else if (tries < 110)
                (void)sched_yield();
            else {
                struct timespec nap;
                nap.tv_sec = 0;
                nap.tv_nsec = tries < 120 ? 50000 : 500000;
                (void)nanosleep(&nap, NULL);
            }
#endif
        }
    } while (!pk__cas32(lock, 0, 1));
}
PK__HOT_INLINE void pk__cache_lock_on(pk__cache_lock *lock) {
    if (PK__UNLIKELY(!pk__cas32(lock, 0, 1))) pk__cache_wait(lock);
}
#define pk__cache_lock_init(lock) (pk__store32(lock, 0), true)
#define pk__cache_lock_destroy(lock) ((void)(lock))
#define pk__cache_lock_off(lock) pk__store32(lock, 0)
#else
#define pk__cache_lock_init pk__mutex_init
#define pk__cache_lock_destroy pk__mutex_destroy
#define pk__cache_lock_on pk__mutex_lock
#define pk__cache_lock_off pk__mutex_unlock
#endif

/* After a fork the child has locks that nobody will release, around what nobody finished: pk__cache_forks counts in the child,
   and operations compare it with what it was when the cache was made. */
#if PK__CACHE_FORKS
static volatile uint32_t pk__cache_forks, pk__cache_forks_watched;
static void pk__cache_forked_here(void) { pk__store32(&pk__cache_forks, pk__load32(&pk__cache_forks) + 1u); }
static bool pk__cache_watch_forks(void) {
    if (!pk__cas32(&pk__cache_forks_watched, 0, 1)) return true;
    if (pthread_atfork(NULL, NULL, pk__cache_forked_here) == 0) return true;
    pk__store32(&pk__cache_forks_watched, 0);
    return false;
}
#if PK__S3_SHARED
/* Of an S3-FIFO cache that threads share. */
PK__HOT_INLINE bool pk__s3_forked(const pk_cache *c) { return PK__UNLIKELY(pk__s3_common(c)->forks != pk__load32(&pk__cache_forks)); }
#endif
PK__HOT_INLINE bool pk__cache_forked(const pk_cache *c) {
#if PK__S3_SHARED
    if (PK__S3_SHARES(c->special)) return pk__s3_forked(c);
#endif
    return PK__CACHE_SHARDED(c) && c->fresh && PK__UNLIKELY(c->free != pk__load32(&pk__cache_forks));
}
/* The forks that a cache with threads knows of: in a child that comes after pk_cache_after_fork others than in its parent. */
PK__HOT_INLINE uint32_t pk__cache_forks_of(const pk_cache *c) {
#if PK__S3_SHARED
    if (PK__S3_SHARES(c->special)) return pk__s3_common(c)->forks;
#endif
    return PK__CACHE_SHARDED(c) ? c->free : 0;
}
/* The same of a shard, or of a cache without any. */
PK__HOT_INLINE bool pk__cache_shard_forked(pk_cache *c) {
#if PK__S3_SHARED
    if (PK__S3_SHARES(c->special)) return pk__s3_forked(c);
#endif
    return PK__CACHE_SHARDED(c) && pk__cache_shard_of(c)->threads && pk__cache_shard_of(c)->forks != pk__load32(&pk__cache_forks);
}
#else
#define pk__cache_watch_forks() true
PK__HOT_INLINE bool pk__cache_forked(const pk_cache *c) {
    (void)c;
    return false;
}
#define pk__cache_shard_forked pk__cache_forked
#endif

#if PERFKIT_CACHE_EVENTS
static void pk__cache_filled(pk__cache_shard *shard);
#endif
/* How many caches make up c: its shards, or itself alone. pk__cache_enter_at gives number i, locked. */
PK__HOT_INLINE unsigned pk__cache_shards(const pk_cache *c) { return PK__CACHE_SHARDED(c) ? c->groups : 1; }
/* Lock what pk__cache_enter gave, once more. */
PK__HOT_INLINE void pk__cache_enter_again(pk_cache *c) {
    pk__cache_shard *shard = pk__cache_shard_of(c);
    if (PK__CACHE_SHARDED(c) && shard->threads) pk__cache_lock_on(&shard->lock);
}
PK__HOT_INLINE pk_cache *pk__cache_enter_at(pk_cache *c, unsigned i) {
    pk__cache_shard *shard;
    if (!PK__CACHE_SHARDED(c)) return c;
    shard = pk__cache_shard_at(c, i);
    if (PK__LIKELY(shard->threads)) pk__cache_lock_on(&shard->lock);
    return &shard->cache;
}
/* The part of c, locked, that an item shows an entry of; NULL: of none. */
PK__HOT_INLINE pk_cache *pk__cache_enter_item(pk_cache *c, const pk_cache_item *item) {
    uintptr_t past = (uintptr_t)item->cache - (uintptr_t)c->index;
    if (!PK__CACHE_SHARDED(c)) return item->cache == c ? c : NULL;
    if (past % PK__CACHE_SHARD_BYTES != 0 || past / PK__CACHE_SHARD_BYTES >= c->groups) return NULL;
    return pk__cache_enter_at(c, (unsigned)(past / PK__CACHE_SHARD_BYTES));
}
/* Unlock for a while, as a hook is called; pk__cache_enter_again ends it. */
PK__HOT_INLINE void pk__cache_step_out(pk_cache *c) {
    pk__cache_shard *shard = pk__cache_shard_of(c);
    if (PK__CACHE_SHARDED(c) && shard->threads) pk__cache_lock_off(&shard->lock);
}
PK__HOT_INLINE void pk__cache_exit_at(pk_cache *c) {
#if PERFKIT_CACHE_EVENTS
    pk__cache_shard *shard = pk__cache_shard_of(c);
    bool more;
#endif
    if (!PK__CACHE_SHARDED(c)) return;
#if PERFKIT_CACHE_EVENTS
    if (c->special & PK__CACHE_IS_HOOKED && c->cold->on_event != NULL) {
        uint32_t used = PERFKIT_CACHE_CHAINS && c->chains ? c->cold->slots_used : c->count;
        more = used > shard->used;
        if (used != shard->used) pk__store32(&shard->used, used);
        pk__cache_step_out(c);
        if (more) pk__cache_filled(shard);
        return;
    }
#endif
    pk__cache_step_out(c);
}
#else
PK__HOT_INLINE unsigned pk__cache_shards(const pk_cache *c) {
    (void)c;
    return 1;
}
PK__HOT_INLINE pk_cache *pk__cache_enter_at(pk_cache *c, unsigned i) {
    (void)i;
    return c;
}
PK__HOT_INLINE pk_cache *pk__cache_enter_item(pk_cache *c, const pk_cache_item *item) { return item->cache == c ? c : NULL; }
PK__HOT_INLINE void pk__cache_enter_again(pk_cache *c) { (void)c; }
PK__HOT_INLINE void pk__cache_step_out(pk_cache *c) { (void)c; }
PK__HOT_INLINE void pk__cache_exit_at(pk_cache *c) { (void)c; }
PK__HOT_INLINE bool pk__cache_forked(const pk_cache *c) {
    (void)c;
    return false;
}
#endif

/* What the key of this hash is in, locked: a shard, or the cache itself with the key's set. */
PK__HOT_INLINE pk_cache *pk__cache_enter(pk_cache *c, pk_hash hash) {
#if PK__S3_SHARED
    const pk__cache_shape shape = pk__cache_shape_of(c);
    if (PK__S3_IS_SHARED) {
        pk__s3_prefetch(PK__CACHE_THIS, hash);
        pk__s3_look(c);
        pk__s3_lock(pk__s3_at(PK__CACHE_THIS, pk__cache_home(c, hash)));
    }
#endif
#if PERFKIT_CACHE_THREADS
    if (PK__CACHE_SHARDED(c)) return pk__cache_enter_at(c, pk__cache_shard_number(c, hash));
#endif
    (void)hash;
    return c;
}
PK__HOT_INLINE void pk__cache_exit(pk_cache *c, pk_hash hash) {
#if PK__S3_SHARED
    if (PK__S3_SHARES(c->special)) pk__s3_unlock(pk__s3_at(PK__CACHE_ANY, pk__cache_home(c, hash)));
#endif
    pk__cache_exit_at(c);
    (void)hash;
}

/* Whether an operation on a key may begin. Firmware without locks looks at the clock here as well, others in BEGIN or in seek. */
#define PK__CACHE_LOOKS_FIRST (!PK__FULL && !PERFKIT_CACHE_THREADS)
#if PK__CACHE_LOOKS_FIRST
PK__CACHE_PART
#else
PK__HOT_INLINE
#endif
pk_status pk__cache_check(pk_cache *c, size_t key_len) {
    if (PK__UNLIKELY(c->cold == NULL)) return PK_CLOSED;
    if (PK__UNLIKELY(!PK__CACHE_LENGTH_OK(key_len, c->key_size))) return PK_INVALID;
#if PK__CACHE_LOOKS_FIRST
    pk__cache_look(c);
#endif
    return PK_OK;
}

/* An operation on a key begins with the key's hash, and with the shard that the key belongs to, locked where there are locks:
   between BEGIN and END, which are once each in a function, c is that shard, or the cache itself where there are none. In a
   forked child BEGIN returns PK_FORKED (BEGIN_OR: what it is given). */
#if PK__FULL
#define PK__CACHE_ONCE static
#define PK__CACHE_BEGIN_OR(refused)                                \
    pk_hash hash = pk__cache_hash(PK__CACHE_ANY, key, key_len);    \
    if (PK__UNLIKELY(pk__cache_forked(c))) return refused;         \
    c = pk__cache_enter(c, hash);                                  \
    pk__cache_look(c)
#elif PERFKIT_CACHE_THREADS
#define PK__CACHE_ONCE PK__HOT_INLINE
#define PK__CACHE_BEGIN_OR(refused)                     \
    if (PK__UNLIKELY(pk__cache_forked(c))) return refused; \
    if (PK__CACHE_SHARDED(c)) c = pk__cache_enter(c, pk__cache_hash(c, key, key_len))
#else
#define PK__CACHE_ONCE PK__HOT_INLINE
#define PK__CACHE_BEGIN_OR(refused) ((void)0)
#endif
#define PK__CACHE_BEGIN PK__CACHE_BEGIN_OR(PK_FORKED)
#if PK__FULL
#define PK__CACHE_END pk__cache_exit(c, hash)
#else
#define PK__CACHE_END pk__cache_exit_at(c)
#endif

#if PK__S3_SHARED
static PK__CACHE_AWAY pk_status pk__s3_try_any(pk_cache *c, PK__CACHE_KEY, void *value, size_t size, size_t *len, pk_time ahead) {
    return pk__s3_try_get(PK__CACHE_ANY, PK__CACHE_KEYED, value, size, len, ahead);
}
/* A get that takes no lock, unless writers are in its way again and again, or the entry's time is over. */
PK_API PK__CACHE_AWAY pk_status pk__s3_get_shared(pk_cache *c, PK__CACHE_KEY, void *value, size_t size, size_t *len) {
    pk_status status = PK_AGAIN;
    unsigned turn;
    if (pk__cache_forked(c)) return PK_FORKED;
    pk__s3_prefetch(c, pk__cache_shape_of(c), hash);
    if (PK__LIKELY(PK__S3_IS_PLAINLY_SHARED(c) && pk__cache_same_second(c))) {
        pk__cache_shape shape = pk__cache_shape_of(c);
        shape.chains = shape.prefix = 0;
        shape.special = PK__CACHE_IS_S3 | PK__CACHE_IS_LOCKED;
        status = pk__s3_try_get(PK__CACHE_THIS, PK__CACHE_KEYED, value, size, len, PK__CACHE_SECOND);
        if (PK__LIKELY(status != PK_AGAIN)) return status;
    }
    pk__s3_look(c);
    for (turn = 0; turn < 4 && status == PK_AGAIN; turn++)
        status = pk__s3_try_any(c, PK__CACHE_KEYED, value, size, len, 0);
    return status != PK_AGAIN ? status : pk__cache_get_any(c, key, key_len, value, size, len, NULL);
}
#endif

#define PK__CACHE_LONG_PATH (PK__FULL || PERFKIT_CACHE_MORE || PERFKIT_CACHE_THREADS)
#if PK__CACHE_LONG_PATH /* what is not plain takes the long path: one copy, for all sizes and kinds */
#if PK__FULL
/* But shards of a plain cache the short one, once they are locked. */
#define PK__CACHE_IS_SHORT(c) (((c)->special & ~(PK__CACHE_IS_LOCKED | PK__CACHE_IS_PINNED)) == 0 && PK__CACHE_PINS_OUT(c) == 0)
/* What comes first in a plain cache: its hash, with the index line on its way while the clock answers. */
PK__HOT_INLINE pk_hash pk__cache_approach(const pk_cache *c, const void *key, size_t key_len) {
    const pk_hash hash = pk__cache_hash_bytes(c->seed, key, key_len);
    const size_t home = pk__cache_home(c, hash);
    PK__CACHE_PREFETCH(c->index + (c->special ? home << c->width : home * (16u * c->width)));
    (void)home;
    return hash;
}
static PK__CACHE_AWAY pk_status pk__cache_get_short(pk_cache *c, const void *key, pk_hash hash, void *value, size_t size,
                                                    size_t *len) {
    pk__cache_shape shape = pk__cache_shape_of(c);
    size_t key_len = shape.key_size;
    shape.chains = shape.prefix = shape.special = 0;
    PK__CACHE_BY_WIDTH(shape, return pk__cache_get(PK__CACHE_THIS, PK__CACHE_KEYED, value, size, len));
}
static PK__CACHE_AWAY pk_status pk__cache_get_plain(pk_cache *c, const void *key, size_t key_len, void *value, size_t size,
                                                    size_t *len) {
    pk__cache_shape shape = pk__cache_shape_of(c);
    const pk_hash hash = pk__cache_approach(c, key, key_len);
    const pk__cache_n home = pk__cache_home(c, hash);
    pk_time ahead = 0;
    if (PK__UNLIKELY(size < shape.value_size || !pk__cache_about_still(c, &ahead)))
        return pk__cache_get_any(c, key, key_len, value, size, len, NULL);
    shape.chains = shape.prefix = 0;
#if PERFKIT_CACHE_S3FIFO
    if (shape.special != 0) {
        shape.special = PK__CACHE_IS_S3;
        return pk__s3_get(PK__CACHE_THIS, home, PK__CACHE_KEYED, value, len, ahead);
    }
#endif
    shape.special = 0;
    PK__CACHE_BY_WIDTH(shape, return pk__cache_get_ahead(PK__CACHE_THIS, home, PK__CACHE_KEYED, value, len, ahead));
}
static PK__CACHE_AWAY pk_status pk__cache_put_short(pk_cache *c, const void *key, pk_hash hash, const void *value, pk_time ttl) {
    pk__cache_shape shape = pk__cache_shape_of(c);
    size_t key_len = shape.key_size, len = shape.value_size;
    shape.chains = shape.prefix = 0;
#if PERFKIT_CACHE_S3FIFO
    if (shape.special == PK__CACHE_IS_S3) {
        shape.special = PK__CACHE_IS_S3;
        const size_t home = pk__cache_home(c, hash);
        if (PK__UNLIKELY(shape.width != PK__S3_WIDTH)) return pk__s3_put(PK__CACHE_THIS, home, PK__CACHE_KEYED, value, ttl);
        shape.width = PK__S3_WIDTH;
        return pk__s3_put(PK__CACHE_THIS, home, PK__CACHE_KEYED, value, ttl);
    }
#endif
    shape.special = 0;
    PK__CACHE_BY_WIDTH(shape, return pk__cache_put(PK__CACHE_THIS, PK__CACHE_KEYED, value, len, ttl));
}
#endif
PK__CACHE_SHARED pk_status pk__cache_get_any(pk_cache *c, const void *key, size_t key_len, void *value, size_t size, size_t *len,
                                             uint32_t *version) {
    pk_status status = PK_NOT_FOUND;
    pk__cache_n e;
    if (c->cold == NULL) return PK_CLOSED;
    PK__CACHE_BEGIN;
#if PK__FULL
    if (PK__CACHE_IS_SHORT(c)) {
        status = pk__cache_get_short(c, key, hash, value, size, len);
        PK__CACHE_END;
        return status;
    }
#endif
    e = pk__cache_hit(PK__CACHE_ANY, pk__cache_seek(PK__CACHE_ANY, PK__CACHE_KEYED, true));
    if (e != 0) {
        status = pk__cache_read(PK__CACHE_ANY, e, value, size, len);
#if PERFKIT_CACHE_MORE
        if (version) *version = pk__cache_extra32(c, e, c->cold->at_version);
#endif
    }
    PK__CACHE_END;
    (void)version;
    return status;
}
PK__CACHE_SHARED pk_status pk__cache_put_any(pk_cache *c, const void *key, size_t key_len, const void *value, size_t len,
                                             pk_time ttl, int mode, uint32_t version) {
    pk_status status;
    if (c->cold == NULL) return PK_CLOSED;
    PK__CACHE_BEGIN;
#if PK__FULL
    if (PK__CACHE_IS_SHORT(c) && mode == PK__CACHE_PUT && !PK__CACHE_IS_OUT(c))
        status = pk__cache_put_short(c, key, hash, value, ttl);
    else
#endif
        status = pk__cache_put_as(PK__CACHE_ANY, PK__CACHE_KEYED, value, len, ttl, mode, version);
    PK__CACHE_END;
    return status;
}
#endif

#if PERFKIT_CACHE_TIMING
static pk_status pk__cache_get_untimed(pk_cache *c, const void *key, size_t key_len, void *value, size_t size, size_t *len) {
#else
PK_API pk_status pk_cache_get(pk_cache *c, const void *key, size_t key_len, void *value, size_t size, size_t *len) {
#endif
    pk_status status;
    PERFKIT_ASSERT(c != NULL && key != NULL);
    if (PK__UNLIKELY((status = pk__cache_check(c, key_len)) != PK_OK)) return status;
#if PK__FULL
    if (PK__LIKELY((c->special & ~PK__CACHE_PLAIN_S3) == 0)) return pk__cache_get_plain(c, key, key_len, value, size, len);
#endif
#if PK__S3_SHARED
    if ((c->special & (PK__CACHE_IS_S3 | PK__CACHE_IS_LOCKED | PK__CACHE_IS_EXTRA)) ==
        (PK__CACHE_IS_S3 | PK__CACHE_IS_LOCKED)) {
        const pk_hash hash = pk__cache_hash(c, pk__cache_shape_of(c), key, key_len);
        return pk__s3_get_shared(c, key, key_len, hash, value, size, len);
    }
#endif
#if PK__CACHE_LONG_PATH
    return pk__cache_get_any(c, key, key_len, value, size, len, NULL);
#else
    return pk__cache_get(PK__CACHE_ANY, PK__CACHE_KEYED, value, size, len);
#endif
}
#if PERFKIT_CACHE_TIMING
PK_API pk_status pk_cache_get(pk_cache *c, const void *key, size_t key_len, void *value, size_t size, size_t *len) {
    pk__cache_cold *cold = c->cold;
    pk_status status;
    pk_ticks began;
    if (cold == NULL || (pk__add32(&cold->gets, 1) & 63u) != 0) return pk__cache_get_untimed(c, key, key_len, value, size, len);
    began = pk__ticks_now();
    status = pk__cache_get_untimed(c, key, key_len, value, size, len);
    began = pk__ticks_between(began, pk__ticks_now());
    if (!pk__cas32(&cold->timing_busy, 0, 1)) return status;
    cold->timing.samples++;
    cold->timing.ticks += began;
    if (began > cold->timing.longest) cold->timing.longest = began;
    pk__store32(&cold->timing_busy, 0);
    return status;
}
#endif

#if PERFKIT_CACHE_EVENTS
static PK__COLD void pk__cache_tell(const pk__cache_cold *cold, int kind, uint32_t a, uint32_t b) {
    PK__TELL(cold, cold->name, kind, kind == PK_CACHE_EVENT_TOO_BIG ? PK_TOO_BIG : PK_OK, NULL, a, b);
}
PK_API PK__CACHE_AWAY void pk__cache_report(pk_cache *c, int kind, uint32_t a, uint32_t b) {
    pk__cache_step_out(c);
    pk__cache_tell(c->cold, kind, a, b);
    pk__cache_enter_again(c);
}
/* Which alarms are due when so many are used of all: bit 0, on at four fifths and off below seven tenths. */
PK__HOT_INLINE uint32_t pk__cache_alarm(uint32_t was, uint32_t used, uint32_t all) {
    uint32_t fifth = (uint32_t)((uint64_t)all * 0x33333334u >> 32); /* a fifth, rounded down, without a divider */
    if (all - used > fifth + (fifth >> 1)) was &= ~1u;
    return all - used > fifth ? was : was | 1u;
}
/* A new entry came: say so once when four fifths are in use. */
PK_API PK__CACHE_AWAY void pk__cache_filling(pk_cache *c) {
    uint32_t used = c->chains ? c->cold->slots_used : c->count, all = c->chains ? c->cold->slots : c->capacity, was;
    if (PK__CACHE_SHARDED(c)) return; /* what counts is all shards together: pk__cache_filled */
    was = c->cold->filling;
    c->cold->filling = (uint8_t)pk__cache_alarm(was, used, all);
    if (c->cold->filling > was) pk__cache_report(c, PK_CACHE_EVENT_FILLING, used, all);
}
#if PERFKIT_CACHE_THREADS
/* A shard has more in use than before its operation, and is unlocked: look at all of them together. */
static PK__COLD void pk__cache_filled(pk__cache_shard *shard) {
    pk__cache_shard *first = pk__cache_sibling(shard, 0);
    uint32_t sum = 0, most = 0, used, was, now;
    unsigned i;
    for (i = 0; i < shard->shards; i++) {
        used = pk__load32(&pk__cache_sibling(shard, i)->used);
        sum += used;
        if (used > most) most = used;
    }
    was = pk__load32(&first->alarms);
    now = pk__cache_alarm(was, sum, shard->all);
    if (most > 15 && (uint64_t)most * shard->shards > (uint64_t)sum * 3) now |= 2u;
    if ((uint64_t)most * shard->shards < (uint64_t)sum * 2) now &= ~2u;
    if (now == was || !pk__cas32(&first->alarms, was, now)) return; /* another thread was faster */
    if (now & ~was & 1u) pk__cache_tell(shard->cache.cold, PK_CACHE_EVENT_FILLING, sum, shard->all);
    if (now & ~was & 2u) pk__cache_tell(shard->cache.cold, PK_CACHE_EVENT_UNEVEN, most, sum / shard->shards);
}
#endif
#if PK__S3_SHARED
/* The same in a set that threads share, whose lock is released meanwhile. */
PK_API PK__COLD void pk__s3_tell(pk_cache *c, pk_hash hash, int kind, uint32_t a, uint32_t b) {
    pk__s3_set *s = pk__s3_at(PK__CACHE_ANY, pk__cache_home(c, hash));
    uint32_t *filling = &pk__s3_common(c)->filling, was, now;
    if (kind == PK_CACHE_EVENT_FILLING) {
        a = pk_cache_count(c);
        b = c->capacity;
        was = pk__load32(filling);
        now = pk__cache_alarm(was, a, b);
        if (now == was || !pk__cas32(filling, was, now) || now == 0) return;
    }
    pk__s3_unlock(s);
    pk__cache_report(c, kind, a, b);
    pk__s3_lock(s);
}
#endif
#endif

#if PERFKIT_CACHE_HOOKS || PERFKIT_CACHE_PINS || !PK__TINY
/* What on_evict, pk_cache_foreach and pk_cache_get_ref show. */
PK__CACHE_PART void pk__cache_show(pk_cache *c, pk__cache_n e, pk_cache_item *item) {
    unsigned char *key = pk__cache_key(PK__CACHE_ANY, e);
    item->key = key;
    item->key_len = pk__cache_key_len(PK__CACHE_ANY, key);
    item->value = key + c->value_offset;
    item->value_len = c->value_size;
#if PERFKIT_CACHE_S3FIFO
    if (c->special & PK__CACHE_IS_S3)
        item->value = pk__cache_slot(PK__CACHE_ANY, e) + pk__s3_value(PK__CACHE_ANY, e, &item->value_len);
#endif
#if PERFKIT_CACHE_CHAINS
    if (c->chains) {
        item->value_len = (size_t)c->cold->items[2 * (size_t)e + 1];
        item->value = c->prefix + item->key_len + item->value_len <= c->stride ? key + item->key_len : NULL;
    }
#endif
    item->cache = c;
    item->entry = e;
}
#endif

#if PERFKIT_CACHE_HOOKS
PK_API PK__CACHE_AWAY void pk__cache_notify(pk_cache *c, pk__cache_n e, pk_evict_reason reason) {
    pk_cache_item item;
#if PERFKIT_CACHE_LOAD
    if (pk__cache_failure(c, e) > 0) return; /* a failure that was remembered: no value of the user's */
#endif
#if PERFKIT_CACHE_THREADS /* read under the lock */
    pk_evict_fn on_evict = c->cold->on_evict;
    void *user = c->cold->user;
#define PK__CACHE_CALL on_evict(user, &item, reason)
#else
#define PK__CACHE_CALL c->cold->on_evict(c->cold->user, &item, reason)
#endif
    pk__cache_show(c, e, &item);
#if PK__S3_SHARED
    {
        const pk__cache_shape shape = pk__cache_shape_of(c);
        pk__s3_set *s = pk__s3_of(PK__CACHE_THIS, e);
        if (PK__S3_IS_SHARED && reason != PK_EVICT_CLOSED) {
            (void)pk__add32(&pk__s3_common(c)->hooks_running, 1);
            pk__s3_unlock(s);
            PK__CACHE_CALL;
            pk__s3_lock(s);
            (void)pk__add32(&pk__s3_common(c)->hooks_running, (uint32_t)0 - 1u);
            return;
        }
    }
#endif
    c->cold->hooks_running++;
    pk__cache_step_out(c);
    PK__CACHE_CALL;
    pk__cache_enter_again(c);
    c->cold->hooks_running--;
#undef PK__CACHE_CALL
}
#endif
#if PK__FULL
PK_API PK__CACHE_AWAY void pk__cache_out(pk_cache *c, pk__cache_n e, pk_evict_reason reason) {
    pk__cache_leave(PK__CACHE_ANY, e, reason);
}
#endif
PK_API PK__CACHE_AWAY void pk__cache_drop(pk_cache *c, pk__cache_n e, pk_evict_reason reason) {
    pk__cache_leave(PK__CACHE_ANY, e, reason);
    pk__cache_release(PK__CACHE_ANY, e);
}

PK_API pk_status pk_cache_put(pk_cache *c, const void *key, size_t key_len, const void *value, size_t len, pk_time ttl_ms) {
    pk_status status;
    PERFKIT_ASSERT(c != NULL && key != NULL && (value != NULL || len == 0));
    if (PK__UNLIKELY((status = pk__cache_check(c, key_len)) != PK_OK)) return status;
    if (PK__UNLIKELY(!PK__CACHE_LENGTH_OK(len, c->value_size))) return PK_INVALID;
#if PK__FULL
    if (PK__LIKELY((c->special & ~PK__CACHE_PLAIN_S3) == 0)) {
        const pk_hash hash = pk__cache_approach(c, key, key_len);
        pk__cache_look(c);
        return pk__cache_put_short(c, key, hash, value, ttl_ms);
    }
#endif
#if PK__CACHE_LONG_PATH
    return pk__cache_put_any(c, key, key_len, value, len, ttl_ms, PK__CACHE_PUT, 0);
#else
    return pk__cache_put(PK__CACHE_ANY, PK__CACHE_KEYED, value, len, ttl_ms);
#endif
}

PK__CACHE_ONCE pk_status pk__cache_remove(pk_cache *c, PK__CACHE_KEY) {
    pk__cache_n e = pk__cache_seek(PK__CACHE_ANY, PK__CACHE_KEYED, true);
    pk_evict_reason reason = PK_EVICT_REMOVED;
    if (PK__CACHE_IS_OUT(c)) pk__cache_void(c, key, key_len);
#if PERFKIT_CACHE_LOAD
    if (e == 0 && (e = pk__cache_find(PK__CACHE_ANY, PK__CACHE_KEYED)) != 0) reason = PK_EVICT_EXPIRED; /* stale, or a failure */
#endif
    if (e == 0) return PK_NOT_FOUND;
    pk__cache_drop(c, e, reason);
    return reason == PK_EVICT_REMOVED ? PK_OK : PK_NOT_FOUND;
}
PK_API pk_status pk_cache_remove(pk_cache *c, const void *key, size_t key_len) {
    pk_status status;
    PERFKIT_ASSERT(c != NULL && key != NULL);
    if (PK__UNLIKELY((status = pk__cache_check(c, key_len)) != PK_OK)) return status;
    PK__CACHE_BEGIN;
    status = pk__cache_remove(c, PK__CACHE_KEYED);
    PK__CACHE_END;
    return status;
}

/* ---- Put variants, versions, sliding times to live, times of entries ---- */

#if PERFKIT_CACHE_MORE
static void pk__cache_note_touch(pk_cache *c, pk__cache_n e, pk_time ttl) {
    const pk__cache_cold *cold = c->cold;
    if (cold->at_ttl != PK__CACHE_NONE) pk__cache_set_extra_time(c, e, cold->at_ttl, ttl);
    if (cold->at_times != PK__CACHE_NONE)
        pk__cache_set_extra_time(c, e, cold->at_times + (unsigned)sizeof(pk_time), pk__cache_now(PK__CACHE_ANY));
}
/* Entry e was put. */
PK_API void pk__cache_note_put(pk_cache *c, pk__cache_n e, pk_time ttl) {
    pk__cache_cold *cold = c->cold;
    if (cold->at_version != PK__CACHE_NONE) {
        uint32_t version;
#if PERFKIT_CACHE_THREADS
        do version = pk__add32(&cold->version, 1) + 1;
        while (version == 0);
#else
        cold->version = version = cold->version + 1 != 0 ? cold->version + 1 : 1;
#endif
        pk__cache_set_extra32(c, e, cold->at_version, version);
    }
    if (cold->at_times != PK__CACHE_NONE) pk__cache_set_extra_time(c, e, cold->at_times, pk__cache_now(PK__CACHE_ANY));
    pk__cache_note_touch(c, e, ttl);
}
/* A get found entry e: the time to live that starts again; 0 where none does. */
PK_API pk_time pk__cache_note_hit(pk_cache *c, pk__cache_n e) {
    const pk__cache_cold *cold = c->cold;
    pk_time ttl = 0;
    if (cold->at_ttl != PK__CACHE_NONE) ttl = pk__cache_extra_time(c, e, cold->at_ttl);
    if (cold->at_times != PK__CACHE_NONE)
        pk__cache_set_extra_time(c, e, cold->at_times + (unsigned)sizeof(pk_time), pk__cache_now(PK__CACHE_ANY));
    return ttl == PK_TTL_NEVER ? 0 : ttl;
}

static pk_status pk__cache_put_mode(pk_cache *c, const void *key, size_t key_len, const void *value, size_t len, pk_time ttl,
                                    int mode, uint32_t version) {
    pk_status status;
    PERFKIT_ASSERT(c != NULL && key != NULL && (value != NULL || len == 0));
    if (PK__UNLIKELY((status = pk__cache_check(c, key_len)) != PK_OK)) return status;
    if (!PK__CACHE_LENGTH_OK(len, c->value_size)) return PK_INVALID;
    if (mode == PK__CACHE_PUT_IF_VERSION && c->cold->at_version == PK__CACHE_NONE) return PK_UNSUPPORTED;
    return pk__cache_put_any(c, key, key_len, value, len, ttl, mode, version);
}
PK_API pk_status pk_cache_put_if_absent(pk_cache *c, const void *key, size_t key_len, const void *value, size_t len,
                                        pk_time ttl_ms) {
    return pk__cache_put_mode(c, key, key_len, value, len, ttl_ms, PK__CACHE_PUT_IF_ABSENT, 0);
}
PK_API pk_status pk_cache_replace(pk_cache *c, const void *key, size_t key_len, const void *value, size_t len, pk_time ttl_ms) {
    return pk__cache_put_mode(c, key, key_len, value, len, ttl_ms, PK__CACHE_PUT_IF_THERE, 0);
}
PK_API pk_status pk_cache_compare_and_swap(pk_cache *c, const void *key, size_t key_len, const void *value, size_t len,
                                           pk_time ttl_ms, uint32_t version) {
    return pk__cache_put_mode(c, key, key_len, value, len, ttl_ms, PK__CACHE_PUT_IF_VERSION, version);
}
PK_API pk_status pk_cache_get_version(pk_cache *c, const void *key, size_t key_len, void *value, size_t size, size_t *len,
                                      uint32_t *version) {
    pk_status status;
    PERFKIT_ASSERT(c != NULL && key != NULL && version != NULL);
    if (PK__UNLIKELY((status = pk__cache_check(c, key_len)) != PK_OK)) return status;
    if (c->cold->at_version == PK__CACHE_NONE) return PK_UNSUPPORTED;
    return pk__cache_get_any(c, key, key_len, value, size, len, version);
}
static pk_status pk__cache_times(pk_cache *c, PK__CACHE_KEY, pk_time *created, pk_time *accessed) {
    pk__cache_n e = pk__cache_seek(PK__CACHE_ANY, PK__CACHE_KEYED, false);
    unsigned at = c->cold->at_times;
    if (e == 0) return PK_NOT_FOUND;
    if (created) *created = pk__cache_extra_time(c, e, at);
    if (accessed) *accessed = pk__cache_extra_time(c, e, at + (unsigned)sizeof(pk_time));
    return PK_OK;
}
PK_API pk_status pk_cache_peek_times(pk_cache *c, const void *key, size_t key_len, pk_time *created, pk_time *accessed) {
    pk_status status;
    PERFKIT_ASSERT(c != NULL && key != NULL);
    if (PK__UNLIKELY((status = pk__cache_check(c, key_len)) != PK_OK)) return status;
    if (c->cold->at_times == PK__CACHE_NONE) return PK_UNSUPPORTED;
    {
        PK__CACHE_BEGIN;
        status = pk__cache_times(c, PK__CACHE_KEYED, created, accessed);
        PK__CACHE_END;
    }
    return status;
}

/* ---- Batches ---- */

/* One after the other, n items of a batch. */
static size_t pk__cache_singles(pk_cache *c, const pk__cache_batch *b, size_t from, size_t n, bool put) {
    size_t i, good = 0;
    for (i = from; i < from + n; i++) {
        pk_cache_many *r = b->records ? &b->records[i] : NULL;
        size_t key_len;
        const void *key = pk__cache_batch_key(b, i, &key_len);
        pk_status status;
        if (put)
            status = pk_cache_put(c, key, key_len, r ? r->value : (const unsigned char *)b->sources + i * b->value_size,
                                  r ? r->len : b->value_size, r ? r->ttl_ms : b->ttl);
        else
            status = pk_cache_get(c, key, key_len, r ? r->value : (unsigned char *)b->values + i * b->value_size,
                                  r ? r->len : b->value_size, r ? &r->len : NULL);
        good += pk__cache_batch_done(b, i, status);
    }
    return good;
}
#if PK__FULL
static size_t pk__cache_runs_plain(pk_cache *c, const pk__cache_batch *b, bool put) {
    pk__cache_shape shape = pk__cache_shape_of(c);
    shape.chains = shape.prefix = shape.special = 0;
    shape.width = PK__CACHE_LARGE_WIDTH;
    return pk__cache_runs(PK__CACHE_THIS, b, put);
}
/* What is special takes single calls, but prefetched. */
static size_t pk__cache_runs_any(pk_cache *c, const pk__cache_batch *b, bool put) {
    size_t from, n, good = 0;
    for (from = 0; from < b->n; from += n) {
        n = b->n - from < PK__CACHE_RUN_OF ? b->n - from : PK__CACHE_RUN_OF;
        pk__cache_fetch_run(PK__CACHE_ANY, b, from, (unsigned)n);
        good += pk__cache_singles(c, b, from, n, put);
    }
    return good;
}
#endif
static size_t pk__cache_batch_any(pk_cache *c, const pk__cache_batch *b, bool put) {
    PERFKIT_ASSERT(c != NULL && (b->n == 0 || b->records != NULL || b->keys != NULL));
#if PK__FULL
    if (c->cold != NULL && !(c->special & PK__CACHE_IS_LOCKED) &&
        (b->records != NULL || (b->key_size == c->key_size && b->value_size == c->value_size))) {
        if (c->special != 0) return pk__cache_runs_any(c, b, put);
        if (PK__CACHE_IS_LARGE(c)) return pk__cache_runs_plain(c, b, put);
    }
#endif
    return pk__cache_singles(c, b, 0, b->n, put);
}
PK_API size_t pk__cache_get_batch(pk_cache *c, pk__cache_batch *b, size_t key_size, size_t value_size) {
    b->key_size = key_size;
    b->value_size = value_size;
    return pk__cache_batch_any(c, b, false);
}
PK_API size_t pk__cache_put_batch(pk_cache *c, pk__cache_batch *b, size_t key_size, size_t value_size) {
    b->key_size = key_size;
    b->value_size = value_size;
    return pk__cache_batch_any(c, b, true);
}
PK_API size_t pk_cache_get_many(pk_cache *c, pk_cache_many *records, size_t n) {
    pk__cache_batch batch;
    pk__cache_batch_of(&batch, NULL, NULL, NULL, NULL, n);
    batch.records = records;
    return pk__cache_get_batch(c, &batch, 0, 0);
}
PK_API size_t pk_cache_put_many(pk_cache *c, pk_cache_many *records, size_t n) {
    pk__cache_batch batch;
    pk__cache_batch_of(&batch, NULL, NULL, NULL, NULL, n);
    batch.records = records;
    return pk__cache_put_batch(c, &batch, 0, 0);
}
#endif

/* ---- Time ---- */

#if PK__CACHE_HAS_CLOCK
PK_API pk_time pk__cache_clock(void *user) { return pk__now_ms(user); }
#endif

#if PERFKIT_CACHE_TTL
/* The clock says that e's moment has come. An entry that never expires only gets a later one, so that the clock's wrap finds
   none that is older than half its range. */
PK_API PK__CACHE_AWAY bool pk__cache_really_over(pk_cache *c, pk__cache_n e) {
    if (!(pk__cache_flags(PK__CACHE_ANY, e) & PK__CACHE_NEVER)) return true;
    pk__cache_stamp(PK__CACHE_ANY, e, PK_TTL_NEVER);
    return false;
}

/* Visit the next n entries. */
static pk__cache_n pk__cache_sweep(pk_cache *c, pk__cache_n n) {
    pk__cache_n removed = 0, e;
    for (; n > 0; n--) {
        e = (pk__cache_n)(c->cold->sweep < c->fresh ? c->cold->sweep + 1 : 1);
        c->cold->sweep = e;
#if PERFKIT_CACHE_S3FIFO
        if ((c->special & PK__CACHE_IS_S3) && pk__s3_way_of(e) == 0) pk__s3_refresh(PK__CACHE_ANY, pk__s3_of(PK__CACHE_ANY, e));
#endif
        if (!(pk__cache_flags(PK__CACHE_ANY, e) & PK__CACHE_LIVE) || !pk__cache_over(PK__CACHE_ANY, e)) continue;
        if (PK__CACHE_LINGERS(c, e)) continue;
        pk__cache_leave(PK__CACHE_ANY, e, PK_EVICT_EXPIRED); /* a drop, with less stack */
        pk__cache_release(PK__CACHE_ANY, e);
        removed++;
    }
    return removed;
}

#if PERFKIT_CACHE_WHEEL
/* ---- The timing wheel (Varghese and Lauck, 1987): which entries have to leave, in the order of their ends ----
   An end lies on the level of the highest of its digits, to the base of 64, that differs from the hand's, in the slot of that
   digit: what comes first is on the lowest level in use, in the first slot ahead of the hand. When the hand reaches a slot of
   level 0, its entries are due; those of a higher one are dealt out to lower ones. At the top, digits go round. */

#define PK__CACHE_WHEEL_WORK 4 /* steps of an operation that sees a new millisecond, or needs room */

/* When entry e has to leave. */
#if PERFKIT_CACHE_LOAD
#define pk__cache_end pk__cache_stays
#else
static pk_time pk__cache_end(pk_cache *c, pk__cache_n e) { return pk__cache_expiry(PK__CACHE_ANY, e); }
#endif

/* Next and previous of an entry or of a head in its ring. */
static uint32_t pk__cache_turn_next(const pk_cache *c, uint32_t n) {
    return n <= c->capacity ? pk__cache_extra32(c, (pk__cache_n)n, c->cold->at_wheel) : c->cold->wheel->heads[2 * (n - c->capacity - 1)];
}
static uint32_t pk__cache_turn_prev(const pk_cache *c, uint32_t n) {
    return n <= c->capacity ? pk__cache_extra32(c, (pk__cache_n)n, c->cold->at_wheel + 4u)
                            : c->cold->wheel->heads[2 * (n - c->capacity - 1) + 1];
}
static void pk__cache_turn_join(pk_cache *c, uint32_t a, uint32_t b) { /* b comes after a */
    if (a <= c->capacity)
        pk__cache_set_extra32(c, (pk__cache_n)a, c->cold->at_wheel, b);
    else
        c->cold->wheel->heads[2 * (a - c->capacity - 1)] = b;
    if (b <= c->capacity)
        pk__cache_set_extra32(c, (pk__cache_n)b, c->cold->at_wheel + 4u, a);
    else
        c->cold->wheel->heads[2 * (b - c->capacity - 1) + 1] = a;
}
/* The first entry of a list; 0: it is empty. */
static pk__cache_n pk__cache_turn_first(const pk_cache *c, unsigned list) {
    uint32_t first = c->cold->wheel->heads[2 * list];
    return first <= c->capacity ? (pk__cache_n)first : (pk__cache_n)0;
}
static unsigned pk__cache_turn_lowest(uint64_t bits) { /* the number of the lowest bit set; there is one */
#if defined __GNUC__ || defined __clang__
    return (unsigned)__builtin_ctzll(bits);
#else
    unsigned n = 0, step;
    for (step = 32; step > 0; step >>= 1)
        if ((bits >> n & (((uint64_t)1 << step) - 1)) == 0) n += step;
    return n;
#endif
}
static void pk__cache_wheel_reset(pk_cache *c) { /* all lists empty, the hand at now */
    pk__cache_wheel *wheel = c->cold->wheel;
    uint32_t list;
    if (wheel == NULL) return;
    PK__CACHE_ZERO(wheel, sizeof *wheel);
    for (list = 0; list <= PK__CACHE_PENDING; list++)
        wheel->heads[2 * list] = wheel->heads[2 * list + 1] = c->capacity + 1u + list;
    wheel->at = c->last;
}

PK_API void pk__cache_unschedule(pk_cache *c, pk__cache_n e) {
    uint32_t next = pk__cache_turn_next(c, e), prev;
    if (next == 0) return; /* it never ends */
    prev = pk__cache_turn_prev(c, e);
    pk__cache_turn_join(c, prev, next);
    pk__cache_set_extra32(c, e, c->cold->at_wheel, 0);
    c->cold->wheel->count--;
    if (prev == next && prev - c->capacity - 1 < PK__CACHE_DUE) { /* the slot is empty now */
        prev -= c->capacity + 1u;
        c->cold->wheel->occupied[prev / 64u] &= ~((uint64_t)1 << prev % 64u);
    }
}
/* Entry e, whose end is known, goes to its place, from another one if `again`. O(levels). */
PK_API void pk__cache_schedule(pk_cache *c, pk__cache_n e, bool again) {
    pk__cache_wheel *wheel = c->cold->wheel;
    pk_time end = pk__cache_end(c, e), ahead;
    unsigned level = 0, list = PK__CACHE_DUE;
    uint32_t head;
    if (again) pk__cache_unschedule(c, e);
    pk__cache_set_extra32(c, e, c->cold->at_wheel, 0);
    if (c->cold->flags[e] & PK__CACHE_NEVER) return;
    if (wheel->count++ == 0) wheel->at = c->last;
    if (!pk__time_reached(wheel->at, end) || !pk__time_reached(c->last, end)) { /* over, but ahead of the hand: it waits its turn */
        if (pk__time_reached(wheel->at, end)) end = wheel->at + PK_TTL_MAX; /* the hand is far behind: ask again then */
        for (ahead = end ^ wheel->at; ahead >> 6 != 0; ahead >>= 6) level++;
        list = level * 64u + (unsigned)(end >> 6 * level & 63u);
        wheel->occupied[level] |= (uint64_t)1 << list % 64u;
    }
    head = c->capacity + 1u + list;
    pk__cache_turn_join(c, pk__cache_turn_prev(c, head), e);
    pk__cache_turn_join(c, e, head);
}
/* Move the hand to the first slot in use that begins at now or before, and its entries to where they belong; false: there is
   none. O(levels). */
static bool pk__cache_turn(pk_cache *c) {
    pk__cache_wheel *wheel = c->cold->wheel;
    unsigned level, list, to;
    uint32_t head, target;
    uint64_t ahead;
    pk_time start;
    if (wheel->at == c->last) return false;
    for (level = 0; level < PK__CACHE_LEVELS; level++) {
        ahead = wheel->occupied[level] & ~(((uint64_t)2 << (wheel->at >> 6 * level & 63u)) - 1);
        if (level == PK__CACHE_LEVELS - 1 && ahead == 0) ahead = wheel->occupied[level];
        if (ahead == 0) continue;
        list = level * 64u + pk__cache_turn_lowest(ahead);
        start = (pk_time)(list % 64u) << 6 * level;
        if (level < PK__CACHE_LEVELS - 1) start |= wheel->at >> 6 * level >> 6 << 6 << 6 * level;
        if (!pk__time_reached(c->last, start)) break;
        wheel->at = start;
        wheel->occupied[level] &= ~((uint64_t)1 << list % 64u);
        to = level == 0 ? PK__CACHE_DUE : PK__CACHE_PENDING;
        head = c->capacity + 1u + list;
        target = c->capacity + 1u + to;
        pk__cache_turn_join(c, pk__cache_turn_prev(c, target), pk__cache_turn_next(c, head));
        pk__cache_turn_join(c, pk__cache_turn_prev(c, head), target);
        pk__cache_turn_join(c, head, head);
        return true;
    }
    wheel->at = c->last;
    return false;
}
/* One step: *due = an entry that has to leave, or 0. False: there is nothing to do before the next millisecond. */
static bool pk__cache_wheel_step(pk_cache *c, pk__cache_n *due) {
    pk__cache_n e = pk__cache_turn_first(c, PK__CACHE_DUE);
    *due = 0;
    if (e != 0 && pk__time_reached(c->last, pk__cache_end(c, e)))
        *due = e;
    else if (e != 0 || (e = pk__cache_turn_first(c, PK__CACHE_PENDING)) != 0)
        pk__cache_schedule(c, e, true);
    else
        return pk__cache_turn(c);
    return true;
}
/* Remove what is due, in so many steps; how many entries. */
static pk__cache_n pk__cache_wheel_run(pk_cache *c, pk__cache_n budget) {
    pk__cache_n removed = 0, steps = 0, e;
    for (; steps < budget && pk__cache_wheel_step(c, &e); steps++) {
        if (e == 0) continue;
        pk__cache_drop(c, e, PK_EVICT_EXPIRED);
        removed++;
    }
#if PERFKIT_CACHE_THREADS /* for ticks of shards */
    c->cold->wheel->steps = steps;
#endif
    return removed;
}
/* An entry that is due and not pinned, if a few steps find one; else 0. */
PK_API pk__cache_n pk__cache_due(pk_cache *c) {
    unsigned n;
    pk__cache_n e;
    for (n = 0; n < PK__CACHE_WHEEL_WORK && pk__cache_wheel_step(c, &e); n++) {
        if (e == 0) continue;
        if (!(c->cold->flags[e] & PK__CACHE_PINNED)) return e;
        pk__cache_drop(c, e, PK_EVICT_EXPIRED); /* which gives no room yet, and calls nothing */
    }
    return 0;
}
#endif

/* Bring the cache to `now`: the sweep passes every entry once in 2^30 ms of the clock, so that with 32-bit times none is met by
   the wrap that makes its past moment look like a future one. Visits `budget` entries or more; how many were removed. */
PK_API PK__CACHE_AWAY pk__cache_n pk__cache_move_on(pk_cache *c, pk_time now, pk__cache_n budget) {
    pk_time passed = now - c->last;
    pk__cache_n e;
#if PERFKIT_CACHE_S3FIFO /* its sets may have a way or two that is never used */
    const pk__cache_n all = c->special & PK__CACHE_IS_S3 ? c->fresh : c->capacity;
#else
    const pk__cache_n all = c->capacity;
#endif
#if PERFKIT_CACHE_WHEEL
    pk__cache_n removed = 0;
#endif
    if (passed > (pk_time)0 - (pk_time)65536u) /* the clock stepped back: it stands still until it has caught up */
        passed = 0;
    else
        c->last = now;
    pk__cache_note_second(c);
    if (c->count == 0) return 0;
#if PERFKIT_CACHE_WHEEL
    if (c->cold->wheel && passed < PK_TTL_MAX) { /* which knows what to visit; the sweep goes on behind it, at its own pace */
        removed = pk__cache_wheel_run(c, budget ? budget : (pk__cache_n)PK__CACHE_WHEEL_WORK);
        budget = 0;
    }
#endif
    if (passed >= PK_TTL_MAX) { /* more than the longest time to live: all are over, though some may look as if they were not */
        for (e = 1; e <= c->fresh; e++)
            if (PK__CACHE_MORTAL(pk__cache_flags(PK__CACHE_ANY, e)))
#if PERFKIT_CACHE_LOAD
                pk__cache_end_long_ago(c, e, now);
#else
                pk__cache_set_expiry(PK__CACHE_ANY, e, now);
#endif
#if PERFKIT_CACHE_WHEEL
        if (c->cold->wheel) {
            pk__cache_wheel_reset(c);
            for (e = 1; e <= c->fresh; e++)
                if (PK__CACHE_MORTAL(c->cold->flags[e])) pk__cache_schedule(c, e, false);
        }
#endif
        budget = c->fresh;
    } else if (passed > 0) {
#if PK__FULL
        uint64_t due = pk__cache_sweep_due(all, passed);
#elif PERFKIT_TIME_BITS == 64
        uint64_t due = passed >> 30 ? c->fresh : 1 + ((uint64_t)all * passed >> 30);
#elif PERFKIT_CACHE_LINK_BITS == 32 /* the same or more, in 32 bits */
        uint32_t due = (((uint32_t)all >> 15) + 1) * ((passed >> 15) + 1);
#elif PERFKIT_CACHE_LINK_BITS == 16 /* as if the capacity were 65536 */
        uint32_t due = 1 + (passed >> 14);
#else /* as if it were 16384: by bytes */
        unsigned due = 1u + (unsigned)(passed >> 16);
#endif
        (void)all;
        if (due > c->fresh) due = c->fresh;
        if (budget < due) budget = (pk__cache_n)due;
    }
#if PERFKIT_CACHE_WHEEL
    return (pk__cache_n)(removed + pk__cache_sweep(c, budget));
#else
    return pk__cache_sweep(c, budget);
#endif
}
#endif

/* Whether a cache with this clock can keep this time to live. */
static pk_status pk__cache_check_ttl(pk_time ttl, pk_clock_fn clock) {
    if (ttl == PK_TTL_NEVER) return PK_OK;
    if (ttl > PK_TTL_MAX) return PK_INVALID;
    return PERFKIT_CACHE_TTL && clock ? PK_OK : PK_UNSUPPORTED;
}
/* A ttl was given that is too long, or the first one of this cache. */
PK_API PK__CACHE_AWAY pk_status pk__cache_start_clock(pk_cache *c, pk_time ttl) {
    pk_status status = pk__cache_check_ttl(ttl, c->cold->clock);
    if (status != PK_OK || ttl == PK_TTL_NEVER || c->clock) return status;
#if PK__S3_SHARED
    if ((c->special & PK__CACHE_IS_S3) && (c->special & PK__CACHE_IS_LOCKED)) return PK_OK; /* it looks before it locks */
#endif
    c->clock = c->cold->clock;
    c->last = c->clock(c->cold->user);
    return PK_OK;
}

/* ---- Leases and loads, as put, remove, clear and close know them ---- */

#if PERFKIT_CACHE_LEASES || PK__CACHE_LOADS
static bool pk__cache_same_keys(const pk_cache *c, const void *a, size_t a_len, const void *b, size_t b_len) {
    if (a_len != b_len) return false;
    if (c->cold->equal) return c->cold->equal(c->cold->user, a, b, a_len);
    return PK__CACHE_COMPARE((const unsigned char *)a, b, a_len) == 0;
}
#endif

#if PK__CACHE_LOADS
typedef struct pk__cache_waiter {
    struct pk__cache_waiter *next;
    void *value;
    size_t size, len;
    pk_status status;
    bool done, again;
} pk__cache_waiter;
typedef struct pk__cache_load {
    struct pk__cache_load *next;
    struct pk__cache_load *waits; /* the load that this one's thread waits for */
    pk__cache_waiter *waiters;
    const void *key;
    size_t key_len, size;
    uintptr_t thread;
    uint32_t voids; /* how often its key was put or removed, its own put included */
} pk__cache_load;

static void pk__cache_lock_loads(pk__cache_loads *l) { if (l->threads) pk__mutex_lock(&l->lock); }
static void pk__cache_unlock_loads(pk__cache_loads *l) { if (l->threads) pk__mutex_unlock(&l->lock); }
/* One more, or one less, is out: meanwhile puts and removals take the long path, which tells pk__cache_void. */
static void pk__cache_count_out(pk_cache *c, pk__cache_loads *l, bool more) {
    (void)pk__add32(&l->out, more ? 1u : 0u - 1u);
    if (l->threads) return;
    if (l->out)
        c->special |= PK__CACHE_IS_HOOKED;
    else if (c->cold->on_evict == NULL && c->cold->on_event == NULL)
        c->special = (uint8_t)(c->special & ~PK__CACHE_IS_HOOKED);
}
#endif

#if PERFKIT_CACHE_LEASES
#if PK__CACHE_LOADS
#define PK__CACHE_LEASES_OF(c) (pk__cache_loads_of(c)->leases)
#define PK__CACHE_LOCK_LEASES(c) pk__cache_lock_loads(pk__cache_loads_of(c))
#define PK__CACHE_UNLOCK_LEASES(c) pk__cache_unlock_loads(pk__cache_loads_of(c))
#define PK__CACHE_LEASES_OUT(c, more) pk__cache_count_out(c, pk__cache_loads_of(c), more)
#else
#define PK__CACHE_LEASES_OF(c) ((c)->cold->leases)
#define PK__CACHE_LOCK_LEASES(c) ((void)0)
#define PK__CACHE_UNLOCK_LEASES(c) ((void)0)
#define PK__CACHE_LEASES_OUT(c, more) ((void)0)
#endif
static pk__cache_lease *pk__cache_lease_at(pk__cache_leases *table, unsigned at) {
    return (pk__cache_lease *)(void *)((unsigned char *)(table + 1) + (size_t)at * table->stride);
}
static void pk__cache_end_lease(pk_cache *c, pk__cache_lease *lease) {
    lease->token = 0;
    PK__CACHE_LEASES_OUT(c, false);
    (void)c;
}
/* End the lease of a key, or all. One that is being filled is told. */
static void pk__cache_end_leases(pk_cache *c, const void *key, size_t key_len) {
    pk__cache_leases *table = PK__CACHE_LEASES_OF(c);
    unsigned i;
    for (i = 0; table != NULL && i < table->count; i++) {
        pk__cache_lease *lease = pk__cache_lease_at(table, i);
        if (lease->token == 0 || (key != NULL && !pk__cache_same_keys(c, lease + 1, lease->key_len, key, key_len))) continue;
        if (!lease->filling)
            pk__cache_end_lease(c, lease);
        else
            lease->voids++;
    }
}
#endif

#if PK__CACHE_LOADS
/* A key was put or removed, or all were: what is being produced for it is out of date. */
PK_API PK__CACHE_AWAY void pk__cache_void(pk_cache *c, const void *key, size_t key_len) {
    pk__cache_loads *l = pk__cache_loads_of(c);
    pk__cache_load *load;
    if (pk__load32(&l->out) == 0) return;
    pk__cache_lock_loads(l);
#if PERFKIT_CACHE_LEASES
    pk__cache_end_leases(c, key, key_len);
#endif
    for (load = l->first; load != NULL; load = load->next)
        if (key == NULL || pk__cache_same_keys(c, load->key, load->key_len, key, key_len)) load->voids++;
    pk__cache_unlock_loads(l);
}
/* For close. False: a load is running. */
static bool pk__cache_end_loads(pk_cache *c) {
    pk__cache_loads *l = pk__cache_loads_of(c);
    bool busy;
    pk__cache_lock_loads(l);
    busy = l->loading > 0 || l->queued > 0;
    pk__cache_unlock_loads(l);
    if (busy) return false;
    if (l->threads) {
#ifdef PK__HAS_COND
        pk__cond_destroy(&l->changed);
#endif
        pk__mutex_destroy(&l->lock);
    }
    return true;
}
#endif

/* ---- Emptying and closing ---- */

#if PERFKIT_CACHE_S3FIFO && PK__FULL
/* Some entry of a set may have expired: look at the clock, and remove what has. */
PK_API PK__COLD void pk__s3_tidy(pk_cache *c, size_t set) {
    pk__s3_set *s = pk__s3_at(PK__CACHE_ANY, set);
    unsigned over;
    pk__cache_n e;
    pk__cache_look(c);
    over = pk__s3_over(PK__CACHE_ANY, s);
    for (; over != 0; over &= over - 1) {
        e = (pk__cache_n)(set * PK__S3_WAYS + pk__cache_lowest(over) + 1);
        if (pk__cache_over(PK__CACHE_ANY, e) && !PK__CACHE_LINGERS(c, e)) pk__cache_drop(c, e, PK_EVICT_EXPIRED);
    }
    pk__s3_refresh(PK__CACHE_ANY, s);
}
#endif
#if PERFKIT_CACHE_S3FIFO
/* Remove up to n entries of the next so many sets. */
static void pk__s3_drop_many(pk_cache *c, pk__cache_n sets, pk__cache_n n) {
    pk__cache_n e, way, set;
    if (sets > c->groups) sets = c->groups;
    for (; sets > 0 && n > 0; sets--) {
        const bool shared = PK__S3_SHARES(c->special);
        set = shared ? pk__s3_step(&c->free, c->groups) : c->free;
        if (shared)
            pk__s3_lock(pk__s3_at(PK__CACHE_ANY, set));
        else
            c->free = (pk__cache_n)(set + 1 < c->groups ? set + 1 : 0);
        for (way = 1; way <= PK__S3_WAYS && n > 0; way++) {
            e = (pk__cache_n)(set * PK__S3_WAYS + way);
            if (!(pk__cache_flags(PK__CACHE_ANY, e) & PK__CACHE_LIVE)) continue;
            pk__cache_drop(c, e, PK_EVICT_CLEARED);
            n--;
        }
        if (shared) pk__s3_unlock(pk__s3_at(PK__CACHE_ANY, set));
    }
}
/* As from the start: no entries, no ghosts, and the ways that the capacity allows dealt out evenly. */
static void pk__s3_reset(pk_cache *c) {
    unsigned ways = PK__S3_WAYS;
    pk__cache_n n, more;
    while ((pk__cache_n)(ways * c->groups) > c->capacity) ways--;
    more = (pk__cache_n)(c->capacity - ways * c->groups); /* sets that have one more */
    for (n = 0; n < c->groups; n++) {
        pk__s3_set *s = pk__s3_at(PK__CACHE_ANY, n);
        PK__CACHE_ZERO(s, sizeof *s);
        s->order = (uint64_t)0xFEDCBA98u << 32 | 0x76543210u;
        s->ways = (uint8_t)(ways + (n < more));
    }
    c->count = c->free = 0;
    c->fresh = (pk__cache_n)(c->groups * PK__S3_WAYS);
}
#endif
#if PERFKIT_CACHE_PINS
static void pk__cache_unpark(pk_cache *c);
#endif

/* Remove up to n entries, least recent first. */
static void pk__cache_drop_many(pk_cache *c, pk__cache_n n) {
#if PERFKIT_CACHE_S3FIFO
    if (c->special & PK__CACHE_IS_S3) {
        pk__s3_drop_many(c, n, n);
        return;
    }
#endif
#if PERFKIT_CACHE_PINS
    pk__cache_unpark(c);
#endif
    for (; n > 0 && c->count > 0; n--) {
        pk__cache_n e = pk__cache_prev(PK__CACHE_ANY, 0);
#if PERFKIT_CACHE_PINS
        if (e == 0) { /* on_evict has put something, for which the pinned rest was parked again */
            pk__cache_unpark(c);
            e = pk__cache_prev(PK__CACHE_ANY, 0);
        }
#endif
        pk__cache_drop(c, e, PK_EVICT_CLEARED);
    }
}

#if PK__FULL || (PERFKIT_CACHE_THREADS && !PK__TINY)
/* Forget all entries at once: the state that init leaves. */
static void pk__cache_forget(pk_cache *c) {
    pk__cache_cold *cold = c->cold;
#if PERFKIT_CACHE_S3FIFO
    if (c->special & PK__CACHE_IS_S3) {
        pk__s3_reset(c);
        return;
    }
#endif
    PK__CACHE_ZERO(c->index, (size_t)PK__CACHE_INDEX_OF((size_t)c->capacity, (size_t)c->groups, PK__CACHE_WIDTH_OF(c)));
    PK__CACHE_ZERO(c->meta, PK__CACHE_META(PK__CACHE_WIDTH_OF(c)));
    PK__CACHE_ZERO(cold->flags, (size_t)c->fresh + 1);
#if PERFKIT_CACHE_CHAINS && !PK__FULL
    if (c->chains) PK__CACHE_ZERO(cold->items, (size_t)8u * (c->capacity + 1u)); /* as init: nobody has slots */
#endif
    c->count = c->fresh = c->free = 0;
    cold->slots_used = cold->slot_fresh = cold->slot_list = 0;
    cold->slots_free = cold->slots;
#if PERFKIT_CACHE_WHEEL
    pk__cache_wheel_reset(c);
#endif
}
#endif

PK__CACHE_ONCE void pk__cache_empty(pk_cache *c) {
#if PERFKIT_CACHE_S3FIFO
    if ((c->special & PK__CACHE_IS_S3) &&
        ((c->special & (PK__CACHE_IS_LOCKED | PK__CACHE_IS_PINNED)) || c->cold->on_evict != NULL)) {
        pk__s3_drop_many(c, c->groups, c->fresh);
        return;
    }
#endif
#if PK__FULL
    if (c->cold->on_evict == NULL && c->cold->hooks_running == 0 && PK__CACHE_PINS_OUT(c) == 0) {
#if PERFKIT_STATS
        c->cold->counters[PK__CACHE_LEFT + PK_EVICT_CLEARED] += c->count;
#endif
        pk__cache_forget(c);
        return;
    }
#endif
    pk__cache_drop_many(c, c->count);
}
PK_API pk_status pk_cache_clear(pk_cache *c) {
    unsigned i;
    PERFKIT_ASSERT(c != NULL);
    if (c->cold == NULL) return PK_CLOSED;
    if (pk__cache_forked(c)) return PK_FORKED;
    if (PK__CACHE_IS_OUT(c)) pk__cache_void(c, NULL, 0);
    for (i = 0; i < pk__cache_shards(c); i++) {
        pk_cache *one = pk__cache_enter_at(c, i);
#if PERFKIT_CACHE_SNAPSHOT
        if (one->special & PK__CACHE_IS_SAVING) /* one entry may be in the making, another the next to be saved */
            pk__cache_drop_many(one, one->count);
        else
#endif
            pk__cache_empty(one);
        pk__cache_exit_at(one);
    }
    return PK_OK;
}

#if PERFKIT_CACHE_HOOKS
/* The cache is about to close: on_evict hears of what is in it. */
static void pk__cache_say_closed(pk_cache *c) {
    pk__cache_n e;
    if (c->cold->on_evict == NULL) return;
#if PERFKIT_CACHE_S3FIFO
    if (c->special & PK__CACHE_IS_S3) {
        for (e = 1; e <= c->fresh; e++)
            if (pk__cache_flags(PK__CACHE_ANY, e) & PK__CACHE_LIVE) pk__cache_notify(c, e, PK_EVICT_CLOSED);
        return;
    }
#endif
    for (e = pk__cache_prev(PK__CACHE_ANY, 0); e != 0; e = pk__cache_prev(PK__CACHE_ANY, e))
        pk__cache_notify(c, e, PK_EVICT_CLOSED);
}
#endif
#if PERFKIT_CACHE_THREADS
static bool pk__cache_busy(pk_cache *c) {
    bool found = false;
    unsigned i;
    for (i = 0; i < pk__cache_shards(c); i++) {
        pk_cache *one = pk__cache_enter_at(c, i);
        if (one->cold->hooks_running || PK__CACHE_PINS_OUT(one)) found = true;
        pk__cache_exit_at(one);
    }
    return found;
}
static void pk__cache_close_shards(pk_cache *c) {
    unsigned i;
    if (!PK__CACHE_SHARDED(c)) return;
    for (i = 0; i < c->groups; i++) {
        pk_cache *one = pk__cache_enter_at(c, i);
#if PERFKIT_CACHE_HOOKS
        pk__cache_say_closed(one);
#endif
        pk__cache_step_out(one);
        if (c->fresh) pk__cache_lock_destroy(&pk__cache_shard_of(one)->lock);
    }
}
#endif
PK_API pk_status pk_cache_close(pk_cache *c) {
    pk_cache gone;
    PERFKIT_ASSERT(c != NULL);
    if (c->cold == NULL) return PK_OK;
    if (pk__cache_forked(c)) return PK_FORKED;
#if PERFKIT_CACHE_SNAPSHOT
    if (pk__load32(&c->cold->transfer) != 0) return PK_BUSY;
#endif
#if PK__S3_SHARED
    if ((c->special & PK__CACHE_IS_S3) && (c->special & PK__CACHE_IS_LOCKED) &&
        pk__load32(&pk__s3_common(c)->hooks_running) != 0)
        return PK_BUSY;
#endif
#if PERFKIT_CACHE_THREADS
    if (pk__cache_busy(c)) return PK_BUSY;
#else
    if (c->cold->hooks_running || PK__CACHE_PINS_OUT(c)) return PK_BUSY;
#endif
#if PK__CACHE_LOADS
    if (!pk__cache_end_loads(c)) return PK_BUSY;
#endif
    PK__CACHE_COPY(&gone, c, sizeof gone);
    PK__CACHE_ZERO(c, sizeof *c); /* from here on on_evict finds it closed */
    c = &gone;
#if PERFKIT_CACHE_THREADS
    pk__cache_close_shards(c);
#endif
#if PERFKIT_CACHE_HOOKS
    if (!(PERFKIT_CACHE_THREADS && PK__CACHE_SHARDED(c))) pk__cache_say_closed(c);
#endif
    if (c->cold->block) {
        pk_allocator allocator = c->cold->allocator; /* which lies in what is freed */
        pk__free(&allocator, c->cold->block, c->cold->block_size);
    }
    return PK_OK;
}

/* ---- Making one ---- */

/* The hooks stand in the desc as in the cold part, from allocator to user. */
#define PK__CACHE_HOOKS_SPAN(type) (offsetof(type, user) + sizeof(void *) - offsetof(type, allocator))
PK__STATIC_ASSERT(cache_hooks_agree, PK__CACHE_HOOKS_SPAN(pk_cache_desc) == PK__CACHE_HOOKS_SPAN(pk__cache_cold) &&
                                         offsetof(pk_cache_desc, on_evict) - offsetof(pk_cache_desc, allocator) ==
                                             offsetof(pk__cache_cold, on_evict) - offsetof(pk__cache_cold, allocator));

#if PERFKIT_CACHE_SIPHASH
#if PERFKIT_HOSTED && defined _WIN32
PK__EXTERN BOOLEAN NTAPI SystemFunction036(PVOID bytes, ULONG n); /* RtlGenRandom, of advapi32: not in every SDK's headers */
#endif
/* The cache's own key: the one given, or random bytes of the operating system. */
static pk_status pk__cache_sip_key(unsigned char *key, const unsigned char *given) {
    if (given) {
        PK__CACHE_COPY(key, given, 16);
        return PK_OK;
    }
#if PERFKIT_HOSTED && defined _WIN32
    return SystemFunction036(key, 16) ? PK_OK : PK_UNSUPPORTED;
#elif PERFKIT_HOSTED
    {
        int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
        ssize_t done = fd < 0 ? 0 : read(fd, key, 16);
        if (fd >= 0) close(fd);
        return done == 16 ? PK_OK : PK_UNSUPPORTED;
    }
#else
    return PK_UNSUPPORTED;
#endif
}
#endif

/* Sizes of whole blocks. */
#ifdef __AVR__
typedef size_t pk__cache_total; /* what is larger than an AVR is refused before */
#define PK__CACHE_STRIDE_MAX 0x7FFFu
#elif PERFKIT_CACHE_LINK_BITS == 8 || PERFKIT_CACHE_LINK_BITS == 16
#if UINTPTR_MAX > 0xFFFFFFFFu
typedef uint64_t pk__cache_total; /* an address as well */
#else
typedef uint32_t pk__cache_total; /* 65534 × 32767 and a bit: no overflow */
#endif
#define PK__CACHE_STRIDE_MAX 0x7FFFu
#else
typedef uint64_t pk__cache_total;
#define PK__CACHE_STRIDE_MAX 0x7FFFFFFFu
#endif

/* A part of the block ends at `end`: where the next one begins. */
PK__HOT_INLINE pk__cache_total pk__cache_lay(pk__cache_total end) {
    return PK__CACHE_LINE > 1 ? (end + 7u) & ~(pk__cache_total)7u : end;
}
#define PK__CACHE_AT(place) ((unsigned char *)(uintptr_t)(place))
#if PK__CACHE_EXTRAS
/* Give each field that a desc asks for its place in an entry's record of extras; the bytes of one record. */
static unsigned pk__cache_extras(pk__cache_cold *cold, const pk_cache_desc *desc) {
    unsigned size = 0;
    cold->at_version = cold->at_ttl = cold->at_times = cold->at_wheel = cold->at_negative = PK__CACHE_NONE;
    if (PERFKIT_CACHE_MORE && desc->times) {
        cold->at_times = (uint8_t)size;
        size += 2 * (unsigned)sizeof(pk_time);
    }
    if (PERFKIT_CACHE_MORE && desc->sliding) {
        cold->at_ttl = (uint8_t)size;
        size += (unsigned)sizeof(pk_time);
    }
    if (PERFKIT_CACHE_LOAD && desc->negative_ttl_ms) {
        cold->at_negative = (uint8_t)size;
        size += (unsigned)sizeof(pk_time) + 4;
    }
    if (PERFKIT_CACHE_WHEEL && desc->prompt_expiry) {
        cold->at_wheel = (uint8_t)size;
        size += 8;
    }
    if (PERFKIT_CACHE_MORE && desc->versions) {
        cold->at_version = (uint8_t)size;
        size += 4;
    }
    cold->extra_size = (uint8_t)size;
    return size;
}
#endif
#if PERFKIT_CACHE_PINS
static uint16_t pk__cache_pins_for(const pk_cache *c, const pk_cache_desc *desc) {
    unsigned wanted = desc->max_pins ? desc->max_pins : PK__CACHE_PINS_WANTED;
    return (uint16_t)(wanted < c->capacity ? wanted : c->capacity);
}
#endif
#if PERFKIT_CACHE_CHAINS
static size_t pk__cache_slots_in(size_t bytes, uint32_t slot) {
#if PK__FULL
    return bytes / slot;
#else /* init need not be fast, and a divider is 266 B of flash */
    size_t n = 0;
    for (; bytes >= slot && n <= PK__CACHE_MOST; bytes -= (size_t)slot) n++;
    return n;
#endif
}
#endif
#if PERFKIT_CACHE_S3FIFO
/* The same for sets, which begin with a line. */
static PK__COLD pk__cache_total pk__s3_lay_out(pk_cache *c, const pk_cache_desc *desc, pk__cache_total begin) {
    pk__cache_total end = (begin + 63u) & ~(pk__cache_total)63u;
    const pk__cache_n all = (pk__cache_n)(c->groups * PK__S3_WAYS);
    pk__cache_cold *cold;
    unsigned extra = 0;
#if PERFKIT_CACHE_PINS
    unsigned char *pins;
#endif
    c->index = PK__CACHE_AT(end);
    end += (pk__cache_total)c->groups << c->width;
#if PK__S3_SHARED
    c->meta = PK__CACHE_AT(end);
    if (c->special & PK__CACHE_IS_LOCKED) end += sizeof(pk__s3_shared);
    if (begin && (c->special & PK__CACHE_IS_LOCKED)) PK__CACHE_ZERO(c->meta, sizeof(pk__s3_shared));
#endif
    c->slots = PK__CACHE_AT(end);
    end = pk__cache_lay(end + (pk__cache_total)all * c->stride);
    cold = (pk__cache_cold *)(void *)PK__CACHE_AT(end);
    end = pk__cache_lay(end + sizeof *cold);
#if PERFKIT_CACHE_PINS
    pins = PK__CACHE_AT(end);
    end = pk__cache_lay(end + (pk__cache_total)pk__cache_pins_for(c, desc) * sizeof(pk__cache_pin));
#endif
#if PK__CACHE_EXTRAS
    {
        pk__cache_cold places;
        pk__cache_total at = end;
        extra = pk__cache_extras(&places, desc);
        if (extra > 0) end += (pk__cache_total)extra * (all + 1u);
        if (begin) PK__CACHE_ZERO(cold, sizeof *cold);
        if (begin && extra > 0) {
            cold->extra = PK__CACHE_AT(at);
            PK__CACHE_ZERO(cold->extra, (size_t)extra * (all + 1u));
        }
    }
#else
    if (begin) PK__CACHE_ZERO(cold, sizeof *cold);
#endif
    (void)desc, (void)extra;
    if (begin) {
        c->cold = cold;
#if PERFKIT_CACHE_PINS
        cold->pins = (pk__cache_pin *)(void *)pins;
        cold->pins_most = pk__cache_pins_for(c, desc);
        PK__CACHE_ZERO(cold->pins, cold->pins_most * sizeof(pk__cache_pin));
#endif
#if PERFKIT_CACHE_TTL
        if (c->width > 6) PK__CACHE_ZERO(c->index, (size_t)c->groups << c->width);
#endif
        pk__s3_reset(c);
    }
    return end - begin + (begin ? 0u : 63u);
}
/* What a desc asks for, of this policy. */
static pk_status pk__s3_resolve(pk_cache *c, const pk_cache_desc *desc) {
    uint32_t n = c->capacity;
    bool varies = c->key_size == 0 || c->value_size == 0;
    if ((PERFKIT_CACHE_WHEEL && desc->prompt_expiry) || (varies && !PERFKIT_CACHE_CHAINS)) return PK_UNSUPPORTED;
    c->special = PK__CACHE_IS_S3;
    if (desc->threads) c->special = PK__CACHE_IS_S3 | PK__CACHE_IS_LOCKED;
    if (varies) {
#if PERFKIT_CACHE_CHAINS
        uint32_t slot = desc->slot_size ? desc->slot_size : 64u;
        if (slot > 65535u || slot < c->key_size) return PK_INVALID;
        if (desc->max_bytes && desc->max_bytes < (uint64_t)n * slot) n = (uint32_t)pk__cache_slots_in(desc->max_bytes, slot);
        if (n == 0) return PK_INVALID;
        c->special |= PK__CACHE_IS_CHAINED;
        c->prefix = 8; /* the lengths, in the slot */
        c->value_offset = (unsigned)slot;
        c->stride = 8u + (((unsigned)slot + 7u) & ~7u);
#endif
    } else {
        c->value_offset = PK__CACHE_VALUE_AT(c->key_size, c->value_size);
        c->stride = PK__CACHE_STRIDE(c->key_size, c->value_size);
        if (desc->threads) { /* no word has bytes of two things that are read apart */
            c->value_offset = (c->key_size + 7u) & ~7u;
            c->stride = (c->value_offset + c->value_size + 7u) & ~7u;
        }
    }
    c->capacity = (pk__cache_n)n;
    c->groups = (pk__cache_n)((n + (PK__S3_WAYS - 1u)) >> 4);
    c->width = 6;
    if (PERFKIT_CACHE_TTL && (desc->clock || PK__CACHE_HAS_CLOCK)) c->width = PK__S3_SHIFT;
    return PK_OK;
}
#endif
/* Lay out the block of a cache whose sizes are known, from the address `begin` on (0: nowhere yet, and only the sum counts);
   the bytes it takes with slack to align it. */
static PK__COLD pk__cache_total pk__cache_lay_out(pk_cache *c, const pk_cache_desc *desc, unsigned slots,
                                                  pk__cache_total begin) {
    pk__cache_total end = begin;
    pk__cache_cold *cold;
#if PERFKIT_CACHE_S3FIFO
    if (c->special & PK__CACHE_IS_S3) return pk__s3_lay_out(c, desc, begin);
#endif
#if PERFKIT_CACHE_PINS
    unsigned char *pins;
#endif
    c->index = PK__CACHE_AT(end);
    end += PK__CACHE_INDEX_OF((pk__cache_total)c->capacity, (pk__cache_total)c->groups, PK__CACHE_WIDTH_OF(c));
    cold = (pk__cache_cold *)(void *)PK__CACHE_AT(end);
    end = pk__cache_lay(end + sizeof *cold);
    c->meta = PK__CACHE_AT(end);
    end = pk__cache_lay(end + (pk__cache_total)PK__CACHE_META(PK__CACHE_WIDTH_OF(c)) * (c->capacity + 1u));
    c->slots = PK__CACHE_AT(end);
    end = pk__cache_lay(end + (pk__cache_total)slots * c->stride);
#if PERFKIT_CACHE_PINS
    pins = PK__CACHE_AT(end);
    end = pk__cache_lay(end + (pk__cache_total)pk__cache_pins_for(c, desc) * sizeof(pk__cache_pin));
#endif
    if (begin) {
        c->cold = cold;
        PK__CACHE_ZERO(c->index, (size_t)(c->meta - c->index) + PK__CACHE_META(PK__CACHE_WIDTH_OF(c)));
        cold->flags = PK__CACHE_AT(end);
        PK__CACHE_ZERO(cold->flags, (size_t)c->capacity + 1);
#if PERFKIT_CACHE_PINS
        cold->pins = (pk__cache_pin *)(void *)pins;
        cold->pins_most = pk__cache_pins_for(c, desc);
        PK__CACHE_ZERO(cold->pins, cold->pins_most * sizeof(pk__cache_pin));
#endif
    }
    end += c->capacity + 1u;
#if PERFKIT_CACHE_CHAINS
    if (c->chains) {
        pk__cache_total items = pk__cache_lay(end);
        pk__cache_total next = items + (pk__cache_total)8u * (c->capacity + 1u);
        end = pk__cache_lay(next + (pk__cache_total)PK__CACHE_WIDTH_OF(c) * (slots + 1u));
        if (begin) {
            cold->items = (uint32_t *)(void *)PK__CACHE_AT(items);
            if (!PK__FULL) PK__CACHE_ZERO(cold->items, (size_t)(next - items));
            cold->next = PK__CACHE_AT(next);
            cold->slots = cold->slots_free = (pk__cache_n)slots;
        }
    }
#endif
#if PK__CACHE_EXTRAS
    {
        pk__cache_cold places;
        pk__cache_total extra = pk__cache_lay(end);
        unsigned size = pk__cache_extras(&places, desc);
        if (size > 0) end = extra + (pk__cache_total)size * (c->capacity + 1u);
        if (begin) cold->extra = size > 0 ? PK__CACHE_AT(extra) : NULL;
    }
#endif
#if PERFKIT_CACHE_WHEEL
    if (desc->prompt_expiry) {
        pk__cache_total wheel = pk__cache_lay(end);
        end = wheel + sizeof(pk__cache_wheel);
        if (begin) cold->wheel = (pk__cache_wheel *)(void *)PK__CACHE_AT(wheel);
    }
#endif
    (void)desc;
    return end - begin + (PK__CACHE_LINE - 1);
}

#if PERFKIT_CACHE_CHAINS
static pk_status pk__cache_resolve_chains(pk_cache *c, const pk_cache_desc *desc, unsigned *slot_count) {
    uint32_t slot = desc->slot_size ? desc->slot_size : 64u;
    size_t slots = (size_t)c->capacity * 4u;
    c->prefix = c->key_size == 0 ? 2 : 0;
    if (slots > PK__CACHE_MOST) slots = PK__CACHE_MOST; /* 4 a piece is only a wish */
    if (desc->max_bytes) slots = pk__cache_slots_in(desc->max_bytes, slot);
    if (slot > PK__CACHE_STRIDE_MAX || (c->prefix && slot > 65535u) || slot <= (uint32_t)c->prefix ||
        slot < c->key_size || slots - 1u >= PK__CACHE_MOST)
        return PK_INVALID;
    c->chains = 1;
    c->stride = (unsigned)slot;
    if (slots > c->capacity) c->width = (uint8_t)PK__CACHE_WIDTH_FOR(slots);
    *slot_count = (unsigned)slots;
    return PK_OK;
}
#endif

#if PERFKIT_CACHE_THREADS
/* How many shards a desc comes to; 0: it is wrong. By default the largest power of two up to 16 that leaves each shard 16 entries
   and 64 slots. */
static unsigned pk__cache_shard_count(const pk_cache_desc *desc, unsigned capacity, unsigned slots, bool chains) {
    unsigned n = desc->shards;
    if (n > PK__CACHE_SHARDS_MOST || n > capacity || n > slots) return 0;
    if (n > 0) return n;
    for (n = PERFKIT_HOSTED ? 16 : 1; n > 1 && (n > capacity >> 4 || (chains && n > slots >> 6)); n >>= 1) {}
    return n;
}
/* The block of a cache with shards: their array, the cold part of the whole, and a block for each shard, which together have the
   whole's capacity and slots. Otherwise as pk__cache_lay_out. */
static PK__COLD pk__cache_total pk__cache_lay_out_shards(pk_cache *c, const pk_cache_desc *desc, unsigned slots,
                                                         pk__cache_total begin) {
    unsigned n = c->groups, i, own;
    pk__cache_total end = begin + (pk__cache_total)n * PK__CACHE_SHARD_BYTES;
    pk_cache sizes, *one = &sizes;
    if (begin) {
        c->index = PK__CACHE_AT(begin);
        c->cold = (pk__cache_cold *)(void *)PK__CACHE_AT(end);
        PK__CACHE_ZERO(c->index, (size_t)(end - begin) + sizeof(pk__cache_cold));
#if PERFKIT_CACHE_CHAINS
        if (c->chains) c->cold->slots = (pk__cache_n)slots;
#endif
    }
    end += sizeof(pk__cache_cold);
    for (i = 0; i < n; i++) {
        if (begin) one = &pk__cache_shard_at(c, i)->cache;
        PK__CACHE_COPY(one, c, sizeof *one);
        own = slots / n + (i < slots % n);
        one->capacity = (pk__cache_n)(c->capacity / n + (i < c->capacity % n));
        one->width = (uint8_t)PK__CACHE_WIDTH_FOR(own > one->capacity ? own : one->capacity);
        one->groups = (pk__cache_n)PK__CACHE_GROUPS(one->capacity, PK__CACHE_WIDTH_OF(one));
        end = (end + (PK__CACHE_LINE - 1)) & ~(pk__cache_total)(PK__CACHE_LINE - 1);
        end += pk__cache_lay_out(one, desc, own, begin ? end : 0) - (PK__CACHE_LINE - 1);
    }
    return end - begin + (PK__CACHE_LINE - 1);
}
#endif

/* The size of keys or values: of the type (0: there is none), or of the desc, which may not differ. */
PK__CACHE_PART bool pk__cache_size(unsigned *size, size_t of_type, uint32_t of_desc) {
    *size = (unsigned)(of_type ? of_type : of_desc);
    return *size <= PK__CACHE_STRIDE_MAX / 2 && (of_desc == 0 || of_desc == *size);
}

/* Resolve every default of a desc that memory depends on, and tell the bytes that it takes. */
static pk_status pk__cache_resolve(pk_cache *c, const pk_cache_desc *desc, size_t key_size, size_t value_size,
                                   unsigned *slots, pk__cache_total *bytes) {
    uint32_t capacity = desc->capacity;
    PK__CACHE_ZERO(c, sizeof *c);
    if (PERFKIT_HOSTED && capacity == 0) capacity = 1000;
    if (capacity == 0 || capacity > PK__CACHE_MOST || desc->policy > (PERFKIT_CACHE_S3FIFO || PK__FULL ? PK_CACHE_S3FIFO : PK_CACHE_LRU) ||
        !pk__cache_size(&c->key_size, key_size, desc->key_size) ||
        !pk__cache_size(&c->value_size, value_size, desc->value_size))
        return PK_INVALID;
#if PK__FULL && !(PERFKIT_CACHE_MORE && PERFKIT_CACHE_TTL)
    if ((desc->versions && !PERFKIT_CACHE_MORE) || desc->sliding || desc->times) return PK_UNSUPPORTED;
#endif
    if ((!PERFKIT_CACHE_THREADS && (desc->threads || desc->shards > 1)) ||
        (desc->policy == PK_CACHE_S3FIFO && ((desc->threads && !PK__S3_SHARED) || desc->shards > 1)) ||
        (PK__FULL && !PERFKIT_CACHE_S3FIFO && desc->policy == PK_CACHE_S3FIFO) || (!PERFKIT_CACHE_HOOKS && desc->on_evict) ||
        (!PERFKIT_CACHE_EVENTS && desc->on_event))
        return PK_UNSUPPORTED;
    if (PK__FULL && desc->prompt_expiry && (!PERFKIT_CACHE_WHEEL || desc->policy != PK_CACHE_LRU)) return PK_UNSUPPORTED;
#if PK__CACHE_LOADS
    if (desc->stale_ms > PK_TTL_MAX / 2 || desc->negative_ttl_ms > PK_TTL_MAX / 2 ||
        (desc->lease_ms > PK_TTL_MAX && desc->lease_ms != PK_TTL_NEVER))
        return PK_INVALID;
    if ((desc->stale_ms || desc->negative_ttl_ms) &&
        (!PERFKIT_CACHE_LOAD || !PERFKIT_CACHE_TTL || !(desc->clock || PK__CACHE_HAS_CLOCK)))
        return PK_UNSUPPORTED;
#endif
    c->capacity = (pk__cache_n)capacity;
    c->width = (uint8_t)PK__CACHE_WIDTH_FOR(capacity);
#if PERFKIT_CACHE_S3FIFO
    if (desc->policy == PK_CACHE_S3FIFO) {
        pk_status status = pk__s3_resolve(c, desc);
        if (status != PK_OK) return status;
        *slots = 0;
        *bytes = pk__cache_lay_out(c, desc, 0, 0);
        return (size_t)*bytes == *bytes ? PK_OK : PK_INVALID;
    }
#endif
    if (c->key_size && c->value_size) {
        c->value_offset = PK__CACHE_VALUE_AT(c->key_size, c->value_size);
        c->stride = PK__CACHE_STRIDE(c->key_size, c->value_size);
        *slots = c->capacity;
    } else {
#if PERFKIT_CACHE_CHAINS
        pk_status status = pk__cache_resolve_chains(c, desc, slots);
        if (status != PK_OK) return status;
#else
        return PK_UNSUPPORTED;
#endif
    }
    c->groups = (pk__cache_n)PK__CACHE_GROUPS(c->capacity, PK__CACHE_WIDTH_OF(c));
#if SIZE_MAX <= 0xFFFFu
    if ((uint32_t)*slots * c->stride > 0xC000u) return PK_INVALID;
#endif
#if PERFKIT_CACHE_THREADS
    if (desc->policy == PK_CACHE_LRU && (desc->threads || desc->shards > 1)) {
        unsigned shards = pk__cache_shard_count(desc, c->capacity, *slots, c->chains);
        if (shards == 0) return PK_INVALID;
        c->special = PK__CACHE_IS_LOCKED;
        c->groups = (pk__cache_n)shards;
        *bytes = pk__cache_lay_out_shards(c, desc, *slots, 0);
    } else
#endif
        *bytes = pk__cache_lay_out(c, desc, *slots, 0);
    return (size_t)*bytes == *bytes ? PK_OK : PK_INVALID;
}

#if PERFKIT_HOSTED
static const pk_cache_desc pk__cache_defaults = {NULL, 0, 0, 0, 0, 0, 0, NULL, 0, {NULL, NULL, NULL}, NULL, NULL, NULL, NULL,
                                                 NULL, NULL, 0, false, 0, 0, 0, false, false, false, false, 0, 0, 0, 0, NULL, NULL};
#define PK__CACHE_DEFAULTS &pk__cache_defaults
#else
#define PK__CACHE_DEFAULTS NULL /* the capacity has to be given */
#endif

#if PERFKIT_CACHE_LEASES
static unsigned pk__cache_lease_stride(const pk_cache *c) {
    return (unsigned)PK__CACHE_LEASE_STRIDE(c->key_size ? c->key_size : c->stride);
}
static void pk__cache_make_leases(const pk_cache *c, pk__cache_leases *table, unsigned count, pk_time ms) {
    unsigned i;
    table->ms = ms ? ms : (pk_time)10000u;
    table->token = 0;
    table->count = count;
    table->stride = pk__cache_lease_stride(c);
    for (i = 0; i < count; i++) pk__cache_lease_at(table, i)->token = 0;
}
#endif
/* Bytes at the end of the block for the table of leases, with slack to align it. */
static pk__cache_total pk__cache_leases_needed(const pk_cache *c, const pk_cache_desc *desc) {
#if PK__CACHE_LOADS && PERFKIT_CACHE_LEASES
    if (desc->max_loads > 0) return 7u + sizeof(pk__cache_leases) + (pk__cache_total)desc->max_loads * pk__cache_lease_stride(c);
#endif
    (void)c, (void)desc;
    return 0;
}

/* The clock and the default time to live of a desc, and whether a cache can be made with them. */
PK__HOT_INLINE pk_status pk__cache_resolve_times(const pk_cache_desc *desc, pk_clock_fn *clock, pk_time *ttl) {
    pk_status status;
    *clock = desc->clock ? desc->clock : PK__CACHE_CLOCK;
    *ttl = desc->ttl_ms ? desc->ttl_ms : PK__CACHE_TTL_DEFAULT;
    status = pk__cache_check_ttl(*ttl, *clock);
    return status == PK_OK && PERFKIT_CACHE_MORE && desc->times && *clock == NULL ? PK_UNSUPPORTED : status;
}

PK_API size_t pk_cache_memory_needed(const pk_cache_desc *desc) {
    pk_cache sizes;
    pk__cache_total bytes;
    unsigned slots;
    pk_clock_fn clock;
    pk_time ttl;
    if (desc == NULL) desc = PK__CACHE_DEFAULTS;
    if (desc == NULL || pk__cache_resolve_times(desc, &clock, &ttl) != PK_OK) return 0;
    if (pk__cache_resolve(&sizes, desc, 0, 0, &slots, &bytes) != PK_OK) return 0;
    return (size_t)(bytes + pk__cache_leases_needed(&sizes, desc));
}

static void pk__cache_furnish(pk_cache *c, const pk_cache_desc *desc, pk_clock_fn clock, pk_time ttl);
#if PERFKIT_CACHE_THREADS
static pk_status pk__cache_start_shards(pk_cache *c, const pk_cache_desc *desc, pk_clock_fn clock, pk_time ttl);
#endif
#if PK__CACHE_LOADS
/* Locks, and nothing out. False: there is no lock to be had. */
static bool pk__cache_forget_loads(pk__cache_loads *l) {
#if PERFKIT_CACHE_LEASES
    unsigned i;
    for (i = 0; l->leases != NULL && i < l->leases->count; i++) pk__cache_lease_at(l->leases, i)->token = 0;
#endif
    l->first = NULL;
    l->out = l->loading = l->queued = 0;
    PK__CACHE_ZERO(l->counts, sizeof l->counts);
    l->ticks = 0;
    if (!pk__mutex_init(&l->lock)) return false;
#ifdef PK__HAS_COND
    if (!pk__cond_init(&l->changed)) {
        pk__mutex_destroy(&l->lock);
        return false;
    }
#endif
    return true;
}
static bool pk__cache_start_loads(pk_cache *c, const pk_cache_desc *desc, unsigned char *end) {
    pk__cache_loads *l = &c->cold->own_loads;
    l->most = desc->max_loads;
    l->stale = desc->stale_ms;
    l->negative = desc->negative_ttl_ms;
#if PERFKIT_CACHE_LEASES
    if (desc->max_loads > 0) {
        l->leases = (pk__cache_leases *)pk__align_pointer(end - pk__cache_leases_needed(c, desc), 8);
        pk__cache_make_leases(c, l->leases, desc->max_loads, desc->lease_ms);
    }
#endif
    (void)end;
#if PERFKIT_CACHE_TTL
    if (l->stale || l->negative) (void)pk__cache_start_clock(c, 1);
#endif
    if (!desc->threads) return true;
    if (!pk__cache_forget_loads(l)) return false;
    l->threads = true;
    return true;
}
#endif

PK_API pk_status pk__cache_init(pk_cache *c, size_t size, uint32_t config, const pk_cache_desc *desc, size_t key_size,
                                size_t value_size) {
    pk_clock_fn clock;
    pk_time ttl;
    pk_status status;
    pk__cache_total bytes;
    unsigned slots;
    void *memory, *block = NULL;
#if PERFKIT_CACHE_SIPHASH
    unsigned char hash_key[16] = {0};
#endif
#if PK__CACHE_LOADS
    unsigned char *end;
#endif
    PERFKIT_ASSERT(c != NULL);
    if (size != sizeof(pk_cache) || config != PK__CACHE_CONFIG_WORD) return PK_INVALID;
    c->cold = NULL;
    if (desc == NULL) desc = PK__CACHE_DEFAULTS;
    if (!PERFKIT_HOSTED && desc == NULL) return PK_INVALID;
    status = pk__cache_resolve(c, desc, key_size, value_size, &slots, &bytes);
    if (status != PK_OK) return status;
    bytes += pk__cache_leases_needed(c, desc);
    if ((status = pk__cache_resolve_times(desc, &clock, &ttl)) != PK_OK) return status;
#if PERFKIT_CACHE_SIPHASH
    if (desc->hash == pk_cache_siphash && (status = pk__cache_sip_key(hash_key, desc->hash_key)) != PK_OK) return status;
#endif
    memory = desc->memory;
    if (memory == NULL)
        memory = block = pk__alloc(&desc->allocator, (size_t)bytes, 8);
    else if (desc->memory_size < bytes)
        memory = NULL;
    if (memory == NULL) return PK_NO_MEMORY;
#if PK__CACHE_LOADS
    end = (unsigned char *)memory + bytes;
#endif
    memory = pk__align_pointer(memory, PK__CACHE_LINE);
#if PERFKIT_CACHE_THREADS
    if (PK__CACHE_SHARDED(c)) (void)pk__cache_lay_out_shards(c, desc, slots, (uintptr_t)memory);
    else
#endif
        (void)pk__cache_lay_out(c, desc, slots, (uintptr_t)memory);
    c->cold->block = block;
    c->cold->block_size = (size_t)bytes;
#if PERFKIT_CACHE_SIPHASH
    PK__CACHE_COPY(c->cold->hash_key, hash_key, sizeof hash_key);
#endif
#if PERFKIT_HOSTED
    c->seed = pk__cache_hash_bytes((uint64_t)(uintptr_t)c ^ pk__ticks_now(), &memory, sizeof memory);
#endif
    pk__cache_furnish(c, desc, clock, ttl);
#if PK__CACHE_LOADS
    if (!pk__cache_start_loads(c, desc, end)) status = PK_NO_MEMORY;
#endif
#if PK__S3_SHARED && PK__CACHE_FORKS
    if ((c->special & PK__CACHE_IS_S3) && desc->threads) {
        if (!pk__cache_watch_forks()) status = PK_NO_MEMORY;
        pk__s3_common(c)->forks = pk__load32(&pk__cache_forks);
    }
#endif
#if PERFKIT_CACHE_THREADS
    if (status == PK_OK && PK__CACHE_SHARDED(c) && (status = pk__cache_start_shards(c, desc, clock, ttl)) != PK_OK) {
#if PK__CACHE_LOADS
        (void)pk__cache_end_loads(c);
#endif
    }
#endif
    if (status != PK_OK) {
        c->cold = NULL;
        if (block) pk__free(&desc->allocator, block, (size_t)bytes);
    }
    return status;
}

/* Give a cache or shard, whose memory is laid out, what a desc asks for. */
static void pk__cache_furnish(pk_cache *c, const pk_cache_desc *desc, pk_clock_fn clock, pk_time ttl) {
    PK__CACHE_COPY(&c->cold->allocator, &desc->allocator, PK__CACHE_HOOKS_SPAN(pk_cache_desc));
    c->cold->name = desc->name;
    c->cold->clock = clock;
    c->cold->ttl = ttl;
#if PERFKIT_CACHE_SNAPSHOT
    c->cold->wall_clock = desc->wall_clock;
    c->cold->schema = desc->schema;
#endif
#if PK__FULL
    if (c->chains) c->special |= PK__CACHE_IS_CHAINED;
    if (desc->hash || desc->equal) c->special |= PK__CACHE_IS_HASHED;
    if (desc->on_evict || desc->on_event) c->special |= PK__CACHE_IS_HOOKED;
#endif
#if PK__CACHE_EXTRAS
    if (pk__cache_extras(c->cold, desc) > 0) c->special |= PK__CACHE_IS_EXTRA;
#endif
#if PERFKIT_CACHE_WHEEL
    pk__cache_wheel_reset(c);
#endif
#if PERFKIT_HOSTED && PERFKIT_CACHE_PINS
    {
        unsigned i;
        for (i = 0; i < c->cold->pins_most; i++)
            c->cold->pins[i].token = (unsigned)c->seed; /* so that an item of a former cache in this place is stale */
    }
#endif
#if PERFKIT_CACHE_TTL
#if PK__S3_SHARED
    if ((c->special & PK__CACHE_IS_S3) && (c->special & PK__CACHE_IS_LOCKED) && clock) c->last = clock(desc->user);
#endif
    (void)pk__cache_start_clock(c, PERFKIT_CACHE_MORE && desc->times ? PK_TTL_MAX : ttl);
#endif
}

/* ---- Threads ---- */

#if PERFKIT_CACHE_THREADS && PERFKIT_CACHE_PINS && !PK__TINY
/* Forget all pins, with the entries that only they held: their items are stale from here on. */
static void pk__cache_unpin_all(pk_cache *c) {
    pk__cache_cold *cold = c->cold;
    unsigned i;
    for (i = 0; i < cold->pins_most; i++) cold->pins[i].count = cold->pins[i].first = 0;
    cold->pins_out = cold->pins_fresh = cold->pins_free = 0;
    cold->pins_live = cold->slots_pinned = 0;
}
#endif
#if PERFKIT_CACHE_THREADS
static pk_status pk__cache_start_shards(pk_cache *c, const pk_cache_desc *desc, pk_clock_fn clock, pk_time ttl) {
    unsigned i;
    c->fresh = desc->threads;
    c->clock = NULL; /* that of each shard counts */
    if (desc->threads && !pk__cache_watch_forks()) return PK_NO_MEMORY;
#if PK__CACHE_FORKS
    c->free = pk__load32(&pk__cache_forks);
#endif
    for (i = 0; i < c->groups; i++) {
        pk__cache_shard *shard = pk__cache_shard_at(c, i);
        shard->number = (uint16_t)i;
        shard->shards = (uint16_t)c->groups;
        shard->all = c->capacity;
#if PERFKIT_CACHE_CHAINS
        if (c->chains) shard->all = c->cold->slots;
#endif
        shard->threads = desc->threads;
        shard->forks = (uint32_t)c->free;
        shard->cache.seed = c->seed;
#if PERFKIT_CACHE_SIPHASH
        PK__CACHE_COPY(shard->cache.cold->hash_key, c->cold->hash_key, sizeof c->cold->hash_key);
#endif
        pk__cache_furnish(&shard->cache, desc, clock, ttl);
#if PK__CACHE_LOADS
        shard->cache.cold->loads = &c->cold->own_loads;
#if PERFKIT_CACHE_TTL
        if (desc->stale_ms || desc->negative_ttl_ms) (void)pk__cache_start_clock(&shard->cache, 1);
#endif
#endif
        if (!desc->threads || pk__cache_lock_init(&shard->lock)) continue;
        while (i-- > 0) pk__cache_lock_destroy(&pk__cache_shard_at(c, i)->lock);
        return PK_NO_MEMORY;
    }
    return PK_OK;
}
#endif
#if PERFKIT_CACHE_THREADS && !PK__TINY
PK_API uint32_t pk_cache_shards(const pk_cache *c) {
    PERFKIT_ASSERT(c != NULL);
    return c->cold ? pk__cache_shards(c) : 0;
}
/* What the parent had under way in the whole is not the child's. */
static void pk__cache_forget_work(pk_cache *c) {
#if PERFKIT_CACHE_SNAPSHOT
    c->cold->transfer = 0;
#endif
#if PERFKIT_CACHE_TIMING
    c->cold->gets = 0;
    c->cold->timing_busy = 0;
    PK__CACHE_ZERO(&c->cold->timing, sizeof c->cold->timing);
#endif
    (void)c;
}
#if PK__S3_SHARED && PK__CACHE_FORKS
/* The sets that begin anew are unlocked. */
static pk_status pk__s3_after_fork(pk_cache *c) {
#if PERFKIT_CACHE_PINS
    pk__cache_unpin_all(c);
#endif
    PK__CACHE_ZERO(c->meta, sizeof(pk__s3_shared));
    pk__cache_forget(c);
    c->cold->hooks_running = 0;
    PK__CACHE_ZERO(c->cold->counters, sizeof c->cold->counters);
    pk__s3_common(c)->forks = pk__load32(&pk__cache_forks);
#if PK__CACHE_LOADS
    if (!pk__cache_forget_loads(&c->cold->own_loads)) return PK_NO_MEMORY;
#endif
    return PK_OK;
}
#endif
PK_API pk_status pk_cache_after_fork(pk_cache *c) {
    unsigned i;
    PERFKIT_ASSERT(c != NULL);
    if (c->cold == NULL) return PK_CLOSED;
    if (!pk__cache_forked(c)) return PK_OK;
    pk__cache_forget_work(c);
#if PK__S3_SHARED && PK__CACHE_FORKS
    if (c->special & PK__CACHE_IS_S3) return pk__s3_after_fork(c);
#endif
    for (i = 0; i < c->groups; i++) {
        pk__cache_shard *shard = pk__cache_shard_at(c, i);
        if (!pk__cache_lock_init(&shard->lock)) return PK_NO_MEMORY;
#if PERFKIT_CACHE_PINS
        pk__cache_unpin_all(&shard->cache);
#endif
        pk__cache_forget(&shard->cache);
        shard->cache.special = (uint8_t)(shard->cache.special & ~PK__CACHE_IS_SAVING);
        shard->cache.cold->hooks_running = 0;
        PK__CACHE_ZERO(shard->cache.cold->counters, sizeof shard->cache.cold->counters);
        shard->used = 0;
        shard->alarms = 0;
#if PK__CACHE_FORKS
        shard->forks = pk__load32(&pk__cache_forks);
#endif
    }
#if PK__CACHE_FORKS
    c->free = pk__load32(&pk__cache_forks);
#endif
#if PK__CACHE_LOADS
    if (!pk__cache_forget_loads(&c->cold->own_loads)) return PK_NO_MEMORY;
#endif
    return PK_OK;
}
#endif
#if PK__FULL || PERFKIT_CACHE_THREADS
PK_API uint32_t pk__cache_count_all(const pk_cache *c) {
    uint32_t count = 0;
    unsigned i;
    if (c->cold == NULL || pk__cache_forked(c)) return 0;
#if PK__S3_SHARED
    if (c->special & PK__CACHE_IS_S3) return pk__load32((const volatile uint32_t *)(const void *)&c->count);
#endif
    for (i = 0; i < pk__cache_shards(c); i++) {
        pk_cache *one = pk__cache_enter_at((pk_cache *)(uintptr_t)c, i);
        count += one->count;
        pk__cache_exit_at(one);
    }
    return count;
}
#endif

/* Where threads share S3-FIFO sets: the lock of the set of entry e. */
PK__HOT_INLINE void pk__cache_hold(pk_cache *c, pk__cache_n e) {
#if PK__S3_SHARED
    if (PK__S3_SHARES(c->special)) pk__s3_lock(pk__s3_of(PK__CACHE_ANY, e));
#endif
    (void)c, (void)e;
}
PK__HOT_INLINE void pk__cache_unhold(pk_cache *c, pk__cache_n e) {
#if PK__S3_SHARED
    if (PK__S3_SHARES(c->special)) pk__s3_unlock(pk__s3_of(PK__CACHE_ANY, e));
#endif
    (void)c, (void)e;
}

#if PERFKIT_CACHE_PINS
/* ---- Pins ---- */

#define PK__CACHE_SETS(c) (PERFKIT_CACHE_S3FIFO && ((c)->special & PK__CACHE_IS_S3)) /* nothing is parked there */
#define PK__CACHE_TOP (~(~0u >> 1)) /* the bit that tells a pin's token from the number of an entry */

/* The bits of the numbers up to n. */
static unsigned pk__cache_mask(unsigned n) {
    n |= n >> 1;
    n |= n >> 2;
    n |= n >> 4;
    return n | n >> 8;
}
/* Buckets are as many as the places, rounded down to a power of two. */
static unsigned pk__cache_pin_mask(const pk_cache *c) { return pk__cache_mask(c->cold->pins_most) >> 1; }
/* That of the table of pins. */
static void pk__cache_lock_pins(const pk_cache *c) {
#if PK__S3_SHARED
    const pk__cache_shape shape = pk__cache_shape_of(c);
    if (PK__S3_IS_SHARED)
        while (!pk__cas32(&pk__s3_common(c)->pinning, 0, 1)) pk__cache_yield();
#endif
    (void)c;
}
static void pk__cache_unlock_pins(const pk_cache *c) {
#if PK__S3_SHARED
    const pk__cache_shape shape = pk__cache_shape_of(c);
    if (PK__S3_IS_SHARED) pk__store32(&pk__s3_common(c)->pinning, 0);
#endif
    (void)c;
}

/* The record of a pinned entry; NULL: it has none. */
static pk__cache_pin *pk__cache_pin_of(const pk_cache *c, pk__cache_n e) {
    pk__cache_pin *pins = c->cold->pins;
    uint16_t at = pins[e & pk__cache_pin_mask(c)].first;
    while (at != 0 && pins[at - 1].entry != e) at = pins[at - 1].next;
    return at != 0 ? &pins[at - 1] : NULL;
}
/* The room of a live entry comes to be pinned, or is no longer (step -1). */
static void pk__cache_count_pinned(pk_cache *c, pk__cache_n e, int step) {
    pk__cache_cold *cold = c->cold;
    cold->pins_live = (pk__cache_n)(cold->pins_live + (pk__cache_n)step);
#if PERFKIT_CACHE_CHAINS
    if (c->chains) {
        pk__cache_n slots = pk__cache_slots_for(PK__CACHE_ANY, pk__cache_bytes(PK__CACHE_ANY, e));
        cold->slots_pinned = (pk__cache_n)(step > 0 ? cold->slots_pinned + slots : cold->slots_pinned - slots);
    }
#endif
    (void)e;
}
/* One more pin of a live entry. NULL: there is no record for it, or 65535 items hold it. */
static pk__cache_pin *pk__cache_add_pin(pk_cache *c, pk__cache_n e) {
    pk__cache_cold *cold = c->cold;
    unsigned places;
    unsigned char flags = pk__cache_flags(PK__CACHE_ANY, e);
    pk__cache_pin *pin = flags & PK__CACHE_PINNED ? pk__cache_pin_of(c, e) : NULL, *bucket;
    if (pin == NULL) {
        uint16_t at = cold->pins_free;
        if (at != 0)
            cold->pins_free = cold->pins[at - 1].next;
        else if (cold->pins_fresh < cold->pins_most)
            at = ++cold->pins_fresh;
        else
            return NULL;
        pin = &cold->pins[at - 1];
        bucket = &cold->pins[e & pk__cache_pin_mask(c)];
        pin->next = bucket->first;
        bucket->first = at;
        pin->entry = e;
        pin->count = 0;
        places = pk__cache_mask(cold->pins_most - 1u);
        pin->token = PK__CACHE_TOP | ((pin->token + places + 1u) & ~places) | (at - 1u);
        cold->pins_out++;
        pk__cache_set_flags(PK__CACHE_ANY, e, (unsigned)flags | PK__CACHE_PINNED);
        if (!(c->special & PK__CACHE_IS_LOCKED)) c->special |= PK__CACHE_IS_PINNED;
        pk__cache_count_pinned(c, e, 1);
    }
    if (pin->count == 0xFFFFu) return NULL;
    pin->count++;
    return pin;
}
static pk__cache_pin *pk__cache_pin_entry(pk_cache *c, pk__cache_n e) {
    pk__cache_pin *pin;
    pk__cache_lock_pins(c);
    pin = pk__cache_add_pin(c, e);
    pk__cache_unlock_pins(c);
    return pin;
}
static void pk__cache_push_last(pk_cache *c, pk__cache_n e) { /* e becomes the least recent */
    pk__cache_n last = pk__cache_prev(PK__CACHE_ANY, 0);
    pk__cache_set_prev(PK__CACHE_ANY, e, last);
    pk__cache_set_next(PK__CACHE_ANY, e, 0);
    pk__cache_set_next(PK__CACHE_ANY, last, e);
    pk__cache_set_prev(PK__CACHE_ANY, 0, e);
}
/* An entry that is not pinned any longer: back to the end of the order if it was parked, or out of the cache for good. */
static void pk__cache_set_loose(pk_cache *c, pk__cache_n e, pk_evict_reason reason) {
    unsigned flags = pk__cache_flags(PK__CACHE_ANY, e);
    pk__cache_set_flags(PK__CACHE_ANY, e, flags & ~(unsigned)PK__CACHE_PINNED);
    if (flags & PK__CACHE_LIVE) {
        if (!PK__CACHE_SETS(c)) pk__cache_count_pinned(c, e, -1);
        if (!PK__CACHE_SETS(c) && pk__cache_next(PK__CACHE_ANY, e) == e) pk__cache_push_last(c, e);
        return;
    }
#if PERFKIT_CACHE_HOOKS
    if (c->cold->on_evict) pk__cache_notify(c, e, reason);
#endif
    (void)reason;
    pk__cache_release(PK__CACHE_ANY, e);
}
static void pk__cache_unpin(pk_cache *c, pk__cache_pin *pin) {
    pk__cache_cold *cold = c->cold;
    uint16_t at = (uint16_t)(pin - cold->pins + 1), *link = &cold->pins[pin->entry & pk__cache_pin_mask(c)].first;
    pk__cache_n e = pin->entry;
    pk_evict_reason reason = pin->reason;
    bool last;
    pk__cache_lock_pins(c);
    last = --pin->count == 0;
    if (last) {
        while (*link != at) link = &cold->pins[*link - 1].next;
        *link = pin->next;
        pin->next = cold->pins_free;
        cold->pins_free = at;
        if (--cold->pins_out == 0 && !(c->special & PK__CACHE_IS_LOCKED)) c->special &= (uint8_t)~PK__CACHE_IS_PINNED;
    }
    pk__cache_unlock_pins(c);
    if (last) pk__cache_set_loose(c, e, reason);
}
/* A pinned entry, which has left just now, keeps its room. */
PK_API PK__CACHE_AWAY void pk__cache_outlive(pk_cache *c, pk__cache_n e, pk_evict_reason reason) {
    pk__cache_set_flags(PK__CACHE_ANY, e, PK__CACHE_PINNED);
    pk__cache_lock_pins(c);
    pk__cache_pin_of(c, e)->reason = (uint8_t)reason;
    pk__cache_count_pinned(c, e, -1);
    pk__cache_unlock_pins(c);
}
/* Whether another entry can be had for the key of entry e, which is pinned: a free one, or a live one that is not pinned. */
PK_API PK__CACHE_AWAY bool pk__cache_has_spare(pk_cache *c, pk__cache_n e) {
#if PERFKIT_CACHE_S3FIFO
    if (PK__CACHE_SETS(c)) {
        const pk__s3_set *s = pk__s3_of(PK__CACHE_ANY, e);
        unsigned held = pk__s3_held(s), n = 0;
        for (; held != 0; held &= held - 1) n++;
        return pk__s3_free(s) < PK__S3_WAYS || n < s->main + (unsigned)s->small;
    }
#endif
    (void)e;
    return c->free != 0 || c->fresh < c->capacity || c->count > c->cold->pins_live;
}
/* The least recent entry is pinned: take it and those like it out of the order, each into a ring of its own, until there is one
   that is not. 0: there is none. */
PK_API PK__CACHE_AWAY pk__cache_n pk__cache_park(pk_cache *c) {
    pk__cache_n e;
    while ((e = pk__cache_prev(PK__CACHE_ANY, 0)) != 0 && c->cold->flags[e] & PK__CACHE_PINNED) {
        pk__cache_pull(PK__CACHE_ANY, e);
        pk__cache_set_next(PK__CACHE_ANY, e, e);
        pk__cache_set_prev(PK__CACHE_ANY, e, e);
    }
    return e;
}
/* All groups in reach of a hash are full: an entry in one of them that is not pinned; 0: there is none. */
PK_API PK__CACHE_AWAY pk__cache_n pk__cache_unpinned_near(pk_cache *c, PK__CACHE_PLACE) {
#if PK__FULL
    unsigned width = PK__CACHE_WIDTH_OF(c), lane;
    pk__cache_n g = pk__cache_home(c, hash), probes = 1, e;
    for (;; probes++) {
        const unsigned char *group = c->index + (size_t)g * (16 * width);
        for (lane = 0; lane < PK__CACHE_LANES(width); lane++) {
            e = pk__cache_link(group + PK__CACHE_LANES(width) + lane * width, width);
            if (!(c->cold->flags[e] & PK__CACHE_PINNED)) return e;
        }
        if (probes == PK__CACHE_PROBES || probes == PK__CACHE_ALL_GROUPS(c)) return 0;
        g = pk__cache_onward(c, g, hash, probes);
    }
#else
    pk__cache_n e = pk__cache_first_at_home(c, PK__CACHE_PLACED);
    while (e != 0 && (c->cold->flags[e] & PK__CACHE_PINNED)) e = pk__cache_link(c->index + (size_t)e * PK__CACHE_W, PK__CACHE_W);
    return e;
#endif
}
/* All parked entries are the least recent ones again. */
static void pk__cache_unpark(pk_cache *c) {
    uint16_t at;
    if (c->cold->pins_out == 0 || PK__CACHE_SETS(c)) return;
    for (at = 0; at < c->cold->pins_fresh; at++) {
        pk__cache_n e = c->cold->pins[at].entry;
        if (c->cold->pins[at].count != 0 && c->cold->flags[e] & PK__CACHE_LIVE && pk__cache_next(PK__CACHE_ANY, e) == e)
            pk__cache_push_last(c, e);
    }
}
/* The pin that an item of get_ref holds; NULL: it was released. */
static pk__cache_pin *pk__cache_pin_held(const pk_cache *c, const pk_cache_item *item) {
    const pk__cache_cold *cold = c->cold;
    pk__cache_pin *pin = NULL;
    unsigned at;
    if (cold == NULL || !(item->entry & PK__CACHE_TOP)) return NULL;
    at = item->entry & pk__cache_mask(cold->pins_most - 1u);
    pk__cache_lock_pins(c);
    if (at < cold->pins_most && cold->pins[at].count != 0 && cold->pins[at].token == item->entry) pin = &cold->pins[at];
    pk__cache_unlock_pins(c);
    return pin;
}
/* The entry that an item shows; 0: its pin was released. */
static pk__cache_n pk__cache_shown(const pk_cache_item *item) {
    const pk__cache_pin *pin;
    if (!(item->entry & PK__CACHE_TOP)) return (pk__cache_n)item->entry;
#if PERFKIT_CACHE_THREADS
    {
        pk_cache *c = (pk_cache *)(uintptr_t)item->cache; /* another thread may look at the same record */
        pk__cache_n e;
        if (pk__cache_shard_forked(c)) return 0;
        pk__cache_enter_again(c);
        pin = pk__cache_pin_held(c, item);
        e = pin ? pin->entry : (pk__cache_n)0;
        pk__cache_step_out(c);
        return e;
    }
#else
    pin = pk__cache_pin_held(item->cache, item);
    return pin ? pin->entry : (pk__cache_n)0;
#endif
}

PK__CACHE_ONCE pk_status pk__cache_get_ref(pk_cache *c, PK__CACHE_KEY, pk_cache_item *item) {
    pk__cache_n e = pk__cache_seek(PK__CACHE_ANY, PK__CACHE_KEYED, true);
    const pk__cache_pin *pin;
    pin = e != 0 ? pk__cache_pin_entry(c, e) : NULL;
    if (e != 0 && pin == NULL) return PK_FULL;
    if (pk__cache_hit(PK__CACHE_ANY, e) == 0) return PK_NOT_FOUND;
    pk__cache_show(c, e, item);
    item->entry = pin->token;
    return PK_OK;
}
PK_API pk_status pk_cache_get_ref(pk_cache *c, const void *key, size_t key_len, pk_cache_item *item) {
    pk_status status;
    PERFKIT_ASSERT(c != NULL && key != NULL && item != NULL);
    if (PK__UNLIKELY((status = pk__cache_check(c, key_len)) != PK_OK)) return status;
    PK__CACHE_BEGIN;
    status = pk__cache_get_ref(c, PK__CACHE_KEYED, item);
    PK__CACHE_END;
    return status;
}
PK_API pk_status pk_cache_release(pk_cache *c, pk_cache_item *item) {
    pk__cache_pin *pin;
    pk__cache_n e;
    PERFKIT_ASSERT(c != NULL && item != NULL);
    if (c->cold == NULL) return PK_CLOSED;
    if (pk__cache_forked(c)) return PK_FORKED;
    c = pk__cache_enter_item(c, item);
    if (c == NULL) return PK_INVALID;
    pin = pk__cache_pin_held(c, item);
    if (pin != NULL) {
        PK__CACHE_ZERO(item, sizeof *item);
        e = pin->entry;
        pk__cache_hold(c, e);
        pk__cache_unpin(c, pin);
        pk__cache_unhold(c, e);
    }
    pk__cache_exit_at(c);
    return pin != NULL ? PK_OK : PK_INVALID;
}
PK_API bool pk_cache_span(const pk_cache_item *item, pk_span *span) {
    size_t left = item->value_len - span->shown;
    pk__cache_n e;
    span->bytes = NULL;
    span->len = 0;
    if (left == 0 || (e = pk__cache_shown(item)) == 0) return false;
    span->bytes = item->value;
    span->len = left;
#if PERFKIT_CACHE_CHAINS
    if (item->value == NULL) {
        pk_cache *c = (pk_cache *)(uintptr_t)item->cache; /* whose parts take no const one; it is only read */
        size_t at = 0;
        if (span->shown > 0) {
            span->slot = pk__cache_slot_next(PK__CACHE_ANY, (pk__cache_n)span->slot);
        } else {
            span->slot = (unsigned)c->cold->items[2 * (size_t)e];
            at = c->prefix + item->key_len;
            if (at == c->stride) {
                span->slot = pk__cache_slot_next(PK__CACHE_ANY, (pk__cache_n)span->slot);
                at = 0;
            }
        }
        span->bytes = pk__cache_slot(PK__CACHE_ANY, (pk__cache_n)span->slot) + at;
        if (span->len > c->stride - at) span->len = c->stride - at;
    }
#endif
    span->shown += span->len;
    return true;
}
#endif

#if !PK__TINY
/* ---- Looking, touching, walking ---- */

PK__CACHE_ONCE pk_status pk__cache_look_at(pk_cache *c, PK__CACHE_KEY, void *value, size_t size, size_t *len,
                                           pk_time *ttl_left) {
    pk__cache_n e = pk__cache_seek(PK__CACHE_ANY, PK__CACHE_KEYED, false);
    if (e == 0) return PK_NOT_FOUND;
    if (ttl_left) {
        *ttl_left = PK_TTL_NEVER;
#if PERFKIT_CACHE_TTL
        if (!(pk__cache_flags(PK__CACHE_ANY, e) & PK__CACHE_NEVER))
            *ttl_left = pk__cache_expiry(PK__CACHE_ANY, e) - pk__cache_now(PK__CACHE_ANY);
#endif
    }
    return pk__cache_read(PK__CACHE_ANY, e, value, size, len);
}
PK_API pk_status pk_cache_peek(pk_cache *c, const void *key, size_t key_len, void *value, size_t size, size_t *len,
                               pk_time *ttl_left) {
    pk_status status;
    PERFKIT_ASSERT(c != NULL && key != NULL);
    if (PK__UNLIKELY((status = pk__cache_check(c, key_len)) != PK_OK)) return status;
    PK__CACHE_BEGIN;
    status = pk__cache_look_at(c, PK__CACHE_KEYED, value, size, len, ttl_left);
    PK__CACHE_END;
    return status;
}
PK_API bool pk_cache_contains(pk_cache *c, const void *key, size_t key_len) {
    bool found;
    PERFKIT_ASSERT(c != NULL && key != NULL);
    if (PK__UNLIKELY(pk__cache_check(c, key_len) != PK_OK)) return false;
    PK__CACHE_BEGIN_OR(false);
    found = pk__cache_seek(PK__CACHE_ANY, PK__CACHE_KEYED, false) != 0;
    PK__CACHE_END;
    return found;
}

PK__CACHE_ONCE pk_status pk__cache_touch(pk_cache *c, PK__CACHE_KEY, pk_time *ttl) {
    pk_status status = pk__cache_ttl(c, ttl);
    pk__cache_n e;
    if (status != PK_OK) return status;
    e = pk__cache_seek(PK__CACHE_ANY, PK__CACHE_KEYED, true);
    if (e == 0) return PK_NOT_FOUND;
    pk__cache_use(PK__CACHE_ANY, e);
    pk__cache_prolong(PK__CACHE_ANY, e, *ttl);
#if PERFKIT_CACHE_MORE
    pk__cache_note_touch(c, e, *ttl);
#endif
    return PK_OK;
}
PK_API pk_status pk_cache_touch(pk_cache *c, const void *key, size_t key_len, pk_time ttl_ms) {
    pk_status status;
    PERFKIT_ASSERT(c != NULL && key != NULL);
    if (PK__UNLIKELY((status = pk__cache_check(c, key_len)) != PK_OK)) return status;
    PK__CACHE_BEGIN;
    status = pk__cache_touch(c, PK__CACHE_KEYED, &ttl_ms);
    PK__CACHE_END;
    return status;
}

/* Where a cursor is: the places behind it, and where there are pins twice that, and 1 while it pins the last of them. */
#if PERFKIT_CACHE_PINS
#define PK__CACHE_CURSOR_UNIT 2u
static void pk__cache_let_go(pk_cache *c, pk_cache_cursor *cursor) {
    pk__cache_n e = (pk__cache_n)(cursor->at >> 1);
    pk__cache_pin *pin;
    if (!(cursor->at & 1u)) return;
    cursor->at &= ~1u;
    pk__cache_hold(c, e);
    pk__cache_lock_pins(c);
    pin = pk__cache_pin_of(c, e);
    pk__cache_unlock_pins(c);
    if (pin) pk__cache_unpin(c, pin);
    pk__cache_unhold(c, e);
}
#else
#define PK__CACHE_CURSOR_UNIT 1u
PK__HOT_INLINE void pk__cache_let_go(pk_cache *c, pk_cache_cursor *cursor) {
    (void)c, (void)cursor;
}
#endif
/* budget NULL: as many places as there are. */
PK__HOT_INLINE pk_status pk__cache_step_on(pk_cache *c, pk_cache_cursor *cursor, pk_cache_item *item, uint32_t *budget) {
    pk__cache_let_go(c, cursor);
#if !PK__CACHE_LOOKS_FIRST
    pk__cache_look(c);
#endif
    while (cursor->at / PK__CACHE_CURSOR_UNIT < c->fresh) {
        pk__cache_n e = (pk__cache_n)(cursor->at / PK__CACHE_CURSOR_UNIT + 1);
        pk_status status = PK_NOT_FOUND;
        if (budget && (*budget)-- == 0) return PK_AGAIN;
        if (!PERFKIT_CACHE_PINS) cursor->at = e;
        pk__cache_hold(c, e);
        if ((pk__cache_flags(PK__CACHE_ANY, e) & PK__CACHE_LIVE) && !pk__cache_over(PK__CACHE_ANY, e)) {
            status = PK_OK;
#if PERFKIT_CACHE_PINS
            if (pk__cache_pin_entry(c, e) == NULL) status = PK_FULL;
            if (status == PK_OK) cursor->at = (unsigned)e << 1 | 1u;
#endif
            if (status == PK_OK) pk__cache_show(c, e, item);
        }
        pk__cache_unhold(c, e);
        if (status != PK_NOT_FOUND) return status;
        if (PERFKIT_CACHE_PINS) cursor->at += 2;
    }
    return PK_NOT_FOUND;
}
#if PERFKIT_CACHE_THREADS
/* The cursor counts through the places of all shards. item NULL: only let go. */
static pk_status pk__cache_step_shards(pk_cache *c, pk_cache_cursor *cursor, pk_cache_item *item, uint32_t *budget) {
    unsigned i, begin = 0, end;
    for (i = 0; i < c->groups; i++, begin = end) {
        pk_status status = PK_OK;
        pk_cache_cursor own;
        pk_cache *one;
        end = begin + pk__cache_shard_at(c, i)->cache.capacity * PK__CACHE_CURSOR_UNIT;
        if (cursor->at >= end && !(PERFKIT_CACHE_PINS && cursor->at == (end | 1u))) continue;
        own.at = cursor->at - begin;
        one = pk__cache_enter_at(c, i);
        if (item == NULL)
            pk__cache_let_go(one, &own);
        else
            status = pk__cache_step_on(one, &own, item, budget);
        pk__cache_exit_at(one);
        cursor->at = status == PK_NOT_FOUND ? end : begin + own.at;
        if (status != PK_NOT_FOUND) return status;
    }
    return item == NULL ? PK_OK : PK_NOT_FOUND;
}
#endif
#if PERFKIT_CACHE_PINS
PK_API pk_status pk_cache_foreach_end(pk_cache *c, pk_cache_cursor *cursor) {
    PERFKIT_ASSERT(c != NULL && cursor != NULL);
    if (c->cold == NULL) return PK_CLOSED;
    if (pk__cache_forked(c)) return PK_FORKED;
#if PERFKIT_CACHE_THREADS
    if (PK__CACHE_SHARDED(c)) return pk__cache_step_shards(c, cursor, NULL, NULL);
#endif
    pk__cache_let_go(c, cursor);
    return PK_OK;
}
#endif
PK__CACHE_ONCE pk_status pk__cache_step(pk_cache *c, pk_cache_cursor *cursor, pk_cache_item *item, uint32_t *budget) {
    pk_status status;
    PERFKIT_ASSERT(c != NULL && cursor != NULL && item != NULL);
    status = pk__cache_check(c, c->key_size);
    if (status != PK_OK) return status;
    if (pk__cache_forked(c)) return PK_FORKED;
#if PERFKIT_CACHE_THREADS
    if (PK__CACHE_SHARDED(c)) return pk__cache_step_shards(c, cursor, item, budget);
#endif
    return pk__cache_step_on(c, cursor, item, budget);
}
PK_API pk_status pk_cache_foreach(pk_cache *c, pk_cache_cursor *cursor, pk_cache_item *item) {
    return pk__cache_step(c, cursor, item, NULL);
}
PK_API pk_status pk_cache_foreach_step(pk_cache *c, pk_cache_cursor *cursor, pk_cache_item *item, uint32_t budget) {
    return pk__cache_step(c, cursor, item, &budget);
}

PK_API size_t pk_cache_item_read(const pk_cache_item *item, size_t offset, void *to, size_t n) {
#if PERFKIT_CACHE_PINS
    if (pk__cache_shown(item) == 0) return 0;
#define PK__CACHE_SHOWN(item) pk__cache_shown(item)
#else
#define PK__CACHE_SHOWN(item) ((pk__cache_n)(item)->entry)
#endif
    if (offset >= item->value_len) return 0;
    if (n > item->value_len - offset) n = item->value_len - offset;
    if (item->value) {
        PK__CACHE_COPY(to, (const unsigned char *)item->value + offset, n);
        return n;
    }
#if PERFKIT_CACHE_CHAINS
    {
        pk_cache *c = (pk_cache *)(uintptr_t)item->cache; /* whose parts take no const one; it is only read */
        pk__cache_copy(PK__CACHE_ANY, PK__CACHE_SHOWN(item), offset, to, n, true);
    }
#endif
    return n;
}

#if PERFKIT_CACHE_THREADS
static uint32_t pk__cache_clear_shards(pk_cache *c, uint32_t budget) {
    uint32_t left = 0, n;
    unsigned i;
    for (i = 0; i < c->groups; i++) {
        pk_cache *one = pk__cache_enter_at(c, i);
        n = budget < one->count ? budget : one->count;
        budget -= n;
        pk__cache_drop_many(one, (pk__cache_n)n);
        left += one->count;
        pk__cache_exit_at(one);
    }
    return left;
}
#endif
PK_API uint32_t pk_cache_clear_step(pk_cache *c, uint32_t budget) {
    PERFKIT_ASSERT(c != NULL);
    if (c->cold == NULL || pk__cache_forked(c)) return 0;
    if (PK__CACHE_IS_OUT(c)) pk__cache_void(c, NULL, 0);
#if PERFKIT_CACHE_THREADS
    if (PK__CACHE_SHARDED(c)) return pk__cache_clear_shards(c, budget);
#endif
    if (budget > pk_cache_count(c) && !(PERFKIT_CACHE_S3FIFO && (c->special & PK__CACHE_IS_S3))) budget = pk_cache_count(c);
    pk__cache_drop_many(c, (pk__cache_n)budget); /* S3-FIFO: of that many sets, some of which may be empty */
    return pk_cache_count(c);
}

#if PERFKIT_CACHE_TTL
#if PERFKIT_CACHE_WHEEL
#define PK__CACHE_HAS_WHEEL(c) ((c)->cold->wheel != NULL)
#else
#define PK__CACHE_HAS_WHEEL(c) false
#endif
#if PERFKIT_CACHE_THREADS
static uint32_t pk__cache_tick_one(pk_cache *c, unsigned i, pk_time now, uint32_t *budget) {
    pk_cache *one = pk__cache_enter_at(c, i);
    uint32_t removed = 0, n = *budget;
    if (n > one->fresh && !PK__CACHE_HAS_WHEEL(one)) n = one->fresh;
#if PERFKIT_CACHE_WHEEL
    if (PK__CACHE_HAS_WHEEL(one)) one->cold->wheel->steps = 0;
#endif
    if (one->clock) removed = pk__cache_move_on(one, now, (pk__cache_n)n);
#if PERFKIT_CACHE_WHEEL
    if (PK__CACHE_HAS_WHEEL(one)) n = one->cold->wheel->steps; /* the rest of the budget is for the next shard */
#endif
    *budget -= n;
    pk__cache_exit_at(one);
    return removed;
}
static uint32_t pk__cache_tick_shards(pk_cache *c, pk_time now, uint32_t budget) {
    volatile uint32_t *turn = &pk__cache_shard_at(c, 0)->turn;
    uint32_t removed = 0, i = pk__load32(turn);
    unsigned n;
    if (pk__cache_forked(c)) return 0;
    for (n = 0; n < c->groups && budget > 0; n++) {
        if (i >= c->groups) i = 0;
        removed += pk__cache_tick_one(c, i++, now, &budget);
    }
    pk__store32(turn, i);
    return removed;
}
PK_API uint32_t pk_cache_tick_shard(pk_cache *c, uint32_t i, pk_time now, uint32_t budget) {
    PERFKIT_ASSERT(c != NULL);
    if (c->cold == NULL || pk__cache_forked(c) || i >= pk__cache_shards(c)) return 0;
    if (!PK__CACHE_SHARDED(c)) return pk_cache_tick(c, now, budget);
    return pk__cache_tick_one(c, (unsigned)i, now, &budget);
}
#endif
PK_API uint32_t pk_cache_tick(pk_cache *c, pk_time now, uint32_t budget) {
    PERFKIT_ASSERT(c != NULL);
#if PK__S3_SHARED
    if (c->cold && (c->special & PK__CACHE_IS_S3) && (c->special & PK__CACHE_IS_LOCKED))
        return c->cold->clock && !pk__cache_forked(c) ? pk__s3_move_on(c, now, budget < c->fresh ? (pk__cache_n)budget : c->fresh) : 0;
#endif
#if PERFKIT_CACHE_THREADS
    if (c->cold && PK__CACHE_SHARDED(c)) return pk__cache_tick_shards(c, now, budget);
#endif
#if PERFKIT_CACHE_WHEEL
    if (c->cold && c->cold->wheel && c->clock) return pk__cache_move_on(c, now, (pk__cache_n)budget);
#endif
    return c->cold && c->clock ? pk__cache_move_on(c, now, budget < c->fresh ? (pk__cache_n)budget : c->fresh) : 0;
}
#endif

#if PERFKIT_CACHE_HOOKS
PK_API void pk_cache_set_on_evict(pk_cache *c, pk_evict_fn on_evict, void *user) {
    PERFKIT_ASSERT(c != NULL && c->cold != NULL);
    c->cold->on_evict = on_evict;
    c->cold->user = user;
#if PK__FULL
    c->special |= PK__CACHE_IS_HOOKED;
#endif
#if PERFKIT_CACHE_THREADS
    if (PK__CACHE_SHARDED(c)) {
        unsigned i;
        for (i = 0; i < c->groups; i++) {
            pk_cache *one = pk__cache_enter_at(c, i);
            one->cold->on_evict = on_evict;
            one->cold->user = user;
            one->special |= PK__CACHE_IS_HOOKED;
            pk__cache_exit_at(one);
        }
    }
#endif
}
#endif

/* ---- Snapshots ---- */

#if PERFKIT_CACHE_SNAPSHOT
/* The format. Numbers are little-endian; CRC is CRC-32C (Castagnoli, 1993), bits as in iSCSI.
     Header          0  8  89 50 4B 43 0D 0A 1A 0A
                     8  2  version: 1
                    10  2  bit 0: each record has an interval; the other bits 0
                    12  4  key_size, 0: lengths vary
                    16  4  value_size, 0: lengths vary
                    20  4  desc.schema
                    24  8  desc.wall_clock's milliseconds, 0: none
                    32  8  hash seed, where records are in the order of S3-FIFO's sets; else 0
                    40  4  CRC of bytes 0 to 39
     Each record     0  1  72 ('r')
                     1  1  bit 0: never expires; bit 1: in the main queue of S3-FIFO; bits 2, 3: its frequency; the others 0
                     2  6  milliseconds that it had left at the header's moment; 0 where it never expires
                       [8  interval of a sliding time to live, ~0: none; where bit 0 of the header says so]
                       [4  length of the key, where key_size is 0]
                       [4  length of the value, where value_size is 0]
                       [4  CRC of the record so far, where one of the two is 0]
                        k  key
                        v  value
                        4  CRC of the record so far
     Trailer         0  1  74 ('t')
                     1  3  0
                     4  4  number of records
                     8  4  CRC of: the header, the last 4 bytes of each record, the trailer's first 8 bytes
   The CRCs of a record begin with seed ^ its offset in the whole (32 bits), not with 0; seed is the CRC of bytes 8 to 23 of the
   header: a record is good only in its place, and with keys, values and a schema of its kind.
   Records stand least recent first; where a key stands twice, the later record is the newer. Those of S3-FIFO stand set by set,
   the main queue before the small one, each oldest first. */
enum { PK__CACHE_HEADER = 44, PK__CACHE_TRAILER = 12 };
enum { /* pk_cache_transfer.phase */
    PK__CACHE_OVER, PK__CACHE_SAVING, PK__CACHE_ENDING, PK__CACHE_HEADING, PK__CACHE_EMPTYING, PK__CACHE_LOADING,
    PK__CACHE_LONG, /* a record longer than the buffer */
    PK__CACHE_LOST  /* somewhere in a record whose lengths are damaged */
};
enum { /* pk_cache_transfer.flags */
    PK__CACHE_SALVAGING = PK_CACHE_SALVAGE,
    PK__CACHE_SLIDING = 2,  /* records have intervals */
    PK__CACHE_VARYING = 4,  /* and lengths */
    PK__CACHE_TIMED = 8,    /* the clock ran when it began */
    PK__CACHE_DAMAGED = 16, /* the header: nobody knows the age */
    PK__CACHE_CROWDED = 32, /* the next record needs an empty buffer */
    PK__CACHE_READ = 64,    /* all that there is */
    PK__CACHE_ALONE = 128   /* nothing may follow the trailer */
};

#if PK__FULL
static const uint32_t pk__cache_crc_table[8][16] = { /* [k][n]: what n does, 4 × k + 4 bits on */
#else
static const uint32_t pk__cache_crc_table[1][16] PK_ROM = {
#endif
    {0x00000000u, 0x105EC76Fu, 0x20BD8EDEu, 0x30E349B1u, 0x417B1DBCu, 0x5125DAD3u, 0x61C69362u, 0x7198540Du,
     0x82F63B78u, 0x92A8FC17u, 0xA24BB5A6u, 0xB21572C9u, 0xC38D26C4u, 0xD3D3E1ABu, 0xE330A81Au, 0xF36E6F75u},
#if PK__FULL
    {0x00000000u, 0xF26B8303u, 0xE13B70F7u, 0x1350F3F4u, 0xC79A971Fu, 0x35F1141Cu, 0x26A1E7E8u, 0xD4CA64EBu,
     0x8AD958CFu, 0x78B2DBCCu, 0x6BE22838u, 0x9989AB3Bu, 0x4D43CFD0u, 0xBF284CD3u, 0xAC78BF27u, 0x5E133C24u},
    {0x00000000u, 0x3FC5F181u, 0x7F8BE302u, 0x404E1283u, 0xFF17C604u, 0xC0D23785u, 0x809C2506u, 0xBF59D487u,
     0xFBC3FAF9u, 0xC4060B78u, 0x844819FBu, 0xBB8DE87Au, 0x04D43CFDu, 0x3B11CD7Cu, 0x7B5FDFFFu, 0x449A2E7Eu},
    {0x00000000u, 0x13A29877u, 0x274530EEu, 0x34E7A899u, 0x4E8A61DCu, 0x5D28F9ABu, 0x69CF5132u, 0x7A6DC945u,
     0x9D14C3B8u, 0x8EB65BCFu, 0xBA51F356u, 0xA9F36B21u, 0xD39EA264u, 0xC03C3A13u, 0xF4DB928Au, 0xE7790AFDu},
    {0x00000000u, 0x70A27D8Au, 0xE144FB14u, 0x91E6869Eu, 0xC76580D9u, 0xB7C7FD53u, 0x26217BCDu, 0x56830647u,
     0x8B277743u, 0xFB850AC9u, 0x6A638C57u, 0x1AC1F1DDu, 0x4C42F79Au, 0x3CE08A10u, 0xAD060C8Eu, 0xDDA47104u},
    {0x00000000u, 0xA541927Eu, 0x4F6F520Du, 0xEA2EC073u, 0x9EDEA41Au, 0x3B9F3664u, 0xD1B1F617u, 0x74F06469u,
     0x38513EC5u, 0x9D10ACBBu, 0x773E6CC8u, 0xD27FFEB6u, 0xA68F9ADFu, 0x03CE08A1u, 0xE9E0C8D2u, 0x4CA15AACu},
    {0x00000000u, 0xE964B13Du, 0xD725148Bu, 0x3E41A5B6u, 0xABA65FE7u, 0x42C2EEDAu, 0x7C834B6Cu, 0x95E7FA51u,
     0x52A0C93Fu, 0xBBC47802u, 0x8585DDB4u, 0x6CE16C89u, 0xF90696D8u, 0x106227E5u, 0x2E238253u, 0xC747336Eu},
    {0x00000000u, 0xDD45AAB8u, 0xBF672381u, 0x62228939u, 0x7B2231F3u, 0xA6679B4Bu, 0xC4451272u, 0x1900B8CAu,
     0xF64463E6u, 0x2B01C95Eu, 0x49234067u, 0x9466EADFu, 0x8D665215u, 0x5023F8ADu, 0x32017194u, 0xEF44DB2Cu},
#endif
};
#if PK__FULL && defined __x86_64__ && (defined __GNUC__ || defined __clang__) && !defined __TINYC__
#define PK__CACHE_CRC_CHIP 1
__attribute__((target("sse4.2"))) static uint32_t pk__cache_crc_chip(uint32_t crc, const unsigned char *p, size_t n) {
    uint64_t all = crc, word;
    for (; n >= 8; p += 8, n -= 8) {
        memcpy(&word, p, 8);
        all = __builtin_ia32_crc32di(all, word);
    }
    crc = (uint32_t)all;
    for (; n > 0; n--) crc = __builtin_ia32_crc32qi(crc, *p++);
    return crc;
}
#else
#define PK__CACHE_CRC_CHIP 0
#endif
/* The CRC of bytes of which that of those before them is `crc`. */
static uint32_t pk__cache_crc(uint32_t crc, const void *bytes, size_t n) {
    const unsigned char *p = (const unsigned char *)bytes;
    crc = ~crc;
#if PK__CACHE_CRC_CHIP
    if (__builtin_cpu_supports("sse4.2")) return ~pk__cache_crc_chip(crc, p, n);
#endif
#if PK__FULL /* 4 bytes at once, by half bytes: "slicing" (Kounavis and Berry, 2005) in 512 B of tables */
    for (; n >= 4; p += 4, n -= 4) {
        crc ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        crc = pk__cache_crc_table[7][crc & 15] ^ pk__cache_crc_table[6][crc >> 4 & 15] ^
              pk__cache_crc_table[5][crc >> 8 & 15] ^ pk__cache_crc_table[4][crc >> 12 & 15] ^
              pk__cache_crc_table[3][crc >> 16 & 15] ^ pk__cache_crc_table[2][crc >> 20 & 15] ^
              pk__cache_crc_table[1][crc >> 24 & 15] ^ pk__cache_crc_table[0][crc >> 28];
    }
#endif
    for (; n > 0; n--, p++) {
        crc = pk__rom_read32(&pk__cache_crc_table[0][(crc ^ *p) & 15]) ^ crc >> 4;
        crc = pk__rom_read32(&pk__cache_crc_table[0][(crc ^ *p >> 4) & 15]) ^ crc >> 4;
    }
    return ~crc;
}

PK__HOT_INLINE void pk__cache_store16(unsigned char *p, unsigned n) {
    p[0] = (unsigned char)(n & 255u);
    p[1] = (unsigned char)(n >> 8 & 255u);
}
PK__HOT_INLINE void pk__cache_store32(unsigned char *p, uint32_t n) {
    p[0] = (unsigned char)(n & 255u);
    p[1] = (unsigned char)(n >> 8 & 255u);
    p[2] = (unsigned char)(n >> 16 & 255u);
    p[3] = (unsigned char)(n >> 24);
}
PK__HOT_INLINE uint32_t pk__cache_load32(const unsigned char *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static void pk__cache_store64(unsigned char *p, uint64_t n) {
    pk__cache_store32(p, (uint32_t)(n & 0xFFFFFFFFu));
    pk__cache_store32(p + 4, (uint32_t)(n >> 32));
}
static uint64_t pk__cache_load64(const unsigned char *p) {
    return (uint64_t)pk__cache_load32(p + 4) << 32 | pk__cache_load32(p);
}

/* The header of this cache's snapshots, but for what depends on the moment; and what follows from it for the records. */
static const unsigned char pk__cache_magic[8] PK_ROM = {0x89, 0x50, 0x4B, 0x43, 0x0D, 0x0A, 0x1A, 0x0A};
static const pk__cache_cold *pk__cache_first(const pk_cache *c) { /* what is the same in all shards, or in the cache itself */
#if PERFKIT_CACHE_THREADS
    if (PK__CACHE_SHARDED(c)) return pk__cache_shard_at(c, 0)->cache.cold;
#endif
    return c->cold;
}
/* The clock's time, where c is a whole: that of the shards may differ. */
static pk_time pk__cache_moment(pk_cache *c) {
#if PERFKIT_CACHE_THREADS
    const pk__cache_cold *first = pk__cache_first(c);
    if (PK__CACHE_SHARDED(c)) return first->clock ? first->clock(first->user) : 0;
#endif
#if PERFKIT_CACHE_TTL
    return pk__cache_now(PK__CACHE_ANY);
#else
    (void)c;
    return 0;
#endif
}
static void pk__cache_heading(const pk_cache *c, pk_cache_transfer *t, unsigned char *h) {
    unsigned i;
    PK__CACHE_ZERO(h, PK__CACHE_HEADER);
    for (i = 0; i < 8; i++) h[i] = pk__rom_read8(&pk__cache_magic[i]);
    h[8] = 1;
#if PERFKIT_CACHE_MORE
    h[10] = pk__cache_first(c)->at_ttl != PK__CACHE_NONE;
#endif
    pk__cache_store32(h + 12, c->key_size);
    pk__cache_store32(h + 16, c->value_size);
    pk__cache_store32(h + 20, pk__cache_first(c)->schema);
    (void)t;
}
static void pk__cache_records(const pk_cache *c, pk_cache_transfer *t, const unsigned char *h) {
    t->seed = pk__cache_crc(0, h + 8, 16);
    if (h[10] & 1) t->flags |= PK__CACHE_SLIDING;
    if (c->key_size == 0 || c->value_size == 0) t->flags |= PK__CACHE_VARYING;
    t->head = 8u + (h[10] & 1 ? 8u : 0u) + (c->key_size ? 0u : 4u) + (c->value_size ? 0u : 4u) +
              (t->flags & PK__CACHE_VARYING ? 4u : 0u);
}

/* Look at the clock, while nothing is locked. */
static void pk__cache_look_around(pk_cache *c) {
#if PK__S3_SHARED
    if (PK__S3_SHARES(c->special)) {
        pk__s3_look(c);
        return;
    }
#endif
    pk__cache_look(c);
}
static pk__cache_n pk__cache_least(pk_cache *c) { return pk__cache_prev(PK__CACHE_ANY, 0); }

#if PERFKIT_CACHE_THREADS && PK__CACHE_FORKS
/* Whether the process forked since: what was under way is the parent's. */
static bool pk__cache_transfer_forked(const pk_cache_transfer *t) {
    return t->cache->cold == NULL || pk__cache_forked(t->cache) || t->forks != pk__cache_forks_of(t->cache);
}
#else
#define pk__cache_transfer_forked(t) false
#define pk__cache_forks_of(c) 0
#endif

/* A save or a load begins, and ends. */
static pk_status pk__cache_transfer_begin(pk_cache *c, pk_cache_transfer *t, size_t size, void *user, uint8_t how) {
    pk__cache_cold *cold;
    pk_cache *one;
    unsigned i;
    bool first;
    PERFKIT_ASSERT(c != NULL && t != NULL);
    if (size != sizeof(pk_cache_transfer)) return PK_INVALID;
    PK__CACHE_ZERO(t, offsetof(pk_cache_transfer, buffer));
    if (c->cold == NULL) return PK_CLOSED;
    if (c->key_size + 40u > PERFKIT_CACHE_SNAPSHOT_BUFFER) return PK_UNSUPPORTED;
    if ((c->special & PK__CACHE_IS_S3) && c->stride + 40u > PERFKIT_CACHE_SNAPSHOT_BUFFER) return PK_UNSUPPORTED;
    if (pk__cache_forked(c)) return PK_FORKED;
    one = pk__cache_enter_at(c, 0); /* for there may be no atomics */
    first = pk__cas32(&c->cold->transfer, 0, 1);
    pk__cache_exit_at(one);
    if (!first) return PK_BUSY;
    t->cache = c;
    t->user = user;
    t->forks = pk__cache_forks_of(c);
    t->left = pk__cache_shards(c);
    pk__cache_look_around(c);
    t->began = pk__cache_moment(c);
    if (c->clock || (c->special & PK__CACHE_IS_S3) || (PK__CACHE_SHARDED(c) && pk__cache_first(c)->clock))
        t->flags |= PK__CACHE_TIMED;
    for (i = 0; i < pk__cache_shards(c); i++) {
        one = pk__cache_enter_at(c, i);
        cold = one->cold;
#if PERFKIT_CACHE_PINS
        pk__cache_unpark(one); /* all in the order, each where it belongs */
#endif
        if (!(c->special & PK__CACHE_IS_S3)) one->special |= PK__CACHE_IS_SAVING;
        cold->snapshot = how == PK__CACHE_TO_WALK && cold->marked ? (uint8_t)PK__CACHE_TO_CLEAN : how;
        cold->marked = 1;
        cold->save_at = how == PK__CACHE_TO_WALK && !(c->special & PK__CACHE_IS_S3) ? pk__cache_least(one) : 0;
        cold->save_left = one->capacity;
        cold->save_sweep = 0;
        pk__cache_exit_at(one);
    }
    return PK_OK;
}
static void pk__cache_long_end(pk_cache_transfer *t, bool good);
PK_API void pk_cache_transfer_end(pk_cache_transfer *t) {
    pk_cache *c = t->cache, *one;
    unsigned i;
    if (t->phase == PK__CACHE_OVER) return;
    if (t->phase == PK__CACHE_LONG && !pk__cache_transfer_forked(t)) pk__cache_long_end(t, false);
    t->phase = PK__CACHE_OVER;
    if (pk__cache_transfer_forked(t)) return;
    for (i = 0; i < pk__cache_shards(c); i++) {
        one = pk__cache_enter_at(c, i);
        if (!(c->special & PK__CACHE_IS_S3)) one->special = (uint8_t)(one->special & ~PK__CACHE_IS_SAVING);
        if (one->cold->snapshot == PK__CACHE_TO_END) one->cold->marked = 0; /* the sweep took them all back */
        one->cold->save_at = 0;
        pk__cache_exit_at(one);
    }
    one = pk__cache_enter_at(c, 0);
    pk__store32(&c->cold->transfer, 0);
    pk__cache_exit_at(one);
}

/* Hand all of the buffer over. */
static pk_status pk__cache_flush(pk_cache_transfer *t) {
    while (t->at < t->end) {
        size_t n = t->write_fn(t->user, t->buffer + t->at, t->end - t->at);
        if (n == PK_CACHE_IO_LATER) return PK_AGAIN;
        if (n == 0 || n > t->end - t->at) return PK_IO;
        t->at += (unsigned)n;
    }
    t->offset += t->end;
    t->at = t->end = 0;
    return PK_OK;
}

/* Copy bytes of a value between memory and the slots of an entry, from where the last call stopped. */
static void pk__cache_stream(pk_cache *c, pk_cache_transfer *t, unsigned char *to, const unsigned char *from, size_t n) {
    unsigned char *bytes;
    size_t part;
    while (n > 0) {
#if PERFKIT_CACHE_CHAINS
        if (c->chains && t->slot_at == c->stride) {
            t->slot = pk__cache_slot_next(PK__CACHE_ANY, (pk__cache_n)t->slot);
            t->slot_at = 0;
        }
#endif
        part = c->stride - t->slot_at;
        if (part > n) part = n;
        bytes = pk__cache_slot(PK__CACHE_ANY, (pk__cache_n)t->slot) + t->slot_at;
        if (to) {
            PK__CACHE_COPY(to, bytes, part);
            to += part;
        } else {
            PK__CACHE_COPY(bytes, from, part);
            from += part;
        }
        t->slot_at += (unsigned)part;
        n -= part;
    }
}
/* Where the value of entry e begins. */
static void pk__cache_stream_from(pk_cache *c, pk_cache_transfer *t, pk__cache_n e, size_t key_len) {
    t->slot = e;
    t->slot_at = c->value_offset;
    (void)key_len;
#if PERFKIT_CACHE_S3FIFO
    if (c->special & PK__CACHE_IS_S3) {
        size_t len;
        t->slot_at = (unsigned)pk__s3_value(PK__CACHE_ANY, e, &len);
        return;
    }
#endif
#if PERFKIT_CACHE_CHAINS
    if (c->chains) {
        t->slot = (unsigned)c->cold->items[2 * (size_t)e];
        t->slot_at = c->prefix + (unsigned)key_len;
    }
#endif
}

/* Add the record of entry e to the buffer, unless its time is over. False: not before the buffer is empty. */
static bool pk__cache_record(pk_cache *c, pk_cache_transfer *t, pk__cache_n e) {
    unsigned char flags = pk__cache_flags(PK__CACHE_ANY, e), *key = pk__cache_key(PK__CACHE_ANY, e), *p = t->buffer + t->end;
    size_t key_len = pk__cache_key_len(PK__CACHE_ANY, key), len = c->value_size, room = sizeof t->buffer - t->end, n;
    uint32_t begin = t->seed ^ (t->offset + t->end);
#if PERFKIT_CACHE_CHAINS
    if (c->chains) len = (size_t)c->cold->items[2 * (size_t)e + 1];
#endif
#if PERFKIT_CACHE_S3FIFO
    if (c->special & PK__CACHE_IS_S3) {
        (void)pk__s3_value(PK__CACHE_ANY, e, &len);
        if (!pk__s3_timed(PK__CACHE_ANY)) flags |= PK__CACHE_NEVER;
    }
#endif
    if (flags & PK__CACHE_NEGATIVE) return true;
    n = t->head + 4u;
    if (room < n || room - n < key_len || room - n - key_len < len) {
        if (t->end > 0) return false;
        if (room - n < key_len) {
            t->result = PK_TOO_BIG;
            return true;
        }
    }
    PK__CACHE_ZERO(p, 8);
    p[0] = 'r';
    p[1] = (flags & PK__CACHE_NEVER) != 0;
#if PERFKIT_CACHE_S3FIFO
    if (c->special & PK__CACHE_IS_S3) {
        const pk__s3_set *s = pk__s3_of(PK__CACHE_ANY, e);
        unsigned way = pk__s3_way_of(e), uses = pk__s3_uses(PK__CACHE_ANY, s) >> 2 * way & 3;
        p[1] = (unsigned char)(p[1] | (pk__s3_place(s, way) < s->main ? 2u : 0u) | uses << 2);
    }
#endif
#if PERFKIT_CACHE_TTL
    if (!(flags & PK__CACHE_NEVER)) {
        pk_time expiry = pk__cache_expiry(PK__CACHE_ANY, e), now = pk__cache_now(PK__CACHE_ANY);
        pk_time left = expiry - (t->flags & PK__CACHE_TIMED ? t->began : now);
        if (pk__time_reached(now, expiry)) return true;
        pk__cache_store32(p + 2, (uint32_t)left);
#if PERFKIT_TIME_BITS == 64
        pk__cache_store16(p + 6, (unsigned)(left >> 32));
#endif
    }
#endif
    p += 8;
#if PERFKIT_CACHE_MORE
    if (t->flags & PK__CACHE_SLIDING) {
        pk_time interval = pk__cache_extra_time(c, e, c->cold->at_ttl);
        pk__cache_store64(p, interval == PK_TTL_NEVER ? ~(uint64_t)0 : interval);
        p += 8;
    }
#endif
    if (c->key_size == 0) {
        pk__cache_store32(p, (uint32_t)key_len);
        p += 4;
    }
    if (c->value_size == 0) {
        pk__cache_store32(p, (uint32_t)len);
        p += 4;
    }
    if (t->flags & PK__CACHE_VARYING) {
        pk__cache_store32(p, pk__cache_crc(begin, t->buffer + t->end, (size_t)(p - t->buffer) - t->end));
        p += 4;
    }
    PK__CACHE_COPY(p, key, key_len);
    p += key_len;
    pk__cache_stream_from(c, t, e, key_len);
    for (;; len -= n, p = t->buffer) {
        n = sizeof t->buffer - (size_t)(p - t->buffer);
        if (n > len) n = len;
        pk__cache_stream(c, t, p, NULL, n);
        p += n;
        begin = pk__cache_crc(begin, t->buffer + t->end, (size_t)(p - t->buffer) - t->end);
        t->end = (unsigned)(p - t->buffer);
        if (len == n && sizeof t->buffer - t->end >= 4) break;
        if ((t->result = pk__cache_flush(t)) != PK_OK) return true;
    }
    pk__cache_store32(p, begin);
    t->sum = pk__cache_crc(t->sum, p, 4);
    t->end += 4;
    t->count++;
    return true;
}

#if PERFKIT_CACHE_S3FIFO
/* The next set. What is in it from begin to end is saved, even where others change it before the buffer has room for all. */
static uint32_t pk__s3_collect(pk_cache *c, pk_cache_transfer *t) {
    pk__cache_cold *cold = c->cold;
    size_t set = cold->save_sweep;
    pk__s3_set *s = pk__s3_at(PK__CACHE_ANY, set);
    unsigned place, way;
    pk__cache_look_around(c);
    if (PK__S3_SHARES(c->special)) pk__s3_lock(s);
    for (place = 0; place < s->main + (unsigned)s->small; place++) {
        way = pk__s3_way(s, place);
        if (t->ways >> way & 1) continue;
        if (!pk__cache_record(c, t, (pk__cache_n)(set * PK__S3_WAYS + way + 1))) {
            t->flags |= PK__CACHE_CROWDED;
            break;
        }
        t->ways = (uint16_t)(t->ways | 1u << way);
    }
    if (!(t->flags & PK__CACHE_CROWDED)) {
        t->ways = 0;
        cold->save_sweep++;
    }
    if (PK__S3_SHARES(c->special)) pk__s3_unlock(s);
    if (cold->save_sweep >= c->groups) cold->snapshot = PK__CACHE_TO_END;
    return 16;
}
/* Entry e, just put, goes to the end of the queue that it was in. */
static void pk__s3_restore(pk_cache *c, pk__cache_n e, unsigned flags) {
    pk__s3_set *s = pk__s3_of(PK__CACHE_ANY, e);
    unsigned way = pk__s3_way_of(e), place = pk__s3_place(s, way);
    if ((flags & 2) && place >= s->main) {
        pk__s3_move(s, place, s->main);
        s->main++;
        s->small--;
    } else if (!(flags & 2) && place < s->main) {
        pk__s3_move(s, place, s->main + (unsigned)s->small - 1u);
        s->main--;
        s->small++;
    }
    pk__s3_set_uses(PK__CACHE_ANY, s, way, flags >> 2 & 3);
}
#endif

/* Add up to n records of the part's next entries; how many entries were visited, in units of the budget. The walk follows the
   order from the least recent on, `capacity` entries at most. What others did to the order meanwhile may have led it past some:
   the sweep adds all that are not marked, and takes the marks back. */
static uint32_t pk__cache_collect(pk_cache *c, pk_cache_transfer *t, uint32_t budget) {
    pk__cache_cold *cold = c->cold;
    pk__cache_n batch[16], n = 0, i, e;
#if PERFKIT_CACHE_S3FIFO
    if (c->special & PK__CACHE_IS_S3) return pk__s3_collect(c, t);
#endif
    pk__cache_look(c);
    if (cold->snapshot == PK__CACHE_TO_WALK) {
        for (e = cold->save_at; e != 0 && n < 16 && n < budget && n < cold->save_left; e = pk__cache_prev(PK__CACHE_ANY, e)) {
            batch[n++] = e;
            PK__CACHE_PREFETCH(pk__cache_key(PK__CACHE_ANY, e));
            PK__CACHE_PREFETCH(pk__cache_key(PK__CACHE_ANY, e) + 64);
        }
        if (n == 0) {
            cold->save_at = 0;
            cold->snapshot = PK__CACHE_TO_SWEEP;
        }
        for (i = 0; i < n && t->result == PK_OK; i++) {
            e = batch[i];
            cold->save_at = e;
            if (!pk__cache_record(c, t, e)) {
                t->flags |= PK__CACHE_CROWDED;
                return i;
            }
            cold->save_at = pk__cache_prev(PK__CACHE_ANY, e);
            cold->save_left--;
            cold->flags[e] |= PK__CACHE_MARK;
        }
        return n;
    }
    for (i = 0; i < 64; i++) { /* cheap ones in a row are one unit */
        if (cold->save_sweep >= c->fresh) {
            cold->save_sweep = 0;
            cold->snapshot = cold->snapshot == PK__CACHE_TO_CLEAN ? (uint8_t)PK__CACHE_TO_WALK : (uint8_t)PK__CACHE_TO_END;
            if (cold->snapshot == PK__CACHE_TO_WALK) cold->save_at = pk__cache_prev(PK__CACHE_ANY, 0);
            break;
        }
        e = (pk__cache_n)(cold->save_sweep + 1);
        if (cold->snapshot == PK__CACHE_TO_SWEEP && (cold->flags[e] & (PK__CACHE_LIVE | PK__CACHE_MARK)) == PK__CACHE_LIVE) {
            if (pk__cache_record(c, t, e))
                cold->save_sweep = e;
            else
                t->flags |= PK__CACHE_CROWDED;
            break;
        }
        cold->save_sweep = e;
        cold->flags[e] = (unsigned char)(cold->flags[e] & ~PK__CACHE_MARK);
    }
    return 1;
}

PK_API pk_status pk__cache_save_begin(pk_cache *c, pk_cache_transfer *t, size_t size, pk_cache_write_fn write_fn, void *user) {
    unsigned char *h = t->buffer;
    pk_status status = pk__cache_transfer_begin(c, t, size, user, PK__CACHE_TO_WALK);
    if (status != PK_OK) return status;
    PERFKIT_ASSERT(write_fn != NULL);
    t->write_fn = write_fn;
    t->phase = PK__CACHE_SAVING;
    pk__cache_heading(c, t, h);
    pk__cache_records(c, t, h);
    if ((c->special & PK__CACHE_IS_S3) && c->cold->hash == NULL) pk__cache_store64(h + 32, c->seed);
    if (pk__cache_first(c)->wall_clock) pk__cache_store64(h + 24, pk__cache_first(c)->wall_clock(pk__cache_first(c)->user));
    pk__cache_store32(h + 40, pk__cache_crc(0, h, 40));
    t->sum = pk__cache_crc(0, h, PK__CACHE_HEADER);
    t->end = PK__CACHE_HEADER;
    return PK_OK;
}

PK_API pk_status pk_cache_save_step(pk_cache_transfer *t, uint32_t budget) {
    unsigned char *p;
    pk_status status = PK_OK;
    if (t->write_fn == NULL || (t->phase != PK__CACHE_SAVING && t->phase != PK__CACHE_ENDING)) return PK_INVALID;
    if (pk__cache_transfer_forked(t)) return PK_FORKED;
    for (;;) {
        if (t->at > 0 || t->phase == PK__CACHE_ENDING || (t->flags & PK__CACHE_CROWDED)) status = pk__cache_flush(t);
        if (status == PK_AGAIN) return status;
        if (status != PK_OK || t->phase == PK__CACHE_ENDING) break;
        t->flags = (uint8_t)(t->flags & ~PK__CACHE_CROWDED);
        if (t->left > 0) { /* a portion of each shard in turn: so their orders interleave */
            pk_cache *one;
            uint32_t used = 1;
            if (budget == 0) return PK_AGAIN;
            one = pk__cache_enter_at(t->cache, t->part);
            if (one->cold->snapshot != PK__CACHE_TO_END) {
                used = pk__cache_collect(one, t, budget);
                if (one->cold->snapshot == PK__CACHE_TO_END) t->left--;
            }
            pk__cache_exit_at(one);
            if (!(t->flags & PK__CACHE_CROWDED)) t->part = t->part + 1 < pk__cache_shards(t->cache) ? t->part + 1 : 0;
            budget -= used < budget ? used : budget;
            status = t->result;
            if (status != PK_OK) break;
        } else if (sizeof t->buffer - t->end < PK__CACHE_TRAILER) {
            t->flags |= PK__CACHE_CROWDED;
        } else {
            p = t->buffer + t->end;
            PK__CACHE_ZERO(p, 4);
            p[0] = 't';
            pk__cache_store32(p + 4, t->count);
            pk__cache_store32(p + 8, pk__cache_crc(t->sum, p, 8));
            t->end += PK__CACHE_TRAILER;
            t->phase = PK__CACHE_ENDING;
        }
    }
    pk_cache_transfer_end(t);
    return status == PK_AGAIN ? PK_IO : status;
}

PK_API pk_status pk_cache_save(pk_cache *c, pk_cache_write_fn write_fn, void *user) {
    pk_cache_transfer t;
    pk_status status = pk_cache_save_begin(c, &t, write_fn, user);
    if (status != PK_OK) return status;
    status = pk_cache_save_step(&t, 0xFFFFFFFFu);
    pk_cache_transfer_end(&t);
    return status == PK_AGAIN ? PK_IO : status;
}

/* ---- Loading ---- */

/* Have n bytes in the buffer, at t->at. PK_NOT_FOUND: there are no more. */
static pk_status pk__cache_need(pk_cache_transfer *t, size_t n) {
    while (t->end - t->at < n) {
        size_t got;
        unsigned i;
        if (t->flags & PK__CACHE_READ) return PK_NOT_FOUND;
        if (sizeof t->buffer - t->at < n || t->at == t->end) {
            for (i = 0; i < t->end - t->at; i++) t->buffer[i] = t->buffer[t->at + i];
            t->offset += t->at;
            t->end -= t->at;
            t->at = 0;
        }
        got = t->read_fn(t->user, t->buffer + t->end, sizeof t->buffer - t->end);
        if (got == PK_CACHE_IO_LATER) return PK_AGAIN;
        if (got > sizeof t->buffer - t->end) return PK_IO;
        if (got == 0) t->flags |= PK__CACHE_READ;
        t->end += (unsigned)got;
    }
    return PK_OK;
}

/* What the transfer ends with is known: the cache becomes empty first where it must not keep what is there. */
static void pk__cache_conclude(pk_cache_transfer *t, pk_status result) {
    if (t->result == PK_OK) t->result = result;
    t->phase = t->result == PK_OK || (t->flags & PK__CACHE_SALVAGING) ? PK__CACHE_ENDING : PK__CACHE_EMPTYING;
    if (t->phase == PK__CACHE_EMPTYING) t->kept = 0;
}
/* Bytes are not what was saved: that is the end, or they are left out. */
static void pk__cache_damage(pk_cache_transfer *t, pk_status result) {
    if (t->result == PK_OK) t->result = result;
    if (!(t->flags & PK__CACHE_SALVAGING)) pk__cache_conclude(t, result);
}

static pk_status pk__cache_read_header(pk_cache *c, pk_cache_transfer *t) {
    unsigned char own[PK__CACHE_HEADER], *h;
    pk_status status = pk__cache_need(t, PK__CACHE_HEADER);
    if (status == PK_AGAIN) return status;
    t->phase = PK__CACHE_EMPTYING;
    if (status == PK_IO) {
        t->result = status;
        t->phase = PK__CACHE_ENDING; /* nothing was read: as it was */
        return PK_OK;
    }
    h = t->buffer + t->at;
    pk__cache_heading(c, t, own);
    if (status != PK_OK || PK__CACHE_COMPARE(h, own, 8) != 0 || pk__cache_load32(h + 40) != pk__cache_crc(0, h, 40)) {
        t->result = PK_CORRUPT; /* a record is good only if it agrees with this cache: so the header is not missed */
        t->flags |= PK__CACHE_DAMAGED;
        pk__cache_records(c, t, own);
    } else if (PK__CACHE_COMPARE(h + 8, own + 8, 2) != 0 || PK__CACHE_COMPARE(h + 12, own + 12, 12) != 0 || h[10] > 1 || h[11]) {
        t->result = PK_MISMATCH;
        t->phase = PK__CACHE_ENDING;
    } else {
        uint64_t then = pk__cache_load64(h + 24), now = 0;
        if (pk__cache_first(c)->wall_clock) now = pk__cache_first(c)->wall_clock(pk__cache_first(c)->user);
        if (then != 0 && now > then) t->age = now - then;
        t->hash_seed = pk__cache_load64(h + 32);
        pk__cache_records(c, t, h);
    }
    if (t->end - t->at >= PK__CACHE_HEADER) {
        t->sum = pk__cache_crc(0, h, PK__CACHE_HEADER);
        t->at += PK__CACHE_HEADER;
    }
    return PK_OK;
}

/* The times of the record at p, as they are now. False: its time is over. */
static bool pk__cache_record_times(pk_cache *c, pk_cache_transfer *t, const unsigned char *p) {
    uint64_t left = (uint64_t)(p[6] | (unsigned)p[7] << 8) << 32 | pk__cache_load32(p + 2), passed = t->age, interval;
    t->ttl = t->interval = PK_TTL_NEVER;
    t->record_flags = p[1];
    if (!(p[1] & 1)) {
#if PERFKIT_CACHE_TTL
        if (t->flags & PK__CACHE_TIMED) passed += (pk_time)(pk__cache_moment(c) - t->began);
#endif
        if (left <= passed || ((t->flags & PK__CACHE_DAMAGED) && pk__cache_first(c)->wall_clock)) return false;
        left -= passed;
        t->ttl = left < PK_TTL_MAX ? (pk_time)left : PK_TTL_MAX;
        t->interval = t->ttl;
    }
    if (t->flags & PK__CACHE_SLIDING) {
        interval = pk__cache_load64(p + 8);
        t->interval = interval == ~(uint64_t)0 ? PK_TTL_NEVER : interval < PK_TTL_MAX ? (pk_time)interval : PK_TTL_MAX;
    }
    return true;
}

/* Entry e holds what the record at hand said; `again`: as an earlier record did. */
static void pk__cache_kept(pk_cache *c, pk_cache_transfer *t, pk__cache_n e, bool again) {
    pk__cache_set_flags(PK__CACHE_ANY, e, pk__cache_flags(PK__CACHE_ANY, e) | (unsigned)PK__CACHE_MARK);
#if PERFKIT_CACHE_MORE
    if (c->cold->at_ttl != PK__CACHE_NONE) pk__cache_set_extra_time(c, e, c->cold->at_ttl, t->interval);
#endif
    if (!again) t->kept++;
}
/* Whether the key has a value that is newer than the snapshot's; *again: it has an older one of the same snapshot. */
static bool pk__cache_newer(pk_cache *c, const void *key, size_t key_len, bool *again) {
    PK__CACHE_HASHING(PK__CACHE_ANY);
    pk__cache_n e = pk__cache_find(PK__CACHE_ANY, PK__CACHE_KEYED);
    bool there = e != 0 && !pk__cache_over(PK__CACHE_ANY, e);
    *again = there && (pk__cache_flags(PK__CACHE_ANY, e) & PK__CACHE_MARK) != 0;
    return there && !*again;
}
/* Put what a record says. PK_UNSUPPORTED: it has a time to live, and there is no clock; what can't be kept otherwise is left out. */
static pk_status pk__cache_restore(pk_cache *c, pk_cache_transfer *t, const unsigned char *key, size_t key_len,
                                   const unsigned char *value, size_t len) {
    pk_status status = PK_EXISTS;
    bool again;
    pk__cache_n e;
    PK__CACHE_BEGIN;
    if (!pk__cache_newer(c, key, key_len, &again)) {
#if PK__FULL || PERFKIT_CACHE_THREADS
        status = pk__cache_put(PK__CACHE_ANY, PK__CACHE_KEYED, value, len, t->ttl);
#else /* the same, by a function that is there already */
        status = pk_cache_put(c, key, key_len, value, len, t->ttl);
#endif
#if PERFKIT_CACHE_S3FIFO
        if (c->special & PK__CACHE_IS_S3) {
            e = status == PK_OK ? pk__cache_find(PK__CACHE_ANY, PK__CACHE_KEYED) : 0;
            if (e != 0) pk__s3_restore(c, e, t->record_flags);
        } else
#endif
            e = pk__cache_next(PK__CACHE_ANY, 0);
        if (status == PK_OK && e != 0 && pk__cache_same(PK__CACHE_ANY, e, key, key_len)) pk__cache_kept(c, t, e, again);
    }
    PK__CACHE_END;
    return status == PK_UNSUPPORTED ? status : PK_OK;
}

/* The lengths that the head of the record at p tells; false: it is damaged. */
static bool pk__cache_lengths(pk_cache *c, pk_cache_transfer *t, const unsigned char *p, uint32_t *key_len, uint32_t *len) {
    const unsigned char *lengths = p + 8 + (t->flags & PK__CACHE_SLIDING ? 8 : 0);
    *key_len = c->key_size;
    *len = c->value_size;
    if (!(t->flags & PK__CACHE_VARYING)) return true;
    if (p[0] != 'r' || pk__cache_load32(p + t->head - 4) !=
                           pk__cache_crc(t->seed ^ (t->offset + (uint32_t)(p - t->buffer)), p, t->head - 4))
        return false;
    if (c->key_size == 0) {
        *key_len = pk__cache_load32(lengths);
        lengths += 4;
    }
    if (c->value_size == 0) *len = pk__cache_load32(lengths);
    return true;
}

/* A record that is longer than the buffer begins: its value goes to its slots as it comes. Where there are none, it is passed over. */
static void pk__cache_long_take(pk_cache *c, pk_cache_transfer *t, PK__CACHE_KEY, uint32_t len) {
    pk_time ttl = t->ttl;
    pk__cache_n e = 0;
    bool again;
    pk__cache_look(c);
#if PERFKIT_CACHE_CHAINS
    if (c->chains && ((size_t)len != len || pk__cache_room(PK__CACHE_ANY, key_len, (size_t)len) != PK_OK)) return;
#endif
    if (pk__cache_ttl(c, &ttl) != PK_OK) {
        pk__cache_damage(t, PK_UNSUPPORTED);
        return;
    }
    if (pk__cache_newer(c, key, key_len, &again) || (e = pk__cache_take(PK__CACHE_ANY, PK__CACHE_PLACED)) == 0) return;
#if PERFKIT_CACHE_CHAINS
    if (c->chains && !pk__cache_fit(PK__CACHE_ANY, e, c->prefix + key_len + (size_t)len)) {
        pk__cache_release(PK__CACHE_ANY, e);
        return;
    }
#endif
    t->entry = e;
    (void)len;
#if PERFKIT_CACHE_CHAINS
    if (c->chains) {
        unsigned char *own = pk__cache_key(PK__CACHE_ANY, e);
        if (c->prefix) pk__cache_store16(own - 2, (unsigned)key_len);
        PK__CACHE_COPY(own, key, key_len);
        c->cold->items[2 * (size_t)e + 1] = len;
    } else
#endif
    {
        PK__CACHE_COPY(pk__cache_key(PK__CACHE_ANY, e), key, key_len);
    }
    pk__cache_stream_from(c, t, e, key_len);
}
static void pk__cache_long_begin(pk_cache *c, pk_cache_transfer *t, unsigned char *key, size_t key_len, uint32_t len) {
    PK__CACHE_HASHING(PK__CACHE_ANY);
    t->left = len;
    t->phase = PK__CACHE_LONG;
    t->entry = 0;
    if (t->ttl == 0 || (c->special & PK__CACHE_IS_S3)) return; /* over, or longer than any slot */
#if PK__FULL
    c = pk__cache_enter(c, hash);
#elif PERFKIT_CACHE_THREADS
    if (PK__CACHE_SHARDED(c)) c = pk__cache_enter(c, pk__cache_hash(c, key, key_len));
#endif
    t->holder = c;
    pk__cache_long_take(c, t, PK__CACHE_KEYED, len);
    PK__CACHE_END;
}
static void pk__cache_long_place(pk_cache *c, pk_cache_transfer *t, bool good) {
    pk__cache_n e = (pk__cache_n)t->entry, other;
    const unsigned char *key = pk__cache_key(PK__CACHE_ANY, e);
    size_t key_len = pk__cache_key_len(PK__CACHE_ANY, key);
    bool again;
    PK__CACHE_HASHING(PK__CACHE_ANY);
    pk__cache_look(c);
    if (!pk__cache_newer(c, key, key_len, &again) && good) {
        other = pk__cache_find(PK__CACHE_ANY, PK__CACHE_KEYED);
        if (other != 0) pk__cache_drop(c, other, PK_EVICT_REPLACED);
        good = pk__cache_find(PK__CACHE_ANY, PK__CACHE_KEYED) == 0 && pk__cache_vacant(PK__CACHE_ANY, PK__CACHE_PLACED);
    } else {
        good = false;
    }
    if (!good) {
        pk__cache_release(PK__CACHE_ANY, e);
        return;
    }
    pk__cache_place(PK__CACHE_ANY, PK__CACHE_PLACED, e);
    pk__cache_push(PK__CACHE_ANY, e);
    pk__cache_counted(PK__CACHE_ANY, 1);
#if PERFKIT_CACHE_CHAINS
    if (c->chains)
        pk__cache_use_slots(PK__CACHE_ANY, pk__cache_bytes(PK__CACHE_ANY, e), 1);
#endif
#if PERFKIT_STATS
    pk__cache_add(PK__CACHE_ANY, PK__CACHE_PUTS);
#endif
    pk__cache_stamp(PK__CACHE_ANY, e, t->ttl);
#if PERFKIT_CACHE_MORE
    if (c->special & PK__CACHE_IS_EXTRA) pk__cache_note_put(c, e, t->ttl);
#endif
    pk__cache_kept(c, t, e, again);
}
static void pk__cache_long_end(pk_cache_transfer *t, bool good) {
    if (t->entry != 0) {
        pk__cache_enter_again(t->holder);
        pk__cache_long_place(t->holder, t, good);
        pk__cache_exit_at(t->holder);
    }
    t->phase = PK__CACHE_LOADING;
    t->entry = 0;
}
static pk_status pk__cache_long(pk_cache_transfer *t) {
    unsigned n;
    pk_status status = pk__cache_need(t, t->left ? 1 : 4);
    if (status == PK_AGAIN) return status;
    if (status != PK_OK) {
        pk__cache_long_end(t, false);
        return status;
    }
    if (t->left > 0) {
        n = t->end - t->at;
        if (n > t->left) n = (unsigned)t->left;
        t->crc = pk__cache_crc(t->crc, t->buffer + t->at, n);
        if (t->entry != 0) pk__cache_stream(t->holder, t, NULL, t->buffer + t->at, n);
        t->at += n;
        t->left -= n;
    } else {
        bool good = pk__cache_load32(t->buffer + t->at) == t->crc;
        t->sum = pk__cache_crc(t->sum, t->buffer + t->at, 4);
        t->at += 4;
        t->count++;
        pk__cache_long_end(t, good);
        if (!good) pk__cache_damage(t, PK_CORRUPT);
    }
    return PK_OK;
}

/* The trailer, if that is what comes. PK_NOT_FOUND: it is not. */
static pk_status pk__cache_trailer(pk_cache_transfer *t) {
    const unsigned char *p;
    pk_status status = pk__cache_need(t, 1);
    if (status == PK_OK && t->buffer[t->at] != 't') return PK_NOT_FOUND;
    if (status == PK_OK) status = pk__cache_need(t, PK__CACHE_TRAILER);
    if (status != PK_OK) return status;
    p = t->buffer + t->at;
    if (pk__cache_load32(p + 4) != t->count || pk__cache_load32(p + 8) != pk__cache_crc(t->sum, p, 8)) return PK_NOT_FOUND;
    t->at += PK__CACHE_TRAILER;
    status = t->flags & PK__CACHE_ALONE ? pk__cache_need(t, 1) : PK_NOT_FOUND;
    if (status == PK_OK || status == PK_NOT_FOUND) pk__cache_conclude(t, status == PK_OK ? PK_CORRUPT : PK_OK);
    return status == PK_NOT_FOUND ? PK_OK : status;
}

/* A record's head is whole, and tells that the record is longer than the buffer. */
static pk_status pk__cache_read_long(pk_cache *c, pk_cache_transfer *t, uint32_t key_len, uint32_t len) {
    uint32_t begin = t->seed ^ (t->offset + t->at);
    unsigned char *p;
    pk_status status;
    if (key_len > sizeof t->buffer - t->head) { /* saved with a larger buffer: passed over */
        t->crc = pk__cache_crc(begin, t->buffer + t->at, t->head);
        t->at += t->head;
        t->left = key_len + len;
        t->entry = 0;
        t->phase = PK__CACHE_LONG;
        return PK_OK;
    }
    status = pk__cache_need(t, t->head + (size_t)key_len);
    if (status != PK_OK) return status;
    p = t->buffer + t->at;
    t->crc = pk__cache_crc(begin, p, t->head + (size_t)key_len);
    if (!pk__cache_record_times(c, t, p)) t->ttl = 0;
    t->at += t->head + (unsigned)key_len;
    pk__cache_long_begin(c, t, p + t->head, (size_t)key_len, len);
    return PK_OK;
}

/* One record, or the trailer. PK_NOT_FOUND: it ends too early. */
static pk_status pk__cache_read_record(pk_cache *c, pk_cache_transfer *t) {
    uint32_t key_len, len, begin;
    unsigned char *p;
    size_t whole;
    pk_status status = pk__cache_trailer(t);
    if (status != PK_NOT_FOUND) return status;
    status = pk__cache_need(t, t->head);
    if (status != PK_OK) return status;
    if (!pk__cache_lengths(c, t, t->buffer + t->at, &key_len, &len)) {
        pk__cache_damage(t, PK_CORRUPT);
        if (t->phase == PK__CACHE_LOADING) t->phase = PK__CACHE_LOST;
        return PK_OK;
    }
    if (key_len > sizeof t->buffer - t->head - 4 || len > sizeof t->buffer - t->head - 4 - key_len)
        return pk__cache_read_long(c, t, key_len, len);
    whole = t->head + (size_t)key_len + (size_t)len;
    status = pk__cache_need(t, whole + 4);
    if (status != PK_OK) return status;
    begin = t->seed ^ (t->offset + t->at);
    p = t->buffer + t->at;
    t->at += (unsigned)whole + 4;
    t->count++;
    t->sum = pk__cache_crc(t->sum, p + whole, 4);
    if (p[0] != 'r' || pk__cache_load32(p + whole) != pk__cache_crc(begin, p, whole)) {
        pk__cache_damage(t, PK_CORRUPT);
    } else if (pk__cache_record_times(c, t, p)) {
        status = pk__cache_restore(c, t, p + t->head, (size_t)key_len, p + t->head + key_len, (size_t)len);
        if (status != PK_OK) pk__cache_damage(t, status);
    }
    return PK_OK;
}

/* Look for the head of the next whole record: one buffer at most. */
static pk_status pk__cache_find_record(pk_cache *c, pk_cache_transfer *t) {
    uint32_t key_len, len;
    pk_status status = pk__cache_need(t, t->head);
    if (status != PK_OK) return status;
    for (; t->end - t->at >= t->head; t->at++) {
        if (!pk__cache_lengths(c, t, t->buffer + t->at, &key_len, &len)) continue;
        t->phase = PK__CACHE_LOADING;
        break;
    }
    return PK_OK;
}

static void pk__cache_make_empty(pk_cache *c, pk_cache_transfer *t, uint32_t budget) {
    unsigned i;
    if (PK__CACHE_IS_OUT(c)) pk__cache_void(c, NULL, 0);
    if (budget >= pk_cache_count(c) || (c->special & PK__CACHE_IS_LOCKED))
        for (i = 0; i < pk__cache_shards(c); i++) {
            pk_cache *one = pk__cache_enter_at(c, i);
            pk__cache_empty(one);
            pk__cache_exit_at(one);
        }
    else
        (void)pk_cache_clear_step(c, 1);
    if (pk_cache_count(c) > 0 && !(c->special & PK__CACHE_IS_LOCKED)) return; /* with threads others may put again and again */
#if PERFKIT_CACHE_S3FIFO
    if (t->hash_seed && (c->special & (PK__CACHE_IS_S3 | PK__CACHE_IS_LOCKED)) == PK__CACHE_IS_S3)
        c->seed = (pk_hash)t->hash_seed; /* the same keys share a set again: none is lost */
#endif
    t->phase = t->result == PK_OK || ((t->flags & PK__CACHE_DAMAGED) && (t->flags & PK__CACHE_SALVAGING)) ? PK__CACHE_LOADING
                                                                                                       : PK__CACHE_ENDING;
}

PK_API pk_status pk__cache_load_begin(pk_cache *c, pk_cache_transfer *t, size_t size, pk_cache_read_fn read_fn, void *user,
                                      unsigned flags) {
    pk_status status = pk__cache_transfer_begin(c, t, size, user, PK__CACHE_TO_LOAD);
    if (status != PK_OK) return status;
    PERFKIT_ASSERT(read_fn != NULL);
    t->read_fn = read_fn;
    if (flags & PK_CACHE_SALVAGE) t->flags |= PK__CACHE_SALVAGING;
    t->phase = PK__CACHE_HEADING;
    return PK_OK;
}

PK_API pk_status pk_cache_load_step(pk_cache_transfer *t, uint32_t budget) {
    pk_cache *c = t->cache;
    pk_status status = PK_OK;
    if (t->read_fn == NULL || t->phase < PK__CACHE_ENDING) return PK_INVALID;
    if (pk__cache_transfer_forked(t)) return PK_FORKED;
    while (t->phase != PK__CACHE_ENDING) {
        if (budget == 0) return PK_AGAIN;
        budget--;
        status = PK_OK;
        pk__cache_look_around(c);
        switch (t->phase) {
        case PK__CACHE_HEADING: status = pk__cache_read_header(c, t); break;
        case PK__CACHE_LOADING: status = pk__cache_read_record(c, t); break;
        case PK__CACHE_LONG: status = pk__cache_long(t); break;
        case PK__CACHE_LOST: status = pk__cache_find_record(c, t); break;
        default: pk__cache_make_empty(c, t, budget); /* before the first record, or because it failed */
        }
        if (status == PK_AGAIN) return status;
        if (status != PK_OK) pk__cache_conclude(t, status == PK_NOT_FOUND ? PK_CORRUPT : status);
    }
    status = t->result;
    pk_cache_transfer_end(t);
    return status;
}

PK_API pk_status pk_cache_load(pk_cache *c, pk_cache_read_fn read_fn, void *user, unsigned flags, uint32_t *kept) {
    pk_cache_transfer t;
    pk_status status = pk_cache_load_begin(c, &t, read_fn, user, flags);
    if (kept) *kept = 0;
    if (status != PK_OK) return status;
    status = pk_cache_load_step(&t, 0xFFFFFFFFu);
    if (status == PK_AGAIN) { /* nothing now, but there is no later */
        if (t.phase == PK__CACHE_LONG) pk__cache_long_end(&t, false);
        pk__cache_conclude(&t, PK_IO);
        if (t.count == 0 && t.sum == 0) t.phase = PK__CACHE_ENDING; /* not even the header came: the cache is as it was */
        status = pk_cache_load_step(&t, 0xFFFFFFFFu);
    }
    if (kept) *kept = t.kept;
    return status;
}

#if PERFKIT_HOSTED && !defined _WIN32
typedef int pk__cache_file;
static size_t pk__cache_write_file(void *user, const void *bytes, size_t n) {
    ssize_t done;
    do done = write(*(const pk__cache_file *)user, bytes, n);
    while (done < 0 && errno == EINTR);
    return done < 0 ? 0 : (size_t)done;
}
static size_t pk__cache_read_file(void *user, void *bytes, size_t n) {
    ssize_t done;
    do done = read(*(const pk__cache_file *)user, bytes, n);
    while (done < 0 && errno == EINTR);
    return done < 0 ? PK_CACHE_IO_FAILED : (size_t)done;
}
static pk_status pk__cache_open_saved(const char *path, pk__cache_file *fd) {
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    return *fd >= 0 ? PK_OK : errno == ENOENT ? PK_NOT_FOUND : PK_IO;
}
static void pk__cache_close_saved(pk__cache_file fd) { (void)close(fd); }
/* Open and lock path.tmp, which another save may be about to rename. The lock is the opened file's, not the process's: so it keeps
   out other caches of this process, too. */
static pk_status pk__cache_open_temporary(const char *temporary, pk__cache_file *fd) {
    struct stat own, there;
#ifndef LOCK_NB
    struct flock lock;
#endif
    *fd = open(temporary, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (*fd < 0) return PK_IO;
#ifdef LOCK_NB
    if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
#else
    memset(&lock, 0, sizeof lock);
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (fcntl(*fd, F_SETLK, &lock) != 0) {
#endif
        pk_status status = errno == EACCES || errno == EAGAIN ? PK_BUSY : PK_OK; /* else: locks are not to be had here */
        if (status != PK_OK) close(*fd);
        if (status != PK_OK) return status;
    }
    if (fstat(*fd, &own) != 0 || stat(temporary, &there) != 0 || own.st_ino != there.st_ino || own.st_dev != there.st_dev) {
        close(*fd);
        return PK_BUSY;
    }
    if (ftruncate(*fd, 0) == 0) return PK_OK;
    close(*fd);
    return PK_IO;
}
/* So that the rename itself outlives a loss of power; where folders can't be synced, it is as safe as the system makes it. */
static void pk__cache_sync_folder(char *path) {
    char *slash = strrchr(path, '/');
    int fd;
    if (slash) slash[slash == path] = 0;
    fd = open(slash ? path : ".", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}
/* What was written takes the place of `path`, or is removed, if it wasn't written whole. */
static pk_status pk__cache_close_temporary(pk__cache_file fd, char *temporary, const char *path, pk_status status) {
    int error;
    if (status == PK_OK && (fsync(fd) != 0 || rename(temporary, path) != 0)) status = PK_IO;
    error = errno;
    if (status != PK_OK) (void)unlink(temporary); /* before the lock is gone */
#ifdef LOCK_NB
    (void)flock(fd, LOCK_UN); /* closed it may still be open in a forked child */
#endif
    (void)close(fd);
    if (status == PK_OK) pk__cache_sync_folder(temporary);
    errno = error;
    return status;
}
#elif PERFKIT_HOSTED
typedef HANDLE pk__cache_file;
static size_t pk__cache_write_file(void *user, const void *bytes, size_t n) {
    DWORD done = 0;
    return WriteFile(*(const HANDLE *)user, bytes, n > 0x40000000u ? 0x40000000u : (DWORD)n, &done, NULL) ? done : 0;
}
static size_t pk__cache_read_file(void *user, void *bytes, size_t n) {
    DWORD done = 0;
    if (!ReadFile(*(const HANDLE *)user, bytes, n > 0x40000000u ? 0x40000000u : (DWORD)n, &done, NULL)) return PK_CACHE_IO_FAILED;
    return done;
}
static pk_status pk__cache_open_saved(const char *path, pk__cache_file *file) {
    *file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                        FILE_ATTRIBUTE_NORMAL, NULL);
    if (*file != INVALID_HANDLE_VALUE) return PK_OK;
    return GetLastError() == ERROR_FILE_NOT_FOUND || GetLastError() == ERROR_PATH_NOT_FOUND ? PK_NOT_FOUND : PK_IO;
}
static void pk__cache_close_saved(pk__cache_file file) { (void)CloseHandle(file); }
/* Others may read it, once it is renamed, and not open it to write: that is the lock. */
static pk_status pk__cache_open_temporary(const char *temporary, pk__cache_file *file) {
    *file = CreateFileA(temporary, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (*file != INVALID_HANDLE_VALUE) return PK_OK;
    return GetLastError() == ERROR_SHARING_VIOLATION ? PK_BUSY : PK_IO;
}
/* Why `path` could not be replaced: others have it open, who may be done soon, or something worse. */
static pk_status pk__cache_not_replaced(const char *path, DWORD error) {
    DWORD what = GetFileAttributesA(path);
    if (error == ERROR_SHARING_VIOLATION) return PK_BUSY;
    if (error != ERROR_ACCESS_DENIED || what == INVALID_FILE_ATTRIBUTES) return PK_IO;
    return what & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_READONLY) ? PK_IO : PK_BUSY;
}
static pk_status pk__cache_close_temporary(pk__cache_file file, char *temporary, const char *path, pk_status status) {
    DWORD error;
    if (status == PK_OK && !FlushFileBuffers(file)) status = PK_IO;
    error = GetLastError();
    if (status == PK_OK && !MoveFileExA(temporary, path, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)) {
        error = GetLastError();
        status = pk__cache_not_replaced(path, error);
    }
    if (status != PK_OK) (void)DeleteFileA(temporary); /* before the lock is gone */
    (void)CloseHandle(file);
    if (status != PK_OK) SetLastError(error);
    return status;
}
#endif

#if PERFKIT_HOSTED
PK_API pk_status pk_cache_save_file(pk_cache *c, const char *path) {
    pk_cache_transfer t;
    char temporary[4096];
    size_t n = strlen(path);
    pk__cache_file file;
    pk_status status;
    PERFKIT_ASSERT(c != NULL && path != NULL);
    if (n + 5 > sizeof temporary) return PK_INVALID;
    memcpy(temporary, path, n);
    memcpy(temporary + n, ".tmp", 5);
    status = pk_cache_save_begin(c, &t, pk__cache_write_file, &file); /* before any file is touched: it may not be its turn */
    if (status != PK_OK) return status;
    status = pk__cache_open_temporary(temporary, &file);
    if (status != PK_OK) {
        pk_cache_transfer_end(&t);
        return status;
    }
    return pk__cache_close_temporary(file, temporary, path, pk_cache_save_step(&t, 0xFFFFFFFFu));
}
PK_API pk_status pk_cache_load_file(pk_cache *c, const char *path, unsigned flags, uint32_t *kept) {
    pk_cache_transfer t;
    pk__cache_file file;
    pk_status status;
    PERFKIT_ASSERT(c != NULL && path != NULL);
    if (kept) *kept = 0;
    if (c->cold == NULL) return PK_CLOSED;
    status = pk__cache_open_saved(path, &file);
    if (status != PK_OK) return status;
    status = pk_cache_load_begin(c, &t, pk__cache_read_file, &file, flags);
    if (status == PK_OK) {
        t.flags |= PK__CACHE_ALONE;
        status = pk_cache_load_step(&t, 0xFFFFFFFFu);
        if (kept) *kept = t.kept;
    }
    pk__cache_close_saved(file);
    return status;
}
#endif
#endif /* PERFKIT_CACHE_SNAPSHOT */

/* ---- SipHash ---- */

#if PERFKIT_CACHE_SIPHASH
#define PK__CACHE_ROTATE(x, n) ((x) << (n) | (x) >> (64 - (n)))
PK__CACHE_PART void pk__cache_sip_round(uint64_t *v) {
    v[0] += v[1];
    v[1] = PK__CACHE_ROTATE(v[1], 13) ^ v[0];
    v[0] = PK__CACHE_ROTATE(v[0], 32);
    v[2] += v[3];
    v[3] = PK__CACHE_ROTATE(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = PK__CACHE_ROTATE(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = PK__CACHE_ROTATE(v[1], 17) ^ v[2];
    v[2] = PK__CACHE_ROTATE(v[2], 32);
}
static uint64_t pk__cache_sip_word(const unsigned char *p, size_t n) { /* the first n bytes, little-endian */
    uint64_t word = 0;
#if defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && PK__FULL
    if (n == 8) {
        memcpy(&word, p, 8);
        return word;
    }
#endif
    while (n > 0) word = word << 8 | p[--n];
    return word;
}
PK_API pk_hash pk_cache_siphash(void *key_of_16_bytes, const void *key, size_t key_len) {
    const unsigned char *secret = (const unsigned char *)key_of_16_bytes, *p = (const unsigned char *)key;
    uint64_t k0 = pk__cache_sip_word(secret, 8), k1 = pk__cache_sip_word(secret + 8, 8), word, v[4];
    size_t left = key_len;
    v[0] = k0 ^ 0x736F6D6570736575u;
    v[1] = k1 ^ 0x646F72616E646F6Du;
    v[2] = k0 ^ 0x6C7967656E657261u;
    v[3] = k1 ^ 0x7465646279746573u;
    for (; left >= 8; p += 8, left -= 8) {
        word = pk__cache_sip_word(p, 8);
        v[3] ^= word;
        pk__cache_sip_round(v);
        v[0] ^= word;
    }
    word = (uint64_t)(key_len & 255u) << 56 | pk__cache_sip_word(p, left);
    v[3] ^= word;
    pk__cache_sip_round(v);
    v[0] ^= word;
    v[2] ^= 255u;
    pk__cache_sip_round(v);
    pk__cache_sip_round(v);
    pk__cache_sip_round(v);
    return (pk_hash)(v[0] ^ v[1] ^ v[2] ^ v[3]);
}
#endif

/* ---- Leases ---- */

#if PERFKIT_CACHE_LOAD
/* Whether entry e, whose time is over, has something to tell: how a loader found its key. */
enum { PK__CACHE_ABSENT, PK__CACHE_FRESH, PK__CACHE_STALE, PK__CACHE_STALE_HELD, PK__CACHE_FAILED };
static int pk__cache_what_is_left(pk_cache *c, pk__cache_n e, pk_status *status) {
    int failure = pk__cache_failure(c, e);
    if (!pk__cache_lingers(c, e)) return PK__CACHE_ABSENT;
    if (failure > 0) {
        *status = failure;
        return PK__CACHE_FAILED;
    }
    return failure == PK__CACHE_PUT_OFF && pk__cache_remembers(c, e) ? PK__CACHE_STALE_HELD : PK__CACHE_STALE;
}
/* A get came to nothing: see whether there is a stale value, which is copied, or a failure, which is *status. */
static int pk__cache_look_behind(pk_cache *c, const void *key, size_t key_len, void *value, size_t size, size_t *len, pk_status *status) {
    int found = PK__CACHE_ABSENT;
    pk__cache_n e;
    PK__CACHE_BEGIN_OR(PK__CACHE_ABSENT);
    e = pk__cache_find(PK__CACHE_ANY, key, key_len, hash);
    if (e != 0 && pk__cache_over(PK__CACHE_ANY, e)) found = pk__cache_what_is_left(c, e, status);
    if (found == PK__CACHE_STALE || found == PK__CACHE_STALE_HELD) *status = pk__cache_read(PK__CACHE_ANY, e, value, size, len);
    PK__CACHE_END;
    return found;
}
static bool pk__cache_has_behind(pk_cache *c) {
    const pk__cache_loads *l = pk__cache_loads_of(c);
    return l->stale > 0 || l->negative > 0;
}
/* Places in pk__cache_loads.counts. */
enum { PK__LOAD_LOADS, PK__LOAD_FAILURES, PK__LOAD_WAITS, PK__LOAD_STALE, PK__LOAD_NEGATIVE, PK__LOAD_DISCARDED };
static void pk__cache_count_load(pk__cache_loads *l, int what) {
    pk__cache_lock_loads(l);
    l->counts[what]++;
    pk__cache_unlock_loads(l);
}

/* Let the failure to produce a value be known for a time. */
static pk_status pk__cache_remember(pk_cache *c, const void *key, size_t key_len, pk_status failure) {
    pk_time until = pk__cache_loads_of(c)->negative;
    int mark = failure > 0 ? failure : PK_CREATE_FAILED;
    pk_status ignored;
    pk_time now;
    pk__cache_n e;
    PK__CACHE_BEGIN;
    now = pk__cache_now(PK__CACHE_ANY);
    e = pk__cache_find(PK__CACHE_ANY, key, key_len, hash);
    if (e != 0 && !pk__cache_over(PK__CACHE_ANY, e)) {
        mark = 0; /* somebody had more luck */
    } else if (e != 0 && pk__cache_what_is_left(c, e, &ignored) >= PK__CACHE_STALE && pk__cache_failure(c, e) <= 0) {
        mark = PK__CACHE_PUT_OFF;
    } else {
        pk__cache_shape shape = pk__cache_shape_of(c);
        shape.special |= PK__CACHE_IS_EXTRA; /* as it is: the compiler is to know */
        if (pk__cache_put_as(c, shape, PK__CACHE_KEYED, NULL, c->value_size, PK_TTL_NEVER, PK__CACHE_PUT_FAILURE, 0) != PK_OK)
            mark = 0;
        e = pk__cache_find(PK__CACHE_ANY, key, key_len, hash);
        if (e == 0) mark = 0;
    }
    if (mark) {
        if (mark > 0) {
            pk__cache_set_flags(PK__CACHE_ANY, e, pk__cache_flags(PK__CACHE_ANY, e) & ~(unsigned)PK__CACHE_NEVER);
#if PERFKIT_CACHE_TTL
            pk__cache_set_expiry(PK__CACHE_ANY, e, now);
#endif
        }
        pk__cache_set_extra_time(c, e, c->cold->at_negative, now + until);
        pk__cache_set_extra32(c, e, c->cold->at_negative + (unsigned)sizeof(pk_time), (uint32_t)mark);
#if PERFKIT_CACHE_WHEEL
        if (c->cold->wheel) pk__cache_schedule(c, e, true);
#endif
    }
    PK__CACHE_END;
    return PK_OK;
}
#endif

#if PK__CACHE_LOADS
static uint32_t pk__cache_voided(pk_cache *c, const uint32_t *voids) {
    pk__cache_loads *l = pk__cache_loads_of(c);
    uint32_t n;
    pk__cache_lock_loads(l);
    n = *voids;
    pk__cache_unlock_loads(l);
    return n;
}
/* Put what was produced, unless the key was put or removed since: PK_STALE. Both under the lock of the key, but for on_evict. */
static pk_status pk__cache_put_produced(pk_cache *c, const void *key, size_t key_len, const void *value, size_t len, pk_time ttl,
                                        const uint32_t *voids) {
    pk_status status = PK_STALE;
    if (!PK__CACHE_LENGTH_OK(len, c->value_size)) return PK_INVALID;
    PK__CACHE_BEGIN;
    if (pk__cache_voided(c, voids) == 0) {
        status = pk__cache_put_as(PK__CACHE_ANY, PK__CACHE_KEYED, value, len, ttl, PK__CACHE_PUT, 0);
        if (status == PK_OK && pk__cache_voided(c, voids) > 1) { /* this put is one; on_evict let others in */
            (void)pk__cache_remove(c, PK__CACHE_KEYED);
            status = PK_STALE;
        }
    }
    PK__CACHE_END;
    return status == PK_EXISTS ? PK_STALE : status;
}
#endif

#if PERFKIT_CACHE_LEASES
PK_API pk_status pk_cache_set_leases(pk_cache *c, void *memory, size_t memory_size, pk_time lease_ms) {
    unsigned char *at = (unsigned char *)pk__align_pointer(memory, 8), *end = (unsigned char *)memory + memory_size;
    pk__cache_leases *table;
    unsigned count = 0, i, stride;
    PERFKIT_ASSERT(c != NULL && memory != NULL);
    if (c->cold == NULL) return PK_CLOSED;
    if (pk__cache_forked(c)) return PK_FORKED;
    table = PK__CACHE_LEASES_OF(c);
    for (i = 0; table != NULL && i < table->count; i++)
        if (pk__cache_lease_at(table, i)->token != 0) return PK_BUSY;
    table = (pk__cache_leases *)(void *)at;
    stride = pk__cache_lease_stride(c);
    for (at += sizeof *table; at <= end && (size_t)(end - at) >= stride && count < 0xFFFFu; at += stride) count++;
    if (count == 0 || (lease_ms > PK_TTL_MAX && lease_ms != PK_TTL_NEVER)) return PK_INVALID;
    pk__cache_make_leases(c, table, count, lease_ms);
    PK__CACHE_LEASES_OF(c) = table;
    return PK_OK;
}

/* The key is not there: give out a lease for it, if it has none. */
static pk_status pk__cache_grant(pk_cache *c, const void *key, size_t key_len, bool stale, pk_cache_lease *to) {
    pk__cache_leases *table = PK__CACHE_LEASES_OF(c);
    pk__cache_lease *lease, *found = NULL;
    bool ends = table->ms != PK_TTL_NEVER && c->cold->clock != NULL;
    pk_time now = ends ? c->cold->clock(c->cold->user) : 0;
    unsigned i;
    for (i = 0; i < table->count; i++) {
        lease = pk__cache_lease_at(table, i);
        if (lease->token != 0 && ends && !lease->filling && pk__time_reached(now, lease->until)) pk__cache_end_lease(c, lease);
        if (lease->token == 0) {
            if (found != NULL) continue;
            found = lease;
            to->at = i;
        } else if (pk__cache_same_keys(c, lease + 1, lease->key_len, key, key_len))
            return stale ? PK_OK : PK_AGAIN;
    }
    if (found == NULL) return stale ? PK_OK : PK_FULL;
    if (++table->token == 0) table->token = 1;
    to->token = found->token = table->token;
    found->until = now + table->ms;
    found->key_len = key_len;
    found->filling = 0;
    PK__CACHE_COPY(found + 1, key, key_len);
    PK__CACHE_LEASES_OUT(c, true);
    return stale ? PK_STALE : PK_NOT_FOUND;
}

PK_API pk_status pk_cache_get_or_lease(pk_cache *c, const void *key, size_t key_len, void *value, size_t size, size_t *len,
                                       pk_cache_lease *lease) {
    pk_status status;
    bool stale = false;
    PERFKIT_ASSERT(c != NULL && key != NULL && lease != NULL);
    lease->token = 0;
    if (c->cold == NULL) return PK_CLOSED;
    if (PK__CACHE_LEASES_OF(c) == NULL) return PK_UNSUPPORTED;
    status = pk_cache_get(c, key, key_len, value, size, len);
    if (status != PK_NOT_FOUND) return status;
#if PERFKIT_CACHE_LOAD
    if (pk__cache_has_behind(c)) {
        int found = pk__cache_look_behind(c, key, key_len, value, size, len, &status);
        if (found == PK__CACHE_FAILED) {
            pk__cache_count_load(pk__cache_loads_of(c), PK__LOAD_NEGATIVE);
            return status == PK_NOT_FOUND || status == PK_STALE || status == PK_AGAIN || status == PK_FULL ||
                           status == PK_TOO_BIG || status == PK_UNSUPPORTED
                       ? PK_CREATE_FAILED
                       : status;
        }
        stale = found != PK__CACHE_ABSENT;
        if (stale && (found == PK__CACHE_STALE_HELD || status != PK_OK)) {
            pk__cache_count_load(pk__cache_loads_of(c), PK__LOAD_STALE);
            return status;
        }
    }
#endif
    PK__CACHE_LOCK_LEASES(c);
    status = pk__cache_grant(c, key, key_len, stale, lease);
    PK__CACHE_UNLOCK_LEASES(c);
#if PERFKIT_CACHE_LOAD
    if (stale) pk__cache_count_load(pk__cache_loads_of(c), PK__LOAD_STALE);
#endif
    return status;
}

/* The lease in the table, marked as being filled; NULL where it is over. */
static pk__cache_lease *pk__cache_redeem(pk_cache *c, const pk_cache_lease *from) {
    pk__cache_leases *table = PK__CACHE_LEASES_OF(c);
    pk__cache_lease *lease = NULL;
    if (table == NULL || from->token == 0 || from->at >= table->count) return NULL;
    PK__CACHE_LOCK_LEASES(c);
    lease = pk__cache_lease_at(table, from->at);
    if (lease->token != from->token || lease->filling) {
        lease = NULL;
    } else if (table->ms != PK_TTL_NEVER && c->cold->clock && pk__time_reached(c->cold->clock(c->cold->user), lease->until)) {
        pk__cache_end_lease(c, lease);
        lease = NULL;
    } else {
        lease->filling = 1;
        lease->voids = 0;
    }
    PK__CACHE_UNLOCK_LEASES(c);
    return lease;
}
/* It is filled, or given back: off the table with it; or, after an error of put, back to its holder. */
static pk_status pk__cache_give_back(pk_cache *c, pk__cache_lease *lease, pk_status status) {
    PK__CACHE_LOCK_LEASES(c);
    if (status != PK_OK && lease->voids > 0) status = PK_STALE;
    if (status == PK_OK || status == PK_STALE)
        pk__cache_end_lease(c, lease);
    else
        lease->filling = 0;
    PK__CACHE_UNLOCK_LEASES(c);
    return status;
}

PK_API pk_status pk_cache_fill(pk_cache *c, const pk_cache_lease *lease, const void *value, size_t len, pk_time ttl_ms) {
    pk__cache_lease *own;
    pk_status status = PK_STALE;
    PERFKIT_ASSERT(c != NULL && lease != NULL && (value != NULL || len == 0));
    if (c->cold == NULL) return PK_CLOSED;
    if (pk__cache_forked(c)) return PK_FORKED;
    own = pk__cache_redeem(c, lease);
    if (own == NULL) return PK_STALE;
#if PK__CACHE_LOADS
    status = pk__cache_put_produced(c, own + 1, own->key_len, value, len, ttl_ms, &own->voids);
#else
    if (!pk_cache_contains(c, own + 1, own->key_len)) status = pk_cache_put(c, own + 1, own->key_len, value, len, ttl_ms);
#endif
    return pk__cache_give_back(c, own, status);
}
PK_API pk_status pk_cache_abandon(pk_cache *c, const pk_cache_lease *lease, pk_status status) {
    pk__cache_lease *own;
    PERFKIT_ASSERT(c != NULL && lease != NULL);
    if (c->cold == NULL) return PK_CLOSED;
    if (pk__cache_forked(c)) return PK_FORKED;
    own = pk__cache_redeem(c, lease);
    if (own == NULL) return PK_STALE;
#if PERFKIT_CACHE_LOAD
    if (status != PK_OK && pk__cache_loads_of(c)->negative) (void)pk__cache_remember(c, own + 1, own->key_len, status);
#endif
    (void)status;
    return pk__cache_give_back(c, own, PK_OK);
}
PK_API void pk_cache_revoke(pk_cache *c, const void *key, size_t key_len) {
    PERFKIT_ASSERT(c != NULL);
    if (c->cold == NULL) return;
#if PK__CACHE_LOADS
    if (pk__cache_forked(c)) return;
    pk__cache_void(c, key, key_len);
#else
    pk__cache_end_leases(c, key, key_len);
#endif
}
#endif

/* ---- Loading ---- */

#if PERFKIT_CACHE_LOAD
#ifndef PERFKIT_THREAD_ID
#if !PERFKIT_THREADS
#define PERFKIT_THREAD_ID() ((uintptr_t)0)
#elif defined _WIN32
#define PERFKIT_THREAD_ID() ((uintptr_t)GetCurrentThreadId())
#elif defined PERFKIT_MUTEX_LOCK
#error "perfkit: PERFKIT_MUTEX_LOCK in the place of pthreads needs PERFKIT_THREAD_ID() as well, or PERFKIT_CACHE_LOAD 0"
#else
#define PERFKIT_THREAD_ID() ((uintptr_t)pthread_self())
#endif
#endif

/* Get, or find what there is instead. `counted`: as a get, which is the first look only. */
static int pk__cache_look_up(pk_cache *c, const void *key, size_t key_len, void *value, size_t size, size_t *len, bool counted,
                             pk_status *status) {
    *status = counted ? pk_cache_get(c, key, key_len, value, size, len) : pk_cache_peek(c, key, key_len, value, size, len, NULL);
    if (*status != PK_NOT_FOUND) return PK__CACHE_FRESH; /* or PK_INVALID, which answers as well */
    return pk__cache_has_behind(c) ? pk__cache_look_behind(c, key, key_len, value, size, len, status) : PK__CACHE_ABSENT;
}

/* Whether `thread`, by waiting for this load, would wait for itself: along the loads that owners of loads wait for. */
static bool pk__cache_would_cycle(const pk__cache_loads *l, const pk__cache_load *load, uintptr_t thread) {
    const pk__cache_load *other;
    uint32_t steps;
    for (steps = l->loading; steps > 0; steps--) {
        if (load->thread == thread) return true;
        for (other = l->first; other != NULL; other = other->next)
            if (other->thread == load->thread && other->waits != NULL) break;
        if (other == NULL) return false;
        load = other->waits;
    }
    return true;
}

enum { PK__LOAD_MINE, PK__LOAD_ANSWERED, PK__LOAD_LOOK_AGAIN }; /* how it goes on for a caller */

#ifdef PK__HAS_COND
/* Wait for another's load, the lock held. */
static int pk__cache_wait_for(pk__cache_loads *l, pk__cache_load *load, const pk__cache_load *own, void *value, size_t *len,
                              pk_status *status) {
    pk__cache_waiter self;
    pk__cache_load *mine;
    self.next = load->waiters;
    self.value = value;
    self.size = own->size;
    self.len = 0;
    self.status = PK_OK;
    self.done = self.again = false;
    load->waiters = &self;
    for (mine = l->first; mine != NULL; mine = mine->next)
        if (mine->thread == own->thread) mine->waits = load;
    l->counts[PK__LOAD_WAITS]++;
    while (!self.done) (void)pk__cond_wait(&l->changed, &l->lock, 60000u);
    *len = self.len;
    *status = self.status;
    return self.again ? PK__LOAD_LOOK_AGAIN : PK__LOAD_ANSWERED;
}
#endif

/* The key is missing, or stale, and then what is stale is *status and the value. The lock is held. */
static int pk__cache_begin_load(pk_cache *c, pk__cache_load *own, bool stale, void *value, size_t *len, pk_status *status) {
    pk__cache_loads *l = pk__cache_loads_of(c);
    uint32_t most = l->most ? l->most : 64u, depth = 0;
    pk__cache_load *load, *same = NULL;
    bool cycle = false, full;
    for (load = l->first; load != NULL; load = load->next) {
        bool mine = load->thread == own->thread;
        depth += mine;
        if (!pk__cache_same_keys(c, load->key, load->key_len, own->key, own->key_len)) continue;
        if (mine) cycle = true;
        if (load->voids == 0) same = load; /* else it began before the key was last put or removed */
    }
    full = l->loading >= most;
    if (stale && (cycle || same != NULL || full)) {
        l->counts[PK__LOAD_STALE]++;
        return PK__LOAD_ANSWERED;
    }
    *status = PK_OK;
    if (cycle || (same != NULL && pk__cache_would_cycle(l, same, own->thread)))
        *status = PK_CYCLE;
    else if (same == NULL && full && (!l->threads || depth >= most))
        *status = PK_FULL;
    if (*status != PK_OK) return PK__LOAD_ANSWERED;
#ifdef PK__HAS_COND
    if (same != NULL) return pk__cache_wait_for(l, same, own, value, len, status);
    if (full && depth == 0) { /* who loads already may not wait for those who may wait for it */
        l->queued++;
        while (l->loading >= most) (void)pk__cond_wait(&l->changed, &l->lock, 60000u);
        l->queued--;
        return PK__LOAD_LOOK_AGAIN;
    }
#else
    (void)value, (void)len;
    *status = PK_UNSUPPORTED;
    if (same != NULL || (full && depth == 0)) return PK__LOAD_ANSWERED;
#endif
    own->next = l->first;
    l->first = own;
    l->loading++;
    pk__cache_count_out(c, l, true);
    return PK__LOAD_MINE;
}

/* A load is over: hand its value or failure to those who wait. */
static void pk__cache_end_load(pk_cache *c, pk__cache_load *own, pk_status status, const void *value, size_t len) {
    pk__cache_loads *l = pk__cache_loads_of(c);
    pk__cache_load **at, *load;
    pk__cache_waiter *waiter;
    pk__cache_lock_loads(l);
    for (at = &l->first; *at != own; at = &(*at)->next) {}
    *at = own->next;
    for (load = l->first; load != NULL; load = load->next)
        if (load->waits == own) load->waits = NULL;
    for (waiter = own->waiters; waiter != NULL; waiter = waiter->next) {
        waiter->status = status;
        waiter->len = len;
        if (status == PK_OK && waiter->size >= len)
            PK__CACHE_COPY(waiter->value, value, len);
        else if (status == PK_OK)
            waiter->status = PK_TOO_BIG;
        waiter->again = status == PK_TOO_BIG && waiter->size > own->size; /* with its own room it may go well */
        waiter->done = true;
    }
    l->loading--;
    pk__cache_count_out(c, l, false);
#ifdef PK__HAS_COND
    if (own->waiters != NULL || l->queued > 0) pk__cond_broadcast(&l->changed);
#endif
    pk__cache_unlock_loads(l);
}

/* Run the loader, and put what it gives. */
static pk_status pk__cache_run_load(pk_cache *c, pk__cache_load *own, void *value, size_t *len, pk_load_fn loader, void *load_user) {
    pk__cache_loads *l = pk__cache_loads_of(c);
    pk_ticks start = pk__ticks_now(), ticks;
    pk_time ttl = 0;
    pk_status status;
    bool discarded = false;
    *len = c->value_size;
    status = loader(load_user, own->key, own->key_len, value, own->size, len, &ttl);
    if (status == PK_OK && *len > own->size) status = PK_TOO_BIG;
    if (status == PK_OK && !PK__CACHE_LENGTH_OK(*len, c->value_size)) status = PK_INVALID;
    ticks = pk__ticks_between(start, pk__ticks_now());
    if (status == PK_OK) {
        status = pk__cache_put_produced(c, own->key, own->key_len, value, *len, ttl, &own->voids);
        discarded = status == PK_STALE; /* what was put meanwhile stands, and this is handed out all the same */
        if (discarded) status = PK_OK;
    } else if (l->negative && pk__cache_voided(c, &own->voids) == 0)
        (void)pk__cache_remember(c, own->key, own->key_len, status);
    pk__cache_lock_loads(l);
    l->ticks += ticks;
    l->counts[PK__LOAD_LOADS]++;
    if (status != PK_OK) l->counts[PK__LOAD_FAILURES]++;
    if (discarded) l->counts[PK__LOAD_DISCARDED]++;
    pk__cache_unlock_loads(l);
    return status;
}

/* Whether what was found is the answer; counts it. */
static bool pk__cache_answers(pk__cache_loads *l, int found) {
    if (found == PK__CACHE_FAILED) pk__cache_count_load(l, PK__LOAD_NEGATIVE);
    if (found == PK__CACHE_STALE_HELD) pk__cache_count_load(l, PK__LOAD_STALE);
    return found == PK__CACHE_FRESH || found == PK__CACHE_FAILED || found == PK__CACHE_STALE_HELD;
}

static pk_status pk__cache_load_key(pk_cache *c, const void *key, size_t key_len, void *value, size_t size, size_t *len,
                                    pk_load_fn loader, void *load_user, bool counted) {
    pk__cache_loads *l = pk__cache_loads_of(c);
    pk__cache_load own;
    pk_status status;
    int found, step;
    bool stale, answered = false;
    own.waits = NULL;
    own.waiters = NULL;
    own.key = key;
    own.key_len = key_len;
    own.size = size;
    own.thread = l->threads ? PERFKIT_THREAD_ID() : 0;
    own.voids = 0;
    do {
        found = pk__cache_look_up(c, key, key_len, value, size, len, counted, &status);
        if (pk__cache_answers(l, found)) return status;
        counted = false;
        stale = found == PK__CACHE_STALE;
        pk__cache_lock_loads(l);
        step = pk__cache_begin_load(c, &own, stale, value, len, &status);
        pk__cache_unlock_loads(l);
        if (step == PK__LOAD_ANSWERED) return status;
    } while (step != PK__LOAD_MINE);
    if (l->threads) /* another load may have ended since the first look */
        answered = pk__cache_answers(l, pk__cache_look_up(c, key, key_len, value, size, len, false, &status));
    if (!answered) {
        status = pk__cache_run_load(c, &own, value, len, loader, load_user);
        if (status != PK_OK && stale) { /* the stale value is better than none */
            pk_status kept;
            found = pk__cache_look_up(c, key, key_len, value, size, len, false, &kept);
            if (found == PK__CACHE_STALE) pk__cache_count_load(l, PK__LOAD_STALE);
            if (found == PK__CACHE_STALE || (pk__cache_answers(l, found) && found != PK__CACHE_FAILED)) status = kept;
        }
    }
    pk__cache_end_load(c, &own, status, value, *len);
    return status;
}

PK_API pk_status pk_cache_get_or_load(pk_cache *c, const void *key, size_t key_len, void *value, size_t size, size_t *len,
                                      pk_load_fn loader, void *load_user) {
    size_t n = 0;
    pk_status status;
    PERFKIT_ASSERT(c != NULL && key != NULL && loader != NULL);
    if (c->cold == NULL) return PK_CLOSED;
    if (!PK__CACHE_LENGTH_OK(key_len, c->key_size)) return PK_INVALID;
    n = c->value_size;
    status = size < n ? PK_TOO_BIG : pk__cache_load_key(c, key, key_len, value, size, &n, loader, load_user, true);
    if (len != NULL && (status == PK_OK || status == PK_TOO_BIG)) *len = n;
    return status;
}

/* Whether the key is there; it becomes the most recent. */
static bool pk__cache_freshen(pk_cache *c, const void *key, size_t key_len) {
    pk__cache_n e;
    PK__CACHE_BEGIN_OR(false);
    e = pk__cache_seek(PK__CACHE_ANY, PK__CACHE_KEYED, false);
    if (e != 0) pk__cache_use(PK__CACHE_ANY, e);
    PK__CACHE_END;
    return e != 0;
}
PK_API pk_status pk_cache_prefetch(pk_cache *c, const void *keys, size_t key_len, size_t n, void *room, size_t size,
                                   pk_load_fn loader, void *load_user, size_t *failed) {
    const unsigned char *key = (const unsigned char *)keys;
    pk_status first = PK_OK, status;
    size_t failures = 0, len;
    PERFKIT_ASSERT(c != NULL && keys != NULL && loader != NULL);
    if (failed) *failed = 0;
    if (c->cold == NULL) return PK_CLOSED;
    if (!PK__CACHE_LENGTH_OK(key_len, c->key_size)) return PK_INVALID;
    for (; n > 0; n--, key += key_len) {
        if (pk__cache_freshen(c, key, key_len)) continue;
        status = size < c->value_size ? PK_TOO_BIG : pk__cache_load_key(c, key, key_len, room, size, &len, loader, load_user, false);
        if (status == PK_OK) continue;
        if (failures++ == 0) first = status;
    }
    if (failed) *failed = failures;
    return first;
}

PK_API pk_status pk_cache_get_load_stats(pk_cache *c, pk_cache_load_stats *stats) {
    pk__cache_loads *l;
    PERFKIT_ASSERT(c != NULL && stats != NULL);
    if (c->cold == NULL) return PK_CLOSED;
    if (pk__cache_forked(c)) return PK_FORKED;
    l = pk__cache_loads_of(c);
    pk__cache_lock_loads(l);
    PK__CACHE_COPY(stats, l->counts, sizeof l->counts); /* which stand in this order */
    stats->load_ticks = l->ticks;
    stats->loading = l->loading;
    pk__cache_unlock_loads(l);
    return PK_OK;
}
#endif

#if PERFKIT_STATS
#if PK__S3_SHARED
/* Add what the stripes of threads have counted. */
static void pk__s3_sum(const pk_cache *c, pk_count *counters) {
    unsigned stripe, i;
    if (!(c->special & PK__CACHE_IS_S3) || !(c->special & PK__CACHE_IS_LOCKED)) return;
    for (stripe = 0; stripe < PK__S3_STRIPES; stripe++)
        for (i = 0; i < PK__CACHE_COUNTERS; i++) counters[i] += pk__s3_load(pk__s3_common(c)->counters[stripe] + i);
}
#endif
#if PERFKIT_CACHE_S3FIFO && PERFKIT_CACHE_CHAINS /* where lengths vary they stand before a slot of S3-FIFO, and are none of its bytes */
#define PK__CACHE_SLOT_OF(c) (((c)->special & PK__CACHE_IS_S3) && (c)->prefix ? (c)->value_offset : (c)->stride)
#else
#define PK__CACHE_SLOT_OF(c) ((c)->stride)
#endif
PK__HOT_INLINE void pk__cache_figures(const pk_cache *c, pk_cache_stats *stats) {
    const pk__cache_cold *cold = c->cold;
    PK__CACHE_COPY(stats, cold->counters, sizeof cold->counters); /* which stand in this order */
#if PK__S3_SHARED
    pk__s3_sum(c, &stats->hits);
#endif
    stats->count = PK__CACHE_SHARDED(c) ? c->count : pk_cache_count(c);
    stats->capacity = c->capacity;
    stats->bytes = (size_t)(PERFKIT_CACHE_CHAINS && c->chains ? cold->slots_used : stats->count) * PK__CACHE_SLOT_OF(c);
    stats->max_bytes = (size_t)(PERFKIT_CACHE_CHAINS && c->chains ? cold->slots : c->capacity) * PK__CACHE_SLOT_OF(c);
    stats->memory = cold->block_size;
}
#if PERFKIT_CACHE_THREADS
static pk_status pk__cache_figures_of(const pk_cache *c, unsigned i, pk_cache_stats *stats) {
    pk_cache *one;
    if (pk__cache_forked(c)) return PK_FORKED;
    one = pk__cache_enter_at((pk_cache *)(uintptr_t)c, i);
    pk__cache_figures(one, stats);
    pk__cache_exit_at(one);
    return PK_OK;
}
static pk_status pk__cache_sum_figures(const pk_cache *c, pk_cache_stats *stats) {
    pk_cache_stats one;
    pk_status status;
    unsigned i, reason;
    PK__CACHE_ZERO(stats, sizeof *stats);
    for (i = 0; i < c->groups; i++) {
        status = pk__cache_figures_of(c, i, &one);
        if (status != PK_OK) return status;
        stats->hits += one.hits;
        stats->misses += one.misses;
        stats->puts += one.puts;
        stats->rejected += one.rejected;
        for (reason = 0; reason < PK_EVICT_REASONS; reason++) stats->left[reason] += one.left[reason];
        stats->count += one.count;
        stats->capacity += one.capacity;
        stats->bytes += one.bytes;
        stats->max_bytes += one.max_bytes;
    }
    stats->memory = c->cold->block_size;
    return PK_OK;
}
PK_API pk_status pk_cache_get_shard_stats(const pk_cache *c, uint32_t i, pk_cache_stats *stats) {
    PERFKIT_ASSERT(c != NULL && stats != NULL);
    if (c->cold == NULL) return PK_CLOSED;
    return i < pk__cache_shards(c) ? pk__cache_figures_of(c, (unsigned)i, stats) : PK_INVALID;
}
#endif
PK_API pk_status pk_cache_get_stats(const pk_cache *c, pk_cache_stats *stats) {
    PERFKIT_ASSERT(c != NULL && stats != NULL);
    if (c->cold == NULL) return PK_CLOSED;
#if PERFKIT_CACHE_THREADS
    if (PK__CACHE_SHARDED(c)) return pk__cache_sum_figures(c, stats);
    if (pk__cache_forked(c)) return PK_FORKED;
#endif
    pk__cache_figures(c, stats);
    return PK_OK;
}
PK_API void pk_cache_reset_stats(pk_cache *c) {
    unsigned i;
    PERFKIT_ASSERT(c != NULL && c->cold != NULL);
    if (pk__cache_forked(c)) return;
    for (i = 0; i < pk__cache_shards(c); i++) {
        pk_cache *one = pk__cache_enter_at(c, i);
        PK__CACHE_ZERO(one->cold->counters, sizeof one->cold->counters);
        pk__cache_exit_at(one);
    }
#if PK__S3_SHARED
    if ((c->special & PK__CACHE_IS_S3) && (c->special & PK__CACHE_IS_LOCKED)) {
        unsigned stripe;
        for (stripe = 0; stripe < PK__S3_STRIPES; stripe++)
            for (i = 0; i < PK__CACHE_COUNTERS; i++) pk__s3_store(pk__s3_common(c)->counters[stripe] + i, 0);
    }
#endif
#if PERFKIT_CACHE_TIMING
    if (pk__cas32(&c->cold->timing_busy, 0, 1)) {
        PK__CACHE_ZERO(&c->cold->timing, sizeof c->cold->timing);
        pk__store32(&c->cold->gets, 0);
        pk__store32(&c->cold->timing_busy, 0);
    }
#endif
}
#if PERFKIT_CACHE_TIMING
PK_API pk_status pk_cache_get_timing(const pk_cache *c, pk_cache_timing *timing) {
    pk__cache_cold *cold = c->cold;
    if (cold == NULL) return PK_CLOSED;
    if (pk__cache_forked(c)) return PK_FORKED;
    while (!pk__cas32(&cold->timing_busy, 0, 1)) {}
    timing->samples = cold->timing.samples;
    timing->ticks = cold->timing.ticks;
    timing->longest = cold->timing.longest;
    pk__store32(&cold->timing_busy, 0);
    return PK_OK;
}
#endif
#endif
#endif /* !PK__TINY */
#endif /* PERFKIT_CACHE_IMPLEMENTATION */

/*
perfkit is available under either of two licenses: choose whichever you like.

------------------------------------------------------------------------------
ALTERNATIVE A - MIT License

Copyright (c) 2026 the perfkit authors

Permission is hereby granted, free of charge, to any person obtaining a copy of
this software and associated documentation files (the "Software"), to deal in
the Software without restriction, including without limitation the rights to
use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies
of the Software, and to permit persons to whom the Software is furnished to do
so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.

------------------------------------------------------------------------------
ALTERNATIVE B - Public Domain (www.unlicense.org)

This is free and unencumbered software released into the public domain.

Anyone is free to copy, modify, publish, use, compile, sell, or distribute this
software, either in source code form or as a compiled binary, for any purpose,
commercial or non-commercial, and by any means.

In jurisdictions that recognize copyright laws, the author or authors of this
software dedicate any and all copyright interest in the software to the public
domain. We make this dedication for the benefit of the public at large and to
the detriment of our heirs and successors. We intend this dedication to be an
overt act of relinquishment in perpetuity of all present and future rights to
this software under copyright law.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN
ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION
WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
*/
