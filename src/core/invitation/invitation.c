/* SPDX-License-Identifier: Apache-2.0 */
#include "core/invitation/invitation.h"

#include "core/db/invitation_table.h"

#include <apr_strings.h>
#include <limits.h>
#include <string.h>

int luci_invitation_is_formed(const char *text)
{
    return luci_secret_is_random_id(text, LUCI_INVITATION_LENGTH);
}

/* ---- The table ---- */

luci_result_t luci_invitation_has_table(luci_db_t *db, int *found)
{
    return luci_db_has(db, luci_probe_table(&luci_table_invitation), found);
}

/* NOT_FOUND: there is no table, and so no invitation. */
static luci_result_t need_table(luci_db_t *db)
{
    int found = 0;
    luci_result_t result = luci_invitation_has_table(db, &found);

    return result == LUCI_OK && !found ? LUCI_NOT_FOUND : result;
}

/* ---- In the queue of mails ---- */

const char *luci_invitation_detail(const luci_invitation_wanted_t *wanted, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%d %" APR_INT64_T_FMT " %s", wanted->uses,
                        (apr_int64_t)(wanted->expires - wanted->now), wanted->groups ? wanted->groups : "");
}

luci_result_t luci_invitation_from_detail(const char *detail, luci_invitation_wanted_t *wanted,
                                          apr_pool_t *pool)
{
    char *end;
    apr_int64_t uses = apr_strtoi64(detail, &end, 10), valid = *end == ' ' ? apr_strtoi64(end, &end, 10) : 0;

    if (uses < 1 || uses > INT_MAX || valid < 1 || valid > LUCI_TIMESTAMP_MAX || *end != ' ')
        return LUCI_INVALID;
    wanted->uses = (int)uses;
    wanted->expires = wanted->now + valid;
    wanted->groups = end[1] ? apr_pstrdup(pool, end + 1) : NULL;
    return LUCI_OK;
}

/* ---- Rows ---- */

static const char *in_lower_case(const char *address, apr_pool_t *pool)
{
    char *lower = apr_pstrdup(pool, address);

    for (char *c = lower; *c; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    }
    return lower;
}

static luci_result_t insert(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const luci_invitation_wanted_t *wanted = baton;
    const char *address = wanted->address ? in_lower_case(wanted->address, scratch) : NULL;
    int changed;
    luci_result_t result = LUCI_OK;

    if (address)
        result = luci_db_execute(db, &luci_sql_invitations_void, LUCI_ARGUMENTS({ "address", address }),
                                 &changed, scratch);
    return result == LUCI_OK
               ? luci_db_execute(db, &luci_sql_invitation_insert,
                                 LUCI_ARGUMENTS({ "id", wanted->id },
                                                { "uses", luci_sql_number(wanted->uses, scratch) },
                                                { "expires", luci_sql_number(wanted->expires, scratch) },
                                                { "groups", wanted->groups }, { "address", address },
                                                { "now", luci_sql_number(wanted->now, scratch) }),
                                 &changed, scratch)
               : result;
}

luci_result_t luci_invitation_make(luci_db_t *db, luci_invitation_wanted_t *wanted, apr_pool_t *scratch)
{
    luci_result_t result = luci_secret_random_id(wanted->text, LUCI_INVITATION_LENGTH);

    if (result == LUCI_OK)
        result = luci_secret_sha256_hex(wanted->text, LUCI_INVITATION_LENGTH, wanted->id);
    if (result == LUCI_OK)
        result = luci_db_transaction(db, insert, wanted, scratch);
    if (result != LUCI_OK)
        luci_secret_wipe(wanted->text, sizeof wanted->text);
    return result;
}

luci_result_t luci_invitation_find(luci_db_t *db, const char *text, luci_ms_t now,
                                   luci_invitation_t *invitation, apr_pool_t *pool)
{
    const char *const *row;
    luci_result_t result;

    if (!luci_invitation_is_formed(text))
        return LUCI_NOT_FOUND;
    result = need_table(db);
    if (result == LUCI_OK)
        result = luci_secret_sha256_hex(text, LUCI_INVITATION_LENGTH, invitation->id);
    if (result == LUCI_OK)
        result = luci_db_select(
            db, &luci_sql_invitation_get,
            LUCI_ARGUMENTS({ "id", invitation->id }, { "now", luci_sql_number(now, pool) }), &row, pool);
    if (result != LUCI_OK)
        return result;
    invitation->groups = row[0];
    invitation->address = row[1];
    return LUCI_OK;
}

/* One UPDATE decides which of several sign-ups gets the last use. */
luci_result_t luci_invitation_spend(luci_db_t *db, const luci_invitation_t *invitation, luci_ms_t now,
                                    apr_pool_t *scratch)
{
    int changed;
    luci_result_t result =
        luci_db_execute(db, &luci_sql_invitation_spend,
                        LUCI_ARGUMENTS({ "id", invitation->id }, { "now", luci_sql_number(now, scratch) }),
                        &changed, scratch);

    return result == LUCI_OK && changed != 1 ? LUCI_NOT_FOUND : result;
}

/* The ids that begin with a tag sort before the tag with a letter that no id has. */
luci_result_t luci_invitation_delete(luci_db_t *db, const char *tag, int *removed, apr_pool_t *scratch)
{
    luci_result_t result = need_table(db);

    *removed = 0;
    return result == LUCI_OK
               ? luci_db_execute(
                     db, &luci_sql_invitation_delete,
                     LUCI_ARGUMENTS({ "first", tag }, { "end", apr_pstrcat(scratch, tag, "g", NULL) }),
                     removed, scratch)
               : result;
}

luci_result_t luci_invitation_purge(luci_db_t *db, luci_ms_t now, apr_pool_t *scratch)
{
    int removed;
    luci_result_t result = need_table(db);

    if (result == LUCI_OK)
        result = luci_db_execute(db, &luci_sql_invitations_purge,
                                 LUCI_ARGUMENTS({ "now", luci_sql_number(now, scratch) }), &removed, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}
