/* zone_rule.c: the rule for times beyond the last transition of a zone: a POSIX TZ text. */
#include "zone.h"

typedef struct reader {
    const char *p, *end;
} reader;

static bool letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static bool digit(char c) {
    return c >= '0' && c <= '9';
}
static bool at(const reader *r, char c) {
    return r->p < r->end && *r->p == c;
}

static bool skip(reader *r, char c) {
    if (!at(r, c)) return false;
    r->p++;
    return true;
}

/* "CET", or "<+03>" with digits and signs. */
static bool read_name(reader *r) {
    size_t n = 0;
    if (skip(r, '<')) {
        for (; r->p < r->end && (letter(*r->p) || digit(*r->p) || *r->p == '+' || *r->p == '-'); r->p++)
            n++;
        return n >= 1 && skip(r, '>');
    }
    for (; r->p < r->end && letter(*r->p); r->p++)
        n++;
    return n >= 3;
}

static bool read_number(reader *r, int min, int max, int *out) {
    int value = 0;
    if (r->p >= r->end || !digit(*r->p)) return false;
    for (; r->p < r->end && digit(*r->p); r->p++) {
        value = value * 10 + (*r->p - '0');
        if (value > max) return false;
    }
    *out = value;
    return value >= min;
}

/* [+-]hh[:mm[:ss]] */
static bool read_time(reader *r, int max_hours, int32_t *out) {
    int h, m = 0, s = 0;
    bool negative = at(r, '-');
    if (negative || at(r, '+')) r->p++;
    if (!read_number(r, 0, max_hours, &h)) return false;
    if (skip(r, ':')) {
        if (!read_number(r, 0, 59, &m)) return false;
        if (skip(r, ':') && !read_number(r, 0, 59, &s)) return false;
    }
    int32_t value = h * 3600 + m * 60 + s;
    *out = negative ? -value : value;
    return true;
}

/* Jn, n, or Mm.w.d, and an optional /time. */
static bool read_day(reader *r, ot__rule_day *out) {
    memset(out, 0, sizeof *out);
    out->time = 7200;
    if (skip(r, 'M')) {
        out->kind = 'M';
        if (!read_number(r, 1, 12, &out->month) || !skip(r, '.') || !read_number(r, 1, 5, &out->week) ||
            !skip(r, '.') || !read_number(r, 0, 6, &out->day))
            return false;
    } else if (skip(r, 'J')) {
        out->kind = 'J';
        if (!read_number(r, 1, 365, &out->day)) return false;
    } else {
        out->kind = '0';
        if (!read_number(r, 0, 365, &out->day)) return false;
    }
    return !skip(r, '/') || read_time(r, 167, &out->time);
}

static bool read_rule(reader *r, ot__rule *rule) {
    int32_t west;
    memset(rule, 0, sizeof *rule);
    if (!read_name(r) || !read_time(r, 24, &west)) return false;
    rule->std = rule->dst = -west; /* POSIX counts westwards */
    if (r->p == r->end) return true;
    rule->has_dst = true;
    rule->dst = rule->std + 3600;
    if (!read_name(r)) return false;
    if (!at(r, ',')) {
        if (!read_time(r, 24, &west)) return false;
        rule->dst = -west;
    }
    return skip(r, ',') && read_day(r, &rule->start) && skip(r, ',') && read_day(r, &rule->end) && r->p == r->end;
}

ot_status ot__rule_parse(ot_str text, ot__rule *out, size_t *bad) {
    *bad = 0;
    if (!text.len) return OT_ESYNTAX;
    reader r = {text.ptr, text.ptr + text.len};
    if (read_rule(&r, out)) return OT_OK;
    *bad = (size_t)(r.p - text.ptr);
    return OT_ESYNTAX;
}

/* Seconds since 1970 on the local clock of the moment that a rule names in a year. */
static int64_t moment(const ot__rule_day *d, int64_t year) {
    int64_t days;
    if (d->kind == 'M') {
        int64_t first = ot__days_of(year, d->month, 1);
        int weekday = (int)(((first + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
        int day = 1 + (d->day - weekday + 7) % 7 + (d->week - 1) * 7;
        if (day > ot__month_days(year, d->month)) day -= 7; /* week 5 is the last one */
        days = first + day - 1;
    } else {
        days = ot__days_of(year, 1, 1) + d->day;
        if (d->kind == 'J') days += (ot__leap_year(year) && d->day >= 60) - 1;
    }
    return days * 86400 + d->time;
}

typedef struct change {
    int64_t at; /* UTC */
    int32_t offset;
} change;

#define CHANGES 10

/* The changes of the five years around a moment, in order: a rule may reach a week into the year before or behind its own, and one
   change before the moment and one behind it must be among them. */
static void changes_around(const ot__rule *rule, int64_t seconds, change out[CHANGES]) {
    int64_t year = ot__date_of(ot__floor_div(seconds + rule->std, 86400)).year;
    size_t n = 0;
    for (int64_t y = year - 2; y <= year + 2; y++) {
        change two[2] = {{moment(&rule->start, y) - rule->std, rule->dst},
                         {moment(&rule->end, y) - rule->dst, rule->std}};
        for (size_t k = 0; k < 2; k++) {
            size_t i = n++;
            /* Of two at the same moment the later rule wins: daylight saving all the year ends and starts at once. */
            for (; i > 0 && out[i - 1].at > two[k].at; i--)
                out[i] = out[i - 1];
            out[i] = two[k];
        }
    }
}

int32_t ot__rule_offset(const ot__rule *rule, int64_t seconds) {
    change list[CHANGES] = {{0, 0}};
    if (!rule->has_dst) return rule->std;
    changes_around(rule, seconds, list);
    int32_t offset = rule->std;
    for (size_t i = 0; i < CHANGES && list[i].at <= seconds; i++)
        offset = list[i].offset;
    return offset;
}

int64_t ot__rule_next(const ot__rule *rule, int64_t seconds) {
    change list[CHANGES] = {{0, 0}};
    if (!rule->has_dst) return INT64_MAX;
    changes_around(rule, seconds, list);
    for (size_t i = 0; i < CHANGES; i++)
        if (list[i].at > seconds) return list[i].at;
    return INT64_MAX;
}
