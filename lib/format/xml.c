/* xml.c: text and numbers as XML 1.0 takes them. */
#include <math.h>

#include "format.h"

#include "../codec/codec.h"

static ot_status put(const ot_sink *sink, const char *data, size_t len) {
    return len ? sink->write(sink->ctx, data, len) : OT_OK;
}

/* What stands for a character; NULL: itself; "": nothing, XML has no way to say it. */
static const char *instead(const unsigned char *p, size_t len) {
    switch (p[0]) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&apos;";
    case '\t':
        return "&#9;";
    case '\n':
        return "&#10;";
    case '\r':
        return "&#13;";
    default:
        break;
    }
    if (p[0] < 0x20) return "";
    /* U+FFFE and U+FFFF. */
    return len == 3 && p[0] == 0xEF && p[1] == 0xBF && p[2] >= 0xBE ? "" : NULL;
}

ot_status ot_format_xml(const ot_sink *sink, ot_str text) {
    ot_status status = OT_OK;
    size_t from = 0;
    for (size_t i = 0; i < text.len && status == OT_OK;) {
        const unsigned char *p = (const unsigned char *)text.ptr + i;
        size_t n = ot__utf8_len(p, text.len - i);
        const char *other = n ? instead(p, n) : "\xEF\xBF\xBD";
        if (other) {
            status = put(sink, text.ptr + from, i - from);
            if (status == OT_OK) status = put(sink, other, strlen(other));
            from = i + (n ? n : 1);
        }
        i += n ? n : 1;
    }
    return status == OT_OK ? put(sink, text.ptr + from, text.len - from) : status;
}

ot_status ot_format_decimal(const ot_sink *sink, double number) {
    char text[OT__NUM_TEXT], out[OT__NUM_TEXT + 40];
    if (!isfinite(number) || fabs(number) >= 1e17) return OT_EINVAL;
    if (fabs(number) < 1e-30) return put(sink, "0", 1);
    size_t len = ot__num_write_double(number, text), n = 0, digits = 0;
    const char *e = memchr(text, 'e', len);
    if (!e) return put(sink, text, len);
    /* d.ddde-NN: 0.000dddd */
    size_t zeros = 0;
    for (const char *p = e + 1 + (e[1] == '-'); p < text + len; p++)
        zeros = zeros * 10 + (size_t)(*p - '0');
    if (text[0] == '-') out[n++] = '-';
    out[n++] = '0';
    out[n++] = '.';
    while (zeros-- > 1)
        out[n++] = '0';
    for (const char *p = text; p < e; p++)
        if (*p >= '0' && *p <= '9') out[n++] = *p, digits++;
    return digits ? put(sink, out, n) : OT_EINTERNAL;
}
