/* kept.c: records that the face keeps, and what it makes by scanning where a backend has no slot: last, devices, removal. */
#include "store.h"

static void take(ot_str from, char **to, ot_str *out) {
    if (!from.ptr) return;
    if (from.len) memcpy(*to, from.ptr, from.len);
    *out = ot_str_of(*to, from.len);
    *to += from.len;
}

ot_status ot__kept_set(ot__kept *kept, const ot_record *r) {
    size_t size = r->user.len + r->device.len + r->topic.len + r->payload.len + 1;
    if (size > kept->size) {
        char *bytes = ot_mem_alloc(size);
        if (!bytes) return OT_ENOMEM;
        ot_mem_free(kept->bytes, kept->size);
        kept->bytes = bytes;
        kept->size = size;
    }
    kept->record = *r;
    kept->record.reject = NULL;
    char *to = kept->bytes;
    take(r->user, &to, &kept->record.user);
    take(r->device, &to, &kept->record.device);
    take(r->topic, &to, &kept->record.topic);
    take(r->payload, &to, &kept->record.payload);
    return OT_OK;
}

void ot__kept_free(ot__kept *kept) {
    ot_mem_free(kept->bytes, kept->size);
    memset(kept, 0, sizeof *kept);
}

/* A table of one entry a device, in the order of user and device. */
typedef struct entry {
    ot__kept kept; /* the newest location, or any record: its names are those of the device */
    bool located;
    ot_device device;
} entry;

typedef struct table {
    entry *entries;
    size_t count, cap;
} table;

static void table_free(table *t) {
    for (size_t i = 0; i < t->count; i++)
        ot__kept_free(&t->entries[i].kept);
    ot_mem_free(t->entries, t->cap * sizeof *t->entries);
}

static ot_status table_find(table *t, const ot_record *r, entry **out, bool *fresh) {
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const ot_record *k = &t->entries[mid].kept.record;
        int c = ot_str_cmp(k->user, r->user);
        if (!c) c = ot_str_cmp(k->device, r->device);
        if (!c) {
            *out = &t->entries[mid];
            *fresh = false;
            return OT_OK;
        }
        if (c < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    if (t->count == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 16;
        entry *entries = ot_mem_resize(t->entries, t->cap * sizeof *entries, cap * sizeof *entries);
        if (!entries) return OT_ENOMEM;
        t->entries = entries;
        t->cap = cap;
    }
    entry e;
    memset(&e, 0, sizeof e);
    ot_status status = ot__kept_set(&e.kept, r);
    if (status != OT_OK) return status;
    memmove(t->entries + low + 1, t->entries + low, (t->count - low) * sizeof *t->entries);
    t->entries[low] = e;
    t->count++;
    *out = &t->entries[low];
    *fresh = true;
    return OT_OK;
}

static ot_status walk(ot_store *store, ot_str user, ot_str device, uint64_t types,
                      ot_status (*each)(table *t, const ot_record *r), table *t, ot_error *error) {
    ot_query query = OT_QUERY_INIT;
    query.user = user;
    query.device = device;
    query.types = types;
    ot_cursor *cursor;
    ot_status status = ot_store_scan(store, &query, &cursor, error);
    if (status != OT_OK) return status;
    const ot_record *r;
    while ((status = ot_cursor_next(cursor, &r, error)) == OT_OK) {
        status = each(t, r);
        if (status != OT_OK) {
            ot_error_set(error, status, NULL, OT_NO_OFFSET, "no memory");
            break;
        }
    }
    ot_cursor_close(cursor);
    return status == OT_DONE ? OT_OK : status;
}

static ot_status take_last(table *t, const ot_record *r) {
    entry *e;
    bool fresh;
    ot_status status = table_find(t, r, &e, &fresh);
    if (status != OT_OK || fresh) return status;
    const ot_record *k = &e->kept.record;
    bool newer =
        r->at > k->at || (r->at == k->at && (r->arrival > k->arrival || (r->arrival == k->arrival && r->seq > k->seq)));
    return newer ? ot__kept_set(&e->kept, r) : OT_OK;
}

ot_status ot__fallback_last(ot_store *store, ot_str user, ot_str device, ot_cursor *cursor, ot_error *error) {
    table t = {NULL, 0, 0};
    ot_status status = walk(store, user, device, OT_TYPE_BIT(OT_TYPE_LOCATION), take_last, &t, error);
    if (status == OT_OK && t.count) {
        cursor->list = ot_mem_zalloc(t.count, sizeof *cursor->list);
        if (cursor->list) {
            cursor->count = t.count;
            for (size_t i = 0; i < t.count; i++)
                cursor->list[i] = t.entries[i].kept;
            t.count = 0; /* the bytes now belong to the list */
        } else {
            status = ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "no memory");
        }
    }
    table_free(&t);
    return status;
}

static ot_status take_device(table *t, const ot_record *r) {
    entry *e;
    bool fresh;
    ot_record names = *r;
    names.payload = names.topic = ot_str_of(NULL, 0);
    ot_status status = table_find(t, &names, &e, &fresh);
    if (status != OT_OK) return status;
    ot_time last = r->last_arrival != OT_TIME_NONE && r->last_arrival > r->arrival ? r->last_arrival : r->arrival;
    ot_device *d = &e->device;
    if (fresh) {
        const ot_presence none = OT_PRESENCE_INIT;
        d->size = sizeof *d;
        d->first_seen = r->arrival;
        d->last_seen = last;
        d->presence = none;
    }
    if (r->arrival < d->first_seen) d->first_seen = r->arrival;
    if (last > d->last_seen) d->last_seen = last;
    if (r->origin == OT_ORIGIN_MQTT) d->by_mqtt = true;
    if (r->origin == OT_ORIGIN_HTTP) d->by_http = true;
    d->records++;
    return OT_OK;
}

ot_status ot__fallback_devices(ot_store *store, ot_str user, ot_str device,
                               ot_status (*each)(void *ctx, const ot_device *device), void *ctx, ot_error *error) {
    table t = {NULL, 0, 0};
    ot_status status = walk(store, user, device, 0, take_device, &t, error);
    for (size_t i = 0; status == OT_OK && i < t.count; i++) {
        t.entries[i].device.user = t.entries[i].kept.record.user;
        t.entries[i].device.device = t.entries[i].kept.record.device;
        status = each(ctx, &t.entries[i].device);
    }
    table_free(&t);
    return status;
}

#define REMOVE_AT_ONCE 256

ot_status ot__fallback_remove(ot_store *store, const ot_query *query, uint64_t *removed, ot_error *error) {
    /* Places first, removal afterwards: no backend must bear a removal under an open cursor here. */
    ot__kept *kept = ot_mem_zalloc(REMOVE_AT_ONCE, sizeof *kept);
    if (!kept) return ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "no memory");
    ot_query q = *query;
    ot_status status = OT_OK;
    for (bool more = true; more && status == OT_OK;) {
        q.limit = REMOVE_AT_ONCE;
        if (query->limit && query->limit - *removed < q.limit) q.limit = query->limit - *removed;
        if (query->limit && q.limit == 0) break;
        ot_cursor *cursor;
        status = ot_store_scan(store, &q, &cursor, error);
        if (status != OT_OK) break;
        size_t n = 0;
        const ot_record *r;
        while (n < q.limit && (status = ot_cursor_next(cursor, &r, error)) == OT_OK) {
            ot_record names = *r;
            names.payload = names.topic = ot_str_of(NULL, 0);
            status = ot__kept_set(&kept[n], &names);
            if (status != OT_OK) break;
            n++;
        }
        ot_cursor_close(cursor);
        if (status == OT_DONE) status = OT_OK;
        more = n == q.limit;
        uint64_t before = *removed;
        for (size_t i = 0; i < n && status == OT_OK; i++) {
            const ot_record *k = &kept[i].record;
            ot_query one = OT_QUERY_INIT;
            one.user = k->user;
            one.device = k->device;
            one.from = one.to = k->at;
            one.id = &k->id;
            ot_scan scan = {sizeof scan, &one, NULL};
            uint64_t gone = 0;
            status = store->ops.remove(store->self, &scan, &gone, error);
            *removed += gone;
        }
        if (*removed == before) more = false; /* a backend that removes nothing must not keep us here */
    }
    for (size_t i = 0; i < REMOVE_AT_ONCE; i++)
        ot__kept_free(&kept[i]);
    ot_mem_free(kept, REMOVE_AT_ONCE * sizeof *kept);
    return status;
}
