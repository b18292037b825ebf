/** @file store.h
 *  @brief Stores: where records live, and how to ask for them.
 *
 *  A store is opened by URL. `memory:` is in the core; `sqlite:PATH` comes with <owntracks/sqlite.h>. A handle is used by one thread at a time and
 *  may move; several handles, in one process or in several, may use the same database.
 *
 *  Order everywhere: by `at`, then user, then device (bytes), then id (bytes); newest-first is exactly the reverse. */
#ifndef OWNTRACKS_STORE_H
#define OWNTRACKS_STORE_H

#include <owntracks/log.h>
#include <owntracks/record.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A store; opaque. */
typedef struct ot_store ot_store;
/** What a query gives, one after the other; opaque. */
typedef struct ot_cursor ot_cursor;

/** A named option. */
typedef struct ot_option {
    const char *name;  /**< Such as "synchronous". */
    const char *value; /**< Text. */
} ot_option;

/** How to open a store. */
typedef struct ot_store_config {
    size_t size;               /**< sizeof(ot_store_config); set by #OT_STORE_CONFIG_INIT. */
    bool read_only;            /**< Nothing is written, nothing is created. */
    bool must_exist;           /**< Do not create a database. */
    const ot_option *options;  /**< Of the backend; unknown names and bad values are errors. */
    size_t option_count;       /**< How many. */
    const ot_log *log;         /**< May be NULL; is copied. */
    const ot_clock *clock;     /**< NULL: the system's; is copied. */
    uint64_t max_rejects;      /**< Rejects kept at most, the oldest go first; 0 means 10,000. */
    uint64_t max_reject_bytes; /**< Payload bytes kept in rejects at most; 0 means 64 MiB. */
    ot_time remember_removed;  /**< How long removed ids are remembered, in milliseconds; 0 means 30 days. */
} ot_store_config;

/** The defaults. */
#define OT_STORE_CONFIG_INIT                                                                                           \
    { sizeof(ot_store_config), false, false, NULL, 0, NULL, NULL, 0, 0, 0 }

/** Opens a store.
 *  @param url    "memory:", "sqlite:/path/to/file" (or a relative path). Never holds a password.
 *  @param config NULL means the defaults; is copied.
 *  @param out    the store; NULL after a failure.
 *  @param error  may be NULL.
 *  @return OT_OK; OT_EUNSUPPORTED (scheme not registered); OT_EINVAL (URL, option); OT_ENOTFOUND; OT_EFOREIGN (somebody else's file; it is left
 *          as it is); OT_ECORRUPT (damaged; left as it is); OT_EVERSION (newer layout; left as it is); OT_EPERM; OT_EREADONLY; OT_EBUSY; OT_EIO; OT_EFULL; OT_ENOMEM. */
OT_API ot_status ot_store_open(const char *url, const ot_store_config *config, ot_store **out, ot_error *error);

/** Closes a store and whatever cursors are still open on it (they must not be used afterwards, but may be closed before); NULL is allowed. */
OT_API void ot_store_close(ot_store *store);

/** What became of a record that was put. */
typedef enum ot_put_result {
    OT_PUT_STORED = 1, /**< It is new, and stored. */
    OT_PUT_REPEAT = 2, /**< It was there; the repeat is counted. Also an id that was removed and is remembered. */
    OT_PUT_REFUSED = 3 /**< It was a reject (or the backend cannot hold it): it stands among the rejects. */
} ot_put_result;

/** A write to kv that joins a put. */
typedef struct ot_kv_op {
    ot_str key;        /**< 1 to 1024 bytes of UTF-8 without NUL. */
    ot_str value;      /**< JSON text; absent: delete. */
    uint64_t expected; /**< Version that must stand there: #OT_KV_ANY, #OT_KV_NEW or a version. */
} ot_kv_op;

#define OT_KV_ANY UINT64_MAX /**< Whatever stands there. */
#define OT_KV_NEW 0          /**< Nothing stands there. */

/** Stores records, all or none.
 *
 *  On OT_OK everything is durable as the store was configured (SQLite: synced, by default), each record has its result, refused ones are among the rejects
 *  with their reason, devices are registered and updated, all in one transaction. On any other status nothing is written, and the same call may be made again.
 *  @param records views that must hold during the call.
 *  @param count   how many; 0 with ops only.
 *  @param ops     written in the same transaction; may be NULL.
 *  @param op_count how many.
 *  @param results one each; may be NULL.
 *  @param error   may be NULL.
 *  @return OT_OK; OT_ECONFLICT (an op's version); OT_EINVAL; OT_EFULL, OT_EBUSY, OT_EIO, OT_ECORRUPT, OT_EREADONLY, OT_ENOMEM; OT_ENOTFOUND: the
 *          database was moved or deleted while it was in use: open it again. */
OT_API ot_status ot_store_put(ot_store *store, const ot_record *records, size_t count, const ot_kv_op *ops,
                              size_t op_count, ot_put_result *results, ot_error *error);

/** What to look for. Bounds are inclusive. */
typedef struct ot_query {
    size_t size;       /**< sizeof(ot_query); set by #OT_QUERY_INIT. */
    ot_str user;       /**< Absent: all users. */
    ot_str device;     /**< Absent: all devices. */
    uint64_t types;    /**< Mask of #OT_TYPE_BIT; 0: all. */
    ot_time from;      /**< Lowest `at`; OT_TIME_NONE: open. */
    ot_time to;        /**< Highest `at`; OT_TIME_NONE: open. */
    bool box;          /**< Only records with a position inside: */
    double south;      /**< degrees */
    double west;       /**< degrees; greater than east: the box crosses the antimeridian */
    double north;      /**< degrees */
    double east;       /**< degrees */
    bool newest_first; /**< Order. */
    uint64_t limit; /**< How many at most; 0: no limit. With newest_first these are the newest of the whole history. */
    /** A token of ot_cursor_token(): go on strictly behind that record in this order; absent: from the start. */
    ot_str after;
    const ot_id *id; /**< Only the record with this id; NULL: any. */
} ot_query;

/** Everything, oldest first. */
#define OT_QUERY_INIT                                                                                                  \
    {                                                                                                                  \
        sizeof(ot_query), {NULL, 0}, {NULL, 0}, 0, OT_TIME_NONE, OT_TIME_NONE, false, 0, 0, 0, 0, false, 0, {NULL, 0}, \
            NULL                                                                                                       \
    }

/** Starts a query. Memory does not grow with the number of results; what is stored after the start may or may not be seen, what was there is seen once.
 *  @param query its views must hold during the call.
 *  @param out   the cursor, to be closed; NULL after a failure.
 *  @return OT_OK, OT_EINVAL (box, bounds, token), OT_EIO, OT_EBUSY, OT_ECORRUPT, OT_ENOMEM. */
OT_API ot_status ot_store_scan(ot_store *store, const ot_query *query, ot_cursor **out, ot_error *error);

/** The newest location (by at, then arrival) of each device, in the order of user and device.
 *  @param user   absent: all. @param device absent: all.
 *  @return as ot_store_scan(). */
OT_API ot_status ot_store_last(ot_store *store, ot_str user, ot_str device, ot_cursor **out, ot_error *error);

/** The list of changes: stored and removed records and rejects in commit order, those with seq > position.
 *  A position survives restarts, and no late commit is ever skipped. Records that were removed since are told as REMOVED only (for as long as removed ids are
 *  remembered); rejects that were dropped are not told.
 *  @param position 0: from the beginning; or the seq of the last change seen.
 *  @param limit    how many at most; 0: all there are now.
 *  @return as ot_store_scan(); OT_EUNSUPPORTED. */
OT_API ot_status ot_store_changes(ot_store *store, uint64_t position, uint64_t limit, ot_cursor **out, ot_error *error);

/** The position of the newest change: what follows it is news. @return OT_OK, OT_EUNSUPPORTED, OT_EIO… */
OT_API ot_status ot_store_head(ot_store *store, uint64_t *position, ot_error *error);

/** The rejects, newest first.
 *  @param from lowest arrival or OT_TIME_NONE. @param to highest. @param limit 0: all. @return as ot_store_scan(); OT_EUNSUPPORTED. */
OT_API ot_status ot_store_rejects(ot_store *store, ot_time from, ot_time to, uint64_t limit, ot_cursor **out,
                                  ot_error *error);

/** The next record.
 *  @param out views valid until the next call on this cursor.
 *  @return OT_OK, OT_DONE, OT_EIO, OT_ECORRUPT, OT_EBUSY, OT_ENOMEM. */
OT_API ot_status ot_cursor_next(ot_cursor *cursor, const ot_record **out, ot_error *error);

/** The record that ot_cursor_next() gave last, decoded (lenient; the line of a tracker by ot_message_decode_csv()); valid until the next call on this cursor.
 *  @return OT_OK or OT_EUNKNOWN as ot_message_decode(); OT_EMPTY; OT_EINVAL when there is no record; other statuses for rejects. */
OT_API ot_status ot_cursor_message(ot_cursor *cursor, const ot_message **out, ot_error *error);

#define OT_TOKEN_MAX                                                                                                   \
    400000 /**< Bytes of a token at most, with the NUL (names may be long; usual ones have under 100). */

/** The place behind the record that ot_cursor_next() gave last, for ot_query::after: printable ASCII, valid for ever, for any store with the same records.
 *  @param sink receives the text. @return OT_OK, OT_EINVAL (no record yet, or a cursor not from ot_store_scan()), the sink's status. */
OT_API ot_status ot_cursor_token(ot_cursor *cursor, const ot_sink *sink);

/** Closes a cursor; NULL is allowed. */
OT_API void ot_cursor_close(ot_cursor *cursor);

/** A device as it is known. */
typedef struct ot_device {
    size_t size;          /**< sizeof(ot_device). */
    ot_str user;          /**< Name. */
    ot_str device;        /**< Name. */
    ot_time first_seen;   /**< Arrival of its first record. */
    ot_time last_seen;    /**< Arrival of its last record, repeats too. */
    bool by_mqtt;         /**< It reaches us by MQTT. */
    bool by_http;         /**< It reaches us by HTTP. */
    ot_presence presence; /**< See ot_presence_at() for "silent". */
    uint64_t records;     /**< Records stored now. */
} ot_device;

/** The devices: calls @p each for every one in the order of user and device, until it returns something other than OT_OK.
 *  @param user absent: all. @param device absent: all.
 *  @param each receives a device, views valid during the call; it must not write to the store.
 *  @return OT_OK, what @p each returned, OT_EIO… */
OT_API ot_status ot_store_devices(ot_store *store, ot_str user, ot_str device,
                                  ot_status (*each)(void *ctx, const ot_device *device), void *ctx, ot_error *error);

/** Removes the records that a query gives (order, limit and after are honoured). Their ids are remembered, so that a replay does not bring them back.
 *  @param removed how many; may be NULL. @return OT_OK, OT_EREADONLY, OT_EUNSUPPORTED, as ot_store_put(). */
OT_API ot_status ot_store_remove(ot_store *store, const ot_query *query, uint64_t *removed, ot_error *error);

/** Removes a device: its records (as ot_store_remove()) and what is known of it. @return OT_OK, OT_ENOTFOUND, as ot_store_remove(). */
OT_API ot_status ot_store_remove_device(ot_store *store, ot_str user, ot_str device, uint64_t *removed,
                                        ot_error *error);

/** Retention: removes records whose `at` is before @p before, but of each device its last location and the newest of each other type.
 *  Ids that fall to retention are remembered as those of ot_store_remove().
 *  @param dry_run count only. @return as ot_store_remove(). */
OT_API ot_status ot_store_retain(ot_store *store, ot_time before, bool dry_run, uint64_t *removed, ot_error *error);

/** Numbers of a store. */
typedef struct ot_store_stats {
    size_t size;       /**< sizeof(ot_store_stats). */
    uint64_t records;  /**< Stored now. */
    uint64_t devices;  /**< Known. */
    uint64_t rejects;  /**< Kept. */
    uint64_t repeats;  /**< Repeats counted ever. */
    uint64_t rejected; /**< Rejects ever. */
    uint64_t removed;  /**< Removed ever. */
    uint64_t head;     /**< As ot_store_head(). */
    uint64_t bytes;    /**< Size of the database. */
} ot_store_stats;

/** Counts. @param out its size must be set. @return OT_OK, OT_EUNSUPPORTED, OT_EIO… */
OT_API ot_status ot_store_stats_get(ot_store *store, ot_store_stats *out, ot_error *error);

/** Looks for damage: the backend's own check, and every row against its payload; calls @p report with a line for each finding.
 *  @return OT_OK: sound; OT_ECORRUPT: findings; OT_EUNSUPPORTED, OT_EIO… */
OT_API ot_status ot_store_check(ot_store *store, void (*report)(void *ctx, ot_str line), void *ctx, ot_error *error);

/** The URL's scheme, such as "sqlite". @return lives as long as the store. */
OT_API const char *ot_store_scheme(const ot_store *store);

#ifdef __cplusplus
}
#endif
#endif
