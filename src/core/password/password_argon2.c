/* SPDX-License-Identifier: Apache-2.0 */
#include "core/password/password_argon2.h"

#include "core/base/secret.h"
#include "core/password/arena.h"
#include "core/password/password_argon2_int.h"
#include "core/password/password_hash.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

/* Lengths in new hashes, in bytes. */
#define NEW_SALT 16
#define NEW_TAG 32
/* Minimum lengths in stored hashes, in bytes. */
#define SALT_MIN 8 /* RFC 9106, 3.1 */
#define TAG_MIN 16 /* 128 bits */
#define BASE64_SIZE(bytes) (((bytes) + 2) / 3 * 4 + 1)

#define MEMORY_KIB_PER_LANE 8 /* RFC 9106, 3.1 */
#define BYTES_PER_KIB 1024

static int cost_allowed(apr_uint32_t memory_kib, apr_uint32_t passes, apr_uint32_t lanes)
{
    return lanes >= 1 && lanes <= LUCI_ARGON2_LANES_MAX && passes >= 1 && passes <= LUCI_ARGON2_PASSES_MAX &&
           memory_kib >= lanes * MEMORY_KIB_PER_LANE && memory_kib <= LUCI_ARGON2_MEMORY_KIB_MAX;
}

/* ---- Encoding. Each reader returns the position after what it read, or NULL on a mismatch, and returns NULL
 * for NULL, so that calls can be chained. ---- */

static const char *read_literal(const char *text, const char *literal)
{
    size_t length = strlen(literal);

    return text && strncmp(text, literal, length) == 0 ? text + length : NULL;
}

/* Accepts at most nine digits, which always fit into a uint32, without a leading zero. */
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

/* Reads RFC 4648 base64 without padding. *length is the size of out on entry and the number of decoded bytes
 * on return. */
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

/* A hash without "v=" has the first published version, 16. */
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

/* ---- Computation ---- */

/* libargon2 only reads the password: there is no copy that would have to be wiped. */
static luci_result_t tag_of_libargon2(const luci_argon2_hash_t *hash, const char *password,
                                      unsigned char *tag)
{
    size_t length = strlen(password);
    argon2_context context = {
        .out = tag,
        .outlen = (uint32_t)hash->tag_length,
        .pwd = (uint8_t *)password,
        .pwdlen = (uint32_t)length,
        .salt = (uint8_t *)hash->salt,
        .saltlen = (uint32_t)hash->salt_length,
        .t_cost = hash->passes,
        .m_cost = hash->memory_kib,
        .lanes = hash->lanes,
        .threads = 1,
        .version = hash->version,
        .allocate_cbk = luci_arena_take,
        .free_cbk = luci_arena_give,
        .flags = ARGON2_DEFAULT_FLAGS, /* libargon2 wipes the memory before it frees it */
    };

    if (length > ARGON2_MAX_PWD_LENGTH)
        return LUCI_INTERNAL;
    return argon2_ctx(&context, hash->type) == ARGON2_OK ? LUCI_OK : LUCI_INTERNAL;
}

/* crypto_pwhash has no parameters for the version and the lanes: it always computes version 19 with one lane.
 */
static int sodium_can_compute(const luci_argon2_hash_t *hash)
{
    apr_uint32_t min_passes =
        hash->type == Argon2_id ? crypto_pwhash_argon2id_OPSLIMIT_MIN : crypto_pwhash_argon2i_OPSLIMIT_MIN;

    return hash->version == ARGON2_VERSION_13 && hash->lanes == 1 &&
           hash->salt_length == crypto_pwhash_SALTBYTES && hash->tag_length >= crypto_pwhash_BYTES_MIN &&
           hash->memory_kib >= crypto_pwhash_MEMLIMIT_MIN / BYTES_PER_KIB && hash->passes >= min_passes;
}

/* sodium_init is idempotent and thread-safe. Before it, libsodium knows of no feature of the processor and
 * uses its slow generic code. */
static int sodium_starts(void)
{
    return sodium_init() >= 0;
}

/* libsodium only reads the password and wipes what it keeps on the stack. The memory that it maps contains
 * what Argon2 derives from the password, and is unmapped without being wiped. */
static luci_result_t tag_of_libsodium(const luci_argon2_hash_t *hash, const char *password,
                                      unsigned char *tag)
{
    int algorithm = hash->type == Argon2_id ? crypto_pwhash_ALG_ARGON2ID13 : crypto_pwhash_ALG_ARGON2I13;

    if (!sodium_starts() ||
        crypto_pwhash(tag, hash->tag_length, password, strlen(password), hash->salt, hash->passes,
                      (size_t)hash->memory_kib * BYTES_PER_KIB, algorithm) != 0)
        return LUCI_INTERNAL;
    return LUCI_OK;
}

/* 1 for auto where libsodium computes with the vectors of AVX2, which is what makes it faster. */
static int is_sodium_chosen(luci_argon2_library_t library)
{
    switch (library) {
    case LUCI_ARGON2_LIBARGON2: return 0;
    case LUCI_ARGON2_LIBSODIUM: return 1;
    case LUCI_ARGON2_AUTO: break;
    }
    return sodium_starts() && sodium_runtime_has_avx2();
}

luci_result_t luci_argon2_tag(const luci_argon2_hash_t *hash, luci_argon2_library_t library,
                              const char *password, unsigned char *tag)
{
    return sodium_can_compute(hash) && is_sodium_chosen(library) ? tag_of_libsodium(hash, password, tag)
                                                                 : tag_of_libargon2(hash, password, tag);
}

static luci_result_t compare(const luci_argon2_hash_t *hash, luci_argon2_library_t library,
                             const char *password)
{
    unsigned char tag[LUCI_ARGON2_TAG_MAX];
    luci_result_t result = luci_argon2_tag(hash, library, password, tag);

    if (result == LUCI_OK && !luci_secret_equal(tag, hash->tag, hash->tag_length))
        result = LUCI_DENIED;
    luci_secret_wipe(tag, sizeof tag);
    return result;
}

/* The parameters of a new hash at this cost; salt and tag are still zero. */
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

/* ---- Public functions ---- */

int luci_password_argon2_claims(const char *stored)
{
    return read_literal(stored, "$argon2") != NULL;
}

luci_result_t luci_password_argon2_hash(const luci_hash_cost_t *cost, luci_argon2_library_t library,
                                        const char *password, char **stored, apr_pool_t *pool)
{
    luci_argon2_hash_t hash = new_hash(cost);
    luci_result_t result;

    if (!cost_allowed(cost->memory_kib, cost->passes, cost->lanes))
        return LUCI_INVALID;
    result = luci_secret_random(hash.salt, hash.salt_length);
    if (result == LUCI_OK)
        result = luci_argon2_tag(&hash, library, password, hash.tag);
    if (result == LUCI_OK) {
        *stored = write_hash(&hash, pool);
        result = *stored ? LUCI_OK : LUCI_INTERNAL;
    }
    luci_secret_wipe(&hash, sizeof hash);
    return result;
}

luci_result_t luci_password_argon2_verify(const char *stored, luci_argon2_library_t library,
                                          const char *password)
{
    luci_argon2_hash_t hash;
    luci_result_t result = read_hash(stored, &hash);

    if (result == LUCI_OK)
        result = compare(&hash, library, password);
    luci_secret_wipe(&hash, sizeof hash);
    return result;
}

luci_result_t luci_password_argon2_verify_dummy(const luci_hash_cost_t *cost, luci_argon2_library_t library,
                                                const char *password)
{
    luci_argon2_hash_t hash = new_hash(cost);
    luci_result_t result;

    if (!cost_allowed(cost->memory_kib, cost->passes, cost->lanes))
        return LUCI_INVALID;
    result = compare(&hash, library, password);
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
