/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a file that assigns attributes to users, one record at a time: CSV (RFC 4180) with a header, or JSON
 * objects, one a line. */
#ifndef LUCI_ATTRIBUTE_FILE_H
#define LUCI_ATTRIBUTE_FILE_H

#include "core/account/admin.h"

#include <apr_pools.h>
#include <stdio.h>

#define LUCI_ATTRIBUTE_RECORD_MAX 65536 /* bytes of a record; a CSV record may have several lines */
#define LUCI_ATTRIBUTE_VALUES_MAX 64    /* of a record */

/* A file that is being read. The caller sets the stream, which is at its beginning, and the pool. */
typedef struct {
    FILE *stream;
    apr_pool_t *pool;         /* of the header */
    apr_int64_t line;         /* where the last record began, from 1 */
    apr_int64_t lines;        /* read so far */
    apr_int64_t bytes;        /* read so far */
    int is_json;              /* from here on set by the first call */
    apr_array_header_t *head; /* const char *: the columns of CSV; NULL: not read yet */
    const char *head_problem; /* why the header is not valid; NULL: it is */
} luci_attribute_file_t;

typedef struct {
    const char *name; /* of the user */
    int is_id;        /* name is a user id */
    luci_user_value_t *values;
    int count;
    const char *problem; /* why the record is not valid; NULL: it is. name may be NULL then */
} luci_attribute_record_t;

/* Reads the next record; *record is from pool. Returns 0 at the end of the file, or if it cannot be read
 * (ferror). After a problem in the header, further records have the same one. */
int luci_attribute_file_next(luci_attribute_file_t *file, luci_attribute_record_t *record, apr_pool_t *pool);

#endif
