/* The cache against a slow obvious model over stb_ds: random operations, single, on conditions and in batches, on fixed and varying
   sizes, link widths of 8, 16 and 32 bits, with times to live that slide and those that don't, with a timing wheel, with and
   without on_evict, with keys that collide, and a clock that wraps. Every victim has to be the model's own. */
#define PERFKIT_CACHE_SNAPSHOT_BUFFER 256 /* so that many a value is longer */
#define PERFKIT_CACHE_IMPLEMENTATION
#include "../../perfkit_cache.h"
#ifdef __GNUC__ /* stb_ds: its macros in this file and its functions */
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wcast-align"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wundef"
#ifndef typeof
#define typeof __typeof__
#endif
#endif
#include <stb/stb_ds.h>
#ifdef __GNUC__ /* its hash shifts bytes into the sign of an int */
size_t stbds_hash_bytes(void *p, size_t len, size_t seed) __attribute__((no_sanitize("undefined")));
#endif
#define STB_DS_IMPLEMENTATION
#include <stb/stb_ds.h>

enum { SLOT = 32 };

/* ---- The model: a map of entries, and a log of uses, oldest first, in which only the latest use of a key counts. ---- */

typedef struct entry {
    uint32_t version; /* what its value is made from */
    uint32_t len;
    uint64_t used;    /* number of its last use */
    pk_time expires, ttl, created, accessed;
    int never;
    uint32_t ticket, old_ticket; /* version that the cache told of this value, and of an older one; 0: none */
} entry;
typedef struct setup {
    const char *name;
    uint32_t capacity;
    int varying, hooked, hostile, expiring, more; /* more: 1 sliding, versions, times; 2 prompt expiry */
    unsigned long share;                          /* of the steps, in 1/100 */
} setup;
#include "../support/cache_model.h"
static struct { uint32_t key; entry value; } *entries;
static struct { uint32_t key; uint64_t used; } *uses;
static size_t first_use;
static uint64_t clock_of_uses;
static size_t slots_used;
static uint32_t slots;
static struct { uint32_t ticket; size_t need, freed; } putting; /* the put under way */
static pk_time last_end; /* of what a tick removed */

static size_t slots_of(uint32_t key, uint32_t len) {
    return how->varying ? (2 + 4 + key % 26 + len + SLOT - 1) / SLOT : 1;
}
static entry *find(uint32_t key) {
    ptrdiff_t i = hmgeti(entries, key);
    return i < 0 ? NULL : &entries[i].value;
}
static void use(entry *e, uint32_t key) {
    e->used = ++clock_of_uses;
    e->accessed = now;
    arrput(uses, uses[0]);
    uses[arrlen(uses) - 1].key = key;
    uses[arrlen(uses) - 1].used = clock_of_uses;
}
static int oldest(uint32_t *key) {
    for (;; first_use++) {
        const entry *e;
        if (first_use == (size_t)arrlen(uses)) return 0;
        e = find(uses[first_use].key);
        if (e != NULL && e->used == uses[first_use].used) break;
    }
    *key = uses[first_use].key;
    if (first_use > 100000) {
        arrdeln(uses, 0, first_use);
        first_use = 0;
    }
    return 1;
}
static void forget(uint32_t key, int evicted) {
    (void)evicted;
    changed(key);
    slots_used -= slots_of(key, hmget(entries, key).len);
    (void)hmdel(entries, key);
}

/* ---- What the cache tells ---- */

static void catch_up(void);
static void leaves(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    const entry *e;
    uint32_t key, old;
    (void)user;
    catch_up();
    e = told_of(item, reason, &key);
    if (e == NULL) return;
    switch (reason) {
    case PK_EVICT_LRU:
    case PK_EVICT_BYTES:
        SAME(doing.kind == PUT, "an eviction outside put");
        SAME(oldest(&old) && old == key, "key %u was evicted, the oldest is %u", key, old);
        SAME(!over(e), "key %u had expired", key);
        if (reason == PK_EVICT_LRU)
            SAME(pk_cache_count(&cache) + 1 == how->capacity, "evicted at %u of %u entries", pk_cache_count(&cache) + 1, how->capacity);
        else
            SAME(slots_used + putting.freed + putting.need > slots, "evicted with room for it");
        break;
    case PK_EVICT_CROWDED:
        SAME(how->hostile && doing.kind == PUT, "crowded");
        break;
    case PK_EVICT_EXPIRED:
        SAME(over(e), "key %u had not expired", key);
        if (doing.kind != TICK) break;
        SAME((int32_t)(e->expires - last_end) >= 0, "key %u expired after one that ended later", key);
        last_end = e->expires;
        break;
    case PK_EVICT_REPLACED:
        SAME(doing.kind == PUT && doing.key == key, "key %u replaced", key);
        break;
    case PK_EVICT_REMOVED:
        SAME(doing.kind == REMOVE && doing.key == key, "key %u removed", key);
        break;
    case PK_EVICT_CLEARED:
        SAME(doing.kind == CLEAR && oldest(&old) && old == key, "key %u cleared", key);
        break;
    default:
        SAME(doing.kind == CLOSE, "key %u left on close", key);
        break;
    }
    forget(key, 0);
}

/* ---- Operations on both ---- */

static int sound(void) {
    if (wrong) return 0;
    if (!SAME(pk_cache_count(&cache) == (uint32_t)hmlen(entries), "%u entries, want %u", pk_cache_count(&cache), (unsigned)hmlen(entries)))
        return 0;
    return SAME(pk_cache_count(&cache) <= how->capacity && slots_used <= (how->varying ? slots : how->capacity), "above its bounds");
}
/* A put in three parts: what it is, what it pushes out where nobody tells, what it leaves. */
typedef struct put_item {
    uint32_t key, version, len;
    pk_time ttl;
    size_t key_len;
    unsigned char key_bytes[32], value_bytes[VALUE_MOST];
} put_item;
static void choose_put(put_item *p) {
    static uint32_t version;
    p->key = some_key();
    p->len = how->varying ? (model_below(8) ? model_below(60) : model_below(VALUE_MOST)) : 8;
    p->ttl = some_ttl();
    p->version = ++version;
    p->key_len = key_bytes(p->key, p->key_bytes);
    value_bytes(p->key, p->version, p->len, p->value_bytes);
}
static void begin_put(const put_item *p) {
    uint32_t old;
    const entry *e = find(p->key);
    doing.kind = PUT;
    doing.key = p->key;
    putting.need = slots_of(p->key, p->len);
    putting.freed = 0;
    putting.ticket = e == NULL ? 0 : e->ticket ? e->ticket : e->old_ticket;
    if (how->hooked) return;
    if (e != NULL) /* nobody tells: do it as it must be (there are no times to live then) */
        forget(p->key, 0);
    else if ((uint32_t)hmlen(entries) == how->capacity && oldest(&old))
        forget(old, 1);
    while (how->varying && slots_used + putting.need > slots && oldest(&old)) forget(old, 1);
}
static int end_put(const put_item *p) {
    entry e;
    memset(&e, 0, sizeof e);
    e.version = p->version;
    e.len = p->len;
    set_times(&e, p->ttl);
    e.created = now;
    e.old_ticket = putting.ticket;
    if (!SAME(!how->hooked || find(p->key) == NULL, "key %u was replaced without a word", p->key)) return 0;
    hmput(entries, p->key, e);
    use(find(p->key), p->key);
    changed(p->key);
    slots_used += slots_of(p->key, p->len);
    return 1;
}
static void hit(uint32_t key) { /* a get found it */
    entry *e = find(key);
    use(e, key);
    if ((how->more & 1) && !e->never) e->expires = now + e->ttl;
}
static int put(void *unused) {
    static put_item p;
    (void)unused;
    choose_put(&p);
    begin_put(&p);
    if (!SAME(pk_cache_put(&cache, p.key_bytes, p.key_len, p.value_bytes, p.len, p.ttl) == PK_OK, "put failed")) return 0;
    return end_put(&p) && sound();
}
static int put_on_condition(void *unused) {
    static put_item p;
    const entry *e;
    pk_status wanted, got;
    uint32_t mode = model_below(how->more & 1 ? 3 : 2), ticket = 0;
    (void)unused;
    choose_put(&p);
    doing.kind = OTHER;
    (void)pk_cache_contains(&cache, p.key_bytes, p.key_len); /* the clock is looked at here, and removes what it removes */
    e = find(p.key);
    if (e != NULL && over(e)) e = NULL;
    if (mode == 2 && e != NULL) ticket = e->ticket ? e->ticket : e->old_ticket;
    if (mode == 0)
        wanted = e != NULL ? PK_EXISTS : PK_OK;
    else if (e == NULL)
        wanted = PK_NOT_FOUND;
    else
        wanted = mode == 2 && e->ticket == 0 ? PK_STALE : PK_OK;
    if (wanted == PK_OK) begin_put(&p);
    got = mode == 0   ? pk_cache_put_if_absent(&cache, p.key_bytes, p.key_len, p.value_bytes, p.len, p.ttl)
          : mode == 1 ? pk_cache_replace(&cache, p.key_bytes, p.key_len, p.value_bytes, p.len, p.ttl)
                      : pk_cache_compare_and_swap(&cache, p.key_bytes, p.key_len, p.value_bytes, p.len, p.ttl, ticket);
    if (!SAME(got == wanted, "key %u: a put of mode %u: %d, want %d", p.key, mode, got, wanted)) return 0;
    return (wanted != PK_OK || end_put(&p)) && sound();
}
enum { BATCH = 40 };
static put_item batch[BATCH];
static pk_cache_many records[BATCH];
static uint32_t batch_n, batch_at;
/* The model does what the cache has done of a batch, up to the item under way. */
static void catch_up(void) {
    while (batch_at < batch_n && records[batch_at].status != -1) {
        SAME(records[batch_at].status == PK_OK, "a put of a batch failed");
        if (!end_put(&batch[batch_at])) return;
        if (++batch_at < batch_n) begin_put(&batch[batch_at]);
    }
}
static int put_many(void *unused) {
    uint32_t i, n = 1 + model_below(BATCH);
    size_t good;
    (void)unused;
    for (i = 0; i < n; i++) {
        choose_put(&batch[i]);
        records[i].key = batch[i].key_bytes;
        records[i].key_len = batch[i].key_len;
        records[i].value = batch[i].value_bytes;
        records[i].len = batch[i].len;
        records[i].ttl_ms = batch[i].ttl;
        records[i].status = -1;
    }
    batch_at = 0;
    batch_n = n;
    begin_put(&batch[0]);
    good = pk_cache_put_many(&cache, records, n);
    catch_up();
    batch_n = 0;
    return SAME(good == n && batch_at == n, "%u of %u put", (unsigned)good, n) && sound();
}
static int get(void *unused) {
    uint32_t key = some_key();
    size_t len = 0, key_len = key_bytes(key, key_buffer);
    pk_status status;
    (void)unused;
    doing.kind = OTHER;
    status = pk_cache_get(&cache, key_buffer, key_len, value_buffer, sizeof value_buffer, &len);
    if (!agrees(key, status, len)) return 0;
    if (status == PK_OK) hit(key);
    return sound();
}
static int get_many(void *unused) {
    uint32_t keys[BATCH], i, n = 1 + model_below(BATCH);
    (void)unused;
    doing.kind = OTHER;
    for (i = 0; i < n; i++) {
        keys[i] = some_key();
        records[i].key_len = key_bytes(keys[i], batch[i].key_bytes);
        records[i].key = batch[i].key_bytes;
        records[i].value = batch[i].value_bytes;
        records[i].len = VALUE_MOST;
    }
    (void)pk_cache_get_many(&cache, records, n);
    for (i = 0; i < n; i++) {
        if (records[i].status == PK_OK) memcpy(value_buffer, batch[i].value_bytes, records[i].len);
        if (!agrees(keys[i], records[i].status, records[i].len)) return 0;
        if (records[i].status == PK_OK) hit(keys[i]);
    }
    return sound();
}
static int get_version(void *unused) {
    uint32_t key = some_key(), version = 0;
    size_t len = 0, key_len = key_bytes(key, key_buffer);
    pk_time created, accessed;
    entry *e;
    pk_status status;
    (void)unused;
    if (!(how->more & 1)) return 1;
    doing.kind = OTHER;
    status = pk_cache_get_version(&cache, key_buffer, key_len, value_buffer, sizeof value_buffer, &len, &version);
    if (!agrees(key, status, len)) return 0;
    if (status != PK_OK) return sound();
    hit(key);
    e = find(key);
    if (!SAME(e->ticket == 0 || e->ticket == version, "key %u: another version of the same value", key)) return 0;
    if (!SAME(version != 0 && version != e->old_ticket, "key %u: the version of an older value", key)) return 0;
    e->ticket = version;
    if (!SAME(pk_cache_peek_times(&cache, key_buffer, key_len, &created, &accessed) == PK_OK, "times")) return 0;
    return SAME(created == e->created && accessed == now, "key %u: its times", key) && sound();
}
/* All that is over leaves in one tick, in the order of its ends. */
static int tick_all(void) {
    size_t i;
    (void)pk_cache_tick(&cache, now, 0); /* what the clock's own jump brings comes first */
    doing.kind = TICK;
    last_end = now - (1u << 30);
    (void)pk_cache_tick(&cache, now, 1u << 30);
    for (i = 0; i < (size_t)hmlen(entries); i++)
        if (!SAME(!over(&entries[i].value), "key %u is over, and still there", entries[i].key)) return 0;
    return sound();
}
static int pass_time(void *unused) {
    (void)unused;
    some_time_passes();
    if ((how->more & 2) && model_below(3) == 0) return tick_all();
    if (model_below(3) == 0) (void)pk_cache_tick(&cache, now, model_below(8));
    return sound();
}
static int walk(void *unused) {
    uint32_t live = 0;
    size_t i;
    (void)unused;
    doing.kind = OTHER;
    if (how->capacity > 1000 && model_below(2000)) return 1; /* it is slow */
    (void)pk_cache_tick(&cache, now, 0);                     /* so that the walk itself removes nothing */
    for (i = 0; i < (size_t)hmlen(entries); i++) live += !over(&entries[i].value);
    return shows_all(live);
}
static int clear(void *unused) {
    (void)unused;
    if (model_below(how->capacity / 4 + 1)) return 1;
    doing.kind = CLEAR;
    if (model_below(2) || !how->hooked) {
        (void)pk_cache_clear(&cache);
        if (!how->hooked) {
            hmfree(entries);
            slots_used = 0;
            all_changed();
        }
        return SAME(hmlen(entries) == 0, "%u left after clear", (unsigned)hmlen(entries)) && sound();
    }
    (void)pk_cache_clear_step(&cache, model_below(how->capacity));
    return sound();
}

static const model_op operations[] = {{"put", 40, put},         {"get", 40, get},           {"put on a condition", 12, put_on_condition},
                                      {"put_many", 2, put_many}, {"get_many", 2, get_many}, {"get_version", 8, get_version},
                                      {"peek", 6, peek},         {"touch", 6, touch},       {"remove", 10, remove_one},
                                      {"time", 10, pass_time},   {"foreach", 2, walk},      {"clear", 1, clear},
                                      {"save", 6, save}};

#if PK__FULL
/* Everything that the index says must be true of the entries, counted group by group. */
static int index_is_sound(void) {
    static unsigned counted[10000][32]; /* of each group, by the class's place in its word */
    unsigned g, at, lane, e, i, tags = 0, probes, width = cache.width;
    memset(counted, 0, sizeof counted);
    for (g = 0; g < cache.groups; g++) {
        unsigned char *group = cache.index + (size_t)g * 16 * width;
        for (lane = 0; lane < PK__CACHE_LANES(width); lane++) {
            const unsigned char *key;
            pk_hash hash;
            if (group[lane] == 0) continue;
            tags++;
            e = pk__cache_link(group + PK__CACHE_LANES(width) + lane * width, width);
            key = pk__cache_key(&cache, pk__cache_shape_of(&cache), e);
            hash = pk__cache_hash(&cache, pk__cache_shape_of(&cache), key, pk__cache_key_len(&cache, pk__cache_shape_of(&cache), key));
            for (at = pk__cache_home(&cache, hash), probes = 1; at != g; at = pk__cache_onward(&cache, at, hash, probes++))
                counted[at][pk__cache_class(width, hash)]++;
            if (!SAME(group[lane] == pk__cache_tag(hash), "a wrong tag")) return 0;
        }
    }
    for (g = 0; g < cache.groups; g++)
        for (i = 0; i < 8 * width; i += 4) {
            unsigned word = pk__cache_link(pk__cache_passed(cache.index + (size_t)g * 16 * width, width), width), count = word >> i & 15u;
            if (count == 15) continue; /* which stays */
            if (!SAME(count == counted[g][i], "group %u, class %u: %u passed, want %u", g, i / 4, count, counted[g][i])) return 0;
        }
    return SAME(tags == cache.count, "%u lanes for %u entries", tags, cache.count);
}
#else
/* Every entry is in the chain of its key, and chains lead to no other. */
static int index_is_sound(void) {
    unsigned home, e, n = 0;
    for (home = 0; home < cache.groups; home++)
        for (e = cache.capacity + 1u + home; (e = pk__cache_link(cache.index + (size_t)e * cache.width, cache.width)) != 0; n++) {
            const unsigned char *key = pk__cache_key(&cache, e);
            if (!SAME(pk__cache_home(&cache, pk__cache_hash(&cache, key, pk__cache_key_len(&cache, key))) == home, "in a wrong chain") ||
                !SAME(n < cache.count, "more in chains than there are"))
                return 0;
        }
    return SAME(n == cache.count && pk__cache_link(cache.index, cache.width) == 0, "%u in chains of %u entries", n, cache.count);
}
#endif

static pk_cache_desc desc_of(const setup *s) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.capacity = s->capacity;
    desc.clock = clock_of_model;
    desc.ttl_ms = s->expiring ? 2000 : PK_TTL_NEVER;
    if (s->varying) {
        desc.slot_size = SLOT;
        slots = s->capacity * 2 + 24;
        desc.max_bytes = (size_t)slots * SLOT + s->capacity % SLOT;
    } else {
        desc.key_size = 4;
        desc.value_size = 8;
    }
    desc.sliding = desc.versions = desc.times = (s->more & 1) != 0;
    desc.prompt_expiry = (s->more & 2) != 0;
    if (s->hooked) desc.on_evict = leaves;
    if (s->hostile) desc.hash = hostile_hash;
    return desc;
}
static int agree(const setup *s, uint64_t seed, unsigned long steps) {
    pk_cache_desc desc = desc_of(s);
    int good;
    size_t i;
    how = s;
    now = (pk_time)seed;
    first_use = 0;
    slots_used = 0;
    clock_of_uses = 0;
    if (pk_cache_init(&cache, &desc) != PK_OK) return 0;
    arrsetlen(uses, 1);
    uses[0].used = 0;
    model_state = seed;
    if (s->capacity > 60000) /* it would take long to fill up */
        for (i = 0; i < s->capacity + 10000; i++)
            if (!put(NULL)) return 0;
    good = model_run(s->name, operations, PK__COUNTOF(operations), NULL, seed, steps) && index_is_sound();
    doing.kind = CLOSE;
    end_saving();
    (void)pk_cache_close(&cache);
    if (s->hooked) good = SAME(hmlen(entries) == 0, "not all were told of close") && good;
    good = good && !wrong;
    wrong = 0;
    hmfree(entries);
    arrfree(uses);
    return good;
}

static const setup setups[] = {
    /* name, capacity, varying, hooked, hostile, expiring, more, share */
    {"cache, 8-bit links, fixed sizes", 20, 0, 1, 0, 1, 0, 14},
    {"cache, 8-bit links, without on_evict", 254, 0, 0, 0, 0, 0, 8},
    {"cache, 8-bit links, chains", 12, 1, 1, 0, 1, 0, 14},
    {"cache, one entry", 1, 0, 1, 0, 1, 0, 2},
    {"cache, 16-bit links, fixed sizes", 1000, 0, 1, 0, 1, 0, 14},
    {"cache, 16-bit links, chains", 300, 1, 1, 0, 1, 0, 14},
    {"cache, 16-bit links, chains, without on_evict", 300, 1, 0, 0, 0, 0, 8},
    {"cache, 32-bit links, fixed sizes", 66000, 0, 1, 0, 1, 0, 10},
    {"cache, 32-bit links, chains", 66000, 1, 1, 0, 0, 0, 6},
    {"cache, colliding keys, small", 60, 0, 1, 1, 1, 0, 4},
    {"cache, colliding keys, crowded", 2000, 0, 1, 1, 1, 0, 6},
    {"cache, 32-bit links, without on_evict", 66000, 0, 0, 0, 0, 0, 6},
    {"cache, sliding, versions and times, fixed sizes", 200, 0, 1, 0, 1, 1, 8},
    {"cache, sliding, versions and times, chains", 300, 1, 1, 0, 1, 1, 8},
    {"cache, prompt expiry, fixed sizes", 200, 0, 1, 0, 1, 2, 8},
    {"cache, prompt expiry, sliding, chains", 300, 1, 1, 0, 1, 3, 8},
};

int main(int argc, char **argv) {
    unsigned long steps = argc > 2 ? strtoul(argv[2], NULL, 0) : 1000000;
    uint64_t seed = model_seed(argc, argv);
    int passed = 0, failed = 0;
    size_t i;
    for (i = 0; i < PK__COUNTOF(setups); i++) {
        if (PERFKIT_CACHE_LINK_BITS && PERFKIT_CACHE_LINK_BITS < 32 && setups[i].capacity * 3 > PK__CACHE_MOST) continue;
        if (agree(&setups[i], seed + i, steps / 100 * setups[i].share))
            passed++;
        else
            failed++;
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed;
}
