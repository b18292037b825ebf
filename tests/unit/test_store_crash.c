/* ctest: timeout=600 */
/* test_store_crash.c: the SQLite store when its process is killed, the disk gets full, the power fails. With OT_TEST_FULL=1 in the environment 20 points
   of each, else 3. */
#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <owntracks/kv.h>
#include <owntracks/sqlite.h>

#if OT_HAVE_SQLITE
#include "support/folder.h"
#include "support/vfs_faulty.c"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define T0    ((ot_time)1700000000000)
#define BATCH 50
#define MOST  200000

static int points(void) {
    const char *full = getenv("OT_TEST_FULL");
    return full && full[0] == '1' ? 20 : 3;
}

/* The disk: its orders, and the VFS over it. */
static faulty_control disk;
static void no_faults(void) {
    static bool registered;
    if (!registered) assert_true(vfs_faulty_register(&disk));
    registered = true;
    atomic_store(&disk.stay, true);
}
/* At this operation from now on (0: the next one) the power goes. */
static void off_after(unsigned operations) {
    atomic_store(&disk.die_at, atomic_load(&disk.operations) + operations + 1);
}

static uint64_t seed = 20;
static unsigned below(unsigned n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

typedef struct made {
    ot_record r;
    char user[16], payload[200];
} made;

static void make(made *x, unsigned n) {
    const ot_record empty = OT_RECORD_INIT;
    snprintf(x->user, sizeof x->user, "u%u", n % 7);
    snprintf(x->payload, sizeof x->payload,
             "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":%u,\"n\":%u,\"fill\":\"%080u\"}", 1700000000u + n, n,
             n);
    x->r = empty;
    x->r.type = OT_TYPE_LOCATION;
    x->r.user = ot_str_c(x->user);
    x->r.device = OT_STR("phone");
    x->r.topic = OT_STR("owntracks/u/phone");
    x->r.payload = ot_str_c(x->payload);
    x->r.at = T0 + (ot_time)n * 1000;
    x->r.arrival = x->r.at + 500;
    x->r.has_position = true;
    x->r.lat = 1;
    x->r.lon = 2;
    x->r.id = ot_id_of_record(x->r.user, x->r.device, x->r.payload, 0);
}

/* Stores records [first, first + BATCH) and, in the same transaction, how far it has come. */
static ot_status put_batch(ot_store *s, unsigned first, ot_error *error) {
    static made x[BATCH];
    ot_record r[BATCH];
    for (unsigned i = 0; i < BATCH; i++) {
        make(&x[i], first + i);
        r[i] = x[i].r;
    }
    char text[20];
    snprintf(text, sizeof text, "%u", first + BATCH);
    const ot_kv_op op = {OT_STR("position"), ot_str_c(text), OT_KV_ANY};
    return ot_store_put(s, r, BATCH, &op, 1, NULL, error);
}

static void tell(void *ctx, ot_str line) {
    (void)ctx;
    fprintf(stderr, "%.*s\n", (int)line.len, line.ptr);
}

static ot_store *open_store(const char *folder, const char *vfs) {
    char url[300];
    snprintf(url, sizeof url, "sqlite:%s/t.db", folder);
    const ot_option option[] = {{"checkpoint", "40"}, {"vfs", vfs}}; /* small, so that checkpoints are hit too */
    ot_store_config config = OT_STORE_CONFIG_INIT;
    config.options = option;
    config.option_count = vfs ? 2 : 1;
    ot_store *s = NULL;
    ot_error error = {OT_OK, 0, 0, "", ""};
    if (ot_store_open(url, &config, &s, &error) != OT_OK && !vfs_faulty_is_off()) fail_msg("%s", error.reason);
    return s;
}

/* All of the first `acknowledged` records are there, whole batches only, none twice, and the store is sound. Returns how many there are. */
static unsigned verify(ot_store *s, unsigned acknowledged) {
    static unsigned char there[MOST];
    memset(there, 0, sizeof there);
    ot_query q = OT_QUERY_INIT;
    ot_cursor *c;
    const ot_record *r;
    unsigned n = 0;
    assert_int_equal(ot_store_scan(s, &q, &c, NULL), OT_OK);
    ot_status status;
    while ((status = ot_cursor_next(c, &r, NULL)) == OT_OK) {
        unsigned k = (unsigned)((r->at - T0) / 1000);
        assert_true(k < MOST);
        assert_int_equal(there[k], 0);
        there[k] = 1;
        n++;
    }
    assert_int_equal(status, OT_DONE);
    ot_cursor_close(c);
    for (unsigned i = 0; i < acknowledged; i++) {
        if (!there[i]) fail_msg("record %u was acknowledged and is not there", i);
    }
    assert_int_equal(n % BATCH, 0);
    char text[20] = "0";
    ot_sink_buffer buffer = {text, sizeof text - 1, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    status = ot_kv_get(s, OT_STR("position"), &sink, NULL, NULL);
    assert_true(status == OT_OK || (status == OT_ENOTFOUND && n == 0));
    assert_int_equal(strtoul(text, NULL, 10), n); /* what was joined to a put stands and falls with it */
    ot_error error;
    if (ot_store_check(s, tell, NULL, &error) != OT_OK) fail_msg("%s", error.reason);
    return n;
}

static void killed(void **state) {
    (void)state;
    char folder[200];
    test_folder(folder, sizeof folder);
    unsigned done = 0;
    for (int i = 0; i < points(); i++) {
        int pipes[2];
        assert_int_equal(pipe(pipes), 0);
        pid_t child = fork();
        if (child == 0) {
            close(pipes[0]);
            ot_store *s = open_store(folder, NULL);
            for (unsigned n = done; n + BATCH < MOST; n += BATCH) {
                if (put_batch(s, n, NULL) != OT_OK) _exit(1);
                unsigned told = n + BATCH;
                if (write(pipes[1], &told, sizeof told) != (ssize_t)sizeof told) _exit(1);
            }
            _exit(0);
        }
        assert_true(child > 0);
        close(pipes[1]);
        unsigned acknowledged = done, want = 2 + below(40), told;
        for (unsigned k = 0; k < want && read(pipes[0], &told, sizeof told) == (ssize_t)sizeof told; k++)
            acknowledged = told;
        struct timespec moment = {
            0, (long)below(3000000)}; /* somewhere in the next ones: a point in time, not a wait for anything */
        nanosleep(&moment, NULL);
        kill(child, SIGKILL);
        while (read(pipes[0], &told, sizeof told) == (ssize_t)sizeof told)
            acknowledged = told;
        close(pipes[0]);
        int how;
        assert_int_equal(waitpid(child, &how, 0), child);
        assert_true(WIFSIGNALED(how));
        ot_store *s = open_store(folder, NULL);
        assert_true(acknowledged > done);
        done = verify(s, acknowledged);
        /* The client sends the last one again. */
        assert_int_equal(put_batch(s, done - BATCH, NULL), OT_OK);
        assert_int_equal(verify(s, done), done);
        ot_store_close(s);
    }
    test_folder_remove(folder);
}

static void power(void **state) {
    (void)state;
    char folder[200];
    test_folder(folder, sizeof folder);
    no_faults();
    unsigned done = 0, cut = 0;
    for (int i = 0; i < points(); i++) {
        /* The first at the making of the database, one each at opening and in the midst of work. */
        off_after(i == 0 ? 5 : i == 1 ? 40 : below(2500));
        unsigned acknowledged = done;
        ot_store *s = open_store(folder, "faulty");
        ot_status status = s ? OT_OK : OT_EIO;
        while (status == OT_OK && acknowledged + BATCH < MOST) {
            status = put_batch(s, acknowledged, NULL);
            if (status == OT_OK) acknowledged += BATCH;
        }
        assert_true(vfs_faulty_is_off());
        assert_int_not_equal(status, OT_OK);
        ot_store_close(s);
        vfs_faulty_power_on();
        cut++;
        s = open_store(folder, "faulty");
        assert_non_null(s);
        done = verify(s, acknowledged);
        ot_store_close(s);
    }
    assert_int_equal(cut, (unsigned)points());
    assert_true(done > 0);
    test_folder_remove(folder);
}

/* The disk of these tests does lose what is not synced: without syncing, what was acknowledged is gone. */
static void unsynced(void **state) {
    (void)state;
    char folder[200], url[300];
    test_folder(folder, sizeof folder);
    no_faults();
    snprintf(url, sizeof url, "sqlite:%s/t.db", folder);
    const ot_option options[] = {{"synchronous", "off"}, {"vfs", "faulty"}};
    ot_store_config config = OT_STORE_CONFIG_INIT;
    config.options = options;
    config.option_count = 2;
    ot_store *s;
    assert_int_equal(ot_store_open(url, &config, &s, NULL), OT_OK);
    for (unsigned n = 0; n < 10 * BATCH; n += BATCH)
        assert_int_equal(put_batch(s, n, NULL), OT_OK);
    off_after(0);
    assert_int_not_equal(put_batch(s, 10 * BATCH, NULL), OT_OK);
    ot_store_close(s);
    vfs_faulty_power_on();
    s = open_store(folder, "faulty");
    assert_int_equal(verify(s, 0), 0);
    ot_store_close(s);
    test_folder_remove(folder);
}

static void full(void **state) {
    (void)state;
    char folder[200];
    test_folder(folder, sizeof folder);
    no_faults();
    ot_store *s = open_store(folder, "faulty");
    unsigned done = 0;
    for (int i = 0; i < 4 * points(); i++) {
        atomic_store(&disk.full_at, atomic_load(&disk.operations) + 1 + below(120));
        atomic_store(&disk.full, FAULTY_NO_WRITES);
        ot_status status;
        ot_error error;
        while ((status = put_batch(s, done, &error)) == OT_OK && done + 2 * BATCH < MOST)
            done += BATCH;
        assert_int_equal(status, OT_EFULL);
        assert_int_equal(put_batch(s, done, &error), OT_EFULL); /* still */
        assert_int_equal(ot_kv_put(s, OT_STR("other"), OT_STR("1"), OT_KV_ANY, NULL, &error), OT_EFULL);
        atomic_store(&disk.full, FAULTY_ROOM);
        assert_int_equal(put_batch(s, done, &error), OT_OK); /* the same call again, on the same handle */
        done += BATCH;
    }
    assert_int_equal(verify(s, done), done);
    ot_store_close(s);
    test_folder_remove(folder);
}

/* The system's own limit on the size of files. */
static void limited(void **state) {
    (void)state;
    char folder[200];
    test_folder(folder, sizeof folder);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        ot_store *s = open_store(folder, NULL);
        struct rlimit limit;
        getrlimit(RLIMIT_FSIZE, &limit);
        rlim_t most = limit.rlim_max;
        limit.rlim_cur = 600000;
        setrlimit(RLIMIT_FSIZE, &limit);
        unsigned done = 0;
        ot_status status;
        while ((status = put_batch(s, done, NULL)) == OT_OK && done + 2 * BATCH < MOST)
            done += BATCH;
        if (status != OT_EFULL) _exit(2);
        limit.rlim_cur = most;
        setrlimit(RLIMIT_FSIZE, &limit);
        if (put_batch(s, done, NULL) != OT_OK) _exit(3);
        done += BATCH;
        if (verify(s, done) != done) _exit(4);
        ot_store_close(s);
        _exit(0);
    }
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
    test_folder_remove(folder);
}

/* Somebody else holds a long read while much is written. */
static void long_read(void **state) {
    (void)state;
    char folder[200];
    test_folder(folder, sizeof folder);
    ot_store *s = open_store(folder, NULL), *reader = open_store(folder, NULL);
    assert_int_equal(put_batch(s, 0, NULL), OT_OK);
    ot_query q = OT_QUERY_INIT;
    ot_cursor *c;
    const ot_record *r;
    assert_int_equal(ot_store_scan(reader, &q, &c, NULL), OT_OK);
    assert_int_equal(ot_cursor_next(c, &r, NULL), OT_OK);
    unsigned done = BATCH;
    for (int i = 0; i < 60; i++, done += BATCH)
        assert_int_equal(put_batch(s, done, NULL), OT_OK);
    unsigned n = 1;
    while (ot_cursor_next(c, &r, NULL) == OT_OK)
        n++;
    assert_true(n >= BATCH);
    ot_cursor_close(c);
    assert_int_equal(verify(s, done), done);
    assert_int_equal(verify(reader, done), done);
    ot_store_close(reader);
    ot_store_close(s);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(killed),   cmocka_unit_test(power),
                                       cmocka_unit_test(unsynced), cmocka_unit_test(full),
                                       cmocka_unit_test(limited),  cmocka_unit_test(long_read)};
    if (ot_sqlite_register() != OT_OK) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void) {
    return 0;
}
#endif
