/* folder.h: a folder of a test's own, removed with all that is in it. */
#ifndef TEST_FOLDER_H
#define TEST_FOLDER_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static inline void test_folder(char *path, size_t size) {
    const char *base = getenv("TMPDIR");
    snprintf(path, size, "%s/owntracks-test-XXXXXX", base && base[0] ? base : "/tmp");
    if (!mkdtemp(path)) {
        perror(path);
        exit(1);
    }
}

/* Files and empty folders inside; deep enough for what tests make. */
static inline void test_folder_remove(const char *path) {
    DIR *dir = opendir(path);
    if (dir) {
        for (struct dirent *e; (e = readdir(dir));) {
            if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
            char inside[600];
            int n = snprintf(inside, sizeof inside, "%s/%s", path, e->d_name);
            if (n < 0 || (size_t)n >= sizeof inside) continue;
            if (unlink(inside) != 0) test_folder_remove(inside);
        }
        closedir(dir);
    }
    rmdir(path);
}

#endif
