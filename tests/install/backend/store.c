/* store.c: registers the memory store, compiled outside the tree, under a name of its own, and uses it. */
#include <owntracks/owntracks.h>
#include <owntracks/sys/store_backend.h>
#include <stdio.h>

const ot_store_ops *ot__store_memory(void);

int main(void) {
    ot_error error = {OT_OK, 0, OT_NO_OFFSET, "", ""};
    ot_store_ops ops = *ot__store_memory();
    ops.scheme = "elsewhere";
    if (ot_store_register(&ops, &error) != OT_OK) return fprintf(stderr, "register: %s\n", error.reason), 1;
    ot_store *store = NULL;
    if (ot_store_open("elsewhere:", NULL, &store, &error) != OT_OK)
        return fprintf(stderr, "open: %s\n", error.reason), 1;
    ot_record record = OT_RECORD_INIT;
    record.type = OT_TYPE_LOCATION;
    record.user = OT_STR("jane");
    record.device = OT_STR("phone");
    record.topic = OT_STR("owntracks/jane/phone");
    record.payload = OT_STR("{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":3}");
    record.at = 3000;
    record.arrival = 4000;
    record.id = ot_id_of_record(record.user, record.device, record.payload, 0);
    ot_put_result results[2];
    for (int i = 0; i < 2; i++) {
        if (ot_store_put(store, &record, 1, NULL, 0, &results[i], &error) != OT_OK)
            return fprintf(stderr, "put: %s\n", error.reason), 1;
    }
    ot_query query = OT_QUERY_INIT;
    ot_cursor *cursor = NULL;
    const ot_record *found = NULL;
    if (ot_store_scan(store, &query, &cursor, &error) != OT_OK) return 1;
    int right = results[0] == OT_PUT_STORED && results[1] == OT_PUT_REPEAT &&
                ot_cursor_next(cursor, &found, &error) == OT_OK && ot_id_cmp(&found->id, &record.id) == 0 &&
                ot_cursor_next(cursor, &found, &error) == OT_DONE;
    ot_cursor_close(cursor);
    ot_store_close(store);
    return right ? 0 : 1;
}
