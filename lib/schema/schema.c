/* schema.c: the tables of all types and fields, made from the rows, and the reflection over them. */
#include "table.h"

#include <math.h>

#include "keys.inc"

const unsigned ot__key_longest = KEY_LONGEST;

#include "rows.h"

/* Do the structs of fields.h follow from these rows? A second struct is made from the rows and compared. */
#define CTYPE_BOOL                bool
#define CTYPE_I64                 int64_t
#define CTYPE_TIME                int64_t
#define CTYPE_F64                 double
#define CTYPE_STR                 ot_str
#define CTYPE_ENUM                ot_str
#define CTYPE_STRS                ot_str
#define CTYPE_OBJ                 ot_str
#define CTYPE_OBJS                ot_str
#define CTYPE_RAW                 ot_str
#define MIRROR_(name, NAME, self) struct mirror_##name
#define TYPE(...)                                                                                                      \
    OT_ROW(MIRROR_, SELF) {                                                                                            \
        uint64_t has[2];
#define X(member, key, KIND, ...) CTYPE_##KIND member;
#define ALIAS(member, text)
#define WORDS(member, text)
#define NESTED(member, type)
#define ANDROID_RANGE(member, min, max)
#define END                                                                                                            \
    }                                                                                                                  \
    ;
#include "types.def"
#undef TYPE
#undef X
#undef END
#define SIZE_(name, NAME, self, number, text, title, doc)                                                              \
    _Static_assert(sizeof(struct mirror_##name) == sizeof(self), "stale fields.h: fields of " #name);                  \
    _Static_assert(OT_TYPE_##NAME == (number), "number of " #name);
#define TYPE(...) OT_ROW(SIZE_, SELF, __VA_ARGS__)
#define SAME_(name, NAME, self, member, KIND)                                                                          \
    _Static_assert(offsetof(struct mirror_##name, member) == offsetof(self, member), "stale fields.h: " #member);      \
    _Static_assert(_Generic(((self *)0)->member, CTYPE_##KIND : 1, default : 0), "stale fields.h: " #member);          \
    enum { ordinal_##name##_##member = OT_##NAME##_##member };
#define X(member, key, KIND, ...) OT_ROW(SAME_, SELF, member, KIND)
#define END
#include "types.def"
#undef TYPE
#undef X

/* The fields. Aliases, words and nested types come in rows of their own, behind their field, and put themselves in. */
#if defined(__clang__)
#pragma clang diagnostic ignored "-Winitializer-overrides"
#elif defined(__GNUC__)
#pragma GCC diagnostic ignored "-Woverride-init"
#endif
#define FIELDS_(name, NAME, self, ...) static const ot_field fields_##name[] = {
#define TYPE(...)                      OT_ROW(FIELDS_, SELF, __VA_ARGS__)
#define FIELD_(name, NAME, self, member_, key_, KIND, UNIT, flags_, min_, max_, since_, doc_)                          \
    [OT_##NAME##_##member_] = {.key = key_,                                                                            \
                               .member = #member_,                                                                     \
                               .aliases = "",                                                                          \
                               .words = "",                                                                            \
                               .doc = doc_,                                                                            \
                               .min = (double)(min_),                                                                  \
                               .max = (double)(max_),                                                                  \
                               .android_min = (double)(min_),                                                          \
                               .android_max = (double)(max_),                                                          \
                               .kind = OT_KIND_##KIND,                                                                 \
                               .unit = OT_UNIT_##UNIT,                                                                 \
                               .type = OT_TYPE_##NAME,                                                                 \
                               .nested = OT_TYPE_NONE,                                                                 \
                               .flags = flags_,                                                                        \
                               .since = since_,                                                                        \
                               .ordinal = OT_##NAME##_##member_,                                                       \
                               .offset = offsetof(self, member_)},
#define X(member, ...) OT_ROW(FIELD_, SELF, member, __VA_ARGS__)
#undef ALIAS
#undef WORDS
#undef NESTED
#undef ANDROID_RANGE
#undef END
#define ALIAS_(name, NAME, self, member, text)  [OT_##NAME##_##member].aliases = text,
#define ALIAS(member, text)                     OT_ROW(ALIAS_, SELF, member, text)
#define WORDS_(name, NAME, self, member, text)  [OT_##NAME##_##member].words = text,
#define WORDS(member, text)                     OT_ROW(WORDS_, SELF, member, text)
#define NESTED_(name, NAME, self, member, type) [OT_##NAME##_##member].nested = OT_TYPE_##type,
#define NESTED(member, type)                    OT_ROW(NESTED_, SELF, member, type)
#define ANDROID_RANGE_(name, NAME, self, member, min_, max_)                                                           \
    [OT_##NAME##_##member].android_min = (double)(min_), [OT_##NAME##_##member].android_max = (double)(max_),
#define ANDROID_RANGE(member, min, max) OT_ROW(ANDROID_RANGE_, SELF, member, min, max)
#define END                                                                                                            \
    }                                                                                                                  \
    ;
#include "types.def"
#undef TYPE
#undef X
#undef ALIAS
#undef WORDS
#undef NESTED
#undef ANDROID_RANGE
#undef END

#define QUOTED_LEN(text) (sizeof(text) + 1)
#define ROW_(name_, NAME, self, number_, text_, title, doc_)                                                           \
    [number_] = {.text = text_,                                                                                        \
                 .name = title,                                                                                        \
                 .doc = doc_,                                                                                          \
                 .fields = fields_##name_,                                                                             \
                 .wires = wires_##name_,                                                                               \
                 .hash = hash_##name_,                                                                                 \
                 .seed = SEED_##name_,                                                                                 \
                 .required = REQUIRED_##name_,                                                                         \
                 .expected = EXPECTED_##name_,                                                                         \
                 .quoted_len = QUOTED_LEN(text_),                                                                      \
                 .size = sizeof(self),                                                                                 \
                 .shift = SHIFT_##name_,                                                                               \
                 .count = OT_COUNT(fields_##name_),                                                                    \
                 .wire_count = OT_COUNT(wires_##name_),                                                                \
                 .number = number_,                                                                                    \
                 .quoted = "\"" text_ "\""},
#define TYPE(...) OT_ROW(ROW_, SELF, __VA_ARGS__)
#define X(...)
#define ALIAS(member, text)
#define WORDS(member, text)
#define NESTED(member, type)
#define ANDROID_RANGE(member, min, max)
#define END
const ot__type ot__types[64] = {
#include "types.def"
};
#undef TYPE
#define LONGEST_(name, NAME, self, number, text, title, doc)                                                           \
    _Static_assert(QUOTED_LEN(text) <= sizeof ot__types[0].quoted, "`_type` too long: " #name);                        \
    _Static_assert(OT_COUNT(fields_##name) <= 127, "too many fields: " #name);                                         \
    _Static_assert(OT_COUNT(wires_##name) < OT__WIRES, "too many keys: " #name);
#define TYPE(...) OT_ROW(LONGEST_, SELF, __VA_ARGS__)
#include "types.def"
#define OT_ROWS_DONE
#include "rows.h"

/* Types without fields. */
static const struct {
    ot_type type;
    const char *name, *doc;
} bare[] = {{OT_TYPE_NONE, "none", "No message."},
            {OT_TYPE_UNKNOWN, "unknown", "A message of a type that this version does not know."},
            {OT_TYPE_EMPTY, "empty", "A payload of no bytes: forget this device."}};

ot_type ot__type_by_text(ot_str text) {
    if (text.len == 0) return OT_TYPE_UNKNOWN;
    for (unsigned i = 0; i < OT_COUNT(ot__types); i++) {
        if (ot__types[i].count && ot_str_eq(ot_str_c(ot__types[i].text), text)) return (ot_type)i;
    }
    return OT_TYPE_UNKNOWN;
}

const char *ot_type_text(ot_type type) {
    const ot__type *t = ot__type_of(type);
    return t ? t->text : "";
}

const char *ot_type_name(ot_type type) {
    const ot__type *t = ot__type_of(type);
    if (t) return t->name;
    for (size_t i = 0; i < OT_COUNT(bare); i++) {
        if (bare[i].type == type) return bare[i].name;
    }
    return "?";
}

ot_type ot_type_by_name(ot_str name) {
    for (unsigned i = 0; i < OT_COUNT(ot__types); i++) {
        if (ot__types[i].count && ot_str_eq(ot_str_c(ot__types[i].name), name)) return (ot_type)i;
    }
    for (size_t i = 0; i < OT_COUNT(bare); i++) {
        if (ot_str_eq(ot_str_c(bare[i].name), name)) return bare[i].type;
    }
    return OT_TYPE_NONE;
}

const char *ot_type_doc(ot_type type) {
    const ot__type *t = ot__type_of(type);
    if (t) return t->doc;
    for (size_t i = 0; i < OT_COUNT(bare); i++) {
        if (bare[i].type == type) return bare[i].doc;
    }
    return "";
}

ot_type ot_type_at(size_t n) {
    for (unsigned i = 0; i < OT_COUNT(ot__types); i++) {
        if (ot__types[i].count && n-- == 0) return (ot_type)i;
    }
    return OT_TYPE_NONE;
}

size_t ot_field_count(ot_type type) {
    const ot__type *t = ot__type_of(type);
    return t ? t->count : 0;
}

const ot_field *ot_field_at(ot_type type, size_t ordinal) {
    const ot__type *t = ot__type_of(type);
    return t && ordinal < t->count ? &t->fields[ordinal] : NULL;
}

const ot_field *ot_field_by_key(ot_type type, ot_str key) {
    const ot__type *t = ot__type_of(type);
    const ot__wire *w = t && key.len ? ot__wire_find(t, key.ptr, key.len) : NULL;
    return w && w->ordinal != OT__NO_ORDINAL ? &t->fields[w->ordinal] : NULL;
}

size_t ot_type_struct_size(ot_type type) {
    const ot__type *t = ot__type_of(type);
    return t ? t->size : 0;
}

const char *ot_kind_name(ot_kind kind) {
    static const char *const names[] = {"BOOL", "I64", "F64", "TIME", "STR", "ENUM", "STRS", "OBJ", "OBJS", "RAW"};
    unsigned n = (unsigned)kind - 1;
    return n < OT_COUNT(names) ? names[n] : "?";
}

const char *ot_unit_text(ot_unit unit) {
    static const char *const texts[] = {"", "°", "m", "km/h", "kPa", "%", "s", "dBm", "min", "d"};
    return (unsigned)unit < OT_COUNT(texts) ? texts[(unsigned)unit] : "";
}
