/* port_avr.c - the node on an 8-bit AVR: an ATmega2560 at 16 MHz (an Arduino Mega). Timer and serial line; reset and vectors come with
   avr-libc. `make avr` in this folder builds it and runs it in simavr; avrdude writes the same file to a board. */
#include "port.h"
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

#define TICKS_A_MS (uint16_t)(PERFKIT_TICKS_HZ / 1000u)

static volatile uint32_t milliseconds;

ISR(TIMER1_COMPA_vect) {
    OCR1A += TICKS_A_MS; /* the next one; the counter itself runs on, for port_ticks */
    milliseconds++;
    node_tick();
}
void port_start(void) {
    UCSR0A = _BV(U2X0);
    UBRR0 = 16; /* 115200 baud */
    UCSR0B = _BV(TXEN0);
    OCR1A = TICKS_A_MS;
    TIMSK1 = _BV(OCIE1A);
    TCCR1B = _BV(CS11); /* counts every eighth cycle: 2 MHz */
    sei();
}
void port_stop(void) { TIMSK1 = 0; }

/* What is wider than a byte is read in steps, and the interrupt must not come between them. */
uint32_t port_ms(void) {
    uint32_t ms;
    unsigned char state;
    PERFKIT_CRITICAL_ENTER(state);
    ms = milliseconds;
    PERFKIT_CRITICAL_EXIT(state);
    return ms;
}
uint32_t port_ticks(void) {
    uint16_t ticks;
    unsigned char state;
    PERFKIT_CRITICAL_ENTER(state);
    ticks = TCNT1;
    PERFKIT_CRITICAL_EXIT(state);
    return ticks;
}
void port_sleep(void) {
    sleep_enable();
    sei(); /* takes effect after one more instruction: nothing comes between it and the sleep */
    sleep_cpu();
    cli();
    sleep_disable();
}
void port_putc(char c) {
    while (!(UCSR0A & _BV(UDRE0))) {} /* 87 us a byte */
    UDR0 = (uint8_t)c;
}
void port_end(int status) { /* nobody asks an AVR for its status: the last line has told it. Asleep without interrupts, simavr ends */
    (void)status;
    while (!(UCSR0A & _BV(UDRE0))) {}
    cli();
    sleep_enable();
    for (;;) sleep_cpu();
}
