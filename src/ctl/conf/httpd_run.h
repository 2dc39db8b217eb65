/* SPDX-License-Identifier: Apache-2.0 */
/* Asks httpd how it understands a configuration: runs "httpd -t -D DUMP_LUCIAUTH", as apachectl would run it,
 * and reads the document that mod_luciauth prints (httpd/lifecycle/config_dump.h). httpd loads the modules
 * that the configuration names, with the rights of the caller. */
#ifndef LUCI_HTTPD_RUN_H
#define LUCI_HTTPD_RUN_H

#include "core/base/result.h"

#include <apr_pools.h>
#include <apr_tables.h>
#include <jansson.h>

/* Reads the configuration at path with this httpd program. A file "envvars" in the folder of path is sourced
 * by a shell first, as Debian's apache2ctl does. OK: *document is the caller's, for json_decref. INVALID:
 * problems (const char *) contains why, mostly in httpd's words, as FILE:LINE: WORDS for a line that it
 * refuses. */
luci_result_t luci_httpd_run(const char *program, const char *path, json_t **document,
                             apr_array_header_t *problems) LUCI_MUST_USE;

#endif
