/* vfs_faulty.c: see vfs_faulty.h. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "support/vfs_faulty.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512

/* A write (or a truncation: bytes NULL) that was not synced. */
typedef struct note {
    struct note *older;
    sqlite3_int64 offset;
    size_t length;
    unsigned char *before; /* what stood there, as far as the file went; the rest is 0 */
    unsigned char *bytes;
} note;

/* A file, however often it is open. */
typedef struct disk_file {
    struct disk_file *next;
    char *path;
    unsigned users;
    sqlite3_int64 size; /* that is on the disk */
    note *newest;
} disk_file;

typedef struct faulty_file {
    sqlite3_file base;
    disk_file *disk;
    sqlite3_file *real; /* behind this struct */
} faulty_file;

static faulty_control *control;
static sqlite3_vfs *system_vfs;
static disk_file *files;
static sqlite3_vfs faulty_vfs;
static bool off;

/* ---- The power goes ---- */

static void whole_pwrite(int fd, const unsigned char *data, size_t len, sqlite3_int64 offset) {
    while (len > 0) {
        ssize_t n = pwrite(fd, data, len, (off_t)offset);
        if (n <= 0) abort();
        data += n, offset += n, len -= (size_t)n;
    }
}

static uint64_t next_random(uint64_t *state) {
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* The sectors of a write that were lucky. A truncation is a change of the folder's data and is not lucky here. */
static void keep_some(int fd, const note *n, uint64_t *random) {
    for (size_t done = 0; n->bytes && done < n->length;) {
        size_t sector = SECTOR - (size_t)((n->offset + (sqlite3_int64)done) % SECTOR);
        if (sector > n->length - done) sector = n->length - done;
        if ((int)(next_random(random) & 255) < atomic_load(&control->keep)) {
            whole_pwrite(fd, n->bytes + done, sector, n->offset + (sqlite3_int64)done);
            atomic_fetch_add(&control->kept_bytes, sector);
        } else {
            atomic_fetch_add(&control->dropped_bytes, sector);
        }
        done += sector;
    }
}

/* Newest first all is taken back; then, oldest first, some is done again. The notes stand in the opposite order afterwards. */
static void take_back(void) {
    uint64_t random = atomic_load(&control->seed);
    for (disk_file *f = files; f; f = f->next) {
        int fd = f->newest ? open(f->path, O_RDWR | O_CLOEXEC) : -1;
        if (fd < 0) continue; /* all is synced, or it is deleted */
        note *oldest = NULL;
        for (note *n = f->newest, *older; n; n = older) {
            whole_pwrite(fd, n->before, n->length, n->offset);
            if (n->bytes) atomic_fetch_add(&control->dropped_writes, 1);
            older = n->older;
            n->older = oldest;
            oldest = n;
        }
        if (ftruncate(fd, (off_t)f->size) != 0) abort();
        for (const note *n = oldest; n; n = n->older)
            keep_some(fd, n, &random);
        f->newest = oldest;
        close(fd);
    }
}

static void power_goes(void) {
    atomic_fetch_add(&control->deaths, 1);
    if (atomic_load(&control->stay)) {
        off = true;
        return;
    }
    take_back();
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

bool vfs_faulty_is_off(void) {
    return off;
}

/* Around each operation that changes a disk. */
static void moment(bool sync, bool done) {
    uint64_t die_at = atomic_load(&control->die_at), now = atomic_load(&control->operations);
    int when = atomic_load(&control->when);
    if (!die_at) return;
    if (when == (done ? FAULTY_AFTER : FAULTY_BEFORE) && now == die_at) power_goes();
    if (when == (done ? FAULTY_AFTER_SYNC : FAULTY_BEFORE_SYNC) && sync && now >= die_at) power_goes();
}
/* False: there is no power for it. */
static bool before(bool sync) {
    if (off) return false;
    atomic_fetch_add(&control->operations, 1);
    moment(sync, false);
    return !off;
}
static int after(bool sync, int rc) {
    moment(sync, true);
    return rc;
}

/* ---- Notes ---- */

static void forget(disk_file *f) {
    while (f->newest) {
        note *n = f->newest;
        f->newest = n->older;
        free(n->before);
        free(n->bytes);
        free(n);
    }
}

static int take_note(faulty_file *file, const void *bytes, size_t length, sqlite3_int64 offset) {
    note *n = calloc(1, sizeof *n);
    if (n) n->before = calloc(1, length ? length : 1);
    if (n && bytes) n->bytes = malloc(length ? length : 1);
    if (!n || !n->before || (bytes && !n->bytes)) abort();
    if (bytes) memcpy(n->bytes, bytes, length);
    n->offset = offset;
    n->length = length;
    int rc = length ? file->real->pMethods->xRead(file->real, n->before, (int)length, offset) : SQLITE_OK;
    if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) {
        free(n->before);
        free(n->bytes);
        free(n);
        return rc;
    }
    n->older = file->disk->newest;
    file->disk->newest = n;
    return SQLITE_OK;
}

void vfs_faulty_power_on(void) {
    if (off) take_back();
    for (disk_file *f = files; f; f = f->next) {
        char shared[600];
        int n = snprintf(shared, sizeof shared, "%s-shm", f->path);
        if (off && n > 0 && (size_t)n < sizeof shared) unlink(shared);
        forget(f);
    }
    off = false;
    atomic_store(&control->die_at, 0);
}

/* ---- Methods ---- */

#define REAL(f)              (((faulty_file *)(f))->real)
#define CALL(f, method, ...) REAL(f)->pMethods->method(REAL(f), __VA_ARGS__)

static int faulty_close(sqlite3_file *f) {
    disk_file *disk = ((faulty_file *)f)->disk;
    disk->users--; /* its notes stay: closing is no sync */
    return REAL(f)->pMethods->xClose(REAL(f));
}
static int faulty_read(sqlite3_file *f, void *to, int n, sqlite3_int64 offset) {
    return off ? SQLITE_IOERR_READ : CALL(f, xRead, to, n, offset);
}
static int faulty_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 offset) {
    if (!before(false)) return SQLITE_IOERR_WRITE;
    int full =
        atomic_load(&control->operations) < atomic_load(&control->full_at) ? FAULTY_ROOM : atomic_load(&control->full);
    sqlite3_int64 size = 0;
    int rc = full == FAULTY_NO_GROWTH ? CALL(f, xFileSize, &size) : SQLITE_OK;
    if (rc != SQLITE_OK) return rc;
    if (full == FAULTY_NO_WRITES || (full == FAULTY_NO_GROWTH && offset + n > size)) {
        atomic_fetch_add(&control->refused, 1);
        return SQLITE_FULL;
    }
    rc = take_note((faulty_file *)f, from, (size_t)n, offset);
    return rc == SQLITE_OK ? after(false, CALL(f, xWrite, from, n, offset)) : rc;
}
static int faulty_truncate(sqlite3_file *f, sqlite3_int64 size) {
    if (!before(false)) return SQLITE_IOERR_TRUNCATE;
    sqlite3_int64 now;
    int rc = CALL(f, xFileSize, &now);
    if (rc == SQLITE_OK && now > size) rc = take_note((faulty_file *)f, NULL, (size_t)(now - size), size);
    return rc == SQLITE_OK ? after(false, CALL(f, xTruncate, size)) : rc;
}
static int faulty_sync(sqlite3_file *f, int flags) {
    if (!before(true)) return SQLITE_IOERR_FSYNC;
    disk_file *disk = ((faulty_file *)f)->disk;
    int rc = CALL(f, xSync, flags);
    if (rc == SQLITE_OK) rc = CALL(f, xFileSize, &disk->size);
    if (rc != SQLITE_OK) return rc;
    forget(disk);
    return after(true, SQLITE_OK);
}
static int faulty_size(sqlite3_file *f, sqlite3_int64 *size) {
    return CALL(f, xFileSize, size);
}
static int faulty_lock(sqlite3_file *f, int level) {
    return CALL(f, xLock, level);
}
static int faulty_unlock(sqlite3_file *f, int level) {
    return CALL(f, xUnlock, level);
}
static int faulty_check_lock(sqlite3_file *f, int *out) {
    return CALL(f, xCheckReservedLock, out);
}
static int faulty_file_control(sqlite3_file *f, int op, void *arg) {
    return CALL(f, xFileControl, op, arg);
}
static int faulty_sector(sqlite3_file *f) {
    return REAL(f)->pMethods->xSectorSize(REAL(f));
}
static int faulty_characteristics(sqlite3_file *f) {
    return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}
static int faulty_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
    return CALL(f, xShmMap, page, size, extend, out);
}
static int faulty_shm_lock(sqlite3_file *f, int offset, int n, int flags) {
    return CALL(f, xShmLock, offset, n, flags);
}
static void faulty_shm_barrier(sqlite3_file *f) {
    REAL(f)->pMethods->xShmBarrier(REAL(f));
}
static int faulty_shm_unmap(sqlite3_file *f, int remove) {
    return CALL(f, xShmUnmap, remove);
}

/* Version 2: without xFetch every read comes through here. */
static const sqlite3_io_methods methods = {2,
                                           faulty_close,
                                           faulty_read,
                                           faulty_write,
                                           faulty_truncate,
                                           faulty_sync,
                                           faulty_size,
                                           faulty_lock,
                                           faulty_unlock,
                                           faulty_check_lock,
                                           faulty_file_control,
                                           faulty_sector,
                                           faulty_characteristics,
                                           faulty_shm_map,
                                           faulty_shm_lock,
                                           faulty_shm_barrier,
                                           faulty_shm_unmap,
                                           NULL,
                                           NULL};

static disk_file *disk_of(const char *path) {
    for (disk_file *f = files; f; f = f->next) {
        if (strcmp(f->path, path) == 0) return f;
    }
    disk_file *f = calloc(1, sizeof *f);
    if (!f || !(f->path = strdup(path))) abort();
    f->next = files;
    return files = f;
}

static int faulty_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags) {
    (void)vfs;
    faulty_file *f = (faulty_file *)file;
    f->base.pMethods = NULL;
    f->real = (sqlite3_file *)(f + 1);
    const int noted = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
    if (!path || !(flags & noted)) /* temporary files: nobody needs them after a loss of power */
        return system_vfs->xOpen(system_vfs, path, file, flags, out_flags);
    int rc = system_vfs->xOpen(system_vfs, path, f->real, flags, out_flags);
    if (rc != SQLITE_OK) return rc;
    f->disk = disk_of(path);
    if (f->disk->users++ == 0 && !f->disk->newest) {
        f->disk->size = 0;
        rc = f->real->pMethods->xFileSize(f->real, &f->disk->size);
    }
    if (rc == SQLITE_OK) {
        f->base.pMethods = &methods;
    } else {
        f->disk->users--;
        f->real->pMethods->xClose(f->real);
    }
    return rc;
}

static int faulty_delete(sqlite3_vfs *vfs, const char *path, int sync_folder) {
    (void)vfs;
    if (off) return SQLITE_IOERR_DELETE;
    int rc = system_vfs->xDelete(system_vfs, path, sync_folder);
    if (rc != SQLITE_OK) return rc;
    disk_file *f = disk_of(path);
    forget(f);
    f->size = 0;
    return rc;
}

faulty_control *vfs_faulty_map(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return NULL;
    void *at = MAP_FAILED;
    if (ftruncate(fd, sizeof(faulty_control)) == 0)
        at = mmap(NULL, sizeof(faulty_control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return at == MAP_FAILED ? NULL : at;
}

bool vfs_faulty_register(faulty_control *orders) {
    int rc = sqlite3_initialize();
    system_vfs = sqlite3_vfs_find(NULL);
    if (rc != SQLITE_OK || !system_vfs) return false;
    control = orders;
    atomic_store(&control->operations, 0);
    faulty_vfs = *system_vfs;
    faulty_vfs.zName = FAULTY_VFS;
    faulty_vfs.pNext = NULL;
    faulty_vfs.szOsFile = (int)sizeof(faulty_file) + system_vfs->szOsFile;
    faulty_vfs.xOpen = faulty_open;
    faulty_vfs.xDelete = faulty_delete;
    return sqlite3_vfs_register(&faulty_vfs, 0) == SQLITE_OK;
}
