/** @file export.h
 *  @brief Visibility and compiler attributes. Nothing in here does anything at run time. */
#ifndef OWNTRACKS_EXPORT_H
#define OWNTRACKS_EXPORT_H

#if defined(SWIG)
#define OT_API
#define OT_NODISCARD
#define OT_PRINTF(fmt, args)
#elif defined(__GNUC__)
/** Marks what the shared library exports; everything else is hidden. */
#define OT_API               __attribute__((visibility("default")))
/** The result must be looked at. */
#define OT_NODISCARD         __attribute__((warn_unused_result))
/** The compiler checks format and arguments as printf's. */
#define OT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define OT_API
#define OT_NODISCARD
#define OT_PRINTF(fmt, args)
#endif

#endif
