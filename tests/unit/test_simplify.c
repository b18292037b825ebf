/* test_simplify.c: simplified tracks: near enough by a second way to measure, as few points as one may expect, and no input that takes the stack or for ever. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "geo_points.h"

/* Simplifies and gives the number that is kept, and the flags, to be freed. */
static size_t simplify(const ot_point *track, size_t n, double metres, bool **keep) {
    size_t kept = SIZE_MAX, size = ot_geo_simplify_scratch(n);
    void *scratch = malloc(size + !size);
    *keep = malloc(n + !n);
    assert_non_null(scratch);
    assert_non_null(*keep);
    memset(*keep, 1, n + !n);
    assert_int_equal(ot_geo_simplify(track, n, metres, *keep, scratch, &kept), OT_OK);
    free(scratch);
    size_t counted = 0;
    for (size_t i = 0; i < n; i++)
        counted += (*keep)[i];
    assert_int_equal(kept, counted);
    if (n) assert_true((*keep)[0] && (*keep)[n - 1]);
    return kept;
}

/* How far a point is from the great circle between two others: by bearings and distances. */
static double far(ot_point p, ot_point a, ot_point b) {
    double ab = ot_geo_distance(a, b) / OT_GEO_RADIUS, ap = ot_geo_distance(a, p) / OT_GEO_RADIUS;
    double ends = fmin(ap * OT_GEO_RADIUS, ot_geo_distance(b, p));
    double angle = (ot_geo_bearing(a, p) - ot_geo_bearing(a, b)) * PI / 180;
    if (ab == 0 || cos(angle) <= 0) return ends;
    double aside = asin(fmax(-1, fmin(1, sin(ap) * sin(angle)))), along = atan2(sin(ap) * cos(angle), cos(ap));
    return along >= 0 && along <= ab ? fmin(ends, fabs(aside) * OT_GEO_RADIUS) : ends;
}

/* Every dropped point is near enough to the line between the kept ones around it. */
static void assert_near_track(const ot_point *track, size_t n, const bool *keep, double metres) {
    for (size_t first = 0, last; first + 1 < n; first = last) {
        for (last = first + 1; !keep[last];)
            last++;
        for (size_t i = first + 1; i < last; i++) {
            double d = far(track[i], track[first], track[last]);
            if (!(d <= metres * (1 + 1e-6) + 1e-4)) fail_msg("point %zu is %.6f m away, allowed: %.6f", i, d, metres);
        }
    }
}

static void small(void **state) {
    (void)state;
    bool *keep;
    const ot_point track[] = {{0, 0}, {0.0001, 1}, {0, 2}, {1, 3}, {0, 4}};
    for (size_t n = 0; n <= 2; n++) {
        assert_int_equal(simplify(n ? track : NULL, n, 10, &keep), n);
        free(keep);
    }
    assert_int_equal(ot_geo_simplify(NULL, 0, 1, NULL, NULL, NULL), OT_OK);
    /* 0.0001 degrees are 11 m */
    assert_int_equal(simplify(track, 5, 12, &keep), 4);
    assert_true(!keep[1] && keep[2] && keep[3]);
    free(keep);
    assert_int_equal(simplify(track, 5, 10, &keep), 5);
    free(keep);
    assert_int_equal(simplify(track, 5, 1e7, &keep), 2);
    free(keep);
    /* along the equator all is one line, across the antimeridian too; there and back is not */
    const ot_point line[] = {{0, 178}, {0, 179}, {0, 180}, {0, -179.5}, {0, -179.5}, {0, -170}},
                   back[] = {{0, 179}, {0, -170}, {0, 179}};
    assert_int_equal(simplify(line, 6, 0.001, &keep), 2);
    free(keep);
    assert_int_equal(simplify(back, 3, 1000, &keep), 3);
    free(keep);
    /* a parallel is no great circle, and a way over the pole is one */
    const ot_point parallel[] = {{60, 0}, {60, 45}, {60, 90}}, pole[] = {{80, 10}, {90, 123}, {80, -170}};
    assert_int_equal(simplify(parallel, 3, 500e3, &keep), 3);
    free(keep);
    assert_int_equal(simplify(parallel, 3, 900e3, &keep), 2);
    free(keep);
    assert_int_equal(simplify(pole, 3, 0.001, &keep), 2);
    free(keep);
    /* centimetres, and a tolerance of 0: what is exactly on its neighbour goes, what is 2 cm off stays */
    const ot_point fine[] = {{50, 8}, {50, 8}, {50.0000001, 8.0000001}, {50.0000002, 8}, {50.0000002, 8}};
    assert_int_equal(simplify(fine, 5, 0, &keep), 3);
    free(keep);
    assert_int_equal(simplify(fine, 5, 0.01, &keep), 2);
    free(keep);
}

/* Walks of steps between centimetres and thousands of kilometres. */
static void walks(void **state) {
    (void)state;
    seed = 30;
    for (int i = 0; i < 300; i++) {
        size_t n = 3 + number() % 400;
        ot_point *track = malloc(n * sizeof *track);
        assert_non_null(track);
        double step = pow(10, between(-2, 6.5)), metres = step * pow(10, between(-1, 2)), bearing = between(0, 360);
        track[0] = some_point();
        for (size_t k = 1; k < n; k++) {
            if (number() % 16 == 0) {
                track[k] = track[number() % k];
                continue;
            }
            bearing += between(-30, 30);
            track[k] = ot_geo_destination(track[k - 1], bearing, between(0, step));
        }
        bool *keep;
        simplify(track, n, metres, &keep);
        assert_near_track(track, n, keep, metres);
        free(keep);
        /* a smaller tolerance keeps the promise, too; all points random: ends that are antipodes, repeated points, poles */
        for (size_t k = 0; k < n; k++)
            if (number() % 2)
                track[k] = number() % 4 && k ? (ot_point){-track[0].lat, track[0].lon + 180} : some_point();
        simplify(track, n, metres, &keep);
        assert_near_track(track, n, keep, metres);
        free(keep);
        free(track);
    }
}

/* As few as one may expect: a road of straight parts with noise below the tolerance comes down to about its corners. */
static void corners(void **state) {
    (void)state;
    seed = 31;
    ot_point track[20 * 100 + 1], at = {47, 11};
    size_t n = 0;
    for (int part = 0; part < 20; part++) {
        double bearing = part & 1 ? 0 : 90;
        for (int k = 0; k < 100; k++) {
            track[n++] = ot_geo_destination(ot_geo_destination(at, bearing, k * 10), between(0, 360), between(0, 2));
        }
        at = ot_geo_destination(at, bearing, 1000);
    }
    track[n++] = at;
    bool *keep;
    size_t kept = simplify(track, n, 5, &keep);
    assert_near_track(track, n, keep, 5);
    assert_true(kept >= 21 && kept <= 45);
    free(keep);
}

enum { SAME, LINE, ZIGZAG, GROWING, SHRINKING, SPIRAL, RANDOM, SHAPES };

static void fill(ot_point *track, size_t n, int shape) {
    for (size_t i = 0; i < n; i++) {
        double x = (double)i / (double)n, side = i & 1 ? 1 : -1;
        switch (shape) {
        case SAME:
            track[i] = (ot_point){50, 8};
            break;
        case LINE:
            track[i] = (ot_point){0, x * 100};
            break;
        case ZIGZAG:
            track[i] = (ot_point){side, x * 100};
            break;
        case GROWING:
            track[i] = (ot_point){side * x * 40, 0};
            break;
        case SHRINKING:
            track[i] = (ot_point){side * (1 - x) * 40, 0};
            break;
        case SPIRAL:
            track[i] = (ot_point){x * 40 * sin((double)i), x * 40 * cos((double)i)};
            break;
        default:
            track[i] = some_point();
            break;
        }
    }
}

/* What the plain method takes n * n steps for: with a million points hours, and as many calls inside each other. */
static void *hostile(void *arg) {
    size_t most = 1000000;
    ot_point *track = malloc(most * sizeof *track);
    bool *keep = malloc(most);
    void *scratch = malloc(ot_geo_simplify_scratch(most));
    int failed = !track || !keep || !scratch;
    size_t *kept = arg;
    for (int shape = 0; shape < SHAPES && !failed; shape++) {
        size_t n = shape == GROWING ? most : most / 10;
        fill(track, n, shape);
        failed = ot_geo_simplify(track, n, 1, keep, scratch, &kept[shape]) != OT_OK;
    }
    free(track);
    free(keep);
    free(scratch);
    return failed ? arg : NULL;
}

static void million(void **state) {
    (void)state;
    seed = 32;
    size_t kept[SHAPES] = {0};
    pthread_attr_t attr;
    pthread_t thread;
    void *failed = &attr;
    assert_int_equal(pthread_attr_init(&attr), 0);
    assert_int_equal(pthread_attr_setstacksize(&attr, 128 * 1024), 0);
    assert_int_equal(pthread_create(&thread, &attr, hostile, kept), 0);
    assert_int_equal(pthread_join(thread, &failed), 0);
    pthread_attr_destroy(&attr);
    assert_null(failed);
    assert_int_equal(kept[SAME], 2);
    assert_int_equal(kept[LINE], 2);
    assert_int_equal(kept[ZIGZAG], 100000);
    assert_true(kept[GROWING] > 990000 && kept[SHRINKING] > 99000 && kept[SPIRAL] > 99000 && kept[RANDOM] > 97000);
}

/* The same shapes, small enough to be measured. */
static void shapes(void **state) {
    (void)state;
    seed = 33;
    static ot_point track[3000];
    for (int shape = 0; shape < SHAPES; shape++) {
        fill(track, COUNT(track), shape);
        const double metres[] = {0, 1, 3000, 200e3, 3e6};
        for (size_t i = 0; i < COUNT(metres); i++) {
            bool *keep;
            simplify(track, COUNT(track), metres[i], &keep);
            assert_near_track(track, COUNT(track), keep, metres[i]);
            free(keep);
        }
    }
}

static void refusals(void **state) {
    (void)state;
    bool keep[3];
    double scratch[9];
    assert_true(ot_geo_simplify_scratch(3) <= sizeof scratch);
    assert_int_equal(ot_geo_simplify_scratch(0), 0);
    assert_true(ot_geo_simplify_scratch(SIZE_MAX) == SIZE_MAX && ot_geo_simplify_scratch(SIZE_MAX / 8) == SIZE_MAX);
    for (size_t i = 0; i < COUNT(no_points); i++)
        for (size_t k = 0; k < 3; k++) {
            ot_point track[3] = {{1, 1}, {2, 2}, {3, 3}};
            size_t kept = 77;
            track[k] = no_points[i];
            assert_int_equal(ot_geo_simplify(track, 3, 1, keep, scratch, &kept), OT_ERANGE);
            assert_int_equal(kept, 77);
        }
    const ot_point track[3] = {{1, 1}, {2, 2}, {3, 3}};
    for (size_t i = 0; i < COUNT(no_metres); i++)
        assert_int_equal(ot_geo_simplify(track, 3, no_metres[i], keep, scratch, NULL), OT_ERANGE);
    assert_int_equal(ot_geo_simplify(track, 3, DBL_MAX, keep, scratch, NULL), OT_OK);
    assert_true(keep[0] && !keep[1] && keep[2]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(small),   cmocka_unit_test(walks),  cmocka_unit_test(corners),
                                       cmocka_unit_test(million), cmocka_unit_test(shapes), cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
