/* an empty program that divides */
#include <stdint.h>
volatile uint32_t user_zero, user_one = 1;
int main(void);
int main(void) { return (int)(user_zero / user_one + user_zero % user_one); }
