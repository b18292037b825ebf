/* peer.c: the fake broker: bytes in and out, and the little MQTT that a test needs. */
#define _GNU_SOURCE
#include "support/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool peer_listen(peer *p, int backlog, int receive_buffer) {
    struct sockaddr_in a;
    socklen_t size = sizeof a;
    memset(p, 0, sizeof *p);
    memset(&a, 0, sizeof a);
    p->fd = -1;
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    p->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (p->listening < 0) return false;
    if (receive_buffer) setsockopt(p->listening, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    if (bind(p->listening, (struct sockaddr *)&a, sizeof a) != 0 || listen(p->listening, backlog) != 0) return false;
    if (getsockname(p->listening, (struct sockaddr *)&a, &size) != 0) return false;
    p->port = ntohs(a.sin_port);
    snprintf(p->url, sizeof p->url, "mqtt://127.0.0.1:%d", p->port);
    return true;
}

bool peer_accept(peer *p) {
    if (p->fd >= 0) return true;
    p->fd = accept4(p->listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    p->len = 0;
    return p->fd >= 0;
}

void peer_read(peer *p) {
    while (p->fd >= 0) {
        if (p->cap - p->len < 4096) {
            size_t cap = p->cap ? p->cap * 2 : 8192;
            unsigned char *in = realloc(p->in, cap);
            if (!in) return;
            p->in = in;
            p->cap = cap;
        }
        ssize_t n = read(p->fd, p->in + p->len, p->cap - p->len);
        if (n <= 0) return;
        p->len += (size_t)n;
    }
}

size_t peer_packet(peer *p, unsigned char *type, const unsigned char **body) {
    static unsigned char last[1 << 16];
    size_t length = 0, i = 1, shift = 0;
    do {
        if (i >= p->len || i > 4) return 0;
        length |= (size_t)(p->in[i] & 0x7f) << shift;
        shift += 7;
    } while (p->in[i++] & 0x80);
    if (p->len < i + length || length > sizeof last) return 0;
    *type = p->in[0] >> 4;
    memcpy(last, p->in + i, length);
    *body = last;
    p->len -= i + length;
    memmove(p->in, p->in + i + length, p->len);
    return 1;
}

bool peer_send(peer *p, const void *bytes, size_t len) {
    const char *at = bytes;
    while (len) {
        ssize_t n = send(p->fd, at, len, MSG_NOSIGNAL);
        if (n > 0) {
            at += n;
            len -= (size_t)n;
            continue;
        }
        struct pollfd w = {p->fd, POLLOUT, 0};
        if ((errno != EAGAIN && errno != EINTR) || poll(&w, 1, 5000) <= 0) return false;
    }
    return true;
}

bool peer_connack(peer *p, bool session_present, int code) {
    unsigned char bytes[] = {0x20, 2, session_present, (unsigned char)code};
    return peer_send(p, bytes, sizeof bytes);
}

bool peer_publish(peer *p, const char *topic, const void *payload, size_t len, unsigned qos, unsigned mid) {
    unsigned char head[300];
    size_t topic_len = strlen(topic), n = 0, rest = 2 + topic_len + (qos ? 2 : 0) + len;
    head[n++] = (unsigned char)(0x30 | qos << 1);
    for (size_t r = rest;;) {
        unsigned char b = r & 0x7f;
        r >>= 7;
        head[n++] = (unsigned char)(r ? b | 0x80 : b);
        if (!r) break;
    }
    head[n++] = (unsigned char)(topic_len >> 8);
    head[n++] = (unsigned char)topic_len;
    memcpy(head + n, topic, topic_len);
    n += topic_len;
    if (qos) {
        head[n++] = (unsigned char)(mid >> 8);
        head[n++] = (unsigned char)mid;
    }
    return peer_send(p, head, n) && peer_send(p, payload, len);
}

void peer_hang_up(peer *p) {
    if (p->fd >= 0) close(p->fd);
    p->fd = -1;
    p->len = 0;
}

void peer_close(peer *p) {
    peer_hang_up(p);
    if (p->listening >= 0) close(p->listening);
    p->listening = -1;
    free(p->in);
    p->in = NULL;
    p->cap = p->len = 0;
}
