/* targets: hosted */
/* scope_hosted_test.c without tracked resources: scopes that grow have blocks of their own there, too. */
#define PERFKIT_SCOPE_MORE 0
#include "scope_hosted_test.c"
