/* critical.h - the interrupt mask of the target for perfkit's hook, as users get it. -DBASEPRI: the other one of a Cortex-M3 and up. */
#if defined __arm__ && defined BASEPRI
#include "../../examples/firmware/adapters/basepri.h"
#elif defined __arm__
#include "../../examples/firmware/adapters/primask.h"
#elif defined __AVR__
#include "../../examples/firmware/adapters/avr_sreg.h"
#elif defined __riscv
#include "../../examples/firmware/adapters/riscv_mstatus.h"
#endif
