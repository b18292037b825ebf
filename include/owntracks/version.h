/** @file version.h
 *  @brief The version of the library: three numbers, at compile time and at run time. */
#ifndef OWNTRACKS_VERSION_H
#define OWNTRACKS_VERSION_H

#include <owntracks/export.h>

#define OT_VERSION_MAJOR 0 /**< Changes when a user-facing promise is broken. */
#define OT_VERSION_MINOR 1 /**< Changes when something is added. */
#define OT_VERSION_PATCH 0 /**< Changes when something is mended. */

/** The version as one number: major * 10000 + minor * 100 + patch. */
#define OT_VERSION_NUMBER (OT_VERSION_MAJOR * 10000 + OT_VERSION_MINOR * 100 + OT_VERSION_PATCH)

#ifdef __cplusplus
extern "C" {
#endif

/** The version of the library that is loaded, as #OT_VERSION_NUMBER was when it was built.
 *  @return the number; compare it with #OT_VERSION_NUMBER.
 *  @par Threads Safe from any thread at any time. */
OT_API int ot_version_number(void);

/** The version of the library that is loaded, as text such as "0.1.0".
 *  @return a constant that lives as long as the library is loaded.
 *  @par Threads Safe from any thread at any time. */
OT_API const char *ot_version_text(void);

#ifdef __cplusplus
}
#endif
#endif
