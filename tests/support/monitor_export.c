/* monitor_export.c - prints what the monitor's reports make of hostile names: json, openmetrics or text, by its argument. tests/examples
   has other programs read it. */
#define PERFKIT_IMPLEMENTATION
#include "../../perfkit.h"

PK_HIST_DEFINE(times, 5, 40, uint32_t)
PK_HIST_DEFINE(sizes, 5, 40, uint32_t)
static void give(void *object, pk_monitor_figures *figures) {
    (void)object;
    figures->hits = 855;
    figures->misses = 145;
    figures->puts = 1000;
    figures->evictions = 400;
    figures->bytes = 68157440;
    figures->max_bytes = 104857600;
    figures->active = figures->total = 19;
    figures->max = 20;
    figures->waits = 2;
    figures->wait_us = 300000;
    figures->leaks = 1;
}
static int64_t startup(void *user) {
    (void)user;
    return 326049;
}
int main(int argc, char **argv) {
    static pk_monitor m; /* all zero: the defaults */
    static pk_monitored objects[8];
    const char what = argc > 1 ? argv[1][0] : 't';
    if (pk_monitor_add(&m, &objects[0], PK_MONITOR_CACHE, "quote \" backslash \\ newline \n tab \t bell \a delete \177", give, NULL)) return 1;
    if (pk_monitor_add(&m, &objects[1], PK_MONITOR_CACHE, "not UTF-8: \xFF \xC0\x80 \xED\xA0\x80", NULL, NULL)) return 1;
    if (pk_monitor_add(&m, &objects[2], PK_MONITOR_POOL, "Gr\xC3\xBC\xC3\x9F\x65 \xE2\x82\xAC \xF0\x9F\x98\x80", give, NULL)) return 1;
    if (pk_monitor_add(&m, &objects[3], PK_MONITOR_RESOURCES, "", give, NULL)) return 1;
    if (pk_monitor_add_check(&m, &objects[4], "a name of more than twenty columns", startup, NULL, 300000, PK_DEGRADED, PK_UNIT_MICROSECONDS)) return 1;
    if (pk_monitor_add_check(&m, &objects[5], "memory", pk_resident_bytes, NULL, PK_TARGET_RESIDENT_BYTES, PK_UNHEALTHY, PK_UNIT_BYTES)) return 1;
    if (pk_monitor_add_histogram(&m, &objects[6], "a,b=\"c\"} 1\n# EOF", &times, PK_UNIT_TICKS)) return 1;
    if (pk_monitor_add_histogram(&m, &objects[7], "sizes", &sizes, PK_UNIT_NONE)) return 1;
    pk_hist_record(&times, 1000);
    pk_hist_record(&sizes, 7);
    (void)pk_monitor_tick(&m, 0, 0);
    if (what == 'j') return pk_monitor_json(&m, pk_log_to_file, stdout);
    if (what == 'o') return pk_monitor_openmetrics(&m, pk_log_to_file, stdout);
    return pk_monitor_text(&m, pk_log_to_file, stdout);
}
