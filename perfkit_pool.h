/* perfkit_pool.h - fixed-size objects from memory that you own: acquire and release in constant time.

   An object pool (pk_pool) hands out objects of one size from an array, and takes them back. What is free is known from indices
   beside the array, so a released object is never touched; a release that is wrong (not of this pool, into the middle of an
   object, twice) is refused, counted and reported, and changes nothing. A pool is an array of fixed size, without heap, good
   for interrupts; where there is an allocator it may grow in chunks. Handles are references that notice when their object is
   gone.

   A resource pool (pk_respool) lends what is expensive to make: connections, sessions, workers. It makes them with your
   callback when they are asked for, up to a limit, and keeps them for whoever comes next; where all are out, acquire waits, in
   turn, until a deadline. It validates them, replaces what is broken, old or idle for too long, leaves a server alone that
   can't be reached, tells of leases that nobody gives back, and can say how well it serves. Gates (pk_gate) and budgets
   (pk_budget) limit how many, or how many bytes, are at it at once, with the same waiting.

   Do this: in exactly one C or C++ file, before any other include,

       #define PERFKIT_POOL_IMPLEMENTATION
       #include "perfkit_pool.h"

   and in the others only the #include. Then, for a pool of 64 at file scope, ready before main and in the first interrupt:

       PK_POOL_DEFINE(messages, struct message, 64)

       struct message *m = messages_acquire();               // NULL: all 64 are out
       ...
       if (messages_release(m) != PK_OK) complain();         // PK_INVALID: released before, or not a message of this pool

   or one that is made at run time, and grows:

       pk_pool parsers;
       pk_pool_desc desc = {0};
       desc.object_size = sizeof(struct parser);
       if (pk_pool_init(&parsers, &desc) != PK_OK) return;
       struct parser *parser = (struct parser *)pk_pool_acquire(&parsers);

   For resources see the example above pk_respool_desc.

   Configuration: define before including, with -D, or in a file named by PERFKIT_CONFIG_FILE. The same in every file.

     macro                       TINY  FIRMWARE  HOSTED   what
     PERFKIT_PROFILE             PERFKIT_PROFILE_TINY, _FIRMWARE or _HOSTED; default by PERFKIT_HOSTED
     PERFKIT_HOSTED              0     0         1        an operating system is there (found out by itself)
     PERFKIT_HEAP                0     0         1        malloc where neither memory nor an allocator is given
     PERFKIT_THREADS             0     0         1        desc.threads; locks of the platform, or the PERFKIT_MUTEX_* hooks
     PERFKIT_MUTEX_BYTES         8     8         64       room for a platform mutex
     PERFKIT_ATOMICS             found out by the compiler; 0: locks serve instead, and nothing is lock_free
     PERFKIT_THREAD_ID()         -     -         pthread_self, GetCurrentThreadId; a uintptr_t: without it, as on an RTOS, no
                                                          thread finds the resource again that it had last
     PERFKIT_NOW_MS()            -     -         monotonic clock; milliseconds, where desc.clock is NULL
     PERFKIT_TIME_BITS           32    32        32       or 64: width of milliseconds
     PERFKIT_STATS               0     1         1        refusals are counted
     PERFKIT_STRINGS             0     1         1        pk_respool_event_text, pk_respool_reason_text
     PERFKIT_CRITICAL_STATE _ENTER(s) _EXIT(s)   interrupt exclusion: save, restore, nestable; none by default
     PERFKIT_ASSERT(c)           -     -         assert   broken preconditions only: NULL pools
     PERFKIT_STATIC              everything private to each file that includes it; no separate implementation
     PERFKIT_POOL_INDEX_BITS     8     16        0        pools of up to 255 (8), 65535 (16) or 2^31 (32) objects, with indices
                                                          of that many bits; 0: the narrowest that each capacity allows
     PERFKIT_POOL_HANDLES        0     1         1        handles
     PERFKIT_POOL_HANDLE_BITS    16    32        64       width of pk_handle: 16, 32 or 64
     PERFKIT_POOL_GROW           0     0         1        pools may take further chunks from an allocator
     PERFKIT_POOL_UNCHECKED      0     0         1        pools may do without the check for double releases
     PERFKIT_POOL_FILL           0     0         0        debugging: released objects are filled, and checked when acquired
     PERFKIT_POOL_VALGRIND       0     0         0        debugging: valgrind finds uses after release; needs its memcheck.h
     PERFKIT_POOL_INTRUSIVE      1     1         1        PK_POOL_DEFINE_INTRUSIVE; desc.intrusive, if hosted
     PERFKIT_POOL_INIT           0     0         1        desc.init and desc.fini
     PERFKIT_POOL_CACHES         0     0         1        pk_pool_cache
     PERFKIT_POOL_LOCK_FREE      0     0         1        desc.lock_free
     PERFKIT_POOL_RESOURCES      0     0         1        pk_respool
     PERFKIT_POOL_GATE           0     1         1        pk_gate, pk_budget
     PERFKIT_POOL_INLINE         this file sees acquire, release and handles as static inline, specialised by PK_POOL_DEFINE

   Guarantees
     Cost        acquire and release: O(1), no division, no loop; in a pool that grew at most one comparison for each chunk, of
                 which there are at most 32. Counting what is out is O(1) in hosted builds, elsewhere O(capacity).
     Memory      beside the objects: an index each, of 1 byte (to 255 objects), 2 (to 65535) or 4; in hosted builds a byte
                 more, or a bit where there are more than 65535.
                 Handles add 2 bytes (16-bit), 4 (32-bit; 2 above 65535 objects) or 6 (64-bit). The pool itself: 144 bytes
                 (64-bit), 84 (Cortex-M), 50 (AVR).
     Order       the object released last is acquired first; all else comes in index order. In a pool that grew, of each chunk:
                 those of the first array go before.
     Contents    acquire gives the bytes that desc.reset, or without that the last user, left; or untouched memory.
     Errors      every refusal is counted and reported to on_event, after the state is whole again; nothing else has changed.
     Interrupts  with the PERFKIT_CRITICAL_* hooks fixed pools work between interrupts and main: acquire, release, the three
                 functions of handles, count. At most 40 instructions are under the mask: no loop, callback or division.
                 In any state, without a listener, on a Cortex-M0 at -Os: acquire and get take at most 40 instructions, all
                 others but count 50, intrusive pools 30, gates without threads 120; count O(capacity).
     Threads     a pool belongs to one thread at a time, or desc.threads puts a lock around its state. Callbacks run outside.
                 Threads that acquire much have a pk_pool_cache each, and seldom meet at the lock.
     Handles     a stale handle is refused, unless its slot was reused through handles exactly k * 2^g times since, where g is
                 the number of generation bits: PERFKIT_POOL_HANDLE_BITS less the capacity's bits, at most 46. 64-bit handles
                 don't have that gap: a slot whose generations are used up retires. desc.retire: the same for 16 and 32 bits.
                 What was acquired through a handle is released through it, never by pointer; pointers don't use generations up.
     Sanitizers  under AddressSanitizer a released object is poisoned until it is acquired again; with PERFKIT_POOL_VALGRIND it
                 is out of bounds for valgrind.
     Limits      65535 objects outside hosted builds, else 2^31 - 1; 2047 resources.
     Resources   lending what is idle: O(1), without a lock where 64-bit atomics are, and one reading of the clock. A pool of n
                 takes PK_RESPOOL_BYTES(n) once: 64 bytes a resource, 128 with 64-bit time. No callback of yours runs under a
                 lock. With an RTOS: PERFKIT_THREADS, the PERFKIT_MUTEX_* and PERFKIT_COND_* hooks and a clock; without
                 threads or conditions acquire never waits.
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
#ifndef PERFKIT_POOL_H
#define PERFKIT_POOL_H

#ifndef PERFKIT_POOL_INDEX_BITS
#define PERFKIT_POOL_INDEX_BITS (PK__TINY ? 8 : PK__FULL ? 0 : 16)
#endif
#ifndef PERFKIT_POOL_HANDLES
#define PERFKIT_POOL_HANDLES (!PK__TINY)
#endif
#ifndef PERFKIT_POOL_HANDLE_BITS
#define PERFKIT_POOL_HANDLE_BITS (PK__TINY ? 16 : PK__FULL ? 64 : 32)
#endif
#ifndef PERFKIT_POOL_GROW
#define PERFKIT_POOL_GROW PK__FULL
#endif
#ifndef PERFKIT_POOL_UNCHECKED
#define PERFKIT_POOL_UNCHECKED PK__FULL
#endif
#ifndef PERFKIT_POOL_FILL
#define PERFKIT_POOL_FILL 0
#endif
#ifndef PERFKIT_POOL_VALGRIND
#define PERFKIT_POOL_VALGRIND 0
#endif
#ifndef PERFKIT_POOL_INTRUSIVE
#define PERFKIT_POOL_INTRUSIVE 1
#endif
#ifndef PERFKIT_POOL_INIT
#define PERFKIT_POOL_INIT (PK__FULL && PERFKIT_POOL_GROW)
#endif
#ifndef PERFKIT_POOL_CACHES
#define PERFKIT_POOL_CACHES (PK__FULL && PERFKIT_THREADS && PERFKIT_POOL_GROW)
#endif
#ifndef PERFKIT_POOL_LOCK_FREE
#define PERFKIT_POOL_LOCK_FREE (PK__FULL && PERFKIT_THREADS && PERFKIT_POOL_GROW)
#endif
#ifndef PERFKIT_POOL_RESOURCES
#define PERFKIT_POOL_RESOURCES PK__FULL
#endif
#ifndef PERFKIT_POOL_GATE
#define PERFKIT_POOL_GATE (!PK__TINY)
#endif
#if PK__NOT_01(PERFKIT_POOL_RESOURCES) || PK__NOT_01(PERFKIT_POOL_GATE)
#error "perfkit: each of PERFKIT_POOL_RESOURCES _GATE is 0 or 1"
#endif
#if PK__NOT_01(PERFKIT_POOL_HANDLES) || PK__NOT_01(PERFKIT_POOL_GROW) || PK__NOT_01(PERFKIT_POOL_UNCHECKED) || \
    PK__NOT_01(PERFKIT_POOL_FILL) || PK__NOT_01(PERFKIT_POOL_INTRUSIVE) || PK__NOT_01(PERFKIT_POOL_INIT) || \
    PK__NOT_01(PERFKIT_POOL_CACHES) || PK__NOT_01(PERFKIT_POOL_LOCK_FREE) || PK__NOT_01(PERFKIT_POOL_VALGRIND)
#error "perfkit: each of PERFKIT_POOL_HANDLES _GROW _UNCHECKED _FILL _VALGRIND _INTRUSIVE _INIT _CACHES _LOCK_FREE is 0 or 1"
#endif
#if (PERFKIT_POOL_INIT || PERFKIT_POOL_CACHES || PERFKIT_POOL_LOCK_FREE) && !(PK__FULL && PERFKIT_POOL_GROW)
#error "perfkit: PERFKIT_POOL_INIT _CACHES _LOCK_FREE need PERFKIT_PROFILE_HOSTED and PERFKIT_POOL_GROW"
#endif
#if (PERFKIT_POOL_CACHES || PERFKIT_POOL_LOCK_FREE) && !PERFKIT_THREADS
#error "perfkit: PERFKIT_POOL_CACHES and _LOCK_FREE need PERFKIT_THREADS"
#endif

/* Layout follows this one; all units must agree on it (PK_INVALID from init where they don't). */
#if PERFKIT_POOL_INDEX_BITS == 0 || PERFKIT_POOL_INDEX_BITS == 32
typedef uint32_t pk__pool_index, pk__pool_wide; /* wide: of capacity + 1 */
#elif PERFKIT_POOL_INDEX_BITS == 16
typedef unsigned pk__pool_index, pk__pool_wide;
#elif PERFKIT_POOL_INDEX_BITS == 8
typedef uint8_t pk__pool_index;
typedef unsigned pk__pool_wide;
#else
#error "perfkit: PERFKIT_POOL_INDEX_BITS is 8, 16, 32, or 0 for the narrowest that each pool allows"
#endif
#if PERFKIT_POOL_HANDLE_BITS == 64
typedef uint64_t pk_handle; /* an object that may be gone; 0 is none. Plain data: copy, compare with ==, keep anywhere */
#elif PERFKIT_POOL_HANDLE_BITS == 32
typedef uint32_t pk_handle; /* an object that may be gone; 0 is none. Plain data: copy, compare with ==, keep anywhere */
#elif PERFKIT_POOL_HANDLE_BITS == 16
typedef uint16_t pk_handle; /* an object that may be gone; 0 is none. Plain data: copy, compare with ==, keep anywhere */
#else
#error "perfkit: PERFKIT_POOL_HANDLE_BITS is 16, 32 or 64"
#endif

/* How free objects are known. Hosted builds have a stack of indices and a bit an object, which are the fastest where memory is
   slow. Others link the free objects through one array of indices, which is the smallest. */
#define PK__POOL_LINKED (!PK__FULL)

typedef struct pk_pool pk_pool;
struct pk_pool { /* all private: use the functions */
    unsigned char *objects;
    void *indices;            /* of free objects that were out before. A stack, the next to hand out last; or, linked and
                                 counted from 1: [0] the next to hand out, [n] the one after n, or n while n is out; 0: none */
    uint32_t *live;           /* a byte an object, or a bit: it is out. NULL: unchecked, or linked */
    size_t stride, inverse;   /* inverse * (stride >> shift) == 1, modulo the width of size_t */
    uint8_t shift, width;     /* zero bits that end stride; bytes of an index */
    uint8_t flags, name_bits; /* PK__POOL_…; bits in `names` */
    pk__pool_index free_count; /* indices in the stack; linked: not counted */
    pk__pool_index fresh;     /* objects that were ever out: all those below this index */
    pk__pool_index capacity;
    pk__pool_index quick;     /* capacity, or 0 where releases have more to do than to check and push */
    pk__pool_index retired;   /* slots whose generations are used up */
    uintptr_t (*slow)(pk_pool *p, void *about, uint8_t what); /* all that the quick ways refuse; NULL: just that */
    void *generations;        /* an object's handle while one holds it, else the generation of its next. NULL: no handles */
    pk_handle names;          /* the bits of a handle that name the object, its index + 1; the others are the generation, and
                                 in 64 bits one that is set */
    void *more;               /* what pools with a lock or an allocator have beside */
    pk_event_fn on_event;
    void (*reset)(void *object, void *user);
    void *user;
    const char *label;        /* desc.name */
    pk_count failed[2];       /* acquires, releases */
};

enum { PK_POOL_CHECKED, PK_POOL_UNCHECKED, PK_POOL_RACEPROOF };

typedef struct pk_pool_desc {
    const char *name;              /* for reports; NULL is fine; not copied */
    size_t object_size;            /* bytes; must be given */
    uint32_t capacity;             /* objects. 0: 64, growing without limit; PK_INVALID without PERFKIT_POOL_GROW */
    uint32_t max_capacity;         /* more than capacity: grow up to that many. 0: capacity */
    size_t align;                  /* of objects, a power of two; the distance between objects is a multiple of it. 0: the
                                      largest power of two in object_size, at most 16 (64-bit), 8 (32-bit), 2 (AVR) */
    void *memory;                  /* for the first `capacity` objects: pk_pool_memory_needed bytes, any alignment */
    size_t memory_size;            /* bytes */
    const pk_allocator *allocator; /* where there is no memory, and for growth; copied. NULL: malloc if PERFKIT_HEAP, or none */
    void (*reset)(void *object, void *user); /* called by release, before the object is free, outside lock and mask; and once
                                      before the first use, in fixed pools without init by pk_pool_init for all objects:
                                      so an acquired object always is as reset leaves it */
    pk_event_fn on_event;          /* hears of each refusal; NULL: only counted */
    void *user;                    /* handed to reset and on_event */
    uint8_t check;                 /* PK_POOL_CHECKED; PK_POOL_UNCHECKED: a double release is not noticed, and corrupts;
                                      PK_POOL_RACEPROOF: of threads that release one object at once exactly one succeeds,
                                      through caches too; PK_INVALID without threads or lock_free, PK_UNSUPPORTED without
                                      atomics */
    bool handles;                  /* objects may be acquired through handles */
    bool retire;                   /* 16- and 32-bit handles: slots whose generations are used up retire, not start over */
    bool threads;                  /* any thread; PK_UNSUPPORTED where PERFKIT_THREADS is 0 */
    bool no_touch;                 /* free objects belong to hardware: no fill (PERFKIT_POOL_FILL), no poisoning */
    bool intrusive;                /* the free list lies inside the free objects, a pointer each: no bytes beside them if
                                      unchecked (then no release is refused), else a bit. reset is called by acquire then.
                                      Not with handles, init or no_touch, no caches; chunks stay until close; count is
                                      O(free). If hosted: elsewhere PK_UNSUPPORTED, there is PK_POOL_DEFINE_INTRUSIVE */
    bool lock_free;                /* any thread, without a lock. Fixed pools without handles, init and caches. Race-proof,
                                      whatever check says. count: O(capacity). PK_UNSUPPORTED without 64-bit atomics. Under
                                      contention a lock is slower, caches far faster: for when no thread may wait for one */
    pk_status (*init)(void *object, void *user); /* makes an object before that reset, when it is first handed out.
                                      Anything but PK_OK: acquire gives NULL, PK_CREATE_FAILED, and it is tried again later */
    void (*fini)(void *object, void *user);      /* for each that was made, when the pool is closed or its chunk trimmed */
} pk_pool_desc;

PK_API pk_status pk__pool_init(pk_pool *p, size_t size, uint32_t config, const pk_pool_desc *desc);
/* All that changes how a pool lies in memory, or how inline engines work on it; the multiplier keeps different ones different. */
#define PK__POOL_SWITCHES \
    ((uint32_t)PK__POOL_LINKED | (uint32_t)PERFKIT_POOL_HANDLES << 1 | (uint32_t)PERFKIT_POOL_GROW << 2 | \
     (uint32_t)PERFKIT_POOL_UNCHECKED << 3 | (uint32_t)PERFKIT_POOL_FILL << 4 | (uint32_t)PERFKIT_POOL_INTRUSIVE << 5 | \
     (uint32_t)PERFKIT_POOL_INIT << 6 | (uint32_t)PERFKIT_POOL_CACHES << 7 | (uint32_t)PERFKIT_POOL_LOCK_FREE << 8 | \
     (uint32_t)PERFKIT_POOL_VALGRIND << 9 | (uint32_t)PERFKIT_THREADS << 10 | (uint32_t)PERFKIT_ATOMICS << 11 | \
     (uint32_t)PK__HAS_CRITICAL << 12 | (uint32_t)PERFKIT_POOL_HANDLE_BITS << 13 | (uint32_t)PERFKIT_POOL_INDEX_BITS << 20)
#define PK__POOL_CONFIG_WORD (PK__CONFIG_WORD ^ (uint32_t)(PK__POOL_SWITCHES * 0x9E3779B1u))

/* Make a pool. PK_NO_MEMORY: the memory is too small, or there is none, or no lock. PK_INVALID: no object_size, no capacity or one
   above max_capacity, an align that is no power of two, forms that exclude each other (said at the fields), more objects than
   PERFKIT_POOL_INDEX_BITS or the handles can number, or another configuration than the implementation's. PK_UNSUPPORTED: asks for
   what this build lacks. After an error the pool is a closed one. */
PK__INLINE pk_status pk_pool_init(pk_pool *p, const pk_pool_desc *desc) {
    return pk__pool_init(p, sizeof(pk_pool), PK__POOL_CONFIG_WORD, desc);
}

/* An object, or NULL: all are out, growth met PK_NO_MEMORY, or desc.init failed (PK_CREATE_FAILED); counted and reported. NULL in a
   forked child, too: see pk_pool_after_fork. O(1). Interrupt-safe unless the pool grows. */
PK_API void *pk_pool_acquire(pk_pool *p);

/* Give an object back. PK_INVALID: not the address of an object of this pool, not out, or held by a handle; counted and
   reported, nothing else has changed. O(1), in a pool that grew one comparison a chunk. Interrupt-safe. An unchecked pool
   notices foreign ones only; one that is intrusive as well notices nothing, and hands out whatever was given to it. */
PK_API pk_status pk_pool_release(pk_pool *p, void *object);

/* Give the memory back. PK_BUSY: objects are out; nothing has changed. Closing again is PK_OK. A pool of PK_POOL_DEFINE
   has nothing to give back and stays open. One thread. */
PK_API pk_status pk_pool_close(pk_pool *p);

#if PERFKIT_THREADS
/* In a child of fork, where a thread that is no more may hold the lock, acquire of pools with desc.threads or lock_free gives NULL,
   and release, close and their like PK_FORKED, neither counted nor reported, until this makes the child's copy one that nothing is
   out of: handles are stale, caches closed, what desc.init made is forgotten, not unmade. Till then a cache goes on with what it
   holds. Other pools need nothing: PK_OK. One thread. O(capacity). */
PK_API pk_status pk_pool_after_fork(pk_pool *p);
#endif

PK_API uint32_t pk_pool_count(const pk_pool *p);      /* objects that are out. As safe as acquire; O(capacity) if not hosted */
PK_API uint32_t pk_pool_capacity(const pk_pool *p);   /* objects that it has room for without growing, retired slots included */
PK_API uint32_t pk_pool_high_water(const pk_pool *p); /* most that were ever out at once; slots that retire count as out */

/* At file scope: a checked pool of `count` objects of a type that is plain data, private to this file, with typed functions,
   ready before main and in the first interrupt. It is a pk_pool: every function of this header takes &name.
       PK_POOL_DEFINE(messages, struct message, 64)
   gives messages_acquire() -> struct message *, messages_release(m), messages_owns(m), messages_index_of(m), messages_count(),
   messages_capacity(), messages_high_water() and messages_set_on_event(fn, user). Outside hosted builds it has its name, for
   reports and statistics, only once the last was called: a name costs flash, and RAM on AVR. It takes sizeof(pk_pool) and at most
   PK_POOL_BYTES(sizeof(struct message), 0, 64) of RAM. Configure the units alike, for there is no init to check it. */
#define PK_POOL_DEFINE(name, Type, count) PK__POOL_DEFINE(name, Type, count, NULL, 0)

#if PERFKIT_POOL_INTRUSIVE
/* The smallest pool, at file scope: the free list lies inside the free objects, so there is nothing beside them but two
   pointers, and both functions together are 24 bytes on a Cortex-M0+, besides the test for "none left", inline at each acquire.
   Private to this file, ready before main and, with the PERFKIT_CRITICAL_* hooks, in the first interrupt; its objects are all
   zero then. Nothing is checked or counted: a wrong release corrupts it. It is no pk_pool.
       PK_POOL_DEFINE_INTRUSIVE(timers, struct timer, 16)
   gives timers_acquire() -> struct timer *, or NULL: all are out; timers_release(t), which writes to the first bytes of t; and
   timers_capacity(). O(1); interrupt-safe. */
#define PK_POOL_DEFINE_INTRUSIVE(name, Type, count) PK__POOL_DEFINE_INTRUSIVE(name, Type, count)
#endif

/* ---- Looking around ---- */

#define PK_POOL_NO_INDEX UINT32_MAX
PK_API uint32_t pk_pool_index_of(const pk_pool *p, const void *object); /* from 0; PK_POOL_NO_INDEX: no object of it */
PK_API void *pk_pool_at(const pk_pool *p, uint32_t index);              /* the object with that index, out or not; NULL: none */
PK_API bool pk_pool_owns(const pk_pool *p, const void *object);         /* an object of it, and out (unchecked: or not) */

/* The objects that are out, by index: start with *cursor = 0 and call until NULL. Objects may be released meanwhile; one that
   is acquired meanwhile is met or not. Bounded by the objects it passes over. Always NULL in an unchecked pool. One thread. */
PK_API void *pk_pool_next(const pk_pool *p, uint32_t *cursor);

typedef struct pk_pool_stats {
    const char *name;
    uint32_t capacity, max_capacity; /* now; and when grown fully */
    uint32_t active, idle;           /* out; in. active + idle + retired = capacity */
    uint32_t high_water;             /* most that were ever out at once; slots that retire count as out */
    uint32_t retired;                /* slots whose generations are used up */
    int32_t utilization;             /* active of max_capacity, in 1/100 percent: 10000 is full */
    pk_count exhausted;              /* acquires refused because all were out */
    pk_count misused;                /* releases refused, those of stale handles too; and PK_POOL_EVENT_WRITTEN */
    pk_count no_memory;              /* acquires refused because the allocator gave nothing */
    pk_count create_failed;          /* calls of desc.init that were not PK_OK */
} pk_pool_stats;
PK_API void pk_pool_get_stats(const pk_pool *p, pk_pool_stats *stats); /* O(chunks). As safe as acquire */

/* Reported to on_event: a = objects that are out, b = max_capacity, unless said. */
enum {
    PK_POOL_EVENT_EXHAUSTED = 1, /* PK_EXHAUSTED: an acquire found all objects out */
    PK_POOL_EVENT_MISUSE = 2,    /* PK_INVALID: a wrong release. PK_STALE: a handle that was stale when released */
    PK_POOL_EVENT_NO_MEMORY = 3, /* PK_NO_MEMORY: an acquire found all out, and the allocator gave nothing */
    PK_POOL_EVENT_RETIRING = 4,  /* PK_FULL, once: 90 % of the slots have retired. a = those */
    PK_POOL_EVENT_CREATE_FAILED = 6, /* PK_CREATE_FAILED: desc.init refused */
    PK_POOL_EVENT_WRITTEN = 5    /* PK_CORRUPT: an object was written to after its release (PERFKIT_POOL_FILL). a = its index */
};

/* Have refusals reported to fn(user, event): for PK_POOL_DEFINE, which takes no desc. NULL: none. */
PK_API void pk_pool_set_on_event(pk_pool *p, pk_event_fn fn, void *user);

/* ---- Memory ---- */

/* Bytes of desc.memory that pk_pool_init asks for with this desc, whatever the memory's alignment. 0: init would refuse the
   desc. */
PK_API size_t pk_pool_memory_needed(const pk_pool_desc *desc);

/* The same, or a little more, as a constant expression, for a fixed pool without threads; align 0 as in the desc. Handles need
   PK_POOL_HANDLE_BYTES(capacity) on top. static unsigned char memory[PK_POOL_BYTES(sizeof(struct job), 0, 32)]; */
#define PK_POOL_BYTES(object_size, align, capacity) \
    ((size_t)(capacity) * PK__ALIGN_UP((size_t)(object_size), (size_t)((align) ? (align) : 1)) + \
     ((size_t)(capacity) + PK__POOL_LINKED) * PK__POOL_WIDTH(capacity) + PK__POOL_LIVE_WORDS(capacity) * 4 + \
     3 * PK__POOL_ARRAY_ALIGN + \
     ((align) > PK__POOL_ALIGN ? (size_t)(align) : PK__POOL_ALIGN))
#define PK_POOL_HANDLE_BYTES(capacity) ((size_t)(capacity) * PK__POOL_WORD_BYTES(PK__POOL_WIDTH(capacity)))

/* Give chunks without an object that is out back to the allocator; the bytes. The first chunk stays, and those with slots that
   retired. O(chunks). As safe as close, or any thread with desc.threads. */
PK_API size_t pk_pool_trim(pk_pool *p);

/* ---- Handles: for pools with desc.handles, or PK_POOL_DEFINE_HANDLES ---- */

#if PERFKIT_POOL_HANDLES
/* Acquire an object together with a handle to it, which is stale as soon as it has released the object. *object may be NULL
   where only the handle is wanted. PK_EXHAUSTED, PK_NO_MEMORY, PK_CREATE_FAILED, PK_FORKED: as NULL from pk_pool_acquire.
   PK_UNSUPPORTED: no handles in this pool. An error leaves *handle and *object as they were. O(1). As safe as acquire. */
PK_API pk_status pk_pool_acquire_handle(pk_pool *p, pk_handle *handle, void **object);

/* The object that the handle was given for; NULL: it was released since, or the handle is 0 or none of this pool. O(1), in a
   pool that grew one comparison a chunk. As safe as acquire; the object is yours only as long as nobody releases it. */
PK_API void *pk_pool_get(const pk_pool *p, pk_handle handle);

/* Release the object that the handle was given for. PK_STALE: it was released since; PK_INVALID: the handle is 0, none of this
   pool, or of a chunk that was trimmed since; both counted and reported, and nothing has changed. O(1), in a pool that grew one
   comparison a chunk. As safe as release. */
PK_API pk_status pk_pool_release_handle(pk_pool *p, pk_handle handle);

/* PK_POOL_DEFINE with handles: messages_acquire_handle(&handle) -> struct message *, messages_get(handle) and
   messages_release_handle(handle) beside the others. */
#define PK_POOL_DEFINE_HANDLES(name, Type, count) \
    static union { \
        uint16_t u16[((count) * PK__POOL_WORD_BYTES(PK__POOL_WIDTH(count)) + 1) / 2]; \
        uint32_t u32[PK__POOL_WORD_BYTES(PK__POOL_WIDTH(count)) == 4 ? (count) : 1]; \
    } name##_generations; \
    PK__STATIC_ASSERT(name##_has_too_many_objects_for_PERFKIT_POOL_HANDLE_BITS, \
                      PK__POOL_NAME_BITS(count) <= PERFKIT_POOL_HANDLE_BITS - PERFKIT_POOL_HANDLE_BITS / 4); \
    PK__POOL_DEFINE(name, Type, count, &name##_generations, PK__POOL_NAME_BITS(count)) \
    PK__INLINE Type *name##_acquire_handle(pk_handle *handle) { \
        return (Type *)PK__POOL_ACQUIRE_HELD(&name, handle, sizeof(Type), PK__POOL_WIDTH(count)); \
    } \
    PK__INLINE Type *name##_get(pk_handle handle) { return (Type *)PK__POOL_FIND_HELD(&name, handle, sizeof(Type)); } \
    PK__INLINE pk_status name##_release_handle(pk_handle handle) { \
        return PK__POOL_RELEASE_HELD(&name, handle, PK__POOL_WIDTH(count)); \
    }
/* Outside hosted builds, where calls are shorter than what they do, get and release_handle are one function. */
#define PK__POOL_SHARES (PK__POOL_LINKED && PERFKIT_POOL_HANDLE_BITS < 64)
/* As the functions above, for pools without a lock, chunks and a reset. */
PK_API void *pk__pool_acquire_held(pk_pool *p, pk_handle *handle);
#if PK__POOL_SHARES
PK_API uintptr_t pk__pool_by_handle(const pk_pool *p, pk_handle handle, bool release); /* the object, or a pk_status */
PK__INLINE void *pk__pool_find_held(const pk_pool *p, pk_handle handle) {
    const uintptr_t object = pk__pool_by_handle(p, handle, false);
    return (void *)object;
}
PK__INLINE pk_status pk__pool_release_held(pk_pool *p, pk_handle handle) {
    const uintptr_t status = pk__pool_by_handle(p, handle, true);
    return (pk_status)status;
}
#else
#define pk__pool_find_held(p, handle) pk_pool_get(p, handle)
PK_API pk_status pk__pool_release_held(pk_pool *p, pk_handle handle);
#endif
#if defined PERFKIT_POOL_INLINE
#define PK__POOL_ACQUIRE_HELD(p, handle, stride, width) pk__pool_hold(PK__POOL_AT(p), handle, stride, width)
#define PK__POOL_FIND_HELD(p, handle, stride) pk__pool_held(p, handle, stride)
#define PK__POOL_RELEASE_HELD(p, handle, width) pk__pool_let_go(PK__POOL_AT(p), handle, width)
#else
#define PK__POOL_ACQUIRE_HELD(p, handle, stride, width) pk__pool_acquire_held(p, handle)
#define PK__POOL_FIND_HELD(p, handle, stride) pk__pool_find_held(p, handle)
#define PK__POOL_RELEASE_HELD(p, handle, width) pk__pool_release_held(p, handle)
#endif
#endif

/* ---- Caches: for threads that share a pool with desc.threads ---- */

#if PERFKIT_POOL_CACHES
#define PK_POOL_CACHE_MOST 128
/* Some free objects of a pool, at hand for one thread: it acquires and releases without the pool's lock, which is taken for
   half a cache at a time, about. One cache a thread, in memory of yours, about 1 KB; it is the thread's alone. An object may be
   acquired through one cache or none and released through another or none. Those that lie in caches are idle: count, next, owns and
   stats don't take them as out, but high_water does, and other threads don't find them: an acquire may be PK_EXHAUSTED
   while a cache elsewhere is full. */
typedef struct pk_pool_cache pk_pool_cache;
struct pk_pool_cache { /* all private */
    pk_pool *pool;          /* NULL: closed */
    unsigned char *objects; /* as in the pool, which others write to: its first array, ... */
    size_t inverse;
    unsigned char *marks;   /* ... and its marks; NULL: unchecked */
    uint32_t capacity;      /* of that array */
    uint32_t quick;         /* the same, or 0 where releases have more to do */
    uint32_t size, count;
    uint8_t shift;
    uint8_t mark;           /* of objects that are out. Those that lie here were made, where objects are */
    bool raceproof;
    bool at_exit;           /* closed when the thread ends */
    bool drains;            /* when the pool was last asked, it was for room */
    pk_pool_cache *next;    /* of the pool */
    void *slots[PK_POOL_CACHE_MOST];
};
PK_API pk_status pk__pool_cache_init(pk_pool_cache *c, size_t size_of, uint32_t config, pk_pool *p, uint32_t size);

/* Attach a cache of so many objects to a pool; size 16 to 128, 0: 64, else PK_INVALID. Below 64 the threads' checks may share
   cache lines, which costs time. PK_UNSUPPORTED: the pool has no desc.threads, or is intrusive or lock-free. */
PK__INLINE pk_status pk_pool_cache_init(pk_pool_cache *c, pk_pool *p, uint32_t size) {
    return pk__pool_cache_init(c, sizeof(pk_pool_cache), PK__POOL_CONFIG_WORD, p, size);
}
/* As pk_pool_acquire and pk_pool_release, by the cache's thread. A double release is refused across caches and pool, if it
   comes after the first (desc.check = PK_POOL_RACEPROOF: always). O(1), every size/4 calls or more O(size) under the pool's lock. */
PK_API void *pk_pool_cache_acquire(pk_pool_cache *c);
PK_API pk_status pk_pool_cache_release(pk_pool_cache *c, void *object);

PK_API void pk_pool_cache_flush(pk_pool_cache *c); /* give what it holds to the pool. O(size). By its thread */

/* Flush and detach; closing again is harmless. By its thread, or when that has ended. pk_pool_close is PK_BUSY and pk_pool_trim
   gives nothing until all caches are closed. */
PK_API void pk_pool_cache_close(pk_pool_cache *c);

/* Have the calling thread, whose cache it is, close it when it ends: the memory has to last until then, as static, allocated
   and thread-local variables do. PK_EXISTS: the thread has another cache of this pool that does. PK_UNSUPPORTED: locks
   are hooks. PK_CLOSED. It takes a pthread key (Windows: an FLS index) a pool until pk_pool_close; PK_NO_MEMORY: there is none. */
PK_API pk_status pk_pool_cache_close_at_exit(pk_pool_cache *c);
#endif

/* ---- Private: what the macros above expand to ---- */

enum { /* flags */
    PK__POOL_LOCKED = 1,    /* more->mutex guards all state */
    PK__POOL_GROWS = 2,     /* may have chunks */
    PK__POOL_RETIRES = 4,   /* slots whose generations are used up stay out */
    PK__POOL_OWNED = 8,     /* the first block came from the allocator */
    PK__POOL_NO_TOUCH = 16, /* free objects are left alone even when debugging */
    PK__POOL_STATIC = 32,   /* made by PK_POOL_DEFINE */
    PK__POOL_LIST = 64,     /* intrusive, with nothing else to do than to pop and push */
    PK__POOL_BYTES = 128,   /* `live` is a byte an object, PK__POOL_OUT and PK__POOL_MADE, which threads may write to at once */
    PK__POOL_STATIC_RETIRES = PERFKIT_POOL_HANDLE_BITS == 64 ? PK__POOL_STATIC + PK__POOL_RETIRES : PK__POOL_STATIC
};
#define PK__POOL_STATIC_FLAGS(capacity) \
    (PK__POOL_LINKED || PK__POOL_WIDTH(capacity) == 4 ? PK__POOL_STATIC_RETIRES : PK__POOL_STATIC_RETIRES + PK__POOL_BYTES)
#define PK__POOL_CALLS_SLOW (PK__POOL_LINKED && UINTPTR_MAX > 0xFFFFu) /* where calls through pointers are as short as others */
#if PK__POOL_CALLS_SLOW
#define PK__POOL_STATIC_SLOW pk__pool_refused /* of pools that only count */
PK_API uintptr_t pk__pool_refused(pk_pool *p, void *about, uint8_t what);
#else
#define PK__POOL_STATIC_SLOW NULL
#endif
#define PK__POOL_MOST /* objects */ \
    (PERFKIT_POOL_INDEX_BITS == 8 ? 255u : PERFKIT_POOL_INDEX_BITS == 16 ? 65535u : 0x7FFFFFFFu)
#define PK__POOL_ALIGN ((size_t)(sizeof(void *) > 4 ? 16 : sizeof(void *) > 2 ? 8 : 2)) /* the largest default of desc.align */
#define PK__POOL_ARRAY_ALIGN ((size_t)(sizeof(void *) > 2 ? 4 : 2))
#if PERFKIT_POOL_INDEX_BITS == 0
#define PK__POOL_WIDTH(capacity) ((size_t)((capacity) < 256 ? 1 : (capacity) < 65536 ? 2 : 4))
#else
#define PK__POOL_WIDTH(capacity) ((size_t)(PERFKIT_POOL_INDEX_BITS / 8))
#endif
#if PERFKIT_POOL_HANDLE_BITS == 64
#define PK__POOL_WORD_BYTES(width) ((size_t)6)
#elif PERFKIT_POOL_HANDLE_BITS == 32 /* more than 65535 objects leave 15 bits or fewer */
#define PK__POOL_WORD_BYTES(width) ((size_t)((width) == 4 ? 2 : 4))
#else
#define PK__POOL_WORD_BYTES(width) ((size_t)2)
#endif

/* Bits that hold n, from 1 to 32, as a constant expression. */
#define PK__POOL_BITS4(n) ((n) > 7 ? 4 : (n) > 3 ? 3 : (n) > 1 ? 2 : 1)
#define PK__POOL_BITS8(n) ((n) > 15 ? 4 + PK__POOL_BITS4((n) >> 4) : PK__POOL_BITS4(n))
#define PK__POOL_BITS16(n) ((n) > 255 ? 8 + PK__POOL_BITS8((n) >> 8) : PK__POOL_BITS8(n))
#define PK__POOL_BITS32(n) \
    ((uint32_t)(n) > 65535u ? 16 + PK__POOL_BITS16((uint32_t)(n) >> 16) : PK__POOL_BITS16((uint32_t)(n)))
#if PERFKIT_POOL_HANDLE_BITS == 64 /* names from bit 32 to 47 at least: then 6 bytes hold the others */
#define PK__POOL_NAME_BITS(n) ((uint32_t)(n) > 65535u ? PK__POOL_BITS32(n) : 17)
#define PK__POOL_NAME_SHIFT 32
#define PK__POOL_HELD 1u /* in a handle, and in the word of a slot that one holds */
#else
#define PK__POOL_NAME_BITS(n) PK__POOL_BITS32(n)
#define PK__POOL_NAME_SHIFT 0
#define PK__POOL_HELD (pk_handle)0
#endif
#define PK__POOL_NAMES(name_bits) (pk_handle)((((pk_handle)1 << (name_bits)) - 1) << PK__POOL_NAME_SHIFT)

/* The zero bits that end a size, its odd part, and the inverse of that: Newton's iteration doubles the bits that are right,
   from 5 (Granlund and Montgomery, 1994; Warren, Hacker's Delight). */
#define PK__POOL_LOW(size) ((size) & (0u - (size)))
#define PK__POOL_LOW_IN(size, mask, bit) ((PK__POOL_LOW(size) & (mask)) != 0 ? (bit) : 0)
#define PK__POOL_SHIFT(size) \
    (uint8_t)(PK__POOL_LOW_IN(size, 0xAAAAAAAAu, 1) + PK__POOL_LOW_IN(size, 0xCCCCCCCCu, 2) + \
              PK__POOL_LOW_IN(size, 0xF0F0F0F0u, 4) + PK__POOL_LOW_IN(size, 0xFF00FF00u, 8) + \
              PK__POOL_LOW_IN(size, 0xFFFF0000u, 16))
#define PK__POOL_BETTER(odd, x) ((x) * (2u - (odd) * (x)))
#define PK__POOL_INVERSE5(odd) ((odd) * 3u ^ 2u)
#define PK__POOL_INVERSE10(odd) PK__POOL_BETTER(odd, PK__POOL_INVERSE5(odd))
#define PK__POOL_INVERSE20(odd) PK__POOL_BETTER(odd, PK__POOL_INVERSE10(odd))
#define PK__POOL_INVERSE40(odd) PK__POOL_BETTER(odd, PK__POOL_INVERSE20(odd))
#define PK__POOL_INVERSE80(odd) PK__POOL_BETTER(odd, PK__POOL_INVERSE40(odd))
#define PK__POOL_INVERSE(size) PK__POOL_INVERSE80((size) / PK__POOL_LOW(size))

#define PK__POOL_DEFINE(name, Type, count, generations, name_bits) \
    PK__STATIC_ASSERT(name##_has_a_capacity_of_0_or_above_what_PERFKIT_POOL_INDEX_BITS_number, \
                      (count) > 0 && (uint32_t)(count) <= PK__POOL_MOST); \
    static Type name##_objects[count]; \
    static union { \
        uint8_t u8[PK__POOL_WIDTH(count) == 1 ? (count) + PK__POOL_LINKED : 1]; \
        uint16_t u16[PK__POOL_WIDTH(count) == 2 ? (count) + PK__POOL_LINKED : 1]; \
        uint32_t u32[PK__POOL_WIDTH(count) == 4 ? (count) + PK__POOL_LINKED : 1]; \
    } name##_indices; \
    PK__POOL_DEFINE_LIVE(name, count) \
    static pk_pool name = {(unsigned char *)name##_objects, &name##_indices, PK__POOL_LIVE_OF(name), sizeof(Type), \
                           PK__POOL_INVERSE(sizeof(Type)), PK__POOL_SHIFT(sizeof(Type)), PK__POOL_WIDTH(count), \
                           PK__POOL_STATIC_FLAGS(count), name_bits, 0, 0, count, count, 0, PK__POOL_STATIC_SLOW, generations, \
                           PK__POOL_NAMES(name_bits), NULL, NULL, NULL, NULL, \
                           PK__POOL_NAME(name), {0, 0}}; \
    PK__INLINE Type *name##_acquire(void) { \
        return (Type *)PK__POOL_ACQUIRE(&name, sizeof(Type), PK__POOL_WIDTH(count), count); \
    } \
    PK__INLINE pk_status name##_release(Type *object) { \
        return PK__POOL_RELEASE(&name, object, PK__POOL_INVERSE(sizeof(Type)), PK__POOL_SHIFT(sizeof(Type)), \
                                PK__POOL_WIDTH(count), count); \
    } \
    PK__INLINE bool name##_owns(Type const *object) { return pk_pool_owns(&name, object); } \
    PK__INLINE uint32_t name##_index_of(Type const *object) { return pk_pool_index_of(&name, object); } \
    PK__INLINE uint32_t name##_count(void) { return pk_pool_count(&name); } \
    PK__INLINE uint32_t name##_capacity(void) { return (count); } \
    PK__INLINE uint32_t name##_high_water(void) { return pk_pool_high_water(&name); } \
    PK__INLINE void name##_set_on_event(pk_event_fn fn, void *user) { \
        name.label = #name; \
        pk_pool_set_on_event(&name, fn, user); \
    }

#if defined PERFKIT_POOL_INLINE && defined __OPTIMIZE__ && defined __GNUC__ && defined __x86_64__
/* In a register: the processor gives a load what was stored just before at once where both are addressed through one register,
   after 5 clocks where they are relative to the instruction. */
PK__HOT_INLINE void *pk__pool_by_register(void *at) {
    __asm__("" : "+r"(at));
    return at;
}
#define PK__POOL_AT(p) ((pk_pool *)pk__pool_by_register(p))
#else
#define PK__POOL_AT(p) (p)
#endif

#if PERFKIT_POOL_INTRUSIVE
/* A free object says which is the next, and zeroed ones that it is the one behind: all are in a list before anything has run.
   It ends behind the last. Hosted builds hold the next one's address or NULL, others its distance from the one behind, which is
   less code. */
typedef struct pk__pool_list {
    unsigned char *next, *end;
} pk__pool_list;
PK_API void *pk__pool_list_acquire(pk__pool_list *list, size_t stride);
PK_API void pk__pool_list_release(pk__pool_list *list, void *object, void *behind);
#if PK__HAS_CRITICAL
#define PK__POOL_LIST_HAS(list) 1 /* acquire looks, under the mask */
#else
#define PK__POOL_LIST_HAS(list) ((list)->next != (list)->end)
#endif
#define PK__POOL_DEFINE_INTRUSIVE(name, Type, count) \
    PK__STATIC_ASSERT(name##_has_a_capacity_of_0, (count) > 0); \
    typedef union name##_slot { \
        Type object; \
        ptrdiff_t link; \
        void *pointer; \
    } name##_slot; \
    static name##_slot name##_slots[count]; \
    static pk__pool_list name = {(unsigned char *)name##_slots, (unsigned char *)(name##_slots + (count))}; \
    PK__INLINE Type *name##_acquire(void) { \
        pk__pool_list *pk__list = PK__POOL_LIST_AT(&name); \
        return PK__POOL_LIST_HAS(pk__list) ? (Type *)PK__POOL_LIST_ACQUIRE(pk__list, sizeof(name##_slot)) : NULL; \
    } \
    PK__INLINE void name##_release(Type *object) { \
        PK__POOL_LIST_RELEASE(PK__POOL_LIST_AT(&name), object, (unsigned char *)object + sizeof(name##_slot)); \
    } \
    PK__INLINE uint32_t name##_capacity(void) { return (count); }
#if defined PERFKIT_POOL_INLINE && defined __OPTIMIZE__ && defined __GNUC__ && defined __x86_64__
#define PK__POOL_LIST_AT(list) ((pk__pool_list *)pk__pool_by_register(list))
#else
#define PK__POOL_LIST_AT(list) (list)
#endif
#if defined PERFKIT_POOL_INLINE
#define PK__POOL_LIST_ACQUIRE(list, stride) pk__pool_list_pop(list, stride)
#define PK__POOL_LIST_RELEASE(list, object, behind) pk__pool_list_push(list, object, behind)
#else
#define PK__POOL_LIST_ACQUIRE(list, stride) pk__pool_list_acquire(list, stride)
#define PK__POOL_LIST_RELEASE(list, object, behind) pk__pool_list_release(list, object, behind)
#endif
#endif

#if PK__FULL
#define PK__POOL_NAME(name) #name
#else
#define PK__POOL_NAME(name) NULL
#endif
#if PK__POOL_LINKED
#define PK__POOL_LIVE_WORDS(capacity) ((size_t)0)
#define PK__POOL_DEFINE_LIVE(name, count)
#define PK__POOL_LIVE_OF(name) NULL
#else
#define PK__POOL_LIVE_WORDS(capacity) /* bytes are faster: nothing has to be read to set one. Bits are smaller */ \
    (PK__POOL_WIDTH(capacity) == 4 ? PK__POOL_BIT_WORDS(capacity) : ((size_t)(capacity) + 3) / 4)
#define PK__POOL_BIT_WORDS(capacity) (((size_t)(capacity) + 31) / 32)
#define PK__POOL_DEFINE_LIVE(name, count) static uint32_t name##_live[PK__POOL_LIVE_WORDS(count)];
#define PK__POOL_LIVE_OF(name) name##_live
#endif
#if defined PERFKIT_POOL_INLINE
#define PK__POOL_ACQUIRE(p, stride, width, capacity) pk__pool_acquire(PK__POOL_AT(p), stride, width, capacity, 0)
#define PK__POOL_RELEASE(p, object, inverse, shift, width, quick) \
    pk__pool_release(PK__POOL_AT(p), object, inverse, shift, width, quick)
#else
#define PK__POOL_ACQUIRE(p, stride, width, capacity) pk_pool_acquire(p)
#define PK__POOL_RELEASE(p, object, inverse, shift, width, quick) pk_pool_release(p, object)
#endif

/* ==== Resources: things that are expensive to make, and shared: connections, sessions, workers ==== */

/* How long to wait for something: milliseconds, or one of these. */
#define PK_WAIT_DEFAULT UINT32_MAX       /* as long as the description says */
#define PK_WAIT_FOREVER (UINT32_MAX - 1) /* until there is one, or the pool or gate closes */

/* Where this stands, "file.c:12", for reports of leases that are held for too long. */
#define PK_HERE __FILE__ ":" PK__HERE_TEXT(__LINE__)

/* What a field of a description says instead of 0, which means its default. */
#define PK_RESPOOL_NONE UINT32_MAX   /* min_size: none; a time: never */
#define PK_RESPOOL_NO_JITTER 255     /* jitter_pct */
#define PK_RESPOOL_STRICT UINT32_MAX /* barge_us: strictly in the order of arrival */
#define PK_RESPOOL_UNFAIR (UINT32_MAX - 1) /* barge_us: who comes first takes it, always */

#if PERFKIT_POOL_RESOURCES || PERFKIT_POOL_GATE
#define PK__HERE_TEXT(line) PK__HERE_TEXT_(line)
#define PK__HERE_TEXT_(line) #line
typedef struct pk__waitq { /* those that wait, and the lock around what they wait for */
    pk_mutex mutex;
    struct pk__waiter *first, *last;
    pk_clock_fn clock;
    void *clock_user;
    uint32_t waiting; /* in the queue */
    uint32_t wait_ms, barge_us;
    uint32_t forks;   /* that the process had seen when it was made */
    bool threads, stopped; /* stopped: of a gate */
} pk__waitq;
#endif

#if PERFKIT_POOL_RESOURCES
typedef struct pk__respool_core pk__respool_core;
typedef struct pk_respool { /* all private: use the functions */
    volatile uint64_t word; /* what is idle, and how many are made */
    unsigned char *slots;
    pk_clock_fn clock;
    pk__respool_core *core; /* all that lending and taking back don't need every time; NULL: closed */
    uint32_t forks;         /* that the process had seen when it was made */
    uint32_t quick;         /* max_size, or 0 where a release has more to do */
    volatile uint32_t peak;
    bool lives, vets;       /* life_ms is there; validate_on_acquire */
} pk_respool;

/* A lease: a resource that is yours until you release it. Plain data; copies name the same lease. */
typedef struct pk_resource {
    void *it;            /* what create made */
    uint32_t slot, lease; /* private: its place in the pool, and which of the place's leases this is */
} pk_resource;

/* Why a resource was destroyed. */
enum {
    PK_RESPOOL_IDLE,    /* not used for idle_ms, and above min_size */
    PK_RESPOOL_OLD,     /* older than life_ms */
    PK_RESPOOL_WORN,    /* lent max_uses times */
    PK_RESPOOL_BROKEN,  /* pk_respool_release_broken */
    PK_RESPOOL_INVALID, /* validate failed, or took too long */
    PK_RESPOOL_DIRTY,   /* reset failed */
    PK_RESPOOL_CLOSING, /* the pool closes */
    PK_RESPOOL_REASONS
};

/* For example, connections to a database that eight threads share:

       static pk_status dial(void **connection, uint32_t limit_ms, void *user) {
           *connection = db_connect((const char *)user, limit_ms);
           return *connection ? PK_OK : PK_IO;
       }
       static void hang_up(void *connection, int reason, void *user) { db_close((db *)connection); }
       static pk_status ping(void *connection, uint32_t limit_ms, void *user) {
           return db_ping((db *)connection, limit_ms) ? PK_OK : PK_IO;
       }

       pk_respool connections;
       pk_respool_desc desc = {0};
       pk_respool_preset(&desc, PK_RESPOOL_DB);              // 20 to 100 of them; who waits gives up after a minute
       desc.name = "orders";
       desc.create = dial;
       desc.destroy = hang_up;
       desc.validate = ping;
       desc.user = server;                                   // static char server[] = "db.example:5432";
       desc.threads = true;
       if (pk_respool_init(&connections, &desc) != PK_OK) return;

   and in any thread:

       pk_resource lease;
       pk_status status = pk_respool_acquire(&connections, PK_WAIT_DEFAULT, &lease);
       if (status != PK_OK) return status;                   // PK_TIMEOUT, PK_CREATE_FAILED, PK_BREAKER_OPEN …
       if (db_query((db *)lease.it, "…"))
           pk_respool_release(&connections, lease);
       else
           pk_respool_release_broken(&connections, lease);   // destroyed, and another is made when one is asked for

   and somewhere, every second: pk_respool_tick(&connections, pk_respool_now(&connections), 0).

   Everything but create is optional. Callbacks run outside of all locks, so any of them may take its time, block, and call the
   pool; several may run at once, in different threads, each for another resource. */
typedef struct pk_respool_desc {
    const char *name; /* for reports; NULL is fine; not copied */

    /* Make one: *resource = it. Anything but PK_OK: it failed. Keep within limit_ms (connect_ms, or what is left of the
       caller's time), as far as you can: a pool does not interrupt it. */
    pk_status (*create)(void **resource, uint32_t limit_ms, void *user);
    void (*destroy)(void *resource, int reason, void *user); /* reason: PK_RESPOOL_IDLE … */
    pk_status (*validate)(void *resource, uint32_t limit_ms, void *user); /* PK_OK: it still works. Longer than limit_ms: no */
    pk_status (*reset)(void *resource, void *user); /* before a released one is lent again. Not PK_OK: it is destroyed */
    pk_event_fn on_event; /* hears of what PK_RESPOOL_EVENT_… lists; NULL: only counted */
    void *user;           /* handed to all of these */

    uint32_t min_size;     /* 0: 5, or max_size if that is less. Fewer are filled up by ticks. PK_RESPOOL_NONE: 0 */
    uint32_t max_size;     /* 0: 20; at most 2047 */
    uint32_t max_creating; /* create runs at most so often at once. 0: 4 */
    uint32_t max_uses;     /* a resource is replaced after so many leases. 0: never */
    uint32_t wait_ms;      /* what PK_WAIT_DEFAULT means. 0: 30000 */
    uint32_t connect_ms;   /* limit for create. 0: 30000 */
    uint32_t validate_ms;  /* limit for validate. 0: 5000 */
    uint32_t validate_after_ms; /* with validate_on_acquire: only what was idle for so long. 0: always */
    uint32_t idle_ms;      /* unused for longer, and more than min_size: destroyed by a tick. 0: 300000. PK_RESPOOL_NONE */
    uint32_t life_ms;      /* older: not lent again. 0: 1800000. PK_RESPOOL_NONE */
    uint32_t health_ms;    /* ticks validate what is idle so often. 0: 60000. PK_RESPOOL_NONE */
    uint32_t leak_ms;      /* a lease held for longer is reported as a leak. 0: never */
    uint32_t barge_us;     /* microseconds: while nobody waits for longer, who asks first is served first, which keeps the
                              processors busy; who waits for longer is served next. 0: 500. PK_RESPOOL_STRICT, _UNFAIR */
    uint8_t jitter_pct;    /* life_ms is shorter by a random part of up to so many percent, so that resources made together
                              don't end together. 0: 10; 1 to 100; PK_RESPOOL_NO_JITTER */
    bool validate_on_acquire; /* what is idle is validated before it is lent; a bad one is replaced by another */
    bool eager;            /* init makes min_size of them, and fails where one fails. Otherwise acquires and ticks make them */
    bool threads;          /* any thread, and acquires wait; PK_UNSUPPORTED where PERFKIT_THREADS is 0 */
    bool race_proof;       /* of two threads that release one lease at the same moment exactly one gets PK_OK. Otherwise that
                              corrupts; one after the other is always noticed. Costs an atomic operation more */
    pk_backoff backoff;    /* how long create is left alone after it failed; max_retries is not used. 0: see pk_backoff */
    pk_breaker breaker;    /* when it is left alone for longer. 0: see pk_breaker */

    pk_clock_fn clock;     /* milliseconds. NULL: PERFKIT_NOW_MS, or the platform's monotonic clock; none: PK_UNSUPPORTED */
    void *clock_user;
    void *memory;          /* pk_respool_memory_needed bytes, any alignment */
    size_t memory_size;    /* bytes */
    const pk_allocator *allocator; /* where there is no memory. NULL: malloc if PERFKIT_HEAP, or none */
} pk_respool_desc;

PK_API pk_status pk__respool_init(pk_respool *p, size_t size, uint32_t config, const pk_respool_desc *desc);

/* Make a pool. PK_INVALID: no create, min_size above max_size, max_size above 2047, or another configuration than the
   implementation's. PK_NO_MEMORY, PK_UNSUPPORTED: as always. PK_CREATE_FAILED: eager, and create failed. After an error the
   pool is a closed one. One thread. */
PK__INLINE pk_status pk_respool_init(pk_respool *p, const pk_respool_desc *desc) {
    return pk__respool_init(p, sizeof(pk_respool), PK__POOL_CONFIG_WORD, desc);
}
PK_API size_t pk_respool_memory_needed(const pk_respool_desc *desc); /* bytes, for any alignment. 0: init would refuse it */
/* The same, or a little more, as a constant expression. */
#define PK_RESPOOL_BYTES(max_size) ((size_t)(max_size) * PK__RESPOOL_SLOT_BYTES + 7 * PK__RESPOOL_LINE + 4 * sizeof(pk_mutex) + \
                                    sizeof(pk_respool_desc) + sizeof(pk_respool_stats) + 24 * sizeof(void *))
#define PK__RESPOOL_LINE ((size_t)64)
#define PK__RESPOOL_SLOT_BYTES (PK__RESPOOL_LINE * (PERFKIT_TIME_BITS / 32))

/* Presets: fill in the sizes and times of a description, the rest stays as it is.
                            min    max    wait, connect    idle       life       health
     PK_RESPOOL_DEFAULT       5     20    30 s, 30 s       300 s      1800 s     60 s
     PK_RESPOOL_DB           20    100    60 s, 60 s      1200 s      1800 s     60 s
     PK_RESPOOL_REDIS         5     20    30 s, 30 s       300 s      1800 s     60 s
     PK_RESPOOL_HTTP         10    100    10 s, 10 s       300 s      1800 s     60 s
     PK_RESPOOL_CLIENT        0     20    10 s,  5 s       300 s      1800 s     60 s
   Sizes to start from: 10 to 20 as min_size, 50 to 100 as max_size, of which 60 to 80 % should be in use. */
enum { PK_RESPOOL_DEFAULT, PK_RESPOOL_DB, PK_RESPOOL_REDIS, PK_RESPOOL_HTTP, PK_RESPOOL_CLIENT };
PK_API void pk_respool_preset(pk_respool_desc *desc, int preset);

/* Lend a resource: one that is idle, the warmest first (the caller's last one, else the one used last); else a new one, where
   there is room; else one that somebody gives back within wait_ms. That is the limit for waiting and creating together;
   validating has its own. *lease is only written with PK_OK. The others are counted, and reported once:
     PK_TIMEOUT        nothing came within wait_ms
     PK_EXHAUSTED      all are in use or being made, and wait_ms is 0, or this pool has no threads
     PK_CREATE_FAILED  create failed, and did so until wait_ms was over; or failed a moment ago and rests (desc.backoff says for
                       how long), and none is made or being made to wait for: at once then, whatever wait_ms is
     PK_BREAKER_OPEN   create failed too often and is left alone, and there is nothing to wait for
     PK_CLOSED         the pool is closed or closes
     PK_NO_MEMORY      the platform has no condition variable left to wait with
     PK_FORKED         this process is a forked copy: see pk_respool_after_fork. Neither counted nor reported
   Any thread with desc.threads; never from interrupts. An idle resource costs one atomic operation and one reading of the
   clock; the steps are bounded by the sizes, the time by wait_ms and the callbacks. */
PK_API pk_status pk_respool_acquire(pk_respool *p, uint32_t wait_ms, pk_resource *lease);
PK_API pk_status pk_respool_try_acquire(pk_respool *p, pk_resource *lease); /* with wait_ms 0: may create, never waits */

PK_API pk_time pk_respool_now(const pk_respool *p); /* the time on the pool's clock, for the next, and for ticks. Any thread */

/* The same until a moment of the pool's clock (one that has passed: don't wait), and with what reports of leaks say about the
   lease: `site`, which has to live as long as the pool (PK_HERE, or NULL), and `tag`, a number of yours. */
PK_API pk_status pk_respool_acquire_until(pk_respool *p, pk_time deadline, const char *site, uint32_t tag, pk_resource *lease);

/* Give it back. PK_INVALID: given back before, or no lease of this pool; counted and reported, and nothing has changed. (A lease
   that is given back once more is noticed unless its place was lent exactly k * 2^29 times since.) PK_CLOSED: the pool is. Any
   thread, not only the one that acquired it. Cost as acquire. */
PK_API pk_status pk_respool_release(pk_respool *p, pk_resource lease);
PK_API pk_status pk_respool_release_broken(pk_respool *p, pk_resource lease); /* the same, and destroy it */

/* What is due, at the moment `now` of the pool's clock: reports leaks, destroys what is idle for too long or too old, validates
   what is idle, and creates up to min_size. Looks at no more than `budget` resources (0: at each once), creates no more than
   budget of them; goes on there the next time. How many it destroyed, validated or created. Call it every second or so, and at
   least every 2^30 ms. Any thread; where it is running already 0 at once. Finding a resource in the idle stack takes up to
   max_size steps. */
PK_API uint32_t pk_respool_tick(pk_respool *p, pk_time now, uint32_t budget);

/* Lend no more: acquires, and those that wait, get PK_CLOSED. What is given back is destroyed. For good. Any thread. */
PK_API void pk_respool_stop(pk_respool *p);

/* Destroy all resources and give the memory back. PK_BUSY: leases are out, or others wait or are in a callback; with drain_ms 0
   nothing has changed, otherwise the pool has stopped (pk_respool_stop) and waited for that long; close it again later. Closing
   again is PK_OK. PK_FORKED: as acquire. No other thread may begin a call any more once this can return PK_OK; those that were
   waiting may still be about to return PK_CLOSED. While one call drains, others are PK_BUSY. */
PK_API pk_status pk_respool_close(pk_respool *p, uint32_t drain_ms);

/* In a forked child every operation is PK_FORKED (stats: zeros; ticks: 0) until this call, by one thread. It forgets what the
   parent has, and destroys none of it: the child's pool starts empty, its old leases are PK_INVALID. PK_OK, and nothing
   changes, where the process has not forked. */
PK_API pk_status pk_respool_after_fork(pk_respool *p);

/* ---- Looking at it ---- */

#define PK_RESPOOL_BUCKETS 12
typedef struct pk_respool_stats {
    const char *name;
    uint32_t min_size, max_size;
    uint32_t total;          /* active + idle + creating = total <= max_size, at every moment */
    uint32_t active;         /* lent, or in the hands of the pool: being validated, reset, destroyed */
    uint32_t idle, creating;
    uint32_t waiting;        /* acquires that wait */
    uint32_t peak;           /* the most that were ever active */
    int32_t utilization;     /* active of max_size, in 1/100 percent: 10000 is full */
    pk_count hits, misses;   /* acquires that were given an existing resource; the others, failed ones included */
    pk_count created;
    pk_count destroyed[PK_RESPOOL_REASONS];
    pk_count exhaustions;    /* acquires that found nothing idle and no room, whether or not they got one after waiting */
    pk_count waits;          /* acquires that waited, and are done */
    uint64_t wait_us;        /* for how long, all together */
    uint64_t wait_max_us;
    pk_count wait_histogram[PK_RESPOOL_BUCKETS]; /* [i]: below 16 * 4^i us, and not below [i - 1]; the last: all longer ones */
    pk_count create_errors, validate_errors, reset_errors; /* callbacks that failed */
    pk_count errors;         /* all three */
    pk_count timeouts, exhausted, breaker_open, closed, create_failed, no_memory; /* acquires by what they returned */
    pk_count misused;        /* wrong releases */
    pk_count leaks, late;    /* leases reported as held for too long, and how many of these were given back since */
} pk_respool_stats;
PK_API void pk_respool_get_stats(const pk_respool *p, pk_respool_stats *stats); /* any thread, and in on_event. O(max_size) */

/* Reported to on_event, which runs in the thread that noticed. a = active, b = waiting, unless said; pk_respool_get_stats may
   be called for the rest. */
enum {
    PK_RESPOOL_EVENT_EXHAUSTED = 1, /* PK_EXHAUSTED: b = max_size. This and the next four: what an acquire returned */
    PK_RESPOOL_EVENT_TIMEOUT = 2,
    PK_RESPOOL_EVENT_BREAKER = 3,   /* PK_BREAKER_OPEN */
    PK_RESPOOL_EVENT_CLOSED = 4,
    PK_RESPOOL_EVENT_REFUSED = 5,   /* PK_CREATE_FAILED */
    PK_RESPOOL_EVENT_CREATE = 6,    /* create failed. status: what it returned; a = failures without a success between */
    PK_RESPOOL_EVENT_VALIDATE = 7,  /* validate failed, status: what it returned; or PK_TIMEOUT: it took too long */
    PK_RESPOOL_EVENT_RESET = 8,     /* reset failed. status: what it returned */
    PK_RESPOOL_EVENT_MISUSE = 9,    /* PK_INVALID: a wrong release */
    PK_RESPOOL_EVENT_LEAK = 10,     /* PK_BUSY: a lease is held for too long. detail = its site, a = for how many ms, b = its tag */
    PK_RESPOOL_EVENT_LATE = 11,     /* PK_OK: it was given back after all. detail, a, b: the same */
    PK_RESPOOL_EVENT_ERRORS = 12,   /* more than 5 % of all acquires met an error of a callback; told again once it was less */
    PK_RESPOOL_EVENT_NO_MEMORY = 13 /* PK_NO_MEMORY: an acquire could not wait */
};

#if PERFKIT_STRINGS
PK_API const char *pk_respool_event_text(int kind);    /* "leak", for people, in ROM. Never NULL. Any thread */
PK_API const char *pk_respool_reason_text(int reason); /* the same for why a resource was destroyed */
#endif

/* The leases that are held for longer than min_ms: start with *cursor = 0 and call until false. Others may go on meanwhile. */
typedef struct pk_respool_lease {
    pk_resource lease;
    const char *site; /* of pk_respool_acquire_until */
    uint32_t tag;
    pk_time held_ms;
} pk_respool_lease;
PK_API bool pk_respool_next_lease(const pk_respool *p, uint32_t min_ms, uint32_t *cursor, pk_respool_lease *lease);

/* Whether the pool can lend something that works: validates what is idle until one works (the others are destroyed), or creates
   one and validates that. PK_OK, or what validate said of the new one (PK_TIMEOUT: it took too long), PK_CREATE_FAILED,
   PK_BREAKER_OPEN, PK_CLOSED, PK_FORKED; PK_BUSY: nothing can be said, all are in use. Counts as no acquire. Any thread. */
PK_API pk_status pk_respool_health(pk_respool *p);

/* ---- Pools by name: a list in an array of yours, for pools that have a desc.name ----
       pk_respool *room[4];
       pk_pools pools = {room, 4, 0};
   Finding is O(count) and for any thread, adding and removing for one thread while no other uses the list. */
typedef struct pk_pools {
    pk_respool **pools;
    uint32_t room, count; /* places in the array; pools in it */
} pk_pools;
PK_API pk_status pk_pools_add(pk_pools *list, pk_respool *p); /* PK_EXISTS: one of that name is there. PK_FULL. PK_INVALID: no name */
PK_API pk_status pk_pools_remove(pk_pools *list, const pk_respool *p); /* before it is closed. PK_NOT_FOUND */
PK_API pk_respool *pk_pools_get(const pk_pools *list, const char *name); /* NULL: there is none */

/* For each pool: its statistics, or its health (pk_respool_health), to a function of yours. `user` is handed on. */
PK_API void pk_pools_stats(const pk_pools *list, void (*fn)(const pk_respool_stats *stats, void *user), void *user);
PK_API void pk_pools_health(const pk_pools *list, void (*fn)(const char *name, pk_status health, void *user), void *user);
PK_API uint32_t pk_pools_tick(const pk_pools *list, uint32_t budget); /* pk_respool_tick for each, at the time of its clock */

/* ---- Advice ---- */

#define PK_RESPOOL_NO_DATA (-1)
/* How well it serves, in 1/100 of 0 to 100; PK_RESPOOL_NO_DATA before any acquire. 40 points for utilization: active of total,
   best from 60 to 80 %; 30 for waiting: none left at a mean of 300 ms; 30 for errors. */
PK_API int32_t pk_respool_score(const pk_respool_stats *stats);

/* Sizes that fit what it does now: above 80 % active of total half as large again, below 30 % smaller. */
PK_API void pk_respool_suggest(const pk_respool_stats *stats, uint32_t *min_size, uint32_t *max_size);

/* What to do about it: a set of these bits, the most urgent the lowest. */
enum {
    PK_RESPOOL_ADVICE_EXHAUSTED = 1, /* it was exhausted: raise max_size now */
    PK_RESPOOL_ADVICE_GROW = 2,      /* above 90 % of max_size are active: raise max_size */
    PK_RESPOOL_ADVICE_WAITS = 4,     /* acquires wait for more than 100 ms on average */
    PK_RESPOOL_ADVICE_ERRORS = 8,    /* errors above 5 % of all acquires */
    PK_RESPOOL_ADVICE_SHRINK = 16    /* below 20 % of those that exist are active: lower min_size */
};
PK_API unsigned pk_respool_advice(const pk_respool_stats *stats);

enum { PK_RESPOOL_LOW = -1, PK_RESPOOL_GOOD = 0, PK_RESPOOL_HIGH = 1 };
PK_API int pk_respool_load(const pk_respool_stats *stats); /* active of max_size: below 60 %, from 60 to 80 %, above */
#endif /* PERFKIT_POOL_RESOURCES */

/* ==== Gates and budgets: how many, or how many bytes, at once ==== */

#if PERFKIT_POOL_GATE
typedef struct pk_gate_desc {
    const char *name;      /* for reports; NULL is fine; not copied */
    size_t limit;          /* how many at once; must be given */
    pk_event_fn on_event;  /* hears of refusals; NULL: only counted */
    void *user;            /* handed to on_event */
    uint32_t wait_ms;      /* what PK_WAIT_DEFAULT means. 0: 30000 */
    uint32_t barge_us;     /* as pk_respool_desc.barge_us */
    bool threads;          /* any thread, and enter waits; PK_UNSUPPORTED where PERFKIT_THREADS is 0 */
    pk_clock_fn clock;     /* with threads: milliseconds. NULL: PERFKIT_NOW_MS, or the platform's; none: PK_UNSUPPORTED */
    void *clock_user;
} pk_gate_desc;

/* A gate lets so many in at once: a counting semaphore that waits as pk_respool does, and has figures. */
typedef struct pk_gate { /* all private: use the functions */
    size_t limit, used, peak;
    pk__waitq queue;
    const char *name;
    pk_event_fn on_event;
    void *user;
    pk_count refused, timeouts, waits, misused;
} pk_gate;

PK_API pk_status pk__gate_init(pk_gate *g, size_t size, uint32_t config, const pk_gate_desc *desc);

/* Make a gate. PK_INVALID: no limit, or another configuration than the implementation's. PK_UNSUPPORTED: asks for what this
   build lacks. After an error the gate is one that lets nobody in. It has nothing to give back but its lock. */
PK__INLINE pk_status pk_gate_init(pk_gate *g, const pk_gate_desc *desc) {
    return pk__gate_init(g, sizeof(pk_gate), PK__POOL_CONFIG_WORD, desc);
}
/* Let nobody in any more: enter, and those who wait, get PK_CLOSED. Who is in leaves as ever. For good. As safe as enter. */
PK_API void pk_gate_stop(pk_gate *g);

/* PK_BUSY: some are in, or wait; nothing has changed. Closing again is PK_OK. One thread, and no other may begin a call any more
   (one that waited, and was told PK_CLOSED, may be about to return). */
PK_API pk_status pk_gate_close(pk_gate *g);

/* Go in, or wait for up to wait_ms until somebody leaves: PK_WAIT_DEFAULT, PK_WAIT_FOREVER, or milliseconds up to 2^30. These are
   counted, and reported with a = those that are in, b = the limit (what is above 2^32 - 1 as that):
     PK_EXHAUSTED  it is full, and wait_ms is 0, or there is nothing to wait with: no desc.threads, no PERFKIT_COND_ hooks
     PK_TIMEOUT    it stayed full for wait_ms
     PK_CLOSED     it has stopped; not reported where it is closed
     PK_NO_MEMORY  the platform has no condition variable left to wait with
   and PK_FORKED is neither. O(1); O(those who wait) where some do. Any thread with desc.threads; without, interrupt-safe with the
   PERFKIT_CRITICAL_* hooks. */
PK_API pk_status pk_gate_enter(pk_gate *g, uint32_t wait_ms);
PK_API pk_status pk_gate_try_enter(pk_gate *g); /* with wait_ms 0 */
PK_API pk_status pk_gate_leave(pk_gate *g); /* PK_INVALID: nobody is in; nothing has changed. PK_CLOSED. As safe as enter */

typedef struct pk_gate_stats {
    const char *name;
    size_t limit, used, peak; /* peak: the most that ever were in at once */
    uint32_t waiting;
    int32_t utilization;      /* used of limit, in 1/100 percent: 10000 is full */
    pk_count refused;         /* enters that were told PK_EXHAUSTED, PK_TOO_BIG, PK_CLOSED or PK_NO_MEMORY */
    pk_count timeouts, waits; /* PK_TIMEOUT; those that waited, and are done */
    pk_count misused;         /* wrong leaves or releases */
} pk_gate_stats;
PK_API void pk_gate_get_stats(const pk_gate *g, pk_gate_stats *stats); /* as safe as enter */
PK_API pk_status pk_gate_after_fork(pk_gate *g); /* as pk_respool_after_fork: the child's gate is empty */

/* A budget is a gate for bytes in flight, or any other sum: what is out never exceeds the limit. Who waits too long is served
   before those who come later, however little they want. */
typedef pk_gate_desc pk_budget_desc;
typedef struct pk_budget { pk_gate gate; } pk_budget;
typedef pk_gate_stats pk_budget_stats; /* in bytes */

PK__INLINE pk_status pk_budget_init(pk_budget *b, const pk_budget_desc *desc) { return pk_gate_init(&b->gate, desc); }
PK__INLINE void pk_budget_stop(pk_budget *b) { pk_gate_stop(&b->gate); }
PK__INLINE pk_status pk_budget_close(pk_budget *b) { return pk_gate_close(&b->gate); }
PK__INLINE void pk_budget_get_stats(const pk_budget *b, pk_budget_stats *stats) { pk_gate_get_stats(&b->gate, stats); }
PK__INLINE pk_status pk_budget_after_fork(pk_budget *b) { return pk_gate_after_fork(&b->gate); }

/* As pk_gate_enter, for so many bytes. PK_TOO_BIG: more than the limit, whoever leaves. 0 bytes always fit. */
PK_API pk_status pk_budget_take(pk_budget *b, size_t bytes, uint32_t wait_ms);
PK__INLINE pk_status pk_budget_try(pk_budget *b, size_t bytes) { return pk_budget_take(b, bytes, 0); }
PK_API pk_status pk_budget_release(pk_budget *b, size_t bytes); /* PK_INVALID: more than is out; nothing has changed */

/* What gates and budgets report to on_event. */
enum {
    PK_GATE_EVENT_FULL = 1,   /* PK_EXHAUSTED, PK_TIMEOUT, PK_NO_MEMORY */
    PK_GATE_EVENT_TOO_BIG = 2,
    PK_GATE_EVENT_MISUSE = 3, /* PK_INVALID: a wrong leave or release */
    PK_GATE_EVENT_CLOSED = 4
};
#endif /* PERFKIT_POOL_GATE */
#endif /* PERFKIT_POOL_H */

/* ==== Inline engine: for the implementation, and for files that define PERFKIT_POOL_INLINE ==== */
#if (defined PERFKIT_IMPLEMENTATION || defined PERFKIT_POOL_IMPLEMENTATION || defined PERFKIT_STATIC || \
     defined PERFKIT_POOL_INLINE) && \
    !defined PK__POOL_ENGINE
#define PK__POOL_ENGINE
#include <string.h>
#if PERFKIT_HOSTED
#include <assert.h>
#endif

#if defined __SANITIZE_ADDRESS__
#define PK__POOL_ASAN 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define PK__POOL_ASAN 1
#endif
#endif
#ifndef PK__POOL_ASAN
#define PK__POOL_ASAN 0
#endif
#define PK__POOL_GUARDED (PK__POOL_ASAN || PERFKIT_POOL_VALGRIND) /* a tool is told which objects are free */
#define PK__POOL_VEILED (PK__POOL_GUARDED || PERFKIT_POOL_FILL)   /* something is done to the bytes of free objects */
#if PK__POOL_ASAN
#include <sanitizer/asan_interface.h>
#define PK__POOL_SHUT(from, size) __asan_poison_memory_region(from, size)
#define PK__POOL_OPEN(from, size) __asan_unpoison_memory_region(from, size)
#elif PERFKIT_POOL_VALGRIND
#if defined __has_include
#if !__has_include(<valgrind/memcheck.h>)
#error "perfkit: PERFKIT_POOL_VALGRIND needs <valgrind/memcheck.h>, which comes with valgrind; there is nothing to link"
#endif
#endif
#include <valgrind/memcheck.h>
#define PK__POOL_SHUT(from, size) ((void)VALGRIND_MAKE_MEM_NOACCESS(from, size))
#define PK__POOL_OPEN(from, size) ((void)VALGRIND_MAKE_MEM_DEFINED(from, size))
#endif
#if PK__POOL_GUARDED
/* Only the 8-byte granules that lie in the object alone: another thread may be about to change AddressSanitizer's mark of one
   that is shared. */
PK__INLINE void pk__pool_poison(void *object, size_t size, bool poison) {
    unsigned char *from = (unsigned char *)pk__align_pointer(object, 8);
    unsigned char *to = (unsigned char *)object + size - ((uintptr_t)object + size) % 8;
    if (to <= from) return;
    if (poison)
        PK__POOL_SHUT(from, (size_t)(to - from));
    else
        PK__POOL_OPEN(from, (size_t)(to - from));
}
#else
#define pk__pool_poison(object, size, poison) ((void)0)
#endif

#if defined __GNUC__ || defined __clang__ /* the bytes were another type's until now */
typedef ptrdiff_t __attribute__((may_alias)) pk__pool_distance;
typedef void *__attribute__((may_alias)) pk__pool_pointer;
#else
typedef ptrdiff_t pk__pool_distance;
typedef void *pk__pool_pointer;
#endif
#if defined __OPTIMIZE__ && (defined __GNUC__ || defined __clang__)
#define PK__POOL_BRANCH() __asm__ volatile("") /* what is predicted: a conditional move would wait for what it decides on */
#else
#define PK__POOL_BRANCH() ((void)0)
#endif
#if PERFKIT_POOL_INTRUSIVE
PK__HOT_INLINE void *pk__pool_list_pop(pk__pool_list *list, size_t stride) {
    unsigned char *object;
    PK__CRITICAL_ENTER(state);
    object = list->next;
#if PK__HAS_CRITICAL
    if (object == list->end) {
        PK__CRITICAL_EXIT(state);
        return NULL;
    }
#endif
    pk__pool_poison(object, stride, false);
#if PK__POOL_LINKED
    list->next = object + stride + *(const pk__pool_distance *)(const void *)object;
#else
    {
        unsigned char *next = (unsigned char *)*(pk__pool_pointer *)(void *)object;
        if (PK__UNLIKELY(next == NULL)) {
            PK__POOL_BRANCH();
            next = object + stride;
        }
        list->next = next;
    }
#endif
    PK__CRITICAL_EXIT(state);
    return object;
}
PK__HOT_INLINE void pk__pool_list_push(pk__pool_list *list, void *object, void *behind) {
    PK__CRITICAL_ENTER(state);
#if PK__POOL_LINKED
    *(pk__pool_distance *)object = list->next - (unsigned char *)behind;
#else
    (void)behind;
    *(pk__pool_pointer *)object = list->next;
#endif
    list->next = (unsigned char *)object;
    pk__pool_poison(object, (size_t)((unsigned char *)behind - (unsigned char *)object), true);
    PK__CRITICAL_EXIT(state);
}
#endif

#define PK__POOL_FORMS (!PK__POOL_LINKED && PERFKIT_POOL_GROW) /* other forms than the index stack */
enum { PK__POOL_OUT = 1, PK__POOL_MADE = 2 };

/* Marks and counts that other threads look at meanwhile; their order doesn't matter. */
#if PERFKIT_ATOMICS && (defined __GNUC__ || defined __clang__)
PK__INLINE uint8_t pk__pool_peek8(const volatile uint8_t *at) { return __atomic_load_n(at, __ATOMIC_RELAXED); }
PK__INLINE void pk__pool_poke8(volatile uint8_t *at, uint8_t value) { __atomic_store_n(at, value, __ATOMIC_RELAXED); }
PK__INLINE uint8_t pk__pool_clear8(volatile uint8_t *at, uint8_t bits) {
    return __atomic_fetch_and(at, (uint8_t)~bits, __ATOMIC_ACQ_REL);
}
PK__INLINE uint32_t pk__pool_peek32(const volatile uint32_t *at) { return __atomic_load_n(at, __ATOMIC_RELAXED); }
PK__INLINE void pk__pool_poke32(volatile uint32_t *at, uint32_t value) { __atomic_store_n(at, value, __ATOMIC_RELAXED); }
#else /* the compilers that are meant do no more with these than they say */
PK__INLINE uint8_t pk__pool_peek8(const volatile uint8_t *at) { return *at; }
PK__INLINE void pk__pool_poke8(volatile uint8_t *at, uint8_t value) { *at = value; }
PK__INLINE uint8_t pk__pool_clear8(volatile uint8_t *at, uint8_t bits) {
#if PERFKIT_ATOMICS && defined _MSC_VER
    return (uint8_t)_InterlockedAnd8((volatile char *)at, (char)~bits);
#else
    uint8_t was = *at;
    *at = (uint8_t)(was & ~bits);
    return was;
#endif
}
PK__INLINE uint32_t pk__pool_peek32(const volatile uint32_t *at) { return *at; }
PK__INLINE void pk__pool_poke32(volatile uint32_t *at, uint32_t value) { *at = value; }
#endif
/* The object of a mark is not out any more; false: it was not. */
PK__HOT_INLINE bool pk__pool_clear_mark(unsigned char *mark, bool raceproof) {
    uint8_t was;
    if (raceproof) return (pk__pool_clear8(mark, PK__POOL_OUT) & PK__POOL_OUT) != 0;
    was = pk__pool_peek8(mark);
    if (PK__UNLIKELY(!(was & PK__POOL_OUT))) return false;
    pk__pool_poke8(mark, (uint8_t)(was ^ PK__POOL_OUT));
    return true;
}
PK__HOT_INLINE void pk__pool_set_mark(unsigned char *mark) {
    pk__pool_poke8(mark, (uint8_t)(pk__pool_peek8(mark) | PK__POOL_OUT));
}

/* What the quick ways refuse. PK__POOL_ACQUIRES gets an object or 0, the others a pk_status: PK__POOL_RELEASES of the object
   `about`, _RELEASES_HANDLE of the handle there. What is decided already only has to be counted and told: an acquire about
   anything but NULL, because all are out, and a release about PK__POOL_REFUSED, because the handle was stale. */
enum { PK__POOL_ACQUIRES = 0, PK__POOL_RELEASES = PK_INVALID, PK__POOL_RELEASES_HANDLE = 2 };
#define PK__POOL_REFUSED ((void *)(uintptr_t)PK_STALE) /* no object's address */
#if PK__POOL_CALLS_SLOW
#define pk__pool_else(p, about, what) ((p)->slow(p, about, what))
#else
PK_API uintptr_t pk__pool_else(pk_pool *p, void *about, uint8_t what);
#endif
#if PK__POOL_VEILED
PK_API void pk__pool_veil(pk_pool *p, void *object); /* before it becomes free */
PK_API void pk__pool_unveil(pk_pool *p, void *object, bool used); /* when it was acquired; used: it was out before */
#endif

#if PERFKIT_POOL_UNCHECKED && !PK__POOL_LINKED
#define PK__POOL_CHECKS(p) ((p)->live != NULL)
#else
#define PK__POOL_CHECKS(p) 1
#endif

/* The index of the object that starts at this address; capacity or more where none does. An offset that is no multiple of the
   stride has a low bit set, which the rotation brings to the top, or its product with the inverse is too large: multiplication
   by an odd number permutes, so only the offsets of the `capacity` objects give the `capacity` small results. */
PK__HOT_INLINE size_t pk__pool_index_from(const unsigned char *objects, const void *object, size_t inverse, uint8_t shift) {
    size_t q = (size_t)((uintptr_t)object - (uintptr_t)objects) * inverse;
#ifdef __AVR__ /* shifts by one bit at a time anyway */
    for (; shift > 0; shift--) q = (size_t)(q >> 1 | q << (8 * sizeof q - 1));
    return q;
#else
    return q >> shift | q << ((8 * sizeof q - shift) & (8 * sizeof q - 1));
#endif
}
PK__HOT_INLINE size_t pk__pool_index_in(const pk_pool *p, const void *object, size_t inverse, uint8_t shift) {
    return pk__pool_index_from(p->objects, object, inverse, shift);
}
#if PERFKIT_POOL_INDEX_BITS != 0
#define PK__POOL_IS(width, bytes) ((void)(width), PERFKIT_POOL_INDEX_BITS == 8 * (bytes))
#else
#define PK__POOL_IS(width, bytes) ((width) == (bytes))
#endif
PK__HOT_INLINE pk__pool_wide pk__pool_entry(const pk_pool *p, pk__pool_wide at, unsigned width) {
    if (PK__LIKELY(PK__POOL_IS(width, 4))) return (pk__pool_wide)((const uint32_t *)p->indices)[at]; /* first: memory is slow for the large */
    if (PK__POOL_IS(width, 2)) return ((const uint16_t *)p->indices)[at];
    return ((const uint8_t *)p->indices)[at];
}
PK__HOT_INLINE void pk__pool_set_entry(pk_pool *p, pk__pool_wide at, pk__pool_wide value, unsigned width) {
    if (PK__LIKELY(PK__POOL_IS(width, 4)))
        ((uint32_t *)p->indices)[at] = value;
    else if (PK__POOL_IS(width, 2))
        ((uint16_t *)p->indices)[at] = (uint16_t)value;
    else
        ((uint8_t *)p->indices)[at] = (uint8_t)value;
}

/* No object is at NULL: the caller's test for that is not made where there is one. */
#if defined __OPTIMIZE__ && (defined __GNUC__ || defined __clang__)
#define PK__POOL_IS_SOME(object) ((object) != NULL ? (void)0 : __builtin_unreachable())
#else
#define PK__POOL_IS_SOME(object) ((void)0)
#endif

/* The three steps of a pool's state, each for one critical section. Width is the pool's, maybe as a constant; capacity is one,
   or 0 where the pool is to be asked.
     take    *index is an object that was free and is out now, and marked so unless a handle is to hold it; false: there is none
     unmark  object i is not out any more, but not free yet; false: it was not out
     push    object i is free; unmark_and_push: both in one */
#if PK__POOL_LINKED
#define PK__POOL_HAS_USED(p) (pk__pool_entry(p, 0, (p)->width) != 0) /* the next object was out before */
PK__HOT_INLINE bool pk__pool_is_marked(const pk_pool *p, pk__pool_index i) {
    return pk__pool_entry(p, i + 1u, p->width) == i + 1u;
}
PK__HOT_INLINE bool pk__pool_take(pk_pool *p, unsigned width, pk__pool_index capacity, bool mark, pk__pool_index *index) {
    pk__pool_wide n = pk__pool_entry(p, 0, width);
    if (n == 0) {
        n = p->fresh;
        if (n >= (capacity ? capacity : p->capacity)) return false;
        p->fresh = (pk__pool_index)++n;
    }
    pk__pool_set_entry(p, 0, pk__pool_entry(p, n, width), width); /* 0 after a fresh one */
    if (mark) pk__pool_set_entry(p, n, n, width); /* else it stays another's, which is no mark either */
    *index = (pk__pool_index)(n - 1);
    return true;
}
PK__HOT_INLINE bool pk__pool_unmark(pk_pool *p, pk__pool_index i, unsigned width) {
    if (pk__pool_entry(p, i + 1u, width) != i + 1u) return false;
    pk__pool_set_entry(p, i + 1u, 0, width);
    return true;
}
PK__HOT_INLINE bool pk__pool_unmark_and_push(pk_pool *p, pk__pool_index i, unsigned width) {
    pk__pool_wide n = i + 1u;
    if (pk__pool_entry(p, n, width) != n) return false;
    pk__pool_set_entry(p, n, pk__pool_entry(p, 0, width), width);
    pk__pool_set_entry(p, 0, n, width);
    return true;
}
PK__HOT_INLINE void pk__pool_push(pk_pool *p, pk__pool_index i, unsigned width) {
    pk__pool_set_entry(p, i + 1u, pk__pool_entry(p, 0, width), width);
    pk__pool_set_entry(p, 0, i + 1u, width);
}
#else
#define PK__POOL_HAS_USED(p) ((p)->free_count != 0)
PK__HOT_INLINE bool pk__pool_is_marked(const pk_pool *p, pk__pool_index i) { return (p->live[i >> 5] >> (i & 31u) & 1u) != 0; }
#define PK__POOL_MARKS(p) ((unsigned char *)(p)->live) /* fixed pools have bits where their indices have 4 bytes, else bytes */
PK__HOT_INLINE bool pk__pool_take(pk_pool *p, unsigned width, pk__pool_index capacity, bool mark, pk__pool_index *index) {
    pk__pool_index i = p->free_count;
    if (PK__LIKELY(i != 0)) {
        p->free_count = --i;
        i = (pk__pool_index)pk__pool_entry(p, i, width);
    } else {
        i = p->fresh;
        if (PK__UNLIKELY(i >= (capacity ? capacity : p->capacity))) return false;
        p->fresh = (pk__pool_index)(i + 1u);
        pk__pool_set_entry(p, i, i, width); /* so that push finds something there */
    }
    if (mark && PK__POOL_CHECKS(p)) {
        if (PK__LIKELY(PK__POOL_IS(width, 4)))
            p->live[i >> 5] |= (uint32_t)1 << (i & 31u);
        else
            PK__POOL_MARKS(p)[i] = PK__POOL_OUT;
    }
    *index = i;
    return true;
}
PK__HOT_INLINE bool pk__pool_unmark(pk_pool *p, pk__pool_index i, unsigned width) {
    if (!PK__POOL_CHECKS(p)) return true;
    if (PK__UNLIKELY(!PK__POOL_IS(width, 4))) {
        if (PK__UNLIKELY(PK__POOL_MARKS(p)[i] == 0)) return false;
        PK__POOL_MARKS(p)[i] = 0;
        return true;
    }
    if (PK__UNLIKELY(!pk__pool_is_marked(p, i))) return false;
    p->live[i >> 5] ^= (uint32_t)1 << (i & 31u);
    return true;
}
/* An object that was acquired last still stands where it goes: not to write it again lets the next acquire, whose load would
   have to wait for it, go ahead. */
PK__HOT_INLINE void pk__pool_push(pk_pool *p, pk__pool_index i, unsigned width) {
    pk__pool_index n = p->free_count;
    if (pk__pool_entry(p, n, width) != i) pk__pool_set_entry(p, n, i, width);
    p->free_count = n + 1;
}
PK__HOT_INLINE bool pk__pool_unmark_and_push(pk_pool *p, pk__pool_index i, unsigned width) {
    if (PK__UNLIKELY(!pk__pool_unmark(p, i, width))) return false;
    pk__pool_push(p, i, width);
    return true;
}
#endif

#if PK__POOL_FORMS
/* The list of an intrusive pool, over all its chunks. */
PK__HOT_INLINE void *pk__pool_pop(pk_pool *p) {
    void *object = p->indices;
    p->indices = *(pk__pool_pointer *)object;
    return object;
}
PK__HOT_INLINE void pk__pool_put_back(pk_pool *p, void *object) {
    *(pk__pool_pointer *)object = p->indices;
    p->indices = object;
}
#endif

PK__HOT_INLINE void *pk__pool_acquire_else(pk_pool *p) {
    uintptr_t object = pk__pool_else(p, NULL, PK__POOL_ACQUIRES);
    return (void *)object;
}
PK__HOT_INLINE pk_status pk__pool_release_else(pk_pool *p, void *object) {
    uintptr_t status = pk__pool_else(p, object, PK__POOL_RELEASES);
    return (pk_status)status;
}

/* The quick ways. A stride or inverse of 0: what the parameters say stands in the pool, where it is read as late as possible,
   for want of registers. Pools with a lock or chunks have a flag among `not_quick`, for which acquire takes the slow way. */
PK__HOT_INLINE void *pk__pool_acquire(pk_pool *p, size_t stride, unsigned width, pk__pool_index capacity, uint8_t not_quick) {
    void *object;
    pk__pool_index i = 0;
#if PK__POOL_VEILED
    bool used;
#endif
    PERFKIT_ASSERT(p != NULL && (!PK__POOL_LINKED || p->indices != NULL)); /* NULL: never initialised */
    if (PK__UNLIKELY(not_quick != 0)) {
#if PK__POOL_FORMS && !PK__POOL_VEILED
        if (not_quick & PK__POOL_LIST && PK__LIKELY(p->indices != NULL)) return pk__pool_pop(p);
#endif
        return pk__pool_acquire_else(p);
    }
    PK__CRITICAL_ENTER(state);
#if PK__POOL_VEILED
    used = PK__POOL_HAS_USED(p);
#endif
    if (PK__UNLIKELY(!pk__pool_take(p, width, capacity, true, &i))) {
        PK__CRITICAL_EXIT(state);
        return pk__pool_acquire_else(p);
    }
    PK__CRITICAL_EXIT(state);
    object = p->objects + i * (stride ? stride : p->stride);
#if PK__POOL_VEILED
    pk__pool_unveil(p, object, used);
#endif
    PK__POOL_IS_SOME(object);
    return object;
}

PK__HOT_INLINE pk_status pk__pool_release(pk_pool *p, void *object, size_t inverse, uint8_t shift, unsigned width,
                                          pk__pool_index quick) {
    size_t at;
    pk__pool_index i;
#if PK__POOL_VEILED
    bool was_out;
#endif
    PERFKIT_ASSERT(p != NULL);
    at = pk__pool_index_in(p, object, inverse ? inverse : p->inverse, inverse ? shift : p->shift);
    if (PK__UNLIKELY(at >= (inverse ? quick : p->quick))) {
#if PK__POOL_FORMS && !PK__POOL_VEILED
        if (p->flags & PK__POOL_LIST) {
            pk__pool_put_back(p, object);
            return PK_OK;
        }
#endif
        return pk__pool_release_else(p, object);
    }
    i = (pk__pool_index)at;
#if PK__POOL_VEILED /* something is done to it in between, outside the mask */
    {
        PK__CRITICAL_ENTER(state);
        was_out = pk__pool_unmark(p, i, width);
        PK__CRITICAL_EXIT(state);
    }
    if (!was_out) return pk__pool_release_else(p, object);
    pk__pool_veil(p, object);
    {
        PK__CRITICAL_ENTER(state);
        pk__pool_push(p, i, width);
        PK__CRITICAL_EXIT(state);
    }
#else
    {
        PK__CRITICAL_ENTER(state);
        if (PK__UNLIKELY(!pk__pool_unmark_and_push(p, i, width))) {
            PK__CRITICAL_EXIT(state);
            return pk__pool_release_else(p, object);
        }
        PK__CRITICAL_EXIT(state);
    }
#endif
    return PK_OK;
}

/* For any pool. */
#define PK__POOL_NOT_QUICK(p) \
    (PERFKIT_THREADS || PERFKIT_POOL_GROW ? (uint8_t)((p)->flags & (PK__POOL_LOCKED | PK__POOL_GROWS | PK__POOL_LIST)) \
                                          : (uint8_t)0)
PK__HOT_INLINE void *pk__pool_acquire_any(pk_pool *p) {
    return pk__pool_acquire(p, 0, p->width, 0, PK__POOL_NOT_QUICK(p));
}
PK__HOT_INLINE pk_status pk__pool_release_any(pk_pool *p, void *object) {
    return pk__pool_release(p, object, 0, 0, p->width, 0);
}

#if PERFKIT_POOL_HANDLES
/* ---- Handles: a slot's word is the handle that holds the object, or, where none does, its generation to be, unnamed. A handle
   is the index from 1, so that none is 0, and the generation above it: to advance that is to add 1 to the handle with all names
   set. In a 64-bit handle the generation's low 31 bits, above a bit that is 1, come before the name: so its lower half is that of
   the word, there is nothing to shift, and to advance it is to add 1 as well, but for one time in 2^31. ---- */

#define PK__POOL_SMALL_WORDS(p) (PERFKIT_POOL_HANDLE_BITS == 32 && PK__POOL_IS((p)->width, 4))
/* The word of a slot that is free, held from now on for the object of this name; and the other way round, of the next generation. */
#define PK__POOL_HELD_WORD(word, name) ((pk_handle)((word) | (pk_handle)(name) << PK__POOL_NAME_SHIFT | PK__POOL_HELD))
#if PERFKIT_POOL_HANDLE_BITS == 64
#define PK__POOL_NEXT_WORD(p, handle) ((((handle) | (p)->names) + 1) & ~(p)->names)
#define PK__POOL_NAME_OF(p, handle) ((uint32_t)((handle) >> 32) & (uint32_t)((p)->names >> 32))
#else
#define PK__POOL_NEXT_WORD(p, handle) ((pk_handle)(((handle) | (p)->names) + 1))
#define PK__POOL_NAME_OF(p, handle) ((uint32_t)((handle) & (p)->names))
#endif
#if PERFKIT_POOL_HANDLE_BITS == 64
/* What is stored is the lower half and the upper 16 bits less the name. Those change once in 2^31 uses: what comes next never has
   to wait for them. */
PK__HOT_INLINE unsigned char *pk__pool_load_word(const pk_pool *core, pk__pool_index i, uint32_t *low, uint32_t *high) {
    unsigned char *at = (unsigned char *)core->generations + (size_t)i * PK__POOL_WORD_BYTES(4);
    uint16_t high16;
    memcpy(low, at, 4);
    memcpy(&high16, at + 4, 2);
    *high = (uint32_t)high16 << 16;
    return at;
}
PK__HOT_INLINE pk_handle pk__pool_word(const pk_pool *core, pk__pool_index i, uint32_t name) { /* name: where it is held */
    uint32_t low, high;
    (void)pk__pool_load_word(core, i, &low, &high);
    return (uint64_t)(high | (low & PK__POOL_HELD ? name : 0)) << 32 | low;
}
PK__HOT_INLINE void pk__pool_set_word(pk_pool *core, pk__pool_index i, pk_handle value) {
    unsigned char *at = (unsigned char *)core->generations + (size_t)i * PK__POOL_WORD_BYTES(4);
    uint32_t low = (uint32_t)value;
    uint16_t high = (uint16_t)((value & ~core->names) >> 48);
    memcpy(at, &low, 4);
    memcpy(at + 4, &high, 2);
}
#else
/* Small words are the generation and a bit that says whether the name is there. `name`: what it is then. */
PK__HOT_INLINE pk_handle pk__pool_word(const pk_pool *core, pk__pool_index i, uint32_t name) {
    if (PK__POOL_SMALL_WORDS(core)) {
        uint16_t word = ((const uint16_t *)core->generations)[i];
        return (pk_handle)((uint32_t)word >> 1 << core->name_bits | (word & 1u ? name : 0));
    }
    (void)name;
    return ((const pk_handle *)core->generations)[i];
}
PK__HOT_INLINE void pk__pool_set_word(pk_pool *core, pk__pool_index i, pk_handle value) {
    if (PK__POOL_SMALL_WORDS(core))
        ((uint16_t *)core->generations)[i] = (uint16_t)((value >> core->name_bits) << 1 | ((value & core->names) != 0));
    else
        ((pk_handle *)core->generations)[i] = value;
}
#endif

#if PERFKIT_POOL_HANDLE_BITS == 32 && UINTPTR_MAX == 0xFFFFu && defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* On 16-bit machines, which have 2 bytes an index, by halves: names are in the lower one, and the higher one changes seldom. */
typedef uint16_t __attribute__((may_alias)) pk__pool_half;
#define PK__POOL_BYTE(p, i, at) (((const uint8_t *)(p)->generations + 4 * (i))[at])
#define pk__pool_word_is(p, i, handle) /* byte by byte: in fewer registers */ \
    (PK__POOL_BYTE(p, i, 0) == (uint8_t)(handle) && PK__POOL_BYTE(p, i, 1) == (uint8_t)((handle) >> 8) && \
     PK__POOL_BYTE(p, i, 2) == (uint8_t)((handle) >> 16) && PK__POOL_BYTE(p, i, 3) == (uint8_t)((handle) >> 24))
PK__HOT_INLINE void pk__pool_name_word(pk_pool *p, pk__pool_index i, pk_handle *handle) {
    pk__pool_half *word = (pk__pool_half *)p->generations + 2 * i, *to = (pk__pool_half *)handle, low = (pk__pool_half)(word[0] | (i + 1u));
    word[0] = to[0] = low;
    to[1] = word[1];
}
PK__HOT_INLINE void pk__pool_advance_word(pk_pool *p, pk__pool_index i, pk_handle handle) {
    pk__pool_half *word = (pk__pool_half *)p->generations + 2 * i, low = (pk__pool_half)(((uint16_t)handle | (uint16_t)p->names) + 1u);
    word[0] = low;
    if (low == 0) word[1]++;
}
#elif PERFKIT_POOL_HANDLE_BITS == 64
PK__HOT_INLINE void pk__pool_name_word(pk_pool *p, pk__pool_index i, pk_handle *handle) {
    uint32_t low, high;
    unsigned char *at = pk__pool_load_word(p, i, &low, &high);
    low += PK__POOL_HELD; /* it was even */
    memcpy(at, &low, 4);
    *handle = (uint64_t)(high | (i + 1u)) << 32 | low;
}
PK__HOT_INLINE bool pk__pool_word_is(const pk_pool *p, pk__pool_index i, pk_handle handle) {
    uint32_t low, high;
    (void)pk__pool_load_word(p, i, &low, &high);
    return PK__LIKELY(low == (uint32_t)handle) && PK__LIKELY(low & PK__POOL_HELD) && PK__LIKELY(high == (uint32_t)(handle >> 32) - (i + 1u));
}
PK__HOT_INLINE void pk__pool_advance_word(pk_pool *p, pk__pool_index i, pk_handle handle) { /* not the last with these upper 16 bits */
    unsigned char *at = (unsigned char *)p->generations + (size_t)i * PK__POOL_WORD_BYTES(4);
    uint32_t low = (uint32_t)handle + 1;
    memcpy(at, &low, 4);
}
#else
#define pk__pool_word_is(p, i, handle) (pk__pool_word(p, i, (i) + 1u) == (handle))
/* A handle holds the object from now on. */
PK__HOT_INLINE void pk__pool_name_word(pk_pool *p, pk__pool_index i, pk_handle *handle) {
    pk_handle word = PK__POOL_HELD_WORD(pk__pool_word(p, i, 0), i + 1u);
    pk__pool_set_word(p, i, word);
    *handle = word;
}
/* And this one, which did, no more. */
PK__HOT_INLINE void pk__pool_advance_word(pk_pool *p, pk__pool_index i, pk_handle handle) {
    pk__pool_set_word(p, i, PK__POOL_NEXT_WORD(p, handle));
}
#endif

/* The quick ways, for pools of a fixed array. A stride of 0 stands in the pool. */
#if PERFKIT_POOL_HANDLE_BITS == 64
PK_API pk_status pk__pool_carry(pk_pool *p, pk_handle handle); /* release it where it is the last of 2^31 generations, or of all */
#endif
#if UINTPTR_MAX == 0xFFFFu /* where a multiplication is longer than a call */
PK_API unsigned char *pk__pool_object_at(const pk_pool *p, pk__pool_index i);
#define PK__POOL_OBJECT(p, i, bytes) ((bytes) ? (p)->objects + (i) * (bytes) : pk__pool_object_at(p, i))
#else
#define PK__POOL_OBJECT(p, i, bytes) ((p)->objects + (i) * ((bytes) ? (bytes) : (p)->stride))
#endif
PK__HOT_INLINE void *pk__pool_hold(pk_pool *p, pk_handle *handle, size_t stride, unsigned width) {
    pk__pool_index i = 0;
    uintptr_t none;
    void *object;
#if PK__POOL_VEILED
    bool used;
#endif
    PERFKIT_ASSERT(handle != NULL);
    {
        PK__CRITICAL_ENTER(state);
#if PK__POOL_VEILED
        used = PK__POOL_HAS_USED(p);
#endif
        if (PK__UNLIKELY(!pk__pool_take(p, width, 0, false, &i))) {
            PK__CRITICAL_EXIT(state);
            none = pk__pool_else(p, handle, PK__POOL_ACQUIRES);
            return (void *)none;
        }
        pk__pool_name_word(p, i, handle);
        PK__CRITICAL_EXIT(state);
    }
    object = PK__POOL_OBJECT(p, i, stride);
#if PK__POOL_VEILED
    pk__pool_unveil(p, object, used);
#endif
    PK__POOL_IS_SOME(object);
    return object;
}
#if PK__POOL_SHARES && !PK__POOL_VEILED && !defined PERFKIT_POOL_INLINE
#define pk__pool_held(p, handle, stride) pk__pool_find_held(p, handle)
#define pk__pool_let_go(p, handle, width) pk__pool_release_held(p, handle)
#else
PK__HOT_INLINE void *pk__pool_held(const pk_pool *p, pk_handle handle, size_t stride) {
    pk__pool_index i = (pk__pool_index)((pk__pool_wide)PK__POOL_NAME_OF(p, handle) - 1u);
    bool holds;
    if (PK__UNLIKELY(i >= p->capacity)) return NULL; /* or no handles: no names */
    {
        PK__CRITICAL_ENTER(state);
        holds = pk__pool_word_is(p, i, handle);
        PK__CRITICAL_EXIT(state);
    }
    return holds ? PK__POOL_OBJECT(p, i, stride) : NULL;
}
PK__HOT_INLINE pk_status pk__pool_let_go(pk_pool *p, pk_handle handle, unsigned width) {
    pk__pool_index i = (pk__pool_index)((pk__pool_wide)PK__POOL_NAME_OF(p, handle) - 1u);
    pk_status status = PK_INVALID;
    if (PK__LIKELY(i < (PK__POOL_LINKED ? p->capacity : p->quick))) {
        PK__CRITICAL_ENTER(state);
        if (PK__LIKELY(pk__pool_word_is(p, i, handle))) {
#if PERFKIT_POOL_HANDLE_BITS == 64
            if (PK__UNLIKELY((uint32_t)handle + 1u == 0)) {
                PK__CRITICAL_EXIT(state);
                return pk__pool_carry(p, handle);
            }
#endif
            pk__pool_advance_word(p, i, handle);
#if PK__POOL_VEILED
            PK__CRITICAL_EXIT(state);
            pk__pool_veil(p, p->objects + i * p->stride);
            {
                PK__CRITICAL_ENTER(state_of_push);
                pk__pool_push(p, i, width);
                PK__CRITICAL_EXIT(state_of_push);
            }
#else
            pk__pool_push(p, i, width);
            PK__CRITICAL_EXIT(state);
#endif
            return PK_OK;
        }
        PK__CRITICAL_EXIT(state);
        status = PK_STALE;
    }
    (void)pk__pool_else(p, (void *)(uintptr_t)status, PK__POOL_RELEASES);
    return status;
}
#endif

/* Of any pool. What pools with a lock, chunks or more to do at a release need is not inline. */
#if PERFKIT_THREADS || PERFKIT_POOL_GROW
PK_API pk_status pk__pool_acquire_handle_else(pk_pool *p, pk_handle *handle, void **object);
PK_API void *pk__pool_get_else(const pk_pool *p, pk_handle handle);
#endif
PK_API pk_status pk__pool_release_handle_else(pk_pool *p, pk_handle handle);
PK__HOT_INLINE pk_status pk__pool_acquire_handle_any(pk_pool *p, pk_handle *handle, void **object) {
    void *got;
    PERFKIT_ASSERT(p != NULL);
    if (PK__UNLIKELY(p->generations == NULL)) return PK_UNSUPPORTED;
#if PERFKIT_THREADS || PERFKIT_POOL_GROW
    if (PK__UNLIKELY(PK__POOL_NOT_QUICK(p) != 0)) return pk__pool_acquire_handle_else(p, handle, object);
#endif
    got = pk__pool_hold(p, handle, 0, p->width);
    if (PK__UNLIKELY(got == NULL)) return PK_EXHAUSTED;
    if (object) *object = got;
    return PK_OK;
}
PK__HOT_INLINE void *pk__pool_get_any(const pk_pool *p, pk_handle handle) {
    PERFKIT_ASSERT(p != NULL);
#if PERFKIT_THREADS || PERFKIT_POOL_GROW
    if (PK__UNLIKELY(PK__POOL_NOT_QUICK(p) != 0)) return pk__pool_get_else(p, handle);
#endif
    return pk__pool_held(p, handle, 0);
}
PK__HOT_INLINE pk_status pk__pool_release_handle_any(pk_pool *p, pk_handle handle) {
    PERFKIT_ASSERT(p != NULL);
#if PK__POOL_LINKED
    if (PK__UNLIKELY(p->quick == 0)) return pk__pool_release_handle_else(p, handle);
#else /* both tests in one: it is found out later which one it was */
    if (PK__UNLIKELY((pk__pool_index)(PK__POOL_NAME_OF(p, handle) - 1u) >= p->quick)) return pk__pool_release_handle_else(p, handle);
#endif
    return pk__pool_let_go(p, handle, p->width);
}
#endif

#if PERFKIT_POOL_CACHES
PK_API void *pk__pool_cache_acquire_else(pk_pool_cache *c);
PK_API pk_status pk__pool_cache_release_else(pk_pool_cache *c, void *object);

/* The mark of an object of the first array; else it has to be looked for. */
PK__HOT_INLINE size_t pk__pool_cache_index(const pk_pool_cache *c, const void *object) {
    return pk__pool_index_from(c->objects, object, c->inverse, c->shift);
}
PK__HOT_INLINE void *pk__pool_cache_take(pk_pool_cache *c) {
    uint32_t n = c->count;
    void *object;
    PERFKIT_ASSERT(c != NULL);
    if (PK__UNLIKELY(n == 0)) return pk__pool_cache_acquire_else(c);
    object = c->slots[--n];
    if (c->marks) {
        size_t at = pk__pool_cache_index(c, object);
        if (PK__UNLIKELY(at >= c->capacity)) return pk__pool_cache_acquire_else(c);
        pk__pool_poke8(c->marks + at, c->mark); /* not read: who released it a moment ago has written there */
    }
    pk__pool_poke32(&c->count, n);
#if PK__POOL_VEILED
    pk__pool_unveil(c->pool, object, true);
#endif
    return object;
}
PK__HOT_INLINE pk_status pk__pool_cache_give(pk_pool_cache *c, void *object) {
    uint32_t n = c->count;
    size_t at;
    PERFKIT_ASSERT(c != NULL);
    at = pk__pool_cache_index(c, object);
    if (PK__UNLIKELY(n == c->size || at >= c->quick)) return pk__pool_cache_release_else(c, object);
    if (c->marks && PK__UNLIKELY(!pk__pool_clear_mark(c->marks + at, c->raceproof)))
        return pk__pool_cache_release_else(c, object);
#if PK__POOL_VEILED
    pk__pool_veil(c->pool, object);
#endif
    c->slots[n] = object;
    pk__pool_poke32(&c->count, n + 1);
    return PK_OK;
}
#endif
#endif /* PK__POOL_ENGINE */

/* ==== Implementation ==== */
#if (defined PERFKIT_IMPLEMENTATION || defined PERFKIT_POOL_IMPLEMENTATION || defined PERFKIT_STATIC) && \
    !defined PERFKIT_POOL_IMPLEMENTED
#define PERFKIT_POOL_IMPLEMENTED

/* Names in parentheses: PERFKIT_POOL_INLINE makes macros of them. */
PK_API void *(pk_pool_acquire)(pk_pool *p) { return pk__pool_acquire_any(p); }
PK_API pk_status(pk_pool_release)(pk_pool *p, void *object) { return pk__pool_release_any(p, object); }

#if PERFKIT_POOL_INTRUSIVE
PK_API void *pk__pool_list_acquire(pk__pool_list *list, size_t stride) { return pk__pool_list_pop(list, stride); }
PK_API void pk__pool_list_release(pk__pool_list *list, void *object, void *behind) { pk__pool_list_push(list, object, behind); }
#endif

#if PK__POOL_CALLS_SLOW
PK_API PK__COLD uintptr_t pk__pool_refused(pk_pool *p, void *about, uint8_t what) {
    (void)about;
#else
PK_API PK__COLD uintptr_t pk__pool_else(pk_pool *p, void *about, uint8_t what) {
    if (p->slow) return p->slow(p, about, what);
#endif
#if PERFKIT_STATS
    {
        PK__CRITICAL_ENTER(state);
        p->failed[what]++;
        PK__CRITICAL_EXIT(state);
    }
#else
    (void)p;
#endif
    return what; /* 0: NULL; 1: PK_INVALID */
}

/* ---- Whatever is more than a fixed array: a lock, chunks, handles, a reset callback, reports. Reached through pk_pool.slow,
   so that programs without these don't link it. ---- */

/* A pool within the pool: the objects from `first` on. Slot 0 is the pool itself; slot k > 0 has as many objects as all before.
   */
typedef struct pk__pool_chunk {
    pk_pool core; /* first: pk__pool_first_of relies on it */
    struct pk__pool_chunk *next;
    void *block;
    size_t bytes, span; /* of the block; of the objects */
    uint32_t first;
    uint32_t out; /* and those whose release has begun: the chunk has to stay for them */
} pk__pool_chunk;

#if PERFKIT_POOL_CACHES && defined PK__HAS_KEYS
#define PK__POOL_KEYS
#endif
typedef struct pk__pool_more {
    pk_mutex mutex;
    pk_allocator allocator;
    void *block; /* of the first objects and this */
    size_t bytes, align;
    pk__pool_chunk *chunks;   /* from the last slot to the first: the largest, and likeliest, first */
    pk__pool_chunk *current;  /* the one that gave last, or NULL */
    uint32_t max_capacity;
    uint32_t active, peak;    /* of a pool that grows */
    pk_count no_memory;
    uint64_t generation;      /* where the words of new chunks start: above those of chunks that are gone */
    uint8_t form;             /* PK__POOL_STACK ... */
    uint8_t arrays;           /* PK__POOL_WITH_... */
    bool raceproof;
    bool makes;               /* PK__POOL_MADE is kept: there is init or fini, or a reset and growth */
    pk_status (*init)(void *object, void *user);
    void (*fini)(void *object, void *user);
    pk_count create_failed;
    uint32_t forks;           /* PK__POOL_FORKS_NOW when it was made */
    uint64_t *head;           /* of a lock-free pool: the next object's index, and above it how often that has changed */
#if PERFKIT_POOL_CACHES
    pk_pool_cache *caches;
#ifdef PK__POOL_KEYS
    pk__key key;              /* of the cache that a thread closes when it ends */
    bool has_key;
#endif
#endif
} pk__pool_more;
#define PK__POOL_MORE(p) ((pk__pool_more *)(p)->more)
enum { PK__POOL_STACK, PK__POOL_INTRUSIVE, PK__POOL_LOCK_FREE };
#define PK__POOL_HAS_BYTES(core) (!PK__POOL_LINKED && ((core)->flags & PK__POOL_BYTES) != 0)
#define PK__POOL_LINE ((size_t)64) /* of the processor's cache, at least */
#if PK__POOL_FORMS
#define PK__POOL_FORM(p) ((p)->flags & PK__POOL_GROWS ? PK__POOL_MORE(p)->form : (uint8_t)PK__POOL_STACK)
#define PK__POOL_FRESH(core) \
    (sizeof((core)->fresh) == 4 ? pk__load32((const uint32_t *)(const void *)&(core)->fresh) : (core)->fresh)
#else
#define PK__POOL_FORM(p) PK__POOL_STACK
#define PK__POOL_FRESH(core) ((core)->fresh)
#endif

/* In a forked child locks are held that nobody will release: pk__pool_forks counts there, and operations compare it with what
   it was when the object was made. */
#if PERFKIT_THREADS && PERFKIT_HOSTED && !defined _WIN32 && !defined PERFKIT_MUTEX_LOCK
static volatile uint32_t pk__pool_forks, pk__pool_forks_watched;
static void pk__pool_forked_here(void) { pk__store32(&pk__pool_forks, pk__load32(&pk__pool_forks) + 1u); }
static bool pk__pool_watch_forks(void) {
    if (!pk__cas32(&pk__pool_forks_watched, 0, 1)) return true;
    if (pthread_atfork(NULL, NULL, pk__pool_forked_here) == 0) return true;
    pk__store32(&pk__pool_forks_watched, 0);
    return false;
}
#define PK__POOL_FORKS_NOW() pk__load32(&pk__pool_forks)
#else
#define pk__pool_watch_forks() true
#define PK__POOL_FORKS_NOW() 0u
#endif

#if PERFKIT_THREADS
#define PK__POOL_SHARED(p) ((p)->flags & PK__POOL_LOCKED || PK__POOL_FORM(p) == PK__POOL_LOCK_FREE)
PK__INLINE bool pk__pool_forked(const pk_pool *p) {
    return PK__POOL_SHARED(p) && PK__UNLIKELY(PK__POOL_MORE(p)->forks != PK__POOL_FORKS_NOW());
}
static void pk__pool_lock(const pk_pool *p) { /* in a forked child there is one thread, and nobody to release it */
    if (p->flags & PK__POOL_LOCKED && !pk__pool_forked(p)) pk__mutex_lock(&PK__POOL_MORE(p)->mutex);
}
static void pk__pool_unlock(const pk_pool *p) {
    if (p->flags & PK__POOL_LOCKED && !pk__pool_forked(p)) pk__mutex_unlock(&PK__POOL_MORE(p)->mutex);
}
#else
#define pk__pool_forked(p) false
#define pk__pool_lock(p) ((void)(p))
#define pk__pool_unlock(p) ((void)(p))
#endif
#if PERFKIT_POOL_GROW
#define PK__POOL_CHUNKS(p) ((p)->flags & PK__POOL_GROWS ? PK__POOL_MORE(p)->chunks : NULL)
#else
#define PK__POOL_CHUNKS(p) ((pk__pool_chunk *)NULL)
#endif

/* For functions that only read, but share what finds things with those that write. */
PK__INLINE pk_pool *pk__pool_mutable(const pk_pool *p) { return (pk_pool *)(uintptr_t)p; }

#if PERFKIT_POOL_INIT
#define PK__POOL_MAKES(p) ((p)->flags & PK__POOL_GROWS && PK__POOL_MORE(p)->makes)
#else
#define PK__POOL_MAKES(p) false
#endif

/* Marks of any pool, under the lock or of an object that is the caller's own. */
static unsigned char *pk__pool_mark_of(const pk_pool *core, pk__pool_index i) { return (unsigned char *)core->live + i; }
static bool pk__pool_marked(const pk_pool *core, pk__pool_index i) {
    if (PK__POOL_HAS_BYTES(core)) return (pk__pool_peek8(pk__pool_mark_of(core, i)) & PK__POOL_OUT) != 0;
    return pk__pool_is_marked(core, i);
}
#if PK__POOL_LINKED
#define pk__pool_mark(core, i) ((void)0) /* taking does */
#define pk__pool_clear(core, i, raceproof) pk__pool_unmark(core, i, (core)->width)
#else
static void pk__pool_mark(pk_pool *core, pk__pool_index i) {
    if (PK__POOL_HAS_BYTES(core))
        pk__pool_set_mark(pk__pool_mark_of(core, i));
    else if (PK__POOL_CHECKS(core))
        core->live[i >> 5] |= (uint32_t)1 << (i & 31u);
}
static bool pk__pool_clear(pk_pool *core, pk__pool_index i, bool raceproof) { /* false: it was not marked */
    if (PK__POOL_HAS_BYTES(core)) return pk__pool_clear_mark(pk__pool_mark_of(core, i), raceproof);
    return pk__pool_unmark(core, i, 4);
}
#endif

#if PERFKIT_POOL_HANDLES
static bool pk__pool_is_out(const pk_pool *core, pk__pool_index i) {
    return pk__pool_marked(core, i) || (core->generations && (pk__pool_word(core, i, 1) & core->names) != 0);
}
#else
#define pk__pool_is_out(core, i) pk__pool_marked(core, i)
#endif

/* Objects of this core that are out. Under the lock. */
static uint32_t pk__pool_out_of(const pk_pool *core) {
#if PK__POOL_LINKED
    pk__pool_index i, out = 0;
    for (i = 0; i < core->fresh; i++)
        if (pk__pool_is_out(core, i)) out++;
#else
    pk__pool_index out;
    PK__CRITICAL_ENTER(state);
    out = (pk__pool_index)(core->fresh - core->free_count - core->retired);
    PK__CRITICAL_EXIT(state);
#endif
    return out;
}
#if PK__POOL_FORMS
/* Objects of an intrusive pool that were ever out. */
static uint32_t pk__pool_all_fresh(const pk_pool *p) {
    const pk__pool_chunk *chunk;
    uint32_t fresh = p->fresh;
    for (chunk = PK__POOL_MORE(p)->chunks; chunk; chunk = chunk->next) fresh += chunk->core.fresh;
    return fresh;
}
static uint32_t pk__pool_out_intrusive(const pk_pool *p) {
    uint32_t out = pk__pool_all_fresh(p);
    void *object;
    for (object = p->indices; object; object = *(pk__pool_pointer *)object) out--;
    return out;
}
static uint32_t pk__pool_out_lock_free(const pk_pool *p) {
    uint32_t i, fresh = PK__POOL_FRESH(p), out = 0;
    for (i = 0; i < fresh; i++) out += pk__pool_peek8(pk__pool_mark_of(p, (pk__pool_index)i)) & 1u;
    return out;
}
#endif
static uint32_t pk__pool_out(const pk_pool *p) {
    uint32_t out;
#if PK__POOL_FORMS
    if (PK__POOL_FORM(p) == PK__POOL_INTRUSIVE) return pk__pool_out_intrusive(p);
    if (PK__POOL_FORM(p) == PK__POOL_LOCK_FREE) return pk__pool_out_lock_free(p);
#endif
#if PERFKIT_POOL_GROW
    out = p->flags & PK__POOL_GROWS ? PK__POOL_MORE(p)->active : pk__pool_out_of(p);
#else
    out = pk__pool_out_of(p);
#endif
#if PERFKIT_POOL_CACHES
    if (p->flags & PK__POOL_LOCKED) {
        const pk_pool_cache *c;
        uint32_t idle = 0;
        for (c = PK__POOL_MORE(p)->caches; c; c = c->next) idle += pk__pool_peek32(&c->count);
        return idle < out ? out - idle : 0; /* an object that moves meanwhile may be met twice */
    }
#endif
    return out;
}
static uint32_t pk__pool_max_capacity(const pk_pool *p) {
    return PERFKIT_POOL_GROW && p->flags & PK__POOL_GROWS ? PK__POOL_MORE(p)->max_capacity : p->capacity;
}

static PK__COLD void pk__pool_report(pk_pool *p, pk_status status, uint32_t a) {
    pk_event event;
    if (p->on_event == NULL) return;
    event.object = p->label;
    event.detail = NULL;
    event.kind = status == PK_EXHAUSTED   ? PK_POOL_EVENT_EXHAUSTED
                 : status == PK_NO_MEMORY ? PK_POOL_EVENT_NO_MEMORY
                 : status == PK_FULL      ? PK_POOL_EVENT_RETIRING
                 : status == PK_CORRUPT   ? PK_POOL_EVENT_WRITTEN
                 : status == PK_CREATE_FAILED ? PK_POOL_EVENT_CREATE_FAILED
                                          : PK_POOL_EVENT_MISUSE;
    event.status = status;
    event.a = status == PK_FULL || status == PK_CORRUPT ? a : pk_pool_count(p);
    event.b = pk__pool_max_capacity(p);
    p->on_event(p->user, &event);
}

#if PERFKIT_POOL_LOCK_FREE && PERFKIT_ATOMICS && (defined __GNUC__ || defined __clang__)
PK__INLINE void pk__pool_count_atomically(pk_count *count) { (void)__atomic_fetch_add(count, 1u, __ATOMIC_RELAXED); }
#define PK__POOL_FAILED(p, what) __atomic_load_n(&(p)->failed[what], __ATOMIC_RELAXED)
#else
PK__INLINE void pk__pool_count_atomically(pk_count *count) { ++*(volatile pk_count *)count; }
#define PK__POOL_FAILED(p, what) ((p)->failed[what])
#endif

/* Count a refusal, report it, and return it. */
static PK__COLD pk_status pk__pool_refuse(pk_pool *p, pk_status status) {
#if PERFKIT_STATS
    pk__pool_lock(p);
    {
        PK__CRITICAL_ENTER(state);
#if PERFKIT_POOL_LOCK_FREE
        if (PK__POOL_FORM(p) == PK__POOL_LOCK_FREE)
            pk__pool_count_atomically(&p->failed[status != PK_EXHAUSTED]);
        else
#endif
#if PK__POOL_FORMS
        if (status == PK_CREATE_FAILED)
            PK__POOL_MORE(p)->create_failed++;
        else
#endif
#if PERFKIT_POOL_GROW
        if (status == PK_NO_MEMORY)
            PK__POOL_MORE(p)->no_memory++;
        else
#endif
            p->failed[status != PK_EXHAUSTED]++;
        PK__CRITICAL_EXIT(state);
    }
    pk__pool_unlock(p);
#endif
    pk__pool_report(p, status, 0);
    return status;
}

/* pk_pool.slow of a pool that has nothing special but somebody who hears of its refusals. */
static uintptr_t pk__pool_only_refuse(pk_pool *p, void *about, uint8_t what) {
    (void)pk__pool_refuse(p, what == PK__POOL_ACQUIRES ? PK_EXHAUSTED : about == PK__POOL_REFUSED ? PK_STALE : PK_INVALID);
    return what;
}
PK_API void pk_pool_set_on_event(pk_pool *p, pk_event_fn fn, void *user) {
    PERFKIT_ASSERT(p != NULL);
    p->on_event = fn;
    p->user = user;
    if (p->slow == PK__POOL_STATIC_SLOW) p->slow = pk__pool_only_refuse;
}

#if PK__POOL_VEILED
#define PK__POOL_FILL_BYTE 0xDD
#define PK__POOL_FILLS(p) (PERFKIT_POOL_FILL && !(p)->reset && !PK__POOL_MAKES(p)) /* what reset and init made stays */
PK_API void pk__pool_veil(pk_pool *p, void *object) {
    if (p->flags & PK__POOL_NO_TOUCH) return;
    if (PK__POOL_FILLS(p)) memset(object, PK__POOL_FILL_BYTE, p->stride);
#if PK__POOL_GUARDED
    pk__pool_poison(object, p->stride, true);
#endif
}
PK_API void pk__pool_unveil(pk_pool *p, void *object, bool used) {
    const unsigned char *byte = (const unsigned char *)object;
    size_t left = PK__POOL_FILLS(p) && used && !(p->flags & PK__POOL_NO_TOUCH) ? p->stride : 0;
#if PK__POOL_GUARDED
    pk__pool_poison(object, p->stride, false);
#endif
    for (; left > 0; left--, byte++) {
        if (*byte == PK__POOL_FILL_BYTE) continue;
#if PERFKIT_STATS
        p->failed[1]++;
#endif
        pk__pool_report(p, PK_CORRUPT, pk_pool_index_of(p, object));
        break;
    }
}
#if PK__POOL_FORMS
static void pk__pool_expose_link(void *object) {
#if PK__POOL_GUARDED
    PK__POOL_OPEN(object, sizeof(void *));
#else
    (void)object;
#endif
}
#endif
PK__INLINE void pk__pool_expose(const pk_pool *p, void *object) { /* for a callback, while it is free */
#if PK__POOL_GUARDED
    pk__pool_poison(object, p->stride, false);
#else
    (void)p;
    (void)object;
#endif
}
#else
#define pk__pool_veil(p, object) ((void)(p), (void)(object))
#define pk__pool_unveil(p, object, used) ((void)(p), (void)(object))
#define pk__pool_expose(p, object) ((void)(p), (void)(object))
#endif

/* Caches follow the chunks without the lock: one is whole when it is seen, and stays while a cache is attached. */
#if PERFKIT_POOL_CACHES && PERFKIT_ATOMICS && (defined __GNUC__ || defined __clang__)
#define PK__POOL_PUBLISH(link, chunk) __atomic_store_n(link, chunk, __ATOMIC_RELEASE)
#define PK__POOL_SEEN(link) __atomic_load_n(link, __ATOMIC_ACQUIRE)
#elif defined _MSC_VER
#define PK__POOL_PUBLISH(link, chunk) ((void)_InterlockedExchangePointer((void *volatile *)(link), chunk))
#define PK__POOL_SEEN(link) (*(pk__pool_chunk *const volatile *)(link))
#else
#define PK__POOL_PUBLISH(link, chunk) ((void)(*(link) = (chunk)))
#define PK__POOL_SEEN(link) (*(link))
#endif

/* ---- Where things lie. Under the lock. ---- */

static uint32_t pk__pool_first_of(const pk_pool *p, const pk_pool *core) {
    return PERFKIT_POOL_GROW && core != p ? ((const pk__pool_chunk *)(const void *)core)->first : 0;
}
/* The pool or chunk with this object, and its index there; NULL: it is none of ours. Without the lock, too, while a cache is
   attached. */
static pk_pool *pk__pool_find(pk_pool *p, const void *object, pk__pool_index *i) {
    pk_pool *core = p;
    size_t at = pk__pool_index_in(p, object, p->inverse, p->shift);
#if PERFKIT_POOL_GROW
    if (PK__UNLIKELY(at >= p->capacity)) {
        pk__pool_chunk *chunk = p->flags & PK__POOL_GROWS ? PK__POOL_SEEN(&PK__POOL_MORE(p)->chunks) : NULL;
        while (chunk && (size_t)((uintptr_t)object - (uintptr_t)chunk->core.objects) >= chunk->span)
            chunk = PK__POOL_SEEN(&chunk->next);
        if (chunk == NULL) return NULL;
        core = &chunk->core;
        at = pk__pool_index_in(core, object, p->inverse, p->shift);
    }
#endif
    if (PK__UNLIKELY(at >= core->capacity)) return NULL;
    *i = (pk__pool_index)at;
    return core;
}
/* The pool or chunk with the object of this index, which becomes the one there; NULL: there is none. */
static pk_pool *pk__pool_core_at(pk_pool *p, uint32_t *index) {
    if (PK__LIKELY(*index < p->capacity)) return p;
#if PERFKIT_POOL_GROW
    {
        pk__pool_chunk *chunk = PK__POOL_CHUNKS(p);
        while (chunk && *index - chunk->first >= chunk->core.capacity) chunk = chunk->next;
        if (chunk == NULL) return NULL;
        *index -= chunk->first;
        return &chunk->core;
    }
#else
    return NULL;
#endif
}

/* ---- Growth ---- */

#if PERFKIT_POOL_GROW
static pk_pool *pk__pool_grow(pk_pool *p, pk_status *status);

/* A chunk with room, or a new one; NULL: *status says why. */
static pk_pool *pk__pool_room(pk_pool *p, pk_status *status) {
    pk__pool_chunk *chunk;
    for (chunk = PK__POOL_CHUNKS(p); chunk; chunk = chunk->next) {
        if (!PK__POOL_HAS_USED(&chunk->core) && chunk->core.fresh == chunk->core.capacity) continue;
        PK__POOL_MORE(p)->current = chunk;
        return &chunk->core;
    }
    return p->flags & PK__POOL_GROWS ? pk__pool_grow(p, status) : NULL;
}
#endif

/* ---- Acquire and release of any pool ---- */

#if PERFKIT_POOL_GROW
/* One more or less is out. Under the lock. */
static void pk__pool_count_out(pk_pool *p, pk_pool *core, int change) {
    pk__pool_more *more = PK__POOL_MORE(p);
    if (!(p->flags & PK__POOL_GROWS)) return;
    more->active += (uint32_t)change;
    if (more->active > more->peak) more->peak = more->active;
    if (core != p) ((pk__pool_chunk *)(void *)core)->out += (uint32_t)change;
}
#endif

#if PERFKIT_POOL_INIT
/* Have an object made that never was, which is the caller's alone. */
static bool pk__pool_make_object(pk_pool *p, pk_pool *core, pk__pool_index i) {
    pk__pool_more *more = PK__POOL_MORE(p);
    unsigned char *mark = pk__pool_mark_of(core, i);
    void *object = core->objects + i * p->stride;
    if (pk__pool_peek8(mark) & PK__POOL_MADE) return true;
    if (more->init && more->init(object, p->user) != PK_OK) return false;
    pk__pool_poke8(mark, (uint8_t)(pk__pool_peek8(mark) | PK__POOL_MADE));
    if (p->reset) p->reset(object, p->user);
    return true;
}
/* Unmake all objects of a core, when none is out. */
static void pk__pool_unmake(pk_pool *p, pk_pool *core) {
    pk__pool_more *more = PK__POOL_MORE(p);
    pk__pool_index i;
    if (!PK__POOL_MAKES(p) || more->fini == NULL) return;
    for (i = 0; i < core->fresh; i++) {
        if (!(pk__pool_peek8(pk__pool_mark_of(core, i)) & PK__POOL_MADE)) continue;
        pk__pool_poke8(pk__pool_mark_of(core, i), 0);
        pk__pool_expose(p, core->objects + i * p->stride);
        more->fini(core->objects + i * p->stride, p->user);
    }
}
#endif

static pk_status pk__pool_acquire_slow(pk_pool *p, void **object, pk_handle *handle) {
    pk_pool *core = p;
    pk_status status = PK_OK;
    pk__pool_index i = 0;
    bool used = false, got;
    void *taken;
#if PERFKIT_POOL_HANDLES
    pk_handle word = 0;
#endif
    if (pk__pool_forked(p)) return PK_FORKED;
    pk__pool_lock(p);
    for (;;) {
        PK__CRITICAL_ENTER(state);
#if PK__POOL_VEILED || (PERFKIT_POOL_GROW && !PERFKIT_POOL_INIT)
        used = PK__POOL_HAS_USED(core);
#endif
        got = pk__pool_take(core, core->width, 0, PK__POOL_LINKED && handle == NULL, &i);
        if (got && handle == NULL) pk__pool_mark(core, i);
#if PERFKIT_POOL_HANDLES
        if (handle && got) {
            word = PK__POOL_HELD_WORD(pk__pool_word(core, i, 0), pk__pool_first_of(p, core) + i + 1);
            pk__pool_set_word(core, i, word);
        }
#endif
        PK__CRITICAL_EXIT(state);
        if (PK__LIKELY(got)) break;
        status = PK_EXHAUSTED;
#if PERFKIT_POOL_GROW
        if (core == p && PK__POOL_CHUNKS(p) && PK__POOL_MORE(p)->current)
            core = &PK__POOL_MORE(p)->current->core;
        else
            core = pk__pool_room(p, &status);
        if (core) continue;
#endif
        pk__pool_unlock(p);
        return pk__pool_refuse(p, status);
    }
#if PERFKIT_POOL_GROW
    pk__pool_count_out(p, core, 1);
#endif
    pk__pool_unlock(p);
    taken = core->objects + i * p->stride;
    pk__pool_unveil(p, taken, used);
#if PERFKIT_POOL_INIT
    if (PK__POOL_MAKES(p) && !pk__pool_make_object(p, core, i)) {
        pk__pool_lock(p);
#if PERFKIT_POOL_HANDLES
        if (handle) pk__pool_set_word(core, i, (pk_handle)(word & ~(p->names | PK__POOL_HELD)));
#endif
        if (handle == NULL) (void)pk__pool_clear_mark(pk__pool_mark_of(core, i), false);
        pk__pool_veil(p, taken);
        pk__pool_push(core, i, core->width);
        pk__pool_count_out(p, core, -1);
        pk__pool_unlock(p);
        return pk__pool_refuse(p, PK_CREATE_FAILED);
    }
#endif
#if PERFKIT_POOL_GROW && !PERFKIT_POOL_INIT
    if (p->reset && core != p && !used) p->reset(taken, p->user);
#endif
    *object = taken;
#if PERFKIT_POOL_HANDLES
    if (handle) *handle = word;
#else
    (void)handle;
#endif
    (void)used;
    return PK_OK;
}

/* The use of object i ends, which is not free yet. held: the handle that has to hold it; 0: none may. PK_FULL: its slot has to
   retire. An error changes nothing. Under the lock. */
static pk_status pk__pool_end_use(pk_pool *p, pk_pool *core, pk__pool_index i, pk_handle held) {
    pk_status status = PK_OK;
    PK__CRITICAL_ENTER(state);
#if PERFKIT_POOL_HANDLES
    if (held != 0) {
        if (pk__pool_word(core, i, pk__pool_first_of(p, core) + i + 1) != held)
            status = PK_STALE;
        else {
            held = PK__POOL_NEXT_WORD(p, held);
            pk__pool_set_word(core, i, held);
            if (held == 0 && p->flags & PK__POOL_RETIRES) status = PK_FULL;
        }
    } else
#endif
        if (!pk__pool_clear(core, i, PK__POOL_FORMS && p->more && PK__POOL_MORE(p)->raceproof))
        status = PK_INVALID;
    PK__CRITICAL_EXIT(state);
    (void)p;
    (void)held;
    return status;
}

/* Slots that retired; *report: the nine tenths of all are reached with this one. Under the lock. */
static uint32_t pk__pool_retire(pk_pool *p, pk_pool *core, bool *report) {
    uint32_t retired, max = pk__pool_max_capacity(p);
    pk__pool_chunk *chunk;
    {
        PK__CRITICAL_ENTER(state);
        core->retired++;
        PK__CRITICAL_EXIT(state);
    }
    retired = p->retired;
    for (chunk = PK__POOL_CHUNKS(p); chunk; chunk = chunk->next) retired += chunk->core.retired;
    *report = retired == max - max / 10;
    return retired;
}

/* The second half of every release: the object is nobody's between the two. */
static pk_status pk__pool_end_release(pk_pool *p, pk_pool *core, pk__pool_index i, pk_status status) {
    void *object;
    uint32_t retired = 0;
    bool report = false;
    if (PK__UNLIKELY(status != PK_OK && status != PK_FULL)) return pk__pool_refuse(p, status);
    object = core->objects + i * p->stride;
    if (p->reset) p->reset(object, p->user);
    pk__pool_veil(p, object);
    pk__pool_lock(p);
    if (PK__LIKELY(status == PK_OK)) {
        PK__CRITICAL_ENTER(state);
        pk__pool_push(core, i, core->width);
        PK__CRITICAL_EXIT(state);
    } else
        retired = pk__pool_retire(p, core, &report);
#if PERFKIT_POOL_GROW
    pk__pool_count_out(p, core, -1);
#endif
    pk__pool_unlock(p);
    if (report) pk__pool_report(p, PK_FULL, retired);
    return PK_OK;
}

#if PERFKIT_POOL_HANDLES
/* The pool or chunk and index that a handle names; NULL: none. Under the lock. */
static pk_pool *pk__pool_named(pk_pool *p, pk_handle handle, pk__pool_index *i) {
    uint32_t index = PK__POOL_NAME_OF(p, handle) - 1;
    pk_pool *core = p->generations ? pk__pool_core_at(p, &index) : NULL;
    *i = (pk__pool_index)index;
    return core;
}
#endif

/* Everything, in pools of every kind. */
static uintptr_t pk__pool_slow(pk_pool *p, void *about, uint8_t what) {
    pk_pool *core = NULL;
    pk__pool_index i = 0;
    pk_status status = PK_INVALID;
    void *object = NULL;
    if (about == PK__POOL_REFUSED || (what == PK__POOL_ACQUIRES && about)) return pk__pool_only_refuse(p, about, what);
    if (what == PK__POOL_ACQUIRES) {
        (void)pk__pool_acquire_slow(p, &object, NULL);
        return (uintptr_t)object;
    }
    if (pk__pool_forked(p)) return (uintptr_t)PK_FORKED;
    pk__pool_lock(p);
#if PERFKIT_POOL_HANDLES
    if (what == PK__POOL_RELEASES_HANDLE) {
        pk_handle handle = *(const pk_handle *)about;
        core = pk__pool_named(p, handle, &i);
        if (core) status = pk__pool_end_use(p, core, i, handle);
    } else
#endif
    {
        core = pk__pool_find(p, about, &i);
        if (core) status = pk__pool_end_use(p, core, i, 0);
    }
    pk__pool_unlock(p);
    return (uintptr_t)pk__pool_end_release(p, core, i, status);
}

#if PK__POOL_FORMS
/* ---- Intrusive pools, in all that is not the mere pop and push ---- */

#if PK__POOL_VEILED /* the link is looked at while the object is free, and is no use after release */
static void pk__pool_veil_but_link(pk_pool *p, void *object) {
    pk__pool_veil(p, object);
    pk__pool_expose_link(object);
}
static void pk__pool_unveil_linked(pk_pool *p, void *object, bool used) {
    if (PK__POOL_FILLS(p) && used) memset(object, PK__POOL_FILL_BYTE, sizeof(void *));
    pk__pool_unveil(p, object, used);
}
#else
#define pk__pool_veil_but_link(p, object) pk__pool_veil(p, object)
#define pk__pool_unveil_linked(p, object, used) pk__pool_unveil(p, object, used)
#endif
static pk_status pk__pool_acquire_intrusive(pk_pool *p, void **object) {
    pk_pool *core = p;
    pk_status status = PK_EXHAUSTED;
    pk__pool_index i = 0;
    bool used;
    pk__pool_lock(p);
    used = p->indices != NULL;
    if (used) {
        *object = pk__pool_pop(p);
        if (p->live) core = pk__pool_find(p, *object, &i);
    } else {
        if (core->fresh == core->capacity) core = PK__POOL_MORE(p)->current ? &PK__POOL_MORE(p)->current->core : NULL;
        if (core == NULL || core->fresh == core->capacity) core = pk__pool_room(p, &status);
        if (core) *object = core->objects + (i = core->fresh++) * p->stride;
    }
    if (core) pk__pool_mark(core, i);
    pk__pool_unlock(p);
    if (core == NULL) return pk__pool_refuse(p, used ? PK_CORRUPT : status);
    pk__pool_unveil_linked(p, *object, used);
    if (p->reset) p->reset(*object, p->user);
    (void)used;
    return PK_OK;
}
static pk_status pk__pool_release_intrusive(pk_pool *p, void *object) {
    pk__pool_index i = 0;
    pk_pool *core;
    pk__pool_lock(p);
    core = pk__pool_find(p, object, &i);
    if (core && !pk__pool_clear(core, i, false)) core = NULL;
    if (core) {
        pk__pool_veil_but_link(p, object);
        pk__pool_put_back(p, object);
    }
    pk__pool_unlock(p);
    return core ? PK_OK : pk__pool_refuse(p, PK_INVALID);
}
/* pk_pool.slow of a form of its own. */
static uintptr_t pk__pool_slow_by(pk_pool *p, void *about, uint8_t what, pk_status (*acquire)(pk_pool *p, void **object),
                                  pk_status (*release)(pk_pool *p, void *object)) {
    void *object = NULL;
    if (what != PK__POOL_ACQUIRES) return (uintptr_t)(pk__pool_forked(p) ? PK_FORKED : release(p, about));
    if (!pk__pool_forked(p)) (void)acquire(p, &object);
    return (uintptr_t)object;
}
static uintptr_t pk__pool_slow_intrusive(pk_pool *p, void *about, uint8_t what) {
    return pk__pool_slow_by(p, about, what, pk__pool_acquire_intrusive, pk__pool_release_intrusive);
}

/* ---- Lock-free pools: a stack of indices under one word of index and tag, which changes with every pop and push, so that a
   stack that only looks the same again is noticed (Treiber 1986; the tag: IBM System/370 Principles of Operation, 1983). A
   link is how far the next free object is from the one behind this. ---- */

#if PERFKIT_POOL_LOCK_FREE && PERFKIT_ATOMICS && (PERFKIT_POOL_INDEX_BITS == 0 || PERFKIT_POOL_INDEX_BITS == 32) && \
    (defined _MSC_VER || (defined __GCC_ATOMIC_LLONG_LOCK_FREE && __GCC_ATOMIC_LLONG_LOCK_FREE == 2))
#define PK__POOL_CAN_LOCK_FREE 1
#if defined _MSC_VER && !defined __clang__
PK__INLINE uint64_t pk__pool_load64(volatile uint64_t *at) {
    return (uint64_t)_InterlockedCompareExchange64((volatile long long *)at, 0, 0);
}
PK__INLINE bool pk__pool_cas64(volatile uint64_t *at, uint64_t *was, uint64_t now) {
    uint64_t found = (uint64_t)_InterlockedCompareExchange64((volatile long long *)at, (long long)now, (long long)*was);
    bool done = found == *was;
    *was = found;
    return done;
}
#else
PK__INLINE uint64_t pk__pool_load64(uint64_t *at) { return __atomic_load_n(at, __ATOMIC_ACQUIRE); }
PK__INLINE bool pk__pool_cas64(uint64_t *at, uint64_t *was, uint64_t now) {
    return __atomic_compare_exchange_n(at, was, now, 1, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
#endif
static pk_status pk__pool_acquire_lock_free(pk_pool *p, void **object) {
    uint64_t *head = PK__POOL_MORE(p)->head, was = pk__pool_load64(head);
    uint32_t *links = (uint32_t *)p->indices, *fresh = (uint32_t *)(void *)&p->fresh, i, next, high;
    do {
        i = (uint32_t)was;
        if (PK__UNLIKELY(i >= p->capacity)) return pk__pool_refuse(p, PK_EXHAUSTED);
        next = i + 1 + pk__pool_peek32(&links[i]); /* of another time where somebody was quicker: the tag tells */
    } while (!pk__pool_cas64(head, &was, ((was >> 32) + 1) << 32 | next));
    for (high = pk__load32(fresh); PK__UNLIKELY(i >= high); high = pk__load32(fresh)) (void)pk__cas32(fresh, high, i + 1);
    pk__pool_set_mark(pk__pool_mark_of(p, i));
    *object = p->objects + i * p->stride;
    if (PK__POOL_VEILED || p->reset) { /* made: it was out before */
        bool made = (pk__pool_peek8(pk__pool_mark_of(p, i)) & PK__POOL_MADE) != 0;
        pk__pool_unveil(p, *object, made);
        if (p->reset && !made) p->reset(*object, p->user);
        pk__pool_poke8(pk__pool_mark_of(p, i), PK__POOL_OUT | PK__POOL_MADE);
    }
    return PK_OK;
}
static pk_status pk__pool_release_lock_free(pk_pool *p, void *object) {
    uint64_t *head = PK__POOL_MORE(p)->head, was;
    uint32_t *links = (uint32_t *)p->indices, i;
    size_t at = pk__pool_index_in(p, object, p->inverse, p->shift);
    if (PK__UNLIKELY(at >= p->capacity)) return pk__pool_refuse(p, PK_INVALID);
    i = (uint32_t)at;
    if (PK__UNLIKELY(!pk__pool_clear_mark(pk__pool_mark_of(p, i), true))) return pk__pool_refuse(p, PK_INVALID);
    if (p->reset) p->reset(object, p->user);
    pk__pool_veil(p, object);
    was = pk__pool_load64(head);
    do pk__pool_poke32(&links[i], (uint32_t)was - i - 1);
    while (!pk__pool_cas64(head, &was, ((was >> 32) + 1) << 32 | i));
    return PK_OK;
}
static uintptr_t pk__pool_slow_lock_free(pk_pool *p, void *about, uint8_t what) {
    return pk__pool_slow_by(p, about, what, pk__pool_acquire_lock_free, pk__pool_release_lock_free);
}
#define PK__POOL_SLOW_OF(form) \
    ((form) == PK__POOL_INTRUSIVE   ? pk__pool_slow_intrusive \
     : (form) == PK__POOL_LOCK_FREE ? pk__pool_slow_lock_free \
                                    : pk__pool_slow)
#else
#define PK__POOL_CAN_LOCK_FREE 0
#define PK__POOL_SLOW_OF(form) ((form) == PK__POOL_INTRUSIVE ? pk__pool_slow_intrusive : pk__pool_slow)
#endif
#else
#define PK__POOL_CAN_LOCK_FREE 0
#define PK__POOL_SLOW_OF(form) pk__pool_slow
#endif

#if PERFKIT_POOL_CACHES
/* ---- Caches ---- */

PK_API pk_status pk__pool_cache_init(pk_pool_cache *c, size_t size_of, uint32_t config, pk_pool *p, uint32_t size) {
    PERFKIT_ASSERT(c != NULL && p != NULL);
    if (size_of != sizeof(pk_pool_cache) || config != PK__POOL_CONFIG_WORD) return PK_INVALID;
    memset(c, 0, offsetof(pk_pool_cache, slots));
    if (size == 0) size = 64;
    if (size < 16 || size > PK_POOL_CACHE_MOST) return PK_INVALID;
    if (!(p->flags & PK__POOL_LOCKED) || PK__POOL_FORM(p) != PK__POOL_STACK) return PK_UNSUPPORTED;
    c->pool = p;
    c->objects = p->objects;
    c->inverse = p->inverse;
    c->shift = p->shift;
    if (PK__POOL_HAS_BYTES(p)) c->marks = (unsigned char *)p->live;
    c->mark = PK__POOL_MORE(p)->makes ? PK__POOL_OUT | PK__POOL_MADE : PK__POOL_OUT;
    c->raceproof = PK__POOL_MORE(p)->raceproof;
    c->size = PERFKIT_ATOMICS ? size : 0; /* 0: the pool and its lock serve */
    c->capacity = p->capacity;
    c->quick = p->reset ? 0 : p->capacity;
    pk__pool_lock(p);
    c->next = PK__POOL_MORE(p)->caches;
    PK__POOL_MORE(p)->caches = c;
    pk__pool_unlock(p);
    return PK_OK;
}

/* The pool or chunk to take free objects from; NULL: *status says why. Under the lock. */
static pk_pool *pk__pool_source(pk_pool *p, pk_status *status) {
    pk_pool *core = p;
    *status = PK_EXHAUSTED;
    if (PK__POOL_HAS_USED(core) || core->fresh < core->capacity) return core;
    core = PK__POOL_CHUNKS(p) && PK__POOL_MORE(p)->current ? &PK__POOL_MORE(p)->current->core : NULL;
    if (core && (PK__POOL_HAS_USED(core) || core->fresh < core->capacity)) return core;
    return pk__pool_room(p, status);
}
static void pk__pool_put_unmarked(pk_pool *p, pk_pool *core, pk__pool_index i) {
    pk__pool_push(core, i, core->width);
    pk__pool_count_out(p, core, -1);
}

#define PK__POOL_LINE_OF(i) ((i) / PK__POOL_LINE)
/* Whether the marks of the next `room` free objects, or more, are all on one line. Under the lock. */
static bool pk__pool_is_line_next(const pk_pool *core, uint32_t room) {
    uint32_t n = core->free_count;
    if (n == 0) return PK__POOL_LINE_OF(core->fresh) == PK__POOL_LINE_OF(core->fresh + room);
    return n > room && PK__POOL_LINE_OF(pk__pool_entry(core, n - 1, core->width)) ==
                           PK__POOL_LINE_OF(pk__pool_entry(core, n - 1 - room, core->width));
}
/* Take, and don't mark, at least so many, if they are there. Threads that mark on one line wait for each other: where marks come by
   lines they stay so, what is left of a line is taken too, and none is begun that has more than there is room for. */
static uint32_t pk__pool_take_lines(pk_pool *core, uint32_t least, uint32_t most, pk__pool_index *taken) {
    uint32_t n = 0;
    pk__pool_index next;
    bool rest = false;
    while (n < least || (rest && n < most)) {
        if (!pk__pool_take(core, core->width, 0, false, &taken[n])) break;
        next = core->free_count > 0 ? (pk__pool_index)pk__pool_entry(core, core->free_count - 1u, core->width) : core->fresh;
        rest = PK__POOL_LINE_OF(taken[n]) == PK__POOL_LINE_OF(next);
        n++;
        if (!rest && pk__pool_is_line_next(core, most - n)) break;
    }
    return n;
}
/* About half a cache from the pool, into an empty one, or one object where each has to be made. */
static pk_status pk__pool_cache_fill(pk_pool_cache *c) {
    pk_pool *p = c->pool, *core;
    pk_status status = PK_OK;
    pk__pool_index taken[PK_POOL_CACHE_MOST], fresh = 0;
    uint32_t n = 0, k;
    bool makes = PK__POOL_MORE(p)->makes;
    pk__pool_lock(p);
    core = pk__pool_source(p, &status);
    if (core) {
        fresh = core->fresh;
        n = pk__pool_take_lines(core, makes ? 1 : c->size / 2, makes ? 1 : c->size, taken);
        pk__pool_count_out(p, core, (int)n);
        pk__pool_poke32(&c->count, n);
    }
    pk__pool_unlock(p);
    c->drains = false;
    for (k = 0; k < n; k++) { /* the first shall be the first to go */
        c->slots[n - 1 - k] = core->objects + taken[k] * p->stride;
        if (PERFKIT_POOL_FILL && taken[k] >= fresh) pk__pool_veil(p, c->slots[n - 1 - k]);
    }
    return n > 0 ? PK_OK : status;
}
static size_t pk__pool_cache_line(const pk_pool_cache *c, uint32_t n) {
    return pk__pool_cache_index(c, c->slots[n]) / PK__POOL_LINE;
}
/* How many to give where there is no more room: about half of them, but no part of a line's if that can be, so that it does not
   come to two threads. Who only releases gives a whole line at once; who acquired just before keeps something. */
static uint32_t pk__pool_cache_spare(pk_pool_cache *c) {
    uint32_t half = c->size / 2, low = half, high = half;
    bool drains = c->drains;
    c->drains = true;
    while (low > 0 && pk__pool_cache_line(c, low) == pk__pool_cache_line(c, low - 1)) low--;
    while (high < c->count && pk__pool_cache_line(c, high) == pk__pool_cache_line(c, high - 1)) high++;
    if (drains) return high < c->count || low == 0 ? high : low;
    return low >= half / 2 ? low : high <= half + half / 2 ? high : half;
}
/* Give the oldest n to the pool. What can be done before it is locked is. */
static void pk__pool_cache_drain(pk_pool_cache *c, uint32_t n) {
    pk_pool *p = c->pool, *core;
    pk__pool_index given[PK_POOL_CACHE_MOST], i = 0;
    uint32_t k, of_first = 0;
    for (; of_first < n; of_first++) {
        size_t at = pk__pool_cache_index(c, c->slots[of_first]);
        if (at >= c->capacity) break;
        given[of_first] = (pk__pool_index)at;
    }
    pk__pool_lock(p);
    for (k = 0; k < of_first; k++) pk__pool_set_entry(p, (pk__pool_wide)(p->free_count + k), given[k], p->width);
    p->free_count = (pk__pool_index)(p->free_count + of_first);
    pk__pool_count_out(p, p, -(int)of_first);
    for (; k < n; k++) {
        core = pk__pool_find(p, c->slots[k], &i);
        if (core) pk__pool_put_unmarked(p, core, i);
    }
    pk__pool_poke32(&c->count, c->count - n);
    pk__pool_unlock(p);
    memmove(c->slots, c->slots + n, c->count * sizeof c->slots[0]);
}

PK_API void *pk__pool_cache_acquire_else(pk_pool_cache *c) {
    pk_pool *p = c->pool, *core;
    pk__pool_index i = 0;
    void *object;
    if (p == NULL) return NULL;
    if (c->size == 0) return pk__pool_acquire_any(p);
    if (c->count == 0) {
        pk_status status;
        if (pk__pool_forked(p)) return NULL;
        status = pk__pool_cache_fill(c);
        if (status != PK_OK) {
            (void)pk__pool_refuse(p, status);
            return NULL;
        }
    }
    object = c->slots[c->count - 1];
    core = pk__pool_find(p, object, &i);
    if (c->marks && core) pk__pool_set_mark(pk__pool_mark_of(core, i));
    pk__pool_poke32(&c->count, c->count - 1);
    pk__pool_unveil(p, object, false);
#if PERFKIT_POOL_INIT
    if (PK__POOL_MORE(p)->makes && !pk__pool_make_object(p, core, i)) {
        (void)pk__pool_clear_mark(pk__pool_mark_of(core, i), false);
        pk__pool_veil(p, object);
        pk__pool_lock(p);
        pk__pool_put_unmarked(p, core, i);
        pk__pool_unlock(p);
        (void)pk__pool_refuse(p, PK_CREATE_FAILED);
        return NULL;
    }
#endif
    return object;
}
PK_API pk_status pk__pool_cache_release_else(pk_pool_cache *c, void *object) {
    pk_pool *p = c->pool, *core;
    pk__pool_index i = 0;
    if (p == NULL) return PK_CLOSED;
    if (c->size == 0) return pk__pool_release_any(p, object);
    if (pk__pool_forked(p)) return PK_FORKED;
    core = pk__pool_find(p, object, &i);
    if (core == NULL || (c->marks && !pk__pool_clear_mark(pk__pool_mark_of(core, i), c->raceproof)))
        return pk__pool_refuse(p, PK_INVALID);
    if (p->reset) p->reset(object, p->user);
    pk__pool_veil(p, object);
    if (c->count == c->size) pk__pool_cache_drain(c, pk__pool_cache_spare(c));
    c->slots[c->count] = object;
    pk__pool_poke32(&c->count, c->count + 1);
    return PK_OK;
}
PK_API void *(pk_pool_cache_acquire)(pk_pool_cache *c) { return pk__pool_cache_take(c); }
PK_API pk_status(pk_pool_cache_release)(pk_pool_cache *c, void *object) { return pk__pool_cache_give(c, object); }

PK_API void pk_pool_cache_flush(pk_pool_cache *c) {
    PERFKIT_ASSERT(c != NULL);
    if (c->pool && c->count > 0 && !pk__pool_forked(c->pool)) pk__pool_cache_drain(c, c->count);
}
PK_API void pk_pool_cache_close(pk_pool_cache *c) {
    pk_pool *p = c->pool;
    pk_pool_cache **link;
    PERFKIT_ASSERT(c != NULL);
    if (p == NULL) return;
    pk_pool_cache_flush(c);
#ifdef PK__POOL_KEYS
    if (c->at_exit && pk__key_get(PK__POOL_MORE(p)->key) == c) (void)pk__key_set(PK__POOL_MORE(p)->key, NULL);
#endif
    pk__pool_lock(p);
    for (link = &PK__POOL_MORE(p)->caches; *link && *link != c; link = &(*link)->next) {}
    if (*link) *link = c->next;
    pk__pool_unlock(p);
    memset(c, 0, offsetof(pk_pool_cache, slots));
}
#ifdef PK__POOL_KEYS
#ifdef __cplusplus
extern "C" {
#endif
static void PK__KEY_CALL pk__pool_thread_ends(void *cache) { pk_pool_cache_close((pk_pool_cache *)cache); }
#ifdef __cplusplus
}
#endif
#endif
PK_API pk_status pk_pool_cache_close_at_exit(pk_pool_cache *c) {
#ifdef PK__POOL_KEYS
    pk__pool_more *more;
    pk_status status = PK_OK;
    void *other;
    PERFKIT_ASSERT(c != NULL);
    if (c->pool == NULL) return PK_CLOSED;
    more = PK__POOL_MORE(c->pool);
    pk__pool_lock(c->pool);
    if (!more->has_key) more->has_key = pk__key_make(&more->key, pk__pool_thread_ends);
    if (!more->has_key) status = PK_NO_MEMORY;
    pk__pool_unlock(c->pool);
    if (status != PK_OK) return status;
    other = pk__key_get(more->key);
    if (other && other != c) return PK_EXISTS;
    if (!pk__key_set(more->key, c)) return PK_NO_MEMORY;
    c->at_exit = true;
    return PK_OK;
#else
    PERFKIT_ASSERT(c != NULL);
    return c->pool ? PK_UNSUPPORTED : PK_CLOSED;
#endif
}
/* Before the pool is closed; false: caches are attached. */
static bool pk__pool_detach(pk_pool *p) {
    pk__pool_more *more = PK__POOL_MORE(p);
    if (!(p->flags & PK__POOL_LOCKED)) return true;
    if (more->caches) return false;
#ifdef PK__POOL_KEYS
    if (more->has_key) pk__key_drop(more->key);
#endif
    return true;
}
#endif

#if PERFKIT_POOL_HANDLES
#if UINTPTR_MAX == 0xFFFFu
PK_API PK__COLD unsigned char *pk__pool_object_at(const pk_pool *p, pk__pool_index i) { return p->objects + i * p->stride; }
#endif
#if PK__POOL_SHARES
PK_API PK__COLD uintptr_t pk__pool_by_handle(const pk_pool *of, pk_handle handle, bool release) {
    pk_pool *p = pk__pool_mutable(of);
#if PK__POOL_VEILED
    void *object;
    if (release) return (uintptr_t)pk__pool_let_go(p, handle, p->width);
    object = pk__pool_held(p, handle, 0);
    return (uintptr_t)object;
#else
    pk__pool_wide n = (pk__pool_wide)PK__POOL_NAME_OF(p, handle);
    pk__pool_index i = (pk__pool_index)(n - 1u);
    uintptr_t result = PK_INVALID;
    if (i < p->capacity) {
        PK__CRITICAL_ENTER(state);
        if (pk__pool_word_is(p, i, handle)) {
            result = PK_OK;
            if (release) {
                pk__pool_advance_word(p, i, handle);
                pk__pool_push(p, (pk__pool_index)(n - 1u), p->width);
            }
            PK__CRITICAL_EXIT(state);
            if (!release) result = (uintptr_t)PK__POOL_OBJECT(p, i, 0);
            goto done;
        }
        PK__CRITICAL_EXIT(state);
        result = PK_STALE;
    }
    if (release)
        (void)pk__pool_else(p, (void *)result, PK__POOL_RELEASES);
    else
        result = 0;
done:
#ifdef __AVR__
    __asm__("" : "+r"(result)); /* else there are as many ends as calls, and each restores the registers */
#endif
    return result;
#endif
}
#else
PK_API pk_status pk__pool_release_held(pk_pool *p, pk_handle handle) { return pk__pool_let_go(p, handle, p->width); }
#endif
PK_API void *pk__pool_acquire_held(pk_pool *p, pk_handle *handle) { return pk__pool_hold(p, handle, 0, p->width); }
PK_API pk_status(pk_pool_acquire_handle)(pk_pool *p, pk_handle *handle, void **object) {
    return pk__pool_acquire_handle_any(p, handle, object);
}
PK_API void *(pk_pool_get)(const pk_pool *p, pk_handle handle) { return pk__pool_get_any(p, handle); }
PK_API pk_status(pk_pool_release_handle)(pk_pool *p, pk_handle handle) { return pk__pool_release_handle_any(p, handle); }

#if PERFKIT_THREADS || PERFKIT_POOL_GROW
PK_API pk_status pk__pool_acquire_handle_else(pk_pool *p, pk_handle *handle, void **object) {
    void *got;
    return pk__pool_acquire_slow(p, object ? object : &got, handle);
}
PK_API void *pk__pool_get_else(const pk_pool *p, pk_handle handle) {
    pk__pool_index i = 0;
    const pk_pool *core;
    void *object = NULL;
    pk__pool_lock(p);
    core = pk__pool_named(pk__pool_mutable(p), handle, &i);
    if (core && pk__pool_word(core, i, pk__pool_first_of(p, core) + i + 1) == handle && !pk__pool_forked(p))
        object = core->objects + i * p->stride; /* under the lock: a trim may free what is around the core */
    pk__pool_unlock(p);
    return object;
}
#endif
PK_API PK__COLD pk_status pk__pool_release_handle_else(pk_pool *p, pk_handle handle) {
    if (p->generations == NULL || (!PK__POOL_LINKED && p->quick != 0)) return (pk_status)pk__pool_else(p, NULL, PK__POOL_RELEASES);
    return (pk_status)p->slow(p, &handle, PK__POOL_RELEASES_HANDLE);
}
#if PERFKIT_POOL_HANDLE_BITS == 64
PK_API PK__COLD pk_status pk__pool_carry(pk_pool *p, pk_handle handle) {
    return (pk_status)pk__pool_slow(p, &handle, PK__POOL_RELEASES_HANDLE);
}
#endif
#endif

/* ---- Looking around ---- */

PK_API uint32_t pk_pool_count(const pk_pool *p) {
    uint32_t out;
    PERFKIT_ASSERT(p != NULL);
    pk__pool_lock(p);
    out = pk__pool_out(p);
    pk__pool_unlock(p);
    return out;
}
static uint32_t pk__pool_all_capacity(const pk_pool *p) { /* under the lock */
    uint32_t capacity = p->capacity;
    const pk__pool_chunk *chunk;
    for (chunk = PK__POOL_CHUNKS(p); chunk; chunk = chunk->next) capacity += chunk->core.capacity;
    return capacity;
}
static uint32_t pk__pool_high(const pk_pool *p) { /* under the lock */
    uint32_t high;
    PK__CRITICAL_ENTER(state);
    high = PERFKIT_POOL_GROW && p->flags & PK__POOL_GROWS ? PK__POOL_MORE(p)->peak : p->fresh;
#if PK__POOL_FORMS
    if (PK__POOL_FORM(p) == PK__POOL_INTRUSIVE) high = pk__pool_all_fresh(p);
    if (PK__POOL_FORM(p) == PK__POOL_LOCK_FREE) high = PK__POOL_FRESH(p);
#endif
    PK__CRITICAL_EXIT(state);
    return high;
}
PK_API uint32_t pk_pool_capacity(const pk_pool *p) {
    uint32_t capacity;
    pk__pool_lock(p);
    capacity = pk__pool_all_capacity(p);
    pk__pool_unlock(p);
    return capacity;
}
PK_API uint32_t pk_pool_high_water(const pk_pool *p) {
    uint32_t high;
    pk__pool_lock(p);
    high = pk__pool_high(p);
    pk__pool_unlock(p);
    return high;
}
PK_API uint32_t pk_pool_index_of(const pk_pool *p, const void *object) {
    pk__pool_index i = 0;
    pk_pool *core;
    uint32_t index;
    pk__pool_lock(p);
    core = pk__pool_find(pk__pool_mutable(p), object, &i);
    index = core ? pk__pool_first_of(p, core) + i : PK_POOL_NO_INDEX;
    pk__pool_unlock(p);
    return index;
}
PK_API void *pk_pool_at(const pk_pool *p, uint32_t index) {
    pk_pool *core;
    void *object;
    pk__pool_lock(p);
    core = pk__pool_core_at(pk__pool_mutable(p), &index);
    object = core ? core->objects + (size_t)index * p->stride : NULL;
    pk__pool_unlock(p);
    return object;
}
PK_API bool pk_pool_owns(const pk_pool *p, const void *object) {
    pk__pool_index i = 0;
    pk_pool *core;
    bool out;
    pk__pool_lock(p);
    core = pk__pool_find(pk__pool_mutable(p), object, &i);
    out = core && (!PK__POOL_CHECKS(core) || pk__pool_is_out(core, i));
    pk__pool_unlock(p);
    return out;
}

/* The object that is out with the lowest index from *local on; NULL: none. */
static void *pk__pool_next_in(const pk_pool *core, uint32_t *local) {
    for (; *local < PK__POOL_FRESH(core); ++*local) {
        pk__pool_index i = (pk__pool_index)*local;
#if !PK__POOL_LINKED
        if (!PK__POOL_HAS_BYTES(core) && core->live[i >> 5] == 0 && core->generations == NULL) {
            *local |= 31; /* none of these */
            continue;
        }
#endif
        if (pk__pool_is_out(core, i)) return core->objects + (size_t)i * core->stride;
    }
    return NULL;
}
PK_API void *pk_pool_next(const pk_pool *p, uint32_t *cursor) {
    const pk_pool *core = p;
    void *object = NULL;
    uint32_t first = 0, local;
    pk__pool_lock(p);
    if (p->objects == NULL || !PK__POOL_CHECKS(p)) core = NULL;
    while (core) {
        local = *cursor > first ? *cursor - first : 0;
        object = pk__pool_next_in(core, &local);
        if (object) {
            *cursor = first + local + 1;
            break;
        }
        if (*cursor < first + core->capacity) *cursor = first + core->capacity;
        core = NULL;
#if PERFKIT_POOL_GROW
        {
            const pk__pool_chunk *chunk; /* the chunk that begins or continues at the cursor, or else follows it */
            for (chunk = PK__POOL_CHUNKS(p); chunk && chunk->first + chunk->core.capacity > *cursor; chunk = chunk->next) {
                core = &chunk->core;
                first = chunk->first;
            }
        }
#endif
    }
    pk__pool_unlock(p);
    return object;
}

PK_API void pk_pool_get_stats(const pk_pool *p, pk_pool_stats *stats) {
    const pk__pool_chunk *chunk;
    PERFKIT_ASSERT(p != NULL && stats != NULL);
    memset(stats, 0, sizeof *stats);
    pk__pool_lock(p); /* once: all is of one moment */
    stats->capacity = pk__pool_all_capacity(p);
    stats->high_water = pk__pool_high(p);
    {
        PK__CRITICAL_ENTER(state);
        stats->exhausted = PK__POOL_FAILED(p, 0);
        stats->misused = PK__POOL_FAILED(p, 1);
        stats->retired = p->retired;
        PK__CRITICAL_EXIT(state);
    }
    stats->active = pk__pool_out(p);
    for (chunk = PK__POOL_CHUNKS(p); chunk; chunk = chunk->next) stats->retired += chunk->core.retired;
    if (PERFKIT_POOL_GROW && p->flags & PK__POOL_GROWS) {
        stats->no_memory = PK__POOL_MORE(p)->no_memory;
        stats->create_failed = PK__POOL_MORE(p)->create_failed;
    }
    pk__pool_unlock(p);
    stats->name = p->label;
    stats->max_capacity = pk__pool_max_capacity(p);
    stats->idle = stats->capacity - stats->active - stats->retired;
    if (stats->max_capacity > 0) {
        uint32_t active = stats->active, max = stats->max_capacity;
        for (; max > 400000u; max >>= 1) active >>= 1; /* the product below fits */
        stats->utilization = (int32_t)(active * 10000u / max);
    }
}

/* ---- Making and unmaking ---- */

static size_t pk__pool_width_for(uint32_t capacity) {
    (void)capacity;
    return PK__POOL_WIDTH(capacity);
}

enum { /* arrays beside the objects */
    PK__POOL_WITH_HANDLES = 1,
    PK__POOL_WITH_BITS = 2,
    PK__POOL_WITH_BYTES = 4,
    PK__POOL_WITHOUT_INDICES = 8,
    PK__POOL_WITH_LINKS = 16, /* instead of indices, of 4 bytes each */
    PK__POOL_ON_LINES = 32    /* the marks */
};

/* Bytes for the arrays of so many objects, slack included; 0: more than there can be. */
static size_t pk__pool_array_bytes(size_t stride, size_t align, uint32_t capacity, unsigned arrays) {
    size_t width = pk__pool_width_for(capacity), bytes, beside;
    size_t n = (size_t)capacity;
    if ((size_t)(n * 16) / 16 != capacity) return 0;
    beside = PK__POOL_LINKED * width + n * (width + (arrays & PK__POOL_WITH_HANDLES ? PK__POOL_WORD_BYTES(width) : 0)) +
             3 * PK__POOL_ARRAY_ALIGN;
#if PK__POOL_FORMS
    if (arrays & PK__POOL_WITH_LINKS) beside += n * (4 - width);
    if (arrays & PK__POOL_WITHOUT_INDICES) beside -= n * width;
    if (arrays & PK__POOL_ON_LINES) beside += PK__POOL_LINE;
#endif
#if !PK__POOL_LINKED
    if (arrays & PK__POOL_WITH_BYTES)
        beside += (n + 3) / 4 * 4;
    else if (arrays & PK__POOL_WITH_BITS)
        beside += PK__POOL_BIT_WORDS(n) * 4;
#endif
    if (!pk__mul_fits(stride, n, &bytes) || !pk__add_fits(bytes, beside, &bytes)) return 0;
    return pk__add_fits(bytes, align > PK__POOL_ALIGN ? align : PK__POOL_ALIGN, &bytes) ? bytes : 0;
}

/* Give a core, whose sizes are set, its arrays in this memory. */
static void pk__pool_lay(pk_pool *core, void *memory, size_t align, size_t capacity, unsigned arrays) {
    unsigned char *at = (unsigned char *)pk__align_pointer(memory, align);
    (void)arrays; /* a tiny pool has no more than indices */
    core->capacity = (pk__pool_index)capacity;
    core->width = (uint8_t)pk__pool_width_for((uint32_t)capacity);
    core->objects = at;
    at = (unsigned char *)pk__align_pointer(at + capacity * core->stride, PK__POOL_ARRAY_ALIGN);
    core->indices = at;
#if PK__POOL_LINKED
    memset(at, 0, (capacity + 1) * core->width);
#endif
#if PK__POOL_FORMS
    if (arrays & PK__POOL_WITH_LINKS) {
        core->width = 4;
        memset(at, 0, capacity * 4);
    }
    if (arrays & PK__POOL_WITHOUT_INDICES)
        core->indices = NULL;
    else
#endif
        at += (capacity + PK__POOL_LINKED) * core->width;
#if PERFKIT_POOL_HANDLES
    if (arrays & PK__POOL_WITH_HANDLES) {
        at = (unsigned char *)pk__align_pointer(at, PK__POOL_ARRAY_ALIGN);
        core->generations = at;
        memset(at, 0, capacity * PK__POOL_WORD_BYTES(core->width));
        at += capacity * PK__POOL_WORD_BYTES(core->width);
    }
#endif
#if !PK__POOL_LINKED
    if (arrays & (PK__POOL_WITH_BITS | PK__POOL_WITH_BYTES)) {
        at = (unsigned char *)pk__align_pointer(at, arrays & PK__POOL_ON_LINES ? PK__POOL_LINE : PK__POOL_ARRAY_ALIGN);
        core->live = (uint32_t *)(void *)at;
        memset(at, 0, arrays & PK__POOL_WITH_BYTES ? capacity : PK__POOL_BIT_WORDS(capacity) * 4);
    }
#endif
#if PK__POOL_GUARDED
    if (!(core->flags & PK__POOL_NO_TOUCH))
        for (; capacity > 0; capacity--) pk__pool_poison(core->objects + (capacity - 1) * core->stride, core->stride, true);
#endif
}
static void pk__pool_unpoison(const pk_pool *core) { /* the memory goes back to its owner */
#if PK__POOL_GUARDED
    if (core->objects) PK__POOL_OPEN(core->objects, core->capacity * core->stride);
#else
    (void)core;
#endif
}

/* A description with its defaults resolved. */
typedef struct pk__pool_plan {
    size_t stride, align, bytes; /* bytes: of the first block */
    uint32_t capacity, max_capacity;
    uint8_t flags, name_bits;
    uint8_t form;
    uint8_t arrays; /* PK__POOL_WITH_… */
    bool more; /* there has to be a pk__pool_more at the start of the first block */
    bool makes; /* objects are made, or reset, when they are first handed out */
} pk__pool_plan;

#define PK__POOL_MORE_BYTES ((sizeof(pk__pool_more) + PK__POOL_ALIGN - 1) / PK__POOL_ALIGN * PK__POOL_ALIGN)

#if PK__POOL_FORMS
/* Pools of every form but the plain index stack pass as pools that grow, so that the quick ways leave them alone. */
static void pk__pool_plan_form(const pk_pool_desc *desc, pk__pool_plan *plan, bool checked) {
    unsigned flags = plan->flags, arrays = plan->arrays;
    if (desc->intrusive || desc->lock_free || plan->makes) flags |= PK__POOL_GROWS;
    if (desc->intrusive) {
        plan->form = PK__POOL_INTRUSIVE;
        arrays |= PK__POOL_WITHOUT_INDICES;
        if (!checked && !desc->threads && !desc->reset) flags |= PK__POOL_LIST;
    } else if (desc->lock_free) {
        plan->form = PK__POOL_LOCK_FREE;
        flags &= (unsigned)~PK__POOL_LOCKED;
        arrays |= PK__POOL_WITH_LINKS | PK__POOL_WITH_BYTES;
    } else if (plan->makes || (PERFKIT_POOL_CACHES && desc->threads && checked))
        arrays |= PK__POOL_WITH_BYTES;
    if (arrays & PK__POOL_WITH_BYTES && (desc->threads || desc->lock_free)) arrays |= PK__POOL_ON_LINES;
    plan->flags = (uint8_t)flags;
    plan->arrays = (uint8_t)arrays;
}
#endif
#define PK__POOL_CAN_RACE (PK__POOL_FORMS && PERFKIT_ATOMICS && PERFKIT_THREADS)

static pk_status pk__pool_plan_of(const pk_pool_desc *desc, pk__pool_plan *plan) {
    uint32_t most = PK__POOL_MOST;
    bool source, grows, makes, checked;
    memset(plan, 0, sizeof *plan);
    if (desc == NULL || desc->object_size == 0 || (desc->align & (desc->align - 1)) != 0) return PK_INVALID;
    if (desc->check > PK_POOL_RACEPROOF) return PK_INVALID;
    if (desc->check == PK_POOL_RACEPROOF && !desc->threads && !desc->lock_free) return PK_INVALID;
    makes = desc->init != NULL || desc->fini != NULL;
    if (desc->intrusive && (desc->handles || makes || desc->no_touch || desc->lock_free)) return PK_INVALID;
    if (desc->lock_free && (desc->handles || makes || desc->capacity == 0 || desc->max_capacity > desc->capacity))
        return PK_INVALID;
    if ((desc->check == PK_POOL_RACEPROOF && !PK__POOL_CAN_RACE) || (desc->lock_free && !PK__POOL_CAN_LOCK_FREE) ||
        (makes && !PERFKIT_POOL_INIT) || (desc->intrusive && !(PERFKIT_POOL_INTRUSIVE && PK__POOL_FORMS)))
        return PK_UNSUPPORTED;
    if ((desc->check == PK_POOL_UNCHECKED && !PERFKIT_POOL_UNCHECKED) || (desc->handles && !PERFKIT_POOL_HANDLES) ||
        (desc->threads && !PERFKIT_THREADS) || (desc->max_capacity > desc->capacity && !PERFKIT_POOL_GROW))
        return PK_UNSUPPORTED;

#if PERFKIT_POOL_HANDLE_BITS < 64 /* a quarter of the handle, at least, is for the generation */
    if (desc->handles && most > ((uint32_t)1 << (PERFKIT_POOL_HANDLE_BITS - PERFKIT_POOL_HANDLE_BITS / 4)) - 1)
        most = ((uint32_t)1 << (PERFKIT_POOL_HANDLE_BITS - PERFKIT_POOL_HANDLE_BITS / 4)) - 1;
#endif
    plan->capacity = desc->capacity;
    plan->max_capacity = desc->max_capacity ? desc->max_capacity : desc->capacity;
#if PERFKIT_POOL_GROW
    if (desc->capacity == 0) {
        plan->max_capacity = desc->max_capacity ? desc->max_capacity : most;
        plan->capacity = plan->max_capacity < 64 ? plan->max_capacity : 64;
    }
#endif
    if (plan->capacity == 0 || plan->max_capacity < plan->capacity || plan->max_capacity > most) return PK_INVALID;
    grows = plan->max_capacity > plan->capacity;
    source = PERFKIT_HEAP || (desc->allocator && desc->allocator->alloc_fn);
    if (!source && (grows || desc->memory == NULL)) return PK_NO_MEMORY;

    plan->align = desc->align;
    if (plan->align == 0) {
        plan->align = PK__POOL_LOW(desc->object_size);
        if (plan->align > PK__POOL_ALIGN) plan->align = PK__POOL_ALIGN;
    }
    plan->stride = (desc->object_size + (plan->align - 1)) & ~(plan->align - 1);
#if PK__POOL_FORMS
    if (desc->intrusive && plan->align < sizeof(void *)) { /* for the links */
        plan->align = sizeof(void *);
        plan->stride = PK__ALIGN_UP(desc->object_size, sizeof(void *));
    }
#endif
    if (plan->stride < desc->object_size) return PK_NO_MEMORY;
    plan->name_bits = (uint8_t)PK__POOL_NAME_BITS(plan->max_capacity);
    checked = desc->check != PK_POOL_UNCHECKED;
    plan->arrays = (uint8_t)((desc->handles ? PK__POOL_WITH_HANDLES : 0) | (checked ? PK__POOL_WITH_BITS : 0));
    plan->flags = (uint8_t)((desc->threads ? PK__POOL_LOCKED : 0) | (grows ? PK__POOL_GROWS : 0) |
                            (desc->retire || PERFKIT_POOL_HANDLE_BITS == 64 ? PK__POOL_RETIRES : 0) |
                            (desc->memory ? 0 : PK__POOL_OWNED) | (desc->no_touch ? PK__POOL_NO_TOUCH : 0));
#if PK__POOL_FORMS
    plan->makes = makes || (PERFKIT_POOL_INIT && desc->reset && grows && !desc->intrusive);
    pk__pool_plan_form(desc, plan, checked);
#endif
#if !PK__POOL_LINKED
    if (checked && !(plan->flags & PK__POOL_GROWS) && PK__POOL_WIDTH(plan->capacity) < 4) plan->arrays |= PK__POOL_WITH_BYTES;
    if (plan->arrays & PK__POOL_WITH_BYTES) plan->flags |= PK__POOL_BYTES;
#endif
    plan->more = (plan->flags & (PK__POOL_LOCKED | PK__POOL_GROWS | PK__POOL_OWNED)) != 0;
    plan->bytes = pk__pool_array_bytes(plan->stride, plan->align, plan->capacity, plan->arrays);
    if (plan->bytes == 0) return PK_NO_MEMORY;
    if (plan->form == PK__POOL_LOCK_FREE && !pk__add_fits(plan->bytes, 2 * PK__POOL_LINE, &plan->bytes)) return PK_NO_MEMORY;
    if (plan->more && !pk__add_fits(plan->bytes, PK__POOL_MORE_BYTES + PK__POOL_ALIGN, &plan->bytes)) return PK_NO_MEMORY;
    return PK_OK;
}

PK_API size_t pk_pool_memory_needed(const pk_pool_desc *desc) {
    pk__pool_plan plan;
    pk_pool_desc with_memory;
    if (desc == NULL) return 0;
    with_memory = *desc; /* the question is what it takes to give it some */
    if (with_memory.memory == NULL) with_memory.memory = &with_memory;
    return pk__pool_plan_of(&with_memory, &plan) == PK_OK ? plan.bytes : 0;
}

/* A pool that refuses everything. */
static void pk__pool_make_closed(pk_pool *p) {
    memset(p, 0, sizeof *p);
#if PK__POOL_LINKED
    {
        static const union { uint8_t u8; uint16_t u16; uint32_t u32; } none = {0}; /* only read: there is nothing to take */
        p->indices = (void *)(uintptr_t)&none;
    }
#endif
    p->slow = PK__POOL_STATIC_SLOW;
}

/* Fill the block's start with what a pool with a lock or an allocator has beside; what is left is for the arrays. NULL: no
   lock. */
static void *pk__pool_make_more(pk_pool *p, void *block, const pk__pool_plan *plan, const pk_allocator *allocator) {
    pk__pool_more *more = (pk__pool_more *)pk__align_pointer(block, PK__POOL_ALIGN);
    memset(more, 0, sizeof *more);
    if ((plan->flags & PK__POOL_LOCKED || plan->form == PK__POOL_LOCK_FREE) && !pk__pool_watch_forks()) return NULL;
    if (plan->flags & PK__POOL_LOCKED && !pk__mutex_init(&more->mutex)) return NULL;
    more->forks = PK__POOL_FORKS_NOW();
    more->allocator = *allocator;
    more->block = block;
    more->bytes = plan->bytes;
    more->align = plan->align;
    more->max_capacity = plan->max_capacity;
    more->form = plan->form;
    more->arrays = plan->arrays;
    p->more = more;
    if (plan->form == PK__POOL_LOCK_FREE) { /* what all threads write to has a line of its own */
        more->head = (uint64_t *)pk__align_pointer((unsigned char *)more + PK__POOL_MORE_BYTES, PK__POOL_LINE);
        *more->head = 0;
        return more->head + PK__POOL_LINE / sizeof *more->head;
    }
    return (unsigned char *)more + PK__POOL_MORE_BYTES;
}

PK_API pk_status pk__pool_init(pk_pool *p, size_t size, uint32_t config, const pk_pool_desc *desc) {
    pk__pool_plan plan;
    pk_allocator allocator;
    pk_status status;
    size_t odd, inverse;
    void *block, *arrays;
    unsigned i;
    PERFKIT_ASSERT(p != NULL);
    if (size != sizeof(pk_pool) || config != PK__POOL_CONFIG_WORD) return PK_INVALID;
    pk__pool_make_closed(p);
    status = pk__pool_plan_of(desc, &plan);
    if (status != PK_OK) return status;

    memset(&allocator, 0, sizeof allocator);
    if (desc->allocator) allocator = *desc->allocator;
    block = desc->memory;
    if (block == NULL)
        block = pk__alloc(&allocator, plan.bytes, plan.align > PK__POOL_ALIGN ? plan.align : PK__POOL_ALIGN);
    else if (desc->memory_size < plan.bytes)
        block = NULL;
    if (block == NULL) return PK_NO_MEMORY;
#if PK__POOL_GUARDED
    PK__POOL_OPEN(block, plan.bytes); /* where an earlier pool was abandoned without being closed */
#endif
    arrays = plan.more ? pk__pool_make_more(p, block, &plan, &allocator) : block;
    if (arrays == NULL) {
        if (plan.flags & PK__POOL_OWNED) pk__free(&allocator, block, plan.bytes);
        return PK_NO_MEMORY;
    }

    p->stride = plan.stride;
    for (odd = plan.stride; !(odd & 1); odd >>= 1) p->shift++;
    for (inverse = odd * 3 ^ 2, i = 5; i < 8 * sizeof inverse; i *= 2) inverse *= 2 - odd * inverse; /* as PK__POOL_INVERSE */
    p->inverse = inverse;
    p->flags = plan.flags;
    p->name_bits = plan.name_bits;
    if (desc->handles) p->names = PK__POOL_NAMES(plan.name_bits);
    pk__pool_lay(p, arrays, plan.align, (size_t)plan.capacity, plan.arrays);
    p->reset = desc->reset;
    p->label = desc->name;
    if (plan.flags & (PK__POOL_LOCKED | PK__POOL_GROWS) || desc->reset ||
        (desc->handles && desc->retire && PERFKIT_POOL_HANDLE_BITS < 64))
        p->slow = PK__POOL_SLOW_OF(plan.form);
    else
        p->quick = p->capacity;
#if PK__POOL_FORMS
    if (plan.more) {
        PK__POOL_MORE(p)->raceproof = desc->check == PK_POOL_RACEPROOF || desc->lock_free;
        PK__POOL_MORE(p)->makes = plan.makes;
        PK__POOL_MORE(p)->init = desc->init;
        PK__POOL_MORE(p)->fini = desc->fini;
    }
#endif
    pk_pool_set_on_event(p, desc->on_event, desc->user);
    if (desc->reset && !plan.makes && !desc->intrusive && !desc->lock_free) {
        pk__pool_index at;
        for (at = 0; at < p->capacity; at++) {
            pk__pool_expose(p, p->objects + at * p->stride);
            desc->reset(p->objects + at * p->stride, desc->user);
            pk__pool_veil(p, p->objects + at * p->stride);
        }
    }
    return PK_OK;
}

#if PERFKIT_POOL_GROW
/* The next chunk doubles the pool. After a trim, the smallest one that is missing comes first. */
static PK__COLD pk_pool *pk__pool_grow(pk_pool *p, pk_status *status) {
    pk__pool_more *more = PK__POOL_MORE(p);
    pk__pool_chunk *chunk, **link;
    uint32_t first = p->capacity, capacity;
    size_t bytes;
    void *block;
    link = &more->chunks; /* from the largest to the smallest: find the lowest gap */
    for (;;) {
        for (link = &more->chunks; *link && (*link)->first > first; link = &(*link)->next) {}
        if (*link == NULL || (*link)->first != first) break;
        if (first > more->max_capacity / 2) return NULL; /* that was the last slot */
        first *= 2;
    }
    if (first >= more->max_capacity) return NULL;
    capacity = more->max_capacity - first < first ? more->max_capacity - first : first;

    *status = PK_NO_MEMORY;
    bytes = pk__pool_array_bytes(p->stride, more->align, capacity, more->arrays);
    if (bytes == 0 || !pk__add_fits(bytes, PK__ALIGN_UP(sizeof *chunk, PK__POOL_ALIGN) + PK__POOL_ALIGN, &bytes)) return NULL;
    block = pk__alloc(&more->allocator, bytes, more->align > PK__POOL_ALIGN ? more->align : PK__POOL_ALIGN);
    if (block == NULL) return NULL;
    chunk = (pk__pool_chunk *)pk__align_pointer(block, PK__POOL_ALIGN);
    memset(chunk, 0, sizeof *chunk);
    chunk->core.stride = p->stride;
    chunk->core.flags = p->flags & (PK__POOL_NO_TOUCH | PK__POOL_BYTES);
    chunk->core.name_bits = p->name_bits;
    chunk->core.names = p->names;
    pk__pool_lay(&chunk->core, (unsigned char *)chunk + PK__ALIGN_UP(sizeof *chunk, PK__POOL_ALIGN), more->align, (size_t)capacity,
                 more->arrays);
#if PERFKIT_POOL_HANDLES
    if (p->generations && more->generation != 0) {
        pk__pool_index i;
        for (i = 0; i < capacity; i++) pk__pool_set_word(&chunk->core, i, (pk_handle)more->generation);
    }
#endif
    chunk->block = block;
    chunk->bytes = bytes;
    chunk->span = (size_t)capacity * p->stride;
    chunk->first = first;
    chunk->next = *link;
    PK__POOL_PUBLISH(link, chunk);
    more->current = chunk;
    return &chunk->core;
}

/* Under the lock; pk__pool_free_chunk then not. */
static PK__COLD pk__pool_chunk *pk__pool_unlink_chunk(pk_pool *p, pk__pool_chunk **link) {
    pk__pool_more *more = PK__POOL_MORE(p);
    pk__pool_chunk *chunk = *link;
#if PERFKIT_POOL_HANDLES
    pk__pool_index i;
    if (p->generations)
        for (i = 0; i < chunk->core.fresh; i++) /* even: all are free */
            if (pk__pool_word(&chunk->core, i, 0) > more->generation) more->generation = pk__pool_word(&chunk->core, i, 0);
#endif
    *link = chunk->next;
    more->current = NULL;
    return chunk;
}
static PK__COLD void pk__pool_free_chunk(pk_pool *p, pk__pool_chunk *chunk) {
#if PERFKIT_POOL_INIT
    pk__pool_unmake(p, &chunk->core);
#endif
    pk__pool_unpoison(&chunk->core);
    pk__free(&PK__POOL_MORE(p)->allocator, chunk->block, chunk->bytes);
}
/* A chunk that may go; NULL: none. */
static pk__pool_chunk *pk__pool_empty_chunk(pk_pool *p) {
    pk__pool_chunk **link, *chunk = NULL;
    if (!(p->flags & PK__POOL_GROWS) || PK__POOL_FORM(p) != PK__POOL_STACK || pk__pool_forked(p)) return NULL;
    pk__pool_lock(p);
#if PERFKIT_POOL_CACHES
    if (PK__POOL_MORE(p)->caches) { /* which look for chunks without the lock */
        pk__pool_unlock(p);
        return NULL;
    }
#endif
    for (link = &PK__POOL_MORE(p)->chunks; *link; link = &(*link)->next) {
        if ((*link)->out != 0 || (*link)->core.retired != 0) continue;
        chunk = pk__pool_unlink_chunk(p, link);
        break;
    }
    pk__pool_unlock(p);
    return chunk;
}
#endif

PK_API size_t pk_pool_trim(pk_pool *p) {
    size_t freed = 0;
#if PERFKIT_POOL_GROW
    pk__pool_chunk *chunk;
    PERFKIT_ASSERT(p != NULL);
    while ((chunk = pk__pool_empty_chunk(p)) != NULL) {
        freed += chunk->bytes;
        pk__pool_free_chunk(p, chunk);
    }
#else
    (void)p;
#endif
    return freed;
}

#if PERFKIT_THREADS
/* All objects of a core are free again, whatever a thread was about to do to it. */
static void pk__pool_discard(pk_pool *p, pk_pool *core) {
    pk__pool_index i = core->fresh;
#if PERFKIT_POOL_HANDLES
    bool retired = core->retired != 0;
#endif
    core->retired = 0;
#if PK__POOL_LINKED
    memset(core->indices, 0, ((size_t)core->capacity + 1) * core->width);
#else
    core->free_count = 0;
    if (core->live) memset(core->live, 0, PK__POOL_HAS_BYTES(core) ? core->capacity : PK__POOL_BIT_WORDS(core->capacity) * 4);
    if (PK__POOL_FORM(p) == PK__POOL_LOCK_FREE) memset(core->indices, 0, (size_t)core->capacity * 4);
    if (PK__POOL_FORM(p) != PK__POOL_STACK) core->fresh = 0;
#endif
    while (i-- > 0) {
        pk__pool_veil(p, core->objects + i * core->stride);
        if (PK__POOL_FORM(p) != PK__POOL_STACK) continue;
#if PERFKIT_POOL_HANDLES
        if (core->generations) {
            pk_handle word = pk__pool_word(core, i, 1);
            if (word & core->names) pk__pool_set_word(core, i, word = PK__POOL_NEXT_WORD(core, word));
            if (word == 0 && retired) { /* as far as one can tell */
                core->retired++;
                continue;
            }
        }
#endif
        pk__pool_push(core, i, core->width);
    }
}
PK_API pk_status pk_pool_after_fork(pk_pool *p) {
    pk__pool_more *more = PK__POOL_MORE(p);
    pk__pool_chunk *chunk;
    PERFKIT_ASSERT(p != NULL);
    if (!pk__pool_forked(p)) return PK_OK;
    if (p->flags & PK__POOL_LOCKED && !pk__mutex_init(&more->mutex)) return PK_NO_MEMORY;
#if PERFKIT_POOL_CACHES
    while (more->caches) {
        pk_pool_cache *cache = more->caches;
        more->caches = cache->next;
        memset(cache, 0, offsetof(pk_pool_cache, slots));
    }
#endif
    pk__pool_discard(p, p);
    for (chunk = PK__POOL_CHUNKS(p); chunk; chunk = chunk->next) {
        pk__pool_discard(p, &chunk->core);
        chunk->out = 0;
    }
    if (PK__POOL_FORM(p) == PK__POOL_INTRUSIVE) p->indices = NULL;
    if (more->head) *more->head = 0;
    more->active = 0;
    more->current = NULL;
    more->forks = PK__POOL_FORKS_NOW();
    return PK_OK;
}
#endif

PK_API pk_status pk_pool_close(pk_pool *p) {
    pk__pool_more *more;
    PERFKIT_ASSERT(p != NULL);
    if (pk__pool_forked(p)) return PK_FORKED;
    if (pk_pool_count(p) != 0) return PK_BUSY;
    if (p->flags & PK__POOL_STATIC) return PK_OK;
    more = PK__POOL_MORE(p);
#if PERFKIT_POOL_CACHES
    if (!pk__pool_detach(p)) return PK_BUSY;
#endif
#if PERFKIT_POOL_GROW
    if (p->flags & PK__POOL_GROWS)
        while (more->chunks) pk__pool_free_chunk(p, pk__pool_unlink_chunk(p, &more->chunks));
#endif
#if PERFKIT_POOL_INIT
    pk__pool_unmake(p, p);
#endif
    pk__pool_unpoison(p);
    if (p->flags & PK__POOL_LOCKED) pk__mutex_destroy(&more->mutex);
    if (p->flags & PK__POOL_OWNED) {
        pk_allocator allocator;
        allocator = more->allocator;
        pk__free(&allocator, more->block, more->bytes);
    }
    pk__pool_make_closed(p);
    return PK_OK;
}

/* ==== Resources, gates and budgets ==== */

#if PERFKIT_POOL_RESOURCES || PERFKIT_POOL_GATE

/* ---- The queue of those that wait, first come first in it. Under its lock, all of it.

   Who waits stays in its place until it has what it came for, or gives up. There are two ways to get it. The owner gives it to
   the first one (pk__waitq_serve), or lays it open, where anybody may take it, and tells somebody to look again
   (pk__waitq_wake): that is `awake` until it has looked. Where n could find something the first n are awake, whoever else is:
   the others may find that it is not their turn. Who leaves the queue has the owner count again. So no wake-up is lost:
   tests/spin/waiters.pml. ---- */

typedef struct pk__waiter {
    struct pk__waiter *next;
    uint64_t since; /* pk__waitq_moment */
    size_t want;    /* of a gate: how much */
    uint32_t given; /* it was served, with this */
    bool awake;
    pk_cond changed;
} pk__waiter;

#if PERFKIT_HOSTED && !defined PERFKIT_TICKS
#define PK__WAITQ_MICROSECONDS 1
#else
#define PK__WAITQ_MICROSECONDS 0
#endif
#if PERFKIT_THREADS && defined PK__HAS_COND
#define PK__WAITQ_WAITS 1
#else
#define PK__WAITQ_WAITS 0
#endif

static void pk__waitq_lock(const pk__waitq *q) {
    if (q->threads) pk__mutex_lock((pk_mutex *)(uintptr_t)&q->mutex);
}
static void pk__waitq_unlock(const pk__waitq *q) {
    if (q->threads) pk__mutex_unlock((pk_mutex *)(uintptr_t)&q->mutex);
}
static pk_status pk__waitq_init(pk__waitq *q, bool threads, uint32_t wait_ms, uint32_t barge_us, pk_clock_fn clock, void *user) {
    memset(q, 0, sizeof *q);
    if (threads && !PERFKIT_THREADS) return PK_UNSUPPORTED;
    if (threads && clock == NULL && !PK__HAS_CLOCK) return PK_UNSUPPORTED;
    if (!pk__pool_watch_forks() || (threads && !pk__mutex_init(&q->mutex))) return PK_NO_MEMORY;
    q->forks = PK__POOL_FORKS_NOW();
    q->threads = threads;
    q->wait_ms = wait_ms ? wait_ms : 30000u;
    q->barge_us = barge_us ? barge_us : 500u;
    q->clock = clock;
    q->clock_user = user;
    return PK_OK;
}
PK__INLINE bool pk__waitq_forked(const pk__waitq *q) { return PK__UNLIKELY(q->forks != PK__POOL_FORKS_NOW()); }
PK__INLINE pk_time pk__waitq_now(const pk__waitq *q) { return q->clock ? q->clock(q->clock_user) : pk__now_ms(NULL); }
PK__INLINE pk_time pk__pool_elapsed(pk_time from, pk_time to) { /* 0 where the clock went backwards */
    return pk__time_reached(to, from) ? (pk_time)(to - from) : 0;
}

#if PK__WAITQ_WAITS
/* A moment, for the microseconds between two. */
static uint64_t pk__waitq_moment(const pk__waitq *q) {
    return PK__WAITQ_MICROSECONDS && q->clock == NULL ? (uint64_t)pk__ticks_now() / 1000u : pk__waitq_now(q);
}
static uint64_t pk__waitq_us(const pk__waitq *q, uint64_t from) {
    uint64_t to = pk__waitq_moment(q);
    if (PK__WAITQ_MICROSECONDS && q->clock == NULL) return to > from ? to - from : 0;
    return (uint64_t)pk__pool_elapsed((pk_time)from, (pk_time)to) * 1000u;
}
/* Whether moment b is later than a; those of a pk_clock_fn may wrap. */
static bool pk__waitq_later(const pk__waitq *q, uint64_t a, uint64_t b) {
    return PK__WAITQ_MICROSECONDS && q->clock == NULL ? b > a : a != b && pk__time_reached((pk_time)b, (pk_time)a);
}
/* `since`: when it came; who is back, as what it got was no good, takes its place again. */
static bool pk__waitq_join(pk__waitq *q, pk__waiter *self, size_t want, uint64_t since, bool back) {
    pk__waiter **link = q->last && !back ? &q->last->next : &q->first;
    memset(self, 0, sizeof *self);
    if (!pk__cond_init(&self->changed)) return false;
    self->since = since;
    self->want = want;
    while (*link && !pk__waitq_later(q, since, (*link)->since)) link = &(*link)->next;
    self->next = *link;
    *link = self;
    if (self->next == NULL) q->last = self;
    q->waiting++;
    return true;
}
static void pk__waitq_remove(pk__waitq *q, pk__waiter *self) {
    pk__waiter **link = &q->first, *before = NULL;
    while (*link != self) {
        before = *link;
        link = &before->next;
    }
    *link = self->next;
    if (q->last == self) q->last = before;
    q->waiting--;
}
/* Out of the queue, in whatever way. */
static void pk__waitq_leave(pk__waitq *q, pk__waiter *self) {
    if (!self->given) pk__waitq_remove(q, self);
    pk__cond_destroy(&self->changed);
}
/* Until somebody serves or wakes it, or ms passed: then false. */
static bool pk__waitq_sleep(pk__waitq *q, pk__waiter *self, uint32_t ms) {
    bool told = pk__cond_wait(&self->changed, &q->mutex, ms);
    if (self->awake || self->given) told = true;
    self->awake = false;
    return told;
}
static void pk__waitq_serve(pk__waitq *q, pk__waiter *first, uint32_t given) {
    pk__waitq_remove(q, first);
    first->given = given;
    pk__cond_signal(&first->changed);
}
/* Have the first n look again. */
static void pk__waitq_wake(pk__waitq *q, uint32_t n) {
    pk__waiter *w = q->first;
    for (; w && n > 0; w = w->next, n--) {
        if (w->awake) continue;
        w->awake = true;
        pk__cond_signal(&w->changed);
    }
}
/* The first one, where it is its turn; NULL: whoever comes may take what is there. */
static pk__waiter *pk__waitq_overdue(const pk__waitq *q) {
    if (q->first == NULL || q->barge_us == PK_RESPOOL_UNFAIR) return NULL;
    return q->barge_us == PK_RESPOOL_STRICT || pk__waitq_us(q, q->first->since) >= q->barge_us ? q->first : NULL;
}
#endif
#endif

#if PERFKIT_POOL_RESOURCES

/* ---- The stack of what is idle. One word says all of it: the slot that is lent next, how many are idle, and how many are made.
   Slots link to the one below. A number that changes with each operation keeps a slow thread from taking the same word for the
   same stack (Treiber, 1986; the counted pointer of the IBM System/370). What is lent is what is made and not idle, so there is
   nothing to keep in step.

   Taking and laying back are one compare-and-swap, without the lock, unless the word says otherwise. WAITED: laying back goes by
   the queue. FROZEN: somebody with the lock takes one from the middle. STOPPED: nothing is lent. Where the target has no such
   operation on 64 bits, or nothing to compare with, the lock is around all of it. ---- */

#if PERFKIT_ATOMICS && UINTPTR_MAX > 0xFFFFFFFFu
#define PK__RESPOOL_QUICK 1
#else
#define PK__RESPOOL_QUICK 0
#endif
#if PK__RESPOOL_QUICK && defined _MSC_VER && !defined __clang__
#define PK__RESPOOL_LOAD(x) (x) /* volatile: acquires */
#define PK__RESPOOL_STORE(x, value) ((x) = (value))
PK__INLINE bool pk__respool_cas(volatile uint64_t *word, uint64_t *was, uint64_t now) {
    uint64_t found = (uint64_t)_InterlockedCompareExchange64((volatile long long *)word, (long long)now, (long long)*was);
    bool same = found == *was;
    *was = found;
    return same;
}
#elif PK__RESPOOL_QUICK
#define PK__RESPOOL_LOAD(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define PK__RESPOOL_STORE(x, value) __atomic_store_n(&(x), value, __ATOMIC_RELAXED)
PK__INLINE bool pk__respool_cas(volatile uint64_t *word, uint64_t *was, uint64_t now) {
    return __atomic_compare_exchange_n(word, was, now, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
#else
#define PK__RESPOOL_LOAD(x) (x)
#define PK__RESPOOL_STORE(x, value) ((x) = (value))
PK__INLINE bool pk__respool_cas(volatile uint64_t *word, uint64_t *was, uint64_t now) {
    (void)was;
    *word = now;
    return true;
}
#endif

#define PK__RESPOOL_MOST 2047u
#define PK__RESPOOL_HEAD(w) ((uint32_t)(w) & PK__RESPOOL_MOST) /* slot + 1; 0: none */
#define PK__RESPOOL_IDLE(w) ((uint32_t)((w) >> 11) & PK__RESPOOL_MOST)
#define PK__RESPOOL_MADE(w) ((uint32_t)((w) >> 22) & PK__RESPOOL_MOST)
#define PK__RESPOOL_ACTIVE(w) (PK__RESPOOL_MADE(w) - PK__RESPOOL_IDLE(w))
#define PK__RESPOOL_ONE_IDLE ((uint64_t)1 << 11)
#define PK__RESPOOL_ONE_MADE ((uint64_t)1 << 22)
#define PK__RESPOOL_FROZEN ((uint64_t)1 << 33)
#define PK__RESPOOL_WAITED ((uint64_t)1 << 34)
#define PK__RESPOOL_STOPPED ((uint64_t)1 << 35)
#define PK__RESPOOL_STEP ((uint64_t)1 << 36) /* of the number that changes */

/* A slot's state: how often it was lent, and one of these. */
enum { PK__RESPOOL_EMPTY, PK__RESPOOL_FREE, PK__RESPOOL_LENT, PK__RESPOOL_LEAKED, PK__RESPOOL_BUSY };
#define PK__RESPOOL_STATE(lease, what) ((uint32_t)(lease) << 3 | (what)) /* LEAKED: lent, and reported as held for too long */
#define PK__RESPOOL_LEASE(state) ((state) >> 3)
#define PK__RESPOOL_IS(state) ((state) & 7u)

typedef struct pk__respool_slot { /* written by whoever has it, read by anybody */
    volatile uint32_t state;
    volatile uint32_t next;   /* below it in the stack, or in the list of empty ones: slot + 1 */
    void *volatile it;
    uint32_t index;           /* its own */
    volatile uintptr_t owner; /* thread that had it last */
    const char *volatile site;
    volatile uint32_t tag;
    volatile uint32_t uses;   /* leases of this resource */
    volatile pk_time stamp;   /* lent or idle since */
    volatile pk_time checked; /* last seen to work */
    pk_time ends;             /* its life */
    volatile uint32_t counted; /* of `uses`, those in hits_counted, or no hit: the first one, where it went to who created it */
} pk__respool_slot;
#define PK__RESPOOL_HOMES 16u

struct pk__respool_core {
    pk_respool *p;
    pk_respool_desc d;        /* its defaults resolved */
    volatile uint32_t homes[PK__RESPOOL_HOMES]; /* by thread: the slot + 1 it had last */
    unsigned char gap[PK__RESPOOL_LINE];
    /* under the lock */
    pk__waitq q;
    pk_cond drained;
    uint32_t empty;           /* the first slot of the list, + 1 */
    uint32_t creating, failures;
    uint32_t inside;          /* calls that go on although they have nothing and don't wait: close waits for them */
    uint32_t random, cursor;
    pk_time retry_at;         /* while it rests: when create may be tried again */
    uint32_t rest_ms;         /* and how long that was to be */
    bool resting, ticking, alarmed, closing;
    pk_allocator allocator;
    void *block;              /* NULL: the caller's */
    size_t bytes;
    pk_respool_stats s;       /* its counters */
    pk_count hits_counted;    /* up to the last reading of the statistics */
};

PK__HOT_INLINE pk__respool_slot *pk__respool_at(const pk_respool *p, uint32_t i) {
    return (pk__respool_slot *)(void *)(p->slots + (size_t)i * PK__RESPOOL_SLOT_BYTES);
}
PK__HOT_INLINE uint64_t pk__respool_word(const pk_respool *p) {
#if PK__RESPOOL_QUICK && !(defined _MSC_VER && !defined __clang__)
    return __atomic_load_n(&p->word, __ATOMIC_ACQUIRE);
#else
    return p->word;
#endif
}
PK__HOT_INLINE pk_time pk__respool_now(const pk_respool *p) {
    return PK__UNLIKELY(p->clock != NULL) ? p->clock(p->core->d.clock_user) : pk__now_ms(NULL);
}
PK__HOT_INLINE bool pk__respool_forked(const pk_respool *p) { return PK__UNLIKELY(p->forks != PK__POOL_FORKS_NOW()); }
PK__HOT_INLINE bool pk__respool_ended(const pk_respool *p, const pk__respool_slot *slot, pk_time now) { /* its life */
    return PK__UNLIKELY(pk__time_reached(now, PK__RESPOOL_LOAD(slot->ends))) && p->lives;
}

/* Which thread this is. */
PK__HOT_INLINE uintptr_t pk__respool_me(void) {
#ifdef PERFKIT_THREAD_ID
    return (uintptr_t)PERFKIT_THREAD_ID();
#elif !PERFKIT_THREADS || !PERFKIT_HOSTED || (defined PERFKIT_MUTEX_LOCK && !defined _WIN32)
    return 0;
#elif defined _WIN32
    return (uintptr_t)GetCurrentThreadId();
#else
#if defined __has_builtin && (defined __x86_64__ || defined __i386__ || defined __aarch64__ || defined __arm__ || \
                              defined __riscv || defined __s390__ || defined __mips__) /* gcc claims to have it everywhere */
#if __has_builtin(__builtin_thread_pointer)                                           /* without a call */
#define PK__RESPOOL_THREAD_POINTER
#endif
#endif
#ifdef PK__RESPOOL_THREAD_POINTER
    void *thread = __builtin_thread_pointer();
    return (uintptr_t)thread;
#else
    return (uintptr_t)pthread_self();
#endif
#endif
}
PK__HOT_INLINE volatile uint32_t *pk__respool_home(pk_respool *p, uintptr_t me) {
    return &p->core->homes[(uint32_t)((uint64_t)me * 0x9E3779B97F4A7C15u >> 60)];
}

/* Count its hits since the last time, of which 2^32 - 2 fit. Under the lock. */
static void pk__respool_count_hits(pk__respool_core *c, pk__respool_slot *slot) {
    uint32_t hits = PK__RESPOOL_LOAD(slot->uses) - PK__RESPOOL_LOAD(slot->counted);
    if (hits == UINT32_MAX) return; /* it is about to be lent to who created it */
    c->hits_counted += hits;
    PK__RESPOOL_STORE(slot->counted, PK__RESPOOL_LOAD(slot->counted) + hits);
}

/* So many are active now. */
PK__HOT_INLINE void pk__respool_peak(pk_respool *p, uint64_t word) {
    uint32_t active = PK__RESPOOL_ACTIVE(word), peak = pk__load32(&p->peak);
    while (PK__UNLIKELY(active > peak) && !pk__cas32(&p->peak, peak, active)) peak = pk__load32(&p->peak);
}
/* The slot that this thread had last, where that is idle but not on top; NULL: it isn't. No lock: a hint. */
static PK__COLD pk__respool_slot *pk__respool_home_of(pk_respool *p, uintptr_t me) {
    uint32_t at = PK__RESPOOL_LOAD(*pk__respool_home(p, me));
    pk__respool_slot *slot = at ? pk__respool_at(p, at - 1) : NULL;
    return slot && PK__RESPOOL_LOAD(slot->owner) == me && PK__RESPOOL_IS(pk__load32(&slot->state)) == PK__RESPOOL_FREE ? slot : NULL;
}
/* The top of the stack, which is the caller's now. NULL: nothing is idle; the word says what the caller doesn't want; or, unless
   `me` is 0, there is one below that this thread had last. */
PK__HOT_INLINE pk__respool_slot *pk__respool_pop(pk_respool *p, uint64_t unless, uintptr_t me) {
    uint64_t word = pk__respool_word(p), now;
    pk__respool_slot *slot;
    do {
        if (PK__UNLIKELY(PK__RESPOOL_HEAD(word) == 0 || (word & unless) != 0)) return NULL;
        slot = pk__respool_at(p, PK__RESPOOL_HEAD(word) - 1);
        if (me && PK__UNLIKELY(PK__RESPOOL_LOAD(slot->owner) != me) && PK__RESPOOL_IDLE(word) > 1 && pk__respool_home_of(p, me))
            return NULL;
        now = ((word & ~(uint64_t)PK__RESPOOL_MOST) | PK__RESPOOL_LOAD(slot->next)) - PK__RESPOOL_ONE_IDLE + PK__RESPOOL_STEP;
    } while (PK__UNLIKELY(!pk__respool_cas(&p->word, &word, now)));
    pk__respool_peak(p, now);
    return slot;
}
PK__HOT_INLINE bool pk__respool_push(pk_respool *p, pk__respool_slot *slot, uint32_t index, uint64_t unless) {
    uint64_t word = pk__respool_word(p), now;
    do {
        if (PK__UNLIKELY((word & unless) != 0)) return false;
        PK__RESPOOL_STORE(slot->next, PK__RESPOOL_HEAD(word));
        now = ((word & ~(uint64_t)PK__RESPOOL_MOST) | (index + 1)) + PK__RESPOOL_ONE_IDLE + PK__RESPOOL_STEP;
    } while (PK__UNLIKELY(!pk__respool_cas(&p->word, &word, now)));
    return true;
}
/* Change the rest of the word; what it is then. Under the lock. */
static uint64_t pk__respool_change(pk_respool *p, uint64_t set, uint64_t clear, uint64_t add) {
    uint64_t word = pk__respool_word(p), now;
    do now = ((word & ~clear) | set) + add + PK__RESPOOL_STEP;
    while (!pk__respool_cas(&p->word, &word, now));
    return now;
}

/* ---- What the lock holder does to the stack ---- */

/* Take one from the middle, or wherever it is; false: it is not in the stack. Under the lock; up to max_size steps. */
static bool pk__respool_cut(pk__respool_core *c, pk__respool_slot *slot) {
    uint64_t word = pk__respool_change(c->p, PK__RESPOOL_FROZEN, 0, 0), now = word & ~PK__RESPOOL_FROZEN;
    uint32_t at = PK__RESPOOL_HEAD(word);
    pk__respool_slot *above = NULL;
    while (at != 0 && at != slot->index + 1) {
        above = pk__respool_at(c->p, at - 1);
        at = PK__RESPOOL_LOAD(above->next);
    }
    if (at != 0) {
        now -= PK__RESPOOL_ONE_IDLE;
        if (above)
            PK__RESPOOL_STORE(above->next, PK__RESPOOL_LOAD(slot->next));
        else
            now = (now & ~(uint64_t)PK__RESPOOL_MOST) | PK__RESPOOL_LOAD(slot->next);
    }
    (void)pk__respool_cas(&c->p->word, &word, now + PK__RESPOOL_STEP); /* nobody else changes a frozen word */
    if (at != 0) pk__respool_peak(c->p, now);
    return at != 0;
}
/* Lay one under all that were used later. The same. */
static void pk__respool_lay_in(pk__respool_core *c, pk__respool_slot *slot) {
    uint64_t word = pk__respool_change(c->p, PK__RESPOOL_FROZEN, 0, 0);
    uint64_t now = (word & ~PK__RESPOOL_FROZEN) + PK__RESPOOL_ONE_IDLE;
    uint32_t at = PK__RESPOOL_HEAD(word);
    pk_time stamp = PK__RESPOOL_LOAD(slot->stamp);
    pk__respool_slot *above = NULL;
    for (; at != 0 && pk__time_reached(PK__RESPOOL_LOAD(pk__respool_at(c->p, at - 1)->stamp), stamp); at = PK__RESPOOL_LOAD(above->next))
        above = pk__respool_at(c->p, at - 1);
    PK__RESPOOL_STORE(slot->next, at);
    if (above)
        PK__RESPOOL_STORE(above->next, slot->index + 1);
    else
        now = (now & ~(uint64_t)PK__RESPOOL_MOST) | (slot->index + 1);
    (void)pk__respool_cas(&c->p->word, &word, now + PK__RESPOOL_STEP);
}
static bool pk__respool_stopped(const pk__respool_core *c) { return (pk__respool_word(c->p) & PK__RESPOOL_STOPPED) != 0; }

/* How many more may be created at once. */
static uint32_t pk__respool_room(const pk__respool_core *c) {
    uint32_t room = c->d.max_size - PK__RESPOOL_MADE(pk__respool_word(c->p)) - c->creating;
    return room < c->d.max_creating - c->creating ? room : c->d.max_creating - c->creating;
}
/* Something has changed that those who wait may be waiting for. While create rests, one of them looks when it may be tried
   again. Under the lock. */
static void pk__respool_settle(pk__respool_core *c) {
#if PK__WAITQ_WAITS
    uint64_t word = pk__respool_word(c->p);
    bool all = c->resting && PK__RESPOOL_MADE(word) + c->creating == 0; /* there is nothing any more to wait for */
    if (c->q.first == NULL && (word & PK__RESPOOL_WAITED) != 0) word = pk__respool_change(c->p, 0, PK__RESPOOL_WAITED, 0);
    if (all || (word & PK__RESPOOL_STOPPED) != 0)
        pk__waitq_wake(&c->q, UINT32_MAX);
    else
        pk__waitq_wake(&c->q, PK__RESPOOL_IDLE(word) + (c->resting ? pk__respool_room(c) != 0 : pk__respool_room(c)));
    if ((word & PK__RESPOOL_STOPPED) != 0 && c->q.threads) pk__cond_broadcast(&c->drained);
#else
    (void)c;
#endif
}
/* It is free: for whoever's turn it is, or for anybody. Under the lock. */
static void pk__respool_lay_back(pk__respool_core *c, pk__respool_slot *slot) {
#if PK__WAITQ_WAITS
    pk__waiter *first = pk__waitq_overdue(&c->q);
    if (first)
        pk__waitq_serve(&c->q, first, slot->index + 1);
    else
#endif
        (void)pk__respool_push(c->p, slot, slot->index, 0);
    pk__respool_settle(c);
}

/* ---- Telling ---- */

static PK__COLD void pk__respool_report(pk__respool_core *c, int kind, pk_status status, const char *detail, uint32_t a,
                                        uint32_t b) {
    PK__TELL(&c->d, c->d.name, kind, status, detail, a, b);
}
static PK__COLD void pk__respool_tell(pk__respool_core *c, int kind, pk_status status) {
    uint32_t waiting, active;
    if (c->d.on_event == NULL) return;
    pk__waitq_lock(&c->q);
    waiting = c->q.waiting;
    active = PK__RESPOOL_ACTIVE(pk__respool_word(c->p));
    pk__waitq_unlock(&c->q);
    pk__respool_report(c, kind, status, NULL, active, kind == PK_RESPOOL_EVENT_EXHAUSTED ? c->d.max_size : waiting);
}

/* ---- A resource's life: made, checked, destroyed. No lock is held, the slot is the caller's. ---- */

static PK__COLD void pk__respool_destroy(pk__respool_core *c, pk__respool_slot *slot, int reason) {
    if (c->d.destroy) c->d.destroy(slot->it, reason, c->d.user);
    pk__waitq_lock(&c->q);
    c->s.destroyed[reason]++;
    pk__respool_count_hits(c, slot);
    PK__RESPOOL_STORE(slot->it, NULL);
    pk__store32(&slot->state, PK__RESPOOL_STATE(PK__RESPOOL_LEASE(pk__load32(&slot->state)), PK__RESPOOL_EMPTY));
    PK__RESPOOL_STORE(slot->next, c->empty);
    c->empty = slot->index + 1;
    (void)pk__respool_change(c->p, 0, 0, 0 - PK__RESPOOL_ONE_MADE);
    pk__respool_settle(c);
    pk__waitq_unlock(&c->q);
}
static pk_status pk__respool_check(pk__respool_core *c, pk__respool_slot *slot) {
    pk_time began = pk__respool_now(c->p), ended;
    pk_status status = c->d.validate(slot->it, c->d.validate_ms, c->d.user);
    ended = pk__respool_now(c->p);
    if (status == PK_OK && pk__pool_elapsed(began, ended) > c->d.validate_ms) status = PK_TIMEOUT;
    if (status == PK_OK) {
        PK__RESPOOL_STORE(slot->checked, ended);
        return PK_OK;
    }
    pk__waitq_lock(&c->q);
    c->s.validate_errors++;
    pk__waitq_unlock(&c->q);
    pk__respool_tell(c, PK_RESPOOL_EVENT_VALIDATE, status);
    return status;
}
static void pk__respool_stay(pk__respool_core *c) { /* the caller is `inside` from here on */
    pk__waitq_lock(&c->q);
    c->inside++;
    pk__waitq_unlock(&c->q);
}
/* Whether it may be lent; if not, it is gone, and the caller `inside`. */
static PK__COLD bool pk__respool_vet(pk__respool_core *c, pk__respool_slot *slot, pk_time now) {
    int reason = PK_RESPOOL_REASONS;
    if (pk__respool_ended(c->p, slot, now))
        reason = PK_RESPOOL_OLD;
    else if (c->d.validate_on_acquire && pk__pool_elapsed(PK__RESPOOL_LOAD(slot->stamp), now) >= c->d.validate_after_ms &&
             pk__respool_check(c, slot) != PK_OK)
        reason = PK_RESPOOL_INVALID;
    if (reason == PK_RESPOOL_REASONS) return true;
    pk__respool_stay(c);
    pk__respool_destroy(c, slot, reason);
    return false;
}

/* Create is left alone for so long. Under the lock. */
static void pk__respool_rest(pk__respool_core *c, pk_time now, pk_time ms) {
    c->resting = true;
    c->rest_ms = ms < (pk_time)1 << 30 ? (uint32_t)ms : (uint32_t)1 << 30;
    c->retry_at = (pk_time)(now + c->rest_ms);
}
/* How much longer; 0: no more. A clock that went backwards makes it no longer than it was to be. Under the lock. */
static uint32_t pk__respool_rests(pk__respool_core *c, pk_time now) {
    pk_time left = (pk_time)(c->retry_at - now);
    if (!c->resting || pk__time_reached(now, c->retry_at)) left = 0;
    if (left > c->rest_ms) {
        left = c->rest_ms;
        c->retry_at = (pk_time)(now + left);
    }
    if (left == 0) c->resting = false;
    return (uint32_t)left;
}
/* An empty slot to create one in, reserved: PK_OK. PK_AGAIN: not now; *why says what to tell who doesn't wait. Else there is
   nothing to wait for. Under the lock. */
static pk_status pk__respool_reserve(pk__respool_core *c, pk_time now, pk__respool_slot **slot, pk_status *why) {
    bool nothing = PK__RESPOOL_MADE(pk__respool_word(c->p)) + c->creating == 0;
    *why = PK_EXHAUSTED;
    if (pk__respool_room(c) == 0) return PK_AGAIN;
    if (pk__respool_rests(c, now)) {
        *why = c->d.breaker.state != PK_BREAKER_CLOSED ? PK_BREAKER_OPEN : PK_CREATE_FAILED;
        return nothing ? *why : PK_AGAIN;
    }
    if (pk_breaker_allow(&c->d.breaker, now) != PK_OK) { /* its trial is running */
        if (c->d.breaker.state == PK_BREAKER_TRIPPED) pk__respool_rest(c, now, c->d.breaker.open_ms); /* for too long */
        *why = PK_BREAKER_OPEN;
        return nothing ? *why : PK_AGAIN;
    }
    *slot = pk__respool_at(c->p, c->empty - 1);
    c->empty = PK__RESPOOL_LOAD((*slot)->next);
    c->creating++;
    return PK_OK;
}
static pk_time pk__respool_life(pk__respool_core *c) { /* xorshift32: Marsaglia, 2003 */
    uint32_t random = c->random, most;
    random ^= random << 13;
    random ^= random >> 17;
    random ^= random << 5;
    c->random = random;
    most = (uint32_t)((uint64_t)c->d.life_ms * (c->d.jitter_pct == PK_RESPOOL_NO_JITTER ? 0u : c->d.jitter_pct) / 100u);
    return (pk_time)(c->d.life_ms - (uint32_t)((uint64_t)random * ((uint64_t)most + 1) >> 32));
}
static void pk__respool_made(pk__respool_core *c, pk__respool_slot *slot, void *it, pk_time now, bool to_lend) {
    PK__RESPOOL_STORE(slot->it, it);
    PK__RESPOOL_STORE(slot->owner, 0);
    PK__RESPOOL_STORE(slot->uses, 0);
    PK__RESPOOL_STORE(slot->counted, to_lend);
    PK__RESPOOL_STORE(slot->ends, (pk_time)(now + pk__respool_life(c)));
    PK__RESPOOL_STORE(slot->checked, now);
    PK__RESPOOL_STORE(slot->stamp, now);
    pk__store32(&slot->state, PK__RESPOOL_STATE(PK__RESPOOL_LEASE(pk__load32(&slot->state)), PK__RESPOOL_BUSY));
    pk__respool_peak(c->p, pk__respool_change(c->p, 0, 0, PK__RESPOOL_ONE_MADE));
    pk_breaker_success(&c->d.breaker);
    pk_backoff_reset(&c->d.backoff);
    c->failures = 0;
    c->resting = false;
    c->s.created++;
    if (to_lend) c->s.misses++;
}
static void pk__respool_not_made(pk__respool_core *c, pk__respool_slot *slot, pk_time now) {
    uint32_t delay = 0;
    PK__RESPOOL_STORE(slot->next, c->empty);
    c->empty = slot->index + 1;
    c->s.create_errors++;
    c->failures++;
    pk_breaker_failure(&c->d.breaker, now);
    (void)pk_backoff_next(&c->d.backoff, &delay);
    pk__respool_rest(c, now, c->d.breaker.state == PK_BREAKER_TRIPPED ? c->d.breaker.open_ms : delay);
}
/* Create one in a reserved slot. Where it fails, the caller is `inside`. */
static PK__COLD pk_status pk__respool_make(pk__respool_core *c, pk__respool_slot *slot, uint32_t limit_ms, bool to_lend) {
    void *it = NULL;
    pk_status status = c->d.create(&it, limit_ms < c->d.connect_ms ? limit_ms : c->d.connect_ms, c->d.user);
    pk_time now = pk__respool_now(c->p);
    uint32_t failures, waiting;
    pk__waitq_lock(&c->q);
    c->creating--;
    if (status == PK_OK) {
        pk__respool_made(c, slot, it, now, to_lend);
    } else {
        pk__respool_not_made(c, slot, now);
        c->inside++;
    }
    failures = c->failures;
    waiting = c->q.waiting;
    pk__respool_settle(c);
    pk__waitq_unlock(&c->q);
    if (status != PK_OK) pk__respool_report(c, PK_RESPOOL_EVENT_CREATE, status, NULL, failures, waiting);
    return status;
}

/* ---- Acquire ---- */

typedef struct pk__respool_ask {
    pk_resource *lease;
    const char *site;
    uint32_t tag;
    uintptr_t me;
    pk_time now, deadline;
    uint32_t wait_ms;  /* 0: don't; PK_WAIT_FOREVER: no deadline */
    bool exhausted;    /* counted as one that found nothing and no room */
    bool fresh;        /* the slot is one to create in */
    bool failed, late; /* its create failed; the deadline passed: nothing is created any more */
    bool inside;       /* counted as that */
    bool waited;       /* it has waited, since then, and it counts in the histogram there */
    uint64_t since, waited_us;
    unsigned bucket;
    pk_status why;
    void *self;        /* its pk__waiter, once it has one */
} pk__respool_ask;

PK__HOT_INLINE void pk__respool_lend(pk_respool *p, pk__respool_slot *slot, uintptr_t me, pk_time now, const char *site,
                                     uint32_t tag, pk_resource *lease) {
    uint32_t lent = ((pk__load32(&slot->state) | 7u) + 1u) | PK__RESPOOL_LENT, index = slot->index;
    if (PK__UNLIKELY(PK__RESPOOL_LOAD(slot->owner) != me)) {
        PK__RESPOOL_STORE(slot->owner, me);
        PK__RESPOOL_STORE(*pk__respool_home(p, me), index + 1);
    }
    PK__RESPOOL_STORE(slot->site, site);
    PK__RESPOOL_STORE(slot->tag, tag);
    PK__RESPOOL_STORE(slot->stamp, now);
    PK__RESPOOL_STORE(slot->uses, PK__RESPOOL_LOAD(slot->uses) + 1u);
    pk__store32(&slot->state, lent);
    lease->it = slot->it;
    lease->slot = index;
    lease->lease = PK__RESPOOL_LEASE(lent);
}

/* Somebody waits for long, and is about to look whether it can create one. */
static bool pk__respool_is_for_another(const pk__respool_core *c, const pk__respool_ask *ask) {
#if PK__WAITQ_WAITS
    const pk__waiter *first = c->q.first ? pk__waitq_overdue(&c->q) : NULL;
    return first && first->awake && (const void *)first != ask->self;
#else
    (void)c;
    (void)ask;
    return false;
#endif
}
/* One that is idle, or an empty slot to create one in. PK_AGAIN: nothing now. Under the lock. */
static pk_status pk__respool_find(pk__respool_core *c, pk__respool_ask *ask, pk__respool_slot **slot) {
    pk_status status;
    if (pk__respool_stopped(c)) return PK_CLOSED;
    ask->why = PK_EXHAUSTED;
    if (c->q.barge_us == PK_RESPOOL_STRICT && c->q.first && (void *)c->q.first != ask->self) {
        status = PK_AGAIN; /* all that there is is for those who came before */
    } else {
        *slot = pk__respool_pop(c->p, 0, ask->me);
        if (*slot) return PK_OK;
        *slot = pk__respool_home_of(c->p, ask->me);
        if (*slot && pk__respool_cut(c, *slot)) return PK_OK;
        *slot = pk__respool_pop(c->p, 0, 0);
        if (*slot) return PK_OK;
        status = ask->late || pk__respool_is_for_another(c, ask)
                     ? PK_AGAIN
                     : pk__respool_reserve(c, ask->now, slot, &ask->why);
        ask->fresh = status == PK_OK;
    }
    if (!ask->exhausted && PK__RESPOOL_MADE(pk__respool_word(c->p)) + c->creating == c->d.max_size && status != PK_OK) {
        ask->exhausted = true;
        c->s.exhaustions++;
    }
    return status;
}

/* Whether its time is over; how much is left, which a clock that goes backwards makes no more than it was. */
static bool pk__respool_over(const pk__respool_ask *ask) {
    return ask->wait_ms != PK_WAIT_FOREVER && pk__time_reached(ask->now, ask->deadline);
}
static uint32_t pk__respool_time(const pk__respool_ask *ask) {
    pk_time left = (pk_time)(ask->deadline - ask->now);
    if (pk__respool_over(ask)) return 0;
    return left < ask->wait_ms ? (uint32_t)left : ask->wait_ms;
}
#if PK__WAITQ_WAITS
/* How long it may sleep; 0: its time is over. */
static uint32_t pk__respool_left(pk__respool_core *c, const pk__respool_ask *ask, bool *whole) {
    uint32_t left = 1000000000u, rest = pk__respool_rests(c, ask->now);
    *whole = false;
    if (ask->late || pk__respool_over(ask)) return 0;
    if (ask->wait_ms != PK_WAIT_FOREVER) {
        left = pk__respool_time(ask);
        *whole = true;
    }
    if (rest != 0 && rest < left) { /* until create may be tried again */
        left = rest;
        *whole = false;
    }
    return left;
}
/* An acquire that waits more than once, as what it got was no good, counts once. */
static void pk__respool_waited(pk__respool_core *c, pk__respool_ask *ask, uint64_t us) {
    uint64_t rest;
    if (us < ask->waited_us) us = ask->waited_us; /* the clock went back */
    rest = us >> 4;
    if (ask->waited)
        c->s.wait_histogram[ask->bucket]--;
    else
        c->s.waits++;
    c->s.wait_us += us - ask->waited_us;
    if (us > c->s.wait_max_us) c->s.wait_max_us = us;
    for (ask->bucket = 0; rest != 0 && ask->bucket < PK_RESPOOL_BUCKETS - 1; rest >>= 2) ask->bucket++;
    c->s.wait_histogram[ask->bucket]++;
    ask->waited_us = us;
    ask->waited = true;
}
/* Under the lock. */
static PK__COLD pk_status pk__respool_wait(pk__respool_core *c, pk__respool_ask *ask, pk__respool_slot **slot) {
    pk__waiter self;
    pk_status status;
    bool whole;
    if (!ask->waited) ask->since = pk__waitq_moment(&c->q);
    if (!pk__waitq_join(&c->q, &self, 1, ask->since, ask->waited)) return PK_NO_MEMORY;
    ask->self = &self;
    (void)pk__respool_change(c->p, PK__RESPOOL_WAITED, 0, 0); /* from here on what is given back comes by the queue */
    for (;;) {
        uint32_t left;
        status = pk__respool_find(c, ask, slot);
        if (status != PK_AGAIN) break;
        left = pk__respool_left(c, ask, &whole);
        status = PK_TIMEOUT;
        if (left == 0) break;
        ask->late = !pk__waitq_sleep(&c->q, &self, left) && whole; /* whatever the clock says then */
        ask->now = pk__respool_now(c->p);
        ask->late |= pk__respool_over(ask);
        status = PK_OK;
        if (self.given) {
            *slot = pk__respool_at(c->p, self.given - 1);
            break;
        }
    }
    pk__respool_waited(c, ask, pk__waitq_us(&c->q, self.since));
    pk__waitq_leave(&c->q, &self);
    ask->self = NULL;
    pk__respool_settle(c);
    return status;
}
#endif

/* Count a refusal. Under the lock. */
static void pk__respool_count(pk__respool_core *c, pk_status status) {
    c->s.misses++;
    *(status == PK_EXHAUSTED      ? &c->s.exhausted
      : status == PK_TIMEOUT      ? &c->s.timeouts
      : status == PK_BREAKER_OPEN ? &c->s.breaker_open
      : status == PK_CLOSED       ? &c->s.closed
      : status == PK_NO_MEMORY    ? &c->s.no_memory
                                  : &c->s.create_failed) += 1;
}
static void pk__respool_go(pk__respool_core *c, pk__respool_ask *ask) { /* no more `inside`. Under the lock */
    if (ask->inside) c->inside--;
    ask->inside = false;
}
static void pk__respool_leave(pk__respool_core *c) { /* who was `inside` touches it no more */
    pk__waitq_lock(&c->q);
    c->inside--;
    if (pk__respool_stopped(c)) pk__respool_settle(c); /* close may wait for this one */
    pk__waitq_unlock(&c->q);
}
/* Tell of a refusal, and go: the caller is `inside`. */
static PK__COLD pk_status pk__respool_refuse(pk__respool_core *c, pk_status status) {
    pk__respool_tell(c,
                     status == PK_EXHAUSTED      ? PK_RESPOOL_EVENT_EXHAUSTED
                     : status == PK_TIMEOUT      ? PK_RESPOOL_EVENT_TIMEOUT
                     : status == PK_BREAKER_OPEN ? PK_RESPOOL_EVENT_BREAKER
                     : status == PK_CLOSED       ? PK_RESPOOL_EVENT_CLOSED
                     : status == PK_NO_MEMORY    ? PK_RESPOOL_EVENT_NO_MEMORY
                                                 : PK_RESPOOL_EVENT_REFUSED,
                     status);
    pk__respool_leave(c);
    return status;
}
/* One to lend, or to create one in; waits for it. */
static pk_status pk__respool_get(pk__respool_core *c, pk__respool_ask *ask, pk__respool_slot **slot) {
    pk_status status;
    pk__waitq_lock(&c->q);
    pk__respool_go(c, ask);
    status = pk__respool_find(c, ask, slot);
#if PK__WAITQ_WAITS
    if (status == PK_AGAIN && ask->wait_ms != 0 && !ask->late && c->q.threads) status = pk__respool_wait(c, ask, slot);
#endif
    if (status == PK_AGAIN) status = ask->late && ask->wait_ms != 0 ? PK_TIMEOUT : ask->why;
    if (status != PK_OK) {
        if (ask->failed && status != PK_CLOSED) status = PK_CREATE_FAILED;
        pk__respool_count(c, status);
        c->inside++;
        ask->inside = true;
    }
    pk__waitq_unlock(&c->q);
    return status;
}
/* What was found, made ready to be lent. False: it is none; ask for another. */
static bool pk__respool_ready(pk__respool_core *c, pk__respool_ask *ask, pk__respool_slot *slot) {
    if (!ask->fresh) {
        if (pk__respool_vet(c, slot, ask->now)) return true;
    } else {
        uint32_t limit = ask->wait_ms == 0 || ask->wait_ms == PK_WAIT_FOREVER ? c->d.connect_ms : pk__respool_time(ask);
        if (pk__respool_make(c, slot, limit, true) == PK_OK) {
            ask->now = pk__respool_now(c->p);
            return true;
        }
        ask->failed = true;
    }
    ask->inside = true;
    ask->now = pk__respool_now(c->p);
    ask->late = ask->wait_ms != 0 ? pk__respool_over(ask) : ask->failed;
    ask->fresh = false;
    return false;
}
/* `slot`: one that was found already, or NULL. */
static PK__COLD pk_status pk__respool_acquire_slow(pk__respool_core *c, pk__respool_ask *ask, pk__respool_slot *slot) {
    pk_status status;
    do {
        if (slot == NULL && (status = pk__respool_get(c, ask, &slot)) != PK_OK) return pk__respool_refuse(c, status);
        if (pk__respool_ready(c, ask, slot)) break;
        slot = NULL;
    } while (true);
#if !PK__RESPOOL_QUICK
    pk__waitq_lock(&c->q);
#endif
    pk__respool_lend(c->p, slot, ask->me, ask->now, ask->site, ask->tag, ask->lease);
#if !PK__RESPOOL_QUICK
    pk__waitq_unlock(&c->q);
#endif
    return PK_OK;
}

/* wait_ms: as the public functions; PK__RESPOOL_UNTIL: until the deadline. */
#define PK__RESPOOL_UNTIL (UINT32_MAX - 2)
static PK__COLD pk_status pk__respool_ask_for(pk_respool *p, uint32_t wait_ms, pk_time deadline, const char *site, uint32_t tag,
                                              pk_resource *lease, pk__respool_slot *slot) {
    pk__respool_core *c;
    pk__respool_ask ask;
    PERFKIT_ASSERT(p != NULL && lease != NULL);
    c = p->core;
    if (c == NULL) return PK_CLOSED;
    if (pk__respool_forked(p)) return PK_FORKED;
    memset(&ask, 0, sizeof ask);
    ask.now = pk__respool_now(p);
    if (wait_ms == PK_WAIT_DEFAULT) wait_ms = c->d.wait_ms;
    if (wait_ms == PK__RESPOOL_UNTIL)
        wait_ms = pk__time_reached(ask.now, deadline) ? 0
                  : (pk_time)(deadline - ask.now) > (pk_time)1 << 30 ? PK_WAIT_FOREVER
                                                                   : (uint32_t)(deadline - ask.now);
    else if (wait_ms > (uint32_t)1 << 30)
        wait_ms = PK_WAIT_FOREVER;
    else
        deadline = (pk_time)(ask.now + wait_ms);
    ask.lease = lease;
    ask.site = site;
    ask.tag = tag;
    ask.me = pk__respool_me();
    ask.deadline = deadline;
    ask.wait_ms = wait_ms;
    return pk__respool_acquire_slow(c, &ask, slot);
}
PK__HOT_INLINE pk_status pk__respool_acquire(pk_respool *p, uint32_t wait_ms, pk_time deadline, const char *site, uint32_t tag,
                                             pk_resource *lease) {
#if PK__RESPOOL_QUICK
    pk__respool_slot *slot;
    pk_time now;
    PERFKIT_ASSERT(p != NULL);
    now = pk__respool_now(p);
    slot = pk__respool_forked(p) ? NULL : pk__respool_pop(p, PK__RESPOOL_FROZEN | PK__RESPOOL_STOPPED, pk__respool_me());
    if (PK__LIKELY(slot != NULL)) {
        if (PK__LIKELY(!pk__respool_ended(p, slot, now) && !p->vets)) {
            pk__respool_lend(p, slot, pk__respool_me(), now, site, tag, lease);
            return PK_OK;
        }
        return pk__respool_ask_for(p, wait_ms, deadline, site, tag, lease, slot);
    }
#endif
    return pk__respool_ask_for(p, wait_ms, deadline, site, tag, lease, NULL);
}
PK_API pk_status pk_respool_acquire(pk_respool *p, uint32_t wait_ms, pk_resource *lease) {
    return pk__respool_acquire(p, wait_ms == PK__RESPOOL_UNTIL ? PK_WAIT_FOREVER : wait_ms, 0, NULL, 0, lease);
}
PK_API pk_status pk_respool_try_acquire(pk_respool *p, pk_resource *lease) { return pk__respool_acquire(p, 0, 0, NULL, 0, lease); }
PK_API pk_status pk_respool_acquire_until(pk_respool *p, pk_time deadline, const char *site, uint32_t tag, pk_resource *lease) {
    return pk__respool_acquire(p, PK__RESPOOL_UNTIL, deadline, site, tag, lease);
}

/* ---- Release ---- */

static PK__COLD void pk__respool_give_back(pk__respool_core *c, pk__respool_slot *slot) {
    bool stopped;
#if PK__RESPOOL_QUICK
    if (pk__respool_push(c->p, slot, slot->index, PK__RESPOOL_FROZEN | PK__RESPOOL_WAITED | PK__RESPOOL_STOPPED)) return;
#endif
    pk__waitq_lock(&c->q);
    stopped = pk__respool_stopped(c);
    if (!stopped) pk__respool_lay_back(c, slot);
    pk__waitq_unlock(&c->q);
    if (stopped) pk__respool_destroy(c, slot, PK_RESPOOL_CLOSING);
}
/* The lease ends here, for one caller only; false: it was none. *late: it was reported as a leak. */
static bool pk__respool_end(pk__respool_core *c, pk_resource lease, pk__respool_slot **slot, bool *late) {
    uint32_t state, turn;
    bool mine = false;
    if (lease.slot >= c->d.max_size) return false;
    *slot = pk__respool_at(c->p, lease.slot);
#if !PK__RESPOOL_QUICK
    pk__waitq_lock(&c->q);
#endif
    for (turn = 0; turn < 2 && !mine; turn++) { /* it may be reported meanwhile */
        state = pk__load32(&(*slot)->state);
        *late = PK__RESPOOL_IS(state) == PK__RESPOOL_LEAKED;
        if (PK__RESPOOL_LEASE(state) != lease.lease || (PK__RESPOOL_IS(state) != PK__RESPOOL_LENT && !*late)) break;
        if (PK__RESPOOL_LOAD((*slot)->it) != lease.it) break;
        mine = pk__cas32(&(*slot)->state, state, PK__RESPOOL_STATE(lease.lease, PK__RESPOOL_BUSY));
    }
#if !PK__RESPOOL_QUICK
    pk__waitq_unlock(&c->q);
#endif
    return mine;
}
static PK__COLD pk_status pk__respool_release_slow(pk__respool_core *c, pk_resource lease, bool broken) {
    pk__respool_slot *slot = NULL;
    pk_status status = PK_OK;
    int reason = broken ? PK_RESPOOL_BROKEN : PK_RESPOOL_REASONS;
    bool late = false, mine = pk__respool_end(c, lease, &slot, &late);
    pk_time now = pk__respool_now(c->p);
    if (!mine || late) {
        pk__waitq_lock(&c->q);
        if (mine)
            c->s.late++;
        else
            c->s.misused++;
        pk__waitq_unlock(&c->q);
        if (!mine) {
            pk__respool_tell(c, PK_RESPOOL_EVENT_MISUSE, PK_INVALID);
            return PK_INVALID;
        }
        pk__respool_report(c, PK_RESPOOL_EVENT_LATE, PK_OK, slot->site,
                           (uint32_t)pk__pool_elapsed(PK__RESPOOL_LOAD(slot->stamp), now), slot->tag);
    }
    if (reason == PK_RESPOOL_REASONS && c->d.max_uses && PK__RESPOOL_LOAD(slot->uses) >= c->d.max_uses) reason = PK_RESPOOL_WORN;
    if (reason == PK_RESPOOL_REASONS && pk__respool_ended(c->p, slot, now)) reason = PK_RESPOOL_OLD;
    if (reason == PK_RESPOOL_REASONS && c->d.reset) status = c->d.reset(slot->it, c->d.user);
    if (status != PK_OK) {
        pk__waitq_lock(&c->q);
        c->s.reset_errors++;
        pk__waitq_unlock(&c->q);
        pk__respool_tell(c, PK_RESPOOL_EVENT_RESET, status);
        reason = PK_RESPOOL_DIRTY;
    }
    if (reason != PK_RESPOOL_REASONS) {
        pk__respool_destroy(c, slot, reason);
        return PK_OK;
    }
    PK__RESPOOL_STORE(slot->stamp, now);
    pk__store32(&slot->state, PK__RESPOOL_STATE(lease.lease, PK__RESPOOL_FREE));
    pk__respool_give_back(c, slot);
    return PK_OK;
}

static PK__COLD pk_status pk__respool_release_else(pk_respool *p, pk_resource lease, bool broken) {
    PERFKIT_ASSERT(p != NULL);
    if (p->core == NULL) return PK_CLOSED;
    return pk__respool_forked(p) ? PK_FORKED : pk__respool_release_slow(p->core, lease, broken);
}
PK_API pk_status pk_respool_release(pk_respool *p, pk_resource lease) {
#if PK__RESPOOL_QUICK
    pk_time now;
    PERFKIT_ASSERT(p != NULL);
    now = p->quick ? pk__respool_now(p) : 0; /* first: a call keeps little in registers */
    if (PK__LIKELY(lease.slot < p->quick) && !pk__respool_forked(p)) {
        pk__respool_slot *slot = pk__respool_at(p, lease.slot);
        if (PK__LIKELY(pk__load32(&slot->state) == PK__RESPOOL_STATE(lease.lease, PK__RESPOOL_LENT) && slot->it == lease.it &&
                       !pk__respool_ended(p, slot, now))) {
            PK__RESPOOL_STORE(slot->stamp, now);
            pk__store32(&slot->state, PK__RESPOOL_STATE(lease.lease, PK__RESPOOL_FREE));
            if (PK__LIKELY(pk__respool_push(p, slot, lease.slot, PK__RESPOOL_FROZEN | PK__RESPOOL_WAITED | PK__RESPOOL_STOPPED)))
                return PK_OK;
            pk__respool_give_back(p->core, slot);
            return PK_OK;
        }
    }
#endif
    return pk__respool_release_else(p, lease, false);
}
PK_API pk_status pk_respool_release_broken(pk_respool *p, pk_resource lease) {
    return pk__respool_release_else(p, lease, true);
}

PK_API pk_time pk_respool_now(const pk_respool *p) {
    PERFKIT_ASSERT(p != NULL);
    return pk__respool_now(p);
}
#if PERFKIT_STRINGS
PK_API const char *pk_respool_event_text(int kind) {
    switch (kind) {
    case PK_RESPOOL_EVENT_EXHAUSTED: return PK_ROM_STR("exhausted");
    case PK_RESPOOL_EVENT_TIMEOUT: return PK_ROM_STR("timeout");
    case PK_RESPOOL_EVENT_BREAKER: return PK_ROM_STR("breaker open");
    case PK_RESPOOL_EVENT_CLOSED: return PK_ROM_STR("closed");
    case PK_RESPOOL_EVENT_REFUSED: return PK_ROM_STR("none could be created");
    case PK_RESPOOL_EVENT_CREATE: return PK_ROM_STR("create failed");
    case PK_RESPOOL_EVENT_VALIDATE: return PK_ROM_STR("validate failed");
    case PK_RESPOOL_EVENT_RESET: return PK_ROM_STR("reset failed");
    case PK_RESPOOL_EVENT_MISUSE: return PK_ROM_STR("wrong release");
    case PK_RESPOOL_EVENT_LEAK: return PK_ROM_STR("leak");
    case PK_RESPOOL_EVENT_LATE: return PK_ROM_STR("given back late");
    case PK_RESPOOL_EVENT_ERRORS: return PK_ROM_STR("many errors");
    case PK_RESPOOL_EVENT_NO_MEMORY: return PK_ROM_STR("nothing to wait with");
    default: return PK_ROM_STR("no event of a pool");
    }
}
PK_API const char *pk_respool_reason_text(int reason) {
    switch (reason) {
    case PK_RESPOOL_IDLE: return PK_ROM_STR("idle");
    case PK_RESPOOL_OLD: return PK_ROM_STR("old");
    case PK_RESPOOL_WORN: return PK_ROM_STR("worn");
    case PK_RESPOOL_BROKEN: return PK_ROM_STR("broken");
    case PK_RESPOOL_INVALID: return PK_ROM_STR("invalid");
    case PK_RESPOOL_DIRTY: return PK_ROM_STR("reset failed");
    case PK_RESPOOL_CLOSING: return PK_ROM_STR("closing");
    default: return PK_ROM_STR("no reason");
    }
}
#endif

/* ---- Housekeeping ---- */

static void pk__respool_look_for_leak(pk__respool_core *c, pk__respool_slot *slot, uint32_t state, pk_time now) {
    pk_time held = pk__pool_elapsed(PK__RESPOOL_LOAD(slot->stamp), now);
    const char *site = PK__RESPOOL_LOAD(slot->site);
    uint32_t tag = PK__RESPOOL_LOAD(slot->tag);
    bool leaks;
    if (c->d.leak_ms == 0 || held <= c->d.leak_ms) return;
    pk__waitq_lock(&c->q);
    leaks = pk__cas32(&slot->state, state, PK__RESPOOL_STATE(PK__RESPOOL_LEASE(state), PK__RESPOOL_LEAKED));
    if (leaks) c->s.leaks++; /* otherwise the three may be of several leases */
    pk__waitq_unlock(&c->q);
    if (leaks) pk__respool_report(c, PK_RESPOOL_EVENT_LEAK, PK_BUSY, site, (uint32_t)held, tag);
}
/* 1: something was done to it. */
static uint32_t pk__respool_look_after(pk__respool_core *c, uint32_t index, pk_time now) {
    pk__respool_slot *slot = pk__respool_at(c->p, index);
    uint32_t state = pk__load32(&slot->state);
    int reason = PK_RESPOOL_REASONS;
    bool got;
    if (PK__RESPOOL_IS(state) == PK__RESPOOL_LENT) pk__respool_look_for_leak(c, slot, state, now);
    if (PK__RESPOOL_IS(state) != PK__RESPOOL_FREE) return 0;
    if (pk__respool_ended(c->p, slot, now))
        reason = PK_RESPOOL_OLD;
    else if (pk__pool_elapsed(PK__RESPOOL_LOAD(slot->stamp), now) > c->d.idle_ms && c->d.idle_ms != PK_RESPOOL_NONE &&
             PK__RESPOOL_MADE(pk__respool_word(c->p)) > c->d.min_size)
        reason = PK_RESPOOL_IDLE;
    else if (!c->d.validate || c->d.health_ms == PK_RESPOOL_NONE ||
             pk__pool_elapsed(PK__RESPOOL_LOAD(slot->checked), now) < c->d.health_ms)
        return 0;
    pk__waitq_lock(&c->q);
    got = pk__load32(&slot->state) == state && pk__respool_cut(c, slot); /* else somebody was faster */
    pk__waitq_unlock(&c->q);
    if (!got) return 0;
    if (reason == PK_RESPOOL_REASONS && pk__respool_check(c, slot) != PK_OK) reason = PK_RESPOOL_INVALID;
    if (reason != PK_RESPOOL_REASONS) {
        pk__respool_destroy(c, slot, reason);
        return 1;
    }
    pk__waitq_lock(&c->q);
    got = c->q.first == NULL && !pk__respool_stopped(c);
    if (got) pk__respool_lay_in(c, slot); /* where it was */
    pk__waitq_unlock(&c->q);
    if (!got) pk__respool_give_back(c, slot);
    return 1;
}
/* Create up to min_size, at most so many; how many. *status: what the last create said. */
static uint32_t pk__respool_fill(pk__respool_core *c, uint32_t most, pk_status *status) {
    uint32_t done = 0;
    *status = PK_OK;
    for (; done < most; done++) {
        pk__respool_slot *slot = NULL;
        pk_status why;
        bool more;
        pk__waitq_lock(&c->q);
        more = PK__RESPOOL_MADE(pk__respool_word(c->p)) + c->creating < c->d.min_size && !pk__respool_stopped(c) &&
               pk__respool_reserve(c, pk__respool_now(c->p), &slot, &why) == PK_OK;
        pk__waitq_unlock(&c->q);
        if (!more) break;
        *status = pk__respool_make(c, slot, c->d.connect_ms, false);
        if (*status != PK_OK) {
            pk__respool_leave(c);
            break;
        }
        pk__store32(&slot->state, PK__RESPOOL_STATE(PK__RESPOOL_LEASE(pk__load32(&slot->state)), PK__RESPOOL_FREE));
        pk__respool_give_back(c, slot);
    }
    return done;
}
/* More than 5 % of the acquires met an error, which was not so before. */
static void pk__respool_alarm(pk__respool_core *c) {
    pk_respool_stats stats;
    bool alarm;
    pk_respool_get_stats(c->p, &stats);
    alarm = stats.errors * 20u > stats.hits + stats.misses;
    if (alarm && !c->alarmed) pk__respool_tell(c, PK_RESPOOL_EVENT_ERRORS, PK_CREATE_FAILED);
    c->alarmed = alarm;
}
PK_API uint32_t pk_respool_tick(pk_respool *p, pk_time now, uint32_t budget) {
    pk__respool_core *c;
    uint32_t done = 0, looks;
    pk_status status;
    bool first;
    PERFKIT_ASSERT(p != NULL);
    c = p->core;
    if (c == NULL || pk__respool_forked(p)) return 0;
    pk__waitq_lock(&c->q);
    first = !c->ticking; /* a pool that drains has leaks, too */
    if (first) c->ticking = true;
    pk__waitq_unlock(&c->q);
    if (!first) return 0;
    if (budget == 0 || budget > c->d.max_size) budget = c->d.max_size;
    for (looks = budget; looks > 0; looks--) {
        done += pk__respool_look_after(c, c->cursor, now);
        if (++c->cursor == c->d.max_size) c->cursor = 0;
    }
    done += pk__respool_fill(c, budget, &status);
    pk__respool_alarm(c);
    pk__waitq_lock(&c->q);
    c->ticking = false;
    pk__respool_settle(c);
    pk__waitq_unlock(&c->q);
    return done;
}

/* ---- Looking at it ---- */

PK_API void pk_respool_get_stats(const pk_respool *p, pk_respool_stats *stats) {
    pk__respool_core *c;
    uint32_t i;
    uint64_t word;
    PERFKIT_ASSERT(p != NULL && stats != NULL);
    memset(stats, 0, sizeof *stats);
    c = p->core;
    if (c == NULL || pk__respool_forked(p)) return;
    pk__waitq_lock(&c->q);
    *stats = c->s;
    word = pk__respool_word(c->p);
    stats->creating = c->creating;
    stats->waiting = c->q.waiting;
    for (i = 0; i < c->d.max_size; i++) {
        pk__respool_slot *slot = pk__respool_at(c->p, i);
        if (PK__RESPOOL_IS(pk__load32(&slot->state)) != PK__RESPOOL_EMPTY) pk__respool_count_hits(c, slot);
    }
    stats->hits = c->hits_counted;
    pk__waitq_unlock(&c->q);
    stats->name = c->d.name;
    stats->min_size = c->d.min_size;
    stats->max_size = c->d.max_size;
    stats->idle = PK__RESPOOL_IDLE(word);
    stats->active = PK__RESPOOL_ACTIVE(word);
    stats->total = PK__RESPOOL_MADE(word) + stats->creating;
    stats->peak = pk__load32(&c->p->peak);
    stats->utilization = (int32_t)(stats->active * 10000u / stats->max_size);
    stats->errors = stats->create_errors + stats->validate_errors + stats->reset_errors;
}
PK_API pk_status pk_respool_health(pk_respool *p) {
    pk__respool_core *c;
    pk__respool_slot *slot = NULL;
    pk__respool_ask ask;
    pk_status status;
    unsigned inside = 0;
    PERFKIT_ASSERT(p != NULL);
    c = p->core;
    if (c == NULL) return PK_CLOSED;
    if (pk__respool_forked(p)) return PK_FORKED;
    memset(&ask, 0, sizeof ask);
    ask.exhausted = true; /* not to be counted */
    do {
        ask.now = pk__respool_now(p);
        pk__waitq_lock(&c->q);
        status = pk__respool_find(c, &ask, &slot);
        pk__waitq_unlock(&c->q);
        if (status == PK_AGAIN) status = ask.why == PK_EXHAUSTED ? PK_BUSY : ask.why;
        if (status != PK_OK) break;
        if (ask.fresh && pk__respool_make(c, slot, c->d.connect_ms, false) != PK_OK) {
            status = PK_CREATE_FAILED;
            inside++;
            break;
        }
        if (c->d.validate) status = pk__respool_check(c, slot);
        if (status == PK_OK) {
            pk__store32(&slot->state, PK__RESPOOL_STATE(PK__RESPOOL_LEASE(pk__load32(&slot->state)), PK__RESPOOL_FREE));
            pk__respool_give_back(c, slot);
            break;
        }
        if (inside == 0) pk__respool_stay(c);
        inside = 1;
        pk__respool_destroy(c, slot, PK_RESPOOL_INVALID);
    } while (!ask.fresh);
    for (; inside > 0; inside--) pk__respool_leave(c);
    return status;
}
PK_API bool pk_respool_next_lease(const pk_respool *p, uint32_t min_ms, uint32_t *cursor, pk_respool_lease *lease) {
    pk__respool_core *c;
    pk_time now;
    PERFKIT_ASSERT(p != NULL && cursor != NULL && lease != NULL);
    c = p->core;
    if (c == NULL || pk__respool_forked(p)) return false;
    now = pk__respool_now(c->p);
    while (*cursor < c->d.max_size) {
        pk__respool_slot *slot = pk__respool_at(c->p, (*cursor)++);
        uint32_t state = pk__load32(&slot->state);
        if (PK__RESPOOL_IS(state) != PK__RESPOOL_LENT && PK__RESPOOL_IS(state) != PK__RESPOOL_LEAKED) continue;
        lease->lease.slot = *cursor - 1;
        lease->lease.lease = PK__RESPOOL_LEASE(state);
        lease->lease.it = PK__RESPOOL_LOAD(slot->it);
        lease->site = PK__RESPOOL_LOAD(slot->site);
        lease->tag = PK__RESPOOL_LOAD(slot->tag);
        lease->held_ms = pk__pool_elapsed(PK__RESPOOL_LOAD(slot->stamp), now);
        if (pk__load32(&slot->state) == state && lease->held_ms > min_ms) return true;
    }
    return false;
}

static const char *pk__pools_name(const pk_respool *p) { return p->core ? p->core->d.name : NULL; }
PK_API pk_respool *pk_pools_get(const pk_pools *list, const char *name) {
    uint32_t i;
    PERFKIT_ASSERT(list != NULL && name != NULL);
    for (i = 0; i < list->count; i++) {
        const char *has = pk__pools_name(list->pools[i]);
        if (has && strcmp(has, name) == 0) return list->pools[i];
    }
    return NULL;
}
PK_API pk_status pk_pools_add(pk_pools *list, pk_respool *p) {
    PERFKIT_ASSERT(list != NULL && p != NULL);
    if (pk__pools_name(p) == NULL) return PK_INVALID;
    if (pk_pools_get(list, pk__pools_name(p))) return PK_EXISTS;
    if (list->count == list->room) return PK_FULL;
    list->pools[list->count++] = p;
    return PK_OK;
}
PK_API pk_status pk_pools_remove(pk_pools *list, const pk_respool *p) {
    uint32_t i = 0;
    PERFKIT_ASSERT(list != NULL);
    while (i < list->count && list->pools[i] != p) i++;
    if (i == list->count) return PK_NOT_FOUND;
    for (list->count--; i < list->count; i++) list->pools[i] = list->pools[i + 1];
    return PK_OK;
}
PK_API void pk_pools_stats(const pk_pools *list, void (*fn)(const pk_respool_stats *stats, void *user), void *user) {
    uint32_t i;
    PERFKIT_ASSERT(list != NULL && fn != NULL);
    for (i = 0; i < list->count; i++) {
        pk_respool_stats stats;
        pk_respool_get_stats(list->pools[i], &stats);
        fn(&stats, user);
    }
}
PK_API void pk_pools_health(const pk_pools *list, void (*fn)(const char *name, pk_status health, void *user), void *user) {
    uint32_t i;
    PERFKIT_ASSERT(list != NULL && fn != NULL);
    for (i = 0; i < list->count; i++) {
        const char *name = pk__pools_name(list->pools[i]);
        fn(name, pk_respool_health(list->pools[i]), user);
    }
}
PK_API uint32_t pk_pools_tick(const pk_pools *list, uint32_t budget) {
    uint32_t i, done = 0;
    PERFKIT_ASSERT(list != NULL);
    for (i = 0; i < list->count; i++)
        if (list->pools[i]->core) done += pk_respool_tick(list->pools[i], pk_respool_now(list->pools[i]), budget);
    return done;
}

/* ---- Advice ---- */

PK_API int32_t pk_respool_score(const pk_respool_stats *stats) {
    pk_count attempts = stats->hits + stats->misses;
    uint32_t active = stats->active, total = stats->total, used = 4000;
    uint64_t wait, errors;
    if (attempts == 0) return PK_RESPOOL_NO_DATA;
    if (active * 5u < total * 3u || total == 0) /* 40 * u / 60 */
        used = total ? (active * 20000u + total * 3u / 2u) / (total * 3u) : 0;
    else if (active * 5u > total * 4u) /* 40 - (u - 80) */
        used = 12000u - (active * 10000u + total / 2u) / total;
    wait = stats->waits ? stats->wait_us / stats->waits / 100u : 0; /* in 1/10 ms: each costs 1/100 of a point */
    wait = wait < 3000u ? 3000u - wait : 0;
    errors = stats->errors < attempts ? ((uint64_t)(attempts - stats->errors) * 3000u + attempts / 2u) / attempts : 0;
    return (int32_t)(used + wait + errors);
}
PK_API void pk_respool_suggest(const pk_respool_stats *stats, uint32_t *min_size, uint32_t *max_size) {
    uint32_t total = stats->total, most = total, least;
    uint64_t active = (uint64_t)stats->active * 100u;
    least = total * 3u / 10u;
    if (active > (uint64_t)total * 80u) {
        most = total * 3u / 2u;
        least = total / 2u;
    } else {
        if (active < (uint64_t)total * 30u || total == 0) most = total * 7u / 10u > 10u ? total * 7u / 10u : 10u;
        if (least < 5) least = 5;
    }
    *max_size = most;
    *min_size = least < most ? least : most;
}
PK_API unsigned pk_respool_advice(const pk_respool_stats *stats) {
    unsigned advice = 0;
    if (stats->exhaustions > 0) advice |= PK_RESPOOL_ADVICE_EXHAUSTED;
    if (stats->active * 10u > stats->max_size * 9u) advice |= PK_RESPOOL_ADVICE_GROW;
    if (stats->waits && stats->wait_us > 100000u * (uint64_t)stats->waits) advice |= PK_RESPOOL_ADVICE_WAITS;
    if ((uint64_t)stats->errors * 20u > (uint64_t)stats->hits + stats->misses) advice |= PK_RESPOOL_ADVICE_ERRORS;
    if (stats->active * 5u < stats->total) advice |= PK_RESPOOL_ADVICE_SHRINK;
    return advice;
}
PK_API int pk_respool_load(const pk_respool_stats *stats) {
    if (stats->active * 5u > stats->max_size * 4u) return PK_RESPOOL_HIGH;
    return stats->active * 5u < stats->max_size * 3u ? PK_RESPOOL_LOW : PK_RESPOOL_GOOD;
}

/* ---- Making and unmaking ---- */

PK_API void pk_respool_preset(pk_respool_desc *desc, int preset) {
    static const uint32_t figures[5][7] = {{5, 20, 30, 30, 300, 1800, 60}, {20, 100, 60, 60, 1200, 1800, 60},
                                           {5, 20, 30, 30, 300, 1800, 60}, {10, 100, 10, 10, 300, 1800, 60},
                                           {0, 20, 10, 5, 300, 1800, 60}};
    const uint32_t *f = figures[preset >= 0 && preset < 5 ? preset : 0];
    desc->min_size = f[0] ? f[0] : PK_RESPOOL_NONE;
    desc->max_size = f[1];
    desc->wait_ms = f[2] * 1000u;
    desc->connect_ms = f[3] * 1000u;
    desc->idle_ms = f[4] * 1000u;
    desc->life_ms = f[5] * 1000u;
    desc->health_ms = f[6] * 1000u;
}

static void pk__respool_default(uint32_t *field, uint32_t value) {
    if (*field == 0) *field = value;
}
/* The description with its defaults. */
static pk_status pk__respool_plan(pk_respool_desc *d, const pk_respool_desc *desc) {
    if (desc == NULL || desc->create == NULL) return PK_INVALID;
    *d = *desc;
    pk__respool_default(&d->max_size, 20);
    pk__respool_default(&d->min_size, d->max_size < 5 ? d->max_size : 5);
    if (d->min_size == PK_RESPOOL_NONE) d->min_size = 0;
    if (d->min_size > d->max_size || d->max_size > PK__RESPOOL_MOST) return PK_INVALID;
    pk__respool_default(&d->max_creating, 4);
    pk__respool_default(&d->wait_ms, 30000);
    if (d->wait_ms > (uint32_t)1 << 30) d->wait_ms = PK_WAIT_FOREVER;
    pk__respool_default(&d->connect_ms, 30000);
    pk__respool_default(&d->validate_ms, 5000);
    pk__respool_default(&d->idle_ms, 300000);
    pk__respool_default(&d->life_ms, 1800000);
    pk__respool_default(&d->health_ms, 60000);
    if (d->jitter_pct == 0) d->jitter_pct = 10;
    if (d->jitter_pct > 100 && d->jitter_pct != PK_RESPOOL_NO_JITTER) return PK_INVALID;
    if (d->backoff.jitter_pct > 100 && d->backoff.jitter_pct != PK_BACKOFF_NO_JITTER) return PK_INVALID;
    if ((d->life_ms > (uint32_t)1 << 30 && d->life_ms != PK_RESPOOL_NONE) || d->backoff.cap_ms > (uint32_t)1 << 30) return PK_INVALID;
    if (d->clock == NULL && !PK__HAS_CLOCK) return PK_UNSUPPORTED;
    d->backoff.max_retries = PK_BACKOFF_FOREVER;
    if (d->breaker.open_ms == 0) d->breaker.open_ms = 60000;
    if (d->validate == NULL) d->validate_on_acquire = false;
    return PK_OK;
}
static size_t pk__respool_bytes(const pk_respool_desc *d) {
    return PK__ALIGN_UP(sizeof(pk__respool_core), PK__RESPOOL_LINE) + (size_t)d->max_size * PK__RESPOOL_SLOT_BYTES + 2 * PK__RESPOOL_LINE;
}
PK__STATIC_ASSERT(respool_bytes, sizeof(pk__respool_slot) <= PK__RESPOOL_SLOT_BYTES &&
                                     PK__ALIGN_UP(sizeof(pk__respool_core), PK__RESPOOL_LINE) + 2 * PK__RESPOOL_LINE <= PK_RESPOOL_BYTES(0));
PK_API size_t pk_respool_memory_needed(const pk_respool_desc *desc) {
    pk_respool_desc d;
    return pk__respool_plan(&d, desc) == PK_OK ? pk__respool_bytes(&d) : 0;
}
/* An empty pool; leases of before are none of it. */
static pk_status pk__respool_begin(pk__respool_core *c) {
    uint32_t i;
    pk_status status = pk__waitq_init(&c->q, c->d.threads, c->d.wait_ms, c->d.barge_us, c->d.clock, c->d.clock_user);
    if (status != PK_OK) return status;
#if PK__WAITQ_WAITS
    if (c->d.threads && !pk__cond_init(&c->drained)) {
        pk__mutex_destroy(&c->q.mutex);
        return PK_NO_MEMORY;
    }
#endif
    c->p->forks = c->q.forks;
    c->p->word = 0;
    c->empty = 0;
    for (i = c->d.max_size; i > 0; i--) {
        pk__respool_slot *slot = pk__respool_at(c->p, i - 1);
        slot->state = PK__RESPOOL_STATE(PK__RESPOOL_LEASE(slot->state), PK__RESPOOL_EMPTY);
        slot->it = NULL;
        slot->next = c->empty;
        slot->index = i - 1;
        c->empty = i;
    }
    return PK_OK;
}
static void pk__respool_free(pk_respool *p, pk__respool_core *c) {
    pk_allocator allocator = c->allocator;
    void *block = c->block;
    size_t bytes = c->bytes;
#if PK__WAITQ_WAITS
    if (c->d.threads) pk__cond_destroy(&c->drained);
#endif
    if (c->d.threads) pk__mutex_destroy(&c->q.mutex);
    memset(p, 0, sizeof *p);
    if (block) pk__free(&allocator, block, bytes);
}
PK_API pk_status pk__respool_init(pk_respool *p, size_t size, uint32_t config, const pk_respool_desc *desc) {
    pk_respool_desc d;
    pk_allocator allocator;
    pk__respool_core *c;
    pk_status status;
    void *block;
    size_t bytes;
    PERFKIT_ASSERT(p != NULL);
    if (size != sizeof(pk_respool) || config != PK__POOL_CONFIG_WORD) return PK_INVALID;
    memset(p, 0, sizeof *p);
    status = pk__respool_plan(&d, desc);
    if (status != PK_OK) return status;
    bytes = pk__respool_bytes(&d);
    memset(&allocator, 0, sizeof allocator);
    if (d.allocator) allocator = *d.allocator;
    block = d.memory;
    if (block == NULL)
        block = pk__alloc(&allocator, bytes, PK__RESPOOL_LINE);
    else if (d.memory_size < bytes)
        block = NULL;
    if (block == NULL) return PK_NO_MEMORY;
    c = (pk__respool_core *)pk__align_pointer(block, 2 * PK__RESPOOL_LINE);
    memset(c, 0, bytes - 2 * PK__RESPOOL_LINE);
    c->p = p;
    c->d = d;
    c->allocator = allocator;
    c->block = d.memory ? NULL : block;
    c->bytes = bytes;
    p->slots = (unsigned char *)c + PK__ALIGN_UP(sizeof(pk__respool_core), PK__RESPOOL_LINE);
    p->clock = d.clock;
    p->core = c;
    /* A lease that a tick may report as leaked meanwhile ends by a compare-and-swap, as of a race-proof pool. */
    p->quick = d.reset == NULL && !d.race_proof && d.max_uses == 0 && d.leak_ms == 0 ? d.max_size : 0;
    p->lives = d.life_ms != PK_RESPOOL_NONE;
    p->vets = d.validate_on_acquire;
    c->random = 0x9E3779B9u ^ (uint32_t)pk__respool_now(p) << 1;
    status = pk__respool_begin(c);
    if (status != PK_OK) {
        memset(p, 0, sizeof *p);
        if (c->block) pk__free(&allocator, c->block, bytes);
        return status;
    }
    if (d.eager) (void)pk__respool_fill(c, d.min_size, &status);
    if (status == PK_OK) return PK_OK;
    (void)pk_respool_close(p, 0);
    return PK_CREATE_FAILED;
}

PK_API void pk_respool_stop(pk_respool *p) {
    pk__respool_core *c;
    pk__respool_slot *slot;
    PERFKIT_ASSERT(p != NULL);
    c = p->core;
    if (c == NULL || pk__respool_forked(p)) return;
    pk__waitq_lock(&c->q);
    (void)pk__respool_change(c->p, PK__RESPOOL_STOPPED, 0, 0);
    c->inside++;
    pk__respool_settle(c);
    while ((slot = pk__respool_pop(c->p, 0, 0)) != NULL) {
        pk__waitq_unlock(&c->q);
        pk__respool_destroy(c, slot, PK_RESPOOL_CLOSING);
        pk__waitq_lock(&c->q);
    }
    c->inside--;
    pk__respool_settle(c);
    pk__waitq_unlock(&c->q);
}
/* Somebody has something of it, or is in it. Under the lock. */
static bool pk__respool_used(const pk__respool_core *c) {
    return PK__RESPOOL_ACTIVE(pk__respool_word(c->p)) + c->creating + c->inside + c->q.waiting != 0 || c->ticking;
}
PK_API pk_status pk_respool_close(pk_respool *p, uint32_t drain_ms) {
    pk__respool_core *c;
    bool used;
    PERFKIT_ASSERT(p != NULL);
    c = p->core;
    if (c == NULL) return PK_OK;
    if (pk__respool_forked(p)) return PK_FORKED;
    pk__waitq_lock(&c->q);
    used = c->closing || (pk__respool_used(c) && drain_ms == 0);
    if (!used) c->closing = true; /* one call of several closes it */
    pk__waitq_unlock(&c->q);
    if (used) return PK_BUSY;
    pk_respool_stop(p);
    pk__waitq_lock(&c->q);
#if PK__WAITQ_WAITS
    if (c->q.threads && drain_ms != 0) {
        uint64_t began = pk__waitq_moment(&c->q);
        bool told = true;
        while (pk__respool_used(c) && told) {
            uint64_t gone = pk__waitq_us(&c->q, began) / 1000u;
            if (gone >= drain_ms) break;
            told = pk__cond_wait(&c->drained, &c->q.mutex, (uint32_t)(drain_ms - gone));
        }
    }
#endif
    used = pk__respool_used(c);
    if (used) c->closing = false;
    pk__waitq_unlock(&c->q);
    if (used) return PK_BUSY;
    pk__respool_free(p, c);
    return PK_OK;
}
PK_API pk_status pk_respool_after_fork(pk_respool *p) {
    pk__respool_core *c;
    PERFKIT_ASSERT(p != NULL);
    c = p->core;
    if (c == NULL) return PK_CLOSED;
    if (!pk__respool_forked(p)) return PK_OK;
    memset(&c->s, 0, sizeof c->s);
    c->hits_counted = 0;
    p->peak = 0;
    c->creating = c->failures = c->cursor = c->inside = 0;
    c->resting = c->ticking = c->alarmed = c->closing = false;
    c->d.breaker.state = PK_BREAKER_CLOSED;
    c->d.breaker.failed = 0;
    pk_backoff_reset(&c->d.backoff);
    return pk__respool_begin(c);
}
#endif /* PERFKIT_POOL_RESOURCES */

/* ---- Gates ---- */

#if PERFKIT_POOL_GATE

/* What to tell, put together under the lock: afterwards the gate may be gone. */
typedef struct pk__gate_news {
    pk_event_fn tell;
    void *user;
    pk_event event;
} pk__gate_news;
#define PK__GATE_FIGURE(n) ((n) >> 15 >> 15 >> 2 != 0 ? UINT32_MAX : (uint32_t)(n)) /* a size_t of 64 bits may not fit */
static PK__COLD void pk__gate_note(const pk_gate *g, pk__gate_news *news, pk_status status) {
    news->tell = g->on_event;
    news->user = g->user;
    news->event.object = g->name;
    news->event.detail = NULL;
    news->event.kind = status == PK_INVALID   ? PK_GATE_EVENT_MISUSE
                       : status == PK_TOO_BIG ? PK_GATE_EVENT_TOO_BIG
                       : status == PK_CLOSED  ? PK_GATE_EVENT_CLOSED
                                              : PK_GATE_EVENT_FULL;
    news->event.status = status;
    news->event.a = PK__GATE_FIGURE(g->used);
    news->event.b = PK__GATE_FIGURE(g->limit);
}
static PK__COLD pk_status pk__gate_tell(const pk__gate_news *news) {
    if (news->tell) news->tell(news->user, &news->event);
    return news->event.status;
}
/* The steps under the lock, or without threads in a critical section. */
static bool pk__gate_fits(pk_gate *g, size_t n) {
    if (n > g->limit - g->used) return false;
    g->used += n;
    if (g->used > g->peak) g->peak = g->used;
    return true;
}
static pk_status pk__gate_try(pk_gate *g, size_t n, const pk__waiter *self) {
    if (g->queue.stopped) return PK_CLOSED;
    if (n > g->limit) return PK_TOO_BIG;
#if PK__WAITQ_WAITS
    if (n != 0 && g->queue.first) {
        const pk__waiter *first = pk__waitq_overdue(&g->queue);
        if (first && first != self) return PK_EXHAUSTED;
    }
#endif
    (void)self;
    return pk__gate_fits(g, n) ? PK_OK : PK_EXHAUSTED;
}
#if PK__WAITQ_WAITS
/* There is more room, or one waits less: serve whose turn it is, and wake as many of the others as fit. */
static void pk__gate_settle(pk_gate *g) {
    pk__waitq *q = &g->queue;
    pk__waiter *w;
    size_t room;
    uint32_t fit = 0;
    if (q->stopped) {
        pk__waitq_wake(q, UINT32_MAX);
        return;
    }
    while ((w = pk__waitq_overdue(q)) != NULL && pk__gate_fits(g, w->want)) pk__waitq_serve(q, w, 1);
    room = g->limit - g->used;
    for (w = q->first; w && w->want <= room; w = w->next) {
        room -= w->want;
        fit++;
    }
    pk__waitq_wake(q, fit);
}
static PK__COLD pk_status pk__gate_wait(pk_gate *g, size_t n, uint32_t wait_ms) {
    pk__waitq *q = &g->queue;
    pk__waiter self;
    pk_status status = PK_OK;
    bool in_time = true;
    pk_time now = pk__waitq_now(q), deadline = (pk_time)(now + wait_ms);
    if (!pk__waitq_join(q, &self, n, pk__waitq_moment(q), false)) return PK_NO_MEMORY;
    while (!self.given) {
        uint32_t left = wait_ms == PK_WAIT_FOREVER ? 1000000000u : (uint32_t)pk__pool_elapsed(now, deadline);
        status = pk__gate_try(g, n, &self);
        if (status != PK_EXHAUSTED) break;
        status = PK_TIMEOUT;
        if (left == 0 || (!in_time && wait_ms != PK_WAIT_FOREVER)) break; /* whatever the clock says, its time was slept */
        in_time = pk__waitq_sleep(q, &self, left);
        now = pk__waitq_now(q);
        status = PK_OK;
    }
    pk__waitq_leave(q, &self);
    pk__gate_settle(g);
    g->waits++;
    return status;
}
#endif
static pk_status pk__gate_ask(pk_gate *g, size_t n, uint32_t wait_ms) {
    pk_status status;
    if (!g->queue.threads) {
        PK__CRITICAL_ENTER(state);
        status = pk__gate_try(g, n, NULL);
        PK__CRITICAL_EXIT(state);
        return status;
    }
    status = pk__gate_try(g, n, NULL);
#if PK__WAITQ_WAITS
    if (wait_ms == PK_WAIT_DEFAULT) wait_ms = g->queue.wait_ms;
    if (wait_ms > (uint32_t)1 << 30) wait_ms = PK_WAIT_FOREVER;
    if (status == PK_EXHAUSTED && wait_ms != 0) status = pk__gate_wait(g, n, wait_ms);
#endif
    (void)wait_ms;
    return status;
}
static pk_status pk__gate_take(pk_gate *g, size_t n, uint32_t wait_ms) {
    pk__gate_news news;
    pk_status status;
    if (g->limit == 0) return PK_CLOSED;
    if (pk__waitq_forked(&g->queue)) return PK_FORKED;
    pk__waitq_lock(&g->queue);
    status = pk__gate_ask(g, n, wait_ms);
    if (PK__UNLIKELY(status != PK_OK)) {
        PK__CRITICAL_ENTER(state);
        if (status == PK_TIMEOUT)
            g->timeouts++;
        else
            g->refused++;
        pk__gate_note(g, &news, status);
        PK__CRITICAL_EXIT(state);
    }
    pk__waitq_unlock(&g->queue);
    return PK__LIKELY(status == PK_OK) ? PK_OK : pk__gate_tell(&news);
}
static pk_status pk__gate_give_back(pk_gate *g, size_t n) {
    pk__gate_news news;
    bool fits;
    if (g->limit == 0) return PK_CLOSED;
    if (pk__waitq_forked(&g->queue)) return PK_FORKED;
    pk__waitq_lock(&g->queue);
    {
        PK__CRITICAL_ENTER(state);
        fits = n <= g->used;
        if (PK__LIKELY(fits)) {
            g->used -= n;
        } else {
            g->misused++;
            pk__gate_note(g, &news, PK_INVALID);
        }
        PK__CRITICAL_EXIT(state);
    }
#if PK__WAITQ_WAITS
    if (g->queue.first) pk__gate_settle(g);
#endif
    pk__waitq_unlock(&g->queue);
    return PK__LIKELY(fits) ? PK_OK : pk__gate_tell(&news);
}

PK_API pk_status pk_gate_enter(pk_gate *g, uint32_t wait_ms) {
    PERFKIT_ASSERT(g != NULL);
    return pk__gate_take(g, 1, wait_ms);
}
PK_API pk_status pk_gate_try_enter(pk_gate *g) {
    PERFKIT_ASSERT(g != NULL);
    return pk__gate_take(g, 1, 0);
}
PK_API pk_status pk_gate_leave(pk_gate *g) {
    PERFKIT_ASSERT(g != NULL);
    return pk__gate_give_back(g, 1);
}
PK_API pk_status pk_budget_take(pk_budget *b, size_t bytes, uint32_t wait_ms) {
    PERFKIT_ASSERT(b != NULL);
    return pk__gate_take(&b->gate, bytes, wait_ms);
}
PK_API pk_status pk_budget_release(pk_budget *b, size_t bytes) {
    PERFKIT_ASSERT(b != NULL);
    return pk__gate_give_back(&b->gate, bytes);
}

PK_API void pk_gate_get_stats(const pk_gate *g, pk_gate_stats *stats) {
    size_t used, most;
    PERFKIT_ASSERT(g != NULL && stats != NULL);
    memset(stats, 0, sizeof *stats);
    if (pk__waitq_forked(&g->queue)) return;
    pk__waitq_lock(&g->queue);
    {
        PK__CRITICAL_ENTER(state);
        stats->used = g->used;
        stats->peak = g->peak;
        stats->waiting = g->queue.waiting;
        stats->refused = g->refused;
        stats->timeouts = g->timeouts;
        stats->waits = g->waits;
        stats->misused = g->misused;
        PK__CRITICAL_EXIT(state);
    }
    pk__waitq_unlock(&g->queue);
    stats->name = g->name;
    stats->limit = g->limit;
    used = stats->used;
    for (most = stats->limit; most >> 9 >> 9 != 0; most >>= 1) used >>= 1; /* the product below fits */
    if (most > 0) stats->utilization = (int32_t)((uint32_t)used * 10000u / (uint32_t)most);
}
PK_API pk_status pk__gate_init(pk_gate *g, size_t size, uint32_t config, const pk_gate_desc *desc) {
    pk_status status;
    PERFKIT_ASSERT(g != NULL);
    if (size != sizeof(pk_gate) || config != PK__POOL_CONFIG_WORD) return PK_INVALID;
    memset(g, 0, sizeof *g);
    if (desc == NULL || desc->limit == 0) return PK_INVALID;
    status = pk__waitq_init(&g->queue, desc->threads, desc->wait_ms, desc->barge_us, desc->clock, desc->clock_user);
    if (status != PK_OK) return status;
    g->limit = desc->limit;
    g->name = desc->name;
    g->on_event = desc->on_event;
    g->user = desc->user;
    return PK_OK;
}
PK_API void pk_gate_stop(pk_gate *g) {
    PERFKIT_ASSERT(g != NULL);
    if (g->limit == 0 || pk__waitq_forked(&g->queue)) return;
    pk__waitq_lock(&g->queue);
    g->queue.stopped = true;
#if PK__WAITQ_WAITS
    pk__gate_settle(g);
#endif
    pk__waitq_unlock(&g->queue);
}
PK_API pk_status pk_gate_close(pk_gate *g) {
    bool used;
    PERFKIT_ASSERT(g != NULL);
    if (g->limit == 0) return PK_OK;
    if (pk__waitq_forked(&g->queue)) return PK_FORKED;
    pk__waitq_lock(&g->queue);
    used = g->used != 0 || g->queue.waiting != 0;
    pk__waitq_unlock(&g->queue);
    if (used) return PK_BUSY;
#if PERFKIT_THREADS
    if (g->queue.threads) pk__mutex_destroy(&g->queue.mutex);
#endif
    memset(g, 0, sizeof *g);
    return PK_OK;
}
PK_API pk_status pk_gate_after_fork(pk_gate *g) {
    pk__waitq q;
    pk_status status;
    PERFKIT_ASSERT(g != NULL);
    if (g->limit == 0) return PK_CLOSED;
    q = g->queue;
    if (!pk__waitq_forked(&q)) return PK_OK;
    status = pk__waitq_init(&g->queue, q.threads, q.wait_ms, q.barge_us, q.clock, q.clock_user);
    if (status != PK_OK) {
        g->queue = q; /* still the parent's */
        return status;
    }
    g->queue.stopped = q.stopped;
    g->used = g->peak = 0;
    g->refused = g->timeouts = g->waits = g->misused = 0;
    return PK_OK;
}
#endif /* PERFKIT_POOL_GATE */
#endif /* PERFKIT_POOL_IMPLEMENTATION */

#if defined PERFKIT_POOL_INLINE && !defined pk_pool_acquire /* this file's calls go to the inline ones */
#define pk_pool_acquire(p) pk__pool_acquire_any(p)
#define pk_pool_release(p, object) pk__pool_release_any(p, object)
#if PERFKIT_POOL_HANDLES
#define pk_pool_acquire_handle(p, handle, object) pk__pool_acquire_handle_any(p, handle, object)
#define pk_pool_get(p, handle) pk__pool_get_any(p, handle)
#define pk_pool_release_handle(p, handle) pk__pool_release_handle_any(p, handle)
#endif
#if PERFKIT_POOL_CACHES
#define pk_pool_cache_acquire(c) pk__pool_cache_take(c)
#define pk_pool_cache_release(c, object) pk__pool_cache_give(c, object)
#endif
#endif

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
