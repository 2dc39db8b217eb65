/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/adopt_guard.h"

#include "httpd/base/httpd_log.h"
#include "httpd/request/state.h"

#include <apr_optional.h>
#include <apr_strings.h>
#include <http_log.h>

#include <string.h>

APLOG_USE_MODULE(luciauth);

#define SSL "SSL_"

/* mod_ssl has it, which need not be loaded. */
APR_DECLARE_OPTIONAL_FN(char *, ssl_var_lookup,
                        (apr_pool_t *, server_rec *, conn_rec *, request_rec *, char *));

static const char *filled(const char *value)
{
    return value && *value ? value : NULL;
}

/* ---- Variables ---- */

/* As mod_ssl itself knows it of this connection, whatever SetEnvIf says. */
static const char *ssl_variable(request_rec *r, const char *name)
{
    APR_OPTIONAL_FN_TYPE(ssl_var_lookup) *look = APR_RETRIEVE_OPTIONAL_FN(ssl_var_lookup);

    return look ? filled(look(r->pool, r->server, r->connection, r, apr_pstrdup(r->pool, name))) : NULL;
}

/* GENEROUS and NONE are no proof. */
static int has_client_certificate(request_rec *r)
{
    const char *verified = ssl_variable(r, SSL "CLIENT_VERIFY");

    return verified && strcmp(verified, "SUCCESS") == 0;
}

/* httpd's environment knows no case. */
static int is_of_ssl(const char *name)
{
    return ap_cstr_casecmpn(name, SSL, strlen(SSL)) == 0;
}

static const char *variable(request_rec *r, const char *name)
{
    if (!name)
        return NULL;
    if (ap_cstr_casecmp(name, "REMOTE_USER") == 0)
        return filled(r->user);
    if (is_of_ssl(name))
        return has_client_certificate(r) ? ssl_variable(r, name) : NULL;
    return filled(apr_table_get(r->subprocess_env, name));
}

/* ---- The guard ---- */

/* What is missing, as a part of a log line; NULL: nothing. */
static const char *lack_of_guard(request_rec *r, const luci_adopt_t *adopt)
{
    if (is_of_ssl(adopt->id))
        return has_client_certificate(r)
                   ? NULL
                   : "SSL_CLIENT_VERIFY is not SUCCESS; write SSLVerifyClient require into this section";
    if (!filled(r->user) || !filled(r->ap_auth_type))
        return "no module has identified a user; write its AuthType and Require valid-user into this section";
    if (ap_cstr_casecmp(r->ap_auth_type, "Lucia") == 0 || luci_state_user(r))
        return "mod_luciauth itself has identified the user; write the AuthType or the provider of another "
               "module into this section";
    return NULL;
}

/* Each request of anyone would write the line. */
static luci_result_t refuse(request_rec *r, const char *lack)
{
    if (luci_httpd_log_topic_due(LUCI_TOPIC_ADOPT_GUARD, apr_pstrcat(r->pool, r->uri, " ", lack, NULL)))
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "LUCI0802: luciauth-adopt refuses %s: %s", r->uri, lack);
    return LUCI_DENIED;
}

luci_result_t luci_adopt_guard_read(request_rec *r, const luci_adopt_t *adopt, luci_adopt_person_t *person)
{
    const char *lack = lack_of_guard(r, adopt);

    if (lack)
        return refuse(r, lack);
    *person = (luci_adopt_person_t){ variable(r, adopt->id), variable(r, adopt->username),
                                     variable(r, adopt->email) };
    return person->id
               ? LUCI_OK
               : refuse(r, apr_pstrcat(r->pool, "the variable ", adopt->id,
                                       " of LuciaAdopt is not set; compare it with the variables that the "
                                       "other module sets",
                                       NULL));
}

int luci_adopt_guard_is_pushed(request_rec *r)
{
    if (luci_state_of(r)->authorization)
        return 1;
    return r->ap_auth_type && ap_cstr_casecmp(r->ap_auth_type, "openid-connect") != 0;
}

int luci_adopt_guard_is_ticket(request_rec *r)
{
    const char *authorization = luci_state_of(r)->authorization;

    return authorization && ap_cstr_casecmpn(authorization, "Negotiate ", strlen("Negotiate ")) == 0;
}
