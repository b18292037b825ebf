/* What formats are made of: XML text, decimals, options; and what the formats of places make of rows. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <owntracks/geo.h>
#include <owntracks/json.h>
#include <owntracks/mem.h>
#include <owntracks/sys/format_backend.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

typedef struct text {
    char data[16384];
    ot_sink_buffer buffer;
    ot_sink sink;
} text;

static text *fresh(void) {
    static text t;
    memset(&t, 0, sizeof t);
    t.buffer = (ot_sink_buffer){t.data, sizeof t.data - 1, 0};
    t.sink = ot_sink_to_buffer(&t.buffer);
    return &t;
}

static void xml(void **state) {
    (void)state;
    static const struct {
        ot_str in;
        const char *out;
    } cases[] = {{{"", 0}, ""},
                 {{"plain", 5}, "plain"},
                 {{"<a b=\"c\" d='e'>&amp;", 20}, "&lt;a b=&quot;c&quot; d=&apos;e&apos;&gt;&amp;amp;"},
                 {{"a\tb\nc\rd", 7}, "a&#9;b&#10;c&#13;d"},
                 {{"\0a\x01\x08\x0b\x1f\x7f", 7}, "a\x7f"},
                 {{"\xEF\xBF\xBE.\xEF\xBF\xBF.\xEF\xBF\xBD", 11}, "..\xEF\xBF\xBD"},
                 {{"\xff<\xC3", 3}, "\xEF\xBF\xBD&lt;\xEF\xBF\xBD"},
                 {{"\xED\xA0\x80", 3}, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
                 {{"Жук 日本 \xF0\x9F\x98\x80", 18}, "Жук 日本 \xF0\x9F\x98\x80"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        text *t = fresh();
        assert_int_equal(ot_format_xml(&t->sink, cases[i].in), OT_OK);
        assert_string_equal(t->data, cases[i].out);
    }
}

static void decimals(void **state) {
    (void)state;
    static const struct {
        double in;
        const char *out;
    } cases[] = {{0, "0"},
                 {-1.5, "-1.5"},
                 {1e-7, "0.0000001"},
                 {1e-8, "0.00000001"},
                 {-1.25e-10, "-0.000000000125"},
                 {1e-30, "0.000000000000000000000000000001"},
                 {1e-31, "0"},
                 {-5e-324, "0"},
                 {99999999999999984.0, "99999999999999980"},
                 {52.520006599999995, "52.520006599999995"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        text *t = fresh();
        assert_int_equal(ot_format_decimal(&t->sink, cases[i].in), OT_OK);
        assert_string_equal(t->data, cases[i].out);
    }
    static const double bad[] = {1e17, -1e17, (double)INFINITY, (double)NAN};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(ot_format_decimal(&fresh()->sink, bad[i]), OT_EINVAL);
    /* What is smaller than any text would say reads back to the same number. */
    for (double d = 1.2345678901234567e-7; d > 1e-29; d /= 3.7) {
        text *t = fresh();
        assert_int_equal(ot_format_decimal(&t->sink, d), OT_OK);
        assert_null(strchr(t->data, 'e'));
        assert_true(strtod(t->data, NULL) == d);
    }
}

static void options(void **state) {
    (void)state;
    static const ot_option given[] = {{"what", "x"}, {"gap", "0"}, {"what", "points"}, {"long", "9999999999"}};
    ot_format_start start = {sizeof start, NULL, 0, false, given, COUNT(given)};
    ot_error error = {0};
    size_t word = 9;
    ot_time ms = 9;
    assert_string_equal(ot_format_option(&start, "what"), "points");
    assert_null(ot_format_option(&start, "wha"));
    assert_int_equal(ot_format_option_word(&start, "what", "tracks points", &word, &error), OT_OK);
    assert_int_equal(word, 1);
    assert_int_equal(ot_format_option_word(&start, "none", "tracks points", &word, &error), OT_OK);
    assert_int_equal(word, 0);
    assert_int_equal(ot_format_option_word(&start, "what", "tracks pointss point", &word, &error), OT_EINVAL);
    assert_string_equal(error.field, "what");
    assert_int_equal(ot_format_option_seconds(&start, "gap", 600, &ms, &error), OT_OK);
    assert_true(ms == 0);
    assert_int_equal(ot_format_option_seconds(&start, "none", 600, &ms, &error), OT_OK);
    assert_true(ms == 600000);
    assert_int_equal(ot_format_option_seconds(&start, "long", 600, &ms, &error), OT_OK);
    assert_true(ms == INT64_C(9999999999000));
    assert_int_equal(ot_format_option_seconds(&start, "what", 600, &ms, &error), OT_EINVAL);
    assert_string_equal(error.field, "what");
}

/* Rows as a list of waypoints has them: one with everything, one with a time outside, one that is nowhere. */
static text *rows(const char *format, const ot_option *given, size_t count) {
    static const ot_column columns[] = {{"user", OT_KIND_STR, false}, {"device", OT_KIND_STR, false},
                                        {"desc", OT_KIND_STR, false}, {"lat", OT_KIND_F64, false},
                                        {"lon", OT_KIND_F64, false},  {"rad", OT_KIND_F64, false},
                                        {"tst", OT_KIND_TIME, false}, {"arrival", OT_KIND_I64, true}};
    text *t = fresh();
    ot_format_config config = OT_FORMAT_CONFIG_INIT;
    ot_writer *w;
    config.columns = columns;
    config.column_count = COUNT(columns);
    config.options = given;
    config.option_count = count;
    assert_int_equal(ot_writer_open(format, &t->sink, &config, &w, NULL), OT_OK);
    ot_value user = {OT_KIND_STR, {.s = OT_STR("jane")}}, device = {OT_KIND_STR, {.s = OT_STR("phone")}},
             desc = {OT_KIND_STR, {.s = OT_STR("A & \"B\"")}}, lat = {OT_KIND_F64, {.d = 1.5}},
             lon = {OT_KIND_F64, {.d = -2.25}}, rad = {OT_KIND_F64, {.d = 100}},
             tst = {OT_KIND_TIME, {.i = 1700000000}}, arrival = {OT_KIND_I64, {.i = INT64_C(1700000001500)}};
    const ot_value *cells[] = {&user, &device, &desc, &lat, &lon, &rad, &tst, &arrival};
    assert_int_equal(ot_writer_row(w, cells, COUNT(cells), NULL), OT_OK);
    ot_value late = {OT_KIND_TIME, {.i = INT64_MAX}}, none = {OT_KIND_F64, {.d = 0}};
    const ot_value *second[] = {&user, &device, NULL, &none, &none, NULL, &late, NULL};
    assert_int_equal(ot_writer_row(w, second, COUNT(second), NULL), OT_OK);
    ot_value far = {OT_KIND_F64, {.d = 90.1}};
    const ot_value *third[] = {&user, &device, &desc, &far, &lon, &rad, NULL, &arrival};
    assert_int_equal(ot_writer_row(w, third, COUNT(third), NULL), OT_OK);
    assert_int_equal(ot_writer_end(w, NULL), OT_OK);
    return t;
}

static void of_rows(void **state) {
    (void)state;
    text *t = rows("gpx", NULL, 0);
    assert_non_null(strstr(t->data, "<wpt lat=\"1.5\" lon=\"-2.25\"><time>2023-11-14T22:13:20Z</time><name>A &amp; "
                                    "&quot;B&quot;</name><cmt>radius 100 m</cmt></wpt>\n"
                                    "<wpt lat=\"0\" lon=\"0\"><name>jane/phone</name></wpt>\n"
                                    "<!-- a row without a position -->\n</gpx>\n"));
    t = rows("otrw", NULL, 0);
    assert_string_equal(t->data, "{\"_type\":\"waypoints\",\"waypoints\":[\n"
                                 "{\"_type\":\"waypoint\",\"desc\":\"A & \\\"B\\\"\",\"lat\":1.5,\"lon\":-2.25,\"rad\":"
                                 "100,\"tst\":1700000000},\n"
                                 "{\"_type\":\"waypoint\",\"lat\":0,\"lon\":0,\"tst\":9223372036854775807}\n\n]}\n");
    t = rows("rec", NULL, 0);
    assert_non_null(strstr(t->data, "2023-11-14T22:13:21Z\t*                 \t{\"user\":\"jane\","));
    assert_non_null(strstr(t->data, "\n1970-01-01T00:00:00Z\t*                 \t{\"user\":\"jane\","));
    t = rows("geojson", NULL, 0);
    assert_int_equal(ot_json_read(ot_str_c(t->data), 0, &(ot_json){{NULL, 0}, 0, false}, NULL), OT_OK);
    assert_non_null(strstr(t->data,
                           "{\"type\":\"Point\",\"coordinates\":[-2.25,1.5]},\"properties\":{\"user\":\"jane\","
                           "\"device\":\"phone\",\"desc\":\"A & \\\"B\\\"\",\"rad\":100,"));
    assert_non_null(strstr(t->data, "\"geometry\":null,\"properties\":{\"user\":\"jane\",\"device\":\"phone\","));
    assert_non_null(strstr(t->data, "\"lat\":90.1,\"lon\":-2.25"));
    static const ot_option circles = {"waypoints", "circles"};
    t = rows("geojson", &circles, 1);
    const char *ring = strstr(t->data, "{\"type\":\"Polygon\",\"coordinates\":[[[");
    assert_non_null(ring);
    /* Closed, 64 corners, each 100 m away, against the clock. */
    ot_point first = {0, 0}, before = {0, 0}, p = {0, 0};
    double area = 0;
    size_t n = 0;
    for (char *at = strstr(ring, "[[[") + 2; *at == '['; n++) {
        p.lon = strtod(at + 1, &at);
        p.lat = strtod(at + 1, &at);
        assert_int_equal(*at, ']');
        at += 1 + (at[1] == ',');
        double metres = ot_geo_distance((ot_point){1.5, -2.25}, p);
        assert_true(metres > 99.9 && metres < 100.1);
        if (n)
            area += (before.lon + 2.25) * (p.lat - 1.5) - (p.lon + 2.25) * (before.lat - 1.5);
        else
            first = p;
        before = p;
    }
    assert_int_equal(n, 65);
    assert_true(first.lat == p.lat && first.lon == p.lon);
    assert_true(area > 0);
}

/* Records of a device that goes round the world, by lines. */
static void antimeridian(void **state) {
    (void)state;
    static const ot_point points[] = {{0, 170}, {10, -170}, {10, 180}, {20, 170}, {0, 0}};
    static const char want[] = "{\"type\":\"FeatureCollection\",\"features\":[\n"
                               "{\"type\":\"Feature\",\"properties\":{\"user\":\"u\",\"device\":\"d\"},\"geometry\":"
                               "{\"type\":\"MultiLineString\",\"coordinates\":[[[170,0],[180,5]],[[-180,5],[-170,10],"
                               "[-180,10]],[[180,10],[170,20],[0,0]]]}}\n]}\n";
    text *t = fresh();
    ot_format_config config = OT_FORMAT_CONFIG_INIT;
    static const ot_option given[] = {{"geometry", "lines"}, {"gap", "0"}};
    ot_writer *w;
    config.options = given;
    config.option_count = 2;
    assert_int_equal(ot_writer_open("geojson", &t->sink, &config, &w, NULL), OT_OK);
    for (size_t i = 0; i < COUNT(points); i++) {
        ot_record r = OT_RECORD_INIT;
        r.type = OT_TYPE_LOCATION;
        r.user = OT_STR("u");
        r.device = OT_STR("d");
        r.at = (ot_time)i * 86400000;
        r.has_position = true;
        r.lat = points[i].lat;
        r.lon = points[i].lon;
        assert_int_equal(ot_writer_record(w, &r, NULL, NULL), OT_OK);
    }
    assert_int_equal(ot_writer_end(w, NULL), OT_OK);
    assert_string_equal(t->data, want);
}

/* Memory that ends: the n-th allocation fails. */
static size_t left, held;
static void *short_alloc(void *ctx, size_t size) {
    (void)ctx;
    if (!left) return NULL;
    left--;
    void *p = malloc(size ? size : 1);
    held += p != NULL;
    return p;
}
static void *short_resize(void *ctx, void *ptr, size_t old, size_t size) {
    (void)ctx, (void)old;
    if (!left) return NULL;
    left--;
    void *p = realloc(ptr, size ? size : 1);
    held += p && !ptr;
    return p;
}
static void short_free(void *ctx, void *ptr, size_t size) {
    (void)ctx, (void)size;
    held -= ptr != NULL;
    free(ptr);
}

/* What stands in a list, with a member that is masked, until one write succeeds as a whole. */
static ot_status write_list(const char *format, const ot_option *given, size_t count) {
    static const char payload[] =
        "{\"_type\":\"waypoints\",\"password\":\"secret\",\"waypoints\":[{\"_type\":\"waypoint\","
        "\"desc\":\"A\",\"lat\":1,\"lon\":2,\"rad\":30,\"tst\":4,\"password\":\"secret\"}]}";
    text *t = fresh();
    ot_format_config config = OT_FORMAT_CONFIG_INIT;
    ot_writer *w;
    ot_record r = OT_RECORD_INIT;
    config.options = given;
    config.option_count = count;
    r.type = OT_TYPE_WAYPOINTS;
    r.user = OT_STR("u");
    r.device = OT_STR("d");
    r.topic = OT_STR("o/u/d/waypoints");
    r.payload = ot_str_c(payload);
    r.at = 0;
    ot_status status = ot_writer_open(format, &t->sink, &config, &w, NULL);
    if (status != OT_OK) return status;
    status = ot_writer_record(w, &r, NULL, NULL);
    ot_status last = ot_writer_end(w, NULL);
    assert_int_equal(last, status); /* a failure stays one */
    assert_null(strstr(t->data, "secret"));
    if (status == OT_OK) assert_non_null(strstr(t->data, strcmp(format, "gpx") == 0 ? "<name>A</name>" : "\"A\""));
    return status;
}

static void out_of_memory(void **state) {
    (void)state;
    static const ot_alloc with_end = {sizeof(ot_alloc), short_alloc, short_resize, short_free, NULL};
    static const ot_option regions = {"what", "waypoints"}, circles = {"waypoints", "circles"};
    static const struct {
        const char *name;
        const ot_option *option;
    } formats[] = {{"gpx", &regions}, {"geojson", &circles}, {"rec", NULL}, {"otrw", NULL}};
    assert_int_equal(ot_mem_set(&with_end), OT_OK);
    for (size_t i = 0; i < COUNT(formats); i++) {
        ot_status status = OT_ENOMEM;
        size_t n = 0;
        for (; n < 1000 && status != OT_OK; n++) {
            left = n;
            status = write_list(formats[i].name, formats[i].option, formats[i].option != NULL);
            if (status != OT_OK) assert_int_equal(status, OT_ENOMEM);
            assert_int_equal(held, 0);
        }
        assert_int_equal(status, OT_OK);
        assert_true(n > 3);
    }
    assert_int_equal(ot_mem_set(NULL), OT_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(xml),          cmocka_unit_test(decimals),
                                       cmocka_unit_test(options),      cmocka_unit_test(of_rows),
                                       cmocka_unit_test(antimeridian), cmocka_unit_test(out_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
