/* replay.c: runs a fuzz target without libFuzzer: over the files of the folders and files named on the command line, and with --random N
   over N inputs more, made from them by small changes; --seed S gives others. What crashes is left in a file named crash-input. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SEED_MAX 65536 /* larger files are replayed, but not changed */

/* The inputs that the random ones are made from. */
static struct seed {
    uint8_t *data;
    size_t size;
} * seeds;
static size_t seed_count;

static void keep(const uint8_t *data, size_t size) {
    if (size > SEED_MAX) return;
    struct seed *more = realloc(seeds, (seed_count + 1) * sizeof *seeds);
    uint8_t *copy = malloc(size ? size : 1);
    if (more) seeds = more;
    if (!more || !copy) {
        free(copy);
        return;
    }
    memcpy(copy, data, size);
    seeds[seed_count].data = copy;
    seeds[seed_count++].size = size;
}

static uint64_t random_state;

static size_t random_below(size_t n) {
    uint64_t z = random_state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return n ? (size_t)((z ^ (z >> 31)) % n) : 0;
}

/* Replaces `cut` bytes at `at` by `len` bytes at `with`. */
static size_t splice(uint8_t *data, size_t size, size_t at, size_t cut, const uint8_t *with, size_t len) {
    if (size - cut + len > 2 * SEED_MAX) return size;
    memmove(data + at + len, data + at + cut, size - at - cut);
    if (len) memcpy(data + at, with, len);
    return size - cut + len;
}

/* One small change. */
static size_t change(uint8_t *data, size_t size) {
    static const char common[] = "\"\\{}[]:,.-+eE0123456789u \n\t\x7f\x80\xBF\xC3\xED\xF4\xFF";
    size_t at = random_below(size + 1), len = random_below(8) ? random_below(8) : random_below(64);
    if (len > size - at) len = size - at;
    uint8_t bytes[64];
    const struct seed *other = seeds + random_below(seed_count);
    size_t from = random_below(other->size + 1), take = random_below(24);
    if (take > other->size - from) take = other->size - from;
    switch (random_below(7)) {
    case 0: /* a bit */
        if (at < size) data[at] = (uint8_t)(data[at] ^ 1U << random_below(8));
        return size;
    case 1: /* a byte */
        if (at < size) data[at] = (uint8_t)random_below(256);
        return size;
    case 2: /* one that means something */
        bytes[0] = (uint8_t)common[random_below(sizeof common)];
        return splice(data, size, at, random_below(2) && at < size, bytes, 1);
    case 3:
        return splice(data, size, at, len, NULL, 0);
    case 4: /* some bytes twice */
        memcpy(bytes, data + at, len);
        return splice(data, size, at, 0, bytes, len);
    case 5:
        return splice(data, size, at, random_below(2) ? len : 0, other->data + from, take);
    default:
        return random_below(4) ? size : at; /* cut off */
    }
}

static uint8_t *current;
static size_t current_size;

/* libFuzzer keeps the input that crashed, and so does this. */
static void keep_crash(int number) {
    FILE *file = fopen("crash-input", "wb");
    if (file) {
        fwrite(current, 1, current_size, file);
        fclose(file);
    }
    signal(number, SIG_DFL);
    raise(number);
}

static int run_random(unsigned long count) {
    uint8_t *work = malloc(2 * SEED_MAX);
    if (!work || !seed_count) {
        fprintf(stderr, "nothing to make random inputs from\n");
        free(work);
        return 1;
    }
    signal(SIGABRT, keep_crash);
    for (unsigned long i = 0; i < count; i++) {
        const struct seed *seed = seeds + random_below(seed_count);
        size_t size = seed->size;
        memcpy(work, seed->data, size);
        for (size_t changes = 1 + random_below(6); changes > 0; changes--)
            size = change(work, size);
        uint8_t *exact = malloc(size ? size : 1);
        if (!exact) break;
        memcpy(exact, work, size);
        current = exact;
        current_size = size;
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
    }
    free(work);
    printf("%lu random inputs\n", count);
    return 0;
}

static int replay_file(const char *path, size_t size) {
    FILE *file = fopen(path, "rb");
    /* Exactly as many bytes as the file has, so that a sanitizer sees a step beyond them. */
    uint8_t *data = malloc(size ? size : 1);
    int bad = !file || !data || fread(data, 1, size, file) != size;
    if (bad) {
        perror(path);
    } else {
        LLVMFuzzerTestOneInput(data, size);
        keep(data, size);
    }
    free(data);
    if (file) fclose(file);
    return bad;
}

static int replay(const char *path, unsigned *count) {
    struct stat info;
    if (stat(path, &info) != 0) {
        perror(path);
        return 1;
    }
    if (!S_ISDIR(info.st_mode)) {
        ++*count;
        return replay_file(path, (size_t)info.st_size);
    }
    int bad = 0;
    DIR *folder = opendir(path);
    if (!folder) {
        perror(path);
        return 1;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char name[4096];
        if (entry->d_name[0] == '.') continue;
        int length = snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        bad |= length < 0 || (size_t)length >= sizeof name || replay(name, count);
    }
    closedir(folder);
    return bad;
}

int main(int argc, char **argv) {
    unsigned count = 0;
    unsigned long random_count = 0;
    int bad = 0;
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        bool random = strcmp(argv[i], "--random") == 0, seed = strcmp(argv[i], "--seed") == 0;
        if ((random || seed) && i + 1 < argc) {
            unsigned long number = strtoul(argv[++i], NULL, 10);
            if (random) {
                random_count = number;
            } else {
                random_state = number;
            }
        } else {
            bad |= replay(argv[i], &count);
        }
    }
    printf("%u inputs replayed\n", count);
    if (random_count) bad |= run_random(random_count);
    for (size_t i = 0; i < seed_count; i++)
        free(seeds[i].data);
    free(seeds);
    return bad;
}
