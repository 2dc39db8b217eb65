/* SPDX-License-Identifier: Apache-2.0 */
/* Results on stdout: aligned columns for people, JSON for programs. Rows are written in parts, so that any
 * number of them takes the same memory; each part widens the columns of a table if its rows need it. */
#ifndef LUCI_OUTPUT_H
#define LUCI_OUTPUT_H

#include "ctl/cli/exit_status.h"

#include <apr_pools.h>

/* The kind of a cell's text. A cell without a value is NULL: "-" in a table, null in JSON. */
typedef enum {
    LUCI_CELL_TEXT,
    LUCI_CELL_NUMBER,    /* decimal digits */
    LUCI_CELL_TIMESTAMP, /* milliseconds since 1970 in decimal digits; shown in UTC, with seconds in a table
                         and as ISO 8601 in JSON */
    LUCI_CELL_WORDS,     /* with commas between them; in JSON an array, which is empty without a value */
    LUCI_CELL_FLAG       /* "1" or "0"; yes or no in a table, true or false in JSON */
} luci_cell_t;

typedef struct {
    const char *name;  /* of the member in JSON */
    const char *title; /* of the column in a table */
    luci_cell_t kind;
    const char
        *object; /* in JSON, the object within the row that contains the member; NULL: the row itself */
} luci_column_t;

/* Ends a list of columns; LUCI_COLUMNS_COUNT does not count it. */
#define LUCI_COLUMNS_END                                                                                     \
    {                                                                                                        \
        NULL, NULL, LUCI_CELL_TEXT, NULL                                                                     \
    }
#define LUCI_COLUMNS_COUNT(columns) ((int)(sizeof(columns) / sizeof *(columns)) - 1)

typedef struct luci_output_t luci_output_t;

/* Creates an output that writes tables, or JSON with as_json. The columns passed to it must live as long. */
luci_output_t *luci_output_create(int as_json, apr_pool_t *pool);

/* A list: begin, any number of rows of count cells, end. In JSON it is one array with a row a line. */
void luci_output_begin(luci_output_t *output, const luci_column_t *columns, int count);
void luci_output_row(luci_output_t *output, const char *const *cells);
void luci_output_end(luci_output_t *output);

/* Writes a row with its own columns, which only JSON can show; outside a list it is a line of its own. */
void luci_output_row_of(luci_output_t *output, const luci_column_t *columns, int count,
                        const char *const *cells);

/* Writes one record: a line for each cell, or one JSON object. */
void luci_output_record(luci_output_t *output, const luci_column_t *columns, int count,
                        const char *const *cells);

/* Reports a change: people get the sentence, programs one JSON object. */
void luci_output_done(luci_output_t *output, const char *sentence, const luci_column_t *columns, int count,
                      const char *const *cells);

/* Flushes the output, as its last call. REFUSED: a part could not be written, with a message. */
luci_exit_t luci_output_close(luci_output_t *output);

/* Returns an array of count cells for luci_output_row, all NULL. */
const char **luci_output_cells(int count, apr_pool_t *pool);

#endif
