/* os_posix.c: the only file of the core that calls the operating system. */
#define _POSIX_C_SOURCE 200809L
#include "base.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int64_t ot__os_monotonic_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

ot_time ot__os_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (ot_time)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

ot_time ot_time_now(void) {
    return ot__os_now();
}

ot_time ot_clock_now(const ot_clock *clock) {
    return clock && clock->now ? clock->now(clock->ctx) : ot__os_now();
}

ot_status ot__os_read_file(const char *path, size_t max, char **data, size_t *len, ot_error *error) {
    *data = NULL;
    *len = 0;
    /* Not blocking: a pipe that stands in the place of a file must not hold the program up. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        ot_status status = errno == ENOENT || errno == ENOTDIR ? OT_ENOTFOUND : errno == EACCES ? OT_EPERM : OT_EIO;
        return ot_error_set(error, status, path, OT_NO_OFFSET, "cannot be opened: errno %d", errno);
    }
    struct stat info;
    ot_status status = OT_OK;
    char *buffer = NULL;
    size_t size = 0, got = 0;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        status = ot_error_set(error, OT_EIO, path, OT_NO_OFFSET, "is not a regular file");
    } else if (info.st_size < 0 || (uint64_t)info.st_size > max) {
        status = ot_error_set(error, OT_ELIMIT, path, OT_NO_OFFSET, "is larger than %zu bytes", max);
    } else {
        size = (size_t)info.st_size;
        buffer = ot_mem_alloc(size + 1);
        if (!buffer) status = ot_error_set(error, OT_ENOMEM, path, OT_NO_OFFSET, "out of memory");
    }
    while (status == OT_OK && got < size) {
        ssize_t n = read(fd, buffer + got, size - got);
        if (n > 0) {
            got += (size_t)n;
        } else if (n == 0) {
            status = ot_error_set(error, OT_EIO, path, OT_NO_OFFSET, "became shorter while it was read");
        } else if (errno != EINTR) {
            status = ot_error_set(error, OT_EIO, path, OT_NO_OFFSET, "cannot be read: errno %d", errno);
        }
    }
    close(fd);
    if (status != OT_OK || !buffer) {
        ot_mem_free(buffer, size + 1);
        return status;
    }
    buffer[size] = 0;
    *data = buffer;
    *len = size;
    return OT_OK;
}
