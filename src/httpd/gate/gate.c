/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/gate/gate.h"

#include "core/config/directive_types.h"
#include "core/email/email.h"
#include "core/web/url.h"
#include "httpd/account/mount.h"
#include "httpd/gate/basic.h"
#include "httpd/gate/bearer.h"
#include "httpd/gate/forward.h"
#include "httpd/gate/proofs.h"
#include "httpd/gate/identity.h"
#include "httpd/gate/rules.h"
#include "httpd/request/lack.h"
#include "httpd/request/reply.h"
#include "httpd/request/request.h"
#include "httpd/request/state.h"
#include "httpd/request/validation.h"
#include "httpd/request/way_back.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_request.h>

APLOG_USE_MODULE(luciauth);

#define ANONYMOUS "" /* r->user of an admitted anonymous request; fixups makes it NULL */

static int is_anonymous(const request_rec *r)
{
    return r->user && !*r->user;
}

static int admit_anonymous(request_rec *r)
{
    r->user = apr_pstrdup(r->pool, ANONYMOUS);
    return OK;
}

/* What a request lacks: a session, or a proof, a factor or an address of its holder; and the page where the
 * user gives it. */
typedef struct {
    int status;
    luci_message_t message;
    const char *url;       /* NULL: none is known */
    const char *url_value; /* of unauthorized.html */
} lack_t;

static int redirect_to(request_rec *r, const char *url)
{
    const char *link = luci_way_back_link(r, url, luci_way_back_requested(r));

    if (!r->main)
        return luci_reply_redirect(r, link);
    apr_table_setn(r->headers_out, "Location",
                   luci_url_location(link, r->pool)); /* the main request sends it */
    return HTTP_MOVED_TEMPORARILY;
}

/* The URL of that page in another tab, which ends at a page that asks to return to this one. If sign-in is on
 * another origin, the plain URL, because nothing is known about its pages. */
static const char *url_beside(request_rec *r, const char *url)
{
    const char *login = luci_state_urls(r)->login, *done;

    if (*login != '/' || strchr(login, '#'))
        return url;
    done = apr_pstrcat(r->pool, login, strchr(login, '?') ? "&" : "?", LUCI_REPLY_TAB "=1", NULL);
    return luci_way_back_link(r, url, done);
}

/* Answers a form that was sent too late; the browser still has the typed text. */
static int page_too_late(request_rec *r, const lack_t *lack)
{
    apr_table_t *values = apr_table_make(r->pool, 8);

    apr_table_setn(values, "error", luci_reply_text(r, lack->message, NULL));
    apr_table_setn(values, lack->url_value, url_beside(r, lack->url));
    return luci_reply_page(r, lack->status, "unauthorized.html", values);
}

/* Whether this is mod_dir's subrequest for an index file: it makes one in the folder's fixups, before the
 * content begins, and passes a redirect on to the client. Other subrequests (a rule with -U, a listing, an
 * include) would treat a redirect as success. */
static int is_index_lookup(request_rec *r)
{
    const luci_state_t *state = luci_state_of(r);
    const request_rec *folder = r->main;

    return folder && folder->finfo.filetype == APR_DIR && state->indexing == folder &&
           state->content_of != folder;
}

/* Answers a request at the gate that lacks something. */
static int ask_for(request_rec *r, const lack_t *lack)
{
    luci_unauthenticated_t how = luci_config_dir(r)->unauthenticated;
    int is_read = luci_state_is_read(r);
    int is_person = luci_request_is_navigation(r);
    int redirects = lack->url && is_read &&
                    (how == LUCI_UNAUTHENTICATED_REDIRECT || (how == LUCI_UNAUTHENTICATED_AUTO && is_person));

    if (luci_forward_is(r))
        return luci_forward_ask(r, lack->url, redirects, &(luci_problem_t){ lack->status, lack->message, 0 });
    if (redirects && !luci_reply_is_error_document(r) && (!r->main || is_index_lookup(r)))
        return redirect_to(r, lack->url);
    if (r->main)
        return lack->status;
    if (lack->url && is_person && !is_read)
        return page_too_late(r, lack);
    return luci_reply_problem(r, &(luci_problem_t){ lack->status, lack->message, 0 },
                              is_person ? LUCI_REPLY_PAGE : LUCI_REPLY_JSON);
}

/* Answers an anonymous request at the gate. */
static int challenge(request_rec *r)
{
    return ask_for(r, &(lack_t){ HTTP_UNAUTHORIZED, LUCI_MESSAGE_UNAUTHORIZED, luci_state_urls(r)->login,
                                 "sign_in_url" });
}

static int ask_for_factor(request_rec *r)
{
    return ask_for(
        r, &(lack_t){ HTTP_UNAUTHORIZED, LUCI_MESSAGE_FACTOR, luci_state_urls(r)->factor, "confirm_url" });
}

/* With a session, 401 would have a script sign in again and again. */
static int ask_for_address(request_rec *r)
{
    return ask_for(
        r, &(lack_t){ HTTP_FORBIDDEN, LUCI_MESSAGE_UNVERIFIED, luci_state_urls(r)->email, "email_url" });
}

static int anonymous(request_rec *r, const luci_dir_config_t *dir)
{
    return dir->optional ? admit_anonymous(r) : challenge(r);
}

/* Answers an unsafe request whose cookie does not count because of its Origin. */
static int refuse_cross_site(request_rec *r)
{
    return luci_reply_problem(r, &(luci_problem_t){ HTTP_FORBIDDEN, LUCI_MESSAGE_CROSS_SITE, 0 },
                              LUCI_REPLY_AT_GATE);
}

static int admit_session(request_rec *r, const luci_session_t *session)
{
    luci_half_t half;
    luci_session_lack_t lack = luci_lack_of(r, session, &half);

    if (lack == LUCI_SESSION_WHOLE)
        return luci_identity_admit(r, &session->user);
    if (luci_config_dir(r)->optional)
        return admit_anonymous(r);
    return lack == LUCI_SESSION_HALF
               ? ask_for(r, &(lack_t){ HTTP_UNAUTHORIZED, half.message, half.url, "confirm_url" })
               : ask_for_address(r);
}

/* A request with an id that no session has. */
static int authenticate_app(request_rec *r, const char *id)
{
    const luci_user_t *user;
    luci_result_t result = luci_bearer_user(r, id, &user);

    if (result == LUCI_OK)
        return luci_identity_admit(r, user);
    return result == LUCI_NOT_FOUND ? anonymous(r, luci_config_dir(r)) : luci_identity_undecided(r, result);
}

static int authenticate_session(request_rec *r)
{
    const luci_dir_config_t *dir = luci_config_dir(r);
    luci_route_t route = luci_route_of(r);
    const luci_session_t *session;
    luci_result_t result;
    const char *id;
    int refused, status = route.is_verifier ? luci_forward_begin(r) : OK;

    if (status != OK)
        return status;
    if (route.endpoint) { /* a gate never covers an endpoint, or signing in would be impossible */
        luci_state_mark_exempt(r);
        return admit_anonymous(r);
    }
    if (!luci_runtime_of(r))
        return luci_identity_undecided(r, LUCI_UNAVAILABLE);
    id = luci_validation_credential(r, &refused);
    if (refused && !dir->optional)
        return refuse_cross_site(r);
    if (!id)
        return anonymous(r, dir);
    result = luci_validate(r, id, &session);
    if (result == LUCI_OK)
        return admit_session(r, session);
    return result == LUCI_NOT_FOUND ? authenticate_app(r, id) : luci_identity_undecided(r, result);
}

/* Runs the hooks of a phase that come after ours, as if ours had declined. Those before ours have run already
 * and must not run twice (mod_ssl's FakeBasicAuth would treat its own header as forged). */
#define RUN_LATER(function, hook, ours)                                                                      \
    static int function(request_rec *r)                                                                      \
    {                                                                                                        \
        const apr_array_header_t *hooks = ap_hook_get_##hook();                                              \
        int i = 0, status = DECLINED;                                                                        \
                                                                                                             \
        while (i < hooks->nelts && APR_ARRAY_IDX(hooks, i, ap_LINK_##hook##_t).pFunc != (ours))              \
            i++;                                                                                             \
        for (i++; i < hooks->nelts && status == DECLINED; i++)                                               \
            status = APR_ARRAY_IDX(hooks, i, ap_LINK_##hook##_t).pFunc(r);                                   \
        return status;                                                                                       \
    }

RUN_LATER(run_later_access, access_checker_ex, luci_gate_access)
RUN_LATER(run_later_authn, check_user_id, luci_gate_authenticate)
RUN_LATER(run_later_authz, auth_checker, luci_gate_authorize)

/* mod_auth_basic answers 500 when a provider cannot decide (it declines if AuthBasicAuthoritative is Off);
 * the provider knows when that means 503 or 429. */
static int authenticate_basic(request_rec *r)
{
    int status;

    luci_basic_begin(r);
    status = run_later_authn(r);
    return luci_basic_end(r, status);
}

/* Runs the two phases that httpd runs where Require lines ask for a user. */
static int identify_and_judge(request_rec *r)
{
    int status = ap_run_check_user_id(r);

    if (status == OK)
        status = r->user ? ap_run_auth_checker(r) : DECLINED;
    return status == DECLINED ? HTTP_INTERNAL_SERVER_ERROR : status;
}

/* The verdict of the rules if each line that reads the identity asked for a user. */
static int judge_asking(request_rec *r, luci_rules_seen_t *seen)
{
    int status;

    seen->suppose_user = 1;
    status = run_later_access(r);
    seen->suppose_user = 0;
    return status;
}

/* For an anonymous request that the rules refuse although a line that reads the identity was satisfied, as
 * under "Require not expr": whether a user might have been admitted. */
static int depends_on_user(request_rec *r, luci_rules_seen_t *seen)
{
    return judge_asking(r, seen) != HTTP_FORBIDDEN;
}

/* Whether what run_later_access said is not final, because a line that reads the identity was judged before
 * authentication: a request with a session is judged again with its user, an anonymous one is asked to sign
 * in if that could change the verdict, and one whose session could not be looked up is answered with 503. */
static int needs_user(request_rec *r, luci_rules_seen_t *seen, int status)
{
    if (!seen->is_asked || (status != OK && status != HTTP_FORBIDDEN && !seen->is_undecided))
        return 0;
    return seen->is_known || seen->is_undecided ||
           (status == HTTP_FORBIDDEN && seen->is_granted && depends_on_user(r, seen));
}

/* The lines refuse the request of any user ("Require ip" beside "Require valid-user"), so that mod_authz_core
 * has not asked for one. A user is told the same as by luci_gate_authorize. */
static int refuse_anyone(request_rec *r)
{
    const luci_user_t *user;
    int status;

    if (r->main)
        return HTTP_FORBIDDEN;
    luci_state_of(r)->is_private = 1;
    status = luci_route_of(r).is_verifier ? luci_forward_begin(r) : OK;
    if (status != OK)
        return status;
    return luci_identity_look(r, &user) == LUCI_OK ? luci_reply_forbidden(r, user) : HTTP_FORBIDDEN;
}

/* Whether a module may force authentication (mod_authz_svn): it asks this phase whether the lines need a
 * user, which only DECLINED says, and httpd runs the phases of the user for it. */
static int may_be_forced(void)
{
    const apr_array_header_t *hooks = ap_hook_get_force_authn();

    return hooks && hooks->nelts > 0;
}

/* Runs the phases of the user, or leaves them to httpd. For httpd to run them, mod_authz_core has to decline
 * as well: it runs after this hook, with the lines still asking for a user. */
static int answer_for_user(request_rec *r, luci_rules_seen_t *seen)
{
    seen->suppose_user = luci_identity_is_gate(r) && may_be_forced() && judge_asking(r, seen) == DECLINED;
    return seen->suppose_user ? DECLINED : identify_and_judge(r);
}

int luci_gate_access(request_rec *r)
{
    int asks = luci_rules_ask_user(r), is_gate, status;
    luci_rules_seen_t *seen;

    if (!asks && !luci_rules_matter(r))
        return DECLINED;
    seen = luci_state_rules_seen(r);
    *seen = (luci_rules_seen_t){ 0 };
    status = run_later_access(r);
    is_gate = luci_identity_is_gate(r);
    if (needs_user(r, seen, status))
        return answer_for_user(r, seen);
    if (is_gate && status == DECLINED && !may_be_forced()) /* so that the lines are not judged again */
        return identify_and_judge(r);
    return is_gate && status == HTTP_FORBIDDEN && (asks || seen->is_asked) ? refuse_anyone(r) : status;
}

int luci_gate_authenticate(request_rec *r)
{
    if (luci_identity_is_gate(r)) {
        luci_state_mark_gated(r);
        luci_state_of(r)->is_private = 1; /* a refusal depends on the cookie, too */
        return authenticate_session(r);
    }
    if (!luci_config_dir(r)->basic.has_lucia || !luci_basic_is_gate(r) || !luci_runtime_of(r))
        return DECLINED;
    return authenticate_basic(r);
}

static int is_refusal(int status)
{
    return status == HTTP_UNAUTHORIZED || status == HTTP_FORBIDDEN;
}

/* Judges the lines as if they had what they lack. */
static int judge_supposing(request_rec *r, int lacking)
{
    int status;

    luci_proofs_suppose(r, lacking);
    status = run_later_authz(r);
    luci_proofs_suppose(r, 0);
    return status;
}

/* Judges the lines without a log. */
static int judge_silently(request_rec *r)
{
    const struct ap_logconf *log = r->log;
    struct ap_logconf *quiet = apr_pcalloc(r->pool, sizeof *quiet);
    int status;

    quiet->level = APLOG_EMERG;
    r->log = quiet;
    status = run_later_authz(r);
    r->log = log;
    return status;
}

#define ALL (LUCI_LACKS_PROOF | LUCI_LACKS_FACTOR)

/* mod_authz_core logs each refusal as an error, which it is not if the user is only led to a page to prove
 * something. So lines that may need a proof are first judged as if there were one, which logs other refusals.
 * Sets *lacking to what the user would be admitted with; 0: it would not help. */
static int judge_lines(request_rec *r, int *lacking)
{
    int status, proved;

    *lacking = 0;
    if (!luci_proofs_matter(r)) {
        status = run_later_authz(r);
        if (is_refusal(status) && luci_proofs_lacking(r) && judge_supposing(r, ALL) == OK)
            *lacking = luci_proofs_lacking(r);
        return status;
    }
    proved = judge_supposing(r, ALL);
    if (!luci_proofs_lacking(r))
        return proved;
    status = judge_silently(r);
    if (proved == OK)
        *lacking = luci_proofs_lacking(r);
    return status == OK || is_refusal(status) ? status : run_later_authz(r);
}

/* A factor comes first, unless a confirmation is enough. */
static int answer_refusal(request_rec *r, int lacking)
{
    if (is_anonymous(r))
        return challenge(r);
    if (lacking == ALL && judge_supposing(r, LUCI_LACKS_PROOF) == OK)
        lacking = LUCI_LACKS_PROOF;
    if (lacking & LUCI_LACKS_FACTOR)
        return ask_for_factor(r);
    if (lacking)
        return ask_for(r, &(lack_t){ HTTP_UNAUTHORIZED, LUCI_MESSAGE_CONFIRM, luci_state_urls(r)->confirm,
                                     "confirm_url" });
    return luci_reply_forbidden(r, luci_state_user(r));
}

int luci_gate_authorize(request_rec *r)
{
    int status, answered, lacking;

    if (!luci_state_is_gated(r))
        return DECLINED;
    if (luci_state_is_exempt(r))
        return OK;
    status = judge_lines(r, &lacking);
    if (status == OK)
        return OK;
    if (is_refusal(status))
        return answer_refusal(r, lacking);
    answered = luci_proofs_undecided(r);
    return answered == DECLINED ? status : answered;
}

typedef struct {
    const apr_array_header_t *words; /* the attribute's name, then the values that are admitted */
    authz_status unknown;            /* the answer where the attribute has no column */
} attribute_rule_t;

static const char *attribute_parse(cmd_parms *command, const char *line, const void **parsed)
{
    attribute_rule_t *rule = apr_palloc(command->pool, sizeof *rule);
    const char *problem =
        luci_rules_problem(command, apr_pstrcat(command->temp_pool, "lucia-attribute ", line, NULL));

    if (problem)
        return problem;
    rule->words = luci_words(line, command->pool);
    if (rule->words->nelts < 2)
        return "Require lucia-attribute: a NAME and at least one VALUE are needed";
    rule->unknown = luci_rules_refusal(command);
    luci_rules_note_user(command);
    *parsed = rule;
    return NULL;
}

/* With LuciaEmail, anyone may have typed an address that is not verified; and one that is verified is the
 * same in upper and lower case. */
static int has_address(const luci_user_t *user, const luci_settings_t *settings, const attribute_rule_t *rule)
{
    const char *value = luci_user_attribute(user, settings, LUCI_EMAIL_COLUMN);

    for (int i = 1; luci_email_is_proved(user, settings) && i < rule->words->nelts; i++) {
        if (strcasecmp(value, APR_ARRAY_IDX(rule->words, i, const char *)) == 0)
            return 1;
    }
    return 0;
}

static authz_status attribute_check(request_rec *r, const char *line, const void *parsed)
{
    const attribute_rule_t *rule = parsed;
    const luci_settings_t *settings = &luci_config_server(r->server)->settings;
    const luci_user_t *user = luci_state_user(r);
    const char *value, *name = APR_ARRAY_IDX(rule->words, 0, const char *);

    (void)line;
    if (!r->user)
        return AUTHZ_DENIED_NO_USER;
    if (!user || !*r->user)
        return AUTHZ_DENIED;
    if (luci_user_lacks(user, settings, name))
        return rule->unknown; /* The request is refused, even if the rule is negated. */
    if (luci_email_is_column(settings, name))
        return has_address(user, settings, rule) ? AUTHZ_GRANTED : AUTHZ_DENIED;
    value = luci_user_attribute(user, settings, name);
    for (int i = 1; value && i < rule->words->nelts; i++) {
        if (strcmp(value, APR_ARRAY_IDX(rule->words, i, const char *)) == 0)
            return AUTHZ_GRANTED;
    }
    return AUTHZ_DENIED;
}

const authz_provider luci_gate_attribute = { attribute_check, attribute_parse };
