/** @file json.h
 *  @brief Reading JSON without a tree, for programs, scripts and backends: the reader that the decoder of messages stands on.
 *
 *  A text is validated once, as a whole (RFC 8259, UTF-8 by RFC 3629, stated depth); then values are views into it. Nothing allocates. For OwnTracks payloads use
 *  message.h. */
#ifndef OWNTRACKS_JSON_H
#define OWNTRACKS_JSON_H

#include <owntracks/str.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a value is. */
typedef enum ot_json_kind {
    OT_JSON_NONE = 0,   /**< No value. */
    OT_JSON_NULL = 1,   /**< null */
    OT_JSON_FALSE = 2,  /**< false */
    OT_JSON_TRUE = 3,   /**< true */
    OT_JSON_NUMBER = 4, /**< A number. */
    OT_JSON_STRING = 5, /**< A string. */
    OT_JSON_ARRAY = 6,  /**< An array. */
    OT_JSON_OBJECT = 7  /**< An object. */
} ot_json_kind;

/** A value in its text; valid as long as the text. The layout is frozen. */
typedef struct ot_json {
    ot_str raw;        /**< Its text without blanks around it; of a string with its quotes. */
    ot_json_kind kind; /**< What it is. */
    bool escaped;      /**< A string that holds a backslash. */
} ot_json;

/** Validates a text that is one value, blanks around it allowed.
 *  @param text      any bytes.
 *  @param max_depth levels of arrays and objects; 0 means 32, more than 1024 means 1024.
 *  @param out       the value.
 *  @param error     may be NULL; the offset of the first bad byte.
 *  @return OT_OK; OT_ESYNTAX, OT_EUTF8, OT_EDEPTH. @par Threads Safe. */
OT_API ot_status ot_json_read(ot_str text, uint32_t max_depth, ot_json *out, ot_error *error);

/** The next element of an array, or member of an object.
 *  @param of       the array or object.
 *  @param position 0 at first; then as the last call left it.
 *  @param key      of a member, between its quotes, escapes not undone; may be NULL.
 *  @param out      the value.
 *  @return false at the end, and when @p of is neither. @par Threads Safe. */
OT_API bool ot_json_next(const ot_json *of, size_t *position, ot_str *key, ot_json *out);

/** The member with a key (escapes undone); the last one when it stands there twice.
 *  @return OT_OK; OT_ENOTFOUND (then out is of kind NONE). @par Threads Safe. */
OT_API ot_status ot_json_find(const ot_json *object, ot_str key, ot_json *out);

/** The text of a string, escapes undone.
 *  @param buffer receives it, without a NUL; string->raw.len bytes are always enough. Not used (may be NULL) when the string has no escapes.
 *  @param out    the text: a view of the value's own bytes, or of @p buffer.
 *  @return OT_OK; OT_ETYPE (no string). @par Threads Safe. */
OT_API ot_status ot_json_text(const ot_json *string, char *buffer, ot_str *out);

/** A number that is an integer of 64 bits, written without fraction and exponent. @return OT_OK; OT_ETYPE; OT_ERANGE (another number). @par Threads Safe. */
OT_API ot_status ot_json_integer(const ot_json *number, int64_t *out);

/** A number, correctly rounded. @return OT_OK; OT_ETYPE; OT_ERANGE (beyond what a double holds). @par Threads Safe. */
OT_API ot_status ot_json_number(const ot_json *number, double *out);

/** Writes a text as a JSON string with its quotes. @return OT_OK; OT_EUTF8 (nothing is written); the sink's status. @par Threads Safe. */
OT_API ot_status ot_json_write_text(const ot_sink *sink, ot_str text);

/** Writes a JSON text anew without a change of its values, names or their order: indented by @p indent blanks a level, with a line end behind the last
 *  line; or, when @p indent is 0, without any blank.
 *  @param text   one value, nested at most 32 levels.
 *  @param indent 0 to 8.
 *  @return OT_OK; OT_EINVAL (indent); OT_ESYNTAX, OT_EUTF8, OT_EDEPTH (nothing is written); the sink's status. @par Threads Safe. */
OT_API ot_status ot_json_write_laid_out(const ot_sink *sink, ot_str text, uint32_t indent, ot_error *error);

#ifdef __cplusplus
}
#endif
#endif
