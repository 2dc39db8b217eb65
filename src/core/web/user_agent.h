/* SPDX-License-Identifier: Apache-2.0 */
/* What a User-Agent header says about a browser, in words that its user recognises. It is only shown to the
 * user whose session it came with; browsers claim to be several others, so this is a guess. Pure. */
#ifndef LUCI_USER_AGENT_H
#define LUCI_USER_AGENT_H

#include <apr_pools.h>

/* Never NULL; "" if it is unknown. */
typedef struct {
    const char *browser; /* such as "Firefox"; of a program its first words, such as "curl/8.5.0" */
    const char *system;  /* such as "Windows" */
    int is_known;        /* 1: browser is the name of one that is known here, and not what was sent */
} luci_user_agent_t;

/* header may be NULL; strings are from pool or static. */
luci_user_agent_t luci_user_agent(const char *header, apr_pool_t *pool);

#endif
