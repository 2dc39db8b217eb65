/* SPDX-License-Identifier: Apache-2.0 */
#include "core/letter/letter.h"

#include <string.h>

/* One row a kind: luci_letter_NAME is defined in letter_NAME.c, and the notices in letter_notice.c. */
#define KINDS(ROW)                                                                                           \
    ROW(approval)                                                                                            \
    ROW(approved)                                                                                            \
    ROW(invitation)                                                                                          \
    ROW(reset)                                                                                               \
    ROW(verify)                                                                                              \
    ROW(verify_taken)                                                                                        \
    ROW(undo)                                                                                                \
    ROW(notice_device)                                                                                       \
    ROW(notice_password)                                                                                     \
    ROW(notice_email)                                                                                        \
    ROW(notice_factor)                                                                                       \
    ROW(notice_username)

#define DECLARE(name) extern const luci_letter_kind_t luci_letter_##name;
#define ENTRY(name) &luci_letter_##name,

KINDS(DECLARE)

static const luci_letter_kind_t *const kinds[] = { KINDS(ENTRY) NULL };

const luci_letter_kind_t *luci_letter_kind(const char *name)
{
    const luci_letter_kind_t *const *kind = kinds;

    while (*kind && strcmp((*kind)->name, name) != 0)
        kind++;
    return *kind;
}
