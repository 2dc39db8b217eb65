/* SPDX-License-Identifier: Apache-2.0 */
/* One-time links (core/token/token.h) as administrators make them. Every function reports its errors. */
#ifndef LUCI_ONE_TIME_LINK_H
#define LUCI_ONE_TIME_LINK_H

#include "core/account/user.h"
#include "ctl/lib/database.h"

#define LUCI_ONE_TIME_LINK_URL                                                                               \
    {                                                                                                        \
        "url", "URL", "the page of the link, such as https://example.org/account/reset", 0                   \
    }

/* Determines the URL of the page, from --url or from the configuration, and finds the table of links or makes
 * it, unless LuciaCreateSchema is Off. A command calls this before it changes anything. DONE: *page is from
 * the call's pool. USAGE: the URL is missing or wrong. REFUSED: there is no table. DATABASE. */
luci_exit_t luci_one_time_link_prepare(luci_invocation_t *call, luci_ctl_database_t *database,
                                       const char **page);

/* Determines the URL of a page below LuciaMount, such as "signup", in the same way. DONE, USAGE. */
luci_exit_t luci_one_time_link_page(luci_invocation_t *call, const luci_ctl_config_t *config,
                                    const char *name, const char **page);

/* Says where the address of a printed link comes from, if it is only likely. */
void luci_one_time_link_note(const luci_invocation_t *call, const luci_ctl_config_t *config);

/* Finds the table that such a command writes, or makes it, unless LuciaCreateSchema is Off. use says what
 * for, as in "which links need". REFUSED: there is no table. DATABASE. */
luci_exit_t luci_one_time_link_table(luci_invocation_t *call, luci_ctl_database_t *database,
                                     const luci_table_t *table, const char *use);

/* A link to make. */
typedef struct {
    const luci_user_t *user;
    const char *page;     /* of luci_one_time_link_prepare */
    luci_ms_t valid;      /* for how long */
    const char *sentence; /* what the command did, for people */
} luci_one_time_link_wanted_t;

/* Makes the link, writes the audit line, and prints it. */
luci_exit_t luci_one_time_link_make(luci_invocation_t *call, luci_ctl_database_t *database,
                                    const luci_one_time_link_wanted_t *wanted);

#endif
