/* What any bytes do to pk_cache_load: a status, and a cache that is sound. The first byte chooses the kind of cache and whether to
   salvage; bit 7 asks for right checksums where the text has room for them, so that what lies behind them is reached. */
#define PERFKIT_CACHE_SNAPSHOT_BUFFER 256
#define PERFKIT_CACHE_IMPLEMENTATION
#include "../../perfkit_cache.h"
#include <stdio.h>
#include <stdlib.h>

typedef struct text { unsigned char *bytes; size_t len, at, portion; } text;
static size_t read_text(void *user, void *bytes, size_t n) {
    text *t = (text *)user;
    if (n > t->portion) n = t->portion;
    if (n > t->len - t->at) n = t->len - t->at;
    if (n > 0) memcpy(bytes, t->bytes + t->at, n);
    t->at += n;
    return n;
}
static size_t write_text(void *user, const void *bytes, size_t n) {
    text *t = (text *)user;
    t->bytes = (unsigned char *)realloc(t->bytes, t->len + n);
    memcpy(t->bytes + t->len, bytes, n);
    t->len += n;
    return n;
}
static pk_time now;
static pk_time clock_of_fuzz(void *user) {
    (void)user;
    return now;
}
#define demand(condition) ((condition) ? (void)0 : (fprintf(stderr, "line %d: %s\n", __LINE__, #condition), abort()))

/* Put right checksums where the parser will look for them. */
static void mend(const pk_cache *c, unsigned char *p, size_t len) {
    size_t at = 44, head, key_len, value_len;
    uint32_t seed, sum, count = 0, begin;
    if (len < 44) return;
    memcpy(p, "\x89\x50\x4B\x43\r\n\x1A\n\x01", 9);
    p[9] = p[11] = 0;
    p[10] &= 1;
    pk__cache_store32(p + 12, c->key_size);
    pk__cache_store32(p + 16, c->value_size);
    pk__cache_store32(p + 20, 0);
    pk__cache_store32(p + 40, pk__cache_crc(0, p, 40));
    seed = pk__cache_crc(0, p + 8, 16);
    sum = pk__cache_crc(0, p, 44);
    head = 8 + (p[10] ? 8u : 0u) + (c->key_size ? 0u : 12u); /* both vary, or none */
    while (len - at >= 12) {
        begin = seed ^ (uint32_t)at;
        if (p[at] == 't') {
            pk__cache_store32(p + at + 4, count);
            pk__cache_store32(p + at + 8, pk__cache_crc(sum, p + at, 8));
            return;
        }
        if (len - at < head) return;
        p[at] = 'r';
        key_len = c->key_size;
        value_len = c->value_size;
        if (c->key_size == 0) {
            key_len = p[at + head - 12] | (size_t)(p[at + head - 11] & 1) << 8;
            value_len = p[at + head - 8] | (size_t)(p[at + head - 7] & 3) << 8;
            pk__cache_store32(p + at + head - 12, (uint32_t)key_len);
            pk__cache_store32(p + at + head - 8, (uint32_t)value_len);
            pk__cache_store32(p + at + head - 4, pk__cache_crc(begin, p + at, head - 4));
        }
        if (len - at < head + key_len + value_len + 4) return;
        pk__cache_store32(p + at + head + key_len + value_len, pk__cache_crc(begin, p + at, head + key_len + value_len));
        at += head + key_len + value_len + 4;
        sum = pk__cache_crc(sum, p + at - 4, 4);
        count++;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pk_cache c, other;
    pk_cache_desc desc;
    pk_cache_cursor cursor = {0};
    pk_cache_item item;
    text in, out = {NULL, 0, 0, 0};
    uint32_t kept = 0, seen = 0;
    unsigned mode;
    pk_status status;
    if (size < 2) return 0;
    mode = data[0];
    memset(&desc, 0, sizeof desc);
    desc.capacity = 20;
    desc.slot_size = 32;
    desc.max_bytes = mode & 1 ? 0 : 2000;
    if (mode & 1) {
        desc.key_size = 3;
        desc.value_size = 9;
    }
    desc.policy = mode & 2 ? PK_CACHE_S3FIFO : PK_CACHE_LRU;
    if (desc.policy == PK_CACHE_S3FIFO) desc.max_bytes = 0;
    desc.sliding = (mode & 4) != 0 && desc.policy == PK_CACHE_LRU;
    desc.clock = clock_of_fuzz;
    now = 1000;
    if (pk_cache_init(&c, &desc) != PK_OK) return 0;
    demand(pk_cache_init(&other, &desc) == PK_OK);
    demand(pk_cache_put(&c, "abc", 3, "123456789", 9, 0) == PK_OK);
    in.len = size - 2;
    in.at = 0;
    in.portion = data[1] + 1u;
    in.bytes = (unsigned char *)malloc(in.len + 1);
    memcpy(in.bytes, data + 2, in.len);
    if (mode & 128) mend(&c, in.bytes, in.len);
    status = pk_cache_load(&c, read_text, &in, mode & 8 ? PK_CACHE_SALVAGE : 0, &kept);
    demand(status == PK_OK || status == PK_CORRUPT || status == PK_MISMATCH);
    if (status == PK_CORRUPT && !(mode & 8)) demand(pk_cache_count(&c) == 0);
    if (status == PK_MISMATCH) demand(pk_cache_count(&c) == 1);
    now += data[1];
    while (pk_cache_foreach(&c, &cursor, &item) == PK_OK) {
        char value[2100];
        seen++;
        demand(pk_cache_item_read(&item, 0, value, sizeof value) == item.value_len);
        demand(pk_cache_contains(&c, item.key, item.key_len));
    }
    demand(seen <= 20 && seen <= pk_cache_count(&c));
    demand(pk_cache_save(&c, write_text, &out) == PK_OK); /* what it holds now comes back */
    out.portion = out.len + 1;
    demand(pk_cache_load(&other, read_text, &out, 0, &kept) == PK_OK);
    demand(kept == seen && pk_cache_count(&other) == seen);
    demand(pk_cache_put(&c, "xyz", 3, "123456789", 9, 0) == PK_OK && pk_cache_contains(&c, "xyz", 3));
    demand(pk_cache_close(&c) == PK_OK && pk_cache_close(&other) == PK_OK);
    free(in.bytes);
    free(out.bytes);
    return 0;
}
