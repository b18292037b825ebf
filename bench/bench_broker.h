/* bench_broker.h: a private mosquitto on 127.0.0.1 in a folder of its own, a process that publishes, and numbers of processes from /proc. */
#ifndef OT_BENCH_BROKER_H
#define OT_BENCH_BROKER_H

#include "bench.h"

#include <owntracks/mosquitto.h>
#include <owntracks/transport.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEVICES 100

typedef struct bench_broker {
    pid_t pid;
    int port;
    char folder[64], url[64];
} bench_broker;

_Noreturn static void bench_fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static bool bench_accepts(int port) {
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool good = fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    if (fd >= 0) close(fd);
    return good;
}

static void bench_broker_start(bench_broker *b) {
    char path[128];
    const char *base = getenv("TMPDIR");
    snprintf(b->folder, sizeof b->folder, "%.40s/owntracks-bench-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(b->folder)) bench_fail("no folder can be made");
    for (int attempt = 0; attempt < 20; attempt++) {
        b->port = 20000 + (int)((bench_now() / 1000 + (uint64_t)getpid()) % 30000);
        snprintf(b->url, sizeof b->url, "mqtt://127.0.0.1:%d", b->port);
        snprintf(path, sizeof path, "%s/mosquitto.conf", b->folder);
        FILE *f = fopen(path, "w");
        if (!f) bench_fail("the configuration of the broker cannot be written");
        if (geteuid() == 0) fprintf(f, "user root\n");
        fprintf(f,
                "listener %d 127.0.0.1\nallow_anonymous true\npersistence false\nmax_inflight_messages "
                "1000\nmax_queued_messages 0\n"
                "log_dest none\nset_tcp_nodelay true\n",
                b->port);
        fclose(f);
        b->pid = fork();
        if (b->pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            execlp("mosquitto", "mosquitto", "-c", path, (char *)NULL);
            execl("/usr/sbin/mosquitto", "mosquitto", "-c", path, (char *)NULL);
            _exit(127);
        }
        for (int i = 0; i < 500; i++) {
            if (bench_accepts(b->port)) return;
            if (waitpid(b->pid, NULL, WNOHANG) == b->pid) break;
            usleep(10000);
        }
    }
    bench_fail("mosquitto does not start: is it installed?");
}

static void bench_folder_remove(const char *path) {
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char inside[600];
        snprintf(inside, sizeof inside, "%s/%s", path, e->d_name);
        if (e->d_name[0] != '.') unlink(inside);
    }
    if (dir) closedir(dir);
    rmdir(path);
}

static void bench_broker_end(bench_broker *b) {
    kill(b->pid, SIGTERM);
    waitpid(b->pid, NULL, 0);
    bench_folder_remove(b->folder);
}

/* ---- publishing ---- */

/* A location of one of many devices, about 280 bytes. `stamp` is told in a member of its own: nanoseconds of the monotonic clock. */
BENCH_UNUSED static size_t bench_message(uint64_t n, uint64_t stamp, char topic[64], char payload[512]) {
    uint64_t device = n % DEVICES, s = n * 7919;
    snprintf(topic, 64, "owntracks/user%02u/phone", (unsigned)device);
    return (size_t)snprintf(payload, 512,
                            "{\"_type\":\"location\",\"_id\":\"%08x\",\"acc\":%u,\"alt\":%u,\"batt\":%u,\"bs\":1,"
                            "\"cog\":%u,\"conn\":\"w\",\"created_at\":%llu,\"BSSID\":"
                            "\"c0:74:ad:%02x:%02x:01\",\"SSID\":\"homenet\",\"lat\":%u.%06u,\"lon\":%u.%06u,\"m\":1,"
                            "\"t\":\"u\",\"tid\":\"%02u\",\"topic\":\"%s\",\"tst\":%llu,"
                            "\"vac\":%u,\"vel\":%u,\"x\":%llu}",
                            (unsigned)bench_random(&s), 3 + bench_below(&s, 90), bench_below(&s, 900),
                            bench_below(&s, 101), bench_below(&s, 360), (unsigned long long)(1600000000 + n / DEVICES),
                            bench_below(&s, 256), bench_below(&s, 256), 40 + bench_below(&s, 20),
                            bench_below(&s, 1000000), bench_below(&s, 20), bench_below(&s, 1000000), (unsigned)device,
                            topic, (unsigned long long)(1600000000 + n / DEVICES), bench_below(&s, 30),
                            bench_below(&s, 130), (unsigned long long)stamp);
}

BENCH_UNUSED static ot_transport *bench_sender(const bench_broker *b) {
    ot_transport_config config = OT_TRANSPORT_CONFIG_INIT;
    ot_transport *t;
    ot_error error;
    config.direction = OT_SEND;
    if (ot_transport_open(b->url, &config, &t, &error) != OT_OK) bench_fail(error.reason);
    ot_transport_state state = {.size = sizeof state};
    do {
        ot_transport_poll(t, 100);
        ot_transport_state_get(t, &state);
    } while (state.link != OT_LINK_CONNECTED);
    return t;
}

BENCH_UNUSED static void bench_publish(ot_transport *t, uint64_t n, uint64_t stamp) {
    char topic[64], payload[512];
    size_t len = bench_message(n, stamp, topic, payload);
    const ot_publication p = {ot_str_c(topic), ot_str_of(payload, len), 1, false};
    while (ot_transport_publish(t, &p, NULL, NULL) == OT_EBUSY)
        ot_transport_poll(t, 100);
}

/* Until everything is answered. */
BENCH_UNUSED static void bench_sender_end(ot_transport *t) {
    ot_transport_stop(t);
    while (ot_transport_poll(t, 100) != OT_DONE)
        continue;
    ot_transport_close(t);
}

/* ---- processes ---- */

/* A number of /proc/<pid>/<file> behind a word at the start of a line; 0 when it is not there. */
BENCH_UNUSED static double bench_proc(pid_t pid, const char *file, const char *word) {
    char path[64], line[256];
    double value = 0;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, word, strlen(word)) == 0) value = strtod(line + strlen(word), NULL);
    }
    if (f) fclose(f);
    return value;
}

#endif
