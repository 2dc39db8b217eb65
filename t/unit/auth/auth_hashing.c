/* SPDX-License-Identifier: Apache-2.0 */
/* Which password hashes are computed, and when: counted by standing in front of libargon2 and libcrypto's
 * scrypt, which is steadier than measuring time. Specification: S9.1, S9.3, S9.6 and S9.7. No handle is held
 * meanwhile. */
#include "password/password_vectors.h"
#include "lib/support.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <argon2.h>
#include <dlfcn.h>
#include <openssl/evp.h>
#include <string.h>

static apr_pool_t *pool;
static support_auth_t *with;

/* ---- The counters ---- */

static int computed;     /* hashes since the last reset */
static int while_lent;   /* of these, while a handle was out */
static uint32_t last[4]; /* m, t, p and length of the last Argon2 */

static int change_at; /* at which hash another one is stored behind our back; 0: never */

static void count(void)
{
    computed++;
    while_lent += with->out;
    if (computed == change_at)
        support_run(with->target.params, "UPDATE user_key SET hashed_password = 'changed'");
}

int argon2_ctx(argon2_context *context, argon2_type type)
{
    int (*real)(argon2_context *, argon2_type);

    *(void **)&real = dlsym(RTLD_NEXT, "argon2_ctx");
    count();
    last[0] = context->m_cost;
    last[1] = context->t_cost;
    last[2] = context->lanes;
    last[3] = context->outlen;
    return real(context, type);
}

int EVP_PBE_scrypt(const char *pass, size_t passlen, const unsigned char *salt, size_t saltlen, uint64_t N,
                   uint64_t r, uint64_t p, uint64_t maxmem, unsigned char *key, size_t keylen)
{
    int (*real)(const char *, size_t, const unsigned char *, size_t, uint64_t, uint64_t, uint64_t, uint64_t,
                unsigned char *, size_t);

    *(void **)&real = dlsym(RTLD_NEXT, "EVP_PBE_scrypt");
    count();
    return real(pass, passlen, salt, saltlen, N, r, p, maxmem, key, keylen);
}

static void is_count(luci_result_t got, luci_result_t want, int hashes, const char *what)
{
    tap_is_result(got, want, "%s", what);
    tap_is_int(computed, hashes, "  computes %d", hashes);
    computed = 0;
}

static luci_result_t sign_in(const char *username, const char *password)
{
    computed = 0;
    memset(last, 0, sizeof last);
    return support_sign_in(with, username, password);
}

static luci_result_t sign_up(const char *username, const char *password)
{
    computed = 0;
    return support_sign_up(with, username, password);
}

static const char *stored_hash(void)
{
    return support_auth_value(with, "SELECT hashed_password FROM user_key WHERE id = 'username:alice'");
}

static void store_hash(const char *hash)
{
    support_run(with->target.params,
                hash ? apr_psprintf(pool, "UPDATE user_key SET hashed_password = '%s'", hash)
                     : "UPDATE user_key SET hashed_password = NULL");
}

/* ---- How many ---- */

static const char *too_long(void)
{
    char *text = apr_pcalloc(pool, 257);

    memset(text, 'x', 256);
    return text;
}

static void check_counts(void)
{
    luci_user_t user;

    with = support_auth("counts.db", 1);
    is_count(sign_up("alice", PASSWORD), LUCI_OK, 1, "a sign-up computes one hash");
    is_count(sign_up("alice", PASSWORD), LUCI_CONFLICT, 0, "a name that is taken");
    is_count(sign_up("abc", PASSWORD), LUCI_INVALID, 0, "a name that is too short");
    is_count(sign_up("bobby", "short"), LUCI_INVALID, 0, "S9.1: a password that is too short");
    is_count(sign_up("bobby", too_long()), LUCI_INVALID, 0, "S9.1: a password that is too long");
    is_count(sign_in("alice", too_long()), LUCI_INVALID, 0,
             "S9.1: a password that is too long computes no hash at sign-in");
    is_count(sign_in("alice", PASSWORD), LUCI_OK, 1, "a sign-in computes one hash");
    computed = 0;
    is_count(support_check(with, "alice", too_long(), &user), LUCI_DENIED, 0,
             "S9.1: a password that is too long computes no hash for HTTP Basic");
    is_count(support_check(with, "alice", PASSWORD, &user), LUCI_OK, 1, "HTTP Basic computes one hash");
    support_run(with->target.params, "INSERT INTO auth_user (id, username) VALUES ('x', 'Octocat')");
    is_count(sign_up("Octocat", PASSWORD), LUCI_CONFLICT, 1,
             "a username that is found taken by the transaction");
    support_auth_close(with);
}

/* S9.3: whatever is the matter, one hash of the configured cost is computed, and the answer is the same. */
static void check_equal_work(void)
{
    static const char *const unusable[] = {
        "",
        "x",
        "$argon2id$v=19$m=8,t=1,p=1$",
        "s2:salt",
        "not a hash at all",
        ARGON2("id$v=19$m=4194304,t=1,p=1", SALT_16, TAG_32),
        ARGON2("id$v=19$m=8,t=4294967295,p=1", SALT_16, TAG_32),
        ARGON2("id$v=19$m=8,t=1,p=1000000", SALT_16, TAG_32),
    };
    uint32_t wrong[4];
    const char *good;

    with = support_auth("equal.db", 1);
    with->settings.hash = (luci_hash_cost_t){ LUCI_HASH_ARGON2ID, 64, 3, 2 };
    tap_is_result(sign_up("alice", PASSWORD), LUCI_OK, "a sign-up makes a user to compare");
    good = stored_hash();
    is_count(sign_in("alice", WRONG), LUCI_DENIED, 1, "S9.3: a wrong password");
    memcpy(wrong, last, sizeof wrong);
    tap_ok(wrong[0] == 64 && wrong[1] == 3 && wrong[2] == 2, "  at the configured cost");
    is_count(sign_in("nobody", WRONG), LUCI_DENIED, 1, "S9.3: an unknown user");
    tap_is_mem(last, wrong, sizeof wrong, "  at the same cost");
    for (int i = 0; i < COUNT(unusable); i++) {
        store_hash(unusable[i]);
        is_count(sign_in("alice", PASSWORD), LUCI_DENIED, 1,
                 apr_psprintf(pool, "S9.7: the stored hash \"%s\"", unusable[i]));
        tap_is_mem(last, wrong, sizeof wrong, "  at the same cost");
        tap_is_str(stored_hash(), unusable[i], "  an unusable hash is not replaced");
    }
    store_hash(NULL);
    is_count(sign_in("alice", PASSWORD), LUCI_DENIED, 1, "S9.7: a key without a password");
    tap_is_mem(last, wrong, sizeof wrong, "  at the same cost");
    store_hash("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=");
    is_count(sign_in("alice", WRONG), LUCI_DENIED, 1,
             "S9.3: a wrong password beside a hash that costs nothing");
    tap_is_mem(last, wrong, sizeof wrong, "  at the same cost");
    store_hash(good);
    support_run(with->target.params, "UPDATE auth_user SET disabled = 1");
    is_count(sign_in("alice", PASSWORD), LUCI_DENIED, 1, "a disabled user with the right password");
    tap_is_mem(last, wrong, sizeof wrong, "  at the same cost");
    is_count(sign_in("alice", WRONG), LUCI_DENIED, 1, "a disabled user with a wrong one");
    tap_is_int(support_auth_number(with, "SELECT count(*) FROM user_session"), 1, "nobody of these came in");
    support_auth_close(with);
}

/* ---- Hashes of another kind or cost ---- */

static int is_current(const char *hash)
{
    return hash && strncmp(hash, "$argon2id$v=19$m=8,t=1,p=1$", 27) == 0;
}

static void check_formats(void)
{
    with = support_auth("formats.db", 1);
    tap_is_result(sign_up("alice", PASSWORD), LUCI_OK, "a sign-up makes a user with a foreign hash");
    for (int i = 0; i < COUNT(vectors); i++) {
        const char *replaced;

        store_hash(vectors[i].stored);
        tap_is_result(sign_in("alice", "another password"), LUCI_DENIED, "S9.6: %.40s, a wrong password",
                      vectors[i].stored);
        tap_is_str(stored_hash(), vectors[i].stored, "  a wrong password does not replace the hash");
        tap_is_result(sign_in("alice", vectors[i].password), LUCI_OK, "  the right one signs in");
        replaced = stored_hash();
        tap_ok(is_current(replaced), "  a right password replaces the outdated hash");
        tap_is_result(sign_in("alice", vectors[i].password), LUCI_OK, "  by one for the same password");
        tap_is_str(stored_hash(), replaced, "  the replaced hash stays at the next sign-in");
    }
    tap_is_str(with->logged, "", "nothing is logged");
    support_auth_close(with);
}

static void check_other_kinds(void)
{
    with = support_auth("kinds.db", 1);
    tap_is_result(sign_up("alice", PASSWORD), LUCI_OK, "a sign-up makes a user with another cost");
    with->settings.hash.memory_kib = 16;
    is_count(sign_in("alice", PASSWORD), LUCI_OK, 2, "S9.6: the configured cost has changed: a sign-in");
    tap_ok(stored_hash() && strstr(stored_hash(), "$m=16,"), "  replaces the hash");
    is_count(sign_in("alice", PASSWORD), LUCI_OK, 1, "the next one");
    with->settings.hash.memory_kib = 8;
    is_count(sign_in("alice", PASSWORD), LUCI_OK, 2, "a lower cost replaces the hash as well");
    with->settings.hash.kind = LUCI_HASH_LUCIA_SCRYPT;
    is_count(sign_in("nobody", PASSWORD), LUCI_DENIED, 1, "Lucia's scrypt is configured: an unknown user");
    is_count(sign_in("alice", PASSWORD), LUCI_OK, 2, "a sign-in computes one hash more to replace it");
    tap_ok(stored_hash() && strncmp(stored_hash(), "s2:", 3) == 0, "  replaces the hash");
    is_count(sign_in("alice", WRONG), LUCI_DENIED, 1, "a wrong password");
    is_count(sign_in("alice", PASSWORD), LUCI_OK, 1, "the right one");
    support_auth_close(with);
}

/* ---- Replacing that fails is no reason to turn somebody away ---- */

#define OUTDATED vectors[8]

static void check_replacement_locked(void)
{
    luci_user_t user;
    pid_t holder;

    luci_db_close(with->db);
    holder = support_hold(with->target.params, "BEGIN IMMEDIATE");
    tap_is_result(support_check(with, "alice", OUTDATED.password, &user), LUCI_OK,
                  "S9.32: a locked database: HTTP Basic works");
    tap_ok(strstr(with->logged, "busy"), "  it's logged: %s", with->logged);
    luci_db_close(with->db);
    support_release(holder);
}

static void check_failing_replacement(void)
{
    luci_user_t user;

    with = support_auth("failing.db", 1);
    tap_is_result(sign_up("alice", PASSWORD), LUCI_OK, "a sign-up makes a user whose hash can't be replaced");
    store_hash(OUTDATED.stored);
    with->refuse_at = 2;
    with->with = LUCI_BUSY;
    tap_is_result(sign_in("alice", OUTDATED.password), LUCI_OK,
                  "S9.6: no handle for the replacement: the sign-in works");
    tap_is_str(stored_hash(), OUTDATED.stored, "  the old hash stays");
    tap_ok(strncmp(with->logged, "hash_not_replaced: ", 19) == 0 && strstr(with->logged, "busy"),
           "  it's logged: %s", with->logged);
    tap_ok(!strstr(with->logged, "$argon2") && !strstr(with->logged, OUTDATED.password),
           "S9.15: the log has neither the hash nor the password");
    with->logged[0] = '\0';
    if (support_is_file())
        check_replacement_locked();
    with->logged[0] = '\0';
    support_random_fails_at(1);
    tap_is_result(support_check(with, "alice", OUTDATED.password, &user), LUCI_OK,
                  "S9.41: no randomness for a new salt: HTTP Basic works");
    support_random_fails_at(0);
    tap_is_str(stored_hash(), OUTDATED.stored, "  the old hash stays");
    tap_ok(strstr(with->logged, "internal"), "  it's logged: %s", with->logged);
    support_auth_close(with);
}

static void check_changed_meanwhile(void)
{
    with = support_auth("meanwhile.db", 1);
    tap_is_result(sign_up("alice", PASSWORD), LUCI_OK,
                  "a sign-up makes a user whose password changes meanwhile");
    store_hash(OUTDATED.stored);
    change_at = 2;
    tap_is_result(sign_in("alice", OUTDATED.password), LUCI_DENIED,
                  "the password is changed while the old hash is replaced: it's checked anew, and wrong");
    change_at = 0;
    tap_is_str(stored_hash(), "changed", "the change stays");
    tap_is_int(support_auth_number(with, "SELECT count(*) FROM user_session"), 1, "nobody comes in");
    tap_is_str(with->logged, "", "a password that changed meanwhile is not logged");
    support_auth_close(with);
}

int main(void)
{
    pool = support_start();
    check_counts();
    check_equal_work();
    check_formats();
    check_other_kinds();
    check_failing_replacement();
    check_changed_meanwhile();
    tap_is_int(while_lent, 0, "no handle was held while a password was hashed");
    return tap_done();
}
