/* SPDX-License-Identifier: Apache-2.0 */
/* Lets httpd read a configuration: runs "httpd -t -D DUMP_LUCIAUTH", as apachectl would run it, and parses
 * the JSON document that mod_luciauth prints (httpd/lifecycle/config_dump.h). httpd loads the modules that
 * the configuration names, with the rights of the caller. */
#ifndef LUCI_HTTPD_RUN_H
#define LUCI_HTTPD_RUN_H

#include "core/base/result.h"

#include <apr_pools.h>
#include <apr_tables.h>
#include <jansson.h>

/* Reads the configuration at path with this httpd program. A shell sources the file "envvars" in the folder
 * of path first, if there is one, as Debian's apache2ctl does. OK: the caller owns *document (json_decref).
 * INVALID: problems (const char *) has got the reasons, mostly httpd's messages, as FILE:LINE: MESSAGE for a
 * line that httpd refuses. */
luci_result_t luci_httpd_run(const char *program, const char *path, json_t **document,
                             apr_array_header_t *problems) LUCI_MUST_USE;

#endif
