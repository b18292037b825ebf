/* fuzz_time.c: times as text, rules and TZif files from any bytes. What starts with "TZif" is a file, what starts with "," a rule, else a time.
   Checked: outcomes in range, what is written is read back, bounds in order, offsets bounded, the way back from local time. */
#include <stdint.h>
#include <stdlib.h>

#include "base/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) abort();                                                                                     \
    } while (0)

static void check_written(ot_time when, const ot_zone *zone) {
    char text[OT_TIME_TEXT_SIZE];
    ot_time back;
    size_t len = ot_time_format(when, zone, text);
    MUST(len < sizeof text && strlen(text) == len);
    if (when < OT_TIME_MIN || when > OT_TIME_MAX) return;
    MUST(ot_time_parse(ot_str_of(text, len), OT_TIME_FROM, NULL, 0, &back, NULL) == OT_OK && back == when);
}

static void check_file(ot_str bytes) {
    ot_zone *zone;
    ot_error error;
    ot_status status = ot__zone_from_bytes(bytes, &zone, &error);
    if (status != OT_OK) {
        MUST(!zone && error.status == status && error.reason[0]);
        return;
    }
    const int64_t moments[] = {INT64_MIN,     OT_TIME_MIN,   -2147483649000, -1,          0,
                               1000000000000, 2147483648000, 4102444800000,  OT_TIME_MAX, INT64_MAX};
    for (size_t i = 0; i < OT_COUNT(moments); i++) {
        int32_t offset = ot_zone_offset(zone, moments[i]);
        MUST(offset >= -OT__ZONE_OFFSET_MAX && offset <= OT__ZONE_OFFSET_MAX);
        check_written(moments[i], zone);
        ot_time utc = ot_zone_to_utc(zone, moments[i]);
        if (utc == moments[i]) continue;
        int64_t there = utc + INT64_C(1000) * ot_zone_offset(zone, utc);
        MUST(there == moments[i] ||
             (there > moments[i] && utc - 1 + INT64_C(1000) * ot_zone_offset(zone, utc - 1) < moments[i]));
    }
    ot_time out;
    (void)ot_time_parse(OT_STR("2026-03"), OT_TIME_TO, zone, 0, &out, NULL);
    (void)ot_time_parse(OT_STR("today"), OT_TIME_FROM, zone, 1772366405250, &out, NULL);
    ot_zone_close(zone);
}

static void check_rule(ot_str text) {
    ot__rule rule;
    size_t bad = SIZE_MAX;
    if (ot__rule_parse(text, &rule, &bad) != OT_OK) {
        MUST(bad <= text.len);
        return;
    }
    int64_t t = -2000000000;
    for (int i = 0; i < 20; i++) {
        int64_t next = ot__rule_next(&rule, t);
        MUST(next > t);
        if (next == INT64_MAX) break;
        int32_t offset = ot__rule_offset(&rule, next);
        MUST(offset == rule.std || offset == rule.dst);
        t = next;
    }
}

static void check_text(ot_str text) {
    const ot_time now = 1772366405250;
    ot_time from = 1, to = 2;
    ot_error error;
    ot_status status = ot_time_parse(text, OT_TIME_FROM, NULL, now, &from, &error);
    if (status != OT_OK) {
        MUST((status == OT_ESYNTAX || status == OT_ERANGE) && error.status == status && error.offset <= text.len &&
             from == 1);
        return;
    }
    MUST(from >= OT_TIME_MIN && from <= OT_TIME_MAX);
    check_written(from, NULL);
    status = ot_time_parse(text, OT_TIME_TO, NULL, now, &to, &error);
    MUST(status == OT_OK ? to >= from && to <= OT_TIME_MAX : status == OT_ERANGE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ot_str text = ot_str_of((const char *)data, size);
    if (size >= 4 && memcmp(data, "TZif", 4) == 0)
        check_file(text);
    else if (size && data[0] == ',')
        check_rule(ot_str_of(text.ptr + 1, size - 1));
    else
        check_text(text);
    return 0;
}
