/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/attribute_change.h"

#include "core/auth/auth_int.h"
#include "core/auth/own_account.h"
#include "core/base/text.h"

typedef struct {
    luci_attribute_change_t *change;
    const luci_settings_t *settings;
    luci_user_value_t *values; /* those that are written */
    int *numbers;              /* of each in change->values */
    int count;
} writing_t;

/* ---- The transaction ---- */

/* The value of a column after the change. */
static const char *new_value(const writing_t *writing, const char *column, const char *old)
{
    for (int i = 0; i < writing->count; i++) {
        if (strcmp(writing->values[i].column, column) == 0)
            return writing->values[i].value;
    }
    return old;
}

static void set_user(writing_t *writing, const luci_user_t *user, apr_pool_t *pool)
{
    const apr_array_header_t *names = writing->settings->attributes;
    const char **attributes = apr_pcalloc(pool, sizeof *attributes * (apr_size_t)(names->nelts + 2));

    for (int i = 0; i < names->nelts; i++)
        attributes[i] = new_value(writing, APR_ARRAY_IDX(names, i, const char *), user->attributes[i]);
    attributes[names->nelts] = luci_user_groups(user, writing->settings);
    writing->change->user = *user;
    writing->change->user.attributes = attributes;
}

/* Notes the values that differ from the user's. A transaction may run twice. UNAVAILABLE: there is no column.
 */
static luci_result_t compare(writing_t *writing, const luci_user_t *user)
{
    const apr_array_header_t *editable = writing->settings->editable;

    writing->count = 0;
    for (int i = 0; i < editable->nelts; i++) {
        const char *column = APR_ARRAY_IDX(editable, i, luci_asked_attribute_t).name;
        const char *value = writing->change->values[i];

        if (!value)
            continue;
        if (luci_user_lacks(user, writing->settings, column))
            return LUCI_UNAVAILABLE;
        value = *value ? value : NULL;
        if (luci_text_is_same(value, luci_user_attribute(user, writing->settings, column)))
            continue;
        writing->values[writing->count] = (luci_user_value_t){ column, value };
        writing->numbers[writing->count++] = i;
    }
    return LUCI_OK;
}

static luci_result_t write_each(luci_db_t *db, const writing_t *writing, const char *id, apr_pool_t *pool)
{
    luci_result_t result = LUCI_OK;

    for (int i = 0; i < writing->count && result == LUCI_OK; i++) {
        writing->change->refused = writing->numbers[i];
        result = luci_db_change_column(db, id, writing->values[i].column, writing->values[i].value, pool);
    }
    return result;
}

static luci_result_t write_values(luci_db_t *db, void *baton, const luci_user_t *user, apr_pool_t *pool)
{
    writing_t *writing = baton;
    luci_result_t result = compare(writing, user);

    if (result == LUCI_OK)
        result = write_each(db, writing, user->id, pool);
    if (result == LUCI_OK)
        set_user(writing, user, pool);
    return result;
}

/* OK: another user has one of the values, and change->refused is its number. */
static luci_result_t find_taken(luci_db_t *db, const writing_t *writing, apr_pool_t *scratch)
{
    const char *id = writing->change->session->user.id;
    luci_result_t result = LUCI_NOT_FOUND;

    for (int i = 0; i < writing->count && result == LUCI_NOT_FOUND; i++) {
        writing->change->refused = writing->numbers[i];
        if (writing->values[i].value)
            result = luci_db_find_value(db, id, writing->values[i].column, writing->values[i].value, scratch);
    }
    return result;
}

/* Not every engine says that it was a value that must be unique. */
static luci_result_t explain(luci_db_t *db, void *baton, luci_result_t result, apr_pool_t *pool)
{
    if (result != LUCI_UNAVAILABLE && result != LUCI_CONFLICT)
        return result;
    return find_taken(db, baton, pool) == LUCI_OK ? LUCI_CONFLICT : LUCI_UNAVAILABLE;
}

/* *is_same: there was nothing to write. */
static luci_result_t write_all(const luci_auth_t *auth, luci_attribute_change_t *change, int *is_same,
                               apr_pool_t *pool)
{
    apr_size_t count = (apr_size_t)auth->settings->editable->nelts + 1;
    writing_t writing = { .change = change,
                          .settings = auth->settings,
                          .values = apr_pcalloc(pool, sizeof *writing.values * count),
                          .numbers = apr_pcalloc(pool, sizeof *writing.numbers * count) };
    luci_own_account_t own = { .session = change->session,
                               .now = change->request.now,
                               .write = write_values,
                               .explain = explain,
                               .baton = &writing,
                               .event = LUCI_EVENT_USER_SET };
    luci_result_t result = luci_own_account_change(auth, &own, pool);

    *is_same = result == LUCI_OK && writing.count == 0;
    return result;
}

/* ---- The use case ---- */

/* Only values that are taken count, so that a user may change the own ones as often as wanted. */
static luci_result_t write_counted(const luci_auth_t *auth, luci_attribute_change_t *change, int *is_same,
                                   apr_pool_t *pool)
{
    luci_attempt_t *attempt = change->request.attempt;
    luci_result_t result =
        attempt ? luci_throttle_look_sign_up(auth->throttle, luci_auth_begin_attempt(&change->request), pool)
                : LUCI_OK;

    if (result != LUCI_OK)
        return result;
    result = write_all(auth, change, is_same, pool);
    if (result != LUCI_CONFLICT || !attempt)
        return result;
    result = luci_throttle_sign_up(auth->throttle, attempt, pool);
    return result == LUCI_OK ? luci_auth_end_attempt(auth, &change->request, LUCI_CONFLICT, pool) : result;
}

luci_result_t luci_attribute_change(const luci_auth_t *auth, luci_attribute_change_t *change,
                                    apr_pool_t *pool)
{
    luci_event_t event = { .kind = LUCI_EVENT_USER_SET, .at = change->request.now };
    int is_same = 0;
    luci_result_t result = write_counted(auth, change, &is_same, pool);

    event.reason = luci_own_account_reason(result, LUCI_REASON_INTERNAL, LUCI_REASON_VALUE_TAKEN);
    if (!is_same)
        luci_auth_report(auth, &event, &change->session->user, change->session);
    return result;
}
