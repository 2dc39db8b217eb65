/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/gate/freshness.h"

#include "core/config/directive_types.h"
#include "httpd/base/config.h"
#include "httpd/gate/basic.h"
#include "httpd/gate/rules.h"
#include "httpd/request/proof.h"
#include "httpd/request/validation.h"

/* A Require line; within is 0 for that of LuciaFreshness. */
typedef struct {
    luci_ms_t within;
} rule_t;

static const char *parse(cmd_parms *command, const char *line, const void **parsed)
{
    luci_dir_config_t *dir = ap_set_config_vectors(command->server, command->context, command->path,
                                                   &luciauth_module, command->pool);
    rule_t *rule = apr_pcalloc(command->pool, sizeof *rule);
    const apr_array_header_t *words = luci_words(line, command->pool);

    if (words->nelts > 1 ||
        (words->nelts == 1 && (!luci_word_ms(LUCI_WORD(words, 0), &rule->within) ||
                               rule->within < LUCI_FRESHNESS_MIN || rule->within > LUCI_FRESHNESS_MAX)))
        return "Require lucia-fresh: at most a TIME from 1s to 30d is allowed";
    dir->rules.ask_user = 1;
    dir->rules.read_proof |= luci_rules_refusal(command) == AUTHZ_DENIED;
    *parsed = rule;
    return NULL;
}

/* The session that the user of this request has; NULL: another kind of user. */
static const luci_session_t *session_of(request_rec *r, const luci_user_t *user)
{
    const luci_session_t *session = luci_validated_session(luci_state_of(r));

    return session && user == &session->user ? session : NULL;
}

static authz_status judge(request_rec *r, const luci_session_t *session, luci_ms_t within)
{
    luci_proof_t *proof = luci_proof_of(luci_state_of(r));

    switch (luci_proof_look(r, session, within)) {
    case LUCI_OK: return AUTHZ_GRANTED;
    case LUCI_DENIED:
        proof->refused = r;
        return proof->suppose & LUCI_LACKS_PROOF ? AUTHZ_GRANTED : AUTHZ_DENIED;
    case LUCI_NOT_FOUND:
    case LUCI_EXPIRED:
    case LUCI_CONFLICT:
    case LUCI_INVALID:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    proof->undecided = r;
    return AUTHZ_GENERAL_ERROR;
}

static authz_status check(request_rec *r, const char *line, const void *parsed)
{
    const rule_t *rule = parsed;
    const luci_user_t *user = luci_state_user(r);
    const luci_session_t *session;

    (void)line;
    if (!r->user)
        return AUTHZ_DENIED_NO_USER;
    if (!user || !*r->user)
        return AUTHZ_DENIED;
    if (user == luci_basic_user(luci_state_root(r)))
        return luci_basic_is_app_password(luci_state_root(r)) ? AUTHZ_DENIED : AUTHZ_GRANTED;
    session = session_of(r, user);
    if (!session)
        return AUTHZ_DENIED;
    return judge(r, session, rule->within ? rule->within : luci_config_server(r->server)->freshness);
}

const authz_provider luci_gate_fresh = { check, parse };
