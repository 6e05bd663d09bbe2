/* Providers under an allocator that fails: for every n, the n-th allocation. */
#define PERFKIT_CORE_ONLY
#define PERFKIT_IMPLEMENTATION
#include "../../perfkit.h"
#include "../support/test.h"
#include "../support/fault.h"

static unsigned made, ended;
static pk_status make(pk_registry *r, pk_scope *scope, void *user, void **object) {
    (void)r;
    (void)scope;
    *object = user;
    made++;
    return PK_OK;
}
static pk_status end(void *object) {
    (void)object;
    ended++;
    return PK_OK;
}
static int things[4];
static const pk_provider table[] = {{"one", make, end, &things[0], NULL, PK_SINGLETON, 0, 0, 0},
                                    {"two", make, end, &things[1], "one", PK_REQUEST, 0, 0, 0},
                                    {"three", make, end, &things[2], NULL, PK_TRANSIENT, 0, 0, 0}};
static const pk_provider instead = {"one", make, end, &things[3], NULL, PK_SINGLETON, 0, 0, 0};

static void scenario(pk_allocator allocator) {
    pk_registry registry;
    pk_registry_desc desc;
    pk_scope_desc scope_desc;
    pk_scope request;
    pk_registry_stats stats;
    pk_status status;
    unsigned i, held = 0, before;
    void *object;
    memset(&desc, 0, sizeof desc);
    memset(&scope_desc, 0, sizeof scope_desc);
    desc.allocator = &allocator;
    desc.providers = table;
    desc.provider_count = 3;
    desc.threads = true;
    scope_desc.allocator = &allocator;
    made = ended = 0;
    status = pk_registry_init(&registry, &desc);
    CHECK_STATUS(status, fault.failed ? PK_NO_MEMORY : PK_OK);
    if (status != PK_OK) {
        CHECK_STATUS(pk_registry_close(&registry), PK_OK);
        return;
    }
    CHECK_STATUS(pk_scope_init(&request, &scope_desc), PK_OK);
    status = pk_scope_nest(&request, NULL, PK_SCOPE_REQUEST);
    CHECK(status == PK_OK || status == PK_NO_MEMORY);
    for (i = 0; i < 40; i++) {
        before = made;
        object = NULL;
        status = pk_registry_get(&registry, &request, (pk_provider_id)(i % 3), &object);
        CHECK(status == PK_OK || status == PK_NO_MEMORY || (status == PK_CLOSED && i % 3 == 1));
        CHECK((status == PK_OK) == (object != NULL));
        if (status != PK_OK) CHECK_EQ(made, before); /* room first: nothing was made in vain */
        if (i == 20) {
            status = pk_registry_override(&registry, &request, 0, &instead);
            CHECK(status == PK_OK || status == PK_NO_MEMORY);
            CHECK_STATUS(pk_registry_get(&registry, NULL, 0, &object), PK_OK);
            CHECK(object == (status == PK_OK ? &things[3] : &things[0]));
        }
        held = pk_scope_count(&request);
    }
    CHECK(held > 0);
    CHECK_EQ(pk_registry_count(&registry), 3);
    CHECK_STATUS(pk_scope_close(&request), PK_OK);
    pk_registry_get_stats(&registry, &stats);
    CHECK(stats.overridden == 0 && stats.ready == 1);
    CHECK_STATUS(pk_registry_get(&registry, NULL, 0, &object), PK_OK);
    CHECK(object == &things[0]);
    CHECK_STATUS(pk_registry_close(&registry), PK_OK);
    CHECK_EQ(ended, made);
}
static void no_allocation_failure_changes_a_registry(void) { FAULT_EVERY(scenario); }

TESTS {
    RUN("C05 C30", "whichever allocation fails, the registry is as it was, and nothing leaks", no_allocation_failure_changes_a_registry)
}
