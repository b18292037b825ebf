/* zone.h: what the files of time share: the calendar, POSIX rules, zones from bytes. Private, never installed. */
#ifndef OT_ZONE_H
#define OT_ZONE_H

#include "base.h"

#define OT__DAY_MS          INT64_C(86400000)
#define OT__ZONE_OFFSET_MAX 93600 /* 26 h: no zone is further from UTC; RFC 8536 section 3.2 says about the same */

/* The proleptic Gregorian calendar. Years are in int64, so that any ot_time has one. */
typedef struct ot__date {
    int64_t year;
    int month, day; /* 1 to 12, 1 to 31 */
} ot__date;
int64_t ot__days_of(int64_t year, int month, int day); /* days since 1970-01-01 */
ot__date ot__date_of(int64_t days);
bool ot__leap_year(int64_t year);
int ot__month_days(int64_t year, int month);

/* Division that rounds down. */
static inline int64_t ot__floor_div(int64_t a, int64_t b) {
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* The rule in the footer of a TZif file: a POSIX TZ text with the extensions of RFC 8536 section 3.3.1. */
typedef struct ot__rule_day {
    char kind; /* 'J': 1 to 365 without 29 February, '0': 0 to 365, 'M': month, week, weekday */
    int month, week, day;
    int32_t time; /* seconds after midnight; may be negative or more than a day */
} ot__rule_day;
typedef struct ot__rule {
    int32_t std, dst; /* seconds east of UTC */
    bool has_dst;
    ot__rule_day start, end;
} ot__rule;

ot_status ot__rule_parse(ot_str text, ot__rule *out, size_t *bad);
int32_t ot__rule_offset(const ot__rule *rule, int64_t seconds);
/* The first change strictly after seconds; INT64_MAX when there is none. */
int64_t ot__rule_next(const ot__rule *rule, int64_t seconds);

/* A zone from the bytes of a TZif file, which are not needed afterwards. */
ot_status ot__zone_from_bytes(ot_str file, ot_zone **out, ot_error *error);
/* True for NULL and for the zone "UTC": text ends in Z. */
bool ot__zone_is_utc(const ot_zone *zone);

#endif
