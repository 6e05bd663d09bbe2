/* scan.c - counts the lines, comments, functions, macros and includes of every C source below a folder, twice: the second pass is
   answered from a cache for every file whose size and time are unchanged; with --cache FILE the results are kept between runs, in a
   snapshot of the cache. Shows perfkit in a program of ordinary shape: parsers from an object pool, results in a cache keyed by path,
   files closed by scopes, failures through the logger, times through the perf channel. POSIX.
   cc -O2 -I. examples/scan/scan.c -o build/scan && build/scan /usr/include */
#define _XOPEN_SOURCE 700 /* nftw */
#define PERFKIT_IMPLEMENTATION
#include "perfkit.h"
#include "parser.h"
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

PK_POOL_DEFINE(parsers, parser, 2)

PK_PERF_DEFINE(cold_pass, "cold pass")
PK_PERF_DEFINE(warm_pass, "warm pass")
PK_PERF_DEFINE(cold_file, "file, cold")
PK_PERF_DEFINE(warm_file, "file, warm")

typedef struct result { /* what the cache holds for a path */
    int64_t size, changed;
    counts found;
} result;

static struct scan {
    pk_cache cache;         /* path -> result */
    pk_perf_site *per_file; /* of the pass at hand */
    counts total;
    unsigned files, reused, changed, fresh, failed;
} scan;

static pk_status release_parser(void *p) { return parsers_release((parser *)p); }
static pk_status parse_file(const char *path, counts *found) {
    PK_SCOPE_AUTO(scope, 2); /* closes the file and gives the parser back at every return */
    size_t length;
    parser *p = parsers_acquire();
    FILE *file;
    if (p == NULL) return PK_EXHAUSTED;
    if (pk_scope_defer(&scope, release_parser, p, "parser") != PK_OK) return release_parser(p), PK_FULL;
    file = (FILE *)pk_scope_fopen(&scope, path, "rb");
    if (file == NULL) return PK_IO;
    parser_start(p);
    while ((length = fread(p->buffer, 1, sizeof p->buffer, file)) > 0) parser_feed(p, p->buffer, length);
    if (ferror(file)) return PK_IO;
    *found = p->found;
    return PK_OK;
}

/* The result for a path: from the cache if the file is unchanged, else by parsing it. */
static pk_status look_up(const char *path, const struct stat *info, result *r) {
    pk_status status = pk_cache_get(&scan.cache, path, strlen(path), r, sizeof *r, NULL);
    if (status == PK_OK && r->size == (int64_t)info->st_size && r->changed == (int64_t)info->st_mtime) {
        scan.reused++;
        return PK_OK;
    }
    if (status == PK_OK) scan.changed++;
    else scan.fresh++;
    r->size = (int64_t)info->st_size;
    r->changed = (int64_t)info->st_mtime;
    status = parse_file(path, &r->found);
    if (status != PK_OK) return status;
    status = pk_cache_put(&scan.cache, path, strlen(path), r, sizeof *r, 0);
    if (status != PK_OK) PK_LOG_WARN("%s is not cached: %s", path, pk_status_text(status));
    return PK_OK;
}

static void scan_file(const char *path, const struct stat *info) {
    result r;
    int i;
    pk_timer timer = pk_timer_begin(scan.per_file);
    pk_status status = look_up(path, info, &r);
    pk_timer_end(&timer);
    if (status != PK_OK) {
        scan.failed++;
        PK_LOG_WARN("skipped %s: %s", path, status == PK_IO ? strerror(errno) : pk_status_text(status));
        return;
    }
    for (i = 0; i < KINDS; i++) scan.total.of[i] += r.found.of[i];
    if (++scan.files % 1000 == 0) PK_LOG_INFO("%u files so far, at %s", scan.files, path);
}

static int visit(const char *path, const struct stat *info, int what, struct FTW *place) {
    static const char *const endings[] = {".h", ".c", ".hh", ".hpp", ".cc", ".cpp"};
    const char *dot = strrchr(path + place->base, '.');
    size_t i;
    if (what == FTW_DNR || what == FTW_NS) { /* a folder that can't be read, a file that has gone */
        scan.failed++;
        PK_LOG_WARN("skipped %s: %s", path, strerror(errno));
    } else if (what == FTW_F && dot && S_ISREG(info->st_mode)) {
        for (i = 0; i < sizeof endings / sizeof endings[0]; i++)
            if (strcmp(dot, endings[i]) == 0) scan_file(path, info);
    }
    return 0;
}

static double microseconds(pk_ticks ticks) { return (double)pk_perf_ns(ticks) / 1e3; }

/* One pass over the tree; its time in seconds. */
static double scan_pass(const char *root, const char *name, pk_perf_site *pass, pk_perf_site *per_file) {
    const pk_histogram *times = &per_file->values;
    pk_timer timer = pk_timer_begin(pass);
    double seconds;
    memset(&scan.total, 0, sizeof scan.total);
    scan.files = scan.reused = scan.changed = scan.fresh = scan.failed = 0;
    scan.per_file = per_file;
    if (nftw(root, visit, 32, FTW_PHYS) != 0) PK_LOG_ERROR("%s: %s", root, strerror(errno)); /* not there at all */
    seconds = microseconds(pk_timer_end(&timer)) / 1e6;
    printf("%s: %7.3f s, %5u files, %5.1f %% from the cache, %u skipped; a file: p50 %.1f us, p95 %.1f us, p99 %.1f us\n", name, seconds,
           scan.files, scan.files ? 100.0 * scan.reused / scan.files : 0.0, scan.failed, microseconds(pk_hist_percentile(times, 5000)),
           microseconds(pk_hist_percentile(times, 9500)), microseconds(pk_hist_percentile(times, 9900)));
    return seconds;
}

/* ---- Results between runs ---- */

static void load_results(const char *file) {
    uint32_t kept;
    pk_status status = pk_cache_load_file(&scan.cache, file, PK_CACHE_SALVAGE, &kept);
    if (status == PK_CORRUPT) PK_LOG_WARN("%s is damaged: %u results could be saved", file, (unsigned)kept);
    else if (status == PK_MISMATCH) PK_LOG_WARN("%s was made by another version: starting anew", file);
    else if (status != PK_OK && status != PK_NOT_FOUND) PK_LOG_WARN("%s: %s", file, strerror(errno));
}

/* Forget the files that are no longer there; how many. */
static unsigned drop_gone(void) {
    pk_cache_cursor cursor = {0};
    pk_cache_item item;
    struct stat info;
    char path[4096];
    unsigned gone = 0;
    while (pk_cache_foreach(&scan.cache, &cursor, &item) == PK_OK) {
        if (item.key_len >= sizeof path) continue;
        memcpy(path, item.key, item.key_len);
        path[item.key_len] = 0;
        if (lstat(path, &info) == 0 || (errno != ENOENT && errno != ENOTDIR)) continue;
        if (pk_cache_remove(&scan.cache, path, strlen(path)) == PK_OK) gone++;
    }
    return gone;
}

static int save_results(const char *file) {
    unsigned gone = drop_gone();
    pk_status status = pk_cache_save_file(&scan.cache, file);
    printf("%s: %u reused, %u changed, %u new, %u gone\n", file, scan.reused, scan.changed, scan.fresh, gone);
    if (status == PK_OK) return 0;
    PK_LOG_ERROR("%s is not saved: %s", file, status == PK_IO ? strerror(errno) : pk_status_text(status));
    return 1;
}

static pk_status close_cache(void *cache) { return pk_cache_close((pk_cache *)cache); }

static const char usage[] = "usage: scan [-v] [--cache FILE] [FOLDER]\n"
    "Counts lines, comments, functions, macros and includes of the C and C++ sources below FOLDER (default /usr/include),\n"
    "then again from a cache. With --cache once, and the results are kept in FILE: the next run reads only files that changed.\n"
    "-v: progress. Exit status: 0; 1 when nothing could be scanned, or FILE not be written; 2 for wrong usage.\n";

int main(int argc, char **argv) {
    const char *root = "/usr/include", *file = NULL;
    pk_cache_desc desc;
    pk_status status;
    double cold, warm;
    int i, failed = 0;
    PK_SCOPE_AUTO(program, 1);
    for (i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) return fputs(usage, stdout) < 0;
        if (strcmp(argv[i], "-v") == 0) (void)pk_log_configure(PK_LOG_INFO);
        else if (strcmp(argv[i], "--cache") == 0 && i + 1 < argc) file = argv[++i];
        else if (argv[i][0] == '-') return fputs(usage, stderr), 2;
        else root = argv[i];
    }
    memset(&desc, 0, sizeof desc);
    desc.name = "results";
    desc.capacity = 100000; /* files */
    desc.slot_size = 192;   /* a path and its result in one slot, mostly */
    desc.max_bytes = 100000 * (size_t)192;
    desc.schema = 1;        /* of `result`: files with another are not loaded */
    desc.ttl_ms = PK_TTL_NEVER; /* size and time of the file tell whether a result is good */
    status = pk_cache_init(&scan.cache, &desc);
    if (status != PK_OK) return fprintf(stderr, "scan: %s\n", pk_status_text(status)), 1;
    (void)pk_scope_defer(&program, close_cache, &scan.cache, "results");
    (void)pk_log_set_level(&pk_perf_default, PK_LOG_INFO); /* record times */

    if (file) load_results(file);
    cold = warm = scan_pass(root, file ? "pass" : "cold", &cold_pass, &cold_file);
    if (scan.files == 0) return 1;
    if (file) failed = save_results(file);
    else warm = scan_pass(root, "warm", &warm_pass, &warm_file);
    printf("%s: %u files, %u lines, %u comments, %u functions, %u macros, %u includes\n", root, scan.files, scan.total.of[LINES],
           scan.total.of[COMMENTS], scan.total.of[FUNCTIONS], scan.total.of[MACROS], scan.total.of[INCLUDES]);
    if (!file) printf("the warm pass took %.1f %% of the cold one's time\n", 100.0 * warm / cold);
    return failed;
}
