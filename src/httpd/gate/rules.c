/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/gate/rules.h"

#include "core/base/text.h"
#include "core/config/connect_params.h"
#include "core/config/editable.h"
#include "httpd/account/mount.h"
#include "httpd/base/attribute_names.h"
#include "httpd/gate/identity.h"
#include "httpd/request/state.h"

#include <ap_provider.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_main.h>

#include <strings.h>

/* A Require line as its provider parsed it, and which parts of the identity it reads. */
typedef struct {
    const authz_provider *provider;
    const void *parsed;
    int reads_variables;
    int reads_user;
    authz_status unknown; /* the answer where it reads an attribute that has no column */
} rule_t;

/* The providers of mod_authz_core and mod_authz_user; set in pre_config. */
static const authz_provider *env_provider, *expr_provider, *user_provider, *valid_user_provider;

static int is_section(const ap_directive_t *directive, const char *name)
{
    return strcasecmp(directive->directive, name) == 0;
}

authz_status luci_rules_refusal(const cmd_parms *command)
{
    const ap_directive_t *line = command->directive;
    const char *args = line->args;
    int negated = strcasecmp(ap_getword_conf(command->temp_pool, &args), "not") == 0;

    for (; line; line = line->parent) {
        if (is_section(line, "<AuthzProviderAlias"))
            return AUTHZ_GENERAL_ERROR;
        negated ^= is_section(line, "<RequireNone");
    }
    return negated ? AUTHZ_GRANTED : AUTHZ_DENIED;
}

/* The column that a line reads and that people change at a server with the database of this one. */
static const char *editable_read_by(const cmd_parms *command, const char *line)
{
    const luci_database_t *database = &luci_config_server(command->server)->database;

    for (server_rec *server = ap_server_conf; server; server = server->next) {
        const luci_server_config_t *other = luci_config_server(server);
        const char *column = luci_editable_read_by(other->settings.editable, line, command->pool);

        if (column && luci_database_may_be_same(&other->database, database, command->temp_pool))
            return column;
    }
    return NULL;
}

/* At start, the whole configuration is judged (site_rules.c). */
const char *luci_rules_problem(cmd_parms *command, const char *line)
{
    const char *column;

    if (!ap_check_cmd_context(command, NOT_IN_HTACCESS))
        return NULL;
    column = editable_read_by(command, line);
    return column
               ? apr_psprintf(command->pool,
                              "Require: LuciaUserEditable lets people change \"%s\" themselves, so that no "
                              "access can depend on it; take it out of one of the two lines",
                              column)
               : NULL;
}

/* The configuration of the section that the line is in. */
static luci_dir_config_t *section_of(cmd_parms *command)
{
    return ap_set_config_vectors(command->server, command->context, command->path, &luciauth_module,
                                 command->pool);
}

void luci_rules_note_user(cmd_parms *command)
{
    section_of(command)->rules.ask_user = 1;
}

static const char *parse(const authz_provider *provider, cmd_parms *command, const char *line,
                         const void **parsed)
{
    luci_dir_config_t *dir = section_of(command);
    rule_t *rule = apr_pcalloc(command->pool, sizeof *rule);
    const char *problem;

    rule->provider = provider;
    rule->reads_variables = ap_strcasestr(line, "LUCIA_") != NULL;
    rule->reads_user = ap_strcasestr(line, "REMOTE_USER") || ap_strcasestr(line, "AUTH_TYPE");
    rule->unknown = luci_rules_refusal(command);
    if ((problem = luci_rules_problem(command, line)) != NULL)
        return problem;
    dir->rules.read_variables |= rule->reads_variables;
    dir->rules.read_user |= rule->reads_user;
    *parsed = rule;
    return provider->parse_require_line ? provider->parse_require_line(command, line, &rule->parsed) : NULL;
}

static const char *env_parse(cmd_parms *command, const char *line, const void **parsed)
{
    return parse(env_provider, command, line, parsed);
}

static const char *expr_parse(cmd_parms *command, const char *line, const void **parsed)
{
    return parse(expr_provider, command, line, parsed);
}

/* Whether the line reads an attribute of this user that has no column. */
static int asks_for_unknown(request_rec *r, const char *line, const luci_user_t *user)
{
    const luci_runtime_t *runtime = luci_runtime_of(r);

    for (int i = 0; user && user->lacks && i < runtime->auth.settings->attributes->nelts; i++) {
        if (user->lacks >> i & 1 && luci_text_has_name(line, runtime->attribute_names[i].variable))
            return 1;
    }
    return 0;
}

static authz_status judge(request_rec *r, const char *line, const rule_t *rule, const luci_user_t *user)
{
    if (rule->reads_variables && asks_for_unknown(r, line, user))
        return rule->unknown;
    return rule->provider->check_authorization(r, line, rule->parsed);
}

/* Judges the line with this user in r->user, and then resets it: the rules that ask for a user (valid-user)
 * must not see one yet, because the gate sets the user and refuses requests of other sites. */
static authz_status judge_user(request_rec *r, const char *line, const rule_t *rule, const luci_user_t *user)
{
    char *type = r->ap_auth_type;
    const char *name = luci_identity_name(r, user);
    authz_status status;

    if (!name) /* The gate refuses the request and logs the reason. */
        return AUTHZ_DENIED;
    r->user = apr_pstrdup(r->pool, name);
    r->ap_auth_type = (char *)LUCI_AUTH_TYPE;
    status = judge(r, line, rule, user);
    r->user = NULL;
    r->ap_auth_type = type;
    return status;
}

/* Judges a line before authentication, at a gate with AuthType Lucia, by validating the session itself. */
static authz_status judge_anonymous(request_rec *r, const char *line, const rule_t *rule)
{
    luci_rules_seen_t *seen = luci_state_rules_seen(r);
    const luci_user_t *user;
    luci_result_t result = luci_identity_look(r, &user);

    if (result != LUCI_OK && result != LUCI_NOT_FOUND) {
        seen->is_undecided = 1;
        return AUTHZ_GENERAL_ERROR;
    }
    luci_state_of(r)->is_private = 1;
    luci_identity_show(r, user);
    if (!user)
        return judge(r, line, rule, NULL);
    seen->is_known = 1;
    return judge_user(r, line, rule, user);
}

/* Whether a line reads the identity. If another module authenticates, REMOTE_USER is set by that module. */
static int reads_identity(request_rec *r, int variables, int user)
{
    return (variables || user) && ap_auth_type(r) && (variables || luci_identity_is_gate(r));
}

int luci_rules_matter(request_rec *r)
{
    const luci_dir_config_t *dir = luci_config_dir(r);

    return reads_identity(r, dir->rules.read_variables, dir->rules.read_user);
}

int luci_rules_ask_user(request_rec *r)
{
    return luci_config_dir(r)->rules.ask_user && luci_identity_is_gate(r);
}

static authz_status check(request_rec *r, const char *line, const void *parsed)
{
    const rule_t *rule = parsed;
    luci_rules_seen_t *seen;
    authz_status status;
    int is_gate;

    if (r->user || !reads_identity(r, rule->reads_variables, rule->reads_user))
        return judge(r, line, rule, luci_state_user(r));
    is_gate = luci_identity_is_gate(r);
    seen = luci_state_rules_seen(r);
    seen->is_asked = 1;
    if (seen->suppose_user || (is_gate && luci_route_of(r).endpoint))
        return AUTHZ_DENIED_NO_USER;
    if (is_gate)
        status = judge_anonymous(r, line, rule);
    else { /* Another module will authenticate. */
        luci_identity_show(r, NULL);
        status = judge(r, line, rule, NULL);
    }
    if (status == AUTHZ_GRANTED)
        seen->is_granted = 1;
    return status == AUTHZ_DENIED ? AUTHZ_DENIED_NO_USER : status;
}

static const authz_provider env_rule = { check, env_parse }, expr_rule = { check, expr_parse };

/* The wrapper replaces the provider under its name. */
static const authz_provider *wrap(apr_pool_t *conf_pool, const char *name, const authz_provider *wrapped)
{
    const authz_provider *provider = ap_lookup_provider(AUTHZ_PROVIDER_GROUP, name, AUTHZ_PROVIDER_VERSION);

    if (provider)
        ap_register_provider(conf_pool, AUTHZ_PROVIDER_GROUP, name, AUTHZ_PROVIDER_VERSION, wrapped);
    return provider;
}

/* A line of another provider, which is judged by it alone. */
static const char *parse_asking(const authz_provider *provider, cmd_parms *command, const char *line,
                                const void **parsed)
{
    luci_rules_note_user(command);
    return provider->parse_require_line ? provider->parse_require_line(command, line, parsed) : NULL;
}

static const char *user_parse(cmd_parms *command, const char *line, const void **parsed)
{
    return parse_asking(user_provider, command, line, parsed);
}

static const char *valid_user_parse(cmd_parms *command, const char *line, const void **parsed)
{
    return parse_asking(valid_user_provider, command, line, parsed);
}

static authz_status user_check(request_rec *r, const char *line, const void *parsed)
{
    return user_provider->check_authorization(r, line, parsed);
}

static authz_status valid_user_check(request_rec *r, const char *line, const void *parsed)
{
    return valid_user_provider->check_authorization(r, line, parsed);
}

static const authz_provider user_rule = { user_check, user_parse },
                            valid_user_rule = { valid_user_check, valid_user_parse };

void luci_rules_register(apr_pool_t *conf_pool)
{
    env_provider = wrap(conf_pool, "env", &env_rule);
    expr_provider = wrap(conf_pool, "expr", &expr_rule);
    user_provider = wrap(conf_pool, "user", &user_rule);
    valid_user_provider = wrap(conf_pool, "valid-user", &valid_user_rule);
}
