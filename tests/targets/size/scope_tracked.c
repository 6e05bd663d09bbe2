/* scope + tracked resources, leaks, deadlines, release by id */
/* flags: -DPERFKIT_SCOPE_MORE=1 */
#define PERFKIT_CORE_ONLY
#include "perfkit.h"

static pk_scope user_scope;
static pk_scope_desc user_desc;
static uint32_t user_memory[64], user_id;
static pk_track user_track;
static pk_scope_watch_desc user_watch;
static pk_status user_cleanup(void *context) { return context ? PK_OK : PK_INVALID; }
static pk_time user_clock(void *user) { return user != NULL; }
int main(void);
int main(void) {
    pk_status status;
    user_desc.memory = user_memory;
    user_desc.memory_size = sizeof user_memory;
    status = pk_scope_init(&user_scope, &user_desc);
    user_watch.clock = user_clock;
    status |= pk_scope_watch(&user_scope, &user_watch);
    user_track.fn = user_cleanup;
    status |= pk_scope_track(&user_scope, &user_track, &user_id);
    status |= (int)(pk_scope_leaks(&user_scope, 0, 0, NULL, NULL) + pk_scope_reap(&user_scope, 0));
    return status | pk_scope_release(&user_scope, user_id) | pk_scope_close(&user_scope);
}
