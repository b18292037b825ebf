/* store_sqlite_none.c: stands for the backend where the build has no SQLite. */
#include <owntracks/sqlite.h>

ot_status ot_sqlite_register(void) {
    return OT_EUNSUPPORTED;
}
