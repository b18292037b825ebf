/* `loopback:`: what the conformance suite does not look at: threads, names, what a broker keeps, that nothing is left. */
/* ctest: threads */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>

#include <owntracks/transport.h>

typedef struct seen {
    int messages, retained, dups, acked, subscribed;
    uint64_t number;
    char text[4096];
} seen;

static void on_message(void *ctx, const ot_envelope *e, uint64_t number) {
    seen *s = ctx;
    size_t at = strlen(s->text);
    s->messages++;
    s->retained += e->retained;
    s->dups += e->dup;
    s->number = number;
    assert_int_equal(e->origin, OT_ORIGIN_MQTT);
    assert_true(e->arrival > 0);
    if (sizeof s->text - at > 64) {
        snprintf(s->text + at, sizeof s->text - at, "%.*s=%.*s/%u ", (int)e->topic.len, e->topic.ptr,
                 (int)e->payload.len, e->payload.ptr, e->qos);
    }
}
static void on_published(void *ctx, uint64_t token, ot_fate fate, ot_status status) {
    seen *s = ctx;
    (void)token;
    assert_int_equal(status, OT_OK);
    if (fate == OT_FATE_ACKED) s->acked++;
}
static void on_subscribed(void *ctx, const char *filter, ot_status status, uint8_t qos) {
    seen *s = ctx;
    assert_non_null(filter);
    assert_int_equal(status, OT_OK);
    assert_true(qos <= 2);
    s->subscribed++;
}

static ot_transport *open_it(const char *url, ot_direction direction, const char *id, const ot_subscription *subs,
                             size_t count, seen *s, const ot_publication *will, bool clean) {
    ot_transport_config c = OT_TRANSPORT_CONFIG_INIT;
    memset(s, 0, sizeof *s);
    c.direction = direction;
    c.client_id = id;
    c.subscriptions = subs;
    c.subscription_count = count;
    c.will = will;
    c.clean_session = clean;
    c.handlers.message = on_message;
    c.handlers.published = on_published;
    c.handlers.subscribed = on_subscribed;
    c.handlers.ctx = s;
    ot_transport *t = NULL;
    assert_int_equal(ot_transport_open(url, &c, &t, NULL), OT_OK);
    assert_int_equal(ot_transport_poll(t, 0), OT_OK);
    return t;
}

static void send_one(ot_transport *t, const char *topic, const char *payload, uint8_t qos, bool retain) {
    ot_publication p = {ot_str_c(topic), ot_str_c(payload), qos, retain};
    assert_int_equal(ot_transport_publish(t, &p, NULL, NULL), OT_OK);
    assert_int_equal(ot_transport_poll(t, 0), OT_OK);
}

static void overlapping_subscriptions(void **state) {
    (void)state;
    seen r, s;
    ot_subscription subs[] = {{"a/#", 0}, {"a/+", 2}, {"+/b", 1}};
    ot_transport *in = open_it("loopback:overlap", OT_RECEIVE, NULL, subs, 3, &r, NULL, false);
    ot_transport *out = open_it("loopback:overlap", OT_SEND, NULL, NULL, 0, &s, NULL, true);
    ot_transport *elsewhere = open_it("loopback:another", OT_SEND, NULL, NULL, 0, &s, NULL, true);
    assert_int_equal(r.subscribed, 3);
    send_one(out, "a/b", "1", 2, false);
    send_one(out, "a/b", "2", 1, false);
    send_one(out, "a/b/c", "3", 2, false);
    send_one(out, "x/y", "4", 2, false);
    send_one(elsewhere, "a/b", "5", 2, false);
    assert_int_equal(ot_transport_poll(in, 0), OT_OK);
    assert_string_equal(r.text, "a/b=1/2 a/b=2/1 a/b/c=3/0 ");
    ot_transport_close(in);
    ot_transport_close(out);
    ot_transport_close(elsewhere);
}

static void a_session_is_kept(void **state) {
    (void)state;
    seen r, s;
    ot_subscription subs[] = {{"a/#", 1}, {"b", 1}};
    ot_transport *in = open_it("loopback:kept", OT_RECEIVE, "me", subs, 2, &r, NULL, false);
    ot_transport *out = open_it("loopback:kept", OT_SEND, NULL, NULL, 0, &s, NULL, true);
    send_one(out, "a/1", "x", 1, false);
    send_one(out, "a/2", "x", 0, false);
    ot_transport_poll(in, 0);
    assert_int_equal(r.messages, 2);
    ot_transport_close(in); /* not acknowledged */
    send_one(out, "b", "while away", 1, false);
    send_one(out, "b", "not kept", 0, false);
    ot_transport_close(out); /* nobody is there, and the broker keeps what it has */
    const char *gone[] = {"b"};
    ot_transport_config c = OT_TRANSPORT_CONFIG_INIT;
    memset(&r, 0, sizeof r);
    c.client_id = "me";
    c.unsubscribe = gone;
    c.unsubscribe_count = 1;
    c.handlers.message = on_message;
    c.handlers.ctx = &r;
    assert_int_equal(ot_transport_open("loopback:kept", &c, &in, NULL), OT_OK);
    ot_transport_poll(in, 0);
    assert_string_equal(r.text, "a/1=x/1 b=while away/1 ");
    assert_int_equal(r.dups, 1);
    ot_transport_state st = {.size = sizeof st};
    ot_transport_state_get(in, &st);
    assert_true(st.session_present);
    assert_int_equal(ot_transport_ack(in, 2), OT_OK);
    out = open_it("loopback:kept", OT_SEND, NULL, NULL, 0, &s, NULL, true);
    send_one(out, "b", "no longer wanted", 1, false);
    send_one(out, "a/3", "y", 1, false);
    ot_transport_poll(in, 0);
    assert_int_equal(r.messages, 3);
    ot_transport_close(in);
    /* a clean session forgets it */
    in = open_it("loopback:kept", OT_RECEIVE, "me", NULL, 0, &r, NULL, true);
    send_one(out, "a/4", "y", 1, false);
    ot_transport_poll(in, 0);
    assert_int_equal(r.messages, 0);
    ot_transport_close(in);
    ot_transport_close(out);
}

static void taken_over(void **state) {
    (void)state;
    seen a, b;
    ot_subscription sub = {"#", 1};
    ot_publication will = {OT_STR("will"), OT_STR("gone"), 0, false};
    ot_transport *first = open_it("loopback:taken", OT_RECEIVE, "me", &sub, 1, &a, &will, false);
    ot_wait w = {.size = sizeof w};
    ot_transport_wait(first, &w);
    assert_true(w.readable && w.fd >= 0 && w.timeout == -1);
    ot_transport *second = open_it("loopback:taken", OT_RECEIVE, "me", &sub, 1, &b, NULL, false);
    struct pollfd p = {w.fd, POLLIN, 0};
    assert_int_equal(poll(&p, 1, 5000), 1);
    assert_int_equal(ot_transport_poll(first, 0), OT_OK);
    ot_transport_state st = {.size = sizeof st};
    ot_transport_state_get(first, &st);
    assert_int_equal(st.link, OT_LINK_WAITING);
    assert_int_equal(st.last_error, OT_ELOST);
    ot_transport_poll(second, 0);
    ot_transport_close(first);
    ot_transport_close(second);
    second = open_it("loopback:taken", OT_RECEIVE, "me", NULL, 0, &b, NULL, true);
    ot_transport_close(second);
}

static void batches(void **state) {
    (void)state;
    seen r, s;
    ot_subscription sub = {"#", 1};
    ot_transport_config c = OT_TRANSPORT_CONFIG_INIT;
    memset(&r, 0, sizeof r);
    c.subscriptions = &sub;
    c.subscription_count = 1;
    c.batch_count = 10;
    c.batch_bytes = 5;
    c.handlers.message = on_message;
    c.handlers.ctx = &r;
    ot_transport *in;
    assert_int_equal(ot_transport_open("loopback:batches", &c, &in, NULL), OT_OK);
    ot_transport_poll(in, 0);
    ot_transport *out = open_it("loopback:batches", OT_SEND, NULL, NULL, 0, &s, NULL, true);
    for (int i = 0; i < 30; i++)
        send_one(out, "a", i < 20 ? "" : "abc", 1, false);
    static const int expected[] = {10, 20, 22, 24, 26, 28, 30};
    for (size_t i = 0; i < 7; i++) {
        ot_transport_poll(in, 0);
        assert_int_equal(r.messages, expected[i]);
        ot_transport_poll(in, 100); /* held: nothing more, and at once */
        assert_int_equal(r.messages, expected[i]);
        ot_wait w = {.size = sizeof w};
        ot_transport_wait(in, &w);
        assert_int_equal(w.fd, -1);
        assert_int_equal(ot_transport_ack(in, r.number), OT_OK);
        ot_transport_wait(in, &w);
        assert_int_equal(w.timeout, i < 6 ? 0 : -1);
    }
    ot_transport_close(in);
    ot_transport_close(out);
}

static void bad_urls(void **state) {
    (void)state;
    ot_transport_config c = OT_TRANSPORT_CONFIG_INIT;
    ot_transport *t;
    ot_error e = {OT_OK, 0, 0, "", ""};
    assert_int_equal(ot_transport_open("loopback:", &c, &t, &e), OT_EINVAL);
    assert_string_equal(e.field, "url");
    ot_option o = {"colour", "blue"};
    c.options = &o;
    c.option_count = 1;
    assert_int_equal(ot_transport_open("loopback:x", &c, &t, &e), OT_EINVAL);
    assert_string_equal(e.field, "colour");
}

/* Two threads send, one receives and waits by the handle. */
typedef struct job {
    const char *topic, *failure;
} job;

static void *sender(void *ctx) {
    seen s;
    job *j = ctx;
    ot_transport *out = open_it("loopback:threads", OT_SEND, NULL, NULL, 0, &s, NULL, true);
    for (int i = 0; i < 2000;) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        ot_publication p = {ot_str_c(j->topic), ot_str_c(text), 1, false};
        ot_status status = ot_transport_publish(out, &p, NULL, NULL);
        if (status == OT_OK) {
            i++;
        } else if (status == OT_EBUSY) {
            ot_transport_poll(out, 10);
        } else {
            j->failure = "publish failed";
            break;
        }
    }
    ot_transport_stop(out);
    while (ot_transport_poll(out, 100) == OT_OK) {
    }
    ot_transport_close(out);
    if (!j->failure && s.acked != 2000) j->failure = "not all were acknowledged";
    return NULL;
}

typedef struct order {
    int next[2];
    uint64_t number;
} order;
static void in_order(void *ctx, const ot_envelope *e, uint64_t number) {
    order *o = ctx;
    int which = e->topic.ptr[0] - 'a', value = 0;
    for (size_t i = 0; i < e->payload.len; i++)
        value = value * 10 + (e->payload.ptr[i] - '0');
    assert_int_equal(value, o->next[which]);
    o->next[which]++;
    o->number = number;
}

static void threads(void **state) {
    (void)state;
    order o = {{0, 0}, 0};
    ot_subscription sub = {"+", 1};
    ot_transport_config c = OT_TRANSPORT_CONFIG_INIT;
    c.subscriptions = &sub;
    c.subscription_count = 1;
    c.batch_count = 64;
    c.handlers.message = in_order;
    c.handlers.ctx = &o;
    ot_transport *in;
    assert_int_equal(ot_transport_open("loopback:threads", &c, &in, NULL), OT_OK);
    ot_transport_poll(in, 0);
    pthread_t id[2];
    job jobs[2] = {{"a", NULL}, {"b", NULL}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&id[i], NULL, sender, &jobs[i]), 0);
    ot_time end = ot_time_now() + 60000;
    while (o.next[0] + o.next[1] < 4000 && ot_time_now() < end) {
        ot_wait w = {.size = sizeof w};
        ot_transport_wait(in, &w);
        struct pollfd p = {w.fd, w.readable ? POLLIN : 0, 0};
        poll(&p, 1, w.timeout < 0 ? 1000 : w.timeout);
        assert_int_equal(ot_transport_poll(in, 0), OT_OK);
        assert_int_equal(ot_transport_ack(in, o.number), OT_OK);
    }
    assert_int_equal(o.next[0], 2000);
    assert_int_equal(o.next[1], 2000);
    for (int i = 0; i < 2; i++) {
        pthread_join(id[i], NULL);
        if (jobs[i].failure) fail_msg("%s", jobs[i].failure);
    }
    ot_transport_close(in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlapping_subscriptions),
        cmocka_unit_test(a_session_is_kept),
        cmocka_unit_test(taken_over),
        cmocka_unit_test(batches),
        cmocka_unit_test(bad_urls),
        cmocka_unit_test(threads),
    };
    return cmocka_run_group_tests_name("loopback", tests, NULL, NULL);
}
