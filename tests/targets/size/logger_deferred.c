/* logger in deferred mode with the interrupt mask */
/* flags: -include tests/targets/critical.h -DPERFKIT_LOG_DEFERRED=1 */
#include "perfkit_log.h"

static pk_log user_log;
static pk_log_desc user_desc;
static const char user_text[] = "many";
static char user_memory[PK_LOG_QUEUE_BYTES(1, 256)];
static pk_status user_sink(void *user, int level, const char *text, size_t length) { return user && level && text ? PK_OK : (int)length; }
int main(void);
int main(void) {
    pk_status status;
    user_desc.sink = user_sink;
    user_desc.memory = user_memory;
    user_desc.memory_size = sizeof user_memory;
    status = pk_log_init(&user_log, &user_desc);
    status |= pk_log_add_sink(&user_log, user_sink, &user_log, PK_LOG_TRACE);
    PK_LOG_TO(&user_log, PK_LOG_WARN, "%d of %s", 1, user_text);
    return status | pk_log_set_level(&user_log, PK_LOG_INFO) | pk_log_drain(&user_log, 0);
}
