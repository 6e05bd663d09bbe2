/* Deferred mode's one ring: an interrupt, where there are priorities one above it that may come in the middle of the other's own call,
   and main log into it while main drains. With the interrupt mask no line is torn and the counts add up; built with -DNOLOCK, without
   the mask, this program must fail, or it proves nothing. */
#include <stdint.h>
#ifndef NOLOCK
#include "../critical.h"
#endif
#define PERFKIT_LOG_DEFERRED 1
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../../perfkit_log.h"
#include "../../support/test.h"
#define ISR_WANT_ABOVE
#include "isr.h"

static char memory[PK_LOG_QUEUE_BYTES(1, 512)];
static pk_log logger;
static volatile uint32_t sent[3], ticks, above; /* by main, the interrupt, and the one above it; how often these came */
static uint32_t seen[3], delivered, told, torn;

static uint32_t number_behind(const char *text, const char *mark) {
    const char *p = strstr(text, mark);
    uint32_t n = 0;
    for (p = p ? p + strlen(mark) : ""; *p >= '0' && *p <= '9'; p++) n = n * 10 + (uint32_t)(*p - '0');
    return n;
}
static pk_status check_line(void *user, int level, const char *text, size_t length) {
    uint32_t who = number_behind(text, "who="), n = number_behind(text, "n=");
    (void)user;
    (void)level;
    if (length == 0) return PK_OK;
    if (strstr(text, " dropped\n") != NULL) {
        told += number_behind(text, "WARN  ");
        return PK_OK;
    }
    delivered++;
    if (who > 2 || n <= seen[who] || number_behind(text, "not=") != 65535u - n || strstr(text, " end\n") == NULL) torn++;
    else seen[who] = n;
    return PK_OK;
}
/* Two places, and at times one whose string keeps it off the short way. Numbers of 16 bits: an AVR is slow at reading formats with %lu. */
static void log_one(unsigned who) {
    unsigned n = (unsigned)++sent[who];
    if (n % 64 == 3) PK_LOG_TO(&logger, PK_LOG_WARN, "who=%u n=%u not=%u %s", who, n, 65535u - n, "end");
    else PK_LOG_TO(&logger, PK_LOG_WARN, "who=%u n=%u not=%u end", who, n, 65535u - n);
}

void isr_tick(void) {
    ticks++;
    log_one(1);
    log_one(1);
}
#if ISR_ABOVE
void isr_above(void) {
    above++;
    log_one(2);
}
#else
static void isr_above_start(uint16_t period) { above = period > 0 ? INTERRUPTS : 0; }
static void isr_above_stop(void) {}
#endif

static void interrupts_and_main_share_a_ring(void) {
    pk_log_desc desc;
    pk_log_queue queue;
    uint32_t i, who, all = 0;
    memset(&desc, 0, sizeof desc);
    desc.sink = check_line;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    isr_start(5003);
    isr_above_start(4507);
    for (i = 0; (isr_read(&ticks) < INTERRUPTS || isr_read(&above) < INTERRUPTS) && i < 400000000u; i++) {
        log_one(0);
        (void)pk_log_drain(&logger, 3);
    }
    isr_above_stop();
    isr_stop();
    CHECK_STATUS(pk_log_drain(&logger, 0), PK_OK);
    pk_log_get_queue(&logger, &queue);
    for (who = 0; who < 3; who++) all += sent[who];
    CHECK(ticks >= INTERRUPTS);
    CHECK(above >= INTERRUPTS);
    CHECK_EQ(sent[1], 2 * ticks);
    CHECK(sent[0] < 65535u);
    CHECK_EQ(torn, 0);
    CHECK_EQ(queue.sent, all);
    CHECK_EQ(delivered + queue.dropped, all);
    CHECK_EQ(told, queue.dropped);
    CHECK(delivered > INTERRUPTS / 10);
}

TESTS {
    RUN("L22", "interrupts and main log into one ring: nothing is torn, and the counts add up", interrupts_and_main_share_a_ring)
}
