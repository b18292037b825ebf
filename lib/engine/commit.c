/* commit.c: the batch goes to the store, and everybody hears what became of it. */
#include "engine.h"

static const uint64_t bounds[OT_LATENCY_BUCKETS] = {100,     250,     500,      1000,      2500,   5000,
                                                    10000,   25000,   50000,    100000,    250000, 500000,
                                                    1000000, 2500000, 10000000, UINT64_MAX};

uint64_t ot_engine_latency_bound(size_t bucket) {
    return bucket < OT_LATENCY_BUCKETS ? bounds[bucket] : UINT64_MAX;
}

/* Is it about what a record holds, so that the others may well be stored? */
static bool concerns_record(ot_status status) {
    switch (status) {
    case OT_EINVAL:
    case OT_ELIMIT:
    case OT_ESYNTAX:
    case OT_EUTF8:
    case OT_EDEPTH:
    case OT_EDUPLICATE:
    case OT_ETYPE:
    case OT_ERANGE:
    case OT_EMISSING:
    case OT_ETOPIC:
    case OT_ELIST:
    case OT_EMPTY:
    case OT_EUNKNOWN:
    case OT_ESEALED:
        return true;
    default:
        return false;
    }
}

static void count(ot_engine *e, const ot_record *record, ot_put_result result) {
    ot_engine_stats *s = &e->stats;
    if (result == OT_PUT_REPEAT) {
        s->repeats++;
    } else if (result == OT_PUT_REFUSED || record->reject) {
        ot_status why = record->reject ? record->reject->status : OT_EINVAL;
        s->rejected++;
        if ((unsigned)why < OT_COUNT(s->rejects_by_status)) s->rejects_by_status[why]++;
    } else {
        s->stored++;
        if (s->last_stored == OT_TIME_NONE || record->arrival > s->last_stored) s->last_stored = record->arrival;
        if (record->type == OT_TYPE_LOCATION) s->lag = record->arrival - record->at;
    }
}

/* A record that the store does not hold becomes a reject; a reject that it does not hold loses what could be in the way, step by step.
   OT_DONE: nothing is left to take away. */
static ot_status blame(ot_engine *e, ot_record *record, ot_status status, const ot_error *error) {
    if (!record->reject) {
        record->id = ot_id_of_record(record->topic, ot_str_of("", 0), record->payload, record->index);
        ot_status made =
            ot__engine_reject(e, record, status, OT_NO_OFFSET, ot_str_c(error->field),
                              ot_str_c(error->reason[0] ? error->reason : ot_status_text(status)), record->payload.len);
        if (made == OT_OK) ot__engine_log_reject(e, record);
        return made;
    }
    if (record->user.ptr || record->device.ptr) {
        record->user = record->device = ot_str_of(NULL, 0);
        return OT_OK;
    }
    if (record->payload.len > 0) {
        record->payload.len = 0;
        return OT_OK;
    }
    return OT_DONE;
}

static void finish(ot_engine *e, ot_status status) {
    ot__batch *batch = &e->batch;
    size_t count_entries = batch->entry_count, committed = batch->committed;
    if (e->config.done) {
        for (size_t i = 0; i < count_entries; i++) {
            ot_status one = batch->entries[i].end <= committed ? OT_OK : status;
            e->config.done(e->config.ctx, batch->entries[i].cookie, one);
        }
    }
    ot__batch_reset(batch);
}

/* Stores what is not stored yet. When a put fails for what a record holds, smaller pieces are tried, until the culprit stands alone. */
ot_status ot__engine_commit(ot_engine *e) {
    ot__batch *batch = &e->batch;
    if (batch->entry_count == 0) return OT_OK;
    while (batch->committed < batch->count) {
        size_t left = batch->count - batch->committed;
        size_t n = batch->chunk && batch->chunk < left ? batch->chunk : left;
        ot_record *records = batch->records + batch->committed;
        ot_put_result *results = batch->results + batch->committed;
        ot_error error = {OT_OK, 0, OT_NO_OFFSET, "", ""};
        int64_t start = ot__os_monotonic_us();
        ot_status status = ot_store_put(e->config.store, records, n, NULL, 0, results, &error);
        uint64_t took = (uint64_t)(ot__os_monotonic_us() - start);
        if (status == OT_OK) {
            e->stats.commits++;
            e->stats.latency_sum += took;
            size_t bucket = 0;
            while (took > bounds[bucket])
                bucket++;
            e->stats.latency[bucket]++;
            if (took / 1000 > e->commit_limit)
                ot_log_line(e->config.log, OT_LOG_WARNING,
                            "a commit of %zu records took %llu ms, longer than the connection should wait", n,
                            (unsigned long long)(took / 1000));
            for (size_t i = 0; i < n; i++)
                count(e, &records[i], results[i]);
            batch->committed += n;
            batch->chunk *= 2;
            if (e->config.stored) {
                for (size_t i = 0; i < n; i++)
                    e->config.stored(e->config.ctx, &records[i], results[i]);
            }
            continue;
        }
        if (!concerns_record(status)) {
            e->stats.commit_failures++;
            char text[320];
            ot_error_set(&error, status, error.field[0] ? error.field : NULL, OT_NO_OFFSET, "%s",
                         error.reason[0] ? error.reason : ot_status_text(status));
            ot_error_text(&error, text, sizeof text);
            /* The first of a row of failures is told; the rest is counted. */
            if (!e->failing) ot_log_line(e->config.log, OT_LOG_WARNING, "cannot store now: %s", text);
            e->failing = true;
            return status;
        }
        if (n > 1) {
            batch->chunk = n / 2;
            continue;
        }
        ot_status blamed = blame(e, records, status, &error);
        if (blamed == OT_DONE) {
            ot_log_line(e->config.log, OT_LOG_ERROR, "the store takes neither a message on %.*s nor its reject: %s",
                        (int)(records->topic.len < 200 ? records->topic.len : 200), records->topic.ptr,
                        ot_status_text(status));
            e->stats.lost++;
            batch->committed++;
        } else if (blamed != OT_OK) {
            return blamed;
        }
    }
    if (e->failing) ot_log_line(e->config.log, OT_LOG_INFO, "storing again");
    e->failing = false;
    finish(e, OT_OK);
    return OT_OK;
}

void ot_engine_abandon(ot_engine *e, ot_status why) {
    if (e && e->batch.entry_count) finish(e, why);
}
