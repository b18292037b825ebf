/* test_outlier.c: fixes that do not belong to their track: each reason, jumps that return, and jumps that are none after all. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "geo_points.h"

static const ot_point home = {50, 8};

/* A fix so many metres east of home, after so many seconds. */
static ot_fix fix(double metres, double seconds) {
    return (ot_fix){ot_geo_destination(home, 90, metres), 1700000000000 + (ot_time)(seconds * 1000), 10};
}

static ot_outlier judge(ot_outlier_state *s, double metres, double seconds) {
    ot_fix f = fix(metres, seconds);
    return ot_outlier_next(s, NULL, &f);
}

static void reasons(void **state) {
    (void)state;
    ot_outlier_state s = {0};
    assert_int_equal(judge(&s, 0, 0), OT_OUTLIER_NONE);
    ot_outlier_state before = s;
    for (size_t i = 0; i < COUNT(no_points); i++) {
        ot_fix f = {no_points[i], 1700000001000, 10};
        assert_int_equal(ot_outlier_next(&s, NULL, &f), OT_OUTLIER_NO_POINT);
    }
    const ot_point null[] = {{0, 0}, {-0.0, -0.0}, {1e-4, -1e-4}, {0, 360}};
    for (size_t i = 0; i < COUNT(null); i++) {
        ot_fix f = {null[i], 1700000001000, 99999};
        assert_int_equal(ot_outlier_next(&s, NULL, &f), OT_OUTLIER_NULL_ISLAND);
    }
    const double bad[] = {1000.1, INFINITY, -1, -1e-9, -INFINITY};
    for (size_t i = 0; i < COUNT(bad); i++) {
        ot_fix f = fix(1e7, 1);
        f.accuracy = bad[i];
        assert_int_equal(ot_outlier_next(&s, NULL, &f), OT_OUTLIER_INACCURATE);
    }
    assert_memory_equal(&s, &before, sizeof s);
    const double good[] = {1000, 0, NAN};
    for (size_t i = 0; i < COUNT(good); i++) {
        ot_fix f = fix(1, (double)i);
        f.accuracy = good[i];
        assert_int_equal(ot_outlier_next(&s, NULL, &f), OT_OUTLIER_NONE);
    }
    /* near null island is a place: 20 m from it */
    ot_fix f = {{0, 0.0002}, 1700000001000 + INT64_C(86400000), NAN};
    assert_int_equal(ot_outlier_next(&s, NULL, &f), OT_OUTLIER_NONE);
    assert_int_equal(s.goods, 5);
}

static void speed(void **state) {
    (void)state;
    /* 350 m/s, one second for the rounding of times, and 10 m of accuracy on both sides */
    const struct {
        double metres, seconds;
        ot_outlier reason;
    } rows[] = {{369.9, 0, OT_OUTLIER_NONE},   {370.1, 0, OT_OUTLIER_JUMP},  {719.9, 1, OT_OUTLIER_NONE},
                {720.1, 1, OT_OUTLIER_JUMP},   {3519.9, 9, OT_OUTLIER_NONE}, {3520.1, 9, OT_OUTLIER_JUMP},
                {3519.9, -9, OT_OUTLIER_NONE}, {3520.1, -9, OT_OUTLIER_JUMP}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        ot_outlier_state s = {0};
        judge(&s, 0, 0);
        assert_int_equal(judge(&s, rows[i].metres, rows[i].seconds), rows[i].reason);
    }
    const ot_outlier_limits walker = {3, 50, 2}, never = {INFINITY, INFINITY, 3}, nan = {NAN, NAN, 3};
    ot_outlier_state s = {0};
    ot_fix a = fix(0, 0), b = fix(1000, 60);
    assert_int_equal(ot_outlier_next(&s, &walker, &a), OT_OUTLIER_NONE);
    assert_int_equal(ot_outlier_next(&s, &walker, &b), OT_OUTLIER_JUMP);
    /* no limits */
    b = fix(1.5e7, 1);
    b.accuracy = 1e9;
    for (int i = 0; i < 2; i++) {
        s = (ot_outlier_state){0};
        assert_int_equal(ot_outlier_next(&s, i ? &never : &nan, &a), OT_OUTLIER_NONE);
        assert_int_equal(ot_outlier_next(&s, i ? &never : &nan, &b), OT_OUTLIER_NONE);
    }
    /* all times are times */
    s = (ot_outlier_state){0};
    a.at = INT64_MIN, b.at = INT64_MAX, b.accuracy = 5;
    assert_int_equal(ot_outlier_next(&s, NULL, &a), OT_OUTLIER_NONE);
    assert_int_equal(ot_outlier_next(&s, NULL, &b), OT_OUTLIER_NONE);
}

static void returning(void **state) {
    (void)state;
    ot_outlier_state s = {0};
    for (int i = 0; i < 100; i++) {
        bool jump = i % 10 >= 8; /* two in a row, at one place, and back */
        assert_int_equal(judge(&s, jump ? 200e3 : i * 10, i * 10), jump ? OT_OUTLIER_JUMP : OT_OUTLIER_NONE);
        assert_int_equal(s.cleared, 0);
        assert_int_equal(s.jumps, jump ? (unsigned)(i % 10 - 7) : 0);
    }
    assert_int_equal(s.goods, 80);
}

static void moved(void **state) {
    (void)state;
    /* the first fix of all was the wrong one, or the device was carried while switched off with a wrong clock: three agree, and the track goes on there */
    ot_outlier_state s = {0};
    assert_int_equal(judge(&s, 0, 0), OT_OUTLIER_NONE);
    assert_int_equal(judge(&s, 300e3, 10), OT_OUTLIER_JUMP);
    assert_int_equal(judge(&s, 300.1e3, 20), OT_OUTLIER_JUMP);
    assert_int_equal(s.cleared, 0);
    assert_int_equal(judge(&s, 300.2e3, 30), OT_OUTLIER_NONE);
    assert_int_equal(s.cleared, 2);
    assert_int_equal(s.goods, 2);
    assert_int_equal(judge(&s, 300.3e3, 40), OT_OUTLIER_NONE);
    assert_int_equal(s.cleared, 0);
    assert_int_equal(judge(&s, 0, 50), OT_OUTLIER_JUMP);
    /* what does not agree begins again: only the last ones are cleared */
    assert_int_equal(judge(&s, 700e3, 60), OT_OUTLIER_JUMP);
    assert_int_equal(s.jumps, 1);
    assert_int_equal(judge(&s, 700.1e3, 70), OT_OUTLIER_JUMP);
    ot_fix null = {{0, 0}, 1700000075000, 10};
    assert_int_equal(ot_outlier_next(&s, NULL, &null), OT_OUTLIER_NULL_ISLAND);
    assert_int_equal(judge(&s, 700.2e3, 80), OT_OUTLIER_NONE);
    assert_int_equal(s.cleared, 2);
    /* `cleared` ends with the next fix of any kind */
    assert_int_equal(ot_outlier_next(&s, NULL, &null), OT_OUTLIER_NULL_ISLAND);
    assert_int_equal(s.cleared, 0);
    /* with time every place is reached: half the earth in half a day */
    s = (ot_outlier_state){0};
    judge(&s, 0, 0);
    assert_int_equal(judge(&s, 15e6, 43200), OT_OUTLIER_NONE);
}

static void confirm(void **state) {
    (void)state;
    for (unsigned n = 0; n <= 5; n++) {
        const ot_outlier_limits limits = {350, 1000, n};
        ot_outlier_state s = {0};
        ot_fix f = fix(0, 0);
        ot_outlier_next(&s, &limits, &f);
        for (unsigned i = 1; i <= 6; i++) {
            f = fix(400e3 + i, i);
            bool jump = i < (n ? n : 1);
            assert_int_equal(ot_outlier_next(&s, &limits, &f), jump ? OT_OUTLIER_JUMP : OT_OUTLIER_NONE);
            assert_int_equal(s.cleared, !jump && i == n ? n - 1 : 0);
        }
    }
}

static void names(void **state) {
    (void)state;
    assert_string_equal(ot_outlier_name(OT_OUTLIER_NONE), "none");
    assert_string_equal(ot_outlier_name(OT_OUTLIER_NO_POINT), "no-point");
    assert_string_equal(ot_outlier_name(OT_OUTLIER_NULL_ISLAND), "null-island");
    assert_string_equal(ot_outlier_name(OT_OUTLIER_INACCURATE), "inaccurate");
    assert_string_equal(ot_outlier_name(OT_OUTLIER_JUMP), "jump");
    assert_string_equal(ot_outlier_name((ot_outlier)5), "?");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(reasons),   cmocka_unit_test(speed),
                                       cmocka_unit_test(returning), cmocka_unit_test(moved),
                                       cmocka_unit_test(confirm),   cmocka_unit_test(names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
