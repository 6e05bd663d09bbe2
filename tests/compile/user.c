/* user.c - a unit that uses all four headers, in a function called USE; 0 when all worked. tests/compile/run links it with and
   without implementations. With APP_LOG it owns the logger that PERFKIT_LOG_DEFAULT names. */
#include "perfkit.h"

PK_CACHE_DEFINE(squares, uint32_t, uint32_t)
PK_POOL_DEFINE(numbers, uint32_t, 4)
PK_SCOPE_DEFINE(cleanups, 4)
PK_HIST_DEFINE(latency, 3, 24, uint16_t)

#ifdef __cplusplus
extern "C" int USE(void);
#else
int USE(void);
#endif
#ifdef APP_LOG
pk_log PERFKIT_LOG_DEFAULT;
#endif

static pk_status count_up(void *context) {
    ++*(int *)context;
    return PK_OK;
}

int USE(void) {
    squares cache;
    uint32_t value = 49, found = 0, *number = numbers_acquire();
    int cleaned = 0, wrong = number == NULL;
    if (squares_init(&cache, NULL) != PK_OK) return 1;
    wrong += squares_put(&cache, 7, &value, 0) != PK_OK;
    wrong += squares_get(&cache, 7, &found) != PK_OK || found != 49;
    wrong += squares_close(&cache) != PK_OK;
    wrong += numbers_release(number) != PK_OK;
    wrong += numbers_release(number) != PK_INVALID;
    wrong += pk_scope_defer(&cleanups, count_up, &cleaned, "count") != PK_OK;
    wrong += pk_scope_unwind(&cleanups, 0) != PK_OK || cleaned != 1;
    pk_hist_record(&latency, 5);
    wrong += pk_hist_percentile(&latency, 5000) != 5;
    PK_LOG_DEBUG("off by default: %d", wrong);
    return wrong;
}
