/* node.c - a sensor node: no heap, no stdio, no operating system.

       make demo-firmware              builds it for a Cortex-M3 and runs it in QEMU
       make -C examples/firmware avr   the same on an 8-bit AVR, in simavr; riscv: on a RISC-V, in QEMU

   Copy the folder, put perfkit's four headers into it, and plain `make` works anywhere. Read this file, then port.h and one port.

   Every millisecond an interrupt takes a sample and hands it to the main loop, which converts it. Three things make that hard, and
   each has its tool below. The main loop is away for 25 ms when it writes to flash: a pool and a queue say how much may pile up
   meanwhile, and what is lost is counted. Reading a channel's calibration is slow: a cache keeps it for a while. The serial line is
   slow too: log calls leave a few bytes, and lines are made of them later. At the end the node reports, and checks its own figures. */
#include "port.h"
#define PERFKIT_IMPLEMENTATION
#include "perfkit.h"

enum { CHANNELS = 4, ROOM = 16 /* a power of two */, RUN_MS = 2000, PAGE = 800, FLASH_MS = 25, CALIBRATION_MS = 250 };

/* ---- The interrupt ---- */

typedef struct sample {
    uint32_t at; /* ticks */
    uint16_t raw;
    uint8_t channel;
} sample;
PK_POOL_DEFINE(samples, sample, ROOM) /* static memory, ready before main */

/* From the interrupt to main. Each index is one byte and has one writer, so they need no mask. It can't overflow: there is room for every
   object of the pool. */
static sample *volatile queue[ROOM];
static volatile uint8_t queue_in, queue_out;

static volatile uint32_t taken, lost; /* written by the interrupt, read when that has ended */

static uint16_t read_sensor(uint8_t channel) { /* made up: a slow saw-tooth, another height for each channel */
    return (uint16_t)(1000u + 100u * channel + (taken & 255u));
}

void node_tick(void) {
    uint8_t channel = (uint8_t)(taken++ % CHANNELS);
    sample *s = samples_acquire();
    if (s == NULL) {
        lost++;
        PK_LOG_WARN("channel %u: no room, sample lost", channel); /* a record of 16 bytes; without room for that, a count */
        return;
    }
    s->at = port_ticks();
    s->raw = read_sensor(channel);
    s->channel = channel;
    queue[queue_in % ROOM] = s;
    queue_in++; /* the sample is whole: now main may see it */
}

/* ---- The main loop ---- */

typedef struct calibration { int16_t zero, gain; } calibration;
PK_CACHE_DEFINE(calibrations, uint8_t, calibration)
PK_CACHE_STATIC_OF(calibrations, known, CHANNELS, CALIBRATION_MS)

PK_HIST_DEFINE(waiting, 3, 20, uint16_t) /* how long samples wait in the queue, in ticks; the report divides */

static uint32_t used, left_over, loaded, written; /* samples converted; those that the end found; calibrations read; log lines */
static int32_t sum;                               /* of a page, in 1/100 of a degree */

static void busy_for(uint32_t ms) {
    uint32_t start = port_ms();
    while (port_ms() - start < ms) {}
}
static void load_calibration(uint8_t channel, calibration *c) { /* as if from an EEPROM, byte by byte */
    PK_LOG_DEBUG("channel %u: reading its calibration", channel); /* DEBUG is off: one comparison */
    busy_for(2);
    loaded++;
    c->zero = (int16_t)(1000 + 100 * channel);
    c->gain = (int16_t)(10 + channel);
}
static int32_t convert(const sample *s) {
    calibration c;
    if (calibrations_get(&known, s->channel, &c) != PK_OK) { /* never read, or longer ago than CALIBRATION_MS */
        load_calibration(s->channel, &c);
        (void)calibrations_put(&known, s->channel, &c, 0); /* if it were refused, the next sample would read it again */
    }
    return 2000 + ((int32_t)s->raw - c.zero) * c.gain;
}
static void store_page(void) {
    PK_LOG_INFO("page %u: mean %ld.%02u C", (unsigned)(used / PAGE), (long)(sum / PAGE / 100), (unsigned)(sum / PAGE % 100));
    sum = 0;
    busy_for(FLASH_MS); /* the flash takes that long, and nobody empties the queue */
    PK_PERF_COUNT("pages", 1);
}

static sample *next_sample(void) {
    sample *s;
    if (queue_out == queue_in) return NULL;
    s = queue[queue_out % ROOM];
    queue_out++;
    return s;
}
static void sleep_until_interrupt(void) {
    PERFKIT_CRITICAL_STATE state;
    PERFKIT_CRITICAL_ENTER(state); /* else a sample that comes between the question and the sleep would wait for the next */
    if (queue_out == queue_in) port_sleep();
    PERFKIT_CRITICAL_EXIT(state);
}

/* ---- Cleaning up: on a scope, so that nothing is forgotten on any way out, and all in the right order ---- */

static pk_status stop_sampling(void *unused) {
    (void)unused;
    port_stop();
    return PK_OK;
}
static pk_status empty_queue(void *unused) {
    sample *s;
    (void)unused;
    while ((s = next_sample()) != NULL) {
        left_over++;
        if (samples_release(s) != PK_OK) return PK_CORRUPT;
    }
    return PK_OK;
}
static pk_status write_last_lines(void *log) { return pk_log_drain((pk_log *)log, 0); }

static pk_status uart_line(void *unused, int level, const char *text, size_t length) { /* the logger's sink */
    (void)unused, (void)level;
    for (written += length > 0; length > 0; length--) port_putc(*text++);
    return PK_OK;
}

static pk_status run(void) {
    static unsigned char records[PK_LOG_QUEUE_BYTES(1, 128)];
    PK_SCOPE_AUTO(scope, 3); /* closed by every return */
    pk_status status;
    sample *s;
    pk_log_set_level(&pk_log_default, PK_LOG_INFO);
    pk_log_set_level(&pk_perf_default, PK_LOG_INFO); /* measure */
    if ((status = pk_log_add_sink(&pk_log_default, uart_line, NULL, PK_LOG_TRACE)) != PK_OK) return status;
    if ((status = pk_log_defer(&pk_log_default, records, sizeof records, 1, PK_LOG_DROP_NEWEST)) != PK_OK) return status;
    if ((status = pk_scope_defer(&scope, write_last_lines, &pk_log_default, "log")) != PK_OK) return status; /* runs last */
    if ((status = pk_scope_defer(&scope, empty_queue, NULL, "queue")) != PK_OK) return status;
    if ((status = pk_scope_defer(&scope, stop_sampling, NULL, "timer")) != PK_OK) return status; /* runs first */
    port_start();

    while (port_ms() < RUN_MS) {
        if ((s = next_sample()) != NULL) {
            pk_hist_record(&waiting, (port_ticks() - s->at) & PERFKIT_TICKS_MASK);
            PK_PERF_SCOPE("convert") { sum += convert(s); }
            if ((status = samples_release(s)) != PK_OK) return status;
            if (++used % PAGE == 0) store_page();
        } else if (pk_log_drain(&pk_log_default, 1) == PK_OK) { /* no sample waits: time for a line */
            sleep_until_interrupt();                            /* nor does a line */
        }
    }
    return pk_scope_close(&scope);
}

/* ---- The report ---- */

PK_LOG_DEFINE(report, "report", PK_LOG_INFO, uart_line, NULL) /* a logger that does not defer: each line is out when the call returns */

static bool add_up(void) {
    pk_cache_stats cache;
    pk_pool_stats pool;
    pk_log_queue log;
    pk_perf_values timer;
    uint32_t lines = written;
    if (pk_cache_get_stats(&known.cache, &cache) != PK_OK || pk_perf_get(&pk_perf_default, "convert", &timer) != PK_OK) return false;
    pk_pool_get_stats(&samples, &pool);
    pk_log_get_queue(&pk_log_default, &log);
    PK_LOG_TO(&report, PK_LOG_INFO, "samples: %lu taken, %lu used, %lu lost, %lu left over", (unsigned long)taken, (unsigned long)used,
              (unsigned long)lost, (unsigned long)left_over);
    PK_LOG_TO(&report, PK_LOG_INFO, "pool: at most %u of %u out, %u now", (unsigned)pool.high_water, (unsigned)pool.capacity,
              (unsigned)pool.active);
    PK_LOG_TO(&report, PK_LOG_INFO, "calibrations: %lu hits, %lu misses", (unsigned long)cache.hits, (unsigned long)cache.misses);
    PK_LOG_TO(&report, PK_LOG_INFO, "log: %lu lines, %lu of them dropped", (unsigned long)log.sent, (unsigned long)log.dropped);
    PK_LOG_TO(&report, PK_LOG_INFO, "waited in the queue: p50 %lu us, p99 %lu us, at most %lu us",
              (unsigned long)pk_perf_us(pk_hist_percentile(&waiting, 5000)), (unsigned long)pk_perf_us(pk_hist_percentile(&waiting, 9900)),
              (unsigned long)pk_perf_us(waiting.max));
    (void)pk_perf_report(&pk_perf_default, uart_line, NULL, 5);
    return taken == used + lost + left_over && pool.exhausted == lost && pool.misused == 0 && pool.active == 0 &&
           cache.hits + cache.misses == used && cache.misses == loaded && timer.count == used && waiting.count == used &&
           lines >= log.sent - log.dropped; /* more where "N dropped" is told */
}

int main(void) {
    pk_status status = run();
    bool good = status == PK_OK && add_up();
    if (status != PK_OK) PK_LOG_TO(&report, PK_LOG_ERROR, "stopped: %" PK_PRI_ROM, PK_ROM_ARG(pk_status_text(status)));
    if (good) PK_LOG_TO(&report, PK_LOG_INFO, "the figures add up");
    else PK_LOG_TO(&report, PK_LOG_ERROR, "the figures do not add up");
    port_end(good ? 0 : 1);
    return 0;
}
