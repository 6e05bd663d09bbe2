/* Pins against a slow obvious model: random gets, puts, pins, releases, walks, and clears that on_evict disturbs. Every victim has to
   be the model's own: the least recent entry that is not pinned; those that it passed over are the least recent ones again when they
   are released. Each pinned value is compared with its copy at every step. With S3-FIFO all but the victims. */
#define PERFKIT_CACHE_IMPLEMENTATION
#include "../../perfkit_cache.h"
#include "../support/model.h"

enum { CAPACITY = 60, KEYS = 90, PINS = 40, LENGTH = 24 };
typedef struct entry {
    int live, pins, parked;
    int64_t used;      /* by this the victim is chosen */
    unsigned char value[LENGTH];
} entry;
typedef struct pin {
    int on, live; /* live: of the entry that the key still has */
    uint32_t key;
    pk_cache_item item;
    unsigned char value[LENGTH];
} pin;
static entry entries[KEYS];
static pin pins[PINS];
static int64_t newest, oldest;
static pk_cache cache;
static int policy, wrong, putting, clearing, meddling; /* meddling: so often on_evict puts a key of its own */

static int say(int good, const char *what, uint32_t key) {
    if (good) return 1;
    printf("%s: key %lu\n", what, (unsigned long)key);
    wrong = 1;
    return 0;
}
static uint32_t live_count(void) {
    uint32_t n = 0, k;
    for (k = 0; k < KEYS; k++) n += (uint32_t)entries[k].live;
    return n;
}
static uint32_t dead_count(void) { /* entries that left and are pinned: each has one place */
    uint32_t n = 0, i, j;
    for (i = 0; i < PINS; i++) {
        if (!pins[i].on || pins[i].live) continue;
        for (j = 0; j < i && !(pins[j].on && !pins[j].live && pins[j].item.value == pins[i].item.value); j++) {}
        n += j == i;
    }
    return n;
}
/* The entry that a put has to evict; KEYS: none. What is passed over is parked. */
static uint32_t victim(void) {
    uint32_t k, best = KEYS;
    for (k = 0; k < KEYS; k++)
        if (entries[k].live && !entries[k].pins && (best == KEYS || entries[k].used < entries[best].used)) best = k;
    for (k = 0; k < KEYS; k++)
        if (entries[k].live && entries[k].pins && (best == KEYS || entries[k].used < entries[best].used)) entries[k].parked = 1;
    return best;
}
static void use(uint32_t key) {
    entries[key].used = ++newest;
    entries[key].parked = 0;
}
static void gone(uint32_t key) { /* its pins outlive it */
    uint32_t i;
    for (i = 0; i < PINS; i++)
        if (pins[i].on && pins[i].key == key) pins[i].live = 0;
    entries[key].live = entries[key].pins = entries[key].parked = 0;
}
static void leaves(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    uint32_t key;
    (void)user;
    memcpy(&key, item->key, sizeof key);
    if (meddling > 0) {
        meddling--;
        key = KEYS;
        (void)pk_cache_put(&cache, &key, 4, entries[0].value, LENGTH, 0);
    } else if (reason == PK_EVICT_LRU && !clearing) {
        say(putting && entries[key].live && !entries[key].pins, "a pinned entry was evicted", key);
        if (policy == PK_CACHE_LRU) say(victim() == key, "evicted out of turn", key);
        gone(key);
    }
}
static int sound(void) {
    uint32_t i;
    for (i = 0; i < PINS; i++)
        if (pins[i].on && !say(memcmp(pins[i].item.value, pins[i].value, LENGTH) == 0 && memcmp(pins[i].item.key, &pins[i].key, 4) == 0,
                               "a pinned entry changed", pins[i].key))
            return 0;
    return say(pk_cache_count(&cache) == live_count(), "another count", pk_cache_count(&cache)) && !wrong;
}

static int put(void *unused) {
    unsigned char value[LENGTH];
    uint32_t key = model_below(KEYS), i;
    int can = 1, had = entries[key].live, pinned = entries[key].pins;
    pk_status status;
    (void)unused;
    for (i = 0; i < LENGTH; i++) value[i] = (unsigned char)model_random();
    if (policy == PK_CACHE_LRU && (!had || pinned) && live_count() + dead_count() == CAPACITY) {
        for (can = 0, i = 0; i < KEYS; i++) can |= entries[i].live && !entries[i].pins;
        if (!can && !had) (void)victim();
    }
    if (had && pinned && can && policy == PK_CACHE_LRU) gone(key);
    putting = 1;
    status = pk_cache_put(&cache, &key, 4, value, LENGTH, 0);
    putting = 0;
    if (policy == PK_CACHE_LRU && !say(status == (can ? PK_OK : PK_FULL), "status of put", key)) return 0;
    if (status != PK_OK) return say(status == PK_FULL, "status of put", key) && sound();
    if (had && pinned) gone(key);
    entries[key].live = 1;
    memcpy(entries[key].value, value, LENGTH);
    use(key);
    return sound();
}
static int get(void *unused) {
    unsigned char value[LENGTH];
    uint32_t key = model_below(KEYS);
    pk_status status = pk_cache_get(&cache, &key, 4, value, LENGTH, NULL);
    (void)unused;
    if (!say((status == PK_OK) == entries[key].live, "status of get", key)) return 0;
    if (status == PK_OK) use(key);
    return say(status != PK_OK || memcmp(value, entries[key].value, LENGTH) == 0, "another value", key) && sound();
}
static int remove_one(void *unused) {
    uint32_t key = model_below(KEYS);
    pk_status status = pk_cache_remove(&cache, &key, 4);
    (void)unused;
    if (!say((status == PK_OK) == entries[key].live, "status of remove", key)) return 0;
    gone(key);
    return sound();
}
static int take(void *unused) {
    pin *p = &pins[model_below(PINS)];
    uint32_t key = model_below(KEYS);
    pk_status status;
    (void)unused;
    if (p->on) return 1;
    status = pk_cache_get_ref(&cache, &key, 4, &p->item);
    if (!say((status == PK_OK) == entries[key].live, "status of get_ref", key)) return 0; /* there are pins for all */
    if (status != PK_OK) return sound();
    p->on = p->live = 1;
    p->key = key;
    memcpy(p->value, entries[key].value, LENGTH);
    entries[key].pins++;
    use(key);
    return sound();
}
static int release(void *unused) {
    pin *p = &pins[model_below(PINS)];
    pk_cache_item copy = p->item;
    (void)unused;
    if (!p->on) return 1;
    p->on = 0;
    if (p->live && --entries[p->key].pins == 0 && entries[p->key].parked) {
        entries[p->key].parked = 0;
        entries[p->key].used = --oldest;
    }
    if (!say(pk_cache_release(&cache, &p->item) == PK_OK, "status of release", p->key)) return 0;
    if (!say(pk_cache_release(&cache, &p->item) == PK_INVALID, "released twice", p->key)) return 0;
    if (!p->live || entries[p->key].pins == 0) { /* that was the last one of its entry, or of a dead one's */
        uint32_t i, others = 0;
        for (i = 0; i < PINS; i++) others += pins[i].on && pins[i].item.value == copy.value;
        if (others == 0 && !say(pk_cache_release(&cache, &copy) == PK_INVALID, "a copy was released", p->key)) return 0;
    }
    return sound();
}
static int walk(void *unused) {
    pk_cache_cursor cursor = {0};
    pk_cache_item item;
    pk_status status;
    uint32_t shown = 0, key, budget = 1 + model_below(8);
    (void)unused;
    while ((status = pk_cache_foreach_step(&cache, &cursor, &item, budget)) == PK_OK || status == PK_AGAIN) {
        if (status == PK_AGAIN) continue;
        memcpy(&key, item.key, 4);
        if (!say(entries[key].live && memcmp(item.value, entries[key].value, LENGTH) == 0, "shown by foreach", key)) return 0;
        shown++;
    }
    return say(status == PK_NOT_FOUND && shown == live_count(), "shown in all", shown) && sound();
}
static int clear(void *unused) {
    uint32_t key;
    (void)unused;
    if (model_below(20)) return 1;
    meddling = (int)model_below(4);
    clearing = 1;
    (void)pk_cache_clear(&cache);
    clearing = meddling = 0;
    key = KEYS;
    (void)pk_cache_remove(&cache, &key, 4);
    for (key = 0; key < KEYS; key++) gone(key);
    return sound();
}
static const model_op operations[] = {{"put", 40, put},         {"get", 25, get},   {"remove", 6, remove_one}, {"get_ref", 20, take},
                                      {"release", 16, release}, {"foreach", 1, walk}, {"clear", 1, clear}};

static int agree(const char *name, int which, uint64_t seed, unsigned long steps) {
    pk_cache_desc desc;
    uint32_t i;
    int good;
    memset(&desc, 0, sizeof desc);
    memset(entries, 0, sizeof entries);
    memset(pins, 0, sizeof pins);
    newest = oldest = 0;
    wrong = 0;
    policy = which;
    desc.policy = (uint8_t)which;
    desc.capacity = CAPACITY;
    desc.key_size = 4;
    desc.value_size = LENGTH;
    desc.ttl_ms = PK_TTL_NEVER;
    desc.on_evict = leaves;
    if (pk_cache_init(&cache, &desc) != PK_OK) return 0;
    good = model_run(name, operations, PK__COUNTOF(operations), NULL, seed, steps);
    for (i = 0; i < PINS; i++)
        if (pins[i].on) good = pk_cache_release(&cache, &pins[i].item) == PK_OK && good;
    (void)pk_cache_clear(&cache);
    for (i = 0; i < CAPACITY / 4; i++) /* all room is there again */
        good = pk_cache_put(&cache, &i, 4, entries[0].value, LENGTH, 0) == PK_OK && good;
    return pk_cache_close(&cache) == PK_OK && good && !wrong;
}
int main(int argc, char **argv) {
    unsigned long steps = argc > 2 ? strtoul(argv[2], NULL, 0) : 1000000;
    uint64_t seed = model_seed(argc, argv);
    int passed = agree("pins, LRU", PK_CACHE_LRU, seed, steps / 10);
    passed += agree("pins, S3-FIFO", PK_CACHE_S3FIFO, seed + 1, steps / 10);
    printf("%d passed, %d failed\n", passed, 2 - passed);
    return 2 - passed;
}
