/* run.c: sets everything up, turns the engine until a signal comes, and ends in order. */
#define _XOPEN_SOURCE 700
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "ingest.h"

#define STATE_PAUSE 5000 /* milliseconds between two states with new counts */
#define END_LIMIT   5000 /* milliseconds for a clean end of the connection */

int64_t ingest_ticks(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- Setting up ---- */

static bool add_filter(ingest *in, const char *filter, uint8_t qos) {
    size_t n = in->subscription_count, len = strlen(filter);
    ot_subscription *subscriptions = realloc(in->subscriptions, (n + 1) * sizeof *subscriptions);
    if (subscriptions) in->subscriptions = subscriptions;
    char **filters = realloc(in->filters, (n + 1) * sizeof *filters);
    if (filters) in->filters = filters;
    char *copy = malloc(len + 1);
    if (!subscriptions || !filters || !copy) {
        free(copy);
        return false;
    }
    memcpy(copy, filter, len + 1);
    in->filters[n] = copy;
    in->subscriptions[n].filter = copy;
    in->subscriptions[n].qos = qos;
    in->subscription_count = n + 1;
    return true;
}

/* Bases and subscriptions; the options were checked. */
static bool set_topics(ingest *in) {
    ot_error error;
    uint8_t qos = (uint8_t)tool_int(in->values, "qos");
    if (ot_bases_new(&in->bases) != OT_OK) return false;
    for (size_t i = 0; i < tool_count(in->values, "base"); i++) {
        if (ot_bases_add(in->bases, ot_str_c(tool_text_at(in->values, "base", i)), &error) != OT_OK) return false;
    }
    for (size_t i = 0; i < tool_count(in->values, "filter"); i++) {
        if (!add_filter(in, tool_text_at(in->values, "filter", i), qos)) return false;
    }
    bool usual = !tool_count(in->values, "filter") && !tool_count(in->values, "base");
    if (usual && !add_filter(in, INGEST_FILTER, qos)) return false;
    for (size_t i = 0; !usual && !tool_count(in->values, "filter"); i++) {
        text filter = {0};
        ot_sink sink = {ingest_text_write, &filter};
        ot_status status = ot_bases_filter(in->bases, i, &sink);
        bool added = status == OT_OK && ingest_text_write(&filter, "", 1) == OT_OK && add_filter(in, filter.data, qos);
        free(filter.data);
        if (status == OT_DONE) break;
        if (!added) return false;
    }
    if (tool_bool(in->values, "broker-count") && strncmp(tool_text(in->values, "transport"), "mqtt", 4) == 0) {
        in->watching = true;
        return add_filter(in, INGEST_DROPPED, 0);
    }
    return true;
}

/* Is it worth a restart by the service manager, or is it for a person to mend? */
static int code_of(ot_status status) {
    switch (status) {
    case OT_EIO:
    case OT_EFULL:
    case OT_ENOMEM:
    case OT_EINTERNAL:
    case OT_ETIMEOUT:
        return TOOL_FAIL;
    default:
        return TOOL_USAGE;
    }
}

static void on_state(void *ctx, const ot_transport_state *state) {
    ingest *in = ctx;
    (void)state;
    in->state_news = true;
}

static void on_subscribed(void *ctx, const char *filter, ot_status status, uint8_t granted_qos) {
    ingest *in = ctx;
    (void)granted_qos;
    if (status == OT_OK) return;
    if (in->watching && strcmp(filter, INGEST_DROPPED) == 0) {
        ot_log_line(&in->log.log, OT_LOG_INFO, "the broker does not show its count of dropped messages");
    } else {
        ot_log_line(&in->log.log, OT_LOG_ERROR, "the broker refuses the subscription to %s: nothing comes from there",
                    filter);
        in->failed_to_subscribe = true;
    }
    in->state_news = true;
}

static ot_status open_engine(ingest *in, const ot_policy *policies, size_t count, ot_error *error) {
    ot_engine_config config = OT_ENGINE_CONFIG_INIT;
    config.store = in->store;
    config.bases = in->bases;
    config.policies = policies;
    config.policy_count = count;
    config.strict = tool_bool(in->values, "strict");
    config.max_payload = (size_t)tool_int(in->values, "max-payload");
    config.batch_count = (uint32_t)tool_int(in->values, "batch");
    config.commit_limit = (uint32_t)(tool_int(in->values, "keepalive") / 2);
    config.log = &in->log.log;
    config.session = in->session;
    config.broker_count = ingest_state_broker_count(in);
    return ot_engine_new(&config, &in->engine, error);
}

static ot_status open_transport(ingest *in, tool_connection *connection, ot_error *error) {
    ot_transport_config *config = &connection->config;
    const ot_transport_handlers next = {sizeof next, NULL, on_state, NULL, on_subscribed, in};
    const char *const *unwanted = NULL;
    config->direction = OT_RECEIVE;
    if (in->session) {
        config->client_id = ot_session_client_id(in->session);
        config->unsubscribe_count = ot_session_unwanted(in->session, &unwanted);
        config->unsubscribe = unwanted;
    }
    for (size_t i = 0; i < config->unsubscribe_count; i++)
        ot_log_line(&in->log.log, OT_LOG_INFO, "unsubscribing from %s, which is no longer wanted", unwanted[i]);
    config->subscriptions = in->subscriptions;
    config->subscription_count = in->subscription_count;
    config->receive_maximum = (uint16_t)tool_int(in->values, "receive-maximum");
    config->batch_count = (uint32_t)tool_int(in->values, "batch");
    config->handlers = ot_engine_handlers(in->engine, &next);
    return ot_transport_open(tool_text(in->values, "transport"), config, &in->transport, error);
}

/* Everything that can be wrong before the first connection. Returns -1: go on. */
static int open_all(ingest *in, tool_connection *connection, const ot_policy *policies, size_t policy_count) {
    ot_error error = {OT_OK, 0, OT_NO_OFFSET, "", ""};
    ot_status status;
    const char *url = tool_text(in->values, "transport");
    if (!set_topics(in)) {
        ot_log_line(&in->log.log, OT_LOG_ERROR, "out of memory");
        return TOOL_FAIL;
    }
    in->store = tool_store_open(in->values, false, false, &in->log, &status);
    if (!in->store) return status == OT_EBUSY ? TOOL_FAIL : code_of(status);
    if (strncmp(url, "replay:", 7) != 0) {
        status = ot_session_open(in->store, tool_text(in->values, "session"), tool_text(in->values, "client-id"), url,
                                 in->subscriptions, in->subscription_count, NULL, &in->log.log, &in->session, &error);
        if (status != OT_OK) {
            tool_say_error(&in->log, "session", &error);
            return code_of(status);
        }
    }
    status = open_engine(in, policies, policy_count, &error);
    if (status == OT_OK) status = open_transport(in, connection, &error);
    if (status != OT_OK) {
        tool_say_error(&in->log, url, &error);
        return code_of(status);
    }
    ot_engine_attach(in->engine, in->transport);
    return -1;
}

/* ---- Running ---- */

/* Milliseconds until a state or metrics are due; -1: nothing is. */
static int until_due(const ingest *in, int64_t now) {
    ot_engine_stats stats = {.size = sizeof stats};
    ot_engine_stats_get(in->engine, &stats);
    int64_t due = -1;
    if (in->state_due && !stats.pending) due = in->state_due;
    if (in->metrics_due && (due < 0 || in->metrics_due < due)) due = in->metrics_due;
    if (due < 0) return -1;
    return due > now ? (int)(due - now) : 0;
}

static bool differ(const ot_engine_stats *a, const ot_engine_stats *b) {
    return a->received != b->received || a->commits != b->commits || a->commit_failures != b->commit_failures ||
           a->connects != b->connects || a->disconnects != b->disconnects || a->sessions_lost != b->sessions_lost ||
           a->broker_count != b->broker_count || a->connected != b->connected || a->pending != b->pending ||
           a->rejected_connections != b->rejected_connections;
}

/* Plans what is to be written when something changed, and writes what is due. An idle program has nothing to do here. */
static void care(ingest *in, bool at_once) {
    ot_engine_stats stats = {.size = sizeof stats};
    ot_engine_stats_get(in->engine, &stats);
    int64_t now = ingest_ticks();
    if (!in->state_due && differ(&stats, &in->state_stats)) in->state_due = now + STATE_PAUSE;
    /* A store that cannot store now would only hold us up. */
    bool storing = !stats.pending;
    if (at_once || (storing && (in->state_news || (in->state_due && in->state_due <= now)))) {
        in->state_news = false;
        in->state_due = 0;
        in->state_stats = stats;
        ingest_state_write(in, NULL);
    }
    if (!tool_given(in->values, "metrics-file")) return;
    bool changed = !in->metrics_written || differ(&stats, &in->metrics_stats);
    if (changed && !in->metrics_due)
        in->metrics_due = in->metrics_written ? now + tool_int(in->values, "metrics-interval") : now;
    if (in->metrics_due && (at_once || in->metrics_due <= now)) {
        in->metrics_due = 0;
        in->metrics_stats = stats;
        in->metrics_written = true;
        ingest_metrics_write(in);
    }
}

/* Waits for the connection, a signal, or the next time that something is due. */
static void wait_for(ingest *in) {
    ot_wait wait = {.size = sizeof wait};
    ot_engine_wait(in->engine, &wait);
    int timeout = wait.timeout, due = until_due(in, ingest_ticks());
    if (due >= 0 && (timeout < 0 || due < timeout)) timeout = due;
    if (timeout == 0) return;
    struct pollfd fds[2] = {{.fd = tool_signal_fd(), .events = POLLIN}, {.fd = wait.fd}};
    if (wait.readable) fds[1].events |= POLLIN;
    if (wait.writable) fds[1].events |= POLLOUT;
    poll(fds, wait.fd >= 0 ? 2 : 1, timeout);
}

static int loop(ingest *in) {
    for (;;) {
        wait_for(in);
        if (tool_stop_asked()) return TOOL_OK;
        tool_signals_clear();
        ot_status status = ot_engine_poll(in->engine, 0);
        if (status == OT_DONE) return TOOL_OK;
        if (status == OT_ECONFLICT) return TOOL_USAGE; /* the session has told why */
        if (status == OT_ENOMEM) {                     /* it may pass */
            if (!tool_sleep(200)) return TOOL_OK;
            continue;
        }
        if (status != OT_OK) {
            ot_log_line(&in->log.log, OT_LOG_ERROR, "the store or the source cannot be used any more: %s",
                        ot_status_text(status));
            return status == OT_ENOTFOUND ? TOOL_FAIL : code_of(status); /* moved away: a new start makes it anew */
        }
        care(in, false);
    }
}

/* What was read is committed and acknowledged, then the connection is ended properly. What cannot be stored now is delivered again later. */
static void end(ingest *in) {
    int64_t limit = ingest_ticks() + END_LIMIT;
    ot_engine_stats stats = {.size = sizeof stats};
    while (ot_engine_stats_get(in->engine, &stats), stats.pending && ingest_ticks() < limit) {
        if (ot_engine_poll(in->engine, 100) != OT_OK) break;
    }
    if (stats.pending) {
        ot_log_line(&in->log.log, OT_LOG_WARNING, "%llu messages could not be stored; the broker still has them",
                    (unsigned long long)stats.pending);
        return;
    }
    ot_transport_stop(in->transport);
    while (ingest_ticks() < limit) {
        if (ot_engine_poll(in->engine, 100) != OT_OK) break;
    }
}

int ingest_run(ingest *in) {
    static const char bye[] = "STOPPING=1";
    tool_connection connection;
    ot_policy policies[1];
    size_t policy_count = 0;
    if (tool_int(in->values, "retained") == 1) policies[policy_count++] = ot_policy_drop_retained();
    if (!tool_signals_init()) {
        ot_log_line(&in->log.log, OT_LOG_ERROR, "no pipe for signals could be made");
        return TOOL_FAIL;
    }
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a full disk, no reason to die */
    if (!tool_connection_init(&connection, in->values, &in->log)) return TOOL_USAGE;
    int code = open_all(in, &connection, policies, policy_count);
    if (code < 0) {
        if (in->session)
            ot_log_line(&in->log.log, OT_LOG_INFO, "storing from %s into %s, client id %s",
                        tool_text(in->values, "transport"), tool_text(in->values, "store"),
                        ot_session_client_id(in->session));
        care(in, true);
        tool_notify("READY=1");
        code = loop(in);
        tool_notify(bye);
        if (code == TOOL_OK) end(in);
        care(in, true);
        ingest_state_write(in, code == TOOL_OK ? "ended" : "failed");
        ot_engine_stats stats = {.size = sizeof stats};
        ot_engine_stats_get(in->engine, &stats);
        ot_log_line(&in->log.log, OT_LOG_INFO,
                    "ended: %llu messages received, %llu stored, %llu repeats, %llu rejected",
                    (unsigned long long)stats.received, (unsigned long long)stats.stored,
                    (unsigned long long)stats.repeats, (unsigned long long)stats.rejected);
    }
    ot_transport_close(in->transport);
    ot_engine_free(in->engine);
    ot_session_close(in->session);
    ot_store_close(in->store);
    ot_bases_free(in->bases);
    tool_connection_free(&connection);
    for (size_t i = 0; i < in->subscription_count; i++)
        free(in->filters[i]);
    free(in->filters);
    free(in->subscriptions);
    return code;
}
