/* files.c: replacing a file as a whole, and reading a secret. */
#define _POSIX_C_SOURCE 200809L
#define _XOPEN_SOURCE   700
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program.h"

#define SECRET_MAX 65535

static ot_status failed(ot_error *error, const char *path, const char *what, int number) {
    ot_status status = number == ENOENT                       ? OT_ENOTFOUND
                       : number == EACCES || number == EPERM  ? OT_EPERM
                       : number == EROFS                      ? OT_EREADONLY
                       : number == ENOSPC || number == EDQUOT ? OT_EFULL
                       : number == ENOMEM                     ? OT_ENOMEM
                                                              : OT_EIO;
    return ot_error_set(error, status, path, OT_NO_OFFSET, "%s: %s", what, strerror(number));
}

/* Makes the new name durable: the folder is written too. */
static void sync_folder(const char *path) {
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    free(folder);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

ot_status tool_file_replace(const char *path, unsigned mode, bool sync, ot_status (*write)(void *ctx, FILE *stream),
                            void *ctx, ot_error *error) {
    size_t size = strlen(path) + 8;
    char *temporary = malloc(size);
    if (!temporary) return failed(error, path, "cannot be written", ENOMEM);
    snprintf(temporary, size, "%s.XXXXXX", path);
    ot_status status = OT_OK;
    FILE *stream = NULL;
    int fd = mkstemp(temporary);
    if (fd < 0) {
        status = failed(error, path, "cannot be written", errno);
        free(temporary);
        return status;
    }
    fchmod(fd, (mode_t)mode);
    stream = fdopen(fd, "wb");
    if (!stream) {
        status = failed(error, path, "cannot be written", errno);
        close(fd);
    } else {
        status = write(ctx, stream);
        if (status != OT_OK) ot_error_set(error, status, path, OT_NO_OFFSET, "cannot be written");
        if (fflush(stream) != 0 && status == OT_OK) status = failed(error, path, "cannot be written", errno);
        if (sync && status == OT_OK && fsync(fd) != 0) status = failed(error, path, "cannot be synced", errno);
        if (fclose(stream) != 0 && status == OT_OK) status = failed(error, path, "cannot be written", errno);
    }
    if (status == OT_OK && rename(temporary, path) != 0) status = failed(error, path, "cannot be replaced", errno);
    if (status != OT_OK)
        unlink(temporary);
    else if (sync)
        sync_folder(path);
    free(temporary);
    return status;
}

ot_status tool_secret_read(const char *path, char **out, bool *loose, ot_error *error) {
    *out = NULL;
    *loose = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return failed(error, path, "cannot be read", errno);
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) *loose = (st.st_mode & 0007) != 0;
    char *text = calloc(1, SECRET_MAX + 2);
    ot_status status = text ? OT_OK : failed(error, path, "cannot be read", ENOMEM);
    size_t len = 0;
    while (status == OT_OK && len <= SECRET_MAX) {
        ssize_t n = read(fd, text + len, SECRET_MAX + 1 - len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) status = failed(error, path, "cannot be read", errno);
        if (n <= 0) break;
        len += (size_t)n;
        if (memchr(text, '\n', len)) break;
    }
    close(fd);
    if (status == OT_OK) {
        char *end = memchr(text, '\n', len);
        size_t line = end ? (size_t)(end - text) : len;
        if (line && text[line - 1] == '\r') line--;
        if (line > SECRET_MAX)
            status = ot_error_set(error, OT_ELIMIT, path, OT_NO_OFFSET, "the first line is longer than %d bytes",
                                  SECRET_MAX);
        else if (memchr(text, 0, line))
            status = ot_error_set(error, OT_ESYNTAX, path, OT_NO_OFFSET, "there is a NUL byte in it");
        else if (!line)
            status = ot_error_set(error, OT_EMPTY, path, OT_NO_OFFSET, "the first line is empty");
        else
            memset(text + line, 0, len - line);
    }
    if (status != OT_OK) {
        free(text);
        return status;
    }
    *out = text;
    return OT_OK;
}

void tool_secret_free(char *secret) {
    if (!secret) return;
    for (volatile char *p = secret; *p; p++)
        *p = 0;
    free(secret);
}
