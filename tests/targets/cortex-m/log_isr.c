/* Deferred mode's one ring: SysTick, an interrupt above it that may come in the middle of SysTick's own call, and main log into it
   while main drains. With the interrupt mask no line is torn and the counts add up; built with -DNOLOCK, without the mask, this
   program must fail, or it proves nothing. */
#include <stdint.h>
#ifndef NOLOCK
#include "../critical.h"
#endif
#define PERFKIT_LOG_DEFERRED 1
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../../perfkit_log.h"
#include "../../support/test.h"

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))
enum { INTERRUPTS = 2000 };
static char memory[PK_LOG_QUEUE_BYTES(1, 512)];
static pk_log logger;
static volatile uint32_t sent[3], above; /* by main, SysTick, and the interrupt above */
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
    if (who > 2 || n <= seen[who] || number_behind(text, "not=") != 100000000u - n || strstr(text, " end\n") == NULL) torn++;
    else seen[who] = n;
    return PK_OK;
}
/* Three sites of one context: two integers and more, a string, and one that is in no record's short way. */
static void log_one(unsigned who) {
    uint32_t n = ++sent[who];
    if (n % 8 == 3) PK_LOG_TO(&logger, PK_LOG_WARN, "who=%u n=%lu not=%lu %s", who, (unsigned long)n, (unsigned long)(100000000u - n), "end");
    else PK_LOG_TO(&logger, PK_LOG_WARN, "who=%u n=%lu not=%lu end", who, (unsigned long)n, (unsigned long)(100000000u - n));
}

void SysTick_Handler(void);
void SysTick_Handler(void) {
    log_one(1);
    log_one(1);
}
/* A timer of the board, interrupt 8 on both. */
#if defined __ARM_ARCH_6M__ /* microbit: TIMER0 of the nRF51 */
static void timer_start(void) {
    REGISTER(0x40008508u) = 3;        /* 32 bits */
    REGISTER(0x40008510u) = 0;        /* 16 MHz */
    REGISTER(0x40008540u) = 6211;
    REGISTER(0x40008200u) = 1;        /* begin again at the compare value */
    REGISTER(0x40008304u) = 1u << 16; /* interrupt there */
    REGISTER(0x40008000u) = 1;
}
static void timer_stop(void) { REGISTER(0x40008004u) = 1; }
static void timer_acknowledge(void) { REGISTER(0x40008140u) = 0; }
#else /* mps2: TIMER0 of the CMSDK */
static void timer_start(void) {
    REGISTER(0x40000004u) = REGISTER(0x40000008u) = 9013;
    REGISTER(0x40000000u) = 9; /* on, with interrupt */
}
static void timer_stop(void) { REGISTER(0x40000000u) = 0; }
static void timer_acknowledge(void) { REGISTER(0x4000000Cu) = 1; }
#endif
void Interrupt8_Handler(void);
void Interrupt8_Handler(void) {
    timer_acknowledge();
    above++;
    log_one(2);
}

static void interrupts_and_main_share_a_ring(void) {
    pk_log_desc desc;
    pk_log_queue queue;
    uint32_t i, who, all = 0;
    memset(&desc, 0, sizeof desc);
    desc.sink = check_line;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    REGISTER(0xE000ED20u) = 0xC0000000u;  /* SysTick: low priority; the other keeps the highest */
    REGISTER(0xE000E100u) = 1u << 8;
    REGISTER(0xE000E014u) = 15991;
    REGISTER(0xE000E018u) = 0;
    REGISTER(0xE000E010u) = 7;
    timer_start();
    for (i = 0; above < INTERRUPTS && i < 400000u; i++) {
        log_one(0);
        (void)pk_log_drain(&logger, 3);
    }
    timer_stop();
    REGISTER(0xE000E010u) = 0;
    CHECK_STATUS(pk_log_drain(&logger, 0), PK_OK);
    pk_log_get_queue(&logger, &queue);
    for (who = 0; who < 3; who++) all += sent[who];
    CHECK(above >= INTERRUPTS);
    CHECK(sent[1] > 100);
    CHECK_EQ(torn, 0);
    CHECK_EQ(queue.sent, all);
    CHECK_EQ(delivered + queue.dropped, all);
    CHECK_EQ(told, queue.dropped);
    CHECK(delivered > all / 8);
}

TESTS {
    RUN("L22", "two interrupts and main log into one ring: nothing is torn, and the counts add up", interrupts_and_main_share_a_ring)
}
