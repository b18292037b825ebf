/* engine.c: one envelope on its way into the batch: topic, decoder, policies, record. */
#include "engine.h"

/* The siphash of a text, shortened: names things in small tables. */
static uint64_t short_hash(ot_str text) {
    ot_id id = ot_id_of_bytes(text);
    uint64_t hash;
    memcpy(&hash, id.bytes, sizeof hash);
    return hash ? hash : 1;
}

/* A line about hostile or damaged input, unless there were too many of late. */
static bool may_log(ot_engine *e) {
    if (!e->config.log || !e->config.log->write) return false;
    ot_time now = ot_clock_now(e->config.clock);
    if (now - e->window >= OT__LOG_WINDOW || now < e->window) {
        if (e->window_silent)
            ot_log_line(e->config.log, OT_LOG_WARNING, "%llu more messages were rejected in the last minute",
                        (unsigned long long)e->window_silent);
        e->window = now;
        e->window_lines = 0;
        e->window_silent = 0;
    }
    if (e->window_lines < OT__LOG_LINES) {
        e->window_lines++;
        return true;
    }
    e->window_silent++;
    return false;
}

void ot__engine_log_reject(ot_engine *e, const ot_record *record) {
    if (!may_log(e)) return;
    const ot_reject *reject = record->reject;
    size_t topic = record->topic.len < 200 ? record->topic.len : 200;
    char where[48] = "";
    if (reject->offset != OT_NO_OFFSET)
        snprintf(where, sizeof where, ", offset %llu", (unsigned long long)reject->offset);
    ot_log_line(e->config.log, OT_LOG_WARNING, "rejected a message on %.*s: %.*s%s%.*s (%s%s)", (int)topic,
                topic ? record->topic.ptr : "", (int)reject->field.len, reject->field.len ? reject->field.ptr : "",
                reject->field.len ? ": " : "", (int)reject->reason.len, reject->reason.len ? reject->reason.ptr : "",
                ot_status_name(reject->status), where);
}

/* Once per type and hour; the set is bounded, and so is what a flood of invented types can make of the log. */
static void log_unknown(ot_engine *e, const ot_message *message, const ot_record *record) {
    if (!e->config.log || !e->config.log->write) return;
    ot_str text = ot_message_type_text(message);
    uint64_t hash = short_hash(text);
    ot_time now = ot_clock_now(e->config.clock);
    size_t oldest = 0;
    for (size_t i = 0; i < OT__UNKNOWN_TYPES; i++) {
        bool fresh = e->unknown[i].hash && now >= e->unknown[i].when && now - e->unknown[i].when < 3600000;
        if (fresh && e->unknown[i].hash == hash) return;
        if (!fresh) e->unknown[i].hash = 0;
        if (!e->unknown[i].hash) oldest = i;
    }
    if (e->unknown[oldest].hash) return;
    e->unknown[oldest].hash = hash;
    e->unknown[oldest].when = now;
    size_t len = text.len < 100 ? text.len : 100, topic = record->topic.len < 200 ? record->topic.len : 200;
    ot_log_line(e->config.log, OT_LOG_INFO, "unknown _type \"%.*s\" on %.*s: stored as it is", (int)len,
                len ? text.ptr : "", (int)topic, topic ? record->topic.ptr : "");
}

ot_status ot__engine_reject(ot_engine *e, ot_record *record, ot_status status, uint64_t offset, ot_str field,
                            ot_str reason, uint64_t length) {
    ot_reject *reject = ot__arena_alloc(&e->batch.arena, sizeof *reject, _Alignof(ot_reject));
    if (!reject) return OT_ENOMEM;
    memset(reject, 0, sizeof *reject);
    reject->size = sizeof *reject;
    reject->status = status;
    reject->offset = offset;
    reject->length = length;
    if (ot__arena_copy(&e->batch.arena, field, &reject->field) != OT_OK ||
        ot__arena_copy(&e->batch.arena, reason, &reject->reason) != OT_OK)
        return OT_ENOMEM;
    record->reject = reject;
    record->type = OT_TYPE_NONE;
    record->at = record->arrival;
    record->has_position = false;
    return OT_OK;
}

/* What emit needs to know of the envelope it works on. */
typedef struct take {
    ot_engine *engine;
    const ot_envelope *envelope; /* its views lie in the arena */
    const ot_topic *topic;
    bool emitted;
    ot_status status;
} take;

static void fill(ot_record *record, const ot_envelope *envelope, const ot_topic *topic, ot_str payload,
                 uint32_t index) {
    record->origin = envelope->origin;
    record->topic = envelope->topic;
    record->qos = envelope->qos;
    record->payload = payload;
    record->index = index;
    record->arrival = record->at = envelope->arrival;
    record->id = ot_id_of_record(envelope->topic, ot_str_of("", 0), payload, index);
    if (envelope->retained) record->marks |= OT_MARK_RETAINED;
    if (envelope->origin == OT_ORIGIN_HTTP) record->marks |= OT_MARK_HTTP;
    if (topic) {
        record->user = topic->user;
        record->device = topic->device;
        record->sub = topic->sub;
    }
}

/* Asks the policies. On OT_OK *keep tells whether the record stays. */
static ot_status decide(take *t, const ot_message *message, ot_record *record, bool *keep) {
    ot_engine *e = t->engine;
    *keep = true;
    for (size_t i = 0; i < e->config.policy_count; i++) {
        ot_reject reject = {sizeof reject, OT_EINVAL, OT_NO_OFFSET, {NULL, 0}, {NULL, 0}, 0};
        const ot_policy *policy = &e->policies[i];
        switch (policy->decide(policy->ctx, t->envelope, message, record, &reject)) {
        case OT_VERDICT_ACCEPT:
            continue;
        case OT_VERDICT_DROP:
            e->policy_drops[i]++;
            e->stats.dropped++;
            *keep = false;
            return OT_OK;
        case OT_VERDICT_REJECT:
        default:
            if (!reject.reason.len) reject.reason = ot_str_c(policy->name);
            /* A reject has the id of what came, not of what it would have become. */
            record->id = ot_id_of_record(t->envelope->topic, ot_str_of("", 0), record->payload, record->index);
            return ot__engine_reject(e, record, reject.status, reject.offset, reject.field, reject.reason,
                                     record->payload.len);
        }
    }
    return OT_OK;
}

/* Values of secret members are replaced before anything is stored; the id stays that of what came. */
static ot_status redact(ot_engine *e, ot_record *record) {
    ot_str kept;
    bool json;
    ot_status status = ot__secrets_mask(&e->secrets, &e->batch.arena, record->payload, &kept, &json);
    if (status == OT_OK && kept.ptr != record->payload.ptr) {
        record->payload = kept;
        record->marks |= OT_MARK_REDACTED;
    }
    return status;
}

static ot_status emit(void *ctx, ot_outcome outcome, const ot_message *message, ot_str payload, uint32_t index,
                      const ot_error *error) {
    take *t = ctx;
    ot_engine *e = t->engine;
    const ot_envelope *envelope = t->envelope;
    t->emitted = true;
    if (t->status != OT_OK) return t->status;
    if (outcome == OT_OUTCOME_REJECTED && error && error->status == OT_ENOMEM) return t->status = OT_ENOMEM;
    /* A decoder may have made the payload itself: then it lives no longer than this call. */
    ot_str whole = envelope->payload;
    bool inside = payload.len <= whole.len && (uintptr_t)payload.ptr >= (uintptr_t)whole.ptr &&
                  (uintptr_t)payload.ptr - (uintptr_t)whole.ptr <= whole.len - payload.len;
    if (!inside && ot__arena_copy(&e->batch.arena, payload, &payload) != OT_OK) return t->status = OT_ENOMEM;

    ot_record *record = ot__batch_record(&e->batch);
    if (!record) return t->status = OT_ENOMEM;
    ot_status status;
    if (outcome == OT_OUTCOME_REJECTED) {
        fill(record, envelope, t->topic, payload, index);
        status =
            ot__engine_reject(e, record, error ? error->status : OT_EINVAL, error ? error->offset : OT_NO_OFFSET,
                              ot_str_c(error ? error->field : ""), ot_str_c(error ? error->reason : ""), payload.len);
        if (status == OT_OK) status = redact(e, record);
        if (status != OT_OK) return t->status = status;
    } else {
        bool keep;
        status = ot_record_make(envelope, t->topic, message, payload, index, record);
        if (status != OT_OK) return t->status = status == OT_ENOMEM ? OT_ENOMEM : OT_EINTERNAL;
        if (envelope->retained) record->marks |= OT_MARK_RETAINED;
        if (payload.len != whole.len) record->marks |= OT_MARK_ELEMENT;
        if ((unsigned)record->type < 64) e->stats.by_type[record->type]++;
        if (outcome == OT_OUTCOME_UNKNOWN) log_unknown(e, message, record);
        if ((unsigned)record->type < 64 && e->secret_types & OT_TYPE_BIT(record->type)) {
            status = redact(e, record);
            if (status != OT_OK) return t->status = status == OT_ENOMEM ? OT_ENOMEM : OT_EINTERNAL;
        }
        status = decide(t, message, record, &keep);
        if (status != OT_OK) return t->status = status;
        if (!keep) e->batch.count--;
        if (!keep || !record->reject) return OT_OK;
    }
    ot__engine_log_reject(e, record);
    return OT_OK;
}

/* A record that is a reject from the start. */
static ot_status refuse(ot_engine *e, const ot_envelope *envelope, const ot_topic *topic, ot_str whole,
                        const ot_error *error) {
    ot_record *record = ot__batch_record(&e->batch);
    if (!record) return OT_ENOMEM;
    fill(record, envelope, topic, whole, 0);
    record->payload = envelope->payload;
    ot_status status = ot__engine_reject(e, record, error->status, error->offset, ot_str_c(error->field),
                                         ot_str_c(error->reason), whole.len);
    if (status == OT_OK) ot__engine_log_reject(e, record);
    return status;
}

static ot_status decode(ot_engine *e, const ot_envelope *envelope, const ot_topic *topic) {
    take t = {e, envelope, topic, false, OT_OK};
    const ot_decoder_out out = {emit, &t};
    for (size_t i = 0; i < e->config.decoder_count; i++) {
        const ot_decoder *decoder = e->decoders[i];
        if (decoder->filter && !ot_topic_matches(ot_str_c(decoder->filter), envelope->topic)) continue;
        ot_outcome outcome = decoder->decode(decoder->ctx, envelope, e->message, &out);
        if (t.status != OT_OK) return t.status;
        if (t.emitted) return OT_OK;
        if (outcome == OT_OUTCOME_NOT_MINE) continue;
        ot_error error;
        ot_error_set(&error, OT_EINTERNAL, NULL, OT_NO_OFFSET, "the decoder %s gave nothing", decoder->name);
        return refuse(e, envelope, topic, envelope->payload, &error);
    }
    ot_error error;
    ot_error_set(&error, OT_EUNSUPPORTED, NULL, OT_NO_OFFSET, "no decoder takes it");
    return refuse(e, envelope, topic, envelope->payload, &error);
}

/* Adds one envelope to the batch, whatever its size; on failure the batch is as it was. */
ot_status ot__engine_take(ot_engine *e, const ot_envelope *envelope, uint64_t cookie) {
    ot__batch *batch = &e->batch;
    size_t before = batch->count;
    ot_engine_stats counted = {0};
    uint64_t dropped = e->stats.dropped;
    memcpy(counted.by_type, e->stats.by_type, sizeof counted.by_type);

    ot_envelope copy = *envelope;
    if (copy.arrival == OT_TIME_NONE) copy.arrival = ot_clock_now(e->config.clock);
    bool large = envelope->payload.len > e->max_payload;
    if (large) copy.payload.len = envelope->payload.len < OT__REJECT_KEPT ? envelope->payload.len : OT__REJECT_KEPT;
    if (!copy.payload.ptr) copy.payload = ot_str_of("", 0);
    if (!copy.topic.ptr) copy.topic = ot_str_of("", 0);
    char *bytes = ot__arena_alloc(&batch->arena, copy.topic.len + copy.payload.len + 1, 1);
    if (!bytes) return OT_ENOMEM;
    if (copy.topic.len) memcpy(bytes, copy.topic.ptr, copy.topic.len);
    if (copy.payload.len) memcpy(bytes + copy.topic.len, copy.payload.ptr, copy.payload.len);
    copy.topic.ptr = bytes;
    copy.payload.ptr = bytes + copy.topic.len;

    ot_topic topic;
    ot_error error = {OT_OK, 0, OT_NO_OFFSET, "", ""};
    ot_status status = ot_topic_parse(e->config.bases, copy.topic, &topic, &error);
    if (status == OT_ENOMEM) return status;
    if (status != OT_OK) {
        if (error.status == OT_OK) ot_error_set(&error, status, "topic", OT_NO_OFFSET, "%s", ot_status_text(status));
        /* The offset is one of the topic, not of the payload. */
        if (error.offset != OT_NO_OFFSET) {
            size_t len = strlen(error.reason);
            snprintf(error.reason + len, sizeof error.reason - len, ", byte %llu of the topic",
                     (unsigned long long)error.offset);
            error.offset = OT_NO_OFFSET;
        }
        status = refuse(e, &copy, NULL, large ? envelope->payload : copy.payload, &error);
    } else if (large) {
        ot_error_set(&error, OT_ELIMIT, NULL, OT_NO_OFFSET, "the payload has %zu bytes, more than %zu",
                     envelope->payload.len, e->max_payload);
        status = refuse(e, &copy, &topic, envelope->payload, &error);
    } else {
        status = decode(e, &copy, &topic);
    }
    if (status == OT_OK) status = ot__batch_entry(batch, cookie);
    if (status != OT_OK) {
        batch->count = before;
        e->stats.dropped = dropped;
        memcpy(e->stats.by_type, counted.by_type, sizeof counted.by_type);
        return status;
    }
    if (batch->entry_count == 1) batch->since = ot__os_monotonic_ms();
    batch->bytes += copy.topic.len + copy.payload.len;
    e->stats.received++;
    e->stats.bytes += envelope->payload.len;
    if (envelope->retained) e->stats.retained++;
    return OT_OK;
}

bool ot__engine_full(const ot_engine *e) {
    return e->batch.entry_count >= e->batch_count || e->batch.bytes >= e->batch_bytes ||
           e->batch.count >= (size_t)OT_LIST_MAX + e->batch_count;
}

ot_status ot_engine_submit(ot_engine *e, const ot_envelope *envelope, uint64_t cookie) {
    if (!e || !envelope || envelope->size < sizeof *envelope) return OT_EINVAL;
    if (ot__engine_full(e)) {
        ot_status status = ot__engine_commit(e);
        if (status != OT_OK) return status;
    }
    ot_status status = ot__engine_take(e, envelope, cookie);
    if (status == OT_OK && ot__engine_full(e)) ot__engine_commit(e); /* it is taken: done will tell */
    return status;
}

ot_status ot_engine_flush(ot_engine *e) {
    return e ? ot__engine_commit(e) : OT_EINVAL;
}

ot_status ot_engine_new(const ot_engine_config *config, ot_engine **out, ot_error *error) {
    if (!out) return ot_error_set(error, OT_EINVAL, "out", OT_NO_OFFSET, "is missing");
    *out = NULL;
    if (!config || config->size < offsetof(ot_engine_config, session))
        return ot_error_set(error, OT_EINVAL, "config", OT_NO_OFFSET, "is missing or too small");
    if (!config->store) return ot_error_set(error, OT_EINVAL, "store", OT_NO_OFFSET, "is missing");
    if (config->policy_count && !config->policies)
        return ot_error_set(error, OT_EINVAL, "policies", OT_NO_OFFSET, "are missing");
    for (size_t i = 0; i < config->policy_count; i++) {
        if (!config->policies[i].decide)
            return ot_error_set(error, OT_EINVAL, "policies", OT_NO_OFFSET, "number %zu has no function", i);
    }
    const ot_decoder *const usual[] = {ot_decoder_greenwich(), ot_decoder_owntracks()};
    size_t decoders = config->decoders ? config->decoder_count : OT_COUNT(usual);
    for (size_t i = 0; config->decoders && i < decoders; i++) {
        if (!config->decoders[i] || !config->decoders[i]->decode)
            return ot_error_set(error, OT_EINVAL, "decoders", OT_NO_OFFSET, "number %zu has no function", i);
    }
    ot_engine *e = ot_mem_zalloc(1, sizeof *e);
    if (!e) return ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "out of memory");
    ot__batch_init(&e->batch);
    ot_engine_config defaults = OT_ENGINE_CONFIG_INIT;
    e->config = defaults;
    memcpy(&e->config, config, config->size < sizeof e->config ? config->size : sizeof e->config);
    e->config.decoder_count = decoders;
    e->max_payload = config->max_payload ? config->max_payload : (size_t)8 << 20;
    e->batch_bytes = config->batch_bytes ? config->batch_bytes : (size_t)16 << 20;
    e->batch_count = config->batch_count ? config->batch_count : 1000;
    e->commit_limit = config->commit_limit ? config->commit_limit : 30000;
    e->pause = OT__PAUSE_FIRST;
    ot__secrets_fill(&e->secrets);
    e->secret_types = ot__secret_types();
    e->stats.size = sizeof e->stats;
    e->stats.last_stored = OT_TIME_NONE;
    e->broker[0].last = e->stats.broker_count = e->config.broker_count;

    ot_decode_options options = OT_DECODE_OPTIONS_INIT;
    options.strict = config->strict;
    options.max_payload = e->max_payload;
    ot_status status = ot_message_new(&options, &e->message);
    e->decoders = ot_mem_zalloc(decoders + 1, sizeof(void *));
    e->policies = ot_mem_zalloc(config->policy_count + 1, sizeof *e->policies);
    e->policy_drops = ot_mem_zalloc(config->policy_count + 1, sizeof *e->policy_drops);
    if (status != OT_OK || !e->decoders || !e->policies || !e->policy_drops) {
        ot_engine_free(e);
        if (status == OT_EINVAL)
            return ot_error_set(error, OT_EINVAL, "max_payload", OT_NO_OFFSET, "is out of its range");
        return ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "out of memory");
    }
    for (size_t i = 0; i < decoders; i++)
        e->decoders[i] = config->decoders ? config->decoders[i] : usual[i];
    for (size_t i = 0; i < config->policy_count; i++)
        e->policies[i] = config->policies[i];
    e->config.policies = e->policies;
    e->config.decoders = e->decoders;
    *out = e;
    return OT_OK;
}

void ot_engine_free(ot_engine *e) {
    if (!e) return;
    ot_engine_abandon(e, OT_ECLOSED);
    ot_message_free(e->message);
    ot__batch_free(&e->batch);
    ot_mem_free(e->decoders, (e->config.decoder_count + 1) * sizeof(void *));
    ot_mem_free(e->policies, (e->config.policy_count + 1) * sizeof *e->policies);
    ot_mem_free(e->policy_drops, (e->config.policy_count + 1) * sizeof *e->policy_drops);
    ot_mem_free(e, sizeof *e);
}

void ot_engine_stats_get(const ot_engine *e, ot_engine_stats *out) {
    size_t size = out->size < sizeof e->stats ? out->size : sizeof e->stats;
    ot_engine_stats stats = e->stats;
    stats.pending = e->batch.entry_count;
    stats.connected = e->connected;
    memcpy(out, &stats, size);
    out->size = size;
}
