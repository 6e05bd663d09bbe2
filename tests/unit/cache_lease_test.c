/* targets: large */
/* Leases: one caller produces what is missing, and what it produces too late is not put. */
#include "../../perfkit_cache.h"
#include "../support/test.h"

enum { CAPACITY = 8, LEASES = 3 };
static unsigned char memory[PK_CACHE_BYTES(CAPACITY, 2, 4)];
static unsigned char table[PK_CACHE_LEASE_BYTES(LEASES, 2)];
static pk_cache cache;
static pk_time now;
static pk_time clock_of_test(void *user) {
    (void)user;
    return now;
}
static void open_with(pk_time lease_ms) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.capacity = CAPACITY;
    desc.key_size = 2;
    desc.value_size = 4;
    desc.ttl_ms = 1000;
    desc.clock = clock_of_test;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    now = 50;
    CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
    CHECK_STATUS(pk_cache_set_leases(&cache, table, sizeof table, lease_ms), PK_OK);
}
static uint32_t got;
static pk_cache_lease lease;
static pk_status get(uint16_t key) { return pk_cache_get_or_lease(&cache, &key, sizeof key, &got, sizeof got, NULL, &lease); }
static pk_status fill(const pk_cache_lease *from, uint32_t with) { return pk_cache_fill(&cache, from, &with, sizeof with, 0); }
static pk_status put(uint16_t key, uint32_t with) { return pk_cache_put(&cache, &key, sizeof key, &with, sizeof with, 0); }
static uint32_t held(uint16_t key) { /* the value of a key; 0: not there */
    uint32_t found = 0;
    (void)pk_cache_peek(&cache, &key, sizeof key, &found, sizeof found, NULL, NULL);
    return found;
}
static void close_it(void) { CHECK_STATUS(pk_cache_close(&cache), PK_OK); }

static void one_caller_produces(void) {
    pk_cache_lease first;
    open_with(0);
    CHECK_STATUS(get(1), PK_NOT_FOUND);
    CHECK(pk_cache_lease_granted(&lease));
    first = lease;
    CHECK_STATUS(get(1), PK_AGAIN);
    CHECK(!pk_cache_lease_granted(&lease));
    CHECK_STATUS(fill(&lease, 9), PK_STALE);
    CHECK_STATUS(get(2), PK_NOT_FOUND); /* another key has a lease of its own */
    CHECK_STATUS(fill(&first, 100), PK_OK);
    CHECK_STATUS(get(1), PK_OK);
    CHECK_EQ(got, 100);
    CHECK_STATUS(fill(&first, 200), PK_STALE); /* once only */
    CHECK_EQ(held(1), 100);
    close_it();
}
static void what_is_put_meanwhile_stands(void) {
    pk_cache_lease first;
    open_with(0);
    CHECK_STATUS(get(1), PK_NOT_FOUND);
    first = lease;
    CHECK_STATUS(put(1, 7), PK_OK);
    CHECK_STATUS(fill(&first, 8), PK_STALE);
    CHECK_EQ(held(1), 7);
    close_it();
}
static void what_was_fetched_before_a_removal_is_not_put(void) {
    pk_cache_lease first;
    uint16_t key = 1;
    open_with(0);
    CHECK_STATUS(get(key), PK_NOT_FOUND);
    first = lease;
    CHECK_STATUS(pk_cache_remove(&cache, &key, sizeof key), PK_NOT_FOUND);
    if (!PERFKIT_HOSTED) pk_cache_revoke(&cache, &key, sizeof key);
    CHECK_STATUS(fill(&first, 8), PK_STALE);
    CHECK_EQ(held(key), 0);
    CHECK_STATUS(get(key), PK_NOT_FOUND); /* and the next caller fetches it */
    first = lease;
    CHECK_STATUS(get(2), PK_NOT_FOUND);
    CHECK_STATUS(pk_cache_clear(&cache), PK_OK);
    if (!PERFKIT_HOSTED) pk_cache_revoke(&cache, NULL, 0);
    CHECK_STATUS(fill(&first, 8), PK_STALE);
    CHECK_STATUS(fill(&lease, 8), PK_STALE);
    CHECK_EQ(pk_cache_count(&cache), 0);
    CHECK_STATUS(put(3, 7), PK_OK);
    CHECK_STATUS(get(key), PK_NOT_FOUND);
    CHECK_EQ(pk_cache_clear_step(&cache, 5), 0);
    if (!PERFKIT_HOSTED) pk_cache_revoke(&cache, NULL, 0);
    CHECK_STATUS(fill(&lease, 8), PK_STALE);
    close_it();
}
static void a_lease_ends_at_its_deadline(void) {
    pk_cache_lease first;
    open_with(100);
    CHECK_STATUS(get(1), PK_NOT_FOUND);
    first = lease;
    now += 99;
    CHECK_STATUS(get(1), PK_AGAIN);
    now += 1;
    CHECK_STATUS(get(1), PK_NOT_FOUND); /* another may have it */
    CHECK_STATUS(fill(&first, 5), PK_STALE);
    CHECK_STATUS(get(2), PK_NOT_FOUND);
    first = lease;
    now += 100;
    CHECK_STATUS(fill(&first, 5), PK_STALE); /* late, though nobody asked since */
    CHECK_EQ(held(2), 0);
    close_it();
    open_with(PK_TTL_NEVER);
    CHECK_STATUS(get(1), PK_NOT_FOUND);
    first = lease;
    now += 0x7FFFFFFFu;
    CHECK_STATUS(get(1), PK_AGAIN);
    CHECK_STATUS(fill(&first, 5), PK_OK);
    close_it();
    open_with(0);
    CHECK_STATUS(get(1), PK_NOT_FOUND);
    now += 9999;
    CHECK_STATUS(get(1), PK_AGAIN);
    now += 1;
    CHECK_STATUS(get(1), PK_NOT_FOUND);
    close_it();
}
static void giving_up_lets_the_next_one_try(void) {
    open_with(0);
    CHECK_STATUS(get(1), PK_NOT_FOUND);
    CHECK_STATUS(pk_cache_abandon(&cache, &lease, PK_IO), PK_OK);
    CHECK_STATUS(pk_cache_abandon(&cache, &lease, PK_IO), PK_STALE);
    CHECK_STATUS(fill(&lease, 5), PK_STALE);
    CHECK_STATUS(get(1), PK_NOT_FOUND);
    close_it();
}
static void the_table_is_the_limit(void) {
    uint16_t key;
    pk_cache_lease leases[LEASES + 1];
    open_with(100);
    for (key = 0; key < LEASES; key++) {
        CHECK_STATUS(get(key), PK_NOT_FOUND);
        leases[key] = lease;
    }
    CHECK_STATUS(get(key), PK_FULL);
    CHECK(!pk_cache_lease_granted(&lease));
    CHECK_STATUS(pk_cache_set_leases(&cache, table, sizeof table, 0), PK_BUSY);
    CHECK_STATUS(fill(&leases[1], 11), PK_OK);
    CHECK_STATUS(get(key), PK_NOT_FOUND);
    CHECK_STATUS(get(9), PK_FULL);
    now += 100; /* all are over */
    CHECK_STATUS(get(9), PK_NOT_FOUND);
    CHECK_STATUS(fill(&leases[0], 10), PK_STALE);
    close_it();
}
static void errors_of_a_fill_leave_the_lease(void) {
    static const unsigned char five[5] = {0, 0, 0, 0, 0};
    open_with(0);
    CHECK_STATUS(get(1), PK_NOT_FOUND);
    CHECK_STATUS(pk_cache_fill(&cache, &lease, five, 5, 0), PK_INVALID);
    CHECK_STATUS(pk_cache_fill(&cache, &lease, five, 4, PK_TTL_MAX + 1), PK_INVALID);
    CHECK_STATUS(fill(&lease, 6), PK_OK);
    CHECK_EQ(held(1), 6);
    now += 1000; /* the value's time is over: there is something to produce again */
    CHECK_STATUS(get(1), PK_NOT_FOUND);
    CHECK_STATUS(fill(&lease, 7), PK_OK);
    CHECK_EQ(held(1), 7);
    close_it();
}
static void without_a_table(void) {
    pk_cache_lease none;
    memset(&none, 0, sizeof none);
    open_with(0);
    CHECK_STATUS(fill(&none, 1), PK_STALE);
    close_it();
    CHECK_STATUS(get(1), PK_CLOSED);
    CHECK_STATUS(fill(&none, 1), PK_CLOSED);
    {
        pk_cache_desc desc;
        memset(&desc, 0, sizeof desc);
        desc.capacity = CAPACITY;
        desc.key_size = 2;
        desc.value_size = 4;
        desc.ttl_ms = PK_TTL_NEVER;
        desc.memory = memory;
        desc.memory_size = sizeof memory;
        CHECK_STATUS(pk_cache_init(&cache, &desc), PK_OK);
    }
    CHECK_STATUS(get(1), PK_UNSUPPORTED);
    CHECK_STATUS(pk_cache_set_leases(&cache, table, 20, 0), PK_INVALID);
    CHECK_STATUS(pk_cache_set_leases(&cache, table, sizeof table, PK_TTL_MAX + 1), PK_INVALID);
    CHECK_STATUS(get(1), PK_UNSUPPORTED);
    CHECK_STATUS(pk_cache_set_leases(&cache, table + 1, sizeof table - 1, 0), PK_OK); /* a lease fewer, at any alignment */
    CHECK_STATUS(get(1), PK_NOT_FOUND);
    CHECK_STATUS(fill(&lease, 6), PK_OK);
    close_it();
}

PK_CACHE_STATIC(fixed, 4, 2, 4, PK_TTL_NEVER)
static void a_static_cache_has_them_too(void) {
    uint16_t key = 3;
    uint32_t with = 77, found = 0;
    CHECK_STATUS(pk_cache_set_leases(&fixed, table, sizeof table, PK_TTL_NEVER), PK_OK);
    CHECK_STATUS(pk_cache_get_or_lease(&fixed, &key, 2, &found, 4, NULL, &lease), PK_NOT_FOUND);
    CHECK_STATUS(pk_cache_fill(&fixed, &lease, &with, 4, 0), PK_OK);
    CHECK_STATUS(pk_cache_get_or_lease(&fixed, &key, 2, &found, 4, NULL, &lease), PK_OK);
    CHECK_EQ(found, 77);
}

/* K25, here too: */
static unsigned computed;
static pk_status triangle(uint16_t n, uint32_t *sum) {
    computed++;
    if (n == 999) return PK_INVALID;
    *sum = (uint32_t)n * ((uint32_t)n + 1) / 2;
    return PK_OK;
}
PK_MEMOIZE(fast_triangle, uint16_t, uint32_t, triangle, 0)
static void a_function_remembers_its_last_results(void) {
    uint16_t n;
    uint32_t sum;
    for (n = 0; n < 128; n++) CHECK_STATUS(fast_triangle(n, &sum), PK_OK);
    CHECK_EQ(computed, 128);
    for (n = 0; n < 128; n++) {
        CHECK_STATUS(fast_triangle(n, &sum), PK_OK);
        CHECK_EQ(sum, (uint32_t)n * ((uint32_t)n + 1) / 2);
    }
    CHECK_EQ(computed, 128);
    CHECK_STATUS(fast_triangle(128, &sum), PK_OK); /* the 129th pushes out the first */
    CHECK_EQ(computed, 129);
    for (n = 1; n <= 128; n++) CHECK_STATUS(fast_triangle(n, &sum), PK_OK);
    CHECK_EQ(computed, 129);
    CHECK_STATUS(fast_triangle(0, &sum), PK_OK);
    CHECK_EQ(computed, 130);
    CHECK_STATUS(fast_triangle(999, &sum), PK_INVALID); /* a failure is not remembered */
    CHECK_STATUS(fast_triangle(999, &sum), PK_INVALID);
    CHECK_EQ(computed, 132);
    CHECK_EQ(fast_triangle_cache_count(&fast_triangle_memo), 128);
}

TESTS {
    RUN("K27", "one caller gets the lease of a missing key, the others are told to come back", one_caller_produces)
    RUN("K27", "a put of the key ends its lease: the late value is not put", what_is_put_meanwhile_stands)
    RUN("K27", "a removal or clear ends leases: what was fetched before is not put", what_was_fetched_before_a_removal_is_not_put)
    RUN("K27", "a lease not given back in time is anybody's", a_lease_ends_at_its_deadline)
    RUN("K27", "a lease given up goes to the next caller", giving_up_lets_the_next_one_try)
    RUN("K27", "the table of leases is a hard limit", the_table_is_the_limit)
    RUN("K27", "a fill that fails leaves the lease with its holder", errors_of_a_fill_leave_the_lease)
    RUN("K27", "without a table, or closed, leases say so", without_a_table)
    RUN("K27", "PK_CACHE_STATIC takes leases", a_static_cache_has_them_too)
    RUN("K25", "PK_MEMOIZE keeps the last 128 results, exactly", a_function_remembers_its_last_results)
}
