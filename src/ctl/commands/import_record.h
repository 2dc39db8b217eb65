/* SPDX-License-Identifier: Apache-2.0 */
/* A user as luciactl export writes it: one JSON object. */
#ifndef LUCI_IMPORT_RECORD_H
#define LUCI_IMPORT_RECORD_H

#include "core/account/import.h"

/* Reads one object. without_keys: one that has no member "keys" is a user without keys. Returns NULL, and
 * *account is set with everything from pool; or why it is no such object, or says something that could not be
 * kept: then only account->username may be set. Nothing that is there is left out. */
const char *luci_import_record_read(const char *text, size_t length, int without_keys,
                                    luci_import_account_t *account, apr_pool_t *pool);

#endif
