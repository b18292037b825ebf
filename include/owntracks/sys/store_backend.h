/** @file store_backend.h
 *  @brief For authors of stores: the table of functions, and what is promised on both sides.
 *
 *  The face (lib/store) checks arguments, keeps the registry, computes nothing but what its headers say, filters what a backend cannot, and gives
 *  every cursor its message. A backend is one file that fills an ot_store_ops and registers it. In every slot: `self` is the instance, of `instance_size` bytes,
 *  cleared, allocated by the face; calls on one instance come from one thread at a time, and may block; `error` may be NULL. A backend never calls back into the face for
 *  the same store. Slots are "must" or "may"; a "may" slot that is NULL makes its function return OT_EUNSUPPORTED unless said otherwise. */
#ifndef OWNTRACKS_SYS_STORE_BACKEND_H
#define OWNTRACKS_SYS_STORE_BACKEND_H

#include <owntracks/kv.h>
#include <owntracks/store.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OT_STORE_FILTERS_TYPE 0x01u /**< scan honours `types`. */
#define OT_STORE_FILTERS_TIME 0x02u /**< scan honours `from` and `to`. */
#define OT_STORE_FILTERS_BOX  0x04u /**< scan honours the box. */
#define OT_STORE_FILTERS_USER 0x08u /**< scan honours `user` and `device`. */
#define OT_STORE_FILTERS_ID   0x10u /**< scan honours `id`. */
#define OT_STORE_FILTERS_ALL  0x1fu /**< All of them. */

/** Does a record match a query, as far as these filters (OT_STORE_FILTERS_…) go? Order, limit and after are not looked at. @par Threads Safe. */
OT_API bool ot_query_matches(const ot_query *query, uint32_t filters, const ot_record *record);

/** The place of a record in the order: what a token holds. */
typedef struct ot_place {
    ot_time at;    /**< Of the record. */
    ot_str user;   /**< Of the record. */
    ot_str device; /**< Of the record. */
    ot_id id;      /**< Of the record. */
} ot_place;

/** A query as a backend gets it: checked, the token taken apart. */
typedef struct ot_scan {
    size_t size;           /**< sizeof(ot_scan). */
    const ot_query *query; /**< `after` is to be ignored; `limit` is 0 when the face filters behind the backend. */
    const ot_place *after; /**< Begin strictly behind this place in the order asked for; NULL: at the start. */
} ot_scan;

/** A backend. Members are appended only. */
typedef struct ot_store_ops {
    size_t size;          /**< sizeof(ot_store_ops) of the author's compiler. */
    const char *scheme;   /**< "sqlite": letters, digits, "-". */
    size_t instance_size; /**< Bytes of an instance. */
    size_t cursor_size;   /**< Bytes of a cursor. */
    uint32_t filters;     /**< OT_STORE_FILTERS_… that scan honours; the face does the rest. */

    /** must. Opens. @p rest is the URL behind "scheme:". @p config has its defaults filled in, its log and clock are never NULL, and it lives as long as
     *  the instance; its options only during this call. After a failure close is called too. */
    ot_status (*open)(void *self, const char *rest, const ot_store_config *config, ot_error *error);
    /** must. Closes; cursors are closed before. Also after a failed open. */
    void (*close)(void *self);
    /** must. As ot_store_put(): identity by ot_identity_of(), presence by ot_presence_step(), devices, rejects; views end when it returns. ops may come only if kv_put is filled. */
    ot_status (*put)(void *self, const ot_record *records, size_t count, const ot_kv_op *ops, size_t op_count,
                     ot_put_result *results, ot_error *error);
    /** must. Starts a scan in `cursor` (cleared memory of cursor_size); the views of @p scan end when it returns. After a failure cursor_close is called too. */
    ot_status (*scan)(void *self, void *cursor, const ot_scan *scan, ot_error *error);
    /** must. The next record into @p out (initialised); its views live until the next call on the cursor. OT_DONE at the end. */
    ot_status (*next)(void *self, void *cursor, ot_record *out, ot_error *error);
    /** must. Ends a cursor of any kind. */
    void (*cursor_close)(void *self, void *cursor);
    /** may; else the face scans. As ot_store_last(). */
    ot_status (*last)(void *self, void *cursor, ot_str user, ot_str device, ot_error *error);
    /** may. As ot_store_changes(). */
    ot_status (*changes)(void *self, void *cursor, uint64_t position, uint64_t limit, ot_error *error);
    /** may. As ot_store_head(). */
    ot_status (*head)(void *self, uint64_t *position, ot_error *error);
    /** may. As ot_store_rejects(). */
    ot_status (*rejects)(void *self, void *cursor, ot_time from, ot_time to, uint64_t limit, ot_error *error);
    /** may; else the face makes them from a scan (first and last arrival, presence unknown). As ot_store_devices(). */
    ot_status (*devices)(void *self, ot_str user, ot_str device, ot_status (*each)(void *ctx, const ot_device *device),
                         void *ctx, ot_error *error);
    /** may. As ot_store_remove(); a backend that does not honour all filters in scan gets queries for one record only: user, device, id, and its `at` as
     *  from and to, all of which it must honour here. */
    ot_status (*remove)(void *self, const ot_scan *scan, uint64_t *removed, ot_error *error);
    /** may. As ot_store_remove_device(). */
    ot_status (*remove_device)(void *self, ot_str user, ot_str device, uint64_t *removed, ot_error *error);
    /** may. As ot_store_retain(). */
    ot_status (*retain)(void *self, ot_time before, bool dry_run, uint64_t *removed, ot_error *error);
    /** may. As ot_store_stats_get(). */
    ot_status (*stats)(void *self, ot_store_stats *out, ot_error *error);
    /** may. As ot_store_check(). */
    ot_status (*check)(void *self, void (*report)(void *ctx, ot_str line), void *ctx, ot_error *error);
    /** may. As ot_kv_get(). All four kv slots or none. */
    ot_status (*kv_get)(void *self, ot_str key, const ot_sink *sink, uint64_t *version, ot_error *error);
    /** may. As ot_kv_put(); an absent value deletes, OT_ENOTFOUND when nothing stands there. */
    ot_status (*kv_put)(void *self, const ot_kv_op *op, uint64_t *version, ot_error *error);
    /** may. As ot_kv_scan(). */
    ot_status (*kv_scan)(void *self, ot_str prefix, ot_str after,
                         ot_status (*each)(void *ctx, ot_str key, ot_str value, uint64_t version), void *ctx,
                         ot_error *error);
} ot_store_ops;

/** Registers a backend; the table is copied (a shorter one of an older author: the rest is NULL).
 *  @return OT_OK; OT_ECONFLICT (the scheme is taken by another table); OT_EINVAL (a must slot is empty, a bad scheme, kv half filled), with @p error naming the slot; OT_ENOMEM.
 *  @par Threads Not safe beside other calls of the library: call it first. */
OT_API ot_status ot_store_register(const ot_store_ops *ops, ot_error *error);

/** Makes a store from a live object, for scripts: as if ot_store_open() had been called with a table that only this store uses.
 *  @param ops  is copied; its open is not called, instance_size may be 0.
 *  @param self is handed to every slot, close too. @return OT_OK, OT_EINVAL, OT_ENOMEM. */
OT_API ot_status ot_store_wrap(const ot_store_ops *ops, void *self, const ot_store_config *config, ot_store **out,
                               ot_error *error);

#ifdef __cplusplus
}
#endif
#endif
