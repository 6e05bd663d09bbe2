/* fifo - the one ring of deferred logging in firmware (pk__fifo_begin): main logs and drains, an interrupt logs in the middle of that,
   and one above it in the middle of both. Who is interrupted does nothing until the interrupt is over. */

#ifndef RECORDS
#define RECORDS 2
#endif
#define ROOM 4 /* cells; a record takes two, so that one may have to skip the last */

#define EMPTY 0
#define RESERVED 1
#define READY 2
#define SKIP 3
byte state[ROOM], value[ROOM], check[ROOM]; /* of a record: its first cell */
byte head, tail, room = ROOM;
byte sent, taken, dropped, delivered;
bit masked, low, high; /* interrupts are; one is being served; and the one above it */
byte ended;

#ifdef BUG_MASK
#define MASK
#define UNMASK
#else
#define MASK masked = 1;
#define UNMASK masked = 0;
#endif

/* One log call, of a record of `size` cells. `at`: where, ROOM: there is no room. */
inline log_one(size, number) {
    sent++;
    MASK
    need = size;
    at = head;
    if
    :: ROOM - at < size -> need = need + ROOM - at
    :: else
    fi;
    if
    :: need > room -> dropped++; at = ROOM
    :: else ->
        room = room - need;
        if
        :: need != size -> state[at] = SKIP; at = 0
        :: else
        fi;
        head = at + size;
        if
        :: head == ROOM -> head = 0
        :: else
        fi;
        taken++;
#ifdef BUG_READY
        state[at] = READY
#else
        state[at] = RESERVED
#endif
    fi;
    UNMASK
    if
    :: at < ROOM ->
        value[at] = number;
        check[at] = number + size * 16;
        state[at] = READY
    :: else
    fi
}
inline drain() {
    do
    :: room == ROOM -> break
    :: else ->
        if
#ifndef BUG_STOP
        :: state[tail] == RESERVED -> break
#endif
        :: state[tail] == SKIP -> size = ROOM - tail
        :: else ->
            size = check[tail] / 16;
            assert(size >= 1 && check[tail] == value[tail] + size * 16);
            value[tail] = 0;
            delivered++
        fi;
        tail = tail + size;
        if
        :: tail == ROOM -> tail = 0
        :: else
        fi;
        MASK
        room = room + size;
        UNMASK
    od
}

active proctype main() provided (!low && !high) {
    byte n, at, need, size;
    for (n : 1 .. RECORDS) {
        log_one(2, n);
#ifndef ABOVE
        drain()
#endif
    }
    ended++;
    ended == 3;
    drain();
    assert(room == ROOM && taken + dropped == sent && delivered == taken)
}
active proctype interrupt() provided (!high) {
    byte n, at, need;
    for (n : 5 .. 4 + RECORDS) {
        atomic { !masked && !high; low = 1 };
        log_one(1, n);
        low = 0
    }
    ended++
}
active proctype above() {
    byte n, at, need, size;
    for (n : 9 .. 8 + RECORDS) {
        atomic { !masked; high = 1 };
        log_one(2, n);
#ifdef ABOVE
        drain(); /* of what is ready: who it interrupted may be writing */
#endif
        high = 0
    }
    ended++
}
