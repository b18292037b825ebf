/* vfs_preload.c: linked into a program, it makes the VFS "faulty" known there before main(), when the environment names a control file. */
#include "support/vfs_faulty.h"

#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void preload(void) {
    const char *path = getenv(FAULTY_CONTROL);
    if (!path) return;
    faulty_control *control = vfs_faulty_map(path);
    if (!control || !vfs_faulty_register(control)) {
        fprintf(stderr, "the VFS %s cannot be had over %s\n", FAULTY_VFS, path);
        exit(3);
    }
}
