/* store.c: the face of stores: the registry, opening and closing, and the calls that go through to a backend. */
#include "store.h"

typedef struct registered {
    struct registered *next;
    ot_store_ops ops;
    const ot_store_ops *source;
} registered;

static registered *registry;

static bool good_scheme(const char *scheme) {
    if (!scheme || !scheme[0]) return false;
    size_t n = 0;
    for (; scheme[n]; n++) {
        char c = scheme[n];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        if (!good || n > 30) return false;
    }
    return true;
}

/* Copies what the author's compiler knew of the table; the rest is empty. */
static ot_status take_ops(const ot_store_ops *ops, bool live, ot_store_ops *out, ot_error *error) {
    memset(out, 0, sizeof *out);
    if (!ops || ops->size < offsetof(ot_store_ops, last)) {
        return ot_error_set(error, OT_EINVAL, "size", OT_NO_OFFSET,
                            "the table is too short to hold the slots that must be");
    }
    memcpy(out, ops, ops->size < sizeof *out ? ops->size : sizeof *out);
    out->size = sizeof *out;
    if (!good_scheme(out->scheme)) {
        return ot_error_set(error, OT_EINVAL, "scheme", OT_NO_OFFSET, "a scheme is 1 to 31 letters, digits and '-'");
    }
    const char *empty = !out->open && !live            ? "open"
                        : !out->close                  ? "close"
                        : !out->put                    ? "put"
                        : !out->scan                   ? "scan"
                        : !out->next                   ? "next"
                        : !out->cursor_close           ? "cursor_close"
                        : !live && !out->instance_size ? "instance_size"
                                                       : NULL;
    if (empty) return ot_error_set(error, OT_EINVAL, empty, OT_NO_OFFSET, "this slot must be filled");
    if (!out->kv_get != !out->kv_put || !out->kv_get != !out->kv_scan) {
        return ot_error_set(error, OT_EINVAL, "kv_get", OT_NO_OFFSET, "all kv slots must be filled or none");
    }
    return OT_OK;
}

static const ot_store_ops *find_ops(const char *scheme, size_t len) {
    const ot_store_ops *memory = ot__store_memory();
    if (ot_str_eq(ot_str_c(memory->scheme), ot_str_of(scheme, len))) return memory;
    for (registered *r = registry; r; r = r->next) {
        if (ot_str_eq(ot_str_c(r->ops.scheme), ot_str_of(scheme, len))) return &r->ops;
    }
    return NULL;
}

ot_status ot_store_register(const ot_store_ops *ops, ot_error *error) {
    ot_store_ops copy;
    ot_status status = take_ops(ops, false, &copy, error);
    if (status != OT_OK) return status;
    for (registered *r = registry; r; r = r->next) {
        if (r->source == ops && strcmp(r->ops.scheme, copy.scheme) == 0) return OT_OK;
    }
    if (find_ops(copy.scheme, strlen(copy.scheme))) {
        return ot_error_set(error, OT_ECONFLICT, "scheme", OT_NO_OFFSET, "'%s' is registered by another backend",
                            copy.scheme);
    }
    registered *r = ot_mem_zalloc(1, sizeof *r);
    if (!r) return ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "no memory for a backend");
    r->ops = copy;
    r->source = ops;
    r->next = registry;
    registry = r;
    return OT_OK;
}

static ot_status take_config(const ot_store_config *config, ot_store *store, ot_error *error) {
    ot_store_config c = OT_STORE_CONFIG_INIT;
    if (config) {
        if (config->size < sizeof c)
            return ot_error_set(error, OT_EINVAL, "size", OT_NO_OFFSET, "the configuration is too short");
        c = *config;
    }
    if (c.option_count && !c.options)
        return ot_error_set(error, OT_EINVAL, "options", OT_NO_OFFSET, "options are missing");
    for (size_t i = 0; i < c.option_count; i++) {
        if (!c.options[i].name || !c.options[i].value) {
            return ot_error_set(error, OT_EINVAL, "options", OT_NO_OFFSET, "an option without a name or a value");
        }
    }
    if (c.remember_removed < 0) return ot_error_set(error, OT_EINVAL, "remember_removed", OT_NO_OFFSET, "is negative");
    if (!c.max_rejects) c.max_rejects = 10000;
    if (!c.max_reject_bytes) c.max_reject_bytes = (uint64_t)64 << 20;
    if (!c.remember_removed) c.remember_removed = (ot_time)30 * 86400 * 1000;
    if (c.log) store->log = *c.log;
    if (c.clock) store->clock = *c.clock;
    store->config = c;
    store->config.log = &store->log;
    store->config.clock = &store->clock;
    return OT_OK;
}

static void release(ot_store *store) {
    if (!store->wrapped) ot_mem_free(store->self, store->ops.instance_size);
    ot_mem_free(store, sizeof *store);
}

ot_status ot_store_open(const char *url, const ot_store_config *config, ot_store **out, ot_error *error) {
    *out = NULL;
    const char *colon = url ? strchr(url, ':') : NULL;
    if (!colon || colon == url) {
        return ot_error_set(error, OT_EINVAL, "store", OT_NO_OFFSET,
                            "a store is named SCHEME:REST, such as memory: or sqlite:PATH");
    }
    const ot_store_ops *ops = find_ops(url, (size_t)(colon - url));
    if (!ops) {
        return ot_error_set(error, OT_EUNSUPPORTED, "store", OT_NO_OFFSET, "no backend for '%.*s:' is registered",
                            colon - url < 40 ? (int)(colon - url) : 40, url);
    }
    ot_store *store = ot_mem_zalloc(1, sizeof *store);
    if (!store) return ot_error_set(error, OT_ENOMEM, "store", OT_NO_OFFSET, "no memory");
    store->ops = *ops;
    ot_status status = take_config(config, store, error);
    if (status != OT_OK) {
        release(store);
        return status;
    }
    store->self = ot_mem_zalloc(1, ops->instance_size);
    if (!store->self) {
        release(store);
        return ot_error_set(error, OT_ENOMEM, "store", OT_NO_OFFSET, "no memory");
    }
    status = ops->open(store->self, colon + 1, &store->config, error);
    store->config.options = NULL; /* the caller's; held during open only */
    store->config.option_count = 0;
    if (status != OT_OK) {
        store->ops.close(store->self);
        release(store);
        return status;
    }
    *out = store;
    return OT_OK;
}

ot_status ot_store_wrap(const ot_store_ops *ops, void *self, const ot_store_config *config, ot_store **out,
                        ot_error *error) {
    *out = NULL;
    ot_store *store = ot_mem_zalloc(1, sizeof *store);
    if (!store) return ot_error_set(error, OT_ENOMEM, "store", OT_NO_OFFSET, "no memory");
    store->wrapped = true;
    store->self = self;
    ot_status status = take_ops(ops, true, &store->ops, error);
    if (status == OT_OK) status = take_config(config, store, error);
    if (status != OT_OK) {
        release(store);
        return status;
    }
    store->config.options = NULL;
    store->config.option_count = 0;
    *out = store;
    return OT_OK;
}

void ot_store_close(ot_store *store) {
    if (!store) return;
    while (store->cursors)
        ot_cursor_close(store->cursors);
    store->ops.close(store->self);
    release(store);
}

const char *ot_store_scheme(const ot_store *store) {
    return store->ops.scheme;
}

static ot_status unsupported(const ot_store *store, const char *what, ot_error *error) {
    return ot_error_set(error, OT_EUNSUPPORTED, NULL, OT_NO_OFFSET, "%s: stores cannot do this: %s", store->ops.scheme,
                        what);
}

static ot_status writable(const ot_store *store, ot_error *error) {
    if (!store->config.read_only) return OT_OK;
    return ot_error_set(error, OT_EREADONLY, NULL, OT_NO_OFFSET, "the store is open for reading only");
}

#define PAYLOAD_MAX ((size_t)256 << 20) /* more is refused: no backend need hold it in one piece */
#define REJECT_KEEP ((size_t)4096)      /* what is kept of an over-size reject */

/* Rejects that are too large are cut, records that are too large become rejects: in copies of both, made only then. */
static ot_status put_cut(ot_store *store, const ot_record *records, size_t count, const ot_kv_op *ops, size_t op_count,
                         ot_put_result *results, ot_error *error) {
    size_t most = (size_t)(store->config.max_reject_bytes / 8);
    if (most < REJECT_KEEP) most = REJECT_KEEP;
    bool any = false;
    for (size_t i = 0; i < count && !any; i++) {
        any = records[i].payload.len > (records[i].reject ? most : PAYLOAD_MAX);
    }
    if (!any) return store->ops.put(store->self, records, count, ops, op_count, results, error);

    ot_record *copy = ot_mem_zalloc(count, sizeof *copy);
    ot_reject *rejects = ot_mem_zalloc(count, sizeof *rejects);
    ot_status status = OT_ENOMEM;
    if (copy && rejects) {
        for (size_t i = 0; i < count; i++) {
            copy[i] = records[i];
            if (records[i].payload.len <= (records[i].reject ? most : PAYLOAD_MAX)) continue;
            if (records[i].reject) {
                rejects[i] = *records[i].reject;
            } else {
                const ot_reject large = {sizeof(ot_reject),
                                         OT_ELIMIT,
                                         OT_NO_OFFSET,
                                         OT_STR("payload"),
                                         OT_STR("is larger than a store holds"),
                                         0};
                rejects[i] = large;
            }
            if (!rejects[i].length) rejects[i].length = records[i].payload.len;
            copy[i].payload.len = REJECT_KEEP;
            copy[i].reject = &rejects[i];
        }
        status = store->ops.put(store->self, copy, count, ops, op_count, results, error);
    } else {
        ot_error_set(error, status, NULL, OT_NO_OFFSET, "no memory");
    }
    ot_mem_free(copy, count * sizeof *copy);
    ot_mem_free(rejects, count * sizeof *rejects);
    return status;
}

ot_status ot_store_put(ot_store *store, const ot_record *records, size_t count, const ot_kv_op *ops, size_t op_count,
                       ot_put_result *results, ot_error *error) {
    ot_status status = writable(store, error);
    if (status != OT_OK) return status;
    if (op_count && !store->ops.kv_put) return unsupported(store, "key and value", error);
    status = ot__put_check(records, count, error);
    if (status == OT_OK) status = ot__ops_check(ops, op_count, error);
    if (status != OT_OK) return status;
    if (!count && !op_count) return OT_OK;
    return put_cut(store, records, count, ops, op_count, results, error);
}

ot_status ot_store_head(ot_store *store, uint64_t *position, ot_error *error) {
    if (!store->ops.head) return unsupported(store, "changes", error);
    return store->ops.head(store->self, position, error);
}

ot_status ot_store_devices(ot_store *store, ot_str user, ot_str device,
                           ot_status (*each)(void *ctx, const ot_device *device), void *ctx, ot_error *error) {
    if (!store->ops.devices) return ot__fallback_devices(store, user, device, each, ctx, error);
    return store->ops.devices(store->self, user, device, each, ctx, error);
}

ot_status ot_store_remove(ot_store *store, const ot_query *query, uint64_t *removed, ot_error *error) {
    uint64_t n = 0;
    if (removed) *removed = 0;
    ot_status status = writable(store, error);
    if (status != OT_OK) return status;
    if (!store->ops.remove) return unsupported(store, "removal", error);
    status = ot__query_check(query, error);
    if (status != OT_OK) return status;
    if (store->ops.filters != OT_STORE_FILTERS_ALL) {
        status = ot__fallback_remove(store, query, &n, error);
    } else {
        ot__token token = {{0, {NULL, 0}, {NULL, 0}, {{0}}}, NULL, 0};
        if (query->after.ptr) status = ot__token_parse(query->after, &token);
        if (status != OT_OK) {
            status = ot_error_set(error, status, "after", OT_NO_OFFSET, "is no token of this library");
        } else {
            ot_scan scan = {sizeof scan, query, query->after.ptr ? &token.place : NULL};
            status = store->ops.remove(store->self, &scan, &n, error);
        }
        ot__token_free(&token);
    }
    if (removed) *removed = n;
    return status;
}

ot_status ot_store_remove_device(ot_store *store, ot_str user, ot_str device, uint64_t *removed, ot_error *error) {
    uint64_t n = 0;
    if (removed) *removed = 0;
    ot_status status = writable(store, error);
    if (status != OT_OK) return status;
    if (!store->ops.remove_device) return unsupported(store, "removal of devices", error);
    if (!user.ptr || !device.ptr)
        return ot_error_set(error, OT_EINVAL, "device", OT_NO_OFFSET, "user and device must be named");
    status = store->ops.remove_device(store->self, user, device, &n, error);
    if (removed) *removed = n;
    return status;
}

ot_status ot_store_retain(ot_store *store, ot_time before, bool dry_run, uint64_t *removed, ot_error *error) {
    uint64_t n = 0;
    if (removed) *removed = 0;
    ot_status status = dry_run ? OT_OK : writable(store, error);
    if (status != OT_OK) return status;
    if (!store->ops.retain) return unsupported(store, "retention", error);
    status = store->ops.retain(store->self, before, dry_run, &n, error);
    if (removed) *removed = n;
    return status;
}

ot_status ot_store_stats_get(ot_store *store, ot_store_stats *out, ot_error *error) {
    if (out->size < sizeof *out) return ot_error_set(error, OT_EINVAL, "size", OT_NO_OFFSET, "the size must be set");
    if (!store->ops.stats) return unsupported(store, "statistics", error);
    ot_store_stats stats;
    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    ot_status status = store->ops.stats(store->self, &stats, error);
    if (status == OT_OK) {
        stats.size = out->size;
        *out = stats;
    }
    return status;
}

ot_status ot_store_check(ot_store *store, void (*report)(void *ctx, ot_str line), void *ctx, ot_error *error) {
    if (!store->ops.check) return unsupported(store, "checking", error);
    return store->ops.check(store->self, report, ctx, error);
}

ot_status ot_kv_get(ot_store *store, ot_str key, const ot_sink *sink, uint64_t *version, ot_error *error) {
    if (!store->ops.kv_get) return unsupported(store, "key and value", error);
    ot_status status = ot__key_check(key, error);
    if (status != OT_OK) return status;
    uint64_t v = 0;
    status = store->ops.kv_get(store->self, key, sink, &v, error);
    if (status == OT_OK && version) *version = v;
    return status;
}

static ot_status kv_write(ot_store *store, ot_str key, ot_str value, uint64_t expected, uint64_t *version,
                          ot_error *error) {
    if (!store->ops.kv_put) return unsupported(store, "key and value", error);
    ot_status status = writable(store, error);
    if (status == OT_OK) status = ot__key_check(key, error);
    if (status == OT_OK && value.ptr) status = ot__value_check(value, error);
    if (status != OT_OK) return status;
    ot_kv_op op = {key, value, expected};
    uint64_t v = 0;
    status = store->ops.kv_put(store->self, &op, &v, error);
    if (status == OT_OK && version) *version = v;
    return status;
}

ot_status ot_kv_put(ot_store *store, ot_str key, ot_str value, uint64_t expected, uint64_t *version, ot_error *error) {
    if (!value.ptr) return ot_error_set(error, OT_EINVAL, "value", OT_NO_OFFSET, "there is none");
    return kv_write(store, key, value, expected, version, error);
}

ot_status ot_kv_delete(ot_store *store, ot_str key, uint64_t expected, ot_error *error) {
    return kv_write(store, key, ot_str_of(NULL, 0), expected, NULL, error);
}

ot_status ot_kv_scan(ot_store *store, ot_str prefix, ot_str after,
                     ot_status (*each)(void *ctx, ot_str key, ot_str value, uint64_t version), void *ctx,
                     ot_error *error) {
    if (!store->ops.kv_scan) return unsupported(store, "key and value", error);
    if (prefix.len > 1024 || after.len > 1024) {
        return ot_error_set(error, OT_EINVAL, "key", OT_NO_OFFSET, "a key has at most 1024 bytes");
    }
    return store->ops.kv_scan(store->self, prefix, after, each, ctx, error);
}
