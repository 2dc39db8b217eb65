/* SPDX-License-Identifier: Apache-2.0 */
#include "core/password/password_crypt.h"

#include <apr_errno.h>
#include <apr_md5.h>
#include <stdlib.h>
#include <string.h>

/* The digits of crypt(3) in the order of their values, and those up to the value 11. */
#define DIGITS "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS_TO_11 "./0123456789"
#define DIGITS_TO_31 DIGITS_TO_11 "ABCDEFGHIJKLMNOPQRST"

#define ROUNDS_MIN 1000 /* crypt(3)'s own limit */
#define ROUNDS_MAX 500000

static const char *after(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);

    return text && strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

static int is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static int is_key(const char *text, size_t length)
{
    return strspn(text, DIGITS) == length && text[length] == '\0';
}

/* 1 if text is "salt$key"; text may be NULL. */
static int is_salt_and_key(const char *text, size_t salt_max, size_t key_length)
{
    size_t salt = text ? strspn(text, DIGITS) : 0;

    return salt >= 1 && salt <= salt_max && text[salt] == '$' && is_key(text + salt + 1, key_length);
}

static int is_bcrypt(const char *stored)
{
    const char *text = after(stored, "$2");
    int cost;

    if (!text || !is_one_of(text[0], "aby") || text[1] != '$')
        return 0;
    text += 2;
    if (strspn(text, "0123456789") != 2 || text[2] != '$')
        return 0;
    cost = (text[0] - '0') * 10 + (text[1] - '0');
    return cost >= 4 && cost <= 14 && is_key(text + 3, 53);
}

/* text is the part after "$5$" or "$6$". */
static int is_sha2(const char *text, size_t key_length)
{
    const char *number = after(text, "rounds=");
    size_t digits;
    long rounds;

    if (!number)
        return is_salt_and_key(text, 16, key_length);
    digits = strspn(number, "0123456789");
    if (digits < 4 || digits > 6 || number[0] == '0' || number[digits] != '$')
        return 0;
    rounds = strtol(number, NULL, 10);
    return rounds >= ROUNDS_MIN && rounds <= ROUNDS_MAX &&
           is_salt_and_key(number + digits + 1, 16, key_length);
}

/* The parameters are a flavour ("j" in the hashes of crypt(3)), log2(N) - 1 and r - 1, one digit each. Longer
 * numbers and optional parameters only increase the cost, and are rejected. */
static int is_yescrypt(const char *stored)
{
    const char *text = after(stored, "$y$j");

    return text && is_one_of(text[0], DIGITS_TO_11) && is_one_of(text[1], DIGITS_TO_31) && text[2] == '$' &&
           is_salt_and_key(text + 3, 86, 43);
}

static int is_sha1(const char *stored)
{
    const char *text = after(stored, "{SHA}");

    return text && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") == 27 &&
           strcmp(text + 27, "=") == 0;
}

int luci_password_crypt_is_cheap(const char *stored)
{
    return is_salt_and_key(after(stored, "$apr1$"), 8, 22) || is_salt_and_key(after(stored, "$1$"), 8, 22) ||
           is_sha1(stored) || is_key(stored, 13);
}

int luci_password_crypt_is_readable(const char *stored)
{
    return luci_password_crypt_is_cheap(stored) || is_bcrypt(stored) || is_sha2(after(stored, "$5$"), 43) ||
           is_sha2(after(stored, "$6$"), 86) || is_yescrypt(stored);
}

luci_result_t luci_password_crypt_verify(const char *stored, luci_argon2_library_t library,
                                         const char *password)
{
    apr_status_t status;

    (void)library;
    if (!luci_password_crypt_is_readable(stored))
        return LUCI_INVALID;
    status = apr_password_validate(password, stored);
    if (status == APR_SUCCESS)
        return LUCI_OK;
    if (status == APR_EMISMATCH)
        return LUCI_DENIED;
    /* The remaining error is bcrypt's, for unused bits of the salt that are not zero. */
    return status == APR_ENOMEM ? LUCI_INTERNAL : LUCI_INVALID;
}
