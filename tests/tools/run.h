/* run.h: runs a program with bytes for its standard input, and keeps what it said. For tests of programs. */
#ifndef OT_TESTS_RUN_H
#define OT_TESTS_RUN_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct ran {
    int code; /* exit code; 128 + signal */
    char *out, *err;
    size_t out_len, err_len;
} ran;

typedef struct running {
    pid_t pid;
    int in, out, err;
} running;

/* Starts a program: args end with NULL, args[0] is its path. Its ends of the pipes are the caller's. */
static inline running run_start(const char *const *args) {
    int in[2], out[2], err[2];
    running r = {-1, -1, -1, -1};
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(err), 0);
    r.pid = fork();
    assert_true(r.pid >= 0);
    if (r.pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        dup2(err[1], 2);
        for (int fd = 3; fd < 100; fd++)
            close(fd);
        execv(args[0], (char *const *)(uintptr_t)args);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    close(err[1]);
    r.in = in[1];
    r.out = out[0];
    r.err = err[0];
    return r;
}

/* Appends what is there; false at the end. */
static inline int run_take(int fd, char **text, size_t *len) {
    char piece[65536];
    ssize_t n = read(fd, piece, sizeof piece);
    if (n <= 0) return 0;
    *text = realloc(*text, *len + (size_t)n + 1);
    assert_non_null(*text);
    memcpy(*text + *len, piece, (size_t)n);
    *len += (size_t)n;
    (*text)[*len] = 0;
    return 1;
}

static inline int run_code(pid_t pid) {
    int status;
    while (waitpid(pid, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Feeds it, reads it to its end, and waits for it. */
static inline ran run_finish(running r, const char *input, size_t input_len) {
    ran done = {0, NULL, NULL, 0, 0};
    size_t fed = 0;
    done.out = calloc(1, 1);
    done.err = calloc(1, 1);
    signal(SIGPIPE, SIG_IGN);
    fcntl(r.in, F_SETFL, O_NONBLOCK);
    while (r.out >= 0 || r.err >= 0) {
        struct pollfd fds[3] = {{r.out, POLLIN, 0}, {r.err, POLLIN, 0}, {r.in, POLLOUT, 0}};
        if (r.in >= 0 && fed == input_len) {
            close(r.in);
            r.in = fds[2].fd = -1;
        }
        assert_true(poll(fds, 3, 60000) > 0);
        if (fds[2].revents) {
            ssize_t n = write(r.in, input + fed, input_len - fed);
            if (n > 0)
                fed += (size_t)n;
            else if (n < 0 && errno != EAGAIN)
                fed = input_len;
        }
        if (fds[0].revents && !run_take(r.out, &done.out, &done.out_len)) close(r.out), r.out = -1;
        if (fds[1].revents && !run_take(r.err, &done.err, &done.err_len)) close(r.err), r.err = -1;
    }
    if (r.in >= 0) close(r.in);
    done.code = run_code(r.pid);
    return done;
}

static inline ran run_program(const char *const *args, const char *input, size_t input_len) {
    return run_finish(run_start(args), input, input_len);
}

static inline void ran_free(ran *r) {
    free(r->out);
    free(r->err);
}

#define RUN(...)            run_program((const char *const[]){__VA_ARGS__, NULL}, "", 0)
#define RUN_WITH(text, ...) run_program((const char *const[]){__VA_ARGS__, NULL}, (text), sizeof(text) - 1)

/* Fails unless the code is this and the text stands in what was said on either stream (NULL: whatever). */
static inline void run_expect(ran r, int code, const char *says) {
    if (r.code != code || (says && !strstr(r.out, says) && !strstr(r.err, says))) {
        print_message("code %d\nout: %s\nerr: %s\n", r.code, r.out, r.err);
        fail_msg("expected code %d and: %s", code, says ? says : "");
    }
    ran_free(&r);
}

#endif
