/* transport_mosquitto_dial.c: an attempt to connect: a handle of libmosquitto made ready, and the thread that looks up the name and opens the TCP
   connection, both of which can take minutes. The thread calls nothing of the transport. */
#define _POSIX_C_SOURCE 200809L
#include "transport_mosquitto.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define DIALS_MAX 16 /* threads of a process at the same time: lookups that hang must not pile up */

static atomic_int dials;

void ot__mqtt_log(struct mosquitto *m, void *ctx, int level, const char *line) {
    (void)m;
    ot__mqtt_dial *dial = ctx;
    if (level != MOSQ_LOG_ERR) return;
    bool tls = strncmp(line, "OpenSSL Error", 13) == 0;
    if (dial->tls_failed) return; /* the first one is the cause */
    const char *text = tls ? strchr(line, ' ') : line;
    if (tls && text) text = strchr(text + 1, ' ');
    snprintf(dial->said, sizeof dial->said, "%s", text ? text + (tls ? 1 : 0) : line);
    dial->tls_failed = tls;
}

static void release(ot__mqtt_dial *dial) {
    if (atomic_fetch_sub(&dial->refs, 1) != 1) return;
    if (dial->m) mosquitto_destroy(dial->m);
    mosquitto_property_free_all(&dial->properties);
    for (int i = 0; i < 2; i++) {
        if (dial->wake[i] >= 0) close(dial->wake[i]);
    }
    if (dial->host) ot_mem_free(dial->host, strlen(dial->host) + 1);
    ot_mem_free(dial, sizeof *dial);
}

void ot__mqtt_dial_release(ot__mqtt_dial *dial) {
    if (dial) release(dial);
}

static void *run(void *ctx) {
    ot__mqtt_dial *dial = ctx;
    errno = 0;
    dial->rc = mosquitto_connect_bind_v5(dial->m, dial->host, dial->port, dial->keepalive, NULL, dial->properties);
    dial->error = errno;
    atomic_fetch_sub(&dials, 1);
    atomic_store(&dial->done, true);
    ssize_t n = write(dial->wake[1], "", 1);
    (void)n;
    release(dial);
    return NULL;
}

static ot_status start_thread(ot__mqtt_dial *dial) {
    if (atomic_fetch_add(&dials, 1) >= DIALS_MAX) {
        atomic_fetch_sub(&dials, 1);
        return OT_EBUSY;
    }
    pthread_attr_t attributes;
    pthread_t id;
    sigset_t all, before;
    int failed = pthread_attr_init(&attributes);
    if (!failed) {
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        sigfillset(&all); /* signals are for the program's own threads */
        pthread_sigmask(SIG_SETMASK, &all, &before);
        atomic_fetch_add(&dial->refs, 1);
        failed = pthread_create(&id, &attributes, run, dial);
        if (failed) atomic_fetch_sub(&dial->refs, 1);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        pthread_attr_destroy(&attributes);
    }
    if (failed) atomic_fetch_sub(&dials, 1);
    return failed ? OT_ENOMEM : OT_OK;
}

static int set_tls(struct mosquitto *m, const ot_transport_config *c) {
    int rc = MOSQ_ERR_SUCCESS;
    if (!c->ca_file) rc = mosquitto_int_option(m, MOSQ_OPT_TLS_USE_OS_CERTS, 1);
    if (rc == MOSQ_ERR_SUCCESS && (c->ca_file || c->cert_file)) {
        /* libmosquitto takes a client certificate only together with a place for authorities */
        rc = mosquitto_tls_set(m, c->ca_file, c->ca_file ? NULL : "/etc/ssl/certs", c->cert_file, c->key_file, NULL);
    }
    if (rc == MOSQ_ERR_SUCCESS && c->insecure) rc = mosquitto_tls_insecure_set(m, true);
    return rc;
}

static int set_all(ot__mqtt_dial *dial, const ot__mqtt *self) {
    const ot_transport_config *c = self->config;
    struct mosquitto *m = dial->m;
    mosquitto_threaded_set(m, true); /* what is queued waits for mosquitto_loop_write(): the whole point */
    mosquitto_log_callback_set(m, ot__mqtt_log);
    ot__mqtt_events_set(m);
    int rc = mosquitto_int_option(m, MOSQ_OPT_PROTOCOL_VERSION, c->mqtt_version);
    if (rc == MOSQ_ERR_SUCCESS && c->direction == OT_SEND) {
        rc = mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
        if (rc == MOSQ_ERR_SUCCESS) rc = mosquitto_max_inflight_messages_set(m, 65535); /* the face counts */
    }
    if (rc == MOSQ_ERR_SUCCESS && c->mqtt_version == 5 && c->direction == OT_RECEIVE) {
        rc = mosquitto_int_option(m, MOSQ_OPT_RECEIVE_MAXIMUM, c->receive_maximum ? c->receive_maximum : 65535);
        if (rc == MOSQ_ERR_SUCCESS && !c->clean_session) {
            rc = mosquitto_property_add_int32(&dial->properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL, c->session_expiry);
        }
    }
    if (rc == MOSQ_ERR_SUCCESS && c->username) rc = mosquitto_username_pw_set(m, c->username, c->password);
    if (rc == MOSQ_ERR_SUCCESS && c->will) {
        char *topic = ot_mem_zalloc(c->will->topic.len + 1, 1);
        if (!topic) return MOSQ_ERR_NOMEM;
        memcpy(topic, c->will->topic.ptr, c->will->topic.len);
        rc = mosquitto_will_set_v5(m, topic, (int)c->will->payload.len,
                                   c->will->payload.len ? c->will->payload.ptr : NULL, c->will->qos, c->will->retain,
                                   NULL);
        ot_mem_free(topic, c->will->topic.len + 1);
    }
    if (rc == MOSQ_ERR_SUCCESS && self->tls) rc = set_tls(m, c);
    return rc;
}

ot_status ot__mqtt_dial_start(ot__mqtt *self) {
    const ot_transport_config *c = self->config;
    ot__mqtt_dial *dial = ot_mem_zalloc(1, sizeof *dial);
    if (!dial) return OT_ENOMEM;
    atomic_init(&dial->refs, 1);
    atomic_init(&dial->done, false);
    dial->wake[0] = dial->wake[1] = -1;
    dial->port = self->port;
    dial->keepalive = (int)c->keepalive;
    size_t size = strlen(self->name) + 1;
    dial->host = ot_mem_alloc(size);
    if (dial->host) memcpy(dial->host, self->name, size);
    dial->m = mosquitto_new(c->client_id ? c->client_id : self->client_id, c->clean_session, dial);
    ot_status status = dial->host && dial->m ? OT_OK : OT_ENOMEM;
    if (status == OT_OK && pipe(dial->wake) != 0) {
        dial->wake[0] = dial->wake[1] = -1;
        status = OT_EIO;
    }
    for (int i = 0; status == OT_OK && i < 2; i++)
        fcntl(dial->wake[i], F_SETFD, FD_CLOEXEC);
    if (status == OT_OK) {
        int rc = set_all(dial, self);
        if (rc == MOSQ_ERR_NOMEM)
            status = OT_ENOMEM;
        else if (rc != MOSQ_ERR_SUCCESS)
            status = self->tls ? OT_ETLS : OT_EINVAL; /* a certificate that went away */
    }
    if (status == OT_OK) status = start_thread(dial);
    if (status != OT_OK) {
        release(dial);
        return status;
    }
    self->dial = dial;
    return OT_OK;
}
