/* vfs_faulty.c: see vfs_faulty.h. */
#include "vfs_faulty.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What stood somewhere before a write or a truncation. */
typedef struct undo {
    struct undo *before;
    sqlite3_int64 offset, size; /* size: of the whole file then */
    int len;
    unsigned char bytes[];
} undo;

/* A file by its name; all connections to it share it. */
typedef struct tracked {
    struct tracked *next;
    char *path;
    undo *last;
} tracked;

typedef struct file {
    sqlite3_file base;
    tracked *t;
    sqlite3_file *real;
} file;

static sqlite3_vfs *real_vfs, faulty;
static tracked *files;
static long full_in = -1, off_in = -1, calls;
static bool off;

void vfs_faulty_full_after(long writes) {
    full_in = writes;
}
void vfs_faulty_off_after(long n) {
    off_in = n;
}
bool vfs_faulty_is_off(void) {
    return off;
}
long vfs_faulty_calls(void) {
    return calls;
}

static void synced(tracked *t) {
    while (t->last) {
        undo *u = t->last;
        t->last = u->before;
        free(u);
    }
}

/* Counts a call that changes the disk; false when there is no power for it. */
static bool powered(void) {
    calls++;
    if (!off && off_in >= 0 && off_in-- == 0) off = true;
    return !off;
}

static void remember(file *f, sqlite3_int64 offset, sqlite3_int64 len) {
    sqlite3_int64 size = 0;
    f->real->pMethods->xFileSize(f->real, &size);
    sqlite3_int64 there = offset >= size ? 0 : offset + len > size ? size - offset : len;
    undo *u = malloc(sizeof *u + (size_t)there);
    if (!u) abort();
    u->before = f->t->last;
    u->offset = offset;
    u->size = size;
    u->len = (int)there;
    if (there && f->real->pMethods->xRead(f->real, u->bytes, (int)there, offset) != SQLITE_OK) abort();
    f->t->last = u;
}

void vfs_faulty_power_on(void) {
    for (tracked *t = files; t; t = t->next) {
        char shm[600];
        snprintf(shm, sizeof shm, "%s-shm", t->path);
        unlink(shm);
        int fd = t->last ? open(t->path, O_RDWR) : -1;
        while (t->last) {
            undo *u = t->last;
            if (fd >= 0) {
                if (u->len && pwrite(fd, u->bytes, (size_t)u->len, (off_t)u->offset) != (ssize_t)u->len) abort();
                if (ftruncate(fd, (off_t)u->size) != 0) abort();
            }
            t->last = u->before;
            free(u);
        }
        if (fd >= 0) close(fd);
    }
    off = false;
    off_in = -1;
}

#define REAL(f) (((file *)(f))->real)

static int f_close(sqlite3_file *f) {
    return REAL(f)->pMethods->xClose(REAL(f));
}
static int f_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at) {
    return off ? SQLITE_IOERR_READ : REAL(f)->pMethods->xRead(REAL(f), to, n, at);
}
static int f_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at) {
    if (!powered()) return SQLITE_IOERR_WRITE;
    if (full_in == 0) return SQLITE_FULL;
    if (full_in > 0) full_in--;
    remember((file *)f, at, n);
    return REAL(f)->pMethods->xWrite(REAL(f), from, n, at);
}
static int f_truncate(sqlite3_file *f, sqlite3_int64 size) {
    if (!powered()) return SQLITE_IOERR_TRUNCATE;
    sqlite3_int64 now = 0;
    REAL(f)->pMethods->xFileSize(REAL(f), &now);
    remember((file *)f, size, now > size ? now - size : 0);
    return REAL(f)->pMethods->xTruncate(REAL(f), size);
}
static int f_sync(sqlite3_file *f, int flags) {
    if (!powered()) return SQLITE_IOERR_FSYNC;
    int code = REAL(f)->pMethods->xSync(REAL(f), flags);
    if (code == SQLITE_OK) synced(((file *)f)->t);
    return code;
}
static int f_size(sqlite3_file *f, sqlite3_int64 *out) {
    return REAL(f)->pMethods->xFileSize(REAL(f), out);
}
static int f_lock(sqlite3_file *f, int level) {
    return REAL(f)->pMethods->xLock(REAL(f), level);
}
static int f_unlock(sqlite3_file *f, int level) {
    return REAL(f)->pMethods->xUnlock(REAL(f), level);
}
static int f_reserved(sqlite3_file *f, int *out) {
    return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out);
}
static int f_control(sqlite3_file *f, int op, void *arg) {
    return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}
static int f_sector(sqlite3_file *f) {
    return REAL(f)->pMethods->xSectorSize(REAL(f));
}
static int f_device(sqlite3_file *f) {
    return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}
static int f_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
    return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, out);
}
static int f_shm_lock(sqlite3_file *f, int offset, int n, int flags) {
    return REAL(f)->pMethods->xShmLock(REAL(f), offset, n, flags);
}
static void f_shm_barrier(sqlite3_file *f) {
    REAL(f)->pMethods->xShmBarrier(REAL(f));
}
static int f_shm_unmap(sqlite3_file *f, int drop) {
    return REAL(f)->pMethods->xShmUnmap(REAL(f), drop);
}

static const sqlite3_io_methods methods = {
    2,         f_close,  f_read,   f_write,   f_truncate, f_sync,        f_size,      f_lock, f_unlock, f_reserved,
    f_control, f_sector, f_device, f_shm_map, f_shm_lock, f_shm_barrier, f_shm_unmap, NULL,   NULL};

static int v_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *out, int flags, int *got) {
    (void)vfs;
    file *f = (file *)out;
    f->real = (sqlite3_file *)(f + 1);
    f->base.pMethods = NULL;
    int code = real_vfs->xOpen(real_vfs, name, f->real, flags, got);
    if (code != SQLITE_OK) return code;
    const char *path = name ? name : "";
    for (f->t = files; f->t && strcmp(f->t->path, path) != 0; f->t = f->t->next) {
    }
    if (!f->t) {
        f->t = calloc(1, sizeof *f->t);
        if (!f->t) abort();
        f->t->path = strdup(path);
        f->t->next = files;
        files = f->t;
    }
    f->base.pMethods = &methods;
    return SQLITE_OK;
}

static int v_delete(sqlite3_vfs *vfs, const char *name, int sync) {
    (void)vfs;
    if (!powered()) return SQLITE_IOERR_DELETE;
    for (tracked *t = files; t; t = t->next) {
        if (strcmp(t->path, name) == 0) synced(t);
    }
    return real_vfs->xDelete(real_vfs, name, sync);
}

void vfs_faulty_register(void) {
    if (real_vfs) return;
    real_vfs = sqlite3_vfs_find(NULL);
    faulty = *real_vfs;
    faulty.pNext = NULL;
    faulty.zName = "faulty";
    faulty.szOsFile = (int)sizeof(file) + real_vfs->szOsFile;
    faulty.xOpen = v_open;
    faulty.xDelete = v_delete;
    if (sqlite3_vfs_register(&faulty, 0) != SQLITE_OK) abort();
}
