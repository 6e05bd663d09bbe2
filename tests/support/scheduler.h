/* scheduler.h - PERFKIT_MUTEX_* and PERFKIT_COND_* hooks with which one thread plays several: while one waits, `while_waiting`
   runs what the others do. Everything is repeatable, and it runs on every target, as an RTOS port does. Include it first, then the
   implementation. A lock that is taken twice, not released, or held in a callback is counted in scheduler.wrong. */
#ifndef PERFKIT_SCHEDULER_H
#define PERFKIT_SCHEDULER_H
#if defined __unix__ && !defined _POSIX_C_SOURCE && !defined _GNU_SOURCE
#define _POSIX_C_SOURCE 200809L /* the implementation's, which comes later */
#endif
#include <stdbool.h>
#include <stdint.h>

static struct scheduler {
    uint32_t locked;                    /* mutexes that are held */
    uint32_t mutexes, conditions;       /* that exist */
    uint32_t wrong, waits;
    uint32_t fail_mutex, fail_condition; /* so many of the next inits fail */
    bool (*while_waiting)(uint32_t ms); /* nothing is locked. True: woken, by a signal or for nothing; false: ms passed */
} scheduler;
typedef struct scheduler_object { uint32_t there, on; } scheduler_object; /* what is in a pk_mutex or a pk_cond */

static bool scheduler_make(void *m, uint32_t *fail, uint32_t *count) {
    scheduler_object *o = (scheduler_object *)m;
    if (*fail) {
        (*fail)--;
        return false;
    }
    ++*count;
    o->there = 0x600Du;
    o->on = 0;
    return true;
}
static scheduler_object *scheduler_of(void *m) {
    scheduler_object *o = (scheduler_object *)m;
    if (o->there != 0x600Du) scheduler.wrong++;
    return o;
}
static void scheduler_unmake(void *m, uint32_t *count) {
    --*count;
    scheduler_of(m)->there = 0;
}
static void scheduler_lock(void *m) {
    if (scheduler_of(m)->on++) scheduler.wrong++;
    scheduler.locked++;
}
static void scheduler_unlock(void *m) {
    if (--scheduler_of(m)->on) scheduler.wrong++;
    scheduler.locked--;
}
static void scheduler_signal(void *c) { scheduler_of(c)->on = 1; }
static bool scheduler_wait(void *c, void *m, uint32_t ms) {
    scheduler_object *o = scheduler_of(c);
    bool woken = false;
    scheduler.waits++;
    scheduler_unlock(m);
    if (scheduler.locked) scheduler.wrong++;
    if (!o->on && scheduler.while_waiting) woken = scheduler.while_waiting(ms);
    scheduler_lock(m);
    if (scheduler_of(c)->on) woken = true; /* a signal */
    o->on = 0;
    return woken;
}
#define PERFKIT_THREADS 1
#define PERFKIT_MUTEX_INIT(m) scheduler_make(m, &scheduler.fail_mutex, &scheduler.mutexes)
#define PERFKIT_MUTEX_DESTROY(m) scheduler_unmake(m, &scheduler.mutexes)
#define PERFKIT_MUTEX_LOCK(m) scheduler_lock(m)
#define PERFKIT_MUTEX_UNLOCK(m) scheduler_unlock(m)
#define PERFKIT_COND_INIT(c) scheduler_make(c, &scheduler.fail_condition, &scheduler.conditions)
#define PERFKIT_COND_DESTROY(c) scheduler_unmake(c, &scheduler.conditions)
#define PERFKIT_COND_WAIT(c, m, ms) scheduler_wait(c, m, ms)
#define PERFKIT_COND_SIGNAL(c) scheduler_signal(c)
#define PERFKIT_COND_BROADCAST(c) scheduler_signal(c)
#endif
