/* transport_faults.c: transport suite: what is not acknowledged comes again; connections that end; another client with the same id. */
#include "transport_suite.h"

#define IN  (&s->parties[0])
#define OUT (&s->parties[1])

static bool kept_pair(tsuite *s) {
    return ot__tsuite_open(s, 0, OT_RECEIVE, "kept", "#", 1, false, NULL) &&
           ot__tsuite_open(s, 1, OT_SEND, NULL, NULL, 0, true, NULL);
}

/* Leaves no session behind. */
static void forget(tsuite *s) {
    (void)ot__tsuite_open(s, 0, OT_RECEIVE, "kept", NULL, 0, true, NULL);
}

/* Ends in order, so that what was acknowledged is known to have gone: an end without a word may lose the last acknowledgements. */
static bool leave(tsuite *s) {
    ot_time end = ot_time_now() + 30000;
    while (ot__tsuite_state(IN).link != OT_LINK_CONNECTED && ot_time_now() < end) {
        ot__tsuite_turn(s);
        ot__tsuite_ack(s);
    }
    ot_transport_stop(IN->t);
    while (ot_transport_poll(IN->t, 2) != OT_DONE && ot_time_now() < end) {
    }
    ot__tsuite_close(s, 0);
    return CHECK(ot_time_now() < end);
}

static void t_redelivery(tsuite *s) {
    NEED(kept_pair(s));
    NEED(ot__tsuite_numbers(s, 1, "x", 1, 10));
    DRAIN(ot__tsuite_has(IN, 1, 10));
    NEED(ot__tsuite_numbers(s, 1, "x", 100, 10));
    UNTIL(IN->messages > 10);
    for (int i = 0; i < 10; i++)
        ot__tsuite_turn(s); /* held */
    NEED(ot__tsuite_open(s, 0, OT_RECEIVE, "kept", "#", 1, false, NULL));
    DRAIN(ot__tsuite_has(IN, 100, 10));
    CHECK(ot__tsuite_has_none(IN, 1, 10));
    CHECK(IN->gaps == 0);
    /* a part acknowledged, and the connection closed: nothing of the batch is lost */
    NEED(leave(s));
    NEED(ot__tsuite_numbers(s, 1, "x", 200, 10));
    NEED(ot__tsuite_open(s, 0, OT_RECEIVE, "kept", "#", 1, false, NULL));
    UNTIL(IN->messages >= 1);
    if (IN->messages > 1) STATUS(OT_OK, ot_transport_ack(IN->t, IN->number - 1));
    ot__tsuite_turn(s);
    NEED(ot__tsuite_open(s, 0, OT_RECEIVE, "kept", "#", 1, false, NULL));
    DRAIN(ot__tsuite_has(IN, 200, 10));
    /* while nobody listens */
    NEED(leave(s));
    NEED(ot__tsuite_numbers(s, 1, "x", 300, 5));
    NEED(ot__tsuite_open(s, 0, OT_RECEIVE, "kept", "#", 1, false, NULL));
    DRAIN(ot__tsuite_has(IN, 300, 5));
    CHECK(ot__tsuite_has_none(IN, 100, 10));
    forget(s);
}

static void t_reject(tsuite *s) {
    NEED(kept_pair(s));
    NEED(ot__tsuite_numbers(s, 1, "x", 1, 5));
    UNTIL(IN->messages >= 1);
    size_t first = IN->messages;
    uint64_t number = IN->number;
    ot_transport_reject(IN->t, "the store is full");
    ot_transport_state state = ot__tsuite_state(IN);
    CHECK(state.link == OT_LINK_WAITING && state.next_attempt != OT_TIME_NONE && state.last_error != OT_OK);
    CHECK(ot_str_eq(state.last_reason, OT_STR("the store is full")));
    STATUS(OT_ERANGE, ot_transport_ack(IN->t, number));
    for (int i = 0; i < 5; i++)
        ot__tsuite_turn(s);
    CHECK(IN->messages == first); /* not before the pause is over */
    IN->all[0] = 0;
    s->ahead += 60000;
    DRAIN(ot__tsuite_has(IN, 1, 5));
    CHECK(IN->gaps == 0);
    UNTIL(ot__tsuite_state(IN).link == OT_LINK_CONNECTED);
    CHECK(ot__tsuite_state(IN).connects == 2);
    forget(s);
}

static void t_takeover(tsuite *s) {
    NEED(kept_pair(s));
    NEED(ot__tsuite_open(s, 2, OT_RECEIVE, "kept", "#", 1, false, NULL));
    UNTIL(ot__tsuite_state(IN).link == OT_LINK_WAITING);
    CHECK(ot__tsuite_state(IN).last_error == OT_ELOST);
    NEED(ot__tsuite_numbers(s, 1, "x", 1, 3));
    UNTIL(s->parties[2].messages >= 1);
    CHECK(IN->messages == 0);
    ot__tsuite_close(s, 2);
    s->ahead += 60000;
    DRAIN(ot__tsuite_has(IN, 1, 3)); /* the first one comes back and has what the second did not acknowledge */
    forget(s);
}

static void t_outage(tsuite *s) {
    if (!s->factory->down || !s->factory->up) return;
    NEED(kept_pair(s));
    NEED(ot__tsuite_numbers(s, 1, "x", 1, 10));
    UNTIL(IN->messages >= 1); /* some are held */
    STATUS(OT_OK, s->factory->down(s->factory->ctx));
    size_t unknown = 0;
    for (int i = 0; i < 5; i++) { /* on the way when it ends; it may be seen to have ended before */
        char topic[512];
        ot_publication p = {ot__tsuite_topic(s, "x", topic), OT_STR("7777"), 1, false};
        if (ot_transport_publish(OUT->t, &p, NULL, NULL) == OT_OK) unknown++;
    }
    UNTIL(ot__tsuite_state(OUT).link == OT_LINK_WAITING);
    CHECK(OUT->unknown == unknown);
    STATUS(OT_OK, ot_transport_ack(IN->t, IN->number)); /* too late, and harmless */
    UNTIL(ot__tsuite_state(IN).link == OT_LINK_WAITING);
    CHECK(ot__tsuite_state(IN).last_error != OT_OK);
    s->ahead += 60000;
    UNTIL(ot__tsuite_state(IN).attempts >= 1 && ot__tsuite_state(IN).link == OT_LINK_WAITING); /* and again in vain */
    STATUS(OT_OK, s->factory->up(s->factory->ctx));
    IN->all[0] = 0;
    s->ahead += 60000;
    UNTIL(ot__tsuite_state(OUT).link == OT_LINK_CONNECTED);
    NEED(ot__tsuite_numbers(s, 1, "x", 100, 10));
    DRAIN(ot__tsuite_has(IN, 100, 10) && ot__tsuite_has(IN, 1, 10));
    CHECK(IN->gaps == 0);
    CHECK(ot__tsuite_state(OUT).connects == 2);
    forget(s);
}

const transport_test ot__suite_transport_faults[] = {
    {"redelivery", t_redelivery}, {"reject", t_reject}, {"takeover", t_takeover}, {"outage", t_outage}, {NULL, NULL},
};
