/* format.h: what the files of the face share. Private, never installed. */
#ifndef OT_FORMAT_OWN_H
#define OT_FORMAT_OWN_H

#include <owntracks/sys/format_backend.h>

#include "../base/base.h"
#include "../message/secrets.h"

/* The columns that are not members of the message. */
typedef enum ot__builtin {
    OT__BUILTIN_NONE = 0, /* a member of the message */
    OT__BUILTIN_USER,
    OT__BUILTIN_DEVICE,
    OT__BUILTIN_AT,
    OT__BUILTIN_ARRIVAL,
    OT__BUILTIN_LAST_ARRIVAL,
    OT__BUILTIN_TYPE,
    OT__BUILTIN_ID,
    OT__BUILTIN_TOPIC,
    OT__BUILTIN_QOS,
    OT__BUILTIN_RETAINED,
    OT__BUILTIN_MARKS,
    OT__BUILTIN_ORIGIN,
    OT__BUILTIN_REPEATS,
    OT__BUILTIN_SEQ,
    OT__BUILTIN_CHANGE,
    OT__BUILTIN_PAYLOAD
} ot__builtin;

struct ot_writer {
    ot_format_ops ops;
    ot_sink sink;
    void *self;
    const ot_zone *zone;
    bool secrets;
    ot__secrets keys;
    ot_status failed; /* sticks */
    ot_column *columns;
    bool *masked; /* of each column: its name is a secret's */
    char *names;  /* memory of the names */
    size_t names_size, column_count;
    ot__builtin *builtins; /* of each column; NULL: rows come, not records */
    bool whole;            /* whole records */
    ot_value *values;
    const ot_value **cells;
    ot__buf row;             /* what a slot writes */
    ot__arena arena;         /* texts of one row */
    ot_message *list, *part; /* of a list of waypoints, made when they are needed */
};

struct ot_format_record {
    const ot_record *record;
    ot_writer *writer;
    const ot_message *message; /* may be NULL */
};

extern const ot_format_ops ot__format_json, ot__format_jsonl, ot__format_csv, ot__format_table, ot__format_geojson,
    ot__format_gpx, ot__format_rec, ot__format_otrw;

/* cells.c */
ot__builtin ot__builtin_of(ot_str name);
/* One cell of a record, a column of the store or (NONE) the member `name`; false: absent. *status tells of memory. */
bool ot__cell_of(ot_writer *writer, ot__builtin builtin, ot_str name, const ot_record *record,
                 const ot_message *message, ot_value *out, ot_status *status);
/* A JSON text with its secrets masked, in the arena of the row; the text itself when there is nothing to mask. */
ot_str ot__masked(ot_writer *writer, ot_str json, ot_status *status);
const char *ot__origin_text(ot_origin origin);
const char *ot__change_text(ot_change change);
/* The n-th mark that is set, or NULL. */
const char *ot__mark_text(uint32_t marks, size_t n);

/* escape.c */
ot_status ot__json_text(const ot_sink *sink, ot_str text);

#endif
