/* What programs share besides options: files, secrets, signals, the service manager, connections. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "program.h"

static char folder[64];

static int set_up(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/ot-program-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    return rmdir(folder); /* every test removes what it made */
}

static const char *in_folder(const char *name) {
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *path, const char *bytes, size_t len, mode_t mode) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    fclose(f);
    chmod(path, mode);
}

static ot_status write_text(void *ctx, FILE *stream) {
    fputs(ctx, stream);
    return OT_OK;
}
static ot_status write_half(void *ctx, FILE *stream) {
    fputs(ctx, stream);
    return OT_EIO;
}

static void replace(void **state) {
    (void)state;
    char path[200], text[32] = "";
    snprintf(path, sizeof path, "%s", in_folder("metrics"));
    ot_error error = {0};
    static char one[] = "one", two[] = "two", bad[] = "bad";
    assert_int_equal(tool_file_replace(path, 0640, true, write_text, one, &error), OT_OK);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(tool_file_replace(path, 0644, false, write_text, two, &error), OT_OK);
    assert_int_equal(tool_file_replace(path, 0644, false, write_half, bad, &error), OT_EIO);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fread(text, 1, sizeof text, f), 3);
    assert_string_equal(text, "two");
    fclose(f);
    unlink(path);
    /* Nothing is left behind: tear_down would see it. */
    assert_int_equal(tool_file_replace(in_folder("no/where"), 0644, false, write_text, one, &error), OT_ENOTFOUND);
    assert_non_null(strstr(error.reason, "cannot be written"));
}

static void secrets(void **state) {
    (void)state;
    char path[200], *secret;
    snprintf(path, sizeof path, "%s", in_folder("secret"));
    bool loose;
    ot_error error = {0};
    put(path, "geheim \r\nmore\n", 14, 0600);
    assert_int_equal(tool_secret_read(path, &secret, &loose, &error), OT_OK);
    assert_string_equal(secret, "geheim ");
    assert_false(loose);
    tool_secret_free(secret);
    put(path, "x", 1, 0644);
    assert_int_equal(tool_secret_read(path, &secret, &loose, &error), OT_OK);
    assert_string_equal(secret, "x");
    assert_true(loose);
    tool_secret_free(secret);
    put(path, "\n", 1, 0600);
    assert_int_equal(tool_secret_read(path, &secret, &loose, &error), OT_EMPTY);
    put(path, "", 0, 0600);
    assert_int_equal(tool_secret_read(path, &secret, &loose, &error), OT_EMPTY);
    put(path, "a\0b\n", 4, 0600);
    assert_int_equal(tool_secret_read(path, &secret, &loose, &error), OT_ESYNTAX);
    char *big = malloc(70000);
    memset(big, 'a', 70000);
    put(path, big, 70000, 0600);
    assert_int_equal(tool_secret_read(path, &secret, &loose, &error), OT_ELIMIT);
    put(path, big, 65535, 0600);
    assert_int_equal(tool_secret_read(path, &secret, &loose, &error), OT_OK);
    assert_int_equal(strlen(secret), 65535);
    tool_secret_free(secret);
    free(big);
    unlink(path);
    assert_int_equal(tool_secret_read(path, &secret, &loose, &error), OT_ENOTFOUND);
    assert_null(secret);
    tool_secret_free(NULL);
}

static void notify(void **state) {
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", in_folder("notify"));
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    assert_true(tool_notify("READY=1"));
    char text[32] = "";
    assert_int_equal(recv(fd, text, sizeof text, 0), 7);
    assert_string_equal(text, "READY=1");
    close(fd);
    unlink(address.sun_path);
    assert_false(tool_notify("READY=1"));
    setenv("NOTIFY_SOCKET", "relative", 1);
    assert_false(tool_notify("READY=1"));
    unsetenv("NOTIFY_SOCKET");
    assert_false(tool_notify("READY=1"));
}

static void log_lines(void **state) {
    (void)state;
    char *text;
    size_t size;
    tool_log log;
    tool_log_init(&log, "prog", NULL, false);
    log.err = open_memstream(&text, &size);
    log.journal = false;
    ot_log_line(&log.log, OT_LOG_INFO, "one");
    ot_log_line(&log.log, OT_LOG_WARNING, "two");
    ot_log_line(&log.log, OT_LOG_DEBUG, "unheard");
    log.journal = true;
    ot_log_line(&log.log, OT_LOG_ERROR, "three");
    ot_error error;
    ot_error_set(&error, OT_EIO, "file", 7, "broke");
    tool_say_error(&log, "what", &error);
    fclose(log.err);
    assert_non_null(strstr(text, "prog: one\nprog: warning: two\n<3>three\n<3>what: file: broke"));
    assert_null(strstr(text, "unheard"));
    free(text);
}

static void signals(void **state) {
    (void)state;
    assert_true(tool_signals_init());
    assert_true(tool_sleep(1));
    raise(SIGHUP);
    struct pollfd wait = {.fd = tool_signal_fd(), .events = POLLIN};
    assert_int_equal(poll(&wait, 1, 0), 1);
    assert_true(tool_reload_asked());
    assert_false(tool_reload_asked());
    assert_false(tool_stop_asked());
    tool_signals_clear();
    assert_int_equal(poll(&wait, 1, 0), 0);
    raise(SIGPIPE);
    raise(SIGTERM);
    assert_true(tool_stop_asked());
    assert_false(tool_sleep(600000)); /* returns at once */
}

static const tool_option rows[] = {{.name = "transport", .kind = TOOL_TEXT, .initial = "mqtts://h", .help = "Where."},
                                   TOOL_OPTIONS_STORE(NULL),
                                   TOOL_OPTIONS_CONNECTION,
                                   TOOL_OPTIONS_COMMON};

static void connection(void **state) {
    (void)state;
    char file[200];
    snprintf(file, sizeof file, "%s", in_folder("pw"));
    put(file, "geheim\n", 7, 0600);
    const char *argv[] = {"p",          "--username",     "u", "--password-file", file, "--transport-option",
                          "inflight=5", "--mqtt-version", "5", "--keepalive",     "20", "--insecure",
                          NULL};
    tool_program program = {.name = "p", .purpose = "", .options = rows, .check = tool_connection_check};
    tool_values *values;
    assert_int_equal(tool_parse(&program, 12, (char *const *)(uintptr_t)argv, &values), -1);
    tool_log log;
    tool_log_init(&log, "p", values, false);
    tool_connection c;
    assert_true(tool_connection_init(&c, values, &log));
    assert_string_equal(c.config.password, "geheim");
    assert_string_equal(c.config.username, "u");
    assert_int_equal(c.config.mqtt_version, 5);
    assert_int_equal(c.config.keepalive, 20);
    assert_int_equal(c.config.connect_timeout, 30);
    assert_true(c.config.insecure);
    assert_int_equal(c.config.option_count, 1);
    assert_string_equal(c.config.options[0].name, "inflight");
    assert_string_equal(c.config.options[0].value, "5");
    tool_connection_free(&c);
    unlink(file);
    /* The file is gone: said, not ignored. */
    log.err = fopen("/dev/null", "w");
    assert_false(tool_connection_init(&c, values, &log));
    tool_values_free(values);
    argv[5] = "--store-option";
    argv[6] = "nonsense";
    assert_int_equal(tool_parse(&program, 12, (char *const *)(uintptr_t)argv, &values), -1);
    const char *bad = NULL;
    size_t count;
    assert_null(tool_pairs(values, "store-option", &count, &bad));
    assert_string_equal(bad, "nonsense");
    tool_values_free(values);
    fclose(log.err);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(replace), cmocka_unit_test(secrets),
                                       cmocka_unit_test(notify),  cmocka_unit_test(log_lines),
                                       cmocka_unit_test(signals), cmocka_unit_test(connection)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
