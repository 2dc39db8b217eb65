/* SPDX-License-Identifier: Apache-2.0 */
/* Floor 5.3. The start-up checks of single lines: use without LuciaDatabase, and columns of the user table
 * that LuciaRemoteUser or Require lucia-attribute name and that aren't among LuciaUserAttributes. */
#ifndef LUCI_CHECK_LINES_H
#define LUCI_CHECK_LINES_H

#include "check.h"

/* All lines of the configuration that was read. */
void luci_check_lines(luci_check_t *check);

/* A LuciaRemoteUser that a virtual host inherits and that does not fit there. */
void luci_check_inherited(luci_check_t *check, server_rec *server);

#endif
