/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/gate/groups.h"

#include "core/config/directive_types.h"
#include "core/group/group.h"
#include "httpd/base/config.h"
#include "httpd/gate/rules.h"
#include "httpd/request/state.h"

#include <apr_strings.h>

static const char *parse(cmd_parms *command, const char *line, const void **parsed)
{
    const apr_array_header_t *names = luci_words(line, command->pool);

    if (names->nelts == 0)
        return "Require lucia-group: at least one NAME is needed";
    for (int i = 0; i < names->nelts; i++) {
        if (!luci_group_is_name(LUCI_WORD(names, i)))
            return apr_psprintf(command->pool,
                                "Require lucia-group: \"%s\" is not the name of a group, which has up to %d "
                                "lower-case letters, digits, '.', '_' and '-'",
                                LUCI_WORD(names, i), LUCI_GROUP_BYTES_MAX);
    }
    luci_rules_note_user(command);
    *parsed = names;
    return NULL;
}

/* Only users whom this module has identified have groups. */
static authz_status check(request_rec *r, const char *line, const void *parsed)
{
    const apr_array_header_t *names = parsed;
    const luci_user_t *user = luci_state_user(r);
    const char *groups;

    (void)line;
    if (!r->user)
        return AUTHZ_DENIED_NO_USER;
    if (!user || !*r->user)
        return AUTHZ_DENIED;
    groups = luci_user_groups(user, &luci_config_server(r->server)->settings);
    for (int i = 0; i < names->nelts; i++) {
        if (luci_group_list_has(groups, LUCI_WORD(names, i)))
            return AUTHZ_GRANTED;
    }
    return AUTHZ_DENIED;
}

const authz_provider luci_gate_group = { check, parse };
