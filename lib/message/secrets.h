/* secrets.h: members that are never shown, and JSON without their values. Private, never installed. */
#ifndef OT_SECRETS_H
#define OT_SECRETS_H

#include <owntracks/schema.h>

#include "../base/base.h"

/* The keys of SECRET fields of all types. */
#define OT__SECRET_KEYS 32
typedef struct ot__secrets {
    ot_str keys[OT__SECRET_KEYS];
    size_t count;
} ot__secrets;

void ot__secrets_fill(ot__secrets *secrets);
bool ot__secrets_have(const ot__secrets *secrets, ot_str key, bool escaped);
/* A mask of the types that may hold secrets, in objects within them too; UNKNOWN is among them: nobody knows. */
uint64_t ot__secret_types(void);
/* Is it valid JSON? */
bool ot__json_good(ot_str text);
/* Writes valid JSON, values of secret keys as "***" (keys NULL: none); one_line: newlines between tokens become blanks. */
ot_status ot__json_masked(const ot_sink *sink, ot_str json, const ot__secrets *keys, bool one_line);
/* JSON with its secrets masked, in the arena; the text itself when it holds none, or is no JSON: then *json is false. */
ot_status ot__secrets_mask(const ot__secrets *keys, ot__arena *arena, ot_str text, ot_str *out, bool *json);
/* Do bytes that are no JSON name a secret key in quotes? */
bool ot__bytes_secret(ot_str bytes, const ot__secrets *keys);

#endif
