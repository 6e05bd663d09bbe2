/* targets: hosted */
/* Settings from lines, the environment and presets. */
#if !defined _XOPEN_SOURCE && !defined _GNU_SOURCE
#define _XOPEN_SOURCE 700 /* setenv */
#endif
#include "../../perfkit.h"
#include "../support/test.h"
#include <stdio.h>
#include <stdlib.h>

static pk_config c;
static unsigned problems, problem_line;
static char problem_key[64];
static void complain(void *user, unsigned line, const char *key, const char *why) {
    (void)user;
    problems++;
    problem_line = line;
    CHECK(why != NULL && *why != 0);
    (void)pk_format(problem_key, sizeof problem_key, "%s", key);
}
static void start(void) {
    CHECK_STATUS(pk_config_preset(&c, PK_CONFIG_STANDARD), PK_OK);
    problems = 0;
}

static void defaults_are_those_of_the_table(void) {
    start();
    CHECK_STATUS(pk_config_preset(&c, PK_CONFIG_DEFAULTS), PK_OK);
    CHECK_EQ(c.log_level, PK_LOG_WARN);
    CHECK_EQ(c.perf_level, PK_LOG_OFF);
    CHECK(c.lazy_loading && c.cache_instances && c.minimal_registration && c.defer_heavy_operations);
    CHECK(!c.background_loading && !c.debug_timing && !c.feature_aws && !c.feature_database && !c.feature_monitoring);
    CHECK(!c.debug && !c.performance_timing && !c.log_component_loads && !c.track_memory_usage);
    CHECK(c.preload_critical[0] == 0 && c.preload_common[0] == 0); /* the program's own names, if any */
    CHECK_EQ(c.discovery_mode, PK_CONFIG_LAZY);
    CHECK_EQ(c.connection_mode, PK_CONFIG_LAZY);
    CHECK_EQ(c.background_workers, 2);
    CHECK_EQ(c.component_cache_size, 100);
    CHECK_EQ(c.result_ttl_ms, 300000);
    CHECK_EQ(c.cache_memory_mb, 500);
    CHECK_EQ(c.load_batch, 10);
    CHECK_EQ(c.load_concurrent, 3);
    CHECK_EQ(c.load_timeout_ms, 30000);
    CHECK_EQ(c.memo_size, 128);
    CHECK_EQ(c.cache_size, 1000);
    CHECK_EQ(c.cache_ttl_ms, 300000);
    CHECK_EQ(c.max_concurrency, 10);
    CHECK_EQ(c.chunk_size, 20);
    CHECK_EQ(c.item_timeout_ms, 5000);
    CHECK_EQ(c.client_max, 20);
    CHECK_EQ(c.client_wait_ms, 10000);
    CHECK_EQ(c.client_connect_ms, 5000);
    CHECK_EQ(c.async_ttl_ms, 60000);
    CHECK_EQ(c.async_cleanup_ms, 30000);
    CHECK_EQ(c.async_shards, 8);
    CHECK_EQ(c.async_workers, 4);
    CHECK_EQ(c.async_size, 100000);
    CHECK_EQ(c.async_memory_mb, 100);
    CHECK_EQ(c.leak_ms, 3600000);
    CHECK_EQ(c.max_resources, 100);
    CHECK(c.parser_cache);
    CHECK_TEXT(c.parser_cache_dir, ".cache/parser");
    CHECK_EQ(c.parser_cache_mb, 1024);
    CHECK_EQ(c.parser_workers, 0);
    CHECK_EQ(c.parser_strategy, PK_CONFIG_ADAPTIVE);
    CHECK_EQ(c.parser_memory_mb, 2048);
    CHECK_EQ(c.parser_chunk_kb, 512);
    CHECK_EQ(c.parser_threshold_mb, 100);
    CHECK_EQ(c.maintain_every, 1000);
    CHECK_STATUS(pk_config_check(&c, complain, NULL), PK_OK);
    CHECK_EQ(problems, 0);
}
static void pool(uint32_t min, uint32_t max, uint32_t connect, uint32_t idle, uint32_t life, uint32_t health, const pk_respool_desc *d) {
    CHECK_EQ(d->min_size, min);
    CHECK_EQ(d->max_size, max);
    CHECK_EQ(d->connect_ms, connect * 1000);
    CHECK_EQ(d->wait_ms, connect * 1000);
    CHECK_EQ(d->idle_ms, idle * 1000);
    CHECK_EQ(d->life_ms, life * 1000);
    CHECK_EQ(d->health_ms, health * 1000);
    CHECK_EQ(d->leak_ms, 3600000);
}
static void fills_descriptions(void) {
    pk_respool_desc d;
    pk_cache_desc cache;
    start();
    memset(&d, 0, sizeof d);
    CHECK_STATUS(pk_config_respool(&c, PK_CONFIG_DB, &d), PK_OK);
    pool(20, 100, 60, 1200, 1800, 60, &d);
    CHECK_STATUS(pk_config_respool(&c, PK_CONFIG_REDIS, &d), PK_OK);
    pool(5, 20, 30, 300, 1800, 60, &d);
    CHECK_STATUS(pk_config_respool(&c, PK_CONFIG_HTTP, &d), PK_OK);
    pool(10, 100, 10, 300, 1800, 60, &d);
    CHECK(!d.eager);
    CHECK_STATUS(pk_config_apply(&c, "connection_mode", "eager"), PK_NOT_FOUND);
    CHECK_STATUS(pk_config_apply(&c, "performance.lazy_loading.connection_mode", "Eager"), PK_OK);
    CHECK_STATUS(pk_config_respool(&c, PK_CONFIG_CLIENT, &d), PK_OK);
    CHECK(d.eager);
    CHECK_EQ(d.min_size, PK_RESPOOL_NONE);
    CHECK_EQ(d.max_size, 20);
    CHECK_EQ(d.wait_ms, 10000);
    CHECK_EQ(d.connect_ms, 5000);
    CHECK_STATUS(pk_config_respool(&c, 9, &d), PK_INVALID);
    memset(&cache, 0, sizeof cache);
    CHECK_STATUS(pk_config_cache(&c, PK_CONFIG_CACHE, &cache), PK_OK);
    CHECK_EQ(cache.capacity, 1000);
    CHECK_EQ(cache.ttl_ms, 300000);
    cache.slot_size = 256;
    CHECK_STATUS(pk_config_cache(&c, PK_CONFIG_CACHE_ASYNC, &cache), PK_OK);
    CHECK_EQ(cache.capacity, 100000);
    CHECK(cache.max_bytes == (size_t)100 << 20);
    CHECK_EQ(cache.ttl_ms, 60000);
    CHECK_EQ(cache.shards, 8);
    CHECK_STATUS(pk_config_cache(&c, PK_CONFIG_CACHE_MEMO, &cache), PK_OK);
    CHECK_EQ(cache.capacity, 128);
    CHECK_STATUS(pk_config_cache(&c, PK_CONFIG_CACHE_COMPONENTS, &cache), PK_OK);
    CHECK_EQ(cache.capacity, 100);
    CHECK_STATUS(pk_config_cache(&c, 9, &cache), PK_INVALID);
}
static void fills_descriptions_of_registries_and_scopes(void) {
    pk_registry_desc d;
    pk_scope_watch_desc watch;
    start();
    memset(&d, 0, sizeof d);
    memset(&watch, 0, sizeof watch);
    pk_config_registry(&c, &d);
    CHECK(!d.eager && !d.no_cache && !d.background && d.pump_names == NULL);
    CHECK(d.batch == 10 && d.max_loads == 3 && d.load_timeout_ms == 30000);
    pk_config_scope(&c, &watch);
    CHECK_EQ(watch.limit, 100);
    CHECK_STATUS(pk_config_parse(&c,
                                 "preload_critical = [\"log\", \"config\"]\n[lazy_loading]\ncache_instances = no\n"
                                 "[background_loading]\nenabled = yes\npreload_common = mail\n"
                                 "[optimization]\nbatch_size = 4\nconcurrent_loads = 1\ntimeout_seconds = 2.5\n[]\nmax_resources = 7\n",
                                 complain, NULL),
                 PK_OK);
    pk_config_registry(&c, &d);
    CHECK(!d.eager && d.no_cache && d.background && d.batch == 4 && d.max_loads == 1 && d.load_timeout_ms == 2500);
    CHECK_TEXT(d.preload_names, "log,config");
    CHECK_TEXT(d.pump_names, "mail");
    pk_config_scope(&c, &watch);
    CHECK_EQ(watch.limit, 7);
    CHECK_STATUS(pk_config_apply(&c, "discovery_mode", "eager"), PK_NOT_FOUND);
    CHECK_STATUS(pk_config_apply(&c, "lazy_loading.discovery_mode", "eager"), PK_OK);
    pk_config_registry(&c, &d);
    CHECK(d.eager);
    start();
    c.lazy_loading = false;
    pk_config_registry(&c, &d);
    CHECK(d.eager);
    start();
    c.minimal_registration = false;
    pk_config_registry(&c, &d);
    CHECK(d.eager);
}
static void presets_differ_as_described(void) {
    pk_config standard;
    CHECK_STATUS(pk_config_preset(&c, PK_CONFIG_MINIMAL), PK_OK);
    CHECK(c.parser_workers == 1 && c.parser_memory_mb == 256 && !c.parser_cache && c.parser_chunk_kb == 128);
    CHECK_STATUS(pk_config_check(&c, NULL, NULL), PK_OK);
    CHECK_STATUS(pk_config_preset(&c, PK_CONFIG_PERFORMANCE), PK_OK);
    CHECK(c.parser_memory_mb == 4096 && c.parser_strategy == PK_CONFIG_HYBRID && c.parser_chunk_kb == 512 && c.parser_cache_mb == 2000);
    CHECK(c.parser_workers == 0);
    CHECK_STATUS(pk_config_preset(&c, PK_CONFIG_STANDARD), PK_OK);
    CHECK(c.parser_workers == 0 && c.parser_memory_mb == 1024 && c.parser_strategy == PK_CONFIG_ADAPTIVE && c.parser_chunk_kb == 512);
    CHECK(c.parser_cache && c.parser_cache_mb == 500);
    CHECK_STATUS(pk_config_preset(&c, PK_CONFIG_FIRMWARE), PK_OK);
    CHECK(c.parser_workers == 1 && c.cache_size == 32 && !c.parser_cache);
    CHECK_EQ(PK_CONFIG_FIRMWARE_BYTES, 16384);
    CHECK_STATUS(pk_config_check(&c, NULL, NULL), PK_OK);
    CHECK_STATUS(pk_config_preset(&c, PK_CONFIG_DEBUG), PK_OK);
    CHECK(c.parser_cache_mb == 500 && c.debug && c.perf_level == PK_LOG_DEBUG);
    CHECK(c.log_level == PK_LOG_DEBUG && c.performance_timing && c.debug_timing && c.log_component_loads && c.track_memory_usage);
    CHECK_STATUS(pk_config_preset(&standard, PK_CONFIG_STANDARD), PK_OK); /* and nothing else differs */
    standard.log_level = standard.perf_level = PK_LOG_DEBUG;
    standard.debug = standard.performance_timing = standard.debug_timing = true;
    standard.log_component_loads = standard.track_memory_usage = true;
    CHECK(memcmp(&c, &standard, sizeof c) == 0);
    CHECK_STATUS(pk_config_preset(&c, 99), PK_INVALID);
    CHECK_STATUS(pk_config_preset(&c, -1), PK_INVALID);
}
static void a_bad_value_keeps_the_old_one(void) {
    static const char *const wrong[] = {"", "x", "-1", "1.5", "1e3", "0", "2048", "99999999999999999999", "12 34"};
    static const char *const booleans[][2] = {{"true", "false"}, {"YES", "no"}, {"On", "OFF"}, {"1", "0"}};
    size_t i;
    start();
    for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) CHECK_STATUS(pk_config_apply(&c, "DB_POOL_MAX_SIZE", wrong[i]), PK_INVALID);
    CHECK_EQ(c.db_max, 100);
    CHECK_STATUS(pk_config_apply(&c, "db_pool_max_size", "2047"), PK_OK);
    CHECK_EQ(c.db_max, 2047);
    CHECK_STATUS(pk_config_apply(&c, "NO_SUCH_KEY", "1"), PK_NOT_FOUND);
    for (i = 0; i < 4; i++) {
        CHECK_STATUS(pk_config_apply(&c, "LAZY_LOADING_ENABLED", booleans[i][1]), PK_OK);
        CHECK(!c.lazy_loading);
        CHECK_STATUS(pk_config_apply(&c, "LAZY_LOADING_ENABLED", booleans[i][0]), PK_OK);
        CHECK(c.lazy_loading);
    }
    CHECK_STATUS(pk_config_apply(&c, "LAZY_LOADING_ENABLED", "maybe"), PK_INVALID);
    CHECK_STATUS(pk_config_apply(&c, "timeout_per_package", "0.25"), PK_OK);
    CHECK_EQ(c.item_timeout_ms, 250);
    CHECK_STATUS(pk_config_apply(&c, "timeout_per_package", "0.0005"), PK_INVALID);
    CHECK_STATUS(pk_config_apply(&c, "timeout_per_package", "86400.001"), PK_INVALID);
    CHECK_STATUS(pk_config_apply(&c, "PARSER_MAX_WORKERS", "16"), PK_OK);
    CHECK_STATUS(pk_config_apply(&c, "PARSER_MAX_WORKERS", "0"), PK_INVALID);
    CHECK_EQ(c.parser_workers, 16);
    CHECK_STATUS(pk_config_apply(&c, "PARSER_MAX_WORKERS", "Auto"), PK_OK);
    CHECK_EQ(c.parser_workers, 0);
    CHECK_STATUS(pk_config_apply(&c, "PERFORMANCE_LOG_LEVEL", "warning"), PK_OK);
    CHECK_EQ(c.perf_level, PK_LOG_WARN);
    CHECK_STATUS(pk_config_apply(&c, "PERFORMANCE_LOG_LEVEL", "loud"), PK_INVALID);
    CHECK_EQ(c.perf_level, PK_LOG_WARN);
    CHECK_STATUS(pk_config_apply(&c, "PARSER_STRATEGY", "hybrid"), PK_OK);
    CHECK_EQ(c.parser_strategy, PK_CONFIG_HYBRID);
    CHECK_STATUS(pk_config_apply(&c, "PARSER_CACHE_DIR", ""), PK_INVALID);
}
static void reads_sections_comments_and_quotes(void) {
    start();
    CHECK_STATUS(pk_config_parse(&c,
                                 "# a comment\n"
                                 "[default.ASYNC_CACHE]\r\n"
                                 "TTL_SECONDS = 90          # of results\r\n"
                                 "CLEANUP_INTERVAL = 15\n"
                                 "NUM_SHARDS=16\n"
                                 "  MAX_WORKERS\t= 2  \n"
                                 "\n"
                                 "[default.CONNECTION_POOL]\n"
                                 "DB_POOL_MIN_SIZE = 7\n"
                                 "[performance.lazy_loading]\n"
                                 "enabled = false\n"
                                 "discovery_mode = \"eager\"\n"
                                 "[background_loading]\n"
                                 "preload_common = [\"templates\", \"requests\"]\n"
                                 "[]\n"
                                 "PARSER_CACHE_DIR = \"/tmp/a # b\"",
                                 complain, NULL),
                 PK_OK);
    CHECK_EQ(problems, 0);
    CHECK_EQ(c.async_ttl_ms, 90000);
    CHECK_EQ(c.async_cleanup_ms, 15000);
    CHECK_EQ(c.async_shards, 16);
    CHECK_EQ(c.async_workers, 2);
    CHECK_EQ(c.db_min, 7);
    CHECK(!c.lazy_loading);
    CHECK_EQ(c.discovery_mode, PK_CONFIG_EAGER);
    CHECK_TEXT(c.preload_common, "templates,requests");
    CHECK_TEXT(c.parser_cache_dir, "/tmp/a # b");
    CHECK_STATUS(pk_config_parse(&c, "[default.CONNECTION_POOL]\ntimeout = 7\n[caching]\nmax_size = 8", complain, NULL), PK_OK);
    CHECK(c.client_wait_ms == 7000 && c.cache_size == 8);
    CHECK_STATUS(pk_config_parse(&c, "[my_other_program]\nDB_POOL_MIN_SIZE = 9\ntimeout = 3", complain, NULL), PK_NOT_FOUND);
    CHECK(c.client_wait_ms == 7000 && c.db_min == 9);
    CHECK_EQ(problems, 1);
    CHECK_STATUS(pk_config_parse(&c, "[defaulting]\ntimeout = 3\n[performance_tests]\nmax_size = 3", complain, NULL), PK_NOT_FOUND);
    CHECK(problems == 3 && c.client_wait_ms == 7000 && c.cache_size == 8);
    CHECK_STATUS(pk_config_parse(&c, "[default]\ntimeout = 0.25\n[performance]\nmax_size = 9", complain, NULL), PK_OK);
    CHECK(c.client_wait_ms == 250 && c.cache_size == 9);
    CHECK_STATUS(pk_config_apply(&c, "optimization.timeout_seconds", "0.25"), PK_OK);
    CHECK_STATUS(pk_config_apply(&c, "timeout", "0"), PK_INVALID); /* it would mean the pool's default */
    CHECK_STATUS(pk_config_apply(&c, "connect", "0"), PK_INVALID);
}
static void other_names_set_the_same(void) {
    static const char *const names[][3] = {{"LAZY_LOADING_ENABLED", "lazy_loading.enabled", "false"}, {"log.level", "logging.level", "trace"},
        {"perf.level", "PERFORMANCE_LOG_LEVEL", "debug"}, {"startup.background_loading", "background_loading.enabled", "true"},
        {"ASYNC_CACHE.TTL_SECONDS", "ASYNC_CACHE_TTL", "61"}, {"ASYNC_CACHE.CLEANUP_INTERVAL", "ASYNC_CACHE_CLEANUP_INTERVAL", "31"},
        {"ASYNC_CACHE.NUM_SHARDS", "ASYNC_CACHE_NUM_SHARDS", "9"}, {"ASYNC_CACHE.MAX_WORKERS", "ASYNC_CACHE_MAX_WORKERS", "5"}};
    pk_config same, before;
    size_t i;
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        start();
        before = same = c;
        CHECK_STATUS(pk_config_apply(&c, names[i][0], names[i][2]), PK_OK);
        CHECK_STATUS(pk_config_apply(&same, names[i][1], names[i][2]), PK_OK);
        CHECK(memcmp(&c, &same, sizeof c) == 0 && memcmp(&c, &before, sizeof c) != 0);
    }
}
static void bad_lines_are_told_and_left_out(void) {
    char text[700];
    start();
    CHECK_STATUS(pk_config_parse(&c, "chunk_size = 30\nnonsense\nmax_size = 7\n", complain, NULL), PK_INVALID);
    CHECK_EQ(problems, 1);
    CHECK_EQ(problem_line, 2);
    CHECK_TEXT(problem_key, "nonsense");
    CHECK_EQ(c.chunk_size, 30);
    CHECK_EQ(c.cache_size, 7);
    CHECK_STATUS(pk_config_parse(&c, "no_such = 1", complain, NULL), PK_NOT_FOUND);
    CHECK_TEXT(problem_key, "no_such");
    CHECK_STATUS(pk_config_parse(&c, "\n\nmax_size = none\nchunk_size = 0", complain, NULL), PK_INVALID);
    CHECK_EQ(problems, 4);
    CHECK_EQ(problem_line, 4);
    memset(text, 'x', sizeof text);
    text[600] = '\n';
    memcpy(text + 601, "max_size = 9", 13);
    CHECK_STATUS(pk_config_parse(&c, text, complain, NULL), PK_TOO_BIG);
    CHECK_EQ(c.cache_size, 9);
}
static void checks_name_each_problem(void) {
    start();
    c.db_min = 101;
    c.client_connect_ms = 20000;
    c.parser_threshold_mb = 4096;
    c.async_shards = 300;
    c.parser_cache_dir[0] = 0;
    CHECK_STATUS(pk_config_check(&c, complain, NULL), PK_INVALID);
    CHECK_EQ(problems, 5);
    CHECK_STATUS(pk_config_check(&c, NULL, NULL), PK_INVALID);
}
/* Each limit as a row: what is just inside it, and just outside. */
static void limits_are_those_of_the_table(void) {
    static const char *const limits[][3] = {{"ASYNC_CACHE_NUM_SHARDS", "1", "0"}, {"ASYNC_CACHE_NUM_SHARDS", "256", "257"},
        {"default_ttl", "0", "-1"}, {"default_ttl", "86400", "86400.001"}, {"ASYNC_CACHE_TTL", "86400", "86401"},
        {"caching.result_cache_ttl", "86400", "86401"}, {"timeout_per_package", "0.001", "0"}, {"ASYNC_CACHE_CLEANUP_INTERVAL", "0.001", "0"},
        {"optimization.timeout_seconds", "0.001", "0"}, {"timeout", "0.001", "0"}, {"connect", "0.001", "0"},
        {"DB_POOL_CONNECT_TIMEOUT", "0.001", "0"}, {"REDIS_POOL_IDLE_TIMEOUT", "0.001", "0"}, {"HTTP_POOL_MAX_LIFETIME", "0.001", "0"},
        {"HTTP_POOL_HEALTH_CHECK_INTERVAL", "0.001", "0"}, {"max_lifetime_seconds", "0.001", "0"}, {"max_connections", "2047", "2048"}};
    size_t i;
    start();
    for (i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        CHECK_STATUS(pk_config_apply(&c, limits[i][0], limits[i][1]), PK_OK);
        CHECK_STATUS(pk_config_apply(&c, limits[i][0], limits[i][2]), PK_INVALID);
    }
    start();
    c.client_connect_ms = c.client_wait_ms;
    c.redis_min = c.redis_max;
    c.http_idle_ms = c.http_life_ms;
    CHECK_STATUS(pk_config_check(&c, complain, NULL), PK_OK);
    c.redis_min++;
    c.http_idle_ms++;
    c.item_timeout_ms = 0;
    CHECK_STATUS(pk_config_check(&c, complain, NULL), PK_INVALID);
    CHECK_EQ(problems, 3);
}
static char written[8192];
static pk_status keep(void *user, int level, const char *text, size_t length) {
    (void)user;
    (void)level;
    if (strlen(written) + length >= sizeof written) return PK_FULL;
    memcpy(written + strlen(written), text, length + 1);
    return PK_OK;
}
static pk_status refuse(void *user, int level, const char *text, size_t length) {
    (void)level;
    (void)text;
    (void)length;
    ++*(int *)user;
    return PK_IO;
}
static void what_is_written_reads_back_the_same(void) {
    pk_config copy;
    int calls = 0;
    start();
    c.item_timeout_ms = 1234;
    c.parser_strategy = PK_CONFIG_PROCESSES;
    c.debug = true;
    c.log_level = PK_LOG_TRACE;
    memcpy(c.preload_critical, "a,b", 4);
    CHECK_STATUS(pk_config_apply(&c, "background_loading.preload_common", " [a] # = 'b' \\ \303\244 "), PK_OK);
    written[0] = 0;
    CHECK_STATUS(pk_config_write(&c, keep, NULL), PK_OK);
    CHECK(strstr(written, "timeout_per_package = 1.234\n") != NULL);
    CHECK(strstr(written, "PARSER_MAX_WORKERS = auto\n") != NULL);
    CHECK_STATUS(pk_config_preset(&copy, PK_CONFIG_FIRMWARE), PK_OK);
    CHECK_STATUS(pk_config_parse(&copy, written, complain, NULL), PK_OK);
    CHECK_EQ(problems, 0);
    CHECK(memcmp(&copy, &c, sizeof c) == 0);
    CHECK_STATUS(pk_config_write(&c, refuse, &calls), PK_IO);
    CHECK_EQ(calls, 1);
    CHECK_STATUS(pk_config_apply(&c, "PARSER_CACHE_DIR", "/tmp\"\nmax_size = 1"), PK_INVALID); /* no line may be forged */
    CHECK_STATUS(pk_config_apply(&c, "PARSER_CACHE_DIR", "/tmp\t"), PK_INVALID);
    CHECK(memcmp(&copy, &c, sizeof c) == 0);
    memcpy(c.parser_cache_dir, "a\"b", 4);
    CHECK_STATUS(pk_config_check(&c, complain, NULL), PK_INVALID);
    CHECK_TEXT(problem_key, "PARSER_CACHE_DIR");
    CHECK_STATUS(pk_config_write(&c, refuse, &calls), PK_INVALID);
    CHECK_EQ(calls, 1);
}
static void reads_a_file(void) {
    char path[L_tmpnam + 32];
    FILE *file;
    int i;
    start();
    (void)pk_format(path, sizeof path, "perfkit-config-%p.conf", (void *)&c);
    file = fopen(path, "w");
    CHECK(file != NULL);
    if (file == NULL) return;
    (void)fputs("max_size = 77\n", file);
    for (i = 0; i < 600; i++) (void)fputc('y', file);
    (void)fputs("\nmax_concurrency = 8 #", file);
    for (i = 0; i < 511 - 21; i++) (void)fputc('z', file); /* the longest line */
    (void)fputs("\nchunk_size = 9", file); /* the last line may lack its end */
    (void)fclose(file);
    CHECK_STATUS(pk_config_load(&c, path, complain, NULL), PK_TOO_BIG);
    CHECK_EQ(problems, 1);
    CHECK_EQ(problem_line, 2);
    file = fopen(path, "w");
    CHECK(file != NULL);
    if (file == NULL) return;
    (void)fwrite("max_size = 78\n\0chunk\nmemo\0\nmax_concurrency = 7\n", 1, 47, file);
    (void)fclose(file);
    CHECK_STATUS(pk_config_load(&c, path, complain, NULL), PK_INVALID); /* the lines with a 0, and none after them */
    CHECK_EQ(problems, 3);
    CHECK_EQ(problem_line, 3);
    CHECK(c.cache_size == 78 && c.max_concurrency == 7);
    CHECK_STATUS(pk_config_apply(&c, "max_size", "77"), PK_OK);
    CHECK_STATUS(pk_config_apply(&c, "max_concurrency", "8"), PK_OK);
    CHECK_EQ(c.cache_size, 77);
    CHECK_EQ(c.max_concurrency, 8);
    CHECK_EQ(c.chunk_size, 9);
    (void)remove(path);
    CHECK_STATUS(pk_config_load(&c, path, complain, NULL), PK_IO);
}
#ifndef _WIN32
static void reads_the_environment(void) {
    static const struct { const char *name, *value; } set[] = {
        {"LAZY_LOADING_ENABLED", "false"}, {"PERFORMANCE_DEBUG", "true"}, {"PERFORMANCE_LOG_LEVEL", "DEBUG"}, {"ASYNC_CACHE_TTL", "61"},
        {"ASYNC_CACHE_CLEANUP_INTERVAL", "31"}, {"ASYNC_CACHE_NUM_SHARDS", "9"}, {"DB_POOL_MIN_SIZE", "21"}, {"DB_POOL_MAX_SIZE", "101"},
        {"DB_POOL_CONNECT_TIMEOUT", "61"}, {"REDIS_POOL_MIN_SIZE", "6"}, {"REDIS_POOL_MAX_SIZE", "22"}, {"HTTP_POOL_MIN_SIZE", "11"},
        {"HTTP_POOL_MAX_SIZE", "102"}, {"PARSER_CACHE_ENABLED", "no"}, {"PARSER_CACHE_DIR", "/c"}, {"PARSER_CACHE_MAX_SIZE_MB", "1025"},
        {"PARSER_MAX_WORKERS", "3"}, {"PARSER_STRATEGY", "threads"}, {"PARSER_MAX_MEMORY_MB", "2049"}, {"PARSER_CHUNK_SIZE_KB", "513"},
        {"PARSER_MEMORY_THRESHOLD_MB", "99"}, {"PARSER_GC_THRESHOLD", "1001"}};
    size_t i;
    start();
    for (i = 0; i < sizeof set / sizeof set[0]; i++) CHECK(setenv(set[i].name, set[i].value, 1) == 0);
    CHECK_STATUS(pk_config_env(&c, complain, NULL), PK_OK);
    CHECK(!c.lazy_loading && c.debug && c.perf_level == PK_LOG_DEBUG);
    CHECK(c.async_ttl_ms == 61000 && c.async_cleanup_ms == 31000 && c.async_shards == 9);
    CHECK(c.db_min == 21 && c.db_max == 101 && c.db_connect_ms == 61000);
    CHECK(c.redis_min == 6 && c.redis_max == 22 && c.http_min == 11 && c.http_max == 102);
    CHECK(!c.parser_cache && c.parser_cache_mb == 1025 && c.parser_workers == 3 && c.parser_strategy == PK_CONFIG_THREADS);
    CHECK_TEXT(c.parser_cache_dir, "/c");
    CHECK(c.parser_memory_mb == 2049 && c.parser_chunk_kb == 513 && c.parser_threshold_mb == 99 && c.maintain_every == 1001);
    CHECK(setenv("PERFORMANCE_LOG_LEVEL", "loud", 1) == 0);
    CHECK_STATUS(pk_config_env(&c, complain, NULL), PK_INVALID);
    CHECK_EQ(problems, 1);
    CHECK_TEXT(problem_key, "PERFORMANCE_LOG_LEVEL");
    CHECK_EQ(c.perf_level, PK_LOG_DEBUG);
    for (i = 0; i < sizeof set / sizeof set[0]; i++) CHECK(unsetenv(set[i].name) == 0);
}
#endif

TESTS {
    RUN("C75 C84", "every default is that of the table", defaults_are_those_of_the_table)
    RUN("C21 C84 P02 P03 P04 P28", "settings go into the descriptions of caches and pools", fills_descriptions)
    RUN("C19 C20 C21 C22 C23 C24 C27 C39", "settings go into the descriptions of registries and scopes", fills_descriptions_of_registries_and_scopes)
    RUN("C78", "presets have the numbers of their table", presets_differ_as_described)
    RUN("C75 C76", "an unknown key or a bad value changes nothing", a_bad_value_keeps_the_old_one)
    RUN("C77", "lines with sections, comments, quotes and lists", reads_sections_comments_and_quotes)
    RUN("C77", "each other name of a setting sets that one", other_names_set_the_same)
    RUN("C75", "bad lines are told with their number, the others are set", bad_lines_are_told_and_left_out)
    RUN("C75 T12", "a check tells each problem once", checks_name_each_problem)
    RUN("C75 T12", "least is at most greatest, timeouts are above 0, shards 1 to 256, times to live up to a day", limits_are_those_of_the_table)
    RUN("C75", "what is written reads back the same", what_is_written_reads_back_the_same)
    RUN("C75", "a file is read line by line", reads_a_file)
#ifndef _WIN32
    RUN("C75 C76 L19", "the environment sets each of its names; a bad value is told", reads_the_environment)
#endif
}
