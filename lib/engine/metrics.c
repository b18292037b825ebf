/* metrics.c: the counts of an engine in the Prometheus text format, version 0.0.4. Whole numbers only, so that no locale matters. */
#include "engine.h"

#include <owntracks/version.h>

#include <stdarg.h>

typedef struct out {
    const ot_sink *sink;
    ot_status status;
} out;

static void put(out *o, const char *format, ...) OT_PRINTF(2, 3);
static void put(out *o, const char *format, ...) {
    char text[512];
    if (o->status != OT_OK) return;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0) {
        o->status = OT_EINTERNAL;
        return;
    }
    o->status = o->sink->write(o->sink->ctx, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

static void head(out *o, const char *name, const char *type, const char *help) {
    put(o, "# HELP owntracks_%s %s\n# TYPE owntracks_%s %s\n", name, help, name, type);
}

static void counter(out *o, const char *name, const char *help, uint64_t value) {
    head(o, name, "counter", help);
    put(o, "owntracks_%s %llu\n", name, (unsigned long long)value);
}

/* A label's value: backslash, quote and newline are escaped; it is cut at 200 bytes. */
static void labelled(out *o, const char *name, const char *label, const char *value, uint64_t number) {
    char text[401];
    size_t n = 0;
    for (size_t i = 0; value[i] && i < 200; i++) {
        char c = value[i];
        if (c == '\\' || c == '"' || c == '\n') text[n++] = '\\';
        text[n++] = c == '\n' ? 'n' : c;
    }
    text[n] = 0;
    put(o, "owntracks_%s{%s=\"%s\"} %llu\n", name, label, text, (unsigned long long)number);
}

/* Thousandths or millionths as a decimal fraction. */
static void fraction(out *o, const char *name, const char *suffix, int64_t value, unsigned digits) {
    uint64_t unit = digits == 3 ? 1000 : 1000000, size = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
    put(o, "owntracks_%s%s %s%llu.%0*llu\n", name, suffix, value < 0 ? "-" : "", (unsigned long long)(size / unit),
        (int)digits, (unsigned long long)(size % unit));
}

static void latency(out *o, const ot_engine_stats *s) {
    uint64_t sum = 0;
    head(o, "commit_seconds", "histogram", "Time that commits took.");
    for (size_t i = 0; i < OT_LATENCY_BUCKETS; i++) {
        uint64_t bound = ot_engine_latency_bound(i);
        sum += s->latency[i];
        if (bound == UINT64_MAX)
            put(o, "owntracks_commit_seconds_bucket{le=\"+Inf\"} %llu\n", (unsigned long long)sum);
        else
            put(o, "owntracks_commit_seconds_bucket{le=\"%llu.%06llu\"} %llu\n", (unsigned long long)(bound / 1000000),
                (unsigned long long)(bound % 1000000), (unsigned long long)sum);
    }
    fraction(o, "commit_seconds", "_sum", (int64_t)s->latency_sum, 6);
    put(o, "owntracks_commit_seconds_count %llu\n", (unsigned long long)sum);
}

ot_status ot_engine_metrics(const ot_engine *e, const ot_sink *sink) {
    if (!e || !sink || !sink->write) return OT_EINVAL;
    out o = {sink, OT_OK};
    ot_engine_stats s = {.size = sizeof s};
    ot_engine_stats_get(e, &s);

    head(&o, "build_info", "gauge", "Always 1; the label tells the version of the library.");
    labelled(&o, "build_info", "version", ot_version_text(), 1);
    counter(&o, "received_total", "Messages received.", s.received);
    counter(&o, "received_bytes_total", "Payload bytes received.", s.bytes);
    counter(&o, "retained_total", "Messages that came as retained ones.", s.retained);
    head(&o, "messages_total", "counter", "Messages decoded, by type.");
    for (unsigned i = 0; i < OT_COUNT(s.by_type); i++) {
        if (s.by_type[i]) labelled(&o, "messages_total", "type", ot_type_name((ot_type)i), s.by_type[i]);
    }
    counter(&o, "stored_total", "Records stored.", s.stored);
    counter(&o, "repeats_total", "Records that were stored already.", s.repeats);
    head(&o, "rejects_total", "counter", "Messages kept among the rejects, by reason.");
    for (unsigned i = 0; i < OT_COUNT(s.rejects_by_status); i++) {
        if (s.rejects_by_status[i])
            labelled(&o, "rejects_total", "reason", ot_status_name((ot_status)i), s.rejects_by_status[i]);
    }
    head(&o, "dropped_total", "counter", "Messages left out, by policy.");
    for (size_t i = 0; i < e->config.policy_count; i++)
        labelled(&o, "dropped_total", "policy", e->policies[i].name ? e->policies[i].name : "", e->policy_drops[i]);
    counter(&o, "lost_total", "Records that the store took neither as they were nor as rejects.", s.lost);
    counter(&o, "commits_total", "Commits.", s.commits);
    counter(&o, "commit_failures_total", "Commits that failed and were tried again.", s.commit_failures);
    latency(&o, &s);
    counter(&o, "connections_rejected_total", "Times that the connection was dropped because nothing could be stored.",
            s.rejected_connections);
    counter(&o, "connects_total", "Connections made.", s.connects);
    counter(&o, "disconnects_total", "Connections lost.", s.disconnects);
    counter(&o, "sessions_lost_total", "Connects at which the broker had forgotten the session.", s.sessions_lost);
    counter(&o, "broker_dropped_total", "Messages that the broker says it dropped, for any client.", s.broker_dropped);
    head(&o, "connected", "gauge", "1 while connected.");
    put(&o, "owntracks_connected %d\n", s.connected ? 1 : 0);
    head(&o, "pending", "gauge", "Messages received and not stored yet.");
    put(&o, "owntracks_pending %llu\n", (unsigned long long)s.pending);
    head(&o, "lag_seconds", "gauge", "Arrival of the last location minus its own time.");
    fraction(&o, "lag_seconds", "", s.lag, 3);
    if (s.last_stored != OT_TIME_NONE) {
        head(&o, "last_stored_timestamp_seconds", "gauge", "Arrival of the newest record stored.");
        fraction(&o, "last_stored_timestamp_seconds", "", s.last_stored, 3);
    }
    return o.status;
}
