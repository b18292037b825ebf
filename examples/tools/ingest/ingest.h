/* ingest.h: what the files of ot-ingest share. */
#ifndef OT_INGEST_H
#define OT_INGEST_H

#include <owntracks/engine.h>
#include <owntracks/owntracks.h>

#include "program.h"

#define INGEST_DROPPED "$SYS/broker/publish/messages/dropped"
#define INGEST_FILTER  "owntracks/#" /* when neither a base nor a filter is given: a broker carries other things, too */

/* What was decided from the options. */
typedef struct ingest {
    tool_values *values;
    tool_log log;
    ot_store *store;
    ot_bases *bases; /* NULL: the default rule */
    ot_subscription *subscriptions;
    char **filters; /* their texts */
    size_t subscription_count;
    bool watching; /* the last subscription is the broker's count of dropped messages */
    ot_session *session;
    ot_engine *engine;
    ot_transport *transport;
    ot_time started;
    bool failed_to_subscribe;

    /* The state in kv, and the metrics: written when something changed, but not too often. */
    bool state_news;
    int64_t state_due, metrics_due; /* monotonic milliseconds */
    ot_engine_stats state_stats, metrics_stats;
    bool metrics_written, state_failed, metrics_failed;
} ingest;

/* options.c */
extern const tool_program ingest_program;

/* run.c */
int ingest_run(ingest *in);
int64_t ingest_ticks(void); /* monotonic milliseconds */

/* state.c: what is known of a running ot-ingest, in the kv of its store under "ingest/<session>" */
void ingest_state_write(ingest *in, const char *ended);
uint64_t ingest_state_broker_count(ingest *in); /* OT_NO_COUNT: none was kept */
void ingest_metrics_write(ingest *in);
bool ingest_key(const tool_values *values, char *key, size_t size);
/* A growing text; the room is allocated by malloc. */
typedef struct text {
    char *data;
    size_t len, room;
} text;
ot_status ingest_text_write(void *ctx, const char *data, size_t len);

/* status.c */
int ingest_status(ingest *in);

#endif
