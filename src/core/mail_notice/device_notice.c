/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mail_notice/device_notice.h"

#include "core/db/device_notice_table.h"
#include "core/db/session_table.h"
#include "core/email/email.h"

/* What is known of an account. */
typedef struct {
    int is_found; /* 0: no sign-in was seen yet */
    luci_ms_t since;
    int notices;
} seen_t;

enum { COLUMN_SINCE, COLUMN_NOTICES };

static luci_result_t read_seen(luci_db_t *db, const luci_user_t *user, seen_t *seen, apr_pool_t *scratch)
{
    const char *const *row;
    luci_result_t result =
        luci_db_select(db, &luci_sql_device_notice_get, LUCI_ARGUMENTS({ "user", user->id }), &row, scratch);

    *seen = (seen_t){ .is_found = result == LUCI_OK };
    if (result != LUCI_OK)
        return result == LUCI_NOT_FOUND ? LUCI_OK : result;
    seen->since = luci_sql_to_number(row[COLUMN_SINCE], 0);
    seen->notices = (int)luci_sql_to_number(row[COLUMN_NOTICES], 0);
    return LUCI_OK;
}

/* An account that is older than the table has a session, perhaps. */
static luci_result_t has_session(luci_db_t *db, const luci_user_t *user, int *has, apr_pool_t *scratch)
{
    const char *const *row;
    luci_result_t result = luci_db_finds_sessions(db, has, scratch);

    if (result != LUCI_OK || !*has)
        return result;
    result =
        luci_db_select(db, &luci_sql_sessions_count, LUCI_ARGUMENTS({ "user", user->id }), &row, scratch);
    *has = result == LUCI_OK && luci_sql_to_number(row[0], 0) > 0;
    return result;
}

/* *is_first: no earlier sign-in is known. */
static luci_result_t begin(luci_db_t *db, const luci_device_sign_in_t *sign_in, seen_t *seen, int *is_first,
                           apr_pool_t *scratch)
{
    int changed, has = 0;
    luci_result_t result = LUCI_OK;

    if (!sign_in->is_known)
        result = has_session(db, sign_in->user, &has, scratch);
    *is_first = !has;
    *seen = (seen_t){ .is_found = 1, .since = sign_in->now };
    return result == LUCI_OK
               ? luci_db_execute(db, &luci_sql_device_notice_insert,
                                 LUCI_ARGUMENTS({ "user", sign_in->user->id },
                                                { "now", luci_sql_number(sign_in->now, scratch) }),
                                 &changed, scratch)
               : result;
}

/* A period that begins in the future, by a clock that was wrong, counts as over. */
static int is_over(const seen_t *seen, luci_ms_t now)
{
    return now - seen->since >= LUCI_DEVICE_NOTICES_PERIOD || seen->since > now;
}

static luci_result_t tell(luci_db_t *db, const luci_settings_t *settings,
                          const luci_device_sign_in_t *sign_in, seen_t *seen, apr_pool_t *scratch)
{
    luci_mail_notice_t notice = {
        .event = LUCI_EVENT_SIGN_IN, .user = sign_in->user, .origin = sign_in->origin, .now = sign_in->now
    };
    int changed;
    luci_result_t result;

    if (is_over(seen, sign_in->now))
        *seen = (seen_t){ .is_found = 1, .since = sign_in->now };
    if (seen->notices >= LUCI_DEVICE_NOTICES_MAX)
        return LUCI_OK;
    seen->notices++;
    notice.is_last = seen->notices == LUCI_DEVICE_NOTICES_MAX;
    result = luci_db_execute(db, &luci_sql_device_notice_set,
                             LUCI_ARGUMENTS({ "user", sign_in->user->id },
                                            { "since", luci_sql_number(seen->since, scratch) },
                                            { "notices", luci_sql_number(seen->notices, scratch) }),
                             &changed, scratch);
    return result == LUCI_OK ? luci_mail_notice_queue(db, settings, &notice, scratch) : result;
}

/* Accounts without an address are remembered as well, because they may get one. */
static int has_address(const luci_settings_t *settings, const luci_user_t *user, apr_pool_t *scratch)
{
    const char *address;

    return luci_email_verified(user, settings, &address, scratch) == LUCI_OK;
}

luci_result_t luci_device_notice(luci_db_t *db, const luci_settings_t *settings,
                                 const luci_device_sign_in_t *sign_in, apr_pool_t *scratch)
{
    seen_t seen;
    int found = 0, is_first = 0;
    luci_result_t result = LUCI_OK;

    if (luci_mail_notice_is_wanted(settings, LUCI_MAIL_NOTICE_DEVICE))
        result = luci_db_has_table(db, &luci_table_device_notice, &found);
    if (result != LUCI_OK || !found)
        return result;
    result = read_seen(db, sign_in->user, &seen, scratch);
    if (result == LUCI_OK && !seen.is_found)
        result = begin(db, sign_in, &seen, &is_first, scratch);
    if (result != LUCI_OK || sign_in->is_known || is_first || !has_address(settings, sign_in->user, scratch))
        return result;
    return tell(db, settings, sign_in, &seen, scratch);
}
