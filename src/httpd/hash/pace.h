/* SPDX-License-Identifier: Apache-2.0 */
/* How long recent writes about failed attempts took (luci_pacer_t), in memory that all children share. An
 * attempt that has nothing to write waits for as long as one of them, chosen at random, so that both take
 * equally long. */
#ifndef LUCI_PACE_H
#define LUCI_PACE_H

#include "core/auth/auth.h"

typedef struct luci_pace_t luci_pace_t;

/* Creates one for a database, from conf_pool, before children start. NULL: shared memory is not available. */
luci_pace_t *luci_pace_create(apr_pool_t *conf_pool);

luci_pacer_t luci_pace_pacer(luci_pace_t *pace);

#endif
