/** @file time.h
 *  @brief Time: milliseconds since 1970, UTC; ISO 8601 text; zones from tzdata, without touching TZ. */
#ifndef OWNTRACKS_TIME_H
#define OWNTRACKS_TIME_H

#include <owntracks/str.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Milliseconds since 1970-01-01T00:00:00Z, without leap seconds; negative before. */
typedef int64_t ot_time;

#define OT_TIME_NONE INT64_MIN                  /**< No time: an open bound, a thing that never happened. */
#define OT_TIME_MIN  ((ot_time)-62135596800000) /**< 0001-01-01T00:00:00.000Z, the first that text can say. */
#define OT_TIME_MAX  ((ot_time)253402300799999) /**< 9999-12-31T23:59:59.999Z, the last that text can say. */

/** The present time of the system's clock. @par Threads Safe. */
OT_API ot_time ot_time_now(void);

/** A clock, for tests; where a header takes one, NULL means ot_time_now(). */
typedef struct ot_clock {
    ot_time (*now)(void *ctx); /**< The present time. */
    void *ctx;                 /**< Handed to now. */
} ot_clock;

/** The present time of @p clock, or of the system when it is NULL or empty. @par Threads As the clock's. */
OT_API ot_time ot_clock_now(const ot_clock *clock);

/** A time zone: the transitions of one file of tzdata, or UTC. */
typedef struct ot_zone ot_zone;

/** Opens a zone by name.
 *  @param name  "UTC", a fixed offset such as "+02:00", or an IANA name such as "Europe/Berlin", looked up below
 *               @p folder (TZif version 1 to 3, RFC 8536; the footer's rule is used beyond the last transition). Names with
 *               "..", a leading "/", or bytes other than letters, digits, "_", "-", "+" and "/" are refused.
 *  @param folder of tzdata; NULL means "/usr/share/zoneinfo".
 *  @param out   the zone, to be closed with ot_zone_close(); NULL after a failure.
 *  @param error may be NULL.
 *  @return OT_OK, OT_EINVAL (name), OT_ENOTFOUND (no such file), OT_ESYNTAX (not TZif), OT_EUNSUPPORTED (a file that counts leap
 *          seconds), OT_EPERM, OT_EIO, OT_ENOMEM.
 *  @par Threads Safe; an open zone is only read and may be shared. */
OT_API ot_status ot_zone_open(const char *name, const char *folder, ot_zone **out, ot_error *error);

/** Closes a zone; NULL is allowed. @par Threads The zone must not be in use. */
OT_API void ot_zone_close(ot_zone *zone);

/** Seconds to add to UTC for local time at @p when; NULL is UTC. @par Threads Safe. */
OT_API int32_t ot_zone_offset(const ot_zone *zone, ot_time when);

/** The UTC time of a local date and time of day. In a gap, the first moment after it; when it happens twice, the first.
 *  @param zone NULL is UTC.
 *  @param local milliseconds since 1970-01-01T00:00:00 on the local clock. Within three days of the ends of int64_t it is handed back.
 *  @par Threads Safe. */
OT_API ot_time ot_zone_to_utc(const ot_zone *zone, int64_t local);

/** Which end of a date or of a second a text stands for. */
typedef enum ot_time_bound {
    OT_TIME_FROM = 0, /**< The first millisecond: a lower bound. */
    OT_TIME_TO =
        1 /**< The last millisecond: an inclusive upper bound. "…:05" means up to …:05.999, a date its whole day. */
} ot_time_bound;

/** Reads a time.
 *
 *  Accepted: epoch seconds ("1700000000", "1700000000.25"; optional leading "@"), ISO 8601 / RFC 3339 date and time with
 *  "T" or a blank, seconds and fraction optional (more than 3 digits are cut), and a zone ("Z", "+hh:mm", "+hhmm", "-…");
 *  a date alone ("2026-03-01"), a month ("2026-03") or a year, taken as that day, month or year in @p zone; "now", "today", "yesterday";
 *  and a length of time before now: "-90s", "-15m", "-3h", "-7d". A date with a time but without a zone is refused: it could mean anything.
 *  Four digits are a year, any other number is epoch seconds; behind "@" seconds may be negative. "…:05.2" stands for .200 to .299.
 *  A leap second ("23:59:60Z") is the first second of the next day. Where the zone alone carries a date past OT_TIME_MIN or
 *  OT_TIME_MAX, the outcome is that limit.
 *  @param text  the text, all of it.
 *  @param bound what a text coarser than a millisecond stands for.
 *  @param zone  for texts without a zone of their own; NULL is UTC.
 *  @param now   for relative texts.
 *  @param out   the time, from OT_TIME_MIN to OT_TIME_MAX.
 *  @param error may be NULL; its offset is where reading ended.
 *  @return OT_OK, OT_ESYNTAX, OT_ERANGE (a 13th month, a year past 9999).
 *  @par Threads Safe. */
OT_API ot_status ot_time_parse(ot_str text, ot_time_bound bound, const ot_zone *zone, ot_time now, ot_time *out,
                               ot_error *error);

/** Bytes that ot_time_format() writes at most, with the NUL. */
#define OT_TIME_TEXT_SIZE 40

/** Writes a time as RFC 3339: "2026-03-01T12:00:05Z", with ".250" only when the milliseconds are not zero, and with "+01:00"
 *  instead of "Z" in another zone (an offset with seconds is cut to minutes, and the local time with it; a local time outside the
 *  years 1 to 9999, or an offset of a day and more, is written in UTC). A time outside OT_TIME_MIN … OT_TIME_MAX is written as "@" and its milliseconds; OT_TIME_NONE as "".
 *  @param zone NULL is UTC.
 *  @param buffer receives a NUL-terminated text.
 *  @return its length. @par Threads Safe. */
OT_API size_t ot_time_format(ot_time when, const ot_zone *zone, char buffer[OT_TIME_TEXT_SIZE]);

#ifdef __cplusplus
}
#endif
#endif
