/* fuzz_greenwich.c: lines of trackers from any bytes. Checked: what is taken is ten fields and in range, its texts lie in the input, and its JSON reads
   back to the same values; what is refused leaves nothing. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <owntracks/message.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) abort();                                                                                     \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static ot_message *message, *again;
    ot_error error;
    ot_str line = ot_str_of(size ? (const char *)data : "", size);
    if (!message) MUST(ot_message_new(NULL, &message) == OT_OK && ot_message_new(NULL, &again) == OT_OK);
    ot_status status = ot_message_decode_csv(message, line, &error);
    if (status != OT_OK) {
        MUST(status == OT_EUNSUPPORTED || status == OT_ERANGE);
        MUST(error.status == status && error.reason[0]);
        MUST(status != OT_ERANGE || (error.offset < size && error.field[0]));
        MUST(ot_message_type(message) == OT_TYPE_NONE);
        return 0;
    }
    size_t commas = 0;
    for (size_t i = 0; i < size; i++)
        commas += data[i] == ',';
    MUST(commas == 9);
    const ot_location *l = ot_message_location(message);
    MUST(l && fabs(l->lat) <= 90 && fabs(l->lon) <= 180 && l->tst >= 0 && l->csv);
    MUST(l->tid.ptr == line.ptr && l->tid.len < size && l->t.len == 1 && l->t.ptr > line.ptr &&
         l->t.ptr < line.ptr + size);
    char text[1024];
    ot_sink_buffer buffer = {text, sizeof text, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    MUST(ot_message_encode(message, &sink, NULL) == OT_OK && buffer.len <= sizeof text);
    MUST(ot_message_decode(again, ot_str_of(text, buffer.len), NULL) == OT_OK);
    MUST(ot_message_equal(message, again));
    return 0;
}
