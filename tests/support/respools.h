/* respools.h - what tests of resource pools share: one pool over one driver, in memory of its own, used by one thread. After
   driver.h and test.h; RESPOOL_MOST is the most resources that there may be. */
#ifndef PERFKIT_TEST_RESPOOLS_H
#define PERFKIT_TEST_RESPOOLS_H

static driver db;
static pk_respool pool;
static pk_respool_desc desc;
static pk_respool_stats stats;
static unsigned char memory[PK_RESPOOL_BYTES(RESPOOL_MOST)];

static void describe_pool(uint32_t max_size) { /* with nothing made yet */
    desc = driver_desc(&db);
    desc.max_size = max_size;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
}
static void open_pool(void) {
    CHECK_STATUS(pk_respool_init(&pool, &desc), PK_OK);
    db.pool = &pool;
}
static pk_resource take(void) {
    pk_resource lease;
    memset(&lease, 0, sizeof lease);
    CHECK_STATUS(pk_respool_acquire(&pool, 0, &lease), PK_OK);
    return lease;
}
static void give(pk_resource lease) { CHECK_STATUS(pk_respool_release(&pool, lease), PK_OK); }
static void look(void) {
    pk_respool_get_stats(&pool, &stats);
    CHECK_EQ(stats.active + stats.idle + stats.creating, stats.total);
    CHECK_EQ(stats.total, driver_alive(&db));
    CHECK(stats.total <= stats.max_size);
}
static void close_pool(void) {
    look();
    CHECK_EQ(stats.waiting, 0);
    CHECK_STATUS(pk_respool_close(&pool, 0), PK_OK);
    CHECK_EQ(driver_alive(&db), 0);
    CHECK_EQ(db.wrong, 0);
}
#endif
