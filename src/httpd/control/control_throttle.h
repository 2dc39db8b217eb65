/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of luciactl throttle: "throttle-list", and "throttle-clear" with "account" and a name,
 * "address" and an address, or "all". */
#ifndef LUCI_CONTROL_THROTTLE_H
#define LUCI_CONTROL_THROTTLE_H

#include "httpd/control/control.h"

luci_control_fn luci_control_throttle_list;
luci_control_fn luci_control_throttle_clear;

#endif
