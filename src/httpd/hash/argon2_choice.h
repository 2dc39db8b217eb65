/* SPDX-License-Identifier: Apache-2.0 */
/* LuciaArgon2 auto: when httpd starts, it measures which library computes the configured hash with less
 * processor time on this machine. Vector instructions speed libsodium up, and the fresh memory that it maps
 * for each hash slows it down; which of the two counts for more depends on processor, kernel and
 * hypervisor. */
#ifndef LUCI_ARGON2_CHOICE_H
#define LUCI_ARGON2_CHOICE_H

#include <httpd.h>

/* Replaces "auto" in the settings of all virtual hosts, before children start. A measurement is logged and
 * lasts through restarts. */
void luci_argon2_choice_make(server_rec *main_server);

#endif
