/* format_csv.c: CSV by RFC 4180, with a header; lines end in CR LF. An absent cell is nothing, an empty text is "". */
#include <owntracks/sys/format_backend.h>

extern const ot_format_ops ot__format_csv;

static ot_status begin(void *self, const ot_format_start *start, const ot_sink *out, ot_error *error) {
    (void)self;
    (void)error;
    ot_status status = OT_OK;
    for (size_t i = 0; i < start->column_count && status == OT_OK; i++) {
        ot_value name = {OT_KIND_STR, {.s = ot_str_c(start->columns[i].name)}};
        if (i) status = out->write(out->ctx, ",", 1);
        if (status == OT_OK) status = ot_format_csv(out, &name);
    }
    return status == OT_OK ? out->write(out->ctx, "\r\n", 2) : status;
}

static ot_status row(void *self, const ot_value *const *cells, size_t count, const ot_sink *out, ot_error *error) {
    (void)self;
    (void)error;
    ot_status status = OT_OK;
    for (size_t i = 0; i < count && status == OT_OK; i++) {
        if (i) status = out->write(out->ctx, ",", 1);
        if (status == OT_OK && cells[i]) status = ot_format_csv(out, cells[i]);
    }
    return status == OT_OK ? out->write(out->ctx, "\r\n", 2) : status;
}

static ot_status end(void *self, const ot_sink *out, ot_error *error) {
    (void)self;
    (void)out;
    (void)error;
    return OT_OK;
}

const ot_format_ops ot__format_csv = {sizeof(ot_format_ops),
                                      "csv",
                                      "text/csv; charset=utf-8",
                                      "csv",
                                      1,
                                      "user,device,at,arrival,type,lat,lon,acc,alt,vac,vel,cog,batt,bs,conn,m,t,tid,"
                                      "tst,created_at,event,desc,inregions,topic,id,marks,repeats",
                                      begin,
                                      row,
                                      NULL,
                                      end,
                                      NULL,
                                      NULL,
                                      false};
