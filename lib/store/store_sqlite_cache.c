/* store_sqlite_cache.c: transactions of the connection that writes, and what is kept in memory between them: devices, topics, counters. It holds as
   long as no other connection has written (PRAGMA data_version), and is dropped when a transaction fails. */
#include "store_sqlite.h"

#define MAP_MAX 200000 /* devices or topics in the cache; beyond, it starts anew */

ot_status ot__sq_statements(sq_store *s, ot_error *error) {
    static const char *const texts[] = {
#define SQ_STATEMENT(name, sql) sql,
#include "store_sqlite_statements.h"
#undef SQ_STATEMENT
    };
    s->stmts = ot_mem_zalloc(SQ_STATEMENTS, sizeof(sqlite3_stmt *));
    if (!s->stmts) return ot__sq_no_memory(error);
    /* All of them now: a layout that does not fit shows at opening. */
    for (size_t i = 0; i < SQ_STATEMENTS; i++) {
        ot_status status = ot__sq_prepare(s->db, texts[i], &s->stmts[i], error);
        if (status != OT_OK) return status;
    }
    return OT_OK;
}

sqlite3_stmt *ot__sq_get(sq_store *s, enum sq_statement which) {
    return s->stmts[which];
}

ot_status ot__sq_run(sq_store *s, sqlite3_stmt *st, ot_error *error) {
    int code = sqlite3_step(st);
    ot_status status = code == SQLITE_DONE || code == SQLITE_ROW ? OT_OK : ot__sq_fail(s->db, code, error, "writing");
    sqlite3_reset(st);
    return status;
}

/* ---- the map ---- */

static size_t hash(const char *key, size_t len) {
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)key[i]) * 1099511628211u;
    return (size_t)(h ^ h >> 32);
}

static sq_entry *map_find(const sq_map *m, const char *key, size_t len) {
    if (!m->size) return NULL;
    for (size_t i = hash(key, len) & (m->size - 1);; i = (i + 1) & (m->size - 1)) {
        sq_entry *e = &m->entries[i];
        if (!e->key) return NULL;
        if (e->len == len && memcmp(e->key, key, len) == 0) return e;
    }
}

static sq_entry *map_add(sq_map *m, const char *key, size_t len) {
    if (m->count * 2 >= m->size) {
        size_t size = m->size ? m->size * 2 : 64;
        sq_entry *entries = ot_mem_zalloc(size, sizeof *entries);
        if (!entries) return NULL;
        for (size_t i = 0; i < m->size; i++) {
            if (!m->entries[i].key) continue;
            size_t at = hash(m->entries[i].key, m->entries[i].len) & (size - 1);
            while (entries[at].key)
                at = (at + 1) & (size - 1);
            entries[at] = m->entries[i];
        }
        ot_mem_free(m->entries, m->size * sizeof *m->entries);
        m->entries = entries;
        m->size = size;
    }
    char *copy = ot_mem_alloc(len ? len : 1);
    if (!copy) return NULL;
    memcpy(copy, key, len);
    size_t at = hash(key, len) & (m->size - 1);
    while (m->entries[at].key)
        at = (at + 1) & (m->size - 1);
    m->entries[at].key = copy;
    m->entries[at].len = len;
    m->count++;
    return &m->entries[at];
}

static void map_clear(sq_map *m) {
    for (size_t i = 0; i < m->size; i++) {
        sq_entry *e = &m->entries[i];
        if (!e->key) continue;
        if (e->device) {
            ot_mem_free(e->device->newest, e->device->cap * sizeof *e->device->newest);
            ot_mem_free(e->device, sizeof *e->device);
        }
        ot_mem_free(e->key, e->len ? e->len : 1);
    }
    ot_mem_free(m->entries, m->size * sizeof *m->entries);
    memset(m, 0, sizeof *m);
}

void ot__sq_drop_cache(sq_store *s) {
    map_clear(&s->devices);
    map_clear(&s->topics);
    s->touched = NULL;
    s->cached = false;
}

/* ---- transactions ---- */

static ot_status load_state(sq_store *s, ot_error *error) {
    sqlite3_stmt *st = ot__sq_get(s, SQ_STATE);
    int code = sqlite3_step(st);
    if (code == SQLITE_ROW) {
        uint64_t *const to[] = {&s->state.seq,     &s->state.records, &s->state.repeats,      &s->state.rejected,
                                &s->state.removed, &s->state.rejects, &s->state.reject_bytes, &s->state.kv};
        for (int i = 0; i < 8; i++)
            *to[i] = (uint64_t)sqlite3_column_int64(st, i);
        s->before = s->state;
    }
    sqlite3_reset(st);
    if (code == SQLITE_ROW) return OT_OK;
    if (code == SQLITE_DONE) return ot_error_set(error, OT_ECORRUPT, NULL, OT_NO_OFFSET, "the table state is empty");
    return ot__sq_fail(s->db, code, error, "reading");
}

ot_status ot__sq_begin(sq_store *s, ot_error *error) {
    if (!sqlite3_get_autocommit(s->db)) sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    ot_status status = ot__sq_run(s, ot__sq_get(s, SQ_BEGIN), error);
    if (status != OT_OK) return status;
    sqlite3_stmt *st = ot__sq_get(s, SQ_VERSION);
    int code = sqlite3_step(st);
    int64_t version = code == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_reset(st);
    if (code != SQLITE_ROW) {
        status = ot__sq_fail(s->db, code, error, "reading");
    } else if (!s->cached || version != s->version || s->devices.count > MAP_MAX || s->topics.count > MAP_MAX) {
        ot__sq_drop_cache(s);
        status = load_state(s, error);
        s->cached = status == OT_OK;
        s->version = version;
    }
    return status == OT_OK ? status : ot__sq_end(s, status, error);
}

static ot_status write_newest(sq_store *s, const sq_device *dev, const sq_newest *n, ot_error *error) {
    sqlite3_stmt *st = ot__sq_get(s, n->count ? SQ_NEWEST_SET : SQ_NEWEST_DROP);
    sqlite3_bind_int64(st, 1, dev->dev);
    sqlite3_bind_int64(st, 2, n->type);
    if (n->count) {
        sqlite3_bind_int64(st, 3, n->at);
        sqlite3_bind_int64(st, 4, n->arrival);
        sqlite3_bind_int64(st, 5, (int64_t)n->seq);
        sqlite3_bind_blob(st, 6, n->id.bytes, 16, SQLITE_STATIC);
        sqlite3_bind_int64(st, 7, n->oldest);
        sqlite3_bind_int64(st, 8, (int64_t)n->count);
    }
    return ot__sq_run(s, st, error);
}

/* The newest one was removed: which is it now? */
static ot_status find_newest(sq_store *s, const sq_device *dev, sq_newest *n, ot_error *error) {
    sqlite3_stmt *st = ot__sq_get(s, SQ_NEWEST_FIND);
    sqlite3_bind_int64(st, 1, dev->dev);
    sqlite3_bind_int64(st, 2, n->type);
    int code = sqlite3_step(st);
    ot_status status = OT_OK;
    if (code == SQLITE_ROW) {
        n->at = sqlite3_column_int64(st, 0);
        n->arrival = sqlite3_column_int64(st, 1);
        n->seq = (uint64_t)sqlite3_column_int64(st, 2);
        if (sqlite3_column_bytes(st, 3) == 16) memcpy(n->id.bytes, sqlite3_column_blob(st, 3), 16);
    } else if (code == SQLITE_DONE) {
        n->count = 0;
    } else {
        status = ot__sq_fail(s->db, code, error, "reading");
    }
    sqlite3_reset(st);
    n->stale = false;
    return status;
}

static ot_status write_device(sq_store *s, sq_device *dev, ot_error *error) {
    for (size_t i = 0; i < dev->count; i++) {
        sq_newest *n = &dev->newest[i];
        if (!n->dirty) continue;
        ot_status status = n->stale && n->count ? find_newest(s, dev, n, error) : OT_OK;
        if (status == OT_OK) status = write_newest(s, dev, n, error);
        if (status != OT_OK) return status;
        n->dirty = n->stale = false;
    }
    if (!dev->dirty) return OT_OK;
    sqlite3_stmt *st = ot__sq_get(s, SQ_DEVICE_SET);
    sqlite3_bind_int64(st, 1, dev->dev);
    sqlite3_bind_int(st, 2, dev->known);
    ot__sq_bind_time(st, 3, dev->d.first_seen);
    ot__sq_bind_time(st, 4, dev->d.last_seen);
    sqlite3_bind_int(st, 5, (dev->d.by_mqtt ? 1 : 0) | (dev->d.by_http ? 2 : 0));
    sqlite3_bind_int(st, 6, (int)dev->d.presence.state);
    sqlite3_bind_int(st, 7, (int)dev->d.presence.why);
    ot__sq_bind_time(st, 8, dev->d.presence.since);
    ot__sq_bind_time(st, 9, dev->d.presence.heard);
    sqlite3_bind_int64(st, 10, (int64_t)dev->d.records);
    dev->dirty = false;
    return ot__sq_run(s, st, error);
}

static ot_status write_state(sq_store *s, ot_error *error) {
    const sq_state *a = &s->state;
    if (memcmp(a, &s->before, sizeof *a) == 0) return OT_OK;
    sqlite3_stmt *st = ot__sq_get(s, SQ_STATE_SET);
    const uint64_t values[] = {a->seq,     a->records, a->repeats,      a->rejected,
                               a->removed, a->rejects, a->reject_bytes, a->kv};
    for (int i = 0; i < 8; i++)
        sqlite3_bind_int64(st, i + 1, (int64_t)values[i]);
    return ot__sq_run(s, st, error);
}

ot_status ot__sq_end(sq_store *s, ot_status status, ot_error *error) {
    while (status == OT_OK && s->touched) {
        sq_device *dev = s->touched;
        status = write_device(s, dev, error);
        s->touched = dev->touched;
        dev->touched = NULL;
        dev->listed = false;
    }
    if (status == OT_OK) status = write_state(s, error);
    if (status == OT_OK) status = ot__sq_run(s, ot__sq_get(s, SQ_COMMIT), error);
    if (status == OT_OK) {
        s->before = s->state;
        /* Asked after the commit: what went into a file that has no name any more is nowhere. */
        int moved = 0;
        if (sqlite3_file_control(s->db, NULL, SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK || !moved) return OT_OK;
        return ot_error_set(error, OT_ENOTFOUND, "store", OT_NO_OFFSET,
                            "the database was moved or deleted while it was in use");
    }
    /* Nothing of it may stay, in the database or in the cache. The first error is what is told. */
    if (!sqlite3_get_autocommit(s->db)) ot__sq_run(s, ot__sq_get(s, SQ_ROLLBACK), NULL);
    ot__sq_drop_cache(s);
    return status;
}

/* ---- devices and topics ---- */

void ot__sq_touch(sq_store *s, sq_device *dev) {
    if (dev->listed) return;
    dev->listed = true;
    dev->touched = s->touched;
    s->touched = dev;
}

sq_newest *ot__sq_newest(sq_device *dev, ot_type type, bool make) {
    for (size_t i = 0; i < dev->count; i++) {
        if (dev->newest[i].type == type) return &dev->newest[i];
    }
    if (!make) return NULL;
    if (dev->count == dev->cap) {
        size_t cap = dev->cap ? dev->cap * 2 : 2;
        sq_newest *more = ot_mem_resize(dev->newest, dev->cap * sizeof *more, cap * sizeof *more);
        if (!more) return NULL;
        dev->newest = more;
        dev->cap = cap;
    }
    sq_newest *n = &dev->newest[dev->count++];
    memset(n, 0, sizeof *n);
    n->type = type;
    return n;
}

static ot_status load_newest(sq_store *s, sq_device *dev, ot_error *error) {
    sqlite3_stmt *st = ot__sq_get(s, SQ_NEWEST);
    sqlite3_bind_int64(st, 1, dev->dev);
    int code;
    ot_status status = OT_OK;
    while (status == OT_OK && (code = sqlite3_step(st)) != SQLITE_DONE) {
        sq_newest *n = code == SQLITE_ROW ? ot__sq_newest(dev, (ot_type)sqlite3_column_int(st, 0), true) : NULL;
        if (code != SQLITE_ROW) {
            status = ot__sq_fail(s->db, code, error, "reading");
        } else if (!n) {
            status = ot__sq_no_memory(error);
        } else {
            n->at = sqlite3_column_int64(st, 1);
            n->arrival = sqlite3_column_int64(st, 2);
            n->seq = (uint64_t)sqlite3_column_int64(st, 3);
            if (sqlite3_column_bytes(st, 4) == 16) memcpy(n->id.bytes, sqlite3_column_blob(st, 4), 16);
            n->oldest = sqlite3_column_int64(st, 5);
            n->count = (uint64_t)sqlite3_column_int64(st, 6);
        }
    }
    sqlite3_reset(st);
    return status;
}

static ot_status load_device(sq_store *s, ot_str user, ot_str device, bool make, sq_device *dev, ot_error *error) {
    sqlite3_stmt *st = ot__sq_get(s, SQ_DEVICE);
    ot__sq_bind(st, 1, user);
    ot__sq_bind(st, 2, device);
    int code = sqlite3_step(st);
    ot_status status = OT_OK;
    if (code == SQLITE_ROW) {
        dev->dev = sqlite3_column_int64(st, 0);
        dev->known = sqlite3_column_int(st, 1);
        dev->d.first_seen = ot__sq_column_time(st, 2);
        dev->d.last_seen = ot__sq_column_time(st, 3);
        dev->d.by_mqtt = sqlite3_column_int(st, 4) & 1;
        dev->d.by_http = sqlite3_column_int(st, 4) & 2;
        dev->d.presence.state = (ot_presence_state)sqlite3_column_int(st, 5);
        dev->d.presence.why = (ot_type)sqlite3_column_int(st, 6);
        dev->d.presence.since = ot__sq_column_time(st, 7);
        dev->d.presence.heard = ot__sq_column_time(st, 8);
        dev->d.records = (uint64_t)sqlite3_column_int64(st, 9);
        dev->has_removed = sqlite3_column_int(st, 10);
        dev->has_untimed = sqlite3_column_int(st, 11);
    } else if (code == SQLITE_DONE) {
        status = make ? OT_OK : OT_ENOTFOUND;
    } else {
        status = ot__sq_fail(s->db, code, error, "reading");
    }
    sqlite3_reset(st);
    if (status != OT_OK) return status;
    if (code == SQLITE_ROW) return load_newest(s, dev, error);

    const ot_presence none = OT_PRESENCE_INIT;
    dev->d.first_seen = dev->d.last_seen = OT_TIME_NONE;
    dev->d.presence = none;
    st = ot__sq_get(s, SQ_DEVICE_NEW);
    ot__sq_bind(st, 1, user);
    ot__sq_bind(st, 2, device);
    status = ot__sq_run(s, st, error);
    dev->dev = sqlite3_last_insert_rowid(s->db);
    return status;
}

ot_status ot__sq_device(sq_store *s, ot_str user, ot_str device, bool make, sq_device **out, ot_error *error) {
    char small[256], *key = small;
    size_t len = user.len + 1 + device.len;
    if (len > sizeof small && !(key = ot_mem_alloc(len))) return ot__sq_no_memory(error);
    memcpy(key, user.ptr, user.len);
    key[user.len] = 0;
    memcpy(key + user.len + 1, device.ptr, device.len);
    sq_entry *e = map_find(&s->devices, key, len);
    ot_status status = OT_OK;
    if (!e) {
        sq_device *dev = ot_mem_zalloc(1, sizeof *dev);
        status = dev ? load_device(s, user, device, make, dev, error) : ot__sq_no_memory(error);
        if (status == OT_OK && !(e = map_add(&s->devices, key, len))) status = ot__sq_no_memory(error);
        if (status == OT_OK) {
            e->device = dev;
        } else if (dev) {
            ot_mem_free(dev->newest, dev->cap * sizeof *dev->newest);
            ot_mem_free(dev, sizeof *dev);
        }
    }
    if (key != small) ot_mem_free(key, len);
    *out = status == OT_OK ? e->device : NULL;
    return status;
}

ot_status ot__sq_topic(sq_store *s, ot_str name, int64_t *out, ot_error *error) {
    sq_entry *e = map_find(&s->topics, name.ptr, name.len);
    if (e) {
        *out = e->number;
        return OT_OK;
    }
    sqlite3_stmt *st = ot__sq_get(s, SQ_TOPIC);
    ot__sq_bind(st, 1, name);
    int code = sqlite3_step(st);
    if (code == SQLITE_ROW) *out = sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    if (code == SQLITE_DONE) {
        st = ot__sq_get(s, SQ_TOPIC_NEW);
        ot__sq_bind(st, 1, name);
        ot_status status = ot__sq_run(s, st, error);
        if (status != OT_OK) return status;
        *out = sqlite3_last_insert_rowid(s->db);
    } else if (code != SQLITE_ROW) {
        return ot__sq_fail(s->db, code, error, "reading");
    }
    e = map_add(&s->topics, name.ptr, name.len);
    if (!e) return ot__sq_no_memory(error);
    e->number = *out;
    return OT_OK;
}
