/* sphere.c: distance, bearing, destination and length on the sphere. */
#include "geo.h"

double ot_geo_distance(ot_point a, ot_point b) {
    if (!ot__geo_valid(a) || !ot__geo_valid(b)) return NAN;
    /* Squares of sine and cosine of half the angle, each as a sum of two squares: nothing cancels, neither for near points nor for antipodes. Only
       sums and squares of differences: both directions give the same bits. */
    double sd, cd, sl, cl, sm, cm;
    ot__sincosd((b.lat - a.lat) / 2, &sd, &cd);
    ot__sincosd((a.lat + b.lat) / 2, &sm, &cm);
    ot__sincosd(ot__geo_turn(a.lon, b.lon) / 2, &sl, &cl);
    double s = sd * sd * (cl * cl) + cm * cm * (sl * sl);
    double c = cd * cd * (cl * cl) + sm * sm * (sl * sl);
    return 2 * OT_GEO_RADIUS * atan2(sqrt(s), sqrt(c));
}

double ot_geo_bearing(ot_point a, ot_point b) {
    if (!ot__geo_valid(a) || !ot__geo_valid(b)) return NAN;
    double turn = ot__geo_turn(a.lon, b.lon), s1, c2, sl, sh, rest, unused;
    ot__sincosd(a.lat, &s1, &unused);
    ot__sincosd(b.lat, &unused, &c2);
    ot__sincosd(turn, &sl, &unused);
    ot__sincosd(turn / 2, &sh, &unused);
    ot__sincosd(b.lat - a.lat, &rest, &unused);
    double east = sl * c2, north = rest + 2 * s1 * c2 * sh * sh; /* c1 s2 - s1 c2 cl, which cancels for near points */
    double bearing = atan2(east, north) / OT__RADIAN;
    if (bearing < 0) bearing += 360;
    return bearing >= 360 || bearing == 0 ? 0 : bearing; /* -1e-20 + 360 is 360 */
}

ot_point ot_geo_destination(ot_point a, double bearing, double metres) {
    if (!ot__geo_valid(a) || !ot__finite(bearing) || !ot__finite(metres)) return (ot_point){NAN, NAN};
    double lon = ot__geo_wrap(a.lon);
    if (metres == 0) return (ot_point){a.lat, lon};
    double s1, c1, sb, cb, angle = metres / OT_GEO_RADIUS, sa = sin(angle), ca = cos(angle);
    ot__sincosd(a.lat, &s1, &c1);
    ot__sincosd(fmod(bearing, 360), &sb, &cb);
    double up = s1 * ca + c1 * sa * cb, ahead = c1 * ca - s1 * sa * cb, aside = sa * sb;
    double lat = atan2(up, sqrt(ahead * ahead + aside * aside)) / OT__RADIAN;
    return (ot_point){lat, ot__geo_wrap(lon + atan2(aside, ahead) / OT__RADIAN)};
}

double ot_geo_length(const ot_point *points, size_t count) {
    double sum = 0;
    if (count == 1 && !ot__geo_valid(points[0])) return NAN;
    for (size_t i = 1; i < count; i++)
        sum += ot_geo_distance(points[i - 1], points[i]);
    return sum;
}
