/* store_sqlite.c: `sqlite:PATH`: options, connections, errors, numbers, and the table of the backend. */
#include "store_sqlite.h"

#include <owntracks/sqlite.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

ot_status ot__sq_no_memory(ot_error *error) {
    return ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "no memory");
}

static ot_status status_of(sqlite3 *db, int code) {
    int os = db ? sqlite3_system_errno(db) : 0;
    switch (code & 0xff) {
    case SQLITE_FULL:
        return OT_EFULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return OT_EBUSY;
    case SQLITE_IOERR:
        if (code == SQLITE_IOERR_NOMEM) return OT_ENOMEM;
        return os == ENOSPC || os == EFBIG || os == EDQUOT ? OT_EFULL : OT_EIO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return OT_ECORRUPT;
    case SQLITE_NOMEM:
        return OT_ENOMEM;
    case SQLITE_READONLY:
        return OT_EREADONLY;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return OT_EPERM;
    case SQLITE_CANTOPEN:
        return os == ENOENT || os == ENOTDIR ? OT_ENOTFOUND
               : os == EACCES || os == EPERM ? OT_EPERM
               : os == EROFS                 ? OT_EREADONLY
                                             : OT_EIO;
    case SQLITE_TOOBIG:
        return OT_ELIMIT;
    case SQLITE_ERROR: /* a statement does not fit the tables */
    case SQLITE_SCHEMA:
        return OT_ECORRUPT;
    default:
        return OT_EIO;
    }
}

ot_status ot__sq_fail(sqlite3 *db, int code, ot_error *error, const char *what) {
    if (db && (code & 0xff) == (sqlite3_errcode(db) & 0xff)) code = sqlite3_extended_errcode(db);
    ot_status status = status_of(db, code);
    if (status == OT_ENOMEM) return ot__sq_no_memory(error);
    return ot_error_set(error, status, NULL, OT_NO_OFFSET, "%s: %s (SQLite %d)", what,
                        db ? sqlite3_errmsg(db) : sqlite3_errstr(code), code);
}

ot_status ot__sq_exec(sqlite3 *db, const char *sql, ot_error *error) {
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? OT_OK : ot__sq_fail(db, code, error, sql);
}

ot_status ot__sq_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out, ot_error *error) {
    int code = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return code == SQLITE_OK ? OT_OK : ot__sq_fail(db, code, error, "the layout of the database");
}

ot_status ot__sq_number(sqlite3 *db, const char *sql, int64_t *out, ot_error *error) {
    sqlite3_stmt *st = NULL;
    ot_status status = ot__sq_prepare(db, sql, &st, error);
    if (status != OT_OK) return status;
    int code = sqlite3_step(st);
    *out = code == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    if (code != SQLITE_ROW && code != SQLITE_DONE) status = ot__sq_fail(db, code, error, sql);
    sqlite3_finalize(st);
    return status;
}

ot_str ot__sq_column(sqlite3_stmt *st, int column) {
    if (sqlite3_column_type(st, column) == SQLITE_NULL) return ot_str_of(NULL, 0);
    const char *p = sqlite3_column_blob(st, column);
    return p ? ot_str_of(p, (size_t)sqlite3_column_bytes(st, column)) : ot_str_of("", 0);
}

int ot__sq_bind(sqlite3_stmt *st, int at, ot_str s) {
    if (!s.ptr) return sqlite3_bind_null(st, at);
    /* TEXT only where SQL can handle it as one: no NUL, valid UTF-8. */
    if ((s.len && memchr(s.ptr, 0, s.len)) || !ot_str_utf8(s, NULL)) {
        return sqlite3_bind_blob64(st, at, s.ptr, (sqlite3_uint64)s.len, SQLITE_STATIC);
    }
    return sqlite3_bind_text64(st, at, s.ptr, (sqlite3_uint64)s.len, SQLITE_STATIC, SQLITE_UTF8);
}

int ot__sq_bind_time(sqlite3_stmt *st, int at, ot_time t) {
    return t == OT_TIME_NONE ? sqlite3_bind_null(st, at) : sqlite3_bind_int64(st, at, t);
}

ot_time ot__sq_column_time(sqlite3_stmt *st, int column) {
    return sqlite3_column_type(st, column) == SQLITE_NULL ? OT_TIME_NONE : sqlite3_column_int64(st, column);
}

ot_status ot__sq_connect(sq_store *s, int flags, sqlite3 **out, ot_error *error) {
    int code = sqlite3_open_v2(s->path, out, flags | SQLITE_OPEN_NOMUTEX, s->vfs);
    if (code != SQLITE_OK) {
        ot_status status = *out ? ot__sq_fail(*out, code, error, s->path) : ot__sq_no_memory(error);
        sqlite3_close(*out);
        *out = NULL;
        return status;
    }
    sqlite3_extended_result_codes(*out, 1);
    sqlite3_busy_timeout(*out, s->busy_timeout);
    /* A file from somebody else must not run code of its own. */
    sqlite3_db_config(*out, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(*out, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return OT_OK;
}

/* ---- options ---- */

static bool number(const char *text, long low, long high, int *out) {
    if (text[0] < '0' || text[0] > '9') return false;
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    if (errno || *end || n < low || n > high) return false;
    *out = (int)n;
    return true;
}

static bool keep_text(const char *text, const char *prefix, char **out, size_t *size) {
    *size = strlen(prefix) + strlen(text) + 1;
    *out = ot_mem_alloc(*size);
    if (!*out) return false;
    memcpy(*out, prefix, strlen(prefix));
    memcpy(*out + strlen(prefix), text, strlen(text) + 1);
    return true;
}

static ot_status take_option(sq_store *s, const ot_option *o, ot_error *error) {
    static const char *const levels[] = {"off", "normal", "full"};
    const char *expected;
    if (strcmp(o->name, "synchronous") == 0) {
        for (int i = 0; i < 3; i++) {
            if (strcmp(o->value, levels[i]) == 0) {
                s->synchronous = i;
                return OT_OK;
            }
        }
        expected = "full, normal or off";
    } else if (strcmp(o->name, "busy_timeout") == 0) {
        if (number(o->value, 0, 3600000, &s->busy_timeout)) return OT_OK;
        expected = "milliseconds, at most an hour";
    } else if (strcmp(o->name, "cache") == 0) {
        if (number(o->value, 64, 16 << 20, &s->cache)) return OT_OK;
        expected = "KiB, from 64 to 16777216";
    } else if (strcmp(o->name, "checkpoint") == 0) {
        if (number(o->value, 1, 1 << 24, &s->checkpoint)) return OT_OK;
        expected = "pages, from 1 to 16777216";
    } else if (strcmp(o->name, "vfs") == 0) {
        if (sqlite3_vfs_find(o->value)) {
            ot_mem_free(s->vfs, s->vfs_size);
            return keep_text(o->value, "", &s->vfs, &s->vfs_size) ? OT_OK : ot__sq_no_memory(error);
        }
        expected = "the name of a registered VFS";
    } else {
        return ot_error_set(error, OT_EINVAL, o->name, OT_NO_OFFSET, "sqlite: has no such option");
    }
    return ot_error_set(error, OT_EINVAL, o->name, OT_NO_OFFSET, "'%.60s' is not %s", o->value, expected);
}

/* ---- opening ---- */

#define LOG_LIMIT (INT64_C(64) << 20) /* bytes of the log that stay when it is begun anew, at least */
#define LOG_FRAME 8216                /* bytes of a page of 8 KiB in it */

static ot_status settings(sq_store *s, ot_error *error) {
    /* A log as long as it gets between two checkpoints is kept: cutting it each time would make every round grow it again. */
    int64_t limit = (int64_t)s->checkpoint * LOG_FRAME * 3 / 2;
    char sql[256];
    snprintf(sql, sizeof sql,
             "PRAGMA synchronous=%d;PRAGMA cache_size=-%d;PRAGMA wal_autocheckpoint=%d;PRAGMA journal_size_limit=%lld",
             s->synchronous, s->cache, s->checkpoint, (long long)(limit > LOG_LIMIT ? limit : LOG_LIMIT));
    return ot__sq_exec(s->db, sql, error);
}

static ot_status sq_open(void *self, const char *rest, const ot_store_config *config, ot_error *error) {
    sq_store *s = self;
    s->config = config;
    s->synchronous = 2;
    s->busy_timeout = 5000;
    s->cache = 16384;
    s->checkpoint = 10000;
    s->purged = OT_TIME_NONE;
    if (!rest[0] || rest[0] == ':')
        return ot_error_set(error, OT_EINVAL, "store", OT_NO_OFFSET, "sqlite: needs the path of a file");
    if (!sqlite3_threadsafe())
        return ot_error_set(error, OT_EUNSUPPORTED, "store", OT_NO_OFFSET, "SQLite was built without threads");
    for (size_t i = 0; i < config->option_count; i++) {
        ot_status status = take_option(s, &config->options[i], error);
        if (status != OT_OK) return status;
    }
    /* A name that SQLite would take for a URI is a path here. */
    if (!keep_text(rest, strncmp(rest, "file:", 5) == 0 ? "./" : "", &s->path, &s->path_size))
        return ot__sq_no_memory(error);

    bool fresh = false;
    ot_status status = ot__sq_probe(s, &fresh, error);
    if (status != OT_OK) return status;
    if (fresh && (config->read_only || config->must_exist)) {
        return ot_error_set(error, OT_ENOTFOUND, "store", OT_NO_OFFSET, "%.120s: there is no database", s->path);
    }
    status = ot__sq_connect(s, config->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                            &s->db, error);
    if (status == OT_OK && !config->read_only) status = ot__sq_layout(s, error);
    if (status == OT_OK) status = settings(s, error);
    if (status == OT_OK) status = ot__sq_statements(s, error);
    return status;
}

static void reader_close(sq_reader *r) {
    for (size_t i = 0; i < STREAMS; i++)
        sqlite3_finalize(r->stream[i]);
    for (size_t i = 0; i < SCRATCH; i++)
        sqlite3_finalize(r->lists[i]);
    sqlite3_close(r->db);
    ot_mem_free(r, sizeof *r);
}

static void sq_close(void *self) {
    sq_store *s = self;
    while (s->idle) {
        sq_reader *r = s->idle;
        s->idle = r->next;
        reader_close(r);
    }
    ot__sq_drop_cache(s);
    for (size_t i = 0; s->stmts && i < SQ_STATEMENTS; i++)
        sqlite3_finalize(s->stmts[i]);
    ot_mem_free(s->stmts, SQ_STATEMENTS * sizeof(sqlite3_stmt *));
    sqlite3_close(s->db);
    ot_mem_free(s->path, s->path_size);
    ot_mem_free(s->vfs, s->vfs_size);
    ot_mem_free(s->order, s->order_size);
}

/* ---- readers ---- */

ot_status ot__sq_reader(sq_store *s, sq_reader **out, ot_error *error) {
    sq_reader *r = s->idle;
    if (r) {
        s->idle = r->next;
        s->idle_count--;
    } else {
        r = ot_mem_zalloc(1, sizeof *r);
        if (!r) return ot__sq_no_memory(error);
        ot_status status = ot__sq_connect(s, SQLITE_OPEN_READONLY, &r->db, error);
        char sql[64];
        snprintf(sql, sizeof sql, "PRAGMA cache_size=-%d", s->cache < 2048 ? s->cache : 2048);
        if (status == OT_OK) status = ot__sq_exec(r->db, sql, error);
        if (status != OT_OK) {
            reader_close(r);
            return status;
        }
    }
    r->next = NULL;
    sqlite3_stmt *begin;
    ot_status status = ot__sq_list(r, SQ_LIST_BEGIN, "BEGIN", &begin, error);
    if (status == OT_OK) {
        int code = sqlite3_step(begin);
        if (code != SQLITE_DONE) status = ot__sq_fail(r->db, code, error, "reading");
        sqlite3_reset(begin);
    }
    if (status != OT_OK) {
        reader_close(r);
        return status;
    }
    *out = r;
    return OT_OK;
}

void ot__sq_reader_done(sq_store *s, sq_reader *r) {
    for (size_t i = 0; i < STREAMS; i++) {
        if (r->stream[i]) sqlite3_reset(r->stream[i]);
    }
    for (size_t i = 0; i < SCRATCH; i++) {
        if (r->lists[i]) sqlite3_reset(r->lists[i]);
    }
    sqlite3_stmt *end;
    bool good = ot__sq_list(r, SQ_LIST_END, "COMMIT", &end, NULL) == OT_OK && sqlite3_step(end) == SQLITE_DONE;
    if (good) sqlite3_reset(end);
    if (!good || s->idle_count >= 4) {
        reader_close(r);
        return;
    }
    r->next = s->idle;
    s->idle = r;
    s->idle_count++;
}

ot_status ot__sq_list(sq_reader *r, int which, const char *sql, sqlite3_stmt **out, ot_error *error) {
    if (!r->lists[which]) {
        ot_status status = ot__sq_prepare(r->db, sql, &r->lists[which], error);
        if (status != OT_OK) return status;
    }
    *out = r->lists[which];
    return OT_OK;
}

/* ---- numbers ---- */

static ot_status read_state(sq_store *s, sq_state *out, ot_error *error) {
    sqlite3_stmt *st = ot__sq_get(s, SQ_STATE);
    int code = sqlite3_step(st);
    ot_status status = code == SQLITE_ROW ? OT_OK
                       : code == SQLITE_DONE
                           ? ot_error_set(error, OT_ECORRUPT, NULL, OT_NO_OFFSET, "the table state is empty")
                           : ot__sq_fail(s->db, code, error, "reading");
    if (status == OT_OK) {
        uint64_t *const to[] = {&out->seq,     &out->records, &out->repeats,      &out->rejected,
                                &out->removed, &out->rejects, &out->reject_bytes, &out->kv};
        for (int i = 0; i < 8; i++)
            *to[i] = (uint64_t)sqlite3_column_int64(st, i);
    }
    sqlite3_reset(st);
    return status;
}

static ot_status sq_head(void *self, uint64_t *position, ot_error *error) {
    sq_state state;
    ot_status status = read_state(self, &state, error);
    if (status == OT_OK) *position = state.seq;
    return status;
}

static ot_status sq_stats(void *self, ot_store_stats *out, ot_error *error) {
    sq_store *s = self;
    sq_state state;
    int64_t pages = 0, size = 0;
    ot_status status = read_state(s, &state, error);
    if (status == OT_OK) status = ot__sq_number(s->db, "PRAGMA page_count", &pages, error);
    if (status == OT_OK) status = ot__sq_number(s->db, "PRAGMA page_size", &size, error);
    if (status != OT_OK) return status;
    sqlite3_stmt *st = ot__sq_get(s, SQ_DEVICES);
    int code = sqlite3_step(st);
    if (code == SQLITE_ROW) out->devices = (uint64_t)sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    if (code != SQLITE_ROW) return ot__sq_fail(s->db, code, error, "reading");
    out->records = state.records;
    out->rejects = state.rejects;
    out->repeats = state.repeats;
    out->rejected = state.rejected;
    out->removed = state.removed;
    out->head = state.seq;
    out->bytes = (uint64_t)pages * (uint64_t)size;
    return OT_OK;
}

ot_status ot_sqlite_register(void) {
    static const ot_store_ops ops = {
        .size = sizeof(ot_store_ops),
        .scheme = "sqlite",
        .instance_size = sizeof(sq_store),
        .cursor_size = sizeof(sq_cursor),
        .filters = OT_STORE_FILTERS_ALL,
        .open = sq_open,
        .close = sq_close,
        .put = ot__sq_put,
        .scan = ot__sq_scan,
        .next = ot__sq_next,
        .cursor_close = ot__sq_cursor_close,
        .last = ot__sq_last,
        .changes = ot__sq_changes,
        .head = sq_head,
        .rejects = ot__sq_rejects,
        .devices = ot__sq_devices,
        .remove = ot__sq_remove,
        .remove_device = ot__sq_remove_device,
        .retain = ot__sq_retain,
        .stats = sq_stats,
        .check = ot__sq_check,
        .kv_get = ot__sq_kv_get,
        .kv_put = ot__sq_kv_put,
        .kv_scan = ot__sq_kv_scan,
    };
    return ot_store_register(&ops, NULL);
}
