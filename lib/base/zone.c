/* zone.c: time zones: names, TZif files (RFC 8536), offsets, and the way back from local time. */
#include "zone.h"

#define FILE_MAX ((size_t)1 << 20) /* the largest file of tzdata has about 4 KiB */
#define HEADER   44

typedef struct transition {
    int64_t at;     /* seconds since 1970, UTC */
    int32_t offset; /* from then on */
} transition;

struct ot_zone {
    size_t size;   /* of this allocation */
    bool utc;      /* the zone "UTC": text ends in Z */
    bool has_rule; /* rule holds from the last transition on */
    int32_t first; /* the offset before the first transition */
    ot__rule rule;
    size_t count;
    transition list[];
};

static uint32_t be32(const char *p) {
    const unsigned char *u = (const unsigned char *)p;
    return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static int32_t signed32(const char *p) {
    uint32_t u = be32(p);
    int32_t i;
    memcpy(&i, &u, sizeof i);
    return i;
}

static int64_t signed64(const char *p) {
    uint64_t u = (uint64_t)be32(p) << 32 | be32(p + 4);
    int64_t i;
    memcpy(&i, &u, sizeof i);
    return i;
}

static ot_status bad_file(ot_error *error, size_t offset, const char *reason) {
    ot_error_set(error, OT_ESYNTAX, "zone", offset, "%s", reason);
    return OT_ESYNTAX;
}

static ot_zone *zone_new(size_t count) {
    size_t size = sizeof(ot_zone) + count * sizeof(transition);
    ot_zone *zone = ot_mem_zalloc(1, size);
    if (zone) zone->size = size;
    return zone;
}

/* One header and where the arrays behind it are. */
typedef struct block {
    size_t width; /* bytes of a time: 4 or 8 */
    uint32_t uts, stds, leaps, times, types, chars;
    size_t at_times, at_index, at_types, at_chars, at_leaps, at_stds, at_uts, end;
} block;

static ot_status read_block(ot_str file, size_t at, size_t width, block *b, ot_error *error) {
    if (file.len - at < HEADER) return bad_file(error, file.len, "ends inside a header");
    const char *p = file.ptr + at;
    if (memcmp(p, "TZif", 4) != 0) return bad_file(error, at, "does not start with TZif");
    b->width = width;
    b->uts = be32(p + 20);
    b->stds = be32(p + 24);
    b->leaps = be32(p + 28);
    b->times = be32(p + 32);
    b->types = be32(p + 36);
    b->chars = be32(p + 40);
    /* In 64 bits: each product is below 2^36, so the sum cannot overflow. */
    uint64_t end = at + HEADER;
    b->at_times = (size_t)end;
    end += (uint64_t)b->times * width;
    b->at_index = (size_t)end;
    end += b->times;
    b->at_types = (size_t)end;
    end += (uint64_t)b->types * 6;
    b->at_chars = (size_t)end;
    end += b->chars;
    b->at_leaps = (size_t)end;
    end += (uint64_t)b->leaps * (width + 4);
    b->at_stds = (size_t)end;
    end += b->stds;
    b->at_uts = (size_t)end;
    end += b->uts;
    if (end > file.len) return bad_file(error, file.len, "is shorter than its header says");
    b->end = (size_t)end;
    return OT_OK;
}

static ot_status check_block(ot_str file, const block *b, ot_error *error) {
    if (!b->types) return bad_file(error, b->at_types, "has no local time type");
    if (!b->chars) return bad_file(error, b->at_chars, "has no designation");
    if (b->stds && b->stds != b->types) return bad_file(error, b->at_stds, "has a wrong number of standard indicators");
    if (b->uts && b->uts != b->types) return bad_file(error, b->at_uts, "has a wrong number of UT indicators");
    if (b->leaps) {
        return ot_error_set(error, OT_EUNSUPPORTED, "zone", b->at_leaps, "counts leap seconds");
    }
    if (file.ptr[b->at_chars + b->chars - 1] != 0)
        return bad_file(error, b->at_chars, "has a designation without an end");
    for (uint32_t i = 0; i < b->types; i++) {
        const char *type = file.ptr + b->at_types + (size_t)i * 6;
        size_t where = b->at_types + (size_t)i * 6;
        int32_t offset = signed32(type);
        if (offset < -OT__ZONE_OFFSET_MAX || offset > OT__ZONE_OFFSET_MAX)
            return bad_file(error, where, "has an offset of more than 26 hours");
        if ((unsigned char)type[4] > 1) return bad_file(error, where + 4, "has a wrong daylight saving indicator");
        if ((unsigned char)type[5] >= b->chars)
            return bad_file(error, where + 5, "has a designation index out of range");
    }
    for (uint32_t i = 0; i < b->times; i++)
        if ((unsigned char)file.ptr[b->at_index + i] >= b->types)
            return bad_file(error, b->at_index + i, "has a type index out of range");
    return OT_OK;
}

static int32_t type_offset(ot_str file, const block *b, unsigned type) {
    return signed32(file.ptr + b->at_types + (size_t)type * 6);
}

static ot_status read_footer(ot_str file, size_t at, ot_zone *zone, ot_error *error) {
    if (at == file.len || file.ptr[at] != '\n') return bad_file(error, at, "has no footer");
    const char *start = file.ptr + at + 1;
    const char *end = memchr(start, '\n', file.len - at - 1);
    if (!end) return bad_file(error, file.len, "has a footer without an end");
    ot_str text = ot_str_of(start, (size_t)(end - start));
    if (!text.len) return OT_OK;
    size_t bad;
    if (ot__rule_parse(text, &zone->rule, &bad) != OT_OK)
        return bad_file(error, at + 1 + bad, "has a rule that cannot be read");
    zone->has_rule = true;
    return OT_OK;
}

ot_status ot__zone_from_bytes(ot_str file, ot_zone **out, ot_error *error) {
    block b = {0};
    *out = NULL;
    ot_status status = read_block(file, 0, 4, &b, error);
    if (status != OT_OK) return status;
    char version = file.ptr[4];
    if (version != 0 && (version < '2' || version > '4')) return bad_file(error, 4, "has a version that is not known");
    if (version) {
        /* The first block only serves readers of version 1; it may be empty and is not looked at. */
        status = read_block(file, b.end, 8, &b, error);
        if (status != OT_OK) return status;
        if (file.ptr[b.at_times - HEADER + 4] != version)
            return bad_file(error, b.at_times - HEADER + 4, "has two different versions");
    }
    status = check_block(file, &b, error);
    if (status != OT_OK) return status;
    ot_zone *zone = zone_new(b.times);
    if (!zone) return ot_error_set(error, OT_ENOMEM, "zone", OT_NO_OFFSET, "out of memory");
    zone->first = type_offset(file, &b, 0);
    zone->count = b.times;
    for (uint32_t i = 0; i < b.times; i++) {
        const char *p = file.ptr + b.at_times + (size_t)i * b.width;
        zone->list[i].at = b.width == 8 ? signed64(p) : signed32(p);
        zone->list[i].offset = type_offset(file, &b, (unsigned char)file.ptr[b.at_index + i]);
        if (i && zone->list[i].at <= zone->list[i - 1].at) {
            ot_zone_close(zone);
            return bad_file(error, b.at_times + (size_t)i * b.width, "has transitions that do not rise");
        }
    }
    if (version) status = read_footer(file, b.end, zone, error);
    if (status != OT_OK) {
        ot_zone_close(zone);
        return status;
    }
    *out = zone;
    return OT_OK;
}

/* "+02:00", "-03:30" */
static bool fixed_offset(const char *name, int32_t *out) {
    if (strlen(name) != 6 || (name[0] != '+' && name[0] != '-') || name[3] != ':') return false;
    for (size_t i = 1; i < 6; i++)
        if (i != 3 && (name[i] < '0' || name[i] > '9')) return false;
    int32_t hours = (name[1] - '0') * 10 + name[2] - '0', minutes = (name[4] - '0') * 10 + name[5] - '0';
    if (hours > 23 || minutes > 59) return false;
    *out = (hours * 3600 + minutes * 60) * (name[0] == '-' ? -1 : 1);
    return true;
}

static ot_status check_name(const char *name, ot_error *error) {
    size_t len = name ? strlen(name) : 0;
    if (!len || len > 255) return ot_error_set(error, OT_EINVAL, "zone", 0, "needs a name of 1 to 255 bytes");
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                    c == '-' || c == '+';
        if (c == '/') good = i > 0 && name[i - 1] != '/' && i + 1 < len;
        if (!good) return ot_error_set(error, OT_EINVAL, "zone", i, "is not a name of a zone: %s", name);
    }
    return OT_OK;
}

ot_status ot_zone_open(const char *name, const char *folder, ot_zone **out, ot_error *error) {
    int32_t fixed = 0;
    *out = NULL;
    bool utc = name && strcmp(name, "UTC") == 0;
    if (utc || (name && fixed_offset(name, &fixed))) {
        *out = zone_new(0);
        if (!*out) return ot_error_set(error, OT_ENOMEM, "zone", OT_NO_OFFSET, "out of memory");
        (*out)->utc = utc;
        (*out)->first = fixed;
        return OT_OK;
    }
    ot_status status = check_name(name, error);
    if (status != OT_OK) return status;
    ot__buf path;
    ot__buf_init(&path, 4096);
    ot__buf_text(&path, folder ? folder : "/usr/share/zoneinfo");
    ot__buf_text(&path, "/");
    ot__buf_text(&path, name);
    status = ot__buf_append(&path, "", 1);
    if (status != OT_OK) {
        ot__buf_free(&path);
        if (status == OT_ELIMIT)
            return ot_error_set(error, OT_EINVAL, "folder", OT_NO_OFFSET, "is longer than a path may be");
        return ot_error_set(error, status, "folder", OT_NO_OFFSET, "out of memory");
    }
    char *data = NULL;
    size_t len = 0;
    status = ot__os_read_file(path.data, FILE_MAX, &data, &len, error);
    ot__buf_free(&path);
    if (status == OT_ELIMIT) return bad_file(error, FILE_MAX, "is too large for TZif");
    if (status != OT_OK) return status;
    status = ot__zone_from_bytes(ot_str_of(data, len), out, error);
    ot_mem_free(data, len + 1);
    return status;
}

void ot_zone_close(ot_zone *zone) {
    if (zone) ot_mem_free(zone, zone->size);
}

bool ot__zone_is_utc(const ot_zone *zone) {
    return !zone || zone->utc;
}

/* How many transitions are at or before a moment. */
static size_t passed(const ot_zone *zone, int64_t seconds) {
    size_t low = 0, high = zone->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->list[middle].at <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int32_t offset_at(const ot_zone *zone, int64_t seconds) {
    size_t n = passed(zone, seconds);
    if (n == zone->count && zone->has_rule) return ot__rule_offset(&zone->rule, seconds);
    return n ? zone->list[n - 1].offset : zone->first;
}

/* The first moment strictly after seconds at which the offset may change; INT64_MAX when there is none. */
static int64_t next_change(const ot_zone *zone, int64_t seconds) {
    size_t n = passed(zone, seconds);
    if (n < zone->count) return zone->list[n].at;
    return zone->has_rule ? ot__rule_next(&zone->rule, seconds) : INT64_MAX;
}

int32_t ot_zone_offset(const ot_zone *zone, ot_time when) {
    return zone ? offset_at(zone, ot__floor_div(when, 1000)) : 0;
}

ot_time ot_zone_to_utc(const ot_zone *zone, int64_t local) {
    const int64_t reach = INT64_C(1000) * 2 * OT__ZONE_OFFSET_MAX;
    if (!zone || local < INT64_MIN + reach || local > INT64_MAX - reach) return local;
    /* From before every candidate on, stretch by stretch of one offset; the first one that has this local time is the
     * answer. */
    int64_t seconds = ot__floor_div(local, 1000);
    int64_t from = seconds - OT__ZONE_OFFSET_MAX;
    for (;;) {
        int32_t offset = offset_at(zone, from);
        int64_t next = next_change(zone, from), candidate = seconds - offset;
        if (candidate < from) return from * 1000; /* in the gap that ends here */
        if (candidate < next) return local - INT64_C(1000) * offset;
        from = next;
    }
}
