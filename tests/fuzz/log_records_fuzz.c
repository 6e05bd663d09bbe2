/* Records whose arguments are any bytes, under any format: the reader stays inside the record, and each becomes one line, in all
   three forms. The first byte chooses what is in the record, the second how long the format is. */
#define PERFKIT_LOG_IMPLEMENTATION
#include "../../perfkit_log.h"
#include <stdio.h>
#include <stdlib.h>

#define demand(condition) ((condition) ? (void)0 : (fprintf(stderr, "line %d: %s\n", __LINE__, #condition), abort()))
static char memory[PK_LOG_QUEUE_BYTES(1, 8192)];
static pk_log logger;
static unsigned lines;
static pk_status keep(void *user, int level, const char *text, size_t length) {
    (void)user;
    if (length == 0) return PK_OK;
    demand(level >= PK_LOG_ERROR && level <= PK_LOG_TRACE);
    demand(length < PERFKIT_LOG_LINE && text[length - 1] == '\n' && text[length] == 0);
    lines++;
    return PK_OK;
}

/* Fields: keys are addresses, so these are right; types and values are any. */
static size_t fields(unsigned char *to, size_t room, const uint8_t *bytes, size_t n) {
    static const char *const keys[] = {"a", "key", ""};
    size_t at = 0;
    while (n >= 10 && at + 40 <= room) {
        const char *key = keys[bytes[0] % 3];
        int type = bytes[1] & 1 ? "IUXBPD"[bytes[1] / 2 % 6] : bytes[1] & 2 ? 'S' : 0;
        memcpy(to + at, &key, sizeof key);
        memset(to + at + 8, 0, 8);
        memcpy(to + at + 8, &type, sizeof type);
        memcpy(to + at + 16, bytes + 2, 8);
        if (type == 'S') to[at + 23] = 0; /* else the next key would be part of it */
        at += 24;
        bytes += 10;
        n -= 10;
    }
    return at;
}
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    pk_log_desc desc;
    pk__record_room room;
    pk__log_site place;
    char *format;
    size_t format_length, size = sizeof(pk__record), payload;
    unsigned char *exact;
    int form;
    if (n < 2) return 0;
    format_length = bytes[1] < n - 2 ? bytes[1] : n - 2;
    format = (char *)malloc(format_length + 1);
    memcpy(format, bytes + 2, format_length);
    format[format_length] = 0;
    memset(&desc, 0, sizeof desc);
    desc.sink = keep;
    desc.level = PK_LOG_TRACE;
    desc.memory = memory;
    desc.memory_size = sizeof memory;
    desc.rings = 1;
    memset(&place, 0, sizeof place);
    place.name = "name";
    demand(pk_log_init(&logger, &desc) == PK_OK);
    lines = 0;
    for (form = PK_LOG_TEXT; form <= PK_LOG_JSON; form++) {
        demand(pk_log_set_form(&logger, keep, NULL, form) == PK_OK);
        memset(&room.record, 0, sizeof room.record);
        room.record.level = (uint8_t)(1 + bytes[0] % 5);
        room.record.place = bytes[0] & 0x20 ? &place : NULL;
        room.record.format = format;
        room.record.tick = pk__queue_tick();
        payload = n - 2 - format_length;
        if (payload > sizeof room - size) payload = sizeof room - size;
        payload &= ~(size_t)7;
        if (bytes[0] & 0x40) {
            room.record.flags |= PK__RECORD_FIELDS;
            payload = fields(room.bytes + size, sizeof room - size, bytes + 2 + format_length, n - 2 - format_length);
        } else if (payload > 0) memcpy(room.bytes + size, bytes + 2 + format_length, payload);
        if (bytes[0] & 0x80 && payload >= 8) room.record.flags |= bytes[0] & 0x40 ? 0 : PK__RECORD_FORMAT;
        room.record.size = (uint16_t)(size + payload);
        /* once from memory of exactly its size, so that the sanitizer sees a byte too far; once through the ring */
        exact = (unsigned char *)malloc(room.record.size);
        memcpy(exact, room.bytes, room.record.size);
        pk__record_out(&logger, logger.queue, &logger.queue->rings[0], (const pk__record *)(const void *)exact, 0);
        free(exact);
        pk__queue_put(logger.queue, &room.record, false);
        demand(pk_log_drain(&logger, 0) == PK_OK);
    }
    demand(lines == 6);
    pk_log_close(&logger);
    free(format);
    return 0;
}
