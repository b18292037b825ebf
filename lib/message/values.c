/* values.c: values that are not as their row expects them: taken where that is allowed, kept as they are where it is not, and noted. */
#include "object.h"

#include <math.h>

void ot__note(ot_message *m, ot_status status, const ot_field *field, ot_str key, uint64_t offset, const char *reason,
              uint32_t mark) {
    ot_violation v = {status, field, key, offset, reason};
    if (m->violation_count < OT__VIOLATIONS) {
        m->violations[m->violation_count] = v;
    } else {
        if (m->violation_count == OT__VIOLATIONS) m->late[0].field = m->late[1].field = NULL;
        if (field && field->flags & OT_FIELD_REQUIRED && status != OT_EDUPLICATE)
            m->late[m->late[0].field && m->late[0].field != field] = v;
    }
    m->violation_count++;
    m->marks |= mark;
    if (!m->strict || m->fatal.status != OT_OK) return;
    m->fatal = v;
    /* As the outcome of decoding OT_EUNKNOWN means an unknown type. */
    if (status == OT_EUNKNOWN) m->fatal.status = OT_ERANGE;
}

static void note(ot__reader *r, const ot__wire *w, const ot__member *member, ot_status status, const char *reason,
                 uint32_t mark) {
    ot__note(r->m, status, &r->type->fields[w->ordinal], ot_str_of(r->payload.ptr + member->key, member->key_len),
             member->raw, reason, mark);
}

/* Known, but without a usable value. */
static void bad(ot__reader *r, const ot__wire *w, ot__member *member, ot_status status, const char *reason) {
    member->state = OT_MEMBER_BAD;
    ot__bit_set(r->bad, w->ordinal);
    note(r, w, member, status, reason, OT_MARK_VIOLATION);
}

void ot__out_of_range(ot__reader *r, const ot__wire *w, ot__member *member) {
    if (r->type->fields[w->ordinal].flags & OT_FIELD_REQUIRED)
        bad(r, w, member, OT_ERANGE, "is out of range");
    else
        note(r, w, member, OT_ERANGE, "is out of range", OT_MARK_VIOLATION);
}

void ot__unknown_word(ot__reader *r, const ot__wire *w, ot__member *member) {
    note(r, w, member, OT_EUNKNOWN, "is a word that is not known here", OT_MARK_VIOLATION);
}

bool ot__word_known(const ot_field *field, ot_str word) {
    if (word.len == 0 || memchr(word.ptr, ' ', word.len)) return false;
    for (const char *p = field->words; *p;) {
        size_t n = strcspn(p, " ");
        if (n == word.len && memcmp(p, word.ptr, n) == 0) return true;
        p += n;
        if (*p) p++;
    }
    return false;
}

/* A key letter by letter, escapes undone. */
typedef struct letters {
    const char *p, *end;
    char held[4];
    unsigned n, at;
} letters;

static int next_letter(letters *l, bool escaped) {
    if (l->at < l->n) return (uint8_t)l->held[l->at++];
    if (l->p == l->end) return -1;
    if (!escaped || *l->p != '\\') return (uint8_t)*l->p++;
    /* One escape, or a pair of surrogates. */
    size_t n = l->p[1] != 'u' ? 2 : 6;
    if (n == 6 && (l->p[2] | 32) == 'd' && memchr("89abAB", l->p[3], 6)) n = 12;
    char out[12];
    size_t len = ot__json_unescape(ot_str_of(l->p, n), out);
    l->p += n;
    memcpy(l->held, out, len < 4 ? len : 4);
    l->n = (unsigned)(len < 4 ? len : 4);
    l->at = 1;
    return (uint8_t)l->held[0];
}

bool ot__key_same(ot_str a, bool a_escaped, ot_str b, bool b_escaped) {
    if (!a_escaped && !b_escaped) return ot_str_eq(a, b);
    letters x = {.p = a.ptr, .end = a.ptr + a.len}, y = {.p = b.ptr, .end = b.ptr + b.len};
    for (;;) {
        int c = next_letter(&x, a_escaped);
        if (c != next_letter(&y, b_escaped)) return false;
        if (c < 0) return true;
    }
}

/* A hash of a key, escapes undone: so that a payload full of unknown members is not compared letter by letter with all of the index. */
static uint32_t letters_hash(ot_str key, bool escaped) {
    letters l = {.p = key.ptr, .end = key.ptr + key.len};
    uint32_t h = UINT32_C(2166136261);
    for (int c = next_letter(&l, escaped); c >= 0; c = next_letter(&l, escaped))
        h = (h ^ (uint32_t)c) * UINT32_C(16777619);
    return h ^ h >> 16;
}

void ot__duplicate_field(ot__reader *r, unsigned ordinal, const ot__member *member) {
    ot_message *m = r->m;
    for (size_t i = 0; i < m->member_count; i++) {
        if (m->members[i].ordinal == ordinal) m->members[i].state = OT_MEMBER_SHADOWED;
    }
    ot__bit_clear(r->bad, ordinal);
    ot__note(m, OT_EDUPLICATE, &r->type->fields[ordinal], ot_str_of(r->payload.ptr + member->key, member->key_len),
             member->raw, "stands there twice", OT_MARK_DUPLICATE);
}

void ot__check_unknown(ot__reader *r, ot__member *member) {
    ot_message *m = r->m;
    ot_str key = ot_str_of(r->base + member->key, member->key_len);
    bool escaped = (member->flags & OT__MEMBER_KEY_ESCAPED) != 0;
    uint32_t hash = letters_hash(key, escaped);
    uint64_t bit = UINT64_C(1) << (hash & 63);
    member->hash = (uint8_t)(hash >> 6);
    bool maybe = (r->unknown & bit) != 0;
    r->unknown |= bit;
    if (!maybe) return;
    for (size_t i = m->member_count; i-- > 0;) {
        ot__member *other = &m->members[i];
        if (other->state != OT_MEMBER_UNKNOWN || other->hash != member->hash) continue;
        if (!ot__key_same(ot_str_of(r->base + other->key, other->key_len), (other->flags & OT__MEMBER_KEY_ESCAPED) != 0,
                          key, escaped)) {
            continue;
        }
        other->state = OT_MEMBER_SHADOWED;
        ot__note(m, OT_EDUPLICATE, NULL, ot_str_of(r->payload.ptr + member->key, member->key_len), member->raw,
                 "stands there twice", OT_MARK_DUPLICATE);
        return;
    }
}

/* The text of a string value, escapes undone when it is short enough to be a number or a word; otherwise false. */
static bool short_text(const ot__json_value *value, char buffer[64], ot_str *out) {
    ot_str body = ot__json_body(value);
    if (!value->escaped) {
        *out = body;
        return true;
    }
    if (body.len > 64) return false;
    *out = ot_str_of(buffer, ot__json_unescape(body, buffer));
    return true;
}

static void take_bool(ot__reader *r, const ot__wire *w, const ot__json_value *value, ot__member *member) {
    bool b = value->kind == OT__JSON_TRUE;
    if (!b && value->kind != OT__JSON_FALSE) {
        ot__num n;
        char buffer[64];
        ot_str text = ot_str_of(NULL, 0);
        if (value->kind == OT__JSON_NUMBER && ot__num_parse(value->raw, &n) && n.kind == OT__NUM_INT &&
            (n.i == 0 || n.i == 1)) {
            b = n.i == 1;
        } else if (value->kind == OT__JSON_STRING && short_text(value, buffer, &text) &&
                   (ot_str_eq(text, OT_STR("true")) || ot_str_eq(text, OT_STR("1")))) {
            b = true;
        } else if (value->kind == OT__JSON_STRING &&
                   (ot_str_eq(text, OT_STR("false")) || ot_str_eq(text, OT_STR("0")))) {
            b = false;
        } else {
            bad(r, w, member, OT_ETYPE, "is neither true nor false");
            return;
        }
        note(r, w, member, OT_ETYPE, "is true or false in another form", OT_MARK_COERCED);
    }
    memcpy(ot__data_at(r->m, w->offset), &b, sizeof b);
}

static void take_number(ot__reader *r, const ot__wire *w, const ot__json_value *value, ot__member *member) {
    ot__num n;
    if (value->kind == OT__JSON_NUMBER) {
        if (!ot__num_parse(value->raw, &n)) n.kind = OT__NUM_BAD;
    } else if (value->kind == OT__JSON_STRING) {
        char buffer[64];
        ot_str text;
        if (!short_text(value, buffer, &text) || !ot__num_parse(text, &n)) n.kind = OT__NUM_BAD;
    } else {
        n.kind = OT__NUM_BAD;
    }
    if (n.kind == OT__NUM_BAD) {
        bad(r, w, member, OT_ETYPE, "is no number");
        return;
    }
    bool whole = w->kind != OT_KIND_F64;
    if (n.kind == OT__NUM_HUGE || (whole && n.kind == OT__NUM_REAL && !(n.d >= -0x1p63 && n.d < 0x1p63))) {
        bad(r, w, member, OT_ERANGE, "is larger than any number that can be held");
        return;
    }
    if (value->kind == OT__JSON_STRING) note(r, w, member, OT_ETYPE, "is a number written as a text", OT_MARK_COERCED);
    double d = n.d;
    if (whole) {
        if (n.kind == OT__NUM_REAL) {
            note(r, w, member, OT_ETYPE, "is not written as a whole number", OT_MARK_COERCED);
            n.i = (int64_t)n.d;
        }
        memcpy(ot__data_at(r->m, w->offset), &n.i, sizeof n.i);
        d = (double)n.i;
    } else {
        memcpy(ot__data_at(r->m, w->offset), &d, sizeof d);
    }
    const ot_field *field = &r->type->fields[w->ordinal];
    if (!(d >= field->min && d <= field->max)) ot__out_of_range(r, w, member);
}

static void take_text(ot__reader *r, const ot__wire *w, const ot__json_value *value, ot__member *member) {
    if (value->kind != OT__JSON_STRING) {
        bad(r, w, member, OT_ETYPE, "is no text");
        return;
    }
    ot_str body = ot__json_body(value), text = ot_str_of(r->payload.ptr + (body.ptr - r->base), body.len);
    memcpy(ot__data_at(r->m, w->offset), &text, sizeof text);
    if (value->escaped) {
        /* Undone when all members are known, so that the scratch area is made large enough once. */
        member->flags |= OT__MEMBER_ESCAPED;
        r->m->escaped += body.len;
    }
    char buffer[64];
    if (w->kind == OT_KIND_ENUM &&
        !(short_text(value, buffer, &text) && ot__word_known(&r->type->fields[w->ordinal], text))) {
        ot__unknown_word(r, w, member);
    }
}

static void take_json(ot__reader *r, const ot__wire *w, const ot__json_value *value, ot__member *member) {
    static const struct {
        ot__json_kind kind, element;
        const char *wrong, *wrong_element;
    } forms[] = {[OT_KIND_STRS] = {OT__JSON_ARRAY, OT__JSON_STRING, "is no array", "has an element that is no text"},
                 [OT_KIND_OBJ] = {OT__JSON_OBJECT, OT__JSON_NONE, "is no object", ""},
                 [OT_KIND_OBJS] = {OT__JSON_ARRAY, OT__JSON_OBJECT, "is no array", "has an element that is no object"},
                 [OT_KIND_RAW] = {OT__JSON_NONE, OT__JSON_NONE, "", ""}};
    if (forms[w->kind].kind && value->kind != forms[w->kind].kind) {
        bad(r, w, member, OT_ETYPE, forms[w->kind].wrong);
        return;
    }
    if (forms[w->kind].element) {
        size_t at = 0;
        ot__json_value element;
        while (ot__json_array_next(value->raw, &at, &element)) {
            if (element.kind == forms[w->kind].element) continue;
            note(r, w, member, OT_ETYPE, forms[w->kind].wrong_element, OT_MARK_VIOLATION);
            break;
        }
    }
    ot_str text = ot_str_of(r->payload.ptr + (value->raw.ptr - r->base), value->raw.len);
    memcpy(ot__data_at(r->m, w->offset), &text, sizeof text);
}

const char *ot__take_value(ot__reader *r, const ot__wire *w, const char *p, ot__member *member) {
    ot__json_value value;
    const char *behind = ot__json_value_scan(p, r->end, 1, r->m->max_depth, &value, &r->fail);
    if (!behind) return NULL;
    member->raw = (uint32_t)(p - r->base);
    member->raw_len = (uint32_t)(behind - p);
    if (!w) {
        member->ordinal = OT__NO_ORDINAL;
        member->state = OT_MEMBER_UNKNOWN;
        return behind;
    }
    member->ordinal = w->ordinal;
    member->state = OT_MEMBER_VALUE;
    if (value.kind == OT__JSON_NULL) {
        member->state = OT_MEMBER_NULL;
        ot__bit_set(r->bad, w->ordinal);
        if (r->type->fields[w->ordinal].flags & (OT_FIELD_REQUIRED | (r->m->strict ? OT_FIELD_EXPECTED : 0u)))
            note(r, w, member, OT_ETYPE, "is null", OT_MARK_VIOLATION);
        return behind;
    }
    switch ((ot_kind)w->kind) {
    case OT_KIND_BOOL:
        take_bool(r, w, &value, member);
        break;
    case OT_KIND_I64:
    case OT_KIND_F64:
    case OT_KIND_TIME:
        take_number(r, w, &value, member);
        break;
    case OT_KIND_STR:
    case OT_KIND_ENUM:
        take_text(r, w, &value, member);
        break;
    case OT_KIND_STRS:
    case OT_KIND_OBJ:
    case OT_KIND_OBJS:
    case OT_KIND_RAW:
        take_json(r, w, &value, member);
        break;
    }
    return behind;
}
