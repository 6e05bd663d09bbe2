/* retry: attempts with backoff and a circuit breaker */
#define PERFKIT_CORE_ONLY
#include "perfkit.h"

static pk_retry user_retry;
static pk_breaker user_breaker;
static pk_status user_attempt(void *context) { return context ? PK_AGAIN : PK_OK; }
static pk_time user_clock(void *user) { return user != NULL; }
int main(void);
int main(void) {
    user_retry.clock = user_clock;
    user_retry.breaker = &user_breaker;
    return pk_retry_run(&user_retry, user_attempt, &user_retry);
}
