/* transport_mosquitto.h: what the files of the MQTT backend share. Private, never installed. */
#ifndef OT_TRANSPORT_MOSQUITTO_H
#define OT_TRANSPORT_MOSQUITTO_H

#include <owntracks/mem.h>
#include <owntracks/sys/transport_backend.h>

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdatomic.h>

/* One attempt to connect, and then the connection. Lookup and TCP run in a thread of their own; whoever lets go last, the owner or the
   thread, destroys it, so that an attempt can be left behind at any moment. Until `done` all but `refs` belongs to the thread. */
typedef struct ot__mqtt_dial {
    atomic_int refs;
    atomic_bool done;
    struct mosquitto *m;
    struct ot__mqtt *owner; /* set by the owner when it is done */
    int wake[2];
    int rc, error; /* what libmosquitto and errno said */
    char *host;
    int port, keepalive;
    mosquitto_property *properties;
    bool tls_failed; /* OpenSSL complained */
    char said[160];  /* its words, or the last error line of libmosquitto */
} ot__mqtt_dial;

/* From packet identifiers to tokens: pages that come and go with what is on the way. */
#define OT__MQTT_PAGE 256
typedef struct ot__mqtt_page {
    unsigned count;
    uint64_t tokens[OT__MQTT_PAGE]; /* 0: none */
} ot__mqtt_page;
typedef struct ot__mqtt_tokens {
    ot__mqtt_page *pages[65536 / OT__MQTT_PAGE], *spare;
    size_t count;
} ot__mqtt_tokens;

bool ot__mqtt_tokens_ready(ot__mqtt_tokens *tokens); /* false: no memory; else the next put succeeds */
void ot__mqtt_tokens_put(ot__mqtt_tokens *tokens, int mid, uint64_t token);
uint64_t ot__mqtt_tokens_take(ot__mqtt_tokens *tokens, int mid); /* 0: none */
void ot__mqtt_tokens_clear(ot__mqtt_tokens *tokens);

typedef enum ot__mqtt_phase {
    OT__MQTT_IDLE = 0,
    OT__MQTT_DIALING, /* the thread is at work */
    OT__MQTT_HELLO,   /* TLS, CONNECT, until CONNACK */
    OT__MQTT_JOINING, /* until every SUBSCRIBE is answered */
    OT__MQTT_UP,
    OT__MQTT_LEAVING, /* until DISCONNECT is written */
    OT__MQTT_DRAINING /* until the broker has read it */
} ot__mqtt_phase;

typedef struct ot__mqtt {
    ot_transport_host *host;
    const ot_transport_config *config;
    bool tls;
    char *name; /* of the host */
    int port;
    char client_id[40]; /* where the configuration has none */
    ot__mqtt_phase phase;
    ot__mqtt_dial *dial;
    int64_t deadline, misc_due, batch_since; /* monotonic milliseconds */
    uint32_t keepalive;                      /* seconds; the broker may have set another one */
    uint64_t events;                         /* rises with everything that came */
    size_t batch_bytes;
    bool more;        /* TLS may hold bytes that poll does not see */
    bool interrupted; /* by a signal */
    bool stopping, session_present;
    bool gone; /* the broker ended it, or refused */
    ot_status gone_status;
    char gone_reason[160];
    int *sub_mids; /* 0: answered */
    size_t sub_open;
    int rest; /* LEAVING, DRAINING: a second descriptor of the connection, which libmosquitto does not close; -1: none */
    ot__mqtt_tokens tokens;
} ot__mqtt;

int64_t ot__mqtt_now(void);

/* transport_mosquitto_dial.c */
ot_status ot__mqtt_dial_start(ot__mqtt *self);
void ot__mqtt_dial_release(ot__mqtt_dial *dial);

/* transport_mosquitto_events.c */
void ot__mqtt_events_set(struct mosquitto *m);
void ot__mqtt_log(struct mosquitto *m, void *ctx, int level, const char *line);

/* transport_mosquitto_error.c */
ot_status ot__mqtt_connack_status(int version, int code);
ot_status ot__mqtt_reason_status(int code);
ot_status ot__mqtt_failure(const ot__mqtt *self, int rc, int error, char *reason, size_t size);
ot_status ot__mqtt_publish_status(int rc);

#endif
