/** @file transport_backend.h
 *  @brief For authors of transports: the table of functions, and what is promised on both sides.
 *
 *  The face checks arguments, copies the configuration, keeps delivery numbers and tokens, the state and the backoff, and calls the handlers. A backend moves bytes. In every
 *  slot: `self` is the instance of `instance_size` bytes, cleared, allocated by the face; calls come from one thread at a time. */
#ifndef OWNTRACKS_SYS_TRANSPORT_BACKEND_H
#define OWNTRACKS_SYS_TRANSPORT_BACKEND_H

#include <owntracks/transport.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a backend tells the face; valid for the life of the instance, callable only from inside a slot. */
typedef struct ot_transport_host ot_transport_host;

/** A message came: the face gives it the next number and calls the handler. @return the number. */
OT_API uint64_t ot_transport_host_deliver(ot_transport_host *host, const ot_envelope *envelope);
/** The connection stands, and subscriptions are made. */
OT_API void ot_transport_host_connected(ot_transport_host *host, bool session_present);
/** The connection ended, or an attempt failed; the face sets the next attempt (see ot_backoff()). Deliveries not acknowledged are void. */
OT_API void ot_transport_host_lost(ot_transport_host *host, ot_status status, const char *reason);
/** The source is used up. */
OT_API void ot_transport_host_ended(ot_transport_host *host);
/** The fate of a publication; only with OT_FATE_ACKED or OT_FATE_FAILED: what is on the way when the connection is lost is told
 *  as OT_FATE_UNKNOWN by the face. A token that is not on the way is ignored. */
OT_API void ot_transport_host_published(ot_transport_host *host, uint64_t token, ot_fate fate, ot_status status);
/** The answer to a subscription. */
OT_API void ot_transport_host_subscribed(ot_transport_host *host, const char *filter, ot_status status,
                                         uint8_t granted_qos);
/** The highest number delivered, and the highest one that needs no acknowledgement any more (acknowledged, or of a
 *  connection that is over): while they differ, deliveries are held, and nothing may be read or written. */
OT_API void ot_transport_host_numbers(const ot_transport_host *host, uint64_t *delivered, uint64_t *acked);
/** The configuration, copied by the face. */
OT_API const ot_transport_config *ot_transport_host_config(const ot_transport_host *host);

/** A backend. Members are appended only. */
typedef struct ot_transport_ops {
    size_t size;          /**< sizeof(ot_transport_ops) of the author's compiler. */
    const char *scheme;   /**< "mqtt": letters, digits, "-". */
    size_t instance_size; /**< Bytes of an instance. */
    /** must. Checks the URL (@p rest is what stands behind "scheme:") and options; opens files; connects nothing. After a failure close is called too. The option
     *  `inflight` is the face's and does not come through. */
    ot_status (*open)(void *self, ot_transport_host *host, const char *rest, ot_error *error);
    /** must. Ends everything at once. */
    void (*close)(void *self);
    /** must. Begins an attempt to connect; its end is told by host_connected or host_lost, now or in a later poll. Never blocks. */
    ot_status (*connect)(void *self);
    /** must. Ends the connection or the attempt at once, nothing more is acknowledged; host_lost is not called. Of a source that is used up: what was not
     *  acknowledged comes again behind the next connect. */
    void (*drop)(void *self);
    /** must. One turn as ot_transport_poll(): waits at most @p timeout milliseconds, delivers at most one batch, writes what is due. Called while connecting or
     *  connected; while deliveries are held with a timeout of 0: then it neither reads nor writes, but may see that the time is up. It tells every failure of the
     *  connection by host_lost and returns OT_OK; another status goes to the caller of ot_transport_poll(). */
    ot_status (*poll)(void *self, int timeout);
    /** must. As ot_transport_wait(), while connecting or connected. */
    void (*wait)(void *self, ot_wait *out);
    /** may (a transport that only sends). All deliveries up to and with @p upto, the newest one, are acknowledged: let it go out, now or in the next poll. May tell
     *  host_lost. */
    ot_status (*ack)(void *self, uint64_t upto);
    /** may (a transport that only receives). As ot_transport_publish(), with its token; called while connected, with what the face has checked. The fate is told
     *  later, never from inside this slot. */
    ot_status (*publish)(void *self, const ot_publication *publication, uint64_t token, ot_error *error);
    /** must. Begins a graceful end of a connection that stands; host_ended tells its completion, now or in a later poll. */
    void (*stop)(void *self);
} ot_transport_ops;

/** Registers a backend; as ot_store_register(). */
OT_API ot_status ot_transport_register(const ot_transport_ops *ops, ot_error *error);

/** Makes a transport from a live object, for scripts; as ot_store_wrap(), but `open` is called, with an empty @p rest: it hands over the host. After a failure of
 *  it `close` is called, and never again. */
OT_API ot_status ot_transport_wrap(const ot_transport_ops *ops, void *self, const ot_transport_config *config,
                                   ot_transport **out, ot_error *error);

#ifdef __cplusplus
}
#endif
#endif
