/* Scopes under an allocator that fails: for every n, the n-th allocation. */
#define PERFKIT_CORE_ONLY
#define PERFKIT_IMPLEMENTATION
#include "../../perfkit.h"
#include "../support/test.h"
#include "../support/fault.h"

static unsigned runs;
static pk_status count_run(void *context) {
    (void)context;
    runs++;
    return PK_OK;
}

static void scenario(pk_allocator allocator) {
    pk_scope_desc desc;
    pk_scope scope, target;
    unsigned added = 0, i, before;
    pk_status status;
    memset(&desc, 0, sizeof desc);
    desc.allocator = &allocator;
    CHECK_STATUS(pk_scope_init(&scope, &desc), PK_OK);
    CHECK_STATUS(pk_scope_init(&target, &desc), PK_OK);
    status = pk_scope_defer(&target, count_run, NULL, "n");
    CHECK_STATUS(status, fault.failed ? PK_NO_MEMORY : PK_OK);
    for (i = 0; i < 1000; i++) {
        before = pk_scope_count(&scope);
        status = pk_scope_defer(&scope, count_run, NULL, "n");
        CHECK(status == PK_OK || status == PK_NO_MEMORY);
        CHECK_EQ(pk_scope_count(&scope), before + (status == PK_OK));
        added += status == PK_OK;
    }
    added += pk_scope_count(&target);
    status = pk_scope_move(&scope, &target);
    CHECK(status == PK_OK || status == PK_NO_MEMORY);
    CHECK_EQ(pk_scope_count(&scope) + pk_scope_count(&target), added);
    runs = 0;
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_STATUS(pk_scope_close(&target), PK_OK);
    CHECK_EQ(runs, added);
}
/* The same with tracked resources and a nested scope. */
static void tracked_scenario(pk_allocator allocator) {
    pk_scope_desc desc;
    pk_scope scope, target, parent;
    pk_track what;
    unsigned added = 0, i, before;
    pk_status status;
    memset(&desc, 0, sizeof desc);
    memset(&what, 0, sizeof what);
    desc.allocator = &allocator;
    what.fn = count_run;
    CHECK_STATUS(pk_scope_init(&scope, &desc), PK_OK);
    CHECK_STATUS(pk_scope_init(&target, &desc), PK_OK);
    CHECK_STATUS(pk_scope_init(&parent, &desc), PK_OK);
    status = pk_scope_nest(&scope, &parent, PK_SCOPE_REQUEST);
    CHECK(status == PK_OK || status == PK_NO_MEMORY);
    CHECK((pk_scope_parent(&scope) == &parent) == (status == PK_OK));
    for (i = 0; i < 40; i++) {
        before = pk_scope_count(&scope);
        status = i % 3 ? pk_scope_track(&scope, &what, NULL) : pk_scope_defer(&scope, count_run, NULL, "n");
        CHECK(status == PK_OK || status == PK_NO_MEMORY);
        CHECK_EQ(pk_scope_count(&scope), before + (status == PK_OK));
        added += status == PK_OK;
    }
    status = pk_scope_move(&scope, &target);
    CHECK(status == PK_OK || status == PK_NO_MEMORY);
    CHECK_EQ(pk_scope_count(&scope), status == PK_OK ? 0 : added);
    CHECK_EQ(pk_scope_count(&target), status == PK_OK ? added : 0);
    runs = 0;
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_STATUS(pk_scope_close(&parent), PK_OK);
    CHECK_STATUS(pk_scope_close(&target), PK_OK);
    CHECK_EQ(runs, added);
}
static void no_allocation_failure_loses_a_tracked_resource(void) { FAULT_EVERY(tracked_scenario); }
static void no_allocation_failure_loses_a_cleanup(void) { FAULT_EVERY(scenario); }

TESTS {
    RUN("C31 C05", "whichever allocation fails, no cleanup is lost and no memory leaks", no_allocation_failure_loses_a_cleanup)
    RUN("C31 C36 C05", "the same with tracked resources and nested scopes", no_allocation_failure_loses_a_tracked_resource)
}
