/** @file status.h
 *  @brief What a function says of its outcome: a status, and, where the caller asks for it, an ot_error with the detail.
 *
 *  Every function that can fail returns an #ot_status. Detail travels as a value that the caller passes (#ot_error);
 *  the library keeps no error text of its own, in no thread-local place either. */
#ifndef OWNTRACKS_STATUS_H
#define OWNTRACKS_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <owntracks/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The list of statuses: name, number, text. Numbers never change; new ones are appended.
 *  An unknown number must be treated as a failure. */
#define OT_STATUS_MAP(X)                                                                                               \
    X(OK, 0, "success")                                                                                                \
    X(DONE, 1, "nothing more: the end of a cursor or of a source")                                                     \
    X(EINVAL, 2, "an argument or an option is not valid")                                                              \
    X(ENOMEM, 3, "out of memory")                                                                                      \
    X(ENOTFOUND, 4, "no such thing")                                                                                   \
    X(EUNSUPPORTED, 5, "not supported by this build or this backend")                                                  \
    X(EIO, 6, "input or output failed")                                                                                \
    X(EFULL, 7, "no space left")                                                                                       \
    X(EBUSY, 8, "in use by somebody else; try again")                                                                  \
    X(ECORRUPT, 9, "the stored data is damaged")                                                                       \
    X(EFOREIGN, 10, "the file or database belongs to another program")                                                 \
    X(EVERSION, 11, "written by a newer version")                                                                      \
    X(EREADONLY, 12, "opened for reading only")                                                                        \
    X(ECONFLICT, 13, "changed by somebody else in between")                                                            \
    X(ECLOSED, 14, "closed")                                                                                           \
    X(ETIMEOUT, 15, "took too long")                                                                                   \
    X(ELIMIT, 16, "larger than a configured limit")                                                                    \
    X(ESYNTAX, 17, "not the expected syntax")                                                                          \
    X(EUTF8, 18, "not valid UTF-8")                                                                                    \
    X(EDEPTH, 19, "nested too deep")                                                                                   \
    X(EDUPLICATE, 20, "stands there twice")                                                                            \
    X(ETYPE, 21, "has the wrong type")                                                                                 \
    X(ERANGE, 22, "out of range")                                                                                      \
    X(EMISSING, 23, "a required member is missing")                                                                    \
    X(ETOPIC, 24, "the topic does not fit")                                                                            \
    X(ELIST, 25, "a list of messages where one message is expected")                                                   \
    X(EMPTY, 26, "empty")                                                                                              \
    X(EUNKNOWN, 27, "of a kind this version does not know")                                                            \
    X(ESEALED, 28, "encrypted, and no key opens it")                                                                   \
    X(ELOOKUP, 29, "the name of the host cannot be resolved")                                                          \
    X(EREFUSED, 30, "refused by the other side")                                                                       \
    X(ETLS, 31, "TLS failed")                                                                                          \
    X(EAUTH, 32, "not authorised")                                                                                     \
    X(ELOST, 33, "the connection was lost")                                                                            \
    X(EPERM, 34, "not permitted by the operating system")                                                              \
    X(EINTERNAL, 35, "a defect in the library or a backend")

/** The outcome of a function. */
typedef enum ot_status {
#define OT_STATUS_ENUM_ROW(name, number, text) OT_##name = number,
    OT_STATUS_MAP(OT_STATUS_ENUM_ROW)
#undef OT_STATUS_ENUM_ROW
} ot_status;

/** The detail of a failure, filled by functions that take one. Passing NULL is always allowed.
 *
 *  The layout is frozen for ever, so that it needs no size member. On success it is left as it was. */
typedef struct ot_error {
    ot_status status; /**< The same status that the function returned. */
    uint32_t line;    /**< Line in a text input, from 1; 0 when there is none. */
    uint64_t offset;  /**< Byte offset in the input at which it was found, from 0; #OT_NO_OFFSET when there is none. */
    char field[48];   /**< The member, option or topic level it is about, NUL-terminated; "" when there is none.
                           Bytes that are not printable ASCII stand as \\xHH, so that it can be logged as it is. */
    char reason[192]; /**< One English sentence without a full stop, printable ASCII, NUL-terminated. */
} ot_error;

/** No offset is known. */
#define OT_NO_OFFSET UINT64_MAX

/** An error before anything went wrong. */
#define OT_ERROR_INIT                                                                                                  \
    { OT_OK, 0, OT_NO_OFFSET, "", "" }

/** The symbolic name of a status, such as "OT_EINVAL"; "OT_?" for a number that is not in the list.
 *  @return a constant. @par Threads Safe from any thread at any time. */
OT_API const char *ot_status_name(ot_status status);

/** The text of a status; a general text for a number that is not in the list.
 *  @return a constant. @par Threads Safe from any thread at any time. */
OT_API const char *ot_status_text(ot_status status);

/** Is it worth trying the same call again later without changing anything?
 *  True for EFULL, EBUSY, EIO, ETIMEOUT, ENOMEM, ELOOKUP, EREFUSED, ETLS, EAUTH, ELOST.
 *  @par Threads Safe from any thread at any time. */
OT_API bool ot_status_is_transient(ot_status status);

/** Writes an error as one line: "<field>: <reason> (OT_ETYPE, offset 17)"; always NUL-terminated when @p size > 0.
 *  @param error  what to write; NULL writes an empty text.
 *  @param buffer where to; may be NULL when @p size is 0.
 *  @param size   bytes there.
 *  @return the length that the whole text has, without the NUL, as snprintf does.
 *  @par Threads Safe; the error is only read. */
OT_API size_t ot_error_text(const ot_error *error, char *buffer, size_t size);

/** Fills an error; for backends, hooks and programs. NULL @p error is allowed.
 *  @param error  what to fill.
 *  @param status also returned, so that `return ot_error_set(e, OT_EINVAL, ...)` reads well.
 *  @param field  may be NULL; NUL-terminated; unprintable bytes are escaped.
 *  @param offset or #OT_NO_OFFSET.
 *  @param format as printf's, in English; unprintable bytes of the outcome are escaped.
 *  @return @p status. @par Threads Safe; the error belongs to the caller. */
OT_API ot_status ot_error_set(ot_error *error, ot_status status, const char *field, uint64_t offset, const char *format,
                              ...) OT_PRINTF(5, 6);

#ifdef __cplusplus
}
#endif
#endif
