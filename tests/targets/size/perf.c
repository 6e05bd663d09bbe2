/* perf core: timer counter histogram */
/* flags: -include tests/targets/ticks.h */
#include "perfkit_log.h"

PK_PERF_DEFINE(user_site, "query")
int main(void);
int main(void) {
    pk_timer timer = pk_timer_begin(&user_site);
    PK_PERF_COUNT("rows", 3);
    return (int)pk_timer_end(&timer);
}
