/* SPDX-License-Identifier: Apache-2.0 */
#include "core/password/arena.h"
#include "core/password/argon2_tag.h"

#include <string.h>

/* The one call into libargon2. It only reads the password, of which there's no copy here to be cleared. */
luci_result_t luci_argon2_tag_libargon2(const luci_argon2_hash_t *hash, const char *password,
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
        .flags = ARGON2_DEFAULT_FLAGS, /* libargon2 wipes the memory before it gives it back */
    };

    if (length > ARGON2_MAX_PWD_LENGTH)
        return LUCI_INTERNAL;
    return argon2_ctx(&context, hash->type) == ARGON2_OK ? LUCI_OK : LUCI_INTERNAL;
}
