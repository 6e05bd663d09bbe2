/* intrusive pool: acquire release, without the 8 B at each acquire */
#include "perfkit_pool.h"

PK_POOL_DEFINE_INTRUSIVE(user_pool, uint64_t, 16)
int main(void);
int main(void) {
    uint64_t *object = user_pool_acquire();
    user_pool_release(object);
    return object != NULL;
}
