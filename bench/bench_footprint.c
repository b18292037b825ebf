/* bench_footprint.c: what it takes: bytes of the stripped core, memory and wake-ups of an idle ot-ingest, and bytes written to disk for each message. */
#define _GNU_SOURCE
#include "bench_broker.h"

#include <fcntl.h>
#include <libgen.h>

#define IDLE_SECONDS 30
#define MESSAGES     50000

/* The build tree, from where this program stands. */
static void tree(char *path, size_t size) {
    char self[512];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0) bench_fail("/proc/self/exe cannot be read");
    self[n] = 0;
    snprintf(path, size, "%s", dirname(dirname(self)));
}

static void stripped(const char *root, const char *folder, const char *name, const char *figure) {
    char from[800], to[96];
    struct stat info;
    snprintf(from, sizeof from, "%s/lib/lib%s.so", root, name);
    snprintf(to, sizeof to, "%s/stripped", folder);
    pid_t child = fork();
    if (child == 0) {
        execlp("strip", "strip", "-o", to, from, (char *)NULL);
        _exit(127);
    }
    int status;
    waitpid(child, &status, 0);
    if (status == 0 && stat(to, &info) == 0) bench_figure(figure, (double)info.st_size, "bytes");
    unlink(to);
}

static pid_t ingest(const char *root, const bench_broker *b) {
    char program[600], store[128], state[96];
    snprintf(program, sizeof program, "%s/bin/ot-ingest", root);
    snprintf(store, sizeof store, "sqlite:%s/tracks.db", b->folder);
    snprintf(state, sizeof state, "%s/log", b->folder);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int fd = open(state, O_WRONLY | O_CREAT, 0600);
        if (fd >= 0) dup2(fd, 2);
        execl(program, program, "--transport", b->url, "--store", store, (char *)NULL);
        _exit(127);
    }
    return child;
}

/* Until its own log says that it is connected. */
static void connected(const bench_broker *b, pid_t child) {
    char path[96], text[4096];
    snprintf(path, sizeof path, "%s/log", b->folder);
    for (int i = 0; i < 1000; i++) {
        FILE *f = fopen(path, "r");
        size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
        if (f) fclose(f);
        text[n] = 0;
        if (strstr(text, ": connected")) return;
        if (waitpid(child, NULL, WNOHANG) == child) bench_fail(n ? text : "ot-ingest does not run: is it built?");
        usleep(10000);
    }
    bench_fail("ot-ingest does not connect");
}

/* Written bytes do not change any more. */
static double settled(pid_t child) {
    double before = -1, now = bench_proc(child, "io", "wchar:");
    while (before < now) {
        usleep(1500000);
        before = now;
        now = bench_proc(child, "io", "wchar:");
    }
    return bench_proc(child, "io", "write_bytes:");
}

int main(int argc, char **argv) {
    char root[512];
    bench_begin(argc, argv, "");
    if (ot_mosquitto_register() != OT_OK) bench_fail("built without libmosquitto: there is nothing to measure");
    bench_broker b;
    tree(root, sizeof root);
    bench_broker_start(&b);
    stripped(root, b.folder, "owntracks", "footprint.core");
    stripped(root, b.folder, "owntracks-sqlite", "footprint.sqlite");
    stripped(root, b.folder, "owntracks-mosquitto", "footprint.mosquitto");

    pid_t child = ingest(root, &b);
    connected(&b, child);
    usleep(8000000); /* the state of the new connection is written a little later */
    double wakes = bench_proc(child, "status", "voluntary_ctxt_switches:");
    usleep(IDLE_SECONDS * 1000000);
    wakes = bench_proc(child, "status", "voluntary_ctxt_switches:") - wakes;
    bench_figure("footprint.idle.rss", bench_proc(child, "status", "VmRSS:"), "KiB");
    bench_figure("footprint.idle.wakeups", wakes / IDLE_SECONDS, "1/s");

    double before = settled(child);
    char topic[64], payload[512];
    double bytes = 0;
    ot_transport *t = bench_sender(&b);
    for (uint64_t i = 0; i < MESSAGES; i++) {
        bench_publish(t, i, 0);
        bytes += (double)bench_message(i, 0, topic, payload);
    }
    bench_sender_end(t);
    bench_figure("footprint.payload", bytes / MESSAGES, "bytes/message");
    bench_figure("footprint.written", (settled(child) - before) / MESSAGES, "bytes/message");
    bench_figure("footprint.busy.rss", bench_proc(child, "status", "VmRSS:"), "KiB");
    kill(child, SIGTERM);
    int status;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) bench_fail("ot-ingest did not end well");
    bench_broker_end(&b);
    return 0;
}
