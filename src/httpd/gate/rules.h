/* SPDX-License-Identifier: Apache-2.0 */
/* What the Require lines ask for. "Require expr" and "Require env" that read the identity: LUCIA_* variables,
 * and REMOTE_USER where AuthType is Lucia. mod_authz_core judges all Require lines once before
 * authentication. Its two providers are wrapped, so that such a line validates the session itself and asks
 * for a user instead of refusing. The providers judge every other line unchanged. */
#ifndef LUCI_RULES_H
#define LUCI_RULES_H

#include <httpd.h>

#include <http_config.h>
#include <mod_auth.h>

/* Wraps the providers; call in pre_config, when all modules have registered them and no Require line was
 * read. */
void luci_rules_register(apr_pool_t *conf_pool);

/* The answer with which the Require line that is being read admits no request, negated or not. Inside
 * <AuthzProviderAlias> it is unknown how the line will be used: AUTHZ_GENERAL_ERROR. */
authz_status luci_rules_refusal(const cmd_parms *command);

/* Why a .htaccess file must not have this Require line, which begins with the name of its rule; NULL: it may,
 * or it is not in such a file. */
const char *luci_rules_problem(cmd_parms *command, const char *line);

/* Notes that the Require line that is being read asks for a user. */
void luci_rules_note_user(cmd_parms *command);

/* Whether the Require lines in force for this request may include one that reads the identity. */
int luci_rules_matter(request_rec *r);

/* Whether they may include one that asks for a user, whose identity is known by AuthType Lucia. */
int luci_rules_ask_user(request_rec *r);

#endif
