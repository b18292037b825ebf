/** @file sqlite.h
 *  @brief The component libowntracks-sqlite: stores of the form `sqlite:PATH`. Its layout: docs/sqlite.md. */
#ifndef OWNTRACKS_SQLITE_H
#define OWNTRACKS_SQLITE_H

#include <owntracks/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Makes `sqlite:` known to ot_store_open(). Options: `synchronous` (full, normal, off; default full), `busy_timeout` (milliseconds, default 5000),
 *  `cache` (KiB, default 16384), `checkpoint` (pages of the log before a checkpoint, default 10000: 80 MiB), `vfs` (name; default the system's).
 *  @return OT_OK (also when called again), OT_EUNSUPPORTED (built without SQLite), OT_ENOMEM.
 *  @par Threads Not safe beside other calls of the library: call it first. */
OT_API ot_status ot_sqlite_register(void);

#ifdef __cplusplus
}
#endif
#endif
