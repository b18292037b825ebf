/* status.c: "ot-ingest status": what the store knows of the ot-ingest that writes into it, whether it runs or not. */
#include <stdlib.h>

#include <owntracks/kv.h>

#include "ingest.h"

/* Prints a member of the state, raw JSON as it stands there; "" and null are left out for people. */
static void line(const ot_message *message, const char *key, const char *label) {
    ot_member member;
    if (ot_message_find(message, ot_str_c(key), &member) != OT_OK) return;
    ot_str raw = member.raw;
    if (ot_str_eq(raw, OT_STR("null")) || ot_str_eq(raw, OT_STR("\"\""))) return;
    if (raw.len > 1 && raw.ptr[0] == '"') raw = ot_str_of(raw.ptr + 1, raw.len - 2);
    printf("%-16s%.*s\n", label, (int)raw.len, raw.ptr);
}

static void time_member(const char *key, ot_time when) {
    char iso[OT_TIME_TEXT_SIZE];
    ot_time_format(when, NULL, iso);
    if (when == OT_TIME_NONE)
        printf(",\"%s\":null", key);
    else
        printf(",\"%s\":\"%s\"", key, iso);
}

/* A client id and a host name as JSON text. */
static void text_member(const char *key, const char *value) {
    printf(",\"%s\":\"", key);
    for (const unsigned char *p = (const unsigned char *)value; *p; p++) {
        if (*p == '"' || *p == '\\')
            printf("\\%c", *p);
        else if (*p < 0x20)
            printf("\\u%04x", *p);
        else
            putchar(*p);
    }
    putchar('"');
}

static void show_json(const ingest *in, const ot_session_info *info, const ot_message *message) {
    ot_member member;
    printf("{\"running\":%s,\"state\":", info->live ? "true" : "false");
    bool known = message && ot_message_find(message, OT_STR("state"), &member) == OT_OK;
    if (info->live && known)
        printf("%.*s", (int)member.raw.len, member.raw.ptr);
    else
        printf("\"%s\"", info->live ? "starting" : "not running");
    text_member("session", tool_text(in->values, "session"));
    text_member("client_id", info->client_id);
    text_member("host", info->host);
    printf(",\"pid\":%lld", (long long)info->pid);
    time_member("lease_since", info->since);
    time_member("lease_until", info->until);
    if (known) printf(",\"last_state\":%.*s", (int)member.raw.len, member.raw.ptr);
    for (size_t i = 0; message && ot_message_member(message, i, &member) == OT_OK; i++) {
        if (member.state == OT_MEMBER_TYPE || ot_str_eq(member.key, OT_STR("state"))) continue;
        printf(",\"%.*s\":%.*s", (int)member.key.len, member.key.ptr, (int)member.raw.len, member.raw.ptr);
    }
    printf("}\n");
}

static void show_text(const ingest *in, const ot_session_info *info, const ot_message *message) {
    static const char *const rows[][2] = {{"since", "since"},
                                          {"last_connected", "last connected"},
                                          {"next_attempt", "next attempt"},
                                          {"attempts", "attempts"},
                                          {"last_reason", "last error"},
                                          {"broker", "broker"},
                                          {"received", "received"},
                                          {"stored", "stored"},
                                          {"repeats", "repeats"},
                                          {"rejected", "rejected"},
                                          {"dropped", "dropped"},
                                          {"sessions_lost", "sessions lost"},
                                          {"broker_dropped", "broker dropped"},
                                          {"last_stored", "last stored"},
                                          {"written", "as of"}};
    printf("%-16s%s\n", "session", tool_text(in->values, "session"));
    if (info->live)
        printf("%-16sprocess %lld on %s\n", "running", (long long)info->pid, info->host);
    else
        printf("%-16sno\n", "running");
    if (info->client_id[0]) printf("%-16s%s\n", "client id", info->client_id);
    if (!message) return;
    line(message, "state", info->live ? "state" : "last state");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        line(message, rows[i][0], rows[i][1]);
}

int ingest_status(ingest *in) {
    ot_error error = {OT_OK, 0, OT_NO_OFFSET, "", ""};
    ot_status status;
    in->store = tool_store_open(in->values, true, true, &in->log, &status);
    if (!in->store) return status == OT_ENOTFOUND ? TOOL_FAIL : TOOL_USAGE;
    ot_session_info info = {.size = sizeof info};
    info.since = info.until = OT_TIME_NONE;
    status = ot_session_look(in->store, tool_text(in->values, "session"), NULL, &info, &error);
    if (status != OT_OK && status != OT_ENOTFOUND) {
        tool_say_error(&in->log, "status", &error);
        ot_store_close(in->store);
        return TOOL_USAGE;
    }
    char key[OT_SESSION_NAME_MAX + 16];
    text t = {0};
    ot_sink sink = {ingest_text_write, &t};
    ot_message *message = NULL;
    bool known = ingest_key(in->values, key, sizeof key) &&
                 ot_kv_get(in->store, ot_str_c(key), &sink, NULL, NULL) == OT_OK &&
                 ot_message_new(NULL, &message) == OT_OK &&
                 ot_message_decode(message, ot_str_of(t.data, t.len), NULL) == OT_EUNKNOWN;
    if (tool_bool(in->values, "json"))
        show_json(in, &info, known ? message : NULL);
    else
        show_text(in, &info, known ? message : NULL);
    ot_message_free(message);
    free(t.data);
    ot_store_close(in->store);
    return info.live ? TOOL_OK : TOOL_FAIL;
}
