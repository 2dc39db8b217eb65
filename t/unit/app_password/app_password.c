/* SPDX-License-Identifier: Apache-2.0 */
/* App passwords in the table: what is stored, who owns one, how many there are, and what deletes them.
 * Specification: S9.70. */
#include "core/app_password/app_password.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define ROWS "SELECT count(*) FROM auth_user_app_password"

static support_auth_t *with;
static apr_pool_t *pool;
static const char *alice, *bobby;

/* ---- Names and texts ---- */

static const char *repeated(const char *text, int times)
{
    const char *all = "";

    while (times-- > 0)
        all = apr_pstrcat(pool, all, text, NULL);
    return all;
}

static void check_names(void)
{
    const char *const good[] = { "a", "git on my laptop", "\xc3\xa4\xe2\x82\xac", "\xf0\x9f\x93\xb1 phone",
                                 repeated("\xf0\x9f\x93\xb1", LUCI_APP_PASSWORD_NAME_MAX) };
    const char *const bad[] = { NULL,
                                "",
                                "   ",
                                "a\nb",
                                "a\x7f",
                                "a\xe2\x80\xae"
                                "b",
                                "a\xff"
                                "b",
                                "a\xe2\x80\xa8"
                                "b",
                                repeated("a", LUCI_APP_PASSWORD_NAME_MAX + 1) };
    const char *name;

    for (int i = 0; i < COUNT(good); i++) {
        tap_is_result(luci_app_password_name(good[i], &name, pool), LUCI_OK, "name %d is good", i);
        tap_is_str(name, good[i], "name %d stays as it is", i);
    }
    for (int i = 0; i < COUNT(bad); i++)
        tap_is_result(luci_app_password_name(bad[i], &name, pool), LUCI_INVALID,
                      "S9.70: name %d is no text that a list can show", i);
    tap_is_result(luci_app_password_name("  phone ", &name, pool), LUCI_OK,
                  "blanks at the ends are no error");
    tap_is_str(name, "phone", "a name loses the blanks at its ends");
}

static void check_shape(void)
{
    tap_is_int(luci_app_password_is_one(repeated("a1", 20)), 1, "40 characters may be an app password");
    tap_is_int(luci_app_password_is_one(NULL), 0, "nothing is no app password");
    tap_is_int(luci_app_password_is_one(""), 0, "an empty text is no app password");
    tap_is_int(luci_app_password_is_one(repeated("a", 39)), 0, "39 characters are no app password");
    tap_is_int(luci_app_password_is_one(repeated("a", 41)), 0, "41 characters are no app password");
    tap_is_int(luci_app_password_is_one(repeated("A", 40)), 0, "capitals are no app password");
    tap_is_int(luci_app_password_is_one(apr_pstrcat(pool, repeated("a", 39), " ", NULL)), 0,
               "39 characters and a blank are no app password");
}

/* ---- Rows ---- */

static luci_result_t make_within(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    return luci_app_password_make(db, alice, baton, scratch);
}

static luci_result_t make(luci_app_password_wanted_t *wanted)
{
    return luci_db_transaction(with->db, make_within, wanted, pool);
}

static const luci_app_password_t *first(void)
{
    apr_array_header_t *list;

    if (luci_app_password_list(with->db, alice, &list, pool) != LUCI_OK || list->nelts < 1)
        support_give_up("the list", "it is empty");
    return &APR_ARRAY_IDX(list, 0, luci_app_password_t);
}

static luci_app_password_wanted_t check_making(void)
{
    luci_app_password_wanted_t wanted = { .name = "git", .now = NOW };
    char id[LUCI_SHA256_HEX + 1];
    apr_array_header_t *list;

    tap_is_result(luci_app_password_list(with->db, alice, &list, pool), LUCI_OK, "an empty list is read");
    tap_is_int(list->nelts, 0, "a new account has no app password");
    tap_is_result(make(&wanted), LUCI_OK, "an app password is made");
    tap_is_int(luci_app_password_is_one(wanted.text), 1, "S9.70: it has 40 characters of [a-z0-9]");
    if (luci_secret_sha256_hex(wanted.text, strlen(wanted.text), id) != LUCI_OK)
        support_give_up("SHA-256", "it is unavailable");
    tap_is_str(support_auth_value(with, "SELECT id FROM auth_user_app_password"), id,
               "S9.70: the table stores its SHA-256");
    tap_is_int(support_auth_number(with, apr_psprintf(pool, ROWS " WHERE id = '%s' OR name = '%s'",
                                                      wanted.text, wanted.text)),
               0, "S9.70: the table does not store its text");
    tap_is_str(first()->name, "git", "the list has its name");
    tap_ok(first()->created_at == NOW, "the list has the time when it was made");
    tap_ok(first()->last_used == 0, "a new one was never used");
    tap_ok(strncmp(id, wanted.tag, LUCI_APP_PASSWORD_TAG_HEX) == 0,
           "its tag is the beginning of its SHA-256");
    tap_is_str(first()->tag, wanted.tag, "the list has its tag");
    tap_is_result(luci_app_password_list(with->db, bobby, &list, pool), LUCI_OK,
                  "another user's list is read");
    tap_is_int(list->nelts, 0, "another user's list is empty");
    return wanted;
}

static void check_owner(const char *text)
{
    luci_app_password_owner_t owner;
    char other[LUCI_APP_PASSWORD_LENGTH + 1];

    tap_is_result(luci_app_password_find(with->db, text, NOW, &owner, pool), LUCI_OK, "its owner is found");
    tap_is_str(owner.user.id, alice, "the owner is the one it was made for");
    tap_is_str(owner.user.username, "alice", "the owner has a name");
    apr_cpystrn(other, text, sizeof other);
    other[39] = other[39] == 'a' ? 'b' : 'a';
    tap_is_result(luci_app_password_find(with->db, other, NOW, &owner, pool), LUCI_NOT_FOUND,
                  "a text that differs in one character has no owner");
    tap_is_result(luci_app_password_find(with->db, first()->tag, NOW, &owner, pool), LUCI_NOT_FOUND,
                  "its tag has no owner");
    tap_is_result(luci_app_password_find(with->db, NULL, NOW, &owner, pool), LUCI_NOT_FOUND,
                  "nothing has no owner");
}

/* What the table stores signs nobody in. */
static void check_dump(void)
{
    luci_app_password_owner_t owner;
    const char *id = first()->id;

    tap_is_result(luci_app_password_find(with->db, id, NOW, &owner, pool), LUCI_NOT_FOUND,
                  "S9.70: the stored SHA-256 is no app password");
    tap_is_result(luci_app_password_find(with->db, apr_pstrndup(pool, id, 40), NOW, &owner, pool),
                  LUCI_NOT_FOUND, "S9.70: its beginning is no app password");
}

static void check_state(const char *text)
{
    luci_app_password_owner_t owner;

    support_run(with->target.params, "UPDATE auth_user SET disabled = 1 WHERE username = 'alice'");
    tap_is_result(luci_app_password_find(with->db, text, NOW, &owner, pool), LUCI_DENIED,
                  "S9.70: that of a disabled user is refused");
    tap_is_str(owner.user.id, alice, "its owner is known");
    support_run(with->target.params,
                apr_psprintf(pool, "UPDATE auth_user SET disabled = %" APR_INT64_T_FMT, NOW + 10));
    tap_is_result(luci_app_password_find(with->db, text, NOW + 9, &owner, pool), LUCI_OK,
                  "that of a user who expires later is admitted");
    tap_is_result(luci_app_password_find(with->db, text, NOW + 10, &owner, pool), LUCI_DENIED,
                  "S9.70: that of an expired user is refused");
    support_run(with->target.params, "UPDATE auth_user SET disabled = NULL");
    tap_is_result(luci_app_password_find(with->db, text, NOW, &owner, pool), LUCI_OK,
                  "that of an enabled user is admitted again");
}

static luci_ms_t use(const char *text, luci_ms_t now)
{
    luci_app_password_owner_t owner;

    if (luci_app_password_find(with->db, text, now, &owner, pool) != LUCI_OK)
        support_give_up("the app password", "it was not found");
    if (luci_app_password_is_use_due(&owner, now) &&
        luci_app_password_used(with->db, &owner, now, pool) != LUCI_OK)
        support_give_up("the app password", "its use was not written");
    return first()->last_used;
}

static void check_use(const char *text)
{
    luci_app_password_owner_t owner;

    tap_ok(use(text, NOW + 1) == NOW + 1, "the first use is written down");
    tap_ok(use(text, NOW + LUCI_MS_HOUR) == NOW + 1, "S9.70: another one within the hour is not");
    tap_ok(use(text, NOW + 1 + LUCI_MS_HOUR) == NOW + 1 + LUCI_MS_HOUR, "one after an hour is");
    if (luci_app_password_find(with->db, text, NOW, &owner, pool) != LUCI_OK)
        support_give_up("the app password", "it was not found");
    tap_is_result(luci_app_password_used(with->db, &owner, NOW + 1 + LUCI_MS_HOUR + 5, pool), LUCI_OK,
                  "a use that another process has just written is no error");
    tap_ok(first()->last_used == NOW + 1 + LUCI_MS_HOUR, "it is not written twice");
}

static void check_maximum(void)
{
    luci_app_password_wanted_t wanted = { .name = "many", .now = NOW + 1 };
    int number, wrong = 0;

    for (int i = 1; i < LUCI_APP_PASSWORDS_MAX; i++)
        wrong += make(&wanted) != LUCI_OK;
    tap_is_int(wrong, 0, "fifty are made");
    tap_is_result(make(&wanted), LUCI_CONFLICT, "S9.70: a user has at most fifty");
    tap_is_str(wanted.text, "", "one that is not stored is not known");
    tap_is_int(support_auth_number(with, ROWS), LUCI_APP_PASSWORDS_MAX, "the table has fifty");
    tap_is_result(luci_app_password_count(with->db, alice, &number, pool), LUCI_OK, "they are counted");
    tap_is_int(number, LUCI_APP_PASSWORDS_MAX, "the count is fifty");
    tap_is_result(luci_app_password_count(with->db, bobby, &number, pool), LUCI_OK,
                  "those of another user are counted");
    tap_is_int(number, 0, "another user has none");
}

static void check_deletion(const luci_app_password_wanted_t *made)
{
    luci_app_password_owner_t owner;

    tap_is_result(luci_app_password_delete(with->db, bobby, made->tag, pool), LUCI_NOT_FOUND,
                  "S9.70: another user cannot delete it");
    tap_is_result(luci_app_password_delete(with->db, alice, "0123456789ab", pool), LUCI_NOT_FOUND,
                  "an unknown tag deletes nothing");
    tap_is_int(support_auth_number(with, ROWS), LUCI_APP_PASSWORDS_MAX, "all are still there");
    tap_is_result(luci_app_password_delete(with->db, alice, made->tag, pool), LUCI_OK, "its user deletes it");
    tap_is_int(support_auth_number(with, ROWS), LUCI_APP_PASSWORDS_MAX - 1, "the others stay");
    tap_is_result(luci_app_password_find(with->db, made->text, NOW, &owner, pool), LUCI_NOT_FOUND,
                  "S9.70: a deleted one has no owner");
    support_run(with->target.params,
                support_is_file() ? "PRAGMA foreign_keys = ON; DELETE FROM user_session; DELETE FROM "
                                    "user_key; DELETE FROM auth_user"
                                  : "DELETE FROM user_session; DELETE FROM user_key; DELETE FROM auth_user");
    tap_is_int(support_auth_number(with, ROWS), 0, "S9.70: any program that deletes a user deletes them");
}

static void check_randomness(void)
{
    luci_app_password_wanted_t wanted = { .name = "git", .now = NOW };

    support_random_fails_at(1);
    tap_is_result(make(&wanted), LUCI_INTERNAL, "without randomness none is made");
    tap_is_str(wanted.text, "", "without randomness there is no text");
    support_random_fails_at(0);
}

static void check_without(void)
{
    luci_app_password_owner_t owner;
    apr_array_header_t *list;
    int number;

    with = support_auth("without.db", 1);
    tap_is_result(luci_app_password_has_table(with->db), LUCI_NOT_FOUND,
                  "S9.70: without LuciaSecondFactor there is no table");
    tap_is_result(luci_app_password_list(with->db, alice, &list, pool), LUCI_NOT_FOUND,
                  "without the table there is no list");
    tap_is_result(luci_app_password_find(with->db, repeated("a1", 20), NOW, &owner, pool), LUCI_NOT_FOUND,
                  "without the table there is no owner");
    tap_is_result(luci_app_password_delete(with->db, alice, "0123456789ab", pool), LUCI_NOT_FOUND,
                  "without the table there is nothing to delete");
    tap_is_result(luci_app_password_count(with->db, alice, &number, pool), LUCI_OK,
                  "without the table they are counted");
    tap_is_int(number, 0, "without the table the count is zero");
}

int main(void)
{
    luci_app_password_wanted_t made;
    luci_settings_t settings;

    pool = support_start();
    check_names();
    check_shape();
    with = support_auth("app_password.db", 1);
    tap_is_result(support_sign_up(with, "alice", PASSWORD), LUCI_OK, "alice signs up");
    alice = apr_pstrdup(pool, support_session.user.id);
    tap_is_result(support_sign_up(with, "bobby", PASSWORD), LUCI_OK, "bobby signs up");
    bobby = apr_pstrdup(pool, support_session.user.id);
    settings = with->settings;
    settings.second_factor = LUCI_SECOND_FACTOR_OPTIONAL;
    support_our_tables(with->target.params, &settings);
    check_randomness();
    made = check_making();
    check_owner(made.text);
    check_dump();
    check_state(made.text);
    check_use(made.text);
    check_maximum();
    check_deletion(&made);
    support_auth_close(with);
    check_without();
    support_auth_close(with);
    return tap_done();
}
