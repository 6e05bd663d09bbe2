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
static void no_allocation_failure_loses_a_cleanup(void) { FAULT_EVERY(scenario); }

TESTS {
    RUN("C31 C05", "whichever allocation fails, no cleanup is lost and no memory leaks", no_allocation_failure_loses_a_cleanup)
}
