/* greenwich.c: the line of ten fields that Greenwich trackers send instead of JSON, as a location. */
#include "object.h"

#define FIELDS     10
#define TEXT_MAX   64 /* of the tracker id */
#define DIGITS_MAX 18 /* more are no number of these devices, and would not fit */
#define LAST_TIME  INT64_C(253402300799)

static bool alnum(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool name(ot_str s, size_t max) {
    size_t n = 0;
    while (n < s.len && alnum(s.ptr[n]))
        n++;
    return n && n == s.len && n <= max;
}

static int digit(char c, int base) {
    int d = c >= '0' && c <= '9'   ? c - '0'
            : c >= 'a' && c <= 'f' ? c - 'a' + 10
            : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                   : 99;
    return d < base ? d : -1;
}

/* Digits to the end; of hexadecimal ones 15, which fit as well as 18 decimal ones. */
static bool number(ot_str s, int base, bool sign, int64_t *out) {
    bool minus = sign && s.len && s.ptr[0] == '-';
    size_t n = minus, most = (size_t)minus + (base == 16 ? 15 : DIGITS_MAX);
    *out = 0;
    if (s.len <= n || s.len > most) return false;
    for (; n < s.len; n++) {
        int d = digit(s.ptr[n], base);
        if (d < 0) return false;
        *out = *out * base + d;
    }
    if (minus) *out = -*out;
    return true;
}

/* Exactly ten fields. */
static bool split(ot_str line, ot_str fields[FIELDS]) {
    size_t count = 0, from = 0;
    if (line.len > FIELDS * (TEXT_MAX + 1)) return false;
    for (size_t i = 0; i <= line.len; i++) {
        if (i < line.len && line.ptr[i] != ',') continue;
        if (count == FIELDS) return false;
        fields[count++] = ot_str_of(line.ptr + from, i - from);
        from = i + 1;
    }
    return count == FIELDS;
}

static ot_status refuse(ot_error *error, size_t ordinal, ot_str line, ot_str field) {
    return ot_error_set(error, OT_ERANGE, ot_field_at(OT_TYPE_LOCATION, ordinal)->key, (uint64_t)(field.ptr - line.ptr),
                        "is out of range");
}

ot_status ot_message_decode_csv(ot_message *message, ot_str payload, ot_error *error) {
    ot_str f[FIELDS];
    int64_t tst, lat, lon, cog, vel, alt, dist, trip;
    ot__message_reset(message);
    if (!payload.ptr || !split(payload, f) || !name(f[0], TEXT_MAX) || !number(f[1], 16, false, &tst) ||
        !name(f[2], 1) || !number(f[3], 10, true, &lat) || !number(f[4], 10, true, &lon) ||
        !number(f[5], 10, false, &cog) || !number(f[6], 10, false, &vel) || !number(f[7], 10, false, &alt) ||
        !number(f[8], 10, false, &dist) || !number(f[9], 10, false, &trip))
        return ot_error_set(error, OT_EUNSUPPORTED, NULL, OT_NO_OFFSET, "is no line of ten fields");
    if (tst > LAST_TIME) return refuse(error, OT_LOCATION_tst, payload, f[1]);
    if (lat > 90000000 || lat < -90000000) return refuse(error, OT_LOCATION_lat, payload, f[3]);
    if (lon > 180000000 || lon < -180000000) return refuse(error, OT_LOCATION_lon, payload, f[4]);
    ot_location l;
    memset(&l, 0, sizeof l);
    l.tid = f[0];
    l.tst = tst;
    l.t = f[2];
    l.lat = (double)lat / 1e6;
    l.lon = (double)lon / 1e6;
    l.cog = (double)cog * 10;
    l.vel = (double)vel;
    l.alt = (double)alt * 10;
    l.dist = (double)dist;
    l.trip = (double)trip * 1000;
    l.csv = true;
    static const unsigned char order[] = {OT_LOCATION_tid,  OT_LOCATION_tst, OT_LOCATION_t,   OT_LOCATION_lat,
                                          OT_LOCATION_lon,  OT_LOCATION_vel, OT_LOCATION_alt, OT_LOCATION_dist,
                                          OT_LOCATION_trip, OT_LOCATION_csv};
    for (size_t i = 0; i < OT_COUNT(order); i++)
        OT_HAS_SET(&l, order[i]);
    /* A course that is none costs itself, not the position. */
    if (cog <= 36) OT_HAS_SET(&l, OT_LOCATION_cog);
    return ot_message_from(message, OT_TYPE_LOCATION, &l);
}
