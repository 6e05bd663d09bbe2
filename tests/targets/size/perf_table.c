/* perf core and its table of text, with the formatter */
/* flags: -include tests/targets/ticks.h */
#include "perfkit_log.h"

PK_PERF_DEFINE(user_site, "query")
static pk_status user_writer(void *user, int level, const char *text, size_t length) { return user && level && text ? PK_OK : (int)length; }
int main(void);
int main(void) {
    pk_timer timer = pk_timer_begin(&user_site);
    PK_PERF_COUNT("rows", 3);
    (void)pk_timer_end(&timer);
    return pk_perf_report(&pk_perf_default, user_writer, &user_site, 9);
}
