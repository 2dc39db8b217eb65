/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/check/check_database.h"

#include "core/base/secret.h"
#include "core/db/db_problem.h"
#include "core/db/key_table.h"
#include "core/db/paging.h"
#include "core/db/schema.h"
#include "core/db/totp_table.h"
#include "core/email/email_address.h"
#include "core/password/password_hash.h"
#include "core/seal/seal.h"
#include "core/session/session_list.h"
#include "ctl/check/check_names.h"
#include "ctl/cli/progress.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

#define DATABASE "database"
#define ROWS "rows"
#define NAMED_MAX 5 /* examples in a message */

typedef struct {
    luci_db_t *db;
    const luci_db_target_t *target;
    luci_findings_t *findings;
    apr_array_header_t *gaps; /* luci_gap_t: missing tables and columns */
    int unreachable;          /* a query failed, and a finding reports it */
    luci_check_names_t *names;
    luci_result_t names_result; /* of the last name that was checked */
    luci_progress_t progress;
    apr_int64_t seen; /* rows */
} check_t;

/* Rows with the same problem; the message names the first few. */
typedef struct {
    apr_int64_t count;
    const char *named;
} wrong_t;

static void note(wrong_t *wrong, const char *name, apr_pool_t *pool)
{
    if (wrong->count++ < NAMED_MAX)
        wrong->named =
            apr_pstrcat(pool, wrong->named ? wrong->named : "", wrong->named ? ", " : "", name, NULL);
}

static const char *more(const wrong_t *wrong)
{
    return wrong->count > NAMED_MAX ? ", ..." : "";
}

/* Returns 0 after a failed query, and reports the first one as a problem. */
static int answered(check_t *check, luci_result_t result)
{
    if (result == LUCI_OK)
        return 1;
    if (!check->unreachable)
        luci_findings_add(
            check->findings, LUCI_FINDING_PROBLEM, DATABASE,
            "Check that the database server runs and that its address (LuciaDatabase or --database) is right",
            "the database cannot be queried: %s", luci_db_problem(check->db, check->findings->pool));
    check->unreachable = check->findings->unreachable = 1;
    return 0;
}

/* ---- Tables and columns ---- */

static int has(check_t *check, luci_probe_t probe)
{
    int found = 0;

    return answered(check, luci_db_has(check->db, probe, &found)) && found;
}

static int is_later(const luci_gap_t *gap)
{
    return gap->column && !gap->attribute_line &&
           luci_table_column(gap->table, gap->column)->flags & LUCI_COLUMN_LATER;
}

/* The columns of this module which a table has all or none of. */
static int is_first(const luci_gap_t *gap, const luci_table_t *table)
{
    return gap->table == table && gap->column && !gap->attribute_line && !is_later(gap);
}

/* Those that are missing. */
typedef struct {
    const char *names;      /* with commas between them; "": none */
    const char *statements; /* that add them, separated by blanks */
    const luci_gap_t *gap;  /* the first one, or the first one that requests need */
} lacking_t;

static lacking_t lacking(const check_t *check, const luci_table_t *table)
{
    apr_pool_t *pool = check->findings->pool;
    lacking_t found = { "", "", NULL };

    for (int i = 0; i < check->gaps->nelts; i++) {
        const luci_gap_t *gap = &APR_ARRAY_IDX(check->gaps, i, luci_gap_t);
        const char *comma = *found.names ? ", " : "", *blank = *comma ? " " : "";

        if (!is_first(gap, table))
            continue;
        found.names = apr_pstrcat(pool, found.names, comma, gap->column, NULL);
        found.statements = apr_pstrcat(pool, found.statements, blank, luci_gap_statements(gap, pool), NULL);
        if (!found.gap || (gap->failure && !found.gap->failure))
            found.gap = gap;
    }
    return found;
}

/* LuciaTables names the tables of Lucia, and no other ones. */
static void say_table(check_t *check, const luci_gap_t *gap)
{
    luci_findings_add(
        check->findings, LUCI_FINDING_PROBLEM, DATABASE,
        apr_pstrcat(check->findings->pool,
                    gap->table->suffix ? "Run" : "If it has another name, set LuciaTables. Otherwise run",
                    " luciactl init, or this as the owner of the tables: ",
                    luci_gap_statements(gap, check->findings->pool), NULL),
        "%s", luci_gap_text(gap, check->findings->pool));
}

static void say_attribute(check_t *check, const luci_gap_t *gap)
{
    luci_findings_add(check->findings, LUCI_FINDING_PROBLEM, DATABASE,
                      apr_pstrcat(check->findings->pool,
                                  "Add it with: ", luci_gap_statements(gap, check->findings->pool), NULL),
                      "%s names %s, but the table %s has no such column", gap->attribute_line, gap->column,
                      gap->table_name);
}

static int find_gaps(check_t *check)
{
    return answered(check, luci_schema_gaps(check->db, &check->gaps, check->findings->pool));
}

/* Reports missing tables and missing columns of attributes. Returns whether all tables exist;
 * *readable is whether all these columns do, without which no user can be read. */
static int check_tables(check_t *check, int *readable)
{
    int all = 1;

    *readable = 1;
    for (int i = 0; i < check->gaps->nelts; i++) {
        const luci_gap_t *gap = &APR_ARRAY_IDX(check->gaps, i, luci_gap_t);

        if (!gap->column)
            say_table(check, gap);
        else if (gap->attribute_line)
            say_attribute(check, gap);
        all &= gap->column != NULL;
        *readable &= !gap->attribute_line;
    }
    return all;
}

/* Reports missing columns of this module. It works without them, but with less information, unless a
 * directive needs them. */
static void check_columns(check_t *check)
{
    for (const luci_table_t *const *table = luci_table_list; *table; table++) {
        const lacking_t columns = lacking(check, *table);
        const char *remedy =
            apr_pstrcat(check->findings->pool, "Add the columns with: ", columns.statements, NULL);

        if (columns.gap && columns.gap->failure)
            luci_findings_add(check->findings, LUCI_FINDING_PROBLEM, DATABASE, remedy,
                              "the table %s lacks %s, which %s", columns.gap->table_name, columns.names,
                              columns.gap->failure);
        else if (columns.gap)
            luci_findings_add(check->findings, LUCI_FINDING_ADVICE, DATABASE, remedy, "%s", (*table)->loss);
    }
}

/* Reports missing columns that came later, each for itself. */
static void check_later_columns(check_t *check)
{
    for (int i = 0; i < check->gaps->nelts; i++) {
        const luci_gap_t *gap = &APR_ARRAY_IDX(check->gaps, i, luci_gap_t);

        if (is_later(gap))
            luci_findings_add(
                check->findings, gap->failure ? LUCI_FINDING_PROBLEM : LUCI_FINDING_ADVICE, DATABASE,
                apr_pstrcat(check->findings->pool,
                            "Add the column with: ", luci_gap_statements(gap, check->findings->pool), NULL),
                "%s", luci_gap_text(gap, check->findings->pool));
    }
}

static void check_indexes(check_t *check, const luci_table_t *table)
{
    for (const luci_table_index_t *index = table->indexes; index->column && !check->unreachable; index++) {
        if (!has(check, luci_probe_index(table, index->column)) && !check->unreachable)
            luci_findings_add(check->findings, LUCI_FINDING_ADVICE, DATABASE,
                              apr_pstrcat(check->findings->pool, "Create an index on ", index->column, NULL),
                              "no index of the %s table begins with %s%s", table->name, index->column,
                              index->loss);
    }
}

static void check_references(check_t *check, const luci_table_t *table)
{
    for (const luci_table_column_t *column = table->columns; column->name && !check->unreachable; column++) {
        if (column->flags & LUCI_COLUMN_USER && !has(check, luci_probe_reference(table)) &&
            !check->unreachable)
            luci_findings_add(check->findings, LUCI_FINDING_ADVICE, DATABASE,
                              "Add a foreign key from user_id to the id of the user table",
                              "the %s table has no foreign key to the user table, so it may keep %ss of "
                              "deleted users",
                              table->name, table->name);
    }
}

/* Advises to add what the module works without: slowly without an index, and with rows of deleted users
 * without a foreign key. */
static void check_useful(check_t *check)
{
    for (const luci_table_t *const *table = luci_table_list; *table && !check->unreachable; table++) {
        if (!luci_table_is_wanted(*table, luci_db_target(check->db)->settings))
            continue;
        check_indexes(check, *table);
        check_references(check, *table);
    }
}

/* ---- Rows ---- */

static void show_progress(check_t *check)
{
    luci_progress_show(&check->progress, ++check->seen);
}

typedef struct {
    check_t *check;
    wrong_t keyless; /* users with a verified address that has no key */
    luci_result_t result;
} users_t;

/* Notes a verified address that is no key of its user. */
static luci_result_t check_address(users_t *users, const luci_user_t *user, apr_pool_t *scratch)
{
    const luci_settings_t *settings = users->check->target->settings;
    luci_user_t owner;
    luci_result_t result;

    if (settings->email == LUCI_EMAIL_OFF || !luci_email_is_verified(user, settings, scratch))
        return LUCI_OK;
    result = luci_email_find(users->check->db, settings, luci_email_of(user, settings), &owner, scratch);
    if (result != LUCI_OK && result != LUCI_NOT_FOUND)
        return result;
    if (result != LUCI_OK || strcmp(owner.id, user->id) != 0)
        note(&users->keyless, user->username, users->check->findings->pool);
    return LUCI_OK;
}

static int check_user(void *baton, const luci_user_t *user, apr_pool_t *scratch)
{
    users_t *users = baton;
    check_t *check = users->check;

    show_progress(check);
    check->names_result = luci_check_names_user(check->names, user, scratch);
    if (check->names_result == LUCI_OK)
        users->result = check_address(users, user, scratch);
    return check->names_result == LUCI_OK && users->result == LUCI_OK;
}

static void check_users(check_t *check)
{
    users_t users = { .check = check, .result = LUCI_OK };

    if (!answered(check, luci_user_each(check->db, check_user, &users, check->findings->pool)) ||
        !answered(check, users.result))
        return;
    if (users.keyless.count)
        luci_findings_add(check->findings, LUCI_FINDING_PROBLEM, ROWS,
                          "Set the address again, or verify it again on the page email: luciactl user email",
                          "%" APR_INT64_T_FMT
                          " users have a verified address without its key, so that it finds no account and "
                          "others may verify it: %s%s",
                          users.keyless.count, users.keyless.named, more(&users.keyless));
}

typedef struct {
    check_t *check;
    wrong_t orphans;
    wrong_t unreadable;
    wrong_t unverified; /* keys of addresses that their users have not verified */
    luci_result_t result;
} keys_t;

enum { KEY_ID, KEY_HASH, KEY_USER };

/* 1: the key is that of the user's verified address. */
static int is_address_of(const char *key_id, const luci_user_t *user, const luci_settings_t *settings,
                         apr_pool_t *scratch)
{
    const char *id;

    return luci_email_is_verified(user, settings, scratch) &&
           luci_email_key_id(luci_email_of(user, settings), &id, scratch) == LUCI_OK &&
           strcmp(id, key_id) == 0;
}

/* Notes the key of an address that its user has not verified. One with a password is that of an application.
 */
static luci_result_t check_owner(keys_t *keys, const char *const *row, apr_pool_t *scratch)
{
    const luci_settings_t *settings = keys->check->target->settings;
    luci_user_t user;
    luci_result_t result;

    if (settings->email == LUCI_EMAIL_OFF || row[KEY_HASH] || !luci_email_is_key(row[KEY_ID]))
        return LUCI_OK;
    result = luci_user_get(keys->check->db, row[KEY_USER], &user, scratch);
    if (result == LUCI_OK && !is_address_of(row[KEY_ID], &user, settings, scratch))
        note(&keys->unverified, row[KEY_ID], keys->check->findings->pool);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

static int check_key(void *baton, const char *const *row, apr_pool_t *scratch)
{
    keys_t *keys = baton;
    apr_pool_t *pool = keys->check->findings->pool;

    show_progress(keys->check);
    keys->check->names_result = luci_check_names_key(keys->check->names, row[KEY_ID], scratch);
    if (!row[KEY_USER])
        note(&keys->orphans, row[KEY_ID], pool);
    else if (row[KEY_HASH] && !luci_password_is_readable(row[KEY_HASH]))
        note(&keys->unreadable, row[KEY_ID], pool);
    if (row[KEY_USER])
        keys->result = check_owner(keys, row, scratch);
    return keys->check->names_result == LUCI_OK && keys->result == LUCI_OK;
}

static void say_keys(check_t *check, const keys_t *keys)
{
    if (keys->orphans.count)
        luci_findings_add(check->findings, LUCI_FINDING_PROBLEM, ROWS,
                          "Delete them, so that their names can be used again: luciactl key delete",
                          "%" APR_INT64_T_FMT " keys belong to no user: %s%s", keys->orphans.count,
                          keys->orphans.named, more(&keys->orphans));
    if (keys->unreadable.count)
        luci_findings_add(
            check->findings, LUCI_FINDING_PROBLEM, ROWS, "Set a new password: luciactl user passwd",
            "%" APR_INT64_T_FMT
            " keys have a hash that cannot be verified or is too costly, so their users cannot sign in: %s%s",
            keys->unreadable.count, keys->unreadable.named, more(&keys->unreadable));
    if (keys->unverified.count)
        luci_findings_add(check->findings, LUCI_FINDING_PROBLEM, ROWS,
                          "Delete them, so that the addresses can be verified: luciactl key delete",
                          "%" APR_INT64_T_FMT
                          " keys are those of an address that is not the verified one of its user: %s%s",
                          keys->unverified.count, keys->unverified.named, more(&keys->unverified));
}

static void check_keys(check_t *check)
{
    keys_t keys = { .check = check, .result = LUCI_OK };
    luci_paging_walk_t walk = { &luci_sql_keys_page, NULL, 1, check_key, &keys };

    if (answered(check, luci_paging_walk(check->db, &walk, check->findings->pool)) &&
        answered(check, keys.result))
        say_keys(check, &keys);
}

#define CLOCKS_DIFFER_MAX (5 * LUCI_MS_MINUTE)

typedef struct {
    check_t *check;
    luci_ms_t now;
    apr_int64_t orphans;
    wrong_t future;
} sessions_t;

/* A session that was created in the future, or stays active for longer than a new one, comes from a node
 * whose clock was ahead. */
static int is_from_the_future(const sessions_t *sessions, const luci_listed_session_t *session)
{
    luci_ms_t latest = sessions->now + CLOCKS_DIFFER_MAX;

    return session->active_expires - sessions->check->target->settings->active_period > latest ||
           (session->created_at && apr_atoi64(session->created_at) > latest);
}

static int check_session(void *baton, const luci_listed_session_t *session, apr_pool_t *scratch)
{
    sessions_t *sessions = baton;

    (void)scratch;
    show_progress(sessions->check);
    sessions->orphans += session->username == NULL;
    if (is_from_the_future(sessions, session))
        note(&sessions->future, session->tag, sessions->check->findings->pool);
    return 1;
}

static void check_sessions(check_t *check)
{
    sessions_t sessions = { .check = check, .now = apr_time_as_msec(apr_time_now()) };
    luci_session_list_t list = { NULL, sessions.now, check_session, &sessions };

    if (!answered(check, luci_session_list(check->db, &list, check->findings->pool)))
        return;
    if (sessions.orphans)
        luci_findings_add(check->findings, LUCI_FINDING_PROBLEM, ROWS,
                          "Delete the rows; they give access to nothing",
                          "%" APR_INT64_T_FMT " sessions belong to no user", sessions.orphans);
    if (sessions.future.count)
        luci_findings_add(
            check->findings, LUCI_FINDING_PROBLEM, ROWS,
            "Synchronize the clocks of the machines, and end these sessions: luciactl session revoke TAG",
            "%" APR_INT64_T_FMT
            " sessions were created in the future, by a machine whose clock was ahead, or "
            "with a longer LuciaActivePeriod: %s%s",
            sessions.future.count, sessions.future.named, more(&sessions.future));
}

/* ---- Second factors ---- */

typedef struct {
    check_t *check;
    wrong_t unreadable;
    apr_int64_t old;
} seeds_t;

enum { SEED_USER, SEED, SEED_USERNAME };

static int check_seed(void *baton, const char *const *row, apr_pool_t *scratch)
{
    seeds_t *seeds = baton;
    const luci_seal_keys_t *keys = seeds->check->target->settings->seal_keys;
    const char *name = row[SEED_USERNAME] ? row[SEED_USERNAME] : row[SEED_USER];

    (void)scratch;
    show_progress(seeds->check);
    if (!luci_seal_is_readable(keys, row[SEED]))
        note(&seeds->unreadable, name, seeds->check->findings->pool);
    else if (!luci_seal_is_current(keys, row[SEED]))
        seeds->old++;
    return 1;
}

/* Tells which secrets of LuciaSecret are still needed. Without a configuration they are not known. */
static void check_seeds(check_t *check)
{
    const luci_settings_t *settings = check->target->settings;
    seeds_t seeds = { .check = check };
    luci_paging_walk_t walk = { &luci_sql_totp_page, NULL, 1, check_seed, &seeds };

    if (!luci_table_is_wanted(&luci_table_totp, settings) || !settings->seal_keys ||
        !answered(check, luci_paging_walk(check->db, &walk, check->findings->pool)))
        return;
    if (seeds.unreadable.count)
        luci_findings_add(check->findings, LUCI_FINDING_PROBLEM, ROWS,
                          "Write that secret into LuciaSecret again, or reset the factors of these users: "
                          "luciactl factor reset",
                          "%" APR_INT64_T_FMT
                          " seeds of second factors are encrypted with a secret that LuciaSecret does not "
                          "have, so that codes of their users cannot be checked: %s%s",
                          seeds.unreadable.count, seeds.unreadable.named, more(&seeds.unreadable));
    if (seeds.old)
        luci_findings_add(check->findings, LUCI_FINDING_ADVICE, ROWS,
                          "Keep all secrets until each of their users has signed in with a code",
                          "%" APR_INT64_T_FMT
                          " seeds of second factors are encrypted with another secret than the first one of "
                          "LuciaSecret",
                          seeds.old);
}

void luci_check_database(const luci_db_target_t *target, luci_capacity_t *capacity, luci_findings_t *findings)
{
    check_t check = { .target = target, .findings = findings };
    const char *problem = "the system has no random numbers";
    int readable, all;

    *capacity = (luci_capacity_t){ 0 };
    if (luci_secret_init(findings->pool) != LUCI_OK ||
        luci_db_init(target->driver, &problem, findings->pool) != LUCI_OK) {
        luci_findings_add(findings, LUCI_FINDING_PROBLEM, DATABASE, "Install the DBD driver of apr-util",
                          "%s: %s", luci_db_title(target, findings->pool), problem);
        findings->unreachable = 1;
        return;
    }
    check.db = luci_db_create(target, findings->pool);
    if (!answered(&check, luci_db_connect(check.db)))
        return;
    if (luci_capacity_ask(check.db, capacity, findings->pool) != LUCI_OK)
        *capacity = (luci_capacity_t){ 0 }; /* which is unknown, and no problem */
    if (!find_gaps(&check))
        return;
    all = check_tables(&check, &readable);
    check_columns(&check);
    check_later_columns(&check);
    if (!all)
        return;
    luci_progress_begin(&check.progress, "rows", 0);
    check_useful(&check);
    check.names = luci_check_names_begin(target->settings, findings);
    if (readable)
        check_users(&check);
    if (check.names_result == LUCI_OK)
        check_keys(&check);
    if (readable && check.names_result == LUCI_OK && !check.unreachable)
        check.names_result = luci_check_names_end(check.names, check.db);
    (void)answered(&check, check.names_result);
    check_sessions(&check);
    check_seeds(&check);
    luci_progress_end(&check.progress);
    luci_db_close(check.db);
}
