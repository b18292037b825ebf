/* test_full.c: the disk is full, and later it is not: ot-ingest goes on by itself, and nothing is lost. */
#define _GNU_SOURCE
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* With the shortest keepalive a commit may take 2.5 s; beyond that the connection is dropped, and the broker delivers again. */
#define SHORT_KEEPALIVE "--keepalive", "5s"
#define BEYOND_LIMIT    4000

static const char *const refused = "the store cannot store";

static void full_vfs(void **state) {
    rig *r = *state;
    int rounds = rig_choose(r, 2, 6), messages = rig_choose(r, 6000, 40000), rate = rig_choose(r, 400, 1000);
    const char *const *vfs = OPTIONS(OPTIONS_VFS, SHORT_KEEPALIVE, "--store-option", "checkpoint=100");
    rig_ingest_first(r, INGEST_VFS, vfs);
    rig_sim(r, messages, rate);
    for (int i = 0; i < rounds; i++) {
        rig_sleep((int64_t)rig_between(r, 100, 1000));
        uint64_t before = atomic_load(&r->control->refused);
        atomic_store(&r->control->full, i % 2 ? FAULTY_NO_WRITES : FAULTY_NO_GROWTH);
        RIG_WAIT(r, atomic_load(&r->control->refused) > before);
        rig_sleep(i % 2 ? (int64_t)rig_between(r, 10, 1500) : BEYOND_LIMIT);
        atomic_store(&r->control->full, FAULTY_ROOM);
    }
    if (rig_log(r, "ingest", "cannot store now") == 0) rig_fail(r, "the full disk was not told");
    /* It can be ended while nothing can be stored: what it had read goes back to the broker. */
    uint64_t before = atomic_load(&r->control->refused);
    atomic_store(&r->control->full, FAULTY_NO_WRITES);
    RIG_WAIT(r, atomic_load(&r->control->refused) > before);
    rig_ingest_end(r);
    atomic_store(&r->control->full, FAULTY_ROOM);
    rig_ingest(r, INGEST_VFS, vfs);
    rig_prove(r, "disk full (VFS)",
              "%d times full and once more at its end, %" PRIu64
              " writes refused, %zu connections dropped unacknowledged",
              rounds, (uint64_t)atomic_load(&r->control->refused), rig_log(r, "ingest", refused));
}

static void full_limit(void **state) {
    rig *r = *state;
    int messages = rig_choose(r, 4000, 20000), rate = rig_choose(r, 1000, 1000);
    r->file_limit = 1024 * 1024;
    rig_ingest_first(r, INGEST, OPTIONS(SHORT_KEEPALIVE));
    rig_sim(r, messages, rate);
    RIG_WAIT(r, rig_log(r, "ingest", "cannot store now") > 0 || rig_ingest_ended(r));
    if (!r->ingest) rig_fail(r, "a file that may not grow ended ot-ingest, status %x", (unsigned)r->ingest_end);
    rig_sleep(BEYOND_LIMIT);
    struct rlimit limit;
    assert_int_equal(prlimit(r->ingest, RLIMIT_FSIZE, NULL, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(prlimit(r->ingest, RLIMIT_FSIZE, &limit, NULL), 0);
    rig_prove(r, "file size limit", "files of 1 MiB at most, then no limit, %zu connections dropped unacknowledged",
              rig_log(r, "ingest", refused));
}

/* A disk of its own for the processes of this test, where that is allowed. */
static bool small_disk(const char *where, const char *options) {
    if (unshare(CLONE_NEWNS) != 0) {
        uid_t uid = geteuid();
        gid_t gid = getegid();
        char line[64];
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
        static const char *const maps[] = {"/proc/self/setgroups", "/proc/self/uid_map", "/proc/self/gid_map"};
        for (int i = 0; i < 3; i++) {
            if (i == 0)
                snprintf(line, sizeof line, "deny");
            else
                snprintf(line, sizeof line, "%u %u 1", i == 1 ? uid : gid, i == 1 ? uid : gid);
            int fd = open(maps[i], O_WRONLY | O_CLOEXEC);
            if (fd < 0) return false;
            ssize_t n = write(fd, line, strlen(line));
            close(fd);
            if (n < 0) return false;
        }
    }
    return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && mount("tmpfs", where, "tmpfs", 0, options) == 0;
}

static void full_tmpfs(void **state) {
    rig *r = *state;
    int messages = rig_choose(r, 4000, 20000), rate = rig_choose(r, 1000, 1000);
    char disk[80], ballast[96];
    snprintf(disk, sizeof disk, "%s/disk", r->folder);
    snprintf(ballast, sizeof ballast, "%s/ballast", disk);
    assert_int_equal(mkdir(disk, 0700), 0);
    if (!small_disk(disk, "size=64m")) {
        print_message("skipped: no tmpfs may be mounted here (%s)\n", strerror(errno));
        skip();
    }
    snprintf(r->database, sizeof r->database, "%s/tracks.db", disk);
    int fd = open(ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(posix_fallocate(fd, 0, 63 * 1024 * 1024), 0);
    close(fd);
    /* The log must stay well below the size of the disk. */
    rig_ingest_first(r, INGEST, OPTIONS(SHORT_KEEPALIVE, "--store-option", "checkpoint=1000"));
    rig_sim(r, messages, rate);
    RIG_WAIT(r, rig_log(r, "ingest", "cannot store now") > 0 || rig_ingest_ended(r));
    if (!r->ingest) rig_fail(r, "a full disk ended ot-ingest, status %x", (unsigned)r->ingest_end);
    rig_sleep(BEYOND_LIMIT);
    assert_int_equal(unlink(ballast), 0);
    rig_prove(r, "disk full (tmpfs)", "1 MiB of room, then 64, %zu connections dropped unacknowledged",
              rig_log(r, "ingest", refused));
    umount2(disk, MNT_DETACH);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(full_vfs, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(full_limit, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(full_tmpfs, rig_setup,
                                        rig_teardown), /* last: it has a disk of its own from then on */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
