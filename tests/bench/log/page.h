/* page.h - a request, as the function PAGE_FUNCTION, with the log calls that its includer has left in. */
static pk_status give_back(void *tokens) {
    ++*(unsigned *)tokens;
    return PK_OK;
}
static uint64_t sum_of(const page_record *r) {
    uint64_t sum = 0;
    size_t i;
    for (i = 0; i < sizeof r->word / sizeof r->word[0]; i++) sum = (sum ^ r->word[i]) * 0x100000001B3u;
    return sum;
}
static pk_status record_of(service *s, uint64_t key, page_record *r) {
    pk_status status = store_get(&s->cache, key, r);
    PK_LOG_TRACE("record %llu: %d", (unsigned long long)key, status);
    if (status == PK_OK) return PK_OK;
    s->make(key, r);
    PK_LOG_DEBUG("%llu was made", (unsigned long long)key);
    PK_PERF_COUNT("records made", 1);
    status = store_put(&s->cache, key, r, 0);
    if (status != PK_OK) PK_LOG_ERROR("%llu is not kept: %d", (unsigned long long)key, status);
    return status;
}
static uint64_t page_of(service *s, const uint64_t *keys, size_t n) {
    page_record r;
    uint64_t sum = 0;
    size_t i;
    PK_SCOPE_AUTO(scope, 2);
    PK_LOG_DEBUG("a page from %llu on", (unsigned long long)keys[0]);
    if (s->tokens == 0) {
        PK_LOG_WARN("no token for %llu", (unsigned long long)keys[0]);
        return 0;
    }
    s->tokens--;
    if (pk_scope_defer(&scope, give_back, &s->tokens, "token") != PK_OK) return 0;
    for (i = 0; i < n; i++) {
        if (record_of(s, keys[i], &r) != PK_OK) return 0;
        sum += sum_of(&r);
    }
    PK_LOG_INFO("page %llu: %llu", (unsigned long long)keys[0], (unsigned long long)sum);
    return sum | 1;
}
uint64_t PAGE_FUNCTION(service *s, const uint64_t *keys, size_t n) {
    uint64_t sum = 0;
    PK_PERF_SCOPE("page") { sum = page_of(s, keys, n); }
    return sum;
}
