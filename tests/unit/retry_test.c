/* targets: all */
/* What to do when something fails: tables, tries, ways. */
#define PERFKIT_CORE_ONLY
#include "../../perfkit.h"
#include "../support/test.h"

static uint8_t calls, failures; /* the first so many calls fail */
static pk_status failure;
static pk_status fails_at_first(void *context) {
    (void)context;
    return calls++ < failures ? failure : PK_OK;
}
static uint32_t waited[8];
static uint8_t waits;
static void wait_ms(void *user, uint32_t ms) {
    (void)user;
    if (waits < 8) waited[waits++] = ms;
}
static pk_time now;
static pk_time clock_ms(void *user) {
    (void)user;
    return now;
}
static pk_retry retry;
static void start(uint8_t n, pk_status status) {
    memset(&retry, 0, sizeof retry);
    retry.backoff.jitter_pct = PK_BACKOFF_NO_JITTER;
    retry.wait = wait_ms;
    retry.clock = clock_ms;
    calls = waits = 0;
    failures = n;
    failure = status;
}

static void tries_again_with_growing_waits(void) {
    start(2, PK_TIMEOUT);
    CHECK_STATUS(pk_retry_run(&retry, fails_at_first, NULL), PK_OK);
    CHECK_EQ(retry.attempts, 3);
    CHECK_EQ(waits, 2);
    CHECK_EQ(waited[0], 1000);
    CHECK_EQ(waited[1], 2000);
    start(9, PK_TIMEOUT);
    CHECK_STATUS(pk_retry_run(&retry, fails_at_first, NULL), PK_TIMEOUT);
    CHECK_EQ(retry.attempts, 4); /* and 3 retries */
    calls = 0;
    failures = 0;
    CHECK_STATUS(pk_retry_run(&retry, fails_at_first, NULL), PK_OK); /* starts anew */
    CHECK_EQ(retry.attempts, 1);
    calls = 0;
    failures = 2;
    CHECK_STATUS(pk_retry_run(&retry, fails_at_first, NULL), PK_OK); /* with all its retries */
    CHECK_EQ(retry.attempts, 3);
}
static void only_what_may_pass_is_retried(void) {
    start(1, PK_CORRUPT);
    CHECK_STATUS(pk_retry_run(&retry, fails_at_first, NULL), PK_CORRUPT);
    CHECK_EQ(retry.attempts, 1);
    CHECK_EQ(waits, 0);
}
static void the_breaker_is_asked_and_told(void) {
    pk_breaker breaker;
    memset(&breaker, 0, sizeof breaker);
    breaker.failures = 2;
    start(9, PK_IO);
    retry.breaker = &breaker;
    CHECK_STATUS(pk_retry_run(&retry, fails_at_first, NULL), PK_BREAKER_OPEN);
    CHECK_EQ(retry.attempts, 2);
    CHECK_STATUS(pk_retry_run(&retry, fails_at_first, NULL), PK_BREAKER_OPEN);
    CHECK_EQ(retry.attempts, 0);
    now += 60000;
    failures = 0;
    CHECK_STATUS(pk_retry_run(&retry, fails_at_first, NULL), PK_OK);
    CHECK_EQ(breaker.state, PK_BREAKER_CLOSED);
}

static void a_table_says_what_to_do(void) {
    static const pk_recovery table[] = {{PK_NOT_FOUND, PK_RECOVERY_SKIP, 0},
                                        {PK_TIMEOUT, PK_RECOVERY_RETRY, 2},
                                        {PK_NO_MEMORY, PK_RECOVERY_DEGRADE, 0},
                                        {PK_OK, PK_RECOVERY_SKIP, 0}};
    uint16_t i, processed = 0, skipped = 0;
    CHECK_EQ(pk_recovery_for(table, PK_NOT_FOUND, 0), PK_RECOVERY_SKIP);
    CHECK_EQ(pk_recovery_for(table, PK_TIMEOUT, 1), PK_RECOVERY_RETRY);
    CHECK_EQ(pk_recovery_for(table, PK_TIMEOUT, 2), PK_RECOVERY_FAIL);
    CHECK_EQ(pk_recovery_for(table, PK_NO_MEMORY, 9), PK_RECOVERY_DEGRADE);
    CHECK_EQ(pk_recovery_for(table, PK_IO, 0), PK_RECOVERY_SKIP); /* the row for all others */
    for (i = 0; i < 1247; i++) { /* bad files are left out, the work goes on */
        const pk_status status = i % 300 == 299 ? PK_CORRUPT : PK_OK;
        if (status == PK_OK) processed++;
        else if (pk_recovery_for(NULL, status, 0) == PK_RECOVERY_SKIP) skipped++;
    }
    CHECK_EQ(processed, 1243);
    CHECK_EQ(skipped, 4);
}
static void the_default_table_covers_every_status(void) {
    pk_status status;
    uint8_t count[4] = {0, 0, 0, 0};
    for (status = 1; status < PK_STATUS_COUNT; status++) count[pk_recovery_for(NULL, status, 0)]++;
    CHECK_EQ(count[PK_RECOVERY_RETRY], 6);
    CHECK_EQ(count[PK_RECOVERY_DEGRADE], 3);
    CHECK_EQ(count[PK_RECOVERY_SKIP], 3);
    CHECK_EQ(count[PK_RECOVERY_FAIL], PK_STATUS_COUNT - 1 - 12);
    CHECK_EQ(pk_recovery_for(NULL, PK_IO, 3), PK_RECOVERY_FAIL);
}

static pk_status parallel(void *context) {
    ++*(uint8_t *)context;
    return failure;
}
static pk_status serial(void *context) {
    *(uint8_t *)context = (uint8_t)(*(uint8_t *)context + 10);
    return PK_OK;
}
static uint8_t downgrades;
static pk_event last;
static void hear(void *user, const pk_event *event) {
    (void)user;
    downgrades++;
    last = *event;
}
static void falls_back_to_the_next_way(void) {
    static const pk_fallback ways[] = {{"parallel", parallel}, {"serial", serial}};
    pk_fallback_desc desc;
    unsigned served;
    uint8_t trace = 0;
    memset(&desc, 0, sizeof desc);
    desc.on_event = hear;
    desc.name = "scan";
    failure = PK_NO_MEMORY;
    downgrades = 0;
    CHECK_STATUS(pk_try_chain(&desc, ways, 2, &trace, &served), PK_OK);
    CHECK_EQ(served, 1);
    CHECK_EQ(trace, 11);
    CHECK_EQ(downgrades, 1);
    CHECK_TEXT(last.object, "scan");
    CHECK_TEXT(last.detail, "parallel");
    CHECK_STATUS(last.status, PK_NO_MEMORY);
    trace = 0;
    failure = PK_INVALID; /* the next way would fail as well */
    CHECK_STATUS(pk_try_chain(&desc, ways, 2, &trace, &served), PK_INVALID);
    CHECK_EQ(served, 2);
    CHECK_EQ(trace, 1);
    failure = PK_OK;
    CHECK_STATUS(pk_try_chain(NULL, ways, 2, &trace, NULL), PK_OK);
    CHECK_STATUS(pk_try_chain(NULL, ways, 0, &trace, NULL), PK_INVALID);
    CHECK_EQ(downgrades, 1);
}

TESTS {
    RUN("C69", "failures that may pass are tried again, waits growing", tries_again_with_growing_waits)
    RUN("C72", "others are not", only_what_may_pass_is_retried)
    RUN("C70", "the breaker is asked before each attempt and told of its end", the_breaker_is_asked_and_told)
    RUN("C72", "a table says for each status what to do; 4 bad files of 1247 are skipped", a_table_says_what_to_do)
    RUN("C72", "the default table has an answer for every status", the_default_table_covers_every_status)
    RUN("C71", "the next way is tried only after a failure that allows it, and told", falls_back_to_the_next_way)
}
