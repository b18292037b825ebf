/* store_sqlite_scan.c: queries over the clustered table. A device's records of one type stand there in the order of time: a stream. A query merges
   streams by a heap; a stream is opened when its turn comes (before, its bound from `newest` stands for it), and no more than STREAMS
   statements are open at a time: a stream whose statement was taken away goes on at its place. Memory grows with the number of streams, not of results. */
#include "store_sqlite.h"

#define NO_SLOT STREAMS
#define NOBODY  UINT32_MAX

/* Room for an id and one byte more: bounds just behind or before an id. */
typedef struct bound {
    unsigned char bytes[17];
    int len;
} bound;

static const bound lowest = {{0}, 0};
static const bound highest = {{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
                              17};

static bound exactly(const ot_id *id) {
    bound b = {{0}, 16};
    memcpy(b.bytes, id->bytes, 16);
    return b;
}
static bound behind(const ot_id *id) {
    bound b = exactly(id);
    b.bytes[16] = 0;
    b.len = 17;
    return b;
}
static bound before(const ot_id *id) {
    bound b = exactly(id);
    for (int i = 15; i >= 0; i--) {
        if (b.bytes[i]-- != 0) {
            b.bytes[16] = 255;
            b.len = 17;
            return b;
        }
    }
    return lowest; /* nothing is before the id of zeros */
}

static bool precedes(const sq_merge *c, uint32_t left, uint32_t right) {
    const sq_stream *a = &c->streams[left], *b = &c->streams[right];
    int order = a->at < b->at ? -1 : a->at > b->at;
    /* Where a bound stands for a stream it comes first among its equals, so that it is opened in time. */
    if (order == 0 && a->opened != b->opened) return !a->opened;
    if (order == 0) order = a->rank < b->rank ? -1 : a->rank > b->rank;
    if (order == 0) order = ot_id_cmp(&a->id, &b->id);
    if (order == 0) order = a->type < b->type ? -1 : a->type > b->type;
    return c->q.newest_first ? order > 0 : order < 0;
}

static void heap_down(sq_merge *c, size_t at) {
    for (;;) {
        size_t child = 2 * at + 1, best = at;
        if (child < c->heap_count && precedes(c, c->heap[child], c->heap[best])) best = child;
        if (child + 1 < c->heap_count && precedes(c, c->heap[child + 1], c->heap[best])) best = child + 1;
        if (best == at) return;
        uint32_t t = c->heap[at];
        c->heap[at] = c->heap[best];
        c->heap[best] = t;
        at = best;
    }
}

/* A statement for a stream: a free one, or somebody else's. */
static ot_status take_slot(sq_cursor *cursor, uint32_t stream, ot_error *error) {
    sq_merge *c = &cursor->scan;
    sq_reader *reader = cursor->reader;
    uint32_t slot = c->hand;
    c->hand = (c->hand + 1) % STREAMS;
    if (c->owner[slot] != NOBODY) {
        c->streams[c->owner[slot]].slot = NO_SLOT;
        sqlite3_reset(reader->stream[slot]);
    }
    if (!reader->stream[slot]) {
        static const char up[] =
            "SELECT " SQ_COLUMNS
            " FROM record r WHERE dev=?1 AND type=?2 AND (at,id)>=(?3,?4) AND at<=?5 ORDER BY at,id";
        static const char down[] =
            "SELECT " SQ_COLUMNS
            " FROM record r WHERE dev=?1 AND type=?2 AND (at,id)<=(?3,?4) AND at>=?5 ORDER BY at DESC,id DESC";
        ot_status status = ot__sq_prepare(reader->db, c->q.newest_first ? down : up, &reader->stream[slot], error);
        if (status != OT_OK) return status;
    }
    c->owner[slot] = stream;
    c->streams[stream].slot = slot;
    return OT_OK;
}

/* Steps a stream's statement to the next row that matches. Without one the stream ends: *row false. */
static ot_status step(sq_cursor *cursor, sq_stream *t, bool *row, ot_error *error) {
    sq_merge *c = &cursor->scan;
    sqlite3_stmt *st = cursor->reader->stream[t->slot];
    for (;;) {
        int code = sqlite3_step(st);
        *row = code == SQLITE_ROW;
        if (code == SQLITE_DONE) {
            sqlite3_reset(st);
            c->owner[t->slot] = NOBODY;
            t->slot = NO_SLOT;
            return OT_OK;
        }
        if (code != SQLITE_ROW) return ot__sq_fail(cursor->reader->db, code, error, "reading");
        if (sqlite3_column_bytes(st, 0) != 16)
            return ot_error_set(error, OT_ECORRUPT, NULL, OT_NO_OFFSET, "a record has no id of 16 bytes");
        t->at = sqlite3_column_int64(st, 9);
        memcpy(t->id.bytes, sqlite3_column_blob(st, 0), 16);
        if (!c->filters) return OT_OK;
        ot_record r = OT_RECORD_INIT;
        r.id = t->id;
        r.has_position = sqlite3_column_type(st, 11) != SQLITE_NULL && sqlite3_column_type(st, 12) != SQLITE_NULL;
        r.lat = sqlite3_column_double(st, 11);
        r.lon = sqlite3_column_double(st, 12);
        if (ot_query_matches(&c->q, c->filters, &r)) return OT_OK;
    }
}

static ot_status seek(sq_cursor *cursor, uint32_t stream, ot_time at, bound from, bool *row, ot_error *error) {
    sq_merge *c = &cursor->scan;
    ot_status status = take_slot(cursor, stream, error);
    if (status != OT_OK) return status;
    sq_stream *t = &c->streams[stream];
    sqlite3_stmt *st = cursor->reader->stream[t->slot];
    sqlite3_bind_int64(st, 1, t->dev);
    sqlite3_bind_int(st, 2, (int)t->type);
    sqlite3_bind_int64(st, 3, at);
    sqlite3_bind_blob(st, 4, from.len ? (const void *)from.bytes : "", from.len, SQLITE_TRANSIENT);
    sqlite3_bind_int64(st, 5, c->q.newest_first ? c->floor : c->ceiling);
    return step(cursor, t, row, error);
}

/* Opens a stream at its bound and, where the query goes on behind a place, behind that. */
static ot_status open_stream(sq_cursor *cursor, uint32_t stream, bool *row, ot_error *error) {
    sq_merge *c = &cursor->scan;
    sq_stream *t = &c->streams[stream];
    bool back = c->q.newest_first;
    ot_time at = t->at;
    bound from = back ? highest : lowest;
    if (c->has_after && at == c->after.at) {
        /* Of the same time: devices before the place (in this order) are done with it, the device of the place goes on behind the id. */
        bool same = c->after_known && t->rank == c->after_rank, earlier = t->rank < c->after_rank;
        if (same) {
            from = back ? before(&c->after.id) : behind(&c->after.id);
        } else if (!back && earlier) {
            from = highest;
        } else if (back && !earlier) {
            from = lowest;
        }
    }
    t->opened = true;
    return seek(cursor, stream, at, from, row, error);
}

/* ---- starting ---- */

static bool add_name(sq_merge *c, ot_str s, size_t *at) {
    if (c->names_len + s.len > c->names_cap) {
        size_t cap = c->names_cap ? c->names_cap : 1024;
        while (cap < c->names_len + s.len)
            cap *= 2;
        char *names = ot_mem_resize(c->names, c->names_cap, cap);
        if (!names) return false;
        c->names = names;
        c->names_cap = cap;
    }
    memcpy(c->names + c->names_len, s.ptr, s.len);
    *at = c->names_len;
    c->names_len += s.len;
    return true;
}

static ot_status list_streams(sq_cursor *cursor, const ot_query *q, ot_error *error) {
    static const char *const texts[] = {
#define LIST(where)                                                                                                    \
    "SELECT n.dev,d.user,d.device,n.type,n.at,n.oldest FROM device d CROSS JOIN newest n ON n.dev=d.dev " where        \
    " ORDER BY d.user,d.device"
        LIST(""), LIST("WHERE d.user=?1"), LIST("WHERE d.device=?2"), LIST("WHERE d.user=?1 AND d.device=?2")};
    sq_merge *c = &cursor->scan;
    int which = (q->user.ptr ? 1 : 0) | (q->device.ptr ? 2 : 0);
    sqlite3_stmt *st;
    ot_status status = ot__sq_list(cursor->reader, SQ_LIST_STREAMS + which, texts[which], &st, error);
    if (status != OT_OK) return status;
    if (q->user.ptr) ot__sq_bind(st, 1, q->user);
    if (q->device.ptr) ot__sq_bind(st, 2, q->device);
    int64_t last = 0;
    uint32_t rank = 0;
    size_t user_at = 0, device_at = 0, user_len = 0, device_len = 0;
    int code;
    while ((code = sqlite3_step(st)) == SQLITE_ROW) {
        int64_t dev = sqlite3_column_int64(st, 0);
        if (!rank || dev != last) {
            ot_str user = ot__sq_column(st, 1), device = ot__sq_column(st, 2);
            user_len = user.len;
            device_len = device.len;
            rank++;
            last = dev;
            if (!add_name(c, user, &user_at) || !add_name(c, device, &device_at)) {
                status = ot__sq_no_memory(error);
                break;
            }
            if (c->has_after) {
                int order = ot_str_cmp(user, c->after.user);
                if (!order) order = ot_str_cmp(device, c->after.device);
                if (order < 0) c->after_rank = rank + 1;
                if (order == 0) c->after_rank = rank, c->after_known = true;
            }
        }
        int type = sqlite3_column_int(st, 3);
        if (type < 0 || type > 63 || (q->types && !(q->types & OT_TYPE_BIT(type)))) continue;
        ot_time newest = sqlite3_column_int64(st, 4), oldest = sqlite3_column_int64(st, 5);
        if (newest < c->floor || oldest > c->ceiling) continue;
        if (c->count == c->cap) {
            size_t cap = c->cap ? c->cap * 2 : 16;
            sq_stream *more = ot_mem_resize(c->streams, c->cap * sizeof *more, cap * sizeof *more);
            if (!more) {
                status = ot__sq_no_memory(error);
                break;
            }
            c->streams = more;
            c->cap = cap;
        }
        sq_stream *t = &c->streams[c->count++];
        memset(t, 0, sizeof *t);
        t->dev = dev;
        t->rank = rank;
        t->type = (ot_type)type;
        t->slot = NO_SLOT;
        t->user = ot_str_of((const char *)(uintptr_t)user_at, user_len); /* places, until the names no longer move */
        t->device = ot_str_of((const char *)(uintptr_t)device_at, device_len);
        t->at = q->newest_first ? (newest < c->ceiling ? newest : c->ceiling) : (oldest > c->floor ? oldest : c->floor);
    }
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    if (status == OT_OK && code != SQLITE_DONE) status = ot__sq_fail(cursor->reader->db, code, error, "reading");
    for (size_t i = 0; i < c->count; i++) {
        sq_stream *t = &c->streams[i];
        t->user.ptr = c->names + (uintptr_t)t->user.ptr;
        t->device.ptr = c->names + (uintptr_t)t->device.ptr;
    }
    return status;
}

ot_status ot__sq_scan(void *self, void *cursor_self, const ot_scan *scan, ot_error *error) {
    sq_cursor *cursor = cursor_self;
    sq_merge *c = &cursor->scan;
    const ot_query *q = scan->query;
    cursor->kind = SQ_SCAN;
    cursor->limited = q->limit != 0;
    cursor->left = q->limit;
    ot_status status = ot__sq_reader(self, &cursor->reader, error);
    if (status != OT_OK) return status;
    sq_reader *reader = cursor->reader;
    if (reader->streams_back != q->newest_first) { /* the statements of a reader go one way */
        for (size_t i = 0; i < STREAMS; i++) {
            sqlite3_finalize(reader->stream[i]);
            reader->stream[i] = NULL;
        }
        reader->streams_back = q->newest_first;
    }
    c->q = *q;
    c->q.user = c->q.device = c->q.after = ot_str_of(NULL, 0);
    if (q->id) {
        c->id = *q->id;
        c->q.id = &c->id;
        c->filters |= OT_STORE_FILTERS_ID;
    }
    if (q->box) c->filters |= OT_STORE_FILTERS_BOX;
    for (size_t i = 0; i < STREAMS; i++)
        c->owner[i] = NOBODY;
    c->given = NOBODY;
    c->floor = q->from; /* OT_TIME_NONE is the lowest number */
    c->ceiling = q->to == OT_TIME_NONE ? INT64_MAX : q->to;
    if (scan->after) {
        c->has_after = true;
        c->after = *scan->after;
        c->after_rank = 1;
        if (q->newest_first && c->after.at < c->ceiling) c->ceiling = c->after.at;
        if (!q->newest_first && c->after.at > c->floor) c->floor = c->after.at;
        if (c->floor > c->ceiling) return OT_OK; /* nothing can follow */
    }
    status = list_streams(cursor, q, error);
    c->after.user = c->after.device = ot_str_of(NULL, 0); /* the caller's */
    if (status != OT_OK || !c->count) return status;
    c->heap = ot_mem_alloc(c->count * sizeof *c->heap);
    if (!c->heap) return ot__sq_no_memory(error);
    for (size_t i = 0; i < c->count; i++)
        c->heap[i] = (uint32_t)i;
    c->heap_count = c->count;
    for (size_t i = c->heap_count / 2; i-- > 0;)
        heap_down(c, i);
    return OT_OK;
}

/* ---- going on ---- */

static void drop_first(sq_merge *c) {
    c->heap[0] = c->heap[--c->heap_count];
    heap_down(c, 0);
}

/* The stream that gave its row last stands at the top of the heap: it goes on to its next row. */
static ot_status advance(sq_cursor *cursor, ot_error *error) {
    sq_merge *c = &cursor->scan;
    sq_stream *t = &c->streams[c->given];
    bool row;
    ot_status status;
    if (t->slot != NO_SLOT) {
        status = step(cursor, t, &row, error);
    } else {
        status = seek(cursor, c->given, t->at, c->q.newest_first ? before(&t->id) : behind(&t->id), &row, error);
    }
    if (status != OT_OK) return status;
    c->given = NOBODY;
    if (row) {
        heap_down(c, 0);
    } else {
        drop_first(c);
    }
    return OT_OK;
}

ot_status ot__sq_scan_next(sq_cursor *cursor, ot_record *out, ot_error *error) {
    sq_merge *c = &cursor->scan;
    ot_status status = c->given != NOBODY ? advance(cursor, error) : OT_OK;
    while (status == OT_OK && c->heap_count) {
        uint32_t first = c->heap[0];
        sq_stream *t = &c->streams[first];
        bool row = true;
        if (!t->opened) {
            status = open_stream(cursor, first, &row, error);
            if (status == OT_OK && row) {
                heap_down(c, 0);
            } else if (status == OT_OK) {
                drop_first(c);
            }
            continue;
        }
        if (t->slot == NO_SLOT) {
            status = seek(cursor, first, t->at, exactly(&t->id), &row, error);
            if (status != OT_OK) break;
            if (!row) return ot_error_set(error, OT_ECORRUPT, NULL, OT_NO_OFFSET, "a record is not where it was");
        }
        ot__sq_record(cursor->reader->stream[t->slot], out);
        out->user = t->user;
        out->device = t->device;
        c->given = first;
        return OT_OK;
    }
    return status == OT_OK ? OT_DONE : status;
}

void ot__sq_scan_close(sq_cursor *cursor) {
    sq_merge *c = &cursor->scan;
    ot_mem_free(c->streams, c->cap * sizeof *c->streams);
    ot_mem_free(c->heap, c->count * sizeof *c->heap);
    ot_mem_free(c->names, c->names_cap);
}
