/* load.c - the caches whose operations are counted, and the worst loads for them. It runs traced: each operation stands between
   two signals to itself. Keys collide by search, with a seed that is known: what a hash seed at random keeps others from. */
#define _GNU_SOURCE
#define PERFKIT_CACHE_IMPLEMENTATION
#include "../../../perfkit_cache.h"
#include "worst.h"
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PATH = 64, LANES = 10, ADVERSE = PATH * LANES, SPARE = 24, STEADY = 31, MOST = 20000, BEGIN = 1000, LONG = 300000 };
static struct worst_now *shared;
static pk_cache cache;
static int kind;
static unsigned capacity, value_len, adverse; /* adverse: keys that fill what is to be full */
static pk_time now;
static uint64_t collide[ADVERSE + SPARE], others[MOST];
static unsigned char value[WORST_LONGEST], got[WORST_LONGEST];

enum { LAST = ADVERSE - 2, NEW = ADVERSE }; /* LRU: the last key that is there even where one lane is left; one that is not */
/* How a load is built. ends: what is over when the operation comes. */
enum { NOTHING, THE_SWEPT, ALL_BUT_THE_KEY, EVERYTHING, ENDINGS };
struct load {
    int operation, ends;
    unsigned full, target, swept; /* numbers of colliding keys; full: there is no lane left in reach */
};

static pk_time clock_of_bench(void *user) {
    (void)user;
    return now;
}
static void expect(bool good, int line) {
    if (!good && shared->wrong == 0) shared->wrong = line;
}
static uint64_t random_of(uint64_t *state) { /* SplitMix64 (Steele, Lea, Flood 2014) */
    uint64_t x = *state += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}
static void open_cache(void) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.capacity = capacity;
    desc.key_size = 8;
    desc.clock = clock_of_bench;
    desc.ttl_ms = LONG;
    desc.policy = kind == WORST_S3 ? PK_CACHE_S3FIFO : PK_CACHE_LRU;
    if (kind == WORST_LRU_CHAINS) {
        desc.slot_size = WORST_SLOT;
        desc.max_bytes = (size_t)capacity * WORST_SLOT; /* an entry that leaves is one slot: the longest value needs many */
    } else {
        desc.value_size = 64;
    }
    now = BEGIN;
    expect(pk_cache_init(&cache, &desc) == PK_OK, __LINE__);
    cache.seed = 0x5EED;
}
static void put(uint64_t key, pk_time ttl) { expect(pk_cache_put(&cache, &key, 8, value, value_len, ttl) == PK_OK, __LINE__); }
static void get(uint64_t key) {
    size_t len;
    expect(pk_cache_get(&cache, &key, 8, got, sizeof got, &len) == PK_OK, __LINE__);
}
static pk_hash hash_of(uint64_t key) { return pk__cache_hash_bytes(cache.seed, &key, 8); }

/* ---- One operation between two marks ---- */

static void mark(void) { (void)syscall(SYS_kill, getpid(), SIGUSR1); }
static pk_status status_of;
static uint32_t removed;
static void nothing(uint64_t key) { (void)key; }
static void do_get(uint64_t key) {
    size_t len;
    status_of = pk_cache_get(&cache, &key, 8, got, sizeof got, &len);
}
static void do_put(uint64_t key) { status_of = pk_cache_put(&cache, &key, 8, value, value_len, 1); }
static void do_remove(uint64_t key) { status_of = pk_cache_remove(&cache, &key, 8); }
static void do_tick(uint64_t key) {
    (void)key;
    removed = pk_cache_tick(&cache, now, 1);
}
static void do_peek(uint64_t key) {
    size_t len;
    status_of = pk_cache_peek(&cache, &key, 8, got, sizeof got, &len, NULL);
}
static void (*const volatile operations[WORST_OPERATIONS])(uint64_t) = {do_get,    do_get,  do_put, do_put,
                                                                       do_remove, do_tick, do_peek};
static void measure(int operation, bool worst, uint64_t key) {
    void (*volatile run)(uint64_t) = operation < 0 ? nothing : operations[operation];
    shared->operation = operation;
    shared->worst = worst;
    mark();
    run(key);
    mark();
}

/* ---- The steady state: any keys, each operation a millisecond after the other ---- */

static void run_steady(void) {
    uint64_t state = 7;
    unsigned i, k, operation;
    open_cache();
    for (i = 0; i < capacity * 2; i++) put(others[i % capacity] + i / capacity, LONG);
    for (operation = 0; operation < WORST_OPERATIONS; operation++)
        for (i = 0; i < STEADY; i++) {
            uint64_t key = 0;
            for (k = 0; k < 100; k++) { /* S3-FIFO: of some keys another is there */
                key = others[random_of(&state) % capacity] + 1;
                if (pk_cache_contains(&cache, &key, 8)) break;
            }
            if (operation == WORST_GET_MISS || operation == WORST_PUT_NEW) key = random_of(&state);
            now++;
            measure((int)operation, false, key);
            if (operation == WORST_REMOVE) put(key, LONG);
        }
    expect(pk_cache_close(&cache) == PK_OK, __LINE__);
}

/* ---- The worst ---- */

static unsigned home_of(uint64_t key) { return pk__cache_home(&cache, hash_of(key)); }
/* Keys of one home and one tag, which all take the same way through the index; and keys at random. */
static void find_keys(void) {
    uint64_t key = 1, state = 3;
    unsigned n = 0, home = cache.groups / 2;
    for (; n < adverse + SPARE; key++) {
        pk_hash hash = hash_of(key);
        if (pk__cache_home(&cache, hash) == home && pk__cache_tag(hash) == 77) collide[n++] = key;
    }
    for (n = 0; n < MOST; n++) others[n] = random_of(&state);
}
static bool is_on_the_way(unsigned g) {
    pk__cache_n at = home_of(collide[0]), probes;
    for (probes = 0; probes < PATH && at != g; at = pk__cache_onward(&cache, at, hash_of(collide[0]), probes)) probes++;
    return probes < PATH;
}
/* Whether a key would be put where it leaves the loaded groups alone. */
static bool is_apart(uint64_t key) {
    unsigned home = home_of(key);
    if (kind == WORST_S3) return home != home_of(collide[0]);
    return !is_on_the_way(home) && pk__cache_match(pk__cache_group(&cache, pk__cache_shape_of(&cache), home), 2, 0) != 0;
}
static void build(const struct load *load) {
    unsigned all = adverse - (kind != WORST_S3 && !load->full), i, k, n;
    pk_time rest = load->ends >= ALL_BUT_THE_KEY ? 1 : LONG;
    uint64_t state = 11;
    value_len = kind == WORST_LRU_CHAINS ? WORST_SLOT - 16 : 64;
    open_cache();
    for (i = 0; i < all; i++) {
        bool over = load->ends == EVERYTHING || (load->ends == ALL_BUT_THE_KEY && i != load->target) ||
                    (load->ends == THE_SWEPT && i == load->swept);
        put(collide[i], over ? 1 : LONG);
    }
    /* LRU: the first to leave shall be the farthest ones; S3-FIFO: all were asked for as often as it counts */
    for (i = 0, n = kind == WORST_S3 ? all : all - 80; i < n; i++)
        for (k = 0; k < (kind == WORST_S3 ? 3u : 1u); k++) get(collide[i]);
    while (pk_cache_count(&cache) < capacity) {
        uint64_t key = random_of(&state);
        if (kind == WORST_S3 && cache.count + 16 > capacity) break;
        if (is_apart(key)) put(key, rest);
    }
    cache.cold->sweep = kind == WORST_S3 ? (pk__cache_n)(home_of(collide[0]) * 16 + load->swept) : (pk__cache_n)load->swept;
    value_len = kind == WORST_LRU_CHAINS ? WORST_LONGEST : 64;
    now++;
}
static void run_one(const struct load *load) {
    bool is_new = load->operation == WORST_PUT_NEW || load->operation == WORST_GET_MISS, hit;
    unsigned i;
    build(load);
    /* of the spare keys one that those at the end of the way make pass there: of their class */
    for (i = adverse; i + 1 < adverse + SPARE && is_new && kind != WORST_S3; i++)
        if (pk__cache_class(2, hash_of(collide[i])) == pk__cache_class(2, hash_of(collide[LAST]))) break;
    measure(load->operation, true, collide[load->target < adverse ? load->target : i]);
    hit = load->target < adverse && (load->ends == NOTHING || load->ends == ALL_BUT_THE_KEY);
    if (hit && load->operation != WORST_TICK) expect(status_of == PK_OK, __LINE__);
    expect(pk_cache_close(&cache) == PK_OK, __LINE__);
}
/* Which of them can be the worst: each walk as far as one can be, and as many walks as an operation can come to. A key that is
   there (at the end of the way) or not; what the sweep visits is at the end as well. */
static const struct load lru_loads[] = {
    {WORST_GET_HIT, THE_SWEPT, 1, LAST, LAST - 1},     {WORST_GET_MISS, THE_SWEPT, 1, NEW, 0},
    {WORST_GET_MISS, EVERYTHING, 1, LAST, LAST - 1},   {WORST_PUT_NEW, NOTHING, 0, NEW, 0},
    {WORST_PUT_NEW, THE_SWEPT, 0, NEW, LAST},          {WORST_PUT_NEW, NOTHING, 1, NEW, 0},
    {WORST_PUT_NEW, EVERYTHING, 0, LAST, LAST - 1},    {WORST_PUT_REPLACE, THE_SWEPT, 1, LAST, LAST - 1},
    {WORST_REMOVE, THE_SWEPT, 1, LAST, LAST - 1},      {WORST_REMOVE, EVERYTHING, 1, LAST, LAST - 1},
    {WORST_TICK, THE_SWEPT, 1, LAST, LAST},            {WORST_PEEK, THE_SWEPT, 1, LAST, LAST - 1}};

static void run_worst(void) {
    struct load load;
    unsigned i, where;
    for (i = 0; i < sizeof lru_loads / sizeof *lru_loads && kind != WORST_S3; i++) run_one(&lru_loads[i]);
    for (load.operation = 0; load.operation < WORST_OPERATIONS && kind == WORST_S3; load.operation++)
        for (load.ends = 0; load.ends < ENDINGS; load.ends++)
            for (where = 0; where < 3; where++) { /* the key: new, or in the first or last way; the sweep in these, too */
                bool is_new = load.operation == WORST_PUT_NEW || load.operation == WORST_GET_MISS;
                load.full = 1;
                load.target = is_new && where < 2 ? adverse : where == 1 ? 0 : adverse - 1;
                load.swept = where == 2 ? adverse - 2 : 0;
                run_one(&load);
            }
}
void worst_load(struct worst_now *at, int kind_of, unsigned n) {
    unsigned i;
    shared = at;
    kind = kind_of;
    capacity = n;
    adverse = kind == WORST_S3 ? 16 : ADVERSE;
    for (i = 0; i < 3; i++) measure(-1, false, 0);
    open_cache();
    find_keys();
    expect(pk_cache_close(&cache) == PK_OK, __LINE__);
    value_len = kind == WORST_LRU_CHAINS ? WORST_SLOT - 16 : 64;
    run_steady();
    run_worst();
}
