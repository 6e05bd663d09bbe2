/* ring - a ring of deferred logging, hosted (pk__ring): one thread logs, another drains. A record is written in two steps, as
   nothing (0) and then as its number, and read in two, so that what is torn is seen. */

#define DROP 0
#define OVERWRITE 1
#define BLOCK 2
#ifndef POLICY
#define POLICY DROP
#endif
#ifndef RECORDS
#define RECORDS 5
#endif
#define ROOM 2

byte cell[ROOM];
byte published, tail;              /* as pk__ring's: records written, and read or overwritten */
byte sent, dropped, delivered;
bit mutex, waiting, woken, over;  /* pk__queue's lock; somebody is in the condition's wait; its woken; no more records */

inline lock() { atomic { !mutex; mutex = 1 } }
inline unlock() { mutex = 0 }

inline write(n) {
#ifdef BUG_PUBLISH
    published++;
#endif
    cell[head % ROOM] = 0;
    cell[head % ROOM] = n;
    head++;
#ifndef BUG_PUBLISH
    published++
#endif
}

active proctype logs() {
    byte head, n, seen;
    for (n : 1 .. RECORDS) {
        sent++;
again:
        seen = tail;
        if
        :: head - seen < ROOM -> write(n)
        :: else ->
#if POLICY == OVERWRITE
#ifndef BUG_LOCK
            lock();
#endif
            do
            :: head - tail >= ROOM -> tail++; dropped++
            :: else -> break
            od;
            write(n);
#ifndef BUG_LOCK
            unlock()
#endif
#elif POLICY == BLOCK
            lock();
            if
            :: head - tail >= ROOM -> /* looks again, now that the drain can't pass */
                atomic { waiting = 1; woken = 0; mutex = 0 };
                atomic { woken && !mutex; mutex = 1; waiting = 0 }
            :: else
            fi;
            unlock();
            goto again
#else
            dropped++
#endif
        fi
    }
    over = 1
}

active proctype drains() {
    byte last, value, seen;
    bit ended;
    do
    :: published != tail || over -> /* else there is nothing to do */
        ended = over;
#if POLICY == OVERWRITE
        do
        :: lock();
            if
            :: published - tail == 0 -> unlock(); break
            :: else ->
                value = cell[tail % ROOM];
                assert(value > last && cell[tail % ROOM] == value);
                tail++;
                unlock();
                last = value;
                delivered++
            fi
        od;
#else
        seen = published;
        do
        :: tail == seen -> break
        :: else ->
#ifdef BUG_TAIL
            tail++;
            value = cell[(tail - 1) % ROOM];
            assert(value > last && cell[(tail - 1) % ROOM] == value);
#else
            value = cell[tail % ROOM];
            assert(value > last && cell[tail % ROOM] == value);
            tail++;
#endif
            last = value;
            delivered++
        od;
#if POLICY == BLOCK && !defined BUG_WAKE
        lock(); /* behind its work */
        if
        :: waiting -> woken = 1
        :: else
        fi;
        unlock();
#endif
#endif
        if
        :: ended && published == tail -> break
        :: else
        fi
    od;
    assert(delivered + dropped == sent && sent == RECORDS);
#if POLICY == BLOCK
    assert(dropped == 0)
#endif
}
