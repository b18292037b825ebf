/* message.c: the life of a message object, its limits, and what can be asked of it as a whole. */
#include "object.h"

#define FITS_(name, NAME, self, ...)                                                                                   \
    _Static_assert(sizeof(self) <= sizeof(((ot_message *)0)->data), "too large for a message: " #name);
#include "../schema/rows.h"
#define TYPE(...) OT_ROW(FITS_, SELF, __VA_ARGS__)
#define X(...)
#define ALIAS(member, text)
#define WORDS(member, text)
#define NESTED(member, type)
#define ANDROID_RANGE(member, min, max)
#define END
#include "../schema/types.def"
#define OT_ROWS_DONE
#include "../schema/rows.h"

typedef struct layout {
    uint32_t depth, members;
    size_t payload, scratch, total;
} layout;

static bool layout_of(const ot_decode_options *options, layout *l) {
    static const ot_decode_options defaults = OT_DECODE_OPTIONS_INIT;
    if (!options) options = &defaults;
    if (options->size < sizeof *options) return false;
    l->depth = options->max_depth ? options->max_depth : 32;
    l->payload = options->max_payload ? options->max_payload : (size_t)8 << 20;
    l->members = options->max_members ? options->max_members : 128;
    l->scratch = options->scratch ? options->scratch : 1024;
    if (l->depth > 256 || l->payload > OT__MAX_PAYLOAD || l->members < 16 || l->members > 4096 ||
        l->scratch > OT__MAX_PAYLOAD)
        return false;
    l->total = sizeof(ot_message) + (l->members + 1) * sizeof(ot__member) + l->scratch;
    return true;
}

static void lay_out(ot_message *m, const layout *l, bool strict) {
    memset(m, 0, sizeof *m);
    m->strict = strict;
    m->max_depth = l->depth;
    m->max_members = l->members;
    m->max_payload = l->payload;
    m->total = l->total;
    m->members = (ot__member *)(void *)(m + 1);
    m->scratch = (char *)(m->members + l->members + 1);
    m->scratch_size = l->scratch;
}

size_t ot_message_size(const ot_decode_options *options) {
    layout l;
    return layout_of(options, &l) ? l.total : 0;
}

ot_status ot_message_new(const ot_decode_options *options, ot_message **out) {
    layout l;
    *out = NULL;
    if (!layout_of(options, &l)) return OT_EINVAL;
    ot_message *m = ot_mem_alloc(l.total);
    if (!m) return OT_ENOMEM;
    lay_out(m, &l, options && options->strict);
    *out = m;
    return OT_OK;
}

ot_status ot_message_init(void *memory, size_t size, const ot_decode_options *options, ot_message **out) {
    layout l;
    *out = NULL;
    if (!layout_of(options, &l) || size < l.total || (uintptr_t)memory % _Alignof(ot_message)) return OT_EINVAL;
    lay_out(memory, &l, options && options->strict);
    *out = memory;
    (*out)->foreign = true;
    return OT_OK;
}

void ot_message_free(ot_message *message) {
    if (!message || message->foreign) return;
    if (message->scratch_own) ot_mem_free(message->scratch, message->scratch_size);
    ot_mem_free(message->copy, message->copy_size);
    ot_mem_free(message, message->total);
}

void ot__message_reset(ot_message *m) {
    m->table = NULL;
    m->type = OT_TYPE_NONE;
    m->marks = 0;
    m->payload = ot_str_of(NULL, 0);
    m->type_text = ot_str_of(NULL, 0);
    m->built = m->touched = m->type_escaped = false;
    m->tail = 0;
    m->member_count = m->removed = 0;
    m->changed[0] = m->changed[1] = 0;
    m->violation_count = 0;
    m->escaped = 0;
    m->fatal.status = OT_OK;
    m->data.has[0] = m->data.has[1] = 0;
}

ot_status ot__message_scratch(ot_message *m, size_t n) {
    if (n <= m->scratch_size) return OT_OK;
    if (m->foreign) return OT_ELIMIT;
    char *larger = ot_mem_alloc(n);
    if (!larger) return OT_ENOMEM;
    if (m->scratch_own) ot_mem_free(m->scratch, m->scratch_size);
    m->scratch = larger;
    m->scratch_size = n;
    m->scratch_own = true;
    return OT_OK;
}

static bool within(ot_str view, const char *start, size_t len) {
    uintptr_t at = (uintptr_t)view.ptr - (uintptr_t)start;
    return at <= len && view.len <= len - at;
}

/* Moves a view: one of the payload to its copy; any other that is not in the scratch area is copied behind it. */
static void move(ot_message *m, ot_str *view, ot_str old, char *copy, size_t *used) {
    if (!view->ptr) return;
    if (old.ptr && within(*view, old.ptr, old.len)) {
        view->ptr = copy + (view->ptr - old.ptr);
    } else if (!within(*view, m->scratch, m->scratch_size)) {
        if (view->len) memcpy(copy + *used, view->ptr, view->len);
        view->ptr = copy + *used;
        *used += view->len;
    }
}

ot_status ot_message_own(ot_message *message) {
    ot_message *m = message;
    if (m->foreign) return OT_EUNSUPPORTED;
    ot_str old = m->payload;
    size_t need = old.len + 1;
    const ot__type *t = m->table;
    for (unsigned i = 0; t && i < t->count; i++) {
        if (!ot__kind_is_text(t->fields[i].kind) || !ot__bit(m->data.has, i)) continue;
        ot_str view;
        memcpy(&view, ot__data_of(m, t->fields[i].offset), sizeof view);
        need += view.len;
    }
    char *copy = ot_mem_alloc(need);
    if (!copy) return OT_ENOMEM;
    size_t used = old.len;
    if (old.len) memcpy(copy, old.ptr, old.len);
    copy[need - 1] = 0;
    for (unsigned i = 0; t && i < t->count; i++) {
        if (!ot__kind_is_text(t->fields[i].kind) || !ot__bit(m->data.has, i)) continue;
        ot_str view;
        memcpy(&view, ot__data_of(m, t->fields[i].offset), sizeof view);
        move(m, &view, old, copy, &used);
        memcpy(ot__data_at(m, t->fields[i].offset), &view, sizeof view);
    }
    if (old.ptr) {
        /* The texts of types that were built are constants and stay. */
        if (!m->built) move(m, &m->type_text, old, copy, &used);
        for (size_t i = 0; i < m->violation_count && i < OT__VIOLATIONS; i++)
            move(m, &m->violations[i].key, old, copy, &used);
        m->payload.ptr = copy;
    }
    ot_mem_free(m->copy, m->copy_size);
    m->copy = copy;
    m->copy_size = need;
    return OT_OK;
}

ot_type ot_message_type(const ot_message *message) {
    return message->type;
}

ot_str ot_message_type_text(const ot_message *message) {
    return message->type_text;
}

ot_str ot_message_payload(const ot_message *message) {
    return message->payload;
}

uint32_t ot_message_marks(const ot_message *message) {
    return message->marks;
}

const void *ot_message_data(const ot_message *message, ot_type type) {
    return message->table && message->type == type ? message->data.bytes : NULL;
}

size_t ot_message_violation_count(const ot_message *message) {
    return message->violation_count;
}

ot_status ot_message_violation(const ot_message *message, size_t n, ot_violation *out) {
    if (n >= message->violation_count || n >= OT__VIOLATIONS) return OT_DONE;
    *out = message->violations[n];
    return OT_OK;
}
