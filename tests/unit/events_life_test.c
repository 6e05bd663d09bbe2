/* targets: hosted */
/* Begin and end of scopes and registries, and what goes wrong between, as log lines. */
#include <string.h>
#include "../../perfkit.h"
#include "../support/test.h"

static char got[4096];
static int last_level;
static pk_status keep(void *user, int level, const char *text, size_t length) {
    (void)user;
    if (length == 0) return PK_OK;
    last_level = level;
    if (strlen(got) + length < sizeof got) strcat(got, text);
    return PK_OK;
}
static pk_log logger;
static void start(int level) {
    pk_log_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.sink = keep;
    desc.no_time = true;
    desc.level = (uint8_t)level;
    CHECK_STATUS(pk_log_init(&logger, &desc), PK_OK);
    got[0] = 0;
}
static bool told(const char *text) { return strstr(got, text) != NULL; }
/* Numbers become #, so that times don't matter. */
static void no_digits(void) {
    const char *from;
    char *to = got;
    for (from = got; *from; from++) {
        bool digit = *from >= '0' && *from <= '9';
        if (!digit) *to++ = *from;
        else if (to == got || to[-1] != '#') *to++ = '#';
    }
    *to = 0;
}

static pk_status fails(void *context) {
    (void)context;
    return PK_IO;
}
static pk_status works(void *context) {
    (void)context;
    return PK_OK;
}
static void a_failing_cleanup_is_a_warning(void) {
    static unsigned char memory[PK_SCOPE_BYTES(4)];
    pk_scope scope;
    pk_scope_desc desc;
    pk_ticks began;
    memset(&desc, 0, sizeof desc);
    desc.name = "request";
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    desc.on_event = pk_log_scope_event;
    desc.user = &logger;
    start(PK_LOG_INFO);
    CHECK_STATUS(pk_scope_init(&scope, &desc), PK_OK);
    began = pk_scope_begin_log(&scope, &logger);
    CHECK_TEXT(got, ""); /* DEBUG */
    CHECK_STATUS(pk_scope_defer(&scope, works, NULL, "file"), PK_OK);
    CHECK_STATUS(pk_scope_defer(&scope, fails, NULL, "socket"), PK_OK);
    CHECK_STATUS(pk_scope_close_log(&scope, &logger, began), PK_IO);
    CHECK(told("WARN  scope request: cleanup failed socket (reading or writing failed)\n"));
    no_digits();
    CHECK(told("INFO  scope request: # cleanups in #.# ms, # failed\n"));
    start(PK_LOG_DEBUG);
    CHECK_STATUS(pk_scope_init(&scope, &desc), PK_OK);
    began = pk_scope_begin_log(&scope, &logger);
    CHECK_STATUS(pk_scope_defer(&scope, works, NULL, "file"), PK_OK);
    CHECK_STATUS(pk_scope_close_log(&scope, &logger, began), PK_OK);
    no_digits();
    CHECK_TEXT(got, "DEBUG scope request begins\nINFO  scope request: # cleanups in #.# ms\n");
    start(PK_LOG_INFO); /* failures are counted modulo 65536 */
    CHECK_STATUS(pk_scope_init(&scope, &desc), PK_OK);
    pk_scope_set_on_event(&scope, NULL, NULL);
    while (pk_scope_failures(&scope) != 65535u) {
        CHECK_STATUS(pk_scope_defer(&scope, fails, NULL, "socket"), PK_OK);
        CHECK_STATUS(pk_scope_unwind(&scope, 0), PK_IO);
    }
    CHECK_STATUS(pk_scope_defer(&scope, fails, NULL, "socket"), PK_OK);
    CHECK_STATUS(pk_scope_close_log(&scope, &logger, pk_scope_begin_log(&scope, &logger)), PK_IO);
    CHECK(told("1 cleanups in ") && told(" ms, 1 failed\n"));
    start(PK_LOG_INFO); /* a scope of 60 days */
    CHECK_STATUS(pk_scope_init(&scope, &desc), PK_OK);
    began = pk_scope_begin_log(&scope, &logger) - (pk_ticks)60 * 86400 * PERFKIT_TICKS_HZ;
    CHECK_STATUS(pk_scope_close_log(&scope, &logger, began), PK_OK);
    CHECK(told("INFO  scope request: 0 cleanups in 51840") && strlen(got) == strlen("INFO  scope request: 0 cleanups in 5184000000.0 ms\n"));
}

static int object;
static pk_status makes(pk_registry *r, pk_scope *scope, void *user, void **made) {
    (void)r;
    (void)scope;
    (void)user;
    *made = &object;
    return PK_OK;
}
static pk_status makes_nothing(pk_registry *r, pk_scope *scope, void *user, void **made) {
    (void)r;
    (void)scope;
    (void)user;
    (void)made;
    return PK_CREATE_FAILED;
}
static pk_status ends_badly(void *what) {
    (void)what;
    return PK_TIMEOUT;
}
static pk_provider table[] = {
    {"db", makes, ends_badly, NULL, NULL, PK_SINGLETON, 0, 0, 0},  {"a", makes, NULL, NULL, "b", PK_SINGLETON, 0, 0, 0},
    {"b", makes, NULL, NULL, "c", PK_SINGLETON, 0, 0, 0},          {"c", makes, NULL, NULL, "a", PK_SINGLETON, 0, 0, 0},
    {"mail", makes_nothing, NULL, NULL, NULL, PK_SINGLETON, 0, 0, 0}, {"x", makes, NULL, NULL, "nobody", PK_SINGLETON, 0, 0, 0}};
static void providers_are_told_of(void) {
    static const pk_provider again = {"db", makes, NULL, NULL, NULL, PK_REQUEST, 0, 0, 0};
    pk_registry registry;
    pk_registry_desc desc;
    pk_registry_log loads;
    void *found;
    memset(&desc, 0, sizeof desc);
    desc.name = "app";
    desc.providers = table;
    desc.provider_count = PK__COUNTOF(table);
    desc.on_event = pk_log_registry_event;
    desc.user = &logger;
    desc.threads = true;
    start(PK_LOG_INFO);
    CHECK_STATUS(pk_registry_init(&registry, &desc), PK_OK);
    pk_registry_init_log(&registry, &logger);
    CHECK_TEXT(got, "INFO  init: registry app, 6 providers\n");

    got[0] = 0;
    CHECK_STATUS(pk_registry_add(&registry, &again, 1, NULL), PK_EXISTS); /* L11 */
    CHECK_TEXT(got, "ERROR registry app: not added, there is already db (singleton, not request, already there): "
                    "for another one use pk_registry_override\n");

    got[0] = 0;
    CHECK_STATUS(pk_registry_get_named(&registry, NULL, "a", &found), PK_CYCLE); /* L12 */
    CHECK_EQ(last_level, PK_LOG_ERROR);
    CHECK(told("a -> b -> c -> a"));
    got[0] = 0;
    CHECK(pk_registry_get_named(&registry, NULL, "mail", &found) != PK_OK);
    CHECK(told("ERROR registry app: create failed mail (the create callback failed): look at the create of the last one\n"));
    got[0] = 0;
    CHECK(pk_registry_get_named(&registry, NULL, "x", &found) != PK_OK);
    CHECK_EQ(last_level, PK_LOG_ERROR);
    CHECK(told("nobody"));

    got[0] = 0;
    pk_registry_loads_log(&loads, &registry, &logger); /* L17: at DEBUG, off here */
    CHECK_STATUS(pk_registry_get_named(&registry, NULL, "db", &found), PK_OK);
    CHECK_TEXT(got, "");
    pk_registry_loads_log(&loads, &registry, NULL);

    CHECK_STATUS(pk_registry_close_log(&registry, &logger), PK_TIMEOUT);
    CHECK(told("WARN  registry app: cleanup failed db (the time limit passed)\n"));
    CHECK(told("INFO  shutdown: registry app, 1 ended, 2 made, 1 failed, 1 cleanups failed\n"));
    got[0] = 0;
    CHECK_STATUS(pk_registry_close_log(&registry, &logger), PK_OK); /* once */
    CHECK_TEXT(got, "");
}
static void what_is_loaded_is_told_once(void) {
    pk_registry registry;
    pk_registry_desc desc;
    pk_registry_log loads;
    void *found;
    memset(&desc, 0, sizeof desc);
    desc.providers = table;
    desc.provider_count = 1;
    start(PK_LOG_DEBUG);
    CHECK_STATUS(pk_registry_init(&registry, &desc), PK_OK);
    pk_registry_loads_log(&loads, &registry, &logger);
    CHECK_STATUS(pk_registry_get_named(&registry, NULL, "db", &found), PK_OK);
    CHECK_STATUS(pk_registry_get_named(&registry, NULL, "db", &found), PK_OK);
    no_digits();
    CHECK(strncmp(got, "DEBUG db loaded in ", 19) == 0);
    CHECK(strchr(got, '\n') == got + strlen(got) - 1);
    CHECK(told(" ms cached=#\n"));
    CHECK_STATUS(pk_registry_close(&registry), PK_TIMEOUT);
}

/* ---- The way of each get ---- */

static pk_status gets_next(pk_registry *r, pk_scope *scope, void *user, void **made) { /* user: the name of what it gets */
    return pk_registry_get_named(r, scope, (const char *)user, made);
}
static char name_two[] = "two", name_three[] = "three", name_four[] = "four", name_five[] = "five";
static pk_provider ways[] = {{"one", gets_next, NULL, name_two, NULL, PK_SINGLETON, 0, 0, 0},
                             {"two", gets_next, NULL, name_three, NULL, PK_TRANSIENT, 0, 0, 0},
                             {"three", makes, NULL, NULL, NULL, PK_SINGLETON, 0, 0, 0},
                             {"a", makes, NULL, NULL, "b", PK_SINGLETON, 0, 0, 0},
                             {"b", makes, NULL, NULL, "c", PK_SINGLETON, 0, 0, 0},
                             {"c", makes, NULL, NULL, NULL, PK_SINGLETON, 0, 0, 0},
                             {"x", makes, NULL, NULL, "y", PK_SINGLETON, 0, 0, 0},
                             {"y", gets_next, NULL, name_four, NULL, PK_SINGLETON, 0, 0, 0},
                             {"four", makes_nothing, NULL, NULL, NULL, PK_SINGLETON, 0, 0, 0},
                             {"pool", makes, NULL, NULL, "databse", PK_SINGLETON, 0, 0, 0},
                             {"database", gets_next, NULL, name_five, NULL, PK_SINGLETON, 0, 0, 0}};
static void debug_shows_the_way_of_each_get(void) {
    pk_registry registry;
    pk_registry_desc desc;
    void *found;
    memset(&desc, 0, sizeof desc);
    desc.name = "app";
    desc.providers = ways;
    desc.provider_count = PK__COUNTOF(ways);
    desc.on_event = pk_log_registry_event;
    desc.user = &logger;
    start(PK_LOG_DEBUG);
    CHECK_STATUS(pk_registry_init(&registry, &desc), PK_OK);
    pk_registry_trace_log(&registry, &logger);
    CHECK_STATUS(pk_registry_get_named(&registry, NULL, "one", &found), PK_OK); /* three gets, one in the other */
    CHECK_TEXT(got, "DEBUG registry app: get one -> two -> three (made)\n"
                    "DEBUG registry app: get one -> two (made)\nDEBUG registry app: get one (made)\n");
    got[0] = 0;
    CHECK_STATUS(pk_registry_get_named(&registry, NULL, "two", &found), PK_OK);
    CHECK_TEXT(got, "DEBUG registry app: get two -> three (there)\nDEBUG registry app: get two (made)\n");
    got[0] = 0;
    CHECK_STATUS(pk_registry_get_named(&registry, NULL, "a", &found), PK_OK); /* one get, two needs */
    CHECK_STATUS(pk_registry_get_named(&registry, NULL, "a", &found), PK_OK);
    CHECK_TEXT(got, "DEBUG registry app: get a -> b -> c (made)\nDEBUG registry app: get a -> b (made)\n"
                    "DEBUG registry app: get a (made)\nDEBUG registry app: get a (there)\n");
    got[0] = 0; /* what failed, how it came to it, why, and what to do */
    CHECK_STATUS(pk_registry_get_named(&registry, NULL, "x", &found), PK_CREATE_FAILED);
    CHECK(told("ERROR registry app: create failed x -> y -> four (the create callback failed): look at the create of the last one\n"));
    CHECK(told("DEBUG registry app: get x -> y -> four (the create callback failed)\n"));
    got[0] = 0;
    CHECK_STATUS(pk_registry_get_named(&registry, NULL, "pool", &found), PK_NOT_FOUND);
    CHECK(told("\"pool\" needs \"databse\", which nobody provides; did you mean \"database\"? (not there): "
               "add a provider of that name first\n"));
    pk_registry_trace_log(&registry, NULL);
    got[0] = 0;
    CHECK_STATUS(pk_registry_get_named(&registry, NULL, "a", &found), PK_OK);
    CHECK_TEXT(got, "");
    CHECK_STATUS(pk_registry_close(&registry), PK_OK);
}

TESTS {
    RUN("L02 L10 L13", "a scope's end is INFO, with time and cleanups; a failing cleanup WARN, with name and status",
        a_failing_cleanup_is_a_warning)
    RUN("L02 L09 L11 L12", "providers: init and shutdown INFO, once; conflicts, cycles with their chain, and failures ERROR",
        providers_are_told_of)
    RUN("L15", "DEBUG shows the way of each get once; errors have the name, the way to it, the cause and what to do",
        debug_shows_the_way_of_each_get)
    RUN("L17", "what is loaded is told at DEBUG, once, with its time", what_is_loaded_is_told_once)
}
