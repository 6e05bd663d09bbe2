/* pool: checked acquire release, high-water */
#include "perfkit_pool.h"

PK_POOL_DEFINE(user_pool, uint64_t, 16)
int main(void);
int main(void) {
    uint64_t *object = user_pool_acquire();
    return user_pool_release(object) + (int)user_pool_high_water();
}
