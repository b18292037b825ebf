/* ctest: timeout=300 */
/* test_sqlite.c: what belongs to the SQLite store alone: whose file it opens, options, the views, damage, two at once. */
#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <owntracks/kv.h>
#include <owntracks/schema.h>
#include <owntracks/sqlite.h>

#if OT_HAVE_SQLITE
#include "support/folder.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define T0 ((ot_time)1700000000000)

static char folder[200], path[300], url[320];

static int setup(void **state) {
    (void)state;
    test_folder(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/t.db", folder);
    snprintf(url, sizeof url, "sqlite:%s", path);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    test_folder_remove(folder);
    return 0;
}

static char *slurp(const char *name, size_t *len) {
    FILE *f = fopen(name, "rb");
    *len = 0;
    if (!f) return NULL;
    char *data = malloc(1 << 20);
    assert_non_null(data);
    *len = fread(data, 1, 1 << 20, f);
    fclose(f);
    return data;
}
static void spill(const char *name, const void *data, size_t len) {
    FILE *f = fopen(name, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    fclose(f);
}

/* Opening fails as it should, for writing and for reading, and not a byte of the file changes. */
static void refused(ot_status want) {
    size_t before, after;
    char *a = slurp(path, &before);
    for (int read_only = 0; read_only < 2; read_only++) {
        ot_store_config config = OT_STORE_CONFIG_INIT;
        config.read_only = read_only;
        ot_store *s;
        ot_error error = {OT_OK, 0, 0, "", ""};
        ot_status status = ot_store_open(url, &config, &s, &error);
        if (status != want)
            fail_msg("%s instead of %s: %s", ot_status_name(status), ot_status_name(want), error.reason);
        assert_null(s);
        assert_true(error.reason[0]);
        char *b = slurp(path, &after);
        assert_int_equal(after, before);
        if (a) assert_memory_equal(a, b, before);
        free(b);
    }
    free(a);
}

static void sql(const char *text) {
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    char *message = NULL;
    if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK) fail_msg("%s: %s", text, message);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static ot_store *open_it(const ot_option *options, size_t count) {
    ot_store_config config = OT_STORE_CONFIG_INIT;
    config.options = options;
    config.option_count = count;
    ot_store *s;
    ot_error error = {OT_OK, 0, 0, "", ""};
    if (ot_store_open(url, &config, &s, &error) != OT_OK) fail_msg("%s", error.reason);
    return s;
}

static void put(ot_store *s, const char *user, ot_type type, ot_time at, const char *payload, double lat, double lon) {
    char topic[100];
    snprintf(topic, sizeof topic, "owntracks/%s/phone", user);
    ot_record r = OT_RECORD_INIT;
    r.type = type;
    r.origin = OT_ORIGIN_MQTT;
    r.user = ot_str_c(user);
    r.device = OT_STR("phone");
    r.topic = ot_str_c(topic);
    r.payload = ot_str_c(payload);
    r.at = at;
    r.arrival = at + 500;
    r.has_position = type == OT_TYPE_LOCATION;
    r.lat = lat;
    r.lon = lon;
    r.id = ot_id_of_record(r.user, r.device, r.payload, 0);
    ot_put_result result;
    assert_int_equal(ot_store_put(s, &r, 1, NULL, 0, &result, NULL), OT_OK);
    assert_int_equal(result, OT_PUT_STORED);
}

/* A folder, a device; a pipe that nobody writes to must not be waited for. */
/* What is written into a file without a name is nowhere: it must not be told as stored. */
static void deleted_in_use(void **state) {
    (void)state;
    ot_store *s;
    ot_error error;
    ot_record r = OT_RECORD_INIT;
    r.type = OT_TYPE_STATUS;
    r.user = OT_STR("u");
    r.device = OT_STR("d");
    r.topic = OT_STR("o/u/d/status");
    r.at = r.arrival = 1700000000000;
    for (int moved = 0; moved < 2; moved++) {
        char other[400];
        snprintf(other, sizeof other, "%s.other", path);
        r.payload = moved ? OT_STR("{\"_type\":\"status\"}") : OT_STR("{\"_type\":\"status\",\"a\":1}");
        r.id = ot_id_of_record(r.user, r.device, r.payload, 0);
        assert_int_equal(ot_store_open(url, NULL, &s, NULL), OT_OK);
        assert_int_equal(ot_store_put(s, &r, 1, NULL, 0, NULL, NULL), OT_OK);
        assert_int_equal(moved ? rename(path, other) : unlink(path), 0);
        assert_int_equal(ot_store_put(s, &r, 1, NULL, 0, NULL, &error), OT_ENOTFOUND);
        assert_non_null(strstr(error.reason, "moved or deleted"));
        ot_store_close(s);
        if (moved) assert_int_equal(unlink(other), 0);
        assert_int_equal(ot_store_open(url, NULL, &s, NULL), OT_OK);
        assert_int_equal(ot_store_put(s, &r, 1, NULL, 0, NULL, NULL), OT_OK);
        ot_store_close(s);
        unlink(path);
    }
}

static void no_file(void **state) {
    (void)state;
    assert_int_equal(mkdir(path, 0700), 0);
    refused(OT_EINVAL);
    assert_int_equal(rmdir(path), 0);
    ot_store *s;
    ot_error error;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(ot_store_open(url, NULL, &s, &error), OT_EINVAL);
    assert_non_null(strstr(error.reason, "is not a regular file"));
    assert_non_null(strstr(error.reason, path));
    assert_int_equal(ot_store_open("sqlite:/dev/null", NULL, &s, &error), OT_EINVAL);
}

/* The file is there and sound, but not the log that must stand beside it: a file system that may not be written to. */
static void no_log_beside(void **state) {
    (void)state;
    char log[400], nowhere[400];
    ot_store *s;
    ot_error error;
    assert_int_equal(ot_store_open(url, NULL, &s, NULL), OT_OK);
    ot_store_close(s);
    snprintf(log, sizeof log, "%s-shm", path);
    snprintf(nowhere, sizeof nowhere, "%s/nowhere/shm", folder);
    unlink(log);
    assert_int_equal(symlink(nowhere, log), 0);
    ot_store_config config = OT_STORE_CONFIG_INIT;
    config.read_only = true;
    ot_status status = ot_store_open(url, &config, &s, &error);
    if (status != OT_EREADONLY) fail_msg("%s: %s", ot_status_name(status), error.reason);
    assert_non_null(strstr(error.reason, "write-ahead log"));
}

static void somebody_elses(void **state) {
    (void)state;
    spill(path, "dear diary", 10);
    refused(OT_EFOREIGN);
    static char text[5000];
    memset(text, 'x', sizeof text);
    spill(path, text, sizeof text);
    refused(OT_EFOREIGN);
    unlink(path);
    sql("CREATE TABLE notes(x); INSERT INTO notes VALUES(1)");
    refused(OT_EFOREIGN);
    sql("PRAGMA journal_mode=WAL; INSERT INTO notes VALUES(2)");
    refused(OT_EFOREIGN);
    unlink(path);
    sql("PRAGMA application_id=77");
    refused(OT_EFOREIGN);
    unlink(path);
    sql("PRAGMA application_id=1330926155; PRAGMA user_version=2; CREATE TABLE state(x)");
    refused(OT_EVERSION);
    unlink(path);
    sql("PRAGMA application_id=1330926155; PRAGMA user_version=1; CREATE TABLE state(x)"); /* says that it is ours */
    ot_store *s;
    assert_int_equal(ot_store_open(url, NULL, &s, NULL), OT_ECORRUPT);
}

static void damaged(void **state) {
    (void)state;
    ot_store *s = open_it(NULL, 0);
    for (int i = 0; i < 300; i++) {
        char payload[200];
        snprintf(payload, sizeof payload, "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":%d,\"n\":\"%0100d\"}",
                 1700000000 + i, i);
        put(s, "anna", OT_TYPE_LOCATION, T0 + i * 1000, payload, 1, 2);
    }
    ot_store_close(s);
    size_t len;
    char *good = slurp(path, &len);
    assert_true(len > 40000);
    /* The page with the list of tables overwritten. */
    char *bad = malloc(len);
    assert_non_null(bad);
    memcpy(bad, good, len);
    memset(bad + 100, 0xee, 8092);
    spill(path, bad, len);
    refused(OT_ECORRUPT);
    /* Half of the file is gone. */
    spill(path, good, len / 2);
    ot_store *half = NULL;
    ot_status status = ot_store_open(url, NULL, &half, NULL);
    if (status == OT_OK) status = ot_store_check(half, NULL, NULL, NULL);
    assert_int_equal(status, OT_ECORRUPT);
    ot_store_close(half);
    /* Random pages: any outcome but a crash, or "sound". */
    unsigned seed = 7;
    for (int round = 0; round < 60; round++) {
        memcpy(bad, good, len);
        for (int k = 0; k < 40; k++) {
            seed = seed * 1103515245u + 12345u;
            bad[100 + (seed >> 4) % (len - 100)] ^= (char)(1 + (seed >> 26));
        }
        spill(path, bad, len);
        char name[400];
        snprintf(name, sizeof name, "%s-wal", path);
        unlink(name);
        if (ot_store_open(url, NULL, &s, NULL) != OT_OK) continue;
        ot_store_check(s, NULL, NULL, NULL);
        ot_query q = OT_QUERY_INIT;
        ot_cursor *c;
        const ot_record *r;
        if (ot_store_scan(s, &q, &c, NULL) == OT_OK) {
            for (int n = 0; n < 1000 && ot_cursor_next(c, &r, NULL) == OT_OK; n++) {
            }
            ot_cursor_close(c);
        }
        if (ot_store_changes(s, 0, 0, &c, NULL) == OT_OK) {
            for (int n = 0; n < 1000 && ot_cursor_next(c, &r, NULL) == OT_OK; n++) {
            }
            ot_cursor_close(c);
        }
        ot_store_close(s);
    }
    free(good);
    free(bad);
}

static void tell(void *ctx, ot_str line) {
    size_t n = strlen(ctx);
    snprintf((char *)ctx + n, 4000 - n, "%.*s\n", (int)line.len, line.ptr);
}

/* What the check finds. */
static void findings(void **state) {
    (void)state;
    static const struct {
        const char *change, *finding;
    } cases[] = {
        {"UPDATE record SET payload='{}' WHERE seq=1", "id is not that of its payload"},
        {"UPDATE record SET lat=3 WHERE seq=1", "position is not"},
        {"UPDATE record SET at=at+1 WHERE seq=1", "time is not"},
        {"UPDATE record SET type=3 WHERE seq=2", "type is not"},
        {"UPDATE newest SET seq=1", "is not the newest"},
        {"UPDATE newest SET count=7", "number or the first is wrong"},
        {"UPDATE newest SET oldest=oldest+1000000", "number or the first is wrong"},
        {"DELETE FROM newest", "records without their newest"},
        {"DELETE FROM device", "device that is not in the table"},
        {"DELETE FROM topic", "topic that is not in the table"},
        {"UPDATE device SET records=5", "number of records is not"},
        {"UPDATE state SET records=5", "number of records is not"},
        {"UPDATE state SET seq=1", "beyond the head"},
        {"UPDATE state SET rejects=5", "number of rejects is not"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ot_store *s = open_it(NULL, 0);
        put(s, "anna", OT_TYPE_LOCATION, T0, "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":1700000000}", 1, 2);
        put(s, "anna", OT_TYPE_LOCATION, T0 + 1000, "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":1700000001}",
            1, 2);
        static char lines[4000];
        lines[0] = 0;
        assert_int_equal(ot_store_check(s, tell, lines, NULL), OT_OK);
        assert_string_equal(lines, "");
        sql(cases[i].change);
        assert_int_equal(ot_store_check(s, tell, lines, NULL), OT_ECORRUPT);
        if (!strstr(lines, cases[i].finding)) fail_msg("%s: %s", cases[i].change, lines);
        ot_store_close(s);
        unlink(path);
    }
}

static void options(void **state) {
    (void)state;
    static const struct {
        const char *name, *value;
        ot_status want;
    } cases[] = {{"synchronous", "full", OT_OK},
                 {"synchronous", "normal", OT_OK},
                 {"synchronous", "off", OT_OK},
                 {"synchronous", "FULL", OT_EINVAL},
                 {"busy_timeout", "0", OT_OK},
                 {"busy_timeout", "", OT_EINVAL},
                 {"busy_timeout", "-1", OT_EINVAL},
                 {"busy_timeout", "1s", OT_EINVAL},
                 {"cache", "64", OT_OK},
                 {"cache", "63", OT_EINVAL},
                 {"checkpoint", "1", OT_OK},
                 {"checkpoint", "0", OT_EINVAL},
                 {"vfs", "no such", OT_EINVAL},
                 {"vfs", "unix", OT_OK},
                 {"page_size", "512", OT_EINVAL},
                 {"cache", "99999999999999999999", OT_EINVAL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const ot_option o = {cases[i].name, cases[i].value};
        ot_store_config config = OT_STORE_CONFIG_INIT;
        config.options = &o;
        config.option_count = 1;
        ot_store *s;
        ot_error error = {OT_OK, 0, 0, "", ""};
        ot_status status = ot_store_open(url, &config, &s, &error);
        if (status != cases[i].want) fail_msg("%s=%s: %s", cases[i].name, cases[i].value, ot_status_name(status));
        if (status != OT_OK) assert_string_equal(error.field, cases[i].name);
        ot_store_close(s);
    }
    ot_store *s;
    assert_int_equal(ot_store_open("sqlite:", NULL, &s, NULL), OT_EINVAL);
    assert_int_equal(ot_store_open("sqlite::memory:", NULL, &s, NULL), OT_EINVAL);
    assert_int_equal(ot_store_open("sqlite:/nonexistent/folder/x.db", NULL, &s, NULL), OT_ENOTFOUND);
    assert_int_not_equal(ot_store_open("sqlite:/", NULL, &s, NULL), OT_OK);
    char missing[400];
    snprintf(missing, sizeof missing, "sqlite:%s/none.db", folder);
    ot_store_config config = OT_STORE_CONFIG_INIT;
    config.must_exist = true;
    assert_int_equal(ot_store_open(missing, &config, &s, NULL), OT_ENOTFOUND);
    config.must_exist = false;
    config.read_only = true;
    assert_int_equal(ot_store_open(missing, &config, &s, NULL), OT_ENOTFOUND);
    assert_int_equal(access(missing + 7, F_OK), -1);
    assert_int_equal(ot_sqlite_register(), OT_OK);
}

static void value_of(const char *query, const char *want) {
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(db, query, -1, &st, NULL) != SQLITE_OK) fail_msg("%s: %s", query, sqlite3_errmsg(db));
    char got[600] = "";
    while (sqlite3_step(st) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(st); i++) {
            const char *text = (const char *)sqlite3_column_text(st, i);
            size_t n = strlen(got);
            snprintf(got + n, sizeof got - n, "%s|", text ? text : "NULL");
        }
    }
    sqlite3_finalize(st);
    sqlite3_close(db);
    if (strcmp(got, want) != 0) fail_msg("%s: %s instead of %s", query, got, want);
}

/* Anybody reads it with SQL while it is written. */
static void views(void **state) {
    (void)state;
    ot_store *s = open_it(NULL, 0);
    put(s, "anna", OT_TYPE_LOCATION, T0,
        "{\"_type\":\"location\",\"lat\":48.5,\"lon\":2,\"tst\":1700000000,\"batt\":55,\"SSID\":\"x\",\"topic\":"
        "\"elsewhere\"}",
        48.5, 2);
    put(s, "anna", OT_TYPE_LOCATION, T0 + 60250, "{\"_type\":\"location\",\"lat\":49,\"lon\":2,\"vacc\":7}", 49, 2);
    put(s, "bert", OT_TYPE_LOCATION, T0 + 1, "csv,not,json", 1, 1);
    put(s, "bert", OT_TYPE_TRANSITION, T0 + 5, "{\"_type\":\"transition\",\"event\":\"enter\",\"desc\":\"Home\"}", 0,
        0);
    put(s, "bert", OT_TYPE_LWT, T0 + 6000, "{\"_type\":\"lwt\",\"tst\":1}", 0, 0);
    value_of("SELECT user,device,time,at,arrival,lat,lon,topic,batt,SSID,json_topic FROM location WHERE user='anna' "
             "ORDER BY at LIMIT 1",
             "anna|phone|2023-11-14T22:13:20.000Z|1700000000000|1700000000500|48.5|2.0|owntracks/anna/"
             "phone|55|x|elsewhere|");
    value_of("SELECT time,vac FROM last WHERE user='anna'", "2023-11-14T22:14:20.250Z|7|");
    value_of("SELECT count(*),sum(batt) FROM location", "3|55|"); /* what is no JSON breaks nothing */
    value_of("SELECT payload,tst FROM last WHERE user='bert'", "csv,not,json|NULL|");
    value_of("SELECT event,\"desc\" FROM transition", "enter|Home|");
    value_of("SELECT type,user FROM events ORDER BY at", "transition|bert|lwt|bert|");
    value_of("SELECT type,count(*) FROM records GROUP BY 1 ORDER BY 1", "location|3|lwt|1|transition|1|");
    value_of("SELECT user,presence,why,by_mqtt,by_http,records FROM devices ORDER BY user",
             "anna|online|location|1|0|2|bert|offline|lwt|1|0|3|");
    value_of("SELECT count(*) FROM rejects", "0|");
    value_of("SELECT count(*) FROM pragma_table_info('configuration') WHERE name IN ('password','encryptionKey')",
             "0|"); /* secrets are no columns */
    /* Every type with a name has its view, every field of it a column. */
    ot_type type;
    for (size_t n = 0; (type = ot_type_at(n)) != OT_TYPE_NONE; n++) {
        if (!ot_type_text(type)[0]) continue;
        char query[200];
        snprintf(query, sizeof query, "SELECT count(*)>=%zu FROM pragma_table_info('%s')", ot_field_count(type) / 2 + 8,
                 ot_type_text(type));
        value_of(query, "1|");
        snprintf(query, sizeof query, "SELECT count(*)*0 FROM \"%s\"", ot_type_text(type));
        value_of(query, "0|");
    }
    /* Views of another version are made anew, those of a newer one stay. */
    sql("DROP VIEW last; UPDATE state SET views='0000000000 x'");
    ot_store_close(s);
    s = open_it(NULL, 0);
    value_of("SELECT count(*) FROM last", "2|");
    ot_store_close(s);
    sql("DROP VIEW last; UPDATE state SET views='0000999999 x'");
    s = open_it(NULL, 0);
    value_of("SELECT count(*) FROM sqlite_schema WHERE name='last'", "0|");
    ot_store_close(s);
    value_of("PRAGMA journal_mode", "wal|");
    value_of("PRAGMA user_version", "1|");
}

/* No query of the store reads a table through. */
static void plans(void **state) {
    (void)state;
    ot_store *s = open_it(NULL, 0);
    static const char *const queries[] = {
        "SELECT payload FROM record WHERE dev=1 AND type=1 AND (at,id)>=(5,x'00') AND at<=9 ORDER BY at,id",
        "SELECT payload FROM record WHERE dev=1 AND type=1 AND (at,id)<=(5,x'00') AND at>=1 ORDER BY at DESC,id DESC",
        "SELECT payload FROM record WHERE seq>5 ORDER BY seq",
        "SELECT 1 FROM removed WHERE dev=1 AND id=x'00'",
        "SELECT seq FROM reject ORDER BY arrival,seq LIMIT 1",
    };
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        char text[400];
        snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s", queries[i]);
        sqlite3 *db;
        sqlite3_stmt *st;
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db, text, -1, &st, NULL), SQLITE_OK);
        while (sqlite3_step(st) == SQLITE_ROW) {
            const char *plan = (const char *)sqlite3_column_text(st, 3);
            if (strstr(plan, "TEMP B-TREE") || (strstr(plan, "SCAN") && !strstr(plan, "USING")))
                fail_msg("%s: %s", queries[i], plan);
        }
        sqlite3_finalize(st);
        sqlite3_close(db);
    }
    ot_store_close(s);
}

/* Several processes write the same records and their own: each is stored once. */
static void together(void **state) {
    (void)state;
    enum { N = 4, EACH = 60 };
    ot_store_close(open_it(NULL, 0));
    pid_t children[N];
    for (int i = 0; i < N; i++) {
        children[i] = fork();
        if (children[i]) continue;
        ot_store *s;
        if (ot_store_open(url, NULL, &s, NULL) != OT_OK) _exit(1);
        for (int k = 0; k < 2 * EACH; k++) {
            char payload[100];
            int n = k % 2 ? 1000 * (i + 1) + k : k; /* every other one is the same in all processes */
            snprintf(payload, sizeof payload, "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":%d}",
                     1700000000 + n);
            ot_record r = OT_RECORD_INIT;
            r.type = OT_TYPE_LOCATION;
            r.user = OT_STR("anna");
            r.device = OT_STR("phone");
            r.topic = OT_STR("o/anna/phone");
            r.payload = ot_str_c(payload);
            r.at = T0 + (ot_time)n * 1000;
            r.arrival = r.at;
            r.has_position = true;
            r.lat = 1;
            r.lon = 2;
            r.id = ot_id_of_record(r.user, r.device, r.payload, 0);
            if (ot_store_put(s, &r, 1, NULL, 0, NULL, NULL) != OT_OK) _exit(2);
        }
        ot_store_close(s);
        _exit(0);
    }
    for (int i = 0; i < N; i++) {
        int how;
        assert_int_equal(waitpid(children[i], &how, 0), children[i]);
        assert_true(WIFEXITED(how));
        assert_int_equal(WEXITSTATUS(how), 0);
    }
    ot_store *s = open_it(NULL, 0);
    ot_store_stats n = {.size = sizeof n};
    assert_int_equal(ot_store_stats_get(s, &n, NULL), OT_OK);
    assert_int_equal(n.records, EACH + N * EACH);
    assert_int_equal(n.repeats, (N - 1) * EACH);
    assert_int_equal(ot_store_check(s, NULL, NULL, NULL), OT_OK);
    ot_store_close(s);
}

/* Somebody holds the lock. */
static void busy(void **state) {
    (void)state;
    const ot_option o = {"busy_timeout", "20"};
    ot_store *s = open_it(&o, 1);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    ot_error error;
    assert_int_equal(ot_kv_put(s, OT_STR("a"), OT_STR("1"), OT_KV_ANY, NULL, &error), OT_EBUSY);
    assert_true(ot_status_is_transient(error.status));
    ot_query q = OT_QUERY_INIT;
    ot_cursor *c;
    assert_int_equal(ot_store_scan(s, &q, &c, NULL), OT_OK); /* reading goes on */
    ot_cursor_close(c);
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(ot_kv_put(s, OT_STR("a"), OT_STR("1"), OT_KV_ANY, NULL, &error), OT_OK);
    ot_store_close(s);
}

/* More devices and types than statements are held open: the merge takes them in turn. */
static void many_streams(void **state) {
    (void)state;
    const ot_option o = {"synchronous", "off"};
    ot_store *s = open_it(&o, 1);
    enum { DEVICES = 150, EACH = 6 };
    for (int i = 0; i < DEVICES * EACH; i++) {
        char user[20], payload[120];
        int n = i * 7919 % (DEVICES * EACH);
        snprintf(user, sizeof user, "u%d", n % DEVICES);
        snprintf(payload, sizeof payload, "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":%d,\"n\":%d}",
                 1700000000 + n / 3, n);
        put(s, user, OT_TYPE_LOCATION, T0 + n / 3 * 1000, payload, 1, 2);
    }
    for (int back = 0; back < 2; back++) {
        ot_query q = OT_QUERY_INIT;
        q.newest_first = back;
        ot_cursor *c;
        const ot_record *r;
        assert_int_equal(ot_store_scan(s, &q, &c, NULL), OT_OK);
        int n = 0;
        ot_time before = back ? INT64_MAX : INT64_MIN;
        char user[20] = "";
        while (ot_cursor_next(c, &r, NULL) == OT_OK) {
            assert_true(back ? r->at <= before : r->at >= before);
            if (r->at == before)
                assert_true(back ? ot_str_cmp(r->user, ot_str_c(user)) < 0 : ot_str_cmp(r->user, ot_str_c(user)) > 0);
            before = r->at;
            ot_str_copy(r->user, user, sizeof user);
            n++;
        }
        ot_cursor_close(c);
        assert_int_equal(n, DEVICES * EACH);
    }
    ot_store_close(s);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {TEST(deleted_in_use), TEST(no_file),  TEST(no_log_beside), TEST(somebody_elses),
                                       TEST(damaged),        TEST(findings), TEST(options),       TEST(views),
                                       TEST(plans),          TEST(together), TEST(busy),          TEST(many_streams)};
    if (ot_sqlite_register() != OT_OK) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
static void absent(void **state) {
    (void)state;
    assert_int_equal(ot_sqlite_register(), OT_EUNSUPPORTED);
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(absent)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
