/* What any bytes do to the reader of rings, and to a ring that something else writes over: a status, no line out of its bounds. The
   first byte: bit 0 asks for salvage, bit 1 for a right check of the head, bit 2 to tear off the end, bit 3 to go on writing there;
   then threes of bytes: where to write what. */
#define PERFKIT_LOG_IMPLEMENTATION
#define PERFKIT_LOG_LINE 128
#include "../../perfkit_log.h"
#include <stdio.h>
#include <stdlib.h>

#define demand(condition) ((condition) ? (void)0 : (fprintf(stderr, "line %d: %s\n", __LINE__, #condition), abort()))
static const unsigned char *first, *behind;
static unsigned handed;
static pk_status check_line(void *user, int level, const char *text, size_t length) {
    const unsigned char *p = (const unsigned char *)text;
    (void)user;
    demand(level >= PK_LOG_ERROR && level <= PK_LOG_TRACE);
    demand(p > first && p < behind && length > 0 && length < (size_t)(behind - p) && text[length] == 0);
    handed++;
    return PK_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pk_log_ring ring;
    pk_log_ring_desc desc;
    pk_log_ring_counts counts;
    pk_log_ring_head *head;
    pk_status status;
    unsigned char *bytes;
    unsigned mode, i;
    size_t room; /* at most 526 where the end is torn off */
    if (size < 2) return 0;
    mode = data[0];
    room = mode & 4 ? 16 + data[1] * 2u : 600;
    bytes = (unsigned char *)malloc(600);
    memset(bytes, 0, 600);
    memset(&desc, 0, sizeof desc);
    desc.memory = bytes;
    desc.size = 600;
    demand(pk_log_ring_init(&ring, &desc) == PK_OK);
    head = ring.head;
    for (i = 0; i < 30; i++) demand(pk_log_to_ring(&ring, (int)(1 + i % 5), "a line that is of some length\n", 10 + i % 20) == PK_OK);
    for (i = 2; i + 2 < size; i += 3) bytes[(data[i] | (unsigned)data[i + 1] << 8) % 600] = data[i + 2];
    if (mode & 2) {
        head->magic = PK__RING_MAGIC;
        head->layout = PK__RING_LAYOUT;
        head->bytes = sizeof *head;
        head->check = pk__ring_head_check(head);
    }
    memcpy(bytes = (unsigned char *)malloc(room), head, room < 600 ? room : 600); /* of its own, so that no byte behind it is read */
    free(head);
    first = bytes;
    behind = bytes + room;
    handed = 0;
    status = pk_log_ring_read(bytes, room, mode & 16 ? 7 : 0, mode & 1, check_line, NULL, &counts);
    demand(status == PK_OK || status == PK_MISMATCH || (status == PK_CORRUPT && !(mode & 1) && handed == 0));
    demand(status != PK_OK || counts.lines == handed);
    demand(mode & 1 || counts.damaged == 0 || status == PK_CORRUPT);
    ring.head = (pk_log_ring_head *)(void *)bytes;
    if (mode & 8 && room == 600)
        for (i = 0; i < 12; i++) {
            status = pk_log_to_ring(&ring, PK_LOG_WARN, "another line", 1 + i % 11);
            demand(status == PK_OK || status == PK_CORRUPT);
            status = pk_log_ring_dump(NULL, &ring, check_line, NULL);
            demand(status == PK_OK || status == PK_CORRUPT);
        }
    free(bytes);
    return 0;
}
