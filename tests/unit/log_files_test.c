/* targets: threads */
/* Sinks that write to files: failing, short and interrupted writes, full disks, buffers, rotation. No line is torn, doubled or lost
   without being counted. */
#if !defined _XOPEN_SOURCE && !defined _GNU_SOURCE
#define _XOPEN_SOURCE 700
#endif
#include <stddef.h>
static long hooked_write(int fd, const char *bytes, size_t n);
#define PERFKIT_LOG_WRITE(fd, bytes, n) hooked_write(fd, bytes, n)
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../perfkit_log.h"
#include "../support/test.h"
#include "../support/files.h"
#include <pthread.h>
#ifndef _WIN32
#include <signal.h>
#include <sys/resource.h>
#endif

/* The n-th write fails: at once, after half of its bytes, or it only takes half, or is interrupted; 0: none. */
enum { FAILS, TEARS, FAILS_NOW, TAKES_HALF, INTERRUPTED };
static long writes, fail_at;
static int how, until_end; /* until_end: and all behind it */
static long hooked_write(int fd, const char *bytes, size_t n) {
    long at = fail_at;
    if (at == 0) return (long)write(fd, bytes, (unsigned)n);
    writes++;
    if (writes == at || (until_end && writes > at)) {
        if (how == TAKES_HALF) return (long)write(fd, bytes, (unsigned)(n + 1) / 2);
        if (how == TEARS) {
            how = FAILS_NOW; /* the rest of the line */
            fail_at++;
            return (long)write(fd, bytes, (unsigned)(n + 1) / 2);
        }
        if (how == FAILS_NOW) fail_at = -1;
        errno = how == INTERRUPTED ? EINTR : ENOSPC;
        return -1;
    }
    return (long)write(fd, bytes, (unsigned)n);
}

static char folder[64], path[128], text[1 << 20];
static const char *name_of(unsigned number) {
    static char name[160];
    pk_format(name, sizeof name, number ? "%s.%u" : "%s", path, number);
    return name;
}
static size_t read_file(unsigned number) { /* into text */
    int fd = open(name_of(number), O_RDONLY);
    size_t n = 0;
    ssize_t got;
    text[0] = 0;
    if (fd < 0) return 0;
    while ((got = read(fd, text + n, (unsigned)(sizeof text - 1 - n))) > 0) n += (size_t)got;
    close(fd);
    text[n] = 0;
    return n;
}
static void make_folder(void) {
    pk_format(folder, sizeof folder, FILES_TEMPORARY "perfkit-log-%d", (int)getpid());
    (void)mkdir(folder, 0700);
    pk_format(path, sizeof path, "%s/app.log", folder);
}
static void remove_all(void) {
    unsigned n;
    for (n = 0; n < 70; n++) (void)remove(name_of(n));
    (void)rmdir(folder);
}

static unsigned others;
static pk_status count_lines(void *user, int level, const char *line, size_t length) {
    (void)user;
    (void)level;
    (void)line;
    if (length) others++;
    return PK_OK;
}
static pk_log logger;
static void start(pk_log_sink_fn fn, void *user) {
    pk_log_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.sink = fn;
    desc.sink_user = user;
    desc.no_time = true;
    desc.threads = true;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    CHECK_STATUS(pk_log_add_sink(&logger, count_lines, NULL, PK_LOG_TRACE), PK_OK);
    others = 0;
}
/* Whole lines "WARN  line=N of it" in text, their numbers ascending; others are torn and must be the start of the next number's. */
static unsigned whole_lines(int *last) {
    unsigned whole = 0;
    const char *p = text, *end;
    int n;
    for (; (end = strchr(p, '\n')) != NULL; p = end + 1) {
        if (strncmp(p, "WARN  line=", 11) != 0 || end - p < 18 || strncmp(end - 6, " of it", 6) != 0) continue;
        n = atoi(p + 11);
        CHECK(n > *last);
        *last = n;
        whole++;
    }
    return whole;
}
enum { LINES = 12 };
static void send_lines(void) {
    int i;
    for (i = 1; i <= LINES; i++) pk_log_write(&logger, i % 5 == 0 ? PK_LOG_ERROR : PK_LOG_WARN, i % 5 == 0 ? "x" : "line=%d of it", i);
}
static char memory[PERFKIT_LOG_LINE + 16];

static void fail_one(int sink, long n) {
    pk_log_buffer buffer;
    pk_log_file file;
    pk_log_buffer_desc buffer_desc;
    pk_log_file_desc file_desc;
    unsigned whole = 0, number;
    unsigned long failed;
    int fd = -1;
    memset(&buffer_desc, 0, sizeof buffer_desc);
    memset(&file_desc, 0, sizeof file_desc);
    make_folder();
    if (sink < 2) fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    buffer_desc.memory = memory;
    buffer_desc.size = sizeof memory;
    buffer_desc.user = (void *)(intptr_t)fd;
    file_desc.path = path;
    file_desc.max_bytes = 100;
    file_desc.keep = 40;
    if (sink == 2) {
        file_desc.buffer = memory;
        file_desc.buffer_size = sizeof memory;
    }
    writes = 0;
    fail_at = n;
    if (sink == 0) start(pk_log_to_fd, (void *)(intptr_t)fd);
    if (sink == 1) {
        CHECK_STATUS(pk_log_buffer_init(&buffer, &buffer_desc), PK_OK);
        start(pk_log_to_buffer, &buffer);
    }
    if (sink >= 2) {
        CHECK_STATUS(pk_log_file_open(&file, &file_desc), PK_OK);
        start(pk_log_to_rotating, &file);
    }
    send_lines();
    fail_at = until_end ? 1000000 : fail_at;
    send_lines(); /* the trouble is over */
    (void)pk_log_flush(&logger); /* which may be the write that fails */
    CHECK_STATUS(pk_log_flush(&logger), PK_OK);
    fail_at = 0;
    CHECK_EQ(others, 2 * LINES);
    failed = (unsigned long)(sink == 0   ? pk_log_sink_failed(&logger, pk_log_to_fd, (void *)(intptr_t)fd)
                             : sink == 1 ? pk_log_sink_failed(&logger, pk_log_to_buffer, &buffer)
                                         : pk_log_sink_failed(&logger, pk_log_to_rotating, &file));
    for (number = 41; number-- > 0;) {
        const char *p;
        read_file(number);
        for (p = text; (p = strchr(p, '\n')) != NULL; p++) { /* each line ends as it should, but for a torn one */
            bool ends = (p - text >= 7 && strncmp(p - 7, "ERROR x", 7) == 0) || (p - text >= 6 && strncmp(p - 6, " of it", 6) == 0);
            if (ends) whole++;
            else CHECK(how == FAILS_NOW && failed > 0);
        }
        CHECK(number == 0 || sink == 2 || strlen(text) <= 100);
    }
    CHECK_EQ(whole + failed, 2 * LINES);
    if (how >= TAKES_HALF || (sink > 0 && sink < 3)) CHECK_EQ(failed, 0);
    else CHECK(failed > 0);
    pk_log_close(&logger);
    if (sink >= 2) CHECK_STATUS(pk_log_file_close(&file), PK_OK);
    if (fd >= 0) close(fd);
    remove_all();
}
static void whatever_write_fails(void) {
    int sink, kind;
    long n;
    for (sink = 0; sink < 4; sink++)
        for (kind = FAILS; kind <= INTERRUPTED; kind += 1 + (kind == TEARS))
            for (until_end = 0; until_end < (kind == FAILS ? 2 : 1); until_end++)
                for (n = 1; n <= LINES; n++) {
                    how = kind;
                    fail_one(sink, n);
                }
    until_end = 0;
}

static void a_full_buffer_loses_and_counts(void) {
    pk_log_buffer buffer;
    pk_log_buffer_desc desc;
    int fd = open("/dev/full", O_WRONLY), i, last = 0;
    unsigned whole;
    memset(&desc, 0, sizeof desc);
    if (fd < 0) return;
    make_folder();
    desc.memory = memory;
    desc.size = sizeof memory;
    desc.user = (void *)(intptr_t)fd;
    CHECK_STATUS(pk_log_buffer_init(&buffer, &desc), PK_OK);
    start(pk_log_to_buffer, &buffer);
    for (i = 1; i <= 60; i++) pk_log_write(&logger, PK_LOG_WARN, "line=%d of it", i);
    CHECK_EQ(others, 60);
    CHECK(buffer.failures > 0);
    CHECK(pk_log_sink_failed(&logger, pk_log_to_buffer, &buffer) > 0);
    CHECK_STATUS(pk_log_flush(&logger), PK_IO);
    buffer.user = (void *)(intptr_t)open(path, O_WRONLY | O_CREAT | O_APPEND, 0600); /* there is room again */
    pk_log_write(&logger, PK_LOG_WARN, "line=%d of it", 61);
    CHECK_STATUS(pk_log_flush(&logger), PK_OK);
    CHECK_EQ(pk_log_buffer_held(&buffer), 0);
    read_file(0);
    whole = whole_lines(&last);
    CHECK_EQ(whole + (unsigned)pk_log_sink_failed(&logger, pk_log_to_buffer, &buffer), 61);
    CHECK_EQ(last, 61);
    pk_log_close(&logger);
    close((int)(intptr_t)buffer.user);
    close(fd);
    remove_all();
    desc.size = PERFKIT_LOG_LINE + 16;
    CHECK_STATUS(pk_log_buffer_init(&buffer, &desc), PK_OK);
    desc.size--;
    CHECK_STATUS(pk_log_buffer_init(&buffer, &desc), PK_NO_MEMORY);
    desc.memory = NULL;
    CHECK_STATUS(pk_log_buffer_init(&buffer, &desc), PK_INVALID);
}
static void a_buffer_is_written_when_it_should(void) {
    pk_log_buffer buffer;
    pk_log_buffer_desc desc;
    int fd, i;
    memset(&desc, 0, sizeof desc);
    make_folder();
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    desc.memory = memory;
    desc.size = sizeof memory;
    desc.user = (void *)(intptr_t)fd;
    CHECK_STATUS(pk_log_buffer_init(&buffer, &desc), PK_OK);
    start(pk_log_to_buffer, &buffer);
    pk_log_write(&logger, PK_LOG_WARN, "held");
    CHECK_EQ(read_file(0), 0);
    pk_log_write(&logger, PK_LOG_ERROR, "at once"); /* by level */
    read_file(0);
    CHECK_TEXT(text, "WARN  held\nERROR at once\n");
    pk_log_write(&logger, PK_LOG_WARN, "called");
    pk_log_flush(&logger); /* by call */
    read_file(0);
    CHECK_TEXT(text, "WARN  held\nERROR at once\nWARN  called\n");
    fail_at = 1000; /* count writes */
    writes = 0;
    for (i = 0; i < 100; i++) pk_log_write(&logger, PK_LOG_WARN, "%040d", i); /* by size */
    CHECK(writes >= 8 && writes <= 9); /* 11 lines of 47 bytes each time */
    fail_at = 0;
    pk_log_close(&logger);
    CHECK_EQ(read_file(0), 38 + 100 * 47);
    close(fd);
    remove_all();
}

#ifndef _WIN32
static void the_limit_of_a_file_is_no_end(void) {
    struct rlimit was, small;
    pk_log_file file;
    pk_log_file_desc desc;
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    unsigned whole = 0, number;
    int i, last = 0;
    memset(&desc, 0, sizeof desc);
    make_folder();
    desc.path = path;
    desc.keep = 3;
    CHECK_STATUS(pk_log_file_open(&file, &desc), PK_OK);
    start(pk_log_to_rotating, &file);
    CHECK(getrlimit(RLIMIT_FSIZE, &was) == 0);
    small = was;
    small.rlim_cur = 500;
    if (setrlimit(RLIMIT_FSIZE, &small) == 0) {
        for (i = 1; i <= 40; i++) {
            if (i == 30) CHECK_STATUS(pk_log_file_rotate(&file), PK_OK);
            pk_log_write(&logger, PK_LOG_WARN, "line=%d of it", i);
        }
        setrlimit(RLIMIT_FSIZE, &was);
        pk_log_write(&logger, PK_LOG_WARN, "line=%d of it", i);
        for (number = 2; number-- > 0;) {
            read_file(number);
            whole += whole_lines(&last);
        }
        CHECK_EQ(whole + (unsigned)pk_log_sink_failed(&logger, pk_log_to_rotating, &file), 41);
        CHECK(whole > 12 && whole < 41);
        CHECK_EQ(last, 41);
    }
    pk_log_close(&logger);
    pk_log_file_close(&file);
    signal(SIGXFSZ, old);
    remove_all();
}
#endif
static void a_closed_descriptor_stops_nobody(void) {
    int fd = dup(1);
    close(fd);
    start(pk_log_to_fd, (void *)(intptr_t)fd);
    pk_log_write(&logger, PK_LOG_ERROR, "lost");
    CHECK_EQ(others, 1);
    CHECK_EQ(pk_log_sink_failed(&logger, pk_log_to_fd, (void *)(intptr_t)fd), 1);
    pk_log_close(&logger);
}

static uint32_t seconds;
static uint32_t fake_wall(void *user, uint16_t *ms) {
    (void)user;
    *ms = 0;
    return seconds;
}
static void a_file_of_that_name_is_left_alone(void) {
    char fresh[160];
    pk_log_file file;
    pk_log_file_desc desc;
    int fd;
    memset(&desc, 0, sizeof desc);
    make_folder();
    pk_format(fresh, sizeof fresh, "%s.new", path);
    fd = open(fresh, O_WRONLY | O_CREAT, 0600);
    CHECK(fd >= 0 && write(fd, "mine", 4) == 4 && close(fd) == 0);
    desc.path = path;
    CHECK_STATUS(pk_log_file_open(&file, &desc), PK_OK);
    start(pk_log_to_rotating, &file);
    pk_log_write(&logger, PK_LOG_WARN, "n=1");
    CHECK_STATUS(pk_log_file_rotate(&file), PK_IO);
    CHECK_EQ(file.not_rotated, 1);
    pk_log_write(&logger, PK_LOG_WARN, "n=2");
    read_file(0);
    CHECK_TEXT(text, "WARN  n=1\nWARN  n=2\n");
    fd = open(fresh, O_RDONLY);
    CHECK(fd >= 0 && read(fd, text, 5) == 4 && close(fd) == 0 && memcmp(text, "mine", 4) == 0);
    fd = open(fresh, O_WRONLY | O_TRUNC); /* as a crash between two names leaves it */
    CHECK(fd >= 0 && close(fd) == 0);
    CHECK_STATUS(pk_log_file_rotate(&file), PK_OK);
    pk_log_write(&logger, PK_LOG_WARN, "n=3");
    read_file(0);
    CHECK_TEXT(text, "WARN  n=3\n");
    pk_log_close(&logger);
    pk_log_file_close(&file);
    (void)remove(fresh);
    remove_all();
}
static void files_rotate_by_size_and_time(void) {
    pk_log_file file;
    pk_log_file_desc desc;
    int i;
    memset(&desc, 0, sizeof desc);
    make_folder();
    desc.path = path;
    desc.max_bytes = 30;
    desc.period_s = 3600;
    desc.keep = 2;
    desc.wall = fake_wall;
    seconds = 7200;
    CHECK_STATUS(pk_log_file_open(&file, &desc), PK_OK);
    start(pk_log_to_rotating, &file);
    for (i = 1; i <= 5; i++) pk_log_write(&logger, PK_LOG_WARN, "n=%d", i); /* 10 bytes each */
    read_file(0);
    CHECK_TEXT(text, "WARN  n=4\nWARN  n=5\n");
    read_file(1);
    CHECK_TEXT(text, "WARN  n=1\nWARN  n=2\nWARN  n=3\n");
    seconds = 10799;
    pk_log_write(&logger, PK_LOG_WARN, "n=6");
    seconds = 10800;
    pk_log_write(&logger, PK_LOG_WARN, "n=7");
    read_file(0);
    CHECK_TEXT(text, "WARN  n=7\n");
    read_file(2);
    CHECK_TEXT(text, "WARN  n=1\nWARN  n=2\nWARN  n=3\n");
    CHECK_STATUS(pk_log_file_rotate(&file), PK_OK);
    CHECK_EQ(file.rotations, 3);
    read_file(2); /* keep: the oldest is gone */
    CHECK_TEXT(text, "WARN  n=4\nWARN  n=5\nWARN  n=6\n");
    CHECK_EQ(read_file(3), 0);
    pk_log_close(&logger);
    CHECK_STATUS(pk_log_file_close(&file), PK_OK);
    CHECK_STATUS(pk_log_file_close(&file), PK_OK);
    CHECK_STATUS(pk_log_to_rotating(&file, PK_LOG_WARN, "x", 1), PK_CLOSED);
    CHECK_STATUS(pk_log_file_open(&file, &desc), PK_OK); /* appends */
    pk_log_to_rotating(&file, PK_LOG_WARN, "more\n", 5);
    pk_log_file_close(&file);
    read_file(0);
    CHECK_TEXT(text, "more\n");
    remove_all();
    desc.path = "/nowhere/at/all";
    CHECK_STATUS(pk_log_file_open(&file, &desc), PK_IO);
    desc.path = NULL;
    CHECK_STATUS(pk_log_file_open(&file, &desc), PK_INVALID);
}
static void a_name_that_cannot_change_keeps_the_file(void) {
    pk_log_file file;
    pk_log_file_desc desc;
    char inside[200];
    int i, last = 0;
    memset(&desc, 0, sizeof desc);
    make_folder();
    pk_format(inside, sizeof inside, "%s/full", name_of(1));
    CHECK(mkdir(name_of(1), 0700) == 0 && mkdir(inside, 0700) == 0); /* no file can take its name */
    desc.path = path;
    desc.max_bytes = 400;
    desc.keep = 1;
    CHECK_STATUS(pk_log_file_open(&file, &desc), PK_OK);
    start(pk_log_to_rotating, &file);
    for (i = 1; i <= 50; i++) pk_log_write(&logger, PK_LOG_WARN, "line=%d of it", i);
    read_file(0);
    CHECK_EQ(whole_lines(&last), 50);
    CHECK_EQ(pk_log_sink_failed(&logger, pk_log_to_rotating, &file), 0);
    CHECK_EQ(file.rotations, 0);
    CHECK_EQ(file.not_rotated, 6); /* at line 22, and whenever there are 100 bytes more: each fifth line from there */
    CHECK(rmdir(inside) == 0 && rmdir(name_of(1)) == 0);
    for (; i <= 60; i++) pk_log_write(&logger, PK_LOG_WARN, "line=%d of it", i);
    CHECK(file.rotations > 0);
    pk_log_close(&logger);
    pk_log_file_close(&file);
    remove_all();
}
#ifndef _WIN32
static void write_file(unsigned number, const char *content) {
    int fd = open(name_of(number), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(write(fd, content, (unsigned)strlen(content)) == (long)strlen(content));
    close(fd);
}
static void a_new_file_that_cannot_be_made_costs_no_old_one(void) {
    struct rlimit was, none;
    pk_log_file file;
    pk_log_file_desc desc;
    unsigned n;
    int i, last = 0, fd;
    memset(&desc, 0, sizeof desc);
    make_folder();
    for (n = 1; n <= 5; n++) write_file(n, name_of(n));
    desc.path = path;
    desc.max_bytes = 300;
    CHECK_STATUS(pk_log_file_open(&file, &desc), PK_OK);
    start(pk_log_to_rotating, &file);
    fd = dup(1);
    close(fd);
    CHECK(getrlimit(RLIMIT_NOFILE, &was) == 0);
    none = was;
    none.rlim_cur = (rlim_t)fd; /* no descriptor is left */
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    for (i = 1; i <= 60; i++) pk_log_write(&logger, PK_LOG_WARN, "line=%d of it", i);
    CHECK(setrlimit(RLIMIT_NOFILE, &was) == 0);
    CHECK(file.not_rotated > 2 && file.rotations == 0);
    for (n = 1; n <= 5; n++) {
        read_file(n);
        CHECK_TEXT(text, name_of(n));
    }
    read_file(0);
    CHECK_EQ(whole_lines(&last), 60);
    for (; i <= 80; i++) pk_log_write(&logger, PK_LOG_WARN, "line=%d of it", i);
    CHECK(file.rotations > 0);
    pk_log_close(&logger);
    pk_log_file_close(&file);
    remove_all();
}
#endif
static void a_period_that_failed_is_tried_again(void) {
    pk_log_file file;
    pk_log_file_desc desc;
    char inside[200];
    memset(&desc, 0, sizeof desc);
    make_folder();
    pk_format(inside, sizeof inside, "%s/full", name_of(1));
    CHECK(mkdir(name_of(1), 0700) == 0 && mkdir(inside, 0700) == 0);
    desc.path = path;
    desc.period_s = 3600;
    desc.keep = 1;
    desc.wall = fake_wall;
    seconds = 7200;
    CHECK_STATUS(pk_log_file_open(&file, &desc), PK_OK);
    pk_log_to_rotating(&file, PK_LOG_WARN, "one\n", 4);
    for (seconds = 10800; seconds < 10920; seconds++) pk_log_to_rotating(&file, PK_LOG_WARN, "two\n", 4);
    CHECK_EQ(file.not_rotated, 2); /* the second at 10860 */
    CHECK(rmdir(inside) == 0 && rmdir(name_of(1)) == 0);
    CHECK_EQ(file.rotations, 0);
    pk_log_to_rotating(&file, PK_LOG_WARN, "new\n", 4);
    CHECK_EQ(file.rotations, 1);
    read_file(0);
    CHECK_TEXT(text, "new\n");
    pk_log_file_close(&file);
    remove_all();
}
static void five_files_are_kept_unless_told_otherwise(void) {
    pk_log_file file;
    pk_log_file_desc desc;
    char line[] = "0\n";
    unsigned n;
    memset(&desc, 0, sizeof desc);
    make_folder();
    desc.path = path;
    desc.max_bytes = 2;
    CHECK_STATUS(pk_log_file_open(&file, &desc), PK_OK);
    for (; line[0] <= '7'; line[0]++) CHECK_STATUS(pk_log_to_rotating(&file, PK_LOG_WARN, line, 2), PK_OK);
    CHECK_EQ(file.rotations, 7);
    for (n = 0; n <= 5; n++) {
        line[0] = (char)('7' - n);
        read_file(n);
        CHECK_TEXT(text, line);
    }
    CHECK_EQ(read_file(6), 0);
    pk_log_file_close(&file);
    remove_all();
}

enum { THREADS = 4, EACH = 400, KEEP = 60 };
static void *log_many(void *number) {
    int i;
    for (i = 0; i < EACH; i++) pk_log_write(&logger, PK_LOG_WARN, "thread=%d n=%05d.", (int)(intptr_t)number, i);
    return NULL;
}
static void rotating(bool buffered) {
    static char room[4096];
    pthread_t threads[THREADS];
    int next[THREADS] = {0}, i, n;
    pk_log_file file;
    pk_log_file_desc desc;
    unsigned number, lines = 0;
    memset(&desc, 0, sizeof desc);
    make_folder();
    desc.path = path;
    desc.max_bytes = 1000;
    desc.keep = KEEP;
    if (buffered) {
        desc.buffer = room;
        desc.buffer_size = sizeof room; /* above max_bytes */
    }
    CHECK_STATUS(pk_log_file_open(&file, &desc), PK_OK);
    start(pk_log_to_rotating, &file);
    for (i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, log_many, (void *)(intptr_t)i) == 0);
    for (i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    pk_log_close(&logger);
    CHECK_STATUS(pk_log_file_close(&file), PK_OK);
    for (number = KEEP + 1; number-- > 0;) {
        const char *p = text;
        CHECK(read_file(number) <= 1000);
        for (; strncmp(p, "WARN  thread=", 13) == 0 && p[13] >= '0' && p[13] < '0' + THREADS; p += 24, lines++) {
            i = p[13] - '0'; /* "WARN  thread=0 n=00000.\n" */
            n = atoi(p + 17);
            CHECK_EQ(n, next[i]);
            next[i] = n + 1;
        }
        CHECK(*p == 0);
    }
    CHECK_EQ(lines, THREADS * EACH);
    CHECK_EQ(file.rotations, THREADS * EACH / 41); /* lines of 24 bytes a file */
    remove_all();
}
static void rotation_loses_nothing(void) {
    rotating(false);
    rotating(true);
}

TESTS {
    FILES_BINARY();
    RUN("L05", "whichever write fails, is short or interrupted: lines are whole, lost ones counted, and the next ones come", whatever_write_fails)
    RUN("L05", "a buffer on a full disk keeps what it can, counts the rest and recovers", a_full_buffer_loses_and_counts)
    RUN("L05", "a buffer is written when full, by level, by call", a_buffer_is_written_when_it_should)
#ifndef _WIN32
    RUN("L05", "a file at its size limit loses lines, counted, and goes on after a rotation", the_limit_of_a_file_is_no_end)
#endif
    RUN("L05", "a closed descriptor is a failure like any other", a_closed_descriptor_stops_nobody)
    RUN("L05", "files rotate by size and by time and keep N", files_rotate_by_size_and_time)
    RUN("L05", "a file in the way of the new one is neither written nor removed, unless it is empty", a_file_of_that_name_is_left_alone)
    RUN("L05", "a rename that fails keeps writing, is counted and tried again", a_name_that_cannot_change_keeps_the_file)
#ifndef _WIN32
    RUN("L05", "a new file that cannot be made costs none of those kept", a_new_file_that_cannot_be_made_costs_no_old_one)
#endif
    RUN("L05", "a rotation by time that failed is tried again each minute", a_period_that_failed_is_tried_again)
    RUN("L05", "five files are kept unless told otherwise", five_files_are_kept_unless_told_otherwise)
    RUN("L05", "rotation while threads write loses, doubles and splits nothing", rotation_loses_nothing)
}
