/* targets: posix */
/* A monitor over locks of the program's own, where nothing tells threads apart (Windows always can) and nothing can wait. */
#define PERFKIT_MUTEX_INIT(m) ((void)(m), true)
#define PERFKIT_MUTEX_LOCK(m) ((void)(m), locks++)
#define PERFKIT_MUTEX_UNLOCK(m) ((void)(m), locks--)
#define PERFKIT_MUTEX_DESTROY(m) ((void)(m))
static int locks;
#define PERFKIT_CACHE_LOAD 0 /* needs such numbers */
#define PERFKIT_IMPLEMENTATION
#include "../../perfkit.h"
#include "../support/test.h"

static pk_monitor monitor;
static pk_monitored first, second;
static pk_status closed, removed;
static void close_it(void *object, pk_monitor_figures *figures) {
    (void)object;
    figures->hits = 1;
    removed = pk_monitor_remove(&monitor, &first);
    closed = pk_monitor_close(&monitor);
}
static void busy_is_what_a_sample_gets_that_closes(void) {
    pk_monitor_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.threads = true;
    CHECK_STATUS(pk_monitor_init(&monitor, &desc), PK_OK);
    CHECK_STATUS(pk_monitor_add(&monitor, &first, PK_MONITOR_CACHE, "first", close_it, NULL), PK_OK);
    CHECK_STATUS(pk_monitor_add(&monitor, &second, PK_MONITOR_CACHE, "second", NULL, NULL), PK_OK);
    CHECK_EQ(pk_monitor_tick(&monitor, 0, 0), 2);
    CHECK_STATUS(removed, PK_BUSY);
    CHECK_STATUS(closed, PK_BUSY);
    CHECK(pk_monitor_find(&monitor, PK_MONITOR_CACHE, "first") == &first);
    CHECK(pk_monitor_find(&monitor, PK_MONITOR_CACHE, "second") == &second);
    CHECK_EQ(first.figures.hits, 1);
    CHECK_STATUS(pk_monitor_close(&monitor), PK_OK);
    CHECK(pk_monitor_find(&monitor, PK_MONITOR_CACHE, "first") == NULL);
    CHECK_STATUS(pk_monitor_close(&monitor), PK_OK);
    CHECK_EQ(locks, 0);
}

TESTS {
    RUN("C56", "a sample that closes its monitor is told that it is busy, where threads have no numbers", busy_is_what_a_sample_gets_that_closes)
}
