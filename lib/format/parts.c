/* parts.c: what a format that writes whole records asks of one: itself, its cells, the regions in it. */
#include "format.h"

const ot_record *ot_format_record_of(const ot_format_record *record) {
    return record->record;
}

ot_status ot_format_record_cell(const ot_format_record *record, ot_str name, ot_value *out) {
    ot_status status = OT_OK;
    bool there = ot__cell_of(record->writer, ot__builtin_of(name), name, record->record, record->message, out, &status);
    return status != OT_OK ? status : there ? OT_OK : OT_ENOTFOUND;
}

static ot_status decoded(ot_message **message, ot_type type, ot_str json, bool *good) {
    ot_status status = *message ? OT_OK : ot_message_new(NULL, message);
    if (status != OT_OK) return status;
    status = ot_message_decode_as(*message, type, json, NULL);
    *good = status == OT_OK;
    return status == OT_ENOMEM ? OT_ENOMEM : OT_OK;
}

ot_status ot_format_record_waypoints(const ot_format_record *record,
                                     ot_status (*each)(void *ctx, const ot_message *waypoint, ot_str json), void *ctx) {
    const ot_record *r = record->record;
    ot_writer *w = record->writer;
    ot_status status = OT_OK;
    ot_str element;
    size_t position = 0;
    bool good;
    if (!r->payload.ptr || r->reject || (r->type != OT_TYPE_WAYPOINT && r->type != OT_TYPE_WAYPOINTS)) return OT_OK;
    /* Masked first, so that nothing else can be read. */
    ot_str json = ot__masked(w, r->payload, &status);
    if (status != OT_OK) return status;
    if (r->type == OT_TYPE_WAYPOINT) {
        status = decoded(&w->part, r->type, json, &good);
        return status == OT_OK && good ? each(ctx, w->part, json) : status;
    }
    status = decoded(&w->list, r->type, json, &good);
    if (status != OT_OK || !good) return status;
    const ot_waypoints *all = ot_message_waypoints(w->list);
    if (!OT_HAS(all, OT_WAYPOINTS_waypoints)) return OT_OK;
    for (ot_status next; status == OT_OK && (next = ot_objs_next(all->waypoints, &position, &element)) != OT_DONE;) {
        if (next != OT_OK) continue;
        status = decoded(&w->part, OT_TYPE_WAYPOINT, element, &good);
        if (status == OT_OK && good) status = each(ctx, w->part, element);
    }
    return status;
}
