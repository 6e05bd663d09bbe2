/* PK_LOG_SIGNAL: lines that interrupts format themselves, where there are priorities two of them at once, and main hands on. With the
   interrupt mask, or atomics, nothing is torn and the counts add up; built with -DNOLOCK, without both, this program must fail. */
#include <stdint.h>
#ifndef NOLOCK
#include "../critical.h"
#else
#define PERFKIT_ATOMICS 0
#endif
#define PERFKIT_LOG_SIGNALS 1
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../../perfkit_log.h"
#include "../../support/test.h"
#define ISR_WANT_ABOVE
#include "isr.h"

static pk_log logger;
static pk_log_signals signals;
static volatile uint32_t ticks, above;
static uint32_t delivered, told, torn, mine;

static pk_status check_line(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)level;
    if (length == 0) return PK_OK;
    if (strstr(text, " dropped\n") != NULL) told++;
    else if (strstr(text, "abcdefgh end\n") != NULL) delivered++;
    else torn++;
    return PK_OK;
}
static void log_one(void) { PK_LOG_SIGNAL(&signals, PK_LOG_WARN, "%s end", "abcdefgh"); }
void isr_tick(void) {
    ticks++;
    log_one();
}
#if ISR_ABOVE
void isr_above(void) {
    above++;
    log_one();
}
#else
static void isr_above_start(uint16_t period) { above = period > 0 ? INTERRUPTS : 0; }
static void isr_above_stop(void) {}
#endif

static void interrupts_and_main(void) {
    pk_log_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.sink = check_line;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    CHECK_STATUS(pk_log_set_signals(&logger, &signals), PK_OK);
    isr_start(5003);
    isr_above_start(4507);
    for (; (isr_read(&ticks) < INTERRUPTS || isr_read(&above) < INTERRUPTS) && mine < 400000000u; mine++) {
        log_one();
        if (mine % 8 == 0) (void)pk_log_flush(&logger);
    }
    isr_above_stop();
    isr_stop();
    CHECK_STATUS(pk_log_flush(&logger), PK_OK);
    CHECK(ticks >= INTERRUPTS);
    CHECK(above >= INTERRUPTS);
    CHECK_EQ(torn, 0);
    CHECK_EQ(delivered + pk_log_signals_dropped(&signals), mine + ticks + (ISR_ABOVE ? above : 0));
    CHECK(told > 0);
    CHECK(delivered > 1000);
}
TESTS {
    RUN("L22", "interrupts and main leave lines in the places for signals: nothing is torn, and the counts add up", interrupts_and_main)
}
