/* Ten log calls, for AVR: they add 0 bytes of .data; -DNO_CALLS gives the program to compare with. Also for L23: with
   -DPERFKIT_LOG_LEVEL=PK_LOG_OFF neither code nor text of a call is left. */
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../perfkit_log.h"

static pk_status put_line(void *user, int level, const char *text, size_t length) {
    volatile char *port = (volatile char *)user;
    (void)level;
    while (length-- > 0) *port = *text++;
    return PK_OK;
}

int main(void) {
    static char port;
    pk_log_add_sink(&pk_log_default, put_line, &port, PK_LOG_TRACE);
#ifndef NO_CALLS
    PK_LOG_ERROR("a needle of a text");
    PK_LOG_ERROR("a needle of a text, with %d", port);
    PK_LOG_WARN("a needle of a text, with %u and %s", 1u, &port);
    PK_LOG_WARN("a needle of a text: %c%c%c", 'a', 'b', 'c');
    PK_LOG_INFO("a needle of a text at %p", (void *)&port);
    PK_LOG_INFO("a needle of a text: %lu", 123456789ul);
    PK_LOG_DEBUG("a needle of a text: %5d %-5d %05d", 1, 2, 3);
    PK_LOG_DEBUG("a needle of a text: %x", 0xBEEFu);
    PK_LOG_TRACE("another needle of a text");
    PK_LOG_TO(&pk_log_default, PK_LOG_TRACE, "the last needle: %d %d %d %d %d %d %d %d", 1, 2, 3, 4, 5, 6, 7, 8);
#else
    pk_log_write(&pk_log_default, PK_LOG_ERROR, &port);
#endif
    return port;
}
