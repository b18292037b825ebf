/* The transport suite over loopback: and, with a real broker, over MQTT 3.1, 3.1.1 and 5, and over TLS with a client certificate. */
/* ctest: threads timeout=300 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <owntracks/mosquitto.h>
#include <owntracks/sys/conformance.h>

#include "support/broker.h"

typedef struct place {
    const char *url;
    int version;
    broker b;
    char ca[128], cert[128], key[128];
    bool tls;
} place;

static ot_status open_at(void *ctx, ot_transport_config *config, ot_transport **out, ot_error *error) {
    place *p = ctx;
    config->mqtt_version = p->version;
    if (p->tls) {
        config->ca_file = p->ca;
        config->cert_file = p->cert;
        config->key_file = p->key;
    }
    return ot_transport_open(p->url, config, out, error);
}

static ot_status down(void *ctx) {
    broker_signal(&((place *)ctx)->b, SIGTERM);
    return OT_OK;
}

static ot_status up(void *ctx) {
    return broker_restart(&((place *)ctx)->b) ? OT_OK : OT_EIO;
}

static void failed(void *ctx, const char *test, const char *file, int line, const char *text) {
    (void)ctx;
    fprintf(stderr, "%s: %s:%d: %s\n", test, file, line, text);
}

static void run(place *p, bool outages) {
    ot_transport_factory factory = {sizeof factory, p, open_at, outages ? down : NULL, outages ? up : NULL};
    ot_suite_report report = {failed, NULL};
    assert_int_equal(ot_suite_transport(&factory, NULL, &report), 0);
}

static void loopback(void **state) {
    (void)state;
    place p = {.url = "loopback:suite"};
    run(&p, false);
}

/* A suite that cannot fail proves nothing. */
static ot_status open_nothing(void *ctx, ot_transport_config *config, ot_transport **out, ot_error *error) {
    (void)ctx;
    (void)config;
    *out = NULL;
    return ot_error_set(error, OT_EIO, NULL, OT_NO_OFFSET, "not today");
}
static void counted(void *ctx, const char *test, const char *file, int line, const char *text) {
    (void)file;
    (void)line;
    assert_true(*test && *text);
    ++*(size_t *)ctx;
}
static void the_suite_can_fail(void **state) {
    (void)state;
    size_t count = 0;
    ot_transport_factory factory = {sizeof factory, NULL, open_nothing, NULL, NULL};
    ot_suite_report report = {counted, &count};
    size_t failures = ot_suite_transport(&factory, "takeover", &report);
    assert_true(failures > 0 && failures == count);
    assert_true(ot_suite_transport(&factory, "no such test", NULL) == SIZE_MAX);
    size_t n = 0;
    while (ot_suite_transport_name(n))
        n++;
    assert_true(n >= 12);
}

static void mqtt(int version) {
    if (!OT_HAVE_MOSQUITTO || !broker_available()) skip();
    place p = {.version = version};
    assert_int_equal(ot_mosquitto_register(), OT_OK);
    assert_true(broker_init(&p.b));
    assert_true(broker_start(&p.b, "max_inflight_messages 1000\nmax_queued_messages 0\npersistence true\n"));
    p.url = p.b.url;
    run(&p, true);
    broker_free(&p.b);
}
static void mqtt_3_1(void **state) {
    (void)state;
    mqtt(3);
}
static void mqtt_3_1_1(void **state) {
    (void)state;
    mqtt(4);
}
static void mqtt_5(void **state) {
    (void)state;
    mqtt(5);
}

static void mqtts(void **state) {
    (void)state;
    if (!OT_HAVE_MOSQUITTO || !broker_available()) skip();
    place p = {.version = 5, .tls = true};
    char lines[1024], url[64];
    assert_int_equal(ot_mosquitto_register(), OT_OK);
    assert_true(broker_init(&p.b));
    if (!broker_certificates(&p.b)) skip(); /* no openssl */
    snprintf(lines, sizeof lines,
             "max_inflight_messages 1000\nmax_queued_messages 0\npersistence true\ncafile %s/ca.pem\ncertfile "
             "%s/server.pem\nkeyfile "
             "%s/server.key\nrequire_certificate true\n",
             p.b.folder, p.b.folder, p.b.folder);
    assert_true(broker_start(&p.b, lines));
    snprintf(url, sizeof url, "mqtts://localhost:%d", p.b.port);
    snprintf(p.ca, sizeof p.ca, "%s/ca.pem", p.b.folder);
    snprintf(p.cert, sizeof p.cert, "%s/client.pem", p.b.folder);
    snprintf(p.key, sizeof p.key, "%s/client.key", p.b.folder);
    p.url = url;
    run(&p, true);
    broker_free(&p.b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback), cmocka_unit_test(the_suite_can_fail),
        cmocka_unit_test(mqtt_3_1), cmocka_unit_test(mqtt_3_1_1),
        cmocka_unit_test(mqtt_5),   cmocka_unit_test(mqtts),
    };
    return cmocka_run_group_tests_name("transport suite", tests, NULL, NULL);
}
