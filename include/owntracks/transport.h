/** @file transport.h
 *  @brief Transports: how messages come and go.
 *
 *  A transport is opened by URL, either to receive or to send. `loopback:NAME` and `replay:FILE` are in the core; `mqtt://HOST[:PORT]` and
 *  `mqtts://HOST[:PORT]` come with <owntracks/mosquitto.h>. A handle is used by one thread at a time and may move. Nothing happens behind the caller's back:
 *  all callbacks run inside ot_transport_poll() (a backend that needs a thread for name lookups says so, and calls nothing from it).
 *
 *  `loopback:NAME` is a broker inside the process: senders and receivers that name the same one meet there, from any thread; sessions, retained messages and wills as in MQTT.
 *
 *  `replay:FILE` (`replay:-`: standard input) delivers a recording, all of it whatever is subscribed, and ends. Lines are JSON objects with `topic` and `payload` (a text,
 *  or JSON as it is; null: empty), optionally `qos`, `retain`, `dup`, `arrival` or `tst` (ISO 8601 with a zone, or epoch seconds) and `user` (the authenticated one): what
 *  `mosquitto_sub -F %j` and `-F %J` write, too. Or they are "topic payload" as `mosquitto_sub -v` writes them, also behind a time (`-F '%U %t %p'`, `-F '%I %t %p'`).
 *  Or the file is a row of envelopes in their byte form. A broken line is told to the log as an error, with its number, and passed over; so is one of more than 64 MiB.
 *  Options: `form` (auto, json, text, envelope), `strict` (yes: a broken line ends it, poll returns its status), `topic` (for lines that name none).
 *
 *  Receiving: every delivery has a number that rises. Nothing is acknowledged before ot_transport_ack(); a process that dies before has, at QoS 1, lost
 *  nothing: the broker sends it again. */
#ifndef OWNTRACKS_TRANSPORT_H
#define OWNTRACKS_TRANSPORT_H

#include <owntracks/envelope.h>
#include <owntracks/log.h>
#include <owntracks/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A transport; opaque. */
typedef struct ot_transport ot_transport;

/** What a transport is for. */
typedef enum ot_direction {
    OT_RECEIVE = 1, /**< Subscribes and delivers; refuses to publish. */
    OT_SEND = 2     /**< Publishes; delivers nothing. */
} ot_direction;

/** A subscription. */
typedef struct ot_subscription {
    const char *filter; /**< Topic filter. */
    uint8_t qos;        /**< 0, 1 (advised), 2 (a crash can lose what is on its way: a warning is logged). */
} ot_subscription;

/** A message to be published, or a will. */
typedef struct ot_publication {
    ot_str topic;   /**< Topic name. */
    ot_str payload; /**< Any bytes. */
    uint8_t qos;    /**< 0, 1, 2. */
    bool retain;    /**< The broker keeps it. */
} ot_publication;

/** What became of a publication. */
typedef enum ot_fate {
    OT_FATE_ACKED = 1,  /**< QoS 1, 2: the broker has it. QoS 0: it was written to the connection. */
    OT_FATE_FAILED = 2, /**< The broker refused it, or it never left. */
    OT_FATE_UNKNOWN = 3 /**< The connection ended before the answer came: publish it again if it must arrive. */
} ot_fate;

/** Where a transport stands. */
typedef enum ot_link {
    OT_LINK_WAITING = 1,    /**< Not connected; the next attempt has a time. */
    OT_LINK_CONNECTING = 2, /**< An attempt is under way. */
    OT_LINK_CONNECTED =
        3,            /**< Connected, and (receiving) subscribed. What a kept session holds may be delivered before. */
    OT_LINK_ENDED = 4 /**< The source is used up (replay), or the transport was stopped. */
} ot_link;

/** The state of a transport; views live until the next call on the transport. */
typedef struct ot_transport_state {
    size_t size;            /**< sizeof(ot_transport_state). */
    ot_link link;           /**< Where it stands. */
    ot_time since;          /**< When that began. */
    uint64_t attempts;      /**< Attempts since it was last connected. */
    uint64_t connects;      /**< Connections ever made. */
    ot_time last_connected; /**< When it was last connected; OT_TIME_NONE: never. */
    ot_time next_attempt;   /**< WAITING: when; OT_TIME_NONE otherwise. */
    ot_status last_error;   /**< OT_OK: none yet. */
    ot_str last_reason;     /**< English; empty when none. */
    bool session_present;   /**< The broker had kept our session at the last connect; MQTT 3.1 never says. */
    uint64_t delivered;     /**< Deliveries ever. */
    uint64_t acked;         /**< The highest number acknowledged. */
} ot_transport_state;

/** Who is told. Every member may be NULL. All run inside ot_transport_poll() and may call only the functions marked "from callbacks" on this transport. */
typedef struct ot_transport_handlers {
    size_t size; /**< sizeof(ot_transport_handlers). */
    /** A message came. @p number rises by one with each delivery. Views end when it returns. */
    void (*message)(void *ctx, const ot_envelope *envelope, uint64_t number);
    /** The state changed. */
    void (*state)(void *ctx, const ot_transport_state *state);
    /** The fate of a publication. */
    void (*published)(void *ctx, uint64_t token, ot_fate fate, ot_status status);
    /** The broker granted or refused (status other than OT_OK) a subscription. */
    void (*subscribed)(void *ctx, const char *filter, ot_status status, uint8_t granted_qos);
    void *ctx; /**< Handed to each. */
} ot_transport_handlers;

/** How to open a transport; everything is copied. */
typedef struct ot_transport_config {
    size_t size;            /**< sizeof(ot_transport_config); set by #OT_TRANSPORT_CONFIG_INIT. */
    ot_direction direction; /**< Receive or send. */
    /** MQTT client id; NULL: sending: a random one; receiving: an error for MQTT (the caller keeps it, see engine.h). */
    const char *client_id;
    const char *username;  /**< NULL: none. */
    const char *password;  /**< NULL: none. Wiped from the copy when the transport closes. */
    const char *ca_file;   /**< mqtts: PEM file of authorities; NULL: the system's. */
    const char *cert_file; /**< mqtts: client certificate, PEM. */
    const char *key_file;  /**< mqtts: its key, PEM. */
    bool insecure; /**< mqtts: do not compare the host name with the certificate (tests only; a warning is logged). */
    int mqtt_version;           /**< 3 (3.1), 4 (3.1.1), 5; 0 means 4. */
    uint32_t keepalive;         /**< Seconds, 5 to 65535; 0 means 60. */
    uint32_t connect_timeout;   /**< Seconds for lookup, connection and CONNACK together; 0 means 30. */
    bool clean_session;         /**< Sending: always clean. Receiving: false keeps the session at the broker. */
    uint32_t session_expiry;    /**< MQTT 5, seconds; 0 means for ever (0xFFFFFFFF). */
    uint16_t receive_maximum;   /**< MQTT 5: messages on the way at most; 0: the broker's own limit. */
    const ot_publication *will; /**< NULL: none. */
    const ot_subscription *subscriptions; /**< Receiving: what to subscribe to at each connect. */
    size_t subscription_count;            /**< How many. */
    const char *const *unsubscribe;       /**< Receiving: filters of the kept session that are no longer wanted. */
    size_t unsubscribe_count;             /**< How many. */
    uint32_t batch_count;                 /**< Receiving: deliveries in one poll at most; 0 means 1000. */
    size_t batch_bytes;                   /**< Receiving: payload bytes in one poll at most (soft); 0 means 8 MiB. */
    const ot_option *options;             /**< Of the backend; unknown names are errors. */
    size_t option_count;                  /**< How many. */
    const ot_log *log;                    /**< May be NULL. */
    const ot_clock *clock;                /**< For arrival times and the state; NULL: the system's. */
    uint64_t seed;                        /**< Of the jitter of reconnects; 0: from the system. */
    ot_transport_handlers handlers;       /**< Who is told. */
} ot_transport_config;

/** The defaults: receive, MQTT 3.1.1, kept session. */
#define OT_TRANSPORT_CONFIG_INIT                                                                                       \
    {                                                                                                                  \
        sizeof(ot_transport_config), OT_RECEIVE, NULL, NULL, NULL, NULL, NULL, NULL, false, 0, 0, 0, false, 0, 0,      \
            NULL, NULL, 0, NULL, 0, 0, 0, NULL, 0, NULL, NULL, 0, {                                                    \
            sizeof(ot_transport_handlers), NULL, NULL, NULL, NULL, NULL                                                \
        }                                                                                                              \
    }

/** Opens a transport; nothing is connected yet: ot_transport_poll() does it, and again after each failure.
 *  @return OT_OK; OT_EUNSUPPORTED (scheme not registered); OT_EINVAL (URL, option, a password in the URL); OT_ENOTFOUND, OT_EPERM (a file); OT_ENOMEM. */
OT_API ot_status ot_transport_open(const char *url, const ot_transport_config *config, ot_transport **out,
                                   ot_error *error);

/** Closes: publications not answered get no fate; a connection is ended without acknowledging what was not acked (the session stays); NULL is allowed. */
OT_API void ot_transport_close(ot_transport *transport);

/** One turn: connects when it is time, reads what is there (at most one batch), writes what is due, calls handlers. While deliveries are not acknowledged, nothing
 *  is read or written beyond the batch; a turn then returns at once.
 *  @param timeout milliseconds to wait for something to happen at most; 0: do not wait; negative: as long as the transport needs.
 *  @return OT_OK; OT_DONE: the source is used up and everything acknowledged, or the transport was stopped. Failures of the connection are not failures of this
 *          function: see the state. OT_EIO… for a replay file that cannot be read; OT_ENOMEM. */
OT_API ot_status ot_transport_poll(ot_transport *transport, int timeout);

/** What to wait for in a loop of one's own. */
typedef struct ot_wait {
    size_t size;   /**< sizeof(ot_wait). */
    int fd;        /**< To be polled; -1: none. */
    bool readable; /**< Wait until it can be read. */
    bool writable; /**< Wait until it can be written. */
    int timeout;   /**< Call ot_transport_poll() after this many milliseconds at the latest; -1: no need. */
} ot_wait;

/** What to wait for before the next ot_transport_poll(); may change at every poll. @return OT_OK. */
OT_API ot_status ot_transport_wait(ot_transport *transport, ot_wait *out);

/** Acknowledges all deliveries up to a number. They leave at the next poll, when all that was delivered is acknowledged.
 *  @return OT_OK; OT_ERANGE: not delivered, or not on this connection any more (then the broker delivers again: harmless). */
OT_API ot_status ot_transport_ack(ot_transport *transport, uint64_t upto);

/** Drops the connection without acknowledging; it is made again after the usual pause. For a store that cannot store now.
 *  @param reason for the state and the log. */
OT_API void ot_transport_reject(ot_transport *transport, const char *reason);

/** Publishes (OT_SEND only). It is queued while there is room.
 *  @param publication is copied. @param token receives the number that `published` will be told; rising from 1; may be NULL.
 *  @return OT_OK; OT_EUNSUPPORTED (OT_RECEIVE); OT_ETOPIC, OT_EUTF8; OT_EBUSY (not connected, or as many on the way as allowed (option `inflight`, default 1000): poll and try again); OT_ECLOSED (stopped);
 *          OT_ELIMIT (larger than the broker or MQTT allows); OT_ENOMEM. From callbacks. */
OT_API ot_status ot_transport_publish(ot_transport *transport, const ot_publication *publication, uint64_t *token,
                                      ot_error *error);

/** The state. @param out its size must be set. From callbacks. */
OT_API void ot_transport_state_get(const ot_transport *transport, ot_transport_state *out);

/** Ends gracefully: a clean DISCONNECT (no will) once publications on the way are answered; poll until OT_DONE. Deliveries that were not acknowledged stay so. */
OT_API void ot_transport_stop(ot_transport *transport);

/** "waiting", "connecting", "connected", "ended". @return a constant. @par Threads Safe. */
OT_API const char *ot_link_text(ot_link link);

/** The pause before attempt number @p attempt (from 1, counted since the last stable connection): 1 2 4 8 16 32 60 60 … seconds, shortened by up to a quarter by
 *  the seed: a pure function. @return milliseconds. @par Threads Safe. */
OT_API uint32_t ot_backoff(uint64_t attempt, uint64_t seed);

/** How long a connection must last to be stable, so that the pauses begin anew: milliseconds. */
#define OT_STABLE_AFTER 10000

#ifdef __cplusplus
}
#endif
#endif
