/** @file geo.h
 *  @brief Geodesy on WGS 84: distances, bearings, boxes, circles, polygons, geohashes, lengths and simplification of tracks, outliers.
 *
 *  Latitudes and longitudes are degrees, north and east positive; distances are metres; bearings are degrees from true north, clockwise, 0 to below
 *  360. All functions are pure, allocate nothing, and are safe from any thread. Longitudes outside -180 to 180 are taken modulo 360. A point with a
 *  latitude outside -90 to 90, NaN or an infinity is no point; what is no point or no number gives NaN, false or OT_ERANGE, as each function says. */
#ifndef OWNTRACKS_GEO_H
#define OWNTRACKS_GEO_H

#include <owntracks/str.h>
#include <owntracks/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Mean radius of the earth in metres (IUGG R1), for what is computed on the sphere. */
#define OT_GEO_RADIUS 6371008.8

/** A point. The layout is frozen. */
typedef struct ot_point {
    double lat; /**< Degrees. */
    double lon; /**< Degrees. */
} ot_point;

/** A box; west > east: it crosses the antimeridian. The layout is frozen. */
typedef struct ot_box {
    double south; /**< Degrees. */
    double west;  /**< Degrees, -180 to 180. */
    double north; /**< Degrees. */
    double east;  /**< Degrees, -180 to 180. */
} ot_box;

/** Distance in metres along the great circle on the sphere (within 0.6 % of the ellipsoid), right to nanometres for near points and for antipodes;
 *  exactly 0 for equal points, and exactly the same in both directions. NaN for no points. @par Threads Safe. */
OT_API double ot_geo_distance(ot_point a, ot_point b);

/** Distance in metres along the geodesic of the WGS 84 ellipsoid, to a tenth of a millimetre: Vincenty's inverse solution; for nearly antipodal points,
 *  where that does not converge, the azimuth is found by bisection (some 20 microseconds). Exactly 0 for equal points. NaN for no points.
 *  @par Threads Safe. */
OT_API double ot_geo_distance_exact(ot_point a, ot_point b);

/** Bearing at @p a of the great circle to @p b; 0 for equal points. At a pole it is told against the meridian of @p a: what goes to @p b is
 *  ot_geo_destination() with the same @p a. NaN for no points. @par Threads Safe. */
OT_API double ot_geo_bearing(ot_point a, ot_point b);

/** Where one comes after @p metres on the great circle that starts at @p a with @p bearing; longitude -180 to below 180.
 *  @param a       where one starts.
 *  @param bearing any finite number of degrees.
 *  @param metres  any finite number; negative: backwards.
 *  @return the point; its members are NaN for no point, bearing or distance. @par Threads Safe. */
OT_API ot_point ot_geo_destination(ot_point a, double bearing, double metres);

/** The smallest box that holds the circle around @p centre (on the sphere): right at the poles (all longitudes) and at the antimeridian
 *  (west > east). It is rounded outwards by some 20 nanometres, so that every point that ot_geo_in_circle() accepts is in it.
 *  @param centre of the circle.
 *  @param metres its radius, finite, at least 0.
 *  @param out    the box; untouched after a failure.
 *  @return OT_OK or OT_ERANGE. @par Threads Safe. */
OT_API ot_status ot_geo_box(ot_point centre, double metres, ot_box *out);

/** Is the point in the box, edges included? False for no point, and for a box with a member that is out of its range. @par Threads Safe. */
OT_API bool ot_geo_in_box(ot_point point, ot_box box);

/** Is the point within @p metres of @p centre (ot_geo_distance(), edge included)? False for no points, and for a radius that is negative, infinite or
 *  NaN. @par Threads Safe. */
OT_API bool ot_geo_in_circle(ot_point point, ot_point centre, double metres);

/** Is the point in the polygon (by the even-odd rule)? Its edges are straight in latitude and longitude (as maps draw them), each going the short way
 *  round in longitude, eastwards where both ways are 180 degrees; so polygons across the antimeridian are right. A polygon that winds around the earth
 *  holds the pole that it is nearer to (by the mean latitude of its edges), whichever way round it is given. Points on an edge count as inside, as far
 *  as doubles can tell.
 *  @param point    what is looked for.
 *  @param vertices first and last may be equal.
 *  @param count    at least 3.
 *  @return false, too, for no point, for a vertex that is none, and for fewer than 3 vertices. @par Threads Safe. */
OT_API bool ot_geo_in_polygon(ot_point point, const ot_point *vertices, size_t count);

#define OT_GEOHASH_MAX 12 /**< Characters of a geohash at most. */

/** Writes the geohash of a point, in small letters, and a NUL. A cell holds its southern and western edge; latitude 90 is in the northernmost.
 *  @param point  what to write.
 *  @param length 1 to 12 characters; each hash is the beginning of the longer ones.
 *  @param out    the text; "" after a failure.
 *  @return OT_OK or OT_ERANGE. @par Threads Safe. */
OT_API ot_status ot_geohash_encode(ot_point point, size_t length, char out[OT_GEOHASH_MAX + 1]);

/** The cell of a geohash; its bounds are exact.
 *  @param text 1 to 12 characters, letters of either case.
 *  @param cell the cell; west < east always; untouched after a failure.
 *  @return OT_OK or OT_ESYNTAX. @par Threads Safe. */
OT_API ot_status ot_geohash_decode(ot_str text, ot_box *cell);

/** The geohash of a neighbour cell; beyond longitude 180 it goes on at -180.
 *  @param text  1 to 12 characters, letters of either case.
 *  @param north -1, 0 or 1.
 *  @param east  -1, 0 or 1.
 *  @param out   as many characters, in small letters, and a NUL; "" after a failure.
 *  @return OT_OK, OT_ESYNTAX, OT_EINVAL (a step that is none), OT_ERANGE (beyond a pole). @par Threads Safe. */
OT_API ot_status ot_geohash_neighbour(ot_str text, int north, int east, char out[OT_GEOHASH_MAX + 1]);

/** Length of a track in metres: the sum of ot_geo_distance() of neighbours; 0 for fewer than two points. NaN when one is no point.
 *  @param points may be NULL when @p count is 0.
 *  @param count  how many.
 *  @par Threads Safe. */
OT_API double ot_geo_length(const ot_point *points, size_t count);

/** Bytes of scratch that ot_geo_simplify() needs for a track of @p count points; SIZE_MAX when no memory can be that large. @par Threads Safe. */
OT_API size_t ot_geo_simplify_scratch(size_t count);

/** Simplification (Ramer, Douglas, Peucker) with a tolerance in metres: marks what is kept, so that no dropped point is farther than the tolerance from
 *  the great circle between the kept points before and behind it. First and last are kept. No recursion. The time is n log n, for hostile tracks too:
 *  below a depth that usual tracks do not reach, lines are split at their middle, and such tracks keep some points more than they must.
 *  @param points  the track, in order; may be NULL when @p count is 0.
 *  @param count   how many.
 *  @param metres  the tolerance, finite, at least 0.
 *  @param keep    receives @p count flags; without meaning after a failure.
 *  @param scratch ot_geo_simplify_scratch(count) bytes, aligned as malloc aligns; may be NULL when @p count is 0.
 *  @param kept    how many are kept; may be NULL; untouched after a failure.
 *  @return OT_OK, OT_ERANGE (a point that is none; a tolerance that is negative, infinite or NaN).
 *  @par Threads Safe; keep and scratch belong to the call. */
OT_API ot_status ot_geo_simplify(const ot_point *points, size_t count, double metres, bool *keep, void *scratch,
                                 size_t *kept);

/** Why a fix does not belong to its track. Numbers never change; new ones are appended. */
typedef enum ot_outlier {
    OT_OUTLIER_NONE = 0,     /**< It belongs there. */
    OT_OUTLIER_NO_POINT = 1, /**< Latitude or longitude is out of range or no number. */
    OT_OUTLIER_NULL_ISLAND =
        2, /**< At latitude 0, longitude 0 (within 0.0001 degrees): what devices send that do not know. */
    OT_OUTLIER_INACCURATE =
        3, /**< Its accuracy is worse than the limit, or negative: the device says that it does not know. */
    OT_OUTLIER_JUMP = 4 /**< Nobody gets there that fast. */
} ot_outlier;

/** A fix of a device, as far as outliers are judged. The layout is frozen. */
typedef struct ot_fix {
    ot_point point;  /**< Where. */
    ot_time at;      /**< When. */
    double accuracy; /**< Radius in metres; NaN: not known. */
} ot_fix;

/** From when on a fix is an outlier. The layout is frozen. */
typedef struct ot_outlier_limits {
    double speed;    /**< Metres a second that nobody exceeds; infinite or NaN: do not look for jumps. */
    double accuracy; /**< Metres; infinite or NaN: any is good enough. */
    /** How many fixes in a row that agree with each other, and not with the track, make the track go on there; 0 as 1. With 1 no fix is ever a jump. */
    unsigned confirm;
} ot_outlier_limits;

/** Limits that suit phones: 350 m/s (airliners with a tail wind stay below), 1000 m, 3 fixes. */
#define OT_OUTLIER_LIMITS                                                                                              \
    { 350.0, 1000.0, 3 }

/** What is remembered of a track between two fixes; starts as all zeros. The layout is frozen; its members are for reading. */
typedef struct ot_outlier_state {
    ot_fix good;    /**< The last fix that belongs to the track; when `goods` > 0. */
    ot_fix jump;    /**< The last fix that was judged a jump; when `jumps` > 0. */
    uint64_t goods; /**< How many fixes belonged to the track so far. */
    /** How many jumps in a row, up to the last one, agree with each other: each can be reached from the one before. */
    unsigned jumps;
    /** How many fixes, the last ones that were judged jumps before this one, are none after all, because this one confirmed them. 0 mostly. */
    unsigned cleared;
} ot_outlier_state;

/** Judges the next fix of a track; fixes come in the order of `at`. A fix is a jump when the way from the last good one, less both accuracies, is longer
 *  than what the speed allows in the time between, plus one second, because devices round to seconds. A fix that can be reached from the last good one
 *  belongs to the track: a jump that returns stays a jump. Where the device does not return, but `confirm` fixes in a row agree with each other, the track goes
 *  on from there: the fix that completes them belongs to the track, and the state's `cleared` says how many of those before were no jumps.
 *  Outliers of the other kinds leave the state as it is (but `cleared`, which becomes 0).
 *  @param state  of the track, all zeros before its first fix.
 *  @param limits NULL means #OT_OUTLIER_LIMITS.
 *  @param fix    the next one.
 *  @return the reason, the first that fits in the order of the numbers; OT_OUTLIER_NONE.
 *  @par Threads Safe; the state belongs to the caller. */
OT_API ot_outlier ot_outlier_next(ot_outlier_state *state, const ot_outlier_limits *limits, const ot_fix *fix);

/** The name of a reason, such as "jump", "null-island"; "none" for none, "?" for a number that is not in the list. @return a constant.
 *  @par Threads Safe. */
OT_API const char *ot_outlier_name(ot_outlier reason);

#ifdef __cplusplus
}
#endif
#endif
