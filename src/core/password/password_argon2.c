/* SPDX-License-Identifier: Apache-2.0 */
#include "core/password/password_argon2.h"

#include "core/base/secret.h"
#include "core/password/argon2_tag.h"
#include "core/password/password_hash.h"

#include <apr_strings.h>
#include <string.h>

/* What new hashes have, in bytes. */
#define NEW_SALT 16
#define NEW_TAG 32
/* What stored ones may have, in bytes. */
#define SALT_MIN 8 /* RFC 9106, 3.1 */
#define TAG_MIN 16 /* 128 bits */
#define BASE64_SIZE(bytes) (((bytes) + 2) / 3 * 4 + 1)

#define MEMORY_KIB_A_LANE 8 /* RFC 9106, 3.1 */

static int cost_allowed(apr_uint32_t memory_kib, apr_uint32_t passes, apr_uint32_t lanes)
{
    return lanes >= 1 && lanes <= LUCI_ARGON2_LANES_MAX && passes >= 1 && passes <= LUCI_ARGON2_PASSES_MAX &&
           memory_kib >= lanes * MEMORY_KIB_A_LANE && memory_kib <= LUCI_ARGON2_MEMORY_KIB_MAX;
}

/* ---- The encoding. Each reader returns where it stopped, or NULL; NULL in is NULL out, so that they chain.
 * ---- */

static const char *read_literal(const char *text, const char *literal)
{
    size_t length = strlen(literal);

    return text && strncmp(text, literal, length) == 0 ? text + length : NULL;
}

/* At most nine digits, which no uint32 is too small for, and no leading zero. */
static const char *read_number(const char *text, apr_uint32_t *number)
{
    size_t digits = text ? strspn(text, "0123456789") : 0;

    if (digits == 0 || digits > 9 || (text[0] == '0' && digits > 1))
        return NULL;
    *number = 0;
    while (digits-- > 0)
        *number = *number * 10 + (apr_uint32_t)(*text++ - '0');
    return text;
}

static int sextet_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '/')
        return c == '+' ? 62 : 63;
    return -1;
}

/* RFC 4648 base64 without padding; *length is out's size before and the bytes read afterwards. */
static const char *read_base64(const char *text, unsigned char *out, size_t *length)
{
    unsigned pending = 0, bits = 0;
    size_t made = 0;

    for (; text && sextet_of(*text) >= 0; text++) {
        pending = pending << 6 | (unsigned)sextet_of(*text);
        bits += 6;
        if (bits < 8)
            continue;
        if (made == *length)
            return NULL;
        bits -= 8;
        out[made++] = (unsigned char)(pending >> bits);
        pending &= (1U << bits) - 1;
    }
    if (bits >= 6 || pending != 0)
        return NULL;
    *length = made;
    return text;
}

static char *write_base64(char *out, const unsigned char *data, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned pending = 0, bits = 0;

    for (size_t i = 0; i < length; i++) {
        pending = pending << 8 | data[i];
        for (bits += 8; bits >= 6; bits -= 6)
            *out++ = digits[pending >> (bits - 6) & 63];
    }
    if (bits > 0)
        *out++ = digits[pending << (6 - bits) & 63];
    *out = '\0';
    return out;
}

static const char *read_type(const char *text, argon2_type *type)
{
    const char *rest = read_literal(text, "$argon2id$");

    *type = rest ? Argon2_id : Argon2_i;
    return rest ? rest : read_literal(text, "$argon2i$");
}

/* Without "v=" it's the first published version, 16. */
static const char *read_version(const char *text, apr_uint32_t *version)
{
    const char *number = read_literal(text, "v=");

    *version = ARGON2_VERSION_10;
    if (!number)
        return text;
    number = read_literal(read_number(number, version), "$");
    return *version == ARGON2_VERSION_10 || *version == ARGON2_VERSION_13 ? number : NULL;
}

static const char *read_cost(const char *text, luci_argon2_hash_t *hash)
{
    text = read_number(read_literal(text, "m="), &hash->memory_kib);
    text = read_number(read_literal(text, ",t="), &hash->passes);
    text = read_number(read_literal(text, ",p="), &hash->lanes);
    return text && cost_allowed(hash->memory_kib, hash->passes, hash->lanes) ? text : NULL;
}

static luci_result_t read_hash(const char *stored, luci_argon2_hash_t *hash)
{
    const char *text;

    memset(hash, 0, sizeof *hash);
    hash->salt_length = LUCI_ARGON2_SALT_MAX;
    hash->tag_length = LUCI_ARGON2_TAG_MAX;
    text = read_version(read_type(stored, &hash->type), &hash->version);
    text = read_cost(text, hash);
    text = read_base64(read_literal(text, "$"), hash->salt, &hash->salt_length);
    text = read_base64(read_literal(text, "$"), hash->tag, &hash->tag_length);
    if (!text || *text || hash->salt_length < SALT_MIN || hash->tag_length < TAG_MIN)
        return LUCI_INVALID;
    return LUCI_OK;
}

static char *write_hash(const luci_argon2_hash_t *hash, apr_pool_t *pool)
{
    static const char *const type_name[] = { [Argon2_i] = "argon2i", [Argon2_id] = "argon2id" };
    char salt[BASE64_SIZE(LUCI_ARGON2_SALT_MAX)], tag[BASE64_SIZE(LUCI_ARGON2_TAG_MAX)];

    write_base64(salt, hash->salt, hash->salt_length);
    write_base64(tag, hash->tag, hash->tag_length);
    return apr_psprintf(pool, "$%s$v=%u$m=%u,t=%u,p=%u$%s$%s", type_name[hash->type], hash->version,
                        hash->memory_kib, hash->passes, hash->lanes, salt, tag);
}

/* ---- The computation ---- */

static luci_result_t compare(const luci_argon2_hash_t *hash, const char *password)
{
    unsigned char tag[LUCI_ARGON2_TAG_MAX];
    luci_result_t result = luci_argon2_tag(hash, password, tag);

    if (result == LUCI_OK && !luci_secret_equal(tag, hash->tag, hash->tag_length))
        result = LUCI_DENIED;
    luci_secret_wipe(tag, sizeof tag);
    return result;
}

/* What a new hash at this cost is made from, with a salt and a tag of zeros. */
static luci_argon2_hash_t new_hash(const luci_hash_cost_t *cost)
{
    luci_argon2_hash_t hash = {
        .type = Argon2_id,
        .version = ARGON2_VERSION_13,
        .memory_kib = cost->memory_kib,
        .passes = cost->passes,
        .lanes = cost->lanes,
        .salt_length = NEW_SALT,
        .tag_length = NEW_TAG,
    };

    return hash;
}

/* ---- What the header promises ---- */

int luci_password_argon2_claims(const char *stored)
{
    return read_literal(stored, "$argon2") != NULL;
}

luci_result_t luci_password_argon2_hash(const luci_hash_cost_t *cost, const char *password, char **stored,
                                        apr_pool_t *pool)
{
    luci_argon2_hash_t hash = new_hash(cost);
    luci_result_t result;

    if (!cost_allowed(cost->memory_kib, cost->passes, cost->lanes))
        return LUCI_INVALID;
    result = luci_secret_random(hash.salt, hash.salt_length);
    if (result == LUCI_OK)
        result = luci_argon2_tag(&hash, password, hash.tag);
    if (result == LUCI_OK) {
        *stored = write_hash(&hash, pool);
        result = *stored ? LUCI_OK : LUCI_INTERNAL;
    }
    luci_secret_wipe(&hash, sizeof hash);
    return result;
}

luci_result_t luci_password_argon2_verify(const char *stored, const char *password)
{
    luci_argon2_hash_t hash;
    luci_result_t result = read_hash(stored, &hash);

    if (result == LUCI_OK)
        result = compare(&hash, password);
    luci_secret_wipe(&hash, sizeof hash);
    return result;
}

luci_result_t luci_password_argon2_verify_dummy(const luci_hash_cost_t *cost, const char *password)
{
    luci_argon2_hash_t hash = new_hash(cost);
    luci_result_t result;

    if (!cost_allowed(cost->memory_kib, cost->passes, cost->lanes))
        return LUCI_INVALID;
    result = compare(&hash, password);
    return result == LUCI_OK ? LUCI_DENIED : result;
}

int luci_password_argon2_is_readable(const char *stored)
{
    luci_argon2_hash_t hash;

    return read_hash(stored, &hash) == LUCI_OK;
}

int luci_password_argon2_outdated(const char *stored, const luci_hash_cost_t *wanted)
{
    luci_argon2_hash_t hash;
    int outdated = read_hash(stored, &hash) != LUCI_OK || hash.type != Argon2_id ||
                   hash.version != ARGON2_VERSION_13 || hash.memory_kib != wanted->memory_kib ||
                   hash.passes != wanted->passes || hash.lanes != wanted->lanes ||
                   hash.salt_length != NEW_SALT || hash.tag_length != NEW_TAG;

    luci_secret_wipe(&hash, sizeof hash);
    return outdated;
}
