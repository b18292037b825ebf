/** @file engine.h
 *  @brief The engine: envelopes in, records stored, acknowledgements out. The only place that knows the order of the stages.
 *
 *  There is one way in, ot_engine_submit(), and one answer, `done`, after the commit. A transport can be attached: then ot_engine_poll() is one whole turn: read a batch, decode,
 *  decide, commit, acknowledge. A batch ends at a count, at a number of bytes, or when there is nothing more to read; it never waits.
 *
 *  Values of secret members (#OT_FIELD_SECRET: passwords and keys in configurations, at any depth, of rejected JSON too) are replaced by "***" before anything is stored; the
 *  record is marked OT_MARK_REDACTED and keeps the id of what came.
 *
 *  What happens when the store cannot store: a transient failure (disk full, busy) is tried again with growing pauses; when a batch of the transport has waited for
 *  `commit_limit`, the connection is dropped unacknowledged, and the broker delivers it again. One message that a store refuses to hold goes to the rejects; its neighbours are stored. */
#ifndef OWNTRACKS_ENGINE_H
#define OWNTRACKS_ENGINE_H

#include <owntracks/policy.h>
#include <owntracks/session.h>
#include <owntracks/store.h>
#include <owntracks/transport.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ot_decoder; /* <owntracks/sys/decoder.h> */

/** An engine; opaque; used by one thread at a time. */
typedef struct ot_engine ot_engine;

/** How to make an engine; everything that is pointed at, but the arrays themselves, must live as long as the engine. */
typedef struct ot_engine_config {
    size_t size;               /**< sizeof(ot_engine_config); set by #OT_ENGINE_CONFIG_INIT. */
    ot_store *store;           /**< Where records go. */
    const ot_bases *bases;     /**< NULL: the default rule. */
    const ot_policy *policies; /**< In this order; NULL: none. */
    size_t policy_count;       /**< How many. */
    const struct ot_decoder *const
        *decoders;        /**< In this order; NULL: ot_decoder_greenwich(), ot_decoder_owntracks(). */
    size_t decoder_count; /**< How many. */
    bool strict;          /**< Decode strictly: what is not by the book goes to the rejects. */
    size_t max_payload; /**< Larger ones go to the rejects, with their first 4096 bytes, digest and length; 0: 8 MiB. */
    uint32_t batch_count; /**< Envelopes in one commit at most; 0: 1000. */
    size_t batch_bytes;   /**< Bytes in one commit at most (soft); 0: 16 MiB. */
    /** Milliseconds that a batch of the transport may wait for its commit; 0: half of a keepalive of 60 s. */
    uint32_t commit_limit;
    const ot_log *log;     /**< May be NULL. */
    const ot_clock *clock; /**< NULL: the system's. */
    /** May be NULL. Called for each envelope, in order of submission, after its batch ended. Neither this nor stored may call the engine.
     *  @param cookie as submitted. @param status OT_OK: durable, or dealt with (rejected, dropped); otherwise nothing of it was stored. */
    void (*done)(void *ctx, uint64_t cookie, ot_status status);
    /** May be NULL. Called for each record of a batch after the commit: an in-process convenience (whatever must not miss one reads ot_store_changes()). */
    void (*stored)(void *ctx, const ot_record *record, ot_put_result result);
    void *ctx; /**< Handed to done and stored. */
    /** The durable session of the transport that will be attached; may be NULL. The engine renews its lease, tells it of connections, and warns when the broker
     *  had forgotten it. */
    ot_session *session;
    uint64_t
        broker_count; /**< What the broker's count of dropped messages was when it was last seen (ot_engine_stats::broker_count), so that a loss while nobody was connected
                                  is noticed; #OT_NO_COUNT: never seen. */
} ot_engine_config;

/** A count that is not known. */
#define OT_NO_COUNT UINT64_MAX

/** The defaults. */
#define OT_ENGINE_CONFIG_INIT                                                                                          \
    {                                                                                                                  \
        sizeof(ot_engine_config), NULL, NULL, NULL, 0, NULL, 0, false, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, \
            UINT64_MAX                                                                                                 \
    }

/** Makes an engine. @return OT_OK, OT_EINVAL, OT_ENOMEM. */
OT_API ot_status ot_engine_new(const ot_engine_config *config, ot_engine **out, ot_error *error);

/** Ends an engine; what was submitted and not flushed is not stored and gets done(OT_ECLOSED); an attached transport is not closed. NULL is allowed. */
OT_API void ot_engine_free(ot_engine *engine);

/** Takes one envelope: decodes it, asks the policies, and adds it to the batch. When the batch is full it is committed within the call.
 *  @param envelope views that must hold during the call only. @param cookie handed to `done`.
 *  @return OT_OK: `done` will tell; OT_ENOMEM: not taken; as ot_engine_flush() when the batch was full: not taken, flush first. */
OT_API ot_status ot_engine_submit(ot_engine *engine, const ot_envelope *envelope, uint64_t cookie);

/** Commits the batch and calls `done`.
 *  @return OT_OK (also for an empty batch); a transient status: the batch is kept, call again later; OT_ECORRUPT, OT_EREADONLY, …: the store is of no use any more, the batch is kept. */
OT_API ot_status ot_engine_flush(ot_engine *engine);

/** Drops the batch without storing it: `done` gets @p why. */
OT_API void ot_engine_abandon(ot_engine *engine, ot_status why);

/** The handlers to open a transport with that is to be attached: message and state go to the engine, which hands on state, published and subscribed to @p next.
 *  @param next is copied; may be NULL; its message is ignored. */
OT_API ot_transport_handlers ot_engine_handlers(ot_engine *engine, const ot_transport_handlers *next);

/** Attaches a transport that was opened with ot_engine_handlers(); NULL detaches. */
OT_API void ot_engine_attach(ot_engine *engine, ot_transport *transport);

/** One turn with the attached transport: poll, decode, commit, acknowledge. Messages on `$SYS/` topics are counted, not stored.
 *  @param timeout as ot_transport_poll().
 *  @return OT_OK; OT_DONE: the transport's source is used up and all is stored; OT_ECORRUPT, OT_EREADONLY …: the store is of no use any more;
 *          OT_ECONFLICT: another process has taken the session: stop at once; OT_EINVAL: no transport is attached. */
OT_API ot_status ot_engine_poll(ot_engine *engine, int timeout);

/** What to wait for before the next ot_engine_poll(), in a loop of one's own: as ot_transport_wait(), with the engine's own times (a commit to be tried again, a lease to be
 *  renewed). @return OT_OK, OT_EINVAL: no transport is attached. */
OT_API ot_status ot_engine_wait(ot_engine *engine, ot_wait *out);

/** Buckets of the commit latency: upper bounds in microseconds, the last without bound. */
#define OT_LATENCY_BUCKETS 16

/** What an engine counted since it was made. */
typedef struct ot_engine_stats {
    size_t size;                    /**< sizeof(ot_engine_stats). */
    uint64_t received;              /**< Envelopes. */
    uint64_t bytes;                 /**< Payload bytes of them. */
    uint64_t stored;                /**< Records stored. */
    uint64_t repeats;               /**< Records that were there. */
    uint64_t rejected;              /**< Rejects. */
    uint64_t dropped;               /**< Left out by policies. */
    uint64_t retained;              /**< Envelopes that came as retained ones. */
    uint64_t by_type[64];           /**< Messages by ot_type. */
    uint64_t rejects_by_status[64]; /**< Rejects by ot_status. */
    uint64_t commits;               /**< Commits that succeeded. */
    uint64_t commit_failures;       /**< Commits that failed and were tried again. */
    uint64_t rejected_connections;  /**< Times that the connection was dropped because the store could not store. */
    uint64_t connects;              /**< Connections made. */
    uint64_t disconnects;           /**< Connections lost. */
    uint64_t sessions_lost; /**< Connects at which the broker had forgotten a session that it should have kept. */
    uint64_t
        broker_dropped; /**< Messages that the broker says it dropped, since its count was first seen (by the engine, or as the configuration says). */
    uint64_t latency[OT_LATENCY_BUCKETS]; /**< Commits by duration: see ot_engine_latency_bound(). */
    uint64_t latency_sum;                 /**< Microseconds, of all commits. */
    ot_time last_stored;                  /**< Arrival of the newest record stored; OT_TIME_NONE. */
    ot_time lag;                          /**< arrival minus `at` of the last location, milliseconds. */
    uint64_t pending;                     /**< Envelopes in the open batch. */
    uint64_t lost;         /**< Records that the store took neither as they were nor as rejects. Logged as errors. */
    uint64_t broker_count; /**< The broker's own count of dropped messages, as it was last told; #OT_NO_COUNT. */
    bool connected;        /**< The attached transport is connected. */
} ot_engine_stats;

/** Upper bound of a bucket in microseconds; UINT64_MAX for the last. @par Threads Safe. */
OT_API uint64_t ot_engine_latency_bound(size_t bucket);

/** The counts. @param out its size must be set. */
OT_API void ot_engine_stats_get(const ot_engine *engine, ot_engine_stats *out);

/** Writes the counts in the Prometheus text format (version 0.0.4), names "owntracks_…". @return OT_OK or the sink's status. */
OT_API ot_status ot_engine_metrics(const ot_engine *engine, const ot_sink *sink);

#ifdef __cplusplus
}
#endif
#endif
