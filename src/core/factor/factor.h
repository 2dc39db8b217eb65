/* SPDX-License-Identifier: Apache-2.0 */
/* The second factors of a user, beside the password. Each kind has a folder and a table of its own; this one
 * knows which kinds there are, and asks all their tables with one query. */
#ifndef LUCI_FACTOR_H
#define LUCI_FACTOR_H

#include "core/db/db.h"

/* Bits, so that a set of kinds is a number. */
enum {
    LUCI_FACTOR_TOTP = 1,     /* codes of an app (core/totp) */
    LUCI_FACTOR_RECOVERY = 2, /* recovery codes (core/recovery); only beside another kind */
    LUCI_FACTOR_PASSKEY = 4   /* passkeys (core/passkey); only with LuciaPasskeys */
};

/* A kind. */
typedef struct {
    int kind;         /* its bit */
    const char *name; /* in JSON and in the audit log */
} luci_factor_kind_t;

/* All kinds, in the order of their bits; ends with a kind of 0. */
extern const luci_factor_kind_t luci_factor_kind_list[];

/* The name of a kind; NULL: it is no kind. */
const char *luci_factor_name(int kind);

/* What a user has. */
typedef struct {
    int kinds;          /* a set of LUCI_FACTOR_...; 0: no second factor */
    int recovery_codes; /* those that are left */
    int passkeys;       /* their number */
} luci_factors_t;

/* Reads the kinds of factors that a user has. Only for a site with LuciaSecondFactor: its tables must exist.
 * If one is missing, the result is UNAVAILABLE, so that no user signs in without the factor. */
luci_result_t luci_factor_kinds(luci_db_t *db, const char *user_id, int *kinds,
                                apr_pool_t *scratch) LUCI_MUST_USE;

/* The same, with the number of recovery codes. */
luci_result_t luci_factor_read(luci_db_t *db, const char *user_id, luci_factors_t *factors,
                               apr_pool_t *scratch) LUCI_MUST_USE;

/* Removes all factors of a user, for an administrator, in a transaction that the caller has begun with the
 * user's lock (luci_user_lock). *kinds: those that were there. */
luci_result_t luci_factor_reset(luci_db_t *db, const char *user_id, int *kinds,
                                apr_pool_t *scratch) LUCI_MUST_USE;

#endif
