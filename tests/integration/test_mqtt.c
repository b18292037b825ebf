/* MQTT with a real broker: what is acknowledged and when, what is lost and what is not, how failures are told. */
/* ctest: threads timeout=300 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
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
        size_t ended = broker_log(&b, "Client store closed its connection");
        client_close(&in);
        /* and what was acknowledged does not come again; the broker takes one packet a turn, so that it needs some for the last ones */
        WAIT(broker_log(&b, "Client store closed its connection") > ended, NULL, &out);
        send_many(&out, NULL, "owntracks/a/b", 1000, 1, 1);
        receive(&in, &b, "store", &everything, version);
        in.ack = true;
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

/* A process that is killed while it stores: all that the broker has accepted is in its file in the end. */
static void store_and_ack(const broker *b, const char *path, int enough) {
    client in;
    FILE *f = fopen(path, "a");
    receive(&in, b, "victim", &everything, 4);
    for (int total = 0; f && total < enough;) {
        in.all[0] = 0;
        int before = in.messages;
        client_poll(&in, 50);
        if (in.messages == before) continue;
        fputs(in.all, f);
        fflush(f);
        total += in.messages - before;
        if (ot_transport_ack(in.t, in.number) != OT_OK) break;
    }
    client_poll(&in, 0);
    client_close(&in);
    if (f) fclose(f);
}

static void killed(void **state) {
    (void)state;
    enum { ROUNDS = 3, EACH = 700 };
    broker b;
    client out, in;
    char path[128];
    start(&b, BIG);
    snprintf(path, sizeof path, "%s/stored", b.folder);
    receive(&in, &b, "victim", &everything, 4);
    WAIT(client_link(&in) == OT_LINK_CONNECTED, &in, NULL);
    client_close(&in);
    sender(&out, &b, 4);
    for (int round = 0; round < ROUNDS; round++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            store_and_ack(&b, path, 1 << 30);
            _exit(0);
        }
        send_many(&out, NULL, "owntracks/a/b", round * EACH, EACH, 1);
        poll(NULL, 0, 5 * round);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    /* what is left; a session without messages stays silent, so that one more marks the end */
    send_many(&out, NULL, "owntracks/a/b", ROUNDS * EACH, 1, 1);
    receive(&in, &b, "victim", &everything, 4);
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    int64_t end = client_now() + CLIENT_PATIENCE;
    char mark[32];
    snprintf(mark, sizeof mark, "%d ", ROUNDS * EACH);
    while (client_now() < end && !strstr(in.all, mark)) {
        in.all[0] = 0;
        client_poll(&in, 50);
        fputs(in.all, f);
        if (in.number) (void)ot_transport_ack(in.t, in.number);
    }
    fclose(f);
    static char all[1 << 18];
    f = fopen(path, "r");
    assert_non_null(f);
    all[fread(all, 1, sizeof all - 1, f)] = 0;
    fclose(f);
    assert_all(all, ROUNDS * EACH + 1);
    client_close(&in);
    client_close(&out);
    broker_free(&b);
}

/* More than one batch, and batches by count and by bytes. */
static void batches(void **state) {
    (void)state;
    broker b;
    client in, out;
    start(&b, "max_inflight_messages 0\nmax_queued_messages 0\n");
    ot_transport_config config = client_config(&in, OT_RECEIVE, "store");
    config.subscriptions = &everything;
    config.subscription_count = 1;
    config.batch_count = 100;
    assert_int_equal(client_open(&in, b.url, &config, NULL), OT_OK);
    WAIT(client_link(&in) == OT_LINK_CONNECTED, &in, NULL);
    sender(&out, &b, 4);
    send_many(&out, NULL, "owntracks/a/b", 0, 5000, 1);
    int most = 0, before = 0;
    int64_t end = client_now() + CLIENT_PATIENCE;
    while (in.messages < 5000 && client_now() < end) {
        client_poll(&in, 10);
        if (in.messages - before > most) most = in.messages - before;
        before = in.messages;
        if (in.number) assert_int_equal(ot_transport_ack(in.t, in.number), OT_OK);
    }
    assert_int_equal(in.messages, 5000);
    assert_int_equal(most, 100);
    client_close(&in);
    client_close(&out);
    broker_free(&b);
}

/* Filters that are no longer wanted go; the session says whether it was kept. */
static void unsubscribed(void **state) {
    (void)state;
    broker b;
    client in, out;
    start(&b, BIG);
    ot_subscription two[] = {{"a/#", 1}, {"b/#", 1}};
    ot_transport_config config = client_config(&in, OT_RECEIVE, "store");
    config.subscriptions = two;
    config.subscription_count = 2;
    assert_int_equal(client_open(&in, b.url, &config, NULL), OT_OK);
    WAIT(client_link(&in) == OT_LINK_CONNECTED, &in, NULL);
    assert_false(client_state(&in).session_present);
    assert_int_equal(in.granted, 2);
    client_close(&in);
    const char *gone[] = {"a/#"};
    config = client_config(&in, OT_RECEIVE, "store");
    in.ack = true;
    config.subscriptions = two + 1;
    config.subscription_count = 1;
    config.unsubscribe = gone;
    config.unsubscribe_count = 1;
    assert_int_equal(client_open(&in, b.url, &config, NULL), OT_OK);
    WAIT(client_link(&in) == OT_LINK_CONNECTED, &in, NULL);
    assert_true(client_state(&in).session_present);
    sender(&out, &b, 4);
    send_many(&out, &in, "a/x", 1, 1, 1);
    send_many(&out, &in, "b/x", 2, 1, 1);
    WAIT(in.messages >= 1, &in, NULL);
    assert_string_equal(in.all, "2 ");
    assert_non_null(strstr(in.log, ": connected, the session was kept"));
    client_close(&in);
    client_close(&out);
    broker_free(&b);
}

static void write_file(const broker *b, const char *name, const char *text) {
    char path[160];
    snprintf(path, sizeof path, "%s/%s", b->folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* Passwords and what the broker does not allow; a refusal is tried again, and told. */
static void refused(void **state) {
    (void)state;
    broker b;
    client c;
    char lines[512], command[300];
    assert_true(broker_init(&b));
    snprintf(command, sizeof command, "mosquitto_passwd -b -c %s/users joe tiger", b.folder);
    if (system(command) != 0) skip();
    write_file(&b, "acl", "user joe\ntopic write allowed/#\ntopic read allowed/#\n");
    snprintf(lines, sizeof lines, "allow_anonymous false\npassword_file %s/users\nacl_file %s/acl\n", b.folder,
             b.folder);
    assert_true(broker_start(&b, lines));
    for (int version = 3; version <= 5; version++) {
        ot_transport_config config = client_config(&c, OT_SEND, NULL);
        config.mqtt_version = version;
        config.username = "joe";
        config.password = "lion";
        assert_int_equal(client_open(&c, b.url, &config, NULL), OT_OK);
        WAIT(client_state(&c).attempts == 2, &c, NULL); /* again, though it will not do */
        assert_int_equal(client_state(&c).last_error, OT_EAUTH);
        assert_non_null(strstr(c.log, "4 mqtt://"));
        assert_null(strstr(c.log, "lion"));
        client_close(&c);
        config = client_config(&c, OT_SEND, NULL);
        config.mqtt_version = version;
        config.username = "joe";
        config.password = "tiger";
        assert_int_equal(client_open(&c, b.url, &config, NULL), OT_OK);
        WAIT(client_link(&c) == OT_LINK_CONNECTED, &c, NULL);
        for (uint8_t qos = 1; qos <= 2; qos++) {
            assert_int_equal(client_send(&c, "allowed/x", "1", qos, false), OT_OK);
            WAIT(c.acked == qos, &c, NULL);
        }
        if (version == 5) { /* older versions have no word for it */
            assert_int_equal(client_send(&c, "forbidden/x", "1", 1, false), OT_OK);
            WAIT(c.failed == 1, &c, NULL);
            assert_int_equal(c.failed_status, OT_EAUTH);
        }
        client_close(&c);
    }
    broker_free(&b);
}

static void tls_failure(const broker *b, const char *ca, const char *host, bool certificate) {
    client c;
    char url[64], ca_path[128], cert[128], key[128];
    snprintf(url, sizeof url, "mqtts://%s:%d", host, b->port);
    snprintf(ca_path, sizeof ca_path, "%s/%s", b->folder, ca);
    snprintf(cert, sizeof cert, "%s/client.pem", b->folder);
    snprintf(key, sizeof key, "%s/client.key", b->folder);
    ot_transport_config config = client_config(&c, OT_SEND, NULL);
    config.ca_file = ca_path;
    config.cert_file = certificate ? cert : NULL;
    config.key_file = certificate ? key : NULL;
    assert_int_equal(client_open(&c, url, &config, NULL), OT_OK);
    WAIT(client_state(&c).attempts == 2, &c, NULL);
    ot_transport_state s = client_state(&c);
    if (s.last_error != OT_ETLS)
        fail_msg("%s: %.*s", ot_status_name(s.last_error), (int)s.last_reason.len, s.last_reason.ptr);
    client_close(&c);
}

static void tls_failures(void **state) {
    (void)state;
    broker b;
    char lines[600];
    assert_true(broker_init(&b));
    if (!broker_certificates(&b)) skip();
    snprintf(lines, sizeof lines,
             "cafile %s/ca.pem\ncertfile %s/server.pem\nkeyfile %s/server.key\nrequire_certificate true\n", b.folder,
             b.folder, b.folder);
    assert_true(broker_start(&b, lines));
    tls_failure(&b, "other-ca.pem", "localhost", true); /* not signed by whom we trust */
    tls_failure(&b, "ca.pem", "127.0.0.2", true);       /* another name than that of the certificate */
    tls_failure(&b, "ca.pem", "localhost", false);      /* the broker wants to know us */
    broker_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redelivery),   cmocka_unit_test(killed),  cmocka_unit_test(batches),
        cmocka_unit_test(unsubscribed), cmocka_unit_test(refused), cmocka_unit_test(tls_failures),
    };
    if (!OT_HAVE_MOSQUITTO || !broker_available()) return 0;
    return cmocka_run_group_tests_name("mqtt", tests, setup, NULL);
}
