/* targets: posix */
/* Programs that are ended in the middle of logging: what was logged before is there. KILLS=1000 in the environment: that often. */
#if !defined _XOPEN_SOURCE && !defined _GNU_SOURCE
#define _XOPEN_SOURCE 700
#endif
#include <signal.h>
static int refused; /* by the system */
#define sigaction(number, action, before) ((number) == refused ? -1 : sigaction(number, action, before))
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../perfkit_log.h"
#include "../support/test.h"
#include <pthread.h>
#include <sys/wait.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__ || !defined __linux__
#define SANITIZED 1 /* their own handlers of SIGSEGV end the program */
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
enum { ROOM = 1 << 19 };
static char path[64], text[ROOM + (1 << 20)], memory[ROOM], gathered[4096];
static volatile uint32_t *sent; /* shared with the child: the last number that was logged */

static int kills(int usual) {
    const char *wanted = getenv("KILLS");
#ifdef SANITIZED
    usual = 3;
#endif
    return wanted ? atoi(wanted) : usual;
}
static uint32_t *shared_word(void) {
    void *p;
    int fd;
    pk_format(path, sizeof path, "/tmp/perfkit-crash-%d", (int)getpid());
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && ftruncate(fd, 4096) == 0);
    p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    (void)remove(path);
    return (uint32_t *)p;
}
static void nap(long us) {
    struct timespec t = {0, 1000};
    t.tv_nsec = us * 1000;
    nanosleep(&t, NULL);
}
/* The end of the child within some seconds: by this signal? */
static bool ends_by(pid_t child, int signal_number) {
    int status = 0, tries;
    for (tries = 0; tries < 20000; tries++) {
        if (waitpid(child, &status, WNOHANG) == child) return WIFSIGNALED(status) && WTERMSIG(status) == signal_number;
        nap(tries < 100 ? 50 : 1000);
    }
    kill(child, SIGKILL);
    (void)waitpid(child, &status, 0);
    return false;
}
static size_t read_all(void) {
    int fd = open(path, O_RDONLY);
    size_t n = 0;
    ssize_t more;
    while (fd >= 0 && n < sizeof text - 1 && (more = read(fd, text + n, sizeof text - 1 - n)) > 0) n += (size_t)more;
    if (fd >= 0) close(fd);
    text[n] = 0;
    return n;
}

/* ---- The children ---- */

static pk_log logger;
static pk_log_buffer buffer;
static pk_log_file file;
enum { BUFFERED, ROTATING, DEFERRED, DEFERRED_BUFFERED, WAYS };
static void start(int way) {
    pk_log_desc desc;
    pk_log_buffer_desc buffer_desc;
    pk_log_file_desc file_desc;
    int fd;
    memset(&desc, 0, sizeof desc);
    desc.no_time = way != DEFERRED;
    desc.threads = true;
    memset(&buffer_desc, 0, sizeof buffer_desc);
    memset(&file_desc, 0, sizeof file_desc);
    if (way == ROTATING) {
        file_desc.path = path;
        file_desc.buffer = memory;
        file_desc.buffer_size = 10000;
        if (pk_log_file_open(&file, &file_desc) != PK_OK) _exit(3);
        desc.sink = pk_log_to_rotating;
        desc.sink_user = &file;
    } else {
        fd = open(path, O_WRONLY | O_APPEND, 0600);
        if (fd < 0) _exit(3);
        desc.sink = pk_log_to_fd;
        desc.sink_user = (void *)(intptr_t)fd;
        if (way != DEFERRED) {
            buffer_desc.memory = memory;
            buffer_desc.size = 10000;
            buffer_desc.user = desc.sink_user;
            if (pk_log_buffer_init(&buffer, &buffer_desc) != PK_OK) _exit(3);
            desc.sink = pk_log_to_buffer;
            desc.sink_user = &buffer;
        }
    }
    if (pk_log_init(&logger, &desc) != PK_OK) _exit(3);
    if (way >= DEFERRED && pk_log_defer(&logger, memory + 16384, sizeof memory - 16384, 2, PK_LOG_BLOCK) != PK_OK) _exit(3);
    if (pk_log_crash_install(&logger) != PK_OK) _exit(3);
}
static void *drain_on(void *unused) {
    (void)unused;
    for (;;) (void)pk_log_drain(&logger, 0);
    return NULL;
}
static void log_up_to(uint32_t end) {
    uint32_t n;
    for (n = 1; n <= end; n++) {
        PK_LOG_TO(&logger, PK_LOG_WARN, "n=%u;", (unsigned)n);
        pk__store32(sent, n);
    }
}
static volatile int *nowhere;
#define CRASH(how)                        \
    do {                                  \
        if ((how) == SIGABRT) abort();    \
        *nowhere = 1; /* SIGSEGV */       \
    } while (0)

/* All numbers up to `sure` are in text, in order, up to `last` at most, and nothing twice, but for one that was being written. */
static void check_numbers(uint32_t sure, uint32_t last) {
    const char *p = text;
    uint32_t n, expected = 1;
    unsigned twice = 0;
    while ((p = strstr(p, "n=")) != NULL) {
        n = (uint32_t)strtoul(p + 2, NULL, 10);
        p += 2;
        if (n + 1 == expected) twice++;
        else {
            if (n != expected) break;
            expected++;
        }
    }
    CHECK(p == NULL);
    CHECK(expected > sure && expected <= last + 2);
    CHECK(twice <= 1);
}

/* The child crashes by itself, or is sent the signal at any moment while another of its threads drains or logs. */
static void end_one(int way, int how, bool from_outside, unsigned delay) {
    uint32_t before = 0;
    pid_t child;
    int fd;
    pk__store32(sent, 0);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    close(fd);
    child = fork();
    if (child == 0) {
        pthread_t thread;
        start(way);
        if (from_outside && way >= DEFERRED && pthread_create(&thread, NULL, drain_on, NULL) != 0) _exit(3);
        log_up_to(from_outside ? 20000 : 200 + delay % 700);
        if (from_outside) for (;;) pause();
        CRASH(how);
        _exit(4);
    }
    if (from_outside) {
        nap(200 + (long)delay);
        before = pk__load32(sent); /* what other threads log while one handles the signal may be lost */
        kill(child, how);
    }
    CHECK(ends_by(child, how));
    read_all();
    if (pk__load32(sent) == 0) { /* ended before its first line was logged, or noted here */
        CHECK(from_outside && strstr(text, "n=2;") == NULL);
        return;
    }
    check_numbers(from_outside ? before : pk__load32(sent), pk__load32(sent));
#if PERFKIT_LOG_SIGNALS
    CHECK(strstr(text, how == SIGABRT ? "fatal signal 6\n" : "fatal signal 11\n") != NULL);
#endif
}
static void crashes_lose_nothing(void) {
    int i, n = kills(12);
    for (i = 0; i < n; i++) end_one(i % WAYS, i / WAYS % 2 ? SIGSEGV : SIGABRT, false, test_random() % 3000);
    remove(path);
}
static void signals_from_outside_lose_nothing(void) {
    int i, n = kills(12);
    for (i = 0; i < n; i++) end_one(i % WAYS, SIGABRT, true, test_random() % 3000);
    remove(path);
}

static pk_log_ring ring;
static uint32_t ring_next, ring_last;
static pk_status follow(void *user, int level, const char *line, size_t length) {
    const char *p = strstr(line, "n=");
    uint32_t n = p ? (uint32_t)strtoul(p + 2, NULL, 10) : 0;
    (void)user;
    (void)level;
    (void)length;
    CHECK(ring_next == 0 || n == ring_next);
    ring_next = n + 1;
    ring_last = n;
    return PK_OK;
}
static void kill_one(unsigned delay) {
    pk_log_ring_counts counts;
    pk_status status;
    pid_t child;
    pk__store32(sent, 0);
    (void)remove(path);
    child = fork();
    if (child == 0) {
        pk_log_ring_desc desc;
        pk_log_desc log_desc;
        memset(&desc, 0, sizeof desc);
        memset(&log_desc, 0, sizeof log_desc);
        desc.size = 8192;
        desc.build = 99;
        if (pk_log_ring_open(&ring, path, &desc) != PK_OK) _exit(3);
        log_desc.sink = pk_log_to_ring;
        log_desc.sink_user = &ring;
        log_desc.threads = true;
        if (pk_log_init(&logger, &log_desc) != PK_OK) _exit(3);
        log_up_to(0xFFFFFFFFu);
        _exit(4);
    }
    while (pk__load32(sent) == 0) nap(20);
    nap(100 + (long)delay);
    kill(child, SIGKILL);
    CHECK(ends_by(child, SIGKILL));
    ring_next = ring_last = 0;
    status = pk_log_ring_read_file(path, 99, false, follow, NULL, &counts);
    CHECK_STATUS(status, PK_OK);
    CHECK(ring_last >= pk__load32(sent) && ring_last <= pk__load32(sent) + 1);
    CHECK(counts.lines > 50 || counts.overwritten == 0);
    CHECK(counts.lines + counts.overwritten == ring_last || counts.lines + counts.overwritten + 1 == ring_last);
}
static void a_shared_ring_outlives_sigkill(void) {
    pk_log_ring_desc desc;
    pk_log_ring_counts counts;
    int i, n = kills(12);
    for (i = 0; i < n; i++) kill_one(test_random() % 2000);
    CHECK_STATUS(pk_log_ring_read_file(path, 98, true, follow, NULL, NULL), PK_MISMATCH);
    memset(&desc, 0, sizeof desc); /* a ring that can't be made leaves the lines of the crash */
    desc.size = 100;
    CHECK_STATUS(pk_log_ring_open(&ring, path, &desc), PK_NO_MEMORY);
    desc.size = 8192;
    { /* so does a file of the new one's name */
        char fresh[sizeof path + 4], longest[1001];
        int fd;
        memset(longest, 'x', 1000);
        longest[1000] = 0;
        pk_format(fresh, sizeof fresh, "%s.new", path);
        fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        CHECK(fd >= 0 && write(fd, "mine", 4) == 4 && close(fd) == 0);
        CHECK_STATUS(pk_log_ring_open(&ring, path, &desc), PK_IO);
        CHECK(remove(fresh) == 0);
        CHECK_STATUS(pk_log_ring_open(&ring, longest, &desc), PK_TOO_BIG);
        CHECK_STATUS(pk_log_ring_open(&ring, longest + 1, &desc), PK_IO);
    }
    CHECK_STATUS(pk_log_ring_read_file(path, 99, false, NULL, NULL, &counts), PK_OK);
    CHECK(counts.lines > 0);
    {
        char fresh[sizeof path + 4]; /* zeros, which a run that crashed left */
        int fd;
        pk_format(fresh, sizeof fresh, "%s.new", path);
        fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        CHECK(fd >= 0 && write(fd, "\0\0\0", 4) == 4 && close(fd) == 0);
        CHECK_STATUS(pk_log_ring_open(&ring, path, &desc), PK_OK);
        pk_log_ring_close(&ring);
    }
    remove(path);
    CHECK_STATUS(pk_log_ring_read_file(path, 0, true, follow, NULL, NULL), PK_IO);
}

static volatile sig_atomic_t chained;
static void before_us(int number) {
    chained = number;
    if (number != 0) _exit(7);
}
static void handlers_before_ours_are_called(void) {
    int status;
    pid_t child;
    pk_format(path, sizeof path, "/tmp/perfkit-crash-%d", (int)getpid());
    close(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
    child = fork();
    if (child == 0) {
        signal(SIGSEGV, before_us);
        start(BUFFERED);
        if (pk_log_crash_install(&logger) != PK_EXISTS) _exit(3);
        pk_log_write(&logger, PK_LOG_WARN, "held");
        pk_log_crash_flush(&logger);
        pk_log_write(&logger, PK_LOG_WARN, "held too");
        CRASH(SIGSEGV);
        _exit(4);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    read_all();
    CHECK(strstr(text, "WARN  held\nWARN  held too\n") == text);
    remove(path);
}

static void a_handler_that_is_refused_leaves_all_as_it_was(void) {
    struct sigaction now;
    pk_log log;
    CHECK_STATUS(pk_log_init(&log, NULL), PK_OK);
    refused = SIGFPE;
    CHECK_STATUS(pk_log_crash_install(&log), PK_IO);
    CHECK(sigaction(SIGBUS, NULL, &now) == 0 && now.sa_sigaction != pk__crash_handler);
    refused = 0;
    CHECK_STATUS(pk_log_crash_install(&log), PK_OK); /* not PK_EXISTS */
    CHECK(sigaction(SIGFPE, NULL, &now) == 0 && now.sa_sigaction == pk__crash_handler);
    pk_log_close(&log);
}

static void eight_loggers_can_be_told_of_a_crash(void) {
    static pk_log logs[9];
    int i;
    for (i = 0; i < 9; i++) {
        CHECK_STATUS(pk_log_init(&logs[i], NULL), PK_OK);
        CHECK_STATUS(pk_log_crash_install(&logs[i]), i < 8 ? PK_OK : PK_FULL);
    }
    pk_log_close(&logs[3]);
    CHECK_STATUS(pk_log_crash_install(&logs[8]), PK_OK);
    for (i = 0; i < 9; i++) pk_log_close(&logs[i]);
}

static void a_ring_whose_counters_wrapped_is_flushed(void) {
    const char *p;
    pk__ring *r;
    size_t wraps;
    unsigned n = 0;
    int i;
    pk_format(path, sizeof path, "/tmp/perfkit-crash-%d", (int)getpid());
    close(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
    start(DEFERRED);
    r = &logger.queue->rings[logger.queue->count ? 0 : logger.queue->count];
    wraps = (size_t)-1 / r->size * r->size; /* as behind so many bytes of records */
    r->head = r->tail = r->published = r->seen = r->next_tail = wraps;
    r->limit = wraps + r->size - logger.queue->keep;
    for (i = 0; i < 20000; i++) {
        PK_LOG_TO(&logger, PK_LOG_WARN, "n=%d;", i);
        if (i % 100 == 0) pk_log_drain(&logger, 0);
    }
    CHECK(r->tail < wraps);
    pk_log_crash_flush(&logger);
    CHECK(read_all() < sizeof text - 1);
    for (p = text; *p != 0; p++) { /* a sanitizer's strstr would look to the end of the text each time */
        if (p[0] != 'n' || p[1] != '=') continue;
        if (strtoul(p + 2, NULL, 10) != n) break;
        n++;
    }
    CHECK_EQ(n, 20000);
    close((int)(intptr_t)logger.sinks[0].user);
    pk_log_close(&logger);
    (void)remove(path);
}

#if PERFKIT_LOG_SIGNALS
static pk_log_signals signals;
static pk_log default_log;
static unsigned signal_lines, other_lines, dropped_lines, twice;
static uint8_t seen[2000]; /* lines, by number */
static pk_status gather(void *user, int level, const char *line, size_t length) {
    (void)user;
    (void)level;
    if (length == 0) return PK_OK;
    if (strstr(line, "signal ")) {
        const char *r = strstr(line, " r=");
        unsigned long n = r ? strtoul(r + 3, NULL, 10) : 0;
        signal_lines++;
        if (r == NULL) dropped_lines++;
        else if (n < 2000) twice += seen[n]++;
    }
    else other_lines++;
    if (strlen(gathered) + length < sizeof gathered) strcat(gathered, line);
    return PK_OK;
}
static volatile uint32_t raised;
static void on_signal(int number) {
    PK_LOG_SIGNAL(&signals, PK_LOG_WARN, "signal %d %s r=%u;", number == SIGUSR1 ? 10 : 0, "a\nb", (unsigned)pk__add32(&raised, 1));
}
static void handlers_can_log(void) {
    struct sigaction action;
    pk_log_desc desc;
    int i;
    memset(&desc, 0, sizeof desc);
    desc.sink = gather;
    desc.no_time = true;
    desc.threads = true;
    CHECK_STATUS(pk_log_init(&default_log, &desc), PK_OK);
    CHECK_STATUS(pk_log_set_signals(&default_log, &signals), PK_OK);
    CHECK_STATUS(pk_log_set_signals(&default_log, &signals), PK_EXISTS);
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    pk_log_write(&default_log, PK_LOG_WARN, "main");
    CHECK_STATUS(pk_log_flush(&default_log), PK_OK);
    CHECK(strstr(gathered, "WARN  main\nWARN  log_crash_test.c:") == gathered);
    CHECK(strstr(gathered, " signal 10 a\\nb r=0;\n") != NULL);
    gathered[0] = 0;
    for (i = 0; i < 16 + 5; i++) raise(SIGUSR1); /* 16 wait, unless PERFKIT_LOG_SIGNAL_LINES says otherwise */
    CHECK_EQ(pk_log_signals_dropped(&signals), 5);
    signal_lines = 0;
    CHECK_STATUS(pk_log_drain(&default_log, 0), PK_OK);
    CHECK_EQ(signal_lines, 16 + 1);
    CHECK(strstr(gathered, "WARN  5 lines of signal handlers dropped\n") != NULL);
    pk_log_close(&default_log);
}
static void open_for_handlers(void) {
    pk_log_desc desc;
    memset(&desc, 0, sizeof desc);
    memset(&signals, 0, sizeof signals);
    desc.sink = gather;
    desc.no_time = true;
    CHECK_STATUS(pk_log_init(&default_log, &desc), PK_OK);
    CHECK_STATUS(pk_log_set_signals(&default_log, &signals), PK_OK);
}
static void long_lines_of_handlers_are_cut(void) {
    static char much[300];
    char end[8];
    open_for_handlers();
    memset(much, 'a', sizeof much - 1);
    PK_LOG_SIGNAL(&signals, PK_LOG_WARN, "%s", much);
    gathered[0] = 0;
    CHECK_STATUS(pk_log_flush(&default_log), PK_OK);
    memcpy(end, gathered + strlen(gathered) - 6, 7);
    CHECK_TEXT(end, "aa...\n");
    memset(much, 0x80, sizeof much - 1); /* no start of a character */
    PK_LOG_SIGNAL(&signals, PK_LOG_WARN, "%s", much);
    CHECK_TEXT(signals.lines[0].text, "...");
    CHECK_EQ(signals.lines[0].level, PK_LOG_WARN);
    pk_log_close(&default_log);
}
#if PK__TEXT_FAST && PK__HAS_TLS
static void handlers_keep_no_format(void) { /* where a thread keeps them may not be there yet, in a library that was loaded late */
    size_t i;
    open_for_handlers();
    PK_LOG_SIGNAL(&signals, PK_LOG_WARN, "in a handler: %d", 7);
    CHECK_TEXT(signals.lines[0].text, "in a handler: 7");
    for (i = 0; i < sizeof pk__plans / sizeof pk__plans[0]; i++) CHECK(strcmp(pk__plans[i].format, "in a handler: %d") != 0);
    pk_log_close(&default_log);
}
#endif
static volatile uint32_t over;
static void *log_and_flush(void *unused) {
    (void)unused;
    while (!pk__load32(&over)) {
        pk_log_write(&default_log, PK_LOG_WARN, "main");
        pk_log_flush(&default_log);
    }
    return NULL;
}
static void handlers_log_while_threads_do(void) {
    pk_log_desc desc;
    pthread_t threads[2];
    uint32_t before;
    int i;
    memset(&desc, 0, sizeof desc);
    memset(&signals, 0, sizeof signals);
    desc.sink = gather;
    desc.no_time = true;
    desc.threads = true;
    CHECK_STATUS(pk_log_init(&default_log, &desc), PK_OK);
    CHECK_STATUS(pk_log_set_signals(&default_log, &signals), PK_OK);
    signal_lines = dropped_lines = 0;
    before = pk__load32(&raised);
    for (i = 0; i < 2; i++) CHECK(pthread_create(&threads[i], NULL, log_and_flush, NULL) == 0);
    for (i = 0; i < 300; i++) {
        pthread_kill(threads[i % 2], SIGUSR1);
        raise(SIGUSR1);
        if (i % 10 == 0) nap(100);
    }
    pk__store32(&over, 1);
    for (i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    pk_log_flush(&default_log);
    pk_log_remove_sink(&default_log, gather, NULL);
    CHECK(pk__load32(&raised) - before >= 300); /* signals that wait are one */
#if PERFKIT_ATOMICS
    CHECK_EQ(signal_lines - dropped_lines + (unsigned)pk_log_signals_dropped(&signals), pk__load32(&raised) - before);
    CHECK_EQ(twice, 0);
#endif
    pk_log_close(&default_log);
}
#endif

TESTS {
    sent = shared_word();
#ifndef SANITIZED
    RUN("L05", "programs that crash lose no line that was logged", crashes_lose_nothing)
    RUN("L05", "nor do those that a signal ends while another thread drains", signals_from_outside_lose_nothing)
    RUN("L05", "handlers that were there before are called", handlers_before_ours_are_called)
#else
    (void)crashes_lose_nothing;
    (void)signals_from_outside_lose_nothing;
    (void)handlers_before_ours_are_called;
#endif
    RUN("L05", "where the system refuses a handler, all is as it was", a_handler_that_is_refused_leaves_all_as_it_was)
    RUN("L05 L22", "eight loggers can be flushed by a crash; a close makes room", eight_loggers_can_be_told_of_a_crash)
    RUN("L05", "a handler flushes a ring whose counters went round", a_ring_whose_counters_wrapped_is_flushed)
    RUN("L05", "a ring in a file holds all up to a SIGKILL", a_shared_ring_outlives_sigkill)
#if PERFKIT_LOG_SIGNALS
    RUN("L22", "signal handlers can log; what finds no place is counted and told", handlers_can_log)
    RUN("L22", "a handler's line too long ends in dots, whatever its bytes are", long_lines_of_handlers_are_cut)
#if PK__TEXT_FAST && PK__HAS_TLS
    RUN("L22", "a handler's line touches nothing that a thread keeps", handlers_keep_no_format)
#endif
    RUN("L22", "and while threads log and flush", handlers_log_while_threads_do)
#endif
}
