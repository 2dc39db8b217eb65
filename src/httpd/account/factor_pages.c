/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/factor_pages.h"

#include "core/web/template.h"

#include <apr_strings.h>

#define CODES_PAGE "recovery-codes.html"
#define CODES "recovery_codes"

int luci_factor_pages_are_on(const luci_server_config_t *config)
{
    return config->settings.second_factor != LUCI_SECOND_FACTOR_OFF;
}

const char *luci_factor_pages_url(const luci_endpoint_request_t *request, const char *below)
{
    const char *url = request->urls->factors;

    return url ? apr_pstrcat(request->r->pool, url, below, NULL) : NULL;
}

apr_table_t *luci_factor_pages_values(const luci_endpoint_request_t *request, const char *below)
{
    apr_table_t *values = luci_own_page_values(request, luci_factor_pages_url(request, below));
    const char *sessions = request->urls->sessions, *factors = request->urls->factors;

    apr_table_setn(values, "factors_url", factors ? factors : request->urls->account);
    apr_table_setn(values, "sessions_url", sessions ? sessions : "");
    return values;
}

static json_t *codes_json(const luci_recovery_codes_t *codes)
{
    json_t *list = json_array();

    for (int i = 0; list && i < LUCI_RECOVERY_CODES; i++) {
        if (json_array_append_new(list, json_string(codes->text[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list ? json_pack("{s:o}", CODES, list) : NULL;
}

int luci_factor_pages_send_codes(luci_endpoint_request_t *request, const luci_recovery_codes_t *codes,
                                 const char *next)
{
    apr_table_t *values;

    if (request->as_json)
        return luci_reply_json(request->r, HTTP_OK, codes_json(codes));
    values = luci_factor_pages_values(request, "");
    for (int i = 0; i < LUCI_RECOVERY_CODES; i++)
        luci_template_set_row(values, CODES, i, "code", codes->text[i]);
    apr_table_setn(values, "next_url", next ? next : apr_table_get(values, "factors_url"));
    return luci_reply_page(request->r, HTTP_OK, CODES_PAGE, values);
}
