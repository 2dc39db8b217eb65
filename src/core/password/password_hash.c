/* SPDX-License-Identifier: Apache-2.0 */
#include "core/password/password_hash.h"

#include "core/password/password_argon2.h"
#include "core/password/password_crypt.h"
#include "core/password/password_scrypt.h"

/* A format of stored hashes. The functions are those of password_hash.h, for hashes that claims accepts. */
typedef struct {
    int (*claims)(const char *stored); /* 1: stored has this format, well-formed or not */
    luci_result_t (*verify)(const char *stored, luci_argon2_library_t library, const char *password);
    int (*is_readable)(const char *stored);
    int (*is_cheap)(const char *stored); /* NULL: never */
} reader_t;

static int claims_rest(const char *stored)
{
    (void)stored;
    return 1;
}

/* The first format that claims a hash reads it. A new format is one file and one row. */
static const reader_t readers[] = {
    { luci_password_argon2_claims, luci_password_argon2_verify, luci_password_argon2_is_readable, NULL },
    { luci_password_scrypt_claims, luci_password_scrypt_verify, luci_password_scrypt_is_readable, NULL },
    { claims_rest, luci_password_crypt_verify, luci_password_crypt_is_readable,
      luci_password_crypt_is_cheap },
};

static const reader_t *reader_of(const char *stored)
{
    const reader_t *reader = readers;

    while (!reader->claims(stored))
        reader++;
    return reader;
}

/* An algorithm that LuciaPasswordHash can select. */
typedef struct {
    luci_result_t (*hash)(const luci_hash_cost_t *cost, luci_argon2_library_t library, const char *password,
                          char **stored, apr_pool_t *pool);
    luci_result_t (*verify_dummy)(const luci_hash_cost_t *cost, luci_argon2_library_t library,
                                  const char *password);
    int (*outdated)(const char *stored, const luci_hash_cost_t *wanted);
} writer_t;

static const writer_t writers[] = {
    [LUCI_HASH_ARGON2ID] = { luci_password_argon2_hash, luci_password_argon2_verify_dummy,
                             luci_password_argon2_outdated },
    [LUCI_HASH_LUCIA_SCRYPT] = { luci_password_scrypt_hash, luci_password_scrypt_verify_dummy,
                                 luci_password_scrypt_outdated },
};

luci_result_t luci_password_hash(const luci_hash_cost_t *cost, luci_argon2_library_t library,
                                 const char *password, char **stored, apr_pool_t *pool)
{
    return writers[cost->kind].hash(cost, library, password, stored, pool);
}

luci_result_t luci_password_verify(const char *stored, luci_argon2_library_t library, const char *password)
{
    return stored ? reader_of(stored)->verify(stored, library, password) : LUCI_INVALID;
}

luci_result_t luci_password_verify_dummy(const luci_hash_cost_t *cost, luci_argon2_library_t library,
                                         const char *password)
{
    return writers[cost->kind].verify_dummy(cost, library, password);
}

int luci_password_is_readable(const char *stored)
{
    return stored && reader_of(stored)->is_readable(stored);
}

int luci_password_is_cheap(const char *stored)
{
    const reader_t *reader = reader_of(stored);

    return reader->is_cheap && reader->is_cheap(stored);
}

int luci_password_outdated(const char *stored, const luci_hash_cost_t *wanted)
{
    return !stored || writers[wanted->kind].outdated(stored, wanted);
}
