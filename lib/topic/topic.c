/* topic.c: bases, and what a topic says of user, device and subtopic. */
#include "topic.h"

typedef enum level_kind { LITERAL, ANY, USER, DEVICE } level_kind;

typedef struct base_level {
    level_kind kind;
    uint32_t at, len; /* of a literal, in the text of the base */
} base_level;

typedef struct base {
    char *text;
    base_level *levels;
    uint32_t len, count;
} base;

struct ot_bases {
    base *items;
    size_t count, cap;
};

static ot_status bad_base(ot_error *error, uint64_t offset, const char *reason) {
    return ot_error_set(error, OT_EINVAL, "base", offset, "%s", reason);
}

/* The kind of one level of a pattern; a reason when it is none. */
static const char *level_of(const char *p, size_t len, level_kind *kind, size_t *bad) {
    *kind = LITERAL;
    *bad = 0;
    if (len == 1 && *p == '+') *kind = ANY;
    if (len == 2 && p[0] == '%' && p[1] == 'u') *kind = USER;
    if (len == 2 && p[0] == '%' && p[1] == 'd') *kind = DEVICE;
    if (*kind != LITERAL) return NULL;
    for (size_t i = 0; i < len; i++) {
        *bad = i;
        if (p[i] == '#') return "may not hold '#'";
        if (p[i] == '+') return "holds '+' beside other bytes of a level";
        if (p[i] == '%' && i + 1 < len && (p[i + 1] == 'u' || p[i + 1] == 'd'))
            return "holds %u or %d beside other bytes of a level";
    }
    return NULL;
}

/* Checks a pattern and, when levels is not NULL, fills that array. Returns the number of levels in *count. */
static ot_status read_pattern(ot_str pattern, bool allow_any, base_level *levels, size_t *count, ot_error *error) {
    ot_error detail;
    if (ot__topic_bytes(pattern, true, false, "base", &detail) != OT_OK)
        return bad_base(error, detail.offset, detail.reason);
    const char *p = pattern.ptr, *end = pattern.ptr + pattern.len;
    size_t n = 0;
    unsigned users = 0, devices = 0;
    for (bool more = true; more; n++) {
        const char *stop = ot__level_end(p, end);
        level_kind kind;
        size_t bad;
        const char *reason = level_of(p, (size_t)(stop - p), &kind, &bad);
        if (!reason && kind == ANY && !allow_any) reason = "may not hold '+' here";
        if (!reason && kind == USER && ++users > 1) reason = "holds %u twice";
        if (!reason && kind == DEVICE && ++devices > 1) reason = "holds %d twice";
        if (reason) return bad_base(error, (uint64_t)(p - pattern.ptr) + bad, reason);
        if (levels) levels[n] = (base_level){kind, (uint32_t)(p - pattern.ptr), (uint32_t)(stop - p)};
        more = stop < end;
        p = stop + 1;
    }
    if (pattern.len >= 7 && memcmp(pattern.ptr, "$share/", 7) == 0)
        return bad_base(error, 0, "starts with $share, which only subscriptions do");
    if (!users) return bad_base(error, pattern.len, "has no level %u");
    if (!devices) return bad_base(error, pattern.len, "has no level %d");
    *count = n;
    return OT_OK;
}

ot_status ot_bases_new(ot_bases **out) {
    *out = ot_mem_zalloc(1, sizeof **out);
    return *out ? OT_OK : OT_ENOMEM;
}

void ot_bases_free(ot_bases *bases) {
    if (!bases) return;
    for (size_t i = 0; i < bases->count; i++) {
        ot_mem_free(bases->items[i].text, bases->items[i].len);
        ot_mem_free(bases->items[i].levels, bases->items[i].count * sizeof(base_level));
    }
    ot_mem_free(bases->items, bases->cap * sizeof(base));
    ot_mem_free(bases, sizeof *bases);
}

ot_status ot_bases_add(ot_bases *bases, ot_str pattern, ot_error *error) {
    size_t count;
    ot_status status = read_pattern(pattern, true, NULL, &count, error);
    if (status != OT_OK) return status;
    if (bases->count == bases->cap) {
        size_t cap = bases->cap ? bases->cap * 2 : 4;
        base *items = ot_mem_resize(bases->items, bases->cap * sizeof *items, cap * sizeof *items);
        if (!items) return ot_error_set(error, OT_ENOMEM, "base", OT_NO_OFFSET, "out of memory");
        bases->items = items;
        bases->cap = cap;
    }
    base b = {ot_mem_alloc(pattern.len), ot_mem_alloc(count * sizeof(base_level)), (uint32_t)pattern.len,
              (uint32_t)count};
    if (!b.text || !b.levels) {
        ot_mem_free(b.text, b.len);
        ot_mem_free(b.levels, count * sizeof(base_level));
        return ot_error_set(error, OT_ENOMEM, "base", OT_NO_OFFSET, "out of memory");
    }
    memcpy(b.text, pattern.ptr, pattern.len);
    read_pattern(pattern, true, b.levels, &count, NULL);
    bases->items[bases->count++] = b;
    return OT_OK;
}

size_t ot_bases_count(const ot_bases *bases) {
    return bases ? bases->count : 0;
}

static ot_status put(const ot_sink *sink, const char *data, size_t len) {
    return len ? sink->write(sink->ctx, data, len) : OT_OK;
}

ot_status ot_bases_filter(const ot_bases *bases, size_t index, const ot_sink *sink) {
    size_t count = ot_bases_count(bases);
    if (!sink || !sink->write) return OT_EINVAL;
    if (count == 0) return index == 0 ? put(sink, "+/+/+/#", 7) : OT_DONE;
    if (index >= count) return OT_DONE;
    const base *b = &bases->items[index];
    for (size_t i = 0; i < b->count; i++) {
        const base_level *l = &b->levels[i];
        ot_status status = l->kind == LITERAL ? put(sink, b->text + l->at, l->len) : put(sink, "+", 1);
        if (status == OT_OK) status = put(sink, "/", 1);
        if (status != OT_OK) return status;
    }
    return put(sink, "#", 1);
}

static const ot_str subtopics[] = {
#define ROW(name, number, text) [number] = {text, sizeof text - 1},
    OT_SUBTOPIC_MAP(ROW)
#undef ROW
};

const char *ot_subtopic_text(ot_subtopic sub) {
    return (size_t)sub < OT_COUNT(subtopics) && subtopics[sub].ptr ? subtopics[sub].ptr : "";
}

static ot_subtopic subtopic_of(ot_str rest) {
    if (!rest.ptr) return OT_SUBTOPIC_BASE;
    for (size_t i = 1; i < OT_COUNT(subtopics); i++)
        if (subtopics[i].len == rest.len && memcmp(subtopics[i].ptr, rest.ptr, rest.len) == 0) return (ot_subtopic)i;
    return OT_SUBTOPIC_OTHER;
}

/* Fills what follows the base; p is behind its last level. */
static void set_rest(ot_topic *out, const char *p, const char *end) {
    out->rest = p < end ? ot_str_of(p + 1, (size_t)(end - p - 1)) : ot_str_of(NULL, 0);
    out->sub = subtopic_of(out->rest);
}

/* What stands before the user level, without the slash between. */
static ot_str root_before(ot_str name, const char *user) {
    size_t len = (size_t)(user - name.ptr);
    return ot_str_of(name.ptr, len ? len - 1 : 0);
}

/* The default rule: an optional empty level, root, user, device. NULL when it holds, else what is wrong. */
static const char *parse_default(ot_str name, ot_topic *out, const char **where) {
    const char *p = name.ptr, *end = name.ptr + name.len;
    *where = p;
    if (*p == '$') return "starts with '$', which no base without that level takes";
    if (*p == '/') p++;
    const char *root_end = ot__level_end(p, end);
    *where = root_end;
    if (root_end == p) return "has an empty root level";
    if (root_end == end) return "has no user level";
    const char *user = root_end + 1, *user_end = ot__level_end(user, end);
    *where = user;
    if (user_end == user) return "has an empty user level";
    *where = user_end;
    if (user_end == end) return "has no device level";
    const char *device = user_end + 1, *device_end = ot__level_end(device, end);
    *where = device;
    if (device_end == device) return "has an empty device level";
    out->root = root_before(name, user);
    out->user = ot_str_of(user, (size_t)(user_end - user));
    out->device = ot_str_of(device, (size_t)(device_end - device));
    out->base = UINT32_MAX;
    set_rest(out, device_end, end);
    return NULL;
}

static bool parse_base(const base *b, ot_str name, ot_topic *out) {
    const char *p = name.ptr, *end = name.ptr + name.len, *stop = NULL;
    if (*p == '$' && b->levels[0].kind != LITERAL) return false; /* as a wildcard in the first level (MQTT 4.7.2) */
    for (uint32_t i = 0; i < b->count; i++) {
        const base_level *l = &b->levels[i];
        if (i) {
            if (stop == end) return false;
            p = stop + 1;
        }
        stop = ot__level_end(p, end);
        ot_str text = ot_str_of(p, (size_t)(stop - p));
        switch (l->kind) {
        case LITERAL:
            if (text.len != l->len || memcmp(p, b->text + l->at, l->len) != 0) return false;
            break;
        case ANY:
            break;
        case USER:
            if (!text.len) return false;
            out->user = text;
            out->root = root_before(name, p);
            break;
        case DEVICE:
            if (!text.len) return false;
            out->device = text;
            break;
        }
    }
    set_rest(out, stop, end);
    return true;
}

ot_status ot_topic_parse(const ot_bases *bases, ot_str name, ot_topic *out, ot_error *error) {
    size_t count = ot_bases_count(bases);
    memset(out, 0, sizeof *out);
    ot_status status = ot_topic_check_name(name, error);
    if (status != OT_OK) return status;
    const char *reason = "matches none of the bases", *where = name.ptr;
    if (count == 0) {
        reason = parse_default(name, out, &where);
        if (OT_LIKELY(!reason)) {
            out->name = name;
            return OT_OK;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (parse_base(&bases->items[i], name, out)) {
            out->name = name;
            out->base = (uint32_t)i;
            return OT_OK;
        }
    }
    memset(out, 0, sizeof *out);
    return ot_error_set(error, OT_ETOPIC, "topic", (uint64_t)(where - name.ptr), "%s", reason);
}

/* Refuses what cannot be one level of a name. */
static ot_status check_part(ot_str part, const char *field, ot_error *error) {
    ot_status status = ot__topic_bytes(part, false, true, field, error);
    if (status == OT_EMPTY || status == OT_ETOPIC) {
        status = OT_EINVAL;
        if (error) error->status = status;
    }
    return status;
}

ot_status ot_topic_build(ot_str pattern, ot_str user, ot_str device, ot_subtopic sub, const ot_sink *sink,
                         ot_error *error) {
    size_t count;
    if (!sink || !sink->write) return ot_error_set(error, OT_EINVAL, "sink", OT_NO_OFFSET, "is missing");
    if ((size_t)sub >= OT_COUNT(subtopics))
        return ot_error_set(error, OT_EINVAL, "subtopic", OT_NO_OFFSET, "has no text of its own");
    ot_status status = read_pattern(pattern, false, NULL, &count, error);
    if (status == OT_OK) status = check_part(user, "user", error);
    if (status == OT_OK) status = check_part(device, "device", error);
    if (status != OT_OK) return status;
    ot_str rest = subtopics[sub];
    size_t total = pattern.len - 4 + user.len + device.len + (rest.len ? rest.len + 1 : 0);
    if (total > OT_TOPIC_MAX)
        return ot_error_set(error, OT_ELIMIT, "topic", OT_TOPIC_MAX, "would have %zu bytes; MQTT allows %d", total,
                            OT_TOPIC_MAX);
    /* A name that starts with '$' is the broker's; a variable part must not turn into one. */
    if (pattern.ptr[0] == '%' && pattern.ptr[2] == '/') {
        bool is_user = pattern.ptr[1] == 'u';
        if (is_user ? user.ptr[0] == '$' : pattern.ptr[1] == 'd' && device.ptr[0] == '$')
            return ot_error_set(error, OT_EINVAL, is_user ? "user" : "device", 0, "may not start a topic with '$'");
    }
    const char *p = pattern.ptr, *end = pattern.ptr + pattern.len;
    for (bool more = true; more && status == OT_OK;) {
        const char *stop = ot__level_end(p, end);
        level_kind kind;
        size_t bad;
        level_of(p, (size_t)(stop - p), &kind, &bad);
        ot_str text = kind == USER ? user : kind == DEVICE ? device : ot_str_of(p, (size_t)(stop - p));
        status = put(sink, text.ptr, text.len);
        more = stop < end;
        if (status == OT_OK && more) status = put(sink, "/", 1);
        p = stop + 1;
    }
    if (status == OT_OK && rest.len) {
        status = put(sink, "/", 1);
        if (status == OT_OK) status = put(sink, rest.ptr, rest.len);
    }
    return status;
}
