/* The S3-FIFO cache against a slow obvious model of one set's rules: random operations on fixed and varying sizes, one way to many
   sets, with and without on_evict, locked as for threads, with keys that fall into one set, and a clock that wraps. Every victim,
   every promotion and every ghost has to be the model's own. */
#define PERFKIT_CACHE_SNAPSHOT_BUFFER 256 /* so that a set is seldom saved in one go */
#define PERFKIT_CACHE_IMPLEMENTATION
#include "../../perfkit_cache.h"

enum { WAYS = 16, GHOSTS = 12, SLOT = 96, SETS = 64 };

typedef struct entry {
    uint32_t key, version, len; /* version: what its value is made from */
    pk_time expires, ttl;
    unsigned way, uses;
    int never;
} entry;
typedef struct queue {
    entry e[WAYS]; /* oldest first */
    unsigned n;
} queue;
typedef struct set {
    queue small, main;
    unsigned free[WAYS], free_count, ways; /* free: the next one first */
    unsigned char ghosts[GHOSTS];
    unsigned ghost;
} set;
static set sets[SETS];

typedef struct setup {
    const char *name;
    uint32_t capacity;
    int varying, hooked, expiring, threads, hostile;
    unsigned long share; /* of the steps, in 1/100 */
} setup;
#include "../support/cache_model.h"
static pk_cache view; /* a copy, as close wipes the cache before it tells */
static struct {
    int to_main, uses;
} comes_back; /* how a replaced entry does */

static pk_hash hash_of(uint32_t key) {
    unsigned char bytes[32];
    size_t len = key_bytes(key, bytes);
    return pk__cache_hash(&view, pk__cache_shape_of(&view), bytes, len);
}
static set *set_of(uint32_t key) { return &sets[pk__cache_home(&view, hash_of(key))]; }
static entry *find(uint32_t key) {
    set *s = set_of(key);
    unsigned i;
    for (i = 0; i < s->small.n; i++)
        if (s->small.e[i].key == key) return &s->small.e[i];
    for (i = 0; i < s->main.n; i++)
        if (s->main.e[i].key == key) return &s->main.e[i];
    return NULL;
}
static uint32_t count(void) {
    uint32_t n = 0, i;
    for (i = 0; i < view.groups; i++) n += sets[i].small.n + sets[i].main.n;
    return n;
}

/* ---- The rules ---- */

static entry take_out(queue *q, unsigned at) {
    entry e = q->e[at];
    for (q->n--; at < q->n; at++) q->e[at] = q->e[at + 1];
    return e;
}
static void append(queue *q, entry e) { q->e[q->n++] = e; }
static int in_main(const set *s, const entry *e) { return e >= s->main.e && e < s->main.e + WAYS; }
static void forget(uint32_t key, int leave_ghost) { /* its way is the next one to be used */
    set *s = set_of(key);
    entry *e = find(key);
    unsigned way = e->way, i;
    changed(key);
    if (in_main(s, e)) {
        (void)take_out(&s->main, (unsigned)(e - s->main.e));
    } else {
        if (leave_ghost) {
            s->ghosts[s->ghost] = (unsigned char)pk__cache_tag(hash_of(key));
            s->ghost = (s->ghost + 1) % GHOSTS;
        }
        (void)take_out(&s->small, (unsigned)(e - s->small.e));
    }
    for (i = s->free_count++; i > 0; i--) s->free[i] = s->free[i - 1];
    s->free[0] = way;
}
static int victim(set *s, uint32_t *key) { /* whether it had expired */
    unsigned way, i;
    for (way = 0; way < WAYS; way++) {
        for (i = 0; i < s->small.n + s->main.n; i++) {
            const entry *e = i < s->small.n ? &s->small.e[i] : &s->main.e[i - s->small.n];
            if (e->way == way && over(e)) {
                *key = e->key;
                return 1;
            }
        }
    }
    for (;;) {
        if (s->main.n == 0 || (s->small.n > 0 && s->small.n >= s->ways / 4)) {
            entry e = s->small.e[0];
            *key = e.key;
            if (e.uses == 0) return 0;
            e.uses = 0;
            (void)take_out(&s->small, 0);
            append(&s->main, e);
        } else {
            entry e = s->main.e[0];
            *key = e.key;
            if (e.uses == 0) return 0;
            e.uses--;
            (void)take_out(&s->main, 0);
            append(&s->main, e);
        }
    }
}
static int ghost_of(const set *s, uint32_t key) {
    int i;
    for (i = 0; i < GHOSTS; i++)
        if (s->ghosts[i] == pk__cache_tag(hash_of(key))) return i;
    return -1;
}
static void use(entry *e, uint32_t key) {
    (void)key;
    if (e->uses < 3) e->uses++;
}

/* ---- What the cache tells ---- */

static void leaves(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    uint32_t key, old = 0;
    const entry *e = told_of(item, reason, &key);
    (void)user;
    if (e == NULL) return;
    switch (reason) {
    case PK_EVICT_LRU:
        SAME(doing.kind == PUT && set_of(doing.key) == set_of(key) && set_of(key)->free_count == 0, "key %u: an eviction with room", key);
        SAME(!victim(set_of(key), &old) && old == key, "key %u was evicted, it should be %u", key, old);
        break;
    case PK_EVICT_EXPIRED:
        SAME(over(e), "key %u had not expired", key);
        break;
    case PK_EVICT_REPLACED:
        SAME(doing.kind == PUT && doing.key == key, "key %u replaced", key);
        comes_back.to_main = in_main(set_of(key), e);
        comes_back.uses = 1;
        break;
    case PK_EVICT_REMOVED:
        SAME(doing.kind == REMOVE && doing.key == key, "key %u removed", key);
        break;
    case PK_EVICT_CLEARED:
        SAME(doing.kind == CLEAR, "key %u cleared", key);
        break;
    default:
        SAME(doing.kind == CLOSE, "key %u left on close: %d", key, reason);
        break;
    }
    forget(key, reason == PK_EVICT_LRU);
}

/* ---- Operations on both ---- */

static int sound(void) {
    if (wrong) return 0;
    return SAME(pk_cache_count(&cache) == count(), "%u entries, want %u", pk_cache_count(&cache), count()) &&
           SAME(pk_cache_count(&cache) <= how->capacity, "above its bound");
}
static int put(void *unused) {
    static uint32_t version;
    uint32_t key = some_key(), len = how->varying ? model_below(SLOT + 10) : 8, old;
    size_t key_len = key_bytes(key, key_buffer);
    pk_time ttl = some_ttl();
    set *s = set_of(key);
    entry fresh, *e = find(key);
    int mode = (int)model_below(6), ghost, there = e != NULL && !over(e);
    pk_status status, wanted = PK_OK;
    (void)unused;
    value_bytes(key, ++version, len, value_buffer);
    doing.kind = PUT;
    doing.key = key;
    comes_back.to_main = comes_back.uses = 0;
    ghost = there ? -1 : ghost_of(s, key);
    if (mode == 0) {
        if (there) wanted = PK_EXISTS;
    } else if (mode == 1) {
        if (!there) wanted = PK_NOT_FOUND;
    }
    if (how->varying && key_len + len > SLOT) wanted = PK_TOO_BIG;
    status = mode == 0   ? pk_cache_put_if_absent(&cache, key_buffer, key_len, value_buffer, len, ttl)
             : mode == 1 ? pk_cache_replace(&cache, key_buffer, key_len, value_buffer, len, ttl)
                         : pk_cache_put(&cache, key_buffer, key_len, value_buffer, len, ttl);
    if (!SAME(status == wanted, "put gave %d, want %d", status, wanted)) return 0;
    if (status != PK_OK) return sound();
    fresh.key = key;
    fresh.version = version;
    fresh.len = len;
    set_times(&fresh, ttl);
    changed(key);
    e = find(key);
    if (e != NULL) { /* in place */
        if (!SAME(!how->hooked, "key %u was replaced without a word", key)) return 0;
        fresh.way = e->way;
        fresh.uses = e->uses;
        use(&fresh, key);
        *e = fresh;
        return sound();
    }
    if (s->free_count == 0 && !SAME(!how->hooked, "no room was made")) return 0;
    if (s->free_count == 0) {
        (void)victim(s, &old);
        forget(old, 1);
    }
    if (ghost >= 0) {
        s->ghosts[ghost] = 0;
        comes_back.to_main = 1;
    }
    fresh.way = s->free[0];
    fresh.uses = (unsigned)comes_back.uses;
    s->free_count--;
    memmove(s->free, s->free + 1, s->free_count * sizeof s->free[0]);
    append(comes_back.to_main ? &s->main : &s->small, fresh);
    return sound();
}
static int get(void *unused) {
    uint32_t key = some_key();
    size_t len = 0, key_len = key_bytes(key, key_buffer);
    pk_status status;
    (void)unused;
    doing.kind = OTHER;
    status = pk_cache_get(&cache, key_buffer, key_len, value_buffer, sizeof value_buffer, &len);
    if (!agrees(key, status, len)) return 0;
    if (status == PK_OK) use(find(key), key);
    return sound();
}
static int pass_time(void *unused) {
    (void)unused;
    some_time_passes();
    if (model_below(3) == 0) (void)pk_cache_tick(&cache, now, model_below(8));
    return sound();
}
static int walk(void *unused) {
    uint32_t live = 0, i, j;
    (void)unused;
    doing.kind = OTHER;
    if (how->capacity > 100 && model_below(20)) return 1; /* it is slow */
    (void)pk_cache_tick(&cache, now, 0);                  /* so that the walk itself removes nothing */
    for (i = 0; i < view.groups; i++) {
        for (j = 0; j < sets[i].small.n; j++) live += !over(&sets[i].small.e[j]);
        for (j = 0; j < sets[i].main.n; j++) live += !over(&sets[i].main.e[j]);
    }
    return shows_all(live);
}
static void model_reset(void) {
    uint32_t n, i;
    all_changed();
    for (n = 0; n < cache.groups; n++) {
        set *s = &sets[n];
        memset(s, 0, sizeof *s);
        s->ways = pk__s3_at(&cache, pk__cache_shape_of(&cache), n)->ways;
        for (i = 0; i < s->ways; i++) s->free[s->free_count++] = i;
    }
}
static int clear(void *unused) {
    (void)unused;
    if (model_below(how->capacity / 4 + 1)) return 1;
    doing.kind = CLEAR;
    if (!how->hooked && how->threads) return 1; /* nobody tells in which order */
    if (model_below(2) || !how->hooked) {
        (void)pk_cache_clear(&cache);
        if (!how->hooked) model_reset();
        return SAME(count() == 0, "%u left after clear", count()) && sound();
    }
    (void)pk_cache_clear_step(&cache, model_below(how->capacity));
    return sound();
}

static const model_op operations[] = {{"put", 40, put},           {"get", 40, get},        {"peek", 6, peek},
                                      {"touch", 6, touch},        {"remove", 10, remove_one}, {"time", 10, pass_time},
                                      {"foreach", 2, walk},       {"clear", 1, clear},     {"save", 6, save}};

/* What every set's line says must be true, and as the model has it. */
static int sets_are_sound(void) {
    uint32_t n, i, ways = 0;
    for (n = 0; n < cache.groups; n++) {
        const pk__s3_set *s = pk__s3_at(&cache, pk__cache_shape_of(&cache), n);
        unsigned seen = 0;
        ways += s->ways;
        for (i = 0; i < WAYS; i++) seen |= 1u << pk__s3_way(s, i);
        if (!SAME(seen == 0xFFFF, "set %u: the order misses a way", n) || !SAME(s->busy == 0 && s->version % 2 == 0, "set %u is busy", n) ||
            !SAME(s->main == sets[n].main.n && s->small == sets[n].small.n, "set %u: queues of %u and %u", n, s->main, s->small) ||
            !SAME(memcmp(s->ghosts, sets[n].ghosts, GHOSTS) == 0 && s->ghost == sets[n].ghost, "set %u: other ghosts", n))
            return 0;
        for (i = 0; i < s->main + (unsigned)s->small; i++) {
            const entry *e = i < s->main ? &sets[n].main.e[i] : &sets[n].small.e[i - s->main];
            if (!SAME(pk__s3_way(s, i) == e->way && (s->uses >> 2 * e->way & 3) == e->uses, "set %u: place %u differs", n, i) ||
                !SAME(s->tags[e->way] == pk__cache_tag(hash_of(e->key)), "set %u: a wrong tag", n))
                return 0;
        }
    }
    return SAME(ways == how->capacity, "%u ways for %u entries", ways, how->capacity);
}

static const setup setups[] = {
    {"one way", 1, 0, 1, 1, 0, 0, 4},           {"few ways", 7, 0, 1, 1, 0, 0, 8},
    {"one set", 16, 0, 0, 0, 0, 0, 8},          {"two sets", 17, 0, 1, 1, 0, 0, 8},
    {"sets", 500, 0, 0, 0, 0, 0, 12},           {"sets, expiring", 500, 0, 1, 1, 0, 0, 12},
    {"varying", 200, 1, 1, 1, 0, 0, 12},        {"varying, in place", 200, 1, 0, 0, 0, 0, 6},
    {"locked", 100, 0, 0, 0, 1, 0, 8},          {"locked, expiring", 100, 0, 1, 1, 1, 0, 8},
    {"locked, varying", 100, 1, 1, 1, 1, 0, 8}, {"two homes", 100, 0, 1, 1, 0, 1, 6},
};

static pk_cache_desc desc_of(const setup *s) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.policy = PK_CACHE_S3FIFO;
    desc.capacity = s->capacity;
    desc.slot_size = SLOT;
    if (!s->varying) {
        desc.key_size = 4;
        desc.value_size = 8;
    }
    desc.ttl_ms = s->expiring ? 2000 : PK_TTL_NEVER;
    desc.clock = clock_of_model;
    if (s->hooked) desc.on_evict = leaves;
    if (s->hostile) desc.hash = hostile_hash;
    desc.threads = s->threads != 0;
    return desc;
}
int main(int argc, char **argv) {
    uint64_t seed = model_seed(argc, argv);
    unsigned long steps = argc > 2 ? strtoul(argv[2], NULL, 0) : 400000;
    size_t i;
    for (i = 0; i < sizeof setups / sizeof setups[0]; i++) {
        pk_cache_desc desc;
        how = &setups[i];
        desc = desc_of(how);
        now = (pk_time)seed;
        if (pk_cache_init(&cache, &desc) != PK_OK) {
            if (how->threads && !PK__S3_SHARED) continue;
            printf("init failed\n");
            return 1;
        }
        cache.seed = seed * 0x9E3779B97F4A7C15u; /* so that a seed repeats a run */
        view = cache;
        model_reset();
        if (!model_run(how->name, operations, sizeof operations / sizeof operations[0], NULL, seed + i, steps / 100 * how->share + 1)) return 1;
        if (!sets_are_sound()) return 1;
        doing.kind = CLOSE;
        end_saving();
        if (pk_cache_close(&cache) != PK_OK || wrong || (how->hooked && count() != 0)) return 1;
    }
    printf("1 passed, 0 failed\n");
    return 0;
}
