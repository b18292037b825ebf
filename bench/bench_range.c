/* bench_range.c: one day of one device out of many rows (10 million unless --rows says other): time to the first row, to 1,440 rows, each with its
   payload, with whatever the system has left of the file in its memory, and after the file was read once; the newest 10 of one device and of all;
   resident memory that a scan of everything needs beyond what was there before. */
#include "store_rows.h"

#include <sys/resource.h>

static double resident(void) {
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long total, pages = 0;
    if (!f || fscanf(f, "%lu %lu", &total, &pages) != 2) pages = 0;
    if (f) fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static void fill(ot_store *store, uint64_t count, ot_time step) {
    enum { BATCH = 20000 };
    row *rows = calloc(BATCH, sizeof *rows);
    ot_record *records = calloc(BATCH, sizeof *records);
    if (!rows || !records) exit(1);
    uint64_t t = bench_now();
    for (uint64_t n = 0; n < count; n += BATCH) {
        size_t batch = count - n < BATCH ? (size_t)(count - n) : BATCH;
        for (size_t i = 0; i < batch; i++) {
            row_make(&rows[i], n + i, step);
            records[i] = rows[i].record;
        }
        if (ot_store_put(store, records, batch, NULL, 0, NULL, NULL) != OT_OK) exit(1);
    }
    if (!bench_json) fprintf(stderr, "filled in %.0f s\n", (double)(bench_now() - t) / 1e9);
    free(rows);
    free(records);
}

#define ROUNDS 60

/* Runs a query over and over with other devices and days; tells the first row and all rows. */
static void ask(ot_store *store, const char *what, ot_query q, bool device, uint64_t days, size_t want) {
    double first[ROUNDS], all[ROUNDS];
    uint64_t seed = 7;
    for (int i = 0; i < ROUNDS; i++) {
        char user[16];
        snprintf(user, sizeof user, "user%u", bench_below(&seed, DEVICES));
        if (device) q.user = ot_str_c(user), q.device = OT_STR("phone");
        if (days) {
            q.from = START + (ot_time)bench_below(&seed, (unsigned)days) * 86400000;
            q.to = q.from + 86400000 - 1;
        }
        ot_cursor *cursor;
        const ot_record *r;
        size_t n = 0, bytes = 0;
        uint64_t t = bench_now();
        if (ot_store_scan(store, &q, &cursor, NULL) != OT_OK) exit(1);
        while (ot_cursor_next(cursor, &r, NULL) == OT_OK) {
            if (n++ == 0) first[i] = (double)(bench_now() - t) / 1e6;
            bytes += r->payload.len + (unsigned char)r->payload.ptr[r->payload.len - 1];
        }
        all[i] = (double)(bench_now() - t) / 1e6;
        ot_cursor_close(cursor);
        BENCH_KEEP(bytes);
        if (n != want) {
            fprintf(stderr, "%s: %zu rows instead of %zu\n", what, n, want);
            exit(1);
        }
    }
    char name[120];
    snprintf(name, sizeof name, "%s, first row", what);
    bench_figure(name, bench_median(first, ROUNDS), "ms");
    snprintf(name, sizeof name, "%s, %zu rows", what, want);
    bench_figure(name, bench_median(all, ROUNDS), "ms");
    snprintf(name, sizeof name, "%s, %zu rows, slowest", what, want);
    bench_figure(name, bench_quantile(all, ROUNDS, 1), "ms");
}

/* Reads the file once, so that it stands in the memory of the system as that of a server in use does. */
static void warm(const char *path) {
    static char block[1 << 20];
    FILE *f = fopen(path, "rb");
    while (f && fread(block, 1, sizeof block, f) > 0)
        continue;
    if (f) fclose(f);
}

int main(int argc, char **argv) {
    const char *folder = take_option(&argc, argv, "--folder"), *text = take_option(&argc, argv, "--rows");
    const char *keep = take_option(&argc, argv, "--database");
    bench_begin(argc, argv, "[--rows N] [--folder PATH] [--database FILE (kept, and used again)]");
    uint64_t count = text ? strtoull(text, NULL, 10) : 10000000;
    count -= count % DEVICES;
    if (ot_sqlite_register() != OT_OK) {
        fprintf(stderr, "built without SQLite\n");
        return 0;
    }
    char path[500];
    if (keep) {
        snprintf(path, sizeof path, "%s", keep);
    } else {
        snprintf(path, sizeof path, "%s/bench_range.%d.db", folder ? folder : ".", (int)getpid());
        store_remove(path);
    }
    const ot_option normal = {"synchronous", "normal"};
    ot_store *store = store_open(path, &normal, 1);
    ot_store_stats stats;
    stats.size = sizeof stats;
    ot_time minute = 60000;
    if (ot_store_stats_get(store, &stats, NULL) == OT_OK && stats.records != count) fill(store, count, minute);
    ot_store_close(store);
    store = store_open(path, NULL, 0);
    uint64_t days = count / DEVICES / 1440;
    if (!days) {
        fprintf(stderr, "too few rows for a day: at least %d\n", 1440 * DEVICES);
        return 2;
    }
    char name[80];
    snprintf(name, sizeof name, "rows");
    bench_figure(name, (double)count, "");
    const ot_query q = OT_QUERY_INIT;
    ask(store, "a day of a device, as the disk gives it", q, true, days, 1440);
    warm(path);
    ask(store, "a day of a device", q, true, days, 1440);
    ot_query newest = q;
    newest.newest_first = true;
    newest.limit = 10;
    ask(store, "the newest 10 of a device", newest, true, 0, 10);
    ask(store, "the newest 10 of all", newest, false, 0, 10);

    double before = resident();
    ot_cursor *cursor;
    const ot_record *r;
    uint64_t n = 0, t = bench_now(), most = count < 1000000 ? count : 1000000;
    double top = 0;
    if (ot_store_scan(store, &q, &cursor, NULL) != OT_OK) return 1;
    while (n < most && ot_cursor_next(cursor, &r, NULL) == OT_OK) {
        if (++n % 100000 == 0 && resident() > top) top = resident();
    }
    bench_figure("all devices in the order of time", (double)n / ((double)(bench_now() - t) / 1e9), "rows/s");
    ot_cursor_close(cursor);
    bench_figure("memory of that scan", top > before ? top - before : 0, "KiB");
    ot_store_close(store);
    if (!keep) store_remove(path);
    return 0;
}
