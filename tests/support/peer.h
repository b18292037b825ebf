/* peer.h: a broker that does only what the test tells it, over plain TCP on 127.0.0.1, driven by the test's own thread. */
#ifndef OT_TEST_PEER_H
#define OT_TEST_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct peer {
    int listening, fd; /* -1: none */
    int port;
    char url[64];
    unsigned char *in; /* what came and was not taken */
    size_t len, cap;
} peer;

/* backlog as listen(2) takes it; receive_buffer 0: the system's. */
bool peer_listen(peer *p, int backlog, int receive_buffer);
bool peer_accept(peer *p); /* false: nobody is there yet */
void peer_read(peer *p);   /* what is there, without waiting */
size_t peer_packet(peer *p, unsigned char *type,
                   const unsigned char **body);         /* 1 and the next whole packet, or 0; ends with the next call */
bool peer_send(peer *p, const void *bytes, size_t len); /* all of it */
bool peer_connack(peer *p, bool session_present, int code); /* MQTT 3.1.1 */
bool peer_publish(peer *p, const char *topic, const void *payload, size_t len, unsigned qos, unsigned mid);
void peer_hang_up(peer *p);
void peer_close(peer *p);

#endif
