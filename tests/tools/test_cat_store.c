/* ot-cat over a real store: files in, questions answered, records removed; another process looks on. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "run.h"
#define CAT OT_BINARY_DIR "/bin/ot-cat"

static char folder[200], store[300];

static const char *file_in(const char *name) {
    static char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put_file(const char *name, const char *text) {
    FILE *f = fopen(file_in(name), "wb");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    fclose(f);
}

static void ingest(const char *lines) {
    put_file("in.jsonl", lines);
    ran r = RUN(CAT, "ingest", file_in("in.jsonl"), "--store", store, "--json");
    if (r.code) print_message("%s%s", r.out, r.err);
    assert_int_equal(r.code, 0);
    ran_free(&r);
}

#define LINE(topic, time, payload)                                                                                     \
    "{\"tst\":\"" time "\",\"topic\":\"" topic "\",\"qos\":1,\"retain\":0,\"payload\":" payload "}\n"
#define LOC(tst, lat, lon)                                                                                             \
    "{\"_type\":\"location\",\"tst\":" #tst ",\"lat\":" #lat ",\"lon\":" #lon ",\"acc\":5,\"batt\":50}"

static const char day[] = LINE("owntracks/jane/phone", "2026-03-01T10:00:00.000000Z+0000", LOC(1772359200, 52.5, 13.25))
    LINE("owntracks/jane/phone", "2026-03-01T10:05:00.000000Z+0000", LOC(1772359500, 52.625, 13.5))
        LINE("owntracks/jane/phone", "2026-03-01T10:05:00.000000Z+0000", LOC(1772359500, 52.625, 13.5)) LINE(
            "owntracks/jane/phone/event", "2026-03-01T10:06:00.000000Z+0000",
            "{\"_type\":\"transition\",\"tst\":1772359560,\"wtst\":1,\"event\":\"enter\",\"desc\":\"Home, "
            "\\\"sweet\\\"\",\"lat\":52.6,\"lon\":13.5}")
            LINE("owntracks/jane/phone/event", "2026-03-01T10:07:00.000000Z+0000",
                 "{\"_type\":\"transition\",\"tst\":1772359620,\"wtst\":2,\"event\":\"enter\",\"desc\":\"Work\","
                 "\"lat\":52.6,\"lon\":13.5}") LINE("owntracks/jane/phone/event", "2026-03-01T10:08:00.000000Z+0000",
                                                    "{\"_type\":\"transition\",\"tst\":1772359680,\"wtst\":2,\"event\":"
                                                    "\"leave\",\"desc\":\"Work\",\"lat\":52.6,\"lon\":13.5}")
                LINE("owntracks/Жук/tablet", "2026-03-01T10:10:00.000000Z+0000", LOC(1772359800, -33.5, 151.25))
                    LINE("owntracks/Жук/tablet", "2026-03-01T10:20:00.000000Z+0000", "{\"_type\":\"lwt\",\"tst\":1}")
                        LINE("owntracks/j.doe/phone", "2026-03-01T10:21:00.000000Z+0000",
                             "{\"_type\":\"card\",\"name\":\"=1+1\"}")
                            LINE("owntracks/j.doe/phone", "2026-03-01T10:22:00.000000Z+0000",
                                 "{\"_type\":\"location\",\"lat\":\"x\",\"password\":\"geheim\"}")
                                LINE("nonsense", "2026-03-01T10:23:00.000000Z+0000", "\"?\"");

static int set_up(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/ot-cat-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    snprintf(store, sizeof store, "sqlite:%s/tracks.db", folder);
    ingest(day);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* Which positions a store gives is its own affair: CSV without its last column. */
static void without_positions(char *text) {
    char *to = text;
    for (char *from = text; *from;) {
        char *end = strchr(from, '\r'), *comma = end;
        assert_non_null(end);
        while (*comma != ',')
            comma--;
        memmove(to, from, (size_t)(comma - from));
        to += comma - from;
        *to++ = '\n';
        from = end + 2;
    }
    *to = 0;
}

static void ask(const char *want, const char *const *words) {
    const char *args[24] = {CAT};
    size_t n = 1;
    for (; words[n - 1]; n++)
        args[n] = words[n - 1];
    args[n++] = "--store";
    args[n++] = store;
    args[n] = NULL;
    ran r = run_program(args, "", 0);
    if (strncmp(r.out, "at,kind", 7) == 0) without_positions(r.out);
    if (r.code != 0 || strcmp(r.out, want) != 0) print_message("code %d, said %s\n", r.code, r.err);
    assert_string_equal(r.out, want);
    assert_int_equal(r.code, 0);
    ran_free(&r);
}
#define ASK(want, ...) ask((want), (const char *const[]){__VA_ARGS__, NULL})

static void who(void **state) {
    (void)state;
    ASK("user,devices,records,first_seen,last_seen\r\n"
        "j.doe,1,1,2026-03-01T10:21:00Z,2026-03-01T10:21:00Z\r\n"
        "jane,1,5,2026-03-01T10:00:00Z,2026-03-01T10:08:00Z\r\n"
        "Жук,1,2,2026-03-01T10:10:00Z,2026-03-01T10:20:00Z\r\n",
        "users", "--format", "csv");
    ASK("user  device  state   since                 why            heard                 first_seen            "
        "last_seen             via  records\n"
        "jane  phone   silent  2026-03-01T11:08:00Z  nothing heard  2026-03-01T10:08:00Z  2026-03-01T10:00:00Z  "
        "2026-03-01T10:08:00Z             5\n",
        "devices", "--state", "--format", "table", "--user", "jane", "--silent-after", "1h");
    ASK("user,device,state,since,why,heard,first_seen,last_seen,via,records\r\n"
        "Жук,tablet,offline,2026-03-01T11:20:00+01:00,lwt,2026-03-01T11:10:00+01:00,2026-03-01T11:10:00+01:00,2026-03-"
        "01T11:20:00+01:00,,2\r\n",
        "devices", "--state", "--format", "csv", "--user", "Жук", "--zone", "Europe/Berlin");
}

static void where(void **state) {
    (void)state;
    ASK("{\"user\":\"jane\",\"lat\":52.625}\n{\"user\":\"Жук\",\"lat\":-33.5}\n", "last", "--fields", "user,lat",
        "--format", "jsonl");
    ASK("{\"at\":\"2026-03-01T10:00:00Z\",\"lat\":52.5}\n{\"at\":\"2026-03-01T10:05:00Z\",\"lat\":52.625}\n", "range",
        "--user", "jane", "--type", "location", "--fields", "at,lat");
    ASK("{\"lat\":52.625}\n", "range", "--user", "jane", "--from", "2026-03-01T10:00:01Z", "--to",
        "2026-03-01T10:05:00Z", "--fields", "lat");
    ASK("{\"user\":\"Жук\"}\n", "range", "--box", "-40,100,0,-170", "--fields", "user");
    ASK("{\"type\":\"card\"}\n{\"type\":\"lwt\"}\n", "range", "--newest", "--limit", "2", "--fields", "type");
    ASK("{\"name\":\"=1+1\"}\n", "range", "--type", "card,waypoint", "--fields", "name");
    ASK("", "range", "--user", "jane", "--to", "2025-01-01");
}

static void pages(void **state) {
    (void)state;
    char token[1000] = "", page[400] = "", all[2000] = "";
    size_t count = 0;
    for (; count < 20; count++) {
        const char *args[20] = {CAT,   "range",   "--limit",        "3",       "--fields", "id", "--format",
                                "csv", "--token", file_in("token"), "--store", store};
        size_t n = 12;
        snprintf(page, sizeof page, "%s", file_in("token"));
        if (*token) args[n++] = "--after", args[n++] = token;
        args[n] = NULL;
        args[9] = page;
        ran r = run_program(args, "", 0);
        assert_int_equal(r.code, 0);
        strncat(all, strchr(r.out, '\n') + 1, sizeof all - strlen(all) - 1);
        ran_free(&r);
        FILE *f = fopen(page, "rb");
        assert_non_null(f);
        token[0] = 0;
        if (fgets(token, sizeof token, f)) token[strcspn(token, "\n")] = 0;
        fclose(f);
        if (!*token) break;
    }
    assert_int_equal(count, 2); /* eight records: pages of 3, 3, 2 */
    ran r = RUN(CAT, "range", "--fields", "id", "--format", "csv", "--store", store);
    assert_string_equal(strchr(r.out, '\n') + 1, all);
    ran_free(&r);
    r = RUN(CAT, "range", "--limit", "3", "--fields", "id", "--token", "-", "--store", store);
    assert_int_equal(r.code, 0);
    assert_int_equal(strncmp(r.err, "next: ", 6), 0);
    ran_free(&r);
}

static void happenings(void **state) {
    (void)state;
    ASK("at,kind,user,device,event,desc,lat,lon,reason,topic\n"
        "2026-03-01T10:06:00Z,transition,jane,phone,enter,\"Home, \"\"sweet\"\"\",52.6,13.5,,\n"
        "2026-03-01T10:07:00Z,transition,jane,phone,enter,Work,52.6,13.5,,\n"
        "2026-03-01T10:08:00Z,transition,jane,phone,leave,Work,52.6,13.5,,\n",
        "events", "--kind", "transition", "--format", "csv");
    ASK("{\"user\":\"jane\",\"device\":\"phone\",\"desc\":\"Home, "
        "\\\"sweet\\\"\",\"since\":\"2026-03-01T10:06:00Z\",\"key\":\"1\"}\n",
        "events", "--current", "--format", "jsonl");
    ASK("at,kind,user,device,event,desc,lat,lon,reason,topic\n"
        "2026-03-01T10:10:00Z,presence,Жук,tablet,online,,,,location,\n"
        "2026-03-01T10:20:00Z,presence,Жук,tablet,offline,,,,lwt,\n",
        "events", "--kind", "presence", "--user", "Жук", "--format", "csv", "--silent-after", "0");
    ran r = RUN(CAT, "events", "--kind", "reject", "--store", store, "--format", "csv");
    assert_non_null(strstr(r.out, "2026-03-01T10:22:00Z,reject,j.doe,phone,OT_"));
    assert_non_null(strstr(r.out, ",nonsense,"));
    ran_free(&r);
    r = RUN(CAT, "rejects", "--store", store);
    assert_non_null(strstr(r.out, "\"status\":\"OT_ETOPIC\",\"field\":\"topic\""));
    assert_non_null(strstr(r.out, "\"topic\":\"owntracks/j.doe/phone\""));
    assert_null(strstr(r.out, "geheim"));
    ran_free(&r);
    run_expect(RUN(CAT, "stats", "--store", store), 0,
               "{\"records\":8,\"devices\":3,\"rejects\":2,\"repeats\":1,\"rejected\":2,\"removed\":0,\"position\":");
    run_expect(RUN(CAT, "check", "--store", store), 0, "sound");
}

/* Waits until a text stands in what the program said. */
static void until(running *r, char **text, size_t *len, const char *wanted) {
    while (!*text || !strstr(*text, wanted)) {
        struct pollfd p = {r->out, POLLIN, 0};
        assert_int_equal(poll(&p, 1, 10000), 1);
        assert_true(run_take(r->out, text, len));
    }
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void follow(void **state) {
    (void)state;
    const char *const args[] = {CAT, "events",   "--follow", "--kind",  "all", "--position",
                                "0", "--format", "jsonl",    "--store", store, NULL};
    running r = run_start(args);
    char *text = NULL;
    size_t len = 0;
    until(&r, &text, &len, "\"event\":\"offline\"");
    assert_null(strstr(text, "Garden"));
    ingest(LINE("owntracks/jane/phone/event", "2026-03-01T11:00:00.000000Z+0000",
                "{\"_type\":\"transition\",\"tst\":1772362800,\"wtst\":3,\"event\":\"enter\",\"desc\":\"Garden\","
                "\"lat\":52.6,\"lon\":13.5}"));
    double begun = now();
    until(&r, &text, &len, "Garden");
    assert_true(now() - begun < 3.0); /* it looks five times a second; a machine under load is granted more */
    kill(r.pid, SIGTERM);
    ran done = run_finish(r, "", 0);
    assert_int_equal(done.code, 0);
    assert_string_equal(done.err, "");
    ran_free(&done);
    /* Go on later, behind a position. */
    char *at = strstr(text, "\"desc\":\"Work\"");
    assert_non_null(at);
    char position[20];
    snprintf(position, sizeof position, "%.*s", (int)strcspn(strstr(at, "\"position\":") + 11, "}"),
             strstr(at, "\"position\":") + 11);
    done = RUN(CAT, "events", "--kind", "transition", "--position", position, "--store", store);
    assert_null(strstr(done.out, "Home"));
    assert_non_null(strstr(done.out, "\"leave\""));
    assert_non_null(strstr(done.out, "Garden"));
    ran_free(&done);
    free(text);
}

static void regions(void **state) {
    (void)state;
    ingest(LINE("owntracks/nora/phone/waypoints", "2026-03-02T10:00:00.000000Z+0000",
                "{\"_type\":\"waypoints\",\"waypoints\":[{\"_type\":\"waypoint\",\"desc\":\"A\",\"lat\":1,\"lon\":2,"
                "\"rad\":30,\"tst\":100},{\"_type\":\"waypoint\",\"desc\":\"B\","
                "\"lat\":3,\"lon\":4,\"rad\":30,\"tst\":200}]}")
               LINE("owntracks/nora/phone/waypoint", "2026-03-02T11:00:00.000000Z+0000",
                    "{\"_type\":\"waypoint\",\"desc\":\"B2\",\"lat\":3.5,\"lon\":4,\"rad\":50,\"tst\":200}"));
    ASK("user,device,desc,lat,lon,rad,rid,tst,arrival,from\r\n"
        "nora,phone,A,1,2,30,,100,2026-03-02T10:00:00Z,waypoints\r\n"
        "nora,phone,B2,3.5,4,50,,200,2026-03-02T11:00:00Z,waypoint\r\n",
        "waypoints", "--user", "nora", "--format", "csv");
    ran r = RUN(CAT, "waypoints", "--history", "--user", "nora", "--store", store);
    assert_non_null(strstr(r.out, "\"type\":\"waypoints\",\"waypoints\":[{\"_type\":\"waypoint\",\"desc\":\"A\""));
    assert_non_null(strstr(r.out, "\"type\":\"waypoint\",\"desc\":\"B2\""));
    ran_free(&r);
    run_expect(RUN(CAT, "remove", "--user", "nora", "--store", store), 0, "{\"removed\":2,");
}

static void removing(void **state) {
    (void)state;
    run_expect(RUN(CAT, "remove", "--user", "jane", "--type", "transition", "--dry-run", "--store", store), 0,
               "{\"removed\":4,\"dry_run\":true}");
    run_expect(RUN(CAT, "remove", "--user", "jane", "--type", "transition", "--store", store), 0,
               "{\"removed\":4,\"dry_run\":false}");
    run_expect(RUN(CAT, "remove", "--user", "jane", "--type", "transition", "--store", store), 0, "{\"removed\":0,");
    /* What was removed does not come back. */
    ingest(day);
    run_expect(RUN(CAT, "remove", "--user", "jane", "--type", "transition", "--dry-run", "--store", store), 0,
               "{\"removed\":0,");
    run_expect(RUN(CAT, "retain", "--before", "2026-03-02", "--dry-run", "--store", store), 0,
               "{\"removed\":1,\"dry_run\":true}");
    run_expect(RUN(CAT, "retain", "--before", "2026-03-02", "--store", store), 0, "{\"removed\":1,");
    ASK("{\"lat\":52.625}\n", "last", "--user", "jane", "--fields", "lat");
    run_expect(RUN(CAT, "remove", "--whole-device", "--user", "Жук", "--device", "tablet", "--store", store), 0,
               "\"removed\":");
    run_expect(RUN(CAT, "remove", "--whole-device", "--user", "Жук", "--device", "tablet", "--store", store), 1, NULL);
    ran r = RUN(CAT, "devices", "--store", store);
    assert_null(strstr(r.out, "Жук"));
    ran_free(&r);
}

/* A broken line costs nothing but itself, and is not kept quiet about; a flood of them is counted, not told one by one. */
static void broken_lines(void **state) {
    (void)state;
    static const char good[] = "owntracks/a/b {\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":1772359200}\n";
    static char many[sizeof good + 500 * 10];
    char text[400];
    snprintf(text, sizeof text, "%s{\"broken\n%s", good, good);
    put_file("broken.txt", text);
    ran r = RUN(CAT, "ingest", file_in("broken.txt"), "--store", "memory:", "--json");
    assert_int_equal(r.code, 1);
    assert_non_null(strstr(r.out, "{\"messages\":2,\"stored\":1,\"repeats\":1,\"rejected\":0}"));
    assert_non_null(strstr(r.err, "line 2: "));
    ran_free(&r);
    size_t len = 0;
    for (int i = 0; i < 500; i++)
        len += (size_t)snprintf(many + len, sizeof many - len, "{\"broken\n");
    snprintf(many + len, sizeof many - len, "%s", good);
    put_file("broken.txt", many);
    r = RUN(CAT, "ingest", file_in("broken.txt"), "--store", "memory:", "--json");
    assert_int_equal(r.code, 1);
    assert_non_null(strstr(r.out, "\"stored\":1,"));
    assert_non_null(strstr(r.err, "line 100: "));
    assert_null(strstr(r.err, "line 101: "));
    assert_non_null(strstr(r.err, "what could not be read: 500"));
    ran_free(&r);
}

static void bad_stores(void **state) {
    (void)state;
    char url[400];
    run_expect(RUN(CAT, "last", "--store", "sqlite:/nowhere/at/all.db"), 1, "/nowhere/at/all.db");
    put_file("foreign.db", "this is no database, and it stays as it is, however long it may be");
    snprintf(url, sizeof url, "sqlite:%s", file_in("foreign.db"));
    run_expect(RUN(CAT, "last", "--store", url), 1, "foreign.db");
    run_expect(RUN(CAT, "ingest", file_in("in.jsonl"), "--store", url), 1, "foreign.db");
    FILE *f = fopen(file_in("foreign.db"), "rb");
    char text[100] = "";
    assert_int_equal(fread(text, 1, 99, f), 66);
    fclose(f);
    assert_string_equal(text, "this is no database, and it stays as it is, however long it may be");
    run_expect(RUN(CAT, "last", "--store", store, "--store-option", "nonsense=1"), 2, "nonsense");
    run_expect(RUN(CAT, "last", "--store", store, "--store-option", "nonsense"), 2, "NAME=VALUE");
    run_expect(RUN(CAT, "ingest", "/nowhere", "--store", store), 1, "/nowhere");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who),        cmocka_unit_test(where),        cmocka_unit_test(pages),
        cmocka_unit_test(happenings), cmocka_unit_test(follow),       cmocka_unit_test(regions),
        cmocka_unit_test(removing),   cmocka_unit_test(broken_lines), cmocka_unit_test(bad_stores)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
