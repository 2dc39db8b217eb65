/* SPDX-License-Identifier: Apache-2.0 */
/* Whether httpd's user can use the files that a configuration names, and nobody else those that
 * are secret. */
#ifndef LUCI_CHECK_FILES_H
#define LUCI_CHECK_FILES_H

#include "core/config/configuration.h"
#include "core/files/file_access.h"
#include "ctl/check/finding.h"

/* Finds the user of User and Group (each may be NULL, or "#" and a number). */
void luci_check_user(luci_file_user_t *user, const char *name, const char *group, luci_findings_t *findings);

typedef enum {
    LUCI_CHECK_FILE_THERE,
    LUCI_CHECK_FILE_MISSING,
    LUCI_CHECK_FILE_HIDDEN /* whoever runs luciactl may not look; that was said */
} luci_check_file_t;

/* The file of an SQLite database, its folder, and what SQLite puts beside it. */
luci_check_file_t luci_check_database_file(const char *path, const luci_file_user_t *user,
                                           luci_findings_t *findings);

/* The files that the written parameters of a database name with {file:...}, and passwords that stand there.
 */
void luci_check_secrets(const char *written, const luci_file_user_t *user, luci_findings_t *findings);

/* The pages in a folder: readable, and they parse. NULL: the installed ones. */
void luci_check_templates(const char *folder, const luci_file_user_t *user, luci_findings_t *findings);

/* The folder that path is in, where there is none; else NULL. httpd makes the last folder of a database file,
 * and only that. */
const char *luci_check_missing_folder(const char *path, apr_pool_t *pool);

#endif
