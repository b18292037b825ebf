/* program.h: a program of the build tree as a child of the test: started, told to end, its output looked at. It dies with the test. */
#ifndef OT_TEST_PROGRAM_H
#define OT_TEST_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct program {
    pid_t pid;     /* 0: not running */
    char out[128]; /* file with its standard output and error, added to at each start */
} program;

/* Starts PROGRAM of the build tree's bin folder; arguments end with NULL; environment: "NAME=VALUE" texts that end with NULL, or NULL. */
bool program_start(program *p, const char *folder, const char *name, const char *const *arguments,
                   const char *const *environment);
/* Waits for its end; the exit code, or -signal; -1000: it did not end within 60 s and was killed. */
int program_wait(program *p);
int program_end(program *p, int signal);                 /* sends it, and waits */
bool program_runs(program *p);                           /* and has not become a zombie */
size_t program_said(const program *p, const char *text); /* how often a text stands in its output */
void program_forget(program *p);                         /* empties the output */
void program_show(const program *p);                     /* for a test that fails: the output to standard error */
/* Starts it, waits, and gives its exit code; the output (cut) into text when it is not NULL. */
int program_run(const char *folder, const char *name, const char *const *arguments, const char *const *environment,
                char *text, size_t size);

#endif
