/** @file session.h
 *  @brief The memory of a durable MQTT session, kept in the store: a client id made once, the filters subscribed to, and a lease, so that no two processes use one id.
 *  What is remembered of the filters grows before anything is subscribed to and shrinks when the unwanted ones are gone, so that a crash in between forgets none.
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
/** Bytes of a client id at most. */
#define OT_CLIENT_ID_MAX 255
/** Bytes of a session's name at most. */
#define OT_SESSION_NAME_MAX 200

/** Opens a session and takes its lease.
 *  @param store     with kv; must live as long as the session.
 *  @param name      of the session, such as "ingest"; several ingestors into one store use several names.
 *  @param client_id NULL: the one in the store, made now ("ot-" and 16 hexadecimal digits) when there is none; otherwise this one, and kept.
 *  @param broker    the URL of the broker: filters are remembered per broker and client id.
 *  @param wanted    the subscriptions wanted now. @param count how many.
 *  @param clock     NULL: the system's. @param log may be NULL.
 *  @return OT_OK; OT_EBUSY: another live process holds the lease, or a session of another name has this client id in use (the error says which); OT_EINVAL;
 *          OT_ECORRUPT (what is stored is not understood); OT_EUNSUPPORTED (no kv); OT_EIO… */
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

/** What others can see of a session. */
typedef struct ot_session_info {
    size_t size;                          /**< sizeof(ot_session_info). */
    char client_id[OT_CLIENT_ID_MAX + 1]; /**< Its client id. */
    char host[256];                       /**< Who holds the lease: the host; "": nobody. */
    int64_t pid;                          /**< The process; 0: nobody. */
    ot_time since;                        /**< Since when; OT_TIME_NONE: nobody. */
    ot_time until;                        /**< Until when, unless it is renewed; OT_TIME_NONE: nobody. */
    bool live; /**< The lease holds: it did not run out, and the process is not known to be dead. */
} ot_session_info;

/** Looks at a session without taking it.
 *  @param out its size must be set. @return OT_OK, OT_ENOTFOUND (there never was one of this name), OT_EINVAL, OT_ECORRUPT, OT_EUNSUPPORTED, OT_EIO… */
OT_API ot_status ot_session_look(ot_store *store, const char *name, const ot_clock *clock, ot_session_info *out,
                                 ot_error *error);

#ifdef __cplusplus
}
#endif
#endif
