/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations: made, found and spent; an expired or spent one is neither found nor spent. Specification:
 * S1.71, S1.72. */
#include "core/db/invitation_table.h"
#include "core/db/schema.h"
#include "core/invitation/invitation.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <string.h>

static apr_pool_t *pool;
static luci_settings_t settings;
static luci_db_t *db;

static luci_invitation_wanted_t make(int uses)
{
    luci_invitation_wanted_t wanted = { .uses = uses, .now = NOW, .expires = NOW + LUCI_MS_HOUR };

    wanted.groups = "admins,staff";
    tap_is_result(luci_invitation_make(db, &wanted, pool), LUCI_OK, "an invitation is made: %s",
                  luci_db_error(db));
    return wanted;
}

static void check_expiry(void)
{
    luci_invitation_wanted_t wanted = make(2);
    luci_invitation_t found;

    tap_is_result(luci_invitation_find(db, wanted.text, NOW, &found, pool), LUCI_OK,
                  "S1.71: an invitation is found by its token");
    tap_is_str(found.groups, "admins,staff", "S1.72: the groups of an invitation are found");
    tap_is_result(luci_invitation_find(db, wanted.id, NOW, &found, pool), LUCI_NOT_FOUND,
                  "S1.71: the stored id is no token");
    tap_is_result(luci_invitation_find(db, NULL, NOW, &found, pool), LUCI_NOT_FOUND, "no token is none");
    tap_is_result(luci_invitation_find(db, wanted.text, NOW + LUCI_MS_HOUR, &found, pool), LUCI_NOT_FOUND,
                  "S1.71: an expired invitation is not found");
    tap_is_result(luci_invitation_spend(db, &found, NOW + LUCI_MS_HOUR, pool), LUCI_NOT_FOUND,
                  "S1.71: an expired invitation is not spent");
    tap_is_result(luci_invitation_purge(db, NOW, pool), LUCI_OK, "a purge before the expiry works");
    tap_is_result(luci_invitation_find(db, wanted.text, NOW, &found, pool), LUCI_OK,
                  "a purge before the expiry leaves the invitation");
    tap_is_result(luci_invitation_purge(db, NOW + LUCI_MS_HOUR, pool), LUCI_OK,
                  "a purge at the expiry works");
    tap_is_result(luci_invitation_find(db, wanted.text, NOW, &found, pool), LUCI_NOT_FOUND,
                  "a purge at the expiry deletes the invitation");
}

static void check_uses(void)
{
    luci_invitation_wanted_t wanted = make(2);
    luci_invitation_t found;

    tap_is_result(luci_invitation_find(db, wanted.text, NOW, &found, pool), LUCI_OK,
                  "an invitation for two is found");
    tap_is_result(luci_invitation_spend(db, &found, NOW, pool), LUCI_OK, "S1.71: the first use is spent");
    tap_is_result(luci_invitation_spend(db, &found, NOW, pool), LUCI_OK, "S1.71: the second use is spent");
    tap_is_result(luci_invitation_spend(db, &found, NOW, pool), LUCI_NOT_FOUND,
                  "S1.72: a third use is not there");
    tap_is_result(luci_invitation_find(db, wanted.text, NOW, &found, pool), LUCI_NOT_FOUND,
                  "S1.71: a spent invitation is not found");
}

int main(void)
{
    const char *path;
    luci_db_target_t target;
    luci_invitation_t found;
    int removed;

    pool = support_start();
    settings = support_settings();
    path = support_database("invitations");
    support_our_tables(path, &settings);
    target = support_target(path, &settings);
    db = luci_db_create(&target, pool);
    tap_is_result(luci_invitation_find(db, "abcdefghijklmnopqrstuvwxyz012345", NOW, &found, pool),
                  LUCI_NOT_FOUND, "S1.70: without a table no invitation is found");
    tap_is_result(luci_invitation_delete(db, "0123456789ab", &removed, pool), LUCI_NOT_FOUND,
                  "without a table there is nothing to delete");
    tap_is_result(luci_schema_create_one(db, &luci_table_invitation, pool), LUCI_OK, "the table is made: %s",
                  luci_db_error(db));
    check_expiry();
    check_uses();
    luci_db_close(db);
    return tap_done();
}
