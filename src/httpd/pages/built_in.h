/* SPDX-License-Identifier: Apache-2.0 */
/* The templates as they were when the module was built: the last resort when neither LuciaTemplates nor the
 * installed folder has a usable page, so that a missing file locks no user out. The Makefile lists templates/
 * (TEMPLATES), the folders of languages included. */
#ifndef LUCI_BUILT_IN_H
#define LUCI_BUILT_IN_H

#include <stddef.h>

typedef struct {
    const char *file; /* its name, such as "login.html" or "de/login.html" */
    const char *text; /* NUL-terminated */
    const char *end;
} luci_built_in_t;

/* By name; ends with a NULL file. */
extern const luci_built_in_t luci_built_in[];

/* NULL: there is no such file. */
const luci_built_in_t *luci_built_in_find(const char *file);

#endif
