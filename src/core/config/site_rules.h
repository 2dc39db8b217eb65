/* SPDX-License-Identifier: Apache-2.0 */
/* Finds directives that are allowed one by one but do not work together. Each rule is one record. httpd
 * applies the rules at start-up and in configtest; luciactl check shows what they find. */
#ifndef LUCI_SITE_RULES_H
#define LUCI_SITE_RULES_H

#include "core/config/site.h"
#include "core/files/file_access.h"

typedef enum {
    LUCI_SITE_NOTE,    /* advice that luciactl check shows and httpd does not log */
    LUCI_SITE_ADVICE,  /* it works, but could be improved */
    LUCI_SITE_PROBLEM, /* something does not work, or does not protect anything */
    LUCI_SITE_FATAL    /* httpd does not start with this configuration */
} luci_site_level_t;

/* A finding. Strings are from the pool of luci_site_judge, or constant. */
typedef struct {
    const char *id; /* LUCI0901; NULL for a note */
    luci_site_level_t level;
    const char *what;   /* the problem: one sentence without a full stop */
    const char *remedy; /* what to do: another sentence; NULL: the first one says it */
    const char *about;  /* the subject: "cookie" or "templates"; NULL: the configuration */
} luci_site_finding_t;

/* What the rules judge. */
typedef struct {
    const apr_array_header_t *sites; /* luci_site_t *, the main server first */
    const luci_file_user_t *user;    /* the user that the child processes of httpd run as; NULL: not known */
} luci_site_all_t;

/* Applies all rules. Returns the findings (luci_site_finding_t), each once, from pool. Examines files and
 * folders, but writes nothing. */
apr_array_header_t *luci_site_judge(const luci_site_all_t *all, apr_pool_t *pool);

#endif
