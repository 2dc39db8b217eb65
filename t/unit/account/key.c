/* SPDX-License-Identifier: Apache-2.0 */
/* A key is locked for a sign-in only while it belongs to the user, and has the hash, that the password was
 * verified with. */
#include "core/account/key.h"
#include "lib/support.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#define ALICE "username:alice"

int main(void)
{
    apr_pool_t *pool = support_start();
    support_auth_t *with = support_auth("key.db", 1);
    luci_key_t key;

    tap_is_result(support_sign_up(with, "alice", PASSWORD), LUCI_OK, "a sign-up makes a key");
    tap_is_result(luci_key_get(with->db, ALICE, &key, pool), LUCI_OK, "the key is read");
    tap_is_result(luci_key_lock(with->db, ALICE, key.user.id, key.stored_hash, pool), LUCI_OK,
                  "an unchanged key is locked");
    tap_is_result(luci_key_lock(with->db, ALICE, "another user", key.stored_hash, pool), LUCI_CONFLICT,
                  "a key that became another user's conflicts");
    tap_is_result(luci_key_lock(with->db, ALICE, key.user.id, "another hash", pool), LUCI_CONFLICT,
                  "a key whose hash was replaced conflicts");
    tap_is_result(luci_key_lock(with->db, ALICE, key.user.id, NULL, pool), LUCI_CONFLICT,
                  "a key that got a hash meanwhile conflicts");
    tap_is_result(luci_key_lock(with->db, "username:bobby", key.user.id, key.stored_hash, pool),
                  LUCI_CONFLICT, "a deleted key conflicts");
    support_auth_close(with);
    return tap_done();
}
