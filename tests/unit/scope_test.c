/* targets: all */
/* Scopes: cleanups run last first, each once, and every failure is told. */
#define PERFKIT_CORE_ONLY
#include "../../perfkit.h"
#include "../support/test.h"
#include "../support/cleanups.h"

static char a = 'a', b = 'b', c = 'c', d = 'd';

typedef struct seen {
    uint8_t events;
    pk_event last;
} seen;
static void see(void *user, const pk_event *event) {
    seen *s = (seen *)user;
    s->events++;
    s->last = *event;
}

static unsigned char memory[PK_SCOPE_BYTES(6)];
static pk_scope scope;
static void open_with_room(size_t room, seen *events) {
    pk_scope_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.name = "session";
    desc.memory = memory;
    desc.memory_size = PK_SCOPE_BYTES(room);
    desc.on_event = events ? see : NULL;
    desc.user = events;
    CHECK_STATUS(pk_scope_init(&scope, &desc), PK_OK);
    forget();
}

static void runs_last_first(void) {
    open_with_room(3, NULL);
    CHECK_STATUS(pk_scope_defer(&scope, note, &a, "a"), PK_OK);
    CHECK_STATUS(pk_scope_defer(&scope, note, &b, "b"), PK_OK);
    CHECK_STATUS(pk_scope_defer(&scope, note, &c, "c"), PK_OK);
    CHECK_EQ(pk_scope_count(&scope), 3);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_TEXT(ran, "cba");
}
static void closing_twice_runs_nothing(void) {
    open_with_room(3, NULL);
    (void)pk_scope_defer(&scope, note, &a, "a");
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_TEXT(ran, "a");
    CHECK_STATUS(pk_scope_defer(&scope, note, &b, "b"), PK_CLOSED);
}
static void full_scope_refuses_and_keeps_what_it_has(void) {
    open_with_room(2, NULL);
    CHECK_STATUS(pk_scope_defer(&scope, note, &a, "a"), PK_OK);
    CHECK_STATUS(pk_scope_defer(&scope, note, &b, "b"), PK_OK);
    CHECK_STATUS(pk_scope_defer(&scope, note, &c, "c"), PK_FULL);
    CHECK_EQ(pk_scope_count(&scope), 2);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_TEXT(ran, "ba");
}
static void no_cleanup_function_is_invalid(void) {
    open_with_room(2, NULL);
    CHECK_STATUS(pk_scope_defer(&scope, NULL, &a, "a"), PK_INVALID);
    CHECK_EQ(pk_scope_count(&scope), 0);
}

static pk_status first_eleven_fail(void *calls) { /* the first of them with another status, which is the close's */
    return ++*(uint8_t *)calls > 11 ? PK_OK : *(uint8_t *)calls == 1 ? PK_IO : PK_TIMEOUT;
}
PK_SCOPE_DEFINE(twenty, 20)
static void eleven_of_twenty_failures_are_reported(void) {
    static seen events;
    uint8_t calls = 0, i;
    memset(&events, 0, sizeof events);
    pk_scope_set_on_event(&twenty, see, &events);
    for (i = 0; i < 20; i++) CHECK_STATUS(pk_scope_defer(&twenty, first_eleven_fail, &calls, "some"), PK_OK);
    CHECK_STATUS(pk_scope_close(&twenty), PK_IO);
    CHECK_EQ(calls, 20);
    CHECK_EQ(pk_scope_failures(&twenty), 11);
    CHECK_EQ(events.events, 11);
}
static void failure_is_reported_with_its_name(void) {
    static seen events;
    memset(&events, 0, sizeof events);
    open_with_room(4, &events);
    (void)pk_scope_defer(&scope, note, &a, "lock");
    (void)pk_scope_defer(&scope, note_and_fail, &b, "file");
    (void)pk_scope_defer(&scope, note, &c, "socket");
    CHECK_STATUS(pk_scope_close(&scope), PK_IO);
    CHECK_TEXT(ran, "cba");
    CHECK_EQ(events.events, 1);
    CHECK_TEXT(events.last.object, "session");
    CHECK_TEXT(events.last.detail, "file");
    CHECK_EQ(events.last.kind, PK_SCOPE_EVENT_CLEANUP_FAILED);
    CHECK_STATUS(events.last.status, PK_IO);
    CHECK_EQ(events.last.a, 1);
    CHECK_EQ(events.last.b, 1);
}

static void unwind_runs_only_what_came_after_the_mark(void) {
    pk_scope_mark mark;
    open_with_room(4, NULL);
    (void)pk_scope_defer(&scope, note, &a, "a");
    mark = pk_scope_mark_here(&scope);
    (void)pk_scope_defer(&scope, note, &b, "b");
    (void)pk_scope_defer(&scope, note, &c, "c");
    CHECK_STATUS(pk_scope_unwind(&scope, mark), PK_OK);
    CHECK_TEXT(ran, "cb");
    CHECK_STATUS(pk_scope_defer(&scope, note, &d, "d"), PK_OK);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_TEXT(ran, "cbda");
}
static void mark_beyond_the_scope_is_invalid(void) {
    open_with_room(4, NULL);
    (void)pk_scope_defer(&scope, note, &a, "a");
    CHECK_STATUS(pk_scope_unwind(&scope, 2), PK_INVALID);
    CHECK_TEXT(ran, "");
    CHECK_STATUS(pk_scope_unwind(&scope, 0), PK_OK);
    CHECK_TEXT(ran, "a");
}

static pk_status note_and_defer_another(void *letter) {
    (void)note(letter);
    return pk_scope_defer(&scope, note, &d, "d");
}
static void cleanup_may_defer_on_its_own_scope(void) {
    open_with_room(2, NULL);
    (void)pk_scope_defer(&scope, note, &a, "a");
    (void)pk_scope_defer(&scope, note_and_defer_another, &b, "b");
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_TEXT(ran, "bda");
}
static pk_status note_and_close(void *letter) {
    (void)note(letter);
    return pk_scope_close(&scope);
}
static void cleanup_may_close_its_own_scope(void) {
    open_with_room(3, NULL);
    (void)pk_scope_defer(&scope, note, &a, "a");
    (void)pk_scope_defer(&scope, note_and_close, &b, "b");
    (void)pk_scope_defer(&scope, note, &c, "c");
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_TEXT(ran, "cba");
}

PK_SCOPE_DEFINE(boot, 2)
static void defined_scope_needs_no_init(void) {
    forget();
    CHECK_STATUS(pk_scope_defer(&boot, note, &a, "a"), PK_OK);
    CHECK_STATUS(pk_scope_defer(&boot, note, &b, "b"), PK_OK);
    CHECK_STATUS(pk_scope_defer(&boot, note, &c, "c"), PK_FULL);
    CHECK_STATUS(pk_scope_unwind(&boot, 0), PK_OK);
    CHECK_STATUS(pk_scope_defer(&boot, note, &c, "c"), PK_OK);
    CHECK_STATUS(pk_scope_close(&boot), PK_OK);
    CHECK_TEXT(ran, "bac");
}

/* A session that holds a, and a scope that holds b and c. */
static pk_scope session;
static void open_session_with_room(size_t room) {
    static unsigned char more[PK_SCOPE_BYTES(4)];
    pk_scope_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.memory = more;
    desc.memory_size = PK_SCOPE_BYTES(room);
    open_with_room(2, NULL);
    CHECK_STATUS(pk_scope_init(&session, &desc), PK_OK);
    (void)pk_scope_defer(&session, note, &a, "a");
    (void)pk_scope_defer(&scope, note, &b, "b");
    (void)pk_scope_defer(&scope, note, &c, "c");
}
static void moved_cleanups_keep_their_order(void) {
    open_session_with_room(4);
    CHECK_STATUS(pk_scope_move(&scope, &session), PK_OK);
    CHECK_EQ(pk_scope_count(&scope), 0);
    CHECK_EQ(pk_scope_count(&session), 3);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_TEXT(ran, "");
    CHECK_STATUS(pk_scope_close(&session), PK_OK);
    CHECK_TEXT(ran, "cba");
}
static void move_is_all_or_nothing(void) {
    open_session_with_room(2);
    CHECK_STATUS(pk_scope_move(&scope, &session), PK_FULL);
    CHECK_STATUS(pk_scope_move(&scope, &scope), PK_INVALID);
    CHECK_EQ(pk_scope_count(&scope), 2);
    CHECK_EQ(pk_scope_count(&session), 1);
    (void)pk_scope_close(&session);
    CHECK_STATUS(pk_scope_move(&scope, &session), PK_CLOSED);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_TEXT(ran, "acb");
}

static void memory_may_start_at_any_address(void) {
    pk_scope_desc desc;
    size_t shift;
    memset(&desc, 0, sizeof desc);
    for (shift = 0; shift < sizeof(void *); shift++) {
        desc.memory = memory + shift;
        desc.memory_size = PK_SCOPE_BYTES(2);
        CHECK_STATUS(pk_scope_init(&scope, &desc), PK_OK);
        CHECK_STATUS(pk_scope_defer(&scope, note, &a, "a"), PK_OK);
        CHECK_STATUS(pk_scope_defer(&scope, note, &b, "b"), PK_OK);
        forget();
        CHECK_STATUS(pk_scope_close(&scope), PK_OK);
        CHECK_TEXT(ran, "ba");
    }
}
static void too_little_memory_is_told(void) {
    pk_scope_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.memory = memory;
    desc.memory_size = PK_SCOPE_BYTES(1) - 1;
    CHECK_STATUS(pk_scope_init(&scope, &desc), PK_NO_MEMORY);
    CHECK_STATUS(pk_scope_defer(&scope, note, &a, "a"), PK_CLOSED);
#if !PERFKIT_HEAP
    CHECK_STATUS(pk_scope_init(&scope, NULL), PK_NO_MEMORY);
#endif
}
static void other_configuration_is_refused(void) {
    pk_scope_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    CHECK_STATUS(pk__scope_init(&scope, sizeof scope + 1, PK__CONFIG_WORD, &desc), PK_INVALID);
    CHECK_STATUS(pk__scope_init(&scope, sizeof scope, PK__CONFIG_WORD ^ 1, &desc), PK_INVALID);
}
#ifdef PK_SCOPE_AUTO
static pk_status leave_early(bool early) {
    PK_SCOPE_AUTO(inner, 3);
    (void)pk_scope_defer(&inner, note, &a, "a");
    if (early) return PK_AGAIN;
    (void)pk_scope_defer(&inner, note, &b, "b");
    return PK_OK;
}
static void auto_scope_closes_at_every_exit(void) {
    forget();
    CHECK_STATUS(leave_early(true), PK_AGAIN);
    CHECK_TEXT(ran, "a");
    CHECK_STATUS(leave_early(false), PK_OK);
    CHECK_TEXT(ran, "aba");
}
static void auto_scope_reports_where_it_is_told_to(void) {
    static seen events;
    memset(&events, 0, sizeof events);
    forget();
    {
        PK_SCOPE_AUTO(inner, 1);
        pk_scope_set_on_event(&inner, see, &events);
        (void)pk_scope_defer(&inner, note_and_fail, &a, "a");
    }
    CHECK_EQ(events.events, 1);
    CHECK_TEXT(events.last.object, "inner");
}
#endif

TESTS {
    RUN("C31", "cleanups run last first", runs_last_first)
    RUN("C31", "closing twice runs nothing the second time", closing_twice_runs_nothing)
    RUN("C33 C39", "a full scope refuses the cleanup and keeps the others", full_scope_refuses_and_keeps_what_it_has)
    RUN("C31", "a cleanup without a function is invalid", no_cleanup_function_is_invalid)
    RUN("C32", "of 20 cleanups 11 fail: 11 are reported, the other 9 run", eleven_of_twenty_failures_are_reported)
    RUN("C32", "a failure is reported with the cleanup's name and status", failure_is_reported_with_its_name)
    RUN("C34", "unwinding runs only what came after the mark", unwind_runs_only_what_came_after_the_mark)
    RUN("C34", "a mark beyond the scope is invalid", mark_beyond_the_scope_is_invalid)
    RUN("C31", "a cleanup may defer on its own scope", cleanup_may_defer_on_its_own_scope)
    RUN("C31", "a cleanup may close its own scope", cleanup_may_close_its_own_scope)
    RUN("C33", "a scope defined at file scope needs no init", defined_scope_needs_no_init)
    RUN("C31", "moved cleanups keep their order", moved_cleanups_keep_their_order)
    RUN("C31", "a move is all or nothing", move_is_all_or_nothing)
    RUN("C33", "memory may start at any address", memory_may_start_at_any_address)
    RUN("C33", "too little memory is told", too_little_memory_is_told)
    RUN("D02", "a unit of another configuration is refused", other_configuration_is_refused)
#ifdef PK_SCOPE_AUTO
    RUN("C34", "an automatic scope closes at every exit", auto_scope_closes_at_every_exit)
    RUN("C34 C32", "an automatic scope reports where it is told to", auto_scope_reports_where_it_is_told_to)
#endif
}
