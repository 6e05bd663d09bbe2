/* deferred runtime, dictionary mode: start, two ints of a call, drain */
/* flags: -include tests/targets/critical.h -DPERFKIT_LOG_DEFERRED=1 -DPERFKIT_LOG_DICTIONARY=1 -std=c11 */
#include "perfkit_log.h"

static pk_status user_sink(void *user, int level, const char *text, size_t length) { return user && level && text ? PK_OK : (int)length; }
PK_LOG_DEFINE(user_log, NULL, PK_LOG_WARN, user_sink, NULL)
static char user_memory[PK_LOG_QUEUE_BYTES(1, 256)];
static pk_status user_out(void *user, const uint8_t *bytes, size_t size) { return user && bytes ? PK_OK : (int)size; }
int main(void);
int main(void) {
    pk_status status = pk_log_defer(&user_log, user_memory, sizeof user_memory, 0, PK_LOG_DROP_NEWEST);
    PK_LOG_TO(&user_log, PK_LOG_WARN, "%d of %d", 1, 2);
    return status | pk_log_drain_raw(&user_log, 0, user_out, &user_log);
}
