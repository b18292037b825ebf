/* transport_basic.c: transport suite: order, numbers, QoS, bytes, topics, retained messages, wills, states, stopping. */
#include "transport_suite.h"

#include <poll.h>
#include <stdio.h>

#define IN  (&s->parties[0])
#define OUT (&s->parties[1])

static bool pair(tsuite *s, const char *filter, uint8_t qos) {
    return ot__tsuite_open(s, 0, OT_RECEIVE, "in", filter, qos, true, NULL) &&
           ot__tsuite_open(s, 1, OT_SEND, NULL, NULL, 0, true, NULL);
}

static void t_order(tsuite *s) {
    NEED(pair(s, "#", 1));
    CHECK(IN->granted == 1);
    NEED(ot__tsuite_numbers(s, 1, "x", 0, 15));
    DRAIN(IN->messages >= 15);
    CHECK(strcmp(IN->all, "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 ") == 0);
    for (int i = 0; i < 4; i++) {
        STATUS(OT_OK, ot_transport_ack(IN->t, IN->number));
        NEED(ot__tsuite_numbers(s, 1, "x", 100 + 50 * i, 50));
        DRAIN(IN->messages >= 15 + 50 * (size_t)(i + 1));
    }
    CHECK(IN->gaps == 0);
    CHECK(IN->number == 215 && IN->messages == 215);
    CHECK(ot__tsuite_state(IN).delivered == 215);
    STATUS(OT_ERANGE, ot_transport_ack(IN->t, 216));
    STATUS(OT_OK, ot_transport_ack(IN->t, 215));
    STATUS(OT_OK, ot_transport_ack(IN->t, 3));
    CHECK(ot__tsuite_state(IN).acked == 215);
}

static void t_qos(tsuite *s) {
    for (uint8_t granted = 0; granted <= 2; granted++) {
        NEED(pair(s, "#", granted));
        for (uint8_t sent = 0; sent <= 2; sent++) {
            size_t before = IN->messages, acked = OUT->acked;
            NEED(ot__tsuite_send(s, 1, "q", OT_STR("x"), sent, false));
            UNTIL(IN->messages > before && OUT->acked > acked);
            CHECK(IN->qos == (sent < granted ? sent : granted));
            STATUS(OT_OK, ot_transport_ack(IN->t, IN->number));
            for (int i = 0; i < 5; i++)
                ot__tsuite_turn(s);
            CHECK(IN->messages == before + 1);
        }
        CHECK(OUT->acked == 3 && OUT->failed == 0 && OUT->unknown == 0 && OUT->token == 3);
    }
}

static void one_payload(tsuite *s, ot_str payload) {
    size_t before = IN->messages;
    IN->want = payload;
    NEED(ot__tsuite_send(s, 1, "bytes", payload, 1, false));
    UNTIL(IN->messages > before);
    CHECK(IN->len == payload.len && IN->same);
    STATUS(OT_OK, ot_transport_ack(IN->t, IN->number));
}

static void t_payloads(tsuite *s) {
    NEED(pair(s, "#", 1));
    one_payload(s, OT_STR(""));
    one_payload(s, ot_str_of(NULL, 0));
    one_payload(s, OT_STR("\0"));
    char bytes[256];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    one_payload(s, ot_str_of(bytes, sizeof bytes));
    size_t size = (size_t)1 << 20;
    char *large = ot_mem_alloc(size);
    if (!CHECK(large != NULL)) return;
    for (size_t i = 0; i < size; i++)
        large[i] = (char)(i * 31 + i / 256);
    one_payload(s, ot_str_of(large, size));
    one_payload(s, ot_str_of(large, 65536));
    ot_mem_free(large, size);
}

static void t_topics(tsuite *s) {
    NEED(pair(s, "#", 1));
    char longest[400];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    const char *const topics[] = {"a", "\xc3\xa9/\xe6\x97\xa5\xe6\x9c\xac/\xf0\x9f\x99\x82", "a b/ /c", "//", longest};
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        char name[512];
        size_t before = IN->messages;
        NEED(ot__tsuite_send(s, 1, topics[i], OT_STR("x"), 1, false));
        UNTIL(IN->messages > before);
        CHECK(ot_str_eq(ot_str_c(IN->topic), ot__tsuite_topic(s, topics[i], name)));
        STATUS(OT_OK, ot_transport_ack(IN->t, IN->number));
    }
    ot_publication p = {OT_STR("a/#"), OT_STR(""), 0, false};
    STATUS(OT_ETOPIC, ot_transport_publish(OUT->t, &p, NULL, NULL));
    p.topic = OT_STR("a/\xff");
    STATUS(OT_EUTF8, ot_transport_publish(OUT->t, &p, NULL, NULL));
}

static void t_retained(tsuite *s) {
    NEED(ot__tsuite_open(s, 1, OT_SEND, NULL, NULL, 0, true, NULL));
    NEED(ot__tsuite_send(s, 1, "kept", OT_STR("old"), 1, true));
    UNTIL(OUT->acked == 1);
    NEED(ot__tsuite_open(s, 0, OT_RECEIVE, "in", "#", 1, true, NULL));
    UNTIL(IN->messages == 1);
    CHECK(IN->retained == 1 && strcmp(IN->payload, "old") == 0);
    STATUS(OT_OK, ot_transport_ack(IN->t, IN->number));
    NEED(ot__tsuite_send(s, 1, "kept", OT_STR("new"), 1, true));
    UNTIL(IN->messages == 2);
    CHECK(IN->retained == 1); /* it is live for those who listen */
    STATUS(OT_OK, ot_transport_ack(IN->t, IN->number));
    NEED(ot__tsuite_send(s, 1, "kept", OT_STR(""), 1, true));
    UNTIL(IN->messages == 3 && OUT->acked == 3);
    NEED(ot__tsuite_open(s, 0, OT_RECEIVE, "in", "#", 1, true, NULL));
    NEED(ot__tsuite_send(s, 1, "live", OT_STR("x"), 1, false));
    UNTIL(IN->messages >= 1);
    CHECK(IN->retained == 0 && IN->messages == 1);
}

static void t_will(tsuite *s) {
    char name[512];
    ot_publication will = {ot__tsuite_topic(s, "will", name), OT_STR("gone"), 1, false};
    NEED(pair(s, "#", 1));
    NEED(ot__tsuite_open(s, 2, OT_SEND, NULL, NULL, 0, true, &will));
    ot_transport_stop(s->parties[2].t);
    UNTIL(ot_transport_poll(s->parties[2].t, 0) == OT_DONE);
    NEED(ot__tsuite_numbers(s, 1, "x", 1, 1)); /* behind it: had there been a will, it would be here first */
    UNTIL(IN->messages >= 1);
    CHECK(strcmp(IN->all, "1 ") == 0);
    STATUS(OT_OK, ot_transport_ack(IN->t, IN->number));
    NEED(ot__tsuite_open(s, 2, OT_SEND, NULL, NULL, 0, true, &will));
    ot__tsuite_close(s, 2);
    UNTIL(IN->messages >= 2);
    CHECK(strcmp(IN->all, "1 gone ") == 0 && IN->qos == 1);
}

static void t_states(tsuite *s) {
    NEED(pair(s, "#", 1));
    CHECK(IN->states >= 2 && IN->links[0] == OT_LINK_CONNECTING && IN->links[1] == OT_LINK_CONNECTED);
    ot_transport_state state = ot__tsuite_state(IN);
    CHECK(state.connects == 1 && state.attempts == 0 && state.last_error == OT_OK &&
          state.last_connected != OT_TIME_NONE);
    CHECK(state.next_attempt == OT_TIME_NONE && !state.session_present);
    ot_publication p = {OT_STR("a"), OT_STR(""), 0, false};
    STATUS(OT_EUNSUPPORTED, ot_transport_publish(IN->t, &p, NULL, NULL));
    NEED(ot__tsuite_send(s, 1, "x", OT_STR("1"), 1, false));
    ot_transport_stop(OUT->t); /* what is on its way is answered first */
    UNTIL(ot_transport_poll(OUT->t, 0) == OT_DONE);
    CHECK(OUT->acked == 1 && OUT->unknown == 0);
    CHECK(ot__tsuite_state(OUT).link == OT_LINK_ENDED && OUT->links[OUT->states - 1] == OT_LINK_ENDED);
    STATUS(OT_DONE, ot_transport_poll(OUT->t, 0));
    STATUS(OT_ECLOSED, ot_transport_publish(OUT->t, &p, NULL, NULL));
    UNTIL(IN->messages == 1);
    ot_transport_stop(IN->t); /* with a delivery that nobody acknowledged */
    UNTIL(ot_transport_poll(IN->t, 0) == OT_DONE);
    CHECK(ot__tsuite_state(IN).acked == 0);
}

/* A loop of one's own: turns are taken only when wait says so. */
static void t_wait(tsuite *s) {
    NEED(pair(s, "#", 1));
    for (int i = 0; i < 20; i++) {
        NEED(ot__tsuite_send(s, 1, "x", OT_STR("1"), 1, false));
        size_t want = IN->messages + 1, acked = OUT->acked + 1;
        ot_time end = ot_time_now() + 30000;
        while ((IN->messages < want || OUT->acked < acked) && ot_time_now() < end) {
            struct pollfd fds[2];
            int timeout = 10000;
            for (int k = 0; k < 2; k++) {
                ot_wait w = {.size = sizeof w};
                STATUS(OT_OK, ot_transport_wait(s->parties[k].t, &w));
                fds[k].fd = w.fd;
                fds[k].events = (short)((w.readable ? POLLIN : 0) | (w.writable ? POLLOUT : 0));
                fds[k].revents = 0;
                if (w.timeout >= 0 && w.timeout < timeout) timeout = w.timeout;
            }
            ot_time before = ot_time_now();
            (void)poll(fds, 2, timeout);
            CHECK(timeout < 5000 || ot_time_now() - before < 5000); /* it was woken by what came, not by the clock */
            for (int k = 0; k < 2; k++)
                STATUS(OT_OK, ot_transport_poll(s->parties[k].t, 0));
        }
        if (!CHECK(IN->messages == want && OUT->acked == acked)) return;
        STATUS(OT_OK, ot_transport_ack(IN->t, IN->number));
    }
}

const transport_test ot__suite_transport_basic[] = {
    {"order", t_order},
    {"service-levels", t_qos},
    {"payloads", t_payloads},
    {"topics", t_topics},
    {"kept-messages", t_retained},
    {"will", t_will},
    {"states", t_states},
    {"wait", t_wait},
    {NULL, NULL},
};
