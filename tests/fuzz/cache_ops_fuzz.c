/* Any operations in any order against a small model: 4 bytes an operation, the first two of all choose the cache. A value that is
   there is the last one put and not over; LRU has exactly the keys that it must; bounds hold. */
#define PERFKIT_CACHE_SNAPSHOT_BUFFER 128
#define PERFKIT_CACHE_IMPLEMENTATION
#include "../../perfkit_cache.h"
#include <stdio.h>
#include <stdlib.h>

enum { KEYS = 64, MOST = 200 };
static struct model { uint8_t there, never, version; uint16_t len; pk_time expires, ttl; unsigned long used; } model[KEYS];
static unsigned long uses;
static pk_time now;
static uint32_t left;
static pk_time clock_of_fuzz(void *user) {
    (void)user;
    return now;
}
#define demand(condition) ((condition) ? (void)0 : (fprintf(stderr, "line %d: %s\n", __LINE__, #condition), abort()))
static size_t key_of(unsigned key, int varying, unsigned char *bytes) {
    unsigned i;
    for (i = 0; i < 20; i++) bytes[i] = (unsigned char)(key + i);
    return varying ? key % 20 + 1 : 4;
}
static void value_of(unsigned key, unsigned version, size_t len, unsigned char *bytes) {
    size_t i;
    for (i = 0; i < len; i++) bytes[i] = (unsigned char)(key * 13 + version * 7 + i);
}
static void leaves(void *user, const pk_cache_item *item, pk_evict_reason reason) {
    unsigned key = *(const unsigned char *)item->key;
    unsigned char want[MOST], got[MOST];
    (void)user;
    demand(key < KEYS && model[key].there && reason >= 0 && reason < PK_EVICT_REASONS);
    demand(item->value_len == model[key].len && pk_cache_item_read(item, 0, got, sizeof got) == item->value_len);
    value_of(key, model[key].version, item->value_len, want);
    demand(memcmp(got, want, item->value_len) == 0);
    if (reason == PK_EVICT_EXPIRED) demand(!model[key].never && pk__time_reached(now, model[key].expires));
    model[key].there = 0;
    left++;
}

typedef struct text { unsigned char bytes[40000]; size_t len, at; } text;
static size_t write_text(void *user, const void *bytes, size_t n) {
    text *t = (text *)user;
    demand(n <= sizeof t->bytes - t->len);
    memcpy(t->bytes + t->len, bytes, n);
    t->len += n;
    return n;
}
static size_t read_text(void *user, void *bytes, size_t n) {
    text *t = (text *)user;
    if (n > t->len - t->at) n = t->len - t->at;
    if (n > 0) memcpy(bytes, t->bytes + t->at, n);
    t->at += n;
    return n;
}
static text tape;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pk_cache c;
    pk_cache_desc desc;
    unsigned char key_bytes[20], value[MOST], want[MOST];
    int varying, hooked, saving = 0;
    static pk_cache_transfer t;
    uint32_t live;
    if (size < 2) return 0;
    varying = data[0] & 1;
    hooked = (data[0] & 2) != 0;
    memset(&desc, 0, sizeof desc);
    memset(model, 0, sizeof model);
    desc.capacity = 1 + data[1] % 40;
    desc.policy = data[0] & 4 ? PK_CACHE_S3FIFO : PK_CACHE_LRU;
    desc.slot_size = desc.policy == PK_CACHE_S3FIFO ? 64 : 24;
    if (!varying) {
        desc.key_size = 4;
        desc.value_size = 6;
    } else if (desc.policy == PK_CACHE_LRU) {
        desc.max_bytes = 24 * (size_t)(12 + desc.capacity);
    }
    desc.clock = clock_of_fuzz;
    desc.ttl_ms = 3000;
    if (hooked) desc.on_evict = leaves;
    if (data[0] & 8) desc.hash = pk_cache_siphash;
    desc.sliding = (data[0] & 16) != 0;
    desc.versions = (data[0] & 32) != 0;
    desc.prompt_expiry = (data[0] & 64) != 0 && desc.policy == PK_CACHE_LRU;
    now = (pk_time)data[1] << 24;
    if (pk_cache_init(&c, &desc) != PK_OK) return 0;
    for (data += 2, size -= 2; size >= 4; data += 4, size -= 4) {
        unsigned key = data[1] % KEYS, i;
        size_t key_len = key_of(key, varying, key_bytes), len = 0;
        struct model *m = &model[key];
        int over = m->there && !m->never && pk__time_reached(now, m->expires);
        pk_status status;
        switch (data[0] % 11) {
        case 0:
        case 1:
        case 2: {
            pk_time ttl = data[3] % 4 == 0 ? PK_TTL_NEVER : data[3] % 4 == 1 ? 0 : 1 + data[3] * 40u;
            size_t n = varying ? data[2] % (desc.policy == PK_CACHE_S3FIFO ? 36u : 150u) : 6;
            value_of(key, data[3], n, value);
            status = data[0] % 11 == 2 ? pk_cache_put_if_absent(&c, key_bytes, key_len, value, n, ttl)
                                       : pk_cache_put(&c, key_bytes, key_len, value, n, ttl);
            demand(status == PK_OK || (status == PK_EXISTS && data[0] % 11 == 2 && m->there && !over));
            if (status != PK_OK) break;
            if (hooked) demand(!m->there); /* told of the older one */
            m->there = 1;
            m->version = data[3];
            m->len = (uint16_t)n;
            m->never = ttl == PK_TTL_NEVER;
            m->ttl = ttl ? ttl : 3000;
            m->expires = now + m->ttl;
            m->used = ++uses;
            demand(pk_cache_contains(&c, key_bytes, key_len));
            break;
        }
        case 3:
        case 4:
        case 5:
            status = data[0] % 11 == 5 ? pk_cache_peek(&c, key_bytes, key_len, value, sizeof value, &len, NULL)
                                       : pk_cache_get(&c, key_bytes, key_len, value, sizeof value, &len);
            if (hooked) demand((status == PK_OK) == (m->there && !over));
            if (status != PK_OK) {
                demand(status == PK_NOT_FOUND);
                break;
            }
            demand(m->there && len == m->len);
            value_of(key, m->version, len, want);
            demand(memcmp(value, want, len) == 0);
            demand(!over);
            if (desc.sliding && data[0] % 11 != 5) m->expires = now + m->ttl;
            break;
        case 6:
            status = pk_cache_remove(&c, key_bytes, key_len);
            demand(status == PK_OK || status == PK_NOT_FOUND);
            demand(!pk_cache_contains(&c, key_bytes, key_len));
            if (hooked && status == PK_OK) demand(!m->there);
            if (status == PK_OK) m->there = 0;
            break;
        case 7:
            now += data[2] * (pk_time)data[3];
            (void)pk_cache_tick(&c, now, data[1] % 8);
            break;
        case 8:
            if (data[1] > 250) (void)pk_cache_clear_step(&c, data[2]);
            break;
        case 9: /* a save goes on, an operation at a time */
            if (!saving) {
                tape.len = tape.at = 0;
                demand(pk_cache_save_begin(&c, &t, write_text, &tape) == PK_OK);
                saving = 1;
            } else {
                status = pk_cache_save_step(&t, 1 + data[2] % 8);
                demand(status == PK_AGAIN || status == PK_OK);
                if (status == PK_OK) saving = 0;
            }
            break;
        default: /* out and in again */
            if (saving) break;
            tape.len = tape.at = 0;
            demand(pk_cache_save(&c, write_text, &tape) == PK_OK);
            live = 0;
            for (i = 0; i < KEYS; i++) {
                key_len = key_of(i, varying, key_bytes);
                live += pk_cache_contains(&c, key_bytes, key_len);
            }
            {
                struct model before[KEYS];
                uint32_t kept = 0;
                memcpy(before, model, sizeof before);
                demand(pk_cache_load(&c, read_text, &tape, 0, &kept) == PK_OK);
                demand(kept == live);
                memcpy(model, before, sizeof before);
                for (i = 0; i < KEYS; i++) { /* those that were over have not come back */
                    key_len = key_of(i, varying, key_bytes);
                    if (!pk_cache_contains(&c, key_bytes, key_len)) model[i].there = 0;
                }
            }
        }
        demand(pk_cache_count(&c) <= desc.capacity);
    }
    if (saving) pk_cache_transfer_end(&t);
    demand(pk_cache_close(&c) == PK_OK);
    if (hooked)
        for (live = 0; live < KEYS; live++) demand(!model[live].there);
    return 0;
}
