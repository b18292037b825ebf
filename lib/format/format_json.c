/* format_json.c: one JSON array, an object a line in it. */
#include <owntracks/sys/format_backend.h>

extern const ot_format_ops ot__format_json;

typedef struct array {
    const ot_column *columns;
    bool any;
} array;

static ot_status begin(void *self, const ot_format_start *start, const ot_sink *out, ot_error *error) {
    (void)error;
    ((array *)self)->columns = start->columns;
    return out->write(out->ctx, "[", 1);
}

/* What stands before the next object. */
static ot_status comma(array *a, const ot_sink *out) {
    ot_status status = a->any ? out->write(out->ctx, ",\n", 2) : out->write(out->ctx, "\n", 1);
    a->any = true;
    return status;
}

static ot_status row(void *self, const ot_value *const *cells, size_t count, const ot_sink *out, ot_error *error) {
    (void)error;
    array *a = self;
    ot_status status = comma(a, out);
    return status == OT_OK ? ot_format_row_json(out, a->columns, cells, count) : status;
}

static ot_status record(void *self, const ot_format_record *format_record, const ot_sink *out, ot_error *error) {
    (void)error;
    ot_status status = comma(self, out);
    return status == OT_OK ? ot_format_record_json(out, format_record) : status;
}

static ot_status end(void *self, const ot_sink *out, ot_error *error) {
    (void)error;
    return ((array *)self)->any ? out->write(out->ctx, "\n]\n", 3) : out->write(out->ctx, "]\n", 2);
}

const ot_format_ops ot__format_json = {sizeof(ot_format_ops),
                                       "json",
                                       "application/json",
                                       "json",
                                       sizeof(array),
                                       NULL,
                                       begin,
                                       row,
                                       record,
                                       end,
                                       NULL,
                                       NULL,
                                       false};
