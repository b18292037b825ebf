/* store_sqlite_read.c: records from rows; the newest of each device, changes, rejects, devices. */
#include "store_sqlite.h"

void ot__sq_record(sqlite3_stmt *st, ot_record *out) {
    if (sqlite3_column_bytes(st, 0) == 16) memcpy(out->id.bytes, sqlite3_column_blob(st, 0), 16);
    out->type = (ot_type)sqlite3_column_int(st, 1);
    out->origin = (ot_origin)sqlite3_column_int(st, 2);
    out->topic = ot__sq_column(st, 3);
    out->sub = (ot_subtopic)sqlite3_column_int(st, 4);
    out->qos = (uint8_t)sqlite3_column_int(st, 5);
    out->payload = ot__sq_column(st, 6);
    out->index = (uint32_t)sqlite3_column_int64(st, 7);
    out->marks = (uint32_t)sqlite3_column_int64(st, 8);
    out->at = sqlite3_column_int64(st, 9);
    out->arrival = sqlite3_column_int64(st, 10);
    out->has_position = sqlite3_column_type(st, 11) != SQLITE_NULL && sqlite3_column_type(st, 12) != SQLITE_NULL;
    if (out->has_position) {
        out->lat = sqlite3_column_double(st, 11);
        out->lon = sqlite3_column_double(st, 12);
    }
    out->seq = (uint64_t)sqlite3_column_int64(st, 13);
    out->repeats = (uint64_t)sqlite3_column_int64(st, 14);
    out->last_arrival = sqlite3_column_type(st, 15) == SQLITE_NULL ? out->arrival : sqlite3_column_int64(st, 15);
    out->change = OT_CHANGE_STORED;
}

static void names_from(sqlite3_stmt *st, int column, ot_record *out) {
    out->user = ot__sq_column(st, column);
    out->device = ot__sq_column(st, column + 1);
}

#define REJECT_COLUMNS                                                                                                 \
    "id,arrival,last_arrival,repeats,status,offset,field,reason,length,user,device,topic,sub,qos,payload,idx,marks,"   \
    "origin,seq"

static void reject_from(sqlite3_stmt *st, ot_reject *why, ot_record *out) {
    if (sqlite3_column_bytes(st, 0) == 16) memcpy(out->id.bytes, sqlite3_column_blob(st, 0), 16);
    out->type = OT_TYPE_NONE;
    out->arrival = out->at = sqlite3_column_int64(st, 1);
    out->last_arrival = sqlite3_column_int64(st, 2);
    out->repeats = (uint64_t)sqlite3_column_int64(st, 3);
    why->size = sizeof *why;
    why->status = (ot_status)sqlite3_column_int(st, 4);
    why->offset = sqlite3_column_type(st, 5) == SQLITE_NULL ? OT_NO_OFFSET : (uint64_t)sqlite3_column_int64(st, 5);
    why->field = ot__sq_column(st, 6);
    why->reason = ot__sq_column(st, 7);
    why->length = (uint64_t)sqlite3_column_int64(st, 8);
    names_from(st, 9, out);
    out->topic = ot__sq_column(st, 11);
    out->sub = (ot_subtopic)sqlite3_column_int(st, 12);
    out->qos = (uint8_t)sqlite3_column_int(st, 13);
    out->payload = ot__sq_column(st, 14);
    out->index = (uint32_t)sqlite3_column_int64(st, 15);
    out->marks = (uint32_t)sqlite3_column_int64(st, 16);
    out->origin = (ot_origin)sqlite3_column_int(st, 17);
    out->seq = (uint64_t)sqlite3_column_int64(st, 18);
    out->change = OT_CHANGE_REJECTED;
    out->reject = why;
}

/* Binds a text that must outlive the call. */
static void bind_copy(sqlite3_stmt *st, int at, ot_str s) {
    sqlite3_bind_text64(st, at, s.ptr, (sqlite3_uint64)s.len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static ot_status start(sq_store *s, sq_cursor *c, sq_kind kind, uint64_t limit, ot_error *error) {
    c->kind = kind;
    c->limited = limit != 0;
    c->left = limit;
    c->current = -1;
    return ot__sq_reader(s, &c->reader, error);
}

ot_status ot__sq_last(void *self, void *cursor, ot_str user, ot_str device, ot_error *error) {
    static const char *const texts[] = {
#define LAST(where)                                                                                                    \
    "SELECT " SQ_COLUMNS ",d.user,d.device FROM device d CROSS JOIN newest n ON n.dev=d.dev CROSS JOIN record r ON "   \
    "r.dev=n.dev AND r.type=n.type AND r.at=n.at AND r.id=n.id WHERE n.type=?3" where " ORDER BY d.user,d.device"
        LAST(""), LAST(" AND d.user=?1"), LAST(" AND d.device=?2"), LAST(" AND d.user=?1 AND d.device=?2")};
    sq_cursor *c = cursor;
    int which = (user.ptr ? 1 : 0) | (device.ptr ? 2 : 0);
    ot_status status = start(self, c, SQ_LAST, 0, error);
    if (status == OT_OK) status = ot__sq_list(c->reader, SQ_LIST_LAST + which, texts[which], &c->lists[0], error);
    if (status != OT_OK) return status;
    if (user.ptr) bind_copy(c->lists[0], 1, user);
    if (device.ptr) bind_copy(c->lists[0], 2, device);
    sqlite3_bind_int(c->lists[0], 3, OT_TYPE_LOCATION);
    return OT_OK;
}

/* Three lists by seq, merged. What was removed is no longer in the first. */
ot_status ot__sq_changes(void *self, void *cursor, uint64_t position, uint64_t limit, ot_error *error) {
    static const char *const texts[] = {
        "SELECT " SQ_COLUMNS
        ",d.user,d.device FROM record r JOIN device d ON d.dev=r.dev WHERE r.seq>?1 ORDER BY r.seq",
        "SELECT x.seq,x.id,x.type,x.at,x.arrival,d.user,d.device FROM removed x JOIN device d ON d.dev=x.dev WHERE "
        "x.seq>?1 ORDER BY x.seq",
        "SELECT " REJECT_COLUMNS " FROM reject WHERE seq>?1 ORDER BY seq"};
    sq_cursor *c = cursor;
    ot_status status = start(self, c, SQ_CHANGES, limit, error);
    for (int i = 0; i < 3 && status == OT_OK; i++) {
        status = ot__sq_list(c->reader, SQ_LIST_RECORDS + i, texts[i], &c->lists[i], error);
        if (status == OT_OK) sqlite3_bind_int64(c->lists[i], 1, position > INT64_MAX ? INT64_MAX : (int64_t)position);
    }
    return status;
}

ot_status ot__sq_rejects(void *self, void *cursor, ot_time from, ot_time to, uint64_t limit, ot_error *error) {
    sq_cursor *c = cursor;
    ot_status status = start(self, c, SQ_REJECTS, limit, error);
    if (status == OT_OK) {
        status = ot__sq_list(c->reader, SQ_LIST_REJECTS,
                             "SELECT " REJECT_COLUMNS
                             " FROM reject WHERE arrival>=?1 AND arrival<=?2 ORDER BY arrival DESC,seq DESC",
                             &c->lists[0], error);
    }
    if (status != OT_OK) return status;
    sqlite3_bind_int64(c->lists[0], 1, from);
    sqlite3_bind_int64(c->lists[0], 2, to == OT_TIME_NONE ? INT64_MAX : to);
    return OT_OK;
}

static ot_status step(sq_cursor *c, int list, ot_error *error) {
    c->ready[list] = c->done[list] = false;
    int code = sqlite3_step(c->lists[list]);
    if (code == SQLITE_ROW) {
        c->ready[list] = true;
        return OT_OK;
    }
    if (code != SQLITE_DONE) return ot__sq_fail(c->reader->db, code, error, "reading");
    c->done[list] = true;
    return OT_OK;
}

static ot_status next_change(sq_cursor *c, ot_record *out, ot_error *error) {
    static const int seq_column[] = {13, 0, 18};
    int best = -1;
    int64_t least = 0;
    if (c->current >= 0) c->ready[c->current] = false;
    c->current = -1;
    for (int i = 0; i < 3; i++) {
        if (!c->ready[i] && !c->done[i]) {
            ot_status status = step(c, i, error);
            if (status != OT_OK) return status;
        }
        if (!c->ready[i]) continue;
        int64_t seq = sqlite3_column_int64(c->lists[i], seq_column[i]);
        if (best < 0 || seq < least) best = i, least = seq;
    }
    if (best < 0) return OT_DONE;
    c->current = best;
    sqlite3_stmt *st = c->lists[best];
    if (best == 0) {
        ot__sq_record(st, out);
        names_from(st, SQ_COLUMN_COUNT, out);
    } else if (best == 1) {
        out->seq = (uint64_t)sqlite3_column_int64(st, 0);
        if (sqlite3_column_bytes(st, 1) == 16) memcpy(out->id.bytes, sqlite3_column_blob(st, 1), 16);
        out->type = (ot_type)sqlite3_column_int(st, 2);
        out->at = sqlite3_column_int64(st, 3);
        out->arrival = out->last_arrival = sqlite3_column_int64(st, 4);
        names_from(st, 5, out);
        out->change = OT_CHANGE_REMOVED;
    } else {
        reject_from(st, &c->reject, out);
    }
    return OT_OK;
}

static ot_status next_row(sq_cursor *c, ot_record *out, ot_error *error) {
    if (c->done[0]) return OT_DONE;
    ot_status status = step(c, 0, error);
    if (status != OT_OK) return status;
    if (c->done[0]) return OT_DONE;
    if (c->kind == SQ_REJECTS) {
        reject_from(c->lists[0], &c->reject, out);
    } else {
        ot__sq_record(c->lists[0], out);
        names_from(c->lists[0], SQ_COLUMN_COUNT, out);
    }
    return OT_OK;
}

ot_status ot__sq_next(void *self, void *cursor, ot_record *out, ot_error *error) {
    (void)self;
    sq_cursor *c = cursor;
    if (c->limited && c->left == 0) return OT_DONE;
    ot_status status = c->kind == SQ_SCAN      ? ot__sq_scan_next(c, out, error)
                       : c->kind == SQ_CHANGES ? next_change(c, out, error)
                                               : next_row(c, out, error);
    if (status == OT_OK && c->limited) c->left--;
    return status;
}

void ot__sq_cursor_close(void *self, void *cursor) {
    sq_cursor *c = cursor;
    if (c->kind == SQ_SCAN) ot__sq_scan_close(c);
    if (c->reader) ot__sq_reader_done(self, c->reader);
}

ot_status ot__sq_devices(void *self, ot_str user, ot_str device, ot_status (*each)(void *ctx, const ot_device *device),
                         void *ctx, ot_error *error) {
    static const char *const texts[] = {
#define DEVICES(where)                                                                                                 \
    "SELECT user,device,first_seen,last_seen,via,presence,why,since,heard,records FROM device WHERE known" where       \
    " ORDER BY user,device"
        DEVICES(""), DEVICES(" AND user=?1"), DEVICES(" AND device=?2"), DEVICES(" AND user=?1 AND device=?2")};
    sq_store *s = self;
    sq_reader *reader;
    ot_status status = ot__sq_reader(s, &reader, error);
    if (status != OT_OK) return status;
    sqlite3_stmt *st = NULL;
    status = ot__sq_prepare(reader->db, texts[(user.ptr ? 1 : 0) | (device.ptr ? 2 : 0)], &st, error);
    if (status == OT_OK && user.ptr) ot__sq_bind(st, 1, user);
    if (status == OT_OK && device.ptr) ot__sq_bind(st, 2, device);
    int code = SQLITE_DONE;
    while (status == OT_OK && (code = sqlite3_step(st)) == SQLITE_ROW) {
        ot_device d;
        memset(&d, 0, sizeof d);
        d.size = sizeof d;
        d.user = ot__sq_column(st, 0);
        d.device = ot__sq_column(st, 1);
        d.first_seen = ot__sq_column_time(st, 2);
        d.last_seen = ot__sq_column_time(st, 3);
        d.by_mqtt = sqlite3_column_int(st, 4) & 1;
        d.by_http = sqlite3_column_int(st, 4) & 2;
        d.presence.state = (ot_presence_state)sqlite3_column_int(st, 5);
        d.presence.why = (ot_type)sqlite3_column_int(st, 6);
        d.presence.since = ot__sq_column_time(st, 7);
        d.presence.heard = ot__sq_column_time(st, 8);
        d.records = (uint64_t)sqlite3_column_int64(st, 9);
        status = each(ctx, &d);
    }
    if (status == OT_OK && code != SQLITE_DONE) status = ot__sq_fail(reader->db, code, error, "reading");
    sqlite3_finalize(st);
    ot__sq_reader_done(s, reader);
    return status;
}
