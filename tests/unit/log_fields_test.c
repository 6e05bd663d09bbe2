/* targets: all */
/* Fields with names, the forms of a line, levels by name: and that no value forges any of them. */
#define PERFKIT_LOG_IMPLEMENTATION
#define PERFKIT_LOG_KV 1
#define PERFKIT_LOG_NAME "net"
#include "../../perfkit_log.h"
#include "../support/test.h"

static char got[PERFKIT_LOG_LINE];
static unsigned calls;
static pk_status keep(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)level;
    if (length == 0) return PK_OK;
    memcpy(got, text, length + 1);
    calls++;
    return PK_OK;
}
static pk_log logger;
static pk_log_desc desc;
static void fresh(void) {
    memset(&desc, 0, sizeof desc);
    desc.sink = keep;
    desc.no_time = true;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    calls = 0;
}
#if PERFKIT_LOG_SITE
static const char *behind_place(void) { /* of the line, what follows file:line and its space */
    const char *p = strstr(got, "log_fields_test.c:");
    while (p && *p && *p != ' ') p++;
    return p && *p ? p + 1 : got;
}
#else
#define behind_place() (got + 10) /* "WARN  net " */
#endif

static void fields_stand_behind_the_text(void) {
    fresh();
    PK_LOG_KV_TO(&logger, PK_LOG_WARN, "peer is slow", PK_KV_I("ms", -1200), PK_KV_U("port", 8080u), PK_KV_S("host", "ab"));
    CHECK_TEXT(behind_place(), "peer is slow ms=-1200 port=8080 host=ab\n");
    PK_LOG_KV_TO(&logger, PK_LOG_WARN, "x", PK_KV_B("on", true), PK_KV_B("off", false), PK_KV_X("mask", 0xBEu));
    CHECK_TEXT(behind_place(), "x on=true off=false mask=0xbe\n");
    PK_LOG_KV_TO(&logger, PK_LOG_WARN, "100%s"); /* no format */
    CHECK_TEXT(behind_place(), "100%s\n");
    PK_LOG_KV_TO(&logger, PK_LOG_INFO, "off");
    CHECK_EQ(calls, 3);
}
static void values_forge_no_field(void) {
    fresh();
    PK_LOG_KV_TO(&logger, PK_LOG_WARN, "t", PK_KV_S("a", "x b=1"), PK_KV_S("c", "\"\\\n"), PK_KV_S("d", ""), PK_KV_S("e", NULL));
    CHECK_TEXT(behind_place(), "t a=\"x b=1\" c=\"\\\"\\\\\\n\" d=\"\" e=null\n");
}
/* One line of printable ASCII and, hosted, well-formed UTF-8 without the control characters of U+0080 to U+009F. */
static bool is_harmless(const char *text) {
    const unsigned char *p = (const unsigned char *)text;
    for (; *p != '\n'; p++) {
        if (*p < 0x20 || *p == 0x7F) return false;
#if PK__FULL
        if (*p >= 0x80) {
            unsigned more = *p >= 0xF0 ? 3 : *p >= 0xE0 ? 2 : 1;
            uint32_t code = *p & (0x3Fu >> more);
            if (*p < 0xC2 || *p > 0xF4) return false;
            while (more-- > 0) {
                if ((*++p & 0xC0) != 0x80) return false;
                code = code << 6 | (*p & 0x3Fu);
            }
            if (code < 0xA0 || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) return false;
        }
#endif
    }
    return p[1] == 0;
}
static void no_form_lets_values_out(void) {
    static const char *const values[] = {
        "a\nERROR forged", "\r\n\t\v", "\x1B[2J\x1B]0;title\x07", "\x7F\x01", "\x9B" "31m", "\xC2\x9B" "31m", "\xC2\x85",
        "\xFF\xFE", "\xE2\x82", "\xED\xA0\x80", "\xC0\x8A", "\xF4\x90\x80\x80", "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80",
        "\",\"level\":\"error", "x level=error", "\\\" b=\"", "\xC2", "long enough for eight at once \xC2\x9B and more"};
    size_t i;
    int form;
    fresh();
    for (form = 0; form < 3; form++)
        for (i = 0; i < PK__COUNTOF(values); i++) {
            const char *p;
#if PERFKIT_LOG_FORMS
            CHECK_STATUS(pk_log_set_form(&logger, keep, NULL, form), PK_OK);
#endif
            PK_LOG_TO(&logger, PK_LOG_WARN, "%s|%.40s|%30s|%c%c", values[i], values[i], values[i], values[i][0], '\n');
            CHECK(is_harmless(got));
            PK_LOG_KV_TO(&logger, PK_LOG_WARN, "text", PK_KV_S("key", values[i]));
            CHECK(is_harmless(got));
            p = strstr(got, "ERROR");
            CHECK(p == NULL || strstr(p + 1, "ERROR") == NULL);
        }
#if PK__FULL
    PK_LOG_TO(&logger, PK_LOG_WARN, "%s", "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"); /* what is UTF-8 passes */
    CHECK(strstr(got, "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80") != NULL);
    fresh();
    PK_LOG_KV_TO(&logger, PK_LOG_WARN, "text", PK_KV_S("key", "\xFF\xC2\x9B"));
    CHECK_TEXT(behind_place(), "text key=\\xFF\\xC2\\x9B\n");
#endif
}
static unsigned evaluated;
static unsigned count_me(void) { return ++evaluated; }
static void fields_of_a_level_that_is_off_are_not_evaluated(void) {
    fresh();
    evaluated = 0;
    PK_LOG_KV_TO(&logger, PK_LOG_DEBUG, "t", PK_KV_U("n", count_me()));
    CHECK_EQ(evaluated, 0);
    PK_LOG_KV_TO(&logger, PK_LOG_ERROR, "t", PK_KV_U("n", count_me()));
    CHECK_EQ(evaluated, 1);
}
static void the_type_picks_the_field(void) {
#ifdef PK_KV
    const char *text = "s";
    fresh();
    PK_LOG_KV_TO(&logger, PK_LOG_WARN, "t", PK_KV("i", -1), PK_KV("u", 2u), PK_KV("l", 3L), PK_KV("s", text),
                 PK_KV("b", (bool)true));
    CHECK_TEXT(behind_place(), "t i=-1 u=2 l=3 s=s b=true\n");
#if PERFKIT_FLOAT
    PK_LOG_KV_TO(&logger, PK_LOG_WARN, "t", PK_KV("d", 1.5), PK_KV_D("e", 1e300), PK_KV("q", (unsigned long long)-1));
    CHECK_TEXT(behind_place(), "t d=1.5 e=1e+300 q=18446744073709551615\n");
#endif
#endif
}
static void names_of_levels_are_read(void) {
    CHECK_EQ(pk_log_level_from("debug"), PK_LOG_DEBUG);
    CHECK_EQ(pk_log_level_from("Warn"), PK_LOG_WARN);
    CHECK_EQ(pk_log_level_from("WARNING"), PK_LOG_WARN);
    CHECK_EQ(pk_log_level_from("off"), PK_LOG_OFF);
    CHECK_EQ(pk_log_level_from("TRACE"), PK_LOG_TRACE);
    CHECK_EQ(pk_log_level_from("errors"), -1);
    CHECK_EQ(pk_log_level_from(""), -1);
    CHECK_EQ(pk_log_level_from(NULL), -1);
}

#if PERFKIT_LOG_FORMS
/* A reader of JSON that takes nothing but valid JSON (RFC 8259), written apart from what is tested. */
static const char *json_value(const char *p, int depth);
static const char *json_string(const char *p) {
    int i;
    if (p == NULL || *p++ != '"') return NULL;
    while (*p != '"') {
        unsigned char c = (unsigned char)*p++;
        if (c < 0x20) return NULL;
        if (c == '\\') {
            c = (unsigned char)*p++;
            if (c == 'u') {
                for (i = 0; i < 4; i++, p++)
                    if (*p == 0 || strchr("0123456789abcdefABCDEF", *p) == NULL) return NULL;
            } else if (c == 0 || strchr("\"\\/bfnrt", c) == NULL) return NULL;
        } else if (c >= 0x80) {
            i = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC2 ? 1 : 0;
            if (i == 0) return NULL;
            while (i-- > 0)
                if (((unsigned char)*p++ & 0xC0) != 0x80) return NULL;
        }
    }
    return p + 1;
}
static const char *json_number(const char *p) {
    size_t n;
    if (*p == '-') p++;
    if (*p == '0' && p[1] >= '0' && p[1] <= '9') return NULL;
    n = strspn(p, "0123456789");
    if (n == 0) return NULL;
    p += n;
    if (*p == '.') {
        n = strspn(++p, "0123456789");
        if (n == 0) return NULL;
        p += n;
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        if (*p == '+' || *p == '-') p++;
        n = strspn(p, "0123456789");
        if (n == 0) return NULL;
        p += n;
    }
    return p;
}
static const char *json_object(const char *p, int depth) {
    if (*p++ != '{') return NULL;
    for (;;) {
        p = json_string(p);
        if (p == NULL || *p++ != ':') return NULL;
        p = json_value(p, depth + 1);
        if (p == NULL) return NULL;
        if (*p == '}') return p + 1;
        if (*p++ != ',') return NULL;
    }
}
static const char *json_value(const char *p, int depth) {
    if (depth > 4) return NULL;
    if (*p == '"') return json_string(p);
    if (*p == '{') return json_object(p, depth);
    if (strncmp(p, "true", 4) == 0 || strncmp(p, "null", 4) == 0) return p + 4;
    if (strncmp(p, "false", 5) == 0) return p + 5;
    return json_number(p);
}
static bool is_json_line(const char *text) {
    const char *end = json_object(text, 0);
    return end != NULL && strcmp(end, "\n") == 0;
}
static pk_time fake_clock(void *user) {
    (void)user;
    return 12345;
}
static uint32_t fake_wall(void *user, uint16_t *ms) {
    (void)user;
    *ms = 678;
    return 1767323045u;
}
static void json_lines_are_valid(void) {
    fresh();
    desc.no_time = false;
    desc.wall = fake_wall;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    CHECK_STATUS(pk_log_set_form(&logger, keep, NULL, PK_LOG_JSON), PK_OK);
    PK_LOG_KV_TO(&logger, PK_LOG_WARN, "peer \"is\" slow", PK_KV_I("ms", 1200), PK_KV_S("host", "a\n\"\\\x01\xFF\xC3\xA9"));
    CHECK(is_json_line(got));
    CHECK(strstr(got, "{\"time\":\"2026-01-02T03:04:05.678Z\",\"level\":\"warn\",\"name\":\"net\","
                      "\"file\":\"log_fields_test.c\",\"line\":") == got);
    CHECK(strstr(got, ",\"message\":\"peer \\\"is\\\" slow\",\"ms\":1200,\"host\":\"a\\n\\\"\\\\\\u0001\\ufffd\xC3\xA9\"}\n") != NULL);
    PK_LOG_TO(&logger, PK_LOG_ERROR, "user %s", "x\",\"level\":\"info\n");
    CHECK(is_json_line(got));
    CHECK(strstr(got, "\"message\":\"user x\\\",\\\"level\\\":\\\"info\\n\"}\n") != NULL);
    PK_LOG_KV_TO(&logger, PK_LOG_ERROR, "", PK_KV_D("d", 0.1), PK_KV_D("n", (double)(1e308 * 10)), PK_KV_P("p", &logger),
                 PK_KV_B("b", 1), PK_KV_S("s", NULL));
    CHECK(is_json_line(got));
    CHECK(strstr(got, ",\"message\":\"\",\"d\":0.1,\"n\":\"inf\",\"p\":\"0x") != NULL);
    desc.wall = NULL;
    desc.clock = fake_clock;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    CHECK_STATUS(pk_log_set_form(&logger, keep, NULL, PK_LOG_JSON), PK_OK);
    pk_log_write(&logger, PK_LOG_ERROR, "plain");
    CHECK_TEXT(got, "{\"time\":12345,\"level\":\"error\",\"message\":\"plain\"}\n");
}
static void json_is_valid_however_it_is_cut(void) {
    static const char *const values[] = {"\xF0\x9F\x98\x80", "\"", "\n", "\x01", "a", "\xE2"};
    char value[PERFKIT_LOG_LINE + 8];
    size_t kind, n, length;
    pk_log_counts counts;
    fresh();
    CHECK_STATUS(pk_log_set_form(&logger, keep, NULL, PK_LOG_JSON), PK_OK);
    for (kind = 0; kind < PK__COUNTOF(values); kind++)
        for (n = 0; n < sizeof value - 8; n += kind == 0 ? 1 : 7) {
            memset(value, 'y', sizeof value);
            length = strlen(values[kind]);
            memcpy(value + n / 2, values[kind], length);
            value[n] = 0;
            PK_LOG_KV_TO(&logger, PK_LOG_WARN, "m", PK_KV_S("v", value), PK_KV_I("i", 12345), PK_KV_S("w", value));
            CHECK(is_json_line(got));
            PK_LOG_TO(&logger, PK_LOG_WARN, "%s %s", value, value);
            CHECK(is_json_line(got));
        }
    CHECK(strstr(got, "...\",\"truncated\":true}\n") != NULL);
    pk_log_get_counts(&logger, &counts);
    CHECK(counts.truncated > 100 && counts.truncated < counts.lines);
}
static void logfmt_quotes_what_it_must(void) {
    fresh();
    CHECK_STATUS(pk_log_set_form(&logger, keep, NULL, PK_LOG_LOGFMT), PK_OK);
    CHECK_STATUS(pk_log_set_form(&logger, keep, NULL, 3), PK_INVALID);
    CHECK_STATUS(pk_log_set_form(&logger, keep, &logger, PK_LOG_JSON), PK_NOT_FOUND);
    PK_LOG_KV_TO(&logger, PK_LOG_WARN, "it \"is\"", PK_KV_I("ms", 12), PK_KV_S("host", "a b"), PK_KV_S("id", "x1"));
    CHECK(strstr(got, "level=warn name=net at=log_fields_test.c:") == got);
    CHECK(strstr(got, " msg=\"it \\\"is\\\"\" ms=12 host=\"a b\" id=x1\n") != NULL);
    pk_log_write(&logger, PK_LOG_ERROR, "%s", "a\nlevel=info");
    CHECK_TEXT(got, "level=error msg=\"a\\nlevel=info\"\n");
}
/* Cut at each byte of a text with characters of one to four bytes and what is escaped, quoted and not. */
static void logfmt_keeps_the_start_of_what_is_too_long(void) {
    static const char parts[4][9] = {"\xC3\xA9", "\xE2\x82\xAC", "\"\\", "\x01"};
    char value[PERFKIT_LOG_LINE + 8];
    size_t i, pad, used;
    fresh();
    CHECK_STATUS(pk_log_set_form(&logger, keep, NULL, PK_LOG_LOGFMT), PK_OK);
    for (i = 0; i < 4; i++)
        for (pad = 1; pad < 14; pad++) {
            const char *at;
            memset(value, 'x', pad);
            for (used = pad; used + 3 < sizeof value; used += strlen(parts[i])) memcpy(value + used, parts[i], strlen(parts[i]) + 1);
            pk_log_write(&logger, PK_LOG_ERROR, "%s", value);
            at = strstr(got, "...\" truncated=true\n");
            CHECK(at != NULL && at > got + PERFKIT_LOG_LINE - 40);
            CHECK(strstr(got, "level=error msg=\"x") == got);
            CHECK(at != NULL && (i == 0 ? at[-1] == '\xA9' || at[-1] == 'x' : i == 1 ? at[-1] == '\xAC' || at[-1] == 'x'
                                : i == 2 ? at[-1] == '"' || at[-2] == '\\' : memcmp(at - 4, "\\x01", 4) == 0));
        }
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = 0;
    PK_LOG_KV_TO(&logger, PK_LOG_WARN, "short", PK_KV_S("key", value), PK_KV_I("n", 1));
    CHECK(strstr(got, " msg=\"short\" key=xxxx") != NULL);
    CHECK(strstr(got, "xxx... truncated=true\n") == got + strlen(got) - 22);
}
static char other[PERFKIT_LOG_LINE];
static pk_status keep_other(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)level;
    if (length) memcpy(other, text, length + 1);
    return PK_OK;
}
static void each_sink_has_its_form(void) {
    pk_log_counts counts;
    fresh();
    CHECK_STATUS(pk_log_add_sink(&logger, keep_other, NULL, PK_LOG_TRACE), PK_OK);
    CHECK_STATUS(pk_log_set_form(&logger, keep_other, NULL, PK_LOG_JSON), PK_OK);
    pk_log_write(&logger, PK_LOG_ERROR, "n=%d", 7);
    CHECK_TEXT(got, "ERROR n=7\n");
    CHECK_TEXT(other, "{\"level\":\"error\",\"message\":\"n=7\"}\n");
    pk_log_get_counts(&logger, &counts);
    CHECK_EQ(counts.lines, 1);
}
#endif

#if PERFKIT_LOG_RULES
static void names_have_levels_of_their_own(void) {
    pk_log_rules rules, more;
    memset(&rules, 0, sizeof rules);
    fresh();
    CHECK_STATUS(pk_log_set_rules(&logger, &rules, "db=ERROR,ne*=debug"), PK_OK);
    evaluated = 0;
    PK_LOG_TO(&logger, PK_LOG_DEBUG, "%u", count_me());
    PK_LOG_TO(&logger, PK_LOG_TRACE, "%u", count_me());
    CHECK_EQ(calls, 1);
    CHECK_EQ(evaluated, 1);
    pk_log_write(&logger, PK_LOG_DEBUG, "the logger has no name"); /* its level is WARN */
    CHECK_EQ(calls, 1);
    CHECK_STATUS(pk_log_set_rules(&logger, &rules, "net=OFF"), PK_BUSY);
    CHECK_STATUS(pk_log_set_rules(&logger, &more, "net=OFF"), PK_OK);
    PK_LOG_TO(&logger, PK_LOG_ERROR, "%u", count_me());
    pk_log_write(&logger, PK_LOG_ERROR, "passes");
    CHECK_EQ(calls, 2);
    CHECK_EQ(evaluated, 1);
    CHECK_STATUS(pk_log_set_rules(&logger, &rules, "net"), PK_INVALID);
    CHECK_STATUS(pk_log_set_rules(&logger, &rules, "=DEBUG"), PK_INVALID);
    CHECK_STATUS(pk_log_set_rules(&logger, &rules, "a=LOUD"), PK_INVALID);
    CHECK_STATUS(pk_log_set_rules(&logger, &rules, "a=OFF,b=OFF,c=OFF,d=OFF,e=OFF,f=OFF,g=OFF,h=OFF,i=OFF"), PK_FULL);
    PK_LOG_TO(&logger, PK_LOG_ERROR, "still off");
    CHECK_EQ(calls, 2);
    CHECK_STATUS(pk_log_set_rules(&logger, &rules, "*=INFO"), PK_OK);
    PK_LOG_TO(&logger, PK_LOG_INFO, "passes");
    CHECK_EQ(calls, 3);
    CHECK_STATUS(pk_log_set_rules(&logger, NULL, NULL), PK_OK);
    PK_LOG_TO(&logger, PK_LOG_INFO, "off again");
    CHECK_EQ(calls, 3);
}
/* Kinds of lines, each with a name: what a program of many files has. */
#undef PERFKIT_LOG_NAME
#define PERFKIT_LOG_NAME "timing"
static void log_timing(void) { PK_LOG_TO(&logger, PK_LOG_DEBUG, "timing"); }
#undef PERFKIT_LOG_NAME
#define PERFKIT_LOG_NAME "debug_timing"
static void log_debug_timing(void) { PK_LOG_TO(&logger, PK_LOG_DEBUG, "debug_timing"); }
#undef PERFKIT_LOG_NAME
#define PERFKIT_LOG_NAME "loads"
static void log_loads(void) { PK_LOG_TO(&logger, PK_LOG_DEBUG, "loads"); }
#undef PERFKIT_LOG_NAME
#define PERFKIT_LOG_NAME "memory"
static void log_memory(void) { PK_LOG_TO(&logger, PK_LOG_DEBUG, "memory"); }
static void kinds_of_lines_are_switched_one_by_one(void) {
    static const char *const rules[4][2] = {{"timing=DEBUG,*=OFF", "timing=OFF,*=DEBUG"},
                                            {"debug_timing=DEBUG,*=OFF", "debug_timing=OFF,*=DEBUG"},
                                            {"loads=DEBUG,*=OFF", "loads=OFF,*=DEBUG"},
                                            {"memory=DEBUG,*=OFF", "memory=OFF,*=DEBUG"}};
    pk_log_rules on, off;
    unsigned i, n;
    for (i = 0; i < 4; i++)
        for (n = 0; n < 2; n++) {
            memset(&on, 0, sizeof on);
            memset(&off, 0, sizeof off);
            fresh();
            got[0] = 0;
            CHECK_STATUS(pk_log_set_rules(&logger, n ? &off : &on, rules[i][n]), PK_OK);
            log_timing();
            log_debug_timing();
            log_loads();
            log_memory();
            CHECK_EQ(calls, n ? 3 : 1); /* that one alone, or all others */
            if (n == 0) CHECK(strstr(got, i == 0 ? " timing\n" : i == 1 ? " debug_timing\n" : i == 2 ? " loads\n" : " memory\n") != NULL);
            CHECK_STATUS(pk_log_set_rules(&logger, NULL, NULL), PK_OK);
        }
}
#endif

TESTS {
    RUN("L14", "fields stand behind the text, as key=value", fields_stand_behind_the_text)
    RUN("L22", "no value forges a field or a line", values_forge_no_field)
    RUN("L22", "no value forges a line, a field or a terminal's sequence, in any form", no_form_lets_values_out)
    RUN("L06", "fields of a level that is off are not evaluated", fields_of_a_level_that_is_off_are_not_evaluated)
    RUN("L14", "PK_KV picks the field by the type of the value", the_type_picks_the_field)
    RUN("L19", "names of levels are read in any case; others are refused", names_of_levels_are_read)
#if PERFKIT_LOG_FORMS
    RUN("L24", "JSON lines are valid and escape values", json_lines_are_valid)
    RUN("L24", "JSON lines too long are cut to valid JSON", json_is_valid_however_it_is_cut)
    RUN("L24", "logfmt quotes what it must", logfmt_quotes_what_it_must)
    RUN("L24", "logfmt lines too long keep the start of what is cut", logfmt_keeps_the_start_of_what_is_too_long)
    RUN("L24", "each sink has a form of its own", each_sink_has_its_form)
#endif
#if PERFKIT_LOG_RULES
    RUN("L16", "each of four kinds of lines is switched on and off by itself", kinds_of_lines_are_switched_one_by_one)
    RUN("L18", "names have levels of their own, by at most eight rules", names_have_levels_of_their_own)
#endif
}
