/* client.c: notes what a transport tells. */
#define _POSIX_C_SOURCE 200809L
#include "support/client.h"

#include <stdio.h>
#include <time.h>

int64_t client_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void on_message(void *ctx, const ot_envelope *e, uint64_t number) {
    client *c = ctx;
    size_t at = strlen(c->all);
    c->messages++;
    c->retained += e->retained;
    c->number = number;
    c->qos = e->qos;
    c->payload_len = e->payload.len;
    ot_str_copy(e->topic, c->topic, sizeof c->topic);
    ot_str_copy(e->payload, c->payload, sizeof c->payload);
    if (e->payload.len < 64 && sizeof c->all - at > e->payload.len + 2) {
        snprintf(c->all + at, sizeof c->all - at, "%.*s ", (int)e->payload.len, e->payload.ptr);
    }
}

static void on_state(void *ctx, const ot_transport_state *state) {
    (void)state;
    ((client *)ctx)->states++;
}

static void on_published(void *ctx, uint64_t token, ot_fate fate, ot_status status) {
    client *c = ctx;
    c->token = token;
    if (fate == OT_FATE_ACKED) c->acked++;
    if (fate == OT_FATE_UNKNOWN) c->unknown++;
    if (fate == OT_FATE_FAILED) {
        c->failed++;
        c->failed_status = status;
    }
}

static void on_subscribed(void *ctx, const char *filter, ot_status status, uint8_t qos) {
    client *c = ctx;
    (void)filter;
    (void)qos;
    if (status == OT_OK) {
        c->granted++;
    } else {
        c->refused++;
        c->refused_status = status;
    }
}

static void on_log(void *ctx, ot_log_level level, ot_str line) {
    client *c = ctx;
    size_t at = strlen(c->log);
    snprintf(c->log + at, sizeof c->log - at, "%d %.*s\n", (int)level, (int)line.len, line.ptr);
}

ot_transport_config client_config(client *c, ot_direction direction, const char *id) {
    ot_transport_config config = OT_TRANSPORT_CONFIG_INIT;
    memset(c, 0, sizeof *c);
    c->log_hook.write = on_log;
    c->log_hook.ctx = c;
    c->log_hook.max_level = OT_LOG_DEBUG;
    config.direction = direction;
    config.client_id = id;
    config.log = &c->log_hook;
    config.handlers.message = on_message;
    config.handlers.state = on_state;
    config.handlers.published = on_published;
    config.handlers.subscribed = on_subscribed;
    config.handlers.ctx = c;
    return config;
}

ot_status client_open(client *c, const char *url, ot_transport_config *config, ot_error *error) {
    return ot_transport_open(url, config, &c->t, error);
}

void client_poll(client *c, int timeout) {
    if (!c || !c->t) return;
    int64_t start = client_now();
    (void)ot_transport_poll(c->t, timeout);
    int64_t took = client_now() - start;
    if (took > c->longest_poll) c->longest_poll = took;
    if (c->ack && c->number) (void)ot_transport_ack(c->t, c->number);
}

ot_transport_state client_state(const client *c) {
    ot_transport_state s;
    memset(&s, 0, sizeof s);
    s.size = sizeof s;
    ot_transport_state_get(c->t, &s);
    return s;
}

ot_link client_link(const client *c) {
    return client_state(c).link;
}

ot_status client_send(client *c, const char *topic, const char *payload, uint8_t qos, bool retain) {
    ot_publication p = {ot_str_c(topic), ot_str_c(payload), qos, retain};
    return ot_transport_publish(c->t, &p, NULL, NULL);
}

void client_close(client *c) {
    ot_transport_close(c->t);
    c->t = NULL;
}
