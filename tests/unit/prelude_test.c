/* targets: all */
/* What all four headers share: status texts, back-off, breaker, checked arithmetic, time across the wrap, ticks, atomics. */
#define PERFKIT_CORE_ONLY
#include "../../perfkit.h"
#include "../support/test.h"

static void backoff_doubles_up_to_the_cap(void) {
    static const uint16_t want[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000};
    pk_backoff b;
    uint32_t ms = 0;
    uint8_t i;
    memset(&b, 0, sizeof b);
    b.jitter_pct = PK_BACKOFF_NO_JITTER;
    b.max_retries = 7;
    for (i = 0; i < 7; i++) {
        CHECK_STATUS(pk_backoff_next(&b, &ms), PK_OK);
        CHECK_EQ(ms, want[i]);
    }
    CHECK_STATUS(pk_backoff_next(&b, &ms), PK_EXHAUSTED);
    CHECK_EQ(ms, 30000);
    pk_backoff_reset(&b);
    CHECK_STATUS(pk_backoff_next(&b, &ms), PK_OK);
    CHECK_EQ(ms, 1000);
}
static void backoff_gives_three_retries_by_default(void) {
    pk_backoff b;
    uint32_t ms;
    memset(&b, 0, sizeof b);
    CHECK_STATUS(pk_backoff_next(&b, &ms), PK_OK);
    CHECK_STATUS(pk_backoff_next(&b, &ms), PK_OK);
    CHECK_STATUS(pk_backoff_next(&b, &ms), PK_OK);
    CHECK_STATUS(pk_backoff_next(&b, &ms), PK_EXHAUSTED);
}
static void backoff_jitter_stays_within_ten_percent_and_below_the_cap(void) {
    pk_backoff b;
    uint32_t ms = 0, low = 0xFFFFFFFFu, high = 0;
    uint16_t i;
    memset(&b, 0, sizeof b);
    for (i = 0; i < 500; i++) {
        pk_backoff_reset(&b);
        CHECK_STATUS(pk_backoff_next(&b, &ms), PK_OK);
        CHECK(ms >= 900 && ms <= 1100);
        if (ms < low) low = ms;
        if (ms > high) high = ms;
    }
    CHECK(low < 910 && high > 1090); /* the whole range is used */
    b.max_retries = PK_BACKOFF_FOREVER;
    for (i = 0; i < 300; i++) {
        CHECK_STATUS(pk_backoff_next(&b, &ms), PK_OK);
        CHECK(ms <= 30000);
    }
}
static void backoff_refuses_nonsense(void) {
    pk_backoff b;
    uint32_t ms = 7;
    memset(&b, 0, sizeof b);
    b.jitter_pct = 101;
    CHECK_STATUS(pk_backoff_next(&b, &ms), PK_INVALID);
    b.jitter_pct = 0;
    b.cap_ms = ((uint32_t)1 << 30) + 1;
    CHECK_STATUS(pk_backoff_next(&b, &ms), PK_INVALID);
    CHECK_EQ(ms, 7);
}

static void breaker_opens_after_five_failures_for_sixty_seconds(void) {
    pk_breaker b;
    uint8_t i;
    memset(&b, 0, sizeof b);
    for (i = 0; i < 5; i++) {
        CHECK_STATUS(pk_breaker_allow(&b, 1000), PK_OK);
        pk_breaker_failure(&b, 1000);
    }
    CHECK_STATUS(pk_breaker_allow(&b, 1000), PK_BREAKER_OPEN);
    CHECK_STATUS(pk_breaker_allow(&b, 60999), PK_BREAKER_OPEN);
    CHECK_STATUS(pk_breaker_allow(&b, 61000), PK_OK); /* one trial */
    CHECK_STATUS(pk_breaker_allow(&b, 61000), PK_BREAKER_OPEN);
    pk_breaker_success(&b);
    CHECK_STATUS(pk_breaker_allow(&b, 61001), PK_OK);
    CHECK_EQ(b.state, PK_BREAKER_CLOSED);
}
static void breaker_success_forgets_earlier_failures(void) {
    pk_breaker b;
    uint8_t i;
    memset(&b, 0, sizeof b);
    for (i = 0; i < 4; i++) pk_breaker_failure(&b, 0);
    pk_breaker_success(&b);
    for (i = 0; i < 4; i++) pk_breaker_failure(&b, 0);
    CHECK_STATUS(pk_breaker_allow(&b, 0), PK_OK);
}
static void breaker_failed_trial_opens_it_again(void) {
    pk_breaker b;
    memset(&b, 0, sizeof b);
    b.failures = 1;
    pk_breaker_failure(&b, 0xFFFFFF00u); /* across the wrap of the clock */
    CHECK_STATUS(pk_breaker_allow(&b, (pk_time)(0xFFFFFF00u + (pk_time)59999)), PK_BREAKER_OPEN);
    CHECK_STATUS(pk_breaker_allow(&b, (pk_time)(0xFFFFFF00u + (pk_time)60000)), PK_OK);
    pk_breaker_failure(&b, 100000);
    CHECK_STATUS(pk_breaker_allow(&b, 159999), PK_BREAKER_OPEN);
    CHECK_STATUS(pk_breaker_allow(&b, 160000), PK_OK);
}
static void breaker_trial_that_never_reports_counts_as_failed(void) {
    pk_breaker b;
    memset(&b, 0, sizeof b);
    b.failures = 1;
    pk_breaker_failure(&b, 0);
    CHECK_STATUS(pk_breaker_allow(&b, 60000), PK_OK);
    CHECK_STATUS(pk_breaker_allow(&b, 89999), PK_BREAKER_OPEN);
    CHECK_EQ(b.state, PK_BREAKER_HALF_OPEN);
    CHECK_STATUS(pk_breaker_allow(&b, 90000), PK_BREAKER_OPEN);
    CHECK_EQ(b.state, PK_BREAKER_TRIPPED);
    CHECK_STATUS(pk_breaker_allow(&b, 150000), PK_OK);
}

static void arithmetic_tells_overflow(void) {
    size_t r = 7;
    CHECK(pk__mul_fits(3, 5, &r) && r == 15);
    CHECK(pk__mul_fits(0, (size_t)-1, &r) && r == 0);
    CHECK(!pk__mul_fits((size_t)-1, 2, &r));
    CHECK(pk__add_fits((size_t)-1, 0, &r) && r == (size_t)-1);
    CHECK(!pk__add_fits((size_t)-1, 1, &r));
    CHECK_EQ(PK__ALIGN_UP(0, 8), 0);
    CHECK_EQ(PK__ALIGN_UP(9, 8), 16);
}
static void time_is_compared_across_the_wrap(void) {
    pk_time end = (pk_time)~(pk_time)0;
    CHECK(pk__time_reached(5, 5));
    CHECK(!pk__time_reached(4, 5));
    CHECK(pk__time_reached(3, (pk_time)(end - 3)));
    CHECK(!pk__time_reached((pk_time)(end - 3), 3));
}
static void ticks_are_counted_across_the_wrap(void) { CHECK_EQ(pk__ticks_between(PERFKIT_TICKS_MASK - 1, 3), 5); }
static void atomics_do_what_they_say(void) {
    uint32_t word = 5;
    CHECK_EQ(pk__load32(&word), 5);
    pk__store32(&word, 6);
    CHECK_EQ(pk__add32(&word, 4), 6);
    CHECK(!pk__cas32(&word, 6, 1));
    CHECK(pk__cas32(&word, 10, 1));
    CHECK_EQ(word, 1);
}
static void status_values_are_fixed(void) {
    CHECK_EQ(PK_OK, 0);
    CHECK_EQ(PK_NO_MEMORY, 3);
    CHECK_EQ(PK_TIMEOUT, 12);
    CHECK_EQ(PK_IO, 22);
    CHECK_EQ(PK_STATUS_COUNT, 23);
}
#if PERFKIT_STRINGS
static void every_status_has_a_text(void) {
    pk_status s;
    for (s = PK_OK; s < PK_STATUS_COUNT; s++) CHECK(pk__rom_read8(pk_status_text(s)) != 0);
    CHECK(pk__rom_read8(pk_status_text(-1)) == 'n');
}
#endif

TESTS {
    RUN("C69 P18", "back-off doubles up to its cap", backoff_doubles_up_to_the_cap)
    RUN("C69", "back-off gives three retries by default", backoff_gives_three_retries_by_default)
    RUN("C69", "jitter stays within 10 % and below the cap", backoff_jitter_stays_within_ten_percent_and_below_the_cap)
    RUN("C69", "back-off refuses nonsense and changes nothing", backoff_refuses_nonsense)
    RUN("C70", "a breaker opens after 5 failures for 60 s, then lets one trial through", breaker_opens_after_five_failures_for_sixty_seconds)
    RUN("C70", "a success forgets earlier failures", breaker_success_forgets_earlier_failures)
    RUN("C70 D10", "a failed trial opens the breaker again, across the clock's wrap", breaker_failed_trial_opens_it_again)
    RUN("C70", "a trial that never reports counts as failed after 30 s", breaker_trial_that_never_reports_counts_as_failed)
    RUN("D08", "checked arithmetic tells overflow", arithmetic_tells_overflow)
    RUN("D10", "times are compared across the wrap of the clock", time_is_compared_across_the_wrap)
    RUN("D10", "ticks are counted across their wrap", ticks_are_counted_across_the_wrap)
    RUN("D08", "atomics do what they say", atomics_do_what_they_say)
    RUN("D07", "status values never change", status_values_are_fixed)
#if PERFKIT_STRINGS
    RUN("D07", "every status has a text", every_status_has_a_text)
#endif
}
