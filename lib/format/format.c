/* format.c: the face of the formats: the registry, and writers that hand whole rows to a sink. */
#include "format.h"

#include <math.h>

#define FORMATS_MAX 64
#define ROW_KEPT    (1024 * 1024) /* a larger row's memory is given back */

static ot_format_ops registered[FORMATS_MAX];
static size_t registered_count;

static const ot_format_ops *builtin(size_t n) {
    const ot_format_ops *const all[] = {&ot__format_json,    &ot__format_jsonl, &ot__format_csv, &ot__format_table,
                                        &ot__format_geojson, &ot__format_gpx,   &ot__format_rec, &ot__format_otrw};
    return n < OT_COUNT(all) ? all[n] : NULL;
}

static const ot_format_ops *nth(size_t n) {
    size_t own = 0;
    while (builtin(own))
        own++;
    return n < own ? builtin(n) : n - own < registered_count ? &registered[n - own] : NULL;
}

const char *ot_format_name(size_t n) {
    const ot_format_ops *ops = nth(n);
    return ops ? ops->name : NULL;
}

const ot_format_ops *ot_format_find(const char *name) {
    const ot_format_ops *ops;
    for (size_t n = 0; name && (ops = nth(n)); n++)
        if (strcmp(ops->name, name) == 0) return ops;
    return NULL;
}

ot_status ot_format_register(const ot_format_ops *ops, ot_error *error) {
    ot_format_ops full = {0};
    if (!ops || ops->size < offsetof(ot_format_ops, begin))
        return ot_error_set(error, OT_EINVAL, "size", OT_NO_OFFSET, "the table is too small");
    memcpy(&full, ops, ops->size < sizeof full ? ops->size : sizeof full);
    const char *missing = !full.begin                                    ? "begin"
                          : !full.row                                    ? "row"
                          : !full.end                                    ? "end"
                          : (!full.fields || full.whole) && !full.record ? "record"
                                                                         : NULL;
    if (missing) return ot_error_set(error, OT_EINVAL, missing, OT_NO_OFFSET, "the slot is empty");
    size_t len = full.name ? strlen(full.name) : 0, good = 0;
    while (good < len &&
           ((full.name[good] >= 'a' && full.name[good] <= 'z') || (full.name[good] >= 'A' && full.name[good] <= 'Z') ||
            (full.name[good] >= '0' && full.name[good] <= '9') || full.name[good] == '-'))
        good++;
    if (!len || good < len)
        return ot_error_set(error, OT_EINVAL, "name", OT_NO_OFFSET,
                            "is empty or holds more than letters, digits and \"-\"");
    const ot_format_ops *there = ot_format_find(full.name);
    if (there && there->begin == full.begin && there->row == full.row && there->end == full.end) return OT_OK;
    if (there) return ot_error_set(error, OT_ECONFLICT, full.name, OT_NO_OFFSET, "the name is taken");
    if (registered_count == FORMATS_MAX)
        return ot_error_set(error, OT_ELIMIT, full.name, OT_NO_OFFSET, "there are too many formats");
    registered[registered_count++] = full;
    return OT_OK;
}

/* Releases a writer. */
static void release(ot_writer *w) {
    if (w->self) {
        if (w->ops.close) w->ops.close(w->self);
        ot_mem_free(w->self, w->ops.instance_size ? w->ops.instance_size : 1);
    }
    ot_mem_free(w->columns, w->column_count * sizeof *w->columns);
    ot_mem_free(w->masked, w->column_count * sizeof *w->masked);
    ot_mem_free(w->builtins, w->column_count * sizeof *w->builtins);
    ot_mem_free(w->values, w->column_count * sizeof *w->values);
    ot_mem_free((void *)(uintptr_t)w->cells, w->column_count * sizeof *w->cells);
    ot_mem_free(w->names, w->names_size);
    ot__buf_free(&w->row);
    ot__arena_free(&w->arena);
    ot_message_free(w->list);
    ot_message_free(w->part);
    ot_mem_free(w, sizeof *w);
}

/* Hands on what a slot wrote, or drops it; a failure sticks, for half an output is none. */
static ot_status leave(ot_writer *w, ot_status status, ot_error *error) {
    if (status == OT_OK) status = w->row.status;
    if (status == OT_OK && w->row.len) {
        status = w->sink.write(w->sink.ctx, w->row.data, w->row.len);
        if (status != OT_OK) ot_error_set(error, status, "", OT_NO_OFFSET, "the output could not be written");
    } else if (status == OT_ENOMEM || status == OT_ELIMIT) {
        ot_error_set(error, status, "", OT_NO_OFFSET, "the row is too large");
    }
    if (w->row.cap > ROW_KEPT)
        ot__buf_free(&w->row), ot__buf_init(&w->row, SIZE_MAX / 4);
    else
        ot__buf_reset(&w->row);
    ot__arena_reset(&w->arena);
    if (status != OT_OK) w->failed = status;
    return status;
}

/* Makes the arrays for the columns; names become copies. */
static ot_status make_columns(ot_writer *w, const ot_column *columns, size_t count) {
    size_t size = 1;
    for (size_t i = 0; i < count; i++)
        size += strlen(columns[i].name) + 1;
    w->column_count = count;
    w->names_size = size;
    w->names = ot_mem_alloc(size);
    w->columns = ot_mem_zalloc(count, sizeof *w->columns);
    w->masked = ot_mem_zalloc(count, sizeof *w->masked);
    w->values = ot_mem_zalloc(count, sizeof *w->values);
    w->cells = ot_mem_zalloc(count, sizeof *w->cells);
    if (!w->names || !w->columns || !w->masked || !w->values || !w->cells) return OT_ENOMEM;
    char *name = w->names;
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(columns[i].name) + 1;
        w->columns[i] = columns[i];
        w->columns[i].name = memcpy(name, columns[i].name, len);
        w->masked[i] = !w->secrets && ot__secrets_have(&w->keys, ot_str_of(name, len - 1), false);
        name += len;
    }
    return OT_OK;
}

/* Columns from the names separated by commas. */
static ot_status make_fields(ot_writer *w, const char *fields, ot_error *error) {
    size_t count = 1, n = 0;
    for (const char *p = fields; *p; p++)
        count += *p == ',';
    ot_column *columns = ot_mem_zalloc(count, sizeof *columns);
    size_t size = strlen(fields) + 1;
    char *copy = ot_mem_alloc(size);
    ot_status status = columns && copy ? OT_OK : OT_ENOMEM;
    if (status == OT_OK) memcpy(copy, fields, size);
    for (char *p = copy; status == OT_OK && n < count;) {
        size_t len = strcspn(p, ",");
        if (!len) {
            status = ot_error_set(error, OT_EINVAL, "fields", (uint64_t)(p - copy), "a name is empty");
            break;
        }
        p[len] = 0;
        columns[n].name = p;
        columns[n++].kind = OT_KIND_RAW;
        p += len + 1;
    }
    if (status == OT_OK) status = make_columns(w, columns, count);
    if (status == OT_OK && !(w->builtins = ot_mem_zalloc(count, sizeof *w->builtins))) status = OT_ENOMEM;
    for (size_t i = 0; status == OT_OK && i < count; i++)
        w->builtins[i] = ot__builtin_of(ot_str_c(w->columns[i].name));
    ot_mem_free(columns, count * sizeof *columns);
    ot_mem_free(copy, size);
    return status;
}

/* Are the options known to the format? What they say is for itself to judge. */
static ot_status check_options(const ot_format_ops *ops, const ot_format_config *c, ot_error *error) {
    for (size_t i = 0; c->options && i < c->option_count; i++) {
        const char *name = c->options[i].name;
        size_t n = 0;
        if (!name || !c->options[i].value)
            return ot_error_set(error, OT_EINVAL, "options", OT_NO_OFFSET, "option %zu has no name or no value", i);
        while (ops->options && ops->options[n] && strcmp(ops->options[n], name) != 0)
            n++;
        if (!ops->options || !ops->options[n])
            return ot_error_set(error, OT_EINVAL, name, OT_NO_OFFSET, "the format %s has no such option", ops->name);
    }
    return OT_OK;
}

ot_status ot_writer_open(const char *name, const ot_sink *sink, const ot_format_config *config, ot_writer **out,
                         ot_error *error) {
    if (!out) return ot_error_set(error, OT_EINVAL, "out", OT_NO_OFFSET, "is missing");
    *out = NULL;
    if (!sink || !sink->write) return ot_error_set(error, OT_EINVAL, "sink", OT_NO_OFFSET, "is missing");
    ot_format_config c = OT_FORMAT_CONFIG_INIT;
    if (config && config->size < sizeof(size_t))
        return ot_error_set(error, OT_EINVAL, "size", OT_NO_OFFSET, "is not set");
    if (config) memcpy(&c, config, config->size < sizeof c ? config->size : sizeof c);
    const ot_format_ops *ops = ot_format_find(name);
    if (!ops)
        return ot_error_set(error, OT_EUNSUPPORTED, "format", OT_NO_OFFSET, "there is no format \"%.40s\"",
                            name ? name : "");
    for (size_t i = 0; c.columns && i < c.column_count; i++)
        if (!c.columns[i].name)
            return ot_error_set(error, OT_EINVAL, "columns", OT_NO_OFFSET, "column %zu has no name", i);
    if (c.columns && !c.column_count) return ot_error_set(error, OT_EINVAL, "columns", OT_NO_OFFSET, "there are none");
    if (check_options(ops, &c, error) != OT_OK) return OT_EINVAL;
    ot_writer *w = ot_mem_zalloc(1, sizeof *w);
    if (!w) return ot_error_set(error, OT_ENOMEM, "", OT_NO_OFFSET, "out of memory");
    w->ops = *ops;
    w->sink = *sink;
    w->zone = c.zone;
    w->secrets = c.secrets;
    ot__secrets_fill(&w->keys);
    ot__buf_init(&w->row, SIZE_MAX / 4);
    ot__arena_init(&w->arena, 4096, SIZE_MAX / 4);
    const char *fields = c.fields ? c.fields : ops->fields;
    ot_status status = OT_OK;
    if (c.columns)
        status = make_columns(w, c.columns, c.column_count);
    else if (fields)
        status = make_fields(w, fields, error);
    w->whole = !c.columns && (ops->whole || !fields);
    if (status == OT_OK && !(w->self = ot_mem_zalloc(1, ops->instance_size ? ops->instance_size : 1)))
        status = OT_ENOMEM;
    if (status == OT_OK) {
        ot_format_start start = {sizeof start, w->columns, w->column_count,
                                 c.flush_each, c.options,  c.options ? c.option_count : 0};
        ot_sink collect = ot__buf_sink(&w->row);
        status = leave(w, ops->begin(w->self, &start, &collect, error), error);
    }
    if (status != OT_OK) {
        if (status == OT_ENOMEM) ot_error_set(error, status, "", OT_NO_OFFSET, "out of memory");
        release(w);
        return status;
    }
    *out = w;
    return OT_OK;
}

/* Calls the slot with the cells that stand ready. */
static ot_status emit(ot_writer *w, ot_error *error) {
    ot_sink collect = ot__buf_sink(&w->row);
    return leave(w, w->ops.row(w->self, w->cells, w->column_count, &collect, error), error);
}

ot_status ot_writer_row(ot_writer *w, const ot_value *const *cells, size_t count, ot_error *error) {
    static const ot_value hidden = {OT_KIND_STR, {.s = {"***", 3}}};
    if (!w || w->whole || w->builtins)
        return ot_error_set(error, OT_EINVAL, "", OT_NO_OFFSET, "this writer takes records");
    if (w->failed) return ot_error_set(error, w->failed, "", OT_NO_OFFSET, "the output failed before");
    if (!cells || count != w->column_count)
        return ot_error_set(error, OT_EINVAL, "count", OT_NO_OFFSET, "%zu cells for %zu columns", count,
                            w->column_count);
    for (size_t i = 0; i < count; i++) {
        const ot_value *cell = cells[i];
        w->cells[i] = cell;
        if (!cell) continue;
        if (cell->kind == OT_KIND_F64 && !isfinite(cell->as.d))
            return ot_error_set(error, OT_EINVAL, w->columns[i].name, OT_NO_OFFSET, "is not finite");
        if (cell->kind < OT_KIND_BOOL || cell->kind > OT_KIND_RAW)
            return ot_error_set(error, OT_EINVAL, w->columns[i].name, OT_NO_OFFSET, "has no kind");
        if (cell->kind >= OT_KIND_STR && !cell->as.s.ptr) {
            w->cells[i] = NULL;
        } else if (w->masked[i]) {
            w->cells[i] = &hidden;
        } else if (w->columns[i].instant && cell->kind == OT_KIND_I64) {
            char text[OT_TIME_TEXT_SIZE];
            ot_str copy;
            size_t len = ot_time_format(cell->as.i, w->zone, text);
            ot_status status = ot__arena_copy(&w->arena, ot_str_of(text, len), &copy);
            if (status != OT_OK) return leave(w, status, error);
            w->values[i].kind = OT_KIND_STR;
            w->values[i].as.s = copy;
            w->cells[i] = len ? &w->values[i] : NULL;
        } else if (cell->kind >= OT_KIND_STRS && !w->secrets) {
            ot_status status = OT_OK;
            w->values[i] = *cell;
            w->values[i].as.s = ot__masked(w, cell->as.s, &status);
            if (status != OT_OK) return leave(w, status, error);
            w->cells[i] = &w->values[i];
        }
    }
    return emit(w, error);
}

ot_status ot_writer_record(ot_writer *w, const ot_record *record, const ot_message *message, ot_error *error) {
    if (!w || !record || (!w->whole && !w->builtins))
        return ot_error_set(error, OT_EINVAL, "", OT_NO_OFFSET, "this writer takes rows");
    if (w->failed) return ot_error_set(error, w->failed, "", OT_NO_OFFSET, "the output failed before");
    if (w->whole) {
        ot_format_record whole = {record, w, message};
        ot_sink collect = ot__buf_sink(&w->row);
        return leave(w, w->ops.record(w->self, &whole, &collect, error), error);
    }
    for (size_t i = 0; i < w->column_count; i++) {
        ot_status status = OT_OK;
        bool there =
            ot__cell_of(w, w->builtins[i], ot_str_c(w->columns[i].name), record, message, &w->values[i], &status);
        if (status != OT_OK) return leave(w, status, error);
        w->cells[i] = there ? &w->values[i] : NULL;
    }
    return emit(w, error);
}

ot_status ot_writer_end(ot_writer *w, ot_error *error) {
    if (!w) return OT_OK;
    ot_status status = w->failed;
    if (status == OT_OK) {
        ot_sink collect = ot__buf_sink(&w->row);
        status = leave(w, w->ops.end(w->self, &collect, error), error);
    } else {
        ot_error_set(error, status, "", OT_NO_OFFSET, "the output failed before");
    }
    release(w);
    return status;
}
