/* cache.c - uses what is switched on of perfkit_cache.h. */
#include "perfkit_cache.h"
#include "uses.h"
#include <string.h>

static pk_cache user_cache;
static pk_cache_desc user_desc;
static union { uint64_t align; unsigned char bytes[PERFKIT_HOSTED ? 40000 : 6000]; } user_memory;
static uint32_t user_key, user_value[2], user_got[2];
static size_t user_len;

static pk_status user_put(uint32_t key) {
    user_key = key;
    user_value[0] = key + 1;
    return pk_cache_put(&user_cache, &user_key, sizeof user_key, user_value, sizeof user_value, 0);
}
static pk_status user_get(uint32_t key) {
    user_key = key;
    return pk_cache_get(&user_cache, &user_key, sizeof user_key, user_got, sizeof user_got, &user_len);
}
#if PERFKIT_CACHE_TTL
static pk_time user_now;
static pk_time user_clock(void *user) {
    (void)user;
    return user_now;
}
#endif
#if PERFKIT_CACHE_HOOKS
static unsigned user_left;
static void user_evicted(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    (void)user, (void)item, (void)reason;
    user_left++;
}
#endif
#if PERFKIT_CACHE_EVENTS
static void user_event(void *user, const pk_event *event) { (void)user, (void)event; }
#endif
#if PERFKIT_CACHE_LOAD
static pk_status user_load(void *user, const void *key, size_t key_len, void *value, size_t size, size_t *len, pk_time *ttl_ms) {
    (void)user, (void)key, (void)key_len, (void)ttl_ms;
    memset(value, 7, size);
    *len = size;
    return PK_OK;
}
#endif
#if PERFKIT_CACHE_SNAPSHOT
static unsigned char user_file[2000];
static size_t user_file_used, user_file_read;
static pk_cache_transfer user_transfer;
static size_t user_write(void *user, const void *bytes, size_t n) {
    (void)user;
    if (n > sizeof user_file - user_file_used) return 0;
    memcpy(user_file + user_file_used, bytes, n);
    user_file_used += n;
    return n;
}
static size_t user_read(void *user, void *bytes, size_t n) {
    (void)user;
    if (n > user_file_used - user_file_read) n = user_file_used - user_file_read;
    memcpy(bytes, user_file + user_file_read, n);
    user_file_read += n;
    return n;
}
#endif
#if PERFKIT_CACHE_LEASES
static pk_cache_lease user_lease;
#if !FULL
static unsigned char user_leases[PK_CACHE_LEASE_BYTES(2, 4)];
#endif
#endif

int main(void) {
    user_desc.capacity = 8;
    user_desc.key_size = sizeof user_key;
    user_desc.value_size = sizeof user_value;
    user_desc.memory = user_memory.bytes;
    user_desc.memory_size = sizeof user_memory;
#if PERFKIT_CACHE_TTL
    user_desc.clock = user_clock;
    user_desc.ttl_ms = 1000;
#elif FULL
    user_desc.ttl_ms = PK_TTL_NEVER;
#endif
#if PERFKIT_CACHE_HOOKS
    user_desc.on_evict = user_evicted;
#endif
#if PERFKIT_CACHE_EVENTS
    user_desc.on_event = user_event;
#endif
#if PERFKIT_CACHE_MORE
    user_desc.versions = true;
#endif
#if PERFKIT_CACHE_WHEEL
    user_desc.prompt_expiry = true;
#endif
#if PERFKIT_CACHE_SIPHASH
    user_desc.hash = pk_cache_siphash;
    user_desc.hash_key = user_memory.bytes;
#endif
#if PERFKIT_CACHE_THREADS
    user_desc.threads = true;
#endif
#if PERFKIT_CACHE_LEASES && FULL
    user_desc.max_loads = 2;
#endif
    EXPECT(pk_cache_init(&user_cache, &user_desc) == PK_OK);
    EXPECT(user_put(1) == PK_OK);
    EXPECT(user_get(1) == PK_OK && user_got[0] == 2);
    EXPECT(user_get(2) == PK_NOT_FOUND);
    EXPECT(pk_cache_count(&user_cache) == 1);
#if PERFKIT_CACHE_PINS
    {
        static pk_cache_item user_item;
        static pk_span user_span;
        user_key = 1;
        EXPECT(pk_cache_get_ref(&user_cache, &user_key, sizeof user_key, &user_item) == PK_OK);
        EXPECT(pk_cache_span(&user_item, &user_span) && user_span.len == sizeof user_value);
        EXPECT(pk_cache_release(&user_cache, &user_item) == PK_OK);
    }
#endif
#if PERFKIT_CACHE_MORE
    {
        static uint32_t user_version;
        user_key = 1;
        EXPECT(pk_cache_put_if_absent(&user_cache, &user_key, sizeof user_key, user_value, sizeof user_value, 0) == PK_EXISTS);
        EXPECT(pk_cache_replace(&user_cache, &user_key, sizeof user_key, user_value, sizeof user_value, 0) == PK_OK);
        EXPECT(pk_cache_get_version(&user_cache, &user_key, sizeof user_key, user_got, sizeof user_got, NULL, &user_version) == PK_OK);
        EXPECT(pk_cache_compare_and_swap(&user_cache, &user_key, sizeof user_key, user_value, sizeof user_value, 0, user_version) == PK_OK);
    }
#endif
#if PERFKIT_CACHE_LEASES
#if !FULL
    EXPECT(pk_cache_set_leases(&user_cache, user_leases, sizeof user_leases, 0) == PK_OK);
#endif
    user_key = 3;
    EXPECT(pk_cache_get_or_lease(&user_cache, &user_key, sizeof user_key, user_got, sizeof user_got, NULL, &user_lease) == PK_NOT_FOUND);
    EXPECT(pk_cache_fill(&user_cache, &user_lease, user_value, sizeof user_value, 0) == PK_OK);
    EXPECT(user_get(3) == PK_OK);
    EXPECT(pk_cache_abandon(&user_cache, &user_lease, PK_IO) == PK_STALE);
#endif
#if PERFKIT_CACHE_LOAD
    user_key = 4;
    EXPECT(pk_cache_get_or_load(&user_cache, &user_key, sizeof user_key, user_got, sizeof user_got, &user_len, user_load, NULL) == PK_OK);
    EXPECT(user_get(4) == PK_OK && user_got[0] == 0x07070707u);
#endif
#if PERFKIT_CACHE_SNAPSHOT
    EXPECT(pk_cache_save_begin(&user_cache, &user_transfer, user_write, NULL) == PK_OK);
    while (pk_cache_save_step(&user_transfer, 100) == PK_AGAIN) {}
    EXPECT(pk_cache_load_begin(&user_cache, &user_transfer, user_read, NULL, 0) == PK_OK);
    while (pk_cache_load_step(&user_transfer, 100) == PK_AGAIN) {}
    EXPECT(user_get(1) == PK_OK);
#endif
#if PERFKIT_STATS && PERFKIT_PROFILE != PERFKIT_PROFILE_TINY
    {
        static pk_cache_stats user_stats;
        EXPECT(pk_cache_get_stats(&user_cache, &user_stats) == PK_OK);
        EXPECT(user_stats.capacity == 8);
    }
#endif
#if PERFKIT_CACHE_TIMING
    {
        static pk_cache_timing user_timing;
        EXPECT(pk_cache_get_timing(&user_cache, &user_timing) == PK_OK);
    }
#endif
#if PERFKIT_CACHE_TTL
    user_now += 5000;
#if PERFKIT_PROFILE != PERFKIT_PROFILE_TINY
    EXPECT(pk_cache_tick(&user_cache, user_now, 100) > 0);
#endif
    EXPECT(user_get(1) == PK_NOT_FOUND);
    EXPECT(user_put(1) == PK_OK);
#endif
    for (user_key = 10; user_key < 30;) {
        EXPECT(user_put(user_key) == PK_OK);
        user_key++;
    }
    EXPECT(pk_cache_count(&user_cache) == 8);
    EXPECT(user_get(29) == PK_OK && user_got[0] == 30);
    EXPECT(pk_cache_remove(&user_cache, &user_key, sizeof user_key) == PK_OK);
    EXPECT(pk_cache_clear(&user_cache) == PK_OK);
    EXPECT(pk_cache_count(&user_cache) == 0);
    EXPECT(pk_cache_close(&user_cache) == PK_OK);
#if PERFKIT_CACHE_HOOKS
    EXPECT(user_left >= 21);
#endif
#if PERFKIT_CACHE_CHAINS
    user_desc.key_size = user_desc.value_size = 0;
    user_desc.slot_size = 32;
    EXPECT(pk_cache_init(&user_cache, &user_desc) == PK_OK);
    user_key = 5;
    EXPECT(pk_cache_put(&user_cache, &user_key, 3, user_memory.bytes, 60, 0) == PK_OK);
    EXPECT(pk_cache_get(&user_cache, &user_key, 3, user_got, sizeof user_got, &user_len) == PK_TOO_BIG && user_len == 60);
    EXPECT(pk_cache_close(&user_cache) == PK_OK);
    user_desc.key_size = sizeof user_key;
    user_desc.value_size = sizeof user_value;
#endif
#if PERFKIT_CACHE_S3FIFO
    user_desc.policy = PK_CACHE_S3FIFO;
#if PERFKIT_CACHE_WHEEL
    user_desc.prompt_expiry = false;
#endif
#if !PERFKIT_ATOMICS
    user_desc.threads = false;
#endif
    user_desc.capacity = 32;
    EXPECT(pk_cache_init(&user_cache, &user_desc) == PK_OK);
    EXPECT(user_put(6) == PK_OK);
    EXPECT(user_get(6) == PK_OK && user_got[0] == 7);
    EXPECT(pk_cache_close(&user_cache) == PK_OK);
#endif
    return DONE;
}
