/* SPDX-License-Identifier: Apache-2.0 */
/* What of a driver's message may be shown. */
#ifndef LUCI_DB_MESSAGE_H
#define LUCI_DB_MESSAGE_H

/* Cuts off what shows a value: PostgreSQL's further lines, and what either server quotes as the cause. Of
 * PARAMS that can't be read it may be the password. */
void luci_db_message_clean(char *message);

#endif
