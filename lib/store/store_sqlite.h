/* store_sqlite.h: what the files of the SQLite store share. Private, never installed. The layout of the database: docs/sqlite.md. */
#ifndef OT_STORE_SQLITE_H
#define OT_STORE_SQLITE_H

#include <owntracks/mem.h>
#include <owntracks/sys/store_backend.h>

#include <sqlite3.h>

#define APPLICATION_ID 0x4f54524b /* "OTRK" */
#define LAYOUT         1          /* user_version */
#define SQ_PAGE_SIZE   "8192"

/* What is known of the newest record of a device and type: a row of `newest`. */
typedef struct sq_newest {
    ot_type type;
    ot_time at, arrival, oldest; /* oldest: nothing is older than this */
    uint64_t seq, count;
    ot_id id;
    bool dirty, stale; /* stale: the newest one was removed */
} sq_newest;

/* A device in the cache: its row, and its rows of `newest`. */
typedef struct sq_device {
    int64_t dev;
    ot_device d;
    bool known, dirty, has_removed, has_untimed;
    sq_newest *newest;
    size_t count, cap;
    struct sq_device *touched; /* list of those that a transaction has touched */
    bool listed;
} sq_device;

/* A table from bytes to a number and an object. */
typedef struct sq_entry {
    char *key;
    size_t len;
    int64_t number;
    sq_device *device;
} sq_entry;
typedef struct sq_map {
    sq_entry *entries;
    size_t size, count;
} sq_map;

typedef struct sq_state {
    uint64_t seq, records, repeats, rejected, removed, rejects, reject_bytes, kv;
} sq_state;

#define STREAMS 64
#define SCRATCH 24

/* A connection for reading: one cursor or one walk has it at a time. */
typedef struct sq_reader {
    struct sq_reader *next;
    sqlite3 *db;
    sqlite3_stmt *stream[STREAMS]; /* of a scan, in one direction */
    bool streams_back;
    sqlite3_stmt *lists[SCRATCH]; /* by SQ_LIST_… */
} sq_reader;

typedef struct sq_store {
    const ot_store_config *config;
    char *path, *vfs;
    size_t path_size, vfs_size;
    int synchronous, busy_timeout, cache, checkpoint;
    sqlite3 *db; /* writes; and answers what needs no cursor */
    sqlite3_stmt **stmts;
    sq_reader *idle;
    unsigned idle_count;
    /* The cache holds as long as nobody else writes. */
    bool cached;
    int64_t version;
    sq_state state, before; /* before: as it stands in the database */
    sq_map devices, topics;
    sq_device *touched;
    ot_time purged;
    void *order; /* of put */
    size_t order_size;
} sq_store;

/* store_sqlite.c */
ot_status ot__sq_fail(sqlite3 *db, int code, ot_error *error, const char *what);
ot_status ot__sq_connect(sq_store *s, int flags, sqlite3 **out, ot_error *error);
ot_status ot__sq_exec(sqlite3 *db, const char *sql, ot_error *error);
ot_status ot__sq_number(sqlite3 *db, const char *sql, int64_t *out, ot_error *error);
ot_status ot__sq_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out, ot_error *error);
ot_str ot__sq_column(sqlite3_stmt *st, int column); /* absent for NULL */
int ot__sq_bind(sqlite3_stmt *st, int at,
                ot_str s); /* TEXT where it can be, else BLOB; NULL when absent; the bytes must stay */
int ot__sq_bind_time(sqlite3_stmt *st, int at, ot_time t);
ot_time ot__sq_column_time(sqlite3_stmt *st, int column);
ot_status ot__sq_no_memory(ot_error *error);

/* store_sqlite_schema.c: foreign, damaged and newer files; making and moving the layout; views. */
ot_status ot__sq_probe(sq_store *s, bool *fresh, ot_error *error);
ot_status ot__sq_layout(sq_store *s, ot_error *error);

/* store_sqlite_cache.c: transactions, and what is kept in memory between them. */
enum sq_statement {
#define SQ_STATEMENT(name, sql) SQ_##name,
#include "store_sqlite_statements.h"
#undef SQ_STATEMENT
    SQ_STATEMENTS
};
ot_status ot__sq_statements(sq_store *s, ot_error *error);
sqlite3_stmt *ot__sq_get(sq_store *s, enum sq_statement which);
ot_status ot__sq_run(sq_store *s, sqlite3_stmt *st, ot_error *error); /* a statement without rows; reset behind it */
ot_status ot__sq_begin(sq_store *s, ot_error *error);                 /* for writing; the cache holds afterwards */
ot_status ot__sq_end(sq_store *s, ot_status status, ot_error *error); /* commits when OT_OK, else takes all back */
void ot__sq_drop_cache(sq_store *s);
ot_status ot__sq_device(sq_store *s, ot_str user, ot_str device, bool make, sq_device **out, ot_error *error);
ot_status ot__sq_topic(sq_store *s, ot_str name, int64_t *out, ot_error *error);
sq_newest *ot__sq_newest(sq_device *dev, ot_type type, bool make);
void ot__sq_touch(sq_store *s, sq_device *dev);

/* store_sqlite_put.c */
ot_status ot__sq_put(void *self, const ot_record *records, size_t count, const ot_kv_op *ops, size_t op_count,
                     ot_put_result *results, ot_error *error);

/* store_sqlite_remove.c */
ot_status ot__sq_remove(void *self, const ot_scan *scan, uint64_t *removed, ot_error *error);
ot_status ot__sq_remove_device(void *self, ot_str user, ot_str device, uint64_t *removed, ot_error *error);
ot_status ot__sq_retain(void *self, ot_time before, bool dry_run, uint64_t *removed, ot_error *error);
ot_status ot__sq_purge(sq_store *s, ot_error *error);

/* store_sqlite_kv.c */
ot_status ot__sq_ops(sq_store *s, const ot_kv_op *ops, size_t count, bool strict_delete, ot_error *error);
ot_status ot__sq_kv_get(void *self, ot_str key, const ot_sink *sink, uint64_t *version, ot_error *error);
ot_status ot__sq_kv_put(void *self, const ot_kv_op *op, uint64_t *version, ot_error *error);
ot_status ot__sq_kv_scan(void *self, ot_str prefix, ot_str after,
                         ot_status (*each)(void *ctx, ot_str key, ot_str value, uint64_t version), void *ctx,
                         ot_error *error);

/* store_sqlite_scan.c: cursors over the clustered table. */
typedef struct sq_stream {
    int64_t dev;
    ot_str user, device; /* into `names` */
    uint32_t rank;       /* of the device in the order of names */
    ot_type type;
    ot_time at; /* of the row that stands ready, or a bound before the stream is opened */
    ot_id id;
    bool opened;
    uint32_t slot; /* of its statement, or STREAMS */
} sq_stream;
typedef struct sq_merge {
    ot_query q;
    ot_id id;
    uint32_t filters; /* left to ot_query_matches() */
    sq_stream *streams;
    size_t count, cap;
    uint32_t *heap;
    size_t heap_count;
    char *names;
    size_t names_len, names_cap;
    uint32_t owner[STREAMS]; /* stream that has the statement; UINT32_MAX: none */
    uint32_t hand;           /* where to take the next one from */
    uint32_t given;          /* the stream whose row was given last; UINT32_MAX: none */
    ot_time floor, ceiling;
    bool has_after;
    ot_place after; /* names into `names` are not needed: see after_rank */
    uint32_t after_rank;
    bool after_known; /* the device of the place is after_rank itself */
} sq_merge;

typedef enum sq_kind { SQ_SCAN = 1, SQ_LAST, SQ_CHANGES, SQ_REJECTS } sq_kind;
typedef struct sq_cursor {
    sq_kind kind;
    sq_reader *reader;
    uint64_t left;
    bool limited;
    sq_merge scan;
    sqlite3_stmt *lists[3];
    bool ready[3], done[3];
    int current;
    ot_reject reject;
} sq_cursor;

ot_status ot__sq_scan(void *self, void *cursor, const ot_scan *scan, ot_error *error);
ot_status ot__sq_scan_next(sq_cursor *c, ot_record *out, ot_error *error);
void ot__sq_scan_close(sq_cursor *c);

/* store_sqlite_read.c: readers, the other cursors, devices. */
enum sq_list {
    SQ_LIST_BEGIN,
    SQ_LIST_END,
    SQ_LIST_STREAMS, /* four: with user 1, with device 2 */
    SQ_LIST_LAST = SQ_LIST_STREAMS + 4,
    SQ_LIST_RECORDS = SQ_LIST_LAST + 4,
    SQ_LIST_REMOVED,
    SQ_LIST_REJECTED,
    SQ_LIST_REJECTS,
    SQ_LIST_KV,
    SQ_LISTS
};
#define SQ_COLUMNS                                                                                                     \
    "r.id,r.type,r.origin,(SELECT name FROM topic t WHERE t.topic=r.topic),r.sub,r.qos,r.payload,r.idx,r.marks,r.at,"  \
    "r.arrival,r.lat,r.lon,r.seq,r.repeats,r.last_arrival"
#define SQ_COLUMN_COUNT 16
ot_status ot__sq_reader(sq_store *s, sq_reader **out, ot_error *error); /* with a read transaction open */
void ot__sq_reader_done(sq_store *s, sq_reader *reader);
ot_status ot__sq_list(sq_reader *reader, int which, const char *sql, sqlite3_stmt **out, ot_error *error);
void ot__sq_record(sqlite3_stmt *st, ot_record *out); /* all but user and device */
ot_status ot__sq_last(void *self, void *cursor, ot_str user, ot_str device, ot_error *error);
ot_status ot__sq_changes(void *self, void *cursor, uint64_t position, uint64_t limit, ot_error *error);
ot_status ot__sq_rejects(void *self, void *cursor, ot_time from, ot_time to, uint64_t limit, ot_error *error);
ot_status ot__sq_next(void *self, void *cursor, ot_record *out, ot_error *error);
void ot__sq_cursor_close(void *self, void *cursor);
ot_status ot__sq_devices(void *self, ot_str user, ot_str device, ot_status (*each)(void *ctx, const ot_device *device),
                         void *ctx, ot_error *error);

/* store_sqlite_check.c */
ot_status ot__sq_check(void *self, void (*report)(void *ctx, ot_str line), void *ctx, ot_error *error);

#endif
