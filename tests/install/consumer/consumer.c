/* consumer.c: a program of somebody else: decodes a message, stores it in a database, asks for it, and knows both backends. */
#include <owntracks/mosquitto.h>
#include <owntracks/owntracks.h>
#include <owntracks/sqlite.h>
#include <stdio.h>

static int failed(const char *what, ot_status status, const ot_error *error) {
    char text[400];
    ot_error_text(error, text, sizeof text);
    fprintf(stderr, "%s: %s: %s\n", what, ot_status_name(status), text);
    return 1;
}

int main(int argc, char **argv) {
    if (argc != 2 || ot_version_number() != OT_VERSION_NUMBER) return 2;
    char url[600];
    snprintf(url, sizeof url, "sqlite:%s", argv[1]);
    ot_error error = {OT_OK, 0, OT_NO_OFFSET, "", ""};
    ot_status status = ot_sqlite_register();
    if (status == OT_OK) status = ot_mosquitto_register();
    if (status != OT_OK) return failed("register", status, &error);

    ot_message *message = NULL;
    if ((status = ot_message_new(NULL, &message)) != OT_OK) return failed("new", status, &error);
    ot_envelope envelope = OT_ENVELOPE_INIT;
    envelope.topic = OT_STR("owntracks/jane/phone");
    envelope.payload = OT_STR("{\"_type\":\"location\",\"lat\":52.5,\"lon\":13.25,\"tst\":1700000000}");
    envelope.arrival = 1700000001000;
    ot_topic topic;
    status = ot_topic_parse(NULL, envelope.topic, &topic, &error);
    if (status != OT_OK) return failed("topic", status, &error);
    status = ot_message_decode(message, envelope.payload, &error);
    if (status != OT_OK) return failed("decode", status, &error);
    ot_record record = OT_RECORD_INIT;
    status = ot_record_make(&envelope, &topic, message, envelope.payload, 0, &record);
    if (status != OT_OK) return failed("record", status, &error);

    ot_store *store = NULL;
    if ((status = ot_store_open(url, NULL, &store, &error)) != OT_OK) return failed("open", status, &error);
    if ((status = ot_store_put(store, &record, 1, NULL, 0, NULL, &error)) != OT_OK)
        return failed("put", status, &error);
    ot_cursor *cursor = NULL;
    const ot_record *found = NULL;
    status = ot_store_last(store, OT_STR("jane"), OT_STR("phone"), &cursor, &error);
    if (status == OT_OK) status = ot_cursor_next(cursor, &found, &error);
    if (status != OT_OK) return failed("last", status, &error);
    int right = found->has_position && found->lat == 52.5 && found->lon == 13.25 && found->at == 1700000000000;
    ot_cursor_close(cursor);
    ot_store_close(store);
    ot_message_free(message);
    return right ? 0 : 1;
}
