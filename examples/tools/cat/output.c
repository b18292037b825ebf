/* output.c: rows and writers of ot-cat, and its standard output, which may go away. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <string.h>

#include "cat.h"

#define FORMAT_OPTIONS 16 /* at most */

int cat_fail(const cat *c, const char *what, const ot_error *error) {
    if (c->broken) return TOOL_OK;
    if (c->failure)
        ot_log_line(&c->log.log, OT_LOG_ERROR, "standard output: %s", strerror(c->failure));
    else
        tool_say_error(&c->log, what, error);
    return TOOL_FAIL;
}

ot_status cat_writer(const cat *c, const ot_column *columns, size_t count, const char *fields, bool follow,
                     ot_writer **out, ot_error *error) {
    ot_format_config config = OT_FORMAT_CONFIG_INIT;
    config.columns = columns;
    config.column_count = count;
    config.fields = fields;
    config.zone = c->zone;
    config.secrets = tool_bool(c->values, "secrets");
    config.flush_each = follow;
    /* NAME=VALUE: the name as a text of its own, the value where it stands. */
    ot_option options[FORMAT_OPTIONS];
    char names[FORMAT_OPTIONS][32];
    config.options = options;
    for (size_t i = 0; i < tool_count(c->values, "format-option"); i++) {
        const char *text = tool_text_at(c->values, "format-option", i);
        size_t len = strcspn(text, "=");
        if (i == FORMAT_OPTIONS || len >= sizeof names[i] || text[len] != '=')
            return ot_error_set(error, OT_EINVAL, "format-option", OT_NO_OFFSET,
                                i == FORMAT_OPTIONS ? "too many" : "\"%.60s\" is not NAME=VALUE", text);
        memcpy(names[i], text, len);
        names[i][len] = 0;
        options[i] = (ot_option){names[i], text + len + 1};
        config.option_count = i + 1;
    }
    return ot_writer_open(c->format, &c->out, &config, out, error);
}

bool cat_types(const cat *c, uint64_t *types) {
    *types = 0;
    for (size_t i = 0; i < tool_count(c->values, "type"); i++) {
        for (const char *p = tool_text_at(c->values, "type", i); *p;) {
            size_t len = strcspn(p, ",");
            ot_type type = ot_type_by_name(ot_str_of(p, len));
            if (type == OT_TYPE_NONE) {
                ot_log_line(&c->log.log, OT_LOG_ERROR, "type: \"%.*s\" is no type of messages",
                            (int)(len < 60 ? len : 60), p);
                return false;
            }
            *types |= OT_TYPE_BIT(type);
            p += len + (p[len] == ',');
        }
    }
    return true;
}

/* Reads "S,W,N,E". */
static bool box_of(const cat *c, const char *text, ot_query *query) {
    double *const bounds[] = {&query->south, &query->west, &query->north, &query->east};
    static const double limits[] = {90, 180, 90, 180};
    char reason[100] = "wants four numbers: south,west,north,east";
    for (int i = 0; i < 4; i++) {
        char number[40];
        size_t len = strcspn(text, ",");
        if (len == 0 || len >= sizeof number || (text[len] == ',') != (i < 3)) goto bad;
        memcpy(number, text, len);
        number[len] = 0;
        if (!tool_read_real(number, -limits[i], limits[i], bounds[i], reason, sizeof reason)) goto bad;
        text += len + (i < 3);
    }
    if (query->south > query->north) {
        snprintf(reason, sizeof reason, "has its south above its north");
        goto bad;
    }
    query->box = true;
    return true;
bad:
    ot_log_line(&c->log.log, OT_LOG_ERROR, "box: \"%s\" %s", tool_text(c->values, "box"), reason);
    return false;
}

bool cat_query(const cat *c, ot_query *query) {
    ot_error error = {0};
    *query = (ot_query)OT_QUERY_INIT;
    query->user = ot_str_c(tool_text(c->values, "user"));
    query->device = ot_str_c(tool_text(c->values, "device"));
    if (!cat_types(c, &query->types)) return false;
    const char *names[] = {"from", "to"};
    ot_time *const bounds[] = {&query->from, &query->to};
    for (int i = 0; i < 2; i++) {
        if (tool_time(c->values, names[i], c->zone, c->now, bounds[i], &error)) continue;
        tool_say_error(&c->log, names[i], &error);
        return false;
    }
    if (query->from != OT_TIME_NONE && query->to != OT_TIME_NONE && query->from > query->to) {
        ot_log_line(&c->log.log, OT_LOG_ERROR, "from is later than to");
        return false;
    }
    const char *box = tool_text(c->values, "box");
    return !box || box_of(c, box, query);
}

static ot_value *next(cat_row *row) {
    ot_value *value = &row->values[row->count];
    row->cells[row->count++] = value;
    return value;
}

void cat_none(cat_row *row) {
    row->cells[row->count++] = NULL;
}

void cat_text(cat_row *row, ot_str text) {
    ot_value *v = next(row);
    v->kind = OT_KIND_STR;
    v->as.s = text;
}

void cat_word(cat_row *row, const char *text) {
    cat_text(row, text && *text ? ot_str_c(text) : ot_str_of(NULL, 0));
}

void cat_number(cat_row *row, int64_t number) {
    ot_value *v = next(row);
    v->kind = OT_KIND_I64;
    v->as.i = number;
}

void cat_time(cat_row *row, ot_time when) {
    if (when == OT_TIME_NONE)
        cat_none(row);
    else
        cat_number(row, when);
}

void cat_real(cat_row *row, bool there, double number) {
    if (!there) {
        cat_none(row);
        return;
    }
    ot_value *v = next(row);
    v->kind = OT_KIND_F64;
    v->as.d = number;
}

void cat_json(cat_row *row, ot_str json) {
    ot_value *v = next(row);
    v->kind = OT_KIND_RAW;
    v->as.s = json;
}
