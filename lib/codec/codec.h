/* codec.h: JSON without a tree: scanning, values, numbers, strings, writing; base64. Private, never installed.
   RFC 8259 exactly; UTF-8 validated by RFC 3629; nothing allocates; nothing looks at the locale. */
#ifndef OT_CODEC_H
#define OT_CODEC_H

#include "../base/base.h"

typedef enum ot__json_kind {
    OT__JSON_NONE = 0,
    OT__JSON_NULL,
    OT__JSON_FALSE,
    OT__JSON_TRUE,
    OT__JSON_NUMBER,
    OT__JSON_STRING,
    OT__JSON_ARRAY,
    OT__JSON_OBJECT
} ot__json_kind;

/* Where a scan failed. Wherever one is taken NULL is allowed; a success leaves it as it was. */
typedef struct ot__json_fail {
    ot_status
        status; /* OT_ESYNTAX; OT_EUTF8: bytes, or an escaped lone surrogate, that no UTF-8 can stand for; OT_EDEPTH */
    const char
        *at; /* the offending byte: the first of a bad UTF-8 sequence, the backslash of a bad escape; may be the end */
    const char *reason; /* a constant English text */
} ot__json_fail;

/* Fills *fail and returns NULL: how a scan function ends in failure. */
static inline const char *ot__json_refuse(ot__json_fail *fail, ot_status status, const char *at, const char *reason) {
    if (fail) {
        fail->status = status;
        fail->at = at;
        fail->reason = reason;
    }
    return NULL;
}

/* A value in its text. */
typedef struct ot__json_value {
    ot_str raw; /* the text of the value without surrounding blanks; of a string WITH its quotes */
    ot__json_kind kind;
    bool escaped; /* a string that holds a backslash */
} ot__json_value;

/* The body of a string value: without the quotes. */
static inline ot_str ot__json_body(const ot__json_value *string) {
    return ot_str_of(string->raw.ptr + 1, string->raw.len - 2);
}

/* The most levels that a scan follows, whatever limit it is given: the open levels are bits of an array on the stack. */
#define OT__JSON_DEPTH_MAX 1024

/* Skips blanks. */
const char *ot__json_space(const char *p, const char *end);

/* Validates one value that starts at p (no blank before it); depth counts levels already open, max is the limit (32): an array or
   object that would be level max + 1 is refused at its bracket. out may be NULL.
   Returns the byte behind the value, or NULL with *fail filled. */
const char *ot__json_value_scan(const char *p, const char *end, unsigned depth, unsigned max, ot__json_value *out,
                                ot__json_fail *fail);

/* Validates a whole text: blanks, one value, blanks, end. */
ot_status ot__json_validate(ot_str text, unsigned max_depth, ot__json_value *out, ot__json_fail *fail);

/* Scans a string; p is behind the opening quote. Returns the byte behind the closing quote or NULL. body excludes the quotes;
   body and escaped may be NULL. Validated: UTF-8, escapes, pairs of surrogates, no control characters. */
const char *ot__json_string_scan(const char *p, const char *end, ot_str *body, bool *escaped, ot__json_fail *fail);

/* Undoes the escapes of a validated string body into out (at least body.len bytes). Returns the length. Never longer than body. */
size_t ot__json_unescape(ot_str body, char *out);

/* Numbers. */
typedef enum ot__num_kind {
    OT__NUM_BAD = 0,
    OT__NUM_INT, /* written without fraction and exponent and fits int64: both i and d are right (d correctly rounded) */
    OT__NUM_REAL, /* d is the correctly rounded value (round half to even), finite */
    OT__NUM_HUGE  /* finite by syntax but beyond double: d is +-infinity */
} ot__num_kind;
typedef struct ot__num {
    ot__num_kind kind;
    int64_t i;
    double d;
} ot__num;

/* Scans a JSON number at p. Returns the byte behind it, or NULL when the syntax is wrong (*fail). -0 gives INT with i 0 and d -0.0. */
const char *ot__json_number_scan(const char *p, const char *end, ot__num *out, ot__json_fail *fail);

/* The same grammar for a text that must be a number from start to end (a number sent as text). False when it is not. */
bool ot__num_parse(ot_str text, ot__num *out);

/* Writing. The shortest text that reads back to the same double (of several the nearest), in JSON syntax, with a NUL behind it;
   returns the length without the NUL. NaN and infinities have no JSON text: 0 is returned. Integral values stand without ".0";
   an exponent stands only where |d| >= 1e17 or 0 < |d| < 1e-7. */
#define OT__NUM_TEXT 40
size_t ot__num_write_double(double d, char out[OT__NUM_TEXT]);
size_t ot__num_write_int(int64_t i, char out[OT__NUM_TEXT]);

/* Writes s as a JSON string with quotes. s must be valid UTF-8 (checked before the first byte is written: OT_EUTF8). Escapes what
   RFC 8259 demands, nothing more. An absent view is written as the empty string. Otherwise the sink's status. */
ot_status ot__json_write_string(const ot_sink *sink, ot_str s);

/* Iterates the elements of a validated array text ("[...]"): *pos starts at 0. Returns false at the end (and where the text turns
   out not to be valid, or deeper than OT__JSON_DEPTH_MAX). */
bool ot__json_array_next(ot_str array, size_t *pos, ot__json_value *out);

/* Iterates the members of a validated object text ("{...}"): key is the body between the quotes (may hold escapes). */
bool ot__json_object_next(ot_str object, size_t *pos, ot_str *key, bool *key_escaped, ot__json_value *out);

/* Does a (validated) key body equal plain, with escapes undone? */
bool ot__json_key_eq(ot_str body, bool escaped, ot_str plain);

/* Base64, standard alphabet, padded, RFC 4648 section 4; strict: no blanks, no stray bits. */
size_t ot__base64_encoded_len(size_t len);      /* SIZE_MAX when it would not fit a size_t */
void ot__base64_encode(ot_str data, char *out); /* no NUL behind it */
/* out: at least text.len / 4 * 3 bytes; OT_ESYNTAX with the first offending byte (the length when the text is cut) in *bad_offset. */
ot_status ot__base64_decode(ot_str text, char *out, size_t *len, size_t *bad_offset);

#endif
