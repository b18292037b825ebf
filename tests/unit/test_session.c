/* test_session.c: the memory of a durable session: client id, filters, and a lease that dead processes do not keep. */
#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "support/engine_rig.h"

static const ot_subscription one[] = {{"a/#", 1}}, two[] = {{"a/#", 1}, {"b/#", 1}}, other[] = {{"c/+", 1}};

static ot_session *open_as(ot_store *store, const char *name, const char *id, const char *broker,
                           const ot_subscription *wanted, size_t count, const ot_clock *clock) {
    ot_session *s = NULL;
    ot_error error = {OT_OK, 0, 0, "", ""};
    if (ot_session_open(store, name, id, broker, wanted, count, clock, NULL, &s, &error) != OT_OK)
        fail_msg("%s", error.reason);
    return s;
}

static void get(ot_store *store, const char *key, char *text, size_t size) {
    ot_sink_buffer buffer = {text, size - 1, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    assert_int_equal(ot_kv_get(store, ot_str_c(key), &sink, NULL, NULL), OT_OK);
    assert_true(buffer.len < size);
    text[buffer.len] = 0;
}

static void test_client_id(void **state) {
    (void)state;
    ot_store *store = rig_memory();
    char id[64], second[64];
    ot_session *s = open_as(store, "ingest", NULL, "mqtt://a", one, 1, NULL);
    assert_int_equal(strlen(ot_session_client_id(s)), 19);
    assert_int_equal(strncmp(ot_session_client_id(s), "ot-", 3), 0);
    assert_int_equal(strspn(ot_session_client_id(s) + 3, "0123456789abcdef"), 16);
    snprintf(id, sizeof id, "%s", ot_session_client_id(s));
    ot_session_close(s);
    s = open_as(store, "ingest", NULL, "mqtt://a", one, 1, NULL); /* kept */
    assert_string_equal(ot_session_client_id(s), id);
    ot_session *t = open_as(store, "second", NULL, "mqtt://a", one, 1, NULL); /* another name, another id */
    snprintf(second, sizeof second, "%s", ot_session_client_id(t));
    assert_string_not_equal(second, id);
    ot_session_close(t);
    ot_session_close(s);
    s = open_as(store, "ingest", "mine \"\\ \xc3\xa9", "mqtt://a", one, 1, NULL); /* given, and kept */
    ot_session_close(s);
    s = open_as(store, "ingest", NULL, "mqtt://a", one, 1, NULL);
    assert_string_equal(ot_session_client_id(s), "mine \"\\ \xc3\xa9");
    ot_session_close(s);
    ot_session_close(NULL);
    ot_store_close(store);
}

static void test_filters(void **state) {
    (void)state;
    ot_store *store = rig_memory();
    const char *const *unwanted;
    ot_session *s = open_as(store, "ingest", NULL, "mqtt://a", two, 2, NULL);
    assert_false(ot_session_expected(s));
    assert_int_equal(ot_session_unwanted(s, &unwanted), 0);
    ot_session_close(s); /* it never connected, but it may have: both filters are remembered */
    s = open_as(store, "ingest", NULL, "mqtt://a", other, 1, NULL);
    assert_false(ot_session_expected(s));
    assert_int_equal(ot_session_unwanted(s, &unwanted), 2);
    assert_string_equal(unwanted[0], "a/#");
    assert_string_equal(unwanted[1], "b/#");
    assert_int_equal(ot_session_connected(s, NULL), OT_OK); /* now the broker has one only */
    assert_true(ot_session_expected(s));
    ot_session_close(s);
    s = open_as(store, "ingest", NULL, "mqtt://a", one, 1, NULL);
    assert_true(ot_session_expected(s));
    assert_int_equal(ot_session_unwanted(s, &unwanted), 1);
    assert_string_equal(unwanted[0], "c/+");
    ot_session_close(s);
    /* Another broker knows nothing of it, and what this one knows is not forgotten. */
    s = open_as(store, "ingest", NULL, "mqtt://b", one, 1, NULL);
    assert_false(ot_session_expected(s));
    assert_int_equal(ot_session_unwanted(s, NULL), 0);
    assert_int_equal(ot_session_connected(s, NULL), OT_OK);
    ot_session_close(s);
    s = open_as(store, "ingest", "new-id", "mqtt://a", one, 1, NULL); /* nor does another client id */
    assert_false(ot_session_expected(s));
    assert_int_equal(ot_session_unwanted(s, NULL), 0);
    ot_session_close(s);
    ot_store_close(store);
}

static void test_filters_old_id(void **state) {
    (void)state;
    ot_store *store = rig_memory();
    const char *const *unwanted;
    ot_session *s = open_as(store, "ingest", "x", "mqtt://a", two, 2, NULL);
    assert_int_equal(ot_session_connected(s, NULL), OT_OK);
    ot_session_close(s);
    for (int i = 0; i < 40; i++) { /* many brokers later: the list is bounded, and the newest are kept */
        char broker[32];
        snprintf(broker, sizeof broker, "mqtt://h%d", i);
        s = open_as(store, "ingest", "x", broker, one, 1, NULL);
        assert_int_equal(ot_session_connected(s, NULL), OT_OK);
        ot_session_close(s);
    }
    char text[8192];
    get(store, "session/ingest", text, sizeof text);
    assert_null(strstr(text, "mqtt://h0\""));
    assert_non_null(strstr(text, "mqtt://h30\""));
    s = open_as(store, "ingest", "x", "mqtt://h35", other, 1, NULL);
    assert_int_equal(ot_session_unwanted(s, &unwanted), 1);
    assert_string_equal(unwanted[0], "a/#");
    ot_session_close(s);
    ot_store_close(store);
}

static void test_busy(void **state) {
    (void)state;
    ot_store *store = rig_memory();
    ot_error error;
    ot_session *s = open_as(store, "ingest", "x", "mqtt://a", one, 1, NULL), *t = (ot_session *)1;
    assert_int_equal(ot_session_open(store, "ingest", NULL, "mqtt://a", one, 1, NULL, NULL, &t, &error), OT_EBUSY);
    assert_null(t);
    char pid[32];
    snprintf(pid, sizeof pid, "process %d ", (int)getpid());
    assert_non_null(strstr(error.reason, pid));
    assert_non_null(strstr(error.reason, "session/ingest"));
    /* Another name with the same id at the same broker would throw us out there. */
    assert_int_equal(ot_session_open(store, "second", "x", "mqtt://a", one, 1, NULL, NULL, &t, &error), OT_EBUSY);
    t = open_as(store, "second", "x", "mqtt://b", one, 1, NULL); /* at another one it does not */
    ot_session_close(t);
    ot_session_close(s);
    t = open_as(store, "second", "x", "mqtt://a", one, 1, NULL); /* given back */
    ot_session_close(t);
    ot_store_close(store);
}

static void lease_of(ot_store *store, const char *name, const ot__process *p, ot_time since, ot_time until) {
    char key[64], text[2000];
    snprintf(key, sizeof key, "session/%s", name);
    snprintf(
        text, sizeof text,
        "{\"client_id\":\"x\",\"broker\":\"mqtt://"
        "a\",\"lease\":{\"host\":\"%s\",\"boot\":\"%s\",\"nonce\":\"0\",\"pid\":%lld,\"start\":%llu,\"since\":%lld,"
        "\"until\":%lld},\"links\":[]}",
        p->host, p->boot, (long long)p->pid, (unsigned long long)p->start, (long long)since, (long long)until);
    assert_int_equal(ot_kv_put(store, ot_str_c(key), ot_str_c(text), OT_KV_ANY, NULL, NULL), OT_OK);
}

static void test_dead_process(void **state) {
    (void)state;
    ot_store *store = rig_memory();
    ot__process p;
    ot_session *s;
    ot_time now = ot_time_now();
    int fds[2];
    char c;
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0) {
        ot__process mine;
        ot__os_process_self(&mine);
        ssize_t n = write(fds[1], &mine, sizeof mine);
        (void)n;
        for (;;)
            pause();
    }
    assert_int_equal(read(fds[0], &p, sizeof p), sizeof p);
    assert_int_equal(p.pid, child);
    assert_int_equal(ot__os_process_life(&p), OT__LIFE_ALIVE);
    lease_of(store, "ingest", &p, now, now + OT_SESSION_LEASE);
    assert_int_equal(ot_session_open(store, "ingest", NULL, "mqtt://a", one, 1, NULL, NULL, &s, NULL), OT_EBUSY);
    kill(child, SIGKILL);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0); /* dead, and not buried */
    assert_int_equal(ot__os_process_life(&p), OT__LIFE_DEAD);
    s = open_as(store, "ingest", NULL, "mqtt://a", one, 1, NULL); /* at once */
    ot_session_close(s);
    waitpid(child, NULL, 0);
    assert_int_equal(ot__os_process_life(&p), OT__LIFE_DEAD);
    close(fds[0]);
    close(fds[1]);
    (void)c;
    /* The number lives, but it is another process now. */
    ot__os_process_self(&p);
    assert_int_equal(ot__os_process_life(&p), OT__LIFE_ALIVE);
    p.start += 1;
    assert_int_equal(ot__os_process_life(&p), OT__LIFE_DEAD);
    lease_of(store, "ingest", &p, now, now + OT_SESSION_LEASE);
    s = open_as(store, "ingest", NULL, "mqtt://a", one, 1, NULL);
    ot_session_close(s);
    /* Elsewhere nobody can look: only time tells. */
    ot_clock clock = {rig_now, &now};
    snprintf(p.host, sizeof p.host, "elsewhere");
    assert_int_equal(ot__os_process_life(&p), OT__LIFE_UNKNOWN);
    lease_of(store, "ingest", &p, now, now + OT_SESSION_LEASE);
    assert_int_equal(ot_session_open(store, "ingest", NULL, "mqtt://a", one, 1, &clock, NULL, &s, NULL), OT_EBUSY);
    now += OT_SESSION_LEASE - 1;
    assert_int_equal(ot_session_open(store, "ingest", NULL, "mqtt://a", one, 1, &clock, NULL, &s, NULL), OT_EBUSY);
    now += 1;
    s = open_as(store, "ingest", NULL, "mqtt://a", one, 1, &clock);
    ot_session_close(s);
    /* A clock far ahead wrote a lease that would never end. */
    lease_of(store, "ingest", &p, now, now + 100 * (ot_time)OT_SESSION_LEASE);
    s = open_as(store, "ingest", NULL, "mqtt://a", one, 1, &clock);
    ot_session_close(s);
    ot_store_close(store);
}

static void test_renew(void **state) {
    (void)state;
    ot_store *store = rig_memory();
    ot_time now = 1700000000000;
    ot_clock clock = {rig_now, &now};
    ot_error error;
    ot_session *s = open_as(store, "ingest", NULL, "mqtt://a", one, 1, &clock), *t;
    char before[4096], after[4096];
    get(store, "session/ingest", before, sizeof before);
    assert_int_equal(ot_session_renew(s, &error), OT_OK); /* not due: nothing is written */
    get(store, "session/ingest", after, sizeof after);
    assert_string_equal(before, after);
    assert_int_equal(ot_session_next(s), now + OT_SESSION_LEASE / 2);
    now = ot_session_next(s);
    assert_int_equal(ot_session_renew(s, &error), OT_OK);
    get(store, "session/ingest", after, sizeof after);
    assert_string_not_equal(before, after);
    assert_int_equal(ot_session_next(s), now + OT_SESSION_LEASE / 2);
    /* Nobody takes it while it is renewed; when it ran out, the other one has it, and we are told. */
    now += OT_SESSION_LEASE - 1;
    assert_int_equal(ot_session_open(store, "ingest", NULL, "mqtt://a", one, 1, &clock, NULL, &t, &error), OT_EBUSY);
    now += 1;
    t = open_as(store, "ingest", NULL, "mqtt://a", one, 1, &clock);
    assert_int_equal(ot_session_renew(s, &error), OT_ECONFLICT);
    assert_int_equal(ot_session_renew(s, &error), OT_ECONFLICT);
    assert_int_equal(ot_session_connected(s, &error), OT_ECONFLICT);
    get(store, "session/ingest", before, sizeof before);
    ot_session_close(s); /* it gives back nothing that is not its own */
    get(store, "session/ingest", after, sizeof after);
    assert_string_equal(before, after);
    ot_session_close(t);
    ot_store_close(store);
}

static void test_renew_fails_for_a_while(void **state) {
    (void)state;
    rig_store rig = {.inner = rig_memory()};
    ot_store *store = rig_wrap(&rig);
    ot_time now = 1700000000000;
    ot_clock clock = {rig_now, &now};
    ot_error error;
    ot_session *s = open_as(store, "ingest", NULL, "mqtt://a", one, 1, &clock);
    now += OT_SESSION_LEASE / 2;
    rig.fail = OT_EFULL;
    rig.fail_count = -1;
    assert_int_equal(ot_session_renew(s, &error), OT_EFULL);
    assert_true(ot_session_next(s) > now && ot_session_next(s) <= now + 5000);
    assert_int_equal(ot_session_connected(s, &error), OT_EFULL);
    assert_false(ot_session_expected(s));
    now = ot_session_next(s);
    rig.fail_count = 0;
    assert_int_equal(ot_session_renew(s, &error), OT_OK);
    assert_int_equal(ot_session_connected(s, &error), OT_OK);
    assert_true(ot_session_expected(s));
    assert_int_equal(ot_session_connected(s, &error), OT_OK); /* again: nothing new */
    /* A write that was done although it seemed to fail is recognised as our own. */
    char text[4096];
    get(rig.inner, "session/ingest", text, sizeof text);
    assert_int_equal(ot_kv_put(rig.inner, OT_STR("session/ingest"), ot_str_c(text), OT_KV_ANY, NULL, NULL), OT_OK);
    now = ot_session_next(s);
    assert_int_equal(ot_session_renew(s, &error), OT_OK);
    assert_int_equal(ot_kv_put(rig.inner, OT_STR("session/ingest"), ot_str_c(text), OT_KV_ANY, NULL, NULL), OT_OK);
    ot_session_close(s); /* here too */
    ot_session_info info = {.size = sizeof info};
    assert_int_equal(ot_session_look(store, "ingest", &clock, &info, NULL), OT_OK);
    assert_int_equal(info.pid, 0);
    ot_store_close(store);
    ot_store_close(rig.inner);
}

static void test_look(void **state) {
    (void)state;
    ot_store *store = rig_memory();
    ot_session_info info = {.size = sizeof info};
    ot_error error;
    assert_int_equal(ot_session_look(store, "ingest", NULL, &info, &error), OT_ENOTFOUND);
    assert_int_equal(ot_session_look(store, "a/b", NULL, &info, &error), OT_EINVAL);
    assert_int_equal(ot_session_look(store, "ingest", NULL, NULL, &error), OT_EINVAL);
    ot_session *s = open_as(store, "ingest", "x", "mqtt://a", one, 1, NULL);
    assert_int_equal(ot_session_look(store, "ingest", NULL, &info, &error), OT_OK);
    assert_true(info.live);
    assert_int_equal(info.pid, getpid());
    assert_string_equal(info.client_id, "x");
    assert_true(info.until - info.since == OT_SESSION_LEASE);
    assert_true(info.host[0]);
    ot_session_close(s);
    assert_int_equal(ot_session_look(store, "ingest", NULL, &info, &error), OT_OK);
    assert_false(info.live);
    assert_int_equal(info.pid, 0);
    assert_string_equal(info.client_id, "x");
    assert_true(info.since == OT_TIME_NONE && info.until == OT_TIME_NONE);
    ot_store_close(store);
}

static void test_arguments(void **state) {
    (void)state;
    ot_store *store = rig_memory();
    ot_session *s;
    ot_error error;
    char name[OT_SESSION_NAME_MAX + 2], id[OT_CLIENT_ID_MAX + 2];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    memset(id, 'i', sizeof id - 1);
    id[sizeof id - 1] = 0;
    static const ot_subscription bad[] = {{"a/#/b", 1}}, none[] = {{NULL, 1}};
#define REFUSED(field_, ...)                                                                                           \
    do {                                                                                                               \
        assert_int_equal(ot_session_open(__VA_ARGS__, NULL, NULL, &s, &error), OT_EINVAL);                             \
        assert_null(s);                                                                                                \
        assert_string_equal(error.field, field_);                                                                      \
    } while (0)
    REFUSED("store", NULL, "n", NULL, "b", one, 1);
    REFUSED("session", store, NULL, NULL, "b", one, 1);
    REFUSED("session", store, "", NULL, "b", one, 1);
    REFUSED("session", store, "a/b", NULL, "b", one, 1);
    REFUSED("session", store, name, NULL, "b", one, 1);
    REFUSED("broker", store, "n", NULL, NULL, one, 1);
    REFUSED("broker", store, "n", NULL, "\xff", one, 1);
    REFUSED("client_id", store, "n", "", "b", one, 1);
    REFUSED("client_id", store, "n", id, "b", one, 1);
    REFUSED("client_id", store, "n", "\xff", "b", one, 1);
    REFUSED("wanted", store, "n", NULL, "b", NULL, 1);
    REFUSED("filter", store, "n", NULL, "b", bad, 1);
    REFUSED("filter", store, "n", NULL, "b", none, 1);
    assert_int_equal(ot_session_open(store, "n", NULL, "b", one, 1, NULL, NULL, NULL, &error), OT_EINVAL);
    name[OT_SESSION_NAME_MAX] = 0;
    id[OT_CLIENT_ID_MAX] = 0;
    s = open_as(store, name, id, "b", NULL, 0, NULL);
    assert_string_equal(ot_session_client_id(s), id);
    ot_session_close(s);
    ot_store_close(store);
}

static void test_damaged(void **state) {
    (void)state;
    static const char *const texts[] = {"1",
                                        "[]",
                                        "{}",
                                        "{\"client_id\":1}",
                                        "{\"client_id\":\"a\\u0000b\"}",
                                        "{\"client_id\":\"x\",\"lease\":{}}",
                                        "{\"client_id\":\"x\",\"lease\":{\"host\":\"h\",\"boot\":\"b\",\"nonce\":"
                                        "\"0123456789abcdef0\",\"pid\":1,\"start\":1,\"since\":1,\"until\":1}}",
                                        "{\"client_id\":\"x\",\"lease\":{\"host\":\"h\",\"boot\":\"b\",\"nonce\":\"0\","
                                        "\"pid\":1.5,\"start\":1,\"since\":1,\"until\":1}}"};
    ot_store *store = rig_memory();
    ot_session *s;
    ot_error error;
    char text[1000];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(ot_kv_put(store, OT_STR("session/ingest"), ot_str_c(texts[i]), OT_KV_ANY, NULL, NULL), OT_OK);
        assert_int_equal(ot_session_open(store, "ingest", NULL, "b", one, 1, NULL, NULL, &s, &error), OT_ECORRUPT);
        assert_null(s);
        get(store, "session/ingest", text, sizeof text);
        assert_string_equal(text, texts[i]); /* left as it is */
    }
    /* Odd things where they do not matter are passed over. */
    assert_int_equal(ot_kv_put(store, OT_STR("session/ingest"),
                               OT_STR("{\"client_id\":\"x\",\"lease\":null,\"links\":[1,{},{\"broker\":1},{\"broker\":"
                                      "\"b\",\"client_id\":\"x\",\"filters\":[1,\"q\"]}]}"),
                               OT_KV_ANY, NULL, NULL),
                     OT_OK);
    assert_int_equal(ot_kv_put(store, OT_STR("session/zzz"), OT_STR("[]"), OT_KV_ANY, NULL, NULL), OT_OK);
    s = open_as(store, "ingest", NULL, "b", one, 1, NULL);
    const char *const *unwanted;
    assert_int_equal(ot_session_unwanted(s, &unwanted), 1);
    assert_string_equal(unwanted[0], "q");
    ot_session_close(s);
    ot_store_close(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_id),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_filters_old_id),
        cmocka_unit_test(test_busy),
        cmocka_unit_test(test_dead_process),
        cmocka_unit_test(test_renew),
        cmocka_unit_test(test_renew_fails_for_a_while),
        cmocka_unit_test(test_look),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
