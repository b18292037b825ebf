/* config.c: the configuration of a transport, checked and copied, and the password wiped at the end. */
#include "transport.h"

#include <owntracks/topic.h>

#define CONFIG_MAX ((size_t)64 << 20) /* bytes of all texts together */

static ot_status copy_text(ot__arena *arena, const char *text, const char **out) {
    *out = NULL;
    if (!text) return OT_OK;
    size_t len = strlen(text);
    char *copy = ot__arena_alloc(arena, len + 1, 1);
    if (!copy) return OT_ENOMEM;
    memcpy(copy, text, len + 1);
    *out = copy;
    return OT_OK;
}

static ot_status copy_filter(ot__arena *arena, const char *filter, const char *field, const char **out,
                             ot_error *error) {
    if (!filter) return ot_error_set(error, OT_EINVAL, field, OT_NO_OFFSET, "a topic filter is missing");
    ot_error why = {OT_OK, 0, OT_NO_OFFSET, "", ""};
    ot_status status = ot_topic_check_filter(ot_str_c(filter), &why);
    if (status != OT_OK) return ot_error_set(error, OT_EINVAL, field, why.offset, "no topic filter: %s", why.reason);
    return copy_text(arena, filter, out);
}

static ot_status copy_subscriptions(ot__transport_config *c, const ot_transport_config *from, ot_error *error) {
    size_t n = from->subscription_count, m = from->unsubscribe_count;
    if ((n && !from->subscriptions) || (m && !from->unsubscribe) || n > 65535 || m > 65535) {
        return ot_error_set(error, OT_EINVAL, "subscriptions", OT_NO_OFFSET, "a list and its count do not fit");
    }
    if (from->direction == OT_SEND && n + m) {
        return ot_error_set(error, OT_EINVAL, "subscriptions", OT_NO_OFFSET,
                            "a sending transport subscribes to nothing");
    }
    ot_subscription *subs = n ? ot__arena_alloc(&c->arena, n * sizeof *subs, _Alignof(ot_subscription)) : NULL;
    const char **filters = m ? ot__arena_alloc(&c->arena, m * sizeof *filters, _Alignof(char *)) : NULL;
    if ((n && !subs) || (m && !filters)) return OT_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        subs[i] = from->subscriptions[i];
        if (subs[i].qos > 2) {
            return ot_error_set(error, OT_EINVAL, "subscriptions", OT_NO_OFFSET, "QoS %u does not exist", subs[i].qos);
        }
        ot_status status = copy_filter(&c->arena, subs[i].filter, "subscriptions", &subs[i].filter, error);
        if (status != OT_OK) return status;
        if (subs[i].qos == 2) {
            ot_log_line(&c->log, OT_LOG_WARNING,
                        "subscribing to %s with QoS 2: what is on its way is lost when the process dies; QoS 1 loses "
                        "nothing",
                        subs[i].filter);
        }
    }
    for (size_t i = 0; i < m; i++) {
        ot_status status = copy_filter(&c->arena, from->unsubscribe[i], "unsubscribe", &filters[i], error);
        if (status != OT_OK) return status;
    }
    c->view.subscriptions = subs;
    c->view.unsubscribe = filters;
    return OT_OK;
}

static ot_status copy_will(ot__transport_config *c, const ot_publication *will, ot_error *error) {
    if (!will) return OT_OK;
    ot_error why = {OT_OK, 0, OT_NO_OFFSET, "", ""};
    if (ot_topic_check_name(will->topic, &why) != OT_OK) {
        return ot_error_set(error, OT_EINVAL, "will", why.offset, "no topic name: %s", why.reason);
    }
    if (will->qos > 2) return ot_error_set(error, OT_EINVAL, "will", OT_NO_OFFSET, "QoS %u does not exist", will->qos);
    if (will->payload.len > 65535) {
        return ot_error_set(error, OT_ELIMIT, "will", OT_NO_OFFSET, "a will has 65535 bytes at most");
    }
    c->will = *will;
    if (ot__arena_copy(&c->arena, will->topic, &c->will.topic) != OT_OK ||
        ot__arena_copy(&c->arena, will->payload, &c->will.payload) != OT_OK) {
        return OT_ENOMEM;
    }
    c->view.will = &c->will;
    return OT_OK;
}

/* The number of publications on the way; every backend has this option, so that the face keeps it. */
static ot_status take_inflight(ot__transport_config *c, const char *text, ot_error *error) {
    uint32_t n = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9' && n <= 65535; p++)
        n = n * 10 + (uint32_t)(*p - '0');
    if (p == text || *p || n < 1 || n > 65535) {
        return ot_error_set(error, OT_EINVAL, "inflight", OT_NO_OFFSET, "must be a number from 1 to 65535");
    }
    if (c->view.direction != OT_SEND) {
        return ot_error_set(error, OT_EINVAL, "inflight", OT_NO_OFFSET, "is for sending");
    }
    c->inflight = n;
    return OT_OK;
}

static ot_status copy_options(ot__transport_config *c, const ot_transport_config *from, ot_error *error) {
    size_t n = from->option_count;
    if (n > 1024 || (n && !from->options)) {
        return ot_error_set(error, OT_EINVAL, "options", OT_NO_OFFSET, "a list and its count do not fit");
    }
    ot_option *options = n ? ot__arena_alloc(&c->arena, n * sizeof *options, _Alignof(ot_option)) : NULL;
    if (n && !options) return OT_ENOMEM;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        const ot_option *o = &from->options[i];
        if (!o->name || !o->value) {
            return ot_error_set(error, OT_EINVAL, "options", OT_NO_OFFSET, "an option without name or value");
        }
        ot_status status;
        if (strcmp(o->name, "inflight") == 0) {
            status = take_inflight(c, o->value, error);
        } else {
            status = copy_text(&c->arena, o->name, &options[kept].name);
            if (status == OT_OK) status = copy_text(&c->arena, o->value, &options[kept].value);
            kept++;
        }
        if (status != OT_OK) return status;
    }
    c->view.options = options;
    c->view.option_count = kept;
    return OT_OK;
}

static ot_status check_numbers(ot_transport_config *c, ot_error *error) {
    if (c->direction != OT_RECEIVE && c->direction != OT_SEND) {
        return ot_error_set(error, OT_EINVAL, "direction", OT_NO_OFFSET, "must be receive or send");
    }
    if (c->mqtt_version != 0 && (c->mqtt_version < 3 || c->mqtt_version > 5)) {
        return ot_error_set(error, OT_EINVAL, "mqtt_version", OT_NO_OFFSET, "must be 3, 4 or 5");
    }
    if (c->keepalive != 0 && (c->keepalive < 5 || c->keepalive > 65535)) {
        return ot_error_set(error, OT_EINVAL, "keepalive", OT_NO_OFFSET, "must be from 5 to 65535 seconds");
    }
    if (c->connect_timeout > 86400) {
        return ot_error_set(error, OT_EINVAL, "connect_timeout", OT_NO_OFFSET, "must be at most 86400 seconds");
    }
    if (c->password && !c->username) {
        return ot_error_set(error, OT_EINVAL, "password", OT_NO_OFFSET, "needs a user name");
    }
    if (!c->cert_file != !c->key_file) {
        return ot_error_set(error, OT_EINVAL, c->cert_file ? "key_file" : "cert_file", OT_NO_OFFSET,
                            "a certificate and its key belong together");
    }
    if (!c->mqtt_version) c->mqtt_version = 4;
    if (!c->keepalive) c->keepalive = 60;
    if (!c->connect_timeout) c->connect_timeout = 30;
    if (!c->session_expiry) c->session_expiry = UINT32_MAX;
    if (!c->batch_count) c->batch_count = 1000;
    if (!c->batch_bytes) c->batch_bytes = (size_t)8 << 20;
    if (c->direction == OT_SEND) c->clean_session = true;
    return OT_OK;
}

ot_status ot__transport_config_copy(ot__transport_config *out, const ot_transport_config *config, ot_error *error) {
    static const ot_transport_config defaults = OT_TRANSPORT_CONFIG_INIT;
    memset(out, 0, sizeof *out);
    ot__arena_init(&out->arena, 1024, CONFIG_MAX);
    out->inflight = 1000;
    if (!config) config = &defaults;
    if (config->size < offsetof(ot_transport_config, handlers)) {
        return ot_error_set(error, OT_EINVAL, "config", OT_NO_OFFSET, "its size is not set");
    }
    ot_transport_config *c = &out->view;
    memcpy(c, config, config->size < sizeof *c ? config->size : sizeof *c);
    c->size = sizeof *c;
    c->password = NULL;
    c->will = NULL;
    if (config->log) out->log = *config->log;
    if (config->clock) out->clock = *config->clock;
    c->log = config->log ? &out->log : NULL;
    c->clock = config->clock ? &out->clock : NULL;
    if (config->password) {
        size_t len = strlen(config->password);
        out->password = ot_mem_alloc(len + 1);
        if (!out->password) return OT_ENOMEM;
        out->password_size = len + 1;
        memcpy(out->password, config->password, len + 1);
        c->password = out->password;
    }
    ot_status status = check_numbers(c, error);
    const char **texts[] = {&c->client_id, &c->username, &c->ca_file, &c->cert_file, &c->key_file};
    for (size_t i = 0; status == OT_OK && i < OT_COUNT(texts); i++)
        status = copy_text(&out->arena, *texts[i], texts[i]);
    if (status == OT_OK) status = copy_subscriptions(out, config, error);
    if (status == OT_OK) status = copy_will(out, config->will, error);
    if (status == OT_OK) status = copy_options(out, config, error);
    return status == OT_ENOMEM ? ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "out of memory") : status;
}

void ot__transport_config_free(ot__transport_config *config) {
    volatile char *p = config->password;
    for (size_t i = 0; p && i < config->password_size; i++)
        p[i] = 0;
    ot_mem_free(config->password, config->password_size);
    ot__arena_free(&config->arena);
    memset(config, 0, sizeof *config);
}
