/* main.c: ot-ingest: what is asked for, and the backends. */
#include <owntracks/mosquitto.h>
#include <owntracks/sqlite.h>

#include <stdlib.h>

#include "ingest.h"

int main(int argc, char **argv) {
    ot_sqlite_register(); /* a build without one says so when its URL is opened */
    ot_mosquitto_register();
    ingest in = {.started = ot_time_now()};
    int code = tool_parse(&ingest_program, argc, argv, &in.values);
    if (code >= 0) return code;
    const char *command = tool_command_name(in.values);
    bool status = command && strcmp(command, "status") == 0;
    tool_log_init(&in.log, ingest_program.name, in.values, !status);
    if (tool_given(in.values, "log-level")) {
        static const ot_log_level levels[] = {OT_LOG_ERROR, OT_LOG_WARNING, OT_LOG_INFO, OT_LOG_DEBUG};
        in.log.log.max_level = levels[tool_int(in.values, "log-level")];
    }
    code = status ? ingest_status(&in) : ingest_run(&in);
    tool_values_free(in.values);
    return code;
}
