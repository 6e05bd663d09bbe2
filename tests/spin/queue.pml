/* queue - the queue of those that wait (pk__waitq), its lock and its conditions, for the models beside it: each says what told()
   asserts whenever the lock is left. */

#define STRICT 0
#define HYBRID 1
#define UNFAIR 2
#ifndef POLICY
#define POLICY HYBRID
#endif
#define FIRST queue[0]

bit mutex, freed;                 /* the lock; the memory was given back */
byte queue[USERS], waiting;       /* pk__waitq: first to last */
bit awake[USERS], given[USERS];   /* pk__waiter */
byte gift[USERS], since[USERS];
bit asleep[USERS], signal[USERS]; /* in the condition's wait; its signal */
bit overdue[USERS];               /* it is, once it was */
byte clock;

inline lock() {
    atomic {
        !mutex;
        assert(!freed);
        mutex = 1
    }
}
inline unlock() {
    atomic {
        told();
        mutex = 0
    }
}
inline tell(who) { /* pk__cond_signal: nobody hears it who is not in wait */
    if
    :: asleep[who] -> signal[who] = 1
    :: else
    fi
}

inline join(who) {
    d_step {
        i = waiting;
        do
        :: i > 0 && since[queue[i - 1]] > since[who] -> queue[i] = queue[i - 1]; i--
        :: else -> break
        od;
        queue[i] = who;
        waiting++;
        awake[who] = 0;
        given[who] = 0;
        overdue[who] = 0;
        i = 0
    }
}
inline remove(who) {
    d_step {
        i = 0;
        do
        :: queue[i] != who -> i++
        :: else -> break
        od;
        do
        :: i + 1 < waiting -> queue[i] = queue[i + 1]; i++
        :: else -> break
        od;
        waiting--;
        queue[waiting] = 0;
        i = 0
    }
}
inline serve(who, what) {
    remove(who);
    atomic {
        given[who] = 1;
        gift[who] = what;
        tell(who)
    }
}
inline wake(count) {
    d_step {
        n = count;
#ifdef BUG_ANYONE /* as many are awake, whoever they are: one whose turn it is may not be among them */
        i = 0;
        do
        :: i < waiting ->
            if
            :: awake[queue[i]] && n > 0 -> n--
            :: else
            fi;
            i++
        :: else -> break
        od;
        i = 0;
        do
        :: i < waiting && n > 0 ->
            if
            :: !awake[queue[i]] -> awake[queue[i]] = 1; tell(queue[i]); n--
            :: else
            fi;
            i++
        :: else -> break
        od;
#else
        i = 0;
        do
        :: i < waiting && n > 0 ->
            if
            :: !awake[queue[i]] -> awake[queue[i]] = 1; tell(queue[i])
            :: else
            fi;
            i++;
            n--
        :: else -> break
        od;
#endif
        i = 0;
        n = 0
    }
}
inline is_overdue() { /* pk__waitq_overdue: yes */
    atomic {
        if
        :: waiting == 0 || POLICY == UNFAIR -> yes = 0
        :: waiting != 0 && (POLICY == STRICT || (POLICY == HYBRID && overdue[FIRST])) -> yes = 1
        :: waiting != 0 && POLICY == HYBRID && !overdue[FIRST] -> yes = 0
        :: waiting != 0 && POLICY == HYBRID && !overdue[FIRST] -> overdue[FIRST] = 1; yes = 1
        fi
    }
}
inline sleep(may_be_late, looks_again) { /* pk__waitq_sleep: late */
    atomic { /* pk__cond_wait: unlocks and sleeps in one step */
        asleep[me] = 1;
        signal[me] = 0;
        told();
        mutex = 0
    }
    atomic {
        if
        :: signal[me]
        :: may_be_late -> late = 1
        :: looks_again
        fi;
        asleep[me] = 0;
        signal[me] = 0
    }
    lock();
    atomic {
        if
#ifdef BUG_GIFT /* who is late gives up, whatever it was given */
        :: awake[me] -> late = 0; awake[me] = 0
#else
        :: awake[me] || given[me] -> late = 0; awake[me] = 0
#endif
        :: else
        fi
    }
}
