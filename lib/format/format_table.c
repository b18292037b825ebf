/* format_table.c: aligned columns for people. The first rows are kept to measure widths, at most ROWS_MAX of them and BYTES_MAX of
   text; then the widths stand, and whatever is wider pushes its line. Bytes that are not printable are escaped. */
#include <string.h>

#include <owntracks/mem.h>
#include <owntracks/sys/format_backend.h>

extern const ot_format_ops ot__format_table;

#define ROWS_MAX  200
#define BYTES_MAX 65536

/* A cell that waits: where its text is, how wide it is, and to which side it goes. */
typedef struct waiting {
    size_t from, len, width;
    bool right;
} waiting;

typedef struct table {
    const ot_column *columns;
    size_t count;
    size_t *widths;
    bool laid_out;
    waiting *cells; /* rows * count */
    size_t rows, cells_size;
    char *text;
    size_t text_len, text_size;
} table;

static ot_status blanks(const ot_sink *out, size_t n) {
    static const char space[] = "                                                                ";
    ot_status status = OT_OK;
    for (; n && status == OT_OK; n -= n < 64 ? n : 64)
        status = out->write(out->ctx, space, n < 64 ? n : 64);
    return status;
}

/* One cell of a line: two blanks between columns, none at the end of a line. */
static ot_status line_cell(const table *t, size_t column, const char *text, size_t len, size_t width, bool right,
                           const ot_sink *out) {
    size_t pad = width < t->widths[column] ? t->widths[column] - width : 0;
    ot_status status = column ? out->write(out->ctx, "  ", 2) : OT_OK;
    if (status == OT_OK && right) status = blanks(out, pad);
    if (status == OT_OK && len) status = out->write(out->ctx, text, len);
    if (status == OT_OK && !right && column + 1 < t->count) status = blanks(out, pad);
    if (status == OT_OK && column + 1 == t->count) status = out->write(out->ctx, "\n", 1);
    return status;
}

static ot_status header(table *t, const ot_sink *out) {
    ot_status status = OT_OK;
    t->laid_out = true;
    for (size_t i = 0; i < t->count && status == OT_OK; i++) {
        ot_value name = {OT_KIND_STR, {.s = ot_str_c(t->columns[i].name)}};
        size_t width = 0, pad;
        if (i) status = out->write(out->ctx, "  ", 2);
        if (status == OT_OK) status = ot_format_plain(out, &name, &width);
        pad = width < t->widths[i] ? t->widths[i] - width : 0;
        if (status == OT_OK && i + 1 < t->count) status = blanks(out, pad);
    }
    return status == OT_OK ? out->write(out->ctx, "\n", 1) : status;
}

/* Ends the measuring: writes the header and the rows that wait. */
static ot_status lay_out(table *t, const ot_sink *out) {
    ot_status status = header(t, out);
    for (size_t i = 0; i < t->rows * t->count && status == OT_OK; i++) {
        const waiting *w = &t->cells[i];
        status = line_cell(t, i % t->count, t->text ? t->text + w->from : "", w->len, w->width, w->right, out);
    }
    ot_mem_free(t->cells, t->cells_size);
    ot_mem_free(t->text, t->text_size);
    t->cells = NULL;
    t->text = NULL;
    t->cells_size = t->text_size = t->text_len = t->rows = 0;
    return status;
}

/* Widths of columns before anything is known of them. */
static size_t guess(const ot_column *column) {
    return column->instant                ? 20
           : column->kind == OT_KIND_TIME ? 10
           : column->kind == OT_KIND_F64  ? 9
           : column->kind == OT_KIND_BOOL ? 5
                                          : 8;
}

static ot_status begin(void *self, const ot_format_start *start, const ot_sink *out, ot_error *error) {
    (void)error;
    table *t = self;
    t->columns = start->columns;
    t->count = start->column_count;
    t->widths = ot_mem_zalloc(t->count, sizeof *t->widths);
    if (!t->widths) return OT_ENOMEM;
    for (size_t i = 0; i < t->count; i++) {
        ot_sink_buffer none = {NULL, 0, 0};
        ot_sink nowhere = ot_sink_to_buffer(&none);
        ot_value name = {OT_KIND_STR, {.s = ot_str_c(t->columns[i].name)}};
        ot_format_plain(&nowhere, &name, &t->widths[i]);
        if (start->flush_each && t->widths[i] < guess(&t->columns[i])) t->widths[i] = guess(&t->columns[i]);
    }
    if (start->flush_each) return header(t, out);
    t->cells_size = ROWS_MAX * t->count * sizeof *t->cells;
    t->cells = ot_mem_alloc(t->cells_size);
    return t->cells ? OT_OK : OT_ENOMEM;
}

/* Appends to the text that waits. */
static ot_status keep(void *ctx, const char *data, size_t len) {
    table *t = ctx;
    if (len > t->text_size - t->text_len) {
        size_t size = t->text_size ? t->text_size : 4096;
        while (size - t->text_len < len) {
            if (size > SIZE_MAX / 2) return OT_ENOMEM;
            size *= 2;
        }
        char *text = ot_mem_resize(t->text, t->text_size, size);
        if (!text) return OT_ENOMEM;
        t->text = text;
        t->text_size = size;
    }
    memcpy(t->text + t->text_len, data, len);
    t->text_len += len;
    return OT_OK;
}

static bool is_number(const ot_value *cell) {
    return cell && (cell->kind == OT_KIND_I64 || cell->kind == OT_KIND_F64 || cell->kind == OT_KIND_TIME);
}

static ot_status row(void *self, const ot_value *const *cells, size_t count, const ot_sink *out, ot_error *error) {
    (void)error;
    table *t = self;
    ot_sink keeper = {keep, t};
    ot_status status = OT_OK;
    if (t->laid_out) t->text_len = 0;
    for (size_t i = 0; i < count && status == OT_OK; i++) {
        size_t from = t->text_len, width = 0;
        if (cells[i]) status = ot_format_plain(&keeper, cells[i], &width);
        if (status != OT_OK) break;
        waiting w = {from, t->text_len - from, width, is_number(cells[i])};
        if (t->laid_out) {
            status = line_cell(t, i, t->text ? t->text + from : "", w.len, width, w.right, out);
            t->text_len = 0;
        } else {
            t->cells[t->rows * t->count + i] = w;
            if (width > t->widths[i] && width <= 60) t->widths[i] = width;
        }
    }
    if (status != OT_OK) return status;
    if (!t->laid_out && (++t->rows == ROWS_MAX || t->text_len > BYTES_MAX)) return lay_out(t, out);
    if (t->laid_out && t->text_size > BYTES_MAX) {
        ot_mem_free(t->text, t->text_size);
        t->text = NULL;
        t->text_size = 0;
    }
    return OT_OK;
}

static ot_status end(void *self, const ot_sink *out, ot_error *error) {
    (void)error;
    table *t = self;
    return t->laid_out ? OT_OK : lay_out(t, out);
}

static void close_table(void *self) {
    table *t = self;
    ot_mem_free(t->widths, t->count * sizeof *t->widths);
    ot_mem_free(t->cells, t->cells_size);
    ot_mem_free(t->text, t->text_size);
}

const ot_format_ops ot__format_table = {sizeof(ot_format_ops),
                                        "table",
                                        "text/plain; charset=utf-8",
                                        "txt",
                                        sizeof(table),
                                        "user,device,at,type,lat,lon,acc,alt,vel,cog,batt,t,event,desc",
                                        begin,
                                        row,
                                        NULL,
                                        end,
                                        close_table,
                                        NULL,
                                        false};
