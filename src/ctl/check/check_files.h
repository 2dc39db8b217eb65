/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the user that httpd's children run as can use the files that a configuration names, and whether
 * other users can read or replace those that are secret. */
#ifndef LUCI_CHECK_FILES_H
#define LUCI_CHECK_FILES_H

#include "core/config/configuration.h"
#include "core/files/file_access.h"
#include "ctl/check/finding.h"

/* Finds the user of User and Group (each may be NULL, or "#" and a number). Its name is NULL if it is not
 * known. */
void luci_check_user(luci_file_user_t *user, const char *name, const char *group);

typedef enum {
    LUCI_CHECK_FILE_THERE,
    LUCI_CHECK_FILE_MISSING,
    LUCI_CHECK_FILE_HIDDEN /* luciactl has no permission to look; a finding says so */
} luci_check_file_t;

/* Checks the file of an SQLite database, its folder, and the -wal and -shm files that SQLite creates beside
 * it.
 */
luci_check_file_t luci_check_database_file(const char *path, const luci_file_user_t *user,
                                           luci_findings_t *findings);

/* Checks the files that the parameters of a database name with {file:...}; advises against a password in the
 * parameters themselves. */
void luci_check_secrets(const char *written, luci_findings_t *findings);

/* Checks that httpd's user may read the pages in a folder; NULL means the installed ones. */
void luci_check_templates(const char *folder, const apr_array_header_t *languages,
                          const luci_file_user_t *user, luci_findings_t *findings);

/* Returns the folder of path if it does not exist, otherwise NULL. httpd creates the folder of a database
 * file, but not the folders above it. */
const char *luci_check_missing_folder(const char *path, apr_pool_t *pool);

#endif
