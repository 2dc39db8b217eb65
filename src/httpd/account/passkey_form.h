/* SPDX-License-Identifier: Apache-2.0 */
/* What the pages with passkeys share: forms that the script passkey.js fills in, from what is in their data-
 * attributes. */
#ifndef LUCI_PASSKEY_FORM_H
#define LUCI_PASSKEY_FORM_H

#include "core/passkey/challenge.h"
#include "core/passkey/passkey.h"
#include "httpd/account/endpoint.h"
#include "httpd/request/reply.h"

#define LUCI_PASSKEY_SCRIPT "passkey.js" /* its path below LuciaMount */
#define LUCI_PASSKEY_BODY_MAX 16384      /* bytes; a credential id alone may have 1,364 characters */

/* The fields of an answer, which are the script's to fill in; a form has fewer or more. */
#define LUCI_PASSKEY_FIELDS                                                                                  \
    { "token", LUCI_FORM_TEXT }, { "id", LUCI_FORM_TEXT }, { "client_data", LUCI_FORM_TEXT },                \
    {                                                                                                        \
        "authenticator_data", LUCI_FORM_TEXT                                                                 \
    }

/* 1 if the server has LuciaPasskeys. */
int luci_passkey_form_is_on(const luci_server_config_t *config);

/* The relying party of this request. 0: passkeys cannot be used, because of the host or the scheme, which the
 * log says. */
int luci_passkey_form_party(request_rec *r, luci_relying_party_t *party);

/* A challenge for a page or for JSON. */
typedef struct {
    luci_relying_party_t party;
    luci_challenge_t challenge;
    const char *verification; /* "required", or what the caller replaces it by */
} luci_passkey_offer_t;

/* Makes one. user_id "": the user is not known. NOT_FOUND: passkeys cannot be used. INTERNAL. */
luci_result_t luci_passkey_form_offer(const luci_endpoint_request_t *request,
                                      luci_challenge_purpose_t purpose, const char *user_id,
                                      luci_passkey_offer_t *offer) LUCI_MUST_USE;

/* Sets the values of a page with an offer, and lets the page load the script. */
void luci_passkey_form_set(const luci_endpoint_request_t *request, const luci_passkey_offer_t *offer,
                           apr_table_t *values);

/* The same as an object: what is the same for both ceremonies; a new reference. */
json_t *luci_passkey_form_json(const luci_passkey_offer_t *offer);

/* The credential ids of a user's passkeys, separated by blanks, from r->pool. BUSY, UNAVAILABLE, INTERNAL. */
luci_result_t luci_passkey_form_ids(const luci_endpoint_request_t *request, const char *user_id,
                                    const char **ids) LUCI_MUST_USE;
const char *luci_passkey_form_join(const apr_array_header_t *passkeys, apr_pool_t *pool);

/* The answer in the fields of a form. INVALID: one is not base64url. */
luci_result_t luci_passkey_form_read(const luci_endpoint_request_t *request,
                                     luci_passkey_answer_t *answer) LUCI_MUST_USE;

/* Logs what is wrong with an answer. */
void luci_passkey_form_log(request_rec *r, luci_passkey_fault_t fault);

#endif
