/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/gate/notes.h"

#include "httpd/gate/basic.h"
#include "httpd/request/validation.h"

#include <apr_strings.h>

typedef struct {
    const char *user;
    const char *user_id;
    const char *session;
} who_t;

/* The last event comes first: a request that signs in may have come with another session, or with none. user
 * was proved by HTTP Basic; NULL: none. */
static who_t who_is(const luci_state_t *state, const luci_user_t *user)
{
    const luci_event_t *event = &state->last.event;
    const luci_session_t *session = luci_validated_session(state);

    if (state->last.is_set && event->reason == LUCI_REASON_NONE && event->account)
        return (who_t){ event->account, event->user_id, event->session };
    if (session)
        return (who_t){ session->user.username, session->user.id, session->tag };
    if (user)
        return (who_t){ user->username, user->id, NULL };
    return (who_t){ 0 };
}

static void set_note(apr_table_t *notes, const char *name, const char *value)
{
    if (value && *value)
        apr_table_addn(notes, name, value); /* cheaper than a replacement, and no other module sets these */
}

static void set_notes(apr_table_t *notes, const who_t *who, const luci_state_t *state)
{
    set_note(notes, "luciauth-user", who->user);
    set_note(notes, "luciauth-user-id", who->user_id);
    set_note(notes, "luciauth-session", who->session);
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
    who_t who;

    if (!state)
        return DECLINED;
    who = who_is(state, luci_basic_user(r));
    if (!who.user && !state->last.is_set)
        return DECLINED;
    while (last->next)
        last = last->next;
    set_notes(r->notes, &who, state);
    if (last != r)
        set_notes(last->notes, &who, state);
    return DECLINED;
}
