/* geo.h: what the files of geodesy share: points that are none, angles in degrees, the two solutions on an ellipsoid. Private. */
#ifndef OT_GEO_OWN_H
#define OT_GEO_OWN_H

#include <float.h>
#include <math.h>

#include <owntracks/geo.h>

#define OT__RADIAN 0.017453292519943295 /* radians of a degree */

/* Not NaN, not infinite. */
static inline bool ot__finite(double x) {
    return fabs(x) <= DBL_MAX;
}

static inline bool ot__geo_valid(ot_point p) {
    return p.lat >= -90 && p.lat <= 90 && ot__finite(p.lon);
}

/* A longitude as -180 to below 180; exact. */
static inline double ot__geo_wrap(double lon) {
    if (lon >= -180 && lon < 180) return lon;
    lon = remainder(lon, 360);
    return lon >= 180 ? -180 : lon;
}

/* The short way from one longitude to another, above -180 to 180. Equal longitudes give 0 whatever their turns. */
static inline double ot__geo_turn(double from, double to) {
    double d = ot__geo_wrap(to) - ot__geo_wrap(from);
    if (d > 180) return d - 360;
    return d <= -180 ? d + 360 : d;
}

/* Sine and cosine of -360 to 360 degrees; exactly 0, 1 and -1 where they are. */
static inline void ot__sincosd(double degrees, double *sine, double *cosine) {
    int quarter = (int)(degrees / 90 + (degrees < 0 ? -0.5 : 0.5));
    double rest = (degrees - 90.0 * quarter) * OT__RADIAN; /* the difference is exact */
    double s = sin(rest), c = cos(rest);
    switch (quarter & 3) {
    case 0:
        *sine = s, *cosine = c;
        break;
    case 1:
        *sine = c, *cosine = -s;
        break;
    case 2:
        *sine = -s, *cosine = -c;
        break;
    default:
        *sine = -c, *cosine = s;
        break;
    }
}

/* Distances on any ellipsoid, by its equatorial radius and flattening. Points must be valid. */
double ot__geo_inverse(ot_point a, ot_point b, double radius, double flattening);  /* by the one of these that fits */
double ot__geo_vincenty(ot_point a, ot_point b, double radius, double flattening); /* NaN: does not converge */
double ot__geo_bisect(ot_point a, ot_point b, double radius, double flattening);   /* slow, and always right */

#endif
