/* vfs_preload.c: linked into a program, it makes the VFS "chaos" known there before main(), when the environment names a control file. */
#include "vfs_chaos.h"

#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void preload(void) {
    const char *path = getenv(CHAOS_CONTROL);
    if (!path) return;
    chaos_control *control = chaos_control_map(path);
    if (!control || chaos_vfs_register(control) != 0) {
        fprintf(stderr, "the VFS %s cannot be had over %s\n", CHAOS_VFS, path);
        exit(3);
    }
}
