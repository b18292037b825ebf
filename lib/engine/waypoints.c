/* waypoints.c: what is so now, out of history: the waypoints of a device, and the regions it has crossed the border of. Over the faces only. */
#include "../base/base.h"

#include <owntracks/waypoints.h>

/* One waypoint or region: `key` with a letter before it that says what kind of key it is, then its message. */
typedef struct thing {
    char *bytes;
    size_t key, size;
    ot_time at, arrival;
    ot_id id;
    ot_type from;
} thing;

typedef struct things {
    thing *list;
    size_t count, cap;
} things;

typedef struct walk {
    ot_store *store;
    things found;
    ot_message *outer, *inner;
    ot_str user, device;
    ot_error *error;
} walk;

static ot_str key_of(const thing *t) {
    return ot_str_of(t->bytes, t->key);
}
static ot_str text_of(const thing *t) {
    return ot_str_of(t->bytes + t->key, t->size - t->key);
}

static void clear(things *t) {
    for (size_t i = 0; i < t->count; i++)
        ot_mem_free(t->list[i].bytes, t->list[i].size);
    t->count = 0;
}

static thing *find(things *t, ot_str key) {
    for (size_t i = 0; i < t->count; i++) {
        if (ot_str_eq(key_of(&t->list[i]), key)) return &t->list[i];
    }
    return NULL;
}

static void forget(things *t, ot_str key) {
    thing *old = find(t, key);
    if (!old) return;
    ot_mem_free(old->bytes, old->size);
    size_t at = (size_t)(old - t->list);
    memmove(old, old + 1, (t->count - at - 1) * sizeof *old);
    t->count--;
}

/* Puts a thing in the place of the one with its key, or behind all others. */
static ot_status keep(things *t, ot_str key, ot_str text, const ot_record *r) {
    thing made = {ot_mem_alloc(key.len + text.len), key.len, key.len + text.len, r->at, r->arrival, r->id, r->type};
    if (!made.bytes) return OT_ENOMEM;
    memcpy(made.bytes, key.ptr, key.len);
    memcpy(made.bytes + key.len, text.ptr, text.len);
    thing *old = find(t, key);
    if (old) {
        ot_mem_free(old->bytes, old->size);
        *old = made;
        return OT_OK;
    }
    if (t->count == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 16;
        thing *more = ot_mem_resize(t->list, t->cap * sizeof *more, cap * sizeof *more);
        if (!more) {
            ot_mem_free(made.bytes, made.size);
            return OT_ENOMEM;
        }
        t->list = more;
        t->cap = cap;
    }
    t->list[t->count++] = made;
    return OT_OK;
}

/* The key: an id, else a time, else a name; empty when there is none of them. */
static ot_status write_key(ot__buf *buf, bool has_id, ot_str id, bool has_time, int64_t time, bool has_name,
                           ot_str name) {
    ot__buf_reset(buf);
    if (has_id && id.len) {
        ot__buf_text(buf, "i");
        return ot__buf_append(buf, id.ptr, id.len);
    }
    if (has_time) return ot__buf_format(buf, "t%lld", (long long)time);
    if (has_name && name.len) {
        ot__buf_text(buf, "n");
        return ot__buf_append(buf, name.ptr, name.len);
    }
    return OT_OK;
}

static ot_status take_waypoint(walk *w, ot_str text, const ot_record *r) {
    if (ot_message_decode_as(w->inner, OT_TYPE_WAYPOINT, text, NULL) != OT_OK) return OT_OK;
    const ot_waypoint *p = ot_message_waypoint(w->inner);
    ot__buf key;
    ot__buf_init(&key, (size_t)1 << 24);
    ot_status status = write_key(&key, OT_HAS(p, OT_WAYPOINT_rid), p->rid, OT_HAS(p, OT_WAYPOINT_tst), p->tst,
                                 OT_HAS(p, OT_WAYPOINT_desc), p->desc);
    bool none = OT_HAS(p, OT_WAYPOINT_lat) && OT_HAS(p, OT_WAYPOINT_lon) &&
                !(p->lat >= -90 && p->lat <= 90 && p->lon >= -180 && p->lon <= 180);
    if (status == OT_OK && key.len) {
        if (none) {
            forget(&w->found, ot__buf_str(&key));
        } else {
            status = keep(&w->found, ot__buf_str(&key), text, r);
        }
    }
    ot__buf_free(&key);
    return status;
}

/* The newest list that can be read; *since and *seq say where the messages behind it begin. */
static ot_status take_list(walk *w, ot_time *since, uint64_t *seq) {
    ot_query q = OT_QUERY_INIT;
    q.user = w->user;
    q.device = w->device;
    q.types = OT_TYPE_BIT(OT_TYPE_WAYPOINTS);
    q.newest_first = true;
    ot_cursor *cursor;
    ot_status status = ot_store_scan(w->store, &q, &cursor, w->error);
    if (status != OT_OK) return status;
    const ot_record *r;
    bool done = false;
    while (!done && (status = ot_cursor_next(cursor, &r, w->error)) == OT_OK) {
        if (ot_message_decode(w->outer, r->payload, NULL) != OT_OK) continue;
        const ot_waypoints *list = ot_message_waypoints(w->outer);
        if (!list || !OT_HAS(list, OT_WAYPOINTS_waypoints)) continue;
        done = true;
        *since = r->at;
        *seq = r->seq;
        ot_str one;
        size_t position = 0;
        ot_status next;
        while (status == OT_OK && (next = ot_objs_next(list->waypoints, &position, &one)) != OT_DONE) {
            if (next == OT_OK) status = take_waypoint(w, one, r);
            if (next != OT_OK && next != OT_ETYPE) break;
        }
        if (status != OT_OK) break;
    }
    ot_cursor_close(cursor);
    return status == OT_DONE ? OT_OK : status;
}

static ot_status take_messages(walk *w, ot_type type, ot_time since, uint64_t seq,
                               ot_status (*take)(walk *w, ot_str text, const ot_record *r)) {
    ot_query q = OT_QUERY_INIT;
    q.user = w->user;
    q.device = w->device;
    q.types = OT_TYPE_BIT(type);
    q.from = since;
    ot_cursor *cursor;
    ot_status status = ot_store_scan(w->store, &q, &cursor, w->error);
    if (status != OT_OK) return status;
    const ot_record *r;
    while ((status = ot_cursor_next(cursor, &r, w->error)) == OT_OK) {
        if (since != OT_TIME_NONE && r->at == since && r->seq < seq)
            continue; /* came before the list, in the same millisecond */
        status = take(w, r->payload, r);
        if (status != OT_OK) break;
    }
    ot_cursor_close(cursor);
    return status == OT_DONE ? OT_OK : status;
}

static ot_status take_transition(walk *w, ot_str text, const ot_record *r) {
    if (ot_message_decode(w->outer, text, NULL) != OT_OK) return OT_OK;
    const ot_transition *t = ot_message_transition(w->outer);
    if (!t || !OT_HAS(t, OT_TRANSITION_event) ||
        (!ot_str_eq(t->event, OT_STR("enter")) && !ot_str_eq(t->event, OT_STR("leave"))))
        return OT_OK;
    ot__buf key;
    ot__buf_init(&key, (size_t)1 << 24);
    ot_status status = write_key(&key, OT_HAS(t, OT_TRANSITION_rid), t->rid, OT_HAS(t, OT_TRANSITION_wtst), t->wtst,
                                 OT_HAS(t, OT_TRANSITION_desc), t->desc);
    if (status == OT_OK && key.len) {
        const thing *old = find(&w->found, ot__buf_str(&key));
        if (!old || r->at > old->at || (r->at == old->at && r->arrival >= old->arrival))
            status = keep(&w->found, ot__buf_str(&key), text, r);
    }
    ot__buf_free(&key);
    return status;
}

/* ---- devices, one after the other ---- */

typedef struct names {
    ot__buf bytes; /* user, device, each with its length before it */
} names;

static ot_status add_device(void *ctx, const ot_device *d) {
    names *n = ctx;
    const ot_str both[2] = {d->user, d->device};
    for (int i = 0; i < 2; i++) {
        ot__buf_append(&n->bytes, &both[i].len, sizeof both[i].len);
        ot__buf_append(&n->bytes, both[i].ptr, both[i].len);
    }
    return n->bytes.status;
}

static ot_str take_name(const names *n, size_t *at) {
    size_t len;
    memcpy(&len, n->bytes.data + *at, sizeof len);
    ot_str name = ot_str_of(n->bytes.data + *at + sizeof len, len);
    *at += sizeof len + len;
    return name;
}

static ot_status each_device(ot_store *store, ot_str user, ot_str device, ot_status (*device_walk)(walk *w, void *ctx),
                             void *ctx, ot_error *error) {
    walk w;
    memset(&w, 0, sizeof w);
    w.store = store;
    w.error = error;
    names n;
    ot__buf_init(&n.bytes, SIZE_MAX / 2);
    /* Names first: no backend must bear queries inside of its own callback. */
    ot_status status = ot_store_devices(store, user, device, add_device, &n, error);
    if (status == OT_OK) status = ot_message_new(NULL, &w.outer);
    if (status == OT_OK) status = ot_message_new(NULL, &w.inner);
    for (size_t at = 0; status == OT_OK && at < n.bytes.len;) {
        w.user = take_name(&n, &at);
        w.device = take_name(&n, &at);
        status = device_walk(&w, ctx);
        clear(&w.found);
    }
    if (status == OT_ENOMEM) ot_error_set(error, status, NULL, OT_NO_OFFSET, "no memory");
    ot_mem_free(w.found.list, w.found.cap * sizeof *w.found.list);
    ot_message_free(w.outer);
    ot_message_free(w.inner);
    ot__buf_free(&n.bytes);
    return status;
}

typedef struct waypoint_call {
    ot_status (*each)(void *ctx, const ot_waypoint_state *waypoint);
    void *ctx;
} waypoint_call;

static ot_status device_waypoints(walk *w, void *ctx) {
    const waypoint_call *call = ctx;
    ot_time since = OT_TIME_NONE;
    uint64_t seq = 0;
    ot_status status = take_list(w, &since, &seq);
    if (status == OT_OK) status = take_messages(w, OT_TYPE_WAYPOINT, since, seq, take_waypoint);
    for (size_t i = 0; status == OT_OK && i < w->found.count; i++) {
        const thing *t = &w->found.list[i];
        if (ot_message_decode_as(w->inner, OT_TYPE_WAYPOINT, text_of(t), NULL) != OT_OK) continue;
        const ot_waypoint_state state = {sizeof state, w->user,    w->device, ot_str_of(t->bytes + 1, t->key - 1),
                                         w->inner,     t->arrival, t->id,     t->from};
        status = call->each(call->ctx, &state);
    }
    return status;
}

ot_status ot_waypoints_current(ot_store *store, ot_str user, ot_str device,
                               ot_status (*each)(void *ctx, const ot_waypoint_state *waypoint), void *ctx,
                               ot_error *error) {
    waypoint_call call = {each, ctx};
    return each_device(store, user, device, device_waypoints, &call, error);
}

typedef struct region_call {
    ot_status (*each)(void *ctx, const ot_region_state *region);
    void *ctx;
} region_call;

/* The next key in the order of bytes (without the letter), then by the letter. */
static const thing *next_by_key(const things *t, const thing *last) {
    const thing *best = NULL;
    for (size_t i = 0; i < t->count; i++) {
        const thing *x = &t->list[i];
        ot_str key = ot_str_of(x->bytes + 1, x->key - 1);
        if (last) {
            int c = ot_str_cmp(key, ot_str_of(last->bytes + 1, last->key - 1));
            if (c < 0 || (c == 0 && x->bytes[0] <= last->bytes[0])) continue;
        }
        int c = best ? ot_str_cmp(key, ot_str_of(best->bytes + 1, best->key - 1)) : -1;
        if (c < 0 || (c == 0 && x->bytes[0] < best->bytes[0])) best = x;
    }
    return best;
}

static ot_status device_regions(walk *w, void *ctx) {
    const region_call *call = ctx;
    ot_status status = take_messages(w, OT_TYPE_TRANSITION, OT_TIME_NONE, 0, take_transition);
    for (const thing *t = NULL; status == OT_OK && (t = next_by_key(&w->found, t));) {
        if (ot_message_decode(w->outer, text_of(t), NULL) != OT_OK) continue;
        const ot_transition *m = ot_message_transition(w->outer);
        ot_region_state state;
        memset(&state, 0, sizeof state);
        state.size = sizeof state;
        state.user = w->user;
        state.device = w->device;
        state.key = ot_str_of(t->bytes + 1, t->key - 1);
        if (OT_HAS(m, OT_TRANSITION_desc)) state.name = m->desc;
        state.inside = ot_str_eq(m->event, OT_STR("enter"));
        state.at = t->at;
        state.arrival = t->arrival;
        state.message = w->outer;
        state.id = t->id;
        status = call->each(call->ctx, &state);
    }
    return status;
}

ot_status ot_regions_current(ot_store *store, ot_str user, ot_str device,
                             ot_status (*each)(void *ctx, const ot_region_state *region), void *ctx, ot_error *error) {
    region_call call = {each, ctx};
    return each_device(store, user, device, device_regions, &call, error);
}
