/* test_command.c: what is written for phones: each action, settings, cards, topics; and what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/command_rig.h"

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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(actions),      cmocka_unit_test(plain_actions), cmocka_unit_test(foreign_members),
        cmocka_unit_test(report_steps), cmocka_unit_test(set_waypoints), cmocka_unit_test(set_configuration),
        cmocka_unit_test(responses),    cmocka_unit_test(dead_action),   cmocka_unit_test(cards),
        cmocka_unit_test(topics),       cmocka_unit_test(sinks),         cmocka_unit_test(out_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
