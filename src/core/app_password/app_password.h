/* SPDX-License-Identifier: Apache-2.0 */
/* App passwords: random passwords of a user for programs that cannot ask for a second factor, such as git,
 * WebDAV and mail programs. Each has a name that its user chose, and can be deleted alone. The table stores
 * only its SHA-256, which is enough for 206 random bits, so that checking one takes no slow hash. The
 * database has the table only where LuciaSecondFactor is not off. */
#ifndef LUCI_APP_PASSWORD_H
#define LUCI_APP_PASSWORD_H

#include "core/account/user.h"
#include "core/base/secret.h"

#define LUCI_APP_PASSWORD_LENGTH 40   /* characters of [a-z0-9] */
#define LUCI_APP_PASSWORD_TAG_HEX 12  /* characters that name one of a user's */
#define LUCI_APP_PASSWORD_NAME_MAX 64 /* characters (code points) */
#define LUCI_APP_PASSWORDS_MAX 50     /* of a user */

/* last_used is written at most once in this time. */
#define LUCI_APP_PASSWORD_USED_EACH LUCI_MS_HOUR

/* A row. */
typedef struct {
    char id[LUCI_SHA256_HEX + 1];            /* the SHA-256 of its text */
    char tag[LUCI_APP_PASSWORD_TAG_HEX + 1]; /* the first digits of id */
    const char *name;
    luci_ms_t created_at;
    luci_ms_t last_used; /* about; 0: never */
} luci_app_password_t;

/* A new one. */
typedef struct {
    const char *name; /* as luci_app_password_name made it */
    luci_ms_t now;
    luci_ms_t replaces_since; /* one of this name that was made since then, and never used, is deleted: a form
                                 was sent twice, and its first answer may never have been seen; 0: none is */
    char text[LUCI_APP_PASSWORD_LENGTH + 1];      /* output: the password, a secret that the caller wipes */
    char tag[LUCI_APP_PASSWORD_TAG_HEX + 1];      /* output */
    char replaced[LUCI_APP_PASSWORD_TAG_HEX + 1]; /* output: the tag of one that was deleted; "": none */
} luci_app_password_wanted_t;

/* One that a client presented. Strings are from the pool into which it was read. */
typedef struct {
    char id[LUCI_SHA256_HEX + 1];
    luci_ms_t last_used;
    luci_user_t user;
} luci_app_password_owner_t;

/* 1: text may be an app password; NULL is none. */
int luci_app_password_is_one(const char *text);

/* The name that a user typed without white space at its ends, from pool. INVALID: it is not UTF-8, empty, too
 * long, or contains invisible characters, which a list would not show. */
luci_result_t luci_app_password_name(const char *typed, const char **name, apr_pool_t *pool) LUCI_MUST_USE;

/* OK: the database has the table. NOT_FOUND. */
luci_result_t luci_app_password_has_table(luci_db_t *db) LUCI_MUST_USE;

/* Makes one, in a transaction that holds the user's lock (luci_user_lock). The table must exist. CONFLICT:
 * the user has the maximum number. */
luci_result_t luci_app_password_make(luci_db_t *db, const char *user_id, luci_app_password_wanted_t *wanted,
                                     apr_pool_t *scratch) LUCI_MUST_USE;

/* Lists those of a user, the oldest first: an array of luci_app_password_t from pool. NOT_FOUND: there is no
 * table. */
luci_result_t luci_app_password_list(luci_db_t *db, const char *user_id, apr_array_header_t **list,
                                     apr_pool_t *pool) LUCI_MUST_USE;

/* The number of those of a user; 0 without the table. */
luci_result_t luci_app_password_count(luci_db_t *db, const char *user_id, int *count,
                                      apr_pool_t *scratch) LUCI_MUST_USE;

/* Finds the owner of a text that a client presented. OK: from pool. DENIED: the user is disabled now; *owner
 * is set. NOT_FOUND: it is no app password. */
luci_result_t luci_app_password_find(luci_db_t *db, const char *text, luci_ms_t now,
                                     luci_app_password_owner_t *owner, apr_pool_t *pool) LUCI_MUST_USE;

/* 1: the use is to be written down (luci_app_password_used). */
int luci_app_password_is_use_due(const luci_app_password_owner_t *owner, luci_ms_t now);

/* Writes down that it was used. */
luci_result_t luci_app_password_used(luci_db_t *db, const luci_app_password_owner_t *owner, luci_ms_t now,
                                     apr_pool_t *scratch) LUCI_MUST_USE;

/* Deletes the one of a user that has this tag. NOT_FOUND: the user has none. */
luci_result_t luci_app_password_delete(luci_db_t *db, const char *user_id, const char *tag,
                                       apr_pool_t *scratch) LUCI_MUST_USE;

#endif
