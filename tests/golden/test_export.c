/* Golden cases of output: a folder tests/golden/export/<case> holds `input` (JSON lines, as a recording) and what comes out: `expect.<format>`, and in
   `fields`, where there is one, which columns were asked for; in `options.<format>` lines name=value. With OT_GOLDEN_WRITE in the environment the expectations are written anew. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <owntracks/engine.h>
#include <owntracks/format.h>

#define CASES OT_SOURCE_DIR "/tests/golden/export"

static char *slurp(const char *path, size_t *len) {
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    *len = fread(text, 1, (1 << 20) - 1, f);
    fclose(f);
    return text;
}

static ot_store *fill(const char *folder) {
    char url[600];
    ot_store *store;
    ot_engine *engine;
    ot_transport *transport;
    ot_error error = {0};
    ot_engine_config config = OT_ENGINE_CONFIG_INIT;
    ot_transport_config replay = OT_TRANSPORT_CONFIG_INIT;
    assert_int_equal(ot_store_open("memory:", NULL, &store, &error), OT_OK);
    config.store = store;
    assert_int_equal(ot_engine_new(&config, &engine, &error), OT_OK);
    snprintf(url, sizeof url, "replay:%s/input", folder);
    replay.handlers = ot_engine_handlers(engine, NULL);
    if (ot_transport_open(url, &replay, &transport, &error) != OT_OK) fail_msg("%s: %s", url, error.reason);
    ot_engine_attach(engine, transport);
    ot_status status;
    while ((status = ot_engine_poll(engine, 100)) == OT_OK)
        continue;
    assert_int_equal(status, OT_DONE);
    ot_engine_attach(engine, NULL);
    ot_transport_close(transport);
    ot_engine_free(engine);
    return store;
}

/* The options of a format, out of its file. */
static size_t options_of(char *text, ot_option *options, size_t most) {
    size_t n = 0;
    for (char *line = text ? strtok(text, "\r\n") : NULL; line && n < most; line = strtok(NULL, "\r\n")) {
        char *value = strchr(line, '=');
        assert_non_null(value);
        *value = 0;
        options[n].name = line;
        options[n++].value = value + 1;
    }
    return n;
}

static void one(const char *folder, ot_store *store, const char *format, size_t *compared) {
    char path[600];
    size_t len, fields_len = 0;
    snprintf(path, sizeof path, "%s/fields", folder);
    char *fields = slurp(path, &fields_len);
    if (fields) fields[strcspn(fields, "\r\n")] = 0;
    static char out[1 << 20];
    ot_sink_buffer buffer = {out, sizeof out, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    ot_format_config config = OT_FORMAT_CONFIG_INIT;
    ot_writer *writer;
    ot_cursor *cursor;
    ot_query query = OT_QUERY_INIT;
    const ot_record *record;
    ot_error error = {0};
    config.fields = fields;
    ot_option options[8];
    snprintf(path, sizeof path, "%s/options.%s", folder, format);
    char *given = slurp(path, &len);
    config.options = options;
    config.option_count = options_of(given, options, 8);
    assert_int_equal(ot_writer_open(format, &sink, &config, &writer, &error), OT_OK);
    assert_int_equal(ot_store_scan(store, &query, &cursor, &error), OT_OK);
    while (ot_cursor_next(cursor, &record, &error) == OT_OK) {
        const ot_message *message = NULL;
        ot_cursor_message(cursor, &message, NULL);
        assert_int_equal(ot_writer_record(writer, record, message, &error), OT_OK);
    }
    ot_cursor_close(cursor);
    assert_int_equal(ot_writer_end(writer, &error), OT_OK);
    assert_true(buffer.len < sizeof out);
    snprintf(path, sizeof path, "%s/expect.%s", folder, format);
    char *want = slurp(path, &len);
    if (getenv("OT_GOLDEN_WRITE")) {
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        fwrite(out, 1, buffer.len, f);
        fclose(f);
    } else if (want) {
        if (len != buffer.len || memcmp(out, want, len) != 0) fail_msg("%s differs:\n%.*s", path, (int)buffer.len, out);
    }
    *compared += want != NULL;
    free(given);
    free(want);
    free(fields);
}

static void cases(void **state) {
    (void)state;
    DIR *all = opendir(CASES);
    assert_non_null(all);
    size_t compared = 0, count = 0;
    for (struct dirent *e; (e = readdir(all));) {
        if (e->d_name[0] == '.') continue;
        char folder[500];
        snprintf(folder, sizeof folder, CASES "/%.200s", e->d_name);
        ot_store *store = fill(folder);
        const char *name;
        for (size_t n = 0; (name = ot_format_name(n)); n++)
            one(folder, store, name, &compared);
        ot_store_close(store);
        count++;
    }
    closedir(all);
    assert_true(count >= 5);
    assert_true(compared >= 4 * count);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
