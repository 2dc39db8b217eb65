/* SPDX-License-Identifier: Apache-2.0 */
#include "core/throttle/throttle_kind.h"

#define LIMIT(field) offsetof(luci_throttle_limits_t, field)

/* Parts do not evict each other's records. Those that cost a client no hash (sign-ups, sign-ins from one
 * address, requests for a mail) are apart from the failures that protect accounts, and from mails that were
 * sent. */
static const luci_throttle_kind_record_t records[] = {
    [LUCI_THROTTLE_ACCOUNT] = { .name = "account",
                                .per = LUCI_THROTTLE_PER_ACCOUNT,
                                .success = LUCI_THROTTLE_FORGETS,
                                .limit = LIMIT(account),
                                .part = 1 },
    [LUCI_THROTTLE_ADDRESS] = { .name = "address",
                                .per = LUCI_THROTTLE_PER_ADDRESS,
                                .success = LUCI_THROTTLE_TAKES_BACK,
                                .limit = LIMIT(address),
                                .part = 0 },
    [LUCI_THROTTLE_DEVICE] = { .name = "device",
                               .per = LUCI_THROTTLE_PER_DEVICE,
                               .success = LUCI_THROTTLE_FORGETS,
                               .limit = LIMIT(account),
                               .part = 1 },
    [LUCI_THROTTLE_SIGN_UP] = { .name = "signup",
                                .per = LUCI_THROTTLE_PER_ADDRESS,
                                .success = LUCI_THROTTLE_COUNTS,
                                .limit = LIMIT(sign_up),
                                .part = 2 },
    [LUCI_THROTTLE_ACCOUNT_SUCCESS] = { .name = "account-success",
                                        .per = LUCI_THROTTLE_PER_ACCOUNT,
                                        .success = LUCI_THROTTLE_COUNTS,
                                        .is_success_only = 1,
                                        .limit = LIMIT(account_success),
                                        .part = 3 },
    [LUCI_THROTTLE_ADDRESS_SUCCESS] = { .name = "address-success",
                                        .per = LUCI_THROTTLE_PER_ADDRESS,
                                        .success = LUCI_THROTTLE_COUNTS,
                                        .is_success_only = 1,
                                        .limit = LIMIT(address_success),
                                        .part = 2 },
    [LUCI_THROTTLE_FACTOR] = { .name = "factor",
                               .per = LUCI_THROTTLE_PER_USER,
                               .success = LUCI_THROTTLE_FORGETS,
                               .limit = LIMIT(factor),
                               .part = 1 },
    [LUCI_THROTTLE_MAIL_NAME] = { .name = "mail-name",
                                  .per = LUCI_THROTTLE_PER_ACCOUNT,
                                  .success = LUCI_THROTTLE_COUNTS,
                                  .limit = LIMIT(mail),
                                  .part = 3 },
    [LUCI_THROTTLE_MAIL_CLIENT] = { .name = "mail-client",
                                    .per = LUCI_THROTTLE_PER_ADDRESS,
                                    .success = LUCI_THROTTLE_COUNTS,
                                    .limit = LIMIT(mail_client),
                                    .part = 2 },
    [LUCI_THROTTLE_MAIL] = { .name = "mail",
                             .per = LUCI_THROTTLE_PER_RECIPIENT,
                             .success = LUCI_THROTTLE_COUNTS,
                             .limit = LIMIT(mail),
                             .part = 1 },
    [LUCI_THROTTLE_MAIL_RESET] = { .name = "mail-reset",
                                   .per = LUCI_THROTTLE_PER_RECIPIENT,
                                   .success = LUCI_THROTTLE_COUNTS,
                                   .limit = LIMIT(mail),
                                   .part = 1 },
    [LUCI_THROTTLE_MAIL_NOTICE] = { .name = "mail-notice",
                                    .per = LUCI_THROTTLE_PER_RECIPIENT,
                                    .success = LUCI_THROTTLE_COUNTS,
                                    .limit = LIMIT(mail_notice),
                                    .part = 1 },
};
_Static_assert(sizeof records / sizeof *records == LUCI_THROTTLE_KINDS, "each kind has a record");

const luci_throttle_kind_record_t *luci_throttle_kind(luci_throttle_kind_t kind)
{
    return &records[kind];
}

int luci_throttle_is_kind(unsigned number)
{
    return number < LUCI_THROTTLE_KINDS && records[number].name;
}

const luci_limit_t *luci_throttle_limit(const luci_throttle_limits_t *limits, luci_throttle_kind_t kind)
{
    return (const luci_limit_t *)((const char *)limits + records[kind].limit);
}
