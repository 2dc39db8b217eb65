/* SPDX-License-Identifier: Apache-2.0 */
/* What does not go together in a configuration, though each line of it is allowed: one rule a
 * record. httpd's configtest and luciactl check ask the same rules and say the same words. */
#ifndef LUCI_SITE_RULES_H
#define LUCI_SITE_RULES_H

#include "core/config/site.h"
#include "core/files/file_access.h"

typedef enum {
    LUCI_SITE_ADVICE,  /* it works, and could be better */
    LUCI_SITE_PROBLEM, /* something does not work, or protects nothing */
    LUCI_SITE_FATAL    /* httpd does not start like this */
} luci_site_level_t;

/* Strings are from the pool of the judgement, or constant. */
typedef struct {
    const char *id; /* of the rule: LUCI0901 */
    luci_site_level_t level;
    const char *what;   /* one sentence without a full stop */
    const char *remedy; /* another one */
} luci_site_finding_t;

/* What the rules look at. */
typedef struct {
    const apr_array_header_t *sites; /* luci_site_t *, the main server first */
    const luci_file_user_t *user;    /* whom httpd's children run as; NULL: not known */
} luci_site_all_t;

/* All findings (luci_site_finding_t), each once. Looks at files and folders, and writes nothing. */
apr_array_header_t *luci_site_judge(const luci_site_all_t *all, apr_pool_t *pool);

#endif
