/* ticker: add run remove */
#define PERFKIT_CORE_ONLY
#include "perfkit.h"

static pk_ticker user_ticker;
static pk_tick user_tick;
static uint32_t user_sweep(void *object, pk_time now, uint32_t budget) { return object != NULL && now != 0 ? budget : 0; }
int main(void);
int main(void) {
    pk_status status = pk_ticker_add(&user_ticker, &user_tick, user_sweep, &user_tick, 100, 0);
    status |= (int)pk_ticker_run(&user_ticker, 5);
    return status | pk_ticker_remove(&user_ticker, &user_tick);
}
