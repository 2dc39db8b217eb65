/* SPDX-License-Identifier: Apache-2.0 */
/* Specification: S1.10, S9.1. What JavaScript is expected to say comes from Node.js 20: text.length,
 * text.toLowerCase(), text.normalize("NFKC"). */
#include "core/password/policy.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <string.h>

static const luci_length_t usernames = { 4, 31 };
static const luci_length_t passwords = { 6, 255 };
static const luci_length_t at_least_1 = { 1, 31 };

static void check_lengths(void)
{
    static const struct {
        const char *text;
        int length;
    } cases[] = {
        { "", 0 },
        { "alice", 5 },
        { "\u00E9", 1 },
        { "e\u0301", 2 },
        { "\uFFFF", 1 },
        { "\U00010000", 2 },
        { "\U0001F600", 2 },
        { "\U0010FFFF", 2 },
        { "\U0001F468\u200D\U0001F469\u200D\U0001F467", 8 },
        { "a\xFF", -1 },
        { "\xC0\xAF", -1 },
        { "\xE0\x80\xAF", -1 },
        { "\xED\xA0\x80", -1 },
        { "\xF4\x90\x80\x80", -1 },
        { "\x80", -1 },
        { "\xC3", -1 },
        { "\xE2\x82", -1 },
        { "\xF0\x9F\x98", -1 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        tap_is_int(luci_policy_length(cases[i].text), cases[i].length, "length %zu", i);
    tap_is_int(luci_policy_length(NULL), -1, "NULL has no length");
}

/* count times the same character */
static const char *repeated(const char *character, int count)
{
    static char text[2048];

    text[0] = '\0';
    while (count-- > 0)
        strcat(text, character);
    return text;
}

/* Whether the profile "permissive" allows a name. */
static luci_result_t new_name(const char *username, luci_length_t bounds)
{
    luci_settings_t settings = { .username_length = bounds };

    return luci_policy_new_name(&settings, username);
}

static void check_bounds(void)
{
    tap_is_result(new_name(repeated("a", 3), usernames), LUCI_INVALID, "S1.10: username of 3");
    tap_is_result(new_name(repeated("a", 4), usernames), LUCI_OK, "S1.10: a username of 4");
    tap_is_result(new_name(repeated("a", 31), usernames), LUCI_OK, "S1.10: a username of 31");
    tap_is_result(new_name(repeated("a", 32), usernames), LUCI_INVALID, "S1.10: a username of 32");
    tap_is_result(new_name(repeated("\U0001F600", 15), usernames), LUCI_OK, "S1.10: a username of 15 emoji");
    tap_is_result(new_name(repeated("\U0001F600", 16), usernames), LUCI_INVALID,
                  "S1.10: a username of 16 emoji");
    tap_is_result(new_name("", at_least_1), LUCI_INVALID, "an empty username is invalid");
    tap_is_result(new_name("a", at_least_1), LUCI_OK, "one letter signs in");
    tap_is_result(new_name(NULL, at_least_1), LUCI_INVALID, "a NULL username is invalid");
    tap_is_result(luci_policy_password(repeated("p", 5), passwords), LUCI_INVALID, "S9.1: password of 5");
    tap_is_result(luci_policy_password(repeated("p", 6), passwords), LUCI_OK, "S9.1: a password of 6");
    tap_is_result(luci_policy_password(repeated("p", 255), passwords), LUCI_OK, "S9.1: a password of 255");
    tap_is_result(luci_policy_password(repeated("p", 256), passwords), LUCI_INVALID,
                  "S9.1: a password of 256");
    tap_is_result(luci_policy_password(repeated("\u20AC", 255), passwords), LUCI_OK,
                  "S9.1: a password of 255, 765 bytes");
    tap_is_result(luci_policy_password(repeated("\U0001F600", 3), passwords), LUCI_OK,
                  "S9.1: a password of three emoji");
    tap_is_result(luci_policy_password(repeated("\U0001F600", 128), passwords), LUCI_INVALID,
                  "S9.1: a password of 128 emoji is invalid");
    tap_is_result(luci_policy_password("      ", passwords), LUCI_OK, "S9.1: a password of six spaces");
    tap_is_result(luci_policy_password("tab\tand\nnewline", passwords), LUCI_OK, "controls in a password");
    tap_is_result(luci_policy_password(NULL, passwords), LUCI_INVALID, "a NULL password is invalid");
    tap_is_result(luci_policy_password("abcdef\xFF", passwords), LUCI_INVALID, "password that isn't UTF-8");
}

static void check_controls(void)
{
    static const char *const refused[] = {
        "ali\nce",         "\x01lice",      "alice\x1F",   "ali\tce",     "\033[31mred", "alice\x7F",
        "alice\xC2\x80",   "alice\xC2\x9F", "alice\u2028", "\u2029alice", "ali\rce",     "alice\xC3",
        "ali\xED\xA0\x80", "alice ",        " alice",      "    ",        "alice\u00A0", "\u3000alice",
        "alice\u2003",     "al\u200Bice",   "\u202Ealice", "alice\uFEFF", "al\u00ADice", "al\u2060ice",
        "\u200Dalice",     "al\u034Fice",   "alice\u3164", "alice\u2800", "alice\uFE0F", "al\U000E0061ice",
        "alice\u180E"
    };
    static const char *const welcome[] = { "alice",   "al ice", "\u00C4lice",     "a\u0301lice",
                                           "ali<ce>", "\"'&;",  "\u2764\uFE0Fab", "\uD55C\uAE00ab" };

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        tap_is_result(new_name(refused[i], usernames), LUCI_INVALID, "refused name %zu", i);
    for (size_t i = 0; i < sizeof welcome / sizeof welcome[0]; i++)
        tap_is_result(new_name(welcome[i], usernames), LUCI_OK, "welcome name %zu", i);
}

static void check_typed(apr_pool_t *pool)
{
    static const char *const typed[][2] = {
        { "alice", "alice" },
        { " alice ", "alice" },
        { "alice\u00A0", "alice" },
        { "\talice", "alice" },
        { "al ice", "al ice" },
        { "    ", "" },
        { "", "" },
        { "alice\n ", "alice\n" },
        { "\u3000\u65E5\u672C\u2003", "\u65E5\u672C" },
        { " a\xFF ", " a\xFF " },
        { "\u202Ealice", "\u202Ealice" },
    };

    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++)
        tap_is_str(luci_policy_trim(typed[i][0], pool), typed[i][1], "typed name %zu", i);
    tap_ok(luci_policy_trim(NULL, pool) == NULL, "no name stays none");
    tap_is_result(luci_policy_typed_name("\u202Ealice", 31), LUCI_OK, "an older name may sign in");
    tap_is_result(luci_policy_typed_name("alice ", 31), LUCI_OK,
                  "an older name with a blank at its end may sign in");
    tap_is_result(luci_policy_typed_name("ali\nce", 31), LUCI_INVALID, "a control character never could");
    tap_is_result(luci_policy_typed_name("", 31), LUCI_INVALID, "an empty name can't sign in");
    tap_is_result(luci_policy_typed_name(repeated("a", 32), 31), LUCI_INVALID,
                  "a name that is too long can't sign in");
}

static void check_headers(void)
{
    static const char *const carried[] = { "", "alice", "al ice", "caf\u00E9", "\u202Ealice" };
    static const char *const changed[] = { "alice ",      " alice",    "\talice",  "a\nb",  "a\x7F",
                                           "alice\u00A0", "a\xC2\x85", "a\u2028b", "a\xFF", NULL };

    for (size_t i = 0; i < sizeof carried / sizeof *carried; i++)
        tap_ok(luci_policy_fits_header(carried[i]), "S9.43: a header carries value %zu", i);
    for (size_t i = 0; i < sizeof changed / sizeof *changed; i++)
        tap_ok(!luci_policy_fits_header(changed[i]), "S9.43: a header does not carry value %zu", i);
}

static void check_appearances(apr_pool_t *pool)
{
    static const char *const alike[][2] = {
        { "Alice ", "alice" },        { "al\u200Bice", "alice" },
        { "\uFF21lice", "alice" },    { "al\u00A0 ice", "al ice" },
        { "\uFB01ne", "fine" },       { "e\u0301va", "\u00E9va" },
        { "\u2764\uFE0F", "\u2764" }, { "  ", "" },
    };
    char *appearance;

    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++) {
        tap_is_result(luci_policy_appearance(alike[i][0], &appearance, pool), LUCI_OK, "appearance %zu", i);
        tap_is_str(appearance, alike[i][1], "S9.43: the appearance is as a reader sees the name");
    }
    tap_is_result(luci_policy_appearance("a\xFF", &appearance, pool), LUCI_INVALID,
                  "a name that is not UTF-8 has no appearance");
}

static void check_precis(void)
{
    static const char *const admitted[] = {
        "juliet@example.com",
        "alice",
        "Al ice",
        "fu\u00DFball",
        "\u03C0\u03C2",
        "l\u00B7l",
        "\u05D0\u05D1\u05F3",
        "\u30AB\u30FB\u30AB",
        "\u0627\u0661",
        "\u05D0\u05D11",
        "\u65E5\u672C",
        "\u00E9va",
        "a!#$%&'*+-./",
    };
    static const char *const refused[] = {
        "foo  bar",     "\u265A",      "henry\u2163",  "\uFF21lice",   "e\u0301va",       "a\u00B7l",
        "\u30FBab",     "\u0375ab",    "\u05F3\u05D0", "\u0661\u06F1", "\u05D0a",         "a\u05D0",
        "\u05D0-",      "1\u05D0",     "\uFB01ne",     "\u1100\u1161", "\U0001F600alice", "a\u200Db",
        "\u0640\u0627", "al\u00A0ice", "\u01C5ab",     "\u0378ab",
    };
    luci_settings_t precis = { .username_length = { 1, 31 }, .username_profile = LUCI_PROFILE_PRECIS },
                    permissive = { .username_length = { 1, 31 } };

    for (size_t i = 0; i < sizeof admitted / sizeof *admitted; i++)
        tap_is_result(luci_policy_new_name(&precis, admitted[i]), LUCI_OK, "RFC 8265 admits name %zu", i);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        tap_is_result(luci_policy_new_name(&precis, refused[i]), LUCI_INVALID, "RFC 8265 refuses name %zu",
                      i);
    tap_is_result(luci_policy_new_name(&permissive, "\U0001F600alice"), LUCI_OK,
                  "permissive admits an emoji");
    tap_is_result(luci_policy_new_name(&permissive, "alice "), LUCI_INVALID,
                  "permissive admits no blank at the end");
}

static void check_keys(apr_pool_t *pool)
{
    static const struct {
        const char *name;
        const char *key;
        const char *why;
    } cases[] = {
        { "USER123", "user123", "ASCII" },
        { "user123", "user123", "already" },
        { "", "", "empty" },
        { "\u00C4\u00D6\u00DC\u00DF", "\u00E4\u00F6\u00FC\u00DF", "umlauts" },
        { "\u1E9E", "\u00DF", "capital sharp s" },
        { "I", "i", "not the Turkish dotless one" },
        { "\u0130", "i\u0307", "I with a dot becomes two" },
        { "\u0130\u0130\u0130\u0130", "i\u0307i\u0307i\u0307i\u0307", "four of them" },
        { "\u0131", "\u0131", "dotless i" },
        { "\u023A\u023E", "\u2C65\u2C66", "two bytes become three" },
        { "\u212A\u212B", "k\u00E5", "Kelvin and Angstrom" },
        { "\u01C5\u1F88", "\u01C6\u1F80", "title case" },
        { "\U00010400\U00010427", "\U00010428\U0001044F", "Deseret" },
        { "\u2160\u24B6", "\u2170\u24D0", "numerals and circled letters" },
        { "\u03A3", "\u03C3", "a sigma alone" },
        { "\u039F\u0394\u039F\u03A3", "\u03BF\u03B4\u03BF\u03C2", "a final sigma" },
        { "\u03A3\u03A3", "\u03C3\u03C2", "two sigmas" },
        { "A\u03A3B", "a\u03C3b", "a sigma between" },
        { "A\u03A3 B", "a\u03C2 b", "at the end of a word" },
        { "A\u03A3'B", "a\u03C3'b", "not after what's skipped" },
        { "A\u03A3'", "a\u03C2'", "but at the end behind it" },
        { "A\u0301\u03A3", "a\u0301\u03C2", "a mark before is skipped" },
        { "A.\u03A3:", "a.\u03C2:", "a full stop, too" },
        { "1\u03A3", "1\u03C3", "a digit has no case" },
        { "\u2160\u03A3", "\u2170\u03C2", "a numeral has" },
        { "A\u03A3\u24B6", "a\u03C3\u24D0", "a circled letter, too" },
        { "\u00AA\u03A3", "\u00AA\u03C2", "a feminine ordinal, too" },
        { "\u02B0\u03A3", "\u02B0\u03C3", "a modifier letter is only skipped" },
        { "A\u03A3\U0001F130", "a\u03C3\U0001F130", "a squared letter is cased, though it has no lower one" },
        { "\U0001F600\u03A3", "\U0001F600\u03C3", "an emoji is not" },
        { "\u65E5\u672C", "\u65E5\u672C", "no case at all" },
    };
    char *key;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        key = NULL;
        tap_is_result(luci_policy_key(cases[i].name, &key, pool), LUCI_OK, "key of %zu", i);
        tap_is_str(key, cases[i].key, "the key: %s", cases[i].why);
    }
    tap_is_result(luci_policy_key("a\xFF", &key, pool), LUCI_INVALID, "no key for what is not UTF-8");
    tap_is_result(luci_policy_key("a\xE2\x82", &key, pool), LUCI_INVALID, "a cut-off character has no key");
    tap_is_result(luci_policy_key(NULL, &key, pool), LUCI_INVALID, "a NULL name has no key");
}

static void check_nfkc(apr_pool_t *pool)
{
    static const struct {
        const char *password;
        const char *normalised;
        const char *why;
    } cases[] = {
        { "", "", "empty" },
        { "plain ASCII", "plain ASCII", "ASCII" },
        { "e\u0301", "\u00E9", "composed" },
        { "\u00E9", "\u00E9", "already composed" },
        { "\u2163 \uFB01 \u00B2", "IV fi 2", "compatibility forms" },
        { "\U0001D561\U0001D552\U0001D564\U0001D564", "pass", "mathematical letters" },
        { "\uFF21\u3000\uFF11", "A 1", "full width" },
        { "\u212B", "\u00C5", "Angstrom" },
        { "\u0958", "\u0915\u093C", "excluded from composition" },
        { "q\u0307\u0323", "q\u0323\u0307", "marks in order" },
        { "a\u0323\u0302", "\u1EAD", "two marks composed" },
        { "\u1100\u1161\u11A8", "\uAC01", "Hangul" },
        { "\u00A8", " \u0308", "a space and a mark" },
        { "soft\u00ADhyphen\u200B\tx", "soft\u00ADhyphen\u200B\tx", "nothing stripped" },
        { "\r\n\u2028\xC2\x85", "\r\n\u2028\xC2\x85", "line ends as they are" },
        { "\U0001F600 \U0001F468\u200D\U0001F469", "\U0001F600 \U0001F468\u200D\U0001F469", "emoji" },
        { "\uFDFA",
          "\u0635\u0644\u0649 \u0627\u0644\u0644\u0647 \u0639\u0644\u064A\u0647 \u0648\u0633\u0644\u0645",
          "one that becomes 18" },
    };
    char *normalised;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        normalised = NULL;
        tap_is_result(luci_policy_nfkc(cases[i].password, &normalised, pool), LUCI_OK, "NFKC of %zu", i);
        tap_is_str(normalised, cases[i].normalised, "the NFKC: %s", cases[i].why);
    }
    tap_is_result(luci_policy_nfkc("a\xFF", &normalised, pool), LUCI_INVALID, "what is not UTF-8 has none");
    tap_is_result(luci_policy_nfkc(NULL, &normalised, pool), LUCI_INVALID, "NULL has no NFKC");
}

/* The memory behind the result held code points. */
static void check_nothing_left(apr_pool_t *pool)
{
    static const char zeros[5 * 4];
    char *normalised;

    tap_is_result(luci_policy_nfkc("secret", &normalised, pool), LUCI_OK, "a password is normalised");
    tap_is_mem(normalised + 6, zeros, sizeof zeros, "the working memory of the normalisation is wiped");
}

static void write_utf8(char *out, unsigned point)
{
    if (point < 0x80)
        *out++ = (char)point;
    else if (point < 0x800)
        *out++ = (char)(0xC0 | point >> 6);
    else if (point < 0x10000)
        *out++ = (char)(0xE0 | point >> 12);
    else
        *out++ = (char)(0xF0 | point >> 18);
    for (int shift = point < 0x800 ? 0 : point < 0x10000 ? 6 : 12; point >= 0x80 && shift >= 0; shift -= 6)
        *out++ = (char)(0x80 | (point >> shift & 63));
    *out = '\0';
}

/* Every character through both: what the sizes of buffers rest on, and that doing it again changes nothing.
 */
static void check_all_characters(apr_pool_t *pool)
{
    size_t grown = 0, unstable = 0, failed = 0;

    for (unsigned point = 1; point <= 0x10FFFF; point++) {
        char text[5], *key, *key_again, *nfkc, *nfkc_again;

        if (point >= 0xD800 && point <= 0xDFFF)
            continue;
        write_utf8(text, point);
        if (luci_policy_key(text, &key, pool) != LUCI_OK || luci_policy_nfkc(text, &nfkc, pool) != LUCI_OK ||
            luci_policy_key(key, &key_again, pool) != LUCI_OK ||
            luci_policy_nfkc(nfkc, &nfkc_again, pool) != LUCI_OK) {
            failed++;
            continue;
        }
        grown += 2 * strlen(key) > 3 * strlen(text);
        unstable += strcmp(key, key_again) != 0 || strcmp(nfkc, nfkc_again) != 0;
        apr_pool_clear(pool);
    }
    tap_is_int(failed, 0, "every character has both forms");
    tap_is_int(grown, 0, "no lower case is longer than one and a half times");
    tap_is_int(unstable, 0, "both forms stay as they are");
}

int main(void)
{
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    check_lengths();
    check_bounds();
    check_controls();
    check_typed(pool);
    check_headers();
    check_appearances(pool);
    check_precis();
    check_keys(pool);
    check_nfkc(pool);
    check_nothing_left(pool);
    check_all_characters(pool);
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
