/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery codes: what people type who have lost the device with their second factor. Each is random, works
 * once, and is stored as its SHA-256, for which 120 random bits need no slow hash. A user who gets new ones
 * has no old ones any more. */
#ifndef LUCI_RECOVERY_H
#define LUCI_RECOVERY_H

#include "core/base/base32.h"
#include "core/db/db.h"

#define LUCI_RECOVERY_CODES 10 /* of a user */
#define LUCI_RECOVERY_BYTES 15
#define LUCI_RECOVERY_GROUP 4 /* characters between two hyphens */
#define LUCI_RECOVERY_TEXT                                                                                   \
    (LUCI_BASE32_LENGTH(LUCI_RECOVERY_BYTES) + LUCI_BASE32_LENGTH(LUCI_RECOVERY_BYTES) / LUCI_RECOVERY_GROUP)

/* Codes as they are shown, once: ABCD-EFGH-... They are secrets. */
typedef struct {
    char text[LUCI_RECOVERY_CODES][LUCI_RECOVERY_TEXT];
} luci_recovery_codes_t;

/* Makes new codes without storing them. INTERNAL: the random source failed; *codes is zeros. */
luci_result_t luci_recovery_new(luci_recovery_codes_t *codes) LUCI_MUST_USE;

/* Stores new codes instead of all that a user has, in a transaction that holds the user's lock. */
luci_result_t luci_recovery_replace(luci_db_t *db, const char *user_id, const luci_recovery_codes_t *codes,
                                    apr_pool_t *scratch) LUCI_MUST_USE;

/* Removes all codes of a user. */
luci_result_t luci_recovery_remove(luci_db_t *db, const char *user_id, apr_pool_t *scratch) LUCI_MUST_USE;

/* Spends a code as it was typed: spaces, hyphens and case do not matter. Of several requests at the same
 * time, on any node, one spends it. INVALID: the text is no code. DENIED: no such code is left. */
luci_result_t luci_recovery_spend(luci_db_t *db, const char *user_id, const char *typed,
                                  apr_pool_t *scratch) LUCI_MUST_USE;

#endif
