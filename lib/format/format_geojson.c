/* format_geojson.c: GeoJSON by RFC 7946: positions as points with their columns, or lines of a device; waypoints as points or circles. Longitude comes first. */
#include <math.h>
#include <string.h>

#include <owntracks/geo.h>
#include <owntracks/mem.h>
#include <owntracks/sys/format_backend.h>

extern const ot_format_ops ot__format_geojson;

#define CORNERS 64 /* of a circle */
#define NOWHERE SIZE_MAX

typedef struct geojson {
    const ot_column *columns;
    size_t count, lat, lon, rad;
    ot_value *values;
    const ot_value **cells;
    bool any;            /* a feature was written */
    bool lines, circles; /* options */
    ot_time gap;
    /* The line that is open. */
    bool open;
    ot_id device;
    size_t part; /* positions in its last part */
    ot_point last;
    ot_time at;
    const ot_sink *out; /* during a record */
} geojson;

static ot_status put(const ot_sink *out, const char *text) {
    return out->write(out->ctx, text, strlen(text));
}

static ot_status number(const ot_sink *out, double d) {
    ot_value value = {OT_KIND_F64, {.d = d}};
    return ot_format_json(out, &value);
}

static ot_status position(const ot_sink *out, ot_point p) {
    ot_status status = put(out, "[");
    if (status == OT_OK) status = number(out, p.lon);
    if (status == OT_OK) status = put(out, ",");
    if (status == OT_OK) status = number(out, p.lat);
    return status == OT_OK ? put(out, "]") : status;
}

static bool real(const ot_value *value, double *out) {
    if (!value) return false;
    if (value->kind == OT_KIND_F64) return *out = value->as.d, isfinite(*out);
    if (value->kind == OT_KIND_I64) return *out = (double)value->as.i, true;
    return false;
}

static bool on_earth(ot_point p) {
    return fabs(p.lat) <= 90 && fabs(p.lon) <= 180;
}

static const char *key_of(size_t ordinal) {
    return ot_field_at(OT_TYPE_WAYPOINT, ordinal)->key;
}

static bool is(const char *name, size_t ordinal) {
    return strcmp(name, key_of(ordinal)) == 0;
}

static ot_status begin(void *self, const ot_format_start *start, const ot_sink *out, ot_error *error) {
    geojson *g = self;
    size_t word;
    ot_status status = ot_format_option_word(start, "geometry", "points lines", &word, error);
    g->lines = word == 1;
    if (status == OT_OK) status = ot_format_option_word(start, "waypoints", "points circles", &word, error);
    g->circles = word == 1;
    if (status == OT_OK) status = ot_format_option_seconds(start, "gap", 600, &g->gap, error);
    if (status != OT_OK) return status;
    g->columns = start->columns;
    g->count = start->column_count;
    g->lat = g->lon = g->rad = NOWHERE;
    for (size_t i = 0; i < g->count; i++) {
        const char *name = g->columns[i].name;
        size_t *of = is(name, OT_WAYPOINT_lat)   ? &g->lat
                     : is(name, OT_WAYPOINT_lon) ? &g->lon
                     : is(name, OT_WAYPOINT_rad) ? &g->rad
                                                 : NULL;
        if (of) *of = i;
    }
    g->values = ot_mem_zalloc(g->count, sizeof *g->values);
    g->cells = ot_mem_zalloc(g->count, sizeof *g->cells);
    if (!g->values || !g->cells) return OT_ENOMEM;
    return put(out, "{\"type\":\"FeatureCollection\",\"features\":[");
}

/* Does the circle leave the map's edges alone? */
static bool plain_circle(ot_point centre, double rad) {
    ot_box box;
    return ot_geo_box(centre, rad, &box) == OT_OK && box.west < box.east && box.east - box.west < 180 &&
           box.south > -90 && box.north < 90;
}

static ot_status circle(const ot_sink *out, ot_point centre, double rad) {
    ot_point first = centre;
    ot_status status = put(out, "{\"type\":\"Polygon\",\"coordinates\":[[");
    /* Against the clock, as the outer ring of a polygon goes. */
    for (int i = 0; i < CORNERS && status == OT_OK; i++) {
        ot_point p = ot_geo_destination(centre, fmod(360.0 - i * (360.0 / CORNERS), 360.0), rad);
        p.lat = round(p.lat * 1e7) / 1e7;
        p.lon = round(p.lon * 1e7) / 1e7;
        if (!i) first = p;
        status = position(out, p);
        if (status == OT_OK) status = put(out, ",");
    }
    if (status == OT_OK) status = position(out, first);
    return status == OT_OK ? put(out, "]]}") : status;
}

/* A feature of the cells; rad: of a circle, or 0. */
static ot_status feature(geojson *g, const ot_point *where, double rad, const ot_sink *out) {
    ot_status status =
        put(out, g->any ? ",\n{\"type\":\"Feature\",\"geometry\":" : "\n{\"type\":\"Feature\",\"geometry\":");
    if (status != OT_OK) return status;
    if (!where) {
        status = put(out, "null");
    } else if (g->circles && rad > 0 && plain_circle(*where, rad)) {
        status = circle(out, *where, rad);
    } else {
        status = put(out, "{\"type\":\"Point\",\"coordinates\":");
        if (status == OT_OK) status = position(out, *where);
        if (status == OT_OK) status = put(out, "}");
    }
    if (status == OT_OK) status = put(out, ",\"properties\":");
    if (status == OT_OK) status = ot_format_row_json(out, g->columns, g->cells, g->count);
    g->any = true;
    return status == OT_OK ? put(out, "}") : status;
}

static ot_status row(void *self, const ot_value *const *cells, size_t count, const ot_sink *out, ot_error *error) {
    geojson *g = self;
    (void)error;
    ot_point p = {0, 0};
    double rad = 0;
    bool there = g->lat != NOWHERE && g->lon != NOWHERE && real(cells[g->lat], &p.lat) && real(cells[g->lon], &p.lon) &&
                 on_earth(p);
    if (g->rad != NOWHERE && !real(cells[g->rad], &rad)) rad = 0;
    for (size_t i = 0; i < count; i++)
        g->cells[i] = there && (i == g->lat || i == g->lon) ? NULL : cells[i];
    return feature(g, there ? &p : NULL, rad, out);
}

static ot_status line_end(geojson *g, const ot_sink *out) {
    ot_status status = OT_OK;
    if (!g->open) return OT_OK;
    g->open = false;
    if (g->part == 1) {
        status = put(out, ",");
        if (status == OT_OK) status = position(out, g->last);
    }
    return status == OT_OK ? put(out, "]]}}") : status;
}

static ot_status vertex(geojson *g, ot_point p, const ot_sink *out) {
    ot_status status = g->part ? put(out, ",") : OT_OK;
    g->part++;
    g->last = p;
    return status == OT_OK ? position(out, p) : status;
}

static ot_status part_end(geojson *g, const ot_sink *out) {
    ot_status status = g->part == 1 ? vertex(g, g->last, out) : OT_OK;
    g->part = 0;
    return status == OT_OK ? put(out, "],[") : status;
}

/* Where the way to p crosses 180 degrees; the shorter way round. */
static ot_status across(geojson *g, ot_point p, const ot_sink *out) {
    double edge = g->last.lon > 0 ? 180 : -180, west = fabs(edge - g->last.lon), east = fabs(-edge - p.lon);
    double share = west + east > 0 ? west / (west + east) : 0;
    ot_point border = {g->last.lat + (p.lat - g->last.lat) * share, edge};
    ot_status status = g->last.lon == edge ? OT_OK : vertex(g, border, out);
    if (status == OT_OK) status = part_end(g, out);
    border.lon = -edge;
    return status == OT_OK ? vertex(g, border, out) : status;
}

static ot_status line(geojson *g, const ot_record *r, const ot_sink *out) {
    ot_point p = {r->lat, r->lon};
    ot_id device = ot_id_of_record(r->user, r->device, OT_STR(""), 0);
    ot_status status = OT_OK;
    if (g->open && ot_id_cmp(&device, &g->device) != 0) status = line_end(g, out);
    if (status != OT_OK) return status;
    if (!g->open) {
        ot_value user = {OT_KIND_STR, {.s = r->user}}, name = {OT_KIND_STR, {.s = r->device}};
        status = put(out, g->any ? ",\n" : "\n");
        if (status == OT_OK) status = put(out, "{\"type\":\"Feature\",\"properties\":{\"user\":");
        if (status == OT_OK) status = ot_format_json(out, &user);
        if (status == OT_OK) status = put(out, ",\"device\":");
        if (status == OT_OK) status = ot_format_json(out, &name);
        if (status == OT_OK) status = put(out, "},\"geometry\":{\"type\":\"MultiLineString\",\"coordinates\":[[");
        g->any = g->open = true;
        g->device = device;
        g->part = 0;
    } else if (g->gap && (r->at > g->at ? r->at - g->at : g->at - r->at) > g->gap) {
        status = part_end(g, out);
    } else if (fabs(p.lon - g->last.lon) > 180) {
        /* The antimeridian itself is on both sides. */
        if (fabs(p.lon) >= 180)
            p.lon = -p.lon;
        else
            status = across(g, p, out);
    }
    g->at = r->at;
    return status == OT_OK ? vertex(g, p, out) : status;
}

/* Is it a member that one of a list has, not the message around it? */
static bool its_own(ot_str name) {
    const ot_field *field = ot_field_by_key(OT_TYPE_WAYPOINT, name);
    return field && !(field->flags & OT_FIELD_HIDDEN) && field->ordinal != OT_WAYPOINT_topic;
}

/* One of a list of waypoints: who published it is the record's, the rest its own. */
static ot_status of_list(void *ctx, const ot_message *waypoint, ot_str json) {
    geojson *g = ctx;
    const ot_waypoint *w = ot_message_waypoint(waypoint);
    (void)json;
    if (!OT_HAS(w, OT_WAYPOINT_lat) || !OT_HAS(w, OT_WAYPOINT_lon)) return OT_OK;
    ot_point p = {w->lat, w->lon};
    if (!on_earth(p)) return OT_OK;
    for (size_t i = 0; i < g->count; i++) {
        ot_str name = ot_str_c(g->columns[i].name);
        if (i == g->lat || i == g->lon) {
            g->cells[i] = NULL;
        } else if (ot_str_eq(name, OT_STR("type"))) {
            g->values[i] = (ot_value){OT_KIND_STR, {.s = OT_STR("waypoint")}};
            g->cells[i] = &g->values[i];
        } else if (its_own(name)) {
            g->cells[i] = ot_message_get(waypoint, name, &g->values[i]) == OT_OK ? &g->values[i] : NULL;
        }
    }
    return feature(g, &p, OT_HAS(w, OT_WAYPOINT_rad) ? w->rad : 0, g->out);
}

static ot_status record(void *self, const ot_format_record *format_record, const ot_sink *out, ot_error *error) {
    geojson *g = self;
    const ot_record *r = ot_format_record_of(format_record);
    (void)error;
    bool list = r->type == OT_TYPE_WAYPOINTS;
    if (g->lines) return r->type == OT_TYPE_LOCATION && r->has_position ? line(g, r, out) : OT_OK;
    if (!r->has_position && !list) return OT_OK;
    for (size_t i = 0; i < g->count; i++) {
        g->cells[i] = NULL;
        if (i == g->lat || i == g->lon) continue;
        ot_status status = ot_format_record_cell(format_record, ot_str_c(g->columns[i].name), &g->values[i]);
        if (status == OT_OK) g->cells[i] = &g->values[i];
        if (status != OT_OK && status != OT_ENOTFOUND) return status;
    }
    g->out = out;
    if (list) return ot_format_record_waypoints(format_record, of_list, g);
    ot_value rad;
    double metres = 0;
    if (!g->circles || r->type != OT_TYPE_WAYPOINT ||
        ot_format_record_cell(format_record, ot_str_c(key_of(OT_WAYPOINT_rad)), &rad) != OT_OK || !real(&rad, &metres))
        metres = 0;
    ot_point p = {r->lat, r->lon};
    return feature(g, &p, metres, out);
}

static ot_status end(void *self, const ot_sink *out, ot_error *error) {
    (void)error;
    ot_status status = line_end(self, out);
    return status == OT_OK ? put(out, "\n]}\n") : status;
}

static void close_geojson(void *self) {
    geojson *g = self;
    ot_mem_free(g->values, g->count * sizeof *g->values);
    ot_mem_free((void *)(uintptr_t)g->cells, g->count * sizeof *g->cells);
}

static const char *const options[] = {"geometry", "gap", "waypoints", NULL};

const ot_format_ops ot__format_geojson = {sizeof(ot_format_ops),
                                          "geojson",
                                          "application/geo+json",
                                          "geojson",
                                          sizeof(geojson),
                                          "user,device,at,type,acc,alt,vac,vel,cog,batt,bs,conn,m,t,tid,tst,event,desc,"
                                          "rad,rid,inregions,poi,tag,id,marks",
                                          begin,
                                          row,
                                          record,
                                          end,
                                          close_geojson,
                                          options,
                                          true};
