/* test_reader.c: a second process reads for long while messages come: nothing fails, the write-ahead log grows, and shrinks when the reader is gone. */
#include "rig.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

#define LOG_LIMIT (64 * 1024 * 1024) /* bytes that the store leaves in the log when it is begun anew */

static int64_t number(rig *r, sqlite3 *db, const char *sql, int column) {
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK || sqlite3_step(s) != SQLITE_ROW)
        rig_fail(r, "%s: %s", sql, sqlite3_errmsg(db));
    int64_t n = sqlite3_column_int64(s, column);
    sqlite3_finalize(s);
    return n;
}

static int64_t log_size(const rig *r) {
    char path[128];
    struct stat st;
    snprintf(path, sizeof path, "%s-wal", r->database);
    return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

/* How often the log was begun anew: the checkpoint sequence number in its header. */
static uint32_t log_round(rig *r) {
    char path[128];
    unsigned char header[16];
    snprintf(path, sizeof path, "%s-wal", r->database);
    FILE *f = fopen(path, "rb");
    if (!f || fread(header, 1, sizeof header, f) != sizeof header) rig_fail(r, "%s cannot be read", path);
    fclose(f);
    return (uint32_t)header[12] << 24 | (uint32_t)header[13] << 16 | (uint32_t)header[14] << 8 | header[15];
}

static void long_read(void **state) {
    rig *r = *state;
    int messages = rig_choose(r, 4000, 40000), rate = rig_choose(r, 1000, 2000);
    static const char rows[] = "SELECT count(*) FROM record";
    const int64_t pages = 100; /* before a checkpoint is tried */
    sqlite3 *db;
    rig_ingest_first(r, INGEST, OPTIONS("--store-option", "checkpoint=100"));
    assert_int_equal(sqlite3_open_v2(r->database, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    int64_t page = number(r, db, "PRAGMA page_size", 0);
    rig_sim(r, messages, rate);
    RIG_WAIT(r, number(r, db, rows, 0) > 0);
    if (sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK) rig_fail(r, "%s", sqlite3_errmsg(db));
    int64_t seen = number(r, db, rows, 0);
    uint64_t head = rig_head(r);
    /* Most of the messages come now. */
    RIG_WAIT(r, rig_head(r) > head + (uint64_t)messages / 2);
    int64_t grown = log_size(r);
    if (grown < 4 * pages * page) rig_fail(r, "the log holds %" PRId64 " bytes: no checkpoint was kept waiting", grown);
    if (number(r, db, rows, 0) != seen) rig_fail(r, "the reader sees what came after its start");
    uint32_t round = log_round(r);
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    if (number(r, db, rows, 0) == seen) rig_fail(r, "the reader does not see what was stored meanwhile");
    /* With the next commits ot-ingest copies the log into the database and writes it from its start again, cut to its limit. */
    RIG_WAIT(r, (rig_last_word(r), log_round(r) != round));
    RIG_WAIT(r, log_size(r) <= LOG_LIMIT);
    sqlite3_close(db);
    if (rig_log(r, "ingest", "cannot store now") > 0) rig_fail(r, "the reader was in the way");
    rig_prove(r, "long reader", "the log grew to %" PRId64 " KiB while the reader stayed", grown / 1024);
    if (log_size(r) > 0) rig_fail(r, "the log outlives its last user");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(long_read, rig_setup, rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
