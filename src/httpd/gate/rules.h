/* SPDX-License-Identifier: Apache-2.0 */
/* "Require expr" and "Require env" that read who the visitor is: LUCIA_* variables, and REMOTE_USER
 * where AuthType is Lucia. mod_authz_core judges all Require lines once before anybody is identified; its two
 * providers are wrapped, so that such a line identifies the visitor itself, when its turn comes, and asks for
 * a user instead of refusing. Every other line is left to the providers as it is. */
#ifndef LUCI_RULES_H
#define LUCI_RULES_H

#include <httpd.h>

#include <http_config.h>
#include <mod_auth.h>

/* In pre_config: all modules have registered their providers, and no Require line was read yet. */
void luci_rules_register(apr_pool_t *conf_pool);

/* What the rule of the Require line that is being read has to answer so that nobody is let in by it, negated
 * or not. A line of <AuthzProviderAlias> does not know how it will be used: AUTHZ_GENERAL_ERROR. */
authz_status luci_rules_refusal(const cmd_parms *command);

/* Whether such a line may stand among those that are in force for this request. */
int luci_rules_matter(request_rec *r);

#endif
