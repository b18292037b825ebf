/* transport_mosquitto_events.c: what libmosquitto calls while it reads and writes: the answer to CONNECT and SUBSCRIBE, messages, fates, the end. */
#include "transport_mosquitto.h"

#include <stdio.h>

static ot__mqtt *owner_of(void *ctx) {
    return ((ot__mqtt_dial *)ctx)->owner;
}

/* The broker's own words (MQTT 5), else those of the code. */
static void explain(const ot__mqtt *self, int code, const mosquitto_property *properties, char *text, size_t size) {
    char *words = NULL;
    if (properties && mosquitto_property_read_string(properties, MQTT_PROP_REASON_STRING, &words, false) && words) {
        snprintf(text, size, "%s: %s", mosquitto_reason_string(code), words);
    } else if (self->config->mqtt_version == 5) {
        snprintf(text, size, "%s", mosquitto_reason_string(code));
    } else {
        snprintf(text, size, "the broker answers %d", code);
    }
    struct mosquitto_message holder = {0, words, NULL, 0, 0, false};
    mosquitto_message_free_contents(&holder); /* words are libmosquitto's memory, and this is how it takes it back */
}

static void set_gone(ot__mqtt *self, ot_status status) {
    self->gone = true;
    self->gone_status = status;
}

static void join(ot__mqtt *self, struct mosquitto *m) {
    const ot_transport_config *c = self->config;
    self->phase = OT__MQTT_JOINING;
    self->sub_open = 0;
    int rc = MOSQ_ERR_SUCCESS;
    for (size_t i = 0; rc == MOSQ_ERR_SUCCESS && i < c->unsubscribe_count; i++) {
        rc = mosquitto_unsubscribe_v5(m, NULL, c->unsubscribe[i], NULL);
    }
    for (size_t i = 0; rc == MOSQ_ERR_SUCCESS && i < c->subscription_count; i++) {
        const ot_subscription *s = &c->subscriptions[i];
        rc = mosquitto_subscribe_v5(m, &self->sub_mids[i], s->filter, s->qos, 0, NULL);
        if (rc == MOSQ_ERR_SUCCESS) self->sub_open++;
    }
    if (rc != MOSQ_ERR_SUCCESS) {
        snprintf(self->gone_reason, sizeof self->gone_reason, "cannot subscribe: %s", mosquitto_strerror(rc));
        set_gone(self, ot__mqtt_publish_status(rc));
    }
}

static void on_connect(struct mosquitto *m, void *ctx, int code, int flags, const mosquitto_property *properties) {
    ot__mqtt *self = owner_of(ctx);
    self->events++;
    if (code != 0) {
        int version = self->config->mqtt_version;
        if (version == 5) {
            explain(self, code, properties, self->gone_reason, sizeof self->gone_reason);
        } else {
            snprintf(self->gone_reason, sizeof self->gone_reason, "%s", mosquitto_connack_string(code));
        }
        set_gone(self, ot__mqtt_connack_status(version, code));
        return;
    }
    uint16_t keepalive;
    self->keepalive = self->config->keepalive;
    if (properties && mosquitto_property_read_int16(properties, MQTT_PROP_SERVER_KEEP_ALIVE, &keepalive, false) &&
        keepalive) {
        self->keepalive = keepalive;
    }
    self->session_present = flags & 1;
    join(self, m);
}

static void on_subscribe(struct mosquitto *m, void *ctx, int mid, int count, const int *granted,
                         const mosquitto_property *properties) {
    (void)m;
    ot__mqtt *self = owner_of(ctx);
    const ot_transport_config *c = self->config;
    self->events++;
    for (size_t i = 0; i < c->subscription_count; i++) {
        if (self->sub_mids[i] != mid) continue;
        self->sub_mids[i] = 0;
        self->sub_open--;
        int code = count > 0 ? granted[0] : 0x80;
        if (code <= 2) {
            ot_transport_host_subscribed(self->host, c->subscriptions[i].filter, OT_OK, (uint8_t)code);
        } else {
            char text[160];
            explain(self, code, properties, text, sizeof text);
            ot_log_line(c->log, OT_LOG_INFO, "the broker refuses %s: %s", c->subscriptions[i].filter, text);
            ot_transport_host_subscribed(self->host, c->subscriptions[i].filter, ot__mqtt_reason_status(code), 0);
        }
        return;
    }
}

static void on_unsubscribe(struct mosquitto *m, void *ctx, int mid, const mosquitto_property *properties) {
    (void)m;
    (void)mid;
    (void)properties;
    owner_of(ctx)->events++;
}

static void on_message(struct mosquitto *m, void *ctx, const struct mosquitto_message *message,
                       const mosquitto_property *properties) {
    (void)m;
    (void)properties;
    ot__mqtt *self = owner_of(ctx);
    self->events++;
    if (self->config->direction != OT_RECEIVE) return;
    uint64_t delivered, acked;
    ot_transport_host_numbers(self->host, &delivered, &acked);
    if (delivered == acked) self->batch_since = ot__mqtt_now();
    size_t len = message->payloadlen > 0 ? (size_t)message->payloadlen : 0;
    ot_envelope envelope = OT_ENVELOPE_INIT;
    envelope.topic = ot_str_c(message->topic);
    envelope.payload = ot_str_of(len ? message->payload : "", len);
    envelope.origin = OT_ORIGIN_MQTT;
    envelope.qos = (uint8_t)message->qos;
    envelope.retained = message->retain;
    self->batch_bytes += len;
    ot_transport_host_deliver(self->host, &envelope);
}

static void on_publish(struct mosquitto *m, void *ctx, int mid, int code, const mosquitto_property *properties) {
    (void)m;
    ot__mqtt *self = owner_of(ctx);
    self->events++;
    uint64_t token = ot__mqtt_tokens_take(&self->tokens, mid);
    if (!token) return;
    if (code < 0x80) {
        ot_transport_host_published(self->host, token, OT_FATE_ACKED, OT_OK);
        return;
    }
    char text[160];
    explain(self, code, properties, text, sizeof text);
    ot_log_line(self->config->log, OT_LOG_INFO, "the broker refuses publication %llu: %s", (unsigned long long)token,
                text);
    ot_transport_host_published(self->host, token, OT_FATE_FAILED, ot__mqtt_reason_status(code));
}

static void on_disconnect(struct mosquitto *m, void *ctx, int code, const mosquitto_property *properties) {
    (void)m;
    ot__mqtt *self = owner_of(ctx);
    if (!self) return; /* the attempt was left behind */
    self->events++;
    /* Own error numbers of libmosquitto are small and come back from the call too; 128 and above is a DISCONNECT of the broker. */
    if (self->gone || code < 0x80) return;
    explain(self, code, properties, self->gone_reason, sizeof self->gone_reason);
    set_gone(self, ot__mqtt_reason_status(code));
}

void ot__mqtt_events_set(struct mosquitto *m) {
    mosquitto_connect_v5_callback_set(m, on_connect);
    mosquitto_disconnect_v5_callback_set(m, on_disconnect);
    mosquitto_message_v5_callback_set(m, on_message);
    mosquitto_publish_v5_callback_set(m, on_publish);
    mosquitto_subscribe_v5_callback_set(m, on_subscribe);
    mosquitto_unsubscribe_v5_callback_set(m, on_unsubscribe);
}
