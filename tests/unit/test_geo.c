/* test_geo.c: distances, bearings, destinations and lengths: against published values, against second ways to compute them, and by what must hold for all
   points. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "geo/geo.h"
#include "geo_points.h"

/* On the sphere a second way: the chord between two vectors, or between one and the antipode of the other. */
static long double slow_distance(ot_point a, ot_point b) {
    long double r = acosl(-1) / 180, v[2][3];
    ot_point p[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        v[i][0] = cosl(p[i].lat * r) * cosl(p[i].lon * r);
        v[i][1] = cosl(p[i].lat * r) * sinl(p[i].lon * r);
        v[i][2] = sinl(p[i].lat * r);
    }
    long double near = 0, far = 0;
    for (int i = 0; i < 3; i++) {
        near += (v[0][i] - v[1][i]) * (v[0][i] - v[1][i]);
        far += (v[0][i] + v[1][i]) * (v[0][i] + v[1][i]);
    }
    long double angle = near < far ? 2 * asinl(sqrtl(near) / 2) : acosl(-1) - 2 * asinl(sqrtl(far) / 2);
    return OT_GEO_RADIUS * angle;
}

static void sphere_values(void **state) {
    (void)state;
    double degree = PI * OT_GEO_RADIUS / 180;
    assert_near(ot_geo_distance((ot_point){0, 0}, (ot_point){0, 1}), degree, 1e-8);
    assert_near(ot_geo_distance((ot_point){89, 10}, (ot_point){89, -170}), 2 * degree, 1e-8);
    assert_near(ot_geo_distance((ot_point){0, 179.5}, (ot_point){0, -179.5}), degree, 1e-8);
    assert_near(ot_geo_distance((ot_point){0, 0}, (ot_point){0, 180}), 180 * degree, 1e-8);
    assert_near(ot_geo_distance((ot_point){90, 0}, (ot_point){-90, 33}), 180 * degree, 1e-8);
    assert_near(ot_geo_distance((ot_point){37, 12}, (ot_point){-37, -168}), 180 * degree, 1e-8);
    /* a millimetre from the antipode is a millimetre less */
    double milli = 0.001 / degree;
    assert_near(ot_geo_distance((ot_point){37, 12}, (ot_point){-37 + milli, -168}), 180 * degree - 0.001, 1e-8);
    /* nanometres: the next double */
    double next = nextafter(50, 90) - 50;
    assert_near(ot_geo_distance((ot_point){50, 8}, (ot_point){50 + next, 8}), next * degree, 1e-18);
    assert_near(ot_geo_distance((ot_point){0, 0}, (ot_point){1e-300, 0}), 0, 1e-290);
    /* turns of longitude */
    assert_true(ot_geo_distance((ot_point){1, 2}, (ot_point){3, 364}) ==
                ot_geo_distance((ot_point){1, 2}, (ot_point){3, 4}));
    assert_true(ot_geo_distance((ot_point){1, 2 - 36000}, (ot_point){1, 362}) == 0);
    assert_true(ot_geo_distance((ot_point){1, 180}, (ot_point){1, -180}) == 0);
    assert_true(ot_geo_distance((ot_point){90, 10}, (ot_point){90, 77}) == 0);
    assert_true(ot_geo_distance((ot_point){1, 1e300}, (ot_point){1, 1e300}) == 0);
}

static void sphere_by_vectors(void **state) {
    (void)state;
    seed = 1;
    for (int i = 0; i < 20000; i++) {
        ot_point a = some_point(), b = some_point();
        if (i % 4 == 0) b = (ot_point){fmax(-90, fmin(90, a.lat + between(-1e-3, 1e-3))), a.lon + between(-1e-3, 1e-3)};
        if (i % 4 == 1)
            b = (ot_point){fmax(-90, fmin(90, -a.lat + between(-1e-3, 1e-3))), a.lon + 180 + between(-1e-3, 1e-3)};
        assert_near(ot_geo_distance(a, b), (double)slow_distance(a, b), 2e-8);
    }
}

static void metric(void **state) {
    (void)state;
    seed = 2;
    for (int i = 0; i < 20000; i++) {
        ot_point a = some_point(), b = some_point(), c = some_point();
        double ab = ot_geo_distance(a, b), bc = ot_geo_distance(b, c), ac = ot_geo_distance(a, c);
        assert_true(ot_geo_distance(a, a) == 0);
        assert_true(ot_geo_distance(b, a) == ab);
        assert_true(ab >= 0 && ab <= PI * OT_GEO_RADIUS * (1 + 1e-15));
        assert_true(ac <= ab + bc + 1e-7);
        if (i % 10) continue;
        double exact = ot_geo_distance_exact(a, b);
        assert_true(ot_geo_distance_exact(a, a) == 0);
        assert_near(ot_geo_distance_exact(b, a), exact, 1e-6);
        assert_near(ab, exact, 0.006 * exact + 1e-8);
        assert_true(ot_geo_distance_exact(a, c) <= exact + ot_geo_distance_exact(b, c) + 1e-3);
    }
}

static double dms(double sign, double degrees, double minutes, double seconds) {
    return sign * (degrees + minutes / 60 + seconds / 3600);
}

/* Table II of T. Vincenty, Survey Review 23 (176), 1975: the lines (a) on Bessel's ellipsoid, (b) to (e) on the International one. Given to a millimetre; the
   last two are nearly antipodal, where the paper itself is off by one. */
static void vincenty_lines(void **state) {
    (void)state;
    double bessel = 6377397.155, bessel_flat = 1 / 299.1528128, international = 6378388, international_flat = 1 / 297.0;
    assert_near(ot__geo_inverse((ot_point){dms(1, 55, 45, 0), 0}, (ot_point){dms(-1, 33, 26, 0), dms(1, 108, 13, 0)},
                                bessel, bessel_flat),
                14110526.170, 0.0006);
    assert_near(ot__geo_inverse((ot_point){dms(1, 37, 19, 54.95367), 0},
                                (ot_point){dms(1, 26, 7, 42.83946), dms(1, 41, 28, 35.50729)}, international,
                                international_flat),
                4085966.703, 0.0006);
    assert_near(ot__geo_inverse((ot_point){dms(1, 35, 16, 11.24862), 0},
                                (ot_point){dms(1, 67, 22, 14.77638), dms(1, 137, 47, 28.31435)}, international,
                                international_flat),
                8084823.839, 0.0011);
    assert_near(ot__geo_inverse((ot_point){1, 0}, (ot_point){dms(-1, 0, 59, 53.83076), dms(1, 179, 17, 48.02997)},
                                international, international_flat),
                19960000.000, 0.0006);
    assert_near(ot__geo_inverse((ot_point){1, 0}, (ot_point){dms(1, 1, 1, 15.18952), dms(1, 179, 46, 17.84244)},
                                international, international_flat),
                19780006.558, 0.0011);
}

/* Flinders Peak to Buninyong, the example of the Geocentric Datum of Australia Technical Manual: 54972.271 m (on GRS 80, which is WGS 84 to 0.1 mm). */
static void australian_line(void **state) {
    (void)state;
    assert_near(ot_geo_distance_exact((ot_point){dms(-1, 37, 57, 3.72030), dms(1, 144, 25, 29.52440)},
                                      (ot_point){dms(-1, 37, 39, 10.15610), dms(1, 143, 55, 35.38390)}),
                54972.271, 0.0005);
}

/* Computed with GeographicLib 2.1 (C. F. F. Karney's series, right to nanometres). */
static const struct {
    ot_point a, b;
    double metres;
} lines[] = {
    {{51.5074, -0.1278}, {48.8566, 2.3522}, 343923.1201},       /* London - Paris */
    {{51.5074, -0.1278}, {40.7128, -74.006}, 5585233.5789},     /* London - New York */
    {{52.52, 13.405}, {35.6762, 139.6503}, 8937754.3927},       /* Berlin - Tokyo */
    {{-33.8688, 151.2093}, {40.7128, -74.006}, 15988007.4848},  /* Sydney - New York */
    {{-36.8485, 174.7633}, {21.3069, -157.8583}, 7050148.3917}, /* Auckland - Honolulu */
    {{-0.1807, -78.4678}, {1.3521, 103.8198}, 19743445.6807},   /* Quito - Singapore */
    {{0, 0}, {0, 90}, 10018754.171395},
    {{0, 0}, {90, 0}, 10001965.729313},
    {{45, 0}, {45, 1e-06}, 0.078847},
    /* antipodes and nearly so */
    {{0, 0}, {0, 180}, 20003931.458625},
    {{90, 0}, {-90, 0}, 20003931.458625},
    {{30, 0}, {-30, 180}, 20003931.458625},
    {{89.999, 10}, {-89.999, -170}, 20003931.458625},
    {{0, 0}, {0, 179.3}, 19959584.699234},
    {{0, 0}, {0, 179.5}, 19980861.908891},
    {{0, 0}, {0, 179.9}, 20003008.421509},
    {{30, 0}, {-29.9, 179.8}, 19989832.827610},
    {{0, 0}, {0.5, 179.5}, 19936288.578965},
    {{0, 0}, {0.5, 179.7}, 19944127.420750},
    {{-41.32, 174.81}, {40.96, -5.5}, 19959679.267354},
    {{1e-10, 0}, {0, 175}, 19480910.888823},
    {{1e-15, 0}, {0, 177.5}, 19759209.615806},
    {{1e-15, 0}, {1e-15, 179}, 19926188.851996},
    {{-1e-15, 0}, {1e-15, 179.4}, 19970715.516596},
};

static void ellipsoid_values(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        ot_point a = lines[i].a, b = lines[i].b;
        assert_near(ot_geo_distance_exact(a, b), lines[i].metres, 1e-4);
        assert_near(ot_geo_distance_exact(b, a), lines[i].metres, 1e-4);
        /* the same line mirrored, and elsewhere in longitude */
        assert_near(ot_geo_distance_exact((ot_point){-a.lat, 100 - a.lon}, (ot_point){-b.lat, 100 - b.lon}),
                    lines[i].metres, 1e-4);
    }
    assert_true(ot_geo_distance_exact((ot_point){90, 10}, (ot_point){90, 77}) == 0);
    assert_true(ot_geo_distance_exact((ot_point){5, 180}, (ot_point){5, -180}) == 0);
}

/* The two solutions know nothing of each other. */
static void solutions_agree(void **state) {
    (void)state;
    seed = 3;
    int both = 0;
    for (int i = 0; i < 1500; i++) {
        ot_point a = some_point(), b = some_point();
        double bisected = ot__geo_bisect(a, b, 6378137, 1 / 298.257223563);
        double iterated = ot__geo_vincenty(a, b, 6378137, 1 / 298.257223563);
        if (isnan(iterated)) continue; /* nearly antipodal: what follows from the poles among the points */
        assert_near(bisected, iterated, 1.5e-4);
        both++;
    }
    assert_true(both > 1300);
    /* from the sphere's side: without flattening all three are one */
    for (int i = 0; i < 300; i++) {
        ot_point a = some_point(), b = some_point();
        assert_near(ot__geo_bisect(a, b, OT_GEO_RADIUS, 0), ot_geo_distance(a, b), 1e-6);
        assert_near(ot__geo_inverse(a, b, OT_GEO_RADIUS, 0), ot_geo_distance(a, b), 1e-6);
    }
}

static void bearings(void **state) {
    (void)state;
    ot_point o = {0, 0};
    assert_true(ot_geo_bearing(o, (ot_point){10, 0}) == 0);
    assert_true(ot_geo_bearing(o, (ot_point){0, 10}) == 90);
    assert_true(ot_geo_bearing(o, (ot_point){-10, 0}) == 180);
    assert_true(ot_geo_bearing(o, (ot_point){0, -10}) == 270);
    assert_true(ot_geo_bearing(o, o) == 0 && !signbit(ot_geo_bearing(o, o)));
    assert_true(ot_geo_bearing((ot_point){50, 8}, (ot_point){50, 368}) == 0);
    assert_false(signbit(ot_geo_bearing(o, (ot_point){10, -0.0})));
    assert_true(ot_geo_bearing((ot_point){0, 179}, (ot_point){0, -179}) == 90);
    assert_true(ot_geo_bearing((ot_point){0, 0}, (ot_point){90, 55}) == 0);
    assert_true(ot_geo_bearing((ot_point){0, 0}, (ot_point){-90, 55}) == 180);
    /* just west of north is not 360 */
    double west = ot_geo_bearing(o, (ot_point){80, -1e-300});
    assert_true(west >= 0 && west < 360);
    /* octant: on the sphere from (0, 0) to (45, 90) one starts at 45 degrees */
    assert_near(ot_geo_bearing(o, (ot_point){45, 90}), 45, 1e-12);
    /* Ed Williams, Aviation Formulary, "Some great circle examples": LAX (33 57 N, 118 24 W) to JFK (40 38 N, 73 47 W): 65.9 degrees, 0.623585 rad */
    ot_point lax = {dms(1, 33, 57, 0), dms(-1, 118, 24, 0)}, jfk = {dms(1, 40, 38, 0), dms(-1, 73, 47, 0)};
    assert_near(ot_geo_bearing(lax, jfk), 65.892, 0.001);
    assert_near(ot_geo_distance(lax, jfk) / OT_GEO_RADIUS, 0.623585, 1e-6);
    /* and 100 nautical miles (0.0290888 rad) from LAX on 66 degrees: 34 37 N, 116 33 W */
    ot_point on = ot_geo_destination(lax, 66, 0.0290888 * OT_GEO_RADIUS);
    assert_near(on.lat, dms(1, 34, 37, 0), 0.5 / 60);
    assert_near(on.lon, dms(-1, 116, 33, 0), 0.5 / 60);
}

static void there(void **state) {
    (void)state;
    seed = 4;
    double half = PI * OT_GEO_RADIUS;
    for (int i = 0; i < 20000; i++) {
        ot_point a = some_point();
        double bearing = between(0, 360), metres = i & 1 ? between(0, half) : pow(10, between(-3, 7));
        ot_point b = ot_geo_destination(a, bearing, metres);
        assert_true(b.lat >= -90 && b.lat <= 90 && b.lon >= -180 && b.lon < 180);
        assert_near(ot_geo_distance(a, b), metres, 1e-7);
        b = ot_geo_destination(a, bearing, 0);
        assert_true(b.lat == a.lat && (b.lon == a.lon || (b.lon == -180 && a.lon == 180)));
        b = ot_geo_destination(a, bearing, metres);
        /* the bearing of what was reached leads there again, and the error of a bearing is one aside */
        ot_point again = ot_geo_destination(a, ot_geo_bearing(a, b), metres);
        assert_near(ot_geo_distance(again, b), 0, 1e-7);
        /* backwards is the other way round; a whole turn changes nothing */
        assert_near(ot_geo_distance(ot_geo_destination(a, bearing + 180, -metres), b), 0, 1e-7);
        assert_near(ot_geo_distance(ot_geo_destination(a, bearing - 720, metres + 2 * half), b), 0, 1e-6);
        double told = ot_geo_bearing(a, b);
        assert_true(told >= 0 && told < 360);
        /* two random points: bearing and distance lead from one to the other */
        ot_point c = some_point(), reached = ot_geo_destination(a, ot_geo_bearing(a, c), ot_geo_distance(a, c));
        assert_near(ot_geo_distance(reached, c), 0, 1e-7);
    }
    ot_point still = ot_geo_destination((ot_point){12.3, 190}, 45, 0);
    assert_true(still.lat == 12.3 && still.lon == -170);
    assert_near(ot_geo_destination((ot_point){0, 179.5}, 90, OT_GEO_RADIUS * PI / 180).lon, -179.5, 1e-12);
}

static void lengths(void **state) {
    (void)state;
    ot_point track[] = {{0, 179}, {0, -179}, {1, -179}, {1, -179}, {0, -179}};
    double degree = PI * OT_GEO_RADIUS / 180;
    assert_near(ot_geo_length(track, 5), 4 * degree, 1e-7);
    assert_near(ot_geo_length(track, 2), 2 * degree, 1e-7);
    assert_true(ot_geo_length(track, 1) == 0);
    assert_true(ot_geo_length(NULL, 0) == 0);
    for (size_t i = 0; i < COUNT(no_points); i++)
        for (size_t n = 1; n <= 5; n++) {
            ot_point copy[5];
            memcpy(copy, track, sizeof copy);
            copy[number() % n] = no_points[i];
            assert_true(isnan(ot_geo_length(copy, n)));
        }
}

static bool nowhere(ot_point p) {
    return isnan(p.lat) && isnan(p.lon);
}

static void no_numbers(void **state) {
    (void)state;
    ot_point p = {1, 2};
    for (size_t i = 0; i < COUNT(no_points); i++) {
        ot_point bad = no_points[i];
        assert_true(isnan(ot_geo_distance(p, bad)) && isnan(ot_geo_distance(bad, p)) &&
                    isnan(ot_geo_distance(bad, bad)));
        assert_true(isnan(ot_geo_distance_exact(p, bad)) && isnan(ot_geo_distance_exact(bad, p)));
        assert_true(isnan(ot_geo_bearing(p, bad)) && isnan(ot_geo_bearing(bad, p)));
        assert_true(nowhere(ot_geo_destination(bad, 0, 1)) && nowhere(ot_geo_destination(bad, 0, 0)));
    }
    for (size_t i = 0; i < 3; i++) {
        assert_true(nowhere(ot_geo_destination(p, no_metres[i], 1)));
        assert_true(nowhere(ot_geo_destination(p, 1, no_metres[i])));
    }
    /* large, and still numbers */
    ot_point far = ot_geo_destination(p, 1e300, DBL_MAX);
    assert_true(far.lat >= -90 && far.lat <= 90 && far.lon >= -180 && far.lon < 180);
    assert_true(ot_geo_distance((ot_point){0, DBL_MAX}, (ot_point){0, -DBL_MAX}) >= 0);
    assert_true(ot_geo_distance_exact((ot_point){0, DBL_MAX}, (ot_point){0, -DBL_MAX}) >= 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sphere_values),   cmocka_unit_test(sphere_by_vectors), cmocka_unit_test(metric),
        cmocka_unit_test(vincenty_lines),  cmocka_unit_test(australian_line),   cmocka_unit_test(ellipsoid_values),
        cmocka_unit_test(solutions_agree), cmocka_unit_test(bearings),          cmocka_unit_test(there),
        cmocka_unit_test(lengths),         cmocka_unit_test(no_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
