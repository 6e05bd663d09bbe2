/* logger: levels, formatter, 2 sinks */
#include "perfkit_log.h"

static pk_log user_log;
static pk_log_desc user_desc;
static const char user_text[] = "many";
static pk_status user_sink(void *user, int level, const char *text, size_t length) { return user && level && text ? PK_OK : (int)length; }
int main(void);
int main(void) {
    pk_status status;
    user_desc.sink = user_sink;
    status = pk_log_init(&user_log, &user_desc);
    status |= pk_log_add_sink(&user_log, user_sink, &user_log, PK_LOG_TRACE);
    PK_LOG_TO(&user_log, PK_LOG_WARN, "%d of %s", 1, user_text);
    return status | pk_log_set_level(&user_log, PK_LOG_INFO);
}
