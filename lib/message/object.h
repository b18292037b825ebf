/* object.h: what is inside an ot_message, and what the files of this folder give each other. Private, never installed. */
#ifndef OT_MESSAGE_OBJECT_H
#define OT_MESSAGE_OBJECT_H

#include "../codec/codec.h"
#include "../schema/table.h"

#include <owntracks/message.h>

#define OT__MAX_PAYLOAD (UINT32_C(1) << 30)
#define OT__VIOLATIONS  32
/* Payloads up to this size are read from a copy with zeros behind it, so that looking ahead needs no bounds. */
#define OT__COPY     2048
#define OT__COPY_PAD 64
/* How many orders of members are remembered. */
#define OT__HABITS 16

/* A member of the payload, or, with OT__MEMBER_SET, one that was set since: offsets, so that the payload may move. */
typedef struct ot__member {
    uint32_t key, key_len; /* in the payload, between the quotes; OT__NOWHERE: not in the payload */
    uint32_t raw, raw_len; /* the text of the value in the payload */
    /* As the four of ot__wire. */
    uint8_t ordinal; /* OT__NO_ORDINAL: no field */
    uint8_t state;   /* ot_member_state; 0: removed */
    uint8_t flags;   /* OT__MEMBER_... */
    uint8_t hash;    /* of an unknown key; of no use elsewhere */
} ot__member;
#define OT__NOWHERE            UINT32_MAX
#define OT__MEMBER_KEY_ESCAPED 1u /* the key holds a backslash */
#define OT__MEMBER_ESCAPED     2u /* the value is a text with a backslash */
#define OT__MEMBER_SET         4u /* the value is that of the struct, not that of the payload */

/* How an app writes its members: what was seen last time. Only hints: every use is checked. */
typedef struct ot__step {
    uint8_t next, other; /* the wire that came behind this one, and the one that came before that did */
    uint8_t length;      /* bytes of the text, digits of the fraction */
} ot__step;
typedef struct ot__habit {
    ot__step steps[OT__WIRES]; /* by number of a wire; the last one: the beginning */
    uint8_t type;              /* ot_type of the last such message */
} ot__habit;

struct ot_message {
    /* how to decode */
    bool strict, foreign; /* foreign: the object lives in the caller's memory */
    uint32_t max_depth, max_members;
    size_t max_payload, total; /* total: bytes of the object as allocated */
    /* the outcome */
    const ot__type *table; /* of its type; NULL when there are no fields */
    ot_type type;
    uint32_t marks;
    ot_str payload, type_text;
    bool built, touched; /* made by begin() or from(); changed since it was decoded */
    bool type_escaped;
    uint32_t tail;       /* where members that are not indexed begin: the comma; 0: all are indexed */
    size_t member_count; /* entries, removed ones too */
    size_t removed;      /* entries that are removed */
    uint64_t changed[2]; /* ordinals set or unset since decoding */
    size_t violation_count;
    size_t escaped;     /* bytes of texts with escapes */
    ot_violation fatal; /* the first one that refuses the message; status OT_OK: none */
    ot_violation violations[OT__VIOLATIONS];
    ot_violation late[2]; /* the newest beyond the list, of two REQUIRED fields: a refusal tells the true reason */
    /* memory */
    ot__member *members; /* max_members of them, and one for what has no place */
    char *scratch;       /* unescaped texts */
    size_t scratch_size;
    bool scratch_own; /* allocated apart, because the reserved one was too small */
    char *copy;       /* made by ot_message_own() */
    size_t copy_size;
    ot__habit habits[OT__HABITS];
    union {
        uint64_t has[2]; /* first in every struct of fields.h */
        char bytes[2048];
        double align;
    } data;
    char pad[OT__COPY + OT__COPY_PAD];
};

/* In the second word of `seen`: `_type` stands there. No field has the ordinal 127. */
#define OT__SEEN_TYPE (UINT64_C(1) << 63)

/* Reading a payload. */
typedef struct ot__reader {
    ot_message *m;
    const ot__type *type;
    const char *base, *end; /* of the text that is read: the payload or its copy */
    ot_str payload;
    bool any_type;            /* whatever `_type` says */
    bool fixed;               /* `_type` has been looked for: this is the type */
    bool retype;              /* out: `_type` says another type */
    bool has_type;            /* out: there is a `_type` */
    bool bad_type;            /* out: the last `_type` is no text */
    uint64_t seen[2], bad[2]; /* by ordinal: stands there; stands there without a usable value */
    uint64_t unknown;         /* a bit for each hash of an unknown key */
    ot__json_fail fail;
    ot_str fail_key; /* the member in which it failed */
} ot__reader;

static inline bool ot__bit(const uint64_t bits[2], unsigned n) {
    return (bits[n >> 6 & 1] >> (n & 63) & 1) != 0;
}
static inline void ot__bit_set(uint64_t bits[2], unsigned n) {
    bits[n >> 6 & 1] |= UINT64_C(1) << (n & 63);
}
static inline void ot__bit_clear(uint64_t bits[2], unsigned n) {
    bits[n >> 6 & 1] &= ~(UINT64_C(1) << (n & 63));
}

static inline bool ot__kind_is_text(unsigned kind) {
    return kind >= OT_KIND_STR;
}

static inline void *ot__data_at(ot_message *m, size_t offset) {
    return m->data.bytes + offset;
}
static inline const void *ot__data_of(const ot_message *m, size_t offset) {
    return m->data.bytes + offset;
}

/* Takes its value from a member of the struct. */
static inline void ot__data_clear(ot_message *m, const ot_field *field) {
    size_t size = field->kind == OT_KIND_BOOL     ? sizeof(bool)
                  : ot__kind_is_text(field->kind) ? sizeof(ot_str)
                                                  : sizeof(int64_t);
    memset(m->data.bytes + field->offset, 0, size);
}

/* message.c */
void ot__message_reset(ot_message *m);
/* Room for n bytes of unescaped text; what was in it is lost. OT_OK, OT_ELIMIT (caller's memory), OT_ENOMEM. */
ot_status ot__message_scratch(ot_message *m, size_t n);

/* decode.c: reads all members of the object whose brace is at p. Returns the byte behind its closing brace; NULL: r->retype, or failed. */
const char *ot__decode_members(ot__reader *r, const char *p, ot__habit *habit, bool ahead);

/* values.c */
/* A value that is not as the fast way expects it (or of no field: w NULL); p is where it starts. Fills member and struct; returns the byte
   behind the value, or NULL with r->fail. */
const char *ot__take_value(ot__reader *r, const ot__wire *w, const char *p, ot__member *member);
/* A number is out of its range, or a word is unknown: as the value of w that stands in member. */
void ot__out_of_range(ot__reader *r, const ot__wire *w, ot__member *member);
void ot__unknown_word(ot__reader *r, const ot__wire *w, ot__member *member);
/* The same field, or the same unknown key, stands there again: member is the new one, not yet indexed. */
void ot__duplicate_field(ot__reader *r, unsigned ordinal, const ot__member *member);
void ot__check_unknown(ot__reader *r, ot__member *member);
bool ot__word_known(const ot_field *field, ot_str word);
/* Notes a violation; in strict mode it refuses the message. */
void ot__note(ot_message *m, ot_status status, const ot_field *field, ot_str key, uint64_t offset, const char *reason,
              uint32_t mark);
/* Are two keys, escapes undone, the same? */
bool ot__key_same(ot_str a, bool a_escaped, ot_str b, bool b_escaped);

/* Beyond this the creation time of a waypoint is taken for milliseconds. */
#define OT__SECONDS_MAX INT64_C(100000000000)
static inline bool ot__may_be_milliseconds(const ot_field *field) {
    return field->type == OT_TYPE_WAYPOINT && field->ordinal == OT_WAYPOINT_tst;
}

/* judge.c: what can be said only when all members are known. */
ot_status ot__judge(ot__reader *r, ot_error *error);

/* The members of a message, the ones beyond the index too. */
typedef struct ot__walk {
    const ot_message *m;
    size_t n;    /* next entry of the index */
    size_t tail; /* where to go on in the payload; 0: not begun */
} ot__walk;
/* A member as the walk gives it. */
typedef struct ot__item {
    ot_member view;
    const ot__member *entry; /* NULL: beyond the index */
    bool set;                /* the value is that of the struct */
} ot__item;
bool ot__walk_next(ot__walk *walk, ot__item *out);

/* Does the key of item, escapes undone, equal this? */
static inline bool ot__item_is(const ot__item *item, ot_str key) {
    return ot__json_key_eq(item->view.key, item->view.key_escaped, key);
}

/* build.c: does the value of a field fit its row? For set() and encode(). */
ot_status ot__check_value(const ot_field *field, const void *value, ot_error *error);

#endif
