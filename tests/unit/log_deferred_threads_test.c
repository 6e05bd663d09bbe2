/* targets: threads */
/* Deferred mode with threads: each thread's lines in order, none lost uncounted, whatever is done when a ring is full. */
#if !defined _XOPEN_SOURCE && !defined _GNU_SOURCE
#define _XOPEN_SOURCE 700
#endif
#include <stdint.h>
static uint32_t ticks_of_test(void);
#define PERFKIT_TICKS() ticks_of_test() /* deferred mode does without: it counts down and wraps every 17 ms */
#define PERFKIT_TICKS_HZ 1000000u
#define PERFKIT_TICKS_MASK 0x3FFFu
#define PERFKIT_TICKS_DOWN 1
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../perfkit_log.h"
#include "../support/test.h"
#include <pthread.h>
#ifndef _WIN32
#include <sys/wait.h>
#endif
#include <unistd.h>

static uint32_t ticks_of_test(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 0x3FFFu - ((uint32_t)t.tv_nsec / 1000u & 0x3FFFu);
}
static void nap(long ms) {
    struct timespec t = {0, 0};
    t.tv_nsec = ms * 1000000;
    nanosleep(&t, NULL);
}
enum { MOST = 12, LINES = 2000 };
static char memory[PK_LOG_QUEUE_BYTES(4, 4096)];
static pk_log logger;
static unsigned delivered, told, broken, last[MOST]; /* by the sink */
static uint32_t running;

static unsigned number_behind(const char *text, const char *mark) {
    const char *p = strstr(text, mark);
    unsigned n = 0;
    for (p = p ? p + strlen(mark) : ""; *p >= '0' && *p <= '9'; p++) n = n * 10 + (unsigned)(*p - '0');
    return n;
}
static pk_status check_line(void *user, int level, const char *text, size_t length) {
    unsigned thread = number_behind(text, "t="), n = number_behind(text, "n=");
    const char *dropped = strstr(text, " dropped\n");
    (void)user;
    (void)level;
    if (length == 0) return PK_OK;
    if (dropped != NULL) {
        while (dropped > text && dropped[-1] >= '0' && dropped[-1] <= '9') dropped--;
        told += number_behind(dropped, "");
        return PK_OK;
    }
    delivered++;
    if (thread >= MOST || n <= last[thread] || number_behind(text, "same=") != n || strstr(text, "name=text end\n") == NULL) broken++;
    else last[thread] = n;
    return PK_OK;
}
static void *log_many(void *number) {
    unsigned n, t = (unsigned)(uintptr_t)number;
    for (n = 1; n <= LINES; n++) PK_LOG_TO(&logger, PK_LOG_INFO, "t=%u n=%u same=%lu name=%s end", t, n, (unsigned long)n, "text");
    return NULL;
}
static void *drain_all(void *unused) {
    (void)unused;
    while (pk__load32(&running)) (void)pk_log_drain(&logger, 50);
    return NULL;
}
static void begin(int full) {
    pk_log_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.threads = true;
    desc.sink = check_line;
    desc.level = PK_LOG_INFO;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    desc.rings = 4;
    desc.full = (uint8_t)full;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    delivered = told = broken = 0;
    memset(last, 0, sizeof last);
}
static void check_sums(unsigned sent) {
    pk_log_queue queue;
    CHECK_STATUS(pk_log_drain(&logger, 0), PK_OK);
    pk_log_get_queue(&logger, &queue);
    CHECK_EQ(queue.sent, sent);
    CHECK_EQ(delivered + queue.dropped, sent);
    CHECK_EQ(told, queue.dropped);
    CHECK_EQ(broken, 0);
}
/* Threads log while another drains. */
static void run(int full, unsigned count) {
    pthread_t threads[MOST], drain;
    unsigned i;
    begin(full);
    pk__store32(&running, 1);
    CHECK(pthread_create(&drain, NULL, drain_all, NULL) == 0);
    for (i = 0; i < count; i++) CHECK(pthread_create(&threads[i], NULL, log_many, (void *)(uintptr_t)i) == 0);
    for (i = 0; i < count; i++) pthread_join(threads[i], NULL);
    pk__store32(&running, 0);
    pthread_join(drain, NULL);
    check_sums(count * LINES);
}
static void two_producers_and_a_drain(void) {
    run(PK_LOG_DROP_NEWEST, 2);
    pk_log_close(&logger);
    run(PK_LOG_OVERWRITE_OLDEST, 2);
    pk_log_close(&logger);
}
static void more_threads_than_rings(void) {
    run(PK_LOG_DROP_NEWEST, MOST);
    pk_log_close(&logger);
    run(PK_LOG_OVERWRITE_OLDEST, MOST);
    pk_log_close(&logger);
}
static void blocked_threads_lose_nothing(void) {
#ifdef PK__HAS_COND
    run(PK_LOG_BLOCK, 6);
    CHECK_EQ(delivered, 6 * LINES);
    CHECK_EQ(told, 0);
    pk_log_close(&logger);
#endif
}

/* One after the other, so that ended threads' rings go round. */
static void *log_some(void *number) {
    unsigned n, t = (unsigned)(uintptr_t)number;
    for (n = last[t] + 1; n <= 5; n++) PK_LOG_TO(&logger, PK_LOG_INFO, "t=%u n=%u same=%lu name=%s end", t, n, (unsigned long)n, "text");
    if (t % 2) pk_log_leave(&logger); /* before its end; again: harmless */
    return NULL;
}
static void rings_of_ended_threads_are_used_again(void) {
    pthread_t thread;
    unsigned i, round, used = 0;
    begin(PK_LOG_DROP_NEWEST);
    for (round = 0; round < 3; round++) {
        memset(last, 0, sizeof last);
        for (i = 0; i < MOST; i++) {
            CHECK(pthread_create(&thread, NULL, log_some, (void *)(uintptr_t)i) == 0);
            pthread_join(thread, NULL);
            if (i % 3 == 2) CHECK_STATUS(pk_log_drain(&logger, 0), PK_OK); /* at most three are left at once */
        }
    }
#if PK__LOG_OWN_RINGS
    CHECK_EQ(logger.queue->rings[4].sent, 0); /* nobody had to share */
    for (i = 0; i < 4; i++) used += logger.queue->rings[i].state != PK__RING_FREE;
    CHECK_EQ(used, 0);
#else
    (void)used;
#endif
    check_sums(3 * MOST * 5);
    pk_log_close(&logger);
}
/* Two loggers in turn, and one that begins anew in the same memory: a thread's ring is never that of another queue. */
static void loggers_do_not_mix(void) {
    static char other_memory[PK_LOG_QUEUE_BYTES(1, 4096)];
    pk_log other;
    pk_log_desc desc;
    pk_log_queue queue;
    unsigned n;
    memset(&desc, 0, sizeof desc);
    desc.sink = check_line;
    desc.level = PK_LOG_INFO;
    desc.memory = other_memory;
    desc.memory_size = sizeof other_memory;
    desc.rings = 1;
    CHECK_STATUS(pk_log_init(&other, &desc), PK_OK);
    begin(PK_LOG_DROP_NEWEST);
    for (n = 1; n <= 10; n++) {
        PK_LOG_TO(&logger, PK_LOG_INFO, "t=0 n=%u same=%u name=text end", n, n);
        PK_LOG_TO(&other, PK_LOG_INFO, "t=1 n=%u same=%u name=text end", n, n);
    }
    pk_log_drain(&other, 0);
    CHECK_EQ(last[1], 10);
    CHECK_EQ(last[0], 0);
    delivered = 0;
    check_sums(10);
    CHECK_EQ(last[0], 10);
    pk_log_get_queue(&other, &queue);
    CHECK_EQ(queue.sent, 10);
    pk_log_close(&other);
    pk_log_close(&logger);
    begin(PK_LOG_DROP_NEWEST);
    PK_LOG_TO(&logger, PK_LOG_INFO, "t=0 n=1 same=1 name=text end");
    check_sums(1);
    pk_log_close(&logger);
}
#ifdef PK__HAS_COND
static pk_status slow_line(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)level;
    if (length == 0) return PK_OK;
    pk__store32(&running, 1);
    nap(3);
    delivered += strstr(text, "last") != NULL;
    return PK_OK;
}
static void *drain_once(void *unused) {
    (void)unused;
    (void)pk_log_drain(&logger, 0);
    return NULL;
}
static void a_flush_waits_for_the_drain_of_another_thread(void) {
    pthread_t thread;
    int i;
    begin(PK_LOG_DROP_NEWEST);
    pk_log_remove_sink(&logger, check_line, NULL);
    pk_log_add_sink(&logger, slow_line, NULL, PK_LOG_TRACE);
    pk__store32(&running, 0);
    for (i = 0; i < 10; i++) PK_LOG_TO(&logger, PK_LOG_WARN, "first");
    CHECK(pthread_create(&thread, NULL, drain_once, NULL) == 0);
    while (!pk__load32(&running)) nap(0);
    PK_LOG_TO(&logger, PK_LOG_ERROR, "last");
    CHECK_STATUS(pk_log_flush(&logger), PK_OK);
    CHECK_EQ(delivered, 1);
    pthread_join(thread, NULL);
    pk_log_close(&logger);
}
#endif
/* A sink that drains another logger, whose sink asks the first for a flush; then it logs more than there is room for. */
static char copy_memory[PK_LOG_QUEUE_BYTES(1, 4096)];
static pk_log copies;
static pk_status flush_outer(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)level;
    (void)text;
    if (length) CHECK_STATUS(pk_log_flush(&logger), PK_BUSY);
    return PK_OK;
}
static pk_status drain_inner(void *user, int level, const char *text, size_t length) {
    int i;
    (void)user;
    (void)level;
    if (length == 0 || strstr(text, "begin") == NULL) return PK_OK;
    CHECK_STATUS(pk_log_flush(&logger), PK_BUSY);
    PK_LOG_TO(&copies, PK_LOG_ERROR, "copy");
    CHECK_STATUS(pk_log_drain(&copies, 0), PK_OK);
    CHECK_STATUS(pk_log_drain(&logger, 0), PK_BUSY);
    for (i = 0; i < 2000; i++) PK_LOG_TO(&logger, PK_LOG_WARN, "more than there is room for");
    return PK_OK;
}
static void a_drain_inside_a_drain_does_not_hang(void) {
#ifdef PK__HAS_COND
    pk_log_desc desc;
    pk_log_queue queue;
    begin(PK_LOG_BLOCK);
    pk_log_remove_sink(&logger, check_line, NULL);
    pk_log_add_sink(&logger, drain_inner, NULL, PK_LOG_TRACE);
    memset(&desc, 0, sizeof desc);
    desc.threads = true;
    desc.sink = flush_outer;
    desc.memory = copy_memory;
    desc.memory_size = sizeof copy_memory;
    desc.rings = 1;
    CHECK_STATUS(pk_log_init(&copies, &desc), PK_OK);
    PK_LOG_TO(&logger, PK_LOG_WARN, "begin");
    CHECK_STATUS(pk_log_drain(&logger, 0), PK_OK);
    pk_log_get_queue(&logger, &queue);
    CHECK(queue.dropped > 0);
    CHECK_STATUS(pk_log_flush(&logger), PK_OK);
    pk_log_close(&copies);
    pk_log_close(&logger);
#endif
}
static void times_do_not_come_from_the_users_counter(void) {
    uint64_t before, tick, after, got;
    pk__moment m;
    pk__queue *q;
    begin(PK_LOG_DROP_NEWEST);
    q = logger.queue;
    before = pk__wall_ns() / 1000000u;
    tick = pk__queue_tick();
    after = pk__wall_ns() / 1000000u;
    nap(40);
    pk__queue_anchor(q);
    pk__queue_moment(q, tick, &m);
    got = (uint64_t)m.number * 1000u + m.ms;
    CHECK(got + 2 >= before && got <= after + 2);
    pk_log_close(&logger);
}
#if PK__LOG_FORKS
static void a_forked_child_starts_anew(void) {
    int status = 0;
    pid_t child;
    begin(PK_LOG_DROP_NEWEST);
    PK_LOG_TO(&logger, PK_LOG_INFO, "t=0 n=1 same=1 name=text end");
    child = fork();
    if (child == 0) {
        bool good = pk_log_drain(&logger, 0) == PK_FORKED && pk_log_flush(&logger) == PK_FORKED && delivered == 0; /* the parent's */
        pk_log_after_fork(&logger);
        PK_LOG_TO(&logger, PK_LOG_INFO, "t=1 n=1 same=1 name=text end");
        good = good && pk_log_drain(&logger, 0) == PK_OK && delivered == 1 && broken == 0 && last[1] == 1;
        _exit(good ? 0 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    check_sums(1);
    pk_log_close(&logger);
}
#endif

TESTS {
    RUN("T01 L22", "two producers and a drain: in order, and all counted", two_producers_and_a_drain)
    RUN("T01 L22", "more threads than rings: the rest share one", more_threads_than_rings)
    RUN("T01 L22", "full and blocking: nothing is lost", blocked_threads_lose_nothing)
    RUN("T01 L22", "rings of ended threads are drained and used again", rings_of_ended_threads_are_used_again)
#ifdef PK__HAS_COND
    RUN("T01 L22", "a flush waits for another thread's drain", a_flush_waits_for_the_drain_of_another_thread)
#endif
    RUN("T01 L22", "a sink's flush is PK_BUSY, and its drain of another logger blocks nobody", a_drain_inside_a_drain_does_not_hang)
    RUN("L22", "a line's time is right whatever PERFKIT_TICKS counts", times_do_not_come_from_the_users_counter)
#if PK__LOG_FORKS
    RUN("T01 L22", "a forked child starts anew, and the parent's records are delivered once", a_forked_child_starts_anew)
#endif
    RUN("T01 L22", "loggers do not mix, nor one with its earlier life", loggers_do_not_mix)
}
