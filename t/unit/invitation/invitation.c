/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations: made, found and spent; an expired or spent one is neither found nor spent. Specification:
 * S1.71, S1.72, S1.74. */
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

/* ---- By mail ---- */

static void check_address(void)
{
    luci_invitation_wanted_t first = { .uses = 1, .now = NOW, .expires = NOW + LUCI_MS_HOUR }, second = first,
                             other = first;
    luci_invitation_t found;

    first.address = "Anna@example.com";
    second.address = "anna@example.com";
    other.address = "bea@example.com";
    tap_is_result(luci_invitation_make(db, &first, pool), LUCI_OK, "an invitation to Anna is made");
    tap_is_result(luci_invitation_make(db, &other, pool), LUCI_OK, "an invitation to another is made");
    tap_is_result(luci_invitation_find(db, first.text, NOW, &found, pool), LUCI_OK,
                  "S1.74: an invitation to another address voids none");
    tap_is_str(found.address, "anna@example.com", "S1.74: an invitation has its address in lower case");
    tap_is_result(luci_invitation_make(db, &second, pool), LUCI_OK, "a second invitation to Anna is made");
    tap_is_result(luci_invitation_find(db, first.text, NOW, &found, pool), LUCI_NOT_FOUND,
                  "S1.74: a second invitation to an address voids the first one");
    tap_is_result(luci_invitation_find(db, second.text, NOW, &found, pool), LUCI_OK,
                  "S1.74: the second invitation to an address is valid");
    tap_is_result(luci_invitation_find(db, other.text, NOW, &found, pool), LUCI_OK,
                  "S1.74: the invitation to another address stays valid");
}

static void refuses_detail(const char *detail)
{
    luci_invitation_wanted_t wanted = { .now = NOW };

    tap_is_result(luci_invitation_from_detail(detail, &wanted, pool), LUCI_INVALID,
                  "S1.74: \"%s\" is no invitation in the queue", detail);
}

static void check_detail(void)
{
    luci_invitation_wanted_t wanted = { .uses = 3,
                                        .now = NOW,
                                        .expires = NOW + LUCI_MS_DAY,
                                        .groups = "admins,staff" },
                             got = { .now = NOW + 5 };

    tap_is_result(luci_invitation_from_detail(luci_invitation_detail(&wanted, pool), &got, pool), LUCI_OK,
                  "S1.74: an invitation in the queue is read");
    tap_is_int(got.uses, 3, "S1.74: an invitation in the queue has its uses");
    tap_is_int(got.expires, NOW + 5 + LUCI_MS_DAY,
               "S1.74: an invitation in the queue is valid from when it is made");
    tap_is_str(got.groups, "admins,staff", "S1.74: an invitation in the queue has its groups");
    wanted.groups = NULL;
    tap_is_result(luci_invitation_from_detail(luci_invitation_detail(&wanted, pool), &got, pool), LUCI_OK,
                  "S1.74: an invitation without groups in the queue is read");
    tap_is_str(got.groups, NULL, "S1.74: an invitation in the queue may have no groups");
    refuses_detail("");
    refuses_detail("1");
    refuses_detail("1 86400000");
    refuses_detail("0 86400000 ");
    refuses_detail("-1 86400000 ");
    refuses_detail("4294967297 86400000 ");
    refuses_detail("1 0 ");
    refuses_detail("1 8640000000000001 ");
    refuses_detail("1 9223372036854775807 ");
    refuses_detail("1 86400000,staff");
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
    check_address();
    check_detail();
    luci_db_close(db);
    return tap_done();
}
