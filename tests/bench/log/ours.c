/* The implementation, compiled as C, in a unit of its own: calls to it are calls. */
#define PERFKIT_IMPLEMENTATION
#include "../../../perfkit.h"
