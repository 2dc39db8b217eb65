/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/gate/notes.h"

#include "httpd/gate/basic.h"
#include "httpd/request/validation.h"

#include <apr_strings.h>

typedef struct {
    const char *user;
    const char *user_id;
    const char *session;
} identity_t;

/* The user of a request. A successful event takes precedence, because a request that signs in may have sent
 * another session, or none. user is that of HTTP Basic; NULL: none. */
static identity_t identity_of(const luci_state_t *state, const luci_user_t *user)
{
    const luci_event_t *event = &state->last.event;
    const luci_session_t *session = luci_validated_session(state);

    if (state->last.is_set && event->reason == LUCI_REASON_NONE && event->account)
        return (identity_t){ event->account, event->user_id, event->session };
    if (session)
        return (identity_t){ session->user.username, session->user.id, session->tag };
    if (user)
        return (identity_t){ user->username, user->id, NULL };
    return (identity_t){ 0 };
}

static void set_note(apr_table_t *notes, const char *name, const char *value)
{
    if (value && *value)
        apr_table_addn(notes, name, value); /* Faster than apr_table_setn; no other module sets these. */
}

static void set_notes(apr_table_t *notes, const identity_t *identity, const luci_state_t *state)
{
    set_note(notes, "luciauth-user", identity->user);
    set_note(notes, "luciauth-user-id", identity->user_id);
    set_note(notes, "luciauth-session", identity->session);
    if (!state->last.is_set)
        return;
    set_note(notes, "luciauth-event", luci_event_name(state->last.event.kind));
    if (state->last.event.reason != LUCI_REASON_NONE)
        set_note(notes, "luciauth-reason", luci_reason_name(state->last.event.reason));
}

/* Access logs read the notes of the client's request or of its last internal redirect. */
int luci_notes_set(request_rec *r)
{
    const luci_state_t *state = luci_state_begun(r);
    request_rec *last = r;
    identity_t identity;

    if (!state)
        return DECLINED;
    identity = identity_of(state, luci_basic_user(r));
    if (!identity.user && !state->last.is_set)
        return DECLINED;
    while (last->next)
        last = last->next;
    set_notes(r->notes, &identity, state);
    if (last != r)
        set_notes(last->notes, &identity, state);
    return DECLINED;
}
