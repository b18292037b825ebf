/** @file session.h
 *  @brief The memory of a durable MQTT session, kept in the store: a client id made once, the filters subscribed to, and a lease, so that no two processes use one id.
 *
 *  Keys in kv: `session/<name>`. A lease names host, boot, process and its start time; it is taken over at once when that process is dead on this host and boot, or when it ran out. */
#ifndef OWNTRACKS_SESSION_H
#define OWNTRACKS_SESSION_H

#include <owntracks/kv.h>
#include <owntracks/transport.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A session; opaque; used by one thread at a time. */
typedef struct ot_session ot_session;

/** How long a lease holds without being renewed: milliseconds. */
#define OT_SESSION_LEASE 60000

/** Opens a session and takes its lease.
 *  @param store     with kv; must live as long as the session.
 *  @param name      of the session, such as "ingest"; several ingestors into one store use several names.
 *  @param client_id NULL: the one in the store, made now ("ot-" and 16 hexadecimal digits) when there is none; otherwise this one, and kept.
 *  @param broker    the URL of the broker: filters are remembered per broker and client id.
 *  @param wanted    the subscriptions wanted now. @param count how many.
 *  @param clock     NULL: the system's. @param log may be NULL.
 *  @return OT_OK; OT_EBUSY: another live process holds the lease (the error says which); OT_EINVAL; OT_EUNSUPPORTED (no kv); OT_EIO… */
OT_API ot_status ot_session_open(ot_store *store, const char *name, const char *client_id, const char *broker,
                                 const ot_subscription *wanted, size_t count, const ot_clock *clock, const ot_log *log,
                                 ot_session **out, ot_error *error);

/** The client id. @return lives as long as the session. */
OT_API const char *ot_session_client_id(const ot_session *session);

/** The filters of earlier times that are no longer wanted, for ot_transport_config::unsubscribe. @return how many; the array lives as long as the session. */
OT_API size_t ot_session_unwanted(const ot_session *session, const char *const **filters);

/** Was this session ever connected to this broker before (so that the broker should know it)? */
OT_API bool ot_session_expected(const ot_session *session);

/** Tells it that the connection stands and the subscriptions were granted: keeps the filters. @return OT_OK, OT_ECONFLICT (the lease was lost), OT_EIO… */
OT_API ot_status ot_session_connected(ot_session *session, ot_error *error);

/** Renews the lease when it is time; cheap otherwise. @return OT_OK; OT_ECONFLICT: somebody else has it: stop at once; transient statuses: try again. */
OT_API ot_status ot_session_renew(ot_session *session, ot_error *error);

/** When ot_session_renew() has something to do next. */
OT_API ot_time ot_session_next(const ot_session *session);

/** Gives the lease back and ends; NULL is allowed. */
OT_API void ot_session_close(ot_session *session);

#ifdef __cplusplus
}
#endif
#endif
