/* SPDX-License-Identifier: Apache-2.0 */
/* What pages and errors say to people, as data: a file messages.txt for each language, with lines
 * "key = text". The code contains keys only. Lines that are empty or begin with '#' are comments. Keys
 * consist of lower-case letters, digits, '_' and '.'; texts are UTF-8 and may contain values as pages do
 * ("%%minutes%%"). Pure: files are read elsewhere. */
#ifndef LUCI_MESSAGES_H
#define LUCI_MESSAGES_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <stddef.h>

#define LUCI_MESSAGES_BYTES_MAX 65536

/* A message; its text is a matter of the language. The key up to a '.' is the stable code that programs get,
 * so that several texts can have one code. */
typedef struct {
    const char *key; /* NULL: no message */
} luci_message_t;

#define LUCI_MESSAGE(key_) ((luci_message_t){ key_ })
#define LUCI_NO_MESSAGE LUCI_MESSAGE(NULL)

/* The stable code of a message, from pool. */
const char *luci_message_code(luci_message_t message, apr_pool_t *pool);

/* Why a text cannot be a file of messages, from pool, with the line, as in 'line 3: the key "taken" is there
 * twice'; NULL: it can. */
const char *luci_messages_problem(const char *text, size_t length, apr_pool_t *pool);

/* The text of a key in a file of messages without a problem, from pool; NULL: it is not there. */
const char *luci_messages_find(const char *file, const char *key, apr_pool_t *pool);

/* A text with its values inserted, from pool, as plain text: nothing is escaped, so that the caller escapes
 * what it puts into a page. values may be NULL. */
const char *luci_messages_fill(const char *text, const apr_table_t *values, apr_pool_t *pool);

#endif
