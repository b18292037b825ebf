/* ellipsoid.c: distances along the geodesic of an ellipsoid.
   T. Vincenty, "Direct and inverse solutions of geodesics on the ellipsoid with application of nested equations", Survey Review 23 (176), 1975.
   C. F. F. Karney, "Algorithms for geodesics", Journal of Geodesy 87, 2013: the problem for nearly antipodal points as one equation for the azimuth. */
#include "geo.h"

#define PI           3.141592653589793
#define WGS84_RADIUS 6378137.0
#define WGS84_FLAT   (1 / 298.257223563)

/* Sine and cosine of a reduced latitude. */
typedef struct latitude {
    double s, c;
} latitude;

static latitude reduced(double degrees, double flattening) {
    latitude u;
    ot__sincosd(degrees, &u.s, &u.c);
    u.s *= 1 - flattening;
    double r = sqrt(u.s * u.s + u.c * u.c);
    u.s /= r;
    u.c /= r;
    return u;
}

double ot__geo_vincenty(ot_point a, ot_point b, double radius, double flattening) {
    latitude u1 = reduced(a.lat, flattening), u2 = reduced(b.lat, flattening);
    double length = ot__geo_turn(a.lon, b.lon) * OT__RADIAN, lambda = length;
    if (a.lat == b.lat && length == 0) return 0;
    for (int i = 0; i < 60; i++) {
        double sl = sin(lambda), cl = cos(lambda);
        double aside = u2.c * sl, ahead = u1.c * u2.s - u1.s * u2.c * cl;
        double sin_sigma = sqrt(aside * aside + ahead * ahead), cos_sigma = u1.s * u2.s + u1.c * u2.c * cl;
        if (sin_sigma == 0) return cos_sigma > 0 ? 0 : NAN;
        double sigma = atan2(sin_sigma, cos_sigma), sin_alpha = u1.c * u2.c * sl / sin_sigma;
        double cos2_alpha = fmax(0, (1 - sin_alpha) * (1 + sin_alpha));
        /* on the equator there is no middle: any will do, as its factor is 0 */
        double middle = cos2_alpha > 0 ? fmax(-1, fmin(1, cos_sigma - 2 * u1.s * u2.s / cos2_alpha)) : 0;
        double c = flattening / 16 * cos2_alpha * (4 + flattening * (4 - 3 * cos2_alpha)), before = lambda;
        double more = sigma + c * sin_sigma * (middle + c * cos_sigma * (2 * middle * middle - 1));
        lambda = length + (1 - c) * flattening * sin_alpha * more;
        if (fabs(lambda) > PI) return NAN;
        if (fabs(lambda - before) > 1e-13) continue;
        double polar = radius * (1 - flattening), k = cos2_alpha * (radius * radius / (polar * polar) - 1);
        double factor = 1 + k / 16384 * (4096 + k * (k * (320 - 175 * k) - 768));
        double series = k / 1024 * (256 + k * (k * (74 - 47 * k) - 128));
        double last = series / 6 * middle * (4 * sin_sigma * sin_sigma - 3) * (4 * middle * middle - 3);
        double less = series * sin_sigma * (middle + series / 4 * (cos_sigma * (2 * middle * middle - 1) - last));
        return polar * factor * (sigma - less);
    }
    return NAN;
}

/* A geodesic by its azimuth at the first point: how far in longitude and in metres until it rises through the second latitude. */
typedef struct line {
    double lambda, metres;
} line;

/* Both integrals along the line at once, by Gauss and Legendre with ten points in each half: smooth integrands, right to 1e-15. */
static line follow(latitude u1, latitude u2, double sin_alpha, double cos_alpha, double radius, double flattening) {
    static const double at[5] = {0.1488743389816312, 0.4333953941292472, 0.6794095682990244, 0.8650633666889845,
                                 0.9739065285171717};
    static const double weight[5] = {0.2955242247147529, 0.2692667193099963, 0.2190863625159820, 0.1494513491505806,
                                     0.0666713443086881};
    double sin_0 = sin_alpha * u1.c, cos_1 = cos_alpha * u1.c;
    /* the difference of the squares of the cosines, by what is small: near a pole these, else the sines */
    double rest = u1.c < -u1.s ? (u2.c - u1.c) * (u2.c + u1.c) : (u1.s - u2.s) * (u1.s + u2.s);
    double cos_2 = sqrt(fmax(0, cos_1 * cos_1 + rest));
    double sigma1 = atan2(u1.s, cos_1), sigma2 = atan2(u2.s, cos_2);
    double omega = atan2(sin_0 * u2.s, cos_2) - atan2(sin_0 * u1.s, cos_1);
    double polar = 1 - flattening, e2 = (1 / polar - polar) / polar, k = e2 * fmax(0, (1 - sin_0) * (1 + sin_0));
    double quarter = (sigma2 - sigma1) / 4, way = 0, lag = 0;
    for (int i = 0; i < 20; i++) {
        double middle = i < 10 ? sigma1 + quarter : sigma2 - quarter;
        double s = sin(middle + (i & 1 ? quarter : -quarter) * at[i % 10 / 2]), root = sqrt(1 + k * s * s);
        way += weight[i % 10 / 2] * root;
        lag += weight[i % 10 / 2] * (2 - flattening) / (1 + polar * root);
    }
    return (line){omega - flattening * sin_0 * lag * quarter, radius * polar * way * quarter};
}

double ot__geo_bisect(ot_point a, ot_point b, double radius, double flattening) {
    double lambda = fabs(ot__geo_turn(a.lon, b.lon)) * OT__RADIAN;
    /* Bring the line into the one position in which longitude rises with the azimuth: first point south, and not nearer to the equator. */
    bool swap = fabs(a.lat) < fabs(b.lat);
    double first = swap ? b.lat : a.lat, second = swap ? a.lat : b.lat;
    if (first > 0) second = -second;
    first = -fabs(first); /* -0 on the equator, which atan2() tells from 0 */
    if (first == second && lambda == 0) return 0;
    if (first == 0 && lambda <= (1 - flattening) * PI) return radius * lambda;
    latitude u1 = reduced(first, flattening), u2 = reduced(second, flattening);
    /* The azimuth is 90 degrees and x: near the equator x must be found to many digits behind its first one, which may be the fifteenth. */
    double low = -PI / 2, high = PI / 2;
    for (int i = 0; i < 160; i++) {
        double x = low / 2 + high / 2;
        if (x <= low || x >= high) break;
        if (follow(u1, u2, cos(x), -sin(x), radius, flattening).lambda < lambda)
            low = x;
        else
            high = x;
    }
    return follow(u1, u2, cos(high), -sin(high), radius, flattening).metres;
}

double ot__geo_inverse(ot_point a, ot_point b, double radius, double flattening) {
    /* Within three degrees of the antipode Vincenty's iteration is slow or has no end. */
    if (ot_geo_distance(a, b) < OT_GEO_RADIUS * 177 * OT__RADIAN) {
        double metres = ot__geo_vincenty(a, b, radius, flattening);
        if (!isnan(metres)) return metres;
    }
    return ot__geo_bisect(a, b, radius, flattening);
}

double ot_geo_distance_exact(ot_point a, ot_point b) {
    return ot__geo_valid(a) && ot__geo_valid(b) ? ot__geo_inverse(a, b, WGS84_RADIUS, WGS84_FLAT) : NAN;
}
