/* deferred.h - a logger in deferred mode beside one that writes at once: lines kept to compare, or counted with what was dropped.
   Behind perfkit_log.h and test.h; LINES_ROOM is how many bytes are kept of each. */
#ifndef PERFKIT_TEST_DEFERRED_H
#define PERFKIT_TEST_DEFERRED_H

static pk_log at_once, later;
static char lines[2][LINES_ROOM]; /* of the two */
static size_t ends[2];
static unsigned calls, told, last_number, out_of_order;

static pk_status keep(void *user, int level, const char *text, size_t length) {
    unsigned which = user == NULL ? 0 : 1;
    (void)level;
    if (ends[which] + length + 1 > sizeof lines[0]) return PK_FULL;
    memcpy(lines[which] + ends[which], text, length + 1);
    ends[which] += length;
    return PK_OK;
}
static unsigned number_at(const char *p) {
    unsigned n = 0;
    for (; *p >= '0' && *p <= '9'; p++) n = n * 10 + (unsigned)(*p - '0');
    return n;
}
/* Lines "n=7" ascend; "3 dropped" is added up. */
static pk_status count(void *user, int level, const char *text, size_t length) {
    const char *p = strstr(text, " dropped\n"), *n = strstr(text, "n=");
    (void)user;
    (void)level;
    if (length == 0) return PK_OK;
    if (p != NULL) {
        while (p > text && p[-1] >= '0' && p[-1] <= '9') p--;
        told += number_at(p);
        return PK_OK;
    }
    calls++;
    if (n == NULL || number_at(n + 2) <= last_number) out_of_order++;
    else last_number = number_at(n + 2);
    return PK_OK;
}
static void send(unsigned from, unsigned to) {
    unsigned n;
    for (n = from; n <= to; n++) PK_LOG_TO(&later, PK_LOG_INFO, "n=%u", n);
}
static void check_sums(unsigned sent) {
    pk_log_queue queue;
    pk_log_counts counts;
    pk_log_get_queue(&later, &queue);
    pk_log_get_counts(&later, &counts);
    CHECK_EQ(queue.sent, sent);
    CHECK_EQ(calls + queue.dropped, sent);
    CHECK_EQ(told, queue.dropped);
    CHECK_EQ(counts.lines, calls);
    CHECK_EQ(out_of_order, 0);
}
#endif
