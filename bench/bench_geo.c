/* bench_geo.c: what geodesy costs: distances, the other functions of points, and a million points simplified.
   Usage: bench_geo [--json]. One line a figure, in processor time. */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include <math.h>

#include <owntracks/geo.h>

enum { POINTS = 4096, CALLS = 200000, ROUNDS = 7, TRACK = 1000000 };

static ot_point points[POINTS];
static ot_point ring[64];
static char hashes[POINTS][OT_GEOHASH_MAX + 1];

static ot_point point(unsigned i) {
    return points[i % POINTS];
}

static double distance(unsigned i) {
    return ot_geo_distance(point(i), point(i + 1));
}
static double exact(unsigned i) {
    return ot_geo_distance_exact(point(i), point(i + 1));
}
/* the way of a geodesic that goes nearly halfway round the earth */
static double antipodal(unsigned i) {
    ot_point a = point(i);
    return ot_geo_distance_exact(a, (ot_point){0.1 - a.lat, a.lon + 179.9});
}
static double bearing(unsigned i) {
    return ot_geo_bearing(point(i), point(i + 1));
}
static double destination(unsigned i) {
    return ot_geo_destination(point(i), i, 12345).lat;
}
static double circle(unsigned i) {
    return ot_geo_in_circle(point(i), point(i + 1), 1e6);
}
static double polygon(unsigned i) {
    return ot_geo_in_polygon(point(i), ring, 64);
}
static double encode(unsigned i) {
    char out[OT_GEOHASH_MAX + 1];
    ot_geohash_encode(point(i), OT_GEOHASH_MAX, out);
    return out[OT_GEOHASH_MAX - 1];
}
static double decode(unsigned i) {
    ot_box cell = {0, 0, 0, 0};
    ot_geohash_decode(ot_str_of(hashes[i % POINTS], OT_GEOHASH_MAX), &cell);
    return cell.west;
}

static void measure(const char *name, double (*call)(unsigned), unsigned calls) {
    double times[ROUNDS];
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t start = bench_cpu();
        double sum = 0;
        for (unsigned i = 0; i < calls; i++)
            sum += call(i);
        times[round] = (double)(bench_cpu() - start) / calls;
        BENCH_KEEP(&sum);
    }
    bench_figure(name, bench_median(times, ROUNDS), "ns");
}

/* A walk as phones report it, one fix in some ten metres, that turns now and then. */
static void walk(ot_point *track) {
    uint64_t random = 7;
    double heading = 0;
    track[0] = (ot_point){50, 8};
    for (size_t i = 1; i < TRACK; i++) {
        heading += bench_chance(&random, 5) ? bench_below(&random, 180) : bench_below(&random, 9) - 4.0;
        track[i] = ot_geo_destination(track[i - 1], heading, 5 + bench_below(&random, 10));
    }
}

/* Each point is farther out than the one before, on the other side: the worst case of the plain method. */
static void zigzag(ot_point *track) {
    for (size_t i = 0; i < TRACK; i++)
        track[i] = (ot_point){(i & 1 ? 1 : -1) * (double)i * 4e-5, 0};
}

static int simplify(const char *name, void (*fill)(ot_point *), double metres) {
    ot_point *track = malloc(TRACK * sizeof *track);
    bool *keep = malloc(TRACK);
    void *scratch = malloc(ot_geo_simplify_scratch(TRACK));
    size_t kept = 0;
    if (!track || !keep || !scratch) return 1;
    fill(track);
    double times[3];
    for (int round = 0; round < 3; round++) {
        uint64_t start = bench_cpu();
        if (ot_geo_simplify(track, TRACK, metres, keep, scratch, &kept) != OT_OK) return 1;
        times[round] = (double)(bench_cpu() - start) / 1e6;
    }
    char text[96];
    snprintf(text, sizeof text, "simplify 1 million points, %s", name);
    bench_figure(text, bench_median(times, 3), "ms");
    snprintf(text, sizeof text, "points kept, %s", name);
    bench_figure(text, (double)kept, "points");
    free(track);
    free(keep);
    free(scratch);
    return 0;
}

int main(int argc, char **argv) {
    bench_begin(argc, argv, "");
    uint64_t random = 1;
    for (unsigned i = 0; i < POINTS; i++) {
        points[i] = (ot_point){bench_below(&random, 180000) / 1000.0 - 90, bench_below(&random, 360000) / 1000.0 - 180};
        ot_geohash_encode(points[i], OT_GEOHASH_MAX, hashes[i]);
    }
    for (unsigned i = 0; i < 64; i++)
        ring[i] = (ot_point){40 * sin(i * 0.0981747704246810), 100 * cos(i * 0.0981747704246810)};
    measure("distance on the sphere", distance, CALLS);
    measure("distance on the ellipsoid", exact, CALLS);
    measure("distance on the ellipsoid, nearly antipodal", antipodal, CALLS / 100);
    measure("bearing", bearing, CALLS);
    measure("destination", destination, CALLS);
    measure("in circle", circle, CALLS);
    measure("in polygon of 64 vertices", polygon, CALLS);
    measure("geohash encode, 12 characters", encode, CALLS);
    measure("geohash decode, 12 characters", decode, CALLS);
    return simplify("a walk, 5 m", walk, 5) || simplify("a walk, 100 m", walk, 100) ||
           simplify("worst zigzag, 5 m", zigzag, 5);
}
