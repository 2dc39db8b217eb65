/* SPDX-License-Identifier: Apache-2.0 */
/* The values of all directives, per server (S) and per directory (D). Every member always holds a
 * legal value: structures are born with the defaults of the directive table, "set" remembers which rows were
 * written, and merging copies exactly those. Everything belongs to the pool it was read into. */
#ifndef LUCI_CONFIGURATION_H
#define LUCI_CONFIGURATION_H

#include "core/base/settings.h"
#include "core/web/cookie.h"

typedef enum { LUCI_SECURE_AUTO, LUCI_SECURE_ON, LUCI_SECURE_OFF } luci_secure_t;
typedef enum {
    LUCI_UNAUTHENTICATED_AUTO,
    LUCI_UNAUTHENTICATED_REDIRECT,
    LUCI_UNAUTHENTICATED_401
} luci_unauthenticated_t;

/* A database as LuciaDatabase names it. */
typedef struct {
    const char *driver;  /* an apr_dbd driver's name; NULL: LuciaDatabase was not given */
    const char *params;  /* with its secrets filled in; never shown */
    const char *written; /* without them; for a file its absolute path */
    const char *file;    /* where the line stands */
    int number;
} luci_database_t;

/* So many at once, and how long the next one waits: LuciaDatabasePool, LuciaHashSlots. */
typedef struct {
    int max; /* 0: auto */
    luci_ms_t wait;
} luci_quota_t;

/* LuciaSessionCache, LuciaThrottleStore. */
typedef struct {
    const char *provider; /* an ap_socache provider's name; NULL: not written */
    const char *args;     /* the provider's own; NULL: none */
    int is_off;
} luci_cache_name_t;

#define LUCI_AUDIT_OFF "off"   /* of LuciaAuditLog */
#define LUCI_DIRECTIVES_MAX 64 /* rows of both scopes together: one bit each in "set" */

typedef struct {
    luci_settings_t settings;
    luci_database_t database;
    luci_quota_t pool_size; /* handles a child; auto: as many as it has threads */
    int create_schema;
    luci_cache_name_t cache_name;
    luci_ms_t cache_ttl;
    luci_ms_t cleanup; /* 0: dead sessions stay */
    luci_throttle_limits_t throttle;
    luci_cache_name_t throttle_store;
    const char *throttle_secret; /* of device cookies, filled in and never shown; NULL: this server's own */
    const char *control;         /* the socket's path below DefaultRuntimeDir; NULL: none */
    luci_quota_t hash_slots;     /* hashes in the whole server; auto: as many as there are cores */
    const char *cookie_name;
    const char *cookie_path;
    const char *cookie_domain; /* NULL: host-only */
    luci_samesite_t cookie_samesite;
    luci_secure_t cookie_secure;
    int cookie_expires; /* 0: one year, as Lucia */
    int clear_site_data;
    const char *audit_log;         /* a file, "|program" or LUCI_AUDIT_OFF; NULL: the error log */
    const char *templates;         /* a folder; NULL: the installed one */
    apr_array_header_t *return_to; /* const char *, in the one spelling of luci_url_origin */
    const char *mount;             /* "/" or "/a/b" without a final slash; NULL: none */
    int has_bearer;                /* LuciaBearer On stands in this server or in one of its sections */
    apr_uint64_t set;              /* bit n: row n of the table was written */
} luci_server_config_t;

typedef struct {
    int csrf;
    apr_array_header_t *allowed_origins; /* const char *, in the one spelling of luci_url_origin */
    int signup;
    const char *login_url; /* the four as configured; use luci_config_urls to get those in force */
    const char *signup_url;
    const char *logout_url;
    const char *home_url;
    int pages;
    luci_unauthenticated_t unauthenticated;
    const char *remote_user; /* "username", "user_id", or a column of LuciaUserAttributes */
    int headers;
    int strip_cookie;
    int bearer;
    int optional;
    struct { /* AuthBasicProvider, which is mod_auth_basic's */
        int is_written;
        int has_lucia;
    } basic;
    struct { /* Require lines of mod_authz_core, which read who the visitor is */
        int read_variables;
        int read_user;
    } rules;
    apr_uint64_t set; /* bit n: row n of the table was written */
} luci_dir_config_t;

#endif
