/* transport_mosquitto_error.c: what libmosquitto, the broker, OpenSSL and the system say of a failure, as a status and a sentence. */
#define _POSIX_C_SOURCE 200809L
#include "transport_mosquitto.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>

ot_status ot__mqtt_reason_status(int code) {
    switch (code) {
    case MQTT_RC_BAD_USERNAME_OR_PASSWORD:
    case MQTT_RC_NOT_AUTHORIZED:
    case MQTT_RC_BANNED:
    case MQTT_RC_BAD_AUTHENTICATION_METHOD:
        return OT_EAUTH;
    case MQTT_RC_PACKET_TOO_LARGE:
    case MQTT_RC_QUOTA_EXCEEDED:
        return OT_ELIMIT;
    case MQTT_RC_TOPIC_NAME_INVALID:
    case MQTT_RC_TOPIC_FILTER_INVALID:
        return OT_ETOPIC;
    case MQTT_RC_KEEP_ALIVE_TIMEOUT:
        return OT_ETIMEOUT;
    case MQTT_RC_SESSION_TAKEN_OVER:
    case MQTT_RC_SERVER_SHUTTING_DOWN:
        return OT_ELOST;
    default:
        return OT_EREFUSED;
    }
}

ot_status ot__mqtt_connack_status(int version, int code) {
    if (version == 5) return ot__mqtt_reason_status(code);
    return code == 4 || code == 5 ? OT_EAUTH : OT_EREFUSED; /* 3.1.1 section 3.2.2.3 */
}

ot_status ot__mqtt_publish_status(int rc) {
    switch (rc) {
    case MOSQ_ERR_SUCCESS:
        return OT_OK;
    case MOSQ_ERR_NOMEM:
        return OT_ENOMEM;
    case MOSQ_ERR_NO_CONN:
        return OT_EBUSY;
    case MOSQ_ERR_PAYLOAD_SIZE:
    case MOSQ_ERR_OVERSIZE_PACKET:
        return OT_ELIMIT;
    case MOSQ_ERR_MALFORMED_UTF8:
        return OT_EUTF8;
    case MOSQ_ERR_QOS_NOT_SUPPORTED:
    case MOSQ_ERR_RETAIN_NOT_SUPPORTED:
        return OT_EUNSUPPORTED;
    case MOSQ_ERR_INVAL:
        return OT_ETOPIC;
    default:
        return OT_EBUSY;
    }
}

static ot_status system_failure(int error, char *reason, size_t size) {
    if (strerror_r(error, reason, size) != 0) snprintf(reason, size, "errno %d", error);
    switch (error) {
    case ECONNREFUSED:
        return OT_EREFUSED;
    case ETIMEDOUT:
        return OT_ETIMEOUT;
    case ENOMEM:
        return OT_ENOMEM;
    case EPROTO:
        return OT_ETLS; /* libmosquitto's word for a broken TLS record */
    case 0:
        snprintf(reason, size, "the connection was closed");
        return OT_ELOST;
    default:
        return OT_ELOST;
    }
}

ot_status ot__mqtt_failure(const ot__mqtt *self, int rc, int error, char *reason, size_t size) {
    if (self->gone) {
        snprintf(reason, size, "%s", self->gone_reason);
        return self->gone_status;
    }
    /* OpenSSL's complaint says more than the connection that ends for it. */
    bool tls = self->tls && (self->dial->tls_failed || rc == MOSQ_ERR_TLS || rc == MOSQ_ERR_TLS_HANDSHAKE);
    if (tls) {
        snprintf(reason, size, "TLS: %s", self->dial->said[0] ? self->dial->said : mosquitto_strerror(rc));
        return OT_ETLS;
    }
    switch (rc) {
    case MOSQ_ERR_EAI:
    case MOSQ_ERR_LOOKUP:
        snprintf(reason, size, "%s: %s", self->name, gai_strerror(error));
        return OT_ELOOKUP;
    case MOSQ_ERR_ERRNO:
        return system_failure(error, reason, size);
    case MOSQ_ERR_NOMEM:
        snprintf(reason, size, "out of memory");
        return OT_ENOMEM;
    case MOSQ_ERR_KEEPALIVE:
        snprintf(reason, size, "the broker did not answer within the keepalive");
        return OT_ETIMEOUT;
    case MOSQ_ERR_CONN_REFUSED:
        snprintf(reason, size, "the broker refused the connection");
        return OT_EREFUSED;
    case MOSQ_ERR_CONN_LOST:
        snprintf(reason, size, "%s",
                 self->phase == OT__MQTT_HELLO ? "closed before it was accepted" : "closed by the broker");
        return OT_ELOST;
    default:
        snprintf(reason, size, "%s", mosquitto_strerror(rc));
        return OT_ELOST;
    }
}
