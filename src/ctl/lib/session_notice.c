/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/lib/session_notice.h"

#include "core/base/secret.h"
#include "core/session/session_list.h"
#include "ctl/cli/say.h"
#include "ctl/lib/control_client.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

/* Sessions in one command: its line stays below LUCI_CONTROL_LINE_MAX of the server. */
#define AT_ONCE 50

static void ignore_line(void *baton, json_t *object)
{
    (void)baton;
    (void)object;
}

static void tell(luci_invocation_t *call, const luci_ctl_database_t *database,
                 const apr_array_header_t *hexes)
{
    const char *path = database->config.control;

    for (int i = 0; path && i < hexes->nelts; i += AT_ONCE) {
        int count = hexes->nelts - i < AT_ONCE ? hexes->nelts - i : AT_ONCE, done;
        apr_array_header_t part = *hexes;
        luci_control_question_t question = { path, NULL, ignore_line, NULL, call->pool, 1 };

        part.elts = (char *)((const char **)hexes->elts + i);
        part.nelts = count;
        question.command =
            apr_pstrcat(call->pool, "session-forget\t", apr_array_pstrcat(call->pool, &part, ','), NULL);
        if (luci_control_ask(&question, &done) != LUCI_EXIT_DONE) {
            luci_say_note("The change is done; the server notices it within LuciaSessionCacheTTL.");
            return;
        }
    }
}

void luci_session_notice_ended(luci_invocation_t *call, const luci_ctl_database_t *database,
                               const apr_array_header_t *stored_ids)
{
    apr_array_header_t *hexes = apr_array_make(call->pool, stored_ids->nelts + 1, sizeof(const char *));

    for (int i = 0; i < stored_ids->nelts; i++) {
        char *hex = apr_palloc(call->pool, LUCI_SHA256_HEX + 1);

        if (luci_session_list_digest(APR_ARRAY_IDX(stored_ids, i, const char *), hex) == LUCI_OK)
            APR_ARRAY_PUSH(hexes, const char *) = hex;
    }
    tell(call, database, hexes);
}

static int note_session(void *baton, const luci_listed_session_t *session, apr_pool_t *scratch)
{
    apr_array_header_t *stored_ids = baton;

    (void)scratch;
    APR_ARRAY_PUSH(stored_ids, const char *) = apr_pstrdup(stored_ids->pool, session->stored_id);
    return 1;
}

void luci_session_notice_changed(luci_invocation_t *call, luci_ctl_database_t *database, const char *user_id)
{
    apr_array_header_t *stored_ids = apr_array_make(call->pool, 8, sizeof(const char *));
    luci_session_list_t list = { user_id, apr_time_as_msec(apr_time_now()), note_session, stored_ids };

    if (!database->config.control)
        return;
    if (luci_session_list(database->db, &list, call->pool) != LUCI_OK) {
        luci_say_note("The change is done; the server notices it within LuciaSessionCacheTTL, because the "
                      "user's sessions cannot be read: %s",
                      luci_db_error(database->db));
        return;
    }
    luci_session_notice_ended(call, database, stored_ids);
}
