/* test_geohash.c: geohashes against published ones, and by what must hold for all points and cells. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "geo_points.h"

static ot_box cell_of(const char *text) {
    ot_box cell;
    assert_int_equal(ot_geohash_decode(ot_str_c(text), &cell), OT_OK);
    return cell;
}

/* The examples of the article "Geohash" in the English Wikipedia: ezs42, decoded step by step there (latitude 42.605, longitude -5.603, errors 0.022), the tip
   of Jutland, and the cathedral of Curitiba. */
static void published(void **state) {
    (void)state;
    char text[OT_GEOHASH_MAX + 1];
    assert_int_equal(ot_geohash_encode((ot_point){42.605, -5.603}, 5, text), OT_OK);
    assert_string_equal(text, "ezs42");
    ot_box cell = cell_of("ezs42");
    assert_near((cell.south + cell.north) / 2, 42.605, 0.0005);
    assert_near((cell.west + cell.east) / 2, -5.603, 0.0005);
    assert_near((cell.north - cell.south) / 2, 0.022, 0.0005);
    assert_near((cell.east - cell.west) / 2, 0.022, 0.0005);
    assert_int_equal(ot_geohash_encode((ot_point){57.64911, 10.40744}, 11, text), OT_OK);
    assert_string_equal(text, "u4pruydqqvj");
    assert_int_equal(ot_geohash_encode((ot_point){-25.382708, -49.265506}, 12, text), OT_OK);
    assert_string_equal(text, "6gkzwgjzn820");
}

static void by_definition(void **state) {
    (void)state;
    char text[OT_GEOHASH_MAX + 1];
    /* one character: 8 columns, 4 rows */
    const struct {
        ot_point p;
        const char *text;
    } rows[] = {{{-90, -180}, "0"},  {{-90, 179}, "p"},   {{90, -180}, "b"},         {{90, 179}, "z"}, {{0, 0}, "s"},
                {{-1e-300, 0}, "k"}, {{0, -1e-300}, "e"}, {{-1e-300, -1e-300}, "7"}, {{90, 180}, "b"}, {{0, 540}, "8"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(ot_geohash_encode(rows[i].p, 1, text), OT_OK);
        assert_string_equal(text, rows[i].text);
    }
    ot_box s = cell_of("s"), last = cell_of("ZZZZZZZZZZZZ"), first = cell_of("000000000000");
    assert_true(s.south == 0 && s.west == 0 && s.north == 45 && s.east == 45);
    assert_true(last.north == 90 && last.east == 180 && last.west == 180 - 360.0 / 1073741824);
    assert_true(first.south == -90 && first.west == -180 && first.north == -90 + 180.0 / 1073741824);
}

static void holds(void **state) {
    (void)state;
    seed = 20;
    for (int i = 0; i < 20000; i++) {
        ot_point p = some_point();
        if (i % 8 == 0) p.lon += 360 * (double)(i % 5 - 2);
        char whole[OT_GEOHASH_MAX + 1], text[OT_GEOHASH_MAX + 1];
        assert_int_equal(ot_geohash_encode(p, OT_GEOHASH_MAX, whole), OT_OK);
        ot_box outer = {-90, -180, 90, 180};
        for (size_t n = 1; n <= OT_GEOHASH_MAX; n++) {
            assert_int_equal(ot_geohash_encode(p, n, text), OT_OK);
            assert_int_equal(strlen(text), n);
            assert_memory_equal(text, whole, n);
            ot_box cell = cell_of(text);
            assert_true(ot_geo_in_box(p, cell));
            assert_true(cell.south >= outer.south && cell.north <= outer.north && cell.west >= outer.west &&
                        cell.east <= outer.east);
            /* a point on the northern or eastern edge is the neighbour's */
            double lon = remainder(p.lon, 360) == 180 ? -180 : remainder(p.lon, 360);
            assert_true((p.lat < cell.north || p.lat == 90) && lon < cell.east);
            outer = cell;
        }
        /* the corner of a cell is in that cell, and its middle too */
        char again[OT_GEOHASH_MAX + 1];
        size_t n = 1 + (size_t)i % OT_GEOHASH_MAX;
        whole[n] = 0;
        ot_box cell = cell_of(whole);
        assert_int_equal(ot_geohash_encode((ot_point){cell.south, cell.west}, n, again), OT_OK);
        assert_string_equal(again, whole);
        assert_int_equal(
            ot_geohash_encode((ot_point){(cell.south + cell.north) / 2, (cell.west + cell.east) / 2}, n, again), OT_OK);
        assert_string_equal(again, whole);
        assert_int_equal(
            ot_geohash_encode((ot_point){nextafter(cell.north, -90), nextafter(cell.east, -180)}, n, again), OT_OK);
        assert_string_equal(again, whole);
    }
}

static void neighbours(void **state) {
    (void)state;
    seed = 21;
    for (int i = 0; i < 5000; i++) {
        char text[OT_GEOHASH_MAX + 1], next[OT_GEOHASH_MAX + 1], back[OT_GEOHASH_MAX + 1];
        size_t n = 1 + number() % OT_GEOHASH_MAX;
        assert_int_equal(ot_geohash_encode(some_point(), n, text), OT_OK);
        ot_box cell = cell_of(text);
        for (int north = -1; north <= 1; north++)
            for (int east = -1; east <= 1; east++) {
                ot_status status = ot_geohash_neighbour(ot_str_c(text), north, east, next);
                if ((north > 0 && cell.north == 90) || (north < 0 && cell.south == -90)) {
                    assert_int_equal(status, OT_ERANGE);
                    assert_string_equal(next, "");
                    continue;
                }
                assert_int_equal(status, OT_OK);
                assert_int_equal(strlen(next), n);
                ot_box there = cell_of(next);
                double height = cell.north - cell.south, width = cell.east - cell.west;
                assert_true(there.south == cell.south + north * height && there.north == cell.north + north * height);
                assert_true(remainder(there.west - (cell.west + east * width), 360) == 0);
                assert_int_equal(ot_geohash_neighbour(ot_str_c(next), -north, -east, back), OT_OK);
                assert_string_equal(back, text);
            }
    }
    char text[OT_GEOHASH_MAX + 1] = "EZS42";
    assert_int_equal(ot_geohash_neighbour(ot_str_c(text), 0, 0, text), OT_OK); /* in place */
    assert_string_equal(text, "ezs42");
    assert_int_equal(ot_geohash_neighbour(OT_STR("z"), 0, 1, text), OT_OK);
    assert_string_equal(text, "b");
}

static void refusals(void **state) {
    (void)state;
    char text[OT_GEOHASH_MAX + 1];
    for (size_t i = 0; i < COUNT(no_points); i++) {
        strcpy(text, "x");
        assert_int_equal(ot_geohash_encode(no_points[i], 5, text), OT_ERANGE);
        assert_string_equal(text, "");
    }
    const size_t lengths[] = {0, 13, SIZE_MAX};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        strcpy(text, "x");
        assert_int_equal(ot_geohash_encode((ot_point){1, 2}, lengths[i], text), OT_ERANGE);
        assert_string_equal(text, "");
    }
    const ot_str bad[] = {{NULL, 0}, {"", 0},       {"ezs42ezs42ezs", 13}, {"ez\0s", 4},
                          {"\0", 1}, {"ezs42 ", 6}, {"ez\xC3\xA9", 4},     {"e-s", 3}};
    for (size_t i = 0; i < COUNT(bad); i++) {
        ot_box cell = {1, 2, 3, 4};
        assert_int_equal(ot_geohash_decode(bad[i], &cell), OT_ESYNTAX);
        assert_true(cell.south == 1 && cell.west == 2 && cell.north == 3 && cell.east == 4);
        strcpy(text, "x");
        assert_int_equal(ot_geohash_neighbour(bad[i], 0, 1, text), OT_ESYNTAX);
        assert_string_equal(text, "");
    }
    /* every byte: 32 digits, of which 22 are letters of either case, and nothing else */
    int good = 0;
    for (int c = 0; c < 256; c++) {
        char one = (char)c;
        ot_box cell;
        good += ot_geohash_decode(ot_str_of(&one, 1), &cell) == OT_OK;
    }
    assert_int_equal(good, 10 + 2 * 22);
    const int steps[][2] = {{2, 0}, {0, 2}, {-2, 0}, {0, -2}, {INT32_MAX, 0}, {0, INT32_MIN}};
    for (size_t i = 0; i < COUNT(steps); i++) {
        strcpy(text, "x");
        assert_int_equal(ot_geohash_neighbour(OT_STR("ezs42"), steps[i][0], steps[i][1], text), OT_EINVAL);
        assert_string_equal(text, "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(published), cmocka_unit_test(by_definition),
                                       cmocka_unit_test(holds), cmocka_unit_test(neighbours),
                                       cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
