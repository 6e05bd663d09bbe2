/* uses.h - what the programs of this folder share. Each uses a little of all that is switched on of one header, on any target, with
   any combination of switches: tests/compile/run runs them on the host, tests/size links them for small targets, with one switch
   on after the other. Their own functions and objects are called user_*, which tests/size leaves out. */
#ifndef USES_H
#define USES_H
#define FULL (PERFKIT_PROFILE == PERFKIT_PROFILE_HOSTED)

#ifdef MEASURED /* tests/size: no more code in main than has to be */
#define EXPECT(condition) ((void)(condition))
#define DONE 0
#else
static int user_wrong; /* the line of the first expectation that was not met */
#define EXPECT(condition) ((void)((condition) || user_wrong != 0 || (user_wrong = __LINE__)))
#ifdef NO_PRINTF
#define DONE (user_wrong != 0)
#else
#include <stdio.h>
#define DONE (user_wrong != 0 && printf("%s:%d: not met\n", __FILE__, user_wrong))
#endif
#endif
int main(void);
#endif
