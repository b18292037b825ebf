/* cat.h: what the commands of ot-cat share: the store, the output, rows. */
#ifndef OT_CAT_H
#define OT_CAT_H

#include <owntracks/format.h>

#include "program.h"

/* One run of ot-cat. */
typedef struct cat {
    const tool_values *values;
    tool_log log;
    ot_zone *zone; /* of --zone; NULL: UTC */
    ot_time now;   /* when it was started */
    ot_store *store;
    const char *format; /* name of the output format */
    ot_sink out;        /* standard output */
    bool broken;        /* nobody reads it any more */
    int failure;        /* errno of standard output; 0: none */
} cat;

/* Each returns an exit code, after having said what went wrong. */
int cat_users(cat *c);
int cat_devices(cat *c);
int cat_last(cat *c);
int cat_range(cat *c);
int cat_events(cat *c);
int cat_regions(cat *c); /* events --current */
int cat_waypoints(cat *c);
int cat_rejects(cat *c);
int cat_stats(cat *c);
int cat_decode(cat *c);
int cat_ingest(cat *c);
int cat_remove(cat *c);
int cat_retain(cat *c);
int cat_check(cat *c);

/* Says an error; exit code 1, or 0 where it is only that nobody reads the output any more. */
int cat_fail(const cat *c, const char *what, const ot_error *error);

/* Opens a writer of rows (or of records, columns NULL) in the chosen format. */
ot_status cat_writer(const cat *c, const ot_column *columns, size_t count, const char *fields, bool follow,
                     ot_writer **out, ot_error *error);

/* Fills user, device, from, to, types, box of a query from the options. False: said. */
bool cat_query(const cat *c, ot_query *query);
/* The mask of --type; false: said. */
bool cat_types(const cat *c, uint64_t *types);

/* A row being made: cells in the order of the columns. */
#define CAT_CELLS 24
typedef struct cat_row {
    ot_value values[CAT_CELLS];
    const ot_value *cells[CAT_CELLS];
    size_t count;
} cat_row;

void cat_text(cat_row *row, ot_str text);      /* absent where the view is */
void cat_word(cat_row *row, const char *text); /* absent for NULL and "" */
void cat_number(cat_row *row, int64_t number);
void cat_time(cat_row *row, ot_time when); /* for an instant column; absent for OT_TIME_NONE */
void cat_real(cat_row *row, bool there, double number);
void cat_json(cat_row *row, ot_str json);
void cat_none(cat_row *row);

#endif
