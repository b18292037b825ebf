/** @file format.h
 *  @brief Output: rows of named cells, or whole records, written to a sink in a format chosen by name. Streaming: memory does not grow with the number of rows.
 *
 *  In the core: `json` (one array), `jsonl` (one object a line), `csv` (RFC 4180, with a header), `table` (aligned, for people: unprintable bytes are escaped). */
#ifndef OWNTRACKS_FORMAT_H
#define OWNTRACKS_FORMAT_H

#include <owntracks/record.h>

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
} ot_format_config;

/** The defaults. */
#define OT_FORMAT_CONFIG_INIT                                                                                          \
    { sizeof(ot_format_config), NULL, 0, NULL, NULL, false, false }

/** Opens a writer.
 *  @param name "json", "jsonl", "csv", "table". @param sink is copied; its ctx must live as long as the writer.
 *  @return OT_OK, OT_EUNSUPPORTED (no such format), OT_EINVAL (fields), OT_ENOMEM. */
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
