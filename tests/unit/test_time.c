/* test_time.c: the calendar, times as text, and the clock. Zones have a test of their own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/zone.h"

#define NOW INT64_C(1772366405250) /* 2026-03-01T12:00:05.250Z, a Sunday */

static ot_zone *zone_of(const char *name) {
    ot_zone *zone;
    ot_error error;
    if (ot_zone_open(name, NULL, &zone, &error) != OT_OK) fail_msg("%s: %s", name, error.reason);
    return zone;
}

static void calendar(void **state) {
    (void)state;
    /* Day by day over 800 years against counting, and the far ends. */
    int64_t days = ot__days_of(1600, 1, 1);
    for (int64_t y = 1600; y < 2400; y++) {
        assert_int_equal(ot__leap_year(y), (y % 4 == 0 && y % 100 != 0) || y % 400 == 0);
        for (int m = 1; m <= 12; m++)
            for (int d = 1; d <= ot__month_days(y, m); d++, days++) {
                ot__date date = ot__date_of(days);
                assert_true(ot__days_of(y, m, d) == days && date.year == y && date.month == m && date.day == d);
            }
    }
    assert_int_equal(ot__days_of(1970, 1, 1), 0);
    assert_int_equal(ot__days_of(2000, 3, 1), 11017);
    assert_int_equal(ot__days_of(1, 1, 1), OT_TIME_MIN / OT__DAY_MS);
    assert_int_equal(ot__days_of(9999, 12, 31), OT_TIME_MAX / OT__DAY_MS);
    for (int64_t far = 1; far < INT64_MAX / OT__DAY_MS; far *= 7)
        for (int sign = -1; sign <= 1; sign += 2) {
            ot__date date = ot__date_of(far * sign);
            assert_int_equal(ot__days_of(date.year, date.month, date.day), far * sign);
        }
    for (int64_t a = -9; a <= 9; a++)
        for (int64_t b = 1; b <= 4; b++) {
            int64_t q = ot__floor_div(a, b);
            assert_true(q * b <= a && (q + 1) * b > a);
        }
}

/* Texts that are read: their lower and upper bound in UTC. */
static void texts(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t from, to;
    } rows[] = {
        {"1700000000", 1700000000000, 1700000000999},
        {"@1700000000", 1700000000000, 1700000000999},
        {"1700000000.25", 1700000000250, 1700000000259},
        {"1700000000.2", 1700000000200, 1700000000299},
        {"1700000000.250", 1700000000250, 1700000000250},
        {"1700000000.2509999", 1700000000250, 1700000000250},
        {"0", 0, 999},
        {"@2026", 2026000, 2026999},
        {"2026.5", 2026500, 2026599},
        {"@-5", -5000, -4001},
        {"@-1.5", -1500, -1401},
        {"00001700000000", 1700000000000, 1700000000999},
        {"253402300799.999", OT_TIME_MAX, OT_TIME_MAX},
        {"20260301", 20260301000, 20260301999},
        {"@-62135596800", OT_TIME_MIN, OT_TIME_MIN + 999},
        {"2026-03-01T12:00:05Z", 1772366405000, 1772366405999},
        {"2026-03-01 12:00:05Z", 1772366405000, 1772366405999},
        {"2026-03-01t12:00:05z", 1772366405000, 1772366405999},
        {"2026-03-01T12:00:05.25Z", 1772366405250, 1772366405259},
        {"2026-03-01T12:00:05,250Z", 1772366405250, 1772366405250},
        {"2026-03-01T12:00:05.2509999999999999999999Z", 1772366405250, 1772366405250},
        {"2026-03-01T12:00Z", 1772366400000, 1772366459999},
        {"2026-03-01T13:00:05+01:00", 1772366405000, 1772366405999},
        {"2026-03-01T13:00:05+0100", 1772366405000, 1772366405999},
        {"2026-03-01T06:30:05-05:30", 1772366405000, 1772366405999},
        {"2026-03-01T12:00:05-00:00", 1772366405000, 1772366405999},
        {"2026-03-02T11:59:05+23:59", 1772366405000, 1772366405999},
        {"2016-12-31T23:59:60Z", 1483228800000, 1483228800999},
        {"2017-01-01T05:29:60+05:30", 1483228800000, 1483228800999},
        {"2026-03-01", 1772323200000, 1772409599999},
        {"2026-02", 1769904000000, 1772323199999},
        {"2024-02", 1706745600000, 1709251199999},
        {"2024-02-29", 1709164800000, 1709251199999},
        {"2026", 1767225600000, 1798761599999},
        {"0001", OT_TIME_MIN, -62104060800001},
        {"9999", 253370764800000, OT_TIME_MAX},
        {"9999-12", 253399622400000, OT_TIME_MAX},
        {"9999-12-31", 253402214400000, OT_TIME_MAX},
        {"9999-12-31T23:59:59.999Z", OT_TIME_MAX, OT_TIME_MAX},
        {"0001-01-01T00:00:00.000Z", OT_TIME_MIN, OT_TIME_MIN},
        {"1969-12-31T23:59:59.5Z", -500, -401},
        {"now", NOW, NOW},
        {"today", 1772323200000, 1772409599999},
        {"yesterday", 1772236800000, 1772323199999},
        {"-90s", NOW - 90000, NOW - 90000},
        {"-15m", NOW - 900000, NOW - 900000},
        {"-3h", NOW - 10800000, NOW - 10800000},
        {"-7d", NOW - 604800000, NOW - 604800000},
        {"-0s", NOW, NOW},
    };
    ot_zone *utc = zone_of("UTC");
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        size_t len = strlen(rows[i].text);
        char *text = malloc(len); /* no byte behind it */
        assert_non_null(text);
        memcpy(text, rows[i].text, len);
        ot_time from = 0, to = 0;
        ot_error error = {0};
        if (ot_time_parse(ot_str_of(text, len), OT_TIME_FROM, NULL, NOW, &from, &error) != OT_OK ||
            ot_time_parse(ot_str_of(text, len), OT_TIME_TO, utc, NOW, &to, &error) != OT_OK)
            fail_msg("%s: %s", rows[i].text, error.reason);
        if (from != rows[i].from || to != rows[i].to)
            fail_msg("%s: %lld to %lld", rows[i].text, (long long)from, (long long)to);
        assert_int_equal(error.reason[0], 0); /* left as it was */
        free(text);
    }
    ot_zone_close(utc);
}

static void bad_texts(void **state) {
    (void)state;
    static const struct {
        const char *text;
        ot_status status;
        uint64_t offset;
    } rows[] = {
        {"", OT_ESYNTAX, 0},
        {" ", OT_ESYNTAX, 0},
        {"tomorrow", OT_ESYNTAX, 0},
        {"Now", OT_ESYNTAX, 0},
        {"now ", OT_ESYNTAX, 0},
        {" 2026", OT_ESYNTAX, 0},
        {"@", OT_ESYNTAX, 1},
        {"@-", OT_ESYNTAX, 2},
        {"@+5", OT_ESYNTAX, 1},
        {"1700000000.", OT_ESYNTAX, 11},
        {"1700000000 ", OT_ESYNTAX, 10},
        {"1.7e9", OT_ESYNTAX, 3},
        {"0x10", OT_ESYNTAX, 1},
        {"1700000000000", OT_ERANGE, 12}, /* milliseconds */
        {"99999999999999999999999999", OT_ERANGE, 11},
        {"@-62135596801", OT_ERANGE, 13},
        {"-", OT_ESYNTAX, 1},
        {"-5", OT_ESYNTAX, 2},
        {"-5x", OT_ESYNTAX, 2},
        {"-5min", OT_ESYNTAX, 3},
        {"--5s", OT_ESYNTAX, 1},
        {"-99999999999999999999s", OT_ERANGE, 12},
        {"-315537897599d", OT_ERANGE, 14},
        {"-740000d", OT_ERANGE, 8},
        {"2026-", OT_ESYNTAX, 5},
        {"2026-3", OT_ESYNTAX, 6},
        {"2026-13", OT_ERANGE, 5},
        {"2026-00", OT_ERANGE, 5},
        {"2026/03", OT_ESYNTAX, 4},
        {"202-03-01", OT_ESYNTAX, 0},
        {"2026-03-", OT_ESYNTAX, 8},
        {"2026-03-00", OT_ERANGE, 8},
        {"2026-03-32", OT_ERANGE, 8},
        {"2026-02-29", OT_ERANGE, 8},
        {"1900-02-29", OT_ERANGE, 8},
        {"0000-01-01", OT_ERANGE, 0},
        {"0000", OT_ERANGE, 0},
        {"10000-01-01", OT_ERANGE, 0},
        {"2026-03-01T", OT_ESYNTAX, 11},
        {"2026-03-01x", OT_ESYNTAX, 10},
        {"2026-03-01T12", OT_ESYNTAX, 13},
        {"2026-03-01T12:", OT_ESYNTAX, 14},
        {"2026-03-01T12:0", OT_ESYNTAX, 15},
        {"2026-03-01T12:00", OT_ESYNTAX, 16},       /* no zone */
        {"2026-03-01T12:00:05", OT_ESYNTAX, 19},    /* no zone */
        {"2026-03-01T12:00:05.25", OT_ESYNTAX, 22}, /* no zone */
        {"2026-03-01T12:00:5Z", OT_ESYNTAX, 18},
        {"2026-03-01T12:00:05.Z", OT_ESYNTAX, 20},
        {"2026-03-01T12:00:05ZZ", OT_ESYNTAX, 20},
        {"2026-03-01T12:00:05 Z", OT_ESYNTAX, 19},
        {"2026-03-01T12:00:05 CET", OT_ESYNTAX, 19},
        {"2026-03-01T12:00:05+", OT_ESYNTAX, 20},
        {"2026-03-01T12:00:05+1", OT_ESYNTAX, 21},
        {"2026-03-01T12:00:05+01", OT_ESYNTAX, 22},
        {"2026-03-01T12:00:05+01:0", OT_ESYNTAX, 24},
        {"2026-03-01T12:00:05+24:00", OT_ERANGE, 20},
        {"2026-03-01T12:00:05+01:60", OT_ERANGE, 20},
        {"2026-03-01T24:00:00Z", OT_ERANGE, 11},
        {"2026-03-01T12:60:00Z", OT_ERANGE, 11},
        {"2026-03-01T12:00:60Z", OT_ERANGE, 11},
        {"2026-03-01T12:00:61Z", OT_ERANGE, 11},
        {"0001-01-01T00:00:00+01:00", OT_ERANGE, 25},
        {"9999-12-31T23:59:59-01:00", OT_ERANGE, 25},
        {"2026-03-01T12:00:05Z\n", OT_ESYNTAX, 20},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        size_t len = strlen(rows[i].text);
        char *text = malloc(len ? len : 1);
        assert_non_null(text);
        memcpy(text, rows[i].text, len);
        ot_time out = 77;
        ot_error error = {0};
        ot_status status = ot_time_parse(ot_str_of(text, len), OT_TIME_FROM, NULL, NOW, &out, &error);
        if (status != rows[i].status || error.offset != rows[i].offset)
            fail_msg("%s: %s, offset %llu", rows[i].text, ot_status_name(status), (unsigned long long)error.offset);
        assert_string_equal(error.field, "time");
        assert_true(error.reason[0]);
        assert_int_equal(out, 77);
        assert_int_equal(ot_time_parse(ot_str_of(text, len), OT_TIME_TO, NULL, NOW, &out, NULL), rows[i].status);
        free(text);
    }
    ot_time out;
    assert_int_equal(ot_time_parse(ot_str_of("2026\0-03", 8), OT_TIME_FROM, NULL, NOW, &out, NULL), OT_ESYNTAX);
    assert_int_equal(ot_time_parse(ot_str_of(NULL, 0), OT_TIME_FROM, NULL, NOW, &out, NULL), OT_ESYNTAX);
    /* A clock that knows no time. */
    static const char *const relative[] = {"now", "today", "yesterday", "-1s"};
    for (size_t i = 0; i < OT_COUNT(relative); i++) {
        assert_int_equal(ot_time_parse(ot_str_c(relative[i]), OT_TIME_FROM, NULL, OT_TIME_NONE, &out, NULL), OT_ERANGE);
        assert_int_equal(ot_time_parse(ot_str_c(relative[i]), OT_TIME_FROM, NULL, INT64_MAX, &out, NULL), OT_ERANGE);
    }
}

static void days_in_a_zone(void **state) {
    (void)state;
    static const struct {
        const char *zone, *text;
        int64_t from, to;
    } rows[] = {
        {"+02:00", "2026-03-01", 1772316000000, 1772402399999},
        {"-03:30", "2026-03-01", 1772335800000, 1772422199999},
        {"+02:00", "today", 1772316000000, 1772402399999},
        {"+13:00", "today", 1772362800000, 1772449199999}, /* already the second of March */
        {"-13:00", "yesterday", 1772197200000, 1772283599999},
        {"+02:00", "2026-03-01T12:00:05Z", 1772366405000, 1772366405999}, /* a zone of its own wins */
        {"+02:00", "1700000000", 1700000000000, 1700000000999},
        {"+02:00", "0001", OT_TIME_MIN, -62104068000001},
        {"-02:00", "9999", 253370772000000, OT_TIME_MAX},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        ot_zone *zone = zone_of(rows[i].zone);
        ot_time from, to;
        assert_int_equal(ot_time_parse(ot_str_c(rows[i].text), OT_TIME_FROM, zone, NOW, &from, NULL), OT_OK);
        assert_int_equal(ot_time_parse(ot_str_c(rows[i].text), OT_TIME_TO, zone, NOW, &to, NULL), OT_OK);
        if (from != rows[i].from || to != rows[i].to)
            fail_msg("%s %s: %lld to %lld", rows[i].zone, rows[i].text, (long long)from, (long long)to);
        ot_zone_close(zone);
    }
}

static void formats(void **state) {
    (void)state;
    static const struct {
        int64_t when;
        const char *zone, *text;
    } rows[] = {
        {1772366405000, NULL, "2026-03-01T12:00:05Z"},
        {1772366405250, NULL, "2026-03-01T12:00:05.250Z"},
        {1772366405001, "UTC", "2026-03-01T12:00:05.001Z"},
        {1772366405000, "+01:00", "2026-03-01T13:00:05+01:00"},
        {1772366405000, "-09:30", "2026-03-01T02:30:05-09:30"},
        {1772366405000, "+00:00", "2026-03-01T12:00:05+00:00"},
        {1772366405000, "-23:59", "2026-02-28T12:01:05-23:59"},
        {0, NULL, "1970-01-01T00:00:00Z"},
        {-1, NULL, "1969-12-31T23:59:59.999Z"},
        {OT_TIME_MIN, NULL, "0001-01-01T00:00:00Z"},
        {OT_TIME_MAX, NULL, "9999-12-31T23:59:59.999Z"},
        {OT_TIME_MAX, "+01:00", "9999-12-31T23:59:59.999Z"}, /* the year 10000 there */
        {OT_TIME_MIN, "-01:00", "0001-01-01T00:00:00Z"},
        {OT_TIME_MAX + 1, NULL, "@253402300800000"},
        {OT_TIME_MIN - 1, NULL, "@-62135596800001"},
        {INT64_MAX, "+01:00", "@9223372036854775807"},
        {INT64_MIN + 1, "+01:00", "@-9223372036854775807"},
        {OT_TIME_NONE, "+01:00", ""},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        char text[OT_TIME_TEXT_SIZE];
        ot_zone *zone = rows[i].zone ? zone_of(rows[i].zone) : NULL;
        memset(text, 'x', sizeof text);
        size_t len = ot_time_format(rows[i].when, zone, text);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(len, strlen(text));
        ot_zone_close(zone);
    }
}

/* What is written is read back to the same moment, in any zone. */
static void parse_undoes_format(void **state) {
    (void)state;
    uint64_t x = 42;
    static const char *const names[] = {"UTC", "+00:00", "+05:45", "-11:59", "+23:59", "-23:59"};
    ot_zone *zones[OT_COUNT(names)];
    for (size_t i = 0; i < OT_COUNT(names); i++)
        zones[i] = zone_of(names[i]);
    for (int i = 0; i < 60000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        ot_time when = OT_TIME_MIN + (ot_time)(x % (uint64_t)(OT_TIME_MAX - OT_TIME_MIN + 1)), back;
        char text[OT_TIME_TEXT_SIZE];
        ot_error error;
        size_t len = ot_time_format(when, zones[(size_t)i % OT_COUNT(names)], text);
        if (ot_time_parse(ot_str_of(text, len), OT_TIME_FROM, NULL, 0, &back, &error) != OT_OK)
            fail_msg("%s: %s", text, error.reason);
        if (back != when) fail_msg("%s: %lld, not %lld", text, (long long)back, (long long)when);
    }
    for (size_t i = 0; i < OT_COUNT(names); i++)
        ot_zone_close(zones[i]);
}

static ot_time fixed_now(void *ctx) {
    return *(ot_time *)ctx;
}

static void clocks(void **state) {
    (void)state;
    ot_time set = 123, before = (ot_time)time(NULL) * 1000;
    ot_clock clock = {fixed_now, &set}, empty = {NULL, NULL};
    assert_int_equal(ot_clock_now(&clock), 123);
    ot_time a = ot_time_now(), b = ot_clock_now(NULL), c = ot_clock_now(&empty);
    assert_true(a >= before && b >= before && c >= before && c < before + 60000);
    int64_t one = ot__os_monotonic_ms(), two = ot__os_monotonic_ms();
    assert_true(one > 0 && two >= one);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calendar),       cmocka_unit_test(texts),   cmocka_unit_test(bad_texts),
        cmocka_unit_test(days_in_a_zone), cmocka_unit_test(formats), cmocka_unit_test(parse_undoes_format),
        cmocka_unit_test(clocks),
    };
    return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
