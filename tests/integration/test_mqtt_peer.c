/* MQTT with a broker that does only what the test tells it: what goes over the wire and when, silence, partial writes, slow lookups. */
/* ctest: threads timeout=300 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <owntracks/mosquitto.h>

#include "support/client.h"
#include "support/peer.h"

/* A name server for the tests: "slow.invalid" is answered when the test lets it, "nobody.invalid" does not exist. */
static pthread_mutex_t lookup_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t lookup_free = PTHREAD_COND_INITIALIZER;
static bool lookup_held;
static int lookups;

__attribute__((visibility("default"))) int getaddrinfo(const char *node, const char *service,
                                                       const struct addrinfo *hints, struct addrinfo **out) {
    typedef int (*fn)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    union {
        void *object;
        fn function;
    } real = {dlsym(RTLD_NEXT, "getaddrinfo")};
    if (node && strcmp(node, "nobody.invalid") == 0) return EAI_NONAME;
    if (node && strcmp(node, "slow.invalid") == 0) {
        pthread_mutex_lock(&lookup_lock);
        lookups++;
        while (lookup_held)
            pthread_cond_wait(&lookup_free, &lookup_lock);
        pthread_mutex_unlock(&lookup_lock);
        return EAI_AGAIN;
    }
    return real.function(node, service, hints, out);
}

static int setup(void **state) {
    (void)state;
    return ot_mosquitto_register() == OT_OK ? 0 : -1;
}

static ot_subscription sub = {"#", 1};

static ot_transport_config receiver(client *c) {
    ot_transport_config config = client_config(c, OT_RECEIVE, "me");
    config.subscriptions = &sub;
    config.subscription_count = 1;
    return config;
}

/* Waits for a packet of a type; others before it are an error. */
static const unsigned char *expect(peer *p, client *c, unsigned char type) {
    unsigned char got = 0;
    const unsigned char *body = NULL;
    int64_t end = client_now() + CLIENT_PATIENCE;
    while (client_now() < end) {
        client_poll(c, 2);
        peer_read(p);
        if (peer_packet(p, &got, &body)) {
            assert_int_equal(got, type);
            return body;
        }
    }
    fail_msg("no packet of type %u", type);
    return NULL;
}

/* Is there nothing on the wire, for a while in which the client has turns? */
static void expect_silence(peer *p, client *c, int turns) {
    unsigned char type;
    const unsigned char *body;
    for (int i = 0; i < turns; i++) {
        client_poll(c, 2);
        peer_read(p);
        if (peer_packet(p, &type, &body)) fail_msg("packet of type %u", type);
        poll(NULL, 0, 2);
    }
}

static void shake_hands(peer *p, client *c) {
    WAIT(peer_accept(p), c, NULL);
    (void)expect(p, c, 1);
    assert_true(peer_connack(p, true, 0));
    const unsigned char *body = expect(p, c, 8);
    unsigned char suback[] = {0x90, 3, body[0], body[1], 1};
    assert_true(peer_send(p, suback, sizeof suback));
    WAIT(client_link(c) == OT_LINK_CONNECTED, c, NULL);
}

/* PUBACK goes when ot_transport_ack() says so, and not before; all of a batch at once. */
static void nothing_before_ack(void **state) {
    (void)state;
    peer p;
    client c;
    assert_true(peer_listen(&p, 5, 0));
    ot_transport_config config = receiver(&c);
    assert_int_equal(client_open(&c, p.url, &config, NULL), OT_OK);
    shake_hands(&p, &c);
    assert_true(peer_publish(&p, "a", "1", 1, 1, 11));
    assert_true(peer_publish(&p, "a", "2", 1, 1, 12));
    assert_true(peer_publish(&p, "a", "0", 1, 0, 0));
    WAIT(c.messages >= 1, &c, NULL);
    expect_silence(&p, &c, 50);
    /* what comes while a batch is open waits for the next one */
    int held = c.messages;
    assert_true(peer_publish(&p, "a", "3", 1, 1, 13));
    expect_silence(&p, &c, 20);
    assert_int_equal(c.messages, held);
    while (c.messages < 4) {
        assert_int_equal(ot_transport_ack(c.t, c.number), OT_OK);
        client_poll(&c, 5);
    }
    if (c.messages == 4) assert_int_equal(ot_transport_ack(c.t, c.number - 1), OT_OK); /* a part of it: nothing goes */
    assert_int_equal(ot_transport_ack(c.t, c.number), OT_OK);
    for (unsigned char mid = 11; mid <= 13; mid++) {
        const unsigned char *body = expect(&p, &c, 4);
        assert_true(body[0] == 0 && body[1] == mid);
    }
    expect_silence(&p, &c, 10);
    client_close(&c);
    /* closed without a word */
    WAIT((peer_read(&p), true), NULL, NULL);
    unsigned char type;
    const unsigned char *body;
    assert_int_equal(peer_packet(&p, &type, &body), 0);
    peer_close(&p);
}

/* PUBREC must go out, or a QoS 2 message never comes; its PUBCOMP waits. */
static void qos_2(void **state) {
    (void)state;
    peer p;
    client c;
    assert_true(peer_listen(&p, 5, 0));
    ot_transport_config config = receiver(&c);
    assert_int_equal(client_open(&c, p.url, &config, NULL), OT_OK);
    shake_hands(&p, &c);
    assert_true(peer_publish(&p, "a", "x", 1, 2, 7));
    (void)expect(&p, &c, 5);
    assert_int_equal(c.messages, 0);
    static const unsigned char pubrel[] = {0x62, 2, 0, 7};
    assert_true(peer_send(&p, pubrel, sizeof pubrel));
    WAIT(c.messages == 1, &c, NULL);
    expect_silence(&p, &c, 20);
    assert_int_equal(ot_transport_ack(c.t, c.number), OT_OK);
    (void)expect(&p, &c, 7);
    client_close(&c);
    peer_close(&p);
}

/* Stopped with deliveries that nobody acknowledged: DISCONNECT, and no PUBACK. */
static void stopped_while_held(void **state) {
    (void)state;
    peer p;
    client c;
    assert_true(peer_listen(&p, 5, 0));
    ot_transport_config config = receiver(&c);
    assert_int_equal(client_open(&c, p.url, &config, NULL), OT_OK);
    shake_hands(&p, &c);
    assert_true(peer_publish(&p, "a", "1", 1, 1, 11));
    WAIT(c.messages == 1, &c, NULL);
    ot_transport_stop(c.t);
    assert_int_equal(ot_transport_poll(c.t, 0), OT_DONE);
    (void)expect(&p, NULL, 14);
    client_close(&c);
    peer_close(&p);
}

/* The broker does not read: what could not be written of the acknowledgements is written before anything new is read. */
static void partial_write(void **state) {
    (void)state;
    enum { MANY = 3000 };
    peer p;
    client c;
    assert_true(peer_listen(&p, 5, 2048));
    ot_transport_config config = receiver(&c);
    config.batch_count = MANY;
    assert_int_equal(client_open(&c, p.url, &config, NULL), OT_OK);
    shake_hands(&p, &c);
    ot_wait w = {.size = sizeof w};
    assert_int_equal(ot_transport_wait(c.t, &w), OT_OK);
    int small = 2048;
    assert_int_equal(setsockopt(w.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    for (unsigned i = 1; i <= MANY; i++) {
        assert_true(peer_publish(&p, "a", "x", 1, 1, i));
        if (i % 500 == 0) client_poll(&c, 0); /* makes room; whatever is read is held from the first batch on */
        if (c.messages) {
            assert_int_equal(ot_transport_ack(c.t, c.number), OT_OK);
        }
    }
    int64_t end = client_now() + CLIENT_PATIENCE;
    bool stuck = false;
    while (!stuck && client_now() < end && c.messages < MANY) {
        client_poll(&c, 1);
        assert_int_equal(ot_transport_ack(c.t, c.number), OT_OK);
        ot_transport_wait(c.t, &w);
        stuck = w.writable;
    }
    ot_transport_wait(c.t, &w);
    assert_true(w.writable && !w.readable); /* acknowledgements are still queued: nothing is read */
    int before = c.messages;
    assert_true(peer_publish(&p, "a", "late", 4, 1, 30000));
    for (int i = 0; i < 20; i++)
        client_poll(&c, 1);
    assert_int_equal(c.messages, before);
    /* the broker reads again: everything comes, in order, once */
    unsigned next = 1;
    end = client_now() + CLIENT_PATIENCE;
    while (next <= MANY && client_now() < end) {
        unsigned char type;
        const unsigned char *body;
        client_poll(&c, 0);
        if (c.messages < MANY) (void)ot_transport_ack(c.t, c.number);
        peer_read(&p);
        while (next <= MANY && peer_packet(&p, &type, &body)) {
            assert_int_equal(type, 4);
            assert_int_equal((unsigned)body[0] << 8 | body[1], next);
            next++;
        }
        if (c.messages >= MANY && next <= MANY) (void)ot_transport_ack(c.t, MANY);
    }
    assert_int_equal(next, MANY + 1);
    WAIT(c.messages == MANY + 1, &c, NULL);
    assert_string_equal(c.payload, "late");
    client_close(&c);
    peer_close(&p);
}

/* Deliveries that nobody acknowledges end the connection at half of the keepalive, not when the broker loses its patience. */
static void held_too_long(void **state) {
    (void)state;
    peer p;
    client c;
    assert_true(peer_listen(&p, 5, 0));
    ot_transport_config config = receiver(&c);
    config.keepalive = 5;
    assert_int_equal(client_open(&c, p.url, &config, NULL), OT_OK);
    shake_hands(&p, &c);
    assert_true(peer_publish(&p, "a", "1", 1, 1, 11));
    WAIT(c.messages == 1, &c, NULL);
    int64_t start = client_now();
    while (client_link(&c) == OT_LINK_CONNECTED && client_now() - start < 10000) {
        expect_silence(&p, &c, 1);
    }
    assert_in_range(client_now() - start, 2000, 5000);
    assert_int_equal(client_state(&c).last_error, OT_ETIMEOUT);
    assert_int_equal(ot_transport_ack(c.t, 1), OT_ERANGE);
    client_close(&c);
    peer_close(&p);
}

/* An idle connection is kept alive, and a broker that does not answer PINGREQ is left. */
static void keepalive(void **state) {
    (void)state;
    peer p;
    client c;
    assert_true(peer_listen(&p, 5, 0));
    ot_transport_config config = receiver(&c);
    config.keepalive = 5;
    assert_int_equal(client_open(&c, p.url, &config, NULL), OT_OK);
    shake_hands(&p, &c);
    int64_t start = client_now();
    (void)expect(&p, &c, 12);
    assert_in_range(client_now() - start, 3000, 7500); /* the broker waits one and a half */
    static const unsigned char pingresp[] = {0xD0, 0};
    assert_true(peer_send(&p, pingresp, sizeof pingresp));
    (void)expect(&p, &c, 12);
    WAIT(client_link(&c) == OT_LINK_WAITING, &c, NULL);
    assert_int_equal(client_state(&c).last_error, OT_ETIMEOUT);
    client_close(&c);
    peer_close(&p);
}

static void fails_with(client *c, const char *url, ot_transport_config *config, ot_status want, int within) {
    assert_int_equal(client_open(c, url, config, NULL), OT_OK);
    int64_t start = client_now();
    while (client_state(c).last_error == OT_OK && client_now() - start < within)
        client_poll(c, 5);
    ot_transport_state s = client_state(c);
    if (s.last_error != want)
        fail_msg("%s: %.*s", ot_status_name(s.last_error), (int)s.last_reason.len, s.last_reason.ptr);
    assert_int_equal(s.link, OT_LINK_WAITING);
    assert_true(s.next_attempt != OT_TIME_NONE && ot_status_is_transient(want));
    assert_true(c->longest_poll < 500);
    /* and it is tried again */
    while (client_state(c).attempts < 2 && client_now() - start < within)
        client_poll(c, 20);
    assert_true(client_state(c).attempts >= 2);
    assert_non_null(strstr(c->log, "4 mqtt://"));
}

static void refused_and_unknown(void **state) {
    (void)state;
    peer p;
    client c;
    assert_true(peer_listen(&p, 5, 0));
    peer_close(&p); /* nobody listens there now */
    ot_transport_config config = receiver(&c);
    fails_with(&c, p.url, &config, OT_EREFUSED, 10000);
    client_close(&c);
    config = receiver(&c);
    fails_with(&c, "mqtt://nobody.invalid", &config, OT_ELOOKUP, 10000);
    assert_non_null(strstr(c.log, "nobody.invalid"));
    client_close(&c);
}

/* A broker that never answers, and a queue of connections that is full: the time for connecting ends both, and nothing waits meanwhile. */
static void silence(void **state) {
    (void)state;
    peer p;
    client c, fill[3];
    assert_true(peer_listen(&p, 5, 0));
    ot_transport_config config = receiver(&c);
    config.connect_timeout = 1;
    fails_with(&c, p.url, &config, OT_ETIMEOUT, 10000);
    assert_non_null(strstr(c.log, "did not answer CONNECT"));
    client_close(&c);
    peer_close(&p);
    assert_true(peer_listen(&p, 0, 0));
    for (int i = 0; i < 3; i++) {
        config = receiver(&fill[i]);
        config.connect_timeout = 60;
        assert_int_equal(client_open(&fill[i], p.url, &config, NULL), OT_OK);
        for (int k = 0; k < 20; k++)
            client_poll(&fill[i], 5);
    }
    config = receiver(&c);
    config.connect_timeout = 1;
    fails_with(&c, p.url, &config, OT_ETIMEOUT, 10000);
    client_close(&c);
    for (int i = 0; i < 3; i++)
        client_close(&fill[i]);
    peer_close(&p);
}

/* A lookup that hangs holds nothing: not poll, not close, and it ends alone. */
static void slow_lookup(void **state) {
    (void)state;
    client c;
    lookup_held = true;
    ot_transport_config config = receiver(&c);
    config.connect_timeout = 1;
    fails_with(&c, "mqtt://slow.invalid", &config, OT_ETIMEOUT, 10000);
    ot_wait w = {.size = sizeof w};
    int64_t start = client_now();
    ot_transport_wait(c.t, &w);
    client_close(&c); /* while one hangs */
    assert_true(client_now() - start < 500);
    config = receiver(&c);
    config.connect_timeout = 30;
    assert_int_equal(client_open(&c, "mqtt://slow.invalid", &config, NULL), OT_OK);
    for (int i = 0; i < 10; i++)
        client_poll(&c, 5);
    assert_int_equal(client_link(&c), OT_LINK_CONNECTING);
    pthread_mutex_lock(&lookup_lock);
    lookup_held = false;
    pthread_cond_broadcast(&lookup_free);
    pthread_mutex_unlock(&lookup_lock);
    WAIT(client_link(&c) == OT_LINK_WAITING, &c, NULL);
    assert_int_equal(client_state(&c).last_error, OT_ELOOKUP);
    client_close(&c);
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        int code;
        ot_status status;
    } answers[] = {{1, OT_EREFUSED}, {2, OT_EREFUSED}, {3, OT_EREFUSED}, {4, OT_EAUTH}, {5, OT_EAUTH}};
    for (size_t i = 0; i < 5; i++) {
        peer p;
        client c;
        assert_true(peer_listen(&p, 5, 0));
        ot_transport_config config = receiver(&c);
        assert_int_equal(client_open(&c, p.url, &config, NULL), OT_OK);
        WAIT(peer_accept(&p), &c, NULL);
        (void)expect(&p, &c, 1);
        assert_true(peer_connack(&p, false, answers[i].code));
        WAIT(client_link(&c) == OT_LINK_WAITING, &c, NULL);
        assert_int_equal(client_state(&c).last_error, answers[i].status);
        client_close(&c);
        /* hung up in the middle, and rubbish */
        peer_hang_up(&p);
        config = receiver(&c);
        assert_int_equal(client_open(&c, p.url, &config, NULL), OT_OK);
        WAIT(peer_accept(&p), &c, NULL);
        (void)expect(&p, &c, 1);
        if (i % 2)
            for (int k = 0; k < 8; k++)
                assert_true(peer_send(&p, "HTTP/1.1 400 Bad Request\r\n\r\n", 28));
        else
            peer_hang_up(&p);
        WAIT(client_link(&c) == OT_LINK_WAITING, &c, NULL);
        assert_int_equal(client_state(&c).last_error, OT_ELOST);
        client_close(&c);
        peer_close(&p);
    }
}

static void bad_urls(void **state) {
    (void)state;
    static const char *const urls[] = {"mqtt:",       "mqtt:host",      "mqtt://",       "mqtt://:1883",  "mqtt://a b",
                                       "mqtt://h:0",  "mqtt://h:65536", "mqtt://h:x",    "mqtt://h/path", "mqtt://h?x",
                                       "mqtt://[::1", "mqtt://joe@h",   "mqtt://joe:x@h"};
    client c;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        ot_error e = {OT_OK, 0, 0, "", ""};
        ot_transport_config config = receiver(&c);
        if (client_open(&c, urls[i], &config, &e) != OT_EINVAL) fail_msg("%s", urls[i]);
        assert_string_equal(e.field, "url");
    }
    ot_error e = {OT_OK, 0, 0, "", ""};
    ot_transport_config config = client_config(&c, OT_RECEIVE, NULL);
    assert_int_equal(client_open(&c, "mqtt://h", &config, &e), OT_EINVAL);
    assert_string_equal(e.field, "client_id");
    config = receiver(&c);
    config.ca_file = "/nonexistent";
    assert_int_equal(client_open(&c, "mqtt://h", &config, &e), OT_EINVAL);
    assert_int_equal(client_open(&c, "mqtts://h", &config, &e), OT_ENOTFOUND);
    assert_string_equal(e.field, "ca_file");
    ot_option o = {"colour", "blue"};
    config = receiver(&c);
    config.options = &o;
    config.option_count = 1;
    assert_int_equal(client_open(&c, "mqtt://[::1]:1883/", &config, &e), OT_EINVAL);
    assert_string_equal(e.field, "colour");
    config.option_count = 0;
    assert_int_equal(client_open(&c, "mqtt://[::1]:1883/", &config, &e), OT_OK);
    client_close(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_before_ack),
        cmocka_unit_test(qos_2),
        cmocka_unit_test(stopped_while_held),
        cmocka_unit_test(partial_write),
        cmocka_unit_test(held_too_long),
        cmocka_unit_test(keepalive),
        cmocka_unit_test(refused_and_unknown),
        cmocka_unit_test(silence),
        cmocka_unit_test(slow_lookup),
        cmocka_unit_test(refusals),
        cmocka_unit_test(bad_urls),
    };
    if (!OT_HAVE_MOSQUITTO) return 0;
    return cmocka_run_group_tests_name("mqtt peer", tests, setup, NULL);
}
