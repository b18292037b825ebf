/* state.c: what a running ot-ingest tells of itself: a JSON object in the kv of its store, and the metrics file. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include <owntracks/kv.h>

#include "ingest.h"

ot_status ingest_text_write(void *ctx, const char *data, size_t len) {
    text *t = ctx;
    if (len > t->room - t->len) {
        size_t room = (t->len + len) * 2 + 256;
        char *grown = realloc(t->data, room);
        if (!grown) return OT_ENOMEM;
        t->data = grown;
        t->room = room;
    }
    if (len) memcpy(t->data + t->len, data, len);
    t->len += len;
    return OT_OK;
}

static void put(text *t, const char *format, ...) OT_PRINTF(2, 3);
static void put(text *t, const char *format, ...) {
    char line[600];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n > 0) ingest_text_write(t, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

/* A member with a text. Bytes that are not UTF-8 cannot come here but by a damaged configuration; they stand as "?". */
static void put_text(text *t, const char *key, ot_str value) {
    put(t, ",\"%s\":\"", key);
    bool utf8 = ot_str_utf8(value, NULL);
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c == '"' || c == '\\')
            put(t, "\\%c", c);
        else if (c < 0x20)
            put(t, "\\u%04x", c);
        else if (c >= 0x80 && !utf8)
            put(t, "?");
        else
            put(t, "%c", c);
    }
    put(t, "\"");
}

static void put_time(text *t, const char *key, ot_time when) {
    char iso[OT_TIME_TEXT_SIZE];
    ot_time_format(when, NULL, iso);
    if (when == OT_TIME_NONE)
        put(t, ",\"%s\":null", key);
    else
        put(t, ",\"%s\":\"%s\"", key, iso);
}

static void put_count(text *t, const char *key, uint64_t count) {
    put(t, ",\"%s\":%" PRIu64, key, count);
}

bool ingest_key(const tool_values *values, char *key, size_t size) {
    int n = snprintf(key, size, "ingest/%s", tool_text(values, "session"));
    return n > 0 && (size_t)n < size;
}

void ingest_state_write(ingest *in, const char *ended) {
    char key[OT_SESSION_NAME_MAX + 16];
    if (!in->session || !ingest_key(in->values, key, sizeof key)) return;
    ot_transport_state state = {.size = sizeof state};
    ot_engine_stats stats = {.size = sizeof stats};
    ot_transport_state_get(in->transport, &state);
    ot_engine_stats_get(in->engine, &stats);
    text t = {0};
    put(&t, "{\"_type\":\"ingest\"");
    put_text(&t, "state", ot_str_c(ended ? ended : ot_link_text(state.link)));
    put_time(&t, "since", ended ? ot_time_now() : state.since);
    put_time(&t, "last_connected", state.last_connected);
    put_time(&t, "next_attempt", ended ? OT_TIME_NONE : state.next_attempt);
    put_count(&t, "attempts", state.attempts);
    put_text(&t, "last_error", ot_str_c(state.last_error == OT_OK ? "" : ot_status_name(state.last_error)));
    put_text(&t, "last_reason", state.last_reason);
    put_text(&t, "broker", ot_str_c(tool_text(in->values, "transport")));
    put(&t, ",\"subscribed\":%s", in->failed_to_subscribe ? "false" : "true");
    put_time(&t, "started", in->started);
    put_time(&t, "written", ot_time_now());
    put_count(&t, "received", stats.received);
    put_count(&t, "stored", stats.stored);
    put_count(&t, "repeats", stats.repeats);
    put_count(&t, "rejected", stats.rejected);
    put_count(&t, "dropped", stats.dropped);
    put_count(&t, "pending", stats.pending);
    put_count(&t, "commits", stats.commits);
    put_count(&t, "commit_failures", stats.commit_failures);
    put_count(&t, "connects", stats.connects);
    put_count(&t, "disconnects", stats.disconnects);
    put_count(&t, "sessions_lost", stats.sessions_lost);
    put_count(&t, "broker_dropped", stats.broker_dropped);
    put_time(&t, "last_stored", stats.last_stored);
    if (stats.broker_count == OT_NO_COUNT)
        put(&t, ",\"broker_count\":null}");
    else
        put(&t, ",\"broker_count\":%" PRIu64 "}", stats.broker_count);
    ot_error error;
    ot_status status = ot_kv_put(in->store, ot_str_c(key), ot_str_of(t.data, t.len), OT_KV_ANY, NULL, &error);
    if (status != OT_OK && !in->state_failed) tool_say_error(&in->log, "the state cannot be kept", &error);
    in->state_failed = status != OT_OK;
    free(t.data);
}

uint64_t ingest_state_broker_count(ingest *in) {
    char key[OT_SESSION_NAME_MAX + 16];
    text t = {0};
    ot_sink sink = {ingest_text_write, &t};
    uint64_t count = OT_NO_COUNT;
    ot_message *message = NULL;
    ot_member member;
    if (in->session && ingest_key(in->values, key, sizeof key) &&
        ot_kv_get(in->store, ot_str_c(key), &sink, NULL, NULL) == OT_OK && ot_message_new(NULL, &message) == OT_OK &&
        ot_message_decode(message, ot_str_of(t.data, t.len), NULL) == OT_EUNKNOWN &&
        ot_message_find(message, OT_STR("broker_count"), &member) == OT_OK && member.raw.len < 19) {
        char digits[20], *rest;
        ot_str_copy(member.raw, digits, sizeof digits);
        unsigned long long value = strtoull(digits, &rest, 10);
        if (rest != digits && !*rest) count = value;
    }
    ot_message_free(message);
    free(t.data);
    return count;
}

static ot_status write_metrics(void *ctx, FILE *stream) {
    const ingest *in = ctx;
    ot_sink sink = ot_sink_to_stream(stream);
    return ot_engine_metrics(in->engine, &sink);
}

void ingest_metrics_write(ingest *in) {
    ot_error error;
    ot_status status = tool_file_replace(tool_text(in->values, "metrics-file"), 0644, false, write_metrics, in, &error);
    if (status != OT_OK && !in->metrics_failed) tool_say_error(&in->log, "metrics", &error);
    in->metrics_failed = status != OT_OK;
}
