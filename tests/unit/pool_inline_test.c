/* targets: all */
/* The typed functions of PK_POOL_DEFINE as static inline, specialised by their constants: the same tests. */
#define PERFKIT_POOL_IMPLEMENTATION
#define PERFKIT_POOL_INLINE
#include "pool_define_test.c"
