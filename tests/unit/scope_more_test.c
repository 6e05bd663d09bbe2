/* targets: hosted */
/* Scopes in scopes, batches, tracked resources, cleanups for later, forks, and the C++ scope. */
#include "../../perfkit.h"
#include "../support/test.h"
#include "../support/cleanups.h"
#include <stdio.h>
#include <stdlib.h>
#ifndef _WIN32
#include <pthread.h>
#include "../support/forks.h"
#endif
#if defined __cplusplus && defined __cpp_exceptions
#define TEST_EXCEPTIONS
#endif

static char letters[] = "abcdefghij";

static pk_time now;
static pk_time clock_now(void *user) { return *(const pk_time *)user; }
static unsigned events[16];
static pk_event last;
static void see(void *user, const pk_event *event) {
    (void)user;
    events[event->kind]++;
    last = *event;
}
static unsigned char memory[PK_SCOPE_BYTES(200)];
static pk_scope scope, inner, other;
static void open_scope(pk_scope *s, const char *name) {
    pk_scope_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.name = name;
    desc.on_event = see;
    CHECK_STATUS(pk_scope_init(s, &desc), PK_OK);
    memset(events, 0, sizeof events);
    forget();
}
static void open_watched(unsigned limit) {
    pk_scope_watch_desc watch;
    open_scope(&scope, "watched");
    memset(&watch, 0, sizeof watch);
    watch.limit = limit;
    watch.clock = clock_now;
    watch.clock_user = &now;
    CHECK_STATUS(pk_scope_watch(&scope, &watch), PK_OK);
    now = 0;
}
static uint32_t track(pk_scope *s, unsigned letter, const char *type, pk_time life_ms) {
    pk_track what;
    uint32_t id = 0;
    memset(&what, 0, sizeof what);
    what.fn = note;
    what.context = &letters[letter];
    what.type = type;
    what.site = PK_HERE;
    what.meta = &letters[letter + 1];
    what.life_ms = life_ms;
    CHECK_STATUS(pk_scope_track(s, &what, &id), PK_OK);
    return id;
}

static void closing_a_parent_closes_what_is_nested_first(void) {
    pk_scope request;
    open_scope(&scope, "application");
    open_scope(&inner, "session");
    open_scope(&request, "request");
    CHECK_STATUS(pk_scope_nest(&inner, &scope, PK_SCOPE_SESSION), PK_OK);
    CHECK_STATUS(pk_scope_nest(&request, &inner, PK_SCOPE_REQUEST), PK_OK);
    CHECK(pk_scope_parent(&request) == &inner);
    CHECK_STATUS(pk_scope_nest(&request, &scope, 0), PK_INVALID);
    CHECK_STATUS(pk_scope_nest(&scope, &request, 0), PK_INVALID);
    (void)pk_scope_defer(&request, note, &letters[2], "c");
    (void)pk_scope_defer(&inner, note_and_fail, &letters[1], "b");
    (void)pk_scope_defer(&scope, note, &letters[0], "a");
    CHECK_STATUS(pk_scope_close(&scope), PK_IO);
    CHECK_TEXT(ran, "cba");
    CHECK_STATUS(pk_scope_defer(&request, note, &letters[3], "d"), PK_CLOSED);
    CHECK_STATUS(pk_scope_close(&inner), PK_OK);
}
static void nested_scopes_close_in_any_order(void) {
    pk_scope all[5];
    unsigned i;
    open_scope(&scope, "application");
    for (i = 0; i < 5; i++) {
        open_scope(&all[i], "session");
        CHECK_STATUS(pk_scope_nest(&all[i], &scope, PK_SCOPE_SESSION), PK_OK);
        (void)pk_scope_defer(&all[i], note, &letters[i], "n");
    }
    forget();
    CHECK_STATUS(pk_scope_close(&all[2]), PK_OK);
    CHECK_STATUS(pk_scope_close(&all[4]), PK_OK);
    CHECK_STATUS(pk_scope_close(&all[0]), PK_OK);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_TEXT(ran, "ceadb");
}
static void nested_scope_in_callers_memory(void) {
    pk_scope_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    CHECK_STATUS(pk_scope_init(&scope, &desc), PK_OK);
    open_scope(&other, "parent");
    CHECK_STATUS(pk_scope_nest(&scope, &other, 0), PK_OK);
    (void)track(&scope, 0, "t", 0);
    (void)pk_scope_defer(&scope, note, &letters[1], "b");
    CHECK_STATUS(pk_scope_close(&other), PK_OK);
    CHECK_TEXT(ran, "ba");
    desc.memory_size = PK_SCOPE_BYTES(1);
    CHECK_STATUS(pk_scope_init(&scope, &desc), PK_OK);
    CHECK_STATUS(pk_scope_nest(&scope, NULL, 0), PK_FULL);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_STATUS(pk_scope_nest(&scope, NULL, 0), PK_CLOSED);
}

static void rolled_back_batch_undoes_its_steps_only(void) {
    pk_batch batch;
    open_scope(&scope, "s");
    (void)pk_scope_defer(&scope, note, &letters[0], "a");
    batch = pk_batch_begin(&scope);
    CHECK_STATUS(pk_batch_add(&batch, note, &letters[1], "b"), PK_OK);
    CHECK_STATUS(pk_batch_add(&batch, note_and_fail, &letters[2], "c"), PK_OK);
    CHECK_STATUS(pk_batch_add(&batch, note, &letters[3], "d"), PK_OK);
    CHECK_STATUS(pk_batch_rollback(&batch), PK_IO);
    CHECK_TEXT(ran, "dcb");
    CHECK_STATUS(pk_batch_rollback(&batch), PK_OK);
    CHECK_STATUS(pk_batch_add(&batch, note, &letters[1], "b"), PK_CLOSED);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_TEXT(ran, "dcba");
}
static void committed_batch_is_disarmed(void) {
    pk_batch batch;
    open_scope(&scope, "s");
    (void)pk_scope_defer(&scope, note, &letters[0], "a");
    (void)track(&scope, 4, "kept", 0);
    batch = pk_batch_begin(&scope);
    (void)pk_batch_add(&batch, note, &letters[1], "b");
    (void)track(&scope, 2, "undo", 0);
    CHECK_STATUS(pk_batch_commit(&batch), PK_OK);
    CHECK_STATUS(pk_batch_rollback(&batch), PK_OK);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_TEXT(ran, "ea");
    open_scope(&scope, "s");
    batch = pk_batch_begin(&scope);
    (void)pk_batch_add(&batch, note, &letters[1], "b");
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_TEXT(ran, "b");
}

static void tracked_and_plain_cleanups_share_one_order(void) {
    pk_scope_mark mark;
    open_watched(0);
    (void)track(&scope, 0, "file", 0);
    (void)pk_scope_defer(&scope, note, &letters[1], "b");
    (void)track(&scope, 2, "file", 0);
    (void)track(&scope, 3, "file", 0);
    mark = pk_scope_mark_here(&scope);
    (void)track(&scope, 4, "file", 0);
    (void)pk_scope_defer(&scope, note, &letters[5], "f");
    (void)track(&scope, 6, "file", 0);
    CHECK_EQ(pk_scope_count(&scope), 7);
    CHECK_STATUS(pk_scope_unwind(&scope, mark), PK_OK);
    CHECK_TEXT(ran, "gfe");
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_TEXT(ran, "gfedcba");
}
static void tracked_resources_are_found_counted_and_released(void) {
    pk_scope_stats stats;
    const pk_tracked *found;
    uint32_t a, b, c;
    open_watched(10);
    a = track(&scope, 0, "file", 0);
    b = track(&scope, 1, "socket", 0);
    c = track(&scope, 2, "file", 0);
    CHECK(a == 1 && b == 2 && c == 3);
    found = pk_scope_find(&scope, b);
    CHECK(found && found->context == &letters[1] && found->meta == &letters[2] && found->site != NULL);
    CHECK_EQ(pk_scope_count_type(&scope, "file"), 2);
    pk_scope_get_stats(&scope, &stats);
    CHECK_EQ(stats.tracked, 3);
    CHECK_EQ(stats.utilisation_100, 3000);
    CHECK_STATUS(pk_scope_release(&scope, b), PK_OK);
    CHECK_STATUS(pk_scope_release(&scope, b), PK_NOT_FOUND);
    CHECK_TEXT(ran, "b");
    CHECK_EQ(track(&scope, 3, "file", 0), 4);
    pk_scope_get_stats(&scope, &stats);
    CHECK(stats.tracked == 3 && stats.peak == 3 && stats.ever == 4 && stats.limit == 10);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_TEXT(ran, "bdca");
}
static void remember_leak(void *user, const pk_tracked *resource, pk_time age_ms) {
    *(uint32_t *)user = resource->id * 10000000u + (uint32_t)age_ms;
}
static pk_status fails_as(void *status) { return (pk_status)(uintptr_t)status; }
static void the_first_failure_is_the_close_s(void) { /* of tracked resources alone, and between plain cleanups */
    static void *const statuses[] = {(void *)(uintptr_t)PK_IO, (void *)(uintptr_t)PK_TIMEOUT, (void *)(uintptr_t)PK_BUSY};
    pk_track what;
    unsigned mixed, i;
    for (mixed = 0; mixed < 2; mixed++) {
        memset(&what, 0, sizeof what);
        what.fn = fails_as;
        open_scope(&scope, "fails");
        for (i = 0; i < 3; i++) {
            what.context = statuses[i];
            if (mixed) CHECK_STATUS(pk_scope_defer(&scope, fails_as, statuses[i], "plain"), PK_OK);
            CHECK_STATUS(pk_scope_track(&scope, &what, NULL), PK_OK);
        }
        if (mixed) CHECK_STATUS(pk_scope_defer(&scope, fails_as, (void *)(uintptr_t)PK_STALE, "plain"), PK_OK);
        CHECK_STATUS(pk_scope_close(&scope), mixed ? PK_STALE : PK_BUSY);
        CHECK_EQ(events[PK_SCOPE_EVENT_CLEANUP_FAILED], mixed ? 7 : 3);
    }
}
static void the_limit_is_100_where_nothing_is_said(void) {
    pk_track what;
    unsigned i;
    memset(&what, 0, sizeof what);
    what.fn = note;
    what.context = &letters[0];
    open_scope(&scope, "unwatched");
    for (i = 0; i < 100; i++) {
        CHECK_EQ(events[PK_SCOPE_EVENT_NEARLY_FULL], i > 90); /* with the 91st */
        CHECK_STATUS(pk_scope_track(&scope, &what, NULL), PK_OK);
    }
    CHECK_STATUS(pk_scope_track(&scope, &what, NULL), PK_FULL);
    CHECK(last.kind == PK_SCOPE_EVENT_FULL && last.a == 100 && last.b == 100);
    CHECK_STATUS(pk_scope_forget(&scope, 0), PK_OK);
    (void)pk_scope_close(&scope);
}
static void leaks_are_what_is_older_than_the_limit(void) {
    uint32_t seen = 0;
    open_watched(0);
    (void)track(&scope, 0, "file", 0);
    now = 1000;
    (void)track(&scope, 1, "file", 0);
    CHECK_EQ(pk_scope_leaks(&scope, 3600000, 0, remember_leak, &seen), 0);
    CHECK_EQ(pk_scope_leaks(&scope, 3600001, 0, remember_leak, &seen), 1);
    CHECK_EQ(seen, 13600001);
    CHECK_EQ(events[PK_SCOPE_EVENT_LEAK], 1);
    CHECK(last.a == 3600001u && last.b == 1);
    CHECK_TEXT(last.detail, "file");
    CHECK_EQ(pk_scope_leaks(&scope, 2001, 1000, NULL, NULL), 2);
    CHECK_EQ(pk_scope_leaks(&scope, 500, 1, NULL, NULL), 1); /* the clock went back for the second */
    CHECK_TEXT(ran, "");
    (void)pk_scope_close(&scope);
}
static void reap_closes_what_is_past_its_life(void) {
    open_watched(0);
    (void)track(&scope, 0, "a", 100);
    (void)track(&scope, 1, "b", 0);
    (void)track(&scope, 2, "c", 50);
    now = 60;
    (void)track(&scope, 3, "d", 100);
    CHECK_EQ(pk_scope_reap(&scope, 49), 0);
    CHECK_EQ(pk_scope_reap(&scope, 50), 1);
    CHECK_EQ(events[PK_SCOPE_EVENT_REAPED], 1);
    CHECK_TEXT(last.detail, "c");
    CHECK_EQ(pk_scope_reap(&scope, 160), 2);
    CHECK_TEXT(ran, "cda");
    CHECK_EQ(pk_scope_count(&scope), 1);
    (void)pk_scope_close(&scope);
}
static unsigned made;
static pk_status make_one(void *user, void **object) {
    made++;
    *object = user;
    return user ? PK_OK : PK_CREATE_FAILED;
}
static void full_scope_does_not_call_the_factory(void) {
    pk_track what;
    void *object = NULL;
    unsigned i;
    memset(&what, 0, sizeof what);
    what.fn = note;
    open_watched(100);
    made = 0;
    for (i = 0; i < 90; i++) CHECK_STATUS(pk_scope_make(&scope, make_one, &letters[0], &what, &object), PK_OK);
    CHECK(object == &letters[0]);
    CHECK_EQ(events[PK_SCOPE_EVENT_NEARLY_FULL], 0);
    CHECK_STATUS(pk_scope_make(&scope, make_one, NULL, &what, NULL), PK_CREATE_FAILED);
    for (; i < 100; i++) CHECK_STATUS(pk_scope_make(&scope, make_one, &letters[0], &what, NULL), PK_OK);
    CHECK_EQ(events[PK_SCOPE_EVENT_NEARLY_FULL], 1);
    CHECK_STATUS(pk_scope_make(&scope, make_one, &letters[0], &what, NULL), PK_FULL);
    CHECK_EQ(made, 101);
    CHECK_EQ(events[PK_SCOPE_EVENT_FULL], 1);
    CHECK(last.a == 100 && last.b == 100);
    for (i = 0; i < 10; i++) (void)pk_scope_release(&scope, i + 1);
    for (i = 0; i < 10; i++) CHECK_STATUS(pk_scope_make(&scope, make_one, &letters[0], &what, NULL), PK_OK);
    CHECK_EQ(events[PK_SCOPE_EVENT_NEARLY_FULL], 2);
    ran_count = 0;
    for (i = 0; i < 60; i++) CHECK_STATUS(pk_scope_release(&scope, i + 11), PK_OK);
    ran_count = 0;
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
}
static void tracked_resources_move_with_their_order(void) {
    open_watched(0);
    open_scope(&other, "parent");
    (void)pk_scope_defer(&other, note, &letters[0], "a");
    (void)track(&other, 1, "x", 0);
    (void)track(&scope, 2, "x", 0);
    (void)pk_scope_defer(&scope, note, &letters[3], "d");
    (void)track(&scope, 4, "x", 0);
    CHECK_STATUS(pk_scope_defer_later(&scope, note, &letters[5], "f"), PK_OK);
    CHECK_STATUS(pk_scope_move(&scope, &other), PK_OK);
    CHECK_EQ(pk_scope_count(&scope), 0);
    CHECK_EQ(pk_scope_count(&other), 6);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_STATUS(pk_scope_close(&other), PK_DEFERRED);
    CHECK_STATUS(pk_scope_pump(&other, 0), PK_OK);
    CHECK_TEXT(ran, "fedcba");
}
static pk_status make_tracks_another(void *user, void **object) {
    *object = user;
    (void)track((pk_scope *)user, 0, "x", 0);
    return PK_OK;
}
static pk_status fails_quietly(void *context) {
    (void)context;
    return PK_IO;
}
static void failing_cleanup_of_what_found_no_room_is_told(void) {
    pk_track what;
    open_watched(1);
    memset(&what, 0, sizeof what);
    what.fn = fails_quietly;
    what.name = "socket";
    CHECK_STATUS(pk_scope_make(&scope, make_tracks_another, &scope, &what, NULL), PK_FULL);
    CHECK_EQ(pk_scope_failures(&scope), 1);
    CHECK_EQ(events[PK_SCOPE_EVENT_CLEANUP_FAILED], 1);
    CHECK_TEXT(last.detail, "socket");
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
}
static void refused_move_takes_no_room(void) {
    unsigned char small[PK_SCOPE_BYTES(20)];
    pk_scope_watch_desc few;
    pk_scope_stats stats;
    pk_scope_desc desc;
    unsigned i, fit = 0;
    memset(&desc, 0, sizeof desc);
    desc.memory = small;
    desc.memory_size = sizeof small;
    CHECK_STATUS(pk_scope_init(&other, &desc), PK_OK);
    open_watched(0);
    memset(&few, 0, sizeof few);
    few.limit = 1;
    (void)track(&scope, 0, "x", 0);
    (void)track(&scope, 0, "x", 0);
    for (i = 0; i < 17; i++) (void)pk_scope_defer(&scope, note, &letters[1], "b");
    CHECK_STATUS(pk_scope_move(&scope, &other), PK_FULL);
    CHECK_EQ(pk_scope_count(&scope), 19);
    CHECK_STATUS(pk_scope_watch(&scope, &few), PK_OK);
    pk_scope_get_stats(&scope, &stats);
    CHECK(stats.tracked == 2 && stats.limit == 1 && stats.utilisation_100 == 10000);
    while (pk_scope_defer(&other, note, &letters[2], "c") == PK_OK) fit++;
    CHECK_EQ(fit, 20);
    CHECK_STATUS(pk_scope_close(&other), PK_OK);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_EQ(ran_count, 39);
}
static void without_a_clock_deadlines_are_unsupported(void) {
    pk_scope_watch_desc watch;
    pk_track what;
    memset(&watch, 0, sizeof watch);
    memset(&what, 0, sizeof what);
    open_scope(&scope, "s");
    watch.no_ages = true;
    what.fn = note;
    what.context = &letters[0];
    what.life_ms = 5;
    CHECK_STATUS(pk_scope_watch(&scope, &watch), PK_OK);
    CHECK_STATUS(pk_scope_track(&scope, &what, NULL), PK_UNSUPPORTED);
    what.life_ms = 0;
    CHECK_STATUS(pk_scope_track(&scope, &what, NULL), PK_OK);
    watch.alert_pct = 101;
    CHECK_STATUS(pk_scope_watch(&scope, &watch), PK_INVALID);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
}

static void later_cleanups_run_from_the_pump(void) {
    pk_scope_mark mark;
    open_scope(&scope, "s");
    (void)pk_scope_defer(&scope, note, &letters[0], "a");
    mark = pk_scope_mark_here(&scope);
    CHECK_STATUS(pk_scope_defer_later(&scope, note, &letters[1], "b"), PK_OK);
    (void)pk_scope_defer(&scope, note_and_fail, &letters[2], "c");
    CHECK_STATUS(pk_scope_defer_later(&scope, note, &letters[3], "d"), PK_OK);
    CHECK_STATUS(pk_scope_pump(&scope, 0), PK_OK); /* it is not closed */
    CHECK_STATUS(pk_scope_unwind(&scope, mark), PK_DEFERRED);
    CHECK_STATUS(pk_scope_close(&scope), PK_DEFERRED);
    CHECK_TEXT(ran, "");
    CHECK_STATUS(pk_scope_pump(&scope, 1), PK_AGAIN);
    CHECK_TEXT(ran, "d");
    CHECK_STATUS(pk_scope_pump(&scope, 2), PK_AGAIN);
    CHECK_TEXT(ran, "dbc");
    CHECK_STATUS(pk_scope_pump(&scope, 1), PK_IO);
    CHECK_TEXT(ran, "dbca");
    CHECK_STATUS(pk_scope_pump(&scope, 1), PK_OK);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
}
static void parent_of_a_deferred_scope_is_pumped(void) {
    open_scope(&scope, "s");
    open_scope(&inner, "inner");
    open_scope(&other, "other");
    CHECK_STATUS(pk_scope_nest(&inner, &scope, 0), PK_OK);
    CHECK_STATUS(pk_scope_nest(&other, &scope, 0), PK_OK);
    (void)pk_scope_defer(&scope, note, &letters[0], "a");
    (void)pk_scope_defer_later(&inner, note, &letters[1], "b");
    (void)pk_scope_defer(&other, note_and_fail, &letters[2], "c");
    CHECK_STATUS(pk_scope_close(&scope), PK_DEFERRED);
    CHECK_TEXT(ran, "c");
    CHECK_STATUS(pk_scope_pump(&scope, 0), PK_IO);
    CHECK_TEXT(ran, "cba");
}
#ifdef PK_SCOPE_AUTO
static void automatic_scope_runs_later_cleanups_at_its_exit(void) {
    forget();
    {
        PK_SCOPE_AUTO(local, 30);
        (void)pk_scope_defer(&local, note, &letters[0], "a");
        CHECK_STATUS(pk_scope_defer_later(&local, note, &letters[1], "b"), PK_OK);
    }
    CHECK_TEXT(ran, "ba");
}
#endif

PK_SCOPE_DEFINE(global_scope, 4)
static void closes_the_global_scope(void) { (void)pk_scope_close(&global_scope); }
static void scope_of_the_program_may_be_closed_twice(void) {
    forget();
    CHECK_EQ(atexit(closes_the_global_scope), 0);
    CHECK_STATUS(pk_scope_defer(&global_scope, note, &letters[0], "a"), PK_OK);
    closes_the_global_scope();
    closes_the_global_scope();
    CHECK_TEXT(ran, "a");
}

#ifndef _WIN32
static void forked_child_runs_nothing_of_its_parents(void) {
    pk_scope_watch_desc watch;
    int status = 0;
    pid_t child;
    memset(&watch, 0, sizeof watch);
    watch.watch_forks = true;
    open_scope(&scope, "s");
    CHECK_STATUS(pk_scope_watch(&scope, &watch), PK_OK);
    (void)pk_scope_defer(&scope, note, &letters[0], "a");
    (void)track(&scope, 1, "b", 0);
    fflush(NULL);
    child = fork();
    if (child == 0) {
        int good = pk_scope_defer(&scope, note, &letters[2], "c") == PK_FORKED && pk_scope_close(&scope) == PK_FORKED &&
                   pk_scope_release(&scope, 1) == PK_FORKED && pk_scope_malloc(&scope, 10) == NULL;
        good = good && pk_scope_after_fork(&scope) == PK_OK && pk_scope_count(&scope) == 0 && ran_count == 0;
        good = good && pk_scope_defer(&scope, note, &letters[2], "c") == PK_OK && pk_scope_close(&scope) == PK_OK;
        good = good && ran[0] == 'c' && ran[1] == 0;
        _exit(good ? 7 : 1);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    CHECK_STATUS(pk_scope_after_fork(&scope), PK_OK);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_TEXT(ran, "ba");
}
static pk_scope_watch_desc watch_forks;
static bool nested_one_starts_again(void) {
    if (pk_scope_watch(&inner, &watch_forks) != PK_FORKED || pk_scope_watch(&inner, NULL) != PK_FORKED) return false;
    if (pk_scope_nest(&other, &inner, 0) != PK_FORKED || pk_scope_nest(&inner, &other, 0) != PK_INVALID) return false;
    if (pk_scope_after_fork(&inner) != PK_OK || pk_scope_parent(&inner) != NULL) return false;
    return pk_scope_close(&scope) == PK_OK && strcmp(ran, "a") == 0 && pk_scope_nest(&other, &inner, 0) == PK_OK &&
           pk_scope_close(&inner) == PK_OK;
}
static void nested_scope_of_a_forked_child_is_on_its_own(void) {
    memset(&watch_forks, 0, sizeof watch_forks);
    watch_forks.watch_forks = true;
    open_scope(&scope, "application");
    open_scope(&inner, "session");
    open_scope(&other, "other");
    CHECK_STATUS(pk_scope_nest(&inner, &scope, PK_SCOPE_SESSION), PK_OK);
    CHECK_STATUS(pk_scope_watch(&inner, &watch_forks), PK_OK);
    (void)pk_scope_defer(&scope, note, &letters[0], "a");
    (void)pk_scope_defer(&inner, note, &letters[1], "b");
    CHECK(child_says(nested_one_starts_again));
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_TEXT(ran, "ba");
    CHECK_STATUS(pk_scope_close(&other), PK_OK);
}
static void descriptors_and_locks_end_with_the_scope(void) {
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int ends[2];
    open_scope(&scope, "s");
    CHECK_EQ(pipe(ends), 0);
    CHECK_STATUS(pk_scope_fd(&scope, ends[0]), PK_OK);
    CHECK_STATUS(pk_scope_fd(&scope, ends[1]), PK_OK);
    CHECK_STATUS(pk_scope_fd(&scope, -1), PK_INVALID);
    CHECK_STATUS(pk_scope_lock(&scope, &lock), PK_OK);
    CHECK(pthread_mutex_trylock(&lock) != 0);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_EQ(pthread_mutex_trylock(&lock), 0);
    (void)pthread_mutex_unlock(&lock);
    CHECK(close(ends[0]) != 0 && close(ends[1]) != 0);
    (void)pthread_mutex_destroy(&lock);
}
#endif

static pk_status make_connection(void **resource, uint32_t limit_ms, void *user) {
    (void)limit_ms;
    *resource = user;
    return PK_OK;
}
static void pooled_things_go_back_with_the_scope(void) {
    pk_pool pool;
    pk_pool_desc desc;
    pk_respool connections;
    pk_respool_desc resources;
    pk_resource lease;
    memset(&desc, 0, sizeof desc);
    desc.object_size = 8;
    desc.capacity = 2;
    memset(&resources, 0, sizeof resources);
    resources.create = make_connection;
    resources.user = &made;
    CHECK_STATUS(pk_pool_init(&pool, &desc), PK_OK);
    CHECK_STATUS(pk_respool_init(&connections, &resources), PK_OK);
    open_scope(&scope, "s");
    CHECK(pk_scope_acquire(&scope, &pool) != NULL);
    CHECK(pk_scope_acquire(&scope, &pool) != NULL);
    CHECK(pk_scope_acquire(&scope, &pool) == NULL);
    CHECK_STATUS(pk_scope_lease(&scope, &connections, 0, &lease), PK_OK);
    CHECK(lease.it == &made);
    CHECK_STATUS(pk_pool_close(&pool), PK_BUSY);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_STATUS(pk_pool_close(&pool), PK_OK);
    CHECK_STATUS(pk_respool_close(&connections, 0), PK_OK);
}
/* What a function leases is given back however it ends; a resource that turns out broken is taken off the scope first. */
static pk_status query(pk_respool *connections, bool fails, bool breaks) {
    pk_resource lease;
    pk_scope_mark mark;
    pk_status status;
    open_scope(&scope, "query");
    mark = pk_scope_mark_here(&scope);
    memset(&lease, 0, sizeof lease);
    status = pk_scope_lease(&scope, connections, 0, &lease);
    if (status == PK_OK && breaks) {
        CHECK_STATUS(pk_scope_forget(&scope, mark), PK_OK);
        CHECK_STATUS(pk_respool_release_broken(connections, lease), PK_OK);
        status = PK_IO;
    }
    if (status == PK_OK && fails) status = PK_NOT_FOUND;
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    return status;
}
static void leases_go_back_on_every_path(void) {
    pk_respool connections;
    pk_respool_desc resources;
    pk_respool_stats stats;
    memset(&resources, 0, sizeof resources);
    resources.create = make_connection;
    resources.user = &made;
    resources.max_size = 1;
    CHECK_STATUS(pk_respool_init(&connections, &resources), PK_OK);
    CHECK_STATUS(query(&connections, false, false), PK_OK);
    CHECK_STATUS(query(&connections, true, false), PK_NOT_FOUND);
    CHECK_STATUS(query(&connections, false, true), PK_IO);
    CHECK_STATUS(query(&connections, false, false), PK_OK);
    pk_respool_get_stats(&connections, &stats);
    CHECK_EQ(stats.active + stats.misused, 0);
    CHECK_EQ(stats.created, 2);
    CHECK_STATUS(pk_respool_close(&connections, 0), PK_OK);
}
PK_PERF_DEFINE(visit, "visit")
static void scope_is_timed_to_the_perf_channel(void) {
    pk_perf_values values;
    pk_timer timer;
    pk_log_set_level(&pk_perf_default, PK_LOG_INFO);
    open_scope(&scope, "s");
    CHECK_STATUS(pk_scope_time(&scope, &timer, &visit), PK_OK);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_STATUS(pk_perf_get(&pk_perf_default, "visit", &values), PK_OK);
    CHECK_EQ(values.count, 1);
    pk_log_set_level(&pk_perf_default, PK_LOG_OFF);
}

#ifdef __cplusplus
static void cxx_scope_closes_at_every_exit(void) {
    int value = 0;
    forget();
    {
        pk::scope local;
        CHECK_STATUS(local.status(), PK_OK);
        CHECK_STATUS(local.defer(note, &letters[0], "a"), PK_OK);
        CHECK_STATUS(local.on_exit([&] { value = 5; }), PK_OK);
        CHECK_STATUS(local.on_exit([&]() -> pk_status { return note(&letters[1]); }, "b"), PK_OK);
        CHECK(pk_scope_malloc(local, 10) != nullptr);
        CHECK_EQ(pk_scope_count(local), 4);
    }
    CHECK_TEXT(ran, "ba");
    CHECK_EQ(value, 5);
    {
        pk::scope local(memory, sizeof memory, "small");
        pk_scope_mark mark = local.mark();
        CHECK_STATUS(local.on_exit([&]() -> pk_status { return PK_IO; }), PK_OK);
        CHECK_STATUS(local.unwind(mark), PK_IO);
        CHECK_STATUS(local.close(), PK_OK);
        CHECK_STATUS(local.on_exit([&] { value = 6; }), PK_CLOSED);
    }
    CHECK_EQ(value, 5);
}
#ifdef TEST_EXCEPTIONS
static void cxx_scope_is_safe_with_exceptions(void) {
    pk_status failed = PK_OK;
    forget();
    try {
        pk::scope local;
        (void)local.defer(note, &letters[0], "a");
        (void)local.on_exit([] { throw 1; });
        throw 2;
    } catch (int what) {
        CHECK_EQ(what, 2);
    }
    CHECK_TEXT(ran, "a");
    {
        pk::scope local;
        (void)local.on_exit([] { throw 1; });
        failed = local.close();
    }
    CHECK_STATUS(failed, PK_CLEANUP_FAILED);
}
#endif
#endif

TESTS {
    RUN("C31 C15", "closing a scope closes what is nested in it first", closing_a_parent_closes_what_is_nested_first)
    RUN("C31", "nested scopes close in any order", nested_scopes_close_in_any_order)
    RUN("C33", "a nested scope may live in the caller's memory", nested_scope_in_callers_memory)
    RUN("C38", "a batch that is rolled back undoes its steps only, last first, one failing", rolled_back_batch_undoes_its_steps_only)
    RUN("C38", "a committed batch is disarmed, one left alone is undone with its scope", committed_batch_is_disarmed)
    RUN("C31 C36", "tracked and plain cleanups share one order", tracked_and_plain_cleanups_share_one_order)
    RUN("C36", "tracked resources have ids and types, are counted, found and released", tracked_resources_are_found_counted_and_released)
    RUN("C37", "leaks are what is older than the limit, strictly, and stay open", leaks_are_what_is_older_than_the_limit)
    RUN("C41", "reap closes what is past its life", reap_closes_what_is_past_its_life)
    RUN("C39 C43", "the 101st resource is refused before its factory is called; 90 % is told once each time",
        full_scope_does_not_call_the_factory)
    RUN("C31 C32", "of several failures the first is what the close says", the_first_failure_is_the_close_s)
    RUN("C39 C43", "a scope has room for 100 resources, and tells above 90, where nothing is said", the_limit_is_100_where_nothing_is_said)
    RUN("C31 C36", "tracked resources move with their order", tracked_resources_move_with_their_order)
    RUN("C32 C39", "a failing cleanup of what found no room is told", failing_cleanup_of_what_found_no_room_is_told)
    RUN("C31 C36", "a move that is refused takes no room", refused_move_takes_no_room)
    RUN("C41", "without a clock a deadline is unsupported", without_a_clock_deadlines_are_unsupported)
    RUN("C35 C06", "later cleanups run from the pump, first, and nothing leaks", later_cleanups_run_from_the_pump)
    RUN("C35", "the parent of a scope with later cleanups is pumped", parent_of_a_deferred_scope_is_pumped)
#ifdef PK_SCOPE_AUTO
    RUN("C35 C34", "an automatic scope runs later cleanups at its exit", automatic_scope_runs_later_cleanups_at_its_exit)
#endif
    RUN("C42", "a scope of the whole program may be closed twice, at exit too", scope_of_the_program_may_be_closed_twice)
#ifndef _WIN32
    RUN("C31", "a forked child runs nothing of its parent's", forked_child_runs_nothing_of_its_parents)
    RUN("C31", "a nested scope of a forked child is on its own", nested_scope_of_a_forked_child_is_on_its_own)
    RUN("C31", "descriptors and locks end with the scope", descriptors_and_locks_end_with_the_scope)
#endif
    RUN("C31 P06", "pooled objects and leases go back with the scope", pooled_things_go_back_with_the_scope)
    RUN("P06", "a leased resource is given back on every path, also where something fails", leases_go_back_on_every_path)
    RUN("C45", "a scope is timed to the perf channel", scope_is_timed_to_the_perf_channel)
#ifdef __cplusplus
    RUN("C34", "a C++ scope closes at every exit", cxx_scope_closes_at_every_exit)
#ifdef TEST_EXCEPTIONS
    RUN("C34", "a C++ scope is safe with exceptions", cxx_scope_is_safe_with_exceptions)
#endif
#endif
}
