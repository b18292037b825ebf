/* store_sqlite_remove.c: removal, retention, and how long removed ids are remembered. */
#include "store_sqlite.h"

static ot_status remember(sq_store *s, sq_device *dev, const ot_record *r, ot_error *error) {
    sqlite3_stmt *st = ot__sq_get(s, SQ_REMOVED_NEW);
    sqlite3_bind_int64(st, 1, (int64_t)++s->state.seq);
    sqlite3_bind_int64(st, 2, dev->dev);
    sqlite3_bind_blob(st, 3, r->id.bytes, 16, SQLITE_STATIC);
    sqlite3_bind_int(st, 4, (int)r->type);
    sqlite3_bind_int64(st, 5, r->at);
    sqlite3_bind_int64(st, 6, r->arrival);
    sqlite3_bind_int64(st, 7, ot_clock_now(s->config->clock));
    dev->has_removed = true;
    s->state.removed++;
    return ot__sq_run(s, st, error);
}

static void fewer(sq_store *s, sq_device *dev, sq_newest *n, uint64_t count) {
    n->count -= count < n->count ? count : n->count;
    dev->d.records -= count < dev->d.records ? count : dev->d.records;
    s->state.records -= count < s->state.records ? count : s->state.records;
    n->dirty = true;
    dev->dirty = true;
    ot__sq_touch(s, dev);
}

static ot_status remove_one(sq_store *s, const ot_record *r, ot_error *error) {
    sq_device *dev;
    ot_status status = ot__sq_device(s, r->user, r->device, false, &dev, error);
    if (status != OT_OK) return status;
    sqlite3_stmt *st = ot__sq_get(s, SQ_RECORD_DROP);
    sqlite3_bind_int64(st, 1, dev->dev);
    sqlite3_bind_int(st, 2, (int)r->type);
    sqlite3_bind_int64(st, 3, r->at);
    sqlite3_bind_blob(st, 4, r->id.bytes, 16, SQLITE_STATIC);
    status = ot__sq_run(s, st, error);
    if (status == OT_OK && dev->has_untimed && ot_identity_of(r->type) == OT_IDENTITY_ID) {
        st = ot__sq_get(s, SQ_UNTIMED_DROP);
        sqlite3_bind_int64(st, 1, dev->dev);
        sqlite3_bind_blob(st, 2, r->id.bytes, 16, SQLITE_STATIC);
        status = ot__sq_run(s, st, error);
    }
    if (status == OT_OK) status = remember(s, dev, r, error);
    if (status != OT_OK) return status;
    sq_newest *n = ot__sq_newest(dev, r->type, true);
    if (!n) return ot__sq_no_memory(error);
    if (n->at == r->at && ot_id_cmp(&n->id, &r->id) == 0) n->stale = true;
    fewer(s, dev, n, 1);
    return OT_OK;
}

ot_status ot__sq_remove(void *self, const ot_scan *scan, uint64_t *removed, ot_error *error) {
    sq_store *s = self;
    ot_status status = ot__sq_begin(s, error);
    if (status != OT_OK) return status;
    /* Nobody else writes now: a reader sees what this transaction began with, whatever is removed under it. */
    sq_cursor c;
    memset(&c, 0, sizeof c);
    status = ot__sq_scan(s, &c, scan, error);
    uint64_t n = 0;
    while (status == OT_OK) {
        ot_record r = OT_RECORD_INIT;
        status = ot__sq_next(s, &c, &r, error);
        if (status == OT_OK) status = remove_one(s, &r, error);
        n += status == OT_OK;
    }
    ot__sq_cursor_close(s, &c);
    status = ot__sq_end(s, status == OT_DONE ? OT_OK : status, error);
    if (status == OT_OK) *removed = n;
    return status;
}

static void bind_range(sqlite3_stmt *st, const sq_device *dev, const sq_newest *n, ot_time to, bool keep) {
    sqlite3_bind_int64(st, 1, dev->dev);
    sqlite3_bind_int(st, 2, (int)n->type);
    sqlite3_bind_int64(st, 3, to);
    if (keep) {
        sqlite3_bind_int64(st, 4, n->at);
        sqlite3_bind_blob(st, 5, n->id.bytes, 16, SQLITE_STATIC);
    } else {
        sqlite3_bind_null(st, 4);
        sqlite3_bind_null(st, 5);
    }
}

/* Removes what a device has of a type up to a time, but for the newest when it is to be kept. */
static ot_status remove_range(sq_store *s, sq_device *dev, sq_newest *n, ot_time to, bool keep, bool dry_run,
                              uint64_t *removed, ot_error *error) {
    sqlite3_stmt *st = ot__sq_get(s, SQ_RANGE_COUNT);
    bind_range(st, dev, n, to, keep);
    int code = sqlite3_step(st);
    uint64_t count = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
    ot_status status = code == SQLITE_ROW ? OT_OK : ot__sq_fail(s->db, code, error, "reading");
    sqlite3_reset(st);
    *removed += count;
    if (status != OT_OK || dry_run || !count) return status;
    static const enum sq_statement three[] = {SQ_RANGE_REMOVED, SQ_RANGE_UNTIMED, SQ_RANGE_DROP};
    for (int i = 0; i < 3 && status == OT_OK; i++) {
        st = ot__sq_get(s, three[i]);
        bind_range(st, dev, n, to, keep);
        if (i == 0) {
            sqlite3_bind_int64(st, 6, (int64_t)s->state.seq);
            sqlite3_bind_int64(st, 7, ot_clock_now(s->config->clock));
        }
        status = ot__sq_run(s, st, error);
    }
    if (status != OT_OK) return status;
    s->state.seq += count;
    s->state.removed += count;
    dev->has_removed = true;
    fewer(s, dev, n, count);
    if (keep) {
        ot_time after = to == INT64_MAX ? to : to + 1;
        n->oldest = n->at < after ? n->at : after;
    }
    return OT_OK;
}

ot_status ot__sq_remove_device(void *self, ot_str user, ot_str device, uint64_t *removed, ot_error *error) {
    sq_store *s = self;
    ot_status status = ot__sq_begin(s, error);
    if (status != OT_OK) return status;
    sq_device *dev;
    uint64_t n = 0;
    status = ot__sq_device(s, user, device, false, &dev, error);
    if (status == OT_ENOTFOUND || (status == OT_OK && !dev->known)) {
        status = ot_error_set(error, OT_ENOTFOUND, "device", OT_NO_OFFSET, "is not known");
    }
    for (size_t i = 0; status == OT_OK && i < dev->count; i++) {
        status = remove_range(s, dev, &dev->newest[i], INT64_MAX, false, false, &n, error);
    }
    if (status == OT_OK) {
        const ot_presence none = OT_PRESENCE_INIT;
        dev->known = false; /* the names stay for what is remembered as removed */
        dev->d.first_seen = dev->d.last_seen = OT_TIME_NONE;
        dev->d.by_mqtt = dev->d.by_http = false;
        dev->d.presence = none;
        dev->dirty = true;
        ot__sq_touch(s, dev);
    }
    status = ot__sq_end(s, status, error);
    if (status == OT_OK) *removed = n;
    return status;
}

static ot_status retain_devices(sq_store *s, sqlite3_stmt *st, ot_time before, bool dry_run, uint64_t *n,
                                ot_error *error) {
    sqlite3_bind_int64(st, 1, before);
    ot_status status = OT_OK;
    int code;
    while (status == OT_OK && (code = sqlite3_step(st)) != SQLITE_DONE) {
        if (code != SQLITE_ROW) {
            status = ot__sq_fail(sqlite3_db_handle(st), code, error, "reading");
            break;
        }
        sq_device *dev;
        status = ot__sq_device(s, ot__sq_column(st, 0), ot__sq_column(st, 1), false, &dev, error);
        for (size_t i = 0; status == OT_OK && i < dev->count; i++) {
            sq_newest *newest = &dev->newest[i];
            if (newest->count && newest->oldest < before) {
                status = remove_range(s, dev, newest, before - 1, true, dry_run, n, error);
            }
        }
    }
    sqlite3_reset(st);
    return status;
}

ot_status ot__sq_retain(void *self, ot_time before, bool dry_run, uint64_t *removed, ot_error *error) {
    sq_store *s = self;
    if (before == INT64_MIN) return OT_OK; /* nothing is older */
    ot_status status = OT_OK;
    if (!dry_run) {
        status = ot__sq_begin(s, error);
        if (status != OT_OK) return status;
    } else {
        ot__sq_drop_cache(s); /* may be older than the database outside of a transaction */
        status = ot__sq_exec(s->db, "BEGIN", error);
        if (status != OT_OK) return status;
    }
    /* The names come from another connection, which does not see what is removed meanwhile. */
    sq_reader *reader = NULL;
    sqlite3_stmt *st = NULL;
    uint64_t n = 0;
    status = ot__sq_reader(s, &reader, error);
    if (status == OT_OK) {
        status = ot__sq_prepare(
            reader->db,
            "SELECT DISTINCT d.user,d.device FROM newest n JOIN device d ON d.dev=n.dev WHERE n.oldest<?1 ORDER BY 1,2",
            &st, error);
    }
    if (status == OT_OK) status = retain_devices(s, st, before, dry_run, &n, error);
    sqlite3_finalize(st);
    if (reader) ot__sq_reader_done(s, reader);
    if (dry_run) {
        sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
        ot__sq_drop_cache(s);
    } else {
        status = ot__sq_end(s, status, error);
    }
    if (status == OT_OK) *removed = n;
    return status;
}

#define PURGE_EVERY ((ot_time)3600000)

/* Forgets removed ids whose time is over: now and then, inside a transaction that writes anyway. */
ot_status ot__sq_purge(sq_store *s, ot_error *error) {
    ot_time now = ot_clock_now(s->config->clock), before;
    if (s->purged != OT_TIME_NONE && now >= s->purged && now - s->purged < PURGE_EVERY) return OT_OK;
    s->purged = now;
    if (__builtin_sub_overflow(now, s->config->remember_removed, &before)) return OT_OK;
    sqlite3_stmt *st = ot__sq_get(s, SQ_REMOVED_OLDEST);
    int code = sqlite3_step(st);
    bool due = code == SQLITE_ROW && sqlite3_column_int64(st, 0) < before;
    ot_status status = code == SQLITE_ROW || code == SQLITE_DONE ? OT_OK : ot__sq_fail(s->db, code, error, "reading");
    sqlite3_reset(st);
    if (status != OT_OK || !due) return status;
    st = ot__sq_get(s, SQ_REMOVED_PURGE);
    sqlite3_bind_int64(st, 1, before);
    status = ot__sq_run(s, st, error);
    if (status == OT_OK) status = ot__sq_run(s, ot__sq_get(s, SQ_DEVICE_PURGE), error);
    /* Devices may be gone from the table now: what is known of them is read anew. Their counters were not touched yet. */
    sq_state state = s->state, as_it_stood = s->before;
    ot__sq_drop_cache(s);
    s->state = state;
    s->before = as_it_stood;
    s->cached = true;
    return status;
}
