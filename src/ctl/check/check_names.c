/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/check/check_names.h"

#include "core/account/admin.h"
#include "core/account/key.h"
#include "core/password/policy.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <limits.h>
#include <string.h>

#define ROWS "rows"
#define NAMED_MAX 5 /* examples in a message */
#define ODD_MAX 10000

/* A name whose appearance is another text than its key, such as one with a letter of another script. */
typedef struct {
    const char *name;
    const char *user_id;
    const char *appearance;
} odd_t;

/* Names with the same problem; the message shows the first few. */
typedef struct {
    apr_int64_t count;
    const char *named;
} wrong_t;

struct luci_check_names_t {
    luci_settings_t rules; /* for new names, but without a maximum length */
    int max;               /* the longest name with which sign-in is possible */
    luci_findings_t *findings;
    apr_hash_t *odd;          /* appearance -> odd_t; the first user with each appearance */
    apr_hash_t *refused_keys; /* of users that a finding names already */
    wrong_t refused;
    wrong_t too_long;
    wrong_t twins;
    wrong_t bad_keys;
};

static void note(luci_check_names_t *names, wrong_t *wrong, const char *what)
{
    if (wrong->count++ < NAMED_MAX)
        wrong->named = apr_pstrcat(names->findings->pool, wrong->named ? wrong->named : "",
                                   wrong->named ? ", " : "", what, NULL);
}

static const char *titled(const char *name, const char *user_id, apr_pool_t *pool)
{
    return apr_psprintf(pool, "\"%s\" (id %s)", name, user_id);
}

luci_check_names_t *luci_check_names_begin(const luci_settings_t *settings, luci_findings_t *findings)
{
    luci_check_names_t *names = apr_pcalloc(findings->pool, sizeof *names);

    names->rules = *settings;
    names->rules.username_length = (luci_length_t){ 1, INT_MAX };
    names->max = settings->username_length.max;
    names->findings = findings;
    names->odd = apr_hash_make(findings->pool);
    names->refused_keys = apr_hash_make(findings->pool);
    return names;
}

static void note_twins(luci_check_names_t *names, const odd_t *odd, const char *other, const char *other_id,
                       apr_pool_t *scratch)
{
    note(names, &names->twins,
         apr_pstrcat(scratch, titled(odd->name, odd->user_id, scratch), " and ",
                     titled(other, other_id, scratch), NULL));
}

/* Compares a name with those before it by its appearance, and remembers it for those that follow. */
static void compare(luci_check_names_t *names, const luci_user_t *user, const char *appearance,
                    apr_pool_t *scratch)
{
    apr_pool_t *pool = names->findings->pool;
    odd_t *odd = apr_hash_get(names->odd, appearance, APR_HASH_KEY_STRING);

    if (odd) {
        note_twins(names, odd, user->username, user->id, scratch);
        return;
    }
    if (apr_hash_count(names->odd) >= ODD_MAX)
        return;
    odd = apr_palloc(pool, sizeof *odd);
    *odd = (odd_t){ apr_pstrdup(pool, user->username), apr_pstrdup(pool, user->id),
                    apr_pstrdup(pool, appearance) };
    apr_hash_set(names->odd, odd->appearance, APR_HASH_KEY_STRING, odd);
}

luci_result_t luci_check_names_user(luci_check_names_t *names, const luci_user_t *user, apr_pool_t *scratch)
{
    char *key, *appearance;
    luci_result_t result = luci_policy_key(user->username, &key, scratch);

    if (result == LUCI_OK && luci_policy_length(user->username) > names->max)
        note(names, &names->too_long, titled(user->username, user->id, scratch));
    if (result == LUCI_INVALID || luci_policy_new_name(&names->rules, user->username) != LUCI_OK) {
        note(names, &names->refused, titled(user->username, user->id, scratch));
        if (result == LUCI_OK && apr_hash_count(names->refused_keys) < ODD_MAX)
            apr_hash_set(names->refused_keys, apr_pstrdup(names->findings->pool, key), APR_HASH_KEY_STRING,
                         "");
    }
    if (result == LUCI_OK)
        result = luci_policy_appearance(user->username, &appearance, scratch);
    if (result == LUCI_OK && strcmp(key, appearance) != 0)
        compare(names, user, appearance, scratch);
    return result == LUCI_INVALID ? LUCI_OK : result;
}

luci_result_t luci_check_names_key(luci_check_names_t *names, const char *key_id, apr_pool_t *scratch)
{
    const char *name = luci_key_name(key_id);
    char *lower;
    luci_result_t result;

    if (!name || apr_hash_get(names->refused_keys, name, APR_HASH_KEY_STRING))
        return LUCI_OK;
    result = luci_policy_key(name, &lower, scratch);
    if (result == LUCI_INVALID ||
        (result == LUCI_OK &&
         (strcmp(name, lower) != 0 || luci_policy_new_name(&names->rules, name) != LUCI_OK)))
        note(names, &names->bad_keys, apr_psprintf(scratch, "\"%s\"", key_id));
    return result == LUCI_INVALID ? LUCI_OK : result;
}

/* Looks for a user whose plain name is what this one looks like. */
static luci_result_t find_plain_twin(luci_check_names_t *names, luci_db_t *db, const odd_t *odd,
                                     apr_pool_t *scratch)
{
    luci_user_t other;
    luci_result_t result = luci_admin_find(db, odd->appearance, &other, scratch);

    if (result == LUCI_OK && strcmp(other.id, odd->user_id) != 0)
        note_twins(names, odd, other.username, other.id, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

static luci_result_t find_plain_twins(luci_check_names_t *names, luci_db_t *db)
{
    apr_pool_t *scratch;
    luci_result_t result = LUCI_OK;

    if (apr_pool_create(&scratch, names->findings->pool) != APR_SUCCESS)
        return LUCI_INTERNAL;
    for (apr_hash_index_t *at = apr_hash_first(names->findings->pool, names->odd); at && result == LUCI_OK;
         at = apr_hash_next(at)) {
        result = find_plain_twin(names, db, apr_hash_this_val(at), scratch);
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
    return result;
}

static void say(luci_check_names_t *names, const wrong_t *wrong, const char *what, const char *remedy)
{
    if (wrong->count)
        luci_findings_add(names->findings, LUCI_FINDING_PROBLEM, ROWS, remedy,
                          "%" APR_INT64_T_FMT " %s: %s%s", wrong->count, what, wrong->named,
                          wrong->count > NAMED_MAX ? ", ..." : "");
}

luci_result_t luci_check_names_end(luci_check_names_t *names, luci_db_t *db)
{
    luci_result_t result = find_plain_twins(names, db);

    say(names, &names->twins, "pairs of usernames look the same",
        "Rename one of each pair: luciactl user rename --id ID NAME");
    say(names, &names->refused,
        "usernames are not valid for a new account, because they can be taken for other names",
        "Rename them: luciactl user rename --id ID NAME");
    say(names, &names->too_long,
        "usernames are longer than LuciaUsernameLength allows, so their users cannot sign in",
        "Raise LuciaUsernameLength, or rename them: luciactl user rename --id ID NAME");
    say(names, &names->bad_keys,
        "keys are not in lower case, or have names that are not valid for a new account",
        "Delete them (luciactl key delete), or rename their users");
    return result;
}
