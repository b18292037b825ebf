/* `replay:`: every form of a recording, broken ones, what comes again, standard input; bounded memory. */
#define _XOPEN_SOURCE 700
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <owntracks/envelope.h>
#include <owntracks/mem.h>

#include "support/client.h"

static char path[64];

/* What came, each as "topic|payload|qos,retained,dup|arrival|user". */
typedef struct tape {
    client c; /* first: its handlers are used too */
    char lines[8192];
} tape;

static ot_time present; /* what the clock of the test says */
static void (*note)(void *ctx, const ot_envelope *e, uint64_t number);

static void on_message(void *ctx, const ot_envelope *e, uint64_t number) {
    tape *t = ctx;
    char time[OT_TIME_TEXT_SIZE] = "";
    size_t at = strlen(t->lines);
    if (e->arrival != present) ot_time_format(e->arrival, NULL, time);
    snprintf(t->lines + at, sizeof t->lines - at, "%.*s|%.*s|%u%s%s|%s|%.*s\n", (int)e->topic.len, e->topic.ptr,
             (int)(e->payload.len > 100 ? 100 : e->payload.len), e->payload.ptr, e->qos, e->retained ? "r" : "",
             e->dup ? "d" : "", time, (int)e->auth_user.len, e->auth_user.ptr ? e->auth_user.ptr : "");
    note(&t->c, e, number);
}

static ot_time five(void *ctx) {
    (void)ctx;
    return present;
}

static void write_bytes(const char *bytes, size_t len) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    while (len) {
        ssize_t n = write(fd, bytes, len);
        assert_true(n > 0);
        bytes += n;
        len -= (size_t)n;
    }
    close(fd);
}

static void open_tape(tape *t, const char *name, const char *value, uint32_t batch) {
    static ot_clock clock = {five, NULL};
    char url[80];
    memset(t, 0, sizeof *t);
    present = 5;
    ot_option option = {name, value};
    ot_transport_config config = client_config(&t->c, OT_RECEIVE, NULL);
    note = config.handlers.message;
    config.handlers.message = on_message;
    config.handlers.ctx = t;
    config.clock = &clock;
    config.batch_count = batch;
    config.options = &option;
    config.option_count = name ? 1 : 0;
    snprintf(url, sizeof url, "replay:%s", path);
    assert_int_equal(client_open(&t->c, url, &config, NULL), OT_OK);
}

static ot_status run(tape *t) {
    ot_status status = OT_OK;
    for (int i = 0; i < 100000 && status == OT_OK; i++) {
        status = ot_transport_poll(t->c.t, 0);
        assert_int_equal(ot_transport_ack(t->c.t, t->c.number), OT_OK);
    }
    return status;
}

static void expect(const char *text, const char *name, const char *value, const char *lines, const char *log) {
    tape t;
    write_bytes(text, strlen(text));
    open_tape(&t, name, value, 0);
    assert_int_equal(run(&t), OT_DONE);
    assert_string_equal(t.lines, lines);
    if (!log)
        assert_null(strstr(t.c.log, "3 replay"));
    else if (!strstr(t.c.log, log))
        fail_msg("\"%s\" is not in the log:\n%s", log, t.c.log);
    client_close(&t.c);
}

static void own_lines(void **state) {
    (void)state;
    expect("{\"topic\":\"a/b\",\"payload\":\"x\"}\n", NULL, NULL, "a/b|x|0||\n", NULL);
    expect("{\"payload\":{\"_type\" : \"lwt\"},\"topic\":\"a/b\",\"qos\":1,\"retain\":true,\"dup\":1}\r\n", NULL, NULL,
           "a/b|{\"_type\" : \"lwt\"}|1rd||\n", NULL);
    expect("\n  "
           "\n{\"topic\":\"a\\/"
           "\\u00e9\",\"payload\":\"\\\"\\n\",\"arrival\":\"2026-03-01T12:00:05Z\",\"user\":\"j\\u0041\"}",
           NULL, NULL, "a/\xc3\xa9|\"\n|0|2026-03-01T12:00:05Z|jA\n", NULL);
    expect("{\"topic\":\"a\",\"payload\":\"\",\"arrival\":1700000000.25,\"tst\":1}\n", NULL, NULL,
           "a||0|2023-11-14T22:13:20.250Z|\n", NULL);
    expect("{\"topic\":null,\"payload\":\"1\",\"note\":[]}\n{\"payload\":\"2\"}\n", "topic", "t/u",
           "t/u|1|0||\nt/u|2|0||\n", NULL);
    expect("\xEF\xBB\xBF{\"topic\":\"a\",\"payload\":\"x\"}\n", NULL, NULL, "a|x|0||\n", NULL);
    expect("", NULL, NULL, "", NULL);
    expect("{}", "form", "text", "", "line 1");
}

/* As mosquitto_sub 2.0 wrote them. */
static void mosquitto_sub_lines(void **state) {
    (void)state;
    expect("{\"tst\":\"2026-11-20T18:52:05.034704Z+0000\",\"topic\":\"owntracks/a "
           "b/"
           "c\",\"qos\":0,\"retain\":0,\"payloadlen\":31,\"payload\":\"{\\\"_type\\\":\\\"location\\\",\\\"s\\\":"
           "\\\"a\\\\\\\"b\\\"}\"}\n"
           "{\"tst\":\"2026-11-20T19:52:05.039598Z+0100\",\"topic\":\"owntracks/a/"
           "c\",\"qos\":1,\"retain\":1,\"payloadlen\":0,\"mid\":3,\"payload\":null}\n"
           "{\"tst\":\"2026-11-20T18:52:05.043587Z+0000\",\"topic\":\"x\\\"y\",\"qos\":0,\"retain\":0,\"payloadlen\":7,"
           "\"payload\":\"abc\"}\n"
           "{\"tst\":\"2026-11-20T18:52:05.048126+0000\",\"topic\":\"x\",\"qos\":0,\"retain\":0,\"payloadlen\":8,"
           "\"payload\":\"plain "
           "\xd0\x96\"}\n",
           NULL, NULL,
           "owntracks/a b/c|{\"_type\":\"location\",\"s\":\"a\\\"b\"}|0|2026-11-20T18:52:05.034Z|\n"
           "owntracks/a/c||1r|2026-11-20T18:52:05.039Z|\n"
           "x|plain \xd0\x96|0|2026-11-20T18:52:05.048Z|\n",
           "3 replay: line 3: payload: has 3 bytes of 7");
    expect("{\"topic\":\"x\",\"qos\":0,\"retain\":0,\"payloadlen\":31,\"payload\":{\"_type\":\"location\",\"s\":"
           "\"a\\\"b\"}}\n"
           "{\"topic\":\"x\",\"payloadlen\":0,\"payload\":null}\n{\"topic\":\"x\",\"payloadlen\":4,\"payload\":null}\n"
           "{\"topic\":\"x\",\"payloadlen\":3,\"properties\":{\"content-type\":\"json\"},\"payload\":123}\n",
           NULL, NULL, "x|{\"_type\":\"location\",\"s\":\"a\\\"b\"}|0||\nx||0||\nx|null|0||\nx|123|0||\n", NULL);
}

static void text_lines(void **state) {
    (void)state;
    expect("owntracks/a b/c {\"_type\":\"location\",\"s\":\"a b {\"}\nowntracks/a/c (null)\nx\"y abc {\nx plain "
           "\xd0\x96\nx 123\nx \n",
           NULL, NULL,
           "owntracks/a b/c|{\"_type\":\"location\",\"s\":\"a b {\"}|0||\nowntracks/a/c||0||\nx\"y|abc {|0||\nx|plain "
           "\xd0\x96|0||\n"
           "x|123|0||\nx||0||\n",
           NULL);
    expect(
        "1795200725.035044864 owntracks/a b/c [1]\n2026-11-20T18:52:05+0000 a/b c\n1795200725.03 {}\n2026-11-20 "
        "{\"a\":1}\n",
        NULL, NULL,
        "owntracks/a "
        "b/c|[1]|0|2026-11-20T18:52:05.035Z|\na/b|c|0|2026-11-20T18:52:05Z|\n1795200725.03|{}|0||\n2026-11-20|{\"a\":"
        "1}|0||\n",
        NULL);
    expect("{x} y\n", "form", "text", "{x}|y|0||\n", NULL);
    expect("alone\n a\na b\n", NULL, NULL, "a|b|0||\n", "3 replay: line 1: is not \"topic payload\"");
}

static void broken_lines(void **state) {
    (void)state;
    static const struct {
        const char *line, *log;
    } bad[] = {
        {"{\"topic\":\"a\"", "(OT_ESYNTAX, offset 12)"},
        {"{\"topic\":\"a\",\"payload\":\"\xff\"}", "(OT_EUTF8, offset 24)"},
        {"{\"payload\":\"x\"}", "topic: must be a text (OT_EMISSING"},
        {"{\"topic\":3,\"payload\":\"x\"}", "topic: must be a text (OT_ETYPE"},
        {"{\"topic\":\"a\"}", "payload: is missing"},
        {"{\"topic\":\"a\",\"payload\":\"x\",\"qos\":3}", "qos: must be 0, 1 or 2"},
        {"{\"topic\":\"a\",\"payload\":\"x\",\"qos\":\"1\"}", "qos: must be 0, 1 or 2"},
        {"{\"topic\":\"a\",\"payload\":\"x\",\"retain\":2}", "retain: must be true"},
        {"{\"topic\":\"a\",\"payload\":\"x\",\"dup\":\"x\"}", "dup: must be true"},
        {"{\"topic\":\"a\",\"payload\":\"x\",\"arrival\":\"now\"}", "arrival: is no time"},
        {"{\"topic\":\"a\",\"payload\":\"x\",\"arrival\":\"2026-13-01\"}", "arrival: is no time: "},
        {"{\"topic\":\"a\",\"payload\":\"x\",\"tst\":true}", "tst: is no time"},
        {"{\"topic\":\"a\",\"payload\":\"x\",\"user\":7}", "user: must be a text"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[300], log[200];
        snprintf(text, sizeof text, "a 1\n%s\nb 2\n", bad[i].line);
        expect(text, NULL, NULL, "a|1|0||\nb|2|0||\n", bad[i].log);
        snprintf(log, sizeof log, "3 replay: line 2: ");
        expect(text, NULL, NULL, "a|1|0||\nb|2|0||\n", log);
        /* strict: ends there, behind what was good */
        tape t;
        open_tape(&t, "strict", "yes", 0);
        ot_status status = run(&t);
        assert_true(status != OT_OK && status != OT_DONE);
        assert_string_equal(t.lines, "a|1|0||\n");
        client_close(&t.c);
    }
    expect("[1]\n", "form", "json", "", "is no object");
}

static void comes_again(void **state) {
    (void)state;
    tape t;
    const char text[] = "\xEF\xBB\xBF"
                        "a 1\n\na 2\na 3\n{\na 4\na 5\n";
    write_bytes(text, sizeof text - 1);
    open_tape(&t, NULL, NULL, 2);
    assert_int_equal(ot_transport_poll(t.c.t, 0), OT_OK);
    assert_string_equal(t.lines, "a|1|0||\na|2|0||\n");
    assert_int_equal(ot_transport_poll(t.c.t, 0), OT_OK); /* held */
    assert_int_equal(t.c.messages, 2);
    ot_transport_reject(t.c.t, "full");
    assert_int_equal(client_link(&t.c), OT_LINK_WAITING);
    t.lines[0] = 0;
    present += 60000;
    assert_int_equal(ot_transport_poll(t.c.t, 0), OT_OK);
    assert_int_equal(t.c.messages, 4);
    assert_string_equal(t.lines, "a|1|0||\na|2|0||\n");
    ot_wait w = {.size = sizeof w};
    assert_int_equal(ot_transport_wait(t.c.t, &w), OT_OK);
    assert_int_equal(w.fd, -1);
    assert_int_equal(ot_transport_ack(t.c.t, 4), OT_OK);
    ot_transport_wait(t.c.t, &w);
    assert_int_equal(w.timeout, 0);
    assert_int_equal(ot_transport_poll(t.c.t, 0), OT_OK);
    assert_string_equal(t.lines, "a|1|0||\na|2|0||\na|3|0||\na|4|0||\n");
    assert_non_null(strstr(t.c.log, "line 5: "));
    assert_int_equal(run(&t), OT_DONE);
    assert_int_equal(t.c.messages, 7);
    ot_publication p = {OT_STR("a"), OT_STR(""), 0, false};
    assert_int_equal(ot_transport_publish(t.c.t, &p, NULL, NULL), OT_EUNSUPPORTED);
    client_close(&t.c);
    open_tape(&t, NULL, NULL, 2);
    ot_transport_poll(t.c.t, 0);
    ot_transport_stop(t.c.t);
    assert_int_equal(ot_transport_poll(t.c.t, 0), OT_DONE);
    client_close(&t.c);
}

static ot_status append(void *ctx, const char *data, size_t len) {
    return fwrite(data, 1, len, ctx) == len ? OT_OK : OT_EIO;
}

static void envelopes(void **state) {
    (void)state;
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    ot_sink sink = {append, f};
    ot_envelope e = OT_ENVELOPE_INIT;
    e.topic = OT_STR("a/b");
    e.payload = OT_STR("x\0\n\xff");
    e.arrival = 1700000000000;
    e.origin = OT_ORIGIN_HTTP;
    e.qos = 2;
    e.retained = true;
    e.auth_user = OT_STR("joe");
    for (int i = 0; i < 3; i++)
        assert_int_equal(ot_envelope_write(&e, &sink), OT_OK);
    long whole = ftell(f);
    fclose(f);
    tape t;
    open_tape(&t, NULL, NULL, 2);
    assert_int_equal(run(&t), OT_DONE);
    assert_int_equal(t.c.messages, 3);
    assert_int_equal(t.c.payload_len, 4);
    assert_memory_equal(t.lines, "a/b|x", 5);
    client_close(&t.c);
    /* a torn tail, and a damaged middle: what is before them comes, then it ends, and says why */
    assert_int_equal(truncate(path, whole - 3), 0);
    open_tape(&t, NULL, NULL, 0);
    assert_int_equal(run(&t), OT_DONE);
    assert_int_equal(t.c.messages, 2);
    assert_non_null(strstr(t.c.log, "3 replay: envelope 3: ends within the envelope"));
    client_close(&t.c);
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "!", 1, whole / 3 + 40), 1);
    close(fd);
    open_tape(&t, NULL, NULL, 0);
    assert_int_equal(ot_transport_poll(t.c.t, 0), OT_OK);
    assert_int_equal(t.c.messages, 1);
    ot_transport_reject(t.c.t, "full"); /* the one before the damage comes again */
    present += 60000;
    assert_int_equal(ot_transport_poll(t.c.t, 0), OT_OK);
    assert_int_equal(t.c.messages, 2);
    assert_int_equal(run(&t), OT_DONE);
    assert_non_null(strstr(t.c.log, "3 replay: envelope 2: "));
    client_close(&t.c);
}

static void standard_input(void **state) {
    (void)state;
    int fd[2], saved = dup(0);
    assert_int_equal(pipe(fd), 0);
    assert_int_equal(dup2(fd[0], 0), 0);
    close(fd[0]);
    char keep[64];
    memcpy(keep, path, sizeof keep);
    snprintf(path, sizeof path, "-");
    tape t;
    open_tape(&t, NULL, NULL, 0);
    memcpy(path, keep, sizeof keep);
    assert_int_equal(ot_transport_poll(t.c.t, 0), OT_OK);
    assert_int_equal(t.c.messages, 0);
    ot_wait w = {.size = sizeof w};
    ot_transport_wait(t.c.t, &w);
    assert_true(w.fd == 0 && w.readable);
    assert_int_equal(write(fd[1], "a hal", 5), 5);
    assert_int_equal(ot_transport_poll(t.c.t, 1), OT_OK);
    assert_int_equal(t.c.messages, 0); /* half a line */
    assert_int_equal(write(fd[1], "f\nb x", 5), 5);
    assert_int_equal(ot_transport_poll(t.c.t, 1000), OT_OK);
    assert_string_equal(t.lines, "a|half|0||\n");
    ot_transport_reject(t.c.t, "not now"); /* of a pipe, too */
    present += 60000;
    assert_int_equal(ot_transport_poll(t.c.t, 0), OT_OK);
    assert_int_equal(t.c.messages, 2);
    assert_int_equal(ot_transport_ack(t.c.t, 2), OT_OK);
    close(fd[1]);
    assert_int_equal(run(&t), OT_DONE);
    assert_string_equal(t.lines, "a|half|0||\na|half|0||\nb|x|0||\n");
    client_close(&t.c);
    dup2(saved, 0);
    close(saved);
}

static void long_lines(void **state) {
    (void)state;
    size_t size = (size_t)65 << 20;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    char *mib = malloc((size_t)1 << 20);
    assert_non_null(mib);
    memset(mib, 'x', (size_t)1 << 20);
    assert_int_equal(write(fd, "a 1\nbig ", 8), 8);
    for (size_t i = 0; i < size >> 20; i++)
        assert_int_equal(write(fd, mib, (size_t)1 << 20), 1 << 20);
    assert_int_equal(write(fd, "\nb ", 3), 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(write(fd, mib, (size_t)1 << 20), 1 << 20);
    assert_int_equal(write(fd, "\nc 3\n", 5), 5);
    close(fd);
    free(mib);
    tape t;
    open_tape(&t, NULL, NULL, 0);
    assert_int_equal(run(&t), OT_DONE);
    assert_int_equal(t.c.messages, 3);
    assert_string_equal(t.c.payload, "3");
    assert_non_null(strstr(t.c.log, "line 2: is longer than"));
    client_close(&t.c);
    unlink(path);
}

static void cannot_be_opened(void **state) {
    (void)state;
    tape t;
    ot_error e = {OT_OK, 0, 0, "", ""};
    ot_transport_config c = client_config(&t.c, OT_RECEIVE, NULL);
    assert_int_equal(client_open(&t.c, "replay:", &c, &e), OT_EINVAL);
    assert_int_equal(client_open(&t.c, "replay:/nonexistent/x", &c, &e), OT_ENOTFOUND);
    static const ot_option bad[] = {{"form", "xml"}, {"strict", "maybe"}, {"colour", "blue"}};
    for (size_t i = 0; i < 3; i++) {
        c.options = &bad[i];
        c.option_count = 1;
        assert_int_equal(client_open(&t.c, "replay:-", &c, &e), OT_EINVAL);
        assert_string_equal(e.field, bad[i].name);
    }
    c.option_count = 0;
    assert_int_equal(client_open(&t.c, "replay:/", &c, &e), OT_OK);
    assert_int_equal(ot_transport_poll(t.c.t, 0), OT_EIO); /* a folder */
    client_close(&t.c);
    c = client_config(&t.c, OT_SEND, NULL);
    assert_int_equal(client_open(&t.c, "replay:-", &c, &e), OT_EUNSUPPORTED);
}

static int setup(void **state) {
    (void)state;
    snprintf(path, sizeof path, "/tmp/ot-replay-XXXXXX");
    int fd = mkstemp(path);
    if (fd >= 0) close(fd);
    return fd >= 0 ? 0 : -1;
}
static int teardown(void **state) {
    (void)state;
    unlink(path);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_lines),      cmocka_unit_test(mosquitto_sub_lines), cmocka_unit_test(text_lines),
        cmocka_unit_test(broken_lines),   cmocka_unit_test(comes_again),         cmocka_unit_test(envelopes),
        cmocka_unit_test(standard_input), cmocka_unit_test(long_lines),          cmocka_unit_test(cannot_be_opened),
    };
    return cmocka_run_group_tests_name("replay", tests, setup, teardown);
}
