/* store_memory_put.c: what is written to the memory store. Whatever a put needs is allocated before anything changes, so that it is all or none. */
#include "store_memory.h"

/* ---- key and value ---- */

static ot_str pair_key(const mem_pair *p) {
    return ot_str_of(p->bytes, p->key);
}

bool ot__mem_pair_find(const mem_store *s, ot_str key, size_t *where) {
    size_t low = 0, high = s->pair_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = ot_str_cmp(pair_key(&s->pairs[mid]), key);
        if (!c) {
            *where = mid;
            return true;
        }
        if (c < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    *where = low;
    return false;
}

/* One step that can be undone: `saved` is what stood there before (bytes NULL: nothing), or what is to be put there. */
static void pair_swap(mem_store *s, ot_str key, mem_pair *saved) {
    size_t where;
    bool there = ot__mem_pair_find(s, key, &where);
    mem_pair old;
    memset(&old, 0, sizeof old);
    if (there) old = s->pairs[where];
    if (saved->bytes) {
        if (!there) {
            memmove(s->pairs + where + 1, s->pairs + where, (s->pair_count - where) * sizeof *s->pairs);
            s->pair_count++;
        }
        s->pairs[where] = *saved;
    } else if (there) {
        memmove(s->pairs + where, s->pairs + where + 1, (s->pair_count - where - 1) * sizeof *s->pairs);
        s->pair_count--;
    }
    *saved = old;
}

/* All ops or none. */
ot_status ot__mem_apply_ops(mem_store *s, const ot_kv_op *ops, size_t count, bool strict_delete, ot_error *error) {
    if (!count) return OT_OK;
    mem_pair *saved = ot_mem_zalloc(count, sizeof *saved);
    if (!saved || !ot__mem_grow((void **)&s->pairs, &s->pair_cap, s->pair_count + count, sizeof *s->pairs)) {
        ot_mem_free(saved, count * sizeof *saved);
        return ot__mem_no_memory(error);
    }
    ot_status status = OT_OK;
    size_t done = 0;
    for (; done < count && status == OT_OK; done++) {
        const ot_kv_op *op = &ops[done];
        size_t where;
        uint64_t stands = ot__mem_pair_find(s, op->key, &where) ? s->pairs[where].version : OT_KV_NEW;
        if (op->expected != OT_KV_ANY && op->expected != stands) {
            status = ot_error_set(error, OT_ECONFLICT, "key", OT_NO_OFFSET, "'%.*s' was changed in between",
                                  op->key.len < 80 ? (int)op->key.len : 80, op->key.ptr);
            break;
        }
        if (op->value.ptr) {
            mem_pair p = {ot_mem_alloc(op->key.len + op->value.len), op->key.len, op->key.len + op->value.len,
                          ++s->version};
            if (!p.bytes) {
                status = ot__mem_no_memory(error);
                break;
            }
            memcpy(p.bytes, op->key.ptr, op->key.len);
            if (op->value.len) memcpy(p.bytes + op->key.len, op->value.ptr, op->value.len);
            saved[done] = p;
        } else if (strict_delete && stands == OT_KV_NEW) {
            status = ot_error_set(error, OT_ENOTFOUND, "key", OT_NO_OFFSET, "nothing stands there");
            break;
        }
        pair_swap(s, op->key, &saved[done]);
    }
    if (status != OT_OK) {
        while (done-- > 0)
            pair_swap(s, ops[done].key, &saved[done]);
    }
    for (size_t i = 0; i < count; i++)
        ot_mem_free(saved[i].bytes, saved[i].size);
    ot_mem_free(saved, count * sizeof *saved);
    return status;
}

/* ---- put ---- */

static mem_item *item_new(const ot_record *r) {
    mem_item *it = ot_mem_zalloc(1, sizeof *it);
    if (!it) return NULL;
    it->size = r->topic.len + r->payload.len + 1;
    if (r->reject) it->size += r->user.len + r->device.len + r->reject->field.len + r->reject->reason.len;
    it->bytes = ot_mem_alloc(it->size);
    if (!it->bytes) {
        ot_mem_free(it, sizeof *it);
        return NULL;
    }
    it->r = *r;
    it->r.repeats = 0;
    it->r.last_arrival = r->arrival;
    it->r.change = r->reject ? OT_CHANGE_REJECTED : OT_CHANGE_STORED;
    char *to = it->bytes;
    it->r.topic = ot__mem_put_view(r->topic, &to);
    it->r.payload = ot__mem_put_view(r->payload, &to);
    if (r->reject) {
        it->kind = REJECT;
        it->reject = *r->reject;
        it->r.type = OT_TYPE_NONE;
        it->r.user = ot__mem_put_view(r->user, &to);
        it->r.device = ot__mem_put_view(r->device, &to);
        it->reject.field = ot__mem_put_view(r->reject->field, &to);
        it->reject.reason = ot__mem_put_view(r->reject->reason, &to);
        if (!it->reject.length) it->reject.length = r->payload.len;
        it->r.reject = &it->reject;
    }
    return it;
}

static void repeat(mem_store *s, mem_item *it, ot_time arrival) {
    it->r.repeats++;
    if (arrival > it->r.last_arrival) it->r.last_arrival = arrival;
    s->stats.repeats++;
}

size_t ot__mem_reject_at(const mem_store *s, ot_time arrival, uint64_t seq) {
    size_t low = 0, high = s->reject_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const ot_record *r = &s->rejects[mid]->r;
        if (r->arrival < arrival || (r->arrival == arrival && r->seq < seq)) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

static void put_reject(mem_store *s, mem_item *it) {
    s->stats.rejected++;
    mem_item *same = ot__mem_table_find(s, NULL, &it->r.id, REJECT, NULL);
    if (same) {
        same->r.repeats++;
        if (it->r.arrival > same->r.last_arrival) same->r.last_arrival = it->r.arrival;
        ot__mem_item_free(it);
        return;
    }
    ot__mem_change_add(s, it);
    ot__mem_table_insert(s, it);
    size_t at = ot__mem_reject_at(s, it->r.arrival, it->r.seq);
    memmove(s->rejects + at + 1, s->rejects + at, (s->reject_count - at) * sizeof *s->rejects);
    s->rejects[at] = it;
    s->reject_count++;
    s->reject_bytes += it->r.payload.len;
    s->stats.bytes += it->size;
    while (s->reject_count > s->config->max_rejects || s->reject_bytes > s->config->max_reject_bytes) {
        mem_item *old = s->rejects[0];
        memmove(s->rejects, s->rejects + 1, --s->reject_count * sizeof *s->rejects);
        s->reject_bytes -= old->r.payload.len;
        s->stats.bytes -= old->size;
        ot__mem_change_drop(s, old);
        ot__mem_table_remove(s, old);
        ot__mem_item_free(old);
    }
}

/* The stored record that this one repeats, or NULL. */
static mem_item *repeated(mem_store *s, mem_device *dev, const ot_record *r) {
    mem_item *newest = ot__mem_newest_of(s, dev, r->type);
    switch (ot_identity_of(r->type)) {
    case OT_IDENTITY_ID:
        return ot__mem_table_find(s, dev, &r->id, RECORD, NULL);
    case OT_IDENTITY_LWT:
        if (newest && (dev->d.presence.heard == OT_TIME_NONE || dev->d.presence.heard <= newest->r.arrival))
            return newest;
        break;
    default:
        if (newest && ot_id_cmp(&newest->r.id, &r->id) == 0) return newest;
        break;
    }
    return ot__mem_table_find(s, dev, &r->id, RECORD, r);
}

static bool stays_removed(mem_store *s, mem_device *dev, const ot_record *r) {
    if (!ot__mem_table_find(s, dev, &r->id, REMOVED, NULL)) return false;
    if (ot_identity_of(r->type) == OT_IDENTITY_ID || r->marks & OT_MARK_RETAINED) return true;
    /* A state may come back: live, and later than another one. */
    const mem_item *newest = ot__mem_newest_of(s, dev, r->type);
    return !newest || ot_id_cmp(&newest->r.id, &r->id) == 0 || newest->r.at >= r->at;
}

static ot_put_result put_record(mem_store *s, mem_device *dev, mem_item *it) {
    ot_record *r = &it->r;
    if (!dev->known) {
        ot__mem_device_clear(dev);
        dev->known = true;
        dev->d.first_seen = dev->d.last_seen = r->arrival;
    }
    if (r->arrival < dev->d.first_seen) dev->d.first_seen = r->arrival;
    if (r->arrival > dev->d.last_seen) dev->d.last_seen = r->arrival;
    if (r->origin == OT_ORIGIN_MQTT) dev->d.by_mqtt = true;
    if (r->origin == OT_ORIGIN_HTTP) dev->d.by_http = true;

    mem_item *same = repeated(s, dev, r);
    bool gone = !same && stays_removed(s, dev, r);
    ot_presence_step(&dev->d.presence, r, 0, NULL);
    if (same || gone) {
        if (same) repeat(s, same, r->arrival);
        if (gone) s->stats.repeats++;
        ot__mem_item_free(it);
        return OT_PUT_REPEAT;
    }
    it->dev = dev;
    r->user = dev->d.user;
    r->device = dev->d.device;
    ot__mem_change_add(s, it);
    ot__mem_list_insert(s, it);
    ot__mem_table_insert(s, it);
    mem_item *newest = ot__mem_newest_of(s, dev, r->type);
    if (!newest || ot__mem_newer(r, &newest->r)) dev->newest[r->type] = it;
    dev->d.records++;
    s->stats.records++;
    s->stats.bytes += it->size;
    return OT_PUT_STORED;
}

ot_status ot__mem_put(void *self, const ot_record *records, size_t count, const ot_kv_op *ops, size_t op_count,
                      ot_put_result *results, ot_error *error) {
    mem_store *s = self;
    ot__mem_forget_old(s);
    mem_item **items = ot_mem_zalloc(count ? count : 1, sizeof *items);
    bool ok = items && ot__mem_table_reserve(s, count) && ot__mem_changes_reserve(s, count) &&
              ot__mem_grow((void **)&s->rejects, &s->reject_cap, s->reject_count + count, sizeof *s->rejects);
    for (size_t i = 0; ok && i < count; i++) {
        items[i] = item_new(&records[i]);
        ok = items[i] != NULL;
        if (ok && !records[i].reject) ok = ot__mem_device_add(s, records[i].user, records[i].device) != NULL;
    }
    ot_status status = ok ? ot__mem_apply_ops(s, ops, op_count, false, error) : ot__mem_no_memory(error);
    if (status != OT_OK) {
        for (size_t i = 0; items && i < count; i++) {
            if (items[i]) ot__mem_item_free(items[i]);
        }
        ot_mem_free(items, (count ? count : 1) * sizeof *items);
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        ot_put_result result = OT_PUT_REFUSED;
        if (records[i].reject) {
            put_reject(s, items[i]);
        } else {
            result = put_record(s, ot__mem_device_find(s, records[i].user, records[i].device, NULL), items[i]);
        }
        if (results) results[i] = result;
    }
    ot_mem_free(items, (count ? count : 1) * sizeof *items);
    return OT_OK;
}
