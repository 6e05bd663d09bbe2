/* perfkit.h - cleanups that always run, parts that are made when first asked for, and the whole of perfkit in one include.

   A scope (pk_scope) is a list of cleanups in memory that you give: every resource you open goes on it with one line, and
   closing the scope, on success or from the middle of an error path, runs them all, last first, each exactly once, and tells
   you which of them failed. A registry (pk_registry) makes the parts of a program from const tables of providers: each when it is
   first asked for, after what it needs, once however many threads ask, and ends them in reverse order. perfkit.h also includes
   perfkit_cache.h, perfkit_pool.h and perfkit_log.h, which each work alone.

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
     PERFKIT_REGISTRY            0     1         1        providers
     PERFKIT_REGISTRY_MORE       0     0         1        an index by name, start, pump, overrides, loading and unloading, hooks
     PERFKIT_REGISTRY_CAPACITY   1024                     providers, where the description says nothing
     PERFKIT_REGISTRY_HASH(text, len)                     of names; 32 bits
     PERFKIT_THREAD_ID()         -     -         found out            a number for the calling thread, for locks of your own
     PERFKIT_TICKER              0     1         1        pk_ticker: periodic work when due; hosted, with threads, on a thread of its own
     PERFKIT_RETRY               0     1         1        pk_retry, pk_try_chain: what to do when something fails
     PERFKIT_MEM                 0     0         1        pk_mem: an allocator with a limit that counts
     PERFKIT_STB_DS              0     0         0        stb_ds under a pk_mem, and its containers on scopes
     PERFKIT_CONFIG              0     0         1        pk_config: settings from lines, the environment, presets; not with CORE_ONLY
     PERFKIT_DEFAULT_…           see pk_config            the defaults of those settings
     PERFKIT_MONITOR             0     0         1        pk_monitor: scores, advice, alerts, health, reports; needs the three headers
                                                          with PERFKIT_POOL_RESOURCES, PERFKIT_STATS, PERFKIT_TICKER,
                                                          PERFKIT_PERF; not TINY
     PERFKIT_EVENTS              0     0         1        pk_log_pool_event …: what modules report, as log lines; needs all of the above
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
   Guarantees of registries
     Cost        a singleton that is there: one acquire load. By name: a hash and a comparison more (firmware: a search). What a
                 scope may hold is searched among its cleanups. 56 bytes a provider (64-bit); 32-bit firmware 20; AVR 14.
     Memory      the caller's (PK_REGISTRY_BYTES), or one block from an allocator at init; nothing later. Tables stay in ROM.
     Errors      a create that fails leaves everything as it was, is reported, and is tried again by the next get.
     Cycles      those that are declared are found by pk_registry_check, before anything is made, all others when they happen, also
                 across threads: an error with the chain, never a deadlock. What is declared is made in a loop, without recursion.
     Threads     any thread with desc.threads; creates run without locks, one for each provider. Never from an interrupt.
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
    unsigned count; /* cleanups; hosted: bytes of those in the chunks below the top one, whose `next` says the rest */
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
#if PERFKIT_HOSTED
/* How much is on a scope, and of what size a cleanup is in that: bytes, as a count would be one more word to change in each defer. */
PK__INLINE size_t pk__scope_height(const pk_scope *s) {
    return s->top ? s->count + (size_t)((unsigned char *)s->top->next - (unsigned char *)s->top->first) : 0;
}
#define PK__SCOPE_UNIT sizeof(pk_scope_entry)
#define PK__SCOPE_ADD(s, n) ((void)0)
#else
PK__INLINE unsigned pk__scope_height(const pk_scope *s) { return s->count; }
#define PK__SCOPE_UNIT 1
#define PK__SCOPE_ADD(s, n) ((void)((s)->count += (n)))
#endif
PK__INLINE unsigned pk__scope_cleanups(const pk_scope *s) { return (unsigned)(pk__scope_height(s) / PK__SCOPE_UNIT); }
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
   so far, b = plain cleanups still on it; of a tracked resource its id. */
#define PK_SCOPE_EVENT_CLEANUP_FAILED 1

PK_API pk_status pk__scope_init(pk_scope *s, size_t size, uint32_t config, const pk_scope_desc *desc);

/* Make an empty scope; NULL desc: all defaults. PK_NO_MEMORY: no memory, no allocator, no heap, or too small for one cleanup.
   PK_INVALID: this unit and the implementation were built with different configurations. Allocates nothing yet. */
PK__INLINE pk_status pk_scope_init(pk_scope *s, const pk_scope_desc *desc) {
    return pk__scope_init(s, sizeof(pk_scope), PK__SCOPE_CONFIG_WORD, desc);
}

/* Put fn(context) on the scope, to run when it closes or unwinds; `name` (not copied, may be NULL) stands in reports. O(1).
   PK_FULL, PK_NO_MEMORY or PK_CLOSED: nothing was added, and the resource is still yours to release. */
#if PERFKIT_HOSTED
PK__HOT_INLINE pk_status pk_scope_defer(pk_scope *s, pk_cleanup_fn fn, void *context, const char *name);
#else
PK_API pk_status pk_scope_defer(pk_scope *s, pk_cleanup_fn fn, void *context, const char *name);
#endif

/* Run and remove all cleanups, last first, and give back every chunk. PK_OK, or what the first failing cleanup returned.
   Closing again is PK_OK and runs nothing. Scopes nested in it that are still open are closed first; one of a parent process (see
   watch_forks) ends without its cleanups, and PK_FORKED counts as a failure of it. PK_DEFERRED: some cleanups run later, see
   pk_scope_defer_later. */
PK_API pk_status pk_scope_close(pk_scope *s);

#if PERFKIT_SCOPE_MORE
PK_API unsigned pk__scope_count(const pk_scope *s);
PK__INLINE unsigned pk_scope_count(const pk_scope *s) { return s->more ? pk__scope_count(s) : pk__scope_cleanups(s); } /* cleanups waiting */
#else
PK__INLINE unsigned pk_scope_count(const pk_scope *s) { return pk__scope_cleanups(s); } /* cleanups waiting */
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
PK__INLINE pk_scope_mark pk_scope_mark_here(const pk_scope *s) { return s->more ? pk__scope_mark(s) : pk__scope_cleanups(s); }
#else
typedef unsigned pk_scope_mark;
PK__INLINE pk_scope_mark pk_scope_mark_here(const pk_scope *s) { return pk__scope_cleanups(s); }
#endif

/* Run and remove what was added since the mark, last first. PK_OK, or what the first failing cleanup returned. PK_INVALID: the
   scope is already shorter than the mark; nothing runs. Mark 0 empties the scope and leaves it open. */
PK_API pk_status pk_scope_unwind(pk_scope *s, pk_scope_mark mark);

/* Hand every cleanup of `from` to `to`, on top of what is there, in the same order; nothing runs. All or nothing: PK_FULL,
   PK_NO_MEMORY or PK_CLOSED leave both as they were; PK_INVALID: they are the same scope; PK_BUSY: an override of a registry is on
   `from`. Scopes nested in `from` stay there. Tracked resources get new ids. O(cleanups moved). */
PK_API pk_status pk_scope_move(pk_scope *from, pk_scope *to);

/* Take what was added since the mark off the scope without running it. PK_INVALID as pk_scope_unwind; PK_BUSY: an override of a
   registry is among it. O(cleanups). */
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
/* End the batch: forget the undos, or run them (then what the first failing one returned). Ending again is PK_OK and does nothing.
   What pk_scope_forget refuses is still a batch. */
PK__INLINE pk_status pk_batch_commit(pk_batch *b) {
    pk_status status = b->scope ? pk_scope_forget(b->scope, b->mark) : PK_OK;
    if (status == PK_OK) b->scope = NULL;
    return status;
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

enum { PK_SCOPE_PLAIN = 0, PK_SCOPE_REQUEST = 1, PK_SCOPE_SESSION = 2, PK_SCOPE_ISOLATED = 4, PK_SCOPE_LOOSE = 8 };

/* Make `parent` (NULL: none) the scope around `s`, and say what `s` is to providers: one of PK_SCOPE_REQUEST and
   PK_SCOPE_SESSION, or PLAIN; with PK_SCOPE_ISOLATED it doesn't see the instances of the scopes around it; with PK_SCOPE_LOOSE the
   parent knows nothing of it and has to outlive it, which lets scopes of several threads be in one session. Call it right after
   init. A parent that is closed closes what is nested in it first, the newest first; where PERFKIT_SCOPE_MORE is 0 that is up to
   you. Without an allocator it takes the room of two cleanups, with PERFKIT_SCOPE_MORE about eight (64-bit: six), and as many of a parent
   that has none nested yet. PK_INVALID: it is nested already, or parent is `s` or nested in it. PK_NO_MEMORY, PK_FULL or PK_CLOSED: no
   room in one of them. O(depth). */
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
    void *meta, *context;
    pk_cleanup_fn fn;         /* private */
    struct pk_tracked *older; /* private */
    uint32_t id;              /* 1, 2, 3 … on a scope; log lines say socket_3 */
    unsigned at;              /* private */
    pk_time since;            /* by the scope's clock */
    pk_time life_ms;
    uint32_t slot[2];         /* private, from here on */
    uint8_t flags;
} pk_tracked;

/* Put what *what describes on the scope; *id (may be NULL) names it. It runs in its turn when the scope closes or unwinds, or
   before that by pk_scope_release or pk_scope_reap. PK_FULL: the limit is reached, or no room; PK_NO_MEMORY, PK_CLOSED,
   PK_INVALID (no fn): nothing was added, and the resource is still yours. O(1), and one reading of the clock. Without an allocator it
   takes about the room of five cleanups (64-bit: four), the first one that of nesting more; a released one's is used again. */
#if PERFKIT_HOSTED
PK__HOT_INLINE pk_status pk_scope_track(pk_scope *s, const pk_track *what, uint32_t *id);
#else
PK_API pk_status pk_scope_track(pk_scope *s, const pk_track *what, uint32_t *id);
#endif

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
   PK_OK, and nothing changes, where the process has not forked. It is in no other scope any more, and scopes nested in it are on their
   own; overrides of registries that it held are over. */
PK_API pk_status pk_scope_after_fork(pk_scope *s);

/* As pk_scope_defer, for what must not run in the middle of things: closing the scope then runs nothing of it (what is nested in it is
   closed, the newest first, up to one that has such cleanups), it says PK_DEFERRED, and pk_scope_pump runs everything, such cleanups
   first. So the scope has to live until then. (An automatic one runs all at its exit.) Unwinding past one is PK_DEFERRED, and runs
   nothing. It counts as a tracked resource. */
PK_API pk_status pk_scope_defer_later(pk_scope *s, pk_cleanup_fn fn, void *context, const char *name);

/* Run up to `budget` (0: all) cleanups of a scope whose close said PK_DEFERRED. PK_AGAIN: there are more; then PK_OK, or what the
   first failing one returned, and the scope is closed. Otherwise PK_OK. */
PK_API pk_status pk_scope_pump(pk_scope *s, unsigned budget);

/* Reported as well, with detail = the resource's name or type: */
#define PK_SCOPE_EVENT_LEAK 2        /* PK_BUSY: a tracked resource is too old. a = its age in ms, b = its id */
#define PK_SCOPE_EVENT_REAPED 3      /* its cleanup's status: it was past its life. a = its age in ms, b = its id */
#define PK_SCOPE_EVENT_NEARLY_FULL 4 /* PK_BUSY, once each time that the limit comes near. a = tracked, b = limit */
#define PK_SCOPE_EVENT_FULL 5        /* PK_FULL: one more was refused. detail = NULL, a = tracked, b = limit */
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

/* ---- Private: what the above expands to. ---- */

#if PERFKIT_HOSTED /* where speed counts for more than a call */
PK_API pk_status pk__scope_defer(pk_scope *s, pk_cleanup_fn fn, void *context, const char *name);
PK__HOT_INLINE pk_status pk_scope_defer(pk_scope *s, pk_cleanup_fn fn, void *context, const char *name) {
    pk__scope_chunk *chunk = s->top;
    pk_scope_entry *entry;
    if (PK__UNLIKELY(chunk == NULL || s->more != NULL || fn == NULL)) return pk__scope_defer(s, fn, context, name);
    entry = chunk->next;
    if (PK__UNLIKELY((uintptr_t)entry + sizeof *entry > (uintptr_t)chunk->end)) return pk__scope_defer(s, fn, context, name);
    entry->fn = fn;
    entry->context = context;
    entry->name = name;
    chunk->next = entry + 1;
    return PK_OK;
}
#endif

/* What few scopes need, in memory of the scope. */
struct pk__scope_more {
#if PERFKIT_SCOPE_MORE
    pk_tracked *newest, *spare;          /* tracked; nodes to use again */
#if PERFKIT_HOSTED
    pk_tracked *fresh, *fresh_end;       /* nodes behind each other, taken before the spare ones and given back last first */
    unsigned quick;                      /* below so many tracked there is nothing to look at but room */
#endif
    uint32_t ids;
    unsigned tracked, alert_above;
    uint8_t alerted, closing, ages, watch_forks;
    unsigned peak, limit;
    uint32_t forks;
    pk_tracked *later;                   /* to run later, the newest first */
    pk_scope *child, *older, *newer;     /* the newest nested in it; its neighbours in its parent */
    pk_clock_fn clock;
    void *clock_user;
    pk_status first;                     /* of a closing scope: what the first failing cleanup returned */
#endif
    pk_scope *parent;
#if PERFKIT_SCOPE_GROW
    struct pk__scope_block *blocks;
#endif
    uint8_t kind;
};
#if PERFKIT_SCOPE_MORE
PK__HOT_INLINE pk_tracked *pk__scope_fill(pk_tracked *t, const pk_track *what) { /* in the order of memory, which is quickest */
    const char *const type = what->type ? what->type : "resource";
    t->name = what->name ? what->name : type;
    t->type = type;
    t->site = what->site;
    t->meta = what->meta;
    t->context = what->context;
    t->fn = what->fn;
    return t;
}
#if PERFKIT_HOSTED
/* Room for a node: spare, or fresh. */
PK__INLINE bool pk__scope_has_node(const struct pk__scope_more *more) { return more->fresh != more->fresh_end || more->spare != NULL; }
PK__HOT_INLINE pk_tracked *pk__scope_take_node(struct pk__scope_more *more) {
    pk_tracked *t = more->fresh;
    if (PK__LIKELY(t != more->fresh_end)) {
        more->fresh = t + 1;
        return t;
    }
    t = more->spare;
    more->spare = t->older;
    return t;
}
PK_API pk_status pk__scope_track(pk_scope *s, const pk_track *what, uint32_t *id);
PK__HOT_INLINE pk_status pk_scope_track(pk_scope *s, const pk_track *what, uint32_t *id) {
    struct pk__scope_more *more = s->more;
    pk_tracked *t;
    if (PK__UNLIKELY(more == NULL || more->tracked >= more->quick || !pk__scope_has_node(more) || what->fn == NULL || what->life_ms)) {
        const pk_track copy = *what; /* so that *what itself need not be in memory */
        return pk__scope_track(s, &copy, id);
    }
    t = pk__scope_fill(pk__scope_take_node(more), what); /* then as pk__scope_link, of which the rest has nothing to do here */
    t->older = more->newest;
    t->id = more->ids + 1;
    t->at = (unsigned)pk__scope_height(s);
    t->since = t->life_ms = 0;
    t->flags = 0;
    more->newest = t;
    more->ids++;
    more->tracked++;
    if (id) *id = more->ids;
    return PK_OK;
}
#endif
#endif

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

/* ==== Providers: what a program is made of, made when first asked for ==== */

#ifndef PERFKIT_REGISTRY
#define PERFKIT_REGISTRY (!PK__TINY)
#endif
#ifndef PERFKIT_REGISTRY_MORE
#define PERFKIT_REGISTRY_MORE (PERFKIT_REGISTRY && PERFKIT_SCOPE_MORE && PERFKIT_HOSTED)
#endif
#if PK__NOT_01(PERFKIT_REGISTRY) || PK__NOT_01(PERFKIT_REGISTRY_MORE)
#error "perfkit: PERFKIT_REGISTRY and PERFKIT_REGISTRY_MORE are 0 or 1"
#elif PERFKIT_REGISTRY_MORE && !(PERFKIT_REGISTRY && PERFKIT_SCOPE_MORE && PERFKIT_HOSTED)
#error "perfkit: PERFKIT_REGISTRY_MORE needs PERFKIT_REGISTRY, PERFKIT_SCOPE_MORE and PERFKIT_HOSTED"
#endif
#if PERFKIT_REGISTRY

/* A table of providers says how each thing is made, what it needs, and how long it lives; a registry makes it when it is first
   asked for, once however many threads ask, after what it needs, and ends everything in reverse order:

       static pk_status open_database(pk_registry *r, pk_scope *scope, void *user, void **object) { … }
       enum { CONFIG, DATABASE, USER };
       static const pk_provider services[] PK_ROM = { // in C99 or C++20; elsewhere all fields in their order
           {.name = "config", .create = load_config, .cleanup = free_config, .lifetime = PK_SINGLETON, .tier = PK_CRITICAL},
           {.name = "database", .create = open_database, .cleanup = close_database, .needs = "config", .lifetime = PK_SINGLETON},
           {.name = "user", .create = find_user, .cleanup = forget_user, .needs = "database", .lifetime = PK_REQUEST},
       };
       pk_registry_desc desc = {0};
       desc.providers = services;
       desc.provider_count = 3;
       if (pk_registry_init(&app, &desc) != PK_OK || pk_registry_check(&app, why, sizeof why) != PK_OK) …
       if (pk_registry_get(&app, &request_scope, DATABASE, &database) != PK_OK) …

   Tables stay where they are, maybe in ROM (on an AVR they must be, with their names and needs); a registry keeps a
   pk_provider_state of each. The id of a provider is its row, counted on through all tables in the order in which they were added. */

typedef struct pk_registry pk_registry;
typedef uint16_t pk_provider_id;

/* Makes the object, or says why not, which is handed on; nothing is remembered then, and the next get tries again. It may get
   others from the registry. `scope`: the one that the object will live in; NULL for a singleton. Called without locks. */
typedef pk_status (*pk_create_fn)(pk_registry *registry, pk_scope *scope, void *user, void **object);

/* Lifetimes: made for each get, and ended with the scope given there (without a scope it is yours to end); made once, and ended
   with the registry; made once for each session, or request, and ended with that scope (pk_scope_nest). */
enum { PK_TRANSIENT, PK_SINGLETON, PK_SESSION, PK_REQUEST };
/* Tiers: pk_registry_start makes what is critical, pk_registry_pump in time what is optional; all else waits for a get. */
enum { PK_CORE, PK_CRITICAL, PK_OPTIONAL };
/* Flags */
#define PK_PROVIDER_NULL_OK 1  /* NULL is a good object, and kept; otherwise it is PK_CREATE_FAILED */
#define PK_PROVIDER_UNLOAD 2   /* pk_registry_unload_idle may end it */
#define PK_PROVIDER_LOAD 4     /* create gives no object but a const pk_provider * of the same name to use from now on: called at
                                  the first get, once; it may add further tables */
#define PK_PROVIDER_DEFERRED 8 /* never made or ended in the middle of things: a get says PK_DEFERRED until pk_registry_pump has made
                                  it (a singleton); its scope runs the cleanup from pk_scope_pump (all others) */

typedef struct pk_provider {
    const char *name;      /* without spaces and commas */
    pk_create_fn create;
    pk_cleanup_fn cleanup; /* given the object; NULL: nothing to do */
    void *user;            /* given to create */
    const char *needs;     /* names of others, "config, log"; singletons among them are made before it; NULL: none */
    uint8_t lifetime, tier, flags;
    uint8_t reserved;      /* 0 */
} pk_provider;

#if PERFKIT_HOSTED && UINTPTR_MAX > 0xFFFFFFFFu
#define PK__STATE_HAS_NAME 1
#else
#define PK__STATE_HAS_NAME 0
#endif
typedef struct pk_provider_state { /* private; public only for its size */
    void *object;              /* while it is made: who makes it */
    const pk_provider *provider;
#if PK__STATE_HAS_NAME
    const char *name;          /* the row's: a lookup needs nothing of the row then */
#endif
    volatile uint32_t word;
    uint16_t before, up, at;   /* 1 + id of the one made before it; of who needs it; where a check is */
#if PERFKIT_HOSTED
    uint8_t marks, name_len;   /* used, slow; 255: that, or more */
    uint16_t load_ms, init_ms; /* 65535: that, or more */
    uint32_t born, idle_since;
#endif
} pk_provider_state;

#if PERFKIT_HOSTED
#define PK__REGISTRY_WORDS 2 /* of the index by name, for each provider */
#else
#define PK__REGISTRY_WORDS 0
#endif
typedef struct pk__state_probe { char before; pk_provider_state state; } pk__state_probe;
#define PK__REGISTRY_ALIGN offsetof(pk__state_probe, state)
/* Bytes of memory for so many providers, at any address: 64-bit 56 each, Cortex-M 20, AVR 14. */
#define PK_REGISTRY_BYTES(providers) \
    ((size_t)(providers) * (sizeof(pk_provider_state) + PK__REGISTRY_WORDS * sizeof(uint32_t)) + PK__REGISTRY_ALIGN - 1)

typedef struct pk_registry_desc {
    const char *name;             /* for reports; NULL is fine; not copied */
    const pk_provider *providers; /* added at init; NULL: none yet */
    size_t provider_count;
    uint16_t capacity;            /* most providers, at most 65534. 0: provider_count, or if that is 0 PERFKIT_REGISTRY_CAPACITY, 1024 */
    bool threads;                 /* any thread may get; PK_UNSUPPORTED where PERFKIT_THREADS is 0, or with hooks for
                                     locks but no PERFKIT_THREAD_ID() */
    void *memory;                 /* PK_REGISTRY_BYTES(capacity), any alignment */
    size_t memory_size;
    const pk_allocator *allocator; /* where there is no memory: one block at init. NULL: malloc if PERFKIT_HEAP, or none */
    pk_event_fn on_event;         /* hears of each failure; outside the lock */
    void *user;

    /* With PERFKIT_REGISTRY_MORE, and otherwise ignored: */
    pk_clock_fn clock;            /* for times of creation; NULL: PERFKIT_NOW_MS or the platform's, if any */
    void *clock_user;
    const char *const *preload;   /* names that pk_registry_start makes, in this order, before all that is critical */
    unsigned preload_count;
    bool eager;                   /* pk_registry_start makes all singletons */
    bool no_cache;                /* singletons are made for each get, like transients */
    bool background;              /* pk_registry_pump makes what is optional */
    unsigned batch;               /* a pump makes at most so many. 0: 10 */
    unsigned max_loads;           /* so many pumps at once, others are PK_AGAIN. 0: 3 */
    pk_time load_timeout_ms;      /* what takes a pump longer is ended again. 0: 30000 */
    pk_time slow_ms;              /* what takes longer is reported (PK_REGISTRY_EVENT_SLOW). 0: 1000 */
    const char *preload_names;    /* in one text, "config, log": made by pk_registry_start after those of preload; not copied */
    const char *pump_names;       /* the same for singletons that pk_registry_pump makes once pk_registry_start was called */
} pk_registry_desc;

typedef struct pk_registry_stats {
    unsigned providers, ready; /* and singletons that are there */
    pk_count made, failed;     /* calls of create */
    pk_count cleanups_failed;
    unsigned overridden;       /* overrides in force */
} pk_registry_stats;

struct pk_registry { /* all private but name: use the functions */
    pk_provider_state *states;
    volatile uint32_t *index;
    volatile uint32_t count;
    uint16_t capacity, newest, removed;
    uint8_t threads, watched; /* watched: no get may go by the fast path */
    const char *name;
    pk_event_fn on_event;
    void *user;
    struct pk__making *making;
    void *block;
    pk_count made, failed, cleanups_failed;
    pk_allocator allocator;
    uint32_t forks;
#if PERFKIT_HOSTED
    pk_clock_fn clock;
    void *clock_user;
    const char *const *preload;
    const char *preload_names, *pump_names;
    unsigned preload_count, batch, max_loads, pumping;
    pk_time load_timeout_ms, slow_ms;
    void (*hook)(void *user, pk_provider_id id, pk_ticks spent, bool cached);
    void *hook_user;
    void (*trace)(void *user, const pk_registry *r, const char *path, pk_status status, bool made);
    void *trace_user;
    struct pk__override *overrides;
    uint32_t serial, born, pump_at, wanted;
    uint8_t eager, no_cache, background;
#endif
    pk_mutex mutex;
    pk_cond cond;
};

#define PK__REGISTRY_CONFIG_WORD (PK__SCOPE_CONFIG_WORD ^ (uint32_t)PERFKIT_REGISTRY_MORE << 14)
PK_API pk_status pk__registry_init(pk_registry *r, size_t size, uint32_t config, const pk_registry_desc *desc);

/* Make a registry with its first table; NULL: an empty one. PK_INVALID, PK_EXISTS: pk_registry_add says what is wrong with a table,
   or another configuration than the implementation's. PK_FULL: capacity is too small for it. PK_NO_MEMORY, PK_UNSUPPORTED. After an
   error it is a closed one. One thread. O(providers). */
PK__INLINE pk_status pk_registry_init(pk_registry *r, const pk_registry_desc *desc) {
    return pk__registry_init(r, sizeof(pk_registry), PK__REGISTRY_CONFIG_WORD, desc);
}

/* Add a table, all of it or nothing. PK_EXISTS: a name is there already; PK_INVALID: a row without name or create, or with an
   unknown lifetime; PK_FULL; *bad (may be NULL) becomes the first such row. Any thread. O(rows), without an index by name (firmware)
   O(rows * providers). */
PK_API pk_status pk_registry_add(pk_registry *r, const pk_provider *table, size_t count, size_t *bad);
/* The same if `enabled`, else nothing: for parts of a program that may be off. */
PK__INLINE pk_status pk_registry_add_group(pk_registry *r, const pk_provider *table, size_t count, bool enabled) {
    return enabled ? pk_registry_add(r, table, count, NULL) : PK_OK;
}

/* Look at what all declare that they need, calling nothing. PK_NOT_FOUND: a name that nobody provides; PK_CYCLE. text (may be
   NULL) becomes a line that says it: "A -> B -> C -> A", or whose need is unknown and which name is like it. PK_BUSY: something is
   being made. O(providers + needs). */
PK_API pk_status pk_registry_check(pk_registry *r, char *text, size_t size);

/* The id of a name (in ROM on an AVR). PK_NOT_FOUND. Any thread. */
PK_API pk_status pk_registry_id(const pk_registry *r, const char *name, pk_provider_id *id);

/* The object of a provider, made now if need be. What `scope` and the scopes around it hold of it comes first, the innermost
   before all others; then what its lifetime says. *object is only written with PK_OK.
     PK_NOT_FOUND   no such id, or a need that nobody provides
     PK_CYCLE       it needs itself, maybe through others or through another thread that waits; reported with the chain
     PK_CLOSED      there is no session or request around `scope`, or the registry is closed
     PK_CREATE_FAILED  create said PK_OK but gave NULL
     PK_AGAIN       another thread makes it, and this build has no condition variables to wait with
     PK_DEFERRED    pk_registry_pump will make it (PK_PROVIDER_DEFERRED)
     PK_FORKED      this process is a forked copy: see pk_registry_after_fork
     PK_FULL, PK_NO_MEMORY   no room on the scope; nothing was made, or it was ended again
   and what create said. Any thread with desc.threads, except that a scope, and sessions around it, must not be used by others
   at the same time other than through get. A singleton that is there costs one acquire load; what a scope may hold is looked for
   among its cleanups. An instance takes the room of two of them, a transient that of one. */
PK__HOT_INLINE pk_status pk_registry_get(pk_registry *r, pk_scope *scope, pk_provider_id id, void **object);

/* End the registry: singletons, last made first. Scopes that hold instances have to be closed before. The status of the first
   cleanup that failed. Closing again is PK_OK. PK_BUSY: something is being made, or an override is in force; nothing changes. One
   thread. */
PK_API pk_status pk_registry_close(pk_registry *r);

/* Put a ready object on a scope as if its provider had made it there: gets on that scope, and on those nested in it, find it first.
   It is not ended by it. PK_NOT_FOUND; PK_FULL, PK_NO_MEMORY or PK_CLOSED: no room. */
PK_API pk_status pk_registry_set(pk_registry *r, pk_scope *scope, pk_provider_id id, void *object);

/* ---- Looking at it ---- */

typedef struct pk_provider_info {
    const pk_provider *provider; /* in ROM on an AVR */
    pk_provider_id id;
    bool ready;       /* a singleton that is there */
    bool overridden;
    bool slow;        /* it took longer than slow_ms */
    uint32_t load_ms; /* that PK_PROVIDER_LOAD took (where PERFKIT_REGISTRY_MORE) */
    uint32_t init_ms; /* that its create took the last time */
} pk_provider_info;
PK_API unsigned pk_registry_count(const pk_registry *r); /* providers */
PK_API pk_status pk_registry_info(pk_registry *r, pk_provider_id id, pk_provider_info *info); /* PK_NOT_FOUND */
/* Visit all in the order of their ids; visit may use the registry. */
PK_API void pk_registry_foreach(pk_registry *r, void (*visit)(void *user, const pk_provider_info *info), void *user);
PK_API void pk_registry_get_stats(pk_registry *r, pk_registry_stats *stats); /* O(providers) */

#if PERFKIT_REGISTRY_MORE
/* ---- By name ---- */

/* As pk_registry_get, by a name: a hash of it and a comparison more. */
PK_API pk_status pk_registry_get_named(pk_registry *r, pk_scope *scope, const char *name, void **object);

/* A name that is hashed and looked up once: static pk_token database = PK_TOKEN("database"); for one registry at a time. */
typedef struct pk_token {
    const char *name;
    volatile uint32_t known; /* private: of which registry, and its id there */
} pk_token;
#define PK_TOKEN(name) {name, 0}
PK_API pk_status pk_registry_find(pk_registry *r, pk_token *token, pk_provider_id *id); /* PK_NOT_FOUND, PK_CLOSED. Any thread */
PK__HOT_INLINE pk_status pk_registry_get_token(pk_registry *r, pk_scope *scope, pk_token *token, void **object);

/* ---- Start, and work in small pieces ---- */

/* Make what desc.preload and desc.preload_names name, then all singletons that are critical (with desc.eager all of them). The first
   that fails ends it: its status, and *which (may be NULL) its name; PK_NOT_FOUND: a name of these, or of desc.pump_names, that nobody
   provides; *which is then where it stands in the text. PK_CLOSED: no init, or closed. */
PK_API pk_status pk_registry_start(pk_registry *r, const char **which);

/* Make what is waiting: optional singletons with desc.background, and PK_PROVIDER_DEFERRED ones that were asked for; up to `budget`
   and desc.batch of them (0: desc.batch). PK_OK: nothing is left. PK_AGAIN: call again; or max_loads pumps are running. Else the
   status of the one that failed, which was the last; PK_TIMEOUT: it took longer than load_timeout_ms and was ended. Any thread. */
PK_API pk_status pk_registry_pump(pk_registry *r, unsigned budget);

/* End singletons with PK_PROVIDER_UNLOAD that nobody got for max_idle_ms, as far as calls of this function can tell: an earlier one has
   to see it unused since. Not those that something ready needs. How many; the next get makes them again. Nobody may hold them. */
PK_API unsigned pk_registry_unload_idle(pk_registry *r, pk_time now, pk_time max_idle_ms);

/* ---- Changing it ---- */

/* Use another provider (of the same name) until the scope ends, which brings the old one back, with the singleton it had made.
   Overriding what is overridden is reported. PK_MISMATCH: another name; PK_INVALID: no create, or no such lifetime; PK_BUSY: it is being
   made; PK_NOT_FOUND; or no room on the scope. No other thread may get that provider meanwhile. */
PK_API pk_status pk_registry_override(pk_registry *r, pk_scope *scope, pk_provider_id id, const pk_provider *with);

/* Take a provider out; its singleton is ended first. Its id is not used again. PK_NOT_FOUND; PK_BUSY: it is being made, or overridden.
   No other thread may get it meanwhile. */
PK_API pk_status pk_registry_remove(pk_registry *r, pk_provider_id id);

/* Have every get reported: fn(user, id, ticks it took, whether the object was there). Slows all gets down; NULL ends it. The clock is
   only read with a hook. Call it while no other thread uses the registry. */
PK_API void pk_registry_set_hook(pk_registry *r, void (*fn)(void *user, pk_provider_id id, pk_ticks spent, bool cached), void *user);

/* Have the way of every get reported, once, when it has ended, and that of every need that was made for one: path is "a -> b -> c" where
   a's create gets b, or a declares that it needs it, and so on; made: by this get, else it was there, or status says why not. Outside
   the lock. Slows all gets down; fn NULL ends it. pk_registry_trace_log makes log lines of it. Call it while no other thread uses the
   registry. */
PK_API void pk_registry_set_trace(pk_registry *r, void (*fn)(void *user, const pk_registry *r, const char *path, pk_status status, bool made),
                                  void *user);

/* In a forked child of a registry with threads everything is PK_FORKED, or finds nothing, but for gets of singletons that are there and
   ids of names, until this: it forgets all objects, ending none of the parent's. PK_OK, and nothing changes, where the process has not
   forked. One thread. */
PK_API pk_status pk_registry_after_fork(pk_registry *r);
#endif

/* Reported, with detail = the provider's name (in ROM on an AVR) and a = its id: */
#define PK_REGISTRY_EVENT_CREATE_FAILED 1  /* what create said. detail = the way to it, "a -> b -> c" (PERFKIT_REGISTRY_MORE, _STRINGS) */
#define PK_REGISTRY_EVENT_CLEANUP_FAILED 2 /* what the cleanup of a singleton said */
#define PK_REGISTRY_EVENT_CYCLE 3          /* PK_CYCLE. detail = the chain, where PERFKIT_STRINGS */
#define PK_REGISTRY_EVENT_UNKNOWN 4        /* PK_NOT_FOUND: it needs what nobody provides. detail as pk_registry_check, where PERFKIT_STRINGS */
#define PK_REGISTRY_EVENT_OVERRIDDEN 5     /* PK_EXISTS: it was overridden already */
#define PK_REGISTRY_EVENT_SLOW 6           /* PK_OK, but it took b ms */
#define PK_REGISTRY_EVENT_TIMEOUT 7        /* PK_TIMEOUT: a pump ended it again. b = ms it took */
#define PK_REGISTRY_EVENT_CONFLICT 8       /* PK_EXISTS: a name to be added is there (PERFKIT_REGISTRY_MORE). b = 16 * its lifetime + the new */

/* ---- One thing that is made when it is first asked for ---- */

typedef struct pk_lazy { /* private; all zero is ready */
    void *object;
    volatile uint32_t word;
} pk_lazy;
PK_API pk_status pk__lazy_get(pk_lazy *l, pk_status (*create)(void *user, void **object), void *user, void **object);

/* The object that create made in the first call that it said PK_OK in; else what it says. Any thread where the platform's locks serve
   (hosted, no PERFKIT_MUTEX_LOCK): create is called by one at a time, a child that is forked meanwhile makes its own. PK_CYCLE: create
   asks for it itself. With PERFKIT_MUTEX_* hooks there is no lock to wait with: PK_AGAIN where another thread, or create itself, makes
   it just now. Without both, or without PERFKIT_ATOMICS: one thread at a time. */
PK__INLINE pk_status pk_lazy_get(pk_lazy *l, pk_status (*create)(void *user, void **object), void *user, void **object) {
    if (PERFKIT_ATOMICS && PK__LIKELY(pk__load32(&l->word) == 1)) {
        *object = l->object;
        return PK_OK;
    }
    return pk__lazy_get(l, create, user, object);
}

/* ---- Private ---- */

enum { PK__NOT_MADE, PK__READY, PK__BEING_MADE, PK__WANTED, PK__READY_WATCHED }; /* a state's word */
PK_API pk_status pk__registry_get(pk_registry *r, pk_scope *scope, pk_provider_id id, void **object);
PK__HOT_INLINE pk_status pk_registry_get(pk_registry *r, pk_scope *scope, pk_provider_id id, void **object) {
#if PERFKIT_SCOPE_MORE
    bool nothing_held = scope == NULL || (!scope->holds && scope->more == NULL);
#else
    bool nothing_held = scope == NULL;
#endif
    if (PK__LIKELY(nothing_held && id < r->capacity && !r->watched && (PERFKIT_ATOMICS || !r->threads) &&
                   pk__load32(&r->states[id].word) == PK__READY)) {
        *object = r->states[id].object;
        return PK_OK;
    }
    return pk__registry_get(r, scope, id, object);
}
#if PERFKIT_REGISTRY_MORE
PK__HOT_INLINE pk_status pk_registry_get_token(pk_registry *r, pk_scope *scope, pk_token *token, void **object) {
    uint32_t known = PERFKIT_ATOMICS || !r->threads ? pk__load32(&token->known) : 0;
    pk_provider_id id = (pk_provider_id)(known - 1);
    if (PK__UNLIKELY(known >> 16 != r->serial)) {
        pk_status status = pk_registry_find(r, token, &id);
        if (status != PK_OK) return status;
    }
    return pk_registry_get(r, scope, id, object);
}
#endif
PK__STATIC_ASSERT(providers_are_small, sizeof(pk_provider) <= (sizeof(void *) > 4 ? 64 : 40) &&
                                           PK_REGISTRY_BYTES(1001) - PK_REGISTRY_BYTES(1) <= (sizeof(void *) > 4 ? 64000u : 40000u));
#endif /* PERFKIT_REGISTRY */

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

/* ---- Switches of what follows ---- */

#ifndef PERFKIT_TICKER
#define PERFKIT_TICKER (!PK__TINY)
#endif
#ifndef PERFKIT_RETRY
#define PERFKIT_RETRY (!PK__TINY)
#endif
#ifndef PERFKIT_MEM
#define PERFKIT_MEM PK__FULL
#endif
#ifndef PERFKIT_STB_DS
#define PERFKIT_STB_DS 0
#endif
#ifdef PERFKIT_CORE_ONLY
#define PK__WITH_MODULES 0
#else
#define PK__WITH_MODULES 1
#endif
#ifndef PERFKIT_CONFIG
#define PERFKIT_CONFIG (PK__FULL && PK__WITH_MODULES)
#endif
#ifndef PERFKIT_MONITOR
#if PK__FULL && PK__WITH_MODULES && PERFKIT_TICKER && PERFKIT_STATS && PERFKIT_PERF
#define PERFKIT_MONITOR PERFKIT_POOL_RESOURCES
#else
#define PERFKIT_MONITOR 0
#endif
#endif
#ifndef PERFKIT_EVENTS
#if PERFKIT_MONITOR && PERFKIT_RETRY && PERFKIT_MEM && PERFKIT_SCOPE_MORE && PERFKIT_REGISTRY && PERFKIT_STRINGS
#define PERFKIT_EVENTS (PERFKIT_CACHE_EVENTS && PERFKIT_POOL_GATE)
#else
#define PERFKIT_EVENTS 0
#endif
#endif
#if PK__NOT_01(PERFKIT_TICKER) || PK__NOT_01(PERFKIT_RETRY) || PK__NOT_01(PERFKIT_MEM) || PK__NOT_01(PERFKIT_STB_DS) || \
    PK__NOT_01(PERFKIT_CONFIG) || PK__NOT_01(PERFKIT_MONITOR) || PK__NOT_01(PERFKIT_EVENTS)
#error "perfkit: each of PERFKIT_TICKER _RETRY _MEM _STB_DS _CONFIG _MONITOR _EVENTS is 0 or 1"
#endif
#if (PERFKIT_CONFIG || PERFKIT_MONITOR) && !PK__WITH_MODULES
#error "perfkit: PERFKIT_CONFIG and PERFKIT_MONITOR need the other three headers: not with PERFKIT_CORE_ONLY"
#endif
#if PERFKIT_MONITOR && (PK__TINY || !PERFKIT_TICKER || !PERFKIT_POOL_RESOURCES || !PERFKIT_STATS || !PERFKIT_PERF)
#error "perfkit: PERFKIT_MONITOR needs PERFKIT_TICKER, PERFKIT_POOL_RESOURCES, PERFKIT_STATS and PERFKIT_PERF, and is not for the TINY profile"
#endif
#if PERFKIT_EVENTS
#if !PERFKIT_MONITOR || !PERFKIT_RETRY || !PERFKIT_MEM || !PERFKIT_SCOPE_MORE || !PERFKIT_REGISTRY || !PERFKIT_STRINGS || \
    !PERFKIT_CACHE_EVENTS || !PERFKIT_POOL_GATE
#error "perfkit: PERFKIT_EVENTS needs PERFKIT_MONITOR _RETRY _MEM _SCOPE_MORE _REGISTRY _STRINGS _CACHE_EVENTS _POOL_GATE"
#endif
#endif
#if PERFKIT_STB_DS && (!PERFKIT_MEM || !PERFKIT_HEAP || defined PERFKIT_STATIC)
#error "perfkit: PERFKIT_STB_DS needs PERFKIT_MEM and PERFKIT_HEAP, and one account for all files: not PERFKIT_STATIC"
#endif
#if PERFKIT_TICKER && PERFKIT_THREADS && PERFKIT_HOSTED && !defined PERFKIT_MUTEX_LOCK
#define PK__TICKER_THREADS 1
#else
#define PK__TICKER_THREADS 0
#endif

/* ==== Ticks: periodic work, run when it is due ==== */

#if PERFKIT_TICKER
/* A superloop or a task calls pk_ticker_run; hosted, pk_ticker_start gives it a thread of its own instead.
       static pk_ticker ticker; // all zero is ready
       static pk_tick sweep;    // yours; stays put while it is on the ticker
       pk_ticker_add(&ticker, &sweep, sweep_sessions, &sessions, 1000, 64);
       for (;;) wait_ms(pk_ticker_run(&ticker, now_ms()));
   Cost: add O(1), run O(ticks), remove O(ticks). Never from an interrupt. */

/* What runs: it does at most `budget` steps and returns how many. As many as the budget: there is more to do, so it runs again at the
   next pk_ticker_run instead of a period later. It may add and remove ticks, itself too. */
typedef uint32_t (*pk_tick_fn)(void *object, pk_time now, uint32_t budget);
typedef struct pk_tick { /* private; all zero: on no ticker */
    struct pk_tick *next;
    pk_tick_fn fn;
    void *object;
    pk_time every_ms, due;
    uint32_t budget;
    uint8_t state;
} pk_tick;
struct pk_ticker_thread;
typedef struct pk_ticker { /* private; all zero: empty */
    pk_tick *first, *cursor, *running;
    struct pk_ticker_thread *thread;
} pk_ticker;

/* Run fn(object, now, budget) at the next pk_ticker_run and every `every_ms` from then on; late ones are not made up for. budget 0:
   64. PK_INVALID: no fn, every_ms 0 or above PK_TTL_MAX; PK_EXISTS: the tick is on a ticker. One thread at a time; any thread, and
   inside ticks, once the ticker has a thread. */
PK_API pk_status pk_ticker_add(pk_ticker *t, pk_tick *tick, pk_tick_fn fn, void *object, pk_time every_ms, uint32_t budget);

/* Take it off; waits until it has returned where it runs on the ticker's thread just now, but for a call out of the tick itself. Its
   memory is yours again. PK_NOT_FOUND: it is not on this ticker. */
PK_API pk_status pk_ticker_remove(pk_ticker *t, pk_tick *tick);

/* Run what is due, each once. Returns the milliseconds until the next is due: 0 when one has more to do, PK_TTL_NEVER without ticks.
   Inside a tick, or while the ticker has a thread, it runs nothing and returns PK_TTL_NEVER. */
PK_API pk_time pk_ticker_run(pk_ticker *t, pk_time now);

#if !defined PERFKIT_CORE_ONLY
/* Ready-made ticks. */
#if PERFKIT_CACHE_TTL && !PK__TINY
PK_API pk_status pk_ticker_add_cache(pk_ticker *t, pk_tick *tick, pk_cache *cache, pk_time every_ms, uint32_t budget);
#endif
#if PERFKIT_POOL_RESOURCES
PK_API pk_status pk_ticker_add_respool(pk_ticker *t, pk_tick *tick, pk_respool *pool, pk_time every_ms, uint32_t budget);
#endif
#endif

#if PK__TICKER_THREADS
typedef struct pk_ticker_thread { /* private; all zero */
    pk_mutex lock;
    pk_cond wake, ran;
    pk_clock_fn clock;
    void *user;
    uint64_t id[2];
    uint32_t process;
    bool stopping;
} pk_ticker_thread;

/* Run the ticks on a thread of their own from now on, by `clock` (NULL: the monotonic clock); `thread` is yours until the stop.
   PK_BUSY: it has one; PK_NO_MEMORY: the system gives no thread. */
PK_API pk_status pk_ticker_start(pk_ticker *t, pk_ticker_thread *thread, pk_clock_fn clock, void *user);

/* End the thread after the tick that runs just now, if one does; ticks stay on the ticker. PK_OK also where there is none; PK_BUSY:
   called by a tick. In a forked child, which has no such thread, it forgets the thread and returns PK_OK; until then all but
   this is PK_FORKED there, and run does nothing. */
PK_API pk_status pk_ticker_stop(pk_ticker *t);
#endif
#endif

/* ==== Memory under account ==== */

#if PERFKIT_MEM
/* An allocator that counts, and keeps to a limit:
       pk_mem mem;
       pk_mem_desc desc = {0};
       desc.limit = 16 << 20;
       pk_mem_init(&mem, &desc);
       pk_allocator account = pk_mem_allocator(&mem); // hand it to any desc:
       cache_desc.allocator = account;
       pool_desc.allocator = &account;                // scopes read theirs for as long as they live, all others copy it
   All functions but init and close: any thread where PERFKIT_ATOMICS, else one at a time. Cost: that of the allocator behind it, and
   two or three atomic operations. Nothing of it needs care after a fork. */
typedef struct pk_mem_desc { /* zero a field for its default */
    const char *name;               /* for reports; NULL is fine; not copied */
    size_t limit;                   /* bytes that may be out; 0: no limit */
    uint8_t alert_percent;          /* of the limit: PK_MEM_EVENT_PRESSURE when the bytes out rise above it. 0: 90; at most 100 */
    pk_event_fn on_event;           /* hears of PK_MEM_EVENT_…; NULL: only counted. Called by who allocates, maybe with locks of a cache
                                       or pool held: set a flag there, and call nothing of perfkit */
    void *user;                     /* handed to on_event */
    const pk_allocator *allocator;  /* behind it; must outlive this. NULL: malloc, any alignment; without PERFKIT_HEAP PK_NO_MEMORY */
} pk_mem_desc;
typedef struct pk_mem { /* private; all zero: no limit, over malloc */
    size_t current, peak, limit, alert_at;
    const pk_allocator *behind;
    pk_event_fn on_event;
    void *user;
    const char *name;
    uint32_t allocated, freed, refused, failed, pressed;
} pk_mem;
typedef struct pk_mem_stats {
    size_t current, peak, limit;  /* bytes out now, most ever at once, and allowed (0: any) */
    uint32_t allocated, freed;    /* calls that succeeded, modulo 2^32 */
    uint32_t refused;             /* allocations above the limit; on a host also of more than a size_t counts */
    uint32_t failed;              /* allocations that the allocator behind refused */
    int32_t utilization;          /* current of limit in 1/100 percent; 0 without a limit */
} pk_mem_stats;

/* Reported: a = current, b = limit, both in KiB, rounded up. */
enum {
    PK_MEM_EVENT_PRESSURE = 1, /* PK_OK: more than alert_percent are out. Again only after it was less. Time to sweep and trim, but
                                 not here: by a tick, where pk_mem_pressed */
    PK_MEM_EVENT_REFUSED = 2,  /* PK_FULL: above the limit */
    PK_MEM_EVENT_FAILED = 3    /* PK_NO_MEMORY: the allocator behind had none */
};

PK_API pk_status pk__mem_init(pk_mem *m, size_t size, uint32_t config, const pk_mem_desc *desc);
PK__INLINE pk_status pk_mem_init(pk_mem *m, const pk_mem_desc *desc) { /* NULL: no limit, over malloc */
    return pk__mem_init(m, sizeof(pk_mem), PK__CONFIG_WORD, desc);
}
PK_API pk_status pk_mem_close(pk_mem *m); /* PK_BUSY: bytes are out, and nothing changes */
PK_API pk_allocator pk_mem_allocator(pk_mem *m);
PK_API void pk_mem_get_stats(const pk_mem *m, pk_mem_stats *stats);
PK__INLINE bool pk_mem_pressed(const pk_mem *m) { return pk__load32(&m->pressed) != 0; } /* more than alert_percent of the limit are out */

/* malloc, realloc and free by this account, at 16 bytes each; aligned as malloc's. NULL: above the limit or none left, and what was
   there stays. With an allocator behind it, realloc has both blocks out for a moment; one to a smaller size never fails, where there
   is no room for that it leaves the block as it is. */
PK_API void *pk_mem_malloc(pk_mem *m, size_t size);
PK_API void *pk_mem_realloc(pk_mem *m, void *memory, size_t size);
PK_API void pk_mem_free(pk_mem *m, void *memory); /* NULL is fine */

#if PERFKIT_STB_DS
/* stb_ds under account and on scopes: include <stb/stb_ds.h> after this header, in every file. pk_stb_ds_mem counts what its arrays and
   maps take; its limit, if you pk_mem_init it with one, is not enforced, as stb_ds has no way to say that memory ran out: only
   PK_MEM_EVENT_PRESSURE is told. One thread at a time changes
   one container, as ever. PK_SCOPE_STB_ARRAY(&scope, array) and PK_SCOPE_STB_MAP(&scope, map), string maps too, free what the variable
   holds when the scope closes and set it to NULL; the variable must live until then. PK_OK, PK_NO_MEMORY, or what
   pk_scope_defer says: then it is still yours to free. */
PK__EXTERN pk_mem pk_stb_ds_mem;
PK_API void *pk__stb_ds_realloc(void *memory, size_t size);
PK_API void pk__stb_ds_free(void *memory);
PK_API pk_status pk__stb_ds_defer(pk_scope *s, void *variable, size_t front, size_t element, void (*free_map)(void *, size_t),
                                  const char *name);
#define STBDS_REALLOC(context, memory, size) pk__stb_ds_realloc(memory, size)
#define STBDS_FREE(context, memory) pk__stb_ds_free(memory)
#define PK_SCOPE_STB_ARRAY(scope, array) pk__stb_ds_defer(scope, &(array), sizeof(stbds_array_header), 0, NULL, #array)
#define PK_SCOPE_STB_MAP(scope, map) pk__stb_ds_defer(scope, &(map), 0, sizeof *(map), stbds_hmfree_func, #map)
#endif

/* A task's need of memory by the size of its input: max(1, 3 × size) MiB, 5 where the size is not known (0). */
PK__INLINE uint32_t pk_mem_estimate_mb(uint64_t input_bytes) {
    uint64_t mb = input_bytes >> 20 > 0x3FFFFFFFu ? 0xFFFFFFFFu : 3u * input_bytes >> 20;
    return input_bytes == 0 ? 5u : mb == 0 ? 1u : (uint32_t)mb;
}
#endif

/* ==== What to do when something fails ==== */

#if PERFKIT_RETRY
/* Which way to go for each status, and how often to try again. A table of yours ends with the row for every other status: PK_OK. */
enum { PK_RECOVERY_FAIL, PK_RECOVERY_RETRY, PK_RECOVERY_SKIP, PK_RECOVERY_DEGRADE };
typedef struct pk_recovery {
    pk_status status;
    uint8_t action;      /* PK_RECOVERY_… */
    uint8_t max_retries; /* of PK_RECOVERY_RETRY; then the caller fails */
} pk_recovery;

/* The action for a status after `tried` retries: that of its row, or of the last one; FAIL for RETRY that is used up. NULL, the
   default table: what may pass by itself (PK_AGAIN, PK_TIMEOUT, PK_BUSY, PK_EXHAUSTED, PK_CREATE_FAILED, PK_IO) is retried 3 times, want
   of room (PK_NO_MEMORY, PK_FULL, PK_TOO_BIG) degraded, bad input (PK_CORRUPT, PK_NOT_FOUND, PK_MISMATCH) skipped, all else fails.
   Any thread. O(rows). */
PK_API int pk_recovery_for(const pk_recovery *table, pk_status status, unsigned tried);

/* Call fn(context) until it is PK_OK or its status is not one to retry. Zero fields are defaults; one thread at a time. */
typedef pk_status (*pk_attempt_fn)(void *context);
typedef struct pk_retry {
    const pk_recovery *recovery;           /* NULL: the default table; only RETRY matters */
    void (*wait)(void *user, uint32_t ms); /* between attempts, by `backoff`; NULL: none */
    pk_clock_fn clock;                     /* for the breaker; NULL: PERFKIT_NOW_MS, or the platform's */
    void *user;                            /* handed to both */
    pk_breaker *breaker;                   /* asked before each attempt and told of its end; NULL: none */
    pk_backoff backoff;                    /* its max_retries limits the attempts too */
    unsigned attempts;                     /* out: how often fn ran */
} pk_retry;

/* The last status of fn, or PK_BREAKER_OPEN: the breaker refused. */
PK_API pk_status pk_retry_run(pk_retry *r, pk_attempt_fn fn, void *context);

/* Ways to do one thing, the best first: `parallel`, `serial`, … */
typedef struct pk_fallback {
    const char *name;
    pk_attempt_fn fn;
} pk_fallback;
typedef struct pk_fallback_desc {
    const pk_recovery *recovery; /* NULL: the default table. After FAIL no further way is tried, after any other action the next */
    pk_event_fn on_event;        /* hears of each downgrade: detail = the way that failed, status = how, a = its number */
    void *user;
    const char *name;
} pk_fallback_desc;
#define PK_FALLBACK_EVENT_DOWNGRADE 1

/* Try the ways in order until one is PK_OK; *served (NULL is fine) = its number, or n. The last status. NULL desc: all defaults.
   PK_INVALID: n is 0. */
PK_API pk_status pk_try_chain(const pk_fallback_desc *desc, const pk_fallback *ways, unsigned n, void *context, unsigned *served);
#endif

/* ==== Configuration: settings by name, from lines of text, the environment, or presets ==== */

#if PERFKIT_CONFIG
/* pk_config config;
       pk_config_preset(&config, PK_CONFIG_STANDARD);
       pk_config_load(&config, "app.conf", complain, NULL); // KEY = value lines
       pk_config_env(&config, complain, NULL);              // DB_POOL_MAX_SIZE=40 ./app
       if (pk_config_check(&config, complain, NULL) != PK_OK) return 2;
       pk_config_respool(&config, PK_CONFIG_DB, &respool_desc);

   Every default is a macro, PERFKIT_DEFAULT_ and the field's name in capitals, to override with -D: seconds, counts and sizes as in the table
   of keys, texts in quotes. All functions: any thread, one at a time for one pk_config; O(keys × length of what is read). */

#ifndef PERFKIT_DEFAULT_LOG_LEVEL
#define PERFKIT_DEFAULT_LOG_LEVEL 2
#endif
#ifndef PERFKIT_DEFAULT_PERF_LEVEL
#define PERFKIT_DEFAULT_PERF_LEVEL 0
#endif
#ifndef PERFKIT_DEFAULT_DEBUG
#define PERFKIT_DEFAULT_DEBUG 0
#endif
#ifndef PERFKIT_DEFAULT_PERFORMANCE_TIMING
#define PERFKIT_DEFAULT_PERFORMANCE_TIMING 0
#endif
#ifndef PERFKIT_DEFAULT_DEBUG_TIMING
#define PERFKIT_DEFAULT_DEBUG_TIMING 0
#endif
#ifndef PERFKIT_DEFAULT_LOG_COMPONENT_LOADS
#define PERFKIT_DEFAULT_LOG_COMPONENT_LOADS 0
#endif
#ifndef PERFKIT_DEFAULT_TRACK_MEMORY_USAGE
#define PERFKIT_DEFAULT_TRACK_MEMORY_USAGE 0
#endif
#ifndef PERFKIT_DEFAULT_LAZY_LOADING
#define PERFKIT_DEFAULT_LAZY_LOADING 1
#endif
#ifndef PERFKIT_DEFAULT_CACHE_INSTANCES
#define PERFKIT_DEFAULT_CACHE_INSTANCES 1
#endif
#ifndef PERFKIT_DEFAULT_DISCOVERY_MODE
#define PERFKIT_DEFAULT_DISCOVERY_MODE PK_CONFIG_LAZY
#endif
#ifndef PERFKIT_DEFAULT_CONNECTION_MODE
#define PERFKIT_DEFAULT_CONNECTION_MODE PK_CONFIG_LAZY
#endif
#ifndef PERFKIT_DEFAULT_PRELOAD_CRITICAL /* of this and of _COMMON: no names, as only a program knows its providers, and a name that
                                            nobody provides ends pk_registry_start */
#define PERFKIT_DEFAULT_PRELOAD_CRITICAL ""
#endif
#ifndef PERFKIT_DEFAULT_MINIMAL_REGISTRATION
#define PERFKIT_DEFAULT_MINIMAL_REGISTRATION 1
#endif
#ifndef PERFKIT_DEFAULT_DEFER_HEAVY_OPERATIONS
#define PERFKIT_DEFAULT_DEFER_HEAVY_OPERATIONS 1
#endif
#ifndef PERFKIT_DEFAULT_BACKGROUND_LOADING
#define PERFKIT_DEFAULT_BACKGROUND_LOADING 0
#endif
#ifndef PERFKIT_DEFAULT_BACKGROUND_WORKERS
#define PERFKIT_DEFAULT_BACKGROUND_WORKERS 2
#endif
#ifndef PERFKIT_DEFAULT_PRELOAD_COMMON
#define PERFKIT_DEFAULT_PRELOAD_COMMON ""
#endif
#ifndef PERFKIT_DEFAULT_LOAD_BATCH
#define PERFKIT_DEFAULT_LOAD_BATCH 10
#endif
#ifndef PERFKIT_DEFAULT_LOAD_CONCURRENT
#define PERFKIT_DEFAULT_LOAD_CONCURRENT 3
#endif
#ifndef PERFKIT_DEFAULT_LOAD_TIMEOUT
#define PERFKIT_DEFAULT_LOAD_TIMEOUT 30
#endif
#ifndef PERFKIT_DEFAULT_FEATURE_AWS
#define PERFKIT_DEFAULT_FEATURE_AWS 0
#endif
#ifndef PERFKIT_DEFAULT_FEATURE_DATABASE
#define PERFKIT_DEFAULT_FEATURE_DATABASE 0
#endif
#ifndef PERFKIT_DEFAULT_FEATURE_MONITORING
#define PERFKIT_DEFAULT_FEATURE_MONITORING 0
#endif
#ifndef PERFKIT_DEFAULT_COMPONENT_CACHE_SIZE
#define PERFKIT_DEFAULT_COMPONENT_CACHE_SIZE 100
#endif
#ifndef PERFKIT_DEFAULT_RESULT_TTL
#define PERFKIT_DEFAULT_RESULT_TTL 300
#endif
#ifndef PERFKIT_DEFAULT_CACHE_MEMORY_MB
#define PERFKIT_DEFAULT_CACHE_MEMORY_MB 500
#endif
#ifndef PERFKIT_DEFAULT_MEMO_SIZE
#define PERFKIT_DEFAULT_MEMO_SIZE 128
#endif
#ifndef PERFKIT_DEFAULT_CACHE_SIZE
#define PERFKIT_DEFAULT_CACHE_SIZE 1000
#endif
#ifndef PERFKIT_DEFAULT_CACHE_TTL
#define PERFKIT_DEFAULT_CACHE_TTL 300
#endif
#ifndef PERFKIT_DEFAULT_ASYNC_TTL
#define PERFKIT_DEFAULT_ASYNC_TTL 60
#endif
#ifndef PERFKIT_DEFAULT_ASYNC_CLEANUP
#define PERFKIT_DEFAULT_ASYNC_CLEANUP 30
#endif
#ifndef PERFKIT_DEFAULT_ASYNC_SHARDS
#define PERFKIT_DEFAULT_ASYNC_SHARDS 8
#endif
#ifndef PERFKIT_DEFAULT_ASYNC_WORKERS
#define PERFKIT_DEFAULT_ASYNC_WORKERS 4
#endif
#ifndef PERFKIT_DEFAULT_ASYNC_SIZE
#define PERFKIT_DEFAULT_ASYNC_SIZE 100000
#endif
#ifndef PERFKIT_DEFAULT_ASYNC_MEMORY_MB
#define PERFKIT_DEFAULT_ASYNC_MEMORY_MB 100
#endif
#ifndef PERFKIT_DEFAULT_MAX_CONCURRENCY
#define PERFKIT_DEFAULT_MAX_CONCURRENCY 10
#endif
#ifndef PERFKIT_DEFAULT_CHUNK_SIZE
#define PERFKIT_DEFAULT_CHUNK_SIZE 20
#endif
#ifndef PERFKIT_DEFAULT_ITEM_TIMEOUT
#define PERFKIT_DEFAULT_ITEM_TIMEOUT 5
#endif
#ifndef PERFKIT_DEFAULT_CLIENT_MAX
#define PERFKIT_DEFAULT_CLIENT_MAX 20
#endif
#ifndef PERFKIT_DEFAULT_CLIENT_WAIT
#define PERFKIT_DEFAULT_CLIENT_WAIT 10
#endif
#ifndef PERFKIT_DEFAULT_CLIENT_CONNECT
#define PERFKIT_DEFAULT_CLIENT_CONNECT 5
#endif
#ifndef PERFKIT_DEFAULT_LEAK
#define PERFKIT_DEFAULT_LEAK 3600
#endif
#ifndef PERFKIT_DEFAULT_MAX_RESOURCES
#define PERFKIT_DEFAULT_MAX_RESOURCES 100
#endif
#ifndef PERFKIT_DEFAULT_PARSER_CACHE
#define PERFKIT_DEFAULT_PARSER_CACHE 1
#endif
#ifndef PERFKIT_DEFAULT_PARSER_CACHE_DIR
#define PERFKIT_DEFAULT_PARSER_CACHE_DIR ".cache/parser"
#endif
#ifdef PERFKIT_DEFAULT_PARSER_CACHE_MB
#define PK__STANDARD_PARSER_CACHE_MB PERFKIT_DEFAULT_PARSER_CACHE_MB
#else
#define PK__STANDARD_PARSER_CACHE_MB 500
#define PERFKIT_DEFAULT_PARSER_CACHE_MB 1024
#endif
#ifndef PERFKIT_DEFAULT_PARSER_WORKERS
#define PERFKIT_DEFAULT_PARSER_WORKERS 0
#endif
#ifndef PERFKIT_DEFAULT_PARSER_STRATEGY
#define PERFKIT_DEFAULT_PARSER_STRATEGY PK_CONFIG_ADAPTIVE
#endif
#ifdef PERFKIT_DEFAULT_PARSER_MEMORY_MB
#define PK__STANDARD_PARSER_MEMORY_MB PERFKIT_DEFAULT_PARSER_MEMORY_MB
#else
#define PK__STANDARD_PARSER_MEMORY_MB 1024
#define PERFKIT_DEFAULT_PARSER_MEMORY_MB 2048
#endif
#ifndef PERFKIT_DEFAULT_PARSER_CHUNK_KB
#define PERFKIT_DEFAULT_PARSER_CHUNK_KB 512
#endif
#ifndef PERFKIT_DEFAULT_PARSER_THRESHOLD_MB
#define PERFKIT_DEFAULT_PARSER_THRESHOLD_MB 100
#endif
#ifndef PERFKIT_DEFAULT_MAINTAIN_EVERY
#define PERFKIT_DEFAULT_MAINTAIN_EVERY 1000
#endif
#ifndef PERFKIT_DEFAULT_DB_MIN
#define PERFKIT_DEFAULT_DB_MIN 20
#endif
#ifndef PERFKIT_DEFAULT_DB_MAX
#define PERFKIT_DEFAULT_DB_MAX 100
#endif
#ifndef PERFKIT_DEFAULT_DB_CONNECT
#define PERFKIT_DEFAULT_DB_CONNECT 60
#endif
#ifndef PERFKIT_DEFAULT_DB_IDLE
#define PERFKIT_DEFAULT_DB_IDLE 1200
#endif
#ifndef PERFKIT_DEFAULT_DB_LIFE
#define PERFKIT_DEFAULT_DB_LIFE 1800
#endif
#ifndef PERFKIT_DEFAULT_DB_HEALTH
#define PERFKIT_DEFAULT_DB_HEALTH 60
#endif
#ifndef PERFKIT_DEFAULT_REDIS_MIN
#define PERFKIT_DEFAULT_REDIS_MIN 5
#endif
#ifndef PERFKIT_DEFAULT_REDIS_MAX
#define PERFKIT_DEFAULT_REDIS_MAX 20
#endif
#ifndef PERFKIT_DEFAULT_REDIS_CONNECT
#define PERFKIT_DEFAULT_REDIS_CONNECT 30
#endif
#ifndef PERFKIT_DEFAULT_REDIS_IDLE
#define PERFKIT_DEFAULT_REDIS_IDLE 300
#endif
#ifndef PERFKIT_DEFAULT_REDIS_LIFE
#define PERFKIT_DEFAULT_REDIS_LIFE 1800
#endif
#ifndef PERFKIT_DEFAULT_REDIS_HEALTH
#define PERFKIT_DEFAULT_REDIS_HEALTH 60
#endif
#ifndef PERFKIT_DEFAULT_HTTP_MIN
#define PERFKIT_DEFAULT_HTTP_MIN 10
#endif
#ifndef PERFKIT_DEFAULT_HTTP_MAX
#define PERFKIT_DEFAULT_HTTP_MAX 100
#endif
#ifndef PERFKIT_DEFAULT_HTTP_CONNECT
#define PERFKIT_DEFAULT_HTTP_CONNECT 10
#endif
#ifndef PERFKIT_DEFAULT_HTTP_IDLE
#define PERFKIT_DEFAULT_HTTP_IDLE 300
#endif
#ifndef PERFKIT_DEFAULT_HTTP_LIFE
#define PERFKIT_DEFAULT_HTTP_LIFE 1800
#endif
#ifndef PERFKIT_DEFAULT_HTTP_HEALTH
#define PERFKIT_DEFAULT_HTTP_HEALTH 60
#endif
#define PK_CONFIG_TEXT 96 /* bytes of a setting that is text, its 0 included */
enum { PK_CONFIG_LAZY, PK_CONFIG_EAGER };                                                  /* discovery_mode, connection_mode */
enum { PK_CONFIG_ADAPTIVE, PK_CONFIG_THREADS, PK_CONFIG_PROCESSES, PK_CONFIG_HYBRID };     /* strategy */

/* X(kind, field, "KEY", least, most, default). A key in capitals is also the name of an environment variable. Kinds: BOOL true, yes, on, 1,
   false, no, off, 0. COUNT a whole number. AUTO the same, or "auto", which is 0. SECONDS up to three decimals, kept in milliseconds. LEVEL off,
   error, warn, info, debug, trace. MODE lazy, eager. STRATEGY adaptive, threads, processes, hybrid. TEXT anything; lists of names are
   separated by commas. least and most are in the unit of the key; SECONDS with a least of 1 are anything above 0. */
#define PK_CONFIG_FIELDS(X) \
    X(LEVEL, log_level, "logging.level", 0, 5, PERFKIT_DEFAULT_LOG_LEVEL) \
    X(LEVEL, perf_level, "PERFORMANCE_LOG_LEVEL", 0, 5, PERFKIT_DEFAULT_PERF_LEVEL) \
    X(BOOL, debug, "PERFORMANCE_DEBUG", 0, 1, PERFKIT_DEFAULT_DEBUG) \
    X(BOOL, performance_timing, "logging.performance_timing", 0, 1, PERFKIT_DEFAULT_PERFORMANCE_TIMING) \
    X(BOOL, debug_timing, "debug_timing", 0, 1, PERFKIT_DEFAULT_DEBUG_TIMING) \
    X(BOOL, log_component_loads, "log_component_loads", 0, 1, PERFKIT_DEFAULT_LOG_COMPONENT_LOADS) \
    X(BOOL, track_memory_usage, "track_memory_usage", 0, 1, PERFKIT_DEFAULT_TRACK_MEMORY_USAGE) \
    X(BOOL, lazy_loading, "lazy_loading.enabled", 0, 1, PERFKIT_DEFAULT_LAZY_LOADING) \
    X(BOOL, cache_instances, "lazy_loading.cache_instances", 0, 1, PERFKIT_DEFAULT_CACHE_INSTANCES) \
    X(MODE, discovery_mode, "lazy_loading.discovery_mode", 0, 1, PERFKIT_DEFAULT_DISCOVERY_MODE) \
    X(MODE, connection_mode, "lazy_loading.connection_mode", 0, 1, PERFKIT_DEFAULT_CONNECTION_MODE) \
    X(TEXT, preload_critical, "preload_critical", 0, 95, PERFKIT_DEFAULT_PRELOAD_CRITICAL) \
    X(BOOL, minimal_registration, "startup.minimal_registration", 0, 1, PERFKIT_DEFAULT_MINIMAL_REGISTRATION) \
    X(BOOL, defer_heavy_operations, "startup.defer_heavy_operations", 0, 1, PERFKIT_DEFAULT_DEFER_HEAVY_OPERATIONS) \
    X(BOOL, background_loading, "background_loading.enabled", 0, 1, PERFKIT_DEFAULT_BACKGROUND_LOADING) \
    X(COUNT, background_workers, "background_loading.thread_pool_size", 1, 64, PERFKIT_DEFAULT_BACKGROUND_WORKERS) \
    X(TEXT, preload_common, "background_loading.preload_common", 0, 95, PERFKIT_DEFAULT_PRELOAD_COMMON) \
    X(COUNT, load_batch, "optimization.batch_size", 1, 65535, PERFKIT_DEFAULT_LOAD_BATCH) \
    X(COUNT, load_concurrent, "optimization.concurrent_loads", 1, 64, PERFKIT_DEFAULT_LOAD_CONCURRENT) \
    X(SECONDS, load_timeout_ms, "optimization.timeout_seconds", 1, 86400, PERFKIT_DEFAULT_LOAD_TIMEOUT) \
    X(BOOL, feature_aws, "features.aws_integration", 0, 1, PERFKIT_DEFAULT_FEATURE_AWS) \
    X(BOOL, feature_database, "features.database_support", 0, 1, PERFKIT_DEFAULT_FEATURE_DATABASE) \
    X(BOOL, feature_monitoring, "features.monitoring", 0, 1, PERFKIT_DEFAULT_FEATURE_MONITORING) \
    X(COUNT, component_cache_size, "caching.component_cache_size", 1, 16777216, PERFKIT_DEFAULT_COMPONENT_CACHE_SIZE) \
    X(SECONDS, result_ttl_ms, "caching.result_cache_ttl", 0, 86400, PERFKIT_DEFAULT_RESULT_TTL) \
    X(COUNT, cache_memory_mb, "caching.memory_limit_mb", 1, 1048576, PERFKIT_DEFAULT_CACHE_MEMORY_MB) \
    X(COUNT, memo_size, "caching.memo_size", 1, 16777216, PERFKIT_DEFAULT_MEMO_SIZE) \
    X(COUNT, cache_size, "max_size", 1, 16777216, PERFKIT_DEFAULT_CACHE_SIZE) \
    X(SECONDS, cache_ttl_ms, "default_ttl", 0, 86400, PERFKIT_DEFAULT_CACHE_TTL) \
    X(SECONDS, async_ttl_ms, "ASYNC_CACHE_TTL", 0, 86400, PERFKIT_DEFAULT_ASYNC_TTL) \
    X(SECONDS, async_cleanup_ms, "ASYNC_CACHE_CLEANUP_INTERVAL", 1, 86400, PERFKIT_DEFAULT_ASYNC_CLEANUP) \
    X(COUNT, async_shards, "ASYNC_CACHE_NUM_SHARDS", 1, 256, PERFKIT_DEFAULT_ASYNC_SHARDS) \
    X(COUNT, async_workers, "ASYNC_CACHE_MAX_WORKERS", 1, 64, PERFKIT_DEFAULT_ASYNC_WORKERS) \
    X(COUNT, async_size, "ASYNC_CACHE_MAX_SIZE", 1, 16777216, PERFKIT_DEFAULT_ASYNC_SIZE) \
    X(COUNT, async_memory_mb, "ASYNC_CACHE_MAX_MEMORY_MB", 1, 1048576, PERFKIT_DEFAULT_ASYNC_MEMORY_MB) \
    X(COUNT, max_concurrency, "max_concurrency", 1, 65535, PERFKIT_DEFAULT_MAX_CONCURRENCY) \
    X(COUNT, chunk_size, "chunk_size", 1, 65535, PERFKIT_DEFAULT_CHUNK_SIZE) \
    X(SECONDS, item_timeout_ms, "timeout_per_package", 1, 86400, PERFKIT_DEFAULT_ITEM_TIMEOUT) \
    PK__CONFIG_POOL(X, db, "DB", DB) \
    PK__CONFIG_POOL(X, redis, "REDIS", REDIS) \
    PK__CONFIG_POOL(X, http, "HTTP", HTTP) \
    X(COUNT, client_max, "max_connections", 1, 2047, PERFKIT_DEFAULT_CLIENT_MAX) \
    X(SECONDS, client_wait_ms, "timeout", 1, 86400, PERFKIT_DEFAULT_CLIENT_WAIT) \
    X(SECONDS, client_connect_ms, "connect", 1, 86400, PERFKIT_DEFAULT_CLIENT_CONNECT) \
    X(SECONDS, leak_ms, "max_lifetime_seconds", 1, 1000000, PERFKIT_DEFAULT_LEAK) \
    X(COUNT, max_resources, "max_resources", 1, 65535, PERFKIT_DEFAULT_MAX_RESOURCES) \
    X(BOOL, parser_cache, "PARSER_CACHE_ENABLED", 0, 1, PERFKIT_DEFAULT_PARSER_CACHE) \
    X(TEXT, parser_cache_dir, "PARSER_CACHE_DIR", 1, 95, PERFKIT_DEFAULT_PARSER_CACHE_DIR) \
    X(COUNT, parser_cache_mb, "PARSER_CACHE_MAX_SIZE_MB", 1, 1048576, PERFKIT_DEFAULT_PARSER_CACHE_MB) \
    X(AUTO, parser_workers, "PARSER_MAX_WORKERS", 1, 1024, PERFKIT_DEFAULT_PARSER_WORKERS) \
    X(STRATEGY, parser_strategy, "PARSER_STRATEGY", 0, 3, PERFKIT_DEFAULT_PARSER_STRATEGY) \
    X(COUNT, parser_memory_mb, "PARSER_MAX_MEMORY_MB", 1, 1048576, PERFKIT_DEFAULT_PARSER_MEMORY_MB) \
    X(COUNT, parser_chunk_kb, "PARSER_CHUNK_SIZE_KB", 1, 1048576, PERFKIT_DEFAULT_PARSER_CHUNK_KB) \
    X(COUNT, parser_threshold_mb, "PARSER_MEMORY_THRESHOLD_MB", 1, 1048576, PERFKIT_DEFAULT_PARSER_THRESHOLD_MB) \
    X(COUNT, maintain_every, "PARSER_GC_THRESHOLD", 1, 1000000000, PERFKIT_DEFAULT_MAINTAIN_EVERY)
#define PK__CONFIG_POOL(X, field, NAME, DEFAULT) \
    X(COUNT, field##_min, NAME "_POOL_MIN_SIZE", 0, 2047, PERFKIT_DEFAULT_##DEFAULT##_MIN) \
    X(COUNT, field##_max, NAME "_POOL_MAX_SIZE", 1, 2047, PERFKIT_DEFAULT_##DEFAULT##_MAX) \
    X(SECONDS, field##_connect_ms, NAME "_POOL_CONNECT_TIMEOUT", 1, 86400, PERFKIT_DEFAULT_##DEFAULT##_CONNECT) \
    X(SECONDS, field##_idle_ms, NAME "_POOL_IDLE_TIMEOUT", 1, 1000000, PERFKIT_DEFAULT_##DEFAULT##_IDLE) \
    X(SECONDS, field##_life_ms, NAME "_POOL_MAX_LIFETIME", 1, 1000000, PERFKIT_DEFAULT_##DEFAULT##_LIFE) \
    X(SECONDS, field##_health_ms, NAME "_POOL_HEALTH_CHECK_INTERVAL", 1, 1000000, PERFKIT_DEFAULT_##DEFAULT##_HEALTH)

typedef struct pk_config {
#define PK__CONFIG_BOOL(field) bool field;
#define PK__CONFIG_COUNT(field) uint32_t field;
#define PK__CONFIG_AUTO(field) uint32_t field;
#define PK__CONFIG_SECONDS(field) uint32_t field; /* milliseconds */
#define PK__CONFIG_LEVEL(field) uint8_t field;
#define PK__CONFIG_MODE(field) uint8_t field;
#define PK__CONFIG_STRATEGY(field) uint8_t field;
#define PK__CONFIG_TEXT(field) char field[PK_CONFIG_TEXT];
#define PK__CONFIG_FIELD(kind, field, key, least, most, standard) PK__CONFIG_##kind(field)
    PK_CONFIG_FIELDS(PK__CONFIG_FIELD)
} pk_config;

/* Hears of each problem: where (a line of the text, or 0), the key or what stands there, why in words. */
typedef void (*pk_config_problem_fn)(void *user, unsigned line, const char *key, const char *why);

/* Fill all fields. DEFAULTS: each key's own. STANDARD: these, but 1024 MB of memory and 500 MB of cache, unless their macros are given.
   MINIMAL: 1 worker, 256 MB, chunks of 128 KB, no cache. PERFORMANCE: as many workers as there are (auto), 4096 MB, chunks of 512 KB, 2000 MB
   of cache, hybrid. FIRMWARE: 1 worker, caches of 32 entries, no files; as keys count memory in MB, 1 MB stands for the budget of
   PK_CONFIG_FIRMWARE_BYTES. DEBUG: the standard, with everything told. PK_INVALID: no such preset. */
#define PK_CONFIG_FIRMWARE_BYTES ((uint32_t)16 << 10) /* for pk_budget or pk_mem */
enum { PK_CONFIG_STANDARD, PK_CONFIG_MINIMAL, PK_CONFIG_PERFORMANCE, PK_CONFIG_FIRMWARE, PK_CONFIG_DEBUG, PK_CONFIG_DEFAULTS };
PK_API pk_status pk_config_preset(pk_config *c, int preset);

/* Set one. Capitals do not matter. PK_NOT_FOUND: no such key; PK_INVALID: not such a value, or out of its range, or a text with '"' or
   control characters: the old one stays. */
PK_API pk_status pk_config_apply(pk_config *c, const char *key, const char *value);

/* Set what the lines of the text name: `KEY = value`, `# comment`, "quoted values", ["lists", "of", "text"], and [section] lines, which
   stand for `section.` before the keys that follow ("default." and "performance." are left out); a short key like `timeout` means ours
   in such sections only: default, performance, or the first part of a key. Bad lines are told and left out,
   the others are set. PK_OK, or the first problem's status; problem may be NULL. */
PK_API pk_status pk_config_parse(pk_config *c, const char *text, pk_config_problem_fn problem, void *user);
#if PERFKIT_STDIO
/* The same with the lines of a file, of up to 511 bytes each. PK_IO: it cannot be read. */
PK_API pk_status pk_config_load(pk_config *c, const char *path, pk_config_problem_fn problem, void *user);
#endif
#if PERFKIT_HOSTED
/* Set what the environment names: the keys in capitals, DB_POOL_MAX_SIZE and so on, and LAZY_LOADING_ENABLED. */
PK_API pk_status pk_config_env(pk_config *c, pk_config_problem_fn problem, void *user);
#endif

/* Whether the fields fit each other and their ranges: one problem told for each that does not. PK_OK or PK_INVALID. */
PK_API pk_status pk_config_check(const pk_config *c, pk_config_problem_fn problem, void *user);

/* All as `KEY = value` lines that pk_config_parse reads back. PK_INVALID, and nothing is written: a text that pk_config_apply refuses. */
PK_API pk_status pk_config_write(const pk_config *c, pk_log_sink_fn writer, void *user);

/* What is configured, into the fields of a desc; the others stay as they are. PK_INVALID: no such kind. Nobody but the program reads the
   levels, features, parser_… and the other switches. */
#if PERFKIT_REGISTRY
/* All at the start where lazy_loading, minimal_registration or defer_heavy_operations is off or discovery eager. The names of preload_critical
   and, with background_loading, of preload_common stay in *c, which has to live as long as the registry. */
PK_API void pk_config_registry(const pk_config *c, pk_registry_desc *desc);
#endif
#if PERFKIT_SCOPE_MORE
PK_API void pk_config_scope(const pk_config *c, pk_scope_watch_desc *desc); /* max_resources; hand leak_ms to pk_scope_leaks */
#endif
enum { PK_CONFIG_CACHE, PK_CONFIG_CACHE_ASYNC, PK_CONFIG_CACHE_COMPONENTS, PK_CONFIG_CACHE_MEMO };
PK_API pk_status pk_config_cache(const pk_config *c, int kind, pk_cache_desc *desc);
#if PERFKIT_POOL_RESOURCES
enum { PK_CONFIG_DB, PK_CONFIG_REDIS, PK_CONFIG_HTTP, PK_CONFIG_CLIENT };
PK_API pk_status pk_config_respool(const pk_config *c, int kind, pk_respool_desc *desc);
#endif
#endif

/* ==== Events of the modules as log lines ==== */

#if PERFKIT_EVENTS
/* desc.on_event = pk_log_pool_event; desc.user = &log; // NULL: the default logger
   Each kind of event at its level: ERROR what was refused, misused, damaged or goes round in circles; WARN what failed and was dealt
   with; INFO what is over again. At most 10 lines a second of each kind below ERROR; what is held back is counted and told. Where
   desc.user is taken, call pk_log_event from a function of yours. As safe as the logger. */
enum {
    PK_EVENTS_CACHE, PK_EVENTS_POOL, PK_EVENTS_RESPOOL, PK_EVENTS_GATE, PK_EVENTS_SCOPE, PK_EVENTS_REGISTRY, PK_EVENTS_MEM, PK_EVENTS_FALLBACK,
    PK_EVENTS_MONITOR
};
PK_API void pk_log_event(pk_log *log, int module, const pk_event *event);
PK_API int pk_log_event_level(int module, int kind); /* PK_LOG_OFF: there is no such event */
PK_API void pk_log_cache_event(void *log, const pk_event *event);
PK_API void pk_log_pool_event(void *log, const pk_event *event);
PK_API void pk_log_respool_event(void *log, const pk_event *event);
PK_API void pk_log_gate_event(void *log, const pk_event *event); /* gates and budgets */
PK_API void pk_log_scope_event(void *log, const pk_event *event);
PK_API void pk_log_registry_event(void *log, const pk_event *event);
PK_API void pk_log_mem_event(void *log, const pk_event *event);
PK_API void pk_log_fallback_event(void *log, const pk_event *event);
PK_API void pk_log_monitor_event(void *log, const pk_event *event);
#endif

/* ==== Monitor: scores, advice, alerts, health and reports of what a program uses ==== */

#if PERFKIT_MONITOR
/* static pk_monitor monitor;            // all zero is ready: defaults, one thread
       static pk_monitored sessions_m, db_m; // one for each object; yours, all zero, stays put
       pk_monitor_add_cache(&monitor, &sessions_m, "sessions", &sessions);
       pk_monitor_add_respool(&monitor, &db_m, "database", &database);
       ... every second: pk_monitor_tick(&monitor, now_ms(), 0);
       pk_monitor_text(&monitor, pk_log_to_stderr, NULL);
   Nothing here allocates. Rates, shares and scores are whole numbers in 1/100: 8550 is 85.5 %. PK_NO_DATA before there is anything to
   say. Cost: a tick reads the statistics of each object once. Threads: any thread, for all but init, close and after_fork, where
   desc.threads; the objects themselves are read as their own functions for statistics allow, outside the lock. What takes only a
   pk_monitored (pk_monitor_score, _advice, pk_monitored_health) reads its figures without the lock: where others tick or feed it
   meanwhile, use pk_monitor_health and the reports, which take it. */

#define PK_NO_DATA ((int32_t)-1)
enum { PK_MONITOR_CACHE = 1, PK_MONITOR_POOL, PK_MONITOR_RESOURCES, PK_MONITOR_CHECK, PK_MONITOR_HISTOGRAM }; /* kinds */

/* What an object says of itself since its beginning; what does not apply stays 0. */
typedef struct pk_monitor_figures {
    pk_count hits, misses;     /* gets of a cache; acquires of a pool that were given something existing, and the others */
    pk_count puts, evictions;  /* of a cache: entries that were forced out */
    uint64_t bytes, max_bytes; /* of a cache, or anything with a budget */
    uint32_t entries, capacity;
    uint64_t access_us;        /* mean time of a get */
    uint32_t active, idle, total, max; /* of pools and resources: in use, waiting for use, both and being made, at most */
    uint32_t waiting, peak;
    pk_count waits;
    uint64_t wait_us;          /* of all waits together */
    pk_count errors, exhaustions;
    uint32_t leaks;            /* held for too long now */
    int64_t value;             /* of a check */
    pk_count values;           /* of a histogram, as all that follows */
    uint64_t sum, least, most, p50, p95, p99;
    pk_count over;             /* values beyond its range */
    bool saturated;            /* the percentiles are approximate */
} pk_monitor_figures;
typedef void (*pk_monitor_sample_fn)(void *object, pk_monitor_figures *figures); /* fills what it knows; comes cleared */

/* A moment of an object's history. */
typedef struct pk_monitor_point {
    pk_time at;
    int32_t score, rate; /* rate: hits of gets, or active of max. Each may be PK_NO_DATA */
    uint64_t amount;     /* bytes of a cache, active ones of a pool, the value of a check, the p99 of a histogram */
} pk_monitor_point;

typedef struct pk_monitored { /* private but for `name`, `kind`, `figures` and `alerts`, which only the monitor writes */
    struct pk_monitored *next;
    const char *name;
    pk_monitor_sample_fn sample;
    void *object;
    pk_monitor_figures figures; /* as of the last tick, or fed */
    pk_count seen_hits, seen_gets; /* when the hit rate was last judged */
    uint32_t *window;
    uint32_t window_room, window_used, window_next;
    uint64_t window_sum, fed_us;
    pk_monitor_point *history;
    uint32_t history_room, history_used, history_next;
    int64_t (*check)(void *user);
    int64_t limit;
    uint8_t kind, alerts, severity, unit;
    bool on;
} pk_monitored;

typedef struct pk_monitor_desc { /* zero a field for its default */
    const char *name;           /* for events; NULL is fine; not copied */
    pk_event_fn on_event;       /* hears of PK_MONITOR_EVENT_…, outside the lock */
    void *user;                 /* handed to on_event and wall */
    pk_wall_fn wall;            /* UTC for reports; NULL: the system's */
    int32_t min_hit_rate;       /* alert below. 0: 5000 */
    int32_t max_utilization;    /* alert above. 0: 9000 */
    int32_t hysteresis;         /* an alert ends when its figure is back by so much. 0: 500 */
    uint32_t maintain_every;    /* pk_monitor_worked trims after so many operations. 0: 1000 */
    bool threads;               /* any thread; PK_UNSUPPORTED where PERFKIT_THREADS is 0 */
} pk_monitor_desc;
typedef struct pk_monitor { /* private; all zero: the defaults */
    pk_monitor_desc desc;
    pk_monitored *first;
    struct pk__asking *asking;
    uint32_t count, worked, forks;
    pk_mutex lock;
    pk_cond asked;
} pk_monitor;

PK_API pk_status pk__monitor_init(pk_monitor *m, size_t size, uint32_t config, const pk_monitor_desc *desc);
/* Only where a desc is needed. NULL: all defaults. PK_INVALID: a share outside 0 to 10000. */
PK__INLINE pk_status pk_monitor_init(pk_monitor *m, const pk_monitor_desc *desc) {
    return pk__monitor_init(m, sizeof(pk_monitor), PK__CONFIG_WORD, desc);
}
/* Take all objects off it, as pk_monitor_remove; again is harmless. PK_BUSY, and nothing changes: one of them can't be taken off now.
   PK_NO_MEMORY: no locks for a forked child. One thread. O(objects). */
PK_API pk_status pk_monitor_close(pk_monitor *m);
/* In a forked child of a monitor with threads everything else is PK_FORKED, or does nothing, until this. It watches the same objects
   then: take off those that are the parent's alone. PK_OK, and nothing changes, where the process has not forked. One thread. */
PK_API pk_status pk_monitor_after_fork(pk_monitor *m);

/* ---- What it looks at ---- */

/* Watch an object under a name of its kind's own. PK_EXISTS: the name is taken, or `o` is on a monitor: nothing changes. O(objects). */
PK_API pk_status pk_monitor_add_cache(pk_monitor *m, pk_monitored *o, const char *name, pk_cache *cache);
PK_API pk_status pk_monitor_add_pool(pk_monitor *m, pk_monitored *o, const char *name, pk_pool *pool);
PK_API pk_status pk_monitor_add_respool(pk_monitor *m, pk_monitored *o, const char *name, pk_respool *pool);
#if PERFKIT_SCOPE_MORE
/* Its tracked resources; leaks are those older than PERFKIT_SCOPE_LEAK_MS. Tick the monitor in the scope's thread. */
PK_API pk_status pk_monitor_add_scope(pk_monitor *m, pk_monitored *o, const char *name, pk_scope *scope);
#endif
#if PERFKIT_PERF
/* How its values are distributed. PK_UNIT_TICKS: they are ticks, reported as times. Where other threads record meanwhile, with
   pk_hist_record_atomic only. PK_INVALID: another unit than that and PK_UNIT_NONE. */
PK_API pk_status pk_monitor_add_histogram(pk_monitor *m, pk_monitored *o, const char *name, pk_histogram *histogram, int unit);
#endif
/* Anything else: its figures come from sample(object, …) at each tick, or, with sample NULL, from the record functions below. */
PK_API pk_status pk_monitor_add(pk_monitor *m, pk_monitored *o, int kind, const char *name, pk_monitor_sample_fn sample, void *object);

/* A check of health: fn(user) below limit, or its severity counts. unit tells reports what the figure is: microseconds are
   shown as "12.3ms", bytes as "1.5MB"; not ticks. PK_INVALID: no fn, or no such severity or unit. */
enum { PK_HEALTHY, PK_DEGRADED, PK_UNHEALTHY };                  /* severities, and the health of all */
enum { PK_UNIT_NONE, PK_UNIT_MICROSECONDS, PK_UNIT_BYTES, PK_UNIT_TICKS };
#define PK_TARGET_STARTUP_US ((int64_t)500000)      /* a start takes less than 500 ms … */
#define PK_TARGET_HELP_US ((int64_t)1000000)        /* … a program's --help less than 1 s … */
#define PK_TARGET_FIRST_ACCESS_US ((int64_t)1000000) /* … the first use of what loads lazily less than 1 s … */
#define PK_TARGET_GROWTH_BYTES ((int64_t)50 << 20)  /* … and loading takes less than 50 MB; */
#define PK_TARGET_RESIDENT_BYTES ((int64_t)200 << 20) /* a process has less than 200 MB in memory */
PK_API pk_status pk_monitor_add_check(pk_monitor *m, pk_monitored *o, const char *name, int64_t (*fn)(void *user), void *user,
                                      int64_t limit, int severity, int unit);
PK_API int64_t pk_resident_bytes(void *unused); /* for such a check: pk_mem_resident; 0 without PERFKIT_PERF_STAGES */

/* Take it off: its memory, its name, and what was watched are yours again. Waits while another thread reads its statistics, tells its
   alerts or reports it. PK_NOT_FOUND: it is not on this monitor. PK_BUSY, and nothing changes: that is so, and there are hooks for locks
   but none to wait, or no PERFKIT_THREAD_ID; without that one it is also what a call out of its own sample, alert or writer gets. */
PK_API pk_status pk_monitor_remove(pk_monitor *m, pk_monitored *o);
PK_API pk_monitored *pk_monitor_find(pk_monitor *m, int kind, const char *name); /* NULL: there is none */

/* Feed what has no sample function. Microseconds. O(1). */
PK_API void pk_monitor_record_access(pk_monitor *m, pk_monitored *o, bool hit, uint32_t us);
PK_API void pk_monitor_record_put(pk_monitor *m, pk_monitored *o, bool evicted, int64_t bytes_more);
PK_API void pk_monitor_record_wait(pk_monitor *m, pk_monitored *o, uint32_t us); /* an acquire that waited */
PK_API void pk_monitor_record_acquire(pk_monitor *m, pk_monitored *o, bool hit, bool error);

/* Give it memory to average the last n accesses or waits over, instead of all: PK_MONITOR_ACCESSES, PK_MONITOR_WAITS are good numbers. */
#define PK_MONITOR_ACCESSES 100
#define PK_MONITOR_WAITS 1000
PK_API void pk_monitor_set_window(pk_monitor *m, pk_monitored *o, uint32_t *memory, uint32_t n);
/* And to keep its last n moments, one for each tick: 1000, say. */
PK_API void pk_monitor_set_history(pk_monitor *m, pk_monitored *o, pk_monitor_point *memory, uint32_t n);

/* ---- What it says ---- */

/* Read the statistics of all objects, add to their histories, tell alerts that begin or end. `budget` is not used. How many it read. */
PK_API uint32_t pk_monitor_tick(pk_monitor *m, pk_time now, uint32_t budget);
PK_API pk_status pk_ticker_add_monitor(pk_ticker *t, pk_tick *tick, pk_monitor *m, pk_time every_ms);

/* Told once when it begins, and once when it is over by the hysteresis: status PK_FULL or PK_OK; object = the monitor's name, detail = the
   watched one's; a = the figure and b = its limit, in 1/100 % (leaks: how many, and 0; a check: in its unit, at most 2^32 - 1). */
enum { PK_MONITOR_EVENT_HIT_RATE = 1, PK_MONITOR_EVENT_UTILIZATION = 2, PK_MONITOR_EVENT_LEAKS = 4, PK_MONITOR_EVENT_CHECK = 8 };

/* The score of a cache: 60 points for hits, 20 for few evictions, 20 for memory below half its limit (0 from one and a half; no limit:
   20). evictions per put. In 1/100 of 0 to 100; PK_NO_DATA without gets. */
PK_API int32_t pk_cache_score(pk_count hits, pk_count misses, pk_count evictions, pk_count puts, uint64_t bytes, uint64_t max_bytes);
/* The same for an object, by its kind; of resources and checks PK_NO_DATA. For pools see pk_respool_score. */
PK_API int32_t pk_monitor_score(const pk_monitored *o);
/* "excellent" from 80, "good" from 60, "fair" from 40, "poor"; "no data". */
PK_API const char *pk_score_word(int32_t score);

/* Hits of gets: fine from 70 %, to be watched from 50 %, low below. */
enum { PK_HIT_RATE_LOW = -1, PK_HIT_RATE_WATCH = 0, PK_HIT_RATE_FINE = 1 };
PK__INLINE int pk_hit_rate_state(int32_t rate) { return rate >= 7000 ? PK_HIT_RATE_FINE : rate >= 5000 ? PK_HIT_RATE_WATCH : PK_HIT_RATE_LOW; }

/* What to do about an object: for pools PK_RESPOOL_ADVICE_…, for caches a set of these bits. 0: nothing; PK_ADVICE_NO_DATA alone: no
   traffic yet. */
enum {
    PK_ADVICE_HIT_RATE = 1,  /* hits below 50 %: larger, longer times to live, or other keys */
    PK_ADVICE_EVICTIONS = 2, /* more than 0.3 evictions a put: larger */
    PK_ADVICE_MEMORY = 4,    /* above 80 % of its bytes */
    PK_ADVICE_SLOW = 8,      /* gets above 10 ms on average */
    PK_ADVICE_LEAKS = 64,    /* of resources: some are held for too long */
    PK_ADVICE_NO_DATA = 128
};
PK_API unsigned pk_monitor_advice(const pk_monitored *o);
PK_API const char *pk_monitor_advice_text(int kind, unsigned bit); /* one line for people; 0: "optimal" */

/* The worst of all: a cache is degraded with hits below 50 % or a score below 50, a pool with more than 10 errors or any exhaustion,
   resources above 90 % or with a leak, a check at its limit by its severity. Without traffic nothing is. */
PK_API int pk_monitor_health(pk_monitor *m);
PK_API int pk_monitored_health(const pk_monitored *o);
PK_API const char *pk_health_word(int health); /* "healthy", "degraded", "unhealthy" */

/* How a figure moved from the oldest moment kept to the newest. PK_NOT_FOUND: less than two moments with it are kept. */
enum { PK_TREND_SCORE, PK_TREND_RATE, PK_TREND_AMOUNT };
PK_API pk_status pk_monitor_trend(pk_monitor *m, const pk_monitored *o, int figure, int64_t *change);

/* ---- Reports, of what the last tick saw: the same writers, and the same switches, as of the perf channel ---- */

#if PERFKIT_PERF_TEXT
PK_API pk_status pk_monitor_text(pk_monitor *m, pk_log_sink_fn writer, void *user); /* a table of 80 columns, and the advice */
#endif
#if PERFKIT_PERF_JSON
/* {"timestamp":"…Z","caches":{"sessions":{"metrics":{"hit_rate":"85.5%",…,"efficiency_score":"82.3/100",…},"recommendations":["…"]},…},
   "connection_pools":{…},"resources":{"active_count":3,"potential_leaks":0,"objects":{…}},"checks":{…},"histograms":{…},
   "overall_health":"healthy"} */
PK_API pk_status pk_monitor_json(pk_monitor *m, pk_log_sink_fn writer, void *user);
#endif
#if PERFKIT_PERF_OPENMETRICS
PK_API pk_status pk_monitor_openmetrics(pk_monitor *m, pk_log_sink_fn writer, void *user); /* OpenMetrics 1.0, the name a label */
#endif

/* Have all watched caches sweep what is over, and object pools give back empty chunks: before memory is measured, or when it is short.
   Entries and bytes that went, together. Waits for no one. */
PK_API size_t pk_monitor_trim(pk_monitor *m, pk_time now);
/* So many operations are done: after each maintain_every of them it trims, and returns what went; else 0. */
PK_API size_t pk_monitor_worked(pk_monitor *m, pk_time now, uint32_t operations);
#endif

#if PERFKIT_EVENTS && PERFKIT_REGISTRY_MORE && PERFKIT_HOSTED
/* ==== Begin and end of scopes and registries as log lines ==== any thread that the logger is for */

/* "scope request begins" at DEBUG; returns what pk_scope_close_log measures from. */
PK_API pk_ticks pk_scope_begin_log(const pk_scope *s, pk_log *log);
/* pk_scope_close, and "scope request: 5 cleanups in 1.2 ms" at INFO, with "1 failed" where one did. */
PK_API pk_status pk_scope_close_log(pk_scope *s, pk_log *log, pk_ticks began);

/* "init: registry app, 12 providers" at INFO, after pk_registry_init. */
PK_API void pk_registry_init_log(pk_registry *r, pk_log *log);
/* pk_registry_close, and "shutdown: registry app, 5 ended, 9 made, 1 failed, 0 cleanups failed" at INFO, once. */
PK_API pk_status pk_registry_close_log(pk_registry *r, pk_log *log);

/* At DEBUG a line for each object that a get had to make: "db loaded in 12.3 ms cached=0". Yours, while it is in force; uses
   pk_registry_set_hook. log NULL: no more. */
typedef struct pk_registry_log {
    pk_registry *registry;
    pk_log *log;
} pk_registry_log;
PK_API void pk_registry_loads_log(pk_registry_log *into, pk_registry *r, pk_log *log);

/* At DEBUG a line for each get, and each need made for one, with the way to it: "registry app: get a -> b -> c (made)", (there), or why not.
   Uses pk_registry_set_trace. log NULL: no more. */
PK_API void pk_registry_trace_log(pk_registry *r, pk_log *log);
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
#if PERFKIT_HOSTED
    s->count = (unsigned)pk__scope_height(s);
#endif
    chunk->below = s->top;
    s->top = chunk;
    return PK_OK;
}

/* The top chunk is empty: go down one. It was kept until now so that a scope breathing at a chunk's edge does not allocate. */
static void pk__scope_shrink(pk_scope *s) {
    pk__scope_chunk *chunk = s->top;
    s->top = chunk->below;
#if PERFKIT_HOSTED
    if (s->top) s->count -= (unsigned)((unsigned char *)s->top->next - (unsigned char *)s->top->first);
#endif
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

#if PERFKIT_SCOPE_GROW
typedef struct pk__scope_block {
    struct pk__scope_block *next;
    size_t size;
} pk__scope_block;
#define PK__SCOPE_BLOCK PK__ALIGN_UP(sizeof(pk__scope_block), PK__SCOPE_ALIGN)
static void pk__scope_free_blocks(pk_scope *s) {
    pk__scope_block *block, *next;
    for (block = s->more ? s->more->blocks : NULL; block; block = next) { /* the last of them holds *s->more */
        next = block->next;
        pk__free(s->allocator, block, block->size);
    }
    s->more = NULL;
}
#else
#define pk__scope_free_blocks(s) ((void)((s)->more = NULL))
#endif
/* Memory that lives as long as the scope, from its allocator or else from the end of its only chunk. NULL: none. With an
   allocator *s->more has to be there, or be what it is for. */
static void *pk__scope_carve(pk_scope *s, size_t size) {
    pk__scope_chunk *chunk = s->top;
    size_t past;
#if PERFKIT_SCOPE_GROW
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
#if PERFKIT_SCOPE_GROW
#define PK__SCOPE_ALLOCATOR(s) ((s)->allocator)
#else
#define PK__SCOPE_ALLOCATOR(s) false
#endif
static pk_status pk__scope_no_room(const pk_scope *s) { return PK__SCOPE_ALLOCATOR(s) ? PK_NO_MEMORY : s->top ? PK_FULL : PK_CLOSED; }

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
#endif
#if PERFKIT_SCOPE_GROW
    if (s->allocator) more->blocks = (pk__scope_block *)(void *)((unsigned char *)more - PK__SCOPE_BLOCK);
#endif
    s->more = more;
    return PK_OK;
}
#if PERFKIT_SCOPE_MORE
#if PERFKIT_HOSTED
static void pk__scope_set_quick(struct pk__scope_more *more) {
    unsigned quick = more->ages || more->watch_forks ? 0 : more->peak;
    if (quick > more->alert_above) quick = more->alert_above;
    more->quick = quick > more->limit ? more->limit : quick;
}
#else
#define pk__scope_set_quick(more) ((void)0)
#endif
#endif

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
#define PK__SCOPE_FORKS 1
#else
#define PK__SCOPE_FORKS 0
#define pk__scope_watch_forks() PK_UNSUPPORTED
#define PK__SCOPE_FORKS_NOW() 0u
#endif
static bool pk__scope_forked(const pk_scope *s) {
    return PK__UNLIKELY(s->more != NULL) && s->more->watch_forks && s->more->forks != PK__SCOPE_FORKS_NOW();
}
#else
#define pk__scope_forked(s) false
#endif

PK_API pk_status pk_scope_nest(pk_scope *s, pk_scope *parent, unsigned kind) {
    const pk_scope *around;
    pk_status status;
    PERFKIT_ASSERT(s != NULL);
    if (kind > 15 || (kind & 3) == 3 || (s->more && s->more->parent)) return PK_INVALID;
    for (around = parent; around; around = pk_scope_parent(around))
        if (around == s) return PK_INVALID;
#if PERFKIT_SCOPE_MORE
    if (pk__scope_forked(s) || (parent && pk__scope_forked(parent))) return PK_FORKED;
#endif
    status = pk__scope_more_of(s);
#if PERFKIT_SCOPE_MORE
    if (kind & PK_SCOPE_LOOSE) {
        if (status == PK_OK) {
            s->more->parent = parent;
            s->more->kind = (uint8_t)kind;
        }
        return status;
    }
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

PK_API pk_status pk__scope_init(pk_scope *s, size_t size, uint32_t config, const pk_scope_desc *desc) {
    pk__scope_chunk *chunk = NULL;
    PERFKIT_ASSERT(s != NULL);
    if (size != sizeof(pk_scope) || config != PK__SCOPE_CONFIG_WORD) return PK_INVALID;
    s->top = NULL; /* closed, until there is memory or an allocator */
    s->more = NULL;
    s->count = 0;
    s->failures = 0;
    s->owns_bottom = 0;
    s->holds = 0;
#if PERFKIT_SCOPE_GROW
    s->allocator = NULL;
    s->on_event = NULL;
    s->user = NULL;
    s->name = NULL;
    if (desc == NULL) return PK__SCOPE_SET_GROWTH(s, NULL);
#else
    if (desc == NULL) return PK_NO_MEMORY; /* what is closed for good reports nothing */
#endif
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
PK__HOT_INLINE pk_status pk__scope_reserve(pk_scope *s, size_t bytes) {
    PERFKIT_ASSERT(s != NULL);
    if (PK__LIKELY(s->top && (size_t)(s->top->end - (unsigned char *)s->top->next) >= bytes)) return pk__scope_forked(s) ? PK_FORKED : PK_OK;
    return pk__scope_forked(s) ? PK_FORKED : pk__scope_grow(s, bytes);
}

#if PERFKIT_HOSTED
PK_API pk_status pk__scope_defer(pk_scope *s, pk_cleanup_fn fn, void *context, const char *name) {
#else
PK_API pk_status pk_scope_defer(pk_scope *s, pk_cleanup_fn fn, void *context, const char *name) {
#endif
    pk_scope_entry *entry;
    pk_status status = fn ? pk__scope_reserve(s, sizeof *entry) : PK_INVALID;
    if (PK__UNLIKELY(status != PK_OK)) return status;
    entry = s->top->next++;
    entry->fn = fn;
    entry->context = context;
    entry->name = name;
    PK__SCOPE_ADD(s, 1u);
    return PK_OK;
}

#if PERFKIT_HOSTED
#define PK__SCOPE_SHARED
#else
#define PK__SCOPE_SHARED PK__COLD /* one copy for both callers: flash counts for more than the call */
#endif
#if !PERFKIT_HOSTED
#define PK__SCOPE_APART PK__COLD
#elif defined __GNUC__ || defined __clang__
#define PK__SCOPE_APART __attribute__((noinline)) /* not cold: gcc would put the loops that call it among what never runs */
#else
#define PK__SCOPE_APART
#endif
/* The cleanup to run next, taken off the scope. */
static PK__SCOPE_SHARED pk_scope_entry *pk__scope_pop(pk_scope *s) {
    while (PK__UNLIKELY(s->top->next == s->top->first)) pk__scope_shrink(s);
#if !PERFKIT_HOSTED
    s->count--;
#endif
    return --s->top->next;
}

#if PERFKIT_HOSTED || PERFKIT_SCOPE_MORE
static void pk__scope_tell(const pk_scope *s, int kind, pk_status status, const char *detail, uint32_t a, uint32_t b) {
    PK__TELL(s, s->name, kind, status, detail, a, b);
}
static PK__SCOPE_APART void pk__scope_failed(pk_scope *s, const char *name, pk_status status, uint32_t b) {
    s->failures++;
    pk__scope_tell(s, PK_SCOPE_EVENT_CLEANUP_FAILED, status, name, s->failures, b);
}
static pk_status pk__scope_run_one(pk_scope *s) {
    const pk_scope_entry *entry = pk__scope_pop(s);
    const char *name = entry->name; /* now: the cleanup may put another entry in its place */
    pk_status status = entry->fn(entry->context);
    if (PK__UNLIKELY(status != PK_OK)) pk__scope_failed(s, name, status, pk__scope_cleanups(s));
    return status;
}
#else /* with less flash: name and status wait in the event */
static void pk__scope_report(const pk_scope *s, pk_event *event) {
    pk__event_fill(event, s->name, PK_SCOPE_EVENT_CLEANUP_FAILED, event->status, event->detail, s->failures, pk__scope_cleanups(s));
    s->on_event(s->user, event);
}
static pk_status pk__scope_run_one(pk_scope *s) {
    const pk_scope_entry *entry = pk__scope_pop(s);
    pk_event event;
    event.detail = entry->name;
    event.status = entry->fn(entry->context);
    if (PK__UNLIKELY(event.status != PK_OK)) {
        s->failures++;
        if (s->on_event) pk__scope_report(s, &event);
    }
    return event.status;
}
#endif

#if PERFKIT_SCOPE_MORE
/* ---- Tracked resources: two lists beside the stack, of nodes that know how high the stack was (`at`) ---- */

enum { PK__TRACKED_WHOLE = 1, PK__TRACKED_LATER = 2 }; /* flags: fn gets the pk_tracked, not its context; it is on the list `later` */

static pk_time pk__scope_now(const struct pk__scope_more *more) {
    return more->clock ? more->clock(more->clock_user) : pk__now_ms(NULL);
}
#if PERFKIT_HOSTED
static void pk__scope_give_node(struct pk__scope_more *more, pk_tracked *t) {
    if (PK__LIKELY(t + 1 == more->fresh)) {
        more->fresh = t;
        return;
    }
    t->older = more->spare;
    more->spare = t;
}
/* A scope with an allocator takes several at once. */
static PK__COLD pk_status pk__scope_more_nodes(pk_scope *s) {
    struct pk__scope_more *const more = s->more;
    unsigned n = PK__SCOPE_ALLOCATOR(s) ? more->tracked < 8 ? 8 : 32 : 1;
    pk_tracked *t = (pk_tracked *)pk__scope_carve(s, n * PK__ALIGN_UP(sizeof(pk_tracked), PK__SCOPE_ALIGN));
    if (t == NULL) return pk__scope_no_room(s);
    while (more->fresh != more->fresh_end) { /* the rest of a row becomes spare before there is another */
        pk_tracked *rest = more->fresh++;
        rest->older = more->spare;
        more->spare = rest;
    }
    more->fresh = t;
    more->fresh_end = t + n;
    return PK_OK;
}
#define PK__SCOPE_FRESH(s) (unsigned)((s)->more->fresh_end - (s)->more->fresh)
PK__STATIC_ASSERT(nodes_in_a_row, sizeof(pk_tracked) % PK__SCOPE_ALIGN == 0);
#else /* where flash counts for more */
static bool pk__scope_has_node(const struct pk__scope_more *more) { return more->spare != NULL; }
static pk_tracked *pk__scope_take_node(struct pk__scope_more *more) {
    pk_tracked *t = more->spare;
    more->spare = t->older;
    return t;
}
static void pk__scope_give_node(struct pk__scope_more *more, pk_tracked *t) {
    t->older = more->spare;
    more->spare = t;
}
/* A scope with an allocator takes several nodes at once. */
static PK__COLD pk_status pk__scope_more_nodes(pk_scope *s) {
    size_t size = PK__ALIGN_UP(sizeof(pk_tracked), PK__SCOPE_ALIGN);
    unsigned n = PK__SCOPE_ALLOCATOR(s) ? 8 : 1;
    unsigned char *memory = (unsigned char *)pk__scope_carve(s, n * size);
    if (memory == NULL) return pk__scope_no_room(s);
    for (; n > 0; n--, memory += size) pk__scope_give_node(s->more, (pk_tracked *)(void *)memory);
    return PK_OK;
}
#define PK__SCOPE_FRESH(s) (PK__SCOPE_ALLOCATOR(s) ? 8u : 1u)
#endif
static pk_status pk__scope_may_track(pk_scope *s) {
    pk_status status;
    PERFKIT_ASSERT(s != NULL);
    if (PK__UNLIKELY(s->more == NULL)) {
        status = pk__scope_more_of(s);
        if (status != PK_OK) return status;
    } else if (pk__scope_forked(s))
        return PK_FORKED;
    if (PK__UNLIKELY(s->more->tracked >= s->more->limit)) {
        pk__scope_tell(s, PK_SCOPE_EVENT_FULL, PK_FULL, NULL, s->more->tracked, s->more->limit);
        return PK_FULL;
    }
    return PK__LIKELY(pk__scope_has_node(s->more)) ? PK_OK : pk__scope_more_nodes(s);
}
/* Put a node on one of the lists; there is room. */
static pk_tracked *pk__scope_link(pk_scope *s, pk_tracked *t, unsigned flags) {
    struct pk__scope_more *more = s->more;
    pk_tracked **list = flags & PK__TRACKED_LATER ? &more->later : &more->newest;
    t->id = ++more->ids;
    t->at = (unsigned)pk__scope_height(s);
    t->flags = (uint8_t)flags;
    t->older = *list;
    *list = t;
    if (++more->tracked > more->peak) {
        more->peak = more->tracked;
        pk__scope_set_quick(more);
    }
    if (PK__UNLIKELY(more->tracked > more->alert_above) && !more->alerted) {
        more->alerted = 1;
        pk__scope_tell(s, PK_SCOPE_EVENT_NEARLY_FULL, PK_BUSY, t->name, more->tracked, more->limit);
    }
    return t;
}
static void pk__scope_unlink(struct pk__scope_more *more, pk_tracked *t) {
    pk_tracked **at = t->flags & PK__TRACKED_LATER ? &more->later : &more->newest;
    while (*at != t) at = &(*at)->older; /* most are the first */
    *at = t->older;
    pk__scope_give_node(more, t);
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
    if (PK__UNLIKELY(status != PK_OK)) pk__scope_failed(s, name, status, id);
    return status;
}
#if PERFKIT_HOSTED
PK_API pk_status pk__scope_track(pk_scope *s, const pk_track *what, uint32_t *id) {
#else
PK_API pk_status pk_scope_track(pk_scope *s, const pk_track *what, uint32_t *id) {
#endif
    pk_tracked *t;
    pk_status status;
    if (what->fn == NULL) return PK_INVALID;
    status = pk__scope_may_track(s);
    if (PK__UNLIKELY(status != PK_OK)) return status;
    if (what->life_ms && !s->more->ages) return PK_UNSUPPORTED;
    t = pk__scope_fill(pk__scope_take_node(s->more), what);
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
        const pk_status failed = made.fn(made.context);
        if (failed != PK_OK) pk__scope_failed(s, made.name ? made.name : made.type, failed, pk__scope_cleanups(s));
        return status;
    }
    if (object) *object = made.context;
    return PK_OK;
}
PK_API pk_status pk__scope_hold(pk_scope *s, pk_cleanup_fn fn, const pk_tracked *like) {
    pk_status status = pk__scope_may_track(s);
    pk_tracked *t;
    if (status != PK_OK) return status;
    t = pk__scope_take_node(s->more);
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
    stats->cleanups = pk__scope_cleanups(s);
    stats->failures = s->failures;
    stats->limit = PERFKIT_SCOPE_LIMIT;
    if (s->more == NULL) return;
    stats->tracked = s->more->tracked;
    stats->peak = s->more->peak;
    stats->limit = s->more->limit;
    stats->ever = s->more->ids;
    stats->utilisation_100 = 10000; /* also where the limit was lowered since */
    if (stats->tracked < stats->limit) stats->utilisation_100 = (uint16_t)((uint64_t)stats->tracked * 10000u / stats->limit);
}
PK_API unsigned pk_scope_count_type(const pk_scope *s, const char *type) {
    const pk_tracked *t = s->more ? s->more->newest : NULL;
    unsigned n = 0;
    for (; t; t = t->older) n += strcmp(t->type, type) == 0;
    return n;
}
PK_API unsigned pk__scope_count(const pk_scope *s) { return pk__scope_cleanups(s) + s->more->tracked; }
PK_API pk_scope_mark pk__scope_mark(const pk_scope *s) { return (uint64_t)s->more->ids << 32 | pk__scope_cleanups(s); }

PK_API pk_status pk_scope_watch(pk_scope *s, const pk_scope_watch_desc *desc) {
    static const pk_scope_watch_desc defaults = {0, 0, NULL, NULL, false, false};
    pk_status status;
    PERFKIT_ASSERT(s != NULL);
    if (desc == NULL) desc = &defaults;
    if (desc->alert_pct > 100) return PK_INVALID;
    if (pk__scope_forked(s)) return PK_FORKED;
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
    pk__scope_set_quick(s->more);
    return PK_OK;
}
PK_API pk_status pk_scope_defer_later(pk_scope *s, pk_cleanup_fn fn, void *context, const char *name) {
    pk_tracked *t;
    pk_status status = fn ? pk__scope_may_track(s) : PK_INVALID;
    if (status != PK_OK) return status;
    t = pk__scope_take_node(s->more);
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
    return t && t->id > (uint32_t)(mark >> 32) && t->at >= pk__scope_height(s) ? t : NULL;
}
#define PK__SCOPE_HEIGHT_OF(mark) ((size_t)(uint32_t)(mark) * PK__SCOPE_UNIT)
static pk_status pk__scope_may_unwind(const pk_scope *s, pk_scope_mark mark) {
    if (PK__SCOPE_HEIGHT_OF(mark) > pk__scope_height(s)) return PK_INVALID;
    if (PK__LIKELY(s->more == NULL)) return PK_OK;
    if (pk__scope_forked(s)) return PK_FORKED;
    return s->more->later && s->more->later->id > (uint32_t)(mark >> 32) ? PK_DEFERRED : PK_OK;
}
#define PK__SCOPE_MAY_UNWIND(s, mark)                             \
    {                                                             \
        pk_status may = pk__scope_may_unwind(s, mark);            \
        if (PK__UNLIKELY(may != PK_OK)) return may;               \
    }
#else
#define PK__SCOPE_HEIGHT_OF(mark) ((mark) * PK__SCOPE_UNIT)
#define PK__SCOPE_MAY_UNWIND(s, mark) if (PK__SCOPE_HEIGHT_OF(mark) > pk__scope_height(s)) return PK_INVALID;
#endif

#if PERFKIT_SCOPE_MORE && PERFKIT_HOSTED
/* As long as cleanups leave the scope alone where they stand is known, and need not be read again. */
static pk_status pk__scope_run_plain(pk_scope *s, size_t floor, pk_status first) {
    while (s->more == NULL && pk__scope_height(s) > floor) {
        pk__scope_chunk *const chunk = s->top;
        pk_scope_entry *entry = chunk->next, *stop = chunk->first;
        if (PK__UNLIKELY(entry == stop)) {
            pk__scope_shrink(s);
            continue;
        }
        if (floor > s->count) stop = (pk_scope_entry *)(void *)((unsigned char *)stop + (floor - s->count));
        do {
            const char *name;
            pk_status status;
            chunk->next = --entry;
            name = entry->name;
            status = entry->fn(entry->context);
            if (PK__UNLIKELY(status != PK_OK)) {
                pk__scope_failed(s, name, status, pk__scope_cleanups(s));
                if (first == PK_OK) first = status;
            }
        } while (s->top == chunk && chunk->next == entry && s->more == NULL && entry != stop);
    }
    return first;
}
#endif
#if PERFKIT_SCOPE_MORE && PERFKIT_HOSTED
/* The newest tracked resources, as long as they are next in turn and cleanups leave the list as it is. */
static pk_status pk__scope_run_newest(pk_scope *s, pk_tracked *t, uint32_t floor, pk_status first) {
    struct pk__scope_more *const more = s->more;
    do {
        const pk_cleanup_fn fn = t->fn;
        void *const context = t->context;
        const char *const name = t->name;
        const uint32_t id = t->id;
        pk_tracked *const older = t->older;
        pk_status status;
        more->newest = older;
        pk__scope_give_node(more, t);
        if (--more->tracked <= more->alert_above && PK__UNLIKELY(more->alerted)) more->alerted = 0;
        t = older;
        status = fn(context);
        if (PK__UNLIKELY(status != PK_OK)) {
            pk__scope_failed(s, name, status, id);
            if (first == PK_OK) first = status;
        }
    } while (s->more == more && more->newest == t && t && t->id > floor && t->at >= pk__scope_height(s) && t->flags == 0);
    return first;
}
#endif
PK_API pk_status pk_scope_unwind(pk_scope *s, pk_scope_mark mark) {
    pk_status first = PK_OK;
    PERFKIT_ASSERT(s != NULL);
    PK__SCOPE_MAY_UNWIND(s, mark)
#if PERFKIT_SCOPE_MORE
    for (;;) {
        pk_tracked *t;
        pk_status status;
#if PERFKIT_HOSTED
        if (PK__LIKELY(s->more == NULL)) first = pk__scope_run_plain(s, PK__SCOPE_HEIGHT_OF(mark), first);
#endif
        t = pk__scope_turn(s, mark);
#if PERFKIT_HOSTED
        if (t && t->flags == 0) {
            first = pk__scope_run_newest(s, t, (uint32_t)(mark >> 32), first);
            continue;
        }
#endif
        if (t)
            status = pk__scope_run_tracked(s, t);
        else if (PK__LIKELY(pk__scope_height(s) > PK__SCOPE_HEIGHT_OF(mark)))
            status = pk__scope_run_one(s);
        else
            break;
        if (PK__UNLIKELY(status != PK_OK) && first == PK_OK) first = status;
    }
#else
    while (pk__scope_height(s) > PK__SCOPE_HEIGHT_OF(mark)) {
        pk_status status = pk__scope_run_one(s);
        if (!first) first = status;
    }
#endif
    return first;
}
#if PERFKIT_REGISTRY_MORE
/* An override is tied to its scope, which has its memory: it can't be moved or forgotten, only unwound. */
static pk_status pk__override_end(void *context);
static void pk__override_drop(pk_scope_entry *entry);
/* The newest one among what the scope has above `floor`, or NULL. */
static pk_scope_entry *pk__scope_override(const pk_scope *s, size_t floor) {
    const pk__scope_chunk *chunk;
    size_t left = (pk__scope_height(s) - floor) / PK__SCOPE_UNIT;
    if (s->more == NULL) return NULL;
    for (chunk = s->top; chunk; chunk = chunk->below) {
        pk_scope_entry *entry = chunk->next;
        for (; entry > chunk->first && left > 0; left--)
            if ((--entry)->fn == pk__override_end) return entry;
    }
    return NULL;
}
#elif PERFKIT_SCOPE_MORE
#define pk__scope_override(s, floor) false
#define pk__override_drop(entry) ((void)0)
#endif
PK_API pk_status pk_scope_forget(pk_scope *s, pk_scope_mark mark) {
    PERFKIT_ASSERT(s != NULL);
#if PERFKIT_SCOPE_MORE
    pk_status status = pk__scope_may_unwind(s, mark);
    if (status != PK_OK && status != PK_DEFERRED) return status;
    if (pk__scope_override(s, PK__SCOPE_HEIGHT_OF(mark))) return PK_BUSY;
    while (s->more && s->more->newest && s->more->newest->id > (uint32_t)(mark >> 32)) pk__scope_unlink(s->more, s->more->newest);
    while (s->more && s->more->later && s->more->later->id > (uint32_t)(mark >> 32)) pk__scope_unlink(s->more, s->more->later);
#else
    PK__SCOPE_MAY_UNWIND(s, mark)
#endif
    while (pk__scope_height(s) > PK__SCOPE_HEIGHT_OF(mark)) (void)pk__scope_pop(s);
    return PK_OK;
}

#if PERFKIT_SCOPE_MORE
/* Take it out of the scope around it. */
static void pk__scope_leave_parent(pk_scope *s) {
    struct pk__scope_more *more = s->more;
    if (more->parent == NULL || more->kind & PK_SCOPE_LOOSE) return;
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
    }
    pk__scope_free_chunks(s);
    s->top = NULL; /* neither room nor a source of it: closed */
}
/* The innermost of what is nested in it, the newest first; or the scope itself. */
static pk_scope *pk__scope_innermost(pk_scope *s) {
    while (s->more && s->more->child) s = s->more->child;
    return s;
}
/* What is nested here and watches forks ends without a cleanup: what it holds is the parent's, and overrides have their memory on it. */
static void pk__scope_end_forked(pk_scope *s) {
    (void)pk_scope_after_fork(s);
    pk__scope_end(s);
}
PK_API pk_status pk_scope_close(pk_scope *s) {
    pk_status first = PK_OK, status;
    PERFKIT_ASSERT(s != NULL);
    if (PK__UNLIKELY(s->more != NULL) && pk__scope_forked(s)) return PK_FORKED;
    for (;;) {
        pk_scope *inner = pk__scope_innermost(s);
        if (PK__SCOPE_FORKS && inner != s && pk__scope_forked(inner)) {
            pk__scope_end_forked(inner);
            if (first == PK_OK) first = PK_FORKED;
            continue;
        }
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
        if (PK__SCOPE_FORKS && inner != s && pk__scope_forked(inner)) {
            pk__scope_end_forked(inner);
            if (s->more->first == PK_OK) s->more->first = PK_FORKED;
            continue;
        }
        if (t == NULL) t = pk__scope_turn(inner, 0);
        if (t == NULL && pk__scope_height(inner) == 0) {
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
    pk__scope_leave_parent(s);
    s->more->parent = NULL; /* a loose one's */
    s->more->closing = 0;
    s->more->first = PK_OK;
    while (pk__scope_override(s, 0)) pk__override_drop(pk__scope_override(s, 0));
    return pk_scope_forget(s, 0);
}
/* Room for the nodes of what is tracked on another scope; all or nothing, where room is scarce. */
static pk_status pk__scope_reserve_tracked(const pk_scope *from, pk_scope *to) {
    unsigned spare = 0, wanted = from->more ? from->more->tracked : 0;
    unsigned limit = to->more ? to->more->limit : PERFKIT_SCOPE_LIMIT, used = to->more ? to->more->tracked : 0;
    const pk_tracked *t;
    pk_status status;
    if (wanted == 0) return PK_OK;
    if (wanted > limit || used > limit - wanted) return PK_FULL;
#if PERFKIT_HOSTED
    if (to->more) spare = PK__SCOPE_FRESH(to);
#endif
    for (t = to->more ? to->more->spare : NULL; t && spare < wanted; t = t->older) spare++;
    if (to->top && !PK__SCOPE_ALLOCATOR(to)) { /* a fixed one: what is carved never goes back, so the entries have to fit as well */
        size_t need = (size_t)((uintptr_t)to->top->end & (PK__SCOPE_ALIGN - 1)) + pk__scope_cleanups(from) * sizeof(pk_scope_entry);
        need += (wanted > spare ? wanted - spare : 0) * PK__ALIGN_UP(sizeof *t, PK__SCOPE_ALIGN);
        if (to->more == NULL) need += PK__ALIGN_UP(sizeof *to->more, PK__SCOPE_ALIGN);
        if ((size_t)(to->top->end - (unsigned char *)to->top->next) < need) return PK_FULL;
    }
    for (status = pk__scope_more_of(to); status == PK_OK && spare < wanted; spare += PK__SCOPE_FRESH(to))
        status = pk__scope_more_nodes(to);
    return status;
}
static void pk__scope_move_list(pk_scope *from, pk_tracked **list, pk_scope *to) {
    pk_tracked *t, *newer = NULL, *older = *list;
    for (*list = NULL; (t = older) != NULL; newer = t) { /* turned round: the oldest first, so that ids ascend */
        older = t->older;
        t->older = newer;
    }
    for (t = newer; t; t = newer) {
        pk_tracked *moved = pk__scope_take_node(to->more);
        unsigned at = t->at;
        newer = t->older;
        *moved = *t;
        pk__scope_give_node(from->more, t);
        from->more->tracked--;
        (void)pk__scope_link(to, moved, moved->flags);
        moved->at = (unsigned)pk__scope_height(to) + at;
    }
    from->more->alerted = 0;
}
#else
PK_API pk_status pk_scope_close(pk_scope *s) {
    pk_status first = pk_scope_unwind(s, 0);
#if PERFKIT_SCOPE_GROW
    pk__scope_free_blocks(s);
#endif
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
    if (pk__scope_override(from, 0)) return PK_BUSY;
    status = pk__scope_reserve_tracked(from, to);
    if (status != PK_OK) return status;
#endif
    status = pk__scope_reserve(to, pk__scope_cleanups(from) * sizeof *target); /* fits: that many exist */
    if (status != PK_OK) return status;
#if PERFKIT_SCOPE_MORE
    if (from->more && from->more->tracked) {
        pk__scope_move_list(from, &from->more->newest, to);
        pk__scope_move_list(from, &from->more->later, to);
    }
    to->holds |= from->holds;
#endif
    PK__SCOPE_ADD(to, pk__scope_cleanups(from));
    to->top->next += pk__scope_cleanups(from);
    for (target = to->top->next; pk__scope_height(from) > 0;) *--target = *pk__scope_pop(from);
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
/* Which thread this is, for registries and monitors. */
#if PERFKIT_THREADS && (defined PERFKIT_THREAD_ID || (PERFKIT_HOSTED && (!defined PERFKIT_MUTEX_LOCK || defined _WIN32)))
#define PK__REGISTRY_THREADS 1
#else /* without threads, or without a way to tell them apart */
#define PK__REGISTRY_THREADS 0
#endif
PK__INLINE uintptr_t pk__thread_me(void) {
#ifdef PERFKIT_THREAD_ID
    return (uintptr_t)PERFKIT_THREAD_ID();
#elif !PK__REGISTRY_THREADS
    return 0;
#elif defined _WIN32
    return (uintptr_t)GetCurrentThreadId();
#else
    return (uintptr_t)pthread_self();
#endif
}

/* ==== Providers ==== */
#if PERFKIT_REGISTRY

/* One for each creation that is going on, on the stack of the thread that does it. */
typedef struct pk__making {
    struct pk__making *older;         /* of all threads; of one thread the innermost comes first */
    const struct pk__making *waits;   /* for another thread that makes `wanted` */
    uintptr_t thread;
    const pk_scope *scope;            /* that the object goes to; NULL: a singleton, or a transient for no scope */
    pk_provider_id id, wanted;
#if PERFKIT_REGISTRY_MORE
    unsigned pumped;                  /* 1 + id of what a pump makes, which must not take long; 0: none */
#endif
} pk__making;

#if PERFKIT_REGISTRY_MORE
typedef struct pk__override { /* on the scope that it is tied to: what was before */
    struct pk__override *older;
    pk_registry *registry;
    const pk_provider *provider;
    void *object;
    uint32_t word, born;
    pk_provider_id id;
} pk__override;
#endif

#if PERFKIT_ATOMICS && (defined __GNUC__ || defined __clang__) /* a table row may be replaced while others look for names */
#define PK__ROW(st) __atomic_load_n(&(st)->provider, __ATOMIC_ACQUIRE)
#define PK__SET_ROW(st, row) __atomic_store_n(&(st)->provider, row, __ATOMIC_RELEASE)
#else
#define PK__ROW(st) ((st)->provider)
#define PK__SET_ROW(st, row) ((void)((st)->provider = (row)))
#endif
enum { PK__USED = 1, PK__SLOW = 2 }; /* marks of a state */
static pk_provider pk__provider_of(const pk_provider *row) {
#ifdef __AVR__
    pk_provider p;
    memcpy_P(&p, row, sizeof p);
    return p;
#else
    return *row;
#endif
}
PK__INLINE const char *pk__provider_name(const pk_provider *row) { return (const char *)pk__rom_read_ptr(&row->name); }

static void pk__registry_lock(pk_registry *r) {
    if (r->threads) pk__mutex_lock(&r->mutex);
}
static void pk__registry_unlock(pk_registry *r) {
    if (r->threads) pk__mutex_unlock(&r->mutex);
}
#if PERFKIT_REGISTRY_MORE && PERFKIT_THREADS && PERFKIT_HOSTED && !defined _WIN32 && !defined PERFKIT_MUTEX_LOCK
#define PK__REGISTRY_FORKS 1
#define PK__REGISTRY_FORKED(r) ((r)->threads && PK__UNLIKELY((r)->forks != PK__SCOPE_FORKS_NOW()))
#else
#define PK__REGISTRY_FORKS 0
#define PK__REGISTRY_FORKED(r) false
#endif

/* Outside the lock. */
static PK__COLD void pk__registry_tell(const pk_registry *r, int kind, pk_status status, pk_provider_id id, const char *detail, uint32_t b) {
    PK__TELL(r, r->name, kind, status, detail, id, b);
}

/* ---- Names ---- */

/* The next name of a list of needs from `at` on: where it starts and, as *len, how long it is; 0: there is none. */
static size_t pk__needs_next(const char *needs, size_t at, size_t *len) {
    size_t start, end;
    char c;
    *len = 0;
    if (needs == NULL) return at;
    for (start = at; (c = (char)pk__rom_read8(needs + start)) == ' ' || c == ','; start++) {}
    for (end = start; (c = (char)pk__rom_read8(needs + end)) != 0 && c != ' ' && c != ','; end++) {}
    *len = end - start;
    return start;
}
static bool pk__same_name(const char *name, const char *text, size_t len) { /* both in ROM */
#if PERFKIT_HOSTED
    return strncmp(name, text, len) == 0 && name[len] == 0;
#else
    size_t i;
    for (i = 0; i < len; i++)
        if (pk__rom_read8(name + i) != pk__rom_read8(text + i)) return false;
    return pk__rom_read8(name + len) == 0;
#endif
}
static size_t pk__name_len(const char *name) {
#if PERFKIT_HOSTED
    return strlen(name);
#else
    size_t len = 0;
    while (pk__rom_read8(name + len) != 0) len++;
    return len;
#endif
}
#if PERFKIT_HOSTED
PK__INLINE uint64_t pk__name_eight(const char *at) {
    uint64_t eight;
    memcpy(&eight, at, 8);
    return eight;
}
/* Eight letters at a time, some of the last ones twice; mixed as MurmurHash3 does at its end (Appleby, 2010). */
PK__HOT_INLINE uint32_t pk__name_hash(const char *text, size_t len) {
    const uint64_t odd = 0x9E3779B97F4A7C15u; /* 2^64 by the golden ratio */
    uint64_t h = len, last = 0;
    if (PK__LIKELY(len >= 8)) {
        const char *const end = text + (len - 8);
        for (; text < end; text += 8) {
            h = (h ^ pk__name_eight(text)) * odd;
            h ^= h >> 32;
        }
        last = pk__name_eight(end);
    } else
        for (; len > 0; len--) last = last << 8 | (unsigned char)*text++;
    h = (h ^ last) * odd;
    return (uint32_t)((h ^ h >> 32) * odd >> 32);
}
#ifndef PERFKIT_REGISTRY_HASH
#define PERFKIT_REGISTRY_HASH(text, len) pk__name_hash(text, len)
#endif
static uint32_t pk__index_slots(const pk_registry *r) { return (uint32_t)(r->capacity * PK__REGISTRY_WORDS); }
static uint32_t pk__index_start(const pk_registry *r, uint32_t hash) { return (uint32_t)((uint64_t)hash * pk__index_slots(r) >> 32); }
static uint32_t pk__index_next(const pk_registry *r, uint32_t at) { return at + 1 == pk__index_slots(r) ? 0 : at + 1; }
static PK__COLD void pk__index_add(pk_registry *r, const pk_provider *row, unsigned id) {
    const size_t len = pk__name_len(row->name);
    const uint32_t hash = PERFKIT_REGISTRY_HASH(row->name, len);
    uint32_t at = pk__index_start(r, hash);
#if PK__STATE_HAS_NAME
    r->states[id].name = row->name;
#endif
    r->states[id].name_len = (uint8_t)(len < 255 ? len : 255);
    while (r->index[at] != 0) at = pk__index_next(r, at);
    pk__store32(&r->index[at], hash << 16 | (id + 1));
}
#endif
#if PERFKIT_HOSTED
/* Whether a state is that of a name. */
PK__HOT_INLINE bool pk__state_is(const pk_provider_state *st, const char *text, size_t len) {
    const pk_provider *const row = PK__ROW(st);
    const char *name;
    if (PK__UNLIKELY(row == NULL || st->name_len != (len < 255 ? len : 255))) return false;
#if PK__STATE_HAS_NAME
    name = st->name;
#else
    name = row->name;
#endif
    if (PK__LIKELY(len - 8 <= 8)) /* most names */
        return ((pk__name_eight(name) ^ pk__name_eight(text)) | (pk__name_eight(name + len - 8) ^ pk__name_eight(text + len - 8))) == 0;
    return len < 255 ? memcmp(name, text, len) == 0 : pk__same_name(name, text, len);
}
/* The id of a name with that hash among the first `count`; all of them if there is no such. The index is at most half full. */
PK__HOT_INLINE unsigned pk__index_find(const pk_registry *r, uint32_t hash, const char *text, size_t len, unsigned count) {
    const volatile uint32_t *const index = r->index;
    const uint32_t slots = pk__index_slots(r);
    uint32_t at = (uint32_t)((uint64_t)hash * slots >> 32), word, next;
    if (PK__UNLIKELY(slots == 0)) return count;
    word = pk__load32(&index[at]); /* of the first two the one that fits, without a branch that would be guessed wrong */
    next = pk__load32(&index[at + 1 == slots ? 0 : at + 1]);
    hash <<= 16;
    word = (word ^ hash) >> 16 != 0 ? next : word;
    for (;;) {
        const unsigned id = (word ^ hash) - 1; /* of another hash it is far too large, of an empty place too */
        if (PK__LIKELY(id < count && pk__state_is(&r->states[id], text, len))) return id;
        word = pk__load32(&index[at]); /* otherwise one after the other */
        if (word == 0) return count;
        at = at + 1 == slots ? 0 : at + 1;
    }
}
#endif
/* The id of a name among the first `count`; all of them if there is no such. */
static unsigned pk__registry_find(const pk_registry *r, const char *text, size_t len, unsigned count) {
#if PERFKIT_HOSTED
    return pk__index_find(r, PERFKIT_REGISTRY_HASH(text, len), text, len, count);
#else
    unsigned id;
    for (id = 0; id < count; id++)
        if (pk__same_name(pk__provider_name(PK__ROW(&r->states[id])), text, len)) break;
    return id;
#endif
}
static pk_status pk__registry_id(const pk_registry *r, const char *name, size_t len, pk_provider_id *id) {
    unsigned count, found;
    if (PERFKIT_THREADS && !PERFKIT_ATOMICS) pk__registry_lock((pk_registry *)(uintptr_t)r);
    count = (unsigned)pk__load32(&r->count);
    found = pk__registry_find(r, name, len, count);
    if (PERFKIT_THREADS && !PERFKIT_ATOMICS) pk__registry_unlock((pk_registry *)(uintptr_t)r);
    if (found == count) return PK_NOT_FOUND;
    *id = (pk_provider_id)found;
    return PK_OK;
}
PK_API pk_status pk_registry_id(const pk_registry *r, const char *name, pk_provider_id *id) {
    PERFKIT_ASSERT(r != NULL && name != NULL);
    return pk__registry_id(r, name, pk__name_len(name), id);
}

/* ---- Texts: what a check found, which chain is a cycle ---- */

#if PERFKIT_STRINGS
typedef struct pk__why { char *start, *end; } pk__why;
static void pk__why_add(pk__why *t, const char *rom, size_t len) {
    for (; len > 0 && t->start + 1 < t->end; len--) *t->start++ = (char)pk__rom_read8(rom++);
    if (t->start < t->end) *t->start = 0;
}
static void pk__why_put(pk__why *t, const char *rom) { /* any text, up to its end */
    for (; t->start + 1 < t->end && pk__rom_read8(rom) != 0; rom++) *t->start++ = (char)pk__rom_read8(rom);
    if (t->start < t->end) *t->start = 0;
}
static void pk__why_copy(char *to, const char *rom, size_t len) {
    for (; len > 0; len--) *to++ = (char)pk__rom_read8(rom++);
}
/* Names are put before what is there; false, and "... " before it, where one does not fit. */
static bool pk__why_before(char *start, char **at, const pk_provider *row, bool arrow) {
    const char *name = pk__provider_name(row);
    size_t len = pk__name_len(name), all = len + (arrow ? 4 : 0);
    if ((size_t)(*at - start) < all + 7) {
        if (*at - start >= 7) {
            *at -= 7;
            pk__why_copy(*at, PK_ROM_STR("... -> "), 7);
        }
        return false;
    }
    *at -= all;
    pk__why_copy(*at, name, len);
    if (arrow) pk__why_copy(*at + len, PK_ROM_STR(" -> "), 4);
    return true;
}
#if PERFKIT_REGISTRY_MORE
/* How many letters have to be changed, put in or left out (Levenshtein, 1965), if at most `most`; names of up to 31 letters. */
static unsigned pk__names_apart(const char *a, size_t a_len, const char *b, size_t b_len, unsigned most) {
    uint8_t row[32];
    size_t i, j;
    if (a_len > 31 || b_len > 31) return most + 1;
    for (j = 0; j <= b_len; j++) row[j] = (uint8_t)j;
    for (i = 1; i <= a_len; i++) {
        uint8_t diagonal = row[0];
        row[0] = (uint8_t)i;
        for (j = 1; j <= b_len; j++) {
            uint8_t change = (uint8_t)(diagonal + (a[i - 1] != b[j - 1])), least = row[j] < row[j - 1] ? row[j] : row[j - 1];
            diagonal = row[j];
            row[j] = (uint8_t)(change <= least ? change : least + 1);
        }
    }
    return row[b_len];
}
static void pk__why_suggest(pk__why *t, const pk_registry *r, const char *text, size_t len) {
    unsigned id, best = (unsigned)(len * 2 / 5) + 1; /* three of five letters are the same */
    const char *like = NULL;
    for (id = 0; id < r->count; id++) {
        const char *name = r->states[id].provider ? r->states[id].provider->name : NULL;
        unsigned apart = name ? pk__names_apart(text, len, name, pk__name_len(name), best) : best;
        if (apart >= best) continue;
        best = apart;
        like = name;
    }
    if (like == NULL) return;
    pk__why_put(t, "; did you mean \"");
    pk__why_put(t, like);
    pk__why_put(t, "\"?");
}
#else
#define pk__why_suggest(t, r, text, len) ((void)0)
#endif
static PK__COLD void pk__why_unknown(char *text, size_t size, const pk_registry *r, pk_provider_id id, const char *need, size_t len) {
    pk__why t;
    t.start = text;
    t.end = text + size;
    pk__why_add(&t, PK_ROM_STR("\""), 1);
    pk__why_put(&t, pk__provider_name(r->states[id].provider));
    pk__why_put(&t, PK_ROM_STR("\" needs \""));
    pk__why_add(&t, need, len);
    pk__why_put(&t, PK_ROM_STR("\", which nobody provides"));
    pk__why_suggest(&t, r, need, len);
}
#endif

/* ---- The table ---- */

static size_t pk__registry_bytes(unsigned capacity) { return PK_REGISTRY_BYTES(capacity); }

#if PERFKIT_REGISTRY_MORE
static volatile uint32_t pk__registries; /* made so far: tokens tell them apart by it */
static void pk__registry_init_more(pk_registry *r, const pk_registry_desc *desc) {
    r->clock = desc->clock ? desc->clock : PK__HAS_CLOCK ? pk__now_ms : NULL;
    r->clock_user = desc->clock_user;
    r->preload = desc->preload;
    r->preload_count = desc->preload_count;
    r->preload_names = desc->preload_names;
    r->pump_names = desc->pump_names;
    r->batch = desc->batch ? desc->batch : 10;
    r->max_loads = desc->max_loads ? desc->max_loads : 3;
    r->load_timeout_ms = desc->load_timeout_ms ? desc->load_timeout_ms : 30000u;
    r->slow_ms = desc->slow_ms ? desc->slow_ms : 1000u;
    r->eager = desc->eager;
    r->no_cache = desc->no_cache;
    r->background = desc->background;
    do r->serial = (pk__add32(&pk__registries, 1) + 1u) & 0xFFFFu; while (r->serial == 0);
}
#endif
#ifndef PERFKIT_REGISTRY_CAPACITY
#define PERFKIT_REGISTRY_CAPACITY 1024
#endif
PK_API pk_status pk__registry_init(pk_registry *r, size_t size, uint32_t config, const pk_registry_desc *desc) {
    pk_registry_desc defaults;
    unsigned capacity;
    unsigned char *memory;
    pk_status status;
    PERFKIT_ASSERT(r != NULL);
    if (size != sizeof(pk_registry) || config != PK__REGISTRY_CONFIG_WORD) return PK_INVALID;
    memset(r, 0, sizeof *r);
    if (desc == NULL) {
        memset(&defaults, 0, sizeof defaults);
        desc = &defaults;
    }
    if (desc->capacity > 65534u || desc->provider_count > 65534u) return PK_INVALID;
    capacity = desc->capacity ? desc->capacity : desc->provider_count ? (unsigned)desc->provider_count : PERFKIT_REGISTRY_CAPACITY;
    if (desc->threads && !PK__REGISTRY_THREADS) return PK_UNSUPPORTED;
    memory = (unsigned char *)desc->memory;
    if (memory && desc->memory_size < pk__registry_bytes(capacity)) return PK_NO_MEMORY;
#if PK__REGISTRY_FORKS
    if (desc->threads && pk__scope_watch_forks() != PK_OK) return PK_NO_MEMORY;
    r->forks = PK__SCOPE_FORKS_NOW();
#endif
    if (memory == NULL) {
        if (desc->allocator) r->allocator = *desc->allocator;
        memory = (unsigned char *)pk__alloc(&r->allocator, pk__registry_bytes(capacity), PK__REGISTRY_ALIGN);
        if (memory == NULL) return PK_NO_MEMORY;
        r->block = memory;
    }
    memset(memory, 0, pk__registry_bytes(capacity));
    memory += (0u - (uintptr_t)memory) & (PK__REGISTRY_ALIGN - 1);
    r->states = (pk_provider_state *)(void *)memory;
    r->index = (uint32_t *)(void *)(r->states + capacity);
    r->capacity = (uint16_t)capacity;
    r->name = desc->name;
    r->on_event = desc->on_event;
    r->user = desc->user;
#if PERFKIT_REGISTRY_MORE
    pk__registry_init_more(r, desc);
#endif
    status = PK_OK;
    if (desc->threads) {
        if (!pk__mutex_init(&r->mutex))
            status = PK_NO_MEMORY;
#ifdef PK__HAS_COND
        else if (!pk__cond_init(&r->cond)) {
            pk__mutex_destroy(&r->mutex);
            status = PK_NO_MEMORY;
        }
#endif
        else
            r->threads = 1;
    }
    if (status == PK_OK && desc->provider_count) status = pk_registry_add(r, desc->providers, desc->provider_count, NULL);
    if (status != PK_OK) (void)pk_registry_close(r);
    return status;
}

#if PERFKIT_REGISTRY_MORE
static uint8_t pk__registry_lifetime(const pk_registry *r, pk_provider_id id);
#endif
static pk_status pk__registry_row_is_good(const pk_registry *r, const pk_provider *row, unsigned count) {
    pk_provider p = pk__provider_of(row);
    size_t len;
    if (p.name == NULL || p.create == NULL || p.lifetime > PK_REQUEST || pk__needs_next(p.name, 0, &len) != 0) return PK_INVALID;
    if (len == 0 || pk__rom_read8(p.name + len) != 0) return PK_INVALID; /* spaces or commas */
    return pk__registry_find(r, p.name, len, count) == count ? PK_OK : PK_EXISTS;
}
/* Take the last rows out again that were put in: in the index each stands where nothing stood. */
static void pk__registry_take_back(pk_registry *r, unsigned from, unsigned to) {
    unsigned id;
#if PERFKIT_HOSTED
    for (id = to; id > from; id--) {
        const char *name = r->states[id - 1].provider->name;
        uint32_t hash = PERFKIT_REGISTRY_HASH(name, pk__name_len(name)), at = pk__index_start(r, hash);
        while (r->index[at] != (hash << 16 | id)) at = pk__index_next(r, at);
        pk__store32(&r->index[at], 0);
    }
#endif
    for (id = from; id < to; id++) PK__SET_ROW(&r->states[id], NULL);
}
PK_API pk_status pk_registry_add(pk_registry *r, const pk_provider *table, size_t count, size_t *bad) {
    pk_status status = PK_OK;
    unsigned first, id;
    size_t i;
#if PERFKIT_REGISTRY_MORE
    const pk_provider *twice = NULL;
    unsigned there = 0;
    uint32_t lifetimes = 0;
#endif
    PERFKIT_ASSERT(r != NULL);
    if (r->capacity == 0) return PK_CLOSED;
    if (PK__REGISTRY_FORKED(r)) return PK_FORKED;
    pk__registry_lock(r);
    first = id = (unsigned)r->count;
    for (i = 0; i < count && status == PK_OK; i++) {
        status = pk__registry_row_is_good(r, &table[i], id);
        if (status == PK_OK && id == r->capacity) status = PK_FULL;
        if (status != PK_OK) {
            if (bad) *bad = i;
#if PERFKIT_REGISTRY_MORE
            if (status == PK_EXISTS) {
                twice = &table[i];
                there = pk__registry_find(r, twice->name, pk__name_len(twice->name), id);
                lifetimes = 16u * pk__registry_lifetime(r, (pk_provider_id)there) + twice->lifetime;
            }
#endif
            break;
        }
        PK__SET_ROW(&r->states[id], &table[i]);
#if PERFKIT_HOSTED
        pk__index_add(r, &table[i], id);
#endif
        id++;
    }
    if (status == PK_OK)
        pk__store32(&r->count, id);
    else
        pk__registry_take_back(r, first, id);
    pk__registry_unlock(r);
#if PERFKIT_REGISTRY_MORE
    if (twice != NULL) pk__registry_tell(r, PK_REGISTRY_EVENT_CONFLICT, PK_EXISTS, (pk_provider_id)there, twice->name, lifetimes);
#endif
    return status;
}

/* ---- The check: a walk in depth; `up` is the way back, `at` 0 for what is not seen yet, or 1 + where it is in its needs ---- */

#define PK__CHECKED 0xFFFFu
#if PERFKIT_STRINGS
static void pk__check_cycle(const pk_registry *r, unsigned id, unsigned closing, char *text, size_t size) {
    char *at = text + size - 1;
    unsigned walk = id;
    *at = 0;
    if (pk__why_before(text, &at, r->states[closing].provider, false))
        while (pk__why_before(text, &at, r->states[walk].provider, true) && walk != closing) walk = r->states[walk].up - 1u;
    memmove(text, at, (size_t)(text + size - at));
}
#endif
static pk_status pk__registry_walk(pk_registry *r, unsigned id, char *text, size_t size) {
    pk_provider_state *states = r->states;
    (void)text;
    (void)size;
    states[id].up = 0;
    for (;;) {
        const char *needs = pk__provider_of(states[id].provider).needs;
        size_t len, at = pk__needs_next(needs, states[id].at ? states[id].at - 1u : 0, &len);
        unsigned need;
        if (len == 0) {
            states[id].at = PK__CHECKED;
            if (states[id].up == 0) return PK_OK;
            id = states[id].up - 1u;
            continue;
        }
        if (at + len + 1 >= PK__CHECKED) return PK_INVALID;
        states[id].at = (uint16_t)(at + len + 1);
        need = pk__registry_find(r, needs + at, len, (unsigned)r->count);
        if (need == r->count) {
#if PERFKIT_STRINGS
            if (text && size) pk__why_unknown(text, size, r, (pk_provider_id)id, needs + at, len);
#endif
            return PK_NOT_FOUND;
        }
        if (states[need].at == PK__CHECKED) continue;
        if (states[need].at != 0) {
#if PERFKIT_STRINGS
            if (text && size) pk__check_cycle(r, id, need, text, size);
#endif
            return PK_CYCLE;
        }
        states[need].up = (uint16_t)(id + 1);
        states[need].at = 1;
        id = need;
    }
}
PK_API pk_status pk_registry_check(pk_registry *r, char *text, size_t size) {
    pk_status status = PK_OK;
    unsigned id;
    PERFKIT_ASSERT(r != NULL);
    if (PK__REGISTRY_FORKED(r)) return PK_FORKED;
    pk__registry_lock(r);
    if (r->making) status = PK_BUSY;
    for (id = 0; id < r->count && status == PK_OK; id++)
        if (r->states[id].provider && r->states[id].at == 0) status = pk__registry_walk(r, id, text, size);
    if (status != PK_BUSY)
        for (id = 0; id < r->count; id++) r->states[id].at = r->states[id].up = 0;
    pk__registry_unlock(r);
    return status;
}

/* ---- What scopes hold: an entry whose cleanup does nothing, with the object, and the state as its name ---- */

static pk_status pk__registry_mark(void *object) {
    (void)object;
    return PK_OK;
}
static bool pk__scope_has(const pk_scope *s, const pk_provider_state *st, void **object) {
    const pk__scope_chunk *chunk;
    for (chunk = s->top; chunk; chunk = chunk->below) {
        const pk_scope_entry *e = chunk->next;
        while (e-- > chunk->first) {
            if (e->fn != pk__registry_mark || (const void *)e->name != (const void *)st) continue;
            *object = e->context;
            return true;
        }
    }
    return false;
}
static unsigned pk__scope_kind(const pk_scope *s) { return s->more ? s->more->kind : 0; }
static pk_scope *pk__scope_around(const pk_scope *s) { return pk__scope_kind(s) & PK_SCOPE_ISOLATED ? NULL : pk_scope_parent(s); }
static bool pk__registry_held(const pk_scope *scope, const pk_provider_state *st, void **object) {
    for (; scope; scope = pk__scope_around(scope))
        if (pk__scope_has(scope, st, object)) return true;
    return false;
}
/* The scope that an instance belongs to; NULL: there is none. */
static pk_scope *pk__registry_target(pk_scope *scope, uint8_t lifetime) {
    unsigned kind = lifetime == PK_SESSION ? PK_SCOPE_SESSION : PK_SCOPE_REQUEST;
    while (scope && !(pk__scope_kind(scope) & kind)) scope = pk__scope_around(scope);
    return scope;
}
/* Room for two cleanups. */
static PK__COLD pk_status pk__registry_room(pk_scope *scope) { return pk__scope_reserve(scope, 2 * sizeof(pk_scope_entry)); }
/* Under the lock. An object that is made goes on its scope: its cleanup, and above it what gets find. */
static pk_status pk__registry_keep(pk_scope *scope, const pk_provider_state *st, const pk_provider *p, void *object) {
    bool marked = p->lifetime != PK_TRANSIENT;
    pk_status status = pk__registry_room(scope);
    if (status != PK_OK) return status;
#if PERFKIT_SCOPE_MORE
    if (p->cleanup && p->flags & PK_PROVIDER_DEFERRED) {
        status = pk_scope_defer_later(scope, p->cleanup, object, p->name);
        if (status != PK_OK) return status;
    } else
#endif
        if (p->cleanup)
        (void)pk_scope_defer(scope, p->cleanup, object, p->name);
    if (marked) {
        (void)pk_scope_defer(scope, pk__registry_mark, object, (const char *)(const void *)st);
        scope->holds = 1;
    }
    return PK_OK;
}
PK_API pk_status pk_registry_set(pk_registry *r, pk_scope *scope, pk_provider_id id, void *object) {
    pk_status status;
    PERFKIT_ASSERT(r != NULL && scope != NULL);
    if (id >= pk__load32(&r->count)) return PK_NOT_FOUND;
    if (PK__REGISTRY_FORKED(r)) return PK_FORKED;
    pk__registry_lock(r);
    if (PERFKIT_REGISTRY_MORE && r->states[id].provider == NULL) status = PK_NOT_FOUND; /* it was removed */
    else status = pk_scope_defer(scope, pk__registry_mark, object, (const char *)(const void *)&r->states[id]);
    if (status == PK_OK) scope->holds = 1;
    pk__registry_unlock(r);
    return status;
}

/* ---- Making ---- */

static void pk__making_begin(pk_registry *r, pk__making *m, pk_provider_id id, const pk_scope *scope) {
    m->thread = pk__thread_me();
    m->scope = scope;
    m->waits = NULL;
    m->id = m->wanted = id;
#if PERFKIT_REGISTRY_MORE
    m->pumped = 0;
#endif
    m->older = r->making;
    r->making = m;
}
#ifdef PK__HAS_COND
/* Under the lock: something is made, or no longer is. All that wait look again, and until then wait for nobody: whom they waited for may
   be gone when another thread looks for a cycle before they do. */
static void pk__making_wake(pk_registry *r) {
    pk__making *m;
    if (!r->threads) return;
    for (m = r->making; m; m = m->older) m->waits = NULL;
    pk__cond_broadcast(&r->cond);
}
#else
#define pk__making_wake(r) ((void)0)
#endif
static void pk__making_end(pk_registry *r, const pk__making *m) {
    pk__making **at = &r->making;
    while (*at != m) at = &(*at)->older;
    *at = m->older;
    pk__making_wake(r);
}
#if PERFKIT_STRINGS
/* Who made the thread of `m` come to `id`: what needs it, or what is made around it. False: nothing. */
static bool pk__making_up(const pk_registry *r, const pk__making **m, pk_provider_id *id) {
    const pk__making *outer;
    if ((*m)->scope == NULL && r->states[*id].word == PK__BEING_MADE && r->states[*id].object == *m && r->states[*id].up) {
        *id = (pk_provider_id)(r->states[*id].up - 1u);
        return true;
    }
    for (outer = (*m)->older; outer && outer->thread != (*m)->thread; outer = outer->older) {}
    if (outer == NULL) return false;
    *m = outer;
    *id = outer->id;
    return true;
}
#endif
static pk__making *pk__making_of(const pk_registry *r, uintptr_t thread) { /* its innermost */
    pk__making *m = r->making;
    while (m && m->thread != thread) m = m->older;
    return m;
}
#if PERFKIT_STRINGS
/* The thread whose wait is for `thread`, on the way from `first` on. */
static const pk__making *pk__making_before(const pk_registry *r, const pk__making *first, uintptr_t thread) {
    const pk__making *m = pk__making_of(r, first->thread);
    while (m && m->waits && m->waits->thread != thread) m = pk__making_of(r, m->waits->thread);
    return m;
}
#endif
/* Under the lock, which it leaves for the report: this thread wants `id`, which is being made by `by`, which waits for this thread
   or is it. */
static PK__COLD void pk__registry_tell_cycle(pk_registry *r, pk_provider_id id, const pk__making *by) {
#if PERFKIT_STRINGS
    char text[PERFKIT_HOSTED ? 256 : 64];
    char *at = text + sizeof text - 1;
    uintptr_t thread = pk__thread_me();
    const pk__making *m = pk__making_of(r, thread);
    pk_provider_id walk = m->id;
    *at = 0;
    if (pk__why_before(text, &at, r->states[id].provider, false))
        while (pk__why_before(text, &at, r->states[walk].provider, true) && !(walk == id && m->thread == by->thread)) {
            const pk__making *waiting = m->thread == by->thread ? NULL : pk__making_before(r, by, m->thread);
            if (waiting && waiting->wanted == walk) { /* the rest of the way is another thread's */
                m = waiting;
                walk = m->id;
            } else if (!pk__making_up(r, &m, &walk))
                break;
        }
    pk__registry_unlock(r);
    pk__registry_tell(r, PK_REGISTRY_EVENT_CYCLE, PK_CYCLE, id, at, 0);
#else
    (void)by;
    pk__registry_unlock(r);
    pk__registry_tell(r, PK_REGISTRY_EVENT_CYCLE, PK_CYCLE, id, pk__provider_name(r->states[id].provider), 0);
#endif
    pk__registry_lock(r);
}
/* `id` is being made by `by`: wait a while. PK_OK: look again. */
static pk_status pk__registry_wait(pk_registry *r, pk_provider_id id, const pk__making *by) {
    uintptr_t me = pk__thread_me();
    const pk__making *other = by;
    pk__making *mine = pk__making_of(r, me);
    while (other && other->thread != me) { /* whom does that thread wait for? No cycle is older than this one */
        other = pk__making_of(r, other->thread);
        other = other ? other->waits : NULL;
    }
    if (other) {
        pk__registry_tell_cycle(r, id, by);
        return PK_CYCLE;
    }
#ifdef PK__HAS_COND
    if (mine) {
        mine->waits = by;
        mine->wanted = id;
    }
    (void)pk__cond_wait(&r->cond, &r->mutex, 1000);
    if (mine) mine->waits = NULL;
    return PK_OK;
#else
    (void)mine;
    return PK_AGAIN;
#endif
}

#if PERFKIT_STRINGS && PERFKIT_REGISTRY_MORE
#define PK__PATH_ROOM 256
/* Under the lock: how this thread came to `id`, at the end of `text`; `making`: it is what it makes now, not what it gets. */
static const char *pk__registry_path(const pk_registry *r, pk_provider_id id, bool making, char *text) {
    const pk__making *m = pk__making_of(r, pk__thread_me());
    char *at = text + PK__PATH_ROOM - 1;
    pk_provider_id walk = m ? m->id : id;
    *at = 0;
    if (!pk__why_before(text, &at, r->states[id].provider, false) || m == NULL) return at;
    if (making && !pk__making_up(r, &m, &walk)) return at;
    while (pk__why_before(text, &at, r->states[walk].provider, true) && pk__making_up(r, &m, &walk)) {}
    return at;
}
#else
#define PK__PATH_ROOM 1
#define pk__registry_path(r, id, making, text) ((void)(text), pk__provider_name(PK__ROW(&(r)->states[id])))
#endif
#if PERFKIT_REGISTRY_MORE
/* Under the lock, which it leaves for the report. */
static PK__COLD void pk__registry_trace(pk_registry *r, pk_provider_id id, bool made, pk_status status) {
    char text[PK__PATH_ROOM];
    const char *const path = pk__registry_path(r, id, made, text);
    pk__registry_unlock(r);
    r->trace(r->trace_user, r, path, status, made);
    pk__registry_lock(r);
}
#endif

static uint32_t pk__registry_now(const pk_registry *r) {
#if PERFKIT_REGISTRY_MORE
    return r->clock ? (uint32_t)r->clock(r->clock_user) : 0;
#else
    (void)r;
    return 0;
#endif
}
static PK__COLD void pk__registry_failed(pk_registry *r, pk_provider_id id, pk_status status) {
    char text[PK__PATH_ROOM];
    const char *const path = pk__registry_path(r, id, true, text);
    r->failed++;
    pk__registry_unlock(r);
    pk__registry_tell(r, PK_REGISTRY_EVENT_CREATE_FAILED, status, id, path, 0);
    pk__registry_lock(r);
}
/* Outside the lock. */
static PK__SCOPE_SHARED pk_status pk__registry_run_cleanup(pk_registry *r, pk_provider_id id, const pk_provider *row, void *object) {
    pk_provider p = pk__provider_of(row);
    pk_status status = p.cleanup ? p.cleanup(object) : PK_OK;
    if (status != PK_OK) {
        pk__registry_lock(r);
        r->cleanups_failed++;
        pk__registry_unlock(r);
        pk__registry_tell(r, PK_REGISTRY_EVENT_CLEANUP_FAILED, status, id, p.name, 0);
    }
    return status;
}
#if PERFKIT_REGISTRY_MORE
/* Under the lock, which it leaves: whether a pump made that for too long. It is ended then, before anybody can get it. */
static bool pk__registry_too_late(pk_registry *r, pk_provider_id id, void *object, uint32_t spent) {
    const pk_provider *row = r->states[id].provider;
    const pk__making *m = pk__making_of(r, pk__thread_me());
    if (m == NULL || m->pumped != id + 1u || spent <= r->load_timeout_ms) return false;
    pk__registry_unlock(r);
    (void)pk__registry_run_cleanup(r, id, row, object);
    pk__registry_tell(r, PK_REGISTRY_EVENT_TIMEOUT, PK_TIMEOUT, id, row->name, spent);
    pk__registry_lock(r);
    return true;
}
#endif
/* Under the lock, which it leaves: call create. */
static pk_status pk__registry_create(pk_registry *r, pk_provider_id id, pk_scope *scope, pk_provider *p, void **object) {
    pk_status status;
    uint32_t start, spent;
#if PERFKIT_REGISTRY_MORE
    bool slow;
#endif
    *p = pk__provider_of(r->states[id].provider);
    *object = NULL;
    pk__registry_unlock(r);
    start = pk__registry_now(r);
    status = p->create(r, scope, p->user, object);
    spent = pk__registry_now(r) - start;
    if (status == PK_OK && *object == NULL && !(p->flags & PK_PROVIDER_NULL_OK)) status = PK_CREATE_FAILED;
#if PERFKIT_REGISTRY_MORE
    slow = status == PK_OK && spent > r->slow_ms;
    if (slow) pk__registry_tell(r, PK_REGISTRY_EVENT_SLOW, PK_OK, id, p->name, spent);
#endif
    pk__registry_lock(r);
#if PERFKIT_REGISTRY_MORE
    if (slow) r->states[id].marks |= PK__SLOW;
    if (p->flags & PK_PROVIDER_LOAD)
        r->states[id].load_ms = (uint16_t)(spent > 65535 ? 65535 : spent);
    else
        r->states[id].init_ms = (uint16_t)(spent > 65535 ? 65535 : spent);
#else
    (void)spent;
#endif
    r->made++;
    if (status != PK_OK) pk__registry_failed(r, id, status);
#if PERFKIT_REGISTRY_MORE
    else if (!(p->flags & PK_PROVIDER_LOAD) && pk__registry_too_late(r, id, *object, spent))
        status = PK_TIMEOUT;
    else if (r->trace && scope == NULL && !(p->flags & PK_PROVIDER_LOAD)) pk__registry_trace(r, id, true, status);
#endif
    return status;
}
/* A row that loads another: that one takes its place. */
static pk_status pk__registry_load(pk_registry *r, pk_provider_id id) {
    pk_provider p, loaded;
    void *object;
    pk_status status = pk__registry_create(r, id, NULL, &p, &object);
    if (status != PK_OK) return status;
    loaded = pk__provider_of((const pk_provider *)object);
    if (loaded.name == NULL || !pk__same_name(loaded.name, p.name, pk__name_len(p.name)) || loaded.create == NULL ||
        loaded.lifetime > PK_REQUEST || loaded.flags & PK_PROVIDER_LOAD)
        status = PK_CREATE_FAILED;
    if (status == PK_OK)
        PK__SET_ROW(&r->states[id], (const pk_provider *)object);
    else
        pk__registry_failed(r, id, status);
    return status;
}

static uint8_t pk__registry_flags(const pk_registry *r, pk_provider_id id) { return pk__rom_read8(&r->states[id].provider->flags); }
static uint8_t pk__registry_lifetime(const pk_registry *r, pk_provider_id id) {
    return pk__rom_read8(&r->states[id].provider->lifetime);
}
static void pk__registry_claim(pk_registry *r, pk__making *m, pk_provider_id id, unsigned up) {
    pk_provider_state *st = &r->states[id];
    st->object = m;
    st->up = (uint16_t)up;
    m->id = id;
    pk__store32(&st->word, PK__BEING_MADE);
}
static void pk__registry_unclaim(pk_registry *r, pk__making *m) { /* the innermost */
    pk_provider_state *st = &r->states[m->id];
    m->id = (pk_provider_id)(st->up - 1u);
    st->object = NULL;
    st->up = 0;
    pk__store32(&st->word, PK__NOT_MADE);
}
static void pk__registry_ready(pk_registry *r, pk_provider_id id, void *object) {
    pk_provider_state *st = &r->states[id];
    bool watched = (pk__registry_flags(r, id) & PK_PROVIDER_UNLOAD) != 0;
    st->object = object;
    st->up = 0;
    st->before = r->newest;
    r->newest = (uint16_t)(id + 1);
#if PERFKIT_REGISTRY_MORE
    st->born = ++r->born;
    st->marks |= PK__USED;
#endif
    pk__store32(&st->word, watched ? PK__READY_WATCHED : PK__READY);
}

/* What keeps a provider from being made now: *need becomes a singleton that has to be made first. PK_OK: nothing. PK_AGAIN: *need.
   PK_NOT_FOUND: nobody provides it, which is reported. */
static pk_status pk__registry_missing(pk_registry *r, pk_provider_id id, pk_provider_id *need) {
    const char *needs = pk__provider_of(r->states[id].provider).needs;
    size_t len, at = 0;
    for (;; at += len) {
        unsigned found;
        uint32_t word;
        at = pk__needs_next(needs, at, &len);
        if (len == 0) return PK_OK;
        found = pk__registry_find(r, needs + at, len, (unsigned)r->count);
        if (found == r->count) {
#if PERFKIT_STRINGS
            char text[PERFKIT_HOSTED ? 200 : 64];
            pk__why_unknown(text, sizeof text, r, id, needs + at, len);
            pk__registry_unlock(r);
            pk__registry_tell(r, PK_REGISTRY_EVENT_UNKNOWN, PK_NOT_FOUND, id, text, 0);
#else
            pk__registry_unlock(r);
            pk__registry_tell(r, PK_REGISTRY_EVENT_UNKNOWN, PK_NOT_FOUND, id, pk__provider_name(r->states[id].provider), 0);
#endif
            pk__registry_lock(r);
            return PK_NOT_FOUND;
        }
        *need = (pk_provider_id)found;
        word = r->states[found].word;
        if (word == PK__READY || word == PK__READY_WATCHED) continue;
        if (pk__registry_lifetime(r, *need) == PK_SINGLETON || pk__registry_flags(r, *need) & PK_PROVIDER_LOAD) return PK_AGAIN;
    }
}
/* PK_DEFERRED where a provider waits for the pump, which is told. */
static pk_status pk__registry_may_make(pk_registry *r, pk_provider_id id, bool pumping) {
#if PERFKIT_REGISTRY_MORE
    pk_provider_state *st = &r->states[id];
    if (pumping || !(pk__registry_flags(r, id) & PK_PROVIDER_DEFERRED) || pk__registry_lifetime(r, id) != PK_SINGLETON) return PK_OK;
    if (st->word == PK__NOT_MADE) {
        pk__store32(&st->word, PK__WANTED);
        r->wanted++;
    }
    return PK_DEFERRED;
#else
    (void)r;
    (void)id;
    (void)pumping;
    return PK_OK;
#endif
}
static pk_status pk__registry_claim_or_wait(pk_registry *r, pk__making *m, pk_provider_id id, unsigned up, bool pumping) {
    pk_provider_state *st = &r->states[id];
    pk_status status;
    if (st->word == PK__BEING_MADE) return pk__registry_wait(r, id, (const pk__making *)st->object);
    status = pk__registry_may_make(r, id, pumping);
    if (status != PK_OK) return status;
#if PERFKIT_REGISTRY_MORE
    if (st->word == PK__WANTED) r->wanted--;
#endif
    pk__registry_claim(r, m, id, up);
    return PK_OK;
}
/* Under the lock: make a singleton that is not there, with the singletons that it needs, one after the other. PK_OK too when
   somebody else was faster, or its row was replaced by one of another lifetime: look again. */
static pk_status pk__registry_make_singleton(pk_registry *r, pk_provider_id id, bool pumping) {
    pk__making m;
    pk_status status = PK_OK;
    if (r->states[id].word == PK__BEING_MADE) return pk__registry_wait(r, id, (const pk__making *)r->states[id].object);
    pk__making_begin(r, &m, id, NULL);
    status = pk__registry_claim_or_wait(r, &m, id, 0, pumping);
    if (status != PK_OK) {
        pk__making_end(r, &m);
        return status;
    }
#if PERFKIT_REGISTRY_MORE
    if (pumping) m.pumped = id + 1u;
#endif
    for (;;) {
        pk_provider_state *st = &r->states[m.id];
        pk_provider_id need = 0, done = m.id;
        pk_provider p;
        void *object;
        bool last;
        if (pk__registry_flags(r, m.id) & PK_PROVIDER_LOAD) status = pk__registry_load(r, m.id);
        if (status == PK_OK && pk__registry_lifetime(r, m.id) != PK_SINGLETON) { /* now that it is loaded */
            last = st->up == 0;
            pk__registry_unclaim(r, &m);
            if (last) break;
            pk__making_wake(r);
            continue;
        }
        if (status == PK_OK) status = pk__registry_missing(r, m.id, &need);
        if (status == PK_AGAIN) {
            status = pk__registry_claim_or_wait(r, &m, need, m.id + 1u, pumping);
            if (status == PK_OK) continue;
        } else if (status == PK_OK) {
            status = pk__registry_create(r, m.id, NULL, &p, &object);
            if (status == PK_OK) {
                last = st->up == 0;
                if (!last) m.id = (pk_provider_id)(st->up - 1u);
                pk__registry_ready(r, done, object);
                if (last) break;
                pk__making_wake(r);
                continue;
            }
        }
        while (r->states[m.id].up) pk__registry_unclaim(r, &m); /* all that waited for it */
        pk__registry_unclaim(r, &m);
#if PERFKIT_REGISTRY_MORE
        if (pumping && status == PK_DEFERRED) (void)pk__registry_may_make(r, id, false); /* its create got what waits for a pump, too */
#endif
        break;
    }
    pk__making_end(r, &m);
    return status;
}
/* Under the lock: make an instance for a scope, or a transient. */
static pk_status pk__registry_make(pk_registry *r, pk_provider_id id, pk_scope *scope, void **object) {
    pk_provider_id need;
    pk__making m;
    pk_provider p;
    pk_status status = scope ? pk__registry_room(scope) : PK_OK;
    if (status != PK_OK) return status;
    pk__making_begin(r, &m, id, scope);
    while ((status = pk__registry_missing(r, id, &need)) == PK_AGAIN) {
        status = pk__registry_make_singleton(r, need, false);
        if (status != PK_OK) break;
    }
    if (status == PK_OK) status = pk__registry_create(r, id, scope, &p, object);
    if (status == PK_OK && scope) {
        status = pk__registry_keep(scope, &r->states[id], &p, *object);
        if (status != PK_OK) { /* create itself took the room */
            pk__registry_unlock(r);
            (void)pk__registry_run_cleanup(r, id, r->states[id].provider, *object);
            pk__registry_lock(r);
        }
#if PERFKIT_REGISTRY_MORE
        else if (r->trace) pk__registry_trace(r, id, true, status);
#endif
    }
    pk__making_end(r, &m);
    return status;
}
/* Who makes `id` for that scope at this moment; of transients only this thread counts. */
static const pk__making *pk__registry_maker(const pk_registry *r, pk_provider_id id, const pk_scope *scope, bool transient) {
    const pk__making *m = r->making;
    uintptr_t me = pk__thread_me();
    while (m && !(m->id == id && (transient ? m->thread == me : m->scope == scope && scope != NULL))) m = m->older;
    return m;
}
/* Under the lock. *cached: it was there. */
static pk_status pk__registry_resolve(pk_registry *r, pk_scope *scope, pk_provider_id id, bool pumping, void **object, bool *cached) {
    pk_provider_state *st = &r->states[id];
    *cached = true;
    for (;;) {
        const pk__making *by;
        uint8_t lifetime;
        pk_scope *target;
        pk_status status;
        if (st->provider == NULL) return PK_NOT_FOUND;
        lifetime = pk__registry_lifetime(r, id);
        if (pk__registry_held(scope, st, object)) return PK_OK;
        if (st->word == PK__READY || st->word == PK__READY_WATCHED) {
            *object = st->object;
#if PERFKIT_REGISTRY_MORE
            st->marks |= PK__USED;
#endif
            return PK_OK;
        }
        *cached = false;
#if PERFKIT_REGISTRY_MORE
        if (r->no_cache && lifetime == PK_SINGLETON) lifetime = PK_TRANSIENT;
#endif
        if (lifetime == PK_SINGLETON || pk__registry_flags(r, id) & PK_PROVIDER_LOAD) {
            status = pk__registry_make_singleton(r, id, pumping);
            if (status != PK_OK) return status;
            continue;
        }
        target = lifetime == PK_TRANSIENT ? scope : pk__registry_target(scope, lifetime);
        if (target == NULL && lifetime != PK_TRANSIENT) return PK_CLOSED;
        by = pk__registry_maker(r, id, target, lifetime == PK_TRANSIENT);
        if (by == NULL) return pk__registry_make(r, id, target, object);
        status = pk__registry_wait(r, id, by);
        if (status != PK_OK) return status;
    }
}
PK_API pk_status pk__registry_get(pk_registry *r, pk_scope *scope, pk_provider_id id, void **object) {
    void *found = NULL;
    bool cached;
    pk_status status;
    PERFKIT_ASSERT(r != NULL && object != NULL);
    if (r->capacity == 0) return PK_CLOSED;
    if (id >= pk__load32(&r->count)) return PK_NOT_FOUND;
    if (PK__REGISTRY_FORKED(r)) return PK_FORKED;
#if PERFKIT_REGISTRY_MORE
    if (r->watched) {
        pk_ticks start = r->hook ? pk__ticks_now() : 0;
        pk__registry_lock(r);
        status = pk__registry_resolve(r, scope, id, false, &found, &cached);
        if (r->trace && (cached || status != PK_OK) && r->states[id].provider) pk__registry_trace(r, id, false, status);
        pk__registry_unlock(r);
        if (r->hook) r->hook(r->hook_user, id, pk__ticks_between(start, pk__ticks_now()), status == PK_OK && cached);
    } else
#endif
    {
        pk__registry_lock(r);
        status = pk__registry_resolve(r, scope, id, false, &found, &cached);
        pk__registry_unlock(r);
    }
    if (status == PK_OK) *object = found;
    return status;
}

/* ---- Ending ---- */

/* Under the lock: take a singleton out of the order of creation. */
static void pk__registry_unlist(pk_registry *r, pk_provider_id id) {
    uint16_t *at = &r->newest;
    while (*at && *at != id + 1u) at = &r->states[*at - 1u].before;
    if (*at) *at = r->states[id].before;
}
/* Under the lock, which it leaves. */
static pk_status pk__registry_end(pk_registry *r, pk_provider_id id) {
    pk_provider_state *st = &r->states[id];
    void *object = st->object;
    const pk_provider *row = st->provider;
    pk_status status;
    pk__registry_unlist(r, id);
    st->object = NULL;
    pk__store32(&st->word, PK__NOT_MADE);
    pk__registry_unlock(r);
    status = pk__registry_run_cleanup(r, id, row, object);
    pk__registry_lock(r);
    return status;
}
#if PERFKIT_REGISTRY_MORE
static void pk__registry_clear(pk_registry *r) { /* but for what pk_registry_close_log tells */
    const pk_count cleanups_failed = r->cleanups_failed;
    memset(r, 0, sizeof *r);
    r->cleanups_failed = cleanups_failed;
}
#else
#define pk__registry_clear(r) memset(r, 0, sizeof *(r))
#endif
PK_API pk_status pk_registry_close(pk_registry *r) {
    pk_status first = PK_OK;
    PERFKIT_ASSERT(r != NULL);
    if (r->capacity == 0) return PK_OK;
    if (PK__REGISTRY_FORKED(r)) return PK_FORKED;
    pk__registry_lock(r);
#if PERFKIT_REGISTRY_MORE
    if (r->overrides || r->pumping) first = PK_BUSY;
#endif
    if (r->making || first != PK_OK) {
        pk__registry_unlock(r);
        return PK_BUSY;
    }
    while (r->newest) {
        pk_status status = pk__registry_end(r, (pk_provider_id)(r->newest - 1u));
        if (first == PK_OK) first = status;
    }
    pk__registry_unlock(r);
    if (r->threads) {
#ifdef PK__HAS_COND
        pk__cond_destroy(&r->cond);
#endif
        pk__mutex_destroy(&r->mutex);
    }
    if (r->block) pk__free(&r->allocator, r->block, pk__registry_bytes(r->capacity));
    pk__registry_clear(r);
    return first;
}

/* ---- Looking at it ---- */

PK_API unsigned pk_registry_count(const pk_registry *r) { return (unsigned)pk__load32(&r->count) - r->removed; }
PK_API pk_status pk_registry_info(pk_registry *r, pk_provider_id id, pk_provider_info *info) {
    pk_status status = PK_NOT_FOUND;
    PERFKIT_ASSERT(r != NULL && info != NULL);
    if (id >= pk__load32(&r->count)) return status;
    if (PK__REGISTRY_FORKED(r)) return PK_FORKED;
    pk__registry_lock(r);
    if (r->states[id].provider) {
        const pk_provider_state *st = &r->states[id];
        memset(info, 0, sizeof *info);
        info->provider = st->provider;
        info->id = id;
        info->ready = st->word == PK__READY || st->word == PK__READY_WATCHED;
#if PERFKIT_REGISTRY_MORE
        {
            const pk__override *o = r->overrides;
            while (o && o->id != id) o = o->older;
            info->overridden = o != NULL;
        }
        info->slow = (st->marks & PK__SLOW) != 0;
        info->load_ms = st->load_ms;
        info->init_ms = st->init_ms;
#endif
        status = PK_OK;
    }
    pk__registry_unlock(r);
    return status;
}
PK_API void pk_registry_foreach(pk_registry *r, void (*visit)(void *user, const pk_provider_info *info), void *user) {
    pk_provider_info info;
    unsigned id;
    for (id = 0; id < pk__load32(&r->count); id++)
        if (pk_registry_info(r, (pk_provider_id)id, &info) == PK_OK) visit(user, &info);
}
PK_API void pk_registry_get_stats(pk_registry *r, pk_registry_stats *stats) {
    unsigned id;
    memset(stats, 0, sizeof *stats);
    if (r->capacity == 0 || PK__REGISTRY_FORKED(r)) return;
    pk__registry_lock(r);
    stats->providers = pk_registry_count(r);
    stats->made = r->made;
    stats->failed = r->failed;
    stats->cleanups_failed = r->cleanups_failed;
    for (id = 0; id < r->count; id++) stats->ready += r->states[id].word == PK__READY || r->states[id].word == PK__READY_WATCHED;
#if PERFKIT_REGISTRY_MORE
    {
        const pk__override *o;
        for (o = r->overrides; o; o = o->older) stats->overridden++;
    }
#endif
    pk__registry_unlock(r);
}

#if PERFKIT_REGISTRY_MORE
/* ---- By name ---- */

PK_API pk_status pk_registry_get_named(pk_registry *r, pk_scope *scope, const char *name, void **object) {
    unsigned count, found;
    size_t len;
    PERFKIT_ASSERT(r != NULL && name != NULL);
    len = strlen(name);
    if (PERFKIT_THREADS && !PERFKIT_ATOMICS) pk__registry_lock(r);
    count = (unsigned)pk__load32(&r->count);
    found = pk__index_find(r, PERFKIT_REGISTRY_HASH(name, len), name, len, count);
    if (PERFKIT_THREADS && !PERFKIT_ATOMICS) pk__registry_unlock(r);
    if (found == count) return r->capacity == 0 ? PK_CLOSED : PK_NOT_FOUND;
    return pk_registry_get(r, scope, (pk_provider_id)found, object);
}
PK_API pk_status pk_registry_find(pk_registry *r, pk_token *token, pk_provider_id *id) {
    pk_status status;
    uint32_t known = PERFKIT_ATOMICS || !r->threads ? pk__load32(&token->known) : 0;
    if (r->capacity == 0) return PK_CLOSED;
    if (known >> 16 == r->serial) {
        *id = (pk_provider_id)(known - 1);
        return PK_OK;
    }
    status = pk_registry_id(r, token->name, id);
    if (status == PK_OK && (PERFKIT_ATOMICS || !r->threads)) pk__store32(&token->known, r->serial << 16 | (*id + 1u));
    return status;
}

/* ---- Start and pump ---- */

static pk_status pk__registry_start_one(pk_registry *r, pk_provider_id id, const char **which) {
    void *object;
    pk_status status = pk_registry_get(r, NULL, id, &object);
    if (status == PK_DEFERRED) status = PK_OK; /* the pump will */
    if (status != PK_OK && which) *which = r->states[id].provider->name;
    return status;
}
/* Have the pump make it. */
static pk_status pk__registry_want(pk_registry *r, pk_provider_id id, const char **which) {
    pk_provider_state *st = &r->states[id];
    (void)which;
    pk__registry_lock(r);
    if (st->word == PK__NOT_MADE && st->provider && pk__registry_lifetime(r, id) == PK_SINGLETON) {
        pk__store32(&st->word, PK__WANTED);
        r->wanted++;
    }
    pk__registry_unlock(r);
    return PK_OK;
}
static pk_status pk__registry_each_name(pk_registry *r, const char *names, const char **which,
                                        pk_status (*each)(pk_registry *r, pk_provider_id id, const char **which)) {
    pk_status status = PK_OK;
    pk_provider_id id;
    size_t len, at = pk__needs_next(names, 0, &len);
    for (; len > 0 && status == PK_OK; at = pk__needs_next(names, at + len, &len)) {
        status = pk__registry_id(r, names + at, len, &id);
        if (status == PK_OK)
            status = each(r, id, which);
        else if (which)
            *which = names + at;
    }
    return status;
}
PK_API pk_status pk_registry_start(pk_registry *r, const char **which) {
    pk_status status = PK_OK;
    unsigned i;
    PERFKIT_ASSERT(r != NULL);
    if (r->capacity == 0) return PK_CLOSED;
    if (PK__REGISTRY_FORKED(r)) return PK_FORKED;
    for (i = 0; i < r->preload_count && status == PK_OK; i++)
        status = pk__registry_each_name(r, r->preload[i], which, pk__registry_start_one);
    if (status == PK_OK) status = pk__registry_each_name(r, r->preload_names, which, pk__registry_start_one);
    for (i = 0; i < pk__load32(&r->count) && status == PK_OK; i++) { /* what a load adds, too */
        const pk_provider *row = PK__ROW(&r->states[i]);
        if (row && (row->tier == PK_CRITICAL || r->eager) && (row->lifetime == PK_SINGLETON || row->flags & PK_PROVIDER_LOAD))
            status = pk__registry_start_one(r, (pk_provider_id)i, which);
        if (status == PK_CLOSED && row->flags & PK_PROVIDER_LOAD && PK__ROW(&r->states[i])->lifetime != PK_SINGLETON)
            status = PK_OK; /* it is loaded, and not a singleton */
    }
    return status == PK_OK ? pk__registry_each_name(r, r->pump_names, which, pk__registry_want) : status;
}

static bool pk__registry_pending(const pk_registry *r, unsigned id) {
    const pk_provider_state *st = &r->states[id];
    if (st->word == PK__WANTED) return true;
    return r->background && st->provider && st->word == PK__NOT_MADE && st->provider->tier == PK_OPTIONAL &&
           st->provider->lifetime == PK_SINGLETON;
}
static unsigned pk__registry_next_pending(const pk_registry *r, unsigned from) {
    while (from < r->count && !pk__registry_pending(r, from)) from++;
    return from;
}
static pk_status pk__registry_pump_one(pk_registry *r, pk_provider_id id) {
    void *object;
    bool cached;
    return pk__registry_resolve(r, NULL, id, true, &object, &cached);
}
PK_API pk_status pk_registry_pump(pk_registry *r, unsigned budget) {
    pk_status status = PK_OK;
    unsigned id = 0;
    PERFKIT_ASSERT(r != NULL);
    if (r->capacity == 0) return PK_CLOSED;
    if (PK__REGISTRY_FORKED(r)) return PK_FORKED;
    if (budget == 0 || budget > r->batch) budget = r->batch;
    pk__registry_lock(r);
    if (r->pumping >= r->max_loads) {
        pk__registry_unlock(r);
        return PK_AGAIN;
    }
    r->pumping++;
    for (; budget > 0 && status == PK_OK; budget--) {
        id = pk__registry_next_pending(r, r->pump_at);
        if (id == r->count) break;
        r->pump_at = id + 1; /* one that fails is left alone until the next round */
        status = pk__registry_pump_one(r, (pk_provider_id)id);
    }
    if (status == PK_OK && pk__registry_next_pending(r, r->pump_at) < r->count)
        status = PK_AGAIN;
    else if (status == PK_OK) {
        r->pump_at = 0;
        if (r->wanted && pk__registry_next_pending(r, 0) < r->count) status = PK_AGAIN; /* asked for meanwhile */
    }
    r->pumping--;
    pk__registry_unlock(r);
    return status;
}

/* Whether something that is ready needs it. */
static bool pk__registry_needed(const pk_registry *r, pk_provider_id id) {
    unsigned i;
    for (i = r->newest; i; i = r->states[i - 1].before) {
        const char *needs = r->states[i - 1].provider->needs;
        size_t at = 0, len;
        for (at = pk__needs_next(needs, at, &len); len; at = pk__needs_next(needs, at + len, &len))
            if (pk__registry_find(r, needs + at, len, (unsigned)r->count) == id) return true;
    }
    return false;
}
PK_API unsigned pk_registry_unload_idle(pk_registry *r, pk_time now, pk_time max_idle_ms) {
    unsigned ended = 0, at;
    PERFKIT_ASSERT(r != NULL);
    if (r->capacity == 0 || PK__REGISTRY_FORKED(r)) return 0;
    pk__registry_lock(r);
    for (at = r->newest; at;) {
        pk_provider_state *st = &r->states[at - 1];
        pk_provider_id id = (pk_provider_id)(at - 1);
        at = st->before;
        if (st->word != PK__READY_WATCHED) continue;
        if (st->marks & PK__USED) {
            st->marks &= (uint8_t)~PK__USED;
            st->idle_since = (uint32_t)now;
        } else if ((uint32_t)now - st->idle_since > max_idle_ms && !pk__registry_needed(r, id)) {
            (void)pk__registry_end(r, id);
            ended++;
            at = r->newest; /* others may have come and gone meanwhile; what was looked at is young or used */
        }
    }
    pk__registry_unlock(r);
    return ended;
}

/* ---- Changes ---- */

static void pk__registry_relist(pk_registry *r, pk_provider_id id) { /* where it was by its age */
    uint16_t *at = &r->newest;
    while (*at && r->states[*at - 1u].born > r->states[id].born) at = &r->states[*at - 1u].before;
    r->states[id].before = *at;
    *at = (uint16_t)(id + 1);
}
/* Under the lock: bring back what was before. True: what was made meanwhile is to be ended, *row's *object. */
static bool pk__override_off(pk__override *o, const pk_provider **row, void **object) {
    pk_registry *r = o->registry;
    pk_provider_state *st = &r->states[o->id];
    pk__override **at, *newer = NULL;
    bool made;
    for (at = &r->overrides; *at != o; at = &(*at)->older)
        if ((*at)->id == o->id) newer = *at;
    *at = o->older;
    if (newer) { /* what it would have brought back was made under this one */
        made = newer->word != PK__NOT_MADE;
        *row = newer->provider;
        *object = newer->object;
        newer->provider = o->provider;
        newer->object = o->object;
        newer->word = o->word;
        newer->born = o->born;
        return made;
    }
    made = st->word == PK__READY || st->word == PK__READY_WATCHED;
    *row = st->provider;
    *object = st->object;
    if (made) pk__registry_unlist(r, o->id);
    if (st->word == PK__WANTED) r->wanted--;
    PK__SET_ROW(st, o->provider);
    st->object = o->object;
    st->born = o->born;
    if (o->word != PK__NOT_MADE) pk__registry_relist(r, o->id);
    pk__store32(&st->word, o->word);
    return made;
}
/* On a scope that forgets what it held, in a forked child: where the registry has threads no other is left, and its lock may be held. */
static void pk__override_drop(pk_scope_entry *entry) {
    pk__override *o = (pk__override *)entry->context;
    const pk_provider *row;
    void *object;
    entry->fn = pk__registry_mark;
    if (o->registry) (void)pk__override_off(o, &row, &object);
}
static pk_status pk__override_end(void *context) {
    pk__override *o = (pk__override *)context;
    pk_registry *r = o->registry;
    pk_provider_id id = o->id;
    const pk_provider *row;
    void *object;
    bool made;
    if (r == NULL) return PK_OK; /* pk_registry_after_fork ended it */
    if (PK__REGISTRY_FORKED(r)) { /* as above; and the object is the parent's */
        (void)pk__override_off(o, &row, &object);
        return PK_OK;
    }
    pk__registry_lock(r);
    made = pk__override_off(o, &row, &object);
    pk__registry_unlock(r);
    return made ? pk__registry_run_cleanup(r, id, row, object) : PK_OK;
}
PK_API pk_status pk_registry_override(pk_registry *r, pk_scope *scope, pk_provider_id id, const pk_provider *with) {
    pk__override *o = NULL;
    const pk__override *walk;
    pk_provider_state *st;
    pk_status status = PK_OK;
    bool again;
    PERFKIT_ASSERT(r != NULL && scope != NULL && with != NULL);
    if (id >= pk__load32(&r->count)) return PK_NOT_FOUND;
    if (PK__REGISTRY_FORKED(r)) return PK_FORKED;
    st = &r->states[id];
    pk__registry_lock(r);
    if (st->provider == NULL)
        status = PK_NOT_FOUND;
    else if (with->create == NULL || with->lifetime > PK_REQUEST)
        status = PK_INVALID;
    else if (with->name == NULL || strcmp(with->name, st->provider->name) != 0)
        status = PK_MISMATCH;
    else if (st->word == PK__BEING_MADE)
        status = PK_BUSY;
    if (status == PK_OK) status = pk__scope_more_of(scope);
    if (status == PK_OK) o = (pk__override *)pk__scope_carve(scope, PK__ALIGN_UP(sizeof *o, PK__SCOPE_ALIGN));
    if (status == PK_OK) status = o ? pk_scope_defer(scope, pk__override_end, o, "override") : pk__scope_no_room(scope);
    if (status != PK_OK) {
        pk__registry_unlock(r);
        return status;
    }
    for (walk = r->overrides; walk && walk->id != id; walk = walk->older) {}
    again = walk != NULL;
    o->registry = r;
    o->id = id;
    o->provider = st->provider;
    o->word = st->word == PK__WANTED ? (uint32_t)PK__NOT_MADE : st->word;
    o->object = st->object;
    o->born = st->born;
    o->older = r->overrides;
    r->overrides = o;
    if (o->word != PK__NOT_MADE) pk__registry_unlist(r, id);
    if (st->word == PK__WANTED) r->wanted--;
    pk__store32(&st->word, PK__NOT_MADE);
    st->object = NULL;
    PK__SET_ROW(st, with);
    pk__registry_unlock(r);
    if (again) pk__registry_tell(r, PK_REGISTRY_EVENT_OVERRIDDEN, PK_EXISTS, id, with->name, 0);
    return PK_OK;
}
PK_API pk_status pk_registry_remove(pk_registry *r, pk_provider_id id) {
    pk_provider_state *st;
    const pk__override *o;
    pk_status status = PK_OK;
    PERFKIT_ASSERT(r != NULL);
    if (id >= pk__load32(&r->count)) return PK_NOT_FOUND;
    if (PK__REGISTRY_FORKED(r)) return PK_FORKED;
    st = &r->states[id];
    pk__registry_lock(r);
    for (o = r->overrides; o && o->id != id; o = o->older) {}
    if (st->provider == NULL)
        status = PK_NOT_FOUND;
    else if (o || st->word == PK__BEING_MADE)
        status = PK_BUSY;
    else {
        if (st->word == PK__READY || st->word == PK__READY_WATCHED) status = pk__registry_end(r, id);
        if (st->word == PK__WANTED) r->wanted--;
        pk__store32(&st->word, PK__NOT_MADE);
        PK__SET_ROW(st, NULL);
        r->removed++;
    }
    pk__registry_unlock(r);
    return status;
}
PK_API void pk_registry_set_hook(pk_registry *r, void (*fn)(void *user, pk_provider_id id, pk_ticks spent, bool cached), void *user) {
    PERFKIT_ASSERT(r != NULL);
    pk__registry_lock(r);
    r->hook = fn;
    r->hook_user = user;
    r->watched = fn != NULL || r->trace != NULL;
    pk__registry_unlock(r);
}
PK_API void pk_registry_set_trace(pk_registry *r, void (*fn)(void *user, const pk_registry *r, const char *path, pk_status status, bool made),
                                  void *user) {
    PERFKIT_ASSERT(r != NULL);
    pk__registry_lock(r);
    r->trace = fn;
    r->trace_user = user;
    r->watched = fn != NULL || r->hook != NULL;
    pk__registry_unlock(r);
}
PK_API pk_status pk_registry_after_fork(pk_registry *r) {
#if PK__REGISTRY_FORKS
    pk__override *o;
    unsigned id;
    PERFKIT_ASSERT(r != NULL);
    if (!PK__REGISTRY_FORKED(r)) return PK_OK;
    if (!(pk__mutex_init(&r->mutex) && pk__cond_init(&r->cond))) return PK_NO_MEMORY;
    r->forks = PK__SCOPE_FORKS_NOW();
    r->making = NULL;
    for (; (o = r->overrides) != NULL; r->overrides = o->older) { /* the newest first, so that the oldest's row stays */
        PK__SET_ROW(&r->states[o->id], o->provider);
        o->registry = NULL; /* its scope may be closed at any time */
    }
    r->newest = 0;
    r->pumping = 0;
    r->wanted = 0;
    for (id = 0; id < r->count; id++) {
        r->states[id].word = PK__NOT_MADE;
        r->states[id].object = NULL;
        r->states[id].up = r->states[id].at = 0;
    }
#else
    (void)r;
#endif
    return PK_OK;
}
#endif

/* ---- pk_lazy: one lock for all of them, held only to look and to note ---- */

/* The word: 0, 1 when it is there, or 2 while it is made, above which the number of forks before stands: who makes it in the parent
   never ends it in the child. */
#if PERFKIT_THREADS && defined PERFKIT_MUTEX_LOCK
PK_API pk_status pk__lazy_get(pk_lazy *l, pk_status (*create)(void *user, void **object), void *user, void **object) {
    pk_status status = PK_OK;
    void *made = NULL;
    PERFKIT_ASSERT(l != NULL && create != NULL);
    if (pk__cas32(&l->word, 0, 2)) {
        status = create(user, &made);
        if (status == PK_OK) l->object = made;
        pk__store32(&l->word, status == PK_OK);
    } else if (pk__load32(&l->word) != 1)
        return PK_AGAIN;
    if (status == PK_OK) *object = l->object;
    return status;
}
#else
#if PERFKIT_THREADS
#ifdef _WIN32
static SRWLOCK pk__lazy_mutex = SRWLOCK_INIT;
static CONDITION_VARIABLE pk__lazy_made = CONDITION_VARIABLE_INIT;
#define PK__LAZY_LOCK() AcquireSRWLockExclusive(&pk__lazy_mutex)
#define PK__LAZY_UNLOCK() ReleaseSRWLockExclusive(&pk__lazy_mutex)
#define PK__LAZY_WAIT() ((void)SleepConditionVariableSRW(&pk__lazy_made, &pk__lazy_mutex, INFINITE, 0))
#define PK__LAZY_WAKE() WakeAllConditionVariable(&pk__lazy_made)
#define PK__LAZY_FORKS() 0u
#else
static pthread_mutex_t pk__lazy_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t pk__lazy_made = PTHREAD_COND_INITIALIZER;
static uint32_t pk__lazy_forks;
static bool pk__lazy_watches;
static void pk__lazy_forked(void) { /* in the child: no thread is left that could hold the lock */
    (void)pthread_mutex_init(&pk__lazy_mutex, NULL);
    (void)pthread_cond_init(&pk__lazy_made, NULL);
    pk__lazy_forks++;
}
static uint32_t pk__lazy_epoch(void) { /* under the lock */
    if (!pk__lazy_watches) pk__lazy_watches = pthread_atfork(NULL, NULL, pk__lazy_forked) == 0;
    return pk__lazy_forks;
}
#define PK__LAZY_LOCK() ((void)pthread_mutex_lock(&pk__lazy_mutex))
#define PK__LAZY_UNLOCK() ((void)pthread_mutex_unlock(&pk__lazy_mutex))
#define PK__LAZY_WAIT() ((void)pthread_cond_wait(&pk__lazy_made, &pk__lazy_mutex))
#define PK__LAZY_WAKE() ((void)pthread_cond_broadcast(&pk__lazy_made))
#define PK__LAZY_FORKS() pk__lazy_epoch()
#endif
#else
#define PK__LAZY_LOCK() ((void)0)
#define PK__LAZY_UNLOCK() ((void)0)
#define PK__LAZY_WAIT() ((void)0)
#define PK__LAZY_WAKE() ((void)0)
#define PK__LAZY_FORKS() 0u
#endif
PK_API pk_status pk__lazy_get(pk_lazy *l, pk_status (*create)(void *user, void **object), void *user, void **object) {
    uintptr_t me = pk__thread_me();
    pk_status status = PK_OK;
    void *made = NULL;
    uint32_t making;
    PERFKIT_ASSERT(l != NULL && create != NULL);
    PK__LAZY_LOCK();
    making = 2u | PK__LAZY_FORKS() << 2;
    while (l->word == making && (uintptr_t)l->object != me) PK__LAZY_WAIT();
    if (l->word == making)
        status = PK_CYCLE;
    else if (l->word != 1) {
        pk__store32(&l->word, making);
        l->object = (void *)me;
        PK__LAZY_UNLOCK();
        status = create(user, &made);
        PK__LAZY_LOCK();
        l->object = status == PK_OK ? made : NULL;
        pk__store32(&l->word, status == PK_OK);
        PK__LAZY_WAKE();
    }
    if (status == PK_OK) *object = l->object;
    PK__LAZY_UNLOCK();
    return status;
}
#endif
#endif /* PERFKIT_REGISTRY */

/* ---- Ticks ---- */

#if PERFKIT_TICKER
enum { PK__TICK_OFF, PK__TICK_FRESH, PK__TICK_WAITING };
/* What runs when the running tick took itself off: it may be in use for something else already. No tick's address. */
#define PK__TICK_GONE(t) ((pk_tick *)(void *)(t))

#if PK__TICKER_THREADS
#ifndef _WIN32
#include <unistd.h>
static uint32_t pk__process(void) { return (uint32_t)getpid(); }
static bool pk__on_thread(const pk_ticker_thread *thread) {
    pthread_t id;
    memcpy(&id, thread->id, sizeof id);
    return pthread_equal(id, pthread_self()) != 0;
}
#else
static uint32_t pk__process(void) { return (uint32_t)GetCurrentProcessId(); }
static bool pk__on_thread(const pk_ticker_thread *thread) { return thread->id[1] == GetCurrentThreadId(); }
#endif
static bool pk__ticker_forked(const pk_ticker *t) { return t->thread && t->thread->process != pk__process(); }
static bool pk__ticker_foreign(const pk_ticker *t) { return t->thread && !pk__on_thread(t->thread); }
static void pk__ticker_lock(const pk_ticker *t) { if (t->thread) pk__mutex_lock(&t->thread->lock); }
static void pk__ticker_unlock(const pk_ticker *t) { if (t->thread) pk__mutex_unlock(&t->thread->lock); }
static void pk__ticker_changed(const pk_ticker *t) { if (t->thread) pk__cond_signal(&t->thread->wake); }
static void pk__ticker_ran(const pk_ticker *t) { if (t->thread) pk__cond_broadcast(&t->thread->ran); }
static void pk__ticker_wait_for(pk_ticker *t, const pk_tick *tick, bool found) { /* what is not found may be the one that is gone */
    if (pk__ticker_foreign(t))
        while (t->running == tick || (!found && t->running == PK__TICK_GONE(t))) (void)pk__cond_wait(&t->thread->ran, &t->thread->lock, 1000);
}
#else
#define pk__ticker_forked(t) false
#define pk__ticker_foreign(t) false
#define pk__ticker_lock(t) ((void)0)
#define pk__ticker_unlock(t) ((void)0)
#define pk__ticker_changed(t) ((void)0)
#define pk__ticker_ran(t) ((void)0)
#define pk__ticker_wait_for(t, tick, found) ((void)0)
#endif

PK_API pk_status pk_ticker_add(pk_ticker *t, pk_tick *tick, pk_tick_fn fn, void *object, pk_time every_ms, uint32_t budget) {
    pk_status status = PK_OK;
    PERFKIT_ASSERT(t != NULL && tick != NULL);
    if (fn == NULL || every_ms == 0 || every_ms > PK_TTL_MAX) return PK_INVALID;
    if (pk__ticker_forked(t)) return PK_FORKED;
    pk__ticker_lock(t);
    if (tick->state != PK__TICK_OFF) status = PK_EXISTS;
    else {
        tick->fn = fn;
        tick->object = object;
        tick->every_ms = every_ms;
        tick->budget = budget ? budget : 64;
        tick->state = PK__TICK_FRESH;
        tick->next = t->first; /* in front: a tick that adds one does not run it in the same round */
        t->first = tick;
        pk__ticker_changed(t);
    }
    pk__ticker_unlock(t);
    return status;
}

PK_API pk_status pk_ticker_remove(pk_ticker *t, pk_tick *tick) {
    pk_status status = PK_NOT_FOUND;
    pk_tick **link;
    PERFKIT_ASSERT(t != NULL && tick != NULL);
    if (pk__ticker_forked(t)) return PK_FORKED;
    pk__ticker_lock(t);
    for (link = &t->first; *link && *link != tick; link = &(*link)->next) {}
    if (*link) {
        *link = tick->next;
        if (t->cursor == tick) t->cursor = tick->next;
        tick->state = PK__TICK_OFF;
        if (t->running == tick && !pk__ticker_foreign(t)) t->running = PK__TICK_GONE(t);
        status = PK_OK;
    }
    pk__ticker_wait_for(t, tick, status == PK_OK);
    pk__ticker_unlock(t);
    return status;
}

static bool pk__tick_is_due(const pk_tick *tick, pk_time now) {
    return tick->state == PK__TICK_FRESH || pk__time_reached(now, tick->due);
}
/* Locked at entry and exit, not while the tick runs: then it, or a thread, may take any tick off, this one too. */
static void pk__tick_run(pk_ticker *t, pk_tick *tick, pk_time now) {
    const pk_tick_fn fn = tick->fn;
    void *const object = tick->object;
    const uint32_t budget = tick->budget;
    uint32_t did;
    tick->due = tick->state == PK__TICK_FRESH ? now : tick->due;
    tick->state = PK__TICK_WAITING;
    t->running = tick;
    pk__ticker_unlock(t);
    did = fn(object, now, budget);
    pk__ticker_lock(t);
    if (t->running == tick && tick->state == PK__TICK_WAITING) { /* on the ticker still */
        tick->due = did >= budget ? now : tick->due + tick->every_ms;
        if (did < budget && pk__time_reached(now, tick->due)) tick->due = now + tick->every_ms;
    }
    t->running = NULL;
    pk__ticker_ran(t);
}
/* One round, locked. */
static pk_time pk__ticker_round(pk_ticker *t, pk_time now) {
    pk_time wait = PK_TTL_NEVER;
    pk_tick *tick;
    for (t->cursor = t->first; (tick = t->cursor) != NULL;) {
        t->cursor = tick->next;
        if (pk__tick_is_due(tick, now)) pk__tick_run(t, tick, now);
    }
    for (tick = t->first; tick; tick = tick->next) {
        pk_time left = pk__tick_is_due(tick, now) ? 0 : (pk_time)(tick->due - now);
        if (left < wait) wait = left;
    }
    return wait;
}
PK_API pk_time pk_ticker_run(pk_ticker *t, pk_time now) {
    PERFKIT_ASSERT(t != NULL);
    return t->thread || t->running ? PK_TTL_NEVER : pk__ticker_round(t, now);
}

#if !defined PERFKIT_CORE_ONLY
#if PERFKIT_CACHE_TTL && !PK__TINY
static uint32_t pk__tick_cache(void *cache, pk_time now, uint32_t budget) { return pk_cache_tick((pk_cache *)cache, now, budget); }
PK_API pk_status pk_ticker_add_cache(pk_ticker *t, pk_tick *tick, pk_cache *cache, pk_time every_ms, uint32_t budget) {
    return pk_ticker_add(t, tick, pk__tick_cache, cache, every_ms, budget);
}
#endif
#if PERFKIT_POOL_RESOURCES
static uint32_t pk__tick_respool(void *pool, pk_time now, uint32_t budget) { return pk_respool_tick((pk_respool *)pool, now, budget); }
PK_API pk_status pk_ticker_add_respool(pk_ticker *t, pk_tick *tick, pk_respool *pool, pk_time every_ms, uint32_t budget) {
    return pk_ticker_add(t, tick, pk__tick_respool, pool, every_ms, budget);
}
#endif
#endif

#if PK__TICKER_THREADS
static void pk__ticker_serve(pk_ticker *t) {
    pk_ticker_thread *const thread = t->thread;
    pk__mutex_lock(&thread->lock);
    while (!thread->stopping) {
        pk_time wait = pk__ticker_round(t, thread->clock(thread->user));
        if (thread->stopping || wait == 0) continue;
        (void)pk__cond_wait(&thread->wake, &thread->lock, wait > 60000u ? 60000u : (uint32_t)wait);
    }
    pk__mutex_unlock(&thread->lock);
}
#ifdef _WIN32
static DWORD WINAPI pk__ticker_main(LPVOID ticker) {
    pk_ticker *const t = (pk_ticker *)ticker;
    pk__ticker_serve(t);
    return 0;
}
static bool pk__thread_start(pk_ticker *t, pk_ticker_thread *thread) {
    DWORD id;
    HANDLE handle = CreateThread(NULL, 0, pk__ticker_main, t, 0, &id);
    memcpy(thread->id, &handle, sizeof handle);
    thread->id[1] = id;
    return handle != NULL;
}
static void pk__thread_join(pk_ticker_thread *thread) {
    HANDLE handle;
    memcpy(&handle, thread->id, sizeof handle);
    WaitForSingleObject(handle, INFINITE);
    CloseHandle(handle);
}
#else
PK__STATIC_ASSERT(thread_id_fits, sizeof(pthread_t) <= sizeof(uint64_t[2]));
static void *pk__ticker_main(void *ticker) {
    pk__ticker_serve((pk_ticker *)ticker);
    return NULL;
}
static bool pk__thread_start(pk_ticker *t, pk_ticker_thread *thread) {
    pthread_t id;
    if (pthread_create(&id, NULL, pk__ticker_main, t) != 0) return false;
    memcpy(thread->id, &id, sizeof id);
    return true;
}
static void pk__thread_join(pk_ticker_thread *thread) {
    pthread_t id;
    memcpy(&id, thread->id, sizeof id);
    (void)pthread_join(id, NULL);
}
#endif
static void pk__ticker_forget(pk_ticker *t) {
    pk_ticker_thread *const thread = t->thread;
    t->thread = NULL;
    t->running = NULL;
    if (thread->process != pk__process()) return; /* forked: what the parent's threads hold cannot be destroyed */
    pk__cond_destroy(&thread->wake);
    pk__cond_destroy(&thread->ran);
    pk__mutex_destroy(&thread->lock);
}
PK_API pk_status pk_ticker_start(pk_ticker *t, pk_ticker_thread *thread, pk_clock_fn clock, void *user) {
    bool started;
    PERFKIT_ASSERT(t != NULL && thread != NULL);
    if (t->thread) return pk__ticker_forked(t) ? PK_FORKED : PK_BUSY;
    if (t->running) return PK_BUSY; /* called by a tick */
    memset(thread, 0, sizeof *thread);
    thread->clock = clock ? clock : pk__now_ms;
    thread->user = user;
    thread->process = pk__process();
    if (!pk__mutex_init(&thread->lock)) return PK_NO_MEMORY;
    if (!pk__cond_init(&thread->wake)) {
        pk__mutex_destroy(&thread->lock);
        return PK_NO_MEMORY;
    }
    if (!pk__cond_init(&thread->ran)) {
        pk__cond_destroy(&thread->wake);
        pk__mutex_destroy(&thread->lock);
        return PK_NO_MEMORY;
    }
    t->thread = thread;
    pk__mutex_lock(&thread->lock); /* until its id is there for ticks to be compared with */
    started = pk__thread_start(t, thread);
    pk__mutex_unlock(&thread->lock);
    if (!started) pk__ticker_forget(t);
    return started ? PK_OK : PK_NO_MEMORY;
}
PK_API pk_status pk_ticker_stop(pk_ticker *t) {
    PERFKIT_ASSERT(t != NULL);
    if (t->thread == NULL) return PK_OK;
    if (!pk__ticker_forked(t)) {
        if (pk__on_thread(t->thread)) return PK_BUSY;
        pk__mutex_lock(&t->thread->lock);
        t->thread->stopping = true;
        pk__cond_signal(&t->thread->wake);
        pk__mutex_unlock(&t->thread->lock);
        pk__thread_join(t->thread);
    }
    pk__ticker_forget(t);
    return PK_OK;
}
#endif
#endif

#if PERFKIT_MEM || PERFKIT_MONITOR
/* part of whole in 1/100 percent; 0 where whole is 0. */
static int32_t pk__percent_100(uint64_t part, uint64_t whole) {
    if (whole == 0 || part >= whole) return whole == 0 ? 0 : 10000;
    while (whole > (uint64_t)-1 / 10000u) {
        whole >>= 1;
        part >>= 1;
    }
    return (int32_t)(part * 10000u / whole);
}
#endif

/* ---- Memory under account ---- */

#if PERFKIT_MEM
#if PERFKIT_ATOMICS && defined _MSC_VER && !defined __clang__
#ifdef _WIN64
#define PK__EXCHANGE(p, now, was) (size_t)_InterlockedCompareExchange64((volatile __int64 *)(p), (__int64)(now), (__int64)(was))
#else
#define PK__EXCHANGE(p, now, was) (size_t)_InterlockedCompareExchange((volatile long *)(p), (long)(now), (long)(was))
#endif
static size_t pk__load_size(const size_t *p) { return *(const volatile size_t *)p; }
static bool pk__cas_size(size_t *p, size_t was, size_t now) { return PK__EXCHANGE(p, now, was) == was; }
#elif PERFKIT_ATOMICS
static size_t pk__load_size(const size_t *p) { return __atomic_load_n(p, __ATOMIC_RELAXED); }
static bool pk__cas_size(size_t *p, size_t was, size_t now) {
    return __atomic_compare_exchange_n(p, &was, now, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}
#else
static size_t pk__load_size(const size_t *p) { return *p; }
static bool pk__cas_size(size_t *p, size_t was, size_t now) {
    if (*p != was) return false;
    *p = now;
    return true;
}
#endif

static uint32_t pk__mem_kib(size_t bytes) {
    uint64_t kib = ((uint64_t)bytes + 1023u) >> 10;
    return kib > 0xFFFFFFFFu ? 0xFFFFFFFFu : (uint32_t)kib;
}
static PK__COLD void pk__mem_report(pk_mem *m, int kind, pk_status status) {
    pk_event event;
    if (m->on_event == NULL) return;
    event.object = m->name;
    event.detail = NULL;
    event.kind = kind;
    event.status = status;
    event.a = pk__mem_kib(pk__load_size(&m->current));
    event.b = pk__mem_kib(m->limit);
    m->on_event(m->user, &event);
}

/* Bytes on the account before they are taken, so that threads together never exceed the limit. */
static bool pk__mem_book(pk_mem *m, size_t size, bool enforce) {
    size_t was, now, peak;
    do {
        was = pk__load_size(&m->current);
        if (!pk__add_fits(was, size, &now) || (enforce && m->limit && now > m->limit)) {
            (void)pk__add32(&m->refused, 1);
            pk__mem_report(m, PK_MEM_EVENT_REFUSED, PK_FULL);
            return false;
        }
    } while (!pk__cas_size(&m->current, was, now));
    for (peak = pk__load_size(&m->peak); now > peak && !pk__cas_size(&m->peak, peak, now);) peak = pk__load_size(&m->peak);
    if (m->alert_at && now > m->alert_at && pk__cas32(&m->pressed, 0, 1)) pk__mem_report(m, PK_MEM_EVENT_PRESSURE, PK_OK);
    return true;
}
static void pk__mem_unbook(pk_mem *m, size_t size) {
    size_t was;
    do was = pk__load_size(&m->current);
    while (!pk__cas_size(&m->current, was, was - size));
    if (was - size <= m->alert_at) (void)pk__cas32(&m->pressed, 1, 0);
}

/* malloc leaves alignments above its own to its caller. */
#if PERFKIT_HEAP
#define PK__MALLOC_ALIGN (2 * sizeof(void *))
static void *pk__heap_take(size_t size, size_t align) {
#ifdef _WIN32
    return _aligned_malloc(size, align < PK__MALLOC_ALIGN ? PK__MALLOC_ALIGN : align);
#elif PERFKIT_HOSTED
    void *memory = NULL;
    if (align <= PK__MALLOC_ALIGN) return malloc(size);
    return posix_memalign(&memory, align, size) == 0 ? memory : NULL;
#else
    return align <= PK__MALLOC_ALIGN ? malloc(size) : NULL;
#endif
}
static void pk__heap_give(void *memory) {
#ifdef _WIN32
    _aligned_free(memory);
#else
    free(memory);
#endif
}
#else
#define pk__heap_take(size, align) NULL
#define pk__heap_give(memory) ((void)0)
#endif

static void *pk__mem_take(pk_mem *m, size_t size, size_t align, bool enforce) {
    const pk_allocator *const behind = m->behind;
    void *memory;
    if (!pk__mem_book(m, size, enforce)) return NULL;
    memory = behind ? behind->alloc_fn(size, align, behind->user) : pk__heap_take(size, align);
    if (memory) {
        (void)pk__add32(&m->allocated, 1);
        return memory;
    }
    pk__mem_unbook(m, size);
    (void)pk__add32(&m->failed, 1);
    pk__mem_report(m, PK_MEM_EVENT_FAILED, PK_NO_MEMORY);
    return NULL;
}
static void *pk__mem_alloc_fn(size_t size, size_t align, void *user) { return pk__mem_take((pk_mem *)user, size, align, true); }
static void pk__mem_free_fn(void *memory, size_t size, void *user) {
    pk_mem *const m = (pk_mem *)user;
    const pk_allocator *const behind = m->behind;
    if (memory == NULL) return;
    if (behind == NULL) pk__heap_give(memory);
    else if (behind->free_fn) behind->free_fn(memory, size, behind->user);
    (void)pk__add32(&m->freed, 1);
    pk__mem_unbook(m, size);
}

PK_API pk_status pk__mem_init(pk_mem *m, size_t size, uint32_t config, const pk_mem_desc *desc) {
    PERFKIT_ASSERT(m != NULL);
    if (size != sizeof(pk_mem) || config != PK__CONFIG_WORD) return PK_INVALID;
    if (desc && desc->alert_percent > 100) return PK_INVALID;
    if (!(desc && desc->allocator && desc->allocator->alloc_fn) && !PERFKIT_HEAP) return PK_NO_MEMORY;
    memset(m, 0, sizeof *m);
    if (desc) {
        const size_t percent = desc->alert_percent ? desc->alert_percent : 90u;
        m->name = desc->name;
        m->on_event = desc->on_event;
        m->user = desc->user;
        if (desc->allocator && desc->allocator->alloc_fn) m->behind = desc->allocator;
        if (desc->limit) {
            m->limit = desc->limit;
            m->alert_at = desc->limit / 100u * percent + desc->limit % 100u * percent / 100u;
        }
    }
    return PK_OK;
}
PK_API pk_status pk_mem_close(pk_mem *m) { return m->current == 0 ? PK_OK : PK_BUSY; }
PK_API pk_allocator pk_mem_allocator(pk_mem *m) {
    pk_allocator a;
    a.alloc_fn = pk__mem_alloc_fn;
    a.free_fn = pk__mem_free_fn;
    a.user = m;
    return a;
}
PK_API void pk_mem_get_stats(const pk_mem *m, pk_mem_stats *stats) {
    stats->current = pk__load_size(&m->current);
    stats->peak = pk__load_size(&m->peak);
    stats->limit = m->limit;
    stats->allocated = pk__load32(&m->allocated);
    stats->freed = pk__load32(&m->freed);
    stats->refused = pk__load32(&m->refused);
    stats->failed = pk__load32(&m->failed);
    stats->utilization = pk__percent_100(stats->current, m->limit);
}

/* The size stands in front of the bytes, in as much room as keeps them aligned. */
#define PK__MEM_FRONT 16u
#if PERFKIT_HEAP /* over malloc its own alignment, which is all that realloc keeps */
#define PK__MEM_ALIGN(m) ((m)->behind ? PK__MEM_FRONT : 1u)
#else
#define PK__MEM_ALIGN(m) PK__MEM_FRONT
#endif
#if PERFKIT_HOSTED
static void *pk__mem_no_such_size(pk_mem *m) {
    (void)pk__add32(&m->refused, 1);
    pk__mem_report(m, PK_MEM_EVENT_REFUSED, PK_FULL);
    return NULL;
}
#else /* not worth its flash */
#define pk__mem_no_such_size(m) NULL
#endif
static void *pk__mem_sized(pk_mem *m, size_t size, bool enforce) {
    unsigned char *block;
    size_t whole;
    if (!pk__add_fits(size, PK__MEM_FRONT, &whole)) return pk__mem_no_such_size(m);
    block = (unsigned char *)pk__mem_take(m, whole, PK__MEM_ALIGN(m), enforce);
    if (block == NULL) return NULL;
    memcpy(block, &size, sizeof size);
    return block + PK__MEM_FRONT;
}
#if PERFKIT_HEAP
/* Over malloc only what it grows by is booked. */
static void *pk__mem_regrown(pk_mem *m, unsigned char *block, size_t was, size_t size, bool enforce) {
    size_t whole;
    if (!pk__add_fits(size, PK__MEM_FRONT, &whole)) return pk__mem_no_such_size(m);
    if (size > was && !pk__mem_book(m, size - was, enforce)) return NULL;
#ifdef _WIN32
    block = (unsigned char *)_aligned_realloc(block, whole, PK__MALLOC_ALIGN);
#else
    block = (unsigned char *)realloc(block, whole);
#endif
    if (block == NULL) {
        if (size > was) pk__mem_unbook(m, size - was);
        (void)pk__add32(&m->failed, 1);
        pk__mem_report(m, PK_MEM_EVENT_FAILED, PK_NO_MEMORY);
        return NULL;
    }
    if (size < was) pk__mem_unbook(m, was - size);
    (void)pk__add32(&m->allocated, 1);
    (void)pk__add32(&m->freed, 1);
    memcpy(block, &size, sizeof size);
    return block + PK__MEM_FRONT;
}
#endif
static void *pk__mem_resized(pk_mem *m, void *memory, size_t size, bool enforce) {
    void *moved;
    size_t was;
    if (memory == NULL) return pk__mem_sized(m, size, enforce);
    memcpy(&was, (unsigned char *)memory - PK__MEM_FRONT, sizeof was);
#if PERFKIT_HEAP
    if (m->behind == NULL) return pk__mem_regrown(m, (unsigned char *)memory - PK__MEM_FRONT, was, size, enforce);
#endif
    if (size <= was && enforce && m->limit && pk__load_size(&m->current) + size + PK__MEM_FRONT > m->limit) return memory;
    moved = pk__mem_sized(m, size, enforce);
    if (moved == NULL) return size <= was ? memory : NULL;
    memcpy(moved, memory, was < size ? was : size);
    pk_mem_free(m, memory);
    return moved;
}
#if PERFKIT_STB_DS
/* stb_ds writes through the NULL that a refusal would be, so here the limit is only reported. */
pk_mem pk_stb_ds_mem;
typedef struct pk__stb_ds_entry {
    void *variable; /* the caller's array or map: a pointer that moves as it grows */
    size_t front, element;
    void (*free_map)(void *, size_t);
} pk__stb_ds_entry;
PK_API void *pk__stb_ds_realloc(void *memory, size_t size) { return pk__mem_resized(&pk_stb_ds_mem, memory, size, false); }
PK_API void pk__stb_ds_free(void *memory) { pk_mem_free(&pk_stb_ds_mem, memory); }
static pk_status pk__stb_ds_cleanup(void *context) {
    pk__stb_ds_entry *const e = (pk__stb_ds_entry *)context;
    unsigned char *array;
    void *const none = NULL;
    memcpy(&array, e->variable, sizeof array);
    memcpy(e->variable, &none, sizeof none);
    if (array && e->free_map) e->free_map(array - e->element, e->element);
    else if (array) pk__stb_ds_free(array - e->front);
    pk__stb_ds_free(e);
    return PK_OK;
}
PK_API pk_status pk__stb_ds_defer(pk_scope *s, void *variable, size_t front, size_t element, void (*free_map)(void *, size_t),
                                  const char *name) {
    pk__stb_ds_entry *const e = (pk__stb_ds_entry *)pk__mem_sized(&pk_stb_ds_mem, sizeof *e, false);
    pk_status status;
    if (e == NULL) return PK_NO_MEMORY;
    e->variable = variable;
    e->front = front;
    e->element = element;
    e->free_map = free_map;
    status = pk_scope_defer(s, pk__stb_ds_cleanup, e, name);
    if (status != PK_OK) pk__stb_ds_free(e);
    return status;
}
#endif
PK_API void *pk_mem_malloc(pk_mem *m, size_t size) { return pk__mem_sized(m, size, true); }
PK_API void *pk_mem_realloc(pk_mem *m, void *memory, size_t size) { return pk__mem_resized(m, memory, size, true); }
PK_API void pk_mem_free(pk_mem *m, void *memory) {
    size_t size;
    if (memory == NULL) return;
    memcpy(&size, (unsigned char *)memory - PK__MEM_FRONT, sizeof size);
    pk__mem_free_fn((unsigned char *)memory - PK__MEM_FRONT, size + PK__MEM_FRONT, m);
}
#endif

/* ---- What to do when something fails ---- */

#if PERFKIT_RETRY
static int pk__recovery_default(pk_status status, unsigned tried) {
    switch (status) {
    case PK_AGAIN:
    case PK_TIMEOUT:
    case PK_BUSY:
    case PK_EXHAUSTED:
    case PK_CREATE_FAILED:
    case PK_IO:
        return tried < 3 ? PK_RECOVERY_RETRY : PK_RECOVERY_FAIL;
    case PK_NO_MEMORY:
    case PK_FULL:
    case PK_TOO_BIG: return PK_RECOVERY_DEGRADE;
    case PK_CORRUPT:
    case PK_NOT_FOUND:
    case PK_MISMATCH: return PK_RECOVERY_SKIP;
    default: return PK_RECOVERY_FAIL;
    }
}
PK_API int pk_recovery_for(const pk_recovery *table, pk_status status, unsigned tried) {
    if (table == NULL) return pk__recovery_default(status, tried);
    while (table->status != status && table->status != PK_OK) table++;
    return table->action == PK_RECOVERY_RETRY && tried >= table->max_retries ? (int)PK_RECOVERY_FAIL : (int)table->action;
}

PK_API pk_status pk_retry_run(pk_retry *r, pk_attempt_fn fn, void *context) {
    const pk_clock_fn clock = r->clock ? r->clock : pk__now_ms;
    pk_status status;
    uint32_t wait;
    PERFKIT_ASSERT(fn != NULL);
    pk_backoff_reset(&r->backoff);
    for (r->attempts = 0;;) {
        if (r->breaker && pk_breaker_allow(r->breaker, clock(r->user)) != PK_OK) return PK_BREAKER_OPEN;
        status = fn(context);
        r->attempts++;
        if (r->breaker && status == PK_OK) pk_breaker_success(r->breaker);
        if (r->breaker && status != PK_OK) pk_breaker_failure(r->breaker, clock(r->user));
        if (status == PK_OK || pk_recovery_for(r->recovery, status, r->attempts - 1) != PK_RECOVERY_RETRY) return status;
        if (pk_backoff_next(&r->backoff, &wait) != PK_OK) return status;
        if (r->wait) r->wait(r->user, wait);
    }
}

PK_API pk_status pk_try_chain(const pk_fallback_desc *desc, const pk_fallback *ways, unsigned n, void *context, unsigned *served) {
    pk_status status = PK_INVALID;
    pk_event event;
    unsigned i;
    if (served) *served = n;
    for (i = 0; i < n; i++) {
        status = ways[i].fn(context);
        if (status == PK_OK) {
            if (served) *served = i;
            return PK_OK;
        }
        if (pk_recovery_for(desc ? desc->recovery : NULL, status, 0) == PK_RECOVERY_FAIL) return status;
        if (i + 1 == n || desc == NULL || desc->on_event == NULL) continue;
        event.object = desc->name;
        event.detail = ways[i].name;
        event.kind = PK_FALLBACK_EVENT_DOWNGRADE;
        event.status = status;
        event.a = i;
        event.b = n;
        desc->on_event(desc->user, &event);
    }
    return status;
}
#endif

/* ---- Configuration ---- */

#if PERFKIT_CONFIG
#if PERFKIT_STDIO
#include <stdio.h>
#endif
#if PERFKIT_HOSTED
#include <stdlib.h>
#endif
enum { PK__BOOL, PK__COUNT, PK__AUTO, PK__SECONDS, PK__LEVEL, PK__MODE, PK__STRATEGY, PK__TEXT };
typedef struct pk__config_key {
    const char *key;
    size_t at; /* of the field in pk_config */
    uint32_t least, most;
    uint8_t kind;
} pk__config_key;
#define PK__CONFIG_ROW(kind, field, key, least, most, standard) {key, offsetof(pk_config, field), least, most, PK__##kind},
static const pk__config_key pk__config_keys[] = {PK_CONFIG_FIELDS(PK__CONFIG_ROW)};
static const struct { const char *alias, *key; } pk__config_aliases[] = {
    {"LAZY_LOADING_ENABLED", "lazy_loading.enabled"},
    {"log.level", "logging.level"},
    {"perf.level", "PERFORMANCE_LOG_LEVEL"},
    {"startup.background_loading", "background_loading.enabled"},
    {"ASYNC_CACHE.TTL_SECONDS", "ASYNC_CACHE_TTL"},
    {"ASYNC_CACHE.CLEANUP_INTERVAL", "ASYNC_CACHE_CLEANUP_INTERVAL"},
    {"ASYNC_CACHE.NUM_SHARDS", "ASYNC_CACHE_NUM_SHARDS"},
    {"ASYNC_CACHE.MAX_WORKERS", "ASYNC_CACHE_MAX_WORKERS"},
};
static const char *const pk__config_modes[] = {"lazy", "eager"};
static const char *const pk__config_strategies[] = {"adaptive", "threads", "processes", "hybrid"};
static const char *const pk__config_levels[] = {"off", "error", "warn", "info", "debug", "trace"};

static char pk__small(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }
static bool pk__words_match(const char *a, const char *b) { /* capitals don't matter */
    while (*a && pk__small(*a) == pk__small(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}
/* The rest of `text` behind `prefix`, or all of it. */
static const char *pk__behind(const char *text, const char *prefix) {
    const char *rest = text;
    while (*prefix && pk__small(*rest) == *prefix) {
        rest++;
        prefix++;
    }
    return *prefix ? text : rest;
}
static int pk__word_among(const char *word, const char *const *words, size_t n) {
    size_t i;
    for (i = 0; i < n; i++)
        if (pk__words_match(word, words[i])) return (int)i;
    return -1;
}

static const pk__config_key *pk__config_find(const char *key) {
    size_t i;
    key = pk__behind(pk__behind(key, "default."), "performance.");
    for (i = 0; i < PK__COUNTOF(pk__config_aliases); i++)
        if (pk__words_match(key, pk__config_aliases[i].alias)) key = pk__config_aliases[i].key;
    for (i = 0; i < PK__COUNTOF(pk__config_keys); i++)
        if (pk__words_match(key, pk__config_keys[i].key)) return &pk__config_keys[i];
    return NULL;
}

static uint32_t pk__config_number(const pk_config *c, const pk__config_key *k) {
    const void *const field = (const unsigned char *)c + k->at;
    if (k->kind == PK__BOOL) return *(const bool *)field;
    if (k->kind == PK__LEVEL || k->kind == PK__MODE || k->kind == PK__STRATEGY) return *(const uint8_t *)field;
    return *(const uint32_t *)field;
}
static void pk__config_set_number(pk_config *c, const pk__config_key *k, uint32_t number) {
    void *const field = (unsigned char *)c + k->at;
    if (k->kind == PK__BOOL) *(bool *)field = number != 0;
    else if (k->kind == PK__LEVEL || k->kind == PK__MODE || k->kind == PK__STRATEGY) *(uint8_t *)field = (uint8_t)number;
    else *(uint32_t *)field = number;
}
static bool pk__config_in_range(const pk__config_key *k, uint32_t number) {
    const uint32_t unit = k->kind == PK__SECONDS ? 1000u : 1u;
    if (k->kind == PK__AUTO && number == 0) return true;
    return number >= k->least && number <= k->most * unit; /* seconds from 1: from a millisecond, as 0 would be the default */
}

/* A decimal number with up to `places` places, times 10^places; false: it is none, or has no room. */
static bool pk__decimal(const char *text, unsigned places, uint32_t *value) {
    uint64_t n = 0;
    bool point = false, digits = false;
    for (; *text; text++) {
        if (*text == '.' && !point && places > 0) {
            point = true;
            continue;
        }
        if (*text < '0' || *text > '9') return false;
        digits = true;
        if (point && places == 0) {
            if (*text != '0') return false;
            continue;
        }
        n = n * 10u + (uint64_t)(*text - '0');
        if (n > 0xFFFFFFFFu) return false;
        if (point) places--;
    }
    for (; places > 0; places--) n *= 10u;
    *value = (uint32_t)n;
    return digits && n <= 0xFFFFFFFFu;
}
static bool pk__boolean(const char *text, uint32_t *value) {
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    const int i = pk__word_among(text, words, PK__COUNTOF(words));
    *value = i < 0 ? 0 : (uint32_t)i & 1u;
    return i >= 0;
}
static bool pk__choice(const char *text, const char *const *words, size_t n, uint32_t *value) {
    const int i = pk__word_among(text, words, n);
    *value = (uint32_t)i;
    return i >= 0;
}
static bool pk__config_read(const pk__config_key *k, const char *text, uint32_t *value) {
    switch (k->kind) {
    case PK__BOOL: return pk__boolean(text, value);
    case PK__AUTO:
        *value = 0;
        if (pk__words_match(text, "auto")) return true;
        return pk__decimal(text, 0, value) && *value > 0;
    case PK__SECONDS: return pk__decimal(text, 3, value);
    case PK__LEVEL: {
        const int level = pk_log_level_from(text);
        *value = (uint32_t)level;
        return level >= 0;
    }
    case PK__MODE: return pk__choice(text, pk__config_modes, PK__COUNTOF(pk__config_modes), value);
    case PK__STRATEGY: return pk__choice(text, pk__config_strategies, PK__COUNTOF(pk__config_strategies), value);
    default: return pk__decimal(text, 0, value);
    }
}
/* Texts are written in quotes, on one line: neither may stand inside. */
static bool pk__config_text_fits(const pk__config_key *k, const char *text) {
    size_t length = 0;
    for (; length <= k->most && text[length]; length++)
        if ((unsigned char)text[length] < ' ' || text[length] == '"' || text[length] == 127) return false;
    return length >= k->least && length <= k->most;
}
static pk_status pk__config_set(pk_config *c, const pk__config_key *k, const char *value) {
    uint32_t number;
    if (k->kind == PK__TEXT) {
        if (!pk__config_text_fits(k, value)) return PK_INVALID;
        memcpy((char *)c + k->at, value, strlen(value) + 1);
        return PK_OK;
    }
    if (!pk__config_read(k, value, &number) || !pk__config_in_range(k, number)) return PK_INVALID;
    pk__config_set_number(c, k, number);
    return PK_OK;
}

PK_API pk_status pk_config_apply(pk_config *c, const char *key, const char *value) {
    const pk__config_key *k = pk__config_find(key);
    return k == NULL ? PK_NOT_FOUND : pk__config_set(c, k, value);
}

PK_API pk_status pk_config_preset(pk_config *c, int preset) {
    if (preset < PK_CONFIG_STANDARD || preset > PK_CONFIG_DEFAULTS) return PK_INVALID;
    memset(c, 0, sizeof *c);
#define PK__SET_BOOL(field, value) c->field = (value) != 0;
#define PK__SET_COUNT(field, value) c->field = (value);
#define PK__SET_AUTO(field, value) c->field = (value);
#define PK__SET_SECONDS(field, value) c->field = (uint32_t)((value) * 1000u);
#define PK__SET_LEVEL(field, value) c->field = (value);
#define PK__SET_MODE(field, value) c->field = (value);
#define PK__SET_STRATEGY(field, value) c->field = (value);
#define PK__SET_TEXT(field, value) \
    (void)sizeof(char[sizeof(value) <= PK_CONFIG_TEXT ? 1 : -1]); \
    memcpy(c->field, value, sizeof(value));
#define PK__CONFIG_SET(kind, field, key, least, most, standard) { PK__SET_##kind(field, standard) }
    PK_CONFIG_FIELDS(PK__CONFIG_SET)
    if (preset == PK_CONFIG_MINIMAL || preset == PK_CONFIG_FIRMWARE) {
        c->parser_workers = 1;
        c->parser_memory_mb = preset == PK_CONFIG_MINIMAL ? 256 : 1;
        c->parser_threshold_mb = preset == PK_CONFIG_MINIMAL ? c->parser_threshold_mb : 1;
        c->parser_cache = false;
        c->parser_chunk_kb = preset == PK_CONFIG_MINIMAL ? 128 : 1;
        c->parser_strategy = PK_CONFIG_THREADS;
        if (preset == PK_CONFIG_FIRMWARE) {
            c->cache_size = c->memo_size = c->component_cache_size = c->async_size = 32;
            c->cache_memory_mb = c->async_memory_mb = 1;
            c->async_shards = c->async_workers = 1;
        }
    } else if (preset == PK_CONFIG_PERFORMANCE) {
        c->parser_memory_mb = 4096;
        c->parser_strategy = PK_CONFIG_HYBRID;
        c->parser_chunk_kb = 512;
        c->parser_cache_mb = 2000;
    } else if (preset != PK_CONFIG_DEFAULTS) {
        c->parser_memory_mb = PK__STANDARD_PARSER_MEMORY_MB;
        c->parser_cache_mb = PK__STANDARD_PARSER_CACHE_MB;
    }
    if (preset == PK_CONFIG_DEBUG) {
        c->log_level = PK_LOG_DEBUG;
        c->perf_level = PK_LOG_DEBUG;
        c->debug = c->performance_timing = c->debug_timing = c->log_component_loads = c->track_memory_usage = true;
    }
    return PK_OK;
}

/* ---- Reading ---- */

typedef struct pk__config_reader {
    pk_config *config;
    pk_config_problem_fn problem;
    void *user;
    unsigned line;
    pk_status first;
    char section[64];
} pk__config_reader;

static void pk__config_complain(pk__config_reader *r, const char *key, pk_status status, const char *why) {
    if (r->first == PK_OK) r->first = status;
    if (r->problem) r->problem(r->user, r->line, key, why);
}
static char *pk__trim(char *text) {
    char *end = text + strlen(text);
    while (end > text && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) end--;
    *end = 0;
    while (*text == ' ' || *text == '\t') text++;
    return text;
}
/* Without a comment; a # inside quotes is none. */
static void pk__cut_comment(char *text) {
    bool quoted = false;
    for (; *text; text++) {
        if (*text == '"') quoted = !quoted;
        else if (*text == '#' && !quoted) *text = 0;
        if (*text == 0) return;
    }
}
/* "a" becomes a; ["a", "b"] becomes a,b. */
static void pk__unquote(char *value) {
    const size_t length = strlen(value);
    const bool list = length >= 2 && value[0] == '[' && value[length - 1] == ']';
    const char *from = value;
    char *to = value;
    bool quoted = false;
    if (!list && !(length >= 2 && value[0] == '"' && value[length - 1] == '"')) return;
    for (; *from; from++) {
        if (*from == '"') quoted = !quoted;
        else if (quoted || (list && *from != '[' && *from != ']' && *from != ' ')) *to++ = *from;
    }
    *to = 0;
}
/* Whether a section is one of ours: default, performance, or the first part of a key. */
static bool pk__config_own_section(const char *section) {
    const char *rest = pk__behind(pk__behind(section, "default"), "performance");
    size_t i, n;
    if (rest != section && (*rest == 0 || *rest == '.')) return true;
    for (i = 0; i < PK__COUNTOF(pk__config_keys); i++) {
        const char *key = pk__config_keys[i].key;
        for (n = 0; section[n] && pk__small(section[n]) == pk__small(key[n]); n++) {}
        if (section[n] == 0 && key[n] == '.') return true;
    }
    return false;
}
static const pk__config_key *pk__config_find_in(const pk__config_reader *r, const char *key) {
    char whole[160];
    const pk__config_key *k = NULL;
    if (r->section[0] && pk_format(whole, sizeof whole, "%s.%s", r->section, key) < sizeof whole) k = pk__config_find(whole);
    if (k == NULL) k = pk__config_find(key);
    /* `timeout` in a section of the program's own is not ours; DB_POOL_MIN_SIZE is. */
    if (k && r->section[0] && k->key[0] >= 'a' && strchr(key, '.') == NULL && !pk__config_own_section(r->section)) k = NULL;
    return k;
}
static void pk__config_value(pk__config_reader *r, const char *key, const char *value) {
    const pk__config_key *k = pk__config_find_in(r, key);
    if (k == NULL) pk__config_complain(r, key, PK_NOT_FOUND, "no such key");
    else if (pk__config_set(r->config, k, value) != PK_OK)
        pk__config_complain(r, key, PK_INVALID, "not a value of this key, or out of its range: the old one stays");
}
static void pk__config_line(pk__config_reader *r, char *line) {
    char *key, *value;
    size_t length;
    r->line++;
    pk__cut_comment(line);
    key = pk__trim(line);
    length = strlen(key);
    if (length == 0) return;
    if (key[0] == '[' && key[length - 1] == ']' && strchr(key, '=') == NULL) {
        key[length - 1] = 0;
        key = pk__trim(key + 1);
        if (strlen(key) < sizeof r->section) memcpy(r->section, key, strlen(key) + 1);
        else pk__config_complain(r, key, PK_TOO_BIG, "the name of a section has at most 63 bytes");
        return;
    }
    value = strchr(key, '=');
    if (value == NULL) {
        pk__config_complain(r, key, PK_INVALID, "a line is KEY = value");
        return;
    }
    *value++ = 0;
    key = pk__trim(key);
    value = pk__trim(value);
    pk__unquote(value);
    pk__config_value(r, key, value);
}
static void pk__config_read_start(pk__config_reader *r, pk_config *c, pk_config_problem_fn problem, void *user) {
    memset(r, 0, sizeof *r);
    r->config = c;
    r->problem = problem;
    r->user = user;
}
PK_API pk_status pk_config_parse(pk_config *c, const char *text, pk_config_problem_fn problem, void *user) {
    pk__config_reader r;
    char line[512];
    pk__config_read_start(&r, c, problem, user);
    while (*text) {
        const char *end = strchr(text, '\n');
        const size_t length = end ? (size_t)(end - text) : strlen(text);
        if (length < sizeof line) {
            memcpy(line, text, length);
            line[length] = 0;
            pk__config_line(&r, line);
        } else {
            r.line++;
            pk__config_complain(&r, "", PK_TOO_BIG, "a line has at most 511 bytes");
        }
        text += length + (end != NULL);
    }
    return r.first;
}
#if PERFKIT_STDIO
PK_API pk_status pk_config_load(pk_config *c, const char *path, pk_config_problem_fn problem, void *user) {
    pk__config_reader r;
    char line[513]; /* with the end of the line */
    bool inside = false; /* a line that is too long */
    FILE *file = fopen(path, "r");
    pk__config_read_start(&r, c, problem, user);
    if (file == NULL) {
        pk__config_complain(&r, path, PK_IO, "cannot be opened");
        return PK_IO;
    }
    while (fgets(line, (int)sizeof line, file)) {
        const size_t length = strlen(line);
        const bool whole = length > 0 && line[length - 1] == '\n', cut = !whole && length + 1 < sizeof line && !feof(file);
        if (whole) line[length - 1] = 0;
        if (!inside && !cut && (whole || length + 1 < sizeof line)) pk__config_line(&r, line);
        else if (!inside) {
            r.line++;
            pk__config_complain(&r, "", cut ? PK_INVALID : PK_TOO_BIG, cut ? "a line has no 0 in it" : "a line has at most 511 bytes");
        }
        inside = !whole && !cut;
    }
    if (ferror(file)) pk__config_complain(&r, path, PK_IO, "cannot be read");
    (void)fclose(file);
    return r.first;
}
#endif
#if PERFKIT_HOSTED
PK_API pk_status pk_config_env(pk_config *c, pk_config_problem_fn problem, void *user) {
    pk__config_reader r;
    size_t i;
    pk__config_read_start(&r, c, problem, user);
    for (i = 0; i < PK__COUNTOF(pk__config_keys) + PK__COUNTOF(pk__config_aliases); i++) {
        const char *key = i < PK__COUNTOF(pk__config_keys) ? pk__config_keys[i].key
                                                           : pk__config_aliases[i - PK__COUNTOF(pk__config_keys)].alias;
        const char *value = strchr(key, '.') == NULL && key[0] >= 'A' && key[0] <= 'Z' ? getenv(key) : NULL;
        if (value) pk__config_value(&r, key, value);
    }
    return r.first;
}
#endif

/* ---- Checking and writing ---- */

static void pk__config_check_pool(pk__config_reader *r, const char *name, uint32_t min, uint32_t max, uint32_t idle, uint32_t life) {
    if (min > max) pk__config_complain(r, name, PK_INVALID, "the least size is above the greatest");
    if (idle > life) pk__config_complain(r, name, PK_INVALID, "the idle timeout is longer than the greatest lifetime");
}
PK_API pk_status pk_config_check(const pk_config *c, pk_config_problem_fn problem, void *user) {
    pk__config_reader r;
    size_t i;
    pk__config_read_start(&r, NULL, problem, user);
    for (i = 0; i < PK__COUNTOF(pk__config_keys); i++) {
        const pk__config_key *k = &pk__config_keys[i];
        const char *const text = (const char *)c + k->at;
        if (k->kind == PK__TEXT ? *text && !pk__config_text_fits(k, text) /* whether it may be empty is told below */
                                : !pk__config_in_range(k, pk__config_number(c, k)))
            pk__config_complain(&r, k->key, PK_INVALID, "out of its range");
    }
    pk__config_check_pool(&r, "DB_POOL_MIN_SIZE", c->db_min, c->db_max, c->db_idle_ms, c->db_life_ms);
    pk__config_check_pool(&r, "REDIS_POOL_MIN_SIZE", c->redis_min, c->redis_max, c->redis_idle_ms, c->redis_life_ms);
    pk__config_check_pool(&r, "HTTP_POOL_MIN_SIZE", c->http_min, c->http_max, c->http_idle_ms, c->http_life_ms);
    if (c->client_connect_ms > c->client_wait_ms)
        pk__config_complain(&r, "connect", PK_INVALID, "longer than `timeout`, which includes it");
    if (c->parser_threshold_mb > c->parser_memory_mb)
        pk__config_complain(&r, "PARSER_MEMORY_THRESHOLD_MB", PK_INVALID, "above PARSER_MAX_MEMORY_MB, which it warns of");
    if (c->parser_cache && c->parser_cache_dir[0] == 0)
        pk__config_complain(&r, "PARSER_CACHE_DIR", PK_INVALID, "the cache is enabled and has no directory");
    return r.first;
}

static size_t pk__config_value_text(const pk_config *c, const pk__config_key *k, char *text, size_t size) {
    const uint32_t number = k->kind == PK__TEXT ? 0 : pk__config_number(c, k);
    switch (k->kind) {
    case PK__TEXT: return pk_format(text, size, "\"%s\"", (const char *)c + k->at);
    case PK__BOOL: return pk_format(text, size, "%s", number ? "true" : "false");
    case PK__LEVEL: return pk_format(text, size, "%s", number < PK__COUNTOF(pk__config_levels) ? pk__config_levels[number] : "?");
    case PK__MODE: return pk_format(text, size, "%s", pk__config_modes[number & 1u]);
    case PK__STRATEGY: return pk_format(text, size, "%s", pk__config_strategies[number & 3u]);
    case PK__SECONDS:
        if (number % 1000u) return pk_format(text, size, "%lu.%03u", (unsigned long)(number / 1000u), (unsigned)(number % 1000u));
        return pk_format(text, size, "%lu", (unsigned long)(number / 1000u));
    case PK__AUTO:
        if (number == 0) return pk_format(text, size, "auto");
        break;
    default: break;
    }
    return pk_format(text, size, "%lu", (unsigned long)number);
}
PK_API pk_status pk_config_write(const pk_config *c, pk_log_sink_fn writer, void *user) {
    char value[PK_CONFIG_TEXT + 8], line[PK_CONFIG_TEXT + 80];
    pk_status status = PK_OK;
    size_t i;
    for (i = 0; i < PK__COUNTOF(pk__config_keys); i++)
        if (pk__config_keys[i].kind == PK__TEXT && !pk__config_text_fits(&pk__config_keys[i], (const char *)c + pk__config_keys[i].at))
            return PK_INVALID;
    for (i = 0; i < PK__COUNTOF(pk__config_keys) && status == PK_OK; i++) {
        const pk__config_key *k = &pk__config_keys[i];
        (void)pk__config_value_text(c, k, value, sizeof value);
        status = writer(user, PK_LOG_INFO, line, pk_format(line, sizeof line, "%s = %s\n", k->key, value));
    }
    return status;
}

/* ---- Into descs ---- */

#if PERFKIT_REGISTRY
PK_API void pk_config_registry(const pk_config *c, pk_registry_desc *desc) {
    desc->eager = !c->lazy_loading || c->discovery_mode == PK_CONFIG_EAGER || !c->minimal_registration || !c->defer_heavy_operations;
    desc->no_cache = !c->cache_instances;
    desc->background = c->background_loading;
    desc->batch = (unsigned)c->load_batch; /* at most 65535 */
    desc->max_loads = (unsigned)c->load_concurrent;
    desc->load_timeout_ms = c->load_timeout_ms;
    desc->preload_names = c->preload_critical;
    desc->pump_names = c->background_loading ? c->preload_common : NULL;
}
#endif
#if PERFKIT_SCOPE_MORE
PK_API void pk_config_scope(const pk_config *c, pk_scope_watch_desc *desc) { desc->limit = (unsigned)c->max_resources; } /* at most 65535 */
#endif
static void pk__config_cache_desc(pk_cache_desc *desc, uint32_t entries, uint32_t ttl_ms, uint32_t memory_mb) {
    desc->capacity = entries;
    desc->ttl_ms = ttl_ms ? ttl_ms : PK_TTL_NEVER;
    if (memory_mb && desc->slot_size) { /* counts where lengths vary */
        const uint64_t bytes = (uint64_t)memory_mb << 20;
        desc->max_bytes = (size_t)bytes == bytes ? (size_t)bytes : (size_t)-1;
    }
}
PK_API pk_status pk_config_cache(const pk_config *c, int kind, pk_cache_desc *desc) {
    switch (kind) {
    case PK_CONFIG_CACHE: pk__config_cache_desc(desc, c->cache_size, c->cache_ttl_ms, 0); return PK_OK;
    case PK_CONFIG_CACHE_ASYNC:
        pk__config_cache_desc(desc, c->async_size, c->async_ttl_ms, c->async_memory_mb);
        desc->shards = (uint16_t)c->async_shards;
        return PK_OK;
    case PK_CONFIG_CACHE_COMPONENTS:
        pk__config_cache_desc(desc, c->component_cache_size, c->result_ttl_ms, c->cache_memory_mb);
        return PK_OK;
    case PK_CONFIG_CACHE_MEMO: pk__config_cache_desc(desc, c->memo_size, c->result_ttl_ms, 0); return PK_OK;
    default: return PK_INVALID;
    }
}
#if PERFKIT_POOL_RESOURCES
#define PK__CONFIG_RESPOOL(field) \
    desc->min_size = c->field##_min ? c->field##_min : PK_RESPOOL_NONE; \
    desc->max_size = c->field##_max; \
    desc->connect_ms = c->field##_connect_ms; \
    desc->wait_ms = c->field##_connect_ms; \
    desc->idle_ms = c->field##_idle_ms; \
    desc->life_ms = c->field##_life_ms; \
    desc->health_ms = c->field##_health_ms
PK_API pk_status pk_config_respool(const pk_config *c, int kind, pk_respool_desc *desc) {
    switch (kind) {
    case PK_CONFIG_DB: PK__CONFIG_RESPOOL(db); break;
    case PK_CONFIG_REDIS: PK__CONFIG_RESPOOL(redis); break;
    case PK_CONFIG_HTTP: PK__CONFIG_RESPOOL(http); break;
    case PK_CONFIG_CLIENT:
        desc->min_size = PK_RESPOOL_NONE;
        desc->max_size = c->client_max;
        desc->wait_ms = c->client_wait_ms;
        desc->connect_ms = c->client_connect_ms;
        break;
    default: return PK_INVALID;
    }
    desc->leak_ms = c->leak_ms;
    desc->eager = c->connection_mode == PK_CONFIG_EAGER;
    return PK_OK;
}
#endif
#endif

/* ---- Events of the modules as log lines ---- */

#if PERFKIT_EVENTS
enum { PK__NO_FIGURES, PK__A_OF_B, PK__A_FIGURE, PK__A_MS, PK__A_MS_OF_B, PK__B_MS, PK__A_OF_B_KIB, PK__A_LIMIT_B, PK__B_LIFETIMES };
typedef struct pk__event_row {
    uint8_t module, kind, level, figures;
    const char *text;
} pk__event_row;
static const pk__event_row pk__event_rows[] = {
    {PK_EVENTS_CACHE, PK_CACHE_EVENT_TOO_BIG, PK_LOG_WARN, PK__A_LIMIT_B, "put refused an entry, in bytes"},
    {PK_EVENTS_POOL, PK_POOL_EVENT_EXHAUSTED, PK_LOG_ERROR, PK__A_OF_B, "exhausted"},
    {PK_EVENTS_POOL, PK_POOL_EVENT_MISUSE, PK_LOG_ERROR, PK__A_OF_B, "wrong release"},
    {PK_EVENTS_POOL, PK_POOL_EVENT_NO_MEMORY, PK_LOG_ERROR, PK__A_OF_B, "no memory to grow"},
    {PK_EVENTS_POOL, PK_POOL_EVENT_RETIRING, PK_LOG_WARN, PK__A_OF_B, "most slots have used up their generations"},
    {PK_EVENTS_POOL, PK_POOL_EVENT_WRITTEN, PK_LOG_ERROR, PK__A_FIGURE, "an object was written to after its release"},
    {PK_EVENTS_POOL, PK_POOL_EVENT_CREATE_FAILED, PK_LOG_ERROR, PK__A_OF_B, "init refused an object"},
    {PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_EXHAUSTED, PK_LOG_ERROR, PK__A_OF_B, "exhausted"},
    {PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_TIMEOUT, PK_LOG_ERROR, PK__A_FIGURE, "acquire ran out of time; active"},
    {PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_BREAKER, PK_LOG_ERROR, PK__A_FIGURE, "create is left alone; active"},
    {PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_CLOSED, PK_LOG_INFO, PK__A_FIGURE, "acquire from a closed pool; active"},
    {PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_REFUSED, PK_LOG_ERROR, PK__A_FIGURE, "nothing could be created; active"},
    {PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_CREATE, PK_LOG_WARN, PK__A_FIGURE, "create failed, in a row"},
    {PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_VALIDATE, PK_LOG_WARN, PK__A_FIGURE, "a resource is bad; active"},
    {PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_RESET, PK_LOG_WARN, PK__A_FIGURE, "reset failed; active"},
    {PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_MISUSE, PK_LOG_ERROR, PK__A_FIGURE, "wrong release; active"},
    {PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_LEAK, PK_LOG_WARN, PK__A_MS, "held for too long"},
    {PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_LATE, PK_LOG_INFO, PK__A_MS, "given back after all"},
    {PK_EVENTS_RESPOOL, PK_RESPOOL_EVENT_ERRORS, PK_LOG_ERROR, PK__A_FIGURE, "errors above 5 %; active"},
    {PK_EVENTS_GATE, PK_GATE_EVENT_FULL, PK_LOG_WARN, PK__A_OF_B, "full"},
    {PK_EVENTS_GATE, PK_GATE_EVENT_TOO_BIG, PK_LOG_WARN, PK__A_OF_B, "more was asked for than there ever is"},
    {PK_EVENTS_GATE, PK_GATE_EVENT_MISUSE, PK_LOG_ERROR, PK__A_OF_B, "wrong leave or release"},
    {PK_EVENTS_GATE, PK_GATE_EVENT_CLOSED, PK_LOG_INFO, PK__A_OF_B, "closed"},
    {PK_EVENTS_SCOPE, PK_SCOPE_EVENT_CLEANUP_FAILED, PK_LOG_WARN, PK__NO_FIGURES, "cleanup failed"},
    {PK_EVENTS_SCOPE, PK_SCOPE_EVENT_LEAK, PK_LOG_WARN, PK__A_MS_OF_B, "a resource is too old"},
    {PK_EVENTS_SCOPE, PK_SCOPE_EVENT_REAPED, PK_LOG_WARN, PK__A_MS_OF_B, "a resource was past its life and is closed"},
    {PK_EVENTS_SCOPE, PK_SCOPE_EVENT_NEARLY_FULL, PK_LOG_WARN, PK__A_OF_B, "its limit comes near"},
    {PK_EVENTS_SCOPE, PK_SCOPE_EVENT_FULL, PK_LOG_ERROR, PK__A_OF_B, "full"},
    {PK_EVENTS_REGISTRY, PK_REGISTRY_EVENT_CREATE_FAILED, PK_LOG_ERROR, PK__NO_FIGURES, "create failed"},
    {PK_EVENTS_REGISTRY, PK_REGISTRY_EVENT_CLEANUP_FAILED, PK_LOG_WARN, PK__NO_FIGURES, "cleanup failed"},
    {PK_EVENTS_REGISTRY, PK_REGISTRY_EVENT_CYCLE, PK_LOG_ERROR, PK__NO_FIGURES, "needs itself"},
    {PK_EVENTS_REGISTRY, PK_REGISTRY_EVENT_UNKNOWN, PK_LOG_ERROR, PK__NO_FIGURES, "nobody provides"},
    {PK_EVENTS_REGISTRY, PK_REGISTRY_EVENT_OVERRIDDEN, PK_LOG_WARN, PK__NO_FIGURES, "overridden again"},
    {PK_EVENTS_REGISTRY, PK_REGISTRY_EVENT_SLOW, PK_LOG_WARN, PK__B_MS, "slow to create"},
    {PK_EVENTS_REGISTRY, PK_REGISTRY_EVENT_CONFLICT, PK_LOG_ERROR, PK__B_LIFETIMES, "not added, there is already"},
    {PK_EVENTS_REGISTRY, PK_REGISTRY_EVENT_TIMEOUT, PK_LOG_ERROR, PK__B_MS, "took too long to load, and was ended"},
    {PK_EVENTS_MEM, PK_MEM_EVENT_PRESSURE, PK_LOG_WARN, PK__A_OF_B_KIB, "memory runs short"},
    {PK_EVENTS_MEM, PK_MEM_EVENT_REFUSED, PK_LOG_WARN, PK__A_OF_B_KIB, "an allocation above the limit"},
    {PK_EVENTS_MEM, PK_MEM_EVENT_FAILED, PK_LOG_ERROR, PK__A_OF_B_KIB, "no memory"},
    {PK_EVENTS_FALLBACK, PK_FALLBACK_EVENT_DOWNGRADE, PK_LOG_WARN, PK__NO_FIGURES, "falls back from"},
    {PK_EVENTS_MONITOR, PK_MONITOR_EVENT_HIT_RATE, PK_LOG_WARN, PK__A_LIMIT_B, "hit rate in 1/100 %"},
    {PK_EVENTS_MONITOR, PK_MONITOR_EVENT_UTILIZATION, PK_LOG_WARN, PK__A_LIMIT_B, "utilization in 1/100 %"},
    {PK_EVENTS_MONITOR, PK_MONITOR_EVENT_LEAKS, PK_LOG_WARN, PK__A_FIGURE, "leaks"},
    {PK_EVENTS_MONITOR, PK_MONITOR_EVENT_CHECK, PK_LOG_WARN, PK__A_LIMIT_B, "check"},
};
static const char *const pk__event_modules[] = {"cache", "pool", "resource pool", "gate", "scope", "registry", "memory", "fallback", "monitor"};

static const pk__event_row *pk__event_row_of(int module, int kind) {
    size_t i;
    for (i = 0; i < PK__COUNTOF(pk__event_rows); i++)
        if (pk__event_rows[i].module == module && pk__event_rows[i].kind == kind) return &pk__event_rows[i];
    return NULL;
}
PK_API int pk_log_event_level(int module, int kind) {
    const pk__event_row *const row = pk__event_row_of(module, kind);
    return row ? (int)row->level : (int)PK_LOG_OFF;
}
/* What a and b say, in front of the status. */
static const char pk__lifetimes[4][10] = {"transient", "singleton", "session", "request"};
static void pk__event_figures(char *text, size_t size, int figures, const pk_event *event) {
    const unsigned long a = event->a, b = event->b;
    switch (figures) {
    case PK__A_OF_B: (void)pk_format(text, size, "%lu/%lu, ", a, b); break;
    case PK__A_FIGURE: (void)pk_format(text, size, "%lu, ", a); break;
    case PK__A_MS:
    case PK__A_MS_OF_B: (void)pk_format(text, size, "%lu ms, ", a); break;
    case PK__B_MS: (void)pk_format(text, size, "%lu ms, ", b); break;
    case PK__B_LIFETIMES: (void)pk_format(text, size, "%s, not %s, ", pk__lifetimes[b >> 4 & 3], pk__lifetimes[b & 3]); break;
    case PK__A_OF_B_KIB: (void)pk_format(text, size, "%lu/%lu KiB, ", a, b); break;
    case PK__A_LIMIT_B: (void)pk_format(text, size, "%lu, limit %lu, ", a, b); break;
    default: text[0] = 0;
    }
}
#if PERFKIT_LOG_LIMITS
static pk_log_limit pk__event_limits[PK__COUNTOF(pk__event_rows)];
static bool pk__event_passes(pk_log *log, const pk__event_row *row, int level) {
    return row->level == PK_LOG_ERROR || pk__log_limit(log, &pk__event_limits[row - pk__event_rows], level, NULL, 10, 1000);
}
#else
#define pk__event_passes(log, row, level) true
#endif
/* What can be done about it. */
static const char *pk__registry_hint(int kind) {
    switch (kind) {
    case PK_REGISTRY_EVENT_CREATE_FAILED: return ": look at the create of the last one";
    case PK_REGISTRY_EVENT_CYCLE: return ": have one of them get the next only when it is used";
    case PK_REGISTRY_EVENT_UNKNOWN: return ": add a provider of that name first";
    case PK_REGISTRY_EVENT_OVERRIDDEN: return ": close the scope of the first override before";
    case PK_REGISTRY_EVENT_SLOW: return ": make it at pk_registry_start or by pk_registry_pump";
    case PK_REGISTRY_EVENT_TIMEOUT: return ": raise load_timeout_ms, or make it in smaller parts";
    case PK_REGISTRY_EVENT_CONFLICT: return ": for another one use pk_registry_override";
    default: return "";
    }
}
PK_API void pk_log_event(pk_log *log, int module, const pk_event *event) {
    const pk__event_row *const row = pk__event_row_of(module, event->kind);
    const bool over = module == PK_EVENTS_MONITOR && event->status == PK_OK;
    int level;
    char figures[48], id[12] = "";
    if (row == NULL) return;
    level = over ? (int)PK_LOG_INFO : (int)row->level;
#ifdef PERFKIT_LOG_DEFAULT
    if (log == NULL) log = &PERFKIT_LOG_DEFAULT;
#endif
    if (log == NULL || !pk_log_enabled(log, level) || !pk__event_passes(log, row, level)) return;
    pk__event_figures(figures, sizeof figures, row->figures, event);
    if (row->figures == PK__A_MS_OF_B) (void)pk_format(id, sizeof id, "_%lu", (unsigned long)event->b);
    pk_log_write(log, level, "%s %s: %s%s%s%s (%s%s)%s", pk__event_modules[module], event->object ? event->object : "-", row->text,
                 event->detail ? " " : "", event->detail ? event->detail : "", id, figures, over ? "over" : pk_status_text(event->status),
                 module == PK_EVENTS_REGISTRY ? pk__registry_hint(event->kind) : "");
}
#define PK__EVENT_ADAPTER(name, module) \
    PK_API void pk_log_##name##_event(void *log, const pk_event *event) { pk_log_event((pk_log *)log, module, event); }
PK__EVENT_ADAPTER(cache, PK_EVENTS_CACHE)
PK__EVENT_ADAPTER(pool, PK_EVENTS_POOL)
PK__EVENT_ADAPTER(respool, PK_EVENTS_RESPOOL)
PK__EVENT_ADAPTER(gate, PK_EVENTS_GATE)
PK__EVENT_ADAPTER(scope, PK_EVENTS_SCOPE)
PK__EVENT_ADAPTER(registry, PK_EVENTS_REGISTRY)
PK__EVENT_ADAPTER(mem, PK_EVENTS_MEM)
PK__EVENT_ADAPTER(fallback, PK_EVENTS_FALLBACK)
PK__EVENT_ADAPTER(monitor, PK_EVENTS_MONITOR)
#endif

/* ---- Monitor ---- */

#if PERFKIT_MONITOR
#if PERFKIT_SCOPE_MORE
#define PK__MONITOR_FORKED(m) PK__UNLIKELY((m)->desc.threads && (m)->forks != PK__SCOPE_FORKS_NOW())
#else
#define PK__MONITOR_FORKED(m) false
#endif
static void pk__monitor_lock(pk_monitor *m) { if (m->desc.threads) pk__mutex_lock(&m->lock); }
static void pk__monitor_unlock(pk_monitor *m) { if (m->desc.threads) pk__mutex_unlock(&m->lock); }

/* Who asks an object for its statistics, tells its alerts or reports it, outside the lock: on the stack of the thread that does. */
typedef struct pk__asking {
    struct pk__asking *next;
    const pk_monitored *o;
    uintptr_t thread;
} pk__asking;
static void pk__asking_begin(pk_monitor *m, pk__asking *a, const pk_monitored *o) { /* under the lock, both */
    a->o = o;
    a->thread = pk__thread_me();
    a->next = m->asking;
    m->asking = a;
}
static void pk__asking_end(pk_monitor *m, const pk__asking *a) {
    pk__asking **at = &m->asking;
    while (*at != a) at = &(*at)->next;
    *at = a->next;
#ifdef PK__HAS_COND
    if (m->desc.threads) pk__cond_broadcast(&m->asked);
#endif
}
/* Without numbers of threads, who calls out of its own sample can't be told from another thread: both count as others. */
#define PK__ASKS_ITSELF(m, a) (PK__REGISTRY_THREADS ? (a)->thread == pk__thread_me() : !(m)->desc.threads)
static bool pk__monitor_asked(const pk_monitor *m, const pk_monitored *o) { /* by another thread */
    const pk__asking *a;
    for (a = m->asking; a && (a->o != o || PK__ASKS_ITSELF(m, a)); a = a->next) {}
    return a != NULL;
}
#if defined PK__HAS_COND && PK__REGISTRY_THREADS
#define pk__monitor_may_wait(m, o) true
static void pk__monitor_wait(pk_monitor *m, const pk_monitored *o) {
    while (pk__monitor_asked(m, o)) (void)pk__cond_wait(&m->asked, &m->lock, 1000);
}
#else
#define pk__monitor_may_wait(m, o) (!pk__monitor_asked(m, o))
#define pk__monitor_wait(m, o) ((void)0)
#endif
/* The lock and the condition, where there is one. */
static bool pk__monitor_locks(pk_monitor *m) {
    if (!pk__mutex_init(&m->lock)) return false;
#ifdef PK__HAS_COND
    if (pk__cond_init(&m->asked)) return true;
    pk__mutex_destroy(&m->lock);
    return false;
#else
    return true;
#endif
}
static void pk__monitor_unlocks(pk_monitor *m) {
#ifdef PK__HAS_COND
    pk__cond_destroy(&m->asked);
#endif
    pk__mutex_destroy(&m->lock);
}

static bool pk__monitor_share(int32_t share) { return share >= 0 && share <= 10000; }
PK_API pk_status pk__monitor_init(pk_monitor *m, size_t size, uint32_t config, const pk_monitor_desc *desc) {
    PERFKIT_ASSERT(m != NULL);
    if (size != sizeof(pk_monitor) || config != PK__CONFIG_WORD) return PK_INVALID;
    memset(m, 0, sizeof *m);
    if (desc == NULL) return PK_OK;
    if (desc->threads && !PERFKIT_THREADS) return PK_UNSUPPORTED;
    if (!pk__monitor_share(desc->min_hit_rate) || !pk__monitor_share(desc->max_utilization) || !pk__monitor_share(desc->hysteresis))
        return PK_INVALID;
    if (desc->threads && !pk__monitor_locks(m)) return PK_NO_MEMORY;
#if PERFKIT_SCOPE_MORE
    if (desc->threads) {
        if (pk__scope_watch_forks() == PK_NO_MEMORY) {
            pk__monitor_unlocks(m);
            return PK_NO_MEMORY;
        }
        m->forks = PK__SCOPE_FORKS_NOW();
    }
#endif
    m->desc = *desc;
    return PK_OK;
}
PK_API pk_status pk_monitor_after_fork(pk_monitor *m) {
    if (!PK__MONITOR_FORKED(m)) return PK_OK;
    if (!pk__monitor_locks(m)) return PK_NO_MEMORY;
    m->asking = NULL;
#if PERFKIT_SCOPE_MORE
    m->forks = PK__SCOPE_FORKS_NOW();
#endif
    return PK_OK;
}
PK_API pk_status pk_monitor_close(pk_monitor *m) {
    const bool threads = m->desc.threads;
    const pk_monitored *o;
    pk_status status = pk_monitor_after_fork(m);
    if (status != PK_OK) return status;
    pk__monitor_lock(m);
    for (o = m->first; o; o = o->next)
        if (!pk__monitor_may_wait(m, o)) status = PK_BUSY;
    pk__monitor_unlock(m);
    while (status == PK_OK && m->first) status = pk_monitor_remove(m, m->first);
    if (status != PK_OK) return status;
    if (threads) pk__monitor_unlocks(m);
    m->desc.threads = false;
    return PK_OK;
}

static pk_monitored *pk__monitor_find(const pk_monitor *m, int kind, const char *name) {
    pk_monitored *o;
    for (o = m->first; o; o = o->next)
        if (o->kind == kind && strcmp(o->name, name) == 0) return o;
    return NULL;
}
PK_API pk_monitored *pk_monitor_find(pk_monitor *m, int kind, const char *name) {
    pk_monitored *o;
    if (PK__MONITOR_FORKED(m)) return NULL;
    pk__monitor_lock(m);
    o = pk__monitor_find(m, kind, name);
    pk__monitor_unlock(m);
    return o;
}
/* Puts the fields of `with` on the list; last, so that reports keep the order. */
static pk_status pk__monitor_put(pk_monitor *m, pk_monitored *o, const pk_monitored *with) {
    pk_status status = PK_EXISTS;
    pk_monitored **end;
    if (PK__MONITOR_FORKED(m)) return PK_FORKED;
    pk__monitor_lock(m);
    if (!o->on && pk__monitor_find(m, with->kind, with->name) == NULL) {
        *o = *with;
        o->on = true;
        for (end = &m->first; *end; end = &(*end)->next) {}
        *end = o;
        m->count++;
        status = PK_OK;
    }
    pk__monitor_unlock(m);
    return status;
}
PK_API pk_status pk_monitor_add(pk_monitor *m, pk_monitored *o, int kind, const char *name, pk_monitor_sample_fn sample, void *object) {
    pk_monitored with;
    PERFKIT_ASSERT(m != NULL && o != NULL);
    if (name == NULL || kind < PK_MONITOR_CACHE || kind > PK_MONITOR_RESOURCES) return PK_INVALID;
    memset(&with, 0, sizeof with);
    with.name = name;
    with.sample = sample;
    with.object = object;
    with.kind = (uint8_t)kind;
    return pk__monitor_put(m, o, &with);
}
PK_API pk_status pk_monitor_add_check(pk_monitor *m, pk_monitored *o, const char *name, int64_t (*fn)(void *user), void *user,
                                      int64_t limit, int severity, int unit) {
    pk_monitored with;
    PERFKIT_ASSERT(m != NULL && o != NULL);
    if (name == NULL || fn == NULL || severity < PK_DEGRADED || severity > PK_UNHEALTHY || unit < PK_UNIT_NONE || unit > PK_UNIT_BYTES)
        return PK_INVALID;
    memset(&with, 0, sizeof with);
    with.name = name;
    with.check = fn;
    with.object = user;
    with.limit = limit;
    with.severity = (uint8_t)severity;
    with.unit = (uint8_t)unit;
    with.kind = PK_MONITOR_CHECK;
    return pk__monitor_put(m, o, &with);
}
PK_API pk_status pk_monitor_remove(pk_monitor *m, pk_monitored *o) {
    pk_status status = PK_NOT_FOUND;
    pk_monitored **link;
    if (PK__MONITOR_FORKED(m)) return PK_FORKED;
    pk__monitor_lock(m);
    for (link = &m->first; *link && *link != o; link = &(*link)->next) {}
    if (*link && !pk__monitor_may_wait(m, o))
        status = PK_BUSY;
    else if (*link) {
        *link = o->next;
        o->on = false;
        m->count--;
        pk__monitor_wait(m, o);
        status = PK_OK;
    }
    pk__monitor_unlock(m);
    return status;
}

/* ---- Where the figures come from ---- */

static void pk__sample_cache(void *object, pk_monitor_figures *f) {
    const pk_cache *const cache = (const pk_cache *)object;
    pk_cache_stats s;
    if (pk_cache_get_stats(cache, &s) != PK_OK) return;
    f->hits = s.hits;
    f->misses = s.misses;
    f->puts = s.puts;
    f->evictions = s.left[PK_EVICT_LRU] + s.left[PK_EVICT_BYTES] + s.left[PK_EVICT_CROWDED];
    f->bytes = s.bytes;
    f->max_bytes = s.max_bytes;
    f->entries = s.count;
    f->capacity = s.capacity;
#if PERFKIT_CACHE_TIMING
    {
        pk_cache_timing timing;
        if (pk_cache_get_timing(cache, &timing) == PK_OK) f->access_us = pk_cache_timing_ns(&timing) / 1000u;
    }
#endif
}
static void pk__sample_pool(void *object, pk_monitor_figures *f) {
    pk_pool_stats s;
    pk_pool_get_stats((const pk_pool *)object, &s);
    f->active = s.active;
    f->idle = s.idle;
    f->total = s.capacity;
    f->max = s.max_capacity;
    f->peak = s.high_water;
    f->exhaustions = s.exhausted;
    f->errors = s.misused + s.no_memory + s.create_failed;
}
static void pk__sample_respool(void *object, pk_monitor_figures *f) {
    pk_respool_stats s;
    pk_respool_get_stats((const pk_respool *)object, &s);
    f->hits = s.hits;
    f->misses = s.misses;
    f->active = s.active;
    f->idle = s.idle;
    f->total = s.total;
    f->max = s.max_size;
    f->waiting = s.waiting;
    f->peak = s.peak;
    f->waits = s.waits;
    f->wait_us = s.wait_us;
    f->errors = s.errors;
    f->exhaustions = s.exhaustions;
    f->leaks = (uint32_t)(s.leaks - s.late);
}
#if PERFKIT_SCOPE_MORE
static void pk__sample_scope(void *object, pk_monitor_figures *f) {
    const pk_scope *const scope = (const pk_scope *)object;
    const pk_tracked *t;
    pk_scope_stats s;
    pk_scope_get_stats(scope, &s);
    f->active = f->total = s.tracked;
    f->max = s.limit;
    f->peak = s.peak;
    f->errors = s.failures;
    if (scope->more == NULL || !scope->more->ages) return;
    for (t = scope->more->newest; t; t = t->older)
        if (pk__tracked_age(t, pk__scope_now(scope->more)) > PERFKIT_SCOPE_LEAK_MS) f->leaks++;
}
PK_API pk_status pk_monitor_add_scope(pk_monitor *m, pk_monitored *o, const char *name, pk_scope *scope) {
    return pk_monitor_add(m, o, PK_MONITOR_RESOURCES, name, pk__sample_scope, scope);
}
#endif
#if PERFKIT_PERF
static void pk__sample_histogram(void *object, pk_monitor_figures *f) {
    static const uint16_t percents[3] = {5000, 9500, 9900};
    const pk_histogram *const h = (const pk_histogram *)object;
    pk_ticks values[3];
    pk_hist_percentiles(h, percents, values, 3);
    f->values = PK__PEEK(&h->count);
#if PERFKIT_HOSTED
    f->sum = PK__PEEK(&h->sum);
    f->least = f->values ? (pk_ticks)~PK__PEEK(&h->not_min) : 0;
#else
    f->sum = pk_hist_sum(h);
    f->least = pk_hist_min(h);
#endif
    f->most = PK__PEEK(&h->max);
    f->over = PK__PEEK(&h->over);
    f->saturated = PK__GET_RELAXED(&h->saturated) != 0;
    f->p50 = values[0];
    f->p95 = values[1];
    f->p99 = values[2];
}
PK_API pk_status pk_monitor_add_histogram(pk_monitor *m, pk_monitored *o, const char *name, pk_histogram *histogram, int unit) {
    pk_monitored with;
    PERFKIT_ASSERT(m != NULL && o != NULL && histogram != NULL);
    if (name == NULL || (unit != PK_UNIT_NONE && unit != PK_UNIT_TICKS)) return PK_INVALID;
    memset(&with, 0, sizeof with);
    with.name = name;
    with.sample = pk__sample_histogram;
    with.object = histogram;
    with.unit = (uint8_t)unit;
    with.kind = PK_MONITOR_HISTOGRAM;
    return pk__monitor_put(m, o, &with);
}
#endif
PK_API pk_status pk_monitor_add_cache(pk_monitor *m, pk_monitored *o, const char *name, pk_cache *cache) {
    return pk_monitor_add(m, o, PK_MONITOR_CACHE, name, pk__sample_cache, cache);
}
PK_API pk_status pk_monitor_add_pool(pk_monitor *m, pk_monitored *o, const char *name, pk_pool *pool) {
    return pk_monitor_add(m, o, PK_MONITOR_RESOURCES, name, pk__sample_pool, pool);
}
PK_API pk_status pk_monitor_add_respool(pk_monitor *m, pk_monitored *o, const char *name, pk_respool *pool) {
    return pk_monitor_add(m, o, PK_MONITOR_POOL, name, pk__sample_respool, pool);
}

PK_API int64_t pk_resident_bytes(void *unused) {
#if PERFKIT_PERF_STAGES
    return (int64_t)pk_mem_resident(unused);
#else
    (void)unused;
    return 0;
#endif
}

/* Of the window's places that are filled; 0 without a window. */
static uint64_t pk__window_mean(const pk_monitored *o) { return o->window_used ? o->window_sum / o->window_used : 0; }
static void pk__window_add(pk_monitored *o, uint32_t us) {
    if (o->window_room == 0) return;
    if (o->window_used < o->window_room) o->window_used++;
    else o->window_sum -= o->window[o->window_next];
    o->window_sum += us;
    o->window[o->window_next] = us;
    o->window_next = o->window_next + 1 == o->window_room ? 0 : o->window_next + 1;
}
PK_API void pk_monitor_set_window(pk_monitor *m, pk_monitored *o, uint32_t *memory, uint32_t n) {
    if (PK__MONITOR_FORKED(m)) return;
    pk__monitor_lock(m);
    o->window = memory;
    o->window_room = memory ? n : 0;
    o->window_used = o->window_next = 0;
    o->window_sum = 0;
    pk__monitor_unlock(m);
}
PK_API void pk_monitor_set_history(pk_monitor *m, pk_monitored *o, pk_monitor_point *memory, uint32_t n) {
    if (PK__MONITOR_FORKED(m)) return;
    pk__monitor_lock(m);
    o->history = memory;
    o->history_room = memory ? n : 0;
    o->history_used = o->history_next = 0;
    pk__monitor_unlock(m);
}
PK_API void pk_monitor_record_access(pk_monitor *m, pk_monitored *o, bool hit, uint32_t us) {
    pk_monitor_figures *const f = &o->figures;
    if (PK__MONITOR_FORKED(m)) return;
    pk__monitor_lock(m);
    if (hit) f->hits++;
    else f->misses++;
    o->fed_us += us;
    pk__window_add(o, us);
    f->access_us = o->window_used ? pk__window_mean(o) : o->fed_us / (f->hits + f->misses);
    pk__monitor_unlock(m);
}
PK_API void pk_monitor_record_put(pk_monitor *m, pk_monitored *o, bool evicted, int64_t bytes_more) {
    pk_monitor_figures *const f = &o->figures;
    if (PK__MONITOR_FORKED(m)) return;
    pk__monitor_lock(m);
    f->puts++;
    if (evicted) f->evictions++;
    if (bytes_more < 0 && f->bytes < (uint64_t)0 - (uint64_t)bytes_more) f->bytes = 0;
    else f->bytes += (uint64_t)bytes_more;
    pk__monitor_unlock(m);
}
PK_API void pk_monitor_record_wait(pk_monitor *m, pk_monitored *o, uint32_t us) {
    if (PK__MONITOR_FORKED(m)) return;
    pk__monitor_lock(m);
    o->figures.waits++;
    o->figures.wait_us += us;
    pk__window_add(o, us);
    pk__monitor_unlock(m);
}
PK_API void pk_monitor_record_acquire(pk_monitor *m, pk_monitored *o, bool hit, bool error) {
    if (PK__MONITOR_FORKED(m)) return;
    pk__monitor_lock(m);
    if (hit) o->figures.hits++;
    else o->figures.misses++;
    if (error) o->figures.errors++;
    pk__monitor_unlock(m);
}

/* ---- Scores, advice, health ---- */

PK_API int32_t pk_cache_score(pk_count hits, pk_count misses, pk_count evictions, pk_count puts, uint64_t bytes, uint64_t max_bytes) {
    const int32_t hit = pk__rate(hits, hits + misses), evicted = puts ? pk__rate(evictions, puts) : 0;
    const uint64_t half = max_bytes / 2;
    int32_t memory = 2000;
    if (hit == PK_RATE_NONE) return PK_NO_DATA;
    if (max_bytes && bytes >= half + max_bytes) memory = 0;
    else if (max_bytes && bytes >= half) memory = 2000 - pk__percent_100(bytes - half, max_bytes) / 5; /* 30 - 20 * bytes / max */
    return (hit * 60 + (10000 - evicted) * 20 + 50) / 100 + memory;
}
/* As a pool tells of itself, for the functions that judge those. */
static void pk__monitor_as_respool(const pk_monitored *o, pk_respool_stats *s) {
    const pk_monitor_figures *const f = &o->figures;
    memset(s, 0, sizeof *s);
    s->hits = f->hits;
    s->misses = f->misses;
    s->active = f->active;
    s->total = f->total;
    s->max_size = f->max;
    s->utilization = pk__percent_100(f->active, f->max);
    s->waits = o->window_used ? o->window_used : f->waits;
    s->wait_us = o->window_used ? o->window_sum : f->wait_us;
    s->errors = f->errors;
    s->exhaustions = f->exhaustions;
}
PK_API int32_t pk_monitor_score(const pk_monitored *o) {
    const pk_monitor_figures *const f = &o->figures;
    pk_respool_stats s;
    if (o->kind == PK_MONITOR_CACHE) return pk_cache_score(f->hits, f->misses, f->evictions, f->puts, f->bytes, f->max_bytes);
    if (o->kind != PK_MONITOR_POOL) return PK_NO_DATA;
    pk__monitor_as_respool(o, &s);
    return pk_respool_score(&s);
}
PK_API const char *pk_score_word(int32_t score) {
    if (score < 0) return "no data";
    return score >= 8000 ? "excellent" : score >= 6000 ? "good" : score >= 4000 ? "fair" : "poor";
}

PK_API unsigned pk_monitor_advice(const pk_monitored *o) {
    const pk_monitor_figures *const f = &o->figures;
    unsigned advice = 0;
    if (o->kind == PK_MONITOR_RESOURCES) return f->leaks ? PK_ADVICE_LEAKS : 0;
    if (o->kind == PK_MONITOR_CHECK || o->kind == PK_MONITOR_HISTOGRAM) return 0;
    if (f->hits + f->misses == 0) return PK_ADVICE_NO_DATA;
    if (o->kind == PK_MONITOR_POOL) {
        pk_respool_stats s;
        pk__monitor_as_respool(o, &s);
        return pk_respool_advice(&s) | (f->leaks ? (unsigned)PK_ADVICE_LEAKS : 0u);
    }
    if (f->hits < f->misses) advice |= PK_ADVICE_HIT_RATE;
    if (f->evictions * 10u > f->puts * 3u) advice |= PK_ADVICE_EVICTIONS;
    if (f->max_bytes && f->bytes > f->max_bytes / 5u * 4u + f->max_bytes % 5u * 4u / 5u) advice |= PK_ADVICE_MEMORY;
    if (f->access_us > 10000u) advice |= PK_ADVICE_SLOW;
    return advice;
}
PK_API const char *pk_monitor_advice_text(int kind, unsigned bit) {
    if (bit == 0) return "optimal";
    if (bit == PK_ADVICE_NO_DATA) return "no traffic yet";
    if (bit == PK_ADVICE_LEAKS) return "some are held for too long: look for leaks";
    if (kind == PK_MONITOR_CACHE)
        switch (bit) {
        case PK_ADVICE_HIT_RATE: return "hits below 50 %: more room, longer times to live, or other keys";
        case PK_ADVICE_EVICTIONS: return "evicts too often: more room";
        case PK_ADVICE_MEMORY: return "above 80 % of its memory";
        default: return "gets take more than 10 ms";
        }
    switch (bit) {
    case PK_RESPOOL_ADVICE_EXHAUSTED: return "was exhausted: raise the greatest size now";
    case PK_RESPOOL_ADVICE_GROW: return "above 90 % in use: raise the greatest size";
    case PK_RESPOOL_ADVICE_WAITS: return "waits of more than 100 ms: raise the size, or shorten the use";
    case PK_RESPOOL_ADVICE_ERRORS: return "errors above 5 %: look at the other end";
    default: return "below 20 % in use: lower the least size";
    }
}

/* Hits of gets, or active of max; PK_NO_DATA where that says nothing. */
static int32_t pk__monitor_rate(const pk_monitored *o) {
    const pk_monitor_figures *const f = &o->figures;
    if (o->kind == PK_MONITOR_CACHE) return pk__rate(f->hits, f->hits + f->misses);
    return o->kind != PK_MONITOR_CHECK && f->max ? pk__percent_100(f->active, f->max) : PK_NO_DATA;
}
PK_API int pk_monitored_health(const pk_monitored *o) {
    const pk_monitor_figures *const f = &o->figures;
    const int32_t score = pk_monitor_score(o);
    switch (o->kind) {
    case PK_MONITOR_CACHE: return score != PK_NO_DATA && (f->hits < f->misses || score < 5000) ? PK_DEGRADED : PK_HEALTHY;
    case PK_MONITOR_POOL: return f->errors > 10 || f->exhaustions > 0 || f->leaks ? PK_DEGRADED : PK_HEALTHY;
    case PK_MONITOR_RESOURCES: return f->leaks || pk__monitor_rate(o) > 9000 ? PK_DEGRADED : PK_HEALTHY;
    case PK_MONITOR_HISTOGRAM: return PK_HEALTHY;
    default: return f->value >= o->limit ? (int)o->severity : (int)PK_HEALTHY;
    }
}
PK_API int pk_monitor_health(pk_monitor *m) {
    const pk_monitored *o;
    int worst = PK_HEALTHY;
    if (PK__MONITOR_FORKED(m)) return worst;
    pk__monitor_lock(m);
    for (o = m->first; o; o = o->next)
        if (pk_monitored_health(o) > worst) worst = pk_monitored_health(o);
    pk__monitor_unlock(m);
    return worst;
}
PK_API const char *pk_health_word(int health) {
    return health == PK_HEALTHY ? "healthy" : health == PK_DEGRADED ? "degraded" : "unhealthy";
}

/* ---- Ticks, alerts, history ---- */

static void pk__monitor_keep(pk_monitored *o, pk_time now) {
    pk_monitor_point *point;
    if (o->history_room == 0) return;
    point = &o->history[o->history_next];
    point->at = now;
    point->score = pk_monitor_score(o);
    point->rate = pk__monitor_rate(o);
    point->amount = o->kind == PK_MONITOR_CACHE ? o->figures.bytes
                    : o->kind == PK_MONITOR_CHECK ? (uint64_t)o->figures.value
                    : o->kind == PK_MONITOR_HISTOGRAM ? o->figures.p99 : o->figures.active;
    o->history_next = o->history_next + 1 == o->history_room ? 0 : o->history_next + 1;
    if (o->history_used < o->history_room) o->history_used++;
}

typedef struct pk__alert {
    int kind;
    bool on, off; /* neither: as before */
    int64_t figure, limit;
} pk__alert;
/* What there is to judge of an object; false: nothing new. */
static bool pk__monitor_alert(const pk_monitor *m, pk_monitored *o, int kind, pk__alert *a) {
    const pk_monitor_figures *const f = &o->figures;
    const int32_t back = m->desc.hysteresis ? m->desc.hysteresis : 500;
    a->kind = kind;
    switch (kind) {
    case PK_MONITOR_EVENT_HIT_RATE: { /* of the last 100 gets or more */
        const pk_count gets = f->hits + f->misses;
        if (gets < o->seen_gets || f->hits < o->seen_hits) o->seen_gets = o->seen_hits = 0; /* its statistics began again */
        if (o->kind != PK_MONITOR_CACHE || gets - o->seen_gets < PK_MONITOR_ACCESSES) return false;
        a->limit = m->desc.min_hit_rate ? m->desc.min_hit_rate : 5000;
        a->figure = pk__rate(f->hits - o->seen_hits, gets - o->seen_gets);
        o->seen_hits = f->hits;
        o->seen_gets = gets;
        a->on = a->figure < a->limit;
        a->off = a->figure >= a->limit + back || a->figure >= 10000; /* the most it can be */
        return true;
    }
    case PK_MONITOR_EVENT_UTILIZATION:
        a->figure = o->kind == PK_MONITOR_CACHE ? PK_NO_DATA : pk__monitor_rate(o);
        a->limit = m->desc.max_utilization ? m->desc.max_utilization : 9000;
        a->on = a->figure > a->limit;
        a->off = a->figure <= a->limit - back || a->figure == 0;
        return a->figure != PK_NO_DATA;
    case PK_MONITOR_EVENT_LEAKS:
        a->figure = f->leaks;
        a->limit = 0;
        a->on = f->leaks > 0;
        a->off = !a->on;
        return true;
    default:
        a->figure = f->value;
        a->limit = o->limit;
        a->on = f->value >= o->limit;
        a->off = !a->on;
        return o->kind == PK_MONITOR_CHECK;
    }
}
static uint32_t pk__monitor_word(int64_t figure) { return figure < 0 ? 0 : figure > 0xFFFFFFFF ? 0xFFFFFFFFu : (uint32_t)figure; }

/* Judge one kind of alert, under the lock; what is to be told goes to *event: true. */
static bool pk__monitor_judge(pk_monitor *m, pk_monitored *o, int kind, pk_event *event) {
    pk__alert a;
    const bool was = (o->alerts & kind) != 0;
    if (!pk__monitor_alert(m, o, kind, &a) || (was ? !a.off : !a.on)) return false;
    o->alerts = (uint8_t)(o->alerts ^ kind);
    pk__event_fill(event, m->desc.name, kind, was ? PK_OK : PK_FULL, o->name, pk__monitor_word(a.figure), pk__monitor_word(a.limit));
    return m->desc.on_event != NULL;
}
/* Still on the list? It may be taken off while its statistics are read, or its alerts told. */
static bool pk__monitor_has(const pk_monitor *m, const pk_monitored *o) {
    const pk_monitored *p;
    for (p = m->first; p && p != o; p = p->next) {}
    return p != NULL;
}
/* All three are locked at entry and exit, not while the object is asked and alerts are told. False: it was taken off meanwhile. */
static bool pk__monitor_sample(pk_monitor *m, pk_monitored *o) {
    const pk_monitor_sample_fn sample = o->sample;
    int64_t (*const check)(void *) = o->check;
    void *const object = o->object;
    pk_monitor_figures f;
    if (!sample && !check) return true;
    pk__monitor_unlock(m);
    memset(&f, 0, sizeof f);
    if (sample) sample(object, &f);
    else f.value = check(object);
    pk__monitor_lock(m);
    if (!pk__monitor_has(m, o)) return false;
    o->figures = f;
    return true;
}
static void pk__monitor_tell(pk_monitor *m, pk_monitored *o) {
    pk_event events[4];
    unsigned told = 0, i;
    for (i = 1; i <= PK_MONITOR_EVENT_CHECK; i <<= 1)
        if (pk__monitor_judge(m, o, (int)i, &events[told])) told++;
    for (i = 0; i < told && pk__monitor_has(m, o); i++) {
        pk__monitor_unlock(m);
        m->desc.on_event(m->desc.user, &events[i]);
        pk__monitor_lock(m);
    }
}
static void pk__monitor_read(pk_monitor *m, pk_monitored *o, pk_time now) {
    pk__asking asking;
    pk__asking_begin(m, &asking, o);
    if (pk__monitor_sample(m, o)) {
        pk__monitor_keep(o, now);
        pk__monitor_tell(m, o);
    }
    pk__asking_end(m, &asking);
}
PK_API uint32_t pk_monitor_tick(pk_monitor *m, pk_time now, uint32_t budget) {
    pk_monitored *o;
    uint32_t read = 0, i;
    (void)budget;
    if (PK__MONITOR_FORKED(m)) return 0;
    pk__monitor_lock(m);
    for (;;) { /* by number: the list may change between two */
        for (o = m->first, i = 0; o && i < read; i++) o = o->next;
        if (o == NULL) break;
        pk__monitor_read(m, o, now);
        read++;
    }
    pk__monitor_unlock(m);
    return read;
}
static uint32_t pk__tick_monitor(void *m, pk_time now, uint32_t budget) {
    (void)pk_monitor_tick((pk_monitor *)m, now, budget);
    return 0;
}
PK_API pk_status pk_ticker_add_monitor(pk_ticker *t, pk_tick *tick, pk_monitor *m, pk_time every_ms) {
    return pk_ticker_add(t, tick, pk__tick_monitor, m, every_ms, 0);
}

static bool pk__trend_figure(const pk_monitor_point *p, int figure, int64_t *value) {
    *value = figure == PK_TREND_SCORE ? p->score : figure == PK_TREND_RATE ? p->rate : (int64_t)p->amount;
    return figure == PK_TREND_AMOUNT || *value != PK_NO_DATA;
}
PK_API pk_status pk_monitor_trend(pk_monitor *m, const pk_monitored *o, int figure, int64_t *change) {
    pk_status status = PK_NOT_FOUND;
    int64_t value, oldest = 0, newest = 0;
    uint32_t i, found = 0, at;
    if (figure < PK_TREND_SCORE || figure > PK_TREND_AMOUNT) return PK_INVALID;
    if (PK__MONITOR_FORKED(m)) return PK_FORKED;
    pk__monitor_lock(m);
    for (i = 0; i < o->history_used; i++) {
        at = (o->history_used < o->history_room ? 0 : o->history_next) + i;
        if (!pk__trend_figure(&o->history[at >= o->history_room ? at - o->history_room : at], figure, &value)) continue;
        if (found++ == 0) oldest = value;
        newest = value;
    }
    if (found >= 2) {
        *change = newest - oldest;
        status = PK_OK;
    }
    pk__monitor_unlock(m);
    return status;
}

PK_API size_t pk_monitor_trim(pk_monitor *m, pk_time now) {
    pk_monitored *o;
    size_t gone = 0;
    uint32_t n, i;
    if (PK__MONITOR_FORKED(m)) return 0;
    for (n = 0;; n++) {
        pk_monitor_sample_fn sample;
        void *object;
        pk__asking asking;
        pk__monitor_lock(m);
        for (o = m->first, i = 0; o && i < n; i++) o = o->next;
        if (o == NULL) break;
        sample = o->sample;
        object = o->object;
        pk__asking_begin(m, &asking, o);
        pk__monitor_unlock(m);
#if PERFKIT_CACHE_TTL
        if (sample == pk__sample_cache) gone += pk_cache_tick((pk_cache *)object, now, 0xFFFFFFFFu);
#else
        (void)now;
#endif
        if (sample == pk__sample_pool) gone += pk_pool_trim((pk_pool *)object);
        pk__monitor_lock(m);
        pk__asking_end(m, &asking);
        pk__monitor_unlock(m);
    }
    pk__monitor_unlock(m);
    return gone;
}
PK_API size_t pk_monitor_worked(pk_monitor *m, pk_time now, uint32_t operations) {
    const uint32_t every = m->desc.maintain_every ? m->desc.maintain_every : 1000u;
    bool due;
    if (PK__MONITOR_FORKED(m)) return 0;
    pk__monitor_lock(m);
    due = operations >= every - m->worked;
    m->worked = due ? (operations - (every - m->worked)) % every : m->worked + operations;
    pk__monitor_unlock(m);
    return due ? pk_monitor_trim(m, now) : 0;
}

/* ---- Reports ---- */

#if PERFKIT_PERF_TEXT || PERFKIT_PERF_JSON || PERFKIT_PERF_OPENMETRICS
/* A way through the objects of a kind. Each is copied under the lock, as the writer runs outside, and stays asked until the next step. */
typedef struct pk__monitor_walk {
    uint32_t number; /* of the objects before, and this one */
    bool asks;
    pk__asking asking;
    pk_monitored object;
} pk__monitor_walk;
static PK__COLD void pk__monitor_first(pk__monitor_walk *w) {
    w->number = 0;
    w->asks = false;
}
/* False: no more, or `status` says to stop. Has to be called until then. */
static PK__COLD bool pk__monitor_next(pk_monitor *m, int kind, pk_status status, pk__monitor_walk *w) {
    const pk_monitored *o;
    uint32_t i = 0;
    pk__monitor_lock(m);
    if (w->asks) pk__asking_end(m, &w->asking);
    w->asks = false;
    for (o = status == PK_OK ? m->first : NULL; o && !w->asks; o = o->next)
        if (o->kind == kind && i++ == w->number) {
            w->object = *o;
            pk__asking_begin(m, &w->asking, o);
            w->asks = true;
        }
    pk__monitor_unlock(m);
    if (w->asks) w->number++;
    return w->asks;
}

static uint32_t pk__mean_wait_us(const pk_monitored *o) {
    pk_respool_stats s;
    uint64_t mean;
    pk__monitor_as_respool(o, &s);
    mean = s.waits ? s.wait_us / s.waits : 0;
    return mean > 0xFFFFFFFFu ? 0xFFFFFFFFu : (uint32_t)mean;
}
#if PERFKIT_PERF && (PERFKIT_PERF_JSON || PERFKIT_PERF_OPENMETRICS)
/* As the perf channel tells of its own, for the functions that write those. */
static void pk__monitor_as_perf(const pk_monitored *o, pk_perf_values *v) {
    const pk_monitor_figures *const f = &o->figures;
    memset(v, 0, sizeof *v);
    v->name = o->name;
    v->kind = o->unit == PK_UNIT_TICKS ? PK_PERF_TIMER : PK_PERF_DISTRIBUTION;
    v->count = f->values;
    v->total = v->self = f->sum;
    v->min = f->least;
    v->max = f->most;
    v->p50 = f->p50;
    v->p95 = f->p95;
    v->p99 = f->p99;
    v->over = f->over;
    v->saturated = f->saturated;
}
#endif
#define PK__TENTHS(n) (unsigned long)(((uint32_t)(n) + 5u) / 10u / 10u), (unsigned)(((uint32_t)(n) + 5u) / 10u % 10u) /* "%lu.%u" of 1/100 */
#endif

#if PERFKIT_PERF_TEXT || PERFKIT_PERF_JSON
static void pk__out_value(pk__out *o, int64_t value, uint8_t unit) { /* "12.3ms", "1.5MB", "42" */
    const uint64_t size = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
    uint64_t tenths = unit == PK_UNIT_BYTES ? (size * 10u + ((uint32_t)1 << 19)) >> 20 : (size + 50u) / 100u;
    if (value < 0) pk__out_char(o, '-');
    if (unit == PK_UNIT_NONE) pk__out_print(o, "%" PK__COUNT_FORMAT, (pk__count_arg)size);
    else pk__out_print(o, "%" PK__COUNT_FORMAT ".%u%s", (pk__count_arg)(tenths / 10u), (unsigned)(tenths % 10u),
                       unit == PK_UNIT_BYTES ? "MB" : "ms");
}
#endif

#if PERFKIT_PERF_TEXT
static void pk__out_column(pk__out *o, int32_t hundredths, unsigned width) { /* "85.5" */
    char number[16];
    if (hundredths < 0) (void)pk_format(number, sizeof number, "-");
    else (void)pk_format(number, sizeof number, "%lu.%u", PK__TENTHS(hundredths));
    pk__out_print(o, "%*s", (int)width, number);
}
static void pk__text_cache(pk__out *o, const pk_monitored *c) {
    const pk_monitor_figures *const f = &c->figures;
    pk__out_column(o, pk__rate(f->hits, f->hits + f->misses), 8);
    pk__out_column(o, f->puts ? pk__rate(f->evictions, f->puts) : 0, 8);
    pk__out_column(o, pk_monitor_score(c), 8);
    pk__out_amount(o, f->entries);
    pk__out_amount(o, f->bytes);
    pk__out_amount(o, f->access_us);
}
static void pk__text_pool(pk__out *o, const pk_monitored *p) {
    const pk_monitor_figures *const f = &p->figures;
    pk__out_column(o, pk__monitor_rate(p), 8);
    pk__out_column(o, pk_monitor_score(p), 8);
    pk__out_amount(o, f->active);
    pk__out_amount(o, f->max);
    pk__out_amount(o, pk__mean_wait_us(p));
    pk__out_amount(o, f->errors);
    pk__out_amount(o, f->exhaustions);
}
static void pk__text_resources(pk__out *o, const pk_monitored *r) {
    const pk_monitor_figures *const f = &r->figures;
    pk__out_column(o, pk__monitor_rate(r), 8);
    pk__out_amount(o, f->active);
    pk__out_amount(o, f->max);
    pk__out_amount(o, f->peak);
    pk__out_amount(o, f->leaks);
}
static void pk__text_check(pk__out *o, const pk_monitored *c) {
    pk__out_print(o, "  %s, ", pk_health_word(pk_monitored_health(c)));
    pk__out_value(o, c->figures.value, c->unit);
    pk__out_print(o, " of ");
    pk__out_value(o, c->limit, c->unit);
}
#if PERFKIT_PERF
static void pk__text_histogram(pk__out *o, const pk_monitored *h) {
    const pk_monitor_figures *const f = &h->figures;
    void (*column)(pk__out *, uint64_t) = h->unit == PK_UNIT_TICKS ? pk__out_duration : pk__out_amount;
    pk__out_amount(o, f->values);
    column(o, f->p50);
    column(o, f->p95);
    column(o, f->p99);
    column(o, f->most);
}
#endif
static void pk__text_advice(pk__out *o, const pk_monitored *of) {
    const unsigned advice = pk_monitor_advice(of);
    unsigned bit;
    for (bit = 1; bit <= advice; bit <<= 1)
        if (advice & bit) {
            pk__out_print(o, "  > ");
            pk__out_print(o, "%s", pk_monitor_advice_text(of->kind, bit));
            pk__out_char(o, '\n');
        }
}
PK_API pk_status pk_monitor_text(pk_monitor *m, pk_log_sink_fn writer, void *user) {
    static const struct {
        const char *head;
        void (*row)(pk__out *, const pk_monitored *);
    } tables[] = {{"cache                 hits %  evict %   score entries   bytes  get us\n", pk__text_cache},
                  {"resource pool          use %    score  active     max wait us  errors exhaust\n", pk__text_pool},
                  {"objects                use %  active     max    peak   leaks\n", pk__text_resources},
                  {"check\n", pk__text_check},
#if PERFKIT_PERF
                  {"histogram              count     p50     p95     p99     max\n", pk__text_histogram},
#endif
    };
    pk__out o;
    pk__monitor_walk walk;
    int kind;
    PERFKIT_ASSERT(m != NULL && writer != NULL);
    if (PK__MONITOR_FORKED(m)) return PK_FORKED;
    pk__out_start(&o, writer, user);
    for (kind = PK_MONITOR_CACHE; kind <= (int)PK__COUNTOF(tables); kind++) {
        const char *head = tables[kind - 1].head;
        pk__monitor_first(&walk);
        while (pk__monitor_next(m, kind, o.status, &walk)) {
            for (; walk.number == 1 && *head; head++) pk__out_char(&o, *head);
            pk__out_name(&o, walk.object.name, 20);
            tables[kind - 1].row(&o, &walk.object);
            pk__out_char(&o, '\n');
            pk__text_advice(&o, &walk.object);
            (void)pk__out_flush(&o);
        }
    }
    pk__out_print(&o, "health: %s\n", pk_health_word(pk_monitor_health(m)));
    return pk__out_flush(&o);
}
#endif

#if PERFKIT_PERF_JSON
/* Members of an object: the first is a text, those that follow bring their comma. */
static void pk__json_first(pk__out *o, const char *key, const char *text) { pk__out_print(o, "\"%s\":\"%s\"", key, text); }
static void pk__json_count(pk__out *o, const char *key, uint64_t n) {
    pk__out_print(o, ",\"%s\":%" PK__COUNT_FORMAT, key, (pk__count_arg)n);
}
static void pk__json_share(pk__out *o, const char *key, int32_t hundredths, const char *unit) { /* "85.5%" */
    if (hundredths < 0) pk__out_print(o, ",\"%s\":null", key);
    else pk__out_print(o, ",\"%s\":\"%lu.%u%s\"", key, PK__TENTHS(hundredths), unit);
}
static void pk__json_score(pk__out *o, const pk_monitored *of) {
    const int32_t score = pk_monitor_score(of);
    pk__json_first(o, "rating", pk_score_word(score));
    pk__json_share(o, "efficiency_score", score, "/100");
}
static void pk__json_cache(pk__out *o, const pk_monitored *c) {
    const pk_monitor_figures *const f = &c->figures;
    const int32_t hit = pk__rate(f->hits, f->hits + f->misses);
    pk__json_score(o, c);
    pk__json_share(o, "hit_rate", hit, "%");
    pk__json_share(o, "miss_rate", hit < 0 ? hit : 10000 - hit, "%");
    pk__json_share(o, "eviction_rate", f->puts ? pk__rate(f->evictions, f->puts) : 0, "%");
    pk__json_count(o, "hits", f->hits);
    pk__json_count(o, "misses", f->misses);
    pk__json_count(o, "puts", f->puts);
    pk__json_count(o, "evictions", f->evictions);
    pk__json_count(o, "entries", f->entries);
    pk__json_count(o, "capacity", f->capacity);
    pk__json_count(o, "memory_bytes", f->bytes);
    pk__json_count(o, "memory_limit_bytes", f->max_bytes);
    pk__json_count(o, "access_us", f->access_us);
}
static void pk__json_pool(pk__out *o, const pk_monitored *p) {
    const pk_monitor_figures *const f = &p->figures;
    pk__json_score(o, p);
    pk__json_share(o, "utilization", pk__monitor_rate(p), "%");
    pk__json_count(o, "active", f->active);
    pk__json_count(o, "idle", f->idle);
    pk__json_count(o, "total", f->total);
    pk__json_count(o, "max", f->max);
    pk__json_count(o, "peak", f->peak);
    pk__json_count(o, "waiting", f->waiting);
    pk__json_count(o, "hits", f->hits);
    pk__json_count(o, "misses", f->misses);
    pk__json_count(o, "waits", f->waits);
    pk__json_count(o, "average_wait_us", pk__mean_wait_us(p));
    pk__json_count(o, "errors", f->errors);
    pk__json_count(o, "exhaustions", f->exhaustions);
    pk__json_count(o, "leaks", f->leaks);
}
static void pk__json_resources(pk__out *o, const pk_monitored *r) {
    pk__json_first(o, "health", pk_health_word(pk_monitored_health(r)));
    pk__json_share(o, "utilization", pk__monitor_rate(r), "%");
    pk__json_count(o, "active", r->figures.active);
    pk__json_count(o, "max", r->figures.max);
    pk__json_count(o, "peak", r->figures.peak);
    pk__json_count(o, "leaks", r->figures.leaks);
}
static void pk__json_check(pk__out *o, const pk_monitored *c) {
    pk__json_first(o, "status", pk_health_word(pk_monitored_health(c)));
    pk__out_print(o, ",\"value\":\"");
    pk__out_value(o, c->figures.value, c->unit);
    pk__out_print(o, "\",\"threshold\":\"");
    pk__out_value(o, c->limit, c->unit);
    pk__out_char(o, '"');
}
#if PERFKIT_PERF
static void pk__json_histogram(pk__out *o, const pk_monitored *h) {
    pk_perf_values v;
    pk__monitor_as_perf(h, &v);
    pk__out_print(o, "\"count\":%" PK__COUNT_FORMAT, (pk__count_arg)v.count);
    pk__json_table(o, &v);
}
#endif
static void pk__json_advice(pk__out *o, const pk_monitored *of) {
    const unsigned advice = pk_monitor_advice(of);
    unsigned bit;
    bool first = true;
    pk__out_print(o, ",\"recommendations\":[");
    if (advice == 0) pk__out_quoted(o, pk_monitor_advice_text(of->kind, 0), PK__IN_JSON);
    for (bit = 1; bit <= advice; bit <<= 1)
        if (advice & bit) {
            if (!first) pk__out_char(o, ',');
            first = false;
            pk__out_quoted(o, pk_monitor_advice_text(of->kind, bit), PK__IN_JSON);
        }
    pk__out_char(o, ']');
}
/* The members of all objects of a kind: "name":{…}. */
static void pk__json_objects(pk__out *o, pk_monitor *m, int kind, void (*row)(pk__out *, const pk_monitored *)) {
    const bool nested = kind == PK_MONITOR_CACHE || kind == PK_MONITOR_POOL;
    pk__monitor_walk walk;
    pk__monitor_first(&walk);
    while (pk__monitor_next(m, kind, o->status, &walk)) {
        pk__out_print(o, walk.number > 1 ? ",\n" : "\n");
        pk__out_quoted(o, walk.object.name, PK__IN_JSON);
        pk__out_print(o, nested ? ":{\"metrics\":{" : ":{");
        row(o, &walk.object);
        pk__out_char(o, '}');
        if (nested) {
            pk__json_advice(o, &walk.object);
            pk__out_char(o, '}');
        }
    }
}
static void pk__json_timestamp(pk__out *o, const pk_monitor *m) {
#if PERFKIT_LOG_WALL
    char stamp[32];
    pk__text t;
    uint16_t ms = 0;
    const uint32_t seconds = (m->desc.wall ? m->desc.wall : pk__wall)(m->desc.user, &ms);
    pk__text_over(&t, stamp, sizeof stamp);
    pk__put_wall(&t, seconds, ms);
    stamp[pk__text_end(&t) - 1] = 0; /* without the space that ends it in a line */
    pk__json_first(o, "timestamp", stamp);
    pk__out_char(o, ',');
#else
    (void)o;
    (void)m;
#endif
}
PK_API pk_status pk_monitor_json(pk_monitor *m, pk_log_sink_fn writer, void *user) {
    pk__out o;
    pk__monitor_walk walk;
    uint64_t active = 0, leaks = 0;
    int kind;
    PERFKIT_ASSERT(m != NULL && writer != NULL);
    if (PK__MONITOR_FORKED(m)) return PK_FORKED;
    for (kind = PK_MONITOR_POOL; kind <= PK_MONITOR_RESOURCES; kind++)
        for (pk__monitor_first(&walk); pk__monitor_next(m, kind, PK_OK, &walk);) {
            active += walk.object.figures.active;
            leaks += walk.object.figures.leaks;
        }
    pk__out_start(&o, writer, user);
    pk__out_char(&o, '{');
    pk__json_timestamp(&o, m);
    pk__out_print(&o, "\"caches\":{");
    pk__json_objects(&o, m, PK_MONITOR_CACHE, pk__json_cache);
    pk__out_print(&o, "},\"connection_pools\":{");
    pk__json_objects(&o, m, PK_MONITOR_POOL, pk__json_pool);
    pk__out_print(&o, "},\"resources\":{");
    pk__out_print(&o, "\"active_count\":%" PK__COUNT_FORMAT, (pk__count_arg)active);
    pk__json_count(&o, "potential_leaks", leaks);
    pk__out_print(&o, ",\"objects\":{");
    pk__json_objects(&o, m, PK_MONITOR_RESOURCES, pk__json_resources);
    pk__out_print(&o, "}},\"checks\":{");
    pk__json_objects(&o, m, PK_MONITOR_CHECK, pk__json_check);
#if PERFKIT_PERF
    pk__out_print(&o, "},\"histograms\":{");
    pk__json_objects(&o, m, PK_MONITOR_HISTOGRAM, pk__json_histogram);
#endif
    pk__out_print(&o, "},\"overall_health\":\"%s\"}\n", pk_health_word(pk_monitor_health(m)));
    return pk__out_flush(&o);
}
#endif

#if PERFKIT_PERF_OPENMETRICS
typedef struct pk__monitor_family {
    const char *name;
    size_t at, size; /* of the figure */
    uint8_t kind;
    bool counter;
} pk__monitor_family;
#define PK__FAMILY(kind, counter, name, field) \
    {name, offsetof(pk_monitor_figures, field), sizeof(((pk_monitor_figures *)0)->field), kind, counter}
static const pk__monitor_family pk__monitor_families[] = {
    PK__FAMILY(PK_MONITOR_CACHE, true, "cache_hits", hits),
    PK__FAMILY(PK_MONITOR_CACHE, true, "cache_misses", misses),
    PK__FAMILY(PK_MONITOR_CACHE, true, "cache_puts", puts),
    PK__FAMILY(PK_MONITOR_CACHE, true, "cache_evictions", evictions),
    PK__FAMILY(PK_MONITOR_CACHE, false, "cache_entries", entries),
    PK__FAMILY(PK_MONITOR_CACHE, false, "cache_capacity", capacity),
    PK__FAMILY(PK_MONITOR_CACHE, false, "cache_memory_bytes", bytes),
    PK__FAMILY(PK_MONITOR_CACHE, false, "cache_memory_limit_bytes", max_bytes),
    PK__FAMILY(PK_MONITOR_POOL, true, "pool_hits", hits),
    PK__FAMILY(PK_MONITOR_POOL, true, "pool_misses", misses),
    PK__FAMILY(PK_MONITOR_POOL, true, "pool_waits", waits),
    PK__FAMILY(PK_MONITOR_POOL, true, "pool_wait_microseconds", wait_us),
    PK__FAMILY(PK_MONITOR_POOL, true, "pool_errors", errors),
    PK__FAMILY(PK_MONITOR_POOL, true, "pool_exhaustions", exhaustions),
    PK__FAMILY(PK_MONITOR_POOL, false, "pool_active", active),
    PK__FAMILY(PK_MONITOR_POOL, false, "pool_idle", idle),
    PK__FAMILY(PK_MONITOR_POOL, false, "pool_total", total),
    PK__FAMILY(PK_MONITOR_POOL, false, "pool_max", max),
    PK__FAMILY(PK_MONITOR_POOL, false, "pool_waiting", waiting),
    PK__FAMILY(PK_MONITOR_POOL, false, "pool_leaks", leaks),
    PK__FAMILY(PK_MONITOR_RESOURCES, false, "resources_active", active),
    PK__FAMILY(PK_MONITOR_RESOURCES, false, "resources_max", max),
    PK__FAMILY(PK_MONITOR_RESOURCES, false, "resources_leaks", leaks),
};
static uint64_t pk__family_figure(const pk__monitor_family *f, const pk_monitor_figures *figures) {
    const void *const at = (const unsigned char *)figures + f->at;
    return f->size == sizeof(uint64_t) ? *(const uint64_t *)at : *(const uint32_t *)at;
}
static void pk__metric_type(pk__out *o, const char *name, bool counter) {
    pk__out_print(o, "# TYPE perfkit_%s %s\n", name, counter ? "counter" : "gauge");
}
/* Scores in points, checks 1 while they hold: what is no plain figure. */
static void pk__metric_judged(pk__out *o, pk_monitor *m, int kind, const char *name) {
    pk__monitor_walk walk;
    pk__monitor_first(&walk);
    pk__metric_type(o, name, false);
    while (pk__monitor_next(m, kind, o->status, &walk)) {
        const pk_monitored *const of = &walk.object;
        const int32_t score = kind == PK_MONITOR_CHECK ? (pk_monitored_health(of) == PK_HEALTHY) * 100 : pk_monitor_score(of);
        if (score < 0) continue;
        pk__metric_start(o, name, "", of->name);
        pk__out_print(o, "} %lu.%02u\n", (unsigned long)score / 100u, (unsigned)(score % 100));
    }
}
#if PERFKIT_PERF
static void pk__metric_histograms(pk__out *o, pk_monitor *m, const char *name, uint8_t unit) {
    pk__monitor_walk walk;
    pk_perf_values v;
    pk__monitor_first(&walk);
    pk__out_print(o, "# TYPE perfkit_%s summary\n", name);
    if (unit == PK_UNIT_TICKS) pk__out_print(o, "# UNIT perfkit_%s seconds\n", name);
    while (pk__monitor_next(m, PK_MONITOR_HISTOGRAM, o->status, &walk)) {
        if (walk.object.unit != unit) continue;
        pk__monitor_as_perf(&walk.object, &v);
        pk__metric_table(o, name, &v);
    }
}
#endif
PK_API pk_status pk_monitor_openmetrics(pk_monitor *m, pk_log_sink_fn writer, void *user) {
    pk__out o;
    pk__monitor_walk walk;
    size_t i;
    PERFKIT_ASSERT(m != NULL && writer != NULL);
    if (PK__MONITOR_FORKED(m)) return PK_FORKED;
    pk__out_start(&o, writer, user);
    for (i = 0; i < PK__COUNTOF(pk__monitor_families); i++) {
        const pk__monitor_family *const f = &pk__monitor_families[i];
        pk__monitor_first(&walk);
        pk__metric_type(&o, f->name, f->counter);
        while (pk__monitor_next(m, f->kind, o.status, &walk)) {
            pk__metric_start(&o, f->name, f->counter ? "_total" : "", walk.object.name);
            pk__metric_number(&o, pk__family_figure(f, &walk.object.figures), false);
        }
    }
    pk__metric_judged(&o, m, PK_MONITOR_CACHE, "cache_score");
    pk__metric_judged(&o, m, PK_MONITOR_POOL, "pool_score");
    pk__metric_judged(&o, m, PK_MONITOR_CHECK, "check");
#if PERFKIT_PERF
    pk__metric_histograms(&o, m, "histogram_seconds", PK_UNIT_TICKS);
    pk__metric_histograms(&o, m, "histogram", PK_UNIT_NONE);
#endif
    pk__out_print(&o, "# TYPE perfkit_health gauge\nperfkit_health %d\n", pk_monitor_health(m));
    pk__out_print(&o, "# EOF\n");
    return pk__out_flush(&o);
}
#endif
#endif /* PERFKIT_MONITOR */

#if PERFKIT_EVENTS && PERFKIT_REGISTRY_MORE && PERFKIT_HOSTED
/* ---- Begin and end as log lines ---- */

static const char *pk__event_name(const char *name) { return name ? name : "-"; }
#if PERFKIT_LOG_INT64 /* 32 bits of ms are over after 50 days */
typedef unsigned long long pk__log_ms;
#define PK__LOG_MS "%llu.%u ms"
#else
typedef unsigned long pk__log_ms;
#define PK__LOG_MS "%lu.%u ms"
#endif
static void pk__ms_tenths(pk_ticks ticks, pk__log_ms *ms, unsigned *tenth) {
    const uint64_t seconds = ticks / PERFKIT_TICKS_HZ, rest = ticks % PERFKIT_TICKS_HZ; /* the product of all would wrap after 21 days */
    const uint64_t tenths = seconds * 10000u + (rest * 10000u + PERFKIT_TICKS_HZ / 2) / PERFKIT_TICKS_HZ;
    *ms = (pk__log_ms)(tenths / 10);
    *tenth = (unsigned)(tenths % 10);
}
PK_API pk_ticks pk_scope_begin_log(const pk_scope *s, pk_log *log) {
    pk_log_write(log, PK_LOG_DEBUG, "scope %s begins", pk__event_name(s->name));
    return pk__ticks_now();
}
PK_API pk_status pk_scope_close_log(pk_scope *s, pk_log *log, pk_ticks began) {
    const unsigned before = (unsigned)s->failures, cleanups = pk_scope_count(s);
    const char *name = pk__event_name(s->name);
    const pk_status status = pk_scope_close(s);
    pk__log_ms ms;
    unsigned tenth;
    pk__ms_tenths(pk__ticks_between(began, pk__ticks_now()), &ms, &tenth);
    if (status == PK_DEFERRED) pk_log_write(log, PK_LOG_INFO, "scope %s: %u cleanups are deferred", name, cleanups);
    else if (s->failures == before) pk_log_write(log, PK_LOG_INFO, "scope %s: %u cleanups in " PK__LOG_MS, name, cleanups, ms, tenth);
    else
        pk_log_write(log, PK_LOG_INFO, "scope %s: %u cleanups in " PK__LOG_MS ", %u failed", name, cleanups, ms, tenth,
                     (uint16_t)(s->failures - before));
    return status;
}
PK_API void pk_registry_init_log(pk_registry *r, pk_log *log) {
    pk_log_write(log, PK_LOG_INFO, "init: registry %s, %u providers", pk__event_name(r->name), pk_registry_count(r));
}
PK_API pk_status pk_registry_close_log(pk_registry *r, pk_log *log) {
    pk_registry_stats before;
    const char *name = pk__event_name(r->name);
    pk_status status;
    if (r->capacity == 0) return pk_registry_close(r); /* closed already */
    pk_registry_get_stats(r, &before);
    status = pk_registry_close(r);
    if (r->capacity) return status; /* it is not closed */
    pk_log_write(log, PK_LOG_INFO, "shutdown: registry %s, %u ended, %lu made, %lu failed, %lu cleanups failed", name, before.ready,
              (unsigned long)before.made, (unsigned long)before.failed, (unsigned long)r->cleanups_failed);
    return status;
}
static void pk__registry_loaded(void *user, pk_provider_id id, pk_ticks spent, bool cached) {
    const pk_registry_log *into = (const pk_registry_log *)user;
    pk_provider_info info;
    pk__log_ms ms;
    unsigned tenth;
    if (cached || !pk_log_enabled(into->log, PK_LOG_DEBUG) || pk_registry_info(into->registry, id, &info) != PK_OK) return;
    pk__ms_tenths(spent, &ms, &tenth);
    pk_log_write(into->log, PK_LOG_DEBUG, "%s loaded in " PK__LOG_MS " cached=0", info.provider->name, ms, tenth);
}
PK_API void pk_registry_loads_log(pk_registry_log *into, pk_registry *r, pk_log *log) {
    into->registry = r;
    into->log = log;
    pk_registry_set_hook(r, log ? pk__registry_loaded : NULL, into);
}
static void pk__registry_traced(void *user, const pk_registry *r, const char *path, pk_status status, bool made) {
    pk_log_write((pk_log *)user, PK_LOG_DEBUG, "registry %s: get %s (%s)", pk__event_name(r->name), path,
                 status != PK_OK ? pk_status_text(status) : made ? "made" : "there");
}
PK_API void pk_registry_trace_log(pk_registry *r, pk_log *log) { pk_registry_set_trace(r, log ? pk__registry_traced : NULL, log); }
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
