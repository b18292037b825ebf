/* os_wait.c: sleeping, and random bytes of the system. */
#define _DEFAULT_SOURCE
#include "base.h"

#include <poll.h>
#include <sys/random.h>

void ot__os_sleep(int ms) {
    if (ms > 0) (void)poll(NULL, 0, ms);
}

void ot__os_random(void *out, size_t len) {
    unsigned char *p = out;
    while (len) {
        ssize_t n = getrandom(p, len, 0);
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
    }
}
