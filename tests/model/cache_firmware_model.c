/* The firmware engine, chains in place of groups, against the model of cache_model.c. */
#define PERFKIT_PROFILE PERFKIT_PROFILE_FIRMWARE
#define PERFKIT_HEAP 1
#define PERFKIT_CACHE_CHAINS 1
#define PERFKIT_CACHE_MORE 1
#define PERFKIT_CACHE_WHEEL 1
#define PERFKIT_CACHE_SNAPSHOT 1
#include "cache_model.c"
