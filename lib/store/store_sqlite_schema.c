/* store_sqlite_schema.c: whose file it is, the tables, and the views for people with any SQL tool. */
#define _POSIX_C_SOURCE 200809L
#include "store_sqlite.h"

#include <owntracks/schema.h>
#include <owntracks/version.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

/* ---- whose file it is: found out without writing to it ---- */

static uint32_t big_endian(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static ot_status foreign(const sq_store *s, ot_error *error, const char *why) {
    return ot_error_set(error, OT_EFOREIGN, "store", OT_NO_OFFSET, "%.100s: %s", s->path, why);
}

/* Does a file with this ending hold something? */
static bool beside(const sq_store *s, const char *ending) {
    char name[4096];
    if (snprintf(name, sizeof name, "%s%s", s->path, ending) >= (int)sizeof name) return false;
    FILE *f = fopen(name, "rb");
    bool some = f && fgetc(f) != EOF;
    if (f) fclose(f);
    return some;
}

/* Asks SQLite, through a connection that only reads. */
static ot_status ask(sq_store *s, bool *fresh, ot_error *error) {
    sqlite3 *db = NULL;
    int64_t id = 0, version = 0, things = 0;
    ot_status status = ot__sq_connect(s, SQLITE_OPEN_READONLY, &db, error);
    if (status == OT_OK) status = ot__sq_number(db, "PRAGMA application_id", &id, error);
    if (status == OT_OK) status = ot__sq_number(db, "SELECT count(*) FROM sqlite_schema", &things, error);
    if (status == OT_OK) status = ot__sq_number(db, "PRAGMA user_version", &version, error);
    /* The file is there, it was read just now: what could not be opened is the log beside it. */
    bool no_log = status != OT_OK && db && (sqlite3_errcode(db) & 0xFF) == SQLITE_CANTOPEN;
    sqlite3_close(db);
    if (no_log)
        return ot_error_set(error, OT_EREADONLY, "store", OT_NO_OFFSET,
                            "%.100s: its write-ahead log cannot be opened: the folder may not be written to", s->path);
    if (status != OT_OK) return status;
    if (id != APPLICATION_ID) {
        if (id != 0 || things != 0) return foreign(s, error, "is a database of another program");
        *fresh = true;
        return OT_OK;
    }
    if (version > LAYOUT) {
        return ot_error_set(error, OT_EVERSION, "store", OT_NO_OFFSET,
                            "%.100s: layout %lld is newer than %d, the newest known here", s->path, (long long)version,
                            LAYOUT);
    }
    return OT_OK;
}

ot_status ot__sq_probe(sq_store *s, bool *fresh, ot_error *error) {
    unsigned char head[100];
    struct stat info;
    /* A folder or a device is no database, and opening a pipe would wait for ever. */
    if (stat(s->path, &info) == 0 && !S_ISREG(info.st_mode))
        return ot_error_set(error, OT_EINVAL, "store", OT_NO_OFFSET, "%.120s: %s", s->path,
                            S_ISDIR(info.st_mode) ? "is a folder, not a file" : "is not a regular file");
    errno = 0;
    FILE *f = fopen(s->path, "rb");
    if (!f) {
        *fresh = true; /* a folder that is not there shows when the file is made */
        if (errno == ENOENT) return OT_OK;
        if (errno == EACCES || errno == EPERM)
            return ot_error_set(error, OT_EPERM, "store", OT_NO_OFFSET, "%.120s: may not be read", s->path);
        return ot_error_set(error, errno == ENOTDIR ? OT_ENOTFOUND : OT_EIO, "store", OT_NO_OFFSET,
                            "%.100s: cannot be opened: errno %d", s->path, errno);
    }
    size_t got = fread(head, 1, sizeof head, f);
    bool failed = ferror(f);
    fclose(f);
    if (failed) return ot_error_set(error, OT_EIO, "store", OT_NO_OFFSET, "%.120s: cannot be read", s->path);
    if (got == 0) {
        *fresh = true;
        return OT_OK;
    }
    if (got < sizeof head || memcmp(head, "SQLite format 3", 16) != 0)
        return foreign(s, error, "is not a database of SQLite");
    uint32_t id = big_endian(head + 68), pages = big_endian(head + 28);
    if (id != 0 && id != APPLICATION_ID) return foreign(s, error, "is a database of another program");
    /* Ours says so in its first page, unless its making was interrupted: then it is one page, or the rest is still in the log. */
    if (id == 0 && pages > 1 && !beside(s, "-wal")) return foreign(s, error, "is a database of another program");
    if (beside(s, "-journal")) {
        /* A journal is ours only from before the first table was made; SQLite finishes it at opening. */
        if (id == 0 && pages > 1) return foreign(s, error, "has a journal of another program");
        *fresh = id == 0;
        return OT_OK;
    }
    return ask(s, fresh, error);
}

/* ---- the tables ---- */

static const char tables[] =
    "CREATE TABLE state(one INTEGER PRIMARY KEY CHECK(one=1),seq INTEGER NOT NULL,records INTEGER NOT NULL,repeats "
    "INTEGER NOT NULL,"
    "rejected INTEGER NOT NULL,removed INTEGER NOT NULL,rejects INTEGER NOT NULL,reject_bytes INTEGER NOT NULL,kv "
    "INTEGER NOT NULL,"
    "views TEXT NOT NULL) STRICT;"
    "INSERT INTO state VALUES(1,0,0,0,0,0,0,0,0,'');"
    "CREATE TABLE topic(topic INTEGER PRIMARY KEY,name TEXT NOT NULL UNIQUE) STRICT;"
    "CREATE TABLE device(dev INTEGER PRIMARY KEY,user TEXT NOT NULL,device TEXT NOT NULL,known INTEGER NOT "
    "NULL,first_seen INTEGER,"
    "last_seen INTEGER,via INTEGER NOT NULL,presence INTEGER NOT NULL,why INTEGER NOT NULL,since INTEGER,heard INTEGER,"
    "records INTEGER NOT NULL,UNIQUE(user,device)) STRICT;"
    "CREATE TABLE record(dev INTEGER NOT NULL,type INTEGER NOT NULL,at INTEGER NOT NULL,id BLOB NOT NULL,seq INTEGER "
    "NOT NULL,"
    "arrival INTEGER NOT NULL,origin INTEGER NOT NULL,qos INTEGER NOT NULL,sub INTEGER NOT NULL,idx INTEGER NOT NULL,"
    "marks INTEGER NOT NULL,lat REAL,lon REAL,repeats INTEGER NOT NULL,last_arrival INTEGER,topic INTEGER NOT "
    "NULL,payload ANY,"
    "PRIMARY KEY(dev,type,at,id)) STRICT,WITHOUT ROWID;"
    "CREATE UNIQUE INDEX record_seq ON record(seq);"
    "CREATE TABLE newest(dev INTEGER NOT NULL,type INTEGER NOT NULL,at INTEGER NOT NULL,arrival INTEGER NOT NULL,seq "
    "INTEGER NOT NULL,"
    "id BLOB NOT NULL,oldest INTEGER NOT NULL,count INTEGER NOT NULL,PRIMARY KEY(dev,type)) STRICT,WITHOUT ROWID;"
    "CREATE TABLE untimed(dev INTEGER NOT NULL,id BLOB NOT NULL,type INTEGER NOT NULL,at INTEGER NOT NULL,PRIMARY "
    "KEY(dev,id)) "
    "STRICT,WITHOUT ROWID;"
    "CREATE TABLE removed(seq INTEGER PRIMARY KEY,dev INTEGER NOT NULL,id BLOB NOT NULL,type INTEGER NOT NULL,at "
    "INTEGER NOT NULL,"
    "arrival INTEGER NOT NULL,removed INTEGER NOT NULL) STRICT;"
    "CREATE INDEX removed_id ON removed(dev,id);"
    "CREATE TABLE reject(seq INTEGER PRIMARY KEY,id BLOB NOT NULL UNIQUE,arrival INTEGER NOT NULL,last_arrival INTEGER "
    "NOT NULL,"
    "repeats INTEGER NOT NULL,status INTEGER NOT NULL,offset INTEGER,field ANY,reason ANY,length INTEGER NOT NULL,kept "
    "INTEGER NOT NULL,"
    "user ANY,device ANY,topic ANY,sub INTEGER NOT NULL,qos INTEGER NOT NULL,payload ANY,idx INTEGER NOT NULL,marks "
    "INTEGER NOT NULL,"
    "origin INTEGER NOT NULL) STRICT;"
    "CREATE INDEX reject_arrival ON reject(arrival,seq);"
    "CREATE TABLE kv(key TEXT PRIMARY KEY,version INTEGER NOT NULL,value TEXT NOT NULL) STRICT;";

/* From layout n to n + 1; each runs inside the transaction that moves the number. */
static const char *const steps[LAYOUT] = {tables};

/* ---- the views: made from the table of fields ---- */

typedef struct text {
    char *data;
    size_t len, cap;
    bool failed;
} text;

static void add(text *t, const char *format, ...) OT_PRINTF(2, 3);
static void add(text *t, const char *format, ...) {
    char piece[600];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof piece) t->failed = true;
    if (t->failed) return;
    if (t->len + (size_t)n + 1 > t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 32768;
        char *data = ot_mem_resize(t->data, t->cap, cap);
        if (!data) {
            t->failed = true;
            return;
        }
        t->data = data;
        t->cap = cap;
    }
    memcpy(t->data + t->len, piece, (size_t)n + 1);
    t->len += (size_t)n;
}

#define TIME_TEXT(column) "strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ'," column "/1000.0,'unixepoch')"
#define VIEW_COLUMNS                                                                                                   \
    "d.user,d.device," TIME_TEXT("r.at") " AS time,r.at,r.arrival,r.lat,r.lon,t.name AS topic,r.marks,r.repeats,r.seq"
#define VIEW_FROM " FROM record r JOIN device d ON d.dev=r.dev JOIN topic t ON t.topic=r.topic"
/* Only what is JSON can be looked into. */
#define VIEW_JSON "CASE WHEN typeof(r.payload)='text' AND json_valid(r.payload) THEN r.payload END"

/* Is a word in a list of words between blanks? Without regard to case, as SQL compares names. */
static bool listed(const char *list, const char *word) {
    size_t n = strlen(word);
    for (const char *p = list; *p; p++) {
        if (p[0] == ' ' && sqlite3_strnicmp(p + 1, word, (int)n) == 0 && p[n + 1] == ' ') return true;
    }
    return false;
}
#define OWN_COLUMNS " user device time at arrival topic marks repeats seq payload "
#define POSITION    " lat lon "

/* Every field of a type as a column, by its name in the table of fields; "json_…" where the record has a column of that name. */
static void add_fields(text *t, ot_type type) {
    for (size_t i = 0; i < ot_field_count(type); i++) {
        const ot_field *f = ot_field_at(type, i);
        if (f->flags & OT_FIELD_SECRET || listed(POSITION, f->key)) continue;
        add(t, ",");
        bool aliases = f->aliases[0];
        if (aliases) add(t, "coalesce(");
        add(t, "json_extract(r.json,'$.\"%s\"')", f->key);
        for (const char *a = f->aliases; *a;) {
            size_t n = strcspn(a, " ");
            add(t, ",json_extract(r.json,'$.\"%.*s\"')", (int)n, a);
            a += n + strspn(a + n, " ");
        }
        add(t, aliases ? ") AS \"%s%s\"" : " AS \"%s%s\"", listed(OWN_COLUMNS, f->member) ? "json_" : "", f->member);
    }
}

static void add_type_name(text *t, const char *column) {
    add(t, "CASE %s", column);
    for (int n = 0; n < 64; n++) {
        const char *name = ot_type_name((ot_type)n);
        if (name[0] && name[0] != '?') add(t, " WHEN %d THEN '%s'", n, name);
    }
    add(t, " END");
}

static void write_views(text *t) {
    ot_type type;
    for (size_t n = 0; (type = ot_type_at(n)) != OT_TYPE_NONE; n++) {
        if (!ot_type_text(type)[0]) continue;
        add(t,
            "DROP VIEW IF EXISTS \"%s\";CREATE VIEW \"%s\" AS SELECT "
            "r.user,r.device,r.time,r.at,r.arrival,r.lat,r.lon,r.topic,r.marks,r.repeats,r.seq",
            ot_type_text(type), ot_type_text(type));
        add_fields(t, type);
        add(t,
            ",r.payload FROM (SELECT " VIEW_COLUMNS ",r.payload," VIEW_JSON " AS json" VIEW_FROM " WHERE r.type=%d) r;",
            (int)type);
    }
    add(t, "DROP VIEW IF EXISTS last;CREATE VIEW last AS SELECT "
           "r.user,r.device,r.time,r.at,r.arrival,r.lat,r.lon,r.topic,r.marks,r.repeats,r.seq");
    add_fields(t, OT_TYPE_LOCATION);
    add(t,
        ",r.payload FROM (SELECT " VIEW_COLUMNS ",r.payload," VIEW_JSON
        " AS json FROM newest n JOIN record r ON r.dev=n.dev AND r.type=n.type AND "
        "r.at=n.at AND r.id=n.id JOIN device d ON d.dev=r.dev JOIN topic t ON t.topic=r.topic WHERE n.type=%d) r;",
        (int)OT_TYPE_LOCATION);
    add(t, "DROP VIEW IF EXISTS records;CREATE VIEW records AS SELECT ");
    add_type_name(t, "r.type");
    add(t, " AS type," VIEW_COLUMNS ",lower(hex(r.id)) AS id,r.payload" VIEW_FROM ";");
    add(t, "DROP VIEW IF EXISTS events;CREATE VIEW events AS SELECT ");
    add_type_name(t, "r.type");
    add(t, " AS type," VIEW_COLUMNS ",r.payload" VIEW_FROM " WHERE r.type IN (%d,%d,%d);", (int)OT_TYPE_TRANSITION,
        (int)OT_TYPE_LWT, (int)OT_TYPE_BEACON);
    add(t, "DROP VIEW IF EXISTS devices;CREATE VIEW devices AS SELECT user,device," TIME_TEXT(
               "first_seen") " AS first_seen," TIME_TEXT("last_seen") " AS last_seen,via&1 AS by_mqtt,via>>1 AS "
                                                                      "by_http,CASE presence WHEN 1 THEN 'online' WHEN "
                                                                      "2 THEN 'offline' ELSE 'none' END AS "
                                                                      "presence,");
    add_type_name(t, "why");
    add(t, " AS why," TIME_TEXT("since") " AS since," TIME_TEXT("heard") " AS heard,records FROM device WHERE known;");
    add(t, "DROP VIEW IF EXISTS rejects;CREATE VIEW rejects AS SELECT " TIME_TEXT(
               "arrival") " AS time,topic,user,device,status,field,offset,reason,length,repeats,lower(hex(id)) AS "
                          "id,payload,seq FROM reject;");
}

/* The views are made anew when this version would make other ones than those that stand there, unless a newer version made them. */
static ot_status refresh_views(sq_store *s, ot_error *error) {
    text t = {NULL, 0, 0, false};
    write_views(&t);
    if (t.failed) {
        ot_mem_free(t.data, t.cap);
        return ot__sq_no_memory(error);
    }
    ot_id digest = ot_id_of_bytes(ot_str_of(t.data, t.len));
    char hex[OT_ID_TEXT_SIZE], mark[OT_ID_TEXT_SIZE + 16];
    ot_id_text(&digest, hex);
    snprintf(mark, sizeof mark, "%010d %s", OT_VERSION_NUMBER, hex);
    sqlite3_stmt *st = NULL;
    ot_status status = ot__sq_prepare(
        s->db, "SELECT views FROM state WHERE views<>?1 AND substr(views,1,10)<=substr(?1,1,10)", &st, error);
    bool make = false;
    if (status == OT_OK) {
        sqlite3_bind_text(st, 1, mark, -1, SQLITE_STATIC);
        int code = sqlite3_step(st);
        make = code == SQLITE_ROW;
        if (code != SQLITE_ROW && code != SQLITE_DONE)
            status = ot__sq_fail(s->db, code, error, "the layout of the database");
    }
    sqlite3_finalize(st);
    if (make && status == OT_OK) {
        status = ot__sq_exec(s->db, "BEGIN IMMEDIATE", error);
        int code = status == OT_OK ? sqlite3_exec(s->db, t.data, NULL, NULL, NULL) : SQLITE_OK;
        if (code != SQLITE_OK) status = ot__sq_fail(s->db, code, error, "making the views");
        if (status == OT_OK && !(status = ot__sq_prepare(s->db, "UPDATE state SET views=?1", &st, error))) {
            sqlite3_bind_text(st, 1, mark, -1, SQLITE_STATIC);
            code = sqlite3_step(st);
            if (code != SQLITE_DONE) status = ot__sq_fail(s->db, code, error, "making the views");
            sqlite3_finalize(st);
        }
        if (status == OT_OK) status = ot__sq_exec(s->db, "COMMIT", error);
        if (status != OT_OK && !sqlite3_get_autocommit(s->db)) sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    }
    ot_mem_free(t.data, t.cap);
    return status;
}

static ot_status migrate(sq_store *s, ot_error *error) {
    int64_t id = 0, version = 0, things = 0;
    ot_status status = ot__sq_exec(s->db, "BEGIN IMMEDIATE", error);
    if (status != OT_OK) return status;
    status = ot__sq_number(s->db, "PRAGMA application_id", &id,
                           error); /* somebody may have been here since the first look */
    if (status == OT_OK) status = ot__sq_number(s->db, "PRAGMA user_version", &version, error);
    if (status == OT_OK) status = ot__sq_number(s->db, "SELECT count(*) FROM sqlite_schema", &things, error);
    if (status == OT_OK && id != APPLICATION_ID && (id || things))
        status = foreign(s, error, "became a database of another program");
    if (status == OT_OK && (version < 0 || version > LAYOUT))
        status = ot_error_set(error, OT_EVERSION, "store", OT_NO_OFFSET, "became a newer layout");
    bool moved = status == OT_OK && version < LAYOUT;
    while (status == OT_OK && version < LAYOUT) {
        int code = sqlite3_exec(s->db, steps[version++], NULL, NULL, NULL);
        if (code != SQLITE_OK) status = ot__sq_fail(s->db, code, error, "making the tables");
    }
    char sql[96];
    snprintf(sql, sizeof sql, "PRAGMA application_id=%d;PRAGMA user_version=%d", APPLICATION_ID, LAYOUT);
    if (moved && status == OT_OK) status = ot__sq_exec(s->db, sql, error);
    if (status == OT_OK) status = ot__sq_exec(s->db, "COMMIT", error);
    if (status != OT_OK && !sqlite3_get_autocommit(s->db)) sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

ot_status ot__sq_layout(sq_store *s, ot_error *error) {
    /* The page size counts for a new file only. What makes the tables must be durable whatever `synchronous` says. */
    ot_status status = ot__sq_exec(s->db, "PRAGMA page_size=" SQ_PAGE_SIZE ";PRAGMA synchronous=FULL", error);
    sqlite3_stmt *st = NULL;
    if (status == OT_OK) status = ot__sq_prepare(s->db, "PRAGMA journal_mode=WAL", &st, error);
    if (status == OT_OK) {
        int code = sqlite3_step(st);
        ot_str mode = code == SQLITE_ROW ? ot__sq_column(st, 0) : ot_str_of("", 0);
        if (code != SQLITE_ROW) {
            status = ot__sq_fail(s->db, code, error, "opening");
        } else if (!ot_str_eq(mode, OT_STR("wal"))) {
            status = ot_error_set(error, OT_EIO, "store", OT_NO_OFFSET,
                                  "%.100s: this file system cannot hold a write-ahead log", s->path);
        }
    }
    sqlite3_finalize(st);
    int64_t version = 0;
    if (status == OT_OK) status = ot__sq_number(s->db, "PRAGMA user_version", &version, error);
    if (status == OT_OK && version != LAYOUT) status = migrate(s, error);
    if (status == OT_OK) status = refresh_views(s, error);
    return status;
}
