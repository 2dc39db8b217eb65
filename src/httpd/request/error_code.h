/* SPDX-License-Identifier: Apache-2.0 */
/* Stable codes of errors, for programs; the messages are for people. doc/api.md lists them. */
#ifndef LUCI_ERROR_CODE_H
#define LUCI_ERROR_CODE_H

/* The code of an error: lower-case letters and underscores; never NULL. */
const char *luci_error_code(int status, const char *message);

#endif
