/* format_otrw.c: a file of waypoints that the apps read. */
#include <math.h>
#include <string.h>

#include <owntracks/mem.h>
#include <owntracks/sys/format_backend.h>

extern const ot_format_ops ot__format_otrw;

typedef struct otrw {
    const ot_column *columns;
    size_t count;
    const ot_value **cells;
    bool any;
    const ot_sink *out; /* during a record */
} otrw;

static ot_status put(const ot_sink *out, const char *text) {
    return out->write(out->ctx, text, strlen(text));
}

/* The columns of rows that a waypoint has; what is added when it is published is not its own. */
static bool member(const char *name) {
    const ot_field *field = ot_field_by_key(OT_TYPE_WAYPOINT, ot_str_c(name));
    return field && !(field->flags & OT_FIELD_HIDDEN) && field->ordinal != OT_WAYPOINT_topic &&
           field->ordinal != OT_WAYPOINT_tid;
}

static bool is(const char *name, size_t ordinal) {
    return strcmp(name, ot_field_at(OT_TYPE_WAYPOINT, ordinal)->key) == 0;
}

static ot_status begin(void *self, const ot_format_start *start, const ot_sink *out, ot_error *error) {
    otrw *o = self;
    (void)error;
    o->columns = start->columns;
    o->count = start->column_count;
    o->cells = ot_mem_zalloc(o->count + 1, sizeof *o->cells);
    return o->cells ? put(out, "{\"_type\":\"waypoints\",\"waypoints\":[") : OT_ENOMEM;
}

static ot_status next(otrw *o, const ot_sink *out) {
    const char *between = o->any ? ",\n" : "\n";
    o->any = true;
    return put(out, between);
}

static bool degrees(const ot_value *value, double limit) {
    return value && ((value->kind == OT_KIND_F64 && fabs(value->as.d) <= limit) ||
                     (value->kind == OT_KIND_I64 && fabs((double)value->as.i) <= limit));
}

static ot_status row(void *self, const ot_value *const *cells, size_t count, const ot_sink *out, ot_error *error) {
    otrw *o = self;
    bool lat = false, lon = false;
    (void)error;
    for (size_t i = 0; i < count; i++) {
        o->cells[i] = NULL;
        if (!cells[i] || !member(o->columns[i].name)) continue;
        o->cells[i] = cells[i];
        lat = lat || (is(o->columns[i].name, OT_WAYPOINT_lat) && degrees(cells[i], 90));
        lon = lon || (is(o->columns[i].name, OT_WAYPOINT_lon) && degrees(cells[i], 180));
    }
    /* What is no place is no waypoint: an empty line says that there was something. */
    if (!lat || !lon) return put(out, "\n");
    ot_status status = next(o, out);
    if (status == OT_OK) status = put(out, "{\"_type\":\"waypoint\",");
    /* The members behind the brace. */
    bool any = false;
    for (size_t i = 0; i < count && status == OT_OK; i++) {
        ot_value name = {OT_KIND_STR, {.s = ot_str_c(o->columns[i].name)}};
        if (!o->cells[i]) continue;
        if (any) status = put(out, ",");
        any = true;
        if (status == OT_OK) status = ot_format_json(out, &name);
        if (status == OT_OK) status = put(out, ":");
        if (status == OT_OK) status = ot_format_json(out, o->cells[i]);
    }
    return status == OT_OK ? put(out, "}") : status;
}

static ot_status of_region(void *ctx, const ot_message *waypoint, ot_str json) {
    otrw *o = ctx;
    const ot_waypoint *w = ot_message_waypoint(waypoint);
    ot_value text = {OT_KIND_RAW, {.s = json}};
    if (!OT_HAS(w, OT_WAYPOINT_lat) || !OT_HAS(w, OT_WAYPOINT_lon) || !(fabs(w->lat) <= 90 && fabs(w->lon) <= 180))
        return OT_OK;
    ot_status status = next(o, o->out);
    return status == OT_OK ? ot_format_json(o->out, &text) : status;
}

static ot_status record(void *self, const ot_format_record *format_record, const ot_sink *out, ot_error *error) {
    otrw *o = self;
    (void)error;
    o->out = out;
    return ot_format_record_waypoints(format_record, of_region, o);
}

static ot_status end(void *self, const ot_sink *out, ot_error *error) {
    (void)self;
    (void)error;
    return put(out, "\n]}\n");
}

static void close_otrw(void *self) {
    otrw *o = self;
    ot_mem_free((void *)(uintptr_t)o->cells, (o->count + 1) * sizeof *o->cells);
}

const ot_format_ops ot__format_otrw = {sizeof(ot_format_ops),
                                       "otrw",
                                       "application/json",
                                       "otrw",
                                       sizeof(otrw),
                                       NULL,
                                       begin,
                                       row,
                                       record,
                                       end,
                                       close_otrw,
                                       NULL,
                                       true};
