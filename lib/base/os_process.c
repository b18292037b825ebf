/* os_process.c: the operating system, as far as it knows of processes; a finer clock. */
#define _GNU_SOURCE
#include "base.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int64_t ot__os_monotonic_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The first bytes of a file of /proc, NUL-terminated; the length, or 0. */
static size_t read_some(const char *path, char *text, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t n;
    do
        n = read(fd, text, size - 1);
    while (n < 0 && errno == EINTR);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    return n > 0 ? (size_t)n : 0;
}

/* State and start time (clock ticks since the boot) of a process; false when there is no such process. */
static bool look(int64_t pid, char *state, uint64_t *start) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    if (!read_some(path, text, sizeof text)) return false;
    const char *p = strrchr(text, ')'); /* the name before it may hold anything */
    if (!p || p[1] != ' ') return false;
    p += 2;
    *state = *p;
    for (int field = 3; field < 22 && p; field++) {
        p = strchr(p, ' ');
        if (p) p++;
    }
    if (!p) return false;
    *start = strtoull(p, NULL, 10);
    return true;
}

void ot__os_process_self(ot__process *out) {
    memset(out, 0, sizeof *out);
    if (gethostname(out->host, sizeof out->host - 1) != 0) out->host[0] = 0;
    out->host[sizeof out->host - 1] = 0;
    char boot[64], space[64];
    size_t n = read_some("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
    while (n && (unsigned char)boot[n - 1] <= ' ')
        boot[--n] = 0;
    /* Process numbers mean nothing in another namespace: it belongs to the identity of the boot. */
    ssize_t m = readlink("/proc/self/ns/pid", space, sizeof space - 1);
    space[m > 0 ? m : 0] = 0;
    snprintf(out->boot, sizeof out->boot, "%s %s", n ? boot : "?", space);
    out->pid = getpid();
    char state;
    if (!look(out->pid, &state, &out->start)) out->start = 0;
}

ot__life ot__os_process_life(const ot__process *process) {
    ot__process self;
    ot__os_process_self(&self);
    if (strcmp(self.host, process->host) != 0 || strcmp(self.boot, process->boot) != 0 || self.boot[0] == '?' ||
        process->pid <= 0 || process->pid > INT32_MAX)
        return OT__LIFE_UNKNOWN;
    char state = 0;
    uint64_t start = 0;
    if (look(process->pid, &state, &start))
        return start == process->start && state != 'Z' && state != 'X' ? OT__LIFE_ALIVE : OT__LIFE_DEAD;
    if (kill((pid_t)process->pid, 0) != 0 && errno == ESRCH) return OT__LIFE_DEAD;
    return OT__LIFE_UNKNOWN;
}
