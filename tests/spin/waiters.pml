/* waiters - how threads wait for a resource, get it, give up, and hear of the pool's end: a model of perfkit_pool.h for spin
   (Holzmann: The model checker SPIN, 1997). tests/spin/run checks it, and that each of the BUG_… below is found.

   The names are those of the functions that they stand for, without pk__respool_ and pk__waitq_. What is one atomic operation on
   the pool's word is one step here; what the lock protects is one step between two of these. The word's number that changes
   makes a compare-and-swap fail whenever the word has changed since it was read, so reading and swapping are one step, too, and
   who is on top of the stack does not matter. Time is chance: a waiter may be overdue, late, or its rest over, at any moment
   from when it could be.

   Shown, for any order of steps: no resource is lent to two, or lost; whenever the lock is free, and something is there that the
   first waiter could have, it has been told to look, or looks again by itself; so nobody waits for ever while others go on
   (spin's search for invalid end states); what is handed over in the moment in which a wait ends is taken; all who wait hear
   that the pool stops; and close gives the memory back only when nobody is going to touch it. */

#ifndef USERS
#define USERS 3
#endif
#ifndef RESOURCES
#define RESOURCES 1
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef BAD
#define BAD 0 /* so many resources are found bad when they are lent, or by the tick */
#endif
#ifndef FAILS
#define FAILS 0 /* so often create fails */
#endif
#ifndef STARTS
#define STARTS RESOURCES /* so many are idle at first */
#endif
#define NONE 255

#include "queue.pml"

/* The word. */
byte idle, made; /* idle: one bit each */
bit frozen, waited, stopped;

/* Under the lock. */
byte creating, inside;
bit resting;
bit bounded[USERS]; /* it looks again when create may be tried again */
bit drain_asleep, drained;
bit ticking;

/* What only the model knows. */
byte holder[RESOURCES]; /* 1 + the user; 0: nobody */
bit exists[RESOURCES];
byte bad = BAD, fails = FAILS;
byte running = USERS;
byte entering; /* calls that nobody can know of yet: whoever closes a pool waits for these */

#define ROOM (made + creating < RESOURCES)
#define IDLE (((idle) & 1) + ((idle) >> 1 & 1) + ((idle) >> 2 & 1))
#define ACTIVE (made - IDLE)
#define USED (ACTIVE + creating + waiting + inside + ticking != 0)

/* The first one knows if there is something for it. */
inline told() {
    assert(waiting == 0 || stopped || awake[FIRST] || idle == 0);
    assert(waiting == 0 || stopped || awake[FIRST] || !ROOM || (resting && bounded[FIRST]))
}

/* ---- The stack ---- */

inline pop(refused) { /* r */
    d_step {
        if
        :: idle == 0 || (refused) -> r = NONE
        :: else ->
            r = (idle & 1 -> 0 : (idle & 2 -> 1 : 2));
            idle = idle & ~(1 << r);
            assert(holder[r] == 0 && exists[r]);
            holder[r] = 1 + me
        fi
    }
}
inline push(refused) { /* yes */
    d_step {
        if
        :: (refused) -> yes = 0
        :: else ->
            assert(holder[r] == 1 + me && exists[r] && !(idle & 1 << r));
            holder[r] = 0;
            idle = idle | 1 << r;
            yes = 1
        fi
    }
}
inline cut() { /* r: one of those that are idle, from the middle; the last step is a compare-and-swap whose result nobody asks for */
    d_step {
        frozen = 1;
        was_idle = idle;
        was_made = made
    }
    d_step {
        assert(frozen && was_idle == idle && was_made == made);
        frozen = 0;
        if
        :: idle == 0 -> r = NONE
        :: else ->
            r = (idle & 2 -> 1 : (idle & 1 -> 0 : 2));
            idle = idle & ~(1 << r);
            assert(holder[r] == 0 && exists[r]);
            holder[r] = 1 + me
        fi
    }
}

/* ---- Under the lock ---- */

inline settle() {
    if
    :: waiting == 0 && waited -> waited = 0
    :: else
    fi;
    atomic {
        if
        :: stopped || (resting && made + creating == 0) -> n = USERS
#ifdef BUG_REST
        :: else -> n = IDLE + (resting -> 0 : RESOURCES - made - creating)
#else
        :: else -> n = IDLE + (resting -> ROOM : RESOURCES - made - creating)
#endif
        fi
    }
    wake(n);
    atomic {
        if
        :: stopped && drain_asleep -> drained = 1
        :: else
        fi
    }
}
inline lay_back() {
    is_overdue();
    if
    :: yes ->
        atomic {
            assert(holder[r] == 1 + me);
            holder[r] = 0
        }
        w = FIRST;
        serve(w, r)
    :: else -> push(false)
    fi;
    settle()
}
inline destroyed() { /* the end of pk__respool_destroy, which others may see */
    lock();
    d_step {
        assert(holder[r] == 1 + me);
        holder[r] = 0;
        exists[r] = 0;
        made--;
        r = NONE
    }
    settle();
    unlock()
}
inline give_back() {
    lock();
    yes = stopped;
    if
    :: !yes -> lay_back(); unlock()
    :: else -> unlock(); destroyed()
    fi
}

/* ---- Acquire and release ---- */

mtype = { OK, AGAIN, TIMEOUT, CLOSED, FAILED };
#define TRY 0
#define TIMED 1
#define FOREVER 2

inline find() { /* status, r or fresh */
    fresh = 0;
    r = NONE;
    if
    :: stopped -> status = CLOSED
    :: !stopped && POLICY == STRICT && waiting != 0 && FIRST != me -> status = AGAIN
    :: else ->
        if /* what this user had last is on top, or, with CUTS, further down */
        :: pop(false)
#ifdef CUTS
        :: cut()
#endif
        fi;
        if
        :: r != NONE -> status = OK
        :: r == NONE && late -> status = AGAIN
        :: else -> reserve()
        fi
    fi
}
inline reserve() {
    atomic {
        if
        :: !ROOM -> status = AGAIN
        :: ROOM && resting -> status = (made + creating == 0 -> FAILED : AGAIN)
        :: ROOM -> /* the rest is over, if there was one */
            resting = 0;
            creating++;
            fresh = 1;
            status = OK
        fi
    }
}
inline wait() {
    if
    :: since[me] == 0 -> clock++; since[me] = clock
    :: else
    fi;
    join(me);
    waited = 1; /* from here on what is given back comes by the queue */
    do
    ::
#ifdef BUG_LOOK /* it does not look again once it is in the queue */
        if
        :: first_look -> status = AGAIN; first_look = 0
        :: else -> find()
        fi;
#else
        find();
#endif
        if
        :: status != AGAIN -> break
        :: else
        fi;
        if
        :: late -> status = TIMEOUT; break
        :: else
        fi;
        bounded[me] = resting;
        sleep(mode == TIMED, bounded[me]);
        bounded[me] = 0;
        if
        :: given[me] && !late -> /* the second follows from the first */
            atomic {
                status = OK;
                r = gift[me];
                assert(holder[r] == 0 && exists[r] && !(idle & 1 << r));
                holder[r] = 1 + me;
                break
            }
        :: else
        fi
    od;
    if /* pk__waitq_leave */
    :: !given[me] -> remove(me)
    :: else
    fi;
    atomic {
        given[me] = 0;
        awake[me] = 0;
        overdue[me] = 0
    }
#ifndef BUG_LEAVE /* who leaves does not have the owner count again */
    settle()
#endif
}
inline get() { /* status; pk__respool_get. Who has nothing and does not wait is `inside`, for close to know */
    atomic {
        lock();
        if
        :: first_time -> first_time = 0; entering--
        :: else
        fi;
        inside = inside - in;
        in = 0
    }
    find();
    if
    :: status == AGAIN && mode != TRY && !late ->
#ifdef BUG_LOOK
        first_look = 1;
#endif
        wait()
    :: else
    fi;
    if
    :: status != OK && status != CLOSED && failed -> status = FAILED
    :: else
    fi;
    atomic {
#ifndef BUG_CLOSE
        if
        :: status != OK -> inside++; in = 1
        :: else
        fi;
#endif
        unlock()
    }
}
inline acquire() { /* status */
    late = 0;
    failed = 0;
    in = 0;
    atomic {
        pop(frozen);
        if
        :: r != NONE -> entering--; first_time = 0
        :: else
        fi
    }
    status = OK;
    do
    ::
        if
        :: r == NONE -> get()
        :: else -> fresh = 0
        fi;
        if
        :: status != OK -> break
        :: status == OK && fresh -> make()
        :: status == OK && !fresh -> break /* pk__respool_vet: it is good */
        :: status == OK && !fresh && bad > 0 -> /* it is not */
            bad--;
            atomic {
                lock();
#ifndef BUG_CLOSE
                inside++;
                in = 1;
#endif
                unlock()
            }
            destroyed()
        fi;
        if
        :: fresh && status == OK -> break
        :: else ->
            fresh = 0;
            status = OK;
            if
            :: mode == TRY -> late = failed
            :: mode == TIMED -> late = 1
            :: mode != TRY
            fi
        fi
    od;
    fresh = 0;
    since[me] = 0;
    late = 0;
    failed = 0;
    if
    :: status == OK -> assert(holder[r] == 1 + me && !in)
    :: else -> /* pk__respool_refuse */
        lock();
        inside = inside - in;
        in = 0;
        if
        :: stopped -> settle()
        :: else
        fi;
        unlock()
    fi
}
inline make() {
    if
    :: status = OK
    :: fails > 0 -> fails--; status = FAILED
    fi;
    lock();
    creating--;
    if
    :: status == OK ->
        d_step {
            r = (!exists[0] -> 0 : (RESOURCES > 1 && !exists[1 % RESOURCES] -> 1 : 2));
            exists[r] = 1;
            holder[r] = 1 + me;
            made++;
            resting = 0
        }
    :: else ->
        resting = 1;
        failed = 1;
#ifndef BUG_CLOSE
        inside++;
        in = 1;
#endif
        skip
    fi;
    settle();
    unlock()
}
inline release() {
#ifdef BUG_QUICK /* it does not see that somebody waits */
    push(frozen || stopped);
#else
    push(frozen || waited || stopped);
#endif
    if
    :: !yes -> give_back()
    :: else
    fi;
    r = NONE
}

proctype user(byte me) {
    byte r = NONE, i, n, w, round, was_idle, was_made, mode;
    bit yes, fresh, late, failed, in, first_look, first_time;
    mtype status;
    do
    :: round < ROUNDS ->
        round++;
        if
        :: mode = FOREVER
#ifndef PATIENT
        :: mode = TIMED
#endif
#ifdef TRIES
        :: mode = TRY
#endif
        fi;
        atomic {
            if
            :: stopped -> break
            :: else -> entering++; first_time = 1
            fi
        }
        acquire();
        if
        :: status == OK -> release()
        :: status == CLOSED -> break
        :: else -> assert(mode != FOREVER || FAILS > 0)
        fi
    :: break
    od;
    running--
}

#ifdef TICKS
proctype tick() {
    byte me = 253, r = NONE, i, n, w, was_idle, was_made;
    bit yes;
    atomic {
        if
        :: stopped -> goto done
        :: else -> entering++
        fi
    }
    atomic {
        lock();
        entering--
    }
    ticking = 1;
    unlock();
    lock(); /* pk__respool_look_after */
    cut();
    unlock();
    if
    :: r == NONE
    :: r != NONE && bad > 0 -> bad--; destroyed()
    :: r != NONE ->
        lock();
        yes = waiting == 0 && !stopped;
        if
        :: yes -> /* pk__respool_lay_in */
            d_step {
                frozen = 1;
                was_idle = idle;
                was_made = made
            }
            d_step {
                assert(frozen && was_idle == idle && was_made == made);
                frozen = 0;
                holder[r] = 0;
                idle = idle | 1 << r;
                r = NONE
            }
        :: else
        fi;
        unlock();
        if
        :: !yes -> give_back()
        :: else
        fi
    fi;
    lock();
    ticking = 0;
    settle();
    unlock();
done:
    running--
}
#endif

#ifdef CLOSES
proctype closer() {
    byte me = 254, r = NONE, i, n, w;
    bit yes;
    lock(); /* pk_respool_stop */
    stopped = 1;
    inside++;
    settle();
#ifdef BUG_STOP /* takes what is idle without the lock */
    unlock();
#endif
    do
    ::
        pop(false);
        if
        :: r == NONE -> break
        :: else
        fi;
#ifndef BUG_STOP
        unlock();
#endif
        destroyed();
#ifndef BUG_STOP
        lock()
#endif
    od;
#ifdef BUG_STOP
    lock();
#endif
    inside--;
    settle();
    unlock();
    entering == 0;
    lock(); /* pk_respool_close, which waits for as long as it takes */
    do
    :: USED ->
        atomic {
            drain_asleep = 1;
            drained = 0;
            mutex = 0
        }
        atomic {
            drained;
            drain_asleep = 0;
            drained = 0
        }
        lock()
    :: else -> break
    od;
    unlock();
    atomic {
        assert(made == 0 && idle == 0 && waiting == 0);
        freed = 1
    }
}
#endif

init {
    byte i;
    atomic {
        do
        :: i < STARTS -> exists[i] = 1; idle = idle | 1 << i; made++; i++
        :: else -> break
        od;
        i = 0;
        do
        :: i < USERS -> run user(i); i++
        :: else -> break
        od;
#ifdef TICKS
        running++;
        run tick();
#endif
#ifdef CLOSES
        run closer()
#endif
    }
    running == 0;
#ifndef CLOSES
    atomic {
        assert(waiting == 0 && !waited && creating == 0 && inside == 0 && !mutex);
        i = 0;
        do
        :: i < RESOURCES -> assert(holder[i] == 0 && (exists[i] == (idle >> i & 1))); i++
        :: else -> break
        od
    }
#endif
}
