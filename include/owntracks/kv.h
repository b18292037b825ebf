/** @file kv.h
 *  @brief The second table of a store: JSON values by key, with versions. Accounts, leases, positions of consumers live here.
 *
 *  Keys are 1 to 1024 bytes of UTF-8 without NUL, levels separated by "/" by habit. Values are JSON texts of at most 16 MiB. */
#ifndef OWNTRACKS_KV_H
#define OWNTRACKS_KV_H

#include <owntracks/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Reads a value.
 *  @param sink    receives the JSON text; NULL: only the version is wanted.
 *  @param version of the value, rising with each write of this key, never 0; may be NULL.
 *  @return OT_OK, OT_ENOTFOUND, OT_EINVAL (key), OT_EUNSUPPORTED, OT_EIO…, the sink's status. */
OT_API ot_status ot_kv_get(ot_store *store, ot_str key, const ot_sink *sink, uint64_t *version, ot_error *error);

/** Writes a value; durable when it returns OT_OK.
 *  @param value    JSON text.
 *  @param expected #OT_KV_ANY, #OT_KV_NEW (nothing must stand there), or the version that must.
 *  @param version  the new one; may be NULL.
 *  @return OT_OK, OT_ECONFLICT, OT_EINVAL, OT_ESYNTAX (no JSON), OT_ELIMIT, OT_EREADONLY, OT_EUNSUPPORTED, OT_EIO… */
OT_API ot_status ot_kv_put(ot_store *store, ot_str key, ot_str value, uint64_t expected, uint64_t *version,
                           ot_error *error);

/** Deletes a value. @return OT_OK, OT_ENOTFOUND, OT_ECONFLICT, as ot_kv_put(). */
OT_API ot_status ot_kv_delete(ot_store *store, ot_str key, uint64_t expected, ot_error *error);

/** Calls @p each for every key that starts with @p prefix, in the order of bytes, until it returns something other than OT_OK.
 *  @param after only keys behind this one; absent: all.
 *  @param each  views valid during the call; it must not write to the store.
 *  @return OT_OK, what @p each returned, OT_EINVAL, OT_EUNSUPPORTED, OT_EIO… */
OT_API ot_status ot_kv_scan(ot_store *store, ot_str prefix, ot_str after,
                            ot_status (*each)(void *ctx, ot_str key, ot_str value, uint64_t version), void *ctx,
                            ot_error *error);

#ifdef __cplusplus
}
#endif
#endif
