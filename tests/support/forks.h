/* forks.h - what is true in a forked child. POSIX. */
#ifndef PERFKIT_TEST_FORKS_H
#define PERFKIT_TEST_FORKS_H
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Whether fn is true in a forked child, which has ten seconds. */
static bool child_says(bool (*fn)(void)) {
    int status = 0;
    pid_t child;
    fflush(NULL);
    child = fork();
    if (child == 0) {
        (void)alarm(10);
        _exit(fn() ? 7 : 1);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7;
}
#endif
