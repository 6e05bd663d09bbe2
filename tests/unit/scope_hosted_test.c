/* targets: hosted */
/* Scopes with a heap and stdio: growth, files, longjmp. */
#define PERFKIT_CORE_ONLY
#define PERFKIT_IMPLEMENTATION
#include "../../perfkit.h"
#include "../support/test.h"
#include <setjmp.h>
#include <stdio.h>
#ifndef _WIN32
#include <unistd.h>
#endif

static unsigned runs;
static pk_status count_run(void *context) {
    (void)context;
    runs++;
    return PK_OK;
}
static unsigned next_expected;
static pk_status expect_descending(void *context) {
    return (uintptr_t)context == --next_expected ? PK_OK : PK_CORRUPT;
}

static void grows_without_limit_and_keeps_order(void) {
    pk_scope s;
    uintptr_t i;
    CHECK_STATUS(pk_scope_init(&s, NULL), PK_OK);
    for (i = 0; i < 100000; i++) CHECK_STATUS(pk_scope_defer(&s, expect_descending, (void *)i, "n"), PK_OK);
    next_expected = 100000;
    CHECK_STATUS(pk_scope_unwind(&s, 50000), PK_OK);
    CHECK_EQ(next_expected, 50000);
    CHECK_STATUS(pk_scope_close(&s), PK_OK);
    CHECK_EQ(next_expected, 0);
    CHECK_STATUS(pk_scope_defer(&s, count_run, NULL, "late"), PK_CLOSED);
}
static void callers_memory_first_then_the_allocator(void) {
    static const pk_allocator heap = {NULL, NULL, NULL};
    unsigned char memory[PK_SCOPE_BYTES(2)];
    pk_scope_desc desc;
    pk_scope s;
    int i;
    memset(&desc, 0, sizeof desc);
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    desc.allocator = &heap;
    CHECK_STATUS(pk_scope_init(&s, &desc), PK_OK);
    for (i = 0; i < 100; i++) CHECK_STATUS(pk_scope_defer(&s, count_run, NULL, "n"), PK_OK);
    runs = 0;
    CHECK_STATUS(pk_scope_close(&s), PK_OK);
    CHECK_EQ(runs, 100);
}
static void breathing_at_a_chunks_edge_does_not_allocate(void) {
    pk_scope s;
    pk__scope_chunk *grown;
    int i;
    CHECK_STATUS(pk_scope_init(&s, NULL), PK_OK);
    for (i = 0; i < 9; i++) (void)pk_scope_defer(&s, count_run, NULL, "n"); /* the first chunk holds 8 */
    grown = s.top;
    for (i = 0; i < 100; i++) {
        CHECK_STATUS(pk_scope_unwind(&s, 8), PK_OK);
        CHECK_STATUS(pk_scope_defer(&s, count_run, NULL, "n"), PK_OK);
        CHECK(s.top == grown);
    }
    CHECK_STATUS(pk_scope_close(&s), PK_OK);
}
static void file_is_closed_with_its_scope(void) {
    pk_scope s;
    FILE *file;
#ifdef _WIN32
    char path[] = "scope_hosted_test.tmp";
#else
    char path[] = "/tmp/scope_test.......";
    int fd, after;
    memset(path + sizeof path - 7, 'X', 6); /* the six places that mkstemp fills */
    fd = mkstemp(path);
    CHECK(fd >= 0 && close(fd) == 0);
#endif
    CHECK_STATUS(pk_scope_init(&s, NULL), PK_OK);
    file = (FILE *)pk_scope_fopen(&s, path, "w");
    CHECK(file != NULL);
    CHECK(file && fputs("kept", file) >= 0);
    CHECK_EQ(pk_scope_count(&s), 1);
    CHECK_STATUS(pk_scope_close(&s), PK_OK);
    CHECK_STATUS(pk_scope_init(&s, NULL), PK_OK);
    file = (FILE *)pk_scope_fopen(&s, path, "r");
    CHECK(file && fgetc(file) == 'k');
    CHECK(pk_scope_fopen(&s, "/nonexistent/file", "r") == NULL);
    CHECK_EQ(pk_scope_count(&s), 1);
    CHECK_STATUS(pk_scope_close(&s), PK_OK);
#ifndef _WIN32
    after = dup(1);
    CHECK(after == fd && close(after) == 0); /* the lowest that is free: none is left open */
#endif
    CHECK_EQ(remove(path), 0);
}
#ifndef _WIN32
static void failing_fclose_is_told(void) {
    pk_scope s;
    FILE *file;
    CHECK_STATUS(pk_scope_init(&s, NULL), PK_OK);
    file = (FILE *)pk_scope_fopen(&s, "/dev/full", "w");
    if (file) {
        fputs("lost", file);
        CHECK_STATUS(pk_scope_close(&s), PK_IO);
        CHECK_EQ(pk_scope_failures(&s), 1);
    } else {
        CHECK_STATUS(pk_scope_close(&s), PK_OK);
    }
}
#endif
static void memory_is_freed_with_its_scope(void) {
    pk_scope s;
    char *text;
    CHECK_STATUS(pk_scope_init(&s, NULL), PK_OK);
    text = (char *)pk_scope_malloc(&s, 100);
    CHECK(text != NULL);
    if (text) memset(text, 1, 100);
    CHECK(pk_scope_malloc(&s, 0) != NULL);
    CHECK_STATUS(pk_scope_close(&s), PK_OK);
    CHECK(pk_scope_malloc(&s, 1) == NULL);
}

static jmp_buf jump;
static pk_scope jumped;
static void defer_two_and_fail(void) {
    (void)pk_scope_defer(&jumped, count_run, NULL, "a");
    (void)pk_scope_defer(&jumped, count_run, NULL, "b");
    if (pk_scope_count(&jumped) == 3) longjmp(jump, 1);
}
static void longjmp_past_cleanups_is_unwound_by_a_mark(void) {
    static pk_scope_mark mark;
    CHECK_STATUS(pk_scope_init(&jumped, NULL), PK_OK);
    (void)pk_scope_defer(&jumped, count_run, NULL, "outer");
    mark = pk_scope_mark_here(&jumped);
    runs = 0;
    if (setjmp(jump) == 0) defer_two_and_fail();
    CHECK_STATUS(pk_scope_unwind(&jumped, mark), PK_OK);
    CHECK_EQ(runs, 2);
    CHECK_STATUS(pk_scope_close(&jumped), PK_OK);
    CHECK_EQ(runs, 3);
}
static void growing_scope_may_be_nested(void) {
    pk_scope around, s;
    int i;
    CHECK_STATUS(pk_scope_init(&around, NULL), PK_OK);
    CHECK_STATUS(pk_scope_init(&s, NULL), PK_OK);
    CHECK_STATUS(pk_scope_nest(&s, &around, PK_SCOPE_SESSION), PK_OK);
    for (i = 0; i < 100; i++) CHECK_STATUS(pk_scope_defer(&s, count_run, NULL, "n"), PK_OK);
    CHECK_STATUS(pk_scope_close(&s), PK_OK);
    CHECK_STATUS(pk_scope_init(&s, NULL), PK_OK);
    for (i = 0; i < 9; i++) CHECK_STATUS(pk_scope_defer(&s, count_run, NULL, "n"), PK_OK);
    CHECK_STATUS(pk_scope_nest(&s, &around, PK_SCOPE_SESSION), PK_OK);
    CHECK_STATUS(pk_scope_unwind(&s, 0), PK_OK);
    for (i = 0; i < 9; i++) CHECK_STATUS(pk_scope_defer(&s, count_run, NULL, "n"), PK_OK);
    CHECK(pk_scope_parent(&s) == &around);
    CHECK_STATUS(pk_scope_close(&s), PK_OK);
    CHECK_STATUS(pk_scope_close(&around), PK_OK);
}

TESTS {
    RUN("C31 C33", "a scope that grows may be nested", growing_scope_may_be_nested)
    RUN("C31", "a scope grows without limit and keeps order", grows_without_limit_and_keeps_order)
    RUN("C33", "the caller's memory is used first, then the allocator", callers_memory_first_then_the_allocator)
    RUN("C33", "a scope breathing at a chunk's edge does not allocate", breathing_at_a_chunks_edge_does_not_allocate)
    RUN("C40", "a file is closed with its scope", file_is_closed_with_its_scope)
#ifndef _WIN32
    RUN("C32 C40", "an fclose that fails is told", failing_fclose_is_told)
#endif
    RUN("C31", "memory is freed with its scope", memory_is_freed_with_its_scope)
    RUN("C34", "after a longjmp, unwinding to a mark runs what was jumped over", longjmp_past_cleanups_is_unwound_by_a_mark)
}
