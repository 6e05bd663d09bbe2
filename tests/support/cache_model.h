/* cache_model.h - what the models of both policies share: keys and values made from numbers, what a look has to find, and snapshots
   saved in steps while all else goes on. Include it behind the model's own `entry` (with these fields: version, len, expires, ttl,
   never) and `setup` (capacity, varying, hooked, expiring, hostile); then define the functions declared here. */
#ifndef PERFKIT_CACHE_MODEL_H
#define PERFKIT_CACHE_MODEL_H
#include "model.h"

static const setup *how;
static pk_cache cache;
static pk_time now;
static int wrong;

static entry *find(uint32_t key); /* expired or not; NULL: not there */
static void use(entry *e, uint32_t key); /* it was hit or touched */
static void forget(uint32_t key, int evicted); /* it left */
static int sound(void); /* counts and bounds agree */

#define SAME(condition, ...) ((condition) ? 1 : (printf(__VA_ARGS__), printf("\n"), wrong = 1, 0))
enum { PUT, REMOVE, CLEAR, CLOSE, OTHER, TICK }; /* kinds of operations */
enum { VALUE_MOST = 700 };
static struct {
    int kind;
    uint32_t key;
} doing; /* the operation under way */

static size_t key_bytes(uint32_t key, unsigned char *to) { /* 4 bytes, or 4 to 29 of them */
    size_t len = how->varying ? 4 + key % 26 : 4;
    memset(to, (int)(key % 251), 32);
    memcpy(to, &key, 4);
    return len;
}
static void value_bytes(uint32_t key, uint32_t version, uint32_t len, unsigned char *to) {
    uint32_t i, x = key * 2654435761u ^ version * 40503u;
    for (i = 0; i < len; i++) to[i] = (unsigned char)((x += 0x9E3779B9u) >> 24);
}
static int over(const entry *e) { return !e->never && (int32_t)(e->expires - now) <= 0; }
static uint32_t some_key(void) { /* half as many again as there is room for, and some of them often */
    uint32_t universe = how->capacity + how->capacity / 2 + 2;
    return model_below(4) ? model_below(universe) : model_below(universe / 8 + 1);
}
static pk_time some_ttl(void) {
    if (!how->expiring || model_below(2)) return 0;
    return model_below(6) ? 1 + model_below(3000) : model_below(2) ? PK_TTL_NEVER : 1 + model_below(1u << 30);
}
static void set_times(entry *e, pk_time ttl) { /* as put does */
    e->never = ttl == PK_TTL_NEVER || (ttl == 0 && !how->expiring);
    e->ttl = ttl ? ttl : 2000;
    e->expires = now + e->ttl;
}
static pk_time clock_of_model(void *user) {
    (void)user;
    return now;
}
static pk_hash hostile_hash(void *user, const void *key, size_t len) { /* two homes for all, and two tags */
    (void)user;
    (void)len;
    return *(const unsigned char *)key & 1;
}

/* on_evict hears of an entry: the model's, whose bytes these have to be. NULL: it was not there. */
static entry *told_of(const pk_cache_item *item, pk_evict_reason reason, uint32_t *key) {
    unsigned char key_wanted[32], wanted[VALUE_MOST], got[VALUE_MOST];
    entry *e;
    size_t n;
    memcpy(key, item->key, 4);
    e = find(*key);
    if (!SAME(e != NULL, "key %u left for reason %d, but was not there", *key, reason)) return NULL;
    SAME(item->key_len == key_bytes(*key, key_wanted) && memcmp(item->key, key_wanted, item->key_len) == 0, "key %u: other bytes", *key);
    n = pk_cache_item_read(item, 0, got, sizeof got);
    value_bytes(*key, e->version, e->len, wanted);
    SAME(n == e->len && memcmp(got, wanted, n) == 0, "key %u: another value left", *key);
    return e;
}

/* ---- Operations that look or remove ---- */

static unsigned char key_buffer[32], value_buffer[VALUE_MOST], wanted_buffer[VALUE_MOST];
static int agrees(uint32_t key, pk_status status, size_t len) { /* a look at the key gave this */
    const entry *e = find(key);
    if (e == NULL || over(e)) return SAME(status == PK_NOT_FOUND, "key %u: status %d, but it is not there", key, status);
    if (!SAME(status == PK_OK && len == e->len, "key %u: status %d, length %u", key, status, (unsigned)len)) return 0;
    value_bytes(key, e->version, e->len, wanted_buffer);
    return SAME(memcmp(value_buffer, wanted_buffer, len) == 0, "key %u: another value", key);
}
static int peek(void *unused) {
    uint32_t key = some_key();
    size_t len = 0, key_len = key_bytes(key, key_buffer);
    pk_time left = 0;
    pk_status status;
    (void)unused;
    doing.kind = OTHER;
    status = pk_cache_peek(&cache, key_buffer, key_len, value_buffer, sizeof value_buffer, &len, &left);
    if (!agrees(key, status, len)) return 0;
    if (status == PK_OK) {
        const entry *e = find(key);
        if (!SAME(e->never ? left == PK_TTL_NEVER : left == (pk_time)(e->expires - now), "key %u has %lu ms left", key, (unsigned long)left))
            return 0;
    }
    return SAME(pk_cache_contains(&cache, key_buffer, key_len) == (status == PK_OK), "contains") && sound();
}
static int touch(void *unused) {
    uint32_t key = some_key();
    pk_time ttl = how->expiring ? 1 + model_below(3000) : PK_TTL_NEVER;
    size_t key_len = key_bytes(key, key_buffer);
    pk_status status;
    entry *e;
    (void)unused;
    doing.kind = OTHER;
    status = pk_cache_touch(&cache, key_buffer, key_len, ttl);
    e = find(key);
    if (!SAME((status == PK_OK) == (e != NULL && !over(e)), "touch of key %u: %d", key, status)) return 0;
    if (status == PK_OK) {
        use(e, key);
        set_times(e, ttl);
    }
    return sound();
}
static int remove_one(void *unused) {
    uint32_t key = some_key();
    size_t key_len = key_bytes(key, key_buffer);
    const entry *e = find(key);
    int there = e != NULL && !over(e);
    (void)unused;
    doing.kind = REMOVE;
    doing.key = key;
    if (!how->hooked && there) forget(key, 0);
    return SAME((pk_cache_remove(&cache, key_buffer, key_len) == PK_OK) == there, "remove of key %u", key) && sound();
}
static void some_time_passes(void) {
    doing.kind = OTHER;
    if (how->expiring) now += model_below(200) ? model_below(40) : model_below(100) ? model_below(1u << 20) : model_below(1u << 30) + (1u << 30);
}
/* What foreach shows is each of the model's `live` entries. */
static int shows_all(uint32_t live) {
    pk_cache_cursor cursor = {0};
    pk_cache_item item;
    uint32_t shown = 0;
    while (pk_cache_foreach(&cache, &cursor, &item) == PK_OK) {
        uint32_t key;
        memcpy(&key, item.key, 4);
        if (!agrees(key, PK_OK, pk_cache_item_read(&item, 0, value_buffer, sizeof value_buffer))) return 0;
        shown++;
    }
    return SAME(shown == live, "foreach showed %u of %u", shown, live) && sound();
}

/* ---- Snapshots in steps: what is there all along is in them, with its value, and with no other ---- */

enum { SAVED_KEYS = 1600 };
static struct {
    pk_cache_transfer transfer;
    int under_way;
    uint32_t version[SAVED_KEYS]; /* that the key has had since the save began; 0: it was put or left meanwhile */
    unsigned char tape[3 << 20];
    size_t len, at;
} saving;
static size_t write_tape(void *user, const void *bytes, size_t n) {
    (void)user;
    if (!how->varying && model_below(4) == 0) return PK_CACHE_IO_LATER; /* amid a long value it would be PK_IO */
    if (n > sizeof saving.tape - saving.len) return 0;
    memcpy(saving.tape + saving.len, bytes, n);
    saving.len += n;
    return n;
}
static size_t read_tape(void *user, void *bytes, size_t n) {
    (void)user;
    if (n > saving.len - saving.at) n = saving.len - saving.at;
    memcpy(bytes, saving.tape + saving.at, n);
    saving.at += n;
    return n;
}
static void changed(uint32_t key) { /* its value, by a put, or it left */
    if (key < SAVED_KEYS) saving.version[key] = 0;
}
static void all_changed(void) { memset(saving.version, 0, sizeof saving.version); }
static void end_saving(void) {
    if (saving.under_way) pk_cache_transfer_end(&saving.transfer);
    saving.under_way = 0;
}
static pk_cache_desc desc_of(const setup *s);
static int saved_all(void) {
    pk_cache other;
    pk_cache_desc desc = desc_of(how);
    uint32_t key;
    int good = 1;
    desc.capacity *= 8; /* so that nothing is evicted */
    desc.max_bytes *= 8;
    desc.on_evict = NULL;
    saving.at = 0;
    if (!SAME(pk_cache_init(&other, &desc) == PK_OK, "no second cache")) return 0;
    good = SAME(pk_cache_load(&other, read_tape, NULL, 0, NULL) == PK_OK, "the snapshot does not load");
    for (key = 0; key < SAVED_KEYS && good; key++) {
        const entry *e = saving.version[key] ? find(key) : NULL;
        size_t len = 0, key_len = key_bytes(key, key_buffer);
        pk_status status;
        if (e == NULL || over(e)) continue;
        status = pk_cache_peek(&other, key_buffer, key_len, value_buffer, sizeof value_buffer, &len, NULL);
        good = agrees(key, status, len);
        if (!good) printf("so says the snapshot\n");
    }
    (void)pk_cache_close(&other);
    return good;
}
static int save(void *unused) {
    uint32_t key;
    pk_status status;
    (void)unused;
    doing.kind = OTHER;
    if (how->capacity > SAVED_KEYS / 2 || (how->hostile && how->capacity > 60)) return 1;
    if (!saving.under_way) {
        if (model_below(64)) return 1;
        saving.len = 0;
        if (!SAME(pk_cache_save_begin(&cache, &saving.transfer, write_tape, NULL) == PK_OK, "save_begin")) return 0;
        saving.under_way = 1;
        for (key = 0; key < SAVED_KEYS; key++) {
            const entry *e = find(key);
            saving.version[key] = e ? e->version : 0;
        }
    }
    status = pk_cache_save_step(&saving.transfer, model_below(2 + how->capacity / 4));
    if (status == PK_AGAIN) return sound();
    saving.under_way = 0;
    return SAME(status == PK_OK && saving.transfer.count <= 2 * how->capacity, "save_step: %d, %u records", status, saving.transfer.count) &&
           saved_all() && sound();
}
#endif
