/* perfkit.h - cleanups that always run, and the whole of perfkit in one include.

   A scope (pk_scope) is a list of cleanups in memory that you give: every resource you open goes on it with one line, and
   closing the scope, on success or from the middle of an error path, runs them all, last first, each exactly once, and tells
   you which of them failed. perfkit.h also includes perfkit_cache.h, perfkit_pool.h and perfkit_log.h, which each work alone.

   Do this: in exactly one C or C++ file, before any other include,

       #define PERFKIT_IMPLEMENTATION
       #include "perfkit.h"

   and in the others only the #include. Then:

       pk_status copy_config(const char *from, const char *to) {
           PK_SCOPE_AUTO(scope, 8);                              // room for 8 cleanups; gcc and clang close it at every exit
           FILE *in = (FILE *)pk_scope_fopen(&scope, from, "r"); // opened and put on the scope, or NULL
           FILE *out = (FILE *)pk_scope_fopen(&scope, to, "w");
           char *buffer = (char *)pk_scope_malloc(&scope, 4096);
           if (!in || !out || !buffer) return PK_IO;             // closes whatever was opened
           if (pk_scope_defer(&scope, unlock, &my_lock, "my_lock") != PK_OK) return PK_FULL;
           ...
           return pk_scope_close(&scope);                        // PK_OK, or the status of the first cleanup that failed
       }

   Configuration: define before including, with -D, or in a file named by PERFKIT_CONFIG_FILE. The same in every file.

     macro                       TINY  FIRMWARE  HOSTED   what
     PERFKIT_PROFILE             PERFKIT_PROFILE_TINY, _FIRMWARE or _HOSTED; default by PERFKIT_HOSTED
     PERFKIT_HOSTED              0     0         1        an operating system is there (found out by itself)
     PERFKIT_HEAP                0     0         1        malloc where neither memory nor an allocator is given
     PERFKIT_STDIO               0     0         1        FILE, stderr, file descriptors
     PERFKIT_FLOAT               0     0         1        %f %e %g in the formatter
     PERFKIT_THREADS             0     0         1        locks of the platform, or the PERFKIT_MUTEX_* and _COND_* hooks
     PERFKIT_GLOBALS             1     1         1        the default logger
     PERFKIT_STRINGS             0     1         1        pk_status_text and other texts
     PERFKIT_STATS               0     1         1        counters that only statistics read
     PERFKIT_ATOMICS             found out by the compiler; 0: the lock or critical-section hook serves instead
     PERFKIT_TIME_BITS           32    32        32       or 64: width of milliseconds
     PERFKIT_NOW_MS()            -     -         monotonic clock; milliseconds
     PERFKIT_TICKS() _HZ _MASK _DOWN   -         monotonic ns     for the perf channel
     PERFKIT_MUTEX_BYTES         8     8         64       room for a platform mutex in public structs
     PERFKIT_CRITICAL_STATE _ENTER(s) _EXIT(s)   interrupt exclusion: save, restore, nestable; none by default
     PERFKIT_ASSERT(c)           -     -         assert   broken preconditions only: NULL or never initialised objects
     PERFKIT_STATIC              everything private to each file that includes it; no separate implementation
     PERFKIT_CORE_ONLY           perfkit.h without the three other headers
     PERFKIT_SCOPE_GROW          0     0         1        scopes may take further chunks from an allocator
     PERFKIT_SCOPE_MORE          0     0         1        tracked resources, leaks, deadlines, limits, cleanups for later, forks;
                                                          scopes close what is nested in them
     PERFKIT_SCOPE_LIMIT         100                      most tracked resources on a scope, where pk_scope_watch says nothing
     PERFKIT_SCOPE_LEAK_MS       3600000                  older ones are leaks
   Each header lists what is its own.

   Guarantees of scopes
     Cost        defer, and running one cleanup: O(1). A scope is 56 bytes (64-bit), a cleanup 24; 32-bit: 32 and 12; AVR: 18 and 6.
     Order       last in, first out; each cleanup is taken off the scope before it runs, so it runs once, whatever it does itself.
     Errors      a failing cleanup is counted and reported to on_event with its name; the others still run. A defer that finds no
                 room says PK_FULL or PK_NO_MEMORY and leaves the resource with you.
     Memory      the caller's (PK_SCOPE_BYTES), or chunks from an allocator, or the first and then the second.
     Threads     a scope belongs to one thread at a time. Never call it from an interrupt.
     Jumps       after longjmp past a scope's block, pk_scope_unwind with a mark taken before brings it back in order.
     Forks       a child has a copy of everything: it would run its parent's cleanups, unless pk_scope_watch asks for watch_forks.
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

#ifndef PERFKIT_HOSTED /* an operating system; __STDC_HOSTED__ says nothing, bare-metal compilers set it */
#if defined _WIN32 || defined __linux__ || defined __APPLE__ || defined __unix__
#define PERFKIT_HOSTED 1
#else
#define PERFKIT_HOSTED 0
#endif
#endif
#ifndef PERFKIT_PROFILE
#if PERFKIT_HOSTED
#define PERFKIT_PROFILE PERFKIT_PROFILE_HOSTED
#else
#define PERFKIT_PROFILE PERFKIT_PROFILE_FIRMWARE
#endif
#endif
#if PERFKIT_PROFILE < PERFKIT_PROFILE_TINY || PERFKIT_PROFILE > PERFKIT_PROFILE_HOSTED
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
#ifndef PERFKIT_ATOMICS /* lock-free paths; where off, the lock or critical-section hook serves */
#if defined _MSC_VER || (defined __GCC_ATOMIC_POINTER_LOCK_FREE && !defined __TINYC__ && __GCC_ATOMIC_POINTER_LOCK_FREE == 2)
#define PERFKIT_ATOMICS 1
#else
#define PERFKIT_ATOMICS 0
#endif
#endif
#define PK__NOT_01(x) ((x) != 0 && (x) != 1)
#if PK__NOT_01(PERFKIT_HOSTED) || PK__NOT_01(PERFKIT_HEAP) || PK__NOT_01(PERFKIT_STDIO) || PK__NOT_01(PERFKIT_FLOAT) || \
    PK__NOT_01(PERFKIT_THREADS) || PK__NOT_01(PERFKIT_GLOBALS) || PK__NOT_01(PERFKIT_STRINGS) || PK__NOT_01(PERFKIT_STATS) || \
    PK__NOT_01(PERFKIT_ATOMICS)
#error "perfkit: each of PERFKIT_HOSTED _HEAP _STDIO _FLOAT _THREADS _GLOBALS _STRINGS _STATS _ATOMICS is 0 or 1"
#endif
#if PERFKIT_THREADS && !PERFKIT_HOSTED && !defined PERFKIT_MUTEX_LOCK
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
#define PK__PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
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
    X(PK_UNSUPPORTED, "needs a hook or a switch that this build lacks")              \
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
typedef union pk_mutex { void *align_pointer; uint64_t align_64; unsigned char bytes[PERFKIT_MUTEX_BYTES]; } pk_mutex;
typedef pk_mutex pk_cond;

/* Locks where PERFKIT_THREADS: those of the platform, or all of PERFKIT_MUTEX_INIT(m) (true when made) _DESTROY(m) _LOCK(m) _UNLOCK(m);
   and, for what waits, PERFKIT_COND_INIT(c) _DESTROY(c) _WAIT(c, m, ms) (false when ms passed) _SIGNAL(c) _BROADCAST(c). */

/* Interrupt exclusion, e.g. for Cortex-M: STATE uint32_t, ENTER(s) (s = primask, cpsid i), EXIT(s) (primask = s). Saves, restores, nests. */
#ifdef PERFKIT_CRITICAL_ENTER
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
#ifdef PERFKIT_TICKS
#ifndef PERFKIT_TICKS_HZ
#error "perfkit: PERFKIT_TICKS needs PERFKIT_TICKS_HZ, its ticks per second"
#endif
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
#else
#define PK__HAS_COND 1
PK__STATIC_ASSERT(mutex_fits, sizeof(pthread_mutex_t) <= sizeof(pk_mutex) && sizeof(pthread_cond_t) <= sizeof(pk_cond));
PK__INLINE bool pk__mutex_init(pk_mutex *m) { return pthread_mutex_init((pthread_mutex_t *)(void *)m, NULL) == 0; }
PK__INLINE void pk__mutex_destroy(pk_mutex *m) { pthread_mutex_destroy((pthread_mutex_t *)(void *)m); }
PK__INLINE void pk__mutex_lock(pk_mutex *m) { pthread_mutex_lock((pthread_mutex_t *)(void *)m); }
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
#endif
#endif /* PK__PRELUDE_IMPLEMENTATION */
/* ==== perfkit prelude 1: end ==== */

#if !defined PERFKIT_CORE_ONLY
#ifdef __has_include
#if !__has_include("perfkit_cache.h")
#error "perfkit.h: copy perfkit_cache.h beside it, or define PERFKIT_CORE_ONLY"
#endif
#if !__has_include("perfkit_pool.h")
#error "perfkit.h: copy perfkit_pool.h beside it, or define PERFKIT_CORE_ONLY"
#endif
#if !__has_include("perfkit_log.h")
#error "perfkit.h: copy perfkit_log.h beside it, or define PERFKIT_CORE_ONLY"
#endif
#endif
#include "perfkit_cache.h"
#include "perfkit_pool.h"
#include "perfkit_log.h"
#endif

/* ==== Declarations ==== */
#ifndef PERFKIT_H
#define PERFKIT_H

#ifndef PK_HERE
#define PK__HERE_TEXT_(line) #line
#define PK__HERE_TEXT(line) PK__HERE_TEXT_(line)
/* Where this stands, "file.c:12", for what is tracked. */
#define PK_HERE __FILE__ ":" PK__HERE_TEXT(__LINE__)
#endif

/* What a scope runs. PK_OK, or any other value, which is counted, reported and handed on. It may use the scope it was on. */
typedef pk_status (*pk_cleanup_fn)(void *context);

typedef struct pk_scope_entry { /* private; public only so that arrays of it can be declared */
    pk_cleanup_fn fn;
    void *context;
    const char *name;
} pk_scope_entry;

typedef struct pk__scope_chunk {
    struct pk__scope_chunk *below;
    pk_scope_entry *first, *next;
    unsigned char *end; /* where the memory ends, maybe in the middle of an entry: so no size is ever divided */
} pk__scope_chunk;

typedef struct pk_scope { /* all private: use the functions */
    pk__scope_chunk *top;
    const pk_allocator *allocator; /* NULL: no growth */
    pk_event_fn on_event;
    void *user;
    const char *name;
    struct pk__scope_more *more; /* its place among other scopes, tracked resources; NULL until wanted */
    unsigned count;
    uint16_t failures;
    uint8_t owns_bottom; /* the lowest chunk came from the allocator, like those above it */
    uint8_t holds;       /* instances of providers are on it */
} pk_scope;

#ifndef PERFKIT_SCOPE_GROW
#define PERFKIT_SCOPE_GROW PK__FULL
#endif
#ifndef PERFKIT_SCOPE_MORE
#define PERFKIT_SCOPE_MORE PK__FULL
#endif
#if PK__NOT_01(PERFKIT_SCOPE_GROW) || PK__NOT_01(PERFKIT_SCOPE_MORE)
#error "perfkit: PERFKIT_SCOPE_GROW and PERFKIT_SCOPE_MORE are 0 or 1"
#endif
#define PK__SCOPE_CONFIG_WORD (PK__CONFIG_WORD ^ (uint32_t)PERFKIT_SCOPE_MORE << 15)

typedef struct pk_scope_desc {
    const char *name;              /* for reports; NULL is fine; not copied */
    void *memory;                  /* room for cleanups: PK_SCOPE_BYTES(n), any alignment */
    size_t memory_size;            /* bytes */
    const pk_allocator *allocator; /* where further chunks come from; must outlive the scope; a zeroed one means malloc.
                                      NULL: with memory, none; without, malloc. PK_UNSUPPORTED where PERFKIT_SCOPE_GROW is 0 */
    pk_event_fn on_event;          /* hears of each failed cleanup; NULL: only counted */
    void *user;                    /* handed to on_event */
} pk_scope_desc;

typedef struct pk__scope_probe { char before; pk__scope_chunk chunk; } pk__scope_probe;
#define PK__SCOPE_ALIGN offsetof(pk__scope_probe, chunk)
#define PK_SCOPE_BYTES(room) (sizeof(pk__scope_chunk) + (size_t)(room) * sizeof(pk_scope_entry) + PK__SCOPE_ALIGN - 1)

/* Reported: a cleanup returned something else than PK_OK. detail = its name, status = what it returned, a = failures of this scope
   so far, b = cleanups still on it. */
#define PK_SCOPE_EVENT_CLEANUP_FAILED 1

PK_API pk_status pk__scope_init(pk_scope *s, size_t size, uint32_t config, const pk_scope_desc *desc);

/* Make an empty scope; NULL desc: all defaults. PK_NO_MEMORY: no memory, no allocator, no heap, or too small for one cleanup.
   PK_INVALID: this unit and the implementation were built with different configurations. Allocates nothing yet. */
PK__INLINE pk_status pk_scope_init(pk_scope *s, const pk_scope_desc *desc) {
    return pk__scope_init(s, sizeof(pk_scope), PK__SCOPE_CONFIG_WORD, desc);
}

/* Put fn(context) on the scope, to run when it closes or unwinds; `name` (not copied, may be NULL) stands in reports. O(1).
   PK_FULL, PK_NO_MEMORY or PK_CLOSED: nothing was added, and the resource is still yours to release. */
PK_API pk_status pk_scope_defer(pk_scope *s, pk_cleanup_fn fn, void *context, const char *name);

/* Run and remove all cleanups, last first, and give back every chunk. PK_OK, or what the first failing cleanup returned.
   Closing again is PK_OK and runs nothing. Scopes nested in it that are still open are closed first. PK_DEFERRED: some cleanups
   run later, see pk_scope_defer_later. */
PK_API pk_status pk_scope_close(pk_scope *s);

#if PERFKIT_SCOPE_MORE
PK_API unsigned pk__scope_count(const pk_scope *s);
PK__INLINE unsigned pk_scope_count(const pk_scope *s) { return s->more ? pk__scope_count(s) : s->count; } /* cleanups waiting */
#else
PK__INLINE unsigned pk_scope_count(const pk_scope *s) { return s->count; } /* cleanups waiting */
#endif
PK__INLINE unsigned pk_scope_failures(const pk_scope *s) { return s->failures; } /* cleanups that failed so far, modulo 65536 */

/* At file scope: a scope with room for that many cleanups, ready without init, in an array of its own.
       PK_SCOPE_DEFINE(boot, 8)
       ... pk_scope_defer(&boot, stop_timer, NULL, "timer"); */
#define PK_SCOPE_DEFINE(scope, room)                                                  \
    static pk_scope_entry scope##_entries[room];                                      \
    static pk__scope_chunk scope##_chunk = {NULL, scope##_entries, scope##_entries,   \
                                            (unsigned char *)(scope##_entries + (room))};  \
    static pk_scope scope = {&scope##_chunk, NULL, NULL, NULL, #scope, NULL, 0, 0, 0, 0};

#if defined __GNUC__ || defined __clang__
/* In a function: a scope with room for that many cleanups on the stack, closed at every exit from the block (gcc, clang). */
#define PK_SCOPE_AUTO(scope, room)                                                          \
    pk_scope_entry scope##_entries[room];                                                   \
    pk__scope_chunk scope##_chunk = pk__scope_chunk_over(scope##_entries, (scope##_entries) + (room)); \
    __attribute__((cleanup(pk__scope_leave))) pk_scope scope = pk__scope_over(&scope##_chunk, #scope)
#endif

/* ---- Part of a scope ---- */

/* Where the scope stands now, for pk_scope_unwind. */
#if PERFKIT_SCOPE_MORE
typedef uint64_t pk_scope_mark;
PK_API pk_scope_mark pk__scope_mark(const pk_scope *s);
PK__INLINE pk_scope_mark pk_scope_mark_here(const pk_scope *s) { return s->more ? pk__scope_mark(s) : s->count; }
#else
typedef unsigned pk_scope_mark;
PK__INLINE pk_scope_mark pk_scope_mark_here(const pk_scope *s) { return s->count; }
#endif

/* Run and remove what was added since the mark, last first. PK_OK, or what the first failing cleanup returned. PK_INVALID: the
   scope is already shorter than the mark; nothing runs. Mark 0 empties the scope and leaves it open. */
PK_API pk_status pk_scope_unwind(pk_scope *s, pk_scope_mark mark);

/* Hand every cleanup of `from` to `to`, on top of what is there, in the same order; nothing runs. All or nothing: PK_FULL,
   PK_NO_MEMORY or PK_CLOSED leave both as they were; PK_INVALID: they are the same scope. Scopes nested in `from` stay there.
   Tracked resources get new ids. O(cleanups moved). */
PK_API pk_status pk_scope_move(pk_scope *from, pk_scope *to);

/* Take what was added since the mark off the scope without running it. PK_INVALID as pk_scope_unwind. O(cleanups). */
PK_API pk_status pk_scope_forget(pk_scope *s, pk_scope_mark mark);

/* A batch: steps that are undone together unless all of them succeed.
       pk_batch batch = pk_batch_begin(&scope);
       create_user(db);   if (pk_batch_add(&batch, drop_user, db, "user") != PK_OK) …
       create_folder(db); …
       pk_batch_commit(&batch);      // keeps what was done; or pk_batch_rollback(&batch): undoes it, last step first
   A batch that is neither committed nor rolled back is undone with its scope. */
typedef struct pk_batch {
    pk_scope *scope;
    pk_scope_mark mark;
} pk_batch;
PK__INLINE pk_batch pk_batch_begin(pk_scope *s) {
    pk_batch batch;
    batch.scope = s;
    batch.mark = pk_scope_mark_here(s);
    return batch;
}
/* After a step: how to undo it. Errors of pk_scope_defer: this step is still yours to undo. PK_CLOSED: the batch has ended. */
PK__INLINE pk_status pk_batch_add(pk_batch *b, pk_cleanup_fn undo, void *context, const char *name) {
    return b->scope ? pk_scope_defer(b->scope, undo, context, name) : PK_CLOSED;
}
/* End the batch: forget the undos, or run them (then what the first failing one returned). Ending again is PK_OK and does nothing. */
PK__INLINE pk_status pk_batch_commit(pk_batch *b) {
    pk_scope *s = b->scope;
    b->scope = NULL;
    return s ? pk_scope_forget(s, b->mark) : PK_OK;
}
PK__INLINE pk_status pk_batch_rollback(pk_batch *b) {
    pk_scope *s = b->scope;
    b->scope = NULL;
    return s ? pk_scope_unwind(s, b->mark) : PK_OK;
}

/* Have failed cleanups reported to fn(user, event): for PK_SCOPE_DEFINE and PK_SCOPE_AUTO, which take no desc. */
PK__INLINE void pk_scope_set_on_event(pk_scope *s, pk_event_fn fn, void *user) {
    s->on_event = fn;
    s->user = user;
}

/* ---- Scopes inside scopes: application, session, request ---- */

enum { PK_SCOPE_PLAIN = 0, PK_SCOPE_REQUEST = 1, PK_SCOPE_SESSION = 2, PK_SCOPE_ISOLATED = 4 };

/* Make `parent` (NULL: none) the scope around `s`, and say what `s` is to providers: one of PK_SCOPE_REQUEST and
   PK_SCOPE_SESSION, or PLAIN; with PK_SCOPE_ISOLATED it doesn't see the instances of the scopes around it. Call it right after
   init. A parent that is closed closes what is nested in it first, the newest first; where PERFKIT_SCOPE_MORE is 0 that is up to
   you. Takes the room of two cleanups of a scope without an allocator. PK_INVALID: it is nested already, or parent is `s` or
   nested in it. PK_NO_MEMORY, PK_FULL or PK_CLOSED: no room in one of them. O(depth). */
PK_API pk_status pk_scope_nest(pk_scope *s, pk_scope *parent, unsigned kind);
PK_API pk_scope *pk_scope_parent(const pk_scope *s); /* the scope around it, or NULL */

#if PERFKIT_SCOPE_MORE
/* ---- Tracked resources: cleanups with an id, a type, an age, and maybe a deadline; released at any time in any order ---- */

typedef struct pk_track {
    pk_cleanup_fn fn; /* as for pk_scope_defer */
    void *context;
    const char *name; /* stands in reports; NULL: the type */
    const char *type; /* what it is counted under; NULL: "resource" */
    const char *site; /* where it was opened: PK_HERE */
    void *meta;       /* yours */
    pk_time life_ms;  /* pk_scope_reap closes it when it is that old; 0: never */
} pk_track;           /* no text is copied */
typedef struct pk_tracked { /* read only, and only until it is released */
    const char *name, *type, *site;
    void *context, *meta;
    uint32_t id;      /* 1, 2, 3 … on a scope; reports say type_id */
    pk_time since;    /* by the scope's clock */
    pk_time life_ms;
    uint32_t slot[2]; /* private, from here on */
    unsigned at;
    uint8_t flags;
    pk_cleanup_fn fn;
    struct pk_tracked *older, *newer;
} pk_tracked;

/* Put what *what describes on the scope; *id (may be NULL) names it. It runs in its turn when the scope closes or unwinds, or
   before that by pk_scope_release or pk_scope_reap. PK_FULL: the limit is reached, or no room; PK_NO_MEMORY, PK_CLOSED,
   PK_INVALID (no fn): nothing was added, and the resource is still yours. O(1), and one reading of the clock. */
PK_API pk_status pk_scope_track(pk_scope *s, const pk_track *what, uint32_t *id);

/* The same around what makes the resource: make(user, &what->context) is only called if there is room for the cleanup. Its own
   status where it fails. *object (may be NULL) becomes what it made. */
PK_API pk_status pk_scope_make(pk_scope *s, pk_status (*make)(void *user, void **object), void *user, const pk_track *what,
                               void **object);

/* Run the cleanup of a tracked resource now. What it returned, or PK_NOT_FOUND. O(tracked). */
PK_API pk_status pk_scope_release(pk_scope *s, uint32_t id);

/* The tracked resource of that id, or NULL. O(tracked). */
PK_API const pk_tracked *pk_scope_find(const pk_scope *s, uint32_t id);

/* How many tracked resources are older than max_age_ms (0: PERFKIT_SCOPE_LEAK_MS, an hour); each is reported
   (PK_SCOPE_EVENT_LEAK) and handed to visit (may be NULL), which must not use the scope. Closes nothing. `now` by the scope's
   clock. O(tracked). */
PK_API unsigned pk_scope_leaks(pk_scope *s, pk_time now, pk_time max_age_ms,
                               void (*visit)(void *user, const pk_tracked *resource, pk_time age_ms), void *user);

/* Run the cleanups of tracked resources that are past their life_ms, and report each (PK_SCOPE_EVENT_REAPED). How many.
   O(tracked * reaped). */
PK_API unsigned pk_scope_reap(pk_scope *s, pk_time now);

typedef struct pk_scope_stats {
    unsigned cleanups;        /* plain ones waiting */
    unsigned tracked, peak;   /* resources tracked now, and at most */
    unsigned limit;           /* of those */
    uint32_t ever;            /* tracked since the scope was made */
    uint16_t failures;        /* cleanups that failed, modulo 65536 */
    uint16_t utilisation_100; /* tracked of limit, in 1/100 % */
} pk_scope_stats;
PK_API void pk_scope_get_stats(const pk_scope *s, pk_scope_stats *stats);
PK_API unsigned pk_scope_count_type(const pk_scope *s, const char *type); /* tracked resources of that type; O(tracked) */

#ifndef PERFKIT_SCOPE_LIMIT
#define PERFKIT_SCOPE_LIMIT 100
#endif
#ifndef PERFKIT_SCOPE_LEAK_MS
#define PERFKIT_SCOPE_LEAK_MS 3600000u
#endif
typedef struct pk_scope_watch_desc {
    unsigned limit;       /* most tracked resources. 0: PERFKIT_SCOPE_LIMIT, 100 */
    unsigned alert_pct;   /* PK_SCOPE_EVENT_NEARLY_FULL when more than so much of it is in use. 0: 90 */
    pk_clock_fn clock;    /* NULL: PERFKIT_NOW_MS, or the platform's monotonic clock */
    void *clock_user;
    bool no_ages;         /* never read the clock: no ages, leaks and deadlines (life_ms is PK_UNSUPPORTED) */
    bool watch_forks;     /* in a forked child everything is PK_FORKED until pk_scope_after_fork; PK_UNSUPPORTED without fork */
} pk_scope_watch_desc;

/* Other limits and another clock than the defaults for tracked resources, at any time; NULL: the defaults. PK_INVALID: alert_pct
   above 100. */
PK_API pk_status pk_scope_watch(pk_scope *s, const pk_scope_watch_desc *desc);

/* Forget, in a forked child, what the scope held, running nothing: it is the parent's. The scope is empty then, and open.
   PK_OK, and nothing changes, where the process has not forked. Scopes nested in it are on their own. */
PK_API pk_status pk_scope_after_fork(pk_scope *s);

/* As pk_scope_defer, for what must not run in the middle of things: closing the scope then runs nothing, it says PK_DEFERRED, and
   pk_scope_pump runs everything, such cleanups first. So the scope has to live until then. (An automatic one runs all at its
   exit.) Unwinding past one is PK_DEFERRED, and runs nothing. */
PK_API pk_status pk_scope_defer_later(pk_scope *s, pk_cleanup_fn fn, void *context, const char *name);

/* Run up to `budget` (0: all) cleanups of a scope whose close said PK_DEFERRED. PK_AGAIN: there are more; then PK_OK, or what the
   first failing one returned, and the scope is closed. Otherwise PK_OK. */
PK_API pk_status pk_scope_pump(pk_scope *s, unsigned budget);

/* Reported as well, with detail = name or type and b = id: */
#define PK_SCOPE_EVENT_LEAK 2        /* PK_BUSY: a tracked resource is too old. a = its age in ms */
#define PK_SCOPE_EVENT_REAPED 3      /* its cleanup's status: it was past its life. a = its age in ms */
#define PK_SCOPE_EVENT_NEARLY_FULL 4 /* PK_BUSY, once each time that the limit comes near. a = tracked, b = limit */
#define PK_SCOPE_EVENT_FULL 5        /* PK_FULL: one more was refused. a = tracked, b = limit */
#endif

/* ---- Resources opened and put on the scope in one call. NULL: neither opened nor on the scope. ---- */

#if PERFKIT_HEAP
PK_API void *pk_scope_malloc(pk_scope *s, size_t size); /* freed with the scope; NULL: no memory, or no room on the scope */
#endif
#if PERFKIT_STDIO
/* The FILE *, closed with the scope (PK_IO where fclose fails: the data may not be on disk). NULL: errno says why, or no room. */
PK_API void *pk_scope_fopen(pk_scope *s, const char *path, const char *mode);
#endif
#if PERFKIT_STDIO && !defined _WIN32
PK_API pk_status pk_scope_fd(pk_scope *s, int fd); /* closed with the scope. PK_INVALID: fd < 0. After an error it is yours */
#endif
#if PERFKIT_THREADS
/* Lock it (a pthread_mutex_t *; on Windows an SRWLOCK *; or a pk_mutex * of the PERFKIT_MUTEX_* hooks), and unlock it with the
   scope. After an error it is not locked. */
PK_API pk_status pk_scope_lock(pk_scope *s, void *mutex);
#endif
#if defined PERFKIT_POOL_H && PERFKIT_SCOPE_MORE /* with perfkit_pool.h */
PK__INLINE void *pk_scope_acquire(pk_scope *s, pk_pool *pool); /* an object; pk_pool_release gets it back with the scope */
#if PERFKIT_POOL_RESOURCES
/* A lease for at most wait_ms of waiting; given back with the scope. After an error there is none. */
PK__INLINE pk_status pk_scope_lease(pk_scope *s, pk_respool *pool, uint32_t wait_ms, pk_resource *lease);
#endif
#endif
#if defined PERFKIT_LOG_H && PERFKIT_PERF /* with perfkit_log.h */
/* Time from here to the end of the scope, as a span of that place (PK_PERF_DEFINE). *timer has to live as long as the scope: in a
   function declare it before. After an error nothing is timed. */
PK__INLINE pk_status pk_scope_time(pk_scope *s, pk_timer *timer, pk_perf_site *site);
#endif

/* ---- Private: what the macros above expand to. ---- */

PK__INLINE pk__scope_chunk pk__scope_chunk_over(pk_scope_entry *entries, void *end) {
    pk__scope_chunk chunk;
    chunk.below = NULL;
    chunk.first = entries;
    chunk.next = entries;
    chunk.end = (unsigned char *)end;
    return chunk;
}
PK__INLINE pk_scope pk__scope_over(pk__scope_chunk *chunk, const char *name) {
    pk_scope s;
    s.top = chunk;
    s.allocator = NULL;
    s.on_event = NULL;
    s.user = NULL;
    s.name = name;
    s.more = NULL;
    s.count = 0;
    s.failures = 0;
    s.owns_bottom = 0;
    s.holds = 0;
    return s;
}
PK__INLINE void pk__scope_leave(pk_scope *s) {
#if PERFKIT_SCOPE_MORE
    if (pk_scope_close(s) == PK_DEFERRED) (void)pk_scope_pump(s, 0);
#else
    (void)pk_scope_close(s);
#endif
}
#if PERFKIT_SCOPE_MORE
PK_API pk_status pk__scope_hold(pk_scope *s, pk_cleanup_fn fn, const pk_tracked *like);
#if defined PERFKIT_POOL_H
PK__INLINE pk_tracked pk__scope_like(const char *type, void *context, void *meta) {
    pk_tracked like;
    like.name = like.type = type;
    like.context = context;
    like.meta = meta;
    like.slot[0] = like.slot[1] = 0;
    return like;
}
PK__INLINE pk_status pk__scope_release_object(void *tracked) {
    const pk_tracked *t = (const pk_tracked *)tracked;
    return pk_pool_release((pk_pool *)t->meta, t->context);
}
PK__INLINE void *pk_scope_acquire(pk_scope *s, pk_pool *pool) {
    void *object = pk_pool_acquire(pool);
    pk_tracked like = pk__scope_like("object", object, pool);
    if (object == NULL || pk__scope_hold(s, pk__scope_release_object, &like) == PK_OK) return object;
    (void)pk_pool_release(pool, object);
    return NULL;
}
#if PERFKIT_POOL_RESOURCES
PK__INLINE pk_status pk__scope_release_lease(void *tracked) {
    const pk_tracked *t = (const pk_tracked *)tracked;
    pk_resource lease;
    lease.it = t->context;
    lease.slot = t->slot[0];
    lease.lease = t->slot[1];
    return pk_respool_release((pk_respool *)t->meta, lease);
}
PK__INLINE pk_status pk_scope_lease(pk_scope *s, pk_respool *pool, uint32_t wait_ms, pk_resource *lease) {
    pk_status status = pk_respool_acquire(pool, wait_ms, lease);
    pk_tracked like;
    if (status != PK_OK) return status;
    like = pk__scope_like("lease", lease->it, pool);
    like.slot[0] = lease->slot;
    like.slot[1] = lease->lease;
    status = pk__scope_hold(s, pk__scope_release_lease, &like);
    if (status != PK_OK) (void)pk_respool_release(pool, *lease);
    return status;
}
#endif
#endif
#endif
#if defined PERFKIT_LOG_H && PERFKIT_PERF
PK__INLINE pk_status pk__scope_end_timer(void *timer) {
    (void)pk_timer_end((pk_timer *)timer);
    return PK_OK;
}
PK__INLINE pk_status pk_scope_time(pk_scope *s, pk_timer *timer, pk_perf_site *site) {
    *timer = pk_timer_begin(site);
    return pk_scope_defer(s, pk__scope_end_timer, timer, "timer");
}
#endif

PK__STATIC_ASSERT(scope_is_small, sizeof(pk_scope) <= (sizeof(void *) > 4 ? 64 : 40));

/* ---- C++: a scope that is a local variable. The functions above take it where they take a pk_scope *. ----
       pk::scope scope;                                  // or pk::scope scope(memory, sizeof memory);
       FILE *in = (FILE *)pk_scope_fopen(scope, from, "r");
       scope.on_exit([&] { busy = false; });             // any callable, kept on the heap; may return a pk_status
       scope.defer(unlock, &lock, "lock");
   Closed by its destructor, when an exception passes too. What a callable throws is caught, and counts as PK_CLEANUP_FAILED. */
#ifdef __cplusplus
#if PERFKIT_HEAP
#include <new>
#endif
namespace pk {
#if PERFKIT_HEAP
namespace detail {
template <class result> struct call {
    template <class F> static pk_status of(F &f) { return f(); }
};
template <> struct call<void> {
    template <class F> static pk_status of(F &f) { return f(), PK_OK; }
};
template <class F> pk_status run_and_delete(void *context) {
    F *f = static_cast<F *>(context);
    pk_status status = PK_CLEANUP_FAILED;
#if defined __cpp_exceptions || defined _CPPUNWIND
    try {
        status = call<decltype((*f)())>::of(*f);
    } catch (...) {
    }
#else
    status = call<decltype((*f)())>::of(*f);
#endif
    delete f;
    return status;
}
} /* namespace detail */
#endif
class scope {
  public:
    explicit scope(const pk_scope_desc *desc = nullptr) noexcept : scope_(), status_(pk_scope_init(&scope_, desc)) {}
    scope(void *memory, size_t size, const char *name = nullptr) noexcept : scope_(), status_() {
        pk_scope_desc desc = pk_scope_desc();
        desc.name = name;
        desc.memory = memory;
        desc.memory_size = size;
        status_ = pk_scope_init(&scope_, &desc);
    }
    ~scope() { pk__scope_leave(&scope_); }
    scope(const scope &) = delete;
    scope &operator=(const scope &) = delete;
    operator pk_scope *() noexcept { return &scope_; }
    pk_status status() const noexcept { return status_; } /* of its making */
    pk_status defer(pk_cleanup_fn fn, void *context, const char *name = nullptr) { return pk_scope_defer(&scope_, fn, context, name); }
#if PERFKIT_HEAP
    /* An error: `f` was not kept, and will not be called. */
    template <class F> pk_status on_exit(F f, const char *name = nullptr) {
        F *kept = new (std::nothrow) F(static_cast<F &&>(f));
        pk_status kept_status = kept ? pk_scope_defer(&scope_, detail::run_and_delete<F>, kept, name) : PK_NO_MEMORY;
        if (kept_status != PK_OK) delete kept;
        return kept_status;
    }
#endif
    pk_scope_mark mark() const noexcept { return pk_scope_mark_here(&scope_); }
    pk_status unwind(pk_scope_mark to) { return pk_scope_unwind(&scope_, to); }
    pk_status move_to(pk_scope *to) { return pk_scope_move(&scope_, to); }
    pk_status close() { return pk_scope_close(&scope_); }

  private:
    pk_scope scope_;
    pk_status status_;
};
} /* namespace pk */
#endif
#endif /* PERFKIT_H */

/* ==== Implementation ==== */
#if (defined PERFKIT_IMPLEMENTATION || defined PERFKIT_STATIC) && !defined PERFKIT_IMPLEMENTED
#define PERFKIT_IMPLEMENTED
#if PERFKIT_STDIO
#include <stdio.h>
#ifndef _WIN32
#include <unistd.h>
#endif
#endif

/* What few scopes need, in memory of the scope. */
struct pk__scope_more {
    pk_scope *parent;
    uint8_t kind;
#if PERFKIT_SCOPE_MORE
    pk_scope *child, *older, *newer;     /* the newest nested in it; its neighbours in its parent */
    pk_tracked *newest, *later, *spare;  /* tracked; to run later, the newest first; nodes to use again */
    struct pk__scope_block *blocks;
    pk_clock_fn clock;
    void *clock_user;
    uint32_t ids, forks;
    unsigned tracked, peak, limit, alert_above;
    pk_status first;                     /* of a closing scope: what the first failing cleanup returned */
    uint8_t closing, alerted, ages, watch_forks;
#endif
};

#if PERFKIT_SCOPE_GROW
static const pk_allocator pk__scope_heap = {NULL, NULL, NULL};
static pk_status pk__scope_set_growth(pk_scope *s, const pk_allocator *allocator) {
    s->owns_bottom = s->top == NULL;
    if (allocator == NULL && s->owns_bottom) allocator = &pk__scope_heap;
    if (allocator && !allocator->alloc_fn && !PERFKIT_HEAP) allocator = NULL;
    s->allocator = allocator;
    return s->top || allocator ? PK_OK : PK_NO_MEMORY;
}

/* A chunk from the allocator with room for `bytes` of entries or more, twice the size of the one below it. */
static PK__COLD pk_status pk__scope_grow(pk_scope *s, size_t bytes) {
    size_t size = s->top ? 2 * (size_t)(s->top->end - (unsigned char *)s->top->first) : 8 * sizeof(pk_scope_entry);
    pk__scope_chunk *chunk;
    if (s->allocator == NULL) return s->top ? PK_FULL : PK_CLOSED;
    if (size > 4096 * sizeof(pk_scope_entry)) size = 4096 * sizeof(pk_scope_entry);
    if (size < bytes) size = bytes;
    if (!pk__add_fits(size, sizeof *chunk, &size)) return PK_NO_MEMORY;
    chunk = (pk__scope_chunk *)pk__alloc(s->allocator, size, PK__SCOPE_ALIGN);
    if (chunk == NULL) return PK_NO_MEMORY;
    *chunk = pk__scope_chunk_over((pk_scope_entry *)(void *)(chunk + 1), (unsigned char *)chunk + size);
    chunk->below = s->top;
    s->top = chunk;
    return PK_OK;
}

/* The top chunk is empty: go down one. It was kept until now so that a scope breathing at a chunk's edge does not allocate. */
static PK__COLD void pk__scope_shrink(pk_scope *s) {
    pk__scope_chunk *chunk = s->top;
    s->top = chunk->below;
    pk__free(s->allocator, chunk, (size_t)(chunk->end - (unsigned char *)chunk));
}
static void pk__scope_free_chunks(pk_scope *s) {
    while (s->top && (s->top->below || s->owns_bottom)) pk__scope_shrink(s);
    s->allocator = NULL;
}
#define PK__SCOPE_SET_GROWTH(s, from) pk__scope_set_growth(s, from)
#else /* one chunk, the caller's */
#define PK__SCOPE_SET_GROWTH(s, from) ((from) ? PK_UNSUPPORTED : chunk ? PK_OK : PK_NO_MEMORY)
#define pk__scope_grow(s, bytes) ((s)->top ? PK_FULL : PK_CLOSED)
#define pk__scope_shrink(s) ((void)0)
#define pk__scope_free_chunks(s) ((void)0)
#endif

#if PERFKIT_SCOPE_MORE && PERFKIT_SCOPE_GROW
typedef struct pk__scope_block {
    struct pk__scope_block *next;
    size_t size;
} pk__scope_block;
#define PK__SCOPE_BLOCK PK__ALIGN_UP(sizeof(pk__scope_block), PK__SCOPE_ALIGN)
static void pk__scope_free_blocks(pk_scope *s) {
    pk__scope_block *block, *next;
    for (block = s->more->blocks; block; block = next) { /* the last of them holds *s->more */
        next = block->next;
        pk__free(s->allocator, block, block->size);
    }
}
#else
#define pk__scope_free_blocks(s) ((void)0)
#endif
/* Memory that lives as long as the scope, from its allocator or else from the end of its only chunk. NULL: none. */
static void *pk__scope_carve(pk_scope *s, size_t size) {
    pk__scope_chunk *chunk = s->top;
    size_t past;
#if PERFKIT_SCOPE_MORE && PERFKIT_SCOPE_GROW
    if (s->allocator) {
        size_t whole = PK__SCOPE_BLOCK + size;
        pk__scope_block *block = (pk__scope_block *)pk__alloc(s->allocator, whole, PK__SCOPE_ALIGN);
        if (block == NULL) return NULL;
        block->size = whole;
        block->next = s->more ? s->more->blocks : NULL;
        if (s->more) s->more->blocks = block;
        return (unsigned char *)block + PK__SCOPE_BLOCK;
    }
#endif
    if (chunk == NULL) return NULL;
    past = (size_t)((uintptr_t)chunk->end & (PK__SCOPE_ALIGN - 1));
    if ((size_t)(chunk->end - (unsigned char *)chunk->next) < size + past) return NULL;
    chunk->end -= size + past;
    return chunk->end;
}
static pk_status pk__scope_no_room(const pk_scope *s) { return s->allocator ? PK_NO_MEMORY : s->top ? PK_FULL : PK_CLOSED; }

static pk_status pk__scope_more_of(pk_scope *s) {
    struct pk__scope_more *more;
    if (s->more) return PK_OK;
    more = (struct pk__scope_more *)pk__scope_carve(s, PK__ALIGN_UP(sizeof *more, PK__SCOPE_ALIGN));
    if (more == NULL) return pk__scope_no_room(s);
    memset(more, 0, sizeof *more);
#if PERFKIT_SCOPE_MORE
    more->limit = PERFKIT_SCOPE_LIMIT;
    more->alert_above = (unsigned)(PERFKIT_SCOPE_LIMIT * 9ul / 10);
    more->ages = PK__HAS_CLOCK;
#if PERFKIT_SCOPE_GROW
    if (s->allocator) more->blocks = (pk__scope_block *)(void *)((unsigned char *)more - PK__SCOPE_BLOCK);
#endif
#endif
    s->more = more;
    return PK_OK;
}

PK_API pk_status pk_scope_nest(pk_scope *s, pk_scope *parent, unsigned kind) {
    const pk_scope *around;
    pk_status status;
    PERFKIT_ASSERT(s != NULL);
    if (kind > 7 || (kind & 3) == 3 || (s->more && s->more->parent)) return PK_INVALID;
    for (around = parent; around; around = pk_scope_parent(around))
        if (around == s) return PK_INVALID;
    status = pk__scope_more_of(s);
#if PERFKIT_SCOPE_MORE
    if (status == PK_OK && parent) status = pk__scope_more_of(parent);
#endif
    if (status != PK_OK) return status;
    s->more->parent = parent;
    s->more->kind = (uint8_t)kind;
#if PERFKIT_SCOPE_MORE
    if (parent == NULL) return PK_OK;
    s->more->older = parent->more->child;
    if (s->more->older) s->more->older->more->newer = s;
    parent->more->child = s;
#endif
    return PK_OK;
}
PK_API pk_scope *pk_scope_parent(const pk_scope *s) { return s->more ? s->more->parent : NULL; }

#if PERFKIT_SCOPE_MORE
/* After a fork the child has what the parent put on its scopes: pk__scope_forks counts in the child. */
#if PERFKIT_THREADS && PERFKIT_HOSTED && !defined _WIN32 && !defined PERFKIT_MUTEX_LOCK
static volatile uint32_t pk__scope_forks, pk__scope_forks_watched;
static void pk__scope_forked_here(void) { pk__store32(&pk__scope_forks, pk__load32(&pk__scope_forks) + 1u); }
static pk_status pk__scope_watch_forks(void) {
    if (!pk__cas32(&pk__scope_forks_watched, 0, 1)) return PK_OK;
    if (pthread_atfork(NULL, NULL, pk__scope_forked_here) == 0) return PK_OK;
    pk__store32(&pk__scope_forks_watched, 0);
    return PK_NO_MEMORY;
}
#define PK__SCOPE_FORKS_NOW() pk__load32(&pk__scope_forks)
#else
#define pk__scope_watch_forks() PK_UNSUPPORTED
#define PK__SCOPE_FORKS_NOW() 0u
#endif
static bool pk__scope_forked(const pk_scope *s) {
    return PK__UNLIKELY(s->more != NULL) && s->more->watch_forks && s->more->forks != PK__SCOPE_FORKS_NOW();
}
#else
#define pk__scope_forked(s) false
#endif

PK_API pk_status pk__scope_init(pk_scope *s, size_t size, uint32_t config, const pk_scope_desc *desc) {
    pk__scope_chunk *chunk = NULL;
    PERFKIT_ASSERT(s != NULL);
    if (size != sizeof(pk_scope) || config != PK__SCOPE_CONFIG_WORD) return PK_INVALID;
    *s = pk__scope_over(NULL, NULL); /* closed, until there is memory or an allocator */
    if (desc == NULL) return PK__SCOPE_SET_GROWTH(s, NULL);
    s->on_event = desc->on_event;
    s->user = desc->user;
    s->name = desc->name;
    if (desc->memory) {
        if (desc->memory_size < PK_SCOPE_BYTES(1)) return PK_NO_MEMORY;
        s->top = chunk = (pk__scope_chunk *)pk__align_pointer(desc->memory, PK__SCOPE_ALIGN);
        *chunk = pk__scope_chunk_over((pk_scope_entry *)(void *)(chunk + 1), (unsigned char *)desc->memory + desc->memory_size);
    }
    return PK__SCOPE_SET_GROWTH(s, desc->allocator);
}

/* Room for so many bytes of entries in the top chunk, or an error and no change. */
static pk_status pk__scope_reserve(pk_scope *s, size_t bytes) {
    PERFKIT_ASSERT(s != NULL);
    if (PK__LIKELY(s->top && (size_t)(s->top->end - (unsigned char *)s->top->next) >= bytes)) return pk__scope_forked(s) ? PK_FORKED : PK_OK;
    return pk__scope_forked(s) ? PK_FORKED : pk__scope_grow(s, bytes);
}

PK_API pk_status pk_scope_defer(pk_scope *s, pk_cleanup_fn fn, void *context, const char *name) {
    pk_scope_entry *entry;
    pk_status status = fn ? pk__scope_reserve(s, sizeof *entry) : PK_INVALID;
    if (PK__UNLIKELY(status != PK_OK)) return status;
    entry = s->top->next++;
    entry->fn = fn;
    entry->context = context;
    entry->name = name;
    s->count++;
    return PK_OK;
}

#if PERFKIT_HOSTED
#define PK__SCOPE_SHARED
#else
#define PK__SCOPE_SHARED PK__COLD /* one copy for both callers: flash counts for more than the call */
#endif
/* The cleanup to run next, taken off the scope. */
static PK__SCOPE_SHARED pk_scope_entry *pk__scope_pop(pk_scope *s) {
    while (s->top->next == s->top->first) pk__scope_shrink(s);
    s->count--;
    return --s->top->next;
}

static void pk__scope_report(const pk_scope *s, pk_event *event) {
    event->a = s->failures;
    event->b = s->count;
    event->object = s->name;
    event->kind = PK_SCOPE_EVENT_CLEANUP_FAILED;
    s->on_event(s->user, event);
}

static pk_status pk__scope_run_one(pk_scope *s) {
    const pk_scope_entry *entry = pk__scope_pop(s);
    pk_event event;
    event.detail = entry->name; /* now: the cleanup may put another entry in its place */
    event.status = entry->fn(entry->context);
    if (PK__UNLIKELY(event.status != PK_OK)) {
        s->failures++;
        if (s->on_event) pk__scope_report(s, &event);
    }
    return event.status;
}

#if PERFKIT_SCOPE_MORE
/* ---- Tracked resources: two lists beside the stack, of nodes that know how high the stack was (`at`) ---- */

enum { PK__TRACKED_WHOLE = 1, PK__TRACKED_LATER = 2 }; /* flags: fn gets the pk_tracked, not its context; it is on the list `later` */

static pk_time pk__scope_now(const struct pk__scope_more *more) {
    return more->clock ? more->clock(more->clock_user) : pk__now_ms(NULL);
}
static void pk__scope_tell(const pk_scope *s, int kind, pk_status status, const char *detail, uint32_t a, uint32_t b) {
    pk_event event;
    if (s->on_event == NULL) return;
    event.object = s->name;
    event.detail = detail;
    event.kind = kind;
    event.status = status;
    event.a = a;
    event.b = b;
    s->on_event(s->user, &event);
}
/* A scope with an allocator takes several nodes at once. */
static PK__COLD pk_status pk__scope_spare(pk_scope *s) {
    size_t size = PK__ALIGN_UP(sizeof(pk_tracked), PK__SCOPE_ALIGN);
    unsigned n = s->allocator ? 8 : 1;
    unsigned char *memory = (unsigned char *)pk__scope_carve(s, n * size);
    if (memory == NULL) return pk__scope_no_room(s);
    for (; n > 0; n--, memory += size) {
        pk_tracked *t = (pk_tracked *)(void *)memory;
        t->older = s->more->spare;
        s->more->spare = t;
    }
    return PK_OK;
}
static pk_status pk__scope_may_track(pk_scope *s) {
    pk_status status;
    PERFKIT_ASSERT(s != NULL);
    if (pk__scope_forked(s)) return PK_FORKED;
    status = pk__scope_more_of(s);
    if (status != PK_OK) return status;
    if (PK__UNLIKELY(s->more->tracked >= s->more->limit)) {
        pk__scope_tell(s, PK_SCOPE_EVENT_FULL, PK_FULL, NULL, s->more->tracked, s->more->limit);
        return PK_FULL;
    }
    return PK__LIKELY(s->more->spare != NULL) ? PK_OK : pk__scope_spare(s);
}
/* Put a node on one of the lists; there is room. */
static pk_tracked *pk__scope_link(pk_scope *s, pk_tracked *t, unsigned flags) {
    struct pk__scope_more *more = s->more;
    pk_tracked **list = flags & PK__TRACKED_LATER ? &more->later : &more->newest;
    t->id = ++more->ids;
    t->at = s->count;
    t->flags = (uint8_t)flags;
    t->newer = NULL;
    t->older = *list;
    if (t->older) t->older->newer = t;
    *list = t;
    if (++more->tracked > more->peak) more->peak = more->tracked;
    if (PK__UNLIKELY(more->tracked > more->alert_above) && !more->alerted) {
        more->alerted = 1;
        pk__scope_tell(s, PK_SCOPE_EVENT_NEARLY_FULL, PK_BUSY, t->name, more->tracked, more->limit);
    }
    return t;
}
static void pk__scope_unlink(struct pk__scope_more *more, pk_tracked *t) {
    if (t->older) t->older->newer = t->newer;
    if (t->newer)
        t->newer->older = t->older;
    else if (t->flags & PK__TRACKED_LATER)
        more->later = t->older;
    else
        more->newest = t->older;
    t->older = more->spare;
    more->spare = t;
    if (--more->tracked <= more->alert_above) more->alerted = 0;
}
/* Take it off and run it. */
static pk_status pk__scope_run_tracked(pk_scope *s, pk_tracked *t) {
    const char *name = t->name;
    uint32_t id = t->id;
    pk_status status;
    if (t->flags & PK__TRACKED_WHOLE) {
        pk_tracked copy = *t;
        pk__scope_unlink(s->more, t);
        status = copy.fn(&copy);
    } else {
        pk_cleanup_fn fn = t->fn;
        void *context = t->context;
        pk__scope_unlink(s->more, t);
        status = fn(context);
    }
    if (PK__UNLIKELY(status != PK_OK)) {
        s->failures++;
        pk__scope_tell(s, PK_SCOPE_EVENT_CLEANUP_FAILED, status, name, s->failures, id);
    }
    return status;
}
PK_API pk_status pk_scope_track(pk_scope *s, const pk_track *what, uint32_t *id) {
    pk_tracked *t;
    pk_status status;
    PERFKIT_ASSERT(what != NULL);
    if (what->fn == NULL) return PK_INVALID;
    status = pk__scope_may_track(s);
    if (PK__UNLIKELY(status != PK_OK)) return status;
    if (what->life_ms && !s->more->ages) return PK_UNSUPPORTED;
    t = s->more->spare;
    s->more->spare = t->older;
    t->fn = what->fn;
    t->context = what->context;
    t->type = what->type ? what->type : "resource";
    t->name = what->name ? what->name : t->type;
    t->site = what->site;
    t->meta = what->meta;
    t->life_ms = what->life_ms;
    t->since = s->more->ages ? pk__scope_now(s->more) : 0;
    (void)pk__scope_link(s, t, 0);
    if (id) *id = t->id;
    return PK_OK;
}
PK_API pk_status pk_scope_make(pk_scope *s, pk_status (*make)(void *user, void **object), void *user, const pk_track *what,
                               void **object) {
    pk_track made = *what;
    pk_status status = made.fn && make ? pk__scope_may_track(s) : PK_INVALID;
    if (status == PK_OK && made.life_ms && !s->more->ages) status = PK_UNSUPPORTED;
    if (status == PK_OK) status = make(user, &made.context);
    if (status != PK_OK) return status;
    status = pk_scope_track(s, &made, NULL);
    if (status != PK_OK) { /* make itself took the room */
        (void)made.fn(made.context);
        return status;
    }
    if (object) *object = made.context;
    return PK_OK;
}
PK_API pk_status pk__scope_hold(pk_scope *s, pk_cleanup_fn fn, const pk_tracked *like) {
    pk_status status = pk__scope_may_track(s);
    pk_tracked *t;
    if (status != PK_OK) return status;
    t = s->more->spare;
    s->more->spare = t->older;
    *t = *like;
    t->fn = fn;
    t->site = NULL;
    t->life_ms = 0;
    t->since = s->more->ages ? pk__scope_now(s->more) : 0;
    (void)pk__scope_link(s, t, PK__TRACKED_WHOLE);
    return PK_OK;
}
static pk_tracked *pk__scope_tracked(const pk_scope *s, uint32_t id) {
    pk_tracked *t = s->more ? s->more->newest : NULL;
    while (t && t->id > id) t = t->older;
    return t && t->id == id ? t : NULL;
}
PK_API const pk_tracked *pk_scope_find(const pk_scope *s, uint32_t id) { return pk__scope_tracked(s, id); }
PK_API pk_status pk_scope_release(pk_scope *s, uint32_t id) {
    pk_tracked *t = pk__scope_tracked(s, id);
    if (pk__scope_forked(s)) return PK_FORKED;
    return t ? pk__scope_run_tracked(s, t) : PK_NOT_FOUND;
}
static pk_time pk__tracked_age(const pk_tracked *t, pk_time now) { /* 0 where the clock is behind */
    pk_time age = (pk_time)(now - t->since);
    return age >> (PERFKIT_TIME_BITS - 1) ? 0 : age;
}
PK_API unsigned pk_scope_leaks(pk_scope *s, pk_time now, pk_time max_age_ms,
                               void (*visit)(void *user, const pk_tracked *resource, pk_time age_ms), void *user) {
    const pk_tracked *t = s->more && s->more->ages && !pk__scope_forked(s) ? s->more->newest : NULL;
    unsigned leaks = 0;
    if (max_age_ms == 0) max_age_ms = PERFKIT_SCOPE_LEAK_MS;
    for (; t; t = t->older) {
        pk_time age = pk__tracked_age(t, now);
        if (age <= max_age_ms) continue;
        leaks++;
        pk__scope_tell(s, PK_SCOPE_EVENT_LEAK, PK_BUSY, t->name, (uint32_t)age, t->id);
        if (visit) visit(user, t, age);
    }
    return leaks;
}
PK_API unsigned pk_scope_reap(pk_scope *s, pk_time now) {
    unsigned reaped = 0, left = s->more && !pk__scope_forked(s) ? s->more->tracked : 0;
    pk_tracked *t = left ? s->more->newest : NULL;
    for (; t && left > 0; left--) { /* what is tracked by a cleanup meanwhile waits for the next call */
        pk_time age = pk__tracked_age(t, now);
        const char *name = t->name;
        uint32_t id = t->id;
        if (t->life_ms == 0 || age < t->life_ms) {
            t = t->older;
            continue;
        }
        pk__scope_tell(s, PK_SCOPE_EVENT_REAPED, pk__scope_run_tracked(s, t), name, (uint32_t)age, id);
        reaped++;
        t = s->more ? s->more->newest : NULL; /* the cleanup may have released its neighbours */
        while (t && t->id >= id) t = t->older;
    }
    return reaped;
}
PK_API void pk_scope_get_stats(const pk_scope *s, pk_scope_stats *stats) {
    memset(stats, 0, sizeof *stats);
    stats->cleanups = s->count;
    stats->failures = s->failures;
    stats->limit = PERFKIT_SCOPE_LIMIT;
    if (s->more == NULL) return;
    stats->tracked = s->more->tracked;
    stats->peak = s->more->peak;
    stats->limit = s->more->limit;
    stats->ever = s->more->ids;
    stats->utilisation_100 = (uint16_t)((uint64_t)stats->tracked * 10000u / stats->limit);
}
PK_API unsigned pk_scope_count_type(const pk_scope *s, const char *type) {
    const pk_tracked *t = s->more ? s->more->newest : NULL;
    unsigned n = 0;
    for (; t; t = t->older) n += strcmp(t->type, type) == 0;
    return n;
}
PK_API unsigned pk__scope_count(const pk_scope *s) { return s->count + s->more->tracked; }
PK_API pk_scope_mark pk__scope_mark(const pk_scope *s) { return (uint64_t)s->more->ids << 32 | s->count; }

PK_API pk_status pk_scope_watch(pk_scope *s, const pk_scope_watch_desc *desc) {
    static const pk_scope_watch_desc defaults = {0, 0, NULL, NULL, false, false};
    pk_status status;
    PERFKIT_ASSERT(s != NULL);
    if (desc == NULL) desc = &defaults;
    if (desc->alert_pct > 100) return PK_INVALID;
    status = desc->watch_forks ? pk__scope_watch_forks() : PK_OK;
    if (status == PK_OK) status = pk__scope_more_of(s);
    if (status != PK_OK) return status;
    s->more->limit = desc->limit ? desc->limit : PERFKIT_SCOPE_LIMIT;
    s->more->alert_above = (unsigned)((uint64_t)s->more->limit * (desc->alert_pct ? desc->alert_pct : 90) / 100);
    s->more->clock = desc->clock;
    s->more->clock_user = desc->clock_user;
    s->more->ages = (desc->clock || PK__HAS_CLOCK) && !desc->no_ages;
    s->more->watch_forks = desc->watch_forks;
    s->more->forks = PK__SCOPE_FORKS_NOW();
    return PK_OK;
}
PK_API pk_status pk_scope_defer_later(pk_scope *s, pk_cleanup_fn fn, void *context, const char *name) {
    pk_tracked *t;
    pk_status status = fn ? pk__scope_may_track(s) : PK_INVALID;
    if (status != PK_OK) return status;
    t = s->more->spare;
    s->more->spare = t->older;
    memset(t, 0, sizeof *t);
    t->fn = fn;
    t->context = context;
    t->name = t->type = name;
    (void)pk__scope_link(s, t, PK__TRACKED_LATER);
    return PK_OK;
}

/* ---- Unwinding and closing with all that ---- */

/* The tracked resource that is next in turn, if it is younger than the mark. */
static pk_tracked *pk__scope_turn(const pk_scope *s, pk_scope_mark mark) {
    pk_tracked *t = s->more ? s->more->newest : NULL;
    return t && t->id > (uint32_t)(mark >> 32) && t->at >= s->count ? t : NULL;
}
static pk_status pk__scope_may_unwind(const pk_scope *s, pk_scope_mark mark) {
    if ((uint32_t)mark > s->count) return PK_INVALID;
    if (PK__LIKELY(s->more == NULL)) return PK_OK;
    if (pk__scope_forked(s)) return PK_FORKED;
    return s->more->later && s->more->later->id > (uint32_t)(mark >> 32) ? PK_DEFERRED : PK_OK;
}
#define PK__SCOPE_COUNT_OF(mark) ((uint32_t)(mark))
#define PK__SCOPE_MAY_UNWIND(s, mark)                             \
    {                                                             \
        pk_status may = pk__scope_may_unwind(s, mark);            \
        if (PK__UNLIKELY(may != PK_OK)) return may;               \
    }
static pk_status pk__scope_run_next(pk_scope *s, pk_scope_mark mark) {
    pk_tracked *t = pk__scope_turn(s, mark);
    return PK__UNLIKELY(t != NULL) ? pk__scope_run_tracked(s, t) : pk__scope_run_one(s);
}
#else
#define pk__scope_turn(s, mark) false
#define pk__scope_run_next(s, mark) pk__scope_run_one(s)
#define PK__SCOPE_MAY_UNWIND(s, mark) if (mark > s->count) return PK_INVALID;
#define PK__SCOPE_COUNT_OF(mark) (mark)
#endif

PK_API pk_status pk_scope_unwind(pk_scope *s, pk_scope_mark mark) {
    pk_status first = PK_OK;
    PERFKIT_ASSERT(s != NULL);
    PK__SCOPE_MAY_UNWIND(s, mark)
    while (s->count > PK__SCOPE_COUNT_OF(mark) || pk__scope_turn(s, mark)) {
        pk_status status = pk__scope_run_next(s, mark);
        if (!first) first = status;
    }
    return first;
}
PK_API pk_status pk_scope_forget(pk_scope *s, pk_scope_mark mark) {
    PERFKIT_ASSERT(s != NULL);
#if PERFKIT_SCOPE_MORE
    pk_status status = pk__scope_may_unwind(s, mark);
    if (status != PK_OK && status != PK_DEFERRED) return status;
    while (s->more && s->more->newest && s->more->newest->id > (uint32_t)(mark >> 32)) pk__scope_unlink(s->more, s->more->newest);
    while (s->more && s->more->later && s->more->later->id > (uint32_t)(mark >> 32)) pk__scope_unlink(s->more, s->more->later);
#else
    PK__SCOPE_MAY_UNWIND(s, mark)
#endif
    while (s->count > PK__SCOPE_COUNT_OF(mark)) (void)pk__scope_pop(s);
    return PK_OK;
}

#if PERFKIT_SCOPE_MORE
/* Take it out of the scope around it. */
static void pk__scope_leave_parent(pk_scope *s) {
    struct pk__scope_more *more = s->more;
    if (more->parent == NULL) return;
    if (more->older) more->older->more->newer = more->newer;
    if (more->newer)
        more->newer->more->older = more->older;
    else
        more->parent->more->child = more->older;
    more->parent = more->older = more->newer = NULL;
}
static void pk__scope_end(pk_scope *s) {
    if (s->more) {
        pk__scope_leave_parent(s);
        pk__scope_free_blocks(s);
        s->more = NULL;
    }
    pk__scope_free_chunks(s);
    s->top = NULL; /* neither room nor a source of it: closed */
}
/* The innermost of what is nested in it, the newest first; or the scope itself. */
static pk_scope *pk__scope_innermost(pk_scope *s) {
    while (s->more && s->more->child) s = s->more->child;
    return s;
}
PK_API pk_status pk_scope_close(pk_scope *s) {
    pk_status first = PK_OK, status;
    PERFKIT_ASSERT(s != NULL);
    if (PK__UNLIKELY(s->more != NULL) && pk__scope_forked(s)) return PK_FORKED;
    for (;;) {
        pk_scope *inner = pk__scope_innermost(s);
        if (inner->more && inner->more->later) {
            s->more->closing = 1;
            if (s->more->first == PK_OK) s->more->first = first;
            return PK_DEFERRED;
        }
        status = pk_scope_unwind(inner, 0);
        if (first == PK_OK && status != PK_DEFERRED) first = status;
        if (pk__scope_innermost(inner) != inner || (inner->more && inner->more->later)) continue; /* a cleanup added that */
        pk__scope_end(inner);
        if (inner == s) return first;
    }
}
PK_API pk_status pk_scope_pump(pk_scope *s, unsigned budget) {
    pk_status status, first;
    unsigned left = budget;
    PERFKIT_ASSERT(s != NULL);
    if (s->more == NULL || !s->more->closing) return PK_OK;
    if (pk__scope_forked(s)) return PK_FORKED;
    for (;;) {
        pk_scope *inner = pk__scope_innermost(s);
        pk_tracked *t = inner->more ? inner->more->later : NULL;
        if (t == NULL) t = pk__scope_turn(inner, 0);
        if (t == NULL && inner->count == 0) {
            first = s->more->first;
            pk__scope_end(inner);
            if (inner == s) return first;
            continue;
        }
        if (budget && left-- == 0) return PK_AGAIN;
        status = t ? pk__scope_run_tracked(inner, t) : pk__scope_run_one(inner);
        if (s->more == NULL) return PK_OK; /* the cleanup closed it */
        if (s->more->first == PK_OK) s->more->first = status;
    }
}
PK_API pk_status pk_scope_after_fork(pk_scope *s) {
    pk_scope *child;
    PERFKIT_ASSERT(s != NULL);
    if (!pk__scope_forked(s)) return PK_OK;
    s->more->forks = PK__SCOPE_FORKS_NOW();
    while ((child = s->more->child) != NULL) pk__scope_leave_parent(child);
    s->more->parent = s->more->older = s->more->newer = NULL;
    s->more->closing = 0;
    s->more->first = PK_OK;
    return pk_scope_forget(s, 0);
}
/* Room for the nodes of what is tracked on another scope. */
static pk_status pk__scope_reserve_tracked(const pk_scope *from, pk_scope *to) {
    unsigned spare = 0, wanted = from->more ? from->more->tracked : 0;
    const pk_tracked *t;
    pk_status status;
    if (wanted == 0) return PK_OK;
    status = pk__scope_more_of(to);
    if (status != PK_OK) return status;
    if (wanted > to->more->limit || to->more->tracked > to->more->limit - wanted) return PK_FULL;
    do {
        for (spare = 0, t = to->more->spare; t; t = t->older) spare++;
        if (spare < wanted) status = pk__scope_spare(to);
    } while (status == PK_OK && spare < wanted);
    return status;
}
static void pk__scope_move_list(pk_scope *from, pk_tracked *t, pk_scope *to) {
    while (t && t->older) t = t->older;
    while (t) { /* the oldest first, so that ids ascend */
        pk_tracked *next = t->newer, *moved = to->more->spare, *rest = moved->older;
        unsigned at = t->at;
        *moved = *t;
        to->more->spare = rest;
        (void)pk__scope_link(to, moved, t->flags);
        moved->at = to->count + at;
        pk__scope_unlink(from->more, t);
        t = next;
    }
}
#else
PK_API pk_status pk_scope_close(pk_scope *s) {
    pk_status first = pk_scope_unwind(s, 0);
    pk__scope_free_chunks(s);
    s->top = NULL; /* neither room nor a source of it: closed */
    return first;
}
#endif

PK_API pk_status pk_scope_move(pk_scope *from, pk_scope *to) {
    pk_scope_entry *target;
    pk_status status;
    PERFKIT_ASSERT(from != NULL && to != NULL);
    if (from == to) return PK_INVALID;
#if PERFKIT_SCOPE_MORE
    if (pk__scope_forked(from) || pk__scope_forked(to)) return PK_FORKED;
    status = pk__scope_reserve_tracked(from, to);
    if (status != PK_OK) return status;
#endif
    status = pk__scope_reserve(to, from->count * sizeof *target); /* fits: that many exist */
    if (status != PK_OK) return status;
#if PERFKIT_SCOPE_MORE
    if (from->more && from->more->tracked) {
        pk__scope_move_list(from, from->more->newest, to);
        pk__scope_move_list(from, from->more->later, to);
    }
    to->holds |= from->holds;
#endif
    to->count += from->count;
    to->top->next += from->count;
    for (target = to->top->next; from->count > 0;) *--target = *pk__scope_pop(from);
    return PK_OK;
}

#if PERFKIT_HEAP
static pk_status pk__scope_free(void *memory) {
    free(memory);
    return PK_OK;
}
PK_API void *pk_scope_malloc(pk_scope *s, size_t size) {
    void *memory;
    /* Room first: once there is something to lose, defer cannot fail. */
    if (pk__scope_reserve(s, sizeof(pk_scope_entry)) != PK_OK) return NULL;
    memory = malloc(size ? size : 1);
    if (memory) (void)pk_scope_defer(s, pk__scope_free, memory, "malloc");
    return memory;
}
#endif
#if PERFKIT_STDIO
static pk_status pk__scope_fclose(void *file) { return fclose((FILE *)file) == 0 ? PK_OK : PK_IO; }
PK_API void *pk_scope_fopen(pk_scope *s, const char *path, const char *mode) {
    FILE *file;
    if (pk__scope_reserve(s, sizeof(pk_scope_entry)) != PK_OK) return NULL;
    file = fopen(path, mode);
    if (file) (void)pk_scope_defer(s, pk__scope_fclose, file, "fopen");
    return file;
}
#ifndef _WIN32
static pk_status pk__scope_close_fd(void *fd) { return close((int)(intptr_t)fd) == 0 ? PK_OK : PK_IO; }
PK_API pk_status pk_scope_fd(pk_scope *s, int fd) {
    return fd < 0 ? PK_INVALID : pk_scope_defer(s, pk__scope_close_fd, (void *)(intptr_t)fd, "fd");
}
#endif
#endif
#if PERFKIT_THREADS
static pk_status pk__scope_unlock(void *mutex) {
    pk__mutex_unlock((pk_mutex *)mutex);
    return PK_OK;
}
PK_API pk_status pk_scope_lock(pk_scope *s, void *mutex) {
    pk_status status = mutex ? pk__scope_reserve(s, sizeof(pk_scope_entry)) : PK_INVALID;
    if (status != PK_OK) return status;
    pk__mutex_lock((pk_mutex *)mutex);
    return pk_scope_defer(s, pk__scope_unlock, mutex, "lock"); /* for which there is room */
}
#endif
#endif /* PERFKIT_IMPLEMENTATION */

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
