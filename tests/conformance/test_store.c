/* test_store.c: the store suite on every backend of the tree, each test of it as a test of its own. */
#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <owntracks/sqlite.h>
#include <owntracks/sys/conformance.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/folder.h"

typedef struct place {
    const char *scheme;
    char folder[200], url[256];
    int n;
} place;

static ot_status fresh(void *ctx, const ot_store_config *config, ot_store **out, ot_error *error) {
    place *p = ctx;
    if (strcmp(p->scheme, "memory") == 0) return ot_store_open("memory:", config, out, error);
    snprintf(p->url, sizeof p->url, "%s:%s/%d.db", p->scheme, p->folder, p->n++);
    return ot_store_open(p->url, config, out, error);
}

static ot_status again(void *ctx, const ot_store_config *config, ot_store **out, ot_error *error) {
    return ot_store_open(((place *)ctx)->url, config, out, error);
}

static void failed(void *ctx, const char *test, const char *file, int line, const char *text) {
    (void)ctx;
    fprintf(stderr, "%s: %s:%d: %s\n", test, file, line, text);
}

typedef struct job {
    const char *scheme, *test;
} job;

static void run_one(void **state) {
    const job *j = *state;
    place p = {j->scheme, "", "", 0};
    test_folder(p.folder, sizeof p.folder);
    const ot_store_factory factory = {sizeof factory, &p, fresh, strcmp(j->scheme, "memory") == 0 ? NULL : again};
    const ot_suite_report report = {failed, NULL};
    size_t failures = ot_suite_store(&factory, j->test, &report);
    test_folder_remove(p.folder);
    assert_int_equal(failures, 0);
}

int main(void) {
    static struct CMUnitTest tests[128];
    static job jobs[128];
    static char names[128][64];
    const char *schemes[] = {"memory", ot_sqlite_register() == OT_OK ? "sqlite" : NULL};
    size_t n = 0;
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; schemes[k] && ot_suite_store_name(i); i++, n++) {
            jobs[n].scheme = schemes[k];
            jobs[n].test = ot_suite_store_name(i);
            snprintf(names[n], sizeof names[n], "%s %s", schemes[k], jobs[n].test);
            tests[n].name = names[n];
            tests[n].test_func = run_one;
            tests[n].initial_state = &jobs[n];
        }
    }
    return _cmocka_run_group_tests("store suite", tests, n, NULL, NULL);
}
