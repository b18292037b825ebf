/* time.c: the calendar, and times as text (ISO 8601, RFC 3339), without the zones and locales of libc. */
#include "zone.h"

#include <stdio.h>

bool ot__leap_year(int64_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int ot__month_days(int64_t year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && ot__leap_year(year));
}

/* Both directions count in eras of 400 years that start on 1 March, so that the odd day of a leap year is the last one.
 */
#define ERA_DAYS   146097
#define EPOCH_DAYS 719468 /* from 0000-03-01 to 1970-01-01 */

int64_t ot__days_of(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t era = ot__floor_div(year, 400), in_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * ERA_DAYS + in_era * 365 + in_era / 4 - in_era / 100 + day_of_year - EPOCH_DAYS;
}

ot__date ot__date_of(int64_t days) {
    days += EPOCH_DAYS;
    int64_t era = ot__floor_div(days, ERA_DAYS), d = days - era * ERA_DAYS;
    int64_t year = (d - d / 1460 + d / 36524 - d / (ERA_DAYS - 1)) / 365;
    int64_t day_of_year = d - (365 * year + year / 4 - year / 100);
    int month = (int)((5 * day_of_year + 2) / 153); /* 0 is March */
    ot__date out;
    out.day = (int)(day_of_year - (153 * month + 2) / 5) + 1;
    out.month = month < 10 ? month + 3 : month - 9;
    out.year = year + era * 400 + (out.month <= 2);
    return out;
}

typedef struct reader {
    const char *p, *end;
    ot_error *error;
    const char *start;
} reader;

static ot_status fail(const reader *r, ot_status status, const char *reason) {
    return ot_error_set(r->error, status, "time", (uint64_t)(r->p - r->start), "%s", reason);
}

static bool digit_at(const char *p, const char *end) {
    return p < end && *p >= '0' && *p <= '9';
}

static size_t digits(const reader *r) {
    size_t n = 0;
    while (digit_at(r->p + n, r->end))
        n++;
    return n;
}

/* Exactly n digits. */
static bool number(reader *r, size_t n, int *out) {
    int value = 0;
    const char *p = r->p;
    for (size_t i = 0; i < n; i++, p++) {
        if (!digit_at(p, r->end)) {
            r->p = p;
            return false;
        }
        value = value * 10 + (*p - '0');
    }
    r->p = p;
    *out = value;
    return true;
}

static bool skip(reader *r, char c) {
    if (r->p >= r->end || *r->p != c) return false;
    r->p++;
    return true;
}

/* Digits behind a decimal mark: milliseconds, and how many of them the text stands for. False without a digit. */
static bool fraction(reader *r, int *ms, int *span) {
    size_t n = 0;
    *ms = 0;
    *span = 1000;
    for (; digit_at(r->p, r->end); r->p++, n++) {
        if (n >= 3) continue;
        *span /= 10;
        *ms += (*r->p - '0') * *span;
    }
    return n > 0;
}

static ot_status give(const reader *r, int64_t from, int64_t span, ot_time_bound bound, ot_time *out) {
    int64_t value = bound == OT_TIME_TO ? from + span - 1 : from;
    if (value < OT_TIME_MIN || value > OT_TIME_MAX) return fail(r, OT_ERANGE, "is outside the years 1 to 9999");
    *out = value;
    return OT_OK;
}

/* From one local midnight to just before another one. A bound that only the zone carries past the limits stands at the
 * limit. */
static ot_status give_days(const ot_zone *zone, int64_t first, int64_t behind, ot_time_bound bound, ot_time *out) {
    ot_time t =
        bound == OT_TIME_TO ? ot_zone_to_utc(zone, behind * OT__DAY_MS) - 1 : ot_zone_to_utc(zone, first * OT__DAY_MS);
    *out = t < OT_TIME_MIN ? OT_TIME_MIN : t > OT_TIME_MAX ? OT_TIME_MAX : t;
    return OT_OK;
}

static ot_status parse_epoch(reader *r, ot_time_bound bound, ot_time *out) {
    bool negative = false;
    if (skip(r, '@')) negative = skip(r, '-');
    if (!digits(r)) return fail(r, OT_ESYNTAX, "has no digits where seconds are expected");
    int64_t seconds = 0;
    for (; digit_at(r->p, r->end); r->p++) {
        seconds = seconds * 10 + (*r->p - '0');
        if (seconds > OT_TIME_MAX / 1000) return fail(r, OT_ERANGE, "is outside the years 1 to 9999");
    }
    int ms = 0, span = 1000;
    if (skip(r, '.') && !fraction(r, &ms, &span)) return fail(r, OT_ESYNTAX, "has no digits behind the decimal point");
    if (r->p != r->end) return fail(r, OT_ESYNTAX, "has something behind the seconds");
    int64_t value = seconds * 1000 + ms;
    return give(r, negative ? -value : value, span, bound, out);
}

/* "-90s" */
static ot_status parse_length(reader *r, ot_time now, ot_time *out) {
    r->p++;
    if (!digits(r)) return fail(r, OT_ESYNTAX, "has no digits behind the minus sign");
    int64_t n = 0;
    for (; digit_at(r->p, r->end); r->p++) {
        n = n * 10 + (*r->p - '0');
        if (n > (OT_TIME_MAX - OT_TIME_MIN) / 1000) return fail(r, OT_ERANGE, "is a longer time than there is");
    }
    int64_t unit = 0;
    switch (r->p < r->end ? *r->p : 0) {
    case 's':
        unit = 1000;
        break;
    case 'm':
        unit = 60000;
        break;
    case 'h':
        unit = 3600000;
        break;
    case 'd':
        unit = OT__DAY_MS;
        break;
    default:
        return fail(r, OT_ESYNTAX, "needs a unit: s, m, h or d");
    }
    r->p++;
    if (r->p != r->end) return fail(r, OT_ESYNTAX, "has something behind the unit");
    int64_t value;
    if (__builtin_mul_overflow(n, unit, &value) || __builtin_sub_overflow(now, value, &value))
        return fail(r, OT_ERANGE, "is outside the years 1 to 9999");
    return give(r, value, 1, OT_TIME_FROM, out);
}

/* "Z", "+01:00", "+0100" */
static ot_status parse_zone(reader *r, int *seconds) {
    *seconds = 0;
    if (skip(r, 'Z') || skip(r, 'z')) return OT_OK;
    bool negative = r->p < r->end && *r->p == '-';
    if (!negative && !(r->p < r->end && *r->p == '+'))
        return fail(r, OT_ESYNTAX,
                    r->p < r->end ? "has something else where a zone is expected"
                                  : "has no zone: Z, or an offset such as +01:00");
    r->p++;
    const char *at = r->p;
    int h, m;
    if (!number(r, 2, &h)) return fail(r, OT_ESYNTAX, "needs two digits for the hours of the zone");
    skip(r, ':');
    if (!number(r, 2, &m)) return fail(r, OT_ESYNTAX, "needs two digits for the minutes of the zone");
    if (h > 23 || m > 59) {
        r->p = at;
        return fail(r, OT_ERANGE, "has a zone that is out of range");
    }
    *seconds = (h * 3600 + m * 60) * (negative ? -1 : 1);
    return OT_OK;
}

/* What follows the date: the separator is behind us. */
static ot_status parse_time_of_day(reader *r, int64_t day, ot_time_bound bound, ot_time *out) {
    int h, m, s = 0, ms = 0, span = 60000, east;
    const char *at = r->p;
    if (!number(r, 2, &h)) return fail(r, OT_ESYNTAX, "needs two digits for the hour");
    if (!skip(r, ':')) return fail(r, OT_ESYNTAX, "needs a colon behind the hour");
    if (!number(r, 2, &m)) return fail(r, OT_ESYNTAX, "needs two digits for the minute");
    if (skip(r, ':')) {
        span = 1000;
        if (!number(r, 2, &s)) return fail(r, OT_ESYNTAX, "needs two digits for the second");
        if ((skip(r, '.') || skip(r, ',')) && !fraction(r, &ms, &span))
            return fail(r, OT_ESYNTAX, "has no digits behind the decimal mark");
    }
    ot_status status = parse_zone(r, &east);
    if (status != OT_OK) return status;
    if (r->p != r->end) return fail(r, OT_ESYNTAX, "has something behind the zone");
    int64_t from = ((day * 24 + h) * 60 + m) * 60 + s - east;
    /* A leap second is the last second of a day in UTC; here it is the first one of the next day. */
    bool leap = s == 60 && from % 86400 == 0;
    if (h > 23 || m > 59 || (s > 59 && !leap)) {
        r->p = at;
        return fail(r, OT_ERANGE, "has a time of day that does not exist");
    }
    return give(r, from * 1000 + ms, span, bound, out);
}

static ot_status parse_date(reader *r, ot_time_bound bound, const ot_zone *zone, ot_time *out) {
    int year = 0, month = 1, day = 1;
    const char *at = r->p;
    number(r, 4, &year); /* the caller has seen four digits */
    if (year == 0) {
        r->p = at;
        return fail(r, OT_ERANGE, "is outside the years 1 to 9999");
    }
    if (r->p == r->end) return give_days(zone, ot__days_of(year, 1, 1), ot__days_of(year + 1, 1, 1), bound, out);
    if (!skip(r, '-')) return fail(r, OT_ESYNTAX, "needs a minus sign behind the year");
    at = r->p;
    if (!number(r, 2, &month)) return fail(r, OT_ESYNTAX, "needs two digits for the month");
    if (month < 1 || month > 12) {
        r->p = at;
        return fail(r, OT_ERANGE, "has a month that does not exist");
    }
    int64_t first = ot__days_of(year, month, 1);
    if (r->p == r->end) return give_days(zone, first, first + ot__month_days(year, month), bound, out);
    if (!skip(r, '-')) return fail(r, OT_ESYNTAX, "needs a minus sign behind the month");
    at = r->p;
    if (!number(r, 2, &day)) return fail(r, OT_ESYNTAX, "needs two digits for the day");
    if (day < 1 || day > ot__month_days(year, month)) {
        r->p = at;
        return fail(r, OT_ERANGE, "has a day that does not exist");
    }
    first += day - 1;
    if (r->p == r->end) return give_days(zone, first, first + 1, bound, out);
    if (!skip(r, 'T') && !skip(r, 't') && !skip(r, ' '))
        return fail(r, OT_ESYNTAX, "needs T or a blank behind the date");
    return parse_time_of_day(r, first, bound, out);
}

ot_status ot_time_parse(ot_str text, ot_time_bound bound, const ot_zone *zone, ot_time now, ot_time *out,
                        ot_error *error) {
    if (!text.len) return ot_error_set(error, OT_ESYNTAX, "time", 0, "is empty");
    reader r = {text.ptr, text.ptr + text.len, error, text.ptr};
    if (ot_str_eq(text, OT_STR("now"))) return give(&r, now, 1, OT_TIME_FROM, out);
    bool today = ot_str_eq(text, OT_STR("today"));
    if (today || ot_str_eq(text, OT_STR("yesterday"))) {
        if (now < OT_TIME_MIN || now > OT_TIME_MAX) return fail(&r, OT_ERANGE, "is outside the years 1 to 9999");
        int64_t day = ot__floor_div(now + INT64_C(1000) * ot_zone_offset(zone, now), OT__DAY_MS) - !today;
        return give_days(zone, day, day + 1, bound, out);
    }
    if (*text.ptr == '@') return parse_epoch(&r, bound, out);
    if (*text.ptr == '-') return parse_length(&r, now, out);
    size_t n = digits(&r);
    if (!n) return fail(&r, OT_ESYNTAX, "is not a time");
    bool dashed = n < text.len && text.ptr[n] == '-';
    if (n > 4 && dashed) return fail(&r, OT_ERANGE, "is outside the years 1 to 9999");
    if (n == 4 && (n == text.len || text.ptr[n] != '.')) return parse_date(&r, bound, zone, out);
    if (dashed) return fail(&r, OT_ESYNTAX, "needs four digits for the year");
    return parse_epoch(&r, bound, out);
}

/* Exactly n digits, zeros in front. Returns the place behind them. */
static char *digits_to(char *p, unsigned value, int n) {
    for (int i = n; i-- > 0; value /= 10)
        p[i] = (char)('0' + value % 10);
    return p + n;
}

size_t ot_time_format(ot_time when, const ot_zone *zone, char buffer[OT_TIME_TEXT_SIZE]) {
    buffer[0] = 0;
    if (when == OT_TIME_NONE) return 0;
    if (when < OT_TIME_MIN || when > OT_TIME_MAX) {
        int n = snprintf(buffer, OT_TIME_TEXT_SIZE, "@%lld", (long long)when);
        return n < 0 ? 0 : (size_t)n;
    }
    /* RFC 3339 knows offsets in minutes. One with seconds is cut, and the local time with it, so that the text says the
     * same moment. */
    int minutes = ot_zone_offset(zone, when) / 60;
    bool utc = ot__zone_is_utc(zone);
    int64_t local = when + INT64_C(60000) * minutes;
    if (local < OT_TIME_MIN || local > OT_TIME_MAX || minutes <= -24 * 60 ||
        minutes >= 24 * 60) { /* text cannot say it */
        utc = true;
        local = when;
    }
    int64_t days = ot__floor_div(local, OT__DAY_MS);
    int ms = (int)(local - days * OT__DAY_MS);
    ot__date d = ot__date_of(days);
    char *p = digits_to(buffer, (unsigned)d.year, 4);
    *p++ = '-';
    p = digits_to(p, (unsigned)d.month, 2);
    *p++ = '-';
    p = digits_to(p, (unsigned)d.day, 2);
    *p++ = 'T';
    p = digits_to(p, (unsigned)ms / 3600000, 2);
    *p++ = ':';
    p = digits_to(p, (unsigned)ms / 60000 % 60, 2);
    *p++ = ':';
    p = digits_to(p, (unsigned)ms / 1000 % 60, 2);
    if (ms % 1000) {
        *p++ = '.';
        p = digits_to(p, (unsigned)ms % 1000, 3);
    }
    if (utc) {
        *p++ = 'Z';
    } else {
        unsigned away = (unsigned)(minutes < 0 ? -minutes : minutes);
        *p++ = minutes < 0 ? '-' : '+';
        p = digits_to(p, away / 60, 2);
        *p++ = ':';
        p = digits_to(p, away % 60, 2);
    }
    *p = 0;
    return (size_t)(p - buffer);
}
