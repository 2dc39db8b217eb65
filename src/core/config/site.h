/* SPDX-License-Identifier: Apache-2.0 */
/* The facts about one server, the main one or a virtual host, in the lines of a configuration: its names, the
 * folders that it serves, its gates and its endpoints. The rules of site_rules.h judge these facts. */
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
    int outer;        /* the section around it; -1: none */
    const char *path; /* path of a <Location> or <Directory> without patterns, without a final slash except
                         for "/"; NULL: unknown */
    int is_location;  /* 1: path is the path of a URL */
    int is_gated;     /* 1: it has AuthType Lucia */
    int has_require;  /* 1: it has a Require other than "all granted" */
    int is_optional;  /* 1: it has LuciaOptional On */
    const char *endpoint;  /* "login" of SetHandler luciauth-login; NULL: none */
    const char *login_url; /* its LuciaLoginURL; NULL: none */
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
    const char *title; /* its name in messages */
    const struct luci_site_t
        *base; /* the main server, whose lines apply here, too; NULL: this is the main server */
    const luci_server_config_t *config; /* including inherited values */
    const luci_dir_config_t *dir;       /* outside of sections, including inherited values */
    const char *server_name;            /* as written, possibly with scheme and port; NULL: none */
    const char *host;                   /* the host name in server_name; NULL: none */
    apr_array_header_t *aliases;        /* const char *: further names, which may be patterns */
    int has_tls;                        /* SSLEngine on, or ServerName https://... */
    const char *document_root;          /* absolute; NULL: none */
    apr_array_header_t *folders;    /* const char *: absolute, served by DocumentRoot, Alias, ScriptAlias */
    apr_array_header_t *sections;   /* luci_site_section_t */
    apr_array_header_t *socache;    /* luci_site_line_t: lines that make mod_authn_socache cache lucia */
    apr_array_header_t *forms;      /* luci_site_line_t: lines that make mod_auth_form ask lucia */
    apr_array_header_t *adopts;     /* luci_site_line_t: LuciaAdopt, perhaps in sections */
    apr_array_header_t *columns;    /* luci_site_column_t */
    apr_array_header_t *rules;      /* luci_site_line_t: Require lines and sections <AuthzProviderAlias> */
    apr_array_header_t *directives; /* luci_site_line_t: the module's directives outside of sections */
    int has_factor_url;             /* 1: it has LuciaFactorURL, perhaps in a section */
    int has_passkey_url;            /* 1: it has LuciaPasskeyURL, perhaps in a section */
    int has_approval;               /* 1: a section of it has LuciaSignup approval */
    int has_proofs; /* 1: a section of it has LuciaUsernameChange, LuciaAccountDeletion or Require lucia-fresh
                     */
    luci_site_line_t use;       /* the first line that uses the module; without a name: none */
    luci_site_line_t host_line; /* its <VirtualHost>; without a name: the main server */
    int at;                     /* the section that is being read */
    apr_pool_t *pool;
} luci_site_t;

/* Creates a site without lines. The caller sets config, dir and host_line. */
luci_site_t *luci_site_create(const char *title, const luci_site_t *base, apr_pool_t *pool);

/* Add the start of a section, the end of a section and a directive, in the order of the configuration. A
 * <VirtualHost> is a site of its own, not a section. */
void luci_site_open(luci_site_t *site, const luci_site_line_t *line);
void luci_site_close(luci_site_t *site);
void luci_site_directive(luci_site_t *site, const luci_site_line_t *line);

/* Sets has_approval and has_proofs of the settings of a site that was read. */
void luci_site_needs(const luci_site_t *site, luci_settings_t *settings);

/* 1 if LuciaRemoteUser or Require lucia-attribute (what) may name this column in this site. */
int luci_site_knows_column(const luci_site_t *site, const char *what, const char *column);

/* Why a line may not name its column, from the pool of the site; NULL: it may. */
const char *luci_site_column_problem(const luci_site_t *site, const luci_site_column_t *line);

#endif
