/* test_status.c: names and texts of statuses, errors as values, the version. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <owntracks/status.h>
#include <owntracks/version.h>

static const ot_status all[] = {
#define ROW(name, number, text) OT_##name,
    OT_STATUS_MAP(ROW)
#undef ROW
};
#define COUNT (sizeof all / sizeof *all)

static void names_and_texts(void **state) {
    (void)state;
#define ROW(name, number, text)                                                                                        \
    assert_int_equal(OT_##name, number);                                                                               \
    assert_string_equal(ot_status_name((ot_status)number), "OT_" #name);                                               \
    assert_string_equal(ot_status_text((ot_status)number), text);
    OT_STATUS_MAP(ROW)
#undef ROW
    assert_int_equal(COUNT, 36);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(all[i], i); /* in order, without a hole */
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(ot_status_text(all[i]), ot_status_text(all[k]));
    }
    static const int unknown[] = {36, 255, 1000000, -1};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(ot_status_name((ot_status)unknown[i]), "OT_?");
        assert_true(strlen(ot_status_text((ot_status)unknown[i])) > 10);
        assert_false(ot_status_is_transient((ot_status)unknown[i]));
    }
}

static void transient(void **state) {
    (void)state;
    static const ot_status some[] = {OT_EFULL,   OT_EBUSY,    OT_EIO,  OT_ETIMEOUT, OT_ENOMEM,
                                     OT_ELOOKUP, OT_EREFUSED, OT_ETLS, OT_EAUTH,    OT_ELOST};
    for (size_t i = 0; i < COUNT; i++) {
        bool want = false;
        for (size_t k = 0; k < sizeof some / sizeof *some; k++)
            want = want || some[k] == all[i];
        if (ot_status_is_transient(all[i]) != want) fail_msg("%s", ot_status_name(all[i]));
    }
}

static void setting(void **state) {
    (void)state;
    ot_error e;
    memset(&e, 0xAA, sizeof e);
    assert_int_equal(ot_error_set(&e, OT_ETYPE, "lat", 17, "is %s, not %d", "text", 5), OT_ETYPE);
    assert_int_equal(e.status, OT_ETYPE);
    assert_int_equal(e.line, 0);
    assert_int_equal(e.offset, 17);
    assert_string_equal(e.field, "lat");
    assert_string_equal(e.reason, "is text, not 5");
    assert_int_equal(ot_error_set(&e, OT_EIO, NULL, OT_NO_OFFSET, "%s", ""), OT_EIO);
    assert_string_equal(e.field, "");
    assert_string_equal(e.reason, "");
    assert_int_equal(ot_error_set(NULL, OT_EBUSY, "x", 0, "%d", 1), OT_EBUSY);
}

/* Whatever the bytes and lengths: printable ASCII, with its NUL, inside its array. */
static void hostile_text(void **state) {
    (void)state;
    char text[600];
    for (size_t len = 0; len < sizeof text; len += 7) {
        for (size_t i = 0; i < len; i++)
            text[i] = (char)(1 + (i * 37 + len) % 255);
        text[len] = 0;
        ot_error e;
        memset(&e, 0xAA, sizeof e);
        ot_error_set(&e, OT_EINVAL, text, 1, "%s", text);
        assert_non_null(memchr(e.field, 0, sizeof e.field));
        assert_non_null(memchr(e.reason, 0, sizeof e.reason));
        for (const char *p = e.field; *p; p++)
            assert_true(*p >= 0x20 && *p < 0x7F);
        for (const char *p = e.reason; *p; p++)
            assert_true(*p >= 0x20 && *p < 0x7F);
        if (len > 200) assert_true(strlen(e.reason) > 150 && strlen(e.field) > 40);
    }
    ot_error e;
    ot_error_set(&e, OT_EINVAL, "a\nb\x1b[1m", OT_NO_OFFSET, "%s", "\xc3\xa4%s\x7f");
    assert_string_equal(e.field, "a\\x0ab\\x1b[1m");
    assert_string_equal(e.reason, "\\xc3\\xa4%s\\x7f");
    /* An escape is never cut in half. */
    char field[64];
    memset(field, 'f', sizeof field);
    for (size_t at = 40; at < 50; at++) {
        memset(field, 'f', sizeof field);
        field[at] = '\n';
        field[at + 1] = 0;
        ot_error_set(&e, OT_EINVAL, field, OT_NO_OFFSET, "x");
        size_t len = strlen(e.field);
        assert_int_equal(len, at + 4 <= 47 ? at + 4 : at < 47 ? at : 47);
    }
}

/* Detail handed on from an error into the same error. */
static void from_itself(void **state) {
    (void)state;
    ot_error e;
    ot_error_set(&e, OT_EIO, "file\x01", 5, "cannot be read");
    ot_error_set(&e, OT_ECORRUPT, e.field, e.offset, "page 7: %s", e.reason);
    assert_string_equal(e.field, "file\\x01");
    assert_string_equal(e.reason, "page 7: cannot be read");
    assert_int_equal(e.offset, 5);
}

static void as_text(void **state) {
    (void)state;
    ot_error e;
    char text[400];
    ot_error_set(&e, OT_ETYPE, "lat", 17, "is not a number");
    size_t len = ot_error_text(&e, text, sizeof text);
    assert_string_equal(text, "lat: is not a number (OT_ETYPE, offset 17)");
    assert_int_equal(len, strlen(text));
    e.line = 3;
    ot_error_text(&e, text, sizeof text);
    assert_string_equal(text, "lat: is not a number (OT_ETYPE, line 3, offset 17)");
    ot_error_set(&e, OT_EIO, NULL, OT_NO_OFFSET, "%s", "");
    ot_error_text(&e, text, sizeof text);
    assert_string_equal(text, "input or output failed (OT_EIO)");
    e.line = UINT32_MAX;
    e.offset = OT_NO_OFFSET - 1;
    ot_error_text(&e, text, sizeof text);
    assert_string_equal(text, "input or output failed (OT_EIO, line 4294967295, offset 18446744073709551614)");
    /* Cut as snprintf cuts. */
    len = strlen(text);
    for (size_t size = 0; size < len + 2; size++) {
        char part[100];
        memset(part, 'x', sizeof part);
        assert_int_equal(ot_error_text(&e, size ? part : NULL, size), len);
        if (!size) continue;
        size_t got = size - 1 < len ? size - 1 : len;
        assert_memory_equal(part, text, got);
        assert_int_equal(part[got], 0);
        assert_int_equal(part[got + 1], 'x');
    }
    assert_int_equal(ot_error_text(NULL, text, sizeof text), 0);
    assert_string_equal(text, "");
    assert_int_equal(ot_error_text(NULL, NULL, 0), 0);
    e.status = (ot_status)999;
    ot_error_text(&e, text, sizeof text);
    assert_non_null(strstr(text, "OT_?"));
}

static void version(void **state) {
    (void)state;
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", OT_VERSION_MAJOR, OT_VERSION_MINOR, OT_VERSION_PATCH);
    assert_string_equal(ot_version_text(), text);
    assert_int_equal(ot_version_number(), OT_VERSION_NUMBER);
    assert_int_equal(ot_version_number(), OT_VERSION_MAJOR * 10000 + OT_VERSION_MINOR * 100 + OT_VERSION_PATCH);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_texts), cmocka_unit_test(transient),   cmocka_unit_test(setting),
        cmocka_unit_test(hostile_text),    cmocka_unit_test(from_itself), cmocka_unit_test(as_text),
        cmocka_unit_test(version),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
