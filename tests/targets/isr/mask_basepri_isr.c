/* mask_isr.c with the mask by BASEPRI, which a Cortex-M0 lacks. */
#define BASEPRI
#include "mask_isr.c"
