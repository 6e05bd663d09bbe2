/* targets: avr-large, large */
/* Providers: made once, after what they need, for as long as they live; tables in ROM, no heap. */
#define PERFKIT_CORE_ONLY
#include "../../perfkit.h"
#include "../support/test.h"

static char made[16], ended[16]; /* a letter for each */
static uint8_t makes, ends;
static uint8_t failures; /* of the next creations */
static pk_status make(pk_registry *r, pk_scope *scope, void *user, void **object) {
    (void)r;
    (void)scope;
    if (failures) {
        failures--;
        return PK_IO;
    }
    *object = user;
    made[makes++] = *(const char *)user;
    made[makes] = 0;
    return PK_OK;
}
static pk_status end(void *object) {
    ended[ends++] = *(const char *)object;
    ended[ends] = 0;
    return *(const char *)object == 'b' ? PK_IO : PK_OK;
}
static char letters[] = "abcdstrnxyz";
static pk_registry app;
static pk_status make_around(pk_registry *r, pk_scope *scope, void *user, void **object);
static pk_status make_null(pk_registry *r, pk_scope *scope, void *user, void **object) {
    (void)r;
    (void)scope;
    (void)user;
    makes++;
    *object = NULL;
    return PK_OK;
}

#define NAME(id, text) static const char id[] PK_ROM = text;
NAME(name_a, "alpha") NAME(name_b, "beta") NAME(name_c, "gamma") NAME(name_s, "session") NAME(name_t, "transient") NAME(name_r, "request")
NAME(name_n, "null") NAME(name_x, "x") NAME(name_y, "y") NAME(name_z, "zero")
NAME(needs_b, "alpha") NAME(name_w, "late") NAME(needs_c, "beta, alpha") NAME(needs_s, "gamma") NAME(needs_x, "y") NAME(needs_y, "x")
enum { A, B, C, S, T, R, N, Z };
static const pk_provider services[] PK_ROM = {
    {name_a, make, end, &letters[0], NULL, PK_SINGLETON, PK_CORE, 0, 0},
    {name_b, make, end, &letters[1], needs_b, PK_SINGLETON, PK_CORE, 0, 0},
    {name_c, make, end, &letters[2], needs_c, PK_SINGLETON, PK_CORE, 0, 0},
    {name_s, make, end, &letters[4], needs_s, PK_SESSION, PK_CORE, 0, 0},
    {name_t, make, end, &letters[5], NULL, 0, 0, 0, 0},
    {name_r, make, end, &letters[6], NULL, PK_REQUEST, PK_CORE, 0, 0},
    {name_n, make_null, NULL, NULL, NULL, PK_SINGLETON, PK_CORE, PK_PROVIDER_NULL_OK, 0},
    {name_z, make_null, NULL, NULL, NULL, PK_SINGLETON, PK_CORE, 0, 0},
};
static const pk_provider circle[] PK_ROM = {
    {name_x, make_around, NULL, &letters[8], needs_x, PK_SINGLETON, PK_CORE, 0, 0},
    {name_y, make_around, NULL, &letters[9], needs_y, PK_SINGLETON, PK_CORE, 0, 0},
};
static const pk_provider hidden_circle[] PK_ROM = { /* declares nothing */
    {name_x, make_around, NULL, &letters[8], NULL, PK_SINGLETON, PK_CORE, 0, 0},
    {name_y, make_around, NULL, &letters[9], NULL, PK_TRANSIENT, PK_CORE, 0, 0},
};
static const pk_provider late[] PK_ROM = {{name_w, make, NULL, NULL, NULL, PK_SINGLETON, PK_CORE, 0, 0}};
static const pk_provider unknown[] PK_ROM = {{name_x, make, NULL, &letters[8], needs_x, PK_SINGLETON, PK_CORE, 0, 0}};
static pk_status make_around(pk_registry *r, pk_scope *scope, void *user, void **object) {
    *object = user;
    return pk_registry_get(r, scope, *(const char *)user == 'x' ? 1 : 0, object);
}

static uint8_t events[16];
static char last_detail[40];
static void see(void *user, const pk_event *event) {
    (void)user;
    events[event->kind]++;
    if (event->kind == PK_REGISTRY_EVENT_CYCLE) {
        strncpy(last_detail, event->detail, sizeof last_detail - 1);
    }
}
static unsigned char memory[PK_REGISTRY_BYTES(10)];
static void open_with(const pk_provider *table, size_t count) {
    pk_registry_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.providers = table;
    desc.provider_count = count;
    desc.capacity = 10;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    desc.on_event = see;
    CHECK_STATUS(pk_registry_init(&app, &desc), PK_OK);
    memset(events, 0, sizeof events);
    makes = ends = failures = 0;
    made[0] = ended[0] = 0;
}
#define OPEN(table) open_with(table, sizeof(table) / sizeof(table)[0])

static pk_scope session, request, inner;
static unsigned char scope_memory[3][PK_SCOPE_BYTES(12) + 8 * sizeof(void *)];
static void open_scope(pk_scope *s, uint8_t n) {
    pk_scope_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.memory = scope_memory[n];
    desc.memory_size = sizeof scope_memory[n];
    CHECK_STATUS(pk_scope_init(s, &desc), PK_OK);
}
static void open_scopes(void) {
    open_scope(&session, 0);
    open_scope(&request, 1);
    open_scope(&inner, 2);
    CHECK_STATUS(pk_scope_nest(&session, NULL, PK_SCOPE_SESSION), PK_OK);
    CHECK_STATUS(pk_scope_nest(&request, &session, PK_SCOPE_REQUEST), PK_OK);
    CHECK_STATUS(pk_scope_nest(&inner, &request, PK_SCOPE_REQUEST), PK_OK);
}

static void singleton_is_made_once_after_its_needs_and_ended_in_reverse(void) {
    void *object = NULL, *again = NULL;
    OPEN(services);
    CHECK_STATUS(pk_registry_check(&app, NULL, 0), PK_OK);
    CHECK_EQ(makes, 0);
    CHECK_STATUS(pk_registry_get(&app, NULL, C, &object), PK_OK);
    CHECK(object == &letters[2]);
    CHECK_TEXT(made, "abc");
    CHECK_STATUS(pk_registry_get(&app, NULL, C, &again), PK_OK);
    CHECK(again == object);
    CHECK_TEXT(made, "abc");
    CHECK_STATUS(pk_registry_close(&app), PK_IO); /* beta's cleanup fails, alpha's still runs */
    CHECK_TEXT(ended, "cba");
    CHECK_EQ(events[PK_REGISTRY_EVENT_CLEANUP_FAILED], 1);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
    CHECK_STATUS(pk_registry_get(&app, NULL, C, &again), PK_CLOSED);
}
static void four_lifetimes(void) {
    void *a, *b;
    OPEN(services);
    open_scopes();
    CHECK_STATUS(pk_registry_get(&app, &request, T, &a), PK_OK); /* each get its own */
    CHECK_STATUS(pk_registry_get(&app, &request, T, &a), PK_OK);
    CHECK_STATUS(pk_registry_get(&app, NULL, T, &a), PK_OK); /* and nobody ends this one */
    CHECK_TEXT(made, "ttt");
    CHECK_STATUS(pk_registry_get(&app, NULL, R, &a), PK_CLOSED);
    CHECK_STATUS(pk_registry_get(&app, &session, R, &a), PK_CLOSED);
    CHECK_STATUS(pk_registry_get(&app, &request, R, &a), PK_OK);
    CHECK_STATUS(pk_registry_get(&app, &inner, R, &b), PK_OK); /* the inner request sees the outer's */
    CHECK_TEXT(made, "tttr");
    CHECK_STATUS(pk_registry_get(&app, &inner, S, &b), PK_OK); /* goes to the session, after gamma, beta, alpha */
    CHECK_TEXT(made, "tttrabcs");
    CHECK_STATUS(pk_scope_close(&inner), PK_OK);
    CHECK_TEXT(ended, "");
    CHECK_STATUS(pk_scope_close(&request), PK_OK);
    CHECK_TEXT(ended, "rtt");
    CHECK_STATUS(pk_registry_get(&app, &session, S, &b), PK_OK);
    CHECK_EQ(makes, 8);
    CHECK_STATUS(pk_scope_close(&session), PK_OK);
    CHECK_TEXT(ended, "rtts");
    CHECK_STATUS(pk_registry_close(&app), PK_IO);
}
static void inner_values_shadow_outer_ones(void) {
    void *object;
    static char value = 'v', deeper = 'w';
    OPEN(services);
    open_scopes();
    CHECK_STATUS(pk_registry_get(&app, &inner, A, &object), PK_OK);
    CHECK(object == &letters[0]);
    CHECK_STATUS(pk_registry_set(&app, &request, A, &value), PK_OK);
    CHECK_STATUS(pk_registry_set(&app, &inner, A, &deeper), PK_OK);
    CHECK_STATUS(pk_registry_get(&app, &inner, A, &object), PK_OK);
    CHECK(object == &deeper);
    CHECK_STATUS(pk_registry_get(&app, &session, A, &object), PK_OK);
    CHECK(object == &letters[0]);
    CHECK_STATUS(pk_scope_close(&inner), PK_OK);
    open_scope(&inner, 2);
    CHECK_STATUS(pk_scope_nest(&inner, &request, PK_SCOPE_REQUEST), PK_OK);
    CHECK_STATUS(pk_registry_get(&app, &inner, A, &object), PK_OK);
    CHECK(object == &value);
    CHECK_STATUS(pk_scope_close(&inner), PK_OK);
    open_scope(&inner, 2);
    CHECK_STATUS(pk_scope_nest(&inner, &request, PK_SCOPE_REQUEST | PK_SCOPE_ISOLATED), PK_OK);
    CHECK_STATUS(pk_registry_get(&app, &inner, A, &object), PK_OK);
    CHECK(object == &letters[0]);
    (void)pk_scope_close(&inner);
    (void)pk_scope_close(&request);
    CHECK_STATUS(pk_registry_get(&app, &session, A, &object), PK_OK);
    CHECK(object == &letters[0]);
    (void)pk_scope_close(&session);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}
static void moved_instance_belongs_to_the_other_scope(void) {
    void *object;
    OPEN(services);
    open_scopes();
    CHECK_STATUS(pk_registry_get(&app, &request, R, &object), PK_OK);
    CHECK_STATUS(pk_scope_move(&request, &session), PK_OK);
    CHECK_STATUS(pk_registry_get(&app, &session, R, &object), PK_OK);
    CHECK_TEXT(made, "r");
    (void)pk_scope_close(&inner);
    (void)pk_scope_close(&request);
    CHECK_TEXT(ended, "");
    (void)pk_scope_close(&session);
    CHECK_TEXT(ended, "r");
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}
static void failing_factory_is_told_and_tried_again(void) {
    void *object = &makes;
    OPEN(services);
    failures = 2;
    CHECK_STATUS(pk_registry_get(&app, NULL, C, &object), PK_IO); /* alpha fails */
    CHECK_STATUS(pk_registry_get(&app, NULL, A, &object), PK_IO);
    CHECK(object == &makes);
    CHECK_EQ(events[PK_REGISTRY_EVENT_CREATE_FAILED], 2);
    CHECK_STATUS(pk_registry_get(&app, NULL, C, &object), PK_OK);
    CHECK_TEXT(made, "abc");
    CHECK_STATUS(pk_registry_close(&app), PK_IO);
}
static void null_is_kept_only_where_declared(void) {
    void *object = &makes;
    OPEN(services);
    CHECK_STATUS(pk_registry_get(&app, NULL, N, &object), PK_OK);
    CHECK(object == NULL);
    CHECK_STATUS(pk_registry_get(&app, NULL, N, &object), PK_OK);
    CHECK_EQ(makes, 1);
    CHECK_STATUS(pk_registry_get(&app, NULL, Z, &object), PK_CREATE_FAILED);
    CHECK_STATUS(pk_registry_get(&app, NULL, Z, &object), PK_CREATE_FAILED);
    CHECK_EQ(makes, 3);
    CHECK_STATUS(pk_registry_get(&app, NULL, 8, &object), PK_NOT_FOUND);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}
static void cycles_are_found_before_use_and_at_run_time(void) {
    void *object;
    char text[40];
    OPEN(circle);
    CHECK_STATUS(pk_registry_check(&app, text, sizeof text), PK_CYCLE);
    CHECK_TEXT(text, "x -> y -> x");
    CHECK_STATUS(pk_registry_check(&app, text, 3), PK_CYCLE);
    CHECK_STATUS(pk_registry_get(&app, NULL, 0, &object), PK_CYCLE);
    CHECK_EQ(events[PK_REGISTRY_EVENT_CYCLE], 1);
    CHECK_TEXT(last_detail, "x -> y -> x");
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
    OPEN(hidden_circle);
    CHECK_STATUS(pk_registry_check(&app, text, sizeof text), PK_OK);
    CHECK_STATUS(pk_registry_get(&app, NULL, 0, &object), PK_CYCLE);
    CHECK_TEXT(last_detail, "x -> y -> x");
    CHECK_STATUS(pk_registry_get(&app, NULL, 1, &object), PK_CYCLE);
    CHECK_TEXT(last_detail, "y -> x -> y");
    CHECK_EQ(events[PK_REGISTRY_EVENT_CYCLE], 2);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}
static void unknown_need_is_told(void) {
    void *object;
    char text[60];
    OPEN(unknown);
    CHECK_STATUS(pk_registry_check(&app, text, sizeof text), PK_NOT_FOUND);
    text[36] = 0;
    CHECK_TEXT(text, "\"x\" needs \"y\", which nobody provides");
    CHECK_STATUS(pk_registry_get(&app, NULL, 0, &object), PK_NOT_FOUND);
    CHECK_EQ(events[PK_REGISTRY_EVENT_UNKNOWN], 1);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}
static void tables_are_added_whole_or_not(void) {
    pk_provider_info before, after;
    pk_provider_id id = 0;
    size_t bad = 99;
    OPEN(circle);
    CHECK_STATUS(pk_registry_add(&app, services, 8, &bad), PK_OK);
    CHECK_EQ(pk_registry_count(&app), 10);
    CHECK_STATUS(pk_registry_info(&app, 2, &before), PK_OK);
    CHECK_STATUS(pk_registry_add(&app, services, 1, &bad), PK_EXISTS);
    CHECK_STATUS(pk_registry_info(&app, 2, &after), PK_OK);
    CHECK(after.provider == &services[0] && memcmp(&before, &after, sizeof after) == 0);
    CHECK_STATUS(pk_registry_add(&app, late, 1, &bad), PK_FULL);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
    OPEN(unknown);
    CHECK_STATUS(pk_registry_add(&app, circle, 2, &bad), PK_EXISTS);
    CHECK_EQ(bad, 0);
    CHECK_EQ(pk_registry_count(&app), 1);
    CHECK_STATUS(pk_registry_id(&app, name_y, &id), PK_NOT_FOUND);
    CHECK_STATUS(pk_registry_add_group(&app, services, 8, false), PK_OK);
    CHECK_EQ(pk_registry_count(&app), 1);
    CHECK_STATUS(pk_registry_add_group(&app, services, 8, true), PK_OK);
    CHECK_STATUS(pk_registry_id(&app, name_b, &id), PK_OK);
    CHECK_EQ(id, 2);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}
static unsigned seen;
static void count_provider(void *user, const pk_provider_info *info) {
    (void)user;
    seen += info->ready ? 100 : 1;
}
static void registry_can_be_looked_at(void) {
    pk_provider_info info;
    pk_registry_stats stats;
    void *object;
    OPEN(services);
    CHECK_STATUS(pk_registry_get(&app, NULL, B, &object), PK_OK);
    seen = 0;
    pk_registry_foreach(&app, count_provider, NULL);
    CHECK_EQ(seen, 206);
    CHECK_STATUS(pk_registry_info(&app, B, &info), PK_OK);
    CHECK(info.ready && info.provider == &services[B] && info.id == B);
    CHECK_STATUS(pk_registry_info(&app, 8, &info), PK_NOT_FOUND);
    pk_registry_get_stats(&app, &stats);
    CHECK(stats.providers == 8 && stats.ready == 2 && stats.made == 2 && stats.failed == 0);
    CHECK_STATUS(pk_registry_close(&app), PK_IO);
}
static void full_scope_refuses_before_anything_is_made(void) {
    void *object;
    pk_scope_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.memory = scope_memory[0];
    desc.memory_size = PK_SCOPE_BYTES(1);
    OPEN(services);
    CHECK_STATUS(pk_scope_init(&session, &desc), PK_OK);
    CHECK_STATUS(pk_registry_get(&app, &session, T, &object), PK_FULL);
    CHECK_EQ(makes, 0);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}
static void wrong_descriptions_are_refused(void) {
    pk_registry_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    desc.capacity = 11;
    CHECK_STATUS(pk_registry_init(&app, &desc), PK_NO_MEMORY);
    desc.capacity = 10;
    CHECK_STATUS(pk__registry_init(&app, sizeof app + 1, PK__REGISTRY_CONFIG_WORD, &desc), PK_INVALID);
    CHECK_STATUS(pk__registry_init(&app, sizeof app, PK__REGISTRY_CONFIG_WORD ^ 1, &desc), PK_INVALID);
#if !PERFKIT_THREADS
    desc.threads = true;
    CHECK_STATUS(pk_registry_init(&app, &desc), PK_UNSUPPORTED);
#endif
    CHECK(PK_REGISTRY_BYTES(2) - PK_REGISTRY_BYTES(1) <= (sizeof(void *) > 4 ? 56 : PERFKIT_HOSTED ? 40 : 20)); /* the index too */
}

static uint8_t lazy_calls;
static pk_status make_lazy(void *user, void **object) {
    if (++lazy_calls < 3) return PK_IO;
    *object = user;
    return PK_OK;
}
static void lazy_thing_is_made_at_first_use(void) {
    static pk_lazy lazy;
    void *object = NULL;
    CHECK_STATUS(pk_lazy_get(&lazy, make_lazy, &lazy, &object), PK_IO);
    CHECK_STATUS(pk_lazy_get(&lazy, make_lazy, &lazy, &object), PK_IO);
    CHECK_STATUS(pk_lazy_get(&lazy, make_lazy, &lazy, &object), PK_OK);
    CHECK_STATUS(pk_lazy_get(&lazy, make_lazy, NULL, &object), PK_OK);
    CHECK(object == &lazy);
    CHECK_EQ(lazy_calls, 3);
}

TESTS {
    RUN("C44 C07", "a singleton is made once, after what it needs, and ended in reverse order",
        singleton_is_made_once_after_its_needs_and_ended_in_reverse)
    RUN("C09 C10", "four lifetimes, transient by default", four_lifetimes)
    RUN("C15", "values of an inner scope shadow those of outer ones", inner_values_shadow_outer_ones)
    RUN("C15", "a moved instance belongs to the other scope", moved_instance_belongs_to_the_other_scope)
    RUN("C30", "a failing factory is told, not remembered, and tried again", failing_factory_is_told_and_tried_again)
    RUN("C30", "NULL is kept only where it is declared", null_is_kept_only_where_declared)
    RUN("C07", "cycles are found before use and at run time, with the chain", cycles_are_found_before_use_and_at_run_time)
    RUN("C07 C22", "a need that nobody provides is told", unknown_need_is_told)
    RUN("C11 C14 C25 C05 C04", "tables are added whole or not at all, groups only if enabled", tables_are_added_whole_or_not)
    RUN("C16 C04", "a registry can be looked at", registry_can_be_looked_at)
    RUN("C33", "a full scope refuses before anything is made", full_scope_refuses_before_anything_is_made)
    RUN("C03 D02", "records are small, wrong descriptions refused", wrong_descriptions_are_refused)
    RUN("C18", "a lazy thing is made at first use, once", lazy_thing_is_made_at_first_use)
}
