/* SPDX-License-Identifier: Apache-2.0 */
/* The values of all directives, per server and per directory. Every member always has a valid value: a
 * structure starts with the defaults of the directive table, "set" records which rows were written, and a
 * merge copies only those. All strings and arrays belong to the pool of the configuration. */
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
    const char *driver;  /* the name of an apr_dbd driver; NULL: no LuciaDatabase */
    const char *params;  /* PARAMS with secrets filled in; never shown */
    const char *written; /* PARAMS without secrets; for a file its absolute path */
    const char *file;    /* the file and the line of the directive */
    int number;
} luci_database_t;

/* The value of LuciaDatabasePool and LuciaHashSlots: a maximum number, and the maximum wait if it is
 * reached. */
typedef struct {
    int max; /* 0: auto */
    luci_ms_t wait;
} luci_quota_t;

/* The value of LuciaSessionCache and LuciaThrottleStore. */
typedef struct {
    const char *provider; /* the name of an ap_socache provider; NULL: no directive */
    const char *args;     /* the arguments of the provider; NULL: none */
    int is_off;
    const char *file; /* of the directive, and its line there; NULL: not known */
    int number;
} luci_cache_name_t;

#define LUCI_AUDIT_OFF "off"              /* the value of LuciaAuditLog that disables it */
#define LUCI_FRESHNESS_MIN LUCI_MS_SECOND /* bounds of how long a confirmation counts */
#define LUCI_FRESHNESS_MAX (30 * LUCI_MS_DAY)
#define LUCI_TIME_AUTO (-1)    /* the value of a time that is written as "auto" */
#define LUCI_DIRECTIVES_MAX 64 /* maximum number of rows of a scope; each has one bit in "set" */

/* signup= of LuciaAdopt: whether people without an account get one. */
typedef enum {
    LUCI_ADOPT_SIGNUP_AS_LOCATION, /* as LuciaSignup says */
    LUCI_ADOPT_SIGNUP_OFF,
    LUCI_ADOPT_SIGNUP_ON
} luci_adopt_signup_t;

/* The value of LuciaAdopt. */
typedef struct {
    const char *provider; /* of the keys: "NAME:" and the id */
    const char *id;       /* the names of variables; this one has what never changes of a person */
    const char *username; /* the name of a new account */
    const char *email;    /* its address; NULL: none */
    luci_adopt_signup_t signup;
} luci_adopt_t;

typedef struct {
    luci_settings_t settings;
    luci_database_t database;
    luci_quota_t pool_size; /* handles per child process; auto: pool_fit.h */
    int create_schema;
    luci_cache_name_t cache_name;
    luci_ms_t cache_ttl;
    luci_ms_t cache_local; /* LUCI_TIME_AUTO: the TTL, unless other machines use the cache; 0: off */
    luci_ms_t cleanup;     /* 0: expired sessions are not deleted */
    luci_throttle_limits_t throttle;
    luci_cache_name_t throttle_store;
    const char *throttle_secret; /* signs device cookies; never shown; NULL: a random one of this server */
    const char *control;         /* path of the socket, relative to DefaultRuntimeDir; NULL: none */
    luci_quota_t hash_slots;     /* hashes in the whole server; auto: the number of cores */
    const char *cookie_name;
    const char *cookie_path;
    const char *cookie_domain; /* NULL: host-only */
    luci_samesite_t cookie_samesite;
    luci_secure_t cookie_secure;
    int cookie_expires; /* 0: one year, as Lucia */
    int clear_site_data;
    luci_ms_t freshness;           /* how long a confirmation counts */
    const char *audit_log;         /* a file, "|program" or LUCI_AUDIT_OFF; NULL: the error log */
    const char *templates;         /* a folder; NULL: the installed one */
    apr_array_header_t *languages; /* const char *, tags (luci_language_tag); at least one */
    apr_array_header_t *return_to; /* const char *, canonical (luci_url_origin) */
    const char *mount;             /* "/" or "/a/b" without a final slash; NULL: none */
    const char *verify_url;        /* a path; NULL: that below mount */
    const char *site_url;          /* canonical origin for the links in mails; NULL: none */
    int well_known;                /* 1: the URLs below /.well-known are served beside mount */
    int has_bearer;                /* 1: this server or one of its sections has LuciaBearer On */
    apr_uint64_t set;              /* bit n: row n of this scope was written */
} luci_server_config_t;

typedef struct {
    int csrf;
    apr_array_header_t *allowed_origins; /* const char *, canonical (luci_url_origin) */
    luci_signup_t signup;
    int username_change;   /* users may change their usernames */
    int account_deletion;  /* users may delete their accounts */
    const char *login_url; /* the URLs as configured; luci_config_urls returns those in force */
    const char *signup_url;
    const char *logout_url;
    const char *home_url;
    const char *password_url; /* this and the following ones: NULL: none */
    const char *confirm_url;
    const char *sessions_url;
    const char *username_url;
    const char *delete_url;
    const char *activity_url;
    const char *email_url;
    const char *factor_url;
    const char *factors_url;
    const char *passkey_url;
    const char *passkeys_url;
    const char *forgot_url;
    const char *adopt_url;
    int pages;
    int error_codes; /* errors in JSON have a code */
    luci_unauthenticated_t unauthenticated;
    const char *remote_user; /* "username", "user_id", or a column of LuciaUserAttributes */
    int headers;
    int strip_cookie;
    int bearer;
    int optional;
    const luci_adopt_t *adopt;         /* NULL: no LuciaAdopt */
    apr_array_header_t *forward_from;  /* apr_ipsubnet_t * */
    apr_array_header_t *forward_hosts; /* const char *, as luci_forwarded_read takes them */
    struct {                           /* AuthBasicProvider, a directive of mod_auth_basic */
        int is_written;
        int has_lucia;
    } basic;
    struct { /* Require lines of mod_authz_core that depend on the user */
        int read_variables;
        int read_user;
        int ask_user;   /* they ask for a user by their kind, such as valid-user */
        int read_proof; /* lucia-fresh and lucia-factors without "not" */
    } rules;
    apr_uint64_t set; /* bit n: row n of this scope was written */
} luci_dir_config_t;

#endif
