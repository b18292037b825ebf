/* rig.c: processes, the clock, and the proof at the end. */
#define _GNU_SOURCE
#include "rig.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <owntracks/mosquitto.h>
#include <owntracks/owntracks.h>
#include <owntracks/sqlite.h>

#include "support/client.h"
#include "support/folder.h"

#define ARGUMENTS 48

/* The log of the broker tells of connections and subscriptions only: it must not cost more than the messages do. */
static const char broker_lines[] =
    "persistence true\nmax_queued_messages 0\nmax_inflight_messages 1000\n"
    "log_type none\nlog_type error\nlog_type warning\nlog_type notice\nlog_type subscribe\n";

int64_t rig_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void rig_sleep(int64_t milliseconds) {
    poll(NULL, 0, (int)milliseconds);
}

uint64_t rig_between(rig *r, uint64_t low, uint64_t high) {
    uint64_t x = r->random += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return low + (x ^ (x >> 31)) % (high - low + 1);
}

int rig_choose(const rig *r, int brief, int full) {
    return r->full ? full : brief;
}

/* ---- The rig ---- */

int rig_setup(void **state) {
    rig *r = calloc(1, sizeof *r);
    const char *seed = getenv("OT_SEED"), *full = getenv("OT_TEST_FULL");
    char control[96];
    if (!r) return -1;
    *state = r;
    r->full = full && strcmp(full, "1") == 0;
    r->seed = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL) * 100000 + (uint64_t)getpid();
    r->random = r->seed;
    print_message("OT_SEED=%" PRIu64 "\n", r->seed);
    test_folder(r->folder, sizeof r->folder);
    snprintf(r->database, sizeof r->database, "%s/tracks.db", r->folder);
    snprintf(r->ledger, sizeof r->ledger, "%s/ledger", r->folder);
    snprintf(control, sizeof control, "%s/control", r->folder);
    r->control = vfs_faulty_map(control);
    r->began = rig_now();
    if (!r->control || ot_sqlite_register() != OT_OK || ot_mosquitto_register() != OT_OK) return -1;
    if (!broker_available()) {
        print_message("no mosquitto is installed\n");
        return -1;
    }
    return broker_init(&r->broker) && broker_start(&r->broker, broker_lines) ? 0 : -1;
}

static void reap(pid_t *pid, int signal, int *status) {
    if (!*pid) return;
    if (signal) kill(*pid, signal);
    waitpid(*pid, status, 0);
    *pid = 0;
}

int rig_teardown(void **state) {
    rig *r = *state;
    if (!r) return 0;
    reap(&r->ingest, SIGKILL, NULL);
    reap(&r->sim, SIGKILL, NULL);
    broker_free(&r->broker);
    if (r->control) munmap(r->control, sizeof *r->control);
    if (getenv("OT_CHAOS_KEEP"))
        print_message("kept: %s\n", r->folder);
    else
        test_folder_remove(r->folder);
    free(r);
    return 0;
}

static void tail(rig *r, const char *name) {
    char path[128], text[2049];
    snprintf(path, sizeof path, "%s/%s", r->folder, name);
    FILE *f = fopen(path, "r");
    if (!f) return;
    if (fseek(f, -(long)(sizeof text - 1), SEEK_END) != 0) rewind(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    fprintf(stderr, "---- the end of %s\n%s\n", name, text); /* print_error() cuts */
}

void rig_fail(rig *r, const char *format, ...) {
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    tail(r, "ingest");
    tail(r, "sim");
    tail(r, "check");
    fail_msg("%s (OT_SEED=%" PRIu64 ")", text, r->seed);
    abort(); /* fail_msg() does not return */
}

/* ---- Processes ---- */

static pid_t start(rig *r, const char *log, bool anew, const char *const *arguments) {
    char path[128], control[128];
    snprintf(path, sizeof path, "%s/%s", r->folder, log);
    snprintf(control, sizeof control, "%s/control", r->folder);
    pid_t parent = getpid(), pid = fork();
    if (pid < 0) rig_fail(r, "no process for %s", arguments[0]);
    if (pid > 0) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | (anew ? O_TRUNC : 0), 0600);
    if (fd >= 0) dup2(fd, 1), dup2(fd, 2);
    setenv(FAULTY_CONTROL, control, 1);
    if (strcmp(log, "ingest") == 0 && r->file_limit) {
        struct rlimit limit = {r->file_limit, RLIM_INFINITY};
        getrlimit(RLIMIT_FSIZE, &limit);
        limit.rlim_cur = r->file_limit;
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    execv(arguments[0], (char *const *)(uintptr_t)arguments);
    _exit(127);
}

static int run(rig *r, const char *log, const char *const *arguments) {
    int status = -1;
    pid_t pid = start(r, log, true, arguments);
    reap(&pid, 0, &status);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *store_url(const rig *r) {
    static char url[128];
    snprintf(url, sizeof url, "sqlite:%s", r->database);
    return url;
}

void rig_ingest(rig *r, const char *program, const char *const *options) {
    const char *arguments[ARGUMENTS] = {program, "--transport", r->broker.url, "--store", store_url(r), "--verbose"};
    for (size_t n = 6; *options && n < ARGUMENTS - 1; n++)
        arguments[n] = *options++;
    if (r->ingest) rig_fail(r, "ot-ingest is running already");
    r->starts++;
    r->ingest = start(r, "ingest", false, arguments);
}

void rig_ingest_first(rig *r, const char *program, const char *const *options) {
    rig_ingest(r, program, options);
    RIG_WAIT(r, broker_log(&r->broker, SUBSCRIBED) > 0 || rig_ingest_ended(r));
    if (!r->ingest) rig_fail(r, "ot-ingest ended by itself");
}

bool rig_ingest_ended(rig *r) {
    if (r->ingest && waitpid(r->ingest, &r->ingest_end, WNOHANG) == r->ingest) r->ingest = 0;
    return r->ingest == 0;
}

void rig_ingest_kill(rig *r) {
    if (rig_ingest_ended(r)) rig_fail(r, "ot-ingest ended by itself, status %x", (unsigned)r->ingest_end);
    reap(&r->ingest, SIGKILL, &r->ingest_end);
}

void rig_ingest_end(rig *r) {
    if (rig_ingest_ended(r)) rig_fail(r, "ot-ingest ended by itself, status %x", (unsigned)r->ingest_end);
    kill(r->ingest, SIGTERM);
    RIG_WAIT(r, rig_ingest_ended(r));
    if (!WIFEXITED(r->ingest_end) || WEXITSTATUS(r->ingest_end) != 0)
        rig_fail(r, "ot-ingest ended on TERM with status %x", (unsigned)r->ingest_end);
}

size_t rig_log(rig *r, const char *name, const char *text) {
    char path[128], line[2048];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/%s", r->folder, name);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        n += strstr(line, text) != NULL;
    if (f) fclose(f);
    return n;
}

void rig_sim(rig *r, int messages, int rate) {
    char seed[24], per_second[24], count[24];
    snprintf(seed, sizeof seed, "%" PRIu64, rig_between(r, 1, INT32_MAX));
    snprintf(per_second, sizeof per_second, "%d/s", rate);
    snprintf(count, sizeof count, "%d", messages);
    const char *arguments[] = {
        CHAOS_BIN "/ot-sim", "run",     "--transport", r->broker.url, "--devices", "20",    "--rate",
        per_second,          "--count", count,         "--seed",      seed,        "--qos", "1",
        "--ledger",          r->ledger, NULL};
    r->sim = start(r, "sim", false, arguments);
}

bool rig_sim_ended(rig *r) {
    int status;
    if (r->sim && waitpid(r->sim, &status, WNOHANG) == r->sim) {
        r->sim = 0;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            rig_fail(r, "ot-sim ended with status %x", (unsigned)status);
    }
    return r->sim == 0;
}

/* ---- The proof ---- */

static bool stats(rig *r, ot_store_stats *out) {
    ot_store_config config = OT_STORE_CONFIG_INIT;
    ot_store *store;
    config.read_only = config.must_exist = true;
    memset(out, 0, sizeof *out);
    out->size = sizeof *out;
    if (ot_store_open(store_url(r), &config, &store, NULL) != OT_OK) return false;
    bool good = ot_store_stats_get(store, out, NULL) == OT_OK;
    ot_store_close(store);
    return good;
}

uint64_t rig_head(rig *r) {
    ot_store_stats s;
    return stats(r, &s) ? s.head : 0;
}

bool rig_ledger_holds(rig *r, const char *ledger) {
    const char *arguments[] = {CHAOS_BIN "/ot-sim", "check", "--store", store_url(r), "--ledger", ledger, NULL};
    int code = run(r, "check", arguments);
    if (code != 0 && code != 1) rig_fail(r, "ot-sim check ended with %d", code);
    return code == 0;
}

/* Until the ledger holds; nothing else than more records in the store buys more time. */
static void arrive(rig *r, const char *ledger) {
    uint64_t head = rig_head(r);
    int64_t end = rig_now() + RIG_PATIENCE;
    while (!rig_ledger_holds(r, ledger)) {
        int64_t look = rig_now() + 500;
        uint64_t now;
        while ((now = rig_head(r)) == head && rig_now() < look)
            rig_sleep(50);
        if (now != head) {
            head = now;
            end = rig_now() + RIG_PATIENCE;
            rig_sleep(200); /* the check reads everything: not for each batch */
        }
        if (rig_now() > end) rig_fail(r, "the ledger does not hold");
        if (rig_ingest_ended(r)) rig_fail(r, "ot-ingest ended by itself, status %x", (unsigned)r->ingest_end);
    }
}

static void whole(rig *r) {
    sqlite3 *db;
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_open_v2(r->database, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(s, 0), "ok");
    sqlite3_finalize(s);
    sqlite3_close(db);
    const char *arguments[] = {CHAOS_BIN "/ot-cat", "--store", store_url(r), "check", NULL};
    if (run(r, "check", arguments) != 0) rig_fail(r, "ot-cat check finds damage");
}

void rig_prove(rig *r, const char *what, const char *format, ...) {
    char text[300];
    ot_store_stats s;
    va_list args;
    RIG_WAIT(r, rig_sim_ended(r));
    arrive(r, r->ledger);
    rig_ingest_end(r);
    if (!rig_ledger_holds(r, r->ledger)) rig_fail(r, "the ledger does not hold after the end");
    whole(r);
    if (!stats(r, &s)) rig_fail(r, "the store cannot be read");
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    print_message("%s: %zu messages acknowledged to ot-sim, %" PRIu64 " records and %" PRIu64
                  " repeats in the store, %s: the ledger holds (%" PRId64 " s)\n",
                  what, rig_log(r, "ledger", "{\"ack\":"), s.records, s.repeats, text,
                  (rig_now() - r->began + 500) / 1000);
}

void rig_last_word(rig *r) {
    client c;
    ot_transport_config config = client_config(&c, OT_SEND, NULL);
    ot_store_config reading = OT_STORE_CONFIG_INIT;
    bool there = false;
    char payload[80];
    snprintf(payload, sizeof payload, "{\"_type\":\"location\",\"lat\":1,\"lon\":1,\"tst\":%u}", ++r->words);
    if (client_open(&c, r->broker.url, &config, NULL) != OT_OK) rig_fail(r, "no connection for the last message");
    WAIT(client_link(&c) == OT_LINK_CONNECTED, &c, NULL);
    if (client_send(&c, "owntracks/last/word", payload, 1, false) != OT_OK) rig_fail(r, "nothing can be published");
    WAIT(c.acked == 1, &c, NULL);
    client_close(&c);
    reading.read_only = reading.must_exist = true;
    for (int64_t end = rig_now() + RIG_PATIENCE; !there && rig_now() < end; rig_sleep(50)) {
        ot_store *store;
        ot_cursor *cursor;
        const ot_record *record;
        if (ot_store_open(store_url(r), &reading, &store, NULL) != OT_OK) continue;
        if (ot_store_last(store, ot_str_c("last"), ot_str_c("word"), &cursor, NULL) == OT_OK) {
            there = ot_cursor_next(cursor, &record, NULL) == OT_OK && record->at == (ot_time)r->words * 1000;
            ot_cursor_close(cursor);
        }
        ot_store_close(store);
    }
    if (!there) rig_fail(r, "the last message does not arrive");
}

void rig_prove_loss(rig *r, const char *what, const char *program) {
    RIG_WAIT(r, rig_sim_ended(r));
    size_t before = broker_log(&r->broker, SUBSCRIBED);
    if (r->ingest) rig_fail(r, "%s: ot-ingest should have ended", what);
    rig_ingest(r, program, NO_OPTIONS);
    RIG_WAIT(r, broker_log(&r->broker, SUBSCRIBED) > before);
    rig_last_word(r);
    rig_ingest_end(r);
    if (rig_ledger_holds(r, r->ledger)) rig_fail(r, "%s: the loss was not noticed", what);
    if (rig_log(r, "check", "missing: ") == 0) rig_fail(r, "%s: the check does not say what is missing", what);
    print_message("%s: the loss is noticed\n", what);
}

void rig_falsify(rig *r) {
    FILE *f = fopen(r->ledger, "a");
    if (!f ||
        fputs("{\"n\":999999,\"id\":\"00112233445566778899aabbccddeeff\",\"user\":\"nobody\",\"device\":\"phone\","
              "\"type\":\"location\",\"qos\":1,\"at\":1700000000000}\n{\"ack\":999999}\n",
              f) < 0 ||
        fclose(f) != 0)
        rig_fail(r, "the ledger cannot be written");
}
