/* vfs_faulty.h: a VFS of SQLite named "faulty" over the system's: a disk that gets full, and a power that fails. One process, one thread.

   It remembers, for every file, what each write since the file's last sync replaced. When the power is cut, all of that is put back: the files are
   then as a disk would hold them that had kept nothing but what was synced. */
#ifndef TEST_VFS_FAULTY_H
#define TEST_VFS_FAULTY_H

#include <stdbool.h>

void vfs_faulty_register(void);
/* The write with this number from now on (0: the next one) and all after it give SQLITE_FULL; -1: never. */
void vfs_faulty_full_after(long writes);
/* At this write, sync or truncation from now on the power fails: it and all that follows give SQLITE_IOERR, until vfs_faulty_power_on(). -1: never. */
void vfs_faulty_off_after(long calls);
bool vfs_faulty_is_off(void);
/* After all connections are closed: takes away what was not synced (and shared memory), and lets the disk work again. */
void vfs_faulty_power_on(void);
/* Writes, syncs and truncations so far. */
long vfs_faulty_calls(void);

#endif
