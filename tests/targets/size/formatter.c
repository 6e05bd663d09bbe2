/* formatter: integers, %s %c %p, width, precision; its own division included, which the design's figure leaves out (274 B) */
#include "perfkit_log.h"

static char user_line[96];
int main(void);
int main(void) { return (int)PK_FORMAT(user_line, sizeof user_line, "%d %5u %-8s %c %p", -1, 2u, user_line, 'c', (void *)user_line); }
