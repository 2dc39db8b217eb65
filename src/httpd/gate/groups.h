/* SPDX-License-Identifier: Apache-2.0 */
/* "Require lucia-group NAME...": the user is in one of the groups. */
#ifndef LUCI_GROUPS_H
#define LUCI_GROUPS_H

#include <httpd.h>
#include <mod_auth.h>

/* Require lucia-group NAME... */
extern const authz_provider luci_gate_group;

#endif
