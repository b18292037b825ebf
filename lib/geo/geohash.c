/* geohash.c: geohashes: 5 bits a character, longitude and latitude in turns, longitude first. */
#include "geo.h"

static const char digits[] = "0123456789bcdefghjkmnpqrstuvwxyz";

/* A cell by its column and row, of 2^x columns and 2^y rows. */
typedef struct cell {
    uint32_t column, row;
    unsigned x, y;
} cell;

/* In which of the 2^30 parts of a range from -half to half. The bounds of parts are exact doubles, so the outcome is, too. */
static uint32_t part(double value, double half) {
    double step = half / (1 << 29);
    int64_t i = (int64_t)((value + half) / step);
    if (i > (1 << 30) - 1) i = (1 << 30) - 1;
    if (i > 0 && value < (double)i * step - half)
        i--;
    else if (i < (1 << 30) - 1 && value >= (double)(i + 1) * step - half)
        i++;
    return (uint32_t)i;
}

static void write_cell(cell c, char *out) {
    unsigned length = (c.x + c.y) / 5, value = 0;
    for (unsigned bit = 0; bit < length * 5; bit++) {
        unsigned one = bit & 1 ? c.row >> --c.y & 1 : c.column >> --c.x & 1;
        value = value << 1 | one;
        if (bit % 5 == 4) {
            *out++ = digits[value];
            value = 0;
        }
    }
    *out = 0;
}

static bool read_cell(ot_str text, cell *out) {
    cell c = {0, 0, 0, 0};
    if (text.len == 0 || text.len > OT_GEOHASH_MAX) return false;
    for (size_t i = 0; i < text.len; i++) {
        char letter = text.ptr[i];
        if (letter >= 'A' && letter <= 'Z') letter = (char)(letter | 0x20);
        const char *found = letter ? strchr(digits, letter) : NULL;
        if (!found) return false;
        unsigned value = (unsigned)(found - digits);
        for (unsigned bit = 5; bit-- > 0;) {
            if ((c.x + c.y) & 1)
                c.row = c.row << 1 | (value >> bit & 1), c.y++;
            else
                c.column = c.column << 1 | (value >> bit & 1), c.x++;
        }
    }
    *out = c;
    return true;
}

ot_status ot_geohash_encode(ot_point point, size_t length, char out[OT_GEOHASH_MAX + 1]) {
    out[0] = 0;
    if (!ot__geo_valid(point) || length < 1 || length > OT_GEOHASH_MAX) return OT_ERANGE;
    unsigned bits = (unsigned)length * 5, x = (bits + 1) / 2, y = bits / 2;
    write_cell((cell){part(ot__geo_wrap(point.lon), 180) >> (30 - x), part(point.lat, 90) >> (30 - y), x, y}, out);
    return OT_OK;
}

ot_status ot_geohash_decode(ot_str text, ot_box *box) {
    cell c;
    if (!read_cell(text, &c)) return OT_ESYNTAX;
    double width = 360.0 / (double)(UINT32_C(1) << c.x), height = 180.0 / (double)(UINT32_C(1) << c.y);
    *box =
        (ot_box){c.row * height - 90, c.column * width - 180, (c.row + 1) * height - 90, (c.column + 1) * width - 180};
    return OT_OK;
}

ot_status ot_geohash_neighbour(ot_str text, int north, int east, char out[OT_GEOHASH_MAX + 1]) {
    cell c;
    bool known = read_cell(text, &c); /* first: the text may be in out */
    out[0] = 0;
    if (north < -1 || north > 1 || east < -1 || east > 1) return OT_EINVAL;
    if (!known) return OT_ESYNTAX;
    if (north < 0 ? c.row == 0 : north > 0 && c.row == (UINT32_C(1) << c.y) - 1) return OT_ERANGE;
    c.row += (uint32_t)north;
    c.column += (uint32_t)east; /* what goes beyond x bits is not written */
    write_cell(c, out);
    return OT_OK;
}
