/* transport_mosquitto.c: `mqtt:` and `mqtts:` over libmosquitto, with a loop of our own. libmosquitto's loops write an acknowledgement before the message is
   handed over; here nothing is written while deliveries wait for theirs, so that a process that dies at any moment has acknowledged nothing it did not
   store. */
#define _POSIX_C_SOURCE 200809L
#include "transport_mosquitto.h"

#include <owntracks/mosquitto.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DRAIN_LIMIT 1000 /* milliseconds for the broker to take leave */
#define TLS_STEP    50   /* a handshake does not say whether it wants to read or to write */

int64_t ot__mqtt_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Milliseconds between looks at the keepalive: the broker waits for one and a half of it. */
static int64_t misc_every(const ot__mqtt *self) {
    return (int64_t)self->keepalive * 250;
}

static bool receiving(const ot__mqtt *self) {
    return self->config->direction == OT_RECEIVE;
}

static bool held(const ot__mqtt *self) {
    uint64_t delivered, acked;
    ot_transport_host_numbers(self->host, &delivered, &acked);
    return delivered > acked;
}

/* ---- opening and closing ---- */

static ot_status parse_url(ot__mqtt *self, const char *rest, ot_error *error) {
    const char *p = rest, *end;
    if (strncmp(p, "//", 2) != 0) goto wrong;
    p += 2;
    if (strchr(p, '@')) {
        return ot_error_set(error, OT_EINVAL, "url", OT_NO_OFFSET, "user and password do not belong into the URL");
    }
    if (*p == '[') { /* an IPv6 address */
        end = strchr(++p, ']');
        if (!end) goto wrong;
    } else {
        end = p + strcspn(p, ":/?#");
    }
    size_t len = (size_t)(end - p);
    if (len == 0 || len > 253) goto wrong;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)p[i] <= ' ' || p[i] == 0x7f) goto wrong;
    }
    self->name = ot_mem_zalloc(len + 1, 1);
    if (!self->name) return ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "out of memory");
    memcpy(self->name, p, len);
    if (*end == ']') end++;
    self->port = self->tls ? 8883 : 1883;
    if (*end == ':') {
        long port = 0;
        const char *digit = ++end;
        for (; *end >= '0' && *end <= '9' && port <= 65535; end++)
            port = port * 10 + (*end - '0');
        if (end == digit || port < 1 || port > 65535) {
            return ot_error_set(error, OT_EINVAL, "url", OT_NO_OFFSET, "the port must be from 1 to 65535");
        }
        self->port = (int)port;
    }
    if (strcmp(end, "") == 0 || strcmp(end, "/") == 0) return OT_OK;
wrong:
    return ot_error_set(error, OT_EINVAL, "url", OT_NO_OFFSET, "must be mqtt[s]://HOST[:PORT]");
}

static ot_status check_file(const char *path, const char *field, ot_error *error) {
    if (!path || access(path, R_OK) == 0) return OT_OK;
    ot_status status = errno == EACCES ? OT_EPERM : OT_ENOTFOUND;
    return ot_error_set(error, status, field, OT_NO_OFFSET, "%s cannot be read: errno %d", path, errno);
}

static ot_status check_id(ot__mqtt *self, ot_error *error) {
    const char *id = self->config->client_id;
    if (id && (!*id || strlen(id) > 65535 || !ot_str_utf8(ot_str_c(id), NULL))) {
        return ot_error_set(error, OT_EINVAL, "client_id", OT_NO_OFFSET, "must be 1 to 65535 bytes of UTF-8");
    }
    if (id) return OT_OK;
    if (receiving(self)) {
        return ot_error_set(error, OT_EINVAL, "client_id", OT_NO_OFFSET,
                            "is needed to receive: the session hangs on it");
    }
    unsigned char random[8] = {0};
    while (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
    }
    memcpy(self->client_id, "ot-", 3);
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(self->client_id + 3 + 2 * i, 3, "%02x", random[i]);
    return OT_OK;
}

static ot_status open_any(ot__mqtt *self, ot_transport_host *host, const char *rest, ot_error *error) {
    const ot_transport_config *c = self->config = ot_transport_host_config(host);
    self->host = host;
    self->keepalive = c->keepalive;
    ot_status status = parse_url(self, rest, error);
    if (status == OT_OK && c->option_count) {
        status = ot_error_set(error, OT_EINVAL, c->options[0].name, OT_NO_OFFSET, "no such option");
    }
    if (status == OT_OK && !self->tls && (c->ca_file || c->cert_file || c->insecure)) {
        const char *field = c->ca_file ? "ca_file" : c->cert_file ? "cert_file" : "insecure";
        status = ot_error_set(error, OT_EINVAL, field, OT_NO_OFFSET, "is for mqtts:");
    }
    if (status == OT_OK) status = check_id(self, error);
    if (status == OT_OK) status = check_file(c->ca_file, "ca_file", error);
    if (status == OT_OK) status = check_file(c->cert_file, "cert_file", error);
    if (status == OT_OK) status = check_file(c->key_file, "key_file", error);
    if (status == OT_OK && c->subscription_count) {
        self->sub_mids = ot_mem_zalloc(c->subscription_count, sizeof *self->sub_mids);
        if (!self->sub_mids) status = ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "out of memory");
    }
    if (status == OT_OK && c->insecure) {
        ot_log_line(c->log, OT_LOG_WARNING, "mqtts://%s: the name in the certificate is not checked", self->name);
    }
    return status;
}

static ot_status slot_open_tcp(void *self, ot_transport_host *host, const char *rest, ot_error *error) {
    return open_any(self, host, rest, error);
}

static ot_status slot_open_tls(void *self, ot_transport_host *host, const char *rest, ot_error *error) {
    ((ot__mqtt *)self)->tls = true;
    return open_any(self, host, rest, error);
}

/* Lets the connection go as it is. Nothing that is queued is written. */
static void let_go(ot__mqtt *self) {
    if ((self->phase == OT__MQTT_LEAVING || self->phase == OT__MQTT_DRAINING) && self->rest >= 0) close(self->rest);
    self->rest = -1;
    self->phase = OT__MQTT_IDLE;
    ot__mqtt_dial_release(self->dial);
    self->dial = NULL;
    ot__mqtt_tokens_clear(&self->tokens);
}

static void slot_close(void *ctx) {
    ot__mqtt *self = ctx;
    /* A program may exit next, and OpenSSL does not bear a thread at work while the process ends: an attempt that is about to end may do so. */
    for (int i = 0; self->tls && self->dial && atomic_load(&self->dial->refs) > 1 && i < 1000; i++)
        (void)poll(NULL, 0, 1);
    let_go(self);
    if (self->config) ot_mem_free(self->sub_mids, self->config->subscription_count * sizeof *self->sub_mids);
    if (self->name) ot_mem_free(self->name, strlen(self->name) + 1);
}

static void slot_drop(void *self) {
    let_go(self);
}

static void fail_with(ot__mqtt *self, ot_status status, const char *reason) {
    char text[200];
    snprintf(text, sizeof text, "%s", reason);
    let_go(self);
    ot_transport_host_lost(self->host, status, text);
}

static void fail(ot__mqtt *self, int rc) {
    char text[200];
    ot_status status = ot__mqtt_failure(self, rc, errno, text, sizeof text);
    fail_with(self, status, text);
}

static void finish(ot__mqtt *self) {
    let_go(self);
    ot_transport_host_ended(self->host);
}

static ot_status slot_connect(void *ctx) {
    ot__mqtt *self = ctx;
    self->gone = self->session_present = self->more = false;
    self->gone_reason[0] = 0;
    self->deadline = ot__mqtt_now() + (int64_t)self->config->connect_timeout * 1000;
    ot_status status = ot__mqtt_dial_start(self);
    if (status == OT_OK) {
        self->phase = OT__MQTT_DIALING;
    } else {
        ot_transport_host_lost(self->host, status,
                               status == OT_EBUSY  ? "too many earlier attempts still wait for a name or a connection"
                               : status == OT_ETLS ? "TLS cannot be set up: see ca_file, cert_file and key_file"
                                                   : ot_status_text(status));
    }
    return OT_OK;
}

/* ---- a turn ---- */

/* DISCONNECT is written. A connection that is closed while something unread stands in it is reset, and the broker may then throw away the acknowledgements
   that stand before the DISCONNECT; so the broker closes first. */
static void drain(ot__mqtt *self) {
    if (self->rest < 0 || shutdown(self->rest, SHUT_WR) != 0) {
        finish(self);
        return;
    }
    self->phase = OT__MQTT_DRAINING;
    self->deadline = ot__mqtt_now() + DRAIN_LIMIT;
}

static void turn_draining(ot__mqtt *self, int64_t wait) {
    char junk[16384];
    struct pollfd p = {self->rest, POLLIN, 0};
    ssize_t n = -1;
    if (poll(&p, 1, (int)wait) < 0) {
        self->interrupted = true;
        return;
    }
    while (p.revents && (n = recv(self->rest, junk, sizeof junk, MSG_DONTWAIT)) > 0) {
    }
    if (n == 0 || (p.revents && errno != EAGAIN && errno != EINTR)) finish(self);
}

/* Looks at what the last call did. False: the connection is over. */
static bool alive(ot__mqtt *self, int rc) {
    if (self->phase == OT__MQTT_LEAVING && (rc != MOSQ_ERR_SUCCESS || mosquitto_socket(self->dial->m) < 0)) {
        if (rc == MOSQ_ERR_SUCCESS)
            drain(self);
        else
            finish(self); /* it does not matter any more */
        return false;
    }
    if (rc != MOSQ_ERR_SUCCESS || self->gone || mosquitto_socket(self->dial->m) < 0) {
        fail(self, rc == MOSQ_ERR_SUCCESS ? MOSQ_ERR_CONN_LOST : rc);
        return false;
    }
    if (self->phase == OT__MQTT_JOINING && self->sub_open == 0) {
        self->phase = OT__MQTT_UP;
        ot_transport_host_connected(self->host, self->session_present);
    }
    return true;
}

static bool flush(ot__mqtt *self) {
    errno = 0;
    return alive(self, mosquitto_loop_write(self->dial->m, 1));
}

/* A receiver reads nothing while acknowledgements that are free to go are still queued: the next write would take those of newer
   deliveries along. */
static bool may_read(const ot__mqtt *self) {
    return self->phase == OT__MQTT_HELLO || !receiving(self) || !mosquitto_want_write(self->dial->m);
}

/* Reads one batch: until it is full, or nothing more comes. With TLS a record may hold several packets of which poll knows nothing, so the end is seen by
   reading twice in vain (a PINGRESP alone makes no event). */
static void read_batch(ot__mqtt *self) {
    const ot_transport_config *c = self->config;
    uint64_t first, start = self->events;
    ot_transport_host_numbers(self->host, &first, NULL);
    self->batch_bytes = 0;
    self->more = self->tls;
    for (int quiet = 0; quiet < (self->tls ? 2 : 1);) {
        uint64_t before = self->events, delivered;
        errno = 0;
        if (!alive(self, mosquitto_loop_read(self->dial->m, 1))) return;
        quiet = self->events == before ? quiet + 1 : 0;
        ot_transport_host_numbers(self->host, &delivered, NULL);
        if (delivered - first >= c->batch_count || self->batch_bytes >= c->batch_bytes) return;
        if (self->events - start >= (uint64_t)c->batch_count * 4) return; /* answers only: let others have their turn */
        if (!held(self) &&
            mosquitto_want_write(self->dial->m)) { /* SUBSCRIBE; PUBREC, without which a QoS 2 message never comes */
            if (!flush(self)) return;
            if (!may_read(self)) return;
        }
    }
    self->more = false;
}

/* The thread is at work, or has just ended. */
static void turn_dialing(ot__mqtt *self, int64_t wait) {
    ot__mqtt_dial *dial = self->dial;
    if (!atomic_load(&dial->done)) {
        struct pollfd p = {dial->wake[0], POLLIN, 0};
        if (poll(&p, 1, (int)wait) < 0) self->interrupted = true;
    }
    if (!atomic_load(&dial->done)) return;
    dial->owner = self;
    self->phase = OT__MQTT_HELLO;
    self->events++;
    if (dial->rc != MOSQ_ERR_SUCCESS) {
        errno = dial->error;
        fail(self, dial->rc);
        return;
    }
    self->misc_due = ot__mqtt_now() + misc_every(self);
    flush(self);
}

static void turn_connected(ot__mqtt *self, int64_t wait, int64_t present) {
    struct mosquitto *m = self->dial->m;
    if (present >= self->misc_due) {
        self->misc_due = present + misc_every(self);
        errno = 0;
        if (!alive(self, mosquitto_loop_misc(m))) return;
    }
    if (mosquitto_want_write(m) && !flush(self)) return;
    bool waits = mosquitto_want_write(m), shaking = self->tls && self->phase == OT__MQTT_HELLO;
    struct pollfd p = {mosquitto_socket(m), 0, 0};
    if (may_read(self)) p.events |= POLLIN;
    if (waits && !shaking) p.events |= POLLOUT;
    if (shaking && wait > TLS_STEP) wait = TLS_STEP;
    if (self->more) wait = 0;
    int n = poll(&p, 1, (int)wait);
    if (n < 0) { /* a signal: the caller may want to look at it */
        self->interrupted = true;
        return;
    }
    if ((p.revents & POLLOUT) && !flush(self)) return;
    bool ended = n > 0 && (p.revents & (POLLHUP | POLLERR | POLLNVAL));
    if (may_read(self)) {
        if ((p.revents & POLLIN) || ended || self->more) read_batch(self);
    } else if (ended) {
        flush(self); /* says how it ended */
    }
}

/* Deliveries wait for their acknowledgement. Nothing is read or written, not even PINGREQ, which stands in one queue with the
   acknowledgements; so this must not last. */
static void turn_held(ot__mqtt *self, int64_t present) {
    if (present - self->batch_since <= (int64_t)self->keepalive * 500) return;
    fail_with(self, OT_ETIMEOUT, "deliveries were not acknowledged within half of the keepalive");
}

static const char *late(const ot__mqtt *self) {
    switch (self->phase) {
    case OT__MQTT_DIALING:
        return "no connection within the time for connecting";
    case OT__MQTT_HELLO:
        return "the broker did not answer CONNECT in time";
    case OT__MQTT_JOINING:
        return "the broker did not answer SUBSCRIBE in time";
    default:
        return NULL;
    }
}

static void leave(ot__mqtt *self) {
    self->rest = receiving(self) ? fcntl(mosquitto_socket(self->dial->m), F_DUPFD_CLOEXEC, 3) : -1;
    self->phase = OT__MQTT_LEAVING;
    self->deadline = ot__mqtt_now() + (int64_t)self->config->connect_timeout * 1000;
    int rc = mosquitto_disconnect_v5(self->dial->m, 0, NULL);
    if (rc == MOSQ_ERR_SUCCESS) {
        flush(self);
    } else {
        finish(self);
    }
}

static ot_status slot_poll(void *ctx, int timeout) {
    ot__mqtt *self = ctx;
    int64_t present = ot__mqtt_now(), end = timeout < 0 ? INT64_MAX : present + timeout;
    uint64_t events = self->events;
    self->interrupted = false;
    for (;;) {
        if (self->phase == OT__MQTT_UP && self->stopping && self->tokens.count == 0) leave(self);
        if (self->phase == OT__MQTT_IDLE) return OT_OK;
        if (held(self)) {
            turn_held(self, present);
            return OT_OK;
        }
        if (self->phase != OT__MQTT_UP && present >= self->deadline) {
            if (self->phase >= OT__MQTT_LEAVING) {
                finish(self);
            } else {
                fail_with(self, OT_ETIMEOUT, late(self));
            }
            return OT_OK;
        }
        int64_t wait = end - present;
        if (self->phase != OT__MQTT_UP && wait > self->deadline - present) wait = self->deadline - present;
        if (self->phase == OT__MQTT_DIALING) {
            turn_dialing(self, wait);
        } else if (self->phase == OT__MQTT_DRAINING) {
            turn_draining(self, wait);
        } else {
            if (wait > self->misc_due - present) wait = self->misc_due > present ? self->misc_due - present : 0;
            turn_connected(self, wait, present);
        }
        present = ot__mqtt_now();
        if (self->events != events || self->interrupted || present >= end) return OT_OK;
    }
}

static void slot_wait(void *ctx, ot_wait *out) {
    ot__mqtt *self = ctx;
    int64_t present = ot__mqtt_now(), due = self->deadline;
    if (self->phase == OT__MQTT_IDLE) return;
    if (held(self)) {
        due = self->batch_since + (int64_t)self->keepalive * 500 + 1;
    } else if (self->phase == OT__MQTT_DIALING) {
        out->fd = self->dial->wake[0];
        out->readable = true;
    } else if (self->phase == OT__MQTT_DRAINING) {
        out->fd = self->rest;
        out->readable = true;
    } else {
        struct mosquitto *m = self->dial->m;
        bool shaking = self->tls && self->phase == OT__MQTT_HELLO, waits = mosquitto_want_write(m);
        out->fd = mosquitto_socket(m);
        out->readable = may_read(self);
        out->writable = waits && !shaking;
        if (self->phase == OT__MQTT_UP || due > self->misc_due) due = self->misc_due;
        if (shaking && waits && due > present + TLS_STEP) due = present + TLS_STEP;
        if (self->more || (self->stopping && self->phase == OT__MQTT_UP && self->tokens.count == 0)) due = present;
    }
    out->timeout = due <= present ? 0 : (int)(due - present);
}

/* ---- acknowledging, publishing, stopping ---- */

static ot_status slot_ack(void *ctx, uint64_t upto) {
    ot__mqtt *self = ctx;
    (void)upto; /* the face comes when everything is acknowledged: all that is queued may go */
    if (self->phase == OT__MQTT_JOINING) { /* the time in which the caller held the batch is not the broker's */
        self->deadline = ot__mqtt_now() + (int64_t)self->config->connect_timeout * 1000;
    }
    if (self->phase >= OT__MQTT_JOINING && self->dial && mosquitto_want_write(self->dial->m)) flush(self);
    return OT_OK;
}

static ot_status slot_publish(void *ctx, const ot_publication *p, uint64_t token, ot_error *error) {
    ot__mqtt *self = ctx;
    char small[256], *topic = small;
    if (self->phase != OT__MQTT_UP) return ot_error_set(error, OT_EBUSY, NULL, OT_NO_OFFSET, "not connected");
    if (!ot__mqtt_tokens_ready(&self->tokens))
        return ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "out of memory");
    if (p->topic.len >= sizeof small) topic = ot_mem_alloc(p->topic.len + 1);
    if (!topic) return ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "out of memory");
    memcpy(topic, p->topic.ptr, p->topic.len);
    topic[p->topic.len] = 0;
    int mid = 0;
    int rc = mosquitto_publish_v5(self->dial->m, &mid, topic, (int)p->payload.len,
                                  p->payload.len ? p->payload.ptr : NULL, p->qos, p->retain, NULL);
    if (topic != small) ot_mem_free(topic, p->topic.len + 1);
    if (rc != MOSQ_ERR_SUCCESS) {
        return ot_error_set(error, ot__mqtt_publish_status(rc), NULL, OT_NO_OFFSET, "%s", mosquitto_strerror(rc));
    }
    ot__mqtt_tokens_put(&self->tokens, mid, token);
    return OT_OK;
}

static void slot_stop(void *ctx) {
    ot__mqtt *self = ctx;
    self->stopping = true;
    if (!held(self)) return;
    /* libmosquitto would write the acknowledgements in front of its DISCONNECT. Over TCP the two bytes are written here, so that the will is not
       published; over TLS the connection just ends. */
    if (!self->tls) {
        static const unsigned char disconnect[2] = {0xE0, 0};
        ssize_t n = send(mosquitto_socket(self->dial->m), disconnect, sizeof disconnect, MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)n;
    }
    finish(self);
}

static const ot_transport_ops tcp = {sizeof tcp, "mqtt",    sizeof(ot__mqtt), slot_open_tcp, slot_close,   slot_connect,
                                     slot_drop,  slot_poll, slot_wait,        slot_ack,      slot_publish, slot_stop};
static const ot_transport_ops tls = {sizeof tls, "mqtts",   sizeof(ot__mqtt), slot_open_tls, slot_close,   slot_connect,
                                     slot_drop,  slot_poll, slot_wait,        slot_ack,      slot_publish, slot_stop};

ot_status ot_mosquitto_register(void) {
    static bool ready;
    if (!ready && mosquitto_lib_init() != MOSQ_ERR_SUCCESS) return OT_ENOMEM;
    ready = true;
    ot_status status = ot_transport_register(&tcp, NULL);
    return status == OT_OK ? ot_transport_register(&tls, NULL) : status;
}
