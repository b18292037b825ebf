/* escape.c: values as text: JSON, CSV, and for people. Every format writes through these. */
#include "format.h"

#include "../codec/codec.h"

static ot_status put(const ot_sink *sink, const char *data, size_t len) {
    return len ? sink->write(sink->ctx, data, len) : OT_OK;
}

ot_status ot__json_text(const ot_sink *sink, ot_str text) {
    static const char hex[] = "0123456789abcdef";
    ot_status status = put(sink, "\"", 1);
    size_t from = 0;
    for (size_t i = 0; i < text.len && status == OT_OK;) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
            i++;
            continue;
        }
        size_t n = c >= 0x80 ? ot__utf8_len((const unsigned char *)text.ptr + i, text.len - i) : 0;
        if (n) {
            i += n;
            continue;
        }
        char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        size_t len = 6;
        if (c >= 0x80)
            memcpy(escape, "\xEF\xBF\xBD", len = 3);
        else if (c == '"' || c == '\\')
            escape[1] = (char)c, len = 2;
        else if (c == '\n')
            escape[1] = 'n', len = 2;
        else if (c == '\r')
            escape[1] = 'r', len = 2;
        else if (c == '\t')
            escape[1] = 't', len = 2;
        status = put(sink, text.ptr + from, i - from);
        if (status == OT_OK) status = put(sink, escape, len);
        from = ++i;
    }
    if (status == OT_OK) status = put(sink, text.ptr + from, text.len - from);
    return status == OT_OK ? put(sink, "\"", 1) : status;
}

/* The text of a number or a bool; 0: the value is a text. */
static size_t scalar(const ot_value *value, char out[OT__NUM_TEXT]) {
    switch (value->kind) {
    case OT_KIND_BOOL:
        return ot_str_copy(value->as.b ? OT_STR("true") : OT_STR("false"), out, OT__NUM_TEXT);
    case OT_KIND_I64:
    case OT_KIND_TIME:
        return ot__num_write_int(value->as.i, out);
    case OT_KIND_F64:
        return ot__num_write_double(value->as.d, out);
    default:
        return 0;
    }
}

static bool holds_json(ot_kind kind) {
    return kind == OT_KIND_STRS || kind == OT_KIND_OBJ || kind == OT_KIND_OBJS || kind == OT_KIND_RAW;
}

ot_status ot_format_json(const ot_sink *sink, const ot_value *value) {
    char number[OT__NUM_TEXT];
    if (value->kind == OT_KIND_BOOL || value->kind == OT_KIND_I64 || value->kind == OT_KIND_TIME ||
        value->kind == OT_KIND_F64) {
        size_t len = scalar(value, number);
        return len ? put(sink, number, len) : put(sink, "null", 4);
    }
    if (holds_json(value->kind) && ot__json_good(value->as.s)) return ot__json_masked(sink, value->as.s, NULL, true);
    return ot__json_text(sink, value->as.s);
}

ot_status ot_format_row_json(const ot_sink *sink, const ot_column *columns, const ot_value *const *cells,
                             size_t count) {
    ot_status status = put(sink, "{", 1);
    bool any = false;
    for (size_t i = 0; i < count && status == OT_OK; i++) {
        if (!cells[i]) continue;
        if (any) status = put(sink, ",", 1);
        if (status == OT_OK) status = ot__json_text(sink, ot_str_c(columns[i].name));
        if (status == OT_OK) status = put(sink, ":", 1);
        if (status == OT_OK) status = ot_format_json(sink, cells[i]);
        any = true;
    }
    return status == OT_OK ? put(sink, "}", 1) : status;
}

ot_status ot_format_csv(const ot_sink *sink, const ot_value *value) {
    char number[OT__NUM_TEXT];
    size_t len = scalar(value, number);
    ot_str s = value->as.s;
    if (value->kind == OT_KIND_F64 && !len) return OT_OK;
    if (len) return put(sink, number, len);
    bool quote = s.len == 0 || s.ptr[0] == ' ' || s.ptr[s.len - 1] == ' ';
    for (size_t i = 0; i < s.len && !quote; i++)
        quote = s.ptr[i] == ',' || s.ptr[i] == '"' || s.ptr[i] == '\r' || s.ptr[i] == '\n';
    if (!quote) return put(sink, s.ptr, s.len);
    ot_status status = put(sink, "\"", 1);
    for (size_t from = 0; from < s.len && status == OT_OK;) {
        const char *mark = memchr(s.ptr + from, '"', s.len - from);
        size_t end = mark ? (size_t)(mark - s.ptr) + 1 : s.len;
        status = put(sink, s.ptr + from, end - from);
        if (mark && status == OT_OK) status = put(sink, "\"", 1);
        from = end;
    }
    return status == OT_OK ? put(sink, "\"", 1) : status;
}

/* Columns of a character on a terminal: 0 for marks that join the one before, 2 for the wide ones of East Asia and pictures. */
static size_t columns_of(const unsigned char *p, size_t len) {
    static const struct {
        uint32_t from, to;
        unsigned char width;
    } ranges[] = {{0x300, 0x36F, 0},     {0x483, 0x489, 0},     {0x591, 0x5BD, 0},     {0x610, 0x61A, 0},
                  {0x64B, 0x65F, 0},     {0x1100, 0x115F, 2},   {0x1AB0, 0x1AFF, 0},   {0x1DC0, 0x1DFF, 0},
                  {0x200B, 0x200F, 0},   {0x20D0, 0x20FF, 0},   {0x2E80, 0x303E, 2},   {0x3041, 0xA4CF, 2},
                  {0xAC00, 0xD7A3, 2},   {0xF900, 0xFAFF, 2},   {0xFE00, 0xFE0F, 0},   {0xFE20, 0xFE2F, 0},
                  {0xFE30, 0xFE6F, 2},   {0xFF00, 0xFF60, 2},   {0xFFE0, 0xFFE6, 2},   {0x1F300, 0x1F64F, 2},
                  {0x1F680, 0x1F6FF, 2}, {0x1F900, 0x1F9FF, 2}, {0x20000, 0x3FFFD, 2}, {0xE0100, 0xE01EF, 0}};
    uint32_t c = len == 1 ? p[0] : len == 2 ? p[0] & 0x1Fu : len == 3 ? p[0] & 0x0Fu : p[0] & 7u;
    for (size_t i = 1; i < len; i++)
        c = c << 6 | (p[i] & 0x3Fu);
    for (size_t i = 0; i < OT_COUNT(ranges); i++)
        if (c >= ranges[i].from && c <= ranges[i].to) return ranges[i].width;
    return 1;
}

ot_status ot_format_plain(const ot_sink *sink, const ot_value *value, size_t *width) {
    static const char hex[] = "0123456789abcdef";
    char number[OT__NUM_TEXT];
    size_t len = scalar(value, number), wide = 0;
    ot_str s = len ? ot_str_of(number, len) : value->kind == OT_KIND_F64 ? OT_STR("") : value->as.s;
    ot_status status = OT_OK;
    size_t from = 0;
    for (size_t i = 0; i < s.len && status == OT_OK;) {
        const unsigned char *p = (const unsigned char *)s.ptr + i;
        size_t n = *p >= 0x20 && *p < 0x7F ? 1 : *p >= 0x80 ? ot__utf8_len(p, s.len - i) : 0;
        /* C1 controls, the marks that turn the direction of text, and separators move terminals too. */
        if (n == 2 && p[0] == 0xC2 && p[1] < 0xA0) n = 0;
        if (n == 3 && p[0] == 0xE2 &&
            ((p[1] == 0x80 && p[2] >= 0xA8 && p[2] <= 0xAE) || (p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9)))
            n = 0;
        if (n) {
            wide += columns_of(p, n);
            i += n;
            continue;
        }
        char escape[4] = {'\\', 'x', hex[*p >> 4], hex[*p & 15]};
        status = put(sink, s.ptr + from, i - from);
        if (status == OT_OK) status = put(sink, escape, 4);
        wide += 4;
        from = ++i;
    }
    if (status == OT_OK) status = put(sink, s.ptr + from, s.len - from);
    if (width) *width += wide;
    return status;
}
