/* SPDX-License-Identifier: Apache-2.0 */
#include "core/account/admin.h"

#include "core/account/failures.h"
#include "core/base/secret.h"
#include "core/db/key_table.h"
#include "core/db/paging.h"
#include "core/db/session_table.h"
#include "core/db/user_table.h"
#include "core/factor/open_step.h"
#include "core/password/policy.h"

#include <apr_strings.h>
#include <string.h>

/* The change that a transaction makes, and its arguments; each function uses some of them. */
typedef struct update_t update_t;
typedef luci_result_t update_fn(luci_db_t *db, const update_t *update, apr_pool_t *scratch);
struct update_t {
    update_fn *run;
    const luci_user_t *user;
    const luci_admin_user_t *wanted;
    luci_account_rename_t *renaming;
    const char *old_key;
    const char *new_key;
    const char *stored_hash;
    luci_ms_t disabled_from;
    const luci_mail_order_t *mail; /* NULL: none */
    luci_admin_ended_t *ended;     /* output; NULL: sessions stay */
    apr_pool_t *pool;              /* of the output */
    luci_admin_deleted_t *deleted;
    const luci_admin_then_t *then; /* NULL: nothing */
};

/* Locks the user, so that no concurrent transaction changes it or inserts a session, and runs the update. */
static luci_result_t do_locked(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const update_t *update = baton;
    luci_user_t now_there;
    luci_result_t result = luci_user_lock(db, update->user->id, &now_there, scratch);

    if (update->renaming)
        update->renaming->user = &now_there;
    if (result == LUCI_OK && update->run)
        result = update->run(db, update, scratch);
    return result == LUCI_OK && update->then && update->then->run
               ? update->then->run(db, update->then->baton, &now_there, scratch)
               : result;
}

luci_result_t luci_admin_run(luci_db_t *db, const luci_user_t *user, const luci_admin_then_t *then,
                             apr_pool_t *scratch)
{
    update_t update = { .user = user, .then = then };

    return luci_db_transaction(db, do_locked, &update, scratch);
}

luci_result_t luci_admin_find(luci_db_t *db, const char *username, luci_user_t *user, apr_pool_t *pool)
{
    const char *id;
    luci_key_t key;
    luci_result_t result = luci_key_id(username, &id, pool);

    if (result == LUCI_OK)
        result = luci_key_get(db, id, &key, pool);
    if (result == LUCI_OK)
        return luci_user_get(db, key.user.id, user, pool);
    return result == LUCI_NOT_FOUND ? luci_user_find(db, username, user, pool) : result;
}

/* Executes a statement and ignores the number of changed rows: MySQL does not count rows that stay the same.
 */
static luci_result_t change(luci_db_t *db, const luci_statement_t *statement,
                            const luci_argument_t *arguments, apr_pool_t *scratch)
{
    int changed;

    return luci_db_execute(db, statement, arguments, &changed, scratch);
}

static int note_session(void *baton, const char *const *row, apr_pool_t *scratch)
{
    apr_array_header_t *ids = baton;

    (void)scratch;
    APR_ARRAY_PUSH(ids, const char *) = apr_pstrdup(ids->pool, row[0]);
    return 1;
}

static luci_result_t note_sessions(luci_db_t *db, const update_t *update, apr_pool_t *scratch)
{
    luci_paging_walk_t walk = { &luci_sql_session_page_of_user, update->user->id, 1, note_session, NULL };

    walk.baton = update->ended->stored_ids = apr_array_make(update->pool, 8, sizeof(const char *));
    return luci_paging_walk(db, &walk, scratch);
}

/* Ends the sessions, unless they stay, and what is between password and second factor in any case. */
static luci_result_t end_sessions(luci_db_t *db, const update_t *update, apr_pool_t *scratch)
{
    luci_result_t result = update->ended ? note_sessions(db, update, scratch) : LUCI_OK;

    if (update->ended && result == LUCI_OK)
        result = luci_db_execute(db, &luci_sql_sessions_delete, LUCI_ARGUMENTS({ "user", update->user->id }),
                                 &update->ended->count, scratch);
    return result == LUCI_OK ? luci_open_steps_void(db, update->user->id, scratch) : result;
}

/* ---- Adding ---- */

static luci_result_t add(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const update_t *update = baton;
    const luci_admin_user_t *wanted = update->wanted;
    luci_result_t result = luci_user_insert(db, update->user, wanted->now, scratch);

    if (result == LUCI_OK)
        result = luci_key_insert(db, update->new_key, update->user->id, wanted->stored_hash, scratch);
    if (result == LUCI_OK)
        result = luci_user_set_values(db, update->user->id, wanted->values, wanted->values_count, scratch);
    return result;
}

luci_result_t luci_admin_add(luci_db_t *db, const luci_admin_user_t *wanted, const char **id,
                             apr_pool_t *pool)
{
    char *new_id = apr_palloc(pool, LUCI_USER_ID_LENGTH + 1);
    luci_user_t user = { .id = new_id, .username = wanted->username };
    update_t update = { .user = &user, .wanted = wanted };
    luci_result_t result = luci_policy_new_name(luci_db_target(db)->settings, wanted->username);

    if (result == LUCI_OK)
        result = luci_key_id(wanted->username, &update.new_key, pool);
    if (result == LUCI_OK)
        result = luci_secret_random_id(new_id, LUCI_USER_ID_LENGTH);
    if (result != LUCI_OK)
        return result;
    *id = new_id;
    return luci_db_transaction(db, add, &update, pool);
}

/* ---- Renaming ---- */

static luci_result_t rename_both(luci_db_t *db, const update_t *update, apr_pool_t *scratch)
{
    return luci_account_rename(db, update->renaming, scratch);
}

luci_result_t luci_admin_rename(luci_db_t *db, const luci_user_t *user, const char *username,
                                const luci_admin_then_t *then, apr_pool_t *scratch)
{
    luci_account_rename_t renaming = { .user = user, .username = username };
    update_t update = { .run = rename_both, .user = user, .renaming = &renaming, .then = then };
    luci_result_t result = luci_policy_new_name(luci_db_target(db)->settings, username);

    if (result == LUCI_OK)
        result = luci_db_transaction(db, do_locked, &update, scratch);
    renaming.user = user;
    return result == LUCI_UNAVAILABLE ? luci_account_rename_failure(db, &renaming, scratch) : result;
}

/* ---- Passwords ---- */

static luci_result_t set_password(luci_db_t *db, const update_t *update, apr_pool_t *scratch)
{
    luci_key_t key;
    luci_result_t result = luci_key_get(db, update->old_key, &key, scratch);

    if (result == LUCI_OK && strcmp(key.user.id, update->user->id) != 0)
        return LUCI_CONFLICT;
    if (result == LUCI_OK)
        result = change(db, &luci_sql_key_set_hash,
                        LUCI_ARGUMENTS({ "hash", update->stored_hash }, { "id", update->old_key }), scratch);
    else if (result == LUCI_NOT_FOUND)
        result = luci_key_insert(db, update->old_key, update->user->id, update->stored_hash, scratch);
    return result == LUCI_OK ? end_sessions(db, update, scratch) : result;
}

luci_result_t luci_admin_set_password(luci_db_t *db, const luci_user_t *user,
                                      const luci_admin_password_t *password, apr_pool_t *pool)
{
    update_t update = { .run = set_password,
                        .user = user,
                        .stored_hash = password->stored_hash,
                        .ended = password->ended,
                        .pool = pool,
                        .then = &password->then };
    luci_result_t result = luci_key_id(user->username, &update.old_key, pool);

    return result == LUCI_OK ? luci_db_transaction(db, do_locked, &update, pool) : result;
}

/* ---- The flag and the date ---- */

/* A date may have passed, which disables the user as well. */
static luci_result_t set_disabled(luci_db_t *db, const update_t *update, apr_pool_t *scratch)
{
    luci_result_t result =
        change(db, &luci_sql_user_set_disabled,
               LUCI_ARGUMENTS({ "disabled", luci_sql_number(update->disabled_from, scratch) },
                              { "id", update->user->id }),
               scratch);

    if (result == LUCI_OK && update->disabled_from == 0)
        result = luci_failures_clear_all(db, update->user->id, scratch);
    return result == LUCI_OK && update->disabled_from != 0 ? end_sessions(db, update, scratch) : result;
}

luci_result_t luci_admin_set_disabled(luci_db_t *db, const luci_user_t *user, luci_ms_t disabled_from,
                                      luci_admin_ended_t *ended, apr_pool_t *pool)
{
    update_t update = {
        .run = set_disabled, .user = user, .disabled_from = disabled_from, .ended = ended, .pool = pool
    };

    return luci_db_transaction(db, do_locked, &update, pool);
}

/* ---- Approval ---- */

static luci_result_t approve(luci_db_t *db, const update_t *update, apr_pool_t *scratch)
{
    int changed = 0;
    luci_result_t result =
        luci_db_execute(db, &luci_sql_user_approve,
                        LUCI_ARGUMENTS({ "id", update->user->id },
                                       { "waiting", luci_sql_number(LUCI_USER_WAITING, scratch) }),
                        &changed, scratch);

    if (result == LUCI_OK && changed != 1)
        return LUCI_CONFLICT;
    if (result == LUCI_OK)
        result = luci_failures_clear_all(db, update->user->id, scratch);
    if (result == LUCI_OK && update->mail)
        result = luci_mail_queue_add(db, update->mail, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

luci_result_t luci_admin_approve(luci_db_t *db, const luci_user_t *user, const luci_mail_order_t *mail,
                                 apr_pool_t *scratch)
{
    update_t update = { .run = approve, .user = user, .mail = mail };

    return luci_db_transaction(db, do_locked, &update, scratch);
}

/* ---- Ending ---- */

static luci_result_t delete_all(luci_db_t *db, const update_t *update, apr_pool_t *scratch)
{
    luci_account_deleted_t deleted = { 0, 0 };
    luci_result_t result = note_sessions(db, update, scratch);

    if (result == LUCI_OK)
        result = luci_account_delete(db, update->user->id, &deleted, scratch);
    update->deleted->keys = deleted.keys;
    update->ended->count = deleted.sessions;
    return result;
}

luci_result_t luci_admin_delete(luci_db_t *db, const luci_user_t *user, luci_admin_deleted_t *deleted,
                                apr_pool_t *pool)
{
    update_t update = {
        .run = delete_all, .user = user, .ended = &deleted->sessions, .deleted = deleted, .pool = pool
    };

    *deleted = (luci_admin_deleted_t){ .keys = 0 };
    return luci_db_transaction(db, do_locked, &update, pool);
}

luci_result_t luci_admin_end_sessions(luci_db_t *db, const luci_user_t *user, luci_admin_ended_t *ended,
                                      apr_pool_t *pool)
{
    update_t update = { .run = end_sessions, .user = user, .ended = ended, .pool = pool };

    return luci_db_transaction(db, do_locked, &update, pool);
}

/* ---- Keys ---- */

static luci_result_t add_key(luci_db_t *db, const update_t *update, apr_pool_t *scratch)
{
    return luci_key_insert(db, update->new_key, update->user->id, update->stored_hash, scratch);
}

luci_result_t luci_admin_add_key(luci_db_t *db, const luci_user_t *user, const char *id,
                                 const char *stored_hash, apr_pool_t *scratch)
{
    update_t update = { .run = add_key, .user = user, .new_key = id, .stored_hash = stored_hash };

    return luci_db_transaction(db, do_locked, &update, scratch);
}

static luci_result_t delete_key(luci_db_t *db, const update_t *update, apr_pool_t *scratch)
{
    return change(db, &luci_sql_key_delete, LUCI_ARGUMENTS({ "id", update->old_key }), scratch);
}

luci_result_t luci_admin_delete_key(luci_db_t *db, const luci_key_t *key, apr_pool_t *scratch)
{
    update_t update = { .run = delete_key, .user = &key->user, .old_key = key->id };

    return luci_db_transaction(db, do_locked, &update, scratch);
}
