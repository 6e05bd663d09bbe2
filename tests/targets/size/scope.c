/* scope: init defer mark unwind close move */
#define PERFKIT_CORE_ONLY
#include "perfkit.h"

static pk_scope user_scope, user_other;
static pk_scope_desc user_desc;
static uint32_t user_memory[32];
static pk_status user_cleanup(void *context) { return context ? PK_OK : PK_INVALID; }
int main(void);
int main(void) {
    pk_scope_mark mark;
    pk_status status;
    user_desc.memory = user_memory;
    user_desc.memory_size = sizeof user_memory / 2;
    status = pk_scope_init(&user_scope, &user_desc);
    user_desc.memory = user_memory + 16;
    status |= pk_scope_init(&user_other, &user_desc);
    status |= pk_scope_defer(&user_scope, user_cleanup, &user_desc, NULL);
    mark = pk_scope_mark_here(&user_scope);
    status |= pk_scope_unwind(&user_scope, mark);
    status |= pk_scope_move(&user_scope, &user_other);
    return status | pk_scope_close(&user_other);
}
