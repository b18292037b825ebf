/* MQTT with a real broker: what is acknowledged and when, what is lost and what is not, how failures are told. */
/* ctest: threads timeout=300 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <owntracks/mosquitto.h>

#include "support/broker.h"
#include "support/client.h"

#define BIG "max_inflight_messages 1000\nmax_queued_messages 0\npersistence true\n"

static int setup(void **state) {
    (void)state;
    return ot_mosquitto_register() == OT_OK ? 0 : -1;
}

static void start(broker *b, const char *lines) {
    assert_true(broker_init(b));
    assert_true(broker_start(b, lines));
}

static void receive(client *c, const broker *b, const char *id, const ot_subscription *sub, int version) {
    ot_transport_config config = client_config(c, OT_RECEIVE, id);
    config.subscriptions = sub;
    config.subscription_count = sub ? 1 : 0;
    config.mqtt_version = version;
    assert_int_equal(client_open(c, b->url, &config, NULL), OT_OK);
}

static void sender(client *c, const broker *b, int version) {
    ot_transport_config config = client_config(c, OT_SEND, NULL);
    config.mqtt_version = version;
    assert_int_equal(client_open(c, b->url, &config, NULL), OT_OK);
    WAIT(client_link(c) == OT_LINK_CONNECTED, c, NULL);
}

static void send_many(client *c, client *other, const char *topic, int first, int count, uint8_t qos) {
    int before = c->acked;
    for (int i = 0; i < count;) {
        char text[32];
        snprintf(text, sizeof text, "%d", first + i);
        ot_status status = client_send(c, topic, text, qos, false);
        if (status == OT_OK)
            i++;
        else
            assert_int_equal(status, OT_EBUSY);
        if (status != OT_OK) client_poll(c, 5);
    }
    WAIT(c->acked == before + count, c, other);
}

/* Every number from 0 to n-1 is among the payloads that were noted. */
static void assert_all(const char *all, int n) {
    for (int i = 0; i < n; i++) {
        char text[32];
        snprintf(text, sizeof text, "%d ", i);
        const char *p = strstr(all, text);
        while (p && p != all && p[-1] != ' ')
            p = strstr(p + 1, text);
        if (!p) fail_msg("%d is missing", i);
    }
}

static const ot_subscription everything = {"owntracks/#", 1};

/* Nothing is acknowledged before ack: whoever closes without has everything again. */
static void redelivery(void **state) {
    (void)state;
    broker b;
    client in, out;
    start(&b, BIG);
    for (int version = 3; version <= 5; version++) {
        receive(&in, &b, "store", &everything, version);
        WAIT(client_link(&in) == OT_LINK_CONNECTED, &in, NULL);
        assert_int_equal(in.granted, 1);
        sender(&out, &b, version);
        send_many(&out, NULL, "owntracks/a/b", 0, 300, 1);
        WAIT(in.messages > 0, &in, NULL);
        for (int i = 0; i < 20; i++)
            client_poll(&in, 5); /* held: no more than one batch comes, nothing goes */
        client_close(&in);
        receive(&in, &b, "store", &everything, version);
        in.ack = true;
        WAIT(in.messages >= 300, &in, NULL);
        assert_int_equal(in.messages, 300);
        assert_all(in.all, 300);
        WAIT(client_link(&in) == OT_LINK_CONNECTED, &in, NULL);
        assert_true(version == 3 || client_state(&in).session_present); /* MQTT 3.1 cannot say */
        client_poll(&in, 5);
        client_close(&in);
        /* and what was acknowledged does not come again */
        receive(&in, &b, "store", &everything, version);
        in.ack = true;
        WAIT(client_link(&in) == OT_LINK_CONNECTED, &in, NULL);
        send_many(&out, &in, "owntracks/a/b", 1000, 1, 1);
        WAIT(in.messages >= 1, &in, NULL);
        assert_string_equal(in.all, "1000 ");
        client_close(&in);
        client_close(&out);
        /* the session ends, so that the next version starts with none */
        ot_transport_config config = client_config(&in, OT_RECEIVE, "store");
        config.clean_session = true;
        assert_int_equal(client_open(&in, b.url, &config, NULL), OT_OK);
        WAIT(client_link(&in) == OT_LINK_CONNECTED, &in, NULL);
        client_close(&in);
    }
    broker_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redelivery),
    };
    if (!OT_HAVE_MOSQUITTO || !broker_available()) return 0;
    return cmocka_run_group_tests_name("mqtt", tests, setup, NULL);
}
