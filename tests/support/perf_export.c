/* perf_export.c - prints what the perf channel's exporters make of hostile names: json, openmetrics, trace or text, by its
   argument. tests/examples has other programs read it. */
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../perfkit_log.h"

static pk_perf_event events[8];
static pk_perf_trace trace;

static void record(void) {
    PK_PERF_SCOPE("quote \" backslash \\ newline \n tab \t bell \a delete \177") {
        PK_PERF_SCOPE("Gr\xC3\xBC\xC3\x9F\x65 \xE2\x82\xAC \xF0\x9F\x98\x80") { PK_PERF_COUNT("a,b=\"c\"} 1\n# EOF", 3); }
    }
    PK_PERF_SCOPE("") { PK_PERF_GAUGE("not UTF-8: \xFF \xC0\x80 \xED\xA0\x80 \xF4\x90\x80\x80 \xE2\x82", -5); }
    PK_PERF_VALUE("</script> %s %n \\u0000", 7);
    PK_PERF_COUNT("a name of more than twenty columns, all of them needed", 1);
}
int main(int argc, char **argv) {
    char what = argc > 1 ? argv[1][0] : 't';
    if (pk_log_set_level(&pk_perf_default, PK_LOG_INFO) != PK_OK) return 1;
    if (pk_perf_trace_start(&pk_perf_default, &trace, events, 8) != PK_OK) return 1;
    record();
    pk_perf_trace_stop(&pk_perf_default);
    if (what == 'j') return pk_perf_json(&pk_perf_default, pk_log_to_file, stdout);
    if (what == 'o') return pk_perf_openmetrics(&pk_perf_default, pk_log_to_file, stdout);
    if (what == 't' && argc > 1 && argv[1][1] == 'r') return pk_perf_trace_json(&trace, pk_log_to_file, stdout);
    return pk_perf_report(&pk_perf_default, pk_log_to_file, stdout, 9);
}
