/* cleanups.h - cleanups that say in which order they ran. */
#ifndef PERFKIT_TEST_CLEANUPS_H
#define PERFKIT_TEST_CLEANUPS_H

static char ran[PERFKIT_HOSTED ? 64 : 24]; /* a letter for each cleanup that ran */
static uint8_t ran_count;

static pk_status note(void *letter) {
    ran[ran_count++] = *(const char *)letter;
    ran[ran_count] = 0;
    return PK_OK;
}
static pk_status note_and_fail(void *letter) {
    (void)note(letter);
    return PK_IO;
}
static void forget(void) { ran[ran_count = 0] = 0; }
#endif
