/* SPDX-License-Identifier: Apache-2.0 */
/* The input is an invitation as the queue of mails has it. */
#include "fuzz.h"

#include "core/invitation/invitation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    char *detail = fuzz_copy(data, size, 1);
    luci_invitation_wanted_t wanted = { .now = 1700000000000 }, again = wanted;

    if (luci_invitation_from_detail(detail, &wanted, pool) == LUCI_OK) {
        FUZZ_CHECK(wanted.uses > 0 && wanted.expires > wanted.now && (!wanted.groups || *wanted.groups));
        FUZZ_CHECK(luci_invitation_from_detail(luci_invitation_detail(&wanted, pool), &again, pool) ==
                   LUCI_OK);
        FUZZ_CHECK(wanted.uses == again.uses && wanted.expires == again.expires);
        FUZZ_CHECK(!wanted.groups == !again.groups &&
                   (!wanted.groups || strcmp(wanted.groups, again.groups) == 0));
    }
    luci_invitation_is_formed(detail);
    free(detail);
    apr_pool_destroy(pool);
    return 0;
}
