/* port.h - what the node asks of a board, and how perfkit is to work on it. A port is one file with these functions:
   port_cortex_m.c, port_avr.c, port_riscv.c. */
#ifndef PORT_H
#define PORT_H
#include <stdint.h>

void port_start(void);       /* From now on node_tick() is called from an interrupt, once a millisecond. */
void port_stop(void);        /* No more. */
uint32_t port_ms(void);      /* Milliseconds since port_start. From main or the interrupt. */
uint32_t port_ticks(void);   /* A finer count, of PERFKIT_TICKS_HZ. From main or the interrupt. */
void port_sleep(void);       /* With interrupts masked: wait until one is pending. It runs when the mask is taken away, or at once. */
void port_putc(char c);      /* To the serial line; waits while that is busy. */
void port_end(int status);   /* Hand the status to whoever runs this, where there is such, and stay here. */

int main(void);
void node_tick(void); /* in node.c */

/* perfkit's hooks: a clock for times to live and log lines, ticks for measuring, and a mask that keeps the interrupt out while main
   takes an object from the pool or leaves a log record. All come before perfkit's own include. */
#define PERFKIT_NOW_MS() port_ms()
#define PERFKIT_TICKS() port_ticks()
#if defined __arm__
#include "adapters/primask.h"
#define PERFKIT_TICKS_HZ 25000000u
#elif defined __AVR__
#include "adapters/avr_sreg.h"
#define PERFKIT_TICKS_HZ 2000000u
#define PERFKIT_TICKS_MASK 0xFFFFu /* a 16-bit counter; longer spans come out right with the help of the clock */
#elif defined __riscv
#include "adapters/riscv_mstatus.h"
#define PERFKIT_TICKS_HZ 10000000u
#endif
#define PERFKIT_LOG_DEFERRED 1 /* log calls leave records; the main loop makes lines of them when it has time */
#endif
