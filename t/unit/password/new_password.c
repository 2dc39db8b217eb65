/* SPDX-License-Identifier: Apache-2.0 */
/* Specification: S1.23, S9.53. What a new password must not be. */
#include "core/password/new_password.h"

#include "core/password/block_list.h"
#include "core/password/policy.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <string.h>

static apr_pool_t *pool;
static luci_settings_t settings = { .password_length = { 6, 255 } };

static void is_weak(const char *password, const char *username, luci_weakness_t want, const char *what)
{
    luci_new_password_t wanted = { password, username, "members.Example.org" };
    luci_weakness_t weakness = LUCI_WEAKNESS_NONE;
    luci_result_t result = luci_new_password_check(&settings, &wanted, &weakness, pool);

    tap_is_result(result, want == LUCI_WEAKNESS_NONE ? LUCI_OK : LUCI_INVALID, "%s: result", what);
    tap_is_str(luci_weakness_code(weakness), luci_weakness_code(want), "%s: reason", what);
}

static void check_default(void)
{
    is_weak("12345", "alice", LUCI_WEAKNESS_LENGTH, "a short password");
    is_weak(NULL, "alice", LUCI_WEAKNESS_LENGTH, "no password");
    is_weak("secret1", "alice", LUCI_WEAKNESS_NONE, "a common password without a list");
    is_weak("Alice Liddell", "alice liddell", LUCI_WEAKNESS_USERNAME, "S9.53: the username in another case");
    is_weak("K\xC3\x84SEBROT", "ka\xCC\x88sebrot", LUCI_WEAKNESS_USERNAME,
            "S9.53: the username in another normal form");
    is_weak("alice1", "alice", LUCI_WEAKNESS_NONE, "the username with a digit, by default");
    is_weak("alice wonders", "alice", LUCI_WEAKNESS_NONE, "a sentence with the username");
    is_weak("members.example.org", "alice", LUCI_WEAKNESS_SITE, "S9.53: the host name");
    is_weak("EXAMPLE", "alice", LUCI_WEAKNESS_SITE, "S9.53: a label of the host name");
    is_weak("example1", "alice", LUCI_WEAKNESS_NONE, "a label of the host name with a digit, by default");
}

static void check_words(void)
{
    char *word;

    settings.password_words = apr_array_make(pool, 1, sizeof(char *));
    is_weak("alice1", "alice", LUCI_WEAKNESS_NONE, "the username with a digit, with LuciaPasswordWords off");
    if (luci_policy_fold("Wonderland", &word, pool) == LUCI_OK)
        APR_ARRAY_PUSH(settings.password_words, const char *) = word;
    is_weak("WONDERLAND", "alice", LUCI_WEAKNESS_SITE, "S9.53: a word");
    is_weak("!!wonderland 2026", "alice", LUCI_WEAKNESS_SITE, "S9.53: a word between punctuation and digits");
    is_weak("alice2026!", "Alice", LUCI_WEAKNESS_USERNAME, "S9.53: the username with digits, with words");
    is_weak("alice99", "alice1", LUCI_WEAKNESS_USERNAME, "S9.53: the username with other digits");
    is_weak("12345678", "123456", LUCI_WEAKNESS_NONE, "digits are no username of other digits");
    is_weak("123456", "123456", LUCI_WEAKNESS_USERNAME, "S9.53: a username of digits");
    is_weak("example2026", "alice", LUCI_WEAKNESS_SITE, "S9.53: a label of the host name with digits");
    is_weak("alice in wonderland", "alice", LUCI_WEAKNESS_NONE, "only the whole password is compared");
    settings.password_words = NULL;
}

static void check_list(void)
{
    const char *problem;

    settings.block_list = luci_block_list_open("conf/common-passwords.txt", &problem, pool);
    tap_ok(settings.block_list != NULL, "the installed list opens");
    is_weak("Secret1", "alice", LUCI_WEAKNESS_COMMON, "S9.53: a common password");
    is_weak("example1", "alice", LUCI_WEAKNESS_SITE,
            "S9.53: a label of the host name with a digit, with a list");
    is_weak("correct horse battery staple", "alice", LUCI_WEAKNESS_NONE, "a passphrase");
    settings.block_list = NULL;
}

static void check_site_name(void)
{
    settings.site.name = "Alpine Club of K\xC3\x84SE";
    is_weak("alpine club of ka\xCC\x88se", "alice", LUCI_WEAKNESS_SITE, "S9.53: the name of the site");
    is_weak("AlpineClubofK\xC3\xA4se", "alice", LUCI_WEAKNESS_SITE,
            "S9.53: the name of the site without spaces");
    is_weak("ALPINE", "alice", LUCI_WEAKNESS_SITE, "S9.53: a word of the name of the site");
    is_weak("alpine1", "alice", LUCI_WEAKNESS_NONE,
            "a word of the name of the site with a digit, by default");
    is_weak("alpine club", "alice", LUCI_WEAKNESS_NONE, "some words of the name of the site");
    settings.site.name = "Up to date";
    is_weak("to to to", "alice", LUCI_WEAKNESS_NONE, "words of the name of the site that are short");
    settings.site.name = NULL;
    is_weak("ALPINE", "alice", LUCI_WEAKNESS_NONE, "a word, for a site without a name");
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    check_default();
    check_words();
    check_list();
    check_site_name();
    apr_pool_destroy(pool);
    return tap_done();
}
