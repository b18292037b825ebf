/* The options of programs: levels, kinds, files, help, and what is said of mistakes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <owntracks/version.h>

#include "options.h"
#include "program.h"

static const tool_option rows[] = {
    {.name = "transport", .kind = TOOL_TEXT, .flags = TOOL_MQTT_URL, .initial = "mqtt://localhost", .help = "Where."},
    TOOL_OPTIONS_STORE(NULL),
    TOOL_OPTIONS_CONNECTION,
    {.name = "qos", .kind = TOOL_INT, .initial = "1", .max = 2, .env = "MQTT_QOS", .help = "Quality."},
    {.name = "wait",
     .letter = 'w',
     .kind = TOOL_DURATION,
     .initial = "90s",
     .min = 1000,
     .max = 3600000,
     .help = "A while."},
    {.name = "max", .kind = TOOL_SIZE, .initial = "8MiB", .help = "Bytes."},
    {.name = "rate", .kind = TOOL_RATE, .help = "Speed."},
    {.name = "ratio", .kind = TOOL_REAL, .min = -1, .max = 1, .help = "A number."},
    {.name = "format",
     .kind = TOOL_ENUM,
     .words = "table json csv",
     .initial = "table",
     .group = "output",
     .help =
         "How it is written, with a text that is long enough to be wrapped in the help, because there is always one "
         "such text."},
    {.name = "filter", .letter = 'f', .kind = TOOL_TEXT, .flags = TOOL_REPEAT, .help = "A list."},
    {.name = "from", .kind = TOOL_TIME_FROM, .commands = "show", .help = "Since."},
    {.name = "to", .kind = TOOL_TIME_TO, .commands = "show", .help = "Until."},
    TOOL_OPTIONS_COMMON};
static const tool_command commands[] = {
    {"show", "[NAME]", "Shows.", 0, 1}, {"load", "FILE...", "Loads.", 1, -1}, {NULL, NULL, NULL, 0, 0}};

typedef struct run {
    tool_values *values;
    int code;
    char *out, *err;
} run;

static void check(tool_values *values) {
    tool_connection_check(values);
}

/* Runs the reader; env and the words end with NULL. */
static run go(const char *const *env, const char *const *words) {
    run r = {0};
    size_t out_size, err_size;
    static const char *const none[] = {NULL};
    tool_program program = {
        .name = "prog", .purpose = "Tests options.", .options = rows, .commands = commands, .check = check};
    program.out = open_memstream(&r.out, &out_size);
    program.err = open_memstream(&r.err, &err_size);
    program.env = (char *const *)(uintptr_t)(env ? env : none);
    const char *argv[20] = {"prog"};
    int argc = 1;
    for (; words && words[argc - 1]; argc++)
        argv[argc] = words[argc - 1];
    r.code = tool_parse(&program, argc, (char *const *)(uintptr_t)argv, &r.values);
    fclose(program.out);
    fclose(program.err);
    if (r.code >= 0)
        assert_null(r.values);
    else
        assert_non_null(r.values);
    return r;
}
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The values point into the program, which is gone: what is read must be there all the same. */
static void done(run *r) {
    tool_values_free(r->values);
    free(r->out);
    free(r->err);
}

/* The program row of a run that goes on lives in this one. */
static tool_program keep;
static tool_values *values_of(const char *const *env, const char *const *words) {
    static const char *const none[] = {NULL};
    static const char *argv[20];
    keep = (tool_program){
        .name = "prog", .purpose = "Tests options.", .options = rows, .commands = commands, .check = check};
    keep.env = (char *const *)(uintptr_t)(env ? env : none);
    int argc = 1;
    argv[0] = "prog";
    for (; words && words[argc - 1]; argc++)
        argv[argc] = words[argc - 1];
    tool_values *values;
    assert_int_equal(tool_parse(&keep, argc, (char *const *)(uintptr_t)argv, &values), -1);
    return values;
}

static void refused(const char *const *env, const char *const *words, const char *says) {
    run r = go(env, words);
    if (r.code != TOOL_USAGE || !strstr(r.err, says)) {
        print_message("code %d, said: %s", r.code, r.err);
        fail_msg("expected a refusal with: %s", says);
    }
    done(&r);
}

static void defaults(void **state) {
    (void)state;
    tool_values *v = values_of(NULL, WORDS("show"));
    assert_string_equal(tool_command_name(v), "show");
    assert_string_equal(tool_text(v, "transport"), "mqtt://localhost");
    assert_int_equal(tool_int(v, "wait"), 90000);
    assert_int_equal(tool_int(v, "max"), 8 << 20);
    assert_int_equal(tool_int(v, "qos"), 1);
    assert_null(tool_text(v, "store"));
    assert_int_equal(tool_count(v, "filter"), 0);
    assert_false(tool_given(v, "qos"));
    assert_false(tool_bool(v, "verbose"));
    assert_string_equal(tool_source(v, "qos"), "default");
    assert_int_equal(tool_int(v, "format"), 0);
    tool_override(v, "format", "csv");
    assert_int_equal(tool_int(v, "format"), 2);
    tool_values_free(v);
}

static void line_forms(void **state) {
    (void)state;
    tool_values *v =
        values_of(NULL, WORDS("-v", "load", "--qos=2", "a", "--wait", "15m", "-fone", "-f", "two", "--", "--b"));
    assert_int_equal(tool_int(v, "qos"), 2);
    assert_int_equal(tool_int(v, "wait"), 900000);
    assert_int_equal(tool_count(v, "filter"), 2);
    assert_string_equal(tool_text_at(v, "filter", 1), "two");
    assert_true(tool_bool(v, "verbose"));
    assert_int_equal(tool_operand_count(v), 2);
    assert_string_equal(tool_operand(v, 1), "--b");
    assert_null(tool_operand(v, 2));
    assert_string_equal(tool_source(v, "qos"), "command line");
    tool_values_free(v);
    v = values_of(NULL, WORDS("show", "--verbose=no", "-"));
    assert_false(tool_bool(v, "verbose"));
    assert_string_equal(tool_operand(v, 0), "-");
    tool_values_free(v);
}

static void line_mistakes(void **state) {
    (void)state;
    refused(NULL, NULL, "which command?");
    refused(NULL, WORDS("shwo"), "unknown command \"shwo\"");
    refused(NULL, WORDS("show", "--colour"), "unknown option --colour");
    refused(NULL, WORDS("show", "-x"), "unknown option -x");
    refused(NULL, WORDS("show", "--qos"), "--qos wants a value");
    refused(NULL, WORDS("show", "-w"), "-w wants a value");
    refused(NULL, WORDS("show", "--qos", "3"), "qos: \"3\" must be from 0 to 2");
    refused(NULL, WORDS("show", "--qos", "1x"), "is not a whole number");
    refused(NULL, WORDS("show", "--qos=1", "--qos=2"), "said twice");
    refused(NULL, WORDS("show", "--wait", "5h"), "must be from 1000 ms to 3600000 ms");
    refused(NULL, WORDS("show", "--format", "xml"), "must be one of: table json csv");
    refused(NULL, WORDS("show", "a", "b"), "too much: \"b\"");
    refused(NULL, WORDS("load"), "FILE... missing");
    refused(NULL, WORDS("load", "a", "--from", "today"), "--from is no option of the command load");
    refused(NULL, WORDS("show", "--password", "x"), "others can read it");
    refused(NULL, WORDS("show", "--password=x"), "others can read it");
    refused(NULL, WORDS("show", "--verbose", "--quiet"), "contradict each other");
    refused(NULL, WORDS("show", "--verbose=maybe"), "must be yes or no");
    refused(NULL, WORDS("show", "--cert-file", "x"), "belong together");
    refused(NULL, WORDS("show", "--transport", "mqtt://h", "--ca-file", "x"), "contradicts the transport");
    refused(NULL, WORDS("show", "--store-option"), "wants a value");
    refused(NULL, WORDS("show", "--qos", "\x1b[2J"), "\\x1b[2J");
    refused(NULL, WORDS("show", "--from", "2026-13-01"), "is not a time");
    run r = go(NULL, WORDS("show", "--qos=1", "--qos=1"));
    assert_int_equal(r.code, -1);
    done(&r);
}

static void environment(void **state) {
    (void)state;
    tool_values *v =
        values_of(WORDS("OWNTRACKS_QOS=2", "MQTT_QOS=0", "OWNTRACKS_FILTER=a/#\nb c",
                        "OWNTRACKS_STORE=", "OWNTRACKS_VERBOSE=yes", "OWNTRACKS_PASSWORD=geheim", "MQTT_USERNAME=jane"),
                  WORDS("show"));
    assert_int_equal(tool_int(v, "qos"), 2);
    assert_string_equal(tool_source(v, "qos"), "environment OWNTRACKS_QOS");
    assert_int_equal(tool_count(v, "filter"), 2);
    assert_string_equal(tool_text_at(v, "filter", 0), "a/#");
    assert_string_equal(tool_text_at(v, "filter", 1), "b c");
    assert_null(tool_text(v, "store"));
    assert_string_equal(tool_text(v, "password"), "geheim");
    assert_string_equal(tool_text(v, "username"), "jane");
    tool_values_free(v);
    v = values_of(WORDS("OWNTRACKS_QOS=2", "OWNTRACKS_VERBOSE=yes", "OWNTRACKS_FILTER=a"),
                  WORDS("show", "--qos=0", "--quiet", "-fb", "-fc"));
    assert_int_equal(tool_int(v, "qos"), 0);
    assert_true(tool_bool(v, "quiet"));
    assert_false(tool_bool(v, "verbose"));
    assert_int_equal(tool_count(v, "filter"), 2);
    tool_values_free(v);
    refused(WORDS("OWNTRACKS_QOS=x"), WORDS("show"), "environment OWNTRACKS_QOS: qos: \"x\" is not a whole number");
    refused(WORDS("OWNTRACKS_PASSWORD=x"), WORDS("show"), "no username");
}

static void mqtt_names(void **state) {
    (void)state;
    static const struct {
        const char *env[4];
        const char *url, *source;
    } cases[] = {
        {{"MQTT_HOST=h"}, "mqtt://h", "environment MQTT_HOST"},
        {{"MQTT_BROKER_HOST=h", "MQTT_PORT=1884"}, "mqtt://h:1884", "environment MQTT_BROKER_HOST"},
        {{"MQTT_PORT=1884"}, "mqtt://localhost:1884", "environment MQTT_PORT"},
        {{"MQTT_HOST=h", "MQTT_USE_TLS=true"}, "mqtts://h", "environment MQTT_HOST"},
        {{"MQTT_HOST=::1", "MQTT_PORT=1"}, "mqtt://[::1]:1", "environment MQTT_HOST"},
        {{"MQTT_HOST=h", "OWNTRACKS_TRANSPORT=mqtt://other"}, "mqtt://other", "environment OWNTRACKS_TRANSPORT"},
        {{"MQTT_HOST=h", "MQTT_BROKER_HOST=h"}, "mqtt://h", "environment MQTT_HOST"},
        {{"MQTT_HOST="}, "mqtt://localhost", "default"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tool_values *v = values_of(cases[i].env, WORDS("show"));
        assert_string_equal(tool_text(v, "transport"), cases[i].url);
        assert_string_equal(tool_source(v, "transport"), cases[i].source);
        tool_values_free(v);
    }
    tool_values *v =
        values_of(WORDS("MQTT_KEEPALIVE=20", "MQTT_TIMEOUT=7", "MQTT_CLIENT_ID=me", "MQTT_QOS=0"), WORDS("show"));
    assert_int_equal(tool_int(v, "keepalive"), 20000);
    assert_int_equal(tool_int(v, "connect-timeout"), 7000);
    assert_string_equal(tool_text(v, "client-id"), "me");
    assert_int_equal(tool_int(v, "qos"), 0);
    tool_values_free(v);
    refused(WORDS("MQTT_HOST=a", "MQTT_BROKER_HOST=b"), WORDS("show"), "MQTT_HOST and MQTT_BROKER_HOST contradict");
    refused(WORDS("MQTT_PORT=0"), WORDS("show"), "environment MQTT_PORT");
    refused(WORDS("MQTT_USE_TLS=perhaps"), WORDS("show"), "MQTT_USE_TLS");
    refused(WORDS("MQTT_HOST=user:pw@h"), WORDS("show"), "not the name of a host");
}

/* A file with these bytes, gone at the end of the test. */
static char path[64];
static const char *file_of(const char *bytes, size_t len) {
    snprintf(path, sizeof path, "/tmp/ot-options-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *f = fdopen(fd, "wb");
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    fclose(f);
    return path;
}
static void file_refused(const char *bytes, size_t len, const char *line, const char *says) {
    const char *name = file_of(bytes, len);
    char where[100];
    run r = go(NULL, WORDS("show", "--config", name));
    snprintf(where, sizeof where, "%s%s", name, line);
    if (r.code != TOOL_USAGE || !strstr(r.err, says) || !strstr(r.err, where)) {
        print_message("code %d, said: %s", r.code, r.err);
        fail_msg("expected %s: %s", where, says);
    }
    done(&r);
    unlink(name);
}
#define REFUSED(text, line, says) file_refused(text, sizeof(text) - 1, line, says)

static void file_good(void **state) {
    (void)state;
    static const char text[] =
        "\xEF\xBB\xBF# a comment\r\n\n  qos = 2  \r\nstore=sqlite:/a b#c\n\tfilter = x/#\nfilter=y\nverbose = on\n"
        "format = json\nwait = 2m\nfrom = -3h";
    const char *name = file_of(text, sizeof text - 1);
    tool_values *v = values_of(WORDS("MQTT_QOS=0", "OWNTRACKS_WAIT=3s"), WORDS("show", "--config", name));
    assert_int_equal(tool_int(v, "qos"), 2);
    assert_string_equal(tool_text(v, "store"), "sqlite:/a b#c");
    assert_int_equal(tool_count(v, "filter"), 2);
    assert_string_equal(tool_text_at(v, "filter", 0), "x/#");
    assert_int_equal(tool_int(v, "wait"), 3000);
    assert_true(tool_bool(v, "verbose"));
    char where[100];
    snprintf(where, sizeof where, "%s:3", name);
    assert_string_equal(tool_source(v, "qos"), where);
    tool_values_free(v);
    char variable[100];
    snprintf(variable, sizeof variable, "OWNTRACKS_CONFIG=%s", name);
    v = values_of(WORDS(variable), WORDS("show", "--json"));
    assert_int_equal(tool_int(v, "qos"), 2);
    assert_true(tool_bool(v, "json")); /* the command line's output stands above the file's */
    assert_int_equal(tool_int(v, "format"), 0);
    tool_values_free(v);
    unlink(name);
}

static void file_bad(void **state) {
    (void)state;
    REFUSED("qos = 1\ncolour = red\n", ":2", "unknown key \"colour\"");
    REFUSED("qos = 1\n\nqos = 1\n", ":3", "said in line 1 already");
    REFUSED("qos 1\n", ":1", "expected \"key = value\"");
    REFUSED("= 1\n", ":1", "no key");
    REFUSED("qos = 7\n", ":1", "must be from 0 to 2");
    REFUSED("# fine\nqos = 1\0\n", ":2", "control character 0x00 in column 8");
    REFUSED("\x7f"
            "ELF\x02\x01\x01",
            ":1", "control character 0x7f");
    REFUSED("store = \xff\xfe\n", ":1", "not valid UTF-8 in column 9");
    REFUSED("password = x\nusername = u\n", ":1", "is a secret");
    REFUSED("config = x\n", ":1", "command line only");
    REFUSED("help = yes\n", ":1", "command line only");
    REFUSED("k\xc3\xa9y = 1\n", ":1", "unknown key \"k\\xc3\\xa9y\"");
    REFUSED("verbose = yes\nquiet = yes\n", "", "contradict each other");
    size_t big = 2 * 1024 * 1024;
    char *text = malloc(big);
    memset(text, 'a', big);
    file_refused(text, 70000, ":1", "at most 65536 are allowed");
    file_refused(text, big, "", "larger than 1048576 bytes");
    for (size_t i = 0; i < 4000; i++)
        memcpy(text + 2 * i, "x\n", 2);
    file_refused(text, 8000, "", "more is not looked at");
    free(text);
    refused(NULL, WORDS("show", "--config", "/nowhere/at/all"), "cannot be read: No such file");
    refused(NULL, WORDS("show", "--config", "/"), "cannot be read: Is a directory");
}

static void times(void **state) {
    (void)state;
    ot_time t;
    tool_values *v = values_of(NULL, WORDS("show", "--from", "2026-03-01", "--to", "2026-03-01T12:00:05Z"));
    assert_true(tool_time(v, "from", NULL, 0, &t, NULL));
    assert_int_equal(t, INT64_C(1772323200000));
    assert_true(tool_time(v, "to", NULL, 0, &t, NULL));
    assert_int_equal(t, INT64_C(1772366405999));
    tool_values_free(v);
    v = values_of(NULL, WORDS("show"));
    assert_true(tool_time(v, "to", NULL, 0, &t, NULL));
    assert_true(t == OT_TIME_NONE);
    tool_values_free(v);
}

static void kinds(void **state) {
    (void)state;
    char why[200];
    int64_t n;
    double d;
    static const struct {
        const char *text;
        int64_t value;
    } durations[] = {{"0", 0},
                     {"90", 90000},
                     {"500ms", 500},
                     {"90s", 90000},
                     {"15m", 900000},
                     {"3h", 10800000},
                     {"7d", 604800000},
                     {"1h30m", 5400000},
                     {"2w", 1209600000},
                     {"", -1},
                     {"x", -1},
                     {"5", 5000},
                     {"5x", -1},
                     {"s", -1},
                     {"-5s", -1},
                     {"5 s", -1},
                     {"30m1h", -1},
                     {"1m1m", -1},
                     {"5m5", -1},
                     {"99999999999999999999s", -1},
                     {"9999999999999w", -1}};
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        bool good = tool_read_duration(durations[i].text, &n, why, sizeof why);
        assert_int_equal(good, durations[i].value >= 0);
        if (good) assert_int_equal(n, durations[i].value);
    }
    static const struct {
        const char *text;
        int64_t value;
    } sizes[] = {{"0", 0},
                 {"1000", 1000},
                 {"64KiB", 65536},
                 {"8M", 8 << 20},
                 {"10MB", 10000000},
                 {"1GiB", 1 << 30},
                 {"1kB", 1000},
                 {"", -1},
                 {"MiB", -1},
                 {"1 MiB", -1},
                 {"-1", -1},
                 {"1.5M", -1},
                 {"9999999999999TiB", -1}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        bool good = tool_read_size(sizes[i].text, &n, why, sizeof why);
        assert_int_equal(good, sizes[i].value >= 0);
        if (good) assert_int_equal(n, sizes[i].value);
    }
    assert_true(tool_read_real("-0.25", -1, 1, &d, why, sizeof why) && d == -0.25);
    assert_true(tool_read_real("1e3", 0, 1e9, &d, why, sizeof why) && d == 1000);
    assert_true(tool_read_real("25e-2", 0, 1, &d, why, sizeof why) && d == 0.25);
    assert_false(tool_read_real("1e999", 0, 1e300, &d, why, sizeof why));
    assert_false(tool_read_real("nan", 0, 1, &d, why, sizeof why));
    assert_false(tool_read_real("1,5", 0, 2, &d, why, sizeof why));
    assert_false(tool_read_real("", 0, 2, &d, why, sizeof why));
    assert_false(tool_read_real(".", 0, 2, &d, why, sizeof why));
    assert_true(tool_read_rate("120/m", &d, why, sizeof why) && d == 2);
    assert_true(tool_read_rate("7200/h", &d, why, sizeof why) && d == 2);
    assert_true(tool_read_rate("0.5", &d, why, sizeof why) && d == 0.5);
    assert_false(tool_read_rate("5/d", &d, why, sizeof why));
    assert_true(tool_read_int("-9223372036854775807", INT64_MIN, 0, &n, why, sizeof why));
    assert_false(tool_read_int("9223372036854775808", 0, INT64_MAX, &n, why, sizeof why));
    assert_int_equal(tool_read_word("b", "a b  c"), 1);
    assert_int_equal(tool_read_word("c", "a b  c"), 2);
    assert_int_equal(tool_read_word("d", "a b c"), -1);
    assert_int_equal(tool_read_word("", "a b c"), -1);
}

static void help_and_version(void **state) {
    (void)state;
    run r = go(NULL, WORDS("--help", "--nonsense"));
    assert_int_equal(r.code, TOOL_OK);
    assert_non_null(strstr(r.out, "Usage: prog [OPTIONS] COMMAND"));
    assert_non_null(strstr(r.out, "load FILE..."));
    assert_non_null(strstr(r.out, "--wait DURATION"));
    assert_non_null(strstr(r.out, "Default: 90s."));
    assert_null(strstr(r.out, "--from"));
    size_t column = 0;
    for (const char *p = r.out; *p; p++, column++) {
        if (*p == '\n') {
            assert_true(column <= 81);
            column = 0;
        }
    }
    done(&r);
    r = go(NULL, WORDS("show", "--help"));
    assert_non_null(strstr(r.out, "Usage: prog [OPTIONS] show [NAME]"));
    assert_non_null(strstr(r.out, "--from TIME"));
    done(&r);
    r = go(NULL, WORDS("--version"));
    assert_int_equal(r.code, TOOL_OK);
    assert_non_null(strstr(r.out, ot_version_text()));
    done(&r);
}

static void check_config(void **state) {
    (void)state;
    const char *name = file_of("wait = 5s\n", 10);
    run r = go(WORDS("MQTT_HOST=h", "OWNTRACKS_PASSWORD=geheim", "OWNTRACKS_NONSENSE=1", "OWNTRACKS_USERNAME=u"),
               WORDS("--check-config", "--config", name, "--store", "x://a:pw@h", "-fone", "-ftwo"));
    assert_int_equal(r.code, TOOL_OK);
    assert_non_null(strstr(r.out, "mqtt://h "));
    assert_non_null(strstr(r.out, "(environment MQTT_HOST)"));
    assert_non_null(strstr(r.out, ":1)"));
    assert_non_null(strstr(r.out, "x://a:***@h"));
    assert_non_null(strstr(r.out, "OWNTRACKS_NONSENSE: in the environment, but no option of prog"));
    assert_null(strstr(r.out, "geheim"));
    assert_null(strstr(r.out, "pw@"));
    assert_non_null(strstr(r.out, "= one"));
    assert_non_null(strstr(r.out, "= two"));
    done(&r);
    r = go(WORDS("OWNTRACKS_PASSWORD=ge\"heim", "OWNTRACKS_USERNAME=\"\\\n"), WORDS("--check-config", "--json"));
    assert_int_equal(r.code, TOOL_OK);
    assert_non_null(strstr(r.out, "\"password\": {\"value\": \"***\""));
    assert_non_null(strstr(r.out, "\"username\": {\"value\": \"\\\"\\\\\\u000a\""));
    assert_non_null(strstr(r.out, "\"filter\": {\"value\": [], \"from\": \"default\"}"));
    assert_null(strstr(r.out, "heim"));
    done(&r);
    refused(WORDS("MQTT_PORT=x"), WORDS("--check-config"), "MQTT_PORT");
    refused(NULL, WORDS("--check-config", "--cert-file", "x"), "belong together");
    unlink(name);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),         cmocka_unit_test(line_forms),  cmocka_unit_test(line_mistakes),
        cmocka_unit_test(environment),      cmocka_unit_test(mqtt_names),  cmocka_unit_test(file_good),
        cmocka_unit_test(file_bad),         cmocka_unit_test(times),       cmocka_unit_test(kinds),
        cmocka_unit_test(help_and_version), cmocka_unit_test(check_config)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
