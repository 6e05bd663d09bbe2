/* Scopes against a slow obvious model: for each an array of what is on it, in order. Plain, tracked and later cleanups, marks,
   forget, move, release, reap, close and pump, nested scopes, with growing and fixed memory.

     ./scope_model [SEED [STEPS]] */
#define PERFKIT_CORE_ONLY
#define PERFKIT_IMPLEMENTATION
#include "../../perfkit.h"
#include "../support/model.h"

enum { SCOPES = 4, MOST = 300, ROOM = 40, LIMIT = 25 };
enum { PLAIN, TRACKED, LATER };
#define DIFFERS(...) (printf("  " __VA_ARGS__), printf("\n"), 0)

typedef struct item {
    unsigned number; /* what its cleanup notes */
    int kind;
    uint32_t id;
    pk_time deadline; /* 0: none */
    int fails;
    pk_scope_mark before; /* the mark just before it came; 0, and none of its own: it came together with the one below it */
    int together;
} item;
static struct shadow {
    pk_scope scope;
    item items[MOST]; /* the oldest first */
    unsigned count, failures;
    uint32_t ids;
    int open, closing, fixed, has_more, parent; /* parent: -1 none */
    bool ageless;
    pk_status first;
} all[SCOPES];
static unsigned char memory[SCOPES][PK_SCOPE_BYTES(ROOM) + 8000];
static unsigned ran[2 * SCOPES * MOST], ran_count, expected[2 * SCOPES * MOST], expected_count, numbers;
static pk_time now;
static pk_time clock_now(void *user) {
    (void)user;
    return now;
}
static pk_status note(void *number) {
    uintptr_t n = (uintptr_t)number;
    ran[ran_count++] = (unsigned)(n >> 1);
    return n & 1 ? PK_IO : PK_OK;
}
static int ran_as_expected(const char *what) {
    unsigned i;
    if (ran_count != expected_count) return DIFFERS("%s: %u ran, not %u", what, ran_count, expected_count);
    for (i = 0; i < ran_count; i++)
        if (ran[i] != expected[i]) return DIFFERS("%s: number %u of them is %u, not %u", what, i, ran[i], expected[i]);
    ran_count = expected_count = 0;
    return 1;
}
static void expect(struct shadow *s, unsigned at, pk_status *first) { /* it runs, and is gone */
    expected[expected_count++] = s->items[at].number;
    if (s->items[at].fails) {
        s->failures++;
        if (*first == PK_OK) *first = PK_IO;
    }
    s->count--;
    memmove(&s->items[at], &s->items[at + 1], (s->count - at) * sizeof s->items[0]);
}
static unsigned tracked(const struct shadow *s) {
    unsigned i, n = 0;
    for (i = 0; i < s->count; i++) n += s->items[i].kind != PLAIN;
    return n;
}
static int last_later(const struct shadow *s) {
    unsigned i = s->count;
    while (i-- > 0)
        if (s->items[i].kind == LATER) return (int)i;
    return -1;
}
static struct shadow *any(void) { return &all[model_below(SCOPES)]; }

static int reopen(void *unused) {
    struct shadow *s = any();
    pk_scope_desc desc;
    pk_scope_watch_desc watch;
    unsigned i;
    (void)unused;
    if (s->open) return 1;
    memset(s, 0, sizeof *s);
    memset(&desc, 0, sizeof desc);
    memset(&watch, 0, sizeof watch);
    s->fixed = model_below(3) == 0;
    s->parent = -1;
    if (s->fixed) {
        desc.memory = memory[s - all];
        desc.memory_size = sizeof memory[0];
    }
    if (pk_scope_init(&s->scope, &desc) != PK_OK) return DIFFERS("init");
    watch.clock = clock_now;
    watch.no_ages = s->ageless = model_below(2) == 0; /* which takes a shorter way */
    watch.limit = LIMIT;
    if (pk_scope_watch(&s->scope, &watch) != PK_OK) return DIFFERS("watch");
    s->open = 1;
    i = model_below(SCOPES);
    if (all[i].open && !all[i].closing && &all[i] != s && all[i].parent < 0 && model_below(2)) {
        if (pk_scope_nest(&s->scope, &all[i].scope, PK_SCOPE_REQUEST) != PK_OK) return DIFFERS("nest");
        s->parent = (int)i;
    }
    return 1;
}
static int add(void *unused) {
    struct shadow *s = any();
    item *it = &s->items[s->count];
    pk_status status;
    uintptr_t context;
    (void)unused;
    if (!s->open || s->closing || s->count + 1 >= MOST / 4) return 1;
    memset(it, 0, sizeof *it);
    it->number = ++numbers;
    it->fails = model_below(5) == 0;
    it->kind = (int)model_below(5);
    it->kind = it->kind < 2 ? PLAIN : it->kind < 4 ? TRACKED : model_below(3) ? TRACKED : LATER;
    it->before = pk_scope_mark_here(&s->scope);
    context = (uintptr_t)it->number << 1 | (uintptr_t)it->fails;
    if (it->kind == PLAIN)
        status = pk_scope_defer(&s->scope, note, (void *)context, "plain");
    else if (it->kind == LATER)
        status = pk_scope_defer_later(&s->scope, note, (void *)context, "later");
    else {
        pk_track what;
        memset(&what, 0, sizeof what);
        what.fn = note;
        what.context = (void *)context;
        what.life_ms = s->ageless || model_below(2) ? 0 : 1 + model_below(50);
        status = pk_scope_track(&s->scope, &what, &it->id);
        it->deadline = what.life_ms ? now + what.life_ms : 0;
    }
    if (it->kind != PLAIN && tracked(s) >= LIMIT) return status == PK_FULL ? 1 : DIFFERS("tracked above the limit: %d", status);
    if (status == PK_FULL && s->fixed) return 1; /* memory is up */
    if (status != PK_OK) return DIFFERS("add: %d", status);
    if (it->kind != PLAIN) {
        s->ids++;
        if (it->kind == LATER) it->id = s->ids;
        if (it->id != s->ids) return DIFFERS("id %u, not %u", it->id, s->ids);
    }
    s->count++;
    return 1;
}
static int unwind_or_forget(void *unused) {
    struct shadow *s = any();
    pk_scope_mark mark;
    unsigned keep, i;
    pk_status status, first = PK_OK;
    int later = 0, forget = model_below(3) == 0;
    (void)unused;
    if (!s->open || s->closing) return 1;
    keep = model_below(s->count + 1); /* back to when so many of them were there */
    while (keep > 0 && keep < s->count && s->items[keep].together) keep--;
    mark = keep == 0 ? 0 : keep == s->count ? pk_scope_mark_here(&s->scope) : s->items[keep].before;
    for (i = keep; i < s->count; i++) later |= s->items[i].kind == LATER;
    status = forget ? pk_scope_forget(&s->scope, mark) : pk_scope_unwind(&s->scope, mark);
    if (forget)
        s->count = keep;
    else if (later)
        return status == PK_DEFERRED && ran_as_expected("unwind past later") ? 1 : DIFFERS("unwind past later: %d", status);
    else
        while (s->count > keep) expect(s, s->count - 1, &first);
    return status == first ? ran_as_expected("unwind") : DIFFERS("unwind: %d, not %d", status, first);
}
static int release_one(void *unused) {
    struct shadow *s = any();
    unsigned at;
    pk_status status, first = PK_OK;
    (void)unused;
    if (!s->open || s->closing || s->count == 0) return 1;
    at = model_below(s->count);
    if (s->items[at].kind != TRACKED)
        return pk_scope_release(&s->scope, s->ids + 1) == PK_NOT_FOUND ? 1 : DIFFERS("released what is not there");
    status = pk_scope_release(&s->scope, s->items[at].id);
    expect(s, at, &first);
    return status == first ? ran_as_expected("release") : DIFFERS("release: %d", status);
}
static int reap(void *unused) {
    struct shadow *s = any();
    unsigned i, n = 0, got;
    pk_status first = PK_OK;
    (void)unused;
    now += model_below(20);
    if (!s->open || s->closing) return 1;
    got = pk_scope_reap(&s->scope, now);
    for (i = s->count; i-- > 0;) /* the newest first */
        if (s->items[i].kind == TRACKED && s->items[i].deadline && s->items[i].deadline <= now) {
            expect(s, i, &first);
            n++;
        }
    return got == n ? ran_as_expected("reap") : DIFFERS("reap: %u, not %u", got, n);
}
static int move(void *unused) {
    struct shadow *from = any(), *to = any();
    pk_scope_mark mark;
    pk_status status;
    unsigned i, kind;
    (void)unused;
    if (from == to || !from->open || !to->open || from->closing || to->closing || from->count + to->count >= MOST / 2) return 1;
    mark = pk_scope_mark_here(&to->scope);
    status = pk_scope_move(&from->scope, &to->scope);
    if (tracked(from) && tracked(from) + tracked(to) > LIMIT) return status == PK_FULL ? 1 : DIFFERS("move above the limit: %d", status);
    if (status == PK_FULL && to->fixed) return 1;
    if (status != PK_OK) return DIFFERS("move: %d", status);
    for (kind = TRACKED; kind <= LATER; kind++) /* new ids, tracked before later */
        for (i = 0; i < from->count; i++)
            if (from->items[i].kind == (int)kind) from->items[i].id = ++to->ids;
    for (i = 0; i < from->count; i++) {
        from->items[i].before = mark;
        from->items[i].together = i > 0;
    }
    memcpy(&to->items[to->count], from->items, from->count * sizeof from->items[0]);
    to->count += from->count;
    from->count = 0;
    return 1;
}
static void ended(struct shadow *s) { s->open = s->closing = 0; }
static int newest_child(const struct shadow *s, const unsigned *ages) {
    int i, best = -1;
    for (i = 0; i < SCOPES; i++)
        if (all[i].open && all[i].parent == (int)(s - all) && (best < 0 || ages[i] > ages[best])) best = i;
    return best;
}
/* What closing, or pumping, a scope does: its children, then itself; later cleanups only when pumping. False: one is deferred. */
static int drain(struct shadow *s, const unsigned *ages, int pumping, pk_status *first) {
    int child, at;
    while ((child = newest_child(s, ages)) >= 0)
        if (!drain(&all[child], ages, pumping, first)) return 0;
    if (!pumping && last_later(s) >= 0) return 0;
    while ((at = last_later(s)) >= 0) expect(s, (unsigned)at, first);
    while (s->count > 0) expect(s, s->count - 1, first);
    ended(s);
    return 1;
}
static unsigned ages_of(unsigned *ages) { /* by the parents' lists */
    int i;
    unsigned age = 0;
    memset(ages, 0, SCOPES * sizeof *ages);
    for (i = 0; i < SCOPES; i++) {
        const pk_scope *child = all[i].open && all[i].scope.more ? all[i].scope.more->child : NULL;
        for (age = SCOPES; child; child = child->more->older) {
            int k;
            for (k = 0; k < SCOPES; k++)
                if (&all[k].scope == child) ages[k] = age--;
        }
    }
    return age;
}
static int close_one(void *unused) {
    struct shadow *s = any();
    unsigned ages[SCOPES];
    pk_status status, first = PK_OK;
    int done;
    (void)unused;
    (void)ages_of(ages);
    if (!s->open || s->closing || model_below(3)) return 1;
    if (s->parent >= 0 && all[s->parent].closing) return 1;
    status = pk_scope_close(&s->scope);
    done = drain(s, ages, 0, &first);
    if (done) return status == first ? ran_as_expected("close") : DIFFERS("close: %d, not %d", status, first);
    if (status != PK_DEFERRED) return DIFFERS("close of a deferred one: %d", status);
    s->closing = 1;
    s->first = first;
    return ran_as_expected("deferred close");
}
static int pump(void *unused) {
    struct shadow *s = any();
    unsigned ages[SCOPES];
    pk_status status, first = s->first;
    (void)unused;
    if (!s->open || !s->closing || (s->parent >= 0 && all[s->parent].open && all[s->parent].closing)) return 1;
    (void)ages_of(ages);
    while ((status = pk_scope_pump(&s->scope, 1 + model_below(3))) == PK_AGAIN) {}
    (void)drain(s, ages, 1, &first);
    return status == first ? ran_as_expected("pump") : DIFFERS("pump: %d, not %d", status, first);
}
static int look(void *unused) {
    struct shadow *s = any();
    pk_scope_stats stats;
    (void)unused;
    if (!s->open) return pk_scope_count(&s->scope) == 0 ? 1 : DIFFERS("count of a closed one");
    if (pk_scope_count(&s->scope) != s->count) return DIFFERS("count %u, not %u", pk_scope_count(&s->scope), s->count);
    pk_scope_get_stats(&s->scope, &stats);
    if (stats.tracked != tracked(s) || stats.cleanups != s->count - tracked(s)) return DIFFERS("stats");
    return stats.failures == (uint16_t)s->failures ? 1 : DIFFERS("failures %u, not %u", stats.failures, s->failures);
}

int main(int argc, char **argv) {
    static const model_op ops[] = {{"reopen", 6, reopen}, {"add", 30, add}, {"unwind", 3, unwind_or_forget}, {"release", 6, release_one},
                                   {"reap", 3, reap}, {"move", 2, move}, {"close", 3, close_one}, {"pump", 4, pump}, {"look", 8, look}};
    unsigned long steps = argc > 2 ? strtoul(argv[2], NULL, 0) : 200000;
    int i, good = model_run("scopes", ops, sizeof ops / sizeof ops[0], NULL, model_seed(argc, argv), steps);
    for (i = 0; i < SCOPES; i++)
        if (pk_scope_close(&all[i].scope) == PK_DEFERRED) (void)pk_scope_pump(&all[i].scope, 0);
    printf("%d passed, %d failed\n", good, !good);
    return !good;
}
