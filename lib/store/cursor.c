/* cursor.c: cursors: starting them, filtering what the backend did not, the message of a record, the token of its place. */
#include "store.h"

ot_status ot__cursor_new(ot_store *store, ot_cursor **out) {
    ot_cursor *c = ot_mem_zalloc(1, sizeof *c);
    if (!c) return OT_ENOMEM;
    c->store = store;
    if (store->ops.cursor_size) {
        c->self = ot_mem_zalloc(1, store->ops.cursor_size);
        if (!c->self) {
            ot_mem_free(c, sizeof *c);
            return OT_ENOMEM;
        }
    }
    c->next = store->cursors;
    if (c->next) c->next->prev = c;
    store->cursors = c;
    *out = c;
    return OT_OK;
}

void ot_cursor_close(ot_cursor *c) {
    if (!c) return;
    if (c->opened) c->store->ops.cursor_close(c->store->self, c->self);
    if (c->prev) {
        c->prev->next = c->next;
    } else {
        c->store->cursors = c->next;
    }
    if (c->next) c->next->prev = c->prev;
    for (size_t i = 0; i < c->count; i++)
        ot__kept_free(&c->list[i]);
    ot_mem_free(c->list, c->count * sizeof *c->list);
    ot_message_free(c->message);
    ot_mem_free(c->names, c->names_size);
    ot_mem_free(c->self, c->store->ops.cursor_size);
    ot_mem_free(c, sizeof *c);
}

ot_status ot__query_check(const ot_query *q, ot_error *error) {
    if (!q || q->size != sizeof *q)
        return ot_error_set(error, OT_EINVAL, "size", OT_NO_OFFSET, "the query's size is not that of this version");
    if (q->box) {
        if (!(q->south >= -90 && q->north <= 90 && q->south <= q->north)) {
            return ot_error_set(error, OT_EINVAL, "box", OT_NO_OFFSET,
                                "south and north must be from -90 to 90, south not above north");
        }
        if (!(q->west >= -180 && q->west <= 180 && q->east >= -180 && q->east <= 180)) {
            return ot_error_set(error, OT_EINVAL, "box", OT_NO_OFFSET, "west and east must be from -180 to 180");
        }
    }
    if (q->from != OT_TIME_NONE && q->to != OT_TIME_NONE && q->from > q->to) {
        return ot_error_set(error, OT_EINVAL, "to", OT_NO_OFFSET, "lies before from");
    }
    return OT_OK;
}

bool ot_query_matches(const ot_query *q, uint32_t filters, const ot_record *r) {
    if (filters & OT_STORE_FILTERS_USER) {
        if (q->user.ptr && !ot_str_eq(q->user, r->user)) return false;
        if (q->device.ptr && !ot_str_eq(q->device, r->device)) return false;
    }
    if (filters & OT_STORE_FILTERS_TYPE && q->types && !(q->types & OT_TYPE_BIT(r->type))) return false;
    if (filters & OT_STORE_FILTERS_TIME) {
        if (q->from != OT_TIME_NONE && r->at < q->from) return false;
        if (q->to != OT_TIME_NONE && r->at > q->to) return false;
    }
    if (filters & OT_STORE_FILTERS_ID && q->id && ot_id_cmp(q->id, &r->id) != 0) return false;
    if (filters & OT_STORE_FILTERS_BOX && q->box) {
        if (!r->has_position || r->lat < q->south || r->lat > q->north) return false;
        bool inside =
            q->west <= q->east ? r->lon >= q->west && r->lon <= q->east : r->lon >= q->west || r->lon <= q->east;
        if (!inside) return false;
    }
    return true;
}

/* Which filters does this query need that the backend does not honour? */
static uint32_t residual_of(const ot_store *store, const ot_query *q) {
    uint32_t need = 0;
    if (q->user.ptr || q->device.ptr) need |= OT_STORE_FILTERS_USER;
    if (q->types) need |= OT_STORE_FILTERS_TYPE;
    if (q->from != OT_TIME_NONE || q->to != OT_TIME_NONE) need |= OT_STORE_FILTERS_TIME;
    if (q->box) need |= OT_STORE_FILTERS_BOX;
    if (q->id) need |= OT_STORE_FILTERS_ID;
    return need & ~store->ops.filters;
}

/* The query outlives the call that brought it: the views that filtering needs are copied. */
static ot_status keep_query(ot_cursor *c, const ot_query *q) {
    c->query = *q;
    c->query.after = ot_str_of(NULL, 0);
    c->names_size = q->user.len + q->device.len + 1;
    c->names = ot_mem_alloc(c->names_size);
    if (!c->names) return OT_ENOMEM;
    if (q->user.len) memcpy(c->names, q->user.ptr, q->user.len);
    if (q->device.len) memcpy(c->names + q->user.len, q->device.ptr, q->device.len);
    if (q->user.ptr) c->query.user = ot_str_of(c->names, q->user.len);
    if (q->device.ptr) c->query.device = ot_str_of(c->names + q->user.len, q->device.len);
    if (q->id) {
        c->id = *q->id;
        c->query.id = &c->id;
    }
    return OT_OK;
}

static ot_status start_scan(ot_cursor *c, const ot_query *query, ot_error *error) {
    ot_store *store = c->store;
    ot__token token;
    memset(&token, 0, sizeof token);
    if (query->after.ptr) {
        ot_status status = ot__token_parse(query->after, &token);
        if (status != OT_OK) return ot_error_set(error, status, "after", OT_NO_OFFSET, "is no token of this library");
    }
    ot_query q = *query;
    c->residual = residual_of(store, query);
    c->scanned = true;
    c->limited = q.limit != 0;
    c->left = q.limit;
    ot_status status = OT_OK;
    if (c->residual) {
        status = keep_query(c, query);
        q.limit = 0;
        if (status != OT_OK) ot_error_set(error, status, NULL, OT_NO_OFFSET, "no memory");
    }
    if (status == OT_OK) {
        ot_scan scan = {sizeof scan, &q, query->after.ptr ? &token.place : NULL};
        c->opened = true;
        status = store->ops.scan(store->self, c->self, &scan, error);
    }
    ot__token_free(&token);
    return status;
}

static ot_status begin(ot_store *store, ot_cursor **out, ot_error *error) {
    *out = NULL;
    ot_status status = ot__cursor_new(store, out);
    return status == OT_OK ? status : ot_error_set(error, status, NULL, OT_NO_OFFSET, "no memory for a cursor");
}

static ot_status finish(ot_status status, ot_cursor **out) {
    if (status != OT_OK) {
        ot_cursor_close(*out);
        *out = NULL;
    }
    return status;
}

ot_status ot_store_scan(ot_store *store, const ot_query *query, ot_cursor **out, ot_error *error) {
    *out = NULL;
    ot_status status = ot__query_check(query, error);
    if (status == OT_OK) status = begin(store, out, error);
    if (status != OT_OK) return status;
    return finish(start_scan(*out, query, error), out);
}

ot_status ot_store_last(ot_store *store, ot_str user, ot_str device, ot_cursor **out, ot_error *error) {
    ot_status status = begin(store, out, error);
    if (status != OT_OK) return status;
    if (!store->ops.last) return finish(ot__fallback_last(store, user, device, *out, error), out);
    (*out)->opened = true;
    return finish(store->ops.last(store->self, (*out)->self, user, device, error), out);
}

ot_status ot_store_changes(ot_store *store, uint64_t position, uint64_t limit, ot_cursor **out, ot_error *error) {
    *out = NULL;
    if (!store->ops.changes)
        return ot_error_set(error, OT_EUNSUPPORTED, NULL, OT_NO_OFFSET, "%s: stores have no list of changes",
                            store->ops.scheme);
    ot_status status = begin(store, out, error);
    if (status != OT_OK) return status;
    (*out)->opened = true;
    return finish(store->ops.changes(store->self, (*out)->self, position, limit, error), out);
}

ot_status ot_store_rejects(ot_store *store, ot_time from, ot_time to, uint64_t limit, ot_cursor **out,
                           ot_error *error) {
    *out = NULL;
    if (!store->ops.rejects)
        return ot_error_set(error, OT_EUNSUPPORTED, NULL, OT_NO_OFFSET, "%s: stores keep no rejects",
                            store->ops.scheme);
    if (from != OT_TIME_NONE && to != OT_TIME_NONE && from > to)
        return ot_error_set(error, OT_EINVAL, "to", OT_NO_OFFSET, "lies before from");
    ot_status status = begin(store, out, error);
    if (status != OT_OK) return status;
    (*out)->opened = true;
    return finish(store->ops.rejects(store->self, (*out)->self, from, to, limit, error), out);
}

ot_status ot_cursor_next(ot_cursor *c, const ot_record **out, ot_error *error) {
    *out = NULL;
    c->has = false;
    if (!c->opened) { /* a list of the face */
        if (c->at == c->count) return OT_DONE;
        c->record = c->list[c->at++].record;
        c->has = true;
        *out = &c->record;
        return OT_OK;
    }
    if (c->limited && c->left == 0) return OT_DONE;
    for (;;) {
        const ot_record empty = OT_RECORD_INIT;
        c->record = empty;
        ot_status status = c->store->ops.next(c->store->self, c->self, &c->record, error);
        if (status != OT_OK) return status;
        if (!c->residual || ot_query_matches(&c->query, c->residual, &c->record)) break;
    }
    if (c->limited) c->left--;
    c->has = true;
    *out = &c->record;
    return OT_OK;
}

ot_status ot_cursor_message(ot_cursor *c, const ot_message **out, ot_error *error) {
    *out = NULL;
    if (!c->has || !c->record.payload.ptr)
        return ot_error_set(error, OT_EINVAL, NULL, OT_NO_OFFSET, "there is no record with a payload here");
    if (!c->message) {
        ot_status status = ot_message_new(NULL, &c->message);
        if (status != OT_OK) return ot_error_set(error, status, NULL, OT_NO_OFFSET, "no memory for a message");
    }
    ot_error why = {OT_OK, 0, OT_NO_OFFSET, "", ""};
    ot_status status = ot_message_decode(c->message, c->record.payload, &why);
    /* A location that is no JSON was a tracker's line; where it is neither, it is told as JSON. */
    if (status == OT_ESYNTAX && c->record.type == OT_TYPE_LOCATION &&
        ot_message_decode_csv(c->message, c->record.payload, NULL) == OT_OK)
        status = OT_OK;
    if (error && status != OT_OK) *error = why;
    *out = c->message;
    return status;
}

ot_status ot_cursor_token(ot_cursor *c, const ot_sink *sink) {
    if (!c->scanned || !c->has) return OT_EINVAL;
    return ot__token_write(&c->record, sink);
}
