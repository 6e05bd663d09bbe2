/* The masks of examples/firmware/adapters by themselves. Built with -DNOLOCK, without one, this program must fail. */
#include <stdint.h>
#ifndef NOLOCK
#include "../critical.h"
#else
#define PERFKIT_CRITICAL_STATE int
#define PERFKIT_CRITICAL_ENTER(s) ((s) = 0)
#define PERFKIT_CRITICAL_EXIT(s) ((void)(s))
#endif
#include "../../support/test.h"
#define ISR_WANT_ABOVE
#include "isr.h"

static volatile uint32_t ticks, above, reentered;
static volatile uint8_t inside, deep;

static void pass_some_time(void) { /* more than a period, on every target */
    volatile uint16_t i;
    for (i = 0; i < 2000; i++) {}
}
void isr_tick(void) {
    PERFKIT_CRITICAL_STATE s;
    ticks++;
    if (deep == 0) return;
    deep--;
    if (inside) reentered++;
    inside = 1;
    PERFKIT_CRITICAL_ENTER(s);
    PERFKIT_CRITICAL_EXIT(s); /* must not let the next one in before this has ended */
    pass_some_time();
    inside = 0;
}
#if ISR_ABOVE
void isr_above(void) { above++; }
#endif

static void holds_interrupts_off(void) {
    PERFKIT_CRITICAL_STATE s;
    uint32_t before, moved = 0;
    unsigned i;
    isr_start(2003);
    for (i = 0; i < 500; i++) {
        PERFKIT_CRITICAL_ENTER(s);
        before = ticks;
        pass_some_time();
        if (ticks != before) moved++;
        PERFKIT_CRITICAL_EXIT(s);
        pass_some_time();
        if (isr_read(&ticks) == before) moved++; /* it waited, and came */
    }
    isr_stop();
    CHECK_EQ(moved, 0);
    CHECK(ticks >= 500);
}
static void nests(void) {
    PERFKIT_CRITICAL_STATE outer, inner;
    uint32_t before;
    isr_start(2003);
    PERFKIT_CRITICAL_ENTER(outer);
    before = ticks;
    PERFKIT_CRITICAL_ENTER(inner);
    PERFKIT_CRITICAL_EXIT(inner);
    pass_some_time();
    CHECK_EQ(ticks, before);
    PERFKIT_CRITICAL_EXIT(outer);
    pass_some_time();
    CHECK(isr_read(&ticks) != before);
    isr_stop();
}
static void in_an_interrupt(void) {
    deep = 100; /* turns that take longer than a period: main comes to nothing meanwhile */
    isr_start(2003);
    while (deep != 0) {}
    isr_stop();
    CHECK_EQ(reentered, 0);
}
#if defined BASEPRI
static void urgent_ones_come_at_once(void) {
    PERFKIT_CRITICAL_STATE s;
    uint32_t before = above;
    isr_above_start(2003);
    PERFKIT_CRITICAL_ENTER(s);
    pass_some_time();
    CHECK_EQ(above, before);
    REGISTER(0xE000E408u) = 0; /* the highest priority: above PK_BASEPRI */
    pass_some_time();
    CHECK(above != before);
    PERFKIT_CRITICAL_EXIT(s);
    isr_above_stop();
}
#endif

TESTS {
    RUN("P32", "a section holds interrupts off, and they come after it", holds_interrupts_off)
    RUN("P32", "the end of an inner section does not end the outer one", nests)
    RUN("P32", "the end of a section in an interrupt does not let others in", in_an_interrupt)
#if defined BASEPRI
    RUN("P32", "BASEPRI: what is more urgent comes at once", urgent_ones_come_at_once)
#endif
}
