/* runner.c - runs an AVR program on libsimavr: `runner MCU PROGRAM.elf`. Host side of port.c. A crash, a program that never
   ends, and a stack that reaches the static variables are failures. */
#include <simavr/sim_avr.h>
#include <simavr/sim_core.h>
#include <simavr/sim_elf.h>
#include <simavr/sim_io.h>
#include <stdio.h>
#include <string.h>

enum { CONSOLE = 0x3E, STATUS = 0x4A }; /* GPIOR0 and GPIOR1, the same on both devices */
static const unsigned long long cycle_limit = 2000000000ull;
static int exit_status = -1;

static void console_written(avr_t *avr, avr_io_addr_t address, uint8_t value, void *user) {
    (void)avr, (void)address, (void)user;
    putchar(value);
}
static void status_written(avr_t *avr, avr_io_addr_t address, uint8_t value, void *user) {
    (void)address, (void)user;
    exit_status = value;
    avr->state = cpu_Done;
}
static void errors_only(avr_t *avr, const int level, const char *format, va_list arguments) {
    (void)avr;
    if (level <= LOG_ERROR) vfprintf(stderr, format, arguments);
}

int main(int argc, char **argv) {
    elf_firmware_t program;
    avr_t *avr;
    int state, statics_end, stack_end;

    if (argc != 3) return fprintf(stderr, "usage: %s MCU PROGRAM.elf\n", argv[0]), 125;
    avr_global_logger_set(errors_only);
    memset(&program, 0, sizeof program);
    if (elf_read_firmware(argv[2], &program) != 0) return 126;
    snprintf(program.mmcu, sizeof program.mmcu, "%s", argv[1]);
    program.frequency = 16000000;
    avr = avr_make_mcu_by_name(argv[1]);
    if (avr == NULL || avr_init(avr) != 0) return 127;
    avr_load_firmware(avr, &program);
    avr_register_io_write(avr, CONSOLE, console_written, NULL);
    avr_register_io_write(avr, STATUS, status_written, NULL);

    statics_end = avr->ioend + 1 + (int)program.datasize + (int)program.bsssize;
    stack_end = avr->ramend;
    do {
        int stack = avr->data[R_SPL] | avr->data[R_SPH] << 8;
        if (stack < stack_end && stack > avr->ioend) stack_end = stack; /* 0 until the startup code has set it */
        state = avr_run(avr);
    } while (state != cpu_Done && state != cpu_Crashed && exit_status < 0 && avr->cycle < cycle_limit);

    fflush(stdout);
    fprintf(stderr, "avr: %llu cycles, %d bytes of statics, %d of stack\n", (unsigned long long)avr->cycle,
            statics_end - avr->ioend - 1, avr->ramend - stack_end);
    if (stack_end < statics_end) return fprintf(stderr, "avr: the stack ran into the static variables\n"), 122;
    if (exit_status < 0) return fprintf(stderr, "avr: %s\n", state == cpu_Crashed ? "crashed" : "did not end"), 123;
    return exit_status;
}
