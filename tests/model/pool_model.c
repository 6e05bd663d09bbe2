/* Object pools against a slow obvious model: a list of what is out. Fixed and growing pools, with and without handles, intrusive,
   race-proof, lock-free and unchecked ones, through two caches and past them, with right and wrong releases, stale handles, trim
   and close.

     ./pool_model [SEED [STEPS]] */
#define PERFKIT_POOL_IMPLEMENTATION
#include "../../perfkit_pool.h"
#include "../support/model.h"

enum { MOST = 600, OLD = 64, SIZE = 20 };
#define DIFFERS(...) (printf("  " __VA_ARGS__), printf("\n"), 0)

static pk_pool pool;
static pk_pool_desc desc;
static pk_pool_cache caches[2]; /* where `cached` */
static bool cached;
static struct held {
    unsigned char *object;
    pk_handle handle; /* 0: acquired by pointer */
    unsigned char mark;
} held[MOST];
static unsigned out, high, exhausted, misused, events;
static pk_handle old[OLD]; /* handles whose object was released */
static unsigned char marks;

static void see(void *user, const pk_event *event) {
    (void)user;
    (void)event;
    events++;
}
/* The forms that a pool may have beside its size. */
static void choose_form(void) {
    desc.threads = model_below(3) == 0;
    switch (model_below(8)) {
    case 0: desc.lock_free = true; break; /* fixed, without handles */
    case 1: desc.check = PK_POOL_UNCHECKED; /* fall through */
    case 2: desc.intrusive = true; break;
    case 3: desc.check = PK_POOL_UNCHECKED; break;
    case 4: desc.threads = true, desc.check = PK_POOL_RACEPROOF; break;
    }
    desc.handles = !desc.lock_free && !desc.intrusive && model_below(3) != 0;
    if (!desc.lock_free && model_below(2)) desc.max_capacity = desc.capacity + model_below(MOST - desc.capacity);
}
static unsigned limit(void) { return desc.max_capacity ? desc.max_capacity : desc.capacity; }
static unsigned idle_in_caches(void) { return cached ? caches[0].count + caches[1].count : 0; }
static int remake(void *unused) {
    unsigned i;
    (void)unused;
    if (cached && pk_pool_close(&pool) != PK_BUSY) return DIFFERS("close with caches");
    if (cached && out) return 1;
    for (i = 0; cached && i < 2; i++) pk_pool_cache_close(&caches[i]);
    cached = false;
    if (pk_pool_close(&pool) != (out ? PK_BUSY : PK_OK)) return DIFFERS("close with %u out", out);
    if (out) return 1;
    if (desc.object_size && model_below(8) != 0) {
        if (pk_pool_init(&pool, &desc) != PK_OK) return DIFFERS("init again");
    } else {
        memset(&desc, 0, sizeof desc);
        desc.name = "model";
        desc.object_size = 1 + model_below(SIZE);
        desc.align = model_below(2) ? (size_t)1 << model_below(7) : 0;
        desc.capacity = 1 + model_below(model_below(2) ? 40 : 400);
        choose_form();
        desc.on_event = model_below(2) ? see : NULL;
        if (pk_pool_init(&pool, &desc) != PK_OK) return DIFFERS("init");
    }
    cached = desc.threads && !desc.intrusive && !desc.lock_free && model_below(2);
    for (i = 0; cached && i < 2; i++)
        if (pk_pool_cache_init(&caches[i], &pool, 16 + model_below(113)) != PK_OK) return DIFFERS("cache");
    high = exhausted = misused = events = 0;
    memset(old, 0, sizeof old);
    return 1;
}
static void *acquire_pointer(void) {
    pk_pool_cache *by = &caches[model_below(2)];
    return cached && model_below(4) ? pk_pool_cache_acquire(by) : pk_pool_acquire(&pool);
}
static pk_status release_pointer(void *object) {
    pk_pool_cache *by = &caches[model_below(2)];
    return cached && model_below(4) ? pk_pool_cache_release(by, object) : pk_pool_release(&pool, object);
}

static int acquire_one(int by_handle) {
    struct held *h = &held[out];
    void *object = NULL;
    unsigned i;
    pk_status status = PK_OK;
    h->handle = 0;
    if (by_handle && desc.handles)
        status = pk_pool_acquire_handle(&pool, &h->handle, &object);
    else
        object = acquire_pointer();
    if (object == NULL && out < limit() && out + idle_in_caches() == limit()) { /* in another cache than the one that was asked */
        exhausted++;
        return status == PK_OK || status == PK_EXHAUSTED ? 1 : DIFFERS("acquire: %d", status);
    }
    if (out == limit()) {
        exhausted++;
        return object == NULL && (status == PK_OK || status == PK_EXHAUSTED) ? 1 : DIFFERS("more than %u", limit());
    }
    if (object == NULL) return DIFFERS("nothing with %u of %u out", out, limit());
    h->object = (unsigned char *)object;
    if (desc.align && (uintptr_t)object % desc.align != 0) return DIFFERS("misaligned");
    for (i = 0; i < out; i++) {
        size_t apart = held[i].object < h->object ? (size_t)(h->object - held[i].object) : (size_t)(held[i].object - h->object);
        if (apart < desc.object_size) return DIFFERS("overlaps another");
        if (h->handle && h->handle == held[i].handle) return DIFFERS("handle given twice");
    }
    for (i = 0; i < OLD; i++)
        if (h->handle && old[i] == h->handle) return DIFFERS("handle given again");
    h->mark = ++marks;
    memset(object, h->mark, desc.object_size);
    if (++out > high) high = out;
    return 1;
}
static int acquire(void *unused) {
    (void)unused;
    return acquire_one((int)model_below(2));
}
static int fill(void *unused) {
    unsigned n = model_below(limit() + 1);
    (void)unused;
    while (out < n)
        if (!acquire_one((int)model_below(2))) return 0;
    return acquire_one(0);
}
static int release_at(unsigned which) {
    struct held *h = &held[which];
    size_t i;
    pk_status status;
    for (i = 0; i < desc.object_size; i++)
        if (h->object[i] != h->mark) return DIFFERS("somebody wrote to an object");
    if (h->handle && pk_pool_get(&pool, h->handle) != h->object) return DIFFERS("get");
    if (h->handle && desc.check != PK_POOL_UNCHECKED && model_below(4) == 0) { /* by pointer: not what a handle holds */
        misused++;
        if (release_pointer(h->object) != PK_INVALID) return DIFFERS("release by pointer under a handle");
    }
    status = h->handle ? pk_pool_release_handle(&pool, h->handle) : release_pointer(h->object);
    if (status != PK_OK) return DIFFERS("release: %d", status);
    if (h->handle) {
        if (pk_pool_get(&pool, h->handle) != NULL) return DIFFERS("get after release");
        old[model_below(OLD)] = h->handle;
    }
    if (desc.check != PK_POOL_UNCHECKED && model_below(4) == 0) { /* and once more */
        misused++;
        if (release_pointer(h->object) != PK_INVALID) return DIFFERS("double release");
    }
    *h = held[--out];
    return 1;
}
static int release(void *unused) {
    (void)unused;
    return out == 0 || release_at(model_below(out));
}
static int release_most(void *unused) {
    unsigned n = out ? model_below(out) : 0;
    (void)unused;
    if (model_below(2)) n = 0;
    while (out > n)
        if (!release_at(model_below(out))) return 0;
    return 1;
}
static int release_wrong(void *unused) {
    unsigned char *at = (unsigned char *)pk_pool_at(&pool, model_below(limit()));
    unsigned i;
    pk_status want = PK_INVALID;
    (void)unused;
    if (desc.check == PK_POOL_UNCHECKED && desc.intrusive) return 1; /* which looks at nothing */
    if (at == NULL || desc.check == PK_POOL_UNCHECKED || model_below(8) == 0) at = (unsigned char *)&desc;
    at += model_below(SIZE);
    for (i = 0; i < out; i++)
        if (held[i].object == at) return 1; /* not wrong */
    misused++;
    if (pk_pool_owns(&pool, at)) return DIFFERS("owns what is not out");
    return release_pointer(at) == want ? 1 : DIFFERS("wrong release taken");
}
static int stale(void *unused) {
    pk_handle handle = old[model_below(OLD)];
    pk_status status;
    (void)unused;
    if (!desc.handles || handle == 0) return 1;
    if (pk_pool_get(&pool, handle) != NULL) return DIFFERS("a stale handle leads somewhere");
    misused++;
    status = pk_pool_release_handle(&pool, handle);
    return status == PK_STALE || status == PK_INVALID ? 1 : DIFFERS("stale release: %d", status);
}
static int trim(void *unused) {
    (void)unused;
    (void)pk_pool_trim(&pool);
    return pk_pool_capacity(&pool) >= desc.capacity && pk_pool_capacity(&pool) >= out ? 1 : DIFFERS("trimmed too much");
}
static int flush(void *unused) {
    (void)unused;
    if (cached) pk_pool_cache_flush(&caches[model_below(2)]);
    return 1;
}
static int look(void *unused) {
    pk_pool_stats stats;
    uint32_t cursor = 0, index, last = 0;
    unsigned seen = 0, i;
    void *object;
    (void)unused;
    pk_pool_get_stats(&pool, &stats);
    if (stats.active != out || stats.active + stats.idle != stats.capacity || stats.max_capacity != limit())
        return DIFFERS("stats: %u active, %u idle, %u capacity; %u out", stats.active, stats.idle, stats.capacity, out);
    if (cached ? stats.high_water < high : stats.high_water != high) return DIFFERS("high water %u, not %u", stats.high_water, high);
    if (stats.exhausted != exhausted || stats.misused != misused || stats.no_memory != 0) return DIFFERS("counts");
    if (desc.on_event && events != exhausted + misused) return DIFFERS("%u events, not %u", events, exhausted + misused);
    while ((object = pk_pool_next(&pool, &cursor)) != NULL) {
        index = pk_pool_index_of(&pool, object);
        if (seen > 0 && index <= last) return DIFFERS("next goes back");
        last = index;
        for (i = 0; i < out && held[i].object != object; i++) {}
        if (i == out) return DIFFERS("next gives what is not out");
        if (pk_pool_at(&pool, index) != object || !pk_pool_owns(&pool, object)) return DIFFERS("index");
        seen++;
    }
    return seen == (desc.check == PK_POOL_UNCHECKED ? 0 : out) ? 1 : DIFFERS("next saw %u of %u", seen, out);
}

static const model_op operations[] = {{"acquire", 40, acquire}, {"release", 36, release}, {"fill", 2, fill},
                                      {"release most", 3, release_most}, {"wrong release", 10, release_wrong},
                                      {"stale handle", 8, stale}, {"trim", 2, trim}, {"look", 6, look},
                                      {"make again", 3, remake}, {"flush", 2, flush}};

int main(int argc, char **argv) {
    unsigned long steps = argc > 2 ? strtoul(argv[2], NULL, 0) : 200000;
    uint64_t seed = model_seed(argc, argv);
    int agreed;
    model_state = seed;
    agreed = remake(NULL) && model_run("pool", operations, PK__COUNTOF(operations), NULL, seed, steps);
    printf("%d passed, %d failed\n", agreed, !agreed);
    return agreed ? 0 : 1;
}
