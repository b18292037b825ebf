/* test_zone.c: TZif files made by hand, whole and damaged; rules; gaps and overlaps; and the tzdata of the system where there is one. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/zone.h"

/* A file in the making. */
typedef struct file {
    char data[4096];
    size_t len;
} file;

static void put_bytes(file *f, const void *data, size_t len) {
    assert_true(f->len + len <= sizeof f->data);
    if (len) memcpy(f->data + f->len, data, len);
    f->len += len;
}

static void put_number(file *f, int64_t value, size_t width) {
    for (size_t i = width; i-- > 0;) {
        char c = (char)(uint8_t)((uint64_t)value >> (8 * i));
        put_bytes(f, &c, 1);
    }
}

typedef struct type {
    int32_t offset;
    char dst, name;
} type;

typedef struct block {
    const int64_t *times;
    const unsigned char *index;
    uint32_t n_times;
    const type *types;
    uint32_t n_types;
} block;

static const char names[] = "STD\0DST"; /* with its last NUL: 8 bytes */

static void put_block(file *f, char version, size_t width, const block *b) {
    static const char zeros[15];
    put_bytes(f, "TZif", 4);
    put_bytes(f, &version, 1);
    put_bytes(f, zeros, 15);
    const uint32_t counts[6] = {b->n_types, b->n_types, 0, b->n_times, b->n_types, sizeof names};
    for (int i = 0; i < 6; i++)
        put_number(f, counts[i], 4);
    for (uint32_t i = 0; i < b->n_times; i++)
        put_number(f, b->times[i], width);
    put_bytes(f, b->index, b->n_times);
    for (uint32_t i = 0; i < b->n_types; i++) {
        put_number(f, b->types[i].offset, 4);
        put_bytes(f, &b->types[i].dst, 1);
        put_bytes(f, &b->types[i].name, 1);
    }
    put_bytes(f, names, sizeof names);
    put_bytes(f, zeros, b->n_types); /* standard indicators */
    put_bytes(f, zeros, b->n_types); /* UT indicators */
}

static const int64_t times[] = {-1000000000, 0, 1000000000, 1010000000};
static const unsigned char indexes[] = {1, 0, 1, 2};
static const type types[] = {{3600, 0, 0}, {7200, 1, 4}, {-1800, 0, 0}};
static const block some = {times, indexes, 4, types, 3};
static const block none = {NULL, NULL, 0, types, 1};

/* Version 2 or later: an empty first block, the true one, a footer. */
static void put_file(file *f, char version, const char *footer) {
    f->len = 0;
    put_block(f, version, 4, &none);
    put_block(f, version, 8, &some);
    put_bytes(f, "\n", 1);
    put_bytes(f, footer, strlen(footer));
    put_bytes(f, "\n", 1);
}

/* Reads from memory of exactly that size. */
static ot_status read_bytes(const char *data, size_t len, ot_zone **zone, ot_error *error) {
    char *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    if (len) memcpy(copy, data, len);
    ot_status status = ot__zone_from_bytes(ot_str_of(copy, len), zone, error);
    free(copy);
    assert_true((status == OT_OK) == (*zone != NULL));
    return status;
}

static ot_zone *good(const file *f) {
    ot_zone *zone;
    ot_error error;
    if (read_bytes(f->data, f->len, &zone, &error) != OT_OK)
        fail_msg("%s at %llu", error.reason, (unsigned long long)error.offset);
    return zone;
}

static int32_t offset_s(const ot_zone *zone, int64_t seconds) {
    return ot_zone_offset(zone, seconds * 1000);
}

/* What ot_zone_to_utc() promises, looked at from outside. */
static void check_back(const ot_zone *zone, int64_t local) {
    ot_time utc = ot_zone_to_utc(zone, local);
    int64_t there = utc + INT64_C(1000) * ot_zone_offset(zone, utc);
    if (there == local) {
        /* The first one: no other offset in force shortly before gives the same local time. */
        for (int32_t o = -OT__ZONE_OFFSET_MAX; o <= OT__ZONE_OFFSET_MAX; o += 900) {
            ot_time other = local - INT64_C(1000) * o;
            if (other < utc && ot_zone_offset(zone, other) == o)
                fail_msg("%lld: %lld is not the first", (long long)local, (long long)utc);
        }
    } else {
        int64_t before = utc - 1 + INT64_C(1000) * ot_zone_offset(zone, utc - 1);
        if (!(there > local && before < local))
            fail_msg("%lld: %lld is not behind a gap", (long long)local, (long long)utc);
    }
}

static void version_one(void **state) {
    (void)state;
    file f = {.len = 0};
    put_block(&f, 0, 4, &some);
    ot_zone *zone = good(&f);
    assert_int_equal(offset_s(zone, INT32_MIN), 3600);
    assert_int_equal(offset_s(zone, -1000000001), 3600);
    assert_int_equal(offset_s(zone, -1000000000), 7200);
    assert_int_equal(ot_zone_offset(zone, -1), 7200); /* the last millisecond before */
    assert_int_equal(ot_zone_offset(zone, 0), 3600);
    assert_int_equal(offset_s(zone, 999999999), 3600);
    assert_int_equal(offset_s(zone, 1000000000), 7200);
    assert_int_equal(offset_s(zone, 1010000000), -1800);
    assert_int_equal(ot_zone_offset(zone, INT64_MAX), -1800); /* no rule: the last one for ever */
    assert_int_equal(ot_zone_offset(zone, INT64_MIN), 3600);
    assert_false(ot__zone_is_utc(zone));
    ot_zone_close(zone);
}

static void version_two_and_later(void **state) {
    (void)state;
    for (char version = '2'; version <= '4'; version++) {
        file f;
        put_file(&f, version, "CET-1CEST,M3.5.0,M10.5.0/3");
        ot_zone *zone = good(&f);
        assert_int_equal(offset_s(zone, -1000000001), 3600);
        assert_int_equal(offset_s(zone, 1009999999), 7200);
        assert_int_equal(offset_s(zone, 1010000000), 3600); /* January 2002: the rule, not the last type */
        assert_int_equal(offset_s(zone, 1774745999), 3600); /* 2026-03-29T00:59:59Z */
        assert_int_equal(offset_s(zone, 1774746000), 7200);
        assert_int_equal(offset_s(zone, 1792889999), 7200); /* 2026-10-25T00:59:59Z */
        assert_int_equal(offset_s(zone, 1792890000), 3600);
        assert_int_equal(offset_s(zone, INT64_C(32487699600)), 7200); /* 2999-06-27 */
        ot_zone_close(zone);
        put_file(&f, version, "");
        zone = good(&f);
        assert_int_equal(offset_s(zone, 1774746000), -1800);
        ot_zone_close(zone);
    }
    /* Without transitions the rule holds always, also before 1970; 8-byte times are read as such. */
    file f = {.len = 0};
    put_block(&f, '2', 4, &none);
    put_block(&f, '2', 8, &none);
    put_bytes(&f, "\n<+0330>-3:30\n", 14);
    ot_zone *zone = good(&f);
    assert_int_equal(ot_zone_offset(zone, INT64_MIN), 12600);
    assert_int_equal(ot_zone_offset(zone, INT64_MAX), 12600);
    ot_zone_close(zone);
    /* An offset of a day or more is kept, and text that cannot say it is in UTC. */
    f.len = 0;
    put_block(&f, '2', 4, &none);
    put_block(&f, '2', 8, &none);
    put_bytes(&f, "\n<+25>-24:30\n", 13);
    zone = good(&f);
    char text[OT_TIME_TEXT_SIZE];
    assert_int_equal(ot_zone_offset(zone, 0), 88200);
    ot_time_format(0, zone, text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    ot_zone_close(zone);
    static const int64_t far[] = {-62135596800, 4102444800};
    static const unsigned char far_index[] = {1, 2};
    const block wide = {far, far_index, 2, types, 3};
    f.len = 0;
    put_block(&f, '3', 4, &none);
    put_block(&f, '3', 8, &wide);
    put_bytes(&f, "\n\n", 2);
    zone = good(&f);
    assert_int_equal(offset_s(zone, -62135596801), 3600);
    assert_int_equal(offset_s(zone, -62135596800), 7200);
    assert_int_equal(offset_s(zone, 4102444799), 7200);
    assert_int_equal(offset_s(zone, 4102444800), -1800);
    ot_zone_close(zone);
}

static void cut_anywhere(void **state) {
    (void)state;
    file f;
    ot_zone *zone;
    ot_error error;
    put_file(&f, '2', "CET-1CEST,M3.5.0,M10.5.0/3");
    for (size_t len = 0; len < f.len; len++) {
        assert_int_equal(read_bytes(f.data, len, &zone, &error), OT_ESYNTAX);
        assert_string_equal(error.field, "zone");
        assert_true(error.reason[0]);
    }
    f.len = 0;
    put_block(&f, 0, 4, &some);
    for (size_t len = 0; len < f.len; len++)
        assert_int_equal(read_bytes(f.data, len, &zone, NULL), OT_ESYNTAX);
}

/* Every byte of a file with every value that turns counts, indexes and times over: refused, or a zone that answers. */
static void any_byte_changed(void **state) {
    (void)state;
    static const unsigned char values[] = {0, 1, 2, 4, 0x7f, 0x80, 0xff, '\n', '9', ','};
    file f;
    put_file(&f, '2', "CET-1CEST,M3.5.0,M10.5.0/3");
    unsigned refused = 0, taken = 0;
    for (size_t at = 0; at < f.len; at++)
        for (size_t v = 0; v < sizeof values; v++) {
            char old = f.data[at];
            ot_zone *zone;
            f.data[at] = (char)values[v];
            if (read_bytes(f.data, f.len, &zone, NULL) == OT_OK) {
                taken++;
                for (int64_t t = -20; t <= 20; t++) {
                    int32_t o = offset_s(zone, t * 123456789);
                    assert_true(o >= -OT__ZONE_OFFSET_MAX && o <= OT__ZONE_OFFSET_MAX);
                    ot_time utc = ot_zone_to_utc(zone, t * INT64_C(123456789000));
                    assert_true(llabs(utc - t * INT64_C(123456789000)) <= INT64_C(2000) * OT__ZONE_OFFSET_MAX);
                }
                ot_zone_close(zone);
            } else {
                refused++;
            }
            f.data[at] = old;
        }
    assert_true(refused > 500 && taken > 500);
}

static void damaged(void **state) {
    (void)state;
    /* Offsets in a file of version 2: the second header starts behind the first block of one type. */
    enum { H = 44 + 6 + 8 + 1 + 1, D = H + 44 };
    static const struct {
        const char *what;
        size_t at;
        size_t width;
        int64_t value;
        ot_status status;
    } rows[] = {
        {"magic", 0, 1, 'X', OT_ESYNTAX},
        {"version 1 as a digit", 4, 1, '1', OT_ESYNTAX},
        {"version 5", 4, 1, '5', OT_ESYNTAX},
        {"second magic", H + 3, 1, 'F', OT_ESYNTAX},
        {"another version", H + 4, 1, '3', OT_ESYNTAX},
        {"first block: huge", 32, 4, -1, OT_ESYNTAX},
        {"UT indicators", H + 20, 4, 2, OT_ESYNTAX},
        {"UT indicators, huge", H + 20, 4, -1, OT_ESYNTAX},
        {"standard indicators", H + 24, 4, 2, OT_ESYNTAX},
        {"leap seconds, huge", H + 28, 4, -1, OT_ESYNTAX},
        {"transitions, huge", H + 32, 4, -1, OT_ESYNTAX},
        {"transitions, 2^29", H + 32, 4, 0x20000000, OT_ESYNTAX},
        {"types, huge", H + 36, 4, -1, OT_ESYNTAX},
        {"no type", H + 36, 4, 0, OT_ESYNTAX},
        {"designations, huge", H + 40, 4, -1, OT_ESYNTAX},
        {"no designation", H + 40, 4, 0, OT_ESYNTAX},
        {"times that do not rise", D + 8, 8, -1000000000, OT_ESYNTAX},
        {"times that fall", D + 16, 8, -5, OT_ESYNTAX},
        {"type index", D + 32, 1, 3, OT_ESYNTAX},
        {"last type index", D + 35, 1, 0xff, OT_ESYNTAX},
        {"offset", D + 36, 4, 93601, OT_ESYNTAX},
        {"offset, least", D + 36, 4, INT32_MIN, OT_ESYNTAX},
        {"daylight saving", D + 40, 1, 2, OT_ESYNTAX},
        {"designation", D + 41, 1, 8, OT_ESYNTAX},
        {"designation without an end", D + 36 + 18 + 7, 1, 'X', OT_ESYNTAX},
        {"no footer", D + 36 + 18 + 8 + 6, 1, 'X', OT_ESYNTAX},
        {"rule", D + 36 + 18 + 8 + 6 + 4, 1, '!', OT_ESYNTAX},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        file f, change = {.len = 0};
        ot_zone *zone;
        ot_error error;
        put_file(&f, '2', "CET-1CEST,M3.5.0,M10.5.0/3");
        put_number(&change, rows[i].value, rows[i].width);
        memcpy(f.data + rows[i].at, change.data, rows[i].width);
        ot_status status = read_bytes(f.data, f.len, &zone, &error);
        if (status != rows[i].status) fail_msg("%s: %s", rows[i].what, ot_status_name(status));
    }
    /* Leap seconds: well formed, and refused by name. */
    file f = {.len = 0};
    put_block(&f, 0, 4, &none);
    f.data[31] = 1;
    static const char leap[8];
    memmove(f.data + 44 + 6 + 8 + 8, f.data + 44 + 6 + 8, 2);
    memcpy(f.data + 44 + 6 + 8, leap, 8);
    f.len += 8;
    ot_zone *zone;
    assert_int_equal(read_bytes(f.data, f.len, &zone, NULL), OT_EUNSUPPORTED);
    assert_int_equal(read_bytes("TZif", 4, &zone, NULL), OT_ESYNTAX);
    assert_int_equal(read_bytes("", 0, &zone, NULL), OT_ESYNTAX);
}

/* --- Rules --- */

static void rule_texts(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int32_t std, dst;
    } rows[] = {
        {"UTC0", 0, 0},
        {"CET-1", 3600, 3600},
        {"<+0330>-3:30", 12600, 12600},
        {"<-03>3", -10800, -10800},
        {"EST5EDT,M3.2.0,M11.1.0", -18000, -14400},
        {"CET-1CEST,M3.5.0,M10.5.0/3", 3600, 7200},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", 3600, 0},
        {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 37800, 39600},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7200, -3600},
        {"EST5EDT,0/0,J365/25", -18000, -14400},
        {"AAA-24:59:59BBB,J1,J365/-167:59:59", 89999, 93599},
        {"EST+5EDT4,J60/2,365/+2:00:00", -18000, -14400},
    };
    ot__rule rule;
    size_t bad;
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        if (ot__rule_parse(ot_str_c(rows[i].text), &rule, &bad) != OT_OK) fail_msg("%s: at %zu", rows[i].text, bad);
        assert_int_equal(rule.std, rows[i].std);
        assert_int_equal(rule.dst, rows[i].dst);
        /* Cut anywhere: nothing is read beyond the end. */
        for (size_t len = 0; len < strlen(rows[i].text); len++) {
            char *cut = malloc(len ? len : 1);
            assert_non_null(cut);
            memcpy(cut, rows[i].text, len);
            ot_status status = ot__rule_parse(ot_str_of(cut, len), &rule, &bad);
            if (status != OT_OK) assert_true(bad <= len);
            free(cut);
        }
    }
    static const char *const refused[] = {"",
                                          "C",
                                          "CE-1",
                                          "CET",
                                          "CET-",
                                          "CET-25",
                                          "CET-1:60",
                                          "CET-1:00:60",
                                          "<>-1",
                                          "<+03-3",
                                          "<+03 >-3",
                                          ":Europe/Berlin",
                                          "CET-1CEST",
                                          "CET-1CEST,",
                                          "CET-1CEST,M3.5.0",
                                          "CET-1CEST,M3.5.0,",
                                          "CET-1CEST,M0.5.0,M10.5.0",
                                          "CET-1CEST,M13.5.0,M10.5.0",
                                          "CET-1CEST,M3.0.0,M10.5.0",
                                          "CET-1CEST,M3.6.0,M10.5.0",
                                          "CET-1CEST,M3.5.7,M10.5.0",
                                          "CET-1CEST,M3.5,M10.5.0",
                                          "CET-1CEST,J0,J1",
                                          "CET-1CEST,J366,J1",
                                          "CET-1CEST,366,1",
                                          "CET-1CEST,M3.5.0/168,M10.5.0",
                                          "CET-1CEST,M3.5.0,M10.5.0/",
                                          "CET-1CEST,M3.5.0,M10.5.0x",
                                          "CET-1CEST,M3.5.0,M10.5.0,",
                                          "CET-99999999999999999999",
                                          "CET-1CEST,M3.5.0/--1,M10.5.0",
                                          "CET-1 ",
                                          "CET--1",
                                          "CET-1CE,M3.5.0,M10.5.0"};
    for (size_t i = 0; i < OT_COUNT(refused); i++) {
        bad = 999;
        if (ot__rule_parse(ot_str_c(refused[i]), &rule, &bad) != OT_ESYNTAX) fail_msg("%s", refused[i]);
        assert_true(bad <= strlen(refused[i]));
    }
}

static int64_t at(const char *text) {
    ot_time out;
    ot_error error;
    if (ot_time_parse(ot_str_c(text), OT_TIME_FROM, NULL, 0, &out, &error) != OT_OK)
        fail_msg("%s: %s", text, error.reason);
    return out;
}

static void rule_moments(void **state) {
    (void)state;
    static const struct {
        const char *rule, *when;
        int32_t before, from; /* the offset a second before, and at it */
    } rows[] = {
        {"EST5EDT,M3.2.0,M11.1.0", "2026-03-08T07:00:00Z", -18000, -14400},
        {"EST5EDT,M3.2.0,M11.1.0", "2026-11-01T06:00:00Z", -14400, -18000},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2024-03-31T01:00:00Z", 3600, 7200},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "1969-03-30T01:00:00Z", 3600, 7200},
        {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-04-04T15:00:00Z", 39600, 37800},
        {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-10-03T15:30:00Z", 37800, 39600},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-03-29T01:00:00Z", 0, 3600},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-10-25T01:00:00Z", 3600, 0},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", -7200, -3600},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-10-25T01:00:00Z", -3600, -7200},
        /* 167 hours: a week after. */
        {"AAA0BBB,M12.5.0/167,M6.1.0", "2027-01-02T23:00:00Z", 0, 3600},
        /* Both changes of a year before it starts, or after it has ended. */
        {"AAA0BBB,J1/-167,J2/-167", "2025-12-25T01:00:00Z", 0, 3600},
        {"AAA0BBB,J1/-167,J2/-167", "2025-12-26T00:00:00Z", 3600, 0},
        {"AAA0BBB,J365/167,J364/167", "2026-01-05T22:00:00Z", 3600, 0},
        {"AAA0BBB,J365/167,J364/167", "2026-01-06T23:00:00Z", 0, 3600},
        /* J60 is 1 March in every year; 59 (from 0) is 29 February in a leap year. */
        {"AAA0BBB,J60,J300", "2024-03-01T02:00:00Z", 0, 3600},
        {"AAA0BBB,J60,J300", "2025-03-01T02:00:00Z", 0, 3600},
        {"AAA0BBB,J59,J300", "2024-02-28T02:00:00Z", 0, 3600},
        {"AAA0BBB,59,300", "2024-02-29T02:00:00Z", 0, 3600},
        {"AAA0BBB,59,300", "2025-03-01T02:00:00Z", 0, 3600},
        /* Daylight saving all the year: never standard time. */
        {"EST5EDT,0/0,J365/25", "2026-01-01T05:00:00Z", -14400, -14400},
        {"EST5EDT,0/0,J365/25", "2028-12-31T23:59:59Z", -14400, -14400},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        ot__rule rule;
        size_t bad;
        assert_int_equal(ot__rule_parse(ot_str_c(rows[i].rule), &rule, &bad), OT_OK);
        int64_t when = at(rows[i].when) / 1000;
        if (ot__rule_offset(&rule, when - 1) != rows[i].before || ot__rule_offset(&rule, when) != rows[i].from)
            fail_msg("%s %s: %d, %d", rows[i].rule, rows[i].when, ot__rule_offset(&rule, when - 1),
                     ot__rule_offset(&rule, when));
        if (rows[i].before != rows[i].from) assert_int_equal(ot__rule_next(&rule, when - 1), when);
        int64_t next = ot__rule_next(&rule, when);
        assert_true(next > when && next <= when + 367 * 86400);
        /* The pattern comes again after 400 years. */
        assert_int_equal(ot__rule_offset(&rule, when + INT64_C(12622780800) * 1000), rows[i].from);
        assert_int_equal(ot__rule_offset(&rule, when - 1 - INT64_C(12622780800) * 1000), rows[i].before);
    }
    ot__rule fixed;
    size_t bad;
    assert_int_equal(ot__rule_parse(OT_STR("CET-1"), &fixed, &bad), OT_OK);
    assert_int_equal(ot__rule_next(&fixed, 0), INT64_MAX);
}

/* --- Names and files --- */

static void fixed_names(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int32_t offset;
    } rows[] = {{"UTC", 0}, {"+00:00", 0}, {"+02:00", 7200}, {"-03:30", -12600}, {"+23:59", 86340}, {"-23:59", -86340}};
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        ot_zone *zone;
        assert_int_equal(ot_zone_open(rows[i].name, "/nowhere", &zone, NULL), OT_OK);
        assert_int_equal(ot_zone_offset(zone, 0), rows[i].offset);
        assert_int_equal(ot_zone_offset(zone, INT64_MAX), rows[i].offset);
        assert_int_equal(ot_zone_to_utc(zone, 1000), 1000 - rows[i].offset * 1000);
        assert_int_equal(ot__zone_is_utc(zone), i == 0);
        ot_zone_close(zone);
    }
    ot_zone_close(NULL);
    assert_int_equal(ot_zone_offset(NULL, 5), 0);
    assert_int_equal(ot_zone_to_utc(NULL, 5), 5);
}

static void bad_names(void **state) {
    (void)state;
    char longer[300];
    memset(longer, 'a', sizeof longer);
    longer[256] = 0;
    const char *const rows[] = {NULL,
                                "",
                                "..",
                                "../UTC",
                                "/etc/localtime",
                                "Europe/",
                                "Europe//Berlin",
                                "/",
                                "Europe/Berlin ",
                                "Euro pe",
                                "Europe/Ber.lin",
                                "a\nb",
                                "Europe\\Berlin",
                                "\xc3\xa4",
                                "+02:0x",
                                "+24:00",
                                "+02:60",
                                "02:00",
                                "+2:00",
                                "+02:000",
                                "%s",
                                longer};
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        ot_zone *zone = (ot_zone *)(uintptr_t)1;
        ot_error error;
        if (ot_zone_open(rows[i], NULL, &zone, &error) != OT_EINVAL) fail_msg("%s", rows[i]);
        assert_null(zone);
        assert_string_equal(error.field, "zone");
    }
}

static void files(void **state) {
    (void)state;
    char folder[] = "/tmp/ot-zone-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    ot_zone *zone;
    ot_error error;
    assert_int_equal(ot_zone_open("Some", folder, &zone, &error), OT_ENOTFOUND);
    assert_null(zone);
    assert_int_equal(error.status, OT_ENOTFOUND);

    file f;
    put_file(&f, '2', "CET-1CEST,M3.5.0,M10.5.0/3");
    snprintf(path, sizeof path, "%s/Some", folder);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(f.data, 1, f.len, out), f.len);
    fclose(out);
    assert_int_equal(ot_zone_open("Some", folder, &zone, &error), OT_OK);
    assert_int_equal(offset_s(zone, 1774746000), 7200);
    ot_zone_close(zone);
    assert_int_equal(ot_zone_open("Some/More", folder, &zone, &error), OT_ENOTFOUND);

    assert_int_equal(truncate(path, 100), 0);
    assert_int_equal(ot_zone_open("Some", folder, &zone, &error), OT_ESYNTAX);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(ot_zone_open("Some", folder, &zone, &error), OT_ESYNTAX);
    assert_int_equal(truncate(path, 2 << 20), 0);
    assert_int_equal(ot_zone_open("Some", folder, &zone, &error), OT_ESYNTAX);
    assert_int_equal(error.status, OT_ESYNTAX);
    unlink(path);

    /* What is no file is not read, and a pipe does not hold us up. */
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(ot_zone_open("Some", folder, &zone, &error), OT_EIO);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(ot_zone_open("Some", folder, &zone, &error), OT_EIO);
    rmdir(path);
    rmdir(folder);
    char *deep = malloc(5000);
    assert_non_null(deep);
    memset(deep, 'd', 4999);
    deep[4999] = 0;
    assert_int_equal(ot_zone_open("Some", deep, &zone, &error), OT_EINVAL);
    assert_string_equal(error.field, "folder");
    free(deep);
}

/* --- The way back --- */

static void gaps_and_overlaps(void **state) {
    (void)state;
    file f;
    put_file(&f, '2', "CET-1CEST,M3.5.0,M10.5.0/3");
    ot_zone *zone = good(&f);
    static const struct {
        const char *local, *utc;
    } rows[] = {
        {"2026-01-01T00:00:00Z", "2025-12-31T23:00:00Z"},
        {"2026-07-01T00:00:00Z", "2026-06-30T22:00:00Z"},
        {"2026-03-29T01:59:59.999Z", "2026-03-29T00:59:59.999Z"},
        {"2026-03-29T02:00:00Z", "2026-03-29T01:00:00Z"}, /* the gap: the first moment after it */
        {"2026-03-29T02:30:00Z", "2026-03-29T01:00:00Z"},
        {"2026-03-29T02:59:59.999Z", "2026-03-29T01:00:00Z"},
        {"2026-03-29T03:00:00Z", "2026-03-29T01:00:00Z"},
        {"2026-03-29T03:00:00.001Z", "2026-03-29T01:00:00.001Z"},
        {"2026-10-25T01:59:59Z", "2026-10-24T23:59:59Z"},
        {"2026-10-25T02:00:00Z", "2026-10-25T00:00:00Z"}, /* twice: the first */
        {"2026-10-25T02:59:59.999Z", "2026-10-25T00:59:59.999Z"},
        {"2026-10-25T03:00:00Z", "2026-10-25T02:00:00Z"},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        ot_time utc = ot_zone_to_utc(zone, at(rows[i].local));
        if (utc != at(rows[i].utc)) fail_msg("%s: %lld", rows[i].local, (long long)utc);
    }
    for (size_t i = 0; i < OT_COUNT(times); i++)
        for (int64_t d = -12000; d <= 12000; d += 300)
            check_back(zone, (times[i] + d) * 1000);
    /* The ends of the number line are handed back. */
    assert_int_equal(ot_zone_to_utc(zone, INT64_MIN), INT64_MIN);
    assert_int_equal(ot_zone_to_utc(zone, INT64_MAX), INT64_MAX);
    ot_zone_close(zone);
}

/* A file that changes its offset every second for days: the answer comes, and keeps its promise. */
static void many_changes(void **state) {
    (void)state;
    enum { N = 100000 };
    size_t len = 44 + N * 4 + N + 12 + 8;
    char *data = calloc(1, len);
    assert_non_null(data);
    file f = {.len = 0};
    put_bytes(&f, "TZif", 4);
    put_number(&f, 0, 8);
    put_number(&f, 0, 8);
    put_number(&f, 0, 4);
    put_number(&f, 0, 4);
    put_number(&f, 0, 4);
    put_number(&f, N, 4);
    put_number(&f, 2, 4);
    put_number(&f, 8, 4);
    memcpy(data, f.data, 44);
    for (uint32_t i = 0; i < N; i++) {
        file n = {.len = 0};
        put_number(&n, (int64_t)i - N / 2, 4);
        memcpy(data + 44 + i * 4, n.data, 4);
        data[44 + N * 4 + i] = (char)(i & 1);
    }
    file t = {.len = 0};
    put_number(&t, -93600, 4);
    put_number(&t, 0, 2);
    put_number(&t, 93600, 4);
    put_number(&t, 0x0100, 2);
    memcpy(data + 44 + N * 5, t.data, 12);
    ot_zone *zone;
    assert_int_equal(read_bytes(data, len, &zone, NULL), OT_OK);
    for (int64_t local = -150000; local <= 150000; local += 1777) {
        ot_time utc = ot_zone_to_utc(zone, local * 1000);
        int64_t there = utc + INT64_C(1000) * ot_zone_offset(zone, utc);
        assert_true(there >= local * 1000);
    }
    ot_zone_close(zone);
    free(data);
}

static void system_zones(void **state) {
    (void)state;
    static const struct {
        const char *zone, *when, *text;
    } rows[] = {
        {"Europe/Berlin", "1880-01-01T00:00:00Z", "1880-01-01T00:53:00+00:53"}, /* local mean time, +00:53:28 */
        {"Europe/Berlin", "1945-06-01T12:00:00Z", "1945-06-01T15:00:00+03:00"},
        {"Europe/Berlin", "1970-01-01T00:00:00Z", "1970-01-01T01:00:00+01:00"},
        {"Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29T01:59:59+01:00"},
        {"Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00+02:00"},
        {"Europe/Berlin", "2026-10-25T00:59:59Z", "2026-10-25T02:59:59+02:00"},
        {"Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00+01:00"},
        {"Europe/Berlin", "2037-12-31T00:00:00Z", "2037-12-31T01:00:00+01:00"},
        {"Europe/Berlin", "2050-03-27T00:59:59Z", "2050-03-27T01:59:59+01:00"},
        {"Europe/Berlin", "2050-03-27T01:00:00Z", "2050-03-27T03:00:00+02:00"},
        {"Europe/Berlin", "9999-07-01T00:00:00Z", "9999-07-01T02:00:00+02:00"},
        {"America/New_York", "1883-11-18T16:59:59Z", "1883-11-18T12:03:59-04:56"}, /* -04:56:02 */
        {"America/New_York", "2006-04-02T07:00:00Z", "2006-04-02T03:00:00-04:00"},
        {"America/New_York", "2007-03-11T06:59:59Z", "2007-03-11T01:59:59-05:00"},
        {"America/New_York", "2007-03-11T07:00:00Z", "2007-03-11T03:00:00-04:00"},
        {"America/New_York", "2026-11-01T05:59:59Z", "2026-11-01T01:59:59-04:00"},
        {"America/New_York", "2026-11-01T06:00:00Z", "2026-11-01T01:00:00-05:00"},
        {"America/New_York", "2100-07-04T12:00:00Z", "2100-07-04T08:00:00-04:00"},
        {"Australia/Lord_Howe", "2026-04-04T14:59:59Z", "2026-04-05T01:59:59+11:00"},
        {"Australia/Lord_Howe", "2026-04-04T15:00:00Z", "2026-04-05T01:30:00+10:30"},
        {"Australia/Lord_Howe", "2026-10-03T15:29:59Z", "2026-10-04T01:59:59+10:30"},
        {"Australia/Lord_Howe", "2026-10-03T15:30:00Z", "2026-10-04T02:30:00+11:00"},
        {"Australia/Lord_Howe", "2060-01-01T00:00:00Z", "2060-01-01T11:00:00+11:00"},
        {"Asia/Kolkata", "2026-01-01T00:00:00Z", "2026-01-01T05:30:00+05:30"},
        {"Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29T23:59:59-10:00"},
        {"Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31T00:00:00+14:00"},
    };
    struct stat info;
    if (stat("/usr/share/zoneinfo/Pacific/Apia", &info) != 0) skip();
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        ot_zone *zone;
        ot_error error;
        char text[OT_TIME_TEXT_SIZE];
        if (ot_zone_open(rows[i].zone, NULL, &zone, &error) != OT_OK) fail_msg("%s: %s", rows[i].zone, error.reason);
        ot_time_format(at(rows[i].when), zone, text);
        if (strcmp(text, rows[i].text) != 0) fail_msg("%s %s: %s", rows[i].zone, rows[i].when, text);
        assert_int_equal(at(text), at(rows[i].when)); /* whatever the offset, the same moment */
        int64_t around = at(rows[i].when) + INT64_C(1000) * ot_zone_offset(zone, at(rows[i].when));
        for (int64_t d = -30; d <= 30; d++)
            check_back(zone, around / 900000 * 900000 + d * 900000);
        ot_zone_close(zone);
    }
    /* Days: a short one, a long one, one that does not exist. */
    static const struct {
        const char *zone, *text, *from, *to;
    } days[] = {
        {"Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59.999Z"},
        {"Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59.999Z"},
        {"Europe/Berlin", "2026-03", "2026-02-28T23:00:00Z", "2026-03-31T21:59:59.999Z"},
        {"Europe/Berlin", "2026", "2025-12-31T23:00:00Z", "2026-12-31T22:59:59.999Z"},
        {"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z",
         "2018-11-05T01:59:59.999Z"}, /* midnight is in the gap */
        {"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", "2011-12-30T09:59:59.999Z"},
    };
    for (size_t i = 0; i < OT_COUNT(days); i++) {
        ot_zone *zone;
        ot_time from, to;
        assert_int_equal(ot_zone_open(days[i].zone, NULL, &zone, NULL), OT_OK);
        assert_int_equal(ot_time_parse(ot_str_c(days[i].text), OT_TIME_FROM, zone, 0, &from, NULL), OT_OK);
        assert_int_equal(ot_time_parse(ot_str_c(days[i].text), OT_TIME_TO, zone, 0, &to, NULL), OT_OK);
        if (from != at(days[i].from) || to != at(days[i].to))
            fail_msg("%s %s: %lld to %lld", days[i].zone, days[i].text, (long long)from, (long long)to);
        ot_zone_close(zone);
    }
    /* Files with leap seconds are refused by name, where the system has them. */
    if (stat("/usr/share/zoneinfo/right/Europe/Berlin", &info) == 0) {
        ot_zone *zone;
        assert_int_equal(ot_zone_open("right/Europe/Berlin", NULL, &zone, NULL), OT_EUNSUPPORTED);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_one),       cmocka_unit_test(version_two_and_later),
        cmocka_unit_test(cut_anywhere),      cmocka_unit_test(any_byte_changed),
        cmocka_unit_test(damaged),           cmocka_unit_test(rule_texts),
        cmocka_unit_test(rule_moments),      cmocka_unit_test(fixed_names),
        cmocka_unit_test(bad_names),         cmocka_unit_test(files),
        cmocka_unit_test(gaps_and_overlaps), cmocka_unit_test(many_changes),
        cmocka_unit_test(system_zones),
    };
    return cmocka_run_group_tests_name("zone", tests, NULL, NULL);
}
