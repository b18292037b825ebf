/* store_memory_scan.c: cursors of the memory store. They keep a place and their own bytes, so that nothing that happens to the store touches them. */
#include "store_memory.h"

/* ---- cursors ---- */

/* Gives a record in memory of the cursor, so that what happens to the store does not touch it. */
static ot_status give(mem_cursor *c, const mem_item *it, ot_record *out, ot_error *error) {
    const ot_record *r = &it->r;
    size_t size =
        r->user.len + r->device.len + r->topic.len + r->payload.len + it->reject.field.len + it->reject.reason.len + 1;
    char *bytes = ot_mem_alloc(size);
    if (!bytes) return ot__mem_no_memory(error);
    ot_mem_free(c->bytes, c->size);
    c->bytes = bytes;
    c->size = size;
    char *to = bytes;
    *out = *r;
    out->user = ot__mem_put_view(r->user, &to);
    out->device = ot__mem_put_view(r->device, &to);
    out->topic = ot__mem_put_view(r->topic, &to);
    out->payload = ot__mem_put_view(r->payload, &to);
    out->change = it->kind == REJECT ? OT_CHANGE_REJECTED : it->kind == REMOVED ? OT_CHANGE_REMOVED : OT_CHANGE_STORED;
    out->reject = NULL;
    if (it->kind == REJECT) {
        c->reject = it->reject;
        c->reject.field = ot__mem_put_view(it->reject.field, &to);
        c->reject.reason = ot__mem_put_view(it->reject.reason, &to);
        out->reject = &c->reject;
    }
    c->placed = true;
    c->place = ot__mem_place_of(out);
    c->type = r->type;
    return OT_OK;
}

static ot_status cursor_start(mem_cursor *c, cursor_kind kind, const ot_query *q, ot_error *error) {
    c->kind = kind;
    c->q = *q;
    c->q.after = ot_str_of(NULL, 0);
    c->names_size = q->user.len + q->device.len + 1;
    c->names = ot_mem_alloc(c->names_size);
    if (!c->names) return ot__mem_no_memory(error);
    char *to = c->names;
    c->q.user = ot__mem_put_view(q->user, &to);
    c->q.device = ot__mem_put_view(q->device, &to);
    if (q->id) {
        c->id = *q->id;
        c->q.id = &c->id;
    }
    c->limited = q->limit != 0;
    c->left = q->limit;
    return OT_OK;
}

ot_status ot__mem_scan(void *self, void *cursor_self, const ot_scan *scan, ot_error *error) {
    (void)self;
    mem_cursor *c = cursor_self;
    ot_status status = cursor_start(c, SCAN, scan->query, error);
    if (status != OT_OK || !scan->after) return status;
    const ot_place *p = scan->after;
    c->start_size = p->user.len + p->device.len + 1;
    c->start = ot_mem_alloc(c->start_size);
    if (!c->start) return ot__mem_no_memory(error);
    char *to = c->start;
    c->place = *p;
    c->place.user = ot__mem_put_view(p->user, &to);
    c->place.device = ot__mem_put_view(p->device, &to);
    c->type = scan->query->newest_first ? OT_TYPE_NONE : (ot_type)63;
    c->placed = true;
    return OT_OK;
}

static mem_item *scan_next(mem_store *s, mem_cursor *c) {
    mem_item *path[LEVELS];
    bool back = c->q.newest_first;
    if (!c->placed) {
        ot_time bound = back ? c->q.to : c->q.from;
        ot_place p = {bound, {NULL, 0}, {NULL, 0}, {{0}}};
        if (back)
            p.at = bound == OT_TIME_NONE || bound == INT64_MAX ? INT64_MAX
                                                               : bound + 1; /* before all of the next millisecond */
        ot__mem_before_place(s, &p, OT_TYPE_NONE, path);
        if (back && p.at == INT64_MAX) {
            while (path[0]->next[0])
                path[0] = path[0]->next[0];
        }
    } else {
        ot__mem_before_place(s, &c->place, c->type, path);
    }
    mem_item *it = back ? path[0] : path[0]->next[0];
    if (back && it == &s->head) return NULL;
    if (!back && it && c->placed && ot__mem_place_cmp(it, &c->place, c->type) == 0) it = it->next[0];
    return it;
}

static ot_status next_scanned(mem_store *s, mem_cursor *c, ot_record *out, ot_error *error) {
    for (;;) {
        mem_item *it = scan_next(s, c);
        if (!it) return OT_DONE;
        if (!c->q.newest_first) {
            /* Forward, the list itself leads on over what does not match. */
            while (it && !ot_query_matches(&c->q, OT_STORE_FILTERS_ALL, &it->r)) {
                if (c->q.to != OT_TIME_NONE && it->r.at > c->q.to) return OT_DONE;
                it = it->next[0];
            }
            return it ? give(c, it, out, error) : OT_DONE;
        }
        if (c->q.from != OT_TIME_NONE && it->r.at < c->q.from) return OT_DONE;
        if (ot_query_matches(&c->q, OT_STORE_FILTERS_ALL, &it->r)) return give(c, it, out, error);
        c->place = ot__mem_place_of(&it->r); /* views of a live item: used before anything can change */
        c->type = it->r.type;
        c->placed = true;
    }
}

ot_status ot__mem_last(void *self, void *cursor_self, ot_str user, ot_str name, ot_error *error) {
    (void)self;
    ot_query q = OT_QUERY_INIT;
    q.user = user;
    q.device = name;
    return cursor_start(cursor_self, LAST, &q, error);
}

static ot_status next_last(mem_store *s, mem_cursor *c, ot_record *out, ot_error *error) {
    size_t at = 0;
    if (c->placed && ot__mem_device_find(s, c->place.user, c->place.device, &at)) at++;
    for (; at < s->device_count; at++) {
        const mem_item *it = ot__mem_newest_of(s, s->devices[at], OT_TYPE_LOCATION);
        if (it && ot_query_matches(&c->q, OT_STORE_FILTERS_USER, &it->r)) return give(c, it, out, error);
    }
    return OT_DONE;
}

ot_status ot__mem_changes(void *self, void *cursor_self, uint64_t position, uint64_t limit, ot_error *error) {
    mem_store *s = self;
    ot_query q = OT_QUERY_INIT;
    q.limit = limit;
    mem_cursor *c = cursor_self;
    c->seq = position;
    c->until = s->stats.head;
    return cursor_start(c, CHANGES, &q, error);
}

static ot_status next_change(mem_store *s, mem_cursor *c, ot_record *out, ot_error *error) {
    for (size_t at = ot__mem_change_after(s, c->seq); at < s->change_count && s->changes[at].seq <= c->until; at++) {
        c->seq = s->changes[at].seq;
        if (s->changes[at].it) return give(c, s->changes[at].it, out, error);
    }
    return OT_DONE;
}

ot_status ot__mem_rejects(void *self, void *cursor_self, ot_time from, ot_time to, uint64_t limit, ot_error *error) {
    (void)self;
    ot_query q = OT_QUERY_INIT;
    q.limit = limit;
    mem_cursor *c = cursor_self;
    c->arrival = to == OT_TIME_NONE ? INT64_MAX : to;
    c->seq = UINT64_MAX;
    q.from = from;
    return cursor_start(c, REJECTS, &q, error);
}

static ot_status next_reject(mem_store *s, mem_cursor *c, ot_record *out, ot_error *error) {
    size_t at = ot__mem_reject_at(s, c->arrival, c->seq);
    if (at == 0) return OT_DONE;
    const mem_item *it = s->rejects[at - 1];
    if (c->q.from != OT_TIME_NONE && it->r.arrival < c->q.from) return OT_DONE;
    c->arrival = it->r.arrival;
    c->seq = it->r.seq;
    return give(c, it, out, error);
}

ot_status ot__mem_next(void *self, void *cursor_self, ot_record *out, ot_error *error) {
    mem_store *s = self;
    mem_cursor *c = cursor_self;
    if (c->limited && c->left == 0) return OT_DONE;
    ot_status status = c->kind == SCAN      ? next_scanned(s, c, out, error)
                       : c->kind == LAST    ? next_last(s, c, out, error)
                       : c->kind == CHANGES ? next_change(s, c, out, error)
                                            : next_reject(s, c, out, error);
    if (status == OT_OK && c->limited) c->left--;
    return status;
}

void ot__mem_cursor_close(void *self, void *cursor_self) {
    (void)self;
    mem_cursor *c = cursor_self;
    ot_mem_free(c->bytes, c->size);
    ot_mem_free(c->names, c->names_size);
    ot_mem_free(c->start, c->start_size);
}
