/* targets: all */
/* Typed caches, and caches that are ready at file scope. */
#include "../../perfkit_cache.h"
#include "../support/test.h"

typedef struct reading {
    uint16_t id;
    uint8_t level;
    uint8_t flags;
    uint32_t at;
} reading;

PK_CACHE_DEFINE(readings, uint16_t, reading)
PK_CACHE_STATIC_OF(readings, recent, 5, 0)
PK_CACHE_STATIC(raw, 3, 1, 2, PK_TTL_NEVER)

static unsigned char memory[PK_CACHE_BYTES(5, sizeof(uint16_t), sizeof(reading))];

static reading reading_of(uint16_t id) {
    reading r;
    memset(&r, 0, sizeof r);
    r.id = id;
    r.at = (uint32_t)id * 1000u;
    return r;
}
static void use(readings *cache) {
    uint16_t id;
    reading r;
    for (id = 1; id <= 7; id++) {
        r = reading_of(id);
        CHECK_STATUS(readings_put(cache, id, &r, 0), PK_OK);
    }
    CHECK_EQ(readings_count(cache), 5);
    for (id = 1; id <= 7; id++) {
        CHECK_STATUS(readings_get(cache, id, &r), id > 2 ? PK_OK : PK_NOT_FOUND);
        if (id > 2) CHECK_EQ(r.at, (uint32_t)id * 1000u);
    }
    CHECK_STATUS(readings_remove(cache, 4), PK_OK);
    CHECK_STATUS(readings_remove(cache, 4), PK_NOT_FOUND);
    CHECK_STATUS(readings_get(cache, 4, &r), PK_NOT_FOUND);
    r = reading_of(4);
    CHECK_STATUS(readings_put(cache, 5, &r, PK_TTL_NEVER), PK_OK);
    CHECK_STATUS(readings_get(cache, 5, &r), PK_OK);
    CHECK_EQ(r.id, 4);
    CHECK_STATUS(readings_clear(cache), PK_OK);
    CHECK_EQ(readings_count(cache), 0);
}

static void a_typed_cache_takes_keys_by_value(void) {
    readings cache;
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.capacity = 5;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    CHECK_STATUS(readings_init(&cache, &desc), PK_OK);
    use(&cache);
    use(&cache);
    CHECK_STATUS(readings_close(&cache), PK_OK);
}
static void another_size_in_the_desc_is_refused(void) {
    readings cache;
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.capacity = 5;
    desc.key_size = 4;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    CHECK_STATUS(readings_init(&cache, &desc), PK_INVALID);
    desc.key_size = sizeof(uint16_t);
    CHECK_STATUS(readings_init(&cache, &desc), PK_OK);
    CHECK_STATUS(readings_close(&cache), PK_OK);
}
static void a_static_cache_needs_no_init(void) {
    uint8_t key;
    uint16_t value;
    use(&recent);
    use(&recent);
    for (key = 1; key <= 4; key++) {
        value = (uint16_t)(key * 300u);
        CHECK_STATUS(pk_cache_put(&raw, &key, 1, &value, 2, 0), PK_OK);
    }
    key = 1;
    CHECK_STATUS(pk_cache_get(&raw, &key, 1, &value, 2, NULL), PK_NOT_FOUND);
    key = 4;
    CHECK_STATUS(pk_cache_get(&raw, &key, 1, &value, 2, NULL), PK_OK);
    CHECK_EQ(value, 1200);
    CHECK_EQ(pk_cache_count(&raw), 3);
}
static void typed_and_untyped_calls_mix(void) {
    reading r = reading_of(9);
    uint16_t id = 9;
    CHECK_STATUS(readings_put(&recent, id, &r, 0), PK_OK);
    r.at = 0;
    CHECK_STATUS(pk_cache_get(&recent.cache, &id, sizeof id, &r, sizeof r, NULL), PK_OK);
    CHECK_EQ(r.at, 9000);
    id = 10;
    CHECK_STATUS(pk_cache_put(&recent.cache, &id, sizeof id, &r, sizeof r, 0), PK_OK);
    CHECK_STATUS(readings_get(&recent, 10, &r), PK_OK);
}
static void the_constant_expression_is_the_size_needed(void) {
    static const uint8_t sizes[][2] = {{1, 1}, {2, 8}, {3, 5}, {4, 4}, {8, 64}, {16, 3}, {5, 24}};
    pk_cache_desc desc;
    uint8_t i;
    memset(&desc, 0, sizeof desc);
    for (i = 0; i < PK__COUNTOF(sizes); i++) {
        desc.key_size = sizes[i][0];
        desc.value_size = sizes[i][1];
        for (desc.capacity = 1; desc.capacity <= 150; desc.capacity += 37)
            CHECK(PK_CACHE_BYTES(desc.capacity, sizes[i][0], sizes[i][1]) == pk_cache_memory_needed(&desc));
    }
}

TESTS {
    RUN("D04", "a typed cache takes keys by value", a_typed_cache_takes_keys_by_value)
    RUN("D04", "another size in the desc of a typed cache is refused", another_size_in_the_desc_is_refused)
    RUN("D04", "a static cache needs no init", a_static_cache_needs_no_init)
    RUN("D04", "typed and untyped calls of one cache mix", typed_and_untyped_calls_mix)
    RUN("D04", "PK_CACHE_BYTES is what pk_cache_memory_needed says", the_constant_expression_is_the_size_needed)
}
