/* gate - how threads wait at a gate or for a part of a budget: as waiters.pml, for pk__gate_… of perfkit_pool.h. All of it is
   under the lock, so what it does between locking and sleeping or unlocking is few steps.

   Shown, for any order of steps: the limit is never exceeded; whenever the lock is free and the first waiter fits in, it has been
   told to look; so nobody waits for ever while others go on; what is given in the moment in which a wait ends is taken; all who
   wait hear that the gate stops; nobody touches the gate once it is closed. */

#ifndef USERS
#define USERS 3
#endif
#ifndef LIMIT
#define LIMIT 2
#endif
#ifndef MOST
#define MOST LIMIT /* one of them wants so much, the others 1 */
#endif
#ifndef ROUNDS
#define ROUNDS 1 /* of the first two; the others come once */
#endif
#define WANT(who) ((who) == 0 -> MOST : 1)

#include "queue.pml"

byte used;
bit stopped;
byte in;      /* those that are in, by what the model knows, and for how much */
byte running = USERS;
byte entering; /* as in waiters.pml */

inline told() { assert(waiting == 0 || stopped || awake[FIRST] || WANT(FIRST) > LIMIT - used) }
inline fits(who) { /* yes */
    if
    :: WANT(who) <= LIMIT - used -> used = used + WANT(who); yes = 1
    :: else -> yes = 0
    fi
}
inline settle() {
    if
    :: stopped -> wake(USERS)
    :: else ->
        do
        ::
            is_overdue();
            if
            :: yes -> w = FIRST; fits(w)
            :: else
            fi;
            if
            :: yes -> serve(w, 0)
            :: else -> break
            fi
        od;
        atomic {
            i = 0;
            w = LIMIT - used;
            do
            :: i < waiting && WANT(queue[i]) <= w -> w = w - WANT(queue[i]); i++
            :: else -> break
            od;
            wake(i)
        }
    fi
}

mtype = { OK, EXHAUSTED, TIMEOUT, CLOSED };
#define TRY 0
#define TIMED 1
#define FOREVER 2

inline try(from_queue) {
    if
    :: stopped -> status = CLOSED
    :: else ->
        is_overdue();
        if
        :: yes && !(from_queue && FIRST == me) -> status = EXHAUSTED
        :: else ->
            fits(me);
            status = (yes -> OK : EXHAUSTED)
        fi
    fi
}
inline wait() {
    atomic {
        clock++;
        since[me] = clock;
        join(me)
    }
    do
    ::
        atomic {
            if
            :: given[me] && !late -> status = OK; break /* the second follows from the first */
            :: else -> try(true)
            fi;
            if
            :: status != EXHAUSTED -> break
            :: status == EXHAUSTED && late -> status = TIMEOUT; break
            :: else
            fi
        }
        sleep(mode == TIMED, false)
    od;
    atomic {
        if
        :: !given[me] -> remove(me)
        :: else
        fi;
        given[me] = 0;
        awake[me] = 0;
        overdue[me] = 0;
#ifndef BUG_LEAVE /* who leaves does not have the owner count again */
        settle()
#endif
    }
}
inline enter() { /* status */
    late = 0;
    atomic {
        lock();
        entering--;
        try(false)
    }
    if
    :: status == EXHAUSTED && mode != TRY -> wait()
    :: else
    fi;
    atomic {
        if
        :: status == OK -> in = in + WANT(me); assert(in <= LIMIT && in <= used)
        :: else /* it notes what to tell: afterwards the gate may be gone */
        fi;
        unlock()
    }
}
inline leave() {
    lock();
    atomic {
        in = in - WANT(me);
        used = used - WANT(me)
    }
    if
    :: waiting != 0 -> settle()
    :: else
    fi;
    unlock()
}

proctype user(byte me) {
    byte i, n, w, round, mode;
    bit yes, late;
    mtype status;
    do
    :: round < (me < 2 -> ROUNDS : 1) ->
        round++;
        if
        :: mode = FOREVER
#ifndef PATIENT
        :: mode = TRY
        :: mode = TIMED
#endif
        fi;
        atomic {
            if
            :: stopped -> break
            :: else -> entering++
            fi
        }
        enter();
        if
        :: status == OK -> atomic { leave() }
        :: status == CLOSED -> break
        :: else -> assert(mode != FOREVER)
        fi
    :: break
    od;
    running--
}

#ifdef CLOSES
proctype closer() {
    byte i, n, w;
    bit yes;
    lock(); /* pk_gate_stop */
    stopped = 1;
    settle();
    unlock();
    entering == 0;
again:
    lock(); /* pk_gate_close, again and again until it is PK_OK */
    if
    :: used + waiting != 0 ->
        unlock();
        used + waiting == 0;
        goto again
    :: else -> unlock()
    fi;
    freed = 1
}
#endif

init {
    byte i;
    atomic {
        do
        :: i < USERS -> run user(i); i++
        :: else -> break
        od;
#ifdef CLOSES
        run closer()
#endif
    }
    running == 0;
#ifndef CLOSES
    assert(waiting == 0 && used == 0 && in == 0 && !mutex)
#endif
}
