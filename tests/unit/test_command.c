/* test_command.c: what is written for phones: each action, settings, waypoints, cards, links; and what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <owntracks/command.h>
#include <owntracks/json.h>
#include <owntracks/mem.h>
#include <owntracks/message.h>

static char text[1 << 16];
static ot_sink_buffer buffer;
static ot_sink sink;
static ot_error error;

static void fresh(void) {
    buffer = (ot_sink_buffer){text, sizeof text, 0};
    sink = ot_sink_to_buffer(&buffer);
    error = (ot_error)OT_ERROR_INIT;
}
static ot_str written(void) {
    assert_true(buffer.len <= sizeof text);
    return ot_str_of(text, buffer.len);
}

static ot_status only_notes(void *ctx, const ot_finding *finding) {
    (void)ctx;
    if (finding->severity > OT_SEVERITY_NOTE) fail_msg("%s: %s", finding->path, finding->reason);
    return OT_OK;
}

/* What is written decodes strictly and has neither errors nor warnings. */
static void assert_sound(ot_str payload, uint32_t platforms) {
    ot_decode_options options = OT_DECODE_OPTIONS_INIT;
    options.strict = true;
    ot_message *m;
    assert_int_equal(ot_message_new(&options, &m), OT_OK);
    ot_error e = OT_ERROR_INIT;
    ot_status status = ot_message_decode(m, payload, &e);
    if (status != OT_OK) fail_msg("%s: %s: %.*s", e.field, e.reason, (int)payload.len, payload.ptr);
    assert_int_equal(ot_message_marks(m), 0);
    ot_message_free(m);
    assert_int_equal(ot_command_lint(payload, platforms, only_notes, NULL), OT_OK);
}

static void assert_payload(ot_status status, uint32_t platforms, const char *expected) {
    if (status != OT_OK) fail_msg("%s: %s", error.field, error.reason);
    if (!ot_str_eq(written(), ot_str_c(expected)))
        fail_msg("expected %s\nfound    %.*s", expected, (int)buffer.len, text);
    assert_sound(written(), platforms);
}

static void assert_refused(ot_status found, ot_status expected, const char *field, const char *reason) {
    if (found != expected || strcmp(error.field, field) != 0 || !strstr(error.reason, reason))
        fail_msg("expected %s: %s (%s)\nfound    %s: %s (%s)", field, reason, ot_status_name(expected), error.field,
                 error.reason, ot_status_name(found));
    assert_int_equal(error.status, expected);
    assert_int_equal(buffer.len, 0);
}

static ot_status write(const ot_command *command) {
    fresh();
    return ot_command_write(command, &sink, &error);
}

#define SET(p, TYPE, member_, ...) ((p)->member_ = __VA_ARGS__, OT_HAS_SET(p, OT_##TYPE##_##member_))

static ot_waypoint home(void) {
    ot_waypoint w = {.lat = 0};
    SET(&w, WAYPOINT, desc, OT_STR("Home"));
    SET(&w, WAYPOINT, lat, 51.5);
    SET(&w, WAYPOINT, lon, -0.25);
    SET(&w, WAYPOINT, rad, 120);
    SET(&w, WAYPOINT, tst, 1700000000);
    return w;
}

static ot_tour tour(void) {
    ot_tour t = {.zoom = 0};
    SET(&t, TOUR, label, OT_STR("Holiday"));
    SET(&t, TOUR, from, OT_STR("2026-03-01T00:00:00"));
    SET(&t, TOUR, to, OT_STR("2026-03-08T23:59:59"));
    SET(&t, TOUR, uuid, OT_STR("6f1c1c86-6c5e-4f43-9d4e-5a1f7f0f8a11"));
    SET(&t, TOUR, url, OT_STR("https://example.org/view/6f1c1c86"));
    return t;
}

static void actions(void **state) {
    (void)state;
    unsigned n = 1;
    for (; ot_action_about((ot_action)n); n++) {
        const ot_action_info *info = ot_action_about((ot_action)n);
        assert_int_equal(info->action, n);
        assert_int_equal(ot_action_of(ot_action_text(info->action)), n);
        assert_true(info->needs_android && info->needs_ios);
        assert_int_equal((info->platforms & OT_PLATFORM_IOS) != 0 && !(info->platforms & OT_PLATFORM_IOS_OLD), 0);
    }
    /* As many as the field has words. */
    unsigned words = 1;
    for (const char *p = ot_field_by_key(OT_TYPE_CMD, OT_STR("action"))->words; *p; p++)
        words += *p == ' ';
    assert_int_equal(n - 1, words);
    assert_true(ot_str_eq(ot_action_text(OT_ACTION_RECONNECT), OT_STR("reconnect")));
    assert_null(ot_action_text(OT_ACTION_NONE).ptr);
    assert_null(ot_action_text((ot_action)99).ptr);
    assert_null(ot_action_about(OT_ACTION_NONE));
    assert_int_equal(ot_action_of(OT_STR("report")), OT_ACTION_NONE);
    assert_int_equal(ot_action_of(OT_STR("")), OT_ACTION_NONE);
    assert_int_equal(ot_action_about(OT_ACTION_REPORT_LOCATION)->answer, OT_TYPE_LOCATION);
    assert_int_equal(ot_action_about(OT_ACTION_DUMP)->platforms, OT_PLATFORM_IOS | OT_PLATFORM_IOS_OLD);
    assert_string_equal(ot_platform_text(OT_PLATFORM_BOTH), "Android and iOS");
    assert_string_equal(ot_platform_text(0), "no app");
    assert_string_equal(ot_severity_text(OT_SEVERITY_WARNING), "warning");
    assert_string_equal(ot_severity_text((ot_severity)9), "?");
}

static void plain_actions(void **state) {
    (void)state;
    static const struct {
        ot_action action;
        uint32_t platforms;
        const char *payload;
    } rows[] = {
        {OT_ACTION_REPORT_LOCATION, OT_PLATFORM_BOTH, "{\"_type\":\"cmd\",\"action\":\"reportLocation\"}"},
        {OT_ACTION_STATUS, OT_PLATFORM_BOTH, "{\"_type\":\"cmd\",\"action\":\"status\"}"},
        {OT_ACTION_WAYPOINTS, OT_PLATFORM_BOTH, "{\"_type\":\"cmd\",\"action\":\"waypoints\"}"},
        {OT_ACTION_CLEAR_WAYPOINTS, OT_PLATFORM_BOTH, "{\"_type\":\"cmd\",\"action\":\"clearWaypoints\"}"},
        {OT_ACTION_DUMP, OT_PLATFORM_IOS, "{\"_type\":\"cmd\",\"action\":\"dump\"}"},
        {OT_ACTION_REPORT_STEPS, OT_PLATFORM_IOS, "{\"_type\":\"cmd\",\"action\":\"reportSteps\"}"},
        {OT_ACTION_ACTION, OT_PLATFORM_IOS_OLD, "{\"_type\":\"cmd\",\"action\":\"action\"}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ot_command c = OT_COMMAND_INIT(rows[i].action, rows[i].platforms);
        assert_payload(write(&c), rows[i].platforms, rows[i].payload);
    }
    ot_command dead = OT_COMMAND_INIT(OT_ACTION_RESTART, OT_PLATFORM_ANDROID);
    assert_refused(write(&dead), OT_EUNSUPPORTED, "action", "Android drops");
    dead.action = OT_ACTION_RECONNECT;
    dead.platforms = OT_PLATFORM_IOS;
    assert_refused(write(&dead), OT_EUNSUPPORTED, "action", "no current app");
    ot_command strange = OT_COMMAND_INIT(OT_ACTION_DUMP, OT_PLATFORM_BOTH);
    assert_refused(write(&strange), OT_EUNSUPPORTED, "action", "(Android)");
    strange.action = OT_ACTION_REPORT_STEPS;
    assert_refused(write(&strange), OT_EUNSUPPORTED, "action", "(Android)");
    strange.action = OT_ACTION_ACTION;
    strange.platforms = OT_PLATFORM_IOS;
    assert_refused(write(&strange), OT_EUNSUPPORTED, "action", "no longer");
    strange.action = OT_ACTION_NONE;
    assert_refused(write(&strange), OT_EINVAL, "action", "no such action");
    strange.action = OT_ACTION_STATUS;
    strange.platforms = 0;
    assert_refused(write(&strange), OT_EINVAL, "platforms", "at least one");
    strange.platforms = 8;
    assert_refused(write(&strange), OT_EINVAL, "platforms", "only apps that there are");
    strange.platforms = OT_PLATFORM_BOTH;
    strange.size = 8;
    assert_refused(write(&strange), OT_EINVAL, "action", "");
    fresh();
    ot_command good = OT_COMMAND_INIT(OT_ACTION_STATUS, OT_PLATFORM_BOTH);
    assert_int_equal(ot_command_write(&good, NULL, NULL), OT_EINVAL);
    assert_int_equal(ot_command_write(NULL, &sink, NULL), OT_EINVAL);
}

/* A member of another action is refused, not dropped in silence. */
static void foreign_members(void **state) {
    (void)state;
    ot_waypoint w = home();
    ot_tour t = tour();
    ot_configuration configuration = {.mode = 0};
#define FOREIGN(key, ...)                                                                                              \
    do {                                                                                                               \
        ot_command c = OT_COMMAND_INIT(OT_ACTION_STATUS, OT_PLATFORM_IOS);                                             \
        __VA_ARGS__;                                                                                                   \
        assert_refused(write(&c), OT_EINVAL, key, "does not belong");                                                  \
    } while (0)
    FOREIGN("from", c.from = 0);
    FOREIGN("to", c.to = 0);
    FOREIGN("waypoints", c.waypoints = &w);
    FOREIGN("waypoints", c.waypoint_count = 1);
    FOREIGN("configuration", c.configuration = &configuration);
    FOREIGN("request", c.request = OT_STR("tour"));
    FOREIGN("status", c.status = 200);
    FOREIGN("tours", c.tours = &t);
    FOREIGN("content", c.content = OT_STR(""));
    FOREIGN("url", c.url = OT_STR(""));
    FOREIGN("notification", c.notification = OT_STR("x"));
    FOREIGN("extern", c.external = true);
}

static void report_steps(void **state) {
    (void)state;
    ot_command c = OT_COMMAND_INIT(OT_ACTION_REPORT_STEPS, OT_PLATFORM_IOS);
    c.from = 1700000000999;
    c.to = 1700086400000;
    assert_payload(write(&c), OT_PLATFORM_IOS,
                   "{\"_type\":\"cmd\",\"action\":\"reportSteps\",\"from\":1700000000,\"to\":1700086400}");
    c.to = OT_TIME_NONE;
    assert_payload(write(&c), OT_PLATFORM_IOS, "{\"_type\":\"cmd\",\"action\":\"reportSteps\",\"from\":1700000000}");
    c.to = 1600000000000;
    assert_refused(write(&c), OT_ERANGE, "from", "later than the end");
    c.from = -1;
    assert_refused(write(&c), OT_ERANGE, "from", "out of range");
    c.from = INT64_MAX;
    assert_refused(write(&c), OT_ERANGE, "from", "out of range");
}

static void set_waypoints(void **state) {
    (void)state;
    ot_waypoint w[2] = {home(), home()};
    SET(&w[1], WAYPOINT, desc, OT_STR("Café \"Zürich\""));
    SET(&w[1], WAYPOINT, tst, 1700000001);
    SET(&w[1], WAYPOINT, lat, 0.0);
    OT_HAS_CLEAR(&w[1], OT_WAYPOINT_rad);
    SET(&w[1], WAYPOINT, rid, OT_STR("cafe"));
    ot_command c = OT_COMMAND_INIT(OT_ACTION_SET_WAYPOINTS, OT_PLATFORM_BOTH);
    c.waypoints = w;
    c.waypoint_count = 2;
    assert_payload(
        write(&c), OT_PLATFORM_BOTH,
        "{\"_type\":\"cmd\",\"action\":\"setWaypoints\",\"waypoints\":{\"_type\":\"waypoints\",\"waypoints\":["
        "{\"_type\":\"waypoint\",\"desc\":\"Home\",\"lat\":51.5,\"lon\":-0.25,\"rad\":120,\"tst\":1700000000},"
        "{\"_type\":\"waypoint\",\"desc\":\"Café \\\"Zürich\\\"\",\"lat\":0,\"lon\":-0.25,\"tst\":1700000001,\"rid\":"
        "\"cafe\"}]}}");
    c.waypoint_count = 0;
    assert_payload(write(&c), OT_PLATFORM_BOTH,
                   "{\"_type\":\"cmd\",\"action\":\"setWaypoints\",\"waypoints\":{\"_type\":\"waypoints\","
                   "\"waypoints\":[]}}");
    c.waypoint_count = 2;
    c.waypoints = NULL;
    assert_refused(write(&c), OT_EINVAL, "waypoints", "none");
}

/* One change of a good waypoint, and what is said of it. */
static void waypoint_limits(void **state) {
    (void)state;
#define REFUSED(platforms_, status_, field_, reason_, ...)                                                             \
    do {                                                                                                               \
        ot_waypoint list[2] = {home(), home()}, *w = &list[1];                                                         \
        SET(w, WAYPOINT, tst, 1700000009);                                                                             \
        __VA_ARGS__;                                                                                                   \
        ot_command c = OT_COMMAND_INIT(OT_ACTION_SET_WAYPOINTS, platforms_);                                           \
        c.waypoints = list;                                                                                            \
        c.waypoint_count = 2;                                                                                          \
        assert_refused(write(&c), status_, field_, reason_);                                                           \
    } while (0)
#define AT "waypoints.waypoints[1]."
    REFUSED(OT_PLATFORM_IOS, OT_EMISSING, AT "desc", "(iOS)", OT_HAS_CLEAR(w, OT_WAYPOINT_desc));
    REFUSED(OT_PLATFORM_IOS, OT_EMISSING, AT "tst", "(iOS)", OT_HAS_CLEAR(w, OT_WAYPOINT_tst));
    REFUSED(OT_PLATFORM_ANDROID, OT_EMISSING, AT "tst", "(Android)", OT_HAS_CLEAR(w, OT_WAYPOINT_tst));
    REFUSED(OT_PLATFORM_ANDROID, OT_EMISSING, AT "desc", "(Android)", OT_HAS_CLEAR(w, OT_WAYPOINT_desc));
    REFUSED(OT_PLATFORM_BOTH, OT_EMISSING, AT "lat", "taken as 0", OT_HAS_CLEAR(w, OT_WAYPOINT_lat));
    REFUSED(OT_PLATFORM_ANDROID, OT_EMISSING, AT "lon", "taken as 0", OT_HAS_CLEAR(w, OT_WAYPOINT_lon));
    REFUSED(OT_PLATFORM_ANDROID, OT_ERANGE, AT "lat", "no position", SET(w, WAYPOINT, lat, 90.0000001));
    REFUSED(OT_PLATFORM_BOTH, OT_ERANGE, AT "lon", "(Android)", SET(w, WAYPOINT, lon, -180.5));
    REFUSED(OT_PLATFORM_BOTH, OT_ERANGE, AT "lat", "no finite number", SET(w, WAYPOINT, lat, (double)NAN));
    REFUSED(OT_PLATFORM_IOS, OT_ERANGE, AT "rad", "no finite number", SET(w, WAYPOINT, rad, (double)INFINITY));
    REFUSED(OT_PLATFORM_BOTH, OT_ETYPE, AT "rad", "whole number", SET(w, WAYPOINT, rad, 10.5));
    REFUSED(OT_PLATFORM_ANDROID, OT_ERANGE, AT "rad", "out of range on Android", SET(w, WAYPOINT, rad, 3e9));
    REFUSED(OT_PLATFORM_ANDROID, OT_ERANGE, AT "rad", "beacon", SET(w, WAYPOINT, rad, -1));
    REFUSED(OT_PLATFORM_BOTH, OT_ERANGE, AT "tst", "out of range", SET(w, WAYPOINT, tst, -1));
    REFUSED(OT_PLATFORM_BOTH, OT_ERANGE, AT "tst", "milliseconds", SET(w, WAYPOINT, tst, 1700000000000));
    REFUSED(OT_PLATFORM_ANDROID, OT_EDUPLICATE, AT "tst", "on Android the last one", SET(w, WAYPOINT, tst, 1700000000));
    REFUSED(OT_PLATFORM_IOS, OT_EDUPLICATE, AT "desc", "on iOS the last one", SET(w, WAYPOINT, tst, 1700000000));
    REFUSED(OT_PLATFORM_IOS, OT_EDUPLICATE, AT "rid", "on iOS the last one", SET(w, WAYPOINT, rid, OT_STR("a")),
            SET(&list[0], WAYPOINT, rid, OT_STR("a")));
    REFUSED(OT_PLATFORM_IOS, OT_ERANGE, AT "rid", "is empty", SET(w, WAYPOINT, rid, OT_STR("")));
    REFUSED(OT_PLATFORM_BOTH, OT_EUNSUPPORTED, AT "uuid", "no current app", SET(w, WAYPOINT, uuid, OT_STR("x")));
    REFUSED(OT_PLATFORM_BOTH, OT_EUNSUPPORTED, AT "qos", "bookkeeping", SET(w, WAYPOINT, qos, 1));
    REFUSED(OT_PLATFORM_BOTH, OT_EUTF8, AT "desc", "UTF-8", SET(w, WAYPOINT, desc, OT_STR("\xc3")));
    REFUSED(OT_PLATFORM_BOTH, OT_ESYNTAX, AT "desc", "NUL", SET(w, WAYPOINT, desc, ot_str_of("a\0b", 3)));
    /* On iOS alone: fractions, beacons, and deletion by a position that is none. */
    ot_waypoint w = home();
    SET(&w, WAYPOINT, rad, 10.5);
    SET(&w, WAYPOINT, lat, 1000);
    SET(&w, WAYPOINT, rid, OT_STR("0f3a21"));
    fresh();
    assert_payload(
        ot_waypoint_write(&w, OT_PLATFORM_IOS, &sink, &error), OT_PLATFORM_IOS,
        "{\"_type\":\"waypoint\",\"desc\":\"Home\",\"lat\":1000,\"lon\":-0.25,\"rad\":10.5,\"tst\":1700000000,"
        "\"rid\":\"0f3a21\"}");
    fresh();
    assert_refused(ot_waypoint_write(&w, OT_PLATFORM_BOTH, &sink, &error), OT_ERANGE, "lat", "(Android)");
    fresh();
    assert_refused(ot_waypoint_write(NULL, OT_PLATFORM_BOTH, &sink, &error), OT_EINVAL, "", "no waypoint");
    w = home();
    fresh();
    assert_payload(ot_waypoints_write(&w, 1, OT_PLATFORM_BOTH, OT_CARRIER_FILE, &sink, &error), OT_PLATFORM_BOTH,
                   "{\n  \"_type\": \"waypoints\",\n  \"waypoints\": [\n    {\n      \"_type\": \"waypoint\",\n"
                   "      \"desc\": \"Home\",\n      \"lat\": 51.5,\n      \"lon\": -0.25,\n      \"rad\": 120,\n"
                   "      \"tst\": 1700000000\n    }\n  ]\n}\n");
    fresh();
    assert_int_equal(ot_waypoints_write(&w, 1, OT_PLATFORM_BOTH, OT_CARRIER_URL, &sink, &error), OT_EUNSUPPORTED);
    assert_int_equal(buffer.len, 0);
}

static void set_configuration(void **state) {
    (void)state;
    ot_configuration s = {.mode = 0};
    SET(&s, CONFIGURATION, mode, 0);
    SET(&s, CONFIGURATION, host, OT_STR("mqtt.example.org"));
    SET(&s, CONFIGURATION, port, 8883);
    SET(&s, CONFIGURATION, tls, true);
    SET(&s, CONFIGURATION, monitoring, -1);
    SET(&s, CONFIGURATION, ignoreStaleLocations, 0.5);
    ot_waypoint w = home();
    ot_command c = OT_COMMAND_INIT(OT_ACTION_SET_CONFIGURATION, OT_PLATFORM_BOTH);
    assert_refused(write(&c), OT_EINVAL, "configuration", "is missing");
    c.configuration = &s;
    assert_payload(write(&c), OT_PLATFORM_BOTH,
                   "{\"_type\":\"cmd\",\"action\":\"setConfiguration\",\"configuration\":{\"_type\":\"configuration\","
                   "\"mode\":0,\"monitoring\":-1,\"host\":\"mqtt.example.org\",\"port\":8883,\"tls\":true,"
                   "\"ignoreStaleLocations\":0.5}}");
    c.waypoints = &w;
    c.waypoint_count = 1;
    assert_payload(write(&c), OT_PLATFORM_BOTH,
                   "{\"_type\":\"cmd\",\"action\":\"setConfiguration\",\"configuration\":{\"_type\":\"configuration\","
                   "\"mode\":0,\"monitoring\":-1,\"host\":\"mqtt.example.org\",\"port\":8883,\"tls\":true,"
                   "\"ignoreStaleLocations\":0.5,\"waypoints\":[{\"_type\":\"waypoint\",\"desc\":\"Home\",\"lat\":51.5,"
                   "\"lon\":-0.25,\"rad\":120,\"tst\":1700000000}]}}");
    OT_HAS_CLEAR(&w, OT_WAYPOINT_tst);
    assert_refused(write(&c), OT_EMISSING, "configuration.waypoints[0].tst", "(iOS)");
    SET(&w, WAYPOINT, tst, -1);
    assert_refused(write(&c), OT_ERANGE, "configuration.waypoints[0].tst", "out of range");
    SET(&s, CONFIGURATION, waypoints, OT_STR("[]"));
    assert_refused(write(&c), OT_EINVAL, "waypoints", "given twice");
    OT_HAS_CLEAR(&s, OT_CONFIGURATION_waypoints);
    SET(&s, CONFIGURATION, pubQos, 3);
    c.waypoints = NULL;
    c.waypoint_count = 0;
    assert_refused(write(&c), OT_ERANGE, "configuration.pubQos", "out of range");
}

static void setting_limits(void **state) {
    (void)state;
#define SETTING(platforms_, status_, field_, reason_, ...)                                                             \
    do {                                                                                                               \
        ot_configuration s_ = {.mode = 0}, *s = &s_;                                                                   \
        __VA_ARGS__;                                                                                                   \
        fresh();                                                                                                       \
        ot_status status = ot_configuration_write(s, NULL, 0, platforms_, OT_CARRIER_PAYLOAD, &sink, &error);          \
        if ((status_) != OT_OK)                                                                                        \
            assert_refused(status, status_, field_, reason_);                                                          \
        else if (status != OT_OK)                                                                                      \
            fail_msg("%s: %s", error.field, error.reason);                                                             \
        else                                                                                                           \
            assert_sound(written(), platforms_);                                                                       \
    } while (0)
#define PUT(member_, ...) SET(s, CONFIGURATION, member_, __VA_ARGS__)
    const uint32_t both = OT_PLATFORM_BOTH, android = OT_PLATFORM_ANDROID, ios = OT_PLATFORM_IOS;
    SETTING(both, OT_ERANGE, "mode", "no current app has", PUT(mode, 1));
    SETTING(both, OT_OK, "", "", PUT(mode, 3));
    SETTING(both, OT_ERANGE, "port", "out of range", PUT(port, 65536));
    SETTING(android, OT_ERANGE, "port", "(Android)", PUT(port, 0));
    SETTING(ios, OT_OK, "", "", PUT(port, 0));
    SETTING(both, OT_ERANGE, "mqttProtocolLevel", "(Android)", PUT(mqttProtocolLevel, 5));
    SETTING(ios, OT_OK, "", "", PUT(mqttProtocolLevel, 5));
    SETTING(both, OT_ERANGE, "keepalive", "32 bits", PUT(keepalive, INT64_C(2147483648)));
    SETTING(both, OT_OK, "", "", PUT(keepalive, 2147483647));
    SETTING(both, OT_ERANGE, "pubQos", "out of range", PUT(pubQos, 3));
    SETTING(android, OT_ERANGE, "connectionTimeoutSeconds", "(Android)", PUT(connectionTimeoutSeconds, 0));
    SETTING(both, OT_EUNSUPPORTED, "positions", "(Android)", PUT(positions, 50));
    SETTING(ios, OT_OK, "", "", PUT(positions, 50));
    SETTING(both, OT_EUNSUPPORTED, "ping", "means nothing there (iOS)", PUT(ping, 15));
    SETTING(android, OT_OK, "", "", PUT(ping, 15));
    SETTING(both, OT_EUNSUPPORTED, "allowIntentControl", "by hand", PUT(allowIntentControl, true));
    SETTING(both, OT_EUNSUPPORTED, "allowConfigurationByURIAndConfigFile", "by hand",
            PUT(allowConfigurationByURIAndConfigFile, false));
    SETTING(android, OT_EUNSUPPORTED, "intentAuthKey", "by hand", PUT(intentAuthKey, OT_STR("x")));
    SETTING(both, OT_EUNSUPPORTED, "willTopic", "no current app", PUT(willTopic, OT_STR("x")));
    SETTING(both, OT_OK, "", "", PUT(encryptionKey, OT_STR("0123456789abcdef0123456789abcdef")));
    SETTING(both, OT_ELIMIT, "encryptionKey", "32 bytes",
            PUT(encryptionKey, OT_STR("0123456789abcdef0123456789abcdef0")));
    SETTING(both, OT_ESYNTAX, "encryptionKey", "ASCII", PUT(encryptionKey, OT_STR("schlüssel")));
    SETTING(android, OT_ERANGE, "tid", "two characters", PUT(tid, OT_STR("abc")));
    SETTING(both, OT_OK, "", "", PUT(tid, OT_STR("äö")));
    SETTING(both, OT_ETOPIC, "pubTopicBase", "no topic name", PUT(pubTopicBase, OT_STR("owntracks/+/%d")));
    SETTING(both, OT_ERANGE, "pubTopicBase", "(Android)", PUT(pubTopicBase, OT_STR("")));
    SETTING(ios, OT_OK, "", "", PUT(pubTopicBase, OT_STR("")));
    SETTING(both, OT_OK, "", "", PUT(subTopic, OT_STR("owntracks/+/+ family/#")));
    SETTING(both, OT_ETOPIC, "subTopic", "no topic filter", PUT(subTopic, OT_STR("owntracks/+/+ family/#/x")));
    SETTING(both, OT_ETOPIC, "deviceId", "level", PUT(deviceId, OT_STR("my/phone")));
    SETTING(both, OT_ESYNTAX, "url", "https", PUT(url, OT_STR("ftp://example.org")));
    SETTING(ios, OT_ESYNTAX, "httpHeaders", "backslash", PUT(httpHeaders, OT_STR("A: b\nC: d")));
    SETTING(ios, OT_OK, "", "", PUT(httpHeaders, OT_STR("A: b\\nC: d")));
    SETTING(android, OT_OK, "", "", PUT(theme, OT_STR("\"Dark\"")));
    SETTING(android, OT_OK, "", "", PUT(theme, OT_STR("2")));
    SETTING(android, OT_ERANGE, "theme", "no word", PUT(theme, OT_STR("3")));
    SETTING(android, OT_EUNKNOWN, "theme", "none of the words", PUT(theme, OT_STR("\"Blue\"")));
    SETTING(android, OT_ETYPE, "theme", "neither", PUT(theme, OT_STR("[]")));
    SETTING(android, OT_ETYPE, "theme", "", PUT(theme, OT_STR("{")));
    SETTING(android, OT_OK, "", "", PUT(locatorPriority, OT_STR("\"lowpower\"")));
    SETTING(android, OT_EUNKNOWN, "reverseGeocodeProvider", "none of the words",
            PUT(reverseGeocodeProvider, OT_STR("Google")));
    SETTING(android, OT_ETYPE, "experimentalFeatures", "commas", PUT(experimentalFeatures, OT_STR("[\"a\"]")));
    SETTING(android, OT_OK, "", "", PUT(experimentalFeatures, OT_STR("\"a,b\"")));
    SETTING(both, OT_ETYPE, "waypoints", "element", PUT(waypoints, OT_STR("[1]")));
    SETTING(both, OT_OK, "", "", PUT(id, OT_STR("0badcafe")), PUT(build, 420500000));
    fresh();
    assert_refused(ot_configuration_write(NULL, NULL, 0, both, OT_CARRIER_PAYLOAD, &sink, &error), OT_EINVAL, "",
                   "no settings");
}

/* Every row: a value that fits is taken by the apps that the row names, and refused for the others. */
static void every_setting(void **state) {
    (void)state;
    ot_message *m;
    assert_int_equal(ot_message_new(NULL, &m), OT_OK);
    unsigned taken = 0;
    for (size_t i = 0; i < ot_field_count(OT_TYPE_CONFIGURATION); i++) {
        const ot_field *f = ot_field_at(OT_TYPE_CONFIGURATION, i);
        if (!(f->flags & (OT_FIELD_ANDROID | OT_FIELD_IOS))) continue;
        ot_value v = {.kind = f->kind};
        if (f->kind == OT_KIND_BOOL)
            v.as.b = true;
        else if (f->kind == OT_KIND_I64)
            v.as.i = f->android_min > -1000 ? (int64_t)f->android_min : 0;
        else if (f->kind == OT_KIND_F64)
            v.as.d = 1.5;
        else if (f->kind == OT_KIND_RAW)
            v.as.s = f->words[0] ? OT_STR("0") : OT_STR("\"\"");
        else if (f->kind == OT_KIND_OBJS)
            v.as.s = OT_STR("[]");
        else
            v.as.s = f->words[0] ? OT_STR("none") : OT_STR("x");
        if (f->ordinal == OT_CONFIGURATION_url) v.as.s = OT_STR("https://example.org/pub");
        assert_int_equal(ot_message_begin(m, OT_TYPE_CONFIGURATION), OT_OK);
        assert_int_equal(ot_message_set(m, ot_str_c(f->key), &v, &error), OT_OK);
        for (uint32_t platforms = 1; platforms < 8; platforms++) {
            uint32_t knows = (f->flags & OT_FIELD_ANDROID ? OT_PLATFORM_ANDROID : 0) |
                             (f->flags & OT_FIELD_IOS ? OT_PLATFORM_IOS | OT_PLATFORM_IOS_OLD : 0);
            fresh();
            ot_status status = ot_configuration_write(ot_message_configuration(m), NULL, 0, platforms,
                                                      OT_CARRIER_PAYLOAD, &sink, &error);
            if (platforms & ~knows) {
                assert_refused(status, OT_EUNSUPPORTED, f->key, "means nothing there");
            } else {
                if (status != OT_OK) fail_msg("%s: %s", error.field, error.reason);
                assert_sound(written(), platforms);
                taken++;
            }
        }
    }
    assert_true(taken > 74);
    ot_message_free(m);
}

static void responses(void **state) {
    (void)state;
    ot_tour t[2] = {tour(), tour()};
    ot_command c = OT_COMMAND_INIT(OT_ACTION_RESPONSE, OT_PLATFORM_IOS);
    c.request = OT_STR("tour");
    c.status = 200;
    c.tours = t;
    c.tour_count = 1;
#define TOUR_TEXT                                                                                                      \
    "{\"label\":\"Holiday\",\"from\":\"2026-03-01T00:00:00\",\"to\":\"2026-03-08T23:59:59\",\"uuid\":"                 \
    "\"6f1c1c86-6c5e-4f43-9d4e-5a1f7f0f8a11\",\"url\":\"https://example.org/view/6f1c1c86\"}"
    assert_payload(write(&c), OT_PLATFORM_IOS,
                   "{\"_type\":\"cmd\",\"action\":\"response\",\"request\":\"tour\",\"status\":200,\"tour\":" TOUR_TEXT
                   "}");
    c.tour_count = 0;
    c.status = 500;
    assert_payload(write(&c), OT_PLATFORM_IOS,
                   "{\"_type\":\"cmd\",\"action\":\"response\",\"request\":\"tour\",\"status\":500}");
    c.status = 200;
    assert_refused(write(&c), OT_EMISSING, "tour", "is missing");
    c.tour_count = 2;
    assert_refused(write(&c), OT_EINVAL, "tours", "must be one");
    c.request = OT_STR("tours");
    assert_refused(write(&c), OT_EINVAL, "status", "one tour");
    c.status = 0;
    assert_payload(write(&c), OT_PLATFORM_IOS,
                   "{\"_type\":\"cmd\",\"action\":\"response\",\"request\":\"tours\",\"tours\":[" TOUR_TEXT
                   "," TOUR_TEXT "],\"ntours\":2}");
    static const char *const dates[] = {"",
                                        "-",
                                        "2026-03-01",
                                        "2026-03-01T00:00:00Z",
                                        "2026-03-01T00:00",
                                        "2026-13-01T00:00:00",
                                        "2026-02-29T00:00:00",
                                        "2026-03-01 00:00:00",
                                        "2026-03-01T00:00:00+01:00"};
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        SET(&t[1], TOUR, to, ot_str_c(dates[i]));
        assert_refused(write(&c), OT_ESYNTAX, "tours[1].to", "no date and time");
    }
    t[1] = tour();
    OT_HAS_CLEAR(&t[1], OT_TOUR_url);
    assert_refused(write(&c), OT_EMISSING, "tours[1].url", "is missing");
    c.tour_count = 0;
    c.tours = NULL;
    assert_payload(write(&c), OT_PLATFORM_IOS,
                   "{\"_type\":\"cmd\",\"action\":\"response\",\"request\":\"tours\",\"tours\":[],\"ntours\":0}");
    c.request = OT_STR("untour");
    assert_refused(write(&c), OT_EUNKNOWN, "request", "no answer");
    c.request = OT_STR("x");
    assert_refused(write(&c), OT_EUNKNOWN, "request", "knows this word");
    c.request = ot_str_of(NULL, 0);
    assert_refused(write(&c), OT_EMISSING, "request", "is missing");
}

static void dead_action(void **state) {
    (void)state;
    ot_command c = OT_COMMAND_INIT(OT_ACTION_ACTION, OT_PLATFORM_IOS_OLD);
    c.content = OT_STR("<b>Hi</b>");
    c.url = OT_STR("https://example.org/");
    c.external = true;
    c.notification = OT_STR("Look");
    assert_payload(
        write(&c), OT_PLATFORM_IOS_OLD,
        "{\"_type\":\"cmd\",\"action\":\"action\",\"content\":\"<b>Hi</b>\",\"url\":\"https://example.org/\","
        "\"extern\":true,\"notification\":\"Look\"}");
}

static void cards(void **state) {
    (void)state;
    static const char png[] = "\x89PNG\r\n\x1a\n????";
    ot_card card = {.qos = 0};
    SET(&card, CARD, name, OT_STR("Jane"));
    SET(&card, CARD, tid, OT_STR("jj"));
    fresh();
    assert_payload(ot_card_write(&card, ot_str_of(png, 12), OT_PLATFORM_BOTH, &sink, &error), OT_PLATFORM_BOTH,
                   "{\"_type\":\"card\",\"name\":\"Jane\",\"face\":\"iVBORw0KGgo/Pz8/\",\"tid\":\"jj\"}");
    fresh();
    assert_payload(ot_card_write(&card, OT_STR("\xff\xd8\xff"), OT_PLATFORM_BOTH, &sink, &error), OT_PLATFORM_BOTH,
                   "{\"_type\":\"card\",\"name\":\"Jane\",\"face\":\"/9j/\",\"tid\":\"jj\"}");
    fresh();
    assert_payload(ot_card_write(&card, ot_str_of(NULL, 0), OT_PLATFORM_BOTH, &sink, &error), OT_PLATFORM_BOTH,
                   "{\"_type\":\"card\",\"name\":\"Jane\",\"tid\":\"jj\"}");
    fresh();
    assert_refused(ot_card_write(&card, OT_STR("GIF89a"), OT_PLATFORM_BOTH, &sink, &error), OT_ETYPE, "face",
                   "neither PNG");
    fresh();
    assert_refused(ot_card_write(NULL, ot_str_of(png, 12), OT_PLATFORM_BOTH, &sink, &error), OT_EINVAL, "", "no card");
    SET(&card, CARD, face, OT_STR("iVBORw0KGgo="));
    fresh();
    assert_refused(ot_card_write(&card, ot_str_of(png, 12), OT_PLATFORM_BOTH, &sink, &error), OT_EINVAL, "face",
                   "twice");
    fresh();
    assert_int_equal(ot_card_write(&card, ot_str_of(NULL, 0), OT_PLATFORM_BOTH, &sink, &error), OT_OK);
    static const struct {
        const char *face, *reason;
        ot_status status;
    } faces[] = {{"data:image/png;base64,iVBORw0KGgo=", "data: URL", OT_ESYNTAX},
                 {"iVBORw0KGgo", "not base64", OT_ESYNTAX},
                 {"iVBO Rw0KGgo=", "not base64", OT_ESYNTAX},
                 {"AAAA", "neither PNG", OT_ETYPE},
                 {"", "is empty", OT_EMPTY}};
    for (size_t i = 0; i < sizeof faces / sizeof *faces; i++) {
        card.face = ot_str_c(faces[i].face);
        fresh();
        assert_refused(ot_card_write(&card, ot_str_of(NULL, 0), OT_PLATFORM_BOTH, &sink, &error), faces[i].status,
                       "face", faces[i].reason);
    }
    OT_HAS_CLEAR(&card, OT_CARD_face);
    SET(&card, CARD, tid, OT_STR("jane"));
    fresh();
    assert_refused(ot_card_write(&card, ot_str_of(NULL, 0), OT_PLATFORM_BOTH, &sink, &error), OT_ERANGE, "tid",
                   "(Android)");
    OT_HAS_CLEAR(&card, OT_CARD_name);
    fresh();
    assert_refused(ot_card_write(&card, ot_str_of(NULL, 0), OT_PLATFORM_IOS, &sink, &error), OT_EMISSING, "",
                   "neither name");
    /* Beyond 8 MiB. */
    size_t size = (size_t)7 << 20;
    char *large = calloc(1, size);
    assert_non_null(large);
    memcpy(large, png, 8);
    fresh();
    assert_refused(ot_card_write(&card, ot_str_of(large, size), OT_PLATFORM_IOS, &sink, &error), OT_ELIMIT, "",
                   "8 MiB");
    free(large);
}

static void topics(void **state) {
    (void)state;
    static const struct {
        ot_type type;
        const char *topic;
        bool retain;
    } rows[] = {{OT_TYPE_CMD, "owntracks/jane/phone/cmd", false},
                {OT_TYPE_CARD, "owntracks/jane/phone/info", true},
                {OT_TYPE_WAYPOINT, "owntracks/jane/phone/waypoint", false},
                {OT_TYPE_WAYPOINTS, "owntracks/jane/phone/waypoints", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ot_advice advice = {9, !rows[i].retain};
        fresh();
        assert_int_equal(ot_command_topic(rows[i].type, OT_STR("owntracks/%u/%d"), OT_STR("jane"), OT_STR("phone"),
                                          &sink, &advice, &error),
                         OT_OK);
        assert_true(ot_str_eq(written(), ot_str_c(rows[i].topic)));
        assert_int_equal(advice.qos, 1);
        assert_int_equal(advice.retain, rows[i].retain);
    }
    fresh();
    assert_refused(ot_command_topic(OT_TYPE_CONFIGURATION, OT_STR("owntracks/%u/%d"), OT_STR("jane"), OT_STR("phone"),
                                    &sink, NULL, &error),
                   OT_EUNSUPPORTED, "", "no topic of their own");
    fresh();
    assert_int_equal(
        ot_command_topic(OT_TYPE_CMD, OT_STR("owntracks/%u/%d"), OT_STR("a/b"), OT_STR("phone"), &sink, NULL, &error),
        OT_EINVAL);
    assert_int_equal(buffer.len, 0);
}

/* A link, read back. */
static ot_status read_back(ot_str url, char *out, size_t size, size_t *len) {
    ot_sink_buffer b = {out, size, 0};
    ot_sink s = ot_sink_to_buffer(&b);
    error = (ot_error)OT_ERROR_INIT;
    ot_status status = ot_configuration_from_url(url, &s, &error);
    *len = b.len;
    return status;
}

static void links(void **state) {
    (void)state;
    ot_configuration s = {.mode = 0};
    SET(&s, CONFIGURATION, mode, 0);
    SET(&s, CONFIGURATION, username, OT_STR("jos\xc3\xa9?>"));
    fresh();
    assert_int_equal(ot_configuration_write(&s, NULL, 0, OT_PLATFORM_BOTH, OT_CARRIER_FILE, &sink, &error), OT_OK);
    assert_true(ot_str_eq(written(), OT_STR("{\n  \"_type\": \"configuration\",\n  \"mode\": 0,\n  \"username\": "
                                            "\"jos\xc3\xa9?>\"\n}\n")));
    fresh();
    assert_int_equal(ot_configuration_write(&s, NULL, 0, OT_PLATFORM_BOTH, OT_CARRIER_URL, &sink, &error), OT_OK);
    static const char url[] = "owntracks:///config?inline="
                              "eyJfdHlwZSI6ImNvbmZpZ3VyYXRpb24iLCJtb2RlIjowLCJ1c2VybmFtZSI6Impvc8OpPz4ifQ%3D%3D";
    if (!ot_str_eq(written(), ot_str_c(url))) fail_msg("%.*s", (int)buffer.len, text);
    char back[4096];
    size_t len;
    static const char json[] = "{\"_type\":\"configuration\",\"mode\":0,\"username\":\"jos\xc3\xa9?>\"}";
    static const char *const forms[] = {
        url,
        "owntracks:///config?inline=eyJfdHlwZSI6ImNvbmZpZ3VyYXRpb24iLCJtb2RlIjowLCJ1c2VybmFtZSI6Impvc8OpPz4ifQ==",
        "OwnTracks:///config?inline=eyJfdHlwZSI6ImNvbmZpZ3VyYXRpb24iLCJtb2RlIjowLCJ1c2VybmFtZSI6Impvc8OpPz4ifQ",
        "owntracks:///config?x=1&inline=eyJfdHlwZSI6ImNvbmZpZ3VyYXRpb24iLCJtb2RlIjowLCJ1c2VybmFtZSI6Impvc8OpPz4ifQ&y#z",
        "owntracks:///config?inline=%65yJfdHlwZSI6ImNvbmZpZ3VyYXRpb24iLCJtb2RlIjowLCJ1c2VybmFtZSI6Impvc8OpPz4ifQ%3d=",
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        ot_status status = read_back(ot_str_c(forms[i]), back, sizeof back, &len);
        if (status != OT_OK) fail_msg("%s: %s", forms[i], error.reason);
        assert_true(ot_str_eq(ot_str_of(back, len), ot_str_c(json)));
    }
    static const struct {
        const char *url;
        ot_status status;
    } bad[] = {
        {"", OT_ESYNTAX},
        {"owntracks:", OT_ESYNTAX},
        {"http:///config?inline=e30=", OT_ESYNTAX},
        {"owntracks:///config?", OT_ESYNTAX},
        {"owntracks:///config?#inline=e30=", OT_ESYNTAX},
        {"owntracks:///config?inline", OT_ESYNTAX},
        {"owntracks:///config?inline=", OT_ESYNTAX},
        {"owntracks:///config?inline=%", OT_ESYNTAX},
        {"owntracks:///config?inline=e30%3", OT_ESYNTAX},
        {"owntracks:///config?inline=e30%zz", OT_ESYNTAX},
        {"owntracks:///config?inline=e", OT_ESYNTAX},
        {"owntracks:///config?inline=e30===", OT_ESYNTAX},
        {"owntracks:///config?inline=e30 ", OT_ESYNTAX},
        {"owntracks:///config?inline=e30=", OT_ETYPE},
        {"owntracks:///config?inline=W10=", OT_ETYPE},
        {"owntracks:///config?inline=/w==", OT_ESYNTAX},
        {"owntracks:///config?inline=eyJfdHlwZSI6ImNtZCJ9", OT_ETYPE},
        {"owntracks:///config?url=https%3A%2F%2Fexample.org%2Fa.otrc", OT_EUNSUPPORTED},
        {"owntracks:///beacon?rid=a", OT_ESYNTAX},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ot_status status = read_back(ot_str_c(bad[i].url), back, sizeof back, &len);
        if (status != bad[i].status) fail_msg("%s: %s", bad[i].url, ot_status_name(status));
        assert_int_equal(len, 0);
        assert_int_equal(error.status, status);
    }
    assert_int_equal(read_back(ot_str_of(NULL, 0), back, sizeof back, &len), OT_ESYNTAX);
    assert_int_equal(ot_configuration_from_url(ot_str_c(url), NULL, NULL), OT_EINVAL);
    fresh();
    assert_int_equal(ot_command_carry(OT_STR("{\"_type\":\"cmd\"}"), OT_CARRIER_URL, &sink, NULL), OT_EUNSUPPORTED);
    assert_int_equal(ot_command_carry(OT_STR("{\"_type\":"), OT_CARRIER_URL, &sink, NULL), OT_ESYNTAX);
    assert_int_equal(ot_command_carry(OT_STR("{}"), (ot_carrier)7, &sink, NULL), OT_EINVAL);
    assert_int_equal(ot_command_carry(OT_STR("{}"), OT_CARRIER_FILE, NULL, NULL), OT_EINVAL);
    assert_int_equal(buffer.len, 0);
    assert_int_equal(ot_command_carry(OT_STR(" { \"a\" : [ 1 , 2 ] } "), OT_CARRIER_PAYLOAD, &sink, NULL), OT_OK);
    assert_true(ot_str_eq(written(), OT_STR("{\"a\":[1,2]}")));
}

static uint64_t dice = 1;
static uint32_t roll(uint32_t n) {
    dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(dice >> 33) % n;
}

static ot_value any_value(const ot_field *f) {
    static const char *const texts[] = {"",
                                        "x",
                                        "a/b",
                                        "owntracks/%u/%d",
                                        "#",
                                        "\"\\\n",
                                        "\xf0\x9f\x98\x80",
                                        "https://h/",
                                        "Dark",
                                        "abcdefghijklmnopqrstuvwxyz0123456789"};
    static const char *const jsons[] = {
        "null", "1", "\"Auto\"", "[]", "{}", "[{}]", "true", "-0.5e3", "[{\"_type\":\"waypoint\",\"lat\":1}]"};
    static const int64_t wholes[] = {0,         1,        2, 3, -1, 100, 65535, 65536, 1700000000, INT64_C(4294967296),
                                     INT64_MIN, INT64_MAX};
    ot_value v = {.kind = f->kind};
    if (f->kind == OT_KIND_BOOL)
        v.as.b = roll(2);
    else if (f->kind == OT_KIND_I64 || f->kind == OT_KIND_TIME)
        v.as.i = wholes[roll(sizeof wholes / sizeof *wholes)];
    else if (f->kind == OT_KIND_F64)
        v.as.d = roll(8) ? (double)roll(2000) / 10 - 100 : 1e300;
    else if (f->kind == OT_KIND_STR || f->kind == OT_KIND_ENUM)
        v.as.s = ot_str_c(texts[roll(sizeof texts / sizeof *texts)]);
    else
        v.as.s = ot_str_c(jsons[roll(sizeof jsons / sizeof *jsons)]);
    return v;
}

/* Whatever is asked for: either it is refused, with a reason, and nothing is written; or what is written is sound, and a link of it reads back. */
static void property(void **state) {
    (void)state;
    ot_message *m;
    unsigned good = 0, bad = 0;
    assert_int_equal(ot_message_new(NULL, &m), OT_OK);
    for (unsigned round = 0; round < 20000; round++) {
        static const ot_type types[] = {OT_TYPE_CONFIGURATION, OT_TYPE_WAYPOINT, OT_TYPE_CARD};
        ot_type type = types[roll(3)];
        uint32_t platforms = 1 + roll(7);
        assert_int_equal(ot_message_begin(m, type), OT_OK);
        unsigned members = 1 + roll(type == OT_TYPE_CONFIGURATION ? 2 : 6);
        for (unsigned i = 0; i < members; i++) {
            /* Mostly the first rows: those that are in use. */
            const ot_field *f = ot_field_at(type, roll((uint32_t)ot_field_count(type) / (1 + roll(4)) + 1));
            ot_value v;
            if (!f) continue;
            v = any_value(f);
            (void)ot_message_set(m, ot_str_c(f->key), &v, NULL);
        }
        fresh();
        ot_status status;
        ot_carrier carrier = OT_CARRIER_PAYLOAD;
        if (type == OT_TYPE_CONFIGURATION) {
            carrier = (ot_carrier)roll(3);
            status = ot_configuration_write(ot_message_configuration(m), NULL, 0, platforms, carrier, &sink, &error);
        } else if (type == OT_TYPE_WAYPOINT) {
            ot_command c = OT_COMMAND_INIT(OT_ACTION_SET_WAYPOINTS, platforms);
            c.waypoints = ot_message_waypoint(m);
            c.waypoint_count = 1;
            status = ot_command_write(&c, &sink, &error);
        } else {
            status = ot_card_write(ot_message_card(m), ot_str_of(NULL, 0), platforms, &sink, &error);
        }
        if (status != OT_OK) {
            bad++;
            assert_int_equal(buffer.len, 0);
            assert_true(error.reason[0] && error.status == status);
            continue;
        }
        good++;
        if (carrier == OT_CARRIER_URL) {
            static char back[sizeof text];
            size_t len;
            assert_int_equal(read_back(written(), back, sizeof back, &len), OT_OK);
            assert_sound(ot_str_of(back, len), platforms);
        } else {
            assert_sound(written(), platforms);
        }
    }
    /* Both happen often. */
    assert_true(good > 1000 && bad > 1000);
    ot_message_free(m);
}

/* The n-th allocation fails. */
static unsigned left;
static void *limited_alloc(void *ctx, size_t size) {
    (void)ctx;
    return left && --left ? malloc(size) : NULL;
}
static void *limited_resize(void *ctx, void *ptr, size_t old_size, size_t size) {
    (void)ctx, (void)old_size;
    return left && --left ? realloc(ptr, size) : NULL;
}
static void limited_release(void *ctx, void *ptr, size_t size) {
    (void)ctx, (void)size;
    free(ptr);
}

static ot_status ignore(void *ctx, const ot_finding *finding) {
    (void)ctx, (void)finding;
    return OT_OK;
}

static ot_status without_memory(unsigned what) {
    ot_configuration s = {.mode = 0};
    ot_waypoint w = home();
    ot_card card = {.qos = 0};
    ot_command c = OT_COMMAND_INIT(OT_ACTION_SET_CONFIGURATION, OT_PLATFORM_BOTH);
    SET(&s, CONFIGURATION, username, OT_STR("\"\n"));
    c.configuration = &s;
    c.waypoints = &w;
    c.waypoint_count = 1;
    fresh();
    switch (what) {
    case 0:
        return ot_command_write(&c, &sink, &error);
    case 1:
        return ot_configuration_write(&s, &w, 1, OT_PLATFORM_BOTH, OT_CARRIER_URL, &sink, &error);
    case 2:
        return ot_card_write(&card, OT_STR("\xff\xd8\xff"), OT_PLATFORM_BOTH, &sink, &error);
    case 3:
        return ot_configuration_from_url(OT_STR("owntracks:///config?inline=eyJfdHlwZSI6ImNvbmZpZ3VyYXRpb24ifQ"), &sink,
                                         &error);
    default:
        return ot_command_lint(OT_STR("[{\"_type\":\"card\",\"name\":\"\\n\",\"face\":\"AA\"},{\"_type\":\"waypoints\","
                                      "\"waypoints\":[{}]}]"),
                               OT_PLATFORM_BOTH, ignore, NULL);
    }
}

static void out_of_memory(void **state) {
    (void)state;
    ot_alloc alloc = {sizeof alloc, limited_alloc, limited_resize, limited_release, NULL};
    assert_int_equal(ot_mem_set(&alloc), OT_OK);
    for (unsigned what = 0; what < 5; what++) {
        unsigned n = 1;
        for (;; n++) {
            left = n;
            ot_status status = without_memory(what);
            if (status == OT_OK) break;
            assert_int_equal(status, OT_ENOMEM);
            assert_int_equal(buffer.len, 0);
            assert_true(what == 4 || (error.status == OT_ENOMEM && error.reason[0]));
        }
        assert_true(n > 1);
    }
    assert_int_equal(ot_mem_set(NULL), OT_OK);
}

static ot_status full(void *ctx, const char *data, size_t len) {
    (void)ctx, (void)data, (void)len;
    return OT_EFULL;
}

static void sinks(void **state) {
    (void)state;
    ot_sink s = {full, NULL};
    ot_command c = OT_COMMAND_INIT(OT_ACTION_STATUS, OT_PLATFORM_BOTH);
    assert_int_equal(ot_command_write(&c, &s, NULL), OT_EFULL);
    ot_configuration settings = {.mode = 0};
    for (int carrier = 0; carrier < 3; carrier++)
        assert_int_equal(ot_configuration_write(&settings, NULL, 0, OT_PLATFORM_BOTH, (ot_carrier)carrier, &s, NULL),
                         OT_EFULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(actions),
                                       cmocka_unit_test(plain_actions),
                                       cmocka_unit_test(foreign_members),
                                       cmocka_unit_test(report_steps),
                                       cmocka_unit_test(set_waypoints),
                                       cmocka_unit_test(waypoint_limits),
                                       cmocka_unit_test(set_configuration),
                                       cmocka_unit_test(setting_limits),
                                       cmocka_unit_test(every_setting),
                                       cmocka_unit_test(responses),
                                       cmocka_unit_test(dead_action),
                                       cmocka_unit_test(cards),
                                       cmocka_unit_test(topics),
                                       cmocka_unit_test(links),
                                       cmocka_unit_test(property),
                                       cmocka_unit_test(sinks),
                                       cmocka_unit_test(out_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
