/* targets: hosted */
/* Snapshots in files: whatever happens to the process, the disk or the bytes, a load gives what was saved or says that it can't. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../../perfkit_cache.h"
#include "../support/test.h"
#include "../support/files.h"
#include <string.h>
#ifdef _WIN32
#include <windows.h>
#else
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#endif

typedef struct kind { uint32_t capacity, key_size, value_size; uint8_t policy; } kind;
static const kind kinds[] = {{30, 4, 12, PK_CACHE_LRU}, {30, 0, 0, PK_CACHE_LRU}, {32, 4, 12, PK_CACHE_S3FIFO}, {32, 0, 0, PK_CACHE_S3FIFO}};
static pk_time now;
static pk_time clock_of_test(void *user) {
    (void)user;
    return now;
}
static void open_kind(pk_cache *c, const kind *k) {
    pk_cache_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.capacity = k->capacity;
    desc.key_size = k->key_size;
    desc.value_size = k->value_size;
    desc.policy = k->policy;
    desc.clock = clock_of_test;
    desc.ttl_ms = 5000;
    CHECK_STATUS(pk_cache_init(c, &desc), PK_OK);
}
static void value_of(uint32_t key, uint32_t version, unsigned char *value) {
    uint32_t i;
    for (i = 0; i < 12; i++) value[i] = (unsigned char)(key * 31 + version * 7 + i);
}
static void fill(pk_cache *c, uint32_t n, uint32_t version) {
    unsigned char value[12];
    uint32_t key;
    for (key = 0; key < n; key++) {
        value_of(key, version, value);
        CHECK_STATUS(pk_cache_put(c, &key, sizeof key, value, c->value_size ? 12 : key % 13, key % 3 ? 0 : PK_TTL_NEVER), PK_OK);
        if (key % 5 == 0) (void)pk_cache_get(c, &key, sizeof key, value, sizeof value, NULL);
    }
}
/* Whether all that is in the cache is what fill put; how many there are. */
static bool sound(pk_cache *c, uint32_t version) {
    pk_cache_cursor cursor = {0};
    pk_cache_item item;
    unsigned char want[12], got[12];
    while (pk_cache_foreach(c, &cursor, &item) == PK_OK) {
        uint32_t key;
        memcpy(&key, item.key, sizeof key);
        value_of(key, version, want);
        if (item.key_len != 4 || item.value_len != (c->value_size ? 12 : key % 13) ||
            pk_cache_item_read(&item, 0, got, sizeof got) != item.value_len || memcmp(want, got, item.value_len) != 0)
            return false;
    }
    return true;
}

typedef struct memory { unsigned char bytes[4096]; size_t len, at; } memory;
static size_t write_memory(void *user, const void *bytes, size_t n) {
    memory *m = (memory *)user;
    if (n > sizeof m->bytes - m->len) return 0;
    memcpy(m->bytes + m->len, bytes, n);
    m->len += n;
    return n;
}
static size_t read_memory(void *user, void *bytes, size_t n) {
    memory *m = (memory *)user;
    if (n > m->len - m->at) n = m->len - m->at;
    if (n > 0) memcpy(bytes, m->bytes + m->at, n);
    m->at += n;
    return n;
}
static memory saved, again;
static char folder[] = FILES_TEMPORARY "pk-......", path[64], temporary[64];

/* Two caches of a kind, the first with n entries and saved. */
static void open_saved(pk_cache *a, pk_cache *b, size_t which, uint32_t n) {
    open_kind(a, &kinds[which]);
    open_kind(b, &kinds[which]);
    fill(a, n, 1);
    saved.len = saved.at = 0;
    CHECK_STATUS(pk_cache_save(a, write_memory, &saved), PK_OK);
}
static void close_both(pk_cache *a, pk_cache *b) {
    CHECK_STATUS(pk_cache_close(a), PK_OK);
    CHECK_STATUS(pk_cache_close(b), PK_OK);
}

static void both_policies_come_back_the_same(void) {
    size_t i;
    for (i = 0; i < PK__COUNTOF(kinds); i++) {
        pk_cache a, b;
        uint32_t kept = 0;
        open_saved(&a, &b, i, 100);
        again.len = 0;
        CHECK_STATUS(pk_cache_load(&b, read_memory, &saved, 0, &kept), PK_OK);
        CHECK_EQ(kept, pk_cache_count(&a));
        CHECK_EQ(pk_cache_count(&b), pk_cache_count(&a));
        CHECK(sound(&b, 1));
        CHECK_STATUS(pk_cache_save(&b, write_memory, &again), PK_OK);
        CHECK_EQ(saved.len, again.len);
        CHECK(memcmp(saved.bytes, again.bytes, saved.len) == 0);
        close_both(&a, &b);
    }
}
#if PERFKIT_CACHE_THREADS
static unsigned char large[100000];
static size_t large_len, large_at;
static size_t write_large(void *user, const void *bytes, size_t n) {
    (void)user;
    if (n > sizeof large - large_len) n = sizeof large - large_len;
    memcpy(large + large_len, bytes, n);
    large_len += n;
    return n;
}
static size_t read_large(void *user, void *bytes, size_t n) {
    (void)user;
    if (n > large_len - large_at) n = large_len - large_at;
    if (n > 0) memcpy(bytes, large + large_at, n);
    large_at += n;
    return n;
}
static void shards_come_back_in_other_shards(void) {
    static const uint16_t shards[] = {4, 1, 7, 4};
    static unsigned char value[30000], got[30000];
    static pk_cache_transfer t;
    pk_cache caches[4];
    pk_cache_desc desc;
    uint32_t key, kept = 0, count, wrong = 0;
    size_t i, len;
    for (i = 0; i < sizeof value; i++) value[i] = (unsigned char)(i * 5 + i / 256);
    for (i = 0; i < 4; i++) {
        memset(&desc, 0, sizeof desc);
        desc.capacity = 700;
        desc.max_bytes = 640 * 1024;
        desc.slot_size = 64;
        desc.shards = shards[i];
        desc.threads = i >= 2;
        desc.clock = clock_of_test;
        desc.ttl_ms = 5000;
        CHECK_STATUS(pk_cache_init(&caches[i], &desc), PK_OK);
        now = 1000 * (pk_time)i;
        large_at = 0;
        if (i == 0)
            for (key = 0; key < 200; key++)
                CHECK_STATUS(pk_cache_put(&caches[0], &key, sizeof key, value + key, key % 100 == 0 ? 20000 : key, 0), PK_OK);
        else
            CHECK_STATUS(pk_cache_load(&caches[i], read_large, NULL, 0, &kept), PK_OK);
        count = pk_cache_count(&caches[i]);
        if (i > 0) CHECK_EQ(kept, 200);
        CHECK_EQ(count, 200);
        for (key = 0; key < 200; key++) {
            pk_time left = 0;
            if (pk_cache_peek(&caches[i], &key, sizeof key, got, sizeof got, &len, &left) != PK_OK || left != 5000) wrong++;
            wrong += len != (key % 100 == 0 ? 20000 : key) || memcmp(got, value + key, len) != 0;
        }
        large_len = 0;
        CHECK_STATUS(pk_cache_save_begin(&caches[i], &t, write_large, NULL), PK_OK); /* while others go on */
        CHECK_STATUS(pk_cache_save(&caches[i], write_large, NULL), PK_BUSY);
        CHECK_STATUS(pk_cache_close(&caches[i]), PK_BUSY);
        for (key = 0; pk_cache_save_step(&t, 3) == PK_AGAIN; key = key < 199 ? key + 1 : 0)
            if (key % 100) wrong += pk_cache_get(&caches[i], &key, sizeof key, got, sizeof got, NULL) != PK_OK;
    }
    CHECK_EQ(wrong, 0);
    large_at = 0; /* what was put while a load goes on stays, in whatever shard */
    CHECK_STATUS(pk_cache_load_begin(&caches[3], &t, read_large, NULL, 0), PK_OK);
    CHECK_STATUS(pk_cache_load_step(&t, 20), PK_AGAIN);
    for (key = 0; key < 200; key += 50) CHECK_STATUS(pk_cache_put(&caches[3], &key, sizeof key, "new", 3, 0), PK_OK);
    CHECK_STATUS(pk_cache_load_step(&t, 100000), PK_OK);
    for (key = 0; key < 200; key += 50) {
        CHECK_STATUS(pk_cache_get(&caches[3], &key, sizeof key, got, sizeof got, &len), PK_OK);
        CHECK_EQ(len, 3);
    }
    CHECK_EQ(pk_cache_count(&caches[3]), 200);
    for (i = 0; i < 4; i++) CHECK_STATUS(pk_cache_close(&caches[i]), PK_OK);
}
#endif
static void any_bit_that_flips_is_found(void) {
    size_t i, at;
    unsigned bit;
    for (i = 0; i < PK__COUNTOF(kinds); i++) {
        pk_cache a, b;
        unsigned wrong = 0;
        open_saved(&a, &b, i, 6);
        for (at = 0; at < saved.len; at++)
            for (bit = 0; bit < 8; bit++) {
                saved.bytes[at] = (unsigned char)(saved.bytes[at] ^ 1u << bit);
                saved.at = 0;
                if (bit == at % 8) fill(&b, 3, 2);
                wrong += pk_cache_load(&b, read_memory, &saved, 0, NULL) != PK_CORRUPT || pk_cache_count(&b) != 0;
                saved.at = 0;
                wrong += pk_cache_load(&b, read_memory, &saved, PK_CACHE_SALVAGE, NULL) != PK_CORRUPT;
                wrong += pk_cache_count(&b) < 5 || !sound(&b, 1);
                saved.bytes[at] = (unsigned char)(saved.bytes[at] ^ 1u << bit);
            }
        CHECK_EQ(wrong, 0);
        saved.at = 0;
        CHECK_STATUS(pk_cache_load(&b, read_memory, &saved, 0, NULL), PK_OK); /* the cache is usable all along */
        CHECK_EQ(pk_cache_count(&b), 6);
        close_both(&a, &b);
    }
}
static void write_file(const void *bytes, size_t n) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(write(fd, bytes, (unsigned)n) == (long)n);
    CHECK(close(fd) == 0);
}
static void any_length_and_any_garbage_is_found(void) {
    size_t i, n;
    uint32_t random = 1;
    for (i = 0; i < PK__COUNTOF(kinds); i++) {
        pk_cache a, b;
        unsigned wrong = 0;
        open_saved(&a, &b, i, 6);
        for (n = 0; n < saved.len; n++) {
            write_file(saved.bytes, n);
            wrong += pk_cache_load_file(&b, path, 0, NULL) != PK_CORRUPT || pk_cache_count(&b) != 0;
            wrong += pk_cache_load_file(&b, path, PK_CACHE_SALVAGE, NULL) != PK_CORRUPT || !sound(&b, 1);
        }
        for (n = 1; n < 30; n++) { /* longer than it was */
            memset(saved.bytes + saved.len, (int)n, n);
            write_file(saved.bytes, saved.len + n);
            wrong += pk_cache_load_file(&b, path, 0, NULL) != PK_CORRUPT || pk_cache_count(&b) != 0;
            wrong += pk_cache_load_file(&b, path, PK_CACHE_SALVAGE, NULL) != PK_CORRUPT || pk_cache_count(&b) != 6;
        }
        for (n = 0; n < 300; n++) {
            size_t k;
            for (k = 0; k < sizeof again.bytes; k++) {
                random = random * 1664525u + 1013904223u;
                again.bytes[k] = (unsigned char)(random >> 24);
            }
            if (n % 2) memcpy(again.bytes, saved.bytes, 44); /* behind a header that is good */
            again.len = n * 13;
            again.at = 0;
            wrong += pk_cache_load(&b, read_memory, &again, n % 4 / 2 ? PK_CACHE_SALVAGE : 0, NULL) != PK_CORRUPT || pk_cache_count(&b) != 0;
        }
        CHECK_EQ(wrong, 0);
        close_both(&a, &b);
    }
}
static void a_file_comes_back(void) {
    pk_cache a;
    struct stat info;
    uint32_t kept = 7;
    open_kind(&a, &kinds[0]);
    CHECK_STATUS(pk_cache_load_file(&a, path, 0, &kept), PK_NOT_FOUND);
    CHECK_EQ(kept, 0);
    CHECK_STATUS(pk_cache_load_file(&a, folder, 0, &kept), PK_IO); /* a folder opens, and can't be read */
    fill(&a, 20, 1);
    CHECK_STATUS(pk_cache_save_file(&a, path), PK_OK);
    CHECK(stat(temporary, &info) != 0);
    CHECK_STATUS(pk_cache_clear(&a), PK_OK);
    CHECK_STATUS(pk_cache_load_file(&a, path, 0, &kept), PK_OK);
    CHECK_EQ(kept, 20);
    CHECK(sound(&a, 1));
    CHECK_STATUS(pk_cache_close(&a), PK_OK);
    CHECK_STATUS(pk_cache_load_file(&a, path, 0, &kept), PK_CLOSED);
    CHECK_STATUS(pk_cache_load_file(&a, temporary, 0, &kept), PK_CLOSED);
}
static void what_fails_leaves_the_old_file(void) {
    pk_cache a;
    struct stat info;
    char elsewhere[96];
#ifdef _WIN32
    HANDLE other;
#else
    struct rlimit limit, small;
    int ready[2], status;
    pid_t child;
#endif
    open_kind(&a, &kinds[0]);
    fill(&a, 20, 1);
    CHECK_STATUS(pk_cache_save_file(&a, path), PK_OK);
    fill(&a, 25, 2);
#ifndef _WIN32
    (void)signal(SIGXFSZ, SIG_IGN); /* the disk is full after 200 bytes */
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    small = limit;
    small.rlim_cur = 200;
    CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    CHECK_STATUS(pk_cache_save_file(&a, path), PK_IO);
    CHECK_EQ(errno, EFBIG);
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
#endif
    CHECK(stat(temporary, &info) != 0);
    CHECK_STATUS(pk_cache_load_file(&a, path, 0, NULL), PK_OK);
    CHECK_EQ(pk_cache_count(&a), 20);
    CHECK(sound(&a, 1));
    (void)snprintf(elsewhere, sizeof elsewhere, "%s/none/file", folder);
    CHECK_STATUS(pk_cache_save_file(&a, elsewhere), PK_IO);
#ifdef _WIN32
    CHECK_EQ(GetLastError(), ERROR_PATH_NOT_FOUND);
#else
    CHECK_EQ(errno, ENOENT);
#endif
    CHECK(mkdir(temporary, 0700) == 0); /* what is to be written to is a folder */
    CHECK_STATUS(pk_cache_save_file(&a, path), PK_IO);
    CHECK(rmdir(temporary) == 0);
    (void)snprintf(elsewhere, sizeof elsewhere, "%s/folder", folder); /* and so is what is to be renamed to */
    CHECK(mkdir(elsewhere, 0700) == 0);
    CHECK_STATUS(pk_cache_save_file(&a, elsewhere), PK_IO);
    CHECK(rmdir(elsewhere) == 0);
#ifdef _WIN32 /* another process is at it */
    other = CreateFileA(temporary, GENERIC_WRITE, FILE_SHARE_DELETE, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    CHECK(other != INVALID_HANDLE_VALUE);
    CHECK_STATUS(pk_cache_save_file(&a, path), PK_BUSY);
    CHECK(CloseHandle(other));
#else
    CHECK(pipe(ready) == 0);
    child = fork();
    if (child == 0) { /* another process is at it */
        status = open(temporary, O_WRONLY | O_CREAT, 0600);
        if (flock(status, LOCK_EX | LOCK_NB) == 0 && write(ready[1], "", 1) == 1) (void)pause();
        _exit(1);
    }
    CHECK(read(ready[0], elsewhere, 1) == 1);
    CHECK_STATUS(pk_cache_save_file(&a, path), PK_BUSY);
    CHECK(kill(child, SIGKILL) == 0);
    CHECK(waitpid(child, &status, 0) == child);
    (void)close(ready[0]);
    (void)close(ready[1]);
#endif
    CHECK_STATUS(pk_cache_save_file(&a, path), PK_OK);
    CHECK_STATUS(pk_cache_load_file(&a, path, 0, NULL), PK_OK);
    CHECK_STATUS(pk_cache_close(&a), PK_OK);
}
#ifndef _WIN32
static void killed_at_any_moment_it_leaves_the_old_or_the_new(void) {
    pk_cache a;
    unsigned i, loaded = 0, seen = 0;
    uint32_t random = 12345;
    struct timespec moment;
    open_kind(&a, &kinds[0]);
    fill(&a, 20, 1);
    CHECK_STATUS(pk_cache_save_file(&a, path), PK_OK);
    for (i = 0; i < 60; i++) {
        int status;
        pid_t child = fork();
        if (child == 0) {
            uint32_t version = 1;
            for (;;) {
                version = 3 - version; /* two snapshots in turn: 20 entries of version 1, 25 of version 2 */
                (void)pk_cache_clear(&a);
                fill(&a, version == 1 ? 20 : 25, version);
                (void)pk_cache_save_file(&a, path);
            }
        }
        random = random * 1664525u + 1013904223u;
        moment.tv_sec = 0;
        moment.tv_nsec = 300000 + (long)((random >> 8) % 1500000);
        (void)nanosleep(&moment, NULL);
        CHECK(kill(child, SIGKILL) == 0);
        CHECK(waitpid(child, &status, 0) == child);
        if (pk_cache_load_file(&a, path, 0, NULL) == PK_OK) {
            uint32_t version = pk_cache_count(&a) == 20 ? 1 : 2;
            loaded += (pk_cache_count(&a) == 20 || pk_cache_count(&a) == 25) && sound(&a, version);
            seen |= version;
        }
    }
    CHECK_EQ(loaded, 60);
    CHECK_STATUS(pk_cache_save_file(&a, path), PK_OK); /* what a killed process left is in nobody's way */
    CHECK_STATUS(pk_cache_close(&a), PK_OK);
    (void)seen;
}
#endif

/* A key that comes back to its set while that is being saved stands in the snapshot twice. */
static struct { unsigned char bytes[80000]; size_t len, at; } long_tape;
static size_t write_long(void *user, const void *bytes, size_t n) {
    (void)user;
    if (n > sizeof long_tape.bytes - long_tape.len) return 0;
    memcpy(long_tape.bytes + long_tape.len, bytes, n);
    long_tape.len += n;
    return n;
}
static size_t read_long(void *user, void *bytes, size_t n) {
    (void)user;
    if (n > long_tape.len - long_tape.at) n = long_tape.len - long_tape.at;
    memcpy(bytes, long_tape.bytes + long_tape.at, n);
    long_tape.at += n;
    return n;
}
enum { BIG = 2000 };
static unsigned char big[BIG];
static void put_big(pk_cache *c, uint32_t key, int byte) {
    memset(big, byte, sizeof big);
    CHECK_STATUS(pk_cache_put(c, &key, 4, big, sizeof big, 0), PK_OK);
}
static void of_two_records_the_later_counts(void) {
    static const kind one_set = {16, 4, BIG, PK_CACHE_S3FIFO}, larger = {64, 4, BIG, PK_CACHE_S3FIFO};
    pk_cache a, b;
    pk_cache_transfer t;
    pk_status status;
    uint32_t key;
    unsigned touched = 0, put = 0;
    open_kind(&a, &one_set);
    open_kind(&b, &larger);
    for (key = 0; key < 16; key++) put_big(&a, key, 'a');
    long_tape.len = long_tape.at = 0;
    CHECK_STATUS(pk_cache_save_begin(&a, &t, write_long, NULL), PK_OK);
    CHECK_STATUS(pk_cache_save_step(&t, 1), PK_AGAIN); /* a buffer holds only some of the set */
    for (key = 0; key < 16; key += key == 1 ? 13 : 1) CHECK_STATUS(pk_cache_remove(&a, &key, 4), PK_OK); /* 0, 1, 14 and 15 */
    for (key = 0; key < 2; key++) put_big(&a, key, 'b'); /* where 14 and 15 were: they are saved again */
    while ((status = pk_cache_save_step(&t, 1)) == PK_AGAIN) {}
    CHECK_STATUS(status, PK_OK);
    CHECK_STATUS(pk_cache_load_begin(&b, &t, read_long, NULL, 0), PK_OK);
    key = 1;
    while ((status = pk_cache_load_step(&t, 1)) == PK_AGAIN) {
        const uint32_t first = 0;
        if (!put && pk_cache_get(&b, &key, 4, big, sizeof big, NULL) == PK_OK) {
            put_big(&b, 1, 'c'); /* what is put meanwhile stands, over what this load has put */
            put = 1;
        }
        if (pk_cache_contains(&b, &first, 4)) touched += pk_cache_touch(&b, &first, 4, PK_TTL_NEVER) == PK_OK; /* a touch is no value */
    }
    CHECK_STATUS(status, PK_OK);
    CHECK(touched > 1 && put);
    for (key = 0; key < 2; key++) {
        CHECK_STATUS(pk_cache_get(&b, &key, 4, big, sizeof big, NULL), PK_OK);
        CHECK_EQ(big[BIG - 1], key ? 'c' : 'b');
    }
    CHECK_STATUS(pk_cache_close(&a), PK_OK);
    CHECK_STATUS(pk_cache_close(&b), PK_OK);
}
/* An LRU cache saved in steps writes what is used meanwhile once more, far behind the first: each policy loads the later one. */
static void so_do_those_of_an_lru_cache(void) {
    enum { ENTRIES = 32 };
    static const kind of[] = {{ENTRIES, 4, BIG, PK_CACHE_LRU}, {ENTRIES, 4, BIG, PK_CACHE_S3FIFO}, {256, 4, BIG, PK_CACHE_S3FIFO}};
    pk_cache a, b;
    pk_cache_transfer t;
    pk_status status;
    uint32_t key, kept;
    size_t i;
    open_kind(&a, &of[0]);
    for (key = 0; key < ENTRIES; key++) put_big(&a, key, 'a');
    long_tape.len = 0;
    CHECK_STATUS(pk_cache_save_begin(&a, &t, write_long, NULL), PK_OK);
    CHECK_STATUS(pk_cache_save_step(&t, 2), PK_AGAIN);
    put_big(&a, 0, 'b');
    put_big(&a, 1, 'b');
    while ((status = pk_cache_save_step(&t, 20)) == PK_AGAIN) {}
    CHECK_STATUS(status, PK_OK);
    for (i = 0; i < PK__COUNTOF(of); i++) {
        open_kind(&b, &of[i]);
#if PERFKIT_CACHE_LEASES
        {
            uint32_t table[PK_CACHE_LEASE_BYTES(1, 4) / 4 + 1];
            pk_cache_lease lease;
            CHECK_STATUS(pk_cache_set_leases(&b, table, sizeof table, 0), PK_OK);
            CHECK_STATUS(pk_cache_get_or_lease(&b, &key, 4, big, BIG, NULL, &lease), PK_NOT_FOUND);
            long_tape.at = 0;
            CHECK_STATUS(pk_cache_load(&b, read_long, NULL, 0, &kept), PK_OK);
            CHECK_STATUS(pk_cache_fill(&b, &lease, big, BIG, 0), PK_STALE); /* the load emptied the cache first */
        }
#endif
        long_tape.at = 0;
        CHECK_STATUS(pk_cache_load(&b, read_long, NULL, 0, &kept), PK_OK);
        if (i != 1) CHECK_EQ(kept, ENTRIES); /* of the second a set may be full */
        for (key = 0; key < 2; key++) {
            if (pk_cache_get(&b, &key, 4, big, sizeof big, NULL) == PK_OK)
                CHECK_EQ(big[0], 'b');
            else
                CHECK_EQ(i, 1);
        }
        key = ENTRIES;
        CHECK_STATUS(pk_cache_close(&b), PK_OK);
    }
    CHECK_STATUS(pk_cache_close(&a), PK_OK);
}
static void clean_up(void) {
    (void)unlink(path);
    (void)unlink(temporary);
}

TESTS {
    FILES_BINARY();
    memset(folder + sizeof folder - 7, 'X', 6); /* the six places that are filled */
#ifdef _WIN32
    if (_mktemp(folder) == NULL || mkdir(folder, 0700) != 0) CHECK(false);
#else
    if (mkdtemp(folder) == NULL) CHECK(false);
#endif
    (void)snprintf(path, sizeof path, "%s/file", folder);
    (void)snprintf(temporary, sizeof temporary, "%s/file.tmp", folder);
    RUN("K41", "both policies come back the same, byte for byte", both_policies_come_back_the_same)
#if PERFKIT_CACHE_THREADS
    RUN("K41", "shards come back in other shards, while others go on", shards_come_back_in_other_shards)
#endif
    RUN("K41", "of two records of a key the later one counts", of_two_records_the_later_counts)
    RUN("K41 K27", "so do those of an LRU cache that was saved in steps, loaded into another policy; a load ends leases",
        so_do_those_of_an_lru_cache)
    RUN("K43", "any bit that flips is found", any_bit_that_flips_is_found)
    RUN("K41", "a file comes back", a_file_comes_back)
    RUN("K43", "any length and any garbage is found", any_length_and_any_garbage_is_found)
    clean_up();
    RUN("K42", "what fails leaves the old file", what_fails_leaves_the_old_file)
#ifndef _WIN32
    RUN("K42", "killed at any moment it leaves the old file or the new one", killed_at_any_moment_it_leaves_the_old_or_the_new)
#endif
    clean_up();
    (void)rmdir(folder);
}
