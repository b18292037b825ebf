/* client.h: a transport whose handlers note what they see. */
#ifndef OT_TEST_CLIENT_H
#define OT_TEST_CLIENT_H

#include <owntracks/transport.h>

typedef struct client {
    ot_transport *t;
    ot_log log_hook;
    int messages, retained, acked, failed, unknown, states, granted, refused;
    uint64_t number, token; /* the newest ones */
    uint8_t qos;            /* of the newest message */
    ot_status refused_status, failed_status;
    size_t payload_len;
    bool ack;                      /* acknowledge after each poll */
    char topic[256], payload[256]; /* of the newest message */
    char all[8192];                /* every payload, a blank behind each, while there is room */
    char log[8192];                /* "LEVEL line" each */
    int64_t longest_poll;          /* milliseconds */
} client;

ot_transport_config client_config(client *c, ot_direction direction, const char *id); /* clears the client */
ot_status client_open(client *c, const char *url, ot_transport_config *config, ot_error *error);
void client_poll(client *c, int timeout); /* NULL, or not open: nothing */
ot_link client_link(const client *c);
ot_transport_state client_state(const client *c);
ot_status client_send(client *c, const char *topic, const char *payload, uint8_t qos, bool retain);
void client_close(client *c);
int64_t client_now(void); /* monotonic milliseconds */

/* Waits for a condition while two clients (either may be NULL) have their turns. */
#define CLIENT_PATIENCE 30000
#define WAIT(cond, a, b)                                                                                               \
    do {                                                                                                               \
        int64_t wait_end = client_now() + CLIENT_PATIENCE;                                                             \
        while (!(cond)) {                                                                                              \
            if (client_now() > wait_end) fail_msg("waited in vain for %s", #cond);                                     \
            client_poll(a, 5);                                                                                         \
            client_poll(b, 5);                                                                                         \
        }                                                                                                              \
    } while (0)

#endif
