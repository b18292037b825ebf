/* transport.c: the face of transports: numbers of deliveries, tokens, the state, the pauses between attempts, and who is told. */
#include "transport.h"

#include <owntracks/topic.h>

#include <limits.h>
#include <stdio.h>

#define PAYLOAD_MAX ((size_t)268435455) /* what the length of an MQTT packet can say */
#define RING_MAX    ((uint64_t)1 << 20) /* tokens behind the oldest one without an answer */

struct ot_transport_host {
    ot_transport_ops ops;
    void *self;
    size_t self_size; /* 0: the object of somebody else */
    ot__transport_config config;
    char *url;
    size_t url_size;
    ot_transport_handlers handlers;
    ot_transport_state state;
    char reason[160];
    uint64_t voided; /* deliveries up to this one belong to a connection that is over */
    uint64_t failures, seed;
    ot__fates fates;
    bool unknown; /* the connection of all that is on the way is over, and nobody was told yet */
    bool tell_state, stopping, stopped;
    bool inside;    /* a slot is at work */
    bool again;     /* it was rejected from inside a slot */
    bool wants_ack; /* it was acknowledged from inside a slot */
    char again_reason[160];
};

/* One object with two names: users hold the transport, backends the host. */
struct ot_transport {
    ot_transport_host host;
};

static ot_time now(const ot_transport_host *h) {
    return ot_clock_now(h->config.view.clock);
}

static const ot_log *log_of(const ot_transport_host *h) {
    return h->config.view.log;
}

const char *ot_link_text(ot_link link) {
    switch (link) {
    case OT_LINK_WAITING:
        return "waiting";
    case OT_LINK_CONNECTING:
        return "connecting";
    case OT_LINK_CONNECTED:
        return "connected";
    case OT_LINK_ENDED:
        return "ended";
    }
    return "?";
}

/* What was delivered on this connection and is not acknowledged. */
static uint64_t settled(const ot_transport_host *h) {
    return h->state.acked > h->voided ? h->state.acked : h->voided;
}
static bool holding(const ot_transport_host *h) {
    return h->state.delivered > settled(h);
}

/* ---- who is told ---- */

static void tell_state(ot_transport_host *h) {
    if (!h->tell_state) return;
    h->tell_state = false;
    if (!h->handlers.state) return;
    ot_transport_state copy = h->state;
    h->handlers.state(h->handlers.ctx, &copy);
}

static void enter(ot_transport_host *h, ot_link link) {
    h->state.link = link;
    h->state.since = now(h);
    h->state.next_attempt = OT_TIME_NONE;
    h->tell_state = true;
    if (h->inside) tell_state(h); /* else at the next poll: handlers run there and nowhere else */
}

static void tell_unknown(ot_transport_host *h) {
    uint64_t token;
    while (h->unknown && ot__fates_oldest(&h->fates, &token)) {
        ot__fates_close(&h->fates, token);
        if (h->handlers.published) h->handlers.published(h->handlers.ctx, token, OT_FATE_UNKNOWN, OT_ELOST);
    }
    h->unknown = false;
}

static void set_reason(ot_transport_host *h, ot_status status, const char *reason) {
    snprintf(h->reason, sizeof h->reason, "%s", reason ? reason : ot_status_text(status));
    h->state.last_error = status;
    h->state.last_reason = ot_str_c(h->reason);
}

static void end(ot_transport_host *h) {
    if (h->state.link == OT_LINK_ENDED) return;
    h->unknown = true;
    enter(h, OT_LINK_ENDED);
    if (h->inside) tell_unknown(h);
}

/* ---- what a backend says ---- */

uint64_t ot_transport_host_deliver(ot_transport_host *host, const ot_envelope *envelope) {
    uint64_t number = ++host->state.delivered;
    if (!host->handlers.message) return number;
    if (envelope->arrival != OT_TIME_NONE) {
        host->handlers.message(host->handlers.ctx, envelope, number);
    } else {
        ot_envelope copy = *envelope;
        copy.arrival = now(host);
        host->handlers.message(host->handlers.ctx, &copy, number);
    }
    return number;
}

void ot_transport_host_connected(ot_transport_host *host, bool session_present) {
    if (host->state.link != OT_LINK_CONNECTING) return;
    host->state.attempts = 0;
    host->state.connects++;
    host->state.last_connected = now(host);
    host->state.session_present = session_present;
    ot_log_line(log_of(host), OT_LOG_INFO, "%s: connected%s", host->url,
                session_present ? ", the session was kept" : "");
    enter(host, OT_LINK_CONNECTED);
}

static void lost(ot_transport_host *h, ot_status status, const char *reason) {
    ot_link link = h->state.link;
    if (link == OT_LINK_WAITING || (link == OT_LINK_ENDED && h->stopped)) return;
    h->voided = h->state.delivered;
    h->unknown = true;
    set_reason(h, status, reason);
    if (h->stopping) {
        ot_log_line(log_of(h), OT_LOG_WARNING, "%s: the connection ended before it was closed: %s", h->url, h->reason);
        h->stopped = true;
        end(h);
        return;
    }
    ot_time present = now(h);
    if (link == OT_LINK_CONNECTED && present - h->state.since >= OT_STABLE_AFTER) h->failures = 0;
    h->failures++;
    uint32_t pause = ot_backoff(h->failures, h->seed);
    if (h->inside) tell_unknown(h);
    ot_log_line(log_of(h), OT_LOG_WARNING, "%s: %s: %s (%s); next attempt in %u.%u s", h->url,
                link == OT_LINK_CONNECTING ? "no connection" : "connection lost", h->reason, ot_status_name(status),
                pause / 1000, pause % 1000 / 100);
    h->state.link = OT_LINK_WAITING;
    h->state.since = present;
    h->state.next_attempt = present + (ot_time)pause;
    h->tell_state = true;
    if (h->inside) tell_state(h);
}

void ot_transport_host_lost(ot_transport_host *host, ot_status status, const char *reason) {
    lost(host, status == OT_OK ? OT_ELOST : status, reason);
}

void ot_transport_host_ended(ot_transport_host *host) {
    if (host->stopping && host->state.link != OT_LINK_ENDED) {
        host->stopped = true;
        ot_log_line(log_of(host), OT_LOG_INFO, "%s: disconnected", host->url);
    }
    end(host);
}

void ot_transport_host_published(ot_transport_host *host, uint64_t token, ot_fate fate, ot_status status) {
    if (!ot__fates_close(&host->fates, token)) return;
    if (fate == OT_FATE_FAILED) {
        ot_log_line(log_of(host), OT_LOG_WARNING, "%s: publication %llu failed: %s", host->url,
                    (unsigned long long)token, ot_status_name(status));
    }
    if (host->handlers.published) host->handlers.published(host->handlers.ctx, token, fate, status);
}

void ot_transport_host_subscribed(ot_transport_host *host, const char *filter, ot_status status, uint8_t granted_qos) {
    if (status != OT_OK) {
        ot_log_line(log_of(host), OT_LOG_WARNING, "%s: the subscription to %s was refused: %s", host->url, filter,
                    ot_status_name(status));
    }
    if (host->handlers.subscribed) host->handlers.subscribed(host->handlers.ctx, filter, status, granted_qos);
}

void ot_transport_host_numbers(const ot_transport_host *host, uint64_t *delivered, uint64_t *acked) {
    if (delivered) *delivered = host->state.delivered;
    if (acked) *acked = settled(host);
}

const ot_transport_config *ot_transport_host_config(const ot_transport_host *host) {
    return &host->config.view;
}

/* ---- opening and closing ---- */

static void release(ot_transport *t) {
    ot_transport_host *h = &t->host;
    ot__fates_free(&h->fates);
    ot__transport_config_free(&h->config);
    if (h->self_size) ot_mem_free(h->self, h->self_size);
    ot_mem_free(h->url, h->url_size);
    ot_mem_free(t, sizeof *t);
}

/* Secrets come as a file or from the environment of a program, never in a URL that ends up in logs and process lists. */
static bool has_password(const char *rest) {
    if (strncmp(rest, "//", 2) != 0) return false;
    size_t authority = strcspn(rest + 2, "/?#");
    const char *at = memchr(rest + 2, '@', authority);
    return at && memchr(rest + 2, ':', (size_t)(at - (rest + 2)));
}

static ot_status make(const ot_transport_ops *ops, void *self, const char *url, const char *rest,
                      const ot_transport_config *config, ot_transport **out, ot_error *error) {
    ot_transport *t = ot_mem_zalloc(1, sizeof *t);
    if (!t) return ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "out of memory");
    ot_transport_host *h = &t->host;
    h->ops = *ops;
    ot_status status = ot__transport_config_copy(&h->config, config, error);
    if (status == OT_OK && !(h->config.view.direction == OT_SEND ? (bool)ops->publish : (bool)ops->ack)) {
        status = ot_error_set(error, OT_EUNSUPPORTED, "direction", OT_NO_OFFSET, "this transport only %s",
                              ops->publish ? "sends" : "receives");
    }
    if (status == OT_OK) {
        h->self = self ? self : ot_mem_zalloc(1, ops->instance_size);
        h->self_size = self ? 0 : ops->instance_size;
        h->url_size = strlen(url) + 1;
        h->url = ot_mem_alloc(h->url_size);
        if (!h->self || !h->url) status = ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "out of memory");
    }
    if (status != OT_OK) {
        release(t);
        return status;
    }
    memcpy(h->url, url, h->url_size);
    h->seed = h->config.view.seed;
    if (!h->seed) ot__os_random(&h->seed, sizeof h->seed);
    h->state.size = sizeof h->state;
    h->state.link = OT_LINK_WAITING;
    h->state.since = h->state.next_attempt = now(h);
    h->state.last_connected = OT_TIME_NONE;
    h->state.last_reason = ot_str_c("");
    ot_transport_handlers *wanted = &h->config.view.handlers;
    memcpy(&h->handlers, wanted, wanted->size < sizeof *wanted ? wanted->size : sizeof *wanted);
    status = ops->open(h->self, h, rest, error);
    if (status != OT_OK) {
        ops->close(h->self);
        release(t);
        return status;
    }
    *out = t;
    return OT_OK;
}

ot_status ot_transport_open(const char *url, const ot_transport_config *config, ot_transport **out, ot_error *error) {
    if (!out) return ot_error_set(error, OT_EINVAL, "out", OT_NO_OFFSET, "missing");
    *out = NULL;
    const char *colon = url ? strchr(url, ':') : NULL;
    if (!colon || colon == url) {
        return ot_error_set(error, OT_EINVAL, "url", OT_NO_OFFSET, "must be SCHEME:REST");
    }
    if (has_password(colon + 1)) {
        return ot_error_set(error, OT_EINVAL, "url", OT_NO_OFFSET, "must not hold a password");
    }
    const ot_transport_ops *ops = ot__transport_find(url, (size_t)(colon - url));
    if (!ops) {
        return ot_error_set(error, OT_EUNSUPPORTED, "url", OT_NO_OFFSET, "no transport is registered for \"%.*s\"",
                            (int)(colon - url > 32 ? 32 : colon - url), url);
    }
    return make(ops, NULL, url, colon + 1, config, out, error);
}

ot_status ot_transport_wrap(const ot_transport_ops *ops, void *self, const ot_transport_config *config,
                            ot_transport **out, ot_error *error) {
    if (!out) return ot_error_set(error, OT_EINVAL, "out", OT_NO_OFFSET, "missing");
    *out = NULL;
    if (!self) return ot_error_set(error, OT_EINVAL, "self", OT_NO_OFFSET, "missing");
    ot_transport_ops copy;
    ot_status status = ot__transport_ops_copy(&copy, ops, false, error);
    if (status != OT_OK) return status;
    return make(&copy, self, copy.scheme ? copy.scheme : "wrapped", "", config, out, error);
}

void ot_transport_close(ot_transport *transport) {
    if (!transport) return;
    ot_transport_host *h = &transport->host;
    /* Nobody is told any more. */
    memset(&h->handlers, 0, sizeof h->handlers);
    h->ops.close(h->self);
    release(transport);
}

/* ---- a turn ---- */

static void drop(ot_transport_host *h, ot_status status, const char *reason) {
    h->ops.drop(h->self);
    lost(h, status, reason);
}

/* What was asked for while a slot was at work is done behind it. */
static void settle(ot_transport_host *h) {
    if (h->again) {
        h->again = h->wants_ack = false;
        ot_transport_reject((ot_transport *)h, h->again_reason);
    } else if (h->wants_ack) {
        h->wants_ack = false;
        if (!holding(h) && h->state.acked > h->voided && h->ops.ack) h->ops.ack(h->self, h->state.acked);
    }
}

static ot_status finished(const ot_transport_host *h) {
    return h->state.link == OT_LINK_ENDED && (h->stopped || !holding(h)) ? OT_DONE : OT_OK;
}

/* Milliseconds until the next attempt; 0: now. A clock that was set back must not put it off. */
static int pause_left(const ot_transport_host *h) {
    ot_time present = now(h);
    if (h->state.next_attempt <= present || present < h->state.since) return 0;
    ot_time left = h->state.next_attempt - present;
    return left > 60000 ? 0 : (int)left;
}

static ot_status turn(ot_transport_host *h, int timeout) {
    if (h->state.link == OT_LINK_WAITING) {
        int left = pause_left(h);
        if (left > 0) {
            ot__os_sleep(timeout >= 0 && timeout < left ? timeout : left);
            timeout = 0;
            if (pause_left(h) > 0) return OT_OK;
        }
        h->state.attempts++;
        enter(h, OT_LINK_CONNECTING);
        ot_status status = h->ops.connect(h->self);
        if (status != OT_OK) return status;
    }
    if (h->state.link != OT_LINK_CONNECTING && h->state.link != OT_LINK_CONNECTED) return OT_OK;
    return h->ops.poll(h->self, holding(h) ? 0 : timeout);
}

ot_status ot_transport_poll(ot_transport *transport, int timeout) {
    ot_transport_host *h = &transport->host;
    if (h->inside) return OT_EINVAL;
    h->inside = true;
    bool told = h->tell_state || h->unknown;
    tell_unknown(h);
    tell_state(h);
    ot_status status = h->state.link == OT_LINK_ENDED ? OT_OK : turn(h, told ? 0 : timeout);
    tell_unknown(h);
    h->inside = false;
    settle(h);
    return status == OT_OK ? finished(h) : status;
}

ot_status ot_transport_wait(ot_transport *transport, ot_wait *out) {
    const ot_transport_host *h = &transport->host;
    if (!out || out->size < sizeof *out) return OT_EINVAL;
    ot_wait wait = {sizeof wait, -1, false, false, -1};
    if (h->tell_state || h->unknown) {
        wait.timeout = 0;
    } else if (h->state.link == OT_LINK_WAITING) {
        wait.timeout = pause_left(h);
    } else if (h->state.link == OT_LINK_ENDED) {
        wait.timeout = finished(h) == OT_DONE ? 0 : -1;
    } else {
        h->ops.wait(h->self, &wait);
    }
    wait.size = out->size;
    *out = wait;
    return OT_OK;
}

/* ---- what a user does ---- */

ot_status ot_transport_ack(ot_transport *transport, uint64_t upto) {
    ot_transport_host *h = &transport->host;
    if (upto > h->state.delivered) return OT_ERANGE;
    if (upto <= h->state.acked) return OT_OK;
    if (upto <= h->voided) return OT_ERANGE;
    h->state.acked = upto;
    if (holding(h)) return OT_OK;
    if (h->inside) {
        h->wants_ack = true;
        return OT_OK;
    }
    return h->ops.ack ? h->ops.ack(h->self, upto) : OT_OK;
}

void ot_transport_reject(ot_transport *transport, const char *reason) {
    ot_transport_host *h = &transport->host;
    if (h->inside) {
        snprintf(h->again_reason, sizeof h->again_reason, "%s", reason ? reason : "rejected");
        h->again = true;
        return;
    }
    if (h->state.link == OT_LINK_WAITING || h->stopped) return;
    if (h->state.link == OT_LINK_ENDED && !holding(h)) return;
    drop(h, OT_ECLOSED, reason ? reason : "rejected");
}

ot_status ot_transport_publish(ot_transport *transport, const ot_publication *publication, uint64_t *token,
                               ot_error *error) {
    ot_transport_host *h = &transport->host;
    if (h->config.view.direction != OT_SEND) {
        return ot_error_set(error, OT_EUNSUPPORTED, "direction", OT_NO_OFFSET, "opened to receive");
    }
    if (!publication) return ot_error_set(error, OT_EINVAL, "publication", OT_NO_OFFSET, "missing");
    ot_status status = ot_topic_check_name(publication->topic, error);
    if (status != OT_OK) return status;
    if (publication->qos > 2) {
        return ot_error_set(error, OT_EINVAL, "qos", OT_NO_OFFSET, "QoS %u does not exist", publication->qos);
    }
    if (publication->payload.len > PAYLOAD_MAX - publication->topic.len - 16) {
        return ot_error_set(error, OT_ELIMIT, "payload", OT_NO_OFFSET, "larger than MQTT allows");
    }
    if (h->stopping) return ot_error_set(error, OT_ECLOSED, NULL, OT_NO_OFFSET, "the transport was stopped");
    if (h->state.link != OT_LINK_CONNECTED) return ot_error_set(error, OT_EBUSY, NULL, OT_NO_OFFSET, "not connected");
    if (h->fates.count >= h->config.inflight || h->fates.next - h->fates.first >= RING_MAX) {
        return ot_error_set(error, OT_EBUSY, NULL, OT_NO_OFFSET, "%zu publications are on the way", h->fates.count);
    }
    uint64_t number;
    status = ot__fates_add(&h->fates, &number);
    if (status != OT_OK) return ot_error_set(error, status, NULL, OT_NO_OFFSET, "out of memory");
    status = h->ops.publish(h->self, publication, number, error);
    if (status != OT_OK) {
        ot__fates_undo(&h->fates, number);
        return status;
    }
    if (token) *token = number;
    return OT_OK;
}

void ot_transport_state_get(const ot_transport *transport, ot_transport_state *out) {
    size_t size = out->size;
    memcpy(out, &transport->host.state, size < sizeof *out ? size : sizeof *out);
    out->size = size;
}

void ot_transport_stop(ot_transport *transport) {
    ot_transport_host *h = &transport->host;
    if (h->stopping) return;
    h->stopping = true;
    if (h->state.link == OT_LINK_CONNECTED) {
        h->ops.stop(h->self);
        return;
    }
    if (h->state.link == OT_LINK_CONNECTING) h->ops.drop(h->self);
    h->stopped = true;
    end(h);
}
