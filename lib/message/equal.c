/* equal.c: are two messages the same, whatever the order of their members? */
#include "object.h"

static bool same_value(const ot_field *field, const ot_message *a, const ot_message *b) {
    const void *x = ot__data_of(a, field->offset), *y = ot__data_of(b, field->offset);
    double dx, dy;
    ot_str sx, sy;
    switch (field->kind) {
    case OT_KIND_BOOL:
        return memcmp(x, y, sizeof(bool)) == 0;
    case OT_KIND_I64:
    case OT_KIND_TIME:
        return memcmp(x, y, sizeof(int64_t)) == 0;
    case OT_KIND_F64:
        memcpy(&dx, x, sizeof dx);
        memcpy(&dy, y, sizeof dy);
        return dx >= dy && dx <= dy;
    default:
        memcpy(&sx, x, sizeof sx);
        memcpy(&sy, y, sizeof sy);
        return ot_str_eq(sx, sy);
    }
}

/* The next member that the struct does not tell of: unknown, null, bad, shadowed. */
static bool next_other(ot__walk *walk, ot__item *out) {
    while (ot__walk_next(walk, out)) {
        if (out->view.state != OT_MEMBER_VALUE && out->view.state != OT_MEMBER_TYPE) return true;
    }
    return false;
}

static bool same_other(const ot__item *a, const ot__item *b) {
    return a->view.state == b->view.state && ot_str_eq(a->view.raw, b->view.raw) &&
           ot__key_same(a->view.key, a->view.key_escaped, b->view.key, b->view.key_escaped);
}

static size_t count_same(const ot_message *m, const ot__item *item) {
    ot__walk walk = {.m = m};
    ot__item other;
    size_t n = 0;
    while (next_other(&walk, &other))
        n += same_other(item, &other);
    return n;
}

bool ot_message_equal(const ot_message *a, const ot_message *b) {
    if (a->type != b->type) return false;
    if (a->type == OT_TYPE_UNKNOWN && !ot_str_eq(a->type_text, b->type_text)) return false;
    if (a->data.has[0] != b->data.has[0] || a->data.has[1] != b->data.has[1]) return false;
    for (unsigned i = 0; a->table && i < a->table->count; i++) {
        if (ot__bit(a->data.has, i) && !same_value(&a->table->fields[i], a, b)) return false;
    }
    /* Most of the time they stand in the same order. */
    ot__walk x = {.m = a}, y = {.m = b};
    ot__item item, other;
    for (;;) {
        bool more = next_other(&x, &item);
        if (more != next_other(&y, &other)) return false;
        if (!more) return true;
        if (!same_other(&item, &other)) break;
    }
    size_t left = 1, right = 1;
    while (next_other(&x, &item))
        left++;
    while (next_other(&y, &other))
        right++;
    if (left != right) return false;
    x = (ot__walk){.m = a};
    while (next_other(&x, &item)) {
        if (count_same(a, &item) != count_same(b, &item)) return false;
    }
    return true;
}
