/* area.c: boxes, circles and polygons, at the poles and across the antimeridian too. */
#include "geo.h"

ot_status ot_geo_box(ot_point centre, double metres, ot_box *out) {
    if (!ot__geo_valid(centre) || !ot__finite(metres) || metres < 0) return OT_ERANGE;
    /* Outwards by more than what distances and differences of longitudes are rounded by. */
    double angle = metres / OT_GEO_RADIUS * (1 + 1e-14) + 3e-15, lat = centre.lat, lon = ot__geo_wrap(centre.lon);
    double south = lat - angle / OT__RADIAN, north = lat + angle / OT__RADIAN;
    if (south <= -90 || north >= 90) { /* a pole has every longitude */
        *out = (ot_box){fmax(south, -90), -180, fmin(north, 90), 180};
        return OT_OK;
    }
    double s, c;
    ot__sincosd(lat, &s, &c);
    double aside = asin(fmin(1, sin(angle) / c)) / OT__RADIAN, west = lon - aside, east = lon + aside;
    if (west < -180) west += 360;
    if (east > 180) east -= 360;
    *out = (ot_box){south, west, north, east};
    return OT_OK;
}

bool ot_geo_in_box(ot_point point, ot_box box) {
    if (!ot__geo_valid(point) || !(box.south >= -90 && box.north <= 90) || !(box.west >= -180 && box.west <= 180) ||
        !(box.east >= -180 && box.east <= 180))
        return false;
    if (!(point.lat >= box.south && point.lat <= box.north)) return false;
    double lon = ot__geo_wrap(point.lon);
    if (box.west > box.east) return lon >= box.west || lon <= box.east;
    return (lon >= box.west && lon <= box.east) || (lon == -180 && box.east == 180);
}

bool ot_geo_in_circle(ot_point point, ot_point centre, double metres) {
    return ot__finite(metres) && ot_geo_distance(point, centre) <= metres;
}

/* Goes from the point along its meridian to the north pole and counts the edges that it meets: an odd number means that point and pole are on
   different sides. The pole itself is inside when the polygon winds around the earth, an odd number of times, and is nearer to this pole. */
bool ot_geo_in_polygon(ot_point point, const ot_point *vertices, size_t count) {
    if (count < 3 || !ot__geo_valid(point)) return false;
    for (size_t i = 0; i < count; i++)
        if (!ot__geo_valid(vertices[i])) return false;
    bool inside = false, edge = false;
    double turns = 0, area = 0; /* degrees of longitude in all, and the latitude above them */
    ot_point a = vertices[count - 1];
    double x1 = ot__geo_turn(point.lon, a.lon);
    for (size_t i = 0; i < count; i++) {
        ot_point b = vertices[i];
        double x2 = ot__geo_turn(point.lon, b.lon), y1 = a.lat - point.lat, y2 = b.lat - point.lat;
        double turn = ot__geo_turn(a.lon, b.lon);
        turns += turn;
        area += turn * (a.lat / 2 + b.lat / 2);
        if (y2 == 0 && (x2 == 0 || fabs(point.lat) == 90)) edge = true;
        if (x1 == 0 && x2 == 0 && (y1 <= 0) != (y2 < 0)) edge = true;
        /* Sides of the meridian differ, and the edge does not go round the back. Which way it goes depends on the edge alone, so that it is the same
           for every point. */
        if ((x1 >= 0) != (x2 >= 0) && (turn > 0) == (x2 >= 0)) {
            double above = turn > 0 ? y1 * x2 - y2 * x1 : y2 * x1 - y1 * x2;
            if (above == 0) edge = true;
            if (above > 0) inside = !inside;
        }
        a = b;
        x1 = x2;
    }
    if (edge) return true;
    bool odd = fabs(nearbyint(fmod(turns / 360, 2))) == 1;
    return odd && area * turns >= 0 ? !inside : inside;
}
