/* targets: hosted */
#include "../../perfkit_pool.h"
#include "../support/driver.h"
#include "../support/test.h"

static driver db;
static pk_respool pool;

static void lends_and_takes_back(void) {
    pk_respool_desc desc = driver_desc(&db);
    pk_resource a, b;
    pk_respool_stats stats;
    desc.max_size = 2;
    CHECK_STATUS(pk_respool_init(&pool, &desc), PK_OK);
    CHECK_STATUS(pk_respool_acquire(&pool, 0, &a), PK_OK);
    CHECK_STATUS(pk_respool_try_acquire(&pool, &b), PK_OK);
    CHECK(a.it != b.it);
    CHECK_STATUS(pk_respool_release(&pool, a), PK_OK);
    pk_respool_get_stats(&pool, &stats);
    CHECK_EQ(stats.active, 1);
    CHECK_EQ(stats.idle, 1);
    CHECK_EQ(stats.total, 2);
    CHECK_STATUS(pk_respool_close(&pool, 0), PK_BUSY);
    CHECK_STATUS(pk_respool_release(&pool, b), PK_OK);
    CHECK_STATUS(pk_respool_release(&pool, b), PK_INVALID);
    CHECK_STATUS(pk_respool_close(&pool, 0), PK_OK);
    CHECK_STATUS(pk_respool_close(&pool, 0), PK_OK);
    CHECK_EQ(driver_alive(&db), 0);
    CHECK_EQ(db.wrong, 0);
    (void)driver_reset;
    (void)driver_use;
    (void)driver_done;
}

TESTS {
    RUN("P13", "resources are lent and taken back; what is out and what is idle is known", lends_and_takes_back)
}
