/* test_geo_area.c: boxes, circles and polygons, at the poles and across the antimeridian too. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "geo_points.h"

static const double degree = PI * OT_GEO_RADIUS / 180;

static ot_box box_of(double lat, double lon, double metres) {
    ot_box box;
    assert_int_equal(ot_geo_box((ot_point){lat, lon}, metres, &box), OT_OK);
    return box;
}

static void assert_box(ot_box box, double south, double west, double north, double east) {
    assert_near(box.south, south, 1e-6);
    assert_near(box.west, west, 1e-6);
    assert_near(box.north, north, 1e-6);
    assert_near(box.east, east, 1e-6);
}

static void box_values(void **state) {
    (void)state;
    assert_box(box_of(0, 0, degree), -1, -1, 1, 1);
    assert_box(box_of(0, 179.5, degree), -1, 178.5, 1, -179.5);
    assert_box(box_of(0, -179.5, degree), -1, 179.5, 1, -178.5);
    assert_box(box_of(0, 539.5, degree), -1, 178.5, 1, -179.5);
    /* asin(sin 10 / cos 60), on the sphere: wider than on the parallel */
    assert_box(box_of(60, 0, 10 * degree), 50, -asin(sin(PI / 18) * 2) * 180 / PI, 70,
               asin(sin(PI / 18) * 2) * 180 / PI);
    /* over the pole, up to it, and just not */
    assert_box(box_of(85, 30, 10 * degree), 75, -180, 90, 180);
    assert_box(box_of(-85, 30, 5 * degree), -90, -180, -80, 180);
    assert_box(box_of(90, 30, degree), 89, -180, 90, 180);
    assert_true(box_of(85, 0, 4.999 * degree).east < 90);
    /* half the earth, and all of it */
    assert_box(box_of(0, 0, 90 * degree), -90, -180, 90, 180);
    assert_box(box_of(0, 0, 1e300), -90, -180, 90, 180);
    assert_box(box_of(40, 8, 0), 40, 8, 40, 8);
}

static void box_holds_circle(void **state) {
    (void)state;
    seed = 10;
    for (int i = 0; i < 3000; i++) {
        ot_point centre = some_point();
        double metres = i & 1 ? between(0, 180) * degree : pow(10, between(-6, 7));
        ot_box box = box_of(centre.lat, centre.lon, metres);
        assert_true(ot_geo_in_box(centre, box));
        double touched[4] = {360, 360, 360, 360};
        for (int j = 0; j < 40; j++) {
            /* on the edge and within; north, east, south and west among them, and the bearings that touch west and east */
            double bearing = j < 8 ? j * 45 : between(0, 360);
            double c = cos(centre.lat * PI / 180),
                   touch = acos(fmax(-1, fmin(1, sin(centre.lat * PI / 180) * tan(metres / OT_GEO_RADIUS) / c)));
            if (c > 0 && (j == 9 || j == 10)) bearing = (j == 9 ? 1 : -1) * touch * 180 / PI;
            ot_point p = ot_geo_destination(centre, bearing, j % 3 == 2 ? metres * between(0, 1) : metres);
            if (ot_geo_in_circle(p, centre, metres) && !ot_geo_in_box(p, box))
                fail_msg("%.17g %.17g, %.17g m: %.17g %.17g is not in the box", centre.lat, centre.lon, metres, p.lat,
                         p.lon);
            /* and the box is the smallest: something on the edge comes near to each of its sides */
            touched[0] = fmin(touched[0], fabs(p.lat - box.south)),
            touched[1] = fmin(touched[1], fabs(p.lat - box.north));
            touched[2] = fmin(touched[2], fabs(remainder(p.lon - box.west, 360)));
            touched[3] = fmin(touched[3], fabs(remainder(p.lon - box.east, 360)));
        }
        if (metres > degree * 90) continue;
        if (box.south > -90) assert_true(touched[0] < 1e-9);
        if (box.north < 90) assert_true(touched[1] < 1e-9);
        if (box.west != -180 && fabs(centre.lat) < 89) assert_true(touched[2] < 1e-5 && touched[3] < 1e-5);
    }
}

static void in_box(void **state) {
    (void)state;
    ot_box plain = {10, 20, 30, 40}, across = {10, 170, 30, -170}, all = {-90, -180, 90, 180},
           west = {0, -180, 10, -170}, east = {0, 170, 10, 180};
    assert_true(ot_geo_in_box((ot_point){10, 20}, plain) && ot_geo_in_box((ot_point){30, 40}, plain));
    assert_true(ot_geo_in_box((ot_point){20, 390}, plain));
    assert_false(ot_geo_in_box((ot_point){9.999, 30}, plain) || ot_geo_in_box((ot_point){30.001, 30}, plain));
    assert_false(ot_geo_in_box((ot_point){20, 19.999}, plain) || ot_geo_in_box((ot_point){20, 40.001}, plain));
    assert_true(ot_geo_in_box((ot_point){20, 170}, across) && ot_geo_in_box((ot_point){20, -170}, across));
    assert_true(ot_geo_in_box((ot_point){20, 180}, across) && ot_geo_in_box((ot_point){20, -180}, across));
    assert_false(ot_geo_in_box((ot_point){20, 169.999}, across) || ot_geo_in_box((ot_point){20, 0}, across));
    /* 180 and -180 are one meridian, and an edge */
    for (double lon = -180; lon <= 180; lon += 360)
        assert_true(ot_geo_in_box((ot_point){5, lon}, west) && ot_geo_in_box((ot_point){5, lon}, east));
    seed = 11;
    for (int i = 0; i < 1000; i++)
        assert_true(ot_geo_in_box(some_point(), all));
    double bad[] = {NAN, INFINITY, -INFINITY, 181, -181};
    for (size_t i = 0; i < COUNT(bad); i++)
        for (int member = 0; member < 4; member++) {
            double m[4] = {-90, -180, 90, 180};
            m[member] = bad[i];
            assert_false(ot_geo_in_box((ot_point){5, 5}, (ot_box){m[0], m[1], m[2], m[3]}));
        }
    for (size_t i = 0; i < COUNT(no_points); i++)
        assert_false(ot_geo_in_box(no_points[i], all));
    assert_false(ot_geo_in_box((ot_point){20, 30}, (ot_box){30, 20, 10, 40}));
}

static void circles(void **state) {
    (void)state;
    ot_point p = {50, 8}, q = {50, 9};
    double d = ot_geo_distance(p, q);
    assert_true(ot_geo_in_circle(p, q, d) && ot_geo_in_circle(q, p, d));
    assert_false(ot_geo_in_circle(p, q, nextafter(d, 0)));
    assert_true(ot_geo_in_circle(p, p, 0));
    ot_box box = {1, 2, 3, 4};
    for (size_t i = 0; i < COUNT(no_points); i++) {
        assert_false(ot_geo_in_circle(p, no_points[i], 1e9) || ot_geo_in_circle(no_points[i], p, 1e9));
        assert_int_equal(ot_geo_box(no_points[i], 1, &box), OT_ERANGE);
    }
    for (size_t i = 0; i < COUNT(no_metres); i++) {
        assert_false(ot_geo_in_circle(p, p, no_metres[i]));
        assert_int_equal(ot_geo_box(p, no_metres[i], &box), OT_ERANGE);
    }
    assert_true(box.south == 1 && box.west == 2 && box.north == 3 && box.east == 4);
}

/* Asks in every way that must not change the answer: closed, turned round, begun elsewhere, all moved by a longitude. */
static bool in(ot_point p, const ot_point *v, size_t n) {
    bool answer = ot_geo_in_polygon(p, v, n);
    ot_point w[66];
    assert_true(n <= 64);
    for (size_t i = 0; i <= n; i++)
        w[i] = v[i % n];
    assert_int_equal(ot_geo_in_polygon(p, w, n + 1), answer);
    for (size_t i = 0; i < n; i++)
        w[i] = v[n - 1 - i];
    assert_int_equal(ot_geo_in_polygon(p, w, n), answer);
    size_t start = number() % n;
    for (size_t i = 0; i < n; i++)
        w[i] = v[(i + start) % n];
    assert_int_equal(ot_geo_in_polygon(p, w, n), answer);
    double turn = (double)(number() % 8) * 90 - 360; /* exact for the points below */
    for (size_t i = 0; i < n; i++)
        w[i] = (ot_point){v[i].lat, v[i].lon + turn};
    p.lon += turn;
    assert_int_equal(ot_geo_in_polygon(p, w, n), answer);
    return answer;
}

static void polygon_values(void **state) {
    (void)state;
    seed = 12;
    const ot_point square[] = {{0, 0}, {0, 10}, {10, 10}, {10, 0}};
    assert_true(in((ot_point){5, 5}, square, 4));
    assert_false(in((ot_point){5, 11}, square, 4) || in((ot_point){11, 5}, square, 4) ||
                 in((ot_point){-1, 5}, square, 4));
    assert_false(in((ot_point){5, -175}, square, 4) || in((ot_point){5, 185}, square, 4));
    /* vertices and edges */
    for (int i = 0; i < 4; i++) {
        assert_true(in(square[i], square, 4));
        assert_true(in((ot_point){square[i].lat / 2 + square[(i + 1) % 4].lat / 2,
                                  square[i].lon / 2 + square[(i + 1) % 4].lon / 2},
                       square, 4));
    }
    assert_false(in((ot_point){0, -1}, square, 4) || in((ot_point){10, 11}, square, 4) ||
                 in((ot_point){-1, 0}, square, 4) || in((ot_point){11, 10}, square, 4));
    const ot_point wedge[] = {{0, 0}, {8, 8}, {0, 16}};
    assert_true(in((ot_point){4, 4}, wedge, 3) && in((ot_point){4, 12}, wedge, 3) && in((ot_point){7.5, 8}, wedge, 3));
    assert_false(in((ot_point){4.5, 4}, wedge, 3) || in((ot_point){8, 4}, wedge, 3) ||
                 in((ot_point){8.5, 8}, wedge, 3));
    /* a notch from above, and one that touches the point's meridian from the side */
    const ot_point notch[] = {{0, 0}, {0, 10}, {10, 10}, {2, 5}, {10, 0}};
    assert_false(in((ot_point){5, 5}, notch, 5));
    assert_true(in((ot_point){1, 5}, notch, 5) && in((ot_point){5, 1}, notch, 5) && in((ot_point){2, 5}, notch, 5));
    const ot_point side[] = {{0, 0}, {0, 10}, {10, 10}, {8, 5}, {6, 10}, {4, 10}, {4, 0}};
    assert_true(in((ot_point){2, 5}, side, 7));
    assert_false(in((ot_point){5, 5}, side, 7));
    /* even-odd: the middle of a star drawn in one line is outside */
    const ot_point star[] = {{10, 0}, {-8, 6}, {3, -10}, {3, 10}, {-8, -6}};
    assert_false(in((ot_point){0, 0}, star, 5));
    assert_true(in((ot_point){8, 0}, star, 5));
    /* across the antimeridian */
    const ot_point fiji[] = {{-20, 175}, {-20, -175}, {-15, -175}, {-15, 175}};
    assert_true(in((ot_point){-17, 180}, fiji, 4) && in((ot_point){-17, -180}, fiji, 4) &&
                in((ot_point){-17, 178}, fiji, 4) && in((ot_point){-17, -178}, fiji, 4) &&
                in((ot_point){-20, 180}, fiji, 4) && in((ot_point){-17, 175}, fiji, 4));
    assert_false(in((ot_point){-17, 0}, fiji, 4) || in((ot_point){-17, 174}, fiji, 4) ||
                 in((ot_point){-17, -174}, fiji, 4) || in((ot_point){-14, 180}, fiji, 4) ||
                 in((ot_point){-90, 0}, fiji, 4) || in((ot_point){90, 0}, fiji, 4));
}

static void polygon_poles(void **state) {
    (void)state;
    seed = 13;
    const ot_point arctic[] = {{60, 0}, {70, 90}, {60, 180}, {70, -90}};
    assert_true(in((ot_point){90, 0}, arctic, 4) && in((ot_point){90, 123}, arctic, 4) &&
                in((ot_point){66, 45}, arctic, 4));
    assert_true(in((ot_point){65, 45}, arctic, 4) && in((ot_point){60, 0}, arctic, 4));
    assert_false(in((ot_point){64, 45}, arctic, 4) || in((ot_point){0, 45}, arctic, 4) ||
                 in((ot_point){-90, 45}, arctic, 4));
    ot_point antarctic[4];
    for (int i = 0; i < 4; i++)
        antarctic[i] = (ot_point){-arctic[i].lat, arctic[i].lon};
    assert_true(in((ot_point){-90, 77}, antarctic, 4) && in((ot_point){-66, 45}, antarctic, 4));
    assert_false(in((ot_point){-64, 45}, antarctic, 4) || in((ot_point){90, 45}, antarctic, 4));
    /* with a vertex in the pole itself, the pole has every longitude */
    const ot_point slice[] = {{90, 10}, {50, 0}, {50, 20}};
    assert_true(in((ot_point){90, -100}, slice, 3) && in((ot_point){60, 10}, slice, 3));
    assert_false(in((ot_point){89, -100}, slice, 3));
    /* twice around the earth: both poles are outside of what is passed twice */
    ot_point twice[12];
    for (int i = 0; i < 12; i++)
        twice[i] = (ot_point){i < 6 ? 70 : 50, i * 60};
    assert_false(ot_geo_in_polygon((ot_point){90, 0}, twice, 12) || ot_geo_in_polygon((ot_point){0, 30}, twice, 12));
    assert_true(ot_geo_in_polygon((ot_point){60, 30}, twice, 12));
    /* and three times, from the pole on: inside, outside, inside, outside */
    ot_point thrice[18];
    for (int i = 0; i < 18; i++)
        thrice[i] = (ot_point){70 - i / 6 * 10, i * 60};
    for (int i = 0; i < 4; i++)
        assert_int_equal(ot_geo_in_polygon((ot_point){80 - i * 11, 30}, thrice, 18), i % 2 == 0);
    /* edges of exactly half a turn go east: here all around the earth */
    const ot_point halves[] = {{50, 0}, {50, 90}, {50, 180}};
    assert_true(ot_geo_in_polygon((ot_point){60, -90}, halves, 3) && ot_geo_in_polygon((ot_point){90, 0}, halves, 3));
    assert_false(ot_geo_in_polygon((ot_point){40, -90}, halves, 3));
    const ot_point others[] = {{50, 0}, {50, 180}, {50, -90}};
    assert_true(ot_geo_in_polygon((ot_point){60, 90}, others, 3) && ot_geo_in_polygon((ot_point){90, 0}, others, 3));
    assert_false(ot_geo_in_polygon((ot_point){40, 90}, others, 3));
}

/* Polygons around a centre whose edges are known: each point on an edge, drawn to the centre, is inside; drawn away from it, outside. */
static void polygon_stars(void **state) {
    (void)state;
    seed = 14;
    for (int i = 0; i < 3000; i++) {
        ot_point centre = {between(-40, 40), between(-180, 180)}, v[64];
        size_t n = 3 + number() % 60;
        double widest = i & 1 ? 45 : 0.01;
        for (size_t k = 0; k < n; k++) {
            double angle = 2 * PI * (double)k / (double)n, r = between(0.2, 1) * widest;
            v[k] = (ot_point){centre.lat + r * sin(angle), centre.lon + r * cos(angle)};
        }
        for (int j = 0; j < 20; j++) {
            size_t k = number() % n, l = (k + 1) % n;
            double t = between(0, 1), lat = v[k].lat + (v[l].lat - v[k].lat) * t - centre.lat,
                   lon = v[k].lon + (v[l].lon - v[k].lon) * t - centre.lon, inner = between(0, 0.9999),
                   outer = between(1.0001, 1.1);
            assert_true(ot_geo_in_polygon((ot_point){centre.lat + lat * inner, centre.lon + lon * inner}, v, n));
            assert_false(ot_geo_in_polygon((ot_point){centre.lat + lat * outer, centre.lon + lon * outer}, v, n));
        }
    }
}

/* Rings around a pole: what is above the line between the vertices is inside. */
static void polygon_rings(void **state) {
    (void)state;
    seed = 15;
    for (int i = 0; i < 2000; i++) {
        ot_point v[64];
        size_t n = 4 + number() % 60;
        double first = between(-180, 180), sign = i & 1 ? 1 : -1;
        for (size_t k = 0; k < n; k++)
            v[k] = (ot_point){sign * between(1, 89), first + 360.0 * (double)k / (double)n};
        if (i & 2)
            for (size_t k = 0; k < n / 2; k++) {
                ot_point swap = v[k];
                v[k] = v[n - 1 - k], v[n - 1 - k] = swap;
            }
        for (int j = 0; j < 20; j++) {
            size_t k = number() % n, l = (k + 1) % n;
            double t = between(0, 1), lat = v[k].lat + (v[l].lat - v[k].lat) * t;
            double lon = v[k].lon + remainder(v[l].lon - v[k].lon, 360) * t;
            assert_true(ot_geo_in_polygon((ot_point){lat + sign * between(0.0001, 1), lon}, v, n));
            assert_false(ot_geo_in_polygon((ot_point){lat - sign * between(0.0001, 90), lon}, v, n));
        }
        assert_true(ot_geo_in_polygon((ot_point){sign * 90, between(-180, 180)}, v, n));
        assert_false(ot_geo_in_polygon((ot_point){-sign * 90, between(-180, 180)}, v, n));
    }
}

static void polygon_refusals(void **state) {
    (void)state;
    ot_point square[] = {{0, 0}, {0, 10}, {10, 10}, {10, 0}}, p = {5, 5};
    for (size_t n = 0; n < 3; n++)
        assert_false(ot_geo_in_polygon(p, square, n) || ot_geo_in_polygon(square[0], square, n));
    assert_false(ot_geo_in_polygon(p, NULL, 0));
    for (size_t i = 0; i < COUNT(no_points); i++) {
        assert_false(ot_geo_in_polygon(no_points[i], square, 4));
        for (int k = 0; k < 4; k++) {
            ot_point bad[4];
            memcpy(bad, square, sizeof bad);
            bad[k] = no_points[i];
            assert_false(ot_geo_in_polygon(p, bad, 4) || ot_geo_in_polygon((ot_point){0, 5}, bad, 4));
        }
    }
    /* all vertices one point: that point alone */
    const ot_point same[] = {{5, 5}, {5, 5}, {5, 5}};
    assert_true(ot_geo_in_polygon(p, same, 3));
    assert_false(ot_geo_in_polygon((ot_point){4, 5}, same, 3));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(box_values),    cmocka_unit_test(box_holds_circle), cmocka_unit_test(in_box),
        cmocka_unit_test(circles),       cmocka_unit_test(polygon_values),   cmocka_unit_test(polygon_poles),
        cmocka_unit_test(polygon_stars), cmocka_unit_test(polygon_rings),    cmocka_unit_test(polygon_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
