/* store_memory.c: `memory:`, a store that ends with its handle: opening, devices, removal, numbers, and its table. */
#include "store_memory.h"

/* ---- the rest ---- */

static ot_status memory_head(void *self, uint64_t *position, ot_error *error) {
    (void)error;
    *position = ((mem_store *)self)->stats.head;
    return OT_OK;
}

static ot_status memory_devices(void *self, ot_str user, ot_str name,
                                ot_status (*each)(void *ctx, const ot_device *device), void *ctx, ot_error *error) {
    (void)error;
    mem_store *s = self;
    for (size_t i = 0; i < s->device_count; i++) {
        const mem_device *dev = s->devices[i];
        if (!dev->known) continue;
        if ((user.ptr && !ot_str_eq(user, dev->d.user)) || (name.ptr && !ot_str_eq(name, dev->d.device))) continue;
        ot_status status = each(ctx, &dev->d);
        if (status != OT_OK) return status;
    }
    return OT_OK;
}

static ot_status memory_remove(void *self, const ot_scan *scan, uint64_t *removed, ot_error *error) {
    mem_store *s = self;
    ot__mem_forget_old(s);
    mem_cursor c;
    memset(&c, 0, sizeof c);
    ot_status status = ot__mem_changes_reserve(s, (size_t)s->stats.records) ? ot__mem_scan(s, &c, scan, error)
                                                                            : ot__mem_no_memory(error);
    /* All of them are found before the first goes: all or none. */
    mem_item **found = NULL;
    size_t count = 0, cap = 0;
    ot_record out;
    while (status == OT_OK && (status = ot__mem_next(s, &c, &out, error)) == OT_OK) {
        if (!ot__mem_grow((void **)&found, &cap, count + 1, sizeof(mem_item *))) {
            status = ot__mem_no_memory(error);
            break;
        }
        mem_device *dev = ot__mem_device_find(s, out.user, out.device, NULL);
        found[count++] = ot__mem_table_find(s, dev, &out.id, RECORD, &out);
    }
    ot__mem_cursor_close(s, &c);
    if (status == OT_DONE) {
        for (size_t i = 0; i < count; i++)
            ot__mem_remove_item(s, found[i]);
        *removed += count;
        status = OT_OK;
    }
    ot_mem_free(found, cap * sizeof(mem_item *));
    return status;
}

static ot_status memory_remove_device(void *self, ot_str user, ot_str name, uint64_t *removed, ot_error *error) {
    mem_store *s = self;
    mem_device *dev = ot__mem_device_find(s, user, name, NULL);
    if (!dev || !dev->known) return ot_error_set(error, OT_ENOTFOUND, "device", OT_NO_OFFSET, "is not known");
    ot_query q = OT_QUERY_INIT;
    q.user = user;
    q.device = name;
    ot_scan scan = {sizeof scan, &q, NULL};
    ot_status status = memory_remove(s, &scan, removed, error);
    if (status == OT_OK) ot__mem_device_clear(dev);
    return status;
}

static ot_status memory_retain(void *self, ot_time before, bool dry_run, uint64_t *removed, ot_error *error) {
    mem_store *s = self;
    ot__mem_forget_old(s);
    if (!ot__mem_changes_reserve(s, (size_t)s->stats.records)) return ot__mem_no_memory(error);
    for (mem_item *it = s->head.next[0], *next; it && it->r.at < before; it = next) {
        next = it->next[0];
        if (ot__mem_newest_of(s, it->dev, it->r.type) == it) continue;
        if (!dry_run) ot__mem_remove_item(s, it);
        ++*removed;
    }
    return OT_OK;
}

static ot_status memory_stats(void *self, ot_store_stats *out, ot_error *error) {
    (void)error;
    const mem_store *s = self;
    size_t size = out->size;
    *out = s->stats;
    out->size = size;
    out->rejects = s->reject_count;
    for (size_t i = 0; i < s->device_count; i++)
        out->devices += s->devices[i]->known;
    return OT_OK;
}

static ot_status memory_check(void *self, void (*report)(void *ctx, ot_str line), void *ctx, ot_error *error) {
    const mem_store *s = self;
    ot_status status = OT_OK;
    for (const mem_item *it = s->head.next[0]; it; it = it->next[0]) {
        ot_id id = ot_id_of_record(it->r.user, it->r.device, it->r.payload, it->r.index);
        if (it->r.marks & OT_MARK_REDACTED || ot_id_cmp(&id, &it->r.id) == 0) continue;
        if (report) report(ctx, OT_STR("a record's id is not that of its payload"));
        status = ot_error_set(error, OT_ECORRUPT, "id", OT_NO_OFFSET, "is not that of the payload");
    }
    return status;
}

static ot_status memory_kv_get(void *self, ot_str key, const ot_sink *sink, uint64_t *version, ot_error *error) {
    const mem_store *s = self;
    size_t at;
    if (!ot__mem_pair_find(s, key, &at))
        return ot_error_set(error, OT_ENOTFOUND, "key", OT_NO_OFFSET, "nothing stands there");
    const mem_pair *p = &s->pairs[at];
    *version = p->version;
    return sink ? sink->write(sink->ctx, p->bytes + p->key, p->size - p->key) : OT_OK;
}

static ot_status memory_kv_put(void *self, const ot_kv_op *op, uint64_t *version, ot_error *error) {
    mem_store *s = self;
    ot_status status = ot__mem_apply_ops(s, op, 1, true, error);
    *version = s->version;
    return status;
}

static ot_status memory_kv_scan(void *self, ot_str prefix, ot_str after,
                                ot_status (*each)(void *ctx, ot_str key, ot_str value, uint64_t version), void *ctx,
                                ot_error *error) {
    (void)error;
    const mem_store *s = self;
    size_t at;
    bool behind = ot_str_cmp(after, prefix) > 0 || (after.ptr && ot_str_eq(after, prefix));
    if (ot__mem_pair_find(s, behind ? after : prefix, &at) && behind) at++;
    for (; at < s->pair_count; at++) {
        const mem_pair *p = &s->pairs[at];
        if (p->key < prefix.len || (prefix.len && memcmp(p->bytes, prefix.ptr, prefix.len) != 0)) break;
        ot_status status =
            each(ctx, ot_str_of(p->bytes, p->key), ot_str_of(p->bytes + p->key, p->size - p->key), p->version);
        if (status != OT_OK) return status;
    }
    return OT_OK;
}

static ot_status memory_open(void *self, const char *rest, const ot_store_config *config, ot_error *error) {
    mem_store *s = self;
    s->config = config;
    s->random = 1;
    if (rest[0]) return ot_error_set(error, OT_EINVAL, "store", OT_NO_OFFSET, "nothing follows 'memory:'");
    if (config->option_count)
        return ot_error_set(error, OT_EINVAL, config->options[0].name, OT_NO_OFFSET, "memory: has no options");
    if (config->must_exist)
        return ot_error_set(error, OT_ENOTFOUND, "store", OT_NO_OFFSET, "memory: never exists before");
    return OT_OK;
}

static void memory_close(void *self) {
    mem_store *s = self;
    for (size_t i = 0; i < s->table_size; i++) {
        for (mem_item *it = s->table[i], *next; it; it = next) {
            next = it->hash;
            ot__mem_item_free(it);
        }
    }
    ot_mem_free(s->table, s->table_size * sizeof *s->table);
    for (size_t i = 0; i < s->device_count; i++)
        ot__mem_device_free(s->devices[i]);
    ot_mem_free(s->devices, s->device_cap * sizeof *s->devices);
    ot_mem_free(s->changes, s->change_cap * sizeof *s->changes);
    ot_mem_free(s->rejects, s->reject_cap * sizeof *s->rejects);
    for (size_t i = 0; i < s->pair_count; i++)
        ot_mem_free(s->pairs[i].bytes, s->pairs[i].size);
    ot_mem_free(s->pairs, s->pair_cap * sizeof *s->pairs);
}

const ot_store_ops *ot__store_memory(void);

const ot_store_ops *ot__store_memory(void) {
    static const ot_store_ops ops = {
        .size = sizeof(ot_store_ops),
        .scheme = "memory",
        .instance_size = sizeof(mem_store),
        .cursor_size = sizeof(mem_cursor),
        .filters = OT_STORE_FILTERS_ALL,
        .open = memory_open,
        .close = memory_close,
        .put = ot__mem_put,
        .scan = ot__mem_scan,
        .next = ot__mem_next,
        .cursor_close = ot__mem_cursor_close,
        .last = ot__mem_last,
        .changes = ot__mem_changes,
        .head = memory_head,
        .rejects = ot__mem_rejects,
        .devices = memory_devices,
        .remove = memory_remove,
        .remove_device = memory_remove_device,
        .retain = memory_retain,
        .stats = memory_stats,
        .check = memory_check,
        .kv_get = memory_kv_get,
        .kv_put = memory_kv_put,
        .kv_scan = memory_kv_scan,
    };
    return &ops;
}
