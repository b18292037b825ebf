/* signals.c: TERM, INT and HUP as flags and a readable pipe; nothing else happens inside a handler. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "program.h"

static volatile sig_atomic_t stops, reloads;
static int pipe_fds[2] = {-1, -1};

static void handler(int number) {
    int saved = errno;
    if (number == SIGHUP)
        reloads = 1;
    else if (++stops >= 3)
        _exit(128 + number);
    /* A full pipe is readable already. */
    ssize_t written = write(pipe_fds[1], "", 1);
    (void)written;
    errno = saved;
}

bool tool_signals_init(void) {
    if (pipe_fds[0] < 0) {
        if (pipe(pipe_fds) != 0) return false;
        for (int i = 0; i < 2; i++) {
            fcntl(pipe_fds[i], F_SETFL, O_NONBLOCK);
            fcntl(pipe_fds[i], F_SETFD, FD_CLOEXEC);
        }
    }
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    return true;
}

int tool_signal_fd(void) {
    return pipe_fds[0];
}
bool tool_stop_asked(void) {
    return stops > 0;
}

bool tool_reload_asked(void) {
    bool asked = reloads != 0;
    reloads = 0;
    return asked;
}

void tool_signals_clear(void) {
    char junk[64];
    while (pipe_fds[0] >= 0 && read(pipe_fds[0], junk, sizeof junk) > 0)
        continue;
}

bool tool_sleep(int64_t milliseconds) {
    if (stops) return false;
    struct pollfd wait = {.fd = pipe_fds[0], .events = POLLIN};
    int timeout = milliseconds > 3600000 ? 3600000 : milliseconds < 0 ? 0 : (int)milliseconds;
    if (poll(&wait, pipe_fds[0] >= 0 ? 1 : 0, timeout) > 0) tool_signals_clear();
    return stops == 0;
}
