/* bench_put.c: rows a second into the SQLite store: batches of 1, 20, 200 and 1000 records of 100 devices in turn, synced at each commit or not; bytes
   a row; bytes written to disk a row. */
#include "store_rows.h"

static double written(void) {
    FILE *f = fopen("/proc/self/io", "r");
    char line[100];
    double n = 0;
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "write_bytes:", 12) == 0) n = strtod(line + 12, NULL);
    }
    if (f) fclose(f);
    return n;
}

static void run(const char *path, const char *synchronous, size_t batch, uint64_t count, const char *checkpoint) {
    store_remove(path);
    const ot_option options[] = {{"synchronous", synchronous}, {"checkpoint", checkpoint}};
    ot_store *store = store_open(path, options, checkpoint ? 2 : 1);
    row *rows = calloc(batch, sizeof *rows);
    ot_record *records = calloc(batch, sizeof *records);
    if (!rows || !records) exit(1);
    uint64_t spent = 0;
    double before = written();
    for (uint64_t n = 0; n < count; n += batch) {
        for (size_t i = 0; i < batch; i++) {
            row_make(&rows[i], n + i, 30000);
            records[i] = rows[i].record;
        }
        ot_error error;
        uint64_t t = bench_now();
        if (ot_store_put(store, records, batch, NULL, 0, NULL, &error) != OT_OK) {
            fprintf(stderr, "%s\n", error.reason);
            exit(1);
        }
        spent += bench_now() - t;
    }
    double wrote = written() - before;
    ot_store_stats stats;
    stats.size = sizeof stats;
    if (ot_store_stats_get(store, &stats, NULL) != OT_OK || stats.records != count) exit(1);
    ot_store_close(store);
    char name[80];
    snprintf(name, sizeof name, "put, batch %zu, synchronous %s", batch, synchronous);
    bench_figure(name, (double)count / ((double)spent / 1e9), "rows/s");
    snprintf(name, sizeof name, "put, batch %zu, synchronous %s, written", batch, synchronous);
    bench_figure(name, wrote / (double)count, "bytes/row");
    if (batch == 1000) {
        snprintf(name, sizeof name, "size of the database, batch %zu", batch);
        bench_figure(name, (double)stats.bytes / (double)count, "bytes/row");
    }
    store_remove(path);
    free(rows);
    free(records);
}

int main(int argc, char **argv) {
    const char *folder = take_option(&argc, argv, "--folder"), *rows = take_option(&argc, argv, "--rows");
    const char *only = take_option(&argc, argv, "--batch"), *checkpoint = take_option(&argc, argv, "--checkpoint");
    bench_begin(argc, argv, "[--folder PATH] [--rows N (of the largest batch)] [--batch N] [--checkpoint PAGES]");
    uint64_t most = rows ? strtoull(rows, NULL, 10) : 300000;
    if (ot_sqlite_register() != OT_OK) {
        fprintf(stderr, "built without SQLite\n");
        return 0;
    }
    char path[500];
    snprintf(path, sizeof path, "%s/bench_put.%d.db", folder ? folder : ".", (int)getpid());
    static const size_t batches[] = {1, 20, 200, 1000};
    for (int b = 0; b < 4; b++) {
        if (only && strtoul(only, NULL, 10) != batches[b]) continue;
        uint64_t count = batches[b] == 1 ? most / 30 : batches[b] == 20 ? most / 3 : most;
        count -= count % batches[b];
        if (!count) count = batches[b];
        run(path, "full", batches[b], count, checkpoint);
        run(path, "normal", batches[b], count, checkpoint);
    }
    return 0;
}
