/* test_vfs.c: the VFS "faulty" itself: SQLite alone loses with it what it did not sync, and only that. */
#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/folder.h"
#include "support/vfs_faulty.h"

typedef struct place {
    char folder[64], database[80];
    faulty_control *control;
    int acknowledged[2]; /* a pipe: one byte for each commit */
} place;

static int setup(void **state) {
    place *p = calloc(1, sizeof *p);
    char path[80];
    if (!p) return -1;
    *state = p;
    /* Nothing here needs a real disk. */
    if (!getenv("TMPDIR") && access("/dev/shm", W_OK) == 0) setenv("TMPDIR", "/dev/shm", 0);
    test_folder(p->folder, sizeof p->folder);
    snprintf(p->database, sizeof p->database, "%s/test.db", p->folder);
    snprintf(path, sizeof path, "%s/control", p->folder);
    p->control = vfs_faulty_map(path);
    return p->control && pipe(p->acknowledged) == 0 ? 0 : -1;
}

static int teardown(void **state) {
    place *p = *state;
    close(p->acknowledged[0]);
    if (p->acknowledged[1] >= 0) close(p->acknowledged[1]);
    test_folder_remove(p->folder);
    free(p);
    return 0;
}

static void must(sqlite3 *db, const char *sql) {
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
        _exit(2);
    }
}

/* In a process of its own: a row a commit, until the power goes. */
static int write_until_death(place *p, const char *journal, const char *synchronous) {
    pid_t pid = fork();
    if (pid == 0) {
        char sql[200];
        sqlite3 *db;
        if (!vfs_faulty_register(p->control)) _exit(3);
        if (sqlite3_open_v2(p->database, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, FAULTY_VFS) != SQLITE_OK)
            _exit(4);
        snprintf(sql, sizeof sql,
                 "PRAGMA journal_mode=%s;PRAGMA synchronous=%s;PRAGMA wal_autocheckpoint=20;CREATE TABLE IF NOT EXISTS "
                 "t(n INTEGER PRIMARY KEY, x)",
                 journal, synchronous);
        must(db, sql);
        for (int i = 0; i < 2000; i++) {
            must(db, "INSERT INTO t(x) VALUES (randomblob(1000))");
            if (write(p->acknowledged[1], "x", 1) != 1) _exit(5);
        }
        _exit(0);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    return status;
}

static int rows(place *p) {
    sqlite3 *db;
    sqlite3_stmt *s;
    int n = 0; /* also when there is no table yet */
    assert_int_equal(sqlite3_open(p->database, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(s, 0), "ok");
    sqlite3_finalize(s);
    if (sqlite3_prepare_v2(db, "SELECT count(*) FROM t", -1, &s, NULL) == SQLITE_OK) {
        assert_int_equal(sqlite3_step(s), SQLITE_ROW);
        n = sqlite3_column_int(s, 0);
        sqlite3_finalize(s);
    }
    sqlite3_close(db);
    return n;
}

static int acknowledged(place *p) {
    char bytes[4096];
    close(p->acknowledged[1]);
    p->acknowledged[1] = -1;
    ssize_t n, all = 0;
    while ((n = read(p->acknowledged[0], bytes, sizeof bytes)) > 0)
        all += n;
    return (int)all;
}

/* Each operation of the first ones, then further apart; in each way; with nothing and with a part of what was not synced. */
static void synced_stays(const char *journal) {
    for (uint64_t at = 1; at < 400; at += at < 30 ? 1 : 37) {
        for (int way = 0; way < 8; way++) {
            void *state;
            assert_int_equal(setup(&state), 0);
            place *p = state;
            atomic_store(&p->control->die_at, at);
            atomic_store(&p->control->when, way >> 1);
            atomic_store(&p->control->keep, way & 1 ? 100 : 0);
            atomic_store(&p->control->seed, at);
            int status = write_until_death(p, journal, "full");
            assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
            int promised = acknowledged(p), there = rows(p);
            if (there < promised)
                fail_msg("%s: %d commits, %d rows, died at %d way %d", journal, promised, there, (int)at, way);
            assert_true(there <= promised + 1);
            teardown(&state);
        }
    }
}

static void synced_stays_wal(void **state) {
    (void)state;
    synced_stays("wal");
}

static void unsynced_goes(void **state) {
    place *p = *state;
    atomic_store(&p->control->die_at, 500);
    int status = write_until_death(p, "wal", "off");
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    int promised = acknowledged(p);
    assert_true(promised > 50);
    assert_true(rows(p) < promised / 2);
    assert_int_equal(atomic_load(&p->control->deaths), 1);
    assert_true(atomic_load(&p->control->dropped_writes) > 50);
    assert_true(atomic_load(&p->control->dropped_bytes) > 50 * 1000);
}

/* A process that is killed loses nothing, whatever was synced: the difference between the two promises. */
static void killed_keeps(void **state) {
    place *p = *state;
    int status = write_until_death(p, "wal", "off"); /* ends without closing anything */
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(acknowledged(p), 2000);
    assert_int_equal(rows(p), 2000);
}

static void full(void **state) {
    place *p = *state;
    sqlite3 *db;
    assert_true(vfs_faulty_register(p->control));
    assert_int_equal(sqlite3_open_v2(p->database, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, FAULTY_VFS),
                     SQLITE_OK);
    must(db, "PRAGMA journal_mode=wal; CREATE TABLE t(n INTEGER PRIMARY KEY, x)");
    for (int way = FAULTY_NO_GROWTH; way <= FAULTY_NO_WRITES; way++) {
        atomic_store(&p->control->full, way);
        assert_int_equal(sqlite3_exec(db, "INSERT INTO t(x) VALUES (randomblob(100000))", NULL, NULL, NULL),
                         SQLITE_FULL);
        assert_true(atomic_load(&p->control->refused) >= (uint64_t)way);
        atomic_store(&p->control->full, FAULTY_ROOM);
        must(db, "INSERT INTO t(x) VALUES (randomblob(100000))");
    }
    sqlite3_close(db);
    assert_int_equal(rows(p), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(synced_stays_wal),
        cmocka_unit_test_setup_teardown(unsynced_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(killed_keeps, setup, teardown),
        cmocka_unit_test_setup_teardown(full, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
