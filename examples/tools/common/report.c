/* report.c: lines on standard error, and messages for the service manager. */
#define _POSIX_C_SOURCE 200809L
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "program.h"

/* Does this stream end in the journal? systemd names its device and inode. */
static bool to_journal(FILE *stream) {
    const char *text = getenv("JOURNAL_STREAM");
    if (!text) return false;
    struct stat st;
    char now[64];
    if (fstat(fileno(stream), &st) != 0) return false;
    snprintf(now, sizeof now, "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
    return strcmp(now, text) == 0;
}

static void write_line(void *ctx, ot_log_level level, ot_str line) {
    const tool_log *log = ctx;
    char stamp[OT_TIME_TEXT_SIZE + 1] = "";
    const char *word = level <= OT_LOG_ERROR     ? "error: "
                       : level == OT_LOG_WARNING ? "warning: "
                       : level == OT_LOG_DEBUG   ? "debug: "
                                                 : "";
    if (log->journal) {
        fprintf(log->err, "<%d>%.*s\n", (int)level, (int)line.len, line.ptr);
    } else {
        if (log->times) {
            size_t n = ot_time_format(ot_time_now(), NULL, stamp);
            stamp[n] = ' ';
            stamp[n + 1] = 0;
        }
        fprintf(log->err, "%s%s: %s%.*s\n", stamp, log->name, word, (int)line.len, line.ptr);
    }
    fflush(log->err);
}

void tool_log_init(tool_log *log, const char *name, const tool_values *values, bool times) {
    log->name = name;
    log->err = stderr;
    log->journal = to_journal(stderr);
    log->times = times;
    log->log.write = write_line;
    log->log.ctx = log;
    log->log.max_level = OT_LOG_INFO;
    if (values && tool_bool(values, "verbose")) log->log.max_level = OT_LOG_DEBUG;
    if (values && tool_bool(values, "quiet")) log->log.max_level = OT_LOG_ERROR;
}

void tool_say_error(const tool_log *log, const char *what, const ot_error *error) {
    char text[512];
    ot_error_text(error, text, sizeof text);
    ot_log_line(&log->log, OT_LOG_ERROR, "%s%s%s", what ? what : "", what ? ": " : "", text);
}

bool tool_notify(const char *text) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path || (*path != '/' && *path != '@') || strlen(path) >= sizeof address.sun_path) return false;
    size_t len = strlen(path);
    memcpy(address.sun_path, path, len);
    if (*path == '@') address.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0) return false;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    ssize_t sent = sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address, size);
    close(fd);
    return sent == (ssize_t)strlen(text);
}
