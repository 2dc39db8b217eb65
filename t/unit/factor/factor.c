/* SPDX-License-Identifier: Apache-2.0 */
/* Which second factors a user has, and what removes them. Specification: S6.6. */
#include "core/factor/factor.h"

#include "core/db/recovery_code_table.h"
#include "core/db/schema.h"
#include "core/db/totp_table.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>

#define SEEDS "SELECT count(*) FROM auth_user_totp"
#define CODES "SELECT count(*) FROM auth_user_recovery_code"

static support_auth_t *with;
static apr_pool_t *pool;
static const char *alice, *bob;

static int changed;

static luci_result_t add_seed(const char *user)
{
    return luci_db_execute(
        with->db, &luci_sql_totp_insert,
        LUCI_ARGUMENTS({ "user", user }, { "seed", "1.x.y" }, { "now", "1" }, { "step", "2" }), &changed,
        pool);
}

static luci_result_t add_code(const char *user, const char *id)
{
    return luci_db_execute(with->db, &luci_sql_recovery_code_insert,
                           LUCI_ARGUMENTS({ "user", user }, { "id", id }), &changed, pool);
}

static void is_kinds(const char *user, int want, const char *what)
{
    int kinds = -1;

    tap_is_result(luci_factor_kinds(with->db, user, &kinds, pool), LUCI_OK, "the factors of %s are read: %s",
                  what, luci_db_error(with->db));
    tap_is_int(kinds, want, "the factors of %s", what);
}

/* Reading takes no more than one query, which fails where a table is missing. */
static void check_missing(void)
{
    int kinds;

    tap_is_result(luci_factor_kinds(with->db, alice, &kinds, pool), LUCI_UNAVAILABLE,
                  "S6.6: a missing table does not mean that there is no factor");
    tap_is_result(luci_schema_create_one(with->db, &luci_table_totp, pool), LUCI_OK,
                  "the table of seeds is made: %s", luci_db_error(with->db));
    tap_is_result(luci_factor_kinds(with->db, alice, &kinds, pool), LUCI_UNAVAILABLE,
                  "S6.6: the factors are not known without the table of recovery codes");
    tap_is_result(luci_schema_create_one(with->db, &luci_table_recovery_code, pool), LUCI_OK,
                  "the table of recovery codes is made: %s", luci_db_error(with->db));
}

static void check_kinds(void)
{
    luci_factors_t factors;

    is_kinds(alice, 0, "a user without factors");
    tap_is_result(add_code(alice, "a1"), LUCI_OK, "alice gets a recovery code");
    is_kinds(alice, 0, "a user with recovery codes alone");
    tap_is_result(add_seed(alice), LUCI_OK, "alice gets a seed: %s", luci_db_error(with->db));
    tap_is_int(changed, 1, "the first seed is stored");
    is_kinds(alice, LUCI_FACTOR_TOTP | LUCI_FACTOR_RECOVERY, "a user with an app and a recovery code");
    is_kinds(bob, 0, "another user");
    tap_is_result(add_seed(alice), LUCI_OK, "a second seed is no error");
    tap_is_int(changed, 0, "a user has one seed");
    tap_is_result(add_seed(bob), LUCI_OK, "bob gets a seed");
    is_kinds(bob, LUCI_FACTOR_TOTP, "a user with an app alone");
    tap_is_result(add_code(alice, "a2"), LUCI_OK, "alice gets a second recovery code");
    tap_is_result(luci_factor_read(with->db, alice, &factors, pool), LUCI_OK, "the factors are counted");
    tap_is_int(factors.recovery_codes, 2, "the number of recovery codes");
}

static void check_reset(void)
{
    int kinds = 0;

    tap_is_result(add_code(bob, "b1"), LUCI_OK, "bob gets a recovery code");
    tap_is_result(luci_factor_reset(with->db, bob, &kinds, pool), LUCI_OK, "bob's factors are removed");
    tap_is_int(kinds, LUCI_FACTOR_TOTP | LUCI_FACTOR_RECOVERY, "a reset tells what was there");
    is_kinds(bob, 0, "a user after a reset");
    is_kinds(alice, LUCI_FACTOR_TOTP | LUCI_FACTOR_RECOVERY, "another user after a reset");
    tap_is_int(support_auth_number(with, CODES), 2, "a reset removes the recovery codes of that user alone");
}

static void check_deletion(void)
{
    support_run(with->target.params,
                support_is_file() ? "PRAGMA foreign_keys = ON; DELETE FROM user_session; DELETE FROM "
                                    "user_key; DELETE FROM auth_user"
                                  : "DELETE FROM user_session; DELETE FROM user_key; DELETE FROM auth_user");
    tap_is_int(support_auth_number(with, SEEDS), 0, "S6.6: any program that deletes a user deletes the seed");
    tap_is_int(support_auth_number(with, CODES), 0,
               "S6.6: any program that deletes a user deletes the recovery codes");
}

int main(void)
{
    pool = support_start();
    with = support_auth("factor.db", 1);
    tap_is_result(support_sign_up(with, "alice", PASSWORD), LUCI_OK, "alice signs up");
    alice = apr_pstrdup(pool, support_session.user.id);
    tap_is_result(support_sign_up(with, "bobby", PASSWORD), LUCI_OK, "bob signs up");
    bob = apr_pstrdup(pool, support_session.user.id);
    check_missing();
    check_kinds();
    check_reset();
    check_deletion();
    support_auth_close(with);
    return tap_done();
}
