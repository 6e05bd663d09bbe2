/* perfkit_log.h - a leveled logger and a separate performance channel; its own formatter, no heap, fit for 2 KB of RAM.

   Lines with a level go to one or more sinks (stderr, file descriptor, FILE, your function), and nothing is evaluated,
   formatted or even compiled in for a level that is off. Beside it, and never mixed with it, the perf channel times and counts
   named places of your program, keeps their distribution in fixed memory and prints a table. C99 to C2x, C++11 to C++20; MIT or
   Unlicense.

   Do this: in ONE file of your program, before any other include,

       #define PERFKIT_LOG_IMPLEMENTATION
       #include "perfkit_log.h"

   and in any file

       #include "perfkit_log.h"

       int main(void) {
           pk_log_configure(PK_LOG_INFO);                 // optional: without it WARN and ERROR go to stderr
           PK_LOG_INFO("listening on port %d", 8080);     // printf formats, checked by the compiler
           PK_LOG_DEBUG("state %s", costly());            // DEBUG is off: costly() is not called
           pk_perf_configure(PK_LOG_INFO);                // the perf channel is off until you say so
           PK_PERF_SCOPE("work") { work(); }              // times the block
           pk_perf_report(&pk_perf_default, pk_log_to_stderr, NULL, 20); // table: count, total, p50, p95, p99, max
           return 0;
       }

   In firmware there is no stderr: give the default logger a function first.

       static pk_status uart_line(void *user, int level, const char *text, size_t length) { ...; return PK_OK; }
       pk_log_add_sink(&pk_log_default, uart_line, NULL, PK_LOG_TRACE);

   CONFIGURATION: define before including, with -D, or in PERFKIT_CONFIG_FILE; the same for all units, but for those marked *
     macro                 default: hosted / firmware / tiny   meaning
     PERFKIT_LOG_LEVEL *   PK_LOG_TRACE (all)       floor: calls above it leave nothing in the program; a level's name, or 0 to 5
     PERFKIT_LOG_NAME *    none                     "net": the name in the lines of this file; before its first include
     PERFKIT_LOG_SITE *    1 / 0 / 0                file:line in each line
     PERFKIT_LOG_LINE      512 / 96 / 64            bytes of one line with its end; a longer one is cut and ends in "..."
     PERFKIT_LOG_SINKS     4 / 4 / 2                sinks per logger
     PERFKIT_LOG_INT64     1 / 0 / 0                %lld and friends where long is 32 bits
     PERFKIT_LOG_WALL      1 / 0 / 0                dates: desc.wall, or the system's clock
     PERFKIT_LOG_KV        1 / 0 / 0                PK_LOG_KV: fields with names
     PERFKIT_LOG_FORMS     1 / 0 / 0                sinks may take logfmt or JSON lines; off where PERFKIT_LOG_LINE < 128
     PERFKIT_LOG_RULES     1 / 0 / 0                levels by name: pk_log_set_rules
     PERFKIT_LOG_LIMITS    1 / 0 / 0                PK_LOG_LIMITED, PK_LOG_ONCE, PK_LOG_EVERY_N: fewer lines from one place
     PERFKIT_LOG_ERRORS    1 / 0 / 0                PK_LOG_FAILED: the last PERFKIT_LOG_ERRORS_KEPT (16), and a count for each code
     PERFKIT_LOG_BUFFER    1 / 0 / 0                pk_log_buffer: lines gathered and written together
     PERFKIT_LOG_RING      1 / 1 / 0                pk_log_ring: the last lines, in RAM, in .noinit, or in a file that outlives a crash
     PERFKIT_LOG_SIGNALS   1 / 0 / 0                PK_LOG_SIGNAL: lines from signal handlers and interrupts
     PERFKIT_LOG_SIGNAL_LINES  16 / 4 / 4           that wait for a flush or drain
     PERFKIT_LOG_CRASH     1 / 0 / 0                pk_log_crash_install: a crash flushes; POSIX, with PERFKIT_STDIO
     PERFKIT_LOG_ROTATE    1 / 0 / 0                pk_log_file: files that rotate by size and time; with PERFKIT_STDIO
     PERFKIT_LOG_DEFERRED  1 / 0 / 0                deferred mode: pk_log_defer; calls leave records, pk_log_drain makes lines of them
     PERFKIT_LOG_DICTIONARY 0                       firmware, deferred: records leave by pk_log_drain_raw alone, nothing makes lines of them
     PERFKIT_LOG_DEFAULT * pk_log_default           the logger of PK_LOG_ERROR … PK_LOG_TRACE: the name of an extern pk_log
     PERFKIT_PERF_DEFAULT* pk_perf_default          the channel of PK_PERF_SCOPE and PK_PERF_COUNT, likewise
     PERFKIT_PERF          1 / 1 / 0                the perf channel; 0: PK_PERF_SCOPE leaves its block alone
     PERFKIT_PERF_SUB_BITS, _MAX_BITS, _COUNTER     histogram of a PK_PERF_SCOPE: 5, 40, uint32_t / 3, 24, uint16_t /
                                                    AVR 2, 20, uint16_t (4,608, hosted twice / 352 / 152 bytes)
     PERFKIT_PERF_RAW      1 / 0 / 0                ticks of the CPU's own counter (x86-64 with an invariant TSC, AArch64) where
                                                    PERFKIT_TICKS is not given; 0: of the monotonic clock
     PERFKIT_PERF_TEXT     1 / 1 / 0                pk_perf_report: the table
     PERFKIT_PERF_JSON, _OPENMETRICS, _TRACE        1 / 0 / 0: pk_perf_json, pk_perf_openmetrics, pk_perf_trace_json (hosted)
     PERFKIT_PERF_PROGRESS 1 / 0 / 0                pk_progress: how far many like things are, with observers and a bar
     PERFKIT_PERF_STAGES   1 / 0 / 0                pk_stopwatch, pk_growth, pk_metrics, pk_trend
     shared: PERFKIT_STDIO 1/0/0 (stderr, fd, FILE), PERFKIT_FLOAT 1/0/0 (%f %e %g; 64-bit double), PERFKIT_THREADS 1/0/0
     (desc.threads), PERFKIT_GLOBALS 1 (the two default loggers), PERFKIT_NOW_MS(), PERFKIT_TICKS() with _HZ _MASK _DOWN,
     PERFKIT_TLS (the compiler's thread-local storage class), PERFKIT_CRITICAL_ENTER/EXIT, PERFKIT_STATIC (everything private to
     the unit: then there is no default logger, so name one with PERFKIT_LOG_DEFAULT), PERFKIT_LOG_WRITE(fd, bytes, n) (instead
     of write(2), for all that goes to descriptors).

   WHICH MODE
     At once (default): when a call returns, its line is with the sinks. Nothing to set up, and what descriptors took is safe from a crash.
     A call takes as long as its sinks do; with pk_log_to_file they write when FILE's buffer is full, or at pk_log_flush.
     Deferred (desc.memory or pk_log_defer): a call leaves a record in a ring of yours, about 30 ns on a PC; a thread of yours, or the idle
     loop, calls pk_log_drain. For loops that must not wait, real-time threads and interrupts. What a full ring does is your choice and is
     counted; what is not drained is lost with the program. Firmware: PERFKIT_LOG_DEFERRED 1.
     Dictionary (firmware, deferred): pk_log_drain_raw sends records as they are, examples/dictionary/decode.py makes the lines on a PC:
     for slow links, and where flash or time is too short for a formatter.

   WHERE LINES GO
     stderr, a descriptor, a FILE or your function, up to PERFKIT_LOG_SINKS, each with its own level and form. Before a descriptor a buffer
     (pk_log_to_buffer: written when full, by level, by call), a file that rotates by size and time (pk_log_to_rotating), or a ring of the
     last lines (pk_log_to_ring) that is handed over with an error, read after a reset, or outlives a SIGKILL.
     A sink that fails: the line is counted as lost there, and the next is tried. A write that fails half-way: the next line begins on a
     line of its own; buffers and rotating files keep what could not be written and lose only what finds no room.
     A crash: pk_log_crash_install has what is still held written out; in firmware a fault handler calls pk_log_panic. A signal handler:
     PK_LOG_SIGNAL, nothing else. Fork: a child logs at once; what holds its parent's lines is PK_FORKED there until pk_log_after_fork.

   WHAT OUTLIVES       abort, SIGSEGV …        SIGTERM   exit, return from main   SIGKILL
     to a descriptor   yes                     yes       yes                      yes
     to a FILE         no                      no        yes                      no
     buffered          pk_log_crash_install    no        close or flush before    no
     deferred          pk_log_crash_install    no        close or flush before    no
     ring in a file    yes                     yes       yes                      yes
     Where it says no, have a handler of the signal tell main to close the logger and end.

   A LINE
     2026-01-02T03:04:05.678Z WARN  net conn.c:42 peer 10.0.0.7 is slow
     12345 WARN  net peer 10.0.0.7 is slow
     Time: UTC from desc.wall, else milliseconds from desc.clock, else, hosted, UTC from the system, else PERFKIT_NOW_MS(), else
     none. Name: PERFKIT_LOG_NAME of the file, else that of the logger, else none. The line ends in "\n". One too long for
     PERFKIT_LOG_LINE is cut between characters of UTF-8, ends in "..." and is counted. Values of %s and %c are escaped (\n \r \t,
     \xNN for other control characters and DEL; hosted, also for those of U+0080 to U+009F and for what is not UTF-8), so no
     value forges a line or drives a terminal; the format itself is yours and printed as it is.

   FORMATS
     Flags - + space # 0, width and precision (also *), hh h l ll j z t, d i u x X o c s p %, and f F e E g G with PERFKIT_FLOAT, correctly
     rounded for every double and every precision. NULL for %s prints (null). Never %n. A conversion that the build does not know (%lld and
     %jd without PERFKIT_LOG_INT64, %f without PERFKIT_FLOAT) is printed as it stands, and so is all after it: no argument is read under a
     wrong type. %s takes no length modifier. Formats of the macros are string literals, and in flash on AVR; there a value in flash is
     printed by "%" PK_PRI_ROM with PK_ROM_ARG(address), which elsewhere mean %s.

   GUARANTEES
     A level that is off: one byte compared, arguments not evaluated. A level above PERFKIT_LOG_LEVEL: no code, no data.
     Memory: no heap anywhere. A logger is sizeof(pk_log) bytes of yours; a line is built on the stack: PERFKIT_LOG_LINE bytes + about 220
     (64-bit hosts with PERFKIT_LOG_FORMS: twice PERFKIT_LOG_LINE + 880; %f and friends: 900 more). In deferred mode that is the drain's; a
     call takes 2.8 KB at its place's first record or with fields, else 320 bytes. Hosted, a thread keeps 8 KB of formats that it has read.
     Sinks: a sink that fails is counted, reported once to desc.on_event, and does not keep the line from the others.
     Threads: loggers with desc.threads, and hosted (Linux, Windows, macOS, FreeBSD, OpenBSD, without PERFKIT_MUTEX_ hooks) also the
     default loggers and those of PK_LOG_DEFINE, may be used from any thread, and each line goes to each sink whole and in the same order;
     every line to a descriptor is one write(2), so lines of several processes to one terminal or O_APPEND file stay whole too. pk_log_init
     and pk_log_close are for one thread. Sinks run under the logger's lock: they must not log to the same logger, but in deferred mode
     they may. A forked child may log at once, see pk_log_after_fork; a signal handler must not.
     Interrupts: PK_PERF_COUNT and recording are safe with the PERFKIT_CRITICAL hooks once the site has been reached outside an interrupt.
     A log call is as safe as its sinks are; two at once on one logger without desc.threads can lose a count. At most, on a Cortex-M0 at
     -Os, however full the ring is: a deferred call 140 instructions and 10 for each integer, with strings 3000 (of which a record keeps
     less than PERFKIT_LOG_LINE bytes); a count 80, a value 300, the end of a span 400. Under the mask at most 60, for a value 80.
     PK_LOG_SIGNAL formats: its time is linear in the length of its strings.
     Time: the formatter is linear in its output; nothing waits but the sinks.
     Errors: pk_status. Limits: widths and precisions up to 9999; dates until 2106; without a clock (PERFKIT_NOW_MS) a span of
     PERFKIT_TICKS() longer than one wrap cannot be told from a short one: choose the counter so that none is. With one it is right up to 4
     hours, and marked in the report. */

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
#ifndef PERFKIT_LOG_H
#define PERFKIT_LOG_H

#ifndef PERFKIT_LOG_SITE
#define PERFKIT_LOG_SITE PK__FULL
#endif
#ifndef PERFKIT_LOG_LINE
#define PERFKIT_LOG_LINE (PK__FULL ? 512 : PK__TINY ? 64 : 96)
#endif
#ifndef PERFKIT_LOG_SINKS
#define PERFKIT_LOG_SINKS (PK__TINY ? 2 : 4)
#endif
#ifndef PERFKIT_LOG_INT64
#define PERFKIT_LOG_INT64 PK__FULL
#endif
#ifndef PERFKIT_LOG_WALL
#define PERFKIT_LOG_WALL PK__FULL
#endif
#ifndef PERFKIT_LOG_KV
#define PERFKIT_LOG_KV PK__FULL
#endif
#ifndef PERFKIT_LOG_FORMS
#define PERFKIT_LOG_FORMS PK__FULL
#endif
#ifndef PERFKIT_LOG_RULES
#define PERFKIT_LOG_RULES PK__FULL
#endif
#ifndef PERFKIT_LOG_LIMITS
#define PERFKIT_LOG_LIMITS PK__FULL
#endif
#ifndef PERFKIT_LOG_ERRORS
#define PERFKIT_LOG_ERRORS PK__FULL
#endif
#ifndef PERFKIT_LOG_BUFFER
#define PERFKIT_LOG_BUFFER PK__FULL
#endif
#ifndef PERFKIT_LOG_RING
#define PERFKIT_LOG_RING (!PK__TINY)
#endif
#ifndef PERFKIT_LOG_SIGNALS
#define PERFKIT_LOG_SIGNALS PK__FULL
#endif
#ifndef PERFKIT_LOG_CRASH
#ifdef _WIN32
#define PERFKIT_LOG_CRASH 0
#else
#define PERFKIT_LOG_CRASH (PK__FULL && PERFKIT_HOSTED && PERFKIT_STDIO)
#endif
#endif
#ifndef PERFKIT_LOG_ROTATE
#define PERFKIT_LOG_ROTATE (PK__FULL && PERFKIT_STDIO && PERFKIT_LOG_BUFFER && PERFKIT_LOG_WALL)
#endif
#ifndef PERFKIT_LOG_DEFERRED
#define PERFKIT_LOG_DEFERRED PK__FULL
#endif
#ifndef PERFKIT_PERF
#define PERFKIT_PERF (!PK__TINY)
#endif
#ifndef PERFKIT_LOG_DICTIONARY
#define PERFKIT_LOG_DICTIONARY 0
#endif
/* The form of deferred mode: a ring for each thread, or one for the program and its interrupts. */
#define PK__LOG_RINGS (PERFKIT_LOG_DEFERRED && PERFKIT_HOSTED && PK__FULL)
#define PK__LOG_FIFO (PERFKIT_LOG_DEFERRED && !PK__LOG_RINGS)
#if PERFKIT_LOG_DICTIONARY && (!PK__LOG_FIFO || PERFKIT_LOG_FORMS || PERFKIT_LOG_RULES || PERFKIT_LOG_SIGNALS)
#error "perfkit: PERFKIT_LOG_DICTIONARY needs PERFKIT_LOG_DEFERRED in firmware, without PERFKIT_LOG_FORMS, _RULES and _SIGNALS"
#elif defined __AVR__ && (PERFKIT_LOG_FORMS || PERFKIT_LOG_RULES)
#error "perfkit: PERFKIT_LOG_FORMS and PERFKIT_LOG_RULES read names that an AVR has in flash: not there"
#elif PERFKIT_LOG_FORMS && PERFKIT_LOG_LINE < 128
#undef PERFKIT_LOG_FORMS
#define PERFKIT_LOG_FORMS 0 /* no room for them */
#endif
#ifndef PERFKIT_PERF_RAW
#define PERFKIT_PERF_RAW PK__FULL
#endif
#ifndef PERFKIT_PERF_TEXT
#define PERFKIT_PERF_TEXT (!PK__TINY)
#endif
#ifndef PERFKIT_PERF_JSON
#define PERFKIT_PERF_JSON PK__FULL
#endif
#ifndef PERFKIT_PERF_OPENMETRICS
#define PERFKIT_PERF_OPENMETRICS PK__FULL
#endif
#ifndef PERFKIT_PERF_TRACE
#define PERFKIT_PERF_TRACE PK__FULL
#endif
#ifndef PERFKIT_PERF_PROGRESS
#define PERFKIT_PERF_PROGRESS PK__FULL
#endif
#ifndef PERFKIT_PERF_STAGES
#define PERFKIT_PERF_STAGES PK__FULL
#endif
#define PK__LOG_WIDE (PERFKIT_LOG_FORMS || PERFKIT_LOG_RULES || PK__LOG_RINGS) /* a logger that knows more than levels and sinks */
#if PERFKIT_PERF_TRACE && !PERFKIT_HOSTED
#error "perfkit: PERFKIT_PERF_TRACE needs an operating system"
#elif PERFKIT_LOG_CRASH && !(PERFKIT_STDIO && PERFKIT_HOSTED)
#error "perfkit: PERFKIT_LOG_CRASH needs POSIX and PERFKIT_STDIO"
#elif PERFKIT_LOG_ROTATE && !(PERFKIT_STDIO && PERFKIT_HOSTED && PERFKIT_LOG_BUFFER && PERFKIT_LOG_WALL)
#error "perfkit: PERFKIT_LOG_ROTATE needs an operating system, PERFKIT_STDIO, PERFKIT_LOG_BUFFER and PERFKIT_LOG_WALL"
#elif PK__NOT_01(PERFKIT_LOG_SITE) || PK__NOT_01(PERFKIT_LOG_INT64) || PK__NOT_01(PERFKIT_LOG_WALL) || PK__NOT_01(PERFKIT_LOG_KV) || \
    PK__NOT_01(PERFKIT_LOG_FORMS) || PK__NOT_01(PERFKIT_LOG_RULES) || PK__NOT_01(PERFKIT_LOG_LIMITS) || PK__NOT_01(PERFKIT_LOG_ERRORS) || \
    PK__NOT_01(PERFKIT_LOG_BUFFER) || PK__NOT_01(PERFKIT_LOG_ROTATE) || PK__NOT_01(PERFKIT_LOG_RING) || PK__NOT_01(PERFKIT_LOG_SIGNALS)
#error "perfkit: each of PERFKIT_LOG_SITE _INT64 _WALL _KV _FORMS _RULES _LIMITS _ERRORS _BUFFER _ROTATE _RING _SIGNALS is 0 or 1"
#elif PK__NOT_01(PERFKIT_LOG_CRASH) || PK__NOT_01(PERFKIT_LOG_DEFERRED) || PK__NOT_01(PERFKIT_LOG_DICTIONARY) || PK__NOT_01(PERFKIT_PERF) || \
    PK__NOT_01(PERFKIT_PERF_RAW) || PK__NOT_01(PERFKIT_PERF_TEXT) || PK__NOT_01(PERFKIT_PERF_JSON) || PK__NOT_01(PERFKIT_PERF_TRACE) || \
    PK__NOT_01(PERFKIT_PERF_OPENMETRICS) || PK__NOT_01(PERFKIT_PERF_PROGRESS) || PK__NOT_01(PERFKIT_PERF_STAGES)
#error "perfkit: each of PERFKIT_LOG_CRASH _DEFERRED _DICTIONARY, PERFKIT_PERF and its _RAW _TEXT _JSON _TRACE … _STAGES is 0 or 1"
#elif PERFKIT_LOG_LINE < 32 || PERFKIT_LOG_LINE > 16384
#error "perfkit: PERFKIT_LOG_LINE is 32 to 16384 bytes"
#elif PERFKIT_LOG_SINKS < 1 || PERFKIT_LOG_SINKS > 16
#error "perfkit: PERFKIT_LOG_SINKS is 1 to 16"
#endif

/* Each level includes those before it. ERROR: conflicts, cycles, what cannot go on; WARN: failures that were survived; INFO:
   life cycle; DEBUG: decisions and statistics; TRACE: every step. */
enum { PK_LOG_OFF, PK_LOG_ERROR, PK_LOG_WARN, PK_LOG_INFO, PK_LOG_DEBUG, PK_LOG_TRACE };

/* Where lines go. `text` is one whole line of `length` bytes, "\n" included, with a 0 behind it, yours until you return. Anything but PK_OK is
   a failure of this sink: the line is lost, and counted. PK_CORRUPT says that a part of it is out; with PERFKIT_STDIO the next then comes with
   a "\n" before it. Length 0: flush what you hold back. Called under the logger's lock: don't log to the same logger, unless it is deferred. */
typedef pk_status (*pk_log_sink_fn)(void *user, int level, const char *text, size_t length);

/* Wall clock: seconds since 1970-01-01 UTC, and the milliseconds of the second into *ms. */
typedef uint32_t (*pk_wall_fn)(void *user, uint16_t *ms);

typedef struct pk_log_sink { /* private */
    pk_log_sink_fn fn;
    void *user;
    pk_count failed;  /* lines it did not take */
    uint8_t level;    /* lines above it are not for this sink */
    uint8_t colour;   /* flags: yes; to be found out at its first line; a part of a line is out */
    uint8_t reported; /* its failure went to on_event */
    uint8_t form;     /* PK_LOG_TEXT, PK_LOG_LOGFMT or PK_LOG_JSON */
} pk_log_sink;

typedef struct pk_log { /* all private: use the functions. Statically made by PK_LOG_DEFINE, or by pk_log_init */
    uint8_t gate;  /* the highest level that reaches any sink: what the macros compare with */
    uint8_t level; /* as set; on the perf channel OFF means: record nothing */
    uint8_t flags;
    uint8_t sink_count;
    const char *name;
    pk_clock_fn clock;
    pk_wall_fn wall;
    pk_event_fn on_event;
    void *user;
    struct pk_perf_site *sites; /* of a perf channel */
#if PERFKIT_HOSTED
    struct pk_perf_trace *trace; /* of a perf channel, or NULL */
    volatile uint32_t forks;     /* number of this process among its forebears, when the lock was made; 0: not used yet */
#endif
    pk_count lines, truncated;
    pk_log_sink sinks[PERFKIT_LOG_SINKS];
    pk_mutex mutex;
#if PK__LOG_WIDE /* init refuses a unit that says otherwise: by the size */
    const struct pk_log_rules *rules;
    uint8_t forms; /* those that sinks want, a bit each; 0: text alone */
#endif
#if PERFKIT_LOG_LIMITS
    struct pk_log_limit *limits; /* places that held lines back */
#endif
#if PERFKIT_LOG_ERRORS
    struct pk_log_errors *errors;
#endif
#if PERFKIT_LOG_SIGNALS
    struct pk_log_signals *signals;
#endif
#if PERFKIT_LOG_DEFERRED
    struct pk__queue *queue; /* of deferred mode; NULL: each line goes to the sinks at once */
#endif
} pk_log;

typedef struct pk_log_desc {
    const char *name;     /* in each line, for files without PERFKIT_LOG_NAME; NULL: none; not copied */
    pk_log_sink_fn sink;  /* the first sink; NULL: stderr where PERFKIT_STDIO, else none */
    void *sink_user;
    pk_clock_fn clock;    /* milliseconds for the time of a line; NULL: see "A LINE" above */
    pk_wall_fn wall;      /* UTC for the time of a line; PK_UNSUPPORTED where PERFKIT_LOG_WALL is 0 */
    pk_event_fn on_event; /* hears of sinks that fail */
    void *user;           /* handed to clock, wall and on_event */
    uint8_t level;        /* PK_LOG_ERROR to PK_LOG_TRACE; 0: PK_LOG_WARN (to start silent: pk_log_set_level after init) */
    uint8_t sink_level;   /* of the first sink; 0: PK_LOG_TRACE, all that the logger passes */
    bool no_time;         /* lines without a time */
    bool threads;         /* safe for any thread; PK_UNSUPPORTED where PERFKIT_THREADS is 0 */
#if PERFKIT_LOG_DEFERRED
    void *memory;         /* of deferred mode, as of pk_log_defer; NULL: each line goes to the sinks at once */
    size_t memory_size;
    uint8_t rings;        /* for so many threads; 0: 4 */
    uint8_t full;         /* PK_LOG_DROP_NEWEST, PK_LOG_OVERWRITE_OLDEST or PK_LOG_BLOCK */
#endif
} pk_log_desc;

/* Reported once a sink: it failed. status = what it returned, a = its place among the sinks, b = its lines lost so far. */
#define PK_LOG_EVENT_SINK_FAILED 1

/* ---- Logging ----
   Arguments are as for printf (on AVR at most 31); they are not evaluated when the level is off. */

/*   PK_LOG_ERROR(format, …)  PK_LOG_WARN(…)  PK_LOG_INFO(…)  PK_LOG_DEBUG(…)  PK_LOG_TRACE(…)    to the default logger
     PK_LOG_TO(log, level, format, …)    to a pk_log *; level is one of the five names (known only at run time: pk_log_write) */

#ifdef PERFKIT_LOG_DEFAULT
PK__EXTERN pk_log PERFKIT_LOG_DEFAULT;
#elif PERFKIT_GLOBALS && !defined PERFKIT_STATIC
#define PERFKIT_LOG_DEFAULT pk_log_default
/* Ready before main: level WARN; to stderr where PERFKIT_STDIO, coloured on a terminal unless NO_COLOR is set; else no sink
   yet. */
PK__EXTERN pk_log pk_log_default;
#endif

/* The whole configuration of the default logger in one call: its level and, where PERFKIT_STDIO, stderr unless it has a sink.
   Calling it again only changes the level. The perf channel is untouched. PK_INVALID: no such level. Any thread. */
#ifdef PERFKIT_LOG_DEFAULT
#define pk_log_configure(level) pk__log_configure(&PERFKIT_LOG_DEFAULT, level)
#endif
PK_API pk_status pk__log_configure(pk_log *log, int level);

/* Let lines up to `level` pass; PK_LOG_OFF: none. PK_INVALID: no such level. Any thread; O(sinks). */
PK_API pk_status pk_log_set_level(pk_log *log, int level);

/* Whether a line of this level may reach a sink (pk_log_set_rules may still refuse its name): to guard work that only feeds a log
   call. Any thread, interrupt-safe; one compare. */
PK__HOT_INLINE bool pk_log_enabled(const pk_log *log, int level);

/* Units that answer these otherwise have another pk_log or pk_log_desc. */
#define PK__LOG_CONFIG_WORD                                                                                  \
    (PK__CONFIG_WORD ^ (uint32_t)(PERFKIT_LOG_DEFERRED | PERFKIT_LOG_LIMITS << 1 | PERFKIT_LOG_ERRORS << 2 | \
                                  PERFKIT_LOG_FORMS << 3 | PERFKIT_LOG_RULES << 4 | PERFKIT_LOG_SIGNALS << 5) << 8)
PK_API pk_status pk__log_init(pk_log *log, size_t size, uint32_t config, const pk_log_desc *desc);

/* Make a logger; NULL desc: all defaults. PK_INVALID: no such level, or this unit and the implementation were built with
   different configurations; PK_UNSUPPORTED: threads or wall without their switch; and what pk_log_defer says. One thread. Close it when
   desc.threads. */
PK__INLINE pk_status pk_log_init(pk_log *log, const pk_log_desc *desc) {
    return pk__log_init(log, sizeof(pk_log), PK__LOG_CONFIG_WORD, desc);
}

/* Flush, let go of all that was added or set, and pass nothing any more. Again: harmless. Files and descriptors stay open: they are
   yours. With PERFKIT_LOG_DICTIONARY what waits is lost: pk_log_drain_raw before. One thread. */
PK_API pk_status pk_log_close(pk_log *log);

/* Add a sink for lines up to `level` (PK_LOG_TRACE: all that the logger passes); fn and user together name it. PK_EXISTS: it is
   there already, and stays as it is; PK_FULL: PERFKIT_LOG_SINKS are; PK_INVALID: no such level. Any thread; O(sinks). */
PK_API pk_status pk_log_add_sink(pk_log *log, pk_log_sink_fn fn, void *user, int level);

/* PK_NOT_FOUND: there is no such sink. When it returns, fn is not running and will not be called again. Any thread. */
PK_API pk_status pk_log_remove_sink(pk_log *log, pk_log_sink_fn fn, void *user);

#if PERFKIT_LOG_FORMS
/* What lines of a sink look like; text until told otherwise.
     PK_LOG_TEXT    2026-01-02T03:04:05.678Z WARN  net conn.c:42 peer is slow ms=1200 host="a b"
     PK_LOG_LOGFMT  time=2026-01-02T03:04:05.678Z level=warn name=net at=conn.c:42 msg="peer is slow" ms=1200 host="a b"
     PK_LOG_JSON    {"time":"2026-01-02T03:04:05.678Z","level":"warn","name":"net","file":"conn.c","line":42,
                    "message":"peer is slow","ms":1200,"host":"a b"}      (on one line)
   JSON is always valid: bytes that are not UTF-8 become U+FFFD, doubles that are not finite are strings. A line too long for
   PERFKIT_LOG_LINE is cut inside a string, where "..." stands then, or behind a field, and says truncated=true or "truncated":true. */
enum { PK_LOG_TEXT, PK_LOG_LOGFMT, PK_LOG_JSON };

/* PK_NOT_FOUND: there is no such sink; PK_INVALID: no such form. Sinks of one form see the lines of all threads in one order. Any thread. */
PK_API pk_status pk_log_set_form(pk_log *log, pk_log_sink_fn fn, void *user, int form);
#endif

#if PERFKIT_LOG_RULES
/* ---- Levels by name ---- */

#define PK_LOG_RULES 8
typedef struct pk_log_rules { /* private; yours, to stay while it is in force */
    struct {
        const char *name;
        uint8_t length, level;
        bool prefix;
    } rule[PK_LOG_RULES];
    uint8_t count;
} pk_log_rules;

/* Files and loggers with these names (PERFKIT_LOG_NAME, else the logger's) have levels of their own: "net*=DEBUG,db=ERROR,*=INFO". The first
   rule that fits decides; names that none fits keep the logger's level; "x=OFF" silences. `text` is parsed into *rules and must stay, with
   *rules, until others are set; text NULL: no rules. PK_INVALID: a rule without a name or a known level; PK_FULL: more than PK_LOG_RULES;
   *rules is in force already (PK_BUSY: use another): nothing changed. Any thread; O(text). */
PK_API pk_status pk_log_set_rules(pk_log *log, pk_log_rules *rules, const char *text);
#endif

/* "debug", "WARN" or "warning", "off" …, in any case, as a level; -1: none of them. */
PK_API int pk_log_level_from(const char *text);

#if PERFKIT_THREADS && PERFKIT_HOSTED
/* In a forked child: the logger's lock is made anew by itself, and lines go on to descriptors, FILEs and your functions. What
   holds lines of the parent (buffers, rotating files, rings) refuses all with PK_FORKED until this call, which forgets them
   there; the parent writes its own. A ring in a file stays the parent's: PK_CLOSED. One thread; without a fork nothing happens. */
PK_API void pk_log_after_fork(pk_log *log);
#endif

#if !PERFKIT_LOG_CRASH
/* From a fault handler, when nothing else will run any more: drain and flush, past locks and a drain that was under way, whose last
   line may come twice. The sinks have to poll. */
PK_API void pk_log_panic(pk_log *log);
#endif

/* Have each sink write out what it holds, in deferred mode also what was logged up to now, behind a drain of another thread. Returns
   the first failure, having asked all. PK_BUSY: a drain is under way and could not be waited for (in its sinks, without condition
   variables): lines still wait. PK_FORKED: see pk_log_after_fork. Any thread. */
PK_API pk_status pk_log_flush(pk_log *log);

#if PERFKIT_STDIO
/* Sinks: stderr (user NULL), a file descriptor (user is it, cast: (void *)(intptr_t)fd), a FILE * (NULL: PK_INVALID). The first two
   write each line at once, whole, with one write(2), go on after interruptions and short writes, and colour by level where the
   descriptor is a terminal and NO_COLOR is not set. FILE: through its buffer, so pk_log_flush. They also serve as writers of a report. */
PK_API pk_status pk_log_to_stderr(void *user, int level, const char *text, size_t length);
PK_API pk_status pk_log_to_fd(void *user, int level, const char *text, size_t length);
PK_API pk_status pk_log_to_file(void *user, int level, const char *text, size_t length);
#endif

#if PERFKIT_LOG_BUFFER
/* ---- Lines gathered and written together ----
       static char memory[65536];
       pk_log_buffer_desc desc = {0};
       desc.memory = memory; desc.size = sizeof memory; desc.user = (void *)(intptr_t)fd;
       pk_log_buffer_init(&buffer, &desc);
       pk_log_add_sink(&log, pk_log_to_buffer, &buffer, PK_LOG_TRACE);
   Written when full, with a line of flush_level or worse, by pk_log_flush, and at pk_log_close. A line that could not be written
   stays, whole or its rest, and is tried again; only one that finds no room is lost, and counted by the logger: written + held +
   lost = all, and no line is torn. Of one logger. */

/* Takes bytes, any number of whole lines; returns how many, fewer than n when it failed. It need not be told of interruptions. */
typedef size_t (*pk_log_write_fn)(void *user, const char *bytes, size_t n);

typedef struct pk_log_buffer_desc {
    char *memory;             /* yours, while it is a sink */
    size_t size;              /* PERFKIT_LOG_LINE + 16 to 2^30 bytes */
    pk_log_write_fn write_fn; /* NULL where PERFKIT_STDIO: a descriptor, which is user, cast: (void *)(intptr_t)fd */
    void *user;
    uint8_t flush_level;      /* 0: PK_LOG_ERROR; PK_LOG_TRACE: every line at once, and those that failed kept */
} pk_log_buffer_desc;
typedef struct pk_log_buffer { /* read failures; all else is private */
    char *memory;
    pk_log_write_fn write_fn;
    void *user;
    uint32_t size;
    volatile uint32_t begin, used; /* bytes: written, and all */
    uint32_t forks;                /* as pk_log's */
    pk_count failures;             /* writes that took fewer bytes than were there */
    uint8_t flush_level;
} pk_log_buffer;

/* PK_NO_MEMORY: too small; PK_INVALID: no memory, no such level, no write_fn where there are no descriptors. */
PK_API pk_status pk_log_buffer_init(pk_log_buffer *buffer, const pk_log_buffer_desc *desc);

/* The sink: user is the pk_log_buffer. PK_IO: no room, and it can't be written. O(length) and the write. */
PK_API pk_status pk_log_to_buffer(void *user, int level, const char *text, size_t length);

PK_API uint32_t pk_log_buffer_held(const pk_log_buffer *buffer); /* Bytes not written yet. */
#endif

#if PERFKIT_LOG_ROTATE
/* ---- Files that rotate ----
       pk_log_file_desc desc = {0};
       desc.path = "app.log"; desc.max_bytes = 10000000;
       if (pk_log_file_open(&file, &desc) == PK_OK) pk_log_add_sink(&log, pk_log_to_rotating, &file, PK_LOG_TRACE);
   Appends to path. When a line would make it longer than max_bytes, or is the first of a new period, path becomes path.1, path.1
   becomes path.2 and so on, and the one beyond `keep` goes. No line is split between files; what a full disk held up may
   make one longer. Where the new file (path.new at first) can't be made or a name not be changed, the old one is written on, the
   failure counted, and it is tried again a quarter of max_bytes, or a minute, later; so where a path.new is there already, unless it is
   empty. Of one logger; one process. */
typedef struct pk_log_file_desc {
    const char *path;      /* not copied; below 1000 bytes */
    uint64_t max_bytes;    /* 0: any */
    uint32_t period_s;     /* seconds; periods begin at multiples of it since 1970-01-01 UTC: 86400 at midnight. 0: no periods */
    uint32_t keep;         /* files beside the current one: path.1, the newest, to path.keep; 0: 5; up to 999 */
    char *buffer;          /* as a pk_log_buffer's; NULL: each line is written at once */
    size_t buffer_size;
    pk_wall_fn wall;       /* tells the time for the periods; NULL: the system's */
    void *user;            /* for wall */
    uint8_t flush_level;   /* with a buffer; 0: PK_LOG_ERROR */
} pk_log_file_desc;
typedef struct pk_log_file { /* read rotations, not_rotated, buffer.failures; all else is private */
    pk_log_buffer buffer;
    const char *path;
    pk_wall_fn wall;
    void *wall_user;
    uint64_t bytes, limit, max_bytes; /* of the file; when to rotate, 0: never */
    uint32_t period_s, period, keep, failed_at; /* seconds */
    int fd;
    pk_count rotations, not_rotated;  /* done; failed */
} pk_log_file;

/* PK_IO: path can't be opened; PK_INVALID: none, or limits out of range; PK_TOO_BIG: path too long; and as pk_log_buffer_init. */
PK_API pk_status pk_log_file_open(pk_log_file *file, const pk_log_file_desc *desc);

/* The sink: user is the pk_log_file. */
PK_API pk_status pk_log_to_rotating(void *user, int level, const char *text, size_t length);

/* Rotate now. PK_IO: it could not. Not while the file is a sink of a logger that other threads use. */
PK_API pk_status pk_log_file_rotate(pk_log_file *file);

/* Write what is held and close the file; the result is that of the writing. Remove the sink, or close the logger, first. Closing
   again is harmless. */
PK_API pk_status pk_log_file_close(pk_log_file *file);
#endif

#if PERFKIT_LOG_RING
/* ---- A ring of the last lines ----
   The newest lines stay in memory of yours; the oldest go, whole, when there is no room. A flight recorder:
       static uint32_t memory[16384];
       pk_log_ring_desc desc = {0};
       desc.memory = memory; desc.size = sizeof memory;
       desc.dump_fn = pk_log_to_stderr;           // an ERROR hands over all that led to it, and empties the ring
       pk_log_ring_init(&ring, &desc);
       pk_log_add_sink(&log, pk_log_to_ring, &ring, PK_LOG_TRACE);
   A black box: memory that nobody clears at a reset, PK_LOG_NOINIT static uint32_t memory[512];
       pk_log_ring_read(memory, sizeof memory, BUILD, true, uart_line, NULL, NULL);   // after the reset, before pk_log_ring_init
   or, hosted, a file that other processes see and that outlives a SIGKILL: pk_log_ring_open, and pk_log_ring_read_file then.
   At every moment the memory holds whole lines, however a program ends. Of one logger; one process. */
#if defined __GNUC__ && !defined __APPLE__
#define PK_LOG_NOINIT __attribute__((section(".noinit")))
#endif

typedef struct pk_log_ring_desc {
    void *memory;           /* aligned as uint32_t; yours, while it is a sink */
    size_t size;            /* bytes: 2 * PERFKIT_LOG_LINE + 64 to 2^30 */
    uint32_t build;         /* a number of yours for this build of the program, told to the reader */
    pk_log_sink_fn dump_fn; /* gets all lines, oldest first, with one of dump_level or worse; NULL: not by itself */
    void *dump_user;
    uint8_t dump_level;     /* 0: PK_LOG_ERROR */
} pk_log_ring_desc;
typedef struct pk_log_ring_head { /* private: at the start of the memory */
    uint32_t magic;
    uint16_t layout, bytes;       /* of the ring: its number; of this head */
    uint32_t build, size;         /* size: of what follows */
    uint32_t check;               /* CRC-32C of the four above */
    volatile uint32_t begin, end; /* where the lines are: 0 to 2 * size - 4, so that full and empty differ */
    volatile uint32_t overwritten;
} pk_log_ring_head;
typedef struct pk_log_ring { /* private */
    pk_log_ring_head *head;
    pk_log_sink_fn dump_fn;
    void *dump_user;
    uint32_t size, process;
    uint8_t dump_level;
    bool shared;
} pk_log_ring;
typedef struct pk_log_ring_counts {
    uint32_t lines;       /* handed over */
    uint32_t damaged;     /* places where lines were torn or altered */
    uint32_t overwritten; /* older lines, that had to go; may lack the last one */
} pk_log_ring_counts;

/* Make the memory an empty ring. PK_INVALID: no memory, misaligned, too large, no such level; PK_NO_MEMORY: too small. */
PK_API pk_status pk_log_ring_init(pk_log_ring *ring, const pk_log_ring_desc *desc);

/* The sink: user is the pk_log_ring. PK_CORRUPT: something else has written there; the ring was emptied. O(length). */
PK_API pk_status pk_log_to_ring(void *user, int level, const char *text, size_t length);

/* Hand all lines to writer, oldest first; they stay. `log`, where it is not NULL, is locked meanwhile; give NULL where nobody logs
   any more: from a fault handler, with a writer that polls. The writer's first failure ends it and is returned. */
PK_API pk_status pk_log_ring_dump(pk_log *log, pk_log_ring *ring, pk_log_sink_fn writer, void *user);

/* The lines in memory that another run may have left, and that may hold anything: nothing is trusted. build 0: of any build.
   PK_MISMATCH: no ring, of another layout or build. PK_CORRUPT: its head, its indices or a line is damaged: nothing is handed over,
   or with salvage all lines that are whole, as PK_OK (order is lost where the head is damaged). `counts` may be NULL. O(size). */
PK_API pk_status pk_log_ring_read(const void *memory, size_t size, uint32_t build, bool salvage, pk_log_sink_fn writer, void *user,
                                  pk_log_ring_counts *counts);

#if PERFKIT_STDIO && PERFKIT_HOSTED && !defined _WIN32
/* A ring in a file of `size` bytes, made anew (as path.new) and mapped: read what an earlier run left first. PK_TOO_BIG: a path of
   1000 bytes; PK_IO: it can't be made or mapped, or path.new is there and no ring; as pk_log_ring_init. Where it fails, what an earlier
   run left is still there. Lines are there for other processes at once, and after any end of this one, not after one of the system. */
PK_API pk_status pk_log_ring_open(pk_log_ring *ring, const char *path, const pk_log_ring_desc *desc);
PK_API void pk_log_ring_close(pk_log_ring *ring); /* Unmap it; the file stays. Remove the sink first. */

/* pk_log_ring_read of a file. PK_IO: it can't be read. */
PK_API pk_status pk_log_ring_read_file(const char *path, uint32_t build, bool salvage, pk_log_sink_fn writer, void *user,
                                       pk_log_ring_counts *counts);
#endif
#endif

/* At file scope: a logger ready before main, with one sink (not NULL). Configure the units alike: there is no init to check it.
       PK_LOG_DEFINE(audit, "audit", PK_LOG_INFO, write_audit, NULL)
       ... PK_LOG_TO(&audit, PK_LOG_INFO, "user %u logged in", id); */
#define PK_LOG_DEFINE(log, name, level, sink, user) static pk_log log = PK__LOG_WITH_SINK(name, level, sink, user);

#if PERFKIT_LOG_KV
/* ---- Fields ----
     PK_LOG_KV(level, "text", PK_KV_I("user", id), PK_KV_S("name", name), …)     to the default logger; level is a level's name
     PK_LOG_KV_TO(log, level, "text", …)
   The text and the keys are literals (in flash on AVR), printed as they are: no format. Fields come behind it as key=value; a
   string with spaces, quotes, = or control characters is quoted and escaped, so that no value forges a field or a line. */

#if PERFKIT_LOG_INT64
typedef int64_t pk_kv_int;
typedef uint64_t pk_kv_uint;
#else
typedef long pk_kv_int;
typedef unsigned long pk_kv_uint;
#endif
typedef struct pk_kv { /* a field, by value */
    const char *key; /* in ROM; NULL: behind the last */
    union {
        int64_t i;
        uint64_t u;
        const void *p;
    } value; /* a double by its bits */
    char type; /* of the macro that made it */
} pk_kv;

/*   PK_KV_I(key, integer)  PK_KV_U(key, unsigned)  PK_KV_X(key, unsigned, in hexadecimal)  PK_KV_B(key, bool)
     PK_KV_S(key, string or NULL)  PK_KV_P(key, pointer)  PK_KV_D(key, double, 15 digits; needs PERFKIT_FLOAT)
     PK_KV(key, value)      picks one of them by the type of the value: C11 (gcc, clang) and C++ */
#define PK_KV_I(key, value) pk__kv_i(PK_ROM_STR(key), (value))
#define PK_KV_U(key, value) pk__kv_u(PK_ROM_STR(key), (value))
#define PK_KV_X(key, value) pk__kv_x(PK_ROM_STR(key), (value))
#define PK_KV_B(key, value) pk__kv_b(PK_ROM_STR(key), (value))
#define PK_KV_S(key, value) pk__kv_s(PK_ROM_STR(key), (value))
#define PK_KV_P(key, value) pk__kv_p(PK_ROM_STR(key), (value))
#if PERFKIT_FLOAT
#define PK_KV_D(key, value) pk__kv_d(PK_ROM_STR(key), (value))
#endif
#endif

#if PERFKIT_LOG_LIMITS
/* ---- Fewer lines from one place ----
     PK_LOG_LIMITED(level, format, …)     at most 10 lines in 1000 ms; ERROR passes always
     PK_LOG_LIMITED_TO(log, level, lines, ms, format, …)    at most `lines` in `ms`, at any level
     PK_LOG_ONCE(level, format, …)        the first time
     PK_LOG_EVERY_N(n, level, format, …)  the first time, and then every n-th
     PK_LOG_ONCE_TO(log, level, format, …)   PK_LOG_EVERY_N_TO(log, n, level, format, …)
   to the default logger, or to a pk_log *; level is a level's name, n at least 1. Decided before arguments are evaluated, over
   all threads, for each place by itself; lines of a level that is off don't count. A limit is a bucket of `lines` tokens, filled
   again when `ms` have passed; how many lines it held back is told by a line "suppressed 990", from the same place, before the
   next that passes, by pk_log_flush and at pk_log_close. Without a clock nothing is limited. */
typedef struct pk_log_limit { /* private; static, all zero */
    volatile uint32_t since, used; /* ms; lines wanted since then */
    uint32_t told, lines;          /* of those held back since then; the bucket */
    struct pk_log_limit *next;
    const void *site;
    uint8_t level, listed;
} pk_log_limit;
#endif

#if PERFKIT_LOG_ERRORS
/* ---- The last errors ----
       static pk_log_errors errors;
       pk_log_set_errors(&pk_log_default, &errors);
       PK_LOG_FAILED(status, "can't read %s: %s", path, pk_status_text(status));
     PK_LOG_FAILED(code, format, …)   PK_LOG_FAILED_TO(log, code, format, …)
   log at ERROR, and note the code (any number), the name, the place and the time in what pk_log_set_errors gave, whether the
   level is on or not. */
#ifndef PERFKIT_LOG_ERRORS_KEPT
#define PERFKIT_LOG_ERRORS_KEPT 16
#endif
#define PK_LOG_ERRORS_KEPT PERFKIT_LOG_ERRORS_KEPT
#define PK_LOG_ERROR_CODES 32
typedef struct pk_log_error {
    const char *name, *file; /* in ROM: PERFKIT_LOG_NAME, else the logger's (in RAM); of the source, or NULL */
    uint32_t line;
    int32_t code;
    uint32_t time;           /* as of a line: seconds since 1970-01-01 UTC or, with a clock of your own, its milliseconds */
    uint16_t ms;
} pk_log_error;
typedef struct pk_log_errors { /* private; all zero at first */
    pk_log_error last[PK_LOG_ERRORS_KEPT];
    pk_count total, others; /* others: of codes that found no place */
    struct { int32_t code; pk_count count; } codes[PK_LOG_ERROR_CODES];
    uint8_t used;           /* codes */
} pk_log_errors;

/* Where the logger notes errors: yours, until others or NULL are set or it is closed. PK_INVALID: this unit and the implementation
   were built with different PERFKIT_LOG_ERRORS_KEPT. Any thread. */
PK_API pk_status pk__log_set_errors(pk_log *log, pk_log_errors *errors, size_t size);
PK__INLINE pk_status pk_log_set_errors(pk_log *log, pk_log_errors *errors) { return pk__log_set_errors(log, errors, sizeof *errors); }

/* The `back`-th last error, 0 the last. PK_NOT_FOUND: there are not so many, or no longer. Any thread; O(1). */
PK_API pk_status pk_log_last_error(pk_log *log, unsigned back, pk_log_error *error);

/* How often this code was noted; the first PK_LOG_ERROR_CODES different ones are counted. Any thread; O(codes). */
PK_API pk_count pk_log_error_count(pk_log *log, int32_t code);

/* All, whatever their code. Any thread. */
PK_API pk_count pk_log_error_total(pk_log *log);
#endif

#if PERFKIT_LOG_SIGNALS
/* ---- From signal handlers and interrupts ----
       static pk_log_signals signals;
       pk_log_set_signals(&log, &signals);                                 // before the first PK_LOG_SIGNAL
       in the handler:  PK_LOG_SIGNAL(&signals, PK_LOG_WARN, "signal %d", number);
   The line is formatted into one of a few places in `signals`, without a lock or a wait, whatever the program was doing, and goes
   to the sinks with the next pk_log_flush or pk_log_drain, by whom they are called, with its own time. None free: it is counted,
   and "3 lines of signal handlers dropped" is logged then. desc.clock and desc.wall must be fit for handlers too. Interrupts:
   with the PERFKIT_CRITICAL hooks where there are no atomics. */
#ifndef PERFKIT_LOG_SIGNAL_LINES
#define PERFKIT_LOG_SIGNAL_LINES (PK__FULL ? 16 : 4)
#endif
typedef struct pk_log_signals { /* private; static, all zero */
    struct pk_log *log;
    volatile uint32_t next, dropped;
    uint32_t told;
    struct {
        volatile uint32_t state; /* 0: free; 1: being written; 2: written */
        volatile uint32_t number;
        uint32_t time;
        const void *site;
        uint16_t ms;
        uint8_t kind, level;
        char text[PERFKIT_LOG_LINE > 200 ? 200 : PERFKIT_LOG_LINE];
    } lines[PERFKIT_LOG_SIGNAL_LINES];
} pk_log_signals;

/* Where handlers leave lines for this logger, until its close. PK_EXISTS: it has one; PK_INVALID: these serve another, or this unit
   and the implementation were built with different lines of them. One thread. */
PK_API pk_status pk__log_set_signals(pk_log *log, pk_log_signals *signals, size_t size);
PK__INLINE pk_status pk_log_set_signals(pk_log *log, pk_log_signals *signals) { return pk__log_set_signals(log, signals, sizeof *signals); }
PK_API pk_count pk_log_signals_dropped(const pk_log_signals *signals);
#endif

#if PERFKIT_LOG_CRASH
/* ---- When the program crashes ----
   Install a handler of SIGABRT, SIGSEGV, SIGBUS, SIGFPE and SIGILL that hands to descriptors, stderr, buffers, rotating files and
   rings what this logger still holds in deferred mode, in buffers or from signal handlers, adds "fatal signal 11" as an ERROR
   (with PERFKIT_LOG_SIGNALS), and then calls the handler that was there before, or lets the signal end the program. It uses the
   formatter and write(2) only; sinks that are functions of yours, and FILEs, get nothing; write_fn of a buffer of yours is called.
   Threads that log meanwhile wait, or in deferred mode go on, and what they log then may be lost. The line that was being written
   when the signal came may come twice.
   For overflows of the stack give the threads a sigaltstack of 32 KB or more, which the handler uses.
   PK_FULL: 8 loggers are there; PK_EXISTS: this one is; PK_IO: the system refused. pk_log_close takes it out. One thread. */
PK_API pk_status pk_log_crash_install(pk_log *log);

/* What the handler does for one logger, but for the line: for handlers of your own. */
PK_API void pk_log_crash_flush(pk_log *log);
#endif

#if PERFKIT_LOG_DEFERRED
/* ---- Deferred mode ----
   A log call leaves a record, its format and the values of its arguments, in a ring; pk_log_drain, called by a thread of yours,
   the superloop or the idle task, makes the lines of them and feeds the sinks. A call then takes about twice the price of
   reading a clock, whatever the sinks cost. Strings of %s are copied at the call.

       static char memory[PK_LOG_QUEUE_BYTES(4, 65536)];
       pk_log_defer(&pk_log_default, memory, sizeof memory, 4, PK_LOG_DROP_NEWEST);
       ... in a thread of its own:    while (running) if (pk_log_drain(&pk_log_default, 0) == PK_OK) sleep_a_little();

   Lines of one thread stay in order, those of several come in the order of their times, as far as they are there when a drain
   begins. What a full ring could not take is told in the stream, "3 dropped" (firmware: modulo 65536), where it would have stood;
   lines delivered and dropped are together those sent, always. Close drains what is left.
   Hosted: a ring for each of `rings` threads, taken at its first record and given back, drained, at its end; further threads
   share one more, under a lock. A thread that logs to two such loggers in turn pays three times the price at each change. Firmware:
   one ring for the program and its interrupts, with the PERFKIT_CRITICAL hooks. */

enum { /* when a ring is full */
    PK_LOG_DROP_NEWEST,      /* the record that finds no room is not taken; an eighth of a ring is kept for ERROR */
    PK_LOG_OVERWRITE_OLDEST, /* it takes the place of the oldest (hosted) */
    PK_LOG_BLOCK             /* its thread waits for a drain, unless it drains itself (hosted, with desc.threads): for ever if none drains */
};

#if PK__LOG_RINGS
#define PK__RECORD_MAX ((size_t)((48 + 64 * 16 + 2 * (PERFKIT_LOG_LINE + 8) + 63) & ~63))
/* The bytes for so many threads' rings of so many bytes each; a record is 32 bytes, 8 for each argument, and the strings. */
#define PK_LOG_QUEUE_BYTES(rings, bytes) (1024 + ((size_t)(rings) + 1) * (640 + PK__RECORD_MAX + (((size_t)(bytes) + 63) & ~(size_t)63)))
#else
typedef struct pk__queue { /* private: at the start of the memory, the ring behind it */
    struct pk_log *log;
    uint16_t size, head, tail, room; /* in bytes */
    uint16_t keep;                   /* for ERROR alone */
    uint16_t told;                   /* of dropped, modulo 2^16 */
    pk_count taken, dropped;
    uint8_t state;                   /* of a record that is ready */
    uint8_t before;                  /* its bytes before the arguments */
    uint8_t draining;
} pk__queue;
/* The bytes for a ring of so many, below 64 KB: a record is 8 bytes (AVR 6), 4 for its time if there is a clock, 4 for each
   integer (AVR 2), and the strings. `rings` is for hosted builds. */
#define PK_LOG_QUEUE_BYTES(rings, bytes) (sizeof(pk__queue) + 2 * sizeof(void *) + (size_t)(bytes) + 0 * (rings))
#endif

/* Put a logger into deferred mode until its close; the memory is yours and stays. `rings` 0: 4 (hosted). PK_NO_MEMORY: too
   small; PK_BUSY: it is so already; PK_UNSUPPORTED: that this build can't do; PK_INVALID: no such way to be full. One thread,
   before others use the logger. A forked child's records are lost, and drains are PK_FORKED, until pk_log_after_fork. */
PK_API pk_status pk_log_defer(pk_log *log, void *memory, size_t memory_size, unsigned rings, int full);

#if !PERFKIT_LOG_DICTIONARY
/* Hand lines of waiting records to the sinks: at most `budget`, 0: all that are there. PK_OK: these were all; PK_AGAIN: there are
   more; PK_BUSY: another thread drains, or a sink that runs in a drain asked for one. Not deferred: PK_OK. Any thread, no
   interrupt. O(budget * rings) and the sinks. */
PK_API pk_status pk_log_drain(pk_log *log, uint32_t budget);
#endif

typedef struct pk_log_queue {
    pk_count sent;    /* lines logged since deferred mode began; both: on 32-bit hosts a thread's modulo 2^32 */
    pk_count dropped; /* of these, lost because there was no room; the rest is delivered or waiting */
} pk_log_queue;
PK_API void pk_log_get_queue(pk_log *log, pk_log_queue *queue); /* All 0 where the logger is not deferred. Any thread. */

#if PK__LOG_FIFO
/* Dictionary mode: instead of pk_log_drain. Records leave as they are, the address of a site and the arguments; a program on the PC,
   examples/dictionary/decode.py, makes the lines, with formats, names and places out of the firmware's ELF file. So the link carries about 16
   bytes a line, and the target never formats. `out` gets the bytes in pieces, outside of critical sections; what it returns but PK_OK ends the
   drain, and its record comes again. A frame: 0xD5, the record, and a checksum of two bytes (J. Fletcher, 1982). PK_OK: these were all;
   PK_AGAIN: there are more; PK_BUSY: it is being drained. One context, no interrupt; O(budget) and out. With PERFKIT_LOG_DICTIONARY this is the
   only drain, a deferred logger needs no sink, and one that is not deferred takes nothing. In C11 and C++ calls with up to 4 arguments, all
   like ints, then need no formatter; others have it walk their format once. */
typedef pk_status (*pk_log_raw_fn)(void *user, const uint8_t *bytes, size_t size);
PK_API pk_status pk_log_drain_raw(pk_log *log, uint32_t budget, pk_log_raw_fn out, void *user);
#endif

#if PK__LOG_RINGS
/* Give this thread's ring back before the thread ends: where locks are hooks; elsewhere its end does it. */
PK_API void pk_log_leave(pk_log *log);
#endif
#endif

/* ---- Further ---- */

typedef struct pk_log_counts {
    pk_count lines;     /* that passed the level and were handed to the sinks */
    pk_count truncated; /* of these, cut at PERFKIT_LOG_LINE */
    pk_count failed;    /* deliveries that a sink refused, over the present sinks */
} pk_log_counts;

PK_API void pk_log_get_counts(pk_log *log, pk_log_counts *counts); /* Any thread. */
/* Lines that this sink lost; 0 where there is no such sink. Any thread. */
PK_API pk_count pk_log_sink_failed(pk_log *log, pk_log_sink_fn fn, void *user);

/* A line of a level known at run time, with a format in RAM. A level that is off: nothing. Prefer the macros. */
PK_API void pk_log_write(pk_log *log, int level, const char *format, ...) PK__PRINTF(3, 4);
PK_API void pk_log_vwrite(pk_log *log, int level, const char *format, va_list args) PK__PRINTF(3, 0);

/* snprintf with this header's formatter: at most `size` bytes into buffer, always ended with 0 if size > 0; returns the length that it would
   take without the 0, so that a result >= size tells a cut. No escaping. No locale, heap or stdio. Any thread, interrupt-safe. */
PK_API size_t pk_format(char *buffer, size_t size, const char *format, ...) PK__PRINTF(3, 4);
PK_API size_t pk_vformat(char *buffer, size_t size, const char *format, va_list args) PK__PRINTF(3, 0);
/*   PK_FORMAT(buffer, size, format, …)    the same with the format, a literal, in flash on AVR */

#ifdef __AVR__
#define PK_PRI_ROM "ls" /* "state %" PK_PRI_ROM with PK_ROM_ARG(pk_status_text(s)): a string in flash */
#define PK_ROM_ARG(text) ((const wchar_t *)(const void *)(text)) /* what the compiler's check of %ls wants to see */
#else
#define PK_PRI_ROM "s"
#define PK_ROM_ARG(text) (text)
#endif

#if PERFKIT_PERF
/* ---- Histogram: the distribution of values in fixed memory, log-linear ----
   Each power of two is divided into 2^sub_bits buckets, so a percentile is within 1/2^(sub_bits+1) of a value that was
   recorded; values below 2^(sub_bits+1) are exact. Values of 2^max_bits and more go to the last bucket. One thread at a time,
   but for pk_hist_record_atomic. After the histograms of HdrHistogram (G. Tene). */

typedef struct pk_histogram { /* read max, count, over, saturated; all else through the functions. By PK_HIST_DEFINE or _INIT */
    void *counters;
#if PERFKIT_HOSTED
    uint64_t sum;
    pk_ticks not_min; /* the least value, all bits inverted, so that 0 means none */
#else
    uint32_t sum_low, sum_high;
    pk_ticks min;
#endif
    pk_ticks max;          /* exact */
    pk_count count;        /* exact */
    pk_count over;         /* values of 2^max_bits and more */
    uint8_t saturated;     /* a counter reached its end: percentiles are then approximate */
    uint8_t counter_bytes, sub_bits, max_bits;
} pk_histogram;

#define PK_HIST_BUCKETS(sub_bits, max_bits) ((size_t)((max_bits) - (sub_bits) + 1) << (sub_bits))

/* Constant initialiser over an array of PK_HIST_BUCKETS(sub_bits, max_bits) uint16_t or uint32_t counters, zeroed. */
#define PK_HIST_INIT(counters, sub_bits, max_bits) \
    {(counters), PK__SUM_0, 0, 0, 0, 0, 0, sizeof((counters)[0]), (sub_bits), (max_bits)}
#if PERFKIT_HOSTED
#define PK__SUM_0 0
#else
#define PK__SUM_0 0, 0
#endif

/* At file scope: PK_HIST_DEFINE(latency, 5, 40, uint32_t). sub_bits 1 to 8, max_bits above it, up to 32 (hosted 64); counters
   uint16_t or uint32_t. */
#define PK_HIST_DEFINE(histogram, sub_bits, max_bits, counter_type)                                     \
    PK__STATIC_ASSERT(histogram##_bits, (sub_bits) >= 1 && (sub_bits) <= 8 && (max_bits) > (sub_bits) && \
                                            (max_bits) <= 8 * sizeof(pk_ticks));                         \
    PK__STATIC_ASSERT(histogram##_counter, sizeof(counter_type) == 2 || sizeof(counter_type) == 4);      \
    static counter_type histogram##_counters[PK_HIST_BUCKETS(sub_bits, max_bits)];                       \
    static pk_histogram histogram = PK_HIST_INIT(histogram##_counters, sub_bits, max_bits);

PK_API void pk_hist_record(pk_histogram *h, pk_ticks value); /* O(1); O(bits of the value) on CPUs that count no leading zeros */

/* Where the target can: the same for any number of threads at once, or with the PERFKIT_CRITICAL hooks for interrupts; not
   while pk_hist_record runs on the same one. Percentiles may be read meanwhile. About four times the price. O(1). */
#if PERFKIT_HOSTED && PERFKIT_ATOMICS && (defined __GNUC__ || defined __clang__) && UINTPTR_MAX > 0xFFFFFFFFu
#define PK__WORD_ATOMICS 1
#else
#define PK__WORD_ATOMICS 0
#endif
#if PK__WORD_ATOMICS || PK__HAS_CRITICAL
PK_API void pk_hist_record_atomic(pk_histogram *h, pk_ticks value);
#endif

/* The sum of all values, exact; wraps at 2^64. */
PK__INLINE uint64_t pk_hist_sum(const pk_histogram *h) {
#if PERFKIT_HOSTED
    return h->sum;
#else
    return (uint64_t)h->sum_high << 32 | h->sum_low;
#endif
}

/* The least value, exact; 0 for an empty one. */
PK__INLINE pk_ticks pk_hist_min(const pk_histogram *h) {
#if PERFKIT_HOSTED
    return h->count ? (pk_ticks)~h->not_min : 0;
#else
    return h->min;
#endif
}

/* The value at or below which that many 1/100 % of the values lie: 5000 median, 9900 p99, 10000 the maximum. 0 for an empty one. O(buckets). */
PK_API pk_ticks pk_hist_percentile(const pk_histogram *h, unsigned percent_100);

/* Several at once, in one walk when hosted: values[i] becomes the percentile percents_100[i]; these ascend. */
PK_API void pk_hist_percentiles(const pk_histogram *h, const uint16_t *percents_100, pk_ticks *values, unsigned count);

/* Add all of `from` to `into`. PK_INVALID: they differ in sub_bits or max_bits; nothing changed. Counters may differ in width;
   in firmware those of `into` must be no narrower. O(buckets). */
PK_API pk_status pk_hist_merge(pk_histogram *into, const pk_histogram *from);

/* Take all of `from`, an earlier copy (a merge into an empty one), out of `into`: what was recorded since is left. Count and
   sum are exact, the least and greatest value then those of a bucket's ends. PK_INVALID: they differ in sub_bits or max_bits,
   or `from` has more of something; nothing changed. O(buckets). */
PK_API pk_status pk_hist_subtract(pk_histogram *into, const pk_histogram *from);

PK_API void pk_hist_reset(pk_histogram *h); /* Back to empty. O(buckets). */

/* ---- Perf channel: named timers, counters, gauges and distributions ----
   Off by default: then each costs one compare. Any thread on a channel that is safe for threads (all default ones, hosted).

     PK_PERF_SCOPE("db.query") { … }    time the block that follows. It is a declaration and a loop: give it braces around (not
                                        `if (x) PK_PERF_SCOPE…`); leaving by break, return or goto leaves the span unrecorded.
     PK_TIMED("load") { … }             the same, and a line "load executed in 12.3ms" on the channel at INFO
     PK_PERF_COUNT("rows", n);          add n to a counter
     PK_PERF_GAUGE("depth", n);         set a gauge, a signed number; PK_PERF_GAUGE_ADD("open", 1); changes it by n
     PK_PERF_VALUE("bytes", n);         add n to a distribution
   Arguments are not evaluated when the channel is off. Several places with one name are one entry of the report.

   Spans nest: the time of a timer less that of the timers that ran inside it, in the same thread, is its self time (hosted).
   Hosted on 64 bits, the thread that first records in a place does so with plain stores, all others with atomic additions into
   a second table beside the first (its pages are touched only then); elsewhere a channel with threads takes its lock. Where the
   compiler has no thread-local variables (tcc), a channel with threads takes the lock too and self time is all of the time. */

enum { PK_PERF_TIMER, PK_PERF_COUNTER, PK_PERF_LEVEL, PK_PERF_DISTRIBUTION }; /* kinds of places; LEVEL: of a gauge */

typedef struct pk_perf_site { /* a named place, static, by the macros or PK_PERF_DEFINE; private */
    const char *name;             /* in ROM */
    pk_log *channel;
    struct pk_perf_site *next;    /* in the channel's list, newest first */
    struct pk_perf_site *target;  /* who counts for this name: itself, or the first of that name; NULL: not listed yet */
    uint8_t kind;
    uint8_t wrapped;              /* a span was longer than one wrap of the tick counter, as the clock told */
    uint8_t printed;
    pk_histogram values;          /* without counters: of a counter or gauge; a gauge's value is in `over`, ends with a bias */
#if PERFKIT_HOSTED
    pk_histogram shared;          /* what threads other than the owner recorded */
    const void *owner;            /* thread: the first that recorded */
    uint64_t self, shared_self;   /* ticks not spent in inner spans */
#endif
} pk_perf_site;

typedef struct pk_timer { /* private: a running span; a local variable, ended in the thread that began it */
    pk_perf_site *site;           /* NULL: the channel was off at its begin */
    pk_ticks start;
#if PERFKIT_HOSTED
    pk_ticks inner;               /* what inner spans of the span around had taken */
    const void *thread;
#endif
    uint8_t start_ms_high;        /* 24 bits of milliseconds, where a clock tells spans longer than a wrap */
    uint16_t start_ms;
} pk_timer;

#ifdef PERFKIT_PERF_DEFAULT
PK__EXTERN pk_log PERFKIT_PERF_DEFAULT;
#elif PERFKIT_GLOBALS && !defined PERFKIT_STATIC
#define PERFKIT_PERF_DEFAULT pk_perf_default
/* The perf channel: a logger of its own, named "perf", level PK_LOG_OFF, without a sink. */
PK__EXTERN pk_log pk_perf_default;
#endif

/* Turn the default perf channel on or off: its level and, where PERFKIT_STDIO, stderr unless it has a sink. With
   pk_log_set_level alone it records and writes no lines. The main logger is untouched. Any thread. */
#ifdef PERFKIT_PERF_DEFAULT
#define pk_perf_configure(level) pk__log_configure(&PERFKIT_PERF_DEFAULT, level)
#endif

/* At file scope or in a function: a place for pk_timer_begin. PK_PERF_DEFINE(query, "db.query") is on the default channel,
   PK_PERF_DEFINE_ON(query, channel, "db.query") on another pk_log, whose level and sinks are its own. */
#ifdef PERFKIT_PERF_DEFAULT
#define PK_PERF_DEFINE(site, name) PK__PERF_TABLE_SITE(site, PERFKIT_PERF_DEFAULT, name, PK_PERF_TIMER)
#endif
#define PK_PERF_DEFINE_ON(site, channel, name) PK__PERF_TABLE_SITE(site, channel, name, PK_PERF_TIMER)

/* Start and end a span by hand: pk_timer t = pk_timer_begin(&query); … pk_timer_end(&t); The end returns the ticks spent, 0
   when the channel was off at the begin; ending again is harmless. A span longer than one wrap of the tick counter is right,
   and its row marked, where the build has a clock (PERFKIT_NOW_MS, hosted); elsewhere it can't be told from a short one. */
PK__INLINE pk_timer pk_timer_begin(pk_perf_site *site);
PK__INLINE pk_ticks pk_timer_end(pk_timer *timer);

/* The same, and a line "<name> executed in 12.3ms" on the channel at INFO. */
PK_API pk_ticks pk_timer_end_log(pk_timer *timer);

/* The same, and a line "<name>: 12.34ms {<what the format says>}" on the channel at INFO. */
PK_API pk_ticks pk_timer_end_note(pk_timer *timer, const char *format, ...) PK__PRINTF(2, 3);

#if PERFKIT_HOSTED
typedef int64_t pk_level; /* the value of a gauge */
#else
typedef int32_t pk_level;
#endif
typedef struct pk_perf_values { /* what a name has gathered, over all threads */
    const char *name;           /* in ROM */
    pk_count count;             /* spans, additions, settings, values */
    pk_count over;              /* of a timer or distribution: beyond the range of the histogram */
    uint64_t total, self;       /* ticks of a timer; of a counter or distribution the sum, twice */
    pk_ticks min, max, p50, p95, p99; /* of a timer or distribution */
    pk_level level, lowest, highest; /* of a gauge */
    uint8_t kind;               /* PK_PERF_TIMER … */
    bool saturated;             /* percentiles are approximate: a counter is full */
    bool wrapped;               /* a span was longer than one wrap of the tick counter */
} pk_perf_values;

/* What is recorded under a name; of several kinds with one name, each an entry of its own, the one begun last. PK_NOT_FOUND: nothing
   was ever. Any thread, while others record too: their latest may be partly in. O(names + buckets). */
PK_API pk_status pk_perf_get(pk_log *channel, const char *name, pk_perf_values *values);

/* The entry of that name, or NULL: nothing was recorded under it. Its `values` are those of the first thread only. Any thread. O(names). */
PK_API const pk_perf_site *pk_perf_find(pk_log *channel, const char *name);

PK_API void pk_perf_reset(pk_log *channel); /* All back to empty; names and gauges' values stay. Any thread; what others record
                                               meanwhile may be lost or kept. O(names * buckets). */

PK_API uint32_t pk_perf_us(uint64_t ticks); /* Ticks as microseconds, to the nearest; 2^32 - 1 when more. Any thread. */
PK_API uint64_t pk_perf_ns(uint64_t ticks); /* As nanoseconds. A program's first may read the clock for 0.2 ms, to calibrate. */

/* ---- Exporters ----
   Each hands text to `writer`, such as pk_log_to_stderr or pk_log_to_file, in pieces of at most PERFKIT_LOG_LINE bytes, ended
   with 0; stops at its first failure and returns it. No heap. Outside locks. Names may hold anything: they are escaped. Any one
   thread at a time; others may record. O(names * buckets), the table O(names * (top + buckets)). */

#if PERFKIT_PERF_TEXT
/* A table of 80 columns: the timers, the `top` greatest totals first, then distributions, counters and gauges. "~" behind a
   row: percentiles are approximate; "^": a span was longer than one wrap of the tick counter. */
PK_API pk_status pk_perf_report(pk_log *channel, pk_log_sink_fn writer, void *user, unsigned top);
#endif
#if PERFKIT_PERF_JSON
/* {"timers":[{"name":"db.query","count":3,"total_ns":…,"self_ns":…,"min_ns":…,"p50_ns":…,"p95_ns":…,"p99_ns":…,"max_ns":…,
   "over":0,"saturated":false,"wrapped":false},…],"distributions":[{… "sum":…,"min":…}],"counters":[{"name":…,"count":…, "sum":…}],
   "gauges":[{"name":…,"count":…,"value":…,"min":…,"max":…}]} and a newline. */
PK_API pk_status pk_perf_json(pk_log *channel, pk_log_sink_fn writer, void *user);
#endif
#if PERFKIT_PERF_OPENMETRICS
/* OpenMetrics 1.0: summaries perfkit_timer_seconds and perfkit_distribution, counter perfkit_events, gauge perfkit_level; the
   name is the label "name". Ends in "# EOF". */
PK_API pk_status pk_perf_openmetrics(pk_log *channel, pk_log_sink_fn writer, void *user);
#endif
#if PERFKIT_PERF_TRACE
/* Keep single spans, for a picture of them in time (hosted):
       static pk_perf_event events[10000];
       static pk_perf_trace trace;
       pk_perf_trace_start(&pk_perf_default, &trace, events, 10000); … pk_perf_trace_stop(&pk_perf_default);
       pk_perf_trace_json(&trace, pk_log_to_file, file);
   makes a file for chrome://tracing and other viewers of Chrome's trace events: nested spans, a row a thread. */
typedef struct pk_perf_event { /* private */
    const pk_perf_site *site;
    pk_ticks start, spent;
    uint32_t thread, ready;
} pk_perf_event;
typedef struct pk_perf_trace { /* private */
    pk_perf_event *events;
    pk_ticks begin;
    uint32_t room, used, lost;
} pk_perf_trace;

/* Spans that end from now on are kept until `room` are, those that began before without what they took before; further ones are
   counted. Yours until every thread that was in a span at the stop has left it. PK_INVALID: no room; PK_BUSY: the channel has a
   trace. Any thread. */
PK_API pk_status pk_perf_trace_start(pk_log *channel, pk_perf_trace *trace, pk_perf_event *events, uint32_t room);
PK_API void pk_perf_trace_stop(pk_log *channel);
PK_API uint32_t pk_perf_trace_lost(const pk_perf_trace *trace); /* Spans that found no room. */
PK_API pk_status pk_perf_trace_json(const pk_perf_trace *trace, pk_log_sink_fn writer, void *user); /* O(spans) */
#endif

#if PERFKIT_PERF_PROGRESS
/* ---- Progress of many like things: files, rows, tasks ----
       static void show(void *user, pk_progress *p, const pk_progress_values *v) { … }
       pk_progress_init(&p, &desc);                       // desc.name "Processing", desc.total 1247
       pk_progress_bar_init(&bar, pk_log_to_stderr, NULL);
       pk_progress_add_observer(&p, pk_progress_print, &bar);
       pk_progress_step(&p, "a.c", true);                 // done; false: it failed
   Observers run outside locks, one at a time, with values that never go back: they may ask, step, add and remove, themselves too.
   What several threads change while one observer runs is told once. */
#define PK_PROGRESS_OBSERVERS 4
#define PK_PROGRESS_TEXT 48 /* bytes of the current thing's name with its 0; longer ones are cut */
#define PK_PROGRESS_UNKNOWN 0xFFFFFFFFu
typedef struct pk_progress_values {
    const char *name;               /* of the desc, or "" */
    uint32_t total, done, failed;   /* total 0: not known */
    uint32_t elapsed_ms;            /* since init; 0 without a clock */
    uint32_t left_ms;               /* at the rate so far; PK_PROGRESS_UNKNOWN */
    uint32_t percent_100;           /* done and failed, of the total, in 1/100 %; 0 without one; rounded down */
    uint32_t success_100;           /* done, of done and failed, in 1/100 %; 0 before the first */
    uint32_t rate_100;              /* done, in 1/100 a second; 0 in no time */
    char current[PK_PROGRESS_TEXT]; /* what was stepped last, or "" */
} pk_progress_values;
typedef struct pk_progress pk_progress;
typedef void (*pk_progress_fn)(void *user, pk_progress *progress, const pk_progress_values *values);
struct pk_progress { /* private */
    const char *name;
    pk_clock_fn clock;
    void *user;
    struct {
        pk_progress_fn fn; /* NULL: free */
        void *user;
    } observer[PK_PROGRESS_OBSERVERS];
    pk_mutex mutex;
    pk_time start;
    uint32_t total, done, failed;
    uint8_t threads, telling, changed;
    char current[PK_PROGRESS_TEXT];
};
typedef struct pk_progress_desc {
    const char *name;  /* not copied */
    pk_clock_fn clock; /* milliseconds; NULL: the build's, if it has one */
    void *user;        /* of the clock */
    uint32_t total;    /* below 2^31; 0: not known yet */
    bool threads;      /* any thread may step; PK_UNSUPPORTED where PERFKIT_THREADS is 0 */
} pk_progress_desc;

PK_API pk_status pk__progress_init(pk_progress *p, size_t size, uint32_t config, const pk_progress_desc *desc);
/* Start at nothing; NULL desc: all zero. PK_INVALID: the total, or another configuration. One thread. */
PK__INLINE pk_status pk_progress_init(pk_progress *p, const pk_progress_desc *desc) {
    return pk__progress_init(p, sizeof(pk_progress), PK__CONFIG_WORD, desc);
}
PK_API void pk_progress_close(pk_progress *p); /* One thread; again: harmless. */
/* One more is done, or failed; `current` (copied) may be NULL. O(observers). Any thread with desc.threads. */
PK_API void pk_progress_step(pk_progress *p, const char *current, bool succeeded);
PK_API void pk_progress_add(pk_progress *p, uint32_t done, uint32_t failed); /* Several. As above. */
PK_API pk_status pk_progress_set_total(pk_progress *p, uint32_t total);      /* PK_INVALID: 2^31 or more. As above. */
PK_API void pk_progress_get(pk_progress *p, pk_progress_values *values);     /* As above. */
/* fn and user together name an observer. PK_EXISTS; PK_FULL: PK_PROGRESS_OBSERVERS are. As above. */
PK_API pk_status pk_progress_add_observer(pk_progress *p, pk_progress_fn fn, void *user);
/* PK_NOT_FOUND. In another thread than that which it is called from, fn may still be running. As above. */
PK_API pk_status pk_progress_remove_observer(pk_progress *p, pk_progress_fn fn, void *user);

/* An observer that prints: a bar on a terminal (pk_log_to_stderr or pk_log_to_fd to one), elsewhere lines
   "Processing: file (done/total)", where done counts the failed ones too and the last is total/total. */
typedef struct pk_progress_bar {
    uint16_t every_ms; /* 0: a bar each 100 ms, a line each 1000; PK_PROGRESS_EACH: every change. The last is always printed */
    uint8_t columns;   /* of the terminal; 0: lines */
    bool begun, whole; /* private, like all below */
    uint32_t last_ms;
    pk_log_sink_fn writer;
    void *user;
} pk_progress_bar;
#define PK_PROGRESS_EACH 0xFFFFu
PK_API void pk_progress_bar_init(pk_progress_bar *bar, pk_log_sink_fn writer, void *user);
PK_API void pk_progress_print(void *bar, pk_progress *p, const pk_progress_values *values); /* the pk_progress_fn; its user is the bar */
#endif

#if PERFKIT_PERF_STAGES
/* ---- Stages, memory and single figures of a program ---- */

/* Stages of something that runs once, such as a start: each lap is the time since the one before.
       pk_lap laps[8]; pk_stopwatch w;
       pk_stopwatch_start(&w, laps, 8); … pk_stopwatch_lap(&w, "create"); … pk_stopwatch_report(&w, pk_log_to_stderr, NULL); */
typedef struct pk_lap {
    const char *name; /* not copied */
    uint64_t ticks;
    uint8_t printed;  /* private */
} pk_lap;
typedef struct pk_stopwatch { /* private */
    pk_lap *laps;
    uint16_t room, count;
    pk_ticks last;
    uint64_t rest;
} pk_stopwatch;
PK_API void pk_stopwatch_start(pk_stopwatch *w, pk_lap *laps, unsigned room);
/* The ticks of this lap. One that finds no room is counted as "(others)". O(1). One thread, as all of these. */
PK_API pk_ticks pk_stopwatch_lap(pk_stopwatch *w, const char *name);
PK_API uint64_t pk_stopwatch_total(const pk_stopwatch *w); /* Ticks from the start to the last lap: the sum of all. O(laps). */
/* A line a lap, the longest first, and the total. O(laps^2). */
PK_API pk_status pk_stopwatch_report(pk_stopwatch *w, pk_log_sink_fn writer, void *user);

/* How much memory an operation keeps: pk_growth_begin(&g, "load"); … pk_growth_end(&g); returns the bytes, and writes a line
   "load memory increase: 5.0MB" (1024 * 1024 bytes) on the channel at INFO. */
typedef uint64_t (*pk_mem_now_fn)(void *user); /* bytes in use */
typedef struct pk_growth {
    pk_mem_now_fn now;       /* NULL: pk_mem_resident */
    void (*trim)(void *user); /* called before both readings: so that what caches and pools could give back is not counted; or NULL */
    void *user;              /* of both */
    pk_log *channel;         /* where the line goes; NULL: none */
    const char *name;        /* private, like `before` */
    uint64_t before;
} pk_growth;
PK_API void pk_growth_begin(pk_growth *g, const char *name); /* The fields before `name` are yours to set, or zero. */
PK_API int64_t pk_growth_end(pk_growth *g);                  /* Bytes; negative: less than before. */
PK_API uint64_t pk_mem_resident(void *user);                 /* The process's resident memory on Linux (4096 B or so exact); elsewhere 0. */

/* A table of figures under names, the last value each; every one that is recorded is also a line on the channel at INFO. */
enum { PK_METRIC_STARTUP, PK_METRIC_LOAD, PK_METRIC_MEMORY, PK_METRIC_HIT_RATE };
typedef struct pk_metric {
    const char *name; /* not copied */
    uint64_t value;   /* microseconds; bytes; 1/100 % */
    uint8_t kind;
} pk_metric;
typedef struct pk_metrics { /* yours to fill: pk_metrics m = {table, &pk_perf_default, 8, 0, 0}; read count and lost */
    pk_metric *table;
    pk_log *channel;  /* or NULL */
    uint16_t room, count;
    pk_count lost;    /* records that found no room */
} pk_metrics;
/* PK_FULL: no room for a further name, counted; PK_INVALID: no such kind. O(count). One thread. The lines:
     STARTUP us "startup 326.0ms"   LOAD us "load parser 12.3ms"   MEMORY bytes "memory heap 45.7MB"
     HIT_RATE 1/100 % "hit rate users 94.2%" */
PK_API pk_status pk_metrics_record(pk_metrics *m, int kind, const char *name, uint64_t value);
PK_API pk_status pk_metrics_get(const pk_metrics *m, int kind, const char *name, uint64_t *value); /* PK_NOT_FOUND. O(count). */

/* The last `room` values of something, and how far the newest is from the oldest of them. All O(1); one thread. */
typedef struct pk_trend { /* yours to fill: pk_trend t = {values, 10, 0, 0}; room 0: nothing is kept */
    pk_level *values;
    uint16_t room, used, next;
} pk_trend;
PK_API void pk_trend_add(pk_trend *t, pk_level value);
PK_API pk_level pk_trend_change(const pk_trend *t); /* 0 before there are two. */
#endif
#endif

/* ---- What the above is made of. Nothing to read for users. ---- */

#if PERFKIT_ATOMICS && (defined __GNUC__ || defined __clang__) /* a level may be set while other threads compare */
#define PK__GET_RELAXED(p) __atomic_load_n(p, __ATOMIC_RELAXED)
#define PK__SET_RELAXED(p, v) __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define PK__GET_ACQUIRE(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define PK__SET_RELEASE(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define PK__PREFETCH_WRITE(p) __builtin_prefetch(p, 1)
#else
#define PK__GET_RELAXED(p) (*(p))
#define PK__SET_RELAXED(p, v) ((void)(*(p) = (v)))
#define PK__GET_ACQUIRE(p) (*(p))
#define PK__SET_RELEASE(p, v) ((void)(*(p) = (v)))
#define PK__PREFETCH_WRITE(p) ((void)0)
#endif
PK__HOT_INLINE bool pk_log_enabled(const pk_log *log, int level) { return level <= (int)PK__GET_RELAXED(&log->gate); }
#define PK__LOG_THREADS 1 /* flags: use the mutex */
#define PK__LOG_NO_TIME 2
#define PK__LOG_STATIC_LIFE 4 /* made without pk_log_init, hosted: it keeps its lock when it is closed */
#define PK__LOG_COLOUR_ON 1  /* flags of a sink's colour */
#define PK__LOG_COLOUR_ASK 2 /* find out at its first line */
#define PK__LOG_TORN 4
/* Loggers made statically can lock where a mutex needs no call to be made: where it is all zero, or on macOS a known word. */
#if PERFKIT_THREADS && !defined PERFKIT_MUTEX_LOCK && \
    (defined __linux__ || defined _WIN32 || defined __APPLE__ || defined __FreeBSD__ || defined __OpenBSD__)
#define PK__LOG_STATIC_FLAGS (PK__LOG_THREADS | PK__LOG_STATIC_LIFE)
#else
#define PK__LOG_STATIC_FLAGS 0
#endif
#ifdef __APPLE__
#define PK__LOG_STATIC_MUTEX {(void *)0x32AAABA7}
#else
#define PK__LOG_STATIC_MUTEX {NULL}
#endif
#if PERFKIT_HOSTED
#define PK__PERF_NO_SITES NULL, NULL, 0
#else
#define PK__PERF_NO_SITES NULL
#endif
#define PK__LOG_STATIC(name, gate, level, count, sink, user)                                                                   \
    {(gate), (level), PK__LOG_STATIC_FLAGS, (count), (name), NULL, NULL, NULL, NULL, PK__PERF_NO_SITES, 0, 0,       \
     {{(sink), (user), 0, PK_LOG_TRACE, PK__LOG_COLOUR_ASK, 0, 0}}, PK__LOG_STATIC_MUTEX PK__LOG_STATIC_MORE PK__LOG_STATIC_REST}
#if PK__LOG_WIDE
#define PK__LOG_STATIC_MORE , NULL, 0
#else
#define PK__LOG_STATIC_MORE
#endif
#define PK__LOG_POINTERS (PERFKIT_LOG_LIMITS + PERFKIT_LOG_ERRORS + PERFKIT_LOG_SIGNALS + PERFKIT_LOG_DEFERRED)
#if PK__LOG_POINTERS == 4
#define PK__LOG_STATIC_REST , NULL, NULL, NULL, NULL
#elif PK__LOG_POINTERS == 3
#define PK__LOG_STATIC_REST , NULL, NULL, NULL
#elif PK__LOG_POINTERS == 2
#define PK__LOG_STATIC_REST , NULL, NULL
#elif PK__LOG_POINTERS == 1
#define PK__LOG_STATIC_REST , NULL
#else
#define PK__LOG_STATIC_REST
#endif
#define PK__LOG_WITH_SINK(name, level, sink, user) PK__LOG_STATIC(name, level, level, 1, sink, user)

typedef struct pk__log_site { /* where a log call stands; in ROM */
    const char *name, *file;  /* in ROM, or NULL */
    uint32_t line;
#if PK__FULL
    uint32_t length;  /* of `text`: what a line says of these, or 0 */
    const char *text;
#endif
} pk__log_site;

PK_API void pk__log_rom(pk_log *log, int level, const char *rom_format, ...);
PK_API void pk__log_at(pk_log *log, int level, const pk__log_site *site, const char *rom_format, ...)
#ifndef __AVR__
    PK__PRINTF(4, 5)
#endif
    ;
PK__INLINE void pk__log_check(const char *format, ...) PK__PRINTF(1, 2);
PK__INLINE void pk__log_check(const char *format, ...) { (void)format; } /* never called: the compiler reads its arguments */
#if defined __AVR__ || PK__LOG_FIFO
#define PK__FIRST(...) PK__FIRST_(__VA_ARGS__, 0)
#define PK__FIRST_(first, ...) first
#define PK__REST(...) PK__JOIN(PK__REST_, PK__ONE_OR_MANY(__VA_ARGS__))(__VA_ARGS__)
#define PK__REST_ONE(first)
#define PK__REST_MANY(first, ...) , __VA_ARGS__
#define PK__ONE_OR_MANY(...)                                                                                              \
    PK__33RD(__VA_ARGS__, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, \
             MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, ONE, 0)
#define PK__33RD(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, \
                 a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, ...) a33
#endif
#ifdef __AVR__ /* only PSTR brings a literal to flash, so it has to be parted from its arguments; avr-gcc's preprocessor can */
#define PK__ROM_FORMAT(...) PSTR(PK__FIRST(__VA_ARGS__)) PK__REST(__VA_ARGS__)
PK_API size_t pk__format_rom(char *buffer, size_t size, const char *rom_format, ...);
#define PK_FORMAT(buffer, size, ...) \
    (((0) ? pk__log_check(__VA_ARGS__) : (void)0), pk__format_rom((buffer), (size), PK__ROM_FORMAT(__VA_ARGS__)))
#else
#define PK__ROM_FORMAT(...) __VA_ARGS__
#define PK_FORMAT(buffer, size, ...) pk_format((buffer), (size), __VA_ARGS__)
#endif
#ifndef PERFKIT_LOG_NAME
#define PK__LOG_NAME NULL
#elif defined __AVR__
static const char pk__log_name[] PROGMEM PK__UNUSED = PERFKIT_LOG_NAME;
#define PK__LOG_NAME pk__log_name
#else
#define PK__LOG_NAME PERFKIT_LOG_NAME
#endif
#if PERFKIT_LOG_SITE && defined __AVR__
#define PK__LOG_FILE static const char pk__file[] PROGMEM = __FILE__;
#define PK__LOG_PLACE pk__file, __LINE__ PK__LOG_NO_TEXT
#elif PERFKIT_LOG_SITE && PK__FULL && defined __FILE_NAME__ /* a file's name without its folder: gcc 12, clang 9 */
#define PK__LOG_FILE
#define PK__LINE_TEXT(line) PK__LINE_TEXT_(line)
#define PK__LINE_TEXT_(line) #line
#ifdef PERFKIT_LOG_NAME
#define PK__LOG_TEXT PERFKIT_LOG_NAME " " __FILE_NAME__ ":" PK__LINE_TEXT(__LINE__) " "
#else
#define PK__LOG_TEXT __FILE_NAME__ ":" PK__LINE_TEXT(__LINE__) " "
#endif
#define PK__LOG_PLACE __FILE_NAME__, __LINE__, sizeof PK__LOG_TEXT - 1, PK__LOG_TEXT
#elif PERFKIT_LOG_SITE
#define PK__LOG_FILE
#define PK__LOG_PLACE __FILE__, __LINE__ PK__LOG_NO_TEXT
#else
#define PK__LOG_FILE
#define PK__LOG_PLACE NULL, 0 PK__LOG_NO_TEXT
#endif
#if PK__FULL
#define PK__LOG_NO_TEXT , 0, NULL
#else
#define PK__LOG_NO_TEXT
#endif
#if PERFKIT_LOG_DEFERRED /* a site: what is constant of it, and a word that its first record fills */
#if !PK__LOG_RINGS
typedef uint8_t pk__log_word; /* which an interrupt finds whole */
#elif UINTPTR_MAX > 0xFFFFFFFFu
typedef uint64_t pk__log_word;
#else
typedef uint32_t pk__log_word;
#endif
#endif
#if PK__LOG_RINGS
typedef struct pk__defer_site {
    pk__log_site place;
    int level;
    pk__log_word *word;
} pk__defer_site;
PK_API void pk__log_defer(pk_log *log, const pk__defer_site *site, const char *format, ...) PK__PRINTF(3, 4);
#define PK__LOG_CALL(level, ...)                                                                         \
    static pk__log_word pk__word;                                                                        \
    static const pk__defer_site pk__site = {{PK__LOG_NAME, PK__LOG_PLACE}, level, &pk__word};            \
    pk__log_defer(pk__log, &pk__site, __VA_ARGS__);
#elif PK__LOG_FIFO
typedef struct pk__defer_site { /* in ROM */
    const char *format;         /* in ROM; before it stands a character: the level, + PK__WITH_PLACE in a pk__defer_place */
    pk__log_word *word;
} pk__defer_site;
typedef struct pk__defer_place {
    pk__defer_site site;
    pk__log_site place;
} pk__defer_place;
#define PK__WITH_PLACE 8
PK_API void pk__log_defer(pk_log *log, const pk__defer_site *site, ...);
/* C11 and C++ know where up to 4 arguments are each passed like an int: `word` is then their number, and the format never walked. */
PK_API void pk__log_defer_two(pk_log *log, const pk__defer_site *site, int a, int b);
PK_API void pk__log_defer_ints(pk_log *log, const pk__defer_site *site, ...);
#if defined __cplusplus /* arguments stand in a sizeof too: below C++20 without lambdas */
extern "C++" {
#define PK__TAKES(type, is_int)          \
    char(&pk__kind(type))[2 - (is_int)]; \
    PK__INLINE int pk__int_of(type value) { return (is_int) ? (int)value : 0; }
PK__TAKES(int, 1)
PK__TAKES(unsigned, 1)
PK__TAKES(long, sizeof(long) == sizeof(int))
PK__TAKES(unsigned long, sizeof(long) == sizeof(int))
PK__TAKES(long long, 0)
PK__TAKES(unsigned long long, 0)
PK__TAKES(double, 0)
PK__TAKES(long double, 0)
PK__INLINE int pk__int_of(...) { return 0; }
char (&pk__kind(...))[2];
}
#define PK__IS_INT(x) (sizeof(pk__kind(x)) == 1)
#define PK__INT_OF(x) pk__int_of(x)
#elif defined __STDC_VERSION__ && __STDC_VERSION__ >= 201112L && (defined __GNUC__ || defined __clang__)
#define PK__LIKE_INT(x, is, long_is, other)                                                                                    \
    _Generic((x), bool: is, char: is, signed char: is, unsigned char: is, short: is, unsigned short: is, int: is, unsigned: is, \
             long: long_is, unsigned long: long_is, default: other)
#define PK__IS_INT(x) PK__LIKE_INT(x, 1, sizeof(long) == sizeof(int), 0)
#define PK__INT_OF(x) ((int)PK__LIKE_INT(x, (x), (x), 0))
#endif
#ifdef PK__IS_INT
#define PK__ARITY(...) /* 9: more than 4 */                                                                                     \
    PK__33RD(__VA_ARGS__, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 4, 3, 2, 1, 0, 0)
#define PK__INTS_0(f) 0u
#define PK__INTS_1(f, a) (PK__IS_INT(a) ? 1u : 9u)
#define PK__INTS_2(f, a, b) (PK__IS_INT(a) ? 1u + PK__INTS_1(f, b) : 9u)
#define PK__INTS_3(f, a, ...) (PK__IS_INT(a) ? 1u + PK__INTS_2(f, __VA_ARGS__) : 9u)
#define PK__INTS_4(f, a, ...) (PK__IS_INT(a) ? 1u + PK__INTS_3(f, __VA_ARGS__) : 9u)
#define PK__INTS_9(...) 9u
#define PK__INTS(...) PK__JOIN(PK__INTS_, PK__ARITY(__VA_ARGS__))(__VA_ARGS__)
#define PK__SECOND(f, a, ...) a
#define PK__THIRD(f, a, b, ...) b
#define PK__DEFER_WORD(...) (PK__INTS(__VA_ARGS__) > 4 ? &pk__word : (pk__log_word *)(uintptr_t)PK__INTS(__VA_ARGS__))
#define PK__DEFER_CALL(...)                                                                                              \
    if (PK__INTS(__VA_ARGS__) <= 2)                                                                                      \
        pk__log_defer_two(pk__log, PK__DEFER_SITE_AT, PK__INT_OF(PK__SECOND(__VA_ARGS__, 0, 0)),                         \
                          PK__INT_OF(PK__THIRD(__VA_ARGS__, 0, 0, 0)));                                                  \
    else if (PK__INTS(__VA_ARGS__) <= 4)                                                                                 \
        pk__log_defer_ints(pk__log, PK__DEFER_SITE_AT PK__REST(__VA_ARGS__));                                            \
    else                                                                                                                 \
        pk__log_defer(pk__log, PK__DEFER_SITE_AT PK__REST(__VA_ARGS__));
#else
#define PK__DEFER_WORD(...) &pk__word
#define PK__DEFER_CALL(...) pk__log_defer(pk__log, PK__DEFER_SITE_AT PK__REST(__VA_ARGS__));
#endif
#if PERFKIT_LOG_SITE || defined PERFKIT_LOG_NAME
#define PK__MARK_PK_LOG_ERROR "\011"
#define PK__MARK_PK_LOG_WARN "\012"
#define PK__MARK_PK_LOG_INFO "\013"
#define PK__MARK_PK_LOG_DEBUG "\014"
#define PK__MARK_PK_LOG_TRACE "\015"
#define PK__DEFER_SITE(format, word) \
    PK__LOG_FILE                     \
    static const pk__defer_place pk__site PK_ROM = {{format, word}, {PK__LOG_NAME, PK__LOG_PLACE}};
#define PK__DEFER_SITE_AT &pk__site.site
#else
#define PK__MARK_PK_LOG_ERROR "\001"
#define PK__MARK_PK_LOG_WARN "\002"
#define PK__MARK_PK_LOG_INFO "\003"
#define PK__MARK_PK_LOG_DEBUG "\004"
#define PK__MARK_PK_LOG_TRACE "\005"
#define PK__DEFER_SITE(format, word) static const pk__defer_site pk__site PK_ROM = {format, word};
#define PK__DEFER_SITE_AT &pk__site
#endif
#ifdef __AVR__
#define PK__DEFER_FORMAT(...) static const char pk__format[] PROGMEM = PK__FIRST(__VA_ARGS__);
#define PK__DEFER_FORMAT_AT(...) pk__format
#else
#define PK__DEFER_FORMAT(...)
#define PK__DEFER_FORMAT_AT(...) PK__FIRST(__VA_ARGS__)
#endif
#define PK__LOG_CALL(level, ...)                                                               \
    static pk__log_word pk__word;                                                              \
    PK__DEFER_FORMAT(PK__JOIN(PK__MARK_, level) __VA_ARGS__)                                   \
    PK__DEFER_SITE(PK__DEFER_FORMAT_AT(PK__JOIN(PK__MARK_, level) __VA_ARGS__), PK__DEFER_WORD(__VA_ARGS__)) \
    PK__DEFER_CALL(__VA_ARGS__)
#elif PERFKIT_LOG_SITE || defined PERFKIT_LOG_NAME
#define PK__LOG_CALL(level, ...)                                                        \
    PK__LOG_FILE                                                                        \
    static const pk__log_site pk__site PK_ROM = {PK__LOG_NAME, PK__LOG_PLACE};          \
    pk__log_at(pk__log, level, &pk__site, PK__ROM_FORMAT(__VA_ARGS__));
#elif defined __AVR__
#define PK__LOG_CALL(level, ...) pk__log_rom(pk__log, level, PK__ROM_FORMAT(__VA_ARGS__));
#else
#define PK__LOG_CALL(level, ...) pk_log_write(pk__log, level, __VA_ARGS__);
#endif
#if PERFKIT_LOG_RULES
#define PK__LOG_RULES_OF(log) PK__GET_ACQUIRE(&(log)->rules)
PK_API bool pk__log_allowed(const pk_log *log, int level, const char *name);
#define PK__LOG_PASSES(log, level) \
    (pk_log_enabled(log, level) && (PK__LOG_RULES_OF(log) == NULL || pk__log_allowed(log, level, PK__LOG_NAME)))
#else
#define PK__LOG_PASSES(log, level) pk_log_enabled(log, level)
#endif
#define PK__LOG(log, level, ...)                                  \
    do {                                                          \
        pk_log *const pk__log = (log);                            \
        if ((0)) pk__log_check(__VA_ARGS__);                      \
        if (PK__LOG_PASSES(pk__log, level)) {                     \
            PK__LOG_CALL(level, __VA_ARGS__)                      \
        }                                                         \
    } while (0)
#define PK__LOG_LEFT_OUT(log, level, ...)        \
    do {                                         \
        if ((0)) {                               \
            (void)(log);                         \
            pk__log_check(__VA_ARGS__);          \
        }                                        \
    } while (0)

/* The floor: a number or a level's name, both turned into a number that #if can compare. */
#define PK__FLOOR_0 0
#define PK__FLOOR_1 1
#define PK__FLOOR_2 2
#define PK__FLOOR_3 3
#define PK__FLOOR_4 4
#define PK__FLOOR_5 5
#define PK__FLOOR_PK_LOG_OFF 0
#define PK__FLOOR_PK_LOG_ERROR 1
#define PK__FLOOR_PK_LOG_WARN 2
#define PK__FLOOR_PK_LOG_INFO 3
#define PK__FLOOR_PK_LOG_DEBUG 4
#define PK__FLOOR_PK_LOG_TRACE 5
#ifdef PERFKIT_LOG_LEVEL
#define PK__LOG_FLOOR PK__JOIN(PK__FLOOR_, PERFKIT_LOG_LEVEL)
#else
#define PK__LOG_FLOOR 5
#endif
/* By the floor, one of six; each level gives its own for floors 0 to 5. */
#define PK__SIXTH_0(a, b, c, d, e, f) a
#define PK__SIXTH_1(a, b, c, d, e, f) b
#define PK__SIXTH_2(a, b, c, d, e, f) c
#define PK__SIXTH_3(a, b, c, d, e, f) d
#define PK__SIXTH_4(a, b, c, d, e, f) e
#define PK__SIXTH_5(a, b, c, d, e, f) f
#define PK__AT_FLOOR PK__JOIN(PK__SIXTH_, PK__LOG_FLOOR)
#define PK__LOG_NEEDS_A_LEVEL_NAME_PK_LOG_ERROR(m) PK__AT_FLOOR(m##_LEFT_OUT, m, m, m, m, m)
#define PK__LOG_NEEDS_A_LEVEL_NAME_PK_LOG_WARN(m) PK__AT_FLOOR(m##_LEFT_OUT, m##_LEFT_OUT, m, m, m, m)
#define PK__LOG_NEEDS_A_LEVEL_NAME_PK_LOG_INFO(m) PK__AT_FLOOR(m##_LEFT_OUT, m##_LEFT_OUT, m##_LEFT_OUT, m, m, m)
#define PK__LOG_NEEDS_A_LEVEL_NAME_PK_LOG_DEBUG(m) PK__AT_FLOOR(m##_LEFT_OUT, m##_LEFT_OUT, m##_LEFT_OUT, m##_LEFT_OUT, m, m)
#define PK__LOG_NEEDS_A_LEVEL_NAME_PK_LOG_TRACE(m) PK__AT_FLOOR(m##_LEFT_OUT, m##_LEFT_OUT, m##_LEFT_OUT, m##_LEFT_OUT, m##_LEFT_OUT, m)
#define PK_LOG_TO(log, level, ...) PK__JOIN(PK__LOG_NEEDS_A_LEVEL_NAME_, level)(PK__LOG)(log, level, __VA_ARGS__)
#if PERFKIT_LOG_SITE || defined PERFKIT_LOG_NAME
#define PK__LOG_HERE                                                                    \
    PK__LOG_FILE                                                                        \
    static const pk__log_site pk__site PK_ROM = {PK__LOG_NAME, PK__LOG_PLACE};
#define PK__LOG_HERE_SITE &pk__site
#else
#define PK__LOG_HERE
#define PK__LOG_HERE_SITE NULL
#endif
#if PERFKIT_LOG_LIMITS
PK_API bool pk__log_limit(pk_log *log, pk_log_limit *limit, int level, const pk__log_site *site, uint32_t lines, uint32_t ms);
PK_API bool pk__log_every(pk_log *log, volatile uint32_t *count, uint32_t n);
#define PK__LOG_WHEN(log, level, passes, ...)                                                         \
    do {                                                                                              \
        pk_log *const pk__chosen = (log);                                                             \
        bool pk__now = false;                                                                         \
        if (PK__LOG_FLOOR >= (int)(level) && PK__LOG_PASSES(pk__chosen, level)) { passes }            \
        if (pk__now) PK_LOG_TO(pk__chosen, level, __VA_ARGS__);                                       \
    } while (0)
#define PK__LOG_LIMIT(level, lines, ms)                                                               \
    PK__LOG_HERE                                                                                      \
    static pk_log_limit pk__limit;                                                                    \
    pk__now = pk__log_limit(pk__chosen, &pk__limit, level, PK__LOG_HERE_SITE, lines, ms);
#define PK__LOG_NTH(n)                                                                                \
    static volatile uint32_t pk__count;                                                               \
    pk__now = pk__log_every(pk__chosen, &pk__count, n);
#define PK_LOG_LIMITED_TO(log, level, lines, ms, ...) PK__LOG_WHEN(log, level, PK__LOG_LIMIT(level, lines, ms), __VA_ARGS__)
#define PK_LOG_ONCE_TO(log, level, ...) PK__LOG_WHEN(log, level, PK__LOG_NTH(0), __VA_ARGS__)
#define PK_LOG_EVERY_N_TO(log, n, level, ...) PK__LOG_WHEN(log, level, PK__LOG_NTH(n), __VA_ARGS__)
#ifdef PERFKIT_LOG_DEFAULT
#define PK_LOG_LIMITED(level, ...)                                                                                     \
    PK_LOG_LIMITED_TO(&PERFKIT_LOG_DEFAULT, level, (level) == PK_LOG_ERROR ? 0xFFFFFFFFu : 10u, 1000, __VA_ARGS__)
#define PK_LOG_ONCE(level, ...) PK_LOG_ONCE_TO(&PERFKIT_LOG_DEFAULT, level, __VA_ARGS__)
#define PK_LOG_EVERY_N(n, level, ...) PK_LOG_EVERY_N_TO(&PERFKIT_LOG_DEFAULT, n, level, __VA_ARGS__)
#endif
#endif
#if PERFKIT_LOG_SIGNALS
PK_API void pk__log_signal(pk_log_signals *signals, int level, const pk__log_site *site, const char *rom_format, ...);
#define PK_LOG_SIGNAL(signals, level, ...)                                                            \
    do {                                                                                              \
        pk_log_signals *const pk__signals = (signals);                                                \
        if ((0)) pk__log_check(__VA_ARGS__);                                                          \
        if (PK__LOG_FLOOR >= (int)(level) && pk__signals->log != NULL && PK__LOG_PASSES(pk__signals->log, level)) { \
            PK__LOG_HERE                                                                              \
            pk__log_signal(pk__signals, level, PK__LOG_HERE_SITE, PK__ROM_FORMAT(__VA_ARGS__));       \
        }                                                                                             \
    } while (0)
#endif
#if PERFKIT_LOG_ERRORS
PK_API void pk__log_failed(pk_log *log, const pk__log_site *site, int32_t code);
#define PK_LOG_FAILED_TO(log, code, ...)                                       \
    do {                                                                       \
        pk_log *const pk__chosen = (log);                                      \
        {                                                                      \
            PK__LOG_HERE                                                       \
            pk__log_failed(pk__chosen, PK__LOG_HERE_SITE, (int32_t)(code));    \
        }                                                                      \
        PK_LOG_TO(pk__chosen, PK_LOG_ERROR, __VA_ARGS__);                      \
    } while (0)
#ifdef PERFKIT_LOG_DEFAULT
#define PK_LOG_FAILED(code, ...) PK_LOG_FAILED_TO(&PERFKIT_LOG_DEFAULT, code, __VA_ARGS__)
#endif
#endif
#if PERFKIT_LOG_KV
#define PK__KV_MAKE(name, letter, field, cast, type_given)                    \
    PK__INLINE pk_kv pk__kv_##name(const char *rom_key, type_given value) {   \
        pk_kv kv;                                                             \
        kv.key = rom_key;                                                     \
        kv.value.field = (cast)value;                                         \
        kv.type = letter;                                                     \
        return kv;                                                            \
    }
PK__KV_MAKE(i, 'I', i, int64_t, pk_kv_int)
PK__KV_MAKE(u, 'U', u, uint64_t, pk_kv_uint)
PK__KV_MAKE(x, 'X', u, uint64_t, pk_kv_uint)
PK__KV_MAKE(b, 'B', u, uint64_t, bool)
PK__KV_MAKE(s, 'S', p, const char *, const char *)
PK__KV_MAKE(p, 'P', p, const void *, const void *)
#if PERFKIT_FLOAT
typedef union pk__kv_bits { double number; uint64_t bits; } pk__kv_bits;
PK__INLINE pk_kv pk__kv_d(const char *rom_key, double value) { /* pk__kv: what the formatter prints, so it may be a double */
    pk__kv_bits d;
    pk_kv kv = pk__kv_u(rom_key, 0);
    d.bits = 0; /* where a double is shorter */
    d.number = value;
    kv.value.u = d.bits;
    kv.type = 'D';
    return kv;
}
#endif
PK__INLINE pk_kv pk__kv_end(void) { return pk__kv_u(NULL, 0); }
#ifdef __cplusplus
extern "C++" {
PK__INLINE pk_kv pk__kv_any(const char *key, int value) { return pk__kv_i(key, value); }
PK__INLINE pk_kv pk__kv_any(const char *key, long value) { return pk__kv_i(key, value); }
PK__INLINE pk_kv pk__kv_any(const char *key, unsigned value) { return pk__kv_u(key, value); }
PK__INLINE pk_kv pk__kv_any(const char *key, unsigned long value) { return pk__kv_u(key, value); }
#if PERFKIT_LOG_INT64
PK__INLINE pk_kv pk__kv_any(const char *key, long long value) { return pk__kv_i(key, value); }
PK__INLINE pk_kv pk__kv_any(const char *key, unsigned long long value) { return pk__kv_u(key, value); }
#endif
PK__INLINE pk_kv pk__kv_any(const char *key, bool value) { return pk__kv_b(key, value); }
PK__INLINE pk_kv pk__kv_any(const char *key, const char *value) { return pk__kv_s(key, value); }
PK__INLINE pk_kv pk__kv_any(const char *key, const void *value) { return pk__kv_p(key, value); }
#if PERFKIT_FLOAT
PK__INLINE pk_kv pk__kv_any(const char *key, double value) { return pk__kv_d(key, value); }
#endif
}
#define PK_KV(key, value) pk__kv_any(PK_ROM_STR(key), (value))
#elif defined __STDC_VERSION__ && __STDC_VERSION__ >= 201112L && (defined __GNUC__ || defined __clang__)
#if PERFKIT_LOG_INT64
#define PK__KV_LONG_LONG long long: pk__kv_i, unsigned long long: pk__kv_u,
#else
#define PK__KV_LONG_LONG
#endif
#if PERFKIT_FLOAT
#define PK__KV_DOUBLE float: pk__kv_d, double: pk__kv_d,
#else
#define PK__KV_DOUBLE
#endif
#define PK_KV(key, value)                                                                                                     \
    _Generic((value), bool: pk__kv_b, char: pk__kv_i, signed char: pk__kv_i, unsigned char: pk__kv_u, short: pk__kv_i,        \
             unsigned short: pk__kv_u, int: pk__kv_i, unsigned: pk__kv_u, long: pk__kv_i, unsigned long: pk__kv_u,            \
             PK__KV_LONG_LONG PK__KV_DOUBLE char *: pk__kv_s, const char *: pk__kv_s, default: pk__kv_p)(PK_ROM_STR(key), (value))
#endif
PK_API void pk__log_kv(pk_log *log, int level, const pk__log_site *site, const char *rom_text, ...);
#ifdef __clang__ /* whose -Weverything notes that a struct is passed so */
#define PK__CLASS_VARARGS_BEGIN _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wclass-varargs\"")
#define PK__CLASS_VARARGS_END _Pragma("clang diagnostic pop")
#else
#define PK__CLASS_VARARGS_BEGIN
#define PK__CLASS_VARARGS_END
#endif
#define PK__LOG_KV(log, level, ...)                                                          \
    do {                                                                                     \
        pk_log *const pk__log = (log);                                                       \
        if (PK__LOG_PASSES(pk__log, level)) {                                                \
            PK__LOG_FILE                                                                     \
            static const pk__log_site pk__site PK_ROM = {PK__LOG_NAME, PK__LOG_PLACE};       \
            PK__CLASS_VARARGS_BEGIN                                                          \
            pk__log_kv(pk__log, level, &pk__site, PK__ROM_FORMAT(__VA_ARGS__), pk__kv_end());   \
            PK__CLASS_VARARGS_END                                                            \
        }                                                                                    \
    } while (0)
#define PK__LOG_KV_LEFT_OUT(log, level, ...) \
    do {                              \
        if ((0)) {                    \
            (void)(log);              \
            PK__CLASS_VARARGS_BEGIN   \
            pk__log_kv(NULL, 0, NULL, __VA_ARGS__, pk__kv_end()); \
            PK__CLASS_VARARGS_END     \
        }                             \
    } while (0)
#define PK_LOG_KV_TO(log, level, ...) PK__JOIN(PK__LOG_NEEDS_A_LEVEL_NAME_, level)(PK__LOG_KV)(log, level, __VA_ARGS__)
#ifdef PERFKIT_LOG_DEFAULT
#define PK_LOG_KV(level, ...) PK_LOG_KV_TO(&PERFKIT_LOG_DEFAULT, level, __VA_ARGS__)
#endif
#endif
#ifdef PERFKIT_LOG_DEFAULT
#define PK_LOG_ERROR(...) PK__LOG_NEEDS_A_LEVEL_NAME_PK_LOG_ERROR(PK__LOG)(&PERFKIT_LOG_DEFAULT, PK_LOG_ERROR, __VA_ARGS__)
#define PK_LOG_WARN(...) PK__LOG_NEEDS_A_LEVEL_NAME_PK_LOG_WARN(PK__LOG)(&PERFKIT_LOG_DEFAULT, PK_LOG_WARN, __VA_ARGS__)
#define PK_LOG_INFO(...) PK__LOG_NEEDS_A_LEVEL_NAME_PK_LOG_INFO(PK__LOG)(&PERFKIT_LOG_DEFAULT, PK_LOG_INFO, __VA_ARGS__)
#define PK_LOG_DEBUG(...) PK__LOG_NEEDS_A_LEVEL_NAME_PK_LOG_DEBUG(PK__LOG)(&PERFKIT_LOG_DEFAULT, PK_LOG_DEBUG, __VA_ARGS__)
#define PK_LOG_TRACE(...) PK__LOG_NEEDS_A_LEVEL_NAME_PK_LOG_TRACE(PK__LOG)(&PERFKIT_LOG_DEFAULT, PK_LOG_TRACE, __VA_ARGS__)
#else /* a compile error that says what to do, in units that use them */
#define PK__LOG_NO_DEFAULT \
    PK__STATIC_ASSERT(without_a_default_logger_set_PERFKIT_LOG_DEFAULT_to_the_name_of_an_extern_pk_log, 0)
#define PK_LOG_ERROR(...) PK__LOG_NO_DEFAULT
#define PK_LOG_WARN(...) PK__LOG_NO_DEFAULT
#define PK_LOG_INFO(...) PK__LOG_NO_DEFAULT
#define PK_LOG_DEBUG(...) PK__LOG_NO_DEFAULT
#define PK_LOG_TRACE(...) PK__LOG_NO_DEFAULT
#define pk_log_configure(level) PK__LOG_NO_DEFAULT
#endif
#if PERFKIT_PERF
#ifndef PERFKIT_PERF_SUB_BITS
#ifdef __AVR__
#define PERFKIT_PERF_SUB_BITS 2
#else
#define PERFKIT_PERF_SUB_BITS (PK__FULL ? 5 : 3)
#endif
#endif
#ifndef PERFKIT_PERF_MAX_BITS
#ifdef __AVR__
#define PERFKIT_PERF_MAX_BITS 20
#else
#define PERFKIT_PERF_MAX_BITS (PK__FULL ? 40 : 24)
#endif
#endif
#ifndef PERFKIT_PERF_COUNTER
#if PK__FULL
#define PERFKIT_PERF_COUNTER uint32_t
#else
#define PERFKIT_PERF_COUNTER uint16_t
#endif
#endif
#define PK__PERF_BUCKETS PK_HIST_BUCKETS(PERFKIT_PERF_SUB_BITS, PERFKIT_PERF_MAX_BITS)
#define PK__PERF_TABLE(counters) PK_HIST_INIT(counters, PERFKIT_PERF_SUB_BITS, PERFKIT_PERF_MAX_BITS)
#define PK__PERF_NO_TABLE {NULL, PK__SUM_0, 0, 0, 0, 0, 0, 0, 0, 0}
#if PERFKIT_HOSTED
#define PK__PERF_TABLE_SITE(site, channel, name, kind)                                          \
    static PERFKIT_PERF_COUNTER site##_counters[2][PK__PERF_BUCKETS];                           \
    static const char site##_name[] PK_ROM = name;                                              \
    static pk_perf_site site = {site##_name, &channel, NULL, NULL, kind, 0, 0, PK__PERF_TABLE(site##_counters[0]), \
                                PK__PERF_TABLE(site##_counters[1]), NULL, 0, 0};
#define PK__PERF_BARE_SITE(name, channel, kind) \
    {name, &channel, NULL, NULL, kind, 0, 0, PK__PERF_NO_TABLE, PK__PERF_NO_TABLE, NULL, 0, 0}
#else
#define PK__PERF_TABLE_SITE(site, channel, name, kind)                                                                 \
    static PERFKIT_PERF_COUNTER site##_counters[PK__PERF_BUCKETS];                                                     \
    static const char site##_name[] PK_ROM = name;                                                                     \
    static pk_perf_site site = {site##_name, &channel, NULL, NULL, kind, 0, 0, PK__PERF_TABLE(site##_counters)};
#define PK__PERF_BARE_SITE(name, channel, kind) {name, &channel, NULL, NULL, kind, 0, 0, PK__PERF_NO_TABLE}
#endif
PK_API void pk__timer_start(pk_timer *timer, pk_perf_site *site);
PK_API pk_ticks pk__timer_stop(pk_timer *timer);
PK_API void pk__perf_record(pk_perf_site *site, pk_ticks value);
#if PERFKIT_HOSTED
PK_API void pk__perf_count(pk_perf_site *site, pk_ticks value); /* the same for a counter, whose ends are of no interest */
#else
#define pk__perf_count(site, value) pk__perf_record(site, value)
#endif
PK_API void pk__perf_gauge(pk_perf_site *site, pk_level value, bool add);

PK__HOT_INLINE pk_timer *pk__timer_on(pk_timer *timer, const pk_log *channel, pk_perf_site *site) {
    timer->site = NULL; /* what else it holds is written at the start */
    if (PK__UNLIKELY(PK__GET_RELAXED(&channel->level) != PK_LOG_OFF)) pk__timer_start(timer, site);
    return timer;
}
PK__INLINE pk_timer pk_timer_begin(pk_perf_site *site) {
    pk_timer timer;
    timer.start = 0; /* compilers warn when it is copied in part */
#if PERFKIT_HOSTED
    timer.inner = 0;
    timer.thread = NULL;
#endif
    timer.start_ms_high = 0;
    timer.start_ms = 0;
    (void)pk__timer_on(&timer, site->channel, site);
    return timer;
}
PK__INLINE pk_ticks pk_timer_end(pk_timer *timer) { return PK__UNLIKELY(timer->site != NULL) ? pk__timer_stop(timer) : 0; }
#define PK__PERF_SCOPE(site, timer, name, end)                                                   \
    PK__PERF_TABLE_SITE(site, PERFKIT_PERF_DEFAULT, name, PK_PERF_TIMER)                         \
    for (pk_timer timer, *timer##_at = pk__timer_on(&timer, &PERFKIT_PERF_DEFAULT, &site); timer##_at != NULL; \
         (void)end(timer##_at), timer##_at = NULL)
#ifdef PERFKIT_PERF_DEFAULT
#if PK__HAS_TICKS
#define PK_PERF_SCOPE(name) PK__PERF_SCOPE_(PK__JOIN(pk__perf_, __LINE__), PK__JOIN(pk__timer_, __LINE__), name, pk_timer_end)
#define PK_TIMED(name) PK__PERF_SCOPE_(PK__JOIN(pk__perf_, __LINE__), PK__JOIN(pk__timer_, __LINE__), name, pk_timer_end_log)
#define PK__PERF_SCOPE_(site, timer, name, end) PK__PERF_SCOPE(site, timer, name, end)
#else
#define PK_PERF_SCOPE(name) PK__STATIC_ASSERT(to_measure_time_define_PERFKIT_TICKS_and_PERFKIT_TICKS_HZ, 0);
#define PK_TIMED(name) PK_PERF_SCOPE(name)
#endif
#define PK__PERF_IF_ON(...)                                                                              \
    do {                                                                                                 \
        if (PK__UNLIKELY(PK__GET_RELAXED(&PERFKIT_PERF_DEFAULT.level) != PK_LOG_OFF)) {                        \
            __VA_ARGS__                                                                                  \
        }                                                                                                \
    } while (0)
#define PK__PERF_BARE(name, kind)                 \
    static const char pk__name[] PK_ROM = name;   \
    static pk_perf_site pk__site = PK__PERF_BARE_SITE(pk__name, PERFKIT_PERF_DEFAULT, kind);
#define PK_PERF_COUNT(name, n) \
    PK__PERF_IF_ON(PK__PERF_BARE(name, PK_PERF_COUNTER) pk__perf_count(&pk__site, (pk_ticks)(n));)
#define PK_PERF_GAUGE(name, n) \
    PK__PERF_IF_ON(PK__PERF_BARE(name, PK_PERF_LEVEL) pk__perf_gauge(&pk__site, (pk_level)(n), false);)
#define PK_PERF_GAUGE_ADD(name, n) \
    PK__PERF_IF_ON(PK__PERF_BARE(name, PK_PERF_LEVEL) pk__perf_gauge(&pk__site, (pk_level)(n), true);)
#define PK_PERF_VALUE(name, n)                                                                        \
    PK__PERF_IF_ON(PK__PERF_TABLE_SITE(pk__site, PERFKIT_PERF_DEFAULT, name, PK_PERF_DISTRIBUTION)    \
                   pk__perf_record(&pk__site, (pk_ticks)(n));)
#else
#define PK__PERF_NO_DEFAULT \
    PK__STATIC_ASSERT(without_a_default_channel_set_PERFKIT_PERF_DEFAULT_to_the_name_of_an_extern_pk_log, 0)
#define PK_PERF_SCOPE(name) PK__PERF_NO_DEFAULT;
#define PK_TIMED(name) PK__PERF_NO_DEFAULT;
#define PK_PERF_COUNT(name, n) PK__PERF_NO_DEFAULT
#define PK_PERF_GAUGE(name, n) PK__PERF_NO_DEFAULT
#define PK_PERF_GAUGE_ADD(name, n) PK__PERF_NO_DEFAULT
#define PK_PERF_VALUE(name, n) PK__PERF_NO_DEFAULT
#endif
#else /* no perf channel in this build: the blocks alone */
#define PK_PERF_SCOPE(name)
#define PK_TIMED(name)
#define PK_PERF_COUNT(name, n) ((void)0)
#define PK_PERF_GAUGE(name, n) ((void)0)
#define PK_PERF_GAUGE_ADD(name, n) ((void)0)
#define PK_PERF_VALUE(name, n) ((void)0)
#endif
#endif /* PERFKIT_LOG_H */
/* ==== Implementation ==== */
#if (defined PERFKIT_IMPLEMENTATION || defined PERFKIT_LOG_IMPLEMENTATION || defined PERFKIT_STATIC) && \
    !defined PERFKIT_LOG_IMPLEMENTED
#define PERFKIT_LOG_IMPLEMENTED
#if PERFKIT_STDIO
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif
#ifdef __linux__ /* pk_mem_resident */
#include <fcntl.h>
#endif
#if PERFKIT_LOG_CRASH
#include <signal.h>
#include <sys/select.h>
#endif
#if PERFKIT_HOSTED && (PERFKIT_LOG_ROTATE || PERFKIT_LOG_RING)
#include <fcntl.h>
#include <sys/stat.h>
#ifndef _WIN32
#include <sys/mman.h>
#endif
#endif
#endif
#if PERFKIT_FLOAT && defined __SIZEOF_DOUBLE__ && __SIZEOF_DOUBLE__ != 8
#error "perfkit: PERFKIT_FLOAT needs a double of 64 bits"
#endif
#if !PK__FULL && defined __GNUC__
#define PK__OUT_OF_LINE __attribute__((noinline)) /* several callers, and flash is short */
#define PK__RARE
#else
#define PK__OUT_OF_LINE
#define PK__RARE PK__COLD /* so that what calls it saves few registers */
#endif
#if defined PERFKIT_TLS
#define PK__HAS_TLS 1
#elif PERFKIT_HOSTED && defined _MSC_VER && !defined __clang__
#define PERFKIT_TLS __declspec(thread)
#define PK__HAS_TLS 1
#elif PERFKIT_HOSTED && (defined __GNUC__ || defined __clang__) && !defined __TINYC__
#define PERFKIT_TLS __thread
#define PK__HAS_TLS 1
#else
#define PK__HAS_TLS 0
#endif
#if defined __GNUC__ || defined __clang__
#define PK__IN_ORDER() __asm__ volatile("" ::: "memory") /* for the compiler; a processor ends what it began */
#elif defined _MSC_VER
#define PK__IN_ORDER() _ReadWriteBarrier()
#else
#define PK__IN_ORDER() ((void)0)
#endif
#if PK__FULL
#define pk__clear(p, size) memset(p, 0, size)
#else
static PK__OUT_OF_LINE void pk__clear(void *p, size_t size) { /* a C library's memset can cost 160 bytes */
    volatile unsigned char *byte = (volatile unsigned char *)p; /* or a compiler makes it a memset */
    while (size-- > 0) *byte++ = 0;
}
#endif

#ifdef __AVR__
#define PK__ONE_END() __asm__ volatile("") /* what stands before stays a call: a jump to it would restore the registers once more */
#else
#define PK__ONE_END() ((void)0)
#endif
static PK__OUT_OF_LINE void pk__count_up(pk_count *count) { ++*count; }
#if PK__LOG_RINGS
#define pk__copy(to, from, size) memcpy(to, from, size)
#elif PERFKIT_LOG_DEFERRED
static PK__OUT_OF_LINE void pk__copy(void *to, const void *from, size_t size) { /* as pk__clear */
    volatile unsigned char *byte = (volatile unsigned char *)to;
    const unsigned char *p = (const unsigned char *)from;
    while (size-- > 0) *byte++ = *p++;
}
#endif

/* ---- The formatter ---- */

#if PERFKIT_LOG_INT64
typedef uint64_t pk__uint; /* the widest integer that the formatter prints */
typedef int64_t pk__sint;
#else
typedef unsigned long pk__uint;
typedef long pk__sint;
#endif

enum { PK__LEFT = 1, PK__PLUS = 2, PK__SPACE = 4, PK__ALT = 8, PK__ZERO = 16, PK__FILL = 64 }; /* FILL: ZERO, and it applies */
#ifdef __AVR__
#define PK__IN_ROM 32
#else
#define PK__IN_ROM 0
#endif

typedef struct pk__text { /* bounded output that goes on counting, the format being read, and the conversion in hand */
#ifdef __AVR__
    va_list list;         /* first, so that its address is the text's; there va_arg is long enough to be a function */
#elif PK__FULL
    bool alone;           /* nothing of the thread's is touched: in a signal handler its storage may not be there yet */
#endif
    char c;               /* the character of the format that was read last: the conversion, in the end */
    bool format_in_rom;
    bool escape;          /* control characters of values become visible */
    uint8_t flags;        /* of the conversion: [spaces] lead zeros body [spaces] */
    char lead;            /* a sign; or x X, written as 0x 0X; 0: nothing */
    char digits[PERFKIT_LOG_INT64 ? 22 : 3 * sizeof(pk__uint)]; /* the body of an integer or character */
    char *at;
    size_t room, length;
    const char *format, *begin; /* what is to be read, and behind the % of the conversion */
    const char *body;
    int body_length, width, precision, zeros; /* precision < 0: none */
} pk__text;
#ifdef __AVR__ /* a string is in RAM or in flash; elsewhere the flag costs nothing */
static PK__OUT_OF_LINE char pk__get(const char *p, uint8_t rom) { return rom ? (char)pk__rom_read8(p) : *p; }
#define PK__GET(p, rom) pk__get(p, (uint8_t)(rom))
static PK__OUT_OF_LINE PK__UNUSED unsigned pk__arg(pk__text *t) { return va_arg(t->list, unsigned); }
#define PK__ARG_WORD(t, args, type) (type)pk__arg(t)
#define PK__LIST_OF(t, args) (t)->list
#else
#define PK__GET(p, rom) ((void)(rom), *(p))
#define PK__ARG_WORD(t, args, type) va_arg(PK__ARG_LIST(args), type)
#define PK__LIST_OF(t, args) args
#endif

static void pk__put(pk__text *t, char c) {
    size_t n = t->length;
    if (n < t->room) t->at[n] = c;
    t->length = n + 1;
}
static PK__OUT_OF_LINE void pk__pad(pk__text *t, char c, int count) {
    if (count > 9999) count = 9999;
    while (--count >= 0) pk__put(t, c);
}
static void pk__put_value(pk__text *t, char c) {
    uint8_t u = (uint8_t)c;
    if (t->escape && (u < 0x20 || u == 0x7F)) {
        pk__put(t, '\\');
        c = u == '\n' ? 'n' : u == '\r' ? 'r' : u == '\t' ? 't' : 'x';
        if (c == 'x') {
            pk__put(t, c);
            pk__put(t, (char)('0' + (u >> 4))); /* at most 7 */
            u &= 15;
            c = (char)(u < 10 ? '0' + u : 'A' - 10 + u);
        }
    }
    pk__put(t, c);
}
#if PK__FULL && !defined __AVR__ /* where flash is not short: several characters at a time */
#define PK__TEXT_FAST 1
#else
#define PK__TEXT_FAST 0
#endif
#if PK__TEXT_FAST || PERFKIT_LOG_FORMS || \
    (PERFKIT_PERF && (PERFKIT_PERF_TEXT || PERFKIT_PERF_JSON || PERFKIT_PERF_OPENMETRICS || PERFKIT_PERF_TRACE))
/* Bytes of the character of UTF-8 at the start of `text`; 0: there is none (the Unicode Standard, table 3-7). A 0 ends a text too. */
static uint_fast8_t pk__utf8(const char *text, size_t length, bool rom) {
    uint8_t c = (uint8_t)PK__GET(text, rom), low = 0x80, high = 0xBF, next;
    uint_fast8_t more, i;
    if (c < 0x80) return 1;
    more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
    if (c < 0xC2 || c > 0xF4 || more >= length) return 0;
    if (c == 0xE0) low = 0xA0;
    if (c == 0xED) high = 0x9F;
    if (c == 0xF0) low = 0x90;
    if (c == 0xF4) high = 0x8F;
    for (i = 1; i <= more; i++) {
        next = (uint8_t)PK__GET(text + i, rom);
        if (next < low || next > high) return 0;
        low = 0x80;
        high = 0xBF;
    }
    return (uint_fast8_t)(more + 1);
}
#endif
#if PK__TEXT_FAST
PK__HOT_INLINE void pk__copy_bytes(void *to_, const char *from, size_t n) {
    char *to = (char *)to_;
    if (n > 32) memcpy(to, from, n);
    else if (n >= 16) { /* no call for the short ones: two halves that may overlap */
        memcpy(to, from, 16);
        memcpy(to + n - 16, from + n - 16, 16);
    } else if (n >= 8) {
        memcpy(to, from, 8);
        memcpy(to + n - 8, from + n - 8, 8);
    } else if (n >= 4) {
        memcpy(to, from, 4);
        memcpy(to + n - 4, from + n - 4, 4);
    } else
        while (n-- > 0) to[n] = from[n];
}
PK__HOT_INLINE void pk__put_bytes(pk__text *t, const char *from, size_t n) {
    char *to;
    size_t left = t->length < t->room ? t->room - t->length : 0;
    if (PK__UNLIKELY(n >= left)) {
        if (left > 0) memcpy(t->at + t->length, from, left);
        t->length += n;
        return;
    }
    to = t->at + t->length;
    t->length += n;
    pk__copy_bytes(to, from, n);
}
/* Of eight bytes, the high bits of those that are not ASCII or would be escaped, and perhaps of some above the lowest such byte
   (H. Warren, Hacker's Delight, on bytes below a bound). */
PK__HOT_INLINE uint64_t pk__not_plain(uint64_t eight) {
    const uint64_t ones = 0x0101010101010101u, delete_ = eight ^ 0x7F * ones;
    return (eight | ((eight - 0x20 * ones) & ~eight) | ((delete_ - ones) & ~delete_)) & 0x80 * ones;
}
/* Whether none of these is. */
static bool pk__is_plain(const char *p, size_t n) {
    const char *const last = p + n - 8;
    uint64_t eight;
    if (n >= 8) {
        memcpy(&eight, last, 8);
        for (; pk__not_plain(eight) == 0 && p < last; p += 8) memcpy(&eight, p, 8);
        return pk__not_plain(eight) == 0;
    }
    for (; n > 0; n--, p++)
        if ((uint8_t)*p < 0x20 || (uint8_t)*p >= 0x7F) return false;
    return true;
}
/* A value to escape: also the control characters that terminals know beyond ASCII (U+0080 to U+009F), and what is not UTF-8. */
static PK__COLD void pk__put_escaped(pk__text *t, const char *p, size_t left) {
    static const char digits[] = "0123456789ABCDEF";
    size_t n;
    uint8_t c;
    for (; left > 0; left -= n) {
        c = (uint8_t)*p;
        n = pk__utf8(p, left, false);
        if (n == 1) pk__put_value(t, *p++);
        else if (n == 0 || (c == 0xC2 && (uint8_t)p[1] < 0xA0)) {
            pk__put(t, '\\');
            pk__put(t, 'x');
            pk__put(t, digits[c >> 4]);
            pk__put(t, digits[c & 15]);
            p++;
            n = 1; /* the second byte is then none of UTF-8 */
        } else {
            pk__put_bytes(t, p, n);
            p += n;
        }
    }
}
static void pk__put_values(pk__text *t, const char *p, size_t n) {
    if (PK__LIKELY(!t->escape || pk__is_plain(p, n))) pk__put_bytes(t, p, n);
    else pk__put_escaped(t, p, n);
}
static const char pk__pairs[] = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
                                "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
/* The decimal digits of a value, before `end`; none for 0. Returns the first. */
static char *pk__put_decimal(char *end, pk__uint value) {
    uint32_t low;
    for (; value > 0xFFFFFFFFu; value /= 100) memcpy(end -= 2, pk__pairs + 2 * (value % 100), 2);
    for (low = (uint32_t)value; low >= 100; low /= 100) memcpy(end -= 2, pk__pairs + 2 * (low % 100), 2);
    if (low >= 10) memcpy(end -= 2, pk__pairs + 2 * low, 2);
    else if (low > 0) *--end = (char)('0' + (int)low);
    return end;
}
static void pk__put_plain(pk__text *t, const char *text) {
    if (text == NULL) text = "(null)";
    pk__put_values(t, text, strlen(text));
}
static const uint64_t pk__tens[20] = {1u, 10u, 100u, 1000u, 10000u, 100000u, 1000000u, 10000000u, 100000000u, 1000000000u, 10000000000u,
                                      100000000000u, 1000000000000u, 10000000000000u, 100000000000000u, 1000000000000000u,
                                      10000000000000000u, 100000000000000000u, 1000000000000000000u, 10000000000000000000u};
static unsigned pk__decimal_length(pk__uint value) {
#if defined __SIZEOF_INT128__ /* from the length in bits (H. Warren, Hacker's Delight) */
    unsigned n = (unsigned)(64 - __builtin_clzll(value | 1u)) * 1233u >> 12;
    return n + ((value | 1u) >= pk__tens[n]);
#else
    unsigned n = 1;
    for (; n < 20 && value >= pk__tens[n];) n++;
    return n;
#endif
}
/* Digits go to where they belong: to copy what was just stored in smaller pieces takes a processor long. Returns their end. */
PK__HOT_INLINE char *pk__put_digits(char *to, pk__uint value) {
    char *const end = to + pk__decimal_length(value);
    *to = '0';
    (void)pk__put_decimal(end, value);
    return end;
}
#endif
static char pk__sign_of(const pk__text *t) { /* of a number that is not negative */
    return (char)(t->flags & PK__PLUS ? '+' : t->flags & PK__SPACE ? ' ' : 0);
}
static PK__OUT_OF_LINE void pk__put_field(pk__text *t) {
    const char *body = t->body, *end = body + t->body_length;
    int spaces = t->width - t->zeros - t->body_length;
    if (t->lead) spaces--;
    if (t->lead >= 'X') spaces--;
    t->width = 0; /* of those behind, from now on */
    if (t->flags & PK__LEFT) t->width = spaces;
    else if (!(t->flags & PK__FILL)) pk__pad(t, ' ', spaces);
    else if (spaces > 0) t->zeros += spaces;
    if (t->lead >= 'X') pk__put(t, '0');
    if (t->lead) pk__put(t, t->lead);
    pk__pad(t, '0', t->zeros);
#if PK__TEXT_FAST
    pk__put_values(t, body, (size_t)(end - body));
#else
    for (; body != end; body++) pk__put_value(t, PK__GET(body, t->flags & PK__IN_ROM));
#endif
    pk__pad(t, ' ', t->width);
}

/* *value /= base, returning the remainder, with at most a 32-bit division. */
#ifdef __AVR__ /* bit by bit: no longer and no slower than to call the helper for division */
static uint_fast8_t pk__digit(pk__uint *value, uint_fast8_t base) {
    uint8_t rest = 0, i;
    for (i = 8 * sizeof *value; i > 0; i--) {
        rest = (uint8_t)(rest << 1);
        if ((pk__sint)*value < 0) rest |= 1;
        *value <<= 1;
        if (rest >= base) {
            rest = (uint8_t)(rest - base);
            *value |= 1;
        }
    }
    return rest;
}
#else
static uint_fast8_t pk__digit(pk__uint *value, uint_fast8_t base) {
    uint32_t low = (uint32_t)*value;
#if PK__FULL && !defined __AVR__ /* tens are taken two at a time elsewhere */
    if (base != 10) {
        uint_fast8_t bits = base == 16 ? 4 : 3, digit = (uint_fast8_t)(*value & (base - 1u));
        *value >>= bits;
        return digit;
    }
#endif
#if UINTPTR_MAX > 0xFFFFFFFFu /* where long has 64 bits too, whatever PERFKIT_LOG_INT64 says */
    if (*value >> 31 > 1) {
        uint8_t rest = (uint8_t)(*value % base);
        *value /= base;
        return rest;
    }
#elif PERFKIT_LOG_INT64 /* by 16 bits at a time, so that no helper for 64 bits is linked */
    uint32_t high = (uint32_t)(*value >> 32), part, quotient;
    if (high != 0) {
        part = high % base << 16 | low >> 16;
        quotient = part / base;
        part = part % base << 16 | (low & 0xFFFFu);
        *value = (uint64_t)(high / base) << 32 | quotient << 16 | part / base;
        return (uint8_t)(part % base);
    }
#endif
#if defined __ARM_ARCH_ISA_THUMB && __ARM_ARCH_ISA_THUMB == 1 && !PERFKIT_LOG_INT64 /* no divide instruction: no helper */
    uint32_t quotient = low >> (3 + (base >> 4));
    if (base == 10) { /* 0.8 * low in the end, or a little less (H. Warren, Hacker's Delight) */
        quotient = (low >> 1) + (low >> 2);
        quotient += quotient >> 4;
        quotient += quotient >> 8;
        quotient += quotient >> 16;
        quotient >>= 3;
    }
    low -= quotient * base;
    if (low >= base) {
        low -= base;
        quotient++;
    }
    *value = quotient;
    return (uint8_t)low;
#else
    *value = low / base;
    return (uint8_t)(low % base);
#endif
}
#endif

static PK__OUT_OF_LINE void pk__set_integer(pk__text *t, pk__uint value) {
    char *const end = t->digits + sizeof t->digits;
    char *first = end;
    uint8_t letter = (uint8_t)('A' - 10 - '0' + (t->c & 0x20)); /* of the case of the conversion */
    int zeros;
    uint_fast8_t base = 10, digit;
    if (t->c == 'o') base = 8;
    else if ((t->c | 0x20) == 'x') {
        base = 16;
        if (t->flags & PK__ALT && value != 0) t->lead = t->c;
    }
#if PK__TEXT_FAST
    if (base == 10) {
        first = pk__put_decimal(end, value);
        value = 0;
    }
#endif
    while (value != 0) {
        digit = pk__digit(&value, base);
        if (digit >= 10) digit = (uint_fast8_t)(digit + letter);
        *--first = (char)('0' + digit);
    }
    t->body = first;
    t->body_length = (int)(end - first);
    zeros = t->precision;
    if (zeros < 0) {
        zeros = 1;
        if (t->flags & PK__ZERO) t->flags |= PK__FILL;
    }
    zeros -= t->body_length;
    if (zeros <= 0) zeros = base == 8 && t->flags & PK__ALT;
    t->zeros = zeros;
}
#if PERFKIT_FLOAT
/* A double is a whole number times a power of two, so it has an exact decimal form: at most 309 digits before the point and
   1074 behind. It is computed in limbs of nine digits, and rounded there, half to even. */
#define PK__LIMB 1000000000u
#define PK__POINT 35 /* limbs before the point */
#define PK__LIMBS 155
static const uint32_t pk__ten_to[10] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, PK__LIMB};
/* Digit `n` of the number, from the first digit of limb 0. */
static uint8_t pk__float_digit(const uint32_t *limb, int n) {
    return n >= 9 * PK__LIMBS ? 0 : (uint8_t)(limb[n / 9] / pk__ten_to[8 - n % 9] % 10);
}
/* The place of the first digit that is not 0, or of the last before the point where all are 0. */
static int pk__float_first(const uint32_t *limb) {
    int i = 0, n = 0;
    while (i < PK__LIMBS && limb[i] == 0) i++;
    if (i == PK__LIMBS) return 9 * PK__POINT - 1;
    while (limb[i] < pk__ten_to[8 - n]) n++;
    return 9 * i + n;
}
/* Keep the digits before place `cut`, rounding to nearest, ties to even. */
static void pk__float_round(uint32_t *limb, int cut) {
    int i = cut / 9, last;
    uint32_t unit, tail, above;
    bool more = false;
    if (i >= PK__LIMBS) return;
    unit = pk__ten_to[9 - cut % 9];
    tail = limb[i] % unit;
    above = cut % 9 != 0 ? limb[i] / unit : i > 0 ? limb[i - 1] : 0; /* its parity is that of the last digit kept */
    limb[i] -= tail;
    for (last = i + 1; last < PK__LIMBS; last++) {
        if (limb[last] != 0) more = true;
        limb[last] = 0;
    }
    if (tail < unit / 2 || (tail == unit / 2 && !more && above % 2 == 0)) return;
    limb[i] += unit;
    while (limb[i] >= PK__LIMB) {
        limb[i] -= PK__LIMB;
        limb[--i]++;
    }
}
/* limb = mantissa * 2^exponent */
static void pk__float_expand(uint32_t *limb, uint64_t mantissa, int exponent) {
    int low = PK__POINT - 2, high = PK__POINT, i, shift;
    uint32_t carry;
    memset(limb, 0, PK__LIMBS * sizeof *limb);
    limb[low] = (uint32_t)(mantissa / PK__LIMB);
    limb[low + 1] = (uint32_t)(mantissa % PK__LIMB);
    for (; exponent > 0; exponent -= shift) {
        shift = exponent < 29 ? exponent : 29;
        for (carry = 0, i = high - 1; i >= low; i--) {
            uint64_t x = ((uint64_t)limb[i] << shift) + carry;
            limb[i] = (uint32_t)(x % PK__LIMB);
            carry = (uint32_t)(x / PK__LIMB);
        }
        if (carry != 0) limb[--low] = carry;
    }
    for (; exponent < 0; exponent += shift) { /* 2^9 divides a limb's range, so each remainder moves on exactly */
        shift = -exponent < 9 ? -exponent : 9;
        for (carry = 0, i = low; i < high; i++) {
            uint32_t x = limb[i];
            limb[i] = (x >> shift) + carry;
            carry = (x & ((1u << shift) - 1)) * (PK__LIMB >> shift);
        }
        if (carry != 0) limb[high++] = carry;
        if (limb[low] == 0) low++;
    }
}
static PK__COLD void pk__put_float_exact(pk__text *t, char kind, uint64_t bits, int exponent) {
    uint32_t limb[PK__LIMBS];
    int first, point = 9 * PK__POINT, n, ten, spaces;
    bool with_exponent = kind == 'e';
    pk__float_expand(limb, bits, exponent);
    first = pk__float_first(limb);
    pk__float_round(limb, kind == 'f' ? point + t->precision : first + t->precision + (kind == 'e'));
    first = pk__float_first(limb);
    exponent = point - 1 - first;
    if (kind == 'g') {
        with_exponent = exponent < -4 || exponent >= t->precision;
        n = first + t->precision; /* behind the last digit to print */
        t->precision -= with_exponent ? 1 : 1 + exponent;
        if (!(t->flags & PK__ALT))
            for (; t->precision > 0 && pk__float_digit(limb, n - 1) == 0; n--) t->precision--;
    }
    if (!with_exponent && first > point - 1) first = point - 1; /* 0.05: from the 0 before the point */
    ten = with_exponent ? first + 1 : point;                    /* behind the digits before the point */
    spaces = t->width - (t->lead != 0) - (ten - first) - (t->precision > 0 || t->flags & PK__ALT) - t->precision;
    if (with_exponent) spaces -= exponent <= -100 || exponent >= 100 ? 5 : 4;

    if (!(t->flags & (PK__LEFT | PK__ZERO))) pk__pad(t, ' ', spaces);
    if (t->lead) pk__put(t, t->lead);
    if ((t->flags & (PK__LEFT | PK__ZERO)) == PK__ZERO) pk__pad(t, '0', spaces);
    for (n = first; n < ten; n++) pk__put(t, (char)('0' + pk__float_digit(limb, n)));
    if (t->precision > 0 || t->flags & PK__ALT) pk__put(t, '.');
    for (; n < ten + t->precision; n++) pk__put(t, (char)('0' + pk__float_digit(limb, n)));
    if (with_exponent) {
        pk__put(t, (char)(t->c - kind + 'e'));
        pk__put(t, exponent < 0 ? '-' : '+');
        if (exponent < 0) exponent = -exponent;
        if (exponent >= 100) pk__put(t, (char)('0' + exponent / 100));
        pk__put(t, (char)('0' + exponent / 10 % 10));
        pk__put(t, (char)('0' + exponent % 10));
    }
    if (t->flags & PK__LEFT) pk__pad(t, ' ', spaces);
}
#if PK__TEXT_FAST && defined __SIZEOF_INT128__
#define PK__FLOAT_FAST 1
__extension__ typedef unsigned __int128 pk__wide;

typedef struct pk__decimal_number {
    uint64_t whole, part; /* part / 10^places */
    int places;
} pk__decimal_number;
/* Without limbs, for numbers of usual size: mantissa * 2^exponent, rounded half to even at n->places; false: not here. */
static bool pk__float_rounded(uint64_t mantissa, int exponent, pk__decimal_number *n) {
    const int shift = -exponent;
    pk__wide product;
    uint64_t ten, odd;
    if ((unsigned)n->places > 19 || exponent > 10 || shift > 120) return false;
    n->part = 0;
    n->whole = exponent >= 0 ? mantissa << exponent : shift > 63 ? 0 : mantissa >> shift;
    if (exponent >= 0) return true;
    if (shift <= 63) mantissa &= ((uint64_t)1 << shift) - 1;
    ten = pk__tens[n->places];
    product = (pk__wide)mantissa * ten; /* below 2^117 */
    n->part = (uint64_t)(product >> shift);
    odd = (n->places > 0 ? n->part : n->whole) & 1;
    if (product << (128 - shift) <= ((pk__wide)1 << 127) - odd) return true; /* the rest, moved up: below a half, or that and even */
    if (++n->part == ten) {
        n->part = 0;
        n->whole++;
    }
    return true;
}
/* How many places of %g with this precision are behind the point; negative: it is written with an exponent, or not here. */
static int pk__float_places(uint64_t mantissa, int exponent, int precision) {
    char digits[24];
    uint64_t whole = exponent >= 0 ? mantissa << (exponent & 15) : exponent < -63 ? 0 : mantissa >> -exponent;
    int zeros = 0;
    if (exponent > 10 || exponent < -120) return -1;
    if (whole != 0) return precision - (int)(digits + sizeof digits - pk__put_decimal(digits + sizeof digits, whole));
    if (mantissa == 0) return 0;
    for (;; zeros++) { /* 0.00012 is the last without an exponent */
        if (zeros == 4) return -1;
        mantissa *= 10; /* below 2^57 in the end */
        if (exponent >= -63 && mantissa >> -exponent != 0) return precision + zeros;
    }
}
/* The number as text that begins at `to`: its end. */
static char *pk__put_places(char *to, const pk__decimal_number *n) {
    char *point = pk__put_digits(to, n->whole), *end, *first;
    if (n->places == 0) return point;
    *point = '.';
    end = point + 1 + n->places;
    for (first = pk__put_decimal(end, n->part); first > point + 1;) *--first = '0';
    return end;
}
static bool pk__put_float_fast(pk__text *t, char kind, uint64_t mantissa, int exponent) {
    char text[48];
    pk__decimal_number n;
    if (kind == 'e' || t->flags & PK__ALT) return false;
    n.places = kind == 'g' ? pk__float_places(mantissa, exponent, t->precision) : t->precision;
    if (!pk__float_rounded(mantissa, exponent, &n)) return false;
    if (kind == 'g') {
        if (n.places == 0 && (int)pk__decimal_length(n.whole) > t->precision) return false; /* 999999.9 became 1e+06 */
        for (; n.places > 0 && n.part % 10 == 0; n.places--) n.part /= 10;
    }
    if (t->width <= 0 && t->length + sizeof text <= t->room) {
        if (t->lead) pk__put(t, t->lead);
        t->length = (size_t)(pk__put_places(t->at + t->length, &n) - t->at);
        return true;
    }
    t->body = text;
    t->body_length = (int)(pk__put_places(text, &n) - text);
    if (t->flags & PK__ZERO) t->flags |= PK__FILL;
    pk__put_field(t);
    return true;
}
#else
#define PK__FLOAT_FAST 0
#endif

static void pk__put_float(pk__text *t, double value) {
    uint64_t bits;
    char kind = (char)(t->c | 0x20); /* e f g */
    int exponent;
    memcpy(&bits, &value, sizeof bits);
    t->lead = bits >> 63 != 0 ? '-' : pk__sign_of(t);
    exponent = (int)(bits >> 52 & 0x7FF);
    bits &= ((uint64_t)1 << 52) - 1;
    if (exponent == 0x7FF) {
        t->body = bits != 0 ? (kind == t->c ? "nan" : "NAN") : (kind == t->c ? "inf" : "INF");
        t->body_length = 3;
        pk__put_field(t);
        return;
    }
    if (exponent != 0) bits |= (uint64_t)1 << 52;
    else exponent = bits != 0 ? 1 : 1075;
    if (t->precision < 0) t->precision = 6;
    if (kind == 'g' && t->precision == 0) t->precision = 1;
#if PK__FLOAT_FAST
    if (pk__put_float_fast(t, kind, bits, exponent - 1075)) return;
#endif
    pk__put_float_exact(t, kind, bits, exponent - 1075);
}
#endif
static PK__OUT_OF_LINE char pk__next(pk__text *t) { return t->c = PK__GET(t->format++, t->format_in_rom); }
static PK__OUT_OF_LINE int pk__number(pk__text *t) { /* a width or precision, up to 9999 */
    unsigned n = 0;
    uint_fast8_t digit;
    for (; (digit = (uint_fast8_t)(t->c - '0')) < 10; pk__next(t))
        if (n < 1000) n = n * 10 + digit;
    return (int)n;
}
static PK__OUT_OF_LINE uint_fast8_t pk__flag(char c) {
    return c == '-' ? PK__LEFT : c == '+' ? PK__PLUS : c == ' ' ? PK__SPACE : c == '#' ? PK__ALT : c == '0' ? PK__ZERO : 0;
}
/* The bytes of the integer that the length modifiers ask for. */
static uint_fast8_t pk__modifier(pk__text *t) {
    uint_fast8_t bytes;
    char first = t->c;
    if (first == 'h') bytes = sizeof(short);
    else if (first == 'l') bytes = sizeof(long);
    else if (first == 'z' || first == 't') bytes = sizeof(size_t);
#if PERFKIT_LOG_INT64
    else if (first == 'j') bytes = sizeof(intmax_t);
#endif
    else return sizeof(int);
    if (pk__next(t) != first) return bytes;
    if (first == 'h') bytes = 1;
#if PERFKIT_LOG_INT64
    else bytes = sizeof(long long); /* zz passes for ll: the compiler refuses it */
#else
    else return bytes; /* and the second l is no conversion */
#endif
    pk__next(t);
    return bytes;
}
#if PK__FULL
static int pk__limit(int n) { return n > 9999 ? 9999 : n < -9999 ? -9999 : n; }
#else
#define pk__limit(n) (n) /* pk__pad does it */
#endif

static PK__OUT_OF_LINE void pk__field_begin(pk__text *t) {
    t->flags = 0;
    t->lead = 0;
    t->body = t->digits;
    t->body_length = 1;
    t->width = t->zeros = 0;
    t->precision = -1;
}
static PK__OUT_OF_LINE void pk__put_string(pk__text *t, const char *text) {
    int n = 0;
    if (text == NULL) {
        text = PK_ROM_STR("(null)");
        t->flags |= PK__IN_ROM;
    }
    t->body = text;
    while ((unsigned)n < (unsigned)t->precision && PK__GET(text++, t->flags & PK__IN_ROM) != 0) n++;
    t->body_length = n;
    pk__put_field(t);
}
#if PK__LOG_RINGS
#define PK__SLOT 8u
#else
#define PK__SLOT ((unsigned)sizeof(void *))
#endif
#define PK__SLOTS(bytes) (((size_t)(bytes) + (PK__SLOT - 1)) & ~(size_t)(PK__SLOT - 1))
#if PERFKIT_LOG_DEFERRED || PK__TEXT_FAST
/* Arguments come from a list of the caller's, from where they may be kept for a record; or out of a record. */
typedef struct pk__args {
    const unsigned char *at, *end; /* in a record; NULL: of the list */
    struct pk__keep *keep;         /* what is kept; or NULL */
    va_list list;
} pk__args;
#define PK__ARGS pk__args *
static void pk__format_args(pk__text *t, const char *format, bool rom, pk__args *args);
static void pk__vformat(pk__text *t, const char *format, bool rom, va_list list) {
    pk__args args;
    args.at = NULL;
    args.keep = NULL;
    va_copy(args.list, list);
    pk__format_args(t, format, rom, &args);
    va_end(args.list);
}
#define PK__ARG_LIST(args) ((args)->list)
#else
#define PK__ARGS va_list
#define PK__ARG_LIST(args) PK__LIST_OF(t, args)
#define pk__format_args pk__vformat
#endif
#if PERFKIT_LOG_DEFERRED
static int pk__arg_int(pk__args *args);
static long pk__arg_long(pk__args *args);
static uintptr_t pk__arg_address(pk__args *args);
static const char *pk__arg_string(pk__args *args, const pk__text *t);
#define PK__ARG_INT(args) pk__arg_int(args)
#define PK__ARG_LONG(args) (sizeof(long) == sizeof(int) ? (long)pk__arg_int(args) : pk__arg_long(args))
#define PK__ARG_ADDRESS(args) pk__arg_address(args)
#define PK__ARG_STRING(args, t) pk__arg_string(args, t)
#if PERFKIT_LOG_INT64
static long long pk__arg_long_long(pk__args *args);
#define PK__ARG_LONG_LONG(args) pk__arg_long_long(args)
#endif
#if PERFKIT_FLOAT
static double pk__arg_double(pk__args *args);
#define PK__ARG_DOUBLE(args) pk__arg_double(args)
#endif
#else
#define PK__ARG_INT(args) PK__ARG_WORD(t, args, int)
#define PK__ARG_ADDRESS(args) (uintptr_t)PK__ARG_WORD(t, args, void *)
#define PK__ARG_STRING(args, t) PK__ARG_WORD(t, args, const char *)
#define PK__ARG_LONG(args) va_arg(PK__ARG_LIST(args), long)
#define PK__ARG_LONG_LONG(args) va_arg(PK__ARG_LIST(args), long long)
#define PK__ARG_DOUBLE(args) va_arg(PK__ARG_LIST(args), double)
#endif
#if PK__TEXT_FAST
#if PK__LOG_RINGS && defined __SIZEOF_INT128__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PK__RUN_WORDS 1
/* A string of a record, by its slots, where nothing is to be escaped: its end; else NULL. */
static char *pk__put_slots(char *to, const char *end, const unsigned char **slot, const unsigned char *slots_end) {
    const unsigned char *from = *slot;
    uint64_t eight, marks;
    for (; slots_end - from >= 8 && end - to >= 8; from += 8, to += 8) {
        memcpy(&eight, from, 8);
        memcpy(to, &eight, 8);
        marks = pk__not_plain(eight);
        if (marks == 0) continue;
        marks = (unsigned)__builtin_ctzll(marks) / 8u;
        if (from[marks] != 0) return NULL;
        *slot = from + 8;
        return to + marks;
    }
    return NULL;
}
#endif
/* A plan: a format, or its beginning, in pieces: some text, and what is behind it. */
enum { PK__PIECE_LAST, PK__PIECE_TEXT, PK__PIECE_STRING, PK__PIECE_FIXED, PK__PIECE_INT, PK__PIECE_LONG, PK__PIECE_UINT, PK__PIECE_ULONG };
#define PK__PIECE_MOST 16 /* of its text; and 24 bytes hold most that is behind it */
typedef struct pk__piece {
    uint8_t from, length; /* the text, in the format */
    uint8_t kind, places; /* LAST: the end, or what is not done here; TEXT: more of it; FIXED: with so many places */
} pk__piece;
typedef struct pk__plan {
    char format[64 + PK__PIECE_MOST]; /* with room to copy the most from everywhere */
    pk__piece pieces[12];
} pk__plan;
static void pk__plan_make(pk__plan *plan, const char *format) {
    pk__piece *p = plan->pieces, *const last = p + sizeof plan->pieces / sizeof *p - 1;
    const char *f = plan->format;
    const size_t length = strlen(format), kept = length < 63 ? length : 63;
    uint8_t n;
    memcpy(plan->format, format, kept);
    plan->format[kept] = 0;
    for (;; p++, f++) {
        p->from = (uint8_t)(f - plan->format);
        for (n = 0; n < PK__PIECE_MOST && *f != 0 && *f != '%'; n++) f++;
        p->length = n;
        p->places = 6;
        p->kind = PK__PIECE_LAST;
        if (*f == 0 || p == last) return;
        if (*f != '%') {
            p->kind = PK__PIECE_TEXT;
            f--;
        } else if (*++f == 's') p->kind = PK__PIECE_STRING;
        else if (*f == 'd') p->kind = PK__PIECE_INT;
        else if (*f == 'u') p->kind = PK__PIECE_UINT;
        else if (*f == 'l' && (f[1] == 'd' || f[1] == 'u')) p->kind = *++f == 'd' ? PK__PIECE_LONG : PK__PIECE_ULONG;
        else {
            if (*f == '.' && (unsigned)(f[1] - '0') < 10) {
                p->places = (uint8_t)(f[1] - '0');
                f += 2;
            }
            if (*f != 'f' || !PERFKIT_FLOAT) return;
            p->kind = PK__PIECE_FIXED;
        }
    }
}
#if PK__HAS_TLS
/* What a thread made last: good where the format's text is the same still. Busy: a handler that formats changes none. */
static PERFKIT_TLS pk__plan pk__plans[64];
static PERFKIT_TLS bool pk__plans_busy;
#endif
/* What most formats are made of, as far as that goes: text and, without flags and width, %s %d %u %ld %lu %f. */
static void pk__format_run(pk__text *t, pk__args *args) {
    pk__plan own, *plan = &own;
    const pk__piece *p;
    pk__uint value;
    long integer;
    char *to;
#if PK__HAS_TLS
    const bool busy = t->alone || pk__plans_busy;
    if (t->length + PK__PIECE_MOST + 24 > t->room) return; /* no room may be no memory either */
    if (!busy) pk__plans_busy = true;
    PK__IN_ORDER();
    if (!busy) plan = &pk__plans[((uintptr_t)t->format ^ (uintptr_t)t->format >> 4) % 64u];
    if (busy || strcmp(plan->format, t->format) != 0)
#endif
        pk__plan_make(plan, t->format);
    for (p = plan->pieces; t->length + PK__PIECE_MOST + 24 <= t->room; p++) {
        memcpy(t->at + t->length, plan->format + p->from, PK__PIECE_MOST);
        t->length += p->length;
        to = t->at + t->length;
        switch (p->kind & 7u) {
        case PK__PIECE_LAST: t->format += p->length; goto end;
        case PK__PIECE_TEXT: continue;
        case PK__PIECE_STRING:
#ifdef PK__RUN_WORDS
            if (args->at != NULL && (to = pk__put_slots(to, t->at + t->room, &args->at, args->end)) != NULL) {
                t->length = (size_t)(to - t->at);
                continue;
            }
#endif
            t->precision = -1;
            pk__put_plain(t, PK__ARG_STRING(args, t));
            continue;
#if PERFKIT_FLOAT
        case PK__PIECE_FIXED:
            pk__field_begin(t);
            t->c = 'f';
            t->precision = p->places;
            pk__put_float(t, PK__ARG_DOUBLE(args));
            continue;
#endif
        default:
            integer = p->kind & 1 ? PK__ARG_LONG(args) : (long)PK__ARG_INT(args);
            value = p->kind == PK__PIECE_UINT ? (unsigned)integer : (unsigned long)integer;
            if (integer < 0 && p->kind < PK__PIECE_UINT) {
                value = 0 - (pk__uint)integer;
                *to++ = '-';
            }
            t->length = (size_t)(pk__put_digits(to, value) - t->at);
        }
    }
end:
    t->format += p->from;
#if PK__HAS_TLS
    PK__IN_ORDER();
    if (!busy) pk__plans_busy = false;
#endif
}
#else
#define pk__format_run(t, args) ((void)0)
#endif

static void pk__format_args(pk__text *t, const char *format, bool rom, PK__ARGS args) {
    uint_fast8_t bytes, flag;
    bool is_signed;
    char c;
    int n;
    pk__uint value;
    t->format = format;
    t->format_in_rom = rom;
#if defined __AVR__ && !PERFKIT_LOG_DEFERRED
    t->list = args;
#endif
    while ((void)pk__format_run(t, args), (c = pk__next(t)) != 0) {
        if (c != '%') {
            pk__put(t, c);
            continue;
        }
        t->begin = t->format;
        pk__field_begin(t);
        while ((flag = pk__flag(pk__next(t))) != 0) t->flags = (uint8_t)(t->flags | flag);
        for (;;) { /* the width, and behind a point the precision */
            if (t->c == '*') {
                n = pk__limit(PK__ARG_INT(args));
                pk__next(t);
            } else n = pk__number(t);
            if (t->precision == 0) {
                t->precision = n;
                break;
            }
            if (n < 0) {
                t->flags |= PK__LEFT;
                n = (int)(0u - (unsigned)n);
            }
            t->width = n;
            if (t->c != '.') break;
            t->precision = 0;
            pk__next(t);
        }
        bytes = pk__modifier(t);
        c = t->c;
        switch (c) {
        case '%': pk__put(t, c); continue;
        case 'c':
            t->digits[0] = (char)PK__ARG_INT(args);
            break;
#ifdef __AVR__
        case 'S': bytes = sizeof(long); /* fall through */
#endif
        case 's':
            if (PK__IN_ROM && bytes > sizeof(int)) t->flags |= PK__IN_ROM;
            pk__put_string(t, PK__ARG_STRING(args, t));
            continue;
        case 'p':
            t->c = t->lead = 'x';
            pk__set_integer(t, (pk__uint)PK__ARG_ADDRESS(args));
            break;
        case 'd':
        case 'i':
        case 'u':
        case 'x':
        case 'X':
        case 'o':
            if (bytes > sizeof value) goto unknown;
            is_signed = c == 'd' || c == 'i';
#if PERFKIT_LOG_INT64
            if (bytes > sizeof(long)) value = (pk__uint)PK__ARG_LONG_LONG(args);
            else
#endif
                if (bytes > sizeof(int)) {
                long integer = PK__ARG_LONG(args);
                value = is_signed ? (pk__uint)integer : (unsigned long)integer;
            } else {
                n = PK__ARG_INT(args); /* to be as narrow as its type */
                if (bytes == 1) n = is_signed ? (signed char)n : (unsigned char)n;
                else if (bytes < sizeof n) n = is_signed ? (short)n : (int)(unsigned)(unsigned short)n;
                value = is_signed ? (pk__uint)n : (unsigned)n;
            }
            if (is_signed) {
                char lead = pk__sign_of(t);
                if ((pk__sint)value < 0) {
                    lead = '-';
                    value = 0 - value;
                }
                t->lead = lead;
            }
            pk__set_integer(t, value);
            break;
        default:
#if PERFKIT_FLOAT
            if ((c | 0x20) >= 'e' && (c | 0x20) <= 'g') {
                pk__put_float(t, PK__ARG_DOUBLE(args));
                continue;
            }
#endif
        unknown: /* what follows could take arguments under wrong types, so print all as it stands */
            for (t->format = t->begin - 1; (c = pk__next(t)) != 0;) pk__put(t, c);
            return;
        }
        pk__put_field(t);
    }
}
static void pk__text_over(pk__text *t, char *buffer, size_t size) {
    t->at = buffer;
    t->room = size;
    t->length = 0;
    t->escape = false;
#if PK__TEXT_FAST
    t->alone = false;
#endif
}
/* Close the text with a 0, in place of its last character where there is no room; returns the length it would take. */
static size_t pk__text_end(pk__text *t) {
    size_t length = t->length;
    if (length >= t->room) t->length = t->room - 1; /* no room at all: far behind it, so nothing is stored */
    pk__put(t, 0);
    return length;
}
PK_API size_t pk_vformat(char *buffer, size_t size, const char *format, va_list args) {
    pk__text t;
    pk__text_over(&t, buffer, size);
    pk__vformat(&t, format, false, args);
    return pk__text_end(&t);
}
PK_API size_t pk_format(char *buffer, size_t size, const char *format, ...) {
    va_list args;
    size_t length;
    va_start(args, format);
    length = pk_vformat(buffer, size, format, args);
    va_end(args);
    return length;
}
#ifdef __AVR__
PK_API size_t pk__format_rom(char *buffer, size_t size, const char *rom_format, ...) {
    pk__text t;
    va_list args;
    pk__text_over(&t, buffer, size);
    va_start(args, rom_format);
    pk__vformat(&t, rom_format, true, args);
    va_end(args);
    return pk__text_end(&t);
}
#endif

/* "%s" and "%lu", followed by a space, which may become another character. */
static PK__OUT_OF_LINE void pk__put_word(pk__text *t, const char *text, uint8_t flags) {
#if PK__TEXT_FAST
    (void)flags;
    pk__put_plain(t, text);
#else
    pk__field_begin(t);
    t->flags = flags;
    pk__put_string(t, text);
#endif
    pk__put(t, ' ');
}
#define PK__ENDS_IN(t, c) ((t)->length--, pk__put(t, c))
static void pk__put_number(pk__text *t, uint32_t number) { /* after pk__field_begin */
    t->c = 'u';
    pk__set_integer(t, number);
    pk__put_field(t);
    pk__put(t, ' ');
}

/* ---- The line ---- */
#if PERFKIT_GLOBALS && !defined PERFKIT_STATIC
#if PERFKIT_STDIO
pk_log pk_log_default = PK__LOG_WITH_SINK(NULL, PK_LOG_WARN, pk_log_to_stderr, NULL);
#else
pk_log pk_log_default = PK__LOG_STATIC(NULL, PK_LOG_OFF, PK_LOG_WARN, 0, NULL, NULL);
#endif
#if PERFKIT_PERF
pk_log pk_perf_default = PK__LOG_STATIC("perf", PK_LOG_OFF, PK_LOG_OFF, 0, NULL, NULL);
#endif
#endif

/* In a forked child a lock may be held that nobody will release: pk__log_process is another number in every process, and what
   was made in one is told by it. */
#if PERFKIT_THREADS && PERFKIT_HOSTED && !defined _WIN32 && !defined PERFKIT_MUTEX_LOCK
#define PK__LOG_FORKS 1
#define PK__LOG_MENDING 0x80000000u
static volatile uint32_t pk__log_process = 1, pk__log_forks_watched;
static void pk__log_forked_here(void) { pk__store32(&pk__log_process, pk__load32(&pk__log_process) + 1u); }
static uint32_t pk__log_this_process(void) {
    if (PK__UNLIKELY(pk__load32(&pk__log_forks_watched) == 0) && pk__cas32(&pk__log_forks_watched, 0, 1))
        (void)pthread_atfork(NULL, NULL, pk__log_forked_here);
    return pk__load32(&pk__log_process);
}
static bool pk__log_is_forked(uint32_t process) { return process != pk__load32(&pk__log_process); }

/* The first use in this process: of the threads that come here, one makes the lock anew. */
static PK__COLD void pk__log_mend(pk_log *log) {
    uint32_t now = pk__log_this_process(), was = pk__load32(&log->forks);
    if (was == 0 && pk__cas32(&log->forks, 0, now)) return;
    while ((was = pk__load32(&log->forks)) != now) {
        if (was == (now | PK__LOG_MENDING) || !pk__cas32(&log->forks, was, now | PK__LOG_MENDING)) continue;
        (void)pk__mutex_init(&log->mutex);
        pk__store32(&log->forks, now);
    }
}
#else
#define PK__LOG_FORKS 0
#define pk__log_this_process() 1u
#define pk__log_is_forked(process) ((void)(process), false)
#endif
#if PERFKIT_LOG_CRASH
/* 0; 3, 1: a thread is entering the handler of crashes, is in it. What that thread does there is done without locks. */
static volatile uint32_t pk__crash_state, pk__crash_installed;
static const int pk__crash_signals[5] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
#if PERFKIT_THREADS && !defined PERFKIT_MUTEX_LOCK
static pthread_t pk__crash_thread;
#define PK__CRASH_IS_MINE() (pthread_equal(pk__crash_thread, pthread_self()) != 0)
#else
#define PK__CRASH_IS_MINE() true
#endif
#define PK__CRASHED() PK__UNLIKELY(pk__load32(&pk__crash_state) == 1)
#define PK__CRASHED_HERE() (PK__CRASHED() && PK__CRASH_IS_MINE())
#define PK__CRASHED_ELSEWHERE() (PK__CRASHED() && !PK__CRASH_IS_MINE())
#else
#define PK__CRASHED_HERE() false
#define PK__CRASHED_ELSEWHERE() false
#endif

static void pk__log_lock(pk_log *log) {
    if (!(log->flags & PK__LOG_THREADS) || PK__CRASHED_HERE()) return;
#if PK__LOG_FORKS
    if (PK__UNLIKELY(pk__log_is_forked(pk__load32(&log->forks)))) pk__log_mend(log);
#endif
    pk__mutex_lock(&log->mutex);
}
static void pk__log_unlock(pk_log *log) {
    if (log->flags & PK__LOG_THREADS && !PK__CRASHED_HERE()) pk__mutex_unlock(&log->mutex);
}
#if PERFKIT_STDIO
/* Colour is part of the line's buffer: a sink with colour gets it from its start and with the reset behind the text. */
#define PK__LOG_COLOUR 5 /* ESC [ 3 1 m */
#define PK__LOG_BEFORE (1 + PK__LOG_COLOUR) /* behind a torn line a newline */
#define PK__LOG_AFTER 4  /* ESC [ 0 m */

static bool pk__log_is_terminal(const pk_log_sink *sink) {
#ifdef _WIN32 /* its terminals have to be asked for escape sequences first */
    (void)sink;
    return false;
#else
    const char *no_colour;
    int fd = sink->fn == pk_log_to_stderr ? 2 : sink->fn == pk_log_to_fd ? (int)(intptr_t)sink->user : -1;
    if (fd < 0 || !isatty(fd)) return false;
    no_colour = getenv("NO_COLOR");
    return no_colour == NULL || no_colour[0] == 0;
#endif
}
#if PERFKIT_LOG_CRASH
static bool pk__crash_serves(const pk_log_sink *sink) { /* what may be called in a handler */
#if PERFKIT_LOG_BUFFER
    if (sink->fn == pk_log_to_buffer) return true;
#endif
#if PERFKIT_LOG_ROTATE
    if (sink->fn == pk_log_to_rotating) return true;
#endif
#if PERFKIT_LOG_RING
    if (sink->fn == pk_log_to_ring) return true;
#endif
    return sink->fn == pk_log_to_stderr || sink->fn == pk_log_to_fd;
}
#endif

static pk_status pk__log_hand_over(pk_log_sink *sink, int level, char *text, size_t length) {
    static const char colours[] = "\033[31m\033[33m\033[32m\033[36m\033[90m"; /* red yellow green cyan grey */
    pk_status status;
#if PERFKIT_LOG_CRASH
    if (PK__CRASHED_HERE() && !pk__crash_serves(sink)) return PK_OK;
#endif
    text[length - 1] = '\n';
    text[length] = 0;
    if (sink->colour == PK__LOG_COLOUR_ASK) sink->colour = pk__log_is_terminal(sink);
    if (sink->colour & PK__LOG_COLOUR_ON) {
        memcpy(text + length - 1, "\033[0m\n", PK__LOG_AFTER + 2);
        text -= PK__LOG_COLOUR;
        memcpy(text, colours + (level - 1) * PK__LOG_COLOUR, PK__LOG_COLOUR);
        length += PK__LOG_COLOUR + PK__LOG_AFTER;
    }
    if (sink->colour & PK__LOG_TORN) {
        *--text = '\n';
        length++;
    }
    status = sink->fn(sink->user, level, text, length);
    if (status == PK_CORRUPT) sink->colour |= PK__LOG_TORN;
    else if (status == PK_OK) sink->colour &= PK__LOG_COLOUR_ON;
    return status;
}
#define PK__LOG_DEFAULT_SINK pk_log_to_stderr
#else
#define PK__LOG_DEFAULT_SINK NULL
#define PK__LOG_BEFORE 0
#define PK__LOG_AFTER 0
#define pk__log_hand_over(sink, level, text, length) (sink)->fn((sink)->user, level, text, length)
#endif
#if PERFKIT_LOG_WALL || PERFKIT_PERF || PERFKIT_FLOAT
static PK__UNUSED void pk__print(pk__text *t, const char *rom_format, ...) {
    va_list args;
    va_start(args, rom_format);
    pk__vformat(t, rom_format, true, args);
    va_end(args);
}
#endif
#if PERFKIT_LOG_WALL
#if PERFKIT_HOSTED
static uint32_t pk__wall(void *user, uint16_t *ms) { /* the system's */
    (void)user;
#ifdef _WIN32
    {
        FILETIME t; /* 100 ns since 1601 */
        uint64_t count;
#if defined _WIN32_WINNT && _WIN32_WINNT >= 0x0602
        GetSystemTimePreciseAsFileTime(&t); /* the other one steps by up to 16 ms */
#else
        GetSystemTimeAsFileTime(&t);
#endif
        count = ((uint64_t)t.dwHighDateTime << 32 | t.dwLowDateTime) / 10000u;
        *ms = (uint16_t)(count % 1000u);
        return (uint32_t)(count / 1000u - 11644473600u);
    }
#elif defined CLOCK_REALTIME
    {
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        *ms = (uint16_t)(t.tv_nsec / 1000000);
        return (uint32_t)t.tv_sec;
    }
#else
    *ms = 0;
    return (uint32_t)time(NULL);
#endif
}
#endif
#if PK__TEXT_FAST
#define PK__WALL_TEXT "2026-01-02T03:04:05.678Z "
static void pk__two_digits(char *to, uint32_t n) { memcpy(to, pk__pairs + 2 * n, 2); }
#if PK__HAS_TLS
typedef struct pk__wall_text { /* the date of the last line: many lines have it in common */
    volatile uint32_t of;      /* 0 while the text changes: a signal handler that logs sees no half of it */
    char text[sizeof PK__WALL_TEXT];
} pk__wall_text;
static PERFKIT_TLS pk__wall_text pk__wall_last;
#endif
#endif
/* Days to a date by the 400-year cycle that begins on 1 March of year 0 (H. Hinnant, "chrono-compatible low-level date algorithms"). */
static PK__RARE void pk__put_date(pk__text *t, uint32_t seconds, uint16_t ms) {
    uint32_t days = seconds / 86400u + 719468u, second = seconds % 86400u;
    uint32_t era = days / 146097u, day = days % 146097u;
    uint32_t year = (day - day / 1460u + day / 36524u - day / 146096u) / 365u, month;
    day -= 365u * year + year / 4u - year / 100u;
    month = (5u * day + 2u) / 153u;
    day -= (153u * month + 2u) / 5u;
    month = month < 10u ? month + 3u : month - 9u;
    year += era * 400u + (month <= 2u);
#if PK__TEXT_FAST
    {
        char text[] = PK__WALL_TEXT;
        pk__two_digits(text, year / 100u);
        pk__two_digits(text + 2, year % 100u);
        pk__two_digits(text + 5, month);
        pk__two_digits(text + 8, day + 1u);
        pk__two_digits(text + 11, second / 3600u);
        pk__two_digits(text + 14, second / 60u % 60u);
        pk__two_digits(text + 17, second % 60u);
        text[20] = (char)('0' + ms / 100u % 10u);
        pk__two_digits(text + 21, ms % 100u);
        pk__put_bytes(t, text, sizeof text - 1);
#if PK__HAS_TLS
        pk__wall_last.of = 0;
        PK__IN_ORDER();
        memcpy(pk__wall_last.text, text, sizeof text);
        PK__IN_ORDER();
        pk__wall_last.of = seconds;
#endif
    }
#else
    pk__print(t, PK_ROM_STR("%04u-%02u-%02uT%02u:%02u:%02u.%03uZ "), (unsigned)year, (unsigned)month, (unsigned)day + 1u,
              (unsigned)(second / 3600u), (unsigned)(second / 60u % 60u), (unsigned)(second % 60u), ms % 1000u);
#endif
}
PK__HOT_INLINE void pk__put_wall(pk__text *t, uint32_t seconds, uint16_t ms) {
#if PK__TEXT_FAST && PK__HAS_TLS
    if (pk__wall_last.of == seconds && seconds != 0 && t->length + sizeof PK__WALL_TEXT <= t->room) {
        char *to = t->at + t->length;
        t->length += sizeof PK__WALL_TEXT - 1;
        memcpy(to, pk__wall_last.text, sizeof PK__WALL_TEXT - 1);
        to[20] = (char)('0' + ms / 100u % 10u);
        pk__two_digits(to + 21, ms % 100u);
        return;
    }
#endif
    pk__put_date(t, seconds, ms);
}
#endif

#define PK__LOG_ROOM (PK__LOG_BEFORE + PERFKIT_LOG_LINE + PK__LOG_AFTER)
typedef struct pk__moment {
    uint32_t number; /* milliseconds, or of a date seconds since 1970 */
    uint16_t ms;
    uint8_t kind;
} pk__moment;
enum { PK__NO_TIME, PK__TIME_NUMBER, PK__TIME_DATE };

#define PK__LINE_TIMED (PK__LOG_WIDE || PK__LOG_FIFO || PERFKIT_LOG_SIGNALS) /* a line may be of an earlier moment */
typedef struct pk__line { /* on its way to the sinks */
    pk__text text;
    pk_log *log;
    uint8_t level;
#if PK__LOG_WIDE
    uint8_t form;
    bool again; /* counted already, in another form */
    bool held;  /* the logger's lock: by a drain */
    uint8_t cut_inside; /* at the last place to cut it: 1: inside a string; 2: inside a word without quotes */
    size_t cut;         /* which is there */
#endif
#if PK__LINE_TIMED
    pk__moment when;
#endif
    char buffer[PK__LOG_ROOM];
} pk__line;
static void pk__log_moment(const pk_log *log, pk__moment *m) {
    pk_clock_fn now_ms = log->clock;
    m->kind = PK__NO_TIME;
    m->ms = 0;
    if (PK__LOG_WIDE) m->number = 0; /* which lines copy */
    if (log->flags & PK__LOG_NO_TIME) return;
#if PERFKIT_LOG_WALL
    {
        pk_wall_fn wall = log->wall;
#if PERFKIT_HOSTED
        if (wall == NULL && now_ms == NULL) wall = pk__wall;
#endif
        if (wall) {
            m->number = wall(log->user, &m->ms);
            m->kind = PK__TIME_DATE;
            return;
        }
    }
#endif
#if PK__HAS_CLOCK
    if (now_ms == NULL) now_ms = pk__now_ms;
#endif
    if (now_ms) {
        m->number = (uint32_t)now_ms(log->user);
        m->kind = PK__TIME_NUMBER;
    }
}
static void pk__put_moment(pk__text *t, const pk__moment *m) {
#if PERFKIT_LOG_WALL
    if (m->kind == PK__TIME_DATE) pk__put_wall(t, m->number, m->ms);
#endif
    if (m->kind == PK__TIME_NUMBER) pk__put_number(t, m->number);
}
static void pk__put_name(pk__text *t, const pk_log *log) {
    if (log->name) pk__put_word(t, log->name, 0);
}
static const char *pk__base_name(const char *file) { /* in ROM */
#if PK__TEXT_FAST
    const char *slash = strrchr(file, '/');
    if (slash) file = slash + 1;
    slash = strrchr(file, '\\');
    return slash ? slash + 1 : file;
#else
    const char *p;
    char c;
    for (p = file; (c = PK__GET(p, true)) != 0; p++)
        if (c == '/' || c == '\\') file = p + 1;
    return file;
#endif
}
/* Where it stands, from site->name and site->file in ROM. */
static void pk__put_site(pk__text *t, const pk_log *log, const pk__log_site *site) {
    const char *name = (const char *)pk__rom_read_ptr(&site->name), *file = (const char *)pk__rom_read_ptr(&site->file);
#if PK__TEXT_FAST
    if (site->length) {
        if (name == NULL) pk__put_name(t, log);
        pk__put_bytes(t, site->text, site->length);
        return;
    }
#endif
    if (name) pk__put_word(t, name, PK__IN_ROM);
    else pk__put_name(t, log);
    if (file == NULL) return;
    pk__put_word(t, pk__base_name(file), PK__IN_ROM);
    PK__ENDS_IN(t, ':');
    pk__field_begin(t);
    pk__put_number(t, pk__rom_read32(&site->line));
}
static const char pk__log_levels[] PK_ROM = "ERROR\0WARN \0INFO \0DEBUG\0TRACE";
static PK__OUT_OF_LINE void pk__line_begin(pk__line *l) {
    pk__text_over(&l->text, l->buffer + PK__LOG_BEFORE, PERFKIT_LOG_LINE - 2); /* without the newline and the 0 */
#if PK__LINE_TIMED
    if (l->when.kind == PK__TIME_NUMBER) pk__field_begin(&l->text);
    pk__put_moment(&l->text, &l->when);
#else
    {
        pk__moment when;
        pk__field_begin(&l->text); /* of a number: first, so that what is read from a clock need not be saved */
        pk__log_moment(l->log, &when);
        pk__put_moment(&l->text, &when);
    }
#endif
#if PK__TEXT_FAST
    memcpy(l->text.at + l->text.length, pk__log_levels + 6 * (l->level - 1), 5); /* there is room */
    l->text.at[l->text.length + 5] = ' ';
    l->text.length += 6;
#else
    pk__put_word(&l->text, pk__log_levels + (uint8_t)(6 * l->level - 6), PK__IN_ROM);
#endif
    l->text.escape = true;
}
/* A line that was too long ends at the start of a character, and in dots. A level's name ends the search; what has none needs a bound. */
#define PK__CUT_BOUND (PERFKIT_LOG_SIGNALS || PERFKIT_PERF_PROGRESS || PERFKIT_PERF_STAGES)
static void pk__line_cut(pk__text *t) {
    char *end = t->at + t->room - 3;
    while (((uint8_t)*end & 0xC0) == 0x80 && !(PK__CUT_BOUND && end == t->at)) end--; /* UTF-8 continues with 10xxxxxx */
    *end++ = '.';
    *end++ = '.';
    *end++ = '.';
    t->length = (size_t)(end - t->at);
}
#if PK__LOG_WIDE
static void pk__puts(pk__text *t, const char *text) {
#if PK__TEXT_FAST
    pk__put_bytes(t, text, strlen(text));
#else
    while (*text) pk__put(t, *text++);
#endif
}
#endif
#if PERFKIT_LOG_KV || PK__LOG_WIDE
/* A value of a field or, in logfmt, a message: quoted where it is not one plain word. */
static PK__UNUSED void pk__put_quoted(pk__text *t, const char *text, size_t length, bool always) {
    size_t i;
    bool quote = always || length == 0;
    char c;
    for (i = 0; i < length && !quote; i++) {
        c = text[i];
        quote = (uint8_t)c <= ' ' || c == 0x7F || c == '"' || c == '=' || c == '\\';
    }
    if (quote) pk__put(t, '"');
#if PK__TEXT_FAST
    for (i = 0; i < length;) { /* up to the next that needs a backslash */
        size_t begin = i;
        if (text[i] == '"' || text[i] == '\\') {
            pk__put(t, '\\');
            i++;
        }
        while (i < length && text[i] != '"' && text[i] != '\\') i++;
        pk__put_values(t, text + begin, i - begin);
    }
#else
    for (i = 0; i < length; i++) {
        c = text[i];
        if (c == '"' || c == '\\') pk__put(t, '\\');
        pk__put_value(t, c);
    }
#endif
    if (quote) pk__put(t, '"');
}
static size_t pk__length_of(const char *text) {
    const char *end = text;
    while (*end) end++;
    return (size_t)(end - text);
}
#endif
#if PERFKIT_LOG_FORMS
static const char pk__log_names[] = "error\0warn\0\0info\0\0debug\0trace";
static const char pk__log_cut_tail[2][19] = {" truncated=true", ",\"truncated\":true}"};
#define PK__FORM_TAIL 22 /* three dots, the quote, and the longer of these */

/* The line may be cut here. */
static void pk__form_mark(pk__line *l, bool inside) {
    if (l->text.length > l->text.room) return;
    l->cut = l->text.length;
    l->cut_inside = inside;
}
static void pk__form_cut(pk__line *l) {
    l->text.length = l->cut;
    l->text.room += PK__FORM_TAIL;
    if (l->cut_inside) pk__puts(&l->text, l->cut_inside == 1 ? "...\"" : "...");
    pk__puts(&l->text, pk__log_cut_tail[l->form - 1]);
}
static void pk__form_end(pk__line *l) {
    if (l->form == PK_LOG_TEXT || l->text.length > l->text.room) return;
    if (l->text.room + PK__FORM_TAIL == PERFKIT_LOG_LINE - 2) { /* not cut */
        l->text.room += PK__FORM_TAIL;
        if (l->form == PK_LOG_JSON) pk__put(&l->text, '}');
    }
}
static void pk__put_json(pk__line *l, const char *text, size_t length, bool is_value) { /* a key is not cut */
    static const char digits[] = "0123456789abcdef";
    pk__text *t = &l->text;
    size_t n;
    char c;
    pk__put(t, '"');
    for (; length > 0; text += n, length -= n) {
        if (is_value) pk__form_mark(l, true);
        n = pk__utf8(text, length, false);
        c = text[0];
        if (n == 0) {
            pk__puts(t, "\\ufffd");
            n = 1;
        } else if ((uint8_t)c == 0xC2 && (uint8_t)text[1] < 0xA0) { /* control characters of terminals */
            pk__puts(t, "\\u00");
            pk__put(t, digits[(uint8_t)text[1] >> 4]);
            pk__put(t, digits[(uint8_t)text[1] & 15]);
        } else if (n > 1) {
            size_t i;
            for (i = 0; i < n; i++) pk__put(t, text[i]);
        } else if ((uint8_t)c < 0x20 || c == 0x7F) {
            pk__put(t, '\\');
            if (c == '\n' || c == '\r' || c == '\t') pk__put(t, (char)(c == '\n' ? 'n' : c == '\r' ? 'r' : 't'));
            else {
                pk__puts(t, "u00");
                pk__put(t, digits[c >> 4]);
                pk__put(t, digits[c & 15]);
            }
        } else {
            if (c == '"' || c == '\\') pk__put(t, '\\');
            pk__put(t, c);
        }
    }
    pk__put(t, '"');
}
/* A string in the form of the line. */
static void pk__form_string(pk__line *l, const char *text, size_t length, bool always) {
    pk__text *t = &l->text;
    size_t at = t->length, left, n;
    if (l->form == PK_LOG_JSON) pk__put_json(l, text, length, true);
    else pk__put_quoted(t, text, length, always);
    if (l->form == PK_LOG_JSON || t->length <= t->room || at + 1 >= t->room) return;
    l->cut_inside = t->at[at] == '"' ? 1 : 2;
    for (at += l->cut_inside == 1; (left = t->room - at) > 0; at += n) { /* it may be cut before its last character that is there */
        l->cut = at;
        n = t->at[at] != '\\' ? pk__utf8(t->at + at, left, false) : left > 1 && t->at[at + 1] == 'x' ? 4u : 2u;
        if (n == 0) n = 1;
        if (n > left || (left < 4 && (uint8_t)t->at[at] >= 0x80)) break;
    }
}
static void pk__form_key(pk__line *l, const char *key) {
    pk__text *t = &l->text;
    if (l->form == PK_LOG_JSON) {
        pk__put(t, (char)(t->length == 0 ? '{' : ','));
        pk__put_json(l, key, pk__length_of(key), false);
        pk__put(t, ':');
    } else {
        if (t->length != 0) pk__put(t, ' ');
        pk__puts(t, key);
        pk__put(t, '=');
    }
}
/* All that stands before the message. */
static void pk__form_begin(pk__line *l, const pk__log_site *site) {
    pk__text *t = &l->text;
    const char *name = l->log->name, *file;
    pk__text_over(t, l->buffer + PK__LOG_BEFORE, PERFKIT_LOG_LINE - 2 - PK__FORM_TAIL);
    t->escape = true;
    if (l->when.kind != PK__NO_TIME) {
        bool quote = l->form == PK_LOG_JSON && l->when.kind == PK__TIME_DATE;
        pk__form_key(l, "time");
        if (quote) pk__put(t, '"');
        if (!PK__FULL || !quote) pk__field_begin(t);
        pk__put_moment(t, &l->when);
        t->length--; /* its space */
        if (quote) pk__put(t, '"');
        pk__form_mark(l, false);
    }
    pk__form_key(l, "level");
    name = pk__log_names + 6 * (l->level - 1);
    pk__form_string(l, name, pk__length_of(name), false);
    pk__form_mark(l, false);
    name = site != NULL && site->name != NULL ? site->name : l->log->name;
    if (name) {
        pk__form_key(l, "name");
        pk__form_string(l, name, pk__length_of(name), false);
        pk__form_mark(l, false);
    }
    if (site == NULL || site->file == NULL) return;
    file = pk__base_name(site->file);
    pk__form_key(l, l->form == PK_LOG_JSON ? "file" : "at");
    pk__form_string(l, file, pk__length_of(file), false);
    if (l->form == PK_LOG_JSON) {
        pk__form_mark(l, false);
        pk__form_key(l, "line");
    } else pk__put(t, ':');
    pk__field_begin(t);
    pk__put_number(t, site->line);
    t->length--;
    pk__form_mark(l, false);
}
static void pk__form_message(pk__line *l, const char *text, size_t length) {
    pk__form_key(l, l->form == PK_LOG_JSON ? "message" : "msg");
    pk__form_string(l, text, length, true);
    pk__form_mark(l, false);
}
#endif
#if PERFKIT_LOG_KV
/* A field behind a line's message, in text and logfmt: key=value. */
static void pk__put_kv(pk__line *l, const pk_kv *kv) {
    pk__text *t = &l->text;
    const char *text = (const char *)kv->value.p;
    bool json = false;
#if PERFKIT_LOG_FORMS
    json = l->form == PK_LOG_JSON;
    if (json) pk__form_key(l, kv->key);
    else
#endif
    {
        pk__put(t, ' ');
        pk__put_word(t, kv->key, PK__IN_ROM);
    PK__ENDS_IN(t, '=');
    }
    pk__field_begin(t);
    t->c = 'u';
    switch (kv->type) {
    case 'I':
        if (kv->value.i < 0) t->lead = '-';
        pk__set_integer(t, kv->value.i < 0 ? 0 - (pk__uint)kv->value.i : (pk__uint)kv->value.i);
        pk__put_field(t);
        break;
    case 'B':
        t->flags = PK__IN_ROM;
        pk__put_string(t, kv->value.u ? PK_ROM_STR("true") : PK_ROM_STR("false"));
        break;
    case 'S':
        if (text == NULL) {
            t->flags = PK__IN_ROM;
            pk__put_string(t, PK_ROM_STR("null"));
            break;
        }
#if PERFKIT_LOG_FORMS
        pk__form_string(l, text, pk__length_of(text), false);
#else
        pk__put_quoted(t, text, pk__length_of(text), false);
#endif
        break;
#if PERFKIT_FLOAT
    case 'D': {
        char digits[40]; /* 15 digits at most 22 */
        pk__text number;
        pk__kv_bits d;
        bool finite;
        d.bits = kv->value.u;
        finite = d.number - d.number >= 0;
        pk__text_over(&number, digits, sizeof digits);
        pk__print(&number, "%.*g", 15, d.number);
        if (json && !finite) pk__put(t, '"');
        t->body = digits;
        t->body_length = (int)number.length;
        pk__put_field(t);
        if (json && !finite) pk__put(t, '"');
        break;
    }
#endif
    case 'U':
        pk__set_integer(t, (pk__uint)kv->value.u);
        pk__put_field(t);
        break;
    default: /* X and P: in JSON a string, where hexadecimal is no number */
        if (json) pk__put(t, '"');
        t->c = t->lead = 'x';
        pk__set_integer(t, kv->type == 'P' ? (pk__uint)(uintptr_t)kv->value.p : (pk__uint)kv->value.u);
        pk__put_field(t);
        if (json) pk__put(t, '"');
    }
#if PERFKIT_LOG_FORMS
    pk__form_mark(l, false);
#endif
}
#endif
/* Reports a failure; called under the lock, and leaves it. */
static PK__COLD void pk__log_report(pk_log *log, uint8_t place, pk_status status) {
    pk_event event;
    event.object = log->name;
    event.detail = NULL;
    event.kind = PK_LOG_EVENT_SINK_FAILED;
    event.status = status;
    event.a = place;
    event.b = (uint32_t)log->sinks[place].failed;
    log->sinks[place].reported = 1;
    pk__log_unlock(log);
    if (log->on_event) log->on_event(log->user, &event);
}

#if PK__LOG_WIDE
#define PK__LINE_IS(l, what) ((l)->what)
#else
#define PK__LINE_IS(l, what) false
#endif
static PK__OUT_OF_LINE void pk__line_end(pk__line *l) {
    pk_log_sink *sink = l->log->sinks;
    uint8_t i, failed = 0;
    pk_status status, failure = PK_OK;
    char *end;
    if (!PK__LINE_IS(l, held)) pk__log_lock(l->log);
    if (!PK__LINE_IS(l, again)) pk__count_up(&l->log->lines);
    if (PK__UNLIKELY(l->text.length > l->text.room)) {
#if PERFKIT_LOG_FORMS
        if (l->form != PK_LOG_TEXT) pk__form_cut(l);
        else
#endif
            pk__line_cut(&l->text);
        if (!PK__LINE_IS(l, again)) pk__count_up(&l->log->truncated);
    }
#if PERFKIT_LOG_FORMS
    pk__form_end(l);
#endif
    end = l->text.at + l->text.length++;
    end[0] = '\n';
    end[1] = 0;
    for (i = 0; i < l->log->sink_count; i++, sink++) {
        if (l->level > sink->level) continue;
#if PERFKIT_LOG_FORMS
        if (l->form != sink->form) continue;
#endif
        status = pk__log_hand_over(sink, l->level, l->text.at, l->text.length);
        if (status == PK_OK) continue;
        pk__count_up(&sink->failed);
        if (!sink->reported && failure == PK_OK) { /* of two at once the second is told with the next line */
            failure = status;
            failed = i;
        }
    }
    if (failure != PK_OK) {
        pk__log_report(l->log, failed, failure);
        if (PK__LINE_IS(l, held)) pk__log_lock(l->log);
    } else if (!PK__LINE_IS(l, held)) pk__log_unlock(l->log);
    PK__ONE_END();
}
#if PK__LOG_WIDE
/* What was logged, before it takes a form. */
typedef struct pk__entry {
    pk_log *log;
    const pk__log_site *site; /* or NULL */
    const char *format;       /* of fields: the text */
    uint8_t level;
    bool fields, held;        /* held: the logger's lock */
#if PERFKIT_LOG_DEFERRED
    pk__args args;
#define PK__ENTRY_LIST(e) ((e)->args.list)
#else
    va_list args;
#define PK__ENTRY_LIST(e) ((e)->args)
#endif
} pk__entry;
#if PERFKIT_LOG_DEFERRED && PERFKIT_LOG_KV
static bool pk__field_read(const unsigned char **at, const unsigned char *end, pk_kv *kv);
#endif

static void pk__entry_message(const pk__entry *e, pk__text *t) {
    if (e->fields) pk__puts(t, e->format);
#if PERFKIT_LOG_DEFERRED
    else if (e->args.at != NULL) {
        pk__args args = e->args;
        pk__format_args(t, e->format, false, &args);
    }
#endif
    else {
        va_list list;
        va_copy(list, *(va_list *)(uintptr_t)&PK__ENTRY_LIST(e));
        pk__vformat(t, e->format, false, list);
        va_end(list);
    }
}
static void pk__entry_fields(const pk__entry *e, pk__line *l) {
#if PERFKIT_LOG_KV
    va_list list;
    pk_kv kv;
    if (!e->fields) return;
#if PERFKIT_LOG_DEFERRED
    if (e->args.at != NULL) {
        const unsigned char *at = e->args.at;
        while (pk__field_read(&at, e->args.end, &kv)) pk__put_kv(l, &kv);
        return;
    }
#endif
    va_copy(list, *(va_list *)(uintptr_t)&PK__ENTRY_LIST(e));
    for (kv = va_arg(list, pk_kv); kv.key != NULL; kv = va_arg(list, pk_kv)) pk__put_kv(l, &kv);
    va_end(list);
#else
    (void)e;
    (void)l;
#endif
}
static void pk__entry_as_text(const pk__entry *e, pk__line *l) {
    pk__line_begin(l);
    if (e->site) pk__put_site(&l->text, e->log, e->site);
    else pk__put_name(&l->text, e->log);
    pk__entry_message(e, &l->text);
}
#if PERFKIT_LOG_FORMS
static void pk__entry_as_form(const pk__entry *e, pk__line *l) {
    char message[PERFKIT_LOG_LINE];
    pk__text t;
    pk__text_over(&t, message, sizeof message);
    pk__entry_message(e, &t);
    pk__form_begin(l, e->site);
    pk__form_message(l, message, t.length < t.room ? t.length : t.room);
}
#endif
static void pk__entry_forms(const pk__entry *e, const pk__moment *when, bool again) {
    pk__line l;
    uint8_t forms = PK__GET_RELAXED(&e->log->forms);
    l.log = e->log;
    l.level = e->level;
    l.when = *when;
    l.again = again;
    l.held = e->held;
    l.cut = 0;
    l.cut_inside = 0;
    if (forms == 0) forms = 1;
    for (l.form = 0; forms != 0; l.form++, forms = (uint8_t)(forms >> 1)) {
        if (!(forms & 1)) continue;
#if PERFKIT_LOG_FORMS
        if (l.form != PK_LOG_TEXT) pk__entry_as_form(e, &l);
        else
#endif
            pk__entry_as_text(e, &l);
        pk__entry_fields(e, &l);
        pk__line_end(&l);
        l.again = true;
    }
}
static void pk__entry_begin(pk__entry *e, pk_log *log, int level, const pk__log_site *site, const char *format, bool fields) {
    e->log = log;
    e->site = site;
    e->format = format;
    e->level = (uint8_t)level;
    e->fields = fields;
    e->held = false;
#if PERFKIT_LOG_DEFERRED
    e->args.at = NULL;
    e->args.keep = NULL;
#endif
}
static void pk__log_entry(pk_log *log, int level, const pk__log_site *site, const char *format, bool fields, va_list args) {
    pk__entry e;
    pk__moment when;
    pk__entry_begin(&e, log, level, site, format, fields);
    va_copy(PK__ENTRY_LIST(&e), args);
    pk__log_moment(log, &when);
    pk__entry_forms(&e, &when, false);
    va_end(PK__ENTRY_LIST(&e));
}
#endif
#if PK__LINE_TIMED
#define PK__LINE_NOW(l) pk__log_moment((l)->log, &(l)->when)
#else
#define PK__LINE_NOW(l) ((void)0)
#endif
#define PK__LINE_BEGIN(l, of, at_level, moment) \
    ((l)->log = (of), (l)->level = (uint8_t)(at_level), (void)(moment), pk__line_begin(l))
#if PK__LOG_FIFO
/* What a record without a site is: the level, and these. */
enum { PK__MARK_FIELDS = 16, PK__MARK_COPY = 32 }; /* COPY: of the format, not its address */
static PK__OUT_OF_LINE void pk__defer_walk(pk_log *log, int mark, const pk__log_site *place, const char *format, va_list args);
#elif PK__LOG_RINGS
enum { PK__RECORD_MOMENT = 1, PK__RECORD_FIELDS = 2, PK__RECORD_FORMAT = 4 }; /* FORMAT: it is the first argument */
static PK__COLD void pk__defer_walk(pk_log *log, int level, const pk__log_site *place, const char *format, unsigned flags,
                                    pk__log_word *word, va_list args);
#endif
static void pk__log_line(pk_log *log, int level, const char *format, bool rom, va_list args) {
    if (level < PK_LOG_ERROR || !pk_log_enabled(log, level)) return;
#if PERFKIT_LOG_RULES
    if (PK__LOG_RULES_OF(log) != NULL && !pk__log_allowed(log, level, NULL)) return;
#endif
#if PK__LOG_RINGS
    if (log->queue != NULL) {
        pk__defer_walk(log, level, NULL, format, PK__RECORD_FORMAT, NULL, args);
        return;
    }
#elif PK__LOG_FIFO
    if (log->queue != NULL) {
        pk__defer_walk(log, rom ? level : level | PK__MARK_COPY, NULL, format, args);
        return;
    }
#endif
#if PK__LOG_WIDE
    (void)rom;
    pk__log_entry(log, level, NULL, format, false, args);
#else
    {
        pk__line l;
        PK__LINE_BEGIN(&l, log, level, PK__LINE_NOW(&l));
        pk__put_name(&l.text, l.log);
        pk__vformat(&l.text, format, rom, args);
        pk__line_end(&l);
    }
#endif
}
PK_API void pk_log_vwrite(pk_log *log, int level, const char *format, va_list args) {
    pk__log_line(log, level, format, false, args);
}
PK_API void pk_log_write(pk_log *log, int level, const char *format, ...) {
    va_list args;
    va_start(args, format);
    pk__log_line(log, level, format, false, args);
    va_end(args);
}
PK_API void pk__log_rom(pk_log *log, int level, const char *rom_format, ...) {
    va_list args;
    va_start(args, rom_format);
    pk__log_line(log, level, rom_format, true, args);
    va_end(args);
}
#if PK__LOG_RINGS
#define PK__DEFER_AT(log, level, site, format, fields, args) \
    pk__defer_walk(log, level, site, format, (fields) ? PK__RECORD_FIELDS : 0, NULL, args)
#elif PK__LOG_FIFO
#define PK__DEFER_AT(log, level, site, format, fields, args) \
    pk__defer_walk(log, (level) | PK__WITH_PLACE | ((fields) ? PK__MARK_FIELDS : 0), site, format, args)
#endif
PK_API void pk__log_at(pk_log *log, int level, const pk__log_site *site, const char *rom_format, ...) {
    va_list args;
#if PERFKIT_LOG_DEFERRED
    if (log->queue != NULL) {
        va_start(args, rom_format);
        PK__DEFER_AT(log, level, site, rom_format, false, args);
    } else
#endif
    {
#if PK__LOG_WIDE
        va_start(args, rom_format);
        pk__log_entry(log, level, site, rom_format, false, args);
#else
        pk__line l;
        PK__LINE_BEGIN(&l, log, level, PK__LINE_NOW(&l));
        pk__put_site(&l.text, log, site);
        va_start(args, rom_format);
        pk__vformat(&l.text, rom_format, true, args);
        pk__line_end(&l);
#endif
    }
    va_end(args);
}
#if PERFKIT_LOG_KV
PK_API void pk__log_kv(pk_log *log, int level, const pk__log_site *site, const char *rom_text, ...) {
    va_list args;
#if PERFKIT_LOG_DEFERRED
    if (log->queue != NULL) {
        va_start(args, rom_text);
        PK__DEFER_AT(log, level, site, rom_text, true, args);
    } else
#endif
    {
#if PK__LOG_WIDE
        va_start(args, rom_text);
        pk__log_entry(log, level, site, rom_text, true, args);
#else
        pk__line l;
        pk_kv kv;
        char c;
        PK__LINE_BEGIN(&l, log, level, PK__LINE_NOW(&l));
        pk__put_site(&l.text, log, site);
        while ((c = PK__GET(rom_text++, true)) != 0) pk__put(&l.text, c);
        va_start(args, rom_text);
        for (kv = va_arg(args, pk_kv); kv.key != NULL; kv = va_arg(args, pk_kv)) pk__put_kv(&l, &kv);
        pk__line_end(&l);
#endif
    }
    va_end(args);
}
#endif

/* ---- Loggers and their sinks ---- */

#if PERFKIT_LOG_BUFFER && PERFKIT_THREADS && PERFKIT_HOSTED
static void pk__buffer_forget(pk_log_buffer *b) {
    if (!pk__log_is_forked(b->forks)) return;
    pk__store32(&b->used, 0);
    pk__store32(&b->begin, 0);
    b->forks = pk__log_this_process();
}
#endif
#if PERFKIT_LOG_SIGNALS
static void pk__signals_out(pk_log *log);
#else
#define pk__signals_out(log) ((void)0)
#endif
#if PERFKIT_LOG_RING && PERFKIT_THREADS && PERFKIT_HOSTED
static void pk__ring_forget(pk_log_ring *ring) {
    if (ring->head == NULL || !pk__log_is_forked(ring->process)) return;
    if (ring->shared) ring->head = NULL; /* the parent's */
    else {
        pk__store32(&ring->head->end, 0);
        pk__store32(&ring->head->begin, 0);
        pk__store32(&ring->head->overwritten, 0);
    }
    ring->process = pk__log_this_process();
}
#endif

static void pk__log_set_gate(pk_log *log) { /* under the lock */
    uint8_t i, highest = PK_LOG_OFF, level = log->level;
    for (i = 0; i < log->sink_count; i++)
        if (log->sinks[i].level > highest) highest = log->sinks[i].level;
#if PERFKIT_LOG_RULES
    for (i = 0; log->rules != NULL && i < log->rules->count; i++)
        if (log->rules->rule[i].level > level && log->level != PK_LOG_OFF) level = log->rules->rule[i].level;
#endif
#if PERFKIT_LOG_FORMS
    {
        uint8_t forms = 0;
        for (i = 0; i < log->sink_count; i++) forms = (uint8_t)(forms | 1u << log->sinks[i].form);
        PK__SET_RELAXED(&log->forms, forms);
    }
#endif
#if PERFKIT_LOG_DICTIONARY
    if (log->queue != NULL) highest = PK_LOG_TRACE;
#endif
    PK__SET_RELAXED(&log->gate, (uint8_t)(highest < level ? highest : level));
}
PK_API pk_status pk_log_set_level(pk_log *log, int level) {
    PERFKIT_ASSERT(log != NULL);
    if (level < PK_LOG_OFF || level > PK_LOG_TRACE) return PK_INVALID;
    pk__log_lock(log);
    PK__SET_RELAXED(&log->level, (uint8_t)level);
    pk__log_set_gate(log);
    pk__log_unlock(log);
    return PK_OK;
}
static uint8_t pk__log_find_sink(const pk_log *log, pk_log_sink_fn fn, void *user) { /* sink_count when there is none */
    uint8_t i = 0;
    while (i < log->sink_count && (log->sinks[i].fn != fn || log->sinks[i].user != user)) i++;
    return i;
}
PK_API pk_status pk_log_add_sink(pk_log *log, pk_log_sink_fn fn, void *user, int level) {
    pk_log_sink *sink = log->sinks;
    uint8_t i, status = PK_EXISTS;
    PERFKIT_ASSERT(log != NULL);
    if (fn == NULL || level < PK_LOG_ERROR || level > PK_LOG_TRACE) return PK_INVALID;
    pk__log_lock(log);
    for (i = log->sink_count; i > 0 && (sink->fn != fn || sink->user != user); i--) sink++;
    if (i == 0) {
        status = PK_FULL;
        if (log->sink_count < PERFKIT_LOG_SINKS) {
            sink->fn = fn;
            sink->user = user;
            sink->failed = 0;
            sink->level = (uint8_t)level;
            sink->colour = PK__LOG_COLOUR_ASK;
            sink->reported = 0;
#if PERFKIT_LOG_FORMS
            sink->form = PK_LOG_TEXT;
#endif
            log->sink_count++;
            pk__log_set_gate(log);
            status = PK_OK;
        }
    }
    pk__log_unlock(log);
    return status;
}
PK_API pk_status pk_log_remove_sink(pk_log *log, pk_log_sink_fn fn, void *user) {
    pk_status status = PK_NOT_FOUND;
    uint8_t i;
    PERFKIT_ASSERT(log != NULL);
    pk__log_lock(log);
    i = pk__log_find_sink(log, fn, user);
    if (i < log->sink_count) {
        log->sink_count--;
#if PERFKIT_LOG_SINKS > 1
        for (; i < log->sink_count; i++) log->sinks[i] = log->sinks[i + 1];
#endif
        pk__log_set_gate(log);
        status = PK_OK;
    }
    pk__log_unlock(log);
    return status;
}
#if PERFKIT_LOG_FORMS
PK_API pk_status pk_log_set_form(pk_log *log, pk_log_sink_fn fn, void *user, int form) {
    pk_status status = PK_NOT_FOUND;
    uint8_t i;
    PERFKIT_ASSERT(log != NULL);
    if (form < PK_LOG_TEXT || form > PK_LOG_JSON) return PK_INVALID;
    pk__log_lock(log);
    i = pk__log_find_sink(log, fn, user);
    if (i < log->sink_count) {
        log->sinks[i].form = (uint8_t)form;
        pk__log_set_gate(log);
        status = PK_OK;
    }
    pk__log_unlock(log);
    return status;
}
#endif

static bool pk__same_word(const char *text, const char *rom_upper) {
    char c, want;
    do {
        c = *text++;
        want = PK__GET(rom_upper++, true);
        if (c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
        if (c != want) return false;
    } while (c != 0);
    return true;
}
static const char pk__level_words[6][6] PK_ROM = {"OFF", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"};
PK_API int pk_log_level_from(const char *text) {
    int level = PK_LOG_TRACE;
    if (text == NULL) return -1;
    if (pk__same_word(text, PK_ROM_STR("WARNING"))) return PK_LOG_WARN;
    while (level >= 0 && !pk__same_word(text, pk__level_words[level])) level--;
    return level;
}
#if PERFKIT_LOG_RULES
PK_API bool pk__log_allowed(const pk_log *log, int level, const char *name) {
    const pk_log_rules *rules = PK__LOG_RULES_OF(log);
    size_t length, i;
    if (name == NULL) name = log->name ? log->name : "";
    length = pk__length_of(name);
    for (i = 0; rules != NULL && i < rules->count; i++) {
        size_t n = rules->rule[i].length;
        if ((n == length || (rules->rule[i].prefix && n < length)) && memcmp(name, rules->rule[i].name, n) == 0)
            return level <= (int)rules->rule[i].level;
    }
    return level <= (int)PK__GET_RELAXED(&log->level);
}

/* One "name=LEVEL", and behind it a comma or the end. */
static pk_status pk__log_parse_rule(pk_log_rules *rules, const char **text) {
    const char *name = *text, *p = name;
    char word[8];
    size_t n = 0;
    int level;
    while (*p != 0 && *p != '=' && *p != ',') p++;
    if (*p != '=' || p == name || p - name > 255) return PK_INVALID;
    n = (size_t)(p - name);
    if (rules->count == PK_LOG_RULES) return PK_FULL;
    rules->rule[rules->count].name = name;
    rules->rule[rules->count].prefix = name[n - 1] == '*';
    rules->rule[rules->count].length = (uint8_t)(name[n - 1] == '*' ? n - 1 : n);
    for (n = 0, p++; *p != 0 && *p != ','; p++) {
        if (n == sizeof word - 1) return PK_INVALID;
        word[n++] = *p;
    }
    word[n] = 0;
    level = pk_log_level_from(word);
    if (level < 0) return PK_INVALID;
    rules->rule[rules->count++].level = (uint8_t)level;
    *text = *p == ',' ? p + 1 : p;
    return PK_OK;
}
PK_API pk_status pk_log_set_rules(pk_log *log, pk_log_rules *rules, const char *text) {
    pk_log_rules parsed;
    pk_status status = PK_OK;
    PERFKIT_ASSERT(log != NULL && (rules != NULL || text == NULL));
    pk__clear(&parsed, sizeof parsed);
    while (text != NULL && *text != 0)
        if ((status = pk__log_parse_rule(&parsed, &text)) != PK_OK) return status;
    pk__log_lock(log);
    if (text != NULL && log->rules == rules) status = PK_BUSY;
    else {
        if (text != NULL) *rules = parsed;
        PK__SET_RELEASE(&log->rules, text != NULL ? rules : NULL);
        pk__log_set_gate(log);
    }
    pk__log_unlock(log);
    return status;
}
#endif
#if PERFKIT_LOG_LIMITS
/* ---- Fewer lines from one place ---- */

static uint32_t pk__limit_add(pk_log *log, volatile uint32_t *count, uint32_t n) {
    uint32_t was;
    if (!PERFKIT_ATOMICS) pk__log_lock(log);
    was = pk__add32(count, n);
    if (!PERFKIT_ATOMICS) pk__log_unlock(log);
    return was;
}
/* What was held back and not told yet; `again`: and fill the bucket. */
static uint32_t pk__limit_held(pk_log *log, pk_log_limit *limit, uint32_t lines, bool again) {
    uint32_t used, held;
    pk__log_lock(log);
    do used = pk__load32(&limit->used);
    while (again && !pk__cas32(&limit->used, used, 0));
    held = used > lines ? used - lines - limit->told : 0;
    limit->told = again ? 0 : limit->told + held;
    pk__log_unlock(log);
    return held;
}
static void pk__limit_tell(pk_log *log, int level, const pk__log_site *site, uint32_t held) {
    if (held == 0) return;
    if (site) pk__log_at(log, level, site, PK_ROM_STR("suppressed %lu"), (unsigned long)held);
    else pk__log_rom(log, level, PK_ROM_STR("suppressed %lu"), (unsigned long)held);
}
static void pk__limits_tell(pk_log *log) {
    pk_log_limit *limit;
    pk__log_lock(log);
    limit = log->limits;
    pk__log_unlock(log);
    for (; limit != NULL; limit = limit->next)
        pk__limit_tell(log, limit->level, (const pk__log_site *)limit->site, pk__limit_held(log, limit, limit->lines, false));
}
/* For pk_log_flush: where something was held back. */
static PK__COLD void pk__limit_list(pk_log *log, pk_log_limit *limit, int level, const pk__log_site *site, uint32_t lines) {
    pk__log_lock(log);
    if (!limit->listed) {
        limit->lines = lines;
        limit->level = (uint8_t)level;
        limit->site = site;
        limit->listed = 1;
        limit->next = log->limits;
        log->limits = limit;
    }
    pk__log_unlock(log);
}
PK_API bool pk__log_limit(pk_log *log, pk_log_limit *limit, int level, const pk__log_site *site, uint32_t lines, uint32_t ms) {
    pk_clock_fn clock = log->clock;
    uint32_t now, since = pk__load32(&limit->since), used;
#if PK__HAS_CLOCK
    if (clock == NULL) clock = pk__now_ms;
#endif
    if (clock == NULL || lines == 0xFFFFFFFFu) return true;
    now = (uint32_t)clock(log->user);
    if (now - since >= ms && pk__cas32(&limit->since, since, now)) /* one thread fills it */
        pk__limit_tell(log, level, site, pk__limit_held(log, limit, lines, true));
    used = pk__limit_add(log, &limit->used, 1);
    if (used == lines) pk__limit_list(log, limit, level, site, lines);
    return used < lines;
}
/* Of n calls the first, which is told without a division; n 0: the first of all. */
PK_API bool pk__log_every(pk_log *log, volatile uint32_t *count, uint32_t n) {
    uint32_t was;
    if (n == 0) return pk__load32(count) == 0 && pk__limit_add(log, count, 1) == 0;
    was = pk__limit_add(log, count, 1);
    while (was >= n) was -= n; /* threads that came while another was taking n off: once, or as often as there are threads */
    if (was == n - 1) (void)pk__limit_add(log, count, 0u - n);
    return was == 0;
}
#endif
#if PERFKIT_LOG_ERRORS
/* ---- The last errors ---- */

PK_API pk_status pk__log_set_errors(pk_log *log, pk_log_errors *errors, size_t size) {
    PERFKIT_ASSERT(log != NULL);
    if (size != sizeof *errors) return PK_INVALID;
    pk__log_lock(log);
    log->errors = errors;
    pk__log_unlock(log);
    return PK_OK;
}
static pk_count *pk__error_counter(pk_log_errors *errors, int32_t code, bool make) {
    uint8_t i = 0;
    while (i < errors->used && errors->codes[i].code != code) i++;
    if (i == errors->used) {
        if (!make) return NULL;
        if (i == PK_LOG_ERROR_CODES) return &errors->others;
        errors->codes[i].code = code;
        errors->used++;
    }
    return &errors->codes[i].count;
}
PK_API void pk__log_failed(pk_log *log, const pk__log_site *site, int32_t code) {
    pk_log_error error;
    pk__moment when;
    pk_log_errors *errors;
    PERFKIT_ASSERT(log != NULL);
    when.number = 0;
    pk__log_moment(log, &when);
    pk__clear(&error, sizeof error);
    if (site) {
        error.name = (const char *)pk__rom_read_ptr(&site->name);
        error.file = (const char *)pk__rom_read_ptr(&site->file);
        error.line = pk__rom_read32(&site->line);
    }
    if (error.name == NULL) error.name = log->name;
    error.code = code;
    error.time = when.number;
    error.ms = when.ms;
    pk__log_lock(log);
    errors = log->errors;
    if (errors) {
        errors->last[errors->total % PK_LOG_ERRORS_KEPT] = error;
        pk__count_up(&errors->total);
        pk__count_up(pk__error_counter(errors, code, true));
    }
    pk__log_unlock(log);
}
PK_API pk_status pk_log_last_error(pk_log *log, unsigned back, pk_log_error *error) {
    pk_status status = PK_NOT_FOUND;
    pk_log_errors *errors;
    PERFKIT_ASSERT(log != NULL && error != NULL);
    pk__log_lock(log);
    errors = log->errors;
    if (errors && back < PK_LOG_ERRORS_KEPT && back < errors->total) {
        *error = errors->last[(errors->total - 1 - back) % PK_LOG_ERRORS_KEPT];
        status = PK_OK;
    }
    pk__log_unlock(log);
    return status;
}
PK_API pk_count pk_log_error_count(pk_log *log, int32_t code) {
    pk_count *counter, count = 0;
    PERFKIT_ASSERT(log != NULL);
    pk__log_lock(log);
    if (log->errors) {
        counter = pk__error_counter(log->errors, code, false);
        if (counter) count = *counter;
    }
    pk__log_unlock(log);
    return count;
}
PK_API pk_count pk_log_error_total(pk_log *log) {
    pk_count count;
    PERFKIT_ASSERT(log != NULL);
    pk__log_lock(log);
    count = log->errors ? log->errors->total : 0;
    pk__log_unlock(log);
    return count;
}
#endif
#if PERFKIT_LOG_SIGNALS
/* ---- From signal handlers and interrupts ---- */

PK_API pk_status pk__log_set_signals(pk_log *log, pk_log_signals *signals, size_t size) {
    PERFKIT_ASSERT(log != NULL && signals != NULL);
    if (size != sizeof *signals) return PK_INVALID;
    if (signals->log != NULL && signals->log != log) return PK_INVALID;
    if (log->signals != NULL) return PK_EXISTS;
    pk__clear(signals, sizeof *signals);
    signals->log = log;
    pk__log_lock(log);
    log->signals = signals;
    pk__log_unlock(log);
    return PK_OK;
}
static uint32_t pk__signals_dropped(const pk_log_signals *s) {
    uint32_t dropped;
    PK__CRITICAL_ENTER(state); /* an AVR reads it byte by byte */
    dropped = pk__load32(&s->dropped);
    PK__CRITICAL_EXIT(state);
    return dropped;
}
PK_API pk_count pk_log_signals_dropped(const pk_log_signals *signals) { return pk__signals_dropped(signals); }

/* A free place, now taken and numbered; the number of places where there is none, which is counted. */
static unsigned pk__signal_place(pk_log_signals *s) {
    unsigned i = 0;
    PK__CRITICAL_ENTER(state);
    while (i < PERFKIT_LOG_SIGNAL_LINES && !(pk__load32(&s->lines[i].state) == 0 && pk__cas32(&s->lines[i].state, 0, 1))) i++;
    if (i == PERFKIT_LOG_SIGNAL_LINES) (void)pk__add32(&s->dropped, 1);
    else pk__store32(&s->lines[i].number, pk__add32(&s->next, 1));
    PK__CRITICAL_EXIT(state);
    return i;
}
PK_API void pk__log_signal(pk_log_signals *s, int level, const pk__log_site *site, const char *rom_format, ...) {
    unsigned i = pk__signal_place(s);
    pk__text t;
    pk__moment when;
    va_list args;
    if (i == PERFKIT_LOG_SIGNAL_LINES) return;
    when.number = 0;
    pk__log_moment(s->log, &when);
    s->lines[i].time = when.number;
    s->lines[i].ms = when.ms;
    s->lines[i].kind = when.kind;
    s->lines[i].level = (uint8_t)level;
    s->lines[i].site = site;
    pk__text_over(&t, s->lines[i].text, sizeof s->lines[i].text - 1);
#if PK__TEXT_FAST
    t.alone = true;
#endif
    va_start(args, rom_format);
    pk__vformat(&t, rom_format, true, args);
    va_end(args);
    if (t.length > t.room) pk__line_cut(&t);
    s->lines[i].text[t.length] = 0;
    pk__store32(&s->lines[i].state, 2);
}
/* A line at once, of a logger in deferred mode too. */
static void pk__signal_out(pk_log *log, int level, const pk__log_site *site, const pk__moment *when, const char *rom_format, ...) {
#if PK__LOG_WIDE
    pk__entry e;
    pk__entry_begin(&e, log, level, site, rom_format, false);
    va_start(PK__ENTRY_LIST(&e), rom_format);
    pk__entry_forms(&e, when, false);
    va_end(PK__ENTRY_LIST(&e));
#else
    pk__line l;
    va_list args;
    PK__LINE_BEGIN(&l, log, level, l.when = *when);
    if (site) pk__put_site(&l.text, log, site);
    else pk__put_name(&l.text, log);
    va_start(args, rom_format);
    pk__vformat(&l.text, rom_format, true, args);
    va_end(args);
    pk__line_end(&l);
#endif
}
/* Those that are there, in their order. One thread at a time does it: it takes each. */
static void pk__signals_out(pk_log *log) {
    pk_log_signals *s = log->signals;
    pk__moment when;
    uint32_t dropped;
    unsigned i, oldest, left = PERFKIT_LOG_SIGNAL_LINES;
    if (s == NULL) return;
    for (; left > 0; left--) {
        oldest = PERFKIT_LOG_SIGNAL_LINES;
        for (i = 0; i < PERFKIT_LOG_SIGNAL_LINES; i++)
            if (pk__load32(&s->lines[i].state) == 2 &&
                (oldest == PERFKIT_LOG_SIGNAL_LINES || (int32_t)(pk__load32(&s->lines[i].number) - pk__load32(&s->lines[oldest].number)) < 0))
                oldest = i;
        if (oldest == PERFKIT_LOG_SIGNAL_LINES) break;
        if (!pk__cas32(&s->lines[oldest].state, 2, 3)) continue; /* another thread has */
        when.number = s->lines[oldest].time;
        when.ms = s->lines[oldest].ms;
        when.kind = s->lines[oldest].kind;
        pk__signal_out(log, s->lines[oldest].level, (const pk__log_site *)s->lines[oldest].site, &when, PK_ROM_STR("%s"),
                       s->lines[oldest].text);
        pk__store32(&s->lines[oldest].state, 0);
    }
    pk__log_lock(log);
    dropped = pk__signals_dropped(s) - s->told;
    s->told += dropped;
    pk__log_unlock(log);
    if (dropped == 0) return;
    pk__log_moment(log, &when);
    pk__signal_out(log, PK_LOG_WARN, NULL, &when, PK_ROM_STR("%lu lines of signal handlers dropped"), (unsigned long)dropped);
}
#endif
#if PK__LOG_RINGS
static bool pk__queue_wait(struct pk__queue *q);
static bool pk__queue_mine(const struct pk__queue *q);
#endif
PK_API pk_status pk_log_flush(pk_log *log) {
    pk_status first = PK_OK, status;
    uint8_t i;
    PERFKIT_ASSERT(log != NULL);
#if PK__LOG_RINGS
    if (log->queue != NULL && (log->flags & PK__LOG_THREADS) && pk__queue_mine(log->queue)) return PK_BUSY; /* its lock is held here */
#endif
#if PERFKIT_LOG_LIMITS
    pk__limits_tell(log);
#endif
    pk__signals_out(log);
#if PK__LOG_RINGS
    if (log->queue != NULL) do first = pk_log_drain(log, 0); while (first == PK_BUSY && pk__queue_wait(log->queue));
#elif PK__LOG_FIFO && !PERFKIT_LOG_DICTIONARY
    if (log->queue != NULL) first = pk_log_drain(log, 0);
#endif
    pk__log_lock(log);
    for (i = 0; i < log->sink_count; i++) {
        status = log->sinks[i].fn(log->sinks[i].user, PK_LOG_OFF, "", 0);
        if (first == PK_OK) first = status;
    }
    pk__log_unlock(log);
    return first;
}
#if !PERFKIT_LOG_CRASH
PK_API void pk_log_panic(pk_log *log) {
    log->flags = (uint8_t)(log->flags & ~PK__LOG_THREADS);
#if PK__LOG_FIFO
    if (log->queue != NULL) log->queue->draining = 0;
#endif
    (void)pk_log_flush(log);
}
#endif

PK_API pk_status pk__log_init(pk_log *log, size_t size, uint32_t config, const pk_log_desc *desc) {
    uint8_t sink_level = PK_LOG_TRACE; /* the defaults */
    pk_log_sink_fn sink = PK__LOG_DEFAULT_SINK;
    void *sink_user = NULL;
    pk_status status = PK_OK;
    if (size != sizeof(pk_log) || config != PK__LOG_CONFIG_WORD) return PK_INVALID;
    PERFKIT_ASSERT(log != NULL);
    if (desc) {
        if (desc->level > PK_LOG_TRACE || desc->sink_level > PK_LOG_TRACE) return PK_INVALID;
        if ((desc->threads && !PERFKIT_THREADS) || (desc->wall && !PERFKIT_LOG_WALL)) return PK_UNSUPPORTED;
    }
    pk__clear(log, sizeof *log);
    log->level = PK_LOG_WARN;
    if (desc) {
        if (desc->no_time) log->flags = PK__LOG_NO_TIME;
        if (desc->level) log->level = desc->level;
        if (desc->sink_level) sink_level = desc->sink_level;
#if PERFKIT_THREADS
        if (desc->threads) {
            if (!pk__mutex_init(&log->mutex)) return PK_UNSUPPORTED;
            log->flags |= PK__LOG_THREADS;
        }
#endif
#if PERFKIT_LOG_WALL
        log->wall = desc->wall;
#endif
        log->name = desc->name;
        log->clock = desc->clock;
        log->on_event = desc->on_event;
        log->user = desc->user;
        if (desc->sink) {
            sink = desc->sink;
            sink_user = desc->sink_user;
        }
    }
#if PERFKIT_LOG_DEFERRED
    if (desc && desc->memory) {
        status = pk_log_defer(log, desc->memory, desc->memory_size, desc->rings, desc->full);
#if PERFKIT_THREADS
        if (status != PK_OK) (void)pk_log_close(log);
#endif
        if (status != PK_OK) return status; /* there is no sink: it passes nothing */
    }
#endif
    if (sink) status = pk_log_add_sink(log, sink, sink_user, sink_level);
    PK__ONE_END();
    return status;
}
#if PERFKIT_LOG_DEFERRED
static void pk__queue_end(pk_log *log);
#endif
#if PK__LOG_RINGS && PERFKIT_THREADS
static void pk__queue_forget(pk_log *log);
#endif
#if PERFKIT_LOG_CRASH
static void pk__crash_forget(const pk_log *log);
#endif
PK_API pk_status pk_log_close(pk_log *log) {
    pk_status status;
    PERFKIT_ASSERT(log != NULL);
#if PERFKIT_LOG_DEFERRED
    pk__queue_end(log);
#endif
    status = pk_log_flush(log);
#if PERFKIT_LOG_LIMITS
    for (; log->limits != NULL; log->limits = log->limits->next) {
        log->limits->listed = 0;
        log->limits->used = log->limits->told = 0; /* a full bucket, so that the next life lists it again */
    }
#endif
    PK__SET_RELAXED(&log->gate, PK_LOG_OFF);
    PK__SET_RELAXED(&log->level, PK_LOG_OFF);
    log->sink_count = 0;
#if PERFKIT_LOG_RULES
    log->rules = NULL;
#endif
#if PERFKIT_LOG_CRASH
    pk__crash_forget(log);
#endif
#if PERFKIT_LOG_ERRORS
    log->errors = NULL;
#endif
#if PERFKIT_LOG_SIGNALS
    if (log->signals) log->signals->log = NULL;
    log->signals = NULL;
#endif
    if (PK__LOG_STATIC_FLAGS && log->flags & PK__LOG_STATIC_LIFE) {
        log->flags = PK__LOG_STATIC_FLAGS;
        return status;
    }
    if (log->flags & PK__LOG_THREADS) pk__mutex_destroy(&log->mutex);
    log->flags = 0;
    return status;
}
#if PERFKIT_THREADS && PERFKIT_HOSTED
PK_API void pk_log_after_fork(pk_log *log) {
    uint8_t i;
    PERFKIT_ASSERT(log != NULL);
#if PK__LOG_RINGS
    pk__queue_forget(log);
#endif
    pk__log_lock(log);
    for (i = 0; i < log->sink_count; i++) {
#if PERFKIT_LOG_BUFFER
        if (log->sinks[i].fn == pk_log_to_buffer) pk__buffer_forget((pk_log_buffer *)log->sinks[i].user);
#endif
#if PERFKIT_LOG_ROTATE
        if (log->sinks[i].fn == pk_log_to_rotating) pk__buffer_forget(&((pk_log_file *)log->sinks[i].user)->buffer);
#endif
#if PERFKIT_LOG_RING
        if (log->sinks[i].fn == pk_log_to_ring) pk__ring_forget((pk_log_ring *)log->sinks[i].user);
#endif
    }
    pk__log_unlock(log);
}
#endif

PK_API pk_status pk__log_configure(pk_log *log, int level) {
    pk_status status = pk_log_set_level(log, level);
#if PERFKIT_STDIO
    bool none;
    pk__log_lock(log);
    none = log->sink_count == 0;
    pk__log_unlock(log);
    if (status == PK_OK && none) status = pk_log_add_sink(log, pk_log_to_stderr, NULL, PK_LOG_TRACE);
#endif
    return status;
}
PK_API void pk_log_get_counts(pk_log *log, pk_log_counts *counts) {
    uint8_t i;
    PERFKIT_ASSERT(log != NULL && counts != NULL);
    pk__log_lock(log);
    counts->lines = log->lines;
    counts->truncated = log->truncated;
    counts->failed = 0;
    for (i = 0; i < log->sink_count; i++) counts->failed += log->sinks[i].failed;
    pk__log_unlock(log);
}
PK_API pk_count pk_log_sink_failed(pk_log *log, pk_log_sink_fn fn, void *user) {
    pk_count failed = 0;
    uint8_t i;
    PERFKIT_ASSERT(log != NULL);
    pk__log_lock(log);
    i = pk__log_find_sink(log, fn, user);
    if (i < log->sink_count) failed = log->sinks[i].failed;
    pk__log_unlock(log);
    return failed;
}
#if PERFKIT_STDIO
#ifndef PERFKIT_LOG_WRITE
#ifdef _WIN32
#define PERFKIT_LOG_WRITE(fd, bytes, n) _write(fd, bytes, (unsigned)(n))
#else
#define PERFKIT_LOG_WRITE(fd, bytes, n) write(fd, bytes, n)
#endif
#endif
/* The bytes that the descriptor took: all, or as many as it did before it failed. */
static size_t pk__log_write(int fd, const char *bytes, size_t n) {
    size_t done = 0;
    while (done < n) {
#ifdef _WIN32
        int taken = PERFKIT_LOG_WRITE(fd, bytes + done, n - done);
#else
        ssize_t taken = PERFKIT_LOG_WRITE(fd, bytes + done, n - done);
#endif
        if (taken < 0 && errno == EINTR) continue;
        if (taken <= 0) break;
        done += (size_t)taken;
    }
    return done;
}
static pk_status pk__log_to_descriptor(int fd, const char *text, size_t length) {
    size_t done = pk__log_write(fd, text, length);
    return done == length ? PK_OK : done == 0 ? PK_IO : PK_CORRUPT;
}
PK_API pk_status pk_log_to_stderr(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)level;
    return pk__log_to_descriptor(2, text, length);
}
PK_API pk_status pk_log_to_fd(void *user, int level, const char *text, size_t length) {
    (void)level;
    return pk__log_to_descriptor((int)(intptr_t)user, text, length);
}
PK_API pk_status pk_log_to_file(void *user, int level, const char *text, size_t length) {
    FILE *file = (FILE *)user;
    (void)level;
    if (file == NULL) return PK_INVALID; /* it could not be opened */
    if (length == 0) return fflush(file) == 0 ? PK_OK : PK_IO;
    return fwrite(text, 1, length, file) == length ? PK_OK : PK_IO;
}
#endif
#if SIZE_MAX > 0x40000000u
#define PK__LOG_TOO_LARGE(size) ((size) > (size_t)1 << 30)
#else
#define PK__LOG_TOO_LARGE(size) false
#endif
#if PERFKIT_LOG_BUFFER
/* ---- Lines gathered ---- */

#if PERFKIT_STDIO
static size_t pk__buffer_to_fd(void *user, const char *bytes, size_t n) { return pk__log_write((int)(intptr_t)user, bytes, n); }
#endif

PK_API pk_status pk_log_buffer_init(pk_log_buffer *buffer, const pk_log_buffer_desc *desc) {
    pk_log_write_fn write_fn = desc->write_fn;
    PERFKIT_ASSERT(buffer != NULL && desc != NULL);
#if PERFKIT_STDIO
    if (write_fn == NULL) write_fn = pk__buffer_to_fd;
#endif
    if (write_fn == NULL || desc->memory == NULL || desc->flush_level > PK_LOG_TRACE) return PK_INVALID;
    if (desc->size < PERFKIT_LOG_LINE + 16) return PK_NO_MEMORY;
    if (PK__LOG_TOO_LARGE(desc->size)) return PK_INVALID;
    pk__clear(buffer, sizeof *buffer);
    buffer->memory = desc->memory;
    buffer->size = (uint32_t)desc->size;
    buffer->write_fn = write_fn;
    buffer->user = desc->user;
    buffer->forks = pk__log_this_process();
    buffer->flush_level = desc->flush_level ? desc->flush_level : (uint8_t)PK_LOG_ERROR;
    return PK_OK;
}
PK_API uint32_t pk_log_buffer_held(const pk_log_buffer *buffer) { return pk__load32(&buffer->used) - pk__load32(&buffer->begin); }

/* Holds off the signals of crashes that come from outside, where a handler of ours would read the buffer. */
#if PERFKIT_LOG_CRASH
typedef struct pk__masked { bool on; sigset_t signals; } pk__masked;
static void pk__mask_set(int how, const sigset_t *set, sigset_t *old) {
#if PERFKIT_THREADS && !defined PERFKIT_MUTEX_LOCK
    (void)pthread_sigmask(how, set, old);
#else
    (void)sigprocmask(how, set, old);
#endif
}
#if PERFKIT_LOG_ROTATE
static size_t pk__file_write(void *user, const char *bytes, size_t n);
#endif
static void pk__mask(pk__masked *was, pk_log_write_fn fn) {
    sigset_t held;
    int i;
    was->on = pk__load32(&pk__crash_installed) != 0 && fn == pk__buffer_to_fd;
#if PERFKIT_LOG_ROTATE
    if (pk__load32(&pk__crash_installed) != 0 && fn == pk__file_write) was->on = true;
#endif
    if (!was->on) return; /* one of yours may crash in there itself */
    (void)sigemptyset(&held);
    for (i = 0; i < 5; i++) (void)sigaddset(&held, pk__crash_signals[i]);
    pk__mask_set(SIG_BLOCK, &held, &was->signals);
}
static void pk__unmask(const pk__masked *was) {
    if (was->on) pk__mask_set(SIG_SETMASK, &was->signals, NULL);
}
#else
typedef char pk__masked;
#define pk__mask(was, fn) ((void)(was))
#define pk__unmask(was) ((void)(was))
#endif

/* Write out all that is held. What is not taken stays. */
static PK__RARE pk_status pk__buffer_flush(pk_log_buffer *b) {
    uint32_t begin = b->begin, held = b->used - begin;
    size_t taken;
    pk__masked was;
    if (pk__log_is_forked(b->forks)) return PK_FORKED;
    if (held == 0) return PK_OK;
    pk__mask(&was, b->write_fn); /* or what was written just now might be written again */
    taken = b->write_fn(b->user, b->memory + begin, (size_t)held);
    if (taken == held) {
        pk__store32(&b->used, 0);
        pk__store32(&b->begin, 0);
    } else {
        pk__store32(&b->begin, begin + (uint32_t)taken);
        pk__count_up(&b->failures);
    }
    pk__unmask(&was);
    return taken == held ? PK_OK : PK_IO;
}
/* The start of the line that is being written. */
static uint32_t pk__buffer_line(const pk_log_buffer *b) {
    uint32_t at = b->begin;
    while (at > 0 && b->memory[at - 1] != '\n') at--;
    return at;
}
/* Give back the room of lines that were written. The one that is half out stays whole, for a new file. */
static PK__RARE void pk__buffer_move(pk_log_buffer *b) {
    uint32_t from = pk__buffer_line(b), n = b->used - from;
    pk__masked was;
    if (from == 0) return;
    pk__mask(&was, b->write_fn);
    memmove(b->memory, b->memory + from, (size_t)n);
    pk__store32(&b->begin, b->begin - from);
    pk__store32(&b->used, n);
    pk__unmask(&was);
}
PK_API pk_status pk_log_to_buffer(void *user, int level, const char *text, size_t length) {
    pk_log_buffer *b = (pk_log_buffer *)user;
    if (length == 0) return pk__buffer_flush(b);
    if (pk__log_is_forked(b->forks)) return PK_FORKED;
    if (PK__UNLIKELY(b->size - b->used < length)) {
        (void)pk__buffer_flush(b);
        pk__buffer_move(b);
        if (b->size - b->used < length) return PK_IO;
    }
    memcpy(b->memory + b->used, text, length);
    pk__store32(&b->used, b->used + (uint32_t)length); /* now it is there: a crash handler writes whole lines */
    if (level <= (int)b->flush_level) (void)pk__buffer_flush(b); /* or it is held: not lost */
    return PK_OK;
}
#endif

#define PK__FILE_PATH 1000 /* bytes of a path, with its 0 */

#if PERFKIT_LOG_RING
/* ---- A ring of the last lines ----
   Behind the head stand records, each of whole words and in one piece: a word with length, level and a mark; a check of that word,
   the place and the text; the text, a 0 and zeros up to a word. Where the next does not fit before the end a word fills up. Making
   room moves `begin` before a byte of the old line is overwritten, `end` moves when the new line is there: whenever the program
   stops between two instructions, begin to end is whole. */

typedef struct pk__ring_aligned { char first; uint32_t word; } pk__ring_aligned;
#define PK__RING_MAGIC 0x524C4B50u /* "PKLR" */
#define PK__RING_LAYOUT 1
#define PK__RING_FILL 0x5AFFFFFFu
#define PK__RING_RECORD(length) (8u + (((uint32_t)(length) + 4u) & ~(uint32_t)3))

static uint32_t pk__ring_word(const unsigned char *p) {
    uint32_t word;
    memcpy(&word, p, 4);
    return word;
}
static uint32_t pk__ring_check(uint32_t word, uint32_t at, const unsigned char *text, uint32_t bytes) {
    uint32_t sum = (word ^ at) * 0x01000193u, i; /* the multiplier of FNV-1a (Fowler, Noll, Vo) */
    for (i = 0; i < bytes; i += 4) {
        sum = (sum ^ pk__ring_word(text + i)) * 0x01000193u;
        sum ^= sum >> 15;
    }
    return sum;
}
static uint32_t pk__ring_head_check(const pk_log_ring_head *head) { /* CRC-32C, bit by bit */
    const unsigned char *p = (const unsigned char *)head;
    uint32_t crc = 0xFFFFFFFFu;
    unsigned i, bit;
    for (i = 0; i < offsetof(pk_log_ring_head, check); i++)
        for (crc ^= p[i], bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
    return ~crc;
}
static unsigned char *pk__ring_bytes(const pk_log_ring_head *head) { return (unsigned char *)(uintptr_t)(head + 1); }
static uint32_t pk__ring_used(uint32_t begin, uint32_t end, uint32_t size) { return end >= begin ? end - begin : end + 2 * size - begin; }
static uint32_t pk__ring_step(uint32_t index, uint32_t n, uint32_t size) {
    index += n;
    return index >= 2 * size ? index - 2 * size : index;
}
/* The bytes of what stands at `at`, of at most `left`; 0: nothing sound. *first: its word. */
static uint32_t pk__ring_record(const unsigned char *bytes, uint32_t at, uint32_t size, uint32_t left, uint32_t *first) {
    uint32_t word, length, n, level;
    if (left < 4) return 0;
    word = *first = pk__ring_word(bytes + at);
    if (word == PK__RING_FILL) return size - at <= left ? size - at : 0;
    length = word & 0xFFFFu;
    n = PK__RING_RECORD(length);
    level = word >> 16;
    if (level < (0xA500u | PK_LOG_ERROR) || level > (0xA500u | PK_LOG_TRACE) || length == 0 || n > left || n > size - at) return 0;
    if (bytes[at + 8 + length] != 0 || pk__ring_word(bytes + at + 4) != pk__ring_check(word, at, bytes + at + 8, n - 8)) return 0;
    return n;
}
static pk_status pk__ring_refused(const pk_log_ring_desc *desc) {
    if (desc->dump_level > PK_LOG_TRACE || PK__LOG_TOO_LARGE(desc->size)) return PK_INVALID;
    return desc->size < 2 * PERFKIT_LOG_LINE + 64 ? PK_NO_MEMORY : PK_OK;
}
PK_API pk_status pk_log_ring_init(pk_log_ring *ring, const pk_log_ring_desc *desc) {
    pk_log_ring_head *head = (pk_log_ring_head *)desc->memory;
    PERFKIT_ASSERT(ring != NULL && desc != NULL);
    pk__clear(ring, sizeof *ring);
    if (head == NULL || (uintptr_t)head % offsetof(pk__ring_aligned, word) != 0) return PK_INVALID;
    if (pk__ring_refused(desc) != PK_OK) return pk__ring_refused(desc);
    pk__clear(head, sizeof *head);
    head->magic = PK__RING_MAGIC;
    head->layout = PK__RING_LAYOUT;
    head->bytes = sizeof *head;
    head->build = desc->build;
    head->size = (uint32_t)(desc->size - sizeof *head) & ~(uint32_t)3;
    head->check = pk__ring_head_check(head);
    ring->head = head;
    ring->size = head->size;
    ring->process = pk__log_this_process();
    ring->dump_fn = desc->dump_fn;
    ring->dump_user = desc->dump_user;
    ring->dump_level = desc->dump_level ? desc->dump_level : (uint8_t)PK_LOG_ERROR;
    return PK_OK;
}
static bool pk__ring_indices(uint32_t begin, uint32_t end, uint32_t size) {
    return begin < 2 * size && end < 2 * size && begin % 4 == 0 && end % 4 == 0 && pk__ring_used(begin, end, size) <= size;
}
/* Hand over what stands from begin to end; where a record is broken, go on at the next sound one. PK_CORRUPT: one was. */
static pk_status pk__ring_walk(const unsigned char *bytes, uint32_t begin, uint32_t left, uint32_t size, pk_log_sink_fn writer,
                               void *user, pk_log_ring_counts *counts) {
    uint32_t at = begin >= size ? begin - size : begin, n, word;
    pk_status status = PK_OK, written;
    bool lost = false;
    for (; left > 0; left -= n) {
        n = pk__ring_record(bytes, at, size, left, &word);
        if (n == 0) {
            if (!lost) counts->damaged++;
            lost = true;
            status = PK_CORRUPT;
            n = 4;
        } else {
            lost = false;
            if (word != PK__RING_FILL) {
                counts->lines++;
                if (writer) {
                    written = writer(user, (int)(word >> 16 & 0xFFu), (const char *)bytes + at + 8, word & 0xFFFFu);
                    if (written != PK_OK) return written;
                }
            }
        }
        at += n;
        if (at >= size) at = 0;
    }
    return status;
}
PK_API pk_status pk_log_ring_dump(pk_log *log, pk_log_ring *ring, pk_log_sink_fn writer, void *user) {
    pk_log_ring_counts counts;
    pk_status status = PK_CORRUPT;
    uint32_t begin, end;
    PERFKIT_ASSERT(ring != NULL && writer != NULL);
    if (ring->head == NULL) return PK_CLOSED;
    if (log) pk__log_lock(log);
    begin = pk__load32(&ring->head->begin);
    end = pk__load32(&ring->head->end);
    pk__clear(&counts, sizeof counts);
    if (pk__ring_indices(begin, end, ring->size))
        status = pk__ring_walk(pk__ring_bytes(ring->head), begin, pk__ring_used(begin, end, ring->size), ring->size, writer, user, &counts);
    if (log) pk__log_unlock(log);
    return status;
}

/* Where a record of n bytes may stand, after the oldest made room; false: the ring was spoilt. */
static bool pk__ring_room(pk_log_ring *ring, uint32_t n, uint32_t *place) {
    pk_log_ring_head *head = ring->head;
    unsigned char *bytes = pk__ring_bytes(head);
    const uint32_t size = ring->size;
    uint32_t begin = head->begin, end = head->end, at = end >= size ? end - size : end, fill, used, gone = 0, step, word;
    if (!pk__ring_indices(begin, end, size)) return false;
    fill = size - at < n ? size - at : 0;
    used = pk__ring_used(begin, end, size);
    while (used + fill + n > size) {
        uint32_t oldest = begin >= size ? begin - size : begin;
        if (used == 0) return false;
        word = pk__ring_word(bytes + oldest);
        step = word == PK__RING_FILL ? size - oldest : PK__RING_RECORD(word & 0xFFFFu);
        if (step > used) return false;
        if (word != PK__RING_FILL) gone++;
        begin = pk__ring_step(begin, step, size);
        used -= step;
    }
    if (begin != head->begin) {
        pk__store32(&head->begin, begin);
        pk__store32(&head->overwritten, head->overwritten + gone);
    }
    PK__IN_ORDER();
    if (fill) {
        word = PK__RING_FILL;
        memcpy(bytes + at, &word, 4);
        PK__IN_ORDER();
        pk__store32(&head->end, pk__ring_step(end, fill, size));
        at = 0;
    }
    *place = at;
    return true;
}
PK_API pk_status pk_log_to_ring(void *user, int level, const char *text, size_t length) {
    pk_log_ring *ring = (pk_log_ring *)user;
    uint32_t n = PK__RING_RECORD(length), at, word;
    unsigned char *p;
    pk_status status;
    if (ring->head == NULL) return PK_CLOSED;
    if (pk__log_is_forked(ring->process)) return PK_FORKED;
    if (length == 0) return PK_OK;
    if (n > ring->size || length > 0xFFFFu) return PK_TOO_BIG;
    if (!pk__ring_room(ring, n, &at)) {
        pk__store32(&ring->head->end, 0);
        pk__store32(&ring->head->begin, 0);
        return PK_CORRUPT;
    }
    p = pk__ring_bytes(ring->head) + at;
    word = (uint32_t)length | (uint32_t)level << 16 | 0xA5000000u;
    memset(p + n - 4, 0, 4);
    memcpy(p + 8, text, length);
    memcpy(p, &word, 4);
    word = pk__ring_check(word, at, p + 8, n - 8);
    memcpy(p + 4, &word, 4);
    PK__IN_ORDER();
    pk__store32(&ring->head->end, pk__ring_step(ring->head->end, n, ring->size));
    if (ring->dump_fn == NULL || level > (int)ring->dump_level) return PK_OK;
#if PERFKIT_LOG_CRASH
    if (PK__CRASHED_HERE() && ring->dump_fn != pk_log_to_stderr && ring->dump_fn != pk_log_to_fd) return PK_OK;
#endif
    status = pk_log_ring_dump(NULL, ring, ring->dump_fn, ring->dump_user);
    if (status == PK_OK) pk__store32(&ring->head->begin, ring->head->end);
    return status == PK_CORRUPT ? PK_IO : status;
}
PK_API pk_status pk_log_ring_read(const void *memory, size_t size, uint32_t build, bool salvage, pk_log_sink_fn writer, void *user,
                                  pk_log_ring_counts *counts) {
    pk_log_ring_head head;
    pk_log_ring_counts own;
    const unsigned char *bytes;
    pk_status status = PK_OK;
    uint32_t begin, used;
    bool sound;
    if (counts == NULL) counts = &own;
    pk__clear(counts, sizeof *counts);
    if (memory == NULL || size < sizeof head + 4) return PK_MISMATCH;
    bytes = (const unsigned char *)memory + sizeof head;
    memcpy(&head, memory, sizeof head);
    if (head.magic != PK__RING_MAGIC || head.layout != PK__RING_LAYOUT || head.bytes != sizeof head) return PK_MISMATCH;
    sound = head.check == pk__ring_head_check(&head);
    if (sound && build != 0 && head.build != build) return PK_MISMATCH;
    size -= sizeof head;
    if (PK__LOG_TOO_LARGE(size)) return PK_MISMATCH;
    sound = sound && head.size <= size && head.size >= 4 && head.size % 4 == 0 && pk__ring_indices(head.begin, head.end, head.size);
    begin = sound ? head.begin : 0;
    used = sound ? pk__ring_used(head.begin, head.end, head.size) : (uint32_t)size & ~(uint32_t)3;
    if (!sound) head.size = used; /* look everywhere */
    else counts->overwritten = head.overwritten;
    if (!salvage) {
        if (sound) status = pk__ring_walk(bytes, begin, used, head.size, NULL, NULL, counts);
        if (!sound || status != PK_OK) {
            counts->lines = 0;
            counts->damaged += !sound;
            return PK_CORRUPT;
        }
        counts->lines = 0;
    }
    status = pk__ring_walk(bytes, begin, used, head.size, writer, user, counts);
    return status == PK_CORRUPT ? PK_OK : status;
}
#if PERFKIT_STDIO && PERFKIT_HOSTED && !defined _WIN32
static void *pk__ring_map(int fd, size_t size, int access) {
    void *memory = mmap(NULL, size, access, MAP_SHARED, fd, 0);
    return memory == MAP_FAILED ? NULL : memory;
}
/* Whether a crash may have left it: a ring, or zeros that were to be one. */
static bool pk__ring_left(const char *path) {
    struct stat about;
    uint32_t magic = 0;
    int fd;
    bool left;
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode)) return false;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    left = read(fd, &magic, sizeof magic) >= 0 && (magic == 0 || magic == PK__RING_MAGIC);
    (void)close(fd);
    return left;
}
PK_API pk_status pk_log_ring_open(pk_log_ring *ring, const char *path, const pk_log_ring_desc *desc) {
    static const char zeros[512] = {0};
    char fresh[PK__FILE_PATH + 5]; /* until it is whole: the lines of an earlier run stay where this fails */
    pk_log_ring_desc mapped = *desc;
    size_t left;
    pk_status status;
    int fd;
    PERFKIT_ASSERT(ring != NULL && path != NULL);
    pk__clear(ring, sizeof *ring);
    mapped.size = left = desc->size & ~(size_t)3;
    if (pk__ring_refused(&mapped) != PK_OK) return pk__ring_refused(&mapped);
    if (strlen(path) >= PK__FILE_PATH) return PK_TOO_BIG;
    pk_format(fresh, sizeof fresh, "%s.new", path);
    fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST && pk__ring_left(fresh) && remove(fresh) == 0)
        fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return PK_IO;
    for (; left > 0; left -= left < sizeof zeros ? left : sizeof zeros) /* written, not only made long: a full disk is told now */
        if (pk__log_write(fd, zeros, left < sizeof zeros ? left : sizeof zeros) == 0) break;
    mapped.memory = left == 0 ? pk__ring_map(fd, mapped.size, PROT_READ | PROT_WRITE) : NULL;
    (void)close(fd);
    status = mapped.memory ? pk_log_ring_init(ring, &mapped) : PK_IO;
    ring->shared = true;
    if (status == PK_OK && rename(fresh, path) != 0) {
        pk_log_ring_close(ring);
        status = PK_IO;
    }
    if (status != PK_OK) (void)remove(fresh);
    return status;
}
PK_API void pk_log_ring_close(pk_log_ring *ring) {
    PERFKIT_ASSERT(ring != NULL);
    if (ring->head) (void)munmap((void *)ring->head, ring->size + sizeof *ring->head);
    ring->head = NULL;
}
PK_API pk_status pk_log_ring_read_file(const char *path, uint32_t build, bool salvage, pk_log_sink_fn writer, void *user,
                                       pk_log_ring_counts *counts) {
    struct stat about;
    void *memory = NULL;
    pk_status status = PK_MISMATCH;
    int fd;
    if (counts) pk__clear(counts, sizeof *counts);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return PK_IO;
    if (fstat(fd, &about) != 0) status = PK_IO;
    else if (about.st_size >= (off_t)sizeof(pk_log_ring_head)) {
        memory = pk__ring_map(fd, (size_t)about.st_size, PROT_READ);
        status = memory ? pk_log_ring_read(memory, (size_t)about.st_size, build, salvage, writer, user, counts) : PK_IO;
        if (memory) (void)munmap(memory, (size_t)about.st_size);
    }
    (void)close(fd);
    return status;
}
#endif
#endif
#if PERFKIT_LOG_ROTATE
/* ---- Files that rotate ---- */

static int pk__file_make(const char *path, bool fresh) { /* fresh: or nothing */
#ifdef _WIN32
    return _open(path, _O_WRONLY | _O_CREAT | _O_APPEND | _O_BINARY | (fresh ? _O_EXCL : 0), _S_IREAD | _S_IWRITE);
#else
    int fd;
    do fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (fresh ? O_EXCL : 0), 0644);
    while (fd < 0 && errno == EINTR);
    return fd;
#endif
}
static bool pk__file_empty(const char *path) {
#ifdef _WIN32
    struct _stat about;
    return _stat(path, &about) == 0 && (about.st_mode & _S_IFREG) && about.st_size == 0;
#else
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode) && about.st_size == 0;
#endif
}
static void pk__file_shut(int fd) {
#ifdef _WIN32
    (void)_close(fd);
#else
    (void)close(fd);
#endif
}
static bool pk__file_rename(const char *from, const char *to) {
#ifdef _WIN32 /* does not replace a file */
    if (_access(from, 0) == 0) (void)remove(to);
#endif
    return rename(from, to) == 0 || errno == ENOENT;
}
static uint32_t pk__file_now(const pk_log_file *f) {
    uint16_t ms;
    return f->period_s ? f->wall(f->wall_user, &ms) : 0;
}
static uint32_t pk__file_period(const pk_log_file *f, uint32_t seconds) { return f->period_s ? seconds / f->period_s : 0; }
/* path.number; 0: path */
static void pk__file_name(const pk_log_file *f, char *name, uint32_t number) {
    if (number == 0) pk_format(name, PK__FILE_PATH + 5, "%s", f->path);
    else pk_format(name, PK__FILE_PATH + 5, "%s.%u", f->path, (unsigned)number);
}
static bool pk__file_shift(const pk_log_file *f) {
    char from[PK__FILE_PATH + 5], to[PK__FILE_PATH + 5];
    uint32_t n = f->keep;
    pk__file_name(f, to, n);
    while (n-- > 0) {
        pk__file_name(f, from, n);
        if (!pk__file_rename(from, to)) return false; /* or an older one would be overwritten */
        memcpy(to, from, sizeof to);
    }
    return true;
}
static pk_status pk__file_change(pk_log_file *f) {
    char fresh[PK__FILE_PATH + 5], newest[PK__FILE_PATH + 5];
    const uint32_t now = pk__file_now(f);
    bool done = false;
    int fd;
    pk_format(fresh, sizeof fresh, "%s.new", f->path);
    pk__file_name(f, newest, 1);
    fd = pk__file_make(fresh, true); /* before a name changes: or each vain try would push the oldest file out */
    if (fd < 0 && errno == EEXIST && pk__file_empty(fresh) && remove(fresh) == 0) fd = pk__file_make(fresh, true); /* a crash left it */
#ifdef _WIN32 /* an open file keeps its name */
    if (fd >= 0) {
        pk__file_shut(fd);
        pk__file_shut(f->fd);
        f->fd = -1;
    }
#endif
    if (fd >= 0) {
        bool shifted = pk__file_shift(f);
        done = shifted && rename(fresh, f->path) == 0;
        if (shifted && !done) (void)rename(newest, f->path);
        if (!done) (void)remove(fresh);
    }
#ifdef _WIN32
    if (f->fd < 0) f->fd = pk__file_make(f->path, false);
#else
    if (fd >= 0) pk__file_shut(done ? f->fd : fd);
    if (done) f->fd = fd;
#endif
    if (!done) {
        f->failed_at = now;
        if (f->max_bytes) f->limit = f->bytes + f->max_bytes / 4 + 1;
        pk__count_up(&f->not_rotated);
        return PK_IO;
    }
    f->period = pk__file_period(f, now);
    pk__count_up(&f->rotations);
    f->bytes = 0;
    f->limit = f->max_bytes;
    return PK_OK;
}
PK_API pk_status pk_log_file_rotate(pk_log_file *file) {
    pk_log_buffer *b = &file->buffer;
    pk_status status;
    PERFKIT_ASSERT(file != NULL);
    if (file->fd < 0) return PK_CLOSED;
    if (pk__log_is_forked(b->forks)) return PK_FORKED;
    if (b->memory) (void)pk__buffer_flush(b);
    status = pk__file_change(file);
    if (status == PK_OK && b->memory) b->begin = pk__buffer_line(b); /* a line half out in the old file: whole in the new one */
    return status;
}

static size_t pk__file_write(void *user, const char *bytes, size_t n) {
    pk_log_file *f = (pk_log_file *)user;
    size_t taken = pk__log_write(f->fd, bytes, n);
    f->bytes += taken;
    return taken;
}
/* Rotate before a line of so many bytes, where it is time; never an empty file, or a full disk would push all old ones out. */
static void pk__file_turn(pk_log_file *f, size_t length) {
    uint64_t bytes = f->bytes + (f->buffer.memory ? pk_log_buffer_held(&f->buffer) : 0);
    uint32_t now = pk__file_now(f), period = pk__file_period(f, now);
    if ((period == f->period || now - f->failed_at < 60) && (f->limit == 0 || bytes + length <= f->limit)) return;
    if (f->bytes == 0 && bytes != 0) (void)pk__buffer_flush(&f->buffer);
    if (f->bytes != 0) (void)pk_log_file_rotate(f);
    else f->period = period;
}
PK_API pk_status pk_log_to_rotating(void *user, int level, const char *text, size_t length) {
    pk_log_file *f = (pk_log_file *)user;
    size_t taken;
    if (f->fd < 0) return PK_CLOSED;
    if (pk__log_is_forked(f->buffer.forks)) return PK_FORKED;
    if (length != 0) pk__file_turn(f, length);
    if (f->buffer.memory) return pk_log_to_buffer(&f->buffer, level, text, length);
    taken = pk__file_write(f, text, length);
    return taken == length ? PK_OK : taken == 0 ? PK_IO : PK_CORRUPT;
}

PK_API pk_status pk_log_file_open(pk_log_file *file, const pk_log_file_desc *desc) {
    pk_log_buffer_desc buffer;
    pk_status status;
    PERFKIT_ASSERT(file != NULL && desc != NULL);
    pk__clear(file, sizeof *file);
    file->fd = -1;
    if (desc->path == NULL || desc->keep > 999) return PK_INVALID;
    if (strlen(desc->path) >= PK__FILE_PATH) return PK_TOO_BIG;
    if (desc->buffer) {
        pk__clear(&buffer, sizeof buffer);
        buffer.memory = desc->buffer;
        buffer.size = desc->buffer_size;
        buffer.flush_level = desc->flush_level;
        buffer.write_fn = pk__file_write;
        buffer.user = file;
        status = pk_log_buffer_init(&file->buffer, &buffer);
        if (status != PK_OK) return status;
    }
    file->buffer.forks = pk__log_this_process();
    file->path = desc->path;
    file->max_bytes = file->limit = desc->max_bytes;
    file->period_s = desc->period_s;
    file->keep = desc->keep ? desc->keep : 5;
    file->wall = desc->wall ? desc->wall : pk__wall;
    file->wall_user = desc->user;
    file->fd = pk__file_make(file->path, false);
    if (file->fd < 0) return PK_IO;
    file->period = pk__file_period(file, pk__file_now(file));
#ifndef _WIN32
    {
        struct stat about;
        if (fstat(file->fd, &about) == 0 && about.st_size > 0) { /* of an older period: its first line rotates */
            file->bytes = (uint64_t)about.st_size;
            if (desc->wall == NULL) file->period = pk__file_period(file, (uint32_t)about.st_mtime);
        }
    }
#else
    if (_lseeki64(file->fd, 0, SEEK_END) > 0) file->bytes = (uint64_t)_lseeki64(file->fd, 0, SEEK_END);
#endif
    return PK_OK;
}
PK_API pk_status pk_log_file_close(pk_log_file *file) {
    pk_status status = PK_OK;
    PERFKIT_ASSERT(file != NULL);
    if (file->fd < 0) return PK_OK;
    if (file->buffer.memory) status = pk__buffer_flush(&file->buffer);
    pk__file_shut(file->fd);
    file->fd = -1;
    return status;
}
#endif
#if PERFKIT_PERF
/* ---- Histogram ---- */

/* Whether the thread that owns a place records without atomic additions, others with them; else the channel's lock serves. */
#define PK__PERF_LOCKFREE (PERFKIT_HOSTED && PK__WORD_ATOMICS && PK__HAS_TLS && !PK__HAS_CRITICAL)
#if PK__PERF_LOCKFREE /* one writer, but readers in other threads */
#define PK__PEEK(p) __atomic_load_n(p, __ATOMIC_RELAXED)
#define PK__POKE(p, v) __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define pk__hist_up(count) PK__POKE(count, PK__PEEK(count) + 1)
#define PK__SET_TARGET(site, to) __atomic_store_n(&(site)->target, to, __ATOMIC_RELEASE)
#else
#define PK__PEEK(p) (*(p))
#define PK__POKE(p, v) ((void)(*(p) = (v)))
#define pk__hist_up(count) pk__count_up(count)
#define PK__SET_TARGET(site, to) ((void)((site)->target = (to)))
#endif
#if PK__FULL /* a record is one function */
#define PK__HIST_PART PK__HOT_INLINE
#else
#define PK__HIST_PART static PK__OUT_OF_LINE
#endif
static PK__OUT_OF_LINE unsigned pk__hist_buckets(const pk_histogram *h) {
    return (unsigned)PK_HIST_BUCKETS(h->sub_bits, h->max_bits);
}

/* A value keeps its sub_bits + 1 leading bits; how many it loses says which power of two it is in. Behind the last bucket for
   values of 2^max_bits and more. */
#if PK__FULL
PK__HOT_INLINE
#else
static
#endif
unsigned pk__hist_bucket(const pk_histogram *h, pk_ticks value) {
#if PERFKIT_HOSTED && (defined __GNUC__ || defined __clang__)
    unsigned lost = 63u - h->sub_bits - (unsigned)__builtin_clzll(value | (pk_ticks)1 << h->sub_bits);
    return (lost << h->sub_bits) + (unsigned)(value >> lost);
#elif defined __ARM_FEATURE_CLZ
    unsigned lost = 0;
    if (value >> h->sub_bits > 1) lost = (unsigned)(31 - __builtin_clzl(value) - h->sub_bits);
    return (lost << h->sub_bits) + (unsigned)(value >> lost);
#else
    unsigned each = 1u << h->sub_bits, bucket = 0;
    for (; value >= 2 * each; value >>= 1) bucket += each;
    return bucket + (unsigned)value;
#endif
}

static PK__OUT_OF_LINE uint32_t pk__hist_get(const pk_histogram *h, unsigned bucket) {
    if (h->counter_bytes == 2) return PK__PEEK((const uint16_t *)h->counters + bucket);
    return PK__PEEK((const uint32_t *)h->counters + bucket);
}
PK__HIST_PART void pk__hist_add(pk_histogram *h, unsigned bucket, uint32_t n) { /* n fits a counter */
    if (h->counter_bytes == 2) {
        uint16_t *counter = (uint16_t *)h->counters + bucket, more = (uint16_t)n, sum = (uint16_t)(PK__PEEK(counter) + more);
        PK__POKE(counter, sum);
        if (PK__LIKELY(sum >= more)) return;
        PK__POKE(counter, (uint16_t)0xFFFFu);
    } else {
        uint32_t *counter = (uint32_t *)h->counters + bucket, sum = PK__PEEK(counter) + n;
        PK__POKE(counter, sum);
        if (PK__LIKELY(sum >= n)) return;
        PK__POKE(counter, 0xFFFFFFFFu);
    }
    PK__POKE(&h->saturated, (uint8_t)1);
}
#if PERFKIT_HOSTED
PK__HIST_PART void pk__hist_range(pk_histogram *h, pk_ticks value) {
    if ((pk_ticks)~value > PK__PEEK(&h->not_min)) PK__POKE(&h->not_min, (pk_ticks)~value);
    if (value > PK__PEEK(&h->max)) PK__POKE(&h->max, value);
}
static void pk__hist_sum(pk_histogram *h, uint64_t value) { PK__POKE(&h->sum, PK__PEEK(&h->sum) + value); }
#else
static PK__OUT_OF_LINE void pk__hist_range(pk_histogram *h, pk_ticks value) {
    if (h->count == 0 || value < h->min) h->min = value;
    if (value > h->max) h->max = value;
}
static PK__OUT_OF_LINE void pk__hist_sum(pk_histogram *h, uint32_t low) {
    h->sum_low += low;
    if (h->sum_low < low) h->sum_high++;
}
#endif
#if PK__FULL
PK__HOT_INLINE
#else
static
#endif
void pk__hist_count(pk_histogram *h, unsigned bucket, pk_ticks value) {
    if (h->counters) {
#if PK__FULL
        if (PK__UNLIKELY(value >> (h->max_bits - 1) > 1)) {
            bucket = pk__hist_buckets(h) - 1;
            pk__hist_up(&h->over);
        }
#else
        unsigned end = pk__hist_buckets(h);
        if (PK__UNLIKELY(bucket >= end)) {
            bucket = end - 1;
            pk__hist_up(&h->over);
        }
#endif
        pk__hist_add(h, bucket, 1);
    }
    pk__hist_range(h, value);
    pk__hist_sum(h, value);
    pk__hist_up(&h->count);
}
#if PK__PERF_LOCKFREE
#define PK__HIST_USUAL 1
typedef uint32_t __attribute__((__may_alias__)) pk__four_bytes;
PK__STATIC_ASSERT(hist_shape, offsetof(pk_histogram, max_bits) == offsetof(pk_histogram, saturated) + 3 &&
                                  offsetof(pk_histogram, saturated) % 4 == 0);
/* One comparison tells a histogram of the build's own shape, none of whose counters is full: there all shifts but one are constant. */
PK__HOT_INLINE bool pk__hist_count_usual(pk_histogram *h, pk_ticks value) {
    static const uint8_t usual[4] = {0, 4, PERFKIT_PERF_SUB_BITS, PERFKIT_PERF_MAX_BITS};
    uint32_t shape, *counter, sum;
    unsigned lost;
    memcpy(&shape, usual, 4);
    if (PK__UNLIKELY(__atomic_load_n((const pk__four_bytes *)(const void *)&h->saturated, __ATOMIC_RELAXED) != shape)) return false;
    if (PK__UNLIKELY(value >> (PERFKIT_PERF_MAX_BITS - 1) > 1)) return false;
    lost = 63u - PERFKIT_PERF_SUB_BITS - (unsigned)__builtin_clzll(value | (pk_ticks)1 << PERFKIT_PERF_SUB_BITS);
    counter = (uint32_t *)h->counters + ((lost << PERFKIT_PERF_SUB_BITS) + (unsigned)(value >> lost));
    sum = PK__PEEK(counter) + 1;
    if (PK__UNLIKELY(sum == 0)) return false;
    PK__POKE(counter, sum);
    pk__hist_range(h, value);
    pk__hist_sum(h, value);
    pk__hist_up(&h->count);
    return true;
}
#else
#define PK__HIST_USUAL 0
#endif
PK_API void pk_hist_record(pk_histogram *h, pk_ticks value) {
    PERFKIT_ASSERT(h != NULL && h->counters != NULL);
#if PK__HIST_USUAL
    if (PK__LIKELY(pk__hist_count_usual(h, value))) return;
#endif
    pk__hist_count(h, pk__hist_bucket(h, value), value);
}
#if PK__WORD_ATOMICS
static void pk__atomic_raise(pk_ticks *greatest, pk_ticks value) { /* each further turn: another thread has raised it */
    pk_ticks was = __atomic_load_n(greatest, __ATOMIC_RELAXED);
    while (value > was && !__atomic_compare_exchange_n(greatest, &was, value, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}
#define PK__ATOMIC_ADD(p, n) __atomic_fetch_add(p, n, __ATOMIC_RELAXED)
static void pk__atomic_add_bucket(pk_histogram *h, unsigned bucket) {
    if (h->counter_bytes == 2) {
        uint16_t *counter = (uint16_t *)h->counters + bucket;
        if (PK__LIKELY(PK__ATOMIC_ADD(counter, 1) != 0xFFFFu)) return;
        __atomic_store_n(counter, 0xFFFFu, __ATOMIC_RELAXED);
    } else {
        uint32_t *counter = (uint32_t *)h->counters + bucket;
        if (PK__LIKELY(PK__ATOMIC_ADD(counter, 1) != 0xFFFFFFFFu)) return;
        __atomic_store_n(counter, 0xFFFFFFFFu, __ATOMIC_RELAXED);
    }
    __atomic_store_n(&h->saturated, 1, __ATOMIC_RELAXED);
}
static void pk__hist_count_atomic(pk_histogram *h, pk_ticks value) {
    if (h->counters) {
        unsigned bucket = pk__hist_bucket(h, value), end = pk__hist_buckets(h);
        if (PK__UNLIKELY(bucket >= end)) {
            bucket = end - 1;
            PK__ATOMIC_ADD(&h->over, 1);
        }
        pk__atomic_add_bucket(h, bucket);
    }
    pk__atomic_raise(&h->not_min, (pk_ticks)~value);
    pk__atomic_raise(&h->max, value);
    PK__ATOMIC_ADD(&h->sum, value);
    PK__ATOMIC_ADD(&h->count, 1);
}
#endif
#if PK__WORD_ATOMICS || PK__HAS_CRITICAL
PK_API void pk_hist_record_atomic(pk_histogram *h, pk_ticks value) {
    PERFKIT_ASSERT(h != NULL && h->counters != NULL);
#if PK__HAS_CRITICAL
    {
        unsigned bucket = pk__hist_bucket(h, value);
        PK__CRITICAL_ENTER(state);
        pk__hist_count(h, bucket, value);
        PK__CRITICAL_EXIT(state);
    }
#else
    pk__hist_count_atomic(h, value);
#endif
}
#endif

/* The middle of a bucket. */
static pk_ticks pk__hist_middle(const pk_histogram *h, unsigned bucket) {
    unsigned each = 1u << h->sub_bits;
    uint_fast8_t lost = 0;
    for (; bucket >= 2 * each; bucket -= each) lost++;
    return lost == 0 ? bucket : (pk_ticks)(2 * bucket + 1) << (lost - 1);
}
/* count * percent_100 / 10000, rounded up. */
static pk_count pk__hist_rank(pk_count count, unsigned percent_100) {
#if PERFKIT_HOSTED
    return count / 10000u * percent_100 + (count % 10000u * percent_100 + 9999u) / 10000u;
#else
    unsigned rest = 0; /* below 3 * 10000 */
    uint_fast8_t i;
    for (i = 32; i > 0; i--) { /* bit by bit, the rank behind what is left of the count: a helper for division is large */
        rest <<= 1;
        if (count >> 31) rest += percent_100;
        count <<= 1;
        for (; rest >= 10000u; count++) rest -= 10000u;
    }
    return rest > 0 ? count + 1 : count;
#endif
}
#if PERFKIT_HOSTED
typedef struct pk__walk { /* from bucket to bucket, over one histogram or the two of a place */
    const pk_histogram *a, *b; /* b may be NULL */
    pk_ticks min, max;
    pk_count count, passed; /* values in all, and in the buckets before `bucket` */
    unsigned bucket, end;
} pk__walk;

static void pk__walk_start(pk__walk *w, const pk_histogram *a, const pk_histogram *b) {
    pk_ticks not_min = PK__PEEK(&a->not_min);
    w->a = a;
    w->b = NULL;
    w->max = PK__PEEK(&a->max);
    w->count = PK__PEEK(&a->count);
    w->passed = 0;
    w->end = pk__hist_buckets(a);
    if (b && PK__PEEK(&b->count) != 0) {
        w->b = b;
        w->count += PK__PEEK(&b->count);
        if (PK__PEEK(&b->not_min) > not_min) not_min = PK__PEEK(&b->not_min);
        if (PK__PEEK(&b->max) > w->max) w->max = PK__PEEK(&b->max);
    }
    w->min = w->count ? (pk_ticks)~not_min : 0;
    w->bucket = pk__hist_bucket(a, w->min); /* the first that can hold any */
    if (PK__PEEK(&a->over) || (w->b && PK__PEEK(&w->b->over))) w->end--; /* it has no middle */
}
static uint32_t pk__walk_get(const pk__walk *w) {
    return pk__hist_get(w->a, w->bucket) + (w->b ? pk__hist_get(w->b, w->bucket) : 0);
}
/* Go on to the bucket of this rank; ranks ascend. Eight buckets at a time where they are of one table of 32 bits. */
static pk_ticks pk__walk_to(pk__walk *w, pk_count rank) {
    pk_ticks value;
    if (w->b == NULL && w->a->counter_bytes == 4) {
        const uint32_t *c = (const uint32_t *)w->a->counters + w->bucket;
        for (; w->bucket + 8 <= w->end; w->bucket += 8, c += 8) {
            uint64_t some = (uint64_t)PK__PEEK(c) + PK__PEEK(c + 1) + PK__PEEK(c + 2) + PK__PEEK(c + 3);
            some += (uint64_t)PK__PEEK(c + 4) + PK__PEEK(c + 5) + PK__PEEK(c + 6) + PK__PEEK(c + 7);
            if (w->passed + some >= rank) break;
            w->passed += some;
        }
    }
    for (; w->bucket < w->end; w->bucket++) {
        uint32_t n = pk__walk_get(w);
        if (w->passed + n >= rank) {
            value = pk__hist_middle(w->a, w->bucket);
            return value < w->min ? w->min : value > w->max ? w->max : value;
        }
        w->passed += n;
    }
    return w->max;
}
static void pk__percentiles(const pk_histogram *a, const pk_histogram *b, const uint16_t *percents_100, pk_ticks *values, unsigned count) {
    pk__walk w;
    unsigned i;
    pk__walk_start(&w, a, b);
    for (i = 0; i < count; i++) {
        pk_count rank = pk__hist_rank(w.count, percents_100[i]);
        values[i] = percents_100[i] >= 10000u ? w.max : rank <= 1 ? w.min : pk__walk_to(&w, rank);
    }
}
PK_API void pk_hist_percentiles(const pk_histogram *h, const uint16_t *percents_100, pk_ticks *values, unsigned count) {
    PERFKIT_ASSERT(h != NULL && h->counters != NULL);
    pk__percentiles(h, NULL, percents_100, values, count);
}
PK_API pk_ticks pk_hist_percentile(const pk_histogram *h, unsigned percent_100) {
    uint16_t percent = (uint16_t)(percent_100 > 10000u ? 10000u : percent_100);
    pk_ticks value;
    pk_hist_percentiles(h, &percent, &value, 1);
    return value;
}
#else
PK_API pk_ticks pk_hist_percentile(const pk_histogram *h, unsigned percent_100) {
    pk_count rank, n;
    pk_ticks value;
    unsigned bucket, end;
    PERFKIT_ASSERT(h != NULL && h->counters != NULL);
    if (percent_100 >= 10000u) return h->max;
    rank = pk__hist_rank(h->count, percent_100);
    if (rank <= 1) return h->min;
    end = pk__hist_buckets(h);
    if (h->over != 0) end--; /* the bucket that also holds larger values has no middle */
    for (bucket = 0; bucket < end; bucket++) {
        n = pk__hist_get(h, bucket);
        if (n >= rank) {
            value = pk__hist_middle(h, bucket);
            if (value < h->min) return h->min;
            if (value > h->max) break;
            return value;
        }
        rank -= n;
    }
    return h->max;
}
PK_API void pk_hist_percentiles(const pk_histogram *h, const uint16_t *percents_100, pk_ticks *values, unsigned count) {
    for (; count > 0; count--) *values++ = pk_hist_percentile(h, *percents_100++);
}
#endif

PK_API pk_status pk_hist_merge(pk_histogram *into, const pk_histogram *from) {
    unsigned bucket, end;
    PERFKIT_ASSERT(into != NULL && from != NULL && into->counters != NULL && from->counters != NULL);
    if (into->sub_bits != from->sub_bits || into->max_bits != from->max_bits) return PK_INVALID;
    if (from->count == 0) return PK_OK;
    end = pk__hist_buckets(into);
    for (bucket = 0; bucket < end; bucket++) {
        uint32_t n = pk__hist_get(from, bucket);
#if PERFKIT_HOSTED
        if (into->counter_bytes == 2 && n > 0xFFFFu) { /* from 32 bits */
            n = 0xFFFFu;
            into->saturated = 1;
        }
#endif
        pk__hist_add(into, bucket, n);
    }
    pk__hist_range(into, from->max);
    pk__hist_range(into, pk_hist_min(from));
#if PERFKIT_HOSTED
    into->sum += from->sum;
#else
    pk__hist_sum(into, from->sum_low);
    into->sum_high += from->sum_high;
#endif
    into->count += from->count;
    into->over += from->over;
    into->saturated |= from->saturated;
    return PK_OK;
}

static void pk__hist_put(pk_histogram *h, unsigned bucket, uint32_t n) {
    if (h->counter_bytes == 2) ((uint16_t *)h->counters)[bucket] = (uint16_t)n;
    else ((uint32_t *)h->counters)[bucket] = n;
}
/* The least value of a bucket. */
static pk_ticks pk__hist_start(const pk_histogram *h, unsigned bucket) {
    unsigned each = 1u << h->sub_bits;
    uint_fast8_t lost = 0;
    for (; bucket >= 2 * each; bucket -= each) lost++;
    return (pk_ticks)bucket << lost;
}
/* The ends of what the buckets hold, within the exact ends known so far; called with at least one value. */
static void pk__hist_narrow(pk_histogram *h) {
    unsigned first = 0, last = pk__hist_buckets(h) - 1;
    pk_ticks edge;
    while (first < last && pk__hist_get(h, first) == 0) first++;
    while (last > first && pk__hist_get(h, last) == 0) last--;
    edge = pk__hist_start(h, first);
#if PERFKIT_HOSTED
    if (edge > pk_hist_min(h)) h->not_min = (pk_ticks)~edge;
#else
    if (edge > h->min) h->min = edge;
#endif
    if (h->over != 0) return;
    edge = (pk_ticks)(pk__hist_start(h, last + 1) - 1);
    if (edge < h->max) h->max = edge;
}
PK_API pk_status pk_hist_subtract(pk_histogram *into, const pk_histogram *from) {
    unsigned bucket, end;
    PERFKIT_ASSERT(into != NULL && from != NULL && into->counters != NULL && from->counters != NULL);
    if (into->sub_bits != from->sub_bits || into->max_bits != from->max_bits) return PK_INVALID;
    if (from->count > into->count || from->over > into->over) return PK_INVALID;
    end = pk__hist_buckets(into);
    for (bucket = 0; bucket < end; bucket++)
        if (pk__hist_get(from, bucket) > pk__hist_get(into, bucket)) return PK_INVALID;
    for (bucket = 0; bucket < end; bucket++)
        pk__hist_put(into, bucket, pk__hist_get(into, bucket) - pk__hist_get(from, bucket));
    into->count -= from->count;
    into->over -= from->over;
#if PERFKIT_HOSTED
    into->sum -= from->sum;
#else
    into->sum_high -= from->sum_high + (into->sum_low < from->sum_low);
    into->sum_low -= from->sum_low;
#endif
    if (into->count != 0) pk__hist_narrow(into);
    else {
#if PERFKIT_HOSTED
        into->not_min = 0;
#else
        into->min = 0;
#endif
        into->max = 0;
    }
    return PK_OK;
}

PK_API void pk_hist_reset(pk_histogram *h) {
    PERFKIT_ASSERT(h != NULL);
#if PK__PERF_LOCKFREE /* a place's may be recorded into meanwhile */
    {
        unsigned bucket, end = h->counters ? pk__hist_buckets(h) : 0;
        for (bucket = 0; bucket < end; bucket++) {
            if (h->counter_bytes == 2) PK__POKE((uint16_t *)h->counters + bucket, 0);
            else PK__POKE((uint32_t *)h->counters + bucket, 0);
        }
        PK__POKE(&h->sum, 0);
        PK__POKE(&h->not_min, 0);
        PK__POKE(&h->max, 0);
        PK__POKE(&h->count, 0);
        PK__POKE(&h->over, 0);
        PK__POKE(&h->saturated, 0);
    }
#else
    if (!PK__FULL || h->counters) pk__clear(h->counters, (size_t)pk__hist_buckets(h) * h->counter_bytes); /* no counters: of 0 bytes */
    pk__clear((char *)h + sizeof h->counters, offsetof(pk_histogram, counter_bytes) - sizeof h->counters);
#endif
}

/* ---- Ticks: the CPU's own counter where it is steady, else what the prelude has ---- */

#if !defined PERFKIT_TICKS && PERFKIT_PERF_RAW && PERFKIT_HOSTED && PERFKIT_ATOMICS && \
    (defined __GNUC__ || defined __clang__) && (defined __x86_64__ || defined __aarch64__) && defined CLOCK_MONOTONIC
#define PK__PERF_RAW 1
#ifdef __x86_64__ /* the time stamp counter, not held back until earlier instructions are done */
static inline pk_ticks pk__raw_ticks(void) {
    uint32_t low, high;
    __asm__ __volatile__("rdtsc" : "=a"(low), "=d"(high));
    return (pk_ticks)high << 32 | low;
}
/* Whether it runs at one rate in all states of the CPU: leaf 0x80000007, bit 8 of EDX (Intel SDM 3B, "Invariant TSC"; AMD's APM
   says the same). */
static PK__COLD bool pk__raw_steady(void) {
    uint32_t a = 0x80000000u, b, c = 0, d;
    __asm__ __volatile__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    if (a < 0x80000007u) return false;
    a = 0x80000007u;
    c = 0;
    __asm__ __volatile__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (d >> 8 & 1) != 0;
}
#else /* the architecture's generic timer, steady by definition */
static inline pk_ticks pk__raw_ticks(void) {
    pk_ticks ticks;
    __asm__ __volatile__("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}
static bool pk__raw_steady(void) { return true; }
#endif

static uint8_t pk__ticks_kind;  /* 0: not known yet; 1: the system's clock; 2: the CPU's counter. All threads find the same. */
static uint32_t pk__raw_begun;  /* 1: the two below are being written; 2: they are there */
static uint64_t pk__raw_base, pk__raw_base_ns;
static uint64_t pk__raw_scale;  /* nanoseconds a tick: the low 32 bits, shifted right by the high ones; 0: not known yet */
static uint8_t pk__raw_settled; /* calibrated over a second or more */

static PK__COLD pk_ticks pk__perf_first_ticks(void) {
    PK__SET_RELAXED(&pk__ticks_kind, (uint8_t)(pk__raw_steady() ? 2 : 1));
    return PK__GET_RELAXED(&pk__ticks_kind) == 2 ? pk__raw_ticks() : pk__ticks_now();
}
static inline pk_ticks pk__perf_now(void) {
    uint8_t kind = PK__GET_RELAXED(&pk__ticks_kind);
    if (PK__LIKELY(kind == 2)) return pk__raw_ticks();
    return kind == 1 ? pk__ticks_now() : pk__perf_first_ticks();
}

/* Both clocks at one moment: the closest of three tries. */
static void pk__raw_pair(uint64_t *ticks, uint64_t *ns) {
    uint64_t before, between, after, closest = ~(uint64_t)0;
    uint8_t i;
    for (i = 0; i < 3; i++) {
        before = pk__ticks_now();
        between = pk__raw_ticks();
        after = pk__ticks_now();
        if (after - before >= closest) continue;
        closest = after - before;
        *ticks = between;
        *ns = before + closest / 2;
    }
}
/* Called where a place is first used, so that the calibration has a long baseline by the time anybody reads. */
static void pk__raw_begin(void) {
    if (!pk__cas32(&pk__raw_begun, 0, 1)) return;
    pk__raw_pair(&pk__raw_base, &pk__raw_base_ns);
    pk__store32(&pk__raw_begun, 2);
}
static uint64_t pk__raw_scale_of(uint64_t ticks, uint64_t ns) { /* the largest shift that 32 bits of scale allow */
    unsigned shift = 32;
    while (shift > 0 && (ns > UINT64_MAX >> shift || (ns << shift) / ticks > 0xFFFFFFFFu)) shift--;
    return (uint64_t)shift << 32 | (ns << shift) / ticks;
}
static PK__COLD uint64_t pk__raw_calibrate(void) {
    uint64_t base, base_ns, ticks = 0, ns = 0, scale;
    uint32_t turns = 0;
    pk__raw_begin();
    if (pk__load32(&pk__raw_begun) == 2) {
        base = pk__raw_base;
        base_ns = pk__raw_base_ns;
    } else pk__raw_pair(&base, &base_ns); /* another thread is about to write them */
    do pk__raw_pair(&ticks, &ns);
    while (ns - base_ns < 200000u && ++turns < 100000u);
    if (ticks <= base || ns <= base_ns) return (uint64_t)32 << 32 | 0xFFFFFFFFu; /* never on a steady counter */
    if (ns - base_ns >= 1000000000u) PK__SET_RELAXED(&pk__raw_settled, 1);
    if (ns - base_ns > 10000000000u) { /* 32-bit shifts need a span that leaves room; the ratio is the same */
        unsigned down = 0;
        while ((ns - base_ns) >> down > 2000000000u) down++;
        ticks = base + ((ticks - base) >> down);
        ns = base_ns + ((ns - base_ns) >> down);
    }
    scale = pk__raw_scale_of(ticks - base, ns - base_ns);
    __atomic_store_n(&pk__raw_scale, scale, __ATOMIC_RELAXED);
    return scale;
}
static uint64_t pk__raw_ns(uint64_t ticks) {
    uint64_t scale = __atomic_load_n(&pk__raw_scale, __ATOMIC_RELAXED), factor;
    unsigned shift;
    if (scale == 0) scale = pk__raw_calibrate();
    factor = scale & 0xFFFFFFFFu;
    shift = (unsigned)(scale >> 32);
    return ((ticks >> 32) * factor << (32 - shift)) + ((ticks & 0xFFFFFFFFu) * factor >> shift);
}
/* A longer baseline, where it is short still: not within a report, whose figures are to agree. */
static void pk__ticks_refine(void) {
    if (PK__GET_RELAXED(&pk__ticks_kind) == 2 && !PK__GET_RELAXED(&pk__raw_settled)) (void)pk__raw_calibrate();
}
#else
#define pk__ticks_refine() ((void)0)
#define PK__PERF_RAW 0
#define pk__perf_now() pk__ticks_now()
#define pk__raw_begin() ((void)0)
#endif

/* ---- Places ---- */

#if PERFKIT_HOSTED
typedef struct pk__perf_thread { /* its address says which thread it is */
    pk_ticks inner;  /* what spans inside the running one took */
    uint32_t number; /* in a trace; 0: none yet */
} pk__perf_thread;
#if PK__HAS_TLS
static PERFKIT_TLS pk__perf_thread pk__perf_me;
#else
static pk__perf_thread pk__perf_me;
#endif
#define PK__PERF_NEST (PK__HAS_TLS || !PERFKIT_THREADS)
#endif

/* The value of a gauge in the order of unsigned numbers, and back. */
#define PK__BIAS(level) ((pk_ticks)(level) ^ (pk_ticks)1 << (8 * sizeof(pk_ticks) - 1))
#if PERFKIT_PERF_TRACE
static uint32_t pk__perf_numbers; /* of threads in traces, given out */
#endif

static bool pk__perf_same_name(const char *a, bool a_in_rom, const char *b, bool b_in_rom) {
    char c;
    while ((c = PK__GET(a, a_in_rom)) == PK__GET(b, b_in_rom)) {
        if (c == 0) return true;
        a++;
        b++;
    }
    return false;
}
static pk_perf_site *pk__perf_named(const pk_log *channel, const char *name) {
    pk_perf_site *s = channel->sites;
    while (s && !pk__perf_same_name(s->name, true, name, false)) s = s->next;
    return s;
}
/* The first record of a site: the site goes on the channel's list, or behind the one that has its name and kind. */
static PK__COLD void pk__perf_list(pk_perf_site *site) {
    pk_perf_site *first = site->channel->sites;
    while (first && (first->kind != site->kind || !pk__perf_same_name(first->name, true, site->name, true))) first = first->next;
    PK__CRITICAL_ENTER(state);
    pk__raw_begin();
    if (site->target == NULL) { /* an interrupt may have been here */
        if (first == NULL) {
            first = site;
            site->next = site->channel->sites;
            site->channel->sites = site;
        }
        PK__SET_TARGET(site, first);
    }
    PK__CRITICAL_EXIT(state);
}
#if PK__PERF_LOCKFREE
static PK__COLD pk_perf_site *pk__perf_listed(pk_perf_site *site) {
    pk__log_lock(site->channel);
    pk__perf_list(site);
    pk__log_unlock(site->channel);
    return __atomic_load_n(&site->target, __ATOMIC_RELAXED);
}
/* Whether this thread is the one that records with plain stores. The address of a thread that has ended may come back with
   another, which then follows it. */
static inline bool pk__perf_own(pk_perf_site *site) {
    const void *none = NULL, *owner = __atomic_load_n(&site->owner, __ATOMIC_RELAXED);
    if (PK__LIKELY(owner == &pk__perf_me)) return true;
    return owner == NULL && __atomic_compare_exchange_n(&site->owner, &none, (const void *)&pk__perf_me, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}
static inline pk_perf_site *pk__perf_target(pk_perf_site *site) {
    pk_perf_site *target = __atomic_load_n(&site->target, __ATOMIC_ACQUIRE);
    return PK__LIKELY(target != NULL) ? target : pk__perf_listed(site);
}
static inline void pk__perf_add(pk_perf_site *site, pk_ticks value, pk_ticks self) {
    site = pk__perf_target(site);
    if (PK__LIKELY(pk__perf_own(site))) {
        if (PK__UNLIKELY(!pk__hist_count_usual(&site->values, value)))
            pk__hist_count(&site->values, site->values.counters ? pk__hist_bucket(&site->values, value) : 0, value);
        PK__POKE(&site->self, PK__PEEK(&site->self) + self);
    } else {
        pk__hist_count_atomic(&site->shared, value);
        PK__ATOMIC_ADD(&site->shared_self, self);
    }
}
PK_API void pk__perf_record(pk_perf_site *site, pk_ticks value) { pk__perf_add(site, value, 0); }
PK_API void pk__perf_count(pk_perf_site *site, pk_ticks value) {
    site = pk__perf_target(site);
    if (PK__LIKELY(pk__perf_own(site))) {
        pk__hist_sum(&site->values, value);
        pk__hist_up(&site->values.count);
    } else {
        PK__ATOMIC_ADD(&site->shared.sum, value);
        PK__ATOMIC_ADD(&site->shared.count, 1);
    }
}
PK_API void pk__perf_gauge(pk_perf_site *site, pk_level value, bool add) {
    pk_ticks biased;
    site = pk__perf_target(site);
    if (add) value += (pk_level)PK__ATOMIC_ADD(&site->values.over, (pk_count)value);
    else PK__POKE(&site->values.over, (pk_count)value);
    biased = PK__BIAS(value);
    pk__atomic_raise(&site->values.not_min, (pk_ticks)~biased);
    pk__atomic_raise(&site->values.max, biased);
    PK__ATOMIC_ADD(&site->values.count, 1);
}
#else
#if PERFKIT_HOSTED
static void pk__perf_add(pk_perf_site *site, pk_ticks value, pk_ticks self) {
#else
#define pk__perf_add(site, value, self) pk__perf_record(site, value)
PK_API void pk__perf_record(pk_perf_site *site, pk_ticks value) {
#endif
    pk_histogram *h;
    unsigned bucket = 0;
    pk__log_lock(site->channel);
    if (PK__UNLIKELY(site->target == NULL)) pk__perf_list(site);
    h = &site->target->values;
    if (h->counters) bucket = pk__hist_bucket(h, value);
    {
        PK__CRITICAL_ENTER(state);
        pk__hist_count(h, bucket, value);
#if PERFKIT_HOSTED
        site->target->self += self;
#endif
        PK__CRITICAL_EXIT(state);
    }
    pk__log_unlock(site->channel);
}
#if PERFKIT_HOSTED
PK_API void pk__perf_record(pk_perf_site *site, pk_ticks value) { pk__perf_add(site, value, 0); }
PK_API void pk__perf_count(pk_perf_site *site, pk_ticks value) { pk__perf_add(site, value, 0); }
#endif
PK_API void pk__perf_gauge(pk_perf_site *site, pk_level value, bool add) {
    pk_histogram *h;
    pk__log_lock(site->channel);
    if (PK__UNLIKELY(site->target == NULL)) pk__perf_list(site);
    h = &site->target->values;
    {
        PK__CRITICAL_ENTER(state);
        h->over = (pk_count)value + (add ? h->over : 0);
        pk__hist_range(h, PK__BIAS((pk_level)h->over));
        pk__hist_up(&h->count);
        PK__CRITICAL_EXIT(state);
    }
    pk__log_unlock(site->channel);
}
#endif
#if PERFKIT_PERF_TRACE
static PK__COLD void pk__trace_keep(pk_perf_trace *trace, const pk_timer *timer, pk_ticks spent) {
    uint32_t place;
    pk_perf_event *event;
#if !PERFKIT_ATOMICS
    pk__log_lock(timer->site->channel);
#endif
    place = pk__load32(&trace->used);
    if (place < trace->room) place = pk__add32(&trace->used, 1);
    if (place >= trace->room) pk__add32(&trace->lost, 1);
    else {
        if (pk__perf_me.number == 0) pk__perf_me.number = pk__add32(&pk__perf_numbers, 1) + 1;
        event = &trace->events[place];
        event->site = timer->site;
        event->start = timer->start;
        event->spent = spent;
        event->thread = pk__perf_me.number;
        pk__store32(&event->ready, 1);
    }
#if !PERFKIT_ATOMICS
    pk__log_unlock(timer->site->channel);
#endif
}
#endif
#if defined PERFKIT_TICKS && PK__HAS_CLOCK
#define PK__PERF_WRAPS 1
/* A narrow counter may have wrapped while a clock of milliseconds says how often: exact while the clock errs by less than half a wrap. */
static PK__OUT_OF_LINE pk_ticks pk__perf_unwrap(const pk_timer *timer, pk_ticks spent) {
    pk_ticks per_ms = (pk_ticks)(PERFKIT_TICKS_HZ) / 1000u, mask = PERFKIT_TICKS_MASK, expected, missing;
    uint32_t ms = ((uint32_t)pk__now_ms(NULL) - ((uint32_t)timer->start_ms_high << 16 | timer->start_ms)) & 0xFFFFFFu;
    if (per_ms == 0) return spent;
    if (ms > (pk_ticks)~(pk_ticks)0 / per_ms) missing = spent = (pk_ticks)~(pk_ticks)0; /* more than a reading can say */
    else {
        expected = (pk_ticks)(ms * per_ms);
        if (expected <= spent) return spent;
        missing = (pk_ticks)(expected - spent);
        missing = missing > (mask >> 1) ? (pk_ticks)((missing + (mask >> 1)) & ~mask) : 0;
        spent = (pk_ticks)(spent + missing);
    }
    if (missing != 0) {
        if (timer->site->target) PK__SET_RELAXED(&timer->site->target->wrapped, 1);
        PK__SET_RELAXED(&timer->site->wrapped, 1);
    }
    return spent;
}
#else
#define PK__PERF_WRAPS 0
#endif

PK_API void pk__timer_start(pk_timer *timer, pk_perf_site *site) {
    timer->site = site;
#if PERFKIT_HOSTED
#if PK__PERF_NEST
    timer->thread = &pk__perf_me;
    timer->inner = pk__perf_me.inner;
    pk__perf_me.inner = 0;
#endif
#endif
#if PK__PERF_WRAPS
    {
        pk_time ms = pk__now_ms(NULL);
        timer->start_ms = (uint16_t)ms;
        timer->start_ms_high = (uint8_t)(ms >> 16);
    }
#endif
    timer->start = pk__perf_now();
}
/* What comes behind the second reading of the ticks. */
static pk_ticks pk__timer_record(pk_timer *timer, pk_ticks spent) {
#if PERFKIT_HOSTED
    pk_ticks self;
#endif
#if PK__PERF_WRAPS
    spent = pk__perf_unwrap(timer, spent);
#endif
#if PERFKIT_HOSTED
    self = spent;
#if PK__PERF_NEST
    if (PK__LIKELY(timer->thread == &pk__perf_me)) { /* else another thread ends it, and its inner spans are not known */
        self = spent > pk__perf_me.inner ? spent - pk__perf_me.inner : 0;
        pk__perf_me.inner = timer->inner + spent;
    }
#endif
#endif
#if PERFKIT_PERF_TRACE
    {
        pk_perf_trace *trace = PK__GET_ACQUIRE(&timer->site->channel->trace);
        if (PK__UNLIKELY(trace != NULL)) pk__trace_keep(trace, timer, spent);
    }
#endif
    pk__perf_add(timer->site, spent, self);
    timer->site = NULL;
    return spent;
}
#if PK__PERF_RAW && PK__PERF_LOCKFREE
static PK__COLD void pk__hist_count_other(pk_histogram *h, pk_ticks value) { pk__hist_count(h, pk__hist_bucket(h, value), value); }
/* The way that nearly all spans go: ended in the thread that began it, the first to record here; no trace. Nothing else is looked at. */
PK_API pk_ticks pk__timer_stop(pk_timer *timer) {
    const uint8_t kind = PK__GET_RELAXED(&pk__ticks_kind);
    const pk_ticks spent = (PK__LIKELY(kind == 2) ? pk__raw_ticks() : pk__perf_now()) - timer->start;
    pk__perf_thread *const me = &pk__perf_me;
    pk_perf_site *const target = __atomic_load_n(&timer->site->target, __ATOMIC_ACQUIRE);
    if (PK__LIKELY(target != NULL && timer->thread == me && __atomic_load_n(&target->owner, __ATOMIC_RELAXED) == me)
#if PERFKIT_PERF_TRACE
        && PK__LIKELY(PK__GET_ACQUIRE(&timer->site->channel->trace) == NULL)
#endif
    ) {
        const pk_ticks inner = me->inner;
        me->inner = timer->inner + spent;
        PK__POKE(&target->self, PK__PEEK(&target->self) + (spent > inner ? spent - inner : 0));
        timer->site = NULL;
        if (PK__UNLIKELY(!pk__hist_count_usual(&target->values, spent))) pk__hist_count_other(&target->values, spent);
        return spent;
    }
    return pk__timer_record(timer, spent);
}
#else
PK_API pk_ticks pk__timer_stop(pk_timer *timer) {
    return pk__timer_record(timer, pk__ticks_between(timer->start, pk__perf_now()));
}
#endif

/* ---- Reading ---- */

/* n / d; *rest = n % d. For d < 2^31. In firmware without the helper for 64 bits. */
static uint64_t pk__divide(uint64_t n, uint32_t d, uint32_t *rest) {
#if PK__FULL
    *rest = (uint32_t)(n % d);
    return n / d;
#else
    uint32_t high = (uint32_t)(n >> 32), low = (uint32_t)n, left = 0;
    uint8_t i;
    for (i = 0; i < 64; i++) { /* the quotient comes in where the number goes out */
        left = left << 1 | high >> 31;
        high = high << 1 | low >> 31;
        low <<= 1;
        if (left >= d) {
            left -= d;
            low |= 1;
        }
    }
    *rest = left;
    return (uint64_t)high << 32 | low;
#endif
}
/* Ticks in parts of a second, to the nearest: ticks * per_second / PERFKIT_TICKS_HZ. */
static uint64_t pk__ticks_as(uint64_t ticks, uint32_t per_second) {
    uint32_t hz = (uint32_t)(PERFKIT_TICKS_HZ), rest;
    uint64_t whole;
#if PK__PERF_RAW
    if (PK__GET_RELAXED(&pk__ticks_kind) == 2) ticks = pk__raw_ns(ticks); /* and hz is 10^9 */
#endif
    whole = pk__divide(ticks, hz, &rest) * per_second;
    return whole + pk__divide((uint64_t)rest * per_second + hz / 2, hz, &rest);
}
PK_API uint64_t pk_perf_ns(uint64_t ticks) {
    pk__ticks_refine();
    return pk__ticks_as(ticks, 1000000000u);
}
PK_API uint32_t pk_perf_us(uint64_t ticks) {
    uint64_t us;
    pk__ticks_refine();
    us = pk__ticks_as(ticks, 1000000u);
    return us >> 32 ? 0xFFFFFFFFu : (uint32_t)us;
}

PK_API pk_ticks pk_timer_end_log(pk_timer *timer) {
    pk_perf_site *site = timer->site;
    pk_ticks spent = pk_timer_end(timer);
    uint32_t tenths, us;
    if (site == NULL || !pk_log_enabled(site->channel, PK_LOG_INFO)) return spent;
    us = pk_perf_us(spent);
    tenths = us / 100u + (us % 100u >= 50u);
    pk__log_rom(site->channel, PK_LOG_INFO, PK_ROM_STR("%" PK_PRI_ROM " executed in %lu.%ums"), PK_ROM_ARG(site->name),
                (unsigned long)(tenths / 10u), (unsigned)(tenths % 10u));
    return spent;
}
PK_API pk_ticks pk_timer_end_note(pk_timer *timer, const char *format, ...) {
    char note[PERFKIT_LOG_LINE / 2];
    pk_perf_site *site = timer->site;
    pk_ticks spent = pk_timer_end(timer);
    uint32_t hundredths, us;
    va_list args;
    if (site == NULL || !pk_log_enabled(site->channel, PK_LOG_INFO)) return spent;
    va_start(args, format);
    (void)pk_vformat(note, sizeof note, format, args);
    va_end(args);
    us = pk_perf_us(spent);
    hundredths = us / 10u + (us % 10u >= 5u);
    pk__log_rom(site->channel, PK_LOG_INFO, PK_ROM_STR("%" PK_PRI_ROM ": %lu.%02ums {%s}"), PK_ROM_ARG(site->name),
                (unsigned long)(hundredths / 100u), (unsigned)(hundredths % 100u), note);
    return spent;
}

PK_API const pk_perf_site *pk_perf_find(pk_log *channel, const char *name) {
    const pk_perf_site *site;
    PERFKIT_ASSERT(channel != NULL && name != NULL);
    pk__log_lock(channel);
    site = pk__perf_named(channel, name);
    pk__log_unlock(channel);
    return site;
}

#if PK__PERF_LOCKFREE
#define pk__perf_used(s) (PK__PEEK(&(s)->values.count) + PK__PEEK(&(s)->shared.count))
#define pk__perf_sum(s) (PK__PEEK(&(s)->values.sum) + PK__PEEK(&(s)->shared.sum))
#else
#define pk__perf_used(s) ((s)->values.count)
#define pk__perf_sum(s) pk_hist_sum(&(s)->values)
#endif
static void pk__perf_read(const pk_perf_site *s, pk_perf_values *v) { /* under the lock where threads without atomics record */
    static const uint16_t percents[3] = {5000, 9500, 9900};
    const pk_histogram *h = &s->values;
    pk_ticks p[3] = {0, 0, 0};
    pk__clear(v, sizeof *v);
    v->name = s->name;
    v->kind = s->kind;
    v->count = PK__PEEK(&h->count);
#if PERFKIT_HOSTED
    v->min = v->count ? (pk_ticks)~PK__PEEK(&h->not_min) : 0;
#else
    v->min = h->min;
#endif
    v->max = PK__PEEK(&h->max);
    v->wrapped = PK__GET_RELAXED(&s->wrapped) != 0;
    if (v->kind == PK_PERF_LEVEL) {
        v->level = (pk_level)PK__PEEK(&h->over);
        if (v->count) {
            v->lowest = (pk_level)PK__BIAS(v->min);
            v->highest = (pk_level)PK__BIAS(v->max);
        }
        v->min = v->max = 0;
        return;
    }
    v->over = PK__PEEK(&h->over);
    v->saturated = PK__GET_RELAXED(&h->saturated) != 0;
#if PK__PERF_LOCKFREE
    v->total = pk__perf_sum(s);
    v->self = v->kind == PK_PERF_TIMER ? PK__PEEK(&s->self) + PK__PEEK(&s->shared_self) : v->total;
    if (h->counters) pk__percentiles(h, &s->shared, percents, p, 3);
    if (PK__PEEK(&s->shared.count)) {
        pk_ticks least = (pk_ticks)~PK__PEEK(&s->shared.not_min);
        if (v->count == 0 || least < v->min) v->min = least;
        if (PK__PEEK(&s->shared.max) > v->max) v->max = PK__PEEK(&s->shared.max);
        v->count += PK__PEEK(&s->shared.count);
        v->over += PK__PEEK(&s->shared.over);
        if (PK__GET_RELAXED(&s->shared.saturated)) v->saturated = true;
    }
#else
    v->total = v->self = pk__perf_sum(s);
#if PERFKIT_HOSTED
    if (v->kind == PK_PERF_TIMER) v->self = s->self;
#endif
    if (h->counters) pk_hist_percentiles(h, percents, p, 3);
#endif
#if PERFKIT_HOSTED
    if (v->kind == PK_PERF_COUNTER) v->min = v->max = 0;
#endif
    v->p50 = p[0];
    v->p95 = p[1];
    v->p99 = p[2];
}

PK_API pk_status pk_perf_get(pk_log *channel, const char *name, pk_perf_values *values) {
    const pk_perf_site *site;
    PERFKIT_ASSERT(channel != NULL && name != NULL && values != NULL);
    pk__log_lock(channel);
    site = pk__perf_named(channel, name);
    if (site) pk__perf_read(site, values);
    pk__log_unlock(channel);
    return site ? PK_OK : PK_NOT_FOUND;
}

PK_API void pk_perf_reset(pk_log *channel) {
    pk_perf_site *s;
    PERFKIT_ASSERT(channel != NULL);
    pk__log_lock(channel);
    for (s = channel->sites; s; s = s->next) {
        if (s->kind == PK_PERF_LEVEL) { /* its value stays, whoever changes it meanwhile */
#if PERFKIT_HOSTED
            PK__POKE(&s->values.not_min, 0);
#endif
            PK__POKE(&s->values.max, 0);
            PK__POKE(&s->values.count, 0);
            continue;
        }
        pk_hist_reset(&s->values);
#if PK__PERF_LOCKFREE
        pk_hist_reset(&s->shared);
        PK__POKE(&s->shared_self, 0);
#endif
#if PERFKIT_HOSTED
        PK__POKE(&s->self, 0);
#endif
        PK__SET_RELAXED(&s->wrapped, 0);
    }
    pk__log_unlock(channel);
}

/* ---- Exporters ---- */

#if PERFKIT_PERF_TEXT || PERFKIT_PERF_JSON || PERFKIT_PERF_OPENMETRICS || PERFKIT_PERF_TRACE
typedef struct pk__out { /* text on its way to a writer, in pieces */
    pk_log_sink_fn writer;
    void *user;
    pk_status status;
    size_t used;
    char buffer[PERFKIT_LOG_LINE];
} pk__out;

static void pk__out_start(pk__out *o, pk_log_sink_fn writer, void *user) {
    pk__ticks_refine();
    o->writer = writer;
    o->user = user;
    o->status = PK_OK;
    o->used = 0;
}
static PK__OUT_OF_LINE pk_status pk__out_flush(pk__out *o) {
    o->buffer[o->used] = 0;
    if (o->used > 0 && o->status == PK_OK) o->status = o->writer(o->user, PK_LOG_INFO, o->buffer, o->used);
    o->used = 0;
    return o->status;
}
static PK__OUT_OF_LINE void pk__out_char(pk__out *o, char c) {
    if (o->used == sizeof o->buffer - 1) (void)pk__out_flush(o);
    o->buffer[o->used++] = c;
}
static PK__OUT_OF_LINE void pk__out_print(pk__out *o, const char *rom_format, ...) { /* up to 63 characters */
    char piece[64];
    const char *p = piece;
    pk__text t;
    va_list args;
    pk__text_over(&t, piece, sizeof piece);
    va_start(args, rom_format);
    pk__vformat(&t, rom_format, true, args);
    va_end(args);
    (void)pk__text_end(&t);
    while (*p) pk__out_char(o, *p++);
}
#if PERFKIT_LOG_INT64
#define PK__COUNT_FORMAT "llu"
typedef unsigned long long pk__count_arg;
#define PK__LEVEL_FORMAT "lld"
typedef long long pk__level_arg;
#else
#define PK__COUNT_FORMAT "lu"
typedef unsigned long pk__count_arg;
#define PK__LEVEL_FORMAT "ld"
typedef long pk__level_arg;
#endif
#endif
#if PERFKIT_PERF_JSON || PERFKIT_PERF_OPENMETRICS || PERFKIT_PERF_TRACE
static void pk__out_whole(pk__out *o, uint64_t value) {
#if PERFKIT_LOG_INT64
    pk__out_print(o, PK_ROM_STR("%llu"), (unsigned long long)value);
#else /* by nine digits */
    uint32_t high, middle, low;
    high = (uint32_t)pk__divide(pk__divide(value, 1000000000u, &low), 1000000000u, &middle);
    if (high) pk__out_print(o, PK_ROM_STR("%lu%09lu"), (unsigned long)high, (unsigned long)middle);
    else if (middle) pk__out_print(o, PK_ROM_STR("%lu"), (unsigned long)middle);
    pk__out_print(o, high | middle ? PK_ROM_STR("%09lu") : PK_ROM_STR("%lu"), (unsigned long)low);
#endif
}

enum { PK__IN_JSON, PK__IN_LABEL }; /* where a name stands between quotes */

static void pk__out_quoted_char(pk__out *o, uint8_t c, uint8_t where) {
    if (c == '"' || c == '\\' || c == '\n') {
        pk__out_char(o, '\\');
        pk__out_char(o, c == '\n' ? 'n' : (char)c);
    } else if (c < 0x20 || c == 0x7F) {
        pk__out_print(o, where == PK__IN_JSON ? PK_ROM_STR("\\u%04x") : PK_ROM_STR("\\\\x%02x"), c);
    } else pk__out_char(o, (char)c);
}
static void pk__out_quoted(pk__out *o, const char *rom_name, uint8_t where) {
    uint_fast8_t n;
    pk__out_char(o, '"');
    while (PK__GET(rom_name, true) != 0) {
        n = pk__utf8(rom_name, 4, true);
        if (n == 0) { /* the replacement character */
            pk__out_print(o, PK_ROM_STR("\xEF\xBF\xBD"));
            rom_name++;
        } else if (n == 1) pk__out_quoted_char(o, (uint8_t)PK__GET(rom_name++, true), where);
        else
            while (n-- > 0) pk__out_char(o, PK__GET(rom_name++, true));
    }
    pk__out_char(o, '"');
}
#endif
#if PERFKIT_PERF_JSON || PERFKIT_PERF_OPENMETRICS
/* The next place after s, or the first: with values, read under the lock. Places are only ever added in front. */
static const pk_perf_site *pk__perf_walk(pk_log *channel, const pk_perf_site *s, uint8_t kind, pk_perf_values *v) {
    pk__log_lock(channel);
    s = s ? s->next : channel->sites;
    while (s && s->kind != kind) s = s->next;
    if (s) pk__perf_read(s, v);
    pk__log_unlock(channel);
    return s;
}
#endif
#if PERFKIT_PERF_TEXT
/* A name in `width` columns: escaped as in a line of the log, one too long cut between characters and ended in "..". */
static PK__OUT_OF_LINE void pk__out_name(pk__out *o, const char *rom_name, uint_fast8_t width) {
    const char *p = rom_name;
    uint_fast8_t n, columns = 0, cut = 0, need;
    uint8_t pass;
    for (pass = 0; pass < 2; pass++) { /* first: is it too long; then print as much as there is room for */
        columns = 0;
        for (p = rom_name; PK__GET(p, true) != 0; p += n) {
            uint8_t c = (uint8_t)PK__GET(p, true);
            bool plain = c >= 0x20 && c != 0x7F;
            n = pk__utf8(p, 4, true);
            need = plain && n != 0 ? 1 : 4;
            if (n == 0) n = 1;
            if (columns + need > width - cut) break;
            columns = (uint_fast8_t)(columns + need);
            if (pass == 0) continue;
            if (need == 4) pk__out_print(o, PK_ROM_STR("\\x%02X"), c);
            else
                for (need = 0; need < n; need++) pk__out_char(o, PK__GET(p + need, true));
        }
        if (pass == 0 && PK__GET(p, true) != 0) cut = 2;
    }
    for (need = 0; need < cut; need++, columns++) pk__out_char(o, '.');
    for (; columns < width; columns++) pk__out_char(o, ' ');
}

#define PK__HUNDREDS(n) ((unsigned)(n) * 41u >> 12) /* n / 100 up to 999, without the helper for division */
/* A column: " 12.3us", eight wide. */
static void pk__out_duration(pk__out *o, uint64_t ticks) {
    uint64_t span = pk__ticks_as(ticks, 1000000000u);
    uint32_t rest;
    uint8_t unit = 0;
    if (span < 1000u) {
        pk__out_print(o, PK_ROM_STR(" %5luns"), (unsigned long)span);
        return;
    }
    while ((span = pk__divide(span, 1000u, &rest)) >= 1000u && unit < 2) unit++;
    if (unit < 2) pk__out_print(o, PK_ROM_STR(" %3lu.%u%cs"), (unsigned long)span, PK__HUNDREDS(rest), unit == 0 ? 'u' : 'm');
    else if (span < 10000u) pk__out_print(o, PK_ROM_STR(" %4lu.%us"), (unsigned long)span, PK__HUNDREDS(rest));
    else pk__out_print(o, PK_ROM_STR(" %6lus"), (unsigned long)span);
}
/* A value in the same column: 123456, 12.3M. */
static void pk__out_amount(pk__out *o, uint64_t value) {
    uint32_t rest = 0;
    uint8_t unit = 0;
    if (value < 1000000u) {
        pk__out_print(o, PK_ROM_STR(" %7lu"), (unsigned long)value);
        return;
    }
    for (; value >= 1000u && unit < 6; unit++) value = pk__divide(value, 1000u, &rest);
    pk__out_print(o, PK_ROM_STR(" %4lu.%u%c"), (unsigned long)value, PK__HUNDREDS(rest), pk__rom_read8(PK_ROM_STR("kMGTPE") + unit - 1));
}

/* The unprinted place of this kind with the greatest total. */
static pk_perf_site *pk__perf_next(const pk_log *channel, uint8_t kind, pk_perf_values *best_values) {
    pk_perf_site *s, *best = NULL;
    for (s = channel->sites; s; s = s->next) {
        if (s->printed || s->kind != kind || !pk__perf_used(s)) continue;
        if (best == NULL || pk__perf_sum(s) > pk__perf_sum(best)) best = s;
    }
    if (best) pk__perf_read(best, best_values);
    return best;
}

static void pk__out_row(pk__out *o, const pk_perf_values *v) {
    void (*column)(pk__out *, uint64_t) = v->kind == PK_PERF_TIMER ? pk__out_duration : pk__out_amount;
    pk__out_name(o, v->name, 20);
    pk__out_print(o, PK_ROM_STR(" %8" PK__COUNT_FORMAT), (pk__count_arg)v->count);
    if (v->kind == PK_PERF_LEVEL) {
        pk__out_print(o, PK_ROM_STR(" %" PK__LEVEL_FORMAT), (pk__level_arg)v->level);
        pk__out_print(o, PK_ROM_STR(" (%" PK__LEVEL_FORMAT), (pk__level_arg)v->lowest);
        pk__out_print(o, PK_ROM_STR(" to %" PK__LEVEL_FORMAT ")"), (pk__level_arg)v->highest);
    } else if (v->kind == PK_PERF_COUNTER) {
        if (sizeof(pk__count_arg) < 8 && (uint32_t)(v->total >> 32) != 0) column(o, v->total);
        else pk__out_print(o, PK_ROM_STR(" %7" PK__COUNT_FORMAT), (pk__count_arg)v->total);
    } else {
        column(o, v->total);
        if (v->kind == PK_PERF_TIMER) column(o, v->self);
        else pk__out_print(o, PK_ROM_STR("       -"));
        column(o, v->p50);
        column(o, v->p95);
        column(o, v->p99);
        column(o, v->max);
        if (v->saturated) pk__out_char(o, '~');
        if (v->wrapped) pk__out_char(o, '^');
    }
    pk__out_char(o, '\n');
}

PK_API pk_status pk_perf_report(pk_log *channel, pk_log_sink_fn writer, void *user, unsigned top) {
    static const uint8_t kinds[4] = {PK_PERF_TIMER, PK_PERF_DISTRIBUTION, PK_PERF_COUNTER, PK_PERF_LEVEL};
    pk__out o;
    pk_perf_site *s;
    pk_perf_values values;
    uint8_t kind = 0;
    PERFKIT_ASSERT(channel != NULL && writer != NULL);
    pk__out_start(&o, writer, user);
    pk__log_lock(channel);
    for (s = channel->sites; s; s = s->next) s->printed = 0;
    pk__log_unlock(channel);
    pk__out_print(&o, PK_ROM_STR("name                    count   total    self"));
    pk__out_print(&o, PK_ROM_STR("     p50     p95     p99     max\n"));
    for (;;) {
        if (pk__out_flush(&o) != PK_OK) return o.status;
        pk__log_lock(channel); /* a row is read whole; the writer runs outside */
        s = kind == 0 && top == 0 ? NULL : pk__perf_next(channel, kinds[kind], &values);
        if (s) s->printed = 1;
        pk__log_unlock(channel);
        if (s == NULL) {
            if (++kind == sizeof kinds) return PK_OK;
            continue;
        }
        if (kind == 0) top--;
        pk__out_row(&o, &values);
    }
}
#endif
#if PERFKIT_PERF_JSON || PERFKIT_PERF_TRACE
static void pk__out_member(pk__out *o, const char *rom_name, uint64_t value) { /* ,"name":123 */
    pk__out_print(o, PK_ROM_STR(",\"%" PK_PRI_ROM "\":"), PK_ROM_ARG(rom_name));
    pk__out_whole(o, value);
}
#endif
#if PERFKIT_PERF_JSON
static void pk__json_table(pk__out *o, const pk_perf_values *v) {
    if (v->kind == PK_PERF_TIMER) {
        pk__out_member(o, PK_ROM_STR("total_ns"), pk__ticks_as(v->total, 1000000000u));
        pk__out_member(o, PK_ROM_STR("self_ns"), pk__ticks_as(v->self, 1000000000u));
        pk__out_member(o, PK_ROM_STR("min_ns"), pk__ticks_as(v->min, 1000000000u));
        pk__out_member(o, PK_ROM_STR("p50_ns"), pk__ticks_as(v->p50, 1000000000u));
        pk__out_member(o, PK_ROM_STR("p95_ns"), pk__ticks_as(v->p95, 1000000000u));
        pk__out_member(o, PK_ROM_STR("p99_ns"), pk__ticks_as(v->p99, 1000000000u));
        pk__out_member(o, PK_ROM_STR("max_ns"), pk__ticks_as(v->max, 1000000000u));
    } else {
        pk__out_member(o, PK_ROM_STR("sum"), v->total);
        pk__out_member(o, PK_ROM_STR("min"), v->min);
        pk__out_member(o, PK_ROM_STR("p50"), v->p50);
        pk__out_member(o, PK_ROM_STR("p95"), v->p95);
        pk__out_member(o, PK_ROM_STR("p99"), v->p99);
        pk__out_member(o, PK_ROM_STR("max"), v->max);
    }
    pk__out_member(o, PK_ROM_STR("over"), v->over);
    pk__out_print(o, v->saturated ? PK_ROM_STR(",\"saturated\":true") : PK_ROM_STR(",\"saturated\":false"));
    if (v->kind == PK_PERF_TIMER)
        pk__out_print(o, v->wrapped ? PK_ROM_STR(",\"wrapped\":true") : PK_ROM_STR(",\"wrapped\":false"));
}
static void pk__json_gauge(pk__out *o, const pk_perf_values *v) {
    pk__out_print(o, PK_ROM_STR(",\"value\":%" PK__LEVEL_FORMAT), (pk__level_arg)v->level);
    pk__out_print(o, PK_ROM_STR(",\"min\":%" PK__LEVEL_FORMAT), (pk__level_arg)v->lowest);
    pk__out_print(o, PK_ROM_STR(",\"max\":%" PK__LEVEL_FORMAT), (pk__level_arg)v->highest);
}
static void pk__json_kind(pk__out *o, pk_log *channel, uint8_t kind) {
    const pk_perf_site *s = NULL;
    pk_perf_values v;
    bool first = true;
    while (o->status == PK_OK && (s = pk__perf_walk(channel, s, kind, &v)) != NULL) {
        if (v.count == 0) continue;
        pk__out_print(o, first ? PK_ROM_STR("\n{\"name\":") : PK_ROM_STR(",\n{\"name\":"));
        first = false;
        pk__out_quoted(o, v.name, PK__IN_JSON);
        pk__out_member(o, PK_ROM_STR("count"), v.count);
        if (kind == PK_PERF_COUNTER) pk__out_member(o, PK_ROM_STR("sum"), v.total);
        else if (kind == PK_PERF_LEVEL) pk__json_gauge(o, &v);
        else pk__json_table(o, &v);
        pk__out_char(o, '}');
    }
    pk__out_char(o, ']');
}
PK_API pk_status pk_perf_json(pk_log *channel, pk_log_sink_fn writer, void *user) {
    pk__out o;
    PERFKIT_ASSERT(channel != NULL && writer != NULL);
    pk__out_start(&o, writer, user);
    pk__out_print(&o, PK_ROM_STR("{\"timers\":["));
    pk__json_kind(&o, channel, PK_PERF_TIMER);
    pk__out_print(&o, PK_ROM_STR(",\"distributions\":["));
    pk__json_kind(&o, channel, PK_PERF_DISTRIBUTION);
    pk__out_print(&o, PK_ROM_STR(",\"counters\":["));
    pk__json_kind(&o, channel, PK_PERF_COUNTER);
    pk__out_print(&o, PK_ROM_STR(",\"gauges\":["));
    pk__json_kind(&o, channel, PK_PERF_LEVEL);
    pk__out_print(&o, PK_ROM_STR("}\n"));
    return pk__out_flush(&o);
}
#endif
#if PERFKIT_PERF_OPENMETRICS
static void pk__metric_start(pk__out *o, const char *rom_family, const char *rom_suffix, const char *rom_name) {
    pk__out_print(o, PK_ROM_STR("perfkit_%" PK_PRI_ROM "%" PK_PRI_ROM "{name="), PK_ROM_ARG(rom_family), PK_ROM_ARG(rom_suffix));
    pk__out_quoted(o, rom_name, PK__IN_LABEL);
}
static void pk__metric_number(pk__out *o, uint64_t value, bool time) {
    uint32_t rest = 0;
    pk__out_print(o, PK_ROM_STR("} "));
    pk__out_whole(o, time ? pk__divide(pk__ticks_as(value, 1000000000u), 1000000000u, &rest) : value);
    if (time) pk__out_print(o, PK_ROM_STR(".%09lu"), (unsigned long)rest);
    pk__out_char(o, '\n');
}
static void pk__metric_table(pk__out *o, const char *rom_family, const pk_perf_values *v) {
    const bool time = v->kind == PK_PERF_TIMER;
    pk__metric_start(o, rom_family, PK_ROM_STR(""), v->name);
    pk__out_print(o, PK_ROM_STR(",quantile=\"0.5\""));
    pk__metric_number(o, v->p50, time);
    pk__metric_start(o, rom_family, PK_ROM_STR(""), v->name);
    pk__out_print(o, PK_ROM_STR(",quantile=\"0.95\""));
    pk__metric_number(o, v->p95, time);
    pk__metric_start(o, rom_family, PK_ROM_STR(""), v->name);
    pk__out_print(o, PK_ROM_STR(",quantile=\"0.99\""));
    pk__metric_number(o, v->p99, time);
    pk__metric_start(o, rom_family, PK_ROM_STR("_count"), v->name);
    pk__metric_number(o, v->count, false);
    pk__metric_start(o, rom_family, PK_ROM_STR("_sum"), v->name);
    pk__metric_number(o, v->total, time);
}
static void pk__metric_kind(pk__out *o, pk_log *channel, uint8_t kind, const char *rom_family, const char *rom_type, const char *rom_help) {
    const pk_perf_site *s = NULL;
    pk_perf_values v;
    pk__out_print(o, PK_ROM_STR("# TYPE perfkit_%" PK_PRI_ROM " %" PK_PRI_ROM "\n"), PK_ROM_ARG(rom_family), PK_ROM_ARG(rom_type));
    if (kind == PK_PERF_TIMER) pk__out_print(o, PK_ROM_STR("# UNIT perfkit_timer_seconds seconds\n"));
    pk__out_print(o, PK_ROM_STR("# HELP perfkit_%" PK_PRI_ROM " %" PK_PRI_ROM "\n"), PK_ROM_ARG(rom_family), PK_ROM_ARG(rom_help));
    while (o->status == PK_OK && (s = pk__perf_walk(channel, s, kind, &v)) != NULL) {
        if (v.count == 0) continue;
        if (kind == PK_PERF_COUNTER) {
            pk__metric_start(o, rom_family, PK_ROM_STR("_total"), v.name);
            pk__metric_number(o, v.total, false);
        } else if (kind == PK_PERF_LEVEL) {
            pk__metric_start(o, rom_family, PK_ROM_STR(""), v.name);
            pk__out_print(o, PK_ROM_STR("} %" PK__LEVEL_FORMAT "\n"), (pk__level_arg)v.level);
        } else pk__metric_table(o, rom_family, &v);
    }
}
PK_API pk_status pk_perf_openmetrics(pk_log *channel, pk_log_sink_fn writer, void *user) {
    pk__out o;
    PERFKIT_ASSERT(channel != NULL && writer != NULL);
    pk__out_start(&o, writer, user);
    pk__metric_kind(&o, channel, PK_PERF_TIMER, PK_ROM_STR("timer_seconds"), PK_ROM_STR("summary"), PK_ROM_STR("Spans."));
    pk__metric_kind(&o, channel, PK_PERF_DISTRIBUTION, PK_ROM_STR("distribution"), PK_ROM_STR("summary"), PK_ROM_STR("Values."));
    pk__metric_kind(&o, channel, PK_PERF_COUNTER, PK_ROM_STR("events"), PK_ROM_STR("counter"), PK_ROM_STR("What was counted."));
    pk__metric_kind(&o, channel, PK_PERF_LEVEL, PK_ROM_STR("level"), PK_ROM_STR("gauge"), PK_ROM_STR("The last value."));
    pk__out_print(&o, PK_ROM_STR("# EOF\n"));
    return pk__out_flush(&o);
}
#endif
#if PERFKIT_PERF_TRACE
PK_API pk_status pk_perf_trace_start(pk_log *channel, pk_perf_trace *trace, pk_perf_event *events, uint32_t room) {
    pk_status status = PK_OK;
    uint32_t i;
    PERFKIT_ASSERT(channel != NULL && trace != NULL);
    if (events == NULL || room == 0 || room > 0x7FFFFFFFu) return PK_INVALID;
    pk__log_lock(channel);
    if (PK__GET_ACQUIRE(&channel->trace) != NULL) status = PK_BUSY;
    else {
        for (i = 0; i < room; i++) events[i].ready = 0;
        trace->events = events;
        trace->room = room;
        trace->used = trace->lost = 0;
        trace->begin = pk__perf_now();
        pk__raw_begin();
        PK__SET_RELEASE(&channel->trace, trace);
    }
    pk__log_unlock(channel);
    return status;
}
PK_API void pk_perf_trace_stop(pk_log *channel) {
    pk__log_lock(channel);
    PK__SET_RELEASE(&channel->trace, NULL);
    pk__log_unlock(channel);
}
PK_API uint32_t pk_perf_trace_lost(const pk_perf_trace *trace) { return pk__load32(&trace->lost); }

/* ,"ts":12.345: microseconds */
static void pk__trace_time(pk__out *o, const char *rom_name, pk_ticks ticks) {
    uint32_t rest;
    uint64_t us = pk__divide(pk__ticks_as(ticks, 1000000000u), 1000u, &rest);
    pk__out_member(o, rom_name, us);
    pk__out_print(o, PK_ROM_STR(".%03u"), (unsigned)rest);
}
PK_API pk_status pk_perf_trace_json(const pk_perf_trace *trace, pk_log_sink_fn writer, void *user) {
    pk__out o;
    uint32_t i, used = pk__load32(&trace->used);
    pk_ticks begin, spent, before;
    bool first = true;
    pk__out_start(&o, writer, user);
    pk__out_print(&o, PK_ROM_STR("{\"displayTimeUnit\":\"ns\",\"traceEvents\":["));
    for (i = 0; i < used && i < trace->room && o.status == PK_OK; i++) {
        const pk_perf_event *e = &trace->events[i];
        if (!pk__load32(&e->ready)) continue; /* another thread is writing it */
        begin = pk__ticks_between(trace->begin, e->start);
        spent = e->spent;
        if (begin > PERFKIT_TICKS_MASK / 2) { /* it began before the trace did: cut there, or it would end behind its end */
            before = pk__ticks_between(e->start, trace->begin);
            spent = spent > before ? spent - before : 0;
            begin = 0;
        }
        pk__out_print(&o, first ? PK_ROM_STR("\n{\"ph\":\"X\",\"name\":") : PK_ROM_STR(",\n{\"ph\":\"X\",\"name\":"));
        first = false;
        pk__out_quoted(&o, e->site->name, PK__IN_JSON);
        pk__out_member(&o, PK_ROM_STR("pid"), 1);
        pk__out_member(&o, PK_ROM_STR("tid"), e->thread);
        pk__trace_time(&o, PK_ROM_STR("ts"), begin);
        pk__trace_time(&o, PK_ROM_STR("dur"), spent);
        pk__out_char(&o, '}');
    }
    pk__out_print(&o, PK_ROM_STR("],\"otherData\":{\"lost\":%lu}}\n"), (unsigned long)pk_perf_trace_lost(trace));
    return pk__out_flush(&o);
}
#endif
#if PERFKIT_PERF_PROGRESS || PERFKIT_PERF_STAGES
/* A line to a writer: values escaped. */
static PK__OUT_OF_LINE pk_status pk__say(pk_log_sink_fn writer, void *user, const char *rom_format, ...) {
    char line[PERFKIT_LOG_LINE];
    pk__text t;
    va_list args;
    pk__text_over(&t, line, sizeof line - 1);
    t.escape = true;
    va_start(args, rom_format);
    pk__vformat(&t, rom_format, true, args);
    va_end(args);
    if (t.length > t.room) {
        t.room--;
        pk__line_cut(&t);
        line[t.length++] = '\n'; /* what is long ends a line */
    }
    line[t.length] = 0;
    return writer(user, PK_LOG_INFO, line, t.length);
}
/* n / d, d < 2^31, within 32 bits; 0 where there is nothing to divide by. */
static uint32_t pk__quotient(uint64_t n, uint32_t d) {
    uint32_t rest;
    if (d == 0) return 0;
    n = pk__divide(n, d, &rest);
    return n < 0xFFFFFFFEu ? (uint32_t)n : 0xFFFFFFFEu;
}
#endif
#if PERFKIT_PERF_PROGRESS
/* ---- Progress ---- */

static void pk__progress_lock(pk_progress *p) {
    if (p->threads) pk__mutex_lock(&p->mutex);
}
static void pk__progress_unlock(pk_progress *p) {
    if (p->threads) pk__mutex_unlock(&p->mutex);
}
static pk_time pk__progress_now(const pk_progress *p) { return p->clock ? p->clock(p->user) : pk__now_ms(NULL); }

PK_API pk_status pk__progress_init(pk_progress *p, size_t size, uint32_t config, const pk_progress_desc *desc) {
    PERFKIT_ASSERT(p != NULL);
    if (size != sizeof(pk_progress) || config != PK__CONFIG_WORD) return PK_INVALID;
    if (desc && desc->total > 0x7FFFFFFFu) return PK_INVALID;
    if (desc && desc->threads && !PERFKIT_THREADS) return PK_UNSUPPORTED;
    pk__clear(p, sizeof *p);
    p->name = "";
    if (desc) {
        if (desc->name) p->name = desc->name;
        p->clock = desc->clock;
        p->user = desc->user;
        p->total = desc->total;
        if (desc->threads) {
            if (!pk__mutex_init(&p->mutex)) return PK_UNSUPPORTED;
            p->threads = 1;
        }
    }
    p->start = pk__progress_now(p);
    return PK_OK;
}
PK_API void pk_progress_close(pk_progress *p) {
    if (p->threads) pk__mutex_destroy(&p->mutex);
    pk__clear(p, sizeof *p);
    p->name = "";
}

static void pk__progress_read(const pk_progress *p, pk_time now, pk_progress_values *v) { /* under the lock */
    const uint32_t ended = p->done + p->failed;
    uint32_t i, ms = (uint32_t)(now - p->start) & 0x7FFFFFFFu; /* 24 days */
    v->name = p->name;
    v->total = p->total;
    v->done = p->done;
    v->failed = p->failed;
    v->elapsed_ms = ms;
    v->percent_100 = pk__quotient((uint64_t)(ended < p->total ? ended : p->total) * 10000u, p->total);
    v->success_100 = pk__quotient((uint64_t)p->done * 10000u + ended / 2, ended);
    v->rate_100 = pk__quotient((uint64_t)p->done * 100000u, ms);
    v->left_ms = PK_PROGRESS_UNKNOWN;
    if (p->total != 0 && ended != 0) v->left_ms = ended >= p->total ? 0 : pk__quotient((uint64_t)(p->total - ended) * ms, ended);
    for (i = 0; i < PK_PROGRESS_TEXT; i++) v->current[i] = p->current[i];
}
PK_API void pk_progress_get(pk_progress *p, pk_progress_values *values) {
    const pk_time now = pk__progress_now(p);
    pk__progress_lock(p);
    pk__progress_read(p, now, values);
    pk__progress_unlock(p);
}

/* Called under the lock, and leaves it. One thread tells; what the others, or the observers, change meanwhile it tells again. */
static void pk__progress_changed(pk_progress *p) {
    pk_progress_values v;
    pk_time now;
    uint8_t i;
    p->changed = 1;
    if (!p->telling) {
        p->telling = 1;
        while (p->changed) {
            p->changed = 0;
            pk__progress_unlock(p);
            now = pk__progress_now(p);
            pk__progress_lock(p);
            pk__progress_read(p, now, &v);
            for (i = 0; i < PK_PROGRESS_OBSERVERS; i++) {
                const pk_progress_fn fn = p->observer[i].fn;
                void *const user = p->observer[i].user;
                if (fn == NULL) continue;
                pk__progress_unlock(p);
                fn(user, p, &v);
                pk__progress_lock(p);
            }
        }
        p->telling = 0;
    }
    pk__progress_unlock(p);
}
PK_API void pk_progress_step(pk_progress *p, const char *current, bool succeeded) {
    pk__text t;
    PERFKIT_ASSERT(p != NULL);
    pk__progress_lock(p);
    if (succeeded) p->done++;
    else p->failed++;
    if (current) {
        pk__text_over(&t, p->current, sizeof p->current - 1);
        while (*current) pk__put(&t, *current++);
        if (t.length > t.room) pk__line_cut(&t);
        p->current[t.length] = 0;
    }
    pk__progress_changed(p);
}
PK_API void pk_progress_add(pk_progress *p, uint32_t done, uint32_t failed) {
    PERFKIT_ASSERT(p != NULL);
    pk__progress_lock(p);
    p->done += done;
    p->failed += failed;
    pk__progress_changed(p);
}
PK_API pk_status pk_progress_set_total(pk_progress *p, uint32_t total) {
    if (total > 0x7FFFFFFFu) return PK_INVALID;
    pk__progress_lock(p);
    p->total = total;
    pk__progress_changed(p);
    return PK_OK;
}
static uint8_t pk__progress_find(const pk_progress *p, pk_progress_fn fn, void *user) { /* NULL, NULL: a free one */
    uint8_t i = 0;
    while (i < PK_PROGRESS_OBSERVERS && (p->observer[i].fn != fn || p->observer[i].user != user)) i++;
    return i;
}
PK_API pk_status pk_progress_add_observer(pk_progress *p, pk_progress_fn fn, void *user) {
    pk_status status = PK_EXISTS;
    uint8_t i;
    if (fn == NULL) return PK_INVALID;
    pk__progress_lock(p);
    if (pk__progress_find(p, fn, user) == PK_PROGRESS_OBSERVERS) {
        i = pk__progress_find(p, NULL, NULL);
        status = PK_FULL;
        if (i < PK_PROGRESS_OBSERVERS) {
            p->observer[i].fn = fn;
            p->observer[i].user = user;
            status = PK_OK;
        }
    }
    pk__progress_unlock(p);
    return status;
}
PK_API pk_status pk_progress_remove_observer(pk_progress *p, pk_progress_fn fn, void *user) {
    pk_status status = PK_NOT_FOUND;
    uint8_t i;
    if (fn == NULL) return PK_NOT_FOUND;
    pk__progress_lock(p);
    i = pk__progress_find(p, fn, user);
    if (i < PK_PROGRESS_OBSERVERS) {
        p->observer[i].fn = NULL;
        p->observer[i].user = NULL;
        status = PK_OK;
    }
    pk__progress_unlock(p);
    return status;
}

PK_API void pk_progress_bar_init(pk_progress_bar *bar, pk_log_sink_fn writer, void *user) {
    pk__clear(bar, sizeof *bar);
    bar->writer = writer;
    bar->user = user;
#if PERFKIT_STDIO && !defined _WIN32
    {
        int fd = writer == pk_log_to_stderr ? 2 : writer == pk_log_to_fd ? (int)(intptr_t)user : -1;
        const char *kind = getenv("TERM");
        if (fd >= 0 && isatty(fd) && (kind == NULL || strcmp(kind, "dumb") != 0)) bar->columns = 80;
    }
#endif
}
/* " 3:07 left" */
static void pk__put_left(pk__text *t, uint32_t ms) {
    uint32_t rest, seconds = (uint32_t)pk__divide((uint64_t)ms + 999u, 1000u, &rest);
    if (ms == PK_PROGRESS_UNKNOWN) return;
    pk__print(t, PK_ROM_STR(" %lu:%02u left"), (unsigned long)(seconds / 60u), (unsigned)(seconds % 60u));
}
static void pk__progress_draw(const pk_progress_bar *bar, const pk_progress_values *v, bool last) {
    char line[256], out[sizeof line + 8];
    const unsigned cells = 20, full = (unsigned)(v->percent_100 / (10000u / cells));
    unsigned i, columns = 0;
    size_t n;
    pk__text t;
    pk__text_over(&t, line, sizeof line - 1);
    t.escape = true;
    pk__print(&t, PK_ROM_STR("%s ["), v->name);
    for (i = 0; i < cells; i++) pk__put(&t, (char)(i < full ? '#' : '.'));
    pk__print(&t, PK_ROM_STR("] %u.%u%% %lu/%lu"), (unsigned)(v->percent_100 / 100u), (unsigned)(v->percent_100 / 10u % 10u),
              (unsigned long)v->done + v->failed, (unsigned long)v->total);
    if (v->failed) pk__print(&t, PK_ROM_STR(", %lu failed"), (unsigned long)v->failed);
    pk__print(&t, PK_ROM_STR(" %lu.%u/s"), (unsigned long)(v->rate_100 / 100u), (unsigned)(v->rate_100 / 10u % 10u));
    if (!last) pk__put_left(&t, v->left_ms);
    if (v->current[0]) pk__print(&t, PK_ROM_STR(" %s"), v->current);
    if (t.length > t.room) pk__line_cut(&t);
    for (i = 0; i < t.length; i++) /* a character of UTF-8 counts once */
        if (((uint8_t)line[i] & 0xC0) != 0x80 && columns++ == bar->columns - 1u) break;
    line[i] = 0;
    n = PK_FORMAT(out, sizeof out, "\r%s\033[K%s", line, last ? "\n" : "");
    (void)bar->writer(bar->user, PK_LOG_INFO, out, n);
}
PK_API void pk_progress_print(void *bar_, pk_progress *p, const pk_progress_values *v) {
    pk_progress_bar *bar = (pk_progress_bar *)bar_;
    const bool last = v->total != 0 && v->done + v->failed >= v->total;
    const uint32_t every = bar->every_ms == PK_PROGRESS_EACH ? 0 : bar->every_ms ? bar->every_ms : bar->columns ? 100u : 1000u;
    (void)p;
    if (last ? bar->whole : bar->begun && v->elapsed_ms - bar->last_ms < every) return; /* the total may have grown since */
    bar->begun = true;
    bar->whole = last;
    bar->last_ms = v->elapsed_ms;
    if (bar->columns) pk__progress_draw(bar, v, last);
    else if (v->failed)
        (void)pk__say(bar->writer, bar->user, PK_ROM_STR("%s: %s (%lu/%lu), %lu failed\n"), v->name, v->current,
                      (unsigned long)v->done + v->failed, (unsigned long)v->total, (unsigned long)v->failed);
    else
        (void)pk__say(bar->writer, bar->user, PK_ROM_STR("%s: %s (%lu/%lu)\n"), v->name, v->current, (unsigned long)v->done,
                      (unsigned long)v->total);
}
#endif
#if PERFKIT_PERF_STAGES
/* ---- Stages, memory and single figures ---- */

PK_API void pk_stopwatch_start(pk_stopwatch *w, pk_lap *laps, unsigned room) {
    w->laps = laps;
    w->room = (uint16_t)(room < 0xFFFFu ? room : 0xFFFFu);
    w->count = 0;
    w->rest = 0;
    pk__raw_begin();
    w->last = pk__perf_now();
}
PK_API pk_ticks pk_stopwatch_lap(pk_stopwatch *w, const char *name) {
    const pk_ticks now = pk__perf_now(), spent = pk__ticks_between(w->last, now);
    w->last = now;
    if (w->count == w->room) w->rest += spent;
    else {
        w->laps[w->count].name = name;
        w->laps[w->count++].ticks = spent;
    }
    return spent;
}
PK_API uint64_t pk_stopwatch_total(const pk_stopwatch *w) {
    uint64_t total = w->rest;
    uint16_t i;
    for (i = 0; i < w->count; i++) total += w->laps[i].ticks;
    return total;
}
static pk_status pk__lap_line(pk_log_sink_fn writer, void *user, const char *name, uint64_t ticks, uint64_t total) {
    const uint32_t us = pk_perf_us(ticks), all = pk_perf_us(total), tenths = us / 100u + (us % 100u >= 50u);
    const uint32_t share = pk__quotient((uint64_t)us * 500u + all / 4u, all / 2u); /* halves: the divisor has 31 bits */
    return pk__say(writer, user, PK_ROM_STR("%-24s %8lu.%ums %5u.%u%%\n"), name, (unsigned long)(tenths / 10u), (unsigned)(tenths % 10u),
                   (unsigned)(share / 10u), (unsigned)(share % 10u));
}
PK_API pk_status pk_stopwatch_report(pk_stopwatch *w, pk_log_sink_fn writer, void *user) {
    const uint64_t total = pk_stopwatch_total(w);
    pk_status status = PK_OK;
    uint16_t i, turn, longest;
    for (i = 0; i < w->count; i++) w->laps[i].printed = 0;
    for (turn = 0; turn < w->count && status == PK_OK; turn++) {
        for (longest = 0xFFFFu, i = 0; i < w->count; i++)
            if (!w->laps[i].printed && (longest == 0xFFFFu || w->laps[i].ticks > w->laps[longest].ticks)) longest = i;
        w->laps[longest].printed = 1;
        status = pk__lap_line(writer, user, w->laps[longest].name, w->laps[longest].ticks, total);
    }
    if (w->rest != 0 && status == PK_OK) status = pk__lap_line(writer, user, "(others)", w->rest, total);
    return status == PK_OK ? pk__lap_line(writer, user, "total", total, total) : status;
}

PK_API uint64_t pk_mem_resident(void *user) {
    uint64_t pages = 0;
    (void)user;
#if defined __linux__ && PERFKIT_STDIO
    {
        char text[64], *p = text; /* proc(5): statm counts pages, all and those that are resident */
        int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
        if (fd >= 0) (void)close(fd);
        text[n > 0 ? n : 0] = 0;
        while (*p >= '0' && *p <= '9') p++;
        if (*p == ' ')
            for (p++; *p >= '0' && *p <= '9'; p++) pages = pages * 10 + (uint64_t)(*p - '0');
        pages *= (uint64_t)sysconf(_SC_PAGESIZE);
    }
#endif
    return pages;
}
static uint64_t pk__growth_now(const pk_growth *g) {
    if (g->trim) g->trim(g->user);
    return g->now ? g->now(g->user) : pk_mem_resident(NULL);
}
PK_API void pk_growth_begin(pk_growth *g, const char *name) {
    g->name = name;
    g->before = pk__growth_now(g);
}
PK_API int64_t pk_growth_end(pk_growth *g) {
    const uint64_t now = pk__growth_now(g), size = now < g->before ? g->before - now : now - g->before;
    const uint32_t tenths = (uint32_t)((size * 10u + ((uint32_t)1 << 19)) >> 20);
    if (g->channel && pk_log_enabled(g->channel, PK_LOG_INFO))
        pk__log_rom(g->channel, PK_LOG_INFO, PK_ROM_STR("%s memory increase: %s%lu.%uMB"), g->name, now < g->before && tenths ? "-" : "",
                    (unsigned long)(tenths / 10u), (unsigned)(tenths % 10u));
    return now < g->before ? -(int64_t)size : (int64_t)size;
}

static pk_metric *pk__metric_find(const pk_metrics *m, int kind, const char *name) {
    uint16_t i;
    for (i = 0; i < m->count; i++)
        if (m->table[i].kind == kind && pk__perf_same_name(m->table[i].name, false, name, false)) return &m->table[i];
    return NULL;
}
static void pk__metric_line(const pk_metrics *m, int kind, const char *name, uint64_t value) {
    static const char words[4][9] = {"startup", "load", "memory", "hit rate"}, units[4][3] = {"ms", "ms", "MB", "%"};
    uint32_t tenths, rest;
    if (m->channel == NULL || !pk_log_enabled(m->channel, PK_LOG_INFO)) return;
    if (kind == PK_METRIC_MEMORY) tenths = (uint32_t)((value * 10u + ((uint32_t)1 << 19)) >> 20);
    else tenths = (uint32_t)pk__divide(value + (kind == PK_METRIC_HIT_RATE ? 5u : 50u), kind == PK_METRIC_HIT_RATE ? 10u : 100u, &rest);
    pk__log_rom(m->channel, PK_LOG_INFO, PK_ROM_STR("%s%s%s %lu.%u%s"), words[kind], name[0] ? " " : "", name, (unsigned long)(tenths / 10u),
                (unsigned)(tenths % 10u), units[kind]);
}
PK_API pk_status pk_metrics_record(pk_metrics *m, int kind, const char *name, uint64_t value) {
    pk_metric *metric;
    PERFKIT_ASSERT(m != NULL);
    if (kind < PK_METRIC_STARTUP || kind > PK_METRIC_HIT_RATE) return PK_INVALID;
    if (name == NULL) name = "";
    metric = pk__metric_find(m, kind, name);
    if (metric == NULL && m->count == m->room) {
        pk__count_up(&m->lost);
        return PK_FULL;
    }
    if (metric == NULL) {
        metric = &m->table[m->count++];
        metric->name = name;
        metric->kind = (uint8_t)kind;
    }
    metric->value = value;
    pk__metric_line(m, kind, name, value);
    return PK_OK;
}
PK_API pk_status pk_metrics_get(const pk_metrics *m, int kind, const char *name, uint64_t *value) {
    const pk_metric *metric = pk__metric_find(m, kind, name ? name : "");
    if (metric == NULL) return PK_NOT_FOUND;
    *value = metric->value;
    return PK_OK;
}

PK_API void pk_trend_add(pk_trend *t, pk_level value) {
    if (t->room == 0) return;
    t->values[t->next] = value;
    t->next = (uint16_t)(t->next + 1u == t->room ? 0 : t->next + 1u);
    if (t->used < t->room) t->used++;
}
PK_API pk_level pk_trend_change(const pk_trend *t) {
    uint16_t newest, oldest;
    if (t->used < 2) return 0;
    newest = (uint16_t)(t->next == 0 ? t->room - 1u : t->next - 1u);
    oldest = (uint16_t)(t->used < t->room ? 0 : t->next);
    return t->values[newest] - t->values[oldest];
}
#endif
#endif
#if PERFKIT_LOG_DEFERRED
/* ---- Deferred mode: records ----
   A record is a header and the arguments in slots: an integer, pointer or double takes as many as it needs, a string as many as
   its bytes and a 0 do. The reader walks the format and so knows what is where. */
/* A site's word: 0: its arguments are not known yet; else these flags, and from PK__WORD_KINDS on three bits for each. */
enum { PK__WORD_KNOWN = 1, PK__WORD_WALK = 2, PK__WORD_KINDS = 2 }; /* WALK: the format has to be walked each time */
enum { PK__KIND_INT = 1, PK__KIND_LONG, PK__KIND_LONG_LONG, PK__KIND_DOUBLE, PK__KIND_POINTER, PK__KIND_STRING, PK__KIND_PRECISE };
#define PK__WORD_MOST ((8 * sizeof(pk__log_word) - PK__WORD_KINDS) / 3)

typedef struct pk__keep { /* the arguments of a record in the making */
    unsigned char *at, *end;
    pk__log_word word;
    bool full;      /* they found no room */
#if PK__LOG_RINGS
    uint8_t shift;
#endif
    size_t strings; /* the bytes of strings that it may still take: what is behind them is behind the end of the line */
} pk__keep;

static void pk__keep_begin(pk__keep *k, void *at, size_t room) {
    k->at = (unsigned char *)at;
    k->end = k->at + room;
    k->word = PK__WORD_KNOWN;
#if PK__LOG_RINGS
    k->shift = PK__WORD_KINDS;
#endif
    k->full = false;
    k->strings = PERFKIT_LOG_LINE;
}
#if PK__LOG_RINGS
static void pk__keep_kind(pk__keep *k, unsigned kind, size_t size) {
    (void)size;
    if (k->shift + 3u > 8 * sizeof k->word) k->word |= PK__WORD_WALK;
    else k->word |= (pk__log_word)kind << k->shift;
    k->shift = (uint8_t)(k->shift + 3);
}
#else /* the number of slots where each argument is like an int; else the format is walked each time */
#define pk__keep_kind(k, kind, size) \
    ((void)((k)->word = (pk__log_word)((size) == sizeof(int) ? (k)->word + (1u << PK__WORD_KINDS) : (k)->word | PK__WORD_WALK)))
#endif
static PK__OUT_OF_LINE void pk__keep_value(pk__keep *k, const void *value, size_t size) {
    if ((size_t)(k->end - k->at) < PK__SLOTS(size)) {
        k->full = true;
        return;
    }
    pk__copy(k->at, value, size);
    k->at += PK__SLOTS(size);
}
/* At most `precision` bytes of it, where that is not negative. */
static void pk__keep_string(pk__keep *k, const char *text, int precision) {
    size_t most = k->strings;
    bool rom = text == NULL;
    char c;
    if (rom) text = PK_ROM_STR("(null)");
    if (precision >= 0 && (unsigned)precision < most) most = (unsigned)precision;
    k->strings -= most;
    do {
        c = most > 0 ? PK__GET(text++, rom) : (char)0;
        most--;
        if (k->at == k->end) {
            k->full = true;
            return;
        }
        *k->at++ = (unsigned char)c;
    } while (c != 0);
    k->strings += most + 1;
    for (; (size_t)(k->end - k->at) & (PK__SLOT - 1); k->at++) *k->at = 0; /* to the end of the slot */
}
/* A value out of a record: 0 where the record ends before. */
static PK__OUT_OF_LINE void pk__record_read(pk__args *args, void *value, size_t size) {
    if ((size_t)(args->end - args->at) < PK__SLOTS(size)) {
        args->at = args->end;
        pk__clear(value, size);
        return;
    }
    pk__copy(value, args->at, size);
    args->at += PK__SLOTS(size);
}
static const char *pk__record_string(const unsigned char **at, const unsigned char *end) {
    const char *text = (const char *)*at;
    const unsigned char *p = *at;
    while (p != end && *p != 0) p++;
    if (p == end) { /* a record that is torn */
        *at = end;
        return "";
    }
    *at += PK__SLOTS(p - *at + 1);
    return text;
}

#define PK__ARG_OF(name, type, kind)                                              \
    static PK__OUT_OF_LINE type pk__arg_##name(pk__args *args) {                  \
        type value;                                                               \
        if (args->at != NULL) {                                                   \
            pk__record_read(args, &value, sizeof value);                          \
            return value;                                                         \
        }                                                                         \
        value = va_arg(args->list, type);                                         \
        if (args->keep != NULL) {                                                 \
            pk__keep_kind(args->keep, kind, sizeof value);                        \
            pk__keep_value(args->keep, &value, sizeof value);                     \
        }                                                                         \
        return value;                                                             \
    }
typedef void *pk__void_pointer;
PK__ARG_OF(int, int, PK__KIND_INT)
PK__ARG_OF(long, long, PK__KIND_LONG)
PK__ARG_OF(pointer, pk__void_pointer, PK__KIND_POINTER)
#if PERFKIT_LOG_INT64
typedef long long pk__long_long;
static long long pk__arg_long_long(pk__args *args);
PK__ARG_OF(long_long, pk__long_long, PK__KIND_LONG_LONG)
#endif
#if PERFKIT_FLOAT
PK__ARG_OF(double, double, PK__KIND_DOUBLE)
#endif
static uintptr_t pk__arg_address(pk__args *args) {
    void *p;
    if (sizeof p == sizeof(int) && PK__LOG_FIFO) { /* passed alike: one function less */
        int same = pk__arg_int(args);
        return (unsigned)same;
    }
    p = pk__arg_pointer(args);
    return (uintptr_t)p;
}
static const char *pk__arg_string(pk__args *args, const pk__text *t) {
    const char *text;
    if (PK__IN_ROM && t->flags & PK__IN_ROM) {
        uintptr_t rom = pk__arg_address(args);
        return (const char *)rom;
    }
    if (args->at != NULL) return pk__record_string(&args->at, args->end);
    text = va_arg(args->list, const char *);
    if (args->keep != NULL) {
#if PK__LOG_RINGS
        const char *s = t->format - 1; /* %s, %*s: the whole of it; %.*s: by the argument before; else by the format */
        unsigned kind = PK__KIND_STRING;
        if (PK__GET(s - 1, t->format_in_rom) == '*') {
            if (PK__GET(s - 2, t->format_in_rom) == '.') kind = PK__KIND_PRECISE;
        } else if (t->precision >= 0) args->keep->word |= PK__WORD_WALK;
        pk__keep_kind(args->keep, kind, 0);
#else
        pk__keep_kind(args->keep, 0, 0);
#endif
        pk__keep_string(args->keep, text, t->precision);
        text = "";
    }
    return text;
}

/* The arguments of a format, kept; the first walk of a site also learns their kinds. */
static void pk__keep_arguments(pk__keep *k, const char *format, bool rom, va_list list) {
    pk__text nowhere;
    pk__args args;
    pk__text_over(&nowhere, NULL, 0);
    args.at = NULL;
    args.end = NULL;
    args.keep = k;
    va_copy(args.list, list);
    pk__format_args(&nowhere, format, rom, &args);
    va_end(args.list);
}
#if PERFKIT_LOG_KV
/* A field is a pointer to its key, its type in a slot, and the value. */
static void pk__keep_fields(pk__keep *k, va_list list) {
    va_list args;
    pk_kv kv;
    va_copy(args, list);
    for (kv = va_arg(args, pk_kv); kv.key != NULL; kv = va_arg(args, pk_kv)) {
        int type = kv.type == 'S' && kv.value.p == NULL ? 0 : kv.type;
        pk__keep_value(k, &kv.key, sizeof kv.key);
        pk__keep_value(k, &type, sizeof type);
        if (type == 'S') pk__keep_string(k, (const char *)kv.value.p, -1);
        else pk__keep_value(k, &kv.value, sizeof kv.value);
    }
    va_end(args);
}
#if !PERFKIT_LOG_DICTIONARY
static bool pk__field_read(const unsigned char **at, const unsigned char *end, pk_kv *kv) {
    pk__args args;
    int type;
    args.at = *at;
    args.end = end;
    if (args.at == end) return false;
    pk__record_read(&args, &kv->key, sizeof kv->key);
    pk__record_read(&args, &type, sizeof type);
    kv->type = type == 0 ? 'S' : (char)type;
    if (type == 'S') kv->value.p = pk__record_string(&args.at, end);
    else pk__record_read(&args, &kv->value, sizeof kv->value);
    if (type == 0) kv->value.p = NULL;
    *at = args.at;
    return kv->key != NULL;
}
#endif
#endif
#endif
#if PK__LOG_FIFO
/* ---- Deferred mode, firmware: one ring for the program and its interrupts ----
   A record is reserved with interrupts masked, filled with them open, and made ready by one byte; the drain stops at the first
   that is not ready. No record wraps: the rest before the end is skipped where it is too short. */

enum { PK__STATE_RESERVED, PK__STATE_READY, PK__STATE_TIMED, PK__STATE_DATED, PK__STATE_SKIP };
/* A record: its state, its slots, and how many were dropped before it, modulo 2^16; the address of its site or NULL; its time. */
#define PK__FIFO_HEAD (PK__SLOTS(4) + PK__SLOTS(sizeof(void *)))
#define PK__FIFO_TIME PK__SLOTS(4) /* milliseconds or seconds; behind a date the milliseconds in a slot */
#define PK__FIFO_ARGUMENTS (PERFKIT_LOG_LINE + 16 * PK__SLOT)
#if defined __GNUC__ && !defined __AVR__ && !defined __MSP430__ /* clang calls a library that MSP430 has not */
#define PK__SET_STATE(p, state) __atomic_store_n(p, (uint8_t)(state), __ATOMIC_RELEASE)
#define PK__GET_STATE(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#else
#ifdef __GNUC__
#define PK__NO_REORDER __asm volatile("" : : : "memory")
#else
#define PK__NO_REORDER ((void)0)
#endif
PK__INLINE void pk__set_state(uint8_t *p, uint8_t state) {
    PK__NO_REORDER;
    *(volatile uint8_t *)p = state;
}
PK__INLINE uint8_t pk__get_state(const uint8_t *p) {
    uint8_t state = *(const volatile uint8_t *)p;
    PK__NO_REORDER;
    return state;
}
#define PK__SET_STATE(p, state) pk__set_state(p, (uint8_t)(state))
#define PK__GET_STATE(p) pk__get_state(p)
#endif

PK__INLINE unsigned pk__site_level(const pk__defer_site *site) {
    return (uint8_t)PK__GET((const char *)pk__rom_read_ptr(&site->format), true);
}
PK__INLINE unsigned pk__site_count(const pk__defer_site *site) { /* of arguments, where they are known to be like ints */
    const void *word = pk__rom_read_ptr(&site->word);
    return (unsigned)(uintptr_t)word;
}
/* Reserve a record with so many slots of arguments; NULL: there is no room. `level` 0: the site's. */
PK__HOT_INLINE uint8_t *pk__fifo_reserve(pk__queue *q, const pk__defer_site *site, unsigned level, unsigned slots) {
    unsigned at, size, room, need, bytes = slots * PK__SLOT + q->before;
    uint8_t *p;
    PK__CRITICAL_ENTER(state);
    at = q->head;
    size = q->size;
    room = q->room;
    p = (uint8_t *)(q + 1) + at;
    need = bytes;
    if (PK__UNLIKELY(size - at < bytes)) need += size - at;
    if (PK__UNLIKELY(need + q->keep > room) && (need > room || ((level ? level : pk__site_level(site)) & 7) != PK_LOG_ERROR)) {
        q->dropped++;
        p = NULL;
    } else {
        if (PK__UNLIKELY(need != bytes)) {
            *p = PK__STATE_SKIP;
            p -= at;
            at = 0;
        }
        at += bytes;
        q->room = (uint16_t)(room - need);
        q->head = (uint16_t)(at == size ? 0 : at);
        q->taken++;
        p[0] = PK__STATE_RESERVED;
        p[1] = (uint8_t)(bytes / PK__SLOT);
        *(uint16_t *)(void *)(p + 2) = (uint16_t)q->dropped;
    }
    PK__CRITICAL_EXIT(state);
    return p;
}
/* Write what is before the arguments; returns where they go. */
PK__HOT_INLINE uint8_t *pk__fifo_head(const pk__queue *q, uint8_t *p, const pk__defer_site *site) {
    *(const pk__defer_site **)(void *)(p + PK__SLOTS(4)) = site;
    p += PK__FIFO_HEAD;
    if (q->state != PK__STATE_READY) {
        pk__moment when;
        when.number = 0; /* for the compiler */
        pk__log_moment(q->log, &when);
        *(uint32_t *)(void *)p = when.number;
        p += PK__FIFO_TIME;
#if PERFKIT_LOG_WALL
        if (q->state == PK__STATE_DATED) {
            *(uint16_t *)(void *)p = when.ms;
            p += PK__SLOT;
        }
#endif
    }
    return p;
}
/* Both; NULL: there is no room. */
static PK__OUT_OF_LINE uint8_t *pk__fifo_begin(pk__queue *q, const pk__defer_site *site, unsigned level, unsigned slots) {
    uint8_t *p = pk__fifo_reserve(q, site, level, slots);
    return p == NULL ? NULL : pk__fifo_head(q, p, site);
}
#define PK__FIFO_COMMIT(q, at) PK__SET_STATE((at) - (q)->before, (q)->state)

/* A record made on the stack by a walk of the format. */
typedef struct pk__walked {
    pk__keep keep;
    void *slots[(PK__FIFO_ARGUMENTS + sizeof(void *) - 1) / sizeof(void *)];
} pk__walked;
static PK__OUT_OF_LINE void pk__fifo_put(pk__queue *q, const pk__defer_site *site, unsigned level, const void *slots, const pk__keep *k) {
    size_t size = (size_t)(k->at - (const unsigned char *)slots);
    uint8_t *at;
    if (k->full || size + q->before > 255 * PK__SLOT) { /* nowhere is room for it */
        PK__CRITICAL_ENTER(state);
        q->dropped++;
        PK__CRITICAL_EXIT(state);
        return;
    }
    at = pk__fifo_begin(q, site, level, (unsigned)(size / PK__SLOT));
    if (at == NULL) return;
    pk__copy(at, slots, size);
    PK__FIFO_COMMIT(q, at);
}
static PK__OUT_OF_LINE void pk__defer_walk(pk_log *log, int mark, const pk__log_site *place, const char *format, va_list args) {
    pk__walked w;
    pk__keep_begin(&w.keep, w.slots, sizeof w.slots);
    pk__keep_value(&w.keep, &mark, sizeof mark);
    pk__keep_value(&w.keep, &place, sizeof place);
    if (mark & PK__MARK_COPY) pk__keep_string(&w.keep, format, -1);
    else pk__keep_value(&w.keep, &format, sizeof format);
#if PERFKIT_LOG_KV
    if (mark & PK__MARK_FIELDS) pk__keep_fields(&w.keep, args);
    else
#endif
        pk__keep_arguments(&w.keep, format, !(mark & PK__MARK_COPY), args);
    pk__fifo_put(log->queue, NULL, (unsigned)mark, w.slots, &w.keep);
}
#if !PERFKIT_LOG_DICTIONARY
/* The line of a site or record. */
static PK__OUT_OF_LINE void pk__defer_line(pk_log *log, int mark, const pk__log_site *place, const char *format,
                                           const pk__moment *when, pk__args *args) {
#if PK__LOG_WIDE
    pk__entry e;
    pk__entry_begin(&e, log, mark & 7, place, format, (mark & PK__MARK_FIELDS) != 0);
    e.args.at = args->at;
    e.args.end = args->end;
    va_copy(e.args.list, args->list);
    pk__entry_forms(&e, when, false);
    va_end(e.args.list);
#else
    pk__line l;
    PK__LINE_BEGIN(&l, log, mark & 7, l.when = *when);
    if (place != NULL) pk__put_site(&l.text, log, place);
    else pk__put_name(&l.text, log);
#if PERFKIT_LOG_KV
    if (mark & PK__MARK_FIELDS) {
        pk_kv kv;
        char c;
        while ((c = PK__GET(format++, true)) != 0) pk__put(&l.text, c);
        while (pk__field_read(&args->at, args->end, &kv)) pk__put_kv(&l, &kv);
    } else
#endif
        pk__format_args(&l.text, format, !(mark & PK__MARK_COPY), args);
    pk__line_end(&l);
#endif
}
static const pk__log_site *pk__defer_place_of(const pk__defer_site *site, uint8_t mark) {
    return mark & PK__WITH_PLACE ? &((const pk__defer_place *)(const void *)site)->place : NULL;
}
#endif

/* At once, or by a walk of the format. */
static PK__OUT_OF_LINE void pk__defer_slowly(pk_log *log, const pk__defer_site *site, va_list list) {
    const char *format = (const char *)pk__rom_read_ptr(&site->format) + 1;
#if PERFKIT_LOG_DICTIONARY
    if (log->queue == NULL) return;
#else
    if (log->queue == NULL) {
        uint8_t mark = (uint8_t)PK__GET(format - 1, true);
        pk__moment when;
        pk__args args;
        args.at = NULL;
        args.keep = NULL;
        va_copy(args.list, list);
        pk__log_moment(log, &when);
        pk__defer_line(log, mark & 7, pk__defer_place_of(site, mark), format, &when, &args);
        va_end(args.list);
        return;
    }
#endif
    {
        const void *word = pk__rom_read_ptr(&site->word);
        pk__walked w;
        pk__keep_begin(&w.keep, w.slots, sizeof w.slots);
        pk__keep_arguments(&w.keep, format, true, list);
        PK__SET_RELAXED((pk__log_word *)(uintptr_t)word, w.keep.word); /* every core and interrupt finds the same */
        pk__fifo_put(log->queue, site, 0, w.slots, &w.keep);
    }
}
PK_API void pk__log_defer(pk_log *log, const pk__defer_site *site, ...) {
    va_list args;
    pk__queue *q = log->queue;
    unsigned word = PK__GET_RELAXED((const volatile pk__log_word *)pk__rom_read_ptr(&site->word));
    va_start(args, site);
    if (q == NULL || (word & (PK__WORD_KNOWN | PK__WORD_WALK)) != PK__WORD_KNOWN) pk__defer_slowly(log, site, args);
    else {
        uint8_t *at = pk__fifo_begin(q, site, 0, word >>= PK__WORD_KINDS), *end = at;
        if (at != NULL) {
            for (; word > 0; word--, end += PK__SLOT) *(int *)(void *)end = va_arg(args, int);
            PK__FIFO_COMMIT(q, at);
        }
    }
    va_end(args);
}

/* The same where the arguments are known to be like ints: as many as the site's word says. */
#if PERFKIT_LOG_DICTIONARY
#define pk__defer_ints_now(log, site, slots) ((void)0)
#define pk__defer_two_now(log, site, a, b) ((void)0)
#else
static PK__COLD void pk__defer_ints_now(pk_log *log, const pk__defer_site *site, const void *slots) {
    const char *format = (const char *)pk__rom_read_ptr(&site->format);
    uint8_t mark = (uint8_t)PK__GET(format, true);
    pk__moment when;
    pk__args args;
    args.at = (const unsigned char *)slots;
    args.end = args.at + pk__site_count(site) * PK__SLOT;
    args.keep = NULL;
    pk__log_moment(log, &when);
    pk__defer_line(log, mark & 7, pk__defer_place_of(site, mark), format + 1, &when, &args);
}
static PK__COLD void pk__defer_two_now(pk_log *log, const pk__defer_site *site, int a, int b) {
    void *slots[2];
    pk__copy(&slots[0], &a, sizeof a);
    pk__copy(&slots[1], &b, sizeof b);
    pk__defer_ints_now(log, site, slots);
}
#endif
PK_API void pk__log_defer_two(pk_log *log, const pk__defer_site *site, int a, int b) {
    pk__queue *q = log->queue;
    unsigned count = pk__site_count(site);
    uint8_t *p;
    int *at;
    if (PK__UNLIKELY(q == NULL)) {
        pk__defer_two_now(log, site, a, b);
        return;
    }
    p = pk__fifo_reserve(q, site, 0, count);
    if (p == NULL) return;
    at = (int *)(void *)pk__fifo_head(q, p, site);
    if (count > 0) at[0] = a;
    if (count > 1) at[PK__SLOT / sizeof(int)] = b;
    PK__SET_STATE(p, q->state);
}
PK_API void pk__log_defer_ints(pk_log *log, const pk__defer_site *site, ...) {
    va_list list;
    unsigned i, count = pk__site_count(site);
    void *slots[4];
    pk__keep k;
    pk__keep_begin(&k, slots, sizeof slots);
    va_start(list, site);
    for (i = 0; i < count; i++) {
        int value = va_arg(list, int);
        pk__keep_value(&k, &value, sizeof value);
    }
    va_end(list);
    if (log->queue == NULL) pk__defer_ints_now(log, site, slots);
    else pk__fifo_put(log->queue, site, 0, slots, &k);
}

/* ---- Its drain ---- */

static PK__OUT_OF_LINE void pk__fifo_free(pk__queue *q, unsigned bytes) {
    unsigned tail = q->tail + bytes;
    q->tail = (uint16_t)(tail == q->size ? 0 : tail);
    {
        PK__CRITICAL_ENTER(state);
        q->room = (uint16_t)(q->room + bytes);
        PK__CRITICAL_EXIT(state);
    }
}
/* The oldest record, or NULL: none is ready. */
static uint8_t *pk__fifo_oldest(pk__queue *q) {
    for (;;) {
        uint8_t *p = (uint8_t *)(q + 1) + q->tail, state;
        unsigned room;
        PK__CRITICAL_ENTER(masked); /* two bytes on an AVR; and what another core reserves is seen only when its state is */
        room = q->room;
        PK__CRITICAL_EXIT(masked);
        if (room == q->size) return NULL;
        state = PK__GET_STATE(p);
        if (state == PK__STATE_RESERVED) return NULL;
        if (state != PK__STATE_SKIP) return p;
        pk__fifo_free(q, (unsigned)q->size - q->tail);
    }
}
#if !PERFKIT_LOG_DICTIONARY
static void pk__fifo_tell(pk_log *log, pk__queue *q, unsigned lost, const pk__moment *when) {
    pk__args args;
    void *slot; /* of an unsigned */
    lost = (uint16_t)(lost - q->told);
    if (lost == 0) return;
    q->told = (uint16_t)(q->told + lost);
    pk__copy(&slot, &lost, sizeof lost);
    args.at = (const unsigned char *)&slot;
    args.end = args.at + sizeof slot;
    args.keep = NULL;
    pk__defer_line(log, PK_LOG_WARN, NULL, PK_ROM_STR("%u dropped"), when, &args);
    log->lines--; /* it is none that was sent */
}
static void pk__fifo_out(pk_log *log, pk__queue *q, const uint8_t *p) {
    const pk__defer_site *site = *(const pk__defer_site *const *)(const void *)(p + PK__SLOTS(4));
    const pk__log_site *place = NULL;
    const char *format;
    pk__moment when;
    pk__args args;
    int mark;
    when.kind = (uint8_t)(*p - PK__STATE_READY);
    args.at = p + PK__FIFO_HEAD;
    args.end = p + p[1] * PK__SLOT;
    args.keep = NULL;
    if (when.kind != PK__NO_TIME) pk__record_read(&args, &when.number, sizeof when.number);
#if PERFKIT_LOG_WALL
    if (when.kind == PK__TIME_DATE) pk__record_read(&args, &when.ms, sizeof when.ms);
#endif
    if (site != NULL) {
        format = (const char *)pk__rom_read_ptr(&site->format);
        mark = (uint8_t)PK__GET(format++, true);
        place = pk__defer_place_of(site, (uint8_t)mark);
        mark &= 7;
    } else {
        pk__record_read(&args, &mark, sizeof mark);
        pk__record_read(&args, &place, sizeof place);
        if (mark & PK__MARK_COPY) format = pk__record_string(&args.at, args.end);
        else pk__record_read(&args, &format, sizeof format);
    }
    pk__fifo_tell(log, q, *(const uint16_t *)(const void *)(p + 2), &when);
    pk__defer_line(log, mark, place, format, &when, &args);
}
PK_API pk_status pk_log_drain(pk_log *log, uint32_t budget) {
    pk__queue *q = log->queue;
    uint8_t *p;
    PERFKIT_ASSERT(log != NULL);
    if (q != NULL && q->draining) return PK_BUSY;
    pk__signals_out(log);
    if (q == NULL) return PK_OK;
    q->draining = 1;
    if (budget == 0) budget = q->size; /* interrupts may add without end */
    for (; (p = pk__fifo_oldest(q)) != NULL && budget > 0; budget--) {
        pk__fifo_out(log, q, p);
        pk__fifo_free(q, p[1] * PK__SLOT);
    }
    if (p == NULL) {
        pk__moment when;
        unsigned dropped = q->told;
        PK__CRITICAL_ENTER(state);
        if (q->room == q->size) dropped = (unsigned)q->dropped; /* nothing waits that was logged before */
        PK__CRITICAL_EXIT(state);
        pk__log_moment(log, &when);
        pk__fifo_tell(log, q, dropped, &when);
    }
    q->draining = 0;
    return p == NULL ? PK_OK : PK_AGAIN;
}
#endif
static pk_status pk__raw_frame(const uint8_t *p, pk_log_raw_fn out, void *user) {
    uint8_t edge[2];
    const uint8_t *byte = p, *end = p + p[1] * PK__SLOT;
    unsigned a = 0, b = 0; /* modulo 256: no division */
    pk_status status;
    edge[0] = 0xD5;
    status = out(user, edge, 1);
    if (status == PK_OK) status = out(user, p, (size_t)(end - p));
    if (status != PK_OK) return status;
    while (byte != end) {
        a += *byte++;
        b += a;
    }
    edge[0] = (uint8_t)a;
    edge[1] = (uint8_t)b;
    return out(user, edge, 2);
}
PK_API pk_status pk_log_drain_raw(pk_log *log, uint32_t budget, pk_log_raw_fn out, void *user) {
    pk__queue *q = log->queue;
    uint8_t *p = NULL;
    pk_status status = PK_OK;
    PERFKIT_ASSERT(log != NULL && out != NULL);
    if (q == NULL) return PK_OK;
    if (q->draining) return PK_BUSY;
    q->draining = 1;
    if (budget == 0) budget = q->size;
    for (; (p = pk__fifo_oldest(q)) != NULL; budget--) {
        status = budget == 0 ? PK_AGAIN : pk__raw_frame(p, out, user);
        if (status != PK_OK) break;
        pk__fifo_free(q, p[1] * PK__SLOT);
    }
    q->draining = 0;
    return status;
}
PK_API void pk_log_get_queue(pk_log *log, pk_log_queue *queue) {
    pk__queue *q = log->queue;
    queue->sent = queue->dropped = 0;
    if (q == NULL) return;
    PK__CRITICAL_ENTER(state);
    queue->sent = q->taken;
    queue->dropped = q->dropped;
    PK__CRITICAL_EXIT(state);
    queue->sent += queue->dropped;
}

PK_API pk_status pk_log_defer(pk_log *log, void *memory, size_t memory_size, unsigned rings, int full) {
    size_t past = (size_t)((0u - (uintptr_t)memory) & (sizeof(void *) - 1)); /* as pk__align_pointer, which is longer */
    pk__queue *q;
    PERFKIT_ASSERT(log != NULL);
    (void)rings;
    if ((unsigned)full > PK_LOG_BLOCK || memory == NULL) return PK_INVALID;
    if (log->queue != NULL) return PK_BUSY;
    if (full != PK_LOG_DROP_NEWEST || ((log->flags & PK__LOG_THREADS) && !PK__HAS_CRITICAL)) return PK_UNSUPPORTED;
    if (memory_size < past + sizeof *q + 16 * PK__SLOT) return PK_NO_MEMORY;
    memory_size -= past + sizeof *q;
    if (memory_size > 0xFFF8u) memory_size = 0xFFF8u;
    q = (pk__queue *)(void *)((unsigned char *)memory + past);
    pk__clear(q, sizeof *q);
    q->size = (uint16_t)(memory_size & ~(size_t)(PK__SLOT - 1));
    q->log = log;
    q->room = q->size;
    q->keep = q->size / 8;
    {
        pk__moment when;
        pk__log_moment(log, &when); /* whether there is a clock */
        q->state = (uint8_t)(PK__STATE_READY + when.kind);
        q->before = PK__FIFO_HEAD;
        if (when.kind != PK__NO_TIME) q->before = PK__FIFO_HEAD + PK__FIFO_TIME;
#if PERFKIT_LOG_WALL
        if (when.kind == PK__TIME_DATE) q->before = PK__FIFO_HEAD + PK__FIFO_TIME + PK__SLOT;
#endif
    }
    log->queue = q;
#if PERFKIT_LOG_DICTIONARY
    PK__SET_RELAXED(&log->gate, log->level);
#endif
    return PK_OK;
}
/* The rest goes to the sinks, if any make lines of it; nobody logs any more. */
static void pk__queue_end(pk_log *log) {
#if !PERFKIT_LOG_DICTIONARY
    (void)pk_log_drain(log, 0);
#endif
    log->queue = NULL;
}
#endif /* PK__LOG_FIFO */
#if PK__LOG_RINGS
/* ---- Deferred mode, hosted: a ring for each thread ----
   One producer and one consumer a ring (L. Lamport, 1977). Each side has cache lines of its own, 128 bytes as CPUs fetch pairs,
   and remembers how far the other had come, so that it rarely reads the other's. A record never wraps: behind a ring is room for
   the end of the longest. */
typedef struct pk__record {
    uint16_t size; /* with this header, in bytes */
    uint8_t level, flags;
    uint32_t lost; /* records of this ring that found no room before it, modulo 2^32 */
    uint64_t tick;
    const pk__log_site *place; /* or NULL */
    const char *format;
} pk__record; /* and where PK__RECORD_MOMENT a pk__moment, and behind it the arguments */
#define PK__RECORD_FAST (sizeof(pk__record) + 16 + 16 * PK__WORD_MOST + PK__SLOTS(PERFKIT_LOG_LINE)) /* the longest of a known site */
PK__STATIC_ASSERT(record_sizes, PK__RECORD_FAST <= PK__RECORD_MAX && PK__RECORD_MAX < 0x10000u && sizeof(pk__moment) == 8);

#define PK__APART(n) unsigned char apart_##n[128]
typedef struct pk__ring {
    unsigned char *bytes;
    size_t size;
    struct pk__queue *queue;
    const void *owner; /* where threads do not tell their end: the thread that took it last */
    uint32_t state; /* PK__RING_FREE … */
    PK__APART(0);
    size_t at, head, limit; /* the producer's: its place in bytes, how many it wrote, and up to where a known site needs not look */
    size_t sent, dropped;
    PK__APART(1);
    size_t published;       /* head, for the consumer */
    PK__APART(2);
    size_t from, tail;      /* the consumer's: its place, and how many it has read; under the lock where the producer overwrites */
    size_t seen;            /* published, as a drain found it */
    size_t overwritten;     /* under the lock */
    uint32_t told, told_overwritten; /* of dropped and overwritten, said in the stream */
    size_t next_from, next_tail; /* of the step under way, which `tail` completes: for the handler of crashes */
    unsigned char apart_3[112];
} pk__ring;
enum { PK__RING_FREE, PK__RING_TAKEN, PK__RING_LEFT }; /* LEFT: its thread has ended; free when drained */
#if PERFKIT_THREADS && defined PK__HAS_KEYS
#define PK__THREAD_ENDS 1 /* they tell */
#else
#define PK__THREAD_ENDS 0
#endif
#if PK__HAS_TLS && PERFKIT_ATOMICS && (defined __GNUC__ || defined __clang__)
#define PK__LOG_OWN_RINGS 1
#else
#define PK__LOG_OWN_RINGS 0
#endif

typedef struct pk__queue {
    uint64_t id; /* of no other queue */
    pk__ring *rings; /* of threads, and behind them the one that is shared */
    uint32_t count;  /* without that */
    uint8_t full, threads, draining, own_time;
    size_t keep; /* bytes for ERROR alone */
    uint32_t waiting, ending; /* threads, for room and for the end of a drain */
    pk_mutex lock; /* of claims, of the shared ring, and for the other ways to be full; held for a copy at most, never in a callback */
    pk_cond room;
#if PK__THREAD_ENDS
    pk__key key; /* a thread's ring */
#endif
#if PK__LOG_OWN_RINGS
    const void *drainer; /* the pk__mine of the thread that drains, or NULL */
#elif PK__THREAD_ENDS && !defined _WIN32
    pthread_t drainer;
#endif
    uint32_t process;          /* as pk_log's forks */
    pk__ring *alone;           /* the only one that the drain under way has anything of left; NULL: not known */
    uint64_t ns_of_ticks;      /* of 2^24 of them */
    uint64_t now_tick, now_ns; /* of the drain: the same moment on both clocks */
} pk__queue;
PK__STATIC_ASSERT(queue_fits, sizeof(pk__queue) + 64 <= 1024 && sizeof(pk__ring) <= 640);
#if PK__LOG_OWN_RINGS
static PERFKIT_TLS struct {
    uint64_t id; /* of a queue */
    pk__ring *ring;
} pk__mine;
#define PK__I_DRAIN(q) (PK__GET_RELAXED(&(q)->drainer) == (const void *)&pk__mine)
#define PK__SET_DRAINER(q) PK__SET_RELAXED(&(q)->drainer, (const void *)&pk__mine)
#define PK__NO_DRAINER(q) PK__SET_RELAXED(&(q)->drainer, (const void *)NULL)
#elif PK__THREAD_ENDS && !defined _WIN32
#define PK__I_DRAIN(q) ((q)->draining && pthread_equal((q)->drainer, pthread_self()))
#define PK__SET_DRAINER(q) ((void)((q)->drainer = pthread_self()))
#define PK__NO_DRAINER(q) ((void)0)
#else
#define PK__I_DRAIN(q) ((q)->draining)
#define PK__SET_DRAINER(q) ((void)0)
#define PK__NO_DRAINER(q) ((void)0)
#endif
static bool pk__queue_mine(const pk__queue *q) { return PK__I_DRAIN(q); }

static void pk__queue_lock(pk__queue *q) {
    if (q->threads && !PK__CRASHED_HERE()) pk__mutex_lock(&q->lock);
}
static void pk__queue_unlock(pk__queue *q) {
    if (q->threads && !PK__CRASHED_HERE()) pk__mutex_unlock(&q->lock);
}
/* For the end of another thread's drain. False: not to be waited for. */
static bool pk__queue_wait(pk__queue *q) {
#ifdef PK__HAS_COND
    if (!q->threads || PK__I_DRAIN(q) || PK__CRASHED_HERE() || PK__CRASHED_ELSEWHERE()) return false;
    pk__mutex_lock(&q->lock);
    q->ending++;
    while (q->draining) (void)pk__cond_wait(&q->room, &q->lock, 1000);
    q->ending--;
    pk__mutex_unlock(&q->lock);
    return true;
#else
    (void)q;
    return false;
#endif
}
#ifdef PERFKIT_TICKS /* which may wrap, count down or be coarse: the monotonic clock in nanoseconds */
static uint64_t pk__queue_tick(void) {
#ifdef _WIN32
    LARGE_INTEGER count, hz;
    QueryPerformanceFrequency(&hz);
    QueryPerformanceCounter(&count);
    return (uint64_t)(count.QuadPart / hz.QuadPart * 1000000000 + count.QuadPart % hz.QuadPart * 1000000000 / hz.QuadPart);
#elif defined CLOCK_MONOTONIC
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
#else
    return (uint64_t)pk__now_ms(NULL) * 1000000u;
#endif
}
#define pk__queue_ns(ticks) (ticks)
#elif PERFKIT_PERF
#define pk__queue_tick() pk__perf_now()
#define pk__queue_ns(ticks) pk_perf_ns(ticks)
#else
#define pk__queue_tick() pk__ticks_now()
#define pk__queue_ns(ticks) (ticks) /* of the monotonic clock */
#endif

/* What is before the arguments. */
static unsigned char *pk__record_begin(pk__record *r, const pk_log *log, const pk__queue *q, int level, const pk__log_site *place,
                                       const char *format, unsigned flags) {
    unsigned char *at = (unsigned char *)(r + 1);
    r->level = (uint8_t)level;
    r->flags = (uint8_t)flags;
    r->place = place;
    r->format = format;
    r->tick = pk__queue_tick();
    if (PK__UNLIKELY(q->own_time)) {
        pk__moment when;
        memset(&when, 0, sizeof when);
        pk__log_moment(log, &when);
        memcpy(at, &when, sizeof when);
        r->flags |= PK__RECORD_MOMENT;
        at += sizeof when;
    }
    return at;
}

/* The producer's side, for a whole record: true when it is in. Also called under the lock, for the shared ring. */
static bool pk__ring_put(pk__ring *r, pk__record *record, size_t keep) {
    size_t tail = PK__GET_ACQUIRE(&r->tail), free_bytes = r->size - (r->head - tail);
    r->limit = tail + (r->size - r->queue->keep);
    if (free_bytes < record->size || free_bytes - record->size < keep) return false;
    record->lost = (uint32_t)r->dropped;
    memcpy(r->bytes + r->at, record, record->size);
    r->head += record->size;
    r->at += record->size;
    if (r->at >= r->size) r->at -= r->size;
    PK__SET_RELEASE(&r->published, r->head);
    return true;
}
static size_t pk__record_size(const pk__ring *r, size_t from) {
    return ((const pk__record *)(const void *)(r->bytes + from))->size;
}
PK__HOT_INLINE void pk__ring_skip(pk__ring *r) { /* the oldest record */
    size_t size = pk__record_size(r, r->from), next = r->from + size;
    r->next_tail = r->tail + size;
    PK__IN_ORDER();
    r->next_from = next >= r->size ? next - r->size : next;
    PK__SET_RELEASE(&r->tail, r->next_tail);
    PK__IN_ORDER();
    r->from = r->next_from;
}
static void pk__ring_overwrite(pk__queue *q, pk__ring *r, pk__record *record, bool locked) {
    if (!locked) pk__queue_lock(q);
    while (!pk__ring_put(r, record, 0)) {
        pk__ring_skip(r);
        PK__SET_RELAXED(&r->overwritten, r->overwritten + 1);
    }
    if (!locked) pk__queue_unlock(q);
}
#if PK__LOG_OWN_RINGS
#if PK__THREAD_ENDS
static void PK__KEY_CALL pk__thread_ends(void *ring) {
    pk__ring *r = (pk__ring *)ring;
    if (pk__mine.id == r->queue->id) pk__mine.id = 0;
    pk__store32(&r->state, PK__RING_LEFT);
}
#endif
/* This thread's ring; NULL: it has none. `locked`: claim one. */
static pk__ring *pk__ring_of_thread(pk__queue *q, bool locked) {
    pk__ring *r = NULL;
    uint32_t i;
    if (pk__mine.id == q->id && pk__mine.ring != NULL) return pk__mine.ring;
#if PK__THREAD_ENDS
    r = (pk__ring *)pk__key_get(q->key);
    for (i = 0; locked && r == NULL && i < q->count; i++)
        if (pk__load32(&q->rings[i].state) == PK__RING_FREE) {
            r = &q->rings[i];
            if (!pk__key_set(q->key, r)) return NULL;
        }
#else
    for (i = 0; r == NULL && i < q->count; i++)
        if (pk__load32(&q->rings[i].state) == PK__RING_TAKEN && PK__GET_RELAXED(&q->rings[i].owner) == &pk__mine) r = &q->rings[i];
    for (i = 0; locked && r == NULL && i < q->count; i++)
        if (pk__load32(&q->rings[i].state) == PK__RING_FREE) r = &q->rings[i];
    if (r != NULL) PK__SET_RELAXED(&r->owner, (const void *)&pk__mine);
#endif
    if (r == NULL) return NULL;
    pk__store32(&r->state, PK__RING_TAKEN);
    pk__mine.id = q->id;
    pk__mine.ring = r;
    return r;
}
PK_API void pk_log_leave(pk_log *log) {
    pk__queue *q = log->queue;
    pk__ring *r = q != NULL ? pk__ring_of_thread(q, false) : NULL;
    if (r == NULL) return;
    pk__mine.id = 0;
#if PK__THREAD_ENDS
    (void)pk__key_set(q->key, NULL);
#endif
    pk__store32(&r->state, PK__RING_LEFT);
}
#else
#define pk__ring_of_thread(q, locked) ((pk__ring *)NULL)
PK_API void pk_log_leave(pk_log *log) { (void)log; }
#endif

/* Queue a record that could not be written in place. */
static void pk__queue_put(pk__queue *q, pk__record *record, bool too_big) {
    pk__ring *r = pk__ring_of_thread(q, false);
    size_t keep = record->level == PK_LOG_ERROR ? 0 : q->keep;
    bool locked = false;
    if (PK__UNLIKELY(pk__log_is_forked(q->process))) return; /* the lock may be held by a thread that is not here */
    if (r == NULL) {
        locked = true;
        pk__queue_lock(q);
        r = pk__ring_of_thread(q, true);
        if (r != NULL) {
            pk__queue_unlock(q);
            locked = false;
        } else r = &q->rings[q->count];
    }
    PK__SET_RELAXED(&r->sent, r->sent + 1);
    if (too_big) PK__SET_RELEASE(&r->dropped, r->dropped + 1);
    else if (q->full == PK_LOG_OVERWRITE_OLDEST) {
        if (!pk__ring_put(r, record, 0)) pk__ring_overwrite(q, r, record, locked);
    } else {
        while (!pk__ring_put(r, record, keep)) {
#ifdef PK__HAS_COND
            if (q->full == PK_LOG_BLOCK && q->threads && !PK__I_DRAIN(q)) {
                if (!locked) pk__queue_lock(q);
                if (r->size - (r->head - PK__GET_ACQUIRE(&r->tail)) < record->size + keep) { /* a drain reads it behind its work */
                    PK__SET_RELAXED(&q->waiting, q->waiting + 1);
                    (void)pk__cond_wait(&q->room, &q->lock, 1000);
                    PK__SET_RELAXED(&q->waiting, q->waiting - 1);
                }
                if (!locked) pk__queue_unlock(q);
                continue;
            }
#endif
            PK__SET_RELEASE(&r->dropped, r->dropped + 1);
            break;
        }
    }
    if (locked) pk__queue_unlock(q);
}

typedef union pk__record_room {
    pk__record record;
    uint64_t align;
    unsigned char bytes[PK__RECORD_MAX];
} pk__record_room;

/* A record built on the stack, by a walk of the format. */
static PK__COLD void pk__defer_walk(pk_log *log, int level, const pk__log_site *place, const char *format, unsigned flags,
                                    pk__log_word *word, va_list args) {
    pk__record_room room;
    pk__keep k;
    unsigned char *at = pk__record_begin(&room.record, log, log->queue, level, place, format, flags);
    pk__keep_begin(&k, at, (size_t)(room.bytes + sizeof room - at));
    if (flags & PK__RECORD_FORMAT) pk__keep_string(&k, format, -1);
    k.strings = PERFKIT_LOG_LINE;
    if (!(flags & PK__RECORD_FIELDS)) pk__keep_arguments(&k, format, false, args);
#if PERFKIT_LOG_KV
    else pk__keep_fields(&k, args);
#endif
    if (word != NULL) PK__SET_RELAXED(word, k.word);
    room.record.size = (uint16_t)(k.at - room.bytes);
    pk__queue_put(log->queue, &room.record, k.full);
}
#if PK__LOG_OWN_RINGS
/* The longest strings: their part of the line. */
static PK__COLD size_t pk__bounded_length(const char *text, size_t most) {
    size_t n = 0;
    while (n < most && text[n] != 0) n++;
    return n;
}
#endif

#define PK__DEFER_VALUE(type)                     \
    {                                             \
        const type value = va_arg(args, type);    \
        memcpy(at, &value, sizeof value);         \
        at += PK__SLOT;                           \
        break;                                    \
    }
PK_API void pk__log_defer(pk_log *log, const pk__defer_site *site, const char *format, ...) {
    va_list args;
    pk__queue *q = log->queue;
    va_start(args, format);
    if (PK__UNLIKELY(q == NULL)) pk__log_entry(log, site->level, &site->place, format, false, args);
    else {
        pk__log_word word = PK__GET_RELAXED(site->word);
#if PK__LOG_OWN_RINGS
        pk__ring *r = pk__mine.ring;
        if (PK__LIKELY((word & (PK__WORD_KNOWN | PK__WORD_WALK)) == PK__WORD_KNOWN && pk__mine.id == q->id) &&
            PK__LIKELY((ptrdiff_t)(r->limit - r->head) >= (ptrdiff_t)PK__RECORD_FAST)) {
            pk__record *record = (pk__record *)(void *)(r->bytes + r->at);
            unsigned char *at = pk__record_begin(record, log, q, site->level, &site->place, format, 0);
            size_t strings = PERFKIT_LOG_LINE, n;
            const char *text;
            int integer = -1;
            for (word >>= PK__WORD_KINDS; word != 0; word >>= 3) switch ((unsigned)word & 7u) {
                case PK__KIND_INT:
                    integer = va_arg(args, int);
                    memcpy(at, &integer, sizeof integer);
                    at += PK__SLOT;
                    break;
                case PK__KIND_DOUBLE: PK__DEFER_VALUE(double)
                case PK__KIND_PRECISE:
                    text = va_arg(args, const char *);
                    if (text == NULL) text = "(null)";
                    n = pk__bounded_length(text, integer >= 0 && (unsigned)integer < strings ? (unsigned)integer : strings);
                    goto copy;
                case PK__KIND_STRING:
                    text = va_arg(args, const char *);
                    if (text == NULL) text = "(null)";
                    if (PK__UNLIKELY((n = strlen(text)) > strings)) n = strings;
                copy:
                    strings -= n;
                    memset(at + (n & ~(size_t)7), 0, 8); /* a drain reads whole slots */
                    pk__copy_bytes(at, text, n);
                    at += PK__SLOTS(n + 1);
                    break;
                case PK__KIND_LONG_LONG: PK__DEFER_VALUE(long long)
                case PK__KIND_LONG: PK__DEFER_VALUE(long)
                default: PK__DEFER_VALUE(pk__void_pointer)
                }
            n = (size_t)(at - (unsigned char *)record);
            record->size = (uint16_t)n;
            record->lost = (uint32_t)r->dropped;
            PK__SET_RELAXED(&r->sent, r->sent + 1);
            r->head += n;
            r->at += n;
            if (r->at >= r->size) r->at -= r->size;
            PK__PREFETCH_WRITE(r->bytes + r->at + 256);
            PK__SET_RELEASE(&r->published, r->head);
            va_end(args);
            return;
        }
#endif
        pk__defer_walk(log, site->level, &site->place, format, 0, word == 0 ? site->word : NULL, args);
    }
    va_end(args);
}

/* ---- Its drain ---- */

/* The system's time of day in nanoseconds since 1970. */
static uint64_t pk__wall_ns(void) {
#if defined CLOCK_REALTIME && !defined _WIN32
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
#elif PERFKIT_LOG_WALL
    uint16_t ms;
    uint32_t seconds = pk__wall(NULL, &ms);
    return ((uint64_t)seconds * 1000u + ms) * 1000000u;
#else
    return 0;
#endif
}
static void pk__queue_anchor(pk__queue *q) {
    if (q->own_time) return;
    q->ns_of_ticks = pk__queue_ns((uint64_t)1 << 24); /* may calibrate the counter: not for each record */
    q->now_tick = pk__queue_tick();
    q->now_ns = pk__wall_ns();
}
static void pk__queue_moment(const pk__queue *q, uint64_t tick, pk__moment *m) {
    bool before = (int64_t)(q->now_tick - tick) >= 0;
    uint64_t ticks = before ? q->now_tick - tick : tick - q->now_tick;
    uint64_t ns = (ticks >> 24) * q->ns_of_ticks + ((ticks & 0xFFFFFFu) * q->ns_of_ticks >> 24);
    ns = before ? q->now_ns - ns : q->now_ns + ns;
    m->number = (uint32_t)(ns / 1000000000u);
    m->ms = (uint16_t)(ns / 1000000u % 1000u);
    m->kind = PK__TIME_DATE;
}

static void pk__queue_note(pk_log *log, const pk__moment *when, const char *format, ...) {
    pk__entry e;
    pk__entry_begin(&e, log, PK_LOG_WARN, NULL, format, false);
    e.held = true;
    va_start(e.args.list, format);
    pk__entry_forms(&e, when, true); /* not counted as a line */
    va_end(e.args.list);
}
PK__HOT_INLINE void pk__record_out(pk_log *log, const pk__queue *q, pk__ring *r, const pk__record *record, uint32_t overwritten) {
    pk__entry e;
    pk__moment when;
    uint32_t lost = record->lost - r->told + overwritten;
    pk__entry_begin(&e, log, record->level, record->place, record->format, (record->flags & PK__RECORD_FIELDS) != 0);
    e.held = true;
    e.args.at = (const unsigned char *)(record + 1);
    e.args.end = (const unsigned char *)record + record->size;
    if (record->flags & PK__RECORD_MOMENT) {
        memcpy(&when, e.args.at, sizeof when);
        e.args.at += sizeof when;
    } else pk__queue_moment(q, record->tick, &when);
    if (record->flags & PK__RECORD_FORMAT) e.format = pk__record_string(&e.args.at, e.args.end);
    if (lost != 0) {
        r->told = record->lost;
        pk__queue_note(log, &when, "%lu dropped", (unsigned long)lost);
    }
    pk__entry_forms(&e, &when, false);
}

/* The ring whose next record is the oldest, or NULL. Under the lock where producers overwrite. */
static pk__ring *pk__queue_oldest(pk__queue *q) {
    pk__ring *r = q->rings, *end = r + q->count + 1, *oldest = NULL;
    uint64_t tick, least = 0;
    uint32_t found = 0;
    if (q->alone != NULL) return (ptrdiff_t)(q->alone->seen - q->alone->tail) > 0 ? q->alone : NULL;
    for (; r != end; r++) {
        if ((ptrdiff_t)(r->seen - r->tail) <= 0) continue;
        found++;
        tick = ((const pk__record *)(const void *)(r->bytes + r->from))->tick;
        if (oldest != NULL && (int64_t)(tick - least) >= 0) continue;
        oldest = r;
        least = tick;
    }
    if (found == 1) q->alone = oldest;
    return oldest;
}
static bool pk__queue_next(pk_log *log, pk__queue *q) { /* false: there is none */
    pk__ring *r;
    if (q->full == PK_LOG_OVERWRITE_OLDEST) {
        pk__record_room room;
        uint32_t overwritten = 0;
        pk__queue_lock(q);
        r = pk__queue_oldest(q);
        if (r != NULL) {
            memcpy(room.bytes, r->bytes + r->from, pk__record_size(r, r->from));
            pk__ring_skip(r);
            overwritten = (uint32_t)r->overwritten - r->told_overwritten;
            r->told_overwritten += overwritten;
        }
        pk__queue_unlock(q);
        if (r == NULL) return false;
        pk__record_out(log, q, r, &room.record, overwritten);
        return true;
    }
    r = pk__queue_oldest(q);
    if (r == NULL) return false;
    pk__record_out(log, q, r, (const pk__record *)(const void *)(r->bytes + r->from), 0);
    if (!PK__LOG_OWN_RINGS) pk__queue_lock(q); /* no atomics */
    pk__ring_skip(r);
    if (!PK__LOG_OWN_RINGS) pk__queue_unlock(q);
    if (PK__GET_RELAXED(&q->waiting) != 0 && !PK__CRASHED_HERE()) {
        pk__queue_lock(q);
#ifdef PK__HAS_COND
        pk__cond_broadcast(&q->room);
#endif
        pk__queue_unlock(q);
    }
    return true;
}
/* What a ring lost behind its last record; and a ring that was left is free. */
static void pk__ring_settle(pk_log *log, pk__queue *q, pk__ring *r) {
    uint32_t state = pk__load32(&r->state);
    size_t lost = PK__GET_ACQUIRE(&r->dropped); /* before `published`: it may count no drop behind a record that is not told yet */
    pk__moment when;
    if (PK__GET_ACQUIRE(&r->published) != PK__GET_RELAXED(&r->tail)) return;
    if ((uint32_t)lost != r->told) {
        if (q->own_time) pk__log_moment(log, &when);
        else pk__queue_moment(q, q->now_tick, &when);
        lost = (uint32_t)lost - r->told;
        r->told += (uint32_t)lost;
        pk__queue_note(log, &when, "%lu dropped", (unsigned long)lost);
    }
    if (state == PK__RING_LEFT) pk__store32(&r->state, PK__RING_FREE);
}
static pk_status pk__queue_drain(pk_log *log, pk__queue *q, uint32_t budget) {
    uint32_t i, done = 0;
    pk_status status = PK_OK;
    pk__queue_anchor(q);
    pk__queue_lock(q);
    for (i = 0; i <= q->count; i++) q->rings[i].seen = PK__GET_ACQUIRE(&q->rings[i].published);
    pk__queue_unlock(q);
    q->alone = NULL;
    pk__log_lock(log); /* once for several lines */
    while ((budget == 0 || done < budget) && !PK__CRASHED_ELSEWHERE() && pk__queue_next(log, q))
        if (++done % 32u == 0) {
            pk__log_unlock(log);
            pk__log_lock(log);
        }
    for (i = 0; i <= q->count; i++) {
        pk__ring_settle(log, q, &q->rings[i]);
        if (budget != 0 && done == budget && PK__GET_ACQUIRE(&q->rings[i].published) != PK__GET_RELAXED(&q->rings[i].tail))
            status = PK_AGAIN;
    }
    pk__log_unlock(log);
    return status;
}
PK_API pk_status pk_log_drain(pk_log *log, uint32_t budget) {
    pk__queue *q;
    pk_status status = PK_BUSY;
    bool mine;
    PERFKIT_ASSERT(log != NULL);
    q = log->queue;
    if (q == NULL) {
        pk__signals_out(log);
        return PK_OK;
    }
    if (pk__log_is_forked(q->process)) return PK_FORKED;
    if (PK__CRASHED_ELSEWHERE()) return PK_BUSY;
    pk__queue_lock(q);
    mine = !q->draining;
    q->draining = 1;
    if (mine) PK__SET_DRAINER(q);
    pk__queue_unlock(q);
    if (!mine) return PK_BUSY;
    pk__signals_out(log);
    status = pk__queue_drain(log, q, budget);
    pk__queue_lock(q);
    PK__NO_DRAINER(q);
    q->draining = 0;
#ifdef PK__HAS_COND
    if (q->waiting != 0 || q->ending != 0) pk__cond_broadcast(&q->room);
#endif
    pk__queue_unlock(q);
    return status;
}

PK_API void pk_log_get_queue(pk_log *log, pk_log_queue *queue) {
    pk__queue *q;
    uint32_t i;
    PERFKIT_ASSERT(log != NULL && queue != NULL);
    queue->sent = queue->dropped = 0;
    q = log->queue;
    for (i = 0; q != NULL && i <= q->count; i++) {
        queue->sent += PK__GET_RELAXED(&q->rings[i].sent);
        queue->dropped += PK__GET_RELAXED(&q->rings[i].dropped);
        queue->dropped += PK__GET_RELAXED(&q->rings[i].overwritten);
    }
}

/* ---- Its beginning and end ---- */

static pk_status pk__queue_begin_locks(pk__queue *q, bool threads) {
    if (threads && !pk__mutex_init(&q->lock)) return PK_UNSUPPORTED;
    q->threads = threads;
#ifdef PK__HAS_COND
    if (threads && !pk__cond_init(&q->room)) {
        pk__mutex_destroy(&q->lock);
        return PK_UNSUPPORTED;
    }
#endif
#if PK__THREAD_ENDS && PK__LOG_OWN_RINGS
    if (!pk__key_make(&q->key, pk__thread_ends)) q->count = 0; /* then all share one */
#endif
    return PK_OK;
}
static void pk__queue_identify(pk__queue *q) {
    q->id = pk__queue_tick() << 8 | ((uintptr_t)q >> 4 & 0xFFu) | 1u;
    q->process = pk__log_this_process();
}
PK_API pk_status pk_log_defer(pk_log *log, void *memory, size_t memory_size, unsigned rings, int full) {
    unsigned char *at = (unsigned char *)pk__align_pointer(memory, 64);
    pk__queue *q = (pk__queue *)(void *)at;
    size_t each, past = (size_t)(at - (unsigned char *)memory);
    bool threads;
    uint32_t i;
    PERFKIT_ASSERT(log != NULL);
    threads = (log->flags & PK__LOG_THREADS) != 0;
    if (full < PK_LOG_DROP_NEWEST || full > PK_LOG_BLOCK || memory == NULL || rings > 255) return PK_INVALID;
    if (log->queue != NULL) return PK_BUSY;
#ifdef PK__HAS_COND
    if (full == PK_LOG_BLOCK && !threads) return PK_UNSUPPORTED;
#else
    if (full == PK_LOG_BLOCK) return PK_UNSUPPORTED;
#endif
    if (rings == 0) rings = 4;
    if (memory_size < 1024 || past > memory_size - 1024) return PK_NO_MEMORY;
    each = (memory_size - 1024) / (rings + 1u) & ~(size_t)63;
    if (each < 2 * PK__RECORD_MAX + 640) return PK_NO_MEMORY;
    each -= 640 + PK__RECORD_MAX;
    memset(q, 0, sizeof *q);
    q->full = (uint8_t)full;
    q->count = PK__LOG_OWN_RINGS ? rings : 0;
    if (pk__queue_begin_locks(q, threads) != PK_OK) return PK_UNSUPPORTED;
    at += 960;
    q->rings = (pk__ring *)(void *)at;
    memset(q->rings, 0, (rings + 1) * sizeof(pk__ring));
    at += (rings + 1) * sizeof(pk__ring);
    q->keep = full == PK_LOG_DROP_NEWEST ? each / 8 : 0;
    for (i = 0; i <= rings; i++) {
        pk__ring *r = &q->rings[i];
        r->bytes = at + i * (each + PK__RECORD_MAX);
        r->size = each;
        r->limit = each - q->keep;
        r->queue = q;
    }
    q->own_time = (log->flags & PK__LOG_NO_TIME) || log->clock != NULL || log->wall != NULL || !PERFKIT_LOG_WALL;
#if PERFKIT_PERF
    pk__raw_begin();
#endif
    pk__queue_identify(q);
    log->queue = q;
    return PK_OK;
}
#if PERFKIT_THREADS
/* In a forked child: nothing is waiting, and no thread but this one is there. */
static void pk__queue_forget(pk_log *log) {
    pk__queue *q = log->queue;
    uint32_t i;
    if (q == NULL || !pk__log_is_forked(q->process)) return;
    if (q->threads) (void)pk__mutex_init(&q->lock);
#ifdef PK__HAS_COND
    if (q->threads) (void)pk__cond_init(&q->room);
#endif
#if PK__THREAD_ENDS && PK__LOG_OWN_RINGS
    if (q->count != 0) (void)pk__key_set(q->key, NULL);
#endif
    q->waiting = q->ending = 0;
    PK__NO_DRAINER(q);
    q->draining = 0;
    for (i = 0; i <= q->count; i++) {
        pk__ring *r = &q->rings[i];
        r->state = PK__RING_FREE;
        r->at = r->head = r->published = r->from = r->tail = r->seen = r->next_from = r->next_tail = 0;
        r->sent = r->dropped = r->overwritten = 0;
        r->told = r->told_overwritten = 0;
        r->limit = r->size - q->keep;
    }
    pk__queue_identify(q);
}
#endif
/* The rest goes to the sinks; no thread logs any more. */
static void pk__queue_end(pk_log *log) {
    pk__queue *q = log->queue;
    if (q == NULL) return;
#if PERFKIT_THREADS
    pk__queue_forget(log); /* a condition variable with waiters of the parent would not be destroyed */
#endif
    (void)pk_log_drain(log, 0);
    (void)pk_log_drain(log, 0); /* what the sinks logged */
#if PK__THREAD_ENDS && PK__LOG_OWN_RINGS
    if (q->count != 0) pk__key_drop(q->key);
#endif
#ifdef PK__HAS_COND
    if (q->threads) pk__cond_destroy(&q->room);
#endif
    if (q->threads) pk__mutex_destroy(&q->lock);
    log->queue = NULL;
}
#endif /* PK__LOG_RINGS */
#if PERFKIT_LOG_CRASH
/* ---- When the program crashes ---- */
#if defined SA_ONSTACK
#define PK__ON_STACK SA_ONSTACK
#elif defined __linux__
#define PK__ON_STACK 0x08000000 /* SA_ONSTACK, which strict C99 hides */
#else
#define PK__ON_STACK 0
#endif
#define PK__CRASH_LOGS 8
#define PK__CRASH_WAIT_MS 100 /* for another thread to leave a sink, or a drain */
static struct sigaction pk__crash_before[5];
static struct { pk_log *volatile log; uint32_t process; } pk__crash_logs[PK__CRASH_LOGS];

static void pk__crash_nap(void) {
    struct timeval ms;
    ms.tv_sec = 0;
    ms.tv_usec = 1000;
    (void)select(0, NULL, NULL, NULL, &ms);
}
#if PERFKIT_THREADS && !defined PERFKIT_MUTEX_LOCK
/* Takes the lock, unless it is not given in time: then its holder is this thread, or hangs, and it is done without. */
static bool pk__crash_take(pk_mutex *mutex) {
    int i;
    for (i = 0; i < PK__CRASH_WAIT_MS; i++) {
        if (pthread_mutex_trylock((pthread_mutex_t *)(void *)mutex) == 0) return true;
        pk__crash_nap();
    }
    return false;
}
#else
#define pk__crash_take(mutex) false
#endif

static void pk__crash_out(pk_log *log, int signal_number) {
    bool locked = false;
    uint8_t i;
#if PK__LOG_RINGS
    pk__queue *q = log->queue;
    bool queue_locked = false;
    int tries;
    if (q != NULL && pk__log_is_forked(q->process)) q = NULL;
    if (q != NULL) {
        for (tries = 0; tries < PK__CRASH_WAIT_MS && q->draining && !PK__I_DRAIN(q); tries++) pk__crash_nap();
        if (q->threads && !PK__I_DRAIN(q)) queue_locked = pk__crash_take(&q->lock);
    }
#endif
    if (log->flags & PK__LOG_THREADS) locked = pk__crash_take(&log->mutex);
#if PK__LOG_RINGS
    if (q != NULL) {
        uint32_t r;
        for (r = 0; r <= q->count; r++)
            if (q->rings[r].tail == q->rings[r].next_tail) q->rings[r].from = q->rings[r].next_from; /* a step may be half done */
        (void)pk__queue_drain(log, q, 0);
    }
#endif
#if PERFKIT_LOG_SIGNALS
    pk__signals_out(log);
    if (signal_number != 0) {
        pk__moment when;
        pk__log_moment(log, &when);
        pk__signal_out(log, PK_LOG_ERROR, NULL, &when, "fatal signal %d", signal_number);
    }
#else
    (void)signal_number;
#endif
    for (i = 0; i < log->sink_count; i++)
        if (pk__crash_serves(&log->sinks[i])) (void)log->sinks[i].fn(log->sinks[i].user, PK_LOG_OFF, "", 0);
#if PERFKIT_THREADS && !defined PERFKIT_MUTEX_LOCK
    if (locked) (void)pthread_mutex_unlock((pthread_mutex_t *)(void *)&log->mutex);
#if PK__LOG_RINGS
    if (queue_locked) (void)pthread_mutex_unlock((pthread_mutex_t *)(void *)&q->lock);
#endif
#else
    (void)locked;
#if PK__LOG_RINGS
    (void)queue_locked;
#endif
#endif
}
/* False: this thread has crashed in here, or another is busy with it and not done in time. */
static bool pk__crash_enter(void) {
    int i;
    for (i = 0; i < 1000; i++) {
        if (pk__cas32(&pk__crash_state, 0, 3)) {
#if PERFKIT_THREADS && !defined PERFKIT_MUTEX_LOCK
            pk__crash_thread = pthread_self();
#endif
            pk__store32(&pk__crash_state, 1);
            return true;
        }
        if (PK__CRASHED_HERE()) return false;
        pk__crash_nap();
    }
    return false;
}
PK_API void pk_log_crash_flush(pk_log *log) {
    int was = errno;
    PERFKIT_ASSERT(log != NULL);
    if (pk__crash_enter()) {
        pk__crash_out(log, 0);
        pk__store32(&pk__crash_state, 0);
    }
    errno = was;
}
static void pk__crash_handler(int number, siginfo_t *info, void *context) {
    const struct sigaction *before = pk__crash_before;
    int i, was = errno;
    if (pk__crash_enter()) {
        for (i = 0; i < PK__CRASH_LOGS; i++) {
            pk_log *log = pk__crash_logs[i].log;
            if (log != NULL && (!pk__log_is_forked(pk__crash_logs[i].process) || !pk__log_is_forked(pk__load32(&log->forks))))
                pk__crash_out(log, number);
        }
        pk__store32(&pk__crash_state, 0);
    }
    for (i = 0; i < 4 && pk__crash_signals[i] != number; i++) before++;
    errno = was;
    if (before->sa_flags & SA_SIGINFO) before->sa_sigaction(number, info, context);
    else if (before->sa_handler != SIG_DFL && before->sa_handler != SIG_IGN) before->sa_handler(number);
    else {
        struct sigaction ends;
        pk__clear(&ends, sizeof ends);
        ends.sa_handler = SIG_DFL;
        (void)sigaction(number, &ends, NULL);
        (void)raise(number); /* waits until this returns, if an instruction does not fault again first */
    }
}
PK_API pk_status pk_log_crash_install(pk_log *log) {
    struct sigaction action;
    int i, place = -1;
    PERFKIT_ASSERT(log != NULL);
    for (i = PK__CRASH_LOGS; i-- > 0;) {
        if (pk__crash_logs[i].log == log) return PK_EXISTS;
        if (pk__crash_logs[i].log == NULL) place = i;
    }
    if (place < 0) return PK_FULL;
    pk__crash_logs[place].process = pk__log_this_process();
    pk__crash_logs[place].log = log;
    if (!pk__cas32(&pk__crash_installed, 0, 1)) return PK_OK;
    pk__clear(&action, sizeof action);
    action.sa_sigaction = pk__crash_handler;
    action.sa_flags = SA_SIGINFO | PK__ON_STACK;
    (void)sigemptyset(&action.sa_mask);
    for (i = 0; i < 5 && sigaction(pk__crash_signals[i], &action, &pk__crash_before[i]) == 0; i++) {}
    if (i == 5) return PK_OK;
    while (i-- > 0) (void)sigaction(pk__crash_signals[i], &pk__crash_before[i], NULL);
    pk__crash_logs[place].log = NULL;
    pk__store32(&pk__crash_installed, 0);
    return PK_IO;
}
static void pk__crash_forget(const pk_log *log) {
    int i;
    for (i = 0; i < PK__CRASH_LOGS; i++)
        if (pk__crash_logs[i].log == log) pk__crash_logs[i].log = NULL;
}
#endif
#endif /* implementation */

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
