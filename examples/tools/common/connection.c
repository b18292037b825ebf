/* connection.c: the configuration of a transport from options. */
#include <stdlib.h>
#include <string.h>

#include "program.h"

ot_option *tool_pairs(const tool_values *values, const char *name, size_t *count, const char **bad) {
    *count = 0;
    size_t n = tool_count(values, name);
    ot_option *pairs = calloc(n + 1, sizeof *pairs);
    for (size_t i = 0; pairs && i < n; i++) {
        const char *text = tool_text_at(values, name, i), *equals = strchr(text, '=');
        char *copy = equals && equals > text ? malloc(strlen(text) + 1) : NULL;
        if (!copy) {
            *bad = text;
            tool_pairs_free(pairs, *count);
            *count = SIZE_MAX;
            return NULL;
        }
        memcpy(copy, text, strlen(text) + 1);
        copy[equals - text] = 0;
        pairs[*count].name = copy;
        pairs[(*count)++].value = copy + (equals - text) + 1;
    }
    return pairs;
}

void tool_pairs_free(ot_option *pairs, size_t count) {
    for (size_t i = 0; pairs && i < count; i++)
        free((void *)(uintptr_t)pairs[i].name);
    free(pairs);
}

/* The options of a backend; false: said. */
bool tool_backend_options(const tool_values *values, const char *name, const tool_log *log, ot_option **pairs,
                          size_t *count) {
    const char *bad = NULL;
    *pairs = tool_pairs(values, name, count, &bad);
    if (*pairs) return true;
    ot_log_line(&log->log, OT_LOG_ERROR, "%s: \"%s\" is not NAME=VALUE", name, bad ? bad : "");
    *count = 0;
    return false;
}

bool tool_connection_init(tool_connection *connection, const tool_values *values, const tool_log *log) {
    memset(connection, 0, sizeof *connection);
    connection->config = (ot_transport_config)OT_TRANSPORT_CONFIG_INIT;
    ot_transport_config *config = &connection->config;
    if (!tool_backend_options(values, "transport-option", log, &connection->options, &connection->option_count))
        return false;
    const char *file = tool_text(values, "password-file");
    if (file) {
        ot_error error = {0};
        bool loose;
        if (tool_secret_read(file, &connection->secret, &loose, &error) != OT_OK) {
            tool_say_error(log, "password-file", &error);
            tool_connection_free(connection);
            return false;
        }
        if (loose) ot_log_line(&log->log, OT_LOG_WARNING, "password-file %s: others can read it (chmod o= it)", file);
    }
    static const int versions[] = {3, 4, 5};
    config->options = connection->options;
    config->option_count = connection->option_count;
    config->client_id = tool_text(values, "client-id");
    config->username = tool_text(values, "username");
    config->password = connection->secret ? connection->secret : tool_text(values, "password");
    config->ca_file = tool_text(values, "ca-file");
    config->cert_file = tool_text(values, "cert-file");
    config->key_file = tool_text(values, "key-file");
    config->insecure = tool_bool(values, "insecure");
    config->mqtt_version = versions[tool_int(values, "mqtt-version")];
    config->keepalive = (uint32_t)(tool_int(values, "keepalive") / 1000);
    config->connect_timeout = (uint32_t)(tool_int(values, "connect-timeout") / 1000);
    config->log = &log->log;
    return true;
}

void tool_connection_free(tool_connection *connection) {
    tool_pairs_free(connection->options, connection->option_count);
    tool_secret_free(connection->secret);
    memset(connection, 0, sizeof *connection);
}

void tool_connection_check(tool_values *values) {
    static const char *const tls[] = {"ca-file", "cert-file", "key-file", "insecure"};
    const char *url = tool_text(values, "transport");
    if (tool_given(values, "cert-file") != tool_given(values, "key-file"))
        tool_problem(values, "cert-file and key-file belong together: one is missing");
    for (size_t i = 0; url && strncmp(url, "mqtt:", 5) == 0 && i < sizeof tls / sizeof *tls; i++) {
        if (!tool_given(values, tls[i]) || (strcmp(tls[i], "insecure") == 0 && !tool_bool(values, tls[i]))) continue;
        tool_problem(values, "%s (%s) contradicts the transport %s, which is without TLS; use mqtts://", tls[i],
                     tool_source(values, tls[i]), url);
    }
    if ((tool_given(values, "password") || tool_given(values, "password-file")) && !tool_given(values, "username"))
        tool_problem(values, "there is a password, but no username");
}
