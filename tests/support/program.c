/* program.c: runs programs of the build tree. */
#define _GNU_SOURCE
#include "support/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void run(const char *name, const char *const *arguments, const char *const *environment) {
    char path[1024];
    const char *argv[64] = {path};
    snprintf(path, sizeof path, "%s/bin/%s", OT_BINARY_DIR, name);
    for (size_t i = 0; i < 62 && arguments && arguments[i]; i++)
        argv[i + 1] = arguments[i];
    /* What the surroundings say must not change what is tested. */
    static const char *const keep[] = {"PATH",          "HOME",         "TMPDIR",      "ASAN_OPTIONS",
                                       "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"};
    char *kept[7];
    for (size_t i = 0; i < 7; i++)
        kept[i] = getenv(keep[i]) ? strdup(getenv(keep[i])) : NULL;
    clearenv();
    for (size_t i = 0; i < 7; i++)
        if (kept[i]) setenv(keep[i], kept[i], 1);
    for (size_t i = 0; environment && environment[i]; i++)
        putenv(strdup(environment[i]));
    execv(path, (char *const *)(const void *)argv);
    fprintf(stderr, "%s cannot be run\n", path);
    _exit(127);
}

bool program_start(program *p, const char *folder, const char *name, const char *const *arguments,
                   const char *const *environment) {
    snprintf(p->out, sizeof p->out, "%s/%s.out", folder, name);
    pid_t parent = getpid();
    p->pid = fork();
    if (p->pid < 0) return p->pid = 0, false;
    if (p->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(1);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        int fd = open(p->out, O_WRONLY | O_CREAT | O_APPEND, 0600);
        int in = open("/dev/null", O_RDONLY);
        if (fd >= 0) dup2(fd, 1), dup2(fd, 2);
        if (in >= 0) dup2(in, 0);
        run(name, arguments, environment);
    }
    return true;
}

int program_wait(program *p) {
    int status = 0;
    if (!p->pid) return -1000;
    for (int i = 0; i < 6000; i++) {
        if (waitpid(p->pid, &status, WNOHANG) == p->pid) {
            p->pid = 0;
            return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        }
        poll(NULL, 0, 10);
    }
    kill(p->pid, SIGKILL);
    waitpid(p->pid, &status, 0);
    p->pid = 0;
    return -1000;
}

int program_end(program *p, int signal) {
    if (!p->pid) return -1000;
    kill(p->pid, signal);
    return program_wait(p);
}

bool program_runs(program *p) {
    siginfo_t info = {0};
    return p->pid && waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
}

static char *contents(const program *p) {
    FILE *f = fopen(p->out, "rb");
    size_t room = (size_t)4 << 20;
    char *text = calloc(1, room + 1);
    if (!text) abort();
    if (f) {
        size_t n = fread(text, 1, room, f);
        for (size_t i = 0; i < n; i++)
            if (!text[i]) text[i] = '?';
        fclose(f);
    }
    return text;
}

size_t program_said(const program *p, const char *text) {
    char *all = contents(p);
    size_t n = 0;
    for (const char *at = all; (at = strstr(at, text)); at++)
        n++;
    free(all);
    return n;
}

void program_forget(program *p) {
    if (truncate(p->out, 0) != 0) perror(p->out);
}

void program_show(const program *p) {
    char *all = contents(p);
    fprintf(stderr, "---- %s\n%s----\n", p->out, all);
    free(all);
}

int program_run(const char *folder, const char *name, const char *const *arguments, const char *const *environment,
                char *text, size_t size) {
    program p = {0};
    char inside[100];
    snprintf(inside, sizeof inside, "%.80s/run-XXXXXX", folder);
    if (!mkdtemp(inside)) return -1000;
    if (!program_start(&p, inside, name, arguments, environment)) return -1000;
    int code = program_wait(&p);
    if (text) {
        char *all = contents(&p);
        snprintf(text, size, "%s", all);
        free(all);
    }
    unlink(p.out);
    rmdir(inside);
    return code;
}
