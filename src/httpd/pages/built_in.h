/* SPDX-License-Identifier: Apache-2.0 */
/* The pages as they were when the module was built: the last resort where neither LuciaTemplates nor
 * the installed folder has a page that can be used, so that nobody is locked out by a missing file. */
#ifndef LUCI_BUILT_IN_H
#define LUCI_BUILT_IN_H

#include <stddef.h>

/* The text of the template of that file name ("login.html"), with its length. NULL when there is no such
 * page. */
const char *luci_built_in_page(const char *file, size_t *length);

#endif
