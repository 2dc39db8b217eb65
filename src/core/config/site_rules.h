/* SPDX-License-Identifier: Apache-2.0 */
/* What does not go together in a configuration although each line of it is allowed. Each rule is
 * one record. httpd asks the rules when it starts and in configtest; luciactl check shows what they find. */
#ifndef LUCI_SITE_RULES_H
#define LUCI_SITE_RULES_H

#include "core/config/site.h"
#include "core/files/file_access.h"

typedef enum {
    LUCI_SITE_NOTE,    /* advice that luciactl check shows and httpd does not log */
    LUCI_SITE_ADVICE,  /* it works, and could be better */
    LUCI_SITE_PROBLEM, /* something does not work, or protects nothing */
    LUCI_SITE_FATAL    /* httpd does not start like this */
} luci_site_level_t;

/* Strings are from the pool of the judgement, or constant. */
typedef struct {
    const char *id; /* LUCI0901; NULL for a note */
    luci_site_level_t level;
    const char *what;   /* one sentence without a full stop */
    const char *remedy; /* another one; NULL: the first contains it */
    const char *about;  /* "cookie", "templates"; NULL: the configuration */
} luci_site_finding_t;

/* What the rules look at. */
typedef struct {
    const apr_array_header_t *sites; /* luci_site_t *, the main server first */
    const luci_file_user_t *user;    /* whom httpd's children run as; NULL: not known */
} luci_site_all_t;

/* All findings (luci_site_finding_t), each once. Looks at files and folders, and writes nothing. */
apr_array_header_t *luci_site_judge(const luci_site_all_t *all, apr_pool_t *pool);

#endif
