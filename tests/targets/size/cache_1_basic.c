/* cache: init get put remove, TTL, on_evict, stats */
#include "perfkit_cache.h"

static pk_cache user_cache;
static pk_cache_desc user_desc;
static unsigned char user_memory[PK_CACHE_BYTES(8, 4, 8)];
static pk_cache_stats user_stats;
static uint32_t user_key, user_value[2];
static pk_time user_clock(void *user) { return user != NULL; }
static void user_evicted(void *user, const pk_cache_item *item, pk_evict_reason reason) { (void)user, (void)item, (void)reason; }
int main(void);
int main(void) {
    pk_status status;
    user_desc.capacity = 8;
    user_desc.key_size = sizeof user_key;
    user_desc.value_size = sizeof user_value;
    user_desc.memory = user_memory;
    user_desc.memory_size = sizeof user_memory;
    user_desc.clock = user_clock;
    user_desc.on_evict = user_evicted;
    status = pk_cache_init(&user_cache, &user_desc);
    status |= pk_cache_put(&user_cache, &user_key, sizeof user_key, user_value, sizeof user_value, 1000);
    status |= pk_cache_get(&user_cache, &user_key, sizeof user_key, user_value, sizeof user_value, NULL);
    status |= pk_cache_remove(&user_cache, &user_key, sizeof user_key);
    status |= pk_cache_get_stats(&user_cache, &user_stats);
#ifdef MORE
    {
        pk_cache_cursor cursor = {0};
        pk_cache_item item;
        status |= pk_cache_peek(&user_cache, &user_key, sizeof user_key, user_value, sizeof user_value, NULL, NULL);
        status |= pk_cache_touch(&user_cache, &user_key, sizeof user_key, 0);
        status |= pk_cache_clear(&user_cache);
        status |= pk_cache_tick(&user_cache, 5, 4) != 0;
        status |= pk_cache_foreach(&user_cache, &cursor, &item);
    }
#endif
    return status;
}
