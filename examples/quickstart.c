/* quickstart.c - all four headers in one program: a service that answers how many divisors a number has, from memory when it can.
   cc -I. examples/quickstart.c -o build/quickstart && build/quickstart
   A file name as argument: a picture in time of its spans goes there, for chrome://tracing. */
#define PERFKIT_IMPLEMENTATION /* in one file of a program, before other includes */
#include "perfkit.h"
#include <stdio.h>

PK_CACHE_DEFINE(answers, uint64_t, uint32_t) /* a cache of number -> divisors, with typed functions answers_get, answers_put, … */
typedef struct request { uint64_t number; uint32_t divisors; } request;
PK_POOL_DEFINE(requests, request, 4) /* a pool of 4, in static memory, with requests_acquire and requests_release */

static uint32_t count_divisors(uint64_t number) {
    uint32_t found = 0;
    uint64_t d;
    for (d = 1; d <= number; d++) found += number % d == 0;
    return found;
}
static pk_status release_request(void *r) { return requests_release((request *)r); }
static pk_status serve(answers *cache, uint64_t number) {
    PK_SCOPE_AUTO(scope, 2); /* whatever is deferred on it runs at every return below */
    request *r = requests_acquire();
    if (r == NULL) return PK_EXHAUSTED;
    if (pk_scope_defer(&scope, release_request, r, "request") != PK_OK) return release_request(r), PK_FULL;
    if (number == 0) {
        PK_LOG_ERROR("0 has no end of divisors");
        return PK_INVALID;
    }
    r->number = number;
    if (answers_get(cache, r->number, &r->divisors) != PK_OK) {
        PK_LOG_INFO("%llu is not in the cache: counting", (unsigned long long)number);
        PK_PERF_SCOPE("count divisors") { r->divisors = count_divisors(r->number); }
        (void)answers_put(cache, r->number, &r->divisors, 0); /* 0: the default time to live, 5 minutes */
    }
    PK_PERF_COUNT("answers", 1);
    printf("%llu has %u divisors\n", (unsigned long long)r->number, (unsigned)r->divisors);
    return PK_OK;
}

static pk_perf_event spans[100];
static pk_perf_trace trace;
static void save_trace(const char *path) {
    FILE *file = fopen(path, "w");
    if (file == NULL || pk_perf_trace_json(&trace, pk_log_to_file, file) != PK_OK) PK_LOG_ERROR("no trace in %s", path);
    if (file && fclose(file) != 0) PK_LOG_ERROR("%s is not whole", path);
}
/* What the program is made of: each part is made when first asked for, and ended with the registry, last made first. */
static answers cache;
static pk_status open_answers(pk_registry *app, pk_scope *scope, void *user, void **object) {
    (void)app, (void)scope; /* it needs no other part, and belongs to no session or request */
    *object = user;
    return answers_init((answers *)user, NULL); /* NULL: the defaults, 1000 entries */
}
static pk_status close_answers(void *it) { return answers_close((answers *)it); }
static const pk_provider parts[] = {{"answers", open_answers, close_answers, &cache, NULL, PK_SINGLETON, PK_CORE, 0, 0}};

int main(int argc, char **argv) {
    static const uint64_t asked[] = {720720, 97, 720720, 0, 1000000, 97, 720720};
    pk_registry app;
    pk_cache_stats stats;
    void *found;
    size_t i;
    pk_status status = pk_registry_init(&app, NULL);
    if (status == PK_OK) status = pk_registry_add(&app, parts, 1, NULL);
    if (status != PK_OK) return fprintf(stderr, "start: %s\n", pk_status_text(status)), 1;
    (void)pk_log_configure(PK_LOG_INFO);                    /* the main channel: to stderr, from INFO up */
    (void)pk_log_set_level(&pk_perf_default, PK_LOG_INFO);  /* the perf channel: record */
    (void)pk_perf_trace_start(&pk_perf_default, &trace, spans, 100);
    for (i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        if (pk_registry_get(&app, NULL, 0, &found) != PK_OK) return 1; /* by its row in the table */
        PK_PERF_SCOPE("serve") { status = serve((answers *)found, asked[i]); } /* "count divisors" runs inside it */
        if (status != PK_OK) printf("%llu: %s\n", (unsigned long long)asked[i], pk_status_text(status));
    }
    (void)pk_cache_get_stats(&cache.cache, &stats);
    printf("cache: %d hits, %d misses; requests: at most %u at once, %u still out\n", (int)stats.hits, (int)stats.misses,
           (unsigned)requests_high_water(), (unsigned)requests_count());
    (void)pk_perf_report(&pk_perf_default, pk_log_to_file, stdout, 10);
    pk_perf_trace_stop(&pk_perf_default);
    if (argc > 1) save_trace(argv[1]);
    return pk_registry_close(&app) == PK_OK ? 0 : 1;
}
