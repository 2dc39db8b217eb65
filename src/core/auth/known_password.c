/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/known_password.h"

#include <string.h>

luci_local_key_t luci_known_password_key(const luci_auth_t *auth, const luci_auth_request_t *request,
                                         apr_pool_t *scratch)
{
    const char *address = request->client.address ? request->client.address : "";
    size_t place = strlen(address) + 1, name = strlen(request->username) + 1,
           secret = strlen(request->password);
    char *text = apr_palloc(scratch, place + name + secret);
    luci_local_key_t key;

    memcpy(text, address, place);
    memcpy(text + place, request->username, name);
    memcpy(text + place + name, request->password, secret);
    key = luci_local_cache_key(&auth->known->local, text, place + name + secret);
    luci_secret_wipe(text, place + name + secret);
    return key;
}

/* Whether the throttle treats the request as any other of its address. */
static int is_common(const luci_auth_t *auth, const luci_auth_request_t *request)
{
    return auth->known && auth->known->local.table && request->attempt && !request->attempt->device;
}

luci_result_t luci_known_password_find(const luci_auth_t *auth, const luci_auth_request_t *request,
                                       luci_user_t *user, apr_pool_t *pool)
{
    luci_local_content_t found;

    if (!is_common(auth, request) ||
        luci_local_cache_find(&auth->known->local, &request->known, &found, pool) != LUCI_OK ||
        request->now < found.read_at || request->now >= found.until)
        return LUCI_NOT_FOUND;
    *user = found.session.user;
    return LUCI_OK;
}

apr_uint32_t luci_known_password_changes(const luci_auth_t *auth)
{
    return auth->known ? luci_change_counters_all(auth->known->local.counters) : 0;
}

static luci_ms_t end_of(const luci_known_passwords_t *known, const luci_right_password_t *right,
                        luci_ms_t now)
{
    luci_ms_t end = now + known->ttl, expiry = right->user->disabled_from;

    if (right->until < end)
        end = right->until;
    return expiry != 0 && expiry < end ? expiry : end;
}

void luci_known_password_keep(const luci_auth_t *auth, const luci_auth_request_t *request,
                              const luci_right_password_t *right, apr_pool_t *scratch)
{
    const luci_known_passwords_t *known = auth->known;
    luci_local_content_t content = { .session.user = *right->user, .read_at = request->now };
    luci_local_entry_t entry = { .key = request->known,
                                 .content = &content,
                                 .values = luci_settings_values(auth->settings) };
    unsigned char key[LUCI_SHA256_BYTES];

    if (!is_common(auth, request) || luci_user_counter_key(right->user->id, key) != LUCI_OK)
        return;
    content.until = end_of(known, right, request->now);
    luci_change_watch_add(&entry.watch, key, luci_change_counter(known->local.counters, key));
    if (luci_throttle_watch(auth->throttle, request->attempt, request->key_id, &entry.watch, scratch) !=
        LUCI_OK)
        return;
    if (luci_known_password_changes(auth) == right->changes)
        luci_local_cache_keep(&known->local, &entry);
}

void luci_known_password_forget(const luci_auth_t *auth, const char *user_id)
{
    unsigned char key[LUCI_SHA256_BYTES];

    if (auth->known && luci_user_counter_key(user_id, key) == LUCI_OK)
        luci_change_counter_move(auth->known->local.counters, key);
}
