/* log_lines.c - JSON lines of hostile messages and fields, with the bytes of each value in hexadecimal beside it: tests/examples has
   another program read them. */
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../perfkit_log.h"

static uint32_t state = 2463534242u;
static unsigned below(unsigned n) { /* xorshift32: Marsaglia, 2003 */
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % n;
}
static const char *const pieces[] = {"a", " ", "\"", "\\", "\n", "\r", "\t", "/", "\x1b[31m", "\x7f", "\x01", "{\"", "}", "\xC3\xA9",
                                     "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xC2\x9B", "\xC2\xA0", "\\u0000", "'", "\xE2\x80\xA8"};
static const char *const broken[] = {"\xFF", "\xC0\x80", "\xED\xA0\x80", "\xE2\x82", "\x9B", "\xF4\x90\x80\x80"};

int main(void) {
    pk_log log;
    pk_log_desc desc;
    int i;
    memset(&desc, 0, sizeof desc);
    desc.sink = pk_log_to_file;
    desc.sink_user = stdout;
    if (pk_log_init(&log, &desc) != PK_OK || pk_log_set_form(&log, pk_log_to_file, stdout, PK_LOG_JSON) != PK_OK) return 1;
    for (i = 0; i < 3000; i++) {
        char value[200] = "", hex[402] = "";
        unsigned n = below(25), j;
        while (n-- > 0) strcat(value, below(12) ? pieces[below(sizeof pieces / sizeof *pieces)] : broken[below(6)]);
        for (j = 0; value[j]; j++) pk_format(hex + 2 * j, 3, "%02x", (unsigned)(unsigned char)value[j]);
        PK_LOG_KV_TO(&log, PK_LOG_WARN, "kv \"\\\" \x01", PK_KV_S("hex", hex), PK_KV_S("value", value), PK_KV_I("i", -i), PK_KV_D("d", i / 7.0));
        PK_LOG_TO(&log, PK_LOG_ERROR, "%s=%s", hex, value);
    }
    return pk_log_close(&log);
}
