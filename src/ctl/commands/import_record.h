/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a user in the format of luciactl export, one JSON object. */
#ifndef LUCI_IMPORT_RECORD_H
#define LUCI_IMPORT_RECORD_H

#include "core/account/import.h"

/* The problem of an object without the member "keys", which luci_import_record_read returns. */
extern const char luci_import_record_keyless[];

/* Parses one object. without_keys: the member "keys" may be missing. Returns NULL and sets *account, from
 * pool; or returns what is wrong, and then only account->username may be set. An object with an unknown
 * member, or a value that the tables cannot store, is wrong, so that no part of it is ignored. */
const char *luci_import_record_read(const char *text, size_t length, int without_keys,
                                    luci_import_account_t *account, apr_pool_t *pool);

#endif
