/* core - time and memory of perfkit.h's scopes and providers beside what else does that.

   core/scope/defer      nanoseconds for a cleanup: put on and run, its status looked at, in runs of 64. Floor: the bare call.
                         apr: apr_pool_cleanup_register and apr_pool_clear; talloc: a child with a destructor, freed with its parent
   core/scope/tracked    the same with an id and a type; tracked+age also reads the clock
   core/registry/get     a singleton that is there. pthread_once: and a load; static: a C++ local static, through a call
   core/registry/name    the same by name, one of 1000 in random order. Floor: hash (FNV-1a) and compare the name; own-hash: by the
                         hash that the registry uses, which is quicker
   core/registry/1000    1000 lazy providers registered and checked, each: time, bytes, allocations; stb_ds: the three maps that
                         would hold provider, cleanup and lifetime (C02)
   core/monitor/100      a monitor of 100 objects read and reported as table, JSON and OpenMetrics, while two threads work with them:
                         microseconds of the reporting thread in all, of each part, and the share of a processor at one a second */
#include "names.h"
#include "../contest.hpp"
#include "report.hpp"
#include <apr_general.h>
#include <apr_pools.h>
#include <pthread.h>
#include <talloc.h>

namespace {
size_t allocations, bytes_now;
void *count_realloc(void *p, size_t size) {
    size_t *block = static_cast<size_t *>(p);
    allocations++;
    bytes_now -= block ? block[-2] : 0;
    block = static_cast<size_t *>(std::realloc(block ? block - 2 : nullptr, size + 16)) + 2;
    block[-2] = size;
    bytes_now += size;
    return block;
}
void count_free(void *p) {
    if (!p) return;
    bytes_now -= static_cast<size_t *>(p)[-2];
    std::free(static_cast<size_t *>(p) - 2);
}
} // namespace
#define STBDS_REALLOC(context, p, size) count_realloc(p, size)
#define STBDS_FREE(context, p) count_free(p)
#define STB_DS_IMPLEMENTATION
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wall"
#include <stb/stb_ds.h>
#pragma GCC diagnostic pop

namespace {
/* ---- Scopes ---- */

constexpr size_t run = 64, runs = 20000;
uint64_t counters[run];
unsigned bad;

template <class F> std::function<double()> each(F f) {
    return [f]() mutable {
        for (size_t i = 0; i < runs / 10; i++) f(); /* warm */
        double start = bench::thread_ns();
        for (size_t i = 0; i < runs; i++) f();
        return (bench::thread_ns() - start) / static_cast<double>(runs * run);
    };
}
std::function<double()> bare() {
    return each([] {
        for (size_t i = 0; i < run; i++)
            if (bench_cleanup(&counters[i]) != PK_OK) bad++;
    });
}
std::function<double()> deferred() {
    static unsigned char memory[PK_SCOPE_BYTES(run)];
    static pk_scope scope;
    pk_scope_desc desc = {};
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    if (pk_scope_init(&scope, &desc) != PK_OK) bench::complain("scope");
    return each([] {
        for (size_t i = 0; i < run; i++)
            if (pk_scope_defer(&scope, bench_cleanup, &counters[i], "counter") != PK_OK) bad++;
        if (pk_scope_unwind(&scope, 0) != PK_OK) bad++;
    });
}
std::function<double()> tracked(bool ages) {
    pk_scope *scope = new pk_scope;
    pk_scope_watch_desc watch = {};
    watch.no_ages = !ages;
    if (pk_scope_init(scope, nullptr) != PK_OK || pk_scope_watch(scope, &watch) != PK_OK) bench::complain("tracked");
    return each([scope] {
        pk_track what = {};
        what.fn = bench_cleanup;
        what.type = "counter";
        for (size_t i = 0; i < run; i++) {
            what.context = &counters[i];
            if (pk_scope_track(scope, &what, nullptr) != PK_OK) bad++;
        }
        if (pk_scope_unwind(scope, 0) != PK_OK) bad++;
    });
}
std::function<double()> apr() {
    static apr_pool_t *pool;
    if (!pool && (apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, nullptr) != APR_SUCCESS)) bench::complain("apr");
    return each([] {
        for (size_t i = 0; i < run; i++) apr_pool_cleanup_register(pool, &counters[i], bench_cleanup, apr_pool_cleanup_null);
        apr_pool_clear(pool);
    });
}
struct child { uint64_t *counter; };
int destroy_child(child *c) { return bench_cleanup(c->counter); }
std::function<double()> with_talloc() {
    return each([] {
        void *parent = talloc_new(nullptr);
        for (size_t i = 0; i < run; i++) {
            child *c = talloc(parent, child);
            c->counter = &counters[i];
            talloc_set_destructor(c, destroy_child);
        }
        if (talloc_free(parent) != 0) bad++;
    });
}
void scopes(bench::report &report, bool goals_only) {
    contest(report, goals_only, "core/scope")
        .floor("call", bare)
        .ours("defer", deferred)
        .ours("tracked", [] { return tracked(false); })
        .ours("tracked+age", [] { return tracked(true); })
        .peer("apr", apr)
        .peer("talloc", with_talloc)
        .row("defer", "floor_ratio<=2")
        .row("defer", "ratio>=1/0.75", "apr")
        .row("defer", "ratio>=1/0.15", "talloc")
        .row("tracked", "floor_ratio<=3.4")
        .row("tracked+age")
        .measure();
    if (bad) bench::complain("a cleanup failed");
}

/* ---- Providers ---- */

int product;
pk_status make(pk_registry *, pk_scope *, void *user, void **object) {
    *object = user;
    return PK_OK;
}
constexpr size_t many = 1000, asks = 4096, gets = 20000000;
std::vector<std::string> names;
std::vector<pk_provider> table;
pk_registry registry;
const char *asked[asks], *there[asks];

std::function<double()> getting(size_t times, std::function<uint64_t()> batch, size_t of) {
    return [times, batch, of] {
        uint64_t sum = batch();
        double start = bench::thread_ns();
        for (size_t i = 0; i < times / of; i++) sum += batch();
        bench::keep(sum);
        return (bench::thread_ns() - start) / static_cast<double>(times / of * of);
    };
}
#define BATCH 1000
#define BARRIER() __asm__ volatile("" : : : "memory")
uint64_t get_by_id() {
    uint64_t sum = 0;
    for (int i = 0; i < BATCH; i++) {
        void *object = nullptr;
        if (pk_registry_get(&registry, nullptr, 500, &object) != PK_OK) bad++;
        sum += reinterpret_cast<uintptr_t>(object);
        BARRIER();
    }
    return sum;
}
uint64_t get_by_token() {
    static pk_token token = PK_TOKEN("provider-500");
    uint64_t sum = 0;
    for (int i = 0; i < BATCH; i++) {
        void *object = nullptr;
        if (pk_registry_get_token(&registry, nullptr, &token, &object) != PK_OK) bad++;
        sum += reinterpret_cast<uintptr_t>(object);
        BARRIER();
    }
    return sum;
}
pthread_once_t once = PTHREAD_ONCE_INIT;
void *once_made;
void make_once() { once_made = &product; }
uint64_t get_once() {
    uint64_t sum = 0;
    for (int i = 0; i < BATCH; i++) {
        if (pthread_once(&once, make_once) != 0) bad++;
        sum += reinterpret_cast<uintptr_t>(once_made);
        BARRIER();
    }
    return sum;
}
int *make_local() {
    BARRIER();
    return &product;
}
__attribute__((noinline)) int *local() {
    static int *made = make_local();
    return made;
}
uint64_t get_local() {
    uint64_t sum = 0;
    for (int i = 0; i < BATCH; i++) {
        sum += reinterpret_cast<uintptr_t>(local());
        BARRIER();
    }
    return sum;
}
uint64_t get_by_name() {
    uint64_t sum = 0;
    for (size_t i = 0; i < asks; i++) {
        void *object = nullptr;
        if (pk_registry_get_named(&registry, nullptr, asked[i], &object) != PK_OK) bad++;
        sum += reinterpret_cast<uintptr_t>(object);
    }
    return sum;
}
void open_registry() {
    bench::random random(1);
    pk_registry_desc desc = {};
    for (size_t i = 0; i < many; i++) names.push_back("provider-" + std::to_string(i));
    for (size_t i = 0; i < many; i++) {
        pk_provider p = {};
        p.name = names[i].c_str();
        p.create = make;
        p.user = &product;
        p.needs = i ? names[i - 1].c_str() : nullptr;
        p.lifetime = PK_SINGLETON;
        table.push_back(p);
    }
    desc.providers = table.data();
    desc.provider_count = many;
    desc.threads = true;
    void *object;
    if (pk_registry_init(&registry, &desc) != PK_OK || pk_registry_get(&registry, nullptr, many - 1, &object) != PK_OK)
        bench::complain("registry");
    static std::vector<std::string> copies(names); /* other addresses than the table's, as a caller's would be */
    for (size_t i = 0; i < asks; i++) {
        size_t at = random.below(many);
        asked[i] = copies[at].c_str();
        there[i] = names[at].c_str();
    }
}
void registries(bench::report &report, bool goals_only) {
    open_registry();
    contest(report, goals_only, "core/registry/get")
        .ours("id", [] { return getting(gets, get_by_id, BATCH); })
        .ours("token", [] { return getting(gets, get_by_token, BATCH); })
        .peer("pthread_once", [] { return getting(gets, get_once, BATCH); })
        .aside("static", [] { return getting(gets, get_local, BATCH); })
        .row("id", "ratio>=1/0.65", "pthread_once")
        .row("id", "", "static")
        .row("token")
        .measure();
    contest(report, goals_only, "core/registry/name")
        .floor("hash+compare", [] { return getting(gets / 10, [] { return bench_hash_and_compare(asked, there, asks); }, asks); })
        .peer("hash+compare", [] { return getting(gets / 10, [] { return bench_hash_and_compare(asked, there, asks); }, asks); })
        .aside("own-hash", [] { return getting(gets / 10, [] { return bench_own_hash_and_compare(asked, there, asks); }, asks); })
        .ours("name", [] { return getting(gets / 10, get_by_name, asks); })
        .row("name", "floor_ratio<=1.3")
        .row("name", "", "own-hash")
        .measure();
    if (bad) bench::complain("a get failed");
}
struct text_map { char *key; const void *value; };
void thousand(bench::report &report) {
    std::string name = "core/registry/1000/lazy";
    if (!report.wanted(name)) return;
    static unsigned char memory[PK_REGISTRY_BYTES(many)];
    pk_registry_desc desc = {};
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    desc.capacity = many;
    desc.providers = table.data();
    desc.provider_count = many;
    pk_allocator counting = {[](size_t size, size_t, void *) { return count_realloc(nullptr, size); },
                             [](void *p, size_t, void *) { count_free(p); }, nullptr};
    desc.allocator = &counting;
    allocations = bytes_now = 0;
    std::vector<double> samples;
    for (int round = 0; round < 51; round++) {
        pk_registry lazy;
        double start = bench::thread_ns();
        if (pk_registry_init(&lazy, &desc) != PK_OK || pk_registry_check(&lazy, nullptr, 0) != PK_OK) bench::complain(name);
        samples.push_back((bench::thread_ns() - start) / static_cast<double>(many));
        if (pk_registry_close(&lazy) != PK_OK) bench::complain(name);
    }
    size_t ours = allocations;
    text_map *providers = nullptr, *cleanups = nullptr, *lifetimes = nullptr;
    for (size_t i = 0; i < many; i++) {
        shput(providers, table[i].name, &table[i]);
        shput(cleanups, table[i].name, &table[i].cleanup);
        shput(lifetimes, table[i].name, &table[i].lifetime);
    }
    double maps = static_cast<double>(bytes_now) / static_cast<double>(many);
    shfree(providers);
    shfree(cleanups);
    shfree(lifetimes);
    bench::row row(name);
    row.number("ours", bench::median(samples), 1).text("unit", "ns");
    row.number("bytes", static_cast<double>(sizeof memory) / static_cast<double>(many), 1).number("allocations", static_cast<double>(ours), 0);
    row.number("stb_ds_bytes", maps, 1).number("total_ms", bench::median(samples) * many / 1e6, 3);
    row.number("of_stb_ds", static_cast<double>(sizeof memory) / static_cast<double>(many) / maps, 3);
    report.add(row.goal("bytes<=64,of_stb_ds<=0.9,allocations<=0,total_ms<=5"));
}
} // namespace

int main(int argc, char **argv) {
    std::vector<std::string> words;
    bool goals_only = false;
    for (int i = 1; i < argc; i++) {
        if (std::string(argv[i]) == "--goals-only") goals_only = true;
        else words.push_back(argv[i]);
    }
    bench::report report("core", words);
    bench::pin(0);
    std::thread([] { for (;;) pause(); }).detach(); /* so that no lock is left out */
    scopes(report, goals_only);
    registries(report, goals_only);
    thousand(report);
    report_under_load(report);
    return report.end();
}
