/* attach.c: an engine with a transport: whole turns, acknowledgements after the commit, and what the broker says of itself. */
#include "engine.h"

/* The broker's own counters: text with a whole number. Everything else below $SYS/ is left alone. */
static void broker_count(ot_engine *e, const ot_envelope *envelope) {
    static const char tail[] = "/messages/dropped", usual[] = "$SYS/broker/publish/messages/dropped";
    ot_str topic = envelope->topic, text = envelope->payload;
    if (topic.len < sizeof tail - 1 || memcmp(topic.ptr + topic.len - (sizeof tail - 1), tail, sizeof tail - 1) != 0)
        return;
    uint64_t value = 0;
    if (text.len == 0 || text.len > 18) return;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return;
        value = value * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    bool main = ot_str_eq(topic, ot_str_c(usual));
    ot_id id = ot_id_of_bytes(topic);
    uint64_t hash;
    memcpy(&hash, id.bytes, sizeof hash);
    if (!hash) hash = 1;
    size_t slot = 0; /* the usual one has the first */
    if (!main) {
        for (slot = 1; slot < OT__BROKER_COUNTS; slot++) {
            if (e->broker[slot].topic == hash || !e->broker[slot].topic) break;
        }
        if (slot == OT__BROKER_COUNTS) return;
        if (!e->broker[slot].topic) {
            e->broker[slot].topic = hash;
            e->broker[slot].last = OT_NO_COUNT;
        }
    }
    uint64_t last = e->broker[slot].last;
    e->broker[slot].last = value;
    if (main) e->stats.broker_count = value;
    if (last == OT_NO_COUNT) {
        if (value)
            ot_log_line(e->config.log, OT_LOG_INFO,
                        "the broker says that it dropped %llu messages since it started, before this was watched",
                        (unsigned long long)value);
        return;
    }
    uint64_t more = value >= last ? value - last : value; /* smaller: it began anew */
    if (!more) return;
    e->stats.broker_dropped += more;
    ot_log_line(e->config.log, OT_LOG_WARNING,
                "the broker dropped %llu more messages, for this or another client: see its max_queued_messages and "
                "max_inflight_messages",
                (unsigned long long)more);
}

/* Stops taking from this connection: what was not taken must be delivered again. */
static void overrun(ot_engine *e, ot_status why) {
    e->overrun = true;
    e->overrun_why = why;
}

static void on_message(void *ctx, const ot_envelope *envelope, uint64_t number) {
    ot_engine *e = ctx;
    if (e->overrun) return;
    if (envelope->topic.len >= 5 && memcmp(envelope->topic.ptr, "$SYS/", 5) == 0) {
        broker_count(e, envelope);
        e->last_number = number;
        return;
    }
    if (ot__engine_full(e)) {
        ot_status status = ot__engine_commit(e);
        if (status != OT_OK) {
            overrun(e, status);
            return;
        }
    }
    ot_status status = ot__engine_take(e, envelope, number);
    if (status != OT_OK)
        overrun(e, status);
    else
        e->last_number = number;
}

static void on_state(void *ctx, const ot_transport_state *state) {
    ot_engine *e = ctx;
    bool connected = state->link == OT_LINK_CONNECTED;
    if (connected && !e->connected) {
        e->stats.connects++;
        e->session_news = true;
        bool expected = e->config.session ? ot_session_expected(e->config.session) : false;
        if (expected && !state->session_present) {
            e->stats.sessions_lost++;
            ot_log_line(e->config.log, OT_LOG_WARNING,
                        "the broker has forgotten the session: messages published while nobody was connected are lost; "
                        "see its persistence and persistent_client_expiration");
        }
    } else if (!connected && e->connected && state->link != OT_LINK_ENDED) {
        e->stats.disconnects++;
    }
    e->connected = connected;
    if (e->next.state) e->next.state(e->next.ctx, state);
}

static void on_published(void *ctx, uint64_t token, ot_fate fate, ot_status status) {
    ot_engine *e = ctx;
    if (e->next.published) e->next.published(e->next.ctx, token, fate, status);
}

static void on_subscribed(void *ctx, const char *filter, ot_status status, uint8_t granted_qos) {
    ot_engine *e = ctx;
    if (e->next.subscribed) e->next.subscribed(e->next.ctx, filter, status, granted_qos);
}

ot_transport_handlers ot_engine_handlers(ot_engine *e, const ot_transport_handlers *next) {
    ot_transport_handlers handlers = {sizeof handlers, on_message, on_state, on_published, on_subscribed, e};
    memset(&e->next, 0, sizeof e->next);
    if (next) memcpy(&e->next, next, next->size < sizeof e->next ? next->size : sizeof e->next);
    return handlers;
}

void ot_engine_attach(ot_engine *e, ot_transport *transport) {
    e->transport = transport;
    e->connected = false;
    e->overrun = false;
    e->last_number = e->acked = 0;
    e->retry_at = 0;
    e->pause = OT__PAUSE_FIRST;
}

/* Lets the connection go unacknowledged; the broker delivers everything of the batch again. */
static void give_up(ot_engine *e, ot_status why) {
    char reason[160];
    snprintf(reason, sizeof reason, "the store cannot store: %s", ot_status_text(why));
    e->stats.rejected_connections++;
    ot_engine_abandon(e, why);
    e->overrun = false;
    e->retry_at = 0;
    e->pause = OT__PAUSE_FIRST;
    e->acked = e->last_number;
    ot_transport_reject(e->transport, reason);
}

/* Commits and acknowledges what was delivered, or plans the next try. */
static ot_status settle(ot_engine *e) {
    if (e->overrun && !ot_status_is_transient(e->overrun_why)) return e->overrun_why;
    ot_status status = ot__engine_commit(e);
    if (status == OT_OK) {
        e->retry_at = 0;
        e->pause = OT__PAUSE_FIRST;
        if (e->overrun) {
            give_up(e, e->overrun_why);
        } else if (e->last_number != e->acked) {
            /* A connection that is gone delivers again: that is no failure. */
            ot_transport_ack(e->transport, e->last_number);
            e->acked = e->last_number;
        }
        return OT_OK;
    }
    if (!ot_status_is_transient(status)) return status;
    int64_t now = ot__os_monotonic_ms();
    if (e->overrun || now - e->batch.since >= e->commit_limit) {
        give_up(e, status);
        return OT_OK;
    }
    e->retry_at = now + e->pause;
    if (e->retry_at > e->batch.since + e->commit_limit) e->retry_at = e->batch.since + e->commit_limit;
    e->pause = e->pause * 2 < OT__PAUSE_LAST ? e->pause * 2 : OT__PAUSE_LAST;
    return OT_OK;
}

/* What the session has to do. Failures that pass are tried again by themselves. */
static ot_status care(ot_engine *e) {
    if (!e->config.session) return OT_OK;
    ot_error error;
    ot_status status;
    if (e->session_news) {
        status = ot_session_connected(e->config.session, &error);
        if (status == OT_ECONFLICT) return status;
        e->session_news = status != OT_OK && ot_status_is_transient(status);
    }
    status = ot_session_renew(e->config.session, &error);
    return status == OT_ECONFLICT ? status : OT_OK;
}

/* The shorter of two waits, of which negative means no end. */
static int shorter(int a, int64_t b) {
    if (b < 0) return a;
    if (b > INT32_MAX) b = INT32_MAX;
    return a < 0 || b < a ? (int)b : a;
}

/* Milliseconds until the session wants something; negative: never. */
static int64_t until_care(const ot_engine *e) {
    if (!e->config.session) return -1;
    int64_t wait = ot_session_next(e->config.session) - ot_clock_now(e->config.clock);
    return wait > 0 ? wait : 0;
}

ot_status ot_engine_poll(ot_engine *e, int timeout) {
    if (!e || !e->transport) return OT_EINVAL;
    ot_status status = care(e);
    if (status != OT_OK) return status;
    if (e->batch.entry_count || e->overrun) {
        int64_t now = ot__os_monotonic_ms();
        if (now < e->retry_at) {
            ot__os_sleep(shorter(timeout, e->retry_at - now)); /* a signal ends it early */
            if (ot__os_monotonic_ms() < e->retry_at) return OT_OK;
        }
        return settle(e);
    }
    if (timeout) timeout = shorter(timeout, until_care(e));
    ot_status polled = ot_transport_poll(e->transport, timeout);
    status = settle(e);
    if (status != OT_OK) return status;
    if (e->session_news && (status = care(e)) != OT_OK) return status;
    if (polled == OT_DONE && e->batch.entry_count) return OT_OK;
    return polled;
}

ot_status ot_engine_wait(ot_engine *e, ot_wait *out) {
    if (!e || !e->transport || !out) return OT_EINVAL;
    ot_status status = OT_OK;
    if (e->batch.entry_count || e->overrun) {
        int64_t wait = e->retry_at - ot__os_monotonic_ms();
        out->fd = -1;
        out->readable = out->writable = false;
        out->timeout = wait > 0 ? (int)wait : 0;
    } else {
        status = ot_transport_wait(e->transport, out);
    }
    out->timeout = shorter(out->timeout, until_care(e));
    return status;
}
