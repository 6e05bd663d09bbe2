/* targets: hosted */
/* Providers on a host: by name, start and pump, overrides, loading on demand, unloading, hooks, suggestions. */
#define PERFKIT_CORE_ONLY
#define PERFKIT_IMPLEMENTATION
static unsigned hashed, ticks_read;
#define PERFKIT_REGISTRY_HASH(text, len) (hashed++, pk__name_hash(text, len))
#define PERFKIT_TICKS() (++ticks_read)
#define PERFKIT_TICKS_HZ 1000
#define PERFKIT_REGISTRY_CAPACITY 7
#define PERFKIT_SCOPE_LIMIT 5
#include "../../perfkit.h"
#include "../support/test.h"
#include <stdio.h>
#include <stdlib.h>

static pk_time now;
static unsigned clock_read;
static bool (*watched)(void), seen; /* whether that was ever true when the clock was read: what other threads could see then */
static pk_time clock_now(void *user) {
    clock_read++;
    if (watched && watched()) seen = true;
    return *(const pk_time *)user;
}
static char order[128]; /* a letter for each creation, a capital for each end */
static unsigned ordered;
static pk_time takes;
static pk_status make(pk_registry *r, pk_scope *scope, void *user, void **object) {
    (void)r;
    (void)scope;
    now += takes;
    *object = user;
    order[ordered++] = *(const char *)user;
    order[ordered] = 0;
    return PK_OK;
}
static pk_status end(void *object) {
    order[ordered++] = (char)(*(const char *)object - 'a' + 'A');
    order[ordered] = 0;
    return PK_OK;
}
static pk_status make_nothing(pk_registry *r, pk_scope *scope, void *user, void **object) {
    (void)r;
    (void)scope;
    (void)user;
    (void)object;
    return PK_IO;
}
static char letters[] = "abcdefghijklmnop";
static const pk_provider six[] = {
    {"config", make, end, &letters[0], NULL, PK_SINGLETON, PK_CRITICAL, 0, 0},
    {"log", make, end, &letters[1], "config", PK_SINGLETON, PK_CRITICAL, 0, 0},
    {"database", make, end, &letters[2], "config log", PK_SINGLETON, PK_CORE, PK_PROVIDER_UNLOAD, 0},
    {"service", make, end, &letters[3], "database", PK_SINGLETON, PK_CORE, PK_PROVIDER_UNLOAD, 0},
    {"report", make, end, &letters[4], NULL, PK_SINGLETON, PK_OPTIONAL, 0, 0},
    {"mail", make, end, &letters[5], NULL, PK_SINGLETON, PK_OPTIONAL, 0, 0},
};
enum { CONFIG, LOG, DATABASE, SERVICE, REPORT, MAIL };

static unsigned events[16];
static pk_event last;
static char last_detail[256];
static void see(void *user, const pk_event *event) {
    (void)user;
    events[event->kind]++;
    last = *event;
    if (event->detail) {
        strncpy(last_detail, event->detail, sizeof last_detail - 1);
    }
}
static pk_registry app;
static pk_registry_desc desc;
static void prepare(void) {
    memset(&desc, 0, sizeof desc);
    desc.name = "app";
    desc.providers = six;
    desc.provider_count = 6;
    desc.on_event = see;
    desc.clock = clock_now;
    desc.clock_user = &now;
    memset(events, 0, sizeof events);
    order[ordered = 0] = 0;
    now = 0;
    takes = 0;
}
static void open_app(void) { CHECK_STATUS(pk_registry_init(&app, &desc), PK_OK); }
static void open_six(void) {
    prepare();
    open_app();
}
static pk_status get(pk_provider_id id) {
    void *object;
    return pk_registry_get(&app, NULL, id, &object);
}

static void start_makes_preloaded_then_critical(void) {
    static const char *const preload[] = {"mail", "log"}, *const wrong[] = {"mail", "lgo"};
    const char *which = NULL;
    open_six();
    CHECK_STATUS(pk_registry_start(&app, &which), PK_OK);
    CHECK_TEXT(order, "ab");
    (void)pk_registry_close(&app);
    prepare();
    desc.preload = preload;
    desc.preload_count = 2;
    open_app();
    CHECK_STATUS(pk_registry_start(&app, &which), PK_OK);
    CHECK_TEXT(order, "fab");
    (void)pk_registry_close(&app);
    CHECK_TEXT(order, "fabBAF");
    prepare();
    desc.preload = wrong;
    desc.preload_count = 2;
    open_app();
    CHECK_STATUS(pk_registry_start(&app, &which), PK_NOT_FOUND);
    CHECK_TEXT(which ? which : "", "lgo");
    (void)pk_registry_close(&app);
    prepare();
    desc.eager = true;
    open_app();
    CHECK_STATUS(pk_registry_start(&app, &which), PK_OK);
    CHECK_TEXT(order, "abcdef");
    (void)pk_registry_close(&app);
}
static void names_of_a_text_are_made_by_start_and_pump(void) {
    const char *which = NULL;
    prepare();
    desc.preload_names = "mail, log";
    desc.pump_names = "service,report,log";
    open_app();
    CHECK_STATUS(pk_registry_start(&app, &which), PK_OK);
    CHECK_TEXT(order, "fab");
    CHECK_STATUS(pk_registry_pump(&app, 1), PK_AGAIN);
    CHECK_TEXT(order, "fabcd");
    CHECK_STATUS(pk_registry_pump(&app, 1), PK_OK);
    CHECK_TEXT(order, "fabcde");
    CHECK_STATUS(pk_registry_pump(&app, 0), PK_OK);
    (void)pk_registry_close(&app);
    prepare();
    desc.preload_names = "log lgo,mail";
    open_app();
    CHECK_STATUS(pk_registry_start(&app, &which), PK_NOT_FOUND);
    CHECK_TEXT(which ? which : "", "lgo,mail");
    CHECK_TEXT(order, "ab");
    (void)pk_registry_close(&app);
    prepare();
    desc.pump_names = "mial";
    open_app();
    CHECK_STATUS(pk_registry_start(&app, &which), PK_NOT_FOUND);
    CHECK_TEXT(which ? which : "", "mial");
    (void)pk_registry_close(&app);
}
static unsigned hook_calls, hook_cached;
static pk_ticks hook_spent;
static void hook(void *user, pk_provider_id id, pk_ticks spent, bool cached) {
    (void)user;
    hook_calls++;
    hook_cached += cached;
    if (id == MAIL) hook_spent = spent;
}
static void without_cache_singletons_are_made_each_time(void) {
    prepare();
    desc.no_cache = true;
    open_app();
    hook_calls = hook_cached = 0;
    pk_registry_set_hook(&app, hook, NULL);
    CHECK_STATUS(get(MAIL), PK_OK);
    CHECK_STATUS(get(MAIL), PK_OK);
    CHECK_TEXT(order, "ff");
    CHECK(hook_calls == 2 && hook_cached == 0);
    (void)pk_registry_close(&app);
}
static void pump_makes_what_is_optional(void) {
    open_six();
    CHECK_STATUS(pk_registry_pump(&app, 0), PK_OK);
    CHECK_TEXT(order, "");
    (void)pk_registry_close(&app);
    prepare();
    desc.background = true;
    open_app();
    CHECK_STATUS(pk_registry_pump(&app, 1), PK_AGAIN);
    CHECK_TEXT(order, "e");
    CHECK_STATUS(pk_registry_pump(&app, 1), PK_OK);
    CHECK_TEXT(order, "ef");
    CHECK_STATUS(get(DATABASE), PK_OK);
    CHECK_TEXT(order, "efabc");
    (void)pk_registry_close(&app);
}
static void pump_makes_ten_at_most(void) {
    static pk_provider many[25];
    static char names[25][8];
    unsigned i, calls = 0;
    prepare();
    for (i = 0; i < 25; i++) {
        snprintf(names[i], sizeof names[i], "n%u", i);
        many[i].name = names[i];
        many[i].create = i == 5 ? make_nothing : make;
        many[i].user = &letters[0];
        many[i].lifetime = PK_SINGLETON;
        many[i].tier = PK_OPTIONAL;
    }
    desc.providers = many;
    desc.provider_count = 25;
    desc.background = true;
    open_app();
    CHECK_STATUS(pk_registry_pump(&app, 100), PK_IO); /* stops at what fails */
    CHECK_EQ(ordered, 5);
    CHECK_STATUS(pk_registry_pump(&app, 100), PK_AGAIN);
    CHECK_EQ(ordered, 15);
    many[5].create = make;
    while (pk_registry_pump(&app, 0) != PK_OK) calls++;
    CHECK_EQ(calls, 0);
    while (pk_registry_pump(&app, 0) != PK_OK) calls++;
    CHECK_EQ(ordered, 25);
    (void)pk_registry_close(&app);
}
static bool mail_is_there(void) { return app.states[MAIL].word == PK__READY; }
static void load_that_takes_too_long_is_ended(void) {
    static const pk_provider two[] = {{"base", make, end, &letters[0], NULL, PK_SINGLETON, 0, 0, 0},
                                      {"late", make, end, &letters[1], "base", PK_SINGLETON, PK_OPTIONAL, 0, 0}};
    prepare();
    desc.background = true;
    open_app();
    takes = 30000;
    CHECK_STATUS(pk_registry_pump(&app, 1), PK_AGAIN);
    takes = 30001;
    watched = mail_is_there;
    seen = false;
    CHECK_STATUS(pk_registry_pump(&app, 1), PK_TIMEOUT);
    watched = NULL;
    CHECK(!seen); /* nobody ever got what is ended */
    CHECK_TEXT(order, "efF");
    CHECK_EQ(events[PK_REGISTRY_EVENT_TIMEOUT], 1);
    CHECK_EQ(last.b, 30001);
    (void)pk_registry_close(&app);
    CHECK_TEXT(order, "efFE");
    prepare(); /* the time of what it needs is not its own */
    desc.providers = two;
    desc.provider_count = 2;
    desc.background = true;
    open_app();
    takes = 20000;
    CHECK_STATUS(pk_registry_pump(&app, 1), PK_OK);
    CHECK_TEXT(order, "ab");
    (void)pk_registry_close(&app);
}
static pk_status pump_again(pk_registry *r, pk_scope *scope, void *user, void **object) {
    pk_status status = pk_registry_pump(r, 1);
    (void)scope;
    *object = user;
    return status == PK_AGAIN ? PK_OK : status;
}
static void fourth_pump_within_pumps_is_told_to_come_again(void) {
    static const pk_provider deep[] = {
        {"a", pump_again, NULL, &letters[0], NULL, PK_SINGLETON, PK_OPTIONAL, 0, 0},
        {"b", pump_again, NULL, &letters[1], NULL, PK_SINGLETON, PK_OPTIONAL, 0, 0},
        {"c", pump_again, NULL, &letters[2], NULL, PK_SINGLETON, PK_OPTIONAL, 0, 0},
        {"d", make, NULL, &letters[3], NULL, PK_SINGLETON, PK_OPTIONAL, 0, 0},
    };
    prepare();
    desc.providers = deep;
    desc.provider_count = 4;
    desc.background = true;
    open_app();
    CHECK_STATUS(pk_registry_pump(&app, 1), PK_AGAIN);
    CHECK_TEXT(order, "");
    CHECK_STATUS(pk_registry_pump(&app, 1), PK_OK);
    CHECK_TEXT(order, "d");
    (void)pk_registry_close(&app);
}
static void deferred_provider_is_made_by_the_pump(void) {
    static const pk_provider slow[] = {
        {"slow", make, end, &letters[0], NULL, PK_SINGLETON, 0, PK_PROVIDER_DEFERRED, 0},
        {"user", make, end, &letters[1], "slow", PK_SINGLETON, 0, 0, 0},
        {"page", make, end, &letters[2], NULL, PK_REQUEST, 0, PK_PROVIDER_DEFERRED, 0},
    };
    pk_provider_info info;
    pk_scope request;
    void *object;
    prepare();
    desc.providers = slow;
    desc.provider_count = 3;
    open_app();
    CHECK_STATUS(pk_registry_info(&app, 0, &info), PK_OK);
    CHECK(info.provider->flags == PK_PROVIDER_DEFERRED && !info.ready); /* known before anything is called */
    CHECK_STATUS(get(1), PK_DEFERRED);
    CHECK_STATUS(get(0), PK_DEFERRED);
    CHECK_STATUS(pk_registry_pump(&app, 0), PK_OK);
    CHECK_STATUS(get(1), PK_OK);
    CHECK_TEXT(order, "ab");
    CHECK_STATUS(pk_scope_init(&request, NULL), PK_OK);
    CHECK_STATUS(pk_scope_nest(&request, NULL, PK_SCOPE_REQUEST), PK_OK);
    CHECK_STATUS(pk_registry_get(&app, &request, 2, &object), PK_OK);
    CHECK_STATUS(pk_scope_close(&request), PK_DEFERRED);
    CHECK_TEXT(order, "abc");
    CHECK_STATUS(pk_scope_pump(&request, 0), PK_OK);
    CHECK_TEXT(order, "abcC");
    (void)pk_registry_close(&app);
}

static pk_status make_when_slow_is_there(pk_registry *r, pk_scope *scope, void *user, void **object) {
    pk_status status = pk_registry_get_named(r, NULL, "slow", object);
    return status == PK_OK ? make(r, scope, user, object) : status;
}
static void deferred_provider_may_need_another(void) {
    static const pk_provider three[] = {
        {"slow", make, end, &letters[0], NULL, PK_SINGLETON, 0, PK_PROVIDER_DEFERRED, 0},
        {"needs-it", make, end, &letters[1], "slow", PK_SINGLETON, 0, PK_PROVIDER_DEFERRED, 0},
        {"gets-it", make_when_slow_is_there, end, &letters[2], NULL, PK_SINGLETON, 0, PK_PROVIDER_DEFERRED, 0},
    };
    prepare();
    desc.providers = three;
    desc.provider_count = 3;
    open_app();
    CHECK_STATUS(get(1), PK_DEFERRED);
    CHECK_STATUS(pk_registry_pump(&app, 0), PK_OK);
    CHECK_TEXT(order, "ab");
    (void)pk_registry_close(&app);
    prepare();
    desc.providers = three;
    desc.provider_count = 3;
    open_app();
    CHECK_STATUS(get(2), PK_DEFERRED);
    CHECK_STATUS(pk_registry_pump(&app, 0), PK_DEFERRED); /* it still waits */
    CHECK_STATUS(pk_registry_pump(&app, 0), PK_AGAIN);
    CHECK_STATUS(pk_registry_pump(&app, 0), PK_OK);
    CHECK_TEXT(order, "ac");
    (void)pk_registry_close(&app);
}
static pk_status make_closed(pk_registry *r, pk_scope *scope, void *user, void **object) {
    (void)make_nothing(r, scope, user, object);
    return PK_CLOSED;
}
static void start_tells_a_create_that_says_closed(void) {
    static const pk_provider one[] = {{"socket", make_closed, NULL, NULL, NULL, PK_SINGLETON, PK_CRITICAL, 0, 0}};
    const char *which = NULL;
    prepare();
    desc.providers = one;
    desc.provider_count = 1;
    open_app();
    CHECK_STATUS(pk_registry_start(&app, &which), PK_CLOSED);
    CHECK_TEXT(which ? which : "", "socket");
    (void)pk_registry_close(&app);
}

/* Its create takes the room on the scope that its own cleanup would need. */
static pk_status make_on_full_scope(pk_registry *r, pk_scope *scope, void *user, void **object) {
    (void)r;
    *object = user;
    while (pk_scope_defer(scope, end, &letters[0], NULL) == PK_OK) {}
    return PK_OK;
}
static pk_status end_badly(void *object) {
    (void)object;
    return PK_IO;
}
static void failing_cleanup_of_what_found_no_room_is_told(void) {
    static const pk_provider one[] = {{"big", make_on_full_scope, end_badly, &letters[0], NULL, PK_TRANSIENT, 0, 0, 0}};
    unsigned char memory[PK_SCOPE_BYTES(4)];
    pk_scope_desc scope_desc;
    pk_registry_stats stats;
    pk_scope scope;
    void *object;
    prepare();
    desc.providers = one;
    desc.provider_count = 1;
    open_app();
    memset(&scope_desc, 0, sizeof scope_desc);
    scope_desc.memory = memory;
    scope_desc.memory_size = sizeof memory;
    CHECK_STATUS(pk_scope_init(&scope, &scope_desc), PK_OK);
    CHECK_STATUS(pk_registry_get(&app, &scope, 0, &object), PK_FULL);
    CHECK_EQ(events[PK_REGISTRY_EVENT_CLEANUP_FAILED], 1);
    pk_registry_get_stats(&app, &stats);
    CHECK_EQ(stats.cleanups_failed, 1);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}

static const pk_provider loaded[] = {{"plugin", make, end, &letters[6], "extra", PK_SINGLETON, 0, 0, 0},
                                     {"extra", make, end, &letters[7], NULL, PK_SINGLETON, 0, 0, 0}};
static const pk_provider loaded_transient[] = {{"thing", make, end, &letters[8], NULL, PK_TRANSIENT, 0, 0, 0}};
static unsigned loads;
static pk_status load_plugin(pk_registry *r, pk_scope *scope, void *user, void **object) {
    (void)scope;
    loads++;
    now += 7;
    if (user == NULL) {
        *object = (void *)(uintptr_t)&loaded_transient[0];
        return PK_OK;
    }
    *object = (void *)(uintptr_t)&loaded[0];
    return pk_registry_add(r, &loaded[1], 1, NULL);
}
static void provider_is_loaded_on_demand_once(void) {
    static const pk_provider on_demand[] = {{"plugin", load_plugin, NULL, &loads, NULL, 0, 0, PK_PROVIDER_LOAD, 0},
                                            {"thing", load_plugin, NULL, NULL, NULL, 0, 0, PK_PROVIDER_LOAD, 0}};
    pk_provider_info info;
    prepare();
    desc.providers = on_demand;
    desc.provider_count = 2;
    desc.capacity = 8;
    open_app();
    loads = 0;
    CHECK_EQ(pk_registry_count(&app), 2);
    takes = 1001;
    CHECK_STATUS(get(0), PK_OK);
    CHECK_STATUS(get(0), PK_OK);
    CHECK_TEXT(order, "hg");
    CHECK_EQ(loads, 1);
    CHECK_EQ(pk_registry_count(&app), 3);
    CHECK_STATUS(pk_registry_info(&app, 0, &info), PK_OK);
    CHECK(info.load_ms == 7 && info.init_ms == 1001 && info.slow && info.ready);
    CHECK_EQ(events[PK_REGISTRY_EVENT_SLOW], 2);
    CHECK_STATUS(get(1), PK_OK);
    CHECK_STATUS(get(1), PK_OK);
    CHECK_TEXT(order, "hgii");
    CHECK_EQ(loads, 2);
    (void)pk_registry_close(&app);
    memset(events, 0, sizeof events);
    takes = 1000; /* not longer than a second */
    open_app();
    CHECK_STATUS(get(0), PK_OK);
    CHECK_STATUS(pk_registry_info(&app, 0, &info), PK_OK);
    CHECK(info.init_ms == 1000 && !info.slow && events[PK_REGISTRY_EVENT_SLOW] == 0);
    (void)pk_registry_close(&app);
    desc.eager = true;
    desc.capacity = 8;
    takes = 0;
    open_app();
    loads = 0;
    CHECK_STATUS(pk_registry_start(&app, NULL), PK_OK);
    CHECK_EQ(loads, 2); /* at once */
    (void)pk_registry_close(&app);
}

static void override_lasts_as_long_as_its_scope(void) {
    static const pk_provider fake = {"database", make, end, &letters[9], NULL, PK_SINGLETON, 0, 0, 0};
    static const pk_provider other = {"database", make, end, &letters[10], NULL, PK_SINGLETON, 0, 0, 0};
    static const pk_provider misnamed = {"data", make, end, &letters[10], NULL, PK_SINGLETON, 0, 0, 0};
    pk_scope outer, inner;
    void *object;
    int swapped;
    for (swapped = 0; swapped < 2; swapped++) {
        open_six();
        CHECK_STATUS(pk_scope_init(&outer, NULL), PK_OK);
        CHECK_STATUS(pk_scope_init(&inner, NULL), PK_OK);
        CHECK_STATUS(get(DATABASE), PK_OK);
        CHECK_STATUS(pk_registry_override(&app, &outer, DATABASE, &misnamed), PK_MISMATCH);
        CHECK_STATUS(pk_registry_override(&app, &outer, DATABASE, &fake), PK_OK);
        CHECK_EQ(events[PK_REGISTRY_EVENT_OVERRIDDEN], 0);
        CHECK_STATUS(pk_registry_get(&app, NULL, DATABASE, &object), PK_OK);
        CHECK(object == &letters[9]);
        CHECK_STATUS(pk_registry_override(&app, &inner, DATABASE, &other), PK_OK);
        CHECK_EQ(events[PK_REGISTRY_EVENT_OVERRIDDEN], 1);
        CHECK_STATUS(pk_registry_get(&app, NULL, DATABASE, &object), PK_OK);
        CHECK(object == &letters[10]);
        CHECK_STATUS(pk_registry_close(&app), PK_BUSY);
        CHECK_TEXT(order, "abcjk");
        CHECK_STATUS(pk_scope_close(swapped ? &outer : &inner), PK_OK);
        CHECK_TEXT(order, swapped ? "abcjkJ" : "abcjkK");
        CHECK_STATUS(pk_registry_get(&app, NULL, DATABASE, &object), PK_OK);
        CHECK(object == &letters[swapped ? 10 : 9]);
        CHECK_STATUS(pk_scope_close(swapped ? &inner : &outer), PK_OK);
        CHECK_STATUS(pk_registry_get(&app, NULL, DATABASE, &object), PK_OK);
        CHECK(object == &letters[2]);
        CHECK_STATUS(pk_registry_close(&app), PK_OK);
        CHECK_TEXT(order, swapped ? "abcjkJKCBA" : "abcjkKJCBA");
    }
}
static void override_stays_on_its_scope(void) {
    static const pk_provider fake = {"mail", make, end, &letters[9], NULL, PK_SINGLETON, 0, 0, 0};
    pk_scope outer, inner;
    pk_batch batch;
    open_six();
    CHECK_STATUS(pk_scope_init(&outer, NULL), PK_OK);
    CHECK_STATUS(pk_scope_init(&inner, NULL), PK_OK);
    CHECK_STATUS(pk_scope_defer(&inner, end, &letters[11], NULL), PK_OK);
    batch = pk_batch_begin(&inner);
    CHECK_STATUS(pk_registry_override(&app, &inner, MAIL, &fake), PK_OK);
    CHECK_STATUS(pk_scope_defer(&inner, end, &letters[12], NULL), PK_OK);
    CHECK_STATUS(get(MAIL), PK_OK);
    CHECK_STATUS(pk_scope_move(&inner, &outer), PK_BUSY);
    CHECK_STATUS(pk_scope_forget(&inner, 0), PK_BUSY);
    CHECK_STATUS(pk_scope_forget(&inner, 2), PK_OK);
    CHECK_STATUS(pk_batch_commit(&batch), PK_BUSY);
    CHECK_EQ(pk_scope_count(&inner), 2);
    CHECK_STATUS(pk_batch_rollback(&batch), PK_OK);
    CHECK_STATUS(get(MAIL), PK_OK);
    CHECK_TEXT(order, "jJf");
    CHECK_STATUS(pk_scope_move(&inner, &outer), PK_OK);
    CHECK_STATUS(pk_scope_close(&inner), PK_OK);
    CHECK_STATUS(pk_scope_close(&outer), PK_OK);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
    CHECK_TEXT(order, "jJfLF");
}
static void removed_provider_is_not_found_anywhere(void) {
    pk_provider_info info;
    pk_provider_id id;
    pk_scope holder;
    static int mine;
    open_six();
    CHECK_STATUS(get(LOG), PK_OK);
    CHECK_STATUS(pk_registry_remove(&app, LOG), PK_OK);
    CHECK_TEXT(order, "abB");
    CHECK_STATUS(get(LOG), PK_NOT_FOUND);
    CHECK_STATUS(pk_registry_id(&app, "log", &id), PK_NOT_FOUND);
    CHECK_STATUS(pk_registry_info(&app, LOG, &info), PK_NOT_FOUND);
    CHECK_STATUS(pk_registry_remove(&app, LOG), PK_NOT_FOUND);
    CHECK_STATUS(pk_scope_init(&holder, NULL), PK_OK);
    CHECK_STATUS(pk_registry_set(&app, &holder, LOG, &mine), PK_NOT_FOUND);
    CHECK_EQ(pk_scope_count(&holder), 0);
    CHECK_STATUS(pk_scope_close(&holder), PK_OK);
    CHECK_STATUS(get(SERVICE), PK_NOT_FOUND);
    CHECK_EQ(pk_registry_count(&app), 5);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}
static void a_refused_table_leaves_nothing_in_the_index(void) {
    static const pk_provider half[] = {{"fresh", make, end, &letters[0], NULL, PK_SINGLETON, 0, 0, 0},
                                       {"database", make, end, &letters[1], NULL, PK_SINGLETON, 0, 0, 0}};
    pk_provider_id id;
    size_t bad = 0;
    unsigned i;
    prepare();
    desc.capacity = 12;
    open_app();
    for (i = 0; i < 100; i++) CHECK_STATUS(pk_registry_add(&app, half, 2, &bad), PK_EXISTS);
    CHECK_EQ(bad, 1);
    CHECK_STATUS(pk_registry_id(&app, "fresh", &id), PK_NOT_FOUND);
    CHECK_STATUS(pk_registry_add(&app, half, 1, &bad), PK_OK);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}
static void idle_singletons_are_unloaded_and_made_again(void) {
    open_six();
    CHECK_STATUS(get(SERVICE), PK_OK);
    CHECK_EQ(pk_registry_unload_idle(&app, 1000, 500), 0); /* sees them used */
    CHECK_EQ(pk_registry_unload_idle(&app, 1500, 500), 0);
    CHECK_STATUS(get(SERVICE), PK_OK);
    CHECK_EQ(pk_registry_unload_idle(&app, 1501, 500), 0); /* database is idle, but service needs it */
    CHECK_TEXT(order, "abcd");
    CHECK_EQ(pk_registry_unload_idle(&app, 2002, 500), 2);
    CHECK_TEXT(order, "abcdDC");
    CHECK_STATUS(get(DATABASE), PK_OK);
    CHECK_TEXT(order, "abcdDCc");
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}
static void unknown_names_get_a_suggestion(void) {
    static const pk_provider wrong[] = {{"cache", make, NULL, NULL, "databse", PK_SINGLETON, 0, 0, 0}};
    static const pk_provider strange[] = {{"other", make, NULL, NULL, "elephant", PK_SINGLETON, 0, 0, 0}};
    char text[120];
    prepare();
    desc.capacity = 7;
    open_app();
    CHECK_STATUS(pk_registry_check(&app, text, sizeof text), PK_OK);
    CHECK_STATUS(pk_registry_add(&app, wrong, 1, NULL), PK_OK);
    CHECK_STATUS(pk_registry_check(&app, text, sizeof text), PK_NOT_FOUND);
    CHECK_TEXT(text, "\"cache\" needs \"databse\", which nobody provides; did you mean \"database\"?");
    CHECK_STATUS(get(6), PK_NOT_FOUND);
    CHECK_TEXT(last_detail, text);
    (void)pk_registry_close(&app);
    open_app();
    CHECK_STATUS(pk_registry_add(&app, strange, 1, NULL), PK_OK);
    CHECK_STATUS(pk_registry_check(&app, text, sizeof text), PK_NOT_FOUND);
    CHECK_TEXT(text, "\"other\" needs \"elephant\", which nobody provides");
    (void)pk_registry_close(&app);
}
static void hook_sees_every_get_and_costs_no_clock_when_absent(void) {
    open_six();
    CHECK_STATUS(get(MAIL), PK_OK);
    clock_read = ticks_read = hook_calls = hook_cached = 0;
    CHECK_STATUS(get(MAIL), PK_OK);
    CHECK(clock_read == 0 && ticks_read == 0);
    pk_registry_set_hook(&app, hook, NULL);
    CHECK_STATUS(get(MAIL), PK_OK);
    CHECK_STATUS(get(REPORT), PK_OK);
    CHECK(hook_calls == 2 && hook_cached == 1 && hook_spent == 1);
    pk_registry_set_hook(&app, NULL, NULL);
    CHECK_STATUS(get(MAIL), PK_OK);
    CHECK_EQ(hook_calls, 2);
    (void)pk_registry_close(&app);
}
static void tokens_hash_their_name_once(void) {
    pk_token token = PK_TOKEN("database"), nobody = PK_TOKEN("nobody");
    pk_provider_id id = 0, again = 0;
    void *object;
    open_six();
    hashed = 0;
    CHECK_STATUS(pk_registry_find(&app, &token, &id), PK_OK);
    CHECK_STATUS(pk_registry_find(&app, &token, &again), PK_OK);
    CHECK(id == DATABASE && again == DATABASE && hashed == 1);
    CHECK_STATUS(pk_registry_find(&app, &nobody, &id), PK_NOT_FOUND);
    CHECK_STATUS(pk_registry_get_token(&app, NULL, &token, &object), PK_OK);
    CHECK_STATUS(pk_registry_get_named(&app, NULL, "database", &object), PK_OK);
    CHECK(object == &letters[2]);
    CHECK_STATUS(pk_registry_get_named(&app, NULL, "databas", &object), PK_NOT_FOUND);
    (void)pk_registry_close(&app);
    prepare(); /* another registry, in which the name has another id */
    desc.providers = six + 2;
    desc.provider_count = 1;
    open_app();
    CHECK_STATUS(pk_registry_find(&app, &token, &id), PK_OK);
    CHECK_EQ(id, 0);
    (void)pk_registry_close(&app);
}
static void closed_registry_says_so_by_name_too(void) {
    pk_token token = PK_TOKEN("database");
    pk_provider_id id = 0;
    void *object = NULL;
    memset(&app, 0, sizeof app);
    CHECK_STATUS(pk_registry_get_named(&app, NULL, "database", &object), PK_CLOSED);
    CHECK_STATUS(pk_registry_find(&app, &token, &id), PK_CLOSED);
    CHECK_STATUS(pk_registry_get_token(&app, NULL, &token, &object), PK_CLOSED);
    CHECK_STATUS(pk_registry_start(&app, NULL), PK_CLOSED);
    CHECK(object == NULL && id == 0);
}
enum { LARGE = 1000 };
static pk_provider chain[LARGE + 1];
static char chain_names[LARGE + 1][8];
static unsigned nested;
static pk_status make_nested(pk_registry *r, pk_scope *scope, void *user, void **object) {
    uintptr_t row = (uintptr_t)user;
    void *ignored;
    (void)scope;
    *object = &letters[0];
    nested++;
    return row + 1 < LARGE ? pk_registry_get(r, NULL, (pk_provider_id)(row + 1), &ignored) : PK_OK;
}
static void chain_of_a_thousand_is_made_without_recursion(void) {
    char text[300];
    unsigned i;
    prepare();
    for (i = 0; i < LARGE; i++) {
        snprintf(chain_names[i], sizeof chain_names[i], "n%u", i);
        chain[i].name = chain_names[i];
        chain[i].create = make_nested; /* what it gets is there already */
        chain[i].user = (void *)(uintptr_t)i;
        chain[i].needs = i + 1 < LARGE ? chain_names[i + 1] : NULL;
        chain[i].lifetime = PK_SINGLETON;
    }
    for (i = 0; i + 1 < LARGE; i++) snprintf(chain_names[i + 1], sizeof chain_names[0], "n%u", i + 1);
    desc.providers = chain;
    desc.provider_count = LARGE;
    open_app();
    CHECK_STATUS(pk_registry_check(&app, text, sizeof text), PK_OK);
    nested = 0;
    CHECK_STATUS(get(0), PK_OK);
    CHECK_EQ(nested, LARGE);
    (void)pk_registry_close(&app);
    chain[LARGE - 1].needs = "n0";
    open_app();
    CHECK_STATUS(pk_registry_check(&app, text, sizeof text), PK_CYCLE);
    CHECK(strstr(text, "... -> n") == text && strcmp(text + strlen(text) - 13, "-> n999 -> n0") == 0);
    CHECK_STATUS(get(0), PK_CYCLE);
    CHECK(strstr(last_detail, "... -> n") == last_detail && strcmp(last_detail + strlen(last_detail) - 13, "-> n999 -> n0") == 0);
    chain[LARGE - 1].needs = NULL;
    for (i = 0; i < LARGE; i++) chain[i].needs = NULL; /* the same, found by gets alone */
    CHECK_STATUS(get(0), PK_OK);
    CHECK_EQ(nested, 2 * LARGE);
    (void)pk_registry_close(&app);
}
static void presets_of_a_thousand_need_few_bytes(void) {
    static unsigned char memory[PK_REGISTRY_BYTES(LARGE)];
    prepare();
    desc.providers = chain;
    desc.provider_count = LARGE;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    open_app();
    CHECK(app.block == NULL);
    CHECK_EQ(pk_registry_count(&app), LARGE);
    CHECK_STATUS(pk_registry_add(&app, six, 1, NULL), PK_FULL);
    CHECK_STATUS(pk_registry_check(&app, NULL, 0), PK_OK);
    CHECK(sizeof memory / LARGE <= (sizeof(void *) > 4 ? 64 : 40));
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
}

static void defaults_are_set_for_all_and_for_one(void) {
    pk_scope_watch_desc watch;
    pk_scope_stats stats;
    pk_scope scope;
    prepare();
    CHECK_STATUS(pk_registry_init(&app, NULL), PK_OK);
    CHECK_EQ(app.capacity, 7);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
    desc.capacity = 9;
    open_app();
    CHECK_EQ(app.capacity, 9);
    CHECK_STATUS(pk_registry_close(&app), PK_OK);
    memset(&watch, 0, sizeof watch);
    CHECK_STATUS(pk_scope_init(&scope, NULL), PK_OK);
    pk_scope_get_stats(&scope, &stats);
    CHECK_EQ(stats.limit, 5);
    watch.limit = 8;
    CHECK_STATUS(pk_scope_watch(&scope, &watch), PK_OK);
    pk_scope_get_stats(&scope, &stats);
    CHECK_EQ(stats.limit, 8);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
}

static char ways[80];
static void trace(void *user, const pk_registry *r, const char *path, pk_status status, bool was_made) {
    const size_t at = strlen(ways);
    (void)user;
    (void)r;
    (void)snprintf(ways + at, sizeof ways - at, "%s %d %s;", path, (int)status, was_made ? "made" : "there");
}
static pk_status nothing(void *context) {
    (void)context;
    return PK_OK;
}
static pk_status make_and_fill(pk_registry *r, pk_scope *scope, void *user, void **object) {
    (void)r;
    *object = user;
    while (*(const char *)user == 'f' && pk_scope_defer(scope, nothing, NULL, "more") == PK_OK) {}
    return PK_OK;
}
static void what_finds_no_room_is_traced_once(void) {
    static char fills = 'f', leaves = 'l';
    static const pk_provider two[] = {{"full", make_and_fill, NULL, &fills, NULL, PK_REQUEST, 0, 0, 0},
                                      {"fits", make_and_fill, NULL, &leaves, NULL, PK_REQUEST, 0, 0, 0}};
    static char memory[1500];
    char expected[40];
    pk_scope_desc small;
    pk_registry r;
    pk_scope scope;
    void *object;
    memset(&small, 0, sizeof small);
    small.memory = memory;
    small.memory_size = sizeof memory;
    CHECK_STATUS(pk_registry_init(&r, NULL), PK_OK);
    CHECK_STATUS(pk_registry_add(&r, two, 2, NULL), PK_OK);
    CHECK_STATUS(pk_scope_init(&scope, &small), PK_OK);
    CHECK_STATUS(pk_scope_nest(&scope, NULL, PK_SCOPE_REQUEST), PK_OK);
    pk_registry_set_trace(&r, trace, NULL);
    ways[0] = 0;
    CHECK_STATUS(pk_registry_get_named(&r, &scope, "fits", &object), PK_OK);
    CHECK_TEXT(ways, "fits 0 made;");
    ways[0] = 0;
    CHECK_STATUS(pk_registry_get_named(&r, &scope, "full", &object), PK_FULL);
    (void)snprintf(expected, sizeof expected, "full %d there;", (int)PK_FULL);
    CHECK_TEXT(ways, expected);
    CHECK_STATUS(pk_scope_close(&scope), PK_OK);
    CHECK_STATUS(pk_registry_close(&r), PK_OK);
}

TESTS {
    RUN("C09", "a get whose object finds no room is traced once", what_finds_no_room_is_traced_once)
    RUN("C22 C23 C26 C19 C21", "start makes what is preloaded, then what is critical, or all", start_makes_preloaded_then_critical)
    RUN("C22 C24", "names of one text are made by start, or by the pump", names_of_a_text_are_made_by_start_and_pump)
    RUN("C20", "without cache singletons are made each time", without_cache_singletons_are_made_each_time)
    RUN("C24 C26", "the pump makes what is optional, if asked to", pump_makes_what_is_optional)
    RUN("C27", "a pump makes ten at most, and stops at what fails", pump_makes_ten_at_most)
    RUN("C27", "what takes a pump longer than 30 s is ended again", load_that_takes_too_long_is_ended)
    RUN("C27", "the fourth pump within pumps is told to come again", fourth_pump_within_pumps_is_told_to_come_again)
    RUN("C06 C35", "a deferred provider is made and ended by pumps", deferred_provider_is_made_by_the_pump)
    RUN("C06 C35", "a deferred provider may need another one", deferred_provider_may_need_another)
    RUN("C23 C30", "start tells a create that says closed", start_tells_a_create_that_says_closed)
    RUN("C32 C33", "a failing cleanup of what found no room on its scope is told", failing_cleanup_of_what_found_no_room_is_told)
    RUN("C17 C49 C19", "a provider is loaded on demand, once; times are kept", provider_is_loaded_on_demand_once)
    RUN("C13", "an override lasts as long as its scope; a second one is told", override_lasts_as_long_as_its_scope)
    RUN("C13 C38", "an override stays on its scope until that unwinds", override_stays_on_its_scope)
    RUN("C01", "a removed provider is not found anywhere", removed_provider_is_not_found_anywhere)
    RUN("C05 C11", "a table that is refused leaves nothing behind, however often", a_refused_table_leaves_nothing_in_the_index)
    RUN("C28", "idle singletons are unloaded and made again", idle_singletons_are_unloaded_and_made_again)
    RUN("C07", "unknown names get a suggestion", unknown_names_get_a_suggestion)
    RUN("C51", "a hook sees every get; without it no clock is read", hook_sees_every_get_and_costs_no_clock_when_absent)
    RUN("C12", "tokens hash their name once", tokens_hash_their_name_once)
    RUN("C12", "a registry without init, or closed, says so to gets by name and to start", closed_registry_says_so_by_name_too)
    RUN("C07", "a chain of a thousand is made without recursion, a circle of it refused", chain_of_a_thousand_is_made_without_recursion)
    RUN("C84", "defaults are set for all by macros, for one by its description", defaults_are_set_for_all_and_for_one)
    RUN("C03 C01", "a thousand providers in the caller's memory, few bytes each", presets_of_a_thousand_need_few_bytes)
}
