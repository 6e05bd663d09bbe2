/* report.cpp - a monitor of 100 objects, read and reported while threads work with them: the time that the reporting thread spends. */
#include "names.h"
#include "../bench.hpp"
#include "report.hpp"

extern "C" void *__libc_malloc(size_t);
namespace {
thread_local bool counting;
size_t allocated;
}
extern "C" void *malloc(size_t size) {
    allocated += counting;
    return __libc_malloc(size);
}

namespace {
constexpr unsigned caches = 40, objects = 30, resources = 20, histograms = 10, workers = 2, keys = 4096;
pk_cache cache[caches];
pk_pool pool[objects];
pk_respool respool[resources];
uint32_t counters[histograms][PK_HIST_BUCKETS(5, 40)];
pk_histogram histogram[histograms];
pk_monitor monitor;
pk_monitored watched[caches + objects + resources + histograms];
char names[caches + objects + resources + histograms][16];
volatile bool stop;

pk_status connect(void **resource, uint32_t, void *user) {
    *resource = user;
    return PK_OK;
}
void open_all() {
    unsigned n = 0;
    pk_monitor_desc watch = {};
    watch.threads = true;
    pk_status status = pk_monitor_init(&monitor, &watch);
    for (unsigned i = 0; i < sizeof watched / sizeof watched[0]; i++) std::snprintf(names[i], sizeof names[i], "object-%u", i);
    for (unsigned i = 0; i < caches; i++, n++) {
        pk_cache_desc desc = {};
        desc.capacity = 1000;
        desc.key_size = desc.value_size = sizeof(uint64_t);
        desc.threads = true;
        status |= pk_cache_init(&cache[i], &desc) | pk_monitor_add_cache(&monitor, &watched[n], names[n], &cache[i]);
    }
    for (unsigned i = 0; i < objects; i++, n++) {
        pk_pool_desc desc = {};
        desc.object_size = 64;
        desc.capacity = 1000;
        desc.threads = true;
        status |= pk_pool_init(&pool[i], &desc) | pk_monitor_add_pool(&monitor, &watched[n], names[n], &pool[i]);
    }
    for (unsigned i = 0; i < resources; i++, n++) {
        pk_respool_desc desc = {};
        desc.create = connect;
        desc.user = &desc;
        desc.threads = true;
        status |= pk_respool_init(&respool[i], &desc) | pk_monitor_add_respool(&monitor, &watched[n], names[n], &respool[i]);
    }
    for (unsigned i = 0; i < histograms; i++, n++) {
        histogram[i] = PK_HIST_INIT(counters[0], 5, 40);
        histogram[i].counters = counters[i];
        status |= pk_monitor_add_histogram(&monitor, &watched[n], names[n], &histogram[i], PK_UNIT_TICKS);
    }
    if (status != PK_OK) bench::complain("monitor");
}
void work(unsigned seed) {
    bench::random random(seed);
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        uint64_t key = random.below(keys), value = key;
        pk_resource lease;
        pk_cache *c = &cache[random.below(caches)];
        pk_pool *p = &pool[random.below(objects)];
        pk_respool *r = &respool[random.below(resources)];
        if (pk_cache_get(c, &key, sizeof key, &value, sizeof value, nullptr) != PK_OK)
            (void)pk_cache_put(c, &key, sizeof key, &key, sizeof key, 0);
        void *object = pk_pool_acquire(p);
        if (object) (void)pk_pool_release(p, object);
        if (pk_respool_acquire(r, 1000, &lease) == PK_OK) (void)pk_respool_release(r, lease);
        pk_hist_record_atomic(&histogram[random.below(histograms)], key);
    }
}
size_t written;
pk_status take(void *, int, const char *, size_t length) {
    written += length;
    return PK_OK;
}
} // namespace

void report_under_load(bench::report &report) {
    static const struct {
        const char *name;
        void (*run)();
    } parts[] = {{"tick", [] { (void)pk_monitor_tick(&monitor, static_cast<pk_time>(bench::thread_ns() / 1e6), 0); }},
                 {"text", [] { (void)pk_monitor_text(&monitor, take, nullptr); }},
                 {"json", [] { (void)pk_monitor_json(&monitor, take, nullptr); }},
                 {"openmetrics", [] { (void)pk_monitor_openmetrics(&monitor, take, nullptr); }}};
    constexpr unsigned count = sizeof parts / sizeof parts[0], times = 100;
    std::vector<double> samples[count], wholes;
    std::string name = "core/monitor/100";
    if (!report.wanted(name + "/report")) return;
    open_all();
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < workers; i++)
        threads.emplace_back([i] {
            bench::unpin();
            work(i + 1);
        });
    while (watched[0].figures.hits < 10000) { /* until there is something to tell */
        usleep(1000);
        parts[0].run();
    }
    for (unsigned round = 0; round < times; round++) {
        double whole = 0;
        for (unsigned i = 0; i < count; i++) {
            counting = true;
            double start = bench::thread_ns();
            parts[i].run();
            double spent = (bench::thread_ns() - start) / 1e3;
            counting = false;
            samples[i].push_back(spent);
            whole += spent;
        }
        wholes.push_back(whole);
        usleep(2000);
    }
    stop = true;
    for (std::thread &thread : threads) thread.join();
    bench::row row(name + "/report");
    row.number("ours", bench::median(wholes), 1).text("unit", "us");
    for (unsigned i = 0; i < count; i++) row.number(parts[i].name, bench::median(samples[i]), 1);
    row.number("bytes", static_cast<double>(written) / times, 0).number("allocations", static_cast<double>(allocated), 0);
    row.number("cpu_pct", bench::median(wholes) / 1e4, 3);
    report.add(row.goal("allocations<=0,cpu_pct<=2"));
}
