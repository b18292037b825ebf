/* vfs_faulty.h: a VFS of SQLite named "faulty" over the system's: a disk that gets full, and a power that fails.

   Every write goes to its file at once, as into the system's cache, and is remembered until the file is synced. When the power goes, what was not synced is
   taken back, of which a random part may stay, sector by sector: the files are then as a disk would hold them whose cache is lost. A deletion counts as done
   at once. One thread at a time.

   Its orders stand in a struct, which can be mapped from a file, so that a test gives them to another process. */
#ifndef TEST_VFS_FAULTY_H
#define TEST_VFS_FAULTY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FAULTY_VFS     "faulty"
#define FAULTY_CONTROL "OT_FAULTY_CONTROL" /* environment of a program with vfs_preload.c: the file with the orders */

enum { FAULTY_ROOM, FAULTY_NO_GROWTH, FAULTY_NO_WRITES };                    /* faulty_control::full */
enum { FAULTY_BEFORE, FAULTY_AFTER, FAULTY_BEFORE_SYNC, FAULTY_AFTER_SYNC }; /* faulty_control::when */

/* All zero: a disk without faults. */
typedef struct faulty_control {
    /* Orders. */
    atomic_int full;              /* writes give SQLITE_FULL: those that make a file longer, or all */
    atomic_uint_fast64_t full_at; /* from this operation on; see die_at */
    atomic_uint_fast64_t die_at; /* the power goes at this write, truncation or sync since the registration; 0: never */
    atomic_int when;             /* before that operation, after it, or before or after the first sync from there on */
    atomic_bool stay; /* the process goes on without power (all gives SQLITE_IOERR); otherwise it ends by SIGKILL */
    atomic_int keep;  /* so many of 256 sectors that were written and not synced survive */
    atomic_uint_fast64_t seed; /* of that */
    /* What happened. */
    atomic_uint_fast64_t operations;                    /* of the process that runs or ran last */
    atomic_uint_fast64_t refused;                       /* writes that gave SQLITE_FULL */
    atomic_uint_fast64_t deaths;                        /* how often the power went */
    atomic_uint_fast64_t dropped_writes, dropped_bytes; /* not synced then: all, and the bytes that are lost */
    atomic_uint_fast64_t kept_bytes;                    /* not synced, but there by chance */
} faulty_control;

/* The orders in this file, which is made when it is not there; NULL: it cannot be had. */
faulty_control *vfs_faulty_map(const char *path);
/* Makes the VFS known, not as the default; once a process. False: it cannot be. */
bool vfs_faulty_register(faulty_control *control);
bool vfs_faulty_is_off(void);
/* For a process that stayed, after all connections are closed: takes away what was not synced (and shared memory), and lets the disk work again. */
void vfs_faulty_power_on(void);

#endif
