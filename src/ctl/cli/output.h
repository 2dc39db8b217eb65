/* SPDX-License-Identifier: Apache-2.0 */
/* Results on stdout: aligned columns for people, JSON for machines. Rows go out as they come, so
 * that any number of them takes the same memory; a table's columns are as wide as the rows so far want. */
#ifndef LUCI_OUTPUT_H
#define LUCI_OUTPUT_H

#include "ctl/cli/exit_status.h"

#include <apr_pools.h>

/* A cell is text, and NULL where there is nothing: "-" in a table, null in JSON. */
typedef enum {
    LUCI_CELL_TEXT,
    LUCI_CELL_NUMBER,    /* decimal digits */
    LUCI_CELL_TIMESTAMP, /* milliseconds since 1970 in decimal digits; JSON has ISO 8601, a table seconds,
                         both UTC */
    LUCI_CELL_FLAG       /* "1" or "0": yes or no, true or false */
} luci_cell_t;

typedef struct {
    const char *name;  /* of the member in JSON */
    const char *title; /* in a table */
    luci_cell_t kind;
    const char *object; /* of the object within the row that has the member; NULL: the row itself */
} luci_column_t;

/* Closes a list of columns, which counts as it says how many it has. */
#define LUCI_COLUMNS_END                                                                                     \
    {                                                                                                        \
        NULL, NULL, LUCI_CELL_TEXT, NULL                                                                     \
    }
#define LUCI_COLUMNS_COUNT(columns) ((int)(sizeof(columns) / sizeof *(columns)) - 1)

typedef struct luci_output_t luci_output_t;

/* Columns are borrowed for as long as the output. as_json: JSON. */
luci_output_t *luci_output_create(int as_json, apr_pool_t *pool);

/* A list: begin, any number of rows of count cells, end. In JSON one array, a row a line. */
void luci_output_begin(luci_output_t *output, const luci_column_t *columns, int count);
void luci_output_row(luci_output_t *output, const char *const *cells);
void luci_output_end(luci_output_t *output);

/* A row of a JSON list with columns of its own; outside a list a line of its own. */
void luci_output_row_of(luci_output_t *output, const luci_column_t *columns, int count,
                        const char *const *cells);

/* One thing: a line for each cell, or one object. */
void luci_output_record(luci_output_t *output, const luci_column_t *columns, int count,
                        const char *const *cells);

/* The same of something that was done: people read the sentence. */
void luci_output_done(luci_output_t *output, const char *sentence, const luci_column_t *columns, int count,
                      const char *const *cells);

/* DONE, or REFUSED with a message when not everything could be written. Last. */
luci_exit_t luci_output_close(luci_output_t *output);

/* An array of cells as luci_output_row takes it, all NULL. */
const char **luci_output_cells(int count, apr_pool_t *pool);

#endif
