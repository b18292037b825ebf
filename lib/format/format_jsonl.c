/* format_jsonl.c: one JSON object a line. */
#include <owntracks/sys/format_backend.h>

extern const ot_format_ops ot__format_jsonl;

typedef struct lines {
    const ot_column *columns;
} lines;

static ot_status begin(void *self, const ot_format_start *start, const ot_sink *out, ot_error *error) {
    (void)out;
    (void)error;
    ((lines *)self)->columns = start->columns;
    return OT_OK;
}

static ot_status row(void *self, const ot_value *const *cells, size_t count, const ot_sink *out, ot_error *error) {
    (void)error;
    ot_status status = ot_format_row_json(out, ((lines *)self)->columns, cells, count);
    return status == OT_OK ? out->write(out->ctx, "\n", 1) : status;
}

static ot_status record(void *self, const ot_format_record *format_record, const ot_sink *out, ot_error *error) {
    (void)self;
    (void)error;
    ot_status status = ot_format_record_json(out, format_record);
    return status == OT_OK ? out->write(out->ctx, "\n", 1) : status;
}

static ot_status end(void *self, const ot_sink *out, ot_error *error) {
    (void)self;
    (void)out;
    (void)error;
    return OT_OK;
}

const ot_format_ops ot__format_jsonl = {sizeof(ot_format_ops),
                                        "jsonl",
                                        "application/jsonl",
                                        "jsonl",
                                        sizeof(lines),
                                        NULL,
                                        begin,
                                        row,
                                        record,
                                        end,
                                        NULL,
                                        NULL,
                                        false};
