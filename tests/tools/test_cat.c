/* ot-cat as it is run: options, decoding, what it says of mistakes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "run.h"

#define CAT OT_BINARY_DIR "/bin/ot-cat"

static void usage(void **state) {
    (void)state;
    run_expect(RUN(CAT), 2, "which command?");
    run_expect(RUN(CAT, "--help"), 0, "Usage: ot-cat");
    run_expect(RUN(CAT, "range", "--help"), 0, "--box S,W,N,E");
    run_expect(RUN(CAT, "--version"), 0, "ot-cat 0.");
    run_expect(RUN(CAT, "--check-config", "--store", "memory:"), 0, "memory:");
    run_expect(RUN(CAT, "users", "--limit", "3"), 2, "no option of the command users");
    run_expect(RUN(CAT, "last", "--store", "nothing:x"), 2, "nothing");
    run_expect(RUN(CAT, "last", "--store", "memory:", "--zone", "Mars/Base"), 2, "Mars/Base");
    run_expect(RUN(CAT, "last", "--store", "memory:", "--json", "--format", "csv"), 2, "contradict");
    run_expect(RUN(CAT, "range", "--store", "memory:", "--box", "1,2,3"), 2, "four numbers");
    run_expect(RUN(CAT, "range", "--store", "memory:", "--box", "9,2,3,4"), 2, "south above its north");
    run_expect(RUN(CAT, "range", "--store", "memory:", "--box", "1,2,3,400"), 2, "must be from -180 to 180");
    run_expect(RUN(CAT, "range", "--store", "memory:", "--type", "nonsense"), 2, "no type of messages");
    run_expect(RUN(CAT, "range", "--store", "memory:", "--from", "2026-02-01", "--to", "2026-01-01"), 2,
               "later than to");
    run_expect(RUN(CAT, "range", "--store", "memory:", "--token", "-"), 2, "token wants limit");
    run_expect(RUN(CAT, "range", "--store", "memory:", "--after", "rubbish"), 2, NULL);
    run_expect(RUN(CAT, "remove", "--store", "memory:"), 2, "remove wants to know what");
    run_expect(RUN(CAT, "remove", "--store", "memory:", "--whole-device", "--user", "x"), 2, "whole-device wants");
    run_expect(RUN(CAT, "remove", "--store", "memory:", "--id", "xyz"), 2, "32 hexadecimal digits");
    run_expect(RUN(CAT, "retain", "--store", "memory:"), 2, "retain wants before or keep");
    run_expect(RUN(CAT, "events", "--store", "memory:", "--current", "--follow"), 2, "contradict");
}

static void empty_store(void **state) {
    (void)state;
    static const char *const commands[] = {"users", "devices", "last", "range", "events", "rejects"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        ran r = RUN(CAT, commands[i], "--store", "memory:");
        assert_int_equal(r.code, 0);
        assert_string_equal(r.out, "");
        assert_string_equal(r.err, "");
        ran_free(&r);
        r = RUN(CAT, commands[i], "--store", "memory:", "--json");
        assert_int_equal(r.code, 0);
        assert_string_equal(r.out, "[]\n");
        ran_free(&r);
    }
    run_expect(RUN(CAT, "users", "--store", "memory:", "--format", "csv"), 0,
               "user,devices,records,first_seen,last_seen\r\n");
    run_expect(RUN(CAT, "stats", "--store", "memory:"), 0, "{\"records\":0,\"devices\":0,");
}

static const char input[] =
    "owntracks/jane/phone "
    "{\"_type\":\"location\",\"lat\":52.5,\"lon\":13.4,\"tst\":1700000000,\"acc\":\"7\",\"batt\":400}\n"
    "owntracks/jane {\"_type\":\"lwt\"}\n"
    "owntracks/a/b [{\"_type\":\"lwt\"},{\"x\":1},7]\n"
    "{\"topic\":\"owntracks/x/"
    "y\",\"payload\":\"{\\\"_type\\\":\\\"steps\\\",\\\"tst\\\":1,\\\"from\\\":1,\\\"to\\\":2,\\\"steps\\\":3}\"}\n"
    "{\"topic\":\"owntracks/x/y\",\"qos\":1,\"payload\":{\"_type\":\"card\",\"name\":\"Y\"}}\n"
    "owntracks/a/b \n"
    "\n"
    "{\"_type\":\"card\",\"name\":\"x\"}\r\n"
    "owntracks/a/b {\"_type\":\"foo\",\"password\":\"geheim\"}\n"
    "\xff\xfe garbage\0more\n"
    "owntracks/a/b {\"_type\":\"lwt\"}";

static void decode(void **state) {
    (void)state;
    static const char want[] =
        "{\"line\":1,\"index\":0,\"result\":\"ok\",\"type\":\"location\",\"user\":\"jane\",\"device\":\"phone\",\"at\":"
        "\"2023-11-14T22:13:20Z\",\"message\":{\"_type\":\"location\",\"lat\":52.5,\"lon\":13.4,\"tst\":1700000000,"
        "\"acc\":\"7\",\"batt\":400}}\n"
        "{\"line\":1,\"index\":0,\"result\":\"violation\",\"type\":\"location\",\"user\":\"jane\",\"device\":\"phone\","
        "\"field\":\"acc\",\"offset\":65,\"reason\":\"is a number written as a text\"}\n"
        "{\"line\":1,\"index\":0,\"result\":\"violation\",\"type\":\"location\",\"user\":\"jane\",\"device\":\"phone\","
        "\"field\":\"batt\",\"offset\":76,\"reason\":\"is out of range\"}\n"
        "{\"line\":2,\"result\":\"OT_ETOPIC\",\"field\":\"topic\",\"offset\":14,\"reason\":\"has no device level\"}\n";
    ran r = RUN_WITH(input, CAT, "decode", "--format", "jsonl");
    assert_int_equal(r.code, 1);
    assert_int_equal(strncmp(r.out, want, sizeof want - 1), 0);
    assert_non_null(strstr(
        r.out,
        "{\"line\":3,\"index\":1,\"result\":\"OT_EMISSING\",\"user\":\"a\",\"device\":\"b\",\"field\":\"_type\""));
    assert_non_null(strstr(r.out, "{\"line\":3,\"index\":2,\"result\":\"OT_ETYPE\""));
    assert_non_null(
        strstr(r.out, "{\"line\":4,\"index\":0,\"result\":\"ok\",\"type\":\"steps\",\"user\":\"x\",\"device\":\"y\""));
    assert_non_null(strstr(r.out, "{\"line\":5,\"index\":0,\"result\":\"ok\",\"type\":\"card\",\"user\":\"x\""));
    assert_non_null(strstr(r.out, "{\"line\":6,\"index\":0,\"result\":\"empty\""));
    assert_null(strstr(r.out, "{\"line\":7,"));
    assert_non_null(strstr(r.out, "{\"line\":8,\"index\":0,\"result\":\"ok\",\"type\":\"card\",\"message\""));
    assert_non_null(strstr(r.out, "{\"line\":9,\"index\":0,\"result\":\"unknown\",\"type\":\"foo\""));
    assert_non_null(strstr(r.out, "{\"line\":10,\"result\":\"OT_EUTF8\""));
    assert_non_null(strstr(r.out, "{\"line\":11,\"index\":0,\"result\":\"ok\",\"type\":\"lwt\""));
    assert_null(strstr(r.out, "geheim"));
    ran_free(&r);
    run_expect(RUN_WITH(input, CAT, "decode", "--format", "jsonl", "--secrets"), 1, "geheim");
    run_expect(RUN_WITH("{\"_type\":\"lwt\"}\n", CAT, "decode", "--topic", "owntracks/a/b"), 0, "\"user\":\"a\"");
    run_expect(RUN_WITH("x/a/y/b {\"_type\":\"lwt\"}\n", CAT, "decode", "--base", "x/%u/y/%d"), 0,
               "\"user\":\"a\",\"device\":\"b\"");
    run_expect(RUN_WITH("x {\"_type\":\"lwt\"}\n", CAT, "decode", "--base", "x/%u"), 1, "%d");
    run_expect(
        RUN_WITH("o/a/b {\"_type\":\"location\",\"lat\":\"1\",\"lon\":1,\"tst\":1}\n", CAT, "decode", "--strict"), 1,
        "OT_ETYPE");
    run_expect(RUN_WITH("", CAT, "decode", "--format", "csv"), 0,
               "line,index,result,type,user,device,at,field,offset,reason,message\r\n");
}

static void hostile_lines(void **state) {
    (void)state;
    /* A line without end is refused as a whole, and the next one is read. */
    size_t big = 17u * 1024 * 1024;
    char *text = malloc(big + 100);
    assert_non_null(text);
    memset(text, 'a', big);
    size_t len = big + (size_t)snprintf(text + big, 100, "\nowntracks/a/b {\"_type\":\"lwt\"}\n");
    ran r = run_program((const char *const[]){CAT, "decode", NULL}, text, len);
    assert_int_equal(r.code, 1);
    assert_non_null(strstr(r.out, "{\"line\":1,\"result\":\"OT_ELIMIT\""));
    assert_non_null(strstr(r.out, "{\"line\":2,\"index\":0,\"result\":\"ok\""));
    ran_free(&r);
    /* Any bytes: no crash, and the code says that something was refused. */
    uint64_t seed = 88172645463325252u;
    for (size_t i = 0; i < 200000; i++) {
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        text[i] = (char)(seed >> 32);
    }
    r = run_program((const char *const[]){CAT, "decode", "--format", "json", NULL}, text, 200000);
    assert_int_equal(r.code, 1);
    ran_free(&r);
    free(text);
}

static void broken_pipe(void **state) {
    (void)state;
    /* Nobody reads: it ends by itself, quietly. */
    running r = run_start((const char *const[]){CAT, "decode", NULL});
    close(r.out);
    r.out = -1;
    size_t len = 0, size = 4u * 1024 * 1024;
    char *text = malloc(size);
    assert_non_null(text);
    while (len + 100 < size)
        len += (size_t)snprintf(text + len, size - len, "owntracks/a/b {\"_type\":\"lwt\"}\n");
    ran done = run_finish(r, text, len);
    assert_int_equal(done.code, 0);
    assert_string_equal(done.err, "");
    ran_free(&done);
    free(text);
    /* A full disk is said. */
    int full = open("/dev/full", O_WRONLY);
    if (full < 0) return;
    int keep = dup(1);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(full, 1);
        int err[2];
        if (pipe(err) == 0) dup2(err[1], 2);
        execl(CAT, CAT, "users", "--store", "memory:", "--json", (char *)NULL);
        _exit(127);
    }
    close(full);
    close(keep);
    assert_int_equal(run_code(pid), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(usage), cmocka_unit_test(empty_store), cmocka_unit_test(decode),
                                       cmocka_unit_test(hostile_lines), cmocka_unit_test(broken_pipe)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
