/* match.c: MQTT names and filters: what is valid, what matches, what covers (MQTT 3.1.1 section 4.7, MQTT 5
 * section 4.8.2). */
#include "topic.h"

/* One level of a filter or a name. */
typedef struct level {
    const char *ptr;
    size_t len;
} level;

static inline bool is(level l, char c) {
    return l.len == 1 && *l.ptr == c;
}

/* Goes through the levels of a text; a text of n slashes has n + 1 levels. */
typedef struct walk {
    const char *next, *end; /* next is NULL behind the last level */
} walk;

static inline walk walk_of(ot_str s) {
    return (walk){s.ptr, s.ptr + s.len};
}

static inline bool step(walk *w, level *out) {
    if (!w->next) return false;
    const char *stop = ot__level_end(w->next, w->end);
    *out = (level){w->next, (size_t)(stop - w->next)};
    w->next = stop < w->end ? stop + 1 : NULL;
    return true;
}

#define ONES UINT64_C(0x0101010101010101)
#define HIGH UINT64_C(0x8080808080808080)

/* Is a byte of w zero? (The high bits of w are known to be 0.) */
static inline uint64_t has_zero(uint64_t w) {
    return (w - ONES) & ~w & HIGH;
}

static inline uint64_t suspicious(uint64_t w, bool no_slash) {
    uint64_t found = w & HIGH;
    found |= has_zero(w) | has_zero(w ^ ONES * '+') | has_zero(w ^ ONES * '#');
    if (no_slash) found |= has_zero(w ^ ONES * '/');
    return found;
}

/* Says where and why; only called when something is known to be wrong, or when a closer look is needed. */
static ot_status look_closer(ot_str s, bool wildcards, bool no_slash, const char *field, ot_error *error) {
    size_t bad = s.len;
    bool utf8 = ot_str_utf8(s, &bad);
    for (size_t i = 0; i < bad; i++) {
        char c = s.ptr[i];
        if (c == 0) return ot_error_set(error, OT_ETOPIC, field, i, "holds a NUL byte");
        if (!wildcards && (c == '+' || c == '#'))
            return ot_error_set(error, OT_ETOPIC, field, i, "holds the wildcard '%c'", c);
        if (no_slash && c == '/') return ot_error_set(error, OT_ETOPIC, field, i, "holds a slash");
    }
    return utf8 ? OT_OK : ot_error_set(error, OT_EUTF8, field, bad, "is not valid UTF-8");
}

ot_status ot__topic_bytes(ot_str s, bool wildcards, bool no_slash, const char *field, ot_error *error) {
    if (s.len == 0) return ot_error_set(error, OT_EMPTY, field, 0, "is empty");
    if (s.len > OT_TOPIC_MAX)
        return ot_error_set(error, OT_ELIMIT, field, OT_TOPIC_MAX, "has %zu bytes; MQTT allows %d", s.len,
                            OT_TOPIC_MAX);
    uint64_t found = 0, w;
    if (s.len >= 8) {
        size_t i = 0;
        for (; i + 8 <= s.len; i += 8) {
            memcpy(&w, s.ptr + i, 8);
            found |= suspicious(w, no_slash);
        }
        memcpy(&w, s.ptr + s.len - 8, 8); /* the last eight again, in place of a loop over single bytes */
        found |= suspicious(w, no_slash);
    } else {
        w = ONES; /* bytes that raise no suspicion behind a short text */
        memcpy(&w, s.ptr, s.len);
        found = suspicious(w, no_slash);
    }
    return OT_LIKELY(!found) ? OT_OK : look_closer(s, wildcards, no_slash, field, error);
}

ot_status ot_topic_check_name(ot_str name, ot_error *error) {
    return ot__topic_bytes(name, false, false, "topic", error);
}

ot_status ot_topic_check_level(ot_str l, ot_error *error) {
    return ot__topic_bytes(l, false, true, "level", error);
}

static const ot_str share_prefix = {"$share/", 7};

static bool is_share(ot_str filter) {
    return filter.len >= share_prefix.len && memcmp(filter.ptr, share_prefix.ptr, share_prefix.len) == 0;
}

/* The filter behind "$share/group/"; the filter itself when it is not shared, or not well formed. */
static ot_str unshare(ot_str filter) {
    if (!is_share(filter)) return filter;
    const char *end = filter.ptr + filter.len;
    const char *stop = ot__level_end(filter.ptr + share_prefix.len, end);
    return stop < end ? ot_str_of(stop + 1, (size_t)(end - stop - 1)) : filter;
}

ot_status ot_topic_check_filter(ot_str filter, ot_error *error) {
    ot_status status = ot__topic_bytes(filter, true, false, "filter", error);
    if (status != OT_OK) return status;
    const char *start = filter.ptr, *end = filter.ptr + filter.len;
    if (is_share(filter)) {
        const char *group = start + share_prefix.len, *stop = ot__level_end(group, end);
        if (stop == group)
            return ot_error_set(error, OT_ETOPIC, "filter", share_prefix.len, "names no group behind $share/");
        for (const char *p = group; p < stop; p++)
            if (*p == '+' || *p == '#')
                return ot_error_set(error, OT_ETOPIC, "filter", (uint64_t)(p - start),
                                    "holds a wildcard in the name of the group");
        if (stop == end || stop + 1 == end)
            return ot_error_set(error, OT_ETOPIC, "filter", filter.len, "has no filter behind the name of the group");
    }
    ot_str inner = unshare(filter);
    walk w = walk_of(inner);
    level l;
    while (step(&w, &l)) {
        for (size_t i = 0; i < l.len; i++) {
            if (l.ptr[i] != '+' && l.ptr[i] != '#') continue;
            uint64_t at = (uint64_t)(l.ptr + i - start);
            if (l.len != 1)
                return ot_error_set(error, OT_ETOPIC, "filter", at, "holds '%c' beside other bytes of a level",
                                    l.ptr[i]);
            if (l.ptr[i] == '#' && w.next)
                return ot_error_set(error, OT_ETOPIC, "filter", at, "holds '#' before its last level");
        }
    }
    return OT_OK;
}

bool ot_topic_matches(ot_str filter, ot_str name) {
    filter = unshare(filter);
    if (!filter.len || !name.len) return false;
    if (name.ptr[0] == '$' && (filter.ptr[0] == '+' || filter.ptr[0] == '#')) return false;
    walk f = walk_of(filter), n = walk_of(name);
    level a = {NULL, 0}, b = {NULL, 0};
    while (step(&f, &a)) {
        if (is(a, '#')) return true; /* the levels that follow, or none: the parent */
        if (!step(&n, &b)) return false;
        if (is(a, '+')) continue;
        if (a.len != b.len || memcmp(a.ptr, b.ptr, a.len) != 0) return false;
    }
    return !n.next;
}

bool ot_topic_covers(ot_str filter, ot_str inner) {
    filter = unshare(filter);
    inner = unshare(inner);
    if (!filter.len || !inner.len) return false;
    if (inner.ptr[0] == '$' && (filter.ptr[0] == '+' || filter.ptr[0] == '#')) return false;
    walk f = walk_of(filter), g = walk_of(inner);
    level a = {NULL, 0}, b = {NULL, 0};
    /* A name has at least one byte. So "#" as the first level stands for one level or more, and "/#" for two or more:
       there "#" says the same as "+/#", once. Everywhere else "#" also stands for no further level, which no "+"
       covers. */
    bool at_least_one = true;
    for (bool rest = false;;) {
        bool have_a = step(&f, &a);
        if (have_a && is(a, '#')) return true;
        if (rest) return false; /* what is left of inner has no end, what is left of filter has one */
        bool have_b = step(&g, &b);
        if (!have_a || !have_b) return !have_a && !have_b;
        if (is(b, '#')) {
            if (!at_least_one || !is(a, '+')) return false;
            rest = true;
            continue;
        }
        at_least_one = at_least_one && b.len == 0 && b.ptr == inner.ptr;
        if (is(a, '+')) continue;
        if (is(b, '+') || a.len != b.len || memcmp(a.ptr, b.ptr, a.len) != 0) return false;
    }
}
