/* geo_points.h: what the tests of geodesy share: random points that are the same in every run, with a liking for poles and the antimeridian, and points
   that are none. */
#ifndef OT_TEST_GEO_POINTS_H
#define OT_TEST_GEO_POINTS_H

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include <owntracks/geo.h>

#define PI           3.141592653589793
#define UNUSED       __attribute__((unused))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t seed;

/* splitmix64 */
UNUSED static uint64_t number(void) {
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

UNUSED static double between(double low, double high) {
    return low + (high - low) * ((double)(number() >> 11) / 9007199254740992.0);
}

UNUSED static ot_point some_point(void) {
    ot_point p = {asin(between(-1, 1)) * 180 / PI, between(-180, 180)};
    switch (number() % 16) {
    case 0:
        p.lat = 90;
        break;
    case 1:
        p.lat = -90;
        break;
    case 2:
        p.lat = (number() & 1 ? 1 : -1) * (90 - pow(10, between(-13, 0)));
        break;
    case 3:
        p.lon = 180 - pow(10, between(-13, 0));
        break;
    case 4:
        p.lon = -180 + pow(10, between(-13, 0));
        break;
    case 5:
        p.lon = number() & 1 ? 180 : -180;
        break;
    case 6:
        p.lat = 0;
        break;
    case 7:
        p.lat = (double)(number() % 19) * 10 - 90, p.lon = (double)(number() % 37) * 10 - 180;
        break;
    default:
        break;
    }
    return p;
}

/* Points that are none. */
static const ot_point no_points[] = {{NAN, 0},       {0, NAN},       {INFINITY, 0},   {-INFINITY, 0}, {0, INFINITY},
                                     {0, -INFINITY}, {90.000001, 0}, {-90.000001, 0}, {NAN, NAN},     {DBL_MAX, 0}};
/* Distances that are none. */
static const double no_metres[] = {NAN, INFINITY, -INFINITY, -1, -DBL_MIN};

#define assert_near(have, want, tolerance)                                                                             \
    do {                                                                                                               \
        double have_ = (have), want_ = (want);                                                                         \
        if (!(fabs(have_ - want_) <= (tolerance))) fail_msg("%s is %.17g and not %.17g", #have, have_, want_);         \
    } while (0)

#endif
