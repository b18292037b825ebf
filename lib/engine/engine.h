/* engine.h: the inside of an engine, shared by its files. Private, never installed. */
#ifndef OT_ENGINE_PRIVATE_H
#define OT_ENGINE_PRIVATE_H

#include <owntracks/engine.h>
#include <owntracks/sys/decoder.h>
#include <stdio.h>

#include "../base/base.h"
#include "../message/secrets.h"

#define OT__UNKNOWN_TYPES 32    /* unknown types that are remembered for the log */
#define OT__LOG_WINDOW    60000 /* milliseconds in which … */
#define OT__LOG_LINES     10    /* … that many rejects are logged at most */
#define OT__REJECT_KEPT   4096  /* bytes of an over-size payload that are kept */
#define OT__PAUSE_FIRST   50    /* milliseconds before a commit is tried again … */
#define OT__PAUSE_LAST    2000  /* … and at most */
#define OT__BROKER_COUNTS 4     /* counters of one broker that are followed */

/* One envelope of the batch. Its records end at `end`; they begin where those of the one before end. */
typedef struct ot__entry {
    uint64_t cookie;
    size_t end;
} ot__entry;

/* The open batch: copies in an arena, used for ever. Records before `committed` are stored already (see commit.c). */
typedef struct ot__batch {
    ot__arena arena;
    ot_record *records;
    ot_put_result *results;
    size_t count, cap;
    ot__entry *entries;
    size_t entry_count, entry_cap;
    size_t bytes, committed, chunk;
    int64_t since; /* monotonic milliseconds of its first envelope */
} ot__batch;

struct ot_engine {
    ot_engine_config config;
    ot_policy *policies;
    uint64_t *policy_drops;
    const ot_decoder **decoders;
    ot_message *message;
    ot__batch batch;
    ot_engine_stats stats;
    size_t max_payload, batch_bytes;
    ot__secrets secrets;
    uint64_t secret_types;
    uint32_t batch_count, commit_limit;

    /* Log, with a bound on what hostile input can make of it. */
    struct {
        uint64_t hash;
        ot_time when;
    } unknown[OT__UNKNOWN_TYPES];
    ot_time window;
    uint32_t window_lines;
    uint64_t window_silent;

    /* The attached transport. */
    ot_transport *transport;
    ot_transport_handlers next;
    uint64_t last_number; /* delivered last */
    uint64_t acked;       /* acknowledged last */
    bool failing;         /* the last commit failed: it was logged */
    bool overrun;         /* a delivery could not be taken: the connection must go */
    ot_status overrun_why;
    bool connected;
    bool session_news; /* connected: the session is to be told after the poll */
    uint32_t pause;    /* milliseconds, of the next retry */
    int64_t retry_at;  /* monotonic; 0: at once */
    struct {
        uint64_t topic; /* hash of the topic; 0: free */
        uint64_t last;
    } broker[OT__BROKER_COUNTS];
};

/* batch.c */
void ot__batch_init(ot__batch *batch);
void ot__batch_free(ot__batch *batch);
void ot__batch_reset(ot__batch *batch);
ot_record *ot__batch_record(ot__batch *batch);                /* a cleared one at the end; NULL: out of memory */
ot_status ot__batch_entry(ot__batch *batch, uint64_t cookie); /* closes the records of one envelope */

/* engine.c */
ot_status ot__engine_take(ot_engine *engine, const ot_envelope *envelope, uint64_t cookie);
bool ot__engine_full(const ot_engine *engine);
ot_status ot__engine_reject(ot_engine *engine, ot_record *record, ot_status status, uint64_t offset, ot_str field,
                            ot_str reason, uint64_t length); /* makes a reject of a record, texts copied */
void ot__engine_log_reject(ot_engine *engine, const ot_record *record);

/* commit.c */
ot_status ot__engine_commit(ot_engine *engine); /* the batch; on OT_OK it is empty and done was called */

#endif
