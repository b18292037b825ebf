/* table.h: the tables that decode, encode and validate work by. Private, never installed. */
#ifndef OT_SCHEMA_TABLE_H
#define OT_SCHEMA_TABLE_H

#include "../base/base.h"
#include "hash.h"

#include <owntracks/fields.h>

/* The member that names the type of a message. It is no field. */
#define OT__TYPE_KEY    "_type"
#define OT__NO_ORDINAL  0xffu
#define OT__KEY_PATTERN 32
/* More keys than any type has, aliases included. */
#define OT__WIRES 128

/* A key as it stands on the wire: each key and each alias of a field has one; number 0 of each type is OT__TYPE_KEY.
 * One cache line. */
typedef struct ot__wire {
    _Alignas(64) char pattern
        [OT__KEY_PATTERN]; /* "key": with quotes and colon; filled with bytes 0xff when it is too long to be
                                      guessed */
    union {
        struct {
            double min, max;
        } real; /* F64 */
        struct {
            int64_t min, max;
        } whole;             /* I64, TIME */
        uint64_t letters[2]; /* ENUM: the words of one letter, bit = ASCII code */
    } u;
    /* These four are copied as they are into the index of a message: see ot__member. */
    uint8_t ordinal; /* of the field; OT__NO_ORDINAL for OT__TYPE_KEY */
    uint8_t state;   /* ot_member_state of a good value */
    uint8_t zero;
    uint8_t klen;    /* bytes of the key */
    uint8_t plen;    /* bytes of the pattern that count */
    uint8_t kind;    /* ot_kind; 0 for OT__TYPE_KEY */
    uint16_t offset; /* of the member in the struct */
    const char *key;
} ot__wire;

/* All about a type. */
typedef struct ot__type {
    const char *text, *name, *doc;
    const ot_field *fields;
    const ot__wire *wires;
    const uint8_t *hash; /* wire number + 1 by ot__key_hash(); 0: none */
    uint64_t seed;
    uint64_t required[2], expected[2]; /* ordinals of the fields that are */
    uint8_t quoted_len;                /* of `quoted` */
    uint16_t size;                     /* of the struct */
    uint8_t shift, count, wire_count, number;
    char quoted[16]; /* "text" with its quotes */
} ot__type;

/* By number of type; count is 0 where there is no such type. */
extern const ot__type ot__types[64];

static inline const ot__type *ot__type_of(ot_type type) {
    unsigned number = (unsigned)type;
    return number < OT_COUNT(ot__types) && ot__types[number].count ? &ot__types[number] : NULL;
}

/* The type whose `_type` is this text; OT_TYPE_UNKNOWN when there is none. */
ot_type ot__type_by_text(ot_str text);

/* The wire of a key (escapes undone); NULL when the type has none. */
static inline const ot__wire *ot__wire_find(const ot__type *type, const char *key, size_t len) {
    unsigned n = type->hash[ot__key_hash(key, len, type->seed, type->shift)];
    if (!n) return NULL;
    const ot__wire *w = &type->wires[n - 1];
    return w->klen == len && memcmp(w->key, key, len) == 0 ? w : NULL;
}

/* The longest key there is, in bytes. */
extern const unsigned ot__key_longest;

#endif
