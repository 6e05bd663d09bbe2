/* monitor: figures of an object of yours, tick, health, advice, table of text with the formatter */
/* flags: -DWITH_MODULES -DPERFKIT_POOL_RESOURCES=1 -DPERFKIT_MONITOR=1 */
#include "perfkit.h"

static pk_monitor user_monitor;
static pk_monitored user_monitored;
static const char user_name[] = "m";
static pk_status user_writer(void *user, int level, const char *text, size_t length) { return user && level && text ? PK_OK : (int)length; }
int main(void);
int main(void) {
    pk_status status = pk_monitor_add(&user_monitor, &user_monitored, PK_MONITOR_CACHE, user_name, NULL, NULL);
    pk_monitor_record_access(&user_monitor, &user_monitored, true, 5);
    status |= (int)pk_monitor_tick(&user_monitor, 1, 0) + pk_monitor_health(&user_monitor) + (int)pk_monitor_advice(&user_monitored);
    return status | pk_monitor_text(&user_monitor, user_writer, &user_monitor);
}
