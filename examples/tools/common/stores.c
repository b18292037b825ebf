/* stores.c: the store of a program, from its options. */
#include "program.h"

ot_store *tool_store_open(const tool_values *values, bool read_only, bool must_exist, const tool_log *log,
                          ot_status *status) {
    ot_store_config config = OT_STORE_CONFIG_INIT;
    ot_option *options;
    ot_store *store = NULL;
    ot_error error = {0};
    const char *url = tool_text(values, "store");
    ot_status outcome = OT_EINVAL;
    if (!url) {
        ot_log_line(&log->log, OT_LOG_ERROR, "no store is given: use --store URL or OWNTRACKS_STORE");
    } else if (tool_backend_options(values, "store-option", log, &options, &config.option_count)) {
        config.options = options;
        config.read_only = read_only;
        config.must_exist = must_exist;
        config.log = &log->log;
        outcome = ot_store_open(url, &config, &store, &error);
        if (outcome != OT_OK) tool_say_error(log, url, &error);
        tool_pairs_free(options, config.option_count);
    }
    if (status) *status = outcome;
    return store;
}
