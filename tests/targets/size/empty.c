/* an empty program, with variables, as every program has */
volatile int user_zero, user_one = 1;
int main(void);
int main(void) { return user_zero + user_one; }
