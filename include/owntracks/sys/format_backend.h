/** @file format_backend.h
 *  @brief For authors of output formats: the table of functions, and helpers that escape, so that no format can forget it.
 *
 *  The face (lib/format) checks arguments, makes cells of records, masks secrets, writes times as text, and hands whole rows on to the sink: what a slot writes to `out` is
 *  collected and leaves when the slot returned OT_OK, or is dropped. In every slot: `self` is the instance of `instance_size` bytes, cleared, allocated by the face; calls on one
 *  instance come from one thread at a time; `error` may be NULL; `out` ends when the slot returns. A format keeps no more than a bounded part of its rows. */
#ifndef OWNTRACKS_SYS_FORMAT_BACKEND_H
#define OWNTRACKS_SYS_FORMAT_BACKEND_H

#include <owntracks/format.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a format is told at the start. */
typedef struct ot_format_start {
    size_t size;              /**< sizeof(ot_format_start). */
    const ot_column *columns; /**< The columns; they live as long as the instance. NULL: whole records will come. */
    size_t column_count;      /**< How many. */
    bool flush_each;          /**< Write each row at once. */
    const ot_option *options; /**< Of the caller, their names among ot_format_ops::options; they end with the call. */
    size_t option_count;      /**< How many. */
} ot_format_start;

/** A record on its way out; opaque; see ot_format_record_json(). */
typedef struct ot_format_record ot_format_record;

/** A format. Members are appended only. */
typedef struct ot_format_ops {
    size_t size;            /**< sizeof(ot_format_ops) of the author's compiler. */
    const char *name;       /**< "csv": letters, digits, "-". */
    const char *media_type; /**< "text/csv; charset=utf-8"; may be NULL. */
    const char *extension;  /**< Of files: "csv"; may be NULL. */
    size_t instance_size;   /**< Bytes of an instance. */
    const char
        *fields; /**< Columns for records when the caller names none; NULL: whole records go to the slot `record`. */
    /** must. Begins; may write. After a failure close is called too. */
    ot_status (*begin)(void *self, const ot_format_start *start, const ot_sink *out, ot_error *error);
    /** must. Writes a row: @p count cells, as many as there are columns; NULL for absent ones. Values are finite, masked where they must be, and
     *  instants are STR cells by now. They end when it returns. */
    ot_status (*row)(void *self, const ot_value *const *cells, size_t count, const ot_sink *out, ot_error *error);
    /** must, where `fields` is NULL or `whole` is set. Writes a whole record. */
    ot_status (*record)(void *self, const ot_format_record *record, const ot_sink *out, ot_error *error);
    /** must. Ends the output. Not called after a failure. */
    ot_status (*end)(void *self, const ot_sink *out, ot_error *error);
    /** may. Releases what the instance holds; always called last. */
    void (*close)(void *self);
    const char *const *options; /**< Names of the options, NULL behind the last; NULL: it has none. Lives for ever. */
    bool
        whole; /**< Records go to the slot `record` (must) whatever columns are named; `columns` are then those that the caller asked for, else those of `fields`. */
} ot_format_ops;

/** Registers a format; the table is copied (a shorter one of an older author: the rest is NULL).
 *  @return OT_OK; OT_ECONFLICT (the name is taken by another table); OT_EINVAL (a must slot is empty, a bad name), with @p error naming the slot; OT_ELIMIT (64 formats).
 *  @par Threads Not safe beside other calls of the library: call it first. */
OT_API ot_status ot_format_register(const ot_format_ops *ops, ot_error *error);

/** The table of a format; NULL when there is none. @return lives for ever. @par Threads Safe while nobody registers. */
OT_API const ot_format_ops *ot_format_find(const char *name);

/** Writes a value as JSON: numbers exact (the shortest text that reads back to the same double), text as a string, with U+FFFD for each byte that is not UTF-8; JSON kinds as they are
 *  on one line (or, where they are no valid JSON, as a string). @return OT_OK, the sink's status. @par Threads Safe. */
OT_API ot_status ot_format_json(const ot_sink *sink, const ot_value *value);

/** Writes a value as a cell of CSV by RFC 4180: quoted where it must be, and where it is empty (an absent cell is not); otherwise the bytes as they are. Text like a formula
 *  is kept as it is. @return OT_OK, the sink's status. @par Threads Safe. */
OT_API ot_status ot_format_csv(const ot_sink *sink, const ot_value *value);

/** Writes a value for people: bytes that are not printable UTF-8 as \\xHH. @param width gains the columns it takes on a terminal; may be NULL.
 *  @return OT_OK, the sink's status. @par Threads Safe. */
OT_API ot_status ot_format_plain(const ot_sink *sink, const ot_value *value, size_t *width);

/** Writes a row as one JSON object on one line; absent cells are left out. @return OT_OK, the sink's status. */
OT_API ot_status ot_format_row_json(const ot_sink *sink, const ot_column *columns, const ot_value *const *cells,
                                    size_t count);

/** Writes a whole record as one JSON object on one line, as ot_format_config::fields describes it. @return OT_OK, the sink's status. */
OT_API ot_status ot_format_record_json(const ot_sink *sink, const ot_format_record *record);

/** The record itself. Its payload may hold secrets: what is written of it comes from ot_format_record_cell(). @return lives as long as @p record. */
OT_API const ot_record *ot_format_record_of(const ot_format_record *record);

/** A cell of a record by the name of its column, as ot_format_config::fields describes it, masked where it must be.
 *  @param out its views live until the slot returns. @return OT_OK, OT_ENOTFOUND (absent), OT_ENOMEM. */
OT_API ot_status ot_format_record_cell(const ot_format_record *record, ot_str name, ot_value *out);

/** The regions in a record: itself when it is a `waypoint`, the elements of `waypoints`, of other records none; what cannot be decoded is left out.
 *  @param each   takes one: decoded, and its JSON, both masked and valid during the call. Another status than OT_OK ends.
 *  @return OT_OK, what @p each returned, OT_ENOMEM. */
OT_API ot_status ot_format_record_waypoints(const ot_format_record *record,
                                            ot_status (*each)(void *ctx, const ot_message *waypoint, ot_str json),
                                            void *ctx);

/** Writes text for XML 1.0, between tags or in an attribute: markup escaped, U+FFFD for each byte that is not UTF-8, and without the characters that XML cannot hold.
 *  @return OT_OK, the sink's status. @par Threads Safe. */
OT_API ot_status ot_format_xml(const ot_sink *sink, ot_str text);

/** Writes a number without an exponent, as XML's decimals want it: the shortest text that reads back to it, but 0 for what is smaller than 1e-30.
 *  @param number finite, smaller than 1e17 on either side of 0. @return OT_OK, OT_EINVAL, the sink's status. @par Threads Safe. */
OT_API ot_status ot_format_decimal(const ot_sink *sink, double number);

/** The value of an option; NULL when it was not given; of several the last. @par Threads Safe. */
OT_API const char *ot_format_option(const ot_format_start *start, const char *name);

/** Which of some words an option is.
 *  @param words separated by blanks; the first one holds when the option was not given. @param out the word's number from 0.
 *  @return OT_OK, OT_EINVAL with @p error naming option and words. @par Threads Safe. */
OT_API ot_status ot_format_option_word(const ot_format_start *start, const char *name, const char *words, size_t *out,
                                       ot_error *error);

/** An option that is a whole number of seconds, at most 10 digits.
 *  @param initial when it was not given. @param out milliseconds. @return OT_OK, OT_EINVAL with @p error naming the option. @par Threads Safe. */
OT_API ot_status ot_format_option_seconds(const ot_format_start *start, const char *name, int64_t initial, ot_time *out,
                                          ot_error *error);

#ifdef __cplusplus
}
#endif
#endif
