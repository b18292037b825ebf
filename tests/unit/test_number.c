/* test_number.c: reading and writing of numbers, on the fast and on the portable build, against the C library and known
 * hard cases. */
#define _XOPEN_SOURCE 700 /* mkdtemp, setenv */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "portable.h"

static uint64_t bits_of(double d) {
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return bits;
}

static double of_bits(uint64_t bits) {
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

/* A small generator of its own, so that a failure can be repeated. */
static uint64_t next(uint64_t *s) {
    *s += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = *s;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* Reads text on both builds, in memory without a byte behind it and in memory with some, and compares with what is
 * expected. */
static void expect_read(const char *text, size_t len, ot__num_kind kind, int64_t i, double d) {
    char *exact = malloc(len), *room = malloc(len + 16);
    assert_non_null(exact);
    assert_non_null(room);
    memcpy(exact, text, len);
    memcpy(room, text, len);
    memcpy(room + len, ",12345678901234", 16);
    for (int n = 0; n < 4; n++) {
        const char *p = n & 1 ? room : exact;
        ot__num num = {OT__NUM_BAD, -1, -1};
        const char *behind =
            (n & 2 ? portable_number_scan : ot__json_number_scan)(p, p + len + (n & 1 ? 16 : 0), &num, NULL);
        if (behind != p + len || num.kind != kind || num.i != i || bits_of(num.d) != bits_of(d)) {
            fail_msg("way %d, %.*s: kind %d, i %lld, d %a, want kind %d, i %lld, d %a", n, (int)(len < 200 ? len : 200),
                     text, (int)num.kind, (long long)num.i, num.d, (int)kind, (long long)i, d);
        }
    }
    ot__num num;
    assert_true(ot__num_parse(ot_str_of(exact, len), &num));
    assert_true(portable_num_parse(ot_str_of(exact, len), &num));
    free(exact);
    free(room);
}

static void expect_real(const char *text, double d) {
    expect_read(text, strlen(text), isinf(d) ? OT__NUM_HUGE : OT__NUM_REAL, 0, d);
    char negative[2048];
    assert_true(strlen(text) + 2 < sizeof negative);
    negative[0] = '-';
    strcpy(negative + 1, text);
    expect_read(negative, strlen(negative), isinf(d) ? OT__NUM_HUGE : OT__NUM_REAL, 0, -d);
}

static void expect_int(const char *text, int64_t i, double d) {
    expect_read(text, strlen(text), OT__NUM_INT, i, d);
}

static void test_integers(void **state) {
    (void)state;
    expect_int("0", 0, 0.0);
    expect_int("-0", 0, -0.0);
    expect_int("1", 1, 1);
    expect_int("-1", -1, -1);
    expect_int("12345678", 12345678, 12345678);
    expect_int("1699999999", 1699999999, 1699999999);
    expect_int("9007199254740992", INT64_C(9007199254740992), 9007199254740992.0);
    expect_int("9007199254740993", INT64_C(9007199254740993), 9007199254740992.0);
    expect_int("9007199254740995", INT64_C(9007199254740995), 9007199254740996.0);
    expect_int("-9007199254740993", INT64_C(-9007199254740993), -9007199254740992.0);
    expect_int("9223372036854775807", INT64_MAX, 9223372036854775808.0);
    expect_int("-9223372036854775808", INT64_MIN, -9223372036854775808.0);
    expect_read("9223372036854775808", 19, OT__NUM_REAL, 0, 9223372036854775808.0);
    expect_read("-9223372036854775809", 20, OT__NUM_REAL, 0, -9223372036854775808.0);
    expect_real("18446744073709551615", 18446744073709551616.0);
    expect_real("18446744073709551616", 18446744073709551616.0);
    expect_real("9999999999999999999", 1e19);
    expect_real("12345678901234567890123", 1.2345678901234568e22);
    uint64_t seed = 1;
    for (int n = 0; n < 20000; n++) {
        int64_t i = (int64_t)next(&seed) >> (n % 64);
        char text[32];
        int len = snprintf(text, sizeof text, "%lld", (long long)i);
        expect_int(text, i, (double)i);
        char out[OT__NUM_TEXT];
        assert_int_equal(ot__num_write_int(i, out), len);
        assert_string_equal(out, text);
    }
    char out[OT__NUM_TEXT];
    assert_int_equal(ot__num_write_int(INT64_MIN, out), 20);
    assert_string_equal(out, "-9223372036854775808");
    assert_int_equal(ot__num_write_int(0, out), 1);
    assert_string_equal(out, "0");
}

static void test_hard_cases(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double d;
    } cases[] = {
        {"0.0", 0.0},
        {"0e999999999999999999999", 0.0},
        {"0.000e-99999999999999999999999", 0.0},
        {"0.1", 0x1.999999999999ap-4},
        {"0.3", 0x1.3333333333333p-2},
        {"48.8567891", 48.8567891},
        {"1e22", 1e22},
        {"1e23", 0x1.52d02c7e14af6p+76},
        {"8.5e22", 8.5e22},
        {"9007199254740993.0", 0x1p53},
        {"9007199254740993.00000000000000000000000000000000000000000000000000000001", 0x1.0000000000001p53},
        {"9007199254740992.99999999999999999999999999999999999999999999999999999999", 0x1p53},
        {"9007199254740995e0", 0x1.0000000000002p53},
        {"9007199254740995.0", 0x1.0000000000002p53},
        {"900719925474099500e-2", 0x1.0000000000002p53},
        {"90071992547409950000000000000e-13", 0x1.0000000000002p53},
        {"900719925474099300e-2", 0x1p53},
        {"900719925474099300000000000000000000e-20", 0x1p53},
        {"0.5", 0.5},
        {"1.5e0", 1.5},
        /* Halfway between 1 and the next one, and a hair off it. */
        {"1.00000000000000011102230246251565404236316680908203125", 1.0},
        {"1.00000000000000011102230246251565404236316680908203124", 1.0},
        {"1.00000000000000011102230246251565404236316680908203126", 0x1.0000000000001p0},
        {"1.00000000000000033306690738754696212708950042724609375", 0x1.0000000000002p0},
        /* The ends of the range. */
        {"5e-324", 0x1p-1074},
        {"4.9406564584124654e-324", 0x1p-1074},
        {"2.4703282292062328e-324", 0x1p-1074},
        {"2.4703282292062327e-324", 0.0},
        {"3e-324", 0x1p-1074},
        {"2e-324", 0.0},
        {"1e-400", 0.0},
        {"1e-999999999999999999999999", 0.0},
        {"7.4109846876186981e-324", 0x1p-1074}, /* just below one and a half of the smallest */
        {"7.4109846876186982e-324", 0x2p-1074}, /* just above */
        {"2.2250738585072011e-308", 0x0.fffffffffffffp-1022},
        {"2.2250738585072012e-308", 0x1p-1022},
        {"2.2250738585072014e-308", 0x1p-1022},
        {"1.7976931348623157e308", DBL_MAX},
        {"1.7976931348623158e308", DBL_MAX},
        {"1.7976931348623159e308", HUGE_VAL},
        {"1797693134862315708145274237317043567980705675258449965989174768031572607800285387605895586327668781715404589"
         "53514382"
         "4642343213268894641827684675467035375169860499105765512820762454900903893289440758685084551339423045832369032"
         "22948165"
         "808559332123347974797826204144723168738177180919299881250404026184124858368",
         DBL_MAX},
        /* Exactly half a step beyond the largest rounds to even, which is infinity; a hair below does not. */
        {"1797693134862315807937289714053034150799341327100378269361737789804449682927647509466490179775872070963302864"
         "16692887"
         "9109465555478519404026306574886715058206819089020007083836762738548458177115317644757302700698555713669596228"
         "42914819"
         "860834936475292719074168444365510704342711559699508093042880177904174497792",
         HUGE_VAL},
        {"1797693134862315807937289714053034150799341327100378269361737789804449682927647509466490179775872070963302864"
         "16692887"
         "9109465555478519404026306574886715058206819089020007083836762738548458177115317644757302700698555713669596228"
         "42914819"
         "860834936475292719074168444365510704342711559699508093042880177904174497791.9999999",
         DBL_MAX},
        {"1e308", 1e308},
        {"1e309", HUGE_VAL},
        {"1e310", HUGE_VAL},
        {"1e99999999999999999999999999", HUGE_VAL},
        {"123456789012345678901234567890e999999999", HUGE_VAL},
        {"0.000000000000000000000000000000000000000000000001e48", 1.0},
        {"100000000000000000000000000000000000000000000000000e-50", 1.0},
        {"1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000", 1e90},
        {"6.02214076E+23", 6.02214076e23},
        {"1.0E-7", 1e-7},
    };
    for (size_t i = 0; i < OT_COUNT(cases); i++)
        expect_real(cases[i].text, cases[i].d);
}

/* Long rows of zeros and digits; the exponent makes up for a million zeros. */
static void test_long(void **state) {
    (void)state;
    enum { SIZE = 1000000 };
    char *text = malloc(SIZE + 32);
    assert_non_null(text);
    memcpy(text, "0.", 2);
    memset(text + 2, '0', SIZE);
    memcpy(text + 2 + SIZE, "125e1000000", 11);
    expect_read(text, 2 + SIZE + 11, OT__NUM_REAL, 0, 0.125);
    text[0] = '1';
    memset(text + 1, '0', SIZE);
    memcpy(text + 1 + SIZE, "e-1000000", 9);
    expect_read(text, 1 + SIZE + 9, OT__NUM_REAL, 0, 1.0);
    expect_read(text, 1 + SIZE, OT__NUM_HUGE, 0, HUGE_VAL);
    /* Halfway, with something a million digits later that decides. */
    static const char half[] = "1.00000000000000011102230246251565404236316680908203125";
    memset(text, '0', SIZE);
    memcpy(text, half, sizeof half - 1);
    expect_read(text, SIZE, OT__NUM_REAL, 0, 1.0);
    text[SIZE - 1] = '1';
    expect_read(text, SIZE, OT__NUM_REAL, 0, 0x1.0000000000001p0);
    memset(text, '9', SIZE);
    expect_read(text, SIZE, OT__NUM_HUGE, 0, HUGE_VAL);
    text[0] = '0';
    text[1] = '.';
    expect_read(text, SIZE, OT__NUM_REAL, 0, 1.0);
    free(text);
}

static void test_bad(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",   "-",   "+1",  ".",     ".5",  "5.",   "-.5", "1.e5", "1e",    "1e+",      "1e-", "01", "-01",
        "00", "1 ",  " 1",  "1,5",   "0x1", "1e5x", "NaN", "inf",  "1.5.5", "1e5e5",    "--1", "1-", "1e1.5",
        "٣",  "1_0", "1'0", "1e++5", "e5",  "-e5",  "-n",  "1f",   "1.5L",  "infinity", "0b1", "0o7"};
    for (size_t i = 0; i < OT_COUNT(bad); i++) {
        ot__num num = {OT__NUM_BAD, 7, 7};
        if (ot__num_parse(ot_str_c(bad[i]), &num) || portable_num_parse(ot_str_c(bad[i]), &num))
            fail_msg("%s is taken", bad[i]);
        assert_int_equal(num.kind, OT__NUM_BAD);
        assert_int_equal(num.i, 7);
    }
    ot__num num;
    assert_false(ot__num_parse(ot_str_of(NULL, 0), &num));
    assert_false(ot__num_parse(ot_str_of("1\0", 2), &num));
    /* Where it fails, and why. */
    static const struct {
        const char *text;
        size_t at;
        const char *reason;
    } fails[] = {{"", 0, "ends within a number"},      {"-", 1, "ends within a number"},
                 {"x", 0, "a digit is expected"},      {"-x", 1, "a digit is expected"},
                 {"012", 1, "start with 0"},           {"1.x", 2, "behind the point"},
                 {"1.5ex", 4, "in the exponent"},      {"1.5e-x", 5, "in the exponent"},
                 {"1.5e-", 5, "ends within a number"}, {"12345678.", 9, "ends within a number"}};
    for (size_t i = 0; i < OT_COUNT(fails); i++) {
        const char *end = fails[i].text + strlen(fails[i].text);
        ot__json_fail fail = {OT_OK, NULL, NULL};
        assert_null(ot__json_number_scan(fails[i].text, end, &num, &fail));
        assert_int_equal(fail.status, OT_ESYNTAX);
        assert_ptr_equal(fail.at, fails[i].text + fails[i].at);
        assert_non_null(strstr(fail.reason, fails[i].reason));
    }
}

/* Digits that are cut or joined at every count around the steps of eight. */
static void test_digit_counts(void **state) {
    (void)state;
    static const char digits[] = "123456789012345678901234567890";
    for (int whole = 1; whole <= 25; whole++) {
        for (int fraction = 1; fraction <= 25; fraction++) {
            char text[64];
            int len = snprintf(text, sizeof text, "%.*s.%.*s", whole, digits, fraction, digits);
            expect_read(text, (size_t)len, OT__NUM_REAL, 0, strtod(text, NULL));
            /* Bytes next to the digits end the number. */
            static const char others[] = "/:;x ,}]\x80\xFA\xFF";
            for (const char *o = others; *o; o++) {
                char more[96];
                int n = snprintf(more, sizeof more, "%s%c12345678", text, *o);
                ot__num num;
                assert_ptr_equal(ot__json_number_scan(more, more + n, &num, NULL), more + len);
                assert_int_equal(bits_of(num.d), bits_of(strtod(text, NULL)));
            }
        }
    }
}

static void check_text(const char *text, double want) {
    ot__num a = {OT__NUM_BAD, 0, 0}, b = {OT__NUM_BAD, 0, 0};
    assert_true(ot__num_parse(ot_str_c(text), &a));
    assert_true(portable_num_parse(ot_str_c(text), &b));
    if (bits_of(a.d) != bits_of(want) || bits_of(b.d) != bits_of(want)) {
        fail_msg("%s: %a, portable %a, want %a", text, a.d, b.d, want);
    }
}

/* Writing: it reads back, with our reader and the C library's; no shorter text does; and of that length it is the
 * nearest. */
static void check_write(double d) {
    char out[OT__NUM_TEXT], other[64];
    memset(out, '#', sizeof out);
    size_t len = ot__num_write_double(d, out);
    assert_true(len > 0 && len < OT__NUM_TEXT && out[len] == 0 && strlen(out) == len);
    check_text(out, d);
    if (bits_of(strtod(out, NULL)) != bits_of(d)) fail_msg("%a is written %s", d, out);
    /* How many digits count. */
    int digits = 0, zeros = 0;
    for (const char *p = out; *p && *p != 'e'; p++) {
        if (*p < '0' || *p > '9' || (digits == 0 && *p == '0')) continue;
        digits++;
        zeros = *p == '0' ? zeros + 1 : 0;
    }
    digits -= zeros;
    assert_in_range(digits, 0, 17);
    bool integral = d > -9007199254740992.0 && d < 9007199254740992.0 && (double)(int64_t)d == d;
    if (digits < 2 || integral) return;
    snprintf(other, sizeof other, "%.*e", digits - 2, d);
    if (strtod(other, NULL) == d) fail_msg("%a is written %s, and %s is shorter", d, out, other);
    snprintf(other, sizeof other, "%.*e", digits - 1, d);
    /* The C library's is the nearest of that length; ours is another only if that one does not read back. */
    double nearest = strtod(other, NULL);
    if (nearest == d) {
        char ours[64];
        ot__num n;
        assert_true(ot__num_parse(ot_str_of(out, len), &n));
        /* The same digits: both without sign, point, exponent and zeros at the end. */
        const char *texts[2] = {other, out};
        char plain[2][64];
        for (int t = 0; t < 2; t++) {
            size_t k = 0;
            for (const char *p = texts[t]; *p && *p != 'e'; p++) {
                if (*p >= '0' && *p <= '9' && (k || *p != '0')) plain[t][k++] = *p;
            }
            while (k && plain[t][k - 1] == '0')
                k--;
            plain[t][k] = 0;
        }
        snprintf(ours, sizeof ours, "%s", plain[1]);
        if (strcmp(plain[0], ours) != 0) fail_msg("%a is written %s; %s is nearer", d, out, other);
    }
}

static void test_random_bits(void **state) {
    (void)state;
    uint64_t seed = 42;
    for (int n = 0; n < 60000; n++) {
        double d = of_bits(next(&seed));
        if (n % 4 == 1) d = of_bits(bits_of(d) & (UINT64_MAX >> 12)); /* subnormal */
        if (n % 4 == 2) d = (double)(int64_t)next(&seed) * 1e-17;     /* of everyday size */
        if (!isfinite(d)) continue;
        char text[64];
        static const int precisions[] = {17, 16, 15, 18, 19, 20, 25, 40, 7, 3, 1};
        int precision = precisions[n % (int)OT_COUNT(precisions)];
        snprintf(text, sizeof text, "%.*e", precision - 1, d);
        check_text(text, strtod(text, NULL));
        if (precision == 17) check_text(text, d);
        check_write(d);
    }
    /* Decimals as devices send them. */
    for (int n = 0; n < 60000; n++) {
        char text[64], out[OT__NUM_TEXT];
        int places = n % 15 + 1;
        double d = (double)(int64_t)(next(&seed) >> 11) * 0x1p-53 * 360 - 180;
        snprintf(text, sizeof text, "%.*f", places > 12 ? 12 : places, d);
        d = strtod(text, NULL);
        check_text(text, d);
        /* What came with up to 15 digits goes out as it came, without zeros at the end. */
        size_t len = strlen(text);
        while (text[len - 1] == '0')
            len--;
        if (text[len - 1] == '.') len--;
        text[len] = 0;
        assert_int_equal(ot__num_write_double(d, out), len);
        assert_string_equal(out, text);
    }
}

/* The exact decimal halfway between neighbours, as the C library prints it: with one more digit each way the result is
 * known. */
static void test_halfway(void **state) {
    (void)state;
    uint64_t seed = 7;
    for (int n = 0; n < 3000; n++) {
        uint64_t bits = next(&seed) & (UINT64_MAX >> 1);
        if (n % 3 == 0) bits = bits & (UINT64_MAX >> 12);
        if (n % 3 == 1) bits = (bits & (UINT64_MAX >> 12)) | (uint64_t)(1023 - 60 + n % 120) << 52;
        if (bits >> 52 >= 0x7FE) continue;
        double low = of_bits(bits), high = of_bits(bits + 1);
        /* An 80-bit long double holds the middle exactly, but not everywhere is one: twice the middle is the sum of the
         * two mantissas. */
        char text[2048];
#if LDBL_MANT_DIG >= 64
        long double middle = ((long double)low + (long double)high) / 2;
        int len = snprintf(text, sizeof text, "%.1100Le", middle);
#else
        if (bits >> 52 == 0) continue;
        int len = snprintf(text, sizeof text, "%.1100e", high);
        high = low = of_bits(bits + 1);
#endif
        assert_true(len > 0 && len < (int)sizeof text);
        char *e = strchr(text, 'e');
        assert_non_null(e);
        if (high != low) check_text(text, bits & 1 ? high : low);
        /* A 1 as the last of a thousand digits. */
        e[-1] = '1';
        check_text(text, high);
        /* A little less: the last digit that is not 0 goes down by one, and nines follow. */
        e[-1] = '0';
        char *p = e - 1;
        while (*p == '0')
            *p-- = '9';
        --*p;
        check_text(text, low);
    }
}

/* Halves that 128 bits of a negative power of ten cannot tell from a hair less: whole numbers between two doubles, with zeros behind. */
static void test_whole_halves(void **state) {
    (void)state;
    uint64_t seed = 3;
    for (int n = 0; n < 20000; n++) {
        uint64_t odd = UINT64_C(1) << 53 | next(&seed) >> 11 | 1;
        char text[64];
        int zeros = n % 12;
        snprintf(text, sizeof text, n & 16 ? "%llu.0%.*s" : "%llu0%.*se-%d", (unsigned long long)odd, zeros,
                 "00000000000", zeros + 1);
        /* To the even one of the two neighbours. */
        uint64_t below = odd - 1;
        check_text(text, (double)(int64_t)(below & 2 ? odd + 1 : below));
    }
}

/* The division of large numbers, on small ones. */
static void test_quotient(void **state) {
    (void)state;
    static const uint64_t values[] = {
        1, 2, 7, UINT32_MAX, UINT64_C(1) << 32, UINT64_C(0x80000000FFFFFFFF), UINT64_MAX - 1, UINT64_MAX};
    uint64_t seed = 5;
    for (int n = 0; n < 4000; n++) {
        uint64_t x = n < 64 ? values[n % 8] : next(&seed) >> next(&seed) % 64,
                 y = n < 64 ? values[n / 8] : next(&seed) >> next(&seed) % 64;
        if (!y) continue;
        ot__big a, b;
        bool rest;
        ot__big_set(&a, n == 64 ? 0 : x);
        ot__big_set(&b, y);
        if (n == 64) x = 0;
        assert_true(ot__big_quotient(&a, &b, &rest) == x / y);
        assert_int_equal(rest, x % y != 0);
    }
}

static void test_write_cases(void **state) {
    (void)state;
    static const struct {
        double d;
        const char *text;
    } cases[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {1.0, "1"},
        {-1.0, "-1"},
        {100.0, "100"},
        {0.1, "0.1"},
        {-0.1, "-0.1"},
        {0.3, "0.3"},
        {0.1 + 0.2, "0.30000000000000004"},
        {48.8567891, "48.8567891"},
        {-122.41941550000001, "-122.41941550000001"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
        {1e-6, "0.000001"},
        {1e-7, "0.0000001"},
        {1.5e-7, "0.00000015"},
        {9.999e-8, "9.999e-8"},
        {1e-8, "1e-8"},
        {1.2345678901234567e-7, "0.00000012345678901234566"},
        {9007199254740991.0, "9007199254740991"},
        {9007199254740992.0, "9007199254740992"},
        {9007199254740994.0, "9007199254740994"},
        {12345678901234568.0, "12345678901234568"},
        {1e16, "10000000000000000"},
        {99999999999999984.0, "99999999999999980"},
        {1e17, "1e17"},
        {1.2e17, "1.2e17"},
        {1e21, "1e21"},
        {1e22, "1e22"},
        {1e23, "1e23"},
        {-1.5e300, "-1.5e300"},
        {123456.789e250, "1.23456789e255"},
        {5e-324, "5e-324"},
        {1e-323, "1e-323"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {2.225073858507201e-308, "2.225073858507201e-308"},
        {1.7976931348623157e308, "1.7976931348623157e308"},
        {4.35, "4.35"},
        {5.684341886080802e-14, "5.684341886080802e-14"}, /* 2^-44: the nearest 16 digits do not read back, these do */
        {0x1p-20, "0.00000095367431640625"},
        {0x1p-30, "9.313225746154785e-10"},
    };
    for (size_t i = 0; i < OT_COUNT(cases); i++) {
        char out[OT__NUM_TEXT];
        size_t len = ot__num_write_double(cases[i].d, out);
        assert_string_equal(out, cases[i].text);
        assert_int_equal(len, strlen(cases[i].text));
    }
    char out[OT__NUM_TEXT] = "#";
    assert_int_equal(ot__num_write_double(NAN, out), 0);
    assert_int_equal(ot__num_write_double(HUGE_VAL, out), 0);
    assert_int_equal(ot__num_write_double(-HUGE_VAL, out), 0);
}

/* All powers of two and ten and their neighbours. */
static void test_powers(void **state) {
    (void)state;
    for (int e = -1074; e <= 1023; e++) {
        double d = of_bits(e < -1022 ? UINT64_C(1) << (e + 1074) : (uint64_t)(e + 1023) << 52);
        for (int n = -1; n <= 1; n++) {
            double near = of_bits(bits_of(d) + (uint64_t)(int64_t)n);
            char text[64];
            snprintf(text, sizeof text, "%.16e", near);
            check_text(text, near);
            if (near > 0) check_write(near);
        }
    }
    for (int e = -330; e <= 310; e++) {
        char text[32];
        snprintf(text, sizeof text, "1e%d", e);
        double d = strtod(text, NULL);
        check_text(text, d);
        if (d == 0 || isinf(d)) continue;
        for (int n = -2; n <= 2; n++)
            check_write(of_bits(bits_of(d) + (uint64_t)(int64_t)n));
    }
}

/* Sets a locale with a decimal comma: an installed one, or else one that is made for this test in `folder`. */
static bool set_comma(const char *folder) {
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "ru_RU.UTF-8",
                                        "nl_NL.UTF-8", "es_ES.UTF-8", "de_DE"};
    for (size_t i = 0; i < OT_COUNT(names); i++) {
        if (setlocale(LC_ALL, names[i]) && *localeconv()->decimal_point == ',') return true;
    }
    char command[256];
    snprintf(command, sizeof command, "localedef -c -i de_DE -f UTF-8 %s/xx_XX >/dev/null 2>&1", folder);
    return system(command) == 0 && setenv("LOCPATH", folder, 1) == 0 && setlocale(LC_ALL, "xx_XX") &&
           *localeconv()->decimal_point == ',';
}

/* A decimal comma changes nothing; skipped only where no such locale can be had. */
static void test_locale(void **state) {
    (void)state;
    char folder[] = "/tmp/ot-locale-XXXXXX", command[64], out[OT__NUM_TEXT], c_text[32];
    assert_non_null(mkdtemp(folder));
    bool comma = set_comma(folder);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
    if (!comma) {
        setlocale(LC_ALL, "C");
        skip();
    }
    snprintf(c_text, sizeof c_text, "%.1f", 1.5);
    ot__num num, slow;
    bool read = ot__num_parse(OT_STR("48.8567891"), &num), cut = ot__num_parse(OT_STR("48,8567891"), &slow);
    bool hard = ot__num_parse(OT_STR("1.00000000000000011102230246251565404236316680908203126"), &slow);
    char tiny[OT__NUM_TEXT];
    ot__num_write_double(-2.5e-310, tiny);
    size_t len = ot__num_write_double(-1234567.25, out);
    setlocale(LC_ALL, "C");
    assert_string_equal(c_text, "1,5"); /* the locale was in force */
    assert_true(read);
    assert_int_equal(bits_of(num.d), bits_of(48.8567891));
    assert_true(hard);
    assert_int_equal(bits_of(slow.d), bits_of(0x1.0000000000001p0));
    assert_false(cut);
    assert_int_equal(len, 11);
    assert_string_equal(out, "-1234567.25");
    assert_string_equal(tiny, "-2.5e-310");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers), cmocka_unit_test(test_hard_cases),   cmocka_unit_test(test_long),
        cmocka_unit_test(test_bad),      cmocka_unit_test(test_digit_counts), cmocka_unit_test(test_random_bits),
        cmocka_unit_test(test_halfway),  cmocka_unit_test(test_write_cases),  cmocka_unit_test(test_powers),
        cmocka_unit_test(test_locale),   cmocka_unit_test(test_whole_halves), cmocka_unit_test(test_quotient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
