/* targets: large */
/* Spans on the counters that CPUs have: SysTick of a Cortex-M, mcycle of a RISC-V, elsewhere what the build takes by itself. */
#if defined __ARM_ARCH_PROFILE && __ARM_ARCH_PROFILE == 'M'
#define SYSTICK(offset) (*(volatile unsigned long *)(0xE000E010ul + (offset)))
#define PERFKIT_TICKS() SYSTICK(8)
#define PERFKIT_TICKS_HZ 16000000u
#define PERFKIT_TICKS_MASK 0xFFFFFFu
#define PERFKIT_TICKS_DOWN 1
#define START() (SYSTICK(4) = 0xFFFFFFul, SYSTICK(8) = 0, SYSTICK(0) = 5ul) /* from the core's clock, no interrupt */
#elif defined __riscv && !defined __linux__ /* where programs may not read it */
static unsigned long mcycle(void) {
    unsigned long now;
    __asm__ __volatile__(".option push\n.option arch, +zicsr\n csrr %0, mcycle\n.option pop" : "=r"(now));
    return now;
}
#define PERFKIT_TICKS() mcycle()
#define PERFKIT_TICKS_HZ 16000000u
#define PERFKIT_TICKS_MASK 0xFFFFFFFFu
#define START() ((void)0)
#else
#define START() ((void)0)
#endif
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../perfkit_log.h"
#include "../support/test.h"

static volatile unsigned work;
static void turns(unsigned n) {
    for (; n > 0; n--) work = work + 1;
}
static void longer_work_takes_more_ticks(void) {
    pk_perf_values few, many;
    uint8_t i;
    memset(&few, 0, sizeof few);
    memset(&many, 0, sizeof many);
    START();
    CHECK_STATUS(pk_log_set_level(&pk_perf_default, PK_LOG_ERROR), PK_OK);
    for (i = 0; i < 8; i++) {
        PK_PERF_SCOPE("few") { turns(1000); }
        PK_PERF_SCOPE("many") { turns(100000); }
    }
    CHECK_STATUS(pk_perf_get(&pk_perf_default, "few", &few), PK_OK);
    CHECK_STATUS(pk_perf_get(&pk_perf_default, "many", &many), PK_OK);
    CHECK_EQ(few.count + many.count, 16);
    CHECK(few.min > 0);
    CHECK((uint64_t)many.min > (uint64_t)20 * few.min); /* the least: what disturbs a machine only adds */
    CHECK((uint64_t)many.min < (uint64_t)400 * few.min);
    CHECK(pk_perf_ns(many.total) > pk_perf_ns(few.total));
}

#if PERFKIT_HOSTED
static void inner_spans_are_not_in_self(void) {
    pk_perf_values outer, inner;
    uint8_t i;
    CHECK_STATUS(pk_log_set_level(&pk_perf_default, PK_LOG_ERROR), PK_OK);
    for (i = 0; i < 8; i++) {
        PK_PERF_SCOPE("outer") {
            PK_PERF_SCOPE("inner") { turns(10000); }
        }
    }
    CHECK_STATUS(pk_perf_get(&pk_perf_default, "outer", &outer), PK_OK);
    CHECK_STATUS(pk_perf_get(&pk_perf_default, "inner", &inner), PK_OK);
    CHECK(outer.total >= inner.total && inner.self == inner.total);
#if PK__PERF_NEST
    CHECK(outer.self == outer.total - inner.total);
#endif
}
#endif

TESTS {
#if PERFKIT_HOSTED
    RUN("C45", "self time is without that of inner spans, on the CPU's counter too", inner_spans_are_not_in_self)
#endif
    RUN("C45", "spans count the ticks of SysTick, mcycle, the time stamp counter or CNTVCT", longer_work_takes_more_ticks)
}
