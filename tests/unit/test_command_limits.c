/* test_command_limits.c: the limits of waypoints and settings, app by app; links; and what holds for anything that is asked for. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "unit/command_rig.h"

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
    static ot_waypoint many[10001];
    for (size_t i = 0; i < 10001; i++) {
        many[i] = home();
        SET(&many[i], WAYPOINT, tst, 1700000000 + (int64_t)(i * 7919 % 10007));
    }
    static char room[2 << 20];
    ot_sink_buffer large = {room, sizeof room, 0};
    ot_sink into = ot_sink_to_buffer(&large);
    assert_int_equal(ot_waypoints_write(many, 10000, OT_PLATFORM_BOTH, OT_CARRIER_PAYLOAD, &into, &error), OT_OK);
    assert_true(large.len < sizeof room);
    assert_sound(ot_str_of(room, large.len), OT_PLATFORM_BOTH);
    fresh();
    assert_refused(ot_waypoints_write(many, 10001, OT_PLATFORM_BOTH, OT_CARRIER_PAYLOAD, &sink, &error), OT_ELIMIT,
                   "waypoints", "10,000");
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
    /* Too large once decoded, and too large to be looked at. */
    static const char head[] = "owntracks:///config?inline=";
    size_t size = ((size_t)8 << 20) * 4 + 2000;
    char *large = malloc(size);
    assert_non_null(large);
    memset(large, 'A', size);
    memcpy(large, head, sizeof head - 1);
    assert_int_equal(read_back(ot_str_of(large, size), back, sizeof back, &len), OT_ELIMIT);
    assert_int_equal(read_back(ot_str_of(large, sizeof head - 1 + ((size_t)12 << 20)), back, sizeof back, &len),
                     OT_ELIMIT);
    assert_int_equal(len, 0);
    free(large);
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

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(waypoint_limits), cmocka_unit_test(setting_limits),
                                       cmocka_unit_test(every_setting), cmocka_unit_test(links),
                                       cmocka_unit_test(property)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
