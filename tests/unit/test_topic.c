/* test_topic.c: topic names, filters, matching, bases, parsing and building. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include <owntracks/mem.h>
#include <owntracks/topic.h>

static ot_str S(const char *text) {
    return ot_str_c(text);
}

static void assert_str(ot_str got, const char *want) {
    if (!want) {
        assert_null(got.ptr);
        assert_int_equal(got.len, 0);
        return;
    }
    assert_non_null(got.ptr);
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.ptr, want, got.len);
}

/* xorshift: the same numbers in every run. */
static uint64_t random_state;
static uint32_t rnd(uint32_t below) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)((random_state >> 20) % below);
}

/* A view of bytes in memory of exactly that size, so that the sanitizer sees a read beyond it. */
static ot_str exact(const char *data, size_t len) {
    char *p = malloc(len ? len : 1);
    assert_non_null(p);
    if (len) memcpy(p, data, len);
    return ot_str_of(p, len);
}

static ot_bases *bases_of(const char *first, ...) {
    ot_bases *bases;
    assert_int_equal(ot_bases_new(&bases), OT_OK);
    va_list args;
    va_start(args, first);
    for (const char *p = first; p; p = va_arg(args, const char *)) {
        ot_error error;
        ot_status status = ot_bases_add(bases, S(p), &error);
        if (status != OT_OK) fail_msg("%s: %s", p, error.reason);
    }
    va_end(args);
    return bases;
}

static void names(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        ot_status status;
        uint64_t offset;
    } rows[] = {
#define ROW(literal, status, offset) {literal, sizeof literal - 1, OT_##status, offset}
        ROW("a", OK, 0),
        ROW("/", OK, 0),
        ROW("////////////", OK, 0),
        ROW("owntracks/jane/phone", OK, 0),
        ROW("owntracks/jane/phone/", OK, 0),
        ROW("owntracks/../phone/.", OK, 0),
        ROW("owntracks/j\x01ne/\x7f\t\n", OK, 0),
        ROW("owntracks/Жук/Ёжи \xf0\x9f\x98\x80", OK, 0),
        ROW("$SYS/broker", OK, 0),
        ROW("a\xef\xbf\xbe", OK, 0), /* U+FFFE */
        ROW("", EMPTY, 0),
        ROW("#", ETOPIC, 0),
        ROW("+", ETOPIC, 0),
        ROW("owntracks/+/phone", ETOPIC, 10),
        ROW("owntracks/jane/phon#", ETOPIC, 19),
        ROW("owntracks/jane/\0hone", ETOPIC, 15),
        ROW("a\0b", ETOPIC, 1),
        ROW("\0", ETOPIC, 0),
        ROW("ab\xff", EUTF8, 2),
        ROW("owntracks/\xc3/phone", EUTF8, 10),
        ROW("owntracks/jane/phone\xc3", EUTF8, 20),
        ROW("owntracks/\xed\xa0\x80/phone", EUTF8, 10),     /* a surrogate */
        ROW("owntracks/\xc0\xaf/phone", EUTF8, 10),         /* an over-long slash */
        ROW("owntracks/\xf4\x90\x80\x80/phone", EUTF8, 10), /* beyond U+10FFFF */
        ROW("owntracks/\xff/+/phone", EUTF8, 10),           /* the first fault is told */
        ROW("owntracks/+/\xff/phone", ETOPIC, 10),
#undef ROW
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ot_error error = {0};
        ot_str name = exact(rows[i].text, rows[i].len);
        ot_status status = ot_topic_check_name(name, &error);
        if (status != rows[i].status || (status != OT_OK && error.offset != rows[i].offset))
            fail_msg("row %zu: %s, offset %llu", i, ot_status_name(status), (unsigned long long)error.offset);
        if (status != OT_OK) {
            assert_string_equal(error.field, "topic");
            assert_int_equal(error.status, status);
            assert_true(error.reason[0]);
        }
        assert_int_equal(ot_topic_check_name(name, NULL), status);
        free((char *)name.ptr);
    }
    assert_int_equal(ot_topic_check_name(ot_str_of(NULL, 0), NULL), OT_EMPTY);
}

/* A byte that is not allowed is found at every place of texts of every length around the word size. */
static void every_place(void **state) {
    (void)state;
    static const char bad[] = {'+', '#', 0, '\x80', '\xff'};
    for (size_t len = 1; len <= 40; len++)
        for (size_t at = 0; at < len; at++)
            for (size_t b = 0; b < sizeof bad; b++) {
                char text[40];
                memset(text, 'a', sizeof text);
                text[at] = bad[b];
                ot_str name = exact(text, len);
                ot_error error;
                ot_status want = (unsigned char)bad[b] >= 0x80 ? OT_EUTF8 : OT_ETOPIC;
                assert_int_equal(ot_topic_check_name(name, &error), want);
                assert_int_equal(error.offset, at);
                assert_int_equal(ot_topic_check_level(name, &error), want);
                free((char *)name.ptr);
            }
}

static void long_names(void **state) {
    (void)state;
    char *text = malloc(OT_TOPIC_MAX + 1);
    assert_non_null(text);
    memset(text, 'a', OT_TOPIC_MAX + 1);
    ot_error error;
    assert_int_equal(ot_topic_check_name(ot_str_of(text, OT_TOPIC_MAX), &error), OT_OK);
    assert_int_equal(ot_topic_check_name(ot_str_of(text, OT_TOPIC_MAX + 1), &error), OT_ELIMIT);
    assert_int_equal(ot_topic_check_filter(ot_str_of(text, OT_TOPIC_MAX), &error), OT_OK);
    assert_int_equal(ot_topic_check_filter(ot_str_of(text, OT_TOPIC_MAX + 1), &error), OT_ELIMIT);
    assert_int_equal(ot_topic_check_level(ot_str_of(text, OT_TOPIC_MAX), &error), OT_OK);
    assert_int_equal(ot_topic_check_level(ot_str_of(text, OT_TOPIC_MAX + 1), &error), OT_ELIMIT);
    ot_topic topic;
    memcpy(text, "r/u/", 4);
    assert_int_equal(ot_topic_parse(NULL, ot_str_of(text, OT_TOPIC_MAX), &topic, &error), OT_OK);
    assert_int_equal(topic.device.len, OT_TOPIC_MAX - 4);
    assert_int_equal(ot_topic_parse(NULL, ot_str_of(text, OT_TOPIC_MAX + 1), &topic, &error), OT_ELIMIT);
    assert_null(topic.name.ptr);
    memset(text, '/', OT_TOPIC_MAX);
    assert_int_equal(ot_topic_check_name(ot_str_of(text, OT_TOPIC_MAX), &error), OT_OK);
    assert_int_equal(ot_topic_parse(NULL, ot_str_of(text, OT_TOPIC_MAX), &topic, &error), OT_ETOPIC);
    assert_true(ot_topic_matches(S("#"), ot_str_of(text, OT_TOPIC_MAX)));
    assert_true(ot_topic_covers(ot_str_of(text, OT_TOPIC_MAX), ot_str_of(text, OT_TOPIC_MAX)));
    free(text);
}

static void filters(void **state) {
    (void)state;
    static const struct {
        const char *text;
        ot_status status;
        uint64_t offset;
    } rows[] = {
        {"#", OT_OK, 0},
        {"+", OT_OK, 0},
        {"/#", OT_OK, 0},
        {"+/+/#", OT_OK, 0},
        {"/+", OT_OK, 0},
        {"owntracks/+/+/event", OT_OK, 0},
        {"$SYS/#", OT_OK, 0},
        {"$share", OT_OK, 0},
        {"$shared/g", OT_OK, 0},
        {"$share/g/#", OT_OK, 0},
        {"$share/g/+/a", OT_OK, 0},
        {"$share/g//", OT_OK, 0},
        {"", OT_EMPTY, 0},
        {"a#", OT_ETOPIC, 1},
        {"a/#b", OT_ETOPIC, 2},
        {"a/#/b", OT_ETOPIC, 2},
        {"##", OT_ETOPIC, 0},
        {"++", OT_ETOPIC, 0},
        {"a/b+/c", OT_ETOPIC, 3},
        {"#/", OT_ETOPIC, 0},
        {"$share/", OT_ETOPIC, 7},
        {"$share//a", OT_ETOPIC, 7},
        {"$share/g", OT_ETOPIC, 8},
        {"$share/g/", OT_ETOPIC, 9},
        {"$share/g+/a", OT_ETOPIC, 8},
        {"$share/#/a", OT_ETOPIC, 7},
        {"$share/g/#/a", OT_ETOPIC, 9},
        {"$share/g/a+", OT_ETOPIC, 10},
        {"a/\xff", OT_EUTF8, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ot_error error = {0};
        ot_str filter = exact(rows[i].text, strlen(rows[i].text));
        ot_status status = ot_topic_check_filter(filter, &error);
        if (status != rows[i].status || (status != OT_OK && error.offset != rows[i].offset))
            fail_msg("%s: %s, offset %llu", rows[i].text, ot_status_name(status), (unsigned long long)error.offset);
        if (status != OT_OK) assert_string_equal(error.field, "filter");
        free((char *)filter.ptr);
    }
    assert_int_equal(ot_topic_check_filter(ot_str_of("a\0b", 3), NULL), OT_ETOPIC);
}

static void matches(void **state) {
    (void)state;
    static const struct {
        const char *filter, *name;
        bool yes;
    } rows[] = {
        {"a", "a", true},
        {"a", "A", false},
        {"a", "ab", false},
        {"ab", "a", false},
        {"a/b", "a", false},
        {"a", "a/b", false},
        {"a/", "a", false},
        {"a/", "a/", true},
        {"/a", "a", false},
        {"a//b", "a/b", false},
        {"a//b", "a//b", true},
        {"a/+/b", "a//b", true},
        {"#", "a", true},
        {"#", "/", true},
        {"#", "a/b/c", true},
        {"a/#", "a", true},
        {"a/#", "a/", true},
        {"a/#", "a/b/c", true},
        {"a/#", "ab", false},
        {"a/b/#", "a", false},
        {"+", "a", true},
        {"+", "a/b", false},
        {"+", "/a", false},
        {"+/+", "/a", true},
        {"/+", "/a", true},
        {"+/#", "a", true},
        {"a/+", "a", false},
        {"a/+", "a/", true},
        {"a/+", "a/b/c", false},
        {"+/b/#", "a/b", true},
        {"+/b/#", "a/c", false},
        {"/#", "/", true},
        {"/#", "a", false},
        {"owntracks/+/+/#", "owntracks/jane/phone", true},
        {"owntracks/+/+/#", "owntracks/jane/phone/event", true},
        {"owntracks/+/+/#", "owntracks/jane", false},
        {"owntracks/+/+", "owntracks/jane/phone/event", false},
        {"+/+/+/#", "/owntracks/jane/phone", true},
        {"#", "$SYS/a", false},
        {"+/a", "$SYS/a", false},
        {"+/#", "$SYS", false},
        {"$SYS/#", "$SYS/a", true},
        {"$SYS/#", "$SYS", true},
        {"$SYS/+", "$SYS/a", true},
        {"a/+", "a/$b", true},
        {"a/#", "a/$b", true},
        {"$share/g/a/#", "a/b", true},
        {"$share/g/#", "a", true},
        {"$share/g/#", "$SYS/a", false},
        {"$share/g/$SYS/#", "$SYS/a", true},
        {"$share/g/a", "$share/g/a", false},
        {"$share/g//a", "/a", true},
        {"$share", "$share", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ot_str f = exact(rows[i].filter, strlen(rows[i].filter)), n = exact(rows[i].name, strlen(rows[i].name));
        if (ot_topic_matches(f, n) != rows[i].yes) fail_msg("%s, %s", rows[i].filter, rows[i].name);
        /* A name is a filter too. */
        if (ot_topic_covers(f, n) != rows[i].yes && strncmp(rows[i].name, "$share/", 7) != 0)
            fail_msg("covers: %s, %s", rows[i].filter, rows[i].name);
        free((char *)f.ptr);
        free((char *)n.ptr);
    }
    assert_false(ot_topic_matches(ot_str_of(NULL, 0), S("a")));
    assert_false(ot_topic_matches(S("a"), ot_str_of(NULL, 0)));
    assert_false(ot_topic_covers(ot_str_of(NULL, 0), ot_str_of(NULL, 0)));
}

/* The texts of up to max levels, each one of a few; what of them is valid as a name or a filter is found by the checks.
 */
typedef struct texts {
    char (*list)[24];
    size_t count, cap;
} texts;

static void collect(texts *t, const char *const *levels, size_t n, size_t max, const char *prefix, size_t depth,
                    bool filter) {
    for (size_t i = 0; i < n; i++) {
        char text[24];
        snprintf(text, sizeof text, "%s%s%s", prefix, depth ? "/" : "", levels[i]);
        if ((filter ? ot_topic_check_filter(S(text), NULL) : ot_topic_check_name(S(text), NULL)) == OT_OK) {
            if (t->count == t->cap) {
                t->cap = t->cap ? t->cap * 2 : 256;
                t->list = realloc(t->list, t->cap * sizeof *t->list);
                assert_non_null(t->list);
            }
            memcpy(t->list[t->count++], text, sizeof text);
        }
        if (depth + 1 < max) collect(t, levels, n, max, text, depth + 1, filter);
    }
}

/* Exact, not by chance: all filters of up to three levels against all names of up to four, with a level that no filter
 * spells. */
static void covers_is_exact(void **state) {
    (void)state;
    static const char *const in_filters[] = {"", "a", "$", "+", "#"}, *const in_names[] = {"", "a", "$", "b"};
    texts f = {0}, n = {0};
    collect(&f, in_filters, 5, 3, "", 0, true);
    collect(&n, in_names, 4, 4, "", 0, false);
    assert_true(f.count > 80 && n.count > 300);
    unsigned char *hit = calloc(f.count, n.count);
    assert_non_null(hit);
    for (size_t i = 0; i < f.count; i++)
        for (size_t k = 0; k < n.count; k++)
            hit[i * n.count + k] = ot_topic_matches(S(f.list[i]), S(n.list[k]));
    size_t yes = 0;
    for (size_t i = 0; i < f.count; i++)
        for (size_t j = 0; j < f.count; j++) {
            bool all = true;
            for (size_t k = 0; k < n.count && all; k++)
                all = !hit[j * n.count + k] || hit[i * n.count + k];
            yes += all;
            if (ot_topic_covers(S(f.list[i]), S(f.list[j])) != all)
                fail_msg("'%s' covers '%s'? it should be %d", f.list[i], f.list[j], all);
        }
    assert_true(yes > f.count); /* more than each one itself */
    free(hit);
    free(f.list);
    free(n.list);
}

static size_t random_text(char *out, bool filter) {
    static const char *const levels[] = {"", "a", "b", "ab", "$", "Жук", "..", "+", "#"};
    size_t len = 0;
    for (uint32_t n = 1 + rnd(6), i = 0; i < n; i++) {
        const char *l = levels[rnd(filter ? 9 : 7)];
        if (i) out[len++] = '/';
        memcpy(out + len, l, strlen(l));
        len += strlen(l);
    }
    return len;
}

/* covers(f, g) implies: every name that g matches f matches too. Longer texts than the exact test can try. */
static void covers_by_chance(void **state) {
    (void)state;
    random_state = 88172645463325252u;
    unsigned covered = 0;
    for (int i = 0; i < 60000; i++) {
        char f[64], g[64], n[64];
        ot_str filter = ot_str_of(f, random_text(f, true)), inner = ot_str_of(g, random_text(g, true));
        if (ot_topic_check_filter(filter, NULL) != OT_OK || ot_topic_check_filter(inner, NULL) != OT_OK) continue;
        assert_true(ot_topic_covers(filter, filter));
        if (!ot_topic_covers(filter, inner)) continue;
        for (int k = 0; k < 8; k++) {
            ot_str name = ot_str_of(n, random_text(n, false));
            if (!name.len || !ot_topic_matches(inner, name)) continue;
            covered++;
            if (!ot_topic_matches(filter, name))
                fail_msg("%.*s covers %.*s, but not %.*s", (int)filter.len, f, (int)inner.len, g, (int)name.len, n);
        }
    }
    assert_true(covered > 100);
}

static void subtopics(void **state) {
    (void)state;
#define ROW(id, number, text)                                                                                          \
    {                                                                                                                  \
        char topic[64];                                                                                                \
        ot_topic t;                                                                                                    \
        snprintf(topic, sizeof topic, "owntracks/jane/phone%s%s", text[0] ? "/" : "", text);                           \
        assert_int_equal(ot_topic_parse(NULL, S(topic), &t, NULL), OT_OK);                                             \
        assert_int_equal(t.sub, OT_SUBTOPIC_##id);                                                                     \
        assert_int_equal(t.sub, number);                                                                               \
        assert_str(t.name, topic);                                                                                     \
        assert_str(t.root, "owntracks");                                                                               \
        assert_str(t.user, "jane");                                                                                    \
        assert_str(t.device, "phone");                                                                                 \
        assert_str(t.rest, text[0] ? text : NULL);                                                                     \
        assert_int_equal(t.base, UINT32_MAX);                                                                          \
        assert_string_equal(ot_subtopic_text(t.sub), text);                                                            \
    }
    OT_SUBTOPIC_MAP(ROW)
#undef ROW
    static const char *const others[] = {"voltage/batt", "voltage/ext", "alarm",   "hw",      "hw/imei", "sw/gw",
                                         "sw/midlet",    "gpio/7",      "raw",     "log",     "cmd/out", "Event",
                                         "event/",       "/event",      "events",  "",        "even",    "..",
                                         "status/x",     "steps",       "beacon ", "waypo\nt"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char topic[64];
        ot_topic t;
        snprintf(topic, sizeof topic, "owntracks/jane/phone/%s", others[i]);
        assert_int_equal(ot_topic_parse(NULL, S(topic), &t, NULL), OT_OK);
        assert_int_equal(t.sub, OT_SUBTOPIC_OTHER);
        assert_str(t.rest, others[i]);
    }
    assert_string_equal(ot_subtopic_text(OT_SUBTOPIC_OTHER), "");
    assert_string_equal(ot_subtopic_text((ot_subtopic)13), "");
    assert_string_equal(ot_subtopic_text((ot_subtopic)-1), "");
}

static void default_rule(void **state) {
    (void)state;
    static const struct {
        const char *name, *root, *user, *device, *rest;
        uint64_t offset; /* of the fault when user is NULL */
    } rows[] = {
        {"owntracks/jane/phone", "owntracks", "jane", "phone", NULL, 0},
        {"/owntracks/jane/phone", "/owntracks", "jane", "phone", NULL, 0},
        {"/owntracks/jane/phone/event", "/owntracks", "jane", "phone", "event", 0},
        {"owntracks/jane/phone/", "owntracks", "jane", "phone", "", 0},
        {"owntracks/jane/phone//", "owntracks", "jane", "phone", "/", 0},
        {"owntracks/ping/ping", "owntracks", "ping", "ping", NULL, 0},
        {"Owntracks/Jane Doe/My phone", "Owntracks", "Jane Doe", "My phone", NULL, 0},
        {"a/../.", "a", "..", ".", NULL, 0},
        {"a/$b/$c", "a", "$b", "$c", NULL, 0},
        {"/a/b/c/d/e/f/g", "/a", "b", "c", "d/e/f/g", 0},
        {"mqttitude/Жук/Ёжи", "mqttitude", "Жук", "Ёжи", NULL, 0},
        {"a/b/\x01\x7f", "a", "b", "\x01\x7f", NULL, 0},
        {"owntracks", NULL, NULL, NULL, NULL, 9},
        {"owntracks/jane", NULL, NULL, NULL, NULL, 14},
        {"owntracks/jane/", NULL, NULL, NULL, NULL, 15},
        {"owntracks//phone", NULL, NULL, NULL, NULL, 10},
        {"owntracks/jane//event", NULL, NULL, NULL, NULL, 15},
        {"/owntracks/jane", NULL, NULL, NULL, NULL, 15},
        {"//jane/phone", NULL, NULL, NULL, NULL, 1},
        {"/", NULL, NULL, NULL, NULL, 1},
        {"//", NULL, NULL, NULL, NULL, 1},
        {"/////", NULL, NULL, NULL, NULL, 1},
        {"$SYS/broker/load", NULL, NULL, NULL, NULL, 0},
    };
    ot_bases *empty = bases_of(NULL);
    assert_int_equal(ot_bases_count(empty), 0);
    assert_int_equal(ot_bases_count(NULL), 0);
    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        size_t k = i / 2;
        ot_str name = exact(rows[k].name, strlen(rows[k].name));
        ot_topic t;
        ot_error error = {0};
        ot_status status = ot_topic_parse(i % 2 ? empty : NULL, name, &t, &error);
        if (rows[k].user) {
            if (status != OT_OK) fail_msg("%s: %s", rows[k].name, error.reason);
            assert_str(t.name, rows[k].name);
            assert_str(t.root, rows[k].root);
            assert_str(t.user, rows[k].user);
            assert_str(t.device, rows[k].device);
            assert_str(t.rest, rows[k].rest);
        } else {
            if (status != OT_ETOPIC || error.offset != rows[k].offset)
                fail_msg("%s: %s, offset %llu", rows[k].name, ot_status_name(status), (unsigned long long)error.offset);
            assert_string_equal(error.field, "topic");
            assert_null(t.name.ptr);
            assert_null(t.user.ptr);
        }
        free((char *)name.ptr);
    }
    ot_bases_free(empty);
    ot_bases_free(NULL);
    ot_topic t;
    assert_int_equal(ot_topic_parse(NULL, S("a/+/c"), &t, NULL), OT_ETOPIC);
    assert_int_equal(ot_topic_parse(NULL, S("a/\xff/c"), &t, NULL), OT_EUTF8);
    assert_int_equal(ot_topic_parse(NULL, S(""), &t, NULL), OT_EMPTY);
    assert_int_equal(ot_topic_parse(NULL, ot_str_of("a/b\0/c", 6), &t, NULL), OT_ETOPIC);
}

static void several_bases(void **state) {
    (void)state;
    ot_bases *bases = bases_of("owntracks/%u/%d", "/family/%u/%d", "fleet/+/%u/x/%d", "gps/%d/%u", "%u/%d", NULL);
    assert_int_equal(ot_bases_count(bases), 5);
    static const struct {
        const char *name, *root, *user, *device, *rest;
        uint32_t base;
    } rows[] = {
        {"owntracks/jane/phone/event", "owntracks", "jane", "phone", "event", 0},
        {"/family/jane/phone", "/family", "jane", "phone", NULL, 1},
        {"fleet/north/jane/x/phone/cmd", "fleet/north", "jane", "phone", "cmd", 2},
        {"fleet//jane/x/phone", "fleet/", "jane", "phone", NULL, 2},
        {"fleet/north/jane/y/phone", "", "fleet", "north", "jane/y/phone", 4},
        {"gps/phone/jane/waypoints", "gps/phone", "jane", "phone", "waypoints", 3},
        {"owntracks/jane", "", "owntracks", "jane", NULL, 4},
        {"owntracks//phone", NULL, NULL, NULL, NULL, 0},
        {"owntracks", NULL, NULL, NULL, NULL, 0},
        {"/a/b", NULL, NULL, NULL, NULL, 0},
        {"$SYS/broker/load", NULL, NULL, NULL, NULL, 0},
        {"/", NULL, NULL, NULL, NULL, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ot_str name = exact(rows[i].name, strlen(rows[i].name));
        ot_topic t;
        ot_error error;
        ot_status status = ot_topic_parse(bases, name, &t, &error);
        if (rows[i].user) {
            if (status != OT_OK) fail_msg("%s: %s", rows[i].name, error.reason);
            assert_str(t.root, rows[i].root);
            assert_str(t.user, rows[i].user);
            assert_str(t.device, rows[i].device);
            assert_str(t.rest, rows[i].rest);
            if (t.base != rows[i].base) fail_msg("%s: base %u", rows[i].name, (unsigned)t.base);
        } else {
            if (status != OT_ETOPIC) fail_msg("%s: %s", rows[i].name, ot_status_name(status));
            assert_null(t.user.ptr);
            assert_null(t.device.ptr);
        }
        free((char *)name.ptr);
    }
    ot_bases_free(bases);

    /* The first one that matches wins, in the order of adding. */
    bases = bases_of("+/%u/%d", "a/%u/%d", NULL);
    ot_topic t;
    assert_int_equal(ot_topic_parse(bases, S("a/b/c"), &t, NULL), OT_OK);
    assert_int_equal(t.base, 0);
    assert_int_equal(ot_topic_parse(bases, S("$a/b/c"), &t, NULL), OT_ETOPIC);
    ot_bases_free(bases);

    /* A level that starts with '$' is taken where it is spelled; a trailing slash is data. */
    bases = bases_of("$x/%u/%d", "y/%u/%d/", NULL);
    assert_int_equal(ot_topic_parse(bases, S("$x/b/c"), &t, NULL), OT_OK);
    assert_int_equal(ot_topic_parse(bases, S("y/b/c"), &t, NULL), OT_ETOPIC);
    assert_int_equal(ot_topic_parse(bases, S("y/b/c//event"), &t, NULL), OT_OK);
    assert_int_equal(t.sub, OT_SUBTOPIC_EVENT);
    ot_bases_free(bases);
}

static void bad_bases(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t offset;
    } rows[] = {
        {"", 0},
        {"owntracks", 9},
        {"owntracks/%u", 12},
        {"owntracks/%d", 12},
        {"%u/%d/%u", 6},
        {"%d/%u/%d", 6},
        {"owntracks/%u/%d/#", 16},
        {"own+/%u/%d", 3},
        {"owntracks/x%u/%d", 11},
        {"owntracks/%u%d", 10},
        {"owntracks/%uu/%d", 10},
        {"own\xff/%u/%d", 3},
        {"$share/%u/%d", 0},
    };
    ot_bases *bases = bases_of(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ot_error error = {0};
        ot_status status = ot_bases_add(bases, S(rows[i].text), &error);
        if (status != OT_EINVAL || error.offset != rows[i].offset)
            fail_msg("%s: %s, offset %llu", rows[i].text, ot_status_name(status), (unsigned long long)error.offset);
        assert_string_equal(error.field, "base");
        assert_true(error.reason[0]);
        assert_int_equal(error.status, OT_EINVAL);
    }
    assert_int_equal(ot_bases_add(bases, ot_str_of("a/%u/%d\0", 8), NULL), OT_EINVAL);
    assert_int_equal(ot_bases_count(bases), 0);
    /* Other per cent signs are data. */
    assert_int_equal(ot_bases_add(bases, S("50%/%x/%u/%d/%"), NULL), OT_OK);
    ot_topic t;
    assert_int_equal(ot_topic_parse(bases, S("50%/%x/jane/phone/%/cmd"), &t, NULL), OT_OK);
    assert_int_equal(t.sub, OT_SUBTOPIC_CMD);
    ot_bases_free(bases);
}

static const char *filter_text(const ot_bases *bases, size_t index, ot_status want) {
    static char text[256];
    ot_sink_buffer buffer = {text, sizeof text - 1, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    assert_int_equal(ot_bases_filter(bases, index, &sink), want);
    text[buffer.len] = 0;
    return text;
}

static ot_status refuse(void *ctx, const char *data, size_t len) {
    (void)data;
    (void)len;
    unsigned *left = ctx;
    return (*left)-- ? OT_OK : OT_EFULL;
}

static void subscriptions(void **state) {
    (void)state;
    ot_bases *bases = bases_of("owntracks/%u/%d", "/family/%u/%d", "fleet/+/%u/x/%d", "%d/%u", NULL);
    assert_string_equal(filter_text(bases, 0, OT_OK), "owntracks/+/+/#");
    assert_string_equal(filter_text(bases, 1, OT_OK), "/family/+/+/#");
    assert_string_equal(filter_text(bases, 2, OT_OK), "fleet/+/+/x/+/#");
    assert_string_equal(filter_text(bases, 3, OT_OK), "+/+/#");
    assert_string_equal(filter_text(bases, 4, OT_DONE), "");
    assert_string_equal(filter_text(NULL, 0, OT_OK), "+/+/+/#");
    assert_string_equal(filter_text(NULL, 1, OT_DONE), "");
    assert_int_equal(ot_bases_filter(bases, 0, NULL), OT_EINVAL);
    for (unsigned allowed = 0; allowed < 7; allowed++) {
        unsigned left = allowed;
        ot_sink sink = {refuse, &left};
        assert_int_equal(ot_bases_filter(bases, 0, &sink), OT_EFULL);
    }

    /* What parses is what a subscription brings: each name that parses is matched by the filter of its base. */
    random_state = 1234567;
    unsigned parsed = 0;
    for (int i = 0; i < 20000; i++) {
        static const char *const levels[] = {"", "owntracks", "family", "fleet", "x", "jane", "$a", "event"};
        char text[128];
        size_t len = 0;
        for (uint32_t n = 1 + rnd(6), k = 0; k < n; k++)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", k ? "/" : "", levels[rnd(8)]);
        ot_topic t;
        if (ot_topic_parse(bases, ot_str_of(text, len), &t, NULL) == OT_OK) {
            parsed++;
            assert_true(ot_topic_matches(S(filter_text(bases, t.base, OT_OK)), t.name));
        }
        if (ot_topic_parse(NULL, ot_str_of(text, len), &t, NULL) == OT_OK)
            assert_true(ot_topic_matches(S(filter_text(NULL, 0, OT_OK)), t.name));
    }
    assert_true(parsed > 1000);
    ot_bases_free(bases);
}

static ot_status build(const char *base, ot_str user, ot_str device, ot_subtopic sub, char *out, size_t size,
                       ot_error *error) {
    ot_sink_buffer buffer = {out, size - 1, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    ot_status status = ot_topic_build(S(base), user, device, sub, &sink, error);
    assert_true(buffer.len < size);
    out[buffer.len] = 0;
    return status;
}

static void building(void **state) {
    (void)state;
    char text[256];
    ot_error error;
    assert_int_equal(build("owntracks/%u/%d", S("jane"), S("phone"), OT_SUBTOPIC_BASE, text, sizeof text, NULL), OT_OK);
    assert_string_equal(text, "owntracks/jane/phone");
    assert_int_equal(build("/a/%d/b/%u/c", S("jane"), S("phone"), OT_SUBTOPIC_CMD, text, sizeof text, NULL), OT_OK);
    assert_string_equal(text, "/a/phone/b/jane/c/cmd");
    assert_int_equal(build("%u/%d", S("%d"), S("%u"), OT_SUBTOPIC_INFO, text, sizeof text, NULL), OT_OK);
    assert_string_equal(text, "%d/%u/info");
    assert_int_equal(build("x/%u/%d", S("$a"), S("$b"), OT_SUBTOPIC_BASE, text, sizeof text, NULL), OT_OK);
    assert_string_equal(text, "x/$a/$b");

    static const struct {
        const char *base, *user, *device, *field;
        uint64_t offset;
        ot_status status;
    } rows[] = {
        {"o/%u/%d", "", "phone", "user", 0, OT_EINVAL},       {"o/%u/%d", "jane", "", "device", 0, OT_EINVAL},
        {"o/%u/%d", "ja/ne", "phone", "user", 2, OT_EINVAL},  {"o/%u/%d", "jane", "pho+ne", "device", 3, OT_EINVAL},
        {"o/%u/%d", "#", "phone", "user", 0, OT_EINVAL},      {"o/%u/%d", "jane", "p\xff", "device", 1, OT_EUTF8},
        {"o/+/%u/%d", "jane", "phone", "base", 2, OT_EINVAL}, {"o/%u", "jane", "phone", "base", 4, OT_EINVAL},
        {"", "jane", "phone", "base", 0, OT_EINVAL},          {"%u/%d", "$SYS", "phone", "user", 0, OT_EINVAL},
        {"%d/%u", "jane", "$SYS", "device", 0, OT_EINVAL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ot_status status =
            build(rows[i].base, S(rows[i].user), S(rows[i].device), OT_SUBTOPIC_BASE, text, sizeof text, &error);
        if (status != rows[i].status || error.status != status || strcmp(error.field, rows[i].field) != 0 ||
            error.offset != rows[i].offset)
            fail_msg("row %zu: %s %s %llu", i, ot_status_name(status), error.field, (unsigned long long)error.offset);
        assert_string_equal(text, ""); /* nothing was written */
        assert_int_equal(
            build(rows[i].base, S(rows[i].user), S(rows[i].device), OT_SUBTOPIC_BASE, text, sizeof text, NULL),
            rows[i].status);
    }
    assert_int_equal(build("o/%u/%d", ot_str_of("a\0b", 3), S("d"), OT_SUBTOPIC_BASE, text, sizeof text, NULL),
                     OT_EINVAL);
    assert_int_equal(build("o/%u/%d", ot_str_of(NULL, 0), S("d"), OT_SUBTOPIC_BASE, text, sizeof text, NULL),
                     OT_EINVAL);
    assert_int_equal(build("o/%u/%d", S("u"), S("d"), OT_SUBTOPIC_OTHER, text, sizeof text, NULL), OT_EINVAL);
    assert_int_equal(build("o/%u/%d", S("u"), S("d"), (ot_subtopic)13, text, sizeof text, NULL), OT_EINVAL);
    assert_int_equal(ot_topic_build(S("o/%u/%d"), S("u"), S("d"), OT_SUBTOPIC_BASE, NULL, NULL), OT_EINVAL);
    for (unsigned allowed = 0; allowed < 7; allowed++) {
        unsigned left = allowed;
        ot_sink sink = {refuse, &left};
        assert_int_equal(ot_topic_build(S("o/%u/%d"), S("u"), S("d"), OT_SUBTOPIC_CMD, &sink, NULL), OT_EFULL);
    }

    /* The limit is exact. */
    char *user = malloc(OT_TOPIC_MAX + 1);
    assert_non_null(user);
    memset(user, 'u', OT_TOPIC_MAX + 1);
    ot_sink_buffer none = {NULL, 0, 0};
    ot_sink sink = ot_sink_to_buffer(&none);
    assert_int_equal(
        ot_topic_build(S("o/%u/%d"), ot_str_of(user, OT_TOPIC_MAX - 8), S("d"), OT_SUBTOPIC_CMD, &sink, NULL), OT_OK);
    assert_int_equal(none.len, OT_TOPIC_MAX);
    assert_int_equal(
        ot_topic_build(S("o/%u/%d"), ot_str_of(user, OT_TOPIC_MAX - 7), S("d"), OT_SUBTOPIC_CMD, &sink, NULL),
        OT_ELIMIT);
    assert_int_equal(
        ot_topic_build(S("o/%u/%d"), ot_str_of(user, OT_TOPIC_MAX + 1), S("d"), OT_SUBTOPIC_CMD, &sink, NULL),
        OT_ELIMIT);
    free(user);
}

static size_t random_level(char *out) {
    static const char *const bits[] = {"a",    "Z",    ".", "..",   " ", "%u", "%d", "%", "$", "Ж", "\xf0\x9f\x98\x80",
                                       "\x01", "\x7f", "-", "phone"};
    size_t len = 0;
    for (uint32_t n = 1 + rnd(5); n; n--) {
        const char *bit = bits[rnd(sizeof bits / sizeof *bits)];
        memcpy(out + len, bit, strlen(bit));
        len += strlen(bit);
    }
    return len;
}

static void parse_undoes_build(void **state) {
    (void)state;
    static const char *const patterns[] = {"owntracks/%u/%d", "/owntracks/%u/%d", "%u/%d",
                                           "/%u/%d",          "a/b/c/%d/%u",      "x/%u/y/%d",
                                           "$x/%u/%d",        "//%u//%d//",       "%d/x/y/%u"};
    random_state = 42;
    unsigned built = 0;
    for (int i = 0; i < 20000; i++) {
        const char *pattern = patterns[rnd(sizeof patterns / sizeof *patterns)];
        char u[64], d[64], text[512];
        ot_str user = ot_str_of(u, random_level(u)), device = ot_str_of(d, random_level(d));
        ot_subtopic sub = (ot_subtopic)rnd(13);
        assert_int_equal(ot_topic_check_level(user, NULL), OT_OK);
        ot_status status = build(pattern, user, device, sub, text, sizeof text, NULL);
        if (status == OT_EINVAL) {
            assert_true((pattern[0] == '%' && (u[0] == '$' || d[0] == '$')));
            continue;
        }
        assert_int_equal(status, OT_OK);
        ot_bases *bases = bases_of(pattern, NULL);
        ot_topic t;
        ot_error error;
        status = ot_topic_parse(bases, S(text), &t, &error);
        if (status != OT_OK) fail_msg("%s %s: %s", pattern, text, error.reason);
        assert_true(ot_str_eq(t.user, user));
        assert_true(ot_str_eq(t.device, device));
        assert_int_equal(t.sub, sub);
        assert_int_equal(t.base, 0);
        assert_true(ot_str_eq(t.name, S(text)));
        ot_bases_free(bases);
        built++;
    }
    assert_true(built > 10000);
}

static void levels(void **state) {
    (void)state;
    ot_error error;
    assert_int_equal(ot_topic_check_level(S("jane"), NULL), OT_OK);
    assert_int_equal(ot_topic_check_level(S(".."), NULL), OT_OK);
    assert_int_equal(ot_topic_check_level(S(""), &error), OT_EMPTY);
    assert_int_equal(ot_topic_check_level(S("a/b"), &error), OT_ETOPIC);
    assert_int_equal(error.offset, 1);
    assert_string_equal(error.field, "level");
    assert_int_equal(ot_topic_check_level(S("abcdefghijkl/b"), &error), OT_ETOPIC);
    assert_int_equal(error.offset, 12);
    assert_int_equal(ot_topic_check_level(S("a+"), NULL), OT_ETOPIC);
    assert_int_equal(ot_topic_check_level(S("#"), NULL), OT_ETOPIC);
    assert_int_equal(ot_topic_check_level(ot_str_of("\0", 1), NULL), OT_ETOPIC);
    assert_int_equal(ot_topic_check_level(S("\xc3"), NULL), OT_EUTF8);
}

/* Every allocation that fails leaves a set that still works. */
static unsigned alloc_left, alloc_live;
static void *short_alloc(void *ctx, size_t size) {
    (void)ctx;
    if (!alloc_left) return NULL;
    alloc_left--;
    alloc_live++;
    return malloc(size);
}
static void *short_resize(void *ctx, void *ptr, size_t old_size, size_t size) {
    (void)ctx;
    (void)old_size;
    if (!alloc_left) return NULL;
    alloc_left--;
    if (!ptr) alloc_live++;
    return realloc(ptr, size);
}
static void short_release(void *ctx, void *ptr, size_t size) {
    (void)ctx;
    (void)size;
    alloc_live--;
    free(ptr);
}

static void out_of_memory(void **state) {
    (void)state;
    const ot_alloc alloc = {sizeof alloc, short_alloc, short_resize, short_release, NULL};
    assert_int_equal(ot_mem_set(&alloc), OT_OK);
    for (unsigned n = 0;; n++) {
        ot_bases *bases = NULL;
        alloc_left = n;
        ot_status status = ot_bases_new(&bases);
        for (int i = 0; status == OT_OK && i < 6; i++)
            status = ot_bases_add(bases, S("a/%u/%d"), NULL);
        if (status == OT_OK) assert_int_equal(ot_bases_count(bases), 6);
        if (status != OT_OK) assert_int_equal(status, OT_ENOMEM);
        if (bases && ot_bases_count(bases)) {
            ot_topic t;
            assert_int_equal(ot_topic_parse(bases, S("a/b/c"), &t, NULL), OT_OK);
        }
        ot_bases_free(bases);
        assert_int_equal(alloc_live, 0);
        if (status == OT_OK) {
            assert_true(n > 10);
            break;
        }
    }
    ot_mem_set(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(every_place),
        cmocka_unit_test(long_names),
        cmocka_unit_test(filters),
        cmocka_unit_test(matches),
        cmocka_unit_test(covers_is_exact),
        cmocka_unit_test(covers_by_chance),
        cmocka_unit_test(subtopics),
        cmocka_unit_test(default_rule),
        cmocka_unit_test(several_bases),
        cmocka_unit_test(bad_bases),
        cmocka_unit_test(subscriptions),
        cmocka_unit_test(building),
        cmocka_unit_test(parse_undoes_build),
        cmocka_unit_test(levels),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests_name("topic", tests, NULL, NULL);
}
