/* Lifetimes of providers against a slow obvious model: lists of what each scope holds. Failing factories, values set by hand,
   overrides, scopes that come and go.

     ./registry_model [SEED [STEPS]] */
#define PERFKIT_CORE_ONLY
#define PERFKIT_IMPLEMENTATION
#include "../../perfkit.h"
#include "../support/model.h"

enum { PROVIDERS = 16, SCOPES = 3, MOST = 400 };
#define DIFFERS(...) (printf("  " __VA_ARGS__), printf("\n"), 0)

static pk_registry registry;
static pk_provider table[PROVIDERS], other[PROVIDERS];
static char names[PROVIDERS][8], needs[PROVIDERS][64];
static unsigned needed[PROVIDERS]; /* a bit for each */
static unsigned serial, fail_in;   /* objects are numbers from 1; one of the next creations fails */
static unsigned ended[2 * MOST], ended_count, expected[2 * MOST], expected_count;

/* The model: what is on a scope, and what singletons there are, the oldest first. */
enum { OBJECT, HELD, TRANSIENT, OVERRIDE };
typedef struct thing { int kind; unsigned id; unsigned object; int from_other; } thing;
typedef struct pile { thing things[MOST]; unsigned count; } pile;
static pk_scope scopes[SCOPES]; /* session, request in it, request in that */
static pile held[SCOPES], singletons;
static int open_count;
static struct saved { unsigned id, object; int ready, from_other, scope; unsigned position; } overrides[MOST];
static unsigned override_count;
static int uses_other[PROVIDERS];

static pk_status make(pk_registry *r, pk_scope *scope, void *user, void **object) {
    (void)r;
    (void)scope;
    (void)user;
    if (fail_in && --fail_in == 0) return PK_IO;
    *object = (void *)(uintptr_t)(++serial);
    return PK_OK;
}
static pk_status end(void *object) {
    ended[ended_count++] = (unsigned)(uintptr_t)object;
    return PK_OK;
}
static int ended_as_expected(const char *what) {
    unsigned i;
    if (ended_count != expected_count) return DIFFERS("%s: %u ended, not %u", what, ended_count, expected_count);
    for (i = 0; i < ended_count; i++)
        if (ended[i] != expected[i]) return DIFFERS("%s: object %u ended, not %u", what, ended[i], expected[i]);
    ended_count = expected_count = 0;
    return 1;
}
static void push(pile *p, int kind, unsigned id, unsigned object) {
    thing *t = &p->things[p->count++];
    t->kind = kind;
    t->id = id;
    t->object = object;
}
static const thing *in_pile(const pile *p, unsigned id) {
    unsigned i = p->count;
    while (i-- > 0)
        if (p->things[i].id == id && (p->things[i].kind == OBJECT || p->things[i].kind == HELD)) return &p->things[i];
    return NULL;
}
/* The model's own count of what will be made: serial and fail_in as they will be. */
static unsigned model_serial, model_fail;
static pk_status model_create(unsigned *object) {
    if (model_fail && --model_fail == 0) return PK_IO;
    *object = ++model_serial;
    return PK_OK;
}
static pk_status model_singleton(unsigned id, unsigned *object);
static pk_status model_needs(unsigned id) {
    unsigned need, ignored;
    pk_status status = PK_OK;
    for (need = 0; need < PROVIDERS && status == PK_OK; need++)
        if (needed[id] >> need & 1 && table[need].lifetime == PK_SINGLETON) status = model_singleton(need, &ignored);
    return status;
}
static pk_status model_singleton(unsigned id, unsigned *object) {
    const thing *t = in_pile(&singletons, id);
    pk_status status = PK_OK;
    if (t) {
        *object = t->object;
        return PK_OK;
    }
    status = model_needs(id);
    if (status == PK_OK) status = model_create(object);
    if (status == PK_OK) push(&singletons, OBJECT, id, *object);
    return status;
}
static pk_status model_get(int scope, unsigned id, unsigned *object) {
    pk_status status;
    int s;
    for (s = scope; s >= 0; s--) {
        const thing *t = in_pile(&held[s], id);
        if (t) {
            *object = t->object;
            return PK_OK;
        }
    }
    if (table[id].lifetime == PK_SINGLETON) return model_singleton(id, object);
    if (table[id].lifetime == PK_SESSION) scope = scope < 0 ? -1 : 0;
    if (table[id].lifetime == PK_REQUEST && scope == 0) scope = -1;
    if (scope < 0 && table[id].lifetime != PK_TRANSIENT) return PK_CLOSED;
    status = model_needs(id);
    if (status == PK_OK) status = model_create(object);
    if (status == PK_OK && scope >= 0) push(&held[scope], table[id].lifetime == PK_TRANSIENT ? TRANSIENT : OBJECT, id, *object);
    return status;
}

static int get(void *unused) {
    int scope = (int)model_below((unsigned)open_count + 1) - 1;
    unsigned id = model_below(PROVIDERS), object = 0;
    void *got = NULL;
    pk_status status, want;
    (void)unused;
    if (scope >= 0 && held[scope].count + 4 > MOST / 4) return 1;
    fail_in = model_fail = model_below(6) == 0 ? 1 + model_below(4) : 0;
    model_serial = serial;
    want = model_get(scope, id, &object);
    status = pk_registry_get(&registry, scope < 0 ? NULL : &scopes[scope], (pk_provider_id)id, &got);
    if (status != want) return DIFFERS("get: %d, not %d", status, want);
    if (status == PK_OK && (unsigned)(uintptr_t)got != object) return DIFFERS("got %u, not %u", (unsigned)(uintptr_t)got, object);
    fail_in = 0;
    return serial == model_serial ? ended_as_expected("get") : DIFFERS("%u made, not %u", serial, model_serial);
}
static int set(void *unused) {
    int scope = (int)model_below((unsigned)open_count + 1) - 1;
    unsigned id = model_below(PROVIDERS);
    (void)unused;
    if (scope < 0 || held[scope].count + 4 > MOST / 4) return 1;
    if (pk_registry_set(&registry, &scopes[scope], (pk_provider_id)id, (void *)(uintptr_t)++serial) != PK_OK) return DIFFERS("set");
    push(&held[scope], HELD, id, serial);
    return 1;
}
static int open_scope(void *unused) {
    (void)unused;
    if (open_count == SCOPES) return 1;
    if (pk_scope_init(&scopes[open_count], NULL) != PK_OK ||
        pk_scope_nest(&scopes[open_count], open_count ? &scopes[open_count - 1] : NULL, open_count ? PK_SCOPE_REQUEST : PK_SCOPE_SESSION))
        return DIFFERS("open");
    held[open_count++].count = 0;
    return 1;
}
/* The end of an override: of those of its provider that came later, the first gets what this one would have brought back. */
static void model_override_ends(unsigned id, int scope) {
    unsigned at = override_count, i, newer = MOST;
    struct saved o;
    while (at-- > 0)
        if (overrides[at].id == id && overrides[at].scope == scope) break;
    o = overrides[at];
    for (i = override_count; i-- > at + 1;)
        if (overrides[i].id == id) newer = i;
    memmove(&overrides[at], &overrides[at + 1], (--override_count - at) * sizeof o);
    if (newer != MOST) {
        struct saved *n = &overrides[newer - 1];
        if (n->ready) expected[expected_count++] = n->object;
        n->ready = o.ready;
        n->object = o.object;
        n->position = o.position;
        n->from_other = o.from_other;
        return;
    }
    for (i = 0; i < singletons.count; i++)
        if (singletons.things[i].id == id) {
            expected[expected_count++] = singletons.things[i].object;
            memmove(&singletons.things[i], &singletons.things[i + 1], (--singletons.count - i) * sizeof singletons.things[0]);
            break;
        }
    uses_other[id] = o.from_other;
    if (o.ready) { /* objects are numbered in the order of their creation */
        for (i = 0; i < singletons.count && singletons.things[i].object < o.object; i++) {}
        memmove(&singletons.things[i + 1], &singletons.things[i], (singletons.count++ - i) * sizeof singletons.things[0]);
        singletons.things[i].kind = OBJECT;
        singletons.things[i].id = id;
        singletons.things[i].object = o.object;
    }
}
static int close_scope(void *unused) {
    int scope = (int)model_below(SCOPES), s;
    (void)unused;
    if (scope >= open_count || model_below(4)) return 1;
    for (s = open_count - 1; s >= scope; s--)
        while (held[s].count > 0) {
            const thing *t = &held[s].things[--held[s].count];
            if (t->kind == OVERRIDE)
                model_override_ends(t->id, s);
            else if (t->kind != HELD)
                expected[expected_count++] = t->object;
        }
    open_count = scope;
    return pk_scope_close(&scopes[scope]) == PK_OK ? ended_as_expected("close of a scope") : DIFFERS("close of a scope");
}
static int override(void *unused) {
    int scope = (int)model_below((unsigned)open_count + 1) - 1;
    unsigned id = model_below(PROVIDERS), i;
    struct saved *o = &overrides[override_count];
    (void)unused;
    if (scope < 0 || table[id].lifetime != PK_SINGLETON || override_count + 1 >= MOST || held[scope].count + 4 > MOST / 4) return 1;
    if (pk_registry_override(&registry, &scopes[scope], (pk_provider_id)id, uses_other[id] ? &table[id] : &other[id]) != PK_OK)
        return DIFFERS("override");
    memset(o, 0, sizeof *o);
    o->id = id;
    o->scope = scope;
    o->from_other = uses_other[id];
    uses_other[id] = !uses_other[id];
    for (i = 0; i < singletons.count; i++)
        if (singletons.things[i].id == id) {
            o->ready = 1;
            o->object = singletons.things[i].object;
            memmove(&singletons.things[i], &singletons.things[i + 1], (--singletons.count - i) * sizeof singletons.things[0]);
            break;
        }
    override_count++;
    push(&held[scope], OVERRIDE, id, 0);
    return 1;
}
static int reopen(void *unused) {
    pk_registry_desc desc;
    unsigned i, k;
    (void)unused;
    if (open_count || (registry.capacity && model_below(4))) return 1;
    while (singletons.count > 0) expected[expected_count++] = singletons.things[--singletons.count].object;
    if (pk_registry_close(&registry) != PK_OK || !ended_as_expected("close")) return DIFFERS("close");
    memset(table, 0, sizeof table);
    memset(uses_other, 0, sizeof uses_other);
    for (i = 0; i < PROVIDERS; i++) {
        snprintf(names[i], sizeof names[i], "p%u", i);
        table[i].name = names[i];
        table[i].create = make;
        table[i].cleanup = end;
        table[i].lifetime = (uint8_t)(model_below(2) ? PK_SINGLETON : model_below(4));
        needed[i] = i ? model_random() & model_random() & model_random() & ((1u << i) - 1) : 0;
        needs[i][0] = 0;
        for (k = 0; k < i; k++)
            if (needed[i] >> k & 1)
                snprintf(needs[i] + strlen(needs[i]), sizeof needs[i] - strlen(needs[i]), "%s p%u", model_below(2) ? "," : "", k);
        table[i].needs = needs[i];
    }
    memcpy(other, table, sizeof table);
    memset(&desc, 0, sizeof desc);
    desc.providers = table;
    desc.provider_count = PROVIDERS;
    desc.threads = model_below(2) != 0;
    if (pk_registry_init(&registry, &desc) != PK_OK || pk_registry_check(&registry, NULL, 0) != PK_OK) return DIFFERS("init");
    return 1;
}
static int look(void *unused) {
    pk_registry_stats stats;
    (void)unused;
    pk_registry_get_stats(&registry, &stats);
    if (stats.ready != singletons.count) return DIFFERS("%u ready, not %u", stats.ready, singletons.count);
    return stats.overridden == override_count ? 1 : DIFFERS("%u overridden, not %u", stats.overridden, override_count);
}

int main(int argc, char **argv) {
    static const model_op ops[] = {{"get", 40, get}, {"set", 3, set}, {"open", 6, open_scope}, {"close", 8, close_scope},
                                   {"override", 3, override}, {"reopen", 3, reopen}, {"look", 6, look}};
    unsigned long steps = argc > 2 ? strtoul(argv[2], NULL, 0) : 200000;
    int good;
    (void)reopen(NULL);
    good = model_run("registry", ops, sizeof ops / sizeof ops[0], NULL, model_seed(argc, argv), steps);
    if (open_count) (void)pk_scope_close(&scopes[0]);
    (void)pk_registry_close(&registry);
    printf("%d passed, %d failed\n", good, !good);
    return !good;
}
