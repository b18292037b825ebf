/* ledger.c: writes a ledger. */
#include "ledger.h"

#include <string.h>

#include <owntracks/sys/format_backend.h>

bool ledger_create(ledger *l, const char *path, uint64_t seed) {
    memset(l, 0, sizeof *l);
    if (!path) return true;
    l->file = fopen(path, "wb");
    if (!l->file) return false;
    setvbuf(l->file, NULL, _IOFBF, 1 << 18);
    fprintf(l->file, "{\"ledger\":1,\"seed\":%llu}\n", (unsigned long long)seed);
    return ledger_flush(l);
}

static void put_text(ledger *l, const char *key, ot_str text) {
    ot_sink sink = ot_sink_to_stream(l->file);
    ot_value value = {OT_KIND_STR, {.s = text}};
    fprintf(l->file, ",\"%s\":", key);
    if (ot_format_json(&sink, &value) != OT_OK) l->failed = true;
}

void ledger_sent(ledger *l, uint64_t n, ot_str user, ot_str device, ot_type type, ot_time at, uint8_t qos,
                 ot_str payload) {
    if (!l->file) return;
    char text[OT_ID_TEXT_SIZE];
    ot_id id = ot_id_of_record(user, device, payload, 0);
    ot_id_text(&id, text);
    fprintf(l->file, "{\"n\":%llu,\"id\":\"%s\"", (unsigned long long)n, text);
    put_text(l, "user", user);
    put_text(l, "device", device);
    fprintf(l->file, ",\"type\":\"%s\",\"qos\":%d", ot_type_name(type), qos);
    if (at != OT_TIME_NONE) fprintf(l->file, ",\"at\":%lld", (long long)at);
    fputs("}\n", l->file);
}

void ledger_acked(ledger *l, uint64_t n) {
    if (l->file) fprintf(l->file, "{\"ack\":%llu}\n", (unsigned long long)n);
}

bool ledger_flush(ledger *l) {
    if (l->file && (fflush(l->file) != 0 || ferror(l->file))) l->failed = true;
    return !l->failed;
}

bool ledger_close(ledger *l) {
    bool good = ledger_flush(l);
    if (l->file && fclose(l->file) != 0) good = false;
    l->file = NULL;
    return good;
}
