/* stb_ds under perfkit: what its containers take is counted, scopes free them, whatever fails on the way. */
#define PERFKIT_CORE_ONLY
#define PERFKIT_STB_DS 1
#define PERFKIT_IMPLEMENTATION
#include "../../perfkit.h"
#include "../support/test.h"
#if defined __GNUC__
#pragma GCC diagnostic ignored "-Wconversion" /* of the macros of stb_ds 0.67 */
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wcast-align"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#pragma GCC diagnostic ignored "-Wunused-macros"
#define typeof __typeof__ /* strict C99 lacks it, the hash macros ask for it */
#endif
#define STB_DS_IMPLEMENTATION
#include <stb/stb_ds.h>

typedef struct pair { int key, value; } pair;
typedef struct named { char *key; int value; } named;

static size_t out(void) {
    pk_mem_stats s;
    pk_mem_get_stats(&pk_stb_ds_mem, &s);
    return s.current;
}
static void name_of(char *name, int i) { /* "n77" */
    char digits[8];
    int n = 0;
    *name++ = 'n';
    do digits[n++] = (char)('0' + i % 10);
    while ((i /= 10) != 0);
    while (n > 0) *name++ = digits[--n];
    *name = 0;
}
static void containers_are_counted_and_freed_by_their_scope(void) {
    PK_SCOPE_AUTO(scope, 8);
    int *array = NULL, i;
    pair *map = NULL;
    named *names = NULL;
    CHECK(out() == 0);
    CHECK_STATUS(PK_SCOPE_STB_ARRAY(&scope, array), PK_OK); /* empty still: the variable counts */
    CHECK_STATUS(PK_SCOPE_STB_MAP(&scope, map), PK_OK);
    CHECK_STATUS(PK_SCOPE_STB_MAP(&scope, names), PK_OK);
    sh_new_strdup(names);
    for (i = 0; i < 1000; i++) {
        char name[16];
        name_of(name, i);
        arrput(array, i);
        hmput(map, i, i * 2);
        shput(names, name, i);
    }
    CHECK_EQ(array[999], 999);
    CHECK_EQ(hmget(map, 500), 1000);
    CHECK_EQ(shget(names, "n77"), 77);
    CHECK(out() > 1000 * (sizeof(int) + sizeof(pair) + sizeof(named)));
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK(array == NULL && map == NULL && names == NULL);
    CHECK(out() == 0);
}
static void a_full_scope_leaves_the_container_to_the_caller(void) {
    PK_SCOPE_AUTO(scope, 1);
    int *first = NULL, *second = NULL;
    arrput(second, 1);
    CHECK_STATUS(PK_SCOPE_STB_ARRAY(&scope, first), PK_OK);
    CHECK_STATUS(PK_SCOPE_STB_ARRAY(&scope, second), PK_FULL);
    CHECK_EQ(second[0], 1);
    arrfree(second);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK(out() == 0);
}
static int refused;
static void hear(void *user, const pk_event *event) {
    (void)user;
    if (event->kind == PK_MEM_EVENT_PRESSURE) refused++;
}
static void a_limit_is_told_and_nothing_breaks(void) {
    pk_mem_desc desc;
    int *array = NULL, i;
    memset(&desc, 0, sizeof desc);
    desc.limit = 1000;
    desc.on_event = hear;
    CHECK_STATUS(pk_mem_init(&pk_stb_ds_mem, &desc), PK_OK);
    for (i = 0; i < 1000; i++) arrput(array, i);
    CHECK_EQ(array[999], 999);
    CHECK_EQ(refused, 1);
    arrfree(array);
    CHECK(out() == 0);
}

/* What one registry saves over three maps: from a name to the provider, to its cleanup, to its lifetime. */
typedef struct row { char *key; void *value; } row;
static void a_registry_is_smaller_than_three_maps(void) {
    enum { MANY = 1000 };
    static char name[MANY][8];
    row *providers = NULL, *cleanups = NULL, *lifetimes = NULL;
    int i;
    CHECK_STATUS(pk_mem_init(&pk_stb_ds_mem, NULL), PK_OK);
    for (i = 0; i < MANY; i++) {
        name_of(name[i], i);
        shput(providers, name[i], name[i]);
        shput(cleanups, name[i], name[i]);
        shput(lifetimes, name[i], name[i]);
    }
    CHECK(PK_REGISTRY_BYTES(MANY) * 10 <= out() * 9);
    shfree(providers);
    shfree(cleanups);
    shfree(lifetimes);
    CHECK(out() == 0);
}

TESTS {
    RUN("C02", "a registry of a thousand takes at least 10 % less than three maps", a_registry_is_smaller_than_three_maps)
    RUN("D03", "stb_ds's containers are counted, and freed by their scope", containers_are_counted_and_freed_by_their_scope)
    RUN("D03 C33", "a scope without room leaves a container to the caller", a_full_scope_leaves_the_container_to_the_caller)
    RUN("D03 C74", "a limit is told; stb_ds, which cannot fail, goes on", a_limit_is_told_and_nothing_breaks)
}
