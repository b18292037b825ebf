/* bench.h: what the benchmarks share: time, medians, seeded numbers, and how figures are told. One program is one translation unit. */
#ifndef OT_BENCH_H
#define OT_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BENCH_UNUSED __attribute__((unused))

static bool bench_json;

/* Understands --json; anything else ends the program. `usage` may name further options, which the program has taken out before. */
BENCH_UNUSED static void bench_begin(int argc, char **argv, const char *usage) {
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            bench_json = true;
        } else {
            fprintf(stderr, "usage: %s [--json]%s%s\n", argv[0], usage && usage[0] ? " " : "", usage ? usage : "");
            exit(2);
        }
    }
}

BENCH_UNUSED static uint64_t bench_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Time of this thread on a processor: for work without waiting, on a machine that others use too. */
BENCH_UNUSED static uint64_t bench_cpu(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int bench_compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts the values. */
BENCH_UNUSED static double bench_quantile(double *values, size_t n, double q) {
    qsort(values, n, sizeof *values, bench_compare);
    return n ? values[(size_t)(q * (double)(n - 1) + 0.5)] : 0.0;
}
BENCH_UNUSED static double bench_median(double *values, size_t n) {
    return bench_quantile(values, n, 0.5);
}

/* One figure: a line of JSON, or a line of a table. */
BENCH_UNUSED static void bench_figure(const char *name, double value, const char *unit) {
    if (bench_json)
        printf("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"}\n", name, value, unit);
    else
        printf("%-48s %14.2f %s\n", name, value, unit);
    fflush(stdout);
}

/* Numbers that are the same in every run (splitmix64). */
BENCH_UNUSED static uint64_t bench_random(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}
BENCH_UNUSED static unsigned bench_below(uint64_t *state, unsigned n) {
    return (unsigned)(bench_random(state) >> 32) % n;
}
BENCH_UNUSED static bool bench_chance(uint64_t *state, unsigned percent) {
    return bench_below(state, 100) < percent;
}

/* Keeps the optimizer from leaving out work whose outcome nobody uses. */
#define BENCH_KEEP(x) __asm__ volatile("" : : "g"(x) : "memory")

#endif
