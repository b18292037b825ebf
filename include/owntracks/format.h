/** @file format.h
 *  @brief Output: rows of named cells, or whole records, written to a sink in a format chosen by name. Streaming: memory does not grow with the number of rows.
 *
 *  In the core: `json` (one array), `jsonl` (one object a line), `csv` (RFC 4180, with a header), `table` (aligned, for people: unprintable bytes are escaped), and
 *
 *  - `geojson` (RFC 7946): a FeatureCollection. A record with a position is a Feature with a Point and its columns as properties (`fields`; lat and lon are its geometry); each
 *    waypoint of a list is one of its own; records without a position are left out. A row is a Feature too, its columns `lat` and `lon` the geometry (null without them).
 *    Options: `geometry` "points" or "lines": locations alone, of each run of records of one device one Feature with a MultiLineString, cut at the antimeridian and at gaps (a
 *    part of one position holds it twice); `gap` as below, for lines; `waypoints` "points" or "circles": a Polygon of 64 corners where `rad` is more than 0 (a circle over a
 *    pole or the antimeridian stays a Point).
 *  - `gpx` (GPX 1.1): locations as a track of each run of records of one device, in segments. What XML cannot hold is left out of texts. A row with `lat` and `lon` is a
 *    waypoint. Options: `what` "tracks"; "points": each record with a position is a waypoint (wpt); "waypoints": the regions; `gap`: seconds without a location
 *    that end a segment (600; 0: none do); `name`: of the file.
 *  - `rec`: lines as the Recorder keeps them, "2026-03-01T12:00:00Z", TAB, what follows the base of the topic in 18 columns, TAB, payload; in UTC. They do not name the device: ask
 *    for one. Line ends between the members of a payload are blanks; where it is no JSON, control characters and bytes that are not UTF-8 are written as " 0A ".
 *  - `otrw`: a file of waypoints for the apps, of the regions among the records, or of rows with `lat` and `lon`.
 *
 *  Records of several devices come in the order of time: for one track or line a device, ask device by device. `gpx`, `rec` and `otrw` do not look at `fields`. */
#ifndef OWNTRACKS_FORMAT_H
#define OWNTRACKS_FORMAT_H

#include <owntracks/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A writer; opaque; used by one thread at a time. */
typedef struct ot_writer ot_writer;

/** A column. */
typedef struct ot_column {
    const char *name; /**< Of the column: header, member name. */
    ot_kind kind;     /**< Of its cells. A TIME cell is epoch seconds. */
    bool instant;     /**< With I64: the cell is an ot_time (milliseconds), written as RFC 3339 text in the zone. */
} ot_column;

/** How to write. */
typedef struct ot_format_config {
    size_t size;              /**< sizeof(ot_format_config); set by #OT_FORMAT_CONFIG_INIT. */
    const ot_column *columns; /**< For ot_writer_row(): the columns. NULL with record writers. Copied. */
    size_t column_count;      /**< How many. */
    /** For ot_writer_record(): names of columns separated by commas: user, device, at, arrival, type, id, topic, qos, marks, origin, repeats, seq, payload,
     *  and any field key of any type, and any other member ("." for nested is not interpreted). NULL: the format's own choice: json and jsonl write the whole record
     *  {"user","device","type","at","arrival","topic","qos","retained","origin","id","seq","marks":[…],"message":{payload as it came}} (or "raw": base64 where it is
     *  no JSON); csv and table write the usual columns of a location. */
    const char *fields;
    const ot_zone *zone; /**< For times; NULL: UTC. Must live as long as the writer. */
    bool secrets;        /**< Write SECRET fields as they are; otherwise "***", in payloads too. */
    bool flush_each;     /**< table: do not collect rows to measure widths (for following). */
    const ot_option
        *options; /**< Of the format, as listed above; unknown names and bad values are errors. Used during the call. */
    size_t option_count; /**< How many. */
} ot_format_config;

/** The defaults. */
#define OT_FORMAT_CONFIG_INIT                                                                                          \
    { sizeof(ot_format_config), NULL, 0, NULL, NULL, false, false, NULL, 0 }

/** Opens a writer.
 *  @param name "json", "jsonl", "csv", "table", "geojson", "gpx", "rec", "otrw". @param sink is copied; its ctx must live as long as the writer.
 *  @return OT_OK, OT_EUNSUPPORTED (no such format), OT_EINVAL (fields; options, with the name of the option as its field), OT_ENOMEM. */
OT_API ot_status ot_writer_open(const char *name, const ot_sink *sink, const ot_format_config *config, ot_writer **out,
                                ot_error *error);

/** Writes a row. @param cells one for each column; NULL pointers are absent cells. @return OT_OK, OT_EINVAL, the sink's status. */
OT_API ot_status ot_writer_row(ot_writer *writer, const ot_value *const *cells, size_t count, ot_error *error);

/** Writes a record. @param message its payload decoded (of any outcome), or NULL when it is not to be had. @return OT_OK, the sink's status. */
OT_API ot_status ot_writer_record(ot_writer *writer, const ot_record *record, const ot_message *message,
                                  ot_error *error);

/** Ends the output (closing brackets, the rows of a table) and releases the writer, after failures too. NULL is allowed. @return OT_OK, the sink's status. */
OT_API ot_status ot_writer_end(ot_writer *writer, ot_error *error);

/** The n-th format's name; NULL behind the last. @return a constant. */
OT_API const char *ot_format_name(size_t n);

#ifdef __cplusplus
}
#endif
#endif
