/* simplify.c: fewer points for the same track: Ramer, Douglas and Peucker on the sphere, with a flat stack and a bound of the time. */
#include "geo.h"

/* Points as vectors of length 1. Differences of near ones lose nothing that metres could tell: their error is a nanometre. */
typedef struct vector {
    double x, y, z;
} vector;

static vector minus(vector a, vector b) {
    return (vector){a.x - b.x, a.y - b.y, a.z - b.z};
}
static double dot(vector a, vector b) {
    return a.x * b.x + a.y * b.y + a.z * b.z;
}
static vector cross(vector a, vector b) {
    return (vector){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

static vector vector_of(ot_point p) {
    double s, c, sl, cl;
    ot__sincosd(p.lat, &s, &c);
    ot__sincosd(ot__geo_wrap(p.lon), &sl, &cl);
    return (vector){c * cl, c * sl, s};
}

/* The arc of a great circle, prepared for distances. */
typedef struct arc {
    vector a, b;
    vector pole;              /* of length 1; of length 0 when the ends are one point or antipodes */
    vector forward, backward; /* along the circle: at a towards b, at b towards a */
} arc;

static arc arc_of(vector a, vector b) {
    vector d = minus(b, a), pole = cross(a, d);
    double length = sqrt(dot(pole, pole));
    /* Ends within a micrometre of each other, or within some 60 m of antipodes, have no direction to speak of. Distances are then those of the ends,
       never less than the real ones. */
    if (length < (dot(a, b) < 0 ? 1e-5 : 1e-13)) return (arc){a, b, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}};
    pole = (vector){pole.x / length, pole.y / length, pole.z / length};
    return (arc){a, b, pole, cross(pole, a), cross(b, pole)};
}

/* The square of the chord from a point to the nearest point of the arc, which grows with the distance; or anything not above `most` when it is not above it.
   `sine` is the square of the sine that belongs to `most`. */
static double away(const arc *line, vector p, double most, double sine) {
    vector from_a = minus(p, line->a), from_b = minus(p, line->b);
    if (dot(from_a, line->forward) > 0 && dot(from_b, line->backward) > 0) {
        double s = dot(from_a, line->pole);
        s *= s;
        if (s <= sine) return most;
        return s >= 1 ? 2 : 2 * s / (1 + sqrt(1 - s));
    }
    double to_a = dot(from_a, from_a), to_b = dot(from_b, from_b);
    return to_a < to_b ? to_a : to_b;
}

/* For the square of a chord the square of the sine; beyond 90 degrees, where a sine tells nothing, 1, as nothing beside an arc is farther. */
static double sine_of(double chord) {
    return chord < 2 ? chord * (1 - chord / 4) : 1;
}

/* A part of the track that is still to be looked at: both ends are kept. */
typedef struct part {
    size_t first, last;
    unsigned depth;
} part;

/* Where to split a part; 0: nowhere, all between its ends is near enough. Too deep means that each split cut off next to nothing: then the middle is
   taken, if it must be split at all. */
static size_t split(const vector *v, part p, double limit, unsigned deepest) {
    if (p.last - p.first < 2) return 0;
    arc line = arc_of(v[p.first], v[p.last]);
    double most = limit, sine = sine_of(limit);
    size_t found = 0;
    for (size_t i = p.first + 1; i < p.last; i++) {
        double d = away(&line, v[i], most, sine);
        if (d > most) {
            most = d;
            sine = sine_of(d);
            found = i;
            if (p.depth > deepest) return p.first + (p.last - p.first) / 2;
        }
    }
    return found;
}

size_t ot_geo_simplify_scratch(size_t count) {
    return count > SIZE_MAX / sizeof(vector) ? SIZE_MAX : count * sizeof(vector);
}

ot_status ot_geo_simplify(const ot_point *points, size_t count, double metres, bool *keep, void *scratch,
                          size_t *kept) {
    if (!ot__finite(metres) || metres < 0) return OT_ERANGE;
    vector *v = scratch;
    unsigned deepest = 16;
    for (size_t n = count; n; n /= 2)
        deepest += 2;
    for (size_t i = 0; i < count; i++) {
        if (!ot__geo_valid(points[i])) return OT_ERANGE;
        v[i] = vector_of(points[i]);
        keep[i] = false;
    }
    size_t n = count < 2 ? count : 2;
    if (count > 0) keep[0] = keep[count - 1] = true;
    double chord = 2 * sin(fmin(metres / OT_GEO_RADIUS, 3.141592653589793) / 2), limit = chord * chord;
    /* The longer half waits, the shorter one is next: so at most one part waits for each halving of the track. */
    part waiting[sizeof(size_t) * 8], next = {0, count ? count - 1 : 0, 0};
    for (size_t depth = 0;;) {
        size_t at = split(v, next, limit, deepest);
        if (at) {
            keep[at] = true;
            n++;
            part left = {next.first, at, next.depth + 1}, right = {at, next.last, next.depth + 1};
            bool swap = at - next.first > next.last - at;
            waiting[depth++] = swap ? left : right;
            next = swap ? right : left;
        } else if (depth) {
            next = waiting[--depth];
        } else {
            break;
        }
    }
    if (kept) *kept = n;
    return OT_OK;
}
