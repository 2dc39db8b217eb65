/* SPDX-License-Identifier: Apache-2.0 */
/* What the lines of a configuration say about one server, the main one or a virtual host: its
 * names, the folders it serves, its gates and its endpoints. The rules of site_rules.h judge these facts. */
#ifndef LUCI_SITE_H
#define LUCI_SITE_H

#include "core/config/configuration.h"

/* A directive, or the first line of a section. Strings are borrowed and must outlive the site. */
typedef struct {
    const char *name; /* without "<" */
    const char *args; /* without ">" */
    const char *file;
    int number;
} luci_site_line_t;

/* A section; number 0 of a site stands for everything outside of sections. */
typedef struct {
    luci_site_line_t line;
    int outer;             /* the section around it; -1: none */
    const char *path;      /* of <Location> and <Directory> without patterns, no slash at its end but for "/";
                              NULL: not known */
    int is_location;       /* path is a URL's */
    int is_gated;          /* AuthType Lucia stands in it */
    int has_require;       /* a Require other than "all granted" stands in it */
    int is_optional;       /* LuciaOptional On */
    const char *endpoint;  /* "login" of SetHandler luciauth-login; NULL: none */
    const char *login_url; /* LuciaLoginURL as written in it; NULL: not written */
} luci_site_section_t;

/* A line that names a column of the user table. */
typedef struct {
    const char *what; /* LuciaRemoteUser, or Require lucia-attribute */
    const char *column;
    const char *file;
    int number;
} luci_site_column_t;

#define LUCI_SITE_REMOTE_USER "LuciaRemoteUser"

typedef struct luci_site_t {
    const char *title; /* what messages call it */
    const struct luci_site_t
        *base; /* the main server, whose lines are in force here, too; NULL: this is it */
    const luci_server_config_t *config; /* with what it inherits */
    const luci_dir_config_t *dir;       /* outside of sections, with what it inherits */
    const char *server_name;            /* as written, perhaps with scheme and port; NULL: not written */
    const char *host;                   /* the name in it */
    apr_array_header_t *aliases;        /* const char *: further names, which may be patterns */
    int has_tls;                        /* SSLEngine on, or ServerName https://... */
    const char *document_root;          /* absolute; NULL: not written */
    apr_array_header_t *folders;    /* const char *: absolute, served by DocumentRoot, Alias, ScriptAlias */
    apr_array_header_t *sections;   /* luci_site_section_t */
    apr_array_header_t *socache;    /* luci_site_line_t: where mod_authn_socache is to cache lucia */
    apr_array_header_t *columns;    /* luci_site_column_t */
    apr_array_header_t *directives; /* luci_site_line_t: the module's directives outside of sections */
    luci_site_line_t use;           /* where the module is first used; without a name: nowhere */
    luci_site_line_t host_line;     /* its <VirtualHost>; without a name: the main server */
    int at;                         /* the section that is being read */
    apr_pool_t *pool;
} luci_site_t;

/* A site without lines. The caller sets config, dir and host_line. */
luci_site_t *luci_site_create(const char *title, const luci_site_t *base, apr_pool_t *pool);

/* The lines of the server in their order. A <VirtualHost> is a site of its own and no section. */
void luci_site_open(luci_site_t *site, const luci_site_line_t *line);
void luci_site_close(luci_site_t *site);
void luci_site_directive(luci_site_t *site, const luci_site_line_t *line);

/* 1 when LuciaRemoteUser or Require lucia-attribute (what) may name this column there. */
int luci_site_knows_column(const luci_site_t *site, const char *what, const char *column);

/* Why the line may not name its column there, from the site's pool; NULL: it may. */
const char *luci_site_column_problem(const luci_site_t *site, const luci_site_column_t *line);

#endif
