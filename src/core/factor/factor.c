/* SPDX-License-Identifier: Apache-2.0 */
#include "core/factor/factor.h"

#include "core/db/passkey_table.h"
#include "core/db/recovery_code_table.h"
#include "core/db/totp_table.h"

const luci_factor_kind_t luci_factor_kind_list[] = {
    { LUCI_FACTOR_TOTP, "totp" },
    { LUCI_FACTOR_RECOVERY, "recovery" },
    { LUCI_FACTOR_PASSKEY, "passkey" },
    { 0, NULL },
};

const char *luci_factor_name(int kind)
{
    const luci_factor_kind_t *known = luci_factor_kind_list;

    while (known->kind && known->kind != kind)
        known++;
    return known->name;
}

enum { COLUMN_TOTP, COLUMN_RECOVERY_CODES, COLUMN_PASSKEYS };

luci_result_t luci_factor_read(luci_db_t *db, const char *user_id, luci_factors_t *factors,
                               apr_pool_t *scratch)
{
    const char *const *row;
    luci_result_t result =
        luci_db_select(db, &luci_sql_factors_count, LUCI_ARGUMENTS({ "user", user_id }), &row, scratch);

    *factors = (luci_factors_t){ 0 };
    if (result != LUCI_OK)
        return result;
    if (luci_sql_to_number(row[COLUMN_TOTP], 0) > 0)
        factors->kinds |= LUCI_FACTOR_TOTP;
    factors->passkeys = (int)luci_sql_to_number(row[COLUMN_PASSKEYS], 0);
    if (factors->passkeys > 0)
        factors->kinds |= LUCI_FACTOR_PASSKEY;
    factors->recovery_codes = (int)luci_sql_to_number(row[COLUMN_RECOVERY_CODES], 0);
    if (factors->kinds && factors->recovery_codes > 0)
        factors->kinds |= LUCI_FACTOR_RECOVERY;
    return LUCI_OK;
}

luci_result_t luci_factor_kinds(luci_db_t *db, const char *user_id, int *kinds, apr_pool_t *scratch)
{
    luci_factors_t factors;
    luci_result_t result = luci_factor_read(db, user_id, &factors, scratch);

    *kinds = factors.kinds;
    return result;
}

/* Also where this program's configuration does not say that the site has passkeys. */
static luci_result_t reset_passkeys(luci_db_t *db, const luci_argument_t *user, int *kinds,
                                    apr_pool_t *scratch)
{
    int found = 0, changed = 0;
    luci_result_t result = luci_db_has_table(db, &luci_table_passkey, &found);

    if (result == LUCI_OK && found)
        result = luci_db_execute(db, &luci_sql_passkeys_delete, user, &changed, scratch);
    *kinds |= changed > 0 ? LUCI_FACTOR_PASSKEY : 0;
    return result;
}

luci_result_t luci_factor_reset(luci_db_t *db, const char *user_id, int *kinds, apr_pool_t *scratch)
{
    const luci_argument_t *user = LUCI_ARGUMENTS({ "user", user_id });
    int changed;
    luci_result_t result = luci_factor_kinds(db, user_id, kinds, scratch);

    if (result == LUCI_OK)
        result = luci_db_execute(db, &luci_sql_totp_delete, user, &changed, scratch);
    if (result == LUCI_OK)
        result = reset_passkeys(db, user, kinds, scratch);
    return result == LUCI_OK ? luci_db_execute(db, &luci_sql_recovery_codes_delete, user, &changed, scratch)
                             : result;
}
