/* store_sqlite_put.c: what is written: one transaction, what has the identity of its bytes in the order of the clustered table. */
#include "store_sqlite.h"

#include <stdlib.h>

/* A record on its way: what has its identity by id waits for the order of the table. */
typedef struct slot {
    sq_device *dev;
    const ot_record *r;
    size_t n; /* in the call */
} slot;

static int slot_cmp(const void *left, const void *right) {
    const slot *a = left, *b = right;
    if (a->dev->dev != b->dev->dev) return a->dev->dev < b->dev->dev ? -1 : 1;
    if (a->r->type != b->r->type) return a->r->type < b->r->type ? -1 : 1;
    if (a->r->at != b->r->at) return a->r->at < b->r->at ? -1 : 1;
    int c = ot_id_cmp(&a->r->id, &b->r->id);
    return c ? c : (a->n > b->n) - (a->n < b->n);
}

static void bind_place(sqlite3_stmt *st, const sq_device *dev, ot_type type, ot_time at, const ot_id *id) {
    sqlite3_bind_int64(st, 1, dev->dev);
    sqlite3_bind_int(st, 2, (int)type);
    sqlite3_bind_int64(st, 3, at);
    sqlite3_bind_blob(st, 4, id->bytes, 16, SQLITE_STATIC);
}

/* Looks whether a statement gives a row; its columns can be read until the next step or reset. */
static ot_status probe(sq_store *s, sqlite3_stmt *st, bool *row, ot_error *error) {
    int code = sqlite3_step(st);
    *row = code == SQLITE_ROW;
    if (code == SQLITE_ROW || code == SQLITE_DONE) return OT_OK;
    ot_status status = ot__sq_fail(s->db, code, error, "reading");
    sqlite3_reset(st);
    return status;
}

static ot_status repeat(sq_store *s, const sq_device *dev, ot_type type, ot_time at, const ot_id *id, ot_time arrival,
                        ot_error *error) {
    s->state.repeats++;
    sqlite3_stmt *st = ot__sq_get(s, SQ_RECORD_AGAIN);
    bind_place(st, dev, type, at, id);
    sqlite3_bind_int64(st, 5, arrival);
    return ot__sq_run(s, st, error);
}

/* Was it removed, and stays so? A state may come back: live, and later than another one. */
static ot_status stays_removed(sq_store *s, sq_device *dev, const ot_record *r, bool *out, ot_error *error) {
    *out = false;
    if (!dev->has_removed) return OT_OK;
    sqlite3_stmt *st = ot__sq_get(s, SQ_REMOVED);
    ot_time now = ot_clock_now(s->config->clock), since = INT64_MIN;
    if (__builtin_sub_overflow(now, s->config->remember_removed, &since)) since = INT64_MIN;
    sqlite3_bind_int64(st, 1, dev->dev);
    sqlite3_bind_blob(st, 2, r->id.bytes, 16, SQLITE_STATIC);
    sqlite3_bind_int64(st, 3, since);
    ot_status status = probe(s, st, out, error);
    sqlite3_reset(st);
    if (status != OT_OK || !*out) return status;
    if (ot_identity_of(r->type) == OT_IDENTITY_ID || r->marks & OT_MARK_RETAINED) return OT_OK;
    const sq_newest *n = ot__sq_newest(dev, r->type, false);
    *out = !n || !n->count || ot_id_cmp(&n->id, &r->id) == 0 || n->at >= r->at;
    return OT_OK;
}

static ot_status insert(sq_store *s, sq_device *dev, const ot_record *r, uint64_t seq, bool *stored, ot_error *error) {
    int64_t topic;
    ot_status status = ot__sq_topic(s, r->topic, &topic, error);
    if (status != OT_OK) return status;
    sqlite3_stmt *st = ot__sq_get(s, SQ_RECORD_NEW);
    bind_place(st, dev, r->type, r->at, &r->id);
    sqlite3_bind_int64(st, 5, (int64_t)seq);
    sqlite3_bind_int64(st, 6, r->arrival);
    sqlite3_bind_int(st, 7, (int)r->origin);
    sqlite3_bind_int(st, 8, r->qos);
    sqlite3_bind_int(st, 9, (int)r->sub);
    sqlite3_bind_int64(st, 10, r->index);
    sqlite3_bind_int64(st, 11, r->marks);
    if (r->has_position) {
        sqlite3_bind_double(st, 12, r->lat);
        sqlite3_bind_double(st, 13, r->lon);
    } else {
        sqlite3_bind_null(st, 12);
        sqlite3_bind_null(st, 13);
    }
    sqlite3_bind_int64(st, 14, topic);
    int code = ot__sq_bind(st, 15, r->payload.ptr ? r->payload : ot_str_of("", 0));
    if (code != SQLITE_OK) return ot__sq_fail(s->db, code, error, "writing");
    int64_t before = sqlite3_total_changes64(s->db);
    status = ot__sq_run(s, st, error);
    *stored = status == OT_OK && sqlite3_total_changes64(s->db) != before;
    if (!*stored) return status;

    sq_newest *n = ot__sq_newest(dev, r->type, true);
    if (!n) return ot__sq_no_memory(error);
    bool first = n->count == 0;
    bool newer = first || r->at > n->at ||
                 (r->at == n->at && (r->arrival > n->arrival || (r->arrival == n->arrival && seq > n->seq)));
    if (newer) {
        n->at = r->at;
        n->arrival = r->arrival;
        n->seq = seq;
        n->id = r->id;
    }
    if (first || r->at < n->oldest) n->oldest = r->at;
    n->count++;
    n->dirty = true;
    dev->d.records++;
    s->state.records++;
    if (seq > s->state.seq) s->state.seq = seq;
    return OT_OK;
}

/* A record whose `at` does not follow from its bytes, or whose bytes may stand there with another `at`. */
static ot_status find_untimed(sq_store *s, sq_device *dev, const ot_record *r, bool *found, ot_type *type, ot_time *at,
                              ot_error *error) {
    *found = false;
    ot_status status = OT_OK;
    if (dev->has_untimed) {
        sqlite3_stmt *st = ot__sq_get(s, SQ_UNTIMED);
        sqlite3_bind_int64(st, 1, dev->dev);
        sqlite3_bind_blob(st, 2, r->id.bytes, 16, SQLITE_STATIC);
        status = probe(s, st, found, error);
        if (*found) {
            *type = (ot_type)sqlite3_column_int(st, 0);
            *at = sqlite3_column_int64(st, 1);
        }
        sqlite3_reset(st);
    }
    if (status != OT_OK || *found || !(r->marks & OT_MARK_FUTURE)) return status;
    /* It came ahead of its time; it may stand there under its own. */
    ot_message *m = NULL;
    if (ot_message_new(NULL, &m) != OT_OK) return ot__sq_no_memory(error);
    if (ot_message_decode(m, r->payload, NULL) == OT_OK || ot_message_decode_csv(m, r->payload, NULL) == OT_OK) {
        *type = r->type;
        *at = ot_record_time(m, INT64_MAX, NULL);
        sqlite3_stmt *st = ot__sq_get(s, SQ_RECORD_THERE);
        bind_place(st, dev, *type, *at, &r->id);
        status = probe(s, st, found, error);
        sqlite3_reset(st);
    }
    ot_message_free(m);
    return status;
}

static ot_status put_by_id(sq_store *s, sq_device *dev, const ot_record *r, uint64_t seq, ot_put_result *result,
                           ot_error *error) {
    bool there = false, timed = ot_record_timed(r);
    ot_type type = r->type;
    ot_time at = r->at;
    ot_status status = OT_OK;
    if (dev->has_untimed || !timed) status = find_untimed(s, dev, r, &there, &type, &at, error);
    if (status != OT_OK) return status;
    *result = OT_PUT_REPEAT;
    if (there) return repeat(s, dev, type, at, &r->id, r->arrival, error);
    bool gone;
    status = stays_removed(s, dev, r, &gone, error);
    if (status != OT_OK) return status;
    if (gone) {
        s->state.repeats++;
        return OT_OK;
    }
    bool stored;
    status = insert(s, dev, r, seq, &stored, error);
    if (status != OT_OK) return status;
    if (!stored) return repeat(s, dev, r->type, r->at, &r->id, r->arrival, error);
    *result = OT_PUT_STORED;
    if (timed) return OT_OK;
    sqlite3_stmt *st = ot__sq_get(s, SQ_UNTIMED_NEW);
    sqlite3_bind_int64(st, 1, dev->dev);
    sqlite3_bind_blob(st, 2, r->id.bytes, 16, SQLITE_STATIC);
    sqlite3_bind_int(st, 3, (int)r->type);
    sqlite3_bind_int64(st, 4, r->at);
    dev->has_untimed = true;
    return ot__sq_run(s, st, error);
}

/* A state: it repeats if it is equal to the newest one, or stands at this very time. `presence` is as it was before this record. */
static ot_status put_by_newest(sq_store *s, sq_device *dev, const ot_record *r, uint64_t seq,
                               const ot_presence *presence, ot_put_result *result, ot_error *error) {
    const sq_newest *n = ot__sq_newest(dev, r->type, false);
    *result = OT_PUT_REPEAT;
    if (n && n->count) {
        bool same = ot_identity_of(r->type) == OT_IDENTITY_LWT
                        ? presence->heard == OT_TIME_NONE || presence->heard <= n->arrival
                        : ot_id_cmp(&n->id, &r->id) == 0;
        if (same) return repeat(s, dev, r->type, n->at, &n->id, r->arrival, error);
    }
    sqlite3_stmt *st = ot__sq_get(s, SQ_RECORD_THERE);
    bind_place(st, dev, r->type, r->at, &r->id);
    bool there, gone;
    ot_status status = probe(s, st, &there, error);
    sqlite3_reset(st);
    if (status == OT_OK && there) return repeat(s, dev, r->type, r->at, &r->id, r->arrival, error);
    if (status == OT_OK) status = stays_removed(s, dev, r, &gone, error);
    if (status != OT_OK) return status;
    if (gone) {
        s->state.repeats++;
        return OT_OK;
    }
    bool stored;
    status = insert(s, dev, r, seq, &stored, error);
    if (status == OT_OK) *result = OT_PUT_STORED;
    return status;
}

static ot_status put_reject(sq_store *s, const ot_record *r, uint64_t seq, ot_error *error) {
    s->state.rejected++;
    sqlite3_stmt *st = ot__sq_get(s, SQ_REJECT_AGAIN);
    sqlite3_bind_blob(st, 1, r->id.bytes, 16, SQLITE_STATIC);
    sqlite3_bind_int64(st, 2, r->arrival);
    ot_status status = ot__sq_run(s, st, error);
    if (status != OT_OK || sqlite3_changes(s->db) > 0) return status;
    const ot_reject *why = r->reject;
    st = ot__sq_get(s, SQ_REJECT_NEW);
    sqlite3_bind_int64(st, 1, (int64_t)seq);
    sqlite3_bind_blob(st, 2, r->id.bytes, 16, SQLITE_STATIC);
    sqlite3_bind_int64(st, 3, r->arrival);
    sqlite3_bind_int(st, 4, (int)why->status);
    if (why->offset == OT_NO_OFFSET) {
        sqlite3_bind_null(st, 5);
    } else {
        sqlite3_bind_int64(st, 5, (int64_t)why->offset);
    }
    ot__sq_bind(st, 6, why->field);
    ot__sq_bind(st, 7, why->reason);
    sqlite3_bind_int64(st, 8, (int64_t)(why->length ? why->length : r->payload.len));
    sqlite3_bind_int64(st, 9, (int64_t)r->payload.len);
    ot__sq_bind(st, 10, r->user);
    ot__sq_bind(st, 11, r->device);
    ot__sq_bind(st, 12, r->topic);
    sqlite3_bind_int(st, 13, (int)r->sub);
    sqlite3_bind_int(st, 14, r->qos);
    ot__sq_bind(st, 15, r->payload.ptr ? r->payload : ot_str_of("", 0));
    sqlite3_bind_int64(st, 16, r->index);
    sqlite3_bind_int64(st, 17, r->marks);
    sqlite3_bind_int(st, 18, (int)r->origin);
    status = ot__sq_run(s, st, error);
    if (status != OT_OK) return status;
    if (seq > s->state.seq) s->state.seq = seq;
    s->state.rejects++;
    s->state.reject_bytes += r->payload.len;
    while (s->state.rejects > s->config->max_rejects || s->state.reject_bytes > s->config->max_reject_bytes) {
        bool row;
        st = ot__sq_get(s, SQ_REJECT_OLDEST);
        status = probe(s, st, &row, error);
        if (status != OT_OK) return status;
        int64_t oldest = row ? sqlite3_column_int64(st, 0) : 0;
        uint64_t kept = row ? (uint64_t)sqlite3_column_int64(st, 1) : 0;
        sqlite3_reset(st);
        if (!row) break;
        st = ot__sq_get(s, SQ_REJECT_DROP);
        sqlite3_bind_int64(st, 1, oldest);
        status = ot__sq_run(s, st, error);
        if (status != OT_OK) return status;
        s->state.rejects--;
        s->state.reject_bytes -= kept < s->state.reject_bytes ? kept : s->state.reject_bytes;
    }
    return OT_OK;
}

/* What a record tells of its device, whatever becomes of the record. */
static void meet(sq_store *s, sq_device *dev, const ot_record *r) {
    ot_device *d = &dev->d;
    if (!dev->known) {
        const ot_presence none = OT_PRESENCE_INIT;
        dev->known = true;
        d->first_seen = d->last_seen = r->arrival;
        d->by_mqtt = d->by_http = false;
        d->presence = none;
    }
    if (r->arrival < d->first_seen) d->first_seen = r->arrival;
    if (r->arrival > d->last_seen) d->last_seen = r->arrival;
    if (r->origin == OT_ORIGIN_MQTT) d->by_mqtt = true;
    if (r->origin == OT_ORIGIN_HTTP) d->by_http = true;
    ot_presence_step(&d->presence, r, 0, NULL);
    dev->dirty = true;
    ot__sq_touch(s, dev);
}

static ot_status put_all(sq_store *s, const ot_record *records, size_t count, ot_put_result *results, ot_error *error) {
    slot *order = s->order;
    size_t waiting = 0;
    uint64_t base = s->state.seq + 1;
    ot_status status = OT_OK;
    for (size_t i = 0; i < count && status == OT_OK; i++) {
        const ot_record *r = &records[i];
        ot_put_result result = OT_PUT_REFUSED;
        if (r->reject) {
            status = put_reject(s, r, base + i, error);
        } else {
            sq_device *dev;
            status = ot__sq_device(s, r->user, r->device, true, &dev, error);
            if (status != OT_OK) break;
            ot_presence before = dev->d.presence;
            meet(s, dev, r);
            if (ot_identity_of(r->type) == OT_IDENTITY_ID) {
                slot here = {dev, r, i};
                order[waiting++] = here;
                continue;
            }
            status = put_by_newest(s, dev, r, base + i, &before, &result, error);
        }
        if (results) results[i] = result;
    }
    if (status != OT_OK) return status;
    if (waiting > 1) qsort(order, waiting, sizeof *order, slot_cmp);
    for (size_t i = 0; i < waiting && status == OT_OK; i++) {
        ot_put_result result = OT_PUT_REFUSED;
        status = put_by_id(s, order[i].dev, order[i].r, base + order[i].n, &result, error);
        if (results) results[order[i].n] = result;
    }
    return status;
}

ot_status ot__sq_put(void *self, const ot_record *records, size_t count, const ot_kv_op *ops, size_t op_count,
                     ot_put_result *results, ot_error *error) {
    sq_store *s = self;
    if (count * sizeof(slot) > s->order_size) {
        size_t size = count * sizeof(slot) + 64 * sizeof(slot);
        void *order = ot_mem_alloc(size);
        if (!order) return ot__sq_no_memory(error);
        ot_mem_free(s->order, s->order_size);
        s->order = order;
        s->order_size = size;
    }
    ot_status status = ot__sq_begin(s, error);
    if (status != OT_OK) return status;
    status = ot__sq_purge(s, error);
    if (status == OT_OK) status = ot__sq_ops(s, ops, op_count, false, error);
    if (status == OT_OK) status = put_all(s, records, count, results, error);
    return ot__sq_end(s, status, error);
}
