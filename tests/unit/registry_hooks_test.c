/* targets: threads */
/* Providers over locks of the program's own: hooks that count, and a number for each thread. */
#if !defined _POSIX_C_SOURCE && !defined _GNU_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum { THREADS = 8 };
/* Locks are numbers in the opaque bytes; what they stand for is kept here. */
static pthread_mutex_t mutexes[4] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                     PTHREAD_MUTEX_INITIALIZER};
static pthread_cond_t conditions[4] = {PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER,
                                       PTHREAD_COND_INITIALIZER};
static unsigned mutexes_made, conditions_made, destroyed, locked, unlocked, waits, wakes, asked; /* but for the first three, under the lock */
static bool no_mutex, no_condition;
static bool mutex_init(void *m) {
    if (no_mutex) return false;
    *(unsigned *)m = mutexes_made++ % 4;
    return true;
}
static void mutex_lock(void *m) {
    (void)pthread_mutex_lock(&mutexes[*(unsigned *)m]);
    locked++;
}
static void mutex_unlock(void *m) {
    unlocked++;
    (void)pthread_mutex_unlock(&mutexes[*(unsigned *)m]);
}
static bool cond_init(void *c) {
    if (no_condition) return false;
    *(unsigned *)c = conditions_made++ % 4;
    return true;
}
static bool cond_wait(void *c, void *m, uint32_t ms) {
    struct timespec t;
    waits++;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += (time_t)(ms / 1000) + 1;
    return pthread_cond_timedwait(&conditions[*(unsigned *)c], &mutexes[*(unsigned *)m], &t) == 0;
}
static void cond_broadcast(void *c) {
    wakes++;
    (void)pthread_cond_broadcast(&conditions[*(unsigned *)c]);
}
static pthread_key_t number_of_thread; /* 1 + it */
static uintptr_t thread_number(void) {
    const void *number = pthread_getspecific(number_of_thread);
    asked++; /* the registry asks under its lock */
    return (uintptr_t)number;
}
#define PERFKIT_MUTEX_INIT(m) mutex_init(m)
#define PERFKIT_MUTEX_DESTROY(m) ((void)(m), (void)destroyed++)
#define PERFKIT_MUTEX_LOCK(m) mutex_lock(m)
#define PERFKIT_MUTEX_UNLOCK(m) mutex_unlock(m)
#define PERFKIT_COND_INIT(c) cond_init(c)
#define PERFKIT_COND_DESTROY(c) ((void)(c), (void)destroyed++)
#define PERFKIT_COND_WAIT(c, m, ms) cond_wait(c, m, ms)
#define PERFKIT_COND_SIGNAL(c) cond_broadcast(c)
#define PERFKIT_COND_BROADCAST(c) cond_broadcast(c)
#define PERFKIT_THREAD_ID() thread_number()
#define PERFKIT_CORE_ONLY
#define PERFKIT_IMPLEMENTATION
#include "../../perfkit.h"
#include "../support/test.h"

static pk_registry app;
static unsigned made[2], cycles; /* made under the registry's own care: by one thread each */
static void see(void *user, const pk_event *event) {
    (void)user;
    if (event->kind == PK_REGISTRY_EVENT_CYCLE) cycles++; /* only one of two threads finds it */
}
static pthread_barrier_t barrier;
static pk_status make_slow(pk_registry *r, pk_scope *scope, void *user, void **object) {
    const struct timespec rest = {0, 20000000};
    (void)r;
    (void)scope;
    (void)nanosleep(&rest, NULL);
    ++*(unsigned *)user;
    *object = user;
    return PK_OK;
}
static pk_status make_with_the_other(pk_registry *r, pk_scope *scope, void *user, void **object) {
    void *other;
    (void)scope;
    *object = user;
    if (++*(unsigned *)user == 1) (void)pthread_barrier_wait(&barrier); /* a second try is alone */
    return pk_registry_get(r, NULL, user == &made[0] ? 1 : 0, &other);
}
static const pk_provider slow[] = {{"slow", make_slow, NULL, &made[0], NULL, PK_SINGLETON, 0, 0, 0}};
static const pk_provider circle[] = {{"one", make_with_the_other, NULL, &made[0], NULL, PK_SINGLETON, 0, 0, 0},
                                     {"two", make_with_the_other, NULL, &made[1], NULL, PK_SINGLETON, 0, 0, 0}};
static pk_status open_with(const pk_provider *table, size_t count) {
    pk_registry_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.providers = table;
    desc.provider_count = count;
    desc.threads = true;
    desc.on_event = see;
    made[0] = made[1] = cycles = locked = unlocked = waits = wakes = asked = destroyed = 0;
    return pk_registry_init(&app, &desc);
}
static pk_status got[THREADS];
static unsigned rows;
static void *get_one(void *number) {
    const uintptr_t n = (uintptr_t)number;
    void *object = NULL;
    (void)pthread_setspecific(number_of_thread, (void *)(n + 1));
    got[n] = pk_registry_get(&app, NULL, (pk_provider_id)(n % rows), &object);
    return NULL;
}
static void run_threads(unsigned count, unsigned providers) {
    pthread_t threads[THREADS];
    uintptr_t i;
    rows = providers;
    for (i = 0; i < count; i++) CHECK_EQ(pthread_create(&threads[i], NULL, get_one, (void *)i), 0);
    for (i = 0; i < count; i++) (void)pthread_join(threads[i], NULL);
}

static void hooks_are_what_keeps_threads_apart(void) {
    unsigned i;
    CHECK_STATUS(open_with(slow, 1), PK_OK);
    run_threads(THREADS, 1);
    CHECK_EQ(made[0], 1);
    for (i = 0; i < THREADS; i++) CHECK_STATUS(got[i], PK_OK);
    CHECK(locked > 0 && locked == unlocked); /* each lock is given back */
    CHECK(asked > 0 && wakes > 0);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
    CHECK_EQ(locked, unlocked);
    CHECK_EQ(destroyed, 2); /* the mutex and the condition */
}
static void cycle_is_found_by_the_numbers_of_threads(void) {
    CHECK_STATUS(open_with(circle, 2), PK_OK);
    CHECK_EQ(pthread_barrier_init(&barrier, NULL, 2), 0);
    run_threads(2, 2);
    CHECK(got[0] == PK_CYCLE || got[1] == PK_CYCLE);
    CHECK(cycles >= 1);
    CHECK_EQ(locked, unlocked);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
    (void)pthread_barrier_destroy(&barrier);
}
static void hooks_that_fail_end_the_init(void) {
    no_mutex = true;
    CHECK_STATUS(open_with(slow, 1), PK_NO_MEMORY);
    CHECK_EQ(destroyed, 0);
    no_mutex = false;
    no_condition = true;
    CHECK_STATUS(open_with(slow, 1), PK_NO_MEMORY);
    CHECK_EQ(destroyed, 1); /* the mutex that was made */
    no_condition = false;
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}

/* ---- Lazy things, which need none of these locks ---- */

static int thing;
static void rest(long ms) {
    struct timespec t;
    t.tv_sec = 0;
    t.tv_nsec = ms * 1000000;
    (void)nanosleep(&t, NULL);
}
static pk_lazy lazy, circular;
static pk_status make_slowly(void *user, void **object) {
    rest(50);
    *object = user;
    return PK_OK;
}
static pk_status make_again(void *user, void **object) { return pk_lazy_get((pk_lazy *)user, make_again, user, object); }
static pk_status lazy_status;
static void *object_got;
static void *get_lazy(void *unused) {
    lazy_status = pk_lazy_get(&lazy, make_slowly, &thing, &object_got);
    return unused;
}
static void who_comes_second_is_told_to_come_again(void) {
    pthread_t thread;
    void *object = NULL;
    CHECK_EQ(pthread_create(&thread, NULL, get_lazy, NULL), 0);
    rest(20);
    if (PERFKIT_ATOMICS) CHECK_STATUS(pk_lazy_get(&lazy, make_slowly, NULL, &object), PK_AGAIN);
    (void)pthread_join(thread, NULL);
    CHECK_STATUS(lazy_status, PK_OK);
    CHECK_STATUS(pk_lazy_get(&lazy, make_slowly, NULL, &object), PK_OK);
    CHECK(object == &thing && object_got == &thing);
    CHECK_STATUS(pk_lazy_get(&circular, make_again, &circular, &object), PK_AGAIN);
    CHECK_STATUS(pk_lazy_get(&circular, make_slowly, &thing, &object), PK_OK);
}

TESTS {
    RUN("C18 D09", "with locks of your own who comes second to a lazy thing is told to come again", who_comes_second_is_told_to_come_again)
    CHECK_EQ(pthread_key_create(&number_of_thread, NULL), 0);
    RUN("C08", "over locks of the program's own a singleton is made once, and each lock is given back", hooks_are_what_keeps_threads_apart)
    RUN("C08 C07", "a cycle across threads is found by PERFKIT_THREAD_ID", cycle_is_found_by_the_numbers_of_threads)
    RUN("C08", "locks that can't be made end the init", hooks_that_fail_end_the_init)
}
