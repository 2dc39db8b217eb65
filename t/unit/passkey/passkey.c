/* SPDX-License-Identifier: Apache-2.0 */
/* Passkeys in the table: whose they are, that no credential is registered twice, and what changes them.
 * Specification: S6.7, S9.80. */
#include "core/passkey/passkey.h"

#include "core/account/admin.h"
#include "core/factor/factor.h"
#include "lib/support_auth.h"
#include "lib/support_passkey.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define ROWS "SELECT count(*) FROM auth_user_passkey"

static support_auth_t *with;
static apr_pool_t *pool;
static const char *alice, *bobby;
static support_key_t *key;

static luci_passkey_credential_t credential_of(const char *id, int flags)
{
    luci_passkey_answer_t answer = support_registration(key, support_bytes_of(id, strlen(id)), flags, pool);
    luci_ceremony_t ceremony = support_ceremony(0);
    luci_passkey_credential_t credential;
    luci_passkey_fault_t fault;

    if (luci_registration_verify(&ceremony, &answer, &credential, &fault) != LUCI_OK)
        support_give_up("a registration", luci_passkey_fault_text(fault));
    return credential;
}

static luci_result_t insert_within(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const luci_passkey_t *passkey = baton;
    luci_user_t user;
    luci_result_t result = luci_user_lock(db, passkey->user_id, &user, scratch);

    return result == LUCI_OK ? luci_passkey_insert(db, passkey, scratch) : result;
}

static luci_result_t insert(const char *id, const char *user_id, const char *name)
{
    luci_passkey_credential_t credential = credential_of(id, UP | UV | BE);
    luci_passkey_t passkey = { .user_id = user_id, .name = name, .created_at = NOW };
    luci_result_t result = luci_passkey_new(&credential, &passkey, pool);

    return result == LUCI_OK ? luci_db_transaction(with->db, insert_within, &passkey, pool) : result;
}

static luci_result_t find(const char *id, luci_passkey_t *passkey, luci_user_t *user)
{
    luci_bytes_t bytes = support_bytes_of(id, strlen(id));

    return luci_passkey_find(with->db, &bytes, passkey, user, pool);
}

static const luci_passkey_t *at(const char *user_id, int number)
{
    apr_array_header_t *list;

    if (luci_passkey_list(with->db, user_id, &list, pool) != LUCI_OK || list->nelts <= number)
        support_give_up("the list", "it is too short");
    return &APR_ARRAY_IDX(list, number, luci_passkey_t);
}

static void check_owner(void)
{
    luci_passkey_t passkey;
    luci_user_t user;
    luci_bytes_t cose = support_key_cose(key, pool);
    unsigned char written[LUCI_COSE_KEY_MAX];
    size_t length;

    tap_is_result(insert("first credential", alice, "Phone"), LUCI_OK, "a passkey is stored");
    tap_is_result(insert("first credential", alice, "Again"), LUCI_CONFLICT,
                  "a credential is not registered twice");
    tap_is_result(insert("first credential", bobby, "Mine"), LUCI_CONFLICT,
                  "a credential of another user is not registered");
    tap_is_int(support_auth_number(with, ROWS), 1, "a refused credential leaves no row");
    tap_is_result(find("first credential", &passkey, &user), LUCI_OK,
                  "a passkey is found by its credential id");
    tap_is_str(user.id, alice, "a passkey has its user");
    tap_is_str(passkey.user_id, alice, "the row of a passkey names its user");
    tap_is_str(passkey.name, "Phone", "a passkey has its name");
    tap_is_int(passkey.credential.flags, LUCI_CREDENTIAL_VERIFIED | LUCI_CREDENTIAL_BACKUP_ELIGIBLE,
               "a passkey has the flags of its registration");
    tap_ok(passkey.credential.id.length == 16 &&
               memcmp(passkey.credential.id.data, "first credential", 16) == 0,
           "a passkey has its credential id");
    tap_is_result(luci_cose_key_write(&passkey.credential.key, written, &length), LUCI_OK,
                  "the key of a stored passkey");
    tap_ok(length == cose.length && memcmp(written, cose.data, length) == 0, "a passkey has its key");
    tap_ok(passkey.created_at == NOW && passkey.last_used == 0, "a new passkey was never used");
    tap_is_result(find("no credential", &passkey, &user), LUCI_NOT_FOUND,
                  "an unknown credential has no user");
    tap_is_result(find("", &passkey, &user), LUCI_NOT_FOUND, "no credential has no user");
}

static luci_result_t use_within(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    return luci_passkey_used(db, baton, NOW + 5, scratch);
}

static void check_used(void)
{
    luci_passkey_t passkey, stranger;
    luci_user_t user;

    tap_is_result(find("first credential", &passkey, &user), LUCI_OK, "a passkey is found");
    passkey.credential.sign_count = 4294967295;
    passkey.credential.flags |= LUCI_CREDENTIAL_BACKED_UP;
    tap_is_result(luci_db_transaction(with->db, use_within, &passkey, pool), LUCI_OK, "its use is written");
    tap_is_result(find("first credential", &passkey, &user), LUCI_OK, "a used passkey is found");
    tap_ok(passkey.credential.sign_count == 4294967295, "the largest counter is kept");
    tap_ok(passkey.credential.flags & LUCI_CREDENTIAL_BACKED_UP, "a backup is kept");
    tap_ok(passkey.last_used == NOW + 5, "the time of its use is kept");
    stranger = passkey;
    stranger.user_id = bobby;
    tap_is_result(luci_db_transaction(with->db, use_within, &stranger, pool), LUCI_NOT_FOUND,
                  "a passkey that is no longer this user's cannot be used");
}

static void check_changes(void)
{
    const luci_passkey_t *first;
    luci_passkey_t passkey;
    luci_user_t user;
    const char *name, *tag;
    int count;

    tap_is_result(insert("second credential", alice, "Key"), LUCI_OK, "a second passkey is stored");
    tap_is_result(luci_passkey_count(with->db, alice, &count, pool), LUCI_OK, "the passkeys are counted");
    tap_is_int(count, 2, "a user has two");
    first = at(alice, 0);
    tag = apr_pstrdup(pool, first->tag);
    tap_is_result(luci_passkey_name("  My  phone ", &name, pool), LUCI_OK,
                  "blanks around a name are no error");
    tap_is_result(luci_passkey_rename(with->db, alice, tag, name, pool), LUCI_OK,
                  "a passkey gets another name");
    tap_is_result(luci_passkey_rename(with->db, bobby, tag, "Theirs", pool), LUCI_NOT_FOUND,
                  "the passkey of another user gets no name");
    tap_is_result(luci_passkey_delete(with->db, bobby, tag, pool), LUCI_NOT_FOUND,
                  "the passkey of another user is not deleted");
    tap_is_result(luci_passkey_delete(with->db, alice, "", pool), LUCI_NOT_FOUND,
                  "an empty tag deletes nothing");
    tap_is_int(support_auth_number(with, ROWS), 2, "both passkeys are still there");
    tap_is_str(at(alice, 0)->name, "My  phone", "the name of a passkey has changed");
    tap_is_result(luci_passkey_delete(with->db, alice, tag, pool), LUCI_OK, "a passkey is deleted");
    tap_is_int(support_auth_number(with, ROWS), 1, "the other passkey stays");
    tap_ok(find("first credential", &passkey, &user) == LUCI_NOT_FOUND ||
               find("second credential", &passkey, &user) == LUCI_NOT_FOUND,
           "a deleted passkey is not found");
    tap_is_result(luci_passkey_delete(with->db, alice, at(alice, 0)->tag, pool), LUCI_OK,
                  "the last passkey is deleted");
    tap_is_result(luci_passkey_count(with->db, alice, &count, pool), LUCI_OK, "no passkey is counted");
    tap_is_int(count, 0, "after the last passkey there is none");
}

/* With LuciaSecondFactor, passkeys are second factors. */
static void check_factors(void)
{
    luci_factors_t factors;
    int kinds;

    tap_is_result(insert("a factor", bobby, "Key"), LUCI_OK, "bobby gets a passkey");
    tap_is_result(luci_factor_read(with->db, bobby, &factors, pool), LUCI_OK,
                  "the factors of bobby are read");
    tap_is_int(factors.kinds, LUCI_FACTOR_PASSKEY, "a passkey is a second factor");
    tap_is_int(factors.passkeys, 1, "the passkeys among the factors are counted");
    tap_is_result(luci_factor_kinds(with->db, alice, &kinds, pool), LUCI_OK, "the factors of alice are read");
    tap_is_int(kinds, 0, "a passkey is a factor of its user alone");
    tap_is_result(luci_factor_reset(with->db, bobby, &kinds, pool), LUCI_OK,
                  "the factors of bobby are removed");
    tap_is_int(kinds, LUCI_FACTOR_PASSKEY, "a reset tells of the passkey");
    tap_is_int(support_auth_number(with, ROWS), 0, "a reset removes passkeys");
}

static void check_max(void)
{
    luci_account_deleted_t deleted;

    for (int i = 0; i < LUCI_PASSKEYS_MAX; i++) {
        if (insert(apr_psprintf(pool, "credential %d", i), alice, "x") != LUCI_OK)
            support_give_up("a passkey", "it is not stored");
    }
    tap_is_result(insert("one more", alice, "x"), LUCI_EXPIRED, "a user has a maximum number of passkeys");
    tap_is_result(insert("one more", bobby, "x"), LUCI_OK, "the maximum is that of a user");
    tap_is_result(luci_account_delete(with->db, alice, &deleted, pool), LUCI_OK, "a user is deleted");
    tap_is_int(support_auth_number(with, ROWS), 1, "the passkeys of a user go with the user");
}

static void check_names(void)
{
    static const char *const bad[] = { NULL, "", " ", "a\nb", "a\x7f", "a\xff", "\xe2\x80\xae" };
    const char *name;
    int wrong = 0;

    for (int i = 0; i < COUNT(bad); i++)
        wrong += luci_passkey_name(bad[i], &name, pool) != LUCI_INVALID;
    tap_is_int(wrong, 0, "a name is a text that a list can show");
}

static void check_handle(void)
{
    unsigned char one[LUCI_USER_HANDLE_BYTES], two[LUCI_USER_HANDLE_BYTES];

    tap_is_result(luci_passkey_user_handle("alice", one), LUCI_OK, "a user handle");
    tap_is_result(luci_passkey_user_handle("alicf", two), LUCI_OK, "another user handle");
    tap_ok(memcmp(one, two, sizeof one) != 0, "users have different handles");
    tap_is_result(luci_passkey_user_handle("alice", two), LUCI_OK, "the user handle again");
    tap_is_mem(one, two, sizeof one, "a user has one handle");
}

/* A row that something else wrote verifies nothing. */
static void check_foreign_rows(void)
{
    luci_ceremony_t ceremony = support_ceremony(0);
    luci_bytes_t id = support_bytes_of("one more", 8);
    luci_passkey_answer_t answer = support_assertion(key, id, UP | BE, 0, pool);
    luci_passkey_t passkey;
    luci_passkey_fault_t fault;
    luci_user_t user;
    int is_copied;

    tap_is_result(find("one more", &passkey, &user), LUCI_OK, "a passkey of bobby");
    tap_is_result(luci_assertion_verify(&ceremony, &answer, &passkey.credential, &is_copied, &fault), LUCI_OK,
                  "a stored passkey verifies an assertion");
    support_run(with->target.params, "UPDATE auth_user_passkey SET public_key = 'AAAA'");
    tap_is_result(find("one more", &passkey, &user), LUCI_OK, "a row with a broken key is read");
    tap_is_result(luci_assertion_verify(&ceremony, &answer, &passkey.credential, &is_copied, &fault),
                  LUCI_DENIED, "a broken key verifies nothing");
    tap_is_int(fault, LUCI_PASSKEY_FAULT_SIGNATURE, "a broken key has no signatures");
}

int main(void)
{
    pool = support_start();
    with = support_auth("passkey.db", 1);
    key = support_key(LUCI_COSE_ES256, pool);
    if (support_sign_up(with, "alice", PASSWORD) != LUCI_OK)
        support_give_up("alice", "she does not sign up");
    alice = apr_pstrdup(pool, support_session.user.id);
    if (support_sign_up(with, "bobby", PASSWORD) != LUCI_OK)
        support_give_up("bobby", "he does not sign up");
    bobby = apr_pstrdup(pool, support_session.user.id);
    with->settings.passkeys = LUCI_PASSKEYS_ON;
    with->settings.second_factor = LUCI_SECOND_FACTOR_OPTIONAL;
    support_our_tables(with->target.params, &with->settings);
    check_owner();
    check_used();
    check_changes();
    check_factors();
    check_max();
    check_names();
    check_handle();
    check_foreign_rows();
    support_auth_close(with);
    return tap_done();
}
