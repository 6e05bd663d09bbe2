/* registry: init get check close, all lifetimes, scopes included */
#define PERFKIT_CORE_ONLY
#include "perfkit.h"

static pk_status user_create(pk_registry *r, pk_scope *scope, void *user, void **object) {
    *object = user;
    return scope ? pk_registry_get(r, NULL, 0, object) : PK_OK;
}
static pk_status user_cleanup(void *object) { return object ? PK_OK : PK_INVALID; }
static const char user_clock[] PK_ROM = "clock";
static const char user_sensor[] PK_ROM = "sensor";
static const pk_provider user_table[] PK_ROM = {
    {user_clock, user_create, user_cleanup, NULL, NULL, PK_SINGLETON, PK_CORE, PK_PROVIDER_NULL_OK, 0},
    {user_sensor, user_create, user_cleanup, NULL, user_clock, PK_REQUEST, PK_CORE, PK_PROVIDER_NULL_OK, 0},
};
static uint32_t user_states[(PK_REGISTRY_BYTES(2) + 3) / 4], user_cleanups[20];
static pk_registry user_registry;
static pk_registry_desc user_desc;
static pk_scope user_scope;
static pk_scope_desc user_scope_desc;
static void *user_object;
int main(void);
int main(void) {
    pk_status status;
    user_desc.providers = user_table;
    user_desc.provider_count = 2;
    user_desc.memory = user_states;
    user_desc.memory_size = sizeof user_states;
    status = pk_registry_init(&user_registry, &user_desc);
    status |= pk_registry_check(&user_registry, NULL, 0);
    user_scope_desc.memory = user_cleanups;
    user_scope_desc.memory_size = sizeof user_cleanups;
    status |= pk_scope_init(&user_scope, &user_scope_desc);
    status |= pk_scope_nest(&user_scope, NULL, PK_SCOPE_REQUEST);
    status |= pk_registry_get(&user_registry, &user_scope, 1, &user_object);
    status |= pk_scope_close(&user_scope);
    return status | pk_registry_close(&user_registry);
}
