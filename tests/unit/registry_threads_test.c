/* targets: threads */
/* Providers and threads: one creation each, no deadlock, a cycle across threads is told. T01's stress. */
#if !defined _POSIX_C_SOURCE && !defined _GNU_SOURCE
#define _POSIX_C_SOURCE 200809L /* pthread_barrier_t */
#endif
#define PERFKIT_CORE_ONLY
#include "../../perfkit.h"
#include "../support/test.h"
#include <pthread.h>
#include <stdio.h>
#ifndef _WIN32
#include "../support/forks.h"
#endif
#include <time.h>
#include <unistd.h>

enum { WORKERS = 10, EACH = 1000, MOST = 20 };
#ifdef __GNUC__
#define ADD(x) __atomic_fetch_add(&(x), 1u, __ATOMIC_SEQ_CST)
#else
static pthread_mutex_t adding = PTHREAD_MUTEX_INITIALIZER;
#define ADD(x) (pthread_mutex_lock(&adding), (x)++, pthread_mutex_unlock(&adding))
#endif
static unsigned made, events[16];
static char last_detail[128];
static void see(void *user, const pk_event *event) {
    (void)user;
    ADD(events[event->kind]);
    if (event->kind == PK_REGISTRY_EVENT_CYCLE) {
        strncpy(last_detail, event->detail, sizeof last_detail - 1);
    }
}
static void rest(long ms) {
    struct timespec t;
    t.tv_sec = 0;
    t.tv_nsec = ms * 1000000;
    nanosleep(&t, NULL);
}
static pk_status make_slow(pk_registry *r, pk_scope *scope, void *user, void **object) {
    (void)r;
    (void)scope;
    rest(20);
    ADD(made);
    *object = user;
    return PK_OK;
}
static pk_status make_quick(pk_registry *r, pk_scope *scope, void *user, void **object) {
    (void)r;
    (void)scope;
    ADD(made);
    *object = user;
    return PK_OK;
}
static pk_registry app;
static void open_with(const pk_provider *table, size_t count, unsigned capacity) {
    pk_registry_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.providers = table;
    desc.provider_count = count;
    desc.capacity = (uint16_t)capacity;
    desc.threads = true;
    desc.on_event = see;
    CHECK_STATUS(pk_registry_init(&app, &desc), PK_OK);
    made = 0;
    memset(events, 0, sizeof events);
}
static void run_threads(void *(*work)(void *), unsigned count) {
    pthread_t threads[MOST];
    unsigned i;
    for (i = 0; i < count; i++) CHECK_EQ(pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)i), 0);
    for (i = 0; i < count; i++) pthread_join(threads[i], NULL);
}

static int one, two;
static void *got[MOST];
static pk_status got_status[MOST];
static void *get_first(void *number) {
    uintptr_t n = (uintptr_t)number;
    got_status[n] = pk_registry_get(&app, NULL, 0, &got[n]);
    return NULL;
}
static void slow_singleton_is_made_once_for_twenty_threads(void) {
    static const pk_provider slow[] = {{"slow", make_slow, NULL, &one, NULL, PK_SINGLETON, 0, 0, 0}};
    unsigned i;
    open_with(slow, 1, 0);
    run_threads(get_first, MOST);
    CHECK_EQ(made, 1);
    for (i = 0; i < MOST; i++) CHECK(got_status[i] == PK_OK && got[i] == &one);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}

/* Two creations are under way at the same time: each waits until the other has begun. */
static unsigned begun;
static pk_status make_together(pk_registry *r, pk_scope *scope, void *user, void **object) {
    int patience = 5000;
    (void)r;
    (void)scope;
    ADD(begun);
#ifdef __GNUC__
    while (__atomic_load_n(&begun, __ATOMIC_SEQ_CST) < 2 && patience-- > 0) rest(1);
#endif
    *object = user;
    return patience > 0 ? PK_OK : PK_TIMEOUT;
}
static void *get_own(void *number) {
    uintptr_t n = (uintptr_t)number;
    got_status[n] = pk_registry_get(&app, NULL, (pk_provider_id)n, &got[n]);
    return NULL;
}
static void different_singletons_are_made_at_the_same_time(void) {
    static const pk_provider both[] = {{"one", make_together, NULL, &one, NULL, PK_SINGLETON, 0, 0, 0},
                                       {"two", make_together, NULL, &two, NULL, PK_SINGLETON, 0, 0, 0}};
    open_with(both, 2, 0);
    begun = 0;
    run_threads(get_own, 2);
    CHECK(got_status[0] == PK_OK && got_status[1] == PK_OK && got[0] == &one && got[1] == &two);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}

/* Each gets the other, declaring nothing, when both have begun. */
static pk_status make_with_the_other(pk_registry *r, pk_scope *scope, void *user, void **object) {
    void *other;
    pk_status status = make_together(r, scope, user, object);
    return status == PK_OK ? pk_registry_get(r, NULL, user == &one ? 1 : 0, &other) : status;
}
static void cycle_across_threads_is_told_not_a_deadlock(void) {
    static const pk_provider both[] = {{"one", make_with_the_other, NULL, &one, NULL, PK_SINGLETON, 0, 0, 0},
                                       {"two", make_with_the_other, NULL, &two, NULL, PK_SINGLETON, 0, 0, 0}};
    open_with(both, 2, 0);
    begun = 0;
    run_threads(get_own, 2);
    CHECK(got_status[0] == PK_CYCLE || got_status[1] == PK_CYCLE);
    CHECK(events[PK_REGISTRY_EVENT_CYCLE] >= 1);
    CHECK(strcmp(last_detail, "one -> two -> one") == 0 || strcmp(last_detail, "two -> one -> two") == 0);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}

static pk_scope session;
static pthread_barrier_t barrier;
static void *get_in_session(void *number) {
    uintptr_t n = (uintptr_t)number;
    pk_scope request;
    pk_scope_desc desc;
    unsigned char memory[PK_SCOPE_BYTES(20)];
    memset(&desc, 0, sizeof desc);
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    (void)pk_scope_init(&request, &desc);
    (void)pk_scope_nest(&request, &session, PK_SCOPE_REQUEST | PK_SCOPE_LOOSE);
    pthread_barrier_wait(&barrier);
    got_status[n] = pk_registry_get(&app, &request, 0, &got[n]);
    if (got_status[n] == PK_OK) got_status[n] = pk_registry_get(&app, &request, 1, &got[n]);
    (void)pk_scope_close(&request);
    return NULL;
}
static void session_has_one_instance_for_all_threads(void) {
    static const pk_provider both[] = {{"session", make_slow, NULL, &one, NULL, PK_SESSION, 0, 0, 0},
                                       {"request", make_slow, NULL, &two, NULL, PK_REQUEST, 0, 0, 0}};
    unsigned i;
    open_with(both, 2, 0);
    CHECK_EQ(pthread_barrier_init(&barrier, NULL, 6), 0);
    CHECK_STATUS(pk_scope_init(&session, NULL), PK_OK);
    CHECK_STATUS(pk_scope_nest(&session, NULL, PK_SCOPE_SESSION), PK_OK);
    run_threads(get_in_session, 6);
    CHECK_EQ(made, 7);
    for (i = 0; i < 6; i++) CHECK(got_status[i] == PK_OK && got[i] == &two);
    CHECK_STATUS(pk_scope_close(&session), PK_OK);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
    pthread_barrier_destroy(&barrier);
}

/* T01: ten workers register and get a thousand names each; variant A distinct names, variant B the same ones. */
static pk_provider rows[WORKERS][EACH];
static char names[WORKERS][EACH][12];
static unsigned added[WORKERS], existed[WORKERS], nulls[WORKERS], wrong[WORKERS];
static void prepare_rows(bool same) {
    unsigned w, i;
    for (w = 0; w < WORKERS; w++)
        for (i = 0; i < EACH; i++) {
            snprintf(names[w][i], sizeof names[w][i], "p%u.%u", same ? 0u : w, i);
            memset(&rows[w][i], 0, sizeof rows[w][i]);
            rows[w][i].name = names[w][i];
            rows[w][i].create = make_quick;
            rows[w][i].user = &names[0][i];
            rows[w][i].lifetime = PK_SINGLETON;
        }
}
static void *register_and_get(void *number) {
    uintptr_t w = (uintptr_t)number;
    unsigned i;
    added[w] = existed[w] = nulls[w] = wrong[w] = 0;
    for (i = 0; i < EACH; i++) {
        void *object = NULL;
        pk_status status = pk_registry_add(&app, &rows[w][i], 1, NULL);
        if (status == PK_OK)
            added[w]++;
        else if (status == PK_EXISTS)
            existed[w]++;
        else
            wrong[w]++;
        if (pk_registry_get_named(&app, NULL, names[w][i], &object) != PK_OK) wrong[w]++;
        nulls[w] += object == NULL;
    }
    return NULL;
}
static void stress(bool same, unsigned capacity, unsigned expected) {
    unsigned w, all_added = 0, all_existed = 0, all_nulls = 0, all_wrong = 0;
    prepare_rows(same);
    open_with(NULL, 0, capacity);
    run_threads(register_and_get, WORKERS);
    for (w = 0; w < WORKERS; w++) {
        all_added += added[w];
        all_existed += existed[w];
        all_nulls += nulls[w];
        all_wrong += wrong[w];
    }
    CHECK_EQ(all_added, expected);
    CHECK_EQ(all_existed, WORKERS * EACH - expected);
    CHECK_EQ(all_nulls, 0);
    CHECK_EQ(all_wrong, 0);
    CHECK_EQ(made, expected);
    CHECK_EQ(pk_registry_count(&app), expected);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}
static void stress_with_distinct_names(void) { stress(false, WORKERS * EACH, WORKERS * EACH); }
static void stress_with_the_same_names(void) { stress(true, EACH, EACH); }

static pk_lazy lazy;
static pk_status make_lazy(void *user, void **object) {
    rest(10);
    ADD(made);
    *object = user;
    return PK_OK;
}
static pk_status make_circular(void *user, void **object) { return pk_lazy_get((pk_lazy *)user, make_circular, user, object); }
static void *get_lazy(void *number) {
    uintptr_t n = (uintptr_t)number;
    got_status[n] = pk_lazy_get(&lazy, make_lazy, &one, &got[n]);
    return NULL;
}
static void lazy_thing_is_made_once_for_twenty_threads(void) {
    static pk_lazy circular;
    void *object;
    unsigned i;
    made = 0;
    run_threads(get_lazy, MOST);
    CHECK_EQ(made, 1);
    for (i = 0; i < MOST; i++) CHECK(got_status[i] == PK_OK && got[i] == &one);
    CHECK_STATUS(pk_lazy_get(&circular, make_circular, &circular, &object), PK_CYCLE);
}

#ifndef _WIN32
static bool child_is_refused_everything(const pk_provider *row) { /* another thread may hold the lock that it has a copy of */
    pk_registry_stats stats;
    pk_provider_info info;
    pk_registry_get_stats(&app, &stats);
    return pk_registry_add(&app, row, 1, NULL) == PK_FORKED && pk_registry_check(&app, NULL, 0) == PK_FORKED &&
           pk_registry_set(&app, &session, 0, &one) == PK_FORKED && pk_registry_info(&app, 0, &info) == PK_FORKED &&
           pk_registry_override(&app, &session, 0, row) == PK_FORKED && pk_registry_remove(&app, 0) == PK_FORKED &&
           pk_registry_start(&app, NULL) == PK_FORKED && pk_registry_pump(&app, 0) == PK_FORKED && stats.providers == 0;
}
static void forked_child_starts_again_with_nothing(void) {
    static const pk_provider both[] = {{"one", make_quick, NULL, &one, NULL, PK_SINGLETON, 0, 0, 0},
                                       {"two", make_quick, NULL, &two, NULL, PK_SINGLETON, 0, 0, 0}};
    void *object;
    int status = 0;
    pid_t child;
    open_with(both, 2, 0);
    CHECK_STATUS(pk_registry_get(&app, NULL, 0, &object), PK_OK);
    fflush(NULL);
    child = fork();
    if (child == 0) {
        int good = pk_registry_get(&app, NULL, 1, &object) == PK_FORKED && pk_registry_close(&app) == PK_FORKED;
        good = good && child_is_refused_everything(both);
        good = good && pk_registry_after_fork(&app) == PK_OK && pk_registry_get(&app, NULL, 0, &object) == PK_OK && made == 2;
        good = good && pk_registry_close(&app) == PK_OK;
        _exit(good ? 7 : 1);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    CHECK_STATUS(pk_registry_after_fork(&app), PK_OK);
    CHECK_EQ(made, 1);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}

static bool lazy_thing_is_made_in_the_child(void) {
    void *object = NULL;
    return pk_lazy_get(&lazy, make_lazy, &two, &object) == PK_OK && object == &two;
}
static pk_status make_lazy_slowly(void *user, void **object) {
    ADD(begun);
    rest(100);
    *object = user;
    return PK_OK;
}
static void *get_lazy_slowly(void *unused) {
    (void)pk_lazy_get(&lazy, make_lazy_slowly, &one, &got[0]);
    return unused;
}
static void lazy_thing_is_made_where_a_fork_left_it(void) {
    pthread_t thread;
    void *object = NULL;
    lazy.word = 0;
    begun = 0;
    CHECK_EQ(pthread_create(&thread, NULL, get_lazy_slowly, NULL), 0);
    rest(30);
    CHECK(child_says(lazy_thing_is_made_in_the_child));
    CHECK_STATUS(pk_lazy_get(&lazy, make_lazy, &two, &object), PK_OK);
    CHECK(object == &one);
    (void)pthread_join(thread, NULL);
    lazy.word = 0;
}
static pk_registry alone; /* a registry without threads */
static const pk_provider true_one[] = {{"one", make_quick, NULL, &one, NULL, PK_SINGLETON, 0, 0, 0}};
static const pk_provider false_one = {"one", make_quick, NULL, &two, NULL, PK_SINGLETON, 0, 0, 0};
static bool has(pk_registry *r, const void *expected) {
    void *object = NULL;
    return pk_registry_get(r, NULL, 0, &object) == PK_OK && object == expected;
}
static bool registry_without_threads_goes_on(void) {
    return has(&alone, &two) && pk_scope_close(&session) == PK_OK && has(&alone, &one) && pk_registry_close(&alone) == PK_OK;
}
static bool override_is_over(void) {
    return pk_registry_after_fork(&app) == PK_OK && has(&app, &one) && pk_scope_close(&session) == PK_OK && has(&app, &one) &&
           pk_registry_close(&app) == PK_OK;
}
static bool override_ends_with_its_scope(void) { /* which nobody told of the fork */
    return pk_scope_close(&session) == PK_OK && pk_registry_after_fork(&app) == PK_OK && has(&app, &one) &&
           pk_registry_close(&app) == PK_OK;
}
static bool override_is_forgotten_with_its_scope(void) {
    return pk_scope_after_fork(&session) == PK_OK && pk_scope_close(&session) == PK_OK && has(&alone, &one) &&
           pk_registry_close(&alone) == PK_OK && pk_registry_after_fork(&app) == PK_OK && has(&app, &one) &&
           pk_registry_close(&app) == PK_OK;
}
static pk_scope outer;
static bool override_ends_with_the_scope_around_its_scope(void) {
    return pk_scope_close(&outer) == PK_FORKED && has(&alone, &one) && pk_registry_after_fork(&app) == PK_OK && has(&app, &one) &&
           pk_registry_close(&alone) == PK_OK && pk_registry_close(&app) == PK_OK && pk_scope_close(&outer) == PK_OK;
}
static void override_in_a_forked_child_is_over(void) {
    pk_scope_watch_desc watch;
    pk_registry_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.providers = true_one;
    desc.provider_count = 1;
    CHECK_STATUS(pk_registry_init(&alone, &desc), PK_OK);
    open_with(true_one, 1, 0);
    CHECK(has(&app, &one) && has(&alone, &one));
    CHECK_STATUS(pk_scope_init(&session, NULL), PK_OK);
    CHECK_STATUS(pk_registry_override(&app, &session, 0, &false_one), PK_OK);
    CHECK_STATUS(pk_registry_override(&alone, &session, 0, &false_one), PK_OK);
    CHECK(has(&app, &two));
    CHECK(child_says(registry_without_threads_goes_on));
    CHECK(child_says(override_is_over));
    CHECK(child_says(override_ends_with_its_scope));
    memset(&watch, 0, sizeof watch);
    watch.watch_forks = true;
    CHECK_STATUS(pk_scope_watch(&session, &watch), PK_OK);
    CHECK(child_says(override_is_forgotten_with_its_scope));
    CHECK_STATUS(pk_scope_init(&outer, NULL), PK_OK);
    CHECK_STATUS(pk_scope_nest(&session, &outer, PK_SCOPE_SESSION), PK_OK);
    CHECK(child_says(override_ends_with_the_scope_around_its_scope));
    CHECK_STATUS(pk_scope_close(&outer), PK_OK);
    CHECK(has(&app, &one) && has(&alone, &one));
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
    CHECK_STATUS(pk_registry_close(&alone), PK_OK);
}
#endif

/* A circle of three threads: each makes one and needs the next. */
static pk_status make_with_the_next(pk_registry *r, pk_scope *scope, void *user, void **object) {
    void *next;
    int patience = 5000;
    (void)scope;
    ADD(begun);
#ifdef __GNUC__
    while (__atomic_load_n(&begun, __ATOMIC_SEQ_CST) < 3 && patience-- > 0) rest(1);
#endif
    *object = user;
    return pk_registry_get(r, NULL, (pk_provider_id)(((uintptr_t)user - 1) % 3), &next);
}
static void circle_of_three_threads_is_told(void) {
    static const pk_provider three[] = {{"one", make_with_the_next, NULL, (void *)2, NULL, PK_SINGLETON, 0, 0, 0},
                                        {"two", make_with_the_next, NULL, (void *)3, NULL, PK_SINGLETON, 0, 0, 0},
                                        {"three", make_with_the_next, NULL, (void *)1, NULL, PK_SINGLETON, 0, 0, 0}};
    open_with(three, 3, 0);
    begun = 0;
    run_threads(get_own, 3);
    CHECK(events[PK_REGISTRY_EVENT_CYCLE] >= 1);
    CHECK(strcmp(last_detail, "one -> two -> three -> one") == 0 || strcmp(last_detail, "two -> three -> one -> two") == 0 ||
          strcmp(last_detail, "three -> one -> two -> three") == 0);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}

/* One thread gets what another waited for before, or needs what that one makes now: neither is a circle. */
static pk_status make_in_30_ms(pk_registry *r, pk_scope *scope, void *user, void **object) {
    (void)r;
    (void)scope;
    rest(30);
    *object = user;
    return PK_OK;
}
static void *get_app_or_database(void *number) {
    uintptr_t n = (uintptr_t)number;
    if (n) rest(10);
    got_status[n] = pk_registry_get(&app, NULL, n ? 1 : 2, &got[n]);
    return NULL;
}
static void *get_config_then_database(void *number) {
    uintptr_t n = (uintptr_t)number;
    if (n) rest(10);
    got_status[n] = n ? PK_OK : pk_registry_get(&app, NULL, 0, &got[n]);
    if (got_status[n] == PK_OK) got_status[n] = pk_registry_get(&app, NULL, 1, &got[n]);
    return NULL;
}
static void wait_that_is_over_makes_no_cycle(void) {
    static const pk_provider three[] = {{"config", make_in_30_ms, NULL, &one, NULL, PK_SINGLETON, 0, 0, 0},
                                        {"database", make_in_30_ms, NULL, &two, "config", PK_SINGLETON, 0, 0, 0},
                                        {"app", make_in_30_ms, NULL, &one, "config, database", PK_SINGLETON, 0, 0, 0}};
    open_with(three, 3, 0);
    run_threads(get_app_or_database, 2);
    CHECK(got_status[0] == PK_OK && got_status[1] == PK_OK);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
    open_with(three, 3, 0);
    run_threads(get_config_then_database, 2);
    CHECK(got_status[0] == PK_OK && got_status[1] == PK_OK);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}

/* Three threads pump, and are held up in what they make, until the fourth was told. */
static pthread_mutex_t hold = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t held = PTHREAD_COND_INITIALIZER;
static unsigned pumps_inside, let_go;
static pk_status make_when_let_go(pk_registry *r, pk_scope *scope, void *user, void **object) {
    (void)r;
    (void)scope;
    (void)pthread_mutex_lock(&hold);
    pumps_inside++;
    (void)pthread_cond_broadcast(&held);
    while (!let_go) (void)pthread_cond_wait(&held, &hold);
    (void)pthread_mutex_unlock(&hold);
    *object = user;
    return PK_OK;
}
static void *pump_one(void *number) {
    got_status[(uintptr_t)number] = pk_registry_pump(&app, 1);
    return NULL;
}
static void fourth_pump_at_once_is_told_to_come_again(void) {
    static const pk_provider four[] = {{"a", make_when_let_go, NULL, &one, NULL, PK_SINGLETON, PK_OPTIONAL, 0, 0},
                                       {"b", make_when_let_go, NULL, &one, NULL, PK_SINGLETON, PK_OPTIONAL, 0, 0},
                                       {"c", make_when_let_go, NULL, &one, NULL, PK_SINGLETON, PK_OPTIONAL, 0, 0},
                                       {"d", make_when_let_go, NULL, &one, NULL, PK_SINGLETON, PK_OPTIONAL, 0, 0}};
    pk_registry_desc desc;
    pthread_t threads[3];
    uintptr_t i;
    memset(&desc, 0, sizeof desc);
    desc.providers = four;
    desc.provider_count = 4;
    desc.threads = desc.background = true;
    CHECK_STATUS(pk_registry_init(&app, &desc), PK_OK);
    for (i = 0; i < 3; i++) CHECK_EQ(pthread_create(&threads[i], NULL, pump_one, (void *)i), 0);
    (void)pthread_mutex_lock(&hold);
    while (pumps_inside < 3) (void)pthread_cond_wait(&held, &hold);
    (void)pthread_mutex_unlock(&hold);
    CHECK_STATUS(pk_registry_pump(&app, 1), PK_AGAIN);
    (void)pthread_mutex_lock(&hold);
    CHECK_EQ(pumps_inside, 3);
    let_go = 1;
    (void)pthread_cond_broadcast(&held);
    (void)pthread_mutex_unlock(&hold);
    for (i = 0; i < 3; i++) (void)pthread_join(threads[i], NULL);
    for (i = 0; i < 3; i++) CHECK(got_status[i] == PK_OK || got_status[i] == PK_AGAIN);
    while (pk_registry_pump(&app, 1) == PK_AGAIN) {}
    CHECK_EQ(pumps_inside, 4);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}

TESTS {
    RUN("C27 C08", "the fourth pump at once is told to come again", fourth_pump_at_once_is_told_to_come_again)
    RUN("C08 C07", "a wait that is over makes no cycle", wait_that_is_over_makes_no_cycle)
    RUN("C08", "a slow singleton is made once for twenty threads", slow_singleton_is_made_once_for_twenty_threads)
    RUN("C08", "different singletons are made at the same time", different_singletons_are_made_at_the_same_time)
    RUN("C08 C07", "a cycle across threads is told, with the chain, and is no deadlock", cycle_across_threads_is_told_not_a_deadlock)
    RUN("C08 C07", "a circle of three threads is told", circle_of_three_threads_is_told)
#ifndef _WIN32
    RUN("C08", "a forked child starts again with nothing", forked_child_starts_again_with_nothing)
    RUN("C08 C13", "an override is over in a forked child; a registry without threads goes on there", override_in_a_forked_child_is_over)
    RUN("C18 C08", "a child makes the lazy thing that a thread of its parent makes", lazy_thing_is_made_where_a_fork_left_it)
#endif
    RUN("C08 C09", "a session has one instance for all threads", session_has_one_instance_for_all_threads)
    RUN("T01 C01", "stress: ten threads register and get 10,000 distinct names", stress_with_distinct_names)
    RUN("T01 C04", "stress: ten threads register the same 1000 names: 1000 added, 9000 exist", stress_with_the_same_names)
    RUN("C18", "a lazy thing is made once for twenty threads", lazy_thing_is_made_once_for_twenty_threads)
}
