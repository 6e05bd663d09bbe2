/* histogram: record percentile merge reset */
#include "perfkit_log.h"

PK_HIST_DEFINE(user_latency, 3, 24, uint16_t)
PK_HIST_DEFINE(user_other, 3, 24, uint16_t)
int main(void);
int main(void) {
    pk_hist_record(&user_latency, 5);
    pk_hist_reset(&user_other);
    return pk_hist_merge(&user_latency, &user_other) + (int)pk_hist_percentile(&user_latency, 9900);
}
