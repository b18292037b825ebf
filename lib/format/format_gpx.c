/* format_gpx.c: GPX 1.1: tracks of locations in segments, or points, or regions as waypoints. Its schema wants all waypoints before the first track, so that
   one file of a stream is the one or the other. */
#include <math.h>
#include <string.h>

#include <owntracks/sys/format_backend.h>

extern const ot_format_ops ot__format_gpx;

enum { WHAT_TRACKS, WHAT_POINTS, WHAT_WAYPOINTS };

/* Columns of rows that say something: by their names, or fields of a type. */
typedef enum role { LAT, LON, ALT, TST, DESC, RAD, AT, USER, DEVICE, NAME, ROLES } role;
static const char *role_name(role r) {
    static const char *const names[] = {"at", "user", "device", "name"};
    static const struct {
        ot_type type;
        size_t ordinal;
    } fields[] = {{OT_TYPE_LOCATION, OT_LOCATION_lat},  {OT_TYPE_LOCATION, OT_LOCATION_lon},
                  {OT_TYPE_LOCATION, OT_LOCATION_alt},  {OT_TYPE_LOCATION, OT_LOCATION_tst},
                  {OT_TYPE_WAYPOINT, OT_WAYPOINT_desc}, {OT_TYPE_WAYPOINT, OT_WAYPOINT_rad}};
    return r >= AT ? names[r - AT] : ot_field_at(fields[r].type, fields[r].ordinal)->key;
}

typedef struct gpx {
    size_t what;
    ot_time gap;
    size_t column[ROLES]; /* of rows; SIZE_MAX: there is none */
    const ot_column *columns;
    bool open; /* a track */
    ot_id device;
    ot_time at;
    const ot_sink *out; /* during a record */
} gpx;

/* A point of any kind. */
typedef struct point {
    double lat, lon, alt, rad;
    bool has_alt;
    ot_str time, name, of; /* absent: none */
    ot_str of_device;
} point;

static ot_status put(const ot_sink *out, const char *text) {
    return out->write(out->ctx, text, strlen(text));
}

static ot_status element(const ot_sink *out, const char *tag, ot_str text) {
    ot_status status = put(out, "<");
    if (status == OT_OK) status = put(out, tag);
    if (status == OT_OK) status = put(out, ">");
    if (status == OT_OK) status = ot_format_xml(out, text);
    if (status == OT_OK) status = put(out, "</");
    if (status == OT_OK) status = put(out, tag);
    return status == OT_OK ? put(out, ">") : status;
}

static ot_status begin(void *self, const ot_format_start *start, const ot_sink *out, ot_error *error) {
    gpx *g = self;
    const char *name = ot_format_option(start, "name");
    ot_status status = ot_format_option_word(start, "what", "tracks points waypoints", &g->what, error);
    if (status == OT_OK) status = ot_format_option_seconds(start, "gap", 600, &g->gap, error);
    if (status != OT_OK) return status;
    g->columns = start->columns;
    for (size_t i = 0; i < ROLES; i++)
        g->column[i] = SIZE_MAX;
    for (size_t i = 0; i < start->column_count; i++)
        for (size_t k = 0; k < ROLES; k++)
            if (strcmp(start->columns[i].name, role_name((role)k)) == 0) g->column[k] = i;
    status = put(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<gpx version=\"1.1\" creator=\"libowntracks\" xmlns=\"http://www.topografix.com/GPX/1/1\" "
                      "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\""
                      "http://www.topografix.com/GPX/1/1 http://www.topografix.com/GPX/1/1/gpx.xsd\">\n<metadata>");
    if (status == OT_OK) status = element(out, "name", ot_str_c(name ? name : "OwnTracks"));
    return status == OT_OK ? put(out, "</metadata>\n") : status;
}

static bool on_earth(double lat, double lon) {
    return fabs(lat) <= 90 && fabs(lon) <= 180;
}

/* Text of the three elements that a name may be: its own, or user/device. */
static ot_status named(const ot_sink *out, const point *p) {
    ot_status status;
    if (p->name.len) return element(out, "name", p->name);
    if (!p->of.ptr) return OT_OK;
    status = put(out, "<name>");
    if (status == OT_OK) status = ot_format_xml(out, p->of);
    if (status == OT_OK && p->of_device.ptr) status = put(out, "/");
    if (status == OT_OK && p->of_device.ptr) status = ot_format_xml(out, p->of_device);
    return status == OT_OK ? put(out, "</name>") : status;
}

/* A point; its elements in the order of the schema. */
static ot_status write_point(const ot_sink *out, const char *tag, const point *p) {
    /* The schema's longitudes end below 180. */
    double lon = p->lon >= 180 ? -180 : p->lon;
    ot_status status = put(out, "<");
    if (status == OT_OK) status = put(out, tag);
    if (status == OT_OK) status = put(out, " lat=\"");
    if (status == OT_OK) status = ot_format_decimal(out, p->lat);
    if (status == OT_OK) status = put(out, "\" lon=\"");
    if (status == OT_OK) status = ot_format_decimal(out, lon);
    if (status == OT_OK) status = put(out, "\">");
    if (status == OT_OK && p->has_alt && fabs(p->alt) < 1e17) {
        status = put(out, "<ele>");
        if (status == OT_OK) status = ot_format_decimal(out, p->alt);
        if (status == OT_OK) status = put(out, "</ele>");
    }
    if (status == OT_OK && p->time.len && p->time.ptr[0] != '@') status = element(out, "time", p->time);
    if (status == OT_OK) status = named(out, p);
    if (status == OT_OK && p->rad > 0 && p->rad < 1e17) {
        status = put(out, "<cmt>radius ");
        if (status == OT_OK) status = ot_format_decimal(out, p->rad);
        if (status == OT_OK) status = put(out, " m</cmt>");
    }
    if (status == OT_OK) status = put(out, "</");
    if (status == OT_OK) status = put(out, tag);
    return status == OT_OK ? put(out, ">\n") : status;
}

static bool real(const ot_value *value, double *out) {
    if (!value) return false;
    if (value->kind == OT_KIND_F64) return *out = value->as.d, isfinite(*out);
    if (value->kind == OT_KIND_I64) return *out = (double)value->as.i, true;
    return false;
}

static ot_str text_of(const ot_value *value) {
    return value && (value->kind == OT_KIND_STR || value->kind == OT_KIND_ENUM) ? value->as.s : ot_str_of(NULL, 0);
}

/* Seconds as text, or an empty one. */
static ot_str seconds(int64_t when, char text[OT_TIME_TEXT_SIZE]) {
    if (when <= -62135596800 || when >= 253402300800) return ot_str_of(text, 0);
    return ot_str_of(text, ot_time_format(when * 1000, NULL, text));
}

static ot_status row(void *self, const ot_value *const *cells, size_t count, const ot_sink *out, ot_error *error) {
    const gpx *g = self;
    const ot_value *by[ROLES];
    char text[OT_TIME_TEXT_SIZE];
    point p = {0};
    (void)error;
    for (size_t k = 0; k < ROLES; k++)
        by[k] = g->column[k] < count ? cells[g->column[k]] : NULL;
    if (!real(by[LAT], &p.lat) || !real(by[LON], &p.lon) || !on_earth(p.lat, p.lon))
        return put(out, "<!-- a row without a position -->\n");
    p.has_alt = real(by[ALT], &p.alt);
    if (!real(by[RAD], &p.rad)) p.rad = 0;
    if (g->column[AT] < count && g->columns[g->column[AT]].instant)
        p.time = text_of(by[AT]);
    else if (by[TST] && by[TST]->kind == OT_KIND_TIME)
        p.time = seconds(by[TST]->as.i, text);
    p.name = by[DESC] ? text_of(by[DESC]) : text_of(by[NAME]);
    p.of = text_of(by[USER]);
    p.of_device = text_of(by[DEVICE]);
    return write_point(out, "wpt", &p);
}

static ot_status of_region(void *ctx, const ot_message *waypoint, ot_str json) {
    const gpx *g = ctx;
    char text[OT_TIME_TEXT_SIZE];
    const ot_waypoint *w = ot_message_waypoint(waypoint);
    point p = {.lat = w->lat, .lon = w->lon};
    (void)json;
    if (!OT_HAS(w, OT_WAYPOINT_lat) || !OT_HAS(w, OT_WAYPOINT_lon) || !on_earth(p.lat, p.lon)) return OT_OK;
    if (OT_HAS(w, OT_WAYPOINT_rad)) p.rad = w->rad;
    if (OT_HAS(w, OT_WAYPOINT_tst)) p.time = seconds(w->tst, text);
    if (OT_HAS(w, OT_WAYPOINT_desc)) p.name = w->desc;
    return write_point(g->out, "wpt", &p);
}

static ot_status track_end(gpx *g, const ot_sink *out) {
    if (!g->open) return OT_OK;
    g->open = false;
    return put(out, "</trkseg>\n</trk>\n");
}

static ot_status trackpoint(gpx *g, const ot_record *r, point *p, const ot_sink *out) {
    ot_id device = ot_id_of_record(r->user, r->device, OT_STR(""), 0);
    ot_status status = OT_OK;
    if (g->open && ot_id_cmp(&device, &g->device) != 0) status = track_end(g, out);
    if (status == OT_OK && !g->open) {
        point name = {.of = r->user, .of_device = r->device};
        status = put(out, "<trk>\n");
        if (status == OT_OK) status = named(out, &name);
        if (status == OT_OK) status = put(out, "\n<trkseg>\n");
        g->open = true;
        g->device = device;
    } else if (status == OT_OK && g->gap && (r->at > g->at ? r->at - g->at : g->at - r->at) > g->gap) {
        status = put(out, "</trkseg>\n<trkseg>\n");
    }
    g->at = r->at;
    return status == OT_OK ? write_point(out, "trkpt", p) : status;
}

static ot_status record(void *self, const ot_format_record *format_record, const ot_sink *out, ot_error *error) {
    gpx *g = self;
    const ot_record *r = ot_format_record_of(format_record);
    char text[OT_TIME_TEXT_SIZE];
    ot_value value;
    (void)error;
    g->out = out;
    if (g->what == WHAT_WAYPOINTS) return ot_format_record_waypoints(format_record, of_region, g);
    if (!r->has_position || (g->what == WHAT_TRACKS && r->type != OT_TYPE_LOCATION)) return OT_OK;
    point p = {.lat = r->lat, .lon = r->lon};
    p.time = ot_str_of(text, ot_time_format(r->at, NULL, text));
    ot_status status = ot_format_record_cell(format_record, ot_str_c(role_name(ALT)), &value);
    if (status == OT_OK) p.has_alt = real(&value, &p.alt);
    if (status == OT_ENOMEM) return status;
    if (g->what == WHAT_TRACKS) return trackpoint(g, r, &p, out);
    status = ot_format_record_cell(format_record, ot_str_c(role_name(DESC)), &value);
    if (status == OT_ENOMEM) return status;
    if (status == OT_OK) p.name = text_of(&value);
    p.of = r->user;
    p.of_device = r->device;
    return write_point(out, "wpt", &p);
}

static ot_status end(void *self, const ot_sink *out, ot_error *error) {
    (void)error;
    ot_status status = track_end(self, out);
    return status == OT_OK ? put(out, "</gpx>\n") : status;
}

static const char *const options[] = {"what", "gap", "name", NULL};

const ot_format_ops ot__format_gpx = {sizeof(ot_format_ops),
                                      "gpx",
                                      "application/gpx+xml",
                                      "gpx",
                                      sizeof(gpx),
                                      NULL,
                                      begin,
                                      row,
                                      record,
                                      end,
                                      NULL,
                                      options,
                                      true};
