/* test_lint.c: lint/<case>/ holds payload and expect: what the judge of texts for phones finds, for Android and iOS (old and new). A case whose name starts
   with "good-" has no errors and no warnings. Payloads are taken byte for byte. With OT_GOLDEN_WRITE in the environment, missing expectations are
   written: read them before they are committed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include <owntracks/command.h>

typedef struct text {
    char data[65536];
    size_t len;
} text;

typedef struct run {
    text *out;
    size_t size;
    ot_severity worst;
} run;

static ot_status add(void *ctx, const ot_finding *f) {
    run *r = ctx;
    assert_true(f->size == sizeof *f && f->reason && f->path && f->platforms);
    assert_true(f->offset <= r->size);
    assert_true((f->status == OT_OK) <= (f->severity == OT_SEVERITY_NOTE));
    for (const char *p = f->path; *p; p++)
        assert_true(*p >= 0x20 && *p < 0x7f);
    if (f->severity > r->worst) r->worst = f->severity;
    int n = snprintf(r->out->data + r->out->len, sizeof r->out->data - r->out->len, "%s %s at %llu %s%s%s (%s): %s\n",
                     ot_severity_text(f->severity), ot_status_name(f->status), (unsigned long long)f->offset, f->path,
                     f->path[0] && f->field && !strstr(f->path, f->field->key) ? " " : "",
                     f->path[0] && f->field && !strstr(f->path, f->field->key) ? f->field->key : "",
                     ot_platform_text(f->platforms), f->reason);
    assert_true(n > 0 && (size_t)n < sizeof r->out->data - r->out->len);
    r->out->len += (size_t)n;
    return OT_OK;
}

static bool read_file(const char *name, const char *file, text *t) {
    char path[4096];
    snprintf(path, sizeof path, OT_SOURCE_DIR "/tests/golden/lint/%s/%s", name, file);
    FILE *f = fopen(path, "rb");
    t->len = 0;
    if (!f) return false;
    t->len = fread(t->data, 1, sizeof t->data - 1, f);
    assert_true(feof(f) && !ferror(f));
    fclose(f);
    t->data[t->len] = 0;
    return true;
}

static void run_case(const char *name) {
    static text payload, expected, found;
    found = (text){.len = 0};
    assert_true(read_file(name, "payload", &payload));
    run r = {&found, payload.len, OT_SEVERITY_NOTE};
    assert_int_equal(
        ot_command_lint(ot_str_of(payload.data, payload.len), OT_PLATFORM_BOTH | OT_PLATFORM_IOS_OLD, add, &r), OT_OK);
    assert_int_equal(strncmp(name, "good-", 5) == 0, r.worst == OT_SEVERITY_NOTE);
    if (!read_file(name, "expect", &expected)) {
        if (!getenv("OT_GOLDEN_WRITE")) fail_msg("%s has no expect; it would be:\n%s", name, found.data);
        char path[4096];
        snprintf(path, sizeof path, OT_SOURCE_DIR "/tests/golden/lint/%s/expect", name);
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        assert_int_equal(fwrite(found.data, 1, found.len, f), found.len);
        assert_int_equal(fclose(f), 0);
    } else if (strcmp(expected.data, found.data) != 0) {
        fail_msg("%s: expected\n%s\nfound\n%s", name, expected.data, found.data);
    }
}

static void cases(void **state) {
    (void)state;
    DIR *d = opendir(OT_SOURCE_DIR "/tests/golden/lint");
    assert_non_null(d);
    size_t n = 0;
    for (struct dirent *entry; (entry = readdir(d));) {
        if (entry->d_name[0] == '.') continue;
        run_case(entry->d_name);
        n++;
    }
    closedir(d);
    assert_true(n >= 60);
}

static ot_status stop(void *ctx, const ot_finding *finding) {
    (void)finding;
    ++*(int *)ctx;
    return OT_EBUSY;
}

static void face(void **state) {
    (void)state;
    int calls = 0;
    ot_str payload = OT_STR("[{},{}]");
    assert_int_equal(ot_command_lint(payload, OT_PLATFORM_IOS, stop, &calls), OT_EBUSY);
    assert_int_equal(calls, 1);
    assert_int_equal(ot_command_lint(payload, 0, stop, &calls), OT_EINVAL);
    assert_int_equal(ot_command_lint(payload, 8, stop, &calls), OT_EINVAL);
    assert_int_equal(ot_command_lint(payload, OT_PLATFORM_IOS, NULL, &calls), OT_EINVAL);
    assert_int_equal(ot_command_lint(ot_str_of(NULL, 0), OT_PLATFORM_IOS, stop, &calls), OT_EBUSY);
    assert_int_equal(calls, 2);
    /* Who was not asked about is not told of. */
    payload = OT_STR("{\"_type\":\"configuration\",\"positions\":5}");
    calls = 0;
    static text found;
    found = (text){.len = 0};
    run r = {&found, payload.len, OT_SEVERITY_NOTE};
    assert_int_equal(ot_command_lint(payload, OT_PLATFORM_IOS, add, &r), OT_OK);
    assert_int_equal(r.worst, OT_SEVERITY_NOTE);
    assert_null(strstr(found.data, "Android"));
    assert_int_equal(ot_command_lint(payload, OT_PLATFORM_ANDROID, add, &r), OT_OK);
    assert_int_equal(r.worst, OT_SEVERITY_WARNING);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(cases), cmocka_unit_test(face)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
