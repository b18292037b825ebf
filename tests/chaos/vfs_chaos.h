/* vfs_chaos.h: how a test talks to the SQLite VFS "chaos" in another process: over a file that both have mapped. */
#ifndef OT_CHAOS_VFS_H
#define OT_CHAOS_VFS_H

#include <stdatomic.h>
#include <stdint.h>

#define CHAOS_VFS     "chaos"
#define CHAOS_CONTROL "OT_CHAOS_CONTROL" /* environment: the file that holds a chaos_control */

enum { CHAOS_ROOM, CHAOS_NO_GROWTH, CHAOS_NO_WRITES };                   /* chaos_control::full */
enum { CHAOS_BEFORE, CHAOS_AFTER, CHAOS_BEFORE_SYNC, CHAOS_AFTER_SYNC }; /* chaos_control::when */

typedef struct chaos_control {
    /* Orders. */
    atomic_int full;             /* writes fail with SQLITE_FULL: those that make a file longer, or all */
    atomic_uint_fast64_t die_at; /* the power goes at this write, truncation or sync of the process; 0: never */
    atomic_int when;             /* before that operation, after it, or before or after the first sync from there on */
    atomic_int keep;             /* so many of 256 sectors that were written and not synced survive */
    atomic_uint_fast64_t seed;   /* of that */
    /* What happened. */
    atomic_uint_fast64_t operations; /* of the process that runs or ran last */
    atomic_uint_fast64_t syncs;      /* of all */
    atomic_uint_fast64_t refused;    /* writes that failed with SQLITE_FULL */
    atomic_uint_fast64_t deaths;
    atomic_uint_fast64_t dropped_writes, dropped_bytes; /* not synced when the power went, and lost */
    atomic_uint_fast64_t kept_bytes;                    /* not synced, but there by chance */
} chaos_control;

/* The mapped control of this file, which is made when it is not there; NULL: it cannot be had. */
chaos_control *chaos_control_map(const char *path);
/* Makes the VFS known under its name, not as the default. */
int chaos_vfs_register(chaos_control *control);

#endif
