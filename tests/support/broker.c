/* broker.c: starts and ends a private mosquitto. */
#define _GNU_SOURCE
#include "support/broker.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *program(void) {
    static const char *const places[] = {"/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto",
                                         "/usr/local/bin/mosquitto", "/opt/homebrew/sbin/mosquitto"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (access(places[i], X_OK) == 0) return places[i];
    }
    return NULL;
}

bool broker_available(void) {
    return program() != NULL;
}

static int free_port(void) {
    struct sockaddr_in a;
    socklen_t size = sizeof a;
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int port = -1;
    if (fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 &&
        getsockname(fd, (struct sockaddr *)&a, &size) == 0) {
        port = ntohs(a.sin_port);
    }
    if (fd >= 0) close(fd);
    return port;
}

static void choose_port(broker *b) {
    b->port = free_port();
    snprintf(b->url, sizeof b->url, "mqtt://127.0.0.1:%d", b->port);
}

bool broker_init(broker *b) {
    memset(b, 0, sizeof *b);
    snprintf(b->folder, sizeof b->folder, "/tmp/ot-broker-XXXXXX");
    if (!mkdtemp(b->folder)) return false;
    choose_port(b);
    return b->port > 0;
}

static bool write_config(const broker *b) {
    char path[128];
    snprintf(path, sizeof path, "%s/mosquitto.conf", b->folder);
    FILE *f = fopen(path, "w");
    if (!f) return false;
    if (geteuid() == 0) fprintf(f, "user root\n"); /* else it becomes a user who cannot write the folder */
    fprintf(f, "persistence_location %s/\nlog_dest file %s/log\nlog_type all\n", b->folder, b->folder);
    if (!strstr(b->lines, "allow_anonymous")) fprintf(f, "allow_anonymous true\n");
    fprintf(f, "listener %d%s\n%s\n", b->port, strstr(b->lines, "cafile") ? "" : " 127.0.0.1", b->lines);
    return fclose(f) == 0;
}

static bool accepts(int port) {
    struct sockaddr_in a;
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons((unsigned short)port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    if (fd >= 0) close(fd);
    return good;
}

static bool launch(broker *b) {
    char path[128], out[128];
    snprintf(path, sizeof path, "%s/mosquitto.conf", b->folder);
    snprintf(out, sizeof out, "%s/output", b->folder);
    if (!write_config(b)) return false;
    pid_t parent = getpid();
    b->pid = fork();
    if (b->pid < 0) return b->pid = 0, false;
    if (b->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(1);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        int fd = open(out, O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (fd >= 0) dup2(fd, 1), dup2(fd, 2);
        execl(program(), "mosquitto", "-c", path, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 1500; i++) {
        int status;
        if (waitpid(b->pid, &status, WNOHANG) == b->pid) return b->pid = 0, false;
        if (accepts(b->port)) return true;
        poll(NULL, 0, 10);
    }
    broker_signal(b, SIGKILL);
    return false;
}

bool broker_start(broker *b, const char *lines) {
    snprintf(b->lines, sizeof b->lines, "%s", lines);
    for (int attempt = 0; attempt < 3; attempt++) {
        if (launch(b)) return true;
        if (!strstr(b->lines, "listener")) choose_port(b); /* somebody else took it */
    }
    char path[128], line[256];
    static const char *const files[] = {"output", "log"};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", b->folder, files[i]);
        FILE *f = fopen(path, "r");
        while (f && fgets(line, sizeof line, f))
            fputs(line, stderr);
        if (f) fclose(f);
    }
    return false;
}

void broker_signal(broker *b, int signal) {
    if (!b->pid) return;
    kill(b->pid, signal);
    if (signal == SIGSTOP || signal == SIGCONT) return;
    waitpid(b->pid, NULL, 0);
    b->pid = 0;
}

bool broker_restart(broker *b) {
    broker_signal(b, SIGTERM);
    return launch(b);
}

size_t broker_log(const broker *b, const char *text) {
    char path[128], line[4096];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/log", b->folder);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        n += strstr(line, text) != NULL;
    if (f) fclose(f);
    return n;
}

/* One call of openssl, quiet, in the broker's folder. */
static bool openssl(const broker *b, const char *arguments) {
    char line[1024];
    snprintf(line, sizeof line, "cd %s && openssl %s >openssl.log 2>&1", b->folder, arguments);
    return system(line) == 0;
}

bool broker_certificates(const broker *b) {
#define KEY "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
    static const char *const calls[] = {
        KEY "-x509 -days 2 -subj /CN=test-ca -keyout ca.key -out ca.pem",
        KEY "-x509 -days 2 -subj /CN=other-ca -keyout other-ca.key -out other-ca.pem",
        KEY "-subj /CN=localhost -keyout server.key -out server.csr",
        "x509 -req -days 2 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile server.ext -out server.pem",
        KEY "-subj /CN=client -keyout client.key -out client.csr",
        "x509 -req -days 2 -in client.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out client.pem",
    };
#undef KEY
    char path[128];
    snprintf(path, sizeof path, "%s/server.ext", b->folder);
    FILE *f = fopen(path, "w");
    if (!f) return false;
    fputs("subjectAltName=DNS:localhost,IP:127.0.0.1\n", f);
    fclose(f);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (!openssl(b, calls[i])) return false;
    }
    return true;
}

void broker_free(broker *b) {
    if (b->pid) kill(b->pid, SIGCONT);
    broker_signal(b, SIGKILL);
    DIR *d = b->folder[0] ? opendir(b->folder) : NULL;
    for (struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] == '.') continue;
        unlinkat(dirfd(d), e->d_name, 0);
    }
    if (d) closedir(d);
    if (b->folder[0]) rmdir(b->folder);
    b->folder[0] = 0;
}
