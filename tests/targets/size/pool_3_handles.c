/* handles: acquire get release */
#include "perfkit_pool.h"

PK_POOL_DEFINE_HANDLES(user_pool, uint64_t, 16)
int main(void);
int main(void) {
    pk_handle handle;
    uint64_t *object = user_pool_acquire_handle(&handle);
    return (user_pool_get(handle) != object) + user_pool_release_handle(handle);
}
