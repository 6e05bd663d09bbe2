/* targets: threads */
/* Providers and lazy things with the program's own locks: PERFKIT_MUTEX_*, PERFKIT_COND_* and PERFKIT_THREAD_ID. */
#if !defined _POSIX_C_SOURCE && !defined _GNU_SOURCE
#define _POSIX_C_SOURCE 200809L /* nanosleep */
#endif
#include <pthread.h>
#include <stdint.h>
#include <time.h>
#define PERFKIT_CORE_ONLY
#define PERFKIT_IMPLEMENTATION
#define PERFKIT_MUTEX_INIT(m) (pthread_mutex_init((pthread_mutex_t *)(void *)(m), NULL) == 0)
#define PERFKIT_MUTEX_LOCK(m) ((void)pthread_mutex_lock((pthread_mutex_t *)(void *)(m)))
#define PERFKIT_MUTEX_UNLOCK(m) ((void)pthread_mutex_unlock((pthread_mutex_t *)(void *)(m)))
#define PERFKIT_MUTEX_DESTROY(m) ((void)pthread_mutex_destroy((pthread_mutex_t *)(void *)(m)))
#define PERFKIT_COND_INIT(c) (pthread_cond_init((pthread_cond_t *)(void *)(c), NULL) == 0)
#define PERFKIT_COND_DESTROY(c) ((void)pthread_cond_destroy((pthread_cond_t *)(void *)(c)))
#define PERFKIT_COND_WAIT(c, m, ms) ((void)(ms), pthread_cond_wait((pthread_cond_t *)(void *)(c), (pthread_mutex_t *)(void *)(m)) == 0)
#define PERFKIT_COND_SIGNAL(c) ((void)pthread_cond_signal((pthread_cond_t *)(void *)(c)))
#define PERFKIT_COND_BROADCAST(c) ((void)pthread_cond_broadcast((pthread_cond_t *)(void *)(c)))
#define PERFKIT_THREAD_ID() pthread_self()
#include "../../perfkit.h"
#include "../support/test.h"

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
static pk_status got;
static void *object_got;
static void *get_lazy(void *unused) {
    got = pk_lazy_get(&lazy, make_slowly, &thing, &object_got);
    return unused;
}
static void who_comes_second_is_told_to_come_again(void) {
    pthread_t thread;
    void *object = NULL;
    CHECK_EQ(pthread_create(&thread, NULL, get_lazy, NULL), 0);
    rest(20);
    if (PERFKIT_ATOMICS) CHECK_STATUS(pk_lazy_get(&lazy, make_slowly, NULL, &object), PK_AGAIN);
    (void)pthread_join(thread, NULL);
    CHECK_STATUS(got, PK_OK);
    CHECK_STATUS(pk_lazy_get(&lazy, make_slowly, NULL, &object), PK_OK);
    CHECK(object == &thing && object_got == &thing);
    CHECK_STATUS(pk_lazy_get(&circular, make_again, &circular, &object), PK_AGAIN);
    CHECK_STATUS(pk_lazy_get(&circular, make_slowly, &thing, &object), PK_OK);
}

static pk_registry app;
static unsigned made;
static pk_status make(pk_registry *r, pk_scope *scope, void *user, void **object) {
    (void)r;
    (void)scope;
    made++; /* by one thread */
    return make_slowly(user, object);
}
static void *get_app(void *status) {
    void *object = NULL;
    *(pk_status *)status = pk_registry_get(&app, NULL, 1, &object);
    return object;
}
static void singletons_are_made_once(void) {
    static const pk_provider two[] = {{"config", make, NULL, &thing, NULL, PK_SINGLETON, 0, 0, 0},
                                      {"app", make, NULL, &thing, "config", PK_SINGLETON, 0, 0, 0}};
    pk_registry_desc desc;
    pk_status status[3] = {PK_IO, PK_IO, PK_IO};
    pthread_t threads[3];
    void *object;
    int i;
    memset(&desc, 0, sizeof desc);
    desc.providers = two;
    desc.provider_count = 2;
    desc.threads = true;
    CHECK_STATUS(pk_registry_init(&app, &desc), PK_OK);
    for (i = 0; i < 3; i++) CHECK_EQ(pthread_create(&threads[i], NULL, get_app, &status[i]), 0);
    for (i = 0; i < 3; i++) {
        (void)pthread_join(threads[i], &object);
        CHECK(status[i] == PK_OK && object == &thing);
    }
    CHECK_EQ(made, 2);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}

TESTS {
    RUN("C18 D09", "with locks of your own who comes second to a lazy thing is told to come again", who_comes_second_is_told_to_come_again)
    RUN("C08 D09", "with locks of your own singletons are made once", singletons_are_made_once)
}
